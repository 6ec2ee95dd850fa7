/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The pump: reads at one end, hands each block to the other, keeps as much on
 * its way as the limits permit.
 *
 * A job is a range of the source that is being read, waits for its turn (only
 * a sequential sink makes it wait) or is being written. A read may bring fewer
 * bytes than asked for: what is missing becomes a job of its own.
 */
#include <string.h>
#include <sys/queue.h>

#include "client/client_req.h"
#include "client/copy.h"
#include "client/copy_rate.h"
#include "client/copy_window.h"
#include "smbquic/alarm.h"

#define DEFAULT_IO_SIZE	 ((size_t)1024 * 1024)
#define DEFAULT_REQUESTS 64
#define DEFAULT_BYTES	 ((size_t)32 * 1024 * 1024)
#define LEAST_IO_SIZE	 512

struct copy_job {
	TAILQ_ENTRY(copy_job) entry; /* in copy_state.waiting */
	struct tevent_req *req;	     /* the pump's */
	uint64_t offset;
	size_t len;
	uint64_t began_us;
	struct copy_block *block;
	bool zeros; /* of the source: are not read */
	bool hole;  /* likewise, nor written */
};

TAILQ_HEAD(copy_jobs, copy_job);

struct copy_state {
	struct tevent_context *ev;
	struct copy_end *from;
	struct copy_end *to;
	struct copy_limits limits;
	struct copy_window window;
	copy_progress_fn progress;
	void *private_data;

	uint64_t next;		/* first byte nobody has asked for */
	size_t range;		/* the first of from->data not before it */
	uint64_t end;		/* where the source ends, as far as known */
	uint64_t turn;		/* sequential sink: the offset it wants next */
	bool reading;		/* sequential source: a read is in flight */
	bool writing;		/* sequential sink: a write is in flight */
	unsigned jobs;		/* in flight or waiting */
	struct copy_job *alone; /* it shows how long one takes */
	size_t bytes;		/* that those hold or have asked for */
	struct copy_jobs waiting;
	struct alarm *paused; /* the rate has been reached */
	uint64_t copied;
	struct copy_end *failed;
};

static void copy_go(struct tevent_req *req);
static void copy_read_done(struct tevent_req *subreq);
static void copy_write_done(struct tevent_req *subreq);

static size_t copy_io_size(const struct copy_state *state)
{
	const struct copy_end *ends[] = {state->from, state->to};
	size_t size = state->limits.io_size;
	size_t max = 0;
	size_t i = 0;

	for (i = 0; i < 2; i++) {
		if (ends[i]->ops->max_io != NULL) {
			max = ends[i]->ops->max_io(ends[i]);
			size = max < size ? max : size;
		}
	}
	if (state->limits.rate != NULL) {
		size = copy_rate_size(state->limits.rate, size);
	}
	return size > LEAST_IO_SIZE ? size : LEAST_IO_SIZE;
}

/* What a user may have set, made possible. */
static void copy_set_limits(struct copy_state *state,
			    const struct copy_limits *limits)
{
	struct copy_limits *l = &state->limits;

	*l = limits != NULL ? *limits : (struct copy_limits){0};
	l->io_size = l->io_size != 0 ? l->io_size : DEFAULT_IO_SIZE;
	l->requests = l->requests != 0 ? l->requests : DEFAULT_REQUESTS;
	l->bytes = l->bytes != 0 ? l->bytes : DEFAULT_BYTES;
}

struct tevent_req *copy_send(TALLOC_CTX *mem_ctx, struct tevent_context *ev,
			     struct copy_end *from, struct copy_end *to,
			     uint64_t offset, const struct copy_limits *limits,
			     copy_progress_fn progress, void *private_data)
{
	struct copy_state *state = NULL;
	struct tevent_req *req = NULL;

	req = tevent_req_create(mem_ctx, &state, struct copy_state);
	if (req == NULL) {
		return NULL;
	}
	state->ev = ev;
	state->from = from;
	state->to = to;
	state->progress = progress;
	state->private_data = private_data;
	state->next = offset;
	state->turn = offset;
	state->end = from->size;
	TAILQ_INIT(&state->waiting);
	copy_set_limits(state, limits);
	copy_window_init(&state->window, state->limits.bytes, copy_rate_now());
	if (from->ops->read_send == NULL || to->ops->write_send == NULL) {
		req_failed(req, NT_STATUS_INVALID_PARAMETER);
		return tevent_req_post(req, ev);
	}
	copy_go(req);
	if (!tevent_req_is_in_progress(req)) {
		return tevent_req_post(req, ev);
	}
	return req;
}

