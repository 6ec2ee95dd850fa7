/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * store.h - what a share serves: a tree of files, whatever holds it.
 *
 * A kind of store is one const row (struct store_ops, store_backend.h). The
 * functions here are the only way to it: they assert the contract, log, answer
 * EOPNOTSUPP for what a row leaves out, and call the row.
 *
 * Names. A path is UTF-8, relative to the share's root, its components
 * separated by '/', without a leading or trailing '/'; "" is the root. "." and
 * ".." are no components. Names are as the client sees them: what a store must
 * write differently on its disk (characters that Windows forbids) it maps by
 * itself in both directions. Lookup ignores case unless the store was told
 * otherwise; an exact match always wins. name.h makes such paths of the
 * client's and checks them.
 *
 * Streams. "dir/name:stream" is a named stream of a file or directory: data of
 * its own beside the file's, everything else is the file's. ":stream" is one of
 * the root. There is a ':' in a path for that alone. A stream goes with its
 * file: whoever renames, links or deletes that, has its streams renamed, linked
 * or deleted.
 *
 * Requests. Every operation that can block is a _send/_recv pair on tevent_req.
 * A request may be done before _send returns. _send is NULL only when there is
 * no memory. _recv gives 0 or a (positive) errno. Freeing a request abandons
 * it: no result is delivered, but what it had begun to do to the files may
 * happen or not. A slow store delays its own requests only. Requests on the
 * same file may overtake each other.
 *
 * Memory. The bytes given to pread and pwrite are never copied. Since a thread
 * may be at work on them when a request is abandoned, `owner` names the talloc
 * chunk that holds them; while a thread needs it the store keeps a talloc
 * reference to it. So: owner is a chunk with nothing but the bytes on it (no
 * destructor that minds being called late), and is freed through its parent or
 * by talloc_unlink(), not by talloc_free() while its request is running.
 *
 * Lives. A store outlives its files, requests and watches.
 *
 * Times are NT times: units of 100 ns since 1601, UTC.
 *
 * Errors, besides those of the calls: EOPNOTSUPP the store cannot, ENOSPC,
 * EDQUOT, EROFS, EIO, ENOMEM, EAGAIN too much is queued, ENAMETOOLONG,
 * EINVAL, ECANCELED the store went away.
 */
#ifndef SERVER_STORE_H
#define SERVER_STORE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>
#include <talloc.h>
#include <tevent.h>

#include "smbquic/wire.h"

/** A component of a path before the last is missing or no directory; ENOENT
 *  speaks of the last one only. */
#define STORE_ENOPATH ENOLINK
/** A reparse point that the client has to follow by itself: store_stop says
 *  where and to what. */
#define STORE_ESTOPPED EMULTIHOP
/** One that means nothing here. */
#define STORE_EREPARSE ENOTNAM

/** Longest component and path we take, in bytes of UTF-8. */
#define STORE_NAME_MAX 1020
#define STORE_PATH_MAX 4095

struct sidmap;
struct store;
struct store_ops;
struct store_cred;
struct store_file_data;
struct worker_pool;

/* --- who acts ----------------------------------------------------------- */

/**
 * A user of the file system. Copies the groups. Where a store takes a cred,
 * NULL means: as the process itself.
 * @return NULL: no memory.
 */
struct store_cred *store_cred_new(TALLOC_CTX *mem_ctx, uid_t uid, gid_t gid,
				  size_t num_groups, const gid_t *groups);

/* --- the store ---------------------------------------------------------- */

/** What becomes of security descriptors. Without any: they are made up of
 *  owner and mode, and cannot be set. */
enum {
	STORE_ACLS_SET = 0x1,  /**< they can be set */
	STORE_ACLS_KEEP = 0x2, /**< kept whole beside the file; with them goes
				  the right to everything */
	STORE_ACLS_MAP = 0x4,  /**< mode and POSIX ACL follow them, and where
				  those are changed by others they count */
	STORE_ACLS_VERBATIM = 0x8, /**< AUTO_INHERITED is taken as told */
};

