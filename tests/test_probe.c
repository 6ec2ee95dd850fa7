/* SPDX-License-Identifier: GPL-3.0-or-later */
/* probe_udp.c and probe_smb.c: questions, answers, and answers that are none.
 * The conversation with a real server is tests/320. */
#include "tests/testlib.h"

#include <string.h>

#include "client/probe_private.h"
#include "negotiate/negotiate.h"
#include "smbquic/smb2_pdu.h"

/* --------------------------------------------------------------------- UDP */

/* RFC 9000 17.2.1, as a server writes it. */
static struct wire_slice version_list(struct wire_writer *w,
				      const struct probe_udp *ask,
				      const uint32_t *versions, size_t count)
{
	wire_put_u8(w, 0x80);
	wire_put_be32(w, 0);
	wire_put_u8(w, PROBE_CID);
	wire_put(w, ask->cid + PROBE_CID, PROBE_CID);
	wire_put_u8(w, PROBE_CID);
	wire_put(w, ask->cid, PROBE_CID);
	for (size_t i = 0; i < count; i++) {
		wire_put_be32(w, versions[i]);
	}
	return wire_writer_slice(w);
}

static void test_versions(void **state)
{
	static const uint32_t versions[] = {1, 0x5a6a7a8a, 0x6b3343cf, 1};
	TALLOC_CTX *tmp = talloc_new(NULL);
	struct wire_writer w = wire_writer_talloc(tmp);
	struct probe_udp ask = {0};
	struct wire_slice answer = {0};

	(void)state;
	assert_true(probe_udp_ask(&ask));
	assert_int_equal(ask.datagram[0] & 0xc0, 0xc0);
	answer = version_list(&w, &ask, versions, 4);
	assert_true(probe_udp_answer(&ask, answer));
	assert_int_equal(ask.count, 2);
	assert_int_equal(ask.versions[0], 1);
	assert_int_equal(ask.versions[1], 0x6b3343cf);
	talloc_free(tmp);
}

/* Nothing shorter, nothing changed and nothing of a stranger's counts. */
static void test_no_versions(void **state)
{
	static const uint32_t versions[] = {1};
	TALLOC_CTX *tmp = talloc_new(NULL);
	struct wire_writer w = wire_writer_talloc(tmp);
	struct probe_udp ask = {0};
	struct wire_slice answer = {0};
	uint8_t *copy = NULL;
	size_t i = 0;

	(void)state;
	assert_true(probe_udp_ask(&ask));
	answer = version_list(&w, &ask, versions, 1);
	copy = talloc_memdup(tmp, answer.data, answer.len);
	for (i = 0; i < answer.len; i++) {
		assert_false(probe_udp_answer(&ask, wire_slice(copy, i)));
	}
	for (i = 0; i < answer.len - 4; i++) {
		copy[i] ^= 0x80;
		assert_false(
			probe_udp_answer(&ask, wire_slice(copy, answer.len)));
		copy[i] ^= 0x80;
	}
	assert_true(probe_udp_answer(&ask, wire_slice(copy, answer.len)));
	talloc_free(tmp);
}

static void test_many_versions(void **state)
{
	TALLOC_CTX *tmp = talloc_new(NULL);
	struct wire_writer w = wire_writer_talloc(tmp);
	struct probe_udp ask = {0};
	uint32_t versions[300];
	size_t i = 0;

	(void)state;
	for (i = 0; i < 300; i++) {
		versions[i] = 0xff000000u + (uint32_t)i;
	}
	assert_true(probe_udp_ask(&ask));
	assert_true(
		probe_udp_answer(&ask, version_list(&w, &ask, versions, 300)));
	assert_int_equal(ask.count, CLIENT_PROBE_VERSIONS);
	talloc_free(tmp);
}

/* --------------------------------------------------------------------- SMB */

/* What our own server would answer. */
static struct wire_slice answer_of(TALLOC_CTX *mem_ctx,
				   const struct negotiate_policy *policy,
				   const struct probe_offer *offer)
{
	static const uint8_t salt[NEGOTIATE_SALT_SIZE] = {1};
	const struct smb2_header hdr = {
		.command = SMB2_NEGOTIATE,
		.flags = SMB2_FLAGS_SERVER_TO_REDIR,
	};
	struct wire_writer question = wire_writer_talloc(mem_ctx);
	struct wire_writer answer = wire_writer_talloc(mem_ctx);
	struct negotiate_agreement agreement = {0};
	struct wire_slice asked = {0};

	assert_true(probe_smb_ask(offer, &question));
	asked = wire_writer_slice(&question);
	assert_int_equal(asked.data[2] * 256 + asked.data[3], asked.len - 4);
	asked = wire_slice(asked.data + 4, asked.len - 4);
	assert_int_equal(negotiate_judge_request(policy, asked, &agreement),
			 NT_STATUS_OK);
	assert_true(smb2_header_encode(&answer, &hdr));
	assert_true(negotiate_build_response(policy, &agreement, 1000, salt,
					     wire_slice("abc", 3), &answer));
	return wire_writer_slice(&answer);
}

