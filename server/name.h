/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * name.h - rules for names and patterns (MS-FSCC 2.1, MS-FSA 2.1.4.4).
 *
 * In: a path as it stands in a CREATE, rename or link request, UTF-16LE with
 * '\' between components ('/' by the POSIX extensions). Out: the store's form
 * (store.h): UTF-8 with '/'.
 */
#ifndef SERVER_NAME_H
#define SERVER_NAME_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <talloc.h>

/** What became of a client's path. */
enum name_result {
	NAME_OK,
	NAME_INVALID, /**< OBJECT_NAME_INVALID: characters, "", length */
	NAME_SYNTAX,  /**< OBJECT_PATH_SYNTAX_BAD: ".." above the root; from
			 POSIX clients any */
	NAME_LEADING, /**< INVALID_PARAMETER: begins with a separator */
	NAME_NO_MEMORY,
};

struct name_path {
	char *path;	/**< UTF-8, '/'; "" is the root */
	char *stream;	/**< NULL: the file's own data. Else the stream's name
			   (never "") without ':' and type; children of mem_ctx */
	bool data;	/**< it was said to be no directory, by "::$DATA" */
	bool directory; /**< it was said to be one: by ":$INDEX_ALLOCATION" or a
			   separator at its end (MS-FSA 2.1.5.1) */
};

/**
 * Take a client's path.
 * "." and ".." are resolved by the text alone (MS-FSCC 2.1.5.1).
 * "name", "name::$DATA" are the same file; "name:s" and "name:s:$DATA" a
 * stream of it, ":s" one of the root.
 */
enum name_result name_path_parse(TALLOC_CTX *mem_ctx, const uint8_t *utf16,
				 size_t len, struct name_path *out);

/**
 * Take the path of a client that opens as POSIX has it: every name that a disk
 * has, '/' alone between, no streams. Names come out as a store shows them.
 */
enum name_result name_posix_parse(TALLOC_CTX *mem_ctx, const uint8_t *utf16,
				  size_t len, struct name_path *out);

/**
 * Take the new name of a stream: ":name", ":name:$DATA" or "::$DATA" (MS-FSA
 * 2.1.5.15.12.1).
 * @param stream  out: child of mem_ctx; NULL: the file's own data.
 * @return NAME_INVALID also for other types.
 */
enum name_result name_stream_parse(TALLOC_CTX *mem_ctx, const uint8_t *utf16,
				   size_t len, char **stream);

/** "path:stream"; without a stream a copy of path. NULL: no memory. */
char *name_with_stream(TALLOC_CTX *mem_ctx, const char *path,
		       const char *stream);

/** Is this one component that Windows takes (without wildcards)? UTF-8. */
bool name_component_valid(const char *name);

/** The last component: points into path. */
const char *name_last(const char *path);
/** The path without its last component: "" for one component. */
char *name_parent(TALLOC_CTX *mem_ctx, const char *path);
/** For the client: '/' becomes '\'. */
char *name_to_client(TALLOC_CTX *mem_ctx, const char *path);
/** path without `parent` before it: "" for itself; NULL: not below. */
const char *name_below(const char *path, const char *parent);

/** Do two names differ in case only, or not at all? */
bool name_equal(const char *a, const char *b);

/**
 * A pattern for directory listings: '*', '?', and the three with which DOS
 * programs' patterns are sent: '<' '>' '"' (MS-FSA 2.1.4.4). Compared without
 * regard to case.
 */
struct name_pattern;
/**
 * @return NULL: no memory, or not valid UTF-16 (errno ENOMEM, EILSEQ), or
 *         characters that no pattern has (EINVAL).
 */
struct name_pattern *name_pattern_new(TALLOC_CTX *mem_ctx, const uint8_t *utf16,
				      size_t len);
/** The same of UTF-8. */
struct name_pattern *name_pattern_text(TALLOC_CTX *mem_ctx, const char *text);
/** From now on case counts. */
void name_pattern_exact(struct name_pattern *pattern);
bool name_pattern_match(const struct name_pattern *pattern, const char *name);
/** The name it stands for when it has no wildcard in it, else NULL. */
const char *name_pattern_literal(const struct name_pattern *pattern);
/** Does it match everything? */
bool name_pattern_all(const struct name_pattern *pattern);

#endif /* SERVER_NAME_H */
