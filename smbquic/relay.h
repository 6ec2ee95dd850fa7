/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * relay.h - a byte relay: every connection that comes in by one carrier goes
 * on to one place by another. It gives an SMB client that knows TCP alone
 * QUIC, and an SMB server that knows TCP alone a QUIC front.
 */
#ifndef SMBQUIC_RELAY_H
#define SMBQUIC_RELAY_H

#include "smbquic/tls.h"
#include "smbquic/transport.h"

/** "quic:files.example.com:443", "tcp:[::1]:4450", "quic:443", "tcp:". */
struct relay_place {
	const char *transport; /**< as it was written */
	const struct transport_backend *via;
	const char *because; /**< why that row, or NULL */
	const char *host;    /**< NULL: every address of this machine */
	uint16_t port;	     /**< the transport's own when none is given */
};

/**
 * @param host_needed  one to connect to, which is nowhere without a host.
 * @param why          out: on failure a sentence, child of mem_ctx.
 */
bool relay_place_parse(TALLOC_CTX *mem_ctx, const char *text, bool host_needed,
		       struct relay_place *out, char **why);

/** Everything is kept by the caller, as long as the relay. */
struct relay_params {
	struct relay_place to;
	const char *server_name; /**< SNI; NULL: to.host */
	const char *address;	 /**< to connect to; NULL: to.host */
	const struct tls_client_policy *client; /**< when to is secure */
	const struct tls_server_policy *server; /**< when a listener is */
	struct transport_settings settings;
	unsigned quiet_ms; /**< see relay_pump_send */
};

/** A talloc object; freeing it breaks every connection. */
struct relay;

struct relay *relay_new(TALLOC_CTX *mem_ctx, struct tevent_context *ev,
			const struct relay_params *params);

/** Listen there: without a host on every address, of both families.
 *  @param why  out: on failure a sentence, child of the relay. */
bool relay_listen(struct relay *r, const struct relay_place *at, char **why);
/** Listen on a socket that somebody else has bound: a stream socket that
 *  listens is TCP, a datagram socket is QUIC. It is the relay's from here
 *  on, whatever happens. */
bool relay_listen_fd(struct relay *r, int fd, char **why);
/** Does a listener need certificates? */
bool relay_fd_is_quic(int fd);

/** "tcp 127.0.0.1:4450, quic [::]:443"; a child of mem_ctx. */
char *relay_listening(TALLOC_CTX *mem_ctx, const struct relay *r);
unsigned relay_connections(const struct relay *r);

/**
 * Take no new connections; end each as soon as nothing is on its way in it,
 * and all after drain_ms. Then stopped is called, from the loop.
 */
void relay_stop(struct relay *r, unsigned drain_ms,
		void (*stopped)(void *private_data), void *private_data);

#endif
