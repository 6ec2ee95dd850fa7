/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * fixture_files.h - the commands on files of a server with a share in memory,
 * as a client would send them.
 */
#ifndef SMBQUIC_FIXTURE_FILES_H
#define SMBQUIC_FIXTURE_FILES_H

#include "tests/fixture_server.h"

#include "server/file.h"
#include "smbquic/fscc.h"
#include "smbquic/utf16.h"

struct files {
	struct fixture *f;
	struct session *session;
	struct tree *tree;
	struct message *reply; /* the last one */
};

/* What most tests want of a CREATE. */
struct create_args {
	const char *name;
	uint32_t access; /* 0: FILE_ALL_ACCESS */
	uint32_t share;	 /* 0: all; otherwise exactly this, NOT_SHARED none */
	uint32_t disposition;
	uint32_t options;
	uint32_t attributes;
	struct wire_slice contexts;
};

#define NOT_SHARED 0x80000000u

static inline struct files *files_new(const char *settings)
{
	struct files *t = talloc_zero(NULL, struct files);
	const struct config_macros macros = {0};
	char *text = talloc_asprintf(
		t, "[data]\npath = /nowhere\nstore = memory\n%s", settings);
	char *why = NULL;

	t->f = fixture_new(text, NULL);
	talloc_steal(t, t->f);
	fixture_negotiated(t->f);
	t->session = fixture_logged_on(t->f);
	t->tree = tree_new(t->session, share_find(t->f->server, "data"));
	assert_non_null(t->tree);
	t->tree->store = share_store(t->tree->share, t->tree, &macros, &why);
	assert_non_null(t->tree->store);
	t->tree->maximal_access = FILE_ALL_ACCESS;
	return t;
}

static inline struct wire_writer files_pdu(struct files *t, uint16_t command)
{
	struct smb2_header header = {
		.command = command,
		.credit_charge = 1,
		.credits = 10,
		.session_id = t->session->id,
		.tree_id = t->tree->id,
	};

	return fixture_pdu(t->f, &header);
}

static inline void files_send(struct files *t, struct wire_writer *w)
{
	struct message_out out = fixture_out(w);

	fixture_send(t->f, &out, 1, NULL, 0);
}

/* The next response; an interim one is passed over. */
static inline NTSTATUS files_receive(struct files *t)
{
	do {
		talloc_free(t->reply);
		t->reply = fixture_read(t->f);
		assert_non_null(t->reply);
	} while (t->reply->pdu[0].header.status == NT_STATUS_PENDING);
	return t->reply->pdu[0].header.status;
}

static inline NTSTATUS files_call(struct files *t, struct wire_writer *w)
{
	files_send(t, w);
	return files_receive(t);
}

static inline struct wire_slice files_utf16(struct files *t, const char *text)
{
	struct wire_slice s = {0};

	assert_true(utf16_from_utf8(t, text, &s));
	return s;
}

static inline struct wire_writer files_create_pdu(struct files *t,
						  struct create_args a)
{
	const struct smb2_create_request in = {
		.impersonation_level = SMB2_IMPERSONATION_IMPERSONATION,
		.desired_access = a.access != 0 ? a.access : FILE_ALL_ACCESS,
		.share_access = a.share == 0 ? FILE_SHARE_ALL
					     : a.share & FILE_SHARE_ALL,
		.create_disposition = a.disposition,
		.create_options = a.options,
		.file_attributes = a.attributes,
		.name = files_utf16(t, a.name),
		.contexts = a.contexts,
	};
	struct wire_writer w = files_pdu(t, SMB2_CREATE);

	assert_true(smb2_create_request_encode(&w, &in));
	return w;
}

static inline NTSTATUS files_create(struct files *t, struct create_args a,
				    struct smb2_create_response *out)
{
	struct wire_writer w = files_create_pdu(t, a);
	NTSTATUS status = files_call(t, &w);

	memset(out, 0, sizeof(*out));
	if (status == NT_STATUS_OK) {
		assert_true(smb2_create_response_decode(
			t->reply->pdu[0].data, t->reply->pdu[0].len, out));
	}
	return status;
}

/* It must succeed; the open. */
static inline struct smb2_file_id files_open(struct files *t,
					     struct create_args a)
{
	struct smb2_create_response out = {0};
	NTSTATUS status = files_create(t, a, &out);

