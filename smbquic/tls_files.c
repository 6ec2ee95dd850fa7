/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * tls_files.c - are the files there that a client's policy names?
 */
#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "smbquic/tls.h"
#include "smbquic/tls_private.h"

static char *unreadable(TALLOC_CTX *mem_ctx, const char *file)
{
	return access(file, R_OK) == 0 ? NULL
				       : talloc_asprintf(mem_ctx, "%s: %s",
							 file, strerror(errno));
}

static char *check_ca(TALLOC_CTX *mem_ctx, const char *file)
{
	gnutls_x509_trust_list_t trusted;
	char *why = unreadable(mem_ctx, file);

	if (why != NULL || gnutls_x509_trust_list_init(&trusted, 0) != 0) {
		return why;
	}
	if (gnutls_x509_trust_list_add_trust_file(
		    trusted, file, NULL, GNUTLS_X509_FMT_PEM, 0, 0) <= 0) {
		why = talloc_asprintf(mem_ctx,
				      "there is no CA certificate in %s", file);
	}
	gnutls_x509_trust_list_deinit(trusted, 1);
	return why;
}

static char *check_lists(TALLOC_CTX *mem_ctx, const char *file)
{
	char *why = unreadable(mem_ctx, file);
	time_t until = 0;

	if (why == NULL && tls_lists_until(file, &until) < 0) {
		why = talloc_asprintf(
			mem_ctx, "there is no revocation list in %s", file);
	}
	return why;
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
