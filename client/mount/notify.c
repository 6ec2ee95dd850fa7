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
#include <string.h>

#include "client/mount/mount.h"
#include "smbquic/log.h"

/* Such as wait to be told, at most: as many as a server could make us. */
#define WAITING_MOST 65536

/* Guarded by the lock, and plain memory: two threads have it. */
struct news {
	TAILQ_ENTRY(news) entry;
	fuse_ino_t ino;
	char name[]; /* in that folder; "": it itself */
};

struct notify {
	pthread_t thread;
	pthread_mutex_t lock;
	pthread_cond_t more;
	struct fuse_session *session;
	TAILQ_HEAD(, news) waiting;
	unsigned count;
	bool ends, ended;
};

/* It is with flags in libfuse 3.14, without in 3.16 and later. -ENOSYS: the
 * kernel is older than Linux 6.2, or libfuse is another. */
#if FUSE_VERSION >= FUSE_MAKE_VERSION(3, 16)
static int expire(const struct notify *n, const struct news *news)
{
	return fuse_lowlevel_notify_expire_entry(
		n->session, news->ino, news->name, strlen(news->name));
}
#elif FUSE_VERSION == FUSE_MAKE_VERSION(3, 14)
static int expire(const struct notify *n, const struct news *news)
{
	return fuse_lowlevel_notify_expire_entry(n->session, news->ino,
						 news->name, strlen(news->name),
						 FUSE_LL_EXPIRE_ONLY);
}
#else
static int expire(const struct notify *n, const struct news *news)
{
	(void)n, (void)news;
	return -ENOSYS;
}
#endif

/* ENOENT: it has forgotten it already. */
static void notify_tell(const struct notify *n, const struct news *news)
{
	if (news->name[0] == '\0') {
		(void)fuse_lowlevel_notify_inval_inode(n->session, news->ino, 0,
						       0);
		return;
	}
	if (expire(n, news) == -ENOSYS) {
		(void)fuse_lowlevel_notify_inval_entry(
			n->session, news->ino, news->name, strlen(news->name));
	}
}

static void *notify_run(void *data)
{
	struct notify *n = data;
	struct news *news = NULL;

	pthread_mutex_lock(&n->lock);
	while (!n->ends) {
		news = TAILQ_FIRST(&n->waiting);
		if (news == NULL) {
			pthread_cond_wait(&n->more, &n->lock);
			continue;
		}
		TAILQ_REMOVE(&n->waiting, news, entry);
		n->count--;
		pthread_mutex_unlock(&n->lock);
		notify_tell(n, news);
		free(news);
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
	TAILQ_INIT(&n->waiting);
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

static void notify_add(struct mount *mount, const struct node *node,
		       const char *name)
{
	struct notify *n = mount->notify;
	struct news *news = NULL;

	if (n == NULL ||
	    (node->lookups == 0 && node != node_root(mount->nodes))) {
		return;
	}
	news = calloc(1, sizeof(*news) + strlen(name) + 1);
	if (news != NULL) {
		news->ino = node == node_root(mount->nodes) ? FUSE_ROOT_ID
							    : op_ino(node);
		memcpy(news->name, name, strlen(name) + 1);
	}
	pthread_mutex_lock(&n->lock);
	if (news != NULL && n->count < WAITING_MOST) {
		TAILQ_INSERT_TAIL(&n->waiting, news, entry);
		n->count++;
		news = NULL;
	} else {
		log_warn("the kernel does not hear of a file that changed");
	}
	pthread_cond_signal(&n->more);
	pthread_mutex_unlock(&n->lock);
	free(news);
}

void notify_changed(struct mount *mount, const struct node *node)
{
	notify_add(mount, node, "");
}

void notify_name(struct mount *mount, const struct node *folder,
		 const char *name)
{
	if (*name != '\0') {
		notify_add(mount, folder, name);
	}
}

void notify_attr(struct mount *mount, const struct node *node)
{
	fuse_ino_t ino =
		node == node_root(mount->nodes) ? FUSE_ROOT_ID : op_ino(node);

	if (mount->session != NULL &&
	    (node->lookups > 0 || ino == FUSE_ROOT_ID)) {
		(void)fuse_lowlevel_notify_inval_inode(mount->session, ino, -1,
						       0);
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
		while (!TAILQ_EMPTY(&n->waiting)) {
			struct news *news = TAILQ_FIRST(&n->waiting);

			TAILQ_REMOVE(&n->waiting, news, entry);
			free(news);
		}
		TALLOC_FREE(mount->notify);
	}
	return ended;
}
