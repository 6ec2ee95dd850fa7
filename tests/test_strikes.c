/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tests/testlib.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>

#include "server/strikes.h"

#define LIMIT  10
#define WINDOW 600000

struct place {
	struct sockaddr_storage at;
};

static const struct sockaddr *addr(struct place *p, const char *text)
{
	struct sockaddr_in *in = (struct sockaddr_in *)&p->at;
	struct sockaddr_in6 *in6 = (struct sockaddr_in6 *)&p->at;

	memset(p, 0, sizeof(*p));
	if (inet_pton(AF_INET, text, &in->sin_addr) == 1) {
		in->sin_family = AF_INET;
	} else {
		assert_int_equal(inet_pton(AF_INET6, text, &in6->sin6_addr), 1);
		in6->sin6_family = AF_INET6;
	}
	return (const struct sockaddr *)&p->at;
}

static void fail_times(struct strikes *s, const char *from, unsigned n,
		       uint64_t now)
{
	struct place p;

	while (n-- > 0) {
		strikes_add(s, addr(&p, from), LIMIT, WINDOW, now);
	}
}

static bool out(struct strikes *s, const char *from, uint64_t now)
{
	struct place p;

	return strikes_out(s, addr(&p, from), LIMIT, WINDOW, now);
}

static void test_limit(void **state)
{
	struct strikes *s = strikes_new(NULL);
	unsigned i = 0;

	(void)state;
	assert_false(out(s, "192.0.2.1", 0));
	fail_times(s, "192.0.2.1", LIMIT - 1, 1000);
	assert_false(out(s, "192.0.2.1", 1000));
	fail_times(s, "192.0.2.1", 1, 1000);
	assert_true(out(s, "192.0.2.1", 1000));
	assert_false(out(s, "192.0.2.2", 1000));
	/* one more after a tenth of the time, and not a moment earlier */
	assert_true(out(s, "192.0.2.1", 1000 + WINDOW / LIMIT - 10));
	for (i = 0; i < WINDOW / LIMIT - 10; i++) {
		assert_true(out(s, "192.0.2.1", 1000 + i));
	}
	assert_false(out(s, "192.0.2.1", 1000 + WINDOW / LIMIT + 10));
	fail_times(s, "192.0.2.1", 1, 1000 + WINDOW / LIMIT + 10);
	assert_true(out(s, "192.0.2.1", 1000 + WINDOW / LIMIT + 20));
	/* what is far too much takes no longer than what is too much */
	fail_times(s, "192.0.2.1", 100 * LIMIT, 2 * WINDOW);
	assert_true(out(s, "192.0.2.1", 2 * WINDOW));
	assert_false(out(s, "192.0.2.1", 3 * WINDOW));
	/* a clock that stands still, and no limit */
	fail_times(s, "192.0.2.3", LIMIT, 0);
	assert_true(out(s, "192.0.2.3", 0));
	talloc_free(s);
}

static void test_addresses(void **state)
{
	struct strikes *s = strikes_new(NULL);
	struct place p;

	(void)state;
	fail_times(s, "2001:db8:0:1::1", LIMIT, 1000);
	assert_true(out(s, "2001:db8:0:1:ffff::2", 1000));
	assert_false(out(s, "2001:db8:0:2::1", 1000));
	fail_times(s, "::ffff:192.0.2.1", LIMIT, 1000);
	assert_true(out(s, "192.0.2.1", 1000));
	fail_times(s, "0.0.0.1", LIMIT, 1000);
	assert_false(out(s, "0:1::", 1000));
	assert_false(strikes_out(s, addr(&p, "192.0.2.1"), 0, WINDOW, 1000));
	strikes_add(s, addr(&p, "192.0.2.9"), 0, WINDOW, 1000);
	assert_false(out(s, "192.0.2.9", 1000));
	memset(&p, 0, sizeof(p));
	strikes_add(s, (const struct sockaddr *)&p.at, LIMIT, WINDOW, 1000);
	talloc_free(s);
}

static void test_full(void **state)
{
	struct strikes *s = strikes_new(NULL);
	char text[32];
	unsigned i = 0;

	(void)state;
	fail_times(s, "192.0.2.1", LIMIT, 1000);
	for (i = 0; i < STRIKES_MAX - 1; i++) {
		snprintf(text, sizeof(text), "10.0.%u.%u", i / 256, i % 256);
		fail_times(s, text, 1, 1001 + i);
	}
	assert_true(out(s, "192.0.2.1", 5000));
	/* now it is the one that was heard of last */
	for (i = 0; i < STRIKES_MAX - 1; i++) {
		snprintf(text, sizeof(text), "10.1.%u.%u", i / 256, i % 256);
		fail_times(s, text, 1, 6000 + i);
	}
	assert_true(out(s, "192.0.2.1", 8000));
	for (i = 0; i < STRIKES_MAX; i++) {
		snprintf(text, sizeof(text), "10.2.%u.%u", i / 256, i % 256);
		fail_times(s, text, 1, 9000 + i);
	}
	assert_false(out(s, "192.0.2.1", 12000));
	talloc_free(s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_limit),
		cmocka_unit_test(test_addresses),
		cmocka_unit_test(test_full),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
