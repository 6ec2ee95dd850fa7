/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The list of shares: NetrShareEnum level 1 (MS-SRVS 3.1.4.8) over DCE/RPC
 * (C706, MS-RPCE) on the pipe "srvsvc". Connection-oriented, NDR little-endian,
 * no authentication of its own: the session has that.
 */
#define LOG_MODULE "client"

#include <string.h>

#include "client/client_private.h"
#include "smbquic/log.h"
#include "smbquic/utf16.h"

/* Packet types and flags, C706 12.6.3, 12.6.4. */
#define RPC_REQUEST    0
#define RPC_RESPONSE   2
#define RPC_FAULT      3
#define RPC_BIND       11
#define RPC_BIND_ACK   12
#define RPC_FIRST_FRAG 0x01
#define RPC_LAST_FRAG  0x02

#define RPC_HEADER_SIZE	  16
#define RPC_RESPONSE_SIZE 24 /* header and what comes before the stub */
#define RPC_FRAGMENT	  4280
#define RPC_MAX_STUB	  ((size_t)8 * 1024 * 1024)
#define RPC_MAX_OUTPUT	  65536

#define OPNUM_SHARE_ENUM 15
#define MAX_SHARES	 65536
#define NO_LIMIT	 0xFFFFFFFFu

static const uint8_t srvsvc_uuid[16] = {0xc8, 0x4f, 0x32, 0x4b, 0x70, 0x16,
					0xd3, 0x01, 0x12, 0x78, 0x5a, 0x47,
					0xbf, 0x6e, 0xe1, 0x88};
static const uint8_t ndr_uuid[16] = {0x04, 0x5d, 0x88, 0x8a, 0xeb, 0x1c,
				     0xc9, 0x11, 0x9f, 0xe8, 0x08, 0x00,
				     0x2b, 0x10, 0x48, 0x60};

/* ------------------------------------------------------------ RPC packets */

static void rpc_put_header(struct wire_writer *w, uint8_t type,
			   uint32_t call_id)
{
	wire_put_u8(w, 5); /* version 5.0 */
	wire_put_u8(w, 0);
	wire_put_u8(w, type);
	wire_put_u8(w, RPC_FIRST_FRAG | RPC_LAST_FRAG);
	wire_put_u32(w, 0x10); /* little-endian, ASCII, IEEE */
	wire_put_u16(w, 0);    /* fragment length: see rpc_finish() */
	wire_put_u16(w, 0);    /* no authentication */
	wire_put_u32(w, call_id);
}

static struct wire_slice rpc_finish(struct wire_writer *w)
{
	wire_patch_u16(w, 8, w->len);
	return wire_writer_slice(w);
}

static void rpc_put_bind(struct wire_writer *w)
{
	rpc_put_header(w, RPC_BIND, 1);
	wire_put_u16(w, RPC_FRAGMENT);
	wire_put_u16(w, RPC_FRAGMENT);
	wire_put_u32(w, 0); /* a new association */
	wire_put_u8(w, 1);  /* one context */
	wire_put_zeros(w, 3);
	wire_put_u16(w, 0); /* number 0 */
	wire_put_u8(w, 1);  /* one transfer syntax */
	wire_put_u8(w, 0);
	wire_put(w, srvsvc_uuid, sizeof(srvsvc_uuid));
	wire_put_u32(w, 3); /* version 3.0 */
	wire_put(w, ndr_uuid, sizeof(ndr_uuid));
	wire_put_u32(w, 2); /* version 2.0 */
}

/* The header of one fragment. *body: what follows it, up to its length. */
static bool rpc_get_header(struct wire_slice pdu, uint8_t *type, uint8_t *flags,
			   struct wire_slice *body)
{
	struct wire_reader r = wire_reader_of(pdu);
	uint8_t version = wire_get_u8(&r);
	size_t length = 0;

	wire_skip(&r, 1);
	*type = wire_get_u8(&r);
	*flags = wire_get_u8(&r);
	wire_skip(&r, 4);
	length = wire_get_u16(&r);
	wire_skip(&r, 6);
	if (!wire_reader_ok(&r) || version != 5 || length < RPC_HEADER_SIZE ||
	    length > pdu.len) {
		return false;
	}
	*body = wire_slice(pdu.data + RPC_HEADER_SIZE,
			   length - RPC_HEADER_SIZE);
	return true;
}

/* Did the server take the interface? */
static bool rpc_get_bind_ack(struct wire_slice pdu)
{
	struct wire_slice body = {0};
	struct wire_reader r = {0};
	uint8_t type = 0;
	uint8_t flags = 0;
	uint16_t result = 0;
	uint8_t results = 0;

	if (!rpc_get_header(pdu, &type, &flags, &body) ||
	    type != RPC_BIND_ACK) {
		return false;
	}
	r = wire_reader_of(body);
	wire_skip(&r, 8);
	wire_skip(&r, wire_get_u16(&r)); /* secondary address */
	wire_get_align(&r, 4);
	results = wire_get_u8(&r);
	wire_skip(&r, 3);
	result = wire_get_u16(&r);
	return wire_reader_ok(&r) && results >= 1 && result == 0;
}

