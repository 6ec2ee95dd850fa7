/* SPDX-License-Identifier: GPL-3.0-or-later */
/* NTLM against the values of MS-NLMP 4.2.1 and 4.2.4. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include "negotiate/ntlm_private.h"
#include "smbquic/utf16.h"
#include "tests/testlib_hex.h"

#define NT_HASH	  "a4f49c406510bdcab6824ee7c30fd852" /* of "Password" */
#define OWF_V2	  "0c868a403bfd7a93a3001ef22ef02e3f"
#define CHALLENGE "0123456789abcdef"
#define TARGET_INFO                                                        \
	"02000c0044006f006d00610069006e0001000c00530065007200760065007200" \
	"00000000"
#define TEMP                                                                   \
	"01010000000000000000000000000000aaaaaaaaaaaaaaaa00000000" TARGET_INFO \
	"00000000"

#define CHALLENGE_MESSAGE                                                  \
	"4e544c4d53535000020000000c000c003800000033828ae20123456789abcdef" \
	"00000000000000002400240044000000060070170000000f5300650072007600" \
	"6500720002000c0044006f006d00610069006e0001000c005300650072007600" \
	"6500720000000000"

#define AUTHENTICATE_MESSAGE                                               \
	"4e544c4d5353500003000000180018006c00000054005400840000000c000c00" \
	"480000000800080054000000100010005c00000010001000d8000000358288e2" \
	"0501280a0000000f44006f006d00610069006e00550073006500720043004f00" \
	"4d0050005500540045005200"                                         \
	"86c35097ac9cec102554764a57cccc19aaaaaaaaaaaaaaaa"                 \
	"68cd0ab851e51c96aabc927bebef6a1c"                                 \
	"01010000000000000000000000000000aaaaaaaaaaaaaaaa00000000"         \
	"02000c0044006f006d00610069006e0001000c00530065007200760065007200" \
	"0000000000000000c5dad2544fc9799094ce1ce90bc9d03e"

static struct wire_slice utf16(TALLOC_CTX *mem_ctx, const char *text)
{
	struct wire_slice out = {0};

	assert_true(utf16_from_utf8(mem_ctx, text, &out));
	return out;
}

static void test_hashes(void **state)
{
	TALLOC_CTX *tmp = talloc_new(NULL);
	uint8_t hash[16] = {0};
	uint8_t owf[16] = {0};

	(void)state;
	assert_true(auth_nt_hash("Password", hash));
	testlib_assert_hex(hash, 16, NT_HASH);
	assert_true(ntlm_owf_v2(hash, utf16(tmp, "User"), utf16(tmp, "Domain"),
				owf));
	testlib_assert_hex(owf, 16, OWF_V2);
	/* the name's case does not matter, the domain's does */
	assert_true(ntlm_owf_v2(hash, utf16(tmp, "uSER"), utf16(tmp, "Domain"),
				owf));
	testlib_assert_hex(owf, 16, OWF_V2);
	assert_true(ntlm_owf_v2(hash, utf16(tmp, "User"), utf16(tmp, "DOMAIN"),
				owf));
	assert_memory_not_equal(owf, testlib_hex(tmp, OWF_V2).data, 16);

	assert_true(auth_nt_hash("", hash));
	testlib_assert_hex(hash, 16, "31d6cfe0d16ae931b73c59d7e0c089c0");
	assert_false(auth_nt_hash("\xFF", hash));
	/* an unpaired surrogate is no name */
	assert_false(ntlm_owf_v2(hash, testlib_hex(tmp, "00d8"),
				 utf16(tmp, "Domain"), owf));
	talloc_free(tmp);
}

