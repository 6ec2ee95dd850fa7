/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tests/testlib.h"

#include <arpa/inet.h>
#include <string.h>

#include "smbquic/quic_private.h"
#include "tests/testlib_hex.h"

static const uint8_t kept[TRANSPORT_SECRET_SIZE] =
	"a secret that outlives programs";

static union udp_address address(const char *ip, unsigned port)
{
	union udp_address a = {.in = {.sin_family = AF_INET,
				      .sin_port = htons((uint16_t)port)}};

	assert_int_equal(inet_pton(AF_INET, ip, &a.in.sin_addr), 1);
	return a;
}

static struct quic_secrets derived(const uint8_t *secret, const char *ip,
				   unsigned port)
{
	struct quic_secrets s = {0};
	union udp_address a = address(ip, port);

	assert_true(quic_secrets_derive(&s, secret, &a));
	return s;
}

/* Reckoned by hand after RFC 5869: a change here makes every server's clients
 * lose their tokens once. */
static void test_known_keys(void **state)
{
	struct quic_secrets s = derived(kept, "192.0.2.1", 443);

	(void)state;
	testlib_assert_hex(s.address, QUIC_SECRET_LEN,
			   "485086b60599b0b566895edcf70e2d77"
			   "335deda7edf6bd7b99132933396d8305");
	testlib_assert_hex(s.reset, QUIC_SECRET_LEN,
			   "d19b11f1a3adb1ec0d5ca656ae18e997"
			   "2c72ca6c51f3fb5e98fbd2bb0d9886d6");
}

static void test_same_after_a_restart(void **state)
{
	struct quic_secrets a = derived(kept, "192.0.2.1", 443);
	struct quic_secrets b = derived(kept, "192.0.2.1", 443);

	(void)state;
	assert_memory_equal(&a, &b, sizeof(a));
	assert_memory_not_equal(a.address, a.reset, QUIC_SECRET_LEN);
}

static void test_reset_belongs_to_one_endpoint(void **state)
{
	struct quic_secrets a = derived(kept, "192.0.2.1", 443);
	struct quic_secrets port = derived(kept, "192.0.2.1", 444);
	struct quic_secrets host = derived(kept, "192.0.2.2", 443);

	(void)state;
	assert_memory_not_equal(a.reset, port.reset, QUIC_SECRET_LEN);
	assert_memory_not_equal(a.reset, host.reset, QUIC_SECRET_LEN);
	assert_memory_equal(a.address, port.address, QUIC_SECRET_LEN);
	assert_memory_equal(a.address, host.address, QUIC_SECRET_LEN);
}

static void test_fresh_ones(void **state)
{
	struct quic_secrets a = derived(NULL, "192.0.2.1", 443);
	struct quic_secrets b = derived(NULL, "192.0.2.1", 443);

	(void)state;
	assert_memory_not_equal(a.address, b.address, QUIC_SECRET_LEN);
	assert_memory_not_equal(a.reset, b.reset, QUIC_SECRET_LEN);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_known_keys),
		cmocka_unit_test(test_same_after_a_restart),
		cmocka_unit_test(test_reset_belongs_to_one_endpoint),
		cmocka_unit_test(test_fresh_ones),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
