/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * transport.c - the table of carriers, and the wrappers that hold the rows to
 * the contract of transport.h.
 */
#include <assert.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <arpa/inet.h>
#include <netinet/in.h>

#include "smbquic/log.h"
#include "smbquic/transport.h"

/* "quic" comes first: the order in which help texts list them. */
static const struct transport_backend *const rows[] = {
	&transport_quic_user,
	&transport_quic_kernel,
	&transport_tcp,
	NULL,
};

struct transport {
	const struct transport_backend *backend;
	void *state;
	struct transport_facts facts;
	struct transport_call_state *reading; /* the one read, or NULL */
	bool finished;			      /* nothing is written any more */
};

struct transport_listener {
	void *state;
	struct sockaddr_storage addr;
	void (*counts)(void *state, unsigned *connections,
		       unsigned *handshakes);
};

const struct transport_backend *const *transport_backends(void)
{
	return rows;
}

/* "quic": the kernel's socket where it works, else the userspace stack. */
static const struct transport_backend *best_quic(const char **why)
{
	const char *missing = NULL;

	if (transport_quic_kernel.usable(&missing)) {
		*why = "the kernel has a QUIC socket";
		return &transport_quic_kernel;
	}
	*why = missing;
	return &transport_quic_user;
}

const struct transport_backend *transport_backend_find(const char *name,
						       const char **why)
{
	const char *reason = NULL;
	const struct transport_backend *found = NULL;
	size_t i = 0;

	if (strcmp(name, "quic") == 0) {
		found = best_quic(&reason);
	}
	for (i = 0; found == NULL && rows[i] != NULL; i++) {
		if (strcmp(rows[i]->name, name) == 0) {
			found = rows[i];
			reason = "asked for";
		}
	}
	if (why != NULL) {
		*why = reason;
	}
	return found;
}

void transport_log_lacking(const struct transport_backend *via,
			   const struct transport_settings *settings,
			   bool threads)
{
	const struct {
		enum transport_lack lack;
		bool wanted;
		const char *text;
	} lacks[] = {
		{TRANSPORT_LACKS_BBR,
		 settings->congestion == TRANSPORT_CONGESTION_BBR,
		 "no BBR, and sends by CUBIC"},
		{TRANSPORT_LACKS_EARLY_DATA, settings->early_data, "no 0-RTT"},
		{TRANSPORT_LACKS_THREADS, threads, "no network threads"},
	};
	size_t i = 0;

	for (i = 0; i < sizeof(lacks) / sizeof(lacks[0]); i++) {
		if ((via->lacks & lacks[i].lack) != 0 && lacks[i].wanted) {
			log_warn("%s has %s: what asks for it has no effect "
				 "there",
				 via->name, lacks[i].text);
		}
	}
}

static void environment_path(const char *name, const char **out)
{
	const char *value = secure_getenv(name);

	*out = (value != NULL && value[0] != '\0') ? value : NULL;
}

void transport_settings_default(struct transport_settings *out)
{
	*out = (struct transport_settings){
		.connect_timeout_ms = 10000,
		.handshake_timeout_ms = 10000,
		.idle_timeout_ms = 30000,
		.keepalive_ms = 10000,
		.stream_window = 8 << 20,
		.max_window = 64 << 20,
		.max_connections = 1024,
		.max_connections_per_source = 0,
		.max_handshakes = 128,
		.quic_version = 1,
	};
	environment_path("SSLKEYLOGFILE", &out->keylog_file);
	environment_path("QLOGDIR", &out->qlog_dir);
}

/* --- connect ------------------------------------------------------------ */

struct transport_connect_state {
	const struct transport_backend *via;
	struct transport *transport;
	char *why;
};

static void transport_connect_done(struct tevent_req *subreq);

struct tevent_req *transport_connect_send(TALLOC_CTX *mem_ctx,
					  struct tevent_context *ev,
					  const struct transport_backend *via,
					  const struct transport_target *to)
{
	struct tevent_req *req = NULL;
	struct tevent_req *subreq = NULL;
	struct transport_connect_state *state = NULL;
	const char *missing = NULL;

	assert(!via->secure || (to->tls != NULL && to->server_name != NULL));

	req = tevent_req_create(mem_ctx, &state,
				struct transport_connect_state);
	if (req == NULL) {
		return NULL;
	}
	state->via = via;
	if (!via->usable(&missing)) {
		state->why = talloc_asprintf(state, "%s does not work here: %s",
					     via->name, missing);
		tevent_req_error(req, ENOTSUP);
		return tevent_req_post(req, ev);
	}
	log_debug("connecting to %s by %s", transport_address_string(to->addr),
		  via->name);
	subreq = via->connect_send(state, ev, to);
	if (tevent_req_nomem(subreq, req)) {
		return tevent_req_post(req, ev);
	}
	tevent_req_set_callback(subreq, transport_connect_done, req);
	return req;
}

