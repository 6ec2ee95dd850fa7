/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * follow ADDRESS [COUNT]: what changes in a folder and below it, a line for
 * each change, until there were so many.
 *
 *	cc -o follow follow.c $(pkg-config --cflags --libs smbquic-client)
 *	PASSWD=... ./follow smb://alice@files.example.org/projects
 */
#include <inttypes.h>

#include "client/properties.h"
#include "place.h"

static const char *const words[] = {
	[FILE_ACTION_ADDED] = "added",
	[FILE_ACTION_REMOVED] = "removed",
	[FILE_ACTION_MODIFIED] = "modified",
	[FILE_ACTION_RENAMED_OLD_NAME] = "renamed from",
	[FILE_ACTION_RENAMED_NEW_NAME] = "renamed to",
};

static void show(const struct client_change *change)
{
	const char *word = NULL;

	if (change->action < sizeof(words) / sizeof(words[0])) {
		word = words[change->action];
	}
	printf("%s %s\n", word != NULL ? word : "changed", change->name);
	fflush(stdout);
}

/* One notification, which may tell of several changes. */
static NTSTATUS follow_once(struct client_file *folder, unsigned long *left)
{
	struct client_change_list *list = NULL;
	struct wire_slice data = {0};
	TALLOC_CTX *frame = talloc_new(folder);
	NTSTATUS status = client_notify(
		frame, folder,
		FILE_NOTIFY_CHANGE_FILE_NAME | FILE_NOTIFY_CHANGE_DIR_NAME |
			FILE_NOTIFY_CHANGE_SIZE | FILE_NOTIFY_CHANGE_LAST_WRITE,
		true, &data);
	size_t i = 0;

	if (status == NT_STATUS_NOTIFY_ENUM_DIR) {
		printf("more than the server remembers\n");
		status = NT_STATUS_OK;
	}
	if (NT_STATUS_IS_OK(status)) {
		status = client_changes(frame, data, &list);
	}
	for (i = 0; NT_STATUS_IS_OK(status) && i < list->count; i++) {
		show(&list->change[i]);
		if (--*left == 0) {
			break;
		}
	}
	talloc_free(frame);
	return status;
}

static NTSTATUS follow(struct place *place, unsigned long count)
{
	struct client_file *folder = NULL;
	struct client_open how = {0};
	NTSTATUS status = NT_STATUS_OK;

	client_open_default(&how);
	how.options = FILE_DIRECTORY_FILE;
	status = client_open(place, place->tree, place->target->path, &how,
			     &folder, NULL);
	while (NT_STATUS_IS_OK(status) && count > 0) {
		status = follow_once(folder, &count);
	}
	talloc_free(folder);
	return status;
}

int main(int argc, char **argv)
{
	struct place *place = NULL;
	unsigned long count = UINT32_MAX;
	NTSTATUS status = NT_STATUS_OK;

	if (argc > 2) {
		count = strtoul(argv[2], NULL, 10);
	}
	place = argc > 1 ? place_open(argv[1]) : NULL;
	if (place == NULL) {
		return EXIT_FAILURE;
	}
	status = follow(place, count);
	if (!NT_STATUS_IS_OK(status)) {
		fprintf(stderr, "%s: %s\n", argv[1], nt_errtext(status));
	}
	place_close(place);
	return NT_STATUS_IS_OK(status) ? EXIT_SUCCESS : EXIT_FAILURE;
}
