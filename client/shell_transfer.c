/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What all transfers need: their settings, waiting for one, its failure. */
#include <time.h>

#include "client/shell_transfer.h"

static void count_progress(uint64_t bytes, void *private_data)
{
	shell_progress_add(private_data, bytes, 0);
}

struct transfer shell_transfer_new(struct shell *shell,
				   struct shell_progress *progress)
{
	return (struct transfer){
		.ev = shell->ev,
		.shell = shell,
		.tree = shell->tree,
		.map_names = shell->map_names,
		.reset_archive = shell->archive >= 2,
		.translate = shell->translate,
		.keep_acls = shell->keep_acls,
		.keep_streams = shell->keep_streams,
		.keep_times = shell->keep_times,
		.limits = {.io_size = shell->io_size,
			   .requests = 64,
			   .bytes = (size_t)32 * 1024 * 1024,
			   .rate = &shell->rate},
		.progress = progress != NULL ? count_progress : NULL,
		.private_data = progress,
	};
}

double shell_transfer_clock(void)
{
	struct timespec now = {0};

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

static double kib_per_second(uint64_t bytes, double seconds)
{
	return (double)bytes / 1024 / (seconds > 1e-6 ? seconds : 1e-6);
}

/* Of files that are on their way together the time counts once. */
void shell_transfer_say(struct shell *shell, bool up, const char *remote,
			const char *local, uint64_t bytes, double start)
{
	struct shell_rate *all = up ? &shell->sent : &shell->got;
	const double now = shell_transfer_clock();
	const double rate = kib_per_second(bytes, now - start);
	double average = 0;

	all->bytes += bytes;
	all->seconds += now - (start > all->until ? start : all->until);
	all->until = now;
	average = kib_per_second(all->bytes, all->seconds);
	if (up) {
		shell_say(shell,
			  "putting file %s as \\%s (%.1f kB/s) (average %.1f "
			  "kB/s)",
			  local, remote, rate, average);
	} else {
		shell_say(shell,
			  "getting file \\%s of size %llu as %s (%.1f "
			  "KiloBytes/sec) (average %.1f KiloBytes/sec)",
			  remote, (unsigned long long)bytes, local, rate,
			  average);
	}
}

void shell_transfer_clear(const struct transfer *t)
{
	if (t->private_data != NULL) {
		shell_progress_clear(t->private_data);
	}
}

struct transfer_result shell_transfer_wait(const struct transfer *t, bool up,
					   const char *remote,
					   const char *local)
{
	struct transfer_result result = {0};
	struct tevent_req *req =
		up ? shell_put_send(t->shell, t, local, remote, false)
		   : shell_get_send(t->shell, t, remote, local, NULL);

	result.status = shell_wait(t->shell, req);
	if (NT_STATUS_IS_OK(result.status)) {
		if (up) {
			shell_put_recv(req, &result);
		} else {
			shell_get_recv(req, &result);
		}
	}
	talloc_free(req);
	return result;
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

bool shell_is_link(const struct client_stat *stat)
{
	return stat->listed_tag == IO_REPARSE_TAG_SYMLINK;
}

bool shell_is_sparse(const struct client_stat *stat)
{
	return (stat->attributes & FILE_ATTRIBUTE_SPARSE_FILE) != 0;
}

bool shell_has_holes(const struct client_stat *stat)
{
	return shell_is_sparse(stat) || stat->allocation_size < stat->size;
}

/* Of "archive 2" and 3, and of "tar ca": it is saved. */
bool shell_archive_is_set(const struct client_stat *stat)
{
	return (stat->attributes & FILE_ATTRIBUTE_DIRECTORY) == 0 &&
	       (stat->attributes & FILE_ATTRIBUTE_ARCHIVE) != 0;
}

struct tevent_req *shell_archive_reset_send(TALLOC_CTX *mem_ctx,
					    const struct transfer *t,
					    const char *remote,
					    const struct client_stat *stat)
{
	uint32_t attributes =
		stat->attributes & ~(uint32_t)FILE_ATTRIBUTE_ARCHIVE;
	const struct fscc_basic basic = {
		/* 0 would leave them as they are */
		.file_attributes =
			attributes != 0 ? attributes : FILE_ATTRIBUTE_NORMAL,
	};

	return client_set_basic_send(mem_ctx, t->tree, remote, &basic);
}
