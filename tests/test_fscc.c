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
	pdu_check(&pdu_fscc_table);
}

static void test_basic_bytes(void **state)
{
	TALLOC_CTX *mem_ctx = talloc_new(NULL);
	struct wire_slice data = testlib_hex(
		mem_ctx, "0100000000000000 0200000000000000 0300000000000000"
			 "0400000000000000 20000000 ffffffff");
	struct fscc_basic basic = {0};

	(void)state;
	assert_int_equal(data.len, fscc_file_minimum(FileBasicInformation));
	assert_true(fscc_basic_decode(data, &basic));
	assert_int_equal(basic.creation_time, 1);
	assert_int_equal(basic.last_access_time, 2);
	assert_int_equal(basic.last_write_time, 3);
	assert_int_equal(basic.change_time, 4);
	assert_int_equal(basic.file_attributes, FILE_ATTRIBUTE_ARCHIVE);
	talloc_free(mem_ctx);
}

static void test_standard_bytes(void **state)
{
	TALLOC_CTX *mem_ctx = talloc_new(NULL);
	struct wire_slice data =
		testlib_hex(mem_ctx, "0020000000000000 8813000000000000"
				     "02000000 01 00 0000");
	struct fscc_standard standard = {0};

	(void)state;
	assert_true(fscc_standard_decode(data, &standard));
	assert_int_equal(standard.allocation_size, 8192);
	assert_int_equal(standard.end_of_file, 5000);
	assert_int_equal(standard.number_of_links, 2);
	assert_int_equal(standard.delete_pending, 1);
	assert_int_equal(standard.directory, 0);
	talloc_free(mem_ctx);
}

/* 2.4.2: the parts at their places; the name begins at 100. */
static void test_all_layout(void **state)
{
	uint8_t buf[128] = {0};
	struct wire_writer w = wire_writer_fixed(buf, sizeof(buf));
	const struct fscc_all all = {
		.basic = {.file_attributes = 0x11},
		.standard = {.directory = 0x22},
		.index_number = 0x33,
		.ea_size = 0x44,
		.access_flags = 0x55,
		.current_byte_offset = 0x66,
		.mode = 0x77,
		.alignment_requirement = 0x88,
		.name = BYTES("n\0"),
	};

	(void)state;
	assert_true(fscc_all_encode(&w, &all));
	assert_int_equal(w.len, 102);
	assert_int_equal(buf[32], 0x11);
	assert_int_equal(buf[40 + 21], 0x22);
	assert_int_equal(buf[64], 0x33);
	assert_int_equal(buf[72], 0x44);
	assert_int_equal(buf[76], 0x55);
	assert_int_equal(buf[80], 0x66);
	assert_int_equal(buf[88], 0x77);
	assert_int_equal(buf[92], 0x88);
	assert_int_equal(buf[96], 2);
	assert_int_equal(buf[100], 'n');
}

/* NT_STATUS_BUFFER_OVERFLOW: the name is cut, the rest is there. */
static void test_cut_names(void **state)
{
	struct wire_slice data = BYTES("\x08\0\0\0n\0a\0");
	struct wire_slice name = {0};

	(void)state;
	assert_true(fscc_name_decode(data, &name));
	assert_int_equal(name.len, 4);
	data.len = 4;
	assert_true(fscc_name_decode(data, &name));
	assert_int_equal(name.len, 0);
	data.len = 3;
	assert_false(fscc_name_decode(data, &name));
}

/* Both forms of the first byte, 2.4.42.2 and 2.4.43. */
static void test_rename_bytes(void **state)
{
	TALLOC_CTX *mem_ctx = talloc_new(NULL);
	struct wire_slice data = testlib_hex(
		mem_ctx,
		"43ffffff ffffffff 0900000000000000 04000000 61006200");
	struct fscc_rename rename = {0};

	(void)state;
	assert_true(fscc_rename_decode(data, false, &rename));
	assert_int_equal(rename.flags, FILE_RENAME_REPLACE_IF_EXISTS);
	assert_int_equal(rename.root_directory, 9);
	testlib_assert_hex(rename.name.data, rename.name.len, "61006200");
	assert_true(fscc_rename_decode(data, true, &rename));
	assert_int_equal(rename.flags, 0xFFFFFF43);
	talloc_free(mem_ctx);
}

