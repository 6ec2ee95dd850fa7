/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * shell_tar_in.h - what the files of an archive that is read share:
 * shell_tar_in.c puts its entries on the server, shell_tar_in_bytes.c reads it.
 */
#ifndef CLIENT_SHELL_TAR_IN_H
#define CLIENT_SHELL_TAR_IN_H

#include "client/copy.h"
#include "client/shell_tar.h"

/* A folder of the server that is there. */
struct in_folder {
	char *path;
	NTTIME write_time; /* 0: the archive told none */
	NTTIME created;	   /* likewise */
	uint32_t attributes;
	struct meta_local *meta; /* its descriptor, or NULL */
	bool fresh;		 /* we have made it */
};

struct tar_in {
	struct shell *shell;
	const struct tar_choice *choice;
	const char *local;
	int fd;
	struct copy_end *end;
	struct copy_block *block; /* of which "used" bytes were taken */
	size_t used;
	bool failed;	     /* nothing more can be read */
	bool reading;	     /* for a large file */
	uint64_t entry_left; /* of that file */
	struct transfer transfer;
	struct shell_progress *progress;
	struct in_folder *folder; /* by path, in order */
	size_t folders;
	unsigned files_in_flight, times_in_flight;
	uint64_t bytes_in_flight;
	uint64_t entries;
};

/** The archive cannot be read further. */
void tar_in_fail(struct tar_in *in, const char *why);

/**
 * More of the archive, when nothing is left of the last piece.
 *
 * @param end  out, may be NULL: it was the end.
 * @return false: there is none, or ^C.
 */
bool tar_in_piece(struct tar_in *in, bool *end);

/** The next bytes. @param data  NULL: they are skipped. @return false: there
 * are fewer. */
bool tar_in_take(struct tar_in *in, uint8_t *data, uint64_t len);

/** A large file in it, as an end of the pump; its private data is the
 *  archive. */
extern const struct copy_end_ops tar_in_entry_ops;

#endif
