/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The bytes of the stream: what waits for a reader, what for its
 * acknowledgement.
 */
#include "tests/testlib.h"

#include <errno.h>
#include <string.h>

#include "smbquic/quic_private.h"

#define BIG 300000u

static uint8_t pattern(size_t i)
{
	return (uint8_t)(i * 31 + i / 255);
}

/* --- in ------------------------------------------------------------------ */

static void test_straight_to_reader(void **state)
{
	struct quic_stream s = {0};
	uint8_t buf[10] = {0};
	struct quic_read r = {.buf = buf, .min = 4, .max = 10};
	size_t consumed = 0;
	int err = 0;

	(void)state;
	s.read = &r;
	assert_true(quic_stream_arrived(&s, NULL, (const uint8_t *)"abc", 3,
					&consumed));
	assert_int_equal(consumed, 3);
	assert_false(quic_stream_read_ready(&s, false, 0, &err));
	assert_true(quic_stream_arrived(&s, NULL, (const uint8_t *)"defghijklm",
					10, &consumed));
	assert_int_equal(consumed, 7);
	assert_int_equal(s.buffered, 3);
	assert_true(quic_stream_read_ready(&s, false, 0, &err));
	assert_int_equal(err, 0);
	assert_memory_equal(buf, "abcdefghij", 10);
	assert_int_equal(s.bytes_in, 13);
	talloc_free(s.chunks);
}

static void test_kept(void **state)
{
	TALLOC_CTX *mem_ctx = talloc_new(NULL);
	struct quic_stream s = {0};
	uint8_t *buf = talloc_size(mem_ctx, BIG);
	struct quic_read r = {.buf = buf, .min = 1, .max = 70000};
	size_t consumed = 0;
	size_t at = 0;
	size_t i = 0;

	(void)state;
	for (i = 0; i < BIG; i++) {
		uint8_t byte = pattern(i);

		assert_true(
			quic_stream_arrived(&s, mem_ctx, &byte, 1, &consumed));
		assert_int_equal(consumed, 0);
	}
	assert_int_equal(s.buffered, BIG);
	/* Not much more memory than bytes. */
	assert_true(talloc_total_size(mem_ctx) < 2 * BIG + 100000);
	s.read = &r;
	for (at = 0; at < BIG; at += r.got) {
		r.buf = buf + at;
		r.got = 0;
		consumed = quic_stream_fill(&s);
		assert_int_equal(consumed, r.got);
		assert_in_range(r.got, 1, 70000);
	}
	assert_int_equal(s.buffered, 0);
	assert_null(s.chunks);
	for (i = 0; i < BIG; i++) {
		assert_int_equal(buf[i], pattern(i));
	}
	talloc_free(mem_ctx);
}

static size_t measure_first(const uint8_t *buf, size_t got)
{
	assert_true(got >= 2);
	return buf[0];
}

/* How many bytes a read that measures waits for. */
static size_t waits_for(const uint8_t first, size_t at_once, bool kept)
{
	struct quic_stream s = {0};
	uint8_t in[40] = {first};
	uint8_t buf[20] = {0};
	struct quic_read r = {
		.buf = buf, .min = 2, .max = 20, .measure = measure_first};
	size_t consumed = 0;
	size_t at = 0;
	int err = 0;

	s.read = kept ? NULL : &r;
	while (!quic_stream_read_ready(&s, false, 0, &err)) {
		assert_true(at + at_once <= sizeof(in));
		assert_true(quic_stream_arrived(&s, NULL, in + at, at_once,
						&consumed));
		at += at_once;
		if (kept) {
			s.read = &r;
			(void)quic_stream_fill(&s);
		}
	}
	while (s.chunks != NULL) {
		r = (struct quic_read){.buf = in, .max = sizeof(in)};
		s.read = &r;
		(void)quic_stream_fill(&s);
	}
	return at;
}

static void test_whole(void **state)
{
	static const struct {
		uint8_t first;
		size_t at_once, want;
	} rows[] = {
		{0, 1, 2},   {1, 1, 2},	   {2, 1, 2},	 {3, 1, 3},
		{19, 1, 19}, {20, 1, 20},  {21, 1, 2},	 {255, 1, 2},
		{19, 2, 20}, {20, 17, 34}, {20, 20, 20}, {21, 20, 20},
	};
	size_t i = 0;

	(void)state;
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		assert_int_equal(
			waits_for(rows[i].first, rows[i].at_once, false),
			rows[i].want);
		assert_int_equal(
			waits_for(rows[i].first, rows[i].at_once, true),
			rows[i].want);
	}
}

