/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Whole exchanges; what they are made of is in test_ntlm.c, test_spnego.c. */
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
#include "tests/testlib_hex.h"
#include "tests/vectors_windows.h"

#define NOW 0x01D0AECBADF5A1A1ull

static const uint8_t oid_krb5[] = {0x2A, 0x86, 0x48, 0x86, 0xF7,
				   0x12, 0x01, 0x02, 0x02};

/* ------------------------------------------------------------------ accounts
 */

struct person {
	const char *name;
	const char *password;
	bool disabled;
};

static const struct person people[] = {
	{"alice", "secret", false},
	{"bob", "secret", true},
	{"Ünal", "Gänsefüßchen", false},
	{"empty", "", false},
	{"administrator", WIN_PASSWORD, false},
};

static bool lookup(const char *user, const char *domain,
		   struct auth_account *account, void *private_data)
{
	unsigned *calls = private_data;
	size_t i = 0;

	assert_non_null(user);
	assert_non_null(domain);
	(*calls)++;
	for (i = 0; i < sizeof(people) / sizeof(people[0]); i++) {
		if (utf8_case_equal(user, people[i].name)) {
			account->name = people[i].name;
			account->disabled = people[i].disabled;
			return auth_nt_hash(people[i].password,
					    account->nt_hash);
		}
	}
	return false;
}

static unsigned lookups;

static const struct auth_server_config server_config = {
	.netbios_name = "FILESRV",
	.netbios_domain = "WORKGROUP",
	.dns_name = "filesrv.example.org",
	.dns_domain = "example.org",
	.lookup = lookup,
	.private_data = &lookups,
};

static struct auth *server_new(TALLOC_CTX *mem_ctx)
{
	struct auth *auth = NULL;

	assert_int_equal(auth_server_new(mem_ctx, &server_config, NOW, &auth),
			 NT_STATUS_OK);
	return auth;
}

static struct auth *client_new(TALLOC_CTX *mem_ctx, const char *domain,
			       const char *user, const char *password)
{
	struct auth_client_config config = {
		.user = user,
		.domain = domain,
		.password = password,
		.workstation = "DESK",
		.target = "filesrv.example.org",
	};
	struct auth *auth = NULL;

	assert_int_equal(auth_client_new(mem_ctx, &config,
					 auth_server_hint(mem_ctx), NOW, &auth),
			 NT_STATUS_OK);
	return auth;
}

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
	NTSTATUS status = run(tmp, client_new(tmp, domain, user, password),
			      server_new(tmp));

	talloc_free(tmp);
	return status;
}

/* ----------------------------------------------------------------- successes
 */

static void test_log_on(void **state)
{
	TALLOC_CTX *tmp = talloc_new(NULL);
	struct auth *client = client_new(tmp, "DOM", "Alice", "secret");
	struct auth *server = server_new(tmp);
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
	assert_int_equal(auth_client_new(tmp, &config, no_hint, NOW, &client),
			 NT_STATUS_OK);
	assert_int_equal(run(tmp, client, server_new(tmp)), NT_STATUS_OK);
	talloc_free(tmp);
}

/* NTLMSSP as it is, which some clients send without SPNEGO. */
static void test_raw(void **state)
{
	TALLOC_CTX *tmp = talloc_new(NULL);
	struct auth *client = client_new(tmp, "DOM", "alice", "secret");
	struct auth *server = server_new(tmp);
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
	struct auth *server = server_new(tmp);
	struct wire_slice out = {0};

	(void)state;
	assert_int_equal(
		run(tmp, client_new(tmp, "DOM", "alice", "wrong"), server),
		NT_STATUS_LOGON_FAILURE);
	assert_string_equal(auth_user(server), "");
	assert_string_equal(auth_claimed_user(server), "alice");
	assert_int_equal(auth_session_key(server).len, 0);
	/* An exchange that is over stays so. */
	assert_int_equal(auth_step(server, tmp, auth_server_hint(tmp), &out),
			 NT_STATUS_INVALID_PARAMETER);
	talloc_free(tmp);
}

/* The client's two tokens, as bytes that can be spoiled. */
struct tokens {
	struct wire_slice first;
	struct wire_slice second;
};

static struct tokens tokens_for(TALLOC_CTX *mem_ctx, struct auth *server,
				const char *password)
{
	struct auth *client = client_new(mem_ctx, "DOM", "alice", password);
	struct wire_slice empty = {0};
	struct wire_slice answer = {0};
	struct tokens t = {0};

	assert_int_equal(auth_step(client, mem_ctx, empty, &t.first),
			 NT_STATUS_MORE_PROCESSING_REQUIRED);
	assert_int_equal(auth_step(server, mem_ctx, t.first, &answer),
			 NT_STATUS_MORE_PROCESSING_REQUIRED);
	assert_int_equal(auth_step(client, mem_ctx, answer, &t.second),
			 NT_STATUS_MORE_PROCESSING_REQUIRED);
	return t;
}

