/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * quic_error.c - from the ways in which a connection ends to an errno value
 * and a sentence for the user.
 */
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <gnutls/gnutls.h>

#include "smbquic/quic_private.h"

#define REASON_MAX 200

/* What an alert means when the server sends it to us. */
static const struct alert_row {
	unsigned alert;
	int err;
	const char *meaning; /* "SERVER meaning" */
} alert_rows[] = {
	{GNUTLS_A_NO_APPLICATION_PROTOCOL, EPROTO,
	 "does not speak SMB over QUIC (it refused ALPN \"smb\" with TLS alert "
	 "120)"},
	{GNUTLS_A_CERTIFICATE_REQUIRED, EACCES,
	 "wants a client certificate, and none was given"},
	{GNUTLS_A_ACCESS_DENIED, EACCES,
	 "refuses this certificate: its access list does not let it in"},
	{GNUTLS_A_BAD_CERTIFICATE, EACCES,
	 "refuses this certificate: it is not valid for a client"},
	{GNUTLS_A_UNSUPPORTED_CERTIFICATE, EACCES,
	 "refuses this certificate: its kind is not supported"},
	{GNUTLS_A_CERTIFICATE_REVOKED, EACCES,
	 "refuses this certificate: it was revoked"},
	{GNUTLS_A_CERTIFICATE_EXPIRED, EACCES,
	 "refuses this certificate: it has expired"},
	{GNUTLS_A_CERTIFICATE_UNKNOWN, EACCES, "refuses this certificate"},
	{GNUTLS_A_UNKNOWN_CA, EACCES,
	 "refuses this certificate: the server does not know its issuer"},
	{GNUTLS_A_INTERNAL_ERROR, EPROTO,
	 "ended the TLS handshake with alert 80 (Internal error): something is "
	 "wrong on its side, and its log says what"},
};

/* RFC 9000 20.1 */
static const char *const transport_names[] = {
	"no error",
	"internal error",
	"connection refused",
	"flow control error",
	"stream limit error",
	"stream state error",
	"final size error",
	"frame encoding error",
	"transport parameter error",
	"connection id limit error",
	"protocol violation",
	"invalid token",
	"application error",
	"crypto buffer exceeded",
	"key update error",
	"AEAD limit reached",
	"no viable path",
};

/* enum transport_close */
static const char *const close_names[] = {
	"done",
	"the peer saw a protocol error",
	"a limit was reached",
	"the peer stops",
	"the peer had an internal error",
};

/* The server's log names its clients before the sentence. */
static const char *who(const struct quic_peer *peer)
{
	return peer->server ? peer->address : "the client";
}

/* For sentences about packets, not about what the peer said. */
static const char *where(const struct quic_peer *peer)
{
	return peer->server ? peer->endpoint : "the client";
}

/* ": what the peer wrote", harmless for terminals. */
static const char *reason_text(const ngtcp2_ccerr *e, char *buf, size_t size)
{
	size_t len = e->reasonlen < REASON_MAX ? e->reasonlen : REASON_MAX;
	size_t i = 0;

	if (len == 0) {
		return "";
	}
	snprintf(buf, size, ": %.*s", (int)len, (const char *)e->reason);
	for (i = 0; buf[i] != '\0'; i++) {
		if ((uint8_t)buf[i] < 0x20 || (uint8_t)buf[i] == 0x7f) {
			buf[i] = '?';
		}
	}
	return buf;
}

static const char *table_name(const char *const *names, size_t count,
			      uint64_t code)
{
	return code < count ? names[code] : "unknown";
}

/* --- CONNECTION_CLOSE from the peer -------------------------------------- */

static const struct alert_row *find_alert(unsigned alert)
{
	size_t i = 0;

	for (i = 0; i < sizeof(alert_rows) / sizeof(alert_rows[0]); i++) {
		if (alert_rows[i].alert == alert) {
			return &alert_rows[i];
		}
	}
	return NULL;
}

static const char *alert_name(unsigned alert)
{
	const char *name =
		gnutls_alert_get_name((gnutls_alert_description_t)alert);

	return name != NULL ? name : "unknown alert";
}

