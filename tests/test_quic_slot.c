/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The books of an endpoint.
 */
#include "tests/testlib.h"

#include <arpa/inet.h>
#include <string.h>

#include "smbquic/quic_slot_private.h"

static const uint8_t secret[16] = "0123456789abcdef";

static struct quic_slots *new_slots(void)
{
	struct quic_slots *all = talloc_zero(NULL, struct quic_slots);

	assert_true(quic_slots_init(all, all, secret));
	return all;
}

static void set_peer(struct quic_slot *s, const char *address)
{
	bool v6 = strchr(address, ':') != NULL;

	s->peer = (union udp_address){0};
	s->peer.sa.sa_family = v6 ? AF_INET6 : AF_INET;
	assert_int_equal(inet_pton(s->peer.sa.sa_family, address,
				   v6 ? (void *)&s->peer.in6.sin6_addr
				      : (void *)&s->peer.in.sin_addr),
			 1);
}

static ngtcp2_cid cid_of(uint8_t n)
{
	ngtcp2_cid cid = {.datalen = 8};

	memset(cid.data, n, 8);
	return cid;
}

static void test_cids(void **state)
{
	struct quic_slots *all = new_slots();
	struct quic_slot *a = quic_slot_new(all, all);
	struct quic_slot *b = quic_slot_new(all, all);
	ngtcp2_cid one = cid_of(1), two = cid_of(2), three = cid_of(3);

	(void)state;
	assert_true(quic_slot_add_cid(a, &one));
	assert_true(quic_slot_add_cid(a, &two));
	assert_true(quic_slot_add_cid(b, &three));
	assert_false(quic_slot_add_cid(b, &one));
	assert_ptr_equal(quic_slots_find(all, one.data, 8), a);
	assert_ptr_equal(quic_slots_find(all, three.data, 8), b);
	assert_null(quic_slots_find(all, one.data, 7));
	assert_null(quic_slots_find(all, one.data, 21));
	quic_slot_drop_cid(a, &one);
	quic_slot_drop_cid(a, &one);
	quic_slot_drop_cid(a, &three);
	assert_null(quic_slots_find(all, one.data, 8));
	assert_ptr_equal(quic_slots_find(all, three.data, 8), b);
	assert_ptr_equal(quic_slots_find(all, two.data, 8), a);
	talloc_free(a);
	assert_null(quic_slots_find(all, two.data, 8));
	assert_ptr_equal(all->first, b);
	talloc_free(b);
	assert_null(all->first);
	talloc_free(all);
}

static void test_counts(void **state)
{
	struct quic_slots *all = new_slots();
	struct quic_slot *s[4];
	size_t i = 0;

	(void)state;
	for (i = 0; i < 4; i++) {
		s[i] = quic_slot_new(all, all);
	}
	set_peer(s[0], "192.0.2.1");
	set_peer(s[1], "192.0.2.1");
	set_peer(s[2], "2001:db8::1");
	set_peer(s[3], "2001:db8::2");
	for (i = 0; i < 4; i++) {
		assert_int_equal(quic_slots_of_source(all, &s[i]->peer), i % 2);
		assert_true(quic_slot_count(s[i]));
	}
	assert_int_equal(all->connections, 4);
	assert_int_equal(all->handshakes, 4);
	quic_slot_handshake_over(s[0]);
	quic_slot_handshake_over(s[0]);
	assert_int_equal(all->handshakes, 3);
	quic_slot_uncount(s[0]);
	quic_slot_uncount(s[0]);
	assert_int_equal(all->connections, 3);
	assert_int_equal(quic_slots_of_source(all, &s[1]->peer), 1);
	for (i = 0; i < 4; i++) {
		talloc_free(s[i]);
	}
	assert_int_equal(all->connections, 0);
	assert_int_equal(all->handshakes, 0);
	assert_int_equal(quic_route_count(all->sources), 0);
	talloc_free(all);
}

