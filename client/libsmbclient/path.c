/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What is done to files by their addresses alone. */
#include <errno.h>
#include <string.h>

#include "client/libsmbclient/libsmb.h"

int libsmb_unlink(SMBCCTX *c, const char *url)
{
	struct place at = {0};
	int err = place_enter(c, url, &at);

	if (err == 0 && *at.url->path == '\0') {
		err = EISDIR;
	}
	if (err == 0) {
		err = libsmb_errno(client_remove(at.tree, at.url->path,
						 FILE_NON_DIRECTORY_FILE));
	}
	return place_leave(&at, err);
}

int libsmb_rmdir(SMBCCTX *c, const char *url)
{
	struct place at = {0};
	int err = place_enter(c, url, &at);

	if (err == 0 && *at.url->path == '\0') {
		err = EACCES;
	}
	if (err == 0) {
		err = libsmb_errno(client_remove(at.tree, at.url->path,
						 FILE_DIRECTORY_FILE));
	}
	return place_leave(&at, err);
}

int libsmb_mkdir(SMBCCTX *c, const char *url, mode_t mode)
{
	struct place at = {0};
	int err = place_enter(c, url, &at);

	(void)mode;
	if (err == 0 && *at.url->path == '\0') {
		err = EEXIST;
	}
	if (err == 0) {
		err = libsmb_errno(client_mkdir(at.tree, at.url->path));
	}
	return place_leave(&at, err);
}

/* ------------------------------------------------------------------- rename */

static int rename_in(struct place *at, const struct libsmb_url *to)
{
	if (strcasecmp(at->url->server, to->server) != 0 ||
	    strcasecmp(at->url->share, to->share) != 0) {
		return EXDEV;
	}
	if (*at->url->path == '\0' || *to->path == '\0') {
		return EINVAL;
	}
	return libsmb_errno(
		client_rename(at->tree, at->url->path, to->path, true));
}

int libsmb_rename(SMBCCTX *from_c, const char *from, SMBCCTX *to_c,
		  const char *to)
{
	struct libsmb_url *url = NULL;
	struct place at = {0};
	int err = place_enter(from_c, from, &at);

	if (err == 0) {
		err = to_c == NULL || to == NULL
			      ? EINVAL
			      : libsmb_url_parse(at.url, to, &url);
	}
	if (err == 0) {
		err = rename_in(&at, url);
	}
	return place_leave(&at, err);
}

/* --------------------------------------------------------------- attributes */

/* The bits that libsmb_stat() makes of attributes, the other way round. */
static uint32_t attributes_of(mode_t mode)
{
	uint32_t attributes = 0;

	if ((mode & (S_IWUSR | S_IWGRP | S_IWOTH)) == 0) {
		attributes |= FILE_ATTRIBUTE_READONLY;
	}
	if ((mode & S_IXUSR) != 0) {
		attributes |= FILE_ATTRIBUTE_ARCHIVE;
	}
	if ((mode & S_IXGRP) != 0) {
		attributes |= FILE_ATTRIBUTE_SYSTEM;
	}
	if ((mode & S_IXOTH) != 0) {
		attributes |= FILE_ATTRIBUTE_HIDDEN;
	}
	return attributes != 0 ? attributes : FILE_ATTRIBUTE_NORMAL;
}

int libsmb_chmod(SMBCCTX *c, const char *url, mode_t mode)
{
	struct fscc_basic basic = {.file_attributes = attributes_of(mode)};
	struct place at = {0};
	int err = place_enter(c, url, &at);

	if (err == 0) {
		err = libsmb_errno(
			client_set_basic(at.tree, at.url->path, &basic));
	}
	return place_leave(&at, err);
}

static NTTIME from_timeval(const struct timeval *t)
{
	return nttime_from_timespec((struct timespec){
		.tv_sec = t->tv_sec,
		.tv_nsec = (long)t->tv_usec * 1000,
	});
}

/* NULL: now, as with utimes(). */
int libsmb_utimes(SMBCCTX *c, const char *url, struct timeval *tbuf)
{
	struct fscc_basic basic = {0};
	struct timespec now = {0};
	struct place at = {0};
	int err = place_enter(c, url, &at);

	if (tbuf != NULL) {
		basic.last_access_time = from_timeval(&tbuf[0]);
		basic.last_write_time = from_timeval(&tbuf[1]);
	} else {
		clock_gettime(CLOCK_REALTIME, &now);
		basic.last_access_time = nttime_from_timespec(now);
		basic.last_write_time = basic.last_access_time;
	}
	if (err == 0) {
		err = libsmb_errno(
			client_set_basic(at.tree, at.url->path, &basic));
	}
	return place_leave(&at, err);
}
