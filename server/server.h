/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * server.h - what the server holds, who owns it and how long it lives
 * (MS-SMB2 3.3.1). One section per file that implements it.
 *
 *	server ── conns ── requests, channels
 *	   │
 *	   ├───── sessions ── trees ── opens
 *	   └───── shares ── stores
 *
 * Not one nest: a session may have several channels (one per connection), an
 * open may outlive its connection. So sessions belong to the server, a channel
 * belongs to its connection and names its session. When the last channel of a
 * session is gone the session ends, and its trees and opens with it.
 *
 * Ownership is the talloc tree; every object leaves its tables and lists in
 * its destructor; so talloc_free() of any of them is always safe, except from
 * within a handler for an object that the request itself stands on: use the
 * functions here, which say what happens to requests in flight.
 *
 * A handler (request.h) finds its way like this:
 *
 *	r->conn    the connection, its agreement (dialect, sizes)
 *	r->session who: session->user, session->cred
 *	r->tree    where: tree->share, tree->store, tree->cred, tree->read_only
 *	r->open    what: open->file (files), open->pipe (pipes)
 *	r->conn->server->files, ->pool, ->config
 *
 * One thread, one event loop: nothing here may be touched from a worker.
 */
#ifndef SERVER_SERVER_H
#define SERVER_SERVER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <talloc.h>
#include <tevent.h>

#include "negotiate/auth.h"
#include "negotiate/keys.h"
#include "negotiate/negotiate.h"
#include "server/config.h"
#include "server/idtable.h"
#include "server/metrics.h"
#include "server/sequence.h"
#include "server/sidmap.h"
#include "server/store.h"
#include "server/users.h"
#include "server/worker.h"
#include "smbquic/message.h"
#include "smbquic/ntstatus.h"
#include "smbquic/transport.h"

struct chain;
struct ask; /* ask.h */
struct channel;
struct conn;
struct durable;	   /* durable.h */
struct open_app;   /* app_instance.h */
struct persistent; /* persistent.h */
struct file_table; /* file.h */
struct file_open;  /* file.h */
struct listener;
struct notice;
struct open;
struct pipe;   /* pipe.h */
struct replay; /* replay.h */
struct request;
struct server;
struct session;
struct share;
struct tree;

/* Bounds that are not settings. */
#define SERVER_MAX_SESSIONS	  65534
#define SERVER_MAX_OPENS	  262144
#define CONN_MAX_SESSIONS	  1024	/* channels of a connection */
#define CONN_MAX_PENDING_SESSIONS 16	/* logons under way */
#define CONN_STRANGER_MESSAGE	  70000 /* bytes, before anybody logged on */
#define CONN_MAX_BYTES		  ((size_t)64 << 20) /* in and out: then we wait */
#define SERVER_MAX_BYTES	  ((size_t)512 << 20) /* of all: then */
#define CONN_LEAST_BYTES	  ((size_t)1 << 20) /* is what each may have */
#define CONN_STRANGER_BYTES	  ((size_t)1 << 20) /* before anybody logged on */
#define REQUEST_OVERHEAD	  1024 /* what else a request, a reply costs */
#define SESSION_MAX_CHANNELS	  32   /* connections, as Windows */
#define SESSION_MAX_TREES	  1024
#define SESSION_MAX_OPENS	  65536

/* ------------------------------------------------------------- server.c */

/** The server: all that is global (3.3.1.5). */
struct server {
	struct tevent_context *ev;
	struct worker_pool *pool;
	struct worker_lane *lane;    /**< accounts and who may what (NSS) */
	struct worker_lane *packing; /**< compression (helper.h) */
	/** The configuration in force; replaced as a whole by a reload. Take a
	    talloc_reference() to keep one. */
	struct config *config;
	struct users *users;	       /**< the users file as last read */
	struct certmap *certmap;       /**< certs/certmap.h; NULL: no QUIC */
	struct cert_watch *cert_watch; /**< of certmap */
	struct state_dir *state; /**< server/state_dir.h; NULL: nothing stays */
	uint8_t guid[NEGOTIATE_GUID_SIZE];
	uint8_t secret[TRANSPORT_SECRET_SIZE]; /**< of the listeners */
	uint64_t start_time;		       /**< NT time */
	const char *netbios_name; /**< upper case, at most 15 bytes */
	const char *dns_name;	  /**< NULL: unknown */
	bool root;		  /**< files are opened as their users */
	struct sidmap sids;	  /**< of this machine; constant */