/* Where no more comes, min bytes are enough. */
static void test_whole_ends(void **state)
{
	struct quic_read r = {.min = 2, .max = 9, .got = 5, .whole = 6};
	struct quic_stream s = {.read = &r};
	int err = -1;

	(void)state;
	assert_false(quic_stream_read_ready(&s, false, 0, &err));
	assert_true(quic_stream_read_ready(&s, true, ECONNRESET, &err));
	assert_int_equal(err, 0);
	s.fin = true;
	assert_true(quic_stream_read_ready(&s, false, 0, &err));
	assert_int_equal(err, 0);
}

/* What is kept comes before what arrives. */
static void test_order(void **state)
{
	struct quic_stream s = {0};
	uint8_t buf[4];
	struct quic_read r = {.buf = buf, .min = 4, .max = 4};
	size_t consumed = 0;

	(void)state;
	quic_stream_arrived(&s, NULL, (const uint8_t *)"ab", 2, &consumed);
	s.read = &r;
	quic_stream_arrived(&s, NULL, (const uint8_t *)"cd", 2, &consumed);
	assert_int_equal(consumed, 0);
	assert_int_equal(quic_stream_fill(&s), 4);
	assert_memory_equal(buf, "abcd", 4);
}

static void test_ends(void **state)
{
	static const struct {
		size_t got;
		bool fin, ended;
		int end;
		bool ready;
		int err;
	} rows[] = {
		{0, false, false, 0, false, 0},
		{1, false, false, 0, false, 0},
		{2, false, false, 0, true, 0},
		{0, true, false, 0, true, 0},
		{1, true, false, 0, true, EPIPE},
		{2, true, false, 0, true, 0},
		{0, false, true, 0, true, 0},
		{1, false, true, 0, true, EPIPE},
		{2, false, true, ECONNRESET, true, 0},
		{0, false, true, ETIMEDOUT, true, ETIMEDOUT},
		{1, false, true, ETIMEDOUT, true, ETIMEDOUT},
		{0, true, true, ECONNRESET, true, 0},
	};
	size_t i = 0;

	(void)state;
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct quic_read r = {.min = 2, .max = 4, .got = rows[i].got};
		struct quic_stream s = {.read = &r, .fin = rows[i].fin};
		int err = -1;

		assert_int_equal(quic_stream_read_ready(&s, rows[i].ended,
							rows[i].end, &err),
				 rows[i].ready);
		assert_int_equal(err, rows[i].err);
	}
}

static void test_no_reader(void **state)
{
	struct quic_stream s = {.fin = true};
	int err = -1;

	(void)state;
	assert_false(quic_stream_read_ready(&s, true, 5, &err));
	assert_int_equal(quic_stream_fill(&s), 0);
}

/* --- out ----------------------------------------------------------------- */

struct out {
	struct quic_write w;
	ngtcp2_vec vec[3];
};

static void make(struct out *o, uint8_t *base, size_t a, size_t b, size_t c)
{
	*o = (struct out){0};
	o->vec[0] = (ngtcp2_vec){.base = base, .len = a};
	o->vec[1] = (ngtcp2_vec){.base = base + a, .len = b};
	o->vec[2] = (ngtcp2_vec){.base = base + a + b, .len = c};
	o->w.vec = o->vec;
	o->w.count = 3;
}

