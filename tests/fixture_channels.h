/* SPDX-License-Identifier: GPL-3.0-or-later */
/* fixture_channels.h - a client whose further connections lead to peers of
 * their own, each of which takes the session for its own. */
#ifndef SMBQUIC_FIXTURE_CHANNELS_H
#define SMBQUIC_FIXTURE_CHANNELS_H

#include <arpa/inet.h>

#include "client/multichannel_private.h"
#include "tests/fixture_client.h"

#define CHANNEL_PEERS 12

struct channels {
	struct fixture *f;
	struct peer *peer[CHANNEL_PEERS]; /* the first is home's */
	unsigned dialled;
	unsigned nobody; /* so many times nobody is there */
	void (*prepare)(struct peer *peer);
};

static inline struct peer *channels_peer(struct fixture *f)
{
	struct transport_facts facts = {
		.backend = "quic-user",
		.secure = true,
		.peer_verified = true,
		.peer_len = sizeof(struct sockaddr_in),
	};
	struct sockaddr_in *in = (struct sockaddr_in *)(void *)&facts.peer;
	struct peer *peer = NULL;

	in->sin_family = AF_INET;
	in->sin_port = htons(443);
	in->sin_addr.s_addr = htonl(0xC0000201);
	peer = testlib_peer_over(f, f->ev, &facts);
	peer->policy.capabilities |= SMB2_GLOBAL_CAP_MULTI_CHANNEL;
	return peer;
}

static inline struct transport *channels_dial(void *private_data)
{
	struct channels *c = private_data;
	struct peer *peer = NULL;

	if (c->nobody > 0) {
		c->nobody--;
		return NULL;
	}
	c->dialled++;
	assert_true(c->dialled < CHANNEL_PEERS);
	peer = channels_peer(c->f);
	c->peer[c->dialled] = peer;
	if (c->prepare != NULL) {
		c->prepare(peer);
	}
	return peer->client_end;
}

static inline struct channels *channels_up(struct fixture *f, unsigned max)
{
	struct channels *c = talloc_zero(f, struct channels);

	c->f = f;
	talloc_free(f->peer);
	f->peer = channels_peer(f);
	c->peer[0] = f->peer;
	f->options.max_channels = max;
	fixture_up(f);
	f->conn->dial = channels_dial;
	f->conn->dial_data = c;
	return c;
}

static inline void channels_read(struct client_file *file, uint64_t offset)
{
	uint8_t buf[100];
	size_t done = 0;

	assert_int_equal(client_read(file, offset, buf, sizeof(buf), &done),
			 NT_STATUS_OK);
	assert_int_equal(done, sizeof(buf));
	assert_int_equal(buf[7], testlib_peer_byte(offset + 7));
}

/* As much as it takes until there are so many. */
static inline void channels_wait(struct channels *c, struct client_file *file,
				 unsigned count)
{
	unsigned i = 0;

	for (i = 0; i < 3000 && multichannel_count(c->f->conn) != count; i++) {
		channels_read(file, i);
		if (i > 100) { /* it may have to pause */
			fixture_settle(c->f);
		}
	}
	assert_int_equal(multichannel_count(c->f->conn), count);
}

#endif
