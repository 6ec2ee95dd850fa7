/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Files that stay open under a number, and locks on them. */
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <strings.h>

#include "client/cmd_list.h"

#define HANDLES_MAX 1024

/* The number is the place, counted from 1. */
struct shell_handles {
	struct client_file *file[HANDLES_MAX];
};

void shell_handles_close(struct shell *shell)
{
	TALLOC_FREE(shell->handles);
}

/* @return NULL: no such file is open; said so. */
static struct client_file **handle_of(struct shell *shell, const char *command,
				      const char *text)
{
	char *end = NULL;
	unsigned long n = strtoul(text, &end, 10);

	if (end == text || *end != '\0' || *text == '-') {
		shell_fail_text(shell, "%s: not a number: %s", command, text);
		return NULL;
	}
	if (shell->handles == NULL || n == 0 || n > HANDLES_MAX ||
	    shell->handles->file[n - 1] == NULL) {
		shell_fail_text(shell,
				"%s: no file is open under this number: %s",
				command, text);
		return NULL;
	}
	return &shell->handles->file[n - 1];
}

/* The lowest number that is free, 0: none is. */
static unsigned handle_add(struct shell *shell, struct client_file *file)
{
	struct shell_handles *h = shell->handles;
	unsigned i = 0;

	if (h == NULL) {
		h = shell_need(talloc_zero(shell, struct shell_handles));
		shell->handles = h;
	}
	while (i < HANDLES_MAX && h->file[i] != NULL) {
		i++;
	}
	if (i == HANDLES_MAX) {
		return 0;
	}
	h->file[i] = talloc_move(h, &file);
	return i + 1;
}

/* For reading and writing, else for reading. */
static NTSTATUS open_either(struct shell *shell, const char *path,
			    struct client_open *how, struct client_file **out,
			    bool *writes)
{
	NTSTATUS status = NT_STATUS_OK;

	how->access = FILE_READ_DATA | FILE_WRITE_DATA | SEC_STD_SYNCHRONIZE;
	status = client_open(shell, shell->tree, path, how, out, NULL);
	*writes = NT_STATUS_IS_OK(status);
	if (!*writes && !shell->interrupted) {
		how->access = FILE_READ_DATA | SEC_STD_SYNCHRONIZE;
		status = client_open(shell, shell->tree, path, how, out, NULL);
	}
	return status;
}

void shell_handle_open(struct shell *shell, const char *verb, const char *path,
		       struct client_open *how)
{
	struct client_file *file = NULL;
	bool writes = false;
	NTSTATUS status = open_either(shell, path, how, &file, &writes);
	unsigned number = 0;
	char *name = NULL;

	if (!NT_STATUS_IS_OK(status)) {
		shell_fail(shell, status, "Failed to open file \\%s", path);
		return;
	}
	number = handle_add(shell, file);
	if (number == 0) {
		talloc_free(file);
		shell_fail_text(shell, "%s: %u files are open; close ends one",
				verb, HANDLES_MAX);
		return;
	}
	name = shell_printable(shell, path);
	fprintf(shell->out, "%s file \\%s: for %s fnum %u\n", verb, name,
		writes ? "read/write" : "readonly", number);
	talloc_free(name);
}

void cmd_open(struct shell *shell, int argc, char **argv)
{
	struct client_open how = {
		.share = FILE_SHARE_READ | FILE_SHARE_WRITE,
		.disposition = FILE_OPEN,
	};
	char *path = shell_path(shell, shell, argv[1]);

	(void)argc;
	shell_handle_open(shell, argv[0], path, &how);
	talloc_free(path);
}

void cmd_close(struct shell *shell, int argc, char **argv)
{
	struct client_file **file = handle_of(shell, argv[0], argv[1]);
	NTSTATUS status = NT_STATUS_OK;

	(void)argc;
	if (file == NULL) {
		return;
	}
	status = client_close(*file);
	TALLOC_FREE(*file);
	if (!NT_STATUS_IS_OK(status)) {
		shell_fail(shell, status, "close %s", argv[1]);
	}
}

/* ------------------------------------------------------------------- locks */

static bool parse_hex(struct shell *shell, const char *command,
		      const char *text, uint64_t *out)
{
	char *end = NULL;

	errno = 0;
	*out = strtoull(text, &end, 16);
	if (errno == 0 && end != text && *end == '\0' && *text != '-') {
		return true;
	}
	shell_fail_text(shell, "%s: not a hexadecimal number: %s", command,
			text);
	return false;
}

static void lock(struct shell *shell, char **argv, const char *start,
		 const char *length, uint32_t flags)
{
	struct client_file **file = handle_of(shell, argv[0], argv[1]);
	struct smb2_lock_element element = {.flags = flags};
	NTSTATUS status = NT_STATUS_OK;

	if (file == NULL ||
	    !parse_hex(shell, argv[0], start, &element.offset) ||
	    !parse_hex(shell, argv[0], length, &element.length)) {
		return;
	}
	status = client_lock(*file, &element, 1);
	if (!NT_STATUS_IS_OK(status)) {
		shell_fail(shell, status, "%s failed %s", argv[0], argv[1]);
	}
}

/* Waits for others to let go, until ^C. */
void cmd_lock(struct shell *shell, int argc, char **argv)
{
	(void)argc;
	if (strcasecmp(argv[2], "r") != 0 && strcasecmp(argv[2], "w") != 0) {
		shell_fail_text(shell, "lock: neither r nor w: %s", argv[2]);
		return;
	}
	lock(shell, argv, argv[3], argv[4],
	     *argv[2] == 'r' || *argv[2] == 'R' ? SMB2_LOCKFLAG_SHARED_LOCK
						: SMB2_LOCKFLAG_EXCLUSIVE_LOCK);
}

void cmd_unlock(struct shell *shell, int argc, char **argv)
{
	(void)argc;
	lock(shell, argv, argv[2], argv[3], SMB2_LOCKFLAG_UNLOCK);
}
