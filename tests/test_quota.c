/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Quotas: set, listed, asked for by name, in parts; the handle for them. */
#include "server/quota.h"
#include "server/store_quota.h"
#include "tests/fixture_files.h"

#define ROOM 4096
#define KIB  UINT64_C(1024)

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

static struct smb2_file_id open_quotas(struct files *t)
{
	return files_open(t, (struct create_args){.name = QUOTA_FILE,
						  .access = FILE_READ_DATA |
							    FILE_WRITE_DATA,
						  .disposition = FILE_OPEN});
}

static struct wire_slice encoded(struct files *t, struct sid sid)
{
	struct wire_writer w = wire_writer_talloc(t);

	assert_true(sid_encode(&w, &sid));
	return wire_writer_slice(&w);
}

static struct wire_slice user(struct files *t, uid_t uid)
{
	return encoded(t, sidmap_user(&t->f->server->sids, uid));
}

static NTSTATUS set_bytes(struct files *t, struct smb2_file_id id,
			  struct wire_slice data)
{
	const struct smb2_set_info_request in = {
		.info_type = SMB2_0_INFO_QUOTA,
		.file_id = id,
		.buffer = data,
	};
	struct wire_writer w = files_pdu(t, SMB2_SET_INFO);

	assert_true(smb2_set_info_request_encode(&w, &in));
	return files_call(t, &w);
}

static NTSTATUS set_limits(struct files *t, struct smb2_file_id id,
			   struct wire_slice sid, uint64_t soft, uint64_t hard)
{
	struct wire_writer w = wire_writer_talloc(t);
	struct wire_chain list = fscc_quota_list(&w);
	const struct fscc_quota quota = {
		.quota_threshold = soft,
		.quota_limit = hard,
		.sid = sid,
	};

	assert_true(fscc_quota_add(&list, &quota));
	return set_bytes(t, id, wire_writer_slice(&w));
}

static NTSTATUS ask(struct files *t, struct smb2_file_id id,
		    struct smb2_query_quota_info what, uint32_t room)
{
	struct wire_writer input = wire_writer_talloc(t);
	struct smb2_query_info_request in = {
		.info_type = SMB2_0_INFO_QUOTA,
		.output_buffer_length = room,
		.file_id = id,
	};
	struct wire_writer w = files_pdu_long(t, SMB2_QUERY_INFO, room);

	assert_true(smb2_query_quota_info_encode(&input, &what));
	in.input = wire_writer_slice(&input);
	assert_true(smb2_query_info_request_encode(&w, &in));
	return files_call(t, &w);
}

/* "UID used soft hard, ..." in KiB; "?" is no user, "-" no limit. */
static char *told(struct files *t)
{
	struct wire_slice data = files_buffer(t);
	struct wire_walker walker = fscc_quotas(data);
	struct fscc_quota quota = {0};
	char *text = talloc_strdup(t, "");

	while (data.len > 0 && fscc_quota_next(&walker, &quota)) {
		struct sid sid = {0};
		uid_t uid = 0;
		bool known = sid_decode(quota.sid, &sid) &&
			     sidmap_uid(&t->f->server->sids, &sid, &uid);

		text = talloc_asprintf_append(
			text, "%s %d %d %d, ",
			known ? talloc_asprintf(t, "%u", (unsigned)uid) : "?",
			(int)(quota.quota_used / KIB),
			(int)(quota.quota_threshold / KIB),
			quota.quota_limit == UINT64_MAX
				? -1
				: (int)(quota.quota_limit / KIB));
	}
	assert_true(data.len == 0 || wire_walker_ok(&walker));
	return text;
}

static void test_list(void **state)
{
	const struct smb2_query_quota_info again = {.restart_scan = true};
	const struct smb2_query_quota_info on = {0};
	const struct smb2_query_quota_info one = {.return_single = true,
						  .restart_scan = true};
	struct smb2_query_quota_info after = {0};
	struct files *t = *state;
	struct smb2_file_id id = open_quotas(t);

	assert_int_equal(ask(t, id, again, ROOM), NT_STATUS_NO_MORE_ENTRIES);
	assert_int_equal(set_limits(t, id, user(t, 1001), 100 * KIB, 200 * KIB),
			 NT_STATUS_OK);
	assert_int_equal(set_limits(t, id, user(t, 5), KIB, UINT64_MAX),
			 NT_STATUS_OK);
	assert_int_equal(set_limits(t, id, user(t, 7), KIB, 3 * KIB),
			 NT_STATUS_OK);
	assert_int_equal(ask(t, id, again, ROOM), NT_STATUS_OK);
	assert_string_equal(told(t), "5 0 1 -1, 7 0 1 3, 1001 0 100 200, ");
	assert_int_equal(ask(t, id, on, ROOM), NT_STATUS_NO_MORE_ENTRIES);
	/* one by one, and where there is little room */
	assert_int_equal(ask(t, id, one, ROOM), NT_STATUS_OK);
	assert_string_equal(told(t), "5 0 1 -1, ");
	assert_int_equal(ask(t, id, on, 80), NT_STATUS_OK);
	assert_string_equal(told(t), "7 0 1 3, ");
	assert_int_equal(ask(t, id, on, 50), NT_STATUS_BUFFER_TOO_SMALL);
	assert_int_equal(ask(t, id, on, 80), NT_STATUS_OK);
	assert_string_equal(told(t), "1001 0 100 200, ");
	/* behind somebody */
	after.start_sid = user(t, 5);
	assert_int_equal(ask(t, id, after, ROOM), NT_STATUS_OK);
	assert_string_equal(told(t), "7 0 1 3, 1001 0 100 200, ");
	after.start_sid = user(t, 1001);
	assert_int_equal(ask(t, id, after, ROOM), NT_STATUS_NO_MORE_ENTRIES);
	after.start_sid = wire_slice((const uint8_t *)"x", 1);
	assert_int_equal(ask(t, id, after, ROOM), NT_STATUS_INVALID_PARAMETER);
	assert_int_equal(files_close(t, id), NT_STATUS_OK);
}

