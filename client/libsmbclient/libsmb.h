/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * libsmb.h - what the files of libsmbclient.so.0 know of each other.
 *
 * The library has the interface of Samba's of that name, whose header
 * libsmbclient.h is the contract; below it is the client library (client.h).
 *
 *	context.c       SMBCCTX: made, initialized, freed
 *	keeper.c        the event loop of a context: who runs it, and when
 *	config.c        the user's configuration file, and the environment
 *	options.c       smbc_get*(), smbc_set*() of names, numbers and options
 *	functions.c     smbc_getFunction*(), smbc_setFunction*()
 *	url.c           addresses; percent-encoding
 *	link.c          connections with a logged-on user
 *	server.c        SMBCSRV: a share of a link; who asks for the password
 *	server_cache.c  which SMBCSRV there are, unless the program keeps them
 *	entries.c       what was read of a folder
 *	place.c         from an address to its share: the frame of most calls
 *	open.c io.c dir.c browse.c path.c stat.c xattr.c notify.c print.c
 *	                the operations: libsmb_X() is what the slot X of a
 *	                context points to
 *	xattr_text.c    what extended attributes look like
 *	xattr_names.c   who is named in them
 *	errors.c        NTSTATUS to errno, as Samba's library does it
 *	compat.c        smbc_open() and all that have a number for a file
 *
 * Functions of ours that fail say so with an errno value, 0 being success;
 * those that a slot points to set errno, as the header of Samba wants it.
 */
#ifndef CLIENT_LIBSMBCLIENT_LIBSMB_H
#define CLIENT_LIBSMBCLIENT_LIBSMB_H

/* The members of struct _SMBCCTX are ours to use. */
#define __LIBSMBCLIENT_INTERNAL__
#define HAVE_UTIME_H 1
#include <libsmbclient.h>
#include <sys/queue.h>

#include "client/cache.h"
#include "client/client.h"
#include "client/conf.h"
#include "client/dir_cache.h"

/* What newer headers than Debian 12's declare (Samba 4.20 and 4.23). */
typedef int (*smbc_fgetxattr_fn)(SMBCCTX *context, SMBCFILE *file,
				 const char *name, const void *value,
				 size_t size);
smbc_fgetxattr_fn smbc_getFunctionFGetxattr(SMBCCTX *c);
void smbc_setFunctionFGetxattr(SMBCCTX *c, smbc_fgetxattr_fn fn);
smbc_bool smbc_getOptionPosixExtensions(SMBCCTX *c);
void smbc_setOptionPosixExtensions(SMBCCTX *c, smbc_bool b);

#define LIBSMB_TIMEOUT_MS 20000 /* of a new context, as in Samba */
#define LIBSMB_NAME_SIZE  256	/* of what an auth callback fills in */

/* ------------------------------------------------------------------- url.c */

/** An address, taken apart. Strings are children and never NULL, if nothing
 *  else is said. */
struct libsmb_url {
	const char *server;    /**< "": the list of workgroups */
	uint16_t port;	       /**< 0: not given */
	const char *share;     /**< "": the list of shares */
	const char *path;      /**< '\' between names, none at the ends */
	bool folder;	       /**< a separator stood at its end */
	const char *workgroup; /**< NULL: not given */
	const char *user;      /**< "": not given */
	const char *password;
	const char *transport; /**< "quic", "tcp" or NULL */
};

/** @param out  child of mem_ctx. @return 0, EINVAL, ENOMEM. */
int libsmb_url_parse(TALLOC_CTX *mem_ctx, const char *text,
		     struct libsmb_url **out);

/* ---------------------------------------------------------------- keeper.c */

struct keeper;

struct keeper *keeper_new(void);
/** Ends the thread and the loop: nothing that uses the loop may be left. */
void keeper_free(struct keeper *k);
/** Have the loop to oneself. @return false: this is a new process; the loop
 *  is a new one too, and what hung on the old one is lost. */
bool keeper_enter(struct keeper *k);
/** Gives it back; errno is preserved. */
void keeper_leave(struct keeper *k);
/** For who has entered. */
struct tevent_context *keeper_loop(struct keeper *k);
/** From now on there is something to do while nobody is inside. @return 0 or
 *  why there is no thread. */
int keeper_start(struct keeper *k);

