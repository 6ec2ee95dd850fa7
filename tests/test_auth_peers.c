/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Clients and servers of other makes: weak ones, old ones, Windows. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include "negotiate/auth.h"
#include "negotiate/auth_private.h"
#include "negotiate/ntlm_private.h"
#include "negotiate/spnego_private.h"
#include "smbquic/smb2_pdu.h"
#include "smbquic/utf16.h"
#include "tests/testlib_auth.h"
#include "tests/testlib_hex.h"
#include "tests/vectors_windows.h"

/*
 * Old servers: no time of their own (so LMv2, and no MIC), no key exchange (so
 * the session key is the one that both compute). MS-NLMP 4.2.4's challenge.
 */
#define OLD_CHALLENGE                                                      \
	"4e544c4d53535000020000000c000c003800000033828ae20123456789abcdef" \
	"00000000000000002400240044000000060070170000000f5300650072007600" \
	"6500720002000c0044006f006d00610069006e0001000c005300650072007600" \
	"6500720000000000"

static void old_server(uint32_t without)
{
	TALLOC_CTX *tmp = talloc_new(NULL);
	struct auth *client = testlib_client(tmp, "DOM", "alice", "secret");
	struct wire_slice m = testlib_hex(tmp, OLD_CHALLENGE);
	struct wire_slice out = {0};
	struct wire_slice name = {0};
	struct ntlm_authenticate a = {0};
	uint8_t hash[16] = {0};
	uint8_t owf[16] = {0};
	uint8_t want[16] = {0};
	struct wire_slice parts[2] = {{0}};

	wire_store_le((uint8_t *)(uintptr_t)m.data + 20, 0xE28A8233 & ~without,
		      4);
	(void)auth_mech_ntlm.client_new(client);
	(void)auth_mech_ntlm.step(client, tmp, out, &out);
	assert_int_equal(auth_mech_ntlm.step(client, tmp, m, &out),
			 NT_STATUS_OK);
	assert_true(ntlm_authenticate_decode(out, &a));
	assert_memory_equal(out.data + NTLM_MIC_OFFSET, (uint8_t[16]){0}, 16);

	assert_true(auth_nt_hash("secret", hash));
	assert_true(utf16_from_utf8(tmp, "alice", &name));
	assert_true(ntlm_owf_v2(hash, name, a.domain, owf));
	parts[0] = wire_slice(m.data + 24, 8);
	assert_int_equal(a.lm_response.len, 24);
	parts[1] = wire_slice(a.lm_response.data + 16, 8);
	ntlm_hmac_md5(owf, parts, 2, want);
	assert_memory_equal(a.lm_response.data, want, 16);
	parts[1] = wire_slice(a.nt_response.data + 16, a.nt_response.len - 16);
	ntlm_hmac_md5(owf, parts, 2, want);
	assert_memory_equal(a.nt_response.data, want, 16);

	parts[0] = wire_slice(want, 16);
	ntlm_hmac_md5(owf, parts, 1, want);
	if ((without & NTLM_NEGOTIATE_KEY_EXCH) == 0) {
		assert_int_equal(a.session_key.len, 16);
		ntlm_rc4_key(want, a.session_key.data, want);
	} else {
		assert_int_equal(a.session_key.len, 0);
	}
	assert_memory_equal(client->session_key.data, want, 16);
	talloc_free(tmp);
}

static void test_old_servers(void **state)
{
	(void)state;
	old_server(0);
	old_server(NTLM_NEGOTIATE_KEY_EXCH);
	old_server(NTLM_NEGOTIATE_128 | NTLM_NEGOTIATE_56);
}

/* A server that would have NTLMv1 spoken. */
static void test_weak_server(void **state)
{
	TALLOC_CTX *tmp = talloc_new(NULL);
	struct auth *client = testlib_client(tmp, "DOM", "alice", "secret");
	struct wire_slice m = testlib_hex(tmp, OLD_CHALLENGE);
	struct wire_slice out = {0};

	(void)state;
	wire_store_le((uint8_t *)(uintptr_t)m.data + 20,
		      0xE28A8233 & ~NTLM_EXTENDED_SECURITY, 4);
	(void)auth_mech_ntlm.client_new(client);
	(void)auth_mech_ntlm.step(client, tmp, out, &out);
	assert_int_equal(auth_mech_ntlm.step(client, tmp, m, &out),
			 NT_STATUS_NOT_SUPPORTED);
	talloc_free(tmp);
}

/* Clients that we do not serve: NTLMv1, nobody, another code page. */
static void test_weak_clients(void **state)
{
	TALLOC_CTX *tmp = talloc_new(NULL);
	struct ntlm_negotiate hello = {.flags = NTLM_NEGOTIATE_UNICODE |
						NTLM_EXTENDED_SECURITY};
	struct ntlm_authenticate v1 = {
		.nt_response = wire_slice("012345678901234567890123", 24)};
	struct ntlm_authenticate nobody = {.flags = 0};
	const struct ntlm_authenticate *last[] = {&v1, &nobody};
	struct wire_slice out = {0};
	struct wire_writer w = wire_writer_talloc(tmp);
	size_t i = 0;

	(void)state;
	assert_true(utf16_from_utf8(tmp, "alice", &v1.user));
	for (i = 0; i < 2; i++) {
		struct auth *server = testlib_server(tmp);

		w = wire_writer_talloc(tmp);
		assert_true(ntlm_negotiate_encode(&w, &hello));
		assert_int_equal(
			auth_step(server, tmp, wire_writer_slice(&w), &out),
			NT_STATUS_MORE_PROCESSING_REQUIRED);
		w = wire_writer_talloc(tmp);
		assert_true(ntlm_authenticate_encode(&w, last[i]));
		testlib_lookups = 0;
		assert_int_equal(
			auth_step(server, tmp, wire_writer_slice(&w), &out),
			NT_STATUS_LOGON_FAILURE);
		assert_int_equal(testlib_lookups, 0);
	}
	hello.flags = NTLM_EXTENDED_SECURITY;
	w = wire_writer_talloc(tmp);
	assert_true(ntlm_negotiate_encode(&w, &hello));
	assert_int_equal(auth_step(testlib_server(tmp), tmp,
				   wire_writer_slice(&w), &out),
			 NT_STATUS_NOT_SUPPORTED);
	talloc_free(tmp);
}

