/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * tls_private.h - what tls_judge.c asks of tls_known_hosts.c.
 */
#ifndef SMBQUIC_TLS_PRIVATE_H
#define SMBQUIC_TLS_PRIVATE_H

#include "smbquic/tls.h"

enum known_host {
	KNOWN_HOST_SAME,    /**< seen before, with this certificate */
	KNOWN_HOST_ADDED,   /**< never seen; remembered now */
	KNOWN_HOST_CHANGED, /**< seen before, with another certificate */
	KNOWN_HOST_ERROR,   /**< errno says what is wrong with the file */
};

/**
 * Look a server up in a file of lines "host:port sha256:HEX", and append it
 * when it is not there. The file is locked meanwhile and created 0600.
 *
 * @param sha256  64 lower case hex digits.
 * @param old     out: for KNOWN_HOST_CHANGED the digest on file, child of
 *                mem_ctx.
 */
enum known_host tls_known_host(TALLOC_CTX *mem_ctx, const char *file,
			       const char *host, unsigned port,
			       const char *sha256, char **old);

#endif
