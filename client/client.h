/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * client.h - libsmbquic-client: files on an SMB server, over QUIC or TCP.
 *
 *	client_connect()           a connection: transport and NEGOTIATE
 *	client_session_setup()     a logged-on user on it
 *	client_tree_connect()      a share
 *	client_open()              a file, directory or pipe in it
 *
 * Every call exists twice: client_X_send() and client_X_recv() for a program
 * with an event loop, and client_X(), which runs that loop until the call is
 * done. There is one implementation: the second is made of the first. Where a
 * call is begun in two ways, one client_X_recv() ends both.
 *
 * Programs are compiled with `pkg-config --cflags --libs smbquic-client`, and
 * run with every later release that has libsmbquic-client.so.0: functions and
 * structures do not change in it, and new members take the place of reserved
 * ones. Structures that are filled in begin with zeros, or with what
 * client_..._default() says. Threads share nothing: a connection, all that
 * belongs to it and its event loop are one thread's. properties.h has what a
 * file has beside its bytes, contexts.h what an open can say and hear, target.h
 * names as users type them; examples: /usr/share/doc/libsmbquic-dev/examples.
 *
 * Ownership: connections, sessions, trees and files are talloc objects.
 * Freeing a request cancels it, also on the server. Freeing a file closes it,
 * freeing a tree or a session ends it, on the server too, without waiting for
 * the answer. When a connection ends all calls on it end, and new ones fail
 * with NT_STATUS_CONNECTION_DISCONNECTED. When it was freed, its sessions,
 * trees and files can only be freed.
 *
 * Paths are UTF-8 below the share, '\' between names, none in front; "" is the
 * share's root. See target.h for what makes such paths of what users type.
 *
 * Errors are NTSTATUS. A call that was sent ends with the server's status, or
 *   NT_STATUS_IO_TIMEOUT                nothing moved for the time set
 *   NT_STATUS_CONNECTION_DISCONNECTED   the connection ended: client_why()
 *   NT_STATUS_HANDLE_NO_LONGER_VALID    it came back, but not this file
 *   NT_STATUS_INVALID_NETWORK_RESPONSE  the answer made no sense
 *   NT_STATUS_CANCELLED                 client_interrupt(), blocking calls only
 *   NT_STATUS_NO_MEMORY
 * Warnings of the server (NT_STATUS_BUFFER_OVERFLOW and the like) that come
 * with data are returned as they are, and the data with them.
 */
#ifndef CLIENT_CLIENT_H
#define CLIENT_CLIENT_H

#include <stdbool.h>
#include <stdint.h>
#include <talloc.h>
#include <tevent.h>

#include "smbquic/fscc.h"
#include "smbquic/ntstatus.h"
#include "smbquic/sid.h"
#include "smbquic/smb2_pdu.h"
#include "smbquic/tls.h"
#include "smbquic/wire.h"

struct client_conn;
struct client_session;
struct client_tree;
struct client_file;
struct client_contexts; /* contexts.h */

/* ------------------------------------------------------------- connection */

/** How messages are protected where the transport does not do it. */
enum client_protection {
	CLIENT_PROTECTION_SIGN,	   /**< signing is required */
	CLIENT_PROTECTION_ENCRYPT, /**< so is encryption: of SMB, or of a
				      transport that both ends accept */
	CLIENT_PROTECTION_OFF,	   /**< as the server likes */
};

/** What becomes of SMB encryption where it is not insisted on. */
enum client_sealing {
	CLIENT_SEALING_ASKED,	/**< done when the server wants it */
	CLIENT_SEALING_DESIRED, /**< always when the server can */
	CLIENT_SEALING_NEVER,	/**< not offered: who wants it refuses us */
};

#define CLIENT_MAX_ALGORITHMS 8

/** Algorithms of SMB 3.1.1 by their numbers, best first; none: all that there
    are, in Windows' order. */
struct client_algorithms {
	uint16_t id[CLIENT_MAX_ALGORITHMS];
	unsigned count;
};

/** "sign", "encrypt", "off". @return false: no such name. */
bool client_protection_parse(const char *name, enum client_protection *out);

/** When the contents of files are compressed on their way (MS-SMB2 3.1.4.4).
 *  The length of what is encrypted then tells how well it compressed. */
enum client_compression {
	CLIENT_COMPRESSION_NO,	  /**< never; it is not even offered */
	CLIENT_COMPRESSION_SHARE, /**< where the share says so */
	CLIENT_COMPRESSION_YES,	  /**< wherever the server can */
};

/** "no", "share", "yes". @return false: no such name. */
bool client_compression_parse(const char *name, enum client_compression *out);

/** What is offered by default, in Windows' order. */
#define CLIENT_COMPRESSION_ALGORITHMS "pattern_v1,lz77,lz77+huffman,lznt1,lz4"

/** Is it a list of such names, each once? */
bool client_compression_algorithms_valid(const char *list);

/** "2.0.2", "2.1", "3.0", "3.0.2", "3.1.1", also "SMB2", "SMB3", "SMB3_11"
 *  and the like. @return false: no such dialect. */
bool client_dialect_parse(const char *name, uint16_t *out);
/** "3.1.1" */
const char *client_dialect_name(uint16_t dialect);

#define CLIENT_MAX_CHANNELS 8

