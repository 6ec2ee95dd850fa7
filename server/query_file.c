/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * query_file.c - what QUERY_INFO tells of a file (MS-FSCC 2.4).
 */

#include "server/file_info.h"
#include "server/name.h"
#include "server/posix_info.h"
#include "server/query_info.h"
#include "server/short_name.h"
#include "smbquic/fscc.h"
#include "smbquic/utf16.h"

/* CreateOptions that FileModeInformation shows (MS-FSCC 2.4.31). */
#define MODE_OPTIONS                                                  \
	(FILE_WRITE_THROUGH | FILE_SEQUENTIAL_ONLY |                  \
	 FILE_NO_INTERMEDIATE_BUFFERING | FILE_SYNCHRONOUS_IO_ALERT | \
	 FILE_SYNCHRONOUS_IO_NONALERT | FILE_DELETE_ON_CLOSE)

static struct fscc_basic basic_of(const struct query_info *q)
{
	return (struct fscc_basic){
		.creation_time = q->attr.create_time,
		.last_access_time = q->attr.access_time,
		.last_write_time = q->attr.write_time,
		.change_time = q->attr.change_time,
		.file_attributes = file_attributes(&q->attr),
	};
}

/* A name that is about to be deleted is no link any more (MS-FSA 2.1.5.12.27).
 */
static struct fscc_standard standard_of(const struct query_info *q)
{
	bool pending = q->open->name->delete_pending;
	uint32_t links = q->attr.links;

	return (struct fscc_standard){
		.allocation_size = q->attr.allocation,
		.end_of_file = q->attr.size,
		.number_of_links = pending && links > 0 ? links - 1 : links,
		.delete_pending = pending,
		.directory = q->open->handle->directory,
	};
}

static bool put_basic(struct wire_writer *w, const struct query_info *q)
{
	const struct fscc_basic out = basic_of(q);

	return fscc_basic_encode(w, &out);
}

static bool put_standard(struct wire_writer *w, const struct query_info *q)
{
	const struct fscc_standard out = standard_of(q);

	return fscc_standard_encode(w, &out);
}

static bool put_internal(struct wire_writer *w, const struct query_info *q)
{
	return fscc_u64_encode(w, q->attr.file_id);
}

static bool put_zero(struct wire_writer *w, const struct query_info *q)
{
	(void)q;
	return fscc_u32_encode(w, 0);
}

static bool put_access(struct wire_writer *w, const struct query_info *q)
{
	return fscc_u32_encode(w, q->open->access);
}

static bool put_position(struct wire_writer *w, const struct query_info *q)
{
	return fscc_u64_encode(w, q->open->position);
}

static bool put_mode(struct wire_writer *w, const struct query_info *q)
{
	return fscc_u32_encode(w, q->open->options & MODE_OPTIONS);
}

/* The path from the share's root: with a separator in front, or without. */
static bool path_of(TALLOC_CTX *mem_ctx, const struct query_info *q,
		    const char *front, struct wire_slice *out)
{
	char *path = name_to_client(mem_ctx, q->open->name->path);

	if (path != NULL) {
		path = talloc_asprintf(mem_ctx, "%s%s", front, path);
	}
	return path != NULL && utf16_from_utf8(mem_ctx, path, out);
}

static bool put_all(struct wire_writer *w, const struct query_info *q)
{
	TALLOC_CTX *mem_ctx = talloc_new(NULL);
	struct fscc_all out = {
		.basic = basic_of(q),
		.standard = standard_of(q),
		.index_number = q->attr.file_id,
		.access_flags = q->open->access,
		.current_byte_offset = q->open->position,
		.mode = q->open->options & MODE_OPTIONS,
		.ea_size = q->attr.ea_size,
		.alignment_requirement = FILE_BYTE_ALIGNMENT,
	};
	bool ok = path_of(mem_ctx, q, "\\", &out.name) &&
		  fscc_all_encode(w, &out);

	talloc_free(mem_ctx);
	return ok;
}

static bool put_name(struct wire_writer *w, const struct query_info *q)
{
	TALLOC_CTX *mem_ctx = talloc_new(NULL);
	struct wire_slice name = {0};
	bool ok = path_of(mem_ctx, q, "\\", &name) && fscc_name_encode(w, name);

	talloc_free(mem_ctx);
	return ok;
}

static bool put_normalized(struct wire_writer *w, const struct query_info *q)
{
	TALLOC_CTX *mem_ctx = talloc_new(NULL);
	struct wire_slice name = {0};
	bool ok = path_of(mem_ctx, q, "", &name) && fscc_name_encode(w, name);

	talloc_free(mem_ctx);
	return ok;
}

static bool add_stream(struct wire_chain *list, TALLOC_CTX *mem_ctx,
		       const char *name, uint64_t size, uint64_t allocation)
{
	struct fscc_stream stream = {
		.size = size,
		.allocation_size = allocation,
	};
	const char *full = talloc_asprintf(mem_ctx, ":%s:$DATA", name);

	return full != NULL && utf16_from_utf8(mem_ctx, full, &stream.name) &&
	       fscc_stream_add(list, &stream);
}

