/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * fetch ADDRESS: a file to standard output, with several reads on their way at
 * once, so that a long way costs bandwidth and not round trips. It shows how
 * requests of the library are put together on an event loop.
 *
 *	cc -o fetch fetch.c $(pkg-config --cflags --libs smbquic-client)
 *	PASSWD=... ./fetch smb://alice@files.example.org/projects/file >file
 */
#include <unistd.h>

#include "client/client_req.h"
#include "place.h"

#define FLIGHT 8
#define PIECE  (256 * 1024)

struct fetch_state {
	struct tevent_context *ev;
	struct client_file *file;
	uint64_t size;
	uint64_t asked;	  /* up to here */
	uint64_t written; /* and up to here */
	/* in the order of the file, from the oldest */
	struct tevent_req *read[FLIGHT];
	uint64_t offset[FLIGHT];
	unsigned first, count;
};

static void fetch_go(struct tevent_req *req);
static void fetch_done(struct tevent_req *subreq);

static struct tevent_req *fetch_send(TALLOC_CTX *mem_ctx,
				     struct tevent_context *ev,
				     struct client_file *file, uint64_t size)
{
	struct fetch_state *state = NULL;
	struct tevent_req *req =
		tevent_req_create(mem_ctx, &state, struct fetch_state);

	if (req == NULL) {
		return NULL;
	}
	state->ev = ev;
	state->file = file;
	state->size = size;
	fetch_go(req);
	if (!tevent_req_is_in_progress(req)) {
		return tevent_req_post(req, ev);
	}
	return req;
}

/* As many reads as may be on their way. */
static void fetch_go(struct tevent_req *req)
{
	struct fetch_state *state = tevent_req_data(req, struct fetch_state);

	while (state->count < FLIGHT && state->asked < state->size) {
		unsigned at = (state->first + state->count) % FLIGHT;
		size_t most = client_max_read(client_file_tree(state->file));
		size_t len = most < PIECE ? most : PIECE;

		if (len > state->size - state->asked) {
			len = (size_t)(state->size - state->asked);
		}
		state->read[at] =
			client_read_send(state, state->file, state->asked, len);
		if (tevent_req_nomem(state->read[at], req)) {
			return;
		}
		tevent_req_set_callback(state->read[at], fetch_done, req);
		state->offset[at] = state->asked;
		state->asked += len;
		state->count++;
	}
	if (state->count == 0) {
		tevent_req_done(req);
	}
}

/* The oldest read has come: its bytes are next. */
static bool fetch_write(struct tevent_req *req)
{
	struct fetch_state *state = tevent_req_data(req, struct fetch_state);
	struct tevent_req *subreq = state->read[state->first];
	struct wire_slice data = {0};
	TALLOC_CTX *owner = NULL;
	NTSTATUS status = client_read_recv(subreq, subreq, &owner, &data);

	if (req_failed(req, status)) {
		return false;
	}
	/* a read may bring less than it was asked for: not in this example */
	if (state->written != state->offset[state->first] ||
	    fwrite(data.data, 1, data.len, stdout) != data.len) {
		req_failed(req, NT_STATUS_DATA_ERROR);
		return false;
	}
	state->written += data.len;
	TALLOC_FREE(state->read[state->first]);
	state->first = (state->first + 1) % FLIGHT;
	state->count--;
	return true;
}

static void fetch_done(struct tevent_req *subreq)
{
	struct tevent_req *req =
		tevent_req_callback_data(subreq, struct tevent_req);
	struct fetch_state *state = tevent_req_data(req, struct fetch_state);

	/* they may come in any order */
	while (state->count > 0 &&
	       !tevent_req_is_in_progress(state->read[state->first])) {
		if (!fetch_write(req)) {
			return;
		}
	}
	fetch_go(req);
}

static NTSTATUS fetch_recv(struct tevent_req *req)
{
	return req_simple_recv(req);
}

static NTSTATUS fetch(struct place *place)
{
	struct client_file *file = NULL;
	struct client_stat stat = {0};
	struct client_open how = {0};
	struct tevent_req *req = NULL;
	NTSTATUS status = NT_STATUS_OK;

	client_open_default(&how);
	how.options = FILE_NON_DIRECTORY_FILE;
	status = client_open(place, place->tree, place->target->path, &how,
			     &file, &stat);
	if (!NT_STATUS_IS_OK(status)) {
		return status;
	}
	req = fetch_send(place, place->ev, file, stat.size);
	status = client_wait(place->conn, req);
	if (NT_STATUS_IS_OK(status)) {
		status = fetch_recv(req);
	}
	talloc_free(req);
	client_close(file);
	talloc_free(file);
	return status;
}

int main(int argc, char **argv)
{
	struct place *place = argc == 2 ? place_open(argv[1]) : NULL;
	NTSTATUS status = NT_STATUS_OK;

	if (place == NULL) {
		return EXIT_FAILURE;
	}
	status = fetch(place);
	if (!NT_STATUS_IS_OK(status)) {
		fprintf(stderr, "%s: %s\n", argv[1], nt_errtext(status));
	}
	place_close(place);
	return NT_STATUS_IS_OK(status) && fflush(stdout) == 0 ? EXIT_SUCCESS
							      : EXIT_FAILURE;
}
