/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * quic_kernel.c - the transport row "quic-kernel": connections by the kernel's
 * QUIC socket, which is found at run time.
 */
#include <errno.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "smbquic/quic_kernel_private.h"

/* The kernel's own guess is 333 ms, and a lost first packet waits three times
 * that. */
#define FIRST_RTT_MS 100
/* Bounds of the socket's. */
#define IDLE_MIN_MS	 1000
#define KEEPALIVE_MIN_MS 1500

static bool quic_kernel_usable(const char **why)
{
	int fd = qk_socket(AF_INET);

	if (fd == -1) {
		*why = errno == EPROTONOSUPPORT || errno == ESOCKTNOSUPPORT ||
				       errno == EAFNOSUPPORT
			       ? "this kernel has no IPPROTO_QUIC socket"
			       : "the kernel's QUIC socket cannot be opened";
		return false;
	}
	/* Another protocol might have the number: it would not know this. */
	if (qk_set_alpn(fd, TLS_ALPN_SMB) != 0) {
		close(fd);
		*why = "the kernel's QUIC socket is of another kind";
		return false;
	}
	close(fd);
	return true;
}

static unsigned at_least(unsigned value, unsigned min)
{
	return value < min ? min : value;
}

struct qk_config qk_configuration(const struct transport_settings *s,
				  bool server)
{
	return (struct qk_config){
		.server = server,
		.idle_timeout_ms = at_least(s->idle_timeout_ms, IDLE_MIN_MS),
		.keepalive_ms =
			s->keepalive_ms == 0
				? 0
				: at_least(s->keepalive_ms, KEEPALIVE_MIN_MS),
		.first_rtt_ms = FIRST_RTT_MS,
		.stream_window = qk_window(s, server),
		.validate_addresses =
			server && (s->retry == TRANSPORT_RETRY_ALWAYS ||
				   (s->retry == TRANSPORT_RETRY_AUTO &&
				    s->max_handshakes == 0)),
		.version_2 = s->quic_version == 2,
	};
}

struct transport *qk_transport(TALLOC_CTX *mem_ctx, struct quic_kernel *k)
{
	struct transport_facts facts;

	if (!qk_conn_facts(k, k, &facts)) {
		return NULL;
	}
	facts.backend = transport_quic_kernel.name;
	return transport_new(mem_ctx, &transport_quic_kernel, k, &facts);
}

/* --- connect ---------------------------------------------------------------
 */

struct quic_kernel_connect_state {
	struct quic_kernel *k;
	struct transport *transport;
	struct transport_settings settings;
	char *why;
};

/* A socket that is on its way. @return -1 with errno. */
static int connected_socket(const struct transport_target *to,
			    const struct transport_settings *settings)
{
	const struct qk_config c = qk_configuration(settings, false);
	int fd = qk_socket(to->addr->sa_family);
	int err = 0;

	if (fd == -1) {
		return -1;
	}
	err = qk_configure(fd, &c);
	/* it sends nothing yet, and is never "in progress" */
	if (err == 0 && connect(fd, to->addr, to->addr_len) != 0) {
		err = errno;
	}
	if (err != 0) {
		close(fd);
		errno = err;
		return -1;
	}
	return fd;
}

static void connect_done(void *private_data, struct quic_kernel *k, int err)
{
	struct tevent_req *req =
		talloc_get_type_abort(private_data, struct tevent_req);
	struct quic_kernel_connect_state *state =
		tevent_req_data(req, struct quic_kernel_connect_state);

	if (err != 0) {
		state->why = talloc_strdup(state, k->end.why);
		tevent_req_error(req, err);
		return;
	}
	state->transport = qk_transport(state, k);
	if (tevent_req_nomem(state->transport, req)) {
		return;
	}
	state->k = NULL; /* the transport's now */
	tevent_req_done(req);
}

/* TLS of the client, which resumes what it remembers. 0-RTT is not taken up,
 * and the socket's address tokens are good for one port of ours alone. */
