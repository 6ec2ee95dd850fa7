/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "server/pipe_ndr.h"
#include "server/pipe_rpc.h"
#include "tests/fixture_rpc.h"

#define CONFIG                                          \
	"[global]\nserver smb transports = tcp:20601\n" \
	"server string = a server of tests\n"           \
	"netbios name = testserver\n"                   \
	"[one]\nstore = memory\ncomment = the first\n"  \
	"[hidden]\nstore = memory\nbrowseable = no\n"   \
	"[two]\nstore = memory\nmax connections = 7\n"

/* --- tests -----------------------------------------------------------------
 */

static void test_bind(void **private_data)
{
	struct client c = client_new(CONFIG, "SrvSvc");
	struct wire_reader r = {0};

	(void)private_data;
	assert_null(rpc_interface_find("samr"));
	assert_true(
		rpc_input(c.rpc, bind_packet(&c, BIND, &pipe_srvsvc, true)));
	assert_int_equal(answer(&c, &r), BIND_ACK);
	assert_int_equal(wire_get_u16(&r), 4280);
	assert_int_equal(wire_get_u16(&r), 4280);
	assert_int_not_equal(wire_get_u32(&r), 0);
	assert_int_equal(wire_get_u16(&r), sizeof("\\PIPE\\srvsvc"));
	assert_memory_equal(r.data + r.pos, "\\PIPE\\srvsvc", 13);
	wire_skip(&r, 13);
	wire_get_align(&r, 4);
	assert_int_equal(wire_get_u32(&r), 1);
	assert_int_equal(wire_get_u32(&r), 0); /* accepted */
	assert_int_equal(wire_left(&r), 20);
	talloc_free(c.f);
}

static uint32_t bind_result(struct client *c, struct wire_slice packet,
			    uint8_t type)
{
	struct wire_reader r = {0};

	assert_true(rpc_input(c->rpc, packet));
	assert_int_equal(answer(c, &r), type);
	wire_skip(&r, 8);
	wire_skip(&r, wire_get_u16(&r));
	wire_get_align(&r, 4);
	wire_skip(&r, 4);
	return wire_get_u32(&r);
}

static void test_bind_refused(void **private_data)
{
	struct client c = client_new(CONFIG, "srvsvc");
	struct wire_writer w = {0};
	struct wire_reader r = {0};

	(void)private_data;
	/* Another interface; a transfer syntax that is not NDR. */
	assert_int_equal(bind_result(&c,
				     bind_packet(&c, BIND, &pipe_wkssvc, true),
				     BIND_ACK),
			 0x00010002);
	assert_int_equal(
		bind_result(&c, bind_packet(&c, ALTER, &pipe_srvsvc, false),
			    ALTER_ACK),
		0x00020002);
	/* With credentials. */
	w = begin(&c, BIND, 3);
	wire_put_zeros(&w, 60);
	wire_patch_u16(&w, 10, 16);
	assert_true(rpc_input(c.rpc, end(&w)));
	assert_int_equal(answer(&c, &r), BIND_NAK);
	/* So nothing is bound. */
	assert_true(rpc_input(c.rpc,
			      request_packet(&c, 3, 21, wire_slice(NULL, 0))));
	assert_int_equal(answer(&c, &r), FAULT);
	talloc_free(c.f);
}

static struct wire_slice enum_stub(struct client *c, uint32_t level,
				   uint32_t resume)
{
	struct wire_writer w = wire_writer_talloc(c->f);

	ndr_put_pointer(&w, true);
	ndr_put_string(&w, "\\\\server");
	ndr_put_u32(&w, level);
	ndr_put_u32(&w, level);
	ndr_put_pointer(&w, true);
	ndr_put_u32(&w, 0);
	ndr_put_pointer(&w, false);
	ndr_put_u32(&w, UINT32_MAX);
	ndr_put_pointer(&w, true);
	ndr_put_u32(&w, resume);
	return wire_writer_slice(&w);
}

