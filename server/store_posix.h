/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * store_posix.h - shared by the files of the store on a file system:
 *
 *	store_posix.c	      the row, and the way of a job to a thread and back
 *	store_posix_cred.c    acting as a user
 *	store_posix_name.c    paths of the disk and paths of the client
 *	store_posix_path.c    finding what a path names, never outside
 *	store_posix_inside.c  whether an open directory is still in the share
 *	store_posix_cache.c   names of large directories, remembered
 *	store_posix_open.c    open, make, lookup
 *	store_posix_attr.c    attributes
 *	store_posix_io.c      data
 *	store_posix_dir.c     listing, renaming, unlinking
 *	store_posix_reparse.c reparse points, and where a path stops at one
 *	store_posix_security.c  security descriptors
 *	store_posix_judge.c   what they let a user do
 *	store_posix_xattr.c   extended attributes
 *	store_posix_stream.c  data of named streams, with _stream_io.c by
 *handles store_posix_streams.c named streams: finding, listing, renaming
 *	store_posix_depot.c   where large ones are
 *	store_posix_watch.c   inotify, with _spot.c and _event.c
 *	store_posix_walk.c    all directories of a tree, for that
 *	store_posix_hold.c    who waits until somebody watches
 *
 * Functions called posix_do_... run in a worker thread, on plain memory only:
 * a job and what it points to. They return 0 or an errno. All else runs in the
 * loop.
 *
 * On the disk:
 *
 *   user.smbquic.attr	DOS attributes and creation time, 16 bytes little
 *			endian: version 1 (u16), what is set (u16: 1
 *			attributes, 2 creation time, 4 change time), attributes
 *			(u32), NT time of creation (u64); where a client set the
 *			change time 16 bytes more: that (u64) and when it was
 *			set (u64), after which the file's own counts. Written
 * only when it differs from what would be said without it: ARCHIVE for files,
 * READONLY for what nobody may write, the file system's birth time.
 *   security.smbquic.acl	the security descriptor: version 1 (u16), 0
 *(u16), mode (u32), uid (u32), gid (u32) and a hash of the POSIX ACL (u64) when
 * it was set, then the descriptor, self-relative (MS-DTYP 2.4.6).
 * user.smbquic.acl where the server may not write the other.
 *   user.smbquic.reparse	what a reparse point says, as on the wire; its
 *			tag is in user.smbquic.attr, too (u32, set: 8)
 *   user.NAME		the client's extended attribute NAME
 *   user.DosStream.NAME:$DATA	the stream NAME, as Samba's streams_xattr has
 *			it: the data, and a zero byte
 *   user.smbquic.stream.NAME	the stream NAME is in the depot: version 1
 *			(u16), 0 (u16) and its identity there (16 bytes).
 *			Stronger than the other.
 *   .smbquic-streams	at the share's root: the depot (store_posix_depot.c)
 */
#ifndef SERVER_STORE_POSIX_H
#define SERVER_STORE_POSIX_H

#include <dirent.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <sys/stat.h>

#include "server/acl.h"
#include "server/store_backend.h"
#include "server/worker.h"

#define POSIX_XATTR_OWN	    "user.smbquic." /* prefix of ours, not shown */
#define POSIX_XATTR_ATTR    "user.smbquic.attr"
#define POSIX_XATTR_REPARSE "user.smbquic.reparse"
#define POSIX_XATTR_PREFIX  "user."

/* Streams; not shown either. */
#define POSIX_XATTR_STREAM     "user.DosStream."
#define POSIX_XATTR_STREAM_END ":$DATA"
#define POSIX_XATTR_DEPOT      "user.smbquic.stream."

/* Longest name of a stream: of what XATTR_NAME_MAX leaves for it. */
#define POSIX_STREAM_NAME_MAX 234

/* Of the server alone; and where it lacks CAP_SYS_ADMIN. */
#define POSIX_XATTR_ACL	     "security.smbquic.acl"
#define POSIX_XATTR_ACL_OPEN "user.smbquic.acl"

