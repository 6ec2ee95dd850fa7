/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * node.h - the files that the kernel knows of, and what they are called.
 *
 * SMB knows files by their path, the kernel by a number. A node is what the
 * number stands for: a file with one name, or several (hard links), or none
 * any more, when it was removed while it is open. Names hang in their folder's
 * node, so a path is made when it is needed, and a folder that is renamed takes
 * along what is in it.
 *
 * A server's file id tells that two names are one file. Ids are used again
 * after a file is gone, so it takes more than the id to be the same: see
 * node_find().
 *
 * A node lives as long as the kernel has looked it up, somebody holds it, or
 * there are names in it. The root lives as long as the table. No I/O happens
 * here.
 */
#ifndef CLIENT_MOUNT_NODE_H
#define CLIENT_MOUNT_NODE_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/queue.h>
#include <sys/stat.h>
#include <sys/types.h>
#include <talloc.h>

/** Names in a path, at most: no server has folders as deep as that. */
#define NODE_DEPTH_MAX 2048

struct node_table;
struct folder_asking;
struct open_file;
struct lock_set;
struct watch;

struct node_name {
	TAILQ_ENTRY(node_name) bucket;
	TAILQ_ENTRY(node_name) of_node;
	TAILQ_ENTRY(node_name) of_parent;
	struct node *parent; /**< held by this name */
	struct node *node;
	uint32_t hash;
	const char *text;
};

struct node {
	TAILQ_ENTRY(node) bucket; /**< by file id; only when it has one */
	struct node_table *table;
	TAILQ_HEAD(, node_name) names; /**< the last one that was told first */
	TAILQ_HEAD(, node_name) children; /**< of a folder */
	unsigned asked;	     /**< of a folder: names of it, and it itself */
	struct watch *watch; /**< of a folder; NULL: none */
	TAILQ_HEAD(, open_file) opens; /**< of whoever opened it */
	struct lock_set *locks;	       /**< a child; NULL: none */
	uint64_t serial;	       /**< never used again */
	uint64_t lookups;	       /**< of the kernel */
	unsigned holds;		       /**< names in it, and node_hold() */
	uint64_t file_id;	       /**< 0: the server tells none */
	uint64_t creation_time;
	bool directory;
	mode_t mode; /**< a folder's, and whose it is, as told last */
	uid_t uid;
	gid_t gid;
	off_t size; /**< a file's, as told last, and its times */
	struct timespec write_time, change_time;
	struct stat *attr; /**< what the server told, a child; or NULL */
	double attr_at;	   /**< when it did, by the monotonic clock */
	unsigned changes;  /**< of ours, that it may not have in it */
	double changed_at; /**< when we did last; 0: never */
	/** Of a folder: asked for after a change; the kernel wanted it. */
	struct folder_asking *asking;
	bool wanted;
};

/** The folder that it was last told to be in. NULL: in none, or the root. */
static inline struct node *node_parent(const struct node *node)
{
	const struct node_name *name = TAILQ_FIRST(&node->names);

	return name != NULL ? name->parent : NULL;
}

/** With a node for the root. NULL: out of memory. */
struct node_table *node_table_new(TALLOC_CTX *mem_ctx);
struct node *node_root(struct node_table *table);
/** For tests and statistics; the root is one. */
size_t node_count(const struct node_table *table);

/** What a server told of a file that was looked at under a name. */
struct node_facts {
	uint64_t file_id;
	uint64_t creation_time;
	bool directory;
};

/**
 * The node of the file that a folder has under that name now; a new one when
 * it is none that is known: same id and kind, and then the same time of
 * creation, or the same name, or it is open, so that its id cannot have been
 * given to another. The name becomes the node's, and of nobody else.
 *
 * A folder has one name only, and is never put into itself, whatever the
 * server says: then it is a node of its own.
 *
 * @return NULL: out of memory. Without node_look_up() or node_hold() it goes
 *         with the next call that could free it.
 */
struct node *node_find(struct node *parent, const char *name,
		       const struct node_facts *facts);
/** NULL: not known. */
struct node *node_named(struct node *parent, const char *name);

/** The folder no longer has anything under that name. */
void node_remove(struct node *parent, const char *name);
/** What was under the first name is under the second; what was there, is not.
 *  @return false: out of memory; the first name is gone all the same. */
bool node_rename(struct node *from, const char *name, struct node *to,
		 const char *new_name);

/** The kernel was told of it, and forgets so many tellings. */
void node_look_up(struct node *node);
void node_forget(struct node *node, uint64_t lookups);
void node_hold(struct node *node);
/** NULL is fine. */
void node_release(struct node *node);

/** Its path, '\' between names, "" is the root; with name: that of the name in
 *  it. NULL with errno: ESTALE it has no name, ENAMETOOLONG, ENOMEM. */
char *node_path(TALLOC_CTX *mem_ctx, const struct node *node, const char *name);

#endif
