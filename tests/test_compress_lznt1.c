/* SPDX-License-Identifier: GPL-3.0-or-later */
/* LZNT1: the example of MS-XCA 3.3, and what is broken. */
#include "tests/fixture_compress.h"

static const char song[] = "F# F# G A A G F# E D D E F# F# E E F# F# G A A G"
			   " F# E D D E F# E D D E E F# D E F# G F# D E F# G"
			   " F# E D E A F# F# G A A G F# E D D E F# E D D";

/* 3.3: with its terminating zero; longer matches than those of the example are
 * found, so ours is shorter by four bytes */
static void test_vector(void **state)
{
	(void)state;
	assert_int_equal(sizeof(song), 142);
	fixture_vector(
		SMB2_COMPRESSION_LZNT1, (const uint8_t *)song, sizeof(song),
		"38b08846232000204720410010a24701a045204400084501507900c04520"
		"0524138805b4024a44ef0358028c091601484500be009e000401189000");
}

struct broken {
	const char *what;
	const char *hex;
	size_t size;
};

static const struct broken broken[] = {
	{"nothing", "", 1},
	{"half a header", "00", 1},
	{"the end at once", "0000", 1},
	{"another signature", "0020 61", 1},
	{"a chunk longer than the message", "0530 61", 6},
	{"a word cut off", "02b0 02 61 00", 4},
	{"a distance beyond the beginning", "03b0 02 61 0010", 4},
	{"longer than the output", "03b0 02 61 0300", 6},
	{"a match before anything", "02b0 01 0000", 3},
	{"a short chunk in the middle", "0030 61 0030 62", 2},
	{"bytes behind the output", "0330 61626364", 3},
};

static void test_broken(void **state)
{
	TALLOC_CTX *mem_ctx = talloc_new(NULL);
	struct wire_slice in = testlib_hex(mem_ctx, "03b0 02 61 0200");
	size_t i = 0;

	(void)state;
	assert_true(fixture_opens(SMB2_COMPRESSION_LZNT1, in.data, in.len,
				  (const uint8_t *)"aaaaaa", 6));
	for (i = 0; i < sizeof(broken) / sizeof(broken[0]); i++) {
		in = testlib_hex(mem_ctx, broken[i].hex);
		if (fixture_opens(SMB2_COMPRESSION_LZNT1, in.data, in.len, NULL,
				  broken[i].size)) {
			fail_msg("opened: %s", broken[i].what);
		}
	}
	talloc_free(mem_ctx);
}

static void test_round_trips(void **state)
{
	(void)state;
	fixture_round_trips(SMB2_COMPRESSION_LZNT1);
}

static void test_caps(void **state)
{
	(void)state;
	fixture_caps(SMB2_COMPRESSION_LZNT1);
}

static void test_hostile(void **state)
{
	(void)state;
	fixture_hostile(SMB2_COMPRESSION_LZNT1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_vector),
		cmocka_unit_test(test_broken),
		cmocka_unit_test(test_round_trips),
		cmocka_unit_test(test_caps),
		cmocka_unit_test(test_hostile),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
