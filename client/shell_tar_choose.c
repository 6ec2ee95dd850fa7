/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Which files go into an archive and out of it, and where to. */
#include <fnmatch.h>
#include <string.h>

#include "client/shell_tar.h"
#include "smbquic/utf16.h"

/* "a/b" has "a/b" and "a/b/c"; names are compared as servers do. */
static bool has(const char *path, const char *name)
{
	size_t len = strlen(path);
	char *part = talloc_strndup(NULL, name, len);
	bool same = part != NULL && utf8_case_equal(path, part) &&
		    (name[len] == '\0' || name[len] == '/');

	talloc_free(part);
	return same;
}

static bool matches(const struct tar_choice *choice, const char *path,
		    const char *name)
{
	if (choice->by_mask) {
		return fnmatch(path, name, FNM_CASEFOLD | FNM_LEADING_DIR) == 0;
	}
	return *path == '\0' || strlen(path) <= strlen(name)
		       ? *path == '\0' || has(path, name)
		       : false;
}

bool tar_chooses_name(const struct tar_choice *choice, const char *name)
{
	size_t i = 0;

	while (strncmp(name, "./", 2) == 0) {
		name += 2;
	}
	for (i = 0; i < choice->paths; i++) {
		if (matches(choice, choice->path[i], name)) {
			return !choice->exclude;
		}
	}
	return choice->exclude || choice->paths == 0;
}

bool tar_chooses(const struct tar_choice *choice, const char *name,
		 const struct client_stat *stat)
{
	uint32_t a = stat->attributes;

	if ((choice->no_hidden && (a & FILE_ATTRIBUTE_HIDDEN) != 0) ||
	    (choice->no_system && (a & FILE_ATTRIBUTE_SYSTEM) != 0)) {
		return false;
	}
	if (choice->exclude && !tar_chooses_name(choice, name)) {
		return false;
	}
	if ((a & FILE_ATTRIBUTE_DIRECTORY) != 0) {
		return true;
	}
	return (!choice->incremental || (a & FILE_ATTRIBUTE_ARCHIVE) != 0) &&
	       (choice->newer == 0 || stat->write_time > choice->newer);
}

/* Longer than any server takes, in bytes. */
#define PATH_LEN_MAX 8192

/* One name of it, without what would lead elsewhere. */
static bool place_name(const char *name, bool map_names, const char **why)
{
	if (strcmp(name, "..") == 0) {
		*why = "left out: its name has .. in it";
	} else if (strchr(name, '\\') != NULL) {
		*why = "left out: its name has a backslash in it";
	} else if (!map_names && strchr(name, ':') != NULL) {
		*why = "left out: its name has a colon in it";
	} else if (!client_name_is_safe(name)) {
		*why = "left out: its name is no file's";
	} else {
		return true;
	}
	return false;
}

char *tar_place(TALLOC_CTX *mem_ctx, const char *cwd, const char *name,
		bool map_names, const char **why)
{
	char *path = talloc_strdup(mem_ctx, cwd);
	char *names = talloc_strdup(path, name);
	char *save = NULL;
	char *part = NULL;

	*why = names == NULL ? "out of memory" : NULL;
	if (strlen(name) > PATH_LEN_MAX) {
		*why = "left out: its name is too long";
	}
	for (part = names != NULL ? strtok_r(names, "/", &save) : NULL;
	     part != NULL && *why == NULL; part = strtok_r(NULL, "/", &save)) {
		if (strcmp(part, ".") == 0 ||
		    !place_name(part, map_names, why)) {
			continue;
		}
		path = talloc_asprintf_append(path, "%s%s",
					      *path != '\0' ? "\\" : "", part);
		if (path == NULL) {
			*why = "out of memory";
			return NULL;
		}
	}
	if (*why != NULL) {
		TALLOC_FREE(path);
	}
	return path;
}
