/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * First flights that were there before.
 */
#include "tests/testlib.h"

#include "smbquic/quic_private.h"

static bool note(struct quic_replay *r, unsigned n, time_t now)
{
	return quic_replay_note(r, &n, sizeof(n), now);
}

static void test_once(void **state)
{
	struct quic_replay *r = quic_replay_new(NULL);
	unsigned i = 0;

	(void)state;
	assert_non_null(quic_replay_tls(r));
	for (i = 0; i < 1000; i++) {
		assert_true(note(r, i, 100));
	}
	for (i = 0; i < 1000; i++) {
		assert_false(note(r, i, 200));
	}
	assert_int_equal(quic_replay_count(r), 1000);
	talloc_free(r);
}

/* Tickets of then are no tickets any more. */
static void test_forgotten(void **state)
{
	struct quic_replay *r = quic_replay_new(NULL);
	const time_t later = 100 + QUIC_REPLAY_SECONDS;
	unsigned i = 0;

	(void)state;
	for (i = 0; i < 300; i++) {
		assert_true(note(r, i, 100 + i));
	}
	assert_false(note(r, 0, later - 1));
	assert_true(note(r, 0, later));
	assert_int_equal(quic_replay_count(r), 300);
	assert_false(note(r, 1, later));
	assert_false(note(r, 0, later));
	assert_true(note(r, 1000, later + 400));
	assert_int_equal(quic_replay_count(r), 1 + 1);
	for (i = 1; i < 300; i++) {
		assert_true(note(r, i, later + 400));
	}
	talloc_free(r);
}

/* When no more can be remembered, nothing more is taken. */
static void test_full(void **state)
{
	struct quic_replay *r = quic_replay_new(NULL);
	unsigned i = 0;

	(void)state;
	for (i = 0; i < QUIC_REPLAY_MAX; i++) {
		assert_true(note(r, i, 100 + i / 1000));
	}
	assert_false(note(r, i, 200));
	assert_false(note(r, 0, 200));
	/* until the first ones are too old */
	assert_true(note(r, i, 100 + QUIC_REPLAY_SECONDS));
	assert_int_equal(quic_replay_count(r), QUIC_REPLAY_MAX - 999);
	talloc_free(r);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_once),
		cmocka_unit_test(test_forgotten),
		cmocka_unit_test(test_full),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