static bool put_streams(struct wire_writer *w, const struct query_info *q)
{
	TALLOC_CTX *mem_ctx = talloc_new(NULL);
	struct wire_chain list = fscc_stream_list(w);
	bool ok = mem_ctx != NULL;
	size_t i = 0;

	for (i = 0; ok && i < q->num_streams; i++) {
		ok = add_stream(&list, mem_ctx, q->streams[i].name,
				q->streams[i].size, q->streams[i].allocation);
	}
	talloc_free(mem_ctx);
	return ok;
}

static bool put_eas(struct wire_writer *w, const struct query_info *q)
{
	wire_put_slice(w, q->eas);
	return wire_writer_ok(w);
}

static bool put_ea_size(struct wire_writer *w, const struct query_info *q)
{
	return fscc_u32_encode(w, q->attr.ea_size);
}

static bool put_alternate(struct wire_writer *w, const struct query_info *q)
{
	TALLOC_CTX *mem_ctx = talloc_new(NULL);
	struct wire_slice name = {0};
	char made[SHORT_NAME_MAX + 1];
	bool ok = false;

	short_name_of(name_last(q->open->name->path), made);
	ok = utf16_from_utf8(mem_ctx, made, &name) && fscc_name_encode(w, name);
	talloc_free(mem_ctx);
	return ok;
}

static bool put_compression(struct wire_writer *w, const struct query_info *q)
{
	const struct fscc_compression out = {
		.compressed_file_size = q->attr.size,
		.compression_format = COMPRESSION_FORMAT_NONE,
	};

	return fscc_compression_encode(w, &out);
}

static bool put_network_open(struct wire_writer *w, const struct query_info *q)
{
	const struct fscc_network_open out = {
		.creation_time = q->attr.create_time,
		.last_access_time = q->attr.access_time,
		.last_write_time = q->attr.write_time,
		.change_time = q->attr.change_time,
		.allocation_size = q->attr.allocation,
		.end_of_file = q->attr.size,
		.file_attributes = file_attributes(&q->attr),
	};

	return fscc_network_open_encode(w, &out);
}

static bool put_attribute_tag(struct wire_writer *w, const struct query_info *q)
{
	const struct fscc_attribute_tag out = {
		.file_attributes = file_attributes(&q->attr),
		.reparse_tag = q->attr.reparse_tag,
	};

	return fscc_attribute_tag_encode(w, &out);
}

/* The 64 bits of the file id, widened. */
static bool put_id(struct wire_writer *w, const struct query_info *q)
{
	struct fscc_id out = {.volume_serial_number = q->attr.volume_id};

	wire_store_le(out.file_id.bytes, q->attr.file_id, 8);
	return fscc_id_encode(w, &out);
}

static bool put_posix(struct wire_writer *w, const struct query_info *q)
{
	const struct smb2_posix_info out = posix_info_of(&q->attr);

	return smb2_posix_info_encode(w, &out);
}

/* number, access, when too long, writer */
static const struct query_class classes[] = {
	{FileBasicInformation, FILE_READ_ATTRIBUTES, QUERY_WHOLE, put_basic},
	{FileStandardInformation, 0, QUERY_WHOLE, put_standard},
	{FileInternalInformation, 0, QUERY_WHOLE, put_internal},
	{FileEaInformation, 0, QUERY_WHOLE, put_ea_size},
	{FileAccessInformation, 0, QUERY_WHOLE, put_access},
	{FileNameInformation, 0, QUERY_BYTES, put_name},
	{FilePositionInformation, 0, QUERY_WHOLE, put_position},
	{FileFullEaInformation, FILE_READ_EA, QUERY_WHOLE, put_eas},
	{FileModeInformation, 0, QUERY_WHOLE, put_mode},
	{FileAlignmentInformation, 0, QUERY_WHOLE, put_zero},
	{FileAllInformation, FILE_READ_ATTRIBUTES, QUERY_BYTES, put_all},
	{FileAlternateNameInformation, 0, QUERY_BYTES, put_alternate},
	{FileStreamInformation, 0, QUERY_ENTRIES, put_streams},
	{FileCompressionInformation, 0, QUERY_WHOLE, put_compression},
	{FileNetworkOpenInformation, FILE_READ_ATTRIBUTES, QUERY_WHOLE,
	 put_network_open},
	{FileAttributeTagInformation, FILE_READ_ATTRIBUTES, QUERY_WHOLE,
	 put_attribute_tag},
	{FileNormalizedNameInformation, 0, QUERY_BYTES, put_normalized},
	{FileIdInformation, 0, QUERY_WHOLE, put_id},
	/* as fstat(2), which asks for nothing */
	{FilePosixInformation, 0, QUERY_WHOLE, put_posix},
};

enum query_wants query_file_wants(uint8_t number)
{
	switch (number) {
	case FileStreamInformation: return QUERY_STREAMS;
	case FileFullEaInformation: return QUERY_EAS;
	default: return QUERY_NOTHING;
	}
}

const struct query_class *query_file_class(uint8_t number)
{
	size_t i = 0;

	for (i = 0; i < sizeof(classes) / sizeof(classes[0]); i++) {
		if (classes[i].number == number) {
			return &classes[i];
		}
	}
	return NULL;
}
