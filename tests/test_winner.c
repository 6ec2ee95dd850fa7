/* SPDX-License-Identifier: GPL-3.0-or-later */
/* winner.c: what is remembered of races, and that nothing else is believed. */
#include "tests/testlib.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

#include "smbquic/visit.h"
#include "smbquic/winner.h"

static struct sockaddr_storage address(const char *text, uint16_t port)
{
	struct sockaddr_storage out = {0};
	struct sockaddr_in *in = (void *)&out;
	struct sockaddr_in6 *in6 = (void *)&out;

	if (inet_pton(AF_INET, text, &in->sin_addr) == 1) {
		in->sin_family = AF_INET;
		in->sin_port = htons(port);
	} else {
		assert_int_equal(inet_pton(AF_INET6, text, &in6->sin6_addr), 1);
		in6->sin6_family = AF_INET6;
		in6->sin6_port = htons(port);
	}
	return out;
}

static void note(const char *file, const char *carrier, const char *text,
		 uint16_t port)
{
	struct sockaddr_storage addr = address(text, port);

	winner_note(file, "server", "quic:443,tcp:445", carrier,
		    (struct sockaddr *)&addr);
}

static bool knows(const char *file, const char *carrier, const char *text,
		  uint16_t port)
{
	struct sockaddr_storage addr = address(text, port);
	struct winner winner = {.carrier = ""};

	return winner_known(file, "server", "quic:443,tcp:445", &winner) &&
	       winner_is(&winner, carrier, (struct sockaddr *)&addr);
}

static void test_remembered(void **state)
{
	TALLOC_CTX *tmp = talloc_new(NULL);
	char *file = talloc_asprintf(tmp, "%s/visits", testlib_tmpdir(tmp));
	struct winner winner = {.carrier = ""};

	(void)state;
	assert_false(knows(file, "quic", "192.0.2.1", 443));
	note(file, "quic", "192.0.2.1", 443);
	assert_true(knows(file, "quic", "192.0.2.1", 443));
	assert_false(knows(file, "tcp", "192.0.2.1", 443));
	assert_false(knows(file, "quic", "192.0.2.2", 443));
	assert_false(knows(file, "quic", "192.0.2.1", 444));
	note(file, "tcp", "2001:db8::1", 445);
	assert_true(knows(file, "tcp", "2001:db8::1", 445));
	/* for these ways and this server alone */
	assert_false(winner_known(file, "server", "tcp:445", &winner));
	assert_false(winner_known(file, "other", "quic:443,tcp:445", &winner));
	/* switched off */
	note(NULL, "quic", "192.0.2.1", 443);
	assert_false(winner_known(NULL, "server", "quic:443,tcp:445", &winner));
	talloc_free(tmp);
}

static void test_damaged(void **state)
{
	static const char *const bad[] = {
		"",
		"quic",
		"quic 192.0.2.1",
		"quic x 443",
		"quic 192.0.2.1 0",
		"quic 192.0.2.1 70000",
		"  ",
		"quic 192.0.2.300 1",
		"quic 2001:::1 443",
	};
	const struct visit_key key = {
		.kind = "won", .host = "server", .policy = "quic:443,tcp:445"};
	TALLOC_CTX *tmp = talloc_new(NULL);
	char *file = talloc_asprintf(tmp, "%s/visits", testlib_tmpdir(tmp));
	struct winner winner = {.carrier = ""};
	uint8_t large[4000];
	size_t i = 0;

	(void)state;
	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		assert_int_equal(
			visit_put(file, &key, time(NULL), time(NULL) + 100,
				  (const uint8_t *)bad[i], strlen(bad[i])),
			0);
		assert_false(winner_known(file, "server", "quic:443,tcp:445",
					  &winner));
	}
	memset(large, 'x', sizeof(large));
	assert_int_equal(visit_put(file, &key, time(NULL), time(NULL) + 100,
				   large, sizeof(large)),
			 0);
	assert_false(winner_known(file, "server", "quic:443,tcp:445", &winner));
	talloc_free(tmp);
}

/* Nor is a file that others may write, or its time over. */
static void test_not_ours(void **state)
{
	TALLOC_CTX *tmp = talloc_new(NULL);
	char *dir = testlib_tmpdir(tmp);
	char *file = talloc_asprintf(tmp, "%s/visits", dir);
	const struct visit_key key = {
		.kind = "won", .host = "server", .policy = "quic:443,tcp:445"};
	static const char text[] = "quic 192.0.2.1 443";

	(void)state;
	note(file, "quic", "192.0.2.1", 443);
	assert_int_equal(chmod(file, 0644), 0);
	assert_false(knows(file, "quic", "192.0.2.1", 443));
	assert_int_equal(chmod(file, 0600), 0);
	assert_true(knows(file, "quic", "192.0.2.1", 443));
	assert_int_equal(visit_put(file, &key, time(NULL) - 100, time(NULL) - 1,
				   (const uint8_t *)text, strlen(text)),
			 0);
	assert_false(knows(file, "quic", "192.0.2.1", 443));
	talloc_free(tmp);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_remembered),
		cmocka_unit_test(test_damaged),
		cmocka_unit_test(test_not_ours),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
