/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The POSIX extensions of SMB 3.1.1: modes, owners, names whose case counts. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>
#include <time.h>

#include "client/cmd_list.h"
#include "smbquic/posix_security.h"
#include "smbquic/reparse.h"

/* ------------------------------------------------------------------ posix */

static void not_there(struct shell *shell, const char *command)
{
	shell_fail_text(shell,
			"%s: the server does not have the POSIX extensions of "
			"SMB 3.1.1",
			command);
}

bool shell_posix_is_on(struct shell *shell, const char *command)
{
	if (!client_tree_posix(shell->tree)) {
		not_there(shell, command);
	} else if (!shell->posix) {
		shell_fail_text(shell,
				"Command \"posix\" must be issued before the "
				"\"%s\" command can be used",
				command);
	}
	return shell->posix && client_tree_posix(shell->tree);
}

void cmd_posix(struct shell *shell, int argc, char **argv)
{
	bool on = argc == 1 || strcasecmp(argv[1], "on") == 0;

	if (!on && strcasecmp(argv[1], "off") != 0) {
		shell_fail_text(shell, "posix: neither \"on\" nor \"off\": %s",
				argv[1]);
	} else if (!client_tree_posix(shell->tree)) {
		not_there(shell, argv[0]);
	} else {
		shell->posix = on;
		shell_tree_settings(shell);
	}
}

void cmd_case_sensitive(struct shell *shell, int argc, char **argv)
{
	if (!client_tree_posix(shell->tree)) {
		shell_fail_text(shell,
				"case_sensitive: case counts where the server "
				"has the POSIX extensions of SMB 3.1.1, and "
				"this one does not");
		return;
	}
	shell_set_switch(shell, "filename case sensitivity",
			 &shell->case_counts, argc, argv);
	shell_tree_settings(shell);
}

/* ------------------------------------------------- what SMB 3 does not have */

void cmd_posix_encrypt(struct shell *shell, int argc, char **argv)
{
	struct client_facts f = {0};

	(void)argc;
	client_facts(shell->conn, shell->session, shell->tree, &f);
	if (f.encrypting) {
		fprintf(shell->out, "encryption on\n");
		return;
	}
	shell_fail_text(shell,
			"%s: SMB 3 encrypts a session from its beginning: use "
			"--client-protection=encrypt. Now: %s",
			argv[0], f.encryption_why);
}

void cmd_posix_whoami(struct shell *shell, int argc, char **argv)
{
	(void)argc;
	shell_fail_text(shell,
			"%s: SMB1 had this question, the POSIX extensions of "
			"SMB 3.1.1 do not; stat shows whose a new file is",
			argv[0]);
}

/* ------------------------------------------------------- making, removing */

bool shell_parse_mode(struct shell *shell, const char *command,
		      const char *text, uint32_t most, uint32_t *out)
{
	char *end = NULL;
	unsigned long n = strtoul(text, &end, 8);

	*out = (uint32_t)n;
	if (end != text && *end == '\0' && *text != '-' && n <= most) {
		return true;
	}
	shell_fail_text(shell, "%s: not an octal mode from 0 to 0%o: %s",
			command, most, text);
	return false;
}

void cmd_posix_open(struct shell *shell, int argc, char **argv)
{
	struct client_open how = {
		.share = FILE_SHARE_ALL,
		.disposition = FILE_OPEN_IF,
		.attributes = FILE_ATTRIBUTE_NORMAL,
		.posix = true,
	};
	char *path = NULL;

	(void)argc;
	if (shell_posix_is_on(shell, argv[0]) &&
	    shell_parse_mode(shell, argv[0], argv[2], 07777, &how.mode)) {
		path = shell_path(shell, shell, argv[1]);
		shell_handle_open(shell, argv[0], path, &how);
		talloc_free(path);
	}
}

void shell_report(struct shell *shell, NTSTATUS status, const char *done,
		  const char *path)
{
	char *name = shell_printable(shell, path);

	if (NT_STATUS_IS_OK(status)) {
		fprintf(shell->out, "%s \\%s\n", done, name);
	} else {
		shell_fail(shell, status, "\\%s", path);
	}
	talloc_free(name);
}

void cmd_posix_mkdir(struct shell *shell, int argc, char **argv)
{
	struct client_open how = {
		.access = FILE_READ_ATTRIBUTES,
		.share = FILE_SHARE_ALL,
		.disposition = FILE_CREATE,
		.options = FILE_DIRECTORY_FILE,
		.posix = true,
	};
	struct client_file *file = NULL;
	char *path = NULL;

	(void)argc;
	if (shell_posix_is_on(shell, argv[0]) &&
	    shell_parse_mode(shell, argv[0], argv[2], 07777, &how.mode)) {
		path = shell_path(shell, shell, argv[1]);
		shell_report(
			shell,
			client_open(path, shell->tree, path, &how, &file, NULL),
			"posix_mkdir created directory", path);
		talloc_free(path);
	}
}

static void posix_remove(struct shell *shell, char **argv, uint32_t options,
			 const char *done)
{
	char *path = NULL;

	if (shell_posix_is_on(shell, argv[0])) {
		path = shell_path(shell, shell, argv[1]);
		shell_report(shell, client_remove(shell->tree, path, options),
			     done, path);
		talloc_free(path);
	}
}