	struct listener *listeners; /**< listen.c */
	struct conn *conns;
	unsigned num_conns;
	size_t bytes_held;	 /**< by all: their bytes_in and bytes_out */
	unsigned num_durable;	 /**< opens that wait for their owners */
	struct strikes *strikes; /**< failed logons by address */
	uint64_t last_conn_id;
	uint64_t left_before; /**< connections over, as housekeeping knows */
	struct idtable *sessions; /**< SessionId -> struct session */
	struct idtable *opens;	  /**< FileId.Persistent -> struct open */
	struct share *shares;	  /**< in the order of the file, IPC$ last */
	struct file_table *files; /**< file.c: what is open, by file */
	/** Handles that are written down; NULL: there are none. */
	struct persistent *persistent;
	struct alarm *housekeeper;
	void (*stopped)(void *private_data);
	void *stopped_data;
	bool stopping; /**< drains: no new connections */
	bool draining; /**< takes no new connections (control.h) */
	struct metrics metrics;
	struct ask *metrics_ask; /**< metrics_http.c; NULL: none */
	char *metrics_at;	 /**< where that listens */
};

/**
 * A server without listeners: the configuration's shares, tables, workers.
 * @param config  becomes a child of the server.
 * @param why     out: on failure a sentence, child of mem_ctx.
 */
struct server *server_new(TALLOC_CTX *mem_ctx, struct tevent_context *ev,
			  struct config *config, char **why);

/** Take `state directory`, and be who the server was before: to be called
 *  before server_listen(). Where that cannot be, the log says so and the
 *  server goes on as a new one. */
void server_remember(struct server *server);

/** Read users and shares again under another configuration. Connections,
 *  sessions and opens stay. On failure nothing has changed. */
bool server_reload(struct server *server, struct config *config, char **why);

/** Read the users file again if it is another one than was read; on failure
 *  the old one stays and the log says why. */
void server_refresh_users(struct server *server);

/** No new connections; those there are answer what is at work and end. When
 *  none is left, or after some seconds, done() is called. */
void server_stop(struct server *server, void (*done)(void *private_data),
		 void *private_data);
/** The last connection is gone. For conn.c. */
void server_drained(struct server *server);

/** Now, as NT time (100 ns since 1601, UTC). */
uint64_t server_now(void);

/* ------------------------------------------------------------- listen.c */

/** Listen wherever the configuration says. @return false: *why is a sentence
 *  (child of the server) that names the address which could not be had. */
bool server_listen(struct server *server, char **why);

/** Likewise, on so many sockets that the process was started with
 *  (smbquic/systemd.h), in place of the configuration's; 0: on the latter. */
bool server_listen_passed(struct server *server, unsigned count, char **why);

/** "quic [::]:443, tcp [::]:445": for the ready line. */
char *server_listening(TALLOC_CTX *mem_ctx, const struct server *server);

/* --------------------------------------------------------------- conn.c */

/** A connection (3.3.1.7). Child of the server; freed by its own loop. */
struct conn {
	struct server *server;
	struct conn *prev, *next;
	uint64_t id; /**< for log and records: machine_connection() */
	struct message_conn *messages;
	const struct transport_facts *facts;
	char *peer;    /**< "192.0.2.1:50123" */
	char *address; /**< "192.0.2.1" */

	/** What was negotiated. dialect is 0 until then. */
	struct negotiate_agreement agreed;
	struct negotiate_policy policy;
	bool negotiated;

	struct channel *channels; /**< the sessions reachable here */
	unsigned num_channels, num_pending;
	unsigned failed_logons;
	uint64_t last_request; /**< of alarm_clock() */
	bool trusted;	       /**< somebody has logged on here */

	struct chain *chains;	  /**< compounds not yet answered */
	struct request *requests; /**< requests not yet answered */
	unsigned num_async;	  /**< of them: with an interim response */
	uint64_t last_async_id;
	size_t bytes_in;	 /**< messages being worked on */
	size_t bytes_out;	 /**< responses being made or written */
	struct credits *credits; /**< the window of message ids */

