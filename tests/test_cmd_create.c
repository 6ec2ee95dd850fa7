/* SPDX-License-Identifier: GPL-3.0-or-later */
/* cmd_create.c, create_request.c, create_contexts.c, create_reply.c,
 * cmd_close.c. */
#include "tests/fixture_files.h"

#include "server/create.h"

static int setup(void **state)
{
	*state = files_new("veto files = /*.secret/thumbs.db/\n");
	return 0;
}

static int teardown(void **state)
{
	talloc_free(*state);
	return 0;
}

static void make(struct files *t, const char *name, uint32_t options,
		 uint32_t attributes)
{
	files_close(t, files_open(t, (struct create_args){
					     .name = name,
					     .disposition = FILE_CREATE,
					     .options = options,
					     .attributes = attributes}));
}

/* What each disposition does to a file that is there, and to one that is not
 * (MS-SMB2 2.2.13). */
static void test_dispositions(void **state)
{
	static const struct {
		uint32_t disposition;
		NTSTATUS there, missing;
		uint32_t action_there;
		bool emptied;
	} table[] = {
		{FILE_SUPERSEDE, NT_STATUS_OK, NT_STATUS_OK, FILE_SUPERSEDED,
		 true},
		{FILE_OPEN, NT_STATUS_OK, NT_STATUS_OBJECT_NAME_NOT_FOUND,
		 FILE_OPENED, false},
		{FILE_CREATE, NT_STATUS_OBJECT_NAME_COLLISION, NT_STATUS_OK, 0,
		 false},
		{FILE_OPEN_IF, NT_STATUS_OK, NT_STATUS_OK, FILE_OPENED, false},
		{FILE_OVERWRITE, NT_STATUS_OK, NT_STATUS_OBJECT_NAME_NOT_FOUND,
		 FILE_OVERWRITTEN, true},
		{FILE_OVERWRITE_IF, NT_STATUS_OK, NT_STATUS_OK,
		 FILE_OVERWRITTEN, true},
	};
	struct files *t = *state;
	size_t i = 0;

	for (i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		struct create_args a = {.name = "there",
					.disposition = FILE_OVERWRITE_IF};
		struct smb2_create_response out = {0};
		struct smb2_file_id id = files_open(t, a);

		files_write(t, id, "content", 0);
		files_close(t, id);
		a.disposition = table[i].disposition;
		assert_int_equal(files_create(t, a, &out), table[i].there);
		if (table[i].there == NT_STATUS_OK) {
			assert_int_equal(out.create_action,
					 table[i].action_there);
			assert_int_equal(out.end_of_file,
					 table[i].emptied ? 0 : 7);
			files_close(t, out.file_id);
		}
		a.name = "missing";
		assert_int_equal(files_create(t, a, &out), table[i].missing);
		if (table[i].missing == NT_STATUS_OK) {
			assert_int_equal(out.create_action, FILE_CREATED);
			assert_int_equal(
				files_disposition(t, out.file_id, true),
				NT_STATUS_OK);
			files_close(t, out.file_id);
		}
	}
}

