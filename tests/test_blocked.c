/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tests/testlib.h"

#include <arpa/inet.h>
#include <netinet/in.h>

#include "smbquic/blocked.h"

static struct sockaddr_in address(const char *host, uint16_t port)
{
	struct sockaddr_in a = {.sin_family = AF_INET, .sin_port = htons(port)};

	assert_int_equal(inet_pton(AF_INET, host, &a.sin_addr), 1);
	return a;
}

static void test_remembered(void **state)
{
	TALLOC_CTX *ctx = talloc_new(NULL);
	char *file = talloc_asprintf(ctx, "%s/visits", testlib_tmpdir(ctx));
	struct sockaddr_in a = address("127.0.0.1", 443);
	struct sockaddr_in port = address("127.0.0.1", 4443);
	struct sockaddr_in6 v6 = {.sin6_family = AF_INET6,
				  .sin6_port = htons(443),
				  .sin6_addr = in6addr_loopback};
	const struct sockaddr *to = (const struct sockaddr *)&a;

	(void)state;
	assert_false(blocked_known(file, "h", to));
	blocked_note(file, "h", to, true);
	assert_true(blocked_known(file, "h", to));
	assert_false(blocked_known(file, "other", to));
	assert_false(blocked_known(file, "h", (const struct sockaddr *)&port));
	assert_false(blocked_known(file, "h", (const struct sockaddr *)&v6));
	blocked_forget(file, "h", to);
	assert_false(blocked_known(file, "h", to));
	talloc_free(ctx);
}

/* One packet may be lost: twice in a row is another matter. */
static void test_suspected(void **state)
{
	TALLOC_CTX *ctx = talloc_new(NULL);
	char *file = talloc_asprintf(ctx, "%s/visits", testlib_tmpdir(ctx));
	struct sockaddr_in a = address("127.0.0.1", 443);
	const struct sockaddr *to = (const struct sockaddr *)&a;

	(void)state;
	blocked_note(file, "h", to, false);
	assert_false(blocked_known(file, "h", to));
	blocked_forget(file, "h", to); /* an answer */
	blocked_note(file, "h", to, false);
	assert_false(blocked_known(file, "h", to));
	blocked_note(file, "h", to, false);
	assert_true(blocked_known(file, "h", to));
	talloc_free(ctx);
}

static void test_nothing_to_remember_in(void **state)
{
	struct sockaddr_in a = address("127.0.0.1", 443);
	struct sockaddr nowhere = {.sa_family = AF_UNIX};

	(void)state;
	blocked_note(NULL, "h", (const struct sockaddr *)&a, true);
	assert_false(blocked_known(NULL, "h", (const struct sockaddr *)&a));
	assert_false(blocked_known("/nonexistent/visits", "h",
				   (const struct sockaddr *)&a));
	assert_false(blocked_known("/nonexistent/visits", "h", &nowhere));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_remembered),
		cmocka_unit_test(test_suspected),
		cmocka_unit_test(test_nothing_to_remember_in),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
