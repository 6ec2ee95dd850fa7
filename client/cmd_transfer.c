/* SPDX-License-Identifier: GPL-3.0-or-later */
/* get, put, mget, mput, more. */
#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "client/cmd_list.h"
#include "client/shell_meta.h"
#include "client/shell_partial.h"

static void expect_bytes(uint64_t size, void *private_data)
{
	shell_progress_expect(private_data, size, 0);
}

/* While the file goes up, what broken uploads left beside it goes away: it may
 * be in the way on a disk that is nearly full. */
static struct tevent_req *sweep_beside(struct shell *shell,
				       const struct transfer *t,
				       const char *remote)
{
	char *folder = shell_need(client_path_folder(shell, remote));
	struct tevent_req *req =
		shell_need(shell_leftover_sweep_send(shell, t, folder));

	talloc_free(folder);
	return req;
}

/* One file either way, with a bar. @param size  0 where it is not known yet.
 */
static void transfer_one(struct shell *shell, bool up, const char *remote,
			 const char *local, uint64_t size)
{
	struct shell_progress *progress = shell_progress_new(shell, shell);
	struct transfer t = shell_transfer_new(shell, progress);
	struct transfer_result result = {0};
	struct tevent_req *sweep = NULL;
	const double start = shell_transfer_clock();

	if (up) {
		sweep = sweep_beside(shell, &t, remote);
	} else {
		t.expect = expect_bytes;
		partial_sweep(shell, local);
	}
	shell_progress_expect(progress, size, 1);
	shell_progress_name(progress, client_path_name(remote));
	result = shell_transfer_wait(&t, up, remote, local);
	if (sweep != NULL) {
		(void)shell_wait(shell, sweep);
	}
	talloc_free(sweep);
	shell_progress_clear(progress);
	if (NT_STATUS_IS_OK(result.status)) {
		shell_transfer_say(shell, up, remote, local, result.bytes,
				   start);
	} else {
		shell_transfer_fail(shell, &result, remote, local);
	}
	talloc_free(progress);
}

struct transfer_words {
	bool trees;
	int names; /* where they begin */
};

/* @return false: said what is wrong. What is no option is a name. */
static bool parse_words(struct shell *shell, int argc, char **argv,
			struct transfer_words *out)
{
	int i = 1;

	*out = (struct transfer_words){0};
	for (; i < argc; i++) {
		if (strcmp(argv[i], "-r") == 0) {
			out->trees = true;
		} else if (!shell_keep_option(shell, argv[i])) {
			break;
		}
	}
	out->names = i;
	if (i == argc) {
		shell_fail_text(shell, "%s: which %s?", argv[0],
				out->trees ? "folder" : "file");
		return false;
	}
	if (!out->trees && argc - i > 2) {
		shell_fail_text(shell, "%s: too many names", argv[0]);
		return false;
	}
	return shell_keep_possible(shell, argv[0]);
}

/* Whole trees: as mget and mput with "recurse", without a question. */
static void transfer_trees(struct shell *shell, int count, char **names,
			   void (*many)(struct shell *shell, const char *mask))
{
	bool recurse = shell->recurse;
	bool ask = shell->ask;
	char *mask = shell->mask;
	char all[] = "*";
	int i = 0;

	shell->recurse = true;
	shell->ask = false;
	shell->mask = all;
	for (i = 0; i < count && !shell->interrupted; i++) {
		size_t len = strlen(names[i]);

		/* "a/" is a as well */
		while (len > 1 && strchr("/\\", names[i][len - 1]) != NULL) {
			names[i][--len] = '\0';
		}
		many(shell, names[i]);
	}
	shell->recurse = recurse;
	shell->ask = ask;
	shell->mask = mask;
}

