/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * When large packets are doubted, and when they are tried again.
 */
#include "tests/testlib.h"

#include "smbquic/quic_private.h"

#define S     NGTCP2_SECONDS
#define LARGE UDP_TRAIN_MAX
#define SMALL NGTCP2_MAX_UDP_PAYLOAD_SIZE

static void test_answers(void **state)
{
	struct quic_mtu m;

	(void)state;
	quic_mtu_init(&m);
	assert_false(quic_mtu_doubt(&m, S, 100 * S));
	quic_mtu_sent(&m, 100 * S);
	quic_mtu_sent(&m, 101 * S - 1); /* the first one counts */
	assert_false(quic_mtu_doubt(&m, S, 101 * S - 1));
	quic_mtu_answered(&m, true, 101 * S);
	assert_false(quic_mtu_doubt(&m, S, 102 * S - 1));
	quic_mtu_answered(&m, false, 102 * S);
	assert_false(quic_mtu_doubt(&m, S, 200 * S));
	assert_int_equal(quic_mtu_room(&m, 200 * S), LARGE);
}

static void test_doubt(void **state)
{
	struct quic_mtu m;
	quic_time now = 100 * S;
	quic_time pause = 5 * S;
	size_t i = 0;

	(void)state;
	quic_mtu_init(&m);
	for (i = 0; i < 10; i++) {
		quic_mtu_sent(&m, now);
		now += S;
		assert_true(quic_mtu_doubt(&m, S, now));
		assert_false(quic_mtu_doubt(&m, S, now)); /* once */
		assert_int_equal(quic_mtu_room(&m, now), SMALL);
		quic_mtu_answered(&m, true, now + 1);
		assert_int_equal(quic_mtu_room(&m, now + pause - 1), SMALL);
		now += pause;
		assert_int_equal(quic_mtu_room(&m, now), LARGE);
		/* a new wait begins with the large ones */
		assert_false(quic_mtu_doubt(&m, S, now + S - 1));
		pause = 2 * pause < 600 * S ? 2 * pause : 600 * S;
	}
	assert_int_equal(pause, 600 * S);
}

/* What was well for a while begins anew with a short pause. */
static void test_trust_again(void **state)
{
	struct quic_mtu m;

	(void)state;
	quic_mtu_init(&m);
	quic_mtu_sent(&m, 100 * S);
	assert_true(quic_mtu_doubt(&m, S, 101 * S));
	assert_int_equal(quic_mtu_room(&m, 106 * S), LARGE);
	quic_mtu_answered(&m, false, 117 * S);
	quic_mtu_sent(&m, 117 * S);
	assert_true(quic_mtu_doubt(&m, S, 118 * S));
	assert_int_equal(quic_mtu_room(&m, 123 * S - 1), SMALL);
	assert_int_equal(quic_mtu_room(&m, 123 * S), LARGE);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_answers),
		cmocka_unit_test(test_doubt),
		cmocka_unit_test(test_trust_again),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
