/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Locks of byte ranges, and of whole files (flock). Who is in the way here is
 * known here; that nobody is elsewhere the server says, which locks an open
 * file of ours that is there for that alone. While it does, reading and
 * writing go through it as well, for an SMB lock is in the way of everybody
 * else.
 *
 * One lock of a file is changed at a time. Whoever waits asks again and again.
 */
#define LOG_MODULE "lock"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/file.h>

#include "client/mount/lock_table.h"
#include "client/mount/mount.h"
#include "smbquic/alarm.h"
#include "smbquic/log.h"

/* Ranges that one request changes. */
#define RANGES_MOST 64
/* flock() locks this byte, which no file has, and POSIX locks end before. */
#define FLOCK_BYTE    ((uint64_t)INT64_MAX - 1)
#define WAIT_FIRST_MS 20
#define WAIT_MOST_MS  1000

struct lock_set {
	struct lock_table table;
	struct lock_range server[RANGES_MOST]; /* that we have there */
	size_t count;
	struct client_file *file;
	bool writes;	 /* it is open for writing */
	struct op *busy; /* who changes it */
	struct op_list queue;
};

struct locking {
	struct lock_set *set;
	struct open_file *closes; /* when it is done, with all its locks */
	struct lock_held lock;
	bool unlocks, waits, probes;
	bool queued;
	unsigned wait_ms;
	struct lock_table table; /* as it will be */
	struct lock_range server[RANGES_MOST];
	size_t count;
	struct lock_range away[RANGES_MOST]; /* to be given back first */
	size_t aways;
	NTSTATUS status;
};

static void set_next(struct lock_set *set);
static void lock_run(struct op *op);
static void lock_opened(struct tevent_req *subreq);
static void lock_given_back(struct tevent_req *subreq);
static void lock_taken(struct tevent_req *subreq);
static void lock_restored(struct tevent_req *subreq);
static void lock_again(struct tevent_req *subreq);

/* ---------------------------------------------------------------- the queue */

static void set_late(struct tevent_context *ev, struct tevent_immediate *im,
		     void *private_data)
{
	(void)ev;
	talloc_free(im);
	set_next(talloc_get_type_abort(private_data, struct lock_set));
}

/* Who changed it went without an end of his own: the others go on. */
static void set_wake(struct lock_set *set, struct tevent_context *ev)
{
	struct tevent_immediate *im = tevent_create_immediate(set);

	if (im != NULL) {
		tevent_schedule_immediate(im, ev, set_late, set);
	}
}

static int locking_destructor(struct locking *l)
{
	struct lock_set *set = l->set;
	struct op *next = NULL;

	if (set->busy != NULL && set->busy->data == l) {
		set_wake(set, set->busy->mount->ev);
		set->busy = NULL;
	}
	if (l->queued) {
		TAILQ_FOREACH(next, &set->queue, entry)
		{
			if (next->data == l) {
				TAILQ_REMOVE(&set->queue, next, entry);
				break;
			}
		}
	}
	return 0;
}

static struct lock_set *set_of(struct node *node)
{
	if (node->locks == NULL) {
		node->locks = talloc_zero(node, struct lock_set);
		if (node->locks != NULL) {
			TAILQ_INIT(&node->locks->queue);
		}
	}
	return node->locks;
}

/* The next one's turn, if it is not somebody's. */
static void set_next(struct lock_set *set)
{
	struct op *op = TAILQ_FIRST(&set->queue);
	struct locking *l = op != NULL ? op->data : NULL;

	if (op != NULL && set->busy == NULL) {
		TAILQ_REMOVE(&set->queue, op, entry);
		l->queued = false;
		lock_run(op);
	}
}

static void lock_start(struct op *op)
{
	struct locking *l = op->data;

	if (l->set->busy != NULL) {
		l->queued = true;
		TAILQ_INSERT_TAIL(&l->set->queue, op, entry);
		return;
	}
	lock_run(op);
}

/* Answered; the op holds the node until the next one had its turn. */
static void lock_end(struct op *op, int err)
{
	struct locking *l = op->data;
	struct lock_set *set = l->set;
	struct open_file *closes = l->closes;
	struct node *node = op->node;

	node_hold(node);
	set->busy = NULL;
	op_fail(op, err);
	set_next(set);
	if (closes != NULL) {
		open_file_close(closes); /* the set may go with it */
	}
	node_release(node);
}

