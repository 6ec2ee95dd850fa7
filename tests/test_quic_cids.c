/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Connection ids, rule by rule (RFC 9000 5.1.1, 5.1.2, 19.15, 19.16): each end
 * with a peer that keeps them and with one that does not. What the peer says
 * is changed on the way, which packets without encryption permit.
 */
#include "tests/testlib.h"
#include "tests/fixture_quic_plain.h"

#include <errno.h>
#include <string.h>

#define LIMIT 7u /* active_connection_id_limit, of both ends */

/* RFC 9000 20.1 */
enum {
	NONE = 0,
	FRAME_ENCODING_ERROR = 0x7,
	CONNECTION_ID_LIMIT_ERROR = 0x9,
	PROTOCOL_VIOLATION = 0xa,
};

/* Two ends: one keeps the rules, for the other somebody else may speak. */
struct court {
	struct plain plain; /* first */
	struct quic_world *w;
	struct quic_world_end *peer, *victim;
	struct plain_end *said_peer, *said_victim;
	bool deaf;     /* the peer hears nothing of what is said from now on */
	uint8_t limit; /* that the client claims; 0xff: as it is */
};

/* 18.2: active_connection_id_limit in a ClientHello. */
static void claim_limit(uint8_t *data, size_t len, uint8_t limit)
{
	static const uint8_t parameter[] = {0x0e, 0x01, LIMIT};
	uint8_t *at = memmem(data, len, parameter, sizeof(parameter));

	if (at != NULL) {
		at[2] = limit;
	}
}

static size_t alter(void *private_data, struct quic_world_end *from,
		    uint8_t *data, size_t len)
{
	struct court *c = private_data;

	len = plain_alter(&c->plain, from, data, len);
	if (c->deaf && from == c->victim) {
		data[1] ^= 0xff; /* for an id of nobody */
	}
	if (c->limit != 0xff && from == &c->w->client &&
	    (data[0] & 0x80) != 0) {
		claim_limit(data, len, c->limit);
	}
	return len;
}

static struct court *new_court(bool server)
{
	static struct tls_identity *identity;
	struct court *c = talloc_zero(NULL, struct court);

	if (identity == NULL) {
		identity = quic_world_identity(NULL, QUIC_WORLD_NAME, NULL);
	}
	c->w = quic_world_new_as(c, identity);
	plain_begin(&c->plain, c->w);
	c->w->alter = alter;
	c->w->alter_data = c;
	c->limit = 0xff;
	c->victim = server ? &c->w->server : &c->w->client;
	c->peer = server ? &c->w->client : &c->w->server;
	c->said_victim = server ? &c->plain.server : &c->plain.client;
	c->said_peer = server ? &c->plain.client : &c->plain.server;
	return c;
}

/* Connected, and both have all the ids that they may have. */
static struct court *new_quiet_court(bool server)
{
	struct court *c = new_court(server);

	quic_world_open(c->w);
	quic_world_echo(c->w, 1000, NGTCP2_SECONDS);
	quic_world_run(c->w, 5 * NGTCP2_SECONDS);
	assert_false(c->said_peer->misread || c->said_victim->misread);
	assert_int_equal(c->said_peer->issues, LIMIT - 1);
	assert_int_equal(c->said_victim->issues, LIMIT - 1);
	assert_int_equal(c->said_victim->retires, 0);
	return c;
}

static void say(struct court *c, const struct wire_writer *w)
{
	struct wire_slice s = wire_writer_slice(w);

	assert_true(wire_writer_ok(w));
	assert_true(plain_say(&c->plain, c->peer, s.data, s.len));
	quic_world_run(c->w, 200 * NGTCP2_MILLISECONDS);
}

static void say_cid(struct court *c, const struct plain_cid *cid)
{
	uint8_t buf[100];
	struct wire_writer w = wire_writer_fixed(buf, sizeof(buf));

	plain_put_cid(&w, cid);
	say(c, &w);
}

static void say_retire(struct court *c, uint64_t seq)
{
	uint8_t buf[100];
	struct wire_writer w = wire_writer_fixed(buf, sizeof(buf));

	wire_put_u8(&w, 0x19);
	plain_put(&w, seq);
	say(c, &w);
}