static void copy_fail(struct tevent_req *req, struct copy_end *end,
		      NTSTATUS status)
{
	struct copy_state *state = tevent_req_data(req, struct copy_state);

	state->failed = end;
	req_failed(req, status);
}

static void copy_job_free(struct copy_job *job)
{
	struct copy_state *state = tevent_req_data(job->req, struct copy_state);

	state->jobs--;
	state->bytes -= job->len;
	if (state->alone == job) {
		state->alone = NULL;
	}
	talloc_free(job);
}

struct copy_zeros_state {
	struct copy_block *block;
};

/* What is no data of the source, for a sink that cannot do without it. */
static struct tevent_req *copy_zeros_send(struct copy_job *job)
{
	struct copy_state *state = tevent_req_data(job->req, struct copy_state);
	struct copy_zeros_state *zeros = NULL;
	struct tevent_req *req =
		tevent_req_create(job, &zeros, struct copy_zeros_state);
	uint8_t *data = NULL;

	if (req == NULL) {
		return NULL;
	}
	zeros->block = copy_block_new(zeros, job->len, &data);
	if (!tevent_req_nomem(zeros->block, req)) {
		memset(data, 0, job->len);
		tevent_req_done(req);
	}
	return tevent_req_post(req, state->ev);
}

static NTSTATUS copy_zeros_recv(struct tevent_req *req, TALLOC_CTX *mem_ctx,
				struct copy_block **block)
{
	struct copy_zeros_state *state =
		tevent_req_data(req, struct copy_zeros_state);

	return copy_block_recv(req, &state->block, mem_ctx, block);
}

/* Ask the source for a range; zeros: it has nothing there. */
static bool copy_read(struct tevent_req *req, uint64_t offset, size_t len,
		      bool zeros)
{
	struct copy_state *state = tevent_req_data(req, struct copy_state);
	struct tevent_req *subreq = NULL;
	struct copy_job *job = talloc_zero(state, struct copy_job);

	if (tevent_req_nomem(job, req)) {
		return false;
	}
	job->req = req;
	job->offset = offset;
	job->len = len;
	job->zeros = zeros;
	job->began_us = copy_rate_now();
	if (!zeros && state->jobs == 0 &&
	    copy_window_wants_one(&state->window, job->began_us)) {
		state->alone = job;
	}
	subreq = zeros ? copy_zeros_send(job)
		       : state->from->ops->read_send(job, state->ev,
						     state->from, offset, len);
	if (tevent_req_nomem(subreq, req)) {
		return false;
	}
	state->jobs++;
	state->bytes += len;
	state->reading = true;
	tevent_req_set_callback(subreq, copy_read_done, job);
	return true;
}

/* May one more request go out? */
static bool copy_has_room(const struct copy_state *state)
{
	if (state->next >= state->end) {
		return false;
	}
	if (state->jobs == 0) {
		return true;
	}
	if (state->from->sequential && state->reading) {
		return false;
	}
	if (state->alone != NULL ||
	    copy_window_wants_one(&state->window, copy_rate_now())) {
		return false;
	}
	return state->jobs < state->limits.requests &&
	       state->bytes + state->limits.io_size <=
		       copy_window_size(&state->window);
}

static void copy_resume(void *private_data)
{
	struct tevent_req *req =
		talloc_get_type_abort(private_data, struct tevent_req);
	struct copy_state *state = tevent_req_data(req, struct copy_state);

	TALLOC_FREE(state->paused);
	copy_go(req);
}