static void test_rounds(void **state)
{
	TALLOC_CTX *tmp = talloc_new(NULL);
	struct negotiate_policy policy = {0};
	struct probe_offer offer = probe_offer_all("host.test", true);
	struct client_probe_smb found = {0};
	unsigned rounds = 0;
	bool more = true;

	(void)state;
	negotiate_policy_defaults(&policy);
	policy.quic = true;
	policy.secure_transport = true;
	policy.accept_transport_security = true;
	policy.ciphers = (struct negotiate_ids){
		.id = {SMB2_CIPHER_AES256_GCM, SMB2_CIPHER_AES128_CCM},
		.count = 2,
	};
	policy.signing = (struct negotiate_ids){
		.id = {SMB2_SIGNING_AES_CMAC},
		.count = 1,
	};
	for (rounds = 0; more; rounds++) {
		assert_in_range(rounds, 0, CLIENT_PROBE_ALGORITHMS);
		assert_true(probe_smb_answer(answer_of(tmp, &policy, &offer),
					     &offer, &found, &more));
	}
	assert_int_equal(rounds, 3);
	assert_int_equal(found.dialect, SMB2_DIALECT_311);
	assert_int_equal(found.ciphers.count, 2);
	assert_int_equal(found.ciphers.id[0], SMB2_CIPHER_AES256_GCM);
	assert_int_equal(found.ciphers.id[1], SMB2_CIPHER_AES128_CCM);
	assert_int_equal(found.signing.count, 1);
	assert_int_equal(found.signing.id[0], SMB2_SIGNING_AES_CMAC);
	assert_true(found.accepts_transport);
	assert_true(found.signing_required);
	assert_int_equal(found.compression.count, 0);
	talloc_free(tmp);
}

/* Before 3.1.1 there are no contexts: the dialect says what there is. */
static void test_old_dialect(void **state)
{
	TALLOC_CTX *tmp = talloc_new(NULL);
	struct negotiate_policy policy = {0};
	struct probe_offer offer = probe_offer_all("host.test", false);
	struct client_probe_smb found = {0};
	bool more = true;

	(void)state;
	negotiate_policy_defaults(&policy);
	policy.max_dialect = SMB2_DIALECT_302;
	assert_true(probe_smb_answer(answer_of(tmp, &policy, &offer), &offer,
				     &found, &more));
	assert_false(more);
	assert_int_equal(found.dialect, SMB2_DIALECT_302);
	assert_int_equal(found.signing.id[0], SMB2_SIGNING_AES_CMAC);
	assert_int_equal(found.ciphers.id[0], SMB2_CIPHER_AES128_CCM);
	assert_false(found.accepts_transport);
	talloc_free(tmp);
}

/* A server with compression, which ours is not. */
static void test_compression(void **state)
{
	TALLOC_CTX *tmp = talloc_new(NULL);
	struct probe_offer offer = probe_offer_all("host.test", true);
	struct client_probe_smb found = {0};
	struct wire_writer body = wire_writer_talloc(tmp);
	struct wire_writer list = wire_writer_talloc(tmp);
	struct wire_writer w = wire_writer_talloc(tmp);
	const struct smb2_compression_context c = {
		.flags = SMB2_COMPRESSION_CAPABILITIES_FLAG_CHAINED,
		.count = 3,
		/* the last one was not offered */
		.algorithms = {SMB2_COMPRESSION_LZ77, SMB2_COMPRESSION_LZ4, 99},
	};
	struct smb2_negotiate_context context = {
		.type = SMB2_COMPRESSION_CAPABILITIES,
	};
	const struct smb2_header hdr = {
		.command = SMB2_NEGOTIATE,
		.flags = SMB2_FLAGS_SERVER_TO_REDIR,
	};
	struct smb2_negotiate_response response = {
		.dialect = SMB2_DIALECT_311,
		.context_count = 1,
	};
	bool more = true;

	(void)state;
	assert_true(smb2_compression_context_encode(&body, &c));
	context.data = wire_writer_slice(&body);
	assert_true(smb2_negotiate_context_add(&list, &context));
	response.contexts = wire_writer_slice(&list);
	assert_true(smb2_header_encode(&w, &hdr));
	assert_true(smb2_negotiate_response_encode(&w, &response));
	assert_true(
		probe_smb_answer(wire_writer_slice(&w), &offer, &found, &more));
	assert_false(more);
	assert_int_equal(found.compression.count, 2);
	assert_int_equal(found.compression.id[1], SMB2_COMPRESSION_LZ4);
	assert_true(found.compression_chained);
	assert_int_equal(found.ciphers.count, 0);
	talloc_free(tmp);
}

static void test_no_answer(void **state)
{
	TALLOC_CTX *tmp = talloc_new(NULL);
	struct negotiate_policy policy = {0};
	struct probe_offer offer = probe_offer_all("host.test", true);
	struct client_probe_smb found = {0};
	struct wire_slice answer = {0};
	uint8_t *copy = NULL;
	bool more = false;
	size_t i = 0;

	(void)state;
	negotiate_policy_defaults(&policy);
	policy.quic = true;
	answer = answer_of(tmp, &policy, &offer);
	copy = talloc_memdup(tmp, answer.data, answer.len);
	for (i = 0; i < SMB2_HEADER_SIZE + 65; i++) {
		struct probe_offer again = offer;

		assert_false(probe_smb_answer(wire_slice(copy, i), &again,
					      &found, &more));
	}
	copy[12] ^= 1; /* another command */
	assert_false(probe_smb_answer(wire_slice(copy, answer.len), &offer,
				      &found, &more));
	copy[12] ^= 1;
	copy[16] ^= 1; /* a request */
	assert_false(probe_smb_answer(wire_slice(copy, answer.len), &offer,
				      &found, &more));
	copy[16] ^= 1;
	copy[11] = 0xc0; /* an error */
	assert_false(probe_smb_answer(wire_slice(copy, answer.len), &offer,
				      &found, &more));
	talloc_free(tmp);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_versions),
		cmocka_unit_test(test_no_versions),
		cmocka_unit_test(test_many_versions),
		cmocka_unit_test(test_rounds),
		cmocka_unit_test(test_old_dialect),
		cmocka_unit_test(test_compression),
		cmocka_unit_test(test_no_answer),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
