/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The end of the pump that is a local file. A large one has a thread, which
 * reads and writes while the loop makes packets, or opens them; a slow disk
 * holds nobody up then.
 */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "client/copy_private.h"
#include "client/help_thread_private.h"

/* From there on, and for so much, the thread does it: a small file is done
 * before there is one. */
#define FAR_OFFSET ((uint64_t)4 << 20)
#define FAR_LEN	   ((size_t)128 << 10)

/* A descriptor of our own for the thread: the caller may close his, and another
 * file may have its number, while a request that nobody wants any more is still
 * carried out. It is closed when neither the end nor a job needs it. */
struct own_fd {
	int fd;
};

struct local {
	int fd; /* the caller's */
	bool regular;
	struct own_fd *own; /* NULL: none yet, or no more to be had */
	struct help_thread *thread;
};

/* A read or a write. Without parent: it may outlive its request. */
struct job {
	int fd;
	uint64_t offset;
	struct copy_block *block;
	uint8_t *into; /* NULL: it is written */
	int err;
};

struct local_state {
	struct copy_end *end;
	struct job *job;	  /* the thread's, then that request's */
	struct copy_block *block; /* that was read */
};

static void local_far_done(struct tevent_req *subreq);

/* --- in either thread ---------------------------------------------------- */

static int read_some(const struct job *job, size_t *len)
{
	ssize_t n = 0;

	do {
		n = pread(job->fd, job->into, *len, (off_t)job->offset);
	} while (n < 0 && errno == EINTR);
	*len = n > 0 ? (size_t)n : 0;
	return n < 0 ? errno : 0;
}

static int write_all(int fd, const uint8_t *data, size_t len, uint64_t offset)
{
	ssize_t n = 0;

	while (len > 0) {
		n = pwrite(fd, data, len, (off_t)offset);
		if (n < 0 && errno == EINTR) {
			continue;
		}
		if (n <= 0) {
			return n < 0 ? errno : ENOSPC;
		}
		data += n;
		len -= (size_t)n;
		offset += (uint64_t)n;
	}
	return 0;
}

static void job_work(void *private_data)
{
	struct job *job = private_data;
	struct copy_block *block = job->block;

	job->err = job->into != NULL ? read_some(job, &block->len)
				     : write_all(job->fd, block->data,
						 block->len, job->offset);
}

/* --- in the loop --------------------------------------------------------- */

static int own_fd_destructor(struct own_fd *own)
{
	close(own->fd);
	return 0;
}

static struct own_fd *own_fd_new(TALLOC_CTX *mem_ctx, int fd)
{
	struct own_fd *own = talloc(mem_ctx, struct own_fd);

	if (own == NULL) {
		return NULL;
	}
	own->fd = fcntl(fd, F_DUPFD_CLOEXEC, 0);
	if (own->fd == -1) {
		TALLOC_FREE(own);
		return NULL;
	}
	talloc_set_destructor(own, own_fd_destructor);
	return own;
}

/* Is it the thread's? Once there is one all is, in its order. */
static bool is_far(struct local *local, struct tevent_context *ev,
		   const struct job *job)
{
	if (!local->regular ||
	    (local->thread == NULL &&
	     (job->offset < FAR_OFFSET || job->block->len < FAR_LEN))) {
		return false;
	}
	if (local->own == NULL) {
		local->own = own_fd_new(local, local->fd);
	}
	if (local->thread == NULL) {
		local->thread = help_thread_new(local, ev);
	}
	return local->own != NULL && local->thread != NULL;
}

/* The job is over, and what it has brought is the request's.
 * @return errno. */
static int local_take(struct local_state *state, struct job *job)
{
	if (job->err == 0 && job->into != NULL) {
		state->block = talloc_move(state, &job->block);
	}
	return job->err;
}

static void local_end(struct tevent_req *req, int err)
{
	struct local_state *state = tevent_req_data(req, struct local_state);

	if (err != 0) {
		state->end->err = err;
		req_failed(req, ntstatus_from_errno(err));
		return;
	}
	tevent_req_done(req);
}

/* @return false: it is for the loop; nothing was done. */
static bool local_begin_far(struct tevent_req *req, struct tevent_context *ev,
			    struct job *job)
{
	struct local_state *state = tevent_req_data(req, struct local_state);
	struct local *local =
		talloc_get_type_abort(state->end->private_data, struct local);
	struct tevent_req *subreq = NULL;

