/* SPDX-License-Identifier: GPL-3.0-or-later */
/* oplock.c, oplock_open.c, oplock_break.c through the server: who gets what
 * beside whom, what breaks, and who need not hear of it. The acknowledgments
 * are in test_cmd_oplock_break.c. */
#include "server/dispatch.h"
#include "server/oplock.h"
#include "smbquic/fscc.h"
#include "tests/fixture_files.h"

#define R   SMB2_LEASE_READ_CACHING
#define RH  (R | SMB2_LEASE_HANDLE_CACHING)
#define RW  (R | SMB2_LEASE_WRITE_CACHING)
#define RWH SMB2_LEASE_ALL

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

struct want {
	const char *name;
	const char *key; /* NULL: an oplock */
	const char *parent;
	uint32_t access; /* 0: all */
	uint32_t options;
	uint32_t state;
	uint8_t level;
};

static void add_lease(struct wire_writer *w, const struct want *want)
{
	struct wire_chain list = smb2_create_context_list(w);
	struct smb2_lease lease = {.version = 2, .lease_state = want->state};

	memcpy(lease.lease_key.bytes, want->key, strlen(want->key));
	if (want->parent != NULL) {
		lease.flags = SMB2_LEASE_FLAG_PARENT_LEASE_KEY_SET;
		memcpy(lease.parent_lease_key.bytes, want->parent,
		       strlen(want->parent));
	}
	assert_true(smb2_lease_add(&list, &lease));
}

static uint64_t ask(struct files *t, struct want want)
{
	struct wire_writer list = wire_writer_talloc(t);
	struct smb2_create_request in = {
		.oplock_level =
			want.key != NULL ? SMB2_OPLOCK_LEVEL_LEASE : want.level,
		.impersonation_level = SMB2_IMPERSONATION_IMPERSONATION,
		.desired_access =
			want.access != 0 ? want.access : FILE_ALL_ACCESS,
		.share_access = FILE_SHARE_ALL,
		.create_disposition = FILE_OPEN_IF,
		.create_options = want.options,
		.name = files_utf16(t, want.name),
	};
	struct wire_writer w = files_pdu(t, SMB2_CREATE);

	if (want.key != NULL) {
		add_lease(&list, &want);
		in.contexts = wire_writer_slice(&list);
	}
	assert_true(smb2_create_request_encode(&w, &in));
	return files_send(t, &w);
}

struct got {
	struct smb2_file_id id;
	uint8_t level;
	uint32_t state;
};

static struct got answer(struct files *t, uint64_t request)
{
	struct smb2_create_response out = {0};
	struct smb2_lease lease = {0};
	struct wire_slice data = {0};
	struct got got = {.level = 0};

	assert_int_equal(files_wait(t, request), NT_STATUS_OK);
	assert_true(
		smb2_create_response_decode(t->reply.data, t->reply.len, &out));
	got.id = out.file_id;
	got.level = out.oplock_level;
	if (smb2_create_context_find(out.contexts, SMB2_CREATE_REQUEST_LEASE,
				     &data)) {
		assert_true(smb2_lease_decode(data, &lease));
		got.state = lease.lease_state;
	}
	return got;
}

static struct got get(struct files *t, struct want want)
{
	return answer(t, ask(t, want));
}

static struct smb2_lease_break_notification lease_break(struct files *t)
{
	struct smb2_lease_break_notification in = {0};

	assert_int_equal(files_wait(t, SMB2_MESSAGE_ID_UNSOLICITED),
			 NT_STATUS_OK);
	assert_true(smb2_lease_break_notification_decode(t->reply.data,
							 t->reply.len, &in));
	return in;
}

static bool silent(struct files *t)
{
	return !files_find(t, SMB2_MESSAGE_ID_UNSOLICITED, false);
}

