/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * transport.h - a reliable byte stream, whatever carries it.
 *
 * MS-SMB2 2.1: SMB2 runs over direct TCP (port 445) and over QUIC (UDP 443,
 * ALPN "smb"). This header is all that the layers above know of either. A
 * backend is one const row (struct transport_backend); the functions here
 * assert the contract, log, and call the row.
 *
 * Ownership: a transport, a listener and a request are talloc objects.
 * Freeing a request cancels it. Freeing a transport ends it at once: the peer
 * is told where the carrier can (QUIC CONNECTION_CLOSE), bytes that were not
 * yet delivered are lost, and its outstanding requests end with ECONNABORTED.
 * Buffers given to a write belong to the transport until that write ends.
 *
 * Errors are errno values. A sentence for the user goes with them
 * (transport_error(), or the "why" out parameters).
 *
 * Threads: every call comes from the loop of the event context the transport
 * was made with. Nothing in the contract lets a caller see the carrier's own
 * state, so a backend may do its I/O in another thread.
 */
#ifndef SMBQUIC_TRANSPORT_H
#define SMBQUIC_TRANSPORT_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <talloc.h>
#include <tevent.h>

struct transport;
struct transport_listener;
struct threads;		  /* threads.h */
struct tls_client_policy; /* tls.h */
struct tls_server_policy; /* tls.h */

/** Application error codes of CONNECTION_CLOSE that we send (RFC 9000 19.19).
 *  SMB defines none; 0 is what Windows and Samba send for an orderly end. */
enum transport_close {
	TRANSPORT_CLOSE_DONE = 0,     /**< orderly: nothing more to say */
	TRANSPORT_CLOSE_PROTOCOL = 1, /**< the peer broke MS-SMB2 */
	TRANSPORT_CLOSE_LIMIT = 2,    /**< a configured limit was reached */
	TRANSPORT_CLOSE_SHUTDOWN = 3, /**< this program stops */
	TRANSPORT_CLOSE_INTERNAL = 4, /**< out of memory and the like */
};

/** What is known of a connected transport. Borrowed from the transport,
 *  constant from connect or accept on unless said otherwise. */
struct transport_facts {
	const char *backend;	    /**< row name: "quic", "tcp", ... */
	const char *chosen_because; /**< why this backend; may be NULL */
	bool secure;	    /**< encrypted and authenticated below SMB */
	bool resumed;	    /**< TLS took up an earlier session */
	bool early_sent;    /**< client: transport_target.early was written
			       already, whether the server took it as 0-RTT
			       or got it after the handshake */
	bool early_taken;   /**< ... as 0-RTT. Server: the peer's first bytes
			       came as 0-RTT */
	bool retried;	    /**< the client had to prove its address first, by
			       a Retry (RFC 9000 8.1.2); quic-kernel does not
			       know */
	bool peer_verified; /**< client: the server's certificate was
			       checked (chain and name, or pin) */
	struct sockaddr_storage local, peer;
	socklen_t local_len, peer_len;
	const char *alpn;	  /**< NULL on TCP */
	const char *server_name;  /**< server: SNI received; client: name
				     asked for. May be NULL */
	const char *quic_version; /**< "v1", "v2"; NULL on TCP */
	const char *tls_version;  /**< "TLS1.3"; NULL on TCP */
	const char *tls_cipher;	  /**< "AES-128-GCM"; NULL on TCP */
	const char *certificate;  /**< subject of the server's certificate */
	const char *certificate_sha1;	   /**< 40 hex digits, or NULL */
	const char *certificate_sha256;	   /**< 64 */
	const char *certificate_end_point; /**< tls_end_point_hex(), or NULL */
	bool client_certificate_wanted;	   /**< client: the server asked for one
					    */
	const char *trust; /**< client: how it was verified, a few
			      words ("pinned SHA-256") */
	void *mapping;	   /**< server: what tls_choose_fn put in
			      tls_identity.mapping. Borrowed for the
			      life of the transport */
	void *guest; /**< server: what tls_admit_fn knows of the client; NULL:
			nothing. Likewise */
};

