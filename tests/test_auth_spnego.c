/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include "negotiate/auth.h"
#include "negotiate/auth_private.h"
#include "negotiate/ntlm_private.h"
#include "negotiate/spnego_private.h"
#include "smbquic/smb2_pdu.h"
#include "tests/testlib_auth.h"
#include "tests/testlib_hex.h"
#include "tests/vectors_windows.h"

static const uint8_t oid_krb5[] = {0x2A, 0x86, 0x48, 0x86, 0xF7,
				   0x12, 0x01, 0x02, 0x02};

/* -------------------------------------------------------------------- SPNEGO
 */

static void test_hint(void **state)
{
	TALLOC_CTX *tmp = talloc_new(NULL);
	struct wire_slice hint = auth_server_hint(tmp, AUTH_MECH_NTLM);

	(void)state;
	/* what Samba sends with NTLMSSP alone, without its negHints */
	testlib_assert_hex(hint.data, hint.len,
			   "601c06062b0601050502a0123010a00e300c060a"
			   "2b06010401823702020a");
	talloc_free(tmp);
}

static void test_hint_without_us(void **state)
{
	TALLOC_CTX *tmp = talloc_new(NULL);
	struct spnego_init init = {
		.mech = {wire_slice(oid_krb5, sizeof(oid_krb5))},
		.count = 1,
	};
	struct auth_client_config config = {.user = "alice", .password = "x"};
	struct wire_slice hint = {0};
	struct auth *auth = NULL;

	(void)state;
	assert_true(spnego_init_encode(tmp, &init, &hint));
	assert_int_equal(
		auth_client_new(tmp, &config, hint, TESTLIB_NOW, &auth),
		NT_STATUS_NOT_SUPPORTED);
	hint.len--;
	assert_int_equal(
		auth_client_new(tmp, &config, hint, TESTLIB_NOW, &auth),
		NT_STATUS_NOT_SUPPORTED);
	assert_null(auth);
	talloc_free(tmp);
}

/* Windows offers NEGOEX as well, with a long token of it. */
static void test_hint_windows(void **state)
{
	TALLOC_CTX *tmp = talloc_new(NULL);
	struct wire_slice m = testlib_hex(tmp, WIN_NEGOTIATE_RESPONSE);
	struct smb2_negotiate_response rsp = {0};
	struct auth_client_config config = {.user = "alice", .password = "x"};
	struct auth *auth = NULL;

	(void)state;
	assert_true(smb2_negotiate_response_decode(m.data, m.len, &rsp));
	assert_int_equal(auth_client_new(tmp, &config, rsp.security_buffer,
					 TESTLIB_NOW, &auth),
			 NT_STATUS_OK);
	talloc_free(tmp);
}

/* A client that would rather have Kerberos: its token is passed over, ours is
 * named, and then the MIC over the list must be there. */
struct preferring {
	struct auth *server;
	struct wire_slice second; /* the client's last token, with its MIC */
};

static struct preferring prefer_kerberos(TALLOC_CTX *tmp)
{
	struct preferring p = {.server = testlib_server(tmp)};
	struct auth *client = testlib_client(tmp, "DOM", "alice", "secret");
	struct spnego_init init = {
		.mech = {wire_slice(oid_krb5, sizeof(oid_krb5)),
			 auth_mech_ntlm.oid},
		.count = 2,
		.token = wire_slice("not for you", 11),
	};
	struct spnego_init sent = {0};
	struct spnego_resp resp = {0};
	struct wire_slice in = {0};
	struct wire_slice out = {0};

	assert_true(spnego_init_encode(tmp, &init, &in));
	assert_true(spnego_init_decode(in, &sent));
	client->mech_list = sent.mech_list;
	assert_int_equal(auth_step(p.server, tmp, in, &out),
			 NT_STATUS_MORE_PROCESSING_REQUIRED);
	assert_true(spnego_resp_decode(out, &resp));
	assert_int_equal(resp.state, SPNEGO_REQUEST_MIC);
	assert_true(wire_slice_equal(resp.mech, auth_mech_ntlm.oid));
	assert_null(resp.token.data);

	assert_int_equal(auth_mech_ntlm.client_new(client), NT_STATUS_OK);
	resp = (struct spnego_resp){.state = SPNEGO_NO_STATE};
	assert_int_equal(auth_mech_ntlm.step(client, tmp, wire_slice(NULL, 0),
					     &resp.token),
			 NT_STATUS_MORE_PROCESSING_REQUIRED);
	assert_true(spnego_resp_encode(tmp, &resp, &in));
	assert_int_equal(auth_step(p.server, tmp, in, &out),
			 NT_STATUS_MORE_PROCESSING_REQUIRED);
	client->phase = AUTH_SPNEGO;
	assert_int_equal(auth_step(client, tmp, out, &p.second),
			 NT_STATUS_MORE_PROCESSING_REQUIRED);
	return p;
}

