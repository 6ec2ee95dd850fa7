/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A probe: the name, then UDP, SMB over QUIC and direct TCP beside each other,
 * within one limit of time. */
#include <errno.h>
#include <string.h>

#include "certs/client_map.h"
#include "client/client_req.h"
#include "client/probe_private.h"
#include "smbquic/alarm.h"
#include "smbquic/resolve.h"

#define DEFAULT_TIMEOUT_MS 10000
#define SPARE_MS	   1000 /* our own limit comes first */
#define QUIC_PORT	   443
#define TCP_PORT	   445

struct probe_state {
	struct tevent_context *ev;
	struct client_probe_options options;
	struct tls_client_policy looking; /* accepts all, and shows it to us */
	struct transport_settings settings;
	struct race_params quic, tcp;
	struct client_probe_result *result;
	uint64_t began;
	struct tevent_req *udp_req, *quic_req, *tcp_req;
};

static void probe_named(struct tevent_req *subreq);
static void probe_udp_done(struct tevent_req *subreq);
static void probe_quic_done(struct tevent_req *subreq);
static void probe_tcp_done(struct tevent_req *subreq);

/* ------------------------------------------------------------ what is shown */

/* The first handshake shows the certificate; those of later rounds show it
 * again. */
static void take_certificate(void *private_data, const gnutls_datum_t *chain,
			     unsigned count, bool asks)
{
	struct probe_state *state =
		talloc_get_type_abort(private_data, struct probe_state);
	struct client_probe_result *r = state->result;
	struct tls_judgement judgement = {0};
	char *why = NULL;

	r->client_certificate = asks;
	if (r->cert != NULL || r->cert_why != NULL) {
		return;
	}
	r->cert = cert_from_der(r, chain, count, &why);
	if (r->cert == NULL) {
		r->cert_why = why != NULL ? why : "out of memory";
		return;
	}
	if (tls_judge(r, &state->options.tls, state->options.server,
		      state->options.quic_port, chain, count, NULL,
		      &judgement)) {
		r->trusted = judgement.verified;
		r->trust =
			judgement.accepted ? judgement.how : judgement.why_not;
	}
}

static void take_facts(void *private_data, const struct transport *t)
{
	struct probe_state *state =
		talloc_get_type_abort(private_data, struct probe_state);
	struct client_probe_result *r = state->result;
	const struct transport_facts *f = transport_facts(t);

	r->quic_version = f->quic_version;
	r->alpn = talloc_strdup(r, f->alpn != NULL ? f->alpn : "");
	r->tls_version =
		talloc_strdup(r, f->tls_version != NULL ? f->tls_version : "");
	r->tls_cipher =
		talloc_strdup(r, f->tls_cipher != NULL ? f->tls_cipher : "");
	r->retry = f->retried;
}

/* ---------------------------------------------------------------- beginning */

static bool keep(TALLOC_CTX *mem_ctx, const char **text)
{
	if (*text != NULL) {
		*text = talloc_strdup(mem_ctx, *text);
	}
	return *text != NULL;
}

static bool probe_copy(struct probe_state *state,
		       const struct client_probe_options *options)
{
	struct client_probe_options *o = &state->options;

	*o = *options;
	o->tls.look = NULL;
	o->quic_port = o->quic_port != 0 ? o->quic_port : QUIC_PORT;
	o->tcp_port = o->tcp_port != 0 ? o->tcp_port : TCP_PORT;
	o->timeout_ms = o->timeout_ms != 0 ? o->timeout_ms : DEFAULT_TIMEOUT_MS;
	(void)keep(state, &o->address);
	(void)keep(state, &o->tls.ca_file);
	(void)keep(state, &o->tls.pin);
	(void)keep(state, &o->tls.crl_file);
	(void)keep(state, &o->tls.known_hosts);
	(void)keep(state, &o->tls.cert_file);
	(void)keep(state, &o->tls.key_file);
	return keep(state, &o->server);
}

/* As a client would that is not told which. One that cannot be used is as if
 * there was none: the server then says whether it wants one. */
static void probe_map(struct probe_state *state)
{
	struct client_probe_options *o = &state->options;
	struct client_map_found found = {.name = NULL};
	char *why = NULL;

	if (o->tls.cert_file == NULL &&
	    client_map_find(state, NULL, o->server, &found, &why)) {
		o->tls.cert_file = found.certificate;
		o->tls.key_file = found.key;
	}
	talloc_free(why);
}