/* Longest path of the disk: UTF-8 may shrink or grow when mapped. */
#define POSIX_PATH_SIZE 4096

/** A user, shared by jobs; NULL stands for the process itself. */
struct posix_cred {
	atomic_uint refs;
	uid_t uid;
	gid_t gid;
	size_t num_groups;
	gid_t groups[];
};

/** The share's root and its settings; constant once the store has begun. */
struct posix_root {
	struct worker_job closing; /**< posix_root_leave()'s; the first */
	atomic_uint refs;
	int fd;			  /**< O_PATH; -1: not open yet */
	struct worker_pool *pool; /**< of closing; loop only, as the next */
	struct worker_lane *lane; /**< the store's; NULL: that is gone */
	dev_t dev;
	atomic_int depot; /**< -1: not open */
	pthread_mutex_t sweep_lock;
	DIR *sweep;	   /**< of the depot, where the sweep is; or NULL */
	bool openat2;	   /**< the kernel has it */
	bool in_memory;	   /**< a file system without a disk */
	bool tells_xattrs; /**< of all: listxattr(2) is no excerpt */
	bool listxattrat;  /**< the kernel has it */
	bool no_streams, short_names;
	bool strict_allocate;
	bool set_id;
	uint64_t max_size; /**< of a file; 0: any */
	bool case_sensitive, hide_dot_files, hide_unreadable;
	bool follow_links;
	unsigned acls;	    /**< STORE_ACLS_* */
	bool acl_protected; /**< POSIX_XATTR_ACL can be written */
	bool switches;	    /**< jobs without a cred are the server's own */
	struct sidmap sids;
	mode_t create_mask, directory_mask;
	struct posix_cache *cache; /**< NULL where case matters */
};

/** Where readdir is. One job at a time. */
struct posix_listing {
	char *buf; /* of getdents64 */
	size_t len, at;
};

/** The name of a handle's stream, which a rename changes. */
struct posix_stream_name {
	struct posix_stream_name *before; /**< somebody may still read it */
	bool none;			  /**< it is the file's own data now */
	char name[];
};

/** An open file; plain memory, closed with its last user. */
struct posix_handle {
	struct worker_job closing; /**< posix_handle_leave()'s; the first */
	atomic_uint refs;
	_Atomic(struct posix_stream_name *) stream; /**< posix_stream_of() */
	int fd;			   /**< O_PATH unless data is read or written */
	bool plain;		   /**< fd is not O_PATH */
	bool nowait_read;	   /**< worth a try: loop only */
	bool in_memory;		   /**< its data has no disk below */
	bool posix;		   /**< STORE_OPEN_POSIX */
	atomic_bool frozen;	   /**< STORE_FREEZE_WRITE_TIME */
	atomic_bool change_frozen; /**< STORE_SET_CHANGE_TIME was used */
	struct posix_root *root;
	struct posix_cred *cred;
	dev_t dev;
	ino_t ino;
	mode_t type; /* S_IFMT */
	char *local; /**< the path on disk when it was opened */
	struct posix_listing listing;
	struct worker_series writes; /**< the file system does one at a time */
};

struct store_file_data {
	struct posix_handle *handle;
};

/** The store's data. */
struct posix_store {
	struct posix_root *root;
	struct worker_lane *lane;
	bool switches; /**< acts as the users, not as the process */
	struct posix_inotify *inotify; /**< store_posix_watch.c */
	struct posix_holds *holds;     /**< store_posix_hold.c */
	unsigned patience_ms;	       /**< how long it holds at most */
};

/**
 * A job. One struct for all operations: what they take above, what they give
 * below. Pointers are owned unless said otherwise.
 */
struct posix_job {
	struct worker_job job;
	int (*run)(struct posix_job *job);
	/** In the loop, when run gave 0: results into the call. */
	int (*finish)(struct store_call *call, struct posix_job *job);
	struct store *store; /**< loop only */
	struct posix_root *root;
	struct posix_cred *cred;
	struct posix_handle *handle, *other;
	void *kept; /**< talloc: references to buffers; loop only */