/** How a share's store behaves. Copied by store_new_send(). */
struct store_options {
	const char *share; /**< the share's name, for the log */
	const char *root;  /**< posix: the directory; absolute */
	bool case_sensitive;
	bool hide_dot_files;   /**< names with a first dot are HIDDEN */
	mode_t create_mask;    /**< a new file's mode is 0666 and this; 0: 0644.
				  The umask and ACLs of the disk apply, too */
	mode_t directory_mask; /**< that of new directories: 0777 and this; 0:
				  0755 */
	uint64_t capacity;     /**< memory: most bytes of data; 0: 256 MiB */
	unsigned acls;	       /**< STORE_ACLS_* */
	bool no_links;	  /**< links are not followed, but STORE_ESTOPPED */
	bool no_streams;  /**< there are no named streams */
	bool short_names; /**< names are found by short_name.h's as well, unless
			     case matters */
	bool hide_unreadable; /**< readdir tells of what the user may read */
	bool strict_allocate; /**< what a file grows by has its space first, or
				 the change fails with ENOSPC; not where it is
				 SPARSE_FILE */
	bool set_id;	      /**< who has a cred may set S_ISUID and S_ISGID */
	uint64_t max_size; /**< of a file, in bytes: more is EFBIG; 0: what the
			      file system takes */
	const struct sidmap *sids; /**< copied; NULL: the machine has no SID */
};

/**
 * Open the store of that kind ("posix", "memory").
 *
 * @param pool  its threads; must outlive the store. May be NULL for "memory".
 */
struct tevent_req *store_new_send(TALLOC_CTX *mem_ctx,
				  struct tevent_context *ev, const char *kind,
				  struct worker_pool *pool,
				  const struct store_options *options);
/**
 * @param out  child of mem_ctx.
 * @param why  out: on failure a sentence, child of mem_ctx.
 * @return 0; EINVAL no such kind; ENOENT, ENOTDIR, EACCES about the root.
 */
int store_new_recv(struct tevent_req *req, TALLOC_CTX *mem_ctx,
		   struct store **out, char **why);

/** What it was told to serve: store_options.root; "" without any. */
const char *store_root(const struct store *store);

/** The name of the row: "posix", "memory". */
const char *store_kind(const struct store *store);
/** Are there named streams at all? */
bool store_has_streams(const struct store *store);
/** options.short_names, where names are found in any case */
bool store_short_names(const struct store *store);

/* --- attributes --------------------------------------------------------- */

/** What is known of a file. */
struct store_attr {
	uint64_t file_id;    /**< stable for the life of the file */
	uint64_t volume_id;  /**< with file_id: unique in the store */
	uint64_t size;	     /**< 0 for directories, and symbolic links */
	uint64_t link_size;  /**< of a symbolic link: bytes of its target */
	uint64_t allocation; /**< bytes on disk */
	uint64_t create_time, access_time, write_time, change_time;
	uint32_t attributes;  /**< FILE_ATTRIBUTE_* (MS-FSCC 2.6); never
				 NORMAL: 0 means that */
	uint32_t reparse_tag; /**< with FILE_ATTRIBUTE_REPARSE_POINT, else 0 */
	uint32_t ea_size; /**< store_getattr, _lookup, _readdir: bytes that the
			     extended attributes take in a list (MS-FSCC
			     2.4.16) */
	uint32_t links;	  /**< 1 for directories */
	uint32_t posix_links; /**< st_nlink */
	uint32_t mode;	      /**< st_mode, type bits included */
	uid_t uid;
	gid_t gid;
};

/** Members of struct store_change that count. */
enum {
	STORE_SET_ATTRIBUTES = 0x01,
	STORE_SET_CREATE_TIME = 0x02,
	STORE_SET_ACCESS_TIME = 0x04,
	STORE_SET_WRITE_TIME = 0x08,
	STORE_SET_SIZE = 0x10,
	STORE_SET_MODE = 0x20,
	STORE_SET_OWNER = 0x40,	      /**< uid, gid; -1: leave */
	STORE_SET_CHANGE_TIME = 0x80, /**< until it changes again */
	STORE_TOUCH = 0x100,	      /**< the change time is now, no more */
	STORE_DROP_STREAMS = 0x800,   /**< with SIZE: the named ones all go */
	/** From now on nothing that is done through this handle changes the
	    write time; so does STORE_SET_WRITE_TIME (MS-FSA 2.1.5.15.2). */
	STORE_FREEZE_WRITE_TIME = 0x200,
	STORE_THAW_WRITE_TIME = 0x400,
};