static void test_responses(void **state)
{
	TALLOC_CTX *tmp = talloc_new(NULL);
	struct wire_slice owf = testlib_hex(tmp, OWF_V2);
	struct wire_slice challenge = testlib_hex(tmp, CHALLENGE);
	struct ntlm_temp temp = {
		.challenge = {0xAA, 0xAA, 0xAA, 0xAA, 0xAA, 0xAA, 0xAA, 0xAA},
		.target_info = testlib_hex(tmp, TARGET_INFO),
	};
	struct wire_writer w = wire_writer_talloc(tmp);
	struct wire_slice parts[2] = {{0}};
	uint8_t random_key[16] = {0};
	uint8_t proof[16] = {0};
	uint8_t out[16] = {0};

	(void)state;
	assert_true(ntlm_temp_encode(&w, &temp));
	testlib_assert_hex(w.buf, w.len, TEMP);
	parts[0] = challenge;
	parts[1] = wire_writer_slice(&w);
	ntlm_hmac_md5(owf.data, parts, 2, proof);
	testlib_assert_hex(proof, 16, "68cd0ab851e51c96aabc927bebef6a1c");

	parts[0] = wire_slice(proof, 16);
	ntlm_hmac_md5(owf.data, parts, 1, out);
	testlib_assert_hex(out, 16, "8de40ccadbc14a82f15cb0ad0de95ca3");
	memset(random_key, 0x55, sizeof(random_key));
	ntlm_rc4_key(out, random_key, out);
	testlib_assert_hex(out, 16, "c5dad2544fc9799094ce1ce90bc9d03e");

	parts[0] = challenge;
	parts[1] = wire_slice(temp.challenge, 8);
	ntlm_hmac_md5(owf.data, parts, 2, out);
	testlib_assert_hex(out, 16, "86c35097ac9cec102554764a57cccc19");
	talloc_free(tmp);
}

static void test_signature(void **state)
{
	TALLOC_CTX *tmp = talloc_new(NULL);
	struct wire_slice text = utf16(tmp, "Plaintext");
	uint8_t key[16] = {0};
	uint8_t out[16] = {0};

	(void)state;
	memset(key, 0x55, sizeof(key));
	/* 4.2.4.4, where the text was sealed before: there the keystream has
	 * gone on. Its checksum without RC4 is shown too. */
	ntlm_signature(key, NTLM_NEGOTIATE_128, true, text, out);
	testlib_assert_hex(out, 16, "0100000070352851f256430900000000");
	/* other direction, other strengths: other signatures */
	ntlm_signature(key, NTLM_NEGOTIATE_128, false, text, out);
	assert_memory_not_equal(out + 4, "\x70\x35\x28\x51", 4);
	talloc_free(tmp);
}

static void test_challenge(void **state)
{
	TALLOC_CTX *tmp = talloc_new(NULL);
	struct wire_slice m = testlib_hex(tmp, CHALLENGE_MESSAGE);
	struct wire_writer w = wire_writer_talloc(tmp);
	struct ntlm_challenge c = {0};
	struct wire_slice name = {0};
	uint8_t *patched = NULL;

	(void)state;
	assert_true(ntlm_challenge_decode(m, &c));
	assert_int_equal(c.flags, 0xE28A8233);
	testlib_assert_hex(c.challenge, 8, CHALLENGE);
	assert_true(wire_slice_equal(c.target_name, utf16(tmp, "Server")));
	testlib_assert_hex(c.target_info.data, c.target_info.len, TARGET_INFO);
	assert_true(ntlm_av_valid(c.target_info));
	name = ntlm_av_find(c.target_info, NTLM_AV_NB_DOMAIN_NAME);
	assert_true(wire_slice_equal(name, utf16(tmp, "Domain")));
	assert_int_equal(ntlm_av_find(c.target_info, NTLM_AV_TIMESTAMP).len, 0);

	/* ours is the same but for the version, which is Windows' own */
	assert_true(ntlm_challenge_encode(&w, &c));
	patched = talloc_memdup(tmp, w.buf, w.len);
	memcpy(patched + 48, m.data + 48, 8);
	assert_true(wire_slice_equal(wire_slice(patched, w.len), m));
	talloc_free(tmp);
}

