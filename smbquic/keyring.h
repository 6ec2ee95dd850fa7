/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * keyring.h - passwords that outlive a program: in the kernel's keyring of the
 * session (keyrings(7)), which ends with the last process of a logon. A process
 * without one has that of its user's sessions, as the kernel has it, too.
 *
 * Each is a key of type "user", described "smbquic:SERVER:DOMAIN\USER" with
 * ASCII's letters in lower case, and it is the password and nothing else. The
 * processes that have the keyring can read it. (cifscreds(1) has keys of type
 * "logon", which the kernel alone can read: no program that logs on by itself
 * can use one.)
 *
 * Calls of the kernel alone, which do not wait for anybody.
 */
#ifndef SMBQUIC_KEYRING_H
#define SMBQUIC_KEYRING_H

#include <talloc.h>

/** Longest password, in bytes. */
#define KEYRING_PASSWORD_MAX 1024

/**
 * @param domain  may be NULL, which is the same as "".
 * @return child of mem_ctx, wiped when it is freed; NULL with errno: ENOKEY
 *         there is none, or none any more; EBADMSG what is there is no
 *         password; ENOSYS or EPERM there are no keyrings, or not for us; else
 *         another of keyctl(2)'s.
 */
char *keyring_password(TALLOC_CTX *mem_ctx, const char *server,
		       const char *domain, const char *user);

/**
 * Keep one, in the place of any other.
 *
 * @return 0 or errno: EMSGSIZE it is too long; EDQUOT the user has too many
 *         keys; EINVAL it is empty, and the kernel has no keys of that kind.
 */
int keyring_keep(const char *server, const char *domain, const char *user,
		 const char *password);

/** Nobody finds it any more. @return 0 or errno; ENOKEY: there was none. */
int keyring_forget(const char *server, const char *domain, const char *user);

/** An errno of the above as a sentence, what is in the way; static. */
const char *keyring_why(int err);

#endif