/* What a lease may be, alone on a file. */
static void test_states(void **state)
{
	static const struct {
		uint32_t asked, granted;
	} rows[] = {
		{0, 0},
		{R, R},
		{RH, RH},
		{RW, RW},
		{RWH, RWH},
		{SMB2_LEASE_WRITE_CACHING, 0},
		{SMB2_LEASE_HANDLE_CACHING, 0},
		{SMB2_LEASE_WRITE_CACHING | SMB2_LEASE_HANDLE_CACHING, 0},
	};
	struct files *t = *state;

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct got got = get(t, (struct want){.name = "f",
						      .key = "k",
						      .state = rows[i].asked});

		assert_int_equal(got.level, SMB2_OPLOCK_LEVEL_LEASE);
		assert_int_equal(got.state, rows[i].granted);
		assert_int_equal(files_close(t, got.id), NT_STATUS_OK);
	}
}

static void test_levels(void **state)
{
	static const uint8_t levels[] = {
		SMB2_OPLOCK_LEVEL_NONE, SMB2_OPLOCK_LEVEL_II,
		SMB2_OPLOCK_LEVEL_EXCLUSIVE, SMB2_OPLOCK_LEVEL_BATCH};

	for (size_t i = 0; i < sizeof(levels); i++) {
		struct got got = get(
			*state, (struct want){.name = "f", .level = levels[i]});

		assert_int_equal(got.level, levels[i]);
		assert_int_equal(
			oplock_level_of_state(oplock_state_of_level(levels[i])),
			levels[i]);
		assert_int_equal(files_close(*state, got.id), NT_STATUS_OK);
	}
}

/* A look at attributes breaks nothing and prevents nothing. */
static void test_stat_open(void **state)
{
	struct files *t = *state;
	struct got first =
		get(t, (struct want){.name = "f", .key = "a", .state = RWH});
	struct got second =
		get(t, (struct want){.name = "f",
				     .access = FILE_READ_ATTRIBUTES,
				     .level = SMB2_OPLOCK_LEVEL_BATCH});

	assert_int_equal(second.level, SMB2_OPLOCK_LEVEL_NONE);
	assert_true(silent(t));
	assert_int_equal(files_close(t, first.id), NT_STATUS_OK);
	first = get(t, (struct want){.name = "f", .key = "a", .state = RWH});
	assert_int_equal(first.state, RWH);
}

/* One key, two files. */
static void test_key_of_another(void **state)
{
	struct files *t = *state;
	uint64_t request = 0;

	get(t, (struct want){.name = "f", .key = "k", .state = R});
	request = ask(t, (struct want){.name = "g", .key = "k", .state = R});
	assert_int_equal(files_wait(t, request), NT_STATUS_INVALID_PARAMETER);
	assert_int_equal(files_there(t, "g"), NT_STATUS_OBJECT_NAME_NOT_FOUND);
}

/* A lease grows while nobody else is there. */
static void test_upgrade(void **state)
{
	struct files *t = *state;

	assert_int_equal(
		get(t, (struct want){.name = "f", .key = "k", .state = R})
			.state,
		R);
	assert_int_equal(
		get(t, (struct want){.name = "f", .key = "k", .state = RWH})
			.state,
		RWH);
	assert_int_equal(
		get(t, (struct want){.name = "f", .key = "k", .state = R})
			.state,
		RWH);
}

/* Who writes keeps its own; the other's copy is old. */
static void test_contend(void **state)
{
	struct files *t = *state;
	struct smb2_lease_break_notification in = {0};
	struct got one =
		get(t, (struct want){.name = "f", .key = "a", .state = R});

	get(t, (struct want){.name = "f", .key = "b", .state = R});
	assert_int_equal(files_write(t, one.id, "x", 0), NT_STATUS_OK);
	in = lease_break(t);
	assert_memory_equal(in.lease_key.bytes, "b", 2);
	assert_int_equal(in.new_lease_state, 0);
	assert_int_equal(in.flags, 0);
	assert_true(silent(t));
}

/* A file has two names: what was had by one breaks for who comes by the other,
 * and for what he writes; a key belongs to one of them. */
