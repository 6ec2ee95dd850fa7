/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Folders: where we are, what is in them, making and removing empty ones. */
#include <inttypes.h>
#include <string.h>

#include "client/cmd_list.h"
#include "client/properties.h"
#include "client/shell_folders.h"

/* "N blocks of size S. A blocks available" */
static void print_blocks(struct shell *shell)
{
	const char *known = shell_space(shell);
	const struct client_query query = {
		.type = SMB2_0_INFO_FILESYSTEM,
		.info_class = FileFsSizeInformation,
	};
	struct fscc_fs_size size = {0};
	struct wire_slice data = {0};
	TALLOC_CTX *frame = shell_need(talloc_new(shell));
	NTSTATUS status = NT_STATUS_OK;
	char *line = NULL;

	if (known != NULL) {
		fputs(known, shell->out);
		talloc_free(frame);
		return;
	}
	status = client_query_path(frame, shell->tree, "", FILE_READ_ATTRIBUTES,
				   &query, &data);
	if (NT_STATUS_IS_OK(status) && fscc_fs_size_decode(data, &size)) {
		line = shell_need(talloc_asprintf(
			frame,
			"\n\t\t%" PRIu64 " blocks of size %" PRIu64 ". %" PRIu64
			" blocks available\n",
			size.total_allocation_units,
			(uint64_t)size.sectors_per_allocation_unit *
				size.bytes_per_sector,
			size.available_allocation_units));
		fputs(line, shell->out);
		shell_space_keep(shell, line);
	}
	talloc_free(frame);
}

/* An entry with its access list, but not the folder itself. */
static void ls_with_acl(struct shell *shell, const char *folder,
			const struct client_dir_entry *entry)
{
	struct security_descriptor *sd = NULL;
	char *path = NULL;
	char time[32] = "";
	NTSTATUS status = NT_STATUS_OK;

	if (shell_is_dot(entry->name)) {
		return;
	}
	path = shell_below(shell, folder, entry->name);
	shell_time(entry->stat.write_time, time);
	fprintf(shell->out,
		"FILENAME:%s\nMODE:%s\nSIZE:%" PRIu64 "\nMTIME:%s\n",
		shell_printable(path, entry->name),
		shell_attributes(entry->stat.attributes), entry->stat.size,
		time);
	status = client_security(path, shell->tree, path,
				 OWNER_SECURITY_INFORMATION |
					 GROUP_SECURITY_INFORMATION |
					 DACL_SECURITY_INFORMATION,
				 &sd);
	if (NT_STATUS_IS_OK(status)) {
		shell_print_descriptor(shell->out, sd);
	} else {
		shell_fail(shell, status, "\\%s", path);
	}
	talloc_free(path);
}

static bool ls_entry(struct shell *shell, const char *folder,
		     const struct client_dir_entry *entry, void *private_data)
{
	(void)private_data;
	if (!shell_takes(shell, &entry->stat)) {
		return true;
	}
	if (shell->show_acls) {
		ls_with_acl(shell, folder, entry);
	} else {
		shell_print_entry(shell, entry);
	}
	return client_why(shell->conn) == NULL;
}

void cmd_ls(struct shell *shell, int argc, char **argv)
{
	if (shell_walk(shell, argc > 1 ? argv[1] : NULL, true, ls_entry,
		       NULL)) {
		print_blocks(shell);
	}
}

struct usage {
	bool whole; /* a folder that matches counts with all that is in it */
	uint64_t sum;
};

static bool du_entry(struct shell *shell, const char *folder,
		     const struct client_dir_entry *entry, void *private_data)
{
	struct usage *usage = private_data;
	bool whole = usage->whole;
	bool good = true;
	char *path = NULL;

	if (!shell_is_folder(entry)) {
		usage->sum +=
			shell_takes(shell, &entry->stat) ? entry->stat.size : 0;
		return true;
	}
	if (whole && !shell_is_dot(entry->name)) {
		path = shell_below(shell, folder, entry->name);
		usage->whole = false; /* it goes down by itself */
		good = shell_walk_folder(shell, path, true, du_entry, usage);
		usage->whole = whole;
		talloc_free(path);
	}
	return good;
}

