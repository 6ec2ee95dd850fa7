/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Whole messages in the compression transform: chained, unchained, broken. */
#include <errno.h>

#include "smbquic/smb2_compress.h"
#include "smbquic/smb2_transform.h"
#include "tests/fixture_compress.h"

#define LEAD 80
#define MAX  (1u << 20)

static const uint16_t bytes_of[] = {
	SMB2_COMPRESSION_LZNT1, SMB2_COMPRESSION_LZ77,
	SMB2_COMPRESSION_LZ77_HUFFMAN, SMB2_COMPRESSION_LZ4};

static struct smb2_compress_terms terms_of(uint16_t algorithm, bool chained)
{
	struct smb2_compress_terms t = {
		.algorithms = {SMB2_COMPRESSION_PATTERN_V1, algorithm},
		.count = 2,
		.chained = chained,
	};

	return t;
}

/* A message of LEAD bytes and tail; its transform, or an empty slice. */
static struct wire_slice transform(TALLOC_CTX *mem_ctx,
				   const struct smb2_compress_terms *terms,
				   const uint8_t *plain, size_t len)
{
	uint8_t *out = talloc_size(mem_ctx, len);
	size_t n = smb2_compress(terms, wire_slice(plain, LEAD),
				 wire_slice(plain + LEAD, len - LEAD),
				 wire_slice(NULL, 0), out);

	assert_true(n < len);
	return wire_slice(out, n);
}

static int opens(const struct smb2_compress_terms *terms, struct wire_slice in,
		 const uint8_t *want, size_t size)
{
	uint8_t *exact = malloc(in.len + 1);
	uint8_t *out = NULL;
	size_t got = 0;
	int err = 0;

	memcpy(exact, in.data, in.len);
	err = smb2_decompress_size(terms, exact, in.len, MAX, &got);
	if (err == 0) {
		assert_true(got <= MAX);
		out = malloc(got + 1);
		err = smb2_decompress(terms, exact, in.len, out, got);
	}
	if (err == 0 && want != NULL) {
		assert_int_equal(got, size);
		assert_memory_equal(out, want, size);
	}
	free(exact);
	free(out);
	return err;
}

static uint8_t *message_of(TALLOC_CTX *mem_ctx, size_t len,
			   enum fixture_kind kind)
{
	uint8_t *plain = fixture_data(mem_ctx, len, kind, 12);

	memcpy(plain, "\xfeSMB", 4);
	return plain;
}

static void test_round_trips(void **state)
{
	static const size_t lengths[] = {LEAD + 1024, 5000, 65616, 300000};
	TALLOC_CTX *mem_ctx = talloc_new(NULL);
	size_t a = 0;
	size_t i = 0;
	int kind = 0;

	(void)state;
	for (a = 0; a < 8; a++) {
		struct smb2_compress_terms t = terms_of(bytes_of[a / 2], a & 1);

		for (kind = 0; kind < FIXTURE_KINDS; kind++) {
			for (i = 0; i < 4; i++) {
				uint8_t *plain =
					message_of(mem_ctx, lengths[i], kind);
				struct wire_slice z = transform(
					mem_ctx, &t, plain, lengths[i]);

				if (kind == FIXTURE_RANDOM) {
					assert_int_equal(z.len, 0);
				}
				/* LZ77+Huffman's table is 256 bytes */
				if ((kind == FIXTURE_TEXT && i > 0) ||
				    kind == FIXTURE_ZEROS) {
					assert_in_range(z.len, 1, lengths[i]);
				}
				if (z.len > 0) {
					assert_int_equal(
						opens(&t, z, plain, lengths[i]),
						0);
				}
			}
		}
	}
	talloc_free(mem_ctx);
}

