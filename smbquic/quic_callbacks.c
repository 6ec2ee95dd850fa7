/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * quic_callbacks.c - what ngtcp2 calls while it reads or writes packets. These
 * functions only take notes; what follows from them is done when ngtcp2 has
 * returned.
 */
#define LOG_MODULE "quic"
#include <errno.h>
#include <string.h>
#include <gnutls/crypto.h>
#include <ngtcp2/ngtcp2_crypto.h>

#include "smbquic/log.h"
#include "smbquic/quic_conn_private.h"

void quic_conn_doom(struct quic_conn *c, int err, uint64_t code,
		    const char *why)
{
	if (c->doomed) {
		return;
	}
	c->doomed = true;
	c->doom_code = code;
	c->end.err = err;
	c->end.why = talloc_strdup(c, why);
}

/* --- the stream ---------------------------------------------------------- */

/* The stream begins again, as if nothing had been sent. */
void quic_conn_rewind(struct quic_conn *c)
{
	c->stream_id = -1;
	quic_stream_rewind(&c->stream);
	quic_mtu_init(&c->mtu);
}

/* Once before packets go out, not once for each that came in. */
void quic_conn_give_credit(struct quic_conn *c)
{
	size_t len = c->credit;

	c->credit = 0;
	if (len == 0 || c->ng == NULL) {
		return;
	}
	if (c->stream_id != -1) {
		ngtcp2_conn_extend_max_stream_offset(c->ng, c->stream_id, len);
	}
	ngtcp2_conn_extend_max_offset(c->ng, len);
}

static int on_stream_data(ngtcp2_conn *ng, uint32_t flags, int64_t stream_id,
			  uint64_t offset, const uint8_t *data, size_t len,
			  void *user_data, void *stream_user_data)
{
	struct quic_conn *c = user_data;
	size_t consumed = 0;

	(void)ng;
	(void)stream_id;
	(void)offset;
	(void)stream_user_data;
	if (!quic_stream_arrived(&c->stream, c, data, len, &consumed)) {
		quic_conn_doom(c, ENOMEM, TRANSPORT_CLOSE_INTERNAL,
			       "out of memory");
		return 0;
	}
	c->credit += consumed;
	if (flags & NGTCP2_STREAM_DATA_FLAG_FIN) {
		c->stream.fin = true;
	}
	return 0;
}

static int on_acked(ngtcp2_conn *ng, int64_t stream_id, uint64_t offset,
		    uint64_t len, void *user_data, void *stream_user_data)
{
	struct quic_conn *c = user_data;

	(void)ng;
	(void)stream_id;
	(void)offset;
	(void)stream_user_data;
	quic_stream_acked(&c->stream, len);
	quic_flight_acked(&c->flight, len);
	quic_mtu_answered(&c->mtu, quic_stream_waits(&c->stream), c->heard);
	return 0;
}

/* The limits of streams let the peer open only the one (MS-SMB2 2.1). */
static int on_stream_open(ngtcp2_conn *ng, int64_t stream_id, void *user_data)
{
	struct quic_conn *c = user_data;

	(void)ng;
	c->stream_id = stream_id;
	return 0;
}

static int on_may_open(ngtcp2_conn *ng, uint64_t max_streams, void *user_data)
{
	struct quic_conn *c = user_data;

	if (c->stream_id == -1 && max_streams > 0 && c->stream.bytes_out == 0) {
		ngtcp2_conn_open_bidi_stream(ng, &c->stream_id, NULL);
	}
	return 0;
}

static int on_stream_close(ngtcp2_conn *ng, uint32_t flags, int64_t stream_id,
			   uint64_t code, void *user_data,
			   void *stream_user_data)
{
	struct quic_conn *c = user_data;

	(void)ng;
	(void)flags;
	(void)stream_id;
	(void)code;
	(void)stream_user_data;
	c->stream_id = -1;
	return 0;
}

static int on_stream_reset(ngtcp2_conn *ng, int64_t stream_id,
			   uint64_t final_size, uint64_t code, void *user_data,
			   void *stream_user_data)
{
	(void)ng;
	(void)stream_id;
	(void)final_size;
	(void)code;
	(void)stream_user_data;
	quic_conn_doom(user_data, ECONNRESET, TRANSPORT_CLOSE_DONE,
		       "the peer reset the stream");
	return 0;
}

/* --- the connection ------------------------------------------------------ */

/* RFC 9000 8.1.3: next time the client need not prove its address. */
static void send_token(ngtcp2_conn *ng, struct quic_conn *c,
		       const ngtcp2_addr *remote)
{
	uint8_t token[QUIC_TOKEN_MAX];
	union udp_address peer;
	size_t len = 0;

	if (c->server &&
	    udp_address_set(&peer, remote->addr, remote->addrlen)) {
		len = c->ops->new_token(c->where, &peer, token, sizeof(token));
	}
	if (len > 0) {
		ngtcp2_conn_submit_new_token(ng, token, len);
	}
}

