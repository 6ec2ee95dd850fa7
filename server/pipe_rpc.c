/* SPDX-License-Identifier: GPL-3.0-or-later */

#include "server/pipe_rpc.h"

#include <strings.h>

#define LOG_MODULE "rpc"
#include "smbquic/log.h"

#define HEADER_SIZE	 16
#define RESPONSE_SIZE	 24   /* header, alloc hint, context, cancel count */
#define MAX_FRAGMENT	 4280 /* what we announce, as Windows does */
#define MIN_FRAGMENT	 1432 /* C706 12.6.3.5 */
#define MAX_CONTEXTS	 16
#define LITTLE_ENDIAN_OK 0x10

enum packet {
	PACKET_REQUEST = 0,
	PACKET_RESPONSE = 2,
	PACKET_FAULT = 3,
	PACKET_BIND = 11,
	PACKET_BIND_ACK = 12,
	PACKET_BIND_NAK = 13,
	PACKET_ALTER_CONTEXT = 14,
	PACKET_ALTER_CONTEXT_ACK = 15,
	PACKET_AUTH3 = 16,
	PACKET_CANCEL = 18,
	PACKET_ORPHANED = 19,
};

enum packet_flags {
	FLAG_FIRST = 0x01,
	FLAG_LAST = 0x02,
	FLAG_OBJECT = 0x80,
};

enum bind_result {
	RESULT_ACCEPTED = 0,
	RESULT_REJECTED = 2,
};

enum bind_reason {
	REASON_NONE = 0,
	REASON_ABSTRACT = 1,
	REASON_TRANSFER = 2,
	NAK_AUTH_TYPE = 8,
};

struct header {
	uint8_t version, minor, type, flags, drep;
	uint16_t length, auth_length;
	uint32_t call_id;
};

struct syntax {
	uint8_t uuid[16];
	uint32_t version;
};

/* 8a885d04-1ceb-11c9-9fe8-08002b104860, version 2 */
static const struct syntax ndr = {
	.uuid = {0x04, 0x5d, 0x88, 0x8a, 0xeb, 0x1c, 0xc9, 0x11, 0x9f, 0xe8,
		 0x08, 0x00, 0x2b, 0x10, 0x48, 0x60},
	.version = 2,
};

static const struct rpc_interface *const interfaces[] = {
	&pipe_srvsvc,
	&pipe_wkssvc,
	&pipe_lsarpc,
};

/* A message that waits to be read. */
struct rpc_message {
	struct rpc_message *next;
	struct wire_slice left;
};

struct rpc {
	const struct rpc_interface *iface;
	struct server *server;
	const struct session *session;
	bool broken;

	struct wire_writer fragment; /* one that is not yet whole */
	struct wire_writer stub;     /* arguments of the call so far */
	struct header call;	     /* its first fragment; length 0: none */
	uint16_t opnum, context;
	uint64_t accepted; /* contexts that were, as bits */
	size_t max_out;	   /* longest fragment the client takes */

	struct rpc_message *first, **end;
	size_t num_messages, num_bytes;

	struct tevent_req *asking; /* what comes meanwhile waits */
	struct rpc_question *question;
	rpc_answered_fn answered;
	void *answered_data;
};

const struct rpc_interface *rpc_interface_find(const char *pipe)
{
	for (size_t i = 0; i < sizeof(interfaces) / sizeof(interfaces[0]);
	     i++) {
		if (strcasecmp(interfaces[i]->pipe, pipe) == 0) {
			return interfaces[i];
		}
	}
	return NULL;
}

static void restart(struct rpc *rpc, struct wire_writer *w)
{
	TALLOC_FREE(w->buf);
	*w = wire_writer_talloc(rpc);
	w->limit = RPC_MAX_STUB;
}

struct rpc *rpc_new(TALLOC_CTX *mem_ctx, const struct rpc_interface *iface,
		    struct server *server, const struct session *session)
{
	struct rpc *rpc = talloc_zero(mem_ctx, struct rpc);

	if (rpc == NULL) {
		return NULL;
	}
	rpc->iface = iface;
	rpc->server = server;
	rpc->session = session;
	rpc->max_out = MAX_FRAGMENT;
	rpc->end = &rpc->first;
	restart(rpc, &rpc->fragment);
	restart(rpc, &rpc->stub);
	return rpc;
}

