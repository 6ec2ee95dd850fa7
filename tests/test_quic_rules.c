/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What a peer may not say, rule by rule (RFC 9000 4, 12.4, 19), and what is
 * odd and allowed. Packets are without encryption, and each frame is said in
 * place of something that the peer would have said.
 *
 * What the in-kernel QUIC project tests of streams and connections, and where
 * it is tested here:
 *
 *   open, and limits of streams        test_quic_roam.c limits_of_streams,
 *    in each direction                  here: streams
 *   send on what was never opened,     here: states of streams
 *    is closed, or only received
 *   window and its end                 test_quic_conn.c back_pressure, here
 *   reset; write after a reset         test_quic_close.c stream_reset,
 *                                       test_quic_roam.c reset_in_the_middle
 *   stop-sending; write after it       test_quic_close.c stop_sending
 *   write after the end; the end       test_quic_roam.c write_after_end,
 *    alone                              test_quic_endpoint.c half_close
 *   connection ids                     test_quic_cids.c
 *   migrate; to the same address;      test_quic_roam.c migrate,
 *    again before it is done; send      no_migration, migrate_to_nowhere,
 *    at once                            migrate_and_send
 *   key update by each end, and not    test_quic_roam.c key_updates
 *    twice at once
 *   token, and none that is empty      test_quic_roam.c retry_and_token, here
 *   ticket                             test_quic_ticket.c, test_quic_early.c
 *   datagrams                          here: not spoken
 *   close with code and phrase         test_quic_close.c close_code
 *   Retry, version 2 and negotiation   test_quic_roam.c versions,
 *                                       begin_again, retry_and_token
 *   ciphers                            tests/125, tests/126
 */
#include "tests/testlib.h"
#include "tests/fixture_quic_plain.h"

#include <errno.h>
#include <string.h>

/* RFC 9000 20.1 */
enum {
	FLOW_CONTROL = 0x3,
	STREAM_LIMIT = 0x4,
	STREAM_STATE = 0x5,
	FINAL_SIZE = 0x6,
	FRAME_ENCODING = 0x7,
	PROTOCOL = 0xa,
	CRYPTO_BUFFER = 0xd,
	UNEXPECTED_MESSAGE = 0x10a, /* the TLS alert */
};

struct rule {
	const char *what;
	char to; /* 'c'lient, 's'erver, 'b'oth; 't': a client that would have a
		  * ticket, whose TLS goes on therefore */
	uint64_t code;
	uint8_t len;
	uint8_t frames[24];
};

/* Stream 0 is the one that a client may open; 1 would be a server's, 2 and 3
 * go one way. */