	if (!is_far(local, ev, job) ||
	    talloc_reference(job, local->own) == NULL) {
		return false;
	}
	job->fd = local->own->fd;
	state->job = talloc_steal(NULL, job);
	subreq = help_thread_send(state, ev, job_work, job, local->thread);
	if (!tevent_req_nomem(subreq, req)) {
		tevent_req_set_callback(subreq, local_far_done, req);
	}
	return true;
}

static void local_far_done(struct tevent_req *subreq)
{
	struct tevent_req *req =
		tevent_req_callback_data(subreq, struct tevent_req);
	struct local_state *state = tevent_req_data(req, struct local_state);
	int err = 0;

	if (help_thread_recv(subreq) != 0) {
		job_work(state->job); /* no thread: then here */
	}
	err = local_take(state, state->job);
	talloc_free(subreq);
	local_end(req, err);
}

/* @param job  NULL: out of memory. */
static struct tevent_req *local_begin(struct tevent_req *req,
				      struct tevent_context *ev,
				      struct job *job, uint64_t offset)
{
	struct local_state *state = tevent_req_data(req, struct local_state);
	const struct local *local =
		talloc_get_type_abort(state->end->private_data, struct local);
	int err = 0;

	if (tevent_req_nomem(job, req) || tevent_req_nomem(job->block, req)) {
		return tevent_req_post(req, ev);
	}
	job->fd = local->fd;
	job->offset = offset;
	if (local_begin_far(req, ev, job)) {
		return tevent_req_is_in_progress(req)
			       ? req
			       : tevent_req_post(req, ev);
	}
	job_work(job);
	err = local_take(state, job);
	talloc_free(job);
	local_end(req, err);
	return tevent_req_post(req, ev);
}

/* @return NULL: no memory; with a request *job may be NULL, for the same. */
static struct tevent_req *local_req(TALLOC_CTX *mem_ctx, struct copy_end *end,
				    struct job **job)
{
	struct local_state *state = NULL;
	struct tevent_req *req =
		tevent_req_create(mem_ctx, &state, struct local_state);

	*job = NULL;
	if (req != NULL) {
		state->end = end;
		*job = talloc_zero(state, struct job);
	}
	return req;
}

static struct tevent_req *local_read_send(TALLOC_CTX *mem_ctx,
					  struct tevent_context *ev,
					  struct copy_end *end, uint64_t offset,
					  size_t len)
{
	struct job *job = NULL;
	struct tevent_req *req = local_req(mem_ctx, end, &job);

	if (req == NULL) {
		return NULL;
	}
	if (job != NULL) {
		job->block = copy_block_new(job, len, &job->into);
	}
	return local_begin(req, ev, job, offset);
}

static NTSTATUS local_read_recv(struct tevent_req *req, TALLOC_CTX *mem_ctx,
				struct copy_block **block)
{
	struct local_state *state = tevent_req_data(req, struct local_state);

	return copy_block_recv(req, &state->block, mem_ctx, block);
}

static struct tevent_req *local_write_send(TALLOC_CTX *mem_ctx,
					   struct tevent_context *ev,
					   struct copy_end *end,
					   struct copy_block *block)
{
	struct job *job = NULL;
	struct tevent_req *req = local_req(mem_ctx, end, &job);

	if (req == NULL) {
		return NULL;
	}
	if (job != NULL) {
		job->block = talloc_steal(job, block);
	}
	return local_begin(req, ev, job, block->offset);
}

static const struct copy_end_ops local_ops = {
	.kind = "local",
	.read_send = local_read_send,
	.read_recv = local_read_recv,
	.write_send = local_write_send,
	.write_recv = req_simple_recv,
};

struct copy_end *copy_local(TALLOC_CTX *mem_ctx, int fd, const char *name)
{
	struct copy_end *end = copy_end_new(mem_ctx, &local_ops, name);
	struct local *local =
		end != NULL ? talloc_zero(end, struct local) : NULL;
	struct stat st = {0};

	if (local == NULL) {
		talloc_free(end);
		return NULL;
	}
	local->fd = fd;
	local->regular = fstat(fd, &st) == 0 && S_ISREG(st.st_mode);
	end->private_data = local;
	return end;
}