/* --- what waits ------------------------------------------------------------
 */

struct wire_slice rpc_peek(const struct rpc *rpc)
{
	return rpc->first == NULL ? wire_slice(NULL, 0) : rpc->first->left;
}

void rpc_pending(const struct rpc *rpc, size_t *messages, size_t *bytes)
{
	*messages = rpc->num_messages;
	*bytes = rpc->num_bytes;
}

void rpc_consume(struct rpc *rpc, size_t len)
{
	struct rpc_message *m = rpc->first;

	if (m == NULL) {
		return;
	}
	if (len > m->left.len) {
		len = m->left.len;
	}
	m->left = wire_slice(m->left.data + len, m->left.len - len);
	rpc->num_bytes -= len;
	if (m->left.len > 0) {
		return;
	}
	rpc->first = m->next;
	if (rpc->first == NULL) {
		rpc->end = &rpc->first;
	}
	rpc->num_messages--;
	talloc_free(m);
}

/* The writer's bytes become a message; *w must not be used any more. */
static bool queue(struct rpc *rpc, struct wire_writer *w)
{
	struct rpc_message *m = NULL;

	if (!wire_writer_ok(w) || rpc->num_bytes + w->len > RPC_MAX_PENDING) {
		return false;
	}
	m = talloc_zero(rpc, struct rpc_message);
	if (m == NULL) {
		return false;
	}
	m->left = wire_slice(talloc_steal(m, w->buf), w->len);
	*rpc->end = m;
	rpc->end = &m->next;
	rpc->num_messages++;
	rpc->num_bytes += w->len;
	return true;
}

/* --- headers ---------------------------------------------------------------
 */

static struct header get_header(struct wire_reader *r)
{
	struct header h = {0};

	h.version = wire_get_u8(r);
	h.minor = wire_get_u8(r);
	h.type = wire_get_u8(r);
	h.flags = wire_get_u8(r);
	h.drep = wire_get_u8(r);
	wire_skip(r, 3);
	h.length = wire_get_u16(r);
	h.auth_length = wire_get_u16(r);
	h.call_id = wire_get_u32(r);
	return h;
}

/* A packet to be filled: end_packet() says how long it became. */
static struct wire_writer begin_packet(struct rpc *rpc, enum packet type,
				       uint8_t flags, uint32_t call_id)
{
	struct wire_writer w = wire_writer_talloc(rpc);

	wire_put_u8(&w, 5);
	wire_put_u8(&w, 0);
	wire_put_u8(&w, (uint8_t)type);
	wire_put_u8(&w, flags);
	wire_put_u32(&w, LITTLE_ENDIAN_OK);
	wire_put_u16(&w, 0);
	wire_put_u16(&w, 0);
	wire_put_u32(&w, call_id);
	return w;
}

static bool end_packet(struct rpc *rpc, struct wire_writer *w)
{
	wire_patch_u16(w, 8, w->len);
	if (queue(rpc, w)) {
		return true;
	}
	talloc_free(w->buf);
	return false;
}

static struct syntax get_syntax(struct wire_reader *r)
{
	struct syntax s = {0};

	wire_get_bytes(r, s.uuid, sizeof(s.uuid));
	s.version = wire_get_u32(r);
	return s;
}

static void put_syntax(struct wire_writer *w, const struct syntax *s)
{
	wire_put(w, s->uuid, sizeof(s->uuid));
	wire_put_u32(w, s->version);
}

static bool same_syntax(const struct syntax *a, const struct syntax *b)
{
	return memcmp(a->uuid, b->uuid, sizeof(a->uuid)) == 0 &&
	       a->version == b->version;
}

/* --- bind, alter context ---------------------------------------------------
 */

struct offer {
	uint16_t id;
	enum bind_result result;
	enum bind_reason reason;
};

struct bind {
	uint16_t max_in, max_out;
	uint32_t group;
	uint8_t count;
	struct offer offers[MAX_CONTEXTS];
};

/* One presentation context: ours, in NDR? */
static struct offer get_offer(const struct rpc *rpc, struct wire_reader *r)
{
	struct syntax ours = {.version = rpc->iface->version};
	struct offer offer = {.result = RESULT_REJECTED};
	struct syntax abstract = {0};
	uint8_t count = 0;
	bool has_ndr = false;

