/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Datagrams of a stranger. The first byte says to whom, a server or a client,
 * and how far the handshake has gone: not begun, each flight of it, complete,
 * confirmed. Then each datagram behind its length of two bytes.
 */
#include "tests/testlib.h"
#include "tests/testlib_quic.h"
#include "tests/fuzz_quic_plain.h"

#define DATAGRAMS 20u
#define SIZE	  1500u

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* A client hears only what names its connection id. */
static void address_to(struct quic_world *w, uint8_t *packet, size_t len)
{
	ngtcp2_cid cid[8];

	if (w->client.conn->ng == NULL || len < 15 ||
	    ngtcp2_conn_get_scid(w->client.conn->ng, NULL) > 8 ||
	    ngtcp2_conn_get_scid(w->client.conn->ng, cid) == 0) {
		return;
	}
	if ((packet[0] & 0x80) == 0) {
		memcpy(packet + 1, cid[0].data, cid[0].datalen);
	} else if (packet[5] == QUIC_CID_LEN) {
		memcpy(packet + 6, cid[0].data, cid[0].datalen);
	}
}

static void one(struct quic_world *w, bool to_client, const uint8_t *data,
		size_t len)
{
	uint8_t packet[SIZE] = {0};

	memcpy(packet, data, len);
	if (to_client) {
		address_to(w, packet, len);
		quic_world_to_client(w, packet, len);
	} else {
		quic_world_to_server(w, packet, len);
	}
	quic_world_run(w, 5 * NGTCP2_MILLISECONDS);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct tls_identity *identity;
	struct quic_world *w = NULL;
	bool to_client = false;
	unsigned state = 0;
	unsigned count = 0;

	if (size == 0) {
		return 0;
	}
	if (identity == NULL) {
		identity = quic_world_identity(NULL, QUIC_WORLD_NAME, NULL);
	}
	w = quic_world_new_as(NULL, identity);
	to_client = (data[0] & 1) != 0;
	state = data[0] / 2 % 8;
	data++;
	size--;
	/* The link takes 10 ms one way. */
	w->blackhole = state == 0;
	if (to_client || state > 0) {
		quic_world_connect(w);
		quic_world_run(w, (1 + 10 * state) * NGTCP2_MILLISECONDS);
	}
	w->blackhole = true;
	while (size > 2 && count++ < DATAGRAMS) {
		size_t len = (size_t)data[0] << 8 | data[1];

		data += 2;
		size -= 2;
		len = len > size ? size : len;
		if (len > 0 && len <= SIZE) {
			one(w, to_client, data, len);
		}
		data += len;
		size -= len;
	}
	quic_world_run(w, NGTCP2_SECONDS);
	talloc_free(w);
	return 0;
}
