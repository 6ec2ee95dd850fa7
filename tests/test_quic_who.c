/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Who the other end is, and whether it will do: names, certificates, protocols.
 */
#include "tests/testlib.h"
#include "tests/testlib_quic.h"

#include <errno.h>
#include <string.h>
#include <time.h>
#include <ngtcp2/ngtcp2_crypto_gnutls.h>

#include "certs/cert.h"

static void assert_not_opened(struct quic_world *w, int client, int server)
{
	quic_world_connect(w);
	quic_world_run(w, NGTCP2_SECONDS);
	assert_int_equal(w->client.opened, client);
	assert_int_equal(w->server.opened, server);
}

static void test_unknown_name(void **state)
{
	struct quic_world *w = quic_world_new(NULL);

	(void)state;
	w->server_name = "other.example";
	assert_not_opened(w, EPROTO, EPROTO);
	assert_string_equal(quic_conn_end(w->client.conn)->why,
			    "the server 192.0.2.2:443 has no certificate "
			    "mapping for other.example");
	assert_string_equal(quic_conn_end(w->server.conn)->why,
			    "there is no certificate mapping for the name "
			    "\"other.example\" that the client asked for");
	talloc_free(w);
}

/* An address is asked for: no SNI, and no mapping for that here. */
static void test_no_name(void **state)
{
	struct quic_world *w = quic_world_new(NULL);

	(void)state;
	w->server_name = "192.0.2.2";
	assert_not_opened(w, EPROTO, EPROTO);
	assert_non_null(strstr(quic_conn_end(w->server.conn)->why,
			       "asked for no name"));
	talloc_free(w);
}

static void test_untrusted(void **state)
{
	struct quic_world *w = quic_world_new(NULL);

	(void)state;
	w->client_policy.trust = TLS_TRUST_SYSTEM;
	assert_not_opened(w, EACCES, EPROTO);
	assert_non_null(strstr(quic_conn_end(w->client.conn)->why,
			       "its issuer is not known here"));
	assert_non_null(strstr(quic_conn_end(w->server.conn)->why, "alert 48"));
	talloc_free(w);
}

static void test_pinned(void **state)
{
	struct quic_world *w = quic_world_new(NULL);
	struct transport_facts facts;

	(void)state;
	w->client_policy.trust = TLS_TRUST_PIN;
	w->client_policy.pin = w->identity->sha256;
	assert_not_opened(w, 0, 0);
	assert_true(quic_conn_facts(w->client.conn, w, &facts));
	assert_true(facts.peer_verified);
	assert_string_equal(facts.trust, "pinned SHA-256");
	talloc_free(w);
}

/* Let a client offer another protocol: another session in place of its own. */
static gnutls_session_t replace_session(struct quic_conn *c,
					gnutls_certificate_credentials_t cred,
					const char *protocol)
{
	gnutls_session_t old = ngtcp2_conn_get_tls_native_handle(c->ng);
	gnutls_session_t session;
	gnutls_datum_t alpn = {.data = (unsigned char *)(uintptr_t)protocol,
			       .size = (unsigned)strlen(protocol)};

	gnutls_init(&session, GNUTLS_CLIENT);
	gnutls_priority_set_direct(session,
				   "NORMAL:-VERS-ALL:+VERS-TLS1.3:"
				   "%DISABLE_TLS13_COMPAT_MODE",
				   NULL);
	gnutls_session_set_ptr(session, gnutls_session_get_ptr(old));
	gnutls_credentials_set(session, GNUTLS_CRD_CERTIFICATE, cred);
	gnutls_server_name_set(session, GNUTLS_NAME_DNS, QUIC_WORLD_NAME,
			       strlen(QUIC_WORLD_NAME));
	if (alpn.size > 0) {
		gnutls_alpn_set_protocols(session, &alpn, 1, 0);
	}
	ngtcp2_crypto_gnutls_configure_client_session(session);
	ngtcp2_conn_set_tls_native_handle(c->ng, session);
	return session;
}

static void try_protocol(const char *protocol)
{
	struct quic_world *w = quic_world_new(NULL);
	gnutls_certificate_credentials_t cred;
	gnutls_session_t session;

	gnutls_certificate_allocate_credentials(&cred);
	quic_world_connect(w);
	session = replace_session(w->client.conn, cred, protocol);
	quic_world_run(w, NGTCP2_SECONDS);
	assert_int_equal(w->client.opened, EPROTO);
	assert_non_null(strstr(quic_conn_end(w->client.conn)->why,
			       "does not speak SMB over QUIC"));
	assert_int_equal(w->server.opened, EPROTO);
	talloc_free(w);
	gnutls_deinit(session);
	gnutls_certificate_free_credentials(cred);
}

static void test_other_protocol(void **state)
{
	(void)state;
	try_protocol("h3");
	try_protocol("smbx");
	try_protocol("");
}

/* --- client certificates -------------------------------------------------- */

struct client_pki {
	char *ca, *cert, *key;
};

