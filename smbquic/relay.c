/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * relay.c - who comes in and where it goes.
 */
#include "smbquic/relay.h"

#include <errno.h>
#include <inttypes.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "smbquic/alarm.h"
#include "smbquic/race.h"
#include "smbquic/resolve.h"
#include "smbquic/relay_pump.h"
#include "smbquic/list.h"

#define LOG_MODULE "relay"
#include "smbquic/log.h"
#include "smbquic/port.h"

/* A connection in which nothing moved for so long may be ended by a stop. */
#define STOP_QUIET_MS 500
#define STOP_LOOK_MS  100

struct relay_listener {
	struct relay_listener *next;
	const char *transport;
	struct transport_listener *handle;
};

/* A connection that came in, on its way or relayed. */
struct relay_conn {
	struct relay_conn *prev, *next;
	struct relay *relay;
	const char *who; /* for the log */
	struct race_params race;
	struct transport *in, *out;
	struct tevent_req *pump; /* once it has one */
};

struct relay {
	struct tevent_context *ev;
	struct relay_params params;
	struct relay_listener *listeners, **last;
	struct relay_conn *conns;
	unsigned count;
	bool stopping;
	uint64_t stop_by; /* of alarm_clock() */
	void (*stopped)(void *private_data);
	void *stopped_data;
};

/* --- places ----------------------------------------------------------------
 */

/* The end of a host, where ":port" or nothing follows; NULL: not a host. */
static const char *host_end(const char *text)
{
	const char *end = NULL;

	if (text[0] != '[') {
		end = strchr(text, ':');
		return end != NULL ? end : text + strlen(text);
	}
	end = strchr(text, ']');
	return end != NULL ? end + 1 : NULL;
}

/* "HOST:PORT", "HOST", "PORT", ":PORT" or nothing. */
static bool parse_rest(TALLOC_CTX *mem_ctx, const char *rest,
		       struct relay_place *out)
{
	const char *end = NULL;

	if (rest[0] == '\0' || port_parse(rest, &out->port)) {
		return true;
	}
	end = host_end(rest);
	if (end == NULL || (*end != '\0' && *end != ':')) {
		return false;
	}
	if (*end == ':' && !port_parse(end + 1, &out->port)) {
		return false;
	}
	if (rest[0] == '[') {
		out->host = talloc_strndup(mem_ctx, rest + 1,
					   (size_t)(end - rest) - 2);
	} else if (end != rest) {
		out->host = talloc_strndup(mem_ctx, rest, (size_t)(end - rest));
	}
	return true;
}

bool relay_place_parse(TALLOC_CTX *mem_ctx, const char *text, bool host_needed,
		       struct relay_place *out, char **why)
{
	const char *colon = strchrnul(text, ':');
	char *name = talloc_strndup(mem_ctx, text, (size_t)(colon - text));

	*why = NULL;
	*out = (struct relay_place){.transport = name};
	if (name == NULL) {
		return false;
	}
	out->via = transport_backend_find(name, &out->because);
	if (out->via == NULL) {
		*why = talloc_asprintf(mem_ctx,
				       "%s: no transport is called \"%s\"; "
				       "write quic:HOST:PORT or tcp:HOST:PORT",
				       text, name);
		return false;
	}
	out->port = out->via->default_port;
	if (!parse_rest(mem_ctx, *colon == ':' ? colon + 1 : colon, out)) {
		*why = talloc_asprintf(mem_ctx,
				       "%s: HOST:PORT is not understood (an "
				       "IPv6 address needs brackets, a port "
				       "is 1 to 65535)",
				       text);
		return false;
	}
	if (host_needed && (out->host == NULL || out->host[0] == '\0')) {
		*why = talloc_asprintf(mem_ctx, "%s: which host?", text);
		return false;
	}
	return true;
}

/* --- a connection ----------------------------------------------------------
 */

static void relay_check_stopped(struct relay *r)
{
	if (r->stopping && r->conns == NULL && r->stopped != NULL) {
		void (*stopped)(void *private_data) = r->stopped;

		r->stopped = NULL;
		stopped(r->stopped_data);
	}
}