static void test_refused(void **state)
{
	static const struct {
		struct create_args a;
		NTSTATUS status;
	} table[] = {
		{{.name = "f", .disposition = 6}, NT_STATUS_INVALID_PARAMETER},
		{{.name = "f", .options = 0x01000000},
		 NT_STATUS_INVALID_PARAMETER},
		{{.name = "f", .options = FILE_OPEN_BY_FILE_ID},
		 NT_STATUS_NOT_SUPPORTED},
		{{.name = "f",
		  .options = FILE_DIRECTORY_FILE | FILE_NON_DIRECTORY_FILE},
		 NT_STATUS_INVALID_PARAMETER},
		{{.name = "f",
		  .options = FILE_DIRECTORY_FILE,
		  .disposition = FILE_OVERWRITE_IF},
		 NT_STATUS_INVALID_PARAMETER},
		{{.name = "f", .attributes = 0x8}, NT_STATUS_INVALID_PARAMETER},
		{{.name = "f", .access = 0x00000200}, NT_STATUS_ACCESS_DENIED},
		{{.name = "f", .access = 0x08000000, .attributes = 0x8},
		 NT_STATUS_ACCESS_DENIED},
		{{.name = "f", .access = SEC_ACCESS_SYSTEM_SECURITY},
		 NT_STATUS_PRIVILEGE_NOT_HELD},
		{{.name = "f",
		  .access = FILE_READ_DATA,
		  .options = FILE_DELETE_ON_CLOSE},
		 NT_STATUS_INVALID_PARAMETER},
		{{.name = "\\f"}, NT_STATUS_INVALID_PARAMETER},
		{{.name = "a*"}, NT_STATUS_OBJECT_NAME_INVALID},
		{{.name = "a\\..\\..\\b"}, NT_STATUS_OBJECT_PATH_SYNTAX_BAD},
		{{.name = "..\\f"}, NT_STATUS_OBJECT_PATH_SYNTAX_BAD},
		{{.name = "f:stream:$FOO"}, NT_STATUS_OBJECT_NAME_INVALID},
		{{.name = "f\\", .options = FILE_NON_DIRECTORY_FILE},
		 NT_STATUS_OBJECT_NAME_INVALID},
		{{.name = "no\\f", .disposition = FILE_CREATE},
		 NT_STATUS_OBJECT_PATH_NOT_FOUND},
		{{.name = "no\\f", .disposition = FILE_OPEN},
		 NT_STATUS_OBJECT_PATH_NOT_FOUND},
		{{.name = "x.Secret", .disposition = FILE_CREATE},
		 NT_STATUS_ACCESS_DENIED},
		{{.name = "Thumbs.DB", .disposition = FILE_OPEN},
		 NT_STATUS_OBJECT_NAME_NOT_FOUND},
		{{.name = "x.secret\\y", .disposition = FILE_OPEN},
		 NT_STATUS_OBJECT_NAME_NOT_FOUND},
		{{.name = "new",
		  .disposition = FILE_CREATE,
		  .options = FILE_DELETE_ON_CLOSE,
		  .attributes = FILE_ATTRIBUTE_READONLY},
		 NT_STATUS_CANNOT_DELETE},
	};
	struct files *t = *state;
	size_t i = 0;

	for (i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		NTSTATUS status = files_status(t, table[i].a);

		if (status != table[i].status) {
			fail_msg("row %zu: %s", i, nt_errstr(status));
		}
	}
	assert_int_equal(idtable_count(t->session->opens), 0);
}

static void test_kinds(void **state)
{
	struct files *t = *state;

	make(t, "f", 0, 0);
	make(t, "d", FILE_DIRECTORY_FILE, 0);
	assert_int_equal(files_status(t,
				      (struct create_args){
					      .name = "f",
					      .disposition = FILE_OPEN,
					      .options = FILE_DIRECTORY_FILE}),
			 NT_STATUS_NOT_A_DIRECTORY);
	assert_int_equal(
		files_status(t, (struct create_args){.name = "f\\",
						     .disposition = FILE_OPEN}),
		NT_STATUS_NOT_A_DIRECTORY);
	assert_int_equal(
		files_status(t,
			     (struct create_args){
				     .name = "d",
				     .disposition = FILE_OPEN,
				     .options = FILE_NON_DIRECTORY_FILE}),
		NT_STATUS_FILE_IS_A_DIRECTORY);
	assert_int_equal(
		files_status(
			t,
			(struct create_args){.name = "d",
					     .disposition = FILE_OVERWRITE_IF}),
		NT_STATUS_OBJECT_NAME_COLLISION);
	assert_int_equal(
		files_status(t, (struct create_args){.name = "f\\x",
						     .disposition = FILE_OPEN}),
		NT_STATUS_OBJECT_PATH_NOT_FOUND);
	files_close(t, files_open(t, (struct create_args){.name = "",
							  .disposition =
								  FILE_OPEN}));
}

