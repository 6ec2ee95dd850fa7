/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * client_private.h - what the files of the client library know of each other.
 *
 *	conn.c      struct client_conn: one transport; credits, message ids,
 *	            the calls in flight; conn_input.c what comes in,
 *	            conn_watch.c what does not
 *	channel.c   struct client_channel: a session on a connection; its keys
 *	session.c   struct client_session: a logged-on user, over one channel
 *	            or several; session_private.h has who logs it on
 *	tree.c      struct client_tree
 *	file.c      struct client_file
 *	call.c      struct call: requests sent as one message, and the replies
 *	multichannel.c, spread.c  further connections of one session
 *	reconnect.c struct reconnect: the way back of a lost connection
 *	revive.c    struct revive: a session or tree that the server ended
 *	restore.c   what both have in common
 *	replay.c    calls that wait for them
 *	reopen.c    struct file_origin: how a file is opened again
 *
 * Who points to whom: conn <- channel -> session <- tree <- file. Each list
 * is left by the destructor of what is in it, and whoever goes away first
 * clears the pointers to itself. So a pointer is either valid or NULL.
 */
#ifndef CLIENT_CLIENT_PRIVATE_H
#define CLIENT_CLIENT_PRIVATE_H

#include <sys/queue.h>

#include "client/client.h"
#include "client/client_req.h"
#include "client/contexts.h"
#include "negotiate/auth.h"
#include "negotiate/keys.h"
#include "negotiate/negotiate.h"
#include "smbquic/message.h"
#include "smbquic/smb2_posix.h"

/* ---------------------------------------------------------------- call.c */

/** Most requests of one compound that we make. */
#define CALL_MAX_PARTS 8

/** One request of a call, and its reply. */
struct call_part {
	TAILQ_ENTRY(call_part) entry; /**< in the connection's table */
	struct call *call;
	uint16_t command;
	uint16_t charge; /**< credits that it costs */
	uint64_t message_id;
	uint64_t async_id;    /**< with pending */
	bool listed;	      /**< in the table: sent, and no reply yet */
	bool replay;	      /**< a CREATE that may be repeated by its guid */
	bool pending;	      /**< the server said: later */
	struct wire_writer w; /**< header and body */
	struct wire_slice payload;

	/* The reply: borrowed from the call, which owns the message. */
	NTSTATUS status;
	bool is_signed;
	struct wire_slice reply; /**< whole PDU */
};

TAILQ_HEAD(call_parts, call_part);

/**
 * Requests that are sent as one message. Made, filled with call_add() and
 * handed to call_send(). When it was cancelled it stays with the connection
 * until the last reply has come.
 */
struct dir_change;

struct call {
	TAILQ_ENTRY(call) entry; /**< in conn->waiting or conn->sent */
	struct client_conn *conn;
	struct client_channel *channel; /**< NULL: before a session */
	struct tevent_req *req;		/**< NULL: cancelled */
	bool waiting;			/**< in conn->waiting */
	bool sent;			/**< in conn->sent */
	bool held;			/**< in conn->held */
	bool urgent;	      /**< restores a connection: is never held */
	bool renewed;	      /**< its session has logged on again for it */
	bool again;	      /**< was sent on a connection that was lost */
	int64_t awaits;	      /**< us; since when the way back; 0: not */
	bool moved;	      /**< to another channel: replay it (3.2.4.1.8) */
	bool posted;	      /**< nobody ever waited for it */
	unsigned refusals;    /**< a replay was too early so often */
	unsigned hops;	      /**< links that were followed for it */
	const char *followed; /**< where they led, as on the wire; or NULL */
	unsigned revivals;    /**< its session or tree was ended so often */
	bool keeps_out;	      /**< out stays: it may be sent again */
	unsigned late;	      /**< connections that were given up for it */
	unsigned passed_on;   /**< channels likewise */
	uint64_t tree_serial; /**< of its tree; 0: none */
	uint64_t file_serial; /**< of its open file; 0: none */
	bool file_lost;	   /**< that was freed, and its number is another's */
	NTSTATUS refused;  /**< it cannot be sent: its file is gone */
	bool related;	   /**< parts use the file of the first */
	bool spreads;	   /**< its tree's files may be on any channel */
	bool must_sign;	   /**< even if the session does not */
	bool keep_request; /**< fill in request; not when encrypting */
	bool written;	   /**< a carrier has sent it: call_first_bytes() */
	bool map_names;	   /**< path_map.c, for its paths */
	bool use_posix;	   /**< of its tree, for its CREATEs */
	uint32_t options;  /**< likewise */
	bool dir_posix;	   /**< dir.c: entries of the POSIX extensions */
	unsigned also;	   /**< parts at its end that are also.c's */
	uint16_t channel_sequence; /**< 3.2.4.1.8 */
	uint64_t session_id;
	uint32_t tree_id;
	bool encrypt;
	bool compress;	     /**< payloads may be */
	int64_t started;     /**< us; when it was queued */
	unsigned timeout_ms; /**< 0: never */

