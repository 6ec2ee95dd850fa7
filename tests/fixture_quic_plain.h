/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * fixture_quic_plain.h - QUIC packets without encryption, so that a test, or a
 * fuzzer, can make and read them. The functions of ngtcp2's names stand before
 * those in its library; the keys that quic_keys.c would hold by itself stay
 * with them.
 */
#ifndef SMBQUIC_FIXTURE_QUIC_PLAIN_H
#define SMBQUIC_FIXTURE_QUIC_PLAIN_H

#include <stdlib.h>
#include <string.h>
#include <ngtcp2/ngtcp2_crypto.h>

#include "tests/testlib_quic.h"
#include "smbquic/wire.h"

#define PLAIN_TAG	 16
#define PLAIN_FRAMES_MAX 1150u /* bytes */
#define PLAIN_SEEN_MAX	 64u

__attribute__((constructor)) static void quic_plain_no_own_keys(void)
{
	setenv("SMBQUIC_GCM", "0", 1);
}

int ngtcp2_crypto_encrypt_cb(uint8_t *dest, const ngtcp2_crypto_aead *aead,
			     const ngtcp2_crypto_aead_ctx *ctx,
			     const uint8_t *plain, size_t len,
			     const uint8_t *nonce, size_t nonce_len,
			     const uint8_t *aad, size_t aad_len)
{
	(void)aead;
	(void)ctx;
	(void)nonce;
	(void)nonce_len;
	(void)aad;
	(void)aad_len;
	memmove(dest, plain, len);
	memset(dest + len, 0, PLAIN_TAG);
	return 0;
}

int ngtcp2_crypto_decrypt_cb(uint8_t *dest, const ngtcp2_crypto_aead *aead,
			     const ngtcp2_crypto_aead_ctx *ctx,
			     const uint8_t *cipher, size_t len,
			     const uint8_t *nonce, size_t nonce_len,
			     const uint8_t *aad, size_t aad_len)
{
	(void)aead;
	(void)ctx;
	(void)nonce;
	(void)nonce_len;
	(void)aad;
	(void)aad_len;
	if (len < PLAIN_TAG) {
		return -1;
	}
	memmove(dest, cipher, len - PLAIN_TAG);
	return 0;
}

int ngtcp2_crypto_hp_mask_cb(uint8_t *dest, const ngtcp2_crypto_cipher *hp,
			     const ngtcp2_crypto_cipher_ctx *ctx,
			     const uint8_t *sample)
{
	(void)hp;
	(void)ctx;
	(void)sample;
	memset(dest, 0, 5);
	return 0;
}

/* --- what is said -------------------------------------------------------- */

/* RFC 9000 19.15 */
struct plain_cid {
	uint64_t seq;
	uint64_t retire_prior_to;
	uint8_t len;
	uint8_t id[NGTCP2_MAX_CIDLEN];
	uint8_t token[NGTCP2_STATELESS_RESET_TOKENLEN];
};

/* What one end has said in 1-RTT packets. */
struct plain_end {
	struct plain_cid issued[PLAIN_SEEN_MAX];
	unsigned issues;
	uint64_t retired[PLAIN_SEEN_MAX];
	unsigned retires;
	bool closed;
	uint64_t close_code; /* of a transport close, RFC 9000 20.1 */
	bool misread;	     /* a frame that this file does not know */
};

/* Somebody on the way who reads all of it, and speaks for either end. */
struct plain {
	struct quic_world *w;
	struct plain_end client, server;
	/* goes in place of what that end would say next */
	struct quic_world_end *speaker;
	uint8_t frames[PLAIN_FRAMES_MAX];
	size_t len;
	bool hush; /* nothing of what they say of connection ids passes */
};

static inline uint64_t plain_varint(struct wire_reader *r)
{
	uint8_t first = wire_get_u8(r);
	size_t more = ((size_t)1 << (first >> 6)) - 1;

	return (uint64_t)(first & 0x3f) << 8 * more | wire_get_be(r, more);
}

