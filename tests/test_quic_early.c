/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * 0-RTT: what goes with the first packets, what the server makes of it, and
 * what becomes of it when it is refused.
 */
#include "tests/testlib.h"
#include "tests/testlib_quic.h"

#include <errno.h>
#include <string.h>

static const uint8_t secret[QUIC_SECRET_LEN] =
	"the secret of all tickets, 32 B";
static const uint8_t words[] = "which changes nothing when it comes twice";
static const uint8_t answer[] = "and this is said in return";

struct reading {
	struct quic_read read; /* first */
	uint8_t buf[100];
	quic_time when; /* 0: not yet */
	struct quic_world *world;
};

static void on_read(struct quic_read *read, int err)
{
	struct reading *r = (struct reading *)(void *)read;

	assert_int_equal(err, 0);
	r->when = r->world->now;
}

static void begin_read(struct quic_world *w, struct quic_conn *c,
		       struct reading *r, size_t len)
{
	int err = 0;

	*r = (struct reading){.world = w};
	r->read = (struct quic_read){
		.buf = r->buf, .min = len, .max = len, .done = on_read};
	if (quic_conn_read(c, &r->read, &err)) {
		on_read(&r->read, err);
	}
}

static bool was_read(void *arg)
{
	return ((struct reading *)arg)->when != 0;
}

static bool client_opened(void *arg)
{
	return ((struct quic_world *)arg)->client.opened != -1;
}

static bool server_opened(void *arg)
{
	return ((struct quic_world *)arg)->server.opened != -1;
}

static void facts_of(struct quic_world *w, struct quic_world_end *e,
		     struct transport_facts *out)
{
	assert_true(quic_conn_facts(e->conn, w, out));
}

/* The client has been there, and would say words the next time. */
static struct quic_world *visited(bool offered)
{
	struct quic_world *w = quic_world_new(NULL);
	const uint8_t *data = NULL;
	size_t len = 0;

	w->ticket_secret = secret;
	w->replay = offered ? quic_replay_new(w) : NULL;
	w->resume.wanted = true;
	w->resume.early = true;
	quic_world_open(w);
	assert_false(w->early_queued);
	quic_world_run(w, NGTCP2_SECONDS);
	data = quic_conn_session(w->client.conn, &len);
	assert_non_null(data);
	w->resume.data = talloc_memdup(w, data, len);
	w->resume.len = len;
	w->early = words;
	w->early_len = sizeof(words);
	quic_world_again(w);
	return w;
}

/* What was said arrives once, whole and first, and can be answered. */
static void assert_talk(struct quic_world *w)
{
	struct quic_world_transfer t;
	struct reading r;

	quic_world_until(w, server_opened, w, 5 * NGTCP2_SECONDS);
	begin_read(w, w->server.conn, &r, sizeof(words));
	quic_world_until(w, was_read, &r, 5 * NGTCP2_SECONDS);
	assert_memory_equal(r.buf, words, sizeof(words));
	quic_world_until(w, client_opened, w, 5 * NGTCP2_SECONDS);
	assert_int_equal(w->client.opened, 0);
	quic_world_send(w, w->client.conn, &t, 50000);
	quic_world_receive(w->server.conn, &t);
	quic_world_until(w, quic_world_transferred, &t, 5 * NGTCP2_SECONDS);
	assert_int_equal(t.got, 0);
	assert_memory_equal(t.in, t.out, t.len);
	quic_world_send(w, w->server.conn, &t, 50000);
	quic_world_receive(w->client.conn, &t);
	quic_world_until(w, quic_world_transferred, &t, 5 * NGTCP2_SECONDS);
	assert_memory_equal(t.in, t.out, t.len);
	assert_false(quic_conn_is_early(w->server.conn));
}

static void assert_taken(struct quic_world *w, bool taken)
{
	struct transport_facts client, server;

	facts_of(w, &w->client, &client);
	facts_of(w, &w->server, &server);
	assert_int_equal(client.early_taken, taken);
	assert_int_equal(server.early_taken, taken);
	assert_int_equal(client.early_sent, w->early_queued);
}

/* The answer is there one round trip after the beginning. */
static void test_answered_at_once(void **state)
{
	struct quic_world *w = visited(true);
	quic_time begin = w->now;
	struct quic_world_transfer t = {.written = -1};
	struct reading there, back;

	(void)state;
	quic_world_connect(w);
	assert_true(w->early_queued);
	begin_read(w, w->client.conn, &back, sizeof(answer));
	quic_world_until(w, server_opened, w, NGTCP2_SECONDS);
	assert_int_equal(w->server.opened, 0);
	assert_true(w->now <= begin + w->delay);
	assert_true(quic_conn_is_early(w->server.conn));
	begin_read(w, w->server.conn, &there, sizeof(words));
	assert_true(was_read(&there));
	assert_memory_equal(there.buf, words, sizeof(words));
	quic_world_send(w, w->server.conn, &t, sizeof(answer));
	memcpy(t.out, answer, sizeof(answer));
	quic_world_until(w, was_read, &back, NGTCP2_SECONDS);
	assert_memory_equal(back.buf, answer, sizeof(answer));
	assert_true(back.when < begin + 3 * w->delay);
	quic_world_run(w, NGTCP2_SECONDS);
	assert_int_equal(w->client.opened, 0);
	assert_false(quic_conn_is_early(w->server.conn));
	assert_taken(w, true);
	talloc_free(w);
}

static void test_again_and_again(void **state)
{
	struct quic_world *w = visited(true);
	unsigned i = 0;

	(void)state;
	for (i = 0; i < 3; i++) {
		const uint8_t *data = NULL;
		size_t len = 0;

		quic_world_connect(w);
		assert_talk(w);
		assert_taken(w, true);
		data = quic_conn_session(w->client.conn, &len);
		assert_non_null(data);
		w->resume.data = talloc_memdup(w, data, len);
		w->resume.len = len;
		quic_world_again(w);
	}
	talloc_free(w);
}

