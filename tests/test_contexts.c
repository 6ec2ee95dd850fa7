/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Lists of negotiate contexts, written here as text. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include "negotiate/contexts_private.h"
#include "negotiate/ids_private.h"
#include "smbquic/smb2.h"
#include "tests/testlib_hex.h"

/* type, length, reserved; those that do not end on 8 bytes carry padding */
#define PREAUTH		"0100 0600 00000000 0100 0000 0100 0000"
#define PREAUTH_OTHER	"0100 0600 00000000 0100 0000 0200 0000"
#define PREAUTH_BOTH	"0100 0a00 00000000 0200 0200 0200 0100 abcd 000000000000"
#define PREAUTH_NONE	"0100 0400 00000000 0000 0000 00000000"
#define PREAUTH_SHORT	"0100 0500 00000000 0100 0000 01 000000"
#define PREAUTH_SALT	"0100 0600 00000000 0100 0100 0100 0000"
#define CIPHER_GCM	"0200 0400 00000000 0100 0200 00000000"
#define CIPHER_CCM	"0200 0400 00000000 0100 0100 00000000"
#define CIPHER_ZERO	"0200 0400 00000000 0100 0000 00000000"
#define CIPHER_UNKNOWN	"0200 0400 00000000 0100 0900 00000000"
#define CIPHER_TWO	"0200 0600 00000000 0200 0100 0200 0000"
#define CIPHER_SHORT	"0200 0300 00000000 0100 02 0000000000"
#define CIPHER_EMPTY	"0200 0200 00000000 0000 000000000000"
#define SIGN_GMAC	"0800 0400 00000000 0100 0200 00000000"
#define SIGN_CMAC	"0800 0400 00000000 0100 0100 00000000"
#define SIGN_UNKNOWN	"0800 0400 00000000 0100 0900 00000000"
#define SIGN_TWO	"0800 0600 00000000 0200 0100 0200 0000"
#define SIGN_EMPTY	"0800 0200 00000000 0000 000000000000"
#define SIGN_SHORT	"0800 0200 00000000 0100 000000000000"
#define COMPRESS	"0300 0a00 00000000 0100 0000 00000000 0100 000000000000"
#define COMPRESS_NONE	"0300 0a00 00000000 0100 0000 00000000 0000 000000000000"
#define COMPRESS_EMPTY	"0300 0800 00000000 0000 0000 00000000"
#define COMPRESS_SHORT	"0300 0800 00000000 0100 0000 00000000"
#define NETNAME		"0500 0400 00000000 61006200 00000000"
#define TRANSPORT_YES	"0600 0400 00000000 01000000 00000000"
#define TRANSPORT_NO	"0600 0400 00000000 00000000 00000000"
#define TRANSPORT_SHORT "0600 0300 00000000 010000 0000000000"
#define RDMA		"0700 0a00 00000000 0100 000000000000 0100 000000000000"
#define POSIX_TAG	"0001 1000 00000000 93ad25509cb411e7b42383de968bcd7c"
#define UNKNOWN		"3412 0300 00000000 aabbcc 0000000000"

struct row {
	const char *list;
	uint16_t count;
	NTSTATUS status;
	uint16_t cipher;
	uint16_t signing;
	bool transport;
	unsigned answers; /* server: contexts in the response */
};

#define OK	NT_STATUS_OK
#define INVALID NT_STATUS_INVALID_PARAMETER
#define BAD	NT_STATUS_INVALID_NETWORK_RESPONSE
#define NO_HASH NT_STATUS_SMB_NO_PREAUTH_INTEGRITY_HASH_OVERLAP
#define CMAC	SMB2_SIGNING_AES_CMAC
#define GMAC	SMB2_SIGNING_AES_GMAC
#define GCM	SMB2_CIPHER_AES128_GCM
#define CCM	SMB2_CIPHER_AES128_CCM

/* The policy of both tables: defaults, and a secure transport is accepted. */
static struct negotiate_policy policy_new(void)
{
	struct negotiate_policy p = {0};