	struct wire_slice request; /**< with keep_request: as it was sent */
	struct dir_change *change; /**< dir_change.c; NULL: no such cache */

	/** Its replies are here, before anybody else sees them, or NULL. */
	void (*answered)(struct call *call);
	/** A reply to a cancelled call came: undo what it did, or NULL. */
	void (*orphan)(struct call *call);

	TALLOC_CTX *out; /**< what is sent; moves to the write request */
	unsigned parts;
	unsigned missing; /**< replies that have not come */
	struct call_part part[CALL_MAX_PARTS];
};

TAILQ_HEAD(call_list, call);

/**
 * @param session  NULL: a call outside any session.
 * @param tree     NULL: outside any tree.
 * @return NULL: out of memory. A call on a connection that has ended is made
 *         all the same; sending it fails.
 */
struct call *call_new(TALLOC_CTX *mem_ctx, struct client_conn *conn,
		      struct client_session *session, struct client_tree *tree);

/**
 * Begin a request. The body is appended to the writer returned, by an encode
 * function of smb2_pdu.h; its result need not be looked at here.
 *
 * @param bytes  payload of request or expected of the reply, the larger: for
 *               the credit charge (MS-SMB2 3.2.4.1.5).
 */
struct wire_writer *call_add(struct call *call, uint16_t command, size_t bytes);

/** The payload of the request begun last. @param owner  see
 *  client_write_send(). */
void call_payload(struct call *call, struct wire_slice data, TALLOC_CTX *owner);

/** The call becomes the request's. call may be NULL: out of memory. */
struct tevent_req *call_send(TALLOC_CTX *mem_ctx, struct client_conn *conn,
			     struct call *call);
/** The call of such a request, as far as it has come; NULL: it was not sent. */
struct call *call_of(struct tevent_req *req);
/**
 * @param out  the call with all replies, child of mem_ctx; NULL on failure.
 * @return how the exchange went, not what the server said: see call_status().
 */
NTSTATUS call_recv(struct tevent_req *req, TALLOC_CTX *mem_ctx,
		   struct call **out);

/** One in a tree whose parts use the file that the first of them opens. NULL:
 * no connection, no memory. */
struct call *call_compound(TALLOC_CTX *mem_ctx, struct client_tree *tree);
/** One more call in the same place as another: its tree, its session. */
struct call *call_new_beside(TALLOC_CTX *mem_ctx, const struct call *other);

/** Send a call whose answer nobody waits for. Both may be NULL. */
void call_post(struct client_conn *conn, struct call *call);

/** For calls of one part: call_recv, and what the server said. *out is set
 *  whenever there is a reply. */
NTSTATUS call_recv_one(struct tevent_req *req, TALLOC_CTX *mem_ctx,
		       struct call **out);

/** The same for calls whose reply is nothing but a status. */
NTSTATUS call_recv_status(struct tevent_req *req);

/** The first status of the parts that is an error; whatever a CREATE failed
 *  with, as no other part is about anything then. */
NTSTATUS call_status(const struct call *call);

/** What it takes, in credits. */
uint32_t call_cost(const struct call *call);

/* For conn.c: */

/** All replies are here, or status says why there will be none. */
void call_finish(struct call *call, NTSTATUS status);
/** Nobody waits any longer: cancelled, it stays with the connection until the
 *  server has answered; when it was not sent yet, it is freed. */
void call_abandon(struct call *call);
/**
 * The bytes, with their frame, that call_send() will write of the first call
 * of a connection: it has one part, which is neither signed nor sealed.
 *
 * @return empty: out of memory. A child of mem_ctx.
 */
struct wire_slice call_first_bytes(TALLOC_CTX *mem_ctx, struct call *call);
/** Encode the headers and write the message; charges are paid already. */
void call_transmit(struct call *call);
/** Ask the server to give up the parts that have no reply yet. */
void call_cancel(struct call *call);

/* ---------------------------------------------------------------- conn.c */

#define CONN_BUCKETS	    256
#define CONN_CREDITS_WANTED 1024
#define CONN_CREDITS_MAX    65536

struct client_conn {
	struct tevent_context *ev;
	struct client_options options; /**< its strings are our children */
	const char *compression;       /**< compression_facts()'s words */
	struct message_conn *message;
	struct negotiate_policy policy;
	struct negotiate_agreement agreement;
	struct wire_slice hint;	    /**< the server's GSS token */
	const char *address;	    /**< of the peer, for facts */
	const char *client_mapping; /**< where the client certificate is from */
	const char *logon_why;	    /**< client_logon_why() */

