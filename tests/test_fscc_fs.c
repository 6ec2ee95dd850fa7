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
	pdu_check(&pdu_fscc_fs_table);
}

static void test_volume_bytes(void **state)
{
	TALLOC_CTX *mem_ctx = talloc_new(NULL);
	struct wire_slice data = testlib_hex(
		mem_ctx, "0100000000000000 efbeadde 04000000 01 00 61006200");
	struct fscc_fs_volume volume = {0};

	(void)state;
	assert_true(fscc_fs_volume_decode(data, &volume));
	assert_int_equal(volume.creation_time, 1);
	assert_int_equal(volume.serial_number, 0xDEADBEEF);
	assert_int_equal(volume.supports_objects, 1);
	testlib_assert_hex(volume.label.data, volume.label.len, "61006200");
	talloc_free(mem_ctx);
}

static void test_attribute_bytes(void **state)
{
	TALLOC_CTX *mem_ctx = talloc_new(NULL);
	struct wire_slice data = testlib_hex(
		mem_ctx, "06000000 ff000000 08000000 4e00540046005300");
	struct fscc_fs_attribute attribute = {0};

	(void)state;
	assert_true(fscc_fs_attribute_decode(data, &attribute));
	assert_int_equal(attribute.attributes,
			 FILE_CASE_PRESERVED_NAMES | FILE_UNICODE_ON_DISK);
	assert_int_equal(attribute.maximum_component_name_length, 255);
	assert_int_equal(attribute.name.len, 8);
	talloc_free(mem_ctx);
}

static void test_minimum_sizes(void **state)
{
	(void)state;
	assert_int_equal(fscc_fs_minimum(FileFsVolumeInformation), 24);
	assert_int_equal(fscc_fs_minimum(FileFsSizeInformation), 24);
	assert_int_equal(fscc_fs_minimum(FileFsDeviceInformation), 8);
	assert_int_equal(fscc_fs_minimum(FileFsFullSizeInformation), 32);
	assert_int_equal(fscc_fs_minimum(FileFsSectorSizeInformation), 28);
	assert_int_equal(fscc_fs_minimum(FileFsObjectIdInformation), 64);
	assert_int_equal(fscc_fs_minimum(0), 0);
}

/* 2.5.4 and 2.5.8: free space for the caller stands before all of it. */
static void test_size_bytes(void **state)
{
	TALLOC_CTX *mem_ctx = talloc_new(NULL);
	struct wire_slice data =
		testlib_hex(mem_ctx, "0100000000000000 0200000000000000"
				     "0300000000000000 04000000 05000000");
	struct fscc_fs_full_size full = {0};
	struct fscc_fs_size size = {0};

	(void)state;
	assert_true(fscc_fs_full_size_decode(data, &full));
	assert_int_equal(full.total_allocation_units, 1);
	assert_int_equal(full.caller_available_allocation_units, 2);
	assert_int_equal(full.actual_available_allocation_units, 3);
	assert_int_equal(full.sectors_per_allocation_unit, 4);
	assert_int_equal(full.bytes_per_sector, 5);
	data = testlib_hex(mem_ctx, "0100000000000000 0200000000000000"
				    "04000000 05000000");
	assert_true(fscc_fs_size_decode(data, &size));
	assert_int_equal(size.total_allocation_units, 1);
	assert_int_equal(size.available_allocation_units, 2);
	assert_int_equal(size.sectors_per_allocation_unit, 4);
	assert_int_equal(size.bytes_per_sector, 5);
	talloc_free(mem_ctx);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_rows),
		cmocka_unit_test(test_volume_bytes),
		cmocka_unit_test(test_attribute_bytes),
		cmocka_unit_test(test_minimum_sizes),
		cmocka_unit_test(test_size_bytes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
