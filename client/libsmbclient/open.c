/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Files are opened, positioned, cut and closed. */
#include <errno.h>
#include <string.h>

#include "client/libsmbclient/libsmb.h"
#include "smbquic/secret.h"

/* ------------------------------------------------------------------ objects */

static int file_destructor(SMBCFILE *file)
{
	TAILQ_REMOVE(&file->c->internal->files, file, entry);
	file_close(file);
	return 0;
}

/* What waits to be written is: a program that ends its context has no other
 * chance. */
void file_close(SMBCFILE *file)
{
	if (file->behind && file->cache != NULL) {
		(void)client_cache_close(file->cache);
	}
	if (file->cache != NULL) {
		TALLOC_FREE(file->cache);
		file->file = NULL;
	}
	TALLOC_FREE(file->file);
}

SMBCFILE *file_add(SMBCCTX *c, SMBCSRV *srv, const char *url, const char *path,
		   struct client_file *opened, struct client_cache *cache)
{
	SMBCFILE *file = talloc_zero(c->internal, SMBCFILE);

	if (file == NULL) {
		talloc_free(cache != NULL ? (void *)cache : opened);
		return NULL;
	}
	file->c = c;
	file->srv = srv;
	file->file = opened;
	file->cache = cache;
	TAILQ_INSERT_TAIL(&c->internal->files, file, entry);
	talloc_set_destructor(file, file_destructor);
	file->url = secret_strdup(file, url);
	file->path = talloc_strdup(file, path);
	if (file->url == NULL || file->path == NULL) {
		talloc_free(file);
		return NULL;
	}
	return file;
}

void file_free(SMBCFILE *file)
{
	talloc_free(file);
}

/* --------------------------------------------------------------------- open */

static uint32_t disposition(int flags)
{
	switch (flags & (O_CREAT | O_EXCL | O_TRUNC)) {
	case O_CREAT | O_EXCL:
	case O_CREAT | O_EXCL | O_TRUNC: return FILE_CREATE;
	case O_CREAT | O_TRUNC: return FILE_OVERWRITE_IF;
	case O_CREAT: return FILE_OPEN_IF;
	case O_TRUNC:
	case O_TRUNC | O_EXCL: return FILE_OVERWRITE;
	default: return FILE_OPEN;
	}
}

static uint32_t sharing(smbc_share_mode mode)
{
	switch (mode) {
	case SMBC_SHAREMODE_DENY_ALL:
	case SMBC_SHAREMODE_DENY_FCB: return 0;
	case SMBC_SHAREMODE_DENY_WRITE: return FILE_SHARE_READ;
	case SMBC_SHAREMODE_DENY_READ: return FILE_SHARE_WRITE;
	default: return FILE_SHARE_READ | FILE_SHARE_WRITE;
	}
}

static int fill_open(SMBCCTX *c, int flags, struct client_open *how)
{
	client_open_default(how);
	if ((flags & O_PATH) != 0) {
		how->access = FILE_READ_ATTRIBUTES | FILE_READ_EA |
			      SEC_STD_READ_CONTROL;
		return (flags & ~(O_PATH | O_CLOEXEC)) != 0 ? EINVAL : 0;
	}
	switch (flags & O_ACCMODE) {
	case O_RDONLY: how->access = FILE_GENERIC_READ; break;
	case O_WRONLY:
		how->access = FILE_GENERIC_WRITE | FILE_READ_ATTRIBUTES;
		break;
	case O_RDWR:
		how->access = FILE_GENERIC_READ | FILE_GENERIC_WRITE;
		break;
	default: return EINVAL;
	}
	how->share = sharing(c->internal->share_mode);
	how->disposition = disposition(flags);
	how->options = FILE_NON_DIRECTORY_FILE;
	how->attributes = FILE_ATTRIBUTE_NORMAL;
	return 0;
}

/* Reads in order are ahead of a program that only reads; writes wait where that
 * is wanted, and then what is read is kept if the program reads as well. */
static bool is_cached(const struct link *link, int flags)
{
	if ((flags & O_PATH) != 0) {
		return false;
	}
	return (flags & O_ACCMODE) == O_RDONLY
		       ? link->read_ahead && (flags & O_TRUNC) == 0
		       : link->write_behind;
}

static NTSTATUS open_cached(struct place *at, const struct client_open *how,
			    int flags, struct client_cache **out,
			    struct client_stat *stat)
{
	struct client_cache_options options = {0};

	client_cache_default(&options);
	if ((flags & O_ACCMODE) == O_RDONLY) {
		options.write_behind = 0;
	} else if ((flags & O_ACCMODE) == O_WRONLY ||
		   !at->srv->link->read_ahead) {
		options.memory = 0;
		options.read_ahead = 0;
	}
	return client_cache_open(at->srv, at->tree, at->url->path, how,
				 &options, out, stat);
}

