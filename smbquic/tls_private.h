/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * tls_private.h - what tls_judge.c asks of tls_known_hosts.c.
 */
#ifndef SMBQUIC_TLS_PRIVATE_H
#define SMBQUIC_TLS_PRIVATE_H

#include <time.h>
#include <gnutls/x509.h>

#include "smbquic/tls.h"

/* --- tls_staple.c -------------------------------------------------------- */

#define TLS_STAPLE_REVOKED "it was revoked (OCSP)"

/** Whether a certificate may come only with a staple (RFC 7633). */
bool tls_must_staple(gnutls_x509_crt_t crt);

/**
 * What a staple says against a certificate; to be asked when the chain has been
 * verified.
 *
 * @param chain   leaf first, at least that.
 * @param staple  as of tls_judge().
 * @return NULL: nothing; else a clause, TLS_STAPLE_REVOKED or another.
 */
const char *tls_staple_judge(gnutls_x509_trust_list_t trusted,
			     const gnutls_x509_crt_t *chain, unsigned count,
			     const gnutls_datum_t *staple, time_t now);

/**
 * When the first of the revocation lists in a PEM file is out of date.
 *
 * @return 0, or GNUTLS_E_...; *until is 0 when no list says it.
 */
int tls_lists_until(const char *crl_file, time_t *until);

/* --- tls_known_hosts.c --------------------------------------------------- */

enum known_host {
	KNOWN_HOST_SAME,    /**< seen before, with this certificate */
	KNOWN_HOST_ADDED,   /**< never seen; remembered now */
	KNOWN_HOST_CHANGED, /**< seen before, with another certificate */
	KNOWN_HOST_ERROR,   /**< errno says what is wrong with the file */
};

/** Why GnuTLS does not take a certificate with a key, by its error: it says
 * only that one of the two is bad. @return NULL: out of memory. */
char *tls_pair_failed(TALLOC_CTX *mem_ctx, const char *cert_file,
		      const char *key_file, int rc);

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
