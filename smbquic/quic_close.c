/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * quic_close.c - the ends of a connection (RFC 9000 10): what is said to the
 * peer, what remains for latecomers, and what the user is told.
 */
#include <assert.h>
#include <errno.h>
#include <string.h>

#include "smbquic/quic_conn_private.h"

void quic_conn_finish(struct quic_conn *c, const ngtcp2_ccerr *say,
		      quic_time now)
{
	uint8_t packet[NGTCP2_MAX_UDP_PAYLOAD_SIZE];
	struct quic_farewell farewell = {0};
	ngtcp2_path_storage ps;
	ngtcp2_pkt_info pi = {0};
	ngtcp2_ssize n = 0;

	assert(!c->over);
	c->over = true;
	if (say != NULL || ngtcp2_conn_in_draining_period(c->ng)) {
		farewell.linger = 3 * ngtcp2_conn_get_pto(c->ng);
	}
	if (say != NULL) {
		ngtcp2_path_storage_zero(&ps);
		n = ngtcp2_conn_write_connection_close(
			c->ng, &ps.path, &pi, packet, sizeof(packet), say, now);
	}
	if (n > 0) {
		quic_emit_packet(c, &ps.path, pi.ecn, packet, (size_t)n);
		farewell.packet = packet;
		farewell.len = (size_t)n;
	}
	ngtcp2_conn_get_conn_info(c->ng, &c->last_info);
	c->last_mtu = ngtcp2_conn_get_path_max_tx_udp_payload_size(c->ng);
	if (c->stream_id != -1) {
		c->packets_lost =
			ngtcp2_conn_get_stream_loss_count(c->ng, c->stream_id);
	}
	ngtcp2_conn_del(c->ng);
	c->ng = NULL;
	c->ops->ended(c->where, &farewell);
	c->ops->wake(c->where);
}

/* As if it had never been. */
static void finish_silently(struct quic_conn *c, int liberr, quic_time now)
{
	quic_error_library(c, &c->peer, liberr, &c->end);
	quic_conn_finish(c, NULL, now);
}

/* The peer said good-bye: nothing may be sent any more. */
static void finish_draining(struct quic_conn *c, quic_time now)
{
	if (c->was_reset) {
		quic_error_reset(c, &c->peer, &c->end);
	} else {
		quic_error_closed(c, &c->peer, ngtcp2_conn_get_ccerr(c->ng),
				  &c->end);
	}
	quic_conn_finish(c, NULL, now);
}

static void finish_tls(struct quic_conn *c, quic_time now)
{
	ngtcp2_ccerr say;
	const char *why = NULL;
	int err = 0;
	unsigned alert = quic_tls_refusal(c->tls, &err, &why);

	if (alert != 0) {
		c->end.err = err;
		c->end.why = talloc_strdup(c, why);
	} else {
		alert = ngtcp2_conn_get_tls_alert(c->ng);
		alert = alert != 0 ? alert : GNUTLS_A_HANDSHAKE_FAILURE;
		quic_error_alert(c, &c->peer, alert, &c->end);
		quic_tls_record_failure(c->tls, alert);
	}
	c->end.alert = alert;
	ngtcp2_ccerr_default(&say);
	ngtcp2_ccerr_set_tls_alert(&say, (uint8_t)alert, NULL, 0);
	quic_conn_finish(c, &say, now);
}

/* A client may think that it is connected: the last that it sent was not
 * heard. It is told, unless all that came was one datagram: its address may be
 * forged. */
static void finish_handshake(struct quic_conn *c, quic_time now)
{
	static const char why[] = "the handshake took too long";
	ngtcp2_ccerr say;

	if (!c->server || c->packets_in < 2) {
		finish_silently(c, NGTCP2_ERR_HANDSHAKE_TIMEOUT, now);
		return;
	}
	quic_error_library(c, &c->peer, NGTCP2_ERR_HANDSHAKE_TIMEOUT, &c->end);
	ngtcp2_ccerr_default(&say);
	ngtcp2_ccerr_set_transport_error(&say, NGTCP2_CONNECTION_REFUSED,
					 (const uint8_t *)why, sizeof(why) - 1);
	quic_conn_finish(c, &say, now);
}

static void finish_doomed(struct quic_conn *c, quic_time now)
{
	ngtcp2_ccerr say;

	ngtcp2_ccerr_default(&say);
	ngtcp2_ccerr_set_application_error(&say, c->doom_code, NULL, 0);
	quic_conn_finish(c, &say, now);
}

void quic_conn_fail(struct quic_conn *c, int liberr, quic_time now)
{
	ngtcp2_ccerr say;

	if (c->doomed) {
		finish_doomed(c, now);
		return;
	}
	switch (liberr) {
	case NGTCP2_ERR_DRAINING: finish_draining(c, now); return;
	case NGTCP2_ERR_CRYPTO: finish_tls(c, now); return;
	case NGTCP2_ERR_HANDSHAKE_TIMEOUT: finish_handshake(c, now); return;
	case NGTCP2_ERR_IDLE_CLOSE:
	case NGTCP2_ERR_DROP_CONN:
	case NGTCP2_ERR_RETRY: finish_silently(c, liberr, now); return;
	case NGTCP2_ERR_RECV_VERSION_NEGOTIATION:
		if (quic_version_restart(c, now)) {
			return;
		}
		finish_silently(c, liberr, now);
		return;
	default: break;
	}
	quic_error_library(c, &c->peer, liberr, &c->end);
	ngtcp2_ccerr_default(&say);
	ngtcp2_ccerr_set_liberr(&say, liberr, NULL, 0);
	quic_conn_finish(c, &say, now);
}

void quic_conn_close(struct quic_conn *c, uint64_t code, const char *reason)
{
	ngtcp2_ccerr say;

	if (c->over) {
		return;
	}
	c->end.err = ECONNABORTED;
	c->end.why = talloc_strdup(c, "closed on this side");
	ngtcp2_ccerr_default(&say);
	ngtcp2_ccerr_set_application_error(&say, code, (const uint8_t *)reason,
					   reason != NULL ? strlen(reason) : 0);
	quic_conn_finish(c, &say, c->ops->now(c->where));
}