/* Always of eight bytes, as is permitted (RFC 9000 16). */
static inline void plain_put(struct wire_writer *w, uint64_t value)
{
	wire_put_be64(w, value | (uint64_t)3 << 62);
}

static inline void plain_put_cid(struct wire_writer *w,
				 const struct plain_cid *cid)
{
	wire_put_u8(w, 0x18);
	plain_put(w, cid->seq);
	plain_put(w, cid->retire_prior_to);
	wire_put_u8(w, cid->len);
	wire_put(w, cid->id, cid->len);
	wire_put(w, cid->token, sizeof(cid->token));
}

static inline void plain_read_cid(struct wire_reader *r, struct plain_end *end)
{
	struct plain_cid cid = {.seq = plain_varint(r)};

	cid.retire_prior_to = plain_varint(r);
	cid.len = wire_get_u8(r);
	if (cid.len > sizeof(cid.id)) {
		wire_reader_fail(r);
		return;
	}
	wire_get_bytes(r, cid.id, cid.len);
	wire_get_bytes(r, cid.token, sizeof(cid.token));
	if (end->issues < PLAIN_SEEN_MAX) {
		end->issued[end->issues++] = cid;
	}
}

static inline void plain_read_ack(struct wire_reader *r, bool ecn)
{
	uint64_t ranges = 0;

	plain_varint(r);
	plain_varint(r);
	ranges = plain_varint(r);
	plain_varint(r);
	while (ranges-- > 0 && wire_reader_ok(r)) {
		plain_varint(r);
		plain_varint(r);
	}
	for (unsigned i = 0; ecn && i < 3; i++) {
		plain_varint(r);
	}
}

static inline void plain_read_stream(struct wire_reader *r, uint8_t type)
{
	plain_varint(r);
	if ((type & 4) != 0) {
		plain_varint(r);
	}
	wire_skip(r, (type & 2) != 0 ? (size_t)plain_varint(r) : wire_left(r));
}

/* RFC 9000 19; those with a number of integers and nothing else. */
static inline void plain_read_frame(struct wire_reader *r,
				    struct plain_end *end)
{
	static const uint8_t integers[] = {
		[0x00] = 0, [0x01] = 0, [0x04] = 3, [0x05] = 2, [0x10] = 1,
		[0x11] = 2, [0x12] = 1, [0x13] = 1, [0x14] = 1, [0x15] = 2,
		[0x16] = 1, [0x17] = 1, [0x1e] = 0};
	uint8_t type = wire_get_u8(r);

	switch (type) {
	case 0x02:
	case 0x03: plain_read_ack(r, type == 0x03); return;
	case 0x06:
		plain_varint(r); /* then as the next */
	/* fall through */
	case 0x07: wire_skip(r, (size_t)plain_varint(r)); return;
	case 0x18: plain_read_cid(r, end); return;
	case 0x19:
		if (end->retires < PLAIN_SEEN_MAX) {
			end->retired[end->retires++] = plain_varint(r);
		}
		return;
	case 0x1a:
	case 0x1b: wire_skip(r, 8); return;
	case 0x1c:
		end->closed = true;
		end->close_code = plain_varint(r);
		wire_get_rest(r);
		return;
	case 0x1d:
		end->closed = true;
		end->close_code = UINT64_MAX;
		wire_get_rest(r);
		return;
	default: break;
	}
	if (type >= 0x08 && type <= 0x0f) {
		plain_read_stream(r, type);
		return;
	}
	if (type >= sizeof(integers)) {
		end->misread = true;
		wire_get_rest(r);
		return;
	}
	for (unsigned i = 0; i < integers[type]; i++) {
		plain_varint(r);
	}
}

/* The length of the packet with a long header that a datagram begins with (RFC
 * 9000 17.2). */
