/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "server/worker_turns.h"

#define CROWD 300

static struct worker_job jobs[CROWD];
static char parties[4096];

static struct worker_job *job_of(unsigned i, const void *party)
{
	memset(&jobs[i], 0, sizeof(jobs[i]));
	jobs[i].party = party;
	return &jobs[i];
}

static int setup(void **state)
{
	static struct worker_turns turns;

	worker_turns_init(&turns);
	*state = &turns;
	return 0;
}

/* A second party that shares no place with the first. */
static const void *other_than(struct worker_turns *turns, const void *first)
{
	uint64_t place = 0;

	worker_turns_add(turns, job_of(0, first));
	place = turns->waiting;
	assert_ptr_equal(worker_turns_take(turns), &jobs[0]);
	for (size_t i = 0; i < sizeof(parties); i += 16) {
		uint64_t there = 0;

		worker_turns_add(turns, job_of(0, parties + i));
		there = turns->waiting;
		assert_ptr_equal(worker_turns_take(turns), &jobs[0]);
		if (there != place) {
			return parties + i;
		}
	}
	fail();
	return NULL;
}

static void test_order(void **state)
{
	struct worker_turns *turns = *state;

	assert_null(worker_turns_take(turns));
	for (unsigned i = 0; i < CROWD; i++) {
		worker_turns_add(turns, job_of(i, NULL));
	}
	for (unsigned i = 0; i < CROWD; i++) {
		assert_ptr_equal(worker_turns_take(turns), &jobs[i]);
	}
	assert_null(worker_turns_take(turns));
}

/* Somebody with one job does not wait for a crowd. */
static void test_turns(void **state)
{
	struct worker_turns *turns = *state;
	const void *busy = &parties[0];
	const void *other = other_than(turns, busy);
	unsigned before = 0;

	for (unsigned i = 0; i < CROWD - 2; i++) {
		worker_turns_add(turns, job_of(i, busy));
	}
	assert_ptr_equal(worker_turns_take(turns), &jobs[0]);
	worker_turns_add(turns, job_of(CROWD - 2, other));
	worker_turns_add(turns, job_of(CROWD - 1, other));
	while (worker_turns_take(turns)->party == busy) {
		before++;
	}
	assert_in_range(before, 0, 1);
	assert_ptr_equal(worker_turns_take(turns)->party, busy);
	assert_ptr_equal(worker_turns_take(turns)->party, other);
	for (unsigned i = before + 2; i < CROWD - 2; i++) {
		assert_ptr_equal(worker_turns_take(turns), &jobs[i]);
	}
	assert_null(worker_turns_take(turns));
}

/* As many parties as there are of addresses: each gets its turn. */
static void test_many(void **state)
{
	struct worker_turns *turns = *state;
	unsigned count = 0;

	for (unsigned i = 0; i < CROWD; i++) {
		worker_turns_add(turns, job_of(i, &parties[i * 8]));
	}
	assert_int_not_equal(turns->waiting & (turns->waiting - 1), 0);
	while (worker_turns_take(turns) != NULL) {
		count++;
	}
	assert_int_equal(count, CROWD);
	assert_true(turns->waiting == 0);
}

static void test_remove(void **state)
{
	struct worker_turns *turns = *state;
	const void *other = other_than(turns, NULL);

	worker_turns_add(turns, job_of(0, NULL));
	worker_turns_add(turns, job_of(1, NULL));
	worker_turns_add(turns, job_of(2, NULL));
	worker_turns_add(turns, job_of(3, other));
	worker_turns_remove(turns, &jobs[1]);
	worker_turns_remove(turns, &jobs[3]);
	assert_ptr_equal(worker_turns_take(turns), &jobs[0]);
	assert_true(worker_turns_waits(turns, &jobs[0]));
	assert_false(worker_turns_waits(turns, &jobs[3]));
	worker_turns_remove(turns, &jobs[2]);
	assert_false(worker_turns_waits(turns, &jobs[0]));
	assert_null(worker_turns_take(turns));
	worker_turns_add(turns, job_of(3, other));
	assert_ptr_equal(worker_turns_take(turns), &jobs[3]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(test_order, setup),
		cmocka_unit_test_setup(test_turns, setup),
		cmocka_unit_test_setup(test_many, setup),
		cmocka_unit_test_setup(test_remove, setup),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
