/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Files that are open on the server.
 *
 * Under a lease that lets us keep what was read, whoever opens a file that is
 * open here gets the same one, without asking the server. When the last of
 * them has closed it, it stays open for a while (linger.c), until somebody here
 * opens or changes it, or the server wants it closed.
 */
#define LOG_MODULE "open"

#include <errno.h>
#include <fcntl.h>

#include "client/mount/mount.h"
#include "smbquic/log.h"

/* Of all files together, what was read and is kept here; one has no more than
 * its part. */
#define MEMORY_ALL   ((size_t)256 * 1024 * 1024)
#define MEMORY_MOST  ((size_t)16 * 1024 * 1024)
#define MEMORY_LEAST ((size_t)512 * 1024)
#define AHEAD_MOST   ((size_t)8 * 1024 * 1024)
/* ------------------------------------------------------------- opening them
 */

static struct client_cache_options cache_options(const struct mount *mount)
{
	size_t memory = MEMORY_ALL / (mount->caches + 1);
	struct client_cache_options o = {0};

	client_cache_default(&o);
	o.memory = memory < MEMORY_MOST ? memory : MEMORY_MOST;
	o.memory = o.memory > MEMORY_LEAST ? o.memory : MEMORY_LEAST;
	o.read_ahead = AHEAD_MOST;
	return o;
}

struct tevent_req *open_file_send(struct op *op, const char *path,
				  const struct client_open *how)
{
	struct mount *mount = op->mount;
	struct client_cache_options options = cache_options(mount);
	struct client_open plain = *how;

	if (!mount->leases) {
		plain.first = 0;
		return client_open_send(op, op_tree(op), path, &plain);
	}
	return client_cache_open_send(op, op_tree(op), path, how, &options);
}

bool open_file_also(struct tevent_req *req, const struct op *op,
		    struct client_stat *out)
{
	return op->mount->leases ? client_cache_open_also(req, out)
				 : client_open_also(req, out);
}

NTSTATUS open_file_recv(struct tevent_req *req, struct op *op,
			struct opened *out, struct client_stat *stat)
{
	NTSTATUS status = 0;

	*out = (struct opened){0};
	if (!op->mount->leases) {
		return client_open_recv(req, op, &out->file, stat);
	}
	status = client_cache_open_recv(req, op, &out->cache, stat);
	if (NT_STATUS_IS_OK(status)) {
		out->file = client_cache_file(out->cache);
	}
	return status;
}

static int open_file_destructor(struct open_file *open)
{
	TAILQ_REMOVE(&open->node->opens, open, entry);
	TAILQ_REMOVE(&open->mount->open_files, open, all);
	open->mount->caches -= open->cache != NULL ? 1 : 0;
	linger_end(open);
	return 0;
}

bool open_flags_read(int flags)
{
	return (flags & O_ACCMODE) != O_WRONLY;
}

bool open_flags_write(int flags)
{
	return (flags & O_ACCMODE) != O_RDONLY;
}

static void lease_less(struct client_cache *cache, uint32_t state,
		       void *private_data);

struct open_file *open_file_new(struct mount *mount, struct node *node,
				const struct opened *opened, int flags)
{
	struct open_file *open = talloc_zero(mount, struct open_file);

	if (open == NULL) {
		return NULL;
	}
	open->mount = mount;
	open->node = node;
	open->file = opened->file;
	open->cache = opened->cache;
	if (open->cache != NULL) {
		talloc_steal(open, open->cache);
		client_cache_on_lease(open->cache, lease_less, open);
		mount->caches++;
	} else {
		talloc_steal(open, open->file);
	}
	open->reads = open_flags_read(flags);
	open->writes = open_flags_write(flags);
	open->users = 1;
	node_hold(node);
	TAILQ_INSERT_TAIL(&node->opens, open, entry);
	TAILQ_INSERT_TAIL(&mount->open_files, open, all);
	talloc_set_destructor(open, open_file_destructor);
	return open;
}

/* -------------------------------------------------------------- which one */

static uint32_t lease_of(const struct open_file *open)
{
	return open->cache != NULL ? client_file_lease(open->file) : 0;
}

static bool can(const struct open_file *open, bool reads, bool writes)
{
	return (open->reads || !reads) && (open->writes || !writes);
}