/* ------------------------------------------------------------------- Windows
 */

static struct wire_slice setup_token(TALLOC_CTX *tmp, const char *hex)
{
	struct wire_slice m = testlib_hex(tmp, hex);
	struct smb2_session_setup_request req = {0};

	assert_true(smb2_session_setup_request_decode(m.data, m.len, &req));
	return req.security_buffer;
}

static struct wire_slice answer_token(TALLOC_CTX *tmp, const char *hex)
{
	struct wire_slice m = testlib_hex(tmp, hex);
	struct smb2_session_setup_response rsp = {0};

	assert_true(smb2_session_setup_response_decode(m.data, m.len, &rsp));
	return rsp.security_buffer;
}

/* Puts the published CHALLENGE in the place of the one that we made. */
static struct ntlm *plant_challenge(TALLOC_CTX *tmp, struct auth *server)
{
	struct ntlm_challenge challenge = {0};
	struct spnego_resp resp = {0};
	struct wire_slice out = {0};
	struct ntlm *ntlm = NULL;

	assert_int_equal(auth_step(server, tmp,
				   setup_token(tmp, WIN_SETUP1_REQUEST), &out),
			 NT_STATUS_MORE_PROCESSING_REQUIRED);
	assert_true(spnego_resp_decode(answer_token(tmp, WIN_SETUP1_RESPONSE),
				       &resp));
	assert_true(ntlm_challenge_decode(resp.token, &challenge));
	ntlm = talloc_get_type_abort(server->mech_state, struct ntlm);
	ntlm->challenge = resp.token;
	ntlm->flags = challenge.flags;
	memcpy(ntlm->server_challenge, challenge.challenge,
	       sizeof(ntlm->server_challenge));
	return ntlm;
}

/* Our server judges what Windows answered to it. */
static void test_windows(void **state)
{
	TALLOC_CTX *tmp = talloc_new(NULL);
	struct auth *server = testlib_server(tmp);
	struct wire_slice out = {0};
	struct wire_slice want = answer_token(tmp, WIN_SETUP2_RESPONSE);
	struct wire_slice key = {0};

	(void)state;
	plant_challenge(tmp, server);
	assert_int_equal(auth_step(server, tmp,
				   setup_token(tmp, WIN_SETUP2_REQUEST), &out),
			 NT_STATUS_OK);
	assert_string_equal(auth_user(server), "administrator");
	assert_string_equal(auth_domain(server), "SUT311");
	assert_string_equal(auth_workstation(server), "DRIVER311");
	key = auth_session_key(server);
	testlib_assert_hex(key.data, key.len, WIN_SESSION_KEY);
	/* our last word is Windows' last word, MIC and all */
	assert_true(wire_slice_equal(out, want));
	talloc_free(tmp);
}

static void test_windows_mic(void **state)
{
	TALLOC_CTX *tmp = talloc_new(NULL);
	struct auth *server = testlib_server(tmp);
	struct ntlm *ntlm = NULL;
	struct wire_slice out = {0};

	(void)state;
	/* somebody changed the client's first message: its MIC says so */
	ntlm = plant_challenge(tmp, server);
	((uint8_t *)(uintptr_t)ntlm->negotiate.data)[12] ^= 0x10;
	assert_int_equal(auth_step(server, tmp,
				   setup_token(tmp, WIN_SETUP2_REQUEST), &out),
			 NT_STATUS_LOGON_FAILURE);
	talloc_free(tmp);
}

/* Our client understands what a Windows server says. */
static void test_windows_challenge(void **state)
{
	TALLOC_CTX *tmp = talloc_new(NULL);
	struct auth *client =
		testlib_client(tmp, "SUT311", "administrator", WIN_PASSWORD);
	struct wire_slice none = {0};
	struct wire_slice out = {0};
	struct spnego_resp resp = {0};
	struct ntlm_authenticate msg = {0};

	(void)state;
	(void)auth_step(client, tmp, none, &out);
	assert_int_equal(auth_step(client, tmp,
				   answer_token(tmp, WIN_SETUP1_RESPONSE),
				   &out),
			 NT_STATUS_MORE_PROCESSING_REQUIRED);
	assert_true(spnego_resp_decode(out, &resp));
	assert_int_equal(resp.mic.len, 16);
	assert_true(ntlm_authenticate_decode(resp.token, &msg));
	/* the flags that Windows' own client agreed to */
	assert_int_equal(msg.flags, 0xE2888215);
	talloc_free(tmp);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_old_servers),
		cmocka_unit_test(test_weak_server),
		cmocka_unit_test(test_weak_clients),
		cmocka_unit_test(test_windows),
		cmocka_unit_test(test_windows_mic),
		cmocka_unit_test(test_windows_challenge),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
