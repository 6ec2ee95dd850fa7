/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Changes that the server tells of, and copies that it makes. */
#include <string.h>
#include <time.h>

#include "client/cmd_list.h"
#include "client/shell_transfer.h"
#include "smbquic/utf16.h"

/* ------------------------------------------------------------------ notify */

#define NOTIFY_ALL                                                     \
	(FILE_NOTIFY_CHANGE_FILE_NAME | FILE_NOTIFY_CHANGE_DIR_NAME |  \
	 FILE_NOTIFY_CHANGE_ATTRIBUTES | FILE_NOTIFY_CHANGE_SIZE |     \
	 FILE_NOTIFY_CHANGE_LAST_WRITE | FILE_NOTIFY_CHANGE_CREATION | \
	 FILE_NOTIFY_CHANGE_EA | FILE_NOTIFY_CHANGE_SECURITY)

static const char *const actions[] = {
	[FILE_ACTION_ADDED] = "added",
	[FILE_ACTION_REMOVED] = "removed",
	[FILE_ACTION_MODIFIED] = "changed",
	[FILE_ACTION_RENAMED_OLD_NAME] = "renamed from",
	[FILE_ACTION_RENAMED_NEW_NAME] = "renamed to",
};

static void print_change(struct shell *shell, bool words,
			 const struct fscc_notify *change)
{
	char *text = utf16_to_utf8(shell, change->name);
	char *name = shell_printable(shell, text != NULL ? text : "?");
	time_t now = time(NULL);
	struct tm tm = {0};
	char when[16] = "";

	if (!words) {
		fprintf(shell->out, "%04x %s\n", change->action, name);
	} else {
		if (localtime_r(&now, &tm) != NULL) {
			strftime(when, sizeof(when), "%H:%M:%S", &tm);
		}
		fprintf(shell->out, "%s %-12s %s\n", when,
			change->action < sizeof(actions) / sizeof(actions[0]) &&
					actions[change->action] != NULL
				? actions[change->action]
				: "changed",
			name);
	}
	talloc_free(name);
	talloc_free(text);
}

/* One answer. @return false: it is over. */
static bool watch_once(struct shell *shell, struct client_file *dir,
		       const char *path, bool words)
{
	struct tevent_req *req = client_notify_send(dir, dir, NOTIFY_ALL, true);
	struct wire_slice data = {0};
	struct wire_walker list = {0};
	struct fscc_notify change = {0};
	NTSTATUS status = shell_wait(shell, req);

	if (NT_STATUS_IS_OK(status)) {
		status = client_notify_recv(req, dir, &data);
	}
	talloc_free(req);
	if (status == NT_STATUS_NOTIFY_ENUM_DIR) {
		fprintf(shell->out, "too many changes at once: list the "
				    "folder\n");
	} else if (!NT_STATUS_IS_OK(status)) {
		if (!shell->interrupted) {
			shell_fail(shell, status, "\\%s", path);
		}
		return false;
	}
	list = fscc_notifies(data);
	while (fscc_notify_next(&list, &change)) {
		print_change(shell, words, &change);
	}
	fflush(shell->out);
	return !shell->interrupted;
}

/* "notify" for scripts as smbclient, "watch" for people; until ^C. */
void cmd_notify(struct shell *shell, int argc, char **argv)
{
	const struct client_open how = {
		.access = FILE_LIST_DIRECTORY | SEC_STD_SYNCHRONIZE,
		.share = FILE_SHARE_ALL,
		.disposition = FILE_OPEN,
		.options = FILE_DIRECTORY_FILE,
	};
	char *path = shell_path(shell, shell, argc > 1 ? argv[1] : "");
	bool words = strcmp(argv[0], "watch") == 0;
	struct client_file *dir = NULL;
	NTSTATUS status =
		client_open(path, shell->tree, path, &how, &dir, NULL);

	if (!NT_STATUS_IS_OK(status)) {
		shell_fail(shell, status, "\\%s", path);
	}
	while (dir != NULL && watch_once(shell, dir, path, words)) {
	}
	talloc_free(path);
}