	negotiate_policy_defaults(&p);
	p.secure_transport = true;
	p.accept_transport_security = true;
	return p;
}

static struct negotiate_agreement agreement_new(void)
{
	struct negotiate_agreement a = {
		.dialect = SMB2_DIALECT_311,
		.signing_algorithm = CMAC,
	};

	return a;
}

/* ------------------------------------------------------------------- server */

static const struct row requests[] = {
	/* list, count, status, cipher, signing, transport, answers */
	{PREAUTH, 1, OK, 0, CMAC, false, 1},
	{PREAUTH_BOTH, 1, OK, 0, CMAC, false, 1},
	{PREAUTH CIPHER_GCM, 2, OK, GCM, CMAC, false, 2},
	{CIPHER_CCM PREAUTH, 2, OK, CCM, CMAC, false, 2},
	{PREAUTH CIPHER_TWO, 2, OK, GCM, CMAC, false, 2},
	{PREAUTH CIPHER_UNKNOWN, 2, OK, 0, CMAC, false, 2},
	{PREAUTH CIPHER_EMPTY, 2, OK, 0, CMAC, false, 2},
	{PREAUTH SIGN_GMAC, 2, OK, 0, GMAC, false, 2},
	{PREAUTH SIGN_TWO, 2, OK, 0, GMAC, false, 2},
	{PREAUTH SIGN_UNKNOWN, 2, OK, 0, CMAC, false, 2},
	{PREAUTH TRANSPORT_YES, 2, OK, 0, CMAC, true, 2},
	{PREAUTH TRANSPORT_NO, 2, OK, 0, CMAC, false, 2},
	{PREAUTH COMPRESS, 2, OK, 0, CMAC, false, 1},
	{PREAUTH NETNAME, 2, OK, 0, CMAC, false, 1},
	{PREAUTH RDMA, 2, OK, 0, CMAC, false, 1},
	{PREAUTH POSIX_TAG, 2, OK, 0, CMAC, false, 1},
	{UNKNOWN PREAUTH UNKNOWN, 3, OK, 0, CMAC, false, 1},
	{PREAUTH CIPHER_GCM COMPRESS SIGN_GMAC NETNAME TRANSPORT_YES RDMA, 7,
	 OK, GCM, GMAC, true, 4},
	/* missing */
	{"", 0, INVALID, 0, 0, false, 0},
	{CIPHER_GCM, 1, INVALID, 0, 0, false, 0},
	/* twice */
	{PREAUTH PREAUTH, 2, INVALID, 0, 0, false, 0},
	{PREAUTH CIPHER_GCM CIPHER_GCM, 3, INVALID, 0, 0, false, 0},
	{PREAUTH COMPRESS COMPRESS, 3, INVALID, 0, 0, false, 0},
	{PREAUTH SIGN_GMAC SIGN_CMAC, 3, INVALID, 0, 0, false, 0},
	{PREAUTH RDMA RDMA, 3, INVALID, 0, 0, false, 0},
	{PREAUTH TRANSPORT_YES TRANSPORT_NO, 3, INVALID, 0, 0, false, 0},
	/* no hash in common */
	{PREAUTH_OTHER, 1, NO_HASH, 0, 0, false, 0},
	{PREAUTH_NONE, 1, NO_HASH, 0, 0, false, 0},
	/* too short for what they say */
	{PREAUTH_SHORT, 1, INVALID, 0, 0, false, 0},
	{PREAUTH_SALT, 1, INVALID, 0, 0, false, 0},
	{PREAUTH CIPHER_SHORT, 2, INVALID, 0, 0, false, 0},
	{PREAUTH SIGN_SHORT, 2, INVALID, 0, 0, false, 0},
	{PREAUTH SIGN_EMPTY, 2, INVALID, 0, 0, false, 0},
	{PREAUTH COMPRESS_SHORT, 2, INVALID, 0, 0, false, 0},
	{PREAUTH COMPRESS_EMPTY, 2, INVALID, 0, 0, false, 0},
	{PREAUTH TRANSPORT_SHORT, 2, INVALID, 0, 0, false, 0},
	/* fewer than counted */
	{PREAUTH, 2, INVALID, 0, 0, false, 0},
	{PREAUTH UNKNOWN, 3, INVALID, 0, 0, false, 0},
};

