/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Two connections, a link in memory, a clock set by hand: handshake, transfer,
 * loss, flow control, time-outs, ends.
 */
#include "tests/testlib.h"
#include "tests/testlib_quic.h"

#include <errno.h>
#include <string.h>
#include <time.h>
#include <ngtcp2/ngtcp2_crypto_gnutls.h>

#include "certs/cert.h"

#define MIB ((size_t)1 << 20)

static void assert_transferred(struct quic_world *w,
			       struct quic_world_transfer *t, quic_time limit)
{
	quic_world_until(w, quic_world_transferred, t, limit);
	assert_int_equal(t->written, 0);
	assert_int_equal(t->got, 0);
	assert_int_equal(t->read.got, t->len);
	assert_memory_equal(t->in, t->out, t->len);
}

static void assert_echo(struct quic_world *w, size_t len, quic_time limit)
{
	struct quic_world_transfer there, back;

	quic_world_send(w, w->client.conn, &there, len);
	quic_world_receive(w->server.conn, &there);
	assert_transferred(w, &there, limit);
	quic_world_send(w, w->server.conn, &back, len);
	quic_world_receive(w->client.conn, &back);
	assert_transferred(w, &back, limit);
}

/* --- beginning ----------------------------------------------------------- */

static void test_handshake(void **state)
{
	struct quic_world *w = quic_world_connected(NULL);
	struct transport_facts facts;

	(void)state;
	assert_true(quic_conn_facts(w->client.conn, w, &facts));
	assert_true(facts.secure);
	assert_string_equal(facts.alpn, "smb");
	assert_string_equal(facts.quic_version, "v1");
	assert_string_equal(facts.tls_version, "TLS1.3");
	assert_string_equal(facts.tls_cipher, "AES-128-GCM");
	assert_string_equal(facts.server_name, QUIC_WORLD_NAME);
	assert_string_equal(facts.certificate_sha256, w->identity->sha256);
	assert_false(facts.peer_verified);

	w->identity->mapping = w;
	assert_true(quic_conn_facts(w->server.conn, w, &facts));
	assert_string_equal(facts.server_name, QUIC_WORLD_NAME);
	assert_string_equal(facts.certificate, w->identity->subject);
	assert_ptr_equal(facts.mapping, w);
	assert_string_equal(
		transport_address_string((struct sockaddr *)&facts.peer),
		"192.0.2.1:50000");
	talloc_free(w);
}

static void test_echo(void **state)
{
	struct quic_world *w = quic_world_connected(NULL);
	struct transport_stats stats;

	(void)state;
	assert_echo(w, 1, NGTCP2_SECONDS);
	assert_echo(w, 3 * MIB, 20 * NGTCP2_SECONDS);
	quic_conn_stats(w->client.conn, &stats);
	assert_int_equal(stats.bytes_in, 3 * MIB + 1);
	assert_int_equal(stats.bytes_out, 3 * MIB + 1);
	assert_in_range(stats.bytes_acked, 2 * MIB, 3 * MIB + 1);
	assert_int_equal(stats.packets_lost, 0);
	assert_in_range(stats.rtt_us, 19000, 30000);
	assert_int_equal(stats.path_mtu, 1472);
	talloc_free(w);
}

static void test_no_answer(void **state)
{
	struct quic_world *w = quic_world_new(NULL);

	(void)state;
	w->blackhole = true;
	quic_world_connect(w);
	quic_world_run(w, 4900 * NGTCP2_MILLISECONDS);
	assert_int_equal(w->client.opened, -1);
	quic_world_run(w, 200 * NGTCP2_MILLISECONDS);
	assert_int_equal(w->client.opened, ETIMEDOUT);
	assert_string_equal(quic_conn_end(w->client.conn)->why,
			    "no answer from 192.0.2.2:443/udp within 5 s (is "
			    "UDP blocked?)");
	talloc_free(w);
}

/* A stranger who begins and goes away holds nothing for long. */
static void test_unfinished_handshake(void **state)
{
	struct quic_world *w = quic_world_new(NULL);

	(void)state;
	quic_world_connect(w);
	quic_world_run(w, 15 * NGTCP2_MILLISECONDS);
	assert_non_null(w->server.conn);
	/* RFC 9000 8.1: at most three times what came */
	assert_true(w->server.emitted <= 3 * w->client.emitted);
	w->blackhole = true;
	quic_world_run(w, 11 * NGTCP2_SECONDS);
	assert_int_equal(w->server.opened, ETIMEDOUT);
	talloc_free(w);
}