/* What is sent begins as the specification says. */
static void test_forms(void **state)
{
	TALLOC_CTX *mem_ctx = talloc_new(NULL);
	struct smb2_compress_terms t = terms_of(SMB2_COMPRESSION_LZ77, false);
	uint8_t *plain = message_of(mem_ctx, 4096 + LEAD, FIXTURE_TEXT);
	struct wire_slice z = transform(mem_ctx, &t, plain, 4096 + LEAD);

	(void)state;
	/* size of the segment, LZ77, no flag, offset of it */
	testlib_assert_hex(z.data, 16, "fc534d42 00100000 0200 0000 50000000");
	assert_memory_equal(z.data + 16, plain, LEAD);
	t.chained = true;
	memset(plain + LEAD, 7, 100);
	memset(plain + LEAD + 4096 - 70, 9, 70);
	z = transform(mem_ctx, &t, plain, 4096 + LEAD);
	/* size of all; NONE, first of the chain, 80 bytes */
	testlib_assert_hex(z.data, 16, "fc534d42 50100000 0000 0100 50000000");
	assert_memory_equal(z.data + 16, plain, LEAD);
	testlib_assert_hex(z.data + 96, 16,
			   "0400 0000 08000000 07000000 64000000");
	testlib_assert_hex(z.data + z.len - 16, 16,
			   "0400 0000 08000000 09000000 46000000");
	talloc_free(mem_ctx);
}

/* What follows the payload is not compressed, and needs a chain. */
static void test_rest(void **state)
{
	TALLOC_CTX *mem_ctx = talloc_new(NULL);
	struct smb2_compress_terms t = terms_of(SMB2_COMPRESSION_LZ77, true);
	uint8_t *plain = message_of(mem_ctx, 9000, FIXTURE_TEXT);
	uint8_t out[9000];
	size_t n = smb2_compress(&t, wire_slice(plain, LEAD),
				 wire_slice(plain + LEAD, 8000),
				 wire_slice(plain + LEAD + 8000, 920), out);

	(void)state;
	assert_in_range(n, 1000, 8000);
	assert_int_equal(opens(&t, wire_slice(out, n), plain, 9000), 0);
	testlib_assert_hex(out + n - 928, 8, "0000 0000 98030000");
	assert_memory_equal(out + n - 920, plain + 8080, 920);
	t.chained = false;
	n = smb2_compress(&t, wire_slice(plain, LEAD),
			  wire_slice(plain + LEAD, 8000),
			  wire_slice(plain + LEAD + 8000, 920), out);
	assert_int_equal(n, 0);
	talloc_free(mem_ctx);
}

/* In two steps it becomes the same. */
static void test_packed(void **state)
{
	TALLOC_CTX *mem_ctx = talloc_new(NULL);
	uint8_t packed[70000], whole[70100], pieces[70100];
	size_t tail = sizeof(packed);
	unsigned i = 0;
	int kind = 0;

	(void)state;
	for (i = 0; i < 16; i++) {
		struct smb2_compress_terms t = terms_of(bytes_of[i / 4], i & 1);
		size_t rest = i & 2 ? 20 : 0;

		for (kind = 0; kind < FIXTURE_KINDS; kind++) {
			uint8_t *plain =
				message_of(mem_ctx, LEAD + tail + rest, kind);
			struct wire_slice lead = wire_slice(plain, LEAD);
			struct wire_slice middle =
				wire_slice(plain + LEAD, tail);
			struct wire_slice behind =
				wire_slice(plain + LEAD + tail, rest);
			size_t n =
				smb2_compress(&t, lead, middle, behind, whole);
			size_t m = smb2_pack(&t, middle, packed);
			size_t head =
				smb2_packed_head(&t, lead, tail, rest, pieces);

			if (rest > 0 && !t.chained) {
				assert_int_equal(head, 0);
				continue;
			}
			assert_int_equal(n == 0, m == 0);
			if (m == 0) {
				continue;
			}
			memcpy(pieces + head, packed, m);
			m += head;
			m += smb2_packed_rest(behind, pieces + m);
			assert_int_equal(n, m);
			assert_memory_equal(whole, pieces, n);
		}
	}
	talloc_free(mem_ctx);
}

/* Only runs: no bytes of an algorithm at all. */
static void test_patterns(void **state)
{
	TALLOC_CTX *mem_ctx = talloc_new(NULL);
	struct smb2_compress_terms t = {
		.algorithms = {SMB2_COMPRESSION_PATTERN_V1},
		.count = 1,
		.chained = true,
	};
	uint8_t *plain = message_of(mem_ctx, 8000, FIXTURE_RANDOM);
	struct wire_slice z = {0};

	(void)state;
	memset(plain + LEAD, 0, 2000);
	memset(plain + 8000 - 2000, 1, 2000);
	z = transform(mem_ctx, &t, plain, 8000);
	assert_in_range(z.len, 4000, 4100);
	assert_int_equal(opens(&t, z, plain, 8000), 0);
	memset(plain + LEAD, 3, 8000 - LEAD);
	z = transform(mem_ctx, &t, plain, 8000);
	assert_in_range(z.len, LEAD + 32, LEAD + 32);
	assert_int_equal(opens(&t, z, plain, 8000), 0);
	t.chained = false;
	assert_int_equal(transform(mem_ctx, &t, plain, 8000).len, 0);
	talloc_free(mem_ctx);
}