static void check_answer(const struct negotiate_agreement *a,
			 const struct row *row)
{
	static const uint8_t salt[NEGOTIATE_SALT_SIZE] = {7};
	struct negotiate_policy client = policy_new();
	struct negotiate_agreement back = agreement_new();
	uint8_t buf[512] = {0};
	struct wire_writer w = wire_writer_fixed(buf, sizeof(buf));
	uint16_t count = 0;

	assert_true(contexts_answer(a, salt, &w, &count));
	assert_int_equal(count, row->answers);
	/* and a client understands it as it was meant */
	assert_int_equal(contexts_judge_response(&client, wire_writer_slice(&w),
						 count, &back),
			 NT_STATUS_OK);
	assert_int_equal(back.cipher, a->cipher);
	assert_int_equal(back.signing_algorithm, a->signing_algorithm);
	assert_int_equal(back.accept_transport_security,
			 a->accept_transport_security);
}

static void test_requests(void **state)
{
	struct negotiate_policy p = policy_new();
	size_t i = 0;

	(void)state;
	for (i = 0; i < sizeof(requests) / sizeof(requests[0]); i++) {
		const struct row *row = &requests[i];
		TALLOC_CTX *tmp = talloc_new(NULL);
		struct negotiate_agreement a = agreement_new();
		struct wire_slice list = testlib_hex(tmp, row->list);
		NTSTATUS status =
			contexts_judge_request(&p, list, row->count, &a);

		assert_int_equal(status, row->status);
		assert_int_equal(a.why == NULL, NT_STATUS_IS_OK(status));
		if (NT_STATUS_IS_OK(status)) {
			assert_int_equal(a.cipher, row->cipher);
			assert_int_equal(a.signing_algorithm, row->signing);
			assert_int_equal(a.accept_transport_security,
					 row->transport);
			check_answer(&a, row);
		}
		talloc_free(tmp);
	}
}

/* What a server does not support it neither judges nor answers. */
static void test_unsupported(void **state)
{
	TALLOC_CTX *tmp = talloc_new(NULL);
	struct negotiate_policy p = policy_new();
	struct negotiate_agreement a = agreement_new();
	struct wire_slice list =
		testlib_hex(tmp, PREAUTH CIPHER_SHORT SIGN_EMPTY TRANSPORT_YES);
	uint8_t salt[NEGOTIATE_SALT_SIZE] = {0};
	struct wire_writer w = wire_writer_talloc(tmp);
	uint16_t count = 0;

	(void)state;
	p.ciphers.count = 0;
	p.signing.count = 0;
	p.secure_transport = false;
	assert_int_equal(contexts_judge_request(&p, list, 4, &a), OK);
	assert_false(a.accept_transport_security);
	assert_true(contexts_answer(&a, salt, &w, &count));
	assert_int_equal(count, 2); /* hash, and "no" to the transport */
	talloc_free(tmp);
}