static void expect_text(struct client *c, struct wire_reader *r,
			const char *text)
{
	char *got = NULL;

	assert_true(ndr_get_string(r, c->f, &got));
	assert_string_equal(got, text);
}

static void test_share_enum_1(void **private_data)
{
	struct client c = client_new(CONFIG, "srvsvc");
	struct wire_reader r = {0};
	uint32_t fault = 0;

	(void)private_data;
	bind_to(&c, "srvsvc");
	assert_true(call(&c, 15, enum_stub(&c, 1, 0), &r, &fault));
	assert_int_equal(ndr_get_u32(&r), 1);
	assert_int_equal(ndr_get_u32(&r), 1);
	assert_int_not_equal(ndr_get_u32(&r), 0);
	assert_int_equal(ndr_get_u32(&r), 3);
	assert_int_not_equal(ndr_get_u32(&r), 0);
	assert_int_equal(ndr_get_u32(&r), 3);
	for (int i = 0; i < 3; i++) {
		assert_int_not_equal(ndr_get_u32(&r), 0);
		assert_int_equal(ndr_get_u32(&r), i < 2 ? 0 : 0x80000003);
		assert_int_not_equal(ndr_get_u32(&r), 0);
	}
	expect_text(&c, &r, "one");
	expect_text(&c, &r, "the first");
	expect_text(&c, &r, "two");
	expect_text(&c, &r, "");
	expect_text(&c, &r, "IPC$");
	expect_text(&c, &r, "IPC Service");
	assert_int_equal(ndr_get_u32(&r), 3);
	assert_int_not_equal(ndr_get_u32(&r), 0);
	assert_int_equal(ndr_get_u32(&r), 0);
	assert_int_equal(ndr_get_u32(&r), 0);
	assert_true(wire_reader_ok(&r));
	assert_int_equal(wire_left(&r), 0);
	talloc_free(c.f);
}

/* Every level is well-formed: the outcome stands at the end. */
static void test_share_enum_levels(void **private_data)
{
	static const struct {
		uint32_t level, error;
	} rows[] = {{0, 0},	{1, 0},	     {2, 0},	 {501, 0},
		    {502, 124}, {1005, 124}, {9999, 124}};
	struct client c = client_new(CONFIG, "srvsvc");

	(void)private_data;
	bind_to(&c, "srvsvc");
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct wire_reader r = {0};
		uint32_t fault = 0;

		assert_true(call(&c, 15, enum_stub(&c, rows[i].level, 0), &r,
				 &fault));
		wire_skip(&r, wire_left(&r) - 4);
		assert_int_equal(wire_get_u32(&r), rows[i].error);
	}
	talloc_free(c.f);
}

static void test_share_enum_resume(void **private_data)
{
	struct client c = client_new(CONFIG, "srvsvc");
	struct wire_reader r = {0};
	uint32_t fault = 0;

	(void)private_data;
	bind_to(&c, "srvsvc");
	assert_true(call(&c, 15, enum_stub(&c, 0, 2), &r, &fault));
	wire_skip(&r, 12);
	assert_int_equal(ndr_get_u32(&r), 1);
	assert_true(call(&c, 15, enum_stub(&c, 0, 99), &r, &fault));
	wire_skip(&r, 12);
	assert_int_equal(ndr_get_u32(&r), 0);
	assert_int_equal(ndr_get_u32(&r), 0);
	talloc_free(c.f);
}

static struct wire_slice info_stub(struct client *c, const char *name,
				   uint32_t level)
{
	struct wire_writer w = wire_writer_talloc(c->f);

	ndr_put_pointer(&w, false);
	if (name != NULL) {
		ndr_put_string(&w, name);
	}
	ndr_put_u32(&w, level);
	return wire_writer_slice(&w);
}

