/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * fixture_pki.h - certificates made for a test, and chains of them as a peer
 * would send them. To be included by one file of a program.
 */
#ifndef TESTS_FIXTURE_PKI_H
#define TESTS_FIXTURE_PKI_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <time.h>
#include <cmocka.h>

#include "certs/cert.h"
#include "certs/cert_private.h"

static inline struct cert *pki_make(TALLOC_CTX *mem_ctx,
				    enum cert_purpose purpose, const char *name,
				    const struct cert *issuer)
{
	const char *const names[] = {name, NULL};
	const struct cert_request request = {
		.purpose = purpose,
		.names = names,
		.days = 30,
		.issuer = issuer,
	};
	char *why = NULL;
	struct cert *cert = cert_make(mem_ctx, &request, time(NULL) - 60, &why);

	if (cert == NULL) {
		fail_msg("%s: %s", name, why == NULL ? "?" : why);
	}
	return cert;
}

/* The certificate itself, without those behind it. */
static inline gnutls_datum_t pki_der(TALLOC_CTX *mem_ctx,
				     const struct cert *cert)
{
	gnutls_datum_t der = {0};
	gnutls_datum_t out = {0};

	assert_int_equal(gnutls_x509_crt_export2(cert->chain[0],
						 GNUTLS_X509_FMT_DER, &der),
			 0);
	out.size = der.size;
	out.data = talloc_memdup(mem_ctx, der.data, der.size);
	gnutls_free(der.data);
	return out;
}

#endif