static int open_file(struct place *at, const char *url, int flags,
		     SMBCFILE **out)
{
	struct client_cache *cache = NULL;
	struct client_file *opened = NULL;
	struct client_open how = {0};
	struct client_stat stat = {0};
	NTSTATUS status = 0;
	int err = fill_open(at->c, flags, &how);

	if (err != 0) {
		return err;
	}
	if (is_cached(at->srv->link, flags)) {
		status = open_cached(at, &how, flags, &cache, &stat);
		opened = cache != NULL ? client_cache_file(cache) : NULL;
	} else {
		status = client_open(at->srv, at->tree, at->url->path, &how,
				     &opened, &stat);
	}
	if (!NT_STATUS_IS_OK(status)) {
		return libsmb_errno(status);
	}
	*out = file_add(at->c, at->srv, url, at->url->path, opened, cache);
	if (*out == NULL) {
		return ENOMEM;
	}
	(*out)->flags = flags;
	(*out)->behind = cache != NULL && (flags & O_ACCMODE) != O_RDONLY;
	if ((flags & O_APPEND) != 0 && (flags & O_TRUNC) == 0) {
		(*out)->offset = (off_t)stat.size;
	}
	return 0;
}

SMBCFILE *libsmb_open(SMBCCTX *c, const char *url, int flags, mode_t mode)
{
	struct place at = {0};
	SMBCFILE *file = NULL;
	int err = place_enter(c, url, &at);

	(void)mode;
	if (err == EPERM) {
		err = EACCES;
	}
	if (err == 0 && (at.url->folder || (flags & O_DIRECTORY) != 0)) {
		file = c->opendir(c, url);
		err = file == NULL ? errno : 0;
	} else if (err == 0) {
		err = open_file(&at, url, flags, &file);
	}
	place_leave(&at, err);
	return file;
}

SMBCFILE *libsmb_creat(SMBCCTX *c, const char *url, mode_t mode)
{
	return libsmb_open(c, url, O_WRONLY | O_CREAT | O_TRUNC, mode);
}

/* -------------------------------------------------------------------- close */

int libsmb_close(SMBCCTX *c, SMBCFILE *file)
{
	NTSTATUS status = 0;

	if (!libsmb_enter(c)) {
		return -1;
	}
	if (!libsmb_has_file(c, file)) {
		return libsmb_return(c, EBADF);
	}
	if (file->folder) {
		int result = c->closedir(c, file);

		libsmb_leave(c);
		return result;
	}
	if (file->cache != NULL) {
		status = client_cache_close(file->cache);
		file->behind = false;
	} else if (file->file != NULL) {
		status = client_close(file->file);
	}
	file_free(file);
	return libsmb_return(c, libsmb_errno(status));
}

/* ----------------------------------------------------------------- position */

static int seek(SMBCFILE *file, off_t offset, int whence)
{
	struct libsmb_facts facts = {0};
	off_t base = 0;
	int err = 0;

	switch (whence) {
	case SEEK_SET: break;
	case SEEK_CUR: base = file->offset; break;
	case SEEK_END:
		err = file->file == NULL ? EBADF
					 : libsmb_errno(behind_settle(file));
		if (err == 0) {
			err = facts_get(file->srv->tree, file->path, file->file,
					&facts);
		}
		base = (off_t)facts.stat.size;
		break;
	default: return EINVAL;
	}
	if (err == 0 && __builtin_add_overflow(base, offset, &base)) {
		err = EOVERFLOW;
	}
	if (err == 0 && base < 0) {
		err = EINVAL;
	}
	if (err == 0) {
		file->offset = base;
	}
	return err;
}

off_t libsmb_lseek(SMBCCTX *c, SMBCFILE *file, off_t offset, int whence)
{
	off_t result = -1;
	int err = EBADF;

	if (!libsmb_enter(c)) {
		return -1;
	}
	if (libsmb_has_file(c, file)) {
		err = file->folder ? EINVAL : seek(file, offset, whence);
		result = err == 0 ? file->offset : -1;
	}
	libsmb_return(c, err);
	return result;
}

/* --------------------------------------------------------------------- size */

int libsmb_ftruncate(SMBCCTX *c, SMBCFILE *file, off_t size)
{
	uint8_t buf[8];
	struct wire_writer w = wire_writer_fixed(buf, sizeof(buf));
	NTSTATUS status = 0;

	if (!libsmb_enter(c)) {
		return -1;
	}
	if (!libsmb_has_file(c, file) || file->file == NULL) {
		return libsmb_return(c, EBADF);
	}
	if (size < 0 || file->folder) {
		return libsmb_return(c, EINVAL);
	}
	if (file->behind) {
		status = client_cache_resize(file->cache, (uint64_t)size);
		return libsmb_return(c, libsmb_errno(status));
	}
	fscc_u64_encode(&w, (uint64_t)size);
	status = client_set(file->file, SMB2_0_INFO_FILE,
			    FileEndOfFileInformation, 0, wire_writer_slice(&w));
	return libsmb_return(c, libsmb_errno(status));
}
