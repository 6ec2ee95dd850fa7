/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Names of SIDs and SIDs of names, over RPC. */
#include "server/pipe_ndr.h"
#include "server/pipe_rpc.h"
#include "tests/fixture_rpc.h"

#define CONFIG                                          \
	"[global]\nserver smb transports = tcp:20606\n" \
	"netbios name = testserver\n"

enum {
	QUERY_POLICY = 7,
	LOOKUP_SIDS = 15,
	ACCOUNT_RIGHTS = 36,
	OPEN_POLICY2 = 44,
	LOOKUP_SIDS2 = 57,
	LOOKUP_NAMES3 = 68,
};

static struct client bound(void)
{
	struct client c = client_new(CONFIG, "lsarpc");

	c.f->server->sids.machine = (struct sid){
		.authority = 5, .count = 4, .sub_authorities = {21, 1, 2, 3}};
	bind_to(&c, "lsarpc");
	return c;
}

static void must_call(struct client *c, uint16_t opnum, struct wire_writer *w,
		      struct wire_reader *out)
{
	uint32_t fault = 0;

	assert_true(call(c, opnum, wire_writer_slice(w), out, &fault));
}

static void put_handle(struct wire_writer *w)
{
	wire_put_zeros(w, 20);
}

static void put_sids(struct wire_writer *w, const char *const *sids,
		     uint32_t count)
{
	uint32_t i = 0;

	put_handle(w);
	ndr_put_u32(w, count);
	ndr_put_u32(w, 1);
	ndr_put_u32(w, count);
	for (i = 0; i < count; i++) {
		ndr_put_u32(w, 1);
	}
	for (i = 0; i < count; i++) {
		struct sid sid = {0};

		assert_true(sid_from_string(sids[i], &sid));
		ndr_put_u32(w, sid.count);
		sid_encode(w, &sid);
	}
	ndr_put_u32(w, 0);
	ndr_put_u32(w, 0);
	wire_put_u16(w, 1);
	ndr_put_u32(w, 0);
	ndr_put_u32(w, 0);
	ndr_put_u32(w, 2);
}

/* The place of a string; its text comes later when it has any. */
static bool get_head(struct wire_reader *r)
{
	wire_get_align(r, 4);
	wire_skip(r, 4);
	return wire_get_u32(r) != 0;
}

static void expect_text(struct client *c, struct wire_reader *r, bool present,
			const char *text)
{
	char *got = NULL;

	assert_int_equal(present, *text != '\0');
	if (present) {
		assert_true(ndr_get_string(r, c->f, &got));
		assert_string_equal(got, text);
	}
}

static void expect_sid(struct wire_reader *r, const char *text)
{
	char buf[SID_STRING_SIZE];
	struct sid sid = {0};

	(void)ndr_get_u32(r);
	assert_true(sid_get(r, &sid));
	assert_string_equal(sid_to_string(&sid, buf), text);
}

static void test_policy(void **state)
{
	struct client c = bound();
	struct wire_writer w = wire_writer_talloc(c.f);
	struct wire_reader r = {0};
	bool name = false;

	(void)state;
	must_call(&c, OPEN_POLICY2, &w, &r);
	wire_skip(&r, 20);
	assert_int_equal(wire_get_u32(&r), 0);
	w = wire_writer_talloc(c.f);
	put_handle(&w);
	wire_put_u16(&w, 5);
	must_call(&c, QUERY_POLICY, &w, &r);
	assert_int_not_equal(wire_get_u32(&r), 0);
	assert_int_equal(wire_get_u16(&r), 5);
	name = get_head(&r);
	assert_int_not_equal(ndr_get_u32(&r), 0);
	expect_text(&c, &r, name, "TESTSERVER");
	expect_sid(&r, "S-1-5-21-1-2-3");
	assert_int_equal(ndr_get_u32(&r), 0);
	talloc_free(c.f);
}