static void test_attributes(void **state)
{
	struct files *t = *state;
	struct create_args a = {.name = "ro",
				.access = FILE_WRITE_DATA,
				.disposition = FILE_OPEN};
	struct smb2_create_response out = {0};

	make(t, "ro", 0, FILE_ATTRIBUTE_READONLY | FILE_ATTRIBUTE_SPARSE_FILE);
	make(t, "hid", 0, FILE_ATTRIBUTE_HIDDEN);
	assert_int_equal(files_status(t, a), NT_STATUS_ACCESS_DENIED);
	a.disposition = FILE_OVERWRITE;
	a.access = FILE_READ_ATTRIBUTES;
	assert_int_equal(files_status(t, a), NT_STATUS_ACCESS_DENIED);
	a.disposition = FILE_OPEN;
	a.access = SEC_STD_DELETE;
	a.options = FILE_DELETE_ON_CLOSE;
	assert_int_equal(files_status(t, a), NT_STATUS_CANNOT_DELETE);
	a = (struct create_args){.name = "ro",
				 .access = SEC_MAXIMUM_ALLOWED,
				 .disposition = FILE_OPEN};
	assert_int_equal(files_create(t, a, &out), NT_STATUS_OK);
	assert_int_equal(out.file_attributes,
			 FILE_ATTRIBUTE_READONLY | FILE_ATTRIBUTE_ARCHIVE);
	assert_int_equal(open_find(t->session, out.file_id.persistent_id,
				   out.file_id.volatile_id)
				 ->access,
			 FILE_ALL_ACCESS &
				 ~(FILE_WRITE_DATA | FILE_APPEND_DATA |
				   FILE_DELETE_CHILD));
	files_close(t, out.file_id);
	/* what would be lost must be said again */
	a = (struct create_args){.name = "hid", .disposition = FILE_OVERWRITE};
	assert_int_equal(files_status(t, a), NT_STATUS_ACCESS_DENIED);
	a.attributes = FILE_ATTRIBUTE_HIDDEN;
	assert_int_equal(files_create(t, a, &out), NT_STATUS_OK);
	assert_int_equal(out.file_attributes,
			 FILE_ATTRIBUTE_HIDDEN | FILE_ATTRIBUTE_ARCHIVE);
	files_close(t, out.file_id);
}

static void test_access(void **state)
{
	struct files *t = *state;
	struct create_args a = {.name = "f",
				.access = SEC_GENERIC_READ,
				.disposition = FILE_CREATE};
	struct smb2_create_response out = {0};

	assert_int_equal(files_create(t, a, &out), NT_STATUS_OK);
	assert_int_equal(open_find(t->session, out.file_id.persistent_id,
				   out.file_id.volatile_id)
				 ->access,
			 FILE_GENERIC_READ);
	assert_int_equal(files_write(t, out.file_id, "x", 0),
			 NT_STATUS_ACCESS_DENIED);
	files_close(t, out.file_id);
	t->tree->maximal_access = FILE_GENERIC_READ | FILE_GENERIC_EXECUTE;
	t->tree->read_only = true;
	a = (struct create_args){.name = "f",
				 .access = FILE_WRITE_DATA,
				 .disposition = FILE_OPEN};
	assert_int_equal(files_status(t, a), NT_STATUS_ACCESS_DENIED);
	a.access = SEC_GENERIC_READ;
	a.disposition = FILE_OVERWRITE;
	assert_int_equal(files_status(t, a), NT_STATUS_ACCESS_DENIED);
	a.disposition = FILE_OPEN_IF;
	files_close(t, files_open(t, a));
	a.name = "new";
	assert_int_equal(files_status(t, a), NT_STATUS_ACCESS_DENIED);
	a.disposition = FILE_OPEN;
	assert_int_equal(files_status(t, a), NT_STATUS_OBJECT_NAME_NOT_FOUND);
}