static void test_refused_by_socket(void **state)
{
	struct quic_world *w = quic_world_new(NULL);

	(void)state;
	w->blackhole = true;
	quic_world_connect(w);
	quic_world_run(w, NGTCP2_SECONDS);
	quic_conn_socket_error(w->client.conn, ECONNREFUSED, w->now);
	quic_world_run(w, 0);
	assert_int_equal(w->client.opened, ECONNREFUSED);
	assert_string_equal(quic_conn_end(w->client.conn)->why,
			    "nothing listens on 192.0.2.2:443/udp");
	talloc_free(w);
}

/* --- who is it ----------------------------------------------------------- */

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

/* --- client certificates ------------------------------------------------- */

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

/* --- a bad link ---------------------------------------------------------- */

static void test_loss(void **state)
{
	struct quic_world *w = quic_world_connected(NULL);
	struct transport_stats stats;

	(void)state;
	w->loss = 50;
	w->duplicates = 20;
	w->reordered = 50;
	assert_echo(w, 4 * MIB, 600 * NGTCP2_SECONDS);
	quic_conn_stats(w->client.conn, &stats);
	assert_true(stats.packets_lost > 50);
	talloc_free(w);
}

static void test_handshake_with_loss(void **state)
{
	uint32_t seed = 0;

	(void)state;
	for (seed = 1; seed <= 20; seed++) {
		struct quic_world *w = quic_world_new(NULL);

		w->client.settings.connect_timeout_ms = 60000;
		w->server.settings.handshake_timeout_ms = 60000;
		w->seed = seed * 7919;
		w->loss = 200;
		quic_world_connect(w);
		quic_world_run(w, 30 * NGTCP2_SECONDS);
		assert_int_equal(w->client.opened, 0);
		assert_int_equal(w->server.opened, 0);
		talloc_free(w);
	}
}

static void test_blackhole(void **state)
{
	struct quic_world *w = quic_world_connected(NULL);
	struct quic_world_transfer t;

	(void)state;
	quic_world_send(w, w->client.conn, &t, 2 * MIB);
	quic_world_receive(w->server.conn, &t);
	quic_world_run(w, 100 * NGTCP2_MILLISECONDS);
	assert_int_equal(t.got, -1);
	w->blackhole = true;
	quic_world_run(w, 5 * NGTCP2_SECONDS);
	w->blackhole = false;
	assert_transferred(w, &t, 20 * NGTCP2_SECONDS);
	talloc_free(w);
}

static void test_path_mtu(void **state)
{
	static const struct {
		size_t link, taken, found;
	} rows[] = {
		{1200, 0, 1200},       {1392, 0, 1392},	    {1400, 0, 1392},
		{1472, 0, 1472},       {8972, 0, 8972},	    {9100, 0, 8972},
		{1300, 0, 1252},       {65507, 0, 65507},   {1459, 0, 1452},
		{65507, 16376, 16376}, {1500, 16376, 1472},
	};
	size_t i = 0;

	(void)state;
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct quic_world *w = quic_world_new(NULL);
		struct transport_stats stats;

		w->mtu = rows[i].link;
		w->first_hop = 65507;
		w->max_receive = rows[i].taken;
		quic_world_connect(w);
		quic_world_run(w, NGTCP2_SECONDS);
		assert_echo(w, MIB, 60 * NGTCP2_SECONDS);
		quic_world_run(w, 20 * NGTCP2_SECONDS);
		quic_conn_stats(w->client.conn, &stats);
		assert_int_equal(stats.path_mtu, rows[i].found);
		assert_int_equal(w->client.largest, rows[i].found);
		talloc_free(w);
	}
}

/* In the middle of a transfer the path becomes smaller than it was found to
 * be; later it is large again, and large packets come back. */
