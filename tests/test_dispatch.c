/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The table of commands, and the gates before them.
 */
#include "server/dispatch.h"
#include "tests/fixture_commands.h"

/* --- the table -------------------------------------------------------------
 */

/* StructureSize and where the FileId is, from MS-SMB2 2.2.3 to 2.2.39. */
static const struct {
	uint16_t opcode, structure_size;
	uint8_t file_id;
} sizes[] = {
	{SMB2_NEGOTIATE, 36, 0},
	{SMB2_SESSION_SETUP, 25, 0},
	{SMB2_LOGOFF, 4, 0},
	{SMB2_TREE_CONNECT, 9, 0},
	{SMB2_TREE_DISCONNECT, 4, 0},
	{SMB2_CREATE, 57, 0},
	{SMB2_CLOSE, 24, 8},
	{SMB2_FLUSH, 24, 8},
	{SMB2_READ, 49, 16},
	{SMB2_WRITE, 49, 16},
	{SMB2_LOCK, 48, 8},
	{SMB2_IOCTL, 57, 8},
	{SMB2_ECHO, 4, 0},
	{SMB2_QUERY_DIRECTORY, 33, 8},
	{SMB2_CHANGE_NOTIFY, 32, 8},
	{SMB2_QUERY_INFO, 41, 24},
	{SMB2_SET_INFO, 33, 16},
	{SMB2_OPLOCK_BREAK, 0, 0},
};

#define COUNT (sizeof(sizes) / sizeof(sizes[0]))

static void test_table(void **private_data)
{
	(void)private_data;
	for (size_t i = 0; i < COUNT; i++) {
		const struct command *row = command_find(sizes[i].opcode);

		assert_non_null(row);
		assert_string_equal(row->name,
				    smb2_command_name(sizes[i].opcode));
		assert_int_equal(row->structure_size, sizes[i].structure_size);
		assert_int_equal(row->file_id, sizes[i].file_id);
		assert_int_equal((row->needs & NEEDS_OPEN) != 0,
				 row->file_id != 0);
		assert_non_null(row->handler.send);
		assert_non_null(row->handler.recv);
		assert_int_equal(row->pipe.send == NULL,
				 row->pipe.recv == NULL);
		assert_int_equal(strncmp(row->section, "3.3.5.", 6), 0);
	}
	/* CANCEL has no row: it is no request. */
	assert_null(command_find(SMB2_CANCEL));
	assert_null(command_find(SMB2_COMMAND_COUNT));
	assert_null(command_find(UINT16_MAX));
}

/* --- gates -----------------------------------------------------------------
 */

/* A body of zeros with that StructureSize. */
static struct wire_writer zero_body(struct user_fixture *u, uint16_t command,
				    uint16_t structure_size, size_t len)
{
	struct wire_writer w = user_begin(u, command);

	wire_put_u16(&w, structure_size);
	wire_put_zeros(&w, len - 2);
	return w;
}

/* A wrong StructureSize, or a body that is shorter: always the same answer. */
static void test_format(void **private_data)
{
	(void)private_data;
	for (size_t i = 0; i < COUNT; i++) {
		uint16_t size = sizes[i].structure_size;
		struct user_fixture u = {0};
		struct wire_writer w = {0};

		if (size == 0 || sizes[i].opcode == SMB2_NEGOTIATE) {
			continue;
		}
		u = user_fixture_new();
		w = zero_body(&u, sizes[i].opcode, (uint16_t)(size + 1),
			      (size_t)size + 8);
		assert_int_equal(user_status(&u, &w),
				 NT_STATUS_INVALID_PARAMETER);
		w = zero_body(&u, sizes[i].opcode, size,
			      (size_t)(size & ~1) - 2);
		assert_int_equal(user_status(&u, &w),
				 NT_STATUS_INVALID_PARAMETER);
		talloc_free(u.f);
	}
}

static void test_no_body(void **private_data)
{
	struct user_fixture u = user_fixture_new();
	struct wire_writer w = user_begin(&u, SMB2_ECHO);

	(void)private_data;
	assert_int_equal(user_status(&u, &w), NT_STATUS_INVALID_PARAMETER);
	talloc_free(u.f);
}