	memcpy(ours.uuid, rpc->iface->uuid, sizeof(ours.uuid));
	offer.id = wire_get_u16(r);
	count = wire_get_u8(r);
	wire_skip(r, 1);
	abstract = get_syntax(r);
	for (unsigned i = 0; i < count && wire_reader_ok(r); i++) {
		struct syntax transfer = get_syntax(r);

		has_ndr = has_ndr || same_syntax(&transfer, &ndr);
	}
	if (!same_syntax(&abstract, &ours) || offer.id >= 64) {
		offer.reason = REASON_ABSTRACT;
	} else if (!has_ndr) {
		offer.reason = REASON_TRANSFER;
	} else {
		offer.result = RESULT_ACCEPTED;
	}
	return offer;
}

static bool get_bind(const struct rpc *rpc, struct wire_reader *r,
		     struct bind *out)
{
	out->max_in = wire_get_u16(r);
	out->max_out = wire_get_u16(r);
	out->group = wire_get_u32(r);
	out->count = wire_get_u8(r);
	wire_skip(r, 3);
	if (out->count > MAX_CONTEXTS) {
		return false;
	}
	for (unsigned i = 0; i < out->count; i++) {
		out->offers[i] = get_offer(rpc, r);
	}
	return wire_reader_ok(r) && out->max_out >= MIN_FRAGMENT;
}

static void put_bind_ack(struct rpc *rpc, struct wire_writer *w,
			 const struct bind *bind, bool alter)
{
	static const struct syntax nothing;
	char *name = talloc_asprintf(rpc, "\\PIPE\\%s", rpc->iface->pipe);
	size_t size = name == NULL || alter ? 0 : strlen(name) + 1;

	wire_put_u16(w, MAX_FRAGMENT);
	wire_put_u16(w, (uint16_t)rpc->max_out);
	wire_put_u32(w, bind->group == 0 ? 0x53F0 : bind->group);
	wire_put_size16(w, size);
	wire_put(w, name, size);
	wire_put_align(w, 4);
	wire_put_u8(w, bind->count);
	wire_put_zeros(w, 3);
	for (unsigned i = 0; i < bind->count; i++) {
		bool ok = bind->offers[i].result == RESULT_ACCEPTED;

		wire_put_u16(w, (uint16_t)bind->offers[i].result);
		wire_put_u16(w, (uint16_t)bind->offers[i].reason);
		put_syntax(w, ok ? &ndr : &nothing);
	}
	talloc_free(name);
}

static bool refuse_bind(struct rpc *rpc, const struct header *h)
{
	struct wire_writer w = begin_packet(rpc, PACKET_BIND_NAK,
					    FLAG_FIRST | FLAG_LAST, h->call_id);

	wire_put_u16(&w, NAK_AUTH_TYPE);
	wire_put_u8(&w, 1); /* versions we speak: 5.0 */
	wire_put_u8(&w, 5);
	wire_put_u8(&w, 0);
	return end_packet(rpc, &w);
}

static bool on_bind(struct rpc *rpc, const struct header *h,
		    struct wire_reader *r)
{
	bool alter = h->type == PACKET_ALTER_CONTEXT;
	struct wire_writer w = {0};
	struct bind bind = {0};

	if (h->auth_length != 0) {
		return refuse_bind(rpc, h);
	}
	if (!get_bind(rpc, r, &bind)) {
		return false;
	}
	for (unsigned i = 0; i < bind.count; i++) {
		if (bind.offers[i].result == RESULT_ACCEPTED) {
			rpc->accepted |= UINT64_C(1) << bind.offers[i].id;
		}
	}
	if (!alter && bind.max_out < rpc->max_out) {
		rpc->max_out = bind.max_out;
	}
	w = begin_packet(rpc,
			 alter ? PACKET_ALTER_CONTEXT_ACK : PACKET_BIND_ACK,
			 FLAG_FIRST | FLAG_LAST, h->call_id);
	put_bind_ack(rpc, &w, &bind, alter);
	return end_packet(rpc, &w);
}

/* --- calls -----------------------------------------------------------------
 */

