/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A client of the RPC server at the other end of a pipe, without the pipe. */
#ifndef TESTS_FIXTURE_RPC_H
#define TESTS_FIXTURE_RPC_H

#include "server/pipe_rpc.h"
#include "tests/fixture_server.h"

enum {
	REQUEST = 0,
	RESPONSE = 2,
	FAULT = 3,
	BIND = 11,
	BIND_ACK = 12,
	BIND_NAK = 13,
	ALTER = 14,
	ALTER_ACK = 15,
};

struct client {
	struct fixture *f;
	struct rpc *rpc;
};

static inline struct client client_new(const char *config, const char *pipe)
{
	struct client c = {.f = fixture_new(config, NULL)};
	const struct rpc_interface *iface = rpc_interface_find(pipe);

	assert_non_null(iface);
	c.rpc = rpc_new(c.f, iface, c.f->server, NULL);
	assert_non_null(c.rpc);
	return c;
}

/* --- packets ---------------------------------------------------------------
 */

static inline struct wire_writer begin(struct client *c, uint8_t type,
				       uint8_t flags)
{
	struct wire_writer w = wire_writer_talloc(c->f);

	wire_put_u8(&w, 5);
	wire_put_u8(&w, 0);
	wire_put_u8(&w, type);
	wire_put_u8(&w, flags);
	wire_put_u32(&w, 0x10);
	wire_put_u32(&w, 0);
	wire_put_u32(&w, 77);
	return w;
}

static inline struct wire_slice end(struct wire_writer *w)
{
	wire_patch_u16(w, 8, w->len);
	return wire_writer_slice(w);
}

static inline struct wire_slice bind_packet(struct client *c, uint8_t type,
					    const struct rpc_interface *iface,
					    bool ndr_too)
{
	static const uint8_t ndr[16] = {0x04, 0x5d, 0x88, 0x8a, 0xeb, 0x1c,
					0xc9, 0x11, 0x9f, 0xe8, 0x08, 0x00,
					0x2b, 0x10, 0x48, 0x60};
	struct wire_writer w = begin(c, type, 3);

	wire_put_u16(&w, 4280);
	wire_put_u16(&w, 4280);
	wire_put_u32(&w, 0);
	wire_put_u32(&w, 1);
	wire_put_u16(&w, 0);
	wire_put_u16(&w, 1);
	wire_put(&w, iface->uuid, 16);
	wire_put_u32(&w, iface->version);
	wire_put(&w, ndr, 16);
	wire_put_u32(&w, ndr_too ? 2 : 3);
	return end(&w);
}

static inline struct wire_slice request_packet(struct client *c, uint8_t flags,
					       uint16_t opnum,
					       struct wire_slice stub)
{
	struct wire_writer w = begin(c, REQUEST, flags);

	wire_put_u32(&w, 0);
	wire_put_u16(&w, 0);
	wire_put_u16(&w, opnum);
	wire_put_slice(&w, stub);
	return end(&w);
}

/* Take the next message off the queue; its type. */
static inline uint8_t answer(struct client *c, struct wire_reader *r)
{
	struct wire_slice m = rpc_peek(c->rpc);
	uint8_t *copy = NULL;
	uint8_t type = 0;

	assert_true(m.len >= 16);
	copy = talloc_memdup(c->f, m.data, m.len);
	rpc_consume(c->rpc, m.len);
	*r = wire_reader(copy, m.len);
	wire_skip(r, 2);
	type = wire_get_u8(r);
	wire_skip(r, 5);
	assert_int_equal(wire_get_u16(r), m.len);
	wire_skip(r, 2);
	assert_int_equal(wire_get_u32(r), 77);
	return type;
}

static inline void bind_to(struct client *c, const char *pipe)
{
	struct wire_reader r = {0};

	assert_true(rpc_input(
		c->rpc, bind_packet(c, BIND, rpc_interface_find(pipe), true)));
	assert_int_equal(answer(c, &r), BIND_ACK);
}

/* The results of a call, from all fragments; false: a fault. */
static inline bool call(struct client *c, uint16_t opnum,
			struct wire_slice stub, struct wire_reader *out,
			uint32_t *fault)
{
	struct wire_writer all = wire_writer_talloc(c->f);
	uint8_t flags = 0;

	assert_true(rpc_input(c->rpc, request_packet(c, 3, opnum, stub)));
	while (rpc_busy(c->rpc)) {
		tevent_loop_once(c->f->ev);
	}
	do {
		struct wire_reader r = {0};
		uint8_t type = answer(c, &r);

		flags = r.data[3];
		wire_skip(&r, 8);
		if (type == FAULT) {
			*fault = wire_get_u32(&r);
			return false;
		}
		assert_int_equal(type, RESPONSE);
		wire_put_slice(&all, wire_get_rest(&r));
	} while ((flags & 2) == 0);
	*out = wire_reader_of(wire_writer_slice(&all));
	return true;
}

#endif
