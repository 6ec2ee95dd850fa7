/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "smbquic/fscc.h"

/* On a machine whose time_t has 32 bits, times beyond are the nearest. */
static const bool wide = sizeof(time_t) > 4;

static time_t seconds(int64_t value)
{
	if (!wide && value > INT32_MAX) {
		return INT32_MAX;
	}
	if (!wide && value < INT32_MIN) {
		return INT32_MIN;
	}
	return (time_t)value;
}

/* 2.1.1 and MS-DTYP 2.3.3. */
static void test_epochs(void **state)
{
	(void)state;
	assert_int_equal(nttime_from_unix(0), 116444736000000000);
	assert_int_equal(nttime_to_unix(116444736000000000), 0);
	assert_int_equal(nttime_to_unix(0), seconds(-11644473600));
	assert_int_equal(nttime_from_unix(1735689600), 133801632000000000);
}

static void test_there_and_back(void **state)
{
	const struct timespec times[] = {
		{0, 0},
		{0, 999999900},
		{1735689600, 123456700},
		{-1, 500000000},
		{seconds(-11644473600), 0},
		{seconds(253402300799), 999999900},
	};
	size_t i = 0;

	(void)state;
	for (i = 0; i < sizeof(times) / sizeof(times[0]); i++) {
		struct timespec back =
			nttime_to_timespec(nttime_from_timespec(times[i]));

		assert_int_equal(back.tv_sec, times[i].tv_sec);
		assert_int_equal(back.tv_nsec, times[i].tv_nsec);
	}
}

static void test_rounding(void **state)
{
	const struct timespec ts = {5, 199};

	(void)state;
	assert_int_equal(nttime_from_timespec(ts), nttime_from_unix(5) + 1);
}

static void test_limits(void **state)
{
	const struct timespec early = {seconds(-11644473601), 0};
	const struct timespec late = {seconds(INT64_MAX / 2), 0};
	const struct timespec first = {seconds(INT64_MIN), 0};
	const struct timespec last = {seconds(INT64_MAX), 999999999};

	(void)state;
	if (wide) {
		assert_int_equal(nttime_from_timespec(early), 0);
		assert_int_equal(nttime_from_timespec(first), 0);
		assert_int_equal(nttime_from_timespec(late), INT64_MAX);
		assert_int_equal(nttime_from_timespec(last), INT64_MAX);
	}
	assert_int_equal(nttime_to_unix(UINT64_MAX), nttime_to_unix(INT64_MAX));
	assert_true(nttime_to_unix(INT64_MAX) > 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_epochs),
		cmocka_unit_test(test_there_and_back),
		cmocka_unit_test(test_rounding),
		cmocka_unit_test(test_limits),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
