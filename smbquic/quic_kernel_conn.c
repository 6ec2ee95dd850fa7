/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * quic_kernel_conn.c - a connection of the kernel's: how it begins, how it
 * ends and why, and the events that it tells of.
 */
#include <errno.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "smbquic/quic_kernel_private.h"

/* The socket's windows do not grow, and a stranger may fill them. */
#define LISTENER_WINDOW ((size_t)4 << 20)
/* Pieces of a window that are read at once, see quic_kernel_read.c. */
#define STEPS 32

static void on_ready(struct tevent_context *ev, struct tevent_fd *fde,
		     uint16_t flags, void *private_data);

/* --- the end of a connection -----------------------------------------------
 */

/* Callbacks run later, from the loop, so that they may free the connection. */
void qk_conn_end(struct quic_kernel *k, int err, char *why)
{
	struct tevent_req *req = k->shutdown;
	int write_err = err != 0 ? err : EPIPE;

	if (!k->over) {
		k->over = true;
		k->end.err = err;
		k->end.why = why;
	}
	TALLOC_FREE(k->fde);
	TALLOC_FREE(k->look);
	qk_writes_over(k, write_err);
	qk_read_over(k, err);
	k->shutdown = NULL;
	if (req != NULL) {
		tevent_req_defer_callback(req, k->ev);
		tevent_req_error(req, write_err);
	}
}

/* A text that says which alert the socket could not send; 0: none. */
static unsigned alert_of(const char *phrase)
{
	size_t len = strlen(QK_ALERT_PHRASE);
	unsigned long alert = 0;

	if (strncmp(phrase, QK_ALERT_PHRASE, len) != 0) {
		return 0;
	}
	alert = strtoul(phrase + len, NULL, 10);
	return alert <= UINT8_MAX ? (unsigned)alert : 0;
}

/* The socket does not tell an application's code from QUIC's own: those of
 * SMB's are few and small, and QUIC's frame types are not 0. */
static void make_ccerr(const struct quic_kernel *k, const struct qk_close *c,
		       ngtcp2_ccerr *out)
{
	unsigned alert = alert_of(c->phrase);

	ngtcp2_ccerr_default(out);
	if (alert != 0) {
		ngtcp2_ccerr_set_tls_alert(out, (uint8_t)alert, NULL, 0);
	} else if (k->peer.opened && c->frame == 0 &&
		   c->code <= TRANSPORT_CLOSE_INTERNAL) {
		ngtcp2_ccerr_set_application_error(out, c->code,
						   (const uint8_t *)c->phrase,
						   strlen(c->phrase));
	} else {
		ngtcp2_ccerr_set_transport_error(out, c->code,
						 (const uint8_t *)c->phrase,
						 strlen(c->phrase));
	}
}

/* The end of an idle time-out looks like an orderly one without a word. When
 * something was not acknowledged, or the handshake not complete, it was the
 * time-out. */
static bool timed_out(const struct quic_kernel *k, const struct qk_close *c)
{
	return c->code == 0 && c->frame == 0 && c->phrase[0] == '\0' &&
	       (!k->peer.opened || k->writes != NULL ||
		qk_unacknowledged(k->fd) > 0);
}

void qk_conn_closed(struct quic_kernel *k)
{
	struct qk_close c;
	struct quic_end end = {0};
	ngtcp2_ccerr e;

	if (k->over) {
		return;
	}
	qk_get_close(k->fd, &c);
	if (timed_out(k, &c)) {
		quic_error_library(k, &k->peer, NGTCP2_ERR_IDLE_CLOSE, &end);
	} else if (c.code == NGTCP2_CRYPTO_ERROR && c.frame == 0) {
		quic_error_reset(k, &k->peer, &end); /* how a reset is told */
	} else {
		make_ccerr(k, &c, &e);
		quic_error_closed(k, &k->peer, &e, &end);
	}
	qk_conn_end(k, end.err, end.why);
}

/* We end it for a reason of ours. */
void qk_conn_give_up(struct quic_kernel *k, int err, uint32_t code,
		     const char *why)
{
	if (!k->over) {
		qk_close(k->fd, code, NULL);
		qk_conn_end(k, err, talloc_strdup(k, why));
	}
}

static int conn_destructor(struct quic_kernel *k)
{
	if (!k->over) {
		qk_close(k->fd, TRANSPORT_CLOSE_DONE, NULL);
		qk_conn_end(k, ECONNABORTED, NULL);
	}
	qk_conn_end(k, ECONNABORTED, NULL); /* requests that came later */
	close(k->fd);
	if (k->on_close != NULL) {
		k->on_close(k->on_close_data);
	}
	return 0;
}

size_t qk_window(const struct transport_settings *settings, bool server)
{
	size_t window = settings->stream_window;

	return server && window > LISTENER_WINDOW ? LISTENER_WINDOW : window;
}

