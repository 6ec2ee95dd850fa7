/* SPDX-License-Identifier: GPL-3.0-or-later */
/* get, put, mget, mput, more. */
#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

#include "client/cmd_list.h"
#include "client/shell_transfer.h"

static void count_progress(uint64_t bytes, void *private_data)
{
	shell_progress_add(private_data, bytes, 0);
}

static void expect_bytes(uint64_t size, void *private_data)
{
	shell_progress_expect(private_data, size, 0);
}

struct transfer shell_transfer_new(struct shell *shell,
				   struct shell_progress *progress)
{
	return (struct transfer){
		.ev = shell->ev,
		.tree = shell->tree,
		.map_names = shell->map_names,
		.reset_archive = shell->archive >= 2,
		.limits = {.io_size = shell->io_size,
			   .requests = 64,
			   .bytes = (size_t)32 * 1024 * 1024,
			   .rate = &shell->rate},
		.progress = count_progress,
		.private_data = progress,
	};
}

void shell_transfer_fail(struct shell *shell,
			 const struct transfer_result *result,
			 const char *remote, const char *local)
{
	if (result->err != 0) {
		shell_fail_errno(shell, result->err, "%s", local);
	} else {
		shell_fail(shell, result->status, "\\%s", remote);
	}
}

static double seconds_since(const struct timespec *start)
{
	struct timespec now = {0};

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (double)(now.tv_sec - start->tv_sec) +
	       (double)(now.tv_nsec - start->tv_nsec) / 1e9;
}

/* smbclient's lines, which scripts know. */
static void say_rate(struct shell *shell, bool up, const char *remote,
		     const char *local, uint64_t bytes, double seconds)
{
	double rate = (double)bytes / 1024 / (seconds > 1e-6 ? seconds : 1e-6);

	if (up) {
		shell_say(shell, "putting file %s as \\%s (%.1f kB/s)", local,
			  remote, rate);
	} else {
		shell_say(shell,
			  "getting file \\%s of size %llu as %s (%.1f "
			  "KiloBytes/sec)",
			  remote, (unsigned long long)bytes, local, rate);
	}
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
	struct tevent_req *req = NULL;
	struct timespec start = {0};
	NTSTATUS status = 0;

	clock_gettime(CLOCK_MONOTONIC, &start);
	if (up) {
		sweep = sweep_beside(shell, &t, remote);
	} else {
		t.expect = expect_bytes;
	}
	shell_progress_expect(progress, size, 1);
	shell_progress_name(progress, client_path_name(remote));
	req = up ? shell_put_send(shell, &t, local, remote, false)
		 : shell_get_send(shell, &t, remote, local, NULL);
	status = shell_wait(shell, req);
	if (NT_STATUS_IS_OK(status)) {
		if (up) {
			shell_put_recv(req, &result);
		} else {
			shell_get_recv(req, &result);
		}
	} else {
		result.status = status;
	}
	talloc_free(req);
	if (sweep != NULL) {
		(void)shell_wait(shell, sweep);
	}
	talloc_free(sweep);
	shell_progress_clear(progress);
	if (NT_STATUS_IS_OK(result.status)) {
		say_rate(shell, up, remote, local, result.bytes,
			 seconds_since(&start));
	} else {
		shell_transfer_fail(shell, &result, remote, local);
	}
	talloc_free(progress);
}

/* Whole trees: as mget and mput with "recurse", without a question. @return
 * whether that was wanted, or said what is wrong. */
static bool transfer_trees(struct shell *shell, int argc, char **argv,
			   void (*many)(struct shell *shell, const char *mask))
{
	bool recurse = shell->recurse;
	bool ask = shell->ask;
	char *mask = shell->mask;
	char all[] = "*";
	int i = 0;

	if (strcmp(argv[1], "-r") != 0) {
		if (argc > 3) {
			shell_fail_text(shell, "%s: too many names", argv[0]);
		}
		return argc > 3;
	}
	if (argc == 2) {
		shell_fail_text(shell, "%s: which folder?", argv[0]);
	}
	shell->recurse = true;
	shell->ask = false;
	shell->mask = all;
	for (i = 2; i < argc && !shell->interrupted; i++) {
		size_t len = strlen(argv[i]);

		/* "a/" is a as well */
		while (len > 1 && strchr("/\\", argv[i][len - 1]) != NULL) {
			argv[i][--len] = '\0';
		}
		many(shell, argv[i]);
	}
	shell->recurse = recurse;
	shell->ask = ask;
	shell->mask = mask;
	return true;
}