static void closed_by_alert(TALLOC_CTX *mem_ctx, const struct quic_peer *peer,
			    const ngtcp2_ccerr *e, struct quic_end *out)
{
	const unsigned alert = (unsigned)(e->error_code - NGTCP2_CRYPTO_ERROR);
	const struct alert_row *row = find_alert(alert);
	char reason[REASON_MAX + 3];

	out->err = EPROTO;
	if (peer->server && alert == GNUTLS_A_UNRECOGNIZED_NAME) {
		out->why = talloc_asprintf(
			mem_ctx,
			"the server %s has no certificate mapping "
			"for %s",
			who(peer), peer->name);
		return;
	}
	if (peer->server && row != NULL) {
		out->err = row->err;
		out->why = talloc_asprintf(mem_ctx, "the server %s %s",
					   who(peer), row->meaning);
		return;
	}
	out->why = talloc_asprintf(
		mem_ctx, "%s ended the TLS handshake with alert %u (%s)%s",
		who(peer), alert, alert_name(alert),
		reason_text(e, reason, sizeof(reason)));
}

static void closed_by_transport(TALLOC_CTX *mem_ctx,
				const struct quic_peer *peer,
				const ngtcp2_ccerr *e, struct quic_end *out)
{
	char reason[REASON_MAX + 3];

	if (e->error_code == NGTCP2_NO_ERROR && peer->opened) {
		out->err = 0;
		out->why = talloc_asprintf(mem_ctx, "%s closed the connection",
					   who(peer));
		return;
	}
	if (e->error_code == NGTCP2_CONNECTION_REFUSED) {
		out->err = ECONNREFUSED;
		out->why = talloc_asprintf(
			mem_ctx, "%s refuses the connection%s", who(peer),
			e->reasonlen > 0
				? reason_text(e, reason, sizeof(reason))
				: " (it has too many, or it stops)");
		return;
	}
	out->err = peer->opened ? ECONNRESET : EPROTO;
	out->why = talloc_asprintf(
		mem_ctx, "%s closed the connection: QUIC error 0x%llx (%s)%s",
		who(peer), (unsigned long long)e->error_code,
		table_name(transport_names,
			   sizeof(transport_names) / sizeof(char *),
			   e->error_code),
		reason_text(e, reason, sizeof(reason)));
}

static void closed_by_application(TALLOC_CTX *mem_ctx,
				  const struct quic_peer *peer,
				  const ngtcp2_ccerr *e, struct quic_end *out)
{
	char reason[REASON_MAX + 3];

	out->err = e->error_code == TRANSPORT_CLOSE_DONE ? 0 : ECONNRESET;
	out->why = talloc_asprintf(
		mem_ctx, "%s closed the connection: code %llu (%s)%s",
		who(peer), (unsigned long long)e->error_code,
		table_name(close_names, sizeof(close_names) / sizeof(char *),
			   e->error_code),
		reason_text(e, reason, sizeof(reason)));
}

void quic_error_closed(TALLOC_CTX *mem_ctx, const struct quic_peer *peer,
		       const ngtcp2_ccerr *e, struct quic_end *out)
{
	out->by_peer = true;
	if (e->type == NGTCP2_CCERR_TYPE_APPLICATION) {
		closed_by_application(mem_ctx, peer, e, out);
		return;
	}
	if (e->error_code >= NGTCP2_CRYPTO_ERROR &&
	    e->error_code <= NGTCP2_CRYPTO_ERROR + UINT8_MAX) {
		closed_by_alert(mem_ctx, peer, e, out);
		return;
	}
	closed_by_transport(mem_ctx, peer, e, out);
}

void quic_error_reset(TALLOC_CTX *mem_ctx, const struct quic_peer *peer,
		      struct quic_end *out)
{
	out->err = ECONNRESET;
	out->why = talloc_asprintf(mem_ctx,
				   "%s does not know this connection any more "
				   "(was it restarted, or did it give up "
				   "waiting for us?)",
				   who(peer));
}

/* --- what we found ourselves --------------------------------------------- */

unsigned quic_silence_ms(unsigned ours, uint64_t theirs)
{
	if (theirs == 0 || (ours != 0 && theirs >= ours)) {
		return ours;
	}
	return theirs < UINT_MAX ? (unsigned)theirs : UINT_MAX;
}