static void test_share_get_info(void **private_data)
{
	struct client c = client_new(CONFIG, "srvsvc");
	struct wire_reader r = {0};
	uint32_t fault = 0;

	(void)private_data;
	bind_to(&c, "srvsvc");
	assert_true(call(&c, 16, info_stub(&c, "TWO", 2), &r, &fault));
	assert_int_equal(ndr_get_u32(&r), 2);
	assert_int_not_equal(ndr_get_u32(&r), 0);
	wire_skip(&r, 16);
	assert_int_equal(ndr_get_u32(&r), 7); /* max uses */
	assert_int_equal(ndr_get_u32(&r), 0);
	wire_skip(&r, 8);
	expect_text(&c, &r, "two");
	expect_text(&c, &r, "");
	expect_text(&c, &r, "C:\\");
	assert_int_equal(ndr_get_u32(&r), 0);
	assert_int_equal(wire_left(&r), 0);

	assert_true(call(&c, 16, info_stub(&c, "nothere", 1), &r, &fault));
	assert_int_equal(ndr_get_u32(&r), 1);
	assert_int_equal(ndr_get_u32(&r), 0);
	assert_int_equal(ndr_get_u32(&r), 2310);
	assert_true(call(&c, 16, info_stub(&c, "one", 77), &r, &fault));
	wire_skip(&r, 8);
	assert_int_equal(ndr_get_u32(&r), 124);
	talloc_free(c.f);
}

static void test_server_get_info(void **private_data)
{
	struct client c = client_new(CONFIG, "srvsvc");
	struct wire_reader r = {0};
	uint32_t fault = 0;

	(void)private_data;
	bind_to(&c, "srvsvc");
	assert_true(call(&c, 21, info_stub(&c, NULL, 101), &r, &fault));
	assert_int_equal(ndr_get_u32(&r), 101);
	assert_int_not_equal(ndr_get_u32(&r), 0);
	assert_int_equal(ndr_get_u32(&r), 500);
	wire_skip(&r, 20);
	expect_text(&c, &r, "TESTSERVER");
	expect_text(&c, &r, "a server of tests");
	assert_int_equal(ndr_get_u32(&r), 0);
	assert_true(call(&c, 21, info_stub(&c, NULL, 5), &r, &fault));
	wire_skip(&r, 8);
	assert_int_equal(ndr_get_u32(&r), 124);
	talloc_free(c.f);
}

static void test_wksta_get_info(void **private_data)
{
	struct client c = client_new(CONFIG, "wkssvc");
	struct wire_reader r = {0};
	uint32_t fault = 0;

	(void)private_data;
	bind_to(&c, "wkssvc");
	assert_true(call(&c, 0, info_stub(&c, NULL, 100), &r, &fault));
	assert_int_equal(ndr_get_u32(&r), 100);
	wire_skip(&r, 24);
	expect_text(&c, &r, "TESTSERVER");
	expect_text(&c, &r, "WORKGROUP");
	assert_int_equal(ndr_get_u32(&r), 0);
	assert_int_equal(wire_left(&r), 0);
	talloc_free(c.f);
}

static void test_faults(void **private_data)
{
	struct client c = client_new(CONFIG, "srvsvc");
	struct wire_reader r = {0};
	uint32_t fault = 0;

	(void)private_data;
	bind_to(&c, "srvsvc");
	assert_false(call(&c, 99, wire_slice(NULL, 0), &r, &fault));
	assert_int_equal(fault, RPC_FAULT_OP_RANGE);
	assert_false(call(&c, 15, wire_slice(NULL, 0), &r, &fault));
	assert_int_equal(fault, RPC_FAULT_BAD_STUB);
	talloc_free(c.f);
}

/* Every truncation of the arguments is a fault, never a crash. */
static void test_truncated(void **private_data)
{
	struct client c = client_new(CONFIG, "srvsvc");
	struct wire_slice stub = enum_stub(&c, 1, 0);

	(void)private_data;
	bind_to(&c, "srvsvc");
	for (size_t len = 0; len < stub.len; len++) {
		struct wire_reader r = {0};
		uint32_t fault = 0;

		assert_false(
			call(&c, 15, wire_slice(stub.data, len), &r, &fault));
		assert_int_equal(fault, RPC_FAULT_BAD_STUB);
	}
	talloc_free(c.f);
}