static void test_ids(void **private_data)
{
	struct user_fixture u = user_fixture_new();
	struct smb2_file_id id = {0};
	struct smb2_file_id half = {0};
	struct wire_writer w = {0};

	(void)private_data;
	assert_int_equal(user_create(&u, "file", &id), NT_STATUS_OK);
	/* Both halves count, and the tree it was opened on. */
	half = id;
	half.persistent_id++;
	assert_int_equal(user_close(&u, half), NT_STATUS_FILE_CLOSED);
	half = id;
	half.volatile_id++;
	assert_int_equal(user_close(&u, half), NT_STATUS_FILE_CLOSED);
	u.tree_id = u.pipe->id;
	assert_int_equal(user_close(&u, id), NT_STATUS_FILE_CLOSED);
	u.tree_id = u.disk->id + 1000;
	assert_int_equal(user_close(&u, id), NT_STATUS_NETWORK_NAME_DELETED);
	u.tree_id = u.disk->id;
	assert_int_equal(user_close(&u, id), NT_STATUS_OK);
	assert_int_equal(user_close(&u, id), NT_STATUS_FILE_CLOSED);
	w = user_begin(&u, SMB2_FLUSH);
	smb2_header_set_session_id(w.buf, u.session->id + 1);
	wire_put_u16(&w, 24);
	wire_put_zeros(&w, 22);
	assert_int_equal(user_status(&u, &w), NT_STATUS_USER_SESSION_DELETED);
	talloc_free(u.f);
}

/* 3.3.5.2.9: after its time a session may only clean up. */
static void test_expired(void **private_data)
{
	struct user_fixture u = user_fixture_new();
	struct smb2_file_id id = {0};
	struct smb2_file_id other = {0};
	struct wire_writer w = {0};

	(void)private_data;
	assert_int_equal(user_create(&u, "file", &id), NT_STATUS_OK);
	u.session->state = SESSION_EXPIRED;
	assert_int_equal(user_create(&u, "other", &other),
			 NT_STATUS_NETWORK_SESSION_EXPIRED);
	assert_int_equal(user_close(&u, id), NT_STATUS_OK);
	w = user_begin(&u, SMB2_LOGOFF);
	smb2_empty_encode(&w);
	assert_int_equal(user_status(&u, &w), NT_STATUS_OK);
	talloc_free(u.f);
}

/* 3.3.5.2: only what moves data may be large. */
static void test_length(void **private_data)
{
	struct user_fixture u = user_fixture_new();
	struct wire_writer w = {0};

	(void)private_data;
	u.charge = 2;
	w = zero_body(&u, SMB2_WRITE, 49, 100000);
	assert_int_equal(user_status(&u, &w), NT_STATUS_FILE_CLOSED);
	w = zero_body(&u, SMB2_CREATE, 57, 100000);
	assert_int_equal(user_status(&u, &w),
			 NT_STATUS_CONNECTION_DISCONNECTED);
	talloc_free(u.f);

	/* Nor anything without multi-credit. */
	u = user_fixture_new();
	u.f->conn->agreed.multi_credit = false;
	w = zero_body(&u, SMB2_WRITE, 49, 100000);
	assert_int_equal(user_status(&u, &w),
			 NT_STATUS_CONNECTION_DISCONNECTED);
	talloc_free(u.f);
}

static NTSTATUS ioctl_sizes(struct user_fixture *u, uint32_t max_in,
			    uint32_t max_out)
{
	struct wire_writer w = user_begin(u, SMB2_IOCTL);
	const struct smb2_ioctl_request in = {
		.ctl_code = FSCTL_PIPE_PEEK,
		.max_input_response = max_in,
		.max_output_response = max_out,
	};

	smb2_ioctl_request_encode(&w, &in);
	return user_status(u, &w);
}

/* 3.3.5.2.5: what is asked for must be paid for; both ways are looked at. */
static void test_credits(void **private_data)
{
	struct user_fixture u = user_fixture_new();

	(void)private_data;
	assert_int_equal(ioctl_sizes(&u, 0, 65536), NT_STATUS_FILE_CLOSED);
	assert_int_equal(ioctl_sizes(&u, 0, 65537),
			 NT_STATUS_INVALID_PARAMETER);
	assert_int_equal(ioctl_sizes(&u, 1, 65536),
			 NT_STATUS_INVALID_PARAMETER);
	assert_int_equal(ioctl_sizes(&u, UINT32_MAX, UINT32_MAX),
			 NT_STATUS_INVALID_PARAMETER);
	u.charge = 2;
	assert_int_equal(ioctl_sizes(&u, 1, 65536), NT_STATUS_FILE_CLOSED);
	u.charge = 0;
	assert_int_equal(ioctl_sizes(&u, 0, 65536), NT_STATUS_FILE_CLOSED);
	assert_int_equal(ioctl_sizes(&u, 0, 65537),
			 NT_STATUS_INVALID_PARAMETER);
	talloc_free(u.f);
}

static NTSTATUS write_one(struct user_fixture *u, struct smb2_file_id id)
{
	struct wire_writer w = user_begin(u, SMB2_WRITE);
	const struct smb2_write_request in = {
		.file_id = id,
		.data = wire_slice("x", 1),
	};

	smb2_write_request_encode(&w, &in);
	wire_put_u8(&w, 'x');
	return user_status(u, &w);
}

/* 3.3.5.2.10: what was sent before a channel failed must not change anything
 * any more. */