struct store_change {
	unsigned what; /**< STORE_SET_* */
	uint32_t attributes;
	uint64_t create_time, access_time, write_time, change_time;
	uint64_t size;
	uint32_t mode; /**< permission bits */
	uid_t uid;
	gid_t gid;
};

/* --- open files --------------------------------------------------------- */

/** What store_open_send is asked for. */
enum {
	STORE_OPEN_READ = 0x001,   /**< data can be read; directory: listed */
	STORE_OPEN_WRITE = 0x002,  /**< data can be written; files only */
	STORE_OPEN_CREATE = 0x010, /**< make it when it is not there */
	STORE_OPEN_EXCLUSIVE = 0x020,	  /**< with CREATE: else EEXIST */
	STORE_OPEN_DIRECTORY = 0x040,	  /**< (make) a directory, or ENOTDIR */
	STORE_OPEN_NOT_DIRECTORY = 0x080, /**< else EISDIR */
	STORE_OPEN_NOFOLLOW = 0x100, /**< a link at the end is opened itself,
					for its attributes */
	STORE_OPEN_MAXIMUM = 0x200,  /**< READ and WRITE as far as the user may:
					no EACCES; file->access tells */
	/** As POSIX has it: names that differ in case differ, and no link is
	    followed, at the end or before it: STORE_ESTOPPED. It holds for what
	    is done with the file later, too: listing shows links themselves. */
	STORE_OPEN_POSIX = 0x400,
	/** The mode of what is made is in bits 16 to 27, and gets no mask. */
	STORE_OPEN_MODE = 0x800,
	/** A reparse point at the end is opened itself. A link of the machine
	    counts as one where it is not followed. */
	STORE_OPEN_REPARSE = 0x1000,
	/** Nobody asks for STORE_MAY_DELETE: it may be missing. */
	STORE_OPEN_KEEPS = 0x2000,
};

/** STORE_OPEN_MODE and a mode. */
#define STORE_OPEN_MODE_SHIFT 16
#define STORE_OPEN_MODE_OF(mode) \
	(STORE_OPEN_MODE | ((unsigned)(mode)&07777) << STORE_OPEN_MODE_SHIFT)

/** What a user may do to a file, by the store's own permissions. */
enum {
	STORE_MAY_READ = 0x01,
	STORE_MAY_WRITE = 0x02,
	STORE_MAY_EXECUTE = 0x04, /**< directory: pass */
	STORE_MAY_DELETE = 0x08,  /**< unlink or rename it */
	STORE_MAY_OWN = 0x10,	  /**< change mode, owner, times */
};

/**
 * An open file or directory; a talloc object, child of the caller's context.
 * Freeing it closes it. It keeps acting as the user who opened it. Members are
 * constant.
 */
struct store_file {
	struct store *store;
	const char *path;   /**< as found: the names' own case */
	const char *stream; /**< its name, in path; NULL: the file's own data */
	uint64_t file_id, volume_id;
	bool directory;
	bool special;	 /**< no regular file: no data in it for us */
	unsigned access; /**< STORE_OPEN_READ and WRITE, as got */
	struct store_file_data *data; /**< the row's */
};

/** Where STORE_ESTOPPED stopped. Children of the context of _recv. */
struct store_stop {
	char *target;  /**< what the link says: UTF-8, '/' between */
	char *rest;    /**< of the client's path, behind the link; may be "" */
	bool relative; /**< to the directory that the link is in */
};

/** What else opening told. */
struct store_opened {
	struct store_stop stop; /**< with STORE_ESTOPPED, and nothing else */
	bool created;
	bool added;	     /**< created: a stream of a file that was there */
	unsigned may;	     /**< STORE_MAY_* */
	uint32_t granted;    /**< rights (MS-SMB2 2.2.13.1) that the file's
				security descriptor gives, all where none is
				kept; in addition `may` must allow it */
	uint32_t privileged; /**< those that a privilege gives beyond that, if
				asked for by name */
	struct store_attr attr;
};

/**
 * Open a file, or make it.
 *
 * An existing file is never changed by this: truncate with store_setattr once
 * its share modes allow. With STORE_OPEN_CREATE a stream is made, and the file
 * if it is missing; DIRECTORY and NOT_DIRECTORY mean the stream then, which is
 * no directory. What is told of a stream is its file's, but for the sizes.
 *
 * @param path        copied.
 * @param attributes  FILE_ATTRIBUTE_* for a new file; READONLY, HIDDEN, SYSTEM,
 *                    ARCHIVE, NOT_CONTENT_INDEXED are kept.
 */
