/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * mount.h - what the files of mount.smbquic know of each other.
 *
 *	main.c           the program: options, background, signals
 *	mount_options.c  what stands behind -o
 *	node.c           the files that the kernel knows of
 *	attr.c           what a server tells of a file, as stat(2) has it
 *	file_name.c      names of Linux in paths of the client library
 *	folder.c         folders that something was changed in
 *	link.c           the way to the share, and to it again
 *	link_user.c      with a session for each who asks (multiuser)
 *	watch.c          folders of which the server tells what changes in them
 *	listing.c        what is in those
 *	names.c          the same, in memory
 *	serve.c          the kernel's requests: read, bounded, interrupted
 *	notify.c         what the kernel is told without being asked
 *	op.c             one of them, until it is answered
 *	open_file.c      files that are open on the server, under leases
 *	linger.c         and stay so for a while when nobody uses them
 *	op_*.c           what is done for each kind
 *
 * Everything but what notify.c tells the kernel runs in one thread, in one
 * event loop. A request of the kernel becomes a struct op; what it waits for is
 * a child of the op, so freeing that is giving up, also on the server. An op is
 * freed by answering it.
 */
#ifndef CLIENT_MOUNT_MOUNT_H
#define CLIENT_MOUNT_MOUNT_H

#define FUSE_USE_VERSION 314

#include <sys/queue.h>
#include <sys/stat.h>

#include <fuse3/fuse_lowlevel.h>

#include "client/cache.h"
#include "client/client.h"
#include "client/client_req.h"
#include "client/mount/mount_options.h"
#include "client/mount/names.h"
#include "client/mount/node.h"

#define MOUNT_PROGRAM "mount.smbquic"

/** Requests that are worked on at the same time; more wait in the kernel. */
#define MOUNT_OPS_MOST 512

struct alarm;
struct link;
struct link_user;
struct notify;
struct op;

TAILQ_HEAD(op_list, op);
TAILQ_HEAD(watches, watch);

struct mount {
	struct tevent_context *ev;
	struct mount_options *options;
	const char *server, *share;
	const char *folder; /**< below the share, that is the root here */
	const char *source; /**< as it was typed */
	const char *place;  /**< where it is mounted */
	struct node_table *nodes;
	struct link *link;
	TAILQ_HEAD(, link_user) users; /**< with sessions of their own */
	unsigned num_users;
	struct watches watches; /**< of folders */
	unsigned num_watches;
	struct notify *notify;
	struct fuse_session *session;
	struct tevent_fd *input;
	struct fuse_buf buf; /**< the request being read */
	size_t read_size, write_size;
	unsigned ops;		/**< being worked on */
	struct op_list waiting; /**< for the link */
	void (*ready)(struct mount *mount);
	void *ready_data;
	bool leases; /**< files are opened with them */
	TAILQ_HEAD(, open_file) open_files;
	unsigned caches; /**< files whose bytes may be kept */
	TAILQ_HEAD(, open_file) lingering_files; /**< that nobody uses */
	unsigned lingering;
	struct alarm *linger_timer; /**< NULL: there are none */
	unsigned closing;	    /**< files that are written before */
	bool posix;		    /**< the share has the POSIX extensions */
	bool ended;		    /**< the kernel, or a signal, said so */
	bool no_posix_rename; /**< the server knows no FileRenameInformationEx
			       */
	bool no_dispose_ex;   /**< nor FileDispositionInformationEx */
	bool no_append;	      /**< nor what is put where the file ends */
	bool compounds;	      /**< a compound may open several paths */
};

/* ----------------------------------------------------------------- attr.c */

/** @param stat  as the server told it. */
void attr_fill(const struct mount *mount, const struct node *node,
	       const struct client_stat *stat, struct stat *out);
/** What it is, or how long its target is, says only its reparse point. */
bool attr_is_opaque(const struct client_stat *stat);
/** What the kernel is told of a node now, for attr_removed(): of a folder that
 *  was removed here while somebody is in it. */
