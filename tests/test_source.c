/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Who counts as one when connections are counted. */
#include <arpa/inet.h>

#include "smbquic/source.h"
#include "tests/testlib.h"

static struct sockaddr_storage address(const char *text)
{
	struct sockaddr_storage ss = {0};
	struct sockaddr_in *in = (struct sockaddr_in *)&ss;
	struct sockaddr_in6 *in6 = (struct sockaddr_in6 *)&ss;

	if (inet_pton(AF_INET, text, &in->sin_addr) == 1) {
		in->sin_family = AF_INET;
		in->sin_port = htons(1);
		return ss;
	}
	assert_int_equal(1, inet_pton(AF_INET6, text, &in6->sin6_addr));
	in6->sin6_family = AF_INET6;
	in6->sin6_port = htons(2);
	in6->sin6_scope_id = 3;
	return ss;
}

static bool same(const char *a, const char *b)
{
	struct sockaddr_storage x = address(a);
	struct sockaddr_storage y = address(b);

	return source_same((struct sockaddr *)&x, (struct sockaddr *)&y);
}

static void test_ipv4(void **state)
{
	(void)state;
	assert_true(same("192.0.2.1", "192.0.2.1"));
	assert_false(same("192.0.2.1", "192.0.2.2"));
}

static void test_ipv6_by_network(void **state)
{
	(void)state;
	assert_true(same("2001:db8::1", "2001:db8::ffff:0:0:2"));
	assert_false(same("2001:db8::1", "2001:db8:0:1::1"));
}

static void test_ipv4_in_ipv6(void **state)
{
	(void)state;
	assert_true(same("::ffff:192.0.2.1", "192.0.2.1"));
	assert_false(same("::ffff:192.0.2.1", "::ffff:192.0.2.2"));
}

static void test_others(void **state)
{
	struct sockaddr_storage a = {.ss_family = AF_UNIX};

	(void)state;
	assert_false(source_same((struct sockaddr *)&a, (struct sockaddr *)&a));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_ipv4),
		cmocka_unit_test(test_ipv6_by_network),
		cmocka_unit_test(test_ipv4_in_ipv6),
		cmocka_unit_test(test_others),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
