/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The archive that is written. Everything waits in a queue for its turn, in the
 * order in which it was added; small files, and what files have beside their
 * bytes, are fetched meanwhile, many at a time, and large ones opened and
 * pumped when it is theirs.
 *
 * What a header promised has to follow, so that a file of which only a part
 * can be read is filled up with zeros; that it failed is said.
 */
#include <errno.h>
#include <limits.h>
#include <string.h>

#include "client/client_req.h"
#include "client/shell_meta.h"
#include "smbquic/reparse.h"

struct tar_out {
	struct local_file *file;
	struct copy_end *inner; /* the file's */
	struct copy_end end;	/* the same, after what is there */
	struct tevent_queue *queue;
	const struct tar_choice *choice;
	uint64_t offset;
	uint64_t entries;
	int err;
};

int tar_out_error(const struct tar_out *out)
{
	return out->err;
}

void tar_out_count(const struct tar_out *out, uint64_t *entries,
		   uint64_t *bytes)
{
	*entries = out->entries;
	*bytes = out->offset;
}

/* ------------------------------------------------------------------- bytes */

/* Whatever is written goes behind what was written before. */
static struct tevent_req *append_send(TALLOC_CTX *mem_ctx,
				      struct tevent_context *ev,
				      struct copy_end *end,
				      struct copy_block *block)
{
	struct tar_out *out = end->private_data;

	block->offset = out->offset;
	out->offset += block->len;
	return out->inner->ops->write_send(mem_ctx, ev, out->inner, block);
}

static NTSTATUS append_recv(struct tevent_req *req)
{
	return req_simple_recv(req);
}

static const struct copy_end_ops append_ops = {
	.kind = "archive",
	.write_send = append_send,
	.write_recv = append_recv,
};

int tar_out_create(TALLOC_CTX *mem_ctx, const struct tar_choice *choice,
		   const char *local, struct tar_out **result)
{
	struct tar_out *out = shell_need(talloc_zero(mem_ctx, struct tar_out));
	int err = local_file_create(out, local, &out->file);

	if (err != 0) {
		talloc_free(out);
		return err;
	}
	out->choice = choice;
	out->inner = local_file_end(out->file);
	out->end = (struct copy_end){
		.ops = &append_ops,
		.name = local,
		.size = COPY_SIZE_UNKNOWN,
		.sequential = true,
		.private_data = out,
	};
	out->queue = shell_need(tevent_queue_create(out, "archive"));
	*result = out;
	return 0;
}

/* Bytes and so many zeros. @param owner  what holds the bytes: is taken; NULL:
 * they are copied. */
static struct tevent_req *write_send(TALLOC_CTX *mem_ctx,
				     struct tevent_context *ev,
				     struct tar_out *out,
				     struct wire_slice bytes, size_t zeros)
{
	uint8_t *data = NULL;
	struct copy_block *block =
		copy_block_new(mem_ctx, bytes.len + zeros, &data);

	if (block == NULL) {
		return NULL;
	}
	if (bytes.len > 0) {
		memcpy(data, bytes.data, bytes.len);
	}
	memset(data + bytes.len, 0, zeros);
	return append_send(mem_ctx, ev, &out->end, block);
}

/* --------------------------------------------------------------------- add */

struct add_state {
	const struct transfer *t;
	struct tar_out *out;
	const char *remote;
	struct tar_entry entry;
	struct client_stat stat;
	struct client_file *file;
	struct copy_end *from; /* its bytes */
	struct tevent_queue_entry *turn;
	bool has_turn;
	unsigned fetching; /* so many things */
	struct tevent_req *fetch_meta;
	struct meta_local *meta; /* what it has beside its bytes, or NULL */
	TALLOC_CTX *owner;	 /* a small file: its bytes */
	struct wire_slice data;
	uint64_t left; /* of what the header promised */
	NTSTATUS failure;
	int err;
};