	char *path, *to; /**< the client's */
	char *stream;	 /**< the last part of path; open: as found */
	char *name;	 /**< of an xattr */
	void *in;	 /**< its value; a security descriptor; of a walk what
			    store_posix_watch.c has */
	unsigned flags;
	uint32_t attributes;
	bool restart, replace, tree;
	enum store_allocate how;
	struct store_change change;
	void *buf; /**< not owned */
	size_t len;
	size_t max;
	uint64_t offset, to_offset, range;

	int err;
	struct posix_handle *opened; /**< open */
	unsigned access, may;
	uint32_t granted, privileged;
	bool created, added, more, special, gone;
	bool bare; /**< posix_do_bare() */
	/** Streams changed: of the file told, on the disk. */
	struct {
		enum store_event_kind kind;
		char *stream;
	} events[2];
	unsigned num_events;
	char *told;
	struct store_attr attr;
	struct store_space space;
	char *found;
	char *target, *rest; /**< STORE_ESTOPPED */
	bool relative;
	void *out; /**< entries, ranges, values: see finish */
	size_t out_len;
	uint64_t count;
};

/* --- store_posix.c */
/** A job for that file's or store's call. NULL: no memory, reported. */
struct posix_job *posix_job_new(struct store_call *call, struct store *store,
				struct posix_handle *handle,
				int (*run)(struct posix_job *),
				int (*finish)(struct store_call *,
					      struct posix_job *));
/** The same without a call. */
struct posix_job *posix_job_alloc(struct store *store,
				  struct posix_handle *handle,
				  int (*run)(struct posix_job *));
void posix_job_release(struct worker_job *base);
/** Off to a thread; reports by itself. owner: see store.h, may be NULL. */
void posix_job_start(struct store_call *call, struct store *store,
		     struct posix_job *job, TALLOC_CTX *owner);
/** The same for what watches tell of: it waits for those that begin. */
void posix_job_change(struct store_call *call, struct store *store,
		      struct posix_job *job, TALLOC_CTX *owner);
/** strdup() into a job; false: no memory. */
bool posix_job_string(char **dst, const char *src);
/** A copy of bytes into job->in and job->len; likewise. */
bool posix_job_bytes(struct posix_job *job, struct wire_slice bytes);
struct posix_store *posix_store_of(const struct store *store);
struct posix_root *posix_root_keep(struct posix_root *root);
struct posix_handle *posix_handle_keep(struct posix_handle *handle);
/** Give a reference back: the last one closes, which may block. In threads
 *  only. */
void posix_root_drop(struct posix_root *root);
void posix_handle_drop(struct posix_handle *handle);
/** Likewise in the loop: a thread closes. NULL: nothing to do. */
void posix_root_leave(struct posix_root *root);
void posix_handle_leave(struct posix_handle *handle);

/* --- store_posix_cred.c */
/** Can threads of this process act as others? *why: a sentence when it is root
 *  and yet cannot. */
bool posix_cred_usable(const char **why);
/** The shared form of a store's cred, made once. NULL: no memory. */
struct posix_cred *posix_cred_get(const struct store_cred *cred);
struct posix_cred *posix_cred_keep(struct posix_cred *cred);
void posix_cred_drop(struct posix_cred *cred);
/** In a thread: act as that user from now on. 0, or an errno and the thread
 *  acts as before. A thread that cannot come back to the process's own identity
 *  ends the program. */
int posix_cred_enter(struct posix_cred *cred);
/** Whom the calling thread acts as; NULL: the process. Not a reference. */
struct posix_cred *posix_cred_current(void);
/** Its uid. */
uid_t posix_cred_uid(void);
/** Who asks, for access checks; borrows from the job. false: the server
 *  itself, whom nobody asks. */
bool posix_who(const struct posix_job *job, struct acl_who *who);
/** May this process write POSIX_XATTR_ACL? */
bool posix_cred_is_admin(void);

/* --- store_posix_name.c */
/** To the client's form and back (smbquic/name_map.h). false: it does not fit,
 *  or has no such form. */
