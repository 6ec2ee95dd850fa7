/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * credentials_file.h - who logs on, in a file as smbclient(1) reads by -A and
 * mount.cifs(8) by credentials=.
 *
 *	username = NAME
 *	password = SECRET
 *	domain = NAME
 *
 * The names of mount.cifs (user, pass, dom, workgroup) are understood, other
 * keys passed over, and so are empty lines and those that begin with '#' or
 * ';'. Of a key that stands there twice the first counts.
 */
#ifndef SMBQUIC_CREDENTIALS_FILE_H
#define SMBQUIC_CREDENTIALS_FILE_H

#include <stdbool.h>
#include <talloc.h>

/** What the file does not say is NULL. The password is wiped when freed. */
struct credentials_file {
	char *user;
	char *password;
	char *domain;
};

/**
 * Others who could read the file make it unfit (private_file.h).
 *
 * @param keep_blanks  those at the end of a line are the value's, as
 *                     mount.cifs has it, and a password may end in one; else
 *                     they are not, as in smbclient.
 * @param why          of false: a sentence, child of mem_ctx, that begins with
 *                     the path; NULL: out of memory.
 */
bool credentials_file_read(TALLOC_CTX *mem_ctx, const char *path,
			   bool keep_blanks, struct credentials_file **out,
			   char **why);

#endif