static inline size_t plain_long(const uint8_t *data, size_t len)
{
	struct wire_reader r = wire_reader(data, len);

	wire_skip(&r, 5);
	wire_skip(&r, wire_get_u8(&r));
	wire_skip(&r, wire_get_u8(&r));
	if ((data[0] & 0x30) == 0) { /* an Initial has a token */
		wire_skip(&r, (size_t)plain_varint(&r));
	}
	wire_skip(&r, (size_t)plain_varint(&r));
	return wire_reader_ok(&r) ? r.pos : len;
}

/* Where the frames of a 1-RTT packet begin. */
static inline size_t plain_payload(const uint8_t *packet)
{
	return 1u + QUIC_CID_LEN + 1u + (packet[0] & 3u);
}

static inline bool plain_is_short(const uint8_t *packet, size_t len)
{
	return (packet[0] & 0x80) == 0 &&
	       len >= plain_payload(packet) + PLAIN_TAG;
}

/* A packet has four bytes of number and frames at least, for its header to be
 * protected (RFC 9001 5.4.2): padding, or no frame and a long number. */
static inline size_t plain_speak(struct plain *p, uint8_t *packet)
{
	size_t number = 1u + QUIC_CID_LEN;
	size_t at = plain_payload(packet);
	size_t len = p->len;

	if (len == 0) {
		uint8_t last = packet[at - 1];

		packet[0] |= 3;
		at = number + 4;
		memset(packet + number, 0, 3);
		packet[at - 1] = last;
	}
	memcpy(packet + at, p->frames, len);
	while (at + len < number + 4) {
		packet[at + len++] = 0;
	}
	memset(packet + at + len, 0, PLAIN_TAG);
	p->speaker = NULL;
	return at + len + PLAIN_TAG;
}

static inline size_t plain_alter_packet(struct plain *p,
					struct quic_world_end *from,
					uint8_t *data, size_t len)
{
	struct plain_end *end = from == &p->w->client ? &p->client : &p->server;
	unsigned issues = end->issues;
	size_t at = 0;
	struct wire_reader r;

	if (!plain_is_short(data, len)) {
		return len;
	}
	if (p->speaker == from) {
		return plain_speak(p, data);
	}
	at = plain_payload(data);
	r = wire_reader(data + at, len - at - PLAIN_TAG);
	while (wire_left(&r) > 0 && wire_reader_ok(&r)) {
		plain_read_frame(&r, end);
	}
	end->misread = end->misread || !wire_reader_ok(&r);
	if (p->hush && end->issues != issues) {
		memset(data + at, 0x01, len - at - PLAIN_TAG); /* PING */
	}
	return len;
}

/* As quic_world.alter. A packet of 1-RTT is the last of its datagram. */
static inline size_t plain_alter(void *private_data,
				 struct quic_world_end *from, uint8_t *data,
				 size_t len)
{
	size_t at = 0;

	while (at < len && (data[at] & 0x80) != 0) {
		at += plain_long(data + at, len - at);
	}
	if (at < len) {
		len = at + plain_alter_packet(private_data, from, data + at,
					      len - at);
	}
	return len;
}

static inline void plain_begin(struct plain *p, struct quic_world *w)
{
	*p = (struct plain){.w = w};
	w->alter = plain_alter;
	w->alter_data = p;
}

/* frames go out as what that end says next: it is made to say something, which
 * nobody hears. @return false: it has nothing to say any more. */
static inline bool plain_say(struct plain *p, struct quic_world_end *speaker,
			     const uint8_t *frames, size_t len)
{
	bool said = false;

	if (speaker->conn == NULL || speaker->conn->ng == NULL ||
	    len > sizeof(p->frames)) {
		return false;
	}
	memcpy(p->frames, frames, len);
	p->len = len;
	p->speaker = speaker;
	ngtcp2_conn_extend_max_offset(speaker->conn->ng, (uint64_t)64 << 20);
	quic_world_run(p->w, NGTCP2_MILLISECONDS);
	said = p->speaker == NULL;
	p->speaker = NULL;
	return said;
}

#endif