struct tevent_req *store_open_send(TALLOC_CTX *mem_ctx,
				   struct tevent_context *ev,
				   struct store *store,
				   const struct store_cred *cred,
				   const char *path, unsigned flags,
				   uint32_t attributes);
/**
 * The same; what is made gets that security descriptor.
 * @param sd  self-relative, well-formed; copied. Empty: as inherited.
 */
struct tevent_req *store_open_secured_send(
	TALLOC_CTX *mem_ctx, struct tevent_context *ev, struct store *store,
	const struct store_cred *cred, const char *path, unsigned flags,
	uint32_t attributes, struct wire_slice sd);
/**
 * @param file  out: child of mem_ctx.
 * @param info  out: may be NULL.
 * @return 0; ENOENT; STORE_ENOPATH; EEXIST; EISDIR; ENOTDIR; EACCES the user
 *         may not, or a link leads out of the share, or data of a special file
 *         was asked for; ELOOP; EMFILE; ETXTBSY; EOPNOTSUPP no streams there;
 *         ENOSPC as many as there may be.
 */
int store_open_recv(struct tevent_req *req, TALLOC_CTX *mem_ctx,
		    struct store_file **file, struct store_opened *info);

/**
 * Close and hear of late errors (network file systems report them here).
 * The file must not be used afterwards, whatever the outcome; it is freed when
 * _send returns.
 */
struct tevent_req *store_close_send(TALLOC_CTX *mem_ctx,
				    struct tevent_context *ev,
				    struct store_file *file);
int store_close_recv(struct tevent_req *req);

/**
 * Attributes of a path, without opening it; links are followed, as far as flags
 * (STORE_OPEN_NOFOLLOW, STORE_OPEN_POSIX) do not forbid it.
 * Errors as for store_open.
 */
struct tevent_req *store_lookup_as_send(TALLOC_CTX *mem_ctx,
					struct tevent_context *ev,
					struct store *store,
					const struct store_cred *cred,
					const char *path, unsigned flags);
/** The same without flags. */
struct tevent_req *store_lookup_send(TALLOC_CTX *mem_ctx,
				     struct tevent_context *ev,
				     struct store *store,
				     const struct store_cred *cred,
				     const char *path);
/** @param found  out: the path with the names' own case; may be NULL. */
int store_lookup_recv(struct tevent_req *req, TALLOC_CTX *mem_ctx,
		      struct store_attr *attr, char **found);

/* --- data --------------------------------------------------------------- */

/**
 * Read up to len bytes; less only at the end of the file. What is in memory
 * already is delivered at once.
 * @param owner  the chunk that holds buf, see above.
 */
struct tevent_req *store_pread_send(TALLOC_CTX *mem_ctx,
				    struct tevent_context *ev,
				    struct store_file *file, void *buf,
				    size_t len, uint64_t offset,
				    TALLOC_CTX *owner);
/** @param count  out: bytes read; 0 at or beyond the end. */
int store_pread_recv(struct tevent_req *req, size_t *count);

/** The end of the file, wherever it is when the bytes get there. */
#define STORE_AT_END UINT64_MAX

/**
 * Write len bytes, all or an error; part of them may have been written then
 * (ENOSPC).
 * @param offset  or STORE_AT_END, but not of a stream.
 * @param owner  the chunk that holds buf, see above.
 * @return of recv: 0, ENOSPC, EDQUOT, EFBIG, EIO...
 */
struct tevent_req *store_pwrite_send(TALLOC_CTX *mem_ctx,
				     struct tevent_context *ev,
				     struct store_file *file, const void *buf,
				     size_t len, uint64_t offset,
				     TALLOC_CTX *owner);
int store_pwrite_recv(struct tevent_req *req);

/** Everything written so far is on disk when this is done. */
struct tevent_req *store_flush_send(TALLOC_CTX *mem_ctx,
				    struct tevent_context *ev,
				    struct store_file *file);
int store_flush_recv(struct tevent_req *req);

/** How store_allocate changes a range. */
enum store_allocate {
	STORE_ALLOCATE_RESERVE, /**< have space for it; the size stays */
	STORE_ALLOCATE_ZERO,	/**< reads as zeros, space may stay */
	STORE_ALLOCATE_PUNCH,	/**< reads as zeros, space is given back */
};

