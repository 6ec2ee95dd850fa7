/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A share on a file system: its row, and the way of a job there and back. */

#define LOG_MODULE "store"

#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <linux/openat2.h>
#include <stdlib.h>
#include <string.h>
#include <sys/statfs.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "server/name_watch.h"
#include "server/store_posix.h"
#include "smbquic/log.h"

/* Jobs that may wait for a thread, per store. */
#define MAX_QUEUED 65536

/* --- shared objects ----------------------------------------------------- */

struct posix_store *posix_store_of(const struct store *store)
{
	return talloc_get_type_abort(store->data, struct posix_store);
}

struct posix_root *posix_root_keep(struct posix_root *root)
{
	atomic_fetch_add(&root->refs, 1);
	return root;
}

static void root_close(struct posix_root *root)
{
	if (root->cache != NULL) {
		posix_cache_free(root->cache);
	}
	if (atomic_load(&root->depot) != -1) {
		close(atomic_load(&root->depot));
	}
	if (root->sweep != NULL) {
		closedir(root->sweep);
	}
	pthread_mutex_destroy(&root->sweep_lock);
	if (root->fd != -1) {
		close(root->fd);
	}
}

void posix_root_drop(struct posix_root *root)
{
	if (atomic_fetch_sub(&root->refs, 1) == 1) {
		root_close(root);
		free(root);
	}
}

/* Jobs outlive the store, and the pool outlives them. */
static void submit_closing(const struct posix_root *root,
			   struct worker_job *closing)
{
	if (root->lane != NULL) {
		worker_submit_detached(root->lane, closing);
	} else {
		worker_submit_left(root->pool, closing);
	}
}

static void root_closing_run(struct worker_job *closing)
{
	root_close((struct posix_root *)closing);
}

static void root_closing_release(struct worker_job *closing)
{
	free((struct posix_root *)closing);
}

void posix_root_leave(struct posix_root *root)
{
	if (root != NULL && atomic_fetch_sub(&root->refs, 1) == 1) {
		root->closing.run = root_closing_run;
		root->closing.release = root_closing_release;
		submit_closing(root, &root->closing);
	}
}

static void free_stream_names(struct posix_handle *handle)
{
	struct posix_stream_name *name = atomic_load(&handle->stream);

	while (name != NULL) {
		struct posix_stream_name *before = name->before;

		free(name);
		name = before;
	}
}

struct posix_handle *posix_handle_keep(struct posix_handle *handle)
{
	atomic_fetch_add(&handle->refs, 1);
	return handle;
}

static void handle_close(struct posix_handle *handle)
{
	if (handle->fd != -1) {
		close(handle->fd);
	}
	posix_root_drop(handle->root);
	posix_cred_drop(handle->cred);
	free_stream_names(handle);
	free(handle->listing.buf);
	free(handle->local);
}

void posix_handle_drop(struct posix_handle *handle)
{
	if (handle != NULL && atomic_fetch_sub(&handle->refs, 1) == 1) {
		handle_close(handle);
		free(handle);
	}
}

static void handle_closing_run(struct worker_job *closing)
{
	/* Whoever the thread acts as: it may be the loop, at a pool's end,
	 * which acts as nobody but itself. */
	handle_close((struct posix_handle *)closing);
}

static void handle_closing_release(struct worker_job *closing)
{
	free((struct posix_handle *)closing);
}

void posix_handle_leave(struct posix_handle *handle)
{
	if (handle != NULL && atomic_fetch_sub(&handle->refs, 1) == 1) {
		handle->closing.run = handle_closing_run;
		handle->closing.release = handle_closing_release;
		submit_closing(handle->root, &handle->closing);
	}
}

/* --- jobs --------------------------------------------------------------- */

static void posix_job_run(struct worker_job *base)
{
	struct posix_job *job = (struct posix_job *)base;

	job->err = posix_cred_enter(job->cred);
	if (job->err == 0) {
		job->err = job->run(job);
	}
	/* The last reference may be ours, and closing may block. */
	if (job->handle != NULL) {
		posix_handle_drop(job->handle);
		job->handle = NULL;
	}
	if (job->other != NULL) {
		posix_handle_drop(job->other);
		job->other = NULL;
	}
}

