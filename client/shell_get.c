/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * One file from the server. A small one, when its size is known from a
 * listing, comes with one message; others are opened and pumped, unless their
 * first bytes, which come along with the open, were all.
 */
#include <errno.h>

#include "client/client_req.h"
#include "client/shell_meta.h"
#include "client/shell_partial.h"

/* What is asked for with an open: a round trip less for those that have no
 * more, and not much in vain for the others. */
#define FIRST_BYTES ((uint32_t)64 * 1024)

/* On a long way, and a connection that has not moved much: its first window
 * (RFC 9002 7.2, RFC 6928) brings so many. A large file's other bytes, which
 * are asked for when these are there, then follow without a pause; those of one
 * up to FIRST_BYTES take no more round trips so than all at once. */
#define FRESH_BYTES ((uint32_t)8 * 1024)
#define FRESH_UNTIL (256 * 1024) /* bytes that have come */
#define LONG_WAY_US 10000

struct get_state {
	const struct transfer *t;
	const char *remote;
	const char *local;
	struct client_file *from;
	struct copy_end *source; /* its bytes */
	struct local_file *to;
	struct client_stat stat;
	TALLOC_CTX *owner; /* a small file: its bytes */
	struct wire_slice data;
	uint64_t bytes;
	int err;
};

static void get_small(struct tevent_req *req, uint64_t size);
static void get_small_done(struct tevent_req *subreq);
static void get_open(struct tevent_req *req);
static void get_opened(struct tevent_req *subreq);
static void get_holes_known(struct tevent_req *subreq);
static void get_copied(struct tevent_req *subreq);
static void get_keep(struct tevent_req *req);
static void get_kept(struct tevent_req *subreq);
static void get_finish(struct tevent_req *req);
static void get_reset(struct tevent_req *subreq);

struct tevent_req *shell_get_send(TALLOC_CTX *mem_ctx, const struct transfer *t,
				  const char *remote, const char *local,
				  const struct client_stat *known)
{
	struct get_state *state = NULL;
	struct tevent_req *req =
		tevent_req_create(mem_ctx, &state, struct get_state);

	if (req == NULL) {
		return NULL;
	}
	state->t = t;
	state->remote = talloc_strdup(state, remote);
	state->local = talloc_strdup(state, local);
	if (tevent_req_nomem(state->remote, req) ||
	    tevent_req_nomem(state->local, req)) {
		return tevent_req_post(req, t->ev);
	}
	if (known != NULL && known->size <= TRANSFER_SMALL) {
		get_small(req, known->size);
	} else {
		get_open(req);
	}
	if (!tevent_req_is_in_progress(req)) {
		return tevent_req_post(req, t->ev);
	}
	return req;
}

/* A local failure: the request ends as errno says. */
static bool get_failed_here(struct tevent_req *req, int err)
{
	struct get_state *state = tevent_req_data(req, struct get_state);

	state->err = err;
	return req_failed(req, ntstatus_from_errno(err));
}

/* Should we be killed, reget goes on from there. With small blocks gaps may be
 * where no file system tells of them. */
static void get_say_of(struct get_state *state)
{
	const struct copy_limits *limits = &state->t->limits;
	size_t io_size = limits->io_size;
	char *of = NULL;

	io_size = io_size != 0 ? io_size : PARTIAL_LEAST_IO;
	if (limits->rate != NULL) { /* makes them smaller, see copy.c */
		io_size = copy_rate_size(limits->rate, io_size);
	}
	if (io_size >= PARTIAL_LEAST_IO) {
		of = partial_of(state, state->t->shell, state->remote,
				&state->stat);
		local_file_is_of(state->to, of, state->stat.size);
	}
	talloc_free(of);
}

