/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * quic_early.c - 0-RTT (RFC 9001 4.6): what a client that resumes a session
 * says with its first packets, before it has heard anything.
 *
 * Somebody who records these packets can send them again. So one write goes
 * this way at most, of bytes that the caller vouches for; the rest waits for
 * the handshake.
 */
#include <string.h>

#include "smbquic/quic_conn_private.h"

/* The limits of before hold (RFC 9000 7.4.1). */
void quic_early_begin(struct quic_conn *c)
{
	struct wire_slice params = quic_tls_early_params(c->tls);

	c->early =
		params.len > 0 &&
		ngtcp2_conn_decode_and_set_0rtt_transport_params(
			c->ng, params.data, params.len) == 0 &&
		ngtcp2_conn_open_bidi_stream(c->ng, &c->stream_id, NULL) == 0;
}

struct early_write {
	struct quic_write write; /* first */
	ngtcp2_vec vec;
	uint8_t data[];
};

static void early_done(struct quic_write *w, int err)
{
	(void)err; /* whoever reads the answer will know */
	talloc_free(w);
}

bool quic_conn_early(struct quic_conn *c, const uint8_t *data, size_t len)
{
	struct early_write *e = NULL;

	if (!c->early || len == 0) {
		return false;
	}
	e = talloc_zero_size(c, sizeof(*e) + len);
	if (e == NULL) {
		return false;
	}
	memcpy(e->data, data, len);
	e->vec = (ngtcp2_vec){.base = e->data, .len = len};
	e->write.vec = &e->vec;
	e->write.count = 1;
	e->write.done = early_done;
	quic_stream_queue(&c->stream, &e->write);
	c->early_written = true;
	return true;
}

bool quic_conn_is_early(const struct quic_conn *c)
{
	return c->server && !c->complete && !c->over;
}

/* What was not taken is sent again, on a new stream: see on_may_open(). */
bool quic_early_judge(struct quic_conn *c)
{
	c->early_taken = c->early && quic_tls_early_taken(c->tls);
	if (!c->early || c->early_taken) {
		return true;
	}
	quic_conn_rewind(c);
	return ngtcp2_conn_tls_early_data_rejected(c->ng) == 0;
}