/* Only who wants the POSIX extensions has them, and only this version. */
static void test_posix(void **state)
{
	static const char other[] = "0001 1000 00000000 "
				    "00112233445566778899AABBCCDDEEFF";
	static const char both[] = "0001 2000 00000000 "
				   "00112233445566778899AABBCCDDEEFF "
				   "93AD25509CB411E7B42383DE968BCD7C";
	static const char cut[] = "0001 0500 00000000 93AD25509C 000000";
	TALLOC_CTX *tmp = talloc_new(NULL);
	struct negotiate_policy p = policy_new();
	struct negotiate_agreement a = agreement_new();
	struct negotiate_agreement back = agreement_new();
	struct wire_writer w = wire_writer_talloc(tmp);
	uint8_t salt[NEGOTIATE_SALT_SIZE] = {0};
	uint16_t count = 0;
	char *text = NULL;

	(void)state;
	p.posix = true;
	text = talloc_asprintf(tmp, "%s%s", PREAUTH, both);
	assert_int_equal(
		contexts_judge_request(&p, testlib_hex(tmp, text), 2, &a), OK);
	assert_true(a.posix);
	assert_true(contexts_answer(&a, salt, &w, &count));
	assert_int_equal(count, 2);
	assert_int_equal(
		contexts_judge_response(&p, wire_writer_slice(&w), 2, &back),
		OK);
	assert_true(back.posix);
	a = agreement_new();
	text = talloc_asprintf(tmp, "%s%s", PREAUTH, other);
	assert_int_equal(
		contexts_judge_request(&p, testlib_hex(tmp, text), 2, &a), OK);
	assert_false(a.posix);
	text = talloc_asprintf(tmp, "%s%s", PREAUTH, cut);
	assert_int_equal(
		contexts_judge_request(&p, testlib_hex(tmp, text), 2, &a),
		INVALID);
	p.posix = false;
	a = agreement_new();
	text = talloc_asprintf(tmp, "%s%s", PREAUTH, both);
	assert_int_equal(
		contexts_judge_request(&p, testlib_hex(tmp, text), 2, &a), OK);
	assert_false(a.posix);
	talloc_free(tmp);
}

/* ------------------------------------------------------------------- client */

static const struct row responses[] = {
	{PREAUTH, 1, OK, 0, CMAC, false, 0},
	{PREAUTH CIPHER_GCM, 2, OK, GCM, CMAC, false, 0},
	{PREAUTH CIPHER_ZERO, 2, OK, 0, CMAC, false, 0},
	{PREAUTH SIGN_GMAC, 2, OK, 0, GMAC, false, 0},
	{PREAUTH TRANSPORT_YES, 2, OK, 0, CMAC, true, 0},
	{PREAUTH TRANSPORT_NO, 2, OK, 0, CMAC, false, 0},
	{PREAUTH COMPRESS_NONE, 2, OK, 0, CMAC, false, 0},
	{PREAUTH NETNAME UNKNOWN POSIX_TAG, 4, OK, 0, CMAC, false, 0},
	{"", 0, BAD, 0, 0, false, 0},
	{CIPHER_GCM, 1, BAD, 0, 0, false, 0},
	{PREAUTH PREAUTH, 2, BAD, 0, 0, false, 0},
	{PREAUTH CIPHER_GCM CIPHER_GCM, 3, BAD, 0, 0, false, 0},
	{PREAUTH SIGN_GMAC SIGN_GMAC, 3, BAD, 0, 0, false, 0},
	{PREAUTH TRANSPORT_YES TRANSPORT_YES, 3, BAD, 0, 0, false, 0},
	{PREAUTH COMPRESS_NONE COMPRESS_NONE, 3, BAD, 0, 0, false, 0},
	{PREAUTH RDMA RDMA, 3, BAD, 0, 0, false, 0},
	{PREAUTH_OTHER, 1, BAD, 0, 0, false, 0},
	{PREAUTH_BOTH, 1, BAD, 0, 0, false, 0},
	{PREAUTH_NONE, 1, BAD, 0, 0, false, 0},
	{PREAUTH_SHORT, 1, BAD, 0, 0, false, 0},
	{PREAUTH CIPHER_UNKNOWN, 2, BAD, 0, 0, false, 0},
	{PREAUTH CIPHER_TWO, 2, BAD, 0, 0, false, 0},
	{PREAUTH CIPHER_EMPTY, 2, BAD, 0, 0, false, 0},
	{PREAUTH CIPHER_SHORT, 2, BAD, 0, 0, false, 0},
	{PREAUTH SIGN_UNKNOWN, 2, BAD, 0, 0, false, 0},
	{PREAUTH SIGN_TWO, 2, BAD, 0, 0, false, 0},
	{PREAUTH SIGN_EMPTY, 2, BAD, 0, 0, false, 0},
	{PREAUTH SIGN_SHORT, 2, BAD, 0, 0, false, 0},
	{PREAUTH TRANSPORT_SHORT, 2, BAD, 0, 0, false, 0},
	{PREAUTH COMPRESS, 2, BAD, 0, 0, false, 0},
	{PREAUTH COMPRESS_EMPTY, 2, BAD, 0, 0, false, 0},
	{PREAUTH, 2, BAD, 0, 0, false, 0},
};

