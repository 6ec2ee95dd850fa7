/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The POSIX extensions' part of the codec. */
#include <sys/stat.h>

#include "smbquic/smb2_posix.h"
#include "tests/testlib.h"
#include "tests/testlib_pdu.h"

static void test_bodies(void **state)
{
	(void)state;
	pdu_check(&pdu_posix_table);
}

static void test_mode(void **state)
{
	(void)state;
	assert_int_equal(smb2_posix_mode(S_IFREG | 0644), 0644);
	assert_int_equal(smb2_posix_mode(S_IFDIR | 01777), 011777);
	assert_int_equal(smb2_posix_mode(S_IFSOCK | 0600), 060600);
	assert_int_equal(smb2_posix_st_mode(011777), S_IFDIR | 01777);
	assert_int_equal(smb2_posix_st_mode(020777), S_IFLNK | 0777);
	assert_int_equal(smb2_posix_st_mode(UINT32_MAX), S_IFREG | 07777);
}

static void test_create(void **state)
{
	uint32_t mode = 0;

	(void)state;
	assert_true(
		smb2_posix_create_decode(wire_slice("\x80\x01\0\0", 4), &mode));
	assert_int_equal(mode, 0600);
	assert_false(
		smb2_posix_create_decode(wire_slice("\x80\x01\0", 3), &mode));
	assert_false(smb2_posix_create_decode(wire_slice("\x80\x01\0\0\0", 5),
					      &mode));
}

static void test_entry(void **state)
{
	struct smb2_posix_info in = {
		.inode = 5,
		.posix = {.owner = {5, 1, {18}}, .group = {22, 2, {2, 7}}}};
	struct smb2_posix_info out = {0};
	struct wire_slice name = {0};
	uint8_t buf[200];
	struct wire_writer w = wire_writer_fixed(buf, sizeof(buf));

	(void)state;
	assert_true(smb2_posix_entry_encode(&w, &in, wire_slice("a\0b\0", 4)));
	assert_true(
		smb2_posix_entry_decode(wire_writer_slice(&w), &out, &name));
	assert_true(wire_slice_equal(name, wire_slice("a\0b\0", 4)));
	assert_int_equal(out.inode, 5);
	assert_true(sid_equal(&out.posix.group, &in.posix.group));
	assert_false(smb2_posix_entry_decode(wire_slice(buf, w.len - 1), &out,
					     &name));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_bodies),
		cmocka_unit_test(test_mode),
		cmocka_unit_test(test_create),
		cmocka_unit_test(test_entry),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
