/* SPDX-License-Identifier: GPL-3.0-or-later */
/* acl.c, veto.c, pages.c: small things of the server's files. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <errno.h>
#include <string.h>
#include <sys/stat.h>
#include <cmocka.h>

#include "server/acl.h"
#include "server/pages.h"
#include "smbquic/security_descriptor.h"
#include "smbquic/smb2.h"

static void test_generic(void **state)
{
	(void)state;
	assert_int_equal(acl_map_generic(SEC_GENERIC_READ), FILE_GENERIC_READ);
	assert_int_equal(acl_map_generic(SEC_GENERIC_ALL), FILE_ALL_ACCESS);
	assert_int_equal(acl_map_generic(SEC_GENERIC_WRITE | FILE_READ_DATA),
			 FILE_GENERIC_WRITE | FILE_READ_DATA);
	assert_int_equal(acl_map_generic(SEC_MAXIMUM_ALLOWED),
			 SEC_MAXIMUM_ALLOWED);
}

static void test_rights(void **state)
{
	unsigned all = STORE_MAY_READ | STORE_MAY_WRITE | STORE_MAY_EXECUTE |
		       STORE_MAY_DELETE | STORE_MAY_OWN;

	(void)state;
	assert_int_equal(acl_rights(all, true), FILE_ALL_ACCESS);
	assert_int_equal(acl_rights(all, false), FILE_ALL_ACCESS);
	assert_int_equal(acl_rights(0, false), FILE_READ_ATTRIBUTES |
						       SEC_STD_READ_CONTROL |
						       SEC_STD_SYNCHRONIZE);
	assert_int_equal(acl_rights(STORE_MAY_READ, false),
			 FILE_GENERIC_READ | FILE_EXECUTE);
	assert_int_equal(acl_rights(STORE_MAY_READ, true), FILE_GENERIC_READ);
	assert_int_equal(acl_rights(STORE_MAY_WRITE, false) & FILE_READ_DATA,
			 0);
	assert_int_equal(acl_rights(STORE_MAY_DELETE, false) & SEC_STD_DELETE,
			 SEC_STD_DELETE);
}

static void test_descriptor(void **state)
{
	const struct store_attr attr = {
		.mode = S_IFREG | 0640, .uid = 1000, .gid = 100};
	uint8_t buf[512];
	struct wire_writer w = wire_writer_fixed(buf, sizeof(buf));
	struct security_descriptor sd = {0};
	struct security_acl_walk walk = {0};
	struct security_ace ace = {0};
	char sid[SID_STRING_SIZE];

	(void)state;
	assert_true(acl_descriptor(&w, &attr,
				   OWNER_SECURITY_INFORMATION |
					   DACL_SECURITY_INFORMATION));
	assert_true(security_descriptor_decode(wire_writer_slice(&w), &sd));
	assert_true(sd.has_owner);
	assert_false(sd.has_group);
	assert_string_equal(sid_to_string(&sd.owner, sid), "S-1-22-1-1000");
	walk = security_acl(sd.dacl);
	assert_true(security_acl_next(&walk, &ace));
	assert_true(sid_equal(&ace.sid, &sd.owner));
	assert_int_equal(ace.mask & FILE_WRITE_DATA, FILE_WRITE_DATA);
	assert_true(security_acl_next(&walk, &ace));
	assert_string_equal(sid_to_string(&ace.sid, sid), "S-1-22-2-100");
	assert_int_equal(ace.mask & (FILE_READ_DATA | FILE_WRITE_DATA),
			 FILE_READ_DATA);
	assert_true(security_acl_next(&walk, &ace));
	assert_true(sid_equal(&ace.sid, &sid_everyone));
	assert_int_equal(ace.mask & (FILE_READ_DATA | FILE_WRITE_DATA), 0);
	assert_false(security_acl_next(&walk, &ace));
	assert_true(security_acl_ok(&walk));
}

static void test_pages(void **state)
{
	TALLOC_CTX *mem_ctx = talloc_new(NULL);
	uint64_t used = 0;
	struct pages *pages = pages_new(mem_ctx, &used, 4 * PAGES_SIZE);
	char buf[16] = {0};
	uint64_t start = 0;
	uint64_t end = 0;

	(void)state;
	assert_false(pages_next(pages, 0, &start, &end));
	assert_int_equal(pages_write(pages, "abcd", 4, PAGES_SIZE - 2), 0);
	assert_int_equal(used, 2 * PAGES_SIZE);
	pages_read(pages, buf, 8, PAGES_SIZE - 4);
	assert_memory_equal(buf, "\0\0abcd\0\0", 8);
	assert_int_equal(pages_write(pages, "z", 1, 10 * PAGES_SIZE), 0);
	assert_true(pages_next(pages, 0, &start, &end));
	assert_int_equal(start, 0);
	assert_int_equal(end, 2 * PAGES_SIZE);
	assert_true(pages_next(pages, end, &start, &end));
	assert_int_equal(start, 10 * PAGES_SIZE);
	assert_int_equal(pages_reserve(pages, 0, 5 * PAGES_SIZE), ENOSPC);
	/* parts of pages are wiped, whole ones given back */
	pages_zero(pages, PAGES_SIZE - 1, 2);
	pages_read(pages, buf, 4, PAGES_SIZE - 2);
	assert_memory_equal(buf, "a\0\0d", 4);
	pages_zero(pages, PAGES_SIZE - 2, 10 * PAGES_SIZE);
	assert_int_equal(pages_allocated(pages), 2 * PAGES_SIZE);
	pages_zero(pages, 0, (uint64_t)INT64_MAX);
	assert_int_equal(used, 0);
	assert_int_equal(pages_write(pages, "x", 1, 0), 0);
	talloc_free(pages);
	assert_int_equal(used, 0);
	talloc_free(mem_ctx);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_generic),
		cmocka_unit_test(test_rights),
		cmocka_unit_test(test_descriptor),
		cmocka_unit_test(test_pages),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
