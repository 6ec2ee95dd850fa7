/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * query_info.h - QUERY_INFO (MS-SMB2 3.3.5.20): the information classes of
 * files (query_file.c) and of file systems (query_fs.c), a row each.
 */
#ifndef SERVER_QUERY_INFO_H
#define SERVER_QUERY_INFO_H

#include "server/file.h"
#include "smbquic/wire.h"

/** What a class may need to be told. */
struct query_info {
	const struct file_open *open;
	struct store_attr attr;		    /**< of the file */
	struct store_space space;	    /**< file systems only */
	const struct store_stream *streams; /**< QUERY_STREAMS */
	size_t num_streams;
	struct wire_slice eas; /**< QUERY_EAS */
	const struct sidmap *sids;
};

/** What a class wants beside the attributes. */
enum query_wants {
	QUERY_NOTHING,
	QUERY_STREAMS,
	QUERY_EAS,
};

/** What is longer than the client's buffer. */
enum query_cut {
	QUERY_WHOLE,   /**< is refused */
	QUERY_BYTES,   /**< is cut, BUFFER_OVERFLOW */
	QUERY_ENTRIES, /**< a list: whole entries, BUFFER_OVERFLOW */
};

struct query_class {
	uint8_t number;
	uint32_t access; /**< the open must have one of these; 0: none */
	enum query_cut cut;
	bool (*put)(struct wire_writer *w, const struct query_info *q);
};

/*
 * query_ea.c: the next extended attributes for FileFullEaInformation (MS-FSA
 * 2.1.5.12.12), by the request's names, index and flags.
 */
struct smb2_query_info_request;
struct tevent_req *query_ea_send(TALLOC_CTX *mem_ctx, struct tevent_context *ev,
				 struct file_open *fo,
				 const struct smb2_query_info_request *in);
/**
 * @param out  out: child of mem_ctx.
 * @return NT_STATUS_OK, NT_STATUS_BUFFER_OVERFLOW there are more;
 *         NT_STATUS_NO_EAS_ON_FILE; NT_STATUS_NO_MORE_EAS;
 *         NT_STATUS_BUFFER_TOO_SMALL; NT_STATUS_NONEXISTENT_EA_ENTRY the
 *         index; NT_STATUS_EA_LIST_INCONSISTENT, NT_STATUS_INVALID_EA_NAME.
 */
NTSTATUS query_ea_recv(struct tevent_req *req, TALLOC_CTX *mem_ctx,
		       struct wire_slice *out);

/** NULL: INVALID_INFO_CLASS. */
const struct query_class *query_file_class(uint8_t number);
/** Of a class of files. */
enum query_wants query_file_wants(uint8_t number);
const struct query_class *query_fs_class(uint8_t number);

#endif
