/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Previous versions of files (MS-SMB2 2.2.32.2, 2.2.13.2.7): which there are,
 * and paths that lead into one. */
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "client/client_private.h"
#include "smbquic/utf16.h"

#define TOKEN_FORMAT "@GMT-%Y.%m.%d-%H.%M.%S"
#define TOKEN_LEN    24
/* An answer that holds more is not wanted. */
#define LIST_MOST ((uint32_t)1024 * 1024)

/* ------------------------------------------------------------------ paths */

/* The time of a name, 0: it is none of a snapshot. */
static NTTIME token_time(const char *name)
{
	struct tm tm = {0};
	char token[TOKEN_LEN + 1] = "";
	const char *end = NULL;
	time_t when = 0;

	if (strncmp(name, "@GMT-", 5) != 0 || strlen(name) < TOKEN_LEN) {
		return 0;
	}
	memcpy(token, name, TOKEN_LEN);
	end = strptime(token, TOKEN_FORMAT, &tm);
	if (end != token + TOKEN_LEN) {
		return 0;
	}
	when = timegm(&tm);
	return when > 0 ? nttime_from_unix(when) : 0;
}

NTTIME client_snapshot_time(const char *name)
{
	return strlen(name) == TOKEN_LEN ? token_time(name) : 0;
}

NTTIME snapshot_take(char *path)
{
	char *p = path;
	NTTIME when = 0;

	while (p != NULL) {
		char next = '\0';

		when = token_time(p);
		next = when != 0 ? p[TOKEN_LEN] : '\0';
		if (when != 0 && next == '\\') {
			memmove(p, p + TOKEN_LEN + 1,
				strlen(p + TOKEN_LEN + 1) + 1);
			return when;
		}
		if (when != 0 && next == '\0') {
			p[p > path ? -1 : 0] = '\0';
			return when;
		}
		p = strchr(p, '\\');
		p = p != NULL ? p + 1 : NULL;
	}
	return 0;
}

/* ------------------------------------------------------------------- lists */

struct snapshots_state {
	struct client_file *file;
	struct client_snapshot_list *list;
	bool again; /* there are more than fit at first */
};

static void snapshots_told(struct tevent_req *subreq);

static bool snapshots_ask(struct tevent_req *req, uint32_t max)
{
	struct snapshots_state *state =
		tevent_req_data(req, struct snapshots_state);
	struct tevent_req *subreq = client_ioctl_send(
		state, client_file_tree(state->file), state->file,
		FSCTL_SRV_ENUMERATE_SNAPSHOTS, wire_slice(NULL, 0), max);

	if (tevent_req_nomem(subreq, req)) {
		return false;
	}
	tevent_req_set_callback(subreq, snapshots_told, req);
	return true;
}

struct tevent_req *client_snapshots_send(TALLOC_CTX *mem_ctx,
					 struct client_file *file)
{
	struct client_conn *conn = file_conn(file);
	struct snapshots_state *state = NULL;
	struct tevent_req *req = NULL;

	if (conn == NULL) {
		return NULL;
	}
	req = tevent_req_create(mem_ctx, &state, struct snapshots_state);
	if (req == NULL) {
		return NULL;
	}
	state->file = file;
	state->list = talloc_zero(state, struct client_snapshot_list);
	if (tevent_req_nomem(state->list, req) ||
	    !snapshots_ask(req, SMB2_CREDIT_UNIT)) {
		return tevent_req_post(req, conn->ev);
	}
	return req;
}

static NTSTATUS snapshots_take(struct client_snapshot_list *list,
			       const struct smb2_snapshot_array *array)
{
	struct wire_slice names = array->names;
	struct wire_slice name = {0};
	char *text = NULL;

	while (smb2_snapshot_next(&names, &name)) {
		text = utf16_to_utf8(list, name);
		if (text == NULL || strlen(text) != TOKEN_LEN ||
		    token_time(text) == 0) {
			return NT_STATUS_INVALID_NETWORK_RESPONSE;
		}
		list->name = talloc_realloc(list, list->name, const char *,
					    list->count + 1);
		if (list->name == NULL) {
			return NT_STATUS_NO_MEMORY;
		}
		list->name[list->count++] = text;
	}
	return NT_STATUS_OK;
}

static void snapshots_told(struct tevent_req *subreq)
{
	struct tevent_req *req =
		tevent_req_callback_data(subreq, struct tevent_req);
	struct snapshots_state *state =
		tevent_req_data(req, struct snapshots_state);
	struct smb2_snapshot_array array = {0};
	struct wire_slice data = {0};
	NTSTATUS status = client_ioctl_recv(subreq, state, &data);

	talloc_free(subreq);
	if (status != NT_STATUS_BUFFER_OVERFLOW && req_failed(req, status)) {
		return;
	}
	if (!smb2_snapshot_array_decode(data, &array)) {
		req_failed(req, NT_STATUS_INVALID_NETWORK_RESPONSE);
		return;
	}
	if (array.number_returned < array.number_of_snapshots &&
	    !state->again && array.array_size < LIST_MOST) {
		state->again = true;
		(void)snapshots_ask(req, array.array_size + SMB2_CREDIT_UNIT);
		return;
	}
	if (!req_failed(req, snapshots_take(state->list, &array))) {
		tevent_req_done(req);
	}
}

NTSTATUS client_snapshots_recv(struct tevent_req *req, TALLOC_CTX *mem_ctx,
			       struct client_snapshot_list **out)
{
	struct snapshots_state *state =
		tevent_req_data(req, struct snapshots_state);
	NTSTATUS status = req_status(req);

	*out = NULL;
	if (NT_STATUS_IS_OK(status)) {
		*out = talloc_move(mem_ctx, &state->list);
	}
	tevent_req_received(req);
	return status;
}

NTSTATUS client_snapshots(TALLOC_CTX *mem_ctx, struct client_file *file,
			  struct client_snapshot_list **out)
{
	struct tevent_req *req = client_snapshots_send(file, file);
	NTSTATUS status = client_wait(file_conn(file), req);

	*out = NULL;
	if (NT_STATUS_IS_OK(status)) {
		status = client_snapshots_recv(req, mem_ctx, out);
	}
	talloc_free(req);
	return status;
}