/** Beyond the end of the file ZERO and PUNCH change nothing. */
struct tevent_req *store_allocate_send(TALLOC_CTX *mem_ctx,
				       struct tevent_context *ev,
				       struct store_file *file,
				       enum store_allocate how, uint64_t offset,
				       uint64_t len);
int store_allocate_recv(struct tevent_req *req);

struct store_range {
	uint64_t offset, len;
};

/**
 * The ranges within [offset, offset + len) that hold data, at most max of
 * them, in order.
 */
struct tevent_req *store_ranges_send(TALLOC_CTX *mem_ctx,
				     struct tevent_context *ev,
				     struct store_file *file, uint64_t offset,
				     uint64_t len, size_t max);
/** @param more  out: there were more than max. */
int store_ranges_recv(struct tevent_req *req, TALLOC_CTX *mem_ctx,
		      struct store_range **ranges, size_t *count, bool *more);

/** Copy a range between files, sharing blocks where it can. EXDEV: they are in
 *  stores of two kinds, or a stream is to leave its store. */
struct tevent_req *store_copy_range_send(TALLOC_CTX *mem_ctx,
					 struct tevent_context *ev,
					 struct store_file *from,
					 uint64_t from_offset,
					 struct store_file *to,
					 uint64_t to_offset, uint64_t len);
/** @param count  out: bytes copied; less than asked at the end of `from`. */
int store_copy_range_recv(struct tevent_req *req, uint64_t *count);

/**
 * Let a range of one file be that of another, by sharing blocks (reflink); all
 * of it or an error.
 * @return of recv: 0; EOPNOTSUPP the file system cannot; EXDEV; EINVAL not
 *         whole blocks, or beyond the end.
 */
struct tevent_req *store_clone_range_send(TALLOC_CTX *mem_ctx,
					  struct tevent_context *ev,
					  struct store_file *from,
					  uint64_t from_offset,
					  struct store_file *to,
					  uint64_t to_offset, uint64_t len);
int store_clone_range_recv(struct tevent_req *req);

/* --- metadata ----------------------------------------------------------- */

struct tevent_req *store_getattr_send(TALLOC_CTX *mem_ctx,
				      struct tevent_context *ev,
				      struct store_file *file);
int store_getattr_recv(struct tevent_req *req, struct store_attr *attr);

/**
 * Change attributes; STORE_SET_SIZE wants STORE_OPEN_WRITE. Of `attributes`
 * only READONLY, HIDDEN, SYSTEM, ARCHIVE, SPARSE_FILE, NOT_CONTENT_INDEXED,
 * OFFLINE, TEMPORARY are kept, the rest is ignored.
 * @param change  copied.
 */
struct tevent_req *store_setattr_send(TALLOC_CTX *mem_ctx,
				      struct tevent_context *ev,
				      struct store_file *file,
				      const struct store_change *change);
int store_setattr_recv(struct tevent_req *req);

/** The file's security descriptor, self-relative, with all its parts. */
struct tevent_req *store_getsecurity_send(TALLOC_CTX *mem_ctx,
					  struct tevent_context *ev,
					  struct store_file *file);
/** @param sd  out: child of mem_ctx. @return 0; EOPNOTSUPP: look at the
 *  attributes. */
int store_getsecurity_recv(struct tevent_req *req, TALLOC_CTX *mem_ctx,
			   struct wire_slice *sd);

/**
 * Set parts of it. Whether the user may is judged by the caller, except who
 * may be made the owner.
 * @param parts  OWNER_SECURITY_INFORMATION etc.
 * @param sd     self-relative, well-formed; copied.
 */
struct tevent_req *store_setsecurity_send(TALLOC_CTX *mem_ctx,
					  struct tevent_context *ev,
					  struct store_file *file,
					  uint32_t parts, struct wire_slice sd);
/** @return 0; EOPNOTSUPP; EACCES, EPERM the file system refuses; ESRCH that
 *  one cannot be made the owner; EINVAL; EFBIG, ENOSPC too long. */
int store_setsecurity_recv(struct tevent_req *req);

/** Most bytes of a reparse point, its header included. */
#define STORE_REPARSE_MAX 16392

/**
 * What a reparse point says: REPARSE_DATA_BUFFER (MS-FSCC 2.1.2), whole. Links
 * and special files of the machine are reparse points, too.
 */