/* Somebody is in the way: come back later, or hear of it. */
static void lock_refused(struct op *op)
{
	struct locking *l = op->data;
	struct tevent_req *subreq = NULL;

	if (!l->waits) {
		lock_end(op, EAGAIN);
		return;
	}
	if (fuse_req_interrupted(op->req)) {
		lock_end(op, EINTR);
		return;
	}
	l->set->busy = NULL;
	op->busy = false;
	l->wait_ms = l->wait_ms == 0 ? WAIT_FIRST_MS : 2 * l->wait_ms;
	l->wait_ms = l->wait_ms < WAIT_MOST_MS ? l->wait_ms : WAIT_MOST_MS;
	subreq = alarm_wait_send(op, op->mount->ev, l->wait_ms);
	if (op_wait(op, subreq, lock_again)) {
		set_next(l->set);
	}
}

static void lock_again(struct tevent_req *subreq)
{
	struct op *op = op_of(subreq);

	talloc_free(subreq);
	lock_start(op);
}

/* --------------------------------------------------------------- the server */

static struct tevent_req *lock_request(struct op *op,
				       const struct lock_range *ranges,
				       size_t count, bool unlocks)
{
	struct smb2_lock_element elements[RANGES_MOST] = {{0}};
	struct locking *l = op->data;
	size_t i = 0;

	for (i = 0; i < count; i++) {
		elements[i].offset = ranges[i].start;
		elements[i].length = ranges[i].end - ranges[i].start + 1;
		elements[i].flags =
			unlocks ? SMB2_LOCKFLAG_UNLOCK
				: SMB2_LOCKFLAG_FAIL_IMMEDIATELY |
					  (ranges[i].exclusive
						   ? SMB2_LOCKFLAG_EXCLUSIVE_LOCK
						   : SMB2_LOCKFLAG_SHARED_LOCK);
	}
	return client_lock_send(op, l->set->file, elements, (uint16_t)count);
}

/* As it was before, or as it was to be. */
static void lock_done(struct op *op, bool yes)
{
	struct locking *l = op->data;
	struct lock_set *set = l->set;

	if (yes) {
		set->table = l->table;
		memcpy(set->server, l->server, sizeof(l->server));
		set->count = l->count;
		lock_end(op, 0);
	} else if (l->status == NT_STATUS_LOCK_NOT_GRANTED ||
		   l->status == NT_STATUS_FILE_LOCK_CONFLICT) {
		lock_refused(op);
	} else {
		log_info("a lock failed: %s", nt_errstr(l->status));
		lock_end(op, ntstatus_to_errno(l->status) != 0
				     ? ntstatus_to_errno(l->status)
				     : EIO);
	}
}

static void lock_take(struct op *op)
{
	struct lock_range more[RANGES_MOST];
	struct locking *l = op->data;
	struct lock_set *set = l->set;
	size_t count = lock_ranges_without(l->server, l->count, set->server,
					   set->count, more);

	if (count == 0) {
		lock_done(op, true);
		return;
	}
	op_wait(op, lock_request(op, more, count, false), lock_taken);
}

static void lock_change(struct op *op)
{
	struct locking *l = op->data;
	struct lock_set *set = l->set;

	l->aways = lock_ranges_without(set->server, set->count, l->server,
				       l->count, l->away);
	if (l->aways == 0) {
		lock_take(op);
		return;
	}
	op_wait(op, lock_request(op, l->away, l->aways, true), lock_given_back);
}

static void lock_given_back(struct tevent_req *subreq)
{
	struct op *op = op_of(subreq);
	struct locking *l = op->data;

	l->status = client_lock_recv(subreq);
	talloc_free(subreq);
	if (!NT_STATUS_IS_OK(l->status) && !l->unlocks) {
		lock_done(op, false);
		return;
	}
	lock_take(op);
}

static void lock_taken(struct tevent_req *subreq)
{
	struct op *op = op_of(subreq);
	struct locking *l = op->data;

	l->status = client_lock_recv(subreq);
	talloc_free(subreq);
	if (NT_STATUS_IS_OK(l->status) || l->aways == 0) {
		lock_done(op, NT_STATUS_IS_OK(l->status));
		return;
	}
	op_wait(op, lock_request(op, l->away, l->aways, false), lock_restored);
}

