/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * One file to the server. The bytes of a small one go with the message that
 * creates it; those of others are pumped. The commit gives it its name, unless
 * that message did. What nothing can be renamed to, a file that somebody has
 * open or a stream, is written in its place instead.
 */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "client/client_req.h"
#include "client/shell_put_private.h"

/* How often a file is begun whose temporary the server loses. */
#define TRIES 50

static void put_begin(struct tevent_req *req);
static void put_small(struct tevent_req *req, const char *temporary,
		      uint8_t *data);
static void put_small_done(struct tevent_req *subreq);
static void put_begun(struct tevent_req *subreq);
static void put_copied(struct tevent_req *subreq);
static void put_committed(struct tevent_req *subreq);
static void put_gave_up(struct tevent_req *subreq);

static int put_destructor(struct put_state *state)
{
	if (state->unmarked && state->to != NULL) {
		put_mark(state);
	}
	if (state->fd > STDERR_FILENO) {
		close(state->fd);
	}
	return 0;
}

/* @return 0 or errno. */
static int put_open(struct put_state *state)
{
	struct stat st = {0};

	if (strcmp(state->local, TRANSFER_STDIO) == 0) {
		state->fd = STDIN_FILENO;
	} else {
		state->fd = local_open(state->local, O_RDONLY);
	}
	if (state->fd < 0 || fstat(state->fd, &st) != 0) {
		return errno;
	}
	if (S_ISDIR(st.st_mode)) {
		return EISDIR;
	}
	state->regular = S_ISREG(st.st_mode);
	if (state->regular) {
		state->size = (uint64_t)st.st_size;
		state->basic.last_write_time = nttime_from_timespec(st.st_mtim);
		state->basic.file_attributes = meta_attributes(state->local);
		if (state->t->keep_times) {
			state->basic.creation_time = meta_created(state->local);
		}
		put_load_meta(state);
	}
	return 0;
}

/* The same for bytes that come from elsewhere. */
static void put_take_source(struct put_state *state,
			    const struct transfer_source *source)
{
	state->source = *source;
	state->sourced = true;
	state->regular = source->data != NULL || source->size == 0;
	state->size = source->size;
	state->basic = source->basic;
	if (source->meta != NULL && !meta_local_is_empty(source->meta)) {
		state->meta = source->meta;
	}
}

static bool put_failed_here(struct tevent_req *req, int err)
{
	struct put_state *state = tevent_req_data(req, struct put_state);

	state->err = err;
	return req_failed(req, ntstatus_from_errno(err));
}

static struct tevent_req *put_send(TALLOC_CTX *mem_ctx,
				   const struct transfer *t, const char *local,
				   const struct transfer_source *source,
				   const char *remote, bool fresh)
{
	struct put_state *state = NULL;
	struct tevent_req *req =
		tevent_req_create(mem_ctx, &state, struct put_state);

	if (req == NULL) {
		return NULL;
	}
	state->t = t;
	state->fd = -1;
	state->fresh = fresh;
	talloc_set_destructor(state, put_destructor);
	state->local = talloc_strdup(state, local);
	state->remote = talloc_strdup(state, remote);
	if (tevent_req_nomem(state->local, req) ||
	    tevent_req_nomem(state->remote, req)) {
		return tevent_req_post(req, t->ev);
	}
	if (source != NULL) {
		put_take_source(state, source);
	} else if (put_failed_here(req, put_open(state))) {
		return tevent_req_post(req, t->ev);
	}
	put_begin(req);
	if (!tevent_req_is_in_progress(req)) {
		return tevent_req_post(req, t->ev);
	}
	return req;
}

struct tevent_req *shell_put_send(TALLOC_CTX *mem_ctx, const struct transfer *t,
				  const char *local, const char *remote,
				  bool fresh)
{
	return put_send(mem_ctx, t, local, NULL, remote, fresh);
}

struct tevent_req *shell_put_from_send(TALLOC_CTX *mem_ctx,
				       const struct transfer *t,
				       const struct transfer_source *source,
				       const char *remote, bool fresh)
{
	return put_send(mem_ctx, t, "", source, remote, fresh);
}

/* Its lines become longer than they are here. */
static bool put_translates(const struct put_state *state)
{
	return state->t->translate && !state->sourced;
}

/* The bytes of a small file. @return false: they cannot be read. */
static bool put_read_small(struct tevent_req *req, uint8_t **data)
{
	struct put_state *state = tevent_req_data(req, struct put_state);
	size_t most = client_max_write(state->t->tree);
	ssize_t n = 0;

	*data = NULL;
	if (!state->regular || put_translates(state) ||
	    state->size > TRANSFER_SMALL || state->size > most ||
	    state->size == 0) {
		return true;
	}
	*data = talloc_size(state, state->size);
	if (tevent_req_nomem(*data, req)) {
		return false;
	}
	if (state->sourced) {
		memcpy(*data, state->source.data, state->size);
		return true;
	}
	n = pread(state->fd, *data, state->size, 0);
	if (n < 0) {
		put_failed_here(req, errno);
		return false;
	}
	/* If it changes in this moment, it is what it was at some moment. */
	state->size = (uint64_t)n;
	return true;
}