struct tevent_req *store_getreparse_send(TALLOC_CTX *mem_ctx,
					 struct tevent_context *ev,
					 struct store_file *file);
/** @return 0; ENODATA it is none; EOPNOTSUPP. */
int store_getreparse_recv(struct tevent_req *req, TALLOC_CTX *mem_ctx,
			  struct wire_slice *data);
/**
 * Make a file or directory a reparse point; no data: make it none.
 * @param data  well-formed; copied.
 */
struct tevent_req *store_setreparse_send(TALLOC_CTX *mem_ctx,
					 struct tevent_context *ev,
					 struct store_file *file,
					 struct wire_slice data);
/** @return 0; ENOTEMPTY a directory with something in it; EINVAL a link or
 *  special file of the machine; EOPNOTSUPP. */
int store_setreparse_recv(struct tevent_req *req);

struct store_space {
	uint64_t total, free, available; /**< bytes; total and available: to
					    this user, by his quota */
	uint32_t block_size;
	uint32_t name_max;	    /**< characters */
	uint64_t files, files_free; /**< inodes; 0: unknown */
	uint64_t volume_id;
	bool sparse, xattrs, acls;
	bool reparse; /**< files can be made reparse points */
	bool streams; /**< there are named ones */
	bool clones;  /**< blocks can be shared: store_clone_range_send */
	bool quota_tracked, quota_enforced; /**< users': store_quota.h */
};

/** Of the file system that holds the file. */
struct tevent_req *store_statfs_send(TALLOC_CTX *mem_ctx,
				     struct tevent_context *ev,
				     struct store_file *file);
int store_statfs_recv(struct tevent_req *req, struct store_space *space);

/* --- directories -------------------------------------------------------- */

struct store_entry {
	const char *name;
	struct store_attr attr;
};

/**
 * The next entries of a directory, at most max, "." and ".." not among them.
 * Every file there from the first to the last call is told exactly once.
 * One readdir of a file at a time.
 * @param restart  begin again.
 */
struct tevent_req *store_readdir_send(TALLOC_CTX *mem_ctx,
				      struct tevent_context *ev,
				      struct store_file *dir, bool restart,
				      size_t max);
/**
 * @param entries  out: one chunk below mem_ctx, with its names on it.
 * @param count    out: 0 only at the end.
 * @return 0; EACCES: somebody has moved the directory out of the share.
 */
int store_readdir_recv(struct tevent_req *req, TALLOC_CTX *mem_ctx,
		       struct store_entry **entries, size_t *count);

/**
 * Give a file another name. Its open handles stay good.
 *
 * @param file  must be what `from` names, else ENOENT.
 * @param from  where it is now: its path when opened, or as renamed since.
 * @return of recv: 0; EEXIST `to` exists and replace is false; ENOTEMPTY,
 *         EISDIR, ENOTDIR as rename(2); EXDEV; STORE_ENOPATH; EINVAL into
 *         itself. A change of case alone is no collision.
 *
 * A stream stays with its file, which `from` and `to` name: EXDEV else. To the
 * file without a stream means that its data becomes the file's, whose own goes;
 * so does that of a file that becomes a stream, and leaves nothing behind. Only
 * an empty stream is replaced: EINVAL.
 */
struct tevent_req *store_rename_send(TALLOC_CTX *mem_ctx,
				     struct tevent_context *ev,
				     struct store_file *file, const char *from,
				     const char *to, bool replace);
/** @param now  out: the new path with its parents' own case; may be NULL. */
int store_rename_recv(struct tevent_req *req, TALLOC_CTX *mem_ctx, char **now);

/** A second name for a file. Errors as for rename; EMLINK. */
struct tevent_req *store_link_send(TALLOC_CTX *mem_ctx,
				   struct tevent_context *ev,
				   struct store_file *file, const char *from,
				   const char *to, bool replace);
int store_link_recv(struct tevent_req *req);

/**
 * Take a name away; of a link the link. A directory must be empty, else
 * ENOTEMPTY. Open handles stay good.
 * @param file  must be what `path` names, else ENOENT.
 */
struct tevent_req *store_unlink_send(TALLOC_CTX *mem_ctx,
				     struct tevent_context *ev,
				     struct store_file *file, const char *path);
int store_unlink_recv(struct tevent_req *req);