static void test_other_name(void **state)
{
	char *dir = NULL;
	struct files *t = files_new_disk(&dir);
	struct got one =
		get(t, (struct want){.name = "f", .key = "a", .state = RWH});
	struct got two = {.level = 0};
	struct smb2_lease_break_notification in = {0};
	uint64_t request = 0;

	(void)state;
	assert_int_equal(one.state, RWH);
	assert_int_equal(
		files_rename(t, one.id, FileLinkInformation, "g", false),
		NT_STATUS_OK);
	assert_true(silent(t));
	request = ask(t, (struct want){.name = "g", .key = "b", .state = RH});
	in = lease_break(t);
	assert_memory_equal(in.lease_key.bytes, "a", 2);
	assert_int_equal(in.current_lease_state, RWH);
	assert_int_equal(in.new_lease_state, RH);
	assert_int_equal(files_close(t, one.id), NT_STATUS_OK);
	two = answer(t, request);
	assert_int_equal(two.state, RH);
	request = ask(t, (struct want){.name = "f", .key = "b", .state = R});
	assert_int_equal(files_wait(t, request), NT_STATUS_INVALID_PARAMETER);
	one = get(t, (struct want){.name = "f", .key = "c", .state = R});
	assert_int_equal(one.state, R);
	assert_int_equal(files_write(t, one.id, "x", 0), NT_STATUS_OK);
	in = lease_break(t);
	assert_memory_equal(in.lease_key.bytes, "b", 2);
	assert_int_equal(in.new_lease_state, 0);
	assert_true(silent(t));
	assert_int_equal(files_close(t, two.id), NT_STATUS_OK);
	/* nor does another name let anybody share what is not shared */
	assert_int_equal(
		files_status(t, (struct create_args){.name = "g",
						     .share = FILE_SHARE_READ,
						     .disposition = FILE_OPEN}),
		NT_STATUS_SHARING_VIOLATION);
	talloc_free(t);
}

/* A rename that waited for a lease, and has nothing to do then: it is over
 * before the one who called it knows. */
static void test_rename_waits(void **state)
{
	struct files *t = *state;
	struct got one =
		get(t, (struct want){.name = "f", .key = "a", .state = RH});
	struct got two = get(t, (struct want){.name = "f"});
	const struct fscc_rename same = {.name = files_utf16(t, "f")};
	struct wire_writer data = wire_writer_talloc(t);
	struct smb2_set_info_request in = {
		.info_type = SMB2_0_INFO_FILE,
		.file_info_class = FileRenameInformation,
		.file_id = two.id,
	};
	struct wire_writer w = {0};
	uint64_t request = 0;

	assert_true(fscc_rename_encode(&data, false, &same));
	in.buffer = wire_writer_slice(&data);
	w = files_pdu(t, SMB2_SET_INFO);
	assert_true(smb2_set_info_request_encode(&w, &in));
	request = files_send(t, &w);
	assert_int_equal(lease_break(t).new_lease_state, R);
	assert_int_equal(files_close(t, one.id), NT_STATUS_OK);
	assert_int_equal(files_wait(t, request), NT_STATUS_OK);
}

/* Leases of a directory end with what a listing would show, except the one the
 * change says it knows. */
static void test_directory(void **state)
{
	struct files *t = *state;
	struct got dir = get(t, (struct want){.name = "d",
					      .key = "dir",
					      .options = FILE_DIRECTORY_FILE,
					      .state = RWH});
	struct got file = {.level = 0};

	assert_int_equal(dir.state, RH);
	file = get(t, (struct want){.name = "d\\f",
				    .key = "file",
				    .parent = "dir",
				    .state = RWH});
	assert_int_equal(files_close(t, file.id), NT_STATUS_OK);
	assert_true(silent(t));
	file = get(t, (struct want){.name = "d\\g", .level = 0});
	assert_int_equal(lease_break(t).current_lease_state, RH);
	assert_int_equal(files_close(t, file.id), NT_STATUS_OK);
}

#define TEST(fn) cmocka_unit_test_setup_teardown(fn, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_states),     TEST(test_levels),
		TEST(test_stat_open),  TEST(test_key_of_another),
		TEST(test_upgrade),    TEST(test_contend),
		TEST(test_other_name), TEST(test_rename_waits),
		TEST(test_directory),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