	struct tevent_req *reading;	 /**< NULL while reading is stopped */
	struct alarm *sweeper;		 /**< request.c: who is slow? */
	struct tevent_immediate *resume; /**< conn_resume() was called */
	struct alarm *logon_timer;	 /**< while nobody is logged on */
	bool draining; /**< ends when nothing is at work any more */
	bool closing;  /**< no more reading, no more replies */
	struct tevent_immediate *end;
	enum transport_close end_code;
	char *end_reason;
};

/** A transport was accepted: serve it. Takes it over. @return NULL: no memory
 *  or too many; the transport is gone. */
struct conn *conn_new(struct server *server, struct transport *t);

/**
 * The peer broke the protocol, or a limit: say why (once, in the log, with the
 * peer's address) and end the connection. Returns at once; the connection and
 * its requests are freed from the event loop, so the caller's pointers stay
 * good until it returns to the loop, and nothing is sent any more.
 */
void conn_end(struct conn *conn, enum transport_close code, const char *fmt,
	      ...) __attribute__((format(printf, 3, 4)));

/** Read no more, answer what is at work, then end. */
void conn_drain(struct conn *conn);

/** A channel of it became valid, or a valid one is gone: what a stranger may
 *  not is allowed; or the time to log on runs again. */
void conn_trust(struct conn *conn);

/** The transport ended by itself: for whoever noticed first. */
void conn_lost(struct conn *conn, int err);

/** Must what belongs to the session go sealed on this connection? Not where
 *  both ends take the transport's own protection for it. */
bool conn_must_seal(const struct conn *conn, const struct session *session);

/** Has only clients without a name: what is sealed is refused (3.3.5.2.1.1,
 *  Connection.ConstrainedConnection). */
bool conn_is_constrained(const struct conn *conn);

/** The session this connection may use under that id; NULL: none (3.3.5.2.9).
 *  Sessions still logging on are found, too: look at session->state. */
struct channel *conn_channel(const struct conn *conn, uint64_t session_id);

/** Has it no open files and had no request since then (NT time)? */
bool conn_is_dead(const struct conn *conn, uint64_t since);

/** Something was done with: what had to wait for memory goes on. */
void conn_resume(struct conn *conn);

/** Count what a connection holds: part is its bytes_in or bytes_out. */
static inline void conn_hold(struct conn *conn, size_t *part, size_t size)
{
	*part += size;
	conn->server->bytes_held += size;
}

static inline void conn_release(struct conn *conn, size_t *part, size_t size)
{
	*part -= size;
	conn->server->bytes_held -= size;
}

/** How much a connection may hold: less while all together hold too much. */
size_t conn_most_bytes(const struct conn *conn);

/* ------------------------------------------------------------ session.c */

enum session_state {
	SESSION_IN_PROGRESS, /**< the first logon is under way */
	SESSION_VALID,
	SESSION_EXPIRED,
	SESSION_ENDED, /**< logged off; there until the reply is out */
};

/** Somebody who logged on (3.3.1.8). Child of the server. */
struct session {
	struct server *server;
	uint64_t id;
	enum session_state state;
	struct channel *channels;
	unsigned num_channels;
	/** Of the connection it was made on; further ones have to fit. */
	uint16_t dialect, signing_algorithm, cipher;
	uint8_t client_guid[NEGOTIATE_GUID_SIZE];

	struct user *user;	    /**< who; NULL until valid */
	enum auth_kind kind;	    /**< a guest or a client without a name:
					 user is the guest account */
	struct store_cred *cred;    /**< the same for a store; NULL: as the
					 process itself */
	char *domain, *workstation; /**< as the client said; may be "" */
	const char *mechanism;	    /**< "NTLMv2" */
	struct session_keys *keys;  /**< NULL: a guest, or not valid yet */
	bool signing_required;
	bool encrypt_data;	     /**< everything must be sealed, unless the
					  connection's transport counts as that */
	uint64_t created, last_used; /**< NT times */
	uint64_t expires; /**< NT time, when it has to log on again; 0: never */

	struct idtable *trees; /**< TreeId -> struct tree */
	struct idtable *opens; /**< FileId.Volatile -> struct open */
};