void posix_job_release(struct worker_job *base)
{
	struct posix_job *job = (struct posix_job *)base;

	talloc_free(job->kept);
	posix_handle_leave(job->handle);
	posix_handle_leave(job->other);
	posix_handle_leave(job->opened);
	posix_root_leave(job->root);
	posix_cred_drop(job->cred);
	free(job->path);
	free(job->to);
	free(job->stream);
	free(job->events[0].stream);
	free(job->events[1].stream);
	free(job->told);
	free(job->name);
	free(job->in);
	free(job->found);
	free(job->target);
	free(job->rest);
	free(job->out);
	free(job);
}

bool posix_job_string(char **dst, const char *src)
{
	*dst = strdup(src);
	return *dst != NULL;
}

bool posix_job_bytes(struct posix_job *job, struct wire_slice bytes)
{
	job->in = malloc(bytes.len > 0 ? bytes.len : 1);
	if (job->in == NULL) {
		return false;
	}
	job->len = bytes.len;
	if (bytes.len > 0) {
		memcpy(job->in, bytes.data, bytes.len);
	}
	return true;
}

struct posix_job *posix_job_alloc(struct store *store,
				  struct posix_handle *handle,
				  int (*run)(struct posix_job *))
{
	struct posix_job *job = calloc(1, sizeof(*job));

	if (job == NULL) {
		return NULL;
	}
	job->job.run = posix_job_run;
	job->job.release = posix_job_release;
	job->run = run;
	job->store = store;
	job->root = posix_root_keep(posix_store_of(store)->root);
	if (handle != NULL) {
		job->handle = posix_handle_keep(handle);
		job->cred = posix_cred_keep(handle->cred);
	}
	return job;
}

struct posix_job *posix_job_new(struct store_call *call, struct store *store,
				struct posix_handle *handle,
				int (*run)(struct posix_job *),
				int (*finish)(struct store_call *,
					      struct posix_job *))
{
	struct posix_job *job = posix_job_alloc(store, handle, run);

	if (job == NULL) {
		store_call_done(call, ENOMEM);
		return NULL;
	}
	job->finish = finish;
	return job;
}

/* What a thread works on outlives the request. */
static bool job_keep(struct posix_job *job, TALLOC_CTX *owner)
{
	job->kept = talloc_new(NULL);
	if (job->kept == NULL) {
		return false;
	}
	return talloc_reference(job->kept, owner) != NULL;
}

static void posix_job_done(struct tevent_req *subreq);

struct posix_waiting {
	struct posix_held held; /* the first */
	struct store_call *call;
	struct posix_job *job;
	struct worker_lane *lane;
	bool changes; /* something that may be watched */
};

static void posix_job_go(struct posix_held *held, bool gone)
{
	struct posix_waiting *waiting = (struct posix_waiting *)held;
	struct tevent_req *subreq = NULL;

	talloc_set_destructor(waiting, NULL);
	subreq = worker_submit_send(waiting, waiting->call->ev,
				    gone ? NULL : waiting->lane,
				    &waiting->job->job);
	if (subreq == NULL) {
		store_call_done(waiting->call, ENOMEM);
		return;
	}
	tevent_req_set_callback(subreq, posix_job_done, waiting);
}

/* While it waits nobody but the call has it. */
static int posix_waiting_destructor(struct posix_waiting *waiting)
{
	posix_hold_drop(&waiting->held);
	waiting->job->job.release(&waiting->job->job);
	return 0;
}

/* NULL: no memory, reported. */
static struct posix_waiting *waiting_new(struct store_call *call,
					 struct store *store,
					 struct posix_job *job,
					 TALLOC_CTX *owner)
{
	struct posix_waiting *waiting = talloc_zero(call, struct posix_waiting);

	if (waiting == NULL || (owner != NULL && !job_keep(job, owner))) {
		job->job.release(&job->job);
		store_call_done(call, ENOMEM);
		return NULL;
	}
	job->job.party = job->cred;
	waiting->held.go = posix_job_go;
	waiting->call = call;
	waiting->job = job;
	waiting->lane = posix_store_of(store)->lane;
	return waiting;
}

void posix_job_start(struct store_call *call, struct store *store,
		     struct posix_job *job, TALLOC_CTX *owner)
{
	struct posix_waiting *waiting = waiting_new(call, store, job, owner);

	if (waiting != NULL) {
		posix_job_go(&waiting->held, false);
	}
}