static int relay_conn_destructor(struct relay_conn *c)
{
	LIST_REMOVE(c->relay->conns, c);
	c->relay->count--;
	return 0;
}

static void relay_conn_over(struct relay_conn *c)
{
	struct relay *r = c->relay;

	talloc_free(c);
	relay_check_stopped(r);
}

static void relay_conn_done(struct tevent_req *subreq)
{
	struct relay_conn *c =
		tevent_req_callback_data(subreq, struct relay_conn);
	struct relay_tally tally = {0};
	int err = relay_pump_recv(subreq, &tally);

	log_write(err == 0 ? LOG_LEVEL_INFO : LOG_LEVEL_NOTICE, LOG_MODULE,
		  "%s: ended after %" PRIu64 " bytes to the server and "
		  "%" PRIu64 " back%s%s",
		  c->who, tally.forth, tally.back,
		  tally.why != NULL ? ": " : "",
		  tally.why != NULL ? tally.why : "");
	TALLOC_FREE(c->pump);
	relay_conn_over(c);
}

static void relay_conn_refused(struct tevent_req *subreq)
{
	struct relay_conn *c =
		tevent_req_callback_data(subreq, struct relay_conn);

	transport_shutdown_recv(subreq);
	TALLOC_FREE(subreq);
	relay_conn_over(c);
}

/* The way on failed: tell the one who came, and end. */
static void relay_conn_refuse(struct relay_conn *c, const char *why)
{
	struct tevent_req *subreq = NULL;

	log_notice("%s: cannot go on: %s", c->who, why);
	subreq = transport_shutdown_send(c, c->relay->ev, c->in,
					 TRANSPORT_CLOSE_INTERNAL,
					 "the server cannot be reached");
	if (subreq == NULL) {
		relay_conn_over(c);
		return;
	}
	tevent_req_set_callback(subreq, relay_conn_refused, c);
}

static void relay_conn_connected(struct tevent_req *subreq)
{
	struct relay_conn *c =
		tevent_req_callback_data(subreq, struct relay_conn);
	struct relay *r = c->relay;
	char *why = NULL;
	int err = race_connect_recv(subreq, c, &c->out, &why);
	const struct transport_facts *facts = NULL;

	TALLOC_FREE(subreq);
	if (err != 0) {
		relay_conn_refuse(c, why != NULL ? why : strerror(err));
		return;
	}
	facts = transport_facts(c->out);
	log_info(
		"%s: relayed to %s by %s%s%s", c->who,
		transport_address_string((const struct sockaddr *)&facts->peer),
		facts->backend, facts->trust != NULL ? ", " : "",
		facts->trust != NULL ? facts->trust : "");
	transport_trust(c->in);
	transport_trust(c->out);
	c->pump = relay_pump_send(c, r->ev, c->in, c->out, r->params.quiet_ms);
	if (c->pump == NULL) {
		relay_conn_refuse(c, "out of memory");
		return;
	}
	tevent_req_set_callback(c->pump, relay_conn_done, c);
}

static void relay_accept(struct transport *t, void *private_data)
{
	struct relay *r = talloc_get_type_abort(private_data, struct relay);
	const struct relay_params *p = &r->params;
	const struct transport_facts *facts = transport_facts(t);
	struct relay_conn *c = talloc_zero(r, struct relay_conn);
	struct tevent_req *subreq = NULL;

	if (c == NULL) {
		talloc_free(t);
		return;
	}
	c->relay = r;
	c->in = talloc_steal(c, t);
	LIST_ADD(r->conns, c);
	r->count++;
	talloc_set_destructor(c, relay_conn_destructor);
	c->who = talloc_asprintf(
		c, "%s by %s",
		transport_address_string((const struct sockaddr *)&facts->peer),
		facts->backend);
	c->race = (struct race_params){
		.server_name =
			p->server_name != NULL ? p->server_name : p->to.host,
		.address = p->address != NULL ? p->address : p->to.host,
		.lane = {{.via = p->to.via,
			  .port = p->to.port,
			  .because = p->to.because}},
		.lanes = 1,
		.tls = p->client,
		.settings = &p->settings,
	};
	subreq = race_connect_send(c, r->ev, &c->race);
	if (subreq == NULL) {
		talloc_free(c);
		return;
	}
	tevent_req_set_callback(subreq, relay_conn_connected, c);
}