/* ----------------------------------------------------------- NetrShareEnum */

static void ndr_put_string(struct wire_writer *w, const char *s)
{
	size_t at = w->len;
	size_t chars = 0;

	wire_put_zeros(w, 12);
	utf16_put_z(w, s);
	if (!wire_writer_ok(w)) {
		return;
	}
	chars = (w->len - at - 12) / 2;
	wire_store_le(w->buf + at, chars, 4);	  /* maximum */
	wire_store_le(w->buf + at + 8, chars, 4); /* actual; offset 0 */
	wire_put_align(w, 4);
}

static void rpc_put_share_enum(struct wire_writer *w, const char *server)
{
	rpc_put_header(w, RPC_REQUEST, 2);
	wire_put_u32(w, 0); /* allocation hint */
	wire_put_u16(w, 0); /* context */
	wire_put_u16(w, OPNUM_SHARE_ENUM);
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

/* A string behind a pointer that is not NULL. */
static const char *ndr_get_string(TALLOC_CTX *mem_ctx, struct wire_reader *r)
{
	struct wire_slice chars = {0};
	uint32_t offset = 0;
	size_t actual = 0;
	char *s = NULL;

	wire_get_align(r, 4);
	wire_skip(r, 4);
	offset = wire_get_u32(r);
	actual = wire_get_u32(r);
	if (offset != 0 || actual > wire_left(r) / 2) {
		wire_reader_fail(r);
		return NULL;
	}
	chars = wire_get(r, actual * 2);
	s = utf16_to_utf8(mem_ctx, utf16_trim(chars));
	if (s == NULL) {
		wire_reader_fail(r);
	}
	return s;
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

/* @param result  out: what the function returned, a Windows error code. */
static bool get_share_enum(struct wire_slice stub,
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
	struct client_tree *tree;
	struct client_file *pipe;
	struct wire_writer stub; /* the fragments' together */
	struct wire_writer raw;	 /* received, not taken apart yet */
	struct client_share_list *list;
};

static void shares_tree(struct tevent_req *subreq);
static void shares_opened(struct tevent_req *subreq);
static void shares_bound(struct tevent_req *subreq);
static void shares_answered(struct tevent_req *subreq);
static void shares_read(struct tevent_req *subreq);

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
	state->stub = wire_writer_talloc(state);
	state->stub.limit = RPC_MAX_STUB;
	state->raw = wire_writer_talloc(state);
	subreq = client_tree_connect_send(state, session, "IPC$");
	if (subreq == NULL) {
		talloc_free(req);
		return NULL;
	}
	tevent_req_set_callback(subreq, shares_tree, req);
	return req;
}

static void shares_tree(struct tevent_req *subreq)
{
	struct tevent_req *req =
		tevent_req_callback_data(subreq, struct tevent_req);
	struct shares_state *state = tevent_req_data(req, struct shares_state);
	const struct client_open how = {
		.access = FILE_GENERIC_READ | FILE_GENERIC_WRITE,
		.share = FILE_SHARE_READ | FILE_SHARE_WRITE,
		.disposition = FILE_OPEN,
	};
	NTSTATUS status = client_tree_connect_recv(subreq, state, &state->tree);

	talloc_free(subreq);
	if (req_failed(req, status)) {
		return;
	}
	subreq = client_open_send(state, state->tree, "srvsvc", &how);
	if (tevent_req_nomem(subreq, req)) {
		return;
	}
	tevent_req_set_callback(subreq, shares_opened, req);
}

/* One message in, one out. */
static struct tevent_req *shares_transceive(struct shares_state *state,
					    struct wire_writer *w)
{
	return client_ioctl_send(state, state->tree, state->pipe,
				 FSCTL_PIPE_TRANSCEIVE, rpc_finish(w),
				 RPC_MAX_OUTPUT);
}

static void shares_opened(struct tevent_req *subreq)
{
	struct tevent_req *req =
		tevent_req_callback_data(subreq, struct tevent_req);
	struct shares_state *state = tevent_req_data(req, struct shares_state);
	struct wire_writer w = wire_writer_talloc(state);
	NTSTATUS status = client_open_recv(subreq, state, &state->pipe, NULL);

	talloc_free(subreq);
	if (req_failed(req, status)) {
		return;
	}
	rpc_put_bind(&w);
	subreq = shares_transceive(state, &w);
	if (tevent_req_nomem(subreq, req)) {
		return;
	}
	tevent_req_set_callback(subreq, shares_bound, req);
}

static void shares_bound(struct tevent_req *subreq)
{
	struct tevent_req *req =
		tevent_req_callback_data(subreq, struct tevent_req);
	struct shares_state *state = tevent_req_data(req, struct shares_state);
	struct wire_writer w = wire_writer_talloc(state);
	struct wire_slice out = {0};
	NTSTATUS status = client_ioctl_recv(subreq, state, &out);

	talloc_free(subreq);
	if (req_failed(req, status)) {
		return;
	}
	if (!rpc_get_bind_ack(out)) {
		req_failed(req, NT_STATUS_INVALID_NETWORK_RESPONSE);
		return;
	}
	rpc_put_share_enum(&w, state->conn->options.server);
	subreq = shares_transceive(state, &w);
	if (tevent_req_nomem(subreq, req)) {
		return;
	}
	tevent_req_set_callback(subreq, shares_answered, req);
}

/* Bytes of the pipe, of which a fragment may be complete.
 * @return NT_STATUS_PENDING: more are needed. */
static NTSTATUS shares_take(struct shares_state *state, struct wire_slice in)
{
	struct wire_slice raw = {0};
	struct wire_slice body = {0};
	uint8_t type = 0;
	uint8_t flags = 0;

	wire_put_slice(&state->raw, in);
	raw = wire_writer_slice(&state->raw);
	while (rpc_get_header(raw, &type, &flags, &body)) {
		size_t used = (size_t)(body.data - raw.data) + body.len;

		if (type != RPC_RESPONSE ||
		    body.len < RPC_RESPONSE_SIZE - RPC_HEADER_SIZE) {
			return type == RPC_FAULT
				       ? NT_STATUS_NOT_SUPPORTED
				       : NT_STATUS_INVALID_NETWORK_RESPONSE;
		}
		wire_put(&state->stub, body.data + 8, body.len - 8);
		raw = wire_slice(raw.data + used, raw.len - used);
		if ((flags & RPC_LAST_FRAG) != 0) {
			return wire_writer_ok(&state->stub)
				       ? NT_STATUS_OK
				       : NT_STATUS_INVALID_NETWORK_RESPONSE;
		}
	}
	if (!wire_writer_ok(&state->raw) || !wire_writer_ok(&state->stub) ||
	    raw.len > RPC_MAX_OUTPUT) {
		return NT_STATUS_INVALID_NETWORK_RESPONSE;
	}
	if (raw.len > 0) {
		memmove(state->raw.buf, raw.data, raw.len);
	}
	state->raw.len = raw.len;
	return NT_STATUS_PENDING;
}

static void shares_go_on(struct tevent_req *req, struct wire_slice in)
{
	struct shares_state *state = tevent_req_data(req, struct shares_state);
	struct tevent_req *subreq = NULL;
	NTSTATUS status = shares_take(state, in);
	uint32_t result = 0;

	if (status == NT_STATUS_PENDING) {
		subreq =
			client_read_send(state, state->pipe, 0, RPC_MAX_OUTPUT);
		if (!tevent_req_nomem(subreq, req)) {
			tevent_req_set_callback(subreq, shares_read, req);
		}
		return;
	}
	if (req_failed(req, status)) {
		return;
	}
	state->list = talloc_zero(state, struct client_share_list);
	if (tevent_req_nomem(state->list, req)) {
		return;
	}
	if (!get_share_enum(wire_writer_slice(&state->stub), state->list,
			    &result)) {
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

static void shares_answered(struct tevent_req *subreq)
{
	struct tevent_req *req =
		tevent_req_callback_data(subreq, struct tevent_req);
	struct shares_state *state = tevent_req_data(req, struct shares_state);
	struct wire_slice out = {0};
	NTSTATUS status = client_ioctl_recv(subreq, state, &out);

	talloc_free(subreq);
	/* The warning says that the rest waits in the pipe. */
	if (status == NT_STATUS_BUFFER_OVERFLOW || !req_failed(req, status)) {
		shares_go_on(req, out);
	}
}

static void shares_read(struct tevent_req *subreq)
{
	struct tevent_req *req =
		tevent_req_callback_data(subreq, struct tevent_req);
	struct shares_state *state = tevent_req_data(req, struct shares_state);
	struct wire_slice data = {0};
	TALLOC_CTX *owner = NULL;
	NTSTATUS status = client_read_recv(subreq, state, &owner, &data);

	talloc_free(subreq);
	if (status != NT_STATUS_BUFFER_OVERFLOW && req_failed(req, status)) {
		return;
	}
	if (data.len == 0) {
		req_failed(req, NT_STATUS_INVALID_NETWORK_RESPONSE);
		return;
	}
	shares_go_on(req, data);
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