bool posix_path_to_client(const char *local, char *out, size_t size);
bool posix_path_to_local(const char *client, char *out, size_t size);

/* --- store_posix_path.c */
/** What a path named. */
struct posix_found {
	int fd; /**< O_PATH; -1: the last component is not there */
	struct stat st;
	bool link;		     /**< the link itself */
	char local[POSIX_PATH_SIZE]; /**< as on disk; when missing: as it would
					be made */
};
/** O_PATH of a path on disk below the root; links are followed inside. */
int posix_beneath(const struct posix_root *root, const char *local, int flags);
/** The same below another directory of the share. */
int posix_beneath_at(const struct posix_root *root, int dirfd,
		     const char *local, int flags);
enum {
	POSIX_FIND_NOFOLLOW = 0x1, /**< a link at the end is found itself */
	POSIX_FIND_NO_LINKS = 0x2, /**< no link before it either: ELOOP */
	POSIX_FIND_EXACT = 0x4,	   /**< case matters */
};
/** POSIX_FIND_* for STORE_OPEN_*. */
unsigned posix_how(const struct posix_root *root, unsigned flags);
/**
 * Find a client's path. 0 with fd -1 when only the last component is missing.
 * STORE_ENOPATH, EACCES, ... Without NOFOLLOW a link that leads nowhere is
 * found itself.
 */
int posix_find(const struct posix_root *root, const char *path, unsigned how,
	       struct posix_found *found);
/** The parent directory of a path on disk, O_PATH; *last points into local. */
int posix_open_parent(const struct posix_root *root, const char *local,
		      const char **last);
/** What that means for a client, when its errno was err. */
int posix_no_parent(int err);
/** Is fd among the last that this process may have? Then it is none to open
 *  files with: what is open wants to be renamed and deleted. */
bool posix_do_scarce(int fd);
/** faccessat(2) for the calling thread's user. */
bool posix_may(int fd, int mode);
/** "/proc/self/fd/N" */
struct posix_proc_path {
	char path[32];
};
struct posix_proc_path posix_proc(int fd);

/* --- store_posix_inside.c */
/** Is that open directory still at or below the share's root? In threads. */
bool posix_do_inside(const struct posix_handle *dir);
/** Likewise by its path alone, which no disk is asked for: also in the loop.
 *  fd of any kind. @return 0, also for what has escaped a bind mount to where
 *  the path would be the same; ENAMETOOLONG: the kernel does not tell such a
 *  path; ENOENT or another errno: it is not. */
int posix_inside_by_path(const struct posix_root *root, int dirfd);

/* --- store_posix_cache.c */
struct posix_cache *posix_cache_new(void);
void posix_cache_free(struct posix_cache *cache);
/**
 * The name in that directory (fd of any kind) which is the client's but for
 * case. 0 with *match changed, or not: there is none, or the user may not look.
 * Other errors: look for yourself.
 */
int posix_cache_match(struct posix_cache *cache, int dirfd, const char *client,
		      char *match, size_t size);
/**
 * About to change names in a directory: its list, held; NULL: there is none
 * (or no cache), which the other two take, too. Of two directories that of the
 * lower device and inode first.
 */
struct cached_dir *posix_cache_hold(struct posix_cache *cache, int dirfd);
/** It was done; names of the disk, each may be NULL. */
void posix_cache_changed(struct cached_dir *dir, const char *added,
			 const char *removed);
void posix_cache_release(struct posix_cache *cache, struct cached_dir *dir,
			 int dirfd);

/* --- store_posix_open.c */
void posix_open(struct store_call *call, struct store *store,
		const struct store_cred *cred, const char *path, unsigned flags,
		uint32_t attributes);
void posix_lookup(struct store_call *call, struct store *store,
		  const struct store_cred *cred, const char *path);

/* --- store_posix_attr.c */
/** Attributes of an open file: any kind of fd. name is for dot files, bare what
 *  posix_do_bare() said. */
