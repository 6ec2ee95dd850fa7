/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The ends of connections: what is said, what is still read, what the user is
 * told.
 */
#include "tests/testlib.h"
#include "tests/testlib_quic.h"

#include <errno.h>
#include <string.h>

#define MIB ((size_t)1 << 20)

/* --- beginnings without an answer ----------------------------------------- */

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

/* A client that takes itself for connected is told that it is not. */
static void test_unheard_end_of_handshake(void **state)
{
	struct quic_world *w = quic_world_new(NULL);

	(void)state;
	w->delay = 600 * NGTCP2_MILLISECONDS;
	quic_world_connect(w);
	/* it has asked twice by now, and the answer is on its way */
	quic_world_run(w, 1100 * NGTCP2_MILLISECONDS);
	w->client.mute = true;
	quic_world_run(w, 2 * NGTCP2_SECONDS);
	assert_int_equal(w->client.opened, 0);
	assert_int_equal(w->server.opened, -1);
	quic_world_run(w, 10 * NGTCP2_SECONDS);
	assert_int_equal(w->server.opened, ETIMEDOUT);
	assert_non_null(quic_conn_end(w->client.conn));
	assert_string_equal(quic_conn_end(w->client.conn)->why,
			    "192.0.2.2:443 refuses the connection: the "
			    "handshake took too long");
	talloc_free(w);
}

/* --- time ----------------------------------------------------------------- */

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

/* What was in force is said, not what was set here. */
static void test_idle_of_the_other(void **state)
{
	struct quic_world *w = quic_world_new(NULL);
	struct quic_world_transfer t = {.len = 1, .got = -1};
	uint8_t byte = 0;

	(void)state;
	w->client.settings.idle_timeout_ms = 600000;
	w->server.settings.idle_timeout_ms = 12000;
	quic_world_connect(w);
	t.in = &byte;
	quic_world_receive(w->client.conn, &t);
	quic_world_run(w, 14 * NGTCP2_SECONDS);
	assert_int_equal(t.got, ETIMEDOUT);
	assert_string_equal(quic_conn_end(w->client.conn)->why,
			    "192.0.2.2:443/udp has not answered for 12 s");
	assert_string_equal(quic_conn_end(w->server.conn)->why,
			    "the client has not answered for 12 s");
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
		quic_world_echo(w, 200000, 60 * NGTCP2_SECONDS);
		quic_world_run(w, 5 * NGTCP2_SECONDS);
	}
	talloc_free(w);
}

/* --- ends ----------------------------------------------------------------- */

static void test_other_streams_refused(void **state)
{
	struct quic_world *w = quic_world_connected(NULL);
	int64_t id = 0;

	(void)state;
	quic_world_echo(w, 10, NGTCP2_SECONDS);
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
	quic_world_echo(w, 10, NGTCP2_SECONDS);
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
	quic_world_echo(w, 10, NGTCP2_SECONDS);
	ngtcp2_conn_shutdown_stream_read(w->server.conn->ng, 0, 0, 7);
	quic_world_run(w, 12 * NGTCP2_MILLISECONDS);
	quic_world_send(w, w->client.conn, &t, 10);
	quic_world_run(w, NGTCP2_SECONDS);
	assert_int_equal(t.written, ECONNRESET);
	assert_int_equal(quic_conn_end(w->client.conn)->err, ECONNRESET);
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

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_no_answer),
		cmocka_unit_test(test_idle),
		cmocka_unit_test(test_idle_of_the_other),
		cmocka_unit_test(test_keep_alive),
		cmocka_unit_test(test_key_update),
		cmocka_unit_test(test_other_streams_refused),
		cmocka_unit_test(test_orderly_close),
		cmocka_unit_test(test_close_in_the_middle),
		cmocka_unit_test(test_close_code),
		cmocka_unit_test(test_freed),
		cmocka_unit_test(test_stream_reset),
		cmocka_unit_test(test_stop_sending),
		cmocka_unit_test(test_flush),
		cmocka_unit_test(test_unheard_end_of_handshake),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
