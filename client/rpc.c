/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * DCE/RPC (C706 chapter 12, MS-RPCE) as far as a question on a pipe needs it:
 * connection-oriented, NDR little-endian, no authentication of its own, since
 * the session has that.
 */
#include <string.h>

#include "client/rpc_private.h"
#include "smbquic/utf16.h"

/* Packet types and flags, C706 12.6.3, 12.6.4. */
#define RPC_REQUEST    0
#define RPC_RESPONSE   2
#define RPC_FAULT      3
#define RPC_BIND       11
#define RPC_BIND_ACK   12
#define RPC_FIRST_FRAG 0x01
#define RPC_LAST_FRAG  0x02

#define RPC_HEADER_SIZE 16
#define RPC_FRAGMENT	4280
/* What a response has between its header and the stub. */
#define RPC_RESPONSE_SIZE 8
#define RPC_MAX_STUB	  ((size_t)8 * 1024 * 1024)

static const uint8_t ndr_uuid[16] = {0x04, 0x5d, 0x88, 0x8a, 0xeb, 0x1c,
				     0xc9, 0x11, 0x9f, 0xe8, 0x08, 0x00,
				     0x2b, 0x10, 0x48, 0x60};

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

struct wire_slice rpc_finish(struct wire_writer *w)
{
	wire_patch_u16(w, 8, w->len);
	return wire_writer_slice(w);
}

void rpc_put_bind(struct wire_writer *w, const struct rpc_interface *i)
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
	wire_put(w, i->uuid, sizeof(i->uuid));
	wire_put_u32(w, i->version);
	wire_put(w, ndr_uuid, sizeof(ndr_uuid));
	wire_put_u32(w, 2); /* version 2.0 */
}

void rpc_put_request(struct wire_writer *w, uint16_t opnum)
{
	rpc_put_header(w, RPC_REQUEST, 2);
	wire_put_u32(w, 0); /* allocation hint */
	wire_put_u16(w, 0); /* context */
	wire_put_u16(w, opnum);
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
bool rpc_get_bind_ack(struct wire_slice pdu)
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

/* --------------------------------------------------------------- replies */

void rpc_reply_init(TALLOC_CTX *mem_ctx, struct rpc_reply *reply)
{
	reply->raw = wire_writer_talloc(mem_ctx);
	reply->raw.limit = RPC_MAX_OUTPUT + RPC_MAX_OUTPUT;
	reply->stub = wire_writer_talloc(mem_ctx);
	reply->stub.limit = RPC_MAX_STUB;
}

/* One whole fragment. */
static NTSTATUS rpc_take_fragment(struct rpc_reply *reply, uint8_t type,
				  uint8_t flags, struct wire_slice body)
{
	if (type == RPC_FAULT) {
		return NT_STATUS_NOT_SUPPORTED;
	}
	if (type != RPC_RESPONSE || body.len < RPC_RESPONSE_SIZE) {
		return NT_STATUS_INVALID_NETWORK_RESPONSE;
	}
	wire_put(&reply->stub, body.data + RPC_RESPONSE_SIZE,
		 body.len - RPC_RESPONSE_SIZE);
	if (!wire_writer_ok(&reply->stub)) {
		return NT_STATUS_INVALID_NETWORK_RESPONSE;
	}
	return (flags & RPC_LAST_FRAG) != 0 ? NT_STATUS_OK : NT_STATUS_PENDING;
}

NTSTATUS rpc_reply_take(struct rpc_reply *reply, struct wire_slice in)
{
	struct wire_slice raw = {0};
	struct wire_slice body = {0};
	NTSTATUS status = NT_STATUS_PENDING;
	uint8_t type = 0;
	uint8_t flags = 0;
	size_t used = 0;

	wire_put_slice(&reply->raw, in);
	if (!wire_writer_ok(&reply->raw)) {
		return NT_STATUS_INVALID_NETWORK_RESPONSE;
	}
	raw = wire_writer_slice(&reply->raw);
	while (status == NT_STATUS_PENDING &&
	       rpc_get_header(raw, &type, &flags, &body)) {
		status = rpc_take_fragment(reply, type, flags, body);
		used = (size_t)(body.data - raw.data) + body.len;
		raw = wire_slice(raw.data + used, raw.len - used);
	}
	if (raw.len > 0) {
		memmove(reply->raw.buf, raw.data, raw.len);
	}
	reply->raw.len = raw.len;
	return status;
}

/* ---------------------------------------------------------------- strings */

void ndr_put_string(struct wire_writer *w, const char *s)
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

const char *ndr_get_string(TALLOC_CTX *mem_ctx, struct wire_reader *r)
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
