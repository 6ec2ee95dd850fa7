/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * tls_known_hosts.c - the certificates seen first (trust on first use).
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>
#include <sys/file.h>
#include <sys/stat.h>

#include "smbquic/tls_private.h"

#define LINE_MAX_LEN 1024
#define PREFIX	     "sha256:"

/* "host:port", an IPv6 address in brackets, lower case. */
static char *host_key(TALLOC_CTX *mem_ctx, const char *host, unsigned port)
{
	bool v6 = strchr(host, ':') != NULL;
	char *key =
		talloc_asprintf(mem_ctx, v6 ? "[%s]:%u" : "%s:%u", host, port);
	char *p = NULL;

	for (p = key; p != NULL && *p != '\0'; p++) {
		if (*p >= 'A' && *p <= 'Z') {
			*p = (char)(*p + ('a' - 'A'));
		}
	}
	return key;
}

/* The folders that lead to the file, as far as they are missing: a new user
 * has no ~/.config either. What fails here fails again when it is opened. */
static void make_folders(const char *file)
{
	char *path = talloc_strdup(NULL, file);
	char *slash = path != NULL ? strchr(path, '/') : NULL;

	for (; slash != NULL; slash = strchr(slash + 1, '/')) {
		if (slash == path) {
			continue;
		}
		*slash = '\0';
		mkdir(path, 0700);
		*slash = '/';
	}
	talloc_free(path);
}

static FILE *open_locked(const char *file)
{
	int fd = -1;
	FILE *f = NULL;

	make_folders(file);
	fd = open(file, O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
	if (fd == -1) {
		return NULL;
	}
	if (flock(fd, LOCK_EX) != 0) {
		close(fd);
		return NULL;
	}
	f = fdopen(fd, "r+");
	if (f == NULL) {
		close(fd);
	}
	return f;
}

/* The digest of a line "key sha256:HEX", or NULL: another one's line. */
static const char *digest_of(char *line, const char *key)
{
	char *rest = NULL;
	const char *name = strtok_r(line, " \t\r\n", &rest);
	const char *digest = strtok_r(NULL, " \t\r\n", &rest);

	if (name == NULL || digest == NULL || strcmp(name, key) != 0 ||
	    strncmp(digest, PREFIX, strlen(PREFIX)) != 0) {
		return NULL;
	}
	return digest + strlen(PREFIX);
}

static enum known_host look_up(FILE *f, TALLOC_CTX *mem_ctx, const char *key,
			       const char *sha256, char **old)
{
	char line[LINE_MAX_LEN];
	bool whole = true; /* the file ends with a line end */

	while (fgets(line, sizeof(line), f) != NULL) {
		const char *digest = NULL;

		whole = strchr(line, '\n') != NULL;
		digest = digest_of(line, key);
		if (digest == NULL) {
			continue;
		}
		if (strcmp(digest, sha256) == 0) {
			return KNOWN_HOST_SAME;
		}
		*old = talloc_strdup(mem_ctx, digest);
		return KNOWN_HOST_CHANGED;
	}
	if (fseek(f, 0, SEEK_END) != 0 ||
	    fprintf(f, "%s%s %s%s\n", whole ? "" : "\n", key, PREFIX, sha256) <
		    0 ||
	    fflush(f) != 0) {
		return KNOWN_HOST_ERROR;
	}
	return KNOWN_HOST_ADDED;
}

enum known_host tls_known_host(TALLOC_CTX *mem_ctx, const char *file,
			       const char *host, unsigned port,
			       const char *sha256, char **old)
{
	char *key = host_key(mem_ctx, host, port);
	enum known_host found = KNOWN_HOST_ERROR;
	FILE *f = NULL;
	int saved = ENOMEM;

	*old = NULL;
	if (key != NULL) {
		f = open_locked(file);
		saved = errno;
	}
	if (f != NULL) {
		found = look_up(f, mem_ctx, key, sha256, old);
		saved = errno;
		fclose(f);
	}
	talloc_free(key);
	errno = saved;
	return found;
}
