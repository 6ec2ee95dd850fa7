/* SPDX-License-Identifier: GPL-3.0-or-later */
/* cert_private.h - shared by the cert*.c files alone. */
#ifndef CERTS_CERT_PRIVATE_H
#define CERTS_CERT_PRIVATE_H

#include <gnutls/abstract.h>
#include <gnutls/gnutls.h>
#include <gnutls/x509.h>

#include "certs/cert.h"

#define CERT_MAX_CHAIN 16
#define CERT_MAX_FILE  (1024 * 1024)

struct cert {
	gnutls_x509_crt_t *chain; /* leaf first */
	unsigned count;
	gnutls_x509_privkey_t key; /* NULL: none */
	gnutls_privkey_t token;	   /* a key that stays in its token */
	struct cert_info *info;
};

/** A cert without anything; its destructor frees what it is given. */
struct cert *cert_new(TALLOC_CTX *mem_ctx);

/** To be called when chain and key are there. */
bool cert_complete(struct cert *cert);

/** What one certificate shows; has_key and key_fits stay false. */
struct cert_info *cert_describe(TALLOC_CTX *mem_ctx, gnutls_x509_crt_t crt);

/** The key that is in a PEM text. @return GNUTLS_E_... */
int cert_import_key(const gnutls_datum_t *pem, const char *password,
		    gnutls_x509_privkey_t *out);

/** Whether the private key belongs to the certificate. */
bool cert_key_fits(gnutls_x509_privkey_t key, gnutls_x509_crt_t crt);

/* What is in a PKCS#11 token (cert_source.c). @return 0 or GNUTLS_E_... */
int cert_token_chain(const char *url, gnutls_x509_crt_t **chain,
		     unsigned *count);
int cert_token_key(const char *url, gnutls_privkey_t *out);
bool cert_token_key_fits(gnutls_privkey_t key, gnutls_x509_crt_t crt);

/* As PKCS#8 in PEM (cert_key.c), to be wiped and freed by gnutls_free().
 * 0 or an error of GnuTLS. */
int cert_key_pem(gnutls_x509_privkey_t key, gnutls_datum_t *pem);

#endif