static void test_sids(void **state)
{
	static const char *const sids[] = {"S-1-5-21-1-2-3-500", "S-1-1-0",
					   "S-1-5-21-9-9-9-9", "S-1-22-1-0"};
	struct client c = bound();
	struct wire_writer w = wire_writer_talloc(c.f);
	struct wire_reader r = {0};
	bool heads[4] = {0};
	size_t i = 0;

	(void)state;
	put_sids(&w, sids, 4);
	must_call(&c, LOOKUP_SIDS2, &w, &r);
	assert_int_not_equal(wire_get_u32(&r), 0);
	assert_int_equal(wire_get_u32(&r), 2); /* domains */
	wire_skip(&r, 12);
	for (i = 0; i < 2; i++) {
		heads[i] = get_head(&r);
		assert_int_not_equal(ndr_get_u32(&r), 0);
	}
	expect_text(&c, &r, heads[0], "TESTSERVER");
	expect_sid(&r, "S-1-5-21-1-2-3");
	expect_text(&c, &r, heads[1], "");
	expect_sid(&r, "S-1-1");
	assert_int_equal(ndr_get_u32(&r), 4);
	wire_skip(&r, 8);
	for (i = 0; i < 4; i++) {
		static const uint16_t kinds[] = {1, 5, 8, 1};
		static const uint32_t domains[] = {0, 1, UINT32_MAX, 0};

		wire_get_align(&r, 4);
		assert_int_equal(wire_get_u16(&r), kinds[i]);
		heads[i] = get_head(&r);
		assert_int_equal(wire_get_u32(&r), domains[i]);
		assert_int_equal(wire_get_u32(&r), 0);
	}
	expect_text(&c, &r, heads[0], "root");
	expect_text(&c, &r, heads[1], "Everyone");
	expect_text(&c, &r, heads[2], "S-1-5-21-9-9-9-9");
	expect_text(&c, &r, heads[3], "root");
	assert_int_equal(ndr_get_u32(&r), 3);
	assert_int_equal(wire_get_u32(&r), 0x107);
	talloc_free(c.f);
}

static void put_names(struct wire_writer *w, const char *const *names,
		      uint32_t count)
{
	uint32_t i = 0;

	put_handle(w);
	ndr_put_u32(w, count);
	ndr_put_u32(w, count);
	for (i = 0; i < count; i++) {
		wire_put_u16(w, (uint16_t)(2 * strlen(names[i])));
		wire_put_u16(w, (uint16_t)(2 * strlen(names[i])));
		ndr_put_u32(w, 1);
	}
	for (i = 0; i < count; i++) {
		ndr_put_string(w, names[i]);
	}
}

static void test_names(void **state)
{
	static const char *const names[] = {"TESTSERVER\\root", "no such one"};
	struct client c = bound();
	struct wire_writer w = wire_writer_talloc(c.f);
	struct wire_reader r = {0};
	bool head = false;

	(void)state;
	put_names(&w, names, 2);
	must_call(&c, LOOKUP_NAMES3, &w, &r);
	wire_skip(&r, 4 + 16);
	head = get_head(&r);
	wire_skip(&r, 4);
	expect_text(&c, &r, head, "TESTSERVER");
	expect_sid(&r, "S-1-5-21-1-2-3");
	assert_int_equal(ndr_get_u32(&r), 2);
	wire_skip(&r, 8);
	assert_int_equal(wire_get_u16(&r), 1);
	assert_int_not_equal(ndr_get_u32(&r), 0);
	assert_int_equal(wire_get_u32(&r), 0);
	wire_skip(&r, 4);
	assert_int_equal(wire_get_u16(&r), 8);
	assert_int_equal(ndr_get_u32(&r), 0);
	assert_int_equal(wire_get_u32(&r), UINT32_MAX);
	wire_skip(&r, 4);
	expect_sid(&r, "S-1-5-21-1-2-3-500");
	assert_int_equal(ndr_get_u32(&r), 1);
	assert_int_equal(wire_get_u32(&r), 0x107);
	talloc_free(c.f);
}

static void put_account(struct wire_writer *w, const char *text)
{
	struct sid sid = {0};

	put_handle(w);
	assert_true(sid_from_string(text, &sid));
	ndr_put_u32(w, sid.count);
	sid_encode(w, &sid);
}

/* Administrators have privileges, others none. */
static void test_rights(void **state)
{
	static const char *const admins[] = {"S-1-5-32-544",
					     "S-1-5-21-1-2-3-500"};
	struct client c = bound();
	struct wire_writer none = {0};
	struct wire_reader r = {0};
	size_t i = 0;

	(void)state;
	for (i = 0; i < 2; i++) {
		struct wire_writer w = wire_writer_talloc(c.f);
		char *name = NULL;

		put_account(&w, admins[i]);
		must_call(&c, ACCOUNT_RIGHTS, &w, &r);
		assert_int_equal(ndr_get_u32(&r), 4);
		wire_skip(&r, 4 + 4 + 4 * 8);
		assert_true(ndr_get_string(&r, c.f, &name));
		assert_string_equal(name, "SeSecurityPrivilege");
	}
	none = wire_writer_talloc(c.f);
	put_account(&none, "S-1-5-21-1-2-3-2002");
	must_call(&c, ACCOUNT_RIGHTS, &none, &r);
	assert_int_equal(ndr_get_u32(&r), 0);
	assert_int_equal(ndr_get_u32(&r), 0);
	assert_int_equal(ndr_get_u32(&r), NT_STATUS_OBJECT_NAME_NOT_FOUND);
	talloc_free(c.f);
}