static void test_path_shrinks(void **state)
{
	struct quic_world *w = quic_world_new(NULL);
	struct quic_world_transfer up, down;

	(void)state;
	w->mtu = 1472;
	w->first_hop = 1472;
	quic_world_connect(w);
	quic_world_run(w, NGTCP2_SECONDS);
	assert_echo(w, MIB, 60 * NGTCP2_SECONDS);
	assert_int_equal(w->client.largest, 1472);
	assert_int_equal(w->server.largest, 1472);
	quic_world_send(w, w->client.conn, &up, 2 * MIB);
	quic_world_receive(w->server.conn, &up);
	quic_world_send(w, w->server.conn, &down, 2 * MIB);
	quic_world_receive(w->client.conn, &down);
	quic_world_run(w, 30 * NGTCP2_MILLISECONDS);
	assert_int_equal(up.got, -1);
	assert_int_equal(down.got, -1);
	w->mtu = 1250;
	assert_transferred(w, &up, 15 * NGTCP2_SECONDS);
	assert_transferred(w, &down, 15 * NGTCP2_SECONDS);

	w->mtu = 1472;
	quic_world_run(w, 12 * NGTCP2_SECONDS);
	w->client.largest = 0;
	w->server.largest = 0;
	assert_echo(w, MIB, 60 * NGTCP2_SECONDS);
	assert_int_equal(w->client.largest, 1472);
	assert_int_equal(w->server.largest, 1472);
	talloc_free(w);
}

/* The NAT in between forgets, and the client comes from another port. */
static void test_nat_rebinding(void **state)
{
	struct quic_world *w = quic_world_connected(NULL);
	struct quic_world_transfer up, down;

	(void)state;
	assert_echo(w, 1000, NGTCP2_SECONDS);
	quic_world_run(w, NGTCP2_SECONDS);
	quic_world_send(w, w->client.conn, &up, 2 * MIB);
	quic_world_receive(w->server.conn, &up);
	quic_world_send(w, w->server.conn, &down, 2 * MIB);
	quic_world_receive(w->client.conn, &down);
	quic_world_run(w, 60 * NGTCP2_MILLISECONDS);
	assert_int_equal(up.got, -1);
	assert_int_equal(down.got, -1);
	w->nat_port = 50001;
	assert_transferred(w, &up, 30 * NGTCP2_SECONDS);
	assert_transferred(w, &down, 30 * NGTCP2_SECONDS);
	assert_true(quic_conn_is_open(w->client.conn));
	talloc_free(w);
}

/* A full hour, one byte a minute, on a bad link. */
static void test_an_hour(void **state)
{
	struct quic_world *w = quic_world_new(NULL);
	unsigned minute = 0;

	(void)state;
	w->client.settings.keepalive_ms = 10000;
	quic_world_connect(w);
	quic_world_run(w, NGTCP2_SECONDS);
	assert_int_equal(w->client.opened, 0);
	w->loss = 50;
	for (minute = 0; minute < 60; minute++) {
		quic_world_run(w, 60 * NGTCP2_SECONDS);
		assert_echo(w, 100, 10 * NGTCP2_SECONDS);
	}
	assert_true(quic_conn_is_open(w->client.conn));
	assert_true(quic_conn_is_open(w->server.conn));
	talloc_free(w);
}

/* --- flow control -------------------------------------------------------- */

static void test_back_pressure(void **state)
{
	struct quic_world *w = quic_world_new(NULL);
	struct quic_world_transfer t;

	(void)state;
	w->server.settings.stream_window = 65536;
	w->server.settings.max_window = 65536;
	quic_world_connect(w);
	quic_world_run(w, NGTCP2_SECONDS);
	quic_world_send(w, w->client.conn, &t, MIB);
	quic_world_run(w, 5 * NGTCP2_SECONDS);
	/* Nobody reads: no more than the window is held. */
	assert_int_equal(w->server.conn->stream.buffered, 65536);
	assert_int_equal(w->client.conn->stream.bytes_out, 65536);
	assert_int_equal(t.written, -1);
	quic_world_receive(w->server.conn, &t);
	assert_transferred(w, &t, 60 * NGTCP2_SECONDS);
	talloc_free(w);
}

/* The window grows with a reader that keeps up. */
static void test_window_grows(void **state)
{
	struct quic_world *w = quic_world_new(NULL);
	struct quic_world_transfer t;
	quic_time began = 0;

	(void)state;
	w->delay = 50 * NGTCP2_MILLISECONDS;
	w->server.settings.stream_window = 65536;
	w->server.settings.max_window = 16 * MIB;
	quic_world_connect(w);
	quic_world_run(w, NGTCP2_SECONDS);
	began = w->now;
	quic_world_send(w, w->client.conn, &t, 16 * MIB);
	quic_world_receive(w->server.conn, &t);
	assert_transferred(w, &t, 60 * NGTCP2_SECONDS);
	/* With the first window alone it would take 25 s. */
	assert_true(w->now - began < 5 * NGTCP2_SECONDS);
	talloc_free(w);
}