/* Arguments in fragments, bytes one by one. */
static void test_fragments(void **private_data)
{
	struct client c = client_new(CONFIG, "srvsvc");
	struct wire_slice stub = info_stub(&c, NULL, 100);
	struct wire_slice parts[2] = {{0}};
	struct wire_reader r = {0};

	(void)private_data;
	bind_to(&c, "srvsvc");
	parts[0] = request_packet(&c, 1, 21, wire_slice(stub.data, 3));
	parts[1] = request_packet(&c, 2, 21,
				  wire_slice(stub.data + 3, stub.len - 3));
	for (unsigned p = 0; p < 2; p++) {
		for (size_t i = 0; i < parts[p].len; i++) {
			assert_int_equal(rpc_peek(c.rpc).len, 0);
			assert_true(rpc_input(
				c.rpc, wire_slice(parts[p].data + i, 1)));
		}
	}
	assert_int_equal(answer(&c, &r), RESPONSE);
	talloc_free(c.f);
}

/* A client that takes as little at a time as it may, and one that takes less.
 */
static void test_small_fragments(void **private_data)
{
	const uint16_t least = 1432;
	struct client c = {0};
	struct wire_slice bind = {0};
	struct wire_reader r = {0};
	char config[6000] = CONFIG;
	size_t whole = 0;
	unsigned pieces = 0;
	uint8_t flags = 0;

	(void)private_data;
	for (unsigned i = 0; i < 50; i++) {
		size_t at = strlen(config);

		snprintf(config + at, sizeof(config) - at,
			 "[share%02u]\nstore = memory\n", i);
	}
	c = client_new(config, "srvsvc");
	bind = bind_packet(&c, BIND, &pipe_srvsvc, true);
	wire_store_le((uint8_t *)bind.data + 18, least - 1, 2);
	assert_false(rpc_input(c.rpc, bind));
	talloc_free(c.f);

	c = client_new(config, "srvsvc");
	bind = bind_packet(&c, BIND, &pipe_srvsvc, true);
	wire_store_le((uint8_t *)bind.data + 18, least, 2);
	assert_true(rpc_input(c.rpc, bind));
	assert_int_equal(answer(&c, &r), BIND_ACK);
	assert_int_equal(wire_get_u16(&r), 4280);
	assert_int_equal(wire_get_u16(&r), least);
	assert_true(rpc_input(c.rpc,
			      request_packet(&c, 3, 15, enum_stub(&c, 1, 0))));
	do {
		assert_int_equal(answer(&c, &r), RESPONSE);
		flags = r.data[3];
		assert_int_equal((flags & 1) != 0, pieces == 0);
		assert_true(r.len <= least);
		whole += r.len - 24;
		pieces++;
	} while ((flags & 2) == 0);
	assert_true(pieces > 1);
	assert_true(whole > least);
	talloc_free(c.f);
}

/* What only a server says is the end; what asks for nothing is not. */
static void test_other_packets(void **private_data)
{
	static const uint8_t ignored[] = {16, 18, 19};
	static const uint8_t refused[] = {
		1, RESPONSE, FAULT, BIND_ACK, BIND_NAK, ALTER_ACK, 17, 20, 255};
	size_t i = 0;

	(void)private_data;
	for (i = 0; i < sizeof(ignored) + sizeof(refused); i++) {
		struct client c = client_new(CONFIG, "srvsvc");
		bool fine = i < sizeof(ignored);
		struct wire_writer w = begin(
			&c, fine ? ignored[i] : refused[i - sizeof(ignored)],
			3);

		bind_to(&c, "srvsvc");
		wire_put_zeros(&w, 8);
		assert_int_equal(rpc_input(c.rpc, end(&w)), fine);
		assert_int_equal(rpc_peek(c.rpc).len, 0);
		talloc_free(c.f);
	}
}