	uint8_t guid[NEGOTIATE_GUID_SIZE];

	NTSTATUS dead; /**< why it ended, or OK */
	const char *why;
	bool interrupted;
	TALLOC_CTX *trash;	    /**< freed when a message was dealt with */
	struct tevent_req *reading; /**< the next message */

	uint64_t next_id;
	uint32_t credits;      /**< to spend */
	uint32_t credits_out;  /**< spent, no reply yet */
	uint32_t credits_most; /**< the most that the two ever were together */
	uint32_t window; /**< credits that may be out since it came back; 0: all
			  */
	bool asking;	 /**< an ECHO is out to get more credits */
	struct call_list waiting; /**< for credits, in their order */
	struct call_list sent;
	struct call_list held;	    /**< for a lost connection to come back */
	uint64_t serials;	    /**< given to trees and files */
	TALLOC_CTX *writes;	    /**< the message writes in flight */
	struct reconnect *way_back; /**< NULL: there will be none */
	bool lost;		    /**< and not yet back */
	struct multichannel *multi; /**< NULL: it has no further channels */
	struct client_conn *home;   /**< it is one itself: of this connection */
	struct quic_threads *threads; /**< NULL: none yet; home's */
	bool down; /**< its transport is lost, and further channels carry on */
	/** For tests: where a lost connection comes back; NULL: by options. */
	struct transport *(*dial)(void *private_data);
	void *dial_data;
	struct call_parts table[CONN_BUCKETS]; /**< by message id */
	struct beside *beside; /**< beside.c; NULL: it never had to wait */

	/* conn_watch.c */
	struct alarm *watch; /**< while calls may time out */
	uint64_t moved_bytes;
	uint64_t moved_in;	  /**< of these: came in */
	int64_t moved;		  /**< us: when bytes were seen to move last */
	struct tevent_req *doubt; /**< an ECHO looks into a silence; or NULL */
	int64_t doubted;	  /**< us: since when */
	bool doubt_alone;	  /**< nothing else was on its way then */

	TAILQ_HEAD(, client_channel) channels;
};

/** As client_connect_send(), over a transport that is there already; it
 *  becomes the connection's. client_connect_recv() ends it. */
struct tevent_req *connect_over_send(TALLOC_CTX *mem_ctx,
				     struct tevent_context *ev,
				     struct transport *t,
				     const struct client_options *options);

/** The way to the server and NEGOTIATE once more, for a connection that is
 *  lost. @param why  out: as of client_connect_recv(). */
struct tevent_req *connect_again_send(TALLOC_CTX *mem_ctx,
				      struct client_conn *conn);
NTSTATUS connect_again_recv(struct tevent_req *req, TALLOC_CTX *mem_ctx,
			    char **why);

/** One more connection to the same server, at an address, for a further channel
 *  of home. client_connect_recv() ends it.
 *  @param number  1..: which of them; home itself is 0. */
struct tevent_req *connect_channel_send(TALLOC_CTX *mem_ctx,
					struct client_conn *home,
					const char *address, unsigned number);

/** Threads for so many connections, with so many processors (quic_threads.c);
 *  0: none. */
unsigned quic_threads_worth(unsigned channels, unsigned processors);
/** Those in which the QUIC connections of home are served, as its max_channels
 *  wants it. @return NULL: in the loop. */
struct threads *quic_threads(struct client_conn *home);

/** A connection to where conn leads, by whichever of its transports answers
 *  first, to see which do: it becomes nobody's, and nothing is remembered of
 *  it. client_connect_recv() ends it. */
struct tevent_req *connect_beside_send(TALLOC_CTX *mem_ctx,
				       struct client_conn *conn);

/** us of a clock that only goes forward. */
int64_t conn_clock(void);

/** Put a call into the queue and send what the credits permit. */
void conn_submit(struct client_conn *conn, struct call *call);
/** Take a call out of all lists. */
void conn_forget(struct client_conn *conn, struct call *call);
/** Credits came, or a call went: others may go. */
void conn_go(struct client_conn *conn);
/** On a connection that has come back so many more credits may be out. */
void conn_open_window(struct client_conn *conn, uint32_t credits);
/** End the connection: all calls end with status. why is copied; the first
 *  one stays. */
void conn_die(struct client_conn *conn, NTSTATUS status, const char *why);
/** As conn_die(), with an errno value of message.h and the transport's
 *  sentence. */
void conn_lost(struct client_conn *conn, int err);
/** The transport is given up here, and comes back if it can. @param why  a
 *  sentence without end; copied. */
