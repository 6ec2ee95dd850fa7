/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copies within the server: resume keys, chunks, limits. */
#include "server/dispatch.h"
#include "tests/fixture_ioctl.h"

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

static NTSTATUS resume_key(struct files *t, struct smb2_file_id id,
			   uint8_t key[SMB2_RESUME_KEY_SIZE])
{
	struct wire_slice out = {0};
	NTSTATUS status = files_fsctl(t, id, FSCTL_SRV_REQUEST_RESUME_KEY,
				      nothing, 32, &out);

	if (status == NT_STATUS_OK) {
		assert_int_equal(out.len, 32);
		assert_true(smb2_resume_key_decode(out, key));
	}
	return status;
}

struct copy {
	struct smb2_file_id from, to;
	uint32_t code;
	uint32_t count;
	struct smb2_copychunk chunks[300];
	struct smb2_copychunk_response out;
	bool answered; /* there was a body */
};

static struct copy copy_new(struct smb2_file_id from, struct smb2_file_id to)
{
	return (struct copy){
		.from = from,
		.to = to,
		.code = FSCTL_SRV_COPYCHUNK,
		.count = 1,
		.chunks = {{.length = 5}},
	};
}

static NTSTATUS copy_run(struct files *t, struct copy *copy)
{
	struct smb2_copychunk_request in = {.chunk_count = copy->count};
	struct wire_writer w = wire_writer_talloc(t);
	struct wire_slice out = {0};
	NTSTATUS status = NT_STATUS_OK;

	assert_int_equal(resume_key(t, copy->from, in.source_key),
			 NT_STATUS_OK);
	assert_true(smb2_copychunk_request_encode(&w, &in, copy->chunks));
	status = files_fsctl(t, copy->to, copy->code, wire_writer_slice(&w), 12,
			     &out);
	copy->answered = out.len > 0;
	if (copy->answered) {
		assert_true(smb2_copychunk_response_decode(out, &copy->out));
	}
	return status;
}

static void test_copy(void **state)
{
	struct files *t = *state;
	struct copy copy = copy_new(files_make(t, "from"), files_make(t, "to"));

	assert_int_equal(files_write(t, copy.from, "hello world", 0),
			 NT_STATUS_OK);
	copy.count = 2;
	copy.chunks[0] = (struct smb2_copychunk){6, 0, 5};
	copy.chunks[1] = (struct smb2_copychunk){0, 5, 6};
	assert_int_equal(copy_run(t, &copy), NT_STATUS_OK);
	assert_int_equal(copy.out.chunks_written, 2);
	assert_int_equal(copy.out.chunk_bytes_written, 0);
	assert_int_equal(copy.out.total_bytes_written, 11);
	assert_content(t, copy.to, "worldhello ");
	/* within one file */
	copy = copy_new(copy.to, copy.to);
	copy.chunks[0].target_offset = 11;
	assert_int_equal(copy_run(t, &copy), NT_STATUS_OK);
	assert_content(t, copy.to, "worldhello world");
}

