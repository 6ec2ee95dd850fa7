/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * fixture_files.h - the commands on files of a server with a share in memory,
 * as a client would send them: files_X_pdu() makes a request, to be queued in
 * a compound or sent; files_X() waits for its response as well.
 */
#ifndef SMBQUIC_FIXTURE_FILES_H
#define SMBQUIC_FIXTURE_FILES_H

#include "tests/fixture_share.h"

#include "server/file.h"
#include "smbquic/fscc.h"

/* --- CREATE and CLOSE -----------------------------------------------------
 */

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
		assert_true(smb2_create_response_decode(t->reply.data,
							t->reply.len, out));
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

/* A file for everything, made if it is not there. */
static inline struct smb2_file_id files_make(struct files *t, const char *name)
{
	return files_open(t, (struct create_args){.name = name,
						  .disposition = FILE_OPEN_IF});
}

static inline struct smb2_file_id files_make_dir(struct files *t,
						 const char *name)
{
	return files_open(t,
			  (struct create_args){.name = name,
					       .disposition = FILE_OPEN_IF,
					       .options = FILE_DIRECTORY_FILE});
}

/* What an attempt to open it says. */
static inline NTSTATUS files_there(struct files *t, const char *name)
{
	struct smb2_create_response out = {0};
	NTSTATUS status = files_create(
		t,
		(struct create_args){.name = name,
				     .access = FILE_READ_ATTRIBUTES,
				     .disposition = FILE_OPEN},
		&out);

	if (status == NT_STATUS_OK) {
		assert_int_equal(files_close(t, out.file_id), NT_STATUS_OK);
	}
	return status;
}

/* --- READ, WRITE, FLUSH, LOCK ---------------------------------------------
 */

static inline struct wire_writer files_read_pdu(struct files *t,
						struct smb2_file_id id,
						uint64_t offset,
						uint32_t length,
						uint32_t minimum)
{
	const struct smb2_read_request in = {
		.length = length,
		.offset = offset,
		.file_id = id,
		.minimum_count = minimum,
	};
	struct wire_writer w = files_pdu_long(t, SMB2_READ, length);

	assert_true(smb2_read_request_encode(&w, &in));
	return w;
}

/* @param out  the bytes. */
static inline NTSTATUS files_read(struct files *t, struct smb2_file_id id,
				  uint64_t offset, uint32_t length,
				  struct wire_slice *out)
{
	struct wire_writer w = files_read_pdu(t, id, offset, length, 0);
	struct smb2_read_response response = {0};
	NTSTATUS status = files_call(t, &w);

	if (status == NT_STATUS_OK) {
		assert_true(smb2_read_response_decode(t->reply.data,
						      t->reply.len, &response));
	}
	*out = response.data;
	return status;
}

static inline void assert_content(struct files *t, struct smb2_file_id id,
				  const char *text)
{
	struct wire_slice data = {0};

	assert_int_equal(files_read(t, id, 0, 1000, &data),
			 *text != '\0' ? NT_STATUS_OK : NT_STATUS_END_OF_FILE);
	assert_int_equal(data.len, strlen(text));
	if (data.len > 0) {
		assert_memory_equal(data.data, text, data.len);
	}
}

static inline struct wire_writer files_write_pdu(struct files *t,
						 struct smb2_file_id id,
						 uint64_t offset,
						 const void *data, size_t len,
						 uint32_t flags)
{
	const struct smb2_write_request in = {
		.offset = offset,
		.file_id = id,
		.flags = flags,
		.data = wire_slice(data, len),
	};
	struct wire_writer w = files_pdu_long(t, SMB2_WRITE, len);

	assert_true(smb2_write_request_encode(&w, &in));
	wire_put(&w, data, len);
	return w;
}

static inline NTSTATUS files_write(struct files *t, struct smb2_file_id id,
				   const char *text, uint64_t offset)
{
	struct wire_writer w =
		files_write_pdu(t, id, offset, text, strlen(text), 0);

	return files_call(t, &w);
}

static inline struct wire_writer files_flush_pdu(struct files *t,
						 struct smb2_file_id id)
{
	const struct smb2_flush_request in = {.file_id = id};
	struct wire_writer w = files_pdu(t, SMB2_FLUSH);

	assert_true(smb2_flush_request_encode(&w, &in));
	return w;
}

static inline struct wire_writer files_lock_pdu(
	struct files *t, struct smb2_file_id id,
	const struct smb2_lock_element *elements, uint16_t count)
{
	const struct smb2_lock_request in = {.lock_count = count,
					     .file_id = id};
	struct wire_writer w = files_pdu(t, SMB2_LOCK);

	assert_true(smb2_lock_request_encode(&w, &in, elements));
	return w;
}

static inline NTSTATUS files_lock(struct files *t, struct smb2_file_id id,
				  uint64_t offset, uint64_t length,
				  uint32_t flags)
{
	const struct smb2_lock_element element = {offset, length, flags};
	struct wire_writer w = files_lock_pdu(t, id, &element, 1);

	return files_call(t, &w);
}

/* --- SET_INFO -------------------------------------------------------------
 */

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

/* --- queries ---------------------------------------------------------------
 */

/* The buffer of a response that has one. */
static inline struct wire_slice files_buffer(struct files *t)
{
	struct wire_slice out = {0};

	if (smb2_status_has_body(t->reply.header.command,
				 t->reply.header.status)) {
		assert_true(smb2_buffer_response_decode(t->reply.data,
							t->reply.len, &out));
	}
	return out;
}

static inline struct wire_writer files_query_pdu(struct files *t,
						 struct smb2_file_id id,
						 uint8_t type, uint8_t class,
						 uint32_t parts, uint32_t size)
{
	const struct smb2_query_info_request in = {
		.info_type = type,
		.file_info_class = class,
		.output_buffer_length = size,
		.additional_information = parts,
		.file_id = id,
	};
	struct wire_writer w = files_pdu_long(t, SMB2_QUERY_INFO, size);

	assert_true(smb2_query_info_request_encode(&w, &in));
	return w;
}

/* What a class of a file says. */
static inline NTSTATUS files_query(struct files *t, struct smb2_file_id id,
				   uint8_t class, struct wire_slice *out)
{
	struct wire_writer w =
		files_query_pdu(t, id, SMB2_0_INFO_FILE, class, 0, 4096);
	NTSTATUS status = files_call(t, &w);

	*out = files_buffer(t);
	return status;
}

static inline NTSTATUS files_list(struct files *t, struct smb2_file_id id,
				  struct smb2_query_directory_request in,
				  const char *pattern, struct wire_slice *out)
{
	struct wire_writer w = files_pdu_long(t, SMB2_QUERY_DIRECTORY,
					      in.output_buffer_length);
	NTSTATUS status = NT_STATUS_OK;

	in.file_id = id;
	in.pattern = files_utf16(t, pattern);
	assert_true(smb2_query_directory_request_encode(&w, &in));
	status = files_call(t, &w);
	*out = files_buffer(t);
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