static void make_client_pki(struct quic_world *w, struct client_pki *out)
{
	const char *ca_names[] = {"Client CA", NULL};
	const char *names[] = {"alice@example", NULL};
	struct cert_request request = {
		.purpose = CERT_CA, .names = ca_names, .days = 30};
	char *dir = testlib_tmpdir(w);
	char *why = NULL;
	struct cert *ca = cert_make(w, &request, time(NULL), &why);
	struct cert *client = NULL;

	assert_non_null(ca);
	request = (struct cert_request){.purpose = CERT_CLIENT,
					.names = names,
					.days = 10,
					.issuer = ca};
	client = cert_make(w, &request, time(NULL), &why);
	assert_non_null(client);
	out->ca = talloc_asprintf(w, "%s/ca.pem", dir);
	out->cert = talloc_asprintf(w, "%s/client.pem", dir);
	out->key = talloc_asprintf(w, "%s/client.key", dir);
	assert_true(cert_save_pem(w, ca, out->ca, NULL, &why));
	assert_true(cert_save_pem(w, client, out->cert, out->key, &why));
}

static void test_client_certificate(void **state)
{
	struct quic_world *w = quic_world_new(NULL);
	struct client_pki pki;

	(void)state;
	make_client_pki(w, &pki);
	w->identity = quic_world_identity(w, QUIC_WORLD_NAME, pki.ca);
	w->identity->require_client_certificate = true;
	w->client_policy.cert_file = pki.cert;
	w->client_policy.key_file = pki.key;
	assert_not_opened(w, 0, 0);
	talloc_free(w);
}

static void test_client_certificate_missing(void **state)
{
	struct quic_world *w = quic_world_new(NULL);
	struct client_pki pki;

	(void)state;
	make_client_pki(w, &pki);
	w->identity = quic_world_identity(w, QUIC_WORLD_NAME, pki.ca);
	w->identity->require_client_certificate = true;
	assert_not_opened(w, EACCES, EPROTO);
	assert_non_null(strstr(quic_conn_end(w->client.conn)->why,
			       "wants a client certificate"));
	talloc_free(w);
}

static void test_client_certificate_untrusted(void **state)
{
	struct quic_world *w = quic_world_new(NULL);
	struct client_pki pki, other;

	(void)state;
	make_client_pki(w, &pki);
	make_client_pki(w, &other);
	w->identity = quic_world_identity(w, QUIC_WORLD_NAME, pki.ca);
	w->identity->require_client_certificate = true;
	w->client_policy.cert_file = other.cert;
	w->client_policy.key_file = other.key;
	assert_not_opened(w, EACCES, EACCES);
	assert_non_null(strstr(quic_conn_end(w->client.conn)->why,
			       "refuses this certificate"));
	talloc_free(w);
}

/* --- the word of tls_server_policy.admit ------------------------------------
 */

static int admit_err; /* what admit_as_told() says */

static int admit_as_told(void *private_data, TALLOC_CTX *mem_ctx,
			 struct tls_identity *identity,
			 const struct tls_guest *guest, void **known,
			 char **why)
{
	struct quic_world *w = private_data;

	*known = NULL;
	if (guest->distrust != NULL) {
		return EACCES; /* as it would have been without us */
	}
	assert_ptr_equal(identity, w->identity);
	assert_int_equal(guest->count, 1);
	assert_string_equal(guest->peer, "192.0.2.1:50000");
	assert_string_equal(guest->server_name, QUIC_WORLD_NAME);
	*why = admit_err == ENOMEM ? NULL
				   : talloc_strdup(mem_ctx, "not on the list");
	return admit_err;
}

/* MS-SMB2 3.3.5.1: 49 access_denied, 80 internal_error. */
static void test_admit(void **state)
{
	static const struct {
		int err, client_err;
		const char *client, *server;
	} rows[] = {
		{0, 0, NULL, NULL},
		{EACCES, EACCES, "its access list does not let it in",
		 "not on the list"},
		{EPROTO, EPROTO, "alert 80 (Internal error)",
		 "not on the list"},
		{ENOMEM, EPROTO, "alert 80 (Internal error)", "out of memory"},
	};
	size_t i = 0;

	(void)state;
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct quic_world *w = quic_world_new(NULL);
		struct client_pki pki;

		make_client_pki(w, &pki);
		w->identity = quic_world_identity(w, QUIC_WORLD_NAME, pki.ca);
		w->identity->require_client_certificate = true;
		w->server_policy.admit = admit_as_told;
		w->client_policy.cert_file = pki.cert;
		w->client_policy.key_file = pki.key;
		admit_err = rows[i].err;
		assert_not_opened(w, rows[i].client_err, rows[i].err);
		if (rows[i].client != NULL) {
			assert_non_null(
				strstr(quic_conn_end(w->client.conn)->why,
				       rows[i].client));
			assert_string_equal(quic_conn_end(w->server.conn)->why,
					    rows[i].server);
		}
		talloc_free(w);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_unknown_name),
		cmocka_unit_test(test_no_name),
		cmocka_unit_test(test_untrusted),
		cmocka_unit_test(test_pinned),
		cmocka_unit_test(test_other_protocol),
		cmocka_unit_test(test_client_certificate),
		cmocka_unit_test(test_client_certificate_missing),
		cmocka_unit_test(test_client_certificate_untrusted),
		cmocka_unit_test(test_admit),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
