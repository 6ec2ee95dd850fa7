/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * quic_kernel_handshake.c - the TLS handshake of a kernel connection: GnuTLS
 * makes messages and secrets, the socket carries the one and takes the other.
 *
 * An accepted socket is a stranger who has sent one packet. So the handshake
 * has a deadline of its own, and nothing waits for the socket to be writable
 * before it has begun: before the peer's parameters are known it never is.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "smbquic/alarm.h"
#include "smbquic/quic_kernel_private.h"

#define EXTENSION_PARAMETERS 0x39 /* RFC 9001 8.2 */
/* Largest encoding of transport parameters that the socket has. */
#define PARAMETERS_MAX 512
/* TLS messages that wait for the socket: a chain of certificates is one. */
#define QUEUE_MAX (256u << 10)
/* How long a server is given to refuse our certificate, see verdict(). */
#define VERDICT_MIN_MS 50
#define VERDICT_MAX_MS 1000
#define PHRASE_MAX     64

struct message {
	struct message *next;
	enum qk_level level;
	size_t len, sent;
	uint8_t data[];
};

struct qk_handshake {
	struct quic_kernel *k;
	gnutls_session_t session;
	struct message *first, **last;
	size_t queued;
	bool has_parameters;	  /* the peer's */
	bool can_read, can_write; /* application secrets are set */
	bool ticket;		  /* a server's is on its way */
	unsigned alert;		  /* that GnuTLS wants to send */
	uint64_t began_ms;
	struct alarm *timer;
	void (*done)(void *private_data, struct quic_kernel *k, int err);
	void *private_data;
};

/* --- what GnuTLS calls -----------------------------------------------------
 */

static enum qk_level level_of(gnutls_record_encryption_level_t level)
{
	switch (level) {
	case GNUTLS_ENCRYPTION_LEVEL_INITIAL: return QK_INITIAL;
	case GNUTLS_ENCRYPTION_LEVEL_EARLY: return QK_EARLY;
	case GNUTLS_ENCRYPTION_LEVEL_HANDSHAKE: return QK_HANDSHAKE;
	default: return QK_APPLICATION;
	}
}

static gnutls_record_encryption_level_t level_from(enum qk_level level)
{
	switch (level) {
	case QK_INITIAL: return GNUTLS_ENCRYPTION_LEVEL_INITIAL;
	case QK_EARLY: return GNUTLS_ENCRYPTION_LEVEL_EARLY;
	case QK_HANDSHAKE: return GNUTLS_ENCRYPTION_LEVEL_HANDSHAKE;
	default: return GNUTLS_ENCRYPTION_LEVEL_APPLICATION;
	}
}

/* A message for the peer. It is sent when GnuTLS has returned: the secret of
 * its level may come only after it. */
static int on_message(gnutls_session_t session,
		      gnutls_record_encryption_level_t level,
		      gnutls_handshake_description_t type, const void *data,
		      size_t len)
{
	struct qk_handshake *h = quic_tls_carrier(session);
	struct message *m = NULL;

	if (h == NULL || type == GNUTLS_HANDSHAKE_KEY_UPDATE || len == 0) {
		return 0; /* RFC 9001 6: never by TLS */
	}
	if (h->queued + len > QUEUE_MAX) {
		return GNUTLS_E_INTERNAL_ERROR;
	}
	m = talloc_size(h, sizeof(*m) + len);
	if (m == NULL) {
		return GNUTLS_E_MEMORY_ERROR;
	}
	talloc_set_name_const(m, "struct message");
	m->next = NULL;
	m->level = level_of(level);
	m->len = len;
	m->sent = 0;
	memcpy(m->data, data, len);
	h->queued += len;
	*h->last = m;
	h->last = &m->next;
	return 0;
}

static int on_alert(gnutls_session_t session,
		    gnutls_record_encryption_level_t level,
		    gnutls_alert_level_t severity,
		    gnutls_alert_description_t alert)
{
	struct qk_handshake *h = quic_tls_carrier(session);

	(void)level;
	(void)severity;
	if (h != NULL) {
		h->alert = alert;
	}
	return 0;
}