int posix_do_getattr(const struct posix_root *root, int fd, const char *name,
		     bool bare, struct store_attr *attr);
/** Attributes of a name in a directory (fd of any kind), not following. */
int posix_do_getattr_at(const struct posix_root *root, int dirfd,
			const char *name, struct store_attr *attr);
/** Puts the write time back to what it was. */
int posix_do_restore_write_time(struct posix_job *job,
				const struct stat *before);
/** It is now. */
int posix_do_touch_write_time(struct posix_job *job,
			      const struct posix_handle *handle);
/** DOS attributes of a file just made. */
int posix_do_first_attributes(int fd, uint32_t attributes);
/**
 * As much of a mode as a client may give. S_ISUID, and S_ISGID of what is no
 * directory, only by store_options.set_id, and where the server acts as its
 * users: otherwise who says so need not be whom the file belongs to, and could
 * act as that one.
 */
mode_t posix_mode_given(const struct posix_job *job, mode_t type, mode_t mode);
/** The tag of a reparse point that a client made; 0: it is none. */
uint32_t posix_do_reparse_tag(int fd, mode_t mode);
/** Note it in user.smbquic.attr; 0: none. */
int posix_do_mark_reparse(int fd, uint32_t tag);
uint64_t posix_file_id(const struct posix_root *root, dev_t dev, ino_t ino);
void posix_getattr(struct store_call *call, struct store_file *file);
void posix_setattr(struct store_call *call, struct store_file *file,
		   const struct store_change *change);
void posix_statfs(struct store_call *call, struct store_file *file);

/* --- store_posix_room.c */
/**
 * That much is about to be written to a file (offset STORE_AT_END: appended),
 * or up to there it is to reach. EFBIG: more than max_size; ENOSPC: there is no
 * room.
 */
int posix_do_make_room(const struct posix_root *root, int fd, uint64_t offset,
		       uint64_t len);

/* --- store_posix_clone.c */
/** Can files of this file system share blocks? fd of any kind. */
bool posix_do_clones(int fd);

/* --- store_posix_quota.c */
void posix_quotas(struct store_call *call, struct store_file *file,
		  const struct store_quota_ask *ask);
/** Who acts has no more space than his quota leaves him. */
void posix_do_limit_space(int fd, struct store_space *space);

/** Write down the attributes that a file has now, whatever its mode will be. */
int posix_do_pin_attributes(struct posix_job *job, int fd);

/* --- store_posix_reparse.c */
/**
 * Why a path led nowhere, or whether what was found is not to be opened: 0 it
 * has nothing to do with reparse points; STORE_ESTOPPED with job->target and
 * job->rest; STORE_EREPARSE.
 * @param err  what posix_find() said; 0 with found->fd -1: it is missing.
 */
int posix_do_stop(struct posix_job *job, const struct posix_found *found,
		  int err);
/** Into the call. */
int posix_stopped(struct store_call *call, struct posix_job *job);
void posix_getreparse(struct store_call *call, struct store_file *file);
void posix_setreparse(struct store_call *call, struct store_file *file,
		      struct wire_slice data);

/* --- store_posix_security.c */
/** A descriptor in plain memory. */
struct posix_sd {
	struct security_descriptor sd; /**< borrows from the buffers */
	uint8_t *buf, *made;
	bool kept; /**< it is there, if only for its SACL */
};
/** The descriptor of an open file of any kind. posix_sd_free() in any case. */
int posix_sd_load(const struct posix_root *root, int fd, const struct stat *st,
		  struct posix_sd *sd);
/** The kept one alone. *kept is false, and all may do everything, where there
 *  is none, or one that no longer counts. */
int posix_sd_load_counting(const struct posix_root *root, int fd,
			   const struct stat *st, struct posix_sd *sd,
			   bool *kept);
void posix_sd_free(struct posix_sd *sd);
/** The descriptor of what was just made in a directory: inherited, then
 *  job->in. */
int posix_do_first_security(struct posix_job *job, int parent, int fd,
			    const struct stat *st);