static struct quic_tls *begin_tls(struct quic_kernel_connect_state *state,
				  const struct transport_target *to)
{
	struct quic_kernel *k = state->k;
	struct transport_target with_settings = *to;
	struct quic_client_params before = {.server_name = to->server_name};
	TALLOC_CTX *memories = talloc_new(state);
	struct quic_tls *tls = NULL;

	with_settings.settings = &state->settings;
	quic_visit_recall(memories, &with_settings, &before);
	tls = quic_tls_client(k, to->tls, to->server_name, k->port,
			      state->settings.keylog_file, &before.resume,
			      &state->why);
	talloc_free(memories);
	return tls;
}

static int start_connect(struct quic_kernel_connect_state *state,
			 struct tevent_context *ev, struct tevent_req *req,
			 const struct transport_target *to)
{
	const struct transport_settings *s = &state->settings;
	int fd = connected_socket(to, s);
	struct quic_kernel *k = NULL;

	if (fd == -1) {
		return errno;
	}
	k = qk_conn_new(state, ev, fd, s, false, to->addr);
	if (k == NULL) {
		return ENOMEM;
	}
	state->k = k;
	k->peer.name = talloc_strdup(k, to->server_name);
	k->tls = begin_tls(state, to);
	if (k->tls == NULL) {
		talloc_steal(state, state->why);
		return state->why != NULL ? EINVAL : ENOMEM;
	}
	return qk_handshake_start(k, connect_done, req) ? 0 : ENOMEM;
}

static struct tevent_req *quic_kernel_connect_send(
	TALLOC_CTX *mem_ctx, struct tevent_context *ev,
	const struct transport_target *to)
{
	struct tevent_req *req = NULL;
	struct quic_kernel_connect_state *state = NULL;
	int err = 0;

	req = tevent_req_create(mem_ctx, &state,
				struct quic_kernel_connect_state);
	if (req == NULL) {
		return NULL;
	}
	if (to->settings != NULL) {
		state->settings = *to->settings;
	} else {
		transport_settings_default(&state->settings);
	}
	err = start_connect(state, ev, req, to);
	if (err != 0 && state->why == NULL) {
		state->why = talloc_asprintf(
			state, "cannot reach %s by the kernel's QUIC: %s",
			transport_address_string(to->addr), strerror(err));
	}
	if (tevent_req_error(req, err)) {
		return tevent_req_post(req, ev);
	}
	return req;
}

static int quic_kernel_connect_recv(struct tevent_req *req, TALLOC_CTX *mem_ctx,
				    struct transport **out, char **why)
{
	struct quic_kernel_connect_state *state =
		tevent_req_data(req, struct quic_kernel_connect_state);

	*out = talloc_move(mem_ctx, &state->transport);
	*why = talloc_move(mem_ctx, &state->why);
	return qk_simple_recv(req);
}

/* --- the row ---------------------------------------------------------------
 */

const struct transport_backend transport_quic_kernel = {
	.name = "quic-kernel",
	.default_port = 443,
	.secure = true,
	.help = "SMB over QUIC (UDP), by the kernel's IPPROTO_QUIC socket",
	.usable = quic_kernel_usable,
	.connect_send = quic_kernel_connect_send,
	.connect_recv = quic_kernel_connect_recv,
	.listen = qk_listen,
	.read_send = qk_read_send,
	.read_recv = qk_read_recv,
	.write_send = qk_write_send,
	.write_recv = qk_simple_recv,
	.shutdown_send = qk_shutdown_send,
	.shutdown_recv = qk_simple_recv,
	.finish = qk_finish,
	.stats = qk_stats,
	.error = qk_error,
	.lacks = TRANSPORT_LACKS_BBR | TRANSPORT_LACKS_EARLY_DATA |
		 TRANSPORT_LACKS_THREADS | TRANSPORT_LACKS_MIGRATION,
	.update_keys = qk_update_keys,
};
