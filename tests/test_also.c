/* SPDX-License-Identifier: GPL-3.0-or-later */
/* also.c: what is looked at at the end of a call, and when it is not; that it
 * comes back is in test_steps.c, too. */
#include "tests/fixture_client.h"

#include "client/client_private.h"
#include "smbquic/utf16.h"

/* A call with so many parts before it. */
static struct call *call_with(struct fixture *f, unsigned parts)
{
	struct call *call = call_new(f, f->conn, f->session, f->tree);

	assert_non_null(call);
	while (call->parts < parts) {
		const struct smb2_close_request close = {0};

		smb2_close_request_encode(call_add(call, SMB2_CLOSE, 0),
					  &close);
	}
	return call;
}

static void test_added(void **state)
{
	struct fixture *f = *state;
	struct client_open how = {.also = "a\\folder", .file_id = true};
	struct call *call = NULL;

	fixture_up(f);
	call = call_with(f, 1);
	also_add(call, &how);
	assert_int_equal(call->parts, 3);
	assert_int_equal(call->also, 2);
	assert_int_equal(also_own_parts(call), 1);
	assert_true(call->related);
	talloc_free(call);
	/* nothing was asked for */
	how.also = NULL;
	call = call_with(f, 1);
	also_add(call, &how);
	assert_int_equal(also_own_parts(call), 1);
	assert_int_equal(call->also, 0);
	assert_false(call->related);
	talloc_free(call);
}

static void test_left_out(void **state)
{
	struct fixture *f = *state;
	struct client_open how = {.also = "@GMT-2024.01.02-03.04.05\\a"};
	struct call *call = NULL;

	fixture_up(f);
	call = call_with(f, 1);
	also_add(call, &how); /* the past does not change */
	assert_int_equal(call->also, 0);
	talloc_free(call);
	how.also = "a";
	call = call_with(f, CALL_MAX_PARTS - 1);
	also_add(call, &how);
	assert_int_equal(call->also, 0);
	talloc_free(call);
	call = call_with(f, CALL_MAX_PARTS - 2);
	also_add(call, &how);
	assert_int_equal(call->also, 2);
	talloc_free(call);
	/* a server that gives few credits */
	f->conn->credits_most = 2;
	call = call_with(f, 1);
	also_add(call, &how);
	assert_int_equal(call->also, 0);
	talloc_free(call);
}

static void test_taken(void **state)
{
	struct fixture *f = *state;
	const struct client_open how = {.also = "a"};
	const struct smb2_create_response out = {
		.end_of_file = 34, .file_attributes = FILE_ATTRIBUTE_DIRECTORY};
	static const uint8_t header[SMB2_HEADER_SIZE] = {0};
	struct wire_writer w = wire_writer_talloc(f);
	struct client_stat stat = {.size = 1};
	struct call *call = NULL;

	fixture_up(f);
	call = call_with(f, 1);
	assert_false(also_take(call, &stat)); /* it was not asked */
	assert_int_equal(stat.size, 0);
	also_add(call, &how);
	wire_put(&w, header, sizeof(header));
	smb2_create_response_encode(&w, &out);
	call->part[1].status = NT_STATUS_OBJECT_NAME_NOT_FOUND;
	assert_false(also_take(call, &stat));
	call->part[1].status = NT_STATUS_OK;
	call->part[1].reply.data = wire_writer_slice(&w).data;
	call->part[1].reply.len = wire_writer_slice(&w).len;
	assert_true(also_take(call, &stat));
	assert_int_equal(stat.size, 34);
	assert_int_equal(stat.attributes, FILE_ATTRIBUTE_DIRECTORY);
	/* every part of an answer that is cut off */
	while (call->part[1].reply.len > sizeof(header)) {
		call->part[1].reply.len--;
		(void)also_take(call, &stat);
	}
	assert_false(also_take(call, &stat));
	talloc_free(call);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
#define TEST(name) \
	cmocka_unit_test_setup_teardown(name, fixture_setup, fixture_teardown)
		TEST(test_added),
		TEST(test_left_out),
		TEST(test_taken),
#undef TEST
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