/* What was given back to become another kind is taken again. */
static void lock_restored(struct tevent_req *subreq)
{
	struct op *op = op_of(subreq);
	struct locking *l = op->data;
	NTSTATUS status = client_lock_recv(subreq);
	struct lock_range left[RANGES_MOST];

	talloc_free(subreq);
	if (!NT_STATUS_IS_OK(status)) {
		log_warn("another machine has taken a lock that was to be "
			 "changed here");
		l->set->count = lock_ranges_without(
			l->set->server, l->set->count, l->away, l->aways, left);
		memcpy(l->set->server, left, sizeof(left));
	}
	lock_done(op, false);
}

/* ------------------------------------------------------------------ the file
 */

static void lock_open(struct op *op, bool writes)
{
	struct locking *l = op->data;
	struct client_open how =
		open_file_how(op->mount, writes ? O_RDWR : O_RDONLY);
	const char *path = op_path(op, op->node, NULL);

	if (path != NULL) {
		l->set->writes = writes;
		op_wait(op, client_open_send(op, op_tree(op), path, &how),
			lock_opened);
	}
}

static void lock_opened(struct tevent_req *subreq)
{
	struct op *op = op_of(subreq);
	struct locking *l = op->data;
	struct lock_set *set = l->set;
	NTSTATUS status = client_open_recv(subreq, set, &set->file, NULL);

	talloc_free(subreq);
	if (status == NT_STATUS_ACCESS_DENIED && set->writes &&
	    op_tree(op) != NULL) {
		lock_open(op, false);
		return;
	}
	if (!NT_STATUS_IS_OK(status)) {
		l->status = status;
		lock_done(op, false);
		return;
	}
	lock_change(op);
}

static bool lock_plan(struct locking *l)
{
	bool ok = true;

	l->table = l->set->table;
	if (l->closes != NULL) {
		lock_table_clear_via(&l->table, l->closes);
	} else if (l->unlocks) {
		ok = lock_table_clear(&l->table, l->lock.owner,
				      l->lock.range.start, l->lock.range.end);
	} else {
		ok = lock_table_set(&l->table, &l->lock);
	}
	l->count = lock_table_cover(&l->table, l->server, RANGES_MOST);
	return ok && l->count <= RANGES_MOST;
}

/* The server was lost, and with it what was locked there. */
static void set_check(struct mount *mount, struct lock_set *set)
{
	if (set->file != NULL &&
	    !link_has_tree(mount, client_file_tree(set->file))) {
		TALLOC_FREE(set->file);
		set->count = 0;
	}
}

static void lock_run(struct op *op)
{
	struct locking *l = op->data;
	struct lock_set *set = l->set;

	set->busy = op;
	op->busy = true;
	set_check(op->mount, set);
	if (!l->unlocks && lock_table_conflict(&set->table, l->lock.owner,
					       &l->lock.range) != NULL) {
		lock_refused(op);
		return;
	}
	if (!lock_plan(l)) {
		lock_end(op, ENOLCK);
		return;
	}
	if (set->file == NULL && TAILQ_EMPTY(&op->node->names)) {
		l->count = 0; /* removed: nobody else can open it */
		lock_done(op, true);
	} else if (set->file != NULL) {
		lock_change(op);
	} else if (l->unlocks && l->count == 0) {
		lock_done(op, true);
	} else if (op_tree(op) == NULL) {
		link_again(op->mount);
		lock_end(op, EIO);
	} else {
		lock_open(op, true);
	}
}

struct client_file *lock_file_of(const struct node *node, bool writes)
{
	const struct lock_set *set = node->locks;

	if (set == NULL || set->count == 0 || (writes && !set->writes)) {
		return NULL;
	}
	return set->file;
}

void lock_forget(struct node *node)
{
	struct lock_set *set = node->locks;

	if (set != NULL && set->busy == NULL && TAILQ_EMPTY(&set->queue) &&
	    !node_is_open(node)) {
		TALLOC_FREE(node->locks);
	}
}

/* ------------------------------------------------------------------ requests
 */

static struct locking *locking_new(fuse_req_t req, fuse_ino_t ino,
				   const struct fuse_file_info *fi,
				   struct op **out)
{
	struct op *op = op_new(op_mount(req), req, ino);
	struct lock_set *set = op != NULL ? set_of(op->node) : NULL;
	struct locking *l = NULL;

	if (op == NULL) {
		return NULL;
	}
	l = set != NULL ? talloc_zero(op, struct locking) : NULL;
	if (l == NULL) {
		op_fail(op, ENOMEM);
		return NULL;
	}
	l->set = set;
	l->lock.owner = fi->lock_owner;
	l->lock.via = (const void *)(uintptr_t)fi->fh;
	op->data = l;
	op_is_patient(op);
	talloc_set_destructor(l, locking_destructor);
	*out = op;
	return l;
}

