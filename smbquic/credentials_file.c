/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "smbquic/credentials_file.h"

#include <errno.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "smbquic/private_file.h"
#include "smbquic/secret.h"

static const struct {
	const char *key;
	size_t member;
} keys[] = {
	{"username", offsetof(struct credentials_file, user)},
	{"user", offsetof(struct credentials_file, user)},
	{"password", offsetof(struct credentials_file, password)},
	{"pass", offsetof(struct credentials_file, password)},
	{"domain", offsetof(struct credentials_file, domain)},
	{"dom", offsetof(struct credentials_file, domain)},
	{"workgroup", offsetof(struct credentials_file, domain)},
};

static char *trim(char *s, const char *at_end)
{
	char *end = NULL;

	s += strspn(s, " \t");
	end = s + strlen(s);
	while (end > s && strchr(at_end, end[-1]) != NULL) {
		end--;
	}
	*end = '\0';
	return s;
}

/* @return 0; EBADMSG: not of that form; ENOMEM */
static int take(struct credentials_file *file, const char *key,
		const char *value)
{
	char **where = NULL;
	size_t i = 0;

	for (i = 0; i < sizeof(keys) / sizeof(keys[0]); i++) {
		if (strcasecmp(key, keys[i].key) == 0) {
			where = (void *)((char *)file + keys[i].member);
		}
	}
	if (where == NULL || *where != NULL) {
		return 0;
	}
	*where = secret_strdup(file, value);
	return *where != NULL ? 0 : ENOMEM;
}

static int take_line(struct credentials_file *file, char *line,
		     bool keep_blanks)
{
	char *value = NULL;

	line += strspn(line, " \t\r\n");
	if (*line == '\0' || *line == '#' || *line == ';') {
		return 0;
	}
	value = strchr(line, '=');
	if (value == NULL) {
		return EBADMSG;
	}
	*value++ = '\0';
	return take(file, trim(line, " \t"),
		    trim(value, keep_blanks ? "\r\n" : " \t\r\n"));
}

static int read_lines(FILE *f, struct credentials_file *file, bool keep_blanks,
		      unsigned *number)
{
	char buffer[BUFSIZ];
	char *line = NULL;
	size_t size = 0;
	int err = 0;

	setvbuf(f, buffer, _IOFBF, sizeof(buffer));
	while (err == 0 && getline(&line, &size, f) > 0) {
		*number += 1;
		err = take_line(file, line, keep_blanks);
		explicit_bzero(line, size);
	}
	if (err == 0 && ferror(f)) {
		err = errno;
	}
	free(line);
	fclose(f); /* which knows the buffer until then */
	explicit_bzero(buffer, sizeof(buffer));
	return err;
}

static FILE *open_private(TALLOC_CTX *mem_ctx, const char *path, char **why)
{
	FILE *f = fopen(path, "re");
	struct stat st = {0};

	if (f == NULL || fstat(fileno(f), &st) != 0) {
		*why = talloc_asprintf(mem_ctx, "%s: %s", path,
				       strerror(errno));
	} else {
		*why = private_file_exposed(mem_ctx, path, &st, "a password");
	}
	if (*why != NULL && f != NULL) {
		fclose(f);
	}
	return *why == NULL ? f : NULL;
}

bool credentials_file_read(TALLOC_CTX *mem_ctx, const char *path,
			   bool keep_blanks, struct credentials_file **out,
			   char **why)
{
	FILE *f = open_private(mem_ctx, path, why);
	unsigned number = 0;
	int err = 0;

	*out = NULL;
	if (f == NULL) {
		return false;
	}
	*out = talloc_zero(mem_ctx, struct credentials_file);
	if (*out == NULL) {
		fclose(f);
		return false;
	}
	err = read_lines(f, *out, keep_blanks, &number);
	if (err == 0) {
		return true;
	}
	if (err == EBADMSG) {
		*why = talloc_asprintf(
			mem_ctx, "%s:%u: not a line like \"username = NAME\"",
			path, number);
	} else if (err != ENOMEM) {
		*why = talloc_asprintf(mem_ctx, "%s: %s", path, strerror(err));
	}
	TALLOC_FREE(*out);
	return false;
}
