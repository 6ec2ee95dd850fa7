/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Names to addresses, in a thread that may be left alone.
 */
#include <errno.h>
#include <netinet/in.h>
#include <string.h>

#include "smbquic/resolve.h"
#include "tests/testlib.h"

static int setup(void **state)
{
	*state = talloc_new(NULL);
	return 0;
}

static int teardown(void **state)
{
	talloc_free(*state);
	return 0;
}

static int resolve(TALLOC_CTX *mem_ctx, const char *host,
		   struct resolve_result *found, char **why)
{
	struct tevent_context *ev = tevent_context_init(mem_ctx);
	struct tevent_req *req = resolve_send(mem_ctx, ev, host);
	int err = 0;

	testlib_wait(ev, req, 10);
	err = resolve_recv(req, mem_ctx, found, why);
	talloc_free(req);
	return err;
}

static void test_ipv4_literal(void **state)
{
	struct resolve_result found = {0};
	struct sockaddr_in *in = (struct sockaddr_in *)&found.addr[0];
	char *why = NULL;

	assert_int_equal(resolve(*state, "192.0.2.7", &found, &why), 0);
	assert_int_equal(found.count, 1);
	assert_int_equal(found.addr[0].ss_family, AF_INET);
	assert_int_equal(in->sin_addr.s_addr, htonl(0xC0000207));
	assert_int_equal(in->sin_port, 0);
	assert_int_equal(resolve_sockaddr_size(&found.addr[0]),
			 sizeof(struct sockaddr_in));
	resolve_set_port(&found.addr[0], 443);
	assert_int_equal(in->sin_port, htons(443));
}

static void test_ipv6_literal(void **state)
{
	static const char *const forms[] = {"2001:db8::1", "[2001:db8::1]"};
	size_t i = 0;

	for (i = 0; i < 2; i++) {
		struct resolve_result found = {0};
		char *why = NULL;

		assert_int_equal(resolve(*state, forms[i], &found, &why), 0);
		assert_int_equal(found.count, 1);
		assert_int_equal(found.addr[0].ss_family, AF_INET6);
		assert_int_equal(resolve_sockaddr_size(&found.addr[0]),
				 sizeof(struct sockaddr_in6));
	}
}

static void test_name(void **state)
{
	struct resolve_result found = {0};
	char *why = NULL;

	assert_int_equal(resolve(*state, "localhost", &found, &why), 0);
	assert_true(found.count >= 1);
}

static void test_no_such_name(void **state)
{
	struct resolve_result found = {0};
	char *why = NULL;
	int err = resolve(*state, "no-such-host.invalid", &found, &why);

	assert_true(err == ENOENT || err == EAGAIN);
	assert_non_null(strstr(why, "no-such-host.invalid"));
}

/* Cancelled while its thread still works. */
static void test_cancelled(void **state)
{
	struct tevent_context *ev = tevent_context_init(*state);
	struct tevent_req *req =
		resolve_send(*state, ev, "no-such-host.invalid");

	assert_non_null(req);
	talloc_free(req);
}

#define resolve_test(fn) cmocka_unit_test_setup_teardown(fn, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		resolve_test(test_ipv4_literal),
		resolve_test(test_ipv6_literal),
		resolve_test(test_name),
		resolve_test(test_no_such_name),
		resolve_test(test_cancelled),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