static struct lock_range range_of(const struct flock *lock)
{
	struct lock_range r = {
		.start = (uint64_t)lock->l_start,
		.end = FLOCK_BYTE - 1,
		.exclusive = lock->l_type == F_WRLCK,
	};

	if (lock->l_len > 0 && (uint64_t)lock->l_len <= FLOCK_BYTE - r.start) {
		r.end = r.start + (uint64_t)lock->l_len - 1;
	}
	return r;
}

void op_setlk(fuse_req_t req, fuse_ino_t ino, struct fuse_file_info *fi,
	      struct flock *lock, int sleep)
{
	struct op *op = NULL;
	struct locking *l = NULL;

	if (lock->l_start < 0 || (uint64_t)lock->l_start >= FLOCK_BYTE) {
		fuse_reply_err(req, EOVERFLOW);
		return;
	}
	l = locking_new(req, ino, fi, &op);
	if (l == NULL) {
		return;
	}
	l->lock.pid = lock->l_pid;
	l->lock.range = range_of(lock);
	l->unlocks = lock->l_type == F_UNLCK;
	l->waits = sleep != 0;
	lock_start(op);
}

/* Of locks on other machines nobody can tell whose they are. */
void op_getlk(fuse_req_t req, fuse_ino_t ino, struct fuse_file_info *fi,
	      struct flock *lock)
{
	struct mount *mount = op_mount(req);
	const struct node *node = op_node(mount, ino);
	struct lock_range range = range_of(lock);
	const struct lock_held *held = NULL;

	if (node->locks != NULL) {
		held = lock_table_conflict(&node->locks->table, fi->lock_owner,
					   &range);
	}
	lock->l_type = F_UNLCK;
	if (held != NULL) {
		lock->l_type = held->range.exclusive ? F_WRLCK : F_RDLCK;
		lock->l_start = (off_t)held->range.start;
		lock->l_len = held->range.end == FLOCK_BYTE - 1
				      ? 0
				      : (off_t)(held->range.end -
						held->range.start + 1);
		lock->l_pid = held->pid;
		lock->l_whence = SEEK_SET;
	}
	fuse_reply_lock(req, lock);
}

void op_flock(fuse_req_t req, fuse_ino_t ino, struct fuse_file_info *fi,
	      int what)
{
	struct op *op = NULL;
	struct locking *l = locking_new(req, ino, fi, &op);

	if (l == NULL) {
		return;
	}
	l->lock.range = (struct lock_range){
		.start = FLOCK_BYTE,
		.end = FLOCK_BYTE,
		.exclusive = (what & LOCK_EX) != 0,
	};
	l->unlocks = (what & LOCK_UN) != 0;
	l->waits = (what & LOCK_NB) == 0;
	lock_start(op);
}

bool lock_flush(fuse_req_t req, fuse_ino_t ino, const struct fuse_file_info *fi)
{
	const struct node *node = op_node(op_mount(req), ino);
	struct op *op = NULL;
	struct locking *l = NULL;

	if (node->locks == NULL ||
	    !lock_table_has(&node->locks->table, fi->lock_owner)) {
		return false;
	}
	l = locking_new(req, ino, fi, &op);
	if (l != NULL) {
		l->lock.range.end = FLOCK_BYTE - 1;
		l->unlocks = true;
		lock_start(op);
	}
	return true;
}

/*
 * What flock() has locked, and what fcntl() has for the open instead of the
 * process (F_OFD_SETLK), of which the kernel says nothing. A process has
 * nothing here any more: each that had the open has closed it, and does not
 * wait for this, so that it is in nobody's way here from now on.
 */
bool lock_release(fuse_req_t req, fuse_ino_t ino,
		  const struct fuse_file_info *fi)
{
	struct open_file *open = (struct open_file *)(uintptr_t)fi->fh;
	const struct node *node = op_node(op_mount(req), ino);
	struct op *op = NULL;
	struct locking *l = NULL;

	if (node->locks == NULL ||
	    !lock_table_has_via(&node->locks->table, open)) {
		return false;
	}
	l = locking_new(req, ino, fi, &op);
	if (l == NULL) {
		open_file_close(open);
		return true;
	}
	lock_table_clear_via(&l->set->table, open);
	l->unlocks = true;
	l->closes = open;
	lock_start(op);
	return true;
}
