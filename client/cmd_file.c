/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What is known of one file, and renaming it. */
#include <inttypes.h>
#include <string.h>
#include <time.h>

#include "client/cmd_list.h"
#include "client/contexts.h"
#include "smbquic/utf16.h"

#define QUERY_SIZE 65536

static void print_time(struct shell *shell, const char *label, NTTIME when)
{
	time_t t = nttime_to_unix(when);
	struct tm tm = {0};
	char text[48] = "unknown";

	if (localtime_r(&t, &tm) != NULL) {
		strftime(text, sizeof(text), "%a %b %e %H:%M:%S %Y %Z", &tm);
	}
	fprintf(shell->out, "%-15s %s\n", label, text);
}

/* In smbclient's order here, which is another one than that of ls. */
static const struct {
	uint32_t bit;
	char letter;
} letters[] = {
	{FILE_ATTRIBUTE_ENCRYPTED, 'E'},
	{FILE_ATTRIBUTE_NOT_CONTENT_INDEXED, 'N'},
	{FILE_ATTRIBUTE_OFFLINE, 'O'},
	{FILE_ATTRIBUTE_COMPRESSED, 'C'},
	{FILE_ATTRIBUTE_REPARSE_POINT, 'r'},
	{FILE_ATTRIBUTE_SPARSE_FILE, 's'},
	{FILE_ATTRIBUTE_TEMPORARY, 'T'},
	{FILE_ATTRIBUTE_READONLY, 'R'},
	{FILE_ATTRIBUTE_HIDDEN, 'H'},
	{FILE_ATTRIBUTE_SYSTEM, 'S'},
	{FILE_ATTRIBUTE_DIRECTORY, 'D'},
	{FILE_ATTRIBUTE_ARCHIVE, 'A'},
};

#define LETTERS (sizeof(letters) / sizeof(letters[0]))

static void print_attributes(struct shell *shell, uint32_t attributes)
{
	char text[LETTERS + 1] = "";
	size_t len = 0;
	size_t i = 0;

	for (i = 0; i < LETTERS; i++) {
		if ((attributes & letters[i].bit) != 0) {
			text[len++] = letters[i].letter;
		}
	}
	fprintf(shell->out, "attributes: %s (%x)\n", text, attributes);
}

static void print_times(struct shell *shell, const struct client_stat *stat)
{
	print_time(shell, "create_time:", stat->creation_time);
	print_time(shell, "access_time:", stat->access_time);
	print_time(shell, "write_time:", stat->write_time);
	print_time(shell, "change_time:", stat->change_time);
}

static void print_stat(struct shell *shell, const struct client_stat *stat)
{
	print_times(shell, stat);
	print_attributes(shell, stat->attributes);
}

static void print_streams(struct shell *shell, struct wire_slice data)
{
	TALLOC_CTX *frame = shell_need(talloc_new(shell));
	struct wire_walker list = fscc_streams(data);
	struct fscc_stream stream = {0};

	while (fscc_stream_next(&list, &stream)) {
		char *name = utf16_to_utf8(frame, stream.name);

		name = shell_printable(frame, name != NULL ? name : "?");
		fprintf(shell->out, "stream: [%s], %" PRIu64 " bytes\n", name,
			stream.size);
	}
	talloc_free(frame);
}

static void print_short_name(struct shell *shell, struct wire_slice data)
{
	TALLOC_CTX *frame = shell_need(talloc_new(shell));
	struct wire_slice name = {0};
	char *text = NULL;

	if (fscc_name_decode(data, &name)) {
		text = utf16_to_utf8(frame, name);
	}
	if (text != NULL) {
		fprintf(shell->out, "altname: %s\n",
			shell_printable(frame, text));
	}
	talloc_free(frame);
}

/* What the user may do with it, in the names of acl. */
static void print_maximal(struct shell *shell, uint32_t access)
{
	const char *name = shell_rights_name(access);

	if (access != 0) {
		fprintf(shell->out, "maximal_access: 0x%08" PRIx32 "%s%s\n",
			access, name != NULL ? " " : "",
			name != NULL ? name : "");
	}
}

/* Each with what the file was then; a server without snapshots has none. */
static void print_snapshots(struct shell *shell, const char *path)
{
	TALLOC_CTX *frame = shell_need(talloc_new(shell));
	struct client_contexts then = {0};
	struct client_open how = {0};
	struct client_snapshot_list *list = NULL;
	struct client_steps_result *result = NULL;
	size_t i = 0;

	client_open_default(&how);
	how.access = FILE_READ_ATTRIBUTES;
	how.contexts = &then;
	(void)shell_snapshots(shell, frame, path, &list);
	for (i = 0; list != NULL && i < list->count; i++) {
		then.snapshot = client_snapshot_time(list->name[i]);
		(void)client_steps(frame, shell->tree, path, &how, NULL, 0,
				   &result);
		fprintf(shell->out, "%s\n", list->name[i]);
		if (result == NULL) {
			continue; /* it was not there yet */
		}
		print_times(shell, &result->stat);
		fprintf(shell->out, "size: %" PRIu64 "\n", result->stat.size);
		TALLOC_FREE(result);
	}
	talloc_free(frame);
}

