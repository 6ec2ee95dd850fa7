/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Where further connections lead. */
#include "tests/testlib.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <string.h>

#include "client/multichannel_private.h"
#include "smbquic/smb2_fsctl.h"

#define GIGABIT ((uint64_t)1000000000)

struct row {
	uint32_t index;
	const char *address;
	uint64_t speed;
	uint32_t capability;
};

static struct wire_slice list_of(TALLOC_CTX *mem_ctx, const struct row *rows,
				 unsigned count)
{
	struct wire_writer *w = talloc(mem_ctx, struct wire_writer);
	struct wire_chain list = {0};
	unsigned i = 0;

	*w = wire_writer_talloc(mem_ctx);
	list = smb2_network_interface_list(w);
	for (i = 0; i < count; i++) {
		struct smb2_network_interface out = {
			.if_index = rows[i].index,
			.link_speed = rows[i].speed,
			.capability = rows[i].capability,
			.family = SMB2_SOCKADDR_INET,
		};

		if (strchr(rows[i].address, ':') != NULL) {
			out.family = SMB2_SOCKADDR_INET6;
			inet_pton(AF_INET6, rows[i].address, out.address);
		} else {
			inet_pton(AF_INET, rows[i].address, out.address);
		}
		assert_true(smb2_network_interface_add(&list, &out));
	}
	return wire_writer_slice(w);
}

static struct sockaddr_storage peer_at(const char *address)
{
	struct sockaddr_storage out = {0};
	struct sockaddr_in *in = (struct sockaddr_in *)(void *)&out;
	struct sockaddr_in6 *in6 = (struct sockaddr_in6 *)(void *)&out;

	if (strchr(address, ':') != NULL) {
		in6->sin6_family = AF_INET6;
		inet_pton(AF_INET6, address, &in6->sin6_addr);
	} else {
		in->sin_family = AF_INET;
		inet_pton(AF_INET, address, &in->sin_addr);
	}
	return out;
}

static const char *chosen(const struct row *rows, unsigned count,
			  const char *peer, bool cores)
{
	static char text[512];
	TALLOC_CTX *frame = talloc_new(NULL);
	struct sockaddr_storage at = peer_at(peer);
	struct interfaces out;
	size_t at_end = 0;
	unsigned i = 0;

	assert_true(interfaces_choose(list_of(frame, rows, count),
				      (const struct sockaddr *)&at, cores,
				      &out));
	talloc_free(frame);
	for (i = 0; i < out.count; i++) {
		at_end += (size_t)snprintf(text + at_end, sizeof(text) - at_end,
					   "%s ", out.address[i]);
	}
	snprintf(text + at_end, sizeof(text) - at_end, "%s",
		 out.repeat ? "again" : "once");
	return text;
}

static void test_others(void **state)
{
	const struct row rows[] = {
		{1, "192.0.2.1", GIGABIT, 0},
		{2, "198.51.100.1", GIGABIT, 0},
		{3, "203.0.113.1", GIGABIT / 10, 0}, /* slow */
		{2, "2001:db8::2", GIGABIT, 0},	     /* another protocol */
		{1, "192.0.2.77", GIGABIT, 0},	     /* the same card */
		{4, "169.254.3.4", GIGABIT, 0},	     /* of a link */
		{5, "224.0.0.1", GIGABIT, 0},
		{6, "127.0.0.1", GIGABIT, 0},
		{7, "0.0.0.0", GIGABIT, 0},
	};

	(void)state;
	assert_string_equal(chosen(rows, 9, "192.0.2.1", false),
			    "198.51.100.1 once");
	assert_string_equal(chosen(rows, 9, "192.0.2.1", true),
			    "198.51.100.1 192.0.2.1 again");
	assert_string_equal(chosen(rows, 4, "2001:db8::2", true),
			    "2001:db8::2 again");
}

static void test_others_v6(void **state)
{
	const struct row rows[] = {
		{1, "2001:db8::1", GIGABIT, 0},
		{2, "2001:db8:1::1", GIGABIT, 0},
		{3, "2001:db8:2::1", GIGABIT / 10, 0}, /* slow */
		{1, "2001:db8::77", GIGABIT, 0},       /* the same card */
		{4, "fe80::4", GIGABIT, 0},	       /* of a link */
		{5, "ff02::1", GIGABIT, 0},
		{6, "::1", GIGABIT, 0},
		{7, "::", GIGABIT, 0},
		{8, "::ffff:198.51.100.1", GIGABIT, 0},
		{9, "198.51.100.1", GIGABIT, 0}, /* another protocol */
	};

	(void)state;
	assert_string_equal(chosen(rows, 10, "2001:db8::1", false),
			    "2001:db8:1::1 once");
}

static void test_card_that_spreads(void **state)
{
	const struct row rows[] = {
		{1, "192.0.2.1", GIGABIT, SMB2_NETWORK_INTERFACE_RSS_CAPABLE},
	};

	(void)state;
	assert_string_equal(chosen(rows, 1, "192.0.2.1", false),
			    "192.0.2.1 again");
}

/* Its private addresses may be those of somebody here. */
static void test_behind_translation(void **state)
{
	const struct row rows[] = {
		{1, "10.0.0.5", GIGABIT, SMB2_NETWORK_INTERFACE_RSS_CAPABLE},
		{2, "10.0.1.5", GIGABIT, 0},
	};

	(void)state;
	assert_string_equal(chosen(rows, 2, "192.0.2.1", false), "once");
	assert_string_equal(chosen(rows, 2, "192.0.2.1", true),
			    "192.0.2.1 again");
}

static void test_nothing(void **state)
{
	(void)state;
	assert_string_equal(chosen(NULL, 0, "192.0.2.1", false), "once");
	assert_string_equal(chosen(NULL, 0, "192.0.2.1", true),
			    "192.0.2.1 again");
	assert_string_equal(chosen(NULL, 0, "fe80::1", true), "again");
}

static void test_malformed(void **state)
{
	const struct row row = {1, "192.0.2.1", GIGABIT, 0};
	TALLOC_CTX *frame = talloc_new(NULL);
	struct row many[65];
	struct sockaddr_storage at = peer_at("192.0.2.1");
	struct wire_slice list = list_of(frame, &row, 1);
	struct interfaces out;
	size_t len = 0;
	unsigned i = 0;

	(void)state;
	for (len = 1; len < list.len; len++) {
		/* must not read beyond; most are no list at all */
		(void)interfaces_choose(wire_slice(list.data, len),
					(const struct sockaddr *)&at, true,
					&out);
	}
	assert_false(interfaces_choose(wire_slice(list.data, 20),
				       (const struct sockaddr *)&at, true,
				       &out));
	for (i = 0; i < 65; i++) {
		many[i] = row;
	}
	assert_false(interfaces_choose(list_of(frame, many, 65),
				       (const struct sockaddr *)&at, true,
				       &out));
	talloc_free(frame);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_others),
		cmocka_unit_test(test_others_v6),
		cmocka_unit_test(test_card_that_spreads),
		cmocka_unit_test(test_behind_translation),
		cmocka_unit_test(test_nothing),
		cmocka_unit_test(test_malformed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
