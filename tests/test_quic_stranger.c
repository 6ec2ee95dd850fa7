/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Datagrams that belong to nobody: what a real client sends first, and what
 * can be made of it.
 */
#include "tests/testlib.h"
#include "tests/testlib_quic.h"

#include <errno.h>
#include <string.h>

#define NOW (5000 * NGTCP2_SECONDS)

static const uint8_t secret[32] = "the secret of the house 32 bytes";

static const uint8_t reset_secret[32] = "another secret of the house 32 B";

static const struct quic_house open_house = {
	.secret = secret, .reset_secret = reset_secret, .listening = true};

struct visit {
	struct quic_world *world;
	union udp_address from;
	uint8_t data[2048];
	size_t len;
	struct quic_stranger out;
};

static struct visit *new_visit(void)
{
	struct visit *v = talloc_zero(NULL, struct visit);

	v->world = quic_world_new(v);
	v->from = v->world->client.address;
	quic_world_connect(v->world);
	v->len = quic_world_first_datagram(v->world, v->data, sizeof(v->data));
	assert_in_range(v->len, 1200, 1500);
	return v;
}

static enum quic_verdict judge(struct visit *v, const struct quic_house *house)
{
	enum quic_verdict verdict = quic_stranger_judge(
		house, &v->from, v->data, v->len, NOW, &v->out);

	/* No answer is longer than the question. */
	if (verdict == QUIC_REPLY) {
		assert_in_range(v->out.reply_len, 1, v->len);
		assert_non_null(v->out.what);
	}
	return verdict;
}

static void test_accept(void **state)
{
	struct visit *v = new_visit();

	(void)state;
	assert_int_equal(judge(v, &open_house), QUIC_ACCEPT);
	assert_false(v->out.after_retry);
	assert_int_equal(v->out.token_type, NGTCP2_TOKEN_TYPE_UNKNOWN);
	assert_int_equal(v->out.initial.version, NGTCP2_PROTO_VER_V1);
	assert_int_equal(v->out.initial.dcid.datalen, QUIC_CID_LEN);
	talloc_free(v);
}

static void test_not_listening(void **state)
{
	struct visit *v = new_visit();
	struct quic_house house = {.secret = secret};

	(void)state;
	assert_int_equal(judge(v, &house), QUIC_DROP);
	v->data[1] = 0x1a; /* another version */
	assert_int_equal(judge(v, &house), QUIC_DROP);
	v->data[0] = 0x41; /* a short header */
	assert_int_equal(judge(v, &house), QUIC_DROP);
	talloc_free(v);
}

/* A short datagram begins nothing (RFC 9000 14.1). */
static void test_truncated(void **state)
{
	struct visit *v = new_visit();
	size_t whole = v->len;

	(void)state;
	for (v->len = 0; v->len < 1200; v->len++) {
		assert_int_equal(judge(v, &open_house), QUIC_DROP);
	}
	v->len = whole;
	assert_int_equal(judge(v, &open_house), QUIC_ACCEPT);
	talloc_free(v);
}

static void test_version_negotiation(void **state)
{
	struct visit *v = new_visit();
	ngtcp2_version_cid vc;

	(void)state;
	v->data[1] = 0x1a;
	v->data[2] = 0x1a;
	v->data[3] = 0x1a;
	v->data[4] = 0x1a;
	assert_int_equal(judge(v, &open_house), QUIC_REPLY);
	assert_string_equal(v->out.what, "version negotiation");
	assert_int_equal(ngtcp2_pkt_decode_version_cid(&vc, v->out.reply,
						       v->out.reply_len, 8),
			 0);
	assert_int_equal(vc.version, 0);
	/* its source id is our destination */
	assert_int_equal(vc.dcidlen, QUIC_CID_LEN);
	assert_memory_equal(vc.dcid, v->data + 6 + 8 + 1, QUIC_CID_LEN);
	assert_memory_equal(vc.scid, v->data + 6, QUIC_CID_LEN);
	v->len = 1199;
	assert_int_equal(judge(v, &open_house), QUIC_DROP);
	talloc_free(v);
}

static void test_client_without_common_version(void **state)
{
	struct visit *v = new_visit();
	uint8_t packet[100];
	const uint32_t only[] = {0x1a2a3a4a};
	ngtcp2_ssize n = ngtcp2_pkt_write_version_negotiation(
		packet, sizeof(packet), 0, v->data + 15, 8, v->data + 6, 8,
		only, 1);

	(void)state;
	assert_true(n > 0);
	quic_world_to_client(v->world, packet, (size_t)n);
	quic_world_run(v->world, 0);
	assert_int_equal(v->world->client.opened, EPROTO);
	assert_non_null(strstr(quic_conn_end(v->world->client.conn)->why,
			       "speaks no version of QUIC that we do"));
	talloc_free(v);
}