static void transport_connect_done(struct tevent_req *subreq)
{
	struct tevent_req *req =
		tevent_req_callback_data(subreq, struct tevent_req);
	struct transport_connect_state *state =
		tevent_req_data(req, struct transport_connect_state);
	int err = 0;

	err = state->via->connect_recv(subreq, state, &state->transport,
				       &state->why);
	TALLOC_FREE(subreq);
	if (tevent_req_error(req, err)) {
		return;
	}
	assert(state->transport != NULL);
	assert(!state->via->secure || state->transport->facts.alpn != NULL);
	tevent_req_done(req);
}

/* What a request failed with, as an errno value; 0 when it succeeded. */
static int request_errno(struct tevent_req *req)
{
	enum tevent_req_state how = TEVENT_REQ_INIT;
	uint64_t err = 0;

	if (!tevent_req_is_error(req, &how, &err)) {
		return 0;
	}
	switch (how) {
	case TEVENT_REQ_USER_ERROR: return (int)err;
	case TEVENT_REQ_TIMED_OUT: return ETIMEDOUT;
	case TEVENT_REQ_NO_MEMORY: return ENOMEM;
	default: return EIO;
	}
}

int transport_connect_recv(struct tevent_req *req, TALLOC_CTX *mem_ctx,
			   struct transport **out, char **why)
{
	struct transport_connect_state *state =
		tevent_req_data(req, struct transport_connect_state);
	int err = request_errno(req);

	*out = NULL;
	if (err == 0) {
		*out = talloc_move(mem_ctx, &state->transport);
	}
	if (why != NULL) {
		*why = NULL;
		if (err != 0 && state->why == NULL) {
			state->why = talloc_strdup(state, strerror(err));
		}
		*why = talloc_move(mem_ctx, &state->why);
	}
	tevent_req_received(req);
	return err;
}

/* --- listen ------------------------------------------------------------- */

int transport_listen(TALLOC_CTX *mem_ctx, struct tevent_context *ev,
		     const struct transport_backend *via,
		     const struct transport_listen *params,
		     struct transport_listener **out, char **why)
{
	const char *missing = NULL;

	assert(params->accept != NULL);
	assert(!via->secure || params->tls != NULL);
	*out = NULL;
	*why = NULL;
	if (!via->usable(&missing)) {
		*why = talloc_asprintf(mem_ctx, "%s does not work here: %s",
				       via->name, missing);
		return ENOTSUP;
	}
	return via->listen(mem_ctx, ev, params, out, why);
}

struct transport_listener *transport_listener_new(
	TALLOC_CTX *mem_ctx, void *state, const struct sockaddr *addr,
	socklen_t addr_len,
	void (*counts)(void *state, unsigned *connections,
		       unsigned *handshakes))
{
	struct transport_listener *l =
		talloc_zero(mem_ctx, struct transport_listener);

	if (l == NULL) {
		return NULL;
	}
	assert(addr_len <= sizeof(l->addr));
	memcpy(&l->addr, addr, addr_len);
	l->counts = counts;
	l->state = talloc_steal(l, state);
	return l;
}

const struct sockaddr *transport_listener_address(
	const struct transport_listener *l)
{
	return (const struct sockaddr *)&l->addr;
}

void transport_listener_counts(const struct transport_listener *l,
			       unsigned *connections, unsigned *handshakes)
{
	*connections = 0;
	*handshakes = 0;
	if (l->counts != NULL) {
		l->counts(l->state, connections, handshakes);
	}
}

/* --- a connected transport ---------------------------------------------- */

/* A call on its way through the wrapper to the backend. It may outlive the
 * transport: freeing that ends its calls, and their owners look later. */
struct transport_call_state {
	const struct transport_backend *backend;
	struct transport *transport; /* of a read, while both live */
	size_t min, max;	     /* of a read */
	ssize_t got;
};

static int transport_destructor(struct transport *t)
{
	if (t->reading != NULL) {
		t->reading->transport = NULL;
	}
	return 0;
}

struct transport *transport_new(TALLOC_CTX *mem_ctx,
				const struct transport_backend *backend,
				void *state,
				const struct transport_facts *facts)
{
	struct transport *t = talloc_zero(mem_ctx, struct transport);

	if (t == NULL) {
		return NULL;
	}
	t->backend = backend;
	t->facts = *facts;
	t->state = talloc_steal(t, state);
	talloc_set_destructor(t, transport_destructor);
	return t;
}

