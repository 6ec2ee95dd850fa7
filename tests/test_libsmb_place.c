/* SPDX-License-Identifier: GPL-3.0-or-later */
/* place.c: from an address to its share, as far as no server is needed. */
#include "tests/testlib.h"

#include <errno.h>

#include "client/libsmbclient/libsmb.h"

static void nobody(const char *server, const char *share, char *workgroup,
		   int workgroup_size, char *user, int user_size,
		   char *password, int password_size)
{
	(void)server;
	(void)share;
	(void)workgroup;
	(void)workgroup_size;
	(void)user;
	(void)user_size;
	(void)password;
	(void)password_size;
}

static SMBCCTX *context(void)
{
	SMBCCTX *c = smbc_new_context();

	assert_non_null(c);
	smbc_setFunctionAuthData(c, nobody);
	assert_non_null(smbc_init_context(c));
	return c;
}

static void test_bad_addresses(void **state)
{
	static const char *const bad[] = {
		NULL,	       "",	 "files/data",	 "http://files/data",
		"smb://files", "smb://", "smb://files/",
	};
	SMBCCTX *c = context();
	struct place at = {0};
	size_t i = 0;

	(void)state;
	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		assert_int_equal(place_enter(c, bad[i], &at), EINVAL);
		assert_null(at.srv);
		assert_null(at.tree);
		errno = 0;
		assert_int_equal(place_leave(&at, EINVAL), -1);
		assert_int_equal(errno, EINVAL);
	}
	assert_int_equal(smbc_free_context(c, 1), 0);
}

/* An address is one without a server, too. */
static void test_address_alone(void **state)
{
	SMBCCTX *c = context();
	struct place at = {0};

	(void)state;
	assert_int_equal(place_enter_url(c, "smb://files/data/a/b", &at), 0);
	assert_string_equal(at.url->server, "files");
	assert_string_equal(at.url->share, "data");
	assert_null(at.srv);
	errno = EIO;
	assert_int_equal(place_leave(&at, 0), 0);
	assert_int_equal(errno, EIO);
	assert_int_equal(smbc_free_context(c, 1), 0);
}

/* A context that was not set up is not entered, and so not left. */
static void test_not_ready(void **state)
{
	SMBCCTX *c = smbc_new_context();
	struct place at = {0};
	int err = place_enter(c, "smb://files/data", &at);

	(void)state;
	assert_int_not_equal(err, 0);
	assert_null(at.c);
	assert_int_equal(place_leave(&at, err), -1);
	assert_int_equal(errno, err);
	assert_int_equal(smbc_free_context(c, 1), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_bad_addresses),
		cmocka_unit_test(test_address_alone),
		cmocka_unit_test(test_not_ready),
	};

	return cmocka_run_group_tests_name("libsmb_place", tests, NULL, NULL);
}
