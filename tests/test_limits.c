/* SPDX-License-Identifier: GPL-3.0-or-later */
/* How much there may be of what clients make: who wants more is told so, and
 * nothing stays behind of it. Trees and sessions of a connection are in
 * test_session_setup.c, connections of a session in test_binding.c, persistent
 * handles in test_persistent.c. */
#include "server/durable.h"
#include "server/idtable.h"
#include "tests/fixture_files.h"
#include "tests/fixture_logon.h"

/* --- a table that is full -------------------------------------------------
 */

struct filling {
	struct idtable *table;
	uint64_t *ids;
	size_t count;
};

static struct filling fill(TALLOC_CTX *mem_ctx, struct idtable *table,
			   size_t limit)
{
	static int dummy;
	struct filling filling = {.table = table};
	uint64_t id = 0;

	filling.ids = talloc_array(mem_ctx, uint64_t, limit + 1);
	while (filling.count <= limit) {
		id = idtable_add(table, &dummy);
		if (id == 0) {
			break;
		}
		filling.ids[filling.count] = id;
		filling.count++;
	}
	assert_int_equal(idtable_count(table), limit);
	return filling;
}

static void drain(struct filling *filling, size_t left)
{
	while (filling->count > left) {
		filling->count--;
		idtable_remove(filling->table, filling->ids[filling->count]);
	}
}

/* --- tests ----------------------------------------------------------------
 */

/* A CREATE that is one too many makes no file either. */
static void opens_bounded(struct files *t, struct idtable *table, size_t limit)
{
	const struct create_args make = {.name = "new",
					 .disposition = FILE_CREATE};
	struct filling filling = fill(t, table, limit);
	size_t of_session = idtable_count(t->session->opens);
	size_t of_server = idtable_count(t->f->server->opens);

	assert_int_equal(files_status(t, make),
			 NT_STATUS_INSUFFICIENT_RESOURCES);
	assert_int_equal(idtable_count(t->session->opens), of_session);
	assert_int_equal(idtable_count(t->f->server->opens), of_server);
	drain(&filling, filling.count - 1);
	/* that is the first one: the file was not made before */
	assert_int_equal(files_status(t, make), NT_STATUS_OK);
	drain(&filling, 0);
}

static void test_opens_of_session(void **state)
{
	struct files *t = files_new("");

	(void)state;
	opens_bounded(t, t->session->opens, SESSION_MAX_OPENS);
	talloc_free(t);
}

static void test_opens_of_server(void **state)
{
	struct files *t = files_new("");

	(void)state;
	opens_bounded(t, t->f->server->opens, SERVER_MAX_OPENS);
	talloc_free(t);
}

static void test_sessions(void **state)
{
	struct fixture *f = fixture_new("[global]\n", NULL);
	struct logon l = logon_new(f);
	struct filling filling = {.count = 0};

	(void)state;
	f->server->root = false;
	assert_int_equal(logon_negotiate(&l), NT_STATUS_OK);
	filling = fill(f, f->server->sessions, SERVER_MAX_SESSIONS);
	assert_int_equal(logon_run(&l, "alice", "wonderland"),
			 NT_STATUS_INSUFFICIENT_RESOURCES);
	assert_null(f->conn->channels);
	drain(&filling, filling.count - 1);
	/* there is room for him; but nobody knows him */
	l.session_id = 0;
	assert_int_equal(logon_run(&l, "alice", "wonderland"),
			 NT_STATUS_LOGON_FAILURE);
	drain(&filling, 0);
	talloc_free(f);
}

/* Where too many handles wait for their owners, no other one does. */
static void test_waiting(void **state)
{
	struct files *t = files_new("");
	const struct smb2_durable_v2_request v2 = {.create_guid = {"a guid"}};
	struct wire_writer list = wire_writer_talloc(t);
	struct wire_chain contexts = smb2_create_context_list(&list);
	struct smb2_create_request in = {
		.oplock_level = SMB2_OPLOCK_LEVEL_BATCH,
		.impersonation_level = SMB2_IMPERSONATION_IMPERSONATION,
		.desired_access = FILE_ALL_ACCESS,
		.share_access = FILE_SHARE_ALL,
		.create_disposition = FILE_OPEN_IF,
		.name = files_utf16(t, "f"),
	};
	struct wire_writer w = files_pdu(t, SMB2_CREATE);

	(void)state;
	assert_true(smb2_durable_v2_request_add(&contexts, &v2));
	in.contexts = wire_writer_slice(&list);
	assert_true(smb2_create_request_encode(&w, &in));
	assert_int_equal(files_call(t, &w), NT_STATUS_OK);
	t->f->server->num_durable = DURABLE_MAX_WAITING;
	durable_keep(t->session, NULL);
	assert_int_equal(idtable_count(t->session->opens), 1);
	t->f->server->num_durable--;
	durable_keep(t->session, NULL);
	assert_int_equal(idtable_count(t->session->opens), 0);
	assert_int_equal(t->f->server->num_durable, DURABLE_MAX_WAITING);
	t->f->server->num_durable = 1;
	talloc_free(t);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_opens_of_session),
		cmocka_unit_test(test_opens_of_server),
		cmocka_unit_test(test_sessions),
		cmocka_unit_test(test_waiting),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