static bool put_fault(struct rpc *rpc, uint32_t fault)
{
	struct wire_writer w = begin_packet(
		rpc, PACKET_FAULT, FLAG_FIRST | FLAG_LAST, rpc->call.call_id);

	wire_put_u32(&w, 0);
	wire_put_u16(&w, rpc->context);
	wire_put_u16(&w, 0);
	wire_put_u32(&w, fault);
	wire_put_u32(&w, 0);
	return end_packet(rpc, &w);
}

/* The results, cut into fragments that the client takes. */
static bool put_response(struct rpc *rpc, struct wire_slice result)
{
	size_t room = (rpc->max_out - RESPONSE_SIZE) & ~(size_t)7;
	size_t at = 0;

	do {
		size_t len = result.len - at < room ? result.len - at : room;
		uint8_t flags = 0;
		struct wire_writer w = {0};

		flags |= at == 0 ? FLAG_FIRST : 0;
		flags |= at + len == result.len ? FLAG_LAST : 0;
		w = begin_packet(rpc, PACKET_RESPONSE, flags,
				 rpc->call.call_id);
		wire_put_size32(&w, result.len - at);
		wire_put_u16(&w, rpc->context);
		wire_put_u16(&w, 0);
		wire_put_slice(&w, wire_slice(result.data + at, len));
		if (!end_packet(rpc, &w)) {
			return false;
		}
		at += len;
	} while (at < result.len);
	return true;
}

static const struct rpc_op *find_op(const struct rpc_interface *iface,
				    uint16_t opnum)
{
	for (size_t i = 0; i < iface->num_ops; i++) {
		if (iface->ops[i].opnum == opnum) {
			return &iface->ops[i];
		}
	}
	return NULL;
}

static struct rpc_call call_of(struct rpc *rpc)
{
	return (struct rpc_call){
		.server = rpc->server,
		.session = rpc->session,
		.in = wire_reader_of(wire_writer_slice(&rpc->stub)),
		.out = wire_writer_talloc(rpc),
		.question = rpc->question,
	};
}

static bool run_call(struct rpc *rpc)
{
	const struct rpc_op *op = find_op(rpc->iface, rpc->opnum);
	struct rpc_call call = call_of(rpc);
	uint32_t fault = 0;
	bool ok = false;

	call.out.limit = RPC_MAX_PENDING;
	fault = op->run(&call);
	if (fault == 0 && !wire_writer_ok(&call.out)) {
		fault = RPC_FAULT_NO_MEMORY;
	}
	log_debug("%s: %s: 0x%08x", rpc->iface->pipe, op->name, fault);
	ok = fault != 0 ? put_fault(rpc, fault)
			: put_response(rpc, wire_writer_slice(&call.out));
	talloc_free(call.out.buf);
	return ok;
}

static void end_call(struct rpc *rpc)
{
	rpc->call = (struct header){0};
	restart(rpc, &rpc->stub);
}

static bool take_packets(struct rpc *rpc);
static void rpc_asked(struct tevent_req *subreq);

/* Off to a thread, if there is something to ask. */
static bool start_call(struct rpc *rpc)
{
	const struct rpc_op *op = find_op(rpc->iface, rpc->opnum);
	struct rpc_question *question = NULL;
	struct rpc_call call = call_of(rpc);
	uint32_t fault = 0;

	if (op == NULL) {
		log_debug("%s: operation %u is not here", rpc->iface->pipe,
			  rpc->opnum);
		return put_fault(rpc, RPC_FAULT_OP_RANGE);
	}
	if (op->ask != NULL) {
		fault = op->ask(&call, &question);
	}
	if (fault != 0) {
		return put_fault(rpc, fault);
	}
	if (question == NULL) {
		return run_call(rpc);
	}
	rpc->asking = worker_submit_send(rpc, rpc->server->ev,
					 rpc->server->lane, &question->job);
	if (rpc->asking == NULL) {
		return put_fault(rpc, RPC_FAULT_NO_MEMORY);
	}
	rpc->question = question;
	tevent_req_set_callback(rpc->asking, rpc_asked, rpc);
	return true;
}

static void rpc_asked(struct tevent_req *subreq)
{
	struct rpc *rpc = tevent_req_callback_data(subreq, struct rpc);
	int err = worker_submit_recv(subreq);
	bool ok =
		err == 0 ? run_call(rpc) : put_fault(rpc, RPC_FAULT_NO_MEMORY);

	rpc->asking = NULL;
	rpc->question = NULL;
	talloc_free(subreq); /* and the question */
	end_call(rpc);
	if (!ok || !take_packets(rpc)) {
		rpc->broken = true;
	}
	if (rpc->answered != NULL) {
		rpc->answered(rpc->answered_data);
	}
}

