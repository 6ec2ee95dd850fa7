/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * fake_quota.c - quotas for a program on a kernel that has none.
 *
 *	LD_PRELOAD=libfake_quota.so FAKE_QUOTA=UID:USED:LIMIT,... program
 *
 * in KiB. Instead of the kernel it answers quotactl_fd(2), with the kernel's
 * rule who may ask for whose; every file system has these quotas.
 */
#include <dlfcn.h>
#include <errno.h>
#include <linux/dqblk_xfs.h>
#include <linux/quota.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#ifndef SYS_quotactl_fd
#define SYS_quotactl_fd 443
#endif

#define MAX_USERS 16

typedef long (*syscall_fn)(long number, ...);

static struct {
	uint32_t uid;
	uint64_t used, soft, hard;
} users[MAX_USERS];

static size_t num_users;
static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static pthread_once_t once = PTHREAD_ONCE_INIT;

static void read_users(void)
{
	const char *text = getenv("FAKE_QUOTA");

	while (text != NULL && *text != '\0' && num_users < MAX_USERS) {
		unsigned long long used = 0;
		unsigned long long hard = 0;

		if (sscanf(text, "%u:%llu:%llu", &users[num_users].uid, &used,
			   &hard) == 3) {
			users[num_users].used = used << 10;
			users[num_users].hard = hard;
			num_users++;
		}
		text = strchr(text, ',');
		text = text != NULL ? text + 1 : NULL;
	}
}

/* The user, or (next) the first one from there on; -1: there is none. */
static int find(uint32_t uid, int next)
{
	int best = -1;
	size_t i = 0;

	for (i = 0; i < num_users; i++) {
		int fits = next ? users[i].uid >= uid : users[i].uid == uid;

		if (fits && (best == -1 || users[i].uid < users[best].uid)) {
			best = (int)i;
		}
	}
	return best;
}

static int get(uint32_t uid, int next, struct if_nextdqblk *out)
{
	int i = find(uid, next);

	if (i == -1) {
		return ENOENT;
	}
	out->dqb_bhardlimit = users[i].hard;
	out->dqb_bsoftlimit = users[i].soft;
	out->dqb_curspace = users[i].used;
	if (next) {
		out->dqb_id = users[i].uid;
	}
	return 0;
}

static int set(uint32_t uid, const struct if_dqblk *in)
{
	int i = find(uid, 0);

	if (i == -1 && num_users == MAX_USERS) {
		return ENOSPC;
	}
	if (i == -1) {
		i = (int)num_users;
		num_users++;
		users[i].uid = uid;
	}
	users[i].soft = in->dqb_bsoftlimit;
	users[i].hard = in->dqb_bhardlimit;
	return 0;
}

static int answer(unsigned cmd, uint32_t uid, void *addr)
{
	struct fs_quota_stat *stat = addr;
	uid_t who = geteuid();

	if (cmd == (unsigned)QCMD(Q_XGETQSTAT, USRQUOTA)) {
		stat->qs_flags = FS_QUOTA_UDQ_ACCT | FS_QUOTA_UDQ_ENFD;
		return 0;
	}
	if (who != 0 &&
	    (cmd != (unsigned)QCMD(Q_GETQUOTA, USRQUOTA) || who != uid)) {
		return EPERM;
	}
	/* no switch: the macro is no constant for every compiler */
	if (cmd == (unsigned)QCMD(Q_GETQUOTA, USRQUOTA)) {
		return get(uid, 0, addr);
	}
	if (cmd == (unsigned)QCMD(Q_GETNEXTQUOTA, USRQUOTA)) {
		return get(uid, 1, addr);
	}
	if (cmd == (unsigned)QCMD(Q_SETQUOTA, USRQUOTA)) {
		return set(uid, addr);
	}
	return EINVAL;
}

long syscall(long number, ...)
{
	static syscall_fn next;
	long args[6] = {0};
	va_list ap;
	int err = 0;
	int i = 0;

	va_start(ap, number);
	for (i = 0; i < 6; i++) {
		args[i] = va_arg(ap, long);
	}
	va_end(ap);
	if (number != SYS_quotactl_fd) {
		if (next == NULL) {
			next = (syscall_fn)(uintptr_t)dlsym(RTLD_NEXT,
							    "syscall");
		}
		return next(number, args[0], args[1], args[2], args[3], args[4],
			    args[5]);
	}
	pthread_once(&once, read_users);
	pthread_mutex_lock(&mutex);
	err = answer((unsigned)args[1], (uint32_t)args[2], (void *)args[3]);
	pthread_mutex_unlock(&mutex);
	errno = err;
	return err == 0 ? 0 : -1;
}
