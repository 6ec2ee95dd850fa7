/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <string.h>

#include "smbquic/ntstatus.h"

static const NTSTATUS all[] = {
#define STATUS(name, value, error, text) value,
#include "smbquic/ntstatus_list.h"
#undef STATUS
};

#define COUNT (sizeof(all) / sizeof(all[0]))

/* The search needs the order; equal values would hide each other. */
static void test_list_is_sorted(void **state)
{
	size_t i = 0;

	(void)state;
	for (i = 1; i < COUNT; i++) {
		assert_true(all[i - 1] < all[i]);
	}
}

static void test_names(void **state)
{
	size_t i = 0;

	(void)state;
	for (i = 0; i < COUNT; i++) {
		NTSTATUS status = 1;

		assert_true(ntstatus_from_name(nt_errstr(all[i]), &status));
		assert_int_equal(status, all[i]);
		assert_true(ntstatus_from_name(nt_errstr(all[i]) + 3, &status));
		assert_int_equal(status, all[i]);
		assert_true(strlen(nt_errtext(all[i])) > 0);
	}
	assert_false(ntstatus_from_name("NT_STATUS_NONSENSE", &(NTSTATUS){0}));
	assert_false(ntstatus_from_name("", &(NTSTATUS){0}));
}

static void test_known_values(void **state)
{
	(void)state;
	assert_int_equal(NT_STATUS_ACCESS_DENIED, 0xC0000022);
	assert_int_equal(NT_STATUS_BUFFER_OVERFLOW, 0x80000005);
	assert_int_equal(NT_STATUS_MORE_PROCESSING_REQUIRED, 0xC0000016);
	assert_int_equal(NT_STATUS_NETWORK_SESSION_EXPIRED, 0xC000035C);
	assert_int_equal(NT_STATUS_USER_SESSION_DELETED, 0xC0000203);
	assert_int_equal(NT_STATUS_STOPPED_ON_SYMLINK, 0x8000002D);
	assert_int_equal(NT_STATUS_PENDING, 0x103);
	assert_string_equal(nt_errstr(0xC0000022), "NT_STATUS_ACCESS_DENIED");
	assert_string_equal(nt_errtext(0xC0000022), "permission denied");
}

static void test_unknown(void **state)
{
	const char *a = nt_errstr(0xC0001234);
	const char *b = nt_errstr(0xC0005678);

	(void)state;
	assert_string_equal(a, "NT_STATUS 0xC0001234");
	assert_string_equal(b, "NT_STATUS 0xC0005678");
	assert_string_equal(nt_errtext(0xC0001234), "error 0xC0001234");
}

static void test_severity(void **state)
{
	(void)state;
	assert_true(NT_STATUS_IS_OK(NT_STATUS_OK));
	assert_false(NT_STATUS_IS_OK(NT_STATUS_PENDING));
	assert_true(NT_STATUS_IS_SUCCESS(NT_STATUS_PENDING));
	assert_true(NT_STATUS_IS_WARNING(NT_STATUS_BUFFER_OVERFLOW));
	assert_false(NT_STATUS_IS_ERR(NT_STATUS_BUFFER_OVERFLOW));
	assert_true(NT_STATUS_IS_ERR(NT_STATUS_ACCESS_DENIED));
}

static void test_errno(void **state)
{
	static const int both_ways[] = {
		EACCES, ENOENT, ENOTDIR,   EISDIR,	 EEXIST,
		EXDEV,	ENOSPC, ENOTEMPTY, EROFS,	 EMLINK,
		ENOMEM, EIO,	ETIMEDOUT, ECONNREFUSED, ECANCELED,
	};
	size_t i = 0;

	(void)state;
	for (i = 0; i < sizeof(both_ways) / sizeof(both_ways[0]); i++) {
		NTSTATUS status = ntstatus_from_errno(both_ways[i]);

		assert_int_equal(ntstatus_to_errno(status), both_ways[i]);
	}
	assert_int_equal(ntstatus_from_errno(0), NT_STATUS_OK);
	assert_int_equal(ntstatus_from_errno(99999), NT_STATUS_UNSUCCESSFUL);
	assert_int_equal(ntstatus_to_errno(NT_STATUS_END_OF_FILE), 0);
	assert_int_equal(ntstatus_to_errno(0xC0001234), EIO);
	assert_int_equal(ntstatus_to_errno(0x00001234), 0);
}

/* No errno may turn an error into a success, nor the other way round. */
static void test_errno_keeps_failure(void **state)
{
	size_t i = 0;
	int err = 0;

	(void)state;
	for (err = 1; err < 200; err++) {
		assert_int_not_equal(ntstatus_from_errno(err), NT_STATUS_OK);
	}
	for (i = 0; i < COUNT; i++) {
		int e = ntstatus_to_errno(all[i]);

		assert_true(e >= 0);
		if (NT_STATUS_IS_ERR(all[i]) &&
		    all[i] != NT_STATUS_END_OF_FILE) {
			assert_int_not_equal(e, 0);
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_list_is_sorted),
		cmocka_unit_test(test_names),
		cmocka_unit_test(test_known_values),
		cmocka_unit_test(test_unknown),
		cmocka_unit_test(test_severity),
		cmocka_unit_test(test_errno),
		cmocka_unit_test(test_errno_keeps_failure),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