static int on_secrets(gnutls_session_t session,
		      gnutls_record_encryption_level_t level, const void *rx,
		      const void *tx, size_t len)
{
	struct qk_handshake *h = quic_tls_carrier(session);
	gnutls_cipher_algorithm_t cipher = gnutls_cipher_get(session);
	bool application = level == GNUTLS_ENCRYPTION_LEVEL_APPLICATION;
	int fd = -1;

	if (h == NULL) {
		return GNUTLS_E_INTERNAL_ERROR; /* there are no others */
	}
	fd = h->k->fd;
	if (level == GNUTLS_ENCRYPTION_LEVEL_EARLY) {
		return 0; /* not taken up */
	}
	if (!quic_tls_judge_resumed(session, level)) {
		return GNUTLS_E_CERTIFICATE_ERROR;
	}
	if (!h->has_parameters && (h->k->peer.server ? application : true)) {
		h->alert = GNUTLS_A_MISSING_EXTENSION; /* RFC 9001 8.2 */
		return GNUTLS_E_INTERNAL_ERROR;
	}
	if (tx != NULL) {
		if (qk_set_secret(fd, level_of(level), true, cipher, tx, len) !=
		    0) {
			return GNUTLS_E_INTERNAL_ERROR;
		}
		h->can_write |= application;
	}
	if (rx != NULL) {
		if (qk_set_secret(fd, level_of(level), false, cipher, rx,
				  len) != 0) {
			return GNUTLS_E_INTERNAL_ERROR;
		}
		h->can_read |= application;
	}
	return 0;
}

/* The server's parameters say which version was chosen (RFC 9368 3); the socket
 * tells of none but the preferred one. */
static void note_version(struct quic_kernel *k, const uint8_t *parameters,
			 size_t len)
{
	ngtcp2_transport_params p;

	if (ngtcp2_transport_params_decode(&p, parameters, len) == 0 &&
	    p.version_info_present != 0) {
		k->version =
			p.version_info.chosen_version == NGTCP2_PROTO_VER_V2
				? "v2"
				: "v1";
	}
}

static int on_parameters(gnutls_session_t session, const unsigned char *data,
			 size_t len)
{
	struct qk_handshake *h = quic_tls_carrier(session);

	if (qk_remote_parameters(h->k->fd, data, len) != 0) {
		return GNUTLS_E_RECEIVED_ILLEGAL_PARAMETER;
	}
	if (h->k->peer.server) {
		note_version(h->k, data, len);
	}
	h->has_parameters = true;
	return 0;
}

static int ask_parameters(gnutls_session_t session, gnutls_buffer_t out)
{
	struct qk_handshake *h = quic_tls_carrier(session);
	uint8_t data[PARAMETERS_MAX];
	ssize_t len = qk_local_parameters(h->k->fd, data, sizeof(data));

	if (len < 0) {
		return GNUTLS_E_INTERNAL_ERROR;
	}
	if (!h->k->peer.server) {
		note_version(h->k, data, (size_t)len);
	}
	return gnutls_buffer_append_data(out, data, (size_t)len);
}

static bool take_over(struct qk_handshake *h)
{
	const unsigned flags = GNUTLS_EXT_FLAG_TLS |
			       GNUTLS_EXT_FLAG_CLIENT_HELLO |
			       GNUTLS_EXT_FLAG_EE;

	h->session = quic_tls_carry(h->k->tls, h);
	gnutls_handshake_set_read_function(h->session, on_message);
	gnutls_handshake_set_secret_function(h->session, on_secrets);
	gnutls_alert_set_read_function(h->session, on_alert);
	return gnutls_session_ext_register(
		       h->session, "QUIC Transport Parameters",
		       EXTENSION_PARAMETERS, GNUTLS_EXT_TLS, on_parameters,
		       ask_parameters, NULL, NULL, NULL, flags) == 0;
}

/* --- the end of it ---------------------------------------------------------
 */

static uint64_t now_ms(void)
{
	return quic_clock() / 1000000;
}

static void handshake_done(struct qk_handshake *h, int err)
{
	struct quic_kernel *k = h->k;
	void (*done)(void *private_data, struct quic_kernel *k, int err) =
		h->done;
	void *private_data = h->private_data;

	TALLOC_FREE(k->fde);
	quic_tls_carry(k->tls, NULL); /* a client's may stay for its ticket */
	if (err == 0) {
		quic_tls_finish(k->tls);
		err = qk_conn_open(k);
	}
	k->handshake = NULL;
	talloc_free(h);
	done(private_data, k, err);
}

static void handshake_over(struct qk_handshake *h)
{
	qk_conn_closed(h->k);
	handshake_done(h, h->k->end.err != 0 ? h->k->end.err : ECONNRESET);
}

/* TLS said no. There is no way to send its alert: the socket has one error for
 * all, and a text beside it. */