void attr_told(struct node *node, const struct stat *attr);
void attr_removed(const struct node *node, struct stat *out);
/** Has a file the size and times that the kernel was told? */
bool attr_is_told(const struct node *node, const struct stat *attr);
/** Keep it for attr_kept(), if nothing has changed since op->changes. */
void attr_keep(const struct op *op, struct node *node, const struct stat *attr);
/** What was kept under a lease that still holds, and not for longer than names
 *  and attributes are believed. @return NULL: the server has to be asked. */
const struct stat *attr_kept(const struct mount *mount,
			     const struct node *node);
/** The same of a folder, for as long as folders are believed. */
void attr_keep_folder(struct node *node, const struct stat *attr);
/** Seconds of the monotonic clock. */
double attr_now(void);
/** So long it may be believed yet. */
double attr_kept_time(const struct mount *mount, const struct node *node);
/** It was changed here. NULL is fine. */
void attr_changed(struct node *node);
/** What tells which file it is. */
struct node_facts attr_facts(const struct mount *mount,
			     const struct client_stat *stat);
/** Take what FilePosixInformation or FileAllInformation tell, as
 *  attr_query() has asked. @return false: malformed. */
bool attr_take(struct wire_slice data, bool posix, struct client_stat *out);
struct client_query attr_query(bool posix);
/** Seconds for which the kernel may believe what it was told. */
double attr_time(const struct mount *mount, const struct node *node);

/* ----------------------------------------------------------------- look.c */

/**
 * Open a path, do some things with it, close it, and tell what it is then. A
 * child of the op.
 *
 * @param count  steps, fewer than CLIENT_STEPS_MAX.
 */
struct tevent_req *look_send(struct op *op, const char *path,
			     const struct client_open *how,
			     const struct client_step *steps, unsigned count);
/** The same for nobody's request. */
struct tevent_req *look_at_send(TALLOC_CTX *mem_ctx, struct mount *mount,
				struct client_tree *tree, const char *path,
				const struct client_open *how,
				const struct client_step *steps,
				unsigned count);
/** Before look_recv(): as client_steps_also(). */
bool look_also(struct tevent_req *req, struct client_stat *out);
/** @param made  out: it was opened, whatever came then; may be NULL. */
NTSTATUS look_recv(struct tevent_req *req, struct client_stat *out, bool *made);

/* ---------------------------------------------------------------- folder.c */

/** Something in it is going to be changed here by the op, whose node it is:
 * what client_open.also should be. */
const char *folder_also(struct op *op);
/** Something in it was changed here, by the op. NULL is fine. @param also  what
 *  it is since then, by folder_also(); NULL: that is not known. */
void folder_changed(struct op *op, struct node *node,
		    const struct client_stat *also);
/** Its attributes are being asked for, as they are since then. */
bool folder_is_asked(const struct node *node);
/** Wait for the answer; only when folder_is_asked(). */
struct tevent_req *folder_wait_send(TALLOC_CTX *mem_ctx,
				    const struct node *node);
NTSTATUS folder_wait_recv(struct tevent_req *req, struct client_stat *out);

/* ------------------------------------------------------------ file_name.c */

/** @return NULL with errno: ENAMETOOLONG, EINVAL, ENOMEM. */
char *file_name_to_smb(TALLOC_CTX *mem_ctx, bool map, const char *name);
/** Into a buffer of FILE_NAME_SIZE bytes. @return false: too long. */
#define FILE_NAME_SIZE 3072
bool file_name_from_smb(const char *name, bool map, char *out);

/* ----------------------------------------------------------------- link.c */

/** Connect, log on, connect to the share. @param why  out: on failure a
 *  sentence, child of mount. */
bool link_up(struct mount *mount, char **why);
/** The share, or NULL while there is no way to it. */
struct client_tree *link_tree(const struct mount *mount);
/** There is one, and it is not lost just now. */
bool link_works(const struct mount *mount);
/** Begin to make a way where there is none; ops in mount->waiting go on when
 *  it is there, or, with the option soft, fail when it does not come. */
void link_again(struct mount *mount);
/** Say goodbye. */
void link_down(struct mount *mount);
const char *link_why(const struct mount *mount);
/** The connection, while link_tree(). */
struct client_conn *link_conn(const struct mount *mount);

