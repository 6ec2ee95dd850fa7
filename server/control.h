/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * control.h - how the running server is asked and told: the socket `control`
 * in its state directory, for root and the server's own user.
 *
 * A request is a line with a JSON object:
 *
 *	{"do": "status", "sections": ["sessions", "certificates"]}
 *	{"do": "close-session", "what": "0x1c000001"}
 *
 * An answer is any number of lines with an object each, and a last one:
 *
 *	{"section": "sessions", "item": {...}}
 *	{"done": "2 tree connects to data are closed"}
 *	{"error": "there is no session 7"}
 *
 * Requests may follow each other on one connection; at the end of an answer
 * the next is looked at. What sections and items there are: status.h.
 */
#ifndef SERVER_CONTROL_H
#define SERVER_CONTROL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <talloc.h>

struct config;
struct server;

#define CONTROL_MAX_REQUEST 4096 /* bytes, the newline included */
#define CONTROL_NAME	    "control"

/* --------------------------------------------------- control_request.c */

enum control_verb {
	CONTROL_STATUS,
	CONTROL_RELOAD,
	CONTROL_CLOSE_SESSION,
	CONTROL_CLOSE_SHARE,
	CONTROL_CLOSE_FILE,
	CONTROL_CLOSE_CLIENT,
	CONTROL_DRAIN,
	CONTROL_LOGLEVEL,
	CONTROL_VERB_COUNT
};

struct control_verb_row {
	const char *name;
	const char *what; /**< its argument, for help; NULL: has none */
	bool may_lack;	  /**< the argument */
	const char *help; /**< one line */
};

/** CONTROL_VERB_COUNT rows. */
extern const struct control_verb_row control_verbs[];

struct control_request {
	enum control_verb verb;
	uint32_t sections; /**< status: bits, as in status_sections[] */
	char *what;	   /**< NULL: none */
};

/**
 * Understand a line.
 * @param why  out: on failure a sentence, child of mem_ctx.
 * @return child of mem_ctx, or NULL.
 */
struct control_request *control_request_parse(TALLOC_CTX *mem_ctx,
					      const char *line, size_t len,
					      char **why);

/** Digits as they are printed, or 0x and hexadecimal ones. */
bool control_number(const char *text, uint64_t *out);

/* ------------------------------------------------------------ control.c */

/** What the process does for its socket. */
struct control_hooks {
	/** Read the configuration again. @return false: *why, child of
	 *  mem_ctx. */
	bool (*reload)(void *private_data, TALLOC_CTX *mem_ctx, char **why);
	void *private_data;
};

/**
 * Where the socket of a server with that configuration is: child of mem_ctx,
 * NULL: no memory.
 */
char *control_path(TALLOC_CTX *mem_ctx, const struct config *config);

/**
 * Make the socket of the server, which has its state directory, and answer
 * there as long as it lives. Where that cannot be, the log says so.
 */
void control_start(struct server *server, const struct control_hooks *hooks);

/* -------------------------------------------------------- control_act.c */

/**
 * Do what is asked, and is not CONTROL_STATUS.
 * @param text  out: a sentence, child of mem_ctx; NULL: no memory.
 * @return false: it could not be done, text says why.
 */
bool control_act(TALLOC_CTX *mem_ctx, struct server *server,
		 const struct control_hooks *hooks,
		 const struct control_request *request, char **text);

#endif