/* @return false: not yet, copy_go() is called when they may; or no memory. */
static bool copy_may(struct tevent_req *req, size_t len)
{
	struct copy_state *state = tevent_req_data(req, struct copy_state);
	uint64_t wait = 0;

	if (state->paused != NULL) {
		return false;
	}
	if (state->limits.rate != NULL) {
		wait = copy_rate_take(state->limits.rate, copy_rate_now(), len);
	}
	if (wait == 0) {
		return true;
	}
	state->paused = alarm_add(state->ev, state, (wait + 999) / 1000,
				  copy_resume, req);
	(void)tevent_req_nomem(state->paused, req);
	return false;
}

/* From "next" on, up to where what begins there ends: data, or none. */
static uint64_t copy_stretch(struct copy_state *state, bool *data)
{
	const struct copy_end *from = state->from;
	const struct copy_range *r = NULL;
	uint64_t end = state->end;

	*data = true;
	if (from->data == NULL) {
		return end - state->next;
	}
	for (; state->range < from->data_count; state->range++) {
		r = &from->data[state->range];
		if (state->next < r->offset + r->len) {
			break;
		}
	}
	*data = state->range < from->data_count && state->next >= r->offset;
	if (state->range < from->data_count) {
		uint64_t edge = *data ? r->offset + r->len : r->offset;

		end = edge < end ? edge : end;
	}
	return end - state->next;
}

/* A fresh sink has the zeros already; but its last byte makes it as long.
 * @return so many of them need not be written. */
static uint64_t copy_to_skip(const struct copy_state *state, uint64_t zeros)
{
	if (!state->to->fresh || state->to->sequential) {
		return 0;
	}
	return state->next + zeros < state->from->size ? zeros : zeros - 1;
}

static void copy_skip(struct copy_state *state, uint64_t len)
{
	state->next += len;
	state->copied += len;
	if (len > 0 && state->progress != NULL) {
		state->progress(len, state->private_data);
	}
}

static void copy_go(struct tevent_req *req)
{
	struct copy_state *state = tevent_req_data(req, struct copy_state);
	uint64_t left = 0;
	uint64_t skip = 0;
	bool data = false;
	size_t len = 0;

	while (copy_has_room(state)) {
		left = copy_stretch(state, &data);
		skip = data ? 0 : copy_to_skip(state, left);
		if (skip > 0) {
			copy_skip(state, skip);
			continue;
		}
		len = copy_io_size(state);
		len = left < len ? (size_t)left : len;
		if (data && !copy_may(req, len)) {
			return;
		}
		if (!copy_read(req, state->next, len, !data)) {
			return;
		}
		state->next += len;
	}
	if (state->jobs == 0) {
		tevent_req_done(req);
	}
}

static bool is_zero(const struct copy_block *block)
{
	return block->data[0] == 0 &&
	       memcmp(block->data, block->data + 1, block->len - 1) == 0;
}

/* Need not be written: it is so already, and the file's end comes later. */
static bool copy_is_hole(const struct copy_state *state,
			 const struct copy_block *block)
{
	return state->limits.holes && state->to->fresh &&
	       !state->to->sequential &&
	       state->from->size != COPY_SIZE_UNKNOWN &&
	       block->offset + block->len < state->from->size && is_zero(block);
}

static struct tevent_req *copy_hole_send(struct copy_job *job,
					 struct copy_block *block)
{
	struct copy_state *state = tevent_req_data(job->req, struct copy_state);
	char *nothing = NULL;
	struct tevent_req *req = tevent_req_create(job, &nothing, char);

	talloc_free(block);
	if (req == NULL) {
		return NULL;
	}
	tevent_req_done(req);
	return tevent_req_post(req, state->ev);
}

static bool copy_write(struct copy_job *job)
{
	struct copy_state *state = tevent_req_data(job->req, struct copy_state);
	struct tevent_req *subreq = NULL;
	struct copy_block *block = job->block;

	job->block = NULL;
	state->writing = true;
	job->hole = copy_is_hole(state, block);
	subreq = job->hole ? copy_hole_send(job, block)
			   : state->to->ops->write_send(job, state->ev,
							state->to, block);
	if (tevent_req_nomem(subreq, job->req)) {
		return false;
	}
	tevent_req_set_callback(subreq, copy_write_done, job);
	return true;
}