static void probe_prepare(struct probe_state *state)
{
	const struct client_probe_options *o = &state->options;

	transport_settings_default(&state->settings);
	state->settings.connect_timeout_ms = o->timeout_ms + SPARE_MS;
	state->settings.visits_file = NULL; /* nothing is resumed */
	state->looking = o->tls;
	state->looking.trust = TLS_TRUST_NONE;
	state->looking.look = take_certificate;
	state->looking.private_data = state;
	state->quic = (struct race_params){
		.server_name = o->server,
		.address = o->address,
		/* the one that shows everything */
		.lane = {{.via = &transport_quic_user, .port = o->quic_port}},
		.lanes = 1,
		.tls = &state->looking,
		.settings = &state->settings,
	};
	state->tcp = state->quic;
	state->tcp.lane[0].via = &transport_tcp;
	state->tcp.lane[0].port = o->tcp_port;
}

static void probe_end(struct tevent_req *req)
{
	struct probe_state *state = tevent_req_data(req, struct probe_state);

	state->result->total_us = probe_now() - state->began;
	tevent_req_done(req);
}

/* What has not answered by now does not answer. */
static void probe_timed_out(void *private_data)
{
	struct tevent_req *req =
		talloc_get_type_abort(private_data, struct tevent_req);
	struct probe_state *state = tevent_req_data(req, struct probe_state);
	struct client_probe_result *r = state->result;
	const char *why = talloc_asprintf(r, "no answer within %.3g s",
					  state->options.timeout_ms / 1000.0);

	r->timed_out = true;
	if (state->udp_req != NULL) {
		r->udp_why = why;
	}
	if (state->quic_req != NULL && !r->quic.negotiated) {
		r->quic.why = why;
	}
	if (state->tcp_req != NULL && !r->tcp.negotiated) {
		r->tcp.why = why;
	}
	if (state->udp_req == NULL && state->quic_req == NULL &&
	    state->tcp_req == NULL) {
		r->name_why = why;
	}
	TALLOC_FREE(state->udp_req);
	TALLOC_FREE(state->quic_req);
	TALLOC_FREE(state->tcp_req);
	probe_end(req);
}

struct tevent_req *client_probe_send(TALLOC_CTX *mem_ctx,
				     struct tevent_context *ev,
				     const struct client_probe_options *options)
{
	struct probe_state *state = NULL;
	struct tevent_req *req =
		tevent_req_create(mem_ctx, &state, struct probe_state);
	struct tevent_req *subreq = NULL;

	if (req == NULL) {
		return NULL;
	}
	state->ev = ev;
	state->began = probe_now();
	state->result = talloc_zero(state, struct client_probe_result);
	if (tevent_req_nomem(state->result, req) ||
	    !probe_copy(state, options)) {
		tevent_req_oom(req);
		return tevent_req_post(req, ev);
	}
	probe_map(state);
	probe_prepare(state);
	subreq = resolve_send(state, ev,
			      options->address != NULL ? options->address
						       : options->server);
	if (tevent_req_nomem(subreq, req) ||
	    tevent_req_nomem(alarm_add(ev, state, state->options.timeout_ms,
				       probe_timed_out, req),
			     req)) {
		return tevent_req_post(req, ev);
	}
	tevent_req_set_callback(subreq, probe_named, req);
	return req;
}

/* ------------------------------------------------------------------ the parts
 */

/* @return false: no memory, the request has ended. */
static bool probe_start(struct tevent_req *req, struct tevent_req **subreq,
			tevent_req_fn done)
{
	if (tevent_req_nomem(*subreq, req)) {
		return false;
	}
	tevent_req_set_callback(*subreq, done, req);
	return true;
}