static void add_fetch(struct tevent_req *req);
static void add_fetched(struct tevent_req *subreq);
static void add_fetched_link(struct tevent_req *subreq);
static void add_fetched_meta(struct tevent_req *subreq);
static void add_wait(struct tevent_req *req);
static void add_turn(struct tevent_req *req, void *private_data);
static void add_begin(struct tevent_req *req);
static void add_opened(struct tevent_req *subreq);
static void add_holes_known(struct tevent_req *subreq);
static void add_header(struct tevent_req *req);
static void add_header_done(struct tevent_req *subreq);
static void add_pumped(struct tevent_req *subreq);
static void add_fill(struct tevent_req *req);
static void add_filled(struct tevent_req *subreq);
static void add_reset(struct tevent_req *req);
static void add_reset_done(struct tevent_req *subreq);

static void add_end(struct tevent_req *req)
{
	struct add_state *state = tevent_req_data(req, struct add_state);

	TALLOC_FREE(state->turn);
	TALLOC_FREE(state->file);
	TALLOC_FREE(state->fetch_meta);
	if (state->err != 0) {
		state->out->err = state->err;
	}
	if (!req_failed(req, state->failure)) {
		state->out->entries++;
		tevent_req_done(req);
	}
}

static void add_describe(struct add_state *state, const char *name)
{
	bool folder = (state->stat.attributes & FILE_ATTRIBUTE_DIRECTORY) != 0;

	state->entry = (struct tar_entry){
		.kind = folder ? TAR_FOLDER : TAR_FILE,
		.name = name,
		.size = folder ? 0 : state->stat.size,
		.attributes = state->stat.attributes,
	};
	if (shell_is_link(&state->stat)) {
		state->entry.kind = TAR_LINK;
		state->entry.size = 0;
	}
	if (state->stat.write_time != 0) {
		state->entry.time = nttime_to_timespec(state->stat.write_time);
	}
}

struct tevent_req *tar_add_send(TALLOC_CTX *mem_ctx, struct tar_out *out,
				const struct transfer *t, const char *remote,
				const char *name,
				const struct client_stat *stat)
{
	struct add_state *state = NULL;
	struct tevent_req *req =
		tevent_req_create(mem_ctx, &state, struct add_state);

	if (req == NULL) {
		return NULL;
	}
	state->t = t;
	state->out = out;
	state->stat = *stat;
	state->remote = talloc_strdup(state, remote);
	add_describe(state, talloc_strdup(state, name));
	if (tevent_req_nomem(state->remote, req) ||
	    tevent_req_nomem(state->entry.name, req)) {
		return tevent_req_post(req, t->ev);
	}
	if (out->err != 0) {
		state->failure = NT_STATUS_CANCELLED;
		add_end(req);
		return tevent_req_post(req, t->ev);
	}
	add_wait(req);
	if (!tevent_req_is_in_progress(req)) {
		return tevent_req_post(req, t->ev);
	}
	add_fetch(req);
	if (!tevent_req_is_in_progress(req)) {
		return tevent_req_post(req, t->ev);
	}
	return req;
}

/* Where a link leads. What else it has is what it leads to. */
static void add_fetch_link(struct tevent_req *req)
{
	static const struct client_open how = {
		.access = FILE_READ_ATTRIBUTES,
		.share = FILE_SHARE_ALL,
		.disposition = FILE_OPEN,
		.options = FILE_OPEN_REPARSE_POINT,
	};
	static const struct client_step step = {
		.command = SMB2_IOCTL,
		.extra = FSCTL_GET_REPARSE_POINT,
		.max = REPARSE_SIZE_MAX,
	};
	struct add_state *state = tevent_req_data(req, struct add_state);
	struct tevent_req *subreq = client_steps_send(
		state, state->t->tree, state->remote, &how, &step, 1);

	state->fetching++;
	if (!tevent_req_nomem(subreq, req)) {
		tevent_req_set_callback(subreq, add_fetched_link, req);
	}
}