static void test_copy_limits(void **state)
{
	struct files *t = *state;
	const struct copy good =
		copy_new(files_make(t, "from"), files_make(t, "to"));
	struct copy copy[5] = {good, good, good, good, good};
	uint8_t *bytes = talloc_zero_size(t, 1 << 20);
	struct wire_writer w =
		files_write_pdu(t, good.from, 0, bytes, 1 << 20, 0);
	struct wire_slice out = {0};
	struct smb2_copychunk_response limits = {0};
	size_t i = 0;

	assert_int_equal(files_call(t, &w), NT_STATUS_OK);
	copy[0].count = 257;
	for (i = 0; i < 257; i++) {
		copy[0].chunks[i].length = 1;
	}
	copy[1].chunks[0].length = (1 << 20) + 1;
	copy[2].chunks[0].length = 0;
	copy[3].count = 17;
	for (i = 0; i < 17; i++) {
		copy[3].chunks[i].length = 1 << 20;
	}
	copy[4].chunks[0].target_offset = UINT64_C(1) << 63;
	for (i = 0; i < 5; i++) {
		assert_int_equal(copy_run(t, &copy[i]),
				 NT_STATUS_INVALID_PARAMETER);
		assert_true(copy[i].answered);
		assert_int_equal(copy[i].out.chunks_written, 256);
		assert_int_equal(copy[i].out.chunk_bytes_written, 1 << 20);
		assert_int_equal(copy[i].out.total_bytes_written, 16 << 20);
	}
	/* so does a request that is no request */
	assert_int_equal(files_fsctl(t, good.to, FSCTL_SRV_COPYCHUNK,
				     wire_slice("short", 5), 12, &out),
			 NT_STATUS_INVALID_PARAMETER);
	assert_true(smb2_copychunk_response_decode(out, &limits));
	assert_int_equal(limits.chunks_written, 256);
	/* what is just allowed */
	copy[0].count = 256;
	assert_int_equal(copy_run(t, &copy[0]), NT_STATUS_OK);
	copy[3].count = 16;
	assert_int_equal(copy_run(t, &copy[3]), NT_STATUS_OK);
	assert_int_equal(copy[3].out.total_bytes_written, 16 << 20);
	/* no room for the answer: no body */
	assert_int_equal(files_fsctl(t, good.to, FSCTL_SRV_COPYCHUNK,
				     wire_slice("short", 5), 11, &out),
			 NT_STATUS_INVALID_PARAMETER);
	assert_int_equal(out.len, 0);
}

/* It tells how far it came (MS-SMB2 3.3.5.15.6.1). */
static void test_copy_fails(void **state)
{
	struct files *t = *state;
	struct copy copy = copy_new(files_make(t, "from"), files_make(t, "to"));
	struct smb2_file_id other = files_make(t, "to");

	assert_int_equal(files_write(t, copy.from, "hello world", 0),
			 NT_STATUS_OK);
	copy.count = 2;
	copy.chunks[1] = (struct smb2_copychunk){7, 5, 5};
	assert_int_equal(copy_run(t, &copy), NT_STATUS_INVALID_VIEW_SIZE);
	assert_true(copy.answered);
	assert_int_equal(copy.out.chunks_written, 1);
	assert_int_equal(copy.out.total_bytes_written, 5);
	copy.chunks[1] = (struct smb2_copychunk){5, 5, 5};
	assert_int_equal(
		files_lock(t, other, 6, 1, SMB2_LOCKFLAG_EXCLUSIVE_LOCK),
		NT_STATUS_OK);
	assert_int_equal(copy_run(t, &copy), NT_STATUS_FILE_LOCK_CONFLICT);
	assert_true(copy.answered);
	assert_int_equal(copy.out.chunks_written, 1);
}

static void test_copy_rights(void **state)
{
	static const struct {
		uint32_t from, to, code;
		NTSTATUS status;
	} table[] = {
		{FILE_READ_DATA, FILE_READ_DATA | FILE_WRITE_DATA,
		 FSCTL_SRV_COPYCHUNK, NT_STATUS_OK},
		{FILE_EXECUTE, FILE_READ_DATA | FILE_APPEND_DATA,
		 FSCTL_SRV_COPYCHUNK, NT_STATUS_OK},
		{FILE_WRITE_DATA, FILE_READ_DATA | FILE_WRITE_DATA,
		 FSCTL_SRV_COPYCHUNK, NT_STATUS_ACCESS_DENIED},
		{FILE_READ_DATA, FILE_WRITE_DATA, FSCTL_SRV_COPYCHUNK,
		 NT_STATUS_ACCESS_DENIED},
		{FILE_READ_DATA, FILE_WRITE_DATA, FSCTL_SRV_COPYCHUNK_WRITE,
		 NT_STATUS_OK},
		{FILE_READ_DATA, FILE_READ_DATA, FSCTL_SRV_COPYCHUNK_WRITE,
		 NT_STATUS_ACCESS_DENIED},
	};
	struct files *t = *state;
	struct smb2_file_id id = files_make(t, "from");
	size_t i = 0;

	assert_int_equal(files_write(t, id, "hello world", 0), NT_STATUS_OK);
	files_close(t, id);
	for (i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		struct copy copy = copy_new(open_with(t, "from", table[i].from),
					    open_with(t, "to", table[i].to));

		copy.code = table[i].code;
		assert_int_equal(copy_run(t, &copy), table[i].status);
		files_close(t, copy.from);
		files_close(t, copy.to);
	}
}