static int on_new_token(ngtcp2_conn *ng, const uint8_t *token, size_t len,
			void *user_data)
{
	struct quic_conn *c = user_data;

	(void)ng;
	if (len > QUIC_TOKEN_MAX) {
		return 0; /* nobody needs so long a one */
	}
	TALLOC_FREE(c->new_token);
	c->new_token = talloc_memdup(c, token, len);
	c->new_token_len = c->new_token != NULL ? len : 0;
	c->news = true;
	return 0;
}

static int on_retry(ngtcp2_conn *ng, const ngtcp2_pkt_hd *hd, void *user_data)
{
	struct quic_conn *c = user_data;

	c->retried = true;
	return ngtcp2_crypto_recv_retry_cb(ng, hd, user_data);
}

/* As set, and often enough for a peer that waits for less than we thought; but
 * what it says does not make us busy. */
static ngtcp2_duration keepalive(ngtcp2_conn *ng, const struct quic_conn *c)
{
	const ngtcp2_transport_params *peer =
		ngtcp2_conn_get_remote_transport_params(ng);
	ngtcp2_duration set = c->settings.keepalive_ms * NGTCP2_MILLISECONDS;
	ngtcp2_duration third = peer != NULL ? peer->max_idle_timeout / 3 : 0;

	if (third == 0 || third >= set) {
		return set;
	}
	return third > NGTCP2_SECONDS ? third : NGTCP2_SECONDS;
}

static unsigned silence_ms(ngtcp2_conn *ng, const struct quic_conn *c)
{
	const ngtcp2_transport_params *peer =
		ngtcp2_conn_get_remote_transport_params(ng);

	return quic_silence_ms(c->settings.idle_timeout_ms,
			       peer != NULL ? peer->max_idle_timeout /
						      NGTCP2_MILLISECONDS
					    : 0);
}

static int on_complete(ngtcp2_conn *ng, void *user_data)
{
	struct quic_conn *c = user_data;

	if (!quic_early_judge(c)) {
		return NGTCP2_ERR_CALLBACK_FAILURE;
	}
	c->complete = true;
	c->peer.opened = true;
	c->peer.timeout_ms = silence_ms(ng, c);
	/* A server's completion is the confirmation, RFC 9001 4.1.2. */
	c->confirmed = c->confirmed || c->server;
	send_token(ng, c, &ngtcp2_conn_get_path(ng)->remote);
	if (c->server) {
		quic_tls_send_ticket(c->tls);
	}
	if (c->settings.keepalive_ms != 0) {
		ngtcp2_conn_set_keep_alive_timeout(ng, keepalive(ng, c));
	}
	return 0;
}

/* What TLS may say in 1-RTT packets: a server tickets, a client nothing (RFC
 * 8446 4.6, RFC 9001 4.4 and 6). GnuTLS would obey more, such as a change of
 * keys by TLS, which ends the program in ngtcp2.
 * @return 0, or the error of the library. */
static int judge_late(ngtcp2_conn *ng, struct quic_late *late, bool server,
		      const uint8_t *data, size_t len)
{
	enum { NEW_SESSION_TICKET = 4, CERTIFICATE_REQUEST = 13, HEADER = 4 };
	size_t i = 0;

	for (i = 0; i < len; i++) {
		if (late->left > 0) {
			size_t n = len - i < late->left ? len - i : late->left;

			late->left -= n;
			i += n - 1;
			continue;
		}
		if (late->got == 0 && !server &&
		    data[i] == CERTIFICATE_REQUEST) {
			return NGTCP2_ERR_PROTO;
		}
		if (late->got == 0 &&
		    (server || data[i] != NEW_SESSION_TICKET)) {
			ngtcp2_conn_set_tls_alert(ng,
						  GNUTLS_A_UNEXPECTED_MESSAGE);
			return NGTCP2_ERR_CRYPTO;
		}
		/* of the four bytes the last three are the length */
		late->length = late->got == 0 ? 0 : late->length << 8 | data[i];
		if (++late->got == HEADER) {
			late->left = late->length;
			late->got = 0;
		}
	}
	return 0;
}

static int on_crypto_data(ngtcp2_conn *ng, ngtcp2_encryption_level level,
			  uint64_t offset, const uint8_t *data, size_t len,
			  void *user_data)
{
	struct quic_conn *c = user_data;
	int rc = 0;

	if (level == NGTCP2_ENCRYPTION_LEVEL_1RTT) {
		rc = judge_late(ng, &c->late, c->server, data, len);
	}
	if (rc != 0 || ngtcp2_conn_get_tls_native_handle(ng) == NULL) {
		return rc; /* tickets, when we want none or no more */
	}
	c->news = true; /* maybe: a ticket */
	return ngtcp2_crypto_recv_crypto_data_cb(ng, level, offset, data, len,
						 user_data);
}

static int on_confirmed(ngtcp2_conn *ng, void *user_data)
{
	struct quic_conn *c = user_data;

	(void)ng;
	c->confirmed = true;
	return 0;
}

static const char *addr_string(const ngtcp2_addr *a)
{
	union udp_address known;

	return udp_address_set(&known, a->addr, a->addrlen)
		       ? transport_address_string(&known.sa)
		       : "?";
}

