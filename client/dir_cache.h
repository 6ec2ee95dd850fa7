/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * dir_cache.h - what is in folders, kept here for as long as the server
 * promises to say so before it is no longer true: under directory leases
 * (MS-SMB2 3.2.4.3.8, 3.3.4.7; dialect 3.0 and later).
 *
 *	client_tree_cache()	begins it for a share. From then on
 *	client_list()		with the pattern "*", and
 *	client_stat()		answer from here when they can, without a round
 *				trip, and so do their asynchronous twins
 *
 * A folder that is listed is opened with a lease to read and to keep it open,
 * and stays open; so is one of which a second name is asked for. Until the
 * lease is broken kept are its listing, the attributes of what is in it, and
 * names that are not there. Everything that this program changes on the same
 * tree by calls of client.h, cache.h and properties.h, through paths or files
 * that were opened after client_tree_cache(), is known at once, and says in its
 * requests whose lease it concerns (ParentLeaseKey, 2.2.13.2.10), so that it
 * does not break that lease.
 *
 * What a server does not break a directory lease for is not seen either: the
 * size and times of a file that somebody else has open for writing are those
 * from before until it is closed, and the times of a folder within a listing
 * are those of when it was listed. client_stat() of a folder asks the server
 * unless a lease is held on that folder itself. Names that could be another's
 * (with '~', a stream's, of a snapshot, reparse points, names that differ from
 * one in the listing in case alone) are asked for always.
 *
 * A program that makes blocking calls only reads what the server says while it
 * waits for one: client_stat() and client_list() ask the server once a second
 * at least. It should not keep folders while it does something else for long,
 * since others who remove or rename a folder wait for it. As with files,
 * smbquicd does not break leases for what programs of its own machine change:
 * `notify` is for that.
 *
 * Where no lease is granted nothing is kept, unless `unleased_ms` says so. When
 * the connection is lost all is forgotten. Without client_tree_cache(), or
 * after it with NULL, each call asks the server.
 *
 * For a file system layer, which tells a kernel how long to believe what it is
 * told: before asking the server for anything of a name, by whatever call,
 *
 *	uint64_t mark = client_dir_watch(tree, folder);
 *
 * and when the answer is there
 *
 *	if (mark != 0 && client_dir_watch(tree, folder) == mark)
 *
 * it is true until the function of client_dir_on_change() is called for that
 * folder: tell the kernel a long time, and invalidate the folder's entries, and
 * their attributes, when it is called. With 0 the lease is only now being
 * asked for, or there is none: tell it a short time.
 */
#ifndef CLIENT_DIR_CACHE_H
#define CLIENT_DIR_CACHE_H

#include "client/client.h"

/** How much is kept; client_dir_cache_default() says what is usual. */
struct client_dir_cache_options {
	size_t memory;	  /**< bytes of names and attributes, of all folders of
			       the tree together; what was used longest ago goes
			       first. 16 MiB, for about 50000 names. */
	unsigned folders; /**< that are open for it at a time: 64 */
	/** Where no lease is granted: what was learned is believed for so many
	    milliseconds. 0: not at all. */
	unsigned unleased_ms;
	/** Not 0: have the server tell of changes in the folders, too (MS-SMB2
	    2.2.35), as servers do of what programs of their own machine change,
	    which breaks no lease. A listing is then kept from the second on,
	    which is read when the server is already telling. */
	uint64_t notify;
	uint64_t reserved[3]; /**< 0: for what may come */
};

/** As the members say. */
void client_dir_cache_default(struct client_dir_cache_options *out);

/**
 * Keep what is in the folders of a share, for as long as the tree lives; done
 * before files are opened on it. What was kept before is forgotten.
 *
 * Leases are had only where the connection was made with reconnect_ms or with
 * SMB2_GLOBAL_CAP_DIRECTORY_LEASING in client_options.capabilities.
 *
 * @param options  copied; NULL: keep nothing any longer.
 * @return NT_STATUS_NO_MEMORY, NT_STATUS_CONNECTION_DISCONNECTED.
 */
NTSTATUS client_tree_cache(struct client_tree *tree,
			   const struct client_dir_cache_options *options);

/**
 * Called when a folder is no longer under a lease, because somebody else has
 * changed something in it, because the connection was lost, or to make room.
 * Not for what this tree's own calls change, unless the folder itself goes.
 * Calls may be begun by it, but not be waited for; neither tree nor cache can
 * be freed, and no further folder be watched.
 *
 * @param folder  as it was named; lives during the call.
 */
typedef void (*client_dir_change_fn)(struct client_tree *tree,
				     const char *folder, void *private_data);
/** @param fn  NULL: nobody is told any longer. */
void client_dir_on_change(struct client_tree *tree, client_dir_change_fn fn,
			  void *private_data);

/**
 * Have a folder under a lease; if it is not, that is begun, if it can be.
 *
 * @return not 0 while it is; another number after each change in it, this
 *         tree's own as well. 0: it is not, or there is no cache.
 */
uint64_t client_dir_watch(struct client_tree *tree, const char *folder);

/** The file or folder of that path has changed in a way that the cache cannot
 *  know of: what is kept of it, and of the folder it is in, is forgotten. */
void client_dir_forget(struct client_tree *tree, const char *path);

/** What is done, for those who want to see it work. */
struct client_dir_figures {
	uint64_t hits;	  /**< listings and names answered from here */
	uint64_t misses;  /**< those that the server was asked for */
	uint64_t breaks;  /**< leases that were taken down, or given up for
			       what the server told */
	size_t memory;	  /**< bytes that are kept now */
	unsigned folders; /**< open under a lease now */
	uint64_t reserved[4];
};

/** Since client_tree_cache(); zeros without it. */
void client_dir_figures(const struct client_tree *tree,
			struct client_dir_figures *out);

#endif