static void add_fetched_link(struct tevent_req *subreq)
{
	struct tevent_req *req =
		tevent_req_callback_data(subreq, struct tevent_req);
	struct add_state *state = tevent_req_data(req, struct add_state);
	struct client_steps_result *result = NULL;
	char target[PATH_MAX + 1] = "";
	struct reparse reparse = {0};
	bool relative = false;
	NTSTATUS status = client_steps_recv(subreq, state, &result);

	talloc_free(subreq);
	state->fetching--;
	if (NT_STATUS_IS_OK(status)) {
		status = reparse_decode(result->data[0], &reparse);
	}
	if (NT_STATUS_IS_OK(status) &&
	    reparse_target(&reparse, target, sizeof(target), &relative) <= 0) {
		status = NT_STATUS_IO_REPARSE_DATA_INVALID;
	}
	state->failure = status;
	state->entry.target = talloc_strdup(state, target);
	if (!NT_STATUS_IS_OK(status) || state->entry.target == NULL) {
		add_end(req);
	} else if (state->has_turn && state->fetching == 0) {
		add_begin(req);
	}
}

/* What it has beside its bytes, and those of a small file. */
static void add_fetch(struct tevent_req *req)
{
	struct add_state *state = tevent_req_data(req, struct add_state);
	const struct transfer *t = state->t;
	struct tevent_req *subreq = NULL;

	if (state->entry.kind == TAR_LINK) {
		add_fetch_link(req);
		return;
	}
	if (t->keep_acls || t->keep_streams) {
		state->meta = talloc_zero(state, struct meta_local);
		if (tevent_req_nomem(state->meta, req)) {
			return;
		}
		subreq = meta_fetch_send(state, t, state->remote, state->meta,
					 state->entry.name);
		if (tevent_req_nomem(subreq, req)) {
			return;
		}
		state->fetch_meta = subreq;
		state->fetching++;
		tevent_req_set_callback(subreq, add_fetched_meta, req);
	}
	if (state->entry.kind == TAR_FOLDER ||
	    state->stat.size > TRANSFER_SMALL) {
		return;
	}
	state->fetching++;
	subreq = client_get_small_send(state, t->tree, state->remote,
				       (uint32_t)TRANSFER_SMALL);
	if (!tevent_req_nomem(subreq, req)) {
		tevent_req_set_callback(subreq, add_fetched, req);
	}
}

static void add_fetched_meta(struct tevent_req *subreq)
{
	struct tevent_req *req =
		tevent_req_callback_data(subreq, struct tevent_req);
	struct add_state *state = tevent_req_data(req, struct add_state);

	meta_recv(subreq);
	TALLOC_FREE(state->fetch_meta);
	state->fetching--;
	if (state->has_turn && state->fetching == 0) {
		add_begin(req);
	}
}

static void add_fetched(struct tevent_req *subreq)
{
	struct tevent_req *req =
		tevent_req_callback_data(subreq, struct tevent_req);
	struct add_state *state = tevent_req_data(req, struct add_state);
	NTSTATUS status = client_get_small_recv(subreq, state, &state->owner,
						&state->data, &state->stat);

	talloc_free(subreq);
	state->fetching--;
	state->failure = status;
	if (!NT_STATUS_IS_OK(status)) {
		add_end(req);
		return;
	}
	if (state->data.len < state->stat.size) {
		TALLOC_FREE(state->owner); /* it has grown */
	}
	add_describe(state, state->entry.name);
	if (state->has_turn && state->fetching == 0) {
		add_begin(req);
	}
}

static void add_wait(struct tevent_req *req)
{
	struct add_state *state = tevent_req_data(req, struct add_state);

	state->turn = tevent_queue_add_entry(state->out->queue, state->t->ev,
					     req, add_turn, NULL);
	(void)tevent_req_nomem(state->turn, req);
}

static void add_turn(struct tevent_req *req, void *private_data)
{
	struct add_state *state = tevent_req_data(req, struct add_state);

	(void)private_data;
	state->has_turn = true;
	if (state->fetching == 0) {
		add_begin(req);
	}
}

static void add_begin(struct tevent_req *req)
{
	struct add_state *state = tevent_req_data(req, struct add_state);
	struct tevent_req *subreq = NULL;
	struct client_open how = {0};

	if (state->out->err != 0) {
		state->failure = NT_STATUS_CANCELLED;
		add_end(req);
		return;
	}
	if (state->entry.kind != TAR_FILE || state->owner != NULL) {
		add_header(req);
		return;
	}
	client_open_default(&how);
	how.options = FILE_NON_DIRECTORY_FILE | FILE_SEQUENTIAL_ONLY;
	subreq = client_open_send(state, state->t->tree, state->remote, &how);
	if (tevent_req_nomem(subreq, req)) {
		return;
	}
	tevent_req_set_callback(subreq, add_opened, req);
}

