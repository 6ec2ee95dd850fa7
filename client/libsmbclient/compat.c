/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The calls that have no context but one for the process, and numbers for what
 * is open: smbc_init(), smbc_open() and their like.
 */
#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "client/libsmbclient/libsmb.h"

static SMBCCTX *context; /* of the process; NULL: none yet */

/* What is open, by number less SMBC_BASE_FD. */
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static SMBCFILE **table;
static size_t room;

/* ------------------------------------------------------------------- numbers
 */

/* @return -1 and ENOMEM; takes file in no case. */
static int number_of(SMBCFILE *file)
{
	SMBCFILE **grown = NULL;
	size_t i = 0;

	pthread_mutex_lock(&lock);
	while (i < room && table[i] != NULL) {
		i++;
	}
	if (i == room) {
		grown = realloc(table, (room + 64) * sizeof(*table));
		if (grown == NULL) {
			pthread_mutex_unlock(&lock);
			errno = ENOMEM;
			return -1;
		}
		memset(grown + room, 0, 64 * sizeof(*table));
		table = grown;
		room += 64;
	}
	table[i] = file;
	pthread_mutex_unlock(&lock);
	return (int)i + SMBC_BASE_FD;
}

/* NULL and EBADF: there is none. @param forget  the number becomes free. */
static SMBCFILE *file_of(int fd, bool forget)
{
	SMBCFILE *file = NULL;

	pthread_mutex_lock(&lock);
	if (fd >= SMBC_BASE_FD && (size_t)(fd - SMBC_BASE_FD) < room) {
		file = table[fd - SMBC_BASE_FD];
		if (forget) {
			table[fd - SMBC_BASE_FD] = NULL;
		}
	}
	pthread_mutex_unlock(&lock);
	if (file == NULL) {
		errno = EBADF;
	}
	return file;
}

/* A file that was opened gets a number, or is closed again. */
static int number_or_close(SMBCFILE *file, bool folder)
{
	int fd = file != NULL ? number_of(file) : -1;

	if (file != NULL && fd < 0) {
		if (folder) {
			context->closedir(context, file);
		} else {
			context->close_fn(context, file);
		}
		errno = ENOMEM;
	}
	return fd;
}

/* ------------------------------------------------------------------- context
 */

int smbc_init(smbc_get_auth_data_fn fn, int debug)
{
	SMBCCTX *c = NULL;

	if (context != NULL) {
		return 0;
	}
	c = smbc_new_context();
	if (c == NULL) {
		return -1;
	}
	smbc_setDebug(c, debug);
	smbc_setFunctionAuthData(c, fn);
	if (smbc_init_context(c) == NULL) {
		int err = errno;

		smbc_free_context(c, 0);
		errno = err;
		return -1;
	}
	context = c;
	return 0;
}

SMBCCTX *smbc_set_context(SMBCCTX *new_context)
{
	SMBCCTX *old = context;

	if (new_context != NULL) {
		context = new_context; /* and smbc_init() has been called */
	}
	return old;
}

/* Without smbc_init(): EINVAL. */
static bool ready(void)
{
	if (context == NULL) {
		errno = EINVAL;
	}
	return context != NULL;
}

/* --------------------------------------------------------------------- files
 */

int smbc_open(const char *furl, int flags, mode_t mode)
{
	return ready() ? number_or_close(
				 context->open(context, furl, flags, mode),
				 false)
		       : -1;
}

int smbc_creat(const char *furl, mode_t mode)
{
	return ready() ? number_or_close(context->creat(context, furl, mode),
					 false)
		       : -1;
}

ssize_t smbc_read(int fd, void *buf, size_t bufsize)
{
	SMBCFILE *file = ready() ? file_of(fd, false) : NULL;

	return file != NULL ? context->read(context, file, buf, bufsize) : -1;
}

ssize_t smbc_write(int fd, const void *buf, size_t bufsize)
{
	SMBCFILE *file = ready() ? file_of(fd, false) : NULL;

	return file != NULL ? context->write(context, file, buf, bufsize) : -1;
}

