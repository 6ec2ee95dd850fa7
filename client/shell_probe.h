/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * shell_probe.h - smbquic-client --probe: shell_probe.c asks many servers at a
 * time, shell_probe_show.c judges and prints.
 */
#ifndef CLIENT_SHELL_PROBE_H
#define CLIENT_SHELL_PROBE_H

#include <jansson.h>

#include "client/probe.h"
#include "client/shell.h"

/** Also the exit status, as programs that monitor expect it. */
enum probe_verdict {
	PROBE_OK = 0,	    /**< clients are served */
	PROBE_WARNING = 1,  /**< they are, but see the text */
	PROBE_CRITICAL = 2, /**< they are not */
	PROBE_UNKNOWN = 3,  /**< it could not be found out */
};

enum probe_pipes {
	PROBE_PIPES_UNKNOWN, /**< nobody logged on, or that failed */
	PROBE_PIPES_REFUSED,
	PROBE_PIPES_ALLOWED,
};

/** One server. */
struct probe_host {
	const char *typed;
	struct client_probe_options options;
	unsigned warn_days;
	struct client_probe_result *result; /**< NULL: no memory for it */
	enum probe_pipes pipes;
	const char *pipes_why; /**< why PROBE_PIPES_UNKNOWN */
};

/**
 * HOST, HOST:PORT, ADDRESS, [V6]:PORT or V6; "//" in front is no harm.
 *
 * @param server  out: child of mem_ctx.
 * @param port    out: 0 when there is none.
 */
bool probe_host_parse(TALLOC_CTX *mem_ctx, const char *text, char **server,
		      uint16_t *port);

/** @param why  out: a sentence, child of mem_ctx. */
enum probe_verdict probe_judge(TALLOC_CTX *mem_ctx,
			       const struct probe_host *host, time_t now,
			       char **why);
/** The worse of two. */
enum probe_verdict probe_worse(enum probe_verdict a, enum probe_verdict b);

/** brief: one line. */
void probe_print(FILE *to, const struct probe_host *host, bool brief,
		 time_t now);
/** The caller decrefs it. */
json_t *probe_json(const struct probe_host *host, time_t now);

#endif
