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
	struct store_attr attr;	  /**< of the file */
	struct store_space space; /**< file systems only */
	const struct sidmap *sids;
};

struct query_class {
	uint8_t number;
	uint32_t access; /**< the open must have one of these; 0: none */
	bool cut;	 /**< ends with a name or a list that may be cut:
			    BUFFER_OVERFLOW, not INFO_LENGTH_MISMATCH */
	bool (*put)(struct wire_writer *w, const struct query_info *q);
};

/** NULL: INVALID_INFO_CLASS. */
const struct query_class *query_file_class(uint8_t number);
const struct query_class *query_fs_class(uint8_t number);

#endif