off_t smbc_lseek(int fd, off_t offset, int whence)
{
	SMBCFILE *file = ready() ? file_of(fd, false) : NULL;

	return file != NULL ? context->lseek(context, file, offset, whence)
			    : -1;
}

int smbc_close(int fd)
{
	SMBCFILE *file = ready() ? file_of(fd, true) : NULL;

	return file != NULL ? context->close_fn(context, file) : -1;
}

int smbc_fstat(int fd, struct stat *st)
{
	SMBCFILE *file = ready() ? file_of(fd, false) : NULL;

	return file != NULL ? context->fstat(context, file, st) : -1;
}

int smbc_fstatvfs(int fd, struct statvfs *st)
{
	SMBCFILE *file = ready() ? file_of(fd, false) : NULL;

	return file != NULL ? context->internal->fstatvfs(context, file, st)
			    : -1;
}

int smbc_ftruncate(int fd, off_t size)
{
	SMBCFILE *file = ready() ? file_of(fd, false) : NULL;

	return file != NULL ? context->internal->ftruncate(context, file, size)
			    : -1;
}

/* --------------------------------------------------------------------- paths
 */

int smbc_unlink(const char *furl)
{
	return ready() ? context->unlink(context, furl) : -1;
}

int smbc_rename(const char *ourl, const char *nurl)
{
	return ready() ? context->rename(context, ourl, context, nurl) : -1;
}

int smbc_mkdir(const char *durl, mode_t mode)
{
	return ready() ? context->mkdir(context, durl, mode) : -1;
}

int smbc_rmdir(const char *durl)
{
	return ready() ? context->rmdir(context, durl) : -1;
}

int smbc_stat(const char *url, struct stat *st)
{
	return ready() ? context->stat(context, url, st) : -1;
}

int smbc_statvfs(char *url, struct statvfs *st)
{
	return ready() ? context->internal->statvfs(context, url, st) : -1;
}

int smbc_chmod(const char *url, mode_t mode)
{
	return ready() ? context->chmod(context, url, mode) : -1;
}

int smbc_utimes(const char *url, struct timeval *tbuf)
{
	return ready() ? context->utimes(context, url, tbuf) : -1;
}

int smbc_utime(const char *fname, struct utimbuf *utbuf)
{
	struct timeval times[2] = {{0}};

	if (utbuf == NULL) {
		return smbc_utimes(fname, NULL);
	}
	times[0].tv_sec = utbuf->actime;
	times[1].tv_sec = utbuf->modtime;
	return smbc_utimes(fname, times);
}

/* ------------------------------------------------------------------- folders
 */

int smbc_opendir(const char *durl)
{
	return ready() ? number_or_close(context->opendir(context, durl), true)
		       : -1;
}

int smbc_closedir(int dh)
{
	SMBCFILE *dir = ready() ? file_of(dh, true) : NULL;

	return dir != NULL ? context->closedir(context, dir) : -1;
}

int smbc_getdents(unsigned int dh, struct smbc_dirent *dirp, int count)
{
	SMBCFILE *dir = ready() ? file_of((int)dh, false) : NULL;

	return dir != NULL ? context->getdents(context, dir, dirp, count) : -1;
}

struct smbc_dirent *smbc_readdir(unsigned int dh)
{
	SMBCFILE *dir = ready() ? file_of((int)dh, false) : NULL;

	return dir != NULL ? context->readdir(context, dir) : NULL;
}

const struct libsmb_file_info *smbc_readdirplus(unsigned int dh)
{
	SMBCFILE *dir = ready() ? file_of((int)dh, false) : NULL;

	return dir != NULL ? context->readdirplus(context, dir) : NULL;
}

const struct libsmb_file_info *smbc_readdirplus2(unsigned int dh,
						 struct stat *st)
{
	SMBCFILE *dir = ready() ? file_of((int)dh, false) : NULL;

	return dir != NULL ? context->readdirplus2(context, dir, st) : NULL;
}

off_t smbc_telldir(int dh)
{
	SMBCFILE *dir = ready() ? file_of(dh, false) : NULL;

	return dir != NULL ? context->telldir(context, dir) : -1;
}

