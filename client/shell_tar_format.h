/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * shell_tar_format.h - the headers of a tar archive: ustar with the extended
 * headers of pax (POSIX.1-2017, pax, "ustar Interchange Format"), and what GNU
 * tar writes for long names and large numbers. Bytes only, no I/O.
 *
 * What pax has no word for goes by those that others know: extended attributes
 * of Linux as SCHILY.xattr.NAME (GNU tar, star, libarchive), and the time when
 * a file was made as LIBARCHIVE.creationtime.
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
#define TAR_EXTENSION_MAX ((size_t)1024 * 1024) /* libarchive's limit, too */
/** Of which extended attributes may take so much, see tar_xattr_size(). */
#define TAR_XATTRS_MAX (TAR_EXTENSION_MAX - 2 * TAR_NAME_MAX)

enum tar_kind {
	TAR_FILE,
	TAR_FOLDER,
	TAR_LINK,  /**< a symbolic one; of archives that are written */
	TAR_OTHER, /**< a link, a device, a sparse file: see tar_entry.what */
};

/** An extended attribute of Linux, such as "user.comment". */
struct tar_xattr {
	const char *name;
	struct wire_slice value;
};

struct tar_entry {
	enum tar_kind kind;
	const char *name;   /**< '/' between names; of a folder without one at
				 its end */
	const char *what;   /**< of TAR_OTHER: "symbolic link" and the like */
	const char *target; /**< of TAR_LINK */
	uint64_t size;	    /**< of what follows, without padding */
	struct timespec time;
	struct timespec created; /**< .tv_sec 0 or less: not told */
	uint32_t attributes;	 /**< FILE_ATTRIBUTE_*, 0: not told */
	size_t xattrs;
	const struct tar_xattr *xattr; /**< but for that of the attributes */
};

/** How many zeros follow so many bytes of contents. */
size_t tar_padding(uint64_t size);

/** How much of a header one takes at most. */
size_t tar_xattr_size(const char *name, size_t len);

/**
 * The blocks in front of an entry's contents. Names and times that ustar
 * cannot hold, attributes other than ARCHIVE, the time of creation and extended
 * attributes, of which there are no more than TAR_XATTRS_MAX, go into an
 * extended header.
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
 * @param out    out: with TAR_ENTRY; what it points to lives until the next
 *               call.
 * @param why    out: with TAR_BAD a constant text.
 */
enum tar_step tar_parse(struct tar_parser *parser, const uint8_t *block,
			struct tar_entry *out, const char **why);

/* --------------------------------------------------------- shell_tar_pax.c */

/** The records of an extended header, "LENGTH KEY=VALUE\n". */
struct tar_records {
	uint8_t *data;
	size_t len;
	bool failed; /**< out of memory */
};

/** Append one; data is a child of mem_ctx. A key's '%' and '=' are written as
 *  GNU tar does: "%25", "%3D". */
void tar_records_add(TALLOC_CTX *mem_ctx, struct tar_records *r,
		     const char *key, struct wire_slice value);
void tar_records_add_text(TALLOC_CTX *mem_ctx, struct tar_records *r,
			  const char *key, const char *value);
/** "SECONDS" or "SECONDS.NANOSECONDS". */
void tar_records_add_time(TALLOC_CTX *mem_ctx, struct tar_records *r,
			  const char *key, struct timespec time);

/**
 * Take the next record off the front.
 *
 * @param left   what is left; its bytes are changed: key and value then end
 *               with a zero byte.
 * @param key    out: as it was written, "%25" and "%3D" are decoded.
 * @param value  out: may have zero bytes.
 * @return false: the end (left->len is 0), or no record.
 */
bool tar_records_take(struct tar_records *left, char **key,
		      struct wire_slice *value);

/** "12345.678". @return false: no time that a file can have here. */
bool tar_time(const char *text, struct timespec *out);

#endif
