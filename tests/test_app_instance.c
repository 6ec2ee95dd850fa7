/* SPDX-License-Identifier: GPL-3.0-or-later */
/* app_instance.c: an application goes on at another client, and what it had
 * open before is closed, unless it is the newer one. */
#include "server/dispatch.h"
#include "tests/fixture_files.h"

#include <string.h>
#include <unistd.h>

struct instance {
	const char *name; /* of the file; NULL: "f" */
	const char *app;
	uint64_t high, low;
	bool version;
};

static struct wire_slice contexts_of(struct files *t, struct instance in)
{
	struct smb2_guid id = {{0}};
	const struct smb2_app_instance_version version = {in.high, in.low};
	struct wire_writer list = wire_writer_talloc(t);
	struct wire_chain contexts = smb2_create_context_list(&list);

	memcpy(id.bytes, in.app, strlen(in.app));
	assert_true(smb2_app_instance_id_add(&contexts, &id));
	if (in.version) {
		assert_true(smb2_app_instance_version_add(&contexts, &version));
	}
	return wire_writer_slice(&list);
}

/* A CREATE of that client for that instance, which shares nothing. */
static NTSTATUS begin_with(struct files *t, const char *client,
			   struct instance in, uint32_t access,
			   struct smb2_file_id *id)
{
	struct smb2_create_response out = {0};
	NTSTATUS status = NT_STATUS_OK;

	memset(t->session->client_guid, 0, NEGOTIATE_GUID_SIZE);
	memcpy(t->session->client_guid, client, strlen(client));
	status = files_create(t,
			      (struct create_args){
				      .name = in.name != NULL ? in.name : "f",
				      .access = access,
				      .share = NOT_SHARED,
				      .disposition = FILE_OPEN_IF,
				      .contexts = contexts_of(t, in),
			      },
			      &out);
	*id = out.file_id;
	return status;
}

static NTSTATUS begin(struct files *t, const char *client, struct instance in,
		      struct smb2_file_id *id)
{
	return begin_with(t, client, in, FILE_READ_DATA, id);
}

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

static void test_moves(void **state)
{
	struct files *t = *state;
	const struct instance app = {.app = "the application"};
	struct smb2_file_id first = {0};
	struct smb2_file_id second = {0};

	assert_int_equal(begin(t, "one", app, &first), NT_STATUS_OK);
	assert_int_equal(begin(t, "two", app, &second), NT_STATUS_OK);
	assert_int_equal(files_close(t, first), NT_STATUS_FILE_CLOSED);
	assert_int_equal(files_close(t, second), NT_STATUS_OK);
}

/* The same client, another application, none; another file. */
static void test_others(void **state)
{
	struct files *t = *state;
	const struct instance app = {.app = "the application"};
	const struct instance other = {.app = "another"};
	const struct instance file = {.name = "g", .app = "the application"};
	struct smb2_file_id id = {0};
	struct smb2_file_id none = {0};

	assert_int_equal(begin(t, "one", app, &id), NT_STATUS_OK);
	assert_int_equal(begin(t, "one", app, &none),
			 NT_STATUS_SHARING_VIOLATION);
	assert_int_equal(begin(t, "two", other, &none),
			 NT_STATUS_SHARING_VIOLATION);
	assert_int_equal(
		files_status(t, (struct create_args){.name = "f",
						     .access = FILE_READ_DATA,
						     .disposition = FILE_OPEN}),
		NT_STATUS_SHARING_VIOLATION);
	assert_int_equal(begin(t, "two", file, &none), NT_STATUS_OK);
	assert_int_equal(files_close(t, id), NT_STATUS_OK);
}

