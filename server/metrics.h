/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * metrics.h - what a server counts, and how Prometheus gets it: `metrics
 * listen`, the text format 0.0.4.
 *
 *	metrics.c       counting: called where things happen
 *	metrics_text.c  the table of families
 *	metrics_http.c  GET /metrics, and the address
 *
 * Counters live in the server (server->metrics) and are its loop's alone.
 */
#ifndef SERVER_METRICS_H
#define SERVER_METRICS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>
#include <talloc.h>

#include "smbquic/transport.h"

struct conn;
struct request;
struct server;
struct wire_writer;

#define METRICS_COMMANDS 19 /* opcodes of MS-SMB2 2.2.1.2 */
#define METRICS_BUCKETS	 12 /* and one for all that is slower */

/** Upper bounds of the buckets, seconds. */
extern const double metrics_bounds[METRICS_BUCKETS];

/** Why a connection is refused. */
enum metrics_refusal {
	METRICS_REFUSED_STOPPING,
	METRICS_REFUSED_DRAINING,
	METRICS_REFUSED_MANY,
	METRICS_REFUSED_MANY_FROM_THERE,
	METRICS_REFUSED_HOSTS,
	METRICS_REFUSED_MEMORY,
	METRICS_REFUSALS
};

/** How a connection ends: by transport_close, or without one. */
enum { METRICS_ENDED_LOST = 5, METRICS_ENDS };

struct metrics_command {
	uint64_t answered, failed; /**< failed: of those, with an error */
	uint64_t buckets[METRICS_BUCKETS + 1];
	uint64_t nanoseconds;
};

struct metrics {
	struct metrics_command commands[METRICS_COMMANDS];
	uint64_t refused[METRICS_REFUSALS];
	struct transport_tally strangers; /**< of all listeners */
	uint64_t ended[METRICS_ENDS];
	uint64_t logons, failed_logons;
	/** Of connections that are over. */
	uint64_t bytes_in, bytes_out, packets_lost;
};

/* ------------------------------------------------------------- metrics.c */

/** A clock for metrics_answered(): nanoseconds. */
uint64_t metrics_now(void);

/** A request is answered: how, and how long it took. CHANGE_NOTIFY waits for
 *  others, so its time says nothing and is not counted. */
void metrics_answered(struct metrics *metrics, uint16_t command, bool failed,
		      uint64_t nanoseconds);

/** A connection is over: what it carried stays counted. */
void metrics_conn_over(struct metrics *metrics, const struct conn *conn);

/* -------------------------------------------------------- metrics_text.c */

/** Append the family of that place in the table. @return false: there is none.
 */
bool metrics_family(const struct server *server, size_t at,
		    struct wire_writer *out);

/* -------------------------------------------------------- metrics_http.c */

struct metrics_answer;

/** "127.0.0.1:9922", "[::1]:9922". @return its length, 0: it is none. */
socklen_t metrics_address(const char *text, struct sockaddr_storage *out);

/** Bytes up to the end of the headers; 0: not yet. */
size_t metrics_request_whole(const char *data, size_t len);

/** Begin an answer; see ask.h. */
void *metrics_request_begin(TALLOC_CTX *mem_ctx, void *server,
			    const char *request, size_t len);
bool metrics_answer_page(void *answer, struct wire_writer *out);

/** Listen as the configuration says, and no longer where it said something
 *  else before. What cannot be is in the log. */
void metrics_listen(struct server *server);

#endif