static void test_small(void **state)
{
	TALLOC_CTX *mem_ctx = talloc_new(NULL);
	struct smb2_compress_terms t = terms_of(SMB2_COMPRESSION_LZ77, true);
	uint8_t *plain = message_of(mem_ctx, 4096, FIXTURE_ZEROS);

	(void)state;
	assert_int_equal(
		transform(mem_ctx, &t, plain, LEAD + SMB2_COMPRESS_MIN - 1).len,
		0);
	t.count = 0;
	assert_int_equal(transform(mem_ctx, &t, plain, 4096).len, 0);
	talloc_free(mem_ctx);
}

struct broken {
	const char *what;
	int err;
	bool chained;
	const char *hex;
};

#define MAGIC "fc534d42"

static const struct broken broken[] = {
	{"the magic alone", EBADMSG, true, MAGIC},
	{"another magic", EBADMSG, false, "fd534d42 01000000 0200 0000 0000"},
	{"no algorithm", EBADMSG, false, MAGIC "01000000 0000 0000 00000000"},
	{"a run unchained", EBADMSG, false,
	 MAGIC "01000000 0400 0000 00000000 0000000001000000"},
	{"not agreed upon", EBADMSG, false,
	 MAGIC "01000000 0500 0000 00000000 10 61"},
	{"unknown", EBADMSG, false, MAGIC "01000000 0600 0000 00000000 1061"},
	{"unknown flags", EBADMSG, false,
	 MAGIC "01000000 0200 0200 00000000 0000000061"},
	{"an offset beyond the end", EBADMSG, false,
	 MAGIC "01000000 0200 0000 10000000 0000000061"},
	{"a bomb", EMSGSIZE, false,
	 MAGIC "01001000 0200 0000 00000000 0000000061"},
	{"offset and segment are a bomb together", EMSGSIZE, false,
	 MAGIC "00001000 0200 0000 01000000 61 0000000061"},
	{"a bomb of 4 GiB", EMSGSIZE, true,
	 MAGIC "ffffffff 0400 0100 08000000 00000000ffffffff"},
	{"chained, which was not agreed upon", EBADMSG, false,
	 MAGIC "40000000 0400 0100 08000000 0000000040000000"},
	{"a run longer than declared", EBADMSG, true,
	 MAGIC "40000000 0400 0100 08000000 0000000041000000"},
	{"a run shorter than declared", EBADMSG, true,
	 MAGIC "40000000 0400 0100 08000000 000000003f000000"},
	{"half a run", EBADMSG, true,
	 MAGIC "40000000 0400 0100 04000000 00000000"},
	{"a payload cut off", EBADMSG, true,
	 MAGIC "40000000 0000 0100 40000000 0000000040000000"},
	{"no room for a size", EBADMSG, true,
	 MAGIC "40000000 0200 0100 03000000 000000"},
	{"a payload that was not agreed upon", EBADMSG, true,
	 MAGIC "01000000 0500 0100 06000000 01000000 1061"},
	{"a payload that is unknown", EBADMSG, true,
	 MAGIC "01000000 0600 0100 02000000 1061"},
	{"sizes that add up beyond 32 bits", EBADMSG, true,
	 MAGIC "01000000 0400 0100 08000000 00000000ffffffff"
	       "0400 0000 08000000 0000000002000000"},
	{"a payload that lies about its size", EBADMSG, true,
	 MAGIC "02000000 0200 0100 09000000 02000000 0000007f61"},
	{"a few bytes behind the chain", EBADMSG, true,
	 MAGIC "40000000 0400 0100 08000000 0000000040000000 00"},
};

