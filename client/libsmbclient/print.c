/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Printing. A job is a file that is written into a share of type print
 * (MS-SMB2 3.3.5.9), so opening one and printing a file are just that. Lists of
 * jobs came by a protocol that went with SMB1.
 */
#include <errno.h>
#include <stdlib.h>

#include "client/libsmbclient/libsmb.h"

#define COPY_BYTES 65536

/* Only a share that is a printer. @return 0 or an errno value. */
static int check_printer(SMBCCTX *c, const char *url)
{
	struct place at = {0};
	int err = place_enter(c, url, &at);

	if (err == 0 && client_tree_type(at.tree) != SMB2_SHARE_TYPE_PRINT) {
		err = ENODEV;
	}
	place_leave(&at, err);
	return err;
}

SMBCFILE *libsmb_open_print_job(SMBCCTX *c, const char *url)
{
	int err = check_printer(c, url);

	if (err != 0) {
		errno = err;
		return NULL;
	}
	return c->open(c, url, O_WRONLY | O_CREAT, 0666);
}

static int copy_bytes(SMBCCTX *from_c, SMBCFILE *from, SMBCCTX *to_c,
		      SMBCFILE *to)
{
	char *buf = malloc(COPY_BYTES);
	ssize_t taken = 0;
	ssize_t n = 0;
	int err = buf == NULL ? ENOMEM : 0;

	while (err == 0 &&
	       (n = from_c->read(from_c, from, buf, COPY_BYTES)) > 0) {
		taken = to_c->write(to_c, to, buf, (size_t)n);
		if (taken != n) {
			err = taken < 0 ? errno : EIO;
		}
	}
	if (err == 0 && n < 0) {
		err = errno;
	}
	free(buf);
	return err;
}

int libsmb_print_file(SMBCCTX *from_c, const char *from, SMBCCTX *to_c,
		      const char *to)
{
	SMBCFILE *source = NULL;
	SMBCFILE *job = NULL;
	int err = 0;

	if (from_c == NULL || to_c == NULL || from == NULL || to == NULL) {
		errno = EINVAL;
		return -1;
	}
	source = from_c->open(from_c, from, O_RDONLY, 0);
	if (source == NULL) {
		return -1;
	}
	job = to_c->open_print_job(to_c, to);
	err = job == NULL ? errno : copy_bytes(from_c, source, to_c, job);
	from_c->close_fn(from_c, source);
	if (job != NULL && to_c->close_fn(to_c, job) != 0 && err == 0) {
		err = errno;
	}
	errno = err;
	return err != 0 ? -1 : 0;
}

/* ENODEV: not a printer; ENOSYS: one whose jobs cannot be asked for. */
int libsmb_list_print_jobs(SMBCCTX *c, const char *url,
			   smbc_list_print_job_fn fn)
{
	int err = fn == NULL ? EINVAL : check_printer(c, url);

	errno = err != 0 ? err : ENOSYS;
	return -1;
}

int libsmb_unlink_print_job(SMBCCTX *c, const char *url, int id)
{
	int err = id < 0 ? EINVAL : check_printer(c, url);

	errno = err != 0 ? err : ENOSYS;
	return -1;
}
