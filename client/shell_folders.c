/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What the shell keeps of folders: while somebody who sits at a terminal only
 * looks around, "ls", "cd" and the completion of names are answered from the
 * library's directory cache (dir_cache.h), which knows of others' changes by
 * leases and notifications. Any other command begins with what the server says,
 * and nobody waits for a folder that is kept while an editor runs.
 */
#include <string.h>
#include <sys/eventfd.h>
#include <time.h>
#include <unistd.h>

#include "client/cmd_list.h"
#include "client/dir_cache.h"
#include "client/shell_folders.h"

#define FOLDERS 16
/* How long the free space is believed: nobody tells of that. */
#define SPACE_SECONDS 10

/* ----------------------------------------------------------------- hearing */

static void heard(struct tevent_context *ev, struct tevent_fd *fde,
		  uint16_t flags, void *private_data)
{
	unsigned *rounds = private_data;

	(void)ev;
	(void)fde;
	(void)flags;
	(*rounds)++;
}

/*
 * What the server has said already counts, without waiting for more: whatever
 * can be read has its turn before a descriptor that can always be read has had
 * two.
 */
static void hear(struct shell *shell)
{
	struct tevent_fd *fde = NULL;
	unsigned rounds = 0;
	int fd = eventfd(1, EFD_CLOEXEC | EFD_NONBLOCK);

	if (fd < 0) {
		return;
	}
	fde = tevent_add_fd(shell->ev, shell, fd, TEVENT_FD_READ, heard,
			    &rounds);
	while (fde != NULL && rounds < 2 && tevent_loop_once(shell->ev) == 0) {
	}
	talloc_free(fde);
	close(fd);
}

/* --------------------------------------------------------------- commands */

/* They change nothing, and what they say of files may be as of the moment when
 * the server last said something else. */
static bool only_looks(const struct shell *shell,
		       const struct shell_command *command)
{
	static void (*const looking[])(struct shell * shell, int argc,
				       char **argv) = {
		cmd_cd,	 cmd_cd_up, cmd_get,	 cmd_help,
		cmd_lcd, cmd_ls,    cmd_history, cmd_pwd,
	};
	size_t i = 0;

	if (shell->recurse) {
		return false; /* into more than what is looked at again */
	}
	for (i = 0; i < sizeof(looking) / sizeof(looking[0]); i++) {
		if (command->run == looking[i]) {
			return true;
		}
	}
	return false;
}

void shell_folders_end(struct shell *shell)
{
	if (shell->folders_kept && shell->tree != NULL) {
		client_tree_cache(shell->tree, NULL);
		/* the server knows when it answers something else */
		(void)client_echo(shell->conn);
	}
	shell->folders_kept = false;
	TALLOC_FREE(shell->space);
}

/* That there is no memory for it is no failure. */
static void begin(struct shell *shell)
{
	struct client_dir_cache_options options = {0};

	client_dir_cache_default(&options);
	options.folders = FOLDERS;
	options.notify = 1;
	shell->folders_kept =
		NT_STATUS_IS_OK(client_tree_cache(shell->tree, &options));
}

void shell_folders_use(struct shell *shell, const struct shell_command *command)
{
	if (!shell->interactive || shell->tree == NULL ||
	    !only_looks(shell, command)) {
		shell_folders_end(shell);
	} else if (!shell->folders_kept) {
		begin(shell);
	} else {
		hear(shell);
	}
}

/* ------------------------------------------------------------- what is there
 */

NTSTATUS shell_list(TALLOC_CTX *mem_ctx, struct shell *shell,
		    const char *folder, const char *pattern,
		    struct client_dir_list **out)
{
	struct tevent_req *req = shell_need(
		client_list_send(shell, shell->tree, folder, pattern));
	NTSTATUS status = shell_wait(shell, req);

	*out = NULL;
	if (NT_STATUS_IS_OK(status)) {
		status = client_list_recv(req, mem_ctx, out);
	}
	talloc_free(req);
	return status;
}

NTSTATUS shell_stat(struct shell *shell, const char *path,
		    struct client_stat *stat)
{
	struct tevent_req *req =
		shell_need(client_stat_send(shell, shell->tree, path));
	NTSTATUS status = shell_wait(shell, req);

	if (NT_STATUS_IS_OK(status)) {
		status = client_stat_recv(req, stat);
	}
	talloc_free(req);
	return status;
}

static int64_t seconds_now(void)
{
	struct timespec now = {0};

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec;
}

const char *shell_space(const struct shell *shell)
{
	return shell->folders_kept && shell->space != NULL &&
			       seconds_now() < shell->space_until
		       ? shell->space
		       : NULL;
}

void shell_space_keep(struct shell *shell, const char *line)
{
	talloc_free(shell->space);
	shell->space = talloc_strdup(shell, line);
	shell->space_until = seconds_now() + SPACE_SECONDS;
}
