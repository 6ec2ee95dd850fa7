/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Links of both kinds, and pipes: what is there under another name, or leads
 * elsewhere. */
#include <limits.h>
#include <string.h>

#include "client/cmd_list.h"
#include "client/shell_folders.h"
#include "smbquic/reparse.h"

/* ------------------------------------------------------------------- links */

static void hard_link(struct shell *shell, char **argv, bool posix)
{
	TALLOC_CTX *frame = shell_need(talloc_new(shell));
	char *from = shell_path(frame, shell, argv[1]);
	char *to = shell_path(frame, shell, argv[2]);
	struct wire_writer w = wire_writer_talloc(frame);
	struct fscc_rename body = {0};
	struct client_step step = {
		.command = SMB2_SET_INFO,
		.type = SMB2_0_INFO_FILE,
		.info_class = FileLinkInformation,
	};
	NTSTATUS status = NT_STATUS_OBJECT_NAME_INVALID;
	bool named =
		posix || shell->posix || shell->case_counts
			? client_path_posix(frame, shell->tree, to, &body.name)
			: client_path_utf16(frame, shell->tree, to, &body.name);

	if (named && fscc_rename_encode(&w, false, &body)) {
		step.data = wire_writer_slice(&w);
		status =
			shell_step(shell, from,
				   FILE_READ_ATTRIBUTES | FILE_WRITE_ATTRIBUTES,
				   posix, &step, frame, NULL);
	}
	if (!NT_STATUS_IS_OK(status)) {
		shell_fail(shell, status, "linking files (\\%s -> \\%s)", to,
			   from);
	}
	talloc_free(frame);
}

void cmd_hardlink(struct shell *shell, int argc, char **argv)
{
	(void)argc;
	hard_link(shell, argv, false);
}

void cmd_link(struct shell *shell, int argc, char **argv)
{
	(void)argc;
	if (shell_posix_is_on(shell, argv[0])) {
		hard_link(shell, argv, true);
	}
}

void cmd_readlink(struct shell *shell, int argc, char **argv)
{
	const struct client_step step = {
		.command = SMB2_IOCTL,
		.extra = FSCTL_GET_REPARSE_POINT,
		.max = REPARSE_SIZE_MAX,
	};
	char *path = shell_path(shell, shell, argv[1]);
	char target[PATH_MAX + 1] = "";
	struct reparse reparse = {0};
	struct wire_slice data = {0};
	bool relative = false;
	NTSTATUS status = shell_step(shell, path, FILE_READ_ATTRIBUTES, false,
				     &step, path, &data);

	(void)argc;
	if (!NT_STATUS_IS_OK(status)) {
		shell_fail(shell, status, "readlink \\%s", path);
	} else if (!NT_STATUS_IS_OK(reparse_decode(data, &reparse)) ||
		   reparse_target(&reparse, target, sizeof(target),
				  &relative) <= 0) {
		shell_fail_text(shell, "readlink \\%s: it is no symbolic link",
				path);
	} else {
		fprintf(shell->out, "\\%s -> %s\n", shell_printable(path, path),
			shell_printable(path, target));
	}
	talloc_free(path);
}

/* A new file that is a reparse point. @param data  empty: it has failed. */
static NTSTATUS make_point(struct shell *shell, TALLOC_CTX *mem_ctx,
			   const char *path, struct wire_slice data,
			   uint32_t mode, bool folder)
{
	const struct client_open how = {
		.access = FILE_WRITE_DATA | FILE_WRITE_ATTRIBUTES |
			  FILE_READ_ATTRIBUTES | SEC_STD_SYNCHRONIZE,
		.share = FILE_SHARE_ALL,
		.disposition = FILE_CREATE,
		.options = (folder ? FILE_DIRECTORY_FILE
				   : FILE_NON_DIRECTORY_FILE) |
			   FILE_OPEN_REPARSE_POINT,
		.attributes = folder ? FILE_ATTRIBUTE_DIRECTORY
				     : FILE_ATTRIBUTE_NORMAL,
		.posix = client_tree_posix(shell->tree) && shell->posix,
		.mode = mode,
	};
	const struct client_step step = {
		.command = SMB2_IOCTL,
		.extra = FSCTL_SET_REPARSE_POINT,
		.data = data,
		.max = 1,
	};
	struct client_steps_result *result = NULL;
	NTSTATUS status = NT_STATUS_NAME_TOO_LONG;

	if (data.len == 0 || data.len > REPARSE_SIZE_MAX) {
		return status;
	}
	status = client_steps(mem_ctx, shell->tree, path, &how, &step, 1,
			      &result);
	if (!NT_STATUS_IS_OK(status) && result != NULL) {
		/* an empty file is not what was wanted */
		(void)client_remove(shell->tree, path, 0);
	}
	return status;
}

/* A target as Windows writes it has '\' between names, one of POSIX may have
 * it in them. */
static char *link_target(struct shell *shell, TALLOC_CTX *mem_ctx,
			 const char *typed)
{
	char *target = shell_need(talloc_strdup(mem_ctx, typed));
	char *p = target;

	for (; !shell->posix && *p != '\0'; p++) {
		*p = *p == '\\' ? '/' : *p;
	}
	return target;
}

/* Windows has two kinds of links, and goes into folders by one of them. */
static bool leads_to_folder(struct shell *shell, TALLOC_CTX *mem_ctx,
			    const char *path, const char *target)
{
	char *folder = shell_need(client_path_folder(mem_ctx, path));
	char *there = shell_need(client_path_join(mem_ctx, folder, target));
	struct client_stat stat = {0};

	return *target != '/' &&
	       NT_STATUS_IS_OK(shell_stat(shell, there, &stat)) &&
	       (stat.attributes & FILE_ATTRIBUTE_DIRECTORY) != 0;
}

void cmd_symlink(struct shell *shell, int argc, char **argv)
{
	char *path = shell_path(shell, shell, argv[2]);
	struct wire_writer w = wire_writer_talloc(path);
	char *target = link_target(shell, path, argv[1]);
	NTSTATUS status = NT_STATUS_OK;

	(void)argc;
	reparse_put_symlink(&w, target);
	status = make_point(shell, path, path, wire_writer_slice(&w),
			    CLIENT_MODE_NONE,
			    leads_to_folder(shell, path, path, target));
	if (!NT_STATUS_IS_OK(status)) {
		shell_fail(shell, status, "symlinking files (\\%s -> %s)", path,
			   argv[1]);
	}
	talloc_free(path);
}

void cmd_mkfifo(struct shell *shell, int argc, char **argv)
{
	char *path = shell_path(shell, shell, argv[1]);
	struct wire_writer w = wire_writer_talloc(path);
	uint32_t mode = 0;

	(void)argc;
	if (shell_parse_mode(shell, argv[0], argv[2], 0777, &mode)) {
		reparse_put_nfs(&w, REPARSE_NFS_FIFO, 0, 0);
		shell_report(shell,
			     make_point(shell, path, path,
					wire_writer_slice(&w), mode, false),
			     "mkfifo created", path);
	}
	talloc_free(path);
}
