/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * visit.c - lines "KIND HOST:PORT POLICY EXPIRES BASE64", the oldest first.
 */
#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <gnutls/gnutls.h>

#include "smbquic/savefile.h"
#include "smbquic/visit.h"

/* Base64, and as much again for names. */
#define LINE_MAX_LEN (2 * VISIT_DATA_MAX)
#define FILE_MAX_LEN ((size_t)VISIT_MEMORIES * LINE_MAX_LEN)

/* What is in the file, line by line. */
struct lines {
	char **line;
	size_t count;
};

/* "kind host:port policy ", the beginning of a line. */
static char *key_text(TALLOC_CTX *mem_ctx, const struct visit_key *key)
{
	char *text = talloc_asprintf(mem_ctx, "%s %s:%u %s ", key->kind,
				     key->host, key->port, key->policy);
	char *p = NULL;

	for (p = text; p != NULL && *p != '\0'; p++) {
		*p = (char)tolower((unsigned char)*p);
	}
	return text;
}

static bool is_ours(const struct stat *st)
{
	return st->st_uid == geteuid() && (st->st_mode & 077) == 0;
}

/* The expiry is the fourth word. @return false: damaged. */
static bool expiry_of(const char *line, long long *out)
{
	char *end = NULL;
	int words = 0;

	for (; words < 3; words++) {
		line = strchr(line, ' ');
		if (line == NULL) {
			return false;
		}
		line++;
	}
	errno = 0;
	*out = strtoll(line, &end, 10);
	return errno == 0 && end != line && *end == ' ';
}

static bool still_good(const char *line, time_t now)
{
	long long expires = 0;

	return strlen(line) < LINE_MAX_LEN && expiry_of(line, &expires) &&
	       expires > (long long)now;
}

static bool read_lines(TALLOC_CTX *mem_ctx, const char *path, time_t now,
		       struct lines *out)
{
	struct stat st;
	size_t len = 0;
	char *rest = NULL;
	char *word = NULL;
	char *text = savefile_read(mem_ctx, path, FILE_MAX_LEN, &len, &st);

	*out = (struct lines){0};
	out->line = talloc_array(mem_ctx, char *, VISIT_MEMORIES + 1);
	if (out->line == NULL) {
		return false;
	}
	if (text == NULL || !is_ours(&st)) {
		return true;
	}
	for (word = strtok_r(text, "\n", &rest);
	     word != NULL && out->count < VISIT_MEMORIES;
	     word = strtok_r(NULL, "\n", &rest)) {
		if (still_good(word, now)) {
			out->line[out->count++] = word;
		}
	}
	return true;
}

static bool is_line_of(const char *line, const char *key)
{
	return strncmp(line, key, strlen(key)) == 0;
}

static void remove_key(struct lines *all, const char *key)
{
	size_t from = 0;
	size_t to = 0;

	for (from = 0; from < all->count; from++) {
		if (!is_line_of(all->line[from], key)) {
			all->line[to++] = all->line[from];
		}
	}
	all->count = to;
}

static int write_lines(TALLOC_CTX *mem_ctx, const char *path,
		       const struct lines *all)
{
	size_t first =
		all->count > VISIT_MEMORIES ? all->count - VISIT_MEMORIES : 0;
	char *text = talloc_strdup(mem_ctx, "");
	size_t i = 0;

	for (i = first; text != NULL && i < all->count; i++) {
		text = talloc_asprintf_append_buffer(text, "%s\n",
						     all->line[i]);
	}
	if (text == NULL) {
		return ENOMEM;
	}
	return savefile_write_quick(path, 0600, text, strlen(text));
}

