/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Judging a CREATE before anything is opened; tests/test_cmd_create.c has what
 * comes of one that is well-formed. */
#include "tests/fixture_files.h"

#include <sys/stat.h>

#include "server/acl.h"
#include "server/create.h"

static int setup(void **state)
{
	*state = files_new("veto files = /*.secret/\n");
	return 0;
}

static int teardown(void **state)
{
	talloc_free(*state);
	return 0;
}

/* For reading what is there. */
static const struct smb2_create_request plain = {
	.impersonation_level = SMB2_IMPERSONATION_IMPERSONATION,
	.desired_access = FILE_READ_DATA,
	.share_access = FILE_SHARE_READ,
	.create_disposition = FILE_OPEN,
};

static NTSTATUS judge(struct files *t, struct smb2_create_request in,
		      const char *name, struct create *out)
{
	struct smb2_header header = {.command = SMB2_CREATE};
	struct wire_writer w = wire_writer_talloc(t);
	struct request r = {.conn = t->f->conn, .tree = t->tree};

	in.name = files_utf16(t, name);
	assert_true(smb2_header_encode(&w, &header));
	assert_true(smb2_create_request_encode(&w, &in));
	r.pdu = wire_writer_slice(&w);
	return create_request(t, &r, out);
}

/* One field at a time (MS-SMB2 3.3.5.9, MS-FSA 2.1.5.1). */
static void test_fields(void **state)
{
	struct files *t = *state;
	struct smb2_create_request in = plain;
	struct create out = {0};

	assert_int_equal(judge(t, in, "a", &out), NT_STATUS_OK);
	in.impersonation_level = SMB2_IMPERSONATION_DELEGATE + 1;
	assert_int_equal(judge(t, in, "a", &out),
			 NT_STATUS_BAD_IMPERSONATION_LEVEL);
	in = plain;
	in.desired_access = 0;
	assert_int_equal(judge(t, in, "a", &out), NT_STATUS_ACCESS_DENIED);
	in.desired_access = FILE_READ_DATA | 0x00000200;
	assert_int_equal(judge(t, in, "a", &out), NT_STATUS_ACCESS_DENIED);
	in = plain;
	in.share_access = 8;
	assert_int_equal(judge(t, in, "a", &out), NT_STATUS_INVALID_PARAMETER);
	in = plain;
	in.create_disposition = FILE_OVERWRITE_IF + 1;
	assert_int_equal(judge(t, in, "a", &out), NT_STATUS_INVALID_PARAMETER);
	in = plain;
	in.file_attributes = 0x8;
	assert_int_equal(judge(t, in, "a", &out), NT_STATUS_INVALID_PARAMETER);
}

static void test_options(void **state)
{
	static const struct {
		uint32_t options, disposition, attributes;
		NTSTATUS status;
	} rows[] = {
		{0x01000000, FILE_OPEN, 0, NT_STATUS_INVALID_PARAMETER},
		{FILE_OPEN_BY_FILE_ID, FILE_OPEN, 0, NT_STATUS_NOT_SUPPORTED},
		{FILE_DIRECTORY_FILE, FILE_OPEN, 0, NT_STATUS_OK},
		{FILE_DIRECTORY_FILE, FILE_SUPERSEDE, 0,
		 NT_STATUS_INVALID_PARAMETER},
		{FILE_DIRECTORY_FILE, FILE_OVERWRITE, 0,
		 NT_STATUS_INVALID_PARAMETER},
		{FILE_DIRECTORY_FILE | FILE_NON_DIRECTORY_FILE, FILE_OPEN, 0,
		 NT_STATUS_INVALID_PARAMETER},
		{FILE_DIRECTORY_FILE, FILE_CREATE, FILE_ATTRIBUTE_TEMPORARY,
		 NT_STATUS_INVALID_PARAMETER},
		/* it has to be asked for */
		{FILE_DELETE_ON_CLOSE, FILE_OPEN, 0,
		 NT_STATUS_INVALID_PARAMETER},
	};
	struct files *t = *state;
	struct create out = {0};
	size_t i = 0;

	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct smb2_create_request in = plain;

		in.create_options = rows[i].options;
		in.create_disposition = rows[i].disposition;
		in.file_attributes = rows[i].attributes;
		if (judge(t, in, "a", &out) != rows[i].status) {
			fail_msg("row %zu", i);
		}
	}
}

