/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The list of shares: NetrShareEnum level 1 (MS-SRVS 3.1.4.8) on the pipe
 * "srvsvc". */
#define LOG_MODULE "client"

#include "client/client_private.h"
#include "client/rpc_private.h"
#include "smbquic/log.h"

#define OPNUM_SHARE_ENUM 15
#define MAX_SHARES	 65536
#define NO_LIMIT	 0xFFFFFFFFu

static const struct rpc_interface srvsvc = {
	.uuid = {0xc8, 0x4f, 0x32, 0x4b, 0x70, 0x16, 0xd3, 0x01, 0x12, 0x78,
		 0x5a, 0x47, 0xbf, 0x6e, 0xe1, 0x88},
	.version = 3,
};

/* ----------------------------------------------------------- NetrShareEnum */

void srvsvc_put_share_enum(struct wire_writer *w, const char *server)
{
	rpc_put_request(w, OPNUM_SHARE_ENUM);
	wire_put_u32(w, 0x20000); /* ServerName: pointer, then the string */
	ndr_put_string(w, server);
	wire_put_u32(w, 1); /* InfoStruct: level 1, of the union */
	wire_put_u32(w, 1);
	wire_put_u32(w, 0x20004); /* SHARE_INFO_1_CONTAINER, empty */
	wire_put_u32(w, 0);
	wire_put_u32(w, 0);
	wire_put_u32(w, NO_LIMIT); /* PreferedMaximumLength */
	wire_put_u32(w, 0);	   /* ResumeHandle: none */
}

/* The array of SHARE_INFO_1: first the structures, then all the strings. */
static bool get_shares(struct client_share_list *list, struct wire_reader *r,
		       size_t count)
{
	size_t i = 0;

	list->share = talloc_zero_array(list, struct client_share, count);
	if (list->share == NULL) {
		return false;
	}
	for (i = 0; i < count; i++) {
		struct client_share *share = &list->share[i];

		/* "" until the string is read: it has one. */
		share->name = wire_get_u32(r) != 0 ? "" : NULL;
		share->type = wire_get_u32(r);
		share->comment = wire_get_u32(r) != 0 ? "" : NULL;
	}
	for (i = 0; i < count && wire_reader_ok(r); i++) {
		struct client_share *share = &list->share[i];

		if (share->name != NULL) {
			share->name = ndr_get_string(list, r);
		}
		if (share->comment != NULL) {
			share->comment = ndr_get_string(list, r);
		}
		share->name = share->name != NULL ? share->name : "";
		share->comment = share->comment != NULL ? share->comment : "";
	}
	list->count = count;
	return wire_reader_ok(r);
}

bool srvsvc_get_share_enum(struct wire_slice stub,
			   struct client_share_list *list, uint32_t *result)
{
	struct wire_reader r = wire_reader_of(stub);
	uint32_t level = wire_get_u32(&r);
	uint32_t of_union = wire_get_u32(&r);
	uint32_t container = wire_get_u32(&r);
	uint32_t count = 0;
	uint32_t array = 0;
	uint32_t max = 0;

	if (container != 0) {
		count = wire_get_u32(&r);
		array = wire_get_u32(&r);
	}
	if (array != 0) {
		max = wire_get_u32(&r);
	}
	if (level != 1 || of_union != 1 || count > MAX_SHARES ||
	    (array != 0 ? max < count : count > 0) ||
	    !get_shares(list, &r, count)) {
		return false;
	}
	wire_get_align(&r, 4);
	wire_skip(&r, 4); /* TotalEntries */
	if (wire_get_u32(&r) != 0) {
		wire_skip(&r, 4); /* ResumeHandle */
	}
	*result = wire_get_u32(&r);
	return wire_reader_ok(&r);
}

/* --------------------------------------------------------------- exchange */

struct shares_state {
	struct client_conn *conn;
	struct rpc_pipe *pipe;
	struct client_share_list *list;
};

static void shares_opened(struct tevent_req *subreq);
static void shares_answered(struct tevent_req *subreq);

struct tevent_req *client_shares_send(TALLOC_CTX *mem_ctx,
				      struct client_session *session)
{
	struct shares_state *state = NULL;
	struct tevent_req *subreq = NULL;
	struct tevent_req *req =
		tevent_req_create(mem_ctx, &state, struct shares_state);

	if (req == NULL) {
		return NULL;
	}
	state->conn = session_conn(session);
	subreq = rpc_pipe_open_send(state, session, "srvsvc", &srvsvc);
	if (subreq == NULL) {
		talloc_free(req);
		return NULL;
	}
	tevent_req_set_callback(subreq, shares_opened, req);
	return req;
}

static void shares_opened(struct tevent_req *subreq)
{
	struct tevent_req *req =
		tevent_req_callback_data(subreq, struct tevent_req);
	struct shares_state *state = tevent_req_data(req, struct shares_state);
	struct wire_writer w = wire_writer_talloc(state);
	NTSTATUS status = rpc_pipe_open_recv(subreq, state, &state->pipe);

	talloc_free(subreq);
	if (req_failed(req, status)) {
		return;
	}
	srvsvc_put_share_enum(&w, state->conn->options.server);
	subreq = rpc_pipe_ask_send(state, state->pipe, &w);
	if (!tevent_req_nomem(subreq, req)) {
		tevent_req_set_callback(subreq, shares_answered, req);
	}
}

static void shares_answered(struct tevent_req *subreq)
{
	struct tevent_req *req =
		tevent_req_callback_data(subreq, struct tevent_req);
	struct shares_state *state = tevent_req_data(req, struct shares_state);
	struct wire_slice stub = {0};
	NTSTATUS status = rpc_pipe_ask_recv(subreq, state, &stub);
	uint32_t result = 0;

	talloc_free(subreq);
	if (req_failed(req, status)) {
		return;
	}
	state->list = talloc_zero(state, struct client_share_list);
	if (tevent_req_nomem(state->list, req)) {
		return;
	}
	if (!srvsvc_get_share_enum(stub, state->list, &result)) {
		req_failed(req, NT_STATUS_INVALID_NETWORK_RESPONSE);
		return;
	}
	if (result != 0) {
		log_warn("the server does not list its shares: Windows error "
			 "%u",
			 result);
		req_failed(req, result == 5 ? NT_STATUS_ACCESS_DENIED
					    : NT_STATUS_UNSUCCESSFUL);
		return;
	}
	tevent_req_done(req);
}

NTSTATUS client_shares_recv(struct tevent_req *req, TALLOC_CTX *mem_ctx,
			    struct client_share_list **out)
{
	struct shares_state *state = tevent_req_data(req, struct shares_state);
	NTSTATUS status = req_status(req);

	*out = NULL;
	if (NT_STATUS_IS_OK(status)) {
		*out = talloc_move(mem_ctx, &state->list);
	}
	tevent_req_received(req);
	return status;
}

NTSTATUS client_shares(TALLOC_CTX *mem_ctx, struct client_session *session,
		       struct client_share_list **out)
{
	struct client_conn *conn = session_conn(session);
	struct tevent_req *req = client_shares_send(session, session);
	NTSTATUS status = client_wait(conn, req);

	*out = NULL;
	if (NT_STATUS_IS_OK(status)) {
		status = client_shares_recv(req, mem_ctx, out);
	}
	talloc_free(req);
	return status;
}