/* A sequential sink takes the blocks in their order. */
static bool copy_write_next(struct copy_state *state)
{
	struct copy_job *job = NULL;

	if (state->writing) {
		return true;
	}
	TAILQ_FOREACH(job, &state->waiting, entry)
	{
		if (job->offset == state->turn) {
			TAILQ_REMOVE(&state->waiting, job, entry);
			return copy_write(job);
		}
	}
	return true;
}

/*
 * The end of the source: nothing behind it needs to be asked for. Blocks from
 * behind it, which only a file that changes meanwhile can bring, would wait
 * for their turn for ever.
 */
static void copy_read_end(struct copy_job *job)
{
	struct tevent_req *req = job->req;
	struct copy_state *state = tevent_req_data(req, struct copy_state);
	struct copy_job *next = NULL;

	if (job->offset < state->end) {
		state->end = job->offset;
	}
	copy_job_free(job);
	for (job = TAILQ_FIRST(&state->waiting); job != NULL; job = next) {
		next = TAILQ_NEXT(job, entry);
		if (job->offset >= state->end) {
			TAILQ_REMOVE(&state->waiting, job, entry);
			copy_job_free(job);
		}
	}
	copy_go(req);
}

/* Fewer bytes than asked for came: ask again for the others. */
static bool copy_read_rest(struct copy_job *job, size_t got)
{
	struct copy_state *state = tevent_req_data(job->req, struct copy_state);
	uint64_t offset = job->offset + got;
	size_t rest = job->len - got;

	state->bytes -= rest;
	job->len = got;
	if (state->from->sequential) {
		state->next = offset;
		return true;
	}
	return offset >= state->end || copy_read(job->req, offset, rest, false);
}

static void copy_read_done(struct tevent_req *subreq)
{
	struct copy_job *job =
		tevent_req_callback_data(subreq, struct copy_job);
	struct tevent_req *req = job->req;
	struct copy_state *state = tevent_req_data(req, struct copy_state);
	NTSTATUS status = 0;

	state->reading = false;
	status = job->zeros ? copy_zeros_recv(subreq, job, &job->block)
			    : state->from->ops->read_recv(subreq, job,
							  &job->block);
	talloc_free(subreq);
	if (!NT_STATUS_IS_OK(status)) {
		copy_fail(req, state->from, status);
		return;
	}
	if (job->block == NULL || job->block->len == 0 ||
	    job->offset >= state->end) {
		copy_read_end(job);
		return;
	}
	if (job->block->len > job->len) {
		copy_fail(req, state->from, NT_STATUS_INVALID_NETWORK_RESPONSE);
		return;
	}
	job->block->offset = job->offset;
	if (job->block->len < job->len &&
	    !copy_read_rest(job, job->block->len)) {
		return;
	}
	if (state->to->sequential) {
		TAILQ_INSERT_TAIL(&state->waiting, job, entry);
		if (!copy_write_next(state)) {
			return;
		}
	} else if (!copy_write(job)) {
		return;
	}
	copy_go(req);
}

static void copy_write_done(struct tevent_req *subreq)
{
	struct copy_job *job =
		tevent_req_callback_data(subreq, struct copy_job);
	struct tevent_req *req = job->req;
	struct copy_state *state = tevent_req_data(req, struct copy_state);
	size_t len = job->len;
	NTSTATUS status = 0;

	state->writing = false;
	status = job->hole ? req_simple_recv(subreq)
			   : state->to->ops->write_recv(subreq);
	talloc_free(subreq);
	if (!NT_STATUS_IS_OK(status)) {
		copy_fail(req, state->to, status);
		return;
	}
	state->copied += len;
	state->turn = job->offset + len;
	copy_window_done(&state->window, len, job->began_us,
			 state->alone == job, copy_rate_now());
	copy_job_free(job);
	if (state->progress != NULL) {
		state->progress(len, state->private_data);
	}
	if (state->to->sequential && !copy_write_next(state)) {
		return;
	}
	copy_go(req);
}

NTSTATUS copy_recv(struct tevent_req *req, uint64_t *copied,
		   struct copy_end **failed)
{
	struct copy_state *state = tevent_req_data(req, struct copy_state);
	NTSTATUS status = req_status(req);

	if (copied != NULL) {
		*copied = state->copied;
	}
	if (failed != NULL) {
		*failed = state->failed;
	}
	tevent_req_received(req);
	return status;
}