static void test_copy_key(void **state)
{
	struct files *t = *state;
	struct smb2_file_id to = files_make(t, "to");
	struct smb2_copychunk_request in = {.chunk_count = 1};
	const struct smb2_copychunk chunk = {0, 0, 1};
	struct wire_writer w = wire_writer_talloc(t);

	memset(in.source_key, 'k', sizeof(in.source_key));
	assert_true(smb2_copychunk_request_encode(&w, &in, &chunk));
	assert_int_equal(files_fsctl_status(t, to, FSCTL_SRV_COPYCHUNK,
					    wire_writer_slice(&w), 12),
			 NT_STATUS_OBJECT_NAME_NOT_FOUND);
	assert_int_equal(files_fsctl_status(t, to, FSCTL_SRV_REQUEST_RESUME_KEY,
					    nothing, 31),
			 NT_STATUS_INVALID_PARAMETER);
	assert_int_equal(files_fsctl_status(t, files_make_dir(t, "d"),
					    FSCTL_SRV_COPYCHUNK,
					    wire_writer_slice(&w), 12),
			 NT_STATUS_INVALID_PARAMETER);
}

/* The source is closed while the copy is at work. */
static void test_copy_closed(void **state)
{
	char *dir = NULL;
	struct files *t = files_new_disk(&dir);
	struct smb2_file_id from = files_make(t, "from");
	struct smb2_file_id to = files_make(t, "to");
	struct smb2_copychunk_request in = {.chunk_count = 16};
	struct smb2_copychunk chunks[16] = {{0}};
	struct wire_writer input = wire_writer_talloc(t);
	struct smb2_ioctl_request request = {
		.ctl_code = FSCTL_SRV_COPYCHUNK,
		.file_id = to,
		.max_output_response = 12,
		.flags = SMB2_0_IOCTL_IS_FSCTL,
	};
	struct wire_writer w = {0};
	uint64_t ids[2] = {0};
	NTSTATUS status = NT_STATUS_OK;
	size_t i = 0;

	(void)state;
	for (i = 0; i < 16; i++) {
		chunks[i].length = 1 << 20;
		chunks[i].target_offset = i << 20;
	}
	assert_int_equal(
		files_set_u64(t, from, FileEndOfFileInformation, 1 << 20),
		NT_STATUS_OK);
	assert_int_equal(resume_key(t, from, in.source_key), NT_STATUS_OK);
	smb2_copychunk_request_encode(&input, &in, chunks);
	request.input = wire_writer_slice(&input);
	w = files_pdu(t, SMB2_IOCTL);
	smb2_ioctl_request_encode(&w, &request);
	ids[0] = files_send(t, &w);
	w = files_close_pdu(t, from, 0);
	ids[1] = files_send(t, &w);
	assert_int_equal(files_wait(t, ids[1]), NT_STATUS_OK);
	status = files_wait(t, ids[0]);
	assert_true(status == NT_STATUS_OK ||
		    status == NT_STATUS_OBJECT_NAME_NOT_FOUND);
	talloc_free(t);
}

#define TEST(fn) cmocka_unit_test_setup_teardown(fn, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_copy),       TEST(test_copy_limits),
		TEST(test_copy_fails), TEST(test_copy_rights),
		TEST(test_copy_key),   cmocka_unit_test(test_copy_closed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