static void test_responses(void **state)
{
	struct negotiate_policy p = policy_new();
	size_t i = 0;

	(void)state;
	for (i = 0; i < sizeof(responses) / sizeof(responses[0]); i++) {
		const struct row *row = &responses[i];
		TALLOC_CTX *tmp = talloc_new(NULL);
		struct negotiate_agreement a = agreement_new();
		struct wire_slice list = testlib_hex(tmp, row->list);
		NTSTATUS status =
			contexts_judge_response(&p, list, row->count, &a);

		assert_int_equal(status, row->status);
		assert_int_equal(a.why == NULL, NT_STATUS_IS_OK(status));
		if (NT_STATUS_IS_OK(status)) {
			assert_int_equal(a.cipher, row->cipher);
			assert_int_equal(a.signing_algorithm, row->signing);
			assert_int_equal(a.accept_transport_security,
					 row->transport);
		}
		talloc_free(tmp);
	}
}

/* A server that says yes to what was not asked changes nothing. */
static void test_transport_unasked(void **state)
{
	TALLOC_CTX *tmp = talloc_new(NULL);
	struct wire_slice list = testlib_hex(tmp, PREAUTH TRANSPORT_YES);
	unsigned i = 0;

	(void)state;
	for (i = 0; i < 4; i++) {
		struct negotiate_policy p = policy_new();
		struct negotiate_agreement a = agreement_new();

		p.secure_transport = (i & 1) != 0;
		p.accept_transport_security = (i & 2) != 0;
		assert_int_equal(contexts_judge_response(&p, list, 2, &a), OK);
		assert_int_equal(a.accept_transport_security, i == 3);
	}
	talloc_free(tmp);
}

/* ------------------------------------------------------------------- offers */

static bool offers(const struct negotiate_policy *p, uint16_t type,
		   struct wire_slice *data, TALLOC_CTX *tmp)
{
	uint8_t salt[NEGOTIATE_SALT_SIZE] = {9};
	struct wire_writer w = wire_writer_talloc(tmp);
	struct smb2_negotiate_contexts walk = {.left = 0};
	struct smb2_negotiate_context c = {0};
	uint16_t count = 0;

	assert_true(contexts_offer(p, salt, &w, &count));
	walk = smb2_negotiate_contexts(wire_writer_slice(&w), count);
	while (smb2_negotiate_contexts_next(&walk, &c)) {
		if (c.type == type) {
			*data = c.data;
			return true;
		}
	}
	assert_true(smb2_negotiate_contexts_ok(&walk));
	return false;
}

/* -------------------------------------------------------------- compression */

#define COMPRESS_ALL                            \
	"0300 1200 00000000 0500 0000 01000000" \
	"0400 0200 0300 0100 0500 000000000000"
#define COMPRESS_UNCHAINED \
	"0300 0c00 00000000 0200 0000 00000000 0200 0100 00000000"
#define COMPRESS_TWICE \
	"0300 0c00 00000000 0200 0000 01000000 0200 0200 00000000"
#define COMPRESS_OTHER \
	"0300 0c00 00000000 0200 0000 01000000 0200 2000 00000000"
#define COMPRESS_STRANGE \
	"0300 0a00 00000000 0100 0000 01000000 0900 000000000000"