struct quic_kernel *qk_conn_new(TALLOC_CTX *mem_ctx, struct tevent_context *ev,
				int fd,
				const struct transport_settings *settings,
				bool server, const struct sockaddr *peer)
{
	struct quic_kernel *k = talloc_zero(mem_ctx, struct quic_kernel);

	if (k == NULL) {
		close(fd);
		return NULL;
	}
	k->fd = fd;
	k->ev = ev;
	k->settings = *settings;
	k->stream_id = -1;
	k->step = qk_window(settings, server) / STEPS;
	k->writes_end = &k->writes;
	k->peer.server = !server;
	k->version = settings->quic_version == 2 ? "v2" : "v1";
	k->port = quic_visit_port(peer);
	k->peer.timeout_ms = server ? settings->handshake_timeout_ms
				    : settings->connect_timeout_ms;
	talloc_set_destructor(k, conn_destructor);
	k->visits = talloc_strdup(k, settings->visits_file);
	k->peer.address = talloc_strdup(k, transport_address_string(peer));
	k->peer.endpoint = talloc_asprintf(k, "%s/udp", k->peer.address);
	if (k->peer.address == NULL || k->peer.endpoint == NULL) {
		talloc_free(k);
		return NULL;
	}
	return k;
}

int qk_conn_open(struct quic_kernel *k)
{
	int err = 0;

	if (k->peer.server) {
		err = qk_open_stream(k->fd, &k->stream_id);
	}
	k->fde = err == 0 ? tevent_add_fd(k->ev, k, k->fd, 0, on_ready, k)
			  : NULL;
	if (err == 0 && k->fde == NULL) {
		err = ENOMEM;
	}
	if (err != 0) {
		qk_conn_give_up(k, err, TRANSPORT_CLOSE_INTERNAL,
				strerror(err));
	}
	return err;
}

/* --- events ----------------------------------------------------------------
 */

static void stream_update(struct quic_kernel *k, const uint8_t *data,
			  size_t len)
{
	int64_t id = 0;

	if (len < sizeof(id) + 1) {
		return;
	}
	memcpy(&id, data, sizeof(id)); /* host byte order, unaligned */
	if (id != k->stream_id) {
		return;
	}
	switch (data[sizeof(id)]) {
	case QK_SEND_RESET:
		qk_conn_give_up(
			k, ECONNRESET, TRANSPORT_CLOSE_DONE,
			"the peer does not want to read the stream any more");
		return;
	case QK_RECV_RESET:
		qk_conn_give_up(k, ECONNRESET, TRANSPORT_CLOSE_DONE,
				"the peer reset the stream");
		return;
	default: return;
	}
}

void qk_conn_event(struct quic_kernel *k, const uint8_t *data, size_t len)
{
	if (len == 0) {
		return;
	}
	switch (data[0]) {
	case QK_EVENT_STREAM_UPDATE:
		stream_update(k, data + 1, len - 1);
		return;
	case QK_EVENT_TICKET: qk_take_ticket(k); return;
	case QK_EVENT_STREAM_MAX_DATA:
		if (k->writes != NULL) {
			qk_flush(k);
		}
		return;
	default:
		/* The end is noticed by itself, after what still waits. */
		return;
	}
}

int qk_request_errno(struct tevent_req *req)
{
	enum tevent_req_state how = TEVENT_REQ_INIT;
	uint64_t err = 0;

	if (!tevent_req_is_error(req, &how, &err)) {
		return 0;
	}
	return how == TEVENT_REQ_USER_ERROR  ? (int)err
	       : how == TEVENT_REQ_TIMED_OUT ? ETIMEDOUT
					     : ENOMEM;
}

/* --- the whole -------------------------------------------------------------
 */

static void on_ready(struct tevent_context *ev, struct tevent_fd *fde,
		     uint16_t flags, void *private_data)
{
	struct quic_kernel *k =
		talloc_get_type_abort(private_data, struct quic_kernel);

	(void)ev;
	(void)fde;
	if (flags & TEVENT_FD_WRITE) {
		TALLOC_FREE(k->look);
		qk_flush(k);
	}
	if (!k->over && (flags & TEVENT_FD_READ) && k->read != NULL) {
		qk_fill(k);
	}
}

bool qk_conn_facts(struct quic_kernel *k, TALLOC_CTX *mem_ctx,
		   struct transport_facts *out)
{
	*out = (struct transport_facts){.secure = true};
	out->local_len = sizeof(out->local);
	out->peer_len = sizeof(out->peer);
	if (getsockname(k->fd, (struct sockaddr *)&out->local,
			&out->local_len) != 0 ||
	    getpeername(k->fd, (struct sockaddr *)&out->peer, &out->peer_len) !=
		    0) {
		return false;
	}
	out->quic_version = k->version;
	return quic_tls_facts(k->tls, mem_ctx, out);
}

void qk_stats(void *state, struct transport_stats *out)
{
	struct quic_kernel *k =
		talloc_get_type_abort(state, struct quic_kernel);

	*out = k->stats; /* the socket tells no more */
}

const char *qk_error(void *state)
{
	struct quic_kernel *k =
		talloc_get_type_abort(state, struct quic_kernel);

	return k->over ? k->end.why : NULL;
}