void conn_lost_because(struct client_conn *conn, NTSTATUS status,
		       const char *why);

/* conn_watch.c */

/** See to it that what gets no answer ends; while there are calls. */
void conn_start_watch(struct client_conn *conn);
/** What is left of max when the credits of this connection pay for it. */
size_t conn_affordable(const struct client_conn *conn, size_t max);

/* beside.c */

/** Once a second while calls are on their way: a way over QUIC may have gone
 *  silent where another leads on. It may be lost afterwards, not at once. */
void beside_look(struct client_conn *conn, int64_t now,
		 const struct transport_stats *stats);

/* conn_input.c: what comes in. */
void conn_start_reading(struct client_conn *conn);
struct smb2_sealing_key *conn_keyring(uint64_t session_id, void *private_data);

/* ------------------------------------------------------------- channel.c */

/**
 * A session on a connection: all that is needed to protect its messages, so
 * it stays, with the connection, until the last reply came, even when the
 * session was freed.
 */
struct client_channel {
	TAILQ_ENTRY(client_channel) conn_entry;
	TAILQ_ENTRY(client_channel) session_entry;
	struct client_conn *conn;	/**< NULL: it ended */
	struct client_session *session; /**< NULL: it ended */
	unsigned calls;			/**< on their way */
	bool binding;			/**< not yet, or no longer, of use */
	uint64_t session_id;
	bool sign;
	struct smb2_signing_key *signing;
	struct smb2_signing_key *own; /**< the same, of one that was bound */
	/** Of the session: a child of its first channel, others refer to it. */
	struct session_keys *keys;
	uint8_t preauth[CRYPTO_PREAUTH_SIZE];
};

/** A child of the session, in its list and the connection's. */
struct client_channel *channel_new(struct client_session *session,
				   struct client_conn *conn);
/** Take a message of a setup into the hash (3.1.1). */
bool channel_hash(struct client_channel *channel, struct wire_slice message);
/** The channel that a new call uses, or NULL. */
struct client_channel *channel_choose(struct client_session *session);
/** The one that it was logged on with, which has its keys. */
struct client_channel *channel_first(const struct client_session *session);
/** The session's channel on a connection, or NULL. */
struct client_channel *channel_on(const struct client_session *session,
				  const struct client_conn *conn);
/** It was bound: its own key (3.2.5.3.3), and what the session has. */
NTSTATUS channel_take_key(struct client_channel *channel,
			  const struct keys_input *input);
/** The session goes: its channels stay as long as they are needed. */
void channel_release_all(struct client_session *session);
/** A call ended: was it the last one of a channel without session? */
void channel_call_ended(struct client_channel *channel);

/* -------------------------------------------------------------- ticket.c */

struct kerberos_ticket;

/** kerberos_ticket_get() in a thread of its own, so that the loop goes on
 *  while a KDC is asked. Everything given is copied. */
struct tevent_req *ticket_get_send(TALLOC_CTX *mem_ctx,
				   struct tevent_context *ev,
				   const struct client_credentials *credentials,
				   const char *server,
				   struct wire_slice binding);
/** @param why  out: on failure a sentence, child of mem_ctx; may stay NULL. */
NTSTATUS ticket_get_recv(struct tevent_req *req, TALLOC_CTX *mem_ctx,
			 struct kerberos_ticket **out, char **why);

/* ------------------------------------------------------------- session.c */

/* A lease that was broken before it was known here: the answer to the open
 * that asked for it was on its way. */
struct early_break {
	struct smb2_guid key;
	uint32_t state;
	uint16_t epoch;
	bool waits;
};

#define EARLY_BREAKS 16

/** The server does not let us in again: revive.c. */
struct refusal {
	NTSTATUS status; /**< OK: it does, or was not asked */
	int64_t until;	 /**< us; it is not asked before */
	unsigned ms;	 /**< that it is left alone; 0: not refused before */
};

struct client_session {
	struct early_break early[EARLY_BREAKS]; /**< a ring */
	unsigned early_next;
	struct client_credentials *credentials; /**< to log on again */
	uint16_t sequence; /**< of its channels (3.2.4.1.8); it only grows */
	bool stale;	   /**< the server has it no more; not yet restored */
	struct refusal refusal;
	struct revive *revive;	     /**< NULL: never needed */
	struct tevent_req *again;    /**< restores it now; NULL: nobody does */
	struct tevent_req *renewing; /**< renew.c; NULL: nobody does */
	uint64_t previous_id;	     /**< the last one that it had */
	TAILQ_HEAD(, client_channel) channels;
	TAILQ_HEAD(, client_tree) trees;
	uint64_t id;
	struct auth *auth;
	uint16_t flags; /**< SMB2_SESSION_FLAG_* */
	bool encrypt;
	bool valid;	/**< logged on */
	bool validated; /**< FSCTL_VALIDATE_NEGOTIATE_INFO was done */
};