static void test_names(void **state)
{
	static const struct {
		const char *name;
		uint32_t disposition, options;
		NTSTATUS status;
		const char *path; /* of NT_STATUS_OK */
	} rows[] = {
		{"a\\b", FILE_OPEN, 0, NT_STATUS_OK, "a/b"},
		{"", FILE_OPEN, 0, NT_STATUS_OK, ""},
		{"a:s", FILE_OPEN, 0, NT_STATUS_OK, "a:s"},
		{"a::$DATA", FILE_OPEN, 0, NT_STATUS_OK, "a"},
		{"a::$DATA", FILE_OPEN, FILE_DIRECTORY_FILE,
		 NT_STATUS_NOT_A_DIRECTORY, NULL},
		{"a:s", FILE_OPEN, FILE_DIRECTORY_FILE,
		 NT_STATUS_NOT_A_DIRECTORY, NULL},
		{"\\a", FILE_OPEN, 0, NT_STATUS_INVALID_PARAMETER, NULL},
		{"a*b", FILE_OPEN, 0, NT_STATUS_OBJECT_NAME_INVALID, NULL},
		/* the root is there, and stays */
		{"", FILE_OVERWRITE, 0, NT_STATUS_ACCESS_DENIED, NULL},
		/* vetoed: it is not there, and must not be made */
		{"x.secret", FILE_OPEN, 0, NT_STATUS_OBJECT_NAME_NOT_FOUND,
		 NULL},
		{"x.secret\\a", FILE_OPEN, 0, NT_STATUS_OBJECT_NAME_NOT_FOUND,
		 NULL},
		{"a\\x.secret", FILE_OVERWRITE, 0,
		 NT_STATUS_OBJECT_NAME_NOT_FOUND, NULL},
		{"x.secret", FILE_CREATE, 0, NT_STATUS_ACCESS_DENIED, NULL},
		{"x.secret", FILE_OPEN_IF, 0, NT_STATUS_ACCESS_DENIED, NULL},
	};
	struct files *t = *state;
	size_t i = 0;

	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct smb2_create_request in = plain;
		struct create out = {0};
		NTSTATUS status = NT_STATUS_OK;

		in.create_disposition = rows[i].disposition;
		in.create_options = rows[i].options;
		status = judge(t, in, rows[i].name, &out);
		if (status != rows[i].status) {
			fail_msg("%s: %s", rows[i].name, nt_errstr(status));
		}
		if (status == NT_STATUS_OK) {
			assert_string_equal(out.name.path, rows[i].path);
		}
	}
}

/* What the tree does not give nobody gets. */
static void test_tree(void **state)
{
	struct files *t = *state;
	struct smb2_create_request in = plain;
	struct create out = {0};

	t->tree->maximal_access = FILE_GENERIC_READ;
	assert_int_equal(judge(t, in, "a", &out), NT_STATUS_OK);
	in.desired_access = FILE_WRITE_DATA;
	assert_int_equal(judge(t, in, "a", &out), NT_STATUS_ACCESS_DENIED);
	in.desired_access = SEC_MAXIMUM_ALLOWED;
	assert_int_equal(judge(t, in, "a", &out), NT_STATUS_OK);
	assert_true(out.maximum);
	assert_int_equal(out.access, 0);
	t->tree->maximal_access = FILE_ALL_ACCESS;
	t->tree->read_only = true;
	in = plain;
	assert_int_equal(judge(t, in, "a", &out), NT_STATUS_OK);
	in.create_disposition = FILE_OPEN_IF;
	assert_int_equal(judge(t, in, "a", &out), NT_STATUS_OK);
	in.create_disposition = FILE_CREATE;
	assert_int_equal(judge(t, in, "a", &out), NT_STATUS_ACCESS_DENIED);
	in.create_disposition = FILE_OVERWRITE_IF;
	assert_int_equal(judge(t, in, "a", &out), NT_STATUS_ACCESS_DENIED);
}

/* Every truncation is no request, or one of a shorter name. */
static void test_truncated(void **state)
{
	struct files *t = *state;
	struct smb2_header header = {.command = SMB2_CREATE};
	struct smb2_create_request in = plain;
	struct wire_writer w = wire_writer_talloc(t);
	struct create out = {0};
	size_t len = 0;

	in.name = files_utf16(t, "abc");
	assert_true(smb2_header_encode(&w, &header));
	assert_true(smb2_create_request_encode(&w, &in));
	for (len = 0; len < w.len; len++) {
		struct request r = {.conn = t->f->conn,
				    .tree = t->tree,
				    .pdu = {w.buf, len}};

		assert_int_equal(create_request(t, &r, &out),
				 NT_STATUS_INVALID_PARAMETER);
	}
}