struct open_file *open_file_that(const struct node *node,
				 const struct client_tree *tree, bool reads,
				 bool writes)
{
	struct open_file *open = NULL;

	TAILQ_FOREACH(open, &node->opens, entry)
	{
		if (can(open, reads, writes) &&
		    (tree == NULL || client_file_tree(open->file) == tree)) {
			return open;
		}
	}
	return NULL;
}

bool open_file_delays(const struct open_file *open)
{
	return (lease_of(open) & SMB2_LEASE_WRITE_CACHING) != 0;
}

static bool is_shared(const struct open_file *open,
		      const struct client_tree *tree, bool reads, bool writes)
{
	return !open->failed && can(open, reads, writes) &&
	       client_file_tree(open->file) == tree &&
	       (lease_of(open) & SMB2_LEASE_READ_CACHING) != 0;
}

struct open_file *open_file_share(const struct op *op, int flags)
{
	const struct client_tree *tree = op_tree(op);
	struct node *node = op->node;
	struct open_file *open = NULL;

	TAILQ_FOREACH(open, &node->opens, entry)
	{
		if (is_shared(open, tree, open_flags_read(flags),
			      open_flags_write(flags))) {
			break;
		}
	}
	if (open != NULL) {
		open->users++;
		linger_end(open);
	} else {
		open_file_let_go(node);
	}
	return open;
}

bool node_is_open(const struct node *node)
{
	const struct open_file *open = NULL;

	TAILQ_FOREACH(open, &node->opens, entry)
	{
		if (open->users > 0) {
			return true;
		}
	}
	return false;
}

bool node_is_leased(const struct node *node)
{
	const struct open_file *open = NULL;

	TAILQ_FOREACH(open, &node->opens, entry)
	{
		if ((lease_of(open) & SMB2_LEASE_READ_CACHING) != 0) {
			return true;
		}
	}
	return false;
}

static bool is_dirty(const struct open_file *open)
{
	struct client_cache_figures figures = {0};

	if (open->cache == NULL) {
		return false;
	}
	client_cache_figures(open->cache, &figures);
	return figures.dirty > 0;
}

bool node_is_dirty(const struct node *node)
{
	const struct open_file *open = NULL;

	TAILQ_FOREACH(open, &node->opens, entry)
	{
		if (is_dirty(open)) {
			return true;
		}
	}
	return false;
}

bool node_size(const struct node *node, uint64_t *size)
{
	const struct open_file *open = NULL;

	TAILQ_FOREACH(open, &node->opens, entry)
	{
		if (is_dirty(open) && client_cache_size(open->cache, size)) {
			return true;
		}
	}
	return false;
}

/* No server breaks a lease when a program of its own machine writes. */
static void seen(struct open_file *open, uint64_t size,
		 const struct timespec *t)
{
	struct client_cache_figures figures = {0};

	client_cache_figures(open->cache, &figures);
	if (figures.dirty == 0 && figures.writes == open->seen_writes &&
	    (t->tv_sec != open->seen_time.tv_sec ||
	     t->tv_nsec != open->seen_time.tv_nsec)) {
		client_cache_changed(open->cache, size);
	}
	open->seen_writes = figures.writes;
	open->seen_time = *t;
}

void node_seen(const struct node *node, const struct stat *attr)
{
	struct open_file *open = NULL;

	TAILQ_FOREACH(open, &node->opens, entry)
	{
		if (open->cache != NULL) {
			seen(open, (uint64_t)attr->st_size, &attr->st_mtim);
		}
	}
}

/* -------------------------------------------------------------- closing them
 */

static void close_done(struct tevent_req *subreq)
{
	struct mount *mount = tevent_req_callback_data(subreq, struct mount);
	NTSTATUS status = client_cache_close_recv(subreq);

	if (!NT_STATUS_IS_OK(status)) {
		log_debug("closing: %s", nt_errstr(status));
	}
	talloc_free(subreq);
	mount->closing--;
}

/* What waits is written first, after we have gone on. */
static void close_later(struct open_file *open)
{
	struct mount *mount = open->mount;
	struct tevent_req *subreq = NULL;

	client_cache_on_lease(open->cache, NULL, NULL);
	subreq = client_cache_close_send(mount, open->cache);
	if (subreq == NULL) {
		log_warn("no memory: what waited to be written is lost");
		return;
	}
	mount->caches--;
	mount->closing++;
	talloc_steal(subreq, open->cache);
	open->cache = NULL;
	tevent_req_set_callback(subreq, close_done, mount);
}

