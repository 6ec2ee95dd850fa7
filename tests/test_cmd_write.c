/* SPDX-License-Identifier: GPL-3.0-or-later */
/* WRITE: bytes, what makes a file longer, rights, locks, limits. */
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

static void test_bytes(void **state)
{
	struct files *t = *state;
	struct smb2_file_id id = files_make(t, "f");
	struct smb2_write_response out = {0};

	assert_int_equal(files_write(t, id, "hello", 0), NT_STATUS_OK);
	assert_true(
		smb2_write_response_decode(t->reply.data, t->reply.len, &out));
	assert_int_equal(out.count, 5);
	assert_int_equal(out.remaining, 0);
	assert_int_equal(files_write(t, id, "EL", 1), NT_STATUS_OK);
	assert_content(t, id, "hELlo");
	assert_int_equal(files_write(t, id, "!", 7), NT_STATUS_OK);
	assert_int_equal(files_standard(t, id).end_of_file, 8);
	/* nothing written changes nothing, wherever */
	assert_int_equal(files_write(t, id, "", 1000), NT_STATUS_OK);
	assert_true(
		smb2_write_response_decode(t->reply.data, t->reply.len, &out));
	assert_int_equal(out.count, 0);
	assert_int_equal(files_standard(t, id).end_of_file, 8);
}

static void test_time(void **state)
{
	struct files *t = *state;
	struct smb2_file_id id = files_make(t, "f");
	uint64_t before = files_basic(t, id).last_write_time;

	fixture_idle(t->f, 2);
	assert_int_equal(files_write(t, id, "x", 0), NT_STATUS_OK);
	assert_true(files_basic(t, id).last_write_time > before);
}

static void test_rights(void **state)
{
	static const struct {
		uint32_t access;
		NTSTATUS status;
	} table[] = {
		{FILE_WRITE_DATA, NT_STATUS_OK},
		{FILE_APPEND_DATA, NT_STATUS_OK},
		{FILE_READ_DATA, NT_STATUS_ACCESS_DENIED},
		{FILE_WRITE_ATTRIBUTES, NT_STATUS_ACCESS_DENIED},
	};
	struct files *t = *state;
	size_t i = 0;

	for (i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		struct smb2_file_id id = files_open(
			t, (struct create_args){.name = "f",
						.access = table[i].access,
						.disposition = FILE_OPEN_IF});

		assert_int_equal(files_write(t, id, "x", 0), table[i].status);
		files_close(t, id);
	}
	assert_int_equal(files_write(t, files_make_dir(t, "d"), "x", 0),
			 NT_STATUS_INVALID_DEVICE_REQUEST);
}

/* As with the POSIX extensions: at what is the end then, and who has locked
 * what lies behind it is asked. */
static void test_append(void **state)
{
	struct files *t = *state;
	struct smb2_file_id other = files_make(t, "f");
	struct smb2_file_id id =
		files_open(t, (struct create_args){.name = "f",
						   .disposition = FILE_OPEN,
						   .access = FILE_APPEND_DATA});
	struct open *open =
		open_find(t->session, id.persistent_id, id.volatile_id);

	open->file->posix = true;
	assert_int_equal(files_write(t, other, "abcd", 0), NT_STATUS_OK);
	assert_int_equal(files_write(t, id, "x", 4),
			 NT_STATUS_INVALID_PARAMETER);
	assert_int_equal(
		files_lock(t, other, 0, 4, SMB2_LOCKFLAG_EXCLUSIVE_LOCK),
		NT_STATUS_OK);
	assert_int_equal(files_write(t, id, "ef", STORE_AT_END), NT_STATUS_OK);
	assert_int_equal(
		files_lock(t, other, 7, 100, SMB2_LOCKFLAG_EXCLUSIVE_LOCK),
		NT_STATUS_OK);
	assert_int_equal(files_write(t, id, "g", STORE_AT_END), NT_STATUS_OK);
	assert_int_equal(files_write(t, id, "h", STORE_AT_END),
			 NT_STATUS_FILE_LOCK_CONFLICT);
	assert_content(t, other, "abcdefg");
}

static void test_locks(void **state)
{
	struct files *t = *state;
	struct smb2_file_id mine = files_make(t, "f");
	struct smb2_file_id other = files_make(t, "f");

	assert_int_equal(
		files_lock(t, mine, 2, 2, SMB2_LOCKFLAG_EXCLUSIVE_LOCK),
		NT_STATUS_OK);
	assert_int_equal(files_write(t, mine, "hello", 0), NT_STATUS_OK);
	assert_int_equal(files_write(t, other, "HELLO", 0),
			 NT_STATUS_FILE_LOCK_CONFLICT);
	assert_int_equal(files_write(t, other, "H", 1), NT_STATUS_OK);
	assert_int_equal(files_write(t, other, "O", 4), NT_STATUS_OK);
	assert_int_equal(files_write(t, other, "", 3), NT_STATUS_OK);
	assert_content(t, mine, "hHllO");
	assert_int_equal(files_lock(t, mine, 2, 2, SMB2_LOCKFLAG_UNLOCK),
			 NT_STATUS_OK);
	/* a shared lock keeps its owner out, too */
	assert_int_equal(files_lock(t, mine, 0, 1, SMB2_LOCKFLAG_SHARED_LOCK),
			 NT_STATUS_OK);
	assert_int_equal(files_write(t, mine, "x", 0),
			 NT_STATUS_FILE_LOCK_CONFLICT);
	assert_int_equal(files_write(t, other, "x", 0),
			 NT_STATUS_FILE_LOCK_CONFLICT);
}

