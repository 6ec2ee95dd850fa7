/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Logons by NTLM that are bound to their connection (MS-NLMP 2.2.2.1,
 * MsvAvChannelBindings), and those that are relayed from another. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include "negotiate/auth.h"
#include "negotiate/ntlm_private.h"
#include "tests/testlib_auth.h"
#include "tests/testlib_hex.h"

static const char ours[] = "tls-server-end-point:ours";
static const char theirs[] = "tls-server-end-point:theirs";

static struct wire_slice slice(const char *text)
{
	return wire_slice(text, text != NULL ? strlen(text) : 0);
}

/* @param why  out, may be NULL: whether the server has something to say. */
static NTSTATUS log_on(const char *client_has, const char *server_has,
		       bool required, const char *password, bool *why)
{
	TALLOC_CTX *tmp = talloc_new(NULL);
	struct auth_server_config sc = testlib_server_config;
	struct auth_client_config cc = {
		.user = "alice",
		.password = password,
		.target = "filesrv.example.org",
		.binding = slice(client_has),
	};
	struct wire_slice token = {0};
	struct wire_slice answer = {0};
	struct auth *client = NULL;
	struct auth *server = NULL;
	NTSTATUS status = NT_STATUS_MORE_PROCESSING_REQUIRED;

	sc.binding = slice(server_has);
	sc.binding_required = required;
	assert_int_equal(auth_server_new(tmp, &sc, TESTLIB_NOW, &server),
			 NT_STATUS_OK);
	assert_int_equal(
		auth_client_new(tmp, &cc, answer, TESTLIB_NOW, &client),
		NT_STATUS_OK);
	while (status == NT_STATUS_MORE_PROCESSING_REQUIRED) {
		(void)auth_step(client, tmp, answer, &token);
		status = auth_step(server, tmp, token, &answer);
	}
	if (why != NULL) {
		*why = auth_why(server) != NULL;
	}
	talloc_free(tmp);
	return status;
}

/* Microsoft's published example. */
static void test_vector(void **state)
{
	TALLOC_CTX *tmp = talloc_new(NULL);
	struct wire_slice hash =
		testlib_hex(tmp, "ea05fefecc6b0bd571dbbc5baa3ed45386d04468"
				 "35f7b74c85621b9983475f95");
	uint8_t bytes[21 + 32] = "tls-server-end-point:";
	uint8_t out[NTLM_KEY_SIZE] = {0};

	(void)state;
	memcpy(bytes + 21, hash.data, hash.len);
	ntlm_binding_hash(wire_slice(bytes, sizeof(bytes)), out);
	testlib_assert_hex(out, sizeof(out),
			   "6586e99d81c2fc984e47172fd4dd0310");
	talloc_free(tmp);
}

static void test_bound(void **state)
{
	bool why = false;

	(void)state;
	assert_int_equal(log_on(ours, ours, false, "secret", NULL),
			 NT_STATUS_OK);
	assert_int_equal(log_on(ours, ours, true, "secret", &why),
			 NT_STATUS_OK);
	assert_false(why);
	/* the server has nothing to bind to */
	assert_int_equal(log_on(ours, NULL, true, "secret", NULL),
			 NT_STATUS_OK);
}

static void test_relayed(void **state)
{
	bool why = false;

	(void)state;
	assert_int_equal(log_on(theirs, ours, false, "secret", &why),
			 NT_STATUS_BAD_BINDINGS);
	assert_true(why);
	assert_int_equal(log_on(theirs, ours, true, "secret", NULL),
			 NT_STATUS_BAD_BINDINGS);
	/* from TCP, where there is nothing to bind to */
	assert_int_equal(log_on(NULL, ours, true, "secret", &why),
			 NT_STATUS_BAD_BINDINGS);
	assert_true(why);
	assert_int_equal(log_on(NULL, ours, false, "secret", &why),
			 NT_STATUS_OK);
	assert_false(why);
}

/* Who does not know the password learns nothing of it. */
static void test_wrong_password(void **state)
{
	bool why = false;

	(void)state;
	assert_int_equal(log_on(theirs, ours, true, "guess", &why),
			 NT_STATUS_LOGON_FAILURE);
	assert_false(why);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_vector),
		cmocka_unit_test(test_bound),
		cmocka_unit_test(test_relayed),
		cmocka_unit_test(test_wrong_password),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