static void test_contexts(void **state)
{
	struct files *t = *state;
	struct wire_writer w = wire_writer_talloc(t);
	struct wire_chain list = smb2_create_context_list(&w);
	struct create_args a = {.name = "f", .disposition = FILE_CREATE};
	struct smb2_create_response out = {0};
	struct smb2_mxac_response mxac = {0};
	struct smb2_qfid_response qfid = {0};
	struct wire_slice data = {0};

	smb2_mxac_request_add(&list, 0);
	smb2_create_context_add(&list, SMB2_CREATE_QUERY_ON_DISK_ID, NULL, 0);
	smb2_create_context_add(&list, "XxXx", "what is that", 12);
	/* of Apple: what it can do, 24 bytes; ignored */
	smb2_create_context_add(
		&list, "AAPL", "\1\0\0\0\0\0\0\0\7\0\0\0\0\0\0\0\7\0\0\0\0\0\0",
		24);
	smb2_allocation_size_add(&list, 100000);
	a.contexts = wire_writer_slice(&w);
	assert_int_equal(files_create(t, a, &out), NT_STATUS_OK);
	assert_true(out.allocation_size >= 100000);
	assert_int_equal(out.end_of_file, 0);
	assert_true(smb2_create_context_find(
		out.contexts, SMB2_CREATE_QUERY_MAXIMAL_ACCESS, &data));
	assert_true(smb2_mxac_response_decode(data, &mxac));
	assert_int_equal(mxac.query_status, NT_STATUS_OK);
	assert_int_equal(mxac.maximal_access, FILE_ALL_ACCESS);
	assert_true(smb2_create_context_find(
		out.contexts, SMB2_CREATE_QUERY_ON_DISK_ID, &data));
	assert_true(smb2_qfid_response_decode(data, &qfid));
	assert_true(qfid.disk_file_id != 0);
	files_close(t, out.file_id);

	/* more than there is: nothing is left behind */
	w = wire_writer_talloc(t);
	list = smb2_create_context_list(&w);
	smb2_allocation_size_add(&list, UINT64_C(1) << 40);
	a.name = "big";
	a.contexts = wire_writer_slice(&w);
	assert_int_equal(files_status(t, a), NT_STATUS_DISK_FULL);
	a.disposition = FILE_OPEN;
	a.contexts = wire_slice(NULL, 0);
	assert_int_equal(files_status(t, a), NT_STATUS_OBJECT_NAME_NOT_FOUND);
	assert_int_equal(idtable_count(t->session->opens), 0);
}

static void test_contexts_refused(void **state)
{
	struct files *t = *state;
	struct wire_writer w = wire_writer_talloc(t);
	struct wire_chain list = smb2_create_context_list(&w);
	const struct smb2_file_id id = {1, 2};
	struct create_args a = {.name = "f", .disposition = FILE_OPEN_IF};

	smb2_timewarp_add(&list, 132000000000000000);
	a.contexts = wire_writer_slice(&w);
	assert_int_equal(files_status(t, a), NT_STATUS_OBJECT_NAME_NOT_FOUND);
	w = wire_writer_talloc(t);
	list = smb2_create_context_list(&w);
	smb2_durable_reconnect_add(&list, &id);
	a.contexts = wire_writer_slice(&w);
	assert_int_equal(files_status(t, a), NT_STATUS_OBJECT_NAME_NOT_FOUND);
	a.contexts = wire_slice("not a list of contexts..", 24);
	assert_int_equal(files_status(t, a), NT_STATUS_INVALID_PARAMETER);
}

static void test_eas(void **state)
{
	struct files *t = *state;
	struct wire_writer eas = wire_writer_talloc(t);
	struct wire_chain list = fscc_ea_list(&eas);
	const struct fscc_ea ea = {.name = wire_slice("ONE", 3),
				   .value = wire_slice("value", 5)};
	struct wire_writer w = wire_writer_talloc(t);
	struct wire_chain contexts = smb2_create_context_list(&w);
	struct create_args a = {.name = "f", .disposition = FILE_CREATE};
	struct tevent_req *req = NULL;
	struct smb2_file_id id = {0};
	uint8_t *value = NULL;
	size_t len = 0;

	fscc_ea_add(&list, &ea);
	smb2_create_context_put(&contexts, wire_slice(SMB2_CREATE_EA_BUFFER, 4),
				wire_writer_slice(&eas));
	a.contexts = wire_writer_slice(&w);
	id = files_open(t, a);
	req = store_getxattr_send(
		t, t->f->ev,
		open_find(t->session, id.persistent_id, id.volatile_id)
			->file->handle,
		"ONE");
	assert_true(tevent_req_poll(req, t->f->ev));
	assert_int_equal(store_getxattr_recv(req, t, &value, &len), 0);
	assert_int_equal(len, 5);
	assert_memory_equal(value, "value", 5);
}