static void test_peek_and_sent(void **state)
{
	struct quic_stream s = {0};
	uint8_t bytes[20];
	struct out one, two;
	ngtcp2_vec vec[8];
	bool more = false;

	(void)state;
	make(&one, bytes, 4, 0, 6);
	make(&two, bytes + 10, 0, 5, 5);
	assert_true(quic_stream_queue(&s, &one.w));
	assert_true(quic_stream_queue(&s, &two.w));
	assert_int_equal(quic_stream_peek(&s, vec, 8, SIZE_MAX, &more), 4);
	assert_false(more);
	assert_ptr_equal(vec[0].base, bytes);
	assert_int_equal(vec[1].len, 6);
	assert_ptr_equal(vec[3].base, bytes + 15);
	assert_int_equal(quic_stream_peek(&s, vec, 3, SIZE_MAX, &more), 3);
	assert_true(more);
	assert_int_equal(quic_stream_peek(&s, vec, 8, 10, &more), 2);
	assert_true(more);
	assert_int_equal(quic_stream_peek(&s, vec, 8, 21, &more), 4);
	assert_false(more);
	assert_int_equal(quic_stream_peek(&s, vec, 8, 11, &more), 3);
	assert_int_equal(quic_stream_peek(&s, vec, 1, 5, &more), 1);
	assert_true(more);

	quic_stream_sent(&s, 7);
	assert_int_equal(quic_stream_peek(&s, vec, 8, SIZE_MAX, &more), 3);
	assert_ptr_equal(vec[0].base, bytes + 7);
	assert_int_equal(vec[0].len, 3);
	quic_stream_sent(&s, 5);
	assert_int_equal(quic_stream_peek(&s, vec, 8, SIZE_MAX, &more), 2);
	assert_ptr_equal(vec[0].base, bytes + 12);
	assert_int_equal(vec[0].len, 3);
	quic_stream_sent(&s, 8);
	assert_int_equal(quic_stream_peek(&s, vec, 8, SIZE_MAX, &more), 0);
	assert_int_equal(s.bytes_out, 20);
	assert_false(quic_stream_idle(&s));
}

static void test_acked(void **state)
{
	struct quic_stream s = {0};
	uint8_t bytes[30];
	struct out w[3];
	size_t i = 0;

	(void)state;
	for (i = 0; i < 3; i++) {
		make(&w[i], bytes + 10 * i, 3, 3, 4);
		quic_stream_queue(&s, &w[i].w);
	}
	quic_stream_sent(&s, 30);
	quic_stream_acked(&s, 9);
	assert_null(quic_stream_pop_acked(&s));
	quic_stream_acked(&s, 1);
	assert_ptr_equal(quic_stream_pop_acked(&s), &w[0].w);
	assert_null(quic_stream_pop_acked(&s));
	quic_stream_acked(&s, 19);
	assert_ptr_equal(quic_stream_pop_acked(&s), &w[1].w);
	assert_false(quic_stream_idle(&s));
	quic_stream_acked(&s, 0);
	assert_false(quic_stream_idle(&s));
	quic_stream_acked(&s, 1);
	assert_int_equal(s.bytes_acked, 30);
	assert_true(quic_stream_idle(&s));
	assert_ptr_equal(quic_stream_pop_acked(&s), &w[2].w);
	assert_null(quic_stream_pop_unacked(&s));
}

static void test_empty(void **state)
{
	struct quic_stream s = {0};
	struct out w;

	(void)state;
	make(&w, NULL, 0, 0, 0);
	assert_false(quic_stream_queue(&s, &w.w));
	assert_true(quic_stream_idle(&s));
	assert_false(quic_stream_cancel(&s, &w.w));
}

static void test_cancel(void **state)
{
	struct quic_stream s = {0};
	uint8_t bytes[40];
	struct out w[4];
	ngtcp2_vec vec[16];
	bool more = false;
	size_t i = 0;

	(void)state;
	for (i = 0; i < 4; i++) {
		make(&w[i], bytes + 10 * i, 3, 3, 4);
		quic_stream_queue(&s, &w[i].w);
	}
	quic_stream_sent(&s, 15);
	quic_stream_acked(&s, 10);
	/* done already, on its way, not begun */
	assert_false(quic_stream_cancel(&s, &w[0].w));
	assert_null(quic_stream_pop_acked(&s));
	assert_false(quic_stream_cancel(&s, &w[2].w));
	assert_int_equal(quic_stream_peek(&s, vec, 16, SIZE_MAX, &more), 5);
	assert_ptr_equal(vec[2].base, bytes + 30);
	assert_true(quic_stream_cancel(&s, &w[1].w));
	assert_false(quic_stream_cancel(&s, &w[1].w));
	assert_ptr_equal(quic_stream_pop_unacked(&s), &w[3].w);
	assert_null(quic_stream_pop_unacked(&s));
	assert_int_equal(quic_stream_peek(&s, vec, 16, SIZE_MAX, &more), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_straight_to_reader),
		cmocka_unit_test(test_kept),
		cmocka_unit_test(test_order),
		cmocka_unit_test(test_whole),
		cmocka_unit_test(test_whole_ends),
		cmocka_unit_test(test_ends),
		cmocka_unit_test(test_no_reader),
		cmocka_unit_test(test_peek_and_sent),
		cmocka_unit_test(test_acked),
		cmocka_unit_test(test_empty),
		cmocka_unit_test(test_cancel),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