/* As smbclient, which counts the files that match, with "recurse" also those
 * in the folders below; and the folder that is named, as du(1) does. */
void cmd_du(struct shell *shell, int argc, char **argv)
{
	const char *mask = argc > 1 ? argv[1] : "";
	size_t len = strlen(mask);
	bool recurse = shell->recurse;
	bool name = len > 0 && strchr("/\\", mask[len - 1]) == NULL;
	struct usage usage = {.whole = name};

	if (name && strpbrk(mask, "*?") == NULL) {
		shell->recurse = false;
	} else if (recurse) {
		usage.whole = false;
	}
	if (shell_walk(shell, mask, false, du_entry, &usage)) {
		print_blocks(shell);
		fprintf(shell->out, "Total number of bytes: %" PRIu64 "\n",
			usage.sum);
	}
	shell->recurse = recurse;
}

/* --------------------------------------------------------- where we are */

static void print_cwd(struct shell *shell)
{
	char *cwd = shell_printable(shell, shell->cwd);

	fprintf(shell->out, "Current directory is \\\\%s\\%s\\%s%s\n",
		shell->target->server, shell->target->share, cwd,
		*cwd != '\0' ? "\\" : "");
	talloc_free(cwd);
}

void cmd_pwd(struct shell *shell, int argc, char **argv)
{
	(void)argc;
	(void)argv;
	print_cwd(shell);
}

void cmd_cd(struct shell *shell, int argc, char **argv)
{
	struct client_stat stat = {0};
	NTSTATUS status = NT_STATUS_OK;
	char *path = NULL;

	if (argc == 1) {
		path = shell_printable(shell, shell->cwd);
		fprintf(shell->out, "Current directory is \\%s%s\n", path,
			*path != '\0' ? "\\" : "");
		talloc_free(path);
		return;
	}
	path = shell_path(shell, shell, argv[1]);
	status = shell_stat(shell, path, &stat);
	if (NT_STATUS_IS_OK(status) &&
	    (stat.attributes & FILE_ATTRIBUTE_DIRECTORY) == 0) {
		status = NT_STATUS_NOT_A_DIRECTORY;
	}
	if (!NT_STATUS_IS_OK(status)) {
		shell_fail(shell, status, "cd \\%s", path);
		talloc_free(path);
		return;
	}
	talloc_free(shell->cwd);
	shell->cwd = path;
}

void cmd_cd_up(struct shell *shell, int argc, char **argv)
{
	char up[] = "..";
	char *words[] = {argv[0], up, NULL};

	(void)argc;
	cmd_cd(shell, 2, words);
}

/* ------------------------------------------------------ making, removing */

/* The folders above a path; those that exist already are no failure. */
static NTSTATUS make_parents(struct shell *shell, const char *path)
{
	char *folder = shell_need(client_path_folder(shell, path));
	NTSTATUS status = NT_STATUS_OK;

	if (*folder != '\0') {
		status = make_parents(shell, folder);
	}
	if (NT_STATUS_IS_OK(status) && *folder != '\0') {
		status = client_mkdir(shell->tree, folder);
	}
	talloc_free(folder);
	return status == NT_STATUS_OBJECT_NAME_COLLISION ? NT_STATUS_OK
							 : status;
}

void cmd_mkdir(struct shell *shell, int argc, char **argv)
{
	char *path = shell_path(shell, shell, argv[1]);
	NTSTATUS status = NT_STATUS_OK;

	(void)argc;
	if (shell->recurse) {
		status = make_parents(shell, path);
	}
	if (NT_STATUS_IS_OK(status)) {
		status = client_mkdir(shell->tree, path);
	}
	if (!NT_STATUS_IS_OK(status)) {
		shell_fail(shell, status, "making \\%s", path);
	}
	talloc_free(path);
}

void cmd_rmdir(struct shell *shell, int argc, char **argv)
{
	char *path = shell_path(shell, shell, argv[1]);
	NTSTATUS status = client_remove(shell->tree, path, FILE_DIRECTORY_FILE);

	(void)argc;
	if (!NT_STATUS_IS_OK(status)) {
		shell_fail(shell, status, "removing \\%s", path);
	}
	talloc_free(path);
}
