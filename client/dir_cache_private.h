/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * dir_cache_private.h - what the files of the directory cache, and those that
 * ask it, know of each other.
 *
 *	dir_cache.c   what is asked of it, and what it is told
 *	dir_folder.c  folders, their leases, and for how long they are believed
 *	dir_names.c   what is known of the names in one folder: bytes only
 *	dir_change.c  what a call is about to change, so that it is forgotten
 */
#ifndef CLIENT_DIR_CACHE_PRIVATE_H
#define CLIENT_DIR_CACHE_PRIVATE_H

#include "client/client_private.h"
#include "client/dir_cache.h"

/* ----------------------------------------------------------- dir_names.c */

/** Names that are known one by one, of one folder; and of those in its listing,
 *  how many may be out of date before it is dropped. */
#define DIR_NAMES_SINGLE 256

struct dir_names;

enum dir_known {
	DIR_UNKNOWN, /**< ask the server */
	DIR_IS,
	DIR_IS_NOT,
};

/** NULL: out of memory. */
struct dir_names *dir_names_new(TALLOC_CTX *mem_ctx);
/** Bytes that it takes. */
size_t dir_names_memory(const struct dir_names *names);
/** Could another name be meant by it, or only the server know what is meant? */
bool dir_name_is_plain(const char *name, bool map_names);
/** Letters of ASCII in either case are the same. */
int dir_name_compare(const char *a, const char *b);

/** All that is in the folder. @return false: out of memory, it is as before. */
bool dir_names_take(struct dir_names *names,
		    const struct client_dir_list *list);
/** A copy of that. @param out  child of mem_ctx; NULL: out of memory.
 *  @return false: it is not known, or no longer. */
bool dir_names_list(const struct dir_names *names, TALLOC_CTX *mem_ctx,
		    struct client_dir_list **out);
/** @param name  dir_name_is_plain(). */
enum dir_known dir_names_find(const struct dir_names *names, const char *name,
			      struct client_stat *out);
/** @param stat  NULL: there is none of that name. */
void dir_names_learn(struct dir_names *names, const char *name,
		     const struct client_stat *stat);
/** That one may have become, or stopped being, anything. */
void dir_names_doubt(struct dir_names *names, const char *name);
void dir_names_forget(struct dir_names *names);

/* ---------------------------------------------------------- dir_folder.c */

struct dir_folder {
	TAILQ_ENTRY(dir_folder) entry; /* what was used last comes first */
	struct client_dir_cache *cache;
	const char *path;
	uint64_t number;	  /* another one after each change in it */
	struct client_file *file; /* under a lease; NULL: none is held */
	struct tevent_req *opening;
	struct tevent_req *notify; /* the server tells of changes; NULL: it
				      does not */
	struct dir_names *names;
	struct client_stat own; /* as of its opening, */
	bool own_known;		/* if it is still so */
	bool lost;		/* with its connection: has to be told */
	unsigned asked;		/* names of it */
	int64_t refused;	/* until then; 0: it was not */
	int64_t until;		/* is believed, without a lease */
};

TAILQ_HEAD(dir_folder_list, dir_folder);

struct client_dir_cache {
	struct client_tree *tree;
	struct client_dir_cache_options options;
	struct client_dir_figures figures;
	struct dir_anchor *anchor;
	struct dir_folder_list folders;
	unsigned count;
	uint64_t numbers;
	struct tevent_immediate *im; /* what was lost is told */
	unsigned telling;	     /* no new folders meanwhile */
	int64_t answered;	     /* the server, last */
	bool ask;		     /* whatever is known */
	uint8_t secret[16];	     /* that the keys of leases are made of */
	client_dir_change_fn fn;
	void *private_data;
};

/** A file that a folder was opened by: is there a lease on it? */
bool dir_file_leased(const struct client_file *file);
bool dir_folder_leased(const struct dir_folder *folder);
/** Something in it has. */
void dir_folder_changed(struct dir_folder *folder);
/** NULL: nothing is known of it. */
struct dir_folder *dir_folder_find(const struct client_dir_cache *cache,
				   const char *path);
/** The same, which is used now, or a new one. NULL: there is no room. */
struct dir_folder *dir_folder_get(struct client_dir_cache *cache,
				  const char *path);
/** Close and forget it, and tell whoever wants to know. */
void dir_folder_drop(struct dir_folder *folder);
/** The lease of a file becomes the folder's. @param stat  of its opening. */
void dir_folder_take_file(struct dir_folder *folder, struct client_file **file,
			  const struct client_stat *stat);
