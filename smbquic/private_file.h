/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * private_file.h - files with passwords or keys in them: who else could read
 * or change them makes them unfit for use.
 */
#ifndef SMBQUIC_PRIVATE_FILE_H
#define SMBQUIC_PRIVATE_FILE_H

#include <sys/stat.h>
#include <talloc.h>

/**
 * A regular file must belong to this process' user or to root, and to nobody
 * else; where it belongs to root, its group may read it (as Debian's ssl-cert
 * does keys). Anything that is no regular file, a pipe say, is fit.
 *
 * @param holds  what is in it, for the sentence: "a private key".
 * @return NULL: fit; else a sentence, child of mem_ctx, with the way out.
 */
char *private_file_exposed(TALLOC_CTX *mem_ctx, const char *path,
			   const struct stat *st, const char *holds);

/** The same of what the path leads to. NULL too for a path that leads nowhere,
 *  or is an object of a token (pkcs11:): whoever opens it will say so. */
char *private_file_check(TALLOC_CTX *mem_ctx, const char *path,
			 const char *holds);

/**
 * Files that everybody may read, but that decide something.
 *
 * @param says  what, for the sentence: "who is let in".
 * @return NULL: not everybody can write to it, or it leads nowhere; else a
 *         sentence, child of mem_ctx, with the way out.
 */
char *private_file_writable(TALLOC_CTX *mem_ctx, const char *path,
			    const char *says);

#endif
