/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Files of this machine that mput sends. */
#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <fnmatch.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "client/shell_many.h"
#include "client/shell_meta.h"
#include "smbquic/name_map.h"
#include "smbquic/utf16.h"

/* Links to files are files; links to folders could lead round in a circle. */
static bool local_stat(const char *file, struct stat *st)
{
	if (lstat(file, st) != 0) {
		return false;
	}
	if (S_ISLNK(st->st_mode)) {
		return stat(file, st) == 0 && S_ISREG(st->st_mode);
	}
	return S_ISREG(st->st_mode) || S_ISDIR(st->st_mode);
}

/* A backslash goes where names are mapped. */
static bool may_be_sent(const struct many *many, const char *name)
{
	return client_name_is_safe(name) ||
	       (many->shell->map_names && strchr(name, '\\') != NULL &&
		strlen(name) <= NAME_MAP_MAX);
}

static void many_add_local_name(struct many *many, const struct many_folder *in,
				const char *remote, const char *local,
				const char *name, bool by_mask)
{
	char *file = many_local_name(many, local, name);
	struct client_stat info = {0};
	struct stat st = {0};
	bool folder = false;

	if (!may_be_sent(many, name)) {
		shell_fail(many->shell, NT_STATUS_OBJECT_NAME_INVALID, "%s",
			   file);
	} else if (local_stat(file, &st)) {
		many->matched++;
		folder = S_ISDIR(st.st_mode);
		info.size = (uint64_t)st.st_size;
		info.write_time = nttime_from_timespec(st.st_mtim);
		info.attributes = folder ? meta_attributes(file) : 0;
		if (folder ? many->shell->recurse
			   : !by_mask || many_mask_matches(many->shell, name)) {
			many_add(many, in, remote, local, name, folder, &info);
		}
	} else if (!by_mask || many_mask_matches(many->shell, name)) {
		shell_say(many->shell,
			  "left out: %s (neither a file nor a folder, or a "
			  "link that leads to no file)",
			  file);
	}
	talloc_free(file);
}

/* So that runs are alike, and names that differ in case alone side by side. */
static int by_name(const struct dirent **a, const struct dirent **b)
{
	int order = utf8_casecmp((*a)->d_name, (*b)->d_name);

	return order != 0 ? order : strcmp((*a)->d_name, (*b)->d_name);
}

/* Does the server find this folder of its when the case is another? */
static bool ignores_case(struct many *many, const char *remote)
{
	struct client_stat stat = {0};
	NTSTATUS status = NT_STATUS_OK;
	char *other = NULL;
	char *p = NULL;

	if (many->case_known) {
		return many->ignores_case;
	}
	other = shell_need(talloc_strdup(many, remote));
	for (p = other; *p != '\0'; p++) {
		*p = isalpha((unsigned char)*p) ? (char)(*p ^ 0x20) : *p;
	}
	if (strcmp(other, remote) == 0) {
		return true; /* as most do */
	}
	status = client_stat(many->shell->tree, other, &stat);
	many->ignores_case = status != NT_STATUS_OBJECT_NAME_NOT_FOUND &&
			     status != NT_STATUS_OBJECT_PATH_NOT_FOUND;
	many->case_known = true;
	talloc_free(other);
	return many->ignores_case;
}

/* One would be lost in the other. */
static bool is_twin(struct many *many, const char *remote, const char *name,
		    const char *before)
{
	if (before == NULL || !utf8_case_equal(name, before) ||
	    !ignores_case(many, remote)) {
		return false;
	}
	shell_progress_clear(many->progress);
	shell_fail_text(many->shell,
			"%s: left out: to the server it has the same name "
			"as %s",
			name, before);
	return true;
}

/* A local folder. */
void many_add_local(struct many *many, const struct many_folder *in,
		    const char *remote, const char *local, const char *mask,
		    bool by_mask)
{
	const char *path = *local != '\0' ? local : ".";
	struct dirent **names = NULL;
	int count = scandir(path, &names, NULL, by_name);
	const char *before = NULL;
	int i = 0;

	if (count < 0) {
		shell_progress_clear(many->progress);
		shell_fail_errno(many->shell, errno, "%s", path);
		return;
	}
	for (i = 0; i < count; i++) {
		const char *name = names[i]->d_name;

		if (!many_is_dot(name) && !many->shell->interrupted &&
		    fnmatch(mask, name, by_mask ? 0 : FNM_PERIOD) == 0 &&
		    !is_twin(many, remote, name, before)) {
			many_add_local_name(many, in, remote, local, name,
					    by_mask);
			before = name;
		}
	}
	for (i = 0; i < count; i++) {
		free(names[i]);
	}
	free(names);
}
