/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Whole exchanges: who gets in and who does not. SPNEGO as a conversation is in
 * test_auth_spnego.c, other makes in test_auth_peers.c, and what all of it is
 * made of in test_ntlm.c and test_spnego.c.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include "negotiate/auth.h"
#include "negotiate/auth_private.h"
#include "negotiate/ntlm_private.h"
#include "negotiate/spnego_private.h"
#include "tests/testlib_auth.h"
#include "tests/testlib_hex.h"
#include "tests/vectors_windows.h"

/* Runs both until the server is done or one fails; the server's status. */
static NTSTATUS run(TALLOC_CTX *mem_ctx, struct auth *client,
		    struct auth *server)
{
	struct wire_slice to_server = {0};
	struct wire_slice to_client = {0};
	NTSTATUS at_server = NT_STATUS_MORE_PROCESSING_REQUIRED;

	while (at_server == NT_STATUS_MORE_PROCESSING_REQUIRED) {
		assert_int_equal(
			auth_step(client, mem_ctx, to_client, &to_server),
			NT_STATUS_MORE_PROCESSING_REQUIRED);
		at_server = auth_step(server, mem_ctx, to_server, &to_client);
	}
	if (NT_STATUS_IS_OK(at_server)) {
		assert_int_equal(
			auth_step(client, mem_ctx, to_client, &to_server),
			NT_STATUS_OK);
	}
	return at_server;
}

static NTSTATUS log_on(const char *domain, const char *user,
		       const char *password)
{
	TALLOC_CTX *tmp = talloc_new(NULL);
	NTSTATUS status = run(tmp, testlib_client(tmp, domain, user, password),
			      testlib_server(tmp));

	talloc_free(tmp);
	return status;
}

/* ----------------------------------------------------------------- successes
 */

static void test_log_on(void **state)
{
	TALLOC_CTX *tmp = talloc_new(NULL);
	struct auth *client = testlib_client(tmp, "DOM", "Alice", "secret");
	struct auth *server = testlib_server(tmp);
	struct wire_slice key = {0};

	(void)state;
	assert_int_equal(run(tmp, client, server), NT_STATUS_OK);
	assert_string_equal(auth_user(server), "alice");
	assert_string_equal(auth_claimed_user(server), "Alice");
	assert_string_equal(auth_domain(server), "DOM");
	assert_string_equal(auth_workstation(server), "DESK");
	assert_string_equal(auth_mechanism(server), "NTLMv2");
	assert_string_equal(auth_user(client), "Alice");
	key = auth_session_key(server);
	assert_int_equal(key.len, 16);
	assert_true(wire_slice_equal(key, auth_session_key(client)));
	talloc_free(tmp);
}

static void test_names(void **state)
{
	(void)state;
	assert_int_equal(log_on(NULL, "alice", "secret"), NT_STATUS_OK);
	assert_int_equal(log_on("", "ALICE", "secret"), NT_STATUS_OK);
	assert_int_equal(log_on("Wörkgroup", "alice", "secret"), NT_STATUS_OK);
	assert_int_equal(log_on("X", "üNAL", "Gänsefüßchen"), NT_STATUS_OK);
	assert_int_equal(log_on("X", "empty", ""), NT_STATUS_OK);
}

static void test_by_hash(void **state)
{
	TALLOC_CTX *tmp = talloc_new(NULL);
	struct auth_client_config config = {.user = "administrator"};
	struct wire_slice no_hint = {0};
	struct auth *client = NULL;

	(void)state;
	config.nt_hash = testlib_hex(tmp, WIN_NT_HASH).data;
	assert_int_equal(
		auth_client_new(tmp, &config, no_hint, TESTLIB_NOW, &client),
		NT_STATUS_OK);
	assert_int_equal(run(tmp, client, testlib_server(tmp)), NT_STATUS_OK);
	talloc_free(tmp);
}

/* NTLMSSP as it is, which some clients send without SPNEGO. */
static void test_raw(void **state)
{
	TALLOC_CTX *tmp = talloc_new(NULL);
	struct auth *client = testlib_client(tmp, "DOM", "alice", "secret");
	struct auth *server = testlib_server(tmp);
	struct wire_slice in = {0};
	struct wire_slice out = {0};

	(void)state;
	assert_int_equal(auth_mech_ntlm.client_new(client), NT_STATUS_OK);
	assert_int_equal(auth_mech_ntlm.step(client, tmp, in, &out),
			 NT_STATUS_MORE_PROCESSING_REQUIRED);
	assert_int_equal(auth_step(server, tmp, out, &in),
			 NT_STATUS_MORE_PROCESSING_REQUIRED);
	assert_true(ntlm_is_message(in));
	assert_int_equal(auth_mech_ntlm.step(client, tmp, in, &out),
			 NT_STATUS_OK);
	assert_int_equal(auth_step(server, tmp, out, &in), NT_STATUS_OK);
	assert_int_equal(in.len, 0);
	assert_true(wire_slice_equal(auth_session_key(server),
				     client->session_key));
	talloc_free(tmp);
}