/** Is there a lease to be asked for? */
bool dir_folder_may_ask(struct dir_folder *folder);
/** There was none: it is not asked for again for a while. */
void dir_folder_refused(struct dir_folder *folder);
/** Ask for one. */
void dir_folder_open(struct dir_folder *folder);
/** What is read from now on, will the server tell when it is no longer so? */
bool dir_folder_tells(const struct dir_folder *folder);
/** Is what the server says of it now kept, and believed? */
bool dir_folder_keeps(struct dir_folder *folder);
/** Does the server give leases on folders? */
bool dir_cache_has_leases(const struct client_dir_cache *cache);
size_t dir_cache_memory(const struct client_dir_cache *cache);
/** What is too much goes. */
void dir_cache_bound(struct client_dir_cache *cache);

/* ----------------------------------------------------------- dir_cache.c */

/** Who has it may outlive the cache. */
struct dir_anchor {
	struct client_dir_cache *cache; /**< NULL: it is gone */
	unsigned users;
};

/** The state of a folder when something of it was asked for. */
struct dir_ticket {
	uint64_t number; /**< 0: nothing of the answer can be kept */
};

/** @return true: answered from here, with *status and, when that is OK,
 *          *stat. */
bool dir_cache_stat(struct client_tree *tree, const char *path,
		    NTSTATUS *status, struct client_stat *stat,
		    struct dir_ticket *ticket);
/** What the server said. */
void dir_cache_stat_told(struct client_tree *tree, const char *path,
			 const struct dir_ticket *ticket, NTSTATUS status,
			 const struct client_stat *stat);

/** @return true: here it is (*out NULL: out of memory); false: how says what
 *          lease to open the folder with. */
bool dir_cache_list(struct client_tree *tree, const char *path,
		    TALLOC_CTX *mem_ctx, struct client_dir_list **out,
		    struct client_open *how, struct dir_ticket *ticket);
/** The folder's listing was read, all of it. Takes the file, by which it was
 *  read, or leaves it. @param stat  of the folder, as of its opening. */
void dir_cache_list_told(struct client_tree *tree, const char *path,
			 const struct dir_ticket *ticket,
			 const struct client_dir_list *list,
			 const struct client_stat *stat,
			 struct client_file **file);

/** A blocking call is about to be made, or was. */
void dir_cache_blocking(struct client_tree *tree, bool yes);
/** The server has, to a call of the tree. */
void dir_cache_answered(struct client_dir_cache *cache);

/** The key of every lease that is asked for on a folder: what was opened in it
 *  under an earlier one does not break the next. @return false: GnuTLS fails.
 */
bool dir_cache_key(const struct client_dir_cache *cache, const char *path,
		   struct smb2_guid *out);
/** That of the folder that a path is in. @param held  out: there is one now.
 *  @return false: there never is. */
bool dir_cache_parent_key(struct client_dir_cache *cache, const char *path,
			  struct smb2_guid *out, bool *held);
/** What a path names may be about to change, or has. @param below  it may get
 *  another name, or none. */
void dir_cache_changed(struct client_dir_cache *cache, const char *path,
		       bool below);
/** The connection is lost, before its files are marked. */
void dir_cache_lost(struct client_tree *tree);
/** The tree goes. */
void dir_cache_end(struct client_tree *tree);
struct dir_anchor *dir_cache_anchor(struct client_dir_cache *cache);
struct client_tree *dir_cache_tree(struct client_dir_cache *cache);

/* ---------------------------------------------------------- dir_change.c */

/** A call of a tree is made. */
void dir_change_begin(struct call *call, struct client_tree *tree);
/** Another is made beside it, about the same path. */
void dir_change_beside(struct call *call, const struct call *other);
/** It is about a path that it opens, or about an open file. */
void dir_change_path(struct call *call, const char *path,
		     const struct client_open *how);
void dir_change_file(struct call *call, const struct client_file *file);
/** It has that request; SET_INFO of a file with that data. */
void dir_change_command(struct call *call, uint16_t command);
void dir_change_set(struct call *call, uint8_t info_class,
		    struct wire_slice data);
/** What it asks for a path says that we know of its parent: NULL: we never do,
 *  or it changes nothing. */
const struct smb2_guid *dir_change_parent(const struct call *call);
/** And there is a lease on that now. */
bool dir_change_parent_held(const struct call *call);
/** It is about to be sent; its replies are here, or will not come. */
void dir_change_sent(struct call *call);
void dir_change_done(struct call *call);
/** The file that it has opened. */
void dir_change_opened(const struct call *call, struct client_file *file);

#endif
