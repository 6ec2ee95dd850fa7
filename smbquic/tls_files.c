/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * tls_files.c - are the files there that a client's policy names?
 */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "smbquic/tls.h"
#include "smbquic/tls_private.h"

/*
 * Why nothing was read. GnuTLS does not say whether the file was there, and
 * takes addresses besides files (pkcs11:).
 */
static char *nothing_in(TALLOC_CTX *mem_ctx, const char *what, const char *file)
{
	if (strchr(file, ':') == NULL &&
	    faccessat(AT_FDCWD, file, R_OK, AT_EACCESS) != 0) {
		return talloc_asprintf(mem_ctx, "%s: %s", file,
				       strerror(errno));
	}
	return talloc_asprintf(mem_ctx, "there is no %s in %s", what, file);
}

static char *check_ca(TALLOC_CTX *mem_ctx, const char *file)
{
	gnutls_x509_trust_list_t trusted;
	char *why = NULL;

	if (gnutls_x509_trust_list_init(&trusted, 0) != 0) {
		return NULL;
	}
	if (gnutls_x509_trust_list_add_trust_file(
		    trusted, file, NULL, GNUTLS_X509_FMT_PEM, 0, 0) <= 0) {
		why = nothing_in(mem_ctx, "CA certificate", file);
	}
	gnutls_x509_trust_list_deinit(trusted, 1);
	return why;
}

static char *check_lists(TALLOC_CTX *mem_ctx, const char *file)
{
	time_t until = 0;

	return tls_lists_until(file, &until) >= 0
		       ? NULL
		       : nothing_in(mem_ctx, "revocation list", file);
}

char *tls_client_files_wrong(TALLOC_CTX *mem_ctx,
			     const struct tls_client_policy *policy)
{
	char *why = NULL;

	if (policy->ca_file != NULL) {
		why = check_ca(mem_ctx, policy->ca_file);
	}
	if (why == NULL && policy->crl_file != NULL) {
		why = check_lists(mem_ctx, policy->crl_file);
	}
	return why;
}
