/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * quic_conn.c - one QUIC connection: its beginning, what comes in, what the
 * clock says, what is asked of it. No socket, no clock: see struct
 * quic_conn_ops. Its end is in quic_close.c, what it reports in
 * quic_report.c, what it sends in quic_output.c.
 */
#define LOG_MODULE "quic"
#include <assert.h>
#include <errno.h>
#include <string.h>
#include <arpa/inet.h>
#include <gnutls/crypto.h>

#include "smbquic/log.h"
#include "smbquic/quic_conn_private.h"

#define MAX_PROBES    16
#define MAX_ACK_DELAY (25 * NGTCP2_MILLISECONDS) /* of the peer, at most */

/* Packets that the server acknowledges at once together (RFC 9000 13.2.2; a
 * gap it still tells at once). Each acknowledgement costs Samba's client a walk
 * through all that it has sent. Below the ten of a first window. */
#define SERVER_ACK_THRESHOLD 8

/* A stranger cannot make us hold more: enough for a log-on at full speed. */
#define STRANGER_WINDOW ((size_t)1 << 20)

/* After these many port-unreachable in a row an open connection is given up:
 * one alone may be forged or left over. */
#define REFUSED_LIMIT 3

/* --- beginning ----------------------------------------------------------- */

/* The sizes that path MTU discovery tries: first what fits nearly everywhere,
 * then all that the first hop takes, then what common links leave. */
static size_t mtu_probes(size_t max_payload, uint16_t probes[MAX_PROBES])
{
	static const uint16_t common[] = {16376, 8972, 4436, 1472, 1464, 1452,
					  1432,	 1412, 1372, 1340, 1252};
	size_t n = 0;
	size_t i = 0;

	if (max_payload > 1392) {
		probes[n++] = 1392;
	}
	if (max_payload > NGTCP2_MAX_UDP_PAYLOAD_SIZE) {
		probes[n++] = (uint16_t)max_payload;
	}
	for (i = 0; i < sizeof(common) / sizeof(common[0]); i++) {
		if (common[i] < max_payload) {
			probes[n++] = common[i];
		}
	}
	return n;
}

static void make_settings(const struct quic_conn *c,
			  const struct quic_conn_params *p,
			  const uint16_t *probes, size_t probe_count,
			  ngtcp2_settings *s)
{
	const struct transport_settings *t = &c->settings;
	unsigned timeout =
		c->server ? t->handshake_timeout_ms : t->connect_timeout_ms;

	ngtcp2_settings_default(s);
	s->initial_ts = p->now;
	s->handshake_timeout = timeout * NGTCP2_MILLISECONDS;
	s->cc_algo = t->congestion == TRANSPORT_CONGESTION_BBR
			     ? NGTCP2_CC_ALGO_BBR
			     : NGTCP2_CC_ALGO_CUBIC;
	log_debug("%s: congestion control is %s", c->peer.address,
		  s->cc_algo == NGTCP2_CC_ALGO_BBR ? "bbr" : "cubic");
	if (c->server) {
		s->ack_thresh = SERVER_ACK_THRESHOLD;
	}
	s->max_window = t->max_window;
	s->max_stream_window = t->max_window;
	s->max_tx_udp_payload_size =
		p->max_payload > NGTCP2_MAX_UDP_PAYLOAD_SIZE
			? p->max_payload
			: NGTCP2_MAX_UDP_PAYLOAD_SIZE;
	s->pmtud_probes = probes;
	s->pmtud_probeslen = probe_count;
	s->no_pmtud = probe_count == 0;
	if (c->qlog != NULL) {
		s->qlog_write = quic_qlog_write;
	}
	quic_version_settings(c, s);
}

/* What may be on its way from the peer before we read. */
static size_t first_window(const struct quic_conn *c)
{
	size_t window = c->settings.stream_window;

	return c->server && window > STRANGER_WINDOW ? STRANGER_WINDOW : window;
}

/* Half as much again for the connection as for its stream: the stream's
 * window is the one that ends first. */