static void put_begin(struct tevent_req *req)
{
	struct put_state *state = tevent_req_data(req, struct put_state);
	char *temporary = shell_leftover_name(state, state->remote);
	struct tevent_req *subreq = NULL;
	uint8_t *data = NULL;

	state->begun++;
	if (strchr(client_path_name(state->remote), ':') != NULL &&
	    !state->t->map_names) {
		put_in_place(req);
		return;
	}
	if (tevent_req_nomem(temporary, req) || !put_read_small(req, &data)) {
		return;
	}
	if (data != NULL) {
		state->bytes = state->size;
	}
	if (state->fresh && state->regular && state->bytes == state->size &&
	    state->meta == NULL) {
		put_small(req, temporary, data);
		return;
	}
	state->temporary = temporary;
	subreq = client_upload_send(state, state->t->tree, temporary,
				    wire_slice(data, state->bytes), data);
	if (tevent_req_nomem(subreq, req)) {
		return;
	}
	tevent_req_set_callback(subreq, put_begun, req);
}

static void put_small(struct tevent_req *req, const char *temporary,
		      uint8_t *data)
{
	struct put_state *state = tevent_req_data(req, struct put_state);
	struct tevent_req *subreq = client_upload_small_send(
		state, state->t->tree, temporary, state->remote,
		wire_slice(data, state->bytes), data, &state->basic);

	if (tevent_req_nomem(subreq, req)) {
		return;
	}
	tevent_req_set_callback(subreq, put_small_done, req);
}

static void put_small_done(struct tevent_req *subreq)
{
	struct tevent_req *req =
		tevent_req_callback_data(subreq, struct tevent_req);
	struct put_state *state = tevent_req_data(req, struct put_state);
	NTSTATUS status = client_upload_small_recv(subreq);

	talloc_free(subreq);
	if (status == NT_STATUS_OBJECT_NAME_COLLISION) {
		state->fresh = false;
		state->bytes = 0;
		put_begin(req); /* there is one, which is replaced */
		return;
	}
	if (req_failed(req, status)) {
		return;
	}
	if (state->t->progress != NULL) {
		state->t->progress(state->bytes, state->t->private_data);
	}
	tevent_req_done(req);
}

/*
 * The connection came back, but not the handle of the temporary: its server
 * began anew, say; or the answer that had it was lost, and the name is taken.
 * A file that is all here is sent once more, under another.
 */
bool put_again(struct tevent_req *req, NTSTATUS status)
{
	struct put_state *state = tevent_req_data(req, struct put_state);

	if ((status != NT_STATUS_HANDLE_NO_LONGER_VALID &&
	     status != NT_STATUS_OBJECT_NAME_COLLISION) ||
	    !state->regular || state->begun >= TRIES) {
		return false;
	}
	TALLOC_FREE(state->to_end);
	TALLOC_FREE(state->to);
	state->bytes = 0;
	put_begin(req);
	return true;
}

static void put_begun(struct tevent_req *subreq)
{
	struct tevent_req *req =
		tevent_req_callback_data(subreq, struct tevent_req);
	struct put_state *state = tevent_req_data(req, struct put_state);
	NTSTATUS status = client_upload_recv(subreq, state, &state->to);

	talloc_free(subreq);
	if (status == NT_STATUS_ACCESS_DENIED) {
		state->failure = status; /* the file may be written all the
					    same */
		put_in_place(req);
		return;
	}
	if (put_again(req, status) || req_failed(req, status)) {
		return;
	}
	if (!state->regular || state->bytes < state->size) {
		put_pump(req);
		return;
	}
	if (state->t->progress != NULL) {
		state->t->progress(state->bytes, state->t->private_data);
	}
	put_keep(req);
}

static struct copy_end *put_from(struct put_state *state)
{
	struct copy_end *from = state->source.end;

	if (state->source.data != NULL) {
		from = copy_memory(state,
				   (uint8_t *)(uintptr_t)state->source.data,
				   state->size);
	} else if (!state->sourced && state->regular) {
		from = copy_local(state, state->fd, state->local);
		if (from != NULL) {
			from->size = state->size;
		}
	} else if (!state->sourced) {
		from = copy_stream(state, state->fd, state->local);
	}
	if (from != NULL && put_translates(state)) {
		from = copy_to_crlf(state, from);
	}
	return from;
}