/* A request for an object, whose number may be cut off. */
static void test_object(void **private_data)
{
	size_t len = 0;

	(void)private_data;
	for (len = 0; len <= 16; len++) {
		struct client c = client_new(CONFIG, "srvsvc");
		struct wire_writer w = begin(&c, REQUEST, 3 | 0x80);
		struct wire_reader r = {0};

		bind_to(&c, "srvsvc");
		wire_put_u32(&w, 0);
		wire_put_u16(&w, 0);
		wire_put_u16(&w, 21);
		wire_put_zeros(&w, len);
		if (len == 16) {
			wire_put_slice(&w, info_stub(&c, NULL, 100));
		}
		assert_int_equal(rpc_input(c.rpc, end(&w)), len == 16);
		if (len == 16) {
			assert_int_equal(answer(&c, &r), RESPONSE);
		}
		talloc_free(c.f);
	}
}

/* Every truncation of the arguments of each operation is a fault. */
static void test_truncated_info(void **private_data)
{
	struct client c = client_new(CONFIG, "srvsvc");
	struct wire_slice stub = info_stub(&c, "two", 2);

	(void)private_data;
	bind_to(&c, "srvsvc");
	for (size_t len = 0; len < stub.len; len++) {
		struct wire_reader r = {0};
		uint32_t fault = 0;

		assert_false(
			call(&c, 16, wire_slice(stub.data, len), &r, &fault));
		assert_int_equal(fault, RPC_FAULT_BAD_STUB);
	}
	talloc_free(c.f);
}

static void test_broken(void **private_data)
{
	struct client c = client_new(CONFIG, "srvsvc");
	static const uint8_t zeros[32];

	(void)private_data;
	assert_false(rpc_input(c.rpc, wire_slice(zeros, sizeof(zeros))));
	/* And stays so. */
	assert_false(
		rpc_input(c.rpc, bind_packet(&c, BIND, &pipe_srvsvc, true)));
	talloc_free(c.f);
}

/* Arguments without an end, answers that nobody reads. */
static void test_bounded(void **private_data)
{
	struct client c = client_new(CONFIG, "srvsvc");
	uint8_t *bytes = talloc_zero_size(c.f, 60000);
	size_t messages = 0;
	size_t pending = 0;
	unsigned calls = 0;

	(void)private_data;
	bind_to(&c, "srvsvc");
	assert_true(rpc_input(
		c.rpc, request_packet(&c, 1, 21, wire_slice(bytes, 40000))));
	assert_false(rpc_input(
		c.rpc, request_packet(&c, 0, 21, wire_slice(bytes, 40000))));
	talloc_free(c.f);

	c = client_new(CONFIG, "srvsvc");
	bind_to(&c, "srvsvc");
	while (calls < 1000000) {
		struct wire_slice p =
			request_packet(&c, 3, 15, enum_stub(&c, 2, 0));

		if (!rpc_input(c.rpc, p)) {
			break;
		}
		calls++;
	}
	rpc_pending(c.rpc, &messages, &pending);
	assert_true(pending <= RPC_MAX_PENDING);
	assert_true(messages == calls);
	talloc_free(c.f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_bind),
		cmocka_unit_test(test_bind_refused),
		cmocka_unit_test(test_share_enum_1),
		cmocka_unit_test(test_share_enum_levels),
		cmocka_unit_test(test_share_enum_resume),
		cmocka_unit_test(test_share_get_info),
		cmocka_unit_test(test_server_get_info),
		cmocka_unit_test(test_wksta_get_info),
		cmocka_unit_test(test_faults),
		cmocka_unit_test(test_truncated),
		cmocka_unit_test(test_fragments),
		cmocka_unit_test(test_small_fragments),
		cmocka_unit_test(test_other_packets),
		cmocka_unit_test(test_object),
		cmocka_unit_test(test_truncated_info),
		cmocka_unit_test(test_broken),
		cmocka_unit_test(test_bounded),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
