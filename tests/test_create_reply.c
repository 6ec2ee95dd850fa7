/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What a client is told of a link that it has to follow;
 * tests/test_cmd_create.c has the response to an open. */
#include "tests/fixture_files.h"

#include "server/create.h"
#include "smbquic/smb2_error.h"

static int setup(void **state)
{
	*state = files_new("");
	return 0;
}

static int teardown(void **state)
{
	talloc_free(*state);
	return 0;
}

static const char *text_of(struct files *t, struct wire_slice name)
{
	return utf16_to_utf8(t, name);
}

/* MS-SMB2 2.2.2.2.1; with 3.1.1 it is in an error context (2.2.2.1). */
static void test_stopped(void **state)
{
	static const struct {
		uint16_t dialect;
		unsigned contexts;
	} rows[] = {
		{SMB2_DIALECT_311, 1},
		{SMB2_DIALECT_302, 0},
		{SMB2_DIALECT_202, 0},
	};
	struct files *t = *state;
	struct store_stop stop = {
		.target = talloc_strdup(t, "../there/it"),
		.rest = talloc_strdup(t, "x/y"),
		.relative = true,
	};
	size_t i = 0;

	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct request *r = talloc_zero(t, struct request);
		struct smb2_error_response rsp = {0};
		struct smb2_symlink_error out = {0};

		r->conn = t->f->conn;
		r->conn->agreed.dialect = rows[i].dialect;
		r->reply.request = r;
		create_stopped(&r->reply, &stop);
		assert_int_equal(r->reply.error_contexts, rows[i].contexts);
		rsp.context_count = r->reply.error_contexts;
		rsp.data = r->reply.error_data;
		assert_true(smb2_error_response_symlink(&rsp, &out));
		assert_int_equal(out.flags, SYMLINK_FLAG_RELATIVE);
		assert_string_equal(text_of(t, out.substitute_name),
				    "..\\there\\it");
		assert_string_equal(text_of(t, out.print_name),
				    "..\\there\\it");
		assert_int_equal(out.unparsed_path_length, 2 * strlen("x\\y"));
		talloc_free(r);
	}
	t->f->conn->agreed.dialect = SMB2_DIALECT_311;
}

/* Without all of it the client hears the status alone. */
static void test_nothing_to_say(void **state)
{
	struct files *t = *state;
	struct request *r = talloc_zero(t, struct request);
	struct store_stop stop = {.target = talloc_strdup(t, "a")};
	char *rest = talloc_zero_size(t, 40000);

	r->conn = t->f->conn;
	r->reply.request = r;
	create_stopped(&r->reply, &stop);
	assert_int_equal(r->reply.error_data.len, 0);
	memset(rest, 'x', 39999); /* more bytes than its field can say */
	stop.rest = rest;
	create_stopped(&r->reply, &stop);
	assert_int_equal(r->reply.error_data.len, 0);
	assert_int_equal(r->reply.error_contexts, 0);
	talloc_free(r);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_stopped),
		TEST(test_nothing_to_say),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
