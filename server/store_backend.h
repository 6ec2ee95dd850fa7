/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * store_backend.h - what a kind of store implements. For store.c and the rows
 * only; everybody else calls store.h.
 *
 * A member begins an operation and returns. It reports the end with
 * store_call_done(), at once or later, exactly once; before that it puts the
 * results into the call, allocated on the call. Arguments live until the
 * member returns, except buffers (store.h, "Memory"). The caller may be gone
 * before the end: then the call is freed, and with it all that hangs on it.
 *
 * Members that may be NULL say so; the operation is then EOPNOTSUPP.
 */
#ifndef SERVER_STORE_BACKEND_H
#define SERVER_STORE_BACKEND_H

#include "server/sidmap.h"
#include "server/store.h"
#include "server/store_quota.h"

/** A store. `data` is the row's, a talloc child. */
struct store {
	const struct store_ops *ops;
	struct tevent_context *ev;
	struct store_options options; /**< strings are children */
	struct sidmap sids;	      /**< options.sids */
	void *data;
};

/** A user. Plain memory behind it may be shared with threads. */
struct store_cred {
	uid_t uid;
	gid_t gid;
	size_t num_groups;
	gid_t *groups;
	void *shared; /**< store_posix_cred.c's; NULL: not made yet */
	void (*drop)(void *shared);
};

/** The state of every request of store.h: where results go. */
struct store_call {
	struct tevent_req *req;
	struct tevent_context *ev;
	const char *name; /**< of the operation, for the log */

	struct store *store;	 /**< new: child of the call */
	char *why;		 /**< begin */
	struct store_file *file; /**< open */
	struct store_opened opened;
	struct store_attr attr; /**< getattr, lookup */
	char *path;		/**< lookup, rename */
	uint64_t count;		/**< pread, copy_range; of what follows */
	struct store_range *ranges;
	bool more;
	struct store_entry *entries;
	struct store_space space;
	uint8_t *value;		    /**< getxattr, getsecurity; count bytes */
	struct wire_slice security; /**< open: of what is made; borrowed */
	char **names;		    /**< listxattr */
	unsigned flags;		    /**< lookup: STORE_OPEN_* */
	struct store_stop stop;	    /**< open, lookup: STORE_ESTOPPED */
	struct store_stream *streams;
	struct store_quota *quotas;
	struct store_watch *watch;
};

/** What is asked of quotas (store_quota.h). */
struct store_quota_ask {
	enum { STORE_QUOTA_LIST, STORE_QUOTA_GET, STORE_QUOTA_SET } how;
	uid_t first;			  /**< LIST */
	const struct store_quota *quotas; /**< GET, SET */
	size_t count;			  /**< LIST: at most */
};

/** The end of an operation; err 0 or an errno. The call may be gone when it
 *  returns. */
void store_call_done(struct store_call *call, int err);

/* For the wrappers of store.h, which are in store.c, store_io.c and
 * store_names.c. */
struct store_call *store_call_new(TALLOC_CTX *mem_ctx,
				  struct tevent_context *ev, const char *name);
struct store_call *store_call_of(struct tevent_req *req);
/** The row was called; it may have ended already. */
struct tevent_req *store_call_begun(struct tevent_req *req,
				    struct tevent_context *ev);
/** The row was not called. */
struct tevent_req *store_call_failed(struct store_call *call, int err);
/** 0, or the errno of a request that has ended. */
int store_call_error(struct tevent_req *req);
/** Is this a path as store.h says? */
bool store_path_proper(const char *path);

/** A file for a row's open: child of the call; fill in the rest. */
struct store_file *store_file_new(struct store_call *call, struct store *store,
				  const char *path);

/** FILE_NOTIFY_CHANGE_* of STORE_SET_*. */
uint32_t store_what(unsigned set);

/** From and to NT time. */
uint64_t store_time(int64_t sec, uint32_t nsec);
void store_time_split(uint64_t nt, int64_t *sec, uint32_t *nsec);

/** DOS attributes that are kept. */
#define STORE_KEPT_ATTRIBUTES                                    \
	(FILE_ATTRIBUTE_READONLY | FILE_ATTRIBUTE_HIDDEN |       \
	 FILE_ATTRIBUTE_SYSTEM | FILE_ATTRIBUTE_ARCHIVE |        \
	 FILE_ATTRIBUTE_TEMPORARY | FILE_ATTRIBUTE_SPARSE_FILE | \
	 FILE_ATTRIBUTE_OFFLINE | FILE_ATTRIBUTE_NOT_CONTENT_INDEXED)

struct store_ops {
	const char *name;
	const char *help; /**< one line for the manual */

