/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Kerberos in SPNEGO as far as it goes without a ticket; with tickets:
 * tests/370 and the next. */
#include "tests/testlib.h"

#include <krb5.h>
#include <stdlib.h>
#include <string.h>

#include "negotiate/kerberos_private.h"
#include "negotiate/spnego_private.h"
#include "tests/testlib_auth.h"

#define KEYTAB "MEMORY:unit"

static const char *const principals[] = {"cifs/*", NULL};

/* A keytab in memory lives as long as somebody has it. */
static int setup(void **state)
{
	krb5_keytab_entry entry = {.vno = 1};
	krb5_context krb5 = NULL;
	krb5_keytab keytab = NULL;

	setenv("KRB5_CONFIG", "/dev/null", 1);
	setenv("KRB5RCACHENAME", "none:", 1);
	assert_int_equal(krb5_init_context(&krb5), 0);
	assert_int_equal(krb5_kt_resolve(krb5, KEYTAB, &keytab), 0);
	assert_int_equal(
		krb5_parse_name(krb5, "cifs/unit@UNIT.TEST", &entry.principal),
		0);
	assert_int_equal(krb5_c_make_random_key(krb5,
						ENCTYPE_AES256_CTS_HMAC_SHA1_96,
						&entry.key),
			 0);
	assert_int_equal(krb5_kt_add_entry(krb5, keytab, &entry), 0);
	krb5_free_keyblock_contents(krb5, &entry.key);
	krb5_free_principal(krb5, entry.principal);
	krb5_kt_close(krb5, keytab);
	assert_int_equal(krb5_kt_resolve(krb5, KEYTAB, &keytab), 0);
	krb5_free_context(krb5);
	*state = NULL;
	return 0;
}

static struct auth *server(TALLOC_CTX *mem_ctx, unsigned mechs,
			   const char *keytab)
{
	struct auth_server_config config = testlib_server_config;
	struct auth *auth = NULL;

	config.mechs = mechs;
	config.keytab = keytab;
	config.principals = principals;
	assert_int_equal(auth_server_new(mem_ctx, &config, TESTLIB_NOW, &auth),
			 NT_STATUS_OK);
	return auth;
}

static struct wire_slice offer(TALLOC_CTX *mem_ctx,
			       const struct auth_mech *first,
			       const struct auth_mech *second,
			       struct wire_slice token)
{
	struct spnego_init init = {.token = token};
	struct wire_slice out = {0};

	init.mech[init.count++] = first->oid;
	if (second != NULL) {
		init.mech[init.count++] = second->oid;
	}
	assert_true(spnego_init_encode(mem_ctx, &init, &out));
	return out;
}

static void test_hint(void **state)
{
	TALLOC_CTX *tmp = talloc_new(NULL);
	const unsigned both = AUTH_MECH_KERBEROS | AUTH_MECH_NTLM;
	struct wire_slice none = {0};

	(void)state;
	assert_int_equal(auth_hint_mechs(auth_server_hint(tmp, both)), both);
	assert_int_equal(auth_hint_mechs(auth_server_hint(tmp, AUTH_MECH_NTLM)),
			 AUTH_MECH_NTLM);
	assert_int_equal(
		auth_hint_mechs(auth_server_hint(tmp, AUTH_MECH_KERBEROS)),
		AUTH_MECH_KERBEROS);
	assert_int_equal(auth_hint_mechs(none), both);
	assert_int_equal(auth_hint_mechs(wire_slice("x", 1)), 0);
	talloc_free(tmp);
}