static uint64_t of_connection(size_t window)
{
	return window + window / 2;
}

static void make_transport_params(const struct quic_conn *c,
				  ngtcp2_transport_params *tp)
{
	const struct transport_settings *t = &c->settings;

	ngtcp2_transport_params_default(tp);
	tp->initial_max_stream_data_bidi_local = c->window;
	tp->initial_max_stream_data_bidi_remote = c->window;
	tp->initial_max_data = of_connection(c->window);
	tp->initial_max_streams_bidi = c->server ? 1 : 0;
	tp->initial_max_streams_uni = 0;
	tp->max_idle_timeout = t->idle_timeout_ms * NGTCP2_MILLISECONDS;
	tp->active_connection_id_limit = 7;
	tp->grease_quic_bit = 1; /* RFC 9287 */
}

static void make_path(const struct quic_conn_params *p, ngtcp2_path *path)
{
	*path = (ngtcp2_path){
		.local = {.addr = (ngtcp2_sockaddr *)(uintptr_t)&p->local->sa,
			  .addrlen = udp_address_len(p->local)},
		.remote = {.addr = (ngtcp2_sockaddr *)(uintptr_t)&p->peer->sa,
			   .addrlen = udp_address_len(p->peer)},
	};
}

static int quic_conn_destructor(struct quic_conn *c)
{
	quic_conn_close(c, TRANSPORT_CLOSE_DONE, NULL);
	if (c->ng != NULL) {
		ngtcp2_conn_del(c->ng); /* it never got far */
		c->ng = NULL;
	}
	if (c->qlog != NULL) {
		fclose(c->qlog);
	}
	if (c->gone != NULL) {
		*c->gone = true;
	}
	c->ops->released(c->where);
	return 0;
}

static struct quic_conn *quic_conn_new(TALLOC_CTX *mem_ctx,
				       const struct quic_conn_params *p,
				       bool server)
{
	struct quic_conn *c = talloc_zero(mem_ctx, struct quic_conn);

	if (c == NULL) {
		return NULL;
	}
	c->ops = p->ops;
	c->where = p->where;
	c->settings = *p->settings;
	c->server = server;
	c->window = first_window(c);
	c->stream_id = -1;
	c->paced = QUIC_NEVER;
	quic_mtu_init(&c->mtu);
	quic_flight_init(&c->flight, p->now);
	quic_gather_init(&c->gather);
	c->peer.server = !server;
	c->peer.timeout_ms = server ? c->settings.handshake_timeout_ms
				    : c->settings.connect_timeout_ms;
	c->peer.address =
		talloc_strdup(c, transport_address_string(&p->peer->sa));
	c->peer.endpoint = talloc_asprintf(c, "%s/udp", c->peer.address);
	if (c->peer.address == NULL || c->peer.endpoint == NULL) {
		talloc_free(c);
		return NULL;
	}
	return c;
}

static unsigned port_of(const union udp_address *a)
{
	return ntohs(a->sa.sa_family == AF_INET ? a->in.sin_port
						: a->in6.sin6_port);
}

static bool bind_tls(struct quic_conn *c)
{
	if (quic_tls_bind(c->tls, c->ng)) {
		return true;
	}
	ngtcp2_conn_del(c->ng);
	c->ng = NULL;
	return false;
}

