/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The link emulator without devices and clock: what it does to packets, when
 * they come out, and what its NAT makes of their headers.
 */
#include <string.h>
#include <arpa/inet.h>

#include "tests/testlib.h"
#include "tests/linkemu/link.h"
#include "tests/linkemu/nat.h"
#include "tests/linkemu/packet.h"
#include "tests/linkemu/words.h"

#define HEADERS	 28u /* IPv4 and UDP */
#define HEADERS6 48u
#define SIZE	 1000u

/* --- packets ------------------------------------------------------------- */

static uint32_t sum_words(uint32_t sum, const uint8_t *p, size_t len)
{
	size_t i = 0;

	for (i = 0; i + 1 < len; i += 2) {
		sum += (uint32_t)(p[i] << 8 | p[i + 1]);
	}
	if (len % 2 != 0) {
		sum += (uint32_t)(p[len - 1] << 8);
	}
	while (sum > 0xffff) {
		sum = (sum & 0xffff) + (sum >> 16);
	}
	return sum;
}

/* The sum that RFC 768 and RFC 793 check; 0xffff is right. */
static uint32_t transport_sum(const struct packet *p)
{
	uint32_t sum = (uint32_t)(p->protocol + p->len - p->ports);

	sum = sum_words(sum, p->data + p->source, 2 * p->address_len);
	return sum_words(sum, p->data + p->ports, p->len - p->ports);
}

static void assert_checksums(uint8_t *data, size_t len)
{
	struct packet p;

	assert_true(packet_parse(data, len, &p));
	assert_int_equal(transport_sum(&p), 0xffff);
	if (p.family == 4) {
		assert_int_equal(sum_words(0, data, 20), 0xffff);
	}
}

static void set_checksum(uint8_t *at, uint32_t sum)
{
	at[0] = (uint8_t)(~sum >> 8);
	at[1] = (uint8_t)~sum;
}

/* A UDP packet over IPv4 from 10.77.1.2:50000 to 10.77.0.1:443. */
static void make_packet(uint8_t *data, size_t len, uint32_t number)
{
	static const uint8_t head[HEADERS] = {
		0x45, 0, 0,  0,	 0, 0, 0x40, 0,	   64, 17,   0, 0, 10, 77,
		1,    2, 10, 77, 0, 1, 0xc3, 0x50, 1,  0xbb, 0, 0, 0,  0};
	struct packet p;
	size_t i = 0;

	memcpy(data, head, sizeof(head));
	data[2] = (uint8_t)(len >> 8);
	data[3] = (uint8_t)len;
	data[24] = (uint8_t)((len - 20) >> 8);
	data[25] = (uint8_t)(len - 20);
	for (i = HEADERS; i < len; i++) {
		data[i] = (uint8_t)(i * 7 + number);
	}
	memcpy(data + HEADERS, &number, sizeof(number));
	set_checksum(data + 10, sum_words(0, data, 20));
	assert_true(packet_parse(data, len, &p));
	set_checksum(data + p.checksum, transport_sum(&p));
	assert_checksums(data, len);
}

static uint32_t number_of(const uint8_t *data)
{
	uint32_t number = 0;

	memcpy(&number, data + HEADERS, sizeof(number));
	return number;
}

static void put(struct link *l, uint32_t number, uint64_t now)
{
	uint8_t data[SIZE];

	make_packet(data, sizeof(data), number);
	link_put(l, data, sizeof(data), now);
}

static struct link *make(const char *const *words, uint64_t seed)
{
	struct link *l = link_new(NULL, seed);
	struct link_shape shape = {0};

	for (; *words != NULL; words++) {
		assert_null(words_shape(*words, &shape));
	}
	link_set_shape(l, &shape);
	return l;
}

#define MAKE(...) make((const char *const[]){__VA_ARGS__, NULL}, 7)

/* --- time ---------------------------------------------------------------- */

static void test_delay(void **state)
{
	struct link *l = MAKE("delay=50ms");
	size_t len = 0;
	uint8_t *data = NULL;

	(void)state;
	assert_true(link_due(l) == LINK_NEVER);
	put(l, 1, 10);
	put(l, 2, 20);
	assert_int_equal(link_due(l), 10 + 50 * LINK_MS);
	assert_null(link_take(l, 9 + 50 * LINK_MS, &len));
	data = link_take(l, 10 + 50 * LINK_MS, &len);
	assert_int_equal(len, SIZE);
	assert_int_equal(number_of(data), 1);
	assert_null(link_take(l, 10 + 50 * LINK_MS, &len));
	assert_int_equal(number_of(link_take(l, LINK_NEVER, &len)), 2);
	assert_null(link_take(l, LINK_NEVER, &len));
	talloc_free(l);
}