/* ----------------------------------------------------------------- context */

struct link;
struct cache_row;
TAILQ_HEAD(link_list, link);
TAILQ_HEAD(server_list, _SMBCSRV);
TAILQ_HEAD(file_list, _SMBCFILE);
TAILQ_HEAD(cache_list, cache_row);

/** The hidden part of a context. */
struct SMBC_internal_data {
	struct keeper *keeper;
	TALLOC_CTX *net; /**< parent of all that hangs on the loop */
	bool initialized;
	bool compat; /**< smbc_init() made it */

	struct client_conf_file
		*system; /**< smb.conf; may be NULL, as the next */
	struct client_conf_file *user;
	struct client_conf_file *program; /**< smbc_setConfiguration() */

	struct link_list links;
	struct server_list servers;
	struct file_list files;
	struct cache_list cache;
	struct smbc_server_cache *cache_data; /**< the program's own */

	uint16_t port;
	void *user_data;
	bool debug_to_stderr, full_time_names, case_sensitive, use_nt_hash;
	bool posix_extensions;
	smbc_share_mode share_mode;
	smbc_smb_encrypt_level encryption;
	const char *min_protocol,
		*max_protocol;		/**< children of net's parent */
	const char *fallback_workgroup; /**< smbc_set_credentials_...() */
	const char *fallback_user, *fallback_password;

	smbc_get_auth_data_with_context_fn auth_with_context;
	smbc_statvfs_fn statvfs;
	smbc_fstatvfs_fn fstatvfs;
	smbc_ftruncate_fn ftruncate;
	smbc_splice_fn splice;
	smbc_notify_fn notify;
	smbc_fgetxattr_fn fgetxattr;
};

/** Enter the context for an operation. @return false: it is none, or not
 *  initialized; errno is EINVAL. */
bool libsmb_enter(SMBCCTX *c);
void libsmb_leave(SMBCCTX *c);
/** As leave, for slots: sets errno. @return 0 or -1. */
int libsmb_return(SMBCCTX *c, int err);

/** Is it an open file or folder of that context? */
bool libsmb_has_file(SMBCCTX *c, const SMBCFILE *file);

/* ------------------------------------------------------------------ link.c */

/** A connection with a logged-on user, for any number of shares. */
struct link {
	TAILQ_ENTRY(link) entry;
	SMBCCTX *c;
	unsigned uses;
	struct client_conn *conn;
	struct client_session *session;
	/* What makes it different from others: */
	char *server, *transports, *workgroup, *user, *password;
	uint16_t port;
	smbc_smb_encrypt_level encryption;
	/* As the configuration said last: */
	bool read_ahead, write_behind;
	char *shares; /**< of a server that does not list them; may be NULL */
	bool no_tcp;  /**< it was tried, for the list of shares, and in vain */
};

/** @param out  has one use more. @return 0 or an errno value. */
int link_get(SMBCCTX *c, const struct libsmb_url *url, const char *workgroup,
	     const char *user, const char *password, struct link **out);
void link_put(struct link *link);
bool link_is_dead(const struct link *link);

/* ---------------------------------------------------------------- server.c */

struct _SMBCSRV {
	TAILQ_ENTRY(_SMBCSRV) entry;
	struct link *link;	  /**< NULL: lost, see keeper_enter() */
	struct client_tree *tree; /**< NULL also for IPC$ */
	char *server, *share;
	dev_t dev;
	unsigned max_files; /**< open ones */
	uint64_t used;	    /* of alarm_clock() */
};

/** The server of an address, connected to if need be: cache, auth callback
 *  and all. @param share  in the place of the address's; NULL: that one.
 *  @return 0 or an errno value. */
int server_find(SMBCCTX *c, const struct libsmb_url *url, const char *share,
		SMBCSRV **out);
/** Only if there is one. */
SMBCSRV *server_cached(SMBCCTX *c, const struct libsmb_url *url,
		       const char *share);
/** Connections and shares go; what is open is lost. */
void server_free(SMBCCTX *c, SMBCSRV *srv);
/** After a fork: forget what belongs to the other process. */
void server_lost(SMBCCTX *c);

int libsmb_check_server(SMBCCTX *c, SMBCSRV *srv);
int libsmb_remove_unused_server(SMBCCTX *c, SMBCSRV *srv);

