/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A connected peer that goes mad: frames of any kind into both ends, between
 * reads, writes, new keys, moves and the passing of time. Each step is a byte
 * that says what, a length of two bytes, and for frames the bytes.
 */
#include "tests/testlib.h"
#include "tests/fixture_quic_plain.h"

#define STEPS	     40u
#define SIZE	     1500u
#define FIRST_NUMBER 1000u /* beyond what the handshake used */
#define FIRST_PORT   51000u
#define BUFFER	     70000u

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct act {
	struct quic_read read;
	struct quic_write write;
	ngtcp2_vec vec;
	bool reading, writing;
	uint8_t in[BUFFER], out[BUFFER];
};

struct play {
	struct quic_world *w;
	struct plain plain;
	uint32_t number;
	uint16_t port;
	struct act act[2]; /* client, server */
};

static void read_done(struct quic_read *r, int err)
{
	struct act *a = (struct act *)(void *)r;

	(void)err;
	a->reading = false;
}

static void write_done(struct quic_write *write, int err)
{
	struct act *a = (struct act *)(void *)((uint8_t *)write -
					       offsetof(struct act, write));

	(void)err;
	a->writing = false;
}

static void start_read(struct quic_conn *c, struct act *a, size_t len)
{
	int err = 0;

	if (a->reading || len == 0) {
		return;
	}
	a->read = (struct quic_read){
		.buf = a->in, .min = (len + 1) / 2, .max = len};
	a->read.done = read_done;
	a->reading = !quic_conn_read(c, &a->read, &err);
}

static void start_write(struct quic_conn *c, struct act *a, size_t len)
{
	int err = 0;

	if (a->writing) {
		return;
	}
	a->vec = (ngtcp2_vec){.base = a->out, .len = len};
	a->write = (struct quic_write){.vec = &a->vec, .count = 1};
	a->write.done = write_done;
	a->writing = !quic_conn_write(c, &a->write, &err);
}

/* A 1-RTT packet with these frames (RFC 9000 17.3.1), of a peer that is gone
 * and did not count its packets. */
static void of_nobody(struct play *p, bool to_server, const uint8_t *data,
		      size_t len)
{
	struct quic_world *w = p->w;
	struct quic_conn *c = to_server ? w->server.conn : w->client.conn;
	uint8_t packet[SIZE + 64] = {0x43};
	ngtcp2_cid cid[16];
	size_t at = 1 + QUIC_CID_LEN;

	if (c->ng == NULL || ngtcp2_conn_get_scid(c->ng, NULL) > 16 ||
	    ngtcp2_conn_get_scid(c->ng, cid) == 0) {
		return;
	}
	memcpy(packet + 1, cid[0].data, QUIC_CID_LEN);
	p->number++;
	packet[at++] = (uint8_t)(p->number >> 24);
	packet[at++] = (uint8_t)(p->number >> 16);
	packet[at++] = (uint8_t)(p->number >> 8);
	packet[at++] = (uint8_t)p->number;
	memcpy(packet + at, data, len);
	at += len + PLAIN_TAG;
	if (to_server) {
		quic_world_to_server(w, packet, at);
	} else {
		quic_world_to_client(w, packet, at);
	}
}

/* In place of what the peer would say next, so that its packets are counted
 * and acknowledged. */
static void frames(struct play *p, bool to_server, const uint8_t *data,
		   size_t len)
{
	struct quic_world *w = p->w;

	if (!plain_say(&p->plain, to_server ? &w->client : &w->server, data,
		       len)) {
		of_nobody(p, to_server, data, len);
	}
}

static void move(struct play *p)
{
	struct quic_world *w = p->w;
	union udp_address other = w->client.address;

	other.in.sin_port = htons(p->port++);
	if (quic_conn_migrate(w->client.conn, &other, &w->server.address)) {
		w->client.address = other;
	}
}

static size_t step(struct play *p, uint8_t what, size_t len,
		   const uint8_t *data, size_t size)
{
	struct quic_world *w = p->w;
	bool server = (what & 1) != 0;
	struct quic_conn *c = server ? w->server.conn : w->client.conn;
	struct act *a = &p->act[server];

	switch (what / 2 % 8) {
	case 0:
		len = len > SIZE ? SIZE : len;
		len = len > size ? size : len;
		frames(p, server, data, len);
		quic_world_run(w, NGTCP2_MILLISECONDS);
		return len;
	case 1: start_read(c, a, len); break;
	case 2: start_write(c, a, len); break;
	case 3: quic_world_run(w, len * NGTCP2_MILLISECONDS); break;
	case 4: quic_conn_update_keys(c); break;
	case 5: move(p); break;
	case 6: quic_conn_end_stream(c); break;
	case 7: w->loss = (unsigned)len % 300; break;
	}
	return 0;
}

static void perform(struct play *p, const uint8_t *data, size_t size)
{
	unsigned steps = 0;

	while (size > 3 && steps++ < STEPS) {
		size_t len = (size_t)data[1] << 8 | data[2];
		size_t taken = step(p, data[0], len, data + 3, size - 3);

		data += 3 + taken;
		size -= 3 + taken;
	}
}

/* Frames do come in, either way: one that there is not ends the connection. */
static void assert_heard(struct tls_identity *identity)
{
	static const uint8_t unknown[] = {0x1f};

	for (unsigned i = 0; i < 2; i++) {
		struct play p = {.number = FIRST_NUMBER};

		p.w = quic_world_new_as(NULL, identity);
		plain_begin(&p.plain, p.w);
		quic_world_connect(p.w);
		quic_world_run(p.w, NGTCP2_SECONDS);
		(i == 0 ? frames : of_nobody)(&p, true, unknown, 1);
		quic_world_run(p.w, 20 * NGTCP2_MILLISECONDS);
		if (!p.plain.server.closed) {
			abort();
		}
		talloc_free(p.w);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct tls_identity *identity;
	struct play *p = talloc_zero(NULL, struct play);

	if (identity == NULL) {
		identity = quic_world_identity(NULL, QUIC_WORLD_NAME, NULL);
		assert_heard(identity);
	}
	p->number = FIRST_NUMBER;
	p->w = quic_world_new_as(NULL, identity);
	p->w->resume.wanted = true; /* so that tickets are read */
	p->w->client.settings.stream_window = 100000;
	p->w->server.settings.stream_window = 100000;
	p->port = FIRST_PORT;
	plain_begin(&p->plain, p->w);
	quic_world_connect(p->w);
	quic_world_run(p->w, NGTCP2_SECONDS);
	if (p->w->client.opened != 0 || p->w->server.opened != 0) {
		abort();
	}
	perform(p, data, size);
	/* What is outstanding ends before its memory. */
	talloc_free(p->w);
	talloc_free(p);
	return 0;
}