/* ------------------------------------------------------------- link_user.c */

/** Whose session a user of this machine has. NULL: the mount's own. false: he
 *  cannot have one, for lack of memory or because there are too many. */
bool link_user_of(struct mount *mount, uid_t uid, struct link_user **out);
/** NULL while he has none; or, with NULL, the mount's own. */
struct client_tree *link_user_tree(const struct mount *mount,
				   const struct link_user *user);
/** Log him on; ops of his in mount->waiting go on, or fail, when it is done.
 *  @return false: that has failed a moment ago. */
bool link_user_start(struct link_user *user);
/** The connection is another: all have to log on again. */
void link_users_forget(struct mount *mount);
/** Is it in use now, by anybody? */
bool link_has_tree(const struct mount *mount, const struct client_tree *tree);

/* -------------------------------------------------------------- op.c */

typedef void (*op_fn)(struct op *op);

struct op {
	TAILQ_ENTRY(op) entry; /**< in mount->waiting */
	struct mount *mount;
	fuse_req_t req;
	struct link_user *user; /**< who asks; NULL: as the mount itself */
	struct node *node;	/**< held; may be NULL */
	struct node *other;	/**< held; may be NULL */
	op_fn go;
	void *data;	       /**< of the kind of op: a child */
	bool waits;	       /**< in mount->waiting */
	unsigned changes;      /**< of the node, when it was asked for */
	uint64_t mark;	       /**< of watch_begin(), before it was */
	uint64_t own_mark;     /**< the same, of a folder that is asked for */
	unsigned also_changes; /**< likewise, of folder_also() */
	bool makes;	       /**< what it tells of is new */
	bool patient;	       /**< waits for others: is not counted */
	bool repeats; /**< may be done twice: goes on when there is a way */
	bool busy;    /**< in an exchange that has to come to its end */
	struct tevent_immediate *late;
};

/** @param ino  0: none. NULL: it was answered with ENOMEM. */
struct op *op_new(struct mount *mount, fuse_req_t req, fuse_ino_t ino);
/** As soon as there is a way to the share, call go. */
void op_start(struct op *op, op_fn go);
/** It may be waited for long, as a lock may: an interrupt ends it. */
void op_is_patient(struct op *op);

/* Answer, and free. The first is for answers that were given. */
void op_end(struct op *op);
void op_fail(struct op *op, int err);
void op_fail_status(struct op *op, NTSTATUS status);
/** 0, or an error. */
void op_done(struct op *op, NTSTATUS status);
/** @return true: it was answered with the error. */
bool op_failed(struct op *op, NTSTATUS status);
/** The path of a node, or of that name (as node.h has it) in it, on the share:
 *  a child of mem_ctx. NULL with errno: as of node_path(). */
char *mount_path(TALLOC_CTX *mem_ctx, const struct mount *mount,
		 const struct node *node, const char *smb);
/** The node's path, or (with name, as the kernel has it) of that in it. NULL:
 *  it was answered. */
char *op_path(struct op *op, const struct node *node, const char *name);
/** Such a path as a request has it that gives a new name. */
bool op_wire_path(struct op *op, const char *path, struct wire_slice *out);
/** Set the callback, whose data is the op. NULL: it was answered. */
bool op_wait(struct op *op, struct tevent_req *subreq, tevent_req_fn callback);
struct op *op_of(struct tevent_req *subreq);
/** The share, as who asks has it; NULL while there is no way to it. */
struct client_tree *op_tree(const struct op *op);

/** A file that was found, to be told the kernel. NULL: it was answered. */
struct node *op_entry(struct op *op, struct node *parent, const char *name,
		      const struct client_stat *stat,
		      struct fuse_entry_param *out);
struct mount *op_mount(fuse_req_t req);
struct node *op_node(struct mount *mount, fuse_ino_t ino);
fuse_ino_t op_ino(const struct node *node);

/** How files are opened by path: following no link, by the extensions where
 *  there are any. */
struct client_open op_open(const struct mount *mount, uint32_t access);