static void transfer(struct shell *shell, int argc, char **argv,
		     void (*one)(struct shell *shell, int count, char **names),
		     void (*many)(struct shell *shell, const char *mask))
{
	struct transfer_words w = {0};

	if (parse_words(shell, argc, argv, &w)) {
		if (w.trees) {
			transfer_trees(shell, argc - w.names, argv + w.names,
				       many);
		} else {
			one(shell, argc - w.names, argv + w.names);
		}
	}
	shell_keep_nothing(shell);
}

static void get_one(struct shell *shell, int count, char **names)
{
	char *remote = shell_path(shell, shell, names[0]);
	const char *local = count > 1 ? names[1] : client_path_name(remote);

	if (count == 1 && strcmp(local, TRANSFER_STDIO) == 0) {
		local = "./" TRANSFER_STDIO; /* a file of that name */
	}
	if (count == 1 && !client_name_is_safe(client_path_name(remote))) {
		shell_fail(shell, NT_STATUS_OBJECT_NAME_INVALID, "\\%s",
			   remote);
	} else {
		transfer_one(shell, false, remote, local, 0);
	}
	talloc_free(remote);
}

void cmd_get(struct shell *shell, int argc, char **argv)
{
	transfer(shell, argc, argv, get_one, shell_many_get);
}

static void put_one(struct shell *shell, int count, char **names)
{
	const char *local = names[0];
	const char *cut = strrchr(local, '/');
	const char *name = cut != NULL ? cut + 1 : local;
	char *remote = NULL;
	uint64_t size = 0;
	struct stat st = {0};

	if (count == 1 && strcmp(local, TRANSFER_STDIO) == 0) {
		shell_fail_text(shell, "put: standard input needs a name on "
				       "the server");
		return;
	}
	if (stat(local, &st) == 0 && S_ISREG(st.st_mode)) {
		size = (uint64_t)st.st_size;
	}
	remote = shell_path(shell, shell, count > 1 ? names[1] : name);
	if (*remote == '\0') {
		shell_fail(shell, NT_STATUS_FILE_IS_A_DIRECTORY, "\\");
	} else {
		transfer_one(shell, true, remote, local, size);
	}
	talloc_free(remote);
}

void cmd_put(struct shell *shell, int argc, char **argv)
{
	transfer(shell, argc, argv, put_one, shell_many_put);
}

/* Options, then masks. */
static void transfer_masks(struct shell *shell, int argc, char **argv,
			   void (*many)(struct shell *shell, const char *mask))
{
	int i = 1;

	while (i < argc && shell_keep_option(shell, argv[i])) {
		i++;
	}
	if (i == argc) {
		shell_fail_text(shell, "%s: which files?", argv[0]);
	} else if (shell_keep_possible(shell, argv[0])) {
		for (; i < argc && !shell->interrupted; i++) {
			many(shell, argv[i]);
		}
	}
	shell_keep_nothing(shell);
}

void cmd_mget(struct shell *shell, int argc, char **argv)
{
	transfer_masks(shell, argc, argv, shell_many_get);
}

void cmd_mput(struct shell *shell, int argc, char **argv)
{
	transfer_masks(shell, argc, argv, shell_many_put);
}

/* Into a pipe to the pager, which may end before the file does. */
void cmd_more(struct shell *shell, int argc, char **argv)
{
	const char *pager = getenv("PAGER");
	char *remote = shell_path(shell, shell, argv[1]);
	struct transfer t = shell_transfer_new(shell, NULL);
	struct transfer_result result = {0};
	FILE *to = NULL;

	(void)argc;
	fflush(shell->out);
	to = popen(pager != NULL && *pager != '\0' ? pager : "more", "we");
	if (to == NULL) {
		shell_fail_errno(shell, errno, "more");
		talloc_free(remote);
		return;
	}
	result = shell_transfer_wait(
		&t, false, remote,
		shell_need(talloc_asprintf(remote, "/dev/fd/%d", fileno(to))));
	pclose(to);
	if (!NT_STATUS_IS_OK(result.status) && result.err != EPIPE) {
		shell_transfer_fail(shell, &result, remote, "more");
	}
	talloc_free(remote);
}
