/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Two connections, a link in memory, a clock set by hand: handshake, transfer,
 * flow control, what is given up. Who the ends are is in test_quic_who.c, bad
 * links in test_quic_link.c, time-outs and ends in test_quic_close.c.
 */
#include "tests/testlib.h"
#include "tests/testlib_quic.h"

#include <errno.h>
#include <string.h>

#define MIB ((size_t)1 << 20)

/* --- beginning ------------------------------------------------------------ */

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
	quic_world_echo(w, 1, NGTCP2_SECONDS);
	quic_world_echo(w, 3 * MIB, 20 * NGTCP2_SECONDS);
	quic_conn_stats(w->client.conn, &stats);
	assert_int_equal(stats.bytes_in, 3 * MIB + 1);
	assert_int_equal(stats.bytes_out, 3 * MIB + 1);
	assert_in_range(stats.bytes_acked, 2 * MIB, 3 * MIB + 1);
	assert_int_equal(stats.packets_lost, 0);
	assert_in_range(stats.rtt_us, 19000, 30000);
	assert_int_equal(stats.path_mtu, 1472);
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

/* --- flow control --------------------------------------------------------- */

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
	quic_world_finish(w, &t, 60 * NGTCP2_SECONDS);
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
	quic_world_finish(w, &t, 60 * NGTCP2_SECONDS);
	/* With the first window alone it would take 25 s. */
	assert_true(w->now - began < 5 * NGTCP2_SECONDS);
	talloc_free(w);
}

/* ... and not beyond its bound, for the stream and for the connection. */
static void test_window_is_bounded(void **state)
{
	struct quic_world *w = quic_world_new(NULL);
	struct quic_world_transfer t;

	(void)state;
	w->delay = 50 * NGTCP2_MILLISECONDS;
	w->server.settings.stream_window = 65536;
	w->server.settings.max_window = 2 * MIB;
	quic_world_connect(w);
	quic_world_run(w, NGTCP2_SECONDS);
	quic_world_send(w, w->client.conn, &t, 32 * MIB);
	quic_world_receive(w->server.conn, &t);
	quic_world_finish(w, &t, 60 * NGTCP2_SECONDS);
	/* all that the peer may say now is said */
	quic_world_send(w, w->client.conn, &t, 16 * MIB);
	quic_world_run(w, 30 * NGTCP2_SECONDS);
	assert_in_range(w->server.conn->stream.buffered, 2 * 65536, 2 * MIB);
	assert_true(ngtcp2_conn_get_max_data_left(w->client.conn->ng) <=
		    3 * MIB);
	quic_world_receive(w->server.conn, &t);
	quic_world_finish(w, &t, 60 * NGTCP2_SECONDS);
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
	quic_world_finish(w, &t, NGTCP2_SECONDS);
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
	quic_world_finish(w, &t, 20 * NGTCP2_SECONDS);
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

/* --- what is given up ----------------------------------------------------- */

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
	quic_world_finish(w, &first, NGTCP2_SECONDS);
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
		cmocka_unit_test(test_unfinished_handshake),
		cmocka_unit_test(test_refused_by_socket),
		cmocka_unit_test(test_back_pressure),
		cmocka_unit_test(test_window_grows),
		cmocka_unit_test(test_window_is_bounded),
		cmocka_unit_test(test_trust),
		cmocka_unit_test(test_small_reads),
		cmocka_unit_test(test_socket_blocked),
		cmocka_unit_test(test_many_small_writes),
		cmocka_unit_test(test_empty_write),
		cmocka_unit_test(test_write_waits_for_ack),
		cmocka_unit_test(test_cancel_write),
		cmocka_unit_test(test_cancel_read),
		cmocka_unit_test(test_free_in_callback),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