/* A stranger gets little however much is configured; who is trusted gets all
 * of it at once, whether anybody reads or not. */
static void test_trust(void **state)
{
	struct quic_world *w = quic_world_connected(NULL);
	struct quic_world_transfer t;

	(void)state;
	quic_world_send(w, w->client.conn, &t, 16 * MIB);
	quic_world_run(w, 10 * NGTCP2_SECONDS);
	assert_int_equal(w->server.conn->stream.buffered, MIB);
	quic_conn_trust(w->server.conn);
	quic_conn_trust(w->server.conn);
	quic_world_run(w, 10 * NGTCP2_SECONDS);
	assert_int_equal(w->server.conn->stream.buffered, 16 * MIB);
	assert_int_equal(t.written, 0);
	quic_world_receive(w->server.conn, &t);
	assert_transferred(w, &t, NGTCP2_SECONDS);
	talloc_free(w);
}

static void test_small_reads(void **state)
{
	struct quic_world *w = quic_world_connected(NULL);
	struct quic_world_transfer t;
	size_t at = 0;
	int err = 0;

	(void)state;
	quic_world_send(w, w->client.conn, &t, 100000);
	quic_world_run(w, NGTCP2_SECONDS);
	while (at < t.len) {
		struct quic_read r = {.buf = t.in + at, .min = 1, .max = 4096};

		assert_true(quic_conn_read(w->server.conn, &r, &err));
		assert_int_equal(err, 0);
		assert_in_range(r.got, 1, 4096);
		at += r.got;
	}
	assert_memory_equal(t.in, t.out, t.len);
	talloc_free(w);
}

static void test_socket_blocked(void **state)
{
	struct quic_world *w = quic_world_connected(NULL);
	struct quic_world_transfer t;

	(void)state;
	w->client.mute = true;
	quic_world_send(w, w->client.conn, &t, MIB);
	quic_world_receive(w->server.conn, &t);
	quic_world_run(w, 100 * NGTCP2_MILLISECONDS);
	assert_int_equal(w->client.conn->stream.bytes_out, 0);
	w->client.mute = false;
	assert_transferred(w, &t, 20 * NGTCP2_SECONDS);
	talloc_free(w);
}

/* Many small pieces share packets. */
static void test_many_small_writes(void **state)
{
	enum { COUNT = 500 };
	struct quic_world *w = quic_world_connected(NULL);
	struct quic_world_transfer *t =
		talloc_zero_array(w, struct quic_world_transfer, COUNT);
	uint8_t *in = talloc_size(w, COUNT * 10);
	struct quic_read r = {.buf = in, .min = COUNT * 10, .max = COUNT * 10};
	size_t before = w->client.emitted;
	size_t i = 0;
	int err = 0;

	(void)state;
	for (i = 0; i < COUNT; i++) {
		quic_world_send(w, w->client.conn, &t[i], 10);
	}
	quic_world_run(w, NGTCP2_SECONDS);
	assert_true(quic_conn_read(w->server.conn, &r, &err));
	for (i = 0; i < COUNT; i++) {
		assert_int_equal(t[i].written, 0);
		assert_memory_equal(in + 10 * i, t[i].out, 10);
	}
	assert_true(w->client.emitted - before < 3 * COUNT * 10);
	talloc_free(w);
}

static void test_empty_write(void **state)
{
	struct quic_world *w = quic_world_connected(NULL);
	struct quic_write write = {.vec = NULL, .count = 0};
	int err = -1;

	(void)state;
	assert_true(quic_conn_write(w->client.conn, &write, &err));
	assert_int_equal(err, 0);
	talloc_free(w);
}

/* --- time ---------------------------------------------------------------- */

static void test_idle(void **state)
{
	struct quic_world *w = quic_world_connected(NULL);
	struct quic_world_transfer t = {.len = 1, .got = -1};
	uint8_t byte = 0;

	(void)state;
	t.in = &byte;
	quic_world_receive(w->client.conn, &t);
	quic_world_run(w, 29 * NGTCP2_SECONDS);
	assert_true(quic_conn_is_open(w->client.conn));
	quic_world_run(w, 2 * NGTCP2_SECONDS);
	assert_int_equal(t.got, ETIMEDOUT);
	assert_string_equal(quic_conn_end(w->client.conn)->why,
			    "192.0.2.2:443/udp has not answered for 30 s");
	assert_int_equal(quic_conn_end(w->server.conn)->err, ETIMEDOUT);
	talloc_free(w);
}