/* ------------------------------------------------------------------- refusals
 */

static void test_refused(void **state)
{
	(void)state;
	assert_int_equal(log_on("DOM", "alice", "Secret"),
			 NT_STATUS_LOGON_FAILURE);
	assert_int_equal(log_on("DOM", "nobody", "secret"),
			 NT_STATUS_LOGON_FAILURE);
	assert_int_equal(log_on("DOM", "nobody", ""), NT_STATUS_LOGON_FAILURE);
	assert_int_equal(log_on("DOM", "alice@example.org", "secret"),
			 NT_STATUS_LOGON_FAILURE);
	/* Only who knows the password learns that it would not help. */
	assert_int_equal(log_on("DOM", "bob", "secret"),
			 NT_STATUS_ACCOUNT_DISABLED);
	assert_int_equal(log_on("DOM", "bob", "wrong"),
			 NT_STATUS_LOGON_FAILURE);
}

static void test_refused_leaves_nothing(void **state)
{
	TALLOC_CTX *tmp = talloc_new(NULL);
	struct auth *server = testlib_server(tmp);
	struct wire_slice out = {0};

	(void)state;
	assert_int_equal(
		run(tmp, testlib_client(tmp, "DOM", "alice", "wrong"), server),
		NT_STATUS_LOGON_FAILURE);
	assert_string_equal(auth_user(server), "");
	assert_string_equal(auth_claimed_user(server), "alice");
	assert_int_equal(auth_session_key(server).len, 0);
	/* An exchange that is over stays so. */
	assert_int_equal(auth_step(server, tmp,
				   auth_server_hint(tmp, AUTH_MECH_NTLM), &out),
			 NT_STATUS_INVALID_PARAMETER);
	talloc_free(tmp);
}

static void test_truncated(void **state)
{
	TALLOC_CTX *tmp = talloc_new(NULL);
	struct wire_slice out = {0};
	struct testlib_tokens t =
		testlib_tokens(tmp, testlib_server(tmp), "secret");
	size_t i = 0;

	(void)state;
	for (i = 0; i < t.first.len; i++) {
		struct auth *server = testlib_server(tmp);
		uint8_t *cut = talloc_memdup(tmp, t.first.data, i + 1);

		assert_int_not_equal(
			auth_step(server, tmp, wire_slice(cut, i), &out),
			NT_STATUS_OK);
		talloc_free(cut);
		talloc_free(server);
	}
	for (i = 0; i < t.second.len; i += 3) {
		struct auth *server = testlib_server(tmp);
		struct testlib_tokens own =
			testlib_tokens(server, server, "secret");
		uint8_t *cut = talloc_memdup(server, own.second.data, i + 1);

		assert_int_not_equal(
			auth_step(server, server, wire_slice(cut, i), &out),
			NT_STATUS_OK);
		talloc_free(server);
	}
	talloc_free(tmp);
}

/* The MIC is over every byte of the AUTHENTICATE message. */
static void test_wrong_byte(void **state)
{
	TALLOC_CTX *tmp = talloc_new(NULL);
	struct testlib_tokens t =
		testlib_tokens(tmp, testlib_server(tmp), "secret");
	size_t i = 0;

	(void)state;
	for (i = 0; i < t.second.len; i++) {
		struct auth *server = testlib_server(tmp);
		struct testlib_tokens own =
			testlib_tokens(server, server, "secret");
		struct spnego_resp resp = {0};
		struct wire_slice in = {0};
		struct wire_slice out = {0};
		uint8_t *bytes = NULL;

		assert_true(spnego_resp_decode(own.second, &resp));
		if (i >= resp.token.len) {
			talloc_free(server);
			break;
		}
		bytes = talloc_memdup(server, resp.token.data, resp.token.len);
		bytes[i] ^= 0x10;
		resp.token = wire_slice(bytes, resp.token.len);
		assert_true(spnego_resp_encode(server, &resp, &in));
		assert_int_not_equal(auth_step(server, server, in, &out),
				     NT_STATUS_OK);
		talloc_free(server);
	}
	talloc_free(tmp);
}

static void test_bounds(void **state)
{
	TALLOC_CTX *tmp = talloc_new(NULL);
	uint8_t *large = talloc_zero_size(tmp, AUTH_TOKEN_MAX + 1);
	struct auth *server = testlib_server(tmp);
	struct wire_slice out = {0};

	(void)state;
	assert_int_equal(auth_step(server, tmp,
				   wire_slice(large, AUTH_TOKEN_MAX + 1), &out),
			 NT_STATUS_INVALID_PARAMETER);
	server = testlib_server(tmp);
	assert_int_equal(auth_step(server, tmp, wire_slice(NULL, 0), &out),
			 NT_STATUS_INVALID_PARAMETER);
	/* An NTLM NEGOTIATE of 64 KiB would be kept: refused. */
	server = testlib_server(tmp);
	memcpy(large, "NTLMSSP\0\1\0\0\0\x01\0\x08\0", 16);
	assert_int_equal(
		auth_step(server, tmp, wire_slice(large, AUTH_TOKEN_MAX), &out),
		NT_STATUS_INVALID_PARAMETER);
	talloc_free(tmp);
}