static void test_jitter_keeps_order(void **state)
{
	struct link *l = MAKE("delay=10ms", "jitter=20ms");
	uint64_t last = 0;
	uint64_t longest = 0;
	uint32_t i = 0;
	size_t len = 0;

	(void)state;
	for (i = 0; i < 1000; i++) {
		put(l, i, i * LINK_MS);
	}
	for (i = 0; i < 1000; i++) {
		uint64_t due = link_due(l);

		assert_true(due >= last && due >= (i + 10) * LINK_MS);
		assert_true(due <= (i + 30) * LINK_MS);
		if (due - i * LINK_MS > longest) {
			longest = due - i * LINK_MS;
		}
		last = due;
		assert_int_equal(number_of(link_take(l, due, &len)), i);
	}
	assert_true(longest > 28 * LINK_MS);
	talloc_free(l);
}

/* 8 Mbit/s are a packet of 1000 bytes each millisecond. */
static void test_rate_and_queue(void **state)
{
	struct link *l = MAKE("rate=8M", "queue=10k");
	uint32_t i = 0;
	size_t len = 0;

	(void)state;
	for (i = 0; i < 30; i++) {
		put(l, i, 0);
	}
	assert_int_equal(link_counts(l)->overflowed, 20);
	for (i = 0; i < 10; i++) {
		assert_int_equal(link_due(l), (i + 1) * LINK_MS);
		assert_int_equal(number_of(link_take(l, link_due(l), &len)), i);
	}
	assert_true(link_due(l) == LINK_NEVER);
	/* what was idle is not saved up */
	put(l, 77, 100 * LINK_MS);
	assert_int_equal(link_due(l), 101 * LINK_MS);
	talloc_free(l);
}

static void test_rate_changes(void **state)
{
	struct link *l = MAKE("rate=8M");
	struct link_shape shape = *link_shape(l);
	size_t len = 0;

	(void)state;
	put(l, 1, 0);
	assert_null(words_shape("rate=800k", &shape));
	link_set_shape(l, &shape);
	put(l, 2, 0);
	link_take(l, LINK_MS, &len);
	assert_int_equal(link_due(l), 11 * LINK_MS);
	talloc_free(l);
}

/* --- chance -------------------------------------------------------------- */

struct fate {
	unsigned arrived, twice, late, damaged;
	uint64_t print; /* of everything that came out, in order */
};

static struct fate send_many(struct link *l, uint32_t count)
{
	struct fate f = {0};
	uint8_t *seen = talloc_zero_array(l, uint8_t, count);
	uint8_t whole[SIZE];
	uint32_t i = 0;
	uint32_t highest = 0;
	size_t len = 0;

	for (i = 0; i < count; i++) {
		put(l, i, i * 10000);
	}
	while (link_due(l) != LINK_NEVER) {
		uint8_t *data = link_take(l, link_due(l), &len);
		uint32_t number = number_of(data);

		assert_checksums(data, len);
		f.arrived++;
		f.print = f.print * 31 + number;
		if (number >= count) {
			f.damaged++; /* the number itself was hit */
			continue;
		}
		make_packet(whole, sizeof(whole), number);
		f.damaged += memcmp(whole, data, len) != 0;
		f.twice += seen[number]++ != 0;
		f.late += number < highest;
		highest = number > highest ? number : highest;
	}
	return f;
}

static void assert_about(uint64_t value, uint64_t expected)
{
	assert_in_range(value, expected * 8 / 10, expected * 12 / 10);
}

static void test_loss(void **state)
{
	struct link *l = MAKE("loss=5%");
	struct fate f = send_many(l, 20000);

	(void)state;
	assert_about(link_counts(l)->lost, 1000);
	assert_int_equal(f.arrived + link_counts(l)->lost, 20000);
	assert_int_equal(link_counts(l)->packets, 20000);
	assert_int_equal(link_counts(l)->bytes, 20000 * SIZE);
	assert_int_equal(link_counts(l)->delivered, f.arrived);
	assert_int_equal(f.twice + f.late + f.damaged, 0);
	talloc_free(l);
}