/* An id that the peer's own books do not have: it hears nothing of it. */
static struct plain_cid invented(uint64_t seq, uint64_t retire_prior_to)
{
	struct plain_cid cid = {.seq = seq,
				.retire_prior_to = retire_prior_to,
				.len = QUIC_CID_LEN};

	memset(cid.id, (int)(0x80 + seq), sizeof(cid.id));
	memset(cid.token, (int)(0x40 + seq), sizeof(cid.token));
	return cid;
}

/* What the peer has said of it. */
static struct plain_cid issued(const struct court *c, uint64_t seq)
{
	unsigned i = 0;

	while (i < c->said_peer->issues && c->said_peer->issued[i].seq != seq) {
		i++;
	}
	assert_true(i < c->said_peer->issues);
	return c->said_peer->issued[i];
}

static unsigned retired(const struct court *c, uint64_t seq)
{
	unsigned n = 0;

	for (unsigned i = 0; i < c->said_victim->retires; i++) {
		n += c->said_victim->retired[i] == seq;
	}
	return n;
}

static void assert_goes_on(struct court *c)
{
	assert_false(c->said_victim->closed);
	quic_world_echo(c->w, 50000, 5 * NGTCP2_SECONDS);
	assert_true(quic_conn_is_open(c->w->client.conn));
	assert_true(quic_conn_is_open(c->w->server.conn));
}

static void assert_ended(struct court *c, uint64_t code)
{
	assert_true(c->said_victim->closed);
	assert_int_equal(c->said_victim->close_code, code);
	assert_true(c->victim->ended);
	assert_non_null(strstr(quic_conn_end(c->victim->conn)->why,
			       "broke the QUIC protocol"));
}

typedef void (*trial_fn)(struct court *c);

/* The client is tried, then the server. */
static void try_both(trial_fn trial)
{
	for (unsigned i = 0; i < 2; i++) {
		struct court *c = new_quiet_court(i == 1);

		trial(c);
		talloc_free(c);
	}
}

/* --- ids that are to be retired ------------------------------------------ */

/* 19.15: all before it go, the one in use among them; the peer gives new ones,
 * and bytes arrive. */
static void trial_prior_to(struct court *c)
{
	struct plain_cid last = issued(c, LIMIT - 1);
	unsigned ids = c->peer->cids;
	ngtcp2_cid before = *ngtcp2_conn_get_dcid(c->victim->conn->ng);

	last.retire_prior_to = 3;
	say_cid(c, &last);
	assert_int_equal(c->said_victim->retires, 3);
	assert_true(retired(c, 0) && retired(c, 1) && retired(c, 2));
	assert_false(ngtcp2_cid_eq(&before,
				   ngtcp2_conn_get_dcid(c->victim->conn->ng)));
	assert_goes_on(c);
	quic_world_run(c->w, 5 * NGTCP2_SECONDS);
	assert_int_equal(c->said_peer->issues, LIMIT - 1 + 3);
	assert_int_equal(c->peer->cids, ids);
}

static void test_prior_to(void **state)
{
	(void)state;
	try_both(trial_prior_to);
}

/* Everything but the newest. */
static void trial_all_but_one(struct court *c)
{
	struct plain_cid last = issued(c, LIMIT - 1);

	last.retire_prior_to = last.seq;
	say_cid(c, &last);
	assert_int_equal(c->said_victim->retires, LIMIT - 1);
	assert_goes_on(c);
	/* and it can move, to one of those that came instead */
	quic_world_run(c->w, 5 * NGTCP2_SECONDS);
	c->w->client.address.in.sin_port = htons(51000);
	assert_true(quic_conn_migrate(c->w->client.conn, &c->w->client.address,
				      &c->w->server.address));
	assert_goes_on(c);
}

static void test_all_but_one(void **state)
{
	(void)state;
	try_both(trial_all_but_one);
}

/* 19.15: a lower value than that of before does not take anything back. */
static void trial_lower_prior_to(struct court *c)
{
	struct plain_cid last = issued(c, LIMIT - 1);

	last.retire_prior_to = 3;
	say_cid(c, &last);
	last.retire_prior_to = 1;
	say_cid(c, &last);
	last.retire_prior_to = 3;
	say_cid(c, &last);
	assert_int_equal(c->said_victim->retires, 3);
	assert_goes_on(c);
}

