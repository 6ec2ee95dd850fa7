/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A file that is written where it is: somebody has it open, nobody may write to
 * its folder, or it is a stream. */
#include "client/client_req.h"
#include "client/shell_put_private.h"
#include "smbquic/alarm.h"

/* Two that write a file in its place would mix their bytes: one waits for the
 * other, as often as this, so long each time. */
#define TURNS	      50
#define TURN_PAUSE_MS 100

static void put_opened(struct tevent_req *subreq);
static void put_turn(struct tevent_req *subreq);
static void put_times_set(struct tevent_req *subreq);
static void put_closed(struct tevent_req *subreq);

void put_in_place(struct tevent_req *req)
{
	static const struct client_open how = {
		.access = FILE_WRITE_DATA | FILE_WRITE_ATTRIBUTES |
			  SEC_STD_SYNCHRONIZE,
		.share = FILE_SHARE_READ | FILE_SHARE_DELETE,
		.disposition = FILE_OVERWRITE_IF,
		.options = FILE_NON_DIRECTORY_FILE,
		.attributes = FILE_ATTRIBUTE_NORMAL,
	};
	struct put_state *state = tevent_req_data(req, struct put_state);
	struct tevent_req *subreq =
		client_open_send(state, state->t->tree, state->remote, &how);

	state->in_place = true;
	state->bytes = 0;
	if (tevent_req_nomem(subreq, req)) {
		return;
	}
	tevent_req_set_callback(subreq, put_opened, req);
}

static void put_opened(struct tevent_req *subreq)
{
	struct tevent_req *req =
		tevent_req_callback_data(subreq, struct tevent_req);
	struct put_state *state = tevent_req_data(req, struct put_state);
	NTSTATUS status = client_open_recv(subreq, state, &state->to, NULL);

	talloc_free(subreq);
	if (status == NT_STATUS_SHARING_VIOLATION && state->turns++ < TURNS) {
		subreq = alarm_wait_send(state, state->t->ev, TURN_PAUSE_MS);
		if (!tevent_req_nomem(subreq, req)) {
			tevent_req_set_callback(subreq, put_turn, req);
		}
		return;
	}
	if (!NT_STATUS_IS_OK(status) && !NT_STATUS_IS_OK(state->failure)) {
		status = state->failure; /* why it was to be in place */
	}
	if (!req_failed(req, status)) {
		put_pump(req);
	}
}

static void put_turn(struct tevent_req *subreq)
{
	struct tevent_req *req =
		tevent_req_callback_data(subreq, struct tevent_req);

	(void)alarm_wait_recv(subreq);
	talloc_free(subreq);
	put_in_place(req);
}

void put_set_times(struct tevent_req *req)
{
	struct put_state *state = tevent_req_data(req, struct put_state);
	struct wire_writer w = wire_writer_talloc(state);
	struct tevent_req *subreq = NULL;

	if (!fscc_basic_encode(&w, &state->basic)) {
		tevent_req_oom(req);
		return;
	}
	subreq =
		client_set_send(state, state->to, SMB2_0_INFO_FILE,
				FileBasicInformation, 0, wire_writer_slice(&w));
	if (tevent_req_nomem(subreq, req)) {
		return;
	}
	tevent_req_set_callback(subreq, put_times_set, req);
}

static void put_times_set(struct tevent_req *subreq)
{
	struct tevent_req *req =
		tevent_req_callback_data(subreq, struct tevent_req);
	struct put_state *state = tevent_req_data(req, struct put_state);

	/* A file without its times is better than none. */
	(void)client_set_recv(subreq);
	talloc_free(subreq);
	subreq = client_close_send(state, state->to);
	if (tevent_req_nomem(subreq, req)) {
		return;
	}
	tevent_req_set_callback(subreq, put_closed, req);
}

static void put_closed(struct tevent_req *subreq)
{
	struct tevent_req *req =
		tevent_req_callback_data(subreq, struct tevent_req);
	NTSTATUS status = client_close_recv(subreq);

	talloc_free(subreq);
	if (!req_failed(req, status)) {
		tevent_req_done(req);
	}
}
