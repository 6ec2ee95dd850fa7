/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What is freed stays, and goes back when it is told to.
 */
#include "tests/testlib.h"

#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "smbquic/heap.h"

#define PAYLOAD (8u << 20)
#define ROUNDS	20

#if defined(__SANITIZE_ADDRESS__)
#define OTHER_MALLOC true
#else
#define OTHER_MALLOC (getenv("LD_PRELOAD") != NULL)
#endif

static long faults(void)
{
	struct rusage usage;

	assert_int_equal(getrusage(RUSAGE_SELF, &usage), 0);
	return usage.ru_minflt;
}

/* A payload that is written to and freed. */
static void use_payload(void)
{
	char *payload = malloc(PAYLOAD);

	assert_non_null(payload);
	memset(payload, 1, PAYLOAD);
	__asm__ volatile("" : : "r"(payload) : "memory");
	free(payload);
}

static void test_pages_stay(void **state)
{
	const long pages = PAYLOAD / sysconf(_SC_PAGESIZE);
	long before = 0;
	int i = 0;

	(void)state;
	if (!heap_keep() || OTHER_MALLOC) {
		skip();
	}
	use_payload();
	before = faults();
	for (i = 0; i < ROUNDS; i++) {
		use_payload();
	}
	/* returned each time it would be ROUNDS * pages */
	assert_true(faults() - before < pages);
}

static void test_pages_go(void **state)
{
	const long pages = PAYLOAD / sysconf(_SC_PAGESIZE);
	long before = 0;

	(void)state;
	if (!heap_keep() || OTHER_MALLOC) {
		skip();
	}
	use_payload();
	heap_give_back();
	before = faults();
	use_payload();
	assert_true(faults() - before > pages / 2);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_pages_stay),
		cmocka_unit_test(test_pages_go),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