/* What a stranger makes us hold is small, and gone with the exchange. */
static void test_memory(void **state)
{
	TALLOC_CTX *tmp = talloc_new(NULL);
	TALLOC_CTX *held = talloc_new(NULL);
	struct auth *server = testlib_server(held);
	struct testlib_tokens t = testlib_tokens(tmp, server, "wrong");
	struct wire_slice out = {0};

	(void)state;
	assert_true(talloc_total_size(server) < 4096);
	assert_int_equal(auth_step(server, tmp, t.second, &out),
			 NT_STATUS_LOGON_FAILURE);
	assert_true(talloc_total_size(server) < 4096);
	talloc_free(server);
	assert_int_equal(talloc_total_blocks(held), 1);
	talloc_free(held);
	talloc_free(tmp);
}

/* Nobody: where that is allowed, with a key that everybody can have. */
static void test_anonymous(void **state)
{
	TALLOC_CTX *tmp = talloc_new(NULL);
	struct auth_client_config client = {.user = "", .target = "server"};
	struct auth_server_config server = testlib_server_config;
	struct auth *ours = NULL;
	struct auth *theirs = NULL;
	struct wire_slice hint = auth_server_hint(tmp, AUTH_MECH_NTLM);

	(void)state;
	assert_int_equal(
		auth_client_new(tmp, &client, hint, TESTLIB_NOW, &ours),
		NT_STATUS_OK);
	assert_int_equal(auth_server_new(tmp, &server, TESTLIB_NOW, &theirs),
			 NT_STATUS_OK);
	assert_int_equal(run(tmp, ours, theirs), NT_STATUS_LOGON_FAILURE);

	server.anonymous = true;
	assert_int_equal(
		auth_client_new(tmp, &client, hint, TESTLIB_NOW, &ours),
		NT_STATUS_OK);
	assert_int_equal(auth_server_new(tmp, &server, TESTLIB_NOW, &theirs),
			 NT_STATUS_OK);
	assert_int_equal(run(tmp, ours, theirs), NT_STATUS_OK);
	assert_int_equal(auth_kind(theirs), AUTH_ANONYMOUS);
	assert_string_equal(auth_user(theirs), "");
	assert_int_equal(auth_session_key(ours).len, 16);
	assert_memory_equal(auth_session_key(ours).data,
			    auth_session_key(theirs).data, 16);
	talloc_free(tmp);
}

static void test_construction(void **state)
{
	TALLOC_CTX *tmp = talloc_new(NULL);
	struct wire_slice no_hint = {0};
	struct auth_client_config client = {.user = "alice"};
	struct auth_server_config server = testlib_server_config;
	struct auth *auth = NULL;

	(void)state;
	/* neither password nor hash */
	assert_int_equal(
		auth_client_new(tmp, &client, no_hint, TESTLIB_NOW, &auth),
		NT_STATUS_INVALID_PARAMETER);
	client.password = "\xC3";
	assert_int_equal(
		auth_client_new(tmp, &client, no_hint, TESTLIB_NOW, &auth),
		NT_STATUS_INVALID_PARAMETER);
	client.password = "x";
	client.user = "";
	assert_int_equal(
		auth_client_new(tmp, &client, no_hint, TESTLIB_NOW, &auth),
		NT_STATUS_INVALID_PARAMETER);
	server.netbios_name = "\xC3";
	assert_int_equal(auth_server_new(tmp, &server, TESTLIB_NOW, &auth),
			 NT_STATUS_INVALID_PARAMETER);
	server = testlib_server_config;
	server.lookup = NULL;
	assert_int_equal(auth_server_new(tmp, &server, TESTLIB_NOW, &auth),
			 NT_STATUS_INVALID_PARAMETER);
	assert_null(auth);
	talloc_free(tmp);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_log_on),
		cmocka_unit_test(test_names),
		cmocka_unit_test(test_by_hash),
		cmocka_unit_test(test_raw),
		cmocka_unit_test(test_refused),
		cmocka_unit_test(test_refused_leaves_nothing),
		cmocka_unit_test(test_truncated),
		cmocka_unit_test(test_wrong_byte),
		cmocka_unit_test(test_bounds),
		cmocka_unit_test(test_memory),
		cmocka_unit_test(test_anonymous),
		cmocka_unit_test(test_construction),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
