/* SPDX-License-Identifier: GPL-3.0-or-later */
/* durable.c, replay.c: who gets a durable handle, who gets it back, and CREATEs
 * that are sent again. */
#include "server/dispatch.h"
#include "server/durable.h"
#include "tests/fixture_files.h"

static const struct smb2_guid guid = {"a create guid"};

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

static struct wire_writer pdu(struct files *t, uint8_t level,
			      struct wire_slice contexts)
{
	const struct smb2_create_request in = {
		.oplock_level = level,
		.impersonation_level = SMB2_IMPERSONATION_IMPERSONATION,
		.desired_access = FILE_ALL_ACCESS,
		.share_access = FILE_SHARE_ALL,
		.create_disposition = FILE_OPEN_IF,
		.name = files_utf16(t, "f"),
		.contexts = contexts,
	};
	struct wire_writer w = files_pdu(t, SMB2_CREATE);

	assert_true(smb2_create_request_encode(&w, &in));
	return w;
}

static NTSTATUS ask_v2(struct files *t, uint8_t level,
		       struct smb2_create_response *out)
{
	const struct smb2_durable_v2_request v2 = {.timeout = UINT32_MAX,
						   .create_guid = guid};
	struct wire_writer list = wire_writer_talloc(t);
	struct wire_chain contexts = smb2_create_context_list(&list);
	struct wire_writer w = {0};
	NTSTATUS status = NT_STATUS_OK;

	assert_true(smb2_durable_v2_request_add(&contexts, &v2));
	w = pdu(t, level, wire_writer_slice(&list));
	status = files_call(t, &w);
	if (status == NT_STATUS_OK) {
		assert_true(smb2_create_response_decode(t->reply.data,
							t->reply.len, out));
	}
	return status;
}

static bool granted(const struct smb2_create_response *out, uint32_t *timeout)
{
	struct wire_slice data = {0};
	struct smb2_durable_v2_response v2 = {0};

	if (!smb2_create_context_find(out->contexts,
				      SMB2_CREATE_DURABLE_HANDLE_REQUEST_V2,
				      &data)) {
		return false;
	}
	assert_true(smb2_durable_v2_response_decode(data, &v2));
	*timeout = v2.timeout;
	return true;
}

/* Only to who may cache the handle; the time is bounded. */
static void test_granted(void **state)
{
	static const struct {
		uint8_t level;
		bool durable;
	} rows[] = {
		{SMB2_OPLOCK_LEVEL_NONE, false},
		{SMB2_OPLOCK_LEVEL_II, false},
		{SMB2_OPLOCK_LEVEL_EXCLUSIVE, false},
		{SMB2_OPLOCK_LEVEL_BATCH, true},
	};
	struct files *t = *state;
	struct smb2_create_response out = {0};
	uint32_t timeout = 0;

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		assert_int_equal(ask_v2(t, rows[i].level, &out), NT_STATUS_OK);
		assert_int_equal(granted(&out, &timeout), rows[i].durable);
		assert_int_equal(files_close(t, out.file_id), NT_STATUS_OK);
	}
	assert_int_equal(timeout, DURABLE_V2_MAX);
}

/* The same guid again is a mistake, unless it says that it is a replay. */
static void test_duplicate(void **state)
{
	struct files *t = *state;
	struct smb2_create_response out = {0};
	struct smb2_create_response again = {0};

	assert_int_equal(ask_v2(t, SMB2_OPLOCK_LEVEL_BATCH, &out),
			 NT_STATUS_OK);
	assert_int_equal(ask_v2(t, SMB2_OPLOCK_LEVEL_BATCH, &again),
			 NT_STATUS_DUPLICATE_OBJECTID);
	assert_int_equal(files_close(t, out.file_id), NT_STATUS_OK);
	assert_int_equal(ask_v2(t, SMB2_OPLOCK_LEVEL_BATCH, &again),
			 NT_STATUS_OK);
}

/* While its owner is there nobody comes back for it. */
static void test_not_lost(void **state)
{
	struct files *t = *state;
	struct smb2_durable_v2_reconnect back = {.create_guid = guid};
	struct smb2_create_response out = {0};
	struct wire_writer list = wire_writer_talloc(t);
	struct wire_chain contexts = smb2_create_context_list(&list);
	struct wire_writer w = {0};

	assert_int_equal(ask_v2(t, SMB2_OPLOCK_LEVEL_BATCH, &out),
			 NT_STATUS_OK);
	back.file_id = out.file_id;
	assert_true(smb2_durable_v2_reconnect_add(&contexts, &back));
	w = pdu(t, SMB2_OPLOCK_LEVEL_BATCH, wire_writer_slice(&list));
	assert_int_equal(files_call(t, &w), NT_STATUS_OBJECT_NAME_NOT_FOUND);
}

/* Kept and taken back. */
static void test_reclaim(void **state)
{
	struct files *t = *state;
	struct smb2_create_response out = {0};
	struct open *open = NULL;
	uint64_t id = 0;

	assert_int_equal(ask_v2(t, SMB2_OPLOCK_LEVEL_BATCH, &out),
			 NT_STATUS_OK);
	id = out.file_id.persistent_id;
	open = open_find(t->session, id, out.file_id.volatile_id);
	assert_non_null(open);
	durable_keep(t->session, NULL);
	assert_null(open->session);
	assert_int_equal(t->session->server->num_durable, 1);
	assert_int_equal(files_close(t, out.file_id), NT_STATUS_FILE_CLOSED);
	{
		struct smb2_durable_v2_reconnect back = {.file_id =
								 out.file_id};
		struct wire_writer list = wire_writer_talloc(t);
		struct wire_chain contexts = smb2_create_context_list(&list);
		struct wire_writer w = {0};

		/* another guid is another's */
		assert_true(smb2_durable_v2_reconnect_add(&contexts, &back));
		w = pdu(t, 0, wire_writer_slice(&list));
		assert_int_equal(files_call(t, &w),
				 NT_STATUS_OBJECT_NAME_NOT_FOUND);
		list = wire_writer_talloc(t);
		contexts = smb2_create_context_list(&list);
		back.create_guid = guid;
		assert_true(smb2_durable_v2_reconnect_add(&contexts, &back));
		w = pdu(t, 0, wire_writer_slice(&list));
		assert_int_equal(files_call(t, &w), NT_STATUS_OK);
	}
	assert_true(
		smb2_create_response_decode(t->reply.data, t->reply.len, &out));
	assert_int_equal(out.file_id.persistent_id, id);
	assert_int_equal(out.oplock_level, SMB2_OPLOCK_LEVEL_BATCH);
	assert_int_equal(t->session->server->num_durable, 0);
	assert_int_equal(files_write(t, out.file_id, "x", 0), NT_STATUS_OK);
}

/* Somebody else wants the file: what is kept cannot be asked, and goes. */
static void test_purge(void **state)
{
	struct files *t = *state;
	struct smb2_create_response out = {0};

	assert_int_equal(ask_v2(t, SMB2_OPLOCK_LEVEL_BATCH, &out),
			 NT_STATUS_OK);
	durable_keep(t->session, NULL);
	assert_int_equal(t->session->server->num_durable, 1);
	files_make(t, "f");
	assert_int_equal(t->session->server->num_durable, 0);
}

#define TEST(fn) cmocka_unit_test_setup_teardown(fn, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_granted), TEST(test_duplicate), TEST(test_not_lost),
		TEST(test_reclaim), TEST(test_purge),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
