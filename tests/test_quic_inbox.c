/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * To whom the datagrams of a train belong. The source file is compiled in
 * here, and whom it hands them to writes down what it got.
 */
#include "tests/testlib.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "smbquic/quic_endpoint_private.h"

static bool noted_input(struct quic_conn *c, const struct udp_train *t,
			const uint8_t *data, size_t len, quic_time now);
static bool noted_dispatch(struct quic_conn *c);
static bool noted_has_read(const struct quic_conn *c);
static void noted_accept(struct quic_endpoint *e, const struct udp_train *from,
			 const uint8_t *data, size_t len, quic_time now);
static void noted_answer(struct quic_endpoint *e, const struct udp_train *from,
			 const uint8_t *data, size_t len);
static void noted_forward(struct quic_slot *s, const struct udp_train *from,
			  const uint8_t *data, size_t len);
static struct quic_slot *noted_find(struct quic_slots *all, const uint8_t *cid,
				    size_t len);

#define quic_conn_input	     noted_input
#define quic_conn_dispatch   noted_dispatch
#define quic_conn_has_read   noted_has_read
#define quic_accept_datagram noted_accept
#define quic_answer	     noted_answer
#define quic_desk_forward    noted_forward
#define quic_slots_find	     noted_find
#include "smbquic/quic_inbox.c"
#undef quic_conn_input
#undef quic_conn_dispatch
#undef quic_conn_has_read
#undef quic_accept_datagram
#undef quic_answer
#undef quic_desk_forward
#undef quic_slots_find

enum { SIZE = 40, MANY = 8 };

/* What became of each datagram, and how often one was looked up. */
static struct {
	char what[64];
	unsigned lookups, dispatched;
	const char *ends; /* the connection that is over with its next one */
} notes;

struct fixture {
	struct quic_endpoint *e;
	struct quic_slot *a, *b;
	uint8_t bytes[MANY * SIZE];
	size_t len;
};

/* A connection is its letter. */
static char name[2][2] = {"a", "b"};

static struct quic_conn *conn_named(char *letter)
{
	return (struct quic_conn *)(void *)letter;
}

static void note(const char *what)
{
	size_t len = strlen(notes.what);

	assert_true(len + strlen(what) < sizeof(notes.what));
	snprintf(notes.what + len, sizeof(notes.what) - len, "%s", what);
}

static struct fixture *fixture_of_test;

static bool noted_input(struct quic_conn *c, const struct udp_train *t,
			const uint8_t *data, size_t len, quic_time now)
{
	const char *letter = (const char *)c;
	struct fixture *f = fixture_of_test;

	(void)t;
	(void)data;
	(void)now;
	assert_int_equal(len, SIZE);
	note(letter);
	if (notes.ends == letter) {
		(letter == name[0] ? f->a : f->b)->over = true;
	}
	return true;
}

static bool noted_dispatch(struct quic_conn *c)
{
	(void)c;
	notes.dispatched++;
	return true;
}

static bool noted_has_read(const struct quic_conn *c)
{
	return (const char *)c == name[0];
}

static void noted_accept(struct quic_endpoint *e, const struct udp_train *from,
			 const uint8_t *data, size_t len, quic_time now)
{
	(void)e;
	(void)from;
	(void)data;
	(void)len;
	(void)now;
	note("?");
}

static void noted_answer(struct quic_endpoint *e, const struct udp_train *from,
			 const uint8_t *data, size_t len)
{
	(void)e;
	(void)from;
	assert_int_equal(len, 3);
	assert_memory_equal(data, "bye", 3);
	note("!");
}

static void noted_forward(struct quic_slot *s, const struct udp_train *from,
			  const uint8_t *data, size_t len)
{
	(void)s;
	(void)from;
	(void)data;
	(void)len;
	note(">");
}

static struct quic_slot *noted_find(struct quic_slots *all, const uint8_t *cid,
				    size_t len)
{
	notes.lookups++;
	return quic_slots_find(all, cid, len);
}

static void add_cid(struct quic_slot *s, uint8_t n)
{
	ngtcp2_cid cid = {.datalen = QUIC_CID_LEN};

	memset(cid.data, n, QUIC_CID_LEN);
	assert_true(quic_slot_add_cid(s, &cid));
}

