/* SPDX-License-Identifier: GPL-3.0-or-later */
/* OPLOCK_BREAK: nobody holds an oplock or a lease here, so nobody has anything
 * to acknowledge. */
#include "server/dispatch.h"
#include "tests/fixture_files.h"

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

static NTSTATUS acknowledge(struct files *t, struct smb2_file_id id,
			    uint8_t level)
{
	const struct smb2_oplock_break in = {.oplock_level = level,
					     .file_id = id};
	struct wire_writer w = files_pdu(t, SMB2_OPLOCK_BREAK);

	assert_true(smb2_oplock_break_encode(&w, &in));
	return files_call(t, &w);
}

/* What was asked for is not granted, so no break ever comes. */
static void test_none_granted(void **state)
{
	static const uint8_t levels[] = {
		SMB2_OPLOCK_LEVEL_II, SMB2_OPLOCK_LEVEL_EXCLUSIVE,
		SMB2_OPLOCK_LEVEL_BATCH, SMB2_OPLOCK_LEVEL_LEASE};
	struct files *t = *state;

	for (size_t i = 0; i < sizeof(levels); i++) {
		const struct smb2_lease lease = {
			.version = 2,
			.lease_key = {"key"},
			.lease_state = SMB2_LEASE_ALL,
		};
		struct wire_writer list = wire_writer_talloc(t);
		struct wire_chain contexts = smb2_create_context_list(&list);
		struct smb2_create_request in = {
			.oplock_level = levels[i],
			.impersonation_level = SMB2_IMPERSONATION_IMPERSONATION,
			.desired_access = FILE_ALL_ACCESS,
			.share_access = FILE_SHARE_ALL,
			.create_disposition = FILE_OPEN_IF,
			.name = files_utf16(t, "f"),
		};
		struct smb2_create_response out = {0};
		struct wire_slice data = {0};
		struct wire_writer w = files_pdu(t, SMB2_CREATE);

		smb2_lease_add(&contexts, &lease);
		in.contexts = wire_writer_slice(&list);
		smb2_create_request_encode(&w, &in);
		assert_int_equal(files_call(t, &w), NT_STATUS_OK);
		assert_true(smb2_create_response_decode(t->reply.data,
							t->reply.len, &out));
		assert_int_equal(out.oplock_level, SMB2_OPLOCK_LEVEL_NONE);
		assert_false(smb2_create_context_find(
			out.contexts, SMB2_CREATE_REQUEST_LEASE, &data));
		assert_int_equal(
			acknowledge(t, out.file_id, SMB2_OPLOCK_LEVEL_NONE),
			NT_STATUS_INVALID_DEVICE_STATE);
	}
}

static void test_oplock(void **state)
{
	struct files *t = *state;
	struct smb2_file_id id = files_make(t, "f");

	assert_int_equal(acknowledge(t, id, SMB2_OPLOCK_LEVEL_II),
			 NT_STATUS_INVALID_DEVICE_STATE);
	assert_int_equal(acknowledge(t, id, SMB2_OPLOCK_LEVEL_LEASE),
			 NT_STATUS_INVALID_DEVICE_STATE);
	id.persistent_id++;
	assert_int_equal(acknowledge(t, id, SMB2_OPLOCK_LEVEL_NONE),
			 NT_STATUS_FILE_CLOSED);
}

static void test_lease(void **state)
{
	struct files *t = *state;
	const struct smb2_lease_break in = {.lease_key = {"key"}};
	struct wire_writer w = files_pdu(t, SMB2_OPLOCK_BREAK);

	assert_true(smb2_lease_break_encode(&w, &in));
	assert_int_equal(files_call(t, &w), NT_STATUS_OBJECT_NAME_NOT_FOUND);
}

static void test_neither(void **state)
{
	struct files *t = *state;
	struct wire_writer w = files_pdu(t, SMB2_OPLOCK_BREAK);

	wire_put_u16(&w, 30);
	wire_put_zeros(&w, 28);
	assert_int_equal(files_call(t, &w), NT_STATUS_INVALID_PARAMETER);
}

#define TEST(fn) cmocka_unit_test_setup_teardown(fn, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_none_granted),
		TEST(test_oplock),
		TEST(test_lease),
		TEST(test_neither),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
