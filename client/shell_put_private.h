/* SPDX-License-Identifier: GPL-3.0-or-later */
/* shell_put_private.h - one file to the server: what the files shell_put*.c
 * share. */
#ifndef CLIENT_SHELL_PUT_PRIVATE_H
#define CLIENT_SHELL_PUT_PRIVATE_H

#include "client/shell_meta.h"

struct put_state {
	const struct transfer *t;
	const char *local;
	const char *remote;
	int fd;
	struct transfer_source source; /* instead of a local file */
	bool sourced;		       /* there is one */
	bool regular;		       /* can be read again */
	bool fresh;		       /* see shell_put_send() */
	bool in_place;
	uint64_t size;
	struct fscc_basic basic;
	const struct meta_local *meta; /* what it has beside its bytes */
	const char *temporary;
	bool unmarked; /* it is not deleted when it is closed */
	struct client_file *to;
	struct copy_end *to_end;
	uint64_t bytes;
	int err;
	unsigned begun;	  /* how often */
	unsigned turns;	  /* how often somebody else was writing */
	NTSTATUS failure; /* while the temporary is taken away */
};

/* ------------------------------------------------------------ shell_put.c */

/** Send its bytes to state->to. */
void put_pump(struct tevent_req *req);
/** Begin once more? @return false: the status is what counts. */
bool put_again(struct tevent_req *req, NTSTATUS status);
void put_give_up(struct tevent_req *req, NTSTATUS status);
/** The file gets its name. */
void put_commit(struct tevent_req *req);

/* ------------------------------------------------------- shell_put_meta.c */

/** What goes with the bytes of state->local. */
void put_load_meta(struct put_state *state);
/** What was marked no longer is marked again, so that it goes. */
void put_mark(struct put_state *state);
/** The bytes are there: the rest, and then the commit. */
void put_keep(struct tevent_req *req);

/* ------------------------------------------------------ shell_put_place.c */

/** Write the bytes into what is there. */
void put_in_place(struct tevent_req *req);
/** They are: its times, and its end. */
void put_set_times(struct tevent_req *req);

#endif