static void get_pump(struct tevent_req *req, struct copy_end *from)
{
	struct get_state *state = tevent_req_data(req, struct get_state);
	const struct transfer *t = state->t;
	struct copy_limits limits = t->limits;
	struct copy_end *to = NULL;
	struct tevent_req *subreq = NULL;

	if (tevent_req_nomem(from, req)) {
		return;
	}
	limits.holes = shell_has_holes(&state->stat);
	if (state->from == NULL) {
		limits.rate = NULL; /* the bytes are here already */
	}
	if (get_failed_here(
		    req, local_file_create(state, state->local, &state->to))) {
		return;
	}
	if (state->from != NULL && !t->translate) {
		get_say_of(state);
	}
	to = local_file_end(state->to);
	if (t->translate) {
		to = copy_to_lf(state, to, state->stat.size);
	}
	if (tevent_req_nomem(to, req)) {
		return;
	}
	subreq = copy_send(state, t->ev, from, to, 0, &limits, t->progress,
			   t->private_data);
	if (tevent_req_nomem(subreq, req)) {
		return;
	}
	tevent_req_set_callback(subreq, get_copied, req);
}

/* ------------------------------------------------------------------ small */

/* Credits are paid for what is asked for: not for more than there was. */
static void get_small(struct tevent_req *req, uint64_t size)
{
	struct get_state *state = tevent_req_data(req, struct get_state);
	struct tevent_req *subreq = client_get_small_send(
		state, state->t->tree, state->remote,
		size < FIRST_BYTES ? FIRST_BYTES : (uint32_t)TRANSFER_SMALL);

	if (tevent_req_nomem(subreq, req)) {
		return;
	}
	tevent_req_set_callback(subreq, get_small_done, req);
}

static void get_small_done(struct tevent_req *subreq)
{
	struct tevent_req *req =
		tevent_req_callback_data(subreq, struct tevent_req);
	struct get_state *state = tevent_req_data(req, struct get_state);
	NTSTATUS status = client_get_small_recv(subreq, state, &state->owner,
						&state->data, &state->stat);

	talloc_free(subreq);
	if (req_failed(req, status)) {
		return;
	}
	if (state->data.len < state->stat.size) {
		/* It has grown since it was listed, or came in part. */
		TALLOC_FREE(state->owner);
		get_open(req);
		return;
	}
	get_pump(req, copy_memory(state, (uint8_t *)(uintptr_t)state->data.data,
				  state->data.len));
}

/* ------------------------------------------------------------------ large */

static uint32_t get_first(const struct transfer *t)
{
	struct client_conn *conn = client_tree_conn(t->tree);
	struct client_facts f = {0};

	if (conn != NULL) {
		client_facts(conn, NULL, NULL, &f);
	}
	return f.rtt_us >= LONG_WAY_US && f.bytes_in < FRESH_UNTIL
		       ? FRESH_BYTES
		       : FIRST_BYTES;
}

static void get_open(struct tevent_req *req)
{
	struct get_state *state = tevent_req_data(req, struct get_state);
	struct tevent_req *subreq = NULL;
	struct client_open how = {0};

	client_open_default(&how);
	how.options = FILE_NON_DIRECTORY_FILE | FILE_SEQUENTIAL_ONLY;
	how.first = get_first(state->t);
	subreq = client_open_send(state, state->t->tree, state->remote, &how);
	if (tevent_req_nomem(subreq, req)) {
		return;
	}
	tevent_req_set_callback(subreq, get_opened, req);
}