static void test_keep_alive(void **state)
{
	struct quic_world *w = quic_world_new(NULL);

	(void)state;
	w->client.settings.keepalive_ms = 10000;
	quic_world_connect(w);
	quic_world_run(w, 600 * NGTCP2_SECONDS);
	assert_true(quic_conn_is_open(w->client.conn));
	assert_true(quic_conn_is_open(w->server.conn));
	/* The client dies without a word. */
	w->blackhole = true;
	quic_world_run(w, 41 * NGTCP2_SECONDS);
	assert_false(quic_conn_is_open(w->server.conn));
	assert_int_equal(quic_conn_end(w->server.conn)->err, ETIMEDOUT);
	assert_int_equal(w->server.farewell_len, 0);
	talloc_free(w);
}

static void test_key_update(void **state)
{
	struct quic_world *w = quic_world_connected(NULL);
	unsigned i = 0;

	(void)state;
	quic_world_run(w, NGTCP2_SECONDS);
	w->loss = 20;
	for (i = 0; i < 5; i++) {
		assert_true(quic_conn_update_keys(i % 2 == 0 ? w->client.conn
							     : w->server.conn));
		assert_echo(w, 200000, 60 * NGTCP2_SECONDS);
		quic_world_run(w, 5 * NGTCP2_SECONDS);
	}
	talloc_free(w);
}

/* --- ends ---------------------------------------------------------------- */

static void test_other_streams_refused(void **state)
{
	struct quic_world *w = quic_world_connected(NULL);
	int64_t id = 0;

	(void)state;
	assert_echo(w, 10, NGTCP2_SECONDS);
	assert_int_equal(w->client.conn->stream_id, 0);
	assert_int_equal(
		ngtcp2_conn_open_bidi_stream(w->client.conn->ng, &id, NULL),
		NGTCP2_ERR_STREAM_ID_BLOCKED);
	assert_int_equal(
		ngtcp2_conn_open_uni_stream(w->client.conn->ng, &id, NULL),
		NGTCP2_ERR_STREAM_ID_BLOCKED);
	assert_int_equal(
		ngtcp2_conn_open_bidi_stream(w->server.conn->ng, &id, NULL),
		NGTCP2_ERR_STREAM_ID_BLOCKED);
	assert_int_equal(
		ngtcp2_conn_open_uni_stream(w->server.conn->ng, &id, NULL),
		NGTCP2_ERR_STREAM_ID_BLOCKED);
	talloc_free(w);
}

static void test_orderly_close(void **state)
{
	struct quic_world *w = quic_world_connected(NULL);
	struct quic_world_transfer data, end = {.len = 1, .got = -1};
	uint8_t byte = 0;

	(void)state;
	quic_world_send(w, w->client.conn, &data, 1000);
	quic_world_run(w, NGTCP2_SECONDS);
	quic_conn_close(w->client.conn, TRANSPORT_CLOSE_DONE, NULL);
	quic_conn_close(w->client.conn, TRANSPORT_CLOSE_LIMIT, "again");
	assert_true(w->client.farewell_len > 0);
	assert_true(w->client.linger > 0);
	quic_world_run(w, NGTCP2_SECONDS);
	/* What came before is still to be read, then the end. */
	quic_world_receive(w->server.conn, &data);
	assert_int_equal(data.got, 0);
	assert_memory_equal(data.in, data.out, 1000);
	end.in = &byte;
	quic_world_receive(w->server.conn, &end);
	assert_int_equal(end.got, 0);
	assert_int_equal(end.read.got, 0);
	assert_int_equal(w->server.farewell_len, 0);
	assert_true(w->server.linger > 0);
	talloc_free(w);
}

static void test_close_in_the_middle(void **state)
{
	struct quic_world *w = quic_world_connected(NULL);
	struct quic_world_transfer t, write;

	(void)state;
	quic_world_send(w, w->client.conn, &t, 1000);
	t.len = 1001;
	t.in = talloc_size(w, 1001);
	quic_world_receive(w->server.conn, &t);
	quic_world_send(w, w->server.conn, &write, 10 * MIB);
	quic_world_run(w, 50 * NGTCP2_MILLISECONDS);
	quic_conn_close(w->client.conn, TRANSPORT_CLOSE_DONE, NULL);
	quic_world_run(w, NGTCP2_SECONDS);
	assert_int_equal(t.got, EPIPE);
	assert_int_equal(write.written, EPIPE);
	talloc_free(w);
}