	if (status != NT_STATUS_OK) {
		fail_msg("%s: %s", a.name, nt_errstr(status));
	}
	return out.file_id;
}

static inline NTSTATUS files_status(struct files *t, struct create_args a)
{
	struct smb2_create_response out = {0};

	return files_create(t, a, &out);
}

static inline struct wire_writer files_close_pdu(struct files *t,
						 struct smb2_file_id id,
						 uint16_t flags)
{
	const struct smb2_close_request in = {.flags = flags, .file_id = id};
	struct wire_writer w = files_pdu(t, SMB2_CLOSE);

	assert_true(smb2_close_request_encode(&w, &in));
	return w;
}

static inline NTSTATUS files_close(struct files *t, struct smb2_file_id id)
{
	struct wire_writer w = files_close_pdu(t, id, 0);

	return files_call(t, &w);
}

static inline NTSTATUS files_write(struct files *t, struct smb2_file_id id,
				   const char *text, uint64_t offset)
{
	const struct smb2_write_request in = {
		.offset = offset,
		.file_id = id,
		.data = wire_slice(text, strlen(text)),
	};
	struct wire_writer w = files_pdu(t, SMB2_WRITE);

	assert_true(smb2_write_request_encode(&w, &in));
	wire_put(&w, text, strlen(text));
	return files_call(t, &w);
}

static inline NTSTATUS files_set(struct files *t, struct smb2_file_id id,
				 uint8_t class, struct wire_slice data)
{
	const struct smb2_set_info_request in = {
		.info_type = SMB2_0_INFO_FILE,
		.file_info_class = class,
		.file_id = id,
		.buffer = data,
	};
	struct wire_writer w = files_pdu(t, SMB2_SET_INFO);

	assert_true(smb2_set_info_request_encode(&w, &in));
	return files_call(t, &w);
}

static inline NTSTATUS files_set_u64(struct files *t, struct smb2_file_id id,
				     uint8_t class, uint64_t value)
{
	uint8_t data[8];

	wire_store_le(data, value, 8);
	return files_set(t, id, class, wire_slice(data, 8));
}

static inline NTSTATUS files_disposition(struct files *t,
					 struct smb2_file_id id, bool pending)
{
	uint8_t byte = pending;

	return files_set(t, id, FileDispositionInformation,
			 wire_slice(&byte, 1));
}

static inline NTSTATUS files_rename(struct files *t, struct smb2_file_id id,
				    uint8_t class, const char *name,
				    bool replace)
{
	const struct fscc_rename in = {
		.flags = replace ? FILE_RENAME_REPLACE_IF_EXISTS : 0,
		.name = files_utf16(t, name),
	};
	struct wire_writer w = wire_writer_talloc(t);

	assert_true(fscc_rename_encode(&w, false, &in));
	return files_set(t, id, class, wire_writer_slice(&w));
}

/* What a class says; the slice lives until the next response. */
static inline NTSTATUS files_query(struct files *t, struct smb2_file_id id,
				   uint8_t class, struct wire_slice *out)
{
	const struct smb2_query_info_request in = {
		.info_type = SMB2_0_INFO_FILE,
		.file_info_class = class,
		.output_buffer_length = 4096,
		.file_id = id,
	};
	struct wire_writer w = files_pdu(t, SMB2_QUERY_INFO);
	NTSTATUS status = NT_STATUS_OK;

	assert_true(smb2_query_info_request_encode(&w, &in));
	status = files_call(t, &w);
	if (status == NT_STATUS_OK) {
		assert_true(smb2_buffer_response_decode(
			t->reply->pdu[0].data, t->reply->pdu[0].len, out));
	}
	return status;
}

static inline struct fscc_basic files_basic(struct files *t,
					    struct smb2_file_id id)
{
	struct fscc_basic basic = {0};
	struct wire_slice data = {0};

	assert_int_equal(files_query(t, id, FileBasicInformation, &data),
			 NT_STATUS_OK);
	assert_true(fscc_basic_decode(data, &basic));
	return basic;
}

static inline struct fscc_standard files_standard(struct files *t,
						  struct smb2_file_id id)
{
	struct fscc_standard standard = {0};
	struct wire_slice data = {0};

	assert_int_equal(files_query(t, id, FileStandardInformation, &data),
			 NT_STATUS_OK);
	assert_true(fscc_standard_decode(data, &standard));
	return standard;
}

#endif
