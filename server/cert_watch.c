/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Folders are watched and not files, because a renewal replaces files, or links
 * to them: the folder that the path names, and the one that the file lies in.
 * After each look all watches are made anew, which is simpler than to follow
 * what comes and goes, and rare.
 */
#include "server/cert_watch.h"

#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/inotify.h>
#include <time.h>
#include <unistd.h>

#include "certs/certmap.h"
#include "smbquic/alarm.h"

#define LOG_MODULE "certmap"
#include "smbquic/log.h"

#define PATIENCE 1 /* seconds */

#define CHANGES                                                     \
	(IN_CREATE | IN_CLOSE_WRITE | IN_MOVED_TO | IN_MOVED_FROM | \
	 IN_DELETE | IN_ATTRIB | IN_DELETE_SELF | IN_MOVE_SELF)

struct cert_watch {
	struct tevent_context *ev;
	struct certmap *map;
	int fd; /* of inotify; -1: none */
	struct tevent_fd *fde;
	struct alarm *soon; /* a look is due */
};

static void cert_watch_begin(struct cert_watch *watch);

static void cert_watch_end(struct cert_watch *watch)
{
	TALLOC_FREE(watch->fde); /* closes */
	watch->fd = -1;
}

static void on_soon(void *private_data)
{
	struct cert_watch *watch =
		talloc_get_type_abort(private_data, struct cert_watch);

	watch->soon = NULL; /* it frees itself */
	cert_watch_look(watch);
}

/* Which change it was does not matter. */
static void on_change(struct tevent_context *ev, struct tevent_fd *fde,
		      uint16_t flags, void *private_data)
{
	struct cert_watch *watch =
		talloc_get_type_abort(private_data, struct cert_watch);
	char events[4096];

	(void)fde;
	(void)flags;
	if (read(watch->fd, events, sizeof(events)) <= 0) {
		return;
	}
	if (watch->soon == NULL) {
		watch->soon =
			alarm_add(ev, watch, PATIENCE * 1000, on_soon, watch);
	}
}

static void watch_folder_of(const struct cert_watch *watch, const char *path)
{
	char folder[PATH_MAX];
	const char *slash = strrchr(path, '/');
	size_t len = slash == NULL ? 0 : (size_t)(slash - path);

	if (slash == NULL || len >= sizeof(folder)) {
		return;
	}
	memcpy(folder, path, len);
	folder[len] = '\0';
	/* one that is not there is found by a look, when it comes */
	(void)inotify_add_watch(watch->fd, len == 0 ? "/" : folder,
				CHANGES | IN_ONLYDIR);
}

static void watch_path(const char *path, void *private_data)
{
	const struct cert_watch *watch = private_data;
	char *real = realpath(path, NULL);

	watch_folder_of(watch, path);
	if (real != NULL && strcmp(real, path) != 0) {
		watch_folder_of(watch, real);
	}
	/* a store is a folder itself */
	(void)inotify_add_watch(watch->fd, path, CHANGES | IN_ONLYDIR);
	free(real);
}

static void cert_watch_begin(struct cert_watch *watch)
{
	watch->fd = inotify_init1(IN_NONBLOCK | IN_CLOEXEC);
	if (watch->fd == -1) {
		log_info("certificates are not watched (inotify: %s); renewals "
			 "are seen when somebody connects",
			 strerror(errno));
		return;
	}
	watch->fde = tevent_add_fd(watch->ev, watch, watch->fd, TEVENT_FD_READ,
				   on_change, watch);
	if (watch->fde == NULL) {
		close(watch->fd);
		watch->fd = -1;
		return;
	}
	tevent_fd_set_auto_close(watch->fde);
	certmap_each_watched(watch->map, watch_path, watch);
}

/* Watched before it is looked at: what changes meanwhile is seen again. The
 * look may find other paths, so that there is a second time. */
void cert_watch_look(struct cert_watch *watch)
{
	certmap_check(watch->map, time(NULL));
	cert_watch_end(watch);
	cert_watch_begin(watch);
	certmap_check(watch->map, time(NULL));
}

struct cert_watch *cert_watch_new(TALLOC_CTX *mem_ctx,
				  struct tevent_context *ev,
				  struct certmap *map)
{
	struct cert_watch *watch = talloc_zero(mem_ctx, struct cert_watch);

	if (watch == NULL) {
		return NULL;
	}
	watch->ev = ev;
	watch->map = map;
	watch->fd = -1;
	cert_watch_begin(watch);
	return watch;
}