/* The same file by another name, or by another share, is not what it had. */
static void test_other_way(void **state)
{
	char *path = testlib_tmpdir(NULL);
	char *text = talloc_asprintf(path,
				     FILES_GLOBAL "[data]\npath = %s\n"
						  "[other]\npath = %s\n",
				     path, path);
	struct files *t = files_new_config(text);
	const struct instance app = {.app = "the application"};
	const struct instance name = {.name = "g", .app = "the application"};
	struct tree *data = t->tree;
	struct smb2_file_id first = {0};
	struct smb2_file_id second = {0};

	(void)state;
	talloc_steal(t, path);
	assert_int_equal(begin(t, "one", app, &first), NT_STATUS_OK);
	assert_int_equal(link(talloc_asprintf(t, "%s/f", path),
			      talloc_asprintf(t, "%s/g", path)),
			 0);
	assert_int_equal(begin(t, "two", name, &second),
			 NT_STATUS_SHARING_VIOLATION);
	t->tree = files_tree(t, "other");
	assert_int_equal(begin(t, "two", app, &second),
			 NT_STATUS_SHARING_VIOLATION);
	t->tree = data;
	assert_int_equal(files_close(t, first), NT_STATUS_OK);
	talloc_free(t);
}

static void test_versions(void **state)
{
	static const struct {
		struct instance first, second;
		NTSTATUS status;
	} rows[] = {
		{{NULL, "a", 1, 5, true},
		 {NULL, "a", 1, 6, true},
		 NT_STATUS_OK},
		{{NULL, "a", 1, 5, true},
		 {NULL, "a", 2, 0, true},
		 NT_STATUS_OK},
		{{NULL, "a", 1, 5, true},
		 {NULL, "a", 1, 5, true},
		 NT_STATUS_FILE_FORCED_CLOSED},
		{{NULL, "a", 1, 5, true},
		 {NULL, "a", 1, 4, true},
		 NT_STATUS_FILE_FORCED_CLOSED},
		{{NULL, "a", 1, 5, true},
		 {NULL, "a", 0, 9, true},
		 NT_STATUS_FILE_FORCED_CLOSED},
		{{NULL, "a", 1, 5, true},
		 {NULL, "a", 0, 0, false},
		 NT_STATUS_FILE_FORCED_CLOSED},
		{{NULL, "a", 0, 0, false},
		 {NULL, "a", 0, 0, true},
		 NT_STATUS_OK},
	};
	struct files *t = *state;
	struct smb2_file_id first = {0};
	struct smb2_file_id second = {0};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		bool moved = rows[i].status == NT_STATUS_OK;

		assert_int_equal(begin(t, "one", rows[i].first, &first),
				 NT_STATUS_OK);
		assert_int_equal(begin(t, "two", rows[i].second, &second),
				 rows[i].status);
		assert_int_equal(files_close(t, first),
				 moved ? NT_STATUS_FILE_CLOSED : NT_STATUS_OK);
		if (moved) {
			assert_int_equal(files_close(t, second), NT_STATUS_OK);
		}
	}
}

/* Versions came with 3.1.1. */
static void test_older_dialect(void **state)
{
	struct files *t = *state;
	const struct instance app = {.app = "a", .low = 1, .version = true};
	struct smb2_file_id first = {0};
	struct smb2_file_id second = {0};

	t->f->conn->agreed.dialect = SMB2_DIALECT_302;
	assert_int_equal(begin(t, "one", app, &first), NT_STATUS_OK);
	assert_int_equal(begin(t, "two", app, &second), NT_STATUS_OK);
	assert_int_equal(files_close(t, first), NT_STATUS_FILE_CLOSED);
}

/* Who guesses the id closes nothing that he may not read, nor what he may not
 * open as he asks. */
static void test_rights(void **state)
{
	struct files *t = *state;
	const struct instance app = {.app = "the application"};
	struct smb2_file_id first = {0};
	struct smb2_file_id none = {0};

	assert_int_equal(begin(t, "one", app, &first), NT_STATUS_OK);
	t->tree->maximal_access = FILE_ALL_ACCESS & ~(uint32_t)FILE_READ_DATA;
	assert_int_equal(begin_with(t, "two", app, FILE_WRITE_DATA, &none),
			 NT_STATUS_SHARING_VIOLATION);
	t->tree->maximal_access = FILE_GENERIC_READ;
	assert_int_equal(begin_with(t, "two", app, FILE_WRITE_DATA, &none),
			 NT_STATUS_ACCESS_DENIED);
	assert_int_equal(files_close(t, first), NT_STATUS_OK);
}

#define TEST(fn) cmocka_unit_test_setup_teardown(fn, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_moves),
		TEST(test_others),
		cmocka_unit_test(test_other_way),
		TEST(test_versions),
		TEST(test_older_dialect),
		TEST(test_rights),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