	/** Make store->data of store->options, without waiting for a disk. 0,
	   or errno with a sentence in *why, child of the store. */
	int (*init)(struct store *store, struct worker_pool *pool, char **why);

	/** What may wait: the root. Nothing else is called before it has
	    ended. -> why, a sentence, if it fails and errno says too little.
	    May be NULL. */
	void (*begin)(struct store_call *call, struct store *store);

	/** -> file, opened. */
	void (*open)(struct store_call *call, struct store *store,
		     const struct store_cred *cred, const char *path,
		     unsigned flags, uint32_t attributes);
	/** Takes file->data over and reports. */
	void (*close)(struct store_call *call, struct store_file *file);
	/** The file goes unclosed: let go of file->data, without waiting. */
	void (*drop)(struct store_file *file);
	/** -> attr, path. */
	void (*lookup)(struct store_call *call, struct store *store,
		       const struct store_cred *cred, const char *path);

	/** -> count. Only with STORE_OPEN_READ. */
	void (*pread)(struct store_call *call, struct store_file *file,
		      void *buf, size_t len, uint64_t offset,
		      TALLOC_CTX *owner);
	/** Only with STORE_OPEN_WRITE, as the next two. offset may be
	    STORE_AT_END. */
	void (*pwrite)(struct store_call *call, struct store_file *file,
		       const void *buf, size_t len, uint64_t offset,
		       TALLOC_CTX *owner);
	void (*flush)(struct store_call *call, struct store_file *file);
	void (*allocate)(struct store_call *call, struct store_file *file,
			 enum store_allocate how, uint64_t offset,
			 uint64_t len); /* may be NULL */
	/** -> ranges, count, more. NULL: all of it is data. */
	void (*ranges)(struct store_call *call, struct store_file *file,
		       uint64_t offset, uint64_t len, size_t max);
	/** -> count. Files of the same store. */
	void (*copy_range)(struct store_call *call, struct store_file *from,
			   uint64_t from_offset, struct store_file *to,
			   uint64_t to_offset, uint64_t len); /* may be NULL */
	/** The same, blocks shared or not at all. */
	void (*clone_range)(struct store_call *call, struct store_file *from,
			    uint64_t from_offset, struct store_file *to,
			    uint64_t to_offset, uint64_t len); /* may be NULL */

	/** -> attr. */
	void (*getattr)(struct store_call *call, struct store_file *file);
	void (*setattr)(struct store_call *call, struct store_file *file,
			const struct store_change *change);
	/** -> value, count. Both or none. */
	void (*getsecurity)(struct store_call *call, struct store_file *file);
	void (*setsecurity)(struct store_call *call, struct store_file *file,
			    uint32_t parts, struct wire_slice sd);
	/** -> space. */
	void (*statfs)(struct store_call *call, struct store_file *file);
	/** LIST, GET: -> quotas, count. May be NULL. */
	void (*quotas)(struct store_call *call, struct store_file *file,
		       const struct store_quota_ask *ask);

	/** -> entries, count. Only directories with STORE_OPEN_READ. */
	void (*readdir)(struct store_call *call, struct store_file *dir,
			bool restart, size_t max);
	/** -> path. */
	void (*rename)(struct store_call *call, struct store_file *file,
		       const char *from, const char *to, bool replace);
	void (*link)(struct store_call *call, struct store_file *file,
		     const char *from, const char *to,
		     bool replace); /* may be NULL */
	void (*unlink)(struct store_call *call, struct store_file *file,
		       const char *path);

	/** -> value, count. Both or none. */
	void (*getreparse)(struct store_call *call, struct store_file *file);
	void (*setreparse)(struct store_call *call, struct store_file *file,
			   struct wire_slice data);

	/** -> streams, count. NULL: there are none. */
	void (*streams)(struct store_call *call, struct store_file *file);

	/* All four or none. */
	/** -> value, count. */
	void (*getxattr)(struct store_call *call, struct store_file *file,
			 const char *name);
	void (*setxattr)(struct store_call *call, struct store_file *file,
			 const char *name, const void *value, size_t len);
	void (*removexattr)(struct store_call *call, struct store_file *file,
			    const char *name);
	/** -> names. */
	void (*listxattr)(struct store_call *call, struct store_file *file);

	/** -> watch, child of the call; more: something was missed. May be
	    NULL. */
	void (*watch)(struct store_call *call, struct store_file *dir,
		      bool tree, store_watch_fn fn, void *private_data);
};

extern const struct store_ops store_posix;  /* store_posix.c */
extern const struct store_ops store_memory; /* store_memory.c */

#endif
