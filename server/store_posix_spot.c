/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Which directories the kernel watches, and for which of our watches. */

#include <errno.h>
#include <string.h>
#include <sys/inotify.h>

#include "server/store_posix_watch.h"
#include "smbquic/list.h"

static struct spot **bucket_of(struct posix_inotify *inotify, int wd)
{
	return &inotify->buckets[(unsigned)wd % POSIX_SPOT_BUCKETS];
}

struct spot *posix_spots_of(const struct posix_inotify *inotify, int wd)
{
	return inotify->buckets[(unsigned)wd % POSIX_SPOT_BUCKETS];
}

void posix_spot_unused(struct posix_inotify *inotify, int wd)
{
	const struct spot *spot = posix_spots_of(inotify, wd);

	while (spot != NULL && spot->wd != wd) {
		spot = spot->next;
	}
	/* In the loop: it names no path and asks no disk. The kernel takes its
	 * mark off an inode that has a name, or that a handle holds: neither is
	 * the mark's the last reference, with which a file would go. */
	if (spot == NULL) {
		(void)inotify_rm_watch(inotify->fd, wd);
		inotify->removed[inotify->num_removed % POSIX_REMOVED] = wd;
		inotify->num_removed++;
	}
}

bool posix_spot_removed(const struct posix_walk_link *link, int wd)
{
	const struct posix_inotify *inotify = link->inotify;
	uint64_t since = inotify->num_removed - link->num_removed;

	for (uint64_t i = 1; i <= since && i <= POSIX_REMOVED; i++) {
		if (inotify->removed[(inotify->num_removed - i) %
				     POSIX_REMOVED] == wd) {
			return true;
		}
	}
	return since > POSIX_REMOVED; /* who knows */
}

static int spot_destructor(struct spot *spot)
{
	struct posix_inotify *inotify = spot->watch->inotify;
	struct spot **bucket = bucket_of(inotify, spot->wd);

	LIST_REMOVE(*bucket, spot);
	LIST_REMOVE_AS(spot->watch->spots, spot, own_prev, own_next);
	inotify->num_spots--;
	posix_spot_unused(inotify, spot->wd);
	return 0;
}

int posix_spot_add(struct store_watch *watch, int wd, bool parent,
		   const char *below)
{
	struct posix_inotify *inotify = watch->inotify;
	struct spot **bucket = bucket_of(inotify, wd);
	struct spot *spot = NULL;

	for (spot = *bucket; spot != NULL; spot = spot->next) {
		if (spot->wd == wd && spot->watch == watch &&
		    spot->parent == parent) {
			return 0;
		}
	}
	spot = talloc_zero(watch, struct spot);
	if (spot == NULL) {
		return ENOMEM;
	}
	spot->below = talloc_strdup(spot, below);
	if (spot->below == NULL) {
		talloc_free(spot);
		return ENOMEM;
	}
	spot->watch = watch;
	spot->wd = wd;
	spot->parent = parent;
	LIST_ADD(*bucket, spot);
	LIST_ADD_AS(watch->spots, spot, own_prev, own_next);
	inotify->num_spots++;
	talloc_set_destructor(spot, spot_destructor);
	return 0;
}

void posix_spots_drop(struct store_watch *watch, const char *below)
{
	size_t len = strlen(below);
	struct spot *spot = watch->spots;

	while (spot != NULL) {
		struct spot *next = spot->own_next;

		if (strncmp(spot->below, below, len) == 0 &&
		    (len == 0 || spot->below[len] == '\0' ||
		     spot->below[len] == '/')) {
			talloc_free(spot);
		}
		spot = next;
	}
}

void posix_spots_leave(struct store_watch *watch, int wd)
{
	struct spot *spot = watch->spots;

	while (spot != NULL) {
		struct spot *next = spot->own_next;

		if (spot->parent && spot->wd != wd) {
			talloc_free(spot);
		}
		spot = next;
	}
}
