/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The table of algorithms, the sample, and the runs of PATTERN_V1. */
#include "tests/fixture_compress.h"

static void test_names(void **state)
{
	static const uint16_t known[] = {
		SMB2_COMPRESSION_LZNT1,	       SMB2_COMPRESSION_LZ77,
		SMB2_COMPRESSION_LZ77_HUFFMAN, SMB2_COMPRESSION_PATTERN_V1,
		SMB2_COMPRESSION_LZ4,
	};
	size_t i = 0;

	(void)state;
	for (i = 0; i < sizeof(known) / sizeof(known[0]); i++) {
		const char *name = compress_name(known[i]);

		assert_non_null(name);
		assert_int_equal(compress_by_name(name), known[i]);
		assert_int_equal(compress_has_bytes(known[i]),
				 known[i] != SMB2_COMPRESSION_PATTERN_V1);
	}
	assert_int_equal(compress_by_name("LZ77+Huffman"),
			 SMB2_COMPRESSION_LZ77_HUFFMAN);
	assert_int_equal(compress_by_name("zip"), SMB2_COMPRESSION_NONE);
	assert_null(compress_name(SMB2_COMPRESSION_NONE));
	assert_null(compress_name(6));
	assert_false(compress_has_bytes(SMB2_COMPRESSION_NONE));
}

static void test_unknown(void **state)
{
	uint8_t data[100] = {0};
	uint8_t out[200];

	(void)state;
	assert_int_equal(compress_bytes(SMB2_COMPRESSION_NONE, data, 100, out,
					sizeof(out)),
			 0);
	assert_int_equal(compress_bytes(SMB2_COMPRESSION_PATTERN_V1, data, 100,
					out, sizeof(out)),
			 0);
	assert_false(decompress_bytes(SMB2_COMPRESSION_PATTERN_V1, data, 100,
				      out, 100));
	assert_false(decompress_bytes(99, data, 100, out, 100));
}

static void test_promising(void **state)
{
	static const enum fixture_kind good[] = {FIXTURE_ZEROS, FIXTURE_TEXT,
						 FIXTURE_BIASED};
	TALLOC_CTX *mem_ctx = talloc_new(NULL);
	uint32_t seed = 0;
	size_t i = 0;

	(void)state;
	for (seed = 0; seed < 200; seed++) {
		uint8_t *noise = fixture_data(mem_ctx, 65536, FIXTURE_RANDOM,
					      seed * 991);

		assert_false(compress_promising(noise, 65536));
		assert_false(compress_promising(noise, 8192));
		talloc_free(noise);
	}
	for (i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
		assert_true(compress_promising(
			fixture_data(mem_ctx, 65536, good[i], 4), 65536));
	}
	talloc_free(mem_ctx);
}

static void test_runs(void **state)
{
	uint8_t data[200];
	size_t i = 0;

	(void)state;
	for (i = 1; i <= sizeof(data); i++) {
		memset(data, 7, sizeof(data));
		assert_int_equal(compress_run_forward(data, i), i);
		assert_int_equal(compress_run_backward(data, i), i);
		data[i - 1] = 8;
		assert_int_equal(compress_run_forward(data, sizeof(data)),
				 i == 1 ? 1 : i - 1);
		assert_int_equal(compress_run_backward(data, sizeof(data)),
				 i == sizeof(data) ? 1 : sizeof(data) - i);
	}
	assert_int_equal(compress_run_forward(data, 0), 0);
	assert_int_equal(compress_run_backward(data, 0), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_names),
		cmocka_unit_test(test_unknown),
		cmocka_unit_test(test_promising),
		cmocka_unit_test(test_runs),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