/* Who is marked in a round waits for the next; who is freed is forgotten. */
static void test_turns(void **state)
{
	struct quic_slots *all = new_slots();
	struct quic_slot *a = quic_slot_new(all, all);
	struct quic_slot *b = quic_slot_new(all, all);
	struct quic_slot *c = quic_slot_new(all, all);

	(void)state;
	quic_slots_round(all);
	assert_null(quic_slots_next(all));
	quic_slot_mark(a);
	quic_slot_mark(b);
	quic_slot_mark(a);
	quic_slot_mark(c);
	assert_null(quic_slots_next(all));
	quic_slots_round(all);
	assert_ptr_equal(quic_slots_next(all), a);
	quic_slot_mark(a);
	talloc_free(b);
	assert_ptr_equal(quic_slots_next(all), c);
	assert_null(quic_slots_next(all));
	quic_slots_round(all);
	assert_ptr_equal(quic_slots_next(all), a);
	assert_null(quic_slots_next(all));
	quic_slot_mark(c);
	talloc_free(c);
	quic_slot_mark(a);
	quic_slots_round(all);
	assert_ptr_equal(quic_slots_next(all), a);
	assert_null(all->marked);
	assert_null(all->marked_last);
	talloc_free(all);
}

static void test_farewell(void **state)
{
	struct quic_slots *all = new_slots();
	struct quic_slot *s = quic_slot_new(all, all);
	struct quic_farewell f = {
		.packet = (const uint8_t *)"bye", .len = 3, .linger = 100};
	unsigned said = 0;
	size_t len = 0;
	unsigned i = 0;

	(void)state;
	set_peer(s, "192.0.2.1");
	quic_slot_count(s);
	quic_slot_farewell(s, &f, 1000);
	assert_true(s->over);
	assert_int_equal(all->connections, 0);
	assert_ptr_equal(quic_timers_first(all->timers), &s->timer);
	assert_int_equal(s->timer.due, 1100);
	for (i = 0; i < 100; i++) {
		const uint8_t *packet = quic_slot_latecomer(s, &len);

		if (packet != NULL) {
			assert_memory_equal(packet, "bye", 3);
			assert_int_equal(len, 3);
			said++;
		}
	}
	assert_int_equal(said, 7); /* 1, 2, 4, ... 64 */
	talloc_free(s);
	assert_null(quic_timers_first(all->timers));
	talloc_free(all);
}

static void test_no_farewell(void **state)
{
	struct quic_slots *all = new_slots();
	struct quic_slot *s = quic_slot_new(all, all);
	struct quic_farewell f = {0};
	size_t len = 0;

	(void)state;
	quic_slot_farewell(s, &f, 1000);
	assert_null(quic_timers_first(all->timers));
	assert_null(quic_slot_latecomer(s, &len));
	talloc_free(all);
}

/* Who moves counts where it is. */
static void test_moved(void **state)
{
	struct quic_slots *all = new_slots();
	struct quic_slot *s[2];
	struct quic_slot other = {0};
	size_t i = 0;

	(void)state;
	for (i = 0; i < 2; i++) {
		s[i] = quic_slot_new(all, all);
		set_peer(s[i], "192.0.2.1");
		assert_true(quic_slot_count(s[i]));
	}
	set_peer(&other, "192.0.2.2");
	quic_slot_moved(s[0], &other.peer);
	assert_int_equal(quic_slots_of_source(all, &s[1]->peer), 1);
	assert_int_equal(quic_slots_of_source(all, &other.peer), 1);
	quic_slot_moved(s[1], &other.peer);
	assert_int_equal(quic_slots_of_source(all, &other.peer), 2);
	quic_slot_moved(s[1], &other.peer);
	assert_int_equal(quic_slots_of_source(all, &other.peer), 2);
	assert_int_equal(all->connections, 2);
	quic_slot_uncount(s[0]);
	quic_slot_uncount(s[1]);
	assert_int_equal(quic_route_count(all->sources), 0);
	quic_slot_moved(s[0], &other.peer); /* it counts for nobody */
	assert_int_equal(quic_route_count(all->sources), 0);
	talloc_free(all);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_cids),
		cmocka_unit_test(test_counts),
		cmocka_unit_test(test_moved),
		cmocka_unit_test(test_turns),
		cmocka_unit_test(test_farewell),
		cmocka_unit_test(test_no_farewell),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