static int client_begin(struct quic_conn *c, const struct quic_conn_params *p,
			const struct quic_client_params *client)
{
	ngtcp2_callbacks callbacks;
	ngtcp2_settings settings;
	ngtcp2_transport_params tp;
	ngtcp2_path path;
	ngtcp2_cid scid, dcid = {.datalen = QUIC_CID_LEN};
	uint16_t probes[MAX_PROBES];
	uint8_t token[NGTCP2_STATELESS_RESET_TOKENLEN];

	/* A client sends no reset token, RFC 9000 18.2. */
	if (!c->ops->new_cid(c->where, &scid, token)) {
		return ENOMEM;
	}
	gnutls_rnd(GNUTLS_RND_RANDOM, dcid.data, dcid.datalen);
	quic_qlog_open(c, &dcid);
	quic_callbacks(&callbacks, false);
	make_settings(c, p, probes, mtu_probes(p->max_payload, probes),
		      &settings);
	make_transport_params(c, &tp);
	if (client->token_len > 0) {
		settings.token = client->token;
		settings.tokenlen = client->token_len;
		settings.token_type = NGTCP2_TOKEN_TYPE_NEW_TOKEN;
	}
	make_path(p, &path);
	if (ngtcp2_conn_client_new(&c->ng, &dcid, &scid, &path,
				   quic_version_first(c), &callbacks, &settings,
				   &tp, NULL, c) != 0) {
		return ENOMEM;
	}
	if (!bind_tls(c)) {
		return ENOMEM;
	}
	quic_early_begin(c);
	return 0;
}

int quic_conn_begin(struct quic_conn *c, const struct quic_conn_params *p,
		    const struct quic_client_params *client, char **why)
{
	c->tls = quic_tls_client(c, client->tls, client->server_name,
				 port_of(p->peer), p->settings->keylog_file,
				 &client->resume, why);
	if (c->tls == NULL) {
		return *why != NULL ? EINVAL : ENOMEM;
	}
	return client_begin(c, p, client);
}

int quic_conn_client(TALLOC_CTX *mem_ctx, const struct quic_conn_params *p,
		     const struct quic_client_params *client,
		     struct quic_conn **out, char **why)
{
	struct quic_conn *c = quic_conn_new(mem_ctx, p, false);
	int err = 0;

	*why = NULL;
	if (c == NULL) {
		return ENOMEM;
	}
	c->peer.name = talloc_strdup(c, client->server_name);
	c->visits = p->settings->visits_file != NULL
			    ? talloc_strdup(c, p->settings->visits_file)
			    : NULL;
	quic_visit_policy(client->tls, c->visits_policy);
	c->begin.local = *p->local;
	c->begin.peer = *p->peer;
	c->begin.max_payload = p->max_payload;
	err = quic_conn_begin(c, p, client, why);
	if (err != 0) {
		talloc_steal(mem_ctx, *why);
		talloc_free(c);
		return err;
	}
	talloc_set_destructor(c, quic_conn_destructor);
	*out = c;
	return 0;
}

static bool server_begin(struct quic_conn *c, const struct quic_conn_params *p,
			 const struct quic_server_params *server)
{
	const ngtcp2_pkt_hd *hd = server->initial;
	ngtcp2_callbacks callbacks;
	ngtcp2_settings settings;
	ngtcp2_transport_params tp;
	ngtcp2_path path;
	ngtcp2_cid scid;
	uint16_t probes[MAX_PROBES];

	make_transport_params(c, &tp);
	if (server->max_receive != 0) {
		tp.max_udp_payload_size = server->max_receive;
	}
	if (!c->ops->new_cid(c->where, &scid, tp.stateless_reset_token)) {
		return false;
	}
	tp.stateless_reset_token_present = 1;
	tp.original_dcid_present = 1;
	tp.original_dcid = hd->dcid;
	if (server->original_dcid != NULL) {
		tp.original_dcid = *server->original_dcid;
		tp.retry_scid_present = 1;
		tp.retry_scid = hd->dcid;
	}
	quic_qlog_open(c, &tp.original_dcid);
	quic_callbacks(&callbacks, true);
	make_settings(c, p, probes, mtu_probes(p->max_payload, probes),
		      &settings);
	if (server->token_type != NGTCP2_TOKEN_TYPE_UNKNOWN) {
		settings.token = hd->token;
		settings.tokenlen = hd->tokenlen;
		settings.token_type = server->token_type;
	}
	make_path(p, &path);
	if (ngtcp2_conn_server_new(&c->ng, &hd->scid, &scid, &path, hd->version,
				   &callbacks, &settings, &tp, NULL, c) != 0) {
		return false;
	}
	return bind_tls(c);
}