/* Replacing the content is writing, superseding is deleting, whatever access
 * was asked for (MS-FSA 2.1.5.1.2). */
static void test_replacing_shares(void **state)
{
	static const struct {
		uint32_t share, disposition;
		NTSTATUS status;
	} table[] = {
		{FILE_SHARE_READ, FILE_OVERWRITE, NT_STATUS_SHARING_VIOLATION},
		{FILE_SHARE_READ | FILE_SHARE_DELETE, FILE_OVERWRITE_IF,
		 NT_STATUS_SHARING_VIOLATION},
		{FILE_SHARE_READ | FILE_SHARE_WRITE, FILE_SUPERSEDE,
		 NT_STATUS_SHARING_VIOLATION},
		{FILE_SHARE_READ | FILE_SHARE_WRITE, FILE_OVERWRITE,
		 NT_STATUS_OK},
		{FILE_SHARE_READ | FILE_SHARE_DELETE, FILE_SUPERSEDE,
		 NT_STATUS_OK},
	};
	struct files *t = *state;
	size_t i = 0;

	for (i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		struct create_args a = {.name = "f",
					.access = FILE_READ_DATA,
					.share = table[i].share,
					.disposition = FILE_OPEN};
		struct smb2_create_response out = {0};
		struct smb2_file_id id = files_make(t, "f");

		files_write(t, id, "precious", 0);
		files_close(t, id);
		id = files_open(t, a);
		a.share = 0;
		a.disposition = table[i].disposition;
		assert_int_equal(files_create(t, a, &out), table[i].status);
		if (table[i].status == NT_STATUS_OK) {
			/* what it asked for and no more */
			assert_int_equal(files_write(t, out.file_id, "x", 0),
					 NT_STATUS_ACCESS_DENIED);
			files_close(t, out.file_id);
			assert_content(t, id, "");
		} else {
			assert_content(t, id, "precious");
		}
		files_close(t, id);
	}
}

/* A CREATE that fails leaves no file of its own behind. */
static void test_nothing_left(void **state)
{
	static const uint64_t sizes[] = {UINT64_C(1) << 40, INT64_MAX,
					 UINT64_C(1) << 63, UINT64_MAX};
	struct files *t = *state;
	struct create_args a = {.name = "f",
				.disposition = FILE_CREATE,
				.options = FILE_DELETE_ON_CLOSE,
				.attributes = FILE_ATTRIBUTE_READONLY};
	struct wire_writer w = wire_writer_talloc(t);
	struct wire_chain list = smb2_create_context_list(&w);
	size_t i = 0;

	assert_int_equal(files_status(t, a), NT_STATUS_CANNOT_DELETE);
	assert_int_equal(files_there(t, "f"), NT_STATUS_OBJECT_NAME_NOT_FOUND);
	a.options = FILE_DELETE_ON_CLOSE | FILE_DIRECTORY_FILE;
	assert_int_equal(files_status(t, a), NT_STATUS_CANNOT_DELETE);
	assert_int_equal(files_there(t, "f"), NT_STATUS_OBJECT_NAME_NOT_FOUND);
	a.options = 0;
	a.attributes = 0;
	smb2_create_context_put(&list, wire_slice(SMB2_CREATE_EA_BUFFER, 4),
				wire_slice("not a list of attributes", 24));
	a.contexts = wire_writer_slice(&w);
	assert_int_equal(files_status(t, a), NT_STATUS_INVALID_PARAMETER);
	assert_int_equal(files_there(t, "f"), NT_STATUS_OBJECT_NAME_NOT_FOUND);
	for (i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		w = wire_writer_talloc(t);
		list = smb2_create_context_list(&w);
		smb2_allocation_size_add(&list, sizes[i]);
		a.contexts = wire_writer_slice(&w);
		assert_int_equal(files_status(t, a),
				 sizes[i] <= INT64_MAX
					 ? NT_STATUS_DISK_FULL
					 : NT_STATUS_INVALID_PARAMETER);
		assert_int_equal(files_there(t, "f"),
				 NT_STATUS_OBJECT_NAME_NOT_FOUND);
	}
	/* No more opens: the file made for it goes again. */
	t->f->server->opens = idtable_new(t->f->server, 64, 0);
	a.contexts = wire_slice(NULL, 0);
	assert_int_equal(files_status(t, a), NT_STATUS_INSUFFICIENT_RESOURCES);
	t->f->server->opens = idtable_new(t->f->server, 64, 10);
	assert_int_equal(files_there(t, "f"), NT_STATUS_OBJECT_NAME_NOT_FOUND);
}

