/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Sessions that are resumed, and those that must not be.
 */
#include "tests/testlib.h"
#include "tests/testlib_quic.h"

#include <errno.h>
#include <string.h>
#include <time.h>

static const uint8_t secret[QUIC_SECRET_LEN] =
	"the secret of all tickets, 32 B";
static const uint8_t other_secret[QUIC_SECRET_LEN] =
	"the secret of another server, B";

static bool resumed(struct quic_world *w, struct quic_world_end *e)
{
	struct transport_facts facts;

	assert_true(quic_conn_facts(e->conn, w, &facts));
	return facts.resumed;
}

static void assert_open(struct quic_world *w, bool both_resumed)
{
	struct quic_world_transfer t;

	quic_world_open(w);
	assert_int_equal(resumed(w, &w->client), both_resumed);
	assert_int_equal(resumed(w, &w->server), both_resumed);
	quic_world_send(w, w->client.conn, &t, 1000);
	quic_world_receive(w->server.conn, &t);
	quic_world_until(w, quic_world_transferred, &t, NGTCP2_SECONDS);
	assert_memory_equal(t.in, t.out, t.len);
	quic_world_run(w, NGTCP2_SECONDS);
	/* TLS's own state is gone on both ends, what is known of it is not */
	assert_int_equal(resumed(w, &w->client), both_resumed);
	assert_int_equal(resumed(w, &w->server), both_resumed);
}

/* What the client would keep in its file. */
static void take_session(struct quic_world *w)
{
	size_t len = 0;
	const uint8_t *data = quic_conn_session(w->client.conn, &len);

	assert_non_null(data);
	w->resume.data = talloc_memdup(w, data, len);
	w->resume.len = len;
	quic_world_again(w);
}

static struct quic_world *visited(void)
{
	struct quic_world *w = quic_world_new(NULL);

	w->ticket_secret = secret;
	w->resume.wanted = true;
	assert_open(w, false);
	assert_in_range(w->client.news, 1, 100);
	take_session(w);
	return w;
}

static void test_resumed(void **state)
{
	struct quic_world *w = visited();
	unsigned i = 0;

	(void)state;
	for (i = 0; i < 3; i++) { /* every visit brings the next ticket */
		assert_open(w, true);
		take_session(w);
	}
	w->loss = 50;
	assert_open(w, true);
	talloc_free(w);
}

static void test_not_wanted(void **state)
{
	struct quic_world *w = quic_world_new(NULL);
	size_t len = 1;

	(void)state;
	w->ticket_secret = secret; /* the client wants none */
	assert_open(w, false);
	assert_null(quic_conn_session(w->client.conn, &len));
	assert_int_equal(len, 0);
	quic_world_again(w);
	w->ticket_secret = NULL; /* the server gives none */
	w->resume.wanted = true;
	assert_open(w, false);
	assert_null(quic_conn_session(w->client.conn, &len));
	talloc_free(w);
}

/* The server has forgotten its secret: a full handshake, and no failure. */
static void test_other_secret(void **state)
{
	struct quic_world *w = visited();

	(void)state;
	w->ticket_secret = other_secret;
	assert_open(w, false);
	quic_world_again(w);
	w->ticket_secret = NULL;
	assert_open(w, false);
	talloc_free(w);
}

/* A ticket belongs to a certificate. */
static void test_other_certificate(void **state)
{
	struct quic_world *w = visited();

	(void)state;
	w->identity = quic_world_identity(w, QUIC_WORLD_NAME, NULL);
	assert_open(w, false);
	talloc_free(w);
}

/* Who asks for client certificates now does not take a ticket for one. */
static void test_client_certificate_wanted(void **state)
{
	struct quic_world *w = visited();

	(void)state;
	w->identity->require_client_certificate = true;
	quic_world_connect(w);
	quic_world_run(w, 2 * NGTCP2_SECONDS);
	assert_int_equal(w->client.opened, EACCES);
	talloc_free(w);
}

