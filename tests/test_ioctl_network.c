/* SPDX-License-Identifier: GPL-3.0-or-later */
/* FSCTL_QUERY_NETWORK_INTERFACE_INFO: where the server can be reached. */
#include <arpa/inet.h>
#include <net/if.h>
#include <sched.h>
#include <stdlib.h>
#include <sys/mount.h>

#include "server/dispatch.h"
#include "tests/fixture_ioctl.h"

static int setup(void **state)
{
	*state = files_new("");
	return 0;
}

static int teardown(void **state)
{
	talloc_free(*state);
	return 0;
}

static void test_network_interfaces(void **state)
{
	struct files *t = *state;
	struct smb2_network_interface interface = {0};
	struct wire_slice out = {0};
	struct wire_walker list = {0};
	NTSTATUS status = files_fsctl(t, files_inherited,
				      FSCTL_QUERY_NETWORK_INTERFACE_INFO,
				      nothing, 65536, &out);
	size_t count = 0;

	assert_int_equal(status, NT_STATUS_OK);
	list = smb2_network_interfaces(out);
	while (smb2_network_interfaces_next(&list, &interface)) {
		assert_true(interface.if_index != 0);
		assert_true(interface.link_speed > 0);
		count++;
	}
	assert_true(wire_walker_ok(&list));
	if (count > 0) {
		assert_int_equal(
			files_fsctl_status(t, files_inherited,
					   FSCTL_QUERY_NETWORK_INTERFACE_INFO,
					   nothing, 100),
			NT_STATUS_BUFFER_TOO_SMALL);
	}
}

/* Only those that are served, by name or by network. */
static void test_settings(void **state)
{
	static const char *const none[] = {
		"interfaces = 192.0.2.1\n",
		"interfaces = no-such-interface0\n",
	};
	size_t i = 0;

	(void)state;
	for (i = 0; i < 2; i++) {
		char *text = talloc_asprintf(NULL,
					     FILES_GLOBAL "%s[data]\n"
							  "store = memory\n",
					     none[i]);
		struct files *t = files_new_config(text);
		struct wire_slice out = {0};

		assert_int_equal(files_fsctl(t, files_inherited,
					     FSCTL_QUERY_NETWORK_INTERFACE_INFO,
					     nothing, 65536, &out),
				 NT_STATUS_OK);
		assert_int_equal(out.len, 0);
		talloc_free(t);
		talloc_free(text);
	}
}

/* Loopback, both families, where `interfaces` names it. */
static void test_loopback(void **state)
{
	static const uint8_t v4[4] = {127, 0, 0, 1};
	static const uint8_t v6[16] = {[15] = 1};
	struct files *t =
		files_new_config(FILES_GLOBAL "interfaces = lo\n[data]\n"
					      "store = memory\n");
	struct smb2_network_interface interface = {0};
	struct wire_slice out = {0};
	struct wire_walker list = {0};
	bool found = false;

	(void)state;
	assert_int_equal(files_fsctl(t, files_inherited,
				     FSCTL_QUERY_NETWORK_INTERFACE_INFO,
				     nothing, 65536, &out),
			 NT_STATUS_OK);
	list = smb2_network_interfaces(out);
	while (smb2_network_interfaces_next(&list, &interface)) {
		/* one queue, and it knows no speed */
		assert_int_equal(interface.capability, 0);
		assert_int_equal(interface.link_speed, 1000000000);
		if (interface.family == SMB2_SOCKADDR_INET) {
			found = found || memcmp(interface.address, v4, 4) == 0;
		} else {
			assert_memory_equal(interface.address, v6, 16);
		}
	}
	assert_true(wire_walker_ok(&list));
	assert_true(found);
	talloc_free(t);
}

/* --- cards of our own ------------------------------------------------------
 */

/* Two ends of a cable, of which one spreads what arrives over several queues.
 * @return false: not here. For good: the last test. */
static bool make_cards(void)
{
	return unshare(CLONE_NEWNET | CLONE_NEWNS) == 0 &&
	       mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL) == 0 &&
	       mount("sysfs", "/sys", "sysfs", 0, NULL) == 0 &&
	       system("ip link add wide numrxqueues 4 type veth "
		      "peer name narrow numrxqueues 1 && "
		      "ip addr add 192.0.2.1/24 dev wide && "
		      "ip addr add 2001:db8::1/64 dev wide nodad && "
		      "ip addr add 198.51.100.1/24 dev narrow && "
		      "ip link set lo up && ip link set wide up && "
		      "ip link set narrow up") == 0;
}

static void check_card(const struct smb2_network_interface *is,
		       const char *address, const char *name,
		       uint32_t capability)
{
	bool v6 = is->family == SMB2_SOCKADDR_INET6;
	char text[INET6_ADDRSTRLEN] = "";

	assert_non_null(inet_ntop(v6 ? AF_INET6 : AF_INET, is->address, text,
				  sizeof(text)));
	assert_string_equal(text, address);
	assert_int_equal(is->if_index, if_nametoindex(name));
	assert_int_equal(is->capability, capability);
	/* what the kernel says of such a cable */
	assert_int_equal(is->link_speed, 10000000000);
}

static int in_order(const void *one, const void *two)
{
	const struct smb2_network_interface *a = one;
	const struct smb2_network_interface *b = two;

	return a->family != b->family
		       ? a->family - b->family
		       : memcmp(a->address, b->address, sizeof(a->address));
}

/* Each address of each card; none that is good on one link alone. */
static void test_cards(void **state)
{
	struct smb2_network_interface got[4] = {{0}};
	struct files *t = NULL;
	struct wire_slice out = {0};
	struct wire_walker list = {0};
	unsigned count = 0;

	(void)state;
	if (!make_cards()) {
		skip();
	}
	t = files_new("");
	assert_int_equal(files_fsctl(t, files_inherited,
				     FSCTL_QUERY_NETWORK_INTERFACE_INFO,
				     nothing, 65536, &out),
			 NT_STATUS_OK);
	list = smb2_network_interfaces(out);
	while (count < 4 && smb2_network_interfaces_next(&list, &got[count])) {
		count++;
	}
	assert_int_equal(count, 3);
	qsort(got, count, sizeof(got[0]), in_order);
	check_card(&got[0], "192.0.2.1", "wide",
		   SMB2_NETWORK_INTERFACE_RSS_CAPABLE);
	check_card(&got[1], "198.51.100.1", "narrow", 0);
	check_card(&got[2], "2001:db8::1", "wide",
		   SMB2_NETWORK_INTERFACE_RSS_CAPABLE);
	talloc_free(t);
}

#define TEST(fn) cmocka_unit_test_setup_teardown(fn, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_network_interfaces),
		cmocka_unit_test(test_settings),
		cmocka_unit_test(test_loopback),
		cmocka_unit_test(test_cards),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