/** Figures that change; a snapshot. Unknown ones are 0. */
struct transport_stats {
	uint64_t bytes_in, bytes_out; /**< stream bytes */
	uint64_t bytes_acked; /**< of bytes_out; all where nobody can tell */
	uint64_t packets_in, packets_out; /**< QUIC packets */
	uint64_t packets_lost;
	uint64_t bytes_in_flight;   /**< of packets that want an answer */
	uint64_t packets_sent_back; /**< errors that ICMP reported */
	uint64_t rtt_us;	    /**< smoothed */
	uint64_t cwnd;		    /**< bytes */
	uint64_t path_mtu;	    /**< UDP payload bytes */
};

/** When a QUIC client must first prove its address (RFC 9000 8.1.2). */
enum transport_retry {
	TRANSPORT_RETRY_AUTO,	/**< while max_handshakes are in flight */
	TRANSPORT_RETRY_ALWAYS, /**< unless it has a token of ours */
	TRANSPORT_RETRY_NEVER,	/**< beyond max_handshakes it is refused */
};

enum transport_congestion {
	TRANSPORT_CONGESTION_CUBIC, /**< RFC 9438 */
	TRANSPORT_CONGESTION_BBR,   /**< draft-ietf-ccwg-bbr */
};

/** Tunables common to all backends. transport_settings_default() fills it. */
struct transport_settings {
	unsigned connect_timeout_ms;   /**< 1..; whole connect incl. TLS */
	unsigned handshake_timeout_ms; /**< server side */
	unsigned idle_timeout_ms;      /**< QUIC max_idle_timeout */
	unsigned keepalive_ms;	       /**< 0: none */
	size_t stream_window;	       /**< first window, bytes; grows */
	size_t max_window;	       /**< bound of auto-tuning, bytes */
	unsigned max_connections;      /**< per listener; 0: no limit */
	unsigned max_connections_per_source;  /**< per source.h; 0: none */
	unsigned max_handshakes;	      /**< in flight per listener, see
						 retry; four times as many never */
	enum transport_retry retry;	      /**< QUIC, server */
	unsigned quic_version;		      /**< 1 or 2: preferred, of both;
						 a client begins with it */
	bool quic_version_only;		      /**< not the other, for tests */
	bool early_data;		      /**< QUIC, server: take 0-RTT.
						 The transport is
						 there before the handshake is
						 complete: transport_is_early()
					       */
	enum transport_congestion congestion; /**< QUIC only */
	const char *keylog_file;	      /**< SSLKEYLOGFILE; NULL: none */
	const char *qlog_dir;		      /**< QLOGDIR; NULL: none */
	const char *visits_file;	      /**< client: what is remembered of
						 servers (visit.h), secret; kept
						 by the caller; NULL: nothing */
};

/** Defaults, with keylog_file and qlog_dir taken from the environment. */
void transport_settings_default(struct transport_settings *out);

/** What a carrier of QUIC may not have, whatever the settings say. */
enum transport_lack {
	TRANSPORT_LACKS_BBR = 1u << 0,	      /**< congestion */
	TRANSPORT_LACKS_EARLY_DATA = 1u << 1, /**< early_data, and the target's
						 early */
	TRANSPORT_LACKS_THREADS = 1u << 2,    /**< those of a listener or
						 target */
	TRANSPORT_LACKS_MIGRATION = 1u << 3,  /**< transport_migrate(), and
						 what a client does of itself
						 when its address changes */
};

/** Where to connect: an address that was already resolved. */
struct transport_target {
	const struct sockaddr *addr; /**< copied */
	socklen_t addr_len;
	const char *server_name; /**< typed name: SNI and certificate check.
				    Copied. Required for secure backends */
	const struct tls_client_policy *tls; /**< required for secure ones;
						kept by the caller */
	const struct transport_settings
		*settings; /**< NULL: defaults; copied */
	/** What will be written first anyway, and changes nothing when it
	 *  comes twice: a carrier with 0-RTT (RFC 9001 4.6) sends it at once,
	 *  and says so in facts.early_sent; then it must not be written again.
	 *  Copied. NULL: nothing. */
	const uint8_t *early;
	size_t early_len;
	/** Where the connection is served once its handshake is complete, if
	    the carrier can: in the thread of that seat, 1 or more. The
	    transport is used from the loop of ev, which is that of their seat
	    0, all the same, and holds them; until then the caller does. NULL:
	    in that loop. */
	struct threads *threads;
	unsigned seat;
};