const struct transport_facts *transport_facts(const struct transport *t)
{
	return &t->facts;
}

void transport_set_choice(struct transport *t, const char *why)
{
	t->facts.chosen_because = talloc_strdup(t, why);
}

void transport_stats(const struct transport *t, struct transport_stats *out)
{
	*out = (struct transport_stats){0};
	if (t->backend->stats != NULL) {
		t->backend->stats(t->state, out);
	}
}

void transport_trust(struct transport *t)
{
	if (t->backend->trust != NULL) {
		t->backend->trust(t->state);
	}
}

bool transport_is_early(const struct transport *t)
{
	return t->backend->is_early != NULL && t->backend->is_early(t->state);
}

int transport_update_keys(struct transport *t)
{
	return t->backend->update_keys != NULL
		       ? t->backend->update_keys(t->state)
		       : ENOTSUP;
}

int transport_migrate(struct transport *t)
{
	return t->backend->migrate != NULL ? t->backend->migrate(t->state)
					   : ENOTSUP;
}

const char *transport_error(const struct transport *t)
{
	if (t->backend->error == NULL) {
		return NULL;
	}
	return t->backend->error(t->state);
}

static int transport_read_destructor(struct transport_call_state *state)
{
	if (state->transport != NULL) {
		state->transport->reading = NULL;
	}
	return 0;
}

static void transport_read_done(struct tevent_req *subreq);

struct tevent_req *transport_read_send(TALLOC_CTX *mem_ctx,
				       struct tevent_context *ev,
				       struct transport *t, uint8_t *buf,
				       size_t min, size_t max)
{
	return transport_read_whole_send(mem_ctx, ev, t, buf, min, max, NULL);
}

struct tevent_req *transport_read_whole_send(TALLOC_CTX *mem_ctx,
					     struct tevent_context *ev,
					     struct transport *t, uint8_t *buf,
					     size_t min, size_t max,
					     transport_measure_fn measure)
{
	struct tevent_req *req = NULL;
	struct tevent_req *subreq = NULL;
	struct transport_call_state *state = NULL;

	assert(min > 0 && min <= max);
	assert(t->reading == NULL);

	req = tevent_req_create(mem_ctx, &state, struct transport_call_state);
	if (req == NULL) {
		return NULL;
	}
	state->backend = t->backend;
	state->transport = t;
	state->min = min;
	state->max = max;
	t->reading = state;
	talloc_set_destructor(state, transport_read_destructor);

	subreq = t->backend->read_send(state, ev, t->state, buf, min, max,
				       measure);
	if (tevent_req_nomem(subreq, req)) {
		return tevent_req_post(req, ev);
	}
	tevent_req_set_callback(subreq, transport_read_done, req);
	if (tevent_req_is_in_progress(subreq)) {
		return req;
	}
	transport_read_done(subreq);
	return tevent_req_post(req, ev);
}

static void transport_read_done(struct tevent_req *subreq)
{
	struct tevent_req *req =
		tevent_req_callback_data(subreq, struct tevent_req);
	struct transport_call_state *state =
		tevent_req_data(req, struct transport_call_state);
	int err = 0;

	state->got = state->backend->read_recv(subreq, &err);
	TALLOC_FREE(subreq);
	transport_read_destructor(state);
	state->transport = NULL;
	if (state->got < 0) {
		assert(err != 0);
		tevent_req_error(req, err);
		return;
	}
	assert(state->got == 0 || ((size_t)state->got >= state->min &&
				   (size_t)state->got <= state->max));
	tevent_req_done(req);
}

ssize_t transport_read_recv(struct tevent_req *req, int *err)
{
	struct transport_call_state *state =
		tevent_req_data(req, struct transport_call_state);
	ssize_t got = state->got;

	*err = request_errno(req);
	if (*err != 0) {
		got = -1;
	}
	tevent_req_received(req);
	return got;
}

static void transport_write_done(struct tevent_req *subreq);

struct tevent_req *transport_write_send(TALLOC_CTX *mem_ctx,
					struct tevent_context *ev,
					struct transport *t,
					const struct iovec *iov, int count)
{
	struct tevent_req *req = NULL;
	struct tevent_req *subreq = NULL;
	struct transport_call_state *state = NULL;

	assert(count > 0);
	assert(!t->finished);
	req = tevent_req_create(mem_ctx, &state, struct transport_call_state);
	if (req == NULL) {
		return NULL;
	}
	state->backend = t->backend;
	subreq = t->backend->write_send(state, ev, t->state, iov, count);
	if (tevent_req_nomem(subreq, req)) {
		return tevent_req_post(req, ev);
	}
	tevent_req_set_callback(subreq, transport_write_done, req);
	return req;
}