/** With its lists, and what ends it. */
struct client_session *session_new(TALLOC_CTX *mem_ctx);

/** Log on again, on the same connection, which was made anew. */
struct tevent_req *session_again_send(TALLOC_CTX *mem_ctx,
				      struct client_session *session);
NTSTATUS session_again_recv(struct tevent_req *req);

/** Log on again within a session whose time is up: it keeps its number and its
 *  keys. */
struct tevent_req *session_renew_send(TALLOC_CTX *mem_ctx,
				      struct client_session *session);
NTSTATUS session_renew_recv(struct tevent_req *req);

/** Make a channel, on a connection that has negotiated, one of its session
 *  (3.2.4.2.3.1). */
struct tevent_req *session_bind_send(TALLOC_CTX *mem_ctx,
				     struct client_channel *channel);
NTSTATUS session_bind_recv(struct tevent_req *req);

/* --------------------------------------------------------------- renew.c */

/** A call has all its replies: when they say that the session has expired it
 *  is put aside until that has logged on again. @return false: it ends. */
bool renew_take(struct call *call);

/** The connection of its first channel, or NULL. */
struct client_conn *session_conn(const struct client_session *session);

/* ---------------------------------------------------------------- tree.c */

struct client_tree {
	TAILQ_ENTRY(client_tree) entry;
	struct client_session *session; /**< NULL: it ended */
	TAILQ_HEAD(, client_file) files;
	uint64_t serial;
	const char *share;
	bool stale;		  /**< as of a session */
	struct refusal refusal;	  /**< likewise */
	struct tevent_req *again; /**< likewise */
	uint32_t id;
	uint8_t type;
	uint32_t share_flags;
	uint32_t capabilities;
	bool encrypt;
	bool compress; /**< what its files hold */
	bool valid;
	bool map_names;
	struct client_dir_cache *dir_cache; /**< dir_cache.h; or NULL */
	bool use_posix;			    /**< client_tree_use_posix() */
	uint32_t options;		    /**< client_tree_add_options() */
};

/* ------------------------------------------------------------- help_thread.c
 */

/** A thread for conn->message, which is new, when it comes to need one.
 *  @return false: no memory. */
bool help_thread_start(struct client_conn *conn);

/* -------------------------------------------------------- compression.c */

/** What to offer in NEGOTIATE; none where it is not wanted. */
void compression_offer(const struct client_options *options,
		       struct negotiate_ids *ids);
/** Is what the files of the share hold compressed? */
bool compression_of_tree(const struct client_conn *conn,
			 const struct smb2_tree_connect_response *tree);
/** Of a READ in the tree. */
uint8_t compression_read_flags(const struct client_tree *tree);
void compression_facts(struct client_conn *conn, const struct client_tree *tree,
		       struct client_facts *out);

/* ---------------------------------------------------------------- again */

/** Connect to the share again, on a session that was restored. */
struct tevent_req *tree_again_send(TALLOC_CTX *mem_ctx,
				   struct client_tree *tree);
NTSTATUS tree_again_recv(struct tevent_req *req);

/* ------------------------------------------------------------ path_map.c */

/** As client_tree_map_names() tells. Children of mem_ctx, also when nothing is
 *  mapped; NULL: out of memory, or a name is too long. */
char *path_map_to_server(TALLOC_CTX *mem_ctx, bool map, const char *path);
char *path_map_pattern(TALLOC_CTX *mem_ctx, bool map, const char *pattern);
/** The same for what is done by the POSIX extensions. */
char *path_map_to_posix(TALLOC_CTX *mem_ctx, bool map, const char *path);
char *path_map_posix_pattern(TALLOC_CTX *mem_ctx, bool map,
			     const char *pattern);
/** Takes name and gives another, or the same. */
char *path_map_from_server(TALLOC_CTX *mem_ctx, bool map, char *name);
/** Likewise of what the POSIX extensions tell, a name or a path. */
char *path_map_from_posix(TALLOC_CTX *mem_ctx, bool map, char *path);

/* ------------------------------------------------------------ versions.c */

/** Take the first "@GMT-..." out of a path. @return its time; 0: there is
 *  none. */
NTTIME snapshot_take(char *path);

/* ---------------------------------------------------------- properties.c */

struct client_ea;
/** @return false: there is no such name, or out of memory. */
bool ea_add(struct wire_chain *list, const struct client_ea *ea);

/* ---------------------------------------------------------------- file.c */