static void test_duplicate(void **state)
{
	struct link *l = MAKE("duplicate=5%");
	struct fate f = send_many(l, 20000);

	(void)state;
	assert_about(f.twice, 1000);
	assert_int_equal(f.twice, link_counts(l)->duplicated);
	assert_int_equal(f.arrived, 20000 + f.twice);
	talloc_free(l);
}

static void test_reorder(void **state)
{
	struct link *l = MAKE("delay=1ms", "reorder=5%", "gap=1ms");
	struct fate f = send_many(l, 20000);

	(void)state;
	assert_about(f.late, 1000);
	assert_int_equal(f.late, link_counts(l)->reordered);
	assert_int_equal(f.arrived, 20000);
	talloc_free(l);
}

/* The checksum fits, so that the damage arrives. */
static void test_corrupt(void **state)
{
	struct link *l = MAKE("corrupt=5%");
	struct fate f = send_many(l, 20000);

	(void)state;
	assert_about(f.damaged, 1000);
	assert_int_equal(f.damaged, link_counts(l)->corrupted);
	assert_int_equal(f.arrived, 20000);
	talloc_free(l);
}

static void test_seed(void **state)
{
	static const char *const words[] = {"loss=10%", "reorder=10%",
					    "duplicate=10%", NULL};
	uint64_t seeds[] = {1, 1, 2};
	struct fate f[3];
	size_t i = 0;

	(void)state;
	for (i = 0; i < 3; i++) {
		struct link *l = make(words, seeds[i]);

		f[i] = send_many(l, 2000);
		talloc_free(l);
	}
	assert_true(f[0].print == f[1].print);
	assert_true(f[0].print != f[2].print);
}

static void test_blackhole_and_mtu(void **state)
{
	struct link *l = MAKE("mtu=1280");
	uint8_t large[1281];
	size_t len = 0;

	(void)state;
	link_blackhole(l, 5);
	put(l, 1, 4);
	put(l, 2, 5);
	assert_int_equal(number_of(link_take(l, 5, &len)), 2);
	assert_null(link_take(l, 5, &len));
	assert_int_equal(link_counts(l)->blackholed, 1);
	make_packet(large, sizeof(large), 3);
	link_put(l, large, 1280, 6);
	assert_non_null(link_take(l, 6, &len));
	link_put(l, large, 1281, 6);
	assert_null(link_take(l, 6, &len));
	assert_int_equal(link_counts(l)->too_large, 1);
	talloc_free(l);
}

/* --- NAT ----------------------------------------------------------------- */

static struct in_addr address(const char *text)
{
	struct in_addr a;

	assert_int_equal(inet_pton(AF_INET, text, &a), 1);
	return a;
}

/* What the server answers: the same with the ends exchanged. */
static void turn(uint8_t *data)
{
	uint8_t swap[4];

	memcpy(swap, data + 12, 4);
	memcpy(data + 12, data + 16, 4);
	memcpy(data + 16, swap, 4);
	memcpy(swap, data + 20, 2);
	memcpy(data + 20, data + 22, 2);
	memcpy(data + 22, swap, 2);
}

static void test_nat(void **state)
{
	struct nat *n = talloc_zero(NULL, struct nat);
	uint8_t data[SIZE], plain[SIZE], first[SIZE];
	struct in_addr outside = address("10.77.1.9");

	(void)state;
	make_packet(plain, SIZE, 1);
	memcpy(data, plain, SIZE);
	assert_true(nat_out(n, data, SIZE));
	assert_memory_equal(data, plain, SIZE);

	nat_rebind(n);
	assert_true(nat_out(n, data, SIZE));
	assert_checksums(data, SIZE);
	assert_memory_equal(data, plain, 10);
	assert_memory_equal(data + 12, plain + 12, 8);
	assert_memory_not_equal(data + 20, plain + 20, 2);
	memcpy(first, data, SIZE);
	turn(data);
	assert_true(nat_in(n, data, SIZE));
	assert_checksums(data, SIZE);
	turn(data);
	assert_memory_equal(data, plain, SIZE);

	nat_move(n, outside);
	turn(first);
	assert_false(nat_in(n, first, SIZE)); /* the old port is dead */
	assert_true(nat_out(n, data, SIZE));
	assert_checksums(data, SIZE);
	assert_memory_equal(data + 12, &outside, 4);
	turn(data);
	assert_true(nat_in(n, data, SIZE));
	turn(data);
	assert_checksums(data, SIZE);
	assert_memory_equal(data, plain, SIZE);
	talloc_free(n);
}