void quic_error_alert(TALLOC_CTX *mem_ctx, const struct quic_peer *peer,
		      unsigned alert, struct quic_end *out)
{
	out->err = EPROTO;
	out->why = talloc_asprintf(
		mem_ctx, "the TLS handshake with %s failed: alert %u (%s)",
		who(peer), alert, alert_name(alert));
}

static char *silence(TALLOC_CTX *mem_ctx, const struct quic_peer *peer)
{
	double seconds = peer->timeout_ms / 1000.0;

	if (peer->opened) {
		return talloc_asprintf(mem_ctx, "%s has not answered for %g s",
				       where(peer), seconds);
	}
	if (peer->heard) {
		return talloc_asprintf(mem_ctx,
				       "the handshake with %s was not "
				       "complete within %g s",
				       where(peer), seconds);
	}
	return talloc_asprintf(
		mem_ctx, "no answer from %s within %g s (is UDP blocked?)",
		where(peer), seconds);
}

void quic_error_library(TALLOC_CTX *mem_ctx, const struct quic_peer *peer,
			int liberr, struct quic_end *out)
{
	switch (liberr) {
	case NGTCP2_ERR_HANDSHAKE_TIMEOUT:
	case NGTCP2_ERR_IDLE_CLOSE:
		out->err = ETIMEDOUT;
		out->why = silence(mem_ctx, peer);
		return;
	case NGTCP2_ERR_NO_VIABLE_PATH:
		out->err = ETIMEDOUT;
		out->why = talloc_asprintf(
			mem_ctx, "there is no working path to %s any more",
			where(peer));
		return;
	case NGTCP2_ERR_RECV_VERSION_NEGOTIATION:
	case NGTCP2_ERR_VERSION_NEGOTIATION_FAILURE:
		out->err = EPROTO;
		out->why = talloc_asprintf(
			mem_ctx, "%s speaks no version of QUIC that we do",
			where(peer));
		return;
	case NGTCP2_ERR_NOMEM:
		out->err = ENOMEM;
		out->why = talloc_strdup(mem_ctx, "out of memory");
		return;
	default: break;
	}
	out->err = EPROTO;
	out->why = talloc_asprintf(mem_ctx, "%s broke the QUIC protocol (%s)",
				   who(peer), ngtcp2_strerror(liberr));
}

void quic_error_socket(TALLOC_CTX *mem_ctx, const struct quic_peer *peer,
		       int err, struct quic_end *out)
{
	out->err = err;
	if (err != ECONNREFUSED) {
		out->why = talloc_asprintf(mem_ctx, "cannot reach %s: %s",
					   where(peer), strerror(err));
		return;
	}
	if (peer->opened) {
		out->err = ECONNRESET;
		out->why = talloc_asprintf(
			mem_ctx,
			"nothing listens on %s any more (did the "
			"server stop?)",
			where(peer));
		return;
	}
	out->why =
		talloc_asprintf(mem_ctx, "nothing listens on %s", where(peer));
}

/* --- counted ------------------------------------------------------------- */

static enum transport_failure by_alert(unsigned alert)
{
	const struct alert_row *row = find_alert(alert);

	if (alert == GNUTLS_A_UNRECOGNIZED_NAME) {
		return TRANSPORT_FAILED_NAME;
	}
	return row != NULL && row->err == EACCES ? TRANSPORT_FAILED_CERTIFICATE
						 : TRANSPORT_FAILED_TLS;
}

static enum transport_failure failure(const struct quic_end *end)
{
	if (end->by_peer) {
		return TRANSPORT_FAILED_BY_PEER;
	}
	if (end->alert != 0) {
		return by_alert(end->alert);
	}
	return end->err == ETIMEDOUT ? TRANSPORT_FAILED_TIMEOUT
				     : TRANSPORT_FAILED_OTHERWISE;
}

void quic_error_count(struct transport_tally *tally, const struct quic_end *end)
{
	if (tally != NULL) {
		atomic_fetch_add(&tally->failed[failure(end)], 1);
	}
}