static void test_limits(void **state)
{
	struct files *t = *state;
	struct smb2_file_id id = files_make(t, "f");
	struct smb2_write_request in = {.file_id = id,
					.channel = SMB2_CHANNEL_RDMA_V1};
	uint8_t *bytes = talloc_zero_size(t, 65537);
	struct wire_writer w = {0};

	assert_int_equal(files_write(t, id, "x", UINT64_MAX),
			 NT_STATUS_INVALID_PARAMETER);
	assert_int_equal(files_write(t, id, "x", INT64_MAX),
			 NT_STATUS_INVALID_PARAMETER);
	assert_int_equal(files_write(t, id, "xx", INT64_MAX - 1),
			 NT_STATUS_INVALID_PARAMETER);
	w = files_pdu(t, SMB2_WRITE);
	smb2_write_request_encode(&w, &in);
	assert_int_equal(files_call(t, &w), NT_STATUS_INVALID_PARAMETER);
	t->f->conn->agreed.max_write = 65536;
	w = files_write_pdu(t, id, 0, bytes, 65536, 0);
	assert_int_equal(files_call(t, &w), NT_STATUS_OK);
	w = files_write_pdu(t, id, 0, bytes, 65537, 0);
	assert_int_equal(files_call(t, &w), NT_STATUS_INVALID_PARAMETER);
	assert_int_equal(files_standard(t, id).end_of_file, 65536);
}

/* What does not fit is said; the store has 256 MiB. */
static void test_disk_full(void **state)
{
	struct files *t = *state;
	const size_t chunk = SMB2_LARGE_MTU;
	struct smb2_file_id id = files_make(t, "f");
	uint8_t *bytes = talloc_zero_size(t, chunk);
	NTSTATUS status = NT_STATUS_OK;
	uint64_t offset = 0;

	while (status == NT_STATUS_OK && offset <= (uint64_t)256 << 20) {
		struct wire_writer w =
			files_write_pdu(t, id, offset, bytes, chunk, 0);

		status = files_call(t, &w);
		talloc_free(w.buf);
		offset += chunk;
	}
	assert_int_equal(status, NT_STATUS_DISK_FULL);
	assert_true(offset > (uint64_t)240 << 20);
	/* and there is room again when something is deleted */
	assert_int_equal(files_set_u64(t, id, FileEndOfFileInformation, 0),
			 NT_STATUS_OK);
	assert_int_equal(files_write(t, id, "hello", 0), NT_STATUS_OK);
	assert_content(t, id, "hello");
}

/* On the disk when it is answered: the flags of the request or of the open. */
static void test_write_through(void **state)
{
	struct files *t = *state;
	struct smb2_file_id id = files_make(t, "f");
	struct wire_writer w = files_write_pdu(t, id, 0, "hello", 5,
					       SMB2_WRITEFLAG_WRITE_THROUGH);

	assert_int_equal(files_call(t, &w), NT_STATUS_OK);
	assert_content(t, id, "hello");
	id = files_open(t, (struct create_args){.name = "g",
						.disposition = FILE_CREATE,
						.options = FILE_WRITE_THROUGH});
	assert_int_equal(files_write(t, id, "there", 0), NT_STATUS_OK);
	assert_content(t, id, "there");
}

/* Several at work on one file, answered each, whatever their order. */
static void test_many(void **state)
{
	char *dir = NULL;
	struct files *t = files_new_disk(&dir);
	struct smb2_file_id id = files_make(t, "f");
	uint64_t ids[64] = {0};
	uint64_t last = 0;
	struct wire_slice data = {0};
	size_t i = 0;

	(void)state;
	for (i = 0; i < 64; i++) {
		uint8_t byte = (uint8_t)('0' + i);
		struct wire_writer w = files_write_pdu(
			t, id, i, &byte, 1,
			i % 8 == 0 ? SMB2_WRITEFLAG_WRITE_THROUGH : 0);

		ids[i] = files_send(t, &w);
	}
	/* CLOSE comes before they are done, and waits for them */
	{
		struct wire_writer w = files_close_pdu(
			t, id, SMB2_CLOSE_FLAG_POSTQUERY_ATTRIB);
		struct smb2_close_response out = {0};

		last = files_send(t, &w);
		assert_int_equal(files_wait(t, last), NT_STATUS_OK);
		assert_true(smb2_close_response_decode(t->reply.data,
						       t->reply.len, &out));
		assert_int_equal(out.end_of_file, 64);
	}
	for (i = 0; i < 64; i++) {
		assert_int_equal(files_wait(t, ids[i]), NT_STATUS_OK);
	}
	id = files_make(t, "f");
	assert_int_equal(files_read(t, id, 0, 100, &data), NT_STATUS_OK);
	assert_int_equal(data.len, 64);
	for (i = 0; i < 64; i++) {
		assert_int_equal(data.data[i], '0' + i);
	}
	talloc_free(t);
}

#define TEST(fn) cmocka_unit_test_setup_teardown(fn, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_bytes),
		TEST(test_time),
		TEST(test_rights),
		TEST(test_append),
		TEST(test_locks),
		TEST(test_limits),
		TEST(test_disk_full),
		TEST(test_write_through),
		cmocka_unit_test(test_many),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