/* ---------------------------------------------------------- server_cache.c */

int libsmb_add_cached_server(SMBCCTX *c, SMBCSRV *srv, const char *server,
			     const char *share, const char *workgroup,
			     const char *user);
SMBCSRV *libsmb_get_cached_server(SMBCCTX *c, const char *server,
				  const char *share, const char *workgroup,
				  const char *user);
int libsmb_remove_cached_server(SMBCCTX *c, SMBCSRV *srv);
int libsmb_purge_cached_servers(SMBCCTX *c);

/* ----------------------------------------------------------------- place.c */

/** Where an operation happens. */
struct place {
	SMBCCTX *c;
	struct libsmb_url *url; /**< owns all that the operation allocates */
	SMBCSRV *srv;
	struct client_tree *tree;
};

/**
 * Enter the context and find the share of an address. place_leave() has to
 * follow, whatever comes of it.
 *
 * @return 0; EINVAL: not an address of a share, no context; what server_find()
 *         says.
 */
int place_enter(SMBCCTX *c, const char *url, struct place *out);
/** The address only, also of servers and workgroups. */
int place_enter_url(SMBCCTX *c, const char *url, struct place *out);
/** Sets errno when err is not 0. @return 0 or -1. */
int place_leave(struct place *place, int err);

/* ------------------------------------------------------------- open.c io.c */

struct dir_entries;

struct _SMBCFILE {
	TAILQ_ENTRY(_SMBCFILE) entry;
	SMBCCTX *c;
	SMBCSRV *srv; /**< NULL: no server, only what we know */
	bool folder;
	char *url, *path;
	struct client_file *file;   /**< NULL for folders that were read, and
					 after a fork */
	struct client_cache *cache; /**< its owner; NULL: nothing is kept of it
				     */
	bool behind;		    /**< writes wait in the cache (behind.c) */
	off_t offset;
	int flags;
	struct dir_entries *entries; /**< of a folder */
};

/** A new one in the context's list. Takes file, or the cache that owns it, or
 *  both are NULL. NULL: out of memory. */
SMBCFILE *file_add(SMBCCTX *c, SMBCSRV *srv, const char *url, const char *path,
		   struct client_file *file, struct client_cache *cache);
/** Out of the list; closes without waiting. */
void file_free(SMBCFILE *file);
/** The file of the server alone. */
void file_close(SMBCFILE *file);

/** What waits to be written of a file is; what failed the next write and the
 *  close tell. */
NTSTATUS behind_settle(SMBCFILE *file);
/** The same of all files of the context: a call by name is about to be made. */
void behind_settle_all(SMBCCTX *c);
/** All of it, from where the file is. */
NTSTATUS behind_write(SMBCFILE *file, const void *buf, size_t count);

SMBCFILE *libsmb_open(SMBCCTX *c, const char *url, int flags, mode_t mode);
SMBCFILE *libsmb_creat(SMBCCTX *c, const char *url, mode_t mode);
int libsmb_close(SMBCCTX *c, SMBCFILE *file);
ssize_t libsmb_read(SMBCCTX *c, SMBCFILE *file, void *buf, size_t count);
ssize_t libsmb_write(SMBCCTX *c, SMBCFILE *file, const void *buf, size_t count);
off_t libsmb_lseek(SMBCCTX *c, SMBCFILE *file, off_t offset, int whence);
int libsmb_ftruncate(SMBCCTX *c, SMBCFILE *file, off_t size);
off_t libsmb_splice(SMBCCTX *c, SMBCFILE *from, SMBCFILE *to, off_t count,
		    int (*progress)(off_t n, void *priv), void *priv);

/* ----------------------------------------------- entries.c dir.c browse.c */

/** One entry, of whatever is listed. */
struct dir_item {
	unsigned type; /**< SMBC_* */
	const char *name, *comment;
	bool has_info; /**< of a file: the rest is filled in */
	struct client_stat stat;
	const char *short_name;
	uint64_t file_id;
};

/** Of a folder, in the order in which they came. */
struct dir_entries {
	TALLOC_CTX *texts;
	struct dir_item *item;
	size_t count, room, next;
	bool complete; /* there are no more */
	void *dirent;  /* what smbc_readdir() returned, as the next */
	struct libsmb_file_info info;
};