static void test_truncated(void **state)
{
	TALLOC_CTX *tmp = talloc_new(NULL);
	struct wire_slice out = {0};
	struct tokens t = tokens_for(tmp, server_new(tmp), "secret");
	size_t i = 0;

	(void)state;
	for (i = 0; i < t.first.len; i++) {
		struct auth *server = server_new(tmp);
		uint8_t *cut = talloc_memdup(tmp, t.first.data, i + 1);

		assert_int_not_equal(
			auth_step(server, tmp, wire_slice(cut, i), &out),
			NT_STATUS_OK);
		talloc_free(cut);
		talloc_free(server);
	}
	for (i = 0; i < t.second.len; i += 3) {
		struct auth *server = server_new(tmp);
		struct tokens own = tokens_for(server, server, "secret");
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
	struct tokens t = tokens_for(tmp, server_new(tmp), "secret");
	size_t i = 0;

	(void)state;
	for (i = 0; i < t.second.len; i++) {
		struct auth *server = server_new(tmp);
		struct tokens own = tokens_for(server, server, "secret");
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
	struct auth *server = server_new(tmp);
	struct wire_slice out = {0};

	(void)state;
	assert_int_equal(auth_step(server, tmp,
				   wire_slice(large, AUTH_TOKEN_MAX + 1), &out),
			 NT_STATUS_INVALID_PARAMETER);
	server = server_new(tmp);
	assert_int_equal(auth_step(server, tmp, wire_slice(NULL, 0), &out),
			 NT_STATUS_INVALID_PARAMETER);
	/* An NTLM NEGOTIATE of 64 KiB would be kept: refused. */
	server = server_new(tmp);
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
	struct auth *server = server_new(held);
	struct tokens t = tokens_for(tmp, server, "wrong");
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

/* -------------------------------------------------------------------- SPNEGO
 */

static void test_hint(void **state)
{
	TALLOC_CTX *tmp = talloc_new(NULL);
	struct wire_slice hint = auth_server_hint(tmp);

	(void)state;
	/* byte for byte what Samba sends with NTLMSSP alone */
	testlib_assert_hex(hint.data, hint.len,
			   "604806062b0601050502a03e303ca00e300c060a"
			   "2b06010401823702020aa32a3028a0261b246e6f"
			   "745f646566696e65645f696e5f52464334313738"
			   "40706c656173655f69676e6f7265");
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
	assert_int_equal(auth_client_new(tmp, &config, hint, NOW, &auth),
			 NT_STATUS_NOT_SUPPORTED);
	hint.len--;
	assert_int_equal(auth_client_new(tmp, &config, hint, NOW, &auth),
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
	assert_int_equal(
		auth_client_new(tmp, &config, rsp.security_buffer, NOW, &auth),
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
	struct preferring p = {.server = server_new(tmp)};
	struct auth *client = client_new(tmp, "DOM", "alice", "secret");
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
	struct auth *server = server_new(tmp);
	struct tokens t = tokens_for(tmp, server, "secret");
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
		struct auth *client = client_new(tmp, "D", "alice", "secret");
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
		struct auth *client = client_new(tmp, "D", "alice", "secret");
		struct auth *server = server_new(tmp);
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

static void test_construction(void **state)
{
	TALLOC_CTX *tmp = talloc_new(NULL);
	struct wire_slice no_hint = {0};
	struct auth_client_config client = {.user = "alice"};
	struct auth_server_config server = server_config;
	struct auth *auth = NULL;

	(void)state;
	/* neither password nor hash */
	assert_int_equal(auth_client_new(tmp, &client, no_hint, NOW, &auth),
			 NT_STATUS_INVALID_PARAMETER);
	client.password = "\xC3";
	assert_int_equal(auth_client_new(tmp, &client, no_hint, NOW, &auth),
			 NT_STATUS_INVALID_PARAMETER);
	client.password = "x";
	client.user = "";
	assert_int_equal(auth_client_new(tmp, &client, no_hint, NOW, &auth),
			 NT_STATUS_INVALID_PARAMETER);
	server.netbios_name = "\xC3";
	assert_int_equal(auth_server_new(tmp, &server, NOW, &auth),
			 NT_STATUS_INVALID_PARAMETER);
	server = server_config;
	server.lookup = NULL;
	assert_int_equal(auth_server_new(tmp, &server, NOW, &auth),
			 NT_STATUS_INVALID_PARAMETER);
	assert_null(auth);
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
	struct auth *server = server_new(tmp);
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
	struct auth *server = server_new(tmp);
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
		client_new(tmp, "SUT311", "administrator", WIN_PASSWORD);
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
		cmocka_unit_test(test_hint),
		cmocka_unit_test(test_hint_without_us),
		cmocka_unit_test(test_hint_windows),
		cmocka_unit_test(test_second_choice),
		cmocka_unit_test(test_second_choice_without_mic),
		cmocka_unit_test(test_wrong_mic),
		cmocka_unit_test(test_client_refuses),
		cmocka_unit_test(test_client_last_word),
		cmocka_unit_test(test_construction),
		cmocka_unit_test(test_windows),
		cmocka_unit_test(test_windows_mic),
		cmocka_unit_test(test_windows_challenge),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
