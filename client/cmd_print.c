/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Printers: a file that is written to one's share is printed when it is
 * closed. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "client/cmd_list.h"
#include "client/shell_transfer.h"

void cmd_translate(struct shell *shell, int argc, char **argv)
{
	shell_set_switch(shell, "CR/LF<->LF and print text translation",
			 &shell->translate, argc, argv);
}

/* @return false: the share is of files, which was said. */
static bool is_printer(struct shell *shell, const char *command)
{
	bool good = client_tree_type(shell->tree) == SMB2_SHARE_TYPE_PRINT;

	if (!good) {
		shell_fail_text(shell, "%s: //%s/%s is no printer", command,
				shell->target->server, shell->target->share);
	}
	return good;
}

/* "photo-4711", as its number is unique on this machine. */
static char *job_name(TALLOC_CTX *mem_ctx, const char *local)
{
	const char *cut = strrchr(local, '/');
	const char *name = cut != NULL ? cut + 1 : local;

	if (strcmp(local, TRANSFER_STDIO) == 0) {
		name = "stdin";
	}
	return shell_need(talloc_asprintf(mem_ctx, "%s-%d", name, getpid()));
}

static void print_fd(struct shell *shell, const char *local, int fd)
{
	const struct client_open how = {
		.access = FILE_WRITE_DATA | FILE_READ_ATTRIBUTES |
			  SEC_STD_SYNCHRONIZE,
		.share = FILE_SHARE_READ,
		.disposition = FILE_OVERWRITE_IF,
		.options = FILE_NON_DIRECTORY_FILE | FILE_SEQUENTIAL_ONLY,
		.attributes = FILE_ATTRIBUTE_NORMAL,
	};
	TALLOC_CTX *frame = shell_need(talloc_new(shell));
	char *name = job_name(frame, local);
	struct shell_progress *progress = shell_progress_new(frame, shell);
	struct transfer t = shell_transfer_new(shell, progress);
	struct transfer_result result = {0};
	struct client_file *file = NULL;
	struct copy_end *from = shell_need(copy_stream(frame, fd, local));
	struct copy_end *failed = NULL;
	struct tevent_req *req = NULL;

	if (t.translate) {
		from = shell_need(copy_to_crlf(frame, from));
	}
	result.status =
		client_open(frame, shell->tree, name, &how, &file, NULL);
	if (NT_STATUS_IS_OK(result.status)) {
		req = shell_need(
			copy_send(frame, shell->ev, from,
				  shell_need(copy_remote(frame, file, name, 0)),
				  0, &t.limits, t.progress, t.private_data));
		result.status = shell_wait(shell, req);
		if (NT_STATUS_IS_OK(result.status)) {
			result.status = copy_recv(req, NULL, &failed);
		}
		talloc_free(req);
		result.err = failed != NULL ? failed->err : 0;
	}
	if (NT_STATUS_IS_OK(result.status)) {
		result.status = client_close(file);
	}
	shell_progress_clear(progress);
	if (NT_STATUS_IS_OK(result.status)) {
		shell_say(shell, "printing file %s as %s", local, name);
	} else {
		shell_transfer_fail(shell, &result, name, local);
	}
	talloc_free(frame);
}

void cmd_print(struct shell *shell, int argc, char **argv)
{
	bool standard = strcmp(argv[1], TRANSFER_STDIO) == 0;
	int fd = -1;

	(void)argc;
	if (!is_printer(shell, argv[0])) {
		return;
	}
	fd = standard ? STDIN_FILENO : local_open(argv[1], O_RDONLY);
	if (fd < 0) {
		shell_fail_errno(shell, errno, "%s", argv[1]);
		return;
	}
	print_fd(shell, argv[1], fd);
	if (fd > STDERR_FILENO) {
		close(fd);
	}
}

/* Lists of jobs are asked for by SMB1's remote administration, or by spoolss.
 */
static void no_jobs(struct shell *shell, const char *command)
{
	if (is_printer(shell, command)) {
		shell_fail_text(shell,
				"%s: SMB 2 and 3 do not tell of the jobs of a "
				"printer; see enumjobs and setjob of "
				"rpcclient(1)",
				command);
	}
}

void cmd_queue(struct shell *shell, int argc, char **argv)
{
	(void)argc;
	no_jobs(shell, argv[0]);
}

void cmd_cancel(struct shell *shell, int argc, char **argv)
{
	(void)argc;
	no_jobs(shell, argv[0]);
}
