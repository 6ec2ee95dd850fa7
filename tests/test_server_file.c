/* SPDX-License-Identifier: GPL-3.0-or-later */
/* file.c, file_close.c: what opens of one file share. */
#include "tests/fixture_files.h"

#include <errno.h>

#include "server/lock.h"

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

static struct file_open *open_of(struct files *t, struct smb2_file_id id)
{
	struct open *open =
		open_find(t->session, id.persistent_id, id.volatile_id);

	return open != NULL ? open->file : NULL;
}

/* MS-FSA 2.1.5.1.2.2: each right of the second against the first's mode, and
 * the other way round. */
static void test_share_modes(void **state)
{
	static const struct {
		uint32_t access, share;
	} rights[] = {
		{FILE_READ_DATA, FILE_SHARE_READ},
		{FILE_EXECUTE, FILE_SHARE_READ},
		{FILE_WRITE_DATA, FILE_SHARE_WRITE},
		{FILE_APPEND_DATA, FILE_SHARE_WRITE},
		{SEC_STD_DELETE, FILE_SHARE_DELETE},
	};
	struct files *t = *state;
	size_t i = 0;

	assert_int_equal(
		files_close(t, files_open(t,
					  (struct create_args){
						  .name = "f",
						  .disposition = FILE_CREATE})),
		NT_STATUS_OK);
	for (i = 0; i < sizeof(rights) / sizeof(rights[0]); i++) {
		uint32_t access = rights[i].access;
		uint32_t share = FILE_SHARE_ALL & ~rights[i].share;
		struct create_args with = {.name = "f",
					   .access = access,
					   .disposition = FILE_OPEN};
		struct create_args without = {.name = "F",
					      .access = FILE_READ_DATA,
					      .share = share,
					      .disposition = FILE_OPEN};
		struct create_args harmless = {.name = "f",
					       .access = FILE_READ_ATTRIBUTES |
							 SEC_STD_SYNCHRONIZE,
					       .share = NOT_SHARED,
					       .disposition = FILE_OPEN};
		struct smb2_file_id first = files_open(t, with);

		assert_int_equal(files_status(t, without),
				 NT_STATUS_SHARING_VIOLATION);
		files_close(t, files_open(t, harmless));
		files_close(t, first);
		if (share != 0) {
			without.access = FILE_WRITE_ATTRIBUTES;
		}
		files_close(t, files_open(t, without));
	}
	assert_null(open_of(t, (struct smb2_file_id){1, 1}));
}

static void test_share_modes_of_first(void **state)
{
	struct files *t = *state;
	struct create_args a = {.name = "f",
				.access = FILE_READ_DATA,
				.share = FILE_SHARE_READ,
				.disposition = FILE_CREATE};
	struct smb2_file_id first = files_open(t, a);

	a.disposition = FILE_OPEN;
	a.share = 0;
	files_close(t, files_open(t, a));
	a.access = FILE_READ_DATA | FILE_WRITE_DATA;
	assert_int_equal(files_status(t, a), NT_STATUS_SHARING_VIOLATION);
	a.access = SEC_STD_DELETE;
	assert_int_equal(files_status(t, a), NT_STATUS_SHARING_VIOLATION);
	/* overwriting is no way around: the content is as it was */
	assert_int_equal(files_close(t, first), NT_STATUS_OK);
	files_close(t, files_open(t, a));
}

static void test_delete_pending(void **state)
{
	struct files *t = *state;
	struct create_args a = {.name = "f", .disposition = FILE_CREATE};
	struct smb2_file_id first = files_open(t, a);
	struct smb2_file_id second = {0};

	a.disposition = FILE_OPEN;
	second = files_open(t, a);
	assert_int_equal(files_disposition(t, second, true), NT_STATUS_OK);
	assert_int_equal(files_standard(t, first).delete_pending, 1);
	assert_int_equal(files_standard(t, first).number_of_links, 0);
	assert_int_equal(files_status(t, a), NT_STATUS_DELETE_PENDING);
	assert_int_equal(files_disposition(t, first, false), NT_STATUS_OK);
	files_close(t, files_open(t, a));
	assert_int_equal(files_disposition(t, second, true), NT_STATUS_OK);
	assert_int_equal(files_close(t, second), NT_STATUS_OK);
	assert_int_equal(files_status(t, a), NT_STATUS_DELETE_PENDING);
	assert_int_equal(files_close(t, first), NT_STATUS_OK);
	assert_int_equal(files_status(t, a), NT_STATUS_OBJECT_NAME_NOT_FOUND);
}

