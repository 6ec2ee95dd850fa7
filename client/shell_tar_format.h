/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * shell_tar_format.h - the headers of a tar archive: ustar with the extended
 * headers of pax (POSIX.1-2017, pax, "ustar Interchange Format"), and what GNU
 * tar writes for long names and large numbers. Bytes only, no I/O.
 */
#ifndef CLIENT_SHELL_TAR_FORMAT_H
#define CLIENT_SHELL_TAR_FORMAT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <talloc.h>
#include <time.h>

#include "smbquic/wire.h"

#define TAR_BLOCK 512
/** An archive ends with so many zeros, and is a multiple of that long. */
#define TAR_RECORD 10240
/** Names, and extended headers as a whole, are no longer. */
#define TAR_NAME_MAX	  65536
#define TAR_EXTENSION_MAX ((size_t)1024 * 1024)

enum tar_kind {
	TAR_FILE,
	TAR_FOLDER,
	TAR_OTHER, /**< a link, a device, a sparse file: see tar_entry.what */
};

struct tar_entry {
	enum tar_kind kind;
	const char *name; /**< '/' between names; of a folder without one at
			       its end */
	const char *what; /**< of TAR_OTHER: "symbolic link" and the like */
	uint64_t size;	  /**< of what follows, without padding */
	struct timespec time;
	uint32_t attributes; /**< FILE_ATTRIBUTE_*, 0: not told */
};

/** How many zeros follow so many bytes of contents. */
size_t tar_padding(uint64_t size);

/**
 * The blocks in front of an entry's contents. Names and times that ustar
 * cannot hold, and attributes other than ARCHIVE, go into an extended header.
 *
 * @param out  child of mem_ctx. @return false: out of memory.
 */
bool tar_encode(TALLOC_CTX *mem_ctx, const struct tar_entry *entry,
		struct wire_slice *out);

enum tar_step {
	TAR_MORE,  /**< give it the next block */
	TAR_ENTRY, /**< its contents follow, and then the next header */
	TAR_END,   /**< of the archive */
	TAR_BAD,   /**< it is none, or damaged: see why */
};

/** Reads headers; a talloc object. */
struct tar_parser;

struct tar_parser *tar_parser_new(TALLOC_CTX *mem_ctx);

/**
 * @param block  TAR_BLOCK bytes, in the archive's order without the contents
 *               of entries.
 * @param out    out: with TAR_ENTRY; strings live until the next call.
 * @param why    out: with TAR_BAD a constant text.
 */
enum tar_step tar_parse(struct tar_parser *parser, const uint8_t *block,
			struct tar_entry *out, const char **why);

#endif
