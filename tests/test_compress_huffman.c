/* SPDX-License-Identifier: GPL-3.0-or-later */
/* LZ77+Huffman: the examples of MS-XCA 3.2, and what is broken. */
#include "tests/fixture_compress.h"

#define ALPHABET "abcdefghijklmnopqrstuvwxyz"

#define ALPHABET_PACKED                                                    \
	"0000000000000000000000000000000000000000000000000000000000000000" \
	"0000000000000000000000000000000050555555555555555555554544040000" \
	"0000000000000000000000000000000000000000000000000000000000000000" \
	"0000000000000000000000000000000000000000000000000000000000000000" \
	"0400000000000000000000000000000000000000000000000000000000000000" \
	"0000000000000000000000000000000000000000000000000000000000000000" \
	"0000000000000000000000000000000000000000000000000000000000000000" \
	"0000000000000000000000000000000000000000000000000000000000000000" \
	"d8523ed794115be9195ff9d67cdf8d0400000000"

#define ABC_PACKED                                                         \
	"0000000000000000000000000000000000000000000000000000000000000000" \
	"0000000000000000000000000000000030230000000000000000000000000000" \
	"0000000000000000000000000000000000000000000000000000000000000000" \
	"0000000000000000000000000000000000000000000000000000000000000000" \
	"0200000000000000000000000000002000000000000000000000000000000000" \
	"0000000000000000000000000000000000000000000000000000000000000000" \
	"0000000000000000000000000000000000000000000000000000000000000000" \
	"0000000000000000000000000000000000000000000000000000000000000000" \
	"a8dc0000ff2601"

/* 3.2 */
static void test_vectors(void **state)
{
	uint8_t abc[300];

	(void)state;
	fixture_abc(abc);
	fixture_vector(SMB2_COMPRESSION_LZ77_HUFFMAN, (const uint8_t *)ALPHABET,
		       26, ALPHABET_PACKED);
	fixture_vector(SMB2_COMPRESSION_LZ77_HUFFMAN, abc, 300, ABC_PACKED);
}

/* Counts like Fibonacci's numbers want codes longer than fifteen bits. */
static void test_deep(void **state)
{
	TALLOC_CTX *mem_ctx = talloc_new(NULL);
	uint8_t *data = talloc_size(mem_ctx, 60000);
	uint32_t a = 1;
	uint32_t b = 1;
	uint32_t seed = 9;
	size_t len = 0;
	size_t i = 0;
	int value = 0;

	(void)state;
	for (value = 0; len + a < 60000; value++) {
		uint32_t c = a + b;

		memset(data + len, value * 7, a);
		len += a;
		a = b;
		b = c;
	}
	assert_true(value > 20);
	for (i = len - 1; i > 0; i--) {
		size_t k = fixture_random(&seed) % (i + 1);
		uint8_t x = data[i];

		data[i] = data[k];
		data[k] = x;
	}
	fixture_round_trip(SMB2_COMPRESSION_LZ77_HUFFMAN, data, len);
	talloc_free(mem_ctx);
}

/* Lengths that make no complete code, and blocks that end too early. */
static void test_broken(void **state)
{
	TALLOC_CTX *mem_ctx = talloc_new(NULL);
	struct wire_slice abc = testlib_hex(mem_ctx, ABC_PACKED);
	uint8_t *copy = talloc_zero_size(mem_ctx, abc.len + 600);
	const uint16_t how = SMB2_COMPRESSION_LZ77_HUFFMAN;

	(void)state;
	assert_false(fixture_opens(how, copy, 300, NULL, 3));
	memset(copy, 0x11, 256);
	assert_false(fixture_opens(how, copy, 300, NULL, 3));
	memset(copy, 0x99, 256); /* 512 codes of nine bits: all right */
	assert_true(fixture_opens(how, copy, 300, NULL, 3));
	copy[255] = 0x9a;
	assert_false(fixture_opens(how, copy, 300, NULL, 3));
	memcpy(copy, abc.data, abc.len);
	assert_true(fixture_opens(how, copy, abc.len, NULL, 300));
	/* another block behind the last one */
	assert_false(fixture_opens(how, copy, abc.len + 300, NULL, 300));
	/* length 0x126 less than what one byte can tell */
	copy[abc.len - 2] = 0x0e;
	copy[abc.len - 1] = 0x00;
	assert_false(fixture_opens(how, copy, abc.len, NULL, 20));
	/* a length of 4 GiB */
	memset(copy + abc.len - 2, 0, 2);
	memset(copy + abc.len, 0xff, 4);
	assert_false(fixture_opens(how, copy, abc.len + 4, NULL, 300));
	talloc_free(mem_ctx);
}

static void test_round_trips(void **state)
{
	(void)state;
	fixture_round_trips(SMB2_COMPRESSION_LZ77_HUFFMAN);
}

static void test_caps(void **state)
{
	(void)state;
	fixture_caps(SMB2_COMPRESSION_LZ77_HUFFMAN);
}

static void test_hostile(void **state)
{
	(void)state;
	fixture_hostile(SMB2_COMPRESSION_LZ77_HUFFMAN);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_vectors),
		cmocka_unit_test(test_deep),
		cmocka_unit_test(test_broken),
		cmocka_unit_test(test_round_trips),
		cmocka_unit_test(test_caps),
		cmocka_unit_test(test_hostile),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
