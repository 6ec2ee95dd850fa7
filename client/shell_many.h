/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * shell_many.h - what the files of mget and mput share: shell_many.c runs them,
 * shell_many_folders.c goes into folders, shell_many_local.c looks for files on
 * this machine, shell_many_tar.c has them go into an archive.
 */
#ifndef CLIENT_SHELL_MANY_H
#define CLIENT_SHELL_MANY_H

#include <sys/queue.h>

#include "client/shell_tar.h"

#define MANY_FILES_IN_FLIGHT 200

/* A folder that was gone into. */
struct many_folder {
	struct many *many;
	struct many_folder *next;	/* in many->times */
	const struct many_folder *in;	/* NULL: where the mask is */
	unsigned depth;			/* 1: in there */
	uint64_t id;			/* of the server's, 0: not known */
	NTTIME creation_time;		/* likewise */
	NTTIME write_time;		/* for the copy; 0: none */
	NTTIME created;			/* likewise */
	uint32_t attributes;		/* likewise */
	char *copy;			/* its name there */
	char *origin;			/* and where it comes from */
	bool fresh;			/* we have made it on the server */
	struct client_dir_list *target; /* sync up: what is there, in order */
};

struct many_item {
	TAILQ_ENTRY(many_item) entry;
	struct many *many;
	const struct many_folder *in;
	bool folder;
	bool fresh;	      /* a folder that we have made on the server */
	bool started, listed; /* tar: a folder in its place in "folders" */
	char *remote;
	char *local;
	struct client_stat stat;	/* size and time of writing at least */
	uint64_t weight;		/* of bytes in flight */
	uint64_t copied;		/* bytes */
	double began;			/* shell_transfer_clock() */
	struct client_dir_list *list;	/* of a folder of the server */
	struct client_dir_list *target; /* of the one that it goes to */
	bool compare; /* sync: leave it out when the bytes are the same */
	bool same;    /* sync: they are, but not what goes with them */
};

TAILQ_HEAD(many_items, many_item);

/* What makes a sync of it. */
struct many_sync {
	bool del, checksum, dry_run;
	uint64_t copied, same, deleted;
};

struct many {
	struct shell *shell;
	bool up;
	bool case_known, ignores_case; /* of the server */
	struct many_items folders;     /* to be made and listed */
	struct many_items found;       /* folders that were */
	struct many_items files;       /* to be copied */
	struct many_folder base;       /* where the mask is */
	struct many_folder *times;     /* folders whose times go with them */
	unsigned matched; /* names where the mask is, also those left out */
	unsigned offered; /* of all names, those that could be copied */
	unsigned files_waiting;
	unsigned folders_in_flight;
	unsigned files_in_flight;
	unsigned sweeps_in_flight;
	unsigned times_in_flight;
	uint64_t bytes_in_flight;
	struct alarm *paused; /* the rate has been reached */
	struct transfer transfer;
	struct shell_progress *progress;
	struct many_sync *sync;	 /* NULL: copy everything */
	struct tar_out *tar;	 /* NULL: to files; else into this archive */
	struct many_item *after; /* tar: the folder found last in this one */
	const struct tar_choice *choice; /* of what goes into it */
	bool named; /* where the mask is: it is a name, whatever has it */
};

struct many *many_new(struct shell *shell, bool up);

/** Until all that was added, and what is found in it, is done. */
void many_run(struct many *many);

/** Which folder the mask is in, so that links that lead back are known. */
void many_know_base(struct many *many, const char *folder);

/** Add what a listing of the server has; by_mask: "mask" chooses files. */
void many_add_listed(struct many *many, const struct many_folder *in,
		     const char *remote, const char *local,
		     const struct client_dir_list *list, bool by_mask);

bool many_is_dot(const char *name);

/** "mask" chooses among the files of folders that are gone into. */
bool many_mask_matches(const struct shell *shell, const char *name);

/** The name of something in a local folder, "" for the one that we are in. */
char *many_local_name(struct many *many, const char *folder, const char *name);

/** Something was found in a folder that comes from, or goes to, these two. */
void many_add(struct many *many, const struct many_folder *in,
	      const char *remote_folder, const char *local_folder,
	      const char *name, bool folder, const struct client_stat *stat);

/** Add what is in a local folder and matches; by_mask: "mask" chooses files. */
void many_add_local(struct many *many, const struct many_folder *in,
		    const char *remote, const char *local, const char *mask,
		    bool by_mask);

/** The name that a local one has on the server; a child of mem_ctx or name. */
const char *many_remote_name(const struct many *many, TALLOC_CTX *mem_ctx,
			     const char *name);

/** Access lists or streams go with files and folders. */
bool many_keeps(const struct many *many);

/** Nothing has happened that ends it all. */
bool many_goes_on(const struct many *many);

/* --------------------------------------------------- shell_many_folders.c */

/** A folder was found: it is to be made and listed. */
void many_queue_folder(struct many *many, struct many_item *item);

/** Make and list those whose turn it is. */
void many_start_folders(struct many *many);

/** Go into those that are listed, and add what is in them. */
void many_expand_folders(struct many *many);

/** In a folder that was there before there may be leftovers. */
void many_sweep(struct many *many, const char *remote);

/** The times of the folders, when nothing changes in them any more. */
void many_run_times(struct many *many);

/* ----------------------------------------------------------- shell_sync.c */

/** In the order in which many_sync_wants() looks for names. */
void many_sync_sort(struct client_dir_list *list);

/** Is the file another one than what is there? Sets item->compare when that
 *  takes a look into it. */
bool many_sync_wants(struct many *many, struct many_item *item);

/**
 * Delete what is in a folder of the target and not in the source.
 *
 * @param source  the listing of a folder of the server; NULL: it goes up.
 */
void many_sync_delete(struct many *many, const struct many_folder *f,
		      const char *remote, const char *local,
		      const struct client_dir_list *source);

/** For --dry-run: this would be copied. */
void many_sync_say(struct many *many, const struct many_item *item);

/* ------------------------------------------------------- shell_many_tar.c */

/** For a dry run: this would go into the archive. */
void many_tar_say(struct many *many, const struct many_item *item);

#endif
