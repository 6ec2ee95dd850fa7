/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The table of commands says of each what the specification says. */
#include "tests/testlib.h"

#include <string.h>

#include "server/dispatch.h"

/* MS-SMB2 2.2.1.2, and the StructureSize of 2.2.3 to 2.2.39. */
static const struct {
	uint16_t opcode;
	const char *name;
	uint16_t size;
	uint32_t file_id; /* where the FileId is in the body; 0: none */
} table[] = {
	{0x0000, "NEGOTIATE", 36, 0},
	{0x0001, "SESSION_SETUP", 25, 0},
	{0x0002, "LOGOFF", 4, 0},
	{0x0003, "TREE_CONNECT", 9, 0},
	{0x0004, "TREE_DISCONNECT", 4, 0},
	{0x0005, "CREATE", 57, 0},
	{0x0006, "CLOSE", 24, 8},
	{0x0007, "FLUSH", 24, 8},
	{0x0008, "READ", 49, 16},
	{0x0009, "WRITE", 49, 16},
	{0x000A, "LOCK", 48, 8},
	{0x000B, "IOCTL", 57, 8},
	{0x000D, "ECHO", 4, 0},
	{0x000E, "QUERY_DIRECTORY", 33, 8},
	{0x000F, "CHANGE_NOTIFY", 32, 8},
	{0x0010, "QUERY_INFO", 41, 24},
	{0x0011, "SET_INFO", 33, 16},
	{0x0012, "OPLOCK_BREAK", 0, 0},
};

#define ROWS (sizeof(table) / sizeof(table[0]))

static void test_rows(void **state)
{
	size_t i = 0;

	(void)state;
	for (i = 0; i < ROWS; i++) {
		const struct command *c = command_find(table[i].opcode);

		assert_non_null(c);
		assert_string_equal(c->name, table[i].name);
		if (c->structure_size != table[i].size ||
		    c->file_id != table[i].file_id) {
			fail_msg("%s", c->name);
		}
		assert_non_null(c->handler.send);
		assert_non_null(c->handler.recv);
		/* a section of its own in 3.3.5 */
		assert_memory_equal(c->section, "3.3.5.", 6);
	}
}

/* CANCEL has no answer, and is none of them; nothing is beyond the last. */
static void test_none(void **state)
{
	(void)state;
	assert_null(command_find(SMB2_CANCEL));
	assert_null(command_find(SMB2_SERVER_TO_CLIENT_NOTIFICATION));
	assert_null(command_find(SMB2_COMMAND_COUNT));
	assert_null(command_find(0xFFFF));
	assert_int_equal(ROWS, SMB2_COMMAND_COUNT - 2);
}

/* What needs an open says where it stands, and needs what an open hangs on. */
static void test_gates(void **state)
{
	size_t i = 0;

	(void)state;
	for (i = 0; i < ROWS; i++) {
		const struct command *c = command_find(table[i].opcode);
		bool open = (c->needs & NEEDS_OPEN) != 0;
		bool tree = (c->needs & NEEDS_TREE) != 0;
		bool session = (c->needs & NEEDS_SESSION) != 0;

		if (open != (c->file_id != 0) || (open && !tree) ||
		    (tree && !session)) {
			fail_msg("%s", c->name);
		}
		/* before NEGOTIATE there is nothing but it (3.3.5.2.6) */
		assert_int_equal((c->needs & BEFORE_NEGOTIATE) != 0,
				 table[i].opcode == SMB2_NEGOTIATE);
		/* sizes that count for credits are of those that may be long */
		if (c->sizes.request[0] != 0 || c->sizes.response[0] != 0) {
			assert_true((c->needs & ALLOWS_LARGE) != 0);
		}
		if ((c->needs & ALLOWS_PLAIN) != 0) {
			assert_false(tree);
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_rows),
		cmocka_unit_test(test_none),
		cmocka_unit_test(test_gates),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