/* --- listening -------------------------------------------------------------
 */

/* "quic" leaves the choice to us. */
static void say_choice(const struct relay *r, const struct relay_place *at)
{
	if (strcmp(at->transport, at->via->name) != 0) {
		log_info("%s is %s here: %s", at->transport, at->via->name,
			 at->because);
	}
	transport_log_lacking(at->via, &r->params.settings, false);
}

struct relay *relay_new(TALLOC_CTX *mem_ctx, struct tevent_context *ev,
			const struct relay_params *params)
{
	struct relay *r = talloc_zero(mem_ctx, struct relay);

	if (r == NULL) {
		return NULL;
	}
	r->ev = ev;
	r->params = *params;
	r->last = &r->listeners;
	say_choice(r, &r->params.to);
	return r;
}

static int listen_on(struct relay *r, const struct relay_place *at,
		     const struct sockaddr_storage *addr, int fd, char **why)
{
	const struct transport_listen how = {
		.addr = (const struct sockaddr *)addr,
		.addr_len = resolve_sockaddr_size(addr),
		.fd = fd,
		.tls = r->params.server,
		.settings = &r->params.settings,
		.accept = relay_accept,
		.private_data = r,
	};
	struct relay_listener *l = talloc_zero(r, struct relay_listener);
	int err = ENOMEM;

	if (l != NULL) {
		l->transport = talloc_strdup(l, at->transport);
		err = transport_listen(r, r->ev, at->via, &how, &l->handle,
				       why);
	}
	if (err != 0) {
		if (err == EADDRINUSE && *why != NULL) {
			*why = talloc_asprintf_append(
				*why, "; choose another port with --listen");
		}
		talloc_free(l);
		return err;
	}
	talloc_steal(l, l->handle);
	*r->last = l;
	r->last = &l->next;
	return 0;
}

static bool failed(struct relay *r, const struct relay_place *at, int err,
		   char **why)
{
	if (*why == NULL) {
		*why = talloc_asprintf(r, "%s: port %u: %s", at->transport,
				       at->port, strerror(err));
	}
	return false;
}

static bool missing(int err)
{
	return err == EAFNOSUPPORT || err == EADDRNOTAVAIL;
}

/* Apart, because a machine may have only one of them. */
static bool listen_everywhere(struct relay *r, const struct relay_place *at,
			      char **why)
{
	struct sockaddr_storage any6 = {.ss_family = AF_INET6};
	struct sockaddr_storage any4 = {.ss_family = AF_INET};
	int err6 = 0;
	int err4 = 0;

	resolve_set_port(&any6, at->port);
	resolve_set_port(&any4, at->port);
	err6 = listen_on(r, at, &any6, 0, why);
	if (err6 != 0 && !missing(err6)) {
		return failed(r, at, err6, why);
	}
	err4 = listen_on(r, at, &any4, 0, why);
	return err4 == 0 || (err6 == 0 && missing(err4)) ||
	       failed(r, at, err4, why);
}

bool relay_listen(struct relay *r, const struct relay_place *at, char **why)
{
	struct resolve_result found = {0};
	struct tevent_req *req = NULL;
	int err = 0;

	*why = NULL;
	say_choice(r, at);
	if (at->host == NULL) {
		return listen_everywhere(r, at, why);
	}
	req = resolve_send(r, r->ev, at->host);
	if (req == NULL || !tevent_req_poll(req, r->ev)) {
		return failed(r, at, ENOMEM, why);
	}
	err = resolve_recv(req, r, &found, why);
	talloc_free(req);
	for (unsigned i = 0; err == 0 && i < found.count; i++) {
		resolve_set_port(&found.addr[i], at->port);
		err = listen_on(r, at, &found.addr[i], 0, why);
	}
	return err == 0 || failed(r, at, err, why);
}

