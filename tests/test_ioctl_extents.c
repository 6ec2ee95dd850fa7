/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Ranges given back, blocks shared, checksums that are not there. */
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

static NTSTATUS trim(struct files *t, struct smb2_file_id id, uint32_t key,
		     uint32_t count, const struct smb2_file_range *ranges,
		     struct wire_slice *out)
{
	const struct smb2_file_level_trim in = {.key = key,
						.range_count = count};
	struct wire_writer w = wire_writer_talloc(t);

	assert_true(smb2_file_level_trim_encode(&w, &in, ranges));
	return files_fsctl(t, id, FSCTL_FILE_LEVEL_TRIM, wire_writer_slice(&w),
			   4, out);
}

static void test_trim(void **state)
{
	static const struct smb2_file_range two[] = {{0, 1}, {2, 2}};
	static const struct smb2_file_range wrong[] = {{UINT64_MAX, 1}};
	struct files *t = *state;
	struct smb2_file_id id = files_make(t, "f");
	struct smb2_file_id other = files_make(t, "f");
	struct wire_slice data = {0};

	assert_int_equal(files_write(t, id, "hello", 0), NT_STATUS_OK);
	assert_int_equal(trim(t, id, 0, 2, two, &data), NT_STATUS_OK);
	assert_int_equal(data.len, 4);
	assert_int_equal(data.data[0], 2);
	assert_int_equal(files_read(t, id, 0, 10, &data), NT_STATUS_OK);
	assert_true(wire_slice_equal(data, wire_slice("\0e\0\0o", 5)));
	assert_int_equal(trim(t, id, 1, 2, two, &data),
			 NT_STATUS_INVALID_PARAMETER);
	assert_int_equal(trim(t, id, 0, 0, two, &data),
			 NT_STATUS_INVALID_PARAMETER);
	assert_int_equal(trim(t, id, 0, 1, wrong, &data),
			 NT_STATUS_INVALID_PARAMETER);
	assert_int_equal(
		trim(t, open_with(t, "f", FILE_READ_DATA), 0, 1, two, &data),
		NT_STATUS_ACCESS_DENIED);
	assert_int_equal(
		files_lock(t, other, 0, 1, SMB2_LOCKFLAG_EXCLUSIVE_LOCK),
		NT_STATUS_OK);
	assert_int_equal(trim(t, id, 0, 1, two, &data),
			 NT_STATUS_FILE_LOCK_CONFLICT);
}

static NTSTATUS clone(struct files *t, struct smb2_file_id from,
		      uint64_t source, struct smb2_file_id to, uint64_t target,
		      uint64_t count)
{
	const struct smb2_duplicate_extents in = {from, source, target, count};
	struct wire_writer w = wire_writer_talloc(t);

	assert_true(smb2_duplicate_extents_encode(&w, &in));
	return files_fsctl_status(t, to, FSCTL_DUPLICATE_EXTENTS_TO_FILE,
				  wire_writer_slice(&w), 0);
}

/* The store of the tests has no blocks to share. */
static void test_clone(void **state)
{
	struct files *t = *state;
	struct smb2_file_id from = files_make(t, "from");
	struct smb2_file_id to = files_make(t, "to");
	const struct smb2_file_id wrong = {77, 77};

	assert_int_equal(files_write(t, from, "hello", 0), NT_STATUS_OK);
	assert_int_equal(files_write(t, to, "HELLO", 0), NT_STATUS_OK);
	assert_int_equal(clone(t, from, 0, to, 0, 0), NT_STATUS_OK);
	assert_int_equal(clone(t, from, 0, to, 0, 5), NT_STATUS_NOT_SUPPORTED);
	assert_int_equal(clone(t, from, 0, to, 0, 6), NT_STATUS_NOT_SUPPORTED);
	assert_int_equal(clone(t, wrong, 0, to, 0, 5),
			 NT_STATUS_INVALID_HANDLE);
	assert_int_equal(clone(t, from, UINT64_MAX, to, 0, 5),
			 NT_STATUS_INVALID_PARAMETER);
	assert_int_equal(
		clone(t, open_with(t, "from", FILE_WRITE_DATA), 0, to, 0, 5),
		NT_STATUS_ACCESS_DENIED);
	assert_int_equal(
		clone(t, from, 0, open_with(t, "to", FILE_READ_DATA), 0, 5),
		NT_STATUS_ACCESS_DENIED);
	assert_int_equal(clone(t, files_make_dir(t, "d"), 0, to, 0, 5),
			 NT_STATUS_INVALID_PARAMETER);
}

/* A request that is cut off anywhere. */
static void test_clone_cut(void **state)
{
	struct files *t = *state;
	struct smb2_file_id id = files_make(t, "f");
	const struct smb2_duplicate_extents in = {id, 0, 0, 0};
	struct wire_writer w = wire_writer_talloc(t);
	size_t len = 0;

	assert_true(smb2_duplicate_extents_encode(&w, &in));
	for (len = 0; len <= w.len; len++) {
		assert_int_equal(files_fsctl_status(
					 t, id, FSCTL_DUPLICATE_EXTENTS_TO_FILE,
					 wire_slice(w.buf, len), 0),
				 len < w.len ? NT_STATUS_INVALID_PARAMETER
					     : NT_STATUS_OK);
	}
}

static void test_integrity(void **state)
{
	struct files *t = *state;
	struct smb2_file_id id = files_make(t, "f");
	struct wire_slice out = {0};
	uint8_t in[8] = {0};

	assert_int_equal(files_fsctl(t, id, FSCTL_GET_INTEGRITY_INFORMATION,
				     nothing, 16, &out),
			 NT_STATUS_OK);
	assert_int_equal(out.len, 16);
	assert_int_equal(out.data[0], 0);
	assert_int_equal(files_fsctl_status(t, id,
					    FSCTL_SET_INTEGRITY_INFORMATION,
					    wire_slice(in, 8), 0),
			 NT_STATUS_OK);
	in[0] = 2; /* CRC64 */
	assert_int_equal(files_fsctl_status(t, id,
					    FSCTL_SET_INTEGRITY_INFORMATION,
					    wire_slice(in, 8), 0),
			 NT_STATUS_NOT_SUPPORTED);
	assert_int_equal(files_fsctl_status(t, id,
					    FSCTL_SET_INTEGRITY_INFORMATION,
					    wire_slice(in, 7), 0),
			 NT_STATUS_INVALID_PARAMETER);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_trim, setup, teardown),
		cmocka_unit_test_setup_teardown(test_clone, setup, teardown),
		cmocka_unit_test_setup_teardown(test_clone_cut, setup,
						teardown),
		cmocka_unit_test_setup_teardown(test_integrity, setup,
						teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
