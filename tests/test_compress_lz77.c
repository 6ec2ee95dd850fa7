/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Plain LZ77: the examples of MS-XCA 3.1, and what is broken. */
#include "tests/fixture_compress.h"

#define ALPHABET "abcdefghijklmnopqrstuvwxyz"

/* 3.1 */
static void test_vectors(void **state)
{
	uint8_t abc[300];

	(void)state;
	fixture_abc(abc);
	fixture_vector(SMB2_COMPRESSION_LZ77, (const uint8_t *)ALPHABET, 26,
		       "3f0000006162636465666768696a6b6c6d6e6f707172737475"
		       "767778797a");
	fixture_vector(SMB2_COMPRESSION_LZ77, abc, 300,
		       "ffffff1f61626317000fff2601");
}

struct broken {
	const char *what;
	const char *hex;
	size_t size;
};

static const struct broken broken[] = {
	{"nothing", "", 1},
	{"half a word of flags", "3f0000", 1},
	{"flags and nothing else", "00000000", 1},
	{"a match before anything", "ffffffff 0000", 3},
	{"a distance beyond the beginning", "ffffff7f 61 0800", 4},
	{"longer than the output", "ffffff7f 61 0700 0f ff 0001", 100},
	{"a length in two bytes below 22", "ffffff7f 61 0700 0f ff 1500", 25},
	{"no nibble", "ffffff7f 61 0700", 11},
	{"no byte behind the nibble", "ffffff7f 61 0700 0f", 26},
	{"no word behind the byte", "ffffff7f 61 0700 0f ff 26", 298},
	{"no long word behind a zero", "ffffff7f 61 0700 0f ff 0000 260100",
	 298},
	{"a length of 4 GiB", "ffffff7f 61 0700 0f ff 0000 ffffffff", 298},
	{"bytes behind the output", "ffffff3f 61 62 63", 2},
};

static void test_broken(void **state)
{
	TALLOC_CTX *mem_ctx = talloc_new(NULL);
	size_t i = 0;

	(void)state;
	for (i = 0; i < sizeof(broken) / sizeof(broken[0]); i++) {
		struct wire_slice in = testlib_hex(mem_ctx, broken[i].hex);

		if (fixture_opens(SMB2_COMPRESSION_LZ77, in.data, in.len, NULL,
				  broken[i].size)) {
			fail_msg("opened: %s", broken[i].what);
		}
	}
	talloc_free(mem_ctx);
}

/* The forms of a length, at their borders, and each half of a nibble's byte. */
static void test_lengths(void **state)
{
	static const size_t lengths[] = {
		3,   9,	  10,  24,  25,	    26,	     279,     280,     281,
		282, 283, 500, 999, 0xFFFF, 0x10002, 0x10003, 0x20000,
	};
	TALLOC_CTX *mem_ctx = talloc_new(NULL);
	size_t i = 0;
	size_t k = 0;

	(void)state;
	for (i = 0; i < sizeof(lengths) / sizeof(lengths[0]); i++) {
		size_t len = 3 * (lengths[i] + 1);
		uint8_t *data = talloc_size(mem_ctx, len);

		for (k = 0; k < len; k++) {
			data[k] = (uint8_t)('a' + k / (lengths[i] + 1));
		}
		fixture_round_trip(SMB2_COMPRESSION_LZ77, data, len);
	}
	talloc_free(mem_ctx);
}

static void test_round_trips(void **state)
{
	(void)state;
	fixture_round_trips(SMB2_COMPRESSION_LZ77);
}

static void test_caps(void **state)
{
	(void)state;
	fixture_caps(SMB2_COMPRESSION_LZ77);
}

static void test_hostile(void **state)
{
	(void)state;
	fixture_hostile(SMB2_COMPRESSION_LZ77);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_vectors),
		cmocka_unit_test(test_broken),
		cmocka_unit_test(test_lengths),
		cmocka_unit_test(test_round_trips),
		cmocka_unit_test(test_caps),
		cmocka_unit_test(test_hostile),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
