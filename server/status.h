/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * status.h - what there is in a server, as JSON items for smbquic-status; the
 * names are those of Samba's smbstatus where they mean the same.
 *
 * A walk goes through sections one item at a time and may rest between any two
 * of them while the server goes on: what comes or goes meanwhile is in it or
 * is not, and all else is in it once.
 *
 *	status.c        the table of sections, the walk; the server, shares
 *	status_conn.c   connections, sessions, tree connects
 *	status_file.c   open files, locks, leases
 */
#ifndef SERVER_STATUS_H
#define SERVER_STATUS_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <talloc.h>

struct server;
struct status_walk;

/** Locks of one open that are named; there may be more. */
#define STATUS_MAX_RANGES 256

/**
 * The next item of a section.
 * @param item  out: NULL: nothing to say of this one.
 * @return false: that was all.
 */
typedef bool (*status_next_fn)(struct status_walk *walk, json_t **item);

struct status_section {
	const char *name;
	status_next_fn next;
};

/** Ends with a NULL name. */
extern const struct status_section status_sections[];

/** Its place in the table; -1: there is none of that name. */
int status_section_find(const char *name);
/** The bits of all sections. */
uint32_t status_all_sections(void);

/** A walk through sections, by their bits, in the table's order.
 *  @return NULL: no memory. */
struct status_walk *status_walk_new(TALLOC_CTX *mem_ctx,
				    const struct server *server,
				    uint32_t sections);

/** The server has gone on since the last item, and one turn's measure is to be
 *  had again. */
void status_walk_page(struct status_walk *walk);

/**
 * The next item.
 * @param section  out: whose it is; NULL: enough for one turn.
 * @param item     out: a new reference; NULL: go on.
 * @return false: that was all.
 */
bool status_walk_next(struct status_walk *walk, const char **section,
		      json_t **item);

/* --- for the status_*.c --------------------------------------------------- */

struct conn;
struct open;
struct session;

struct status_walk {
	const struct server *server;
	uint32_t sections;
	unsigned section; /* the one at work */
	unsigned budget;  /* steps that are left of this turn */

	/* Of the section; 0 at its beginning. */
	size_t cursor, inner;
	uint64_t id;
	const struct conn *conn; /* within a turn */
};

bool status_next_connection(struct status_walk *walk, json_t **item);
bool status_next_session(struct status_walk *walk, json_t **item);
bool status_next_tcon(struct status_walk *walk, json_t **item);
bool status_next_open(struct status_walk *walk, json_t **item);
bool status_next_lock(struct status_walk *walk, json_t **item);
bool status_next_lease(struct status_walk *walk, json_t **item);

/** An id as it is shown: "0x1c000001". */
json_t *status_id(uint64_t id);
/** NT time as ISO 8601; NULL (JSON) for 0. */
json_t *status_time(uint64_t nt_time);
/** May be NULL: then JSON's null. */
json_t *status_string(const char *text);

#endif