static void test_close_code(void **state)
{
	struct quic_world *w = quic_world_connected(NULL);
	struct quic_world_transfer t = {.len = 1, .got = -1};
	uint8_t byte = 0;

	(void)state;
	t.in = &byte;
	quic_world_receive(w->client.conn, &t);
	quic_conn_close(w->server.conn, TRANSPORT_CLOSE_SHUTDOWN,
			"going\nhome");
	quic_world_run(w, NGTCP2_SECONDS);
	assert_int_equal(t.got, ECONNRESET);
	assert_string_equal(quic_conn_end(w->client.conn)->why,
			    "192.0.2.2:443 closed the connection: code 3 (the "
			    "peer stops): going?home");
	talloc_free(w);
}

static void test_freed(void **state)
{
	struct quic_world *w = quic_world_connected(NULL);

	(void)state;
	TALLOC_FREE(w->client.conn);
	assert_true(w->client.ended);
	quic_world_run(w, NGTCP2_SECONDS);
	assert_true(w->server.ended);
	assert_int_equal(quic_conn_end(w->server.conn)->err, 0);
	talloc_free(w);
}

static void test_stream_reset(void **state)
{
	struct quic_world *w = quic_world_connected(NULL);

	(void)state;
	assert_echo(w, 10, NGTCP2_SECONDS);
	ngtcp2_conn_shutdown_stream_write(w->client.conn->ng, 0, 0, 7);
	quic_world_run(w, NGTCP2_SECONDS);
	assert_int_equal(quic_conn_end(w->server.conn)->err, ECONNRESET);
	assert_true(w->client.ended);
	talloc_free(w);
}

static void test_stop_sending(void **state)
{
	struct quic_world *w = quic_world_connected(NULL);
	struct quic_world_transfer t;

	(void)state;
	assert_echo(w, 10, NGTCP2_SECONDS);
	ngtcp2_conn_shutdown_stream_read(w->server.conn->ng, 0, 0, 7);
	quic_world_run(w, 12 * NGTCP2_MILLISECONDS);
	quic_world_send(w, w->client.conn, &t, 10);
	quic_world_run(w, NGTCP2_SECONDS);
	assert_int_equal(t.written, ECONNRESET);
	assert_int_equal(quic_conn_end(w->client.conn)->err, ECONNRESET);
	talloc_free(w);
}

/* A write ends with the acknowledgement, not before. */
static void test_write_waits_for_ack(void **state)
{
	struct quic_world *w = quic_world_connected(NULL);
	struct quic_world_transfer t;

	(void)state;
	quic_world_send(w, w->client.conn, &t, 1000);
	w->blackhole = true;
	quic_world_run(w, NGTCP2_SECONDS);
	assert_int_equal(w->client.conn->stream.bytes_out, 1000);
	assert_int_equal(t.written, -1);
	w->blackhole = false;
	quic_world_run(w, 5 * NGTCP2_SECONDS);
	assert_int_equal(t.written, 0);
	talloc_free(w);
}

static void on_flushed(void *private_data, int err)
{
	int *flushed = private_data;

	*flushed = err;
}

static void test_flush(void **state)
{
	struct quic_world *w = quic_world_connected(NULL);
	struct quic_world_transfer t;
	int flushed = -1;

	(void)state;
	quic_world_send(w, w->client.conn, &t, 100000);
	quic_conn_on_flushed(w->client.conn, on_flushed, &flushed);
	quic_world_run(w, 15 * NGTCP2_MILLISECONDS);
	assert_int_equal(flushed, -1);
	quic_world_run(w, NGTCP2_SECONDS);
	assert_int_equal(flushed, 0);
	assert_int_equal(t.written, 0);
	talloc_free(w);
}