static void test_delete_on_close(void **state)
{
	struct files *t = *state;
	struct create_args a = {.name = "f",
				.disposition = FILE_CREATE,
				.options = FILE_DELETE_ON_CLOSE};
	struct smb2_file_id doomed = files_open(t, a);
	struct smb2_file_id other = {0};

	a.disposition = FILE_OPEN;
	a.options = 0;
	other = files_open(t, a);
	assert_int_equal(files_close(t, doomed), NT_STATUS_OK);
	assert_int_equal(files_status(t, a), NT_STATUS_DELETE_PENDING);
	assert_int_equal(files_close(t, other), NT_STATUS_OK);
	assert_int_equal(files_status(t, a), NT_STATUS_OBJECT_NAME_NOT_FOUND);
	assert_int_equal(files_close(t, other), NT_STATUS_FILE_CLOSED);
	/* a directory with something in it stays */
	files_close(t, files_open(t, (struct create_args){
					     .name = "d",
					     .disposition = FILE_CREATE,
					     .options = FILE_DIRECTORY_FILE}));
	files_close(t, files_open(t, (struct create_args){
					     .name = "d\\f",
					     .disposition = FILE_CREATE}));
	a = (struct create_args){.name = "d",
				 .disposition = FILE_OPEN,
				 .options = FILE_DIRECTORY_FILE |
					    FILE_DELETE_ON_CLOSE};
	assert_int_equal(files_close(t, files_open(t, a)), NT_STATUS_OK);
	a.options = FILE_DIRECTORY_FILE;
	files_close(t, files_open(t, a));
}

/* The connection breaks: what was to be deleted is deleted. */
static void test_delete_on_disconnect(void **state)
{
	struct files *t = *state;
	struct store *store = talloc_reference(t, t->tree->store);
	struct tevent_req *req = NULL;
	struct store_attr attr = {0};

	files_open(t, (struct create_args){.name = "f",
					   .disposition = FILE_CREATE,
					   .options = FILE_DELETE_ON_CLOSE});
	req = store_lookup_send(t, t->f->ev, store, NULL, "f");
	assert_true(tevent_req_poll(req, t->f->ev));
	assert_int_equal(store_lookup_recv(req, t, &attr, NULL), 0);
	session_end(t->session, NULL);
	fixture_idle(t->f, 20);
	req = store_lookup_send(t, t->f->ev, store, NULL, "f");
	assert_true(tevent_req_poll(req, t->f->ev));
	assert_int_equal(store_lookup_recv(req, t, &attr, NULL), ENOENT);
}

/* CLOSE waits for what is at work. */
static void test_close_waits(void **state)
{
	struct files *t = *state;
	struct smb2_file_id id =
		files_open(t, (struct create_args){.name = "f",
						   .disposition = FILE_CREATE});
	struct file_open *fo = open_of(t, id);
	struct request r = {.open = fo->open};
	TALLOC_CTX *work = talloc_new(t);
	struct wire_writer w =
		files_close_pdu(t, id, SMB2_CLOSE_FLAG_POSTQUERY_ATTRIB);
	struct smb2_close_response out = {0};

	assert_ptr_equal(file_use(work, &r), fo);
	files_send(t, &w);
	fixture_idle(t->f, 20);
	assert_ptr_equal(open_of(t, id), fo);
	assert_null(file_use(work, &r)); /* nothing new begins */
	talloc_free(work);
	assert_int_equal(files_receive(t), NT_STATUS_OK);
	assert_null(open_of(t, id));
	assert_true(
		smb2_close_response_decode(t->reply.data, t->reply.len, &out));
	assert_int_equal(out.flags, SMB2_CLOSE_FLAG_POSTQUERY_ATTRIB);
	assert_int_equal(out.file_attributes, FILE_ATTRIBUTE_ARCHIVE);
}

static void test_locks_go_with_open(void **state)
{
	struct files *t = *state;
	struct create_args a = {.name = "f", .disposition = FILE_CREATE};
	struct smb2_file_id first = files_open(t, a);
	const struct lock_range range = {0, 10, true};
	struct smb2_file_id second = {0};

	a.disposition = FILE_OPEN;
	second = files_open(t, a);
	assert_ptr_equal(open_of(t, first)->file, open_of(t, second)->file);
	assert_int_equal(lock_take(open_of(t, first)->file->locks,
				   open_of(t, first), &range, 1),
			 LOCK_TAKEN);
	assert_int_equal(files_write(t, second, "x", 5),
			 NT_STATUS_FILE_LOCK_CONFLICT);
	assert_int_equal(files_write(t, first, "x", 5), NT_STATUS_OK);
	files_close(t, first);
	assert_int_equal(files_write(t, second, "x", 5), NT_STATUS_OK);
}

#define TEST(fn) cmocka_unit_test_setup_teardown(fn, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_share_modes),
		TEST(test_share_modes_of_first),
		TEST(test_delete_pending),
		TEST(test_delete_on_close),
		TEST(test_delete_on_disconnect),
		TEST(test_close_waits),
		TEST(test_locks_go_with_open),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