static const struct rule forbidden[] = {
	/* streams */
	{"a second stream", 's', STREAM_LIMIT, 4, {0x0a, 4, 1, 'A'}},
	{"a stream of the server's", 'c', STREAM_LIMIT, 4, {0x0a, 1, 1, 'A'}},
	{"one way", 's', STREAM_LIMIT, 4, {0x0a, 2, 1, 'A'}},
	{"one way", 'c', STREAM_LIMIT, 4, {0x0a, 3, 1, 'A'}},
	{"a second one that is reset", 's', STREAM_LIMIT, 4, {0x04, 4, 0, 0}},
	/* states of streams */
	{"of a stream not opened", 'c', STREAM_STATE, 4, {0x0a, 4, 1, 'A'}},
	{"of a stream not opened", 's', STREAM_STATE, 4, {0x0a, 1, 1, 'A'}},
	{"stop what is not opened", 's', STREAM_STATE, 3, {0x05, 1, 0}},
	{"stop what only comes", 'c', STREAM_STATE, 3, {0x05, 3, 0}},
	/* RFC 9000 11 lets the library be vague */
	{"reset what only goes", 's', PROTOCOL, 4, {0x04, 3, 0, 0}},
	{"room where nothing is opened", 's', STREAM_STATE, 3, {0x11, 1, 9}},
	{"room where nothing goes", 's', STREAM_STATE, 3, {0x11, 2, 9}},
	{"blocked where nothing comes", 's', STREAM_STATE, 3, {0x15, 3, 9}},
	/* how much */
	{"beyond the window",
	 's',
	 FLOW_CONTROL,
	 8,
	 {0x0e, 0, 0x80, 0x20, 0, 0, 1, 'A'}},
	{"the end beyond the window",
	 's',
	 FLOW_CONTROL,
	 7,
	 {0x04, 0, 0, 0x80, 0x20, 0, 0}},
	{"after the end",
	 's',
	 FINAL_SIZE,
	 9,
	 {0x0b, 0, 1, 'A', 0x0e, 0, 5, 1, 'B'}},
	{"another end",
	 's',
	 FINAL_SIZE,
	 9,
	 {0x0b, 0, 1, 'A', 0x0b, 0, 2, 'A', 'B'}},
	{"a reset at another end",
	 's',
	 FINAL_SIZE,
	 8,
	 {0x0b, 0, 1, 'A', 0x04, 0, 0, 5}},
	{"an end before what came",
	 's',
	 FINAL_SIZE,
	 9,
	 {0x0e, 0, 5, 1, 'A', 0x0b, 0, 1, 'A'}},
	{"TLS far ahead",
	 'b',
	 CRYPTO_BUFFER,
	 7,
	 {0x06, 0x80, 0x10, 0, 0, 1, 'A'}},
	{"more streams than there are numbers",
	 'b',
	 FRAME_ENCODING,
	 9,
	 {0x12, 0xd0, 0, 0, 0, 0, 0, 0, 1}},
	/* not to that end */
	{"a token", 's', PROTOCOL, 3, {0x07, 1, 'T'}},
	{"handshake done", 's', PROTOCOL, 1, {0x1e}},
	/* not at all */
	{"an empty token", 'c', FRAME_ENCODING, 2, {0x07, 0}},
	{"no frame at all", 'b', PROTOCOL, 0, {0}},
	{"an unknown frame", 'b', FRAME_ENCODING, 1, {0x1f}},
	{"a datagram, not spoken", 'b', PROTOCOL, 2, {0x30, 'A'}},
	{"a frame cut off", 'b', FRAME_ENCODING, 3, {0x06, 0, 9}},
	{"packets that never were",
	 'b',
	 PROTOCOL,
	 6,
	 {0x02, 0x7f, 0xff, 0, 0, 0}},
	{"packets below the first", 'b', FRAME_ENCODING, 5, {0x02, 0, 0, 0, 5}},
	/* RFC 9001 6 */
	{"TLS's own key update",
	 't',
	 UNEXPECTED_MESSAGE,
	 8,
	 {0x06, 0, 5, 24, 0, 0, 1, 0}},
	{"TLS's own key update, to be answered",
	 't',
	 UNEXPECTED_MESSAGE,
	 8,
	 {0x06, 0, 5, 24, 0, 0, 1, 1}},
	{"Finished, again",
	 't',
	 UNEXPECTED_MESSAGE,
	 8,
	 {0x06, 0, 5, 20, 0, 0, 1, 0}},
	{"TLS's own key update",
	 'b',
	 UNEXPECTED_MESSAGE,
	 8,
	 {0x06, 0, 5, 24, 0, 0, 1, 0}},
	{"another ClientHello",
	 's',
	 UNEXPECTED_MESSAGE,
	 7,
	 {0x06, 0, 4, 1, 0, 0, 0}},
};

static const struct rule allowed[] = {
	{"a word to keep it alive", 'b', 0, 1, {0x01}},
	{"less room than there is", 'b', 0, 2, {0x10, 1}},
	{"fewer streams than before", 'b', 0, 2, {0x12, 0}},
	{"blocked", 'b', 0, 2, {0x14, 9}},
	{"blocked for want of streams", 's', 0, 2, {0x16, 1}},
	{"blocked for want of streams", 'c', 0, 2, {0x16, 0}},
	{"are you there?", 'b', 0, 9, {0x1a, 1, 2, 3, 4, 5, 6, 7, 8}},
	{"an answer to no question", 'b', 0, 9, {0x1b, 1, 2, 3, 4, 5, 6, 7, 8}},
	{"a token", 'c', 0, 3, {0x07, 1, 'T'}},
	{"handshake done, again", 'c', 0, 1, {0x1e}},
	{"an end without bytes", 's', 0, 3, {0x0b, 0, 0}},
};

static struct quic_world *bare_world(struct plain *p)
{
	static struct tls_identity *identity;
	struct quic_world *w = NULL;

	if (identity == NULL) {
		identity = quic_world_identity(NULL, QUIC_WORLD_NAME, NULL);
	}
	w = quic_world_new_as(NULL, identity);
	plain_begin(p, w);
	return w;
}

static struct quic_world *new_world(struct plain *p, const struct rule *r)
{
	struct quic_world *w = bare_world(p);

	w->resume.wanted = r->to == 't';
	quic_world_open(w);
	quic_world_run(w, 5 * NGTCP2_SECONDS);
	return w;
}

static void say(struct plain *p, bool to_server, const struct rule *r)
{
	struct quic_world *w = p->w;

	print_message("%s: %s\n", to_server ? "server" : "client", r->what);
	assert_true(plain_say(p, to_server ? &w->client : &w->server, r->frames,
			      r->len));
	quic_world_run(w, NGTCP2_SECONDS);
}