/** How requests came in: for who asks what protects. */
struct protection_seen {
	bool sealed, is_signed, plain;
};

/** What a client was told unasked, and may not have got yet (notice.c). */
struct notices {
	struct notice *newest, *oldest;
	struct alarm *look; /**< whether anything arrives; or NULL */
	uint64_t acked; /**< bytes of the connection's when last looked at */
};

/** A session on one connection (3.3.1.14). Child of the connection. */
struct channel {
	struct conn *conn;
	struct session *session;
	struct channel *conn_prev, *conn_next;
	struct channel *session_prev, *session_next;
	/** NULL until valid. The session's own on the connection that made the
	    session; else a child of the channel. */
	struct smb2_signing_key *signing;
	struct auth *auth; /**< while a logon is under way */
	bool busy;	   /**< a SESSION_SETUP is at work */
	bool binding;	   /**< joins a session that was made elsewhere */
	uint8_t preauth[CRYPTO_PREAUTH_SIZE];
	bool valid;		     /**< logged on here */
	bool machine;		     /**< machine_stands_for() its user */
	struct protection_seen seen; /**< since it is valid */
	struct notices notices;
};

struct session *session_new(struct server *server);
/** @return NULL: no memory, or the connection has its number of sessions, or
 *  the session its number of connections. */
struct channel *channel_new(struct conn *conn, struct session *session);

/**
 * End a session: its trees end, every other request of it but `except` is
 * aborted with NT_STATUS_USER_SESSION_DELETED, then its channels go, and the
 * session.
 */
void session_end(struct session *session, struct request *except);

/** Logon is done on that channel: it counts no longer as pending. */
void channel_set_valid(struct channel *channel);

/** The oldest valid channel, to reach the client by; NULL: none is left. */
struct channel *session_channel(const struct session *session);

/** What signs on that channel: its own key, or, while it still joins its
 *  session, that of the session (3.3.5.2.4). NULL: nothing does yet. */
struct smb2_signing_key *channel_signing_key(const struct channel *channel);

/** SESSION_EXPIRED from the time on that session->expires says. */
enum session_state session_state(struct session *session, uint64_t now);

/* -------------------------------------------------------------- share.c */

enum share_type {
	SHARE_DISK,
	SHARE_PIPE, /**< IPC$ */
};

/** What is offered under a name. Child of the server; a tree keeps one alive
 *  (talloc_reference) when a reload has taken it out of server->shares. */
struct share {
	struct server *server;
	struct share *next;
	const char *name;
	enum share_type type;
	const char *comment;
	bool browseable;
	bool continuous; /**< persistent handles, if they can be written */
	/** Its own settings: config_bool(share->config, share->section, KEY).
	    section is NULL for IPC$. */
	struct config *config;
	const struct config_share *section;
	enum config_encrypt encrypt;
	enum config_compress compress; /**< NO for IPC$ */
	struct share_store *stores;    /**< one per expanded path */
};

/** A session's use of a share (3.3.1.9). Child of the session. */
struct tree {
	struct session *session;
	uint32_t id;
	struct share *share;
	struct store *store;	 /**< NULL for IPC$ */
	struct user *user;	 /**< session->user, or `force user` */
	struct store_cred *cred; /**< likewise */
	bool read_only;		 /**< for this user */
	bool encrypt_data;	 /**< the share's requests must be sealed */
	struct protection_seen seen;
	uint32_t maximal_access;	/**< what CREATE may grant at most */
	struct open *opens, *last_open; /**< in the order they were made */
	uint64_t created;		/**< NT time */
};

/** The shares of a configuration, IPC$ last, as a list for server->shares.
 *  Children of the server. */
struct share *shares_load(struct server *server, struct config *config,
			  char **why);
/** Take a list of shares out of use; trees keep theirs alive. */
void shares_unload(struct server *server, struct share *list);
/** Without regard to case; NULL: none (or not available). */
struct share *share_find(const struct server *server, const char *name);
/** The root of a DFS name space (`msdfs root`)? */
bool share_is_dfs(const struct share *share);
/** May this address see the share (`hosts allow`, `hosts deny`)? */
bool share_allows_address(const struct share *share,
			  const struct sockaddr *addr);