/** parts as in store.h, or ACL_ALL_PARTS: what there is in data. */
#define ACL_ALL_PARTS UINT32_MAX
int posix_do_change_security(struct posix_job *job, int fd,
			     struct wire_slice data, uint32_t parts);
void posix_getsecurity(struct store_call *call, struct store_file *file);
void posix_setsecurity(struct store_call *call, struct store_file *file,
		       uint32_t parts, struct wire_slice sd);

/* --- store_posix_judge.c */
/** Fills in job->granted and job->privileged for a file and its path. */
void posix_do_judge(struct posix_job *job, int fd, const char *local);
/** 0, or EACCES: may something be made in, or moved to, that directory? */
int posix_do_may_add(struct posix_job *job, int parent, bool directory);
/** Likewise: may that file go from that directory? */
int posix_do_may_remove(struct posix_job *job, int fd, int parent);
/** Would the user be told of that name (`hide unreadable`)? */
bool posix_do_visible(struct posix_job *job, int dirfd, const char *name);

/* --- store_posix_io.c */
/* The whole of it, or to the end of the file. 0 or errno. */
int posix_fd_read(int fd, void *buf, size_t len, uint64_t offset,
		  size_t *count);
int posix_fd_write(int fd, const void *buf, size_t len, uint64_t offset);
int posix_fd_allocate(int fd, enum store_allocate how, uint64_t offset,
		      uint64_t range);
/** Into job->out and count. */
int posix_fd_ranges(struct posix_job *job, int fd);
void posix_pread(struct store_call *call, struct store_file *file, void *buf,
		 size_t len, uint64_t offset, TALLOC_CTX *owner);
void posix_pwrite(struct store_call *call, struct store_file *file,
		  const void *buf, size_t len, uint64_t offset,
		  TALLOC_CTX *owner);
void posix_flush(struct store_call *call, struct store_file *file);
void posix_allocate(struct store_call *call, struct store_file *file,
		    enum store_allocate how, uint64_t offset, uint64_t len);
void posix_ranges(struct store_call *call, struct store_file *file,
		  uint64_t offset, uint64_t len, size_t max);
void posix_copy_range(struct store_call *call, struct store_file *from,
		      uint64_t from_offset, struct store_file *to,
		      uint64_t to_offset, uint64_t len);
void posix_clone_range(struct store_call *call, struct store_file *from,
		       uint64_t from_offset, struct store_file *to,
		       uint64_t to_offset, uint64_t len);

/* --- store_posix_dir.c */
void posix_readdir(struct store_call *call, struct store_file *dir,
		   bool restart, size_t max);
void posix_rename(struct store_call *call, struct store_file *file,
		  const char *from, const char *to, bool replace);
void posix_link(struct store_call *call, struct store_file *file,
		const char *from, const char *to, bool replace);
void posix_unlink(struct store_call *call, struct store_file *file,
		  const char *path);

/* --- store_posix_xattr.c */
/** Is it known that a file has no extended attribute, of ours or of others? One
 *  call instead of many that find nothing. */
bool posix_do_bare(const struct posix_root *root, int fd,
		   const struct stat *st);
/** Names of all, of a name in a directory, not following; as listxattr(2).
 *  path: the same, for kernels that cannot. */
ssize_t posix_do_listxattr_at(const struct posix_root *root, int dirfd,
			      const char *name, const char *path, char *list,
			      size_t size);
/** Has the kernel what that takes? */
bool posix_do_have_listxattrat(int dirfd);
/** As store_attr has it; of any kind of fd. */
uint32_t posix_do_ea_size(int fd);
/** Of a path and the names that listxattr(2) has for it. */
uint32_t posix_ea_size(const char *path, bool follow, const char *names,
		       size_t len);
void posix_getxattr(struct store_call *call, struct store_file *file,
		    const char *name);
void posix_setxattr(struct store_call *call, struct store_file *file,
		    const char *name, const void *value, size_t len);
void posix_removexattr(struct store_call *call, struct store_file *file,
		       const char *name);
