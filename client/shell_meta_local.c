/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What local files remember: extended attributes. */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/xattr.h>

#include "client/shell_meta.h"
#include "smbquic/smb2.h"
#include "smbquic/utf16.h"

/* XATTR_NAME_MAX, XATTR_LIST_MAX and XATTR_SIZE_MAX of the kernel. */
#define NAME_SIZE 256
#define LIST_SIZE 65536
#define DATA_SIZE 65536

/* Attributes that not every file has. */
#define UNUSUAL (META_KEPT & ~(uint32_t)FILE_ATTRIBUTE_ARCHIVE)

/* ------------------------------------------------------------- attributes */

uint32_t meta_attributes(const char *local)
{
	char text[16] = "";
	ssize_t n = getxattr(local, META_ATTRIBUTES, text, sizeof(text) - 1);
	char *end = NULL;
	unsigned long value = 0;

	if (n <= 0) {
		return 0;
	}
	text[n] = '\0';
	value = strtoul(text, &end, 16);
	return end != text && *end == '\0' ? (uint32_t)value & META_KEPT : 0;
}

void meta_set_attributes(const char *local, uint32_t attributes)
{
	char text[16] = "";
	int len = snprintf(text, sizeof(text), "0x%" PRIx32,
			   attributes & META_KEPT);

	if ((attributes & UNUSUAL) != 0) {
		(void)setxattr(local, META_ATTRIBUTES, text, (size_t)len, 0);
	} else {
		(void)removexattr(local, META_ATTRIBUTES);
	}
}

/* ------------------------------------------------------- time of creation */

/* The kernel's, when the file remembers no other. */
static NTTIME made_here(const char *local)
{
	struct statx stx = {0};
	struct timespec ts = {0};

	if (statx(AT_FDCWD, local, 0, STATX_BTIME, &stx) != 0 ||
	    (stx.stx_mask & STATX_BTIME) == 0) {
		return 0;
	}
	ts.tv_sec = (time_t)stx.stx_btime.tv_sec;
	ts.tv_nsec = stx.stx_btime.tv_nsec;
	return nttime_from_timespec(ts);
}

NTTIME meta_created_parse(const char *text)
{
	char *end = NULL;
	unsigned long long value = strtoull(text, &end, 16);

	return end != text && *end == '\0' && *text != '-' && value <= INT64_MAX
		       ? (NTTIME)value
		       : 0;
}

void meta_created_print(NTTIME created, char text[META_CREATED_SIZE])
{
	snprintf(text, META_CREATED_SIZE, "0x%" PRIx64, created);
}

NTTIME meta_created(const char *local)
{
	char text[META_CREATED_SIZE] = "";
	ssize_t n = getxattr(local, META_CREATED, text, sizeof(text) - 1);
	NTTIME created = 0;

	if (n > 0) {
		text[n] = '\0';
		created = meta_created_parse(text);
	}
	return created != 0 ? created : made_here(local);
}

int meta_set_created(const char *local, NTTIME created)
{
	char text[META_CREATED_SIZE] = "";

	meta_created_print(created, text);
	return setxattr(local, META_CREATED, text, strlen(text), 0) == 0
		       ? 0
		       : errno;
}

/* ------------------------------------------------------------- descriptor */

/* @return -1 and errno; ENODATA: there is none. */
static ssize_t load(TALLOC_CTX *mem_ctx, const char *local, const char *name,
		    uint8_t **data)
{
	ssize_t n = 0;

	*data = talloc_size(mem_ctx, DATA_SIZE);
	if (*data == NULL) {
		errno = ENOMEM;
		return -1;
	}
	n = getxattr(local, name, *data, DATA_SIZE);
	if (n < 0) {
		int err = errno;

		TALLOC_FREE(*data);
		errno = err;
	} else {
		*data = talloc_realloc_size(mem_ctx, *data, (size_t)n + 1);
	}
	return n;
}

int meta_set_descriptor(const char *local, struct wire_slice descriptor)
{
	return setxattr(local, META_DESCRIPTOR, descriptor.data, descriptor.len,
			0) == 0
		       ? 0
		       : errno;
}

/* ---------------------------------------------------------------- streams */

/* @return false: it is too long. */
static bool stream_attribute(const char *name, char out[NAME_SIZE])
{
	int n = snprintf(out, NAME_SIZE, "%s%s%s", META_STREAM, name,
			 META_STREAM_END);

	return n > 0 && n < NAME_SIZE;
}

int meta_set_stream(const char *local, const char *name, struct wire_slice data)
{
	char attribute[NAME_SIZE] = "";
	uint8_t *value = NULL;
	int err = 0;

	if (data.len > META_STREAM_MAX || !stream_attribute(name, attribute)) {
		return E2BIG;
	}
	value = talloc_size(NULL, data.len + 1);
	if (value == NULL) {
		return ENOMEM;
	}
	if (data.len > 0) {
		memcpy(value, data.data, data.len);
	}
	value[data.len] = 0;
	err = setxattr(local, attribute, value, data.len + 1, 0) == 0 ? 0
								      : errno;
	talloc_free(value);
	return err;
}