/* Nothing is made in a directory that is on its way out. */
static void test_in_deleted_directory(void **state)
{
	struct files *t = *state;
	struct smb2_file_id id = files_make_dir(t, "d");
	struct create_args a = {.name = "d\\f", .disposition = FILE_CREATE};

	assert_int_equal(files_disposition(t, id, true), NT_STATUS_OK);
	assert_int_equal(files_status(t, a), NT_STATUS_DELETE_PENDING);
	assert_int_equal(files_disposition(t, id, false), NT_STATUS_OK);
	a.disposition = FILE_OPEN;
	assert_int_equal(files_status(t, a), NT_STATUS_OBJECT_NAME_NOT_FOUND);
	assert_int_equal(files_disposition(t, id, true), NT_STATUS_OK);
	files_close(t, id);
	assert_int_equal(files_status(t, a), NT_STATUS_OBJECT_PATH_NOT_FOUND);
}

/* The root of the share is never deleted. */
static void test_root(void **state)
{
	struct files *t = *state;
	struct create_args a = {.name = "",
				.disposition = FILE_OPEN,
				.options = FILE_DIRECTORY_FILE |
					   FILE_DELETE_ON_CLOSE};

	assert_int_equal(files_status(t, a), NT_STATUS_CANNOT_DELETE);
	assert_int_equal(files_there(t, ""), NT_STATUS_OK);
	a.options = FILE_DIRECTORY_FILE;
	a.disposition = FILE_CREATE;
	assert_int_equal(files_status(t, a), NT_STATUS_OBJECT_NAME_COLLISION);
	a.disposition = FILE_OVERWRITE;
	a.options = 0;
	assert_int_equal(files_status(t, a), NT_STATUS_ACCESS_DENIED);
	a.disposition = FILE_OPEN;
	a.options = FILE_NON_DIRECTORY_FILE;
	assert_int_equal(files_status(t, a), NT_STATUS_FILE_IS_A_DIRECTORY);
}

/* A client that knows the rights as of then is told that they are the same
 * (MS-SMB2 3.3.5.9.5). */
static void test_mxac_time(void **state)
{
	struct files *t = *state;
	struct create_args a = {.name = "f", .disposition = FILE_OPEN};
	struct smb2_create_response out = {0};
	struct wire_writer w = wire_writer_talloc(t);
	struct wire_chain list = smb2_create_context_list(&w);
	struct smb2_mxac_response mxac = {0};
	struct wire_slice data = {0};

	make(t, "f", 0, 0);
	assert_int_equal(files_create(t, a, &out), NT_STATUS_OK);
	smb2_mxac_request_add(&list, out.change_time);
	a.contexts = wire_writer_slice(&w);
	assert_int_equal(files_create(t, a, &out), NT_STATUS_OK);
	assert_true(smb2_create_context_find(
		out.contexts, SMB2_CREATE_QUERY_MAXIMAL_ACCESS, &data));
	assert_true(smb2_mxac_response_decode(data, &mxac));
	assert_int_equal(mxac.query_status, NT_STATUS_NONE_MAPPED);
	assert_int_equal(mxac.maximal_access, 0);
}

