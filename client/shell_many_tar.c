/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The files that "tar c" puts into an archive. */
#include <errno.h>
#include <inttypes.h>
#include <string.h>

#include "client/shell_many.h"

void many_tar_say(struct many *many, const struct many_item *item)
{
	char *text = shell_printable(many, item->local);

	shell_progress_clear(many->progress);
	fprintf(many->shell->out, "%s\n", text);
	talloc_free(text);
}

/* Where in an archive a folder of the server is: below the current one by
 * names from there, else by those from the share's root. */
static char *many_tar_name(struct many *many, const char *folder)
{
	const char *cwd = many->shell->cwd;
	size_t len = strlen(cwd);
	char *name = NULL;
	char *p = NULL;

	if (len > 0 && strncmp(folder, cwd, len) == 0 &&
	    (folder[len] == '\\' || folder[len] == '\0')) {
		folder += len + (folder[len] == '\\' ? 1 : 0);
	}
	name = shell_need(talloc_strdup(many, folder));
	for (p = name; *p != '\0'; p++) {
		*p = *p == '\\' ? '/' : *p;
	}
	return name;
}

/* What matches one path. @return false: it failed. */
static bool many_tar_path(struct many *many, const char *typed)
{
	char *path = shell_path(many, many->shell, typed);
	char *folder = shell_need(client_path_folder(many, path));
	const char *mask = *path != '\0' ? client_path_name(path) : "*";
	struct client_dir_list *list = NULL;
	NTSTATUS status =
		client_list(many, many->shell->tree, folder, mask, &list);

	if (NT_STATUS_IS_OK(status) && list->count == 0 && *typed != '\0') {
		status = NT_STATUS_NO_SUCH_FILE;
	}
	if (!NT_STATUS_IS_OK(status)) {
		shell_fail(many->shell, status, "\\%s", path);
		return false;
	}
	many_know_base(many, folder);
	many_add_listed(many, &many->base, folder, many_tar_name(many, folder),
			list, false);
	return true;
}

static void many_tar_end(struct many *many, const char *local)
{
	struct shell *shell = many->shell;
	uint64_t entries = 0;
	uint64_t bytes = 0;
	int err = 0;

	if (many->tar == NULL || shell->interrupted ||
	    client_why(shell->conn) != NULL) {
		return;
	}
	err = tar_out_error(many->tar);
	if (err == 0) {
		err = tar_out_commit(many->tar, shell);
	}
	tar_out_count(many->tar, &entries, &bytes);
	if (err != 0) {
		shell_fail_errno(shell, err, "%s", local);
	} else {
		shell_say(shell,
			  "tar: %" PRIu64 " files and folders, %" PRIu64
			  " bytes",
			  entries, bytes);
	}
}

void shell_many_tar(struct shell *shell, const struct tar_choice *choice,
		    const char *local)
{
	struct many *many = many_new(shell, false);
	bool recurse = shell->recurse;
	bool ask = shell->ask;
	bool some = choice->exclude || choice->paths == 0;
	size_t i = 0;
	int err = choice->dry_run
			  ? 0
			  : tar_out_create(many, choice, local, &many->tar);

	if (err != 0) {
		shell_fail_errno(shell, err, "%s", local);
		talloc_free(many);
		return;
	}
	many->choice = choice;
	shell->recurse = true;
	shell->ask = false;
	if (some) {
		some = many_tar_path(many, "*");
	}
	for (i = 0; !choice->exclude && i < choice->paths; i++) {
		some = many_tar_path(many, choice->path[i]) || some;
	}
	if (some) {
		many_run(many);
		many_tar_end(many, local);
	}
	shell->recurse = recurse;
	shell->ask = ask;
	talloc_free(many);
}
