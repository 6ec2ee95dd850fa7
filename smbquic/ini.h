/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * ini.h - smb.conf syntax, without knowing any key.
 *
 *     # comment      ; comment
 *     [section]
 *     	key with spaces = value, \
 *     		that goes on
 *
 * A document is its lines: what is not changed is written back as it was read,
 * comments and unknown keys included.
 */
#ifndef SMBQUIC_INI_H
#define SMBQUIC_INI_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/stat.h>
#include <talloc.h>

enum ini_kind {
	INI_BLANK,   /**< empty or a comment */
	INI_SECTION, /**< section is set */
	INI_KEY,     /**< key and value are set; section NULL at the top */
	INI_BAD,     /**< value says what is wrong with it */
};

/** One line; with its continuations when there are any. */
struct ini_line {
	enum ini_kind kind;
	unsigned number;     /**< from 1; 0: not from a file */
	const char *text;    /**< as written, without the last newline */
	const char *section; /**< of the last header above, or NULL */
	const char *key;     /**< trimmed, as written */
	const char *value;   /**< trimmed, continuations joined */
};

struct ini;

/** An empty document. NULL: no memory. */
struct ini *ini_new(TALLOC_CTX *mem_ctx);

/** From memory. The only failure is lack of memory: see INI_BAD. */
struct ini *ini_parse(TALLOC_CTX *mem_ctx, const char *text, size_t len);

/**
 * From a file of at most INI_MAX_FILE bytes.
 *
 * @param st  out, may be NULL: what was read.
 * @return NULL with errno.
 */
struct ini *ini_load(TALLOC_CTX *mem_ctx, const char *path, struct stat *st);
#define INI_MAX_FILE (4 * 1024 * 1024)

/** What `include = value` in `file` means: relative to that file. */
char *ini_include_path(TALLOC_CTX *mem_ctx, const char *file,
		       const char *value);
/** How deep files may include each other. */
#define INI_MAX_DEPTH 16

size_t ini_count(const struct ini *ini);
const struct ini_line *ini_line(const struct ini *ini, size_t i);

/** Keys are equal without regard to case and spaces, sections to case. */
bool ini_key_equal(const char *a, const char *b);

bool ini_has_section(const struct ini *ini, const char *section);

/** The last value given, as the last one wins; NULL when there is none. */
const char *ini_get(const struct ini *ini, const char *section,
		    const char *key);

/** Adds the section or the key when missing. False: no memory, or a name or
 *  value that the syntax cannot hold (newlines, a ']' in a section, ...). */
bool ini_set(struct ini *ini, const char *section, const char *key,
	     const char *value);
void ini_unset(struct ini *ini, const char *section, const char *key);
bool ini_add_section(struct ini *ini, const char *section);
/** With its keys and the comments between them; comments below them stay. */
void ini_remove_section(struct ini *ini, const char *section);

/** The document as text; NULL: no memory. */
char *ini_text(TALLOC_CTX *mem_ctx, const struct ini *ini);

/**
 * Values of the common kinds. A list is separated by spaces and commas; double
 * quotes keep them together. NULL-terminated; NULL: no memory.
 */
char **ini_split(TALLOC_CTX *mem_ctx, const char *value);
/** yes no true false on off 1 0 */
bool ini_bool(const char *value, bool *out);

#endif
