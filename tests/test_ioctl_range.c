/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Holes: sparse files, zeroed ranges, what is allocated. */
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

static NTSTATUS set_sparse(struct files *t, struct smb2_file_id id, bool sparse)
{
	uint8_t byte = sparse;

	return files_fsctl_status(t, id, FSCTL_SET_SPARSE, wire_slice(&byte, 1),
				  0);
}

static NTSTATUS range_call(struct files *t, struct smb2_file_id id,
			   uint32_t code, uint64_t a, uint64_t b, uint32_t max,
			   struct wire_slice *out)
{
	const struct smb2_file_range range = {a, b};
	struct wire_writer w = wire_writer_talloc(t);

	assert_true(smb2_file_range_encode(&w, &range));
	return files_fsctl(t, id, code, wire_writer_slice(&w), max, out);
}

static NTSTATUS zero(struct files *t, struct smb2_file_id id, uint64_t from,
		     uint64_t to)
{
	struct wire_slice out = {0};

	return range_call(t, id, FSCTL_SET_ZERO_DATA, from, to, 0, &out);
}

static void test_sparse(void **state)
{
	struct files *t = *state;
	struct smb2_file_id id = files_make(t, "f");
	const uint32_t flag = FILE_ATTRIBUTE_SPARSE_FILE;

	assert_int_equal(set_sparse(t, id, true), NT_STATUS_OK);
	assert_int_equal(files_basic(t, id).file_attributes & flag, flag);
	assert_int_equal(set_sparse(t, id, false), NT_STATUS_OK);
	assert_int_equal(files_basic(t, id).file_attributes,
			 FILE_ATTRIBUTE_ARCHIVE);
	/* without a word: yes */
	assert_int_equal(
		files_fsctl_status(t, id, FSCTL_SET_SPARSE, nothing, 0),
		NT_STATUS_OK);
	assert_int_equal(files_basic(t, id).file_attributes & flag, flag);
	assert_int_equal(set_sparse(t, files_make_dir(t, "d"), true),
			 NT_STATUS_INVALID_PARAMETER);
	assert_int_equal(set_sparse(t, open_with(t, "f", FILE_READ_DATA), true),
			 NT_STATUS_ACCESS_DENIED);
}

static void test_zero(void **state)
{
	struct files *t = *state;
	struct smb2_file_id id = files_make(t, "f");
	struct smb2_file_id other = files_make(t, "f");
	struct wire_slice data = {0};

	assert_int_equal(files_write(t, id, "hello", 0), NT_STATUS_OK);
	assert_int_equal(zero(t, id, 1, 3), NT_STATUS_OK);
	assert_int_equal(files_read(t, id, 0, 10, &data), NT_STATUS_OK);
	assert_true(wire_slice_equal(data, wire_slice("h\0\0lo", 5)));
	/* no longer than it is */
	assert_int_equal(zero(t, id, 3, 1000), NT_STATUS_OK);
	assert_int_equal(files_read(t, id, 0, 10, &data), NT_STATUS_OK);
	assert_true(wire_slice_equal(data, wire_slice("h\0\0\0\0", 5)));
	assert_int_equal(zero(t, id, 5, 5), NT_STATUS_OK);
	assert_int_equal(zero(t, id, 5, 4), NT_STATUS_INVALID_PARAMETER);
	assert_int_equal(zero(t, id, 0, UINT64_MAX),
			 NT_STATUS_INVALID_PARAMETER);
	assert_int_equal(files_fsctl_status(t, id, FSCTL_SET_ZERO_DATA,
					    wire_slice("short", 5), 0),
			 NT_STATUS_INVALID_PARAMETER);
	assert_int_equal(zero(t, open_with(t, "f", FILE_APPEND_DATA), 0, 1),
			 NT_STATUS_ACCESS_DENIED);
	assert_int_equal(
		files_lock(t, other, 0, 1, SMB2_LOCKFLAG_EXCLUSIVE_LOCK),
		NT_STATUS_OK);
	assert_int_equal(zero(t, id, 0, 1), NT_STATUS_FILE_LOCK_CONFLICT);
	assert_int_equal(zero(t, id, 1, 2), NT_STATUS_OK);
}

/* Only what is sparse gives its space back. */
static void test_zero_gives_back(void **state)
{
	struct files *t = *state;
	struct smb2_file_id id = files_make(t, "f");
	uint8_t *bytes = talloc_zero_size(t, 1 << 20);
	struct wire_writer w = files_write_pdu(t, id, 0, bytes, 1 << 20, 0);

	assert_int_equal(files_call(t, &w), NT_STATUS_OK);
	assert_int_equal(set_sparse(t, id, true), NT_STATUS_OK);
	assert_int_equal(zero(t, id, 0, 1 << 20), NT_STATUS_OK);
	assert_int_equal(files_standard(t, id).allocation_size, 0);
	assert_int_equal(files_standard(t, id).end_of_file, 1 << 20);
}

static void test_ranges(void **state)
{
	struct files *t = *state;
	struct smb2_file_id id = files_make(t, "f");
	struct smb2_file_range range = {0};
	struct wire_slice out = {0};
	const uint32_t code = FSCTL_QUERY_ALLOCATED_RANGES;

	/* one that is not sparse is all there */
	assert_int_equal(files_write(t, id, "x", 999999), NT_STATUS_OK);
	assert_int_equal(range_call(t, id, code, 10, 1000, 64, &out),
			 NT_STATUS_OK);
	assert_true(smb2_file_range_next(&out, &range));
	assert_int_equal(range.offset, 10);
	assert_int_equal(range.length, 1000);
	assert_int_equal(out.len, 0);

	assert_int_equal(set_sparse(t, id, true), NT_STATUS_OK);
	assert_int_equal(files_write(t, id, "x", 0), NT_STATUS_OK);
	assert_int_equal(files_write(t, id, "x", 500000), NT_STATUS_OK);
	assert_int_equal(range_call(t, id, code, 0, 1000000, 64, &out),
			 NT_STATUS_OK);
	assert_int_equal(out.len, 48);
	assert_true(smb2_file_range_next(&out, &range));
	assert_int_equal(range.offset, 0);
	assert_true(smb2_file_range_next(&out, &range));
	assert_true(range.offset <= 500000 &&
		    range.offset + range.length > 500000);
	assert_true(smb2_file_range_next(&out, &range));
	assert_int_equal(range.offset + range.length, 1000000);
	/* room for one only, for none */
	assert_int_equal(range_call(t, id, code, 0, 1000000, 16, &out),
			 NT_STATUS_BUFFER_OVERFLOW);
	assert_int_equal(out.len, 16);
	assert_int_equal(range_call(t, id, code, 0, 1000000, 15, &out),
			 NT_STATUS_BUFFER_TOO_SMALL);
	/* a hole, nothing, nonsense */
	assert_int_equal(range_call(t, id, code, 100000, 1000, 64, &out),
			 NT_STATUS_OK);
	assert_int_equal(out.len, 0);
	assert_int_equal(range_call(t, id, code, 0, 0, 64, &out), NT_STATUS_OK);
	assert_int_equal(out.len, 0);
	assert_int_equal(range_call(t, id, code, 1, INT64_MAX, 64, &out),
			 NT_STATUS_INVALID_PARAMETER);
	assert_int_equal(range_call(t, id, code, UINT64_MAX, 1, 64, &out),
			 NT_STATUS_INVALID_PARAMETER);
}

#define TEST(fn) cmocka_unit_test_setup_teardown(fn, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_sparse),
		TEST(test_zero),
		TEST(test_zero_gives_back),
		TEST(test_ranges),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
