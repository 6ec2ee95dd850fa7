/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Deleting files by masks, and whole trees. */
#include <stdlib.h>
#include <string.h>

#include "client/cmd_list.h"

/*
 * Where ls takes a folder for all that is in it, what is to be deleted must
 * be named: "" or "/" may come from a script's variable that was never set.
 */
static char *deletable(struct shell *shell, const char *mask)
{
	char *path = shell_path(shell, shell, mask);
	char *copy = NULL;
	size_t len = strlen(mask);

	if (*mask == '\0' || *path == '\0') {
		shell_fail_text(shell,
				"\"%s\" names nothing to delete; * is all that "
				"is there",
				mask);
	} else {
		while (strchr("/\\", mask[len - 1]) != NULL) {
			len--;
		}
		copy = shell_need(talloc_strndup(shell, mask, len));
	}
	talloc_free(path);
	return copy;
}

struct deleting {
	uint32_t hidden; /* of FILE_ATTRIBUTE_HIDDEN and _SYSTEM: those that
			    a file may have */
	unsigned found;
};

static bool del_entry(struct shell *shell, const char *folder,
		      const struct client_dir_entry *entry, void *private_data)
{
	const uint32_t both = FILE_ATTRIBUTE_HIDDEN | FILE_ATTRIBUTE_SYSTEM;
	char *path = NULL;
	NTSTATUS status = NT_STATUS_OK;
	struct deleting *d = private_data;

	if (shell_is_folder(entry) ||
	    (entry->stat.attributes & both & ~d->hidden) != 0) {
		return true;
	}
	d->found++;
	path = shell_below(shell, folder, entry->name);
	status = client_remove(shell->tree, path, FILE_NON_DIRECTORY_FILE);
	if (!NT_STATUS_IS_OK(status)) {
		shell_fail(shell, status, "removing \\%s", path);
	}
	talloc_free(path);
	return client_why(shell->conn) == NULL;
}

static void del(struct shell *shell, const char *typed, uint32_t hidden)
{
	char *mask = deletable(shell, typed);
	struct deleting d = {.hidden = hidden};

	if (mask != NULL && shell_walk(shell, mask, false, del_entry, &d) &&
	    d.found == 0) {
		shell_fail(shell, NT_STATUS_NO_SUCH_FILE, "%s", mask);
	}
	talloc_free(mask);
}

void cmd_del(struct shell *shell, int argc, char **argv)
{
	(void)argc;
	del(shell, argv[1], FILE_ATTRIBUTE_HIDDEN | FILE_ATTRIBUTE_SYSTEM);
}

void cmd_wdel(struct shell *shell, int argc, char **argv)
{
	char *end = NULL;
	unsigned long attributes = strtoul(argv[1], &end, 16);

	(void)argc;
	if (end == argv[1] || *end != '\0' || *argv[1] == '-') {
		shell_fail_text(shell, "wdel: not a hexadecimal number: %s",
				argv[1]);
	} else {
		del(shell, argv[2], (uint32_t)attributes);
	}
}

/* An entry with all that is below it, deepest first. */
static bool deltree_entry(struct shell *shell, const char *folder,
			  const struct client_dir_entry *entry,
			  void *private_data)
{
	unsigned *depth = private_data;
	bool good = true;
	uint32_t options = FILE_NON_DIRECTORY_FILE;
	char *path = NULL;
	NTSTATUS status = NT_STATUS_OK;

	if (shell_is_dot(entry->name)) {
		return true;
	}
	path = shell_below(shell, folder, entry->name);
	/* A link to a folder is removed, what it leads to is not. */
	if (shell_is_folder(entry)) {
		options = FILE_DIRECTORY_FILE;
		if ((entry->stat.attributes & FILE_ATTRIBUTE_REPARSE_POINT) ==
		    0) {
			good = shell_not_too_deep(shell, path, *depth);
			(*depth)++;
			good = good && shell_walk_folder(shell, path, false,
							 deltree_entry, depth);
			(*depth)--;
		}
	}
	if (!good) {
		talloc_free(path);
		return false;
	}
	status = client_remove(shell->tree, path, options);
	if (!NT_STATUS_IS_OK(status)) {
		shell_fail(shell, status, "removing \\%s", path);
	}
	talloc_free(path);
	return client_why(shell->conn) == NULL;
}

void shell_remove_tree(struct shell *shell, const char *folder,
		       const struct client_dir_entry *entry)
{
	unsigned depth = 0;

	(void)deltree_entry(shell, folder, entry, &depth);
}

void cmd_deltree(struct shell *shell, int argc, char **argv)
{
	char *mask = deletable(shell, argv[1]);
	bool recurse = shell->recurse;
	unsigned depth = 0;

	(void)argc;
	/* It goes down by itself. */
	shell->recurse = false;
	if (mask != NULL) {
		shell_walk(shell, mask, false, deltree_entry, &depth);
	}
	shell->recurse = recurse;
	talloc_free(mask);
}