static void handshake_refused(struct qk_handshake *h)
{
	struct quic_kernel *k = h->k;
	struct quic_end end = {0};
	char phrase[PHRASE_MAX] = "";
	const char *why = NULL;
	int err = 0;
	unsigned alert = quic_tls_refusal(k->tls, &err, &why);

	if (qk_is_over(k->fd)) {
		handshake_over(h); /* the socket itself refused */
		return;
	}
	if (alert != 0) {
		end.err = err;
		end.why = talloc_strdup(k, why);
	} else {
		alert = h->alert != 0 ? h->alert : GNUTLS_A_HANDSHAKE_FAILURE;
		quic_error_alert(k, &k->peer, alert, &end);
		quic_tls_record_failure(k->tls, alert);
	}
	snprintf(phrase, sizeof(phrase), QK_ALERT_PHRASE "%u (%s)", alert,
		 gnutls_alert_get_name((gnutls_alert_description_t)alert));
	qk_close(k->fd, NGTCP2_CRYPTO_ERROR + alert, phrase);
	qk_conn_end(k, end.err, end.why);
	handshake_done(h, end.err);
}

static void handshake_broken(struct qk_handshake *h, int err)
{
	struct quic_kernel *k = h->k;
	struct quic_end end = {0};

	quic_error_socket(k, &k->peer, err, &end);
	qk_conn_end(k, end.err, end.why);
	handshake_done(h, end.err);
}

static void handshake_late(void *private_data)
{
	struct qk_handshake *h =
		talloc_get_type_abort(private_data, struct qk_handshake);
	struct quic_kernel *k = h->k;
	struct quic_end end = {0};

	h->timer = NULL;
	quic_error_library(k, &k->peer, NGTCP2_ERR_HANDSHAKE_TIMEOUT, &end);
	qk_close(k->fd, 0, "handshake timeout");
	qk_conn_end(k, end.err, end.why);
	handshake_done(h, end.err);
}

/* --- our certificate -------------------------------------------------------
 */

static void verdict_out(void *private_data)
{
	struct qk_handshake *h =
		talloc_get_type_abort(private_data, struct qk_handshake);

	h->timer = NULL;
	handshake_done(h, 0);
}

static void verdict_heard(struct tevent_context *ev, struct tevent_fd *fde,
			  uint16_t flags, void *private_data)
{
	struct qk_handshake *h =
		talloc_get_type_abort(private_data, struct qk_handshake);

	(void)ev;
	(void)fde;
	(void)flags;
	if (qk_is_over(h->k->fd)) {
		handshake_over(h);
	} else {
		handshake_done(h, 0); /* it talks to us */
	}
}

/* The server may still refuse our certificate when the handshake looks complete
 * here, and the socket does not tell when it is confirmed. A server that is
 * content says something soon; one that is not, closes; after two round trips
 * silence is consent. */
static void verdict(struct qk_handshake *h)
{
	struct quic_kernel *k = h->k;
	uint64_t ms = 2 * (now_ms() - h->began_ms);

	ms = ms < VERDICT_MIN_MS ? VERDICT_MIN_MS : ms;
	ms = ms > VERDICT_MAX_MS ? VERDICT_MAX_MS : ms;
	TALLOC_FREE(h->timer);
	TALLOC_FREE(k->fde);
	h->timer = alarm_add(k->ev, h, ms, verdict_out, h);
	k->fde = tevent_add_fd(k->ev, k, k->fd, TEVENT_FD_READ, verdict_heard,
			       h);
	if (h->timer == NULL || k->fde == NULL) {
		handshake_broken(h, ENOMEM);
	}
}

static void handshake_complete(struct qk_handshake *h)
{
	struct quic_kernel *k = h->k;

	TALLOC_FREE(h->timer);
	k->peer.opened = true;
	k->peer.timeout_ms = quic_silence_ms(
		qk_configuration(&k->settings, !k->peer.server).idle_timeout_ms,
		qk_remote_idle_ms(k->fd));
	if (quic_tls_server_may_refuse(k->tls)) {
		verdict(h);
		return;
	}
	handshake_done(h, 0);
}

/* --- the way there ---------------------------------------------------------
 */

/* @return 0 everything is sent, or errno. */
static int flush(struct qk_handshake *h)
{
	while (h->first != NULL) {
		struct message *m = h->first;
		ssize_t n =
			qk_send_crypto(h->k->fd, m->level, m->data + m->sent,
				       m->len - m->sent, m->next != NULL);

		if (n < 0 && errno == EINTR) {
			continue;
		}
		if (n < 0) {
			return errno == EWOULDBLOCK ? EAGAIN : errno;
		}
		m->sent += (size_t)n;
		if (m->sent < m->len) {
			continue;
		}
		h->queued -= m->len;
		h->first = m->next;
		if (h->first == NULL) {
			h->last = &h->first;
		}
		talloc_free(m);
	}
	return 0;
}