int meta_remove_stream(const char *local, const char *name)
{
	char attribute[NAME_SIZE] = "";

	if (!stream_attribute(name, attribute)) {
		return E2BIG;
	}
	return removexattr(local, attribute) == 0 ? 0 : errno;
}

/* A name of an extended attribute: a stream's? */
char *meta_stream_name(TALLOC_CTX *mem_ctx, const char *attribute)
{
	size_t begin = strlen(META_STREAM);
	size_t end = strlen(META_STREAM_END);
	size_t len = strlen(attribute);

	if (len <= begin + end || strncmp(attribute, META_STREAM, begin) != 0 ||
	    strcmp(attribute + len - end, META_STREAM_END) != 0) {
		return NULL;
	}
	return talloc_strndup(mem_ctx, attribute + begin, len - begin - end);
}

static int by_name(const void *a, const void *b)
{
	const struct meta_stream *x = a;
	const struct meta_stream *y = b;

	return utf8_casecmp(x->name, y->name);
}

bool meta_local_add(struct meta_local *m, const char *name,
		    struct wire_slice data)
{
	struct meta_stream *all =
		talloc_realloc(m, m->stream, struct meta_stream, m->count + 1);
	uint8_t *copy = talloc_size(m, data.len + 1);

	if (all != NULL) {
		m->stream = all;
	}
	if (all == NULL || copy == NULL) {
		return false;
	}
	if (data.len > 0) {
		memcpy(copy, data.data, data.len);
	}
	all[m->count] = (struct meta_stream){
		.name = talloc_strdup(m, name),
		.data = wire_slice(copy, data.len),
	};
	return all[m->count++].name != NULL;
}

void meta_local_sort(struct meta_local *m)
{
	size_t i = 0;
	size_t kept = 0;

	if (m->count > 1) {
		qsort(m->stream, m->count, sizeof(m->stream[0]), by_name);
	}
	for (i = 0; i < m->count; i++) {
		if (kept == 0 ||
		    by_name(&m->stream[kept - 1], &m->stream[i]) != 0) {
			m->stream[kept++] = m->stream[i];
		}
	}
	m->count = kept;
}

static int load_stream(struct meta_local *m, const char *local,
		       const char *attribute)
{
	char *name = meta_stream_name(m, attribute);
	uint8_t *data = NULL;
	ssize_t n = 0;
	bool good = true;

	if (name == NULL) {
		return 0;
	}
	n = load(m, local, attribute, &data);
	if (n < 0) {
		return errno == ENODATA ? 0 : errno;
	}
	good = meta_local_add(m, name,
			      wire_slice(data, n > 0 ? (size_t)n - 1 : 0));
	talloc_free(data);
	talloc_free(name);
	return good ? 0 : ENOMEM;
}

static int load_streams(struct meta_local *m, const char *local)
{
	char *list = talloc_size(m, LIST_SIZE);
	ssize_t len = 0;
	ssize_t at = 0;
	int err = 0;

	if (list == NULL) {
		return ENOMEM;
	}
	len = listxattr(local, list, LIST_SIZE);
	if (len < 0) {
		err = errno == EOPNOTSUPP ? 0 : errno;
	}
	for (at = 0; at < len && err == 0;
	     at += (ssize_t)strlen(list + at) + 1) {
		err = load_stream(m, local, list + at);
	}
	talloc_free(list);
	meta_local_sort(m);
	return err;
}

int meta_local_load(TALLOC_CTX *mem_ctx, const struct transfer *t,
		    const char *local, struct meta_local **out)
{
	struct meta_local *m = talloc_zero(mem_ctx, struct meta_local);
	uint8_t *data = NULL;
	ssize_t n = 0;
	int err = 0;

	*out = NULL;
	if (m == NULL) {
		return ENOMEM;
	}
	if (t->keep_acls) {
		n = load(m, local, META_DESCRIPTOR, &data);
		err = n < 0 && errno != ENODATA && errno != EOPNOTSUPP ? errno
								       : 0;
		m->descriptor = wire_slice(data, n > 0 ? (size_t)n : 0);
	}
	if (err == 0 && t->keep_streams) {
		err = load_streams(m, local);
	}
	if (err != 0) {
		talloc_free(m);
		return err;
	}
	*out = m;
	return 0;
}

bool meta_local_is_empty(const struct meta_local *m)
{
	return m->descriptor.len == 0 && m->count == 0;
}

const struct meta_stream *meta_local_find(const struct meta_local *m,
					  const char *name)
{
	const struct meta_stream key = {.name = name};

	if (m->count == 0) {
		return NULL;
	}
	return bsearch(&key, m->stream, m->count, sizeof(m->stream[0]),
		       by_name);
}
