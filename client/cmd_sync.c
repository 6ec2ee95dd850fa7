/* SPDX-License-Identifier: GPL-3.0-or-later */
/* sync: a folder like another one. */
#include <errno.h>
#include <string.h>
#include <sys/stat.h>

#include "client/cmd_list.h"
#include "client/shell_meta.h"

struct sync_words {
	struct sync_options how;
	const char *from;
	const char *to;
};

static bool parse_option(struct sync_options *how, const char *word)
{
	if (strcmp(word, "--delete") == 0) {
		how->del = true;
	} else if (strcmp(word, "--checksum") == 0 || strcmp(word, "-c") == 0) {
		how->checksum = true;
	} else if (strcmp(word, "--dry-run") == 0 || strcmp(word, "-n") == 0) {
		how->dry_run = true;
	} else {
		return false;
	}
	return true;
}

/* @return false: said what is wrong. */
static bool parse(struct shell *shell, int argc, char **argv,
		  struct sync_words *out)
{
	int i = 0;

	*out = (struct sync_words){.how.up = strcmp(argv[1], "put") == 0};
	if (!out->how.up && strcmp(argv[1], "get") != 0) {
		shell_fail_text(shell, "sync: neither get nor put: %s",
				argv[1]);
		return false;
	}
	for (i = 2; i < argc; i++) {
		if (argv[i][0] == '-' && (parse_option(&out->how, argv[i]) ||
					  shell_keep_option(shell, argv[i]))) {
			continue;
		}
		if (argv[i][0] == '-' || out->to != NULL) {
			shell_fail_text(shell, "sync: not understood: %s",
					argv[i]);
			return false;
		}
		*(out->from == NULL ? &out->from : &out->to) = argv[i];
	}
	if (out->to == NULL || *out->from == '\0' || *out->to == '\0') {
		shell_fail_text(shell, "sync: from which folder to which?");
		return false;
	}
	return shell_keep_possible(shell, argv[0]);
}

/* What is not there must not make the other folder empty. */
static bool source_is_there(struct shell *shell, const struct sync_words *w,
			    const char *remote)
{
	struct client_stat info = {0};
	NTSTATUS status = NT_STATUS_OK;
	struct stat st = {0};

	if (w->how.up) {
		if (stat(w->from, &st) != 0 || !S_ISDIR(st.st_mode)) {
			shell_fail_errno(shell,
					 st.st_mode != 0 ? ENOTDIR : errno,
					 "%s", w->from);
			return false;
		}
		return true;
	}
	status = client_stat(shell->tree, remote, &info);
	if (NT_STATUS_IS_OK(status) &&
	    (info.attributes & FILE_ATTRIBUTE_DIRECTORY) == 0) {
		status = NT_STATUS_NOT_A_DIRECTORY;
	}
	if (!NT_STATUS_IS_OK(status)) {
		shell_fail(shell, status, "\\%s", remote);
	}
	return NT_STATUS_IS_OK(status);
}

static void sync_run(struct shell *shell, int argc, char **argv)
{
	struct sync_words w = {0};
	bool recurse = shell->recurse;
	bool ask = shell->ask;
	char *mask = shell->mask;
	char all[] = "*";
	char *remote = NULL;
	char *local = NULL;
	size_t len = 0;

	if (!parse(shell, argc, argv, &w)) {
		return;
	}
	remote = shell_path(shell, shell, w.how.up ? w.to : w.from);
	if (source_is_there(shell, &w, remote)) {
		shell->recurse = true;
		shell->ask = false;
		shell->mask = all;
		local = shell_need(
			talloc_strdup(remote, w.how.up ? w.from : w.to));
		for (len = strlen(local); len > 1 && local[len - 1] == '/';) {
			local[--len] = '\0';
		}
		shell_many_sync(shell, &w.how, remote, local);
		shell->recurse = recurse;
		shell->ask = ask;
		shell->mask = mask;
	}
	talloc_free(remote);
}

void cmd_sync(struct shell *shell, int argc, char **argv)
{
	sync_run(shell, argc, argv);
	shell_keep_nothing(shell);
}