static void test_named(void **state)
{
	static const struct sid everyone = {1, 1, {0}};
	struct files *t = *state;
	struct smb2_file_id id = open_quotas(t);
	struct wire_writer w = wire_writer_talloc(t);
	struct wire_chain list = fscc_get_quota_list(&w);
	struct smb2_query_quota_info in = {0};

	assert_int_equal(set_limits(t, id, user(t, 7), KIB, 3 * KIB),
			 NT_STATUS_OK);
	assert_true(fscc_get_quota_add(&list, encoded(t, everyone)));
	assert_true(fscc_get_quota_add(&list, user(t, 7)));
	assert_true(fscc_get_quota_add(&list, user(t, 8)));
	in.sid_list = wire_writer_slice(&w);
	assert_int_equal(ask(t, id, in, ROOM), NT_STATUS_OK);
	assert_string_equal(told(t), "? 0 0 0, 7 0 1 3, 8 0 0 0, ");
	in.return_single = true;
	assert_int_equal(ask(t, id, in, ROOM), NT_STATUS_OK);
	assert_string_equal(told(t), "? 0 0 0, ");
	assert_int_equal(ask(t, id, in, 20), NT_STATUS_BUFFER_TOO_SMALL);
	in.sid_list = wire_slice((const uint8_t *)"\1\0\0\0\377\0\0\0", 8);
	assert_int_equal(ask(t, id, in, ROOM), NT_STATUS_INVALID_PARAMETER);
}

/* What is used counts, an entry can go, nonsense is refused. */
static void test_set(void **state)
{
	static const struct sid everyone = {1, 1, {0}};
	const struct smb2_query_quota_info again = {.restart_scan = true};
	static const uint8_t data[20];
	struct files *t = *state;
	struct smb2_file_id id = open_quotas(t);
	struct smb2_file_id file = files_make(t, "f");

	assert_int_equal(files_write(t, file, "0123456789", 0), NT_STATUS_OK);
	assert_int_equal(set_limits(t, id, user(t, 0), KIB, 3 * KIB),
			 NT_STATUS_OK);
	assert_int_equal(ask(t, id, again, ROOM), NT_STATUS_OK);
	assert_string_not_equal(told(t), "0 0 1 3, ");
	assert_int_equal(set_limits(t, id, user(t, 0), 0, UINT64_MAX - 1),
			 NT_STATUS_OK);
	assert_int_equal(ask(t, id, again, ROOM), NT_STATUS_OK);
	assert_non_null(strstr(told(t), " -1, "));
	assert_int_equal(set_limits(t, id, user(t, 0), 0, UINT64_MAX - 2),
			 NT_STATUS_INVALID_PARAMETER);
	assert_int_equal(set_limits(t, id, encoded(t, everyone), 0, 0),
			 NT_STATUS_INVALID_PARAMETER);
	assert_int_equal(set_bytes(t, id, wire_slice(data, 20)),
			 NT_STATUS_INVALID_PARAMETER);
}

/* The handle is of no other use, and nothing is made of it. */
static void test_handle(void **state)
{
	struct files *t = *state;
	struct smb2_file_id id = open_quotas(t);
	struct wire_slice data = {0};

	assert_int_equal(files_write(t, id, "x", 0),
			 NT_STATUS_INVALID_DEVICE_REQUEST);
	assert_int_equal(files_disposition(t, id, true),
			 NT_STATUS_ACCESS_DENIED);
	assert_int_equal(files_rename(t, id, FileRenameInformation, "x", false),
			 NT_STATUS_ACCESS_DENIED);
	assert_int_equal(files_list(t, id,
				    (struct smb2_query_directory_request){0},
				    "*", &data),
			 NT_STATUS_ACCESS_DENIED);
	assert_int_equal(
		files_status(t,
			     (struct create_args){.name = QUOTA_FILE,
						  .disposition = FILE_CREATE}),
		NT_STATUS_ACCESS_DENIED);
	assert_int_equal(files_there(t, "$Extend"),
			 NT_STATUS_OBJECT_NAME_NOT_FOUND);
	assert_int_equal(files_close(t, id), NT_STATUS_OK);
}

#define TEST(fn) cmocka_unit_test_setup_teardown(fn, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_list),
		TEST(test_named),
		TEST(test_set),
		TEST(test_handle),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