/* Has the local file holes? */
static bool put_is_sparse(const struct put_state *state)
{
	struct stat st = {0};

	return state->regular && !state->sourced && !state->t->translate &&
	       state->size > 0 && fstat(state->fd, &st) == 0 &&
	       (uint64_t)st.st_blocks * 512 < (uint64_t)st.st_size;
}

static void put_made_sparse(struct tevent_req *subreq)
{
	struct wire_slice out = {0};

	/* a server that has no sparse files fills the holes */
	(void)client_ioctl_recv(subreq, subreq, &out);
	talloc_free(subreq);
}

/* MS-FSCC 2.3.83; what is written follows at once. */
static void put_make_sparse(struct put_state *state)
{
	struct tevent_req *subreq =
		client_ioctl_send(state, state->t->tree, state->to,
				  FSCTL_SET_SPARSE, wire_slice(NULL, 0), 0);

	if (subreq != NULL) {
		tevent_req_set_callback(subreq, put_made_sparse, state);
	}
}

void put_pump(struct tevent_req *req)
{
	struct put_state *state = tevent_req_data(req, struct put_state);
	const struct transfer *t = state->t;
	struct copy_limits limits = t->limits;
	struct tevent_req *subreq = NULL;
	struct copy_end *from = put_from(state);

	state->to_end =
		copy_remote(state, state->to, state->remote, COPY_SIZE_UNKNOWN);
	if (tevent_req_nomem(state->to_end, req) ||
	    tevent_req_nomem(from, req)) {
		return;
	}
	limits.holes = put_is_sparse(state);
	state->to_end->fresh = true; /* made, or cut off */
	if (limits.holes) {
		put_make_sparse(state);
	}
	subreq = copy_send(state, t->ev, from, state->to_end, 0, &limits,
			   t->progress, t->private_data);
	if (tevent_req_nomem(subreq, req)) {
		return;
	}
	tevent_req_set_callback(subreq, put_copied, req);
}

static void put_copied(struct tevent_req *subreq)
{
	struct tevent_req *req =
		tevent_req_callback_data(subreq, struct tevent_req);
	struct put_state *state = tevent_req_data(req, struct put_state);
	struct copy_end *failed = NULL;
	NTSTATUS status = copy_recv(subreq, &state->bytes, &failed);

	talloc_free(subreq);
	if (failed != NULL) {
		state->err = failed->err;
	}
	if (NT_STATUS_IS_OK(status)) {
		put_keep(req);
	} else if (state->in_place) {
		req_failed(req, status);
	} else if (!put_again(req, status)) {
		put_give_up(req, status);
	}
}

/* Says so when the temporary is gone, and its space free again: the caller may
 * end, or try something smaller. */
void put_give_up(struct tevent_req *req, NTSTATUS status)
{
	struct put_state *state = tevent_req_data(req, struct put_state);
	struct tevent_req *subreq = NULL;

	state->failure = status;
	if (status != NT_STATUS_IO_TIMEOUT) {
		subreq = client_close_send(state, state->to);
	}
	if (subreq == NULL) { /* or nobody would answer */
		req_failed(req, status);
		return;
	}
	tevent_req_set_callback(subreq, put_gave_up, req);
}

static void put_gave_up(struct tevent_req *subreq)
{
	struct tevent_req *req =
		tevent_req_callback_data(subreq, struct tevent_req);
	struct put_state *state = tevent_req_data(req, struct put_state);

	(void)client_close_recv(subreq);
	talloc_free(subreq);
	req_failed(req, state->failure);
}

void put_commit(struct tevent_req *req)
{
	struct put_state *state = tevent_req_data(req, struct put_state);
	struct tevent_req *subreq = client_upload_commit_send(
		state, state->to, state->remote,
		state->regular || state->sourced ? &state->basic : NULL);

	if (tevent_req_nomem(subreq, req)) {
		return;
	}
	tevent_req_set_callback(subreq, put_committed, req);
}

static void put_committed(struct tevent_req *subreq)
{
	struct tevent_req *req =
		tevent_req_callback_data(subreq, struct tevent_req);
	struct put_state *state = tevent_req_data(req, struct put_state);
	NTSTATUS status = client_upload_commit_recv(subreq);

	talloc_free(subreq);
	state->unmarked = false;
	if ((status == NT_STATUS_ACCESS_DENIED ||
	     status == NT_STATUS_SHARING_VIOLATION) &&
	    state->regular) {
		TALLOC_FREE(state->to_end);
		TALLOC_FREE(state->to);
		state->failure = status;
		put_in_place(req);
		return;
	}
	if (!put_again(req, status) && !req_failed(req, status)) {
		tevent_req_done(req);
	}
}

void shell_put_recv(struct tevent_req *req, struct transfer_result *out)
{
	struct put_state *state = tevent_req_data(req, struct put_state);

	*out = (struct transfer_result){
		.status = req_status(req),
		.err = state->err,
		.bytes = state->bytes,
	};
	tevent_req_received(req);
}
