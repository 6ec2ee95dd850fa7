/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Time limits, while somebody sets the clock on the wall.
 */
#include "tests/testlib.h"

#include <errno.h>
#include <string.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

#include "smbquic/alarm.h"

#define HOUR 3600
#define LONG 600000u

/* What tevent asks, in the place of the C library's. */
static time_t set_by;

int gettimeofday(struct timeval *restrict tv, void *restrict tz)
{
	struct timespec now;

	(void)tz;
	clock_gettime(CLOCK_REALTIME, &now);
	tv->tv_sec = now.tv_sec + set_by;
	tv->tv_usec = now.tv_nsec / 1000;
	return 0;
}

struct world {
	struct tevent_context *ev;
	char rang[32]; /* who did, in their order */
};

struct bell {
	struct world *world;
	struct alarm *alarm, *other;
	char name;
};

static void ring(void *private_data)
{
	struct bell *bell = private_data;
	size_t len = strlen(bell->world->rang);

	assert_true(len + 1 < sizeof(bell->world->rang));
	bell->world->rang[len] = bell->name;
	TALLOC_FREE(bell->other);
}

static struct bell *hang(struct world *w, char name, uint64_t ms)
{
	struct bell *bell = talloc_zero(w, struct bell);

	bell->world = w;
	bell->name = name;
	bell->alarm = alarm_add(w->ev, bell, ms, ring, bell);
	assert_non_null(bell->alarm);
	return bell;
}

static struct world *new_world(void)
{
	struct world *w = talloc_zero(NULL, struct world);

	set_by = 0;
	w->ev = tevent_context_init(w);
	return w;
}

/* Each of them rings when its time has passed, whatever the clock says. */
static void test_jumps(void **state)
{
	static const struct {
		time_t before, after; /* it was set by so much */
	} table[] = {
		{0, 0},	       {0, HOUR},     {0, -HOUR},
		{HOUR, 0},     {-HOUR, 0},    {0, 40 * 24 * HOUR},
		{-HOUR, HOUR}, {HOUR, -HOUR}, {0, -3 * 24 * HOUR},
	};
	size_t i = 0;

	(void)state;
	for (i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		struct world *w = new_world();
		struct tevent_req *limited = NULL;
		struct tevent_req *wait = NULL;
		struct tevent_req *never = NULL;
		uint64_t begin = alarm_clock();

		set_by = table[i].before;
		limited = alarm_wait_send(w, w->ev, LONG);
		assert_true(alarm_limit(limited, w->ev, 60));
		never = alarm_wait_send(w, w->ev, LONG);
		assert_true(alarm_limit(never, w->ev, LONG));
		hang(w, 'a', 20);
		hang(w, 'z', LONG);
		wait = alarm_wait_send(w, w->ev, 120);
		set_by = table[i].after;
		assert_true(tevent_req_poll(wait, w->ev));
		assert_in_range(alarm_clock() - begin, 119, 60000);
		assert_int_equal(alarm_wait_recv(wait), 0);
		assert_string_equal(w->rang, "a");
		assert_true(tevent_req_is_in_progress(never));
		assert_false(tevent_req_is_in_progress(limited));
		assert_int_equal(alarm_wait_recv(limited), ETIMEDOUT);
		talloc_free(w);
	}
}

/* The earliest first; one that is freed does not ring, not even one that is due
 * already, and one may free itself. */
static void test_order(void **state)
{
	struct world *w = new_world();
	struct bell *a = NULL;
	struct bell *b = NULL;

	(void)state;
	hang(w, 'd', 40);
	hang(w, 'c', 20);
	a = hang(w, 'a', 0);
	b = hang(w, 'b', 1);
	a->other = b->alarm;
	talloc_free(hang(w, 'x', 5));
	a = hang(w, 'e', 60);
	a->other = a->alarm;
	while (tevent_loop_once(w->ev) == 0 && strlen(w->rang) < 4) {
		usleep(3000); /* several are due at once */
	}
	assert_string_equal(w->rang, "acde");
	talloc_free(w);
}

/* A loop that waits for alarms alone ends with the last of them. */
static void test_end(void **state)
{
	struct world *w = new_world();

	(void)state;
	hang(w, 'a', 10);
	assert_int_equal(tevent_loop_wait(w->ev), 0);
	assert_string_equal(w->rang, "a");
	hang(w, 'b', 10);
	talloc_free(hang(w, 'c', 5));
	assert_int_equal(tevent_loop_wait(w->ev), 0);
	assert_string_equal(w->rang, "ab");
	talloc_free(hang(w, 'd', 5));
	assert_int_equal(tevent_loop_wait(w->ev), 0);
	assert_string_equal(w->rang, "ab");
	talloc_free(w);
}

/* What outlives its loop may be freed, and loops have nothing in common. */
static void test_loops(void **state)
{
	struct world *w = new_world();
	struct world *other = new_world();
	struct bell *bell = hang(w, 'a', 10);

	(void)state;
	hang(other, 'b', 10);
	TALLOC_FREE(w->ev);
	assert_int_equal(tevent_loop_wait(other->ev), 0);
	assert_string_equal(other->rang, "b");
	assert_string_equal(w->rang, "");
	TALLOC_FREE(bell->alarm);
	w->ev = tevent_context_init(w);
	hang(w, 'c', 1);
	assert_int_equal(tevent_loop_wait(w->ev), 0);
	assert_string_equal(w->rang, "c");
	talloc_free(other);
	talloc_free(w);
}

/* Further away than clocks go. */
static void test_far(void **state)
{
	struct world *w = new_world();

	(void)state;
	hang(w, 'x', UINT64_MAX);
	hang(w, 'y', UINT64_MAX / 1000);
	hang(w, 'a', 5);
	while (w->rang[0] == '\0') {
		assert_int_equal(tevent_loop_once(w->ev), 0);
	}
	assert_string_equal(w->rang, "a");
	talloc_free(w);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_jumps), cmocka_unit_test(test_order),
		cmocka_unit_test(test_end),   cmocka_unit_test(test_loops),
		cmocka_unit_test(test_far),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
