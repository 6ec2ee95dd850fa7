/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * quic_kernel_private.h - the kernel's QUIC socket, from the inside out:
 *
 *	quic_kernel_socket	the system calls, with structures and numbers of
 *				our own: a kernel with the socket is found at
 *				run time, and none of its headers are needed
 *	quic_kernel_handshake	TLS between GnuTLS and the socket
 *	quic_kernel_conn	a connection: its begin, its events, its end
 *	quic_kernel_keys	new keys in time
 *	quic_kernel_read	the bytes that come
 *	quic_kernel_write	the bytes that go
 *	quic_kernel_listen	who comes in, and the limits
 *	quic_kernel		the transport row on top
 *
 * Packets, keys, loss and congestion are the kernel's; TLS, certificates and
 * policy are ours, and the same as over the userspace stack (quic_tls).
 */
#ifndef SMBQUIC_QUIC_KERNEL_PRIVATE_H
#define SMBQUIC_QUIC_KERNEL_PRIVATE_H

#include "smbquic/quic_private.h"

/* --- quic_kernel_socket: the system calls -------------------------------- */

/** Encryption levels, in the kernel's numbers. */
enum qk_level {
	QK_APPLICATION = 0,
	QK_INITIAL = 1,
	QK_HANDSHAKE = 2,
	QK_EARLY = 3,
};

/** What the socket is told before its handshake; 0: leave as it is. */
struct qk_config {
	bool server;
	unsigned idle_timeout_ms; /**< from 1000 */
	unsigned keepalive_ms;	  /**< from 1500 */
	unsigned first_rtt_ms;	  /**< to begin with */
	size_t stream_window;	  /**< cannot be changed later */
	bool validate_addresses;  /**< a listener: send Retry; stays on */
	bool version_2;		  /**< preferred; a client begins with it */
};

/** How a connection ended, as the socket tells it. */
struct qk_close {
	uint32_t code;
	uint8_t frame;
	char phrase[64];
};

enum qk_kind {
	QK_STREAM,
	QK_CRYPTO,
	QK_EVENT,
	QK_OTHER, /**< nothing that we asked for */
};

/** Kinds of events that we ask for. */
enum qk_event {
	QK_EVENT_STREAM_UPDATE = 1,
	QK_EVENT_STREAM_MAX_DATA = 2,
	QK_EVENT_CLOSE = 5,
	QK_EVENT_TICKET = 9,
};

/** States of a stream that events tell of. */
enum qk_stream_state {
	QK_SEND_RESET = 4, /**< the peer does not want to read */
	QK_RECV_RESET = 10,
};

/** One message of the socket. */
struct qk_message {
	enum qk_kind kind;
	size_t len;
	int64_t stream_id;   /**< QK_STREAM */
	bool fin;	     /**< QK_STREAM */
	enum qk_level level; /**< QK_CRYPTO */
};

/** @return a non-blocking socket, or -1 with errno. */
int qk_socket(int family);
/** Every option that belongs before the handshake. @return 0 or errno. */
int qk_configure(int fd, const struct qk_config *c);
/** What a listener is known by; before listen(). @return 0 or errno. */
int qk_set_alpn(int fd, const char *name);
/** Our transport parameters, encoded. @return their length, or -1. */
ssize_t qk_local_parameters(int fd, uint8_t *buf, size_t size);
/** The peer's. @return 0 or errno. */
int qk_remote_parameters(int fd, const uint8_t *data, size_t len);
/** A traffic secret. @return 0; ENOTSUP no such cipher here; other errno. */
int qk_set_secret(int fd, enum qk_level level, bool send,
		  gnutls_cipher_algorithm_t cipher, const void *secret,
		  size_t len);
/** A TLS message. @return bytes taken or -1 with errno. */
ssize_t qk_send_crypto(int fd, enum qk_level level, const void *data,
		       size_t len, bool more);
#define QK_TICKET_MAX 4096
/** A client's: the whole TLS message with the session ticket that came; at most
 *  QK_TICKET_MAX bytes. @return its length, 0: there is none; or -1. */
ssize_t qk_get_ticket(int fd, uint8_t *buf, size_t size);
/** One message of any kind. @return 0; EAGAIN; ENOTCONN it is over; errno. */
int qk_receive(int fd, struct iovec *iov, int count, struct qk_message *out);
/** What the peer's transport parameters say of silence; 0: nothing. */
unsigned qk_remote_idle_ms(int fd);
/** @return 0; EINVAL, EAGAIN not now; ENOPROTOOPT never; other errno. */
int qk_new_keys(int fd);
/** Open our first stream. @return 0 or errno. */
int qk_open_stream(int fd, int64_t *id);
/**
 * @param fin  nothing follows; count may be 0 then.
 * @return bytes taken, or -1 with errno: EAGAIN, ENOSPC no room now.
 */
ssize_t qk_send_stream(int fd, int64_t id, const struct iovec *iov, int count,
		       bool fin);
/** Has poll() something to say of these? */
bool qk_poll(int fd, short events);
/** Bytes of queues that the peer has not acknowledged. */
int qk_unacknowledged(int fd);
/** Is that what poll() says of a connection that is over? */
bool qk_is_over(int fd);
void qk_get_close(int fd, struct qk_close *out);
/** Say good-bye: the socket is to be closed at once afterwards. */
void qk_close(int fd, uint32_t code, const char *phrase);

/* --- quic_kernel_handshake ----------------------------------------------- */