/** Everything here is copied by client_connect_send(). */
struct client_options {
	const char *server;	/**< name or address; also for SNI */
	const char *address;	/**< connect there; NULL: where server points */
	const char *transports; /**< see race_parse_lanes(); NULL: "auto" */
	uint16_t port; /**< of every transport without one; 0: theirs */
	/** Without a client certificate in it, the mapping for the server has
	    one or there is none: client_map. */
	struct tls_client_policy tls;
	/** As file of client_map_find() (certs/client_map.h): NULL is the usual
	    ones, empty none. */
	const char *client_map;
	enum client_protection protection;
	enum client_sealing sealing;
	struct client_algorithms signing; /**< MS-SMB2 2.2.3.1.7 */
	struct client_algorithms ciphers; /**< MS-SMB2 2.2.3.1.2; before 3.1.1
					       AES-128-CCM, if it is in it */
	uint16_t min_dialect;
	uint16_t max_dialect;
	/** Let a transport that is secure and whose certificate was verified
	    stand for SMB encryption, if the server agrees (MS-SMB2 3.1.1.1
	    DisableEncryptionOverSecureTransport). */
	bool accept_transport_security;
	unsigned timeout_ms; /**< of every call; 0: never. See client_set_... */
	unsigned connect_timeout_ms;
	/** Say NEGOTIATE in 0-RTT, where the server permits it; needs
	    visits_file. What comes twice then changes nothing. */
	bool early_data;
	/** File of what is remembered of servers (smbquic/visit.h): TLS
	    sessions, address tokens, where UDP is blocked. NULL: none. */
	const char *visits_file;
	unsigned quic_version; /**< 1 or 2: to begin with */
	bool bbr;	       /**< how fast QUIC sends: by BBR, not CUBIC */
	/** SMB2_GLOBAL_CAP_* to say in NEGOTIATE beside those that the library
	    itself uses, for callers who make requests of their own. */
	uint32_t capabilities;
	/** 16 bytes that say who the client is, over connections; NULL: new
	    ones for each. For callers whose leases outlive connections. */
	const uint8_t *guid;
	/** Offer the POSIX extensions of SMB 3.1.1; see client_open.posix. */
	bool posix;
	/** When an established connection is lost, calls wait so long for it
	    to come back, with all that was open on it; see below. 0: they
	    fail, and the connection has ended. */
	unsigned reconnect_ms;
	enum client_compression compression;
	/** A list as CLIENT_COMPRESSION_ALGORITHMS, best first; NULL: that. */
	const char *compression_algorithms;
	/** Connections that one session may have (MS-SMB2 3.2.4.20.8), where
	    the server can: a session that moves much is spread over several,
	    to other addresses of the server or, over QUIC, to the same one,
	    and while one of them works the loss of another goes unnoticed.
	    Those over QUIC are served by threads, the first one too, so that
	    they use as many processors; what the caller gets is called from
	    his loop all the same. A thread begins when a connection that it
	    is to serve is established, and all end when the last of these
	    connections has been freed, and have ended then: the loop may be
	    freed at once. Over TCP there are none. 0 and 1: one, without
	    threads; at most CLIENT_MAX_CHANNELS. */
	unsigned max_channels;
	/** 0: new members come here and make it shorter, so that programs
	    need not be compiled again (tests/client_abi.py). */
	uint64_t reserved[5];
};

/** What is usual, and zeros: server is to be filled in. */
void client_options_default(struct client_options *out);

/**
 * Sets what Samba's smb.conf calls "client min protocol", "client max
 * protocol", "client signing", "client smb encrypt", "client smb encryption
 * over quic", "client smb3 signing algorithms" or "client smb3 encryption
 * algorithms", in its words; or a setting of smbquic-client.conf(5) alone.
 *
 * @param why  out: on failure what is wrong, child of mem_ctx; NULL: no memory.
 */
bool client_options_set(TALLOC_CTX *mem_ctx, struct client_options *options,
			const char *key, const char *value, char **why);

struct tevent_req *client_connect_send(TALLOC_CTX *mem_ctx,
				       struct tevent_context *ev,
				       const struct client_options *options);
/**
 * @param out  child of mem_ctx.
 * @param why  out: on failure sentences for the user, child of mem_ctx. May
 *             be NULL.
 */
NTSTATUS client_connect_recv(struct tevent_req *req, TALLOC_CTX *mem_ctx,
			     struct client_conn **out, char **why);
NTSTATUS client_connect(TALLOC_CTX *mem_ctx, struct tevent_context *ev,
			const struct client_options *options,
			struct client_conn **out, char **why);

/** Why the connection ended, a sentence; NULL while it is well. */
const char *client_why(const struct client_conn *conn);

/** Milliseconds of silence that end a call; tenfold if ECHO is answered. */
void client_set_timeout(struct client_conn *conn, unsigned timeout_ms);

/**
 * With client_options.reconnect_ms a connection that is lost is made anew:
 * sessions, trees and files stay what they are, calls in flight are sent again
 * and those that come meanwhile wait. Files are opened with durable (3.0 and
 * later) or, where the share is continuously available, persistent handles,
 * which keep locks and what was agreed on; others are opened again by their
 * path when nothing shows that they are not the same file (its id, time of
 * creation, and when it is only read its size and time of writing). A file
 * that cannot be had again fails its calls with
 * NT_STATUS_HANDLE_NO_LONGER_VALID, the rest goes on. What goes through pipes
 * is not sent again: NT_STATUS_CONNECTION_DISCONNECTED. A call's time ends when
 * it is answered: who is lost again and again over the same calls is given up.
 * A session, or the use of a share, that the server ends is made anew, too.
 */
enum client_lost {
	CLIENT_LOST,	 /**< trying to get it back */
	CLIENT_BACK,	 /**< it is as it was */
	CLIENT_GIVEN_UP, /**< client_why() tells more */
};

