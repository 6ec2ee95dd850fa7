/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * thread_user.h - one thread that acts as another user of the machine.
 *
 * The C library changes all threads of a process; these are the kernel's calls,
 * which change the one that makes them. Only the effective ids are changed, so
 * that the user can send no signal to the thread. Each is 0, or -1 with errno.
 */
#ifndef SMBQUIC_THREAD_USER_H
#define SMBQUIC_THREAD_USER_H

#include <stddef.h>
#include <sys/syscall.h>
#include <sys/types.h>
#include <unistd.h>

/* 32-bit systems have the 16-bit calls under the plain names. */
#ifdef SYS_setresuid32
#define THREAD_SETRESUID SYS_setresuid32
#define THREAD_SETRESGID SYS_setresgid32
#define THREAD_SETGROUPS SYS_setgroups32
#else
#define THREAD_SETRESUID SYS_setresuid
#define THREAD_SETRESGID SYS_setresgid
#define THREAD_SETGROUPS SYS_setgroups
#endif

static inline int thread_set_user(uid_t uid)
{
	return (int)syscall(THREAD_SETRESUID, -1, uid, -1);
}

static inline int thread_set_group(gid_t gid)
{
	return (int)syscall(THREAD_SETRESGID, -1, gid, -1);
}

static inline int thread_set_groups(size_t count, const gid_t *groups)
{
	return (int)syscall(THREAD_SETGROUPS, count, groups);
}

#endif