/** NULL: out of memory. */
struct dir_entries *entries_new(TALLOC_CTX *mem_ctx);
/** A copy at the end. @return false: out of memory. */
bool entries_add(struct dir_entries *e, const struct dir_item *item);

/** smb://, smb://workgroup/, smb://server/. @return 0 or an errno value. */
int browse(struct place *place, const char *url, SMBCFILE **out);

SMBCFILE *libsmb_opendir(SMBCCTX *c, const char *url);
int libsmb_closedir(SMBCCTX *c, SMBCFILE *dir);
struct smbc_dirent *libsmb_readdir(SMBCCTX *c, SMBCFILE *dir);
const struct libsmb_file_info *libsmb_readdirplus(SMBCCTX *c, SMBCFILE *dir);
const struct libsmb_file_info *libsmb_readdirplus2(SMBCCTX *c, SMBCFILE *dir,
						   struct stat *st);
int libsmb_getdents(SMBCCTX *c, SMBCFILE *dir, struct smbc_dirent *dirp,
		    int count);
off_t libsmb_telldir(SMBCCTX *c, SMBCFILE *dir);
int libsmb_lseekdir(SMBCCTX *c, SMBCFILE *dir, off_t offset);

/* ------------------------------------------------------------------ path.c */

int libsmb_unlink(SMBCCTX *c, const char *url);
int libsmb_rename(SMBCCTX *from_c, const char *from, SMBCCTX *to_c,
		  const char *to);
int libsmb_mkdir(SMBCCTX *c, const char *url, mode_t mode);
int libsmb_rmdir(SMBCCTX *c, const char *url);
int libsmb_chmod(SMBCCTX *c, const char *url, mode_t mode);
int libsmb_utimes(SMBCCTX *c, const char *url, struct timeval *tbuf);

/* ------------------------------------------------------------------ stat.c */

/** What a server tells of a file, and its number there. */
struct libsmb_facts {
	struct client_stat stat;
	uint64_t inode;
	uint32_t links;
};

/** Of a path, or with file of an open one. @return 0 or an errno value. */
int facts_get(struct client_tree *tree, const char *path,
	      struct client_file *file, struct libsmb_facts *out);
/** In the form of stat(), mode bits as Samba makes them. */
void stat_fill(struct stat *st, const struct client_stat *in, uint64_t inode,
	       dev_t dev);
/** A number made of a name. */
uint64_t name_number(const char *name);

int libsmb_stat(SMBCCTX *c, const char *url, struct stat *st);
int libsmb_fstat(SMBCCTX *c, SMBCFILE *file, struct stat *st);
int libsmb_fstatdir(SMBCCTX *c, SMBCFILE *dir, struct stat *st);
int libsmb_statvfs(SMBCCTX *c, char *url, struct statvfs *st);
int libsmb_fstatvfs(SMBCCTX *c, SMBCFILE *file, struct statvfs *st);

/* -------------------------------------------------------- xattr.c and others
 */

int libsmb_setxattr(SMBCCTX *c, const char *url, const char *name,
		    const void *value, size_t size, int flags);
int libsmb_getxattr(SMBCCTX *c, const char *url, const char *name,
		    const void *value, size_t size);
int libsmb_fgetxattr(SMBCCTX *c, SMBCFILE *file, const char *name,
		     const void *value, size_t size);
int libsmb_removexattr(SMBCCTX *c, const char *url, const char *name);
int libsmb_listxattr(SMBCCTX *c, const char *url, char *list, size_t size);

int libsmb_notify(SMBCCTX *c, SMBCFILE *dir, smbc_bool recursive,
		  uint32_t filter, unsigned timeout_ms,
		  smbc_notify_callback_fn cb, void *private_data);

int libsmb_print_file(SMBCCTX *from_c, const char *from, SMBCCTX *to_c,
		      const char *to);
SMBCFILE *libsmb_open_print_job(SMBCCTX *c, const char *url);
int libsmb_list_print_jobs(SMBCCTX *c, const char *url,
			   smbc_list_print_job_fn fn);
int libsmb_unlink_print_job(SMBCCTX *c, const char *url, int id);

/* ---------------------------------------------------------------- errors.c */

/** 0 for success and for the end of a file. */
int libsmb_errno(NTSTATUS status);

#endif