static void test_long_names(void **state)
{
	struct files *t = *state;
	struct create_args a = {.disposition = FILE_CREATE};
	char name[257] = "";

	a.name = name;
	memset(name, 'n', 255);
	files_close(t, files_open(t, a));
	name[255] = 'n';
	assert_int_equal(files_status(t, a), NT_STATUS_OBJECT_NAME_INVALID);
}

/* The open of a CREATE that is given up is given up, too. */
static void test_abandoned(void **state)
{
	struct files *t = *state;
	struct wire_writer w = files_create_pdu(
		t,
		(struct create_args){.name = "f", .disposition = FILE_OPEN_IF});

	files_send(t, &w);
	session_end(t->session, NULL);
	fixture_idle(t->f, 20);
	assert_int_equal(idtable_count(t->f->server->opens), 0);
}

/* A client can guess the id of an open before it is told: CLOSE waits for the
 * CREATE. */
static void test_closed_too_early(void **state)
{
	char *dir = NULL;
	struct files *t = files_new_disk(&dir);
	struct create_args a = {.name = "f", .disposition = FILE_OVERWRITE_IF};
	const struct open *open = NULL;
	struct wire_writer w = {0};
	struct smb2_file_id id = {0};
	uint64_t ids[2] = {0};
	size_t cursor = 0;

	(void)state;
	files_close(t, files_open(t, a));
	w = files_create_pdu(t, a);
	ids[0] = files_send(t, &w);
	while (open == NULL) {
		tevent_loop_once(t->f->ev);
		cursor = 0;
		open = idtable_next(t->session->opens, &cursor);
	}
	id.persistent_id = open->persistent_id;
	id.volatile_id = open->volatile_id;
	w = files_close_pdu(t, id, 0);
	ids[1] = files_send(t, &w);
	assert_int_equal(files_wait(t, ids[0]), NT_STATUS_OK);
	assert_int_equal(files_wait(t, ids[1]), NT_STATUS_OK);
	assert_int_equal(idtable_count(t->session->opens), 0);
	talloc_free(t);
}

/* Between opening a file by its name and entering it in the books the name goes
 * to somebody else: the store is asked again, and not the wrong file taken. */
static void test_name_goes(void **state)
{
	struct files *t = *state;
	struct server *server = t->session->server;
	struct smb2_file_id id = files_make(t, "f");
	struct open *held =
		open_find(t->session, id.persistent_id, id.volatile_id);
	struct create_args again = {
		.name = "f",
		.access = SEC_STD_DELETE,
		.disposition = FILE_OPEN,
		.options = FILE_DELETE_ON_CLOSE,
	};
	struct wire_writer w = files_create_pdu(t, again);
	struct tevent_req *subreq = NULL;
	uint64_t sent = files_send(t, &w);

	while (server->conns->requests == NULL) {
		assert_int_equal(tevent_loop_once(server->ev), 0);
	}
	subreq = store_rename_send(t, server->ev, held->file->handle, "f", "g",
				   false);
	assert_non_null(subreq);
	assert_false(tevent_req_is_in_progress(subreq));
	assert_int_equal(store_rename_recv(subreq, t, NULL), 0);
	file_name_touch(server->files, held->file->name->store, "f");
	file_name_touch(server->files, held->file->name->store, "g");
	assert_int_equal(files_wait(t, sent), NT_STATUS_OBJECT_NAME_NOT_FOUND);
}

#define TEST(fn) cmocka_unit_test_setup_teardown(fn, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_dispositions),
		TEST(test_refused),
		TEST(test_kinds),
		TEST(test_attributes),
		TEST(test_access),
		TEST(test_contexts),
		TEST(test_contexts_refused),
		TEST(test_eas),
		TEST(test_replacing_shares),
		TEST(test_nothing_left),
		TEST(test_in_deleted_directory),
		TEST(test_root),
		TEST(test_mxac_time),
		TEST(test_long_names),
		TEST(test_abandoned),
		cmocka_unit_test(test_closed_too_early),
		TEST(test_name_goes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
