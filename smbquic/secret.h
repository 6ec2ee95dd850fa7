/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * secret.h - memory for what must not be found in an image of the process:
 * passwords, their hashes, keys that are kept.
 *
 * A secret has pages of its own. Where the kernel has memfd_secret(2) nobody
 * else can read them, neither a debugger nor a core dump nor the kernel by
 * mistake; elsewhere they are left out of core dumps and, as far as
 * RLIMIT_MEMLOCK allows, of swap. A child process does not inherit them.
 */
#ifndef SMBQUIC_SECRET_H
#define SMBQUIC_SECRET_H

#include <stdbool.h>
#include <stddef.h>
#include <talloc.h>

/**
 * Zeroed memory, wiped when mem_ctx is freed. It costs a mapping and at least
 * a page: for what is kept, not for what passes by.
 *
 * @return not a talloc object itself; NULL: out of memory.
 */
void *secret_new(TALLOC_CTX *mem_ctx, size_t size);

/** A copy of text in such memory. NULL: out of memory. */
char *secret_text(TALLOC_CTX *mem_ctx, const char *text);

/** A talloc string like any other, wiped when it is freed: for what passes by,
 *  and what a child process is to have, too. NULL: out of memory. */
char *secret_strdup(TALLOC_CTX *mem_ctx, const char *text);

/** Overwrite a string that somebody else owns; NULL is one of none. */
void secret_wipe_text(const char *text);

/** getenv() that takes the variable away, for this process' image and for its
 *  children. @return child of mem_ctx by secret_text(), or NULL. */
char *secret_take_env(TALLOC_CTX *mem_ctx, const char *name);

/**
 * For programs, before anything else: GnuTLS wipes what it frees, which are
 * the keys of TLS, QUIC and SMB among others, and unless `dumps` no core dump
 * is made of the process. It cannot leave out keys alone, as most of them are
 * in memory of the libraries that work with them.
 *
 * The process then is not "dumpable" (prctl(2)): other processes of its user
 * cannot read its memory either. SMBQUIC_CORE_DUMPS in the environment makes
 * programs without a setting of their own dumpable, for who looks for a fault.
 */
void secret_guard_process(bool dumps);
/** What SMBQUIC_CORE_DUMPS says. */
bool secret_dumps_wanted(void);

#endif