static void get_one(struct shell *shell, int argc, char **argv)
{
	char *remote = shell_path(shell, shell, argv[1]);
	const char *local = argc > 2 ? argv[2] : client_path_name(remote);

	if (argc == 2 && strcmp(local, TRANSFER_STDIO) == 0) {
		local = "./" TRANSFER_STDIO; /* a file of that name */
	}
	if (argc == 2 && !client_name_is_safe(client_path_name(remote))) {
		shell_fail(shell, NT_STATUS_OBJECT_NAME_INVALID, "\\%s",
			   remote);
	} else {
		transfer_one(shell, false, remote, local, 0);
	}
	talloc_free(remote);
}

void cmd_get(struct shell *shell, int argc, char **argv)
{
	if (!transfer_trees(shell, argc, argv, shell_many_get)) {
		get_one(shell, argc, argv);
	}
}

static void put_one(struct shell *shell, int argc, char **argv)
{
	const char *local = argv[1];
	const char *cut = strrchr(local, '/');
	const char *name = cut != NULL ? cut + 1 : local;
	char *remote = NULL;
	uint64_t size = 0;
	struct stat st = {0};

	if (argc < 3 && strcmp(local, TRANSFER_STDIO) == 0) {
		shell_fail_text(shell, "put: standard input needs a name on "
				       "the server");
		return;
	}
	if (stat(local, &st) == 0 && S_ISREG(st.st_mode)) {
		size = (uint64_t)st.st_size;
	}
	remote = shell_path(shell, shell, argc > 2 ? argv[2] : name);
	if (*remote == '\0') {
		shell_fail(shell, NT_STATUS_FILE_IS_A_DIRECTORY, "\\");
	} else {
		transfer_one(shell, true, remote, local, size);
	}
	talloc_free(remote);
}

void cmd_put(struct shell *shell, int argc, char **argv)
{
	if (!transfer_trees(shell, argc, argv, shell_many_put)) {
		put_one(shell, argc, argv);
	}
}

void cmd_mget(struct shell *shell, int argc, char **argv)
{
	int i = 0;

	for (i = 1; i < argc && !shell->interrupted; i++) {
		shell_many_get(shell, argv[i]);
	}
}

void cmd_mput(struct shell *shell, int argc, char **argv)
{
	int i = 0;

	for (i = 1; i < argc && !shell->interrupted; i++) {
		shell_many_put(shell, argv[i]);
	}
}

/* Into a pipe to the pager, which may end before the file does. */
void cmd_more(struct shell *shell, int argc, char **argv)
{
	const char *pager = getenv("PAGER");
	char *remote = shell_path(shell, shell, argv[1]);
	struct transfer t = shell_transfer_new(shell, NULL);
	struct transfer_result result = {0};
	struct tevent_req *req = NULL;
	FILE *to = NULL;

	(void)argc;
	fflush(shell->out);
	to = popen(pager != NULL && *pager != '\0' ? pager : "more", "we");
	if (to == NULL) {
		shell_fail_errno(shell, errno, "more");
		talloc_free(remote);
		return;
	}
	t.progress = NULL;
	req = shell_get_send(shell, &t, remote,
			     talloc_asprintf(remote, "/dev/fd/%d", fileno(to)),
			     NULL);
	if (NT_STATUS_IS_OK(shell_wait(shell, req))) {
		shell_get_recv(req, &result);
	}
	talloc_free(req);
	pclose(to);
	if (!NT_STATUS_IS_OK(result.status) && result.err != EPIPE) {
		shell_transfer_fail(shell, &result, remote, "more");
	}
	talloc_free(remote);
}