static void test_broken(void **state)
{
	TALLOC_CTX *mem_ctx = talloc_new(NULL);
	size_t i = 0;

	(void)state;
	for (i = 0; i < sizeof(broken) / sizeof(broken[0]); i++) {
		struct smb2_compress_terms t =
			terms_of(SMB2_COMPRESSION_LZ77, broken[i].chained);
		struct wire_slice in = testlib_hex(mem_ctx, broken[i].hex);
		int err = opens(&t, in, NULL, 0);

		if (err != broken[i].err) {
			fail_msg("%s: %s", broken[i].what, strerror(err));
		}
		t.count = 0;
		assert_int_equal(opens(&t, in, NULL, 0), ENOTSUP);
	}
	talloc_free(mem_ctx);
}

/* Nothing is written where there is not the room that was asked for. */
static void test_other_room(void **state)
{
	static const char *const forms[] = {
		MAGIC "02000000 0200 0000 00000000 ffffff3f6162",
		MAGIC "01000000 0200 0000 01000000 61 ffffff7f62",
		MAGIC "02000000 0000 0100 02000000 6162",
		MAGIC "02000000 0400 0100 08000000 6100000002000000",
	};
	TALLOC_CTX *mem_ctx = talloc_new(NULL);
	size_t i = 0;

	(void)state;
	for (i = 0; i < sizeof(forms) / sizeof(forms[0]); i++) {
		struct smb2_compress_terms t =
			terms_of(SMB2_COMPRESSION_LZ77, i >= 2);
		struct wire_slice in = testlib_hex(mem_ctx, forms[i]);
		uint8_t out[4] = "----";

		assert_int_equal(opens(&t, in, NULL, 0), 0);
		assert_int_equal(smb2_decompress(&t, in.data, in.len, out, 1),
				 EBADMSG);
		assert_int_equal(smb2_decompress(&t, in.data, in.len, out, 3),
				 EBADMSG);
		t.count = 0;
		assert_int_equal(smb2_decompress(&t, in.data, in.len, out, 2),
				 EBADMSG);
		assert_memory_equal(out, "----", 4);
	}
	talloc_free(mem_ctx);
}

/* A chain of many small payloads is refused before its bytes are touched. */
static void test_many(void **state)
{
	TALLOC_CTX *mem_ctx = talloc_new(NULL);
	struct smb2_compress_terms t = terms_of(SMB2_COMPRESSION_LZ77, true);
	unsigned n = 0;

	(void)state;
	for (n = SMB2_COMPRESS_MAX_PAYLOADS; n < 67; n++) {
		struct wire_writer w = wire_writer_talloc(mem_ctx);
		unsigned i = 0;

		wire_put_u32(&w, SMB2_COMPRESSION_MAGIC);
		wire_put_u32(&w, n);
		for (i = 0; i < n; i++) {
			wire_put_u16(&w, SMB2_COMPRESSION_NONE);
			wire_put_u16(&w, i == 0);
			wire_put_u32(&w, 1);
			wire_put_u8(&w, 'x');
		}
		assert_int_equal(opens(&t, wire_writer_slice(&w), NULL, 0),
				 n == SMB2_COMPRESS_MAX_PAYLOADS ? 0 : EBADMSG);
	}
	talloc_free(mem_ctx);
}

static void test_damage(void **state)
{
	TALLOC_CTX *mem_ctx = talloc_new(NULL);
	uint8_t *plain = message_of(mem_ctx, 2000, FIXTURE_TEXT);
	int chained = 0;
	size_t i = 0;

	(void)state;
	memset(plain + 1900, 0, 100);
	for (chained = 0; chained < 2; chained++) {
		struct smb2_compress_terms t =
			terms_of(SMB2_COMPRESSION_LZ77_HUFFMAN, chained);
		struct wire_slice z = transform(mem_ctx, &t, plain, 2000);
		uint8_t *copy = talloc_memdup(mem_ctx, z.data, z.len);

		for (i = 0; i < z.len; i++) {
			opens(&t, wire_slice(z.data, i), plain, 2000);
			copy[i] ^= 0x41;
			opens(&t, wire_slice(copy, z.len), NULL, 0);
			copy[i] ^= 0x41;
		}
	}
	talloc_free(mem_ctx);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_round_trips),
		cmocka_unit_test(test_forms),
		cmocka_unit_test(test_rest),
		cmocka_unit_test(test_packed),
		cmocka_unit_test(test_patterns),
		cmocka_unit_test(test_small),
		cmocka_unit_test(test_broken),
		cmocka_unit_test(test_other_room),
		cmocka_unit_test(test_many),
		cmocka_unit_test(test_damage),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
