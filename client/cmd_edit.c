/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * edit: a file of the server in the editor of the user.
 *
 * The editor has a copy in a folder that nobody else can enter. What it has
 * changed goes back, unless the file on the server is no longer the one that
 * was copied; what does not go back stays where it is, and is named.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "client/cmd_list.h"
#include "client/shell_transfer.h"

/* Names the copy to the command line, which so needs no quotes around it. */
#define EDIT_VARIABLE "SMBQUIC_EDIT"

struct edit {
	const char *remote;
	const char *folder;
	const char *copy;
	bool there;		   /* on the server, at the beginning: */
	struct client_stat before; /* as this */
};

static const char *editor(void)
{
	static const char *const variables[] = {"VISUAL", "EDITOR"};
	size_t i = 0;

	for (i = 0; i < sizeof(variables) / sizeof(variables[0]); i++) {
		const char *value = getenv(variables[i]);

		if (value != NULL && *value != '\0') {
			return value;
		}
	}
	return "vi";
}

/* Editors go by the ending of a name. */
static bool make_folder(struct shell *shell, struct edit *e)
{
	const char *tmp = getenv("TMPDIR");
	const char *name = client_path_name(e->remote);
	char *folder = shell_need(
		talloc_asprintf(shell, "%s/smbquic-edit-XXXXXX",
				tmp != NULL && *tmp != '\0' ? tmp : "/tmp"));

	talloc_steal(e->remote, folder);
	if (mkdtemp(folder) == NULL) {
		shell_fail_errno(shell, errno, "%s", folder);
		return false;
	}
	e->folder = folder;
	e->copy = shell_need(
		talloc_asprintf(folder, "%s/%s", folder,
				client_name_is_safe(name) ? name : "text"));
	return true;
}

static bool fetch(struct shell *shell, struct edit *e)
{
	struct transfer t = shell_transfer_new(shell, NULL);
	struct transfer_result result = {0};
	NTSTATUS status = client_stat(shell->tree, e->remote, &e->before);

	if (status == NT_STATUS_OBJECT_NAME_NOT_FOUND) {
		return true; /* a new one */
	}
	if (!NT_STATUS_IS_OK(status)) {
		shell_fail(shell, status, "\\%s", e->remote);
		return false;
	}
	if ((e->before.attributes & FILE_ATTRIBUTE_DIRECTORY) != 0) {
		shell_fail(shell, NT_STATUS_FILE_IS_A_DIRECTORY, "\\%s",
			   e->remote);
		return false;
	}
	e->there = true;
	t.translate = false;
	result = shell_transfer_wait(&t, false, e->remote, e->copy);
	if (!NT_STATUS_IS_OK(result.status)) {
		shell_transfer_fail(shell, &result, e->remote, e->copy);
	}
	return NT_STATUS_IS_OK(result.status);
}

static bool run_editor(struct shell *shell, const struct edit *e)
{
	char *command = shell_need(
		talloc_asprintf(shell, "%s \"$" EDIT_VARIABLE "\"", editor()));
	int status = -1;

	fflush(shell->out);
	if (setenv(EDIT_VARIABLE, e->copy, 1) == 0) {
		status = system(command);
		unsetenv(EDIT_VARIABLE);
	}
	if (status == -1) {
		shell_fail_errno(shell, errno, "%s", editor());
	} else if (!WIFEXITED(status) || WEXITSTATUS(status) != 0) {
		shell_fail_text(shell, "%s failed; \\%s is as it was", editor(),
				e->remote);
		status = -1;
	}
	talloc_free(command);
	return status == 0;
}

static bool is_changed(const struct stat *before, const struct stat *after)
{
	return before->st_ino != after->st_ino ||
	       before->st_size != after->st_size ||
	       before->st_mtim.tv_sec != after->st_mtim.tv_sec ||
	       before->st_mtim.tv_nsec != after->st_mtim.tv_nsec;
}

/* Somebody else's changes are not written over. */
static bool is_as_fetched(struct shell *shell, const struct edit *e)
{
	struct client_stat now = {0};
	NTSTATUS status = client_stat(shell->tree, e->remote, &now);

	if (status == NT_STATUS_OBJECT_NAME_NOT_FOUND && !e->there) {
		return true;
	}
	if (NT_STATUS_IS_OK(status) && e->there &&
	    now.write_time == e->before.write_time &&
	    now.size == e->before.size) {
		return true;
	}
	if (NT_STATUS_IS_OK(status) ||
	    status == NT_STATUS_OBJECT_NAME_NOT_FOUND) {
		shell_fail_text(shell, "\\%s was changed by somebody else",
				e->remote);
	} else {
		shell_fail(shell, status, "\\%s", e->remote);
	}
	return false;
}

static bool send_back(struct shell *shell, const struct edit *e)
{
	struct transfer t = shell_transfer_new(shell, NULL);
	struct transfer_result result = {0};

	t.translate = false;
	result = shell_transfer_wait(&t, true, e->remote, e->copy);
	if (!NT_STATUS_IS_OK(result.status)) {
		shell_transfer_fail(shell, &result, e->remote, e->copy);
	}
	return NT_STATUS_IS_OK(result.status);
}

/* @return whether the copy is needed no more. */
static bool edit_copy(struct shell *shell, const struct edit *e)
{
	struct stat before = {0};
	struct stat after = {0};
	bool made = false;
	bool edited = false;

	if (e->there && stat(e->copy, &before) != 0) {
		shell_fail_errno(shell, errno, "%s", e->copy);
		return true;
	}
	edited = run_editor(shell, e);
	made = stat(e->copy, &after) == 0;
	if (!made || !is_changed(&before, &after)) {
		if (edited) {
			shell_say(shell, "\\%s: nothing was changed",
				  e->remote);
		}
		return true;
	}
	if (edited && is_as_fetched(shell, e) && send_back(shell, e)) {
		return true;
	}
	shell_fail_text(shell, "what was edited is in %s", e->copy);
	return false;
}

void cmd_edit(struct shell *shell, int argc, char **argv)
{
	struct edit e = {.remote = shell_path(shell, shell, argv[1])};

	(void)argc;
	if (make_folder(shell, &e)) {
		if (!fetch(shell, &e) || edit_copy(shell, &e)) {
			unlink(e.copy);
			rmdir(e.folder); /* an editor's own files stay */
		}
	}
	talloc_free((void *)(uintptr_t)e.remote);
}