struct compression_row {
	const char *list;
	const char *answer; /* server: the data of the context that answers */
	NTSTATUS status;    /* client: what it says to such a response */
	unsigned count;
	bool chained;
};

static const struct compression_row compressions[] = {
	{COMPRESS_ALL, "0300 0000 01000000 0400 0200 0100", BAD, 0, false},
	{COMPRESS_UNCHAINED, "0200 0000 00000000 0200 0100", OK, 2, false},
	{COMPRESS_TWICE, "0100 0000 01000000 0200", BAD, 0, false},
	{COMPRESS_OTHER, "0100 0000 01000000 0200", BAD, 0, false},
	{COMPRESS_STRANGE, "0100 0000 00000000 0000", BAD, 0, false},
	{COMPRESS_NONE, "0100 0000 00000000 0000", OK, 0, false},
};

static struct negotiate_policy compressing(void)
{
	static const struct negotiate_ids ids = {
		.id = {SMB2_COMPRESSION_LZNT1, SMB2_COMPRESSION_PATTERN_V1,
		       SMB2_COMPRESSION_LZ77},
		.count = 3,
	};
	struct negotiate_policy p = policy_new();

	p.compression = ids;
	return p;
}

static void check_compression(const struct compression_row *row)
{
	static const uint8_t salt[NEGOTIATE_SALT_SIZE] = {7};
	struct negotiate_policy p = compressing();
	struct negotiate_agreement a = agreement_new();
	struct negotiate_agreement back = agreement_new();
	TALLOC_CTX *tmp = talloc_new(NULL);
	char *text = talloc_asprintf(tmp, "%s%s", PREAUTH, row->list);
	struct wire_slice list = testlib_hex(tmp, text);
	struct wire_writer w = wire_writer_talloc(tmp);
	struct smb2_negotiate_contexts walk = {.left = 0};
	struct smb2_negotiate_context c = {0};
	uint16_t count = 0;

	assert_int_equal(contexts_judge_response(&p, list, 2, &back),
			 row->status);
	assert_int_equal(back.compression.count, row->count);
	assert_int_equal(back.compression.chained, row->chained);
	assert_int_equal(contexts_judge_request(&p, list, 2, &a), OK);
	assert_true(contexts_answer(&a, salt, &w, &count));
	assert_int_equal(count, 2);
	walk = smb2_negotiate_contexts(wire_writer_slice(&w), count);
	while (smb2_negotiate_contexts_next(&walk, &c) &&
	       c.type != SMB2_COMPRESSION_CAPABILITIES) {
	}
	assert_int_equal(c.type, SMB2_COMPRESSION_CAPABILITIES);
	testlib_assert_hex(c.data.data, c.data.len, row->answer);
	/* and a client of the same policy takes it */
	back = agreement_new();
	assert_int_equal(
		contexts_judge_response(&p, wire_writer_slice(&w), 2, &back),
		OK);
	assert_int_equal(back.compression.count, a.compression.count);
	assert_int_equal(back.compression.chained, a.compression.chained);
	talloc_free(tmp);
}

static void test_compression(void **state)
{
	struct negotiate_policy p = compressing();
	TALLOC_CTX *tmp = talloc_new(NULL);
	struct wire_slice data = {0};
	size_t i = 0;

	(void)state;
	for (i = 0; i < sizeof(compressions) / sizeof(compressions[0]); i++) {
		check_compression(&compressions[i]);
	}
	assert_true(offers(&p, SMB2_COMPRESSION_CAPABILITIES, &data, tmp));
	testlib_assert_hex(data.data, data.len,
			   "0300 0000 01000000 0100 0400 0200");
	talloc_free(tmp);
}