static void test_lossy(void **state)
{
	struct quic_world *w = visited(true);

	(void)state;
	w->loss = 200;
	w->reordered = 200;
	w->client.settings.connect_timeout_ms = 60000;
	w->server.settings.handshake_timeout_ms = 60000;
	quic_world_connect(w);
	quic_world_until(w, server_opened, w, 60 * NGTCP2_SECONDS);
	quic_world_until(w, client_opened, w, 60 * NGTCP2_SECONDS);
	w->loss = 0;
	assert_talk(w);
	talloc_free(w);
}

/* An address has to be proven before anything is heard. */
static void test_retry(void **state)
{
	struct quic_world *w = visited(true);

	(void)state;
	w->retry = true;
	quic_world_connect(w);
	assert_true(w->early_queued);
	assert_talk(w);
	assert_int_equal(w->retries, 1);
	talloc_free(w);
}

/* Without the server's leave nothing goes early. */
static void test_not_offered(void **state)
{
	struct quic_world *w = visited(false);
	struct transport_facts facts;

	(void)state;
	w->replay = quic_replay_new(w); /* too late for that ticket */
	quic_world_open(w);
	assert_false(w->early_queued);
	facts_of(w, &w->server, &facts);
	assert_false(facts.early_taken);
	talloc_free(w);
}

static void test_not_wanted(void **state)
{
	struct quic_world *w = visited(true);
	struct transport_facts facts;

	(void)state;
	w->resume.early = false;
	quic_world_open(w);
	assert_false(w->early_queued);
	facts_of(w, &w->server, &facts);
	assert_true(facts.resumed);
	assert_false(facts.early_taken);
	talloc_free(w);
}

/* What is refused is sent again behind the handshake. */
static void assert_refused(struct quic_world *w)
{
	quic_world_connect(w);
	assert_true(w->early_queued);
	assert_talk(w);
	assert_taken(w, false);
}

static void test_switched_off(void **state)
{
	struct quic_world *w = visited(true);

	(void)state;
	w->replay = NULL;
	assert_refused(w);
	talloc_free(w);
}

static void test_no_tickets(void **state)
{
	struct quic_world *w = visited(true);

	(void)state;
	w->ticket_secret = NULL;
	assert_refused(w);
	talloc_free(w);
}

static void test_other_secret(void **state)
{
	static const uint8_t other[QUIC_SECRET_LEN] = "another";
	struct quic_world *w = visited(true);

	(void)state;
	w->ticket_secret = other;
	assert_refused(w);
	talloc_free(w);
}

/* A server that was started anew does not know what it has seen. */
static void test_memory_lost(void **state)
{
	struct quic_world *w = visited(true);

	(void)state;
	talloc_free(w->replay);
	w->replay = quic_replay_new(w);
	assert_refused(w);
	talloc_free(w);
}

/* With less room than the ticket promised: it is no ticket any more. */
static void test_limits_changed(void **state)
{
	struct quic_world *w = visited(true);
	struct transport_facts facts;

	(void)state;
	w->server.settings.stream_window = 65536;
	assert_refused(w);
	facts_of(w, &w->server, &facts);
	assert_false(facts.resumed);
	talloc_free(w);
}

/* Somebody sends again what he has recorded. */
static void test_replay(void **state)
{
	struct quic_world *w = visited(true);
	uint8_t first[2][2000];
	size_t len[2] = {0};
	struct reading r;
	unsigned i = 0;

	(void)state;
	quic_world_connect(w);
	for (i = 0; i < 2 && (i == 0 || w->packets != NULL); i++) {
		len[i] = quic_world_first_datagram(w, first[i],
						   sizeof(first[i]));
	}
	for (i = 0; i < 2 && len[i] > 0; i++) {
		quic_world_to_server(w, first[i], len[i]);
	}
	quic_world_until(w, server_opened, w, NGTCP2_SECONDS);
	begin_read(w, w->server.conn, &r, sizeof(words));
	assert_true(was_read(&r));
	quic_world_again(w);
	/* the second time nobody says it */
	for (i = 0; i < 2 && len[i] > 0; i++) {
		quic_world_to_server(w, first[i], len[i]);
	}
	assert_non_null(w->server.conn);
	quic_world_run(w, NGTCP2_SECONDS);
	assert_int_equal(w->server.opened, -1);
	assert_int_equal(w->server.conn->stream.bytes_in, 0);
	assert_int_equal(w->server.conn->stream.buffered, 0);
	quic_world_run(w, 60 * NGTCP2_SECONDS);
	assert_true(w->server.opened > 0);
	talloc_free(w);
}

/* The server does not speak the version that it began with. */
static void test_other_version(void **state)
{
	struct quic_world *w = visited(true);

	(void)state;
	w->client.settings.quic_version = 2;
	w->server.settings.quic_version_only = true;
	assert_refused(w);
	talloc_free(w);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_answered_at_once),
		cmocka_unit_test(test_again_and_again),
		cmocka_unit_test(test_lossy),
		cmocka_unit_test(test_retry),
		cmocka_unit_test(test_not_offered),
		cmocka_unit_test(test_not_wanted),
		cmocka_unit_test(test_switched_off),
		cmocka_unit_test(test_no_tickets),
		cmocka_unit_test(test_other_secret),
		cmocka_unit_test(test_memory_lost),
		cmocka_unit_test(test_limits_changed),
		cmocka_unit_test(test_replay),
		cmocka_unit_test(test_other_version),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