static void test_lower_prior_to(void **state)
{
	(void)state;
	try_both(trial_lower_prior_to);
}

/* 5.1.2: an id that comes late, and was to be retired already, is retired at
 * once and never used. */
static void trial_late(struct court *c)
{
	struct plain_cid last = invented(10, 9);
	struct plain_cid late = invented(8, 0);

	c->deaf = true; /* the peer has no such ids */
	say_cid(c, &last);
	assert_true(retired(c, 0) > 0 && retired(c, LIMIT - 1) > 0);
	assert_int_equal(retired(c, 8), 0);
	say_cid(c, &late);
	assert_true(retired(c, 8) > 0);
	assert_false(c->said_victim->closed);
	/* once more: it is known */
	say_cid(c, &late);
	assert_false(c->said_victim->closed);
}

static void test_late(void **state)
{
	(void)state;
	try_both(trial_late);
}

/* 5.1.2: who is told to retire more and more, and is never heard, does not
 * remember all of it. */
static void trial_without_end(struct court *c)
{
	uint64_t seq = LIMIT;

	c->deaf = true;
	for (; seq < 200 && !c->said_victim->closed; seq++) {
		struct plain_cid next = invented(seq, seq);

		say_cid(c, &next);
	}
	assert_in_range(seq, LIMIT + 2, 100);
	assert_ended(c, CONNECTION_ID_LIMIT_ERROR);
}

static void test_without_end(void **state)
{
	(void)state;
	try_both(trial_without_end);
}

/* --- what is wrong ------------------------------------------------------- */

struct wrong {
	const char *what;
	uint64_t code; /* NONE: it is not */
	void (*change)(struct plain_cid *cid, const struct court *c);
};

static void prior_to_itself(struct plain_cid *cid, const struct court *c)
{
	(void)c;
	cid->retire_prior_to = cid->seq + 1;
}

static void other_id(struct plain_cid *cid, const struct court *c)
{
	(void)c;
	cid->id[3] ^= 1;
}

static void other_token(struct plain_cid *cid, const struct court *c)
{
	(void)c;
	cid->token[15] ^= 1;
}

static void other_number(struct plain_cid *cid, const struct court *c)
{
	(void)c;
	cid->seq++;
}

static void id_of_another(struct plain_cid *cid, const struct court *c)
{
	*cid = issued(c, 2);
	cid->seq = LIMIT - 1;
}

static void no_id(struct plain_cid *cid, const struct court *c)
{
	(void)c;
	cid->len = 0;
}

static void one_too_many(struct plain_cid *cid, const struct court *c)
{
	(void)c;
	*cid = invented(LIMIT, 0);
}

static void one_for_one(struct plain_cid *cid, const struct court *c)
{
	(void)c;
	*cid = invented(LIMIT, 1);
}

static void the_same(struct plain_cid *cid, const struct court *c)
{
	(void)cid;
	(void)c;
}

static const struct wrong wrongs[] = {
	{"the same once more", NONE, the_same},
	{"one more than the limit, and one less", NONE, one_for_one},
	{"to be retired before it is there", FRAME_ENCODING_ERROR,
	 prior_to_itself},
	{"of no length", FRAME_ENCODING_ERROR, no_id},
	{"a number that has another id", PROTOCOL_VIOLATION, other_id},
	{"a number and id that have another token", PROTOCOL_VIOLATION,
	 other_token},
	{"an id that has another number", PROTOCOL_VIOLATION, other_number},
	{"the id of another number", PROTOCOL_VIOLATION, id_of_another},
	{"one more than the limit", CONNECTION_ID_LIMIT_ERROR, one_too_many},
};

static void test_wrong(void **state)
{
	(void)state;
	for (size_t i = 0; i < 2 * sizeof(wrongs) / sizeof(wrongs[0]); i++) {
		const struct wrong *wrong = &wrongs[i / 2];
		struct court *c = new_quiet_court(i % 2 == 1);
		struct plain_cid cid = issued(c, LIMIT - 1);

		print_message("%s: %s\n", i % 2 == 1 ? "server" : "client",
			      wrong->what);
		c->deaf = true;
		wrong->change(&cid, c);
		say_cid(c, &cid);
		if (wrong->code == NONE) {
			assert_false(c->said_victim->closed);
		} else {
			assert_ended(c, wrong->code);
		}
		talloc_free(c);
	}
}