/** @param why  a sentence, for that call only; NULL with CLIENT_BACK. */
typedef void (*client_lost_fn)(struct client_conn *conn, enum client_lost what,
			       const char *why, void *private_data);
void client_on_lost(struct client_conn *conn, client_lost_fn fn,
		    void *private_data);

/** Makes blocking calls, the one that waits now and all later ones, end with
 *  NT_STATUS_CANCELLED until it is called again with false. Not for use in a
 *  signal handler: see tevent_add_signal(). */
void client_interrupt(struct client_conn *conn, bool yes);

/**
 * Go on from another local port, and from the address that the routes prefer
 * now, with everything that is open (QUIC only). When addresses or routes
 * change a connection does so by itself.
 *
 * @return 0; EAGAIN: not yet; ENOTSUP: the transport or the server cannot;
 *         ENOTCONN; or why there is no way to the server now.
 */
int client_migrate(struct client_conn *conn);

/** Wait for a request as the blocking calls do.
 *  @return NT_STATUS_OK: it ended, ask its recv function. */
NTSTATUS client_wait(struct client_conn *conn, struct tevent_req *req);

/**
 * Wait until nothing is on its way: requests that were freed meanwhile have
 * been answered, and what they had opened or begun is closed and taken away.
 *
 * @param timeout_ms  no longer than that.
 * @return false: something still is, or the connection has ended.
 */
bool client_settle(struct client_conn *conn, unsigned timeout_ms);

/** Is the server there? */
struct tevent_req *client_echo_send(TALLOC_CTX *mem_ctx,
				    struct client_conn *conn);
NTSTATUS client_echo_recv(struct tevent_req *req);
NTSTATUS client_echo(struct client_conn *conn);

/** Say goodbye and close the transport in an orderly way; then free conn. */
struct tevent_req *client_disconnect_send(TALLOC_CTX *mem_ctx,
					  struct client_conn *conn);
NTSTATUS client_disconnect_recv(struct tevent_req *req);
void client_disconnect(struct client_conn *conn);

/* ---------------------------------------------------------------- session */

/** By what we prove who we are. */
enum client_kerberos {
	CLIENT_KERBEROS_OFF,	  /**< by NTLM */
	CLIENT_KERBEROS_DESIRED,  /**< by Kerberos if the server offers it and
				       a ticket can be had, else by NTLM */
	CLIENT_KERBEROS_REQUIRED, /**< by Kerberos or not at all */
};

/** "off", "desired", "required". @return false: no such name. */
bool client_kerberos_parse(const char *name, enum client_kerberos *out);

/** Copied. Without user, password and nt_hash the logon is anonymous: the
 *  server may let it in to what is open to everybody, and nothing on the
 * session is signed or encrypted by SMB, whatever client_options.protection
 * says short of CLIENT_PROTECTION_ENCRYPT (MS-SMB2 3.2.5.3.1). */
struct client_credentials {
	const char *user;     /**< with Kerberos NULL or "": whose tickets there
				   are; "alice@REALM" names a realm. By NTLM,
				   and without a password: nobody, see below */
	const char *domain;   /**< NULL: the server's own accounts. With
				   Kerberos one with a dot is the realm */
	const char *password; /**< NULL: nt_hash, or tickets only */
	const uint8_t *nt_hash;	 /**< with password NULL: 16 bytes, the MD4 of
				      the password in UTF-16LE */
	const char *workstation; /**< NULL: this machine's name */
	enum client_kerberos kerberos;
	const char *ccache; /**< as KRB5CCNAME; NULL: the default */
	const char *keytab; /**< the user's keys, instead of a password */
	bool no_ntlm;	    /**< never by NTLM, whatever happens */
	/** With Kerberos, for programs of root: uid + 1 of a user of this
	    machine whose tickets they are. They are looked for and used with
	    his rights, in his default cache if ccache is NULL. 0: whoever runs
	    the program. */
	uint64_t tickets_of;
	uint64_t reserved[3]; /**< as of client_options */
};

struct tevent_req *client_session_setup_send(
	TALLOC_CTX *mem_ctx, struct client_conn *conn,
	const struct client_credentials *credentials);
/** NT_STATUS_LOGON_FAILURE; NT_STATUS_ACCESS_DENIED: a server that would have
 *  us unprotected as a guest, or cannot encrypt where that is required; with
 *  Kerberos those of kerberos_ticket_get(). */
NTSTATUS client_session_setup_recv(struct tevent_req *req, TALLOC_CTX *mem_ctx,
				   struct client_session **out);
NTSTATUS client_session_setup(TALLOC_CTX *mem_ctx, struct client_conn *conn,
			      const struct client_credentials *credentials,
			      struct client_session **out);

/** Why the last logon on this connection failed, a sentence; NULL: the status
 *  says all that is known. */
const char *client_logon_why(const struct client_conn *conn);

/** As the server knows it; see client_tree_id(). */
uint64_t client_session_id(const struct client_session *session);

/** End a session, and with it its trees and files (MS-SMB2 3.2.4.23), and wait
 *  for the server's word; the object can only be freed afterwards. */
struct tevent_req *client_logoff_send(TALLOC_CTX *mem_ctx,
				      struct client_session *session);
NTSTATUS client_logoff_recv(struct tevent_req *req);
NTSTATUS client_logoff(struct client_session *session);

/* ------------------------------------------------------------------- tree */

/**
 * A share of the server (MS-SMB2 3.2.4.2.4).
 *
 * @param share  its name alone, "projects"; the server's is the connection's.
 * @param out    child of mem_ctx. NT_STATUS_BAD_NETWORK_NAME: there is no such
 *               share; NT_STATUS_ACCESS_DENIED. */