struct quic_conn *quic_conn_server(TALLOC_CTX *mem_ctx,
				   const struct quic_conn_params *p,
				   const struct quic_server_params *server)
{
	struct quic_conn *c = quic_conn_new(mem_ctx, p, true);

	if (c == NULL) {
		return NULL;
	}
	c->tls = quic_tls_server(c, server->tls, c->peer.address,
				 p->settings->keylog_file,
				 server->ticket_secret, server->replay);
	if (c->tls == NULL || !server_begin(c, p, server)) {
		talloc_free(c);
		return NULL;
	}
	c->retried = server->original_dcid != NULL;
	talloc_set_destructor(c, quic_conn_destructor);
	return c;
}

/* --- what happens -------------------------------------------------------- */

static void after_ngtcp2(struct quic_conn *c, int rc, quic_time now)
{
	if (rc != 0 || c->doomed) {
		quic_conn_fail(c, rc, now);
	}
}

bool quic_conn_input(struct quic_conn *c, const struct udp_train *t,
		     const uint8_t *data, size_t len, quic_time now)
{
	ngtcp2_pkt_info pi = {.ecn = t->ecn};
	ngtcp2_path path = {
		.local = {.addr = (ngtcp2_sockaddr *)(uintptr_t)&t->local.sa,
			  .addrlen = udp_address_len(&t->local)},
		.remote = {.addr = (ngtcp2_sockaddr *)(uintptr_t)&t->peer.sa,
			   .addrlen = udp_address_len(&t->peer)},
	};
	uint64_t before = 0;
	bool got = false;
	int rc = 0;

	if (c->ng == NULL) {
		return true;
	}
	c->packets_in++;
	c->peer.heard = true;
	c->refused = 0;
	c->heard = now;
	quic_pace_catch_up(c, now);
	if (c->ng == NULL) {
		return true;
	}
	before = c->stream.bytes_in;
	rc = ngtcp2_conn_read_pkt(c->ng, &path, &pi, data, len, now);
	got = c->stream.bytes_in > before;
	quic_hold_heard(c, got, now);
	quic_gather_heard(&c->gather,
			  got && (t->ecn & NGTCP2_ECN_MASK) != NGTCP2_ECN_CE,
			  now);
	after_ngtcp2(c, rc, now);
	return rc != NGTCP2_ERR_RETRY;
}

/* Nothing was acknowledged for three probe timeouts (RFC 9002 6.2.1). */
static void doubt_mtu(struct quic_conn *c, quic_time now)
{
	ngtcp2_conn_info info;
	quic_time patience = 0;

	if (!c->complete || ngtcp2_conn_get_path_max_tx_udp_payload_size(
				    c->ng) <= NGTCP2_MAX_UDP_PAYLOAD_SIZE) {
		return;
	}
	ngtcp2_conn_get_conn_info(c->ng, &info);
	patience = 3 * (info.smoothed_rtt + 4 * info.rttvar + MAX_ACK_DELAY);
	if (quic_mtu_doubt(&c->mtu, patience, now)) {
		log_debug("%s: no answer to large packets: small ones for now",
			  c->peer.address);
	}
}

void quic_conn_expire(struct quic_conn *c, quic_time now)
{
	after_ngtcp2(c, ngtcp2_conn_handle_expiry(c->ng, now), now);
}

void quic_conn_tick(struct quic_conn *c, quic_time now)
{
	quic_hold_over(c);
	quic_gather_rang(&c->gather);
	quic_pace_catch_up(c, now);
	if (c->ng == NULL) {
		return;
	}
	doubt_mtu(c, now);
	quic_conn_expire(c, now);
}

void quic_conn_socket_error(struct quic_conn *c, int err, quic_time now)
{
	if (c->ng == NULL) {
		return;
	}
	c->refused++;
	c->packets_sent_back++;
	if (c->complete && c->refused < REFUSED_LIMIT) {
		return;
	}
	if (c->complete && err != ECONNREFUSED) {
		return; /* routes come back */
	}
	quic_error_socket(c, &c->peer, err, &c->end);
	quic_conn_finish(c, NULL, now);
}

