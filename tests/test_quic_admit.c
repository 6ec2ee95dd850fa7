/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What becomes of a client by the word of tls_server_policy.admit. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include <time.h>

#include "certs/cert.h"
#include "tests/testlib.h"
#include "tests/testlib_quic.h"

static int admit_err; /* what admit_as_told() says */

static void assert_not_opened(struct quic_world *w, int client, int server)
{
	quic_world_connect(w);
	quic_world_run(w, NGTCP2_SECONDS);
	assert_int_equal(w->client.opened, client);
	assert_int_equal(w->server.opened, server);
}

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
		cmocka_unit_test(test_admit),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