void posix_job_change(struct store_call *call, struct store *store,
		      struct posix_job *job, TALLOC_CTX *owner)
{
	struct posix_waiting *waiting = waiting_new(call, store, job, owner);

	if (waiting == NULL) {
		return;
	}
	waiting->changes = true;
	if (!posix_hold(posix_store_of(store), &waiting->held)) {
		posix_job_go(&waiting->held, false);
		return;
	}
	talloc_set_destructor(waiting, posix_waiting_destructor);
}

static void posix_job_done(struct tevent_req *subreq)
{
	struct posix_waiting *waiting =
		tevent_req_callback_data(subreq, struct posix_waiting);
	struct store_call *call = waiting->call;
	struct posix_job *job = waiting->job;
	int err = worker_submit_recv(subreq);

	if (err == 0) {
		err = job->err;
	}
	/* who watches has heard of it before the loop hears of anything else */
	if (err == 0 && waiting->changes) {
		posix_watch_catch_up(posix_store_of(job->store));
	}
	if (job->num_events > 0) {
		posix_watch_streams(job);
	}
	if (err == 0 && job->finish != NULL) {
		err = job->finish(call, job);
	}
	if (err == STORE_ESTOPPED) {
		err = posix_stopped(call, job);
	}
	talloc_free(waiting);
	store_call_done(call, err);
}

/* --- closing ------------------------------------------------------------ */

static int posix_do_close(struct posix_job *job)
{
	struct posix_handle *handle = job->handle;
	int fd = handle->fd;

	/* Somebody else may still be at work on it: the last one closes. */
	if (atomic_load(&handle->refs) > 1) {
		return 0;
	}
	handle->fd = -1;
	return close(fd) == 0 || errno == EINTR ? 0 : errno;
}

/* Only what was written can fail late: of all else nobody waits for the end. */
static void posix_close(struct store_call *call, struct store_file *file)
{
	struct posix_handle *handle = file->data->handle;
	struct posix_job *job = NULL;

	if ((file->access & STORE_OPEN_WRITE) == 0) {
		posix_handle_leave(handle);
		store_call_done(call, 0);
		return;
	}
	job = posix_job_new(call, file->store, handle, posix_do_close, NULL);
	posix_handle_leave(handle);
	if (job != NULL) {
		posix_job_start(call, file->store, job, NULL);
	}
}

static void posix_drop(struct store_file *file)
{
	posix_handle_leave(file->data->handle);
}

/* --- the root ----------------------------------------------------------- */

static bool have_openat2(int fd)
{
	struct open_how how = {.flags = O_PATH | O_CLOEXEC,
			       .resolve = RESOLVE_BENEATH};
	long probe = syscall(SYS_openat2, fd, ".", &how, sizeof(how));

	if (probe == -1) {
		return false;
	}
	close((int)probe);
	return true;
}

