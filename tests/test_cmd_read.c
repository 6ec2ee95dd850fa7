/* SPDX-License-Identifier: GPL-3.0-or-later */
/* READ: bytes, the end of the file, rights, locks, limits. */
#include "server/dispatch.h"
#include "tests/fixture_files.h"

static int setup(void **state)
{
	*state = files_new("");
	return 0;
}

static int teardown(void **state)
{
	talloc_free(*state);
	return 0;
}

static struct smb2_file_id hello(struct files *t)
{
	struct smb2_file_id id = files_make(t, "f");

	assert_int_equal(files_write(t, id, "hello", 0), NT_STATUS_OK);
	return id;
}

static void test_bytes(void **state)
{
	struct files *t = *state;
	struct smb2_file_id id = hello(t);
	struct wire_slice data = {0};

	assert_int_equal(files_read(t, id, 0, 5, &data), NT_STATUS_OK);
	assert_true(wire_slice_equal(data, wire_slice("hello", 5)));
	assert_int_equal(files_read(t, id, 3, 100, &data), NT_STATUS_OK);
	assert_true(wire_slice_equal(data, wire_slice("lo", 2)));
	assert_int_equal(files_read(t, id, 4, 1, &data), NT_STATUS_OK);
	assert_true(wire_slice_equal(data, wire_slice("o", 1)));
	assert_int_equal(files_read(t, id, 0, 0, &data), NT_STATUS_OK);
	assert_int_equal(data.len, 0);
}

static void test_end(void **state)
{
	struct files *t = *state;
	struct smb2_file_id id = hello(t);
	struct wire_slice data = {0};

	assert_int_equal(files_read(t, id, 5, 1, &data), NT_STATUS_END_OF_FILE);
	assert_int_equal(files_read(t, id, 1000000, 1, &data),
			 NT_STATUS_END_OF_FILE);
	assert_int_equal(files_read(t, id, INT64_MAX - 1, 1, &data),
			 NT_STATUS_END_OF_FILE);
	assert_int_equal(files_read(t, files_make(t, "empty"), 0, 1, &data),
			 NT_STATUS_END_OF_FILE);
}

static NTSTATUS read_at_least(struct files *t, struct smb2_file_id id,
			      uint64_t offset, uint32_t length,
			      uint32_t minimum)
{
	struct wire_writer w = files_read_pdu(t, id, offset, length, minimum);

	return files_call(t, &w);
}

static void test_minimum(void **state)
{
	struct files *t = *state;
	struct smb2_file_id id = hello(t);

	assert_int_equal(read_at_least(t, id, 1, 100, 4), NT_STATUS_OK);
	assert_int_equal(read_at_least(t, id, 1, 100, 5),
			 NT_STATUS_END_OF_FILE);
	assert_int_equal(read_at_least(t, id, 0, 0, 1), NT_STATUS_END_OF_FILE);
}

static void test_position(void **state)
{
	struct files *t = *state;
	struct smb2_file_id id = hello(t);
	struct wire_slice data = {0};
	uint64_t position = 0;

	assert_int_equal(files_read(t, id, 1, 3, &data), NT_STATUS_OK);
	assert_int_equal(files_query(t, id, FilePositionInformation, &data),
			 NT_STATUS_OK);
	assert_true(fscc_u64_decode(data, &position));
	assert_int_equal(position, 4);
}

static void test_rights(void **state)
{
	static const struct {
		uint32_t access;
		NTSTATUS status;
	} table[] = {
		{FILE_READ_DATA, NT_STATUS_OK},
		{FILE_EXECUTE, NT_STATUS_OK},
		{FILE_WRITE_DATA, NT_STATUS_ACCESS_DENIED},
		{FILE_READ_ATTRIBUTES, NT_STATUS_ACCESS_DENIED},
	};
	struct files *t = *state;
	struct wire_slice data = {0};
	size_t i = 0;

	files_close(t, hello(t));
	for (i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		struct smb2_file_id id = files_open(
			t, (struct create_args){.name = "f",
						.access = table[i].access,
						.disposition = FILE_OPEN});

		assert_int_equal(files_read(t, id, 0, 5, &data),
				 table[i].status);
		files_close(t, id);
	}
	assert_int_equal(files_read(t, files_make_dir(t, "d"), 0, 5, &data),
			 NT_STATUS_INVALID_DEVICE_REQUEST);
}