static void probe_named(struct tevent_req *subreq)
{
	struct tevent_req *req =
		tevent_req_callback_data(subreq, struct tevent_req);
	struct probe_state *state = tevent_req_data(req, struct probe_state);
	struct client_probe_result *r = state->result;
	struct resolve_result found = {0};
	char *why = NULL;
	int err = resolve_recv(subreq, r, &found, &why);

	talloc_free(subreq);
	if (err != 0) {
		r->name_why = why != NULL ? why : strerror(err);
		probe_end(req);
		return;
	}
	resolve_set_port(&found.addr[0], state->options.quic_port);
	state->udp_req = probe_udp_send(state, state->ev,
					(const struct sockaddr *)&found.addr[0],
					resolve_sockaddr_size(&found.addr[0]));
	if (!probe_start(req, &state->udp_req, probe_udp_done)) {
		return;
	}
	state->quic_req = probe_smb_send(state, state->ev, &state->quic, r,
					 &r->quic, take_facts, state);
	if (!probe_start(req, &state->quic_req, probe_quic_done) ||
	    state->options.skip_tcp) {
		return;
	}
	state->tcp_req = probe_smb_send(state, state->ev, &state->tcp, r,
					&r->tcp, NULL, NULL);
	(void)probe_start(req, &state->tcp_req, probe_tcp_done);
}

/* A server need not answer what it does not know, so this is not waited for
 * when the connection is there. */
static void probe_look_round(struct tevent_req *req)
{
	struct probe_state *state = tevent_req_data(req, struct probe_state);
	struct client_probe_result *r = state->result;

	if (state->quic_req != NULL || state->tcp_req != NULL) {
		return;
	}
	if (state->udp_req != NULL && r->quic.connected) {
		TALLOC_FREE(state->udp_req);
		r->udp_answers = true;
	}
	if (state->udp_req != NULL && r->quic.why != NULL) {
		TALLOC_FREE(state->udp_req);
		r->udp_why = r->quic.why;
	}
	if (state->udp_req == NULL) {
		probe_end(req);
	}
}

static void probe_udp_done(struct tevent_req *subreq)
{
	struct tevent_req *req =
		tevent_req_callback_data(subreq, struct tevent_req);
	struct probe_state *state = tevent_req_data(req, struct probe_state);
	struct client_probe_result *r = state->result;
	struct probe_udp udp = {0};
	int err = probe_udp_recv(subreq, &udp, &r->udp_us);

	TALLOC_FREE(state->udp_req);
	if (err == 0) {
		r->udp_answers = true;
		r->version_count = udp.count;
		memcpy(r->versions, udp.versions, sizeof(r->versions));
	} else {
		r->udp_us = 0;
		r->udp_why = talloc_strdup(r, strerror(err));
	}
	probe_look_round(req);
}

static void probe_quic_done(struct tevent_req *subreq)
{
	struct tevent_req *req =
		tevent_req_callback_data(subreq, struct tevent_req);
	struct probe_state *state = tevent_req_data(req, struct probe_state);
	bool good = probe_smb_recv(subreq);

	TALLOC_FREE(state->quic_req);
	if (!good) {
		tevent_req_oom(req);
		return;
	}
	probe_look_round(req);
}

static void probe_tcp_done(struct tevent_req *subreq)
{
	struct tevent_req *req =
		tevent_req_callback_data(subreq, struct tevent_req);
	struct probe_state *state = tevent_req_data(req, struct probe_state);
	bool good = probe_smb_recv(subreq);

	TALLOC_FREE(state->tcp_req);
	if (!good) {
		tevent_req_oom(req);
		return;
	}
	probe_look_round(req);
}

NTSTATUS client_probe_recv(struct tevent_req *req, TALLOC_CTX *mem_ctx,
			   struct client_probe_result **out)
{
	struct probe_state *state = tevent_req_data(req, struct probe_state);
	NTSTATUS status = req_status(req);

	*out = NULL;
	if (NT_STATUS_IS_OK(status)) {
		*out = talloc_move(mem_ctx, &state->result);
	}
	tevent_req_received(req);
	return status;
}

NTSTATUS client_probe(TALLOC_CTX *mem_ctx, struct tevent_context *ev,
		      const struct client_probe_options *options,
		      struct client_probe_result **out)
{
	struct tevent_req *req = client_probe_send(mem_ctx, ev, options);
	NTSTATUS status = NT_STATUS_NO_MEMORY;

	*out = NULL;
	if (req != NULL && tevent_req_poll(req, ev)) {
		status = client_probe_recv(req, mem_ctx, out);
	}
	talloc_free(req);
	return status;
}
