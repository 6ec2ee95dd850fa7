/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Reparse points: well-formed or not, and where links lead. */
#include "smbquic/reparse.h"

#include "tests/testlib.h"

#include <sys/stat.h>

static uint8_t buf[256];

static struct wire_writer writer(void)
{
	return wire_writer_fixed(buf, sizeof(buf));
}

static void test_symlink(void **state)
{
	struct wire_writer w = writer();
	struct reparse r = {0};
	char text[64];
	bool relative = false;

	(void)state;
	assert_true(reparse_put_symlink(&w, "../a/b"));
	assert_int_equal(reparse_decode(wire_writer_slice(&w), &r),
			 NT_STATUS_OK);
	assert_int_equal(r.tag, IO_REPARSE_TAG_SYMLINK);
	assert_false(r.has_guid);
	assert_int_equal(reparse_target(&r, text, sizeof(text), &relative), 6);
	assert_string_equal(text, "../a/b");
	assert_true(relative);
	/* room for the text, but not for its end */
	assert_int_equal(reparse_target(&r, text, 6, &relative), -1);
	w = writer();
	assert_true(reparse_put_symlink(&w, "/etc"));
	assert_int_equal(reparse_decode(wire_writer_slice(&w), &r),
			 NT_STATUS_OK);
	assert_int_equal(reparse_target(&r, text, sizeof(text), &relative), 4);
	assert_false(relative);
	w = writer();
	assert_false(reparse_put_symlink(&w, "\xff"));
}

static void test_lx_symlink(void **state)
{
	struct wire_writer w = writer();
	struct reparse r = {0};
	char text[64];
	bool relative = false;

	(void)state;
	assert_true(reparse_put_lx_symlink(&w, "../a/b"));
	assert_int_equal(reparse_decode(wire_writer_slice(&w), &r),
			 NT_STATUS_OK);
	assert_int_equal(r.tag, IO_REPARSE_TAG_LX_SYMLINK);
	assert_int_equal(reparse_target(&r, text, sizeof(text), &relative), 6);
	assert_string_equal(text, "../a/b");
	assert_true(relative);
	w = writer();
	assert_false(reparse_put_lx_symlink(&w, "\xff"));
}

/* A special file is no link; neither is a link to nothing. */
static void test_nfs(void **state)
{
	struct wire_writer w = writer();
	struct reparse r = {0};
	char text[64];
	bool relative = false;

	(void)state;
	assert_true(reparse_put_nfs(&w, REPARSE_NFS_CHR, 1, 3));
	assert_int_equal(w.len, 8 + 16);
	assert_int_equal(reparse_decode(wire_writer_slice(&w), &r),
			 NT_STATUS_OK);
	assert_int_equal(reparse_target(&r, text, sizeof(text), &relative), -1);
	w = writer();
	assert_true(reparse_put_nfs(&w, REPARSE_NFS_FIFO, 1, 3));
	assert_int_equal(w.len, 8 + 8);
	w = writer();
	wire_put_u32(&w, IO_REPARSE_TAG_NFS);
	wire_put_u16(&w, 12);
	wire_put_u16(&w, 0);
	wire_put_u64(&w, REPARSE_NFS_LINK);
	wire_put(&w, "/\0x\0", 4);
	assert_int_equal(reparse_decode(wire_writer_slice(&w), &r),
			 NT_STATUS_OK);
	assert_int_equal(reparse_target(&r, text, sizeof(text), &relative), 2);
	assert_string_equal(text, "/x");
	assert_false(relative);
	r.data.len = 8;
	assert_int_equal(reparse_target(&r, text, sizeof(text), &relative), -1);
}

static void test_lx(void **state)
{
	static const uint8_t data[] = {2, 0, 0, 0, 'a', '/', 'b'};
	static const uint8_t old[] = {1, 0, 0, 0, 'a'};
	static const uint8_t nul[] = {2, 0, 0, 0, 'a', 0, 'b'};
	struct reparse r = {.tag = IO_REPARSE_TAG_LX_SYMLINK};
	char text[64];
	bool relative = false;

	(void)state;
	r.data = wire_slice(data, sizeof(data));
	assert_int_equal(reparse_target(&r, text, sizeof(text), &relative), 3);
	assert_string_equal(text, "a/b");
	r.data = wire_slice(old, sizeof(old));
	assert_int_equal(reparse_target(&r, text, sizeof(text), &relative), -1);
	r.data = wire_slice(nul, sizeof(nul));
	assert_int_equal(reparse_target(&r, text, sizeof(text), &relative), -1);
}