struct client_file {
	TAILQ_ENTRY(client_file) entry;
	struct client_tree *tree; /**< NULL: it ended */
	struct smb2_file_id id;
	uint64_t serial;
	struct file_origin *origin; /**< NULL: it is not opened again */
	bool stale;		    /**< as of a session */
	struct tevent_req *again;   /**< likewise */
	NTSTATUS gone;		    /**< why its calls fail, or OK */
	bool valid;
	struct file_closing *closing; /**< somebody waits for a CLOSE, and it is
					   valid until then; or NULL */
	bool posix;		      /**< opened by the POSIX extensions */
	uint8_t oplock;
	const char *temporary; /**< of an upload: its path until then */
	bool whole; /**< of an upload: its bytes came with its making */
	client_oplock_fn on_break;
	void *private_data;
	client_lease_fn on_lease;
	void *lease_data;
	bool coming_back;  /**< on_lease is told of an open, not a break */
	bool releasing;	   /**< a lease break waits for client_file_release() */
	const char *path;  /**< dir_change.c: what it may change; or NULL */
	bool deletes;	   /**< when it is closed */
	const char *asked; /**< follow.c: by which path it was opened, */
	const char *followed; /**< and where that led to; or NULL */
	bool through_link;    /**< a folder that is listed: links led there */
	bool watched;	      /**< by client_notify_send(), at least once */
	bool missed; /**< what happened while the connection was lost */
	struct client_told told; /**< when it was opened first */
};

/** Make the object of an open that the server told us of. */
struct client_file *file_new(TALLOC_CTX *mem_ctx, struct client_tree *tree,
			     const struct smb2_create_response *created);
/** The server has opened it; takes the origin. */
void file_take_origin(struct client_file *file, struct file_origin *origin,
		      const struct smb2_create_response *created);
/** Send a call with the CLOSE of the file, which is valid until that is
 *  answered, or the request freed. NULL: no connection, or no memory; then it
 * is not, and the call is freed. To be received by client_close_recv(), which
 * has the status of the call's first part. */
struct tevent_req *file_closing_send(TALLOC_CTX *mem_ctx,
				     struct client_file *file,
				     struct call *call);
/** The connection of a file, or NULL. */
struct client_conn *file_conn(const struct client_file *file);
/** A call on an open file; NULL: no connection, or no memory. */
struct call *file_call(TALLOC_CTX *mem_ctx, const struct client_file *file);
/** Append a CREATE. @return false: out of memory, or no UTF-16. */
bool file_add_create(struct call *call, const char *path,
		     const struct client_open *how);
/** The same with more contexts. @param origin  may be NULL. */
bool file_add_origin(struct call *call, const char *path,
		     const struct client_open *how,
		     const struct file_origin *origin);
/** Append a CLOSE of a file, or (NULL) of the compound's. */
void file_add_close(struct call *call, const struct client_file *file);
/** Append a SET_INFO; data is copied. */
void file_add_set(struct call *call, const struct client_file *file,
		  uint8_t type, uint8_t info_class, uint32_t extra,
		  struct wire_slice data);
void file_add_query(struct call *call, const struct client_file *file,
		    const struct client_query *query);
/** The id that a part of a compound uses for file, or for the first's. */
struct smb2_file_id file_id_of(const struct client_file *file);
/** For calls whose first part is a CREATE without CLOSE behind it. */
void file_close_orphan(struct call *call);
/** The same of what that part has opened. */
void file_close_part(struct call *call, unsigned which);

/* -------------------------------------------------------------- upload.c */

/** How an upload makes its file. */
extern const struct client_open upload_how;
/** Append a WRITE of the compound's file, from its beginning; owner of data
 * goes with it. Nothing where there is nothing to write. */
void upload_add_write(struct call *call, struct wire_slice data,
		      TALLOC_CTX *owner);

/* ----------------------------------------------------------------- dir.c */

/** Ask for the next entries. @param dir  NULL: what the compound opens.
 *  @param posix  it was opened by the extensions. @return false: no pattern. */
bool dir_add_query(struct call *call, const struct client_file *dir, bool posix,
		   const char *pattern, uint32_t size);
/** Append the entries of that part's reply. */
NTSTATUS dir_take_part(struct client_dir_list *list, const struct call *call,
		       unsigned number);

/* ---------------------------------------------------------------- also.c */

/** As the last parts of a call, after which none is added: look at how->also,
 *  if that is anything. */
void also_add(struct call *call, const struct client_open *how);
/** Parts that are not also_add()'s. */
unsigned also_own_parts(const struct call *call);
/** The replies are there. @return false: it is not known. */
bool also_take(struct call *call, struct client_stat *out);
void file_stat_from_create(const struct smb2_create_response *in,
			   struct client_stat *out);