static void test_offer(void **state)
{
	TALLOC_CTX *tmp = talloc_new(NULL);
	struct negotiate_policy p = policy_new();
	struct wire_slice data = {0};

	(void)state;
	p.server_name = "fs";
	assert_true(
		offers(&p, SMB2_PREAUTH_INTEGRITY_CAPABILITIES, &data, tmp));
	testlib_assert_hex(data.data, data.len,
			   "0100"
			   "2000"
			   "0100"
			   "09000000000000000000000000000000"
			   "00000000000000000000000000000000");
	assert_true(offers(&p, SMB2_ENCRYPTION_CAPABILITIES, &data, tmp));
	testlib_assert_hex(data.data, data.len,
			   "0400"
			   "0200010004000300");
	assert_true(offers(&p, SMB2_SIGNING_CAPABILITIES, &data, tmp));
	testlib_assert_hex(data.data, data.len,
			   "0300"
			   "020001000000");
	assert_true(offers(&p, SMB2_NETNAME_NEGOTIATE_CONTEXT_ID, &data, tmp));
	testlib_assert_hex(data.data, data.len, "66007300");
	assert_true(offers(&p, SMB2_TRANSPORT_CAPABILITIES, &data, tmp));
	testlib_assert_hex(data.data, data.len, "01000000");
	assert_false(offers(&p, SMB2_COMPRESSION_CAPABILITIES, &data, tmp));
	assert_false(offers(&p, SMB2_RDMA_TRANSFORM_CAPABILITIES, &data, tmp));
	talloc_free(tmp);
}

static void test_offer_less(void **state)
{
	TALLOC_CTX *tmp = talloc_new(NULL);
	struct negotiate_policy p = policy_new();
	struct wire_slice data = {0};
	char name[300] = {0};

	(void)state;
	p.secure_transport = false;
	assert_false(offers(&p, SMB2_TRANSPORT_CAPABILITIES, &data, tmp));
	p.secure_transport = true;
	p.accept_transport_security = false;
	assert_false(offers(&p, SMB2_TRANSPORT_CAPABILITIES, &data, tmp));
	p.ciphers.count = 0;
	assert_false(offers(&p, SMB2_ENCRYPTION_CAPABILITIES, &data, tmp));
	p.signing.count = 0;
	assert_false(offers(&p, SMB2_SIGNING_CAPABILITIES, &data, tmp));
	assert_false(offers(&p, SMB2_NETNAME_NEGOTIATE_CONTEXT_ID, &data, tmp));
	/* a name that is no name is left out, one that is just one is not */
	memset(name, 'x', 256);
	p.server_name = name;
	assert_false(offers(&p, SMB2_NETNAME_NEGOTIATE_CONTEXT_ID, &data, tmp));
	name[255] = '\0';
	assert_true(offers(&p, SMB2_NETNAME_NEGOTIATE_CONTEXT_ID, &data, tmp));
	assert_int_equal(data.len, 510);
	p.server_name = "\xC3";
	assert_false(offers(&p, SMB2_NETNAME_NEGOTIATE_CONTEXT_ID, &data, tmp));
	talloc_free(tmp);
}

static void test_ids(void **state)
{
	struct negotiate_ids ours = {.id = {5, 3, 1}, .count = 3};
	static const uint16_t theirs[] = {1, 2, 3};
	uint16_t chosen = 77;

	(void)state;
	assert_true(ids_has(&ours, 1));
	assert_false(ids_has(&ours, 2));
	assert_false(ids_has(&ours, 0));
	assert_true(ids_choose(&ours, theirs, 3, &chosen));
	assert_int_equal(chosen, 3);
	chosen = 77;
	assert_false(ids_choose(&ours, theirs + 1, 1, &chosen));
	assert_int_equal(chosen, 77);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_requests),
		cmocka_unit_test(test_unsupported),
		cmocka_unit_test(test_posix),
		cmocka_unit_test(test_responses),
		cmocka_unit_test(test_transport_unasked),
		cmocka_unit_test(test_compression),
		cmocka_unit_test(test_offer),
		cmocka_unit_test(test_offer_less),
		cmocka_unit_test(test_ids),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