/* --- streams ------------------------------------------------------------ */

/** Most streams of a file. */
#define STORE_STREAMS_MAX 256

struct store_stream {
	const char *name;
	uint64_t size, allocation;
};

/** The streams of a file, or of the file of a stream: its own data, named "",
 *  unless it is a directory; then the named ones. */
struct tevent_req *store_streams_send(TALLOC_CTX *mem_ctx,
				      struct tevent_context *ev,
				      struct store_file *file);
/** @param streams  out: one chunk below mem_ctx, with its names on it. */
int store_streams_recv(struct tevent_req *req, TALLOC_CTX *mem_ctx,
		       struct store_stream **streams, size_t *count);

/* --- extended attributes ------------------------------------------------ */

/** Longest name and value of an extended attribute, in bytes. The kernel has
 *  names of 255 with "user." (xattr(7)). */
#define STORE_XATTR_NAME_MAX 250
#define STORE_XATTR_SIZE_MAX 65536
/** The server's own, which is in no list (ea.c). */
#define STORE_XATTR_NEED "smbquic.need"

/** Names are the client's, without a prefix. @return ENODATA: not there. */
struct tevent_req *store_getxattr_send(TALLOC_CTX *mem_ctx,
				       struct tevent_context *ev,
				       struct store_file *file,
				       const char *name);
int store_getxattr_recv(struct tevent_req *req, TALLOC_CTX *mem_ctx,
			uint8_t **value, size_t *len);
struct tevent_req *store_setxattr_send(TALLOC_CTX *mem_ctx,
				       struct tevent_context *ev,
				       struct store_file *file,
				       const char *name, const void *value,
				       size_t len); /**< copied */
int store_setxattr_recv(struct tevent_req *req);
struct tevent_req *store_removexattr_send(TALLOC_CTX *mem_ctx,
					  struct tevent_context *ev,
					  struct store_file *file,
					  const char *name);
int store_removexattr_recv(struct tevent_req *req);
/** @param names  out: NULL-terminated, one chunk. */
struct tevent_req *store_listxattr_send(TALLOC_CTX *mem_ctx,
					struct tevent_context *ev,
					struct store_file *file);
int store_listxattr_recv(struct tevent_req *req, TALLOC_CTX *mem_ctx,
			 char ***names);

/* --- watching ----------------------------------------------------------- */

enum store_event_kind {
	STORE_EVENT_ADDED,
	STORE_EVENT_REMOVED,
	STORE_EVENT_MODIFIED,
	STORE_EVENT_RENAMED_FROM, /**< the RENAMED_TO comes next */
	STORE_EVENT_RENAMED_TO,
	STORE_EVENT_STREAM_ADDED,
	STORE_EVENT_STREAM_REMOVED,
	STORE_EVENT_STREAM_MODIFIED,
	STORE_EVENT_OVERFLOW, /**< some were lost: look for yourself */
	STORE_EVENT_GONE,     /**< the directory itself; the last event */
};

struct store_event {
	enum store_event_kind kind;
	uint32_t what;	  /**< FILE_NOTIFY_CHANGE_* it counts as */
	uint32_t unless;  /**< nothing new to who asked for one of these */
	const char *path; /**< relative to the directory, '/' between; of
			     streams with ":name" */
};

/** Called from the event loop; may free the watch. */
typedef void (*store_watch_fn)(const struct store_event *event,
			       void *private_data);

struct store_watch;

/**
 * Tell of changes in a directory until freed, whoever makes them. What is asked
 * of this store after _send is told, though the directory may be asked for long
 * (see missed); changes of others, and on the machine, once it is done.
 * @param tree  also in all directories below, as far as limits allow.
 * @param fn    may be called before _recv.
 */
struct tevent_req *store_watch_send(TALLOC_CTX *mem_ctx,
				    struct tevent_context *ev,
				    struct store_file *dir, bool tree,
				    store_watch_fn fn, void *private_data);
/**
 * @param watch   out: child of mem_ctx.
 * @param missed  out: something may have changed that is not told: look for
 *                yourself.
 * @return 0; EOPNOTSUPP; ENOTDIR; ENOSPC the system's limit of watches.
 */
int store_watch_recv(struct tevent_req *req, TALLOC_CTX *mem_ctx,
		     struct store_watch **watch, bool *missed);

#endif /* SERVER_STORE_H */
