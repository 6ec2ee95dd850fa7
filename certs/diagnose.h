/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * diagnose.h - why a server can, or cannot, be reached over QUIC under a name:
 * the name, what is asked for, what is mapped and what is presented, beside
 * each other. client/probe.h looks at the SMB behind it; this, at certificates.
 */
#ifndef CERTS_DIAGNOSE_H
#define CERTS_DIAGNOSE_H

#include <stdbool.h>
#include <stdint.h>
#include <talloc.h>

#include "certs/cert.h"
#include "certs/certmap.h"
#include "certs/client_map.h"

#define DIAGNOSE_MAX_PROBLEMS 32

struct diagnose_question {
	const char *name;     /**< as typed: a DNS name or an address */
	uint16_t port;	      /**< 0: 443 */
	const char *address;  /**< connect there; NULL: where the name points */
	const char *ca_file;  /**< NULL: the system's CAs */
	const char *map_file; /**< of a server here; NULL: none */
	unsigned timeout_ms;  /**< 0: ten seconds */
};

/** A talloc object; everything is its child. */
struct diagnosis {
	const char *name; /**< as it was typed */
	const char *sni;  /**< what is asked for; NULL: nothing, for addresses
			   */
	/* here, when there is a mapping file */
	const char *map_file;		     /**< NULL: there is none */
	const char *map_why;		     /**< it cannot be read */
	const struct certmap_entry *mapping; /**< NULL: none answers */
	const struct cert *mapped;	     /**< NULL: cannot be read */
	struct client_map_found client;	     /**< what we would show */
	const char *client_why;		     /**< ... cannot be used */
	/* the server */
	bool connected;
	const char *why; /**< not connected: sentences */
	const char *address, *transport, *quic_version, *tls_version;
	const char *tls_cipher, *alpn;
	bool wants_certificate;
	const struct cert *presented; /**< NULL: not seen */
	bool same;		      /**< as mapped */
	bool trusted;
	const char *trust; /**< by whom, or why not */
	/* what it comes to */
	char **problems; /**< sentences; empty: a client gets in */
};

/** @return NULL: no memory. */
struct diagnosis *diagnose(TALLOC_CTX *mem_ctx,
			   const struct diagnose_question *question);

/**
 * HOST, HOST:PORT, ADDRESS, [ADDRESS]:PORT.
 * @return false: none of these.
 */
bool diagnose_place(TALLOC_CTX *mem_ctx, const char *text, char **host,
		    uint16_t *port);

#endif
