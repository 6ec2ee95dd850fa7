/* SPDX-License-Identifier: GPL-3.0-or-later */
/* FSCTL_QUERY_NETWORK_INTERFACE_INFO: where the server can be reached. */
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
		/* one queue */
		assert_int_equal(interface.capability, 0);
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

#define TEST(fn) cmocka_unit_test_setup_teardown(fn, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_network_interfaces),
		cmocka_unit_test(test_settings),
		cmocka_unit_test(test_loopback),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