/* Others' tags say whose they are; the length is exact. */
static void test_form(void **state)
{
	struct reparse in = {.tag = 0x1234, .has_guid = true};
	struct wire_writer w = writer();
	struct reparse r = {0};
	size_t len = 0;

	(void)state;
	in.guid.bytes[15] = 9;
	in.data = wire_slice("hello", 5);
	assert_true(reparse_encode(&w, &in));
	assert_int_equal(w.len, 24 + 5);
	assert_int_equal(reparse_decode(wire_writer_slice(&w), &r),
			 NT_STATUS_OK);
	assert_true(r.has_guid);
	assert_int_equal(r.guid.bytes[15], 9);
	assert_true(wire_slice_equal(r.data, in.data));
	for (len = 0; len < w.len; len++) {
		assert_int_equal(reparse_decode(wire_slice(buf, len), &r),
				 NT_STATUS_IO_REPARSE_DATA_INVALID);
	}
	assert_int_equal(reparse_decode(wire_slice(buf, w.len + 1), &r),
			 NT_STATUS_IO_REPARSE_DATA_INVALID);
	buf[0] = 1;
	buf[1] = 0;
	assert_int_equal(reparse_decode(wire_writer_slice(&w), &r),
			 NT_STATUS_IO_REPARSE_TAG_INVALID);
}

static void test_too_long(void **state)
{
	uint8_t *big = calloc(1, REPARSE_SIZE_MAX + 1);
	struct reparse r = {0};

	(void)state;
	assert_non_null(big);
	wire_store_le(big, IO_REPARSE_TAG_NFS, 4);
	wire_store_le(big + 4, REPARSE_SIZE_MAX - 8, 2);
	assert_int_equal(reparse_decode(wire_slice(big, REPARSE_SIZE_MAX), &r),
			 NT_STATUS_OK);
	wire_store_le(big + 4, REPARSE_SIZE_MAX - 7, 2);
	assert_int_equal(
		reparse_decode(wire_slice(big, REPARSE_SIZE_MAX + 1), &r),
		NT_STATUS_IO_REPARSE_DATA_INVALID);
	free(big);
}

/* What is special to NFS is so to everybody. */
static void test_kinds(void **state)
{
	static const struct {
		uint64_t nfs;
		uint32_t tag;
		uint32_t type;
	} rows[] = {
		{REPARSE_NFS_FIFO, IO_REPARSE_TAG_LX_FIFO, S_IFIFO},
		{REPARSE_NFS_CHR, IO_REPARSE_TAG_LX_CHR, S_IFCHR},
		{REPARSE_NFS_BLK, IO_REPARSE_TAG_LX_BLK, S_IFBLK},
		{REPARSE_NFS_SOCK, IO_REPARSE_TAG_AF_UNIX, S_IFSOCK},
	};
	const struct reparse other = {.tag = IO_REPARSE_TAG_NFS};
	size_t i = 0;

	(void)state;
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		uint8_t bytes[64];
		struct wire_writer w = wire_writer_fixed(bytes, sizeof(bytes));
		struct reparse r = {0};

		assert_true(reparse_put_nfs(&w, rows[i].nfs, 1, 2));
		assert_int_equal(reparse_decode(wire_writer_slice(&w), &r),
				 NT_STATUS_OK);
		assert_int_equal(reparse_plain_tag(&r), rows[i].tag);
		assert_int_equal(reparse_type(&r), rows[i].type);
		assert_int_equal(reparse_tag_type(rows[i].tag), rows[i].type);
	}
	assert_int_equal(reparse_plain_tag(&other), IO_REPARSE_TAG_NFS);
	assert_int_equal(reparse_type(&other), 0);
	assert_int_equal(reparse_tag_type(IO_REPARSE_TAG_SYMLINK), S_IFLNK);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_kinds),
		cmocka_unit_test(test_symlink),
		cmocka_unit_test(test_lx_symlink),
		cmocka_unit_test(test_nfs),
		cmocka_unit_test(test_lx),
		cmocka_unit_test(test_form),
		cmocka_unit_test(test_too_long),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