struct tevent_req *client_tree_connect_send(TALLOC_CTX *mem_ctx,
					    struct client_session *session,
					    const char *share);
NTSTATUS client_tree_connect_recv(struct tevent_req *req, TALLOC_CTX *mem_ctx,
				  struct client_tree **out);
NTSTATUS client_tree_connect(TALLOC_CTX *mem_ctx,
			     struct client_session *session, const char *share,
			     struct client_tree **out);

/** End it, and with it its files (MS-SMB2 3.2.4.22), and wait for the server's
 *  word; the object can only be freed afterwards. */
struct tevent_req *client_tree_disconnect_send(TALLOC_CTX *mem_ctx,
					       struct client_tree *tree);
NTSTATUS client_tree_disconnect_recv(struct tevent_req *req);
NTSTATUS client_tree_disconnect(struct client_tree *tree);

/** Whether names that Windows forbids, such as "a:b" and "why?", are paths
 * here: to the server go the characters that stand for them
 * (smbquic/name_map.h), as with the option mapposix of Linux' cifs. Default:
 * no, and a ':' separates a stream's name. */
void client_tree_map_names(struct client_tree *tree, bool yes);

/** Were the POSIX extensions agreed on? The share may refuse them all the
 *  same: client_stat.posix tells. */
bool client_tree_posix(const struct client_tree *tree);

/** Open everything in the tree by them, as client_open.posix does for one
 *  file: the case of names counts, and links are not followed. Default: no.
 *  @return false: they were not agreed on, and nothing has changed. */
bool client_tree_use_posix(struct client_tree *tree, bool yes);

/** FILE_OPEN_FOR_BACKUP_INTENT and other options of CREATE that all opens in
 *  the tree have from now on, beside their own. Default: 0. */
void client_tree_add_options(struct client_tree *tree, uint32_t options);

/** As the server knows it (MS-SMB2 2.2.1.2); another one when a connection
 *  that was lost has come back. */
uint32_t client_tree_id(const struct client_tree *tree);

/** Its connection; NULL when that was freed, or its session was. */
struct client_conn *client_tree_conn(const struct client_tree *tree);
/** SMB2_SHARE_TYPE_DISK, _PIPE, _PRINT. */
uint8_t client_tree_type(const struct client_tree *tree);
/** Are names there that no listing has, since the user may not read what they
 *  name (access-based enumeration, MS-SMB2 2.2.10)? */
bool client_tree_hides(const struct client_tree *tree);

/* ------------------------------------------------------------------ facts */

/** What was negotiated. Strings live as long as the connection. */
struct client_facts {
	const char *server;	   /**< the name that was asked for */
	const char *transport;	   /**< "quic", "tcp"; "none": it is lost */
	const char *transport_why; /**< why this one; may be NULL */
	const char *address;	   /**< "192.0.2.1:443"; "" with "none" */
	bool secure;		   /**< the transport is encrypted */
	bool verified;		   /**< and the server's certificate good */
	const char *quic_version;  /**< "v1"; NULL on TCP, as the next six */
	const char *tls_version;   /**< "TLS1.3" */
	const char *tls_cipher;	   /**< "AES-128-GCM" */
	const char *alpn;	   /**< "smb" */
	const char *certificate;   /**< the subject */
	const char *certificate_sha256;
	const char *trust; /**< how it was verified */
	/** Ours: the file that was shown; NULL: none. */
	const char *client_certificate;
	const char *client_mapping; /**< "NAME in FILE"; NULL: it was given */
	bool client_certificate_wanted; /**< the server asked for one */
	uint16_t dialect;
	uint8_t server_guid[16];
	uint32_t capabilities; /**< the server's */
	uint32_t max_read, max_write, max_transact;
	const char *signing; /**< "AES-128-GMAC" */
	bool signing_required;
	bool signing_used;	    /**< requests of session and tree are */
	const char *cipher;	    /**< "AES-128-GCM"; NULL: none agreed */
	bool encrypting;	    /**< requests of session and tree are */
	const char *encryption_why; /**< why they are, or are not */

	const char *user; /**< NULL without session, as the next */
	const char *domain;
	const char *mechanism;	      /**< "NTLMv2" */
	unsigned credits;	      /**< now to spend */
	uint64_t bytes_in, bytes_out; /**< of the transport, as the next */
	uint64_t rtt_us;	      /**< 0: not known */
	uint64_t packets_lost;
	/** Agreed on, best first: "lz77, lz4; chained". NULL: none. */
	const char *compression;
	const char *compression_why;  /**< why files are, or are not */
	uint64_t compressed_plain;    /**< bytes of messages that were, */
	uint64_t compressed_packed;   /**< and what they became */
	bool compressing;	      /**< what the tree's files hold is */
	unsigned channels;	      /**< connections of the session now */
	const char *certificate_sha1; /**< beside certificate_sha256 */
	uint64_t reserved[2];	      /**< for what may come */
};

/** session and tree may be NULL. */
void client_facts(struct client_conn *conn, struct client_session *session,
		  struct client_tree *tree, struct client_facts *out);

/* ------------------------------------------------------------------- file */