static void test_second_choice(void **state)
{
	TALLOC_CTX *tmp = talloc_new(NULL);
	struct preferring p = prefer_kerberos(tmp);
	struct spnego_resp resp = {0};
	struct wire_slice out = {0};

	(void)state;
	assert_int_equal(auth_step(p.server, tmp, p.second, &out),
			 NT_STATUS_OK);
	assert_true(spnego_resp_decode(out, &resp));
	assert_int_equal(resp.state, SPNEGO_ACCEPT_COMPLETED);
	assert_int_equal(resp.mic.len, 16);
	talloc_free(tmp);
}

/* Somebody in the middle has taken the better mechanism off the list. */
static void test_second_choice_without_mic(void **state)
{
	TALLOC_CTX *tmp = talloc_new(NULL);
	struct preferring p = prefer_kerberos(tmp);
	struct spnego_resp resp = {0};
	struct wire_slice in = {0};
	struct wire_slice out = {0};

	(void)state;
	assert_true(spnego_resp_decode(p.second, &resp));
	resp.mic = wire_slice(NULL, 0);
	assert_true(spnego_resp_encode(tmp, &resp, &in));
	assert_int_equal(auth_step(p.server, tmp, in, &out),
			 NT_STATUS_LOGON_FAILURE);
	talloc_free(tmp);
}

static void test_wrong_mic(void **state)
{
	TALLOC_CTX *tmp = talloc_new(NULL);
	struct auth *server = testlib_server(tmp);
	struct testlib_tokens t = testlib_tokens(tmp, server, "secret");
	struct spnego_resp resp = {0};
	struct wire_slice in = {0};
	struct wire_slice out = {0};

	(void)state;
	assert_true(spnego_resp_decode(t.second, &resp));
	assert_int_equal(resp.mic.len, 16);
	resp.mic = wire_slice("\1\0\0\0ABCDEFGH\0\0\0\0", 16);
	assert_true(spnego_resp_encode(tmp, &resp, &in));
	assert_int_equal(auth_step(server, tmp, in, &out),
			 NT_STATUS_LOGON_FAILURE);
	talloc_free(tmp);
}

/* The client against servers that lie. */
static void test_client_refuses(void **state)
{
	static const struct spnego_resp answers[] = {
		{.state = SPNEGO_REJECT},
		{.state = SPNEGO_ACCEPT_INCOMPLETE},
		{.state = SPNEGO_ACCEPT_COMPLETED},
		{.state = SPNEGO_ACCEPT_INCOMPLETE,
		 .mech = {oid_krb5, sizeof(oid_krb5)},
		 .token = {(const uint8_t *)"x", 1}},
		{.state = SPNEGO_ACCEPT_INCOMPLETE,
		 .token = {(const uint8_t *)"NTLMSSP\0\2\0\0", 11}},
	};
	size_t i = 0;

	(void)state;
	for (i = 0; i < sizeof(answers) / sizeof(answers[0]); i++) {
		TALLOC_CTX *tmp = talloc_new(NULL);
		struct auth *client =
			testlib_client(tmp, "D", "alice", "secret");
		struct wire_slice in = {0};
		struct wire_slice out = {0};

		assert_int_equal(auth_step(client, tmp, in, &out),
				 NT_STATUS_MORE_PROCESSING_REQUIRED);
		assert_true(spnego_resp_encode(tmp, &answers[i], &in));
		assert_true(NT_STATUS_IS_ERR(auth_step(client, tmp, in, &out)));
		assert_int_equal(auth_session_key(client).len, 0);
		talloc_free(tmp);
	}
}

static void test_client_last_word(void **state)
{
	static const struct {
		struct spnego_resp resp;
		NTSTATUS status;
	} rows[] = {
		{{.state = SPNEGO_ACCEPT_COMPLETED}, NT_STATUS_OK},
		{{.state = SPNEGO_REJECT}, NT_STATUS_LOGON_FAILURE},
		{{.state = SPNEGO_ACCEPT_INCOMPLETE},
		 NT_STATUS_INVALID_NETWORK_RESPONSE},
		{{.state = SPNEGO_ACCEPT_COMPLETED,
		  .mic = {(const uint8_t *)"\1\0\0\0ABCDEFGH\0\0\0\0", 16}},
		 NT_STATUS_LOGON_FAILURE},
	};
	size_t i = 0;

	(void)state;
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		TALLOC_CTX *tmp = talloc_new(NULL);
		struct auth *client =
			testlib_client(tmp, "D", "alice", "secret");
		struct auth *server = testlib_server(tmp);
		struct wire_slice in = {0};
		struct wire_slice out = {0};

		(void)auth_step(client, tmp, in, &out);
		(void)auth_step(server, tmp, out, &in);
		assert_int_equal(auth_step(client, tmp, in, &out),
				 NT_STATUS_MORE_PROCESSING_REQUIRED);
		assert_true(spnego_resp_encode(tmp, &rows[i].resp, &in));
		assert_int_equal(auth_step(client, tmp, in, &out),
				 rows[i].status);
		talloc_free(tmp);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_hint),
		cmocka_unit_test(test_hint_without_us),
		cmocka_unit_test(test_hint_windows),
		cmocka_unit_test(test_second_choice),
		cmocka_unit_test(test_second_choice_without_mic),
		cmocka_unit_test(test_wrong_mic),
		cmocka_unit_test(test_client_refuses),
		cmocka_unit_test(test_client_last_word),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