void cmd_posix_unlink(struct shell *shell, int argc, char **argv)
{
	(void)argc;
	posix_remove(shell, argv, FILE_NON_DIRECTORY_FILE,
		     "posix_unlink deleted file");
}

void cmd_posix_rmdir(struct shell *shell, int argc, char **argv)
{
	(void)argc;
	posix_remove(shell, argv, FILE_DIRECTORY_FILE,
		     "posix_rmdir deleted directory");
}

/* ---------------------------------------------------------- chmod, chown */

NTSTATUS shell_step(struct shell *shell, const char *path, uint32_t access,
		    bool posix, const struct client_step *step,
		    TALLOC_CTX *mem_ctx, struct wire_slice *out)
{
	const struct client_open how = {
		.access = access,
		.share = FILE_SHARE_ALL,
		.disposition = FILE_OPEN,
		.options = FILE_OPEN_REPARSE_POINT,
		.posix = posix,
		.mode = CLIENT_MODE_NONE,
	};
	struct client_steps_result *result = NULL;
	NTSTATUS status = client_steps(mem_ctx, shell->tree, path, &how, step,
				       1, &result);

	if (NT_STATUS_IS_OK(status) && out != NULL) {
		*out = result->data[0];
	}
	return status;
}

static void set_security(struct shell *shell, const char *command,
			 const char *typed, const struct posix_security *in)
{
	char *path = shell_path(shell, shell, typed);
	struct wire_writer w = wire_writer_talloc(path);
	struct client_step step = {
		.command = SMB2_SET_INFO,
		.type = SMB2_0_INFO_SECURITY,
		.extra = in->parts,
	};
	NTSTATUS status = NT_STATUS_NO_MEMORY;

	if (posix_security_encode(&w, in)) {
		step.data = wire_writer_slice(&w);
		status = shell_step(shell, path,
				    posix_security_access(in->parts), true,
				    &step, path, NULL);
	}
	if (!NT_STATUS_IS_OK(status)) {
		shell_fail(shell, status, "%s \\%s", command, path);
	}
	talloc_free(path);
}

void cmd_chmod(struct shell *shell, int argc, char **argv)
{
	struct posix_security in = {.parts = DACL_SECURITY_INFORMATION};

	(void)argc;
	if (shell_posix_is_on(shell, argv[0]) &&
	    shell_parse_mode(shell, argv[0], argv[1], 07777, &in.mode)) {
		set_security(shell, argv[0], argv[2], &in);
	}
}

static bool parse_owner(struct shell *shell, const char *text, uint32_t *out)
{
	char *end = NULL;
	unsigned long long n = strtoull(text, &end, 10);

	*out = (uint32_t)n;
	if (end != text && *end == '\0' && *text != '-' && n < UINT32_MAX) {
		return true;
	}
	shell_fail_text(shell, "chown: not a number: %s", text);
	return false;
}

void cmd_chown(struct shell *shell, int argc, char **argv)
{
	struct posix_security in = {
		.parts =
			OWNER_SECURITY_INFORMATION | GROUP_SECURITY_INFORMATION,
	};

	(void)argc;
	if (shell_posix_is_on(shell, argv[0]) &&
	    parse_owner(shell, argv[1], &in.uid) &&
	    parse_owner(shell, argv[2], &in.gid)) {
		set_security(shell, argv[0], argv[3], &in);
	}
}

/* ----------------------------------------------------------- stat, getfacl */

/* A link or a pipe that a client of Windows made is a file to its server. */
static uint32_t type_of_point(struct shell *shell, TALLOC_CTX *mem_ctx,
			      const char *path)
{
	const struct client_step step = {
		.command = SMB2_IOCTL,
		.extra = FSCTL_GET_REPARSE_POINT,
		.max = REPARSE_SIZE_MAX,
	};
	struct wire_slice data = {0};
	struct reparse reparse = {0};

	if (!NT_STATUS_IS_OK(shell_step(shell, path, FILE_READ_ATTRIBUTES, true,
					&step, mem_ctx, &data)) ||
	    !NT_STATUS_IS_OK(reparse_decode(data, &reparse))) {
		return 0;
	}
	return reparse_type(&reparse);
}

static NTSTATUS posix_stat(struct shell *shell, TALLOC_CTX *mem_ctx,
			   const char *path, struct client_stat *out)
{
	const struct client_open how = {
		.access = FILE_READ_ATTRIBUTES,
		.share = FILE_SHARE_ALL,
		.disposition = FILE_OPEN,
		.options = FILE_OPEN_REPARSE_POINT,
		.file_id = true,
		.posix = true,
		.mode = CLIENT_MODE_NONE,
	};
	struct client_file *file = NULL;
	NTSTATUS status =
		client_open(mem_ctx, shell->tree, path, &how, &file, out);
	uint32_t type = 0;

	talloc_free(file);
	if (!NT_STATUS_IS_OK(status) || !out->posix) {
		return NT_STATUS_IS_OK(status) ? NT_STATUS_NOT_SUPPORTED
					       : status;
	}
	type = out->reparse_tag != 0 ? type_of_point(shell, mem_ctx, path) : 0;
	if (type != 0) {
		out->mode = type | (out->mode & ~(uint32_t)S_IFMT);
	}
	return status;
}

