/* SPDX-License-Identifier: GPL-3.0-or-later */
/* LZ4 blocks: the library asked in the right way. */
#include "tests/fixture_compress.h"

/* A literal, a match of itself, and five literals that end a block. */
static void test_block(void **state)
{
	TALLOC_CTX *mem_ctx = talloc_new(NULL);
	struct wire_slice in = testlib_hex(mem_ctx, "14 61 0100 50 6263646566");

	(void)state;
	assert_true(fixture_opens(SMB2_COMPRESSION_LZ4, in.data, in.len,
				  (const uint8_t *)"aaaaaaaaabcdef", 14));
	assert_false(
		fixture_opens(SMB2_COMPRESSION_LZ4, in.data, in.len, NULL, 13));
	assert_false(
		fixture_opens(SMB2_COMPRESSION_LZ4, in.data, in.len, NULL, 15));
	talloc_free(mem_ctx);
}

static void test_round_trips(void **state)
{
	(void)state;
	fixture_round_trips(SMB2_COMPRESSION_LZ4);
}

static void test_caps(void **state)
{
	(void)state;
	fixture_caps(SMB2_COMPRESSION_LZ4);
}

static void test_hostile(void **state)
{
	(void)state;
	fixture_hostile(SMB2_COMPRESSION_LZ4);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_block),
		cmocka_unit_test(test_round_trips),
		cmocka_unit_test(test_caps),
		cmocka_unit_test(test_hostile),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