/* All that may wait for the disk. */
static int open_root(struct posix_root *root, const char *path)
{
	struct statfs fs = {0};
	struct stat st = {0};

	root->fd = open(path, O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (root->fd == -1 || fstat(root->fd, &st) != 0) {
		return errno;
	}
	root->dev = st.st_dev;
	/* f_type's own type differs from machine to machine */
	if (fstatfs(root->fd, &fs) == 0) {
		root->in_memory = (uint32_t)fs.f_type == TMPFS_MAGIC ||
				  (uint32_t)fs.f_type == RAMFS_MAGIC;
		root->tells_xattrs = name_watch_local_type(&fs);
	}
	root->openat2 = have_openat2(root->fd);
	root->listxattrat = posix_do_have_listxattrat(root->fd);
	return 0;
}

/* Its errors need their sentences: they go to the loop in count. */
static int posix_do_begin(struct posix_job *job)
{
	job->count = (uint64_t)open_root(job->root, job->path);
	if (job->count == 0) {
		/* proc is looked at, and the root behind it */
		job->special =
			access(posix_proc(job->root->fd).path, F_OK) != 0;
	}
	return 0;
}

static int posix_begun(struct store_call *call, struct posix_job *job)
{
	if (job->special) {
		call->why = talloc_strdup(call, "/proc is not mounted");
		return ENOENT;
	}
	if (job->count == 0 && !job->root->openat2) {
		log_warn("openat2 is missing here: symbolic links are not "
			 "followed");
	}
	return (int)job->count;
}

static void posix_begin(struct store_call *call, struct store *store)
{
	struct posix_job *job =
		posix_job_new(call, store, NULL, posix_do_begin, posix_begun);

	if (job == NULL) {
		return;
	}
	if (!posix_job_string(&job->path, store->options.root)) {
		posix_job_release(&job->job);
		store_call_done(call, ENOMEM);
		return;
	}
	posix_job_start(call, store, job, NULL);
}

static struct posix_root *root_new(const struct store_options *options,
				   struct worker_pool *pool)
{
	struct posix_root *root = calloc(1, sizeof(*root));

	if (root == NULL) {
		return NULL;
	}
	atomic_init(&root->refs, 1);
	atomic_init(&root->depot, -1);
	pthread_mutex_init(&root->sweep_lock, NULL);
	root->fd = -1;
	root->pool = pool;
	root->case_sensitive = options->case_sensitive;
	root->hide_dot_files = options->hide_dot_files;
	root->no_streams = options->no_streams;
	root->short_names = options->short_names;
	root->strict_allocate = options->strict_allocate;
	root->set_id = options->set_id;
	root->max_size = options->max_size;
	root->hide_unreadable = options->hide_unreadable;
	root->follow_links = !options->no_links;
	root->acls = options->acls;
	root->acl_protected = posix_cred_is_admin();
	root->sids = *options->sids;
	root->create_mask = options->create_mask & 0666;
	root->directory_mask = options->directory_mask & 07777;
	root->cache = root->case_sensitive ? NULL : posix_cache_new();
	if (!root->case_sensitive && root->cache == NULL) {
		posix_root_drop(root); /* nothing is open */
		return NULL;
	}
	return root;
}

/* The lane goes after this. */
static int posix_store_destructor(struct posix_store *posix)
{
	struct posix_root *root = posix->root;
	struct worker_lane *lane = root->lane;

	if (posix->holds != NULL) {
		posix_holds_end(posix->holds);
	}
	if (atomic_fetch_sub(&root->refs, 1) != 1) {
		root->lane = NULL;
		return 0;
	}
	root->closing.run = root_closing_run;
	root->closing.release = root_closing_release;
	worker_submit_detached(lane, &root->closing);
	return 0;
}

static int posix_init(struct store *store, struct worker_pool *pool, char **why)
{
	struct posix_store *posix = talloc_zero(store, struct posix_store);
	const char *reason = NULL;

	if (posix == NULL) {
		return ENOMEM;
	}
	store->data = posix;
	posix->root = root_new(&store->options, pool);
	if (posix->root == NULL) {
		return ENOMEM;
	}
	talloc_set_destructor(posix, posix_store_destructor);
	posix->patience_ms = POSIX_PATIENCE_MS;
	posix->holds = posix_holds_new(posix, store->ev);
	if (posix->holds == NULL) {
		return ENOMEM;
	}
	posix->lane = worker_lane_new(posix, pool, 0, MAX_QUEUED);
	if (posix->lane == NULL) {
		return ENOMEM;
	}
	posix->root->lane = posix->lane;
	posix->switches = posix_cred_usable(&reason);
	posix->root->switches = posix->switches;
	if (reason != NULL) {
		*why = talloc_strdup(store, reason);
		return EPERM;
	}
	return 0;
}

const struct store_ops store_posix = {
	.name = "posix",
	.help = "a directory of this machine",
	.init = posix_init,
	.begin = posix_begin,
	.open = posix_open,
	.close = posix_close,
	.drop = posix_drop,
	.lookup = posix_lookup,
	.pread = posix_pread,
	.pwrite = posix_pwrite,
	.flush = posix_flush,
	.allocate = posix_allocate,
	.ranges = posix_ranges,
	.copy_range = posix_copy_range,
	.clone_range = posix_clone_range,
	.getattr = posix_getattr,
	.setattr = posix_setattr,
	.getsecurity = posix_getsecurity,
	.setsecurity = posix_setsecurity,
	.statfs = posix_statfs,
	.quotas = posix_quotas,
	.getreparse = posix_getreparse,
	.setreparse = posix_setreparse,
	.readdir = posix_readdir,
	.rename = posix_rename,
	.link = posix_link,
	.unlink = posix_unlink,
	.streams = posix_streams,
	.getxattr = posix_getxattr,
	.setxattr = posix_setxattr,
	.removexattr = posix_removexattr,
	.listxattr = posix_listxattr,
	.watch = posix_watch,
};