/* ----------------------------------------------------------- open_file.c */

struct open_file {
	TAILQ_ENTRY(open_file) entry; /**< in node->opens */
	TAILQ_ENTRY(open_file) all;   /**< in mount->open_files */
	struct mount *mount;
	struct node *node;	       /**< held */
	struct client_cache *cache;    /**< NULL: without leases */
	struct client_file *file;      /**< the cache's, or a child */
	struct client_file *appending; /**< see op_io.c; NULL: not yet */
	bool reads, writes;
	bool failed;		       /**< something could not be written */
	uint64_t seen_writes;	       /**< of the cache, when it */
	struct timespec seen_time;     /**< had that time of writing */
	unsigned users;		       /**< who opened it here */
	bool lingers;		       /**< for nobody */
	TAILQ_ENTRY(open_file) linger; /**< in mount->lingering_files, then */
	double lingers_until;	       /**< by attr_now() */
	struct tevent_immediate *late; /**< it is closed soon */
};

/** What open_file_new() takes over. */
struct opened {
	struct client_cache *cache;
	struct client_file *file;
};

/** Open a file, as a child of the op; with what leases the mount wants. */
struct tevent_req *open_file_send(struct op *op, const char *path,
				  const struct client_open *how);
/** Before open_file_recv(): as client_open_also(). */
bool open_file_also(struct tevent_req *req, const struct op *op,
		    struct client_stat *out);
NTSTATUS open_file_recv(struct tevent_req *req, struct op *op,
			struct opened *out, struct client_stat *stat);
/** NULL: out of memory. */
struct open_file *open_file_new(struct mount *mount, struct node *node,
				const struct opened *opened, int flags);
/** One of the op's user that is open and serves the flags, to be closed once
 *  more; or NULL, and then those that nobody uses are closed. */
struct open_file *open_file_share(const struct op *op, int flags);
/** One user less. */
void open_file_close(struct open_file *open);
/** It is closed on the server, and gone: nobody uses it. */
void open_file_end(struct open_file *open);
/** What nobody uses is closed, before others are asked to change the file.
 *  NULL is fine. */
void open_file_let_go(struct node *node);
/** Nobody will use any of them any more: what waits is being written, as long
 *  as mount->closing. */
void open_file_write_all(struct mount *mount);
/** An open of the node that can do it, or NULL. @param tree  whose it is; NULL:
 *  anybody's. */
struct open_file *open_file_that(const struct node *node,
				 const struct client_tree *tree, bool reads,
				 bool writes);
/** What is written may wait here. */
bool open_file_delays(const struct open_file *open);
/** It was changed past its cache, and is so long now, or longer. */
void open_file_changed(struct open_file *open, uint64_t size);
/** Somebody has opened it here. */
bool node_is_open(const struct node *node);
/** We would hear of it if others changed what it holds. */
bool node_is_leased(const struct node *node);
/** Something waits to be written to it. */
bool node_is_dirty(const struct node *node);
/** How long a file is in which something waits to be written. @return false:
 *  as the server says. */
bool node_size(const struct node *node, uint64_t *size);
/** The server said so of it: what is kept is forgotten when others wrote. */
void node_seen(const struct node *node, const struct stat *attr);
bool open_flags_read(int flags);
bool open_flags_write(int flags);
/** Go on when what was written to a node is on the server. NULL: at once. */
void op_settle(struct op *op, const struct node *node, op_fn then);

/* ---------------------------------------------------------------- linger.c */

/** Nobody uses it any more: it stays open for mount->options->close_time, and
 *  then ends. @return false: it does not, for lack of memory. */
bool linger_begin(struct open_file *open);
/** It no longer lingers, if it did. */
void linger_end(struct open_file *open);

/* ---------------------------------------------------------------- notify.c */

/** @return false: errno says why. */
bool notify_start(struct mount *mount);
/** What the kernel keeps of it is not what the server has. */
void notify_changed(struct mount *mount, const struct node *node);
/** That what a name in a folder leads to may be another, or nothing. */
void notify_name(struct mount *mount, const struct node *folder,
		 const char *name);