bool rpc_busy(const struct rpc *rpc)
{
	return rpc->asking != NULL;
}

void rpc_on_answer(struct rpc *rpc, rpc_answered_fn fn, void *private_data)
{
	rpc->answered = fn;
	rpc->answered_data = private_data;
}

/* The part of a REQUEST that is not header and not stub. */
static bool begin_call(struct rpc *rpc, const struct header *h,
		       struct wire_reader *r)
{
	bool first = (h->flags & FLAG_FIRST) != 0;
	uint16_t context = 0;
	uint16_t opnum = 0;

	wire_skip(r, 4);
	context = wire_get_u16(r);
	opnum = wire_get_u16(r);
	if ((h->flags & FLAG_OBJECT) != 0) {
		wire_skip(r, 16);
	}
	if (!wire_reader_ok(r) || h->auth_length != 0 ||
	    first != (rpc->call.length == 0)) {
		return false;
	}
	if (!first) {
		return rpc->call.call_id == h->call_id && rpc->opnum == opnum;
	}
	rpc->call = *h;
	rpc->context = context;
	rpc->opnum = opnum;
	return true;
}

static bool on_request(struct rpc *rpc, const struct header *h,
		       struct wire_reader *r)
{
	bool ok = begin_call(rpc, h, r);

	if (!ok) {
		return false;
	}
	wire_put_slice(&rpc->stub, wire_get_rest(r));
	if (!wire_writer_ok(&rpc->stub)) {
		return false;
	}
	if ((h->flags & FLAG_LAST) == 0) {
		return true;
	}
	if (rpc->context >= 64 || (rpc->accepted >> rpc->context & 1) == 0) {
		ok = put_fault(rpc, RPC_FAULT_UNKNOWN_IFACE);
	} else {
		ok = start_call(rpc);
	}
	if (rpc->asking == NULL) {
		end_call(rpc);
	}
	return ok;
}

/* --- packets ---------------------------------------------------------------
 */

static bool on_packet(struct rpc *rpc, struct wire_slice packet)
{
	struct wire_reader r = wire_reader_of(packet);
	struct header h = get_header(&r);

	if (h.version != 5 || h.minor > 1 || h.drep != LITTLE_ENDIAN_OK) {
		return false;
	}
	switch (h.type) {
	case PACKET_BIND:
	case PACKET_ALTER_CONTEXT: return on_bind(rpc, &h, &r);
	case PACKET_REQUEST: return on_request(rpc, &h, &r);
	case PACKET_AUTH3:
	case PACKET_CANCEL:
	case PACKET_ORPHANED: return true;
	default: return false;
	}
}

/* Whole packets at the front of what has come; what is left stays. */
static bool take_packets(struct rpc *rpc)
{
	struct wire_slice all = wire_writer_slice(&rpc->fragment);
	struct wire_writer rest = wire_writer_talloc(rpc);
	bool ok = true;

	while (ok && rpc->asking == NULL && all.len >= HEADER_SIZE) {
		struct wire_reader r = wire_reader_of(all);
		struct header h = get_header(&r);

		if (h.length < HEADER_SIZE) {
			ok = false;
			break;
		}
		if (h.length > all.len) {
			break;
		}
		ok = on_packet(rpc, wire_slice(all.data, h.length));
		all = wire_slice(all.data + h.length, all.len - h.length);
	}
	rest.limit = RPC_MAX_STUB;
	wire_put_slice(&rest, all);
	TALLOC_FREE(rpc->fragment.buf);
	rpc->fragment = rest;
	return ok && wire_writer_ok(&rest);
}

bool rpc_input(struct rpc *rpc, struct wire_slice bytes)
{
	if (rpc->broken) {
		return false;
	}
	wire_put_slice(&rpc->fragment, bytes);
	if (!wire_writer_ok(&rpc->fragment) || !take_packets(rpc)) {
		log_info("%s: malformed RPC", rpc->iface->pipe);
		rpc->broken = true;
	}
	return !rpc->broken;
}