/* Replace the line of that key by another, or by none. */
static int change(const char *path, const struct visit_key *key, time_t now,
		  char *line)
{
	TALLOC_CTX *tmp = talloc_new(NULL);
	char *start = key_text(tmp, key);
	struct lines all;
	int lock = -1;
	int err = ENOMEM;

	if (start == NULL) {
		goto out;
	}
	lock = savefile_lock(path);
	if (lock == -1) {
		err = errno;
		goto out;
	}
	if (read_lines(tmp, path, now, &all)) {
		remove_key(&all, start);
		if (line != NULL) {
			all.line[all.count++] = line;
		}
		err = write_lines(tmp, path, &all);
	}
out:
	if (lock != -1) {
		close(lock);
	}
	talloc_free(tmp);
	return err;
}

static uint8_t *decode(TALLOC_CTX *mem_ctx, const char *text, size_t *len)
{
	gnutls_datum_t in = {.data = (unsigned char *)(uintptr_t)text,
			     .size = (unsigned)strlen(text)};
	gnutls_datum_t out = {0};
	uint8_t *data = NULL;

	*len = 0;
	if (strcmp(text, "-") == 0) {
		return talloc_size(mem_ctx, 1);
	}
	if (gnutls_base64_decode2(&in, &out) != 0) {
		return NULL;
	}
	if (out.size <= VISIT_DATA_MAX) {
		*len = out.size;
		data = talloc_size(mem_ctx, out.size + 1);
	}
	if (data != NULL) {
		memcpy(data, out.data, out.size);
	}
	gnutls_memset(out.data, 0, out.size);
	gnutls_free(out.data);
	return data;
}

uint8_t *visit_get(TALLOC_CTX *mem_ctx, const char *path,
		   const struct visit_key *key, time_t now, size_t *len)
{
	TALLOC_CTX *tmp = talloc_new(mem_ctx);
	char *start = path != NULL ? key_text(tmp, key) : NULL;
	uint8_t *data = NULL;
	struct lines all;
	size_t i = 0;

	*len = 0;
	if (start == NULL || !read_lines(tmp, path, now, &all)) {
		talloc_free(tmp);
		return NULL;
	}
	for (i = 0; i < all.count; i++) {
		if (is_line_of(all.line[i], start)) {
			data = decode(mem_ctx, strrchr(all.line[i], ' ') + 1,
				      len);
		}
	}
	talloc_free(tmp);
	return data;
}

uint8_t *visit_take(TALLOC_CTX *mem_ctx, const char *path,
		    const struct visit_key *key, time_t now, size_t *len)
{
	uint8_t *data = visit_get(mem_ctx, path, key, now, len);

	/* What cannot be forgotten must not be used: it would be again. */
	if (data != NULL && visit_forget(path, key, now) != 0) {
		TALLOC_FREE(data);
		*len = 0;
	}
	return data;
}

int visit_put(const char *path, const struct visit_key *key, time_t now,
	      time_t expires, const uint8_t *data, size_t len)
{
	gnutls_datum_t in = {.data = (unsigned char *)(uintptr_t)data,
			     .size = (unsigned)len};
	gnutls_datum_t text = {0};
	char *start = NULL;
	char *line = NULL;
	int err = ENOMEM;

	if (path == NULL) {
		return 0;
	}
	if (len > VISIT_DATA_MAX || strlen(key->host) > VISIT_DATA_MAX / 4 ||
	    strpbrk(key->host, " \t\n") != NULL) {
		return EMSGSIZE;
	}
	if (len > 0 && gnutls_base64_encode2(&in, &text) != 0) {
		return ENOMEM;
	}
	start = key_text(NULL, key);
	line = talloc_asprintf(start, "%s%lld %.*s", start, (long long)expires,
			       len > 0 ? (int)text.size : 1,
			       len > 0 ? (const char *)text.data : "-");
	if (start != NULL && line != NULL) {
		err = change(path, key, now, line);
	}
	gnutls_free(text.data);
	talloc_free(start);
	return err;
}

int visit_forget(const char *path, const struct visit_key *key, time_t now)
{
	return path != NULL ? change(path, key, now, NULL) : 0;
}