/* Each structure is as long as the minimum says, its name aside. */
static void test_minimum_sizes(void **state)
{
	static const struct {
		const char *row;
		uint8_t information_class;
	} classes[] = {
		{"FileBasic", FileBasicInformation},
		{"FileStandard", FileStandardInformation},
		{"FileNetworkOpen", FileNetworkOpenInformation},
		{"FileAttributeTag", FileAttributeTagInformation},
		{"FileCompression", FileCompressionInformation},
		{"FileId", FileIdInformation},
		{"FilePipe", FilePipeInformation},
		{"FilePipeLocal", FilePipeLocalInformation},
		{"FilePipeRemote", FilePipeRemoteInformation},
		{"64-bit value", FileInternalInformation},
		{"64-bit value", FilePositionInformation},
		{"32-bit value", FileEaInformation},
	};
	uint8_t buf[256] = {0};
	size_t found = 0;
	size_t i = 0;
	size_t j = 0;

	(void)state;
	for (i = 0; i < sizeof(classes) / sizeof(classes[0]); i++) {
		for (j = 0; j < pdu_fscc_table.count; j++) {
			const struct pdu_row *row = &pdu_fscc_table.rows[j];
			struct wire_writer w =
				wire_writer_fixed(buf, sizeof(buf));

			if (strcmp(row->name, classes[i].row) != 0) {
				continue;
			}
			row->encode(&w, row->sample);
			assert_int_equal(w.len,
					 fscc_file_minimum(
						 classes[i].information_class));
			found++;
		}
	}
	assert_int_equal(found, sizeof(classes) / sizeof(classes[0]));
	assert_int_equal(fscc_file_minimum(FileAllInformation), 104);
	assert_int_equal(fscc_file_minimum(FileRenameInformation), 0);
	assert_int_equal(fscc_file_minimum(0), 0);
	assert_int_equal(fscc_file_minimum(255), 0);
}

static void test_class_names(void **state)
{
	(void)state;
	assert_string_equal(fscc_file_class_name(FileRenameInformationEx),
			    "FileRenameInformationEx");
	assert_string_equal(fscc_file_class_name(255), "unknown class");
	assert_string_equal(fscc_fs_class_name(FileFsSizeInformation),
			    "FileFsSizeInformation");
	assert_string_equal(fscc_fs_class_name(0), "unknown class");
}

/* 2.4.34 and 2.4.38, every field of its own. */
static void test_other_bytes(void **state)
{
	TALLOC_CTX *mem_ctx = talloc_new(NULL);
	struct wire_slice data = testlib_hex(
		mem_ctx, "0100000000000000 0200000000000000 0300000000000000"
			 "0400000000000000 0500000000000000 0600000000000000"
			 "07000000 00000000");
	struct fscc_network_open open = {0};
	struct fscc_pipe_local pipe = {0};

	(void)state;
	assert_true(fscc_network_open_decode(data, &open));
	assert_int_equal(open.creation_time, 1);
	assert_int_equal(open.last_access_time, 2);
	assert_int_equal(open.last_write_time, 3);
	assert_int_equal(open.change_time, 4);
	assert_int_equal(open.allocation_size, 5);
	assert_int_equal(open.end_of_file, 6);
	assert_int_equal(open.file_attributes, 7);
	data = testlib_hex(mem_ctx, "01000000 02000000 03000000 04000000"
				    "05000000 06000000 07000000 08000000"
				    "09000000 0a000000");
	assert_true(fscc_pipe_local_decode(data, &pipe));
	assert_int_equal(pipe.named_pipe_type, 1);
	assert_int_equal(pipe.named_pipe_configuration, 2);
	assert_int_equal(pipe.maximum_instances, 3);
	assert_int_equal(pipe.current_instances, 4);
	assert_int_equal(pipe.inbound_quota, 5);
	assert_int_equal(pipe.read_data_available, 6);
	assert_int_equal(pipe.outbound_quota, 7);
	assert_int_equal(pipe.write_quota_available, 8);
	assert_int_equal(pipe.named_pipe_state, 9);
	assert_int_equal(pipe.named_pipe_end, 10);
	talloc_free(mem_ctx);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_rows),
		cmocka_unit_test(test_basic_bytes),
		cmocka_unit_test(test_standard_bytes),
		cmocka_unit_test(test_all_layout),
		cmocka_unit_test(test_cut_names),
		cmocka_unit_test(test_rename_bytes),
		cmocka_unit_test(test_minimum_sizes),
		cmocka_unit_test(test_class_names),
		cmocka_unit_test(test_other_bytes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