/* The certificate of before is judged again, by today's policy. */
static void test_judged_again(void **state)
{
	struct quic_world *w = visited();
	char *pin = talloc_asprintf(w, "sha256:%s", w->identity->sha256);
	struct quic_resume resume = w->resume;

	(void)state;
	w->client_policy.trust = TLS_TRUST_PIN;
	w->client_policy.pin = pin;
	assert_open(w, true);
	quic_world_again(w);
	w->resume = resume;
	w->client_policy.pin = "sha256:0000000000000000000000000000000000000000"
			       "000000000000000000000000";
	quic_world_connect(w);
	quic_world_run(w, 2 * NGTCP2_SECONDS);
	assert_int_equal(w->client.opened, EACCES);
	assert_non_null(strstr(quic_conn_end(w->client.conn)->why, "pin"));
	talloc_free(w);
}

/* The file that a client keeps may be damaged. */
static void test_damaged(void **state)
{
	struct quic_world *w = visited();
	const uint8_t *good = w->resume.data;
	size_t len = w->resume.len;
	uint8_t *bad = talloc_memdup(w, good, len);
	size_t i = 0;

	(void)state;
	w->resume.data = bad;
	for (i = 0; i < len; i += len / 40 + 1) {
		memcpy(bad, good, len);
		bad[i] ^= 0x55;
		w->resume.len = len;
		quic_world_connect(w);
		quic_world_run(w, NGTCP2_SECONDS);
		/* it may fail, but not fall; most begin anew */
		assert_int_not_equal(w->client.opened, -1);
		quic_world_again(w);
	}
	for (i = 0; i < len; i += len / 40 + 1) {
		memcpy(bad, good, len);
		w->resume.len = i;
		quic_world_connect(w);
		quic_world_run(w, NGTCP2_SECONDS);
		assert_int_not_equal(w->client.opened, -1);
		quic_world_again(w);
	}
	talloc_free(w);
}

/* --- keys rotate --------------------------------------------------------- */

static time_t days;

static time_t some_day(time_t *t)
{
	time_t now = time(NULL) + days * 24 * 3600;

	if (t != NULL) {
		*t = now;
	}
	return now;
}

/* A ticket is good for a day, though its key is still known then: and after
 * keys have changed, those of today work. */
static void test_days(void **state)
{
	struct quic_world *w = visited();
	struct quic_resume resume = w->resume;

	(void)state;
	gnutls_global_set_time_function(some_day);
	days = 2;
	assert_open(w, false);
	take_session(w);
	assert_open(w, true);
	quic_world_again(w);
	days = 9;
	w->resume = resume;
	assert_open(w, false);
	take_session(w);
	assert_open(w, true);
	gnutls_global_set_time_function(time);
	days = 0;
	talloc_free(w);
}

/* --- the name in a ClientHello ------------------------------------------- */

/* version, random, no session id, one suite, one compression */
#define HELLO                              \
	"\x03\x03"                         \
	"0123456789abcdef0123456789abcdef" \
	"\x00\x00\x02\x13\x01\x01\x00"

static void assert_name(const char *hello, size_t len, const char *expected)
{
	char name[QUIC_NAME_MAX + 1] = "?";

	assert_true(quic_ticket_name((const uint8_t *)hello, len, name));
	assert_string_equal(name, expected);
}

