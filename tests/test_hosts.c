/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tests/testlib.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <string.h>

#include "server/hosts.h"

#define MAX_ENTRIES 8

/* A list out of words with blanks between. */
static const char **list_of(TALLOC_CTX *mem_ctx, const char *text)
{
	const char **list =
		talloc_zero_array(mem_ctx, const char *, MAX_ENTRIES + 1);
	char *copy = talloc_strdup(mem_ctx, text);
	char *rest = copy;
	size_t count = 0;

	for (;;) {
		char *word = strsep(&rest, " ");

		if (word == NULL) {
			return list;
		}
		if (word[0] != '\0') {
			list[count] = word;
			count++;
		}
	}
}

static bool allowed(const char *allow, const char *deny, const char *address)
{
	TALLOC_CTX *mem_ctx = talloc_new(NULL);
	struct sockaddr_storage addr = {0};
	struct sockaddr_in *in = (struct sockaddr_in *)&addr;
	struct sockaddr_in6 *in6 = (struct sockaddr_in6 *)&addr;
	bool ok = false;

	if (inet_pton(AF_INET, address, &in->sin_addr) == 1) {
		in->sin_family = AF_INET;
	} else {
		assert_int_equal(inet_pton(AF_INET6, address, &in6->sin6_addr),
				 1);
		in6->sin6_family = AF_INET6;
	}
	ok = hosts_allowed(list_of(mem_ctx, allow), list_of(mem_ctx, deny),
			   (const struct sockaddr *)&addr);
	talloc_free(mem_ctx);
	return ok;
}

static const struct {
	const char *allow, *deny, *address;
	bool ok;
} cases[] = {
	{"", "", "192.0.2.1", true},
	{"192.0.2.1", "", "192.0.2.1", true},
	{"192.0.2.1", "", "192.0.2.2", false},
	{"192.0.2.1", "", "127.0.0.1", true}, /* this machine */
	{"192.0.2.1", "", "::1", true},
	{"", "127.", "127.0.0.1", false},
	{"192.0.2.", "", "192.0.2.200", true},
	{"192.0.2.", "", "192.0.20.1", false},
	{"10.", "", "10.1.2.3", true},
	{"192.0.2.0/24", "", "192.0.2.77", true},
	{"192.0.2.0/24", "", "192.0.3.77", false},
	{"192.0.2.0/255.255.255.128", "", "192.0.2.127", true},
	{"192.0.2.0/255.255.255.128", "", "192.0.2.128", false},
	{"192.0.2.0/24 EXCEPT 192.0.2.9", "", "192.0.2.8", true},
	{"192.0.2.0/24 EXCEPT 192.0.2.9", "", "192.0.2.9", false},
	{"2001:db8::/32", "", "2001:db8:1::7", true},
	{"2001:db8::/32", "", "2001:db9::7", false},
	{"192.0.2.1", "", "::ffff:192.0.2.1", true}, /* IPv4 by IPv6 */
	{"", "ALL", "192.0.2.1", false},
	{"192.0.2.1", "ALL", "192.0.2.1", true}, /* allow wins */
	{"192.0.2.1", "198.51.100.", "203.0.113.5", true},
	{"", "ALL EXCEPT 192.0.2.", "192.0.2.5", true},
	{"", "ALL EXCEPT 192.0.2.", "192.0.3.5", false},
	{"0.0.0.0/0", "", "2001:db8::1", false},
	{"somewhere.example", "", "192.0.2.1", false},
	{"192.0.2.0/33", "", "192.0.2.0", false},
	{"192.0.2.0/", "", "192.0.2.0", false},
	{"/24", "", "192.0.2.0", false},
	{".", "", "192.0.2.0", false},
};

static void test_cases(void **private_data)
{
	(void)private_data;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		if (allowed(cases[i].allow, cases[i].deny, cases[i].address) !=
		    cases[i].ok) {
			fail_msg("allow \"%s\" deny \"%s\" address %s",
				 cases[i].allow, cases[i].deny,
				 cases[i].address);
		}
	}
}

static void test_bad_entry(void **private_data)
{
	const char *const good[] = {"ALL", "EXCEPT", "10.", "::1/128", NULL};
	const char *const bad[] = {"10.", "fs.example", NULL};

	(void)private_data;
	assert_null(hosts_bad_entry(good));
	assert_string_equal(hosts_bad_entry(bad), "fs.example");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_cases),
		cmocka_unit_test(test_bad_entry),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