/* A mechanism that is not ours, or not permitted, is passed over. */
static void test_choice(void **state)
{
	TALLOC_CTX *tmp = talloc_new(NULL);
	struct wire_slice token = offer(tmp, &auth_mech_kerberos_windows,
					auth_mechs[2], wire_slice("x", 1));
	struct wire_slice out = {0};
	struct spnego_resp resp = {0};
	struct auth *auth = server(tmp, AUTH_MECH_NTLM, NULL);

	(void)state;
	assert_int_equal(auth_step(auth, tmp, token, &out),
			 NT_STATUS_MORE_PROCESSING_REQUIRED);
	assert_int_equal(auth_mech(auth), AUTH_MECH_NTLM);
	assert_true(spnego_resp_decode(out, &resp));
	assert_int_equal(resp.state, SPNEGO_REQUEST_MIC);
	auth = server(tmp, AUTH_MECH_KERBEROS, KEYTAB);
	token = offer(tmp, auth_mechs[2], NULL, wire_slice("x", 1));
	assert_int_equal(auth_step(auth, tmp, token, &out),
			 NT_STATUS_NOT_SUPPORTED);
	talloc_free(tmp);
}

static void test_nonsense(void **state)
{
	TALLOC_CTX *tmp = talloc_new(NULL);
	static const struct auth_mech *const mechs[] = {
		&auth_mech_kerberos, &auth_mech_kerberos_windows};
	struct wire_slice out = {0};
	size_t i = 0;

	(void)state;
	for (i = 0; i < 2; i++) {
		struct auth *auth = server(tmp, AUTH_MECH_KERBEROS, KEYTAB);
		struct wire_slice token =
			offer(tmp, mechs[i], NULL, wire_slice("nonsense", 8));

		assert_int_equal(auth_step(auth, tmp, token, &out),
				 NT_STATUS_LOGON_FAILURE);
		assert_non_null(auth_why(auth));
		assert_string_equal(auth_user(auth), "");
		assert_int_equal(auth_session_key(auth).len, 0);
	}
	talloc_free(tmp);
}

static void test_no_keytab(void **state)
{
	TALLOC_CTX *tmp = talloc_new(NULL);
	struct auth *auth =
		server(tmp, AUTH_MECH_KERBEROS, "FILE:/nonexistent");
	struct wire_slice token = offer(tmp, &auth_mech_kerberos, NULL,
					wire_slice("nonsense", 8));
	struct wire_slice out = {0};

	(void)state;
	assert_int_equal(auth_step(auth, tmp, token, &out),
			 NT_STATUS_LOGON_FAILURE);
	assert_non_null(strstr(auth_why(auth), "keytab"));
	talloc_free(tmp);
}

/* Without SPNEGO around it the OID tells; cut short it is nobody's. */
static void test_raw(void **state)
{
	static const uint8_t raw[] = {0x60, 0x0D, 0x06, 0x09, 0x2A,
				      0x86, 0x48, 0x86, 0xF7, 0x12,
				      0x01, 0x02, 0x02, 0x01, 0x00};
	TALLOC_CTX *tmp = talloc_new(NULL);
	struct wire_slice out = {0};
	size_t len = 0;

	(void)state;
	for (len = 0; len <= sizeof(raw); len++) {
		struct auth *auth = server(tmp, AUTH_MECH_KERBEROS, KEYTAB);
		NTSTATUS status =
			auth_step(auth, tmp, wire_slice(raw, len), &out);
		bool taken = auth_mech(auth) == AUTH_MECH_KERBEROS;

		assert_int_equal(taken, len >= 13);
		assert_int_equal(status, taken ? NT_STATUS_LOGON_FAILURE
					       : NT_STATUS_INVALID_PARAMETER);
	}
	talloc_free(tmp);
}

static void test_needs_keytab(void **state)
{
	struct auth_server_config config = testlib_server_config;
	struct auth *auth = NULL;

	(void)state;
	config.mechs = AUTH_MECH_KERBEROS;
	assert_int_equal(auth_server_new(NULL, &config, TESTLIB_NOW, &auth),
			 NT_STATUS_INVALID_PARAMETER);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_hint),
		cmocka_unit_test(test_choice),
		cmocka_unit_test(test_nonsense),
		cmocka_unit_test(test_no_keytab),
		cmocka_unit_test(test_raw),
		cmocka_unit_test(test_needs_keytab),
	};

	return cmocka_run_group_tests(tests, setup, NULL);
}