static void transport_write_done(struct tevent_req *subreq)
{
	struct tevent_req *req =
		tevent_req_callback_data(subreq, struct tevent_req);
	struct transport_call_state *state =
		tevent_req_data(req, struct transport_call_state);
	int err = state->backend->write_recv(subreq);

	TALLOC_FREE(subreq);
	if (tevent_req_error(req, err)) {
		return;
	}
	tevent_req_done(req);
}

int transport_write_recv(struct tevent_req *req)
{
	int err = request_errno(req);

	tevent_req_received(req);
	return err;
}

void transport_finish(struct transport *t)
{
	if (!t->finished) {
		t->finished = true;
		t->backend->finish(t->state);
	}
}

static void transport_shutdown_done(struct tevent_req *subreq);

struct tevent_req *transport_shutdown_send(TALLOC_CTX *mem_ctx,
					   struct tevent_context *ev,
					   struct transport *t,
					   enum transport_close code,
					   const char *reason)
{
	struct tevent_req *req = NULL;
	struct tevent_req *subreq = NULL;
	struct transport_call_state *state = NULL;

	req = tevent_req_create(mem_ctx, &state, struct transport_call_state);
	if (req == NULL) {
		return NULL;
	}
	state->backend = t->backend;
	subreq = t->backend->shutdown_send(state, ev, t->state, code, reason);
	if (tevent_req_nomem(subreq, req)) {
		return tevent_req_post(req, ev);
	}
	tevent_req_set_callback(subreq, transport_shutdown_done, req);
	return req;
}

static void transport_shutdown_done(struct tevent_req *subreq)
{
	struct tevent_req *req =
		tevent_req_callback_data(subreq, struct tevent_req);
	struct transport_call_state *state =
		tevent_req_data(req, struct transport_call_state);
	int err = state->backend->shutdown_recv(subreq);

	TALLOC_FREE(subreq);
	if (tevent_req_error(req, err)) {
		return;
	}
	tevent_req_done(req);
}

int transport_shutdown_recv(struct tevent_req *req)
{
	int err = request_errno(req);

	tevent_req_received(req);
	return err;
}

static unsigned hex_digit(char c)
{
	return c >= '0' && c <= '9' ? (unsigned)(c - '0')
				    : (unsigned)(c - 'a') + 10;
}

size_t transport_binding(const struct transport_facts *facts,
			 uint8_t out[TRANSPORT_BINDING_MAX])
{
	static const char type[] = "tls-server-end-point:";
	const char *hex = facts->certificate_end_point;
	size_t len = sizeof(type) - 1;

	if (hex == NULL || len + strlen(hex) / 2 > TRANSPORT_BINDING_MAX) {
		return 0;
	}
	memcpy(out, type, len);
	while (hex[0] != '\0' && hex[1] != '\0') {
		out[len] =
			(uint8_t)(hex_digit(hex[0]) << 4 | hex_digit(hex[1]));
		len++;
		hex += 2;
	}
	return len;
}

const char *transport_refuse(struct transport_tally *tally,
			     enum transport_refusal why)
{
	static const char *const limits[TRANSPORT_REFUSALS] = {
		[TRANSPORT_REFUSED_MANY] = "max connections",
		[TRANSPORT_REFUSED_MANY_FROM_THERE] =
			"max connections per source",
		[TRANSPORT_REFUSED_HANDSHAKES] = "max handshakes",
	};

	if (tally != NULL) {
		atomic_fetch_add(&tally->refused[why], 1);
	}
	return limits[why];
}

const char *transport_address_string(const struct sockaddr *addr)
{
	static _Thread_local char ring[4][INET6_ADDRSTRLEN + 16];
	static _Thread_local unsigned next;
	char *out = ring[next++ % 4];
	char host[INET6_ADDRSTRLEN] = "?";

	if (addr->sa_family == AF_INET) {
		const struct sockaddr_in *in =
			(const struct sockaddr_in *)(const void *)addr;

		inet_ntop(AF_INET, &in->sin_addr, host, sizeof(host));
		snprintf(out, sizeof(ring[0]), "%s:%u", host,
			 ntohs(in->sin_port));
		return out;
	}
	if (addr->sa_family == AF_INET6) {
		const struct sockaddr_in6 *in6 =
			(const struct sockaddr_in6 *)(const void *)addr;

		inet_ntop(AF_INET6, &in6->sin6_addr, host, sizeof(host));
		snprintf(out, sizeof(ring[0]), "[%s]:%u", host,
			 ntohs(in6->sin6_port));
		return out;
	}
	snprintf(out, sizeof(ring[0]), "(local)");
	return out;
}
