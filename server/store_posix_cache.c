/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Names of directories, remembered.
 *
 * To make a file in a share that ignores case means to know that no name of
 * its directory differs in case only; reading the directory for each new file
 * makes copying a large folder quadratic. So a large directory's names are
 * kept, by their hash without case, together with the modification time at
 * which they were read: as long as it is the same the list is good.
 *
 * What we change ourselves we change in the list as well, and take the new time
 * over. Somebody else's change in the same tick of the clock would go unnoticed
 * then; therefore such a list is read again after a time, which doubles from
 * READ_AGAIN_MS up to READ_AGAIN_MAX_MS.
 *
 * Where the kernel tells of all changes (name_watch.h), it does so for larger
 * ones: then others' changes are made in the list, too, and it is read again
 * only if something was not told.
 *
 * The lists belong to a share; they are used by all its threads.
 */

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "server/name_set.h"
#include "server/name_watch.h"
#include "server/store_posix.h"
#include "smbquic/name_map.h"
#include "smbquic/utf16.h"

#define MAX_DIRECTORIES	  64
#define MAX_NAMES_KEPT	  1500000u /* of all; about 40 bytes each */
#define MAX_NAMES	  1000000u /* of a directory */
#define MIN_NAMES	  128u	   /* below that reading is quick */
#define MIN_NAMES_WATCHED 256u
#define READ_AGAIN_MS	  20u
#define READ_AGAIN_MAX_MS 5000u

/* Of a directory at a time. */
#define SCAN_SIZE ((size_t)128 << 10)

struct cached_dir {
	struct cached_dir *next; /* most recently used first */
	unsigned users;
	bool dropped;	       /* out of the cache; freed with its last user */
	size_t counted;	       /* in cache->names */
	pthread_mutex_t mutex; /* of what follows */
	dev_t dev;
	ino_t ino;
	bool known; /* the list is good for `mtime` */
	struct timespec mtime;
	unsigned again_ms;
	struct timespec read_at;  /* monotonic */
	bool ours;		  /* changed by us since it was read */
	struct name_watch *watch; /* tells of changes; or NULL */
	struct name_set names;
};

struct posix_cache {
	pthread_mutex_t mutex; /* of the list of directories */
	struct cached_dir *dirs;
	size_t count;
	size_t names; /* of all directories */
};

/* --- names -------------------------------------------------------------- */

static bool client_hash(const char *local, uint32_t *hash)
{
	char client[3 * NAME_MAX + 1];

	if (!name_map_to_smb(local, client, sizeof(client))) {
		return false;
	}
	*hash = utf8_case_hash(client);
	return true;
}

static bool names_add(struct name_set *names, const char *local)
{
	uint32_t hash = 0;

	if (!client_hash(local, &hash)) {
		return true; /* no client can ask for it */
	}
	return name_set_add(names, local, hash);
}

static bool is_same(const char *local, const void *local2)
{
	return strcmp(local, local2) == 0;
}

static void names_remove(struct name_set *names, const char *local)
{
	uint32_t hash = 0;

	if (client_hash(local, &hash)) {
		name_set_remove(names, hash, is_same, local);
	}
}

static bool is_same_to_client(const char *local, const void *client)
{
	char name[3 * NAME_MAX + 1];

	return name_map_to_smb(local, name, sizeof(name)) &&
	       utf8_case_equal(name, client);
}

static const char *names_find(const struct name_set *names, const char *client)
{
	return name_set_find(names, utf8_case_hash(client), is_same_to_client,
			     client);
}

/* --- reading ------------------------------------------------------------ */

static bool is_dots(const char *name)
{
	return strcmp(name, ".") == 0 || strcmp(name, "..") == 0;
}

static bool add_buffer(struct name_set *names, const char *buf, size_t len)
{
	size_t at = 0;

	while (at < len) {
		const struct dirent64 *entry = (const void *)(buf + at);

		if (!is_dots(entry->d_name) &&
		    !names_add(names, entry->d_name)) {
			return false;
		}
		at += entry->d_reclen;
	}
	return names->count <= MAX_NAMES;
}

