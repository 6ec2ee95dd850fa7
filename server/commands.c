/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * commands.c - the table: a row per opcode of MS-SMB2 2.2.1.
 */

#include "server/dispatch.h"

#define ON_FILE (NEEDS_SESSION | NEEDS_TREE | NEEDS_OPEN)
#define ON_TREE (NEEDS_SESSION | NEEDS_TREE)
#define HANDLER(name)                    \
	{                                \
		name##_send, name##_recv \
	}

static const struct command commands[SMB2_COMMAND_COUNT] = {
	[SMB2_NEGOTIATE] =
		{
			.name = "NEGOTIATE",
			.section = "3.3.5.4",
			.structure_size = 36,
			.needs =
				BEFORE_NEGOTIATE | ALLOWS_PLAIN | NEVER_PENDING,
			.handler = HANDLER(cmd_negotiate),
		},
	[SMB2_SESSION_SETUP] =
		{
			.name = "SESSION_SETUP",
			.section = "3.3.5.5",
			.structure_size = 25,
			.needs = ALLOWS_PLAIN | NEVER_PENDING,
			.handler = HANDLER(cmd_session_setup),
		},
	[SMB2_LOGOFF] =
		{
			.name = "LOGOFF",
			.section = "3.3.5.6",
			.structure_size = 4,
			.needs = NEEDS_SESSION | ALLOWS_EXPIRED | NEVER_PENDING,
			.handler = HANDLER(cmd_logoff),
		},
	[SMB2_TREE_CONNECT] =
		{
			.name = "TREE_CONNECT",
			.section = "3.3.5.7",
			.structure_size = 9,
			.needs = NEEDS_SESSION | NEVER_PENDING,
			.handler = HANDLER(cmd_tree_connect),
		},
	[SMB2_TREE_DISCONNECT] =
		{
			.name = "TREE_DISCONNECT",
			.section = "3.3.5.8",
			.structure_size = 4,
			.needs = ON_TREE | NEVER_PENDING,
			.handler = HANDLER(cmd_tree_disconnect),
			.pipe = HANDLER(cmd_tree_disconnect),
		},
	[SMB2_CREATE] =
		{
			.name = "CREATE",
			.section = "3.3.5.9",
			.structure_size = 57,
			.needs = ON_TREE | MAY_WAIT_IN_CHAIN,
			.handler = HANDLER(cmd_create),
			.pipe = HANDLER(pipe_create),
		},
	[SMB2_CLOSE] =
		{
			.name = "CLOSE",
			.section = "3.3.5.10",
			.structure_size = 24,
			.needs = ON_FILE | ALLOWS_EXPIRED,
			.file_id = 8,
			.handler = HANDLER(cmd_close),
			.pipe = HANDLER(pipe_close),
		},
	[SMB2_FLUSH] =
		{
			.name = "FLUSH",
			.section = "3.3.5.11",
			.structure_size = 24,
			.needs = ON_FILE,
			.file_id = 8,
			.handler = HANDLER(cmd_flush),
			.pipe = HANDLER(pipe_flush),
		},
	[SMB2_READ] =
		{
			.name = "READ",
			.section = "3.3.5.12",
			.structure_size = 49,
			.needs = ON_FILE | ALLOWS_LARGE,
			.file_id = 16,
			.sizes = {.response = {4}},
			.handler = HANDLER(cmd_read),
			.pipe = HANDLER(pipe_read),
		},
	[SMB2_WRITE] =
		{
			.name = "WRITE",
			.section = "3.3.5.13",
			.structure_size = 49,
			.needs = ON_FILE | ALLOWS_LARGE | MODIFIES,
			.file_id = 16,
			.sizes = {.request = {4}},
			.handler = HANDLER(cmd_write),
			.pipe = HANDLER(pipe_write),
		},
	[SMB2_LOCK] =
		{
			.name = "LOCK",
			.section = "3.3.5.14",
			.structure_size = 48,
			.needs = ON_FILE | ALLOWS_EXPIRED,
			.file_id = 8,
			.closed = NT_STATUS_RANGE_NOT_LOCKED,
			.handler = HANDLER(cmd_lock),
		},
	[SMB2_IOCTL] =
		{
			.name = "IOCTL",
			.section = "3.3.5.15",
			.structure_size = 57,
			.needs = ON_FILE | MAY_HAVE_OPEN | ALLOWS_LARGE |
				 MODIFIES,
			.file_id = 8,
			.sizes = {.request = {28, 40}, .response = {32, 44}},
			.handler = HANDLER(cmd_ioctl),
			.pipe = HANDLER(cmd_ioctl),
		},
	[SMB2_ECHO] =
		{
			.name = "ECHO",
			.section = "3.3.5.17",
			.structure_size = 4,
			.needs = ALLOWS_PLAIN | NEVER_PENDING,
			.handler = HANDLER(cmd_echo),
			.pipe = HANDLER(cmd_echo),
		},
	[SMB2_QUERY_DIRECTORY] =
		{
			.name = "QUERY_DIRECTORY",
			.section = "3.3.5.18",
			.structure_size = 33,
			.needs = ON_FILE | ALLOWS_LARGE,
			.file_id = 8,
			.sizes = {.response = {28}},
			.handler = HANDLER(cmd_query_directory),
		},
	[SMB2_CHANGE_NOTIFY] =
		{
			.name = "CHANGE_NOTIFY",
			.section = "3.3.5.19",
			.structure_size = 32,
			.needs = ON_FILE | ALLOWS_LARGE,
			.file_id = 8,
			.sizes = {.response = {4}},
			.closed = NT_STATUS_NOTIFY_CLEANUP,
			.handler = HANDLER(cmd_notify),
		},
	[SMB2_QUERY_INFO] =
		{
			.name = "QUERY_INFO",
			.section = "3.3.5.20",
			.structure_size = 41,
			.needs = ON_FILE | ALLOWS_LARGE,
			.file_id = 24,
			.sizes = {.request = {12}, .response = {4}},
			.handler = HANDLER(cmd_query_info),
			.pipe = HANDLER(pipe_query_info),
		},
	[SMB2_SET_INFO] =
		{
			.name = "SET_INFO",
			.section = "3.3.5.21",
			.structure_size = 33,
			.needs = ON_FILE | ALLOWS_LARGE | MODIFIES,
			.file_id = 16,
			.sizes = {.request = {4}},
			.handler = HANDLER(cmd_set_info),
			.pipe = HANDLER(pipe_set_info),
		},
	[SMB2_OPLOCK_BREAK] =
		{
			.name = "OPLOCK_BREAK",
			.section = "3.3.5.22",
			.structure_size = 0, /* of an oplock or of a lease */
			.needs = ON_TREE,
			.handler = HANDLER(cmd_oplock_break),
		},
};

const struct command *command_find(uint16_t opcode)
{
	if (opcode >= SMB2_COMMAND_COUNT || commands[opcode].name == NULL) {
		return NULL;
	}
	return &commands[opcode];
}