/* open_contexts.c */

/** By the POSIX extensions, if the whole tree is. */
void open_how_posix(struct client_open *how, bool posix);
/** The create contexts that how asks for. @return false: out of memory. */
bool open_contexts_add(const struct client_open *how, struct wire_chain *list);
/** Can how's contexts be said in that dialect? */
NTSTATUS open_contexts_check(const struct client_open *how, uint16_t dialect);
/** The time of a snapshot that they name; 0: none. */
NTTIME open_contexts_snapshot(const struct client_open *how);
/** Make those that a further open of the same needs its own, children of
 *  mem_ctx, and leave the others out. @return false: out of memory. */
bool open_contexts_keep(TALLOC_CTX *mem_ctx, struct client_open *how);
/** What those of a response tell. */
void open_contexts_told(struct wire_slice contexts, struct client_told *out);
void open_contexts_take(struct wire_slice contexts, struct client_stat *out);
void open_contexts_posix(const struct smb2_posix *in, struct client_stat *out);

/* path.c: parts of compounds. */
struct call *path_call(TALLOC_CTX *mem_ctx, struct client_tree *tree,
		       const char *path, const struct client_open *how);
struct tevent_req *path_send(TALLOC_CTX *mem_ctx, struct client_tree *tree,
			     struct call *call);
NTSTATUS path_recv(struct tevent_req *req, TALLOC_CTX *mem_ctx,
		   struct call **out);
void path_add_rename(struct call *call, const struct client_file *file,
		     const char *to, bool replace);
void path_add_basic(struct call *call, const struct client_file *file,
		    const struct fscc_basic *basic);

/* ------------------------------------------------------------- reopen.c */

#define FILE_ORIGIN_LOCKS 64

/** How a file was opened: a child of the file. */
struct file_origin {
	const char *path;
	struct client_open how;
	struct smb2_guid create_guid;
	struct smb2_guid lease_key;
	bool asks;	  /**< for a handle that survives */
	bool asks_lease;  /**< for that, or to cache */
	bool asks_ca;	  /**< even the server */
	bool reclaims;	  /**< asks for the one that it had */
	bool temporary;	  /**< nothing but a handle can bring it back */
	uint32_t timeout; /**< ms, that the server may wait for us */
	struct smb2_file_id handle; /**< what is reclaimed */
	/* What the server said. */
	bool leased;
	bool durable;
	bool persistent;
	uint32_t lease_state;
	uint16_t lease_epoch;
	uint64_t file_id; /**< 0: not known */
	struct client_stat stat;
	/* Locks that we have. */
	unsigned locks;
	bool locks_lost; /**< more than can be remembered */
	struct smb2_lock_element lock[FILE_ORIGIN_LOCKS];
	uint8_t sequence[FILE_ORIGIN_LOCKS]; /**< by bucket */
	unsigned bucket;		     /**< of the next request */
};

/**
 * Remember how a file is about to be opened. NULL: it cannot be opened again,
 * or out of memory, which comes to the same.
 */
struct file_origin *file_origin_new(TALLOC_CTX *mem_ctx,
				    const struct client_tree *tree,
				    const char *path,
				    const struct client_open *how);
/** What of it goes into a CREATE. @param parent  the key of the lease on the
 *  folder that it is in, or NULL. */
bool file_origin_add(const struct file_origin *origin,
		     const struct smb2_guid *parent, struct wire_chain *list);
/** What the reply says of it. @return false: it is malformed. */
/** What became of a file's lease before its open was answered. */
void file_lease_early(struct client_file *file);
bool file_origin_take(struct file_origin *origin,
		      const struct smb2_create_response *created);
/** The next lock sequence number (3.2.4.19), for a handle that survives. */
void file_origin_sequence(struct file_origin *origin,
			  struct smb2_lock_request *body);
/** These locks were taken or given back. */
void file_origin_lock(struct file_origin *origin,
		      const struct smb2_lock_element *locks, uint16_t count);

/** Open a file again. Its status is not what became of the file, which is in
 *  file->gone, but whether the connection was of use. */
struct tevent_req *file_again_send(TALLOC_CTX *mem_ctx,
				   struct client_file *file);
NTSTATUS file_again_recv(struct tevent_req *req);
/** A lease of the session is taken down (3.2.5.19.2). */
void file_lease_break(struct client_session *session, const uint8_t *msg,
		      size_t len);

/* ------------------------------------------------------------ restore.c */

/** They, and all below, are not what the server has, and are to be restored.
 *  @return whether any file is. */