/** How the text of a close begins when TLS refused; the number follows. */
#define QK_ALERT_PHRASE "TLS alert "

struct quic_kernel;
struct qk_handshake;

/**
 * Do the handshake of k, within its deadline.
 *
 * @param done  called once, from the loop; err: k->end says why. May free k.
 * @return false: out of memory.
 */
bool qk_handshake_start(struct quic_kernel *k,
			void (*done)(void *private_data, struct quic_kernel *k,
				     int err),
			void *private_data);

/** A session ticket has come to a client: the next visit can resume. */
void qk_take_ticket(struct quic_kernel *k);

/* --- quic_kernel_conn ---------------------------------------------------- */

struct qk_read;
struct qk_write;

#define QK_AHEAD 4096

/** What was sent with the present keys. */
struct qk_keys {
	uint64_t packets; /**< about; no fewer than there were */
	uint64_t next;	  /**< at so many another attempt is made */
};

/** A connection; the state of a transport once it is open. */
struct quic_kernel {
	int fd;
	struct tevent_context *ev;
	struct tevent_fd *fde; /* NULL when there is nothing to wait for */
	struct transport_settings settings;
	struct quic_peer peer;
	struct quic_tls *tls;
	const char *version;		/* "v1", "v2": that was agreed on */
	struct qk_handshake *handshake; /* NULL once it is over */
	char *visits; /* where a ticket is kept, for the server's port; NULL */
	unsigned port;
	void (*on_close)(void *private_data);
	void *on_close_data;

	int64_t stream_id; /* -1 until it exists */
	size_t step;	   /* bytes to take at once, see fill_once() */
	struct qk_read *read;
	struct qk_write *writes, **writes_end;
	bool fin;		  /* the peer has said all */
	bool finishing, finished; /* we have */
	struct alarm *look;	  /* blocked writes, see blocked() */
	struct tevent_req *shutdown;
	struct transport_stats stats;
	struct qk_keys keys;

	bool over;
	struct quic_end end;
	size_t ahead_off, ahead_len;
	uint8_t ahead[QK_AHEAD];
};

/** What the peer may send ahead of our reading. */
size_t qk_window(const struct transport_settings *settings, bool server);
/** fd is owned from here on, whatever happens. */
struct quic_kernel *qk_conn_new(TALLOC_CTX *mem_ctx, struct tevent_context *ev,
				int fd,
				const struct transport_settings *settings,
				bool server, const struct sockaddr *peer);
/** The socket says that it is over: find out why. */
void qk_conn_closed(struct quic_kernel *k);
/** End it, with a sentence that k owns from here on. */
void qk_conn_end(struct quic_kernel *k, int err, char *why);
/** The handshake is over: bytes may flow. @return 0 or errno. */
int qk_conn_open(struct quic_kernel *k);
bool qk_conn_facts(struct quic_kernel *k, TALLOC_CTX *mem_ctx,
		   struct transport_facts *out);
/** An event, as the socket delivers it: its kind, and what belongs to it. */
void qk_conn_event(struct quic_kernel *k, const uint8_t *data, size_t len);

/** We end it for a reason of ours. */
void qk_conn_give_up(struct quic_kernel *k, int err, uint32_t code,
		     const char *why);
/** What a request failed with; 0 when it succeeded. */
int qk_request_errno(struct tevent_req *req);
/** Read as much as the pending read wants and there is. */
void qk_fill(struct quic_kernel *k);
/** The pending read gets err, or the orderly end when that is 0. */
void qk_read_over(struct quic_kernel *k, int err);
/** Send until the socket is full or nothing is left. */
void qk_flush(struct quic_kernel *k);
void qk_writes_over(struct quic_kernel *k, int err);

/* --- quic_kernel_keys ---------------------------------------------------- */

/** So many packets go out with the same keys; a test lowers it. */
extern uint64_t qk_key_packets;
/** Bytes of the stream were sent and received: it may be time for new keys, or
 *  the end of k. */
void qk_keys_used(struct quic_kernel *k, size_t sent, size_t received);
/** Of the row. */
int qk_update_keys(void *state);

/* --- quic_kernel --------------------------------------------------------- */

/** What a socket is told of the settings. */
struct qk_config qk_configuration(const struct transport_settings *s,
				  bool server);
/** A transport of a connection that is open. NULL: out of memory. */
struct transport *qk_transport(TALLOC_CTX *mem_ctx, struct quic_kernel *k);
int qk_listen(TALLOC_CTX *mem_ctx, struct tevent_context *ev,
	      const struct transport_listen *p, struct transport_listener **out,
	      char **why);

/* --- members of the row -------------------------------------------------- */

struct tevent_req *qk_read_send(TALLOC_CTX *mem_ctx, struct tevent_context *ev,
				void *state, uint8_t *buf, size_t min,
				size_t max, transport_measure_fn measure);
ssize_t qk_read_recv(struct tevent_req *req, int *err);
struct tevent_req *qk_write_send(TALLOC_CTX *mem_ctx, struct tevent_context *ev,
				 void *state, const struct iovec *iov,
				 int count);
struct tevent_req *qk_shutdown_send(TALLOC_CTX *mem_ctx,
				    struct tevent_context *ev, void *state,
				    enum transport_close code,
				    const char *reason);
/** Of writes and shutdowns. */
int qk_simple_recv(struct tevent_req *req);
void qk_finish(void *state);
void qk_stats(void *state, struct transport_stats *out);
const char *qk_error(void *state);

#endif