void open_file_end(struct open_file *open)
{
	struct node *node = open->node;

	if (is_dirty(open)) {
		close_later(open);
	}
	talloc_free(open);
	node_release(node);
}

static bool may_linger(const struct open_file *open)
{
	const struct mount *mount = open->mount;

	return (lease_of(open) & SMB2_LEASE_HANDLE_CACHING) != 0 &&
	       !open->failed && !TAILQ_EMPTY(&open->node->names) &&
	       mount->options->close_time > 0 && !mount->ended;
}

void open_file_close(struct open_file *open)
{
	struct node *node = open->node;

	node_hold(node);
	open->users--;
	TALLOC_FREE(open->appending);
	if (open->users == 0 && !(may_linger(open) && linger_begin(open))) {
		open_file_end(open);
	}
	lock_forget(node);
	node_release(node);
}

void open_file_let_go(struct node *node)
{
	struct open_file *open = NULL;
	struct open_file *next = NULL;

	if (node == NULL) {
		return;
	}
	node_hold(node);
	for (open = TAILQ_FIRST(&node->opens); open != NULL; open = next) {
		next = TAILQ_NEXT(open, entry);
		if (open->users == 0) {
			open_file_end(open);
		}
	}
	node_release(node);
}

static void written(struct tevent_req *subreq)
{
	struct mount *mount = tevent_req_callback_data(subreq, struct mount);

	(void)client_cache_settle_recv(subreq);
	talloc_free(subreq);
	mount->closing--;
}

void open_file_write_all(struct mount *mount)
{
	struct tevent_req *subreq = NULL;
	struct open_file *open = NULL;

	TAILQ_FOREACH(open, &mount->open_files, all)
	{
		subreq = is_dirty(open)
				 ? client_cache_settle_send(mount, open->cache)
				 : NULL;
		if (subreq != NULL) {
			mount->closing++;
			tevent_req_set_callback(subreq, written, mount);
		}
	}
}

/* -------------------------------------------------------------------- leases
 */

static void late_end(struct tevent_context *ev, struct tevent_immediate *im,
		     void *private_data)
{
	struct open_file *open =
		talloc_get_type_abort(private_data, struct open_file);

	(void)ev;
	TALLOC_FREE(im);
	open->late = NULL;
	if (open->users == 0) {
		open_file_end(open);
	}
}

/* Not here: the cache is still at work. */
static void end_late(struct open_file *open)
{
	if (open->late == NULL) {
		open->late = tevent_create_immediate(open);
	}
	if (open->late != NULL) {
		tevent_schedule_immediate(open->late, open->mount->ev, late_end,
					  open);
	}
}

static void lease_less(struct client_cache *cache, uint32_t state,
		       void *private_data)
{
	struct open_file *open =
		talloc_get_type_abort(private_data, struct open_file);

	(void)cache;
	if ((state & SMB2_LEASE_READ_CACHING) == 0) {
		attr_changed(open->node);
		notify_changed(open->mount, open->node);
	}
	if (open->users == 0 && (state & SMB2_LEASE_HANDLE_CACHING) == 0) {
		end_late(open);
	}
}

void open_file_changed(struct open_file *open, uint64_t size)
{
	attr_changed(open->node);
	if (open->cache != NULL) {
		client_cache_changed(open->cache, size);
	}
}

/* --------------------------------------------------------- what waits here */

struct settling {
	op_fn then;
};

static void settled(struct tevent_req *subreq)
{
	struct settling *s = tevent_req_callback_data(subreq, struct settling);
	struct op *op = talloc_get_type_abort(talloc_parent(s), struct op);
	op_fn then = s->then;

	/* what could not be written is told by who asks for it */
	(void)client_cache_settle_recv(subreq);
	talloc_free(s);
	then(op);
}

void op_settle(struct op *op, const struct node *node, op_fn then)
{
	struct tevent_req *subreq = NULL;
	struct settling *s = NULL;
	struct open_file *open = NULL;

	if (node != NULL) {
		TAILQ_FOREACH(open, &node->opens, entry)
		{
			if (is_dirty(open)) {
				break;
			}
		}
	}
	if (open == NULL) {
		then(op);
		return;
	}
	s = talloc_zero(op, struct settling);
	subreq = s != NULL ? client_cache_settle_send(s, open->cache) : NULL;
	if (subreq == NULL) {
		op_fail(op, ENOMEM);
		return;
	}
	s->then = then;
	tevent_req_set_callback(subreq, settled, s);
}