quic_time quic_conn_deadline(struct quic_conn *c)
{
	if (c->ng == NULL) {
		return QUIC_NEVER;
	}
	return quic_gather_deadline(
		&c->gather,
		quic_hold_deadline(c, c->paced != QUIC_NEVER
					      ? c->unpaced
					      : ngtcp2_conn_get_expiry(c->ng)));
}

/* --- calls from above ---------------------------------------------------- */

bool quic_conn_read(struct quic_conn *c, struct quic_read *r, int *err)
{
	size_t moved = 0;

	assert(c->stream.read == NULL);
	r->got = 0;
	c->stream.read = r;
	moved = quic_stream_fill(&c->stream);
	if (moved > 0) {
		c->credit += moved;
		c->ops->wake(c->where);
	}
	if (!quic_stream_read_ready(&c->stream, c->over, c->end.err, err)) {
		return false;
	}
	c->stream.read = NULL;
	return true;
}

void quic_conn_cancel_read(struct quic_conn *c, struct quic_read *r)
{
	if (c->stream.read == r) {
		c->stream.read = NULL;
	}
}

bool quic_conn_write(struct quic_conn *c, struct quic_write *w, int *err)
{
	*err = 0;
	if (c->over) {
		*err = quic_conn_write_error(c);
		return true;
	}
	if (c->stream.finishing) {
		*err = EPIPE; /* RFC 9000 3.1: nothing follows the end */
		return true;
	}
	if (!quic_stream_queue(&c->stream, w)) {
		return true;
	}
	c->ops->wake(c->where);
	return false;
}

void quic_conn_end_stream(struct quic_conn *c)
{
	c->stream.finishing = true;
	if (!c->over) {
		c->ops->wake(c->where);
	}
}

void quic_conn_cancel_write(struct quic_conn *c, struct quic_write *w)
{
	if (quic_stream_cancel(&c->stream, w)) {
		quic_conn_close(c, TRANSPORT_CLOSE_INTERNAL,
				"a write was given up");
	}
}

void *quic_conn_leave(struct quic_conn *c)
{
	if (c->gone != NULL) {
		*c->gone = true;
		c->gone = NULL;
	}
	return c->where;
}

void quic_conn_move(struct quic_conn *c, void *where)
{
	c->where = where;
}

void *quic_conn_where(const struct quic_conn *c)
{
	return c->where;
}

bool quic_conn_give_identity(struct quic_conn *c, TALLOC_CTX *mem_ctx)
{
	return quic_tls_give_identity(c->tls, mem_ctx);
}

/* A peer that fills its window too early may suffer more than a pause: some
 * clients do not survive it. So all of it at once, and not as it is used. */
void quic_conn_trust(struct quic_conn *c)
{
	size_t max = c->settings.max_window;

	if (c->ng == NULL || c->stream_id == -1 || c->window >= max) {
		return;
	}
	ngtcp2_conn_extend_max_stream_offset(c->ng, c->stream_id,
					     max - c->window);
	ngtcp2_conn_extend_max_offset(c->ng, of_connection(max) -
						     of_connection(c->window));
	c->window = max;
	c->ops->wake(c->where);
}

const uint8_t *quic_conn_new_token(const struct quic_conn *c, size_t *len)
{
	*len = c->new_token_len;
	return c->new_token;
}

const uint8_t *quic_conn_session(const struct quic_conn *c, size_t *len)
{
	return quic_tls_session(c->tls, len);
}

/*
 * RFC 9000 9: go on from another local address. Not before the handshake is
 * confirmed (9.), and not to where we are: ngtcp2 knows.
 */