/** That what it believes of its attributes is not true any more: at once. */
void notify_attr(struct mount *mount, const struct node *node);
/** @return false: not yet; its requests must be answered meanwhile. */
bool notify_stop(struct mount *mount);

/* ----------------------------------------------------------------- watch.c */

/** Folders of a share that was connected to can be watched. */
void watch_tree(struct mount *mount, struct client_tree *tree);
/** A folder is going to be removed or renamed here, where what is open in it
 *  would be in the way. NULL, and no folder, are fine. */
void watch_let_go(struct mount *mount, const struct node *node);
/** All that the kernel was told to believe for long is over. */
void watch_drop_all(struct mount *mount);

/** Before the server is asked for something in a folder, by a user (NULL: as
 *  the mount itself). @return not 0: it is watched. */
uint64_t watch_begin(struct mount *mount, const struct link_user *user,
		     struct node *folder);
/** Is it still, with nothing changed in it since, nor in the node lately? */
bool watch_holds(const struct node *folder, uint64_t mark,
		 const struct node *node);
/** Seconds for which the kernel may believe the answer: that the name leads to
 *  the node, its attributes, that there is no such name (0: not at all). */
double watch_name_time(const struct mount *mount, const struct node *folder,
		       uint64_t mark, const struct node *node);
double watch_attr_time(const struct mount *mount, const struct node *folder,
		       uint64_t mark, const struct node *node,
		       const struct stat *attr);
/** The same of a folder, by the marks of the one it is in and of itself. */
double watch_folder_time(const struct mount *mount, const struct node *node,
			 uint64_t parent_mark, uint64_t mark);
double watch_absent_time(struct node *folder, uint64_t mark, const char *name);
/** It has the whole listing; has it one that is still true? */
void watch_listed(struct node *folder, uint64_t mark);
bool watch_has_listing(struct mount *mount, const struct link_user *user,
		       struct node *folder);
/** What is known of a name, as node.h has it, in a folder that is watched, by
 *  the mark of now. */
enum names_known watch_name(struct node *folder, uint64_t mark, const char *smb,
			    struct client_stat *stat);
/** The server was asked for it, after the mark. NULL: it is not there. */
void watch_learn(struct node *folder, uint64_t mark, const char *smb,
		 const struct client_stat *stat);
/** It is being changed here, or was; and: nobody knows what was. NULL is fine.
 */
void watch_doubt(const struct node *folder, const char *smb);
void watch_doubt_all(const struct node *folder);

/* ------------------------------------------------------------- op_file.c */

struct client_open open_file_how(const struct mount *mount, int flags);

/* ------------------------------------------------------------- op_lock.c */

/** The open that reading and writing have to go through because it has locks,
 *  or NULL. */
struct client_file *lock_file_of(const struct node *node, bool writes);
/** The last open of the node was closed: so is that one. */
void lock_forget(struct node *node);
/** A process closes a descriptor: what it has locked is free.
 *  @return false: it has nothing; true: the request is, or will be, answered.
 */
bool lock_flush(fuse_req_t req, fuse_ino_t ino,
		const struct fuse_file_info *fi);
/** The open is gone: what was locked through it is free, and it is closed then.
 *  @return as above; false: it is not closed. */
bool lock_release(fuse_req_t req, fuse_ino_t ino,
		  const struct fuse_file_info *fi);

/* ------------------------------------------------------------ operations */

void op_lookup(fuse_req_t req, fuse_ino_t parent, const char *name);
void op_forget(fuse_req_t req, fuse_ino_t ino, uint64_t lookups);
void op_forget_multi(fuse_req_t req, size_t count,
		     struct fuse_forget_data *forgets);
void op_mknod(fuse_req_t req, fuse_ino_t parent, const char *name, mode_t mode,
	      dev_t rdev);
void op_mkdir(fuse_req_t req, fuse_ino_t parent, const char *name, mode_t mode);
void op_unlink(fuse_req_t req, fuse_ino_t parent, const char *name);
void op_rmdir(fuse_req_t req, fuse_ino_t parent, const char *name);
void op_rename(fuse_req_t req, fuse_ino_t parent, const char *name,
	       fuse_ino_t new_parent, const char *new_name, unsigned int flags);