/* Every truncation is a fault, or an answer; a pipe may go while it asks. */
static void test_malformed(void **state)
{
	static const char *const sids[] = {"S-1-1-0", "S-1-5-18"};
	struct client c = bound();
	struct wire_writer w = wire_writer_talloc(c.f);
	struct wire_slice whole = {0};
	size_t len = 0;

	(void)state;
	put_sids(&w, sids, 2);
	whole = wire_writer_slice(&w);
	for (len = 0; len < whole.len; len++) {
		struct wire_reader r = {0};
		uint32_t fault = 0;

		if (!call(&c, LOOKUP_SIDS, wire_slice(whole.data, len), &r,
			  &fault)) {
			assert_int_equal(fault, RPC_FAULT_BAD_STUB);
		}
	}
	assert_true(
		rpc_input(c.rpc, request_packet(&c, 3, LOOKUP_SIDS, whole)));
	assert_true(rpc_busy(c.rpc));
	talloc_free(c.rpc);
	talloc_free(c.f);
}

/* Names that are not there, and all that is cut off somewhere. */
static void test_malformed_names(void **state)
{
	static const char *const names[] = {"TESTSERVER\\root", "nobody"};
	struct client c = bound();
	struct wire_writer w = wire_writer_talloc(c.f);
	struct wire_slice whole = {0};
	size_t strings = 0;
	size_t len = 0;

	(void)state;
	put_names(&w, names, 2);
	whole = wire_writer_slice(&w);
	/* the handle, two counts, and for each name its lengths and whether it
	 * is there */
	strings = 20 + 2 * 4 + 2 * 8;
	for (len = 0; len < whole.len; len++) {
		struct wire_reader r = {0};
		uint32_t fault = 0;
		bool ok = call(&c, LOOKUP_NAMES3, wire_slice(whole.data, len),
			       &r, &fault);

		assert_true(ok || fault == RPC_FAULT_BAD_STUB);
		assert_false(ok && len < strings + 16);
	}
	/* the second one says that it is no name at all */
	wire_store_le((uint8_t *)whole.data + strings - 4, 0, 4);
	assert_true(
		rpc_input(c.rpc, request_packet(&c, 3, LOOKUP_NAMES3, whole)));
	while (rpc_busy(c.rpc)) {
		tevent_loop_once(c.f->ev);
	}
	assert_true(rpc_peek(c.rpc).len > 0);
	talloc_free(c.f);
}

static void note_answer(void *private_data)
{
	bool *answered = private_data;

	*answered = true;
}

/* What only a server says comes while a call is being looked up: that is
 * answered, and nothing after it is. */
static void test_garbage_behind(void **state)
{
	static const char *const sids[] = {"S-1-1-0"};
	struct client c = bound();
	struct wire_writer garbage = begin(&c, RESPONSE, 3);
	struct wire_writer w = wire_writer_talloc(c.f);
	struct wire_reader r = {0};
	bool answered = false;

	(void)state;
	rpc_on_answer(c.rpc, note_answer, &answered);
	put_sids(&w, sids, 1);
	assert_true(rpc_input(c.rpc, request_packet(&c, 3, LOOKUP_SIDS,
						    wire_writer_slice(&w))));
	assert_true(rpc_busy(c.rpc));
	assert_true(rpc_input(c.rpc, end(&garbage)));
	while (rpc_busy(c.rpc)) {
		tevent_loop_once(c.f->ev);
	}
	assert_true(answered);
	assert_int_equal(answer(&c, &r), RESPONSE);
	assert_int_equal(rpc_peek(c.rpc).len, 0);
	assert_false(rpc_input(c.rpc, request_packet(&c, 3, LOOKUP_SIDS,
						     wire_writer_slice(&w))));
	talloc_free(c.f);
}

/* Of a policy that there is not, nothing is told. */
static void test_other_policy(void **state)
{
	struct client c = bound();
	struct wire_writer w = wire_writer_talloc(c.f);
	struct wire_reader r = {0};
	uint32_t fault = 0;

	(void)state;
	put_handle(&w);
	assert_false(call(&c, QUERY_POLICY, wire_writer_slice(&w), &r, &fault));
	assert_int_equal(fault, RPC_FAULT_BAD_STUB);
	wire_put_u16(&w, 77);
	must_call(&c, QUERY_POLICY, &w, &r);
	assert_int_equal(wire_get_u32(&r), 0);
	assert_int_equal(wire_get_u32(&r), 0xC000000D);
	assert_int_equal(wire_left(&r), 0);
	talloc_free(c.f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_policy),
		cmocka_unit_test(test_sids),
		cmocka_unit_test(test_names),
		cmocka_unit_test(test_rights),
		cmocka_unit_test(test_malformed),
		cmocka_unit_test(test_malformed_names),
		cmocka_unit_test(test_garbage_behind),
		cmocka_unit_test(test_other_policy),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