bool quic_conn_migrate(struct quic_conn *c, const union udp_address *local,
		       const union udp_address *peer)
{
	const ngtcp2_path path = {
		.local = {.addr = (ngtcp2_sockaddr *)(uintptr_t)&local->sa,
			  .addrlen = udp_address_len(local)},
		.remote = {.addr = (ngtcp2_sockaddr *)(uintptr_t)&peer->sa,
			   .addrlen = udp_address_len(peer)},
	};

	quic_time now = c->ops->now(c->where);

	quic_pace_catch_up(c, now);
	if (c->ng == NULL || c->server ||
	    ngtcp2_conn_initiate_immediate_migration(c->ng, &path, now) != 0) {
		return false;
	}
	c->refused = 0;
	c->ops->wake(c->where);
	return true;
}

bool quic_conn_may_migrate(const struct quic_conn *c)
{
	return c->ng != NULL && !c->server && c->confirmed;
}

uint64_t quic_conn_heard(const struct quic_conn *c, bool *owed)
{
	ngtcp2_conn_info info = {0};

	if (c->ng != NULL) {
		ngtcp2_conn_get_conn_info(c->ng, &info);
	}
	*owed = info.bytes_in_flight > 0;
	return c->packets_in;
}

bool quic_conn_update_keys(struct quic_conn *c)
{
	quic_time now = c->ops->now(c->where);

	quic_pace_catch_up(c, now);
	return c->ng != NULL &&
	       ngtcp2_conn_initiate_key_update(c->ng, now) == 0;
}

/* --- facts --------------------------------------------------------------- */

bool quic_conn_is_open(const struct quic_conn *c)
{
	return c->reported && !c->over;
}

const struct quic_end *quic_conn_end(const struct quic_conn *c)
{
	return c->over ? &c->end : NULL;
}

static socklen_t copy_address(struct sockaddr_storage *out,
			      const ngtcp2_addr *in)
{
	memcpy(out, in->addr, in->addrlen);
	return in->addrlen;
}

bool quic_conn_facts(struct quic_conn *c, TALLOC_CTX *mem_ctx,
		     struct transport_facts *out)
{
	const ngtcp2_path *path = NULL;

	*out = (struct transport_facts){.secure = true};
	if (c->ng == NULL) {
		return false;
	}
	path = ngtcp2_conn_get_path(c->ng);
	out->local_len = copy_address(&out->local, &path->local);
	out->peer_len = copy_address(&out->peer, &path->remote);
	out->quic_version =
		ngtcp2_conn_get_negotiated_version(c->ng) == NGTCP2_PROTO_VER_V2
			? "v2"
			: "v1";
	out->retried = c->retried;
	if (!quic_tls_facts(c->tls, mem_ctx, out)) {
		return false;
	}
	out->early_sent = c->early_written;
	out->early_taken = c->server ? quic_tls_early_answer(c->tls)
				     : c->early_written && c->early_taken;
	if (out->early_taken) {
		out->tls_version = "TLS1.3, resumed, 0-RTT";
	}
	return true;
}

void quic_conn_stats(struct quic_conn *c, struct transport_stats *out)
{
	ngtcp2_conn_info info = c->last_info;

	*out = (struct transport_stats){
		.bytes_in = c->stream.bytes_in,
		.bytes_out = c->stream.bytes_out,
		.bytes_acked = c->stream.bytes_acked,
		.packets_in = c->packets_in,
		.packets_out = c->packets_out,
		.packets_lost = c->packets_lost,
		.packets_sent_back = c->packets_sent_back,
		.path_mtu = c->last_mtu,
	};
	if (c->ng != NULL) {
		ngtcp2_conn_get_conn_info(c->ng, &info);
		out->path_mtu =
			ngtcp2_conn_get_path_max_tx_udp_payload_size(c->ng);
		out->packets_lost =
			ngtcp2_conn_get_stream_loss_count(c->ng, c->stream_id);
	}
	out->bytes_in_flight = info.bytes_in_flight;
	out->rtt_us = info.smoothed_rtt / NGTCP2_MICROSECONDS;
	out->cwnd = info.cwnd;
}