static void add_opened(struct tevent_req *subreq)
{
	struct tevent_req *req =
		tevent_req_callback_data(subreq, struct tevent_req);
	struct add_state *state = tevent_req_data(req, struct add_state);
	NTSTATUS status =
		client_open_recv(subreq, state, &state->file, &state->stat);

	talloc_free(subreq);
	if (!NT_STATUS_IS_OK(status)) {
		state->failure = status;
		add_end(req);
		return;
	}
	add_describe(state, state->entry.name);
	state->from = copy_remote(state, state->file, state->remote,
				  state->entry.size);
	if (tevent_req_nomem(state->from, req)) {
		return;
	}
	if (!shell_is_sparse(&state->stat)) {
		add_header(req);
		return;
	}
	subreq = copy_remote_holes_send(state, state->t->ev, state->from);
	if (tevent_req_nomem(subreq, req)) {
		return;
	}
	tevent_req_set_callback(subreq, add_holes_known, req);
}

/* The archive has zeros in their place, but they need not be fetched. */
static void add_holes_known(struct tevent_req *subreq)
{
	struct tevent_req *req =
		tevent_req_callback_data(subreq, struct tevent_req);

	copy_remote_holes_recv(subreq);
	add_header(req);
}

static void add_header(struct tevent_req *req)
{
	struct add_state *state = tevent_req_data(req, struct add_state);
	NTTIME created = state->t->keep_times ? state->stat.creation_time : 0;
	struct wire_slice bytes = {0};
	struct tevent_req *subreq = NULL;
	uint8_t *both = NULL;
	size_t zeros = 0;

	if (!meta_to_archive(state, state->meta, created, &state->entry) ||
	    !tar_encode(state, &state->entry, &bytes)) {
		tevent_req_oom(req);
		return;
	}
	state->left = state->entry.size;
	if (state->owner != NULL && state->data.len > 0) {
		both = talloc_size(state, bytes.len + state->data.len);
		if (tevent_req_nomem(both, req)) {
			return;
		}
		memcpy(both, bytes.data, bytes.len);
		memcpy(both + bytes.len, state->data.data, state->data.len);
		bytes = wire_slice(both, bytes.len + state->data.len);
		zeros = tar_padding(state->left);
		state->left = 0;
	}
	subreq = write_send(state, state->t->ev, state->out, bytes, zeros);
	talloc_free(both);
	if (tevent_req_nomem(subreq, req)) {
		return;
	}
	tevent_req_set_callback(subreq, add_header_done, req);
}

/* A local failure is the archive's. @return whether it was one. */
static bool add_failed_here(struct tevent_req *req, NTSTATUS status)
{
	struct add_state *state = tevent_req_data(req, struct add_state);

	if (NT_STATUS_IS_OK(status)) {
		return false;
	}
	state->err = state->out->inner->err != 0 ? state->out->inner->err : EIO;
	state->failure = status;
	add_end(req);
	return true;
}

static void add_header_done(struct tevent_req *subreq)
{
	struct tevent_req *req =
		tevent_req_callback_data(subreq, struct tevent_req);
	struct add_state *state = tevent_req_data(req, struct add_state);
	const struct transfer *t = state->t;
	NTSTATUS status = append_recv(subreq);

	talloc_free(subreq);
	if (add_failed_here(req, status)) {
		return;
	}
	if (state->left == 0) {
		if (t->progress != NULL && state->entry.size > 0) {
			t->progress(state->entry.size, t->private_data);
		}
		add_reset(req);
		return;
	}
	subreq = copy_send(state, t->ev, state->from, &state->out->end, 0,
			   &t->limits, t->progress, t->private_data);
	if (tevent_req_nomem(subreq, req)) {
		return;
	}
	tevent_req_set_callback(subreq, add_pumped, req);
}

