/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Quotas of users, as the kernel keeps them: quotactl_fd(2), which knows the
 * file system by any descriptor of it. Whoever acts is judged by the kernel.
 */

#include <errno.h>
#include <linux/dqblk_xfs.h>
#include <linux/quota.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "server/store_posix.h"

/* The same everywhere where system calls are counted together. */
#ifndef SYS_quotactl_fd
#define SYS_quotactl_fd 443
#endif

/* What limits are counted in. */
#define LIMIT_UNIT ((uint64_t)QIF_DQBLKSIZE)

static int call_quota(int fd, unsigned cmd, uint32_t id, void *addr)
{
	return syscall(SYS_quotactl_fd, fd, QCMD(cmd, USRQUOTA), id, addr) == 0
		       ? 0
		       : errno;
}

/* No quota in the kernel, the file system, or switched on. */
static int as_told(int err)
{
	switch (err) {
	case ENOSYS:
	case ESRCH:
	case EINVAL:
	case ENOTBLK:
	case ENOTTY: return EOPNOTSUPP;
	default: return err;
	}
}

static uint64_t limit_of(uint64_t units)
{
	return units == 0 || units > UINT64_MAX / LIMIT_UNIT
		       ? STORE_UNLIMITED
		       : units * LIMIT_UNIT;
}

/* Nothing at all can only be said as next to nothing. */
static uint64_t units_of(uint64_t limit)
{
	if (limit == STORE_UNLIMITED) {
		return 0;
	}
	return limit < LIMIT_UNIT ? 1 : limit / LIMIT_UNIT;
}

/* --- the jobs ----------------------------------------------------------- */

static int do_get(struct posix_job *job)
{
	struct store_quota *quotas = job->in;
	size_t i = 0;

	for (i = 0; i < job->max; i++) {
		struct if_dqblk block = {0};
		uid_t uid = quotas[i].uid;
		int err = call_quota(job->handle->fd, Q_GETQUOTA, uid, &block);

		/* XFS has no entry of who has no file */
		if (err != 0 && err != ENOENT) {
			return as_told(err);
		}
		quotas[i] = (struct store_quota){.uid = uid};
		if (err == 0) {
			quotas[i].used = block.dqb_curspace;
			quotas[i].soft = limit_of(block.dqb_bsoftlimit);
			quotas[i].hard = limit_of(block.dqb_bhardlimit);
		}
	}
	job->out = job->in;
	job->in = NULL;
	job->count = job->max;
	return 0;
}

static int do_list(struct posix_job *job)
{
	struct store_quota *quotas = calloc(job->max, sizeof(*quotas));
	struct if_nextdqblk block = {0};
	uint64_t next = job->offset;
	int err = 0;

	if (quotas == NULL) {
		return ENOMEM;
	}
	job->out = quotas;
	while (job->count < job->max && next <= UINT32_MAX - 1) {
		err = call_quota(job->handle->fd, Q_GETNEXTQUOTA,
				 (uint32_t)next, &block);
		if (err != 0) {
			break;
		}
		quotas[job->count] = (struct store_quota){
			.uid = block.dqb_id,
			.used = block.dqb_curspace,
			.soft = limit_of(block.dqb_bsoftlimit),
			.hard = limit_of(block.dqb_bhardlimit),
		};
		job->count++;
		next = (uint64_t)block.dqb_id + 1;
	}
	return err == 0 || err == ENOENT ? 0 : as_told(err);
}

/* Limits of space; those of the number of files stay. */
static int do_set(struct posix_job *job)
{
	const struct store_quota *quotas = job->in;
	size_t i = 0;

	for (i = 0; i < job->max; i++) {
		struct if_dqblk block = {
			.dqb_bhardlimit = units_of(quotas[i].hard),
			.dqb_bsoftlimit = units_of(quotas[i].soft),
			.dqb_valid = QIF_BLIMITS,
		};
		int err = call_quota(job->handle->fd, Q_SETQUOTA, quotas[i].uid,
				     &block);

		if (err != 0) {
			return as_told(err);
		}
	}
	return 0;
}

static int finish_quotas(struct store_call *call, struct posix_job *job)
{
	size_t size = (size_t)job->count * sizeof(struct store_quota);

	if (job->out == NULL) {
		return 0;
	}
	call->quotas = talloc_array(call, struct store_quota,
				    job->count > 0 ? job->count : 1);
	if (call->quotas == NULL) {
		return ENOMEM;
	}
	memcpy(call->quotas, job->out, size);
	call->count = job->count;
	return 0;
}

void posix_quotas(struct store_call *call, struct store_file *file,
		  const struct store_quota_ask *ask)
{
	static int (*const run[])(struct posix_job * job) = {
		[STORE_QUOTA_LIST] = do_list,
		[STORE_QUOTA_GET] = do_get,
		[STORE_QUOTA_SET] = do_set,
	};
	struct posix_job *job =
		posix_job_new(call, file->store, file->data->handle,
			      run[ask->how], finish_quotas);

	if (job == NULL) {
		return;
	}
	job->offset = ask->first;
	job->max = ask->count;
	if (ask->quotas != NULL &&
	    !posix_job_bytes(job,
			     wire_slice((const uint8_t *)ask->quotas,
					ask->count * sizeof(*ask->quotas)))) {
		job->job.release(&job->job);
		store_call_done(call, ENOMEM);
		return;
	}
	posix_job_start(call, file->store, job, NULL);
}

/* --- in the space that is told ------------------------------------------ */

void posix_do_limit_space(int fd, struct store_space *space)
{
	struct fs_quota_stat state = {.qs_version = FS_QSTAT_VERSION};
	struct if_dqblk block = {0};
	uint64_t hard = 0;
	uint64_t left = 0;

	if (call_quota(fd, Q_XGETQSTAT, 0, &state) != 0) {
		return;
	}
	space->quota_tracked = (state.qs_flags & FS_QUOTA_UDQ_ACCT) != 0;
	space->quota_enforced = (state.qs_flags & FS_QUOTA_UDQ_ENFD) != 0;
	if (!space->quota_enforced ||
	    call_quota(fd, Q_GETQUOTA, posix_cred_uid(), &block) != 0) {
		return;
	}
	hard = limit_of(block.dqb_bhardlimit);
	if (hard >= space->total) {
		return;
	}
	left = hard > block.dqb_curspace ? hard - block.dqb_curspace : 0;
	space->total = hard;
	if (left < space->available) {
		space->available = left;
	}
}