static void test_full(void **state)
{
	struct visit *v = new_visit();
	struct quic_house house = open_house;

	(void)state;
	house.full = "max connections reached";
	assert_int_equal(judge(v, &house), QUIC_REPLY);
	quic_world_to_client(v->world, v->out.reply, v->out.reply_len);
	quic_world_run(v->world, 0);
	assert_int_equal(v->world->client.opened, ECONNREFUSED);
	talloc_free(v);
}

/* A Retry, and what the client does with it. */
static void retried(struct visit *v, struct quic_house *house,
		    ngtcp2_cid *first)
{
	*house = open_house;
	house->crowded = true;
	assert_int_equal(judge(v, house), QUIC_REPLY);
	assert_string_equal(v->out.what, "retry");
	*first = v->out.initial.dcid;
	quic_world_to_client(v->world, v->out.reply, v->out.reply_len);
	v->len = quic_world_first_datagram(v->world, v->data, sizeof(v->data));
}

static void test_retry(void **state)
{
	struct visit *v = new_visit();
	struct quic_house house;
	ngtcp2_cid first;

	(void)state;
	retried(v, &house, &first);
	assert_int_equal(judge(v, &house), QUIC_ACCEPT);
	assert_true(v->out.after_retry);
	assert_int_equal(v->out.token_type, NGTCP2_TOKEN_TYPE_RETRY);
	assert_true(ngtcp2_cid_eq(&v->out.original_dcid, &first));
	assert_false(ngtcp2_cid_eq(&v->out.initial.dcid, &first));
	/* full is full, with or without a token */
	house.full = "max connections reached";
	assert_int_equal(judge(v, &house), QUIC_REPLY);
	talloc_free(v);
}

static void test_token_of_another(void **state)
{
	struct visit *v = new_visit();
	struct quic_house house;
	struct quic_house other;
	ngtcp2_cid first;
	uint8_t other_secret[32] = {0};

	(void)state;
	retried(v, &house, &first);
	other = house;
	other.secret = other_secret;
	assert_int_equal(judge(v, &other), QUIC_REPLY);
	assert_string_equal(v->out.what, "bad token");
	v->from.in.sin_port++;
	assert_int_equal(judge(v, &house), QUIC_REPLY);
	assert_string_equal(v->out.what, "bad token");
	v->from.in.sin_port--;
	assert_int_equal(judge(v, &house), QUIC_ACCEPT);
	/* too old */
	assert_int_equal(quic_stranger_judge(&house, &v->from, v->data, v->len,
					     NOW + 11 * NGTCP2_SECONDS,
					     &v->out),
			 QUIC_REPLY);
	assert_string_equal(v->out.what, "bad token");
	talloc_free(v);
}

static void test_reset(void **state)
{
	struct visit *v = new_visit();
	uint8_t token[NGTCP2_STATELESS_RESET_TOKENLEN];
	ngtcp2_cid cid = {.datalen = QUIC_CID_LEN};

	(void)state;
	v->data[0] = 0x41;
	memset(v->data + 1, 7, QUIC_CID_LEN);
	memset(cid.data, 7, QUIC_CID_LEN);
	assert_true(quic_reset_token(reset_secret, &cid, token));
	for (v->len = 1; v->len < 300; v->len++) {
		if (v->len < 22) {
			assert_int_equal(judge(v, &open_house), QUIC_DROP);
			continue;
		}
		assert_int_equal(judge(v, &open_house), QUIC_REPLY);
		assert_in_range(v->out.reply_len, 21, v->len - 1);
		assert_int_equal(v->out.reply[0] & 0xc0, 0x40);
		assert_memory_equal(v->out.reply + v->out.reply_len - 16, token,
				    16);
	}
	talloc_free(v);
}

/* Every byte of the header set to every value: some verdict, no crash. */
static void test_mutated(void **state)
{
	struct visit *v = new_visit();
	unsigned value = 0;
	size_t i = 0;

	(void)state;
	for (i = 0; i < 40; i++) {
		uint8_t was = v->data[i];

		for (value = 0; value < 256; value++) {
			v->data[i] = (uint8_t)value;
			judge(v, &open_house);
		}
		v->data[i] = was;
	}
	talloc_free(v);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_accept),
		cmocka_unit_test(test_not_listening),
		cmocka_unit_test(test_truncated),
		cmocka_unit_test(test_version_negotiation),
		cmocka_unit_test(test_client_without_common_version),
		cmocka_unit_test(test_full),
		cmocka_unit_test(test_retry),
		cmocka_unit_test(test_token_of_another),
		cmocka_unit_test(test_reset),
		cmocka_unit_test(test_mutated),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