/* RFC 9000 9: the peer answers at an address that is new to it or to us. */
static int on_path(ngtcp2_conn *ng, uint32_t flags, const ngtcp2_path *path,
		   const ngtcp2_path *old, ngtcp2_path_validation_result result,
		   void *user_data)
{
	struct quic_conn *c = user_data;
	union udp_address peer;

	if (result != NGTCP2_PATH_VALIDATION_RESULT_SUCCESS) {
		log_info("%s: the way from %s could not be confirmed",
			 addr_string(&path->remote), addr_string(&path->local));
		return 0;
	}
	c->moves++;
	log_info("%s: the connection goes on, from %s",
		 addr_string(&path->remote), addr_string(&path->local));
	if (old != NULL) {
		log_debug("it was between %s and %s before",
			  addr_string(&old->local), addr_string(&old->remote));
	}
	if (c->server && c->ops->moved != NULL &&
	    udp_address_set(&peer, path->remote.addr, path->remote.addrlen)) {
		c->ops->moved(c->where, &peer);
	}
	if (flags & NGTCP2_PATH_VALIDATION_FLAG_NEW_TOKEN) {
		send_token(ng, c, &path->remote);
	}
	return 0;
}

static int on_new_cid(ngtcp2_conn *ng, ngtcp2_cid *cid, uint8_t *token,
		      size_t cid_len, void *user_data)
{
	struct quic_conn *c = user_data;

	(void)ng;
	(void)cid_len; /* ours have one length */
	return c->ops->new_cid(c->where, cid, token)
		       ? 0
		       : NGTCP2_ERR_CALLBACK_FAILURE;
}

static int on_drop_cid(ngtcp2_conn *ng, const ngtcp2_cid *cid, void *user_data)
{
	struct quic_conn *c = user_data;

	(void)ng;
	c->ops->drop_cid(c->where, cid);
	return 0;
}

static int on_reset(ngtcp2_conn *ng, const ngtcp2_pkt_stateless_reset *reset,
		    void *user_data)
{
	struct quic_conn *c = user_data;

	(void)ng;
	(void)reset;
	c->was_reset = true;
	return 0;
}

/* Padding, packet number gaps and the like: unpredictable, not secret. */
static void on_rand(uint8_t *dest, size_t len, const ngtcp2_rand_ctx *ctx)
{
	(void)ctx;
	gnutls_rnd(GNUTLS_RND_NONCE, dest, len);
}

void quic_callbacks(ngtcp2_callbacks *out, bool server)
{
	*out = (ngtcp2_callbacks){
		.client_initial = ngtcp2_crypto_client_initial_cb,
		.recv_client_initial = ngtcp2_crypto_recv_client_initial_cb,
		.recv_crypto_data = on_crypto_data,
		.encrypt = quic_keys_encrypt,
		.decrypt = quic_keys_decrypt,
		.hp_mask = quic_keys_mask,
		.recv_retry = on_retry,
		.update_key = quic_keys_update,
		.delete_crypto_aead_ctx = quic_keys_drop_aead,
		.delete_crypto_cipher_ctx = quic_keys_drop_cipher,
		.get_path_challenge_data =
			ngtcp2_crypto_get_path_challenge_data_cb,
		.version_negotiation = ngtcp2_crypto_version_negotiation_cb,
		.handshake_completed = on_complete,
		.handshake_confirmed = on_confirmed,
		.recv_stream_data = on_stream_data,
		.acked_stream_data_offset = on_acked,
		.stream_close = on_stream_close,
		.stream_reset = on_stream_reset,
		.recv_stateless_reset = on_reset,
		.rand = on_rand,
		.path_validation = on_path,
		.get_new_connection_id = on_new_cid,
		.remove_connection_id = on_drop_cid,
	};
	if (server) {
		out->client_initial = NULL;
		out->recv_retry = NULL;
		out->stream_open = on_stream_open;
	} else {
		out->recv_client_initial = NULL;
		out->extend_max_local_streams_bidi = on_may_open;
		out->recv_new_token = on_new_token;
		out->recv_version_negotiation = quic_version_offered;
	}
}

/* --- qlog ---------------------------------------------------------------- */

/* One file a connection, named for the connection id that both ends know. */
void quic_qlog_open(struct quic_conn *c, const ngtcp2_cid *cid)
{
	char name[2 * NGTCP2_MAX_CIDLEN + 1] = "";
	char *path = NULL;
	size_t i = 0;

	if (c->settings.qlog_dir == NULL || c->qlog != NULL) {
		return;
	}
	for (i = 0; i < cid->datalen; i++) {
		snprintf(name + 2 * i, 3, "%02x", cid->data[i]);
	}
	path = talloc_asprintf(c, "%s/%s_%s.sqlog", c->settings.qlog_dir, name,
			       c->server ? "server" : "client");
	if (path != NULL) {
		c->qlog = fopen(path, "we");
	}
	talloc_free(path);
}

void quic_qlog_write(void *user_data, uint32_t flags, const void *data,
		     size_t len)
{
	struct quic_conn *c = user_data;

	(void)flags;
	if (c->qlog != NULL) {
		fwrite(data, 1, len, c->qlog);
	}
}
