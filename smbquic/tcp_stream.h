/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * tcp_stream.h - a connected TCP socket as a byte stream; private to the TCP
 * carrier (tcp.c makes connections, tcp_stream.c moves their bytes). The
 * functions are the members of struct transport_backend, contracts there.
 */
#ifndef SMBQUIC_TCP_STREAM_H
#define SMBQUIC_TCP_STREAM_H

#include "smbquic/transport.h"

struct tcp_stream;

/**
 * Make a transport of a connected, non-blocking socket.
 *
 * @param fd        owned from here on, whatever happens.
 * @return NULL: out of memory.
 */
struct transport *tcp_stream_new(TALLOC_CTX *mem_ctx, struct tevent_context *ev,
				 int fd,
				 const struct transport_settings *settings,
				 struct tcp_stream **out);

/** Have a function called when the stream is freed; NULL: no longer. */
void tcp_stream_on_close(struct tcp_stream *c, void (*fn)(void *private_data),
			 void *private_data);

struct tevent_req *tcp_stream_read_send(TALLOC_CTX *mem_ctx,
					struct tevent_context *ev, void *state,
					uint8_t *buf, size_t min, size_t max,
					transport_measure_fn measure);
ssize_t tcp_stream_read_recv(struct tevent_req *req, int *err);
struct tevent_req *tcp_stream_write_send(TALLOC_CTX *mem_ctx,
					 struct tevent_context *ev, void *state,
					 const struct iovec *iov, int count);
struct tevent_req *tcp_stream_shutdown_send(TALLOC_CTX *mem_ctx,
					    struct tevent_context *ev,
					    void *state,
					    enum transport_close code,
					    const char *reason);
/** Of writes and shutdowns. */
int tcp_stream_simple_recv(struct tevent_req *req);
void tcp_stream_finish(void *state);
void tcp_stream_stats(void *state, struct transport_stats *out);
const char *tcp_stream_error(void *state);

#endif