/* All names of a directory. EACCES: we may not look; EFBIG: too many. */
static int names_read(int dirfd, struct name_set *names)
{
	int fd = openat(dirfd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	char *buf = NULL;
	long n = 1;
	int err = 0;

	if (fd == -1) {
		return errno;
	}
	buf = malloc(SCAN_SIZE);
	if (buf == NULL) {
		close(fd);
		return ENOMEM;
	}
	while (n > 0 && err == 0) {
		n = syscall(SYS_getdents64, fd, buf, SCAN_SIZE);
		if (n < 0 && errno != ENOENT) {
			err = errno;
		}
		if (n > 0 && !add_buffer(names, buf, (size_t)n)) {
			err = EFBIG;
		}
	}
	free(buf);
	close(fd);
	return err;
}

/* --- directories -------------------------------------------------------- */

static int64_t ms_since(const struct timespec *then)
{
	struct timespec now = {0};

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (int64_t)(now.tv_sec - then->tv_sec) * 1000 +
	       (now.tv_nsec - then->tv_nsec) / 1000000;
}

/* A time so close that more could happen in the same tick. */
static bool just_now(const struct timespec *mtime)
{
	struct timespec now = {0};
	int64_t ms = 0;

	clock_gettime(CLOCK_REALTIME, &now);
	ms = (int64_t)(now.tv_sec - mtime->tv_sec) * 1000 +
	     (now.tv_nsec - mtime->tv_nsec) / 1000000;
	return ms < (int64_t)READ_AGAIN_MS;
}

static bool same_time(const struct timespec *a, const struct timespec *b)
{
	return a->tv_sec == b->tv_sec && a->tv_nsec == b->tv_nsec;
}

static void dir_free(struct cached_dir *dir)
{
	pthread_mutex_destroy(&dir->mutex);
	name_watch_free(dir->watch);
	name_set_clear(&dir->names);
	free(dir);
}

/* Out of the list, if it is still there. Under the mutex. */
static void cache_remove(struct posix_cache *cache, struct cached_dir *dir)
{
	struct cached_dir **p = &cache->dirs;

	while (*p != NULL && *p != dir) {
		p = &(*p)->next;
	}
	if (*p != NULL) {
		*p = dir->next;
		cache->count--;
		cache->names -= dir->counted;
		dir->dropped = true;
	}
}

/* Those that were used longest ago go when there are too many. Under the
 * mutex. */
static void cache_trim(struct posix_cache *cache)
{
	while (cache->count > MAX_DIRECTORIES ||
	       (cache->count > 1 && cache->names > MAX_NAMES_KEPT)) {
		struct cached_dir *dir = cache->dirs;

		while (dir->next != NULL) {
			dir = dir->next;
		}
		cache_remove(cache, dir);
		if (dir->users == 0) {
			dir_free(dir);
		}
	}
}

static struct cached_dir *cache_find(struct posix_cache *cache,
				     const struct stat *st)
{
	struct cached_dir **p = &cache->dirs;
	struct cached_dir *dir = NULL;

	while (*p != NULL &&
	       ((*p)->ino != st->st_ino || (*p)->dev != st->st_dev)) {
		p = &(*p)->next;
	}
	dir = *p;
	if (dir != NULL) { /* to the front */
		*p = dir->next;
		dir->next = cache->dirs;
		cache->dirs = dir;
	}
	return dir;
}

static struct cached_dir *cache_add(struct posix_cache *cache,
				    const struct stat *st)
{
	struct cached_dir *dir = calloc(1, sizeof(*dir));

	if (dir == NULL) {
		return NULL;
	}
	pthread_mutex_init(&dir->mutex, NULL);
	dir->dev = st->st_dev;
	dir->ino = st->st_ino;
	dir->again_ms = READ_AGAIN_MS;
	dir->next = cache->dirs;
	cache->dirs = dir;
	cache->count++;
	return dir;
}

/*
 * The directory's list, locked, and the directory as it is now that nobody of
 * ours changes it. NULL: there is none (and it is not to be made).
 */
static struct cached_dir *cache_lock(struct posix_cache *cache, int dirfd,
				     struct stat *st, bool make)
{
	struct cached_dir *dir = NULL;

	pthread_mutex_lock(&cache->mutex);
	dir = cache_find(cache, st);
	if (dir == NULL && make) {
		dir = cache_add(cache, st);
	}
	if (dir != NULL) {
		dir->users++;
	}
	pthread_mutex_unlock(&cache->mutex);
	if (dir == NULL) {
		return NULL;
	}
	pthread_mutex_lock(&dir->mutex);
	if (fstat(dirfd, st) != 0) { /* never, it could before */
		dir->known = false;
	}
	return dir;
}

static void cache_unlock(struct posix_cache *cache, struct cached_dir *dir)
{
	/* Small ones are not worth keeping. */
	bool small = !dir->known || dir->names.count < MIN_NAMES;
	size_t count = dir->names.count;

	pthread_mutex_unlock(&dir->mutex);
	pthread_mutex_lock(&cache->mutex);
	dir->users--;
	if (!dir->dropped) {
		cache->names += count - dir->counted;
		dir->counted = count;
	}
	if (small) {
		cache_remove(cache, dir);
	}
	if (dir->dropped && dir->users == 0) {
		dir_free(dir);
	}
	cache_trim(cache);
	pthread_mutex_unlock(&cache->mutex);
}

/* --- what the kernel tells ---------------------------------------------- */

static void name_changed(const char *local, bool came, void *private_data)
{
	struct cached_dir *dir = private_data;

	names_remove(&dir->names, local);
	if (came) {
		dir->known = dir->known && names_add(&dir->names, local) &&
			     dir->names.count <= MAX_NAMES;
	}
}

static void dir_forsake(struct cached_dir *dir)
{
	name_watch_free(dir->watch);
	dir->watch = NULL;
	dir->known = false;
}

/*
 * Makes the changes that were told. The time that the directory has now is that
 * of what was told, or of something that is about to be: who changes it puts
 * the time on it first, and tells before anybody knows that it is done.
 */
static void dir_follow(struct cached_dir *dir, int dirfd, struct stat *st)
{
	bool any = false;

	if (dir->watch == NULL) {
		return;
	}
	if (!name_watch_take(dir->watch, name_changed, dir, &any)) {
		dir_forsake(dir);
		return;
	}
	if (any) {
		if (fstat(dirfd, st) != 0) {
			dir->known = false;
		}
		dir->mtime = st->st_mtim;
	}
}

static void nothing(const char *local, bool came, void *private_data)
{
	(void)local;
	(void)came;
	(void)private_data;
}

/* All that was told so far will be read, or was. */
static void dir_skip(struct cached_dir *dir)
{
	bool any = false;

	if (dir->watch != NULL &&
	    !name_watch_take(dir->watch, nothing, NULL, &any)) {
		dir_forsake(dir);
	}
}

static void dir_watch(struct cached_dir *dir, int dirfd)
{
	if (dir->watch == NULL && dir->names.count >= MIN_NAMES_WATCHED &&
	    name_watch_local(dirfd)) {
		dir->watch = name_watch_new(dirfd);
	}
}

/* --- is it good? -------------------------------------------------------- */

static bool dir_good(const struct cached_dir *dir, const struct stat *st)
{
	return dir->known && same_time(&dir->mtime, &st->st_mtim) &&
	       (!dir->ours || ms_since(&dir->read_at) < dir->again_ms);
}

static void grow_patience(struct cached_dir *dir, const struct stat *st)
{
	if (dir->known && same_time(&dir->mtime, &st->st_mtim)) {
		dir->again_ms = dir->again_ms * 2 < READ_AGAIN_MAX_MS
					? dir->again_ms * 2
					: READ_AGAIN_MAX_MS;
	} else {
		dir->again_ms = READ_AGAIN_MS;
	}
}

/* Reads the names anew. st was taken before. */
static int dir_read(struct cached_dir *dir, int dirfd, const struct stat *st)
{
	struct stat after = {0};
	bool watched = false;
	int err = 0;

	grow_patience(dir, st);
	dir_skip(dir);
	watched = dir->watch != NULL;
	name_set_clear(&dir->names);
	dir->known = false;
	err = names_read(dirfd, &dir->names);
	if (err != 0) {
		name_set_clear(&dir->names);
		return err;
	}
	clock_gettime(CLOCK_MONOTONIC, &dir->read_at);
	dir->mtime = st->st_mtim;
	dir_watch(dir, dirfd);
	dir->ours = !watched && just_now(&st->st_mtim);
	dir->known = fstat(dirfd, &after) == 0 &&
		     (watched || same_time(&after.st_mtim, &st->st_mtim));
	return 0;
}

/* --- for store_posix_path.c --------------------------------------------- */

struct posix_cache *posix_cache_new(void)
{
	struct posix_cache *cache = calloc(1, sizeof(*cache));

	if (cache != NULL) {
		pthread_mutex_init(&cache->mutex, NULL);
	}
	return cache;
}

void posix_cache_free(struct posix_cache *cache)
{
	while (cache->dirs != NULL) {
		struct cached_dir *dir = cache->dirs;

		cache->dirs = dir->next;
		dir_free(dir);
	}
	pthread_mutex_destroy(&cache->mutex);
	free(cache);
}

int posix_cache_match(struct posix_cache *cache, int dirfd, const char *client,
		      char *match, size_t size)
{
	struct cached_dir *dir = NULL;
	const char *found = NULL;
	struct stat st = {0};
	int err = 0;

	if (fstat(dirfd, &st) != 0) {
		return errno;
	}
	dir = cache_lock(cache, dirfd, &st, true);
	if (dir == NULL) {
		return ENOMEM;
	}
	dir_follow(dir, dirfd, &st);
	if (!dir_good(dir, &st)) {
		err = dir_read(dir, dirfd, &st);
	}
	/* Whoever may not look does not profit from others' looking. */
	if (err == 0 && posix_may(dirfd, R_OK)) {
		found = names_find(&dir->names, client);
	}
	if (found != NULL && strlen(found) < size) {
		memcpy(match, found, strlen(found) + 1);
	}
	cache_unlock(cache, dir);
	return err == EACCES ? 0 : err;
}

/* --- our own changes ---------------------------------------------------- */

struct cached_dir *posix_cache_hold(struct posix_cache *cache, int dirfd)
{
	struct cached_dir *dir = NULL;
	struct stat st = {0};

	if (cache == NULL || fstat(dirfd, &st) != 0) {
		return NULL;
	}
	dir = cache_lock(cache, dirfd, &st, false);
	if (dir == NULL) {
		return NULL;
	}
	dir_follow(dir, dirfd, &st);
	if (!dir->known || !same_time(&dir->mtime, &st.st_mtim)) {
		dir->known = false;
		cache_unlock(cache, dir);
		return NULL;
	}
	return dir;
}

void posix_cache_changed(struct cached_dir *dir, const char *added,
			 const char *removed)
{
	if (dir == NULL) {
		return;
	}
	dir->ours = dir->ours || dir->watch == NULL;
	if (removed != NULL) {
		names_remove(&dir->names, removed);
	}
	if (added != NULL) {
		names_remove(&dir->names, added);
		dir->known = dir->known && names_add(&dir->names, added);
	}
}

void posix_cache_release(struct posix_cache *cache, struct cached_dir *dir,
			 int dirfd)
{
	struct stat st = {0};

	if (dir == NULL) {
		return;
	}
	if (fstat(dirfd, &st) != 0) {
		dir->known = false;
	}
	dir->mtime = st.st_mtim;
	cache_unlock(cache, dir);
}
