/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include "negotiate/spnego_private.h"
#include "tests/testlib_hex.h"

#define OID_NTLM "2b06010401823702020a"
#define OID_NEGO "2b06010401823702021e"

/* Windows' first token, its answer and its last word, from the published
 * conversation (vectors_windows.h). */
#define INIT                                                               \
	"604806062b0601050502a03e303ca00e300c060a" OID_NTLM                \
	"a22a04284e544c4d5353500001000000978208e2000000000000000000000000" \
	"00000000060380250000000f"
#define LAST "a11b3019a0030a0100a3120410010000003b453cdc3524164200000000"

static void test_init(void **state)
{
	TALLOC_CTX *tmp = talloc_new(NULL);
	struct wire_slice in = testlib_hex(tmp, INIT);
	struct wire_slice out = {0};
	struct spnego_init init = {0};

	(void)state;
	assert_true(spnego_init_decode(in, &init));
	assert_int_equal(init.count, 1);
	testlib_assert_hex(init.mech[0].data, init.mech[0].len, OID_NTLM);
	testlib_assert_hex(init.mech_list.data, init.mech_list.len,
			   "300c060a" OID_NTLM);
	assert_int_equal(init.token.len, 40);
	assert_true(spnego_init_encode(tmp, &init, &out));
	assert_true(wire_slice_equal(in, out));
	talloc_free(tmp);
}

static void test_resp(void **state)
{
	TALLOC_CTX *tmp = talloc_new(NULL);
	struct wire_slice in = testlib_hex(tmp, LAST);
	struct wire_slice out = {0};
	struct spnego_resp resp = {0};

	(void)state;
	assert_true(spnego_resp_decode(in, &resp));
	assert_int_equal(resp.state, SPNEGO_ACCEPT_COMPLETED);
	assert_null(resp.mech.data);
	assert_null(resp.token.data);
	assert_int_equal(resp.mic.len, 16);
	assert_true(spnego_resp_encode(tmp, &resp, &out));
	assert_true(wire_slice_equal(in, out));
	talloc_free(tmp);
}

/* Lengths of one, two, three and four bytes are written as short as can be, and
 * read back. */
static void test_lengths(void **state)
{
	static const size_t lengths[] = {1,   100, 127,	  128,	 129,  250,
					 255, 256, 65535, 65536, 70000};
	TALLOC_CTX *tmp = talloc_new(NULL);
	uint8_t *token = talloc_zero_size(tmp, 70000);
	size_t i = 0;

	(void)state;
	for (i = 0; i < sizeof(lengths) / sizeof(lengths[0]); i++) {
		struct spnego_resp resp = {
			.state = SPNEGO_ACCEPT_INCOMPLETE,
			.mech = testlib_hex(tmp, OID_NTLM),
			.token = wire_slice(token, lengths[i]),
			.mic = wire_slice("0123456789abcdef", 16),
		};
		struct spnego_resp back = {0};
		struct wire_slice out = {0};

		assert_true(spnego_resp_encode(tmp, &resp, &out));
		assert_true(spnego_resp_decode(out, &back));
		assert_int_equal(back.state, resp.state);
		assert_true(wire_slice_equal(back.mech, resp.mech));
		assert_true(wire_slice_equal(back.token, resp.token));
		assert_true(wire_slice_equal(back.mic, resp.mic));
	}
	talloc_free(tmp);
}

static void test_truncated(void **state)
{
	TALLOC_CTX *tmp = talloc_new(NULL);
	struct wire_slice init_token = testlib_hex(tmp, INIT);
	struct wire_slice last_token = testlib_hex(tmp, LAST);
	struct spnego_init init = {0};
	struct spnego_resp resp = {0};
	size_t i = 0;

	(void)state;
	for (i = 0; i < init_token.len; i++) {
		uint8_t *cut = talloc_memdup(tmp, init_token.data, i + 1);

		assert_false(spnego_init_decode(wire_slice(cut, i), &init));
		talloc_free(cut);
	}
	for (i = 0; i < last_token.len; i++) {
		uint8_t *cut = talloc_memdup(tmp, last_token.data, i + 1);

		assert_false(spnego_resp_decode(wire_slice(cut, i), &resp));
		talloc_free(cut);
	}
	talloc_free(tmp);
}

static void test_malformed(void **state)
{
	static const char *const inits[] = {
		"",
		/* another OID than SPNEGO's */
		"604806062b0601050503a03e303ca00e300c060a" OID_NTLM
		"a22a04284e544c4d5353500001000000978208e2000000000000000000"
		"00000000000000060380250000000f",
		/* no list of mechanisms */
		"600e06062b0601050502a0043002a000",
		/* an indefinite length, otherwise right */
		"608006062b0601050502a012"
		"3010a00e300c060a" OID_NTLM,
		/* a length of five bytes, otherwise right */
		"60850000001c06062b0601050502a012"
		"3010a00e300c060a" OID_NTLM,
		/* something behind the list, inside its field */
		"601e06062b0601050502a014"
		"3012a010300c060a" OID_NTLM "0500",
	};
	static const char *const resps[] = {
		"",
		"a100",			/* no sequence */
		"a1073005a0030a0104",	/* no such state */
		"a1083006a0040a020000", /* a state of two bytes */
		"a1073005a003040100",	/* a state that is a string */
	};
	TALLOC_CTX *tmp = talloc_new(NULL);
	struct spnego_init init = {0};
	struct spnego_resp resp = {0};
	size_t i = 0;

	(void)state;
	/* and this one is right */
	assert_true(spnego_init_decode(
		testlib_hex(
			tmp,
			"601c06062b0601050502a0123010a00e300c060a" OID_NTLM),
		&init));
	for (i = 0; i < sizeof(inits) / sizeof(inits[0]); i++) {
		assert_false(
			spnego_init_decode(testlib_hex(tmp, inits[i]), &init));
	}
	for (i = 0; i < sizeof(resps) / sizeof(resps[0]); i++) {
		assert_false(
			spnego_resp_decode(testlib_hex(tmp, resps[i]), &resp));
	}
	/* nothing in it is a legal answer */
	assert_true(spnego_resp_decode(testlib_hex(tmp, "a1023000"), &resp));
	assert_int_equal(resp.state, SPNEGO_NO_STATE);
	talloc_free(tmp);
}

/* More mechanisms than we look at are no error. */
static void test_many_mechs(void **state)
{
	TALLOC_CTX *tmp = talloc_new(NULL);
	struct wire_writer w = wire_writer_talloc(tmp);
	struct spnego_init init = {0};
	unsigned i = 0;

	(void)state;
	/* 18 of 12 bytes: 0xD8 */
	wire_put_slice(&w, testlib_hex(tmp, "6081ec06062b0601050502a081e1"
					    "3081dea081db3081d8"));
	for (i = 0; i < 18; i++) {
		wire_put_slice(&w, testlib_hex(tmp, "060a" OID_NEGO));
	}
	assert_true(spnego_init_decode(wire_slice(w.buf, w.len), &init));
	assert_int_equal(init.count, SPNEGO_MAX_MECHS);
	talloc_free(tmp);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_init),
		cmocka_unit_test(test_resp),
		cmocka_unit_test(test_lengths),
		cmocka_unit_test(test_truncated),
		cmocka_unit_test(test_malformed),
		cmocka_unit_test(test_many_mechs),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
