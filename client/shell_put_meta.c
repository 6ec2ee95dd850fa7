/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What a file that is put has beside its bytes: it gets that while nobody sees
 * it under its name. What is to be deleted when it is closed cannot be opened,
 * so the mark is taken away before the commit, and comes back when there is
 * none.
 */
#include "client/client_req.h"
#include "client/shell_put_private.h"
#include "smbquic/smb2.h"

static void put_unmarked(struct tevent_req *subreq);
static void put_keep_at(struct tevent_req *req, const char *path, bool fresh);
static void put_kept(struct tevent_req *subreq);

void put_load_meta(struct put_state *state)
{
	const struct transfer *t = state->t;
	struct meta_local *meta = NULL;
	int err = 0;

	if (!t->keep_acls && !t->keep_streams) {
		return;
	}
	err = meta_local_load(state, t, state->local, &meta);
	if (err != 0) {
		shell_transfer_clear(t);
		shell_fail_errno(t->shell, err,
				 "%s: what it has beside its bytes is not kept",
				 state->local);
	} else if (!meta_local_is_empty(meta)) {
		state->meta = meta;
	}
}

static struct tevent_req *put_mark_send(struct put_state *state, uint8_t yes)
{
	return client_set_send(state->t->tree, state->to, SMB2_0_INFO_FILE,
			       FileDispositionInformation, 0,
			       wire_slice(&yes, sizeof(yes)));
}

void put_mark(struct put_state *state)
{
	talloc_free(put_mark_send(state, 1)); /* it is on its way */
}

void put_keep(struct tevent_req *req)
{
	struct put_state *state = tevent_req_data(req, struct put_state);
	struct tevent_req *subreq = NULL;

	if (state->in_place && state->meta != NULL) {
		put_keep_at(req, state->remote, false);
	} else if (state->in_place) {
		put_set_times(req);
	} else if (state->meta == NULL) {
		put_commit(req);
	} else {
		subreq = put_mark_send(state, 0);
		if (!tevent_req_nomem(subreq, req)) {
			talloc_steal(state, subreq);
			tevent_req_set_callback(subreq, put_unmarked, req);
		}
	}
}

static void put_unmarked(struct tevent_req *subreq)
{
	struct tevent_req *req =
		tevent_req_callback_data(subreq, struct tevent_req);
	struct put_state *state = tevent_req_data(req, struct put_state);
	NTSTATUS status = client_set_recv(subreq);

	talloc_free(subreq);
	if (NT_STATUS_IS_OK(status)) {
		state->unmarked = true;
		put_keep_at(req, state->temporary, true);
	} else if (!put_again(req, status)) {
		put_give_up(req, status);
	}
}

static void put_keep_at(struct tevent_req *req, const char *path, bool fresh)
{
	struct put_state *state = tevent_req_data(req, struct put_state);
	const char *name = state->sourced ? state->remote : state->local;
	struct tevent_req *subreq =
		meta_put_send(state, state->t, state->meta, path, name, fresh);

	if (tevent_req_nomem(subreq, req)) {
		return;
	}
	tevent_req_set_callback(subreq, put_kept, req);
}

static void put_kept(struct tevent_req *subreq)
{
	struct tevent_req *req =
		tevent_req_callback_data(subreq, struct tevent_req);
	struct put_state *state = tevent_req_data(req, struct put_state);

	meta_recv(subreq);
	talloc_free(subreq);
	if (state->in_place) {
		put_set_times(req);
	} else {
		put_commit(req);
	}
}