static void test_name(void **state)
{
	static const char with[] = HELLO "\x00\x18"
					 "\x00\x23\x00\x00"
					 "\x00\x2b\x00\x03\x02\x03\x04"
					 "\x00\x00\x00\x09\x00\x07"
					 "\x00\x00\x04host";
	static const char address[] = HELLO "\x00\x11"
					    "\x00\x23\x00\x00"
					    "\x00\x00\x00\x09\x00\x07"
					    "\x01\x00\x04host";
	static const char zero[] = HELLO "\x00\x11"
					 "\x00\x23\x00\x00"
					 "\x00\x00\x00\x09\x00\x07"
					 "\x00\x00\x04h\x00st";
	static const char none[] = HELLO "\x00\x0b"
					 "\x00\x23\x00\x00"
					 "\x00\x2b\x00\x03\x02\x03\x04";
	static const char off[] = HELLO "\x00\x0b"
					"\x00\x17\x00\x00"
					"\x00\x2b\x00\x03\x02\x03\x04";
	static const char both[] = HELLO "\x00\x0f"
					 "\x00\x17\x00\x00"
					 "\x00\x23\x00\x00"
					 "\x00\x2b\x00\x03\x02\x03\x04";
	static const char tls13_only[] = HELLO "\x00\x07"
					       "\x00\x2b\x00\x03\x02\x03\x04";
	char name[QUIC_NAME_MAX + 1];
	size_t len = 0;

	(void)state;
	assert_false(
		quic_ticket_name((const uint8_t *)off, sizeof(off) - 1, name));
	assert_name(both, sizeof(both) - 1, "");
	assert_name(tls13_only, sizeof(tls13_only) - 1, "");
	assert_name(with, sizeof(with) - 1, "host");
	assert_name(none, sizeof(none) - 1, "");
	assert_name(address, sizeof(address) - 1, "");
	assert_false(quic_ticket_name((const uint8_t *)zero, sizeof(zero) - 1,
				      name));
	for (len = 0; len < sizeof(with) - 1; len++) {
		/* without any extension a hello is one still */
		if (quic_ticket_name((const uint8_t *)with, len, name)) {
			assert_string_equal(name, "");
		}
	}
}

static void test_permits_early(void **state)
{
#define TICKET         \
	"\0\0\x0e\x10" \
	"1234"         \
	"\x01n"        \
	"\x00\x03tic"
	static const char yes[] = TICKET "\x00\x08"
					 "\x00\x2a\x00\x04\xff\xff\xff\xff";
	static const char little[] = TICKET "\x00\x08"
					    "\x00\x2a\x00\x04\x00\x00\x40\x00";
	static const char none[] = TICKET "\x00\x00";
	size_t len = 0;

	(void)state;
	assert_true(quic_ticket_permits_early((const uint8_t *)yes,
					      sizeof(yes) - 1));
	assert_false(quic_ticket_permits_early((const uint8_t *)little,
					       sizeof(little) - 1));
	assert_false(quic_ticket_permits_early((const uint8_t *)none,
					       sizeof(none) - 1));
	for (len = 0; len < sizeof(yes) - 1; len++) {
		assert_false(
			quic_ticket_permits_early((const uint8_t *)yes, len));
	}
}

static void test_keys_differ(void **state)
{
	struct tls_identity one = {.sha256 = "01"}, two = {.sha256 = "02"};
	struct tls_identity nobody = {0};
	const struct wire_slice none = {0};
	const struct wire_slice some = wire_slice("limits", 6);
	const struct wire_slice others = wire_slice("limitz", 6);
	uint8_t a[QUIC_TICKET_KEY_LEN], b[QUIC_TICKET_KEY_LEN];

	(void)state;
	assert_true(quic_ticket_key(secret, &one, none, a));
	assert_true(quic_ticket_key(secret, &one, none, b));
	assert_memory_equal(a, b, sizeof(a));
	assert_true(quic_ticket_key(secret, &two, none, b));
	assert_memory_not_equal(a, b, sizeof(a));
	assert_true(quic_ticket_key(other_secret, &one, none, b));
	assert_memory_not_equal(a, b, sizeof(a));
	assert_false(quic_ticket_key(secret, &nobody, none, a));
	/* what 0-RTT rests on is part of it */
	assert_true(quic_ticket_key(secret, &one, some, b));
	assert_memory_not_equal(a, b, sizeof(a));
	assert_true(quic_ticket_key(secret, &one, others, a));
	assert_memory_not_equal(a, b, sizeof(a));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_resumed),
		cmocka_unit_test(test_not_wanted),
		cmocka_unit_test(test_other_secret),
		cmocka_unit_test(test_other_certificate),
		cmocka_unit_test(test_client_certificate_wanted),
		cmocka_unit_test(test_judged_again),
		cmocka_unit_test(test_damaged),
		cmocka_unit_test(test_days),
		cmocka_unit_test(test_name),
		cmocka_unit_test(test_permits_early),
		cmocka_unit_test(test_keys_differ),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