static void add_pumped(struct tevent_req *subreq)
{
	struct tevent_req *req =
		tevent_req_callback_data(subreq, struct tevent_req);
	struct add_state *state = tevent_req_data(req, struct add_state);
	struct copy_end *failed = NULL;
	uint64_t copied = 0;
	NTSTATUS status = copy_recv(subreq, &copied, &failed);

	talloc_free(subreq);
	if (failed == &state->out->end && add_failed_here(req, status)) {
		return;
	}
	state->left -= copied < state->left ? copied : state->left;
	state->failure = status;
	if (NT_STATUS_IS_OK(status) && state->left > 0) {
		state->failure = NT_STATUS_END_OF_FILE;
	}
	add_fill(req);
}

#define ZEROS ((uint64_t)1024 * 1024)

/* What is missing, and the padding. */
static void add_fill(struct tevent_req *req)
{
	struct add_state *state = tevent_req_data(req, struct add_state);
	size_t zeros = (size_t)(state->left < ZEROS ? state->left : ZEROS);
	struct tevent_req *subreq = NULL;

	state->left -= zeros;
	if (state->left == 0) {
		zeros += tar_padding(state->entry.size);
		state->entry.size = 0; /* padded */
	}
	if (zeros == 0) {
		add_reset(req);
		return;
	}
	subreq = write_send(state, state->t->ev, state->out,
			    wire_slice(NULL, 0), zeros);
	if (tevent_req_nomem(subreq, req)) {
		return;
	}
	tevent_req_set_callback(subreq, add_filled, req);
}

static void add_filled(struct tevent_req *subreq)
{
	struct tevent_req *req =
		tevent_req_callback_data(subreq, struct tevent_req);
	NTSTATUS status = append_recv(subreq);

	talloc_free(subreq);
	if (!add_failed_here(req, status)) {
		add_fill(req);
	}
}

/* ------------------------------------------------------------------- reset */

/* It is saved: the next archive, an incremental one, is to leave it out. */
static void add_reset(struct tevent_req *req)
{
	struct add_state *state = tevent_req_data(req, struct add_state);
	struct tevent_req *subreq = NULL;

	TALLOC_FREE(state->turn);
	if (!state->out->choice->reset || !NT_STATUS_IS_OK(state->failure) ||
	    !shell_archive_is_set(&state->stat)) {
		add_end(req);
		return;
	}
	subreq = shell_archive_reset_send(state, state->t, state->remote,
					  &state->stat);
	if (tevent_req_nomem(subreq, req)) {
		return;
	}
	tevent_req_set_callback(subreq, add_reset_done, req);
}

static void add_reset_done(struct tevent_req *subreq)
{
	struct tevent_req *req =
		tevent_req_callback_data(subreq, struct tevent_req);
	struct add_state *state = tevent_req_data(req, struct add_state);

	state->failure = client_set_basic_recv(subreq);
	talloc_free(subreq);
	add_end(req);
}

void tar_add_recv(struct tevent_req *req, struct transfer_result *result)
{
	struct add_state *state = tevent_req_data(req, struct add_state);

	*result = (struct transfer_result){
		.status = req_status(req),
		.err = state->err,
		.bytes = state->stat.size,
	};
	tevent_req_received(req);
}

/* --------------------------------------------------------------------- end */

int tar_out_commit(struct tar_out *out, struct shell *shell)
{
	static const struct client_stat now = {0};
	size_t record = out->choice->blocks != 0
				? (size_t)out->choice->blocks * TAR_BLOCK
				: TAR_RECORD;
	size_t zeros = (size_t)2 * TAR_BLOCK;
	struct tevent_req *req = NULL;
	NTSTATUS status = NT_STATUS_OK;

	zeros += (record - (size_t)((out->offset + zeros) % record)) % record;
	req = shell_need(
		write_send(out, shell->ev, out, wire_slice(NULL, 0), zeros));
	status = shell_wait(shell, req);
	if (NT_STATUS_IS_OK(status)) {
		status = append_recv(req);
	}
	talloc_free(req);
	if (!NT_STATUS_IS_OK(status)) {
		return out->inner->err != 0 ? out->inner->err : EINTR;
	}
	return local_file_commit(out->file, &now);
}
