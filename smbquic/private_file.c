/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "smbquic/private_file.h"

#include <unistd.h>

char *private_file_exposed(TALLOC_CTX *mem_ctx, const char *path,
			   const struct stat *st, const char *holds)
{
	mode_t others = S_IRWXG | S_IRWXO;

	if (!S_ISREG(st->st_mode)) {
		return NULL;
	}
	if (st->st_uid != 0 && st->st_uid != geteuid()) {
		return talloc_asprintf(
			mem_ctx,
			"%s belongs to another user (uid %lu), and in it is "
			"%s: chown it",
			path, (unsigned long)st->st_uid, holds);
	}
	if (st->st_uid == 0) {
		others &= ~(mode_t)S_IRGRP;
	}
	if ((st->st_mode & others) != 0) {
		return talloc_asprintf(mem_ctx,
				       "%s is open to others (mode %04o), and "
				       "in it is %s: chmod 600 %s",
				       path, (unsigned)st->st_mode & 07777,
				       holds, path);
	}
	return NULL;
}

char *private_file_check(TALLOC_CTX *mem_ctx, const char *path,
			 const char *holds)
{
	struct stat st = {0};

	if (stat(path, &st) != 0) {
		return NULL;
	}
	return private_file_exposed(mem_ctx, path, &st, holds);
}

char *private_file_writable(TALLOC_CTX *mem_ctx, const char *path,
			    const char *says)
{
	struct stat st = {0};

	if (stat(path, &st) != 0 || !S_ISREG(st.st_mode) ||
	    (st.st_mode & S_IWOTH) == 0) {
		return NULL;
	}
	return talloc_asprintf(mem_ctx,
			       "%s can be changed by anybody (mode %04o), and "
			       "it says %s: chmod o-w %s",
			       path, (unsigned)st.st_mode & 07777, says, path);
}