static void get_opened(struct tevent_req *subreq)
{
	struct tevent_req *req =
		tevent_req_callback_data(subreq, struct tevent_req);
	struct get_state *state = tevent_req_data(req, struct get_state);
	NTSTATUS status = NT_STATUS_OK;

	state->data = client_open_first(subreq, state, &state->owner);
	status = client_open_recv(subreq, state, &state->from, &state->stat);
	talloc_free(subreq);
	if (req_failed(req, status)) {
		return;
	}
	if (state->t->expect != NULL) {
		state->t->expect(state->stat.size, state->t->private_data);
	}
	if (state->owner != NULL && state->data.len >= state->stat.size) {
		TALLOC_FREE(state->from); /* nobody waits for its CLOSE */
		get_pump(req,
			 copy_memory(state,
				     (uint8_t *)(uintptr_t)state->data.data,
				     state->data.len));
		return;
	}
	TALLOC_FREE(state->owner);
	state->source = copy_remote(state, state->from, state->remote,
				    state->stat.size);
	if (tevent_req_nomem(state->source, req)) {
		return;
	}
	if (!shell_is_sparse(&state->stat)) {
		get_pump(req, state->source);
		return;
	}
	subreq = copy_remote_holes_send(state, state->t->ev, state->source);
	if (tevent_req_nomem(subreq, req)) {
		return;
	}
	tevent_req_set_callback(subreq, get_holes_known, req);
}

static void get_holes_known(struct tevent_req *subreq)
{
	struct tevent_req *req =
		tevent_req_callback_data(subreq, struct tevent_req);
	struct get_state *state = tevent_req_data(req, struct get_state);

	copy_remote_holes_recv(subreq);
	get_pump(req, state->source);
}

static void get_copied(struct tevent_req *subreq)
{
	struct tevent_req *req =
		tevent_req_callback_data(subreq, struct tevent_req);
	struct get_state *state = tevent_req_data(req, struct get_state);
	struct copy_end *failed = NULL;
	NTSTATUS status = copy_recv(subreq, &state->bytes, &failed);

	talloc_free(subreq);
	if (failed != NULL) {
		state->err = failed->err;
	}
	if (req_failed(req, status)) {
		return;
	}
	if (state->bytes < state->stat.size) {
		req_failed(req, NT_STATUS_END_OF_FILE);
		return;
	}
	get_keep(req);
}

/* What it has beside its bytes, while nobody sees it under its name. */
static void get_keep(struct tevent_req *req)
{
	struct get_state *state = tevent_req_data(req, struct get_state);
	const struct transfer *t = state->t;
	struct tevent_req *subreq = NULL;

	meta_keep_created(t, local_file_now(state->to), state->local,
			  state->stat.creation_time);
	if ((!t->keep_acls && !t->keep_streams) ||
	    local_file_now(state->to) == NULL) {
		get_finish(req);
		return;
	}
	subreq = meta_get_send(state, t, state->remote,
			       local_file_now(state->to), state->local);
	if (tevent_req_nomem(subreq, req)) {
		return;
	}
	tevent_req_set_callback(subreq, get_kept, req);
}

static void get_kept(struct tevent_req *subreq)
{
	struct tevent_req *req =
		tevent_req_callback_data(subreq, struct tevent_req);

	meta_recv(subreq);
	talloc_free(subreq);
	get_finish(req);
}

static void get_finish(struct tevent_req *req)
{
	struct get_state *state = tevent_req_data(req, struct get_state);
	struct tevent_req *subreq = NULL;

	if (get_failed_here(req, local_file_commit(state->to, &state->stat))) {
		return;
	}
	if (!state->t->reset_archive || !shell_archive_is_set(&state->stat)) {
		tevent_req_done(req);
		return;
	}
	subreq = shell_archive_reset_send(state, state->t, state->remote,
					  &state->stat);
	if (tevent_req_nomem(subreq, req)) {
		return;
	}
	tevent_req_set_callback(subreq, get_reset, req);
}

static void get_reset(struct tevent_req *subreq)
{
	struct tevent_req *req =
		tevent_req_callback_data(subreq, struct tevent_req);
	NTSTATUS status = client_set_basic_recv(subreq);

	talloc_free(subreq);
	if (!req_failed(req, status)) {
		tevent_req_done(req);
	}
}

void shell_get_recv(struct tevent_req *req, struct transfer_result *out)
{
	struct get_state *state = tevent_req_data(req, struct get_state);

	*out = (struct transfer_result){
		.status = req_status(req),
		.err = state->err,
		.bytes = state->bytes,
	};
	tevent_req_received(req);
}