static void test_channel_sequence(void **private_data)
{
	struct user_fixture u = user_fixture_new();
	struct smb2_file_id id = {0};

	(void)private_data;
	assert_int_equal(user_create(&u, "file", &id), NT_STATUS_OK);
	assert_int_equal(write_one(&u, id), NT_STATUS_OK);
	u.channel_sequence = 1;
	assert_int_equal(write_one(&u, id), NT_STATUS_OK);
	u.channel_sequence = 0;
	assert_int_equal(write_one(&u, id), NT_STATUS_FILE_NOT_AVAILABLE);
	u.channel_sequence = 0x8000;
	assert_int_equal(write_one(&u, id), NT_STATUS_OK);
	u.channel_sequence = 1;
	assert_int_equal(write_one(&u, id), NT_STATUS_FILE_NOT_AVAILABLE);
	assert_int_equal(user_close(&u, id), NT_STATUS_OK);
	talloc_free(u.f);
}

static void send_lock(struct user_fixture *u, struct smb2_file_id id,
		      uint32_t flags)
{
	struct wire_writer w = user_begin(u, SMB2_LOCK);
	const struct smb2_lock_element element = {
		.offset = 100, .length = 1, .flags = flags};
	const struct smb2_lock_request in = {.lock_count = 1, .file_id = id};

	assert_true(smb2_lock_request_encode(&w, &in, &element));
	user_send(u, &w);
}

static NTSTATUS read_status(struct user_fixture *u)
{
	return fixture_read(u->f)->pdu[0].header.status;
}

/* 3.3.5.2.10: what is sent again waits until all from before is answered. */
static void test_replay_too_early(void **private_data)
{
	struct user_fixture u = user_fixture_new();
	struct smb2_file_id one = {0};
	struct smb2_file_id two = {0};

	(void)private_data;
	u.channel_sequence = 7; /* those of the CREATEs */
	assert_int_equal(user_create(&u, "file", &one), NT_STATUS_OK);
	assert_int_equal(user_create(&u, "file", &two), NT_STATUS_OK);
	u.channel_sequence = 6;
	assert_int_equal(write_one(&u, two), NT_STATUS_FILE_NOT_AVAILABLE);
	u.channel_sequence = 7;
	send_lock(&u, one, SMB2_LOCKFLAG_EXCLUSIVE_LOCK);
	assert_int_equal(read_status(&u), NT_STATUS_OK);
	send_lock(&u, two, SMB2_LOCKFLAG_EXCLUSIVE_LOCK);
	assert_int_equal(read_status(&u), NT_STATUS_PENDING);
	/* with the same number there is nothing before it */
	u.flags = SMB2_FLAGS_REPLAY_OPERATION;
	assert_int_equal(write_one(&u, two), NT_STATUS_OK);
	u.channel_sequence = 8;
	assert_int_equal(write_one(&u, two), NT_STATUS_FILE_NOT_AVAILABLE);
	assert_int_equal(write_one(&u, two), NT_STATUS_FILE_NOT_AVAILABLE);
	/* the other open has nothing under way */
	assert_int_equal(write_one(&u, one), NT_STATUS_OK);
	u.flags = 0;
	assert_int_equal(write_one(&u, two), NT_STATUS_OK);
	send_lock(&u, one, SMB2_LOCKFLAG_UNLOCK);
	assert_int_equal(read_status(&u), NT_STATUS_OK);
	assert_int_equal(read_status(&u), NT_STATUS_OK); /* two has it */
	u.flags = SMB2_FLAGS_REPLAY_OPERATION;
	assert_int_equal(write_one(&u, two), NT_STATUS_OK);
	talloc_free(u.f);
}

/* What makes no sense on IPC$ says so. */
static void test_not_on_pipes(void **private_data)
{
	struct user_fixture u = user_fixture_new();
	struct smb2_file_id id = {0};
	struct wire_writer w = {0};
	const struct smb2_lock_element element = {.length = 1, .flags = 2};
	struct smb2_lock_request in = {.lock_count = 1};

	(void)private_data;
	u.tree_id = u.pipe->id;
	assert_int_equal(user_create(&u, "srvsvc", &id), NT_STATUS_OK);
	w = user_begin(&u, SMB2_LOCK);
	in.file_id = id;
	smb2_lock_request_encode(&w, &in, &element);
	assert_int_equal(user_status(&u, &w), NT_STATUS_INVALID_DEVICE_REQUEST);
	talloc_free(u.f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_table),
		cmocka_unit_test(test_format),
		cmocka_unit_test(test_no_body),
		cmocka_unit_test(test_ids),
		cmocka_unit_test(test_expired),
		cmocka_unit_test(test_length),
		cmocka_unit_test(test_credits),
		cmocka_unit_test(test_channel_sequence),
		cmocka_unit_test(test_replay_too_early),
		cmocka_unit_test(test_not_on_pipes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