/* @return false: TLS refused. */
static bool advance(struct qk_handshake *h)
{
	int rc = gnutls_handshake(h->session);

	if (rc >= 0 || gnutls_error_is_fatal(rc) == 0) {
		return true;
	}
	gnutls_alert_send_appropriate(h->session, rc); /* to on_alert() */
	return false;
}

/* One message from the socket. @return 0 or errno; EPROTO: TLS refused. */
static int take_one(struct qk_handshake *h)
{
	struct quic_kernel *k = h->k;
	uint8_t data[4096];
	struct iovec iov = {.iov_base = data, .iov_len = sizeof(data)};
	struct qk_message m;
	int err = qk_receive(k->fd, &iov, 1, &m);

	if (err != 0) {
		return err;
	}
	if (m.kind == QK_EVENT) {
		qk_conn_event(k, data, m.len);
		return 0;
	}
	if (m.kind != QK_CRYPTO) {
		return 0;
	}
	k->peer.heard = true;
	if (gnutls_handshake_write(h->session, level_from(m.level), data,
				   m.len) < 0) {
		return EPROTO;
	}
	return advance(h) ? 0 : EPROTO;
}

static void step(struct qk_handshake *h)
{
	struct quic_kernel *k = h->k;
	int err = 0;

	for (;;) {
		err = flush(h);
		if (err == EAGAIN) {
			TEVENT_FD_WRITEABLE(k->fde);
			return;
		}
		/* The client's Finished waits when its secrets are set. */
		if (err == 0 && h->can_read && h->can_write && !h->ticket) {
			h->ticket = true;
			quic_tls_send_ticket(k->tls);
			continue;
		}
		if (err == 0 && h->can_read && h->can_write) {
			handshake_complete(h);
			return;
		}
		if (err == 0) {
			err = take_one(h);
		}
		switch (err) {
		case 0: continue;
		case EAGAIN: TEVENT_FD_NOT_WRITEABLE(k->fde); return;
		case EPROTO: handshake_refused(h); return;
		case ENOTCONN:
		case EPIPE: handshake_over(h); return;
		default: handshake_broken(h, err); return;
		}
	}
}

static void on_event(struct tevent_context *ev, struct tevent_fd *fde,
		     uint16_t flags, void *private_data)
{
	struct qk_handshake *h =
		talloc_get_type_abort(private_data, struct qk_handshake);

	(void)ev;
	(void)fde;
	(void)flags;
	step(h);
}

static void begin(struct tevent_context *ev, struct tevent_immediate *im,
		  void *private_data)
{
	struct qk_handshake *h =
		talloc_get_type_abort(private_data, struct qk_handshake);

	(void)ev;
	(void)im;
	/* a client has something to say before it has heard anything */
	if (h->k->peer.server && !advance(h)) {
		handshake_refused(h);
		return;
	}
	step(h);
}

/* --- afterwards ------------------------------------------------------------
 */

void qk_take_ticket(struct quic_kernel *k)
{
	uint8_t message[QK_TICKET_MAX];
	ssize_t len = qk_get_ticket(k->fd, message, sizeof(message));
	struct quic_visit v = {
		.file = k->visits, .host = k->peer.name, .port = k->port};
	char policy[QUIC_POLICY_SIZE];
	size_t session_len = 0;

	if (len <= 0 || v.file == NULL ||
	    !quic_tls_take_ticket(k->tls, message, (size_t)len)) {
		return;
	}
	quic_visit_policy(quic_tls_policy(k->tls), policy);
	v.policy = policy;
	v.token = wire_slice(message, 0); /* see begin_tls() */
	v.session.data = quic_tls_session(k->tls, &session_len);
	v.session.len = session_len;
	quic_visit_store(k, &v);
	quic_tls_finish(k->tls);
}

bool qk_handshake_start(struct quic_kernel *k,
			void (*done)(void *private_data, struct quic_kernel *k,
				     int err),
			void *private_data)
{
	struct qk_handshake *h = talloc_zero(k, struct qk_handshake);
	struct tevent_immediate *soon = NULL;
	unsigned ms = k->peer.timeout_ms;

	if (h == NULL) {
		return false;
	}
	h->k = k;
	h->last = &h->first;
	h->done = done;
	h->private_data = private_data;
	h->began_ms = now_ms();
	soon = tevent_create_immediate(h);
	h->timer = alarm_add(k->ev, h, ms, handshake_late, h);
	k->fde = tevent_add_fd(k->ev, k, k->fd, TEVENT_FD_READ, on_event, h);
	if (soon == NULL || h->timer == NULL || k->fde == NULL ||
	    !take_over(h)) {
		TALLOC_FREE(k->fde);
		talloc_free(h);
		return false;
	}
	k->handshake = h;
	tevent_schedule_immediate(soon, k->ev, begin, h);
	return true;
}
