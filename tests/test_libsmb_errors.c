/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tests/testlib.h"

#include <errno.h>

#include "client/libsmbclient/libsmb.h"

/* What programs see of Samba's library for statuses that they meet. */
static const struct {
	NTSTATUS status;
	int err;
} rows[] = {
	{NT_STATUS_OK, 0},
	{NT_STATUS_ACCESS_DENIED, EACCES},
	{NT_STATUS_LOGON_FAILURE, EACCES},
	{NT_STATUS_OBJECT_NAME_NOT_FOUND, ENOENT},
	{NT_STATUS_OBJECT_PATH_NOT_FOUND, ENOENT},
	{NT_STATUS_BAD_NETWORK_NAME, ENOENT},
	{NT_STATUS_OBJECT_NAME_COLLISION, EEXIST},
	{NT_STATUS_NOT_A_DIRECTORY, ENOTDIR},
	{NT_STATUS_FILE_IS_A_DIRECTORY, EISDIR},
	{NT_STATUS_DIRECTORY_NOT_EMPTY, ENOTEMPTY},
	{NT_STATUS_SHARING_VIOLATION, EBUSY},
	{NT_STATUS_DISK_FULL, ENOSPC},
	{NT_STATUS_NOT_SAME_DEVICE, EXDEV},
	{NT_STATUS_NO_MEMORY, ENOMEM},
	{NT_STATUS_INVALID_PARAMETER, EINVAL},
	{NT_STATUS_INVALID_HANDLE, EBADF},
	{NT_STATUS_IO_TIMEOUT, ETIMEDOUT},
	{NT_STATUS_CONNECTION_REFUSED, ECONNREFUSED},
	{NT_STATUS_CONNECTION_DISCONNECTED, ECONNABORTED},
	{NT_STATUS_NOT_SUPPORTED, ENOSYS},
	{NT_STATUS_UNSUCCESSFUL, EINVAL},
};

static void test_rows(void **state)
{
	size_t i = 0;

	(void)state;
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		int err = libsmb_errno(rows[i].status);

		if (err != rows[i].err) {
			fail_msg("%s is %d", nt_errstr(rows[i].status), err);
		}
	}
	/* to a reader it is none */
	assert_int_equal(libsmb_errno(NT_STATUS_END_OF_FILE), 0);
}

/* Whatever a server answers, an error has a number. */
static void test_no_error_without_number(void **state)
{
	uint32_t n = 0;

	(void)state;
	for (n = 0; n < 0x1000; n++) {
		if (0xC0000000u + n != NT_STATUS_END_OF_FILE) {
			assert_int_not_equal(libsmb_errno(0xC0000000u + n), 0);
		}
		assert_int_equal(libsmb_errno(0x40000000u + n), 0);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_rows),
		cmocka_unit_test(test_no_error_without_number),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
