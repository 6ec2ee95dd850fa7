/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Which address a client tries when its way is dead.
 */
#include "tests/testlib.h"

#include <arpa/inet.h>
#include <ifaddrs.h>
#include <string.h>

#include "smbquic/quic_endpoint_private.h"

#define UP (IFF_UP | IFF_RUNNING)

struct entry {
	struct ifaddrs ifa;
	union udp_address addr;
};

static union udp_address address(const char *text)
{
	union udp_address a = {0};
	bool v6 = strchr(text, ':') != NULL;

	a.sa.sa_family = v6 ? AF_INET6 : AF_INET;
	assert_int_equal(inet_pton(a.sa.sa_family, text,
				   v6 ? (void *)&a.in6.sin6_addr
				      : (void *)&a.in.sin_addr),
			 1);
	return a;
}

static void set(struct entry *e, struct entry *next, char *name,
		const char *text, unsigned flags)
{
	e->addr = address(text);
	e->ifa = (struct ifaddrs){.ifa_next = next != NULL ? &next->ifa : NULL,
				  .ifa_name = name,
				  .ifa_flags = flags,
				  .ifa_addr = &e->addr.sa};
}

static void assert_next(struct entry *all, const char *now, unsigned *turn,
			const char *expected, const char *device)
{
	union udp_address here = address(now);
	struct quic_way way;

	assert_true(quic_detour_next(&all->ifa, &here, turn, &way));
	assert_string_equal(transport_address_string(&way.from.sa), expected);
	assert_string_equal(way.device, device);
}

static void test_round_and_round(void **state)
{
	char lo[] = "lo", wifi[] = "wlan0", mobile[] = "wwan0", down[] = "eth0";
	struct entry e[8];
	struct ifaddrs bare = {.ifa_name = lo, .ifa_flags = UP};
	union udp_address here = address("192.0.2.1");
	struct quic_way way;
	unsigned turn = 0;

	(void)state;
	set(&e[0], &e[1], lo, "127.0.0.1", UP | IFF_LOOPBACK);
	set(&e[1], &e[2], wifi, "192.0.2.1", UP);
	set(&e[2], &e[3], mobile, "198.51.100.7", UP);
	set(&e[3], &e[4], down, "203.0.113.1", IFF_UP);
	set(&e[4], &e[5], wifi, "fe80::1", UP);
	set(&e[5], &e[6], wifi, "2001:db8::1", UP);
	set(&e[6], &e[7], mobile, "2001:db8:1::1", UP);
	set(&e[7], NULL, mobile, "198.51.100.8", UP);
	e[7].ifa.ifa_next = &bare; /* a device without an address */
	assert_next(e, "192.0.2.1", &turn, "198.51.100.7:0", "wwan0");
	assert_next(e, "192.0.2.1", &turn, "198.51.100.8:0", "wwan0");
	assert_next(e, "192.0.2.1", &turn, "198.51.100.7:0", "wwan0");
	turn = 0;
	assert_next(e, "2001:db8::1", &turn, "[2001:db8:1::1]:0", "wwan0");
	assert_next(e, "2001:db8::1", &turn, "[2001:db8:1::1]:0", "wwan0");
	e[1].ifa.ifa_next = NULL;
	assert_false(quic_detour_next(&e[0].ifa, &here, &turn, &way));
	assert_false(quic_detour_next(NULL, &here, &turn, &way));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_round_and_round),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