static void test_forget(void **state)
{
	struct nat *n = talloc_zero(NULL, struct nat);
	uint8_t data[SIZE], answer[SIZE];

	(void)state;
	make_packet(data, SIZE, 1);
	memcpy(answer, data, SIZE);
	turn(answer);
	assert_true(nat_out(n, data, SIZE));
	assert_true(nat_in(n, answer, SIZE));

	nat_forget(n);
	assert_false(nat_out(n, data, SIZE));
	assert_false(nat_in(n, answer, SIZE));
	data[21] ^= 1; /* another port of the client */
	answer[23] ^= 1;
	assert_true(nat_out(n, data, SIZE));
	assert_true(nat_in(n, answer, SIZE));
	nat_forget(n);
	assert_false(nat_out(n, data, SIZE));
	talloc_free(n);
}

static void test_packets_of_others(void **state)
{
	uint8_t data[SIZE] = {0};
	struct packet p;
	size_t len = 0;

	(void)state;
	make_packet(data, SIZE, 1);
	for (len = 0; len < HEADERS; len++) {
		assert_false(packet_parse(data, len, &p));
	}
	assert_false(packet_corrupt(data, HEADERS + 1, 5)); /* no word */
	data[6] = 0x20;					    /* more fragments */
	assert_false(packet_parse(data, SIZE, &p));
	data[6] = 0;
	data[9] = IPPROTO_ICMP;
	assert_false(packet_parse(data, SIZE, &p));
	data[0] = 0x65;
	data[6] = IPPROTO_TCP;
	assert_true(packet_parse(data, SIZE, &p));
	assert_int_equal(p.payload, 60);
	data[6] = IPPROTO_UDP;
	assert_true(packet_parse(data, SIZE, &p));
	assert_int_equal(p.payload, HEADERS6);
	assert_false(packet_parse(data, HEADERS6 - 1, &p));
}

static void test_words(void **state)
{
	static const char *const bad[] = {
		"loss",	     "loss=",	 "loss=5",     "loss=101%", "loss=-1%",
		"delay=5",   "delay=5m", "delay=ms",   "rate=1Q",   "rate=nan",
		"rate=1e30", "speed=1",	 "delays=1ms", "=1ms",	    "",
	};
	struct link_shape s = {0};
	char line[] = " up  delay=5ms\tloss=1%\n";
	char *words[2];
	uint64_t t = 0;
	size_t i = 0;

	(void)state;
	assert_null(words_shape("delay=1.5ms", &s));
	assert_null(words_shape("rate=2.5G", &s));
	assert_null(words_shape("queue=64k", &s));
	assert_null(words_shape("loss=0.1%", &s));
	assert_int_equal(s.delay, 1500000);
	assert_int_equal(s.rate, 2500000000u);
	assert_int_equal(s.queue, 64000);
	assert_true(s.loss > 0.00099 && s.loss < 0.00101);
	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		assert_non_null(words_shape(bad[i], &s));
	}
	assert_true(words_time("5s", &t));
	assert_int_equal(t, 5000000000u);
	assert_false(words_time("5", &t));
	assert_int_equal(words_split(line, words, 2), 2);
	assert_string_equal(words[0], "up");
	assert_string_equal(words[1], "delay=5ms");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_delay),
		cmocka_unit_test(test_jitter_keeps_order),
		cmocka_unit_test(test_rate_and_queue),
		cmocka_unit_test(test_rate_changes),
		cmocka_unit_test(test_loss),
		cmocka_unit_test(test_duplicate),
		cmocka_unit_test(test_reorder),
		cmocka_unit_test(test_corrupt),
		cmocka_unit_test(test_seed),
		cmocka_unit_test(test_blackhole_and_mtu),
		cmocka_unit_test(test_nat),
		cmocka_unit_test(test_forget),
		cmocka_unit_test(test_packets_of_others),
		cmocka_unit_test(test_words),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