static const struct {
	mode_t type;
	char letter;
	const char *name;
} types[] = {
	{S_IFREG, '-', "regular file"},
	{S_IFDIR, 'd', "directory"},
	{S_IFCHR, 'c', "character device"},
	{S_IFBLK, 'b', "block device"},
	{S_IFIFO, 'p', "fifo"},
	{S_IFLNK, 'l', "symbolic link"},
	{S_IFSOCK, 's', "socket"},
};

/* "-rw-r--r--", and what it is. */
static const char *mode_text(uint32_t mode, char text[11])
{
	const char *what = "";
	size_t i = 0;

	text[0] = '-';
	for (i = 0; i < sizeof(types) / sizeof(types[0]); i++) {
		if ((mode & S_IFMT) == types[i].type) {
			text[0] = types[i].letter;
			what = types[i].name;
		}
	}
	for (i = 0; i < 9; i++) {
		text[1 + i] = (mode & (0400u >> i)) != 0 ? "rwxrwxrwx"[i] : '-';
	}
	text[10] = '\0';
	return what;
}

/* The number, or a SID that stands for none. */
static const char *number_text(bool told, uint32_t number,
			       const struct sid *sid,
			       char text[SID_STRING_SIZE])
{
	if (!told) {
		return sid_to_string(sid, text);
	}
	snprintf(text, SID_STRING_SIZE, "%" PRIu32, number);
	return text;
}

static const char *uid_of(const struct client_stat *stat,
			  char text[SID_STRING_SIZE])
{
	uint32_t n = 0;
	bool told = posix_owner_number(&stat->owner, &n);

	return number_text(told, n, &stat->owner, text);
}

static const char *gid_of(const struct client_stat *stat,
			  char text[SID_STRING_SIZE])
{
	uint32_t n = 0;
	bool told = posix_group_number(&stat->group, &n);

	return number_text(told, n, &stat->group, text);
}

static void print_when(struct shell *shell, const char *label, NTTIME when)
{
	time_t t = nttime_to_unix(when);
	struct tm tm = {0};
	char text[48] = "unknown";

	if (localtime_r(&t, &tm) != NULL) {
		strftime(text, sizeof(text), "%Y-%m-%d %T %z", &tm);
	}
	fprintf(shell->out, "%s: %s\n", label, text);
}

void shell_posix_stat(struct shell *shell, const char *path)
{
	struct client_stat stat = {0};
	NTSTATUS status = posix_stat(shell, shell, path, &stat);
	char uid[SID_STRING_SIZE] = "";
	char gid[SID_STRING_SIZE] = "";
	char mode[11] = "";
	const char *what = NULL;
	char *name = NULL;

	if (!NT_STATUS_IS_OK(status)) {
		shell_fail(shell, status, "stat \\%s", path);
		return;
	}
	name = shell_printable(shell, path);
	what = mode_text(stat.mode, mode);
	fprintf(shell->out, "File: \\%s\n", name);
	fprintf(shell->out, "Size: %-12" PRIu64 "\tBlocks: %" PRIu64 "\t%s\n",
		stat.size, stat.allocation_size / 512, what);
	fprintf(shell->out, "Inode: %" PRIu64 "\tLinks: %" PRIu32 "\n",
		stat.file_id, stat.links);
	fprintf(shell->out, "Access: (0%03o/%s)\tUid: %s\tGid: %s\n",
		stat.mode & 07777, mode, uid_of(&stat, uid),
		gid_of(&stat, gid));
	print_when(shell, "Access", stat.access_time);
	print_when(shell, "Modify", stat.write_time);
	print_when(shell, "Change", stat.change_time);
	talloc_free(name);
}

/* What the mode says: POSIX' access lists themselves do not travel. */
void cmd_getfacl(struct shell *shell, int argc, char **argv)
{
	struct client_stat stat = {0};
	NTSTATUS status = NT_STATUS_OK;
	char uid[SID_STRING_SIZE] = "";
	char gid[SID_STRING_SIZE] = "";
	char mode[11] = "";
	char *path = NULL;

	(void)argc;
	if (!shell_posix_is_on(shell, argv[0])) {
		return;
	}
	path = shell_path(shell, shell, argv[1]);
	status = posix_stat(shell, path, path, &stat);
	if (NT_STATUS_IS_OK(status)) {
		(void)mode_text(stat.mode, mode);
		fprintf(shell->out, "# file: \\%s\n",
			shell_printable(path, path));
		fprintf(shell->out, "# owner: %s\n# group: %s\n",
			uid_of(&stat, uid), gid_of(&stat, gid));
		fprintf(shell->out, "user::%.3s\ngroup::%.3s\nother::%.3s\n",
			mode + 1, mode + 4, mode + 7);
	} else {
		shell_fail(shell, status, "getfacl \\%s", path);
	}
	talloc_free(path);
}