void posix_listxattr(struct store_call *call, struct store_file *file);

/* --- store_posix_depot.c */
#define POSIX_DEPOT_ID 16
/** Is it the depot, or in it? A client's path, or one of the disk. */
bool posix_depot_reserved(const char *path);
/*
 * As the server: posix_cred_enter(NULL). st is that of the file which it is
 * for. The first two: a descriptor to read and write, or -1 with errno; ENOENT
 * it is not there.
 */
int posix_depot_open(struct posix_root *root, const struct stat *st,
		     const uint8_t id[POSIX_DEPOT_ID]);
/** Another file, and a step of the sweep. The caller has posix_stream_lock().
 *  @param file  any kind of fd. @param id  out. */
int posix_depot_make(struct posix_root *root, int file, const struct stat *st,
		     uint8_t id[POSIX_DEPOT_ID]);
void posix_depot_remove(struct posix_root *root, const struct stat *st,
			const uint8_t id[POSIX_DEPOT_ID]);
/** Remove some of those whose files are gone, or know nothing of them. */
void posix_depot_sweep(struct posix_root *root);
/** The file has another owner. */
void posix_depot_give(struct posix_root *root, const struct stat *st,
		      const uint8_t id[POSIX_DEPOT_ID]);

/* --- store_posix_stream.c */
/** The data of a stream, loaded for a moment. */
struct posix_stream {
	struct posix_root *root;
	struct posix_cred *cred; /**< to come back to */
	int file;		 /**< the file: any kind of fd */
	struct stat st;		 /**< its */
	const char *name;
	bool depot; /**< it is there, in fd; else in buf */
	uint8_t id[POSIX_DEPOT_ID];
	int fd;
	uint8_t *buf;
	size_t len;
};
/** The stream of a handle; NULL: the file's own data. */
const char *posix_stream_of(struct posix_handle *handle);
/** 0; ENODATA there is none of that name, in this case. data: not only where it
 *  is. posix_stream_free() in any case. */
int posix_stream_load(struct posix_job *job, int file, const char *name,
		      bool data, struct posix_stream *s);
void posix_stream_free(struct posix_stream *s);
uint64_t posix_stream_size(const struct posix_stream *s);
uint64_t posix_stream_allocation(const struct posix_stream *s);
int posix_stream_read(struct posix_stream *s, void *buf, size_t len,
		      uint64_t offset, size_t *count);
int posix_stream_write(struct posix_stream *s, const void *buf, size_t len,
		       uint64_t offset);
int posix_stream_resize(struct posix_stream *s, uint64_t size);
/** Of one that is in an attribute: room, or a hole. */
int posix_stream_allocate(struct posix_stream *s, enum store_allocate how,
			  uint64_t offset, uint64_t range);
/** It is gone, or there with nothing in it. */
int posix_stream_remove(struct posix_stream *s);
int posix_stream_make(struct posix_stream *s);
/** Others wait who change streams of that file. */
void posix_stream_lock(const struct stat *st);
void posix_stream_unlock(const struct stat *st);
/** false: somebody has it, maybe the caller. */
bool posix_stream_trylock(const struct stat *st);
/** Does an attribute of that file lead to that place in the depot? true also
 *  when that cannot be told. */
bool posix_stream_refers(int file, const uint8_t id[POSIX_DEPOT_ID]);
/* The operations of files, for handles of streams. */
int posix_do_stream_pread(struct posix_job *job);
int posix_do_stream_pwrite(struct posix_job *job);
int posix_do_stream_flush(struct posix_job *job);
int posix_do_stream_allocate(struct posix_job *job);
int posix_do_stream_ranges(struct posix_job *job);
int posix_do_stream_copy(struct posix_job *job);
int posix_do_stream_set_size(struct posix_job *job);

/* --- store_posix_streams.c */
/** The name in job->stream of what was found: found or made, judged. Sets
 *  job->stream, created, added, access and attr. */
int posix_do_stream_open(struct posix_job *job, struct posix_found *found);
/** What differs from the file. */
void posix_do_stream_attr(struct posix_job *job, struct posix_handle *handle,
			  struct store_attr *attr);