static void test_authenticate(void **state)
{
	TALLOC_CTX *tmp = talloc_new(NULL);
	struct wire_slice m = testlib_hex(tmp, AUTHENTICATE_MESSAGE);
	struct wire_writer w = wire_writer_talloc(tmp);
	struct ntlm_authenticate a = {0};
	struct ntlm_authenticate b = {0};
	struct ntlm_temp temp = {0};

	(void)state;
	assert_true(ntlm_authenticate_decode(m, &a));
	assert_int_equal(a.flags, 0xE2888235);
	assert_true(wire_slice_equal(a.user, utf16(tmp, "User")));
	assert_true(wire_slice_equal(a.domain, utf16(tmp, "Domain")));
	assert_true(wire_slice_equal(a.workstation, utf16(tmp, "COMPUTER")));
	assert_int_equal(a.lm_response.len, 24);
	assert_int_equal(a.nt_response.len, 84);
	assert_int_equal(a.session_key.len, 16);
	assert_true(ntlm_temp_decode(wire_slice(a.nt_response.data + 16, 68),
				     &temp));
	assert_true(ntlm_av_valid(temp.target_info));

	assert_true(ntlm_authenticate_encode(&w, &a));
	assert_true(ntlm_authenticate_decode(wire_writer_slice(&w), &b));
	assert_int_equal(a.flags, b.flags);
	assert_true(wire_slice_equal(a.user, b.user));
	assert_true(wire_slice_equal(a.domain, b.domain));
	assert_true(wire_slice_equal(a.workstation, b.workstation));
	assert_true(wire_slice_equal(a.lm_response, b.lm_response));
	assert_true(wire_slice_equal(a.nt_response, b.nt_response));
	assert_true(wire_slice_equal(a.session_key, b.session_key));
	talloc_free(tmp);
}

/* Exactly as long as it must be for what it points to, or refused. */
static void test_truncated(void **state)
{
	TALLOC_CTX *tmp = talloc_new(NULL);
	struct wire_slice c = testlib_hex(tmp, CHALLENGE_MESSAGE);
	struct wire_slice a = testlib_hex(tmp, AUTHENTICATE_MESSAGE);
	struct ntlm_negotiate negotiate = {0};
	struct ntlm_challenge challenge = {0};
	struct ntlm_authenticate authenticate = {0};
	size_t i = 0;

	(void)state;
	for (i = 0; i < c.len; i++) {
		uint8_t *cut = talloc_memdup(tmp, c.data, i + 1);

		assert_false(
			ntlm_challenge_decode(wire_slice(cut, i), &challenge));
		talloc_free(cut);
	}
	for (i = 0; i < a.len; i++) {
		uint8_t *cut = talloc_memdup(tmp, a.data, i + 1);

		assert_false(ntlm_authenticate_decode(wire_slice(cut, i),
						      &authenticate));
		talloc_free(cut);
	}
	/* one is not the other */
	assert_false(ntlm_challenge_decode(a, &challenge));
	assert_false(ntlm_authenticate_decode(c, &authenticate));
	assert_false(ntlm_negotiate_decode(c, &negotiate));
	talloc_free(tmp);
}

static void test_av_pairs(void **state)
{
	TALLOC_CTX *tmp = talloc_new(NULL);
	struct wire_slice list = testlib_hex(tmp, TARGET_INFO);
	size_t i = 0;

	(void)state;
	assert_true(ntlm_av_valid(list));
	for (i = 0; i < list.len; i++) {
		assert_false(ntlm_av_valid(wire_slice(list.data, i)));
	}
	assert_false(ntlm_av_valid(testlib_hex(tmp, "0100ffff0000")));
	talloc_free(tmp);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_hashes),
		cmocka_unit_test(test_responses),
		cmocka_unit_test(test_signature),
		cmocka_unit_test(test_challenge),
		cmocka_unit_test(test_authenticate),
		cmocka_unit_test(test_truncated),
		cmocka_unit_test(test_av_pairs),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