/** How to open. Links that a server leaves to us are followed: follow.c. */
struct client_open {
	uint32_t access;
	uint32_t share;
	uint32_t disposition;
	uint32_t options;
	uint32_t attributes;
	uint8_t oplock; /**< SMB2_OPLOCK_LEVEL_*; a break is answered here */
	uint32_t first; /**< read so many bytes along with the open, see
			   client_open_first(); 0: none */
	bool file_id;	/**< ask for client_stat.file_id */
	/** By the POSIX extensions, where client_tree_posix(): the case of
	    names counts, and names go when they are removed. */
	bool posix;
	uint32_t mode; /**< with posix: permissions of what is made, or
			  CLIENT_MODE_NONE */
	/** SMB2_LEASE_*_CACHING, or'ed, to be asked for where server and share
	    have leases; see client_file_lease(). Not with an oplock. */
	uint64_t lease;
	/** A path that is looked at when all is done, in the same round trip,
	    as a folder in which something is made or removed; what it is then
	    tell client_open_also() and client_steps_also(). NULL: none. */
	const char *also;
	/** More to say, and to hear: contexts.h. NULL: nothing. */
	const struct client_contexts *contexts;
	uint64_t reserved[1]; /**< as of client_options */
};

#define CLIENT_MODE_NONE 0xFFFFu

/** For reading what is there, shared with all. */
void client_open_default(struct client_open *out);

/** What a server tells of a file. */
struct client_stat {
	NTTIME creation_time;
	NTTIME access_time;
	NTTIME write_time;
	NTTIME change_time;
	uint64_t allocation_size;
	uint64_t size;
	uint32_t attributes;  /**< FILE_ATTRIBUTE_* */
	uint64_t file_id;     /**< 0: not asked for, or not told */
	bool posix;	      /**< what follows was told */
	uint32_t mode;	      /**< st_mode */
	uint32_t links;	      /**< 0: not known */
	uint32_t reparse_tag; /**< 0: no reparse point */
	struct sid owner, group;
	uint64_t listed_tag; /**< the same of any listing, posix or not */
	/** What the user may do with it: FILE_*, SEC_STD_*; 0: not asked for,
	    by client_contexts.maximal_access, or not told */
	uint32_t maximal_access;
	uint32_t reserved[1]; /**< for what may come */
};

struct tevent_req *client_open_send(TALLOC_CTX *mem_ctx,
				    struct client_tree *tree, const char *path,
				    const struct client_open *how);
/**
 * Before client_open_recv(): the file's first bytes, at most client_open.first,
 * that came in the same round trip. Empty: there are none, or reading failed.
 *
 * @param owner  out: what holds them, child of mem_ctx. */
struct wire_slice client_open_first(struct tevent_req *req, TALLOC_CTX *mem_ctx,
				    TALLOC_CTX **owner);
/** Before client_open_recv(), also when the open failed: what client_open.also
 *  is. @return false: that is not known. */
bool client_open_also(struct tevent_req *req, struct client_stat *out);
/** @param stat  may be NULL. */
NTSTATUS client_open_recv(struct tevent_req *req, TALLOC_CTX *mem_ctx,
			  struct client_file **out, struct client_stat *stat);
NTSTATUS client_open(TALLOC_CTX *mem_ctx, struct client_tree *tree,
		     const char *path, const struct client_open *how,
		     struct client_file **out, struct client_stat *stat);

/** The file can only be freed afterwards, also when closing failed. */
struct tevent_req *client_close_send(TALLOC_CTX *mem_ctx,
				     struct client_file *file);
NTSTATUS client_close_recv(struct tevent_req *req);
NTSTATUS client_close(struct client_file *file);

/** The tree that it was opened in; NULL when that was freed. */
struct client_tree *client_file_tree(const struct client_file *file);
/** SMB2_OPLOCK_LEVEL_*: what was granted, less what was taken down since. */
uint8_t client_file_oplock(const struct client_file *file);

/** Called when the server took an oplock down, which was acknowledged. */
typedef void (*client_oplock_fn)(struct client_file *file, uint8_t level,
				 void *private_data);
void client_file_on_break(struct client_file *file, client_oplock_fn fn,
			  void *private_data);

/** What of client_open.lease is held now: SMB2_LEASE_*_CACHING, or'ed; 0 while
 *  the connection is lost. */
uint32_t client_file_lease(const struct client_file *file);

/**
 * Called when there is less left of a lease than there was, and after a
 * connection that was lost has come back.
 *
 * @param state  what is left.
 * @param waits  the server waits, up to half a minute, until
 *               client_file_release() says that all that was done under what
 *               goes is with it; calls on this file may be made before. Without
 *               such a function it is told so at once. */
typedef void (*client_lease_fn)(struct client_file *file, uint32_t state,
				bool waits, void *private_data);
void client_file_on_lease(struct client_file *file, client_lease_fn fn,
			  void *private_data);
void client_file_release(struct client_file *file);

/** The largest read and write now possible in one request: what the server
 *  permits, and what its credits pay for. Longer ones are cut. */
size_t client_max_read(const struct client_tree *tree);
size_t client_max_write(const struct client_tree *tree);

struct tevent_req *client_read_send(TALLOC_CTX *mem_ctx,
				    struct client_file *file, uint64_t offset,
				    size_t len);
/**
 * @param owner  out: what holds the bytes, child of mem_ctx.
 * @param data   out: may be less than asked for; empty at the end of the file,
 *               which is no error. */
NTSTATUS client_read_recv(struct tevent_req *req, TALLOC_CTX *mem_ctx,
			  TALLOC_CTX **owner, struct wire_slice *data);
/** Into a buffer. @param done  out: bytes read. */
NTSTATUS client_read(struct client_file *file, uint64_t offset, void *buf,
		     size_t len, size_t *done);

/**
 * @param owner  what holds the bytes, or NULL. It belongs to the connection
 *               from now on and is freed when the last byte was acknowledged.
 *               With NULL the bytes must stay until the request ends *and* is
 *               not freed before. */