static void test_cancel_write(void **state)
{
	struct quic_world *w = quic_world_connected(NULL);
	struct quic_world_transfer first, second;

	(void)state;
	quic_world_send(w, w->client.conn, &first, 100);
	quic_world_send(w, w->client.conn, &second, 100);
	/* Nothing of it was sent: nothing happens. */
	quic_conn_cancel_write(w->client.conn, &second.write);
	quic_world_receive(w->server.conn, &first);
	assert_transferred(w, &first, NGTCP2_SECONDS);
	assert_int_equal(second.written, -1);
	/* Of this one something was. */
	w->blackhole = true;
	quic_world_send(w, w->client.conn, &second, 100);
	quic_world_run(w, 0);
	quic_conn_cancel_write(w->client.conn, &second.write);
	assert_true(w->client.ended);
	assert_int_equal(quic_conn_end(w->client.conn)->err, ECONNABORTED);
	talloc_free(w);
}

static void test_cancel_read(void **state)
{
	struct quic_world *w = quic_world_connected(NULL);
	struct quic_world_transfer t;

	(void)state;
	quic_world_send(w, w->client.conn, &t, 100);
	quic_world_receive(w->server.conn, &t);
	quic_conn_cancel_read(w->server.conn, &t.read);
	quic_world_run(w, NGTCP2_SECONDS);
	assert_int_equal(t.got, -1);
	quic_world_receive(w->server.conn, &t);
	assert_int_equal(t.got, 0);
	assert_memory_equal(t.in, t.out, 100);
	talloc_free(w);
}

/* --- freeing in callbacks ------------------------------------------------ */

struct suicide {
	struct quic_read read; /* first */
	struct quic_conn *conn;
	uint8_t byte;
};

static void free_in_read(struct quic_read *r, int err)
{
	struct suicide *s = (struct suicide *)(void *)r;

	assert_int_equal(err, 0);
	TALLOC_FREE(s->conn);
}

static void test_free_in_callback(void **state)
{
	struct quic_world *w = quic_world_connected(NULL);
	struct quic_world_transfer t, unacked;
	struct suicide s = {.conn = w->server.conn};
	int err = 0;

	(void)state;
	s.read = (struct quic_read){
		.buf = &s.byte, .min = 1, .max = 1, .done = free_in_read};
	assert_false(quic_conn_read(w->server.conn, &s.read, &err));
	quic_world_send(w, w->server.conn, &unacked, MIB);
	quic_world_send(w, w->client.conn, &t, 10);
	quic_world_run(w, NGTCP2_SECONDS);
	assert_null(s.conn);
	assert_null(w->server.conn);
	assert_true(w->client.ended);
	talloc_free(w);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_handshake),
		cmocka_unit_test(test_echo),
		cmocka_unit_test(test_no_answer),
		cmocka_unit_test(test_unfinished_handshake),
		cmocka_unit_test(test_refused_by_socket),
		cmocka_unit_test(test_unknown_name),
		cmocka_unit_test(test_no_name),
		cmocka_unit_test(test_untrusted),
		cmocka_unit_test(test_pinned),
		cmocka_unit_test(test_other_protocol),
		cmocka_unit_test(test_client_certificate),
		cmocka_unit_test(test_client_certificate_missing),
		cmocka_unit_test(test_client_certificate_untrusted),
		cmocka_unit_test(test_loss),
		cmocka_unit_test(test_handshake_with_loss),
		cmocka_unit_test(test_blackhole),
		cmocka_unit_test(test_path_mtu),
		cmocka_unit_test(test_path_shrinks),
		cmocka_unit_test(test_nat_rebinding),
		cmocka_unit_test(test_an_hour),
		cmocka_unit_test(test_back_pressure),
		cmocka_unit_test(test_window_grows),
		cmocka_unit_test(test_trust),
		cmocka_unit_test(test_small_reads),
		cmocka_unit_test(test_socket_blocked),
		cmocka_unit_test(test_many_small_writes),
		cmocka_unit_test(test_empty_write),
		cmocka_unit_test(test_idle),
		cmocka_unit_test(test_keep_alive),
		cmocka_unit_test(test_key_update),
		cmocka_unit_test(test_other_streams_refused),
		cmocka_unit_test(test_orderly_close),
		cmocka_unit_test(test_close_in_the_middle),
		cmocka_unit_test(test_close_code),
		cmocka_unit_test(test_freed),
		cmocka_unit_test(test_stream_reset),
		cmocka_unit_test(test_stop_sending),
		cmocka_unit_test(test_write_waits_for_ack),
		cmocka_unit_test(test_flush),
		cmocka_unit_test(test_cancel_write),
		cmocka_unit_test(test_cancel_read),
		cmocka_unit_test(test_free_in_callback),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
