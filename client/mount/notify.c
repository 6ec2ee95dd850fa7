/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What the kernel is told without being asked: that it should forget what it
 * keeps of a file. It waits until pages that are being read are there, and
 * those reads are answered by our one thread: hence another, which does only
 * that.
 */
#define LOG_MODULE "notify"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>

#include "client/mount/mount.h"
#include "smbquic/log.h"

/* Such as wait to be told, at most: as many as a server could make us. */
#define WAITING_MOST 4096

struct notify {
	pthread_t thread;
	pthread_mutex_t lock;
	pthread_cond_t more;
	struct fuse_session *session;
	fuse_ino_t waiting[WAITING_MOST]; /* a ring, guarded by the lock */
	unsigned first, count;
	bool ends, ended;
};

static void *notify_run(void *data)
{
	struct notify *n = data;
	fuse_ino_t ino = 0;

	pthread_mutex_lock(&n->lock);
	while (!n->ends) {
		if (n->count == 0) {
			pthread_cond_wait(&n->more, &n->lock);
			continue;
		}
		ino = n->waiting[n->first];
		n->first = (n->first + 1) % WAITING_MOST;
		n->count--;
		pthread_mutex_unlock(&n->lock);
		/* ENOENT: it has forgotten it already */
		(void)fuse_lowlevel_notify_inval_inode(n->session, ino, 0, 0);
		pthread_mutex_lock(&n->lock);
	}
	n->ended = true;
	pthread_mutex_unlock(&n->lock);
	return NULL;
}

bool notify_start(struct mount *mount)
{
	struct notify *n = talloc_zero(mount, struct notify);
	int err = 0;

	if (n == NULL) {
		return false;
	}
	n->session = mount->session;
	pthread_mutex_init(&n->lock, NULL);
	pthread_cond_init(&n->more, NULL);
	err = pthread_create(&n->thread, NULL, notify_run, n);
	if (err != 0) {
		talloc_free(n);
		errno = err;
		return false;
	}
	mount->notify = n;
	return true;
}

void notify_changed(struct mount *mount, const struct node *node)
{
	struct notify *n = mount->notify;

	if (n == NULL || node->lookups == 0) {
		return;
	}
	pthread_mutex_lock(&n->lock);
	if (n->count < WAITING_MOST) {
		n->waiting[(n->first + n->count) % WAITING_MOST] = op_ino(node);
		n->count++;
	} else {
		log_warn("the kernel does not hear of a file that changed");
	}
	pthread_cond_signal(&n->more);
	pthread_mutex_unlock(&n->lock);
}

void notify_attr(struct mount *mount, const struct node *node)
{
	if (node->lookups > 0) {
		(void)fuse_lowlevel_notify_inval_inode(mount->session,
						       op_ino(node), -1, 0);
	}
}

/* It may wait for pages that only we can bring. */
bool notify_stop(struct mount *mount)
{
	struct notify *n = mount->notify;
	bool ended = true;

	if (n == NULL) {
		return true;
	}
	pthread_mutex_lock(&n->lock);
	n->ends = true;
	ended = n->ended;
	pthread_cond_signal(&n->more);
	pthread_mutex_unlock(&n->lock);
	if (ended) {
		pthread_join(n->thread, NULL);
		pthread_cond_destroy(&n->more);
		pthread_mutex_destroy(&n->lock);
		TALLOC_FREE(mount->notify);
	}
	return ended;
}