struct tevent_req *client_write_send(TALLOC_CTX *mem_ctx,
				     struct client_file *file, uint64_t offset,
				     struct wire_slice data, TALLOC_CTX *owner);
/** @param done  out: bytes written; may be fewer. */
NTSTATUS client_write_recv(struct tevent_req *req, size_t *done);
/** All of it, in as many requests as it takes. */
NTSTATUS client_write(struct client_file *file, uint64_t offset,
		      const void *buf, size_t len);

/** What was written is on the server's disk (MS-SMB2 3.2.4.9). */
struct tevent_req *client_flush_send(TALLOC_CTX *mem_ctx,
				     struct client_file *file);
NTSTATUS client_flush_recv(struct tevent_req *req);
NTSTATUS client_flush(struct client_file *file);

/** A lock that has to wait is not timed out; free the request to give up. */
struct tevent_req *client_lock_send(TALLOC_CTX *mem_ctx,
				    struct client_file *file,
				    const struct smb2_lock_element *locks,
				    uint16_t count);
NTSTATUS client_lock_recv(struct tevent_req *req);
NTSTATUS client_lock(struct client_file *file,
		     const struct smb2_lock_element *locks, uint16_t count);

/** QUERY_INFO as it is on the wire. */
struct client_query {
	uint8_t type;	    /**< SMB2_0_INFO_* */
	uint8_t info_class; /**< of that type */
	uint32_t extra;	    /**< AdditionalInformation */
	uint32_t flags;
	struct wire_slice input;
	uint32_t max;	      /**< bytes wanted; 0: 64 KiB */
	uint64_t reserved[2]; /**< as of client_options */
};

struct tevent_req *client_query_send(TALLOC_CTX *mem_ctx,
				     struct client_file *file,
				     const struct client_query *query);
/** @param out  its bytes are a child of mem_ctx. */
NTSTATUS client_query_recv(struct tevent_req *req, TALLOC_CTX *mem_ctx,
			   struct wire_slice *out);
NTSTATUS client_query(TALLOC_CTX *mem_ctx, struct client_file *file,
		      const struct client_query *query, struct wire_slice *out);

/** SET_INFO of any type and class. */
struct tevent_req *client_set_send(TALLOC_CTX *mem_ctx,
				   struct client_file *file, uint8_t type,
				   uint8_t info_class, uint32_t extra,
				   struct wire_slice data);
NTSTATUS client_set_recv(struct tevent_req *req);
NTSTATUS client_set(struct client_file *file, uint8_t type, uint8_t info_class,
		    uint32_t extra, struct wire_slice data);

/** IOCTL of FSCTL kind. file may be NULL: on the tree. */
struct tevent_req *client_ioctl_send(TALLOC_CTX *mem_ctx,
				     struct client_tree *tree,
				     struct client_file *file, uint32_t code,
				     struct wire_slice input,
				     uint32_t max_output);
/** @param out  its bytes are a child of mem_ctx; with
 *              NT_STATUS_INVALID_PARAMETER there may be some too, a server's
 *              limits. */
NTSTATUS client_ioctl_recv(struct tevent_req *req, TALLOC_CTX *mem_ctx,
			   struct wire_slice *out);
NTSTATUS client_ioctl(TALLOC_CTX *mem_ctx, struct client_tree *tree,
		      struct client_file *file, uint32_t code,
		      struct wire_slice input, uint32_t max_output,
		      struct wire_slice *out);

/* -------------------------------------------- copies made by the server */

/** So many more bytes were copied. */
typedef void (*client_copied_fn)(uint64_t bytes, void *private_data);

/**
 * Copy the first size bytes of one open file to another of the same session,
 * without their coming here (FSCTL_SRV_COPYCHUNK_WRITE). from is open for
 * reading, to for writing.
 *
 * @param copied  may be NULL. */
struct tevent_req *client_server_copy_send(
	TALLOC_CTX *mem_ctx, struct client_file *from, struct client_file *to,
	uint64_t size, client_copied_fn copied, void *private_data);
/** The same from one place in the first to another in the second; both lie
 *  within the first file, and do not overlap when it is one file. */
struct tevent_req *client_server_copy_range_send(
	TALLOC_CTX *mem_ctx, struct client_file *from, uint64_t from_offset,
	struct client_file *to, uint64_t to_offset, uint64_t size,
	client_copied_fn copied, void *private_data);
NTSTATUS client_server_copy_recv(struct tevent_req *req);
NTSTATUS client_server_copy_range_recv(struct tevent_req *req);
NTSTATUS client_server_copy(struct client_file *from, struct client_file *to,
			    uint64_t size);
NTSTATUS client_server_copy_range(struct client_file *from,
				  uint64_t from_offset, struct client_file *to,
				  uint64_t to_offset, uint64_t size);

/* ------------------------------------------------------ previous versions */

/** "@GMT-YYYY.MM.DD-HH.MM.SS", in UTC, in the server's order. A path that has
 *  such a name in it, anywhere, is a path without it, of that time. */
struct client_snapshot_list {
	size_t count;
	const char **name;
};

/** Those that there are of an open file or folder. */
struct tevent_req *client_snapshots_send(TALLOC_CTX *mem_ctx,
					 struct client_file *file);
/** @param out  child of mem_ctx. */
NTSTATUS client_snapshots_recv(struct tevent_req *req, TALLOC_CTX *mem_ctx,
			       struct client_snapshot_list **out);