/** What macros of the share's path stand for. All borrowed. */
struct config_macros share_macros(const struct share *share,
				  const struct session *session,
				  const struct conn *conn);
/**
 * The store behind a share for somebody: what its path, macros replaced, leads
 * to. Opened once for all who have the same path, in a thread; it lives as
 * long as the last of them. Not for IPC$.
 */
struct tevent_req *share_store_send(TALLOC_CTX *mem_ctx,
				    struct tevent_context *ev,
				    struct share *share,
				    const struct config_macros *macros);
/**
 * @param owner  keeps it alive: the tree.
 * @return NULL: *why is a sentence, child of owner, or NULL for no memory.
 */
struct store *share_store_recv(struct tevent_req *req, TALLOC_CTX *owner,
			       char **why);

/** It lives as long as that owner, too, and stays the one for its path.
 *  @return false: no memory. */
bool share_keep_store(struct share *share, TALLOC_CTX *owner,
		      const struct store *store);

/* --------------------------------------------------------------- tree.c */

/** How many tree connects there are to shares of that name. */
unsigned trees_count(const struct server *server, const char *share);

/** A tree connect without its rights. @return NULL: no memory or too many. */
struct tree *tree_new(struct session *session, struct share *share);

/** End a tree connect: its opens end one after the other, other requests of
 *  it but `except` are aborted, the tree goes.
 *  @param status  what they hear: NT_STATUS_NETWORK_NAME_DELETED. */
void tree_end(struct tree *tree, struct request *except, NTSTATUS status);

/* --------------------------------------------------------------- file.c */

/** The table behind server->files. @return NULL: no memory. */
struct file_table *file_table_new(TALLOC_CTX *mem_ctx);

/* --------------------------------------------------------------- open.c */

/**
 * What a FileId stands for (3.3.1.10): a file, a directory or a pipe. A child
 * of its session; in the tables server->opens and session->opens and in the
 * list tree->opens. The members of `file` are file.c's own matter.
 *
 * It may be freed at any time (the connection broke): whatever threads still
 * do must own what they use.
 */
struct open {
	struct server *server;
	struct session *session;  /**< NULL: waits for its owner (durable) */
	struct tree *tree;	  /**< NULL likewise */
	struct open *prev, *next; /**< tree->opens */
	uint64_t persistent_id, volatile_id;
	uint32_t access;	  /**< granted: what the gates of a command may
				       look at; 0 until CREATE sets it */
	struct file_open *file;	  /**< file.c; a child of the open */
	struct pipe *pipe;	  /**< pipe.c; a child of the open */
	struct durable *durable;  /**< durable.h; NULL: it is not */
	struct replay *replay;	  /**< replay.h; until it is used otherwise */
	struct open_app *app;	  /**< app_instance.h; NULL: of none */
	struct request *requests; /**< in flight that name it, by open_next */

	uint8_t *lock_sequences; /**< cmd_lock.c; NULL: none yet */
	struct sequence sequence;
};

/** A new open with ids. @return NULL: no memory or too many; the handler
 *  answers NT_STATUS_INSUFFICIENT_RESOURCES. */
struct open *open_new(struct tree *tree);

/** One that a server before this one gave out: it waits for its owner.
 *  @return NULL: no memory, or the id is not to be had. */
struct open *open_restore(struct server *server, uint64_t persistent_id);

/** It leaves its session and tree, and is the server's. */
void open_detach(struct open *open);
/** It is that tree's, and its session's, under a new volatile id.
 *  @return false: too many. */
bool open_attach(struct open *open, struct tree *tree);

/** By both halves of a FileId within a session; NULL: none. */
struct open *open_find(const struct session *session, uint64_t persistent_id,
		       uint64_t volatile_id);

/**
 * The open ends, not by CLOSE: requests that name it, but `except`, are
 * aborted with what their command's row says (command.closed), else with that
 * status; then it is freed.
 */
void open_end(struct open *open, struct request *except, NTSTATUS status);

/**
 * Abort every request in flight that names the open, but `except`, with that
 * status (request_abort). CLOSE uses it for those that wait; those that are
 * at work it may rather wait for.
 */
void open_abort_requests(struct open *open, struct request *except,
			 NTSTATUS status);

#endif
