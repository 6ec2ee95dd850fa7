/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * status_ask.h - the other end of control.h: ask a running server, and show
 * what it says. For smbquic-status.
 */
#ifndef SERVER_STATUS_ASK_H
#define SERVER_STATUS_ASK_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <talloc.h>

/** An answer, whole. */
struct status_answer {
	json_t *sections; /**< name -> array of items */
	char *text;	  /**< of the last line; "" may be */
	bool refused;	  /**< it was an error: text says which */
};

/**
 * Send a request to the socket at that path and wait for the answer.
 * @param request  an object; the reference is used up.
 * @param why      out: on failure a sentence, child of mem_ctx.
 * @return child of mem_ctx; NULL: nobody is there, or it is no such server.
 */
struct status_answer *status_ask(TALLOC_CTX *mem_ctx, const char *path,
				 json_t *request, char **why);

/* -------------------------------------------------------- status_show.c */

/** Write a section's table, or "channels", those of sessions; nothing when
 *  there are no items. */
void status_show(FILE *out, const char *table, const json_t *items);
/** How many rows that has. */
size_t status_show_rows(const char *table, const json_t *items);

/** "12.3M", "0.4 ms", "yes", or the text itself; for a terminal, so without
 *  control characters. Child of mem_ctx. */
char *status_show_bytes(TALLOC_CTX *mem_ctx, uint64_t bytes);
char *status_show_text(TALLOC_CTX *mem_ctx, const char *text);

#endif
