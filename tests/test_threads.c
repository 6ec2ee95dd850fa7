/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Letters between loops in threads.
 */
#include "tests/testlib.h"

#include <errno.h>
#include <stdlib.h>

#include "smbquic/threads.h"

#define THREADS 3u
#define LETTERS 1000u

struct world {
	struct tevent_context *ev;
	struct threads *threads;
	unsigned back;
};

/* Goes to a thread and comes back. */
struct traveller {
	struct letter letter; /* first */
	struct world *world;
	unsigned *seen; /* of that thread's letters, the thread's own */
	unsigned number;
	bool in_order;
};

static struct world *new_world(void)
{
	struct world *w = talloc_zero(NULL, struct world);
	unsigned seat = 0;

	w->ev = tevent_context_init(w);
	w->threads = threads_new(w->ev, THREADS);
	assert_non_null(w->threads);
	assert_int_equal(threads_count(w->threads), THREADS);
	assert_ptr_equal(threads_loop(w->threads, 0), w->ev);
	for (seat = 1; seat <= THREADS; seat++) {
		assert_null(threads_loop(w->threads, seat));
		assert_true(threads_begin(w->threads, seat));
		assert_true(threads_begin(w->threads, seat)); /* it has */
	}
	return w;
}

static void came_back(struct letter *l)
{
	struct traveller *t = (struct traveller *)(void *)l;

	assert_true(t->in_order);
	t->world->back++;
	free(t);
}

static void arrived(struct letter *l)
{
	struct traveller *t = (struct traveller *)(void *)l;

	t->in_order = *t->seen == t->number;
	*t->seen = t->number + 1;
	t->letter.deliver = came_back;
	threads_post(t->world->threads, 0, &t->letter);
}

static void send_all(struct world *w, unsigned seen[THREADS + 1])
{
	unsigned i = 0;
	unsigned seat = 0;

	for (i = 0; i < LETTERS; i++) {
		for (seat = 1; seat <= THREADS; seat++) {
			struct traveller *t = calloc(1, sizeof(*t));

			t->letter.deliver = arrived;
			t->world = w;
			t->seen = &seen[seat];
			t->number = i;
			threads_post(w->threads, seat, &t->letter);
		}
	}
}

static void test_there_and_back(void **state)
{
	struct world *w = new_world();
	unsigned seen[THREADS + 1] = {0};

	(void)state;
	send_all(w, seen);
	while (w->back < LETTERS * THREADS) {
		assert_int_equal(tevent_loop_once(w->ev), 0);
	}
	threads_release(w->threads);
	talloc_free(w);
}

/* What is on its way when they end still arrives. */
static void test_end(void **state)
{
	struct world *w = new_world();
	unsigned seen[THREADS + 1] = {0};

	(void)state;
	send_all(w, seen);
	threads_hold(w->threads);
	threads_release(w->threads);
	threads_release(w->threads);
	assert_int_equal(w->back, LETTERS * THREADS);
	talloc_free(w);
}

static void arrived_late(struct letter *l)
{
	struct traveller *t = (struct traveller *)(void *)l;

	t->in_order = true;
	t->letter.deliver = came_back;
	threads_post_late(t->world->threads, t->number, &t->letter);
}

static void send_to(struct world *w, unsigned seat, unsigned *seen,
		    void (*deliver)(struct letter *l))
{
	struct traveller *t = calloc(1, sizeof(*t));

	t->letter.deliver = deliver;
	t->world = w;
	t->seen = seen;
	t->number = seen == NULL ? seat : *seen;
	threads_post(w->threads, seat, &t->letter);
}

/* What is no hurry comes with the next letter, before it; or by itself, and
 * then the bell still rings for others. */
static void test_late(void **state)
{
	struct world *w = new_world();
	unsigned seen = 0;
	unsigned i = 0;

	(void)state;
	for (i = 0; i < 20; i++) {
		send_to(w, 1, NULL, arrived_late);
		send_to(w, 1, &seen, arrived);
		while (w->back < 3 * i + 2) {
			assert_int_equal(tevent_loop_once(w->ev), 0);
		}
		send_to(w, 2, NULL, arrived_late);
		while (w->back < 3 * i + 3) {
			assert_int_equal(tevent_loop_once(w->ev), 0);
		}
		seen = 0;
	}
	send_to(w, 1, NULL, arrived_late);
	threads_release(w->threads); /* it arrives nevertheless */
	assert_int_equal(w->back, 61);
	talloc_free(w);
}

static void release_all(struct letter *l)
{
	struct traveller *t = (struct traveller *)(void *)l;

	t->world->back = 1;
	threads_release(t->world->threads);
	free(t);
}

static void send_release(struct letter *l)
{
	struct traveller *t = (struct traveller *)(void *)l;

	t->letter.deliver = release_all;
	threads_post(t->world->threads, 0, &t->letter);
}

/* The last user may go while a letter is delivered. */
static void test_end_in_letter(void **state)
{
	struct world *w = new_world();
	struct traveller *t = calloc(1, sizeof(*t));

	(void)state;
	t->letter.deliver = send_release;
	t->world = w;
	threads_post(w->threads, THREADS, &t->letter);
	while (w->back == 0) {
		assert_int_equal(tevent_loop_once(w->ev), 0);
	}
	talloc_free(w);
}

struct question {
	struct letter letter; /* first */
	struct tevent_context *loop, *expected;
};

static void answer(struct letter *l)
{
	struct question *q = (struct question *)(void *)l;

	q->loop = q->expected;
}

static void test_call(void **state)
{
	struct world *w = new_world();
	unsigned seat = 0;

	(void)state;
	for (seat = 1; seat <= THREADS; seat++) {
		struct question q = {.letter.deliver = answer,
				     .expected =
					     threads_loop(w->threads, seat)};

		threads_call(w->threads, seat, &q.letter);
		assert_ptr_equal(q.loop, q.expected);
		assert_ptr_not_equal(q.loop, w->ev);
	}
	threads_release(w->threads);
	talloc_free(w);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_there_and_back),
		cmocka_unit_test(test_end),
		cmocka_unit_test(test_late),
		cmocka_unit_test(test_end_in_letter),
		cmocka_unit_test(test_call),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