NTSTATUS client_snapshots(TALLOC_CTX *mem_ctx, struct client_file *file,
			  struct client_snapshot_list **out);

/* -------------------------------------------------------------- directory */

struct client_dir_entry {
	const char *name; /**< UTF-8; has no separator, see below */
	struct client_stat stat;
	const char *short_name; /**< "" when there is none */
	uint64_t file_id;
};

/** Entries of a directory: some of them, or all. A talloc object. */
struct client_dir_list {
	size_t count;
	struct client_dir_entry *entry;
};

/**
 * The next entries of an open directory, as many as fit in one answer.
 * A name with a separator, or that is not valid UTF-16, makes the listing fail
 * with NT_STATUS_INVALID_NETWORK_RESPONSE. "." and ".." come as the server
 * sends them.
 *
 * @param pattern  "*" or another; only the first call's counts. */
struct tevent_req *client_dir_read_send(TALLOC_CTX *mem_ctx,
					struct client_file *dir,
					const char *pattern);
/** @return NT_STATUS_NO_MORE_FILES at the end; NT_STATUS_NO_SUCH_FILE when
 *          nothing matches at all. */
NTSTATUS client_dir_read_recv(struct tevent_req *req, TALLOC_CTX *mem_ctx,
			      struct client_dir_list **out);
NTSTATUS client_dir_read(TALLOC_CTX *mem_ctx, struct client_file *dir,
			 const char *pattern, struct client_dir_list **out);

/** Open a folder with the beginning of its listing, in one round trip: all of
 *  it, unless it is large. client_dir_read() goes on; after a connection was
 *  lost the folder is to be opened again. @param how  with FILE_LIST_DIRECTORY
 *  @param end  out: that is all. @param stat  of the folder; may be NULL. */
struct tevent_req *client_dir_open_send(TALLOC_CTX *mem_ctx,
					struct client_tree *tree,
					const char *path,
					const struct client_open *how,
					const char *pattern);
NTSTATUS client_dir_open_recv(struct tevent_req *req, TALLOC_CTX *mem_ctx,
			      struct client_file **dir,
			      struct client_dir_list **list, bool *end,
			      struct client_stat *stat);
NTSTATUS client_dir_open(TALLOC_CTX *mem_ctx, struct client_tree *tree,
			 const char *path, const struct client_open *how,
			 const char *pattern, struct client_file **dir,
			 struct client_dir_list **list, bool *end,
			 struct client_stat *stat);

/** Open a folder, read all that matches, close it. Nothing that matches is
 *  an empty list and NT_STATUS_OK. */
struct tevent_req *client_list_send(TALLOC_CTX *mem_ctx,
				    struct client_tree *tree, const char *path,
				    const char *pattern);
NTSTATUS client_list_recv(struct tevent_req *req, TALLOC_CTX *mem_ctx,
			  struct client_dir_list **out);
NTSTATUS client_list(TALLOC_CTX *mem_ctx, struct client_tree *tree,
		     const char *path, const char *pattern,
		     struct client_dir_list **out);

/** Wait for a change in a directory. Not timed out. A server forgets changes of
 *  which there were too many, and those while the connection was lost (see
 *  client_on_lost()): NT_STATUS_NOTIFY_ENUM_DIR, once, and the folder is to be
 *  read. */
struct tevent_req *client_notify_send(TALLOC_CTX *mem_ctx,
				      struct client_file *dir, uint32_t filter,
				      bool recursive);
/** Has the server said that it watches, and has nothing to tell yet? */
bool client_notify_waits(struct tevent_req *req);
/** @param out  FILE_NOTIFY_INFORMATION, see fscc_notifies(); its bytes are a
 *              child of mem_ctx. */
NTSTATUS client_notify_recv(struct tevent_req *req, TALLOC_CTX *mem_ctx,
			    struct wire_slice *out);
NTSTATUS client_notify(TALLOC_CTX *mem_ctx, struct client_file *dir,
		       uint32_t filter, bool recursive, struct wire_slice *out);

/* ------------------------------------------------- by path, one round trip */

/** Open, query, close. */
struct tevent_req *client_stat_send(TALLOC_CTX *mem_ctx,
				    struct client_tree *tree, const char *path);
NTSTATUS client_stat_recv(struct tevent_req *req, struct client_stat *out);
NTSTATUS client_stat(struct client_tree *tree, const char *path,
		     struct client_stat *out);

/** Make a folder, in one that there is. NT_STATUS_OBJECT_NAME_COLLISION: there
 *  is something of that name. */
struct tevent_req *client_mkdir_send(TALLOC_CTX *mem_ctx,
				     struct client_tree *tree,
				     const char *path);
NTSTATUS client_mkdir_recv(struct tevent_req *req);
NTSTATUS client_mkdir(struct client_tree *tree, const char *path);

/** @param options  FILE_DIRECTORY_FILE, FILE_NON_DIRECTORY_FILE or 0. */
struct tevent_req *client_remove_send(TALLOC_CTX *mem_ctx,
				      struct client_tree *tree,
				      const char *path, uint32_t options);
NTSTATUS client_remove_recv(struct tevent_req *req);
NTSTATUS client_remove(struct client_tree *tree, const char *path,
		       uint32_t options);

/** Of a file or folder, within its share. @param replace  a file of the new
 *  name, if there is one; else NT_STATUS_OBJECT_NAME_COLLISION. */
struct tevent_req *client_rename_send(TALLOC_CTX *mem_ctx,
				      struct client_tree *tree,
				      const char *from, const char *to,
				      bool replace);
