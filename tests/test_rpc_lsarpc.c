/* SPDX-License-Identifier: GPL-3.0-or-later */
/* rpc_lsarpc.c, rpc_pipe.c: names of SIDs and SIDs of names. */
#include "tests/fixture_client.h"

#include "client/client_private.h"
#include "client/rpc_private.h"

static const struct sid domain = {
	.authority = 5, .count = 4, .sub_authorities = {21, 1, 2, 3}};
static const struct sid alice = {
	.authority = 5, .count = 5, .sub_authorities = {21, 1, 2, 3, 1001}};

static void put_sid(struct wire_writer *w, const struct sid *sid)
{
	wire_put_u32(w, sid->count);
	sid_encode(w, sid);
}

static void put_text(struct wire_writer *w, const char *text)
{
	ndr_put_string(w, text);
}

/* RPC_UNICODE_STRING: lengths are not looked at */
static void put_head(struct wire_writer *w, bool there)
{
	wire_put_u32(w, 0);
	wire_put_u32(w, there ? 0x20000 : 0);
}

static void put_domain(struct wire_writer *w)
{
	wire_put_u32(w, 0x20000);
	wire_put_u32(w, 1); /* entries, array, most */
	wire_put_u32(w, 0x20004);
	wire_put_u32(w, 1);
	wire_put_u32(w, 1);
	put_head(w, true);
	wire_put_u32(w, 0x20008);
	put_text(w, "PLACE");
	put_sid(w, &domain);
}

static void put_end(struct wire_writer *w, uint32_t status)
{
	wire_put_u32(w, 1);
	wire_put_u32(w, status);
}

/* alice, and one whom nobody knows */
static void put_names(struct wire_writer *w, uint32_t status)
{
	put_domain(w);
	wire_put_u32(w, 2);
	wire_put_u32(w, 0x2000c);
	wire_put_u32(w, 2);
	wire_put_u32(w, 1); /* a user */
	put_head(w, true);
	wire_put_u32(w, 0);
	wire_put_u32(w, 8); /* unknown */
	put_head(w, true);
	wire_put_u32(w, 0xFFFFFFFFu);
	put_text(w, "alice");
	put_text(w, "S-1-5-99");
	put_end(w, status);
}

static void put_sids(struct wire_writer *w)
{
	put_domain(w);
	wire_put_u32(w, 2);
	wire_put_u32(w, 0x2000c);
	wire_put_u32(w, 2);
	wire_put_u32(w, 1);
	wire_put_u32(w, 0x20010);
	wire_put_u32(w, 0);
	wire_put_u32(w, 0);
	wire_put_u32(w, 8);
	wire_put_u32(w, 0);
	wire_put_u32(w, 0xFFFFFFFFu);
	wire_put_u32(w, 0);
	put_sid(w, &alice);
	put_end(w, 0x107);
}

static struct client_account_list *list_of(TALLOC_CTX *mem, size_t count)
{
	struct client_account_list *list =
		talloc_zero(mem, struct client_account_list);

	list->count = count;
	list->account = talloc_zero_array(list, struct client_account, count);
	return list;
}

static void test_names(void **state)
{
	TALLOC_CTX *mem = talloc_new(NULL);
	struct wire_writer w = wire_writer_talloc(mem);
	struct client_account_list *list = list_of(mem, 2);
	size_t len = 0;

	(void)state;
	put_names(&w, 0x107);
	assert_true(lsarpc_get_names(wire_writer_slice(&w), list));
	assert_true(list->account[0].known);
	assert_string_equal(list->account[0].name, "PLACE\\alice");
	assert_int_equal(list->account[0].type, 1);
	assert_false(list->account[1].known);
	for (len = 0; len < w.len; len++) {
		assert_false(lsarpc_get_names(wire_slice(w.buf, len),
					      list_of(mem, 2)));
	}
	/* other answers than there were questions */
	assert_false(lsarpc_get_names(wire_writer_slice(&w), list_of(mem, 1)));
	assert_false(lsarpc_get_names(wire_writer_slice(&w), list_of(mem, 3)));
	w = wire_writer_talloc(mem);
	put_names(&w, NT_STATUS_ACCESS_DENIED);
	assert_false(lsarpc_get_names(wire_writer_slice(&w), list_of(mem, 2)));
	assert_int_equal(lsarpc_status(wire_writer_slice(&w)),
			 NT_STATUS_ACCESS_DENIED);
	assert_int_equal(lsarpc_status(wire_slice(w.buf, 3)),
			 NT_STATUS_INVALID_NETWORK_RESPONSE);
	w = wire_writer_talloc(mem);
	put_names(&w, NT_STATUS_OK);
	assert_int_equal(lsarpc_status(wire_writer_slice(&w)),
			 NT_STATUS_INVALID_NETWORK_RESPONSE);
	talloc_free(mem);
}

static void test_sids(void **state)
{
	TALLOC_CTX *mem = talloc_new(NULL);
	struct wire_writer w = wire_writer_talloc(mem);
	struct client_account_list *list = list_of(mem, 2);
	size_t len = 0;

	(void)state;
	put_sids(&w);
	assert_true(lsarpc_get_sids(wire_writer_slice(&w), list));
	assert_true(list->account[0].known);
	assert_true(sid_equal(&list->account[0].sid, &alice));
	assert_false(list->account[1].known);
	for (len = 0; len < w.len; len++) {
		assert_false(lsarpc_get_sids(wire_slice(w.buf, len),
					     list_of(mem, 2)));
	}
	talloc_free(mem);
}

/* Every number, too large by one and by very much. */
static void test_grown(void **state)
{
	TALLOC_CTX *mem = talloc_new(NULL);
	struct wire_writer w = wire_writer_talloc(mem);
	size_t names = 0;
	size_t at = 0;

	(void)state;
	put_names(&w, 0);
	names = w.len;
	put_sids(&w);
	for (at = 0; at + 4 <= w.len; at += 4) {
		uint8_t keep[4] = {0};
		unsigned turn = 0;

		memcpy(keep, w.buf + at, 4);
		w.buf[at]++;
		for (turn = 0; turn < 2; turn++) {
			(void)lsarpc_get_names(wire_slice(w.buf, names),
					       list_of(mem, 2));
			(void)lsarpc_get_sids(
				wire_slice(w.buf + names, w.len - names),
				list_of(mem, 2));
			memset(w.buf + at, 0xff, 4);
		}
		memcpy(w.buf + at, keep, 4);
	}
	talloc_free(mem);
}

/* What cannot be asked is not. */
static void test_limits(void **state)
{
	struct fixture *f = *state;
	struct client_account_list *list = NULL;
	const char *bad = "\xff";

	fixture_up(f);
	assert_int_equal(client_sid_names(f, f->session, &alice, 0, &list),
			 NT_STATUS_INVALID_PARAMETER);
	assert_int_equal(client_sid_names(f, f->session, &alice,
					  CLIENT_ACCOUNTS_MAX + 1, &list),
			 NT_STATUS_INVALID_PARAMETER);
	/* the peer knows no such pipe */
	assert_true(NT_STATUS_IS_ERR(
		client_name_sids(f, f->session, &bad, 1, &list)));
	assert_null(list);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_names),
		cmocka_unit_test(test_sids),
		cmocka_unit_test(test_grown),
		cmocka_unit_test_setup_teardown(test_limits, fixture_setup,
						fixture_teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