/* All but the snapshots in one round trip. What is not to be had is not shown.
 */
void cmd_allinfo(struct shell *shell, int argc, char **argv)
{
	static const struct client_contexts wishes = {.maximal_access = true};
	static const struct client_step steps[] = {
		{.command = SMB2_QUERY_INFO,
		 .type = SMB2_0_INFO_FILE,
		 .info_class = FileAlternateNameInformation,
		 .max = QUERY_SIZE},
		{.command = SMB2_QUERY_INFO,
		 .type = SMB2_0_INFO_FILE,
		 .info_class = FileStreamInformation,
		 .max = QUERY_SIZE},
	};
	char *path = shell_path(shell, shell, argv[1]);
	struct client_steps_result *result = NULL;
	struct client_open how = {0};
	NTSTATUS status = NT_STATUS_OK;

	(void)argc;
	client_open_default(&how);
	how.access = FILE_READ_ATTRIBUTES;
	how.contexts = &wishes;
	status = client_steps(path, shell->tree, path, &how, steps,
			      sizeof(steps) / sizeof(steps[0]), &result);
	if (result != NULL) {
		print_short_name(shell, result->data[0]);
		print_stat(shell, &result->stat);
		print_maximal(shell, result->stat.maximal_access);
		print_streams(shell, result->data[1]);
		print_snapshots(shell, path);
	} else {
		shell_fail(shell, status, "\\%s", path);
	}
	talloc_free(path);
}

void cmd_stat(struct shell *shell, int argc, char **argv)
{
	char *path = shell_path(shell, shell, argv[1]);
	struct client_stat stat = {0};
	NTSTATUS status = NT_STATUS_OK;

	(void)argc;
	if (shell->posix) {
		shell_posix_stat(shell, path);
		talloc_free(path);
		return;
	}
	status = client_stat(shell->tree, path, &stat);
	if (NT_STATUS_IS_OK(status)) {
		char *name = shell_printable(path, path);

		fprintf(shell->out, "File: \\%s\n", name);
		fprintf(shell->out,
			"Size: %-16" PRIu64 "Allocated: %-16" PRIu64 "%s\n",
			stat.size, stat.allocation_size,
			(stat.attributes & FILE_ATTRIBUTE_DIRECTORY) != 0
				? "directory"
				: "regular file");
		print_stat(shell, &stat);
	} else {
		shell_fail(shell, status, "\\%s", path);
	}
	talloc_free(path);
}

void cmd_rename(struct shell *shell, int argc, char **argv)
{
	char *from = shell_path(shell, shell, argv[1]);
	char *to = shell_path(shell, shell, argv[2]);
	NTSTATUS status = NT_STATUS_OK;

	if (argc == 4 && strcmp(argv[3], "-f") != 0) {
		shell_fail_text(shell, "%s: unknown option %s", argv[0],
				argv[3]);
	} else {
		status = client_rename(shell->tree, from, to, argc == 4);
	}
	if (!NT_STATUS_IS_OK(status)) {
		shell_fail(shell, status, "renaming \\%s to \\%s", from, to);
	}
	talloc_free(from);
	talloc_free(to);
}

void cmd_volume(struct shell *shell, int argc, char **argv)
{
	TALLOC_CTX *frame = shell_need(talloc_new(shell));
	const struct client_query q = {
		.type = SMB2_0_INFO_FILESYSTEM,
		.info_class = FileFsVolumeInformation,
	};
	struct fscc_fs_volume volume = {0};
	struct wire_slice data = {0};
	char *label = NULL;
	NTSTATUS status = client_query_path(frame, shell->tree, "",
					    FILE_READ_ATTRIBUTES, &q, &data);

	(void)argc;
	(void)argv;
	if (NT_STATUS_IS_OK(status) && !fscc_fs_volume_decode(data, &volume)) {
		status = NT_STATUS_INVALID_NETWORK_RESPONSE;
	}
	if (NT_STATUS_IS_OK(status)) {
		label = utf16_to_utf8(frame, volume.label);
		label = shell_printable(frame, label != NULL ? label : "");
		fprintf(shell->out, "Volume: |%s| serial number 0x%x\n", label,
			volume.serial_number);
	} else {
		shell_fail(shell, status, "volume");
	}
	talloc_free(frame);
}