static void try_forbidden(const struct rule *r, bool to_server)
{
	struct plain p;
	struct quic_world *w = new_world(&p, r);
	struct quic_world_end *victim = to_server ? &w->server : &w->client;
	const struct plain_end *said = to_server ? &p.server : &p.client;

	say(&p, to_server, r);
	assert_true(said->closed);
	assert_int_equal(said->close_code, r->code);
	assert_true(victim->ended);
	assert_non_null(quic_conn_end(victim->conn)->why);
	talloc_free(w);
}

static void try_allowed(const struct rule *r, bool to_server)
{
	struct plain p;
	struct quic_world *w = new_world(&p, r);

	say(&p, to_server, r);
	assert_false(p.server.closed || p.client.closed);
	assert_true(quic_conn_is_open(w->client.conn));
	assert_true(quic_conn_is_open(w->server.conn));
	if (r->frames[0] < 0x08 || r->frames[0] > 0x0f) {
		quic_world_echo(w, 1000, NGTCP2_SECONDS);
	}
	talloc_free(w);
}

static void each(const struct rule *rules, size_t count,
		 void (*attempt)(const struct rule *r, bool to_server))
{
	for (size_t i = 0; i < count; i++) {
		if (strchr("sb", rules[i].to) != NULL) {
			attempt(&rules[i], true);
		}
		if (strchr("ctb", rules[i].to) != NULL) {
			attempt(&rules[i], false);
		}
	}
}

static void test_forbidden(void **state)
{
	(void)state;
	each(forbidden, sizeof(forbidden) / sizeof(forbidden[0]),
	     try_forbidden);
}

/* --- behind Finished ------------------------------------------------------
 *
 * A client says more of TLS in the same datagram: the server is not through
 * with the handshake yet. */

static const uint8_t key_update[] = {24, 0, 0, 1, 1};
static bool at_handshake_level;

static void put_packet(struct wire_writer *w, const uint8_t *dcid,
		       const uint8_t *scid)
{
	static const uint8_t v1[] = {0, 0, 0, 1};
	/* type, offset and length of the CRYPTO frame: behind a Finished of 36
	 * bytes, or at the begin of its level */
	const uint8_t frame[] = {0x06, at_handshake_level ? 36 : 0,
				 sizeof(key_update)};
	const size_t len = 4 + sizeof(frame) + sizeof(key_update) + PLAIN_TAG;

	if (at_handshake_level) {
		wire_put_u8(w, 0xe3);
		wire_put(w, v1, sizeof(v1));
		wire_put_u8(w, QUIC_CID_LEN);
		wire_put(w, dcid, QUIC_CID_LEN);
		wire_put_u8(w, QUIC_CID_LEN);
		wire_put(w, scid, QUIC_CID_LEN);
		wire_put_u8(w, (uint8_t)len);
	} else {
		wire_put_u8(w, 0x43);
		wire_put(w, dcid, QUIC_CID_LEN);
	}
	wire_put_be32(w, 100); /* its number */
	wire_put(w, frame, sizeof(frame));
	wire_put(w, key_update, sizeof(key_update));
	wire_put_zeros(w, PLAIN_TAG);
}

static size_t say_more(void *private_data, struct quic_world_end *from,
		       uint8_t *data, size_t len)
{
	struct plain *p = private_data;
	struct wire_writer w = wire_writer_fixed(data, sizeof(p->w->altered));
	size_t at = 0;

	len = plain_alter(p, from, data, len);
	while (at < len && (data[at] & 0xb0) == 0x80) {
		at += plain_long(data + at, len - at); /* an Initial */
	}
	if (from != &p->w->client || at >= len || (data[at] & 0xb0) != 0xa0) {
		return len;
	}
	w.len = at + plain_long(data + at, len - at);
	put_packet(&w, data + at + 6, data + at + 7 + QUIC_CID_LEN);
	return w.len;
}

static void test_behind_finished(void **state)
{
	(void)state;
	for (unsigned i = 0; i < 4; i++) {
		struct plain p;
		struct quic_world *w = bare_world(&p);
		static const uint8_t secret[QUIC_SECRET_LEN] = "of tickets";

		at_handshake_level = i % 2 == 1;
		w->ticket_secret = i < 2 ? NULL : secret;
		w->alter = say_more;
		quic_world_connect(w);
		quic_world_run(w, 2 * NGTCP2_SECONDS);
		assert_true(w->server.ended);
		assert_non_null(
			strstr(quic_conn_end(w->server.conn)->why,
			       at_handshake_level ? "alert" : "alert 10"));
		talloc_free(w);
	}
}

static void test_allowed(void **state)
{
	(void)state;
	each(allowed, sizeof(allowed) / sizeof(allowed[0]), try_allowed);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_behind_finished),
		cmocka_unit_test(test_forbidden),
		cmocka_unit_test(test_allowed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