bool restore_mark_session(struct client_session *session);
bool restore_mark_tree(struct client_tree *tree);
bool restore_mark_file(struct client_file *file);
/** Go on with a session and what is below it. How each part ends is told
 *  reconnect_restored() if the connection is lost, else revive_restored().
 *  @param busy  requests that are on their way elsewhere.
 *  @return how many are now; 0: there is nothing left to do. */
unsigned restore_session(struct client_session *session, unsigned busy);
/** An object that may wait to be restored went away. session may be NULL. */
void restore_look(struct client_session *session);

/* ------------------------------------------------------------- revive.c */

/** A call has all its replies: when they say that the server has ended its
 *  session or tree, that is made anew, and the call put aside until then if it
 *  can be sent again. @return false: it ends. */
bool revive_take(struct call *call);
/** A new call, in no list, needs what is not there at the moment. @return true:
 *  it is held until that is. */
bool revive_holds(struct call *call);
/** The server does not let us in again, and was asked just now. tree may be
 *  NULL. @return why, or OK. */
NTSTATUS revive_refused(const struct client_session *session,
			const struct client_tree *tree);
/** The session is no more on the server. @return false: it cannot come back. */
bool revive_session(struct client_session *session);
bool revive_is_busy(const struct client_session *session);
/** Something was answered, or is no more. */
void revive_look(struct client_session *session);
/** Of restore.c. @param tree  NULL: it was the session itself. */
void revive_restored(struct client_session *session, struct client_tree *tree,
		     NTSTATUS status);
/** The session is freed: calls that wait for it end. */
void revive_session_ends(struct client_session *session);

/* ------------------------------------------------------------- replay.c */

/** Can a call be sent again, after which nobody knows whether it was done? */
bool replay_may_repeat(const struct client_conn *conn, const struct call *call);
/** A call of conn->held takes the numbers that its tree and file have now.
 *  @return false: one of them is gone, and the call has ended. */
bool replay_number(struct client_conn *conn, struct call *call);
/** Calls that were sent or wait are held, or end with status when they cannot
 *  be sent again. */
void replay_hold(struct client_conn *conn, NTSTATUS status);
/** A tree or a file is what it was, under another number; or gone. */
void replay_tree(struct client_conn *conn, const struct client_tree *tree);
void replay_file(struct client_conn *conn, struct client_file *file);
/** A file is freed that is not open under its number any more: what was asked
 *  of it is not asked again. */
void replay_file_freed(struct client_conn *conn,
		       const struct client_file *file);
/** The tree of that number in a session of the connection, or NULL. */
const struct client_tree *tree_of_serial(const struct client_conn *conn,
					 uint64_t serial);
/** All that was held goes out, in its order. */
void replay_go(struct client_conn *conn);
/** One call that was answered with nothing done: it waits in conn->held. */
void replay_put_aside(struct call *call);
/** From a channel that failed to another. @return false: the call cannot be
 * sent twice. */
bool replay_move(struct call *call, struct client_conn *to);
/** A server that still looks for what the failed channel had brought refuses
 *  replays: they are sent again a little later. @return false: it ends. */
bool replay_take_refused(struct call *call);
/** One of conn->held is sent as soon as there are credits. */
void replay_resume(struct client_conn *conn, struct call *call);

/* ------------------------------------------------------------- follow.c */

/** A call has all its replies: when they say that its CREATE stopped at a
 *  symbolic link it is sent again, with the path that the link leads to.
 *  @return false: it ends. */
bool follow_take(struct call *call);
/** A file is opened again where the links led to. origin may be NULL. */
void follow_origin(const struct call *call, struct file_origin *origin);
/** It was opened by that path, by way of links or not. */
void follow_file(const struct call *call, struct client_file *file,
		 const char *asked);
/** A new name for such a file: what was in the same folder as the path that it
 *  was opened by still is. @return path, or a child of mem_ctx. */
const char *follow_along(TALLOC_CTX *mem_ctx, const struct client_file *file,
			 const char *path);

/* ---------------------------------------------------------- reconnect.c */

/** Ready to come back, for so long; NULL: out of memory. */
struct reconnect *reconnect_new(struct client_conn *conn);
/** The transport is lost. @return false: it will not come back. */
bool reconnect_lost(struct client_conn *conn, NTSTATUS status, const char *why);
/** Its CREATE was answered; it has to be restored with the rest when the
 *  connection was lost before that was seen. */
void reconnect_opened(struct client_file *file);
/** An object that may wait to be restored went away. conn may be NULL. */
void reconnect_look(struct client_conn *conn);
/** Of restore.c. */
void reconnect_restored(struct client_conn *conn, NTSTATUS status);

/** The server takes an oplock down (3.2.5.19). */
void file_break(struct client_session *session, const uint8_t *msg, size_t len);

#endif