int posix_do_stream_rename(struct posix_job *job);
int posix_do_stream_unlink(struct posix_job *job);
/** All of them, in the depot too. */
void posix_do_streams_drop(struct posix_job *job, int file);
/** A name of the file was taken away: if it was the last, what is in the depot
 *  goes. */
void posix_do_streams_unlinked(struct posix_job *job, int file);
/** The file has another owner. */
void posix_do_streams_give(struct posix_job *job, int file);
void posix_streams(struct store_call *call, struct store_file *file);
/** It was changed, as the loop will tell. */
void posix_stream_told(struct posix_job *job, const struct posix_handle *handle,
		       enum store_event_kind kind, const char *name);
/** "path:stream" into job->path and job->stream; false: no memory. */
bool posix_job_path(struct posix_job *job, const char *path);

/* --- store_posix_watch.c */
/** Streams of a file changed: in the loop. */
void posix_watch_streams(const struct posix_job *job);
/** Tell what has happened, now, if it is watched. */
void posix_watch_catch_up(struct posix_store *posix);
void posix_watch(struct store_call *call, struct store_file *dir, bool tree,
		 store_watch_fn fn, void *private_data);

/** Of a new store: less than it takes until a client is told that its request
 *  waits, since who was told may rely on the watch. */
#define POSIX_PATIENCE_MS 200

/* --- store_posix_hold.c: all in the loop */
struct posix_holds;
struct posix_holds *posix_holds_new(TALLOC_CTX *mem_ctx,
				    struct tevent_context *ev);
/** The store goes: who waits is told so at once. */
void posix_holds_end(struct posix_holds *holds);
/** From now on what changes something waits until it is freed. Those who waited
 *  go on from the loop. NULL: no memory. */
struct posix_barrier *posix_barrier_new(TALLOC_CTX *mem_ctx,
					struct posix_store *posix);
/** One who waits. */
struct posix_held {
	struct posix_held *next, **prev;
	struct posix_holds *holds; /**< NULL: it does not wait */
	uint64_t behind;
	void (*go)(struct posix_held *held, bool gone); /**< the store is */
};
/** Wait for the barriers there are, in turn. false: there is none. */
bool posix_hold(struct posix_store *posix, struct posix_held *held);
/** Do not wait any more. */
void posix_hold_drop(struct posix_held *held);

/* --- store_posix_walk.c */
/** What inotify is asked for. */
#define POSIX_WATCH_EVENTS                                                 \
	(IN_CREATE | IN_DELETE | IN_MOVED_FROM | IN_MOVED_TO | IN_MODIFY | \
	 IN_ATTRIB | IN_DELETE_SELF | IN_ONLYDIR | IN_EXCL_UNLINK)
/** And of the directory in which a watched one lies: some of those. Others may
 *  watch it, too: what they asked for stays. */
#define POSIX_PARENT_EVENTS \
	(IN_DELETE | IN_MOVED_FROM | IN_MOVED_TO | IN_ONLYDIR | IN_MASK_ADD)

/** One that was found; a list in plain memory. */
struct posix_walked {
	struct posix_walked *next;
	int wd; /**< -1: a file */
	bool directory;
	bool parent;  /**< what the watched directory lies in */
	char below[]; /**< from the watched directory on, as on disk */
};

/**
 * In a thread: watches the directory job->path below the job's handle, and with
 * job->tree all below it, at most job->max, with the inotify descriptor
 * job->len. Gives a list in job->out; job->more: not all could be watched. The
 * handle's own directory (an empty path) is watched in any case, or errno says
 * why not; and looked at as by the next.
 */
int posix_do_walk(struct posix_job *job);
/**
 * Likewise: watches what the handle's directory lies in now, if that may be
 * read; then job->gone: it lies nowhere, for it was removed, or not in the
 * share any more.
 */
int posix_do_parent(struct posix_job *job);
void posix_walk_free(struct posix_walked *walked);

#endif