static void test_locks(void **state)
{
	struct files *t = *state;
	struct smb2_file_id mine = hello(t);
	struct smb2_file_id other = files_make(t, "f");
	struct wire_slice data = {0};

	assert_int_equal(
		files_lock(t, mine, 2, 2, SMB2_LOCKFLAG_EXCLUSIVE_LOCK),
		NT_STATUS_OK);
	assert_int_equal(files_read(t, mine, 0, 5, &data), NT_STATUS_OK);
	assert_int_equal(files_read(t, other, 0, 5, &data),
			 NT_STATUS_FILE_LOCK_CONFLICT);
	assert_int_equal(files_read(t, other, 3, 1, &data),
			 NT_STATUS_FILE_LOCK_CONFLICT);
	assert_int_equal(files_read(t, other, 0, 2, &data), NT_STATUS_OK);
	assert_int_equal(files_read(t, other, 4, 1, &data), NT_STATUS_OK);
	assert_int_equal(files_lock(t, mine, 2, 2, SMB2_LOCKFLAG_UNLOCK),
			 NT_STATUS_OK);
	assert_int_equal(files_lock(t, mine, 2, 2, SMB2_LOCKFLAG_SHARED_LOCK),
			 NT_STATUS_OK);
	assert_int_equal(files_read(t, other, 0, 5, &data), NT_STATUS_OK);
}

static void test_limits(void **state)
{
	struct files *t = *state;
	struct smb2_file_id id = hello(t);
	struct smb2_read_request in = {
		.length = 5, .file_id = id, .channel = SMB2_CHANNEL_RDMA_V1};
	struct wire_slice data = {0};
	struct wire_writer w = {0};

	assert_int_equal(files_read(t, id, UINT64_MAX, 1, &data),
			 NT_STATUS_INVALID_PARAMETER);
	assert_int_equal(files_read(t, id, INT64_MAX, 1, &data),
			 NT_STATUS_INVALID_PARAMETER);
	assert_int_equal(files_read(t, id, 0, SMB2_LARGE_MTU, &data),
			 NT_STATUS_OK);
	assert_int_equal(files_read(t, id, 0, SMB2_LARGE_MTU + 1, &data),
			 NT_STATUS_INVALID_PARAMETER);
	w = files_pdu(t, SMB2_READ);
	smb2_read_request_encode(&w, &in);
	assert_int_equal(files_call(t, &w), NT_STATUS_INVALID_PARAMETER);
	/* as much as was agreed on, and not what another client may have */
	t->f->conn->agreed.max_read = 65536;
	assert_int_equal(files_read(t, id, 0, 65536, &data), NT_STATUS_OK);
	assert_int_equal(files_read(t, id, 0, 65537, &data),
			 NT_STATUS_INVALID_PARAMETER);
}

/* A large file in one request, and a hole. */
static void test_large(void **state)
{
	struct files *t = *state;
	struct smb2_file_id id = files_make(t, "f");
	struct wire_slice data = {0};
	const uint64_t end = 3000000;
	size_t i = 0;

	assert_int_equal(files_write(t, id, "end", end), NT_STATUS_OK);
	assert_int_equal(files_read(t, id, 0, 4000000, &data), NT_STATUS_OK);
	assert_int_equal(data.len, end + 3);
	for (i = 0; i < end && data.data[i] == 0; i++) {
	}
	assert_int_equal(i, end);
	assert_memory_equal(data.data + end, "end", 3);
}

static void test_closed(void **state)
{
	struct files *t = *state;
	struct smb2_file_id id = hello(t);
	struct wire_slice data = {0};
	struct smb2_file_id wrong = id;

	wrong.persistent_id++;
	assert_int_equal(files_read(t, wrong, 0, 1, &data),
			 NT_STATUS_FILE_CLOSED);
	files_close(t, id);
	assert_int_equal(files_read(t, id, 0, 1, &data), NT_STATUS_FILE_CLOSED);
}

#define TEST(fn) cmocka_unit_test_setup_teardown(fn, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_bytes),    TEST(test_end),	TEST(test_minimum),
		TEST(test_position), TEST(test_rights), TEST(test_locks),
		TEST(test_limits),   TEST(test_large),	TEST(test_closed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
