/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "smbquic/fscc.h"
#include "tests/testlib_hex.h"
#include "tests/testlib_pdu.h"

static void test_rows(void **state)
{
	(void)state;
	pdu_check(&pdu_fscc_dir_table);
}

static const uint8_t classes[] = {
	FileDirectoryInformation,
	FileFullDirectoryInformation,
	FileBothDirectoryInformation,
	FileNamesInformation,
	FileIdFullDirectoryInformation,
	FileIdBothDirectoryInformation,
	FileIdExtdDirectoryInformation,
	FileId64ExtdDirectoryInformation,
	FileId64ExtdBothDirectoryInformation,
	FileIdAllExtdDirectoryInformation,
	FileIdAllExtdBothDirectoryInformation,
};

/* The table says how long an entry is before its name, and it is so long. */
static void test_fixed_sizes(void **state)
{
	static const size_t sizes[] = {64, 68, 94,  12, 80, 104,
				       88, 80, 106, 96, 122};
	size_t i = 0;

	(void)state;
	for (i = 0; i < sizeof(classes); i++) {
		uint8_t buf[256] = {0};
		struct wire_writer w = wire_writer_fixed(buf, sizeof(buf));
		struct fscc_dir_list list =
			fscc_dir_list(&w, classes[i], sizeof(buf));
		const struct fscc_dir_entry entry = {0};

		assert_int_equal(fscc_dir_fixed_size(classes[i]), sizes[i]);
		assert_true(fscc_dir_add(&list, &entry));
		assert_int_equal(w.len, sizes[i]);
	}
	assert_int_equal(fscc_dir_fixed_size(FileBasicInformation), 0);
}

/* 2.4.22, every field of its own. */
static void test_id_both_bytes(void **state)
{
	static const char hex[] =
		"00000000 01000000"
		"0200000000000000 0300000000000000 0400000000000000"
		"0500000000000000 0600000000000000 0700000000000000"
		"08000000 04000000 09000000 04 00"
		"41007e00 0000000000000000000000000000000000000000"
		"0000 0a00000000000000 61006200";
	TALLOC_CTX *mem_ctx = talloc_new(NULL);
	struct wire_slice data = testlib_hex(mem_ctx, hex);
	struct wire_walker list =
		fscc_dir_entries(FileIdBothDirectoryInformation, data);
	struct wire_writer w = wire_writer_talloc(mem_ctx);
	struct fscc_dir_list out =
		fscc_dir_list(&w, FileIdBothDirectoryInformation, 1000);
	struct fscc_dir_entry e = {0};

	(void)state;
	assert_true(fscc_dir_next(&list, FileIdBothDirectoryInformation, &e));
	assert_int_equal(e.file_index, 1);
	assert_int_equal(e.creation_time, 2);
	assert_int_equal(e.last_access_time, 3);
	assert_int_equal(e.last_write_time, 4);
	assert_int_equal(e.change_time, 5);
	assert_int_equal(e.end_of_file, 6);
	assert_int_equal(e.allocation_size, 7);
	assert_int_equal(e.file_attributes, 8);
	assert_int_equal(e.ea_size, 9);
	assert_int_equal(e.file_id, 10);
	assert_int_equal(e.short_name.len, 4);
	assert_int_equal(e.name.len, 4);
	assert_true(fscc_dir_add(&out, &e));
	testlib_assert_hex(w.buf, w.len, hex);
	talloc_free(mem_ctx);
}

/* As many as fit, each at a multiple of 8, the last without a next. */
static void test_until_full(void **state)
{
	size_t i = 0;
	size_t max = 0;

	(void)state;
	for (i = 0; i < sizeof(classes); i++) {
		for (max = 0; max < 700; max += 7) {
			TALLOC_CTX *mem_ctx = talloc_new(NULL);
			struct wire_writer w = wire_writer_talloc(mem_ctx);
			struct fscc_dir_entry e = {.name = BYTES("a\0b\0c\0")};
			struct fscc_dir_list list = {0};
			struct wire_walker walker = {0};
			unsigned int count = 0;

			wire_put_u8(&w, 0xEE);
			list = fscc_dir_list(&w, classes[i], max);
			while (fscc_dir_add(&list, &e)) {
				e.file_index++;
			}
			assert_true(wire_writer_ok(&w));
			assert_true(w.len - 1 <= max);
			assert_int_equal(list.count, e.file_index);
			walker = fscc_dir_entries(
				classes[i], wire_slice(w.buf + 1, w.len - 1));
			while (fscc_dir_next(&walker, classes[i], &e)) {
				assert_int_equal(e.file_index, count);
				count++;
			}
			assert_true(wire_walker_ok(&walker));
			assert_int_equal(count, list.count);
			talloc_free(mem_ctx);
		}
	}
}

/* A long name may not fit where a shorter one still does. */
static void test_shorter_one_fits(void **state)
{
	uint8_t buf[256] = {0};
	struct wire_writer w = wire_writer_fixed(buf, sizeof(buf));
	struct fscc_dir_list list = fscc_dir_list(&w, FileNamesInformation, 30);
	const struct fscc_dir_entry small = {.name = BYTES("a\0")};
	const struct fscc_dir_entry large = {.name = BYTES("a\0b\0c\0d\0")};

	(void)state;
	assert_true(fscc_dir_add(&list, &small));
	assert_false(fscc_dir_add(&list, &large));
	assert_true(fscc_dir_add(&list, &small));
	assert_false(fscc_dir_add(&list, &small));
	assert_int_equal(w.len, 30);
	assert_int_equal(list.count, 2);
}

static void test_short_name_too_long(void **state)
{
	TALLOC_CTX *mem_ctx = talloc_new(NULL);
	struct wire_writer w = wire_writer_talloc(mem_ctx);
	struct fscc_dir_list list =
		fscc_dir_list(&w, FileBothDirectoryInformation, 1000);
	struct fscc_dir_entry e = {
		.short_name = BYTES("0123456789012345678901234567890")};
	struct wire_walker walker = {0};

	(void)state;
	assert_true(fscc_dir_add(&list, &e));
	walker = fscc_dir_entries(FileBothDirectoryInformation,
				  wire_writer_slice(&w));
	assert_true(fscc_dir_next(&walker, FileBothDirectoryInformation, &e));
	assert_int_equal(e.short_name.len, 24);
	w.buf[68] = 25;
	walker = fscc_dir_entries(FileBothDirectoryInformation,
				  wire_writer_slice(&w));
	assert_false(fscc_dir_next(&walker, FileBothDirectoryInformation, &e));
	assert_false(wire_walker_ok(&walker));
	talloc_free(mem_ctx);
}

static void test_unknown_class(void **state)
{
	uint8_t buf[64] = {0};
	struct wire_writer w = wire_writer_fixed(buf, sizeof(buf));
	struct fscc_dir_list list = fscc_dir_list(&w, 200, 64);
	struct wire_walker walker =
		fscc_dir_entries(200, wire_slice(buf, sizeof(buf)));
	struct fscc_dir_entry e = {0};

	(void)state;
	assert_false(fscc_dir_add(&list, &e));
	assert_false(fscc_dir_next(&walker, 200, &e));
	assert_false(wire_walker_ok(&walker));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_rows),
		cmocka_unit_test(test_fixed_sizes),
		cmocka_unit_test(test_id_both_bytes),
		cmocka_unit_test(test_until_full),
		cmocka_unit_test(test_shorter_one_fits),
		cmocka_unit_test(test_short_name_too_long),
		cmocka_unit_test(test_unknown_class),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
