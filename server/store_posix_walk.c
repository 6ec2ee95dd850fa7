/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * All directories of a tree are watched one by one: they are walked by a
 * thread, with the user's rights. Links are not followed.
 */

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/inotify.h>
#include <sys/stat.h>
#include <unistd.h>

#include "server/store_posix.h"

#define MAX_DEPTH 64

struct walk {
	struct posix_walked *first, **end;
	int inotify;
	size_t room;
	bool full;
};

static void walk_add(struct walk *walk, int wd, bool directory, bool parent,
		     const char *below)
{
	struct posix_walked *walked =
		calloc(1, sizeof(*walked) + strlen(below) + 1);

	if (walked == NULL) {
		walk->full = true;
		return;
	}
	walked->wd = wd;
	walked->directory = directory;
	walked->parent = parent;
	memcpy(walked->below, below, strlen(below) + 1);
	*walk->end = walked;
	walk->end = &walked->next;
}

static void walk_directory(struct walk *walk, int fd, const char *below,
			   unsigned depth);

/* One entry of a directory that is walked. */
static void walk_entry(struct walk *walk, DIR *dir, const struct dirent *entry,
		       const char *below, unsigned depth)
{
	char path[POSIX_PATH_SIZE];
	int n = snprintf(path, sizeof(path), "%s%s%s", below,
			 *below != '\0' ? "/" : "", entry->d_name);
	int fd = -1;

	if (strcmp(entry->d_name, ".") == 0 ||
	    strcmp(entry->d_name, "..") == 0 || n < 0 ||
	    (size_t)n >= sizeof(path)) {
		return;
	}
	if (entry->d_type != DT_DIR && entry->d_type != DT_UNKNOWN) {
		walk_add(walk, -1, false, false, path);
		return;
	}
	fd = openat(dirfd(dir), entry->d_name,
		    O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (fd != -1) {
		walk_directory(walk, fd, path, depth + 1);
	}
}

/* Takes fd. */
static void walk_directory(struct walk *walk, int fd, const char *below,
			   unsigned depth)
{
	const struct dirent *entry = NULL;
	DIR *dir = fdopendir(fd);
	int wd = -1;

	if (dir == NULL) {
		close(fd);
		walk->full = true;
		return;
	}
	if (walk->room > 0 && depth <= MAX_DEPTH) {
		wd = inotify_add_watch(walk->inotify, posix_proc(fd).path,
				       POSIX_WATCH_EVENTS);
	}
	if (wd == -1) {
		walk->full = true;
		closedir(dir);
		return;
	}
	walk->room--;
	walk_add(walk, wd, true, false, below);
	entry = readdir(dir);
	while (entry != NULL) {
		walk_entry(walk, dir, entry, below, depth);
		entry = readdir(dir);
	}
	closedir(dir);
}

void posix_walk_free(struct posix_walked *walked)
{
	while (walked != NULL) {
		struct posix_walked *next = walked->next;

		free(walked);
		walked = next;
	}
}

/* To the kernel a directory that is held open is not deleted when it is
 * removed, and its own descriptor tells nothing: the one it lies in does. First
 * that is watched, then looked: nothing falls between. */
static void walk_parent(struct walk *walk, struct posix_job *job)
{
	char path[sizeof(struct posix_proc_path) + sizeof("/..")];
	struct stat st = {0};
	int wd = -1;

	snprintf(path, sizeof(path), "%s/..", posix_proc(job->handle->fd).path);
	wd = inotify_add_watch(walk->inotify, path, POSIX_PARENT_EVENTS);
	if (wd != -1) {
		walk_add(walk, wd, true, true, "");
	}
	if (fstat(job->handle->fd, &st) == 0) {
		job->gone = st.st_nlink == 0 || !posix_do_inside(job->handle);
	} else {
		job->gone = errno == ENOENT || errno == ESTALE;
	}
}

/* The user has it open for listing: whether he may is not asked again. */
static int walk_top(struct walk *walk, struct posix_job *job)
{
	int wd = -1;
	int err = posix_cred_enter(NULL);

	if (err != 0) {
		return err;
	}
	wd = inotify_add_watch(walk->inotify, posix_proc(job->handle->fd).path,
			       POSIX_WATCH_EVENTS);
	err = wd == -1 ? errno : 0;
	if (err == 0) {
		walk_add(walk, wd, true, false, "");
		walk_parent(walk, job);
		err = posix_cred_enter(job->cred);
	}
	return err;
}

int posix_do_walk(struct posix_job *job)
{
	struct walk walk = {
		.end = &walk.first,
		.inotify = (int)job->len,
		.room = job->max,
	};
	int err = *job->path == '\0' ? walk_top(&walk, job) : 0;
	int fd = -1;

	if (err == 0 && job->tree) {
		fd = posix_beneath_at(job->root, job->handle->fd, job->path,
				      O_RDONLY | O_DIRECTORY | O_NOFOLLOW);
	}
	if (fd != -1) {
		walk_directory(&walk, fd, job->path, 0);
		job->gone = job->gone || !posix_do_inside(job->handle);
	}
	job->out = walk.first;
	job->more = walk.full;
	return err;
}

int posix_do_parent(struct posix_job *job)
{
	struct walk walk = {.end = &walk.first, .inotify = (int)job->len};
	int err = posix_cred_enter(NULL);

	if (err == 0) {
		walk_parent(&walk, job);
	}
	job->out = walk.first;
	return err;
}
