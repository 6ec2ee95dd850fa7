/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * store_memory.h - shared by the files of the store in memory:
 * store_memory.c (row, open, attributes), _tree.c (nodes and names), _io.c
 * (data and extended attributes), _stream.c, _quota.c, _watch.c.
 */
#ifndef SERVER_STORE_MEMORY_H
#define SERVER_STORE_MEMORY_H

#include "server/pages.h"
#include "server/store_backend.h"

/** The store's data. */
struct memory {
	struct memory_node *root;
	uint64_t capacity, used; /**< bytes of data */
	uint64_t last_id;
	size_t num_nodes;
	bool case_sensitive, hide_dot_files, short_names;
	mode_t create_mask, directory_mask;
	struct store_watch *watches;
	struct store_quota *limits;
	size_t num_limits;
};

struct memory_xattr {
	struct memory_xattr *next;
	char *name;
	uint8_t *value;
	size_t len;
};

/** A file or directory; child of the memory, so it outlives its name. A stream
 *  is its file's. */
struct memory_node {
	struct memory *memory;
	struct memory_node *parent; /**< NULL: the root, or unlinked */
	struct memory_node *next;   /**< in the parent, by place */
	struct memory_node *children;
	struct memory_node *streams; /**< by next */
	struct memory_node *base;    /**< of a stream, unless taken away */
	uint64_t place, last_place;  /**< readdir's order */
	unsigned opens;
	char *name;
	uint64_t id;
	bool directory;
	uint32_t attributes;
	uint64_t create_time, access_time, write_time, change_time;
	mode_t mode;
	uid_t uid;
	gid_t gid;
	uint64_t size;
	struct pages *pages;
	struct memory_xattr *xattrs;
};

struct store_file_data {
	struct memory_node *node;
	struct memory_node *base; /**< node is a stream of this file */
	uint64_t told;		  /**< readdir: place of the last entry told */
};

/* --- store_memory.c */
struct memory *memory_of(const struct store_file *file);
uint64_t memory_now(void);
void memory_getattr_node(const struct memory_node *node,
			 struct store_attr *attr);

/* --- store_memory_tree.c */
struct memory_node *memory_node_new(struct memory *memory, const char *name,
				    bool directory, uint32_t attributes);
void memory_link(struct memory_node *dir, struct memory_node *node);
void memory_free_unused(struct memory_node *node);
/**
 * The node of a path. When only the last component is missing: ENOENT with
 * *parent set and *last pointing into path. *parent is NULL for the root.
 */
int memory_walk(struct memory *memory, const char *path,
		struct memory_node **parent, const char **last,
		struct memory_node **node);
/** The path of a node from that directory on; NULL: from the root on. */
char *memory_path(TALLOC_CTX *mem_ctx, const struct memory_node *node,
		  const struct memory_node *below);
bool memory_inside(const struct memory_node *node,
		   const struct memory_node *dir);
void memory_readdir(struct store_call *call, struct store_file *dir,
		    bool restart, size_t max);
void memory_rename(struct store_call *call, struct store_file *file,
		   const char *from, const char *to, bool replace);
void memory_unlink(struct store_call *call, struct store_file *file,
		   const char *path);

/* --- store_memory_stream.c */
/** The file, also of a stream. */
struct memory_node *memory_file_node(const struct store_file *file);
int memory_stream_open(struct memory_node *base, const char *name,
		       unsigned flags, struct memory_node **node,
		       bool *created);
void memory_streams_drop(struct memory_node *base);
int memory_stream_unlink(struct store_file *file, const char *name);
int memory_stream_rename(struct store_file *file, const char *to, bool replace);
void memory_streams(struct store_call *call, struct store_file *file);

/* --- store_memory_quota.c */
void memory_quotas(struct store_call *call, struct store_file *file,
		   const struct store_quota_ask *ask);

/* --- store_memory_io.c */
void memory_pread(struct store_call *call, struct store_file *file, void *buf,
		  size_t len, uint64_t offset, TALLOC_CTX *owner);
void memory_pwrite(struct store_call *call, struct store_file *file,
		   const void *buf, size_t len, uint64_t offset,
		   TALLOC_CTX *owner);
void memory_allocate(struct store_call *call, struct store_file *file,
		     enum store_allocate how, uint64_t offset, uint64_t len);
void memory_ranges(struct store_call *call, struct store_file *file,
		   uint64_t offset, uint64_t len, size_t max);
void memory_copy_range(struct store_call *call, struct store_file *from,
		       uint64_t from_offset, struct store_file *to,
		       uint64_t to_offset, uint64_t len);
void memory_set_size(struct memory_node *node, uint64_t size);
void memory_getxattr(struct store_call *call, struct store_file *file,
		     const char *name);
void memory_setxattr(struct store_call *call, struct store_file *file,
		     const char *name, const void *value, size_t len);
void memory_removexattr(struct store_call *call, struct store_file *file,
			const char *name);
uint32_t memory_ea_size(const struct memory_node *node);
void memory_listxattr(struct store_call *call, struct store_file *file);

/* --- store_memory_watch.c */
/** Tell the watches of the directories above; `what` 0: the change of a
 *  name. Called while the node is in its place. */
void memory_event(const struct memory_node *node, enum store_event_kind kind,
		  uint32_t what);
/** Of a stream; likewise. */
void memory_event_stream(const struct memory_node *node,
			 enum store_event_kind kind);
/** A directory was unlinked. */
void memory_event_gone(const struct memory_node *node);
void memory_watch(struct store_call *call, struct store_file *dir, bool tree,
		  store_watch_fn fn, void *private_data);

#endif
