/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Two memory pairs and a pump between them: near[1] -- pump -- far[0].
 */
#include <errno.h>
#include <string.h>

#include "smbquic/relay_pump.h"
#include "tests/testlib.h"

struct world {
	struct tevent_context *ev;
	struct transport *near[2], *far[2];
	struct tevent_req *pump;
};

static struct world *world_new(unsigned quiet_ms)
{
	struct world *w = talloc_zero(NULL, struct world);

	w->ev = tevent_context_init(w);
	testlib_memory_pair(w, w->ev, NULL, w->near);
	testlib_memory_pair(w, w->ev, NULL, w->far);
	w->pump = relay_pump_send(w, w->ev, w->near[1], w->far[0], quiet_ms);
	assert_non_null(w->pump);
	return w;
}

static void loop_for(struct world *w, unsigned ms)
{
	struct tevent_req *req = tevent_wakeup_send(
		w, w->ev, tevent_timeval_current_ofs(0, ms * 1000));

	testlib_wait(w->ev, req, 60);
	talloc_free(req);
}

/* What the reader sees: bytes, 0 at the end, -1 with *err. */
static ssize_t read_one(struct world *w, struct transport *t, int *err)
{
	uint8_t byte = 0;
	struct tevent_req *req = transport_read_send(w, w->ev, t, &byte, 1, 1);
	ssize_t got = 0;

	testlib_wait(w->ev, req, 10);
	got = transport_read_recv(req, err);
	talloc_free(req);
	return got;
}

static void test_both_ways(void **state)
{
	struct world *w = world_new(1000);
	char text[8] = "";

	(void)state;
	testlib_write_copy(w->ev, w->near[0], "there", 6);
	testlib_read(w->ev, w->far[1], text, 6);
	assert_string_equal(text, "there");
	testlib_write_copy(w->ev, w->far[1], "back", 5);
	testlib_read(w->ev, w->near[0], text, 5);
	assert_string_equal(text, "back");
	talloc_free(w);
}

static void test_half_close(void **state)
{
	struct world *w = world_new(10000);
	struct relay_tally tally = {0};
	char text[8] = "";
	int err = 0;

	(void)state;
	testlib_write_copy(w->ev, w->near[0], "all", 4);
	transport_finish(w->near[0]);
	testlib_read(w->ev, w->far[1], text, 4);
	assert_int_equal(read_one(w, w->far[1], &err), 0);
	assert_int_equal(err, 0);
	/* the other direction goes on */
	assert_true(tevent_req_is_in_progress(w->pump));
	testlib_write_copy(w->ev, w->far[1], "answer", 7);
	testlib_read(w->ev, w->near[0], text, 7);
	assert_string_equal(text, "answer");
	transport_finish(w->far[1]);
	assert_int_equal(read_one(w, w->near[0], &err), 0);
	testlib_wait(w->ev, w->pump, 10);
	assert_int_equal(relay_pump_recv(w->pump, &tally), 0);
	assert_int_equal(tally.forth, 4);
	assert_int_equal(tally.back, 7);
	assert_null(tally.why);
	talloc_free(w);
}

/* An end on one side, and the other says nothing for long. */
static void test_quiet_after_end(void **state)
{
	struct world *w = world_new(50);
	struct relay_tally tally = {0};

	(void)state;
	transport_finish(w->near[0]);
	testlib_wait(w->ev, w->pump, 10);
	assert_int_equal(relay_pump_recv(w->pump, &tally), 0);
	assert_non_null(strstr(tally.why, "nothing more"));
	talloc_free(w);
}

static void test_one_breaks(void **state)
{
	struct world *w = world_new(1000);
	struct relay_tally tally = {0};
	char text[4] = "";
	int err = 0;

	(void)state;
	testlib_write_copy(w->ev, w->near[0], "abc", 3);
	testlib_read(w->ev, w->far[1], text, 3);
	TALLOC_FREE(w->far[1]); /* without a word */
	testlib_wait(w->ev, w->pump, 10);
	assert_int_equal(relay_pump_recv(w->pump, &tally), ECONNRESET);
	assert_int_equal(tally.forth, 3);
	assert_non_null(tally.why);
	/* the other side was told */
	assert_int_equal(read_one(w, w->near[0], &err), 0);
	talloc_free(w);
}

/* Nobody reads at the far end: the near end is read up to the bound only. */
static void test_back_pressure(void **state)
{
	static uint8_t megabyte[1 << 20];
	struct world *w = world_new(1000);
	struct transport_stats stats = {0};
	uint8_t *in = talloc_size(w, sizeof(megabyte));

	(void)state;
	for (unsigned i = 0; i < sizeof(megabyte); i++) {
		megabyte[i] = (uint8_t)(i * 7 + i / 251);
	}
	for (unsigned i = 0; i < 32; i++) {
		testlib_write_copy(w->ev, w->near[0], megabyte,
				   sizeof(megabyte));
	}
	loop_for(w, 100);
	transport_stats(w->near[1], &stats);
	assert_true(stats.bytes_in > RELAY_IN_FLIGHT / 2);
	assert_true(stats.bytes_in <= RELAY_IN_FLIGHT);
	assert_false(relay_pump_is_quiet(w->pump, 0));
	/* and everything arrives once somebody does */
	for (unsigned i = 0; i < 32; i++) {
		testlib_read(w->ev, w->far[1], in, sizeof(megabyte));
		assert_memory_equal(in, megabyte, sizeof(megabyte));
	}
	loop_for(w, 20);
	assert_true(relay_pump_is_quiet(w->pump, 10));
	talloc_free(w);
}

static void test_ended_from_here(void **state)
{
	struct world *w = world_new(1000);
	struct relay_tally tally = {0};
	int err = 0;

	(void)state;
	relay_pump_end(w->pump, 0, TRANSPORT_CLOSE_SHUTDOWN, "enough");
	relay_pump_end(w->pump, EIO, TRANSPORT_CLOSE_DONE, "again");
	testlib_wait(w->ev, w->pump, 10);
	assert_int_equal(relay_pump_recv(w->pump, &tally), 0);
	assert_string_equal(tally.why, "enough");
	assert_int_equal(read_one(w, w->near[0], &err), 0);
	assert_int_equal(read_one(w, w->far[1], &err), 0);
	talloc_free(w);
}

/* Freed in the middle of everything. */
static void test_freed(void **state)
{
	struct world *w = world_new(1000);

	(void)state;
	testlib_write_copy(w->ev, w->near[0], "abc", 3);
	loop_for(w, 5);
	TALLOC_FREE(w->pump);
	talloc_free(w);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_both_ways),
		cmocka_unit_test(test_half_close),
		cmocka_unit_test(test_quiet_after_end),
		cmocka_unit_test(test_one_breaks),
		cmocka_unit_test(test_back_pressure),
		cmocka_unit_test(test_ended_from_here),
		cmocka_unit_test(test_freed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