static int socket_type(int fd)
{
	int type = -1;
	socklen_t len = sizeof(type);

	return getsockopt(fd, SOL_SOCKET, SO_TYPE, &type, &len) == 0 ? type
								     : -1;
}

bool relay_fd_is_quic(int fd)
{
	return socket_type(fd) == SOCK_DGRAM;
}

bool relay_listen_fd(struct relay *r, int fd, char **why)
{
	const bool quic = relay_fd_is_quic(fd);
	const struct relay_place at = {
		.transport =
			quic ? transport_quic_user.name : transport_tcp.name,
		.via = quic ? &transport_quic_user : &transport_tcp,
	};
	struct sockaddr_storage addr = {0};
	socklen_t len = sizeof(addr);
	int err = 0;

	*why = NULL;
	if (getsockname(fd, (struct sockaddr *)&addr, &len) != 0 ||
	    (addr.ss_family != AF_INET && addr.ss_family != AF_INET6)) {
		*why = talloc_asprintf(r,
				       "descriptor %d is no socket of IPv4 or "
				       "IPv6",
				       fd);
		close(fd);
		return false;
	}
	err = listen_on(r, &at, &addr, fd, why);
	return err == 0 || failed(r, &at, err, why);
}

char *relay_listening(TALLOC_CTX *mem_ctx, const struct relay *r)
{
	const struct relay_listener *l = NULL;
	char *text = talloc_strdup(mem_ctx, "");

	for (l = r->listeners; l != NULL && text != NULL; l = l->next) {
		text = talloc_asprintf_append(
			text, "%s%s %s", l == r->listeners ? "" : ", ",
			l->transport,
			transport_address_string(
				transport_listener_address(l->handle)));
	}
	return text;
}

unsigned relay_connections(const struct relay *r)
{
	return r->count;
}

/* --- stopping --------------------------------------------------------------
 */

static void relay_stop_look(void *private_data);

static bool relay_stop_later(struct relay *r)
{
	return alarm_add(r->ev, r, STOP_LOOK_MS, relay_stop_look, r) != NULL;
}

/* Nothing can be waited for. */
static void relay_break_all(struct relay *r)
{
	while (r->conns != NULL) {
		talloc_free(r->conns);
	}
}

/* It is freed, or will be. */
static void relay_conn_stop(struct relay_conn *c, bool late)
{
	if (c->pump == NULL) {
		talloc_free(c); /* it had not gone on yet */
		return;
	}
	if (late || relay_pump_is_quiet(c->pump, STOP_QUIET_MS)) {
		relay_pump_end(c->pump, 0, TRANSPORT_CLOSE_SHUTDOWN,
			       "the relay stops");
	}
}

static void relay_stop_look(void *private_data)
{
	struct relay *r = talloc_get_type_abort(private_data, struct relay);
	bool late = alarm_clock() >= r->stop_by;
	struct relay_conn *c = NULL;
	struct relay_conn *next = NULL;

	for (c = r->conns; c != NULL; c = next) {
		next = c->next;
		relay_conn_stop(c, late);
	}
	if (r->conns != NULL && !relay_stop_later(r)) {
		relay_break_all(r);
	}
	relay_check_stopped(r);
}

void relay_stop(struct relay *r, unsigned drain_ms,
		void (*stopped)(void *private_data), void *private_data)
{
	r->stopping = true;
	r->stopped = stopped;
	r->stopped_data = private_data;
	r->stop_by = alarm_clock() + drain_ms;
	while (r->listeners != NULL) {
		struct relay_listener *l = r->listeners;

		r->listeners = l->next;
		talloc_free(l);
	}
	r->last = &r->listeners;
	if (!relay_stop_later(r)) {
		relay_break_all(r);
		relay_check_stopped(r);
	}
}
