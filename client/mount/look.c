/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What a path leads to, in one round trip: CREATE tells most of it, the
 * POSIX extensions all; without them a query tells of links. What a reparse
 * point is takes a second one.
 */
#include <limits.h>
#include <string.h>

#include "client/mount/mount.h"
#include "smbquic/reparse.h"

struct look_state {
	struct mount *mount;
	struct client_tree *tree;
	const char *path;
	struct client_open how;
	unsigned steps; /* but for the query */
	bool queries;
	bool made;
	struct client_stat stat;
	bool also_known;
	struct client_stat also;
};

static void look_done(struct tevent_req *subreq);
static void look_reparse(struct tevent_req *subreq);

struct tevent_req *look_send(struct op *op, const char *path,
			     const struct client_open *how,
			     const struct client_step *steps, unsigned count)
{
	return look_at_send(op, op->mount, op_tree(op), path, how, steps,
			    count);
}

struct tevent_req *look_at_send(TALLOC_CTX *mem_ctx, struct mount *mount,
				struct client_tree *tree, const char *path,
				const struct client_open *how,
				const struct client_step *steps, unsigned count)
{
	const struct client_query query = attr_query(mount->posix);
	struct client_step all[CLIENT_STEPS_MAX] = {{0}};
	struct look_state *state = NULL;
	struct tevent_req *subreq = NULL;
	struct tevent_req *req =
		tevent_req_create(mem_ctx, &state, struct look_state);

	if (req == NULL || tree == NULL) {
		talloc_free(req);
		return NULL;
	}
	state->mount = mount;
	state->tree = tree;
	state->how = *how;
	state->steps = count;
	state->path = talloc_strdup(state, path);
	if (tevent_req_nomem(state->path, req)) {
		return tevent_req_post(req, mount->ev);
	}
	if (count > 0) {
		memcpy(all, steps, count * sizeof(*steps));
	}
	state->queries = count > 0 || !mount->posix;
	if (state->queries) {
		all[count++] = (struct client_step){
			.command = SMB2_QUERY_INFO,
			.type = query.type,
			.info_class = query.info_class,
			.max = query.max,
		};
	}
	subreq = client_steps_send(state, tree, path, how, all, count);
	if (tevent_req_nomem(subreq, req)) {
		return tevent_req_post(req, mount->ev);
	}
	tevent_req_set_callback(subreq, look_done, req);
	return req;
}

/* Not from the folder's listing, nor by the extensions. */
static void look_at_reparse(struct tevent_req *req)
{
	struct look_state *state = tevent_req_data(req, struct look_state);
	const struct client_step step = {
		.command = SMB2_IOCTL,
		.extra = FSCTL_GET_REPARSE_POINT,
		.max = REPARSE_SIZE_MAX,
	};
	struct client_open how = op_open(state->mount, FILE_READ_ATTRIBUTES);
	struct tevent_req *subreq = NULL;

	subreq = client_steps_send(state, state->tree, state->path, &how, &step,
				   1);
	if (tevent_req_nomem(subreq, req)) {
		return;
	}
	tevent_req_set_callback(subreq, look_reparse, req);
}

static void look_done(struct tevent_req *subreq)
{
	struct tevent_req *req =
		tevent_req_callback_data(subreq, struct tevent_req);
	struct look_state *state = tevent_req_data(req, struct look_state);
	struct client_steps_result *result = NULL;
	NTSTATUS status = NT_STATUS_OK;

	state->also_known = client_steps_also(subreq, &state->also);
	status = client_steps_recv(subreq, state, &result);
	state->made = result != NULL;
	talloc_free(subreq);
	if (tevent_req_error(req, status)) {
		return;
	}
	state->stat = result->stat;
	if (state->queries && !attr_take(result->data[state->steps],
					 state->mount->posix, &state->stat)) {
		tevent_req_error(req, NT_STATUS_INVALID_NETWORK_RESPONSE);
		return;
	}
	if (attr_is_opaque(&state->stat)) {
		look_at_reparse(req);
		return;
	}
	tevent_req_done(req);
}

/* When it cannot be read it is a file or a folder, as its attributes say. */
static void look_reparse(struct tevent_req *subreq)
{
	struct tevent_req *req =
		tevent_req_callback_data(subreq, struct tevent_req);
	struct look_state *state = tevent_req_data(req, struct look_state);
	struct client_steps_result *result = NULL;
	struct reparse reparse = {0};
	char target[PATH_MAX + 1] = "";
	bool relative = false;
	ssize_t len = 0;
	NTSTATUS status = client_steps_recv(subreq, state, &result);

	talloc_free(subreq);
	if (NT_STATUS_IS_OK(status) &&
	    NT_STATUS_IS_OK(reparse_decode(result->data[0], &reparse))) {
		state->stat.reparse_tag = reparse_plain_tag(&reparse);
		len = reparse_target(&reparse, target, sizeof(target),
				     &relative);
	}
	if (len > 0) {
		state->stat.size = (uint64_t)len;
	}
	tevent_req_done(req);
}

bool look_also(struct tevent_req *req, struct client_stat *out)
{
	const struct look_state *state =
		tevent_req_data(req, struct look_state);

	*out = state->also;
	return state->also_known;
}

NTSTATUS look_recv(struct tevent_req *req, struct client_stat *out, bool *made)
{
	struct look_state *state = tevent_req_data(req, struct look_state);
	NTSTATUS status = req_status(req);

	*out = state->stat;
	if (made != NULL) {
		*made = state->made;
	}
	tevent_req_received(req);
	return status;
}