static int setup(void **state)
{
	static const uint8_t secret[16] = "0123456789abcdef";
	struct fixture *f = talloc_zero(NULL, struct fixture);

	memset(&notes, 0, sizeof(notes));
	f->e = talloc_zero(f, struct quic_endpoint);
	f->e->server = true;
	assert_true(quic_slots_init(&f->e->slots, f->e, secret));
	f->b = quic_slot_new(&f->e->slots, f->e);
	f->a = quic_slot_new(&f->e->slots, f->e);
	f->a->conn = conn_named(name[0]);
	f->b->conn = conn_named(name[1]);
	add_cid(f->a, 1);
	add_cid(f->a, 2);
	add_cid(f->b, 3);
	fixture_of_test = f;
	*state = f;
	return 0;
}

static int teardown(void **state)
{
	struct fixture *f = *state;

	f->a->conn = NULL;
	f->b->conn = NULL;
	talloc_free(f);
	return 0;
}

/* One more datagram, with this first byte, for the connection id of ns. */
static void add(struct fixture *f, uint8_t first, uint8_t n)
{
	uint8_t *at = f->bytes + f->len;

	assert_true(f->len < sizeof(f->bytes));
	memset(at, 0, SIZE);
	at[0] = first;
	memset(at + 1, n, QUIC_CID_LEN);
	if ((first & QUIC_LONG_HEADER) != 0) {
		memset(at + 1, 0, 3); /* the version is 1 */
		at[4] = 1;
		at[5] = QUIC_CID_LEN;
		memset(at + 6, n, QUIC_CID_LEN);
	}
	f->len += SIZE;
}

static void deliver(struct fixture *f)
{
	struct udp_train t = {.data = f->bytes, .len = f->len, .segment = SIZE};

	quic_inbox_train(f->e, &t);
	f->len = 0;
}

static void test_one(void **state)
{
	struct fixture *f = *state;

	add(f, 0x40, 1);
	add(f, 0x5f, 1);
	add(f, 0x41, 1);
	deliver(f);
	assert_string_equal(notes.what, "aaa");
	assert_int_equal(notes.lookups, 1);
	assert_int_equal(notes.dispatched, 1);
	assert_true(f->a->marked);
	assert_false(f->b->marked);
	add(f, 0x40, 1);
	deliver(f);
	assert_int_equal(notes.lookups, 2);
}

static void test_several(void **state)
{
	struct fixture *f = *state;

	add(f, 0x40, 1);
	add(f, 0x40, 3);
	add(f, 0x40, 2);
	add(f, 0x40, 9);
	add(f, 0x40, 9);
	add(f, 0x40, 3);
	add(f, 0x40, 3);
	deliver(f);
	assert_string_equal(notes.what, "aba??bb");
	assert_int_equal(notes.lookups, 6);
	assert_int_equal(notes.dispatched, 0);
}

/* A long header has the same bytes elsewhere. */
static void test_long_headers(void **state)
{
	struct fixture *f = *state;

	add(f, 0xc0, 3);
	add(f, 0xc0, 3);
	add(f, 0x40, 3);
	add(f, 0xc0, 1);
	deliver(f);
	assert_string_equal(notes.what, "bbba");
	assert_int_equal(notes.lookups, 4);
}

/* Once it is over in the middle of a train, the rest is late. */
static void test_over(void **state)
{
	struct fixture *f = *state;

	f->a->packet = (uint8_t *)talloc_strdup(f->a, "bye");
	f->a->packet_len = 3;
	notes.ends = name[0];
	add(f, 0x40, 1);
	add(f, 0x40, 1);
	add(f, 0x40, 1);
	add(f, 0x40, 1);
	deliver(f);
	assert_string_equal(notes.what, "a!!");
	assert_int_equal(notes.dispatched, 0);
	add(f, 0x40, 1);
	deliver(f);
	assert_string_equal(notes.what, "a!!!");
	f->b->away = true;
	add(f, 0x40, 3);
	add(f, 0x40, 3);
	deliver(f);
	assert_string_equal(notes.what, "a!!!>>");
}

/* A client's: what has no connection id of ours is for the one there is. */
static void test_client(void **state)
{
	struct fixture *f = *state;

	f->e->server = false;
	add(f, 0x40, 9);
	add(f, 0x40, 9);
	deliver(f);
	assert_string_equal(notes.what, "aa");
	deliver(f); /* it was cut short: nothing */
	assert_string_equal(notes.what, "aa");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_one, setup, teardown),
		cmocka_unit_test_setup_teardown(test_several, setup, teardown),
		cmocka_unit_test_setup_teardown(test_long_headers, setup,
						teardown),
		cmocka_unit_test_setup_teardown(test_over, setup, teardown),
		cmocka_unit_test_setup_teardown(test_client, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