/**
 * A peer has connected (and, on a secure backend, its handshake is complete).
 * The transport arrives as a child of the listener's parent context; the
 * callee moves it (talloc_steal) or frees it. Facts are complete.
 */
typedef void (*transport_accept_fn)(struct transport *t, void *private_data);

/** Why a listener turned somebody away. */
enum transport_refusal {
	TRANSPORT_REFUSED_MANY,		   /**< max_connections */
	TRANSPORT_REFUSED_MANY_FROM_THERE, /**< max_connections_per_source */
	TRANSPORT_REFUSED_HANDSHAKES,	   /**< max_handshakes */
	TRANSPORT_REFUSALS
};

/** Why a handshake came to nothing. */
enum transport_failure {
	TRANSPORT_FAILED_TIMEOUT,     /**< it was not complete in time */
	TRANSPORT_FAILED_NAME,	      /**< nothing is known of that name */
	TRANSPORT_FAILED_CERTIFICATE, /**< the client's is not accepted */
	TRANSPORT_FAILED_TLS,	      /**< they do not agree otherwise */
	TRANSPORT_FAILED_BY_PEER,     /**< the client ended it */
	TRANSPORT_FAILED_OTHERWISE,   /**< QUIC broken, no memory, ... */
	TRANSPORT_FAILURES
};

/** What listeners count of who never became a transport. Every thread of a
 *  listener counts. What a carrier does by itself is not counted: quic-kernel
 *  has no retries and resets, TCP no failures. */
struct transport_tally {
	atomic_ulong refused[TRANSPORT_REFUSALS];
	atomic_ulong failed[TRANSPORT_FAILURES];
	atomic_ulong retries; /**< addresses that had to be proven */
	atomic_ulong resets;  /**< packets of connections that are not known */
};

#define TRANSPORT_SECRET_SIZE 32

struct transport_listen {
	const struct sockaddr *addr; /**< port 0: any */
	socklen_t addr_len;
	int fd; /**< 0: make a socket; else one that is bound to addr (and, of
		   TCP, listens), owned by the listener from here on, whatever
		   happens. ENOTSUP where the carrier cannot take one */
	const struct tls_server_policy *tls; /**< kept by the caller */
	const struct transport_settings *settings;
	/** TRANSPORT_SECRET_SIZE random bytes that outlive the program, read
	    during the call: what QUIC's stateless reset and address tokens are
	    made of, so that those of before a restart hold after it. NULL:
	    fresh ones. */
	const uint8_t *secret;
	/** Where connections are served once their handshake is complete, if
	    the carrier can; the transports are used from the loop of ev all the
	    same. The listener and its connections hold them. NULL: in that
	    loop. */
	struct threads *threads;
	/** Counted there; kept by the caller as long as the listener and
	    threads that it holds. NULL: not. */
	struct transport_tally *tally;
	transport_accept_fn accept;
	void *private_data;
};

/**
 * How long is what begins with these bytes, as far as they tell? It looks at
 * them alone, in whatever thread.
 *
 * @param got  the read's min at least.
 */
typedef size_t (*transport_measure_fn)(const uint8_t *buf, size_t got);

/**
 * One carrier. Members are called only by transport.c. Reads, writes and
 * shutdown come as send/recv pairs; their contracts are those of the
 * functions below with the same name.
 */
struct transport_backend {
	const char *name;
	uint16_t default_port;
	bool secure;
	const char *help; /**< one line for --help and the manual */
	/** Can it work on this machine? False: *why says what is missing. */
	bool (*usable)(const char **why);
	struct tevent_req *(*connect_send)(TALLOC_CTX *mem_ctx,
					   struct tevent_context *ev,
					   const struct transport_target *to);
	int (*connect_recv)(struct tevent_req *req, TALLOC_CTX *mem_ctx,
			    struct transport **out, char **why);
	int (*listen)(TALLOC_CTX *mem_ctx, struct tevent_context *ev,
		      const struct transport_listen *params,
		      struct transport_listener **out, char **why);
	struct tevent_req *(*read_send)(TALLOC_CTX *mem_ctx,
					struct tevent_context *ev, void *state,
					uint8_t *buf, size_t min, size_t max,
					transport_measure_fn measure);
	ssize_t (*read_recv)(struct tevent_req *req, int *err);
	struct tevent_req *(*write_send)(TALLOC_CTX *mem_ctx,
					 struct tevent_context *ev, void *state,
					 const struct iovec *iov, int count);
	int (*write_recv)(struct tevent_req *req);
	struct tevent_req *(*shutdown_send)(TALLOC_CTX *mem_ctx,
					    struct tevent_context *ev,
					    void *state,
					    enum transport_close code,
					    const char *reason);
	int (*shutdown_recv)(struct tevent_req *req);
	void (*finish)(void *state);
	void (*stats)(void *state, struct transport_stats *out);
	const char *(*error)(void *state); /**< may be NULL */
	void (*trust)(void *state);	   /**< may be NULL */
	bool (*is_early)(void *state);	   /**< may be NULL */
	int (*migrate)(void *state);	   /**< may be NULL */
	int (*update_keys)(void *state);   /**< may be NULL */
	unsigned lacks;			   /**< enum transport_lack */
};

