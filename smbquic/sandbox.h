/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * sandbox.h - what a program gives up before it listens to strangers: root's
 * capabilities but for a few, ways to get more, and the system calls that it
 * has no use for.
 *
 * All of it is for the calling thread and the threads that it makes later, so
 * it comes before them; a thread that blocks all signals leaves SIGSYS out, or
 * a refused call ends the process. For programs, never for a library.
 */
#ifndef SMBQUIC_SANDBOX_H
#define SMBQUIC_SANDBOX_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/**
 * Keep of the capabilities those of the mask (1 << CAP_...), as far as there
 * are any: bounding, permitted, effective and ambient set. No program that is
 * executed from now on gets more (no_new_privs).
 *
 * @return 0, else errno.
 */
int sandbox_capabilities(uint64_t keep);

/** Programs to be executed, beside what else is let through: for modules of
 *  PAM's that have their work done by one (pam_unix since Linux-PAM 1.6). It is
 *  under the same filter, and gets no more capabilities either. */
#define SANDBOX_EXECUTES 1u

enum sandbox_filter {
	SANDBOX_OFF,
	SANDBOX_REFUSE, /**< EPERM, and a line on standard error the first
			     time that one is refused */
	SANDBOX_KILL,	/**< the process ends with SIGSYS */
};

/**
 * From now on the kernel carries out only the calls of a list: those of a
 * program that serves files over the network, without a way to execute
 * programs, to trace processes, to load code into the kernel, to mount, or to
 * change name spaces; sockets are of IP, Unix and netlink only. Needs
 * no_new_privs, which it sets.
 *
 * @param also     0 or SANDBOX_EXECUTES.
 * @param program  its name, for that line; kept by pointer.
 * @return 0; ENOSYS where this kernel, or this build's architecture, has no
 *         filters; else errno.
 */
int sandbox_filter(enum sandbox_filter how, unsigned also, const char *program);

/** The filter's list, for tests: whether the call of that number is on it. */
bool sandbox_allows(long number);

#endif