NTSTATUS client_rename_recv(struct tevent_req *req);
NTSTATUS client_rename(struct client_tree *tree, const char *from,
		       const char *to, bool replace);

/** Times and attributes; members of basic that are 0 stay as they are. */
struct tevent_req *client_set_basic_send(TALLOC_CTX *mem_ctx,
					 struct client_tree *tree,
					 const char *path,
					 const struct fscc_basic *basic);
NTSTATUS client_set_basic_recv(struct tevent_req *req);
NTSTATUS client_set_basic(struct client_tree *tree, const char *path,
			  const struct fscc_basic *basic);

/** Query anything of a path: open, query, close. */
struct tevent_req *client_query_path_send(TALLOC_CTX *mem_ctx,
					  struct client_tree *tree,
					  const char *path, uint32_t access,
					  const struct client_query *query);
NTSTATUS client_query_path_recv(struct tevent_req *req, TALLOC_CTX *mem_ctx,
				struct wire_slice *out);
NTSTATUS client_query_path(TALLOC_CTX *mem_ctx, struct client_tree *tree,
			   const char *path, uint32_t access,
			   const struct client_query *query,
			   struct wire_slice *out);

/**
 * A whole small file: open, read at most max bytes, close. Where the file is
 * larger, data holds its beginning and stat its size.
 *
 * @param owner  out: what holds the bytes, child of mem_ctx. */
struct tevent_req *client_get_small_send(TALLOC_CTX *mem_ctx,
					 struct client_tree *tree,
					 const char *path, uint32_t max);
NTSTATUS client_get_small_recv(struct tevent_req *req, TALLOC_CTX *mem_ctx,
			       TALLOC_CTX **owner, struct wire_slice *data,
			       struct client_stat *stat);
NTSTATUS client_get_small(TALLOC_CTX *mem_ctx, struct client_tree *tree,
			  const char *path, uint32_t max, TALLOC_CTX **owner,
			  struct wire_slice *data, struct client_stat *stat);

/* ------------------------------------------------------------------ steps */

/** Something to do with a file between opening and closing it. */
struct client_step {
	uint16_t command; /**< SMB2_QUERY_INFO, SMB2_SET_INFO or SMB2_IOCTL */
	uint8_t type;	  /**< SMB2_0_INFO_*; not of an IOCTL */
	uint8_t info_class;
	uint32_t extra; /**< AdditionalInformation; of an IOCTL its code */
	struct wire_slice data; /**< input; copied */
	uint32_t max;		/**< bytes wanted; 0: 64 KiB */
	uint64_t reserved[2];	/**< as of client_options */
};

#define CLIENT_STEPS_MAX 4

/** How each ended, and what it brought. */
struct client_steps_result {
	struct client_stat stat; /**< as of the open */
	NTSTATUS status[CLIENT_STEPS_MAX];
	struct wire_slice data[CLIENT_STEPS_MAX];
};

/** A path as requests have it, for steps with a name in them: a child of
 *  mem_ctx. @return false: it is no UTF-8, too long, or out of memory. */
bool client_path_utf16(TALLOC_CTX *mem_ctx, const struct client_tree *tree,
		       const char *path, struct wire_slice *out);

/** The same where what is named was opened with client_open.posix. */
bool client_path_posix(TALLOC_CTX *mem_ctx, const struct client_tree *tree,
		       const char *path, struct wire_slice *out);

/** Open a path, do up to CLIENT_STEPS_MAX things with it, close it: one round
 *  trip. */
struct tevent_req *client_steps_send(TALLOC_CTX *mem_ctx,
				     struct client_tree *tree, const char *path,
				     const struct client_open *how,
				     const struct client_step *steps,
				     unsigned count);
/** Before client_steps_recv(), as client_open_also(). */
bool client_steps_also(struct tevent_req *req, struct client_stat *out);
/**
 * @param out  child of mem_ctx, also when a step failed; NULL when the open
 *             did.
 * @return the first error; a warning such as NT_STATUS_BUFFER_OVERFLOW is
 *         none, see out->status. */
NTSTATUS client_steps_recv(struct tevent_req *req, TALLOC_CTX *mem_ctx,
			   struct client_steps_result **out);
NTSTATUS client_steps(TALLOC_CTX *mem_ctx, struct client_tree *tree,
		      const char *path, const struct client_open *how,
		      const struct client_step *steps, unsigned count,
		      struct client_steps_result **out);

/* ----------------------------------------------------------------- shares */

struct client_share {
	const char *name;
	uint32_t type; /**< STYPE_* (MS-SRVS 2.2.2.4) */
	const char *comment;
};

struct client_share_list {
	size_t count;
	struct client_share *share;
};

#define CLIENT_STYPE_MASK    0x0000FFFFu
#define CLIENT_STYPE_DISK    0
#define CLIENT_STYPE_PRINT   1
#define CLIENT_STYPE_DEVICE  2
#define CLIENT_STYPE_IPC     3
#define CLIENT_STYPE_SPECIAL 0x80000000u

/**
 * The server's shares, by srvsvc over IPC$.
 *
 * NT_STATUS_ACCESS_DENIED: over QUIC a server refuses pipes unless it was told
 * otherwise (MS-SMB2 3.3.5.9).
 */
struct tevent_req *client_shares_send(TALLOC_CTX *mem_ctx,
				      struct client_session *session);
NTSTATUS client_shares_recv(struct tevent_req *req, TALLOC_CTX *mem_ctx,
			    struct client_share_list **out);
NTSTATUS client_shares(TALLOC_CTX *mem_ctx, struct client_session *session,
		       struct client_share_list **out);

#include "client/upload.h"

#endif