/* The rows (transport.c). "quic" is the best QUIC of this machine. */
extern const struct transport_backend transport_tcp;	     /* tcp.c */
extern const struct transport_backend transport_quic_user;   /* quic_*.c */
extern const struct transport_backend transport_quic_kernel; /* quic_kernel.c */

/**
 * The row of that name: "tcp", "quic", "quic-user", "quic-kernel".
 * "quic" means the kernel's socket where it works, else the userspace stack.
 *
 * @param why  out, may be NULL: for "quic", a few words why this one.
 * @return NULL when there is no such row.
 */
const struct transport_backend *transport_backend_find(const char *name,
						       const char **why);

/**
 * Says in the log which settings have no effect with a carrier, if there are
 * any: for programs, once for each carrier that they use.
 *
 * @param threads  somebody asked for network threads.
 */
void transport_log_lacking(const struct transport_backend *via,
			   const struct transport_settings *settings,
			   bool threads);

/** Every row in order, NULL at the end: for help texts. */
const struct transport_backend *const *transport_backends(void);

/**
 * Connect to one address. Ends with the transport connected, its TLS
 * handshake complete and the peer's certificate judged.
 */
struct tevent_req *transport_connect_send(TALLOC_CTX *mem_ctx,
					  struct tevent_context *ev,
					  const struct transport_backend *via,
					  const struct transport_target *to);
/**
 * @param out  the transport, child of mem_ctx.
 * @param why  out: on failure a sentence, child of mem_ctx. May be NULL.
 * @return 0; ETIMEDOUT no answer; ECONNREFUSED; ENETUNREACH, EHOSTUNREACH;
 *         EACCES the certificate was not accepted (why has names and the way
 *         on); EPROTO the peer does not speak ALPN "smb", or broke TLS.
 */
int transport_connect_recv(struct tevent_req *req, TALLOC_CTX *mem_ctx,
			   struct transport **out, char **why);

/** Listen. @return 0, or EADDRINUSE, EACCES, ... with a sentence in why. */
int transport_listen(TALLOC_CTX *mem_ctx, struct tevent_context *ev,
		     const struct transport_backend *via,
		     const struct transport_listen *params,
		     struct transport_listener **out, char **why);
/** The address that was bound (port filled in). */
const struct sockaddr *transport_listener_address(
	const struct transport_listener *l);
/** Connections now open, handshakes now in flight. */
void transport_listener_counts(const struct transport_listener *l,
			       unsigned *connections, unsigned *handshakes);

/**
 * Read at least min and at most max bytes into buf. One read at a time.
 * buf must stay valid until the request ends or is freed. Freeing it keeps
 * the bytes that had not been handed over in the transport only when none
 * were put into buf yet; otherwise the stream is unusable.
 */
struct tevent_req *transport_read_send(TALLOC_CTX *mem_ctx,
				       struct tevent_context *ev,
				       struct transport *t, uint8_t *buf,
				       size_t min, size_t max);
/**
 * Likewise, and a carrier that is in another thread, for which the end of a
 * read is a way to go, asks measure once there are min bytes: of what is not
 * longer than max all is waited for. Whoever calls it has to be content with
 * min nevertheless.
 */
struct tevent_req *transport_read_whole_send(TALLOC_CTX *mem_ctx,
					     struct tevent_context *ev,
					     struct transport *t, uint8_t *buf,
					     size_t min, size_t max,
					     transport_measure_fn measure);
