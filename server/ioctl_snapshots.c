/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * ioctl_snapshots.c - FSCTL_SRV_ENUMERATE_SNAPSHOTS (MS-SMB2 3.3.5.15.1).
 */
#include <errno.h>
#include <stdlib.h>

#include "server/ioctl.h"
#include "server/snapshot.h"

#define MAX_SNAPSHOTS 1024
#define LIST_AT_ONCE  256
#define TOKEN_BYTES   (2 * SNAPSHOT_TOKEN_SIZE)
#define HEADER_SIZE   12

struct ioctl_snapshots_state {
	struct tevent_context *ev;
	struct ioctl *io;
	struct store_file *dir;
	NTTIME *times;
	uint32_t count;
};

static void ioctl_snapshots_opened(struct tevent_req *subreq);
static void ioctl_snapshots_listed(struct tevent_req *subreq);

struct tevent_req *ioctl_snapshots_send(TALLOC_CTX *mem_ctx,
					struct tevent_context *ev,
					struct ioctl *io)
{
	const struct tree *tree = io->r->tree;
	struct ioctl_snapshots_state *state = NULL;
	struct tevent_req *subreq = NULL;
	struct tevent_req *req = tevent_req_create(
		mem_ctx, &state, struct ioctl_snapshots_state);
	const char *directory = NULL;

	if (req == NULL) {
		return NULL;
	}
	state->ev = ev;
	state->io = io;
	state->times = talloc_array(state, NTTIME, MAX_SNAPSHOTS);
	directory = config_string(tree->share->config, tree->share->section,
				  CONFIG_SNAPSHOT_DIRECTORY);
	if (tevent_req_nomem(state->times, req)) {
		return tevent_req_post(req, ev);
	}
	if (*directory == '\0') {
		tevent_req_done(req);
		return tevent_req_post(req, ev);
	}
	subreq = store_open_send(state, ev, tree->store, tree->cred, directory,
				 STORE_OPEN_READ | STORE_OPEN_DIRECTORY, 0);
	if (tevent_req_nomem(subreq, req)) {
		return tevent_req_post(req, ev);
	}
	tevent_req_set_callback(subreq, ioctl_snapshots_opened, req);
	return req;
}

static void list_more(struct tevent_req *req, bool restart)
{
	struct ioctl_snapshots_state *state =
		tevent_req_data(req, struct ioctl_snapshots_state);
	struct tevent_req *subreq = store_readdir_send(
		state, state->ev, state->dir, restart, LIST_AT_ONCE);

	if (tevent_req_nomem(subreq, req)) {
		return;
	}
	tevent_req_set_callback(subreq, ioctl_snapshots_listed, req);
}

/* Who may not look has no previous versions. */
static void ioctl_snapshots_opened(struct tevent_req *subreq)
{
	struct tevent_req *req =
		tevent_req_callback_data(subreq, struct tevent_req);
	struct ioctl_snapshots_state *state =
		tevent_req_data(req, struct ioctl_snapshots_state);
	int err = store_open_recv(subreq, state, &state->dir, NULL);

	TALLOC_FREE(subreq);
	if (err != 0) {
		tevent_req_done(req);
		return;
	}
	list_more(req, true);
}

static int newest_first(const void *one, const void *other)
{
	const NTTIME *a = one;
	const NTTIME *b = other;

	return *a < *b ? 1 : *a > *b ? -1 : 0;
}

static void ioctl_snapshots_listed(struct tevent_req *subreq)
{
	struct tevent_req *req =
		tevent_req_callback_data(subreq, struct tevent_req);
	struct ioctl_snapshots_state *state =
		tevent_req_data(req, struct ioctl_snapshots_state);
	const struct share *share = state->io->r->tree->share;
	const char *format = config_string(share->config, share->section,
					   CONFIG_SNAPSHOT_FORMAT);
	struct store_entry *entries = NULL;
	size_t count = 0;
	size_t i = 0;
	int err = store_readdir_recv(subreq, state, &entries, &count);

	TALLOC_FREE(subreq);
	for (i = 0; err == 0 && i < count && state->count < MAX_SNAPSHOTS;
	     i++) {
		state->count += snapshot_time(entries[i].name, format,
					      &state->times[state->count]);
	}
	talloc_free(entries);
	if (err == 0 && count > 0 && state->count < MAX_SNAPSHOTS) {
		list_more(req, false);
		return;
	}
	qsort(state->times, state->count, sizeof(NTTIME), newest_first);
	tevent_req_done(req);
}

static void put_token(struct wire_writer *out, NTTIME when)
{
	char token[SNAPSHOT_TOKEN_SIZE];
	size_t i = 0;

	snapshot_token(when, token);
	for (i = 0; i < sizeof(token); i++) {
		wire_put_u16(out, (uint8_t)token[i]);
	}
}

/* 2.2.32.2: all of them, or only how much room they take. */
NTSTATUS ioctl_snapshots_recv(struct tevent_req *req, struct wire_writer *out)
{
	struct ioctl_snapshots_state *state =
		tevent_req_data(req, struct ioctl_snapshots_state);
	NTSTATUS status = NT_STATUS_OK;

	if (!request_failed(req, &status)) {
		uint32_t size = state->count * TOKEN_BYTES + 2;
		bool fits =
			state->io->in.max_output_response >= HEADER_SIZE + size;
		uint32_t told = fits ? state->count : 0;
		uint32_t i = 0;

		wire_put_u32(out, state->count);
		wire_put_u32(out, told);
		wire_put_u32(out, size);
		for (i = 0; i < told; i++) {
			put_token(out, state->times[i]);
		}
		wire_put_zeros(out, fits ? 2 : 4);
	}
	tevent_req_received(req);
	return status;
}