static void test_store_flags(void **state)
{
	struct create c = {.in = plain, .access = FILE_READ_DATA};
	unsigned flags = 0;

	(void)state;
	assert_int_equal(create_store_flags(&c, false),
			 STORE_OPEN_READ | STORE_OPEN_KEEPS);
	c.in.create_disposition = FILE_CREATE;
	flags = create_store_flags(&c, false);
	assert_true((flags & STORE_OPEN_CREATE) != 0 &&
		    (flags & STORE_OPEN_EXCLUSIVE) != 0);
	c.in.create_disposition = FILE_OPEN_IF;
	assert_true((create_store_flags(&c, false) & STORE_OPEN_CREATE) != 0);
	assert_true((create_store_flags(&c, true) & STORE_OPEN_CREATE) == 0);
	c.in.create_disposition = FILE_OVERWRITE;
	c.overwrite = true;
	assert_true((create_store_flags(&c, false) & STORE_OPEN_WRITE) != 0);
	c = (struct create){.in = plain, .access = SEC_STD_DELETE};
	assert_true((create_store_flags(&c, false) & STORE_OPEN_KEEPS) == 0);
	c.directory = true;
	assert_true((create_store_flags(&c, false) & STORE_OPEN_DIRECTORY) !=
		    0);
	c.maximum = true;
	assert_true((create_store_flags(&c, false) & STORE_OPEN_MAXIMUM) != 0);
}

static void test_replacing(void **state)
{
	struct create c = {.in = plain};

	(void)state;
	assert_int_equal(create_replacing_access(&c), 0);
	c.overwrite = true;
	c.in.create_disposition = FILE_OVERWRITE;
	assert_int_equal(create_replacing_access(&c),
			 FILE_WRITE_EA | FILE_WRITE_ATTRIBUTES |
				 FILE_WRITE_DATA);
	c.in.create_disposition = FILE_SUPERSEDE;
	assert_int_equal(create_replacing_access(&c),
			 FILE_WRITE_EA | FILE_WRITE_ATTRIBUTES |
				 SEC_STD_DELETE);
	c.in.file_attributes = 0xFFFF;
	assert_int_equal(create_attributes(&c) & FILE_ATTRIBUTE_SPARSE_FILE, 0);
	assert_int_equal(create_attributes(&c) & FILE_ATTRIBUTE_DIRECTORY, 0);
	assert_true((create_attributes(&c) & FILE_ATTRIBUTE_HIDDEN) != 0);
}

static void test_check_access(void **state)
{
	struct files *t = *state;
	struct create c = {.in = plain, .access = FILE_READ_DATA};
	struct store_opened info = {
		.may = STORE_MAY_READ | STORE_MAY_WRITE | STORE_MAY_DELETE,
		.granted = FILE_ALL_ACCESS,
		.attr = {.mode = S_IFREG | 0644},
	};
	uint32_t granted = 0;

	assert_int_equal(create_check_access(&c, t->tree, &info, &granted),
			 NT_STATUS_OK);
	assert_int_equal(granted, FILE_READ_DATA);
	/* the descriptor does not give it */
	info.granted = FILE_READ_ATTRIBUTES;
	assert_int_equal(create_check_access(&c, t->tree, &info, &granted),
			 NT_STATUS_ACCESS_DENIED);
	/* nor the store */
	info.granted = FILE_ALL_ACCESS;
	info.may = 0;
	assert_int_equal(create_check_access(&c, t->tree, &info, &granted),
			 NT_STATUS_ACCESS_DENIED);
	/* what is read-only is neither written nor deleted */
	info.may = STORE_MAY_READ | STORE_MAY_WRITE | STORE_MAY_DELETE;
	info.attr.attributes = FILE_ATTRIBUTE_READONLY;
	c.access = FILE_WRITE_DATA;
	assert_int_equal(create_check_access(&c, t->tree, &info, &granted),
			 NT_STATUS_ACCESS_DENIED);
	c.access = SEC_STD_DELETE;
	c.in.create_options = FILE_DELETE_ON_CLOSE;
	assert_int_equal(create_check_access(&c, t->tree, &info, &granted),
			 NT_STATUS_CANNOT_DELETE);
	/* a folder is not overwritten, nor what would lose its attributes */
	c = (struct create){.in = plain, .access = FILE_READ_DATA};
	c.overwrite = true;
	c.in.create_disposition = FILE_OVERWRITE;
	info.attr.attributes = FILE_ATTRIBUTE_HIDDEN;
	assert_int_equal(create_check_access(&c, t->tree, &info, &granted),
			 NT_STATUS_ACCESS_DENIED);
	c.in.file_attributes = FILE_ATTRIBUTE_HIDDEN;
	assert_int_equal(create_check_access(&c, t->tree, &info, &granted),
			 NT_STATUS_OK);
	info.attr.mode = S_IFDIR | 0755;
	assert_int_equal(create_check_access(&c, t->tree, &info, &granted),
			 NT_STATUS_OBJECT_NAME_COLLISION);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_fields),    TEST(test_options),
		TEST(test_names),     TEST(test_tree),
		TEST(test_truncated), TEST(test_store_flags),
		TEST(test_replacing), TEST(test_check_access),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