/**
 * @return bytes read, min..max; 0 when the peer ended the stream in an
 *         orderly way before the first byte; -1 with *err: EPIPE ended in the
 *         middle of min; ECONNRESET, ETIMEDOUT (idle or path dead),
 *         ECONNABORTED (closed here).
 */
ssize_t transport_read_recv(struct tevent_req *req, int *err);

/**
 * Write the whole vector. Several writes may be outstanding; they go in the
 * order of the calls. The bytes (not the array) belong to the transport until
 * the request ends: for QUIC that is when the peer acknowledged them, so do
 * not wait for one write before issuing the next. Freeing a write that has
 * begun ends the connection.
 */
struct tevent_req *transport_write_send(TALLOC_CTX *mem_ctx,
					struct tevent_context *ev,
					struct transport *t,
					const struct iovec *iov, int count);
/** @return 0 or an errno value as for reads; EPIPE: the peer closed the
 *          connection in an orderly way before it had it all. */
int transport_write_recv(struct tevent_req *req);

/**
 * Half-close: behind everything that was written the peer reads the orderly
 * end of the stream; reading goes on. Nothing can be written any more.
 * Idempotent.
 */
void transport_finish(struct transport *t);

/**
 * Finish what was written (bounded by a few seconds), then close with code
 * and reason (at most 200 bytes of UTF-8; may be NULL). After it ends the
 * transport can only be freed.
 */
struct tevent_req *transport_shutdown_send(TALLOC_CTX *mem_ctx,
					   struct tevent_context *ev,
					   struct transport *t,
					   enum transport_close code,
					   const char *reason);
int transport_shutdown_recv(struct tevent_req *req);

const struct transport_facts *transport_facts(const struct transport *t);
/** Note why this transport was chosen (facts.chosen_because). Copied. */
void transport_set_choice(struct transport *t, const char *why);
void transport_stats(const struct transport *t, struct transport_stats *out);
/**
 * The peer has shown who it is: it may have max_window bytes on their way to
 * us from now on. A stranger may have stream_window, and no more than the
 * carrier thinks fit for strangers.
 */
void transport_trust(struct transport *t);
/** Server with settings.early_data: the handshake is not complete yet, and
 *  whatever was read so far may be what somebody recorded and sends again. */
bool transport_is_early(const struct transport *t);
/**
 * Client: go on from another local port, and from the address that the routes
 * now prefer, without the server's user noticing (RFC 9000 9).
 *
 * @return 0; EAGAIN not yet; ENOTSUP the carrier or the peer cannot; or why
 *         there is no way to the server now.
 */
int transport_migrate(struct transport *t);
/** Go on with new keys (RFC 9001 6). @return 0; EAGAIN not now; ENOTSUP. */
int transport_update_keys(struct transport *t);
/** Why the transport ended, a sentence; NULL while it is well. */
const char *transport_error(const struct transport *t);

#define TRANSPORT_BINDING_MAX 96
/**
 * What a logon on this transport is bound to (RFC 5929's tls-server-end-point,
 * with its name in front): the same bytes at both ends, and others on a
 * connection to somebody else.
 *
 * @return their number; 0: this transport has no such thing.
 */
size_t transport_binding(const struct transport_facts *facts,
			 uint8_t out[TRANSPORT_BINDING_MAX]);

/* --- for backends ------------------------------------------------------ */

/**
 * Make a transport around a backend's state. state (a talloc object) becomes
 * a child of the transport: its destructor is the abrupt close. facts is
 * copied; its strings must be children of state.
 */
struct transport *transport_new(TALLOC_CTX *mem_ctx,
				const struct transport_backend *backend,
				void *state,
				const struct transport_facts *facts);

/** Likewise for a listener. The counts function may be NULL. */
struct transport_listener *transport_listener_new(
	TALLOC_CTX *mem_ctx, void *state, const struct sockaddr *addr,
	socklen_t addr_len,
	void (*counts)(void *state, unsigned *connections,
		       unsigned *handshakes));

/** The limit in words; counted. @param tally  NULL: nobody counts. */
const char *transport_refuse(struct transport_tally *tally,
			     enum transport_refusal why);

/** "192.0.2.1:443", "[2001:db8::1]:443"; static per call ring of 4. */
const char *transport_address_string(const struct sockaddr *addr);

#endif
