/* SPDX-License-Identifier: GPL-3.0-or-later */
/* mount_who.c - who logs on, as a text or as a file says. */
#include "client/mount/mount_options.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>

#include "smbquic/private_file.h"

void mount_options_user(struct mount_options *o, const char *text)
{
	char *user = talloc_strdup(o, text);
	char *cut = user != NULL ? strchr(user, '%') : NULL;

	if (cut != NULL) {
		*cut = '\0';
		o->password = cut + 1;
	}
	cut = user != NULL ? strpbrk(user, "/\\") : NULL;
	if (cut != NULL) {
		*cut = '\0';
		o->domain = user;
		user = cut + 1;
	}
	o->user = user;
}

static char *trim(char *s)
{
	char *end = NULL;

	s += strspn(s, " \t");
	end = s + strlen(s);
	while (end > s && strchr("\r\n", end[-1]) != NULL) {
		end--;
	}
	*end = '\0';
	return s;
}

/* A line of a credentials file. Blanks at the end may be a password's. */
static bool take_line(struct mount_options *o, char *line)
{
	char *key = trim(line);
	char *value = strchr(key, '=');
	char **where = NULL;
	size_t len = 0;

	if (*key == '\0' || *key == '#' || *key == ';') {
		return true;
	}
	if (value == NULL) {
		return false;
	}
	*value++ = '\0';
	len = strcspn(key, " \t");
	key[len] = '\0';
	if (strcasecmp(key, "username") == 0 || strcasecmp(key, "user") == 0) {
		where = &o->user;
	} else if (strcasecmp(key, "password") == 0 ||
		   strcasecmp(key, "pass") == 0) {
		where = &o->password;
	} else if (strcasecmp(key, "domain") == 0 ||
		   strcasecmp(key, "dom") == 0 ||
		   strcasecmp(key, "workgroup") == 0) {
		where = &o->domain;
	}
	if (where != NULL && *where == NULL) {
		*where = talloc_strdup(o, trim(value));
	}
	return true;
}

bool mount_options_credentials(struct mount_options *o, const char *file,
			       char **why)
{
	FILE *f = fopen(file, "re");
	char buffer[BUFSIZ];
	struct stat st = {0};
	char *line = NULL;
	size_t size = 0;
	unsigned number = 0;
	bool good = true;

	*why = NULL;
	if (f == NULL) {
		*why = talloc_asprintf(o, "%s: %s", file, strerror(errno));
		return false;
	}
	if (fstat(fileno(f), &st) == 0) {
		*why = private_file_exposed(o, file, &st, "a password");
	}
	if (*why != NULL) {
		fclose(f);
		return false;
	}
	setvbuf(f, buffer, _IOFBF, sizeof(buffer));
	while (good && getline(&line, &size, f) > 0) {
		number++;
		good = take_line(o, line);
		explicit_bzero(line, size);
	}
	if (!good) {
		*why = talloc_asprintf(o,
				       "%s:%u: not a line like username=NAME",
				       file, number);
	}
	free(line);
	fclose(f);
	explicit_bzero(buffer, sizeof(buffer));
	return good;
}