int smbc_lseekdir(int fd, off_t offset)
{
	SMBCFILE *dir = ready() ? file_of(fd, false) : NULL;

	return dir != NULL ? context->lseekdir(context, dir, offset) : -1;
}

int smbc_notify(int dh, smbc_bool recursive, uint32_t completion_filter,
		unsigned callback_timeout_ms, smbc_notify_callback_fn cb,
		void *private_data)
{
	SMBCFILE *dir = ready() ? file_of(dh, false) : NULL;

	return dir != NULL ? context->internal->notify(
				     context, dir, recursive, completion_filter,
				     callback_timeout_ms, cb, private_data)
			   : -1;
}

/* ------------------------------------------------------- extended attributes
 */

/* There are no symbolic links here: l is the same as without. */

int smbc_setxattr(const char *url, const char *name, const void *value,
		  size_t size, int flags)
{
	return ready() ? context->setxattr(context, url, name, value, size,
					   flags)
		       : -1;
}

int smbc_lsetxattr(const char *url, const char *name, const void *value,
		   size_t size, int flags)
{
	return smbc_setxattr(url, name, value, size, flags);
}

int smbc_getxattr(const char *url, const char *name, const void *value,
		  size_t size)
{
	return ready() ? context->getxattr(context, url, name, value, size)
		       : -1;
}

int smbc_lgetxattr(const char *url, const char *name, const void *value,
		   size_t size)
{
	return smbc_getxattr(url, name, value, size);
}

int smbc_removexattr(const char *url, const char *name)
{
	return ready() ? context->removexattr(context, url, name) : -1;
}

int smbc_lremovexattr(const char *url, const char *name)
{
	return smbc_removexattr(url, name);
}

int smbc_listxattr(const char *url, char *list, size_t size)
{
	return ready() ? context->listxattr(context, url, list, size) : -1;
}

int smbc_llistxattr(const char *url, char *list, size_t size)
{
	return smbc_listxattr(url, list, size);
}

/* Of what is open: by the address that it was opened with. */
static const char *address_of(int fd)
{
	SMBCFILE *file = ready() ? file_of(fd, false) : NULL;

	return file != NULL ? file->url : NULL;
}

int smbc_fsetxattr(int fd, const char *name, const void *value, size_t size,
		   int flags)
{
	const char *url = address_of(fd);

	return url != NULL ? smbc_setxattr(url, name, value, size, flags) : -1;
}

int smbc_fgetxattr(int fd, const char *name, const void *value, size_t size)
{
	SMBCFILE *file = ready() ? file_of(fd, false) : NULL;

	return file != NULL ? context->internal->fgetxattr(context, file, name,
							   value, size)
			    : -1;
}

int smbc_fremovexattr(int fd, const char *name)
{
	const char *url = address_of(fd);

	return url != NULL ? smbc_removexattr(url, name) : -1;
}

int smbc_flistxattr(int fd, char *list, size_t size)
{
	const char *url = address_of(fd);

	return url != NULL ? smbc_listxattr(url, list, size) : -1;
}

/* ------------------------------------------------------------------ printing
 */

int smbc_print_file(const char *fname, const char *printq)
{
	return ready() ? context->print_file(context, fname, context, printq)
		       : -1;
}

int smbc_open_print_job(const char *fname)
{
	return ready() ? number_or_close(
				 context->open_print_job(context, fname), false)
		       : -1;
}

int smbc_list_print_jobs(const char *purl, smbc_list_print_job_fn fn)
{
	return ready() ? context->list_print_jobs(context, purl, fn) : -1;
}

int smbc_unlink_print_job(const char *purl, int id)
{
	return ready() ? context->unlink_print_job(context, purl, id) : -1;
}

/* --------------------------------------------------------------- credentials
 */

/* For the process's context; signing is always on. */
void smbc_set_credentials(const char *workgroup, const char *user,
			  const char *password, smbc_bool use_kerberos,
			  const char *signing_state)
{
	(void)signing_state;
	if (!ready()) {
		return;
	}
	smbc_setOptionUseKerberos(context, use_kerberos);
	smbc_set_credentials_with_fallback(context, workgroup, user, password);
}