void op_link(fuse_req_t req, fuse_ino_t ino, fuse_ino_t new_parent,
	     const char *new_name);
void op_symlink(fuse_req_t req, const char *target, fuse_ino_t parent,
		const char *name);
void op_readlink(fuse_req_t req, fuse_ino_t ino);
void op_getattr(fuse_req_t req, fuse_ino_t ino, struct fuse_file_info *fi);
void op_setattr(fuse_req_t req, fuse_ino_t ino, struct stat *attr, int to_set,
		struct fuse_file_info *fi);
void op_statfs(fuse_req_t req, fuse_ino_t ino);
void op_open_file(fuse_req_t req, fuse_ino_t ino, struct fuse_file_info *fi);
void op_create(fuse_req_t req, fuse_ino_t parent, const char *name, mode_t mode,
	       struct fuse_file_info *fi);
void op_release(fuse_req_t req, fuse_ino_t ino, struct fuse_file_info *fi);
void op_flush(fuse_req_t req, fuse_ino_t ino, struct fuse_file_info *fi);
void op_fsync(fuse_req_t req, fuse_ino_t ino, int datasync,
	      struct fuse_file_info *fi);
void op_fsyncdir(fuse_req_t req, fuse_ino_t ino, int datasync,
		 struct fuse_file_info *fi);
void op_read(fuse_req_t req, fuse_ino_t ino, size_t size, off_t offset,
	     struct fuse_file_info *fi);
void op_write(fuse_req_t req, fuse_ino_t ino, const char *buf, size_t size,
	      off_t offset, struct fuse_file_info *fi);
void op_opendir(fuse_req_t req, fuse_ino_t ino, struct fuse_file_info *fi);
void op_readdir(fuse_req_t req, fuse_ino_t ino, size_t size, off_t offset,
		struct fuse_file_info *fi);
void op_readdirplus(fuse_req_t req, fuse_ino_t ino, size_t size, off_t offset,
		    struct fuse_file_info *fi);
void op_releasedir(fuse_req_t req, fuse_ino_t ino, struct fuse_file_info *fi);

void op_fallocate(fuse_req_t req, fuse_ino_t ino, int mode, off_t offset,
		  off_t length, struct fuse_file_info *fi);
void op_lseek(fuse_req_t req, fuse_ino_t ino, off_t offset, int whence,
	      struct fuse_file_info *fi);
void op_copy(fuse_req_t req, fuse_ino_t ino, off_t offset,
	     struct fuse_file_info *fi, fuse_ino_t to_ino, off_t to_offset,
	     struct fuse_file_info *to_fi, size_t length, int flags);
void op_getlk(fuse_req_t req, fuse_ino_t ino, struct fuse_file_info *fi,
	      struct flock *lock);
void op_setlk(fuse_req_t req, fuse_ino_t ino, struct fuse_file_info *fi,
	      struct flock *lock, int sleep);
void op_flock(fuse_req_t req, fuse_ino_t ino, struct fuse_file_info *fi,
	      int what);
void op_getxattr(fuse_req_t req, fuse_ino_t ino, const char *name, size_t size);
void op_listxattr(fuse_req_t req, fuse_ino_t ino, size_t size);
void op_setxattr(fuse_req_t req, fuse_ino_t ino, const char *name,
		 const char *value, size_t size, int flags);
void op_removexattr(fuse_req_t req, fuse_ino_t ino, const char *name);

/* ---------------------------------------------------------------- serve.c */

/** Take the kernel's requests from now on. @param why  out: a sentence. */
bool serve_mount(struct mount *mount, char **why);
/** The buffer of the request in hand becomes somebody's: a child of mem_ctx
 *  that keeps the bytes. NULL: out of memory. */
TALLOC_CTX *serve_take_buffer(TALLOC_CTX *mem_ctx, struct mount *mount);
/** An op ended: there is room for more. */
void serve_more(struct mount *mount);
void serve_unmount(struct mount *mount);

#endif