/* A length that no id has (19.15): 21 to 255. */
static void trial_too_long(struct court *c)
{
	uint8_t buf[100];
	struct wire_writer w = wire_writer_fixed(buf, sizeof(buf));

	wire_put_u8(&w, 0x18);
	plain_put(&w, LIMIT);
	plain_put(&w, 0);
	wire_put_u8(&w, NGTCP2_MAX_CIDLEN + 1);
	wire_put_zeros(&w, NGTCP2_MAX_CIDLEN + 1 + 16);
	say(c, &w);
	assert_ended(c, FRAME_ENCODING_ERROR);
}

static void test_too_long(void **state)
{
	(void)state;
	try_both(trial_too_long);
}

/* --- ids that the peer retires ------------------------------------------- */

static uint64_t last_issued(const struct plain_end *end)
{
	uint64_t last = 0;

	for (unsigned i = 0; i < end->issues; i++) {
		last = end->issued[i].seq > last ? end->issued[i].seq : last;
	}
	return last;
}

/* 19.16: one that is not in use. A fresh one takes its place. */
static void trial_retired(struct court *c)
{
	unsigned ids = c->victim->cids;

	c->deaf = true; /* the peer has retired nothing */
	say_retire(c, 4);
	assert_int_equal(last_issued(c->said_victim), LIMIT);
	quic_world_run(c->w, 5 * NGTCP2_SECONDS);
	assert_int_equal(c->victim->cids, ids);
	/* said twice, meant once */
	say_retire(c, 4);
	quic_world_run(c->w, 5 * NGTCP2_SECONDS);
	assert_int_equal(last_issued(c->said_victim), LIMIT);
	assert_int_equal(c->victim->cids, ids);
	assert_false(c->said_victim->closed);
}

static void test_retired(void **state)
{
	(void)state;
	try_both(trial_retired);
}

/* 19.16: the id to which it was sent cannot be retired so. */
static void trial_in_use(struct court *c)
{
	say_retire(c, 0);
	assert_ended(c, PROTOCOL_VIOLATION);
}

static void test_in_use(void **state)
{
	(void)state;
	try_both(trial_in_use);
}

/* 19.16: a number that was never given out. */
static void trial_never_issued(struct court *c)
{
	say_retire(c, LIMIT);
	assert_ended(c, PROTOCOL_VIOLATION);
}

static void test_never_issued(void **state)
{
	(void)state;
	try_both(trial_never_issued);
}

/* --- how many there may be ----------------------------------------------- */

/* 18.2: who takes less than two breaks the rules. */
static void test_peer_limit(void **state)
{
	(void)state;
	for (uint8_t limit = 0; limit <= 1; limit++) {
		struct court *c = new_court(true);

		c->limit = limit;
		quic_world_connect(c->w);
		quic_world_run(c->w, NGTCP2_SECONDS);
		assert_int_equal(c->w->client.opened, EPROTO);
		assert_non_null(strstr(quic_conn_end(c->w->client.conn)->why,
				       "QUIC error 0x8"));
		talloc_free(c);
	}
}

/* A client with no id to spare cannot move, and stays where it is. */
static void test_none_to_spare(void **state)
{
	struct court *c = new_court(false);
	struct quic_world *w = c->w;
	union udp_address other = w->client.address;

	(void)state;
	other.in.sin_port = htons(51000);
	c->plain.hush = true;
	quic_world_open(w);
	quic_world_run(w, 5 * NGTCP2_SECONDS);
	assert_true(c->said_peer->issues > 0);
	assert_false(
		quic_conn_migrate(w->client.conn, &other, &w->server.address));
	assert_goes_on(c);
	talloc_free(c);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_prior_to),
		cmocka_unit_test(test_all_but_one),
		cmocka_unit_test(test_lower_prior_to),
		cmocka_unit_test(test_late),
		cmocka_unit_test(test_without_end),
		cmocka_unit_test(test_wrong),
		cmocka_unit_test(test_too_long),
		cmocka_unit_test(test_retired),
		cmocka_unit_test(test_in_use),
		cmocka_unit_test(test_never_issued),
		cmocka_unit_test(test_peer_limit),
		cmocka_unit_test(test_none_to_spare),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
