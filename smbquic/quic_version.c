/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * quic_version.c - which version of QUIC is spoken (RFC 9368): both ends say
 * what they prefer within the handshake; a client that began with one that the
 * server does not know at all begins again with the other.
 */
#define LOG_MODULE "quic"
#include <errno.h>
#include <string.h>
#include <arpa/inet.h>

#include "smbquic/log.h"
#include "smbquic/quic_conn_private.h"

static const uint32_t v1_first[] = {NGTCP2_PROTO_VER_V1, NGTCP2_PROTO_VER_V2};
static const uint32_t v2_first[] = {NGTCP2_PROTO_VER_V2, NGTCP2_PROTO_VER_V1};

static const uint32_t *order_of(const struct quic_conn *c)
{
	return c->settings.quic_version == 2 ? v2_first : v1_first;
}

uint32_t quic_version_first(const struct quic_conn *c)
{
	return c->begin.other != 0 ? c->begin.other : order_of(c)[0];
}

void quic_version_settings(const struct quic_conn *c, ngtcp2_settings *s)
{
	size_t count = c->settings.quic_version_only ? 1 : 2;

	s->preferred_versions = order_of(c);
	s->preferred_versionslen = count;
	s->available_versions = order_of(c);
	s->available_versionslen = count;
	if (c->begin.other != 0) {
		/* so that a forged answer is noticed, RFC 9368 4 */
		s->original_version = order_of(c)[0];
	}
}

/* The server knows none that we began with, but these. It may be forged. */
int quic_version_offered(ngtcp2_conn *ng, const ngtcp2_pkt_hd *hd,
			 const uint32_t *offered, size_t count, void *user_data)
{
	struct quic_conn *c = user_data;
	uint32_t other = order_of(c)[1];
	size_t i = 0;

	(void)ng;
	(void)hd;
	for (i = 0; i < count && !c->settings.quic_version_only; i++) {
		if (offered[i] == other && c->begin.other == 0) {
			c->begin.offered = other;
		}
	}
	return 0;
}

bool quic_version_restart(struct quic_conn *c, quic_time now)
{
	struct quic_conn_params p = {
		.ops = c->ops,
		.where = c->where,
		.settings = &c->settings,
		.local = &c->begin.local,
		.peer = &c->begin.peer,
		.max_payload = c->begin.max_payload,
		.now = now,
	};
	const struct quic_client_params client = {
		.server_name = c->peer.name,
		.tls = quic_tls_policy(c->tls),
		.resume = {.wanted = c->visits != NULL},
	};

	struct quic_tls *tls = c->tls;
	ngtcp2_conn *ng = c->ng;

	if (c->server || c->begin.offered == 0) {
		return false;
	}
	c->begin.other = c->begin.offered;
	c->begin.offered = 0;
	c->ng = NULL;
	c->tls = NULL;
	if (quic_conn_begin(c, &p, &client, &c->end.why) != 0) {
		TALLOC_FREE(c->tls);
		c->ng = ng;
		c->tls = tls;
		return false;
	}
	ngtcp2_conn_del(ng);
	talloc_free(tls);
	quic_conn_rewind(c);
	log_info("%s does not speak QUIC v%u: beginning again with v%u",
		 c->peer.address, c->settings.quic_version,
		 3 - c->settings.quic_version);
	return true;
}
