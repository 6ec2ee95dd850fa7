/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * cert_source.c - what may stand for a file: a credential that systemd passes
 * to a service (systemd.exec(5), LoadCredential=), and an object of a PKCS#11
 * token (RFC 7512), whose key never leaves it.
 */
#include <stdlib.h>
#include <string.h>

#include <gnutls/abstract.h>
#include <gnutls/pkcs11.h>

#include "certs/cert_private.h"

#define CREDENTIAL "credential:"
#define TOKEN	   "pkcs11:"

static bool has_prefix(const char *text, const char *prefix)
{
	return strncmp(text, prefix, strlen(prefix)) == 0;
}

bool cert_source_is_token(const char *text)
{
	return has_prefix(text, TOKEN);
}

bool cert_source_is_file(const char *text)
{
	return !has_prefix(text, TOKEN) && !has_prefix(text, CREDENTIAL);
}

bool cert_source_valid(TALLOC_CTX *mem_ctx, const char *text, char **why)
{
	const char *name = text + strlen(CREDENTIAL);

	*why = NULL;
	if (has_prefix(text, TOKEN)) {
		if (strstr(text, "pin-value=") == NULL) {
			return true;
		}
		*why = talloc_strdup(
			mem_ctx, "a PIN does not belong where everybody may "
				 "read it: name its file, pin-source=FILE");
		return false;
	}
	if (has_prefix(text, CREDENTIAL)) {
		if (*name != '\0' && *name != '.' &&
		    strchr(name, '/') == NULL) {
			return true;
		}
		*why = talloc_asprintf(
			mem_ctx, "\"%s\" is no name of a credential", name);
		return false;
	}
	if (text[0] != '/') {
		*why = talloc_strdup(mem_ctx, "the certificate and the key "
					      "need absolute paths");
		return false;
	}
	return true;
}

char *cert_source(TALLOC_CTX *mem_ctx, const char *text, char **why)
{
	const char *folder = getenv("CREDENTIALS_DIRECTORY");

	*why = NULL;
	if (!has_prefix(text, CREDENTIAL)) {
		return talloc_strdup(mem_ctx, text);
	}
	if (!cert_source_valid(mem_ctx, text, why)) {
		return NULL;
	}
	if (folder == NULL || *folder == '\0') {
		*why = talloc_asprintf(mem_ctx,
				       "%s is there for the service alone that "
				       "systemd gives it to "
				       "($CREDENTIALS_DIRECTORY is not set)",
				       text);
		return NULL;
	}
	return talloc_asprintf(mem_ctx, "%s/%s", folder,
			       text + strlen(CREDENTIAL));
}

/* --- tokens -------------------------------------------------------------- */

int cert_token_chain(const char *url, gnutls_x509_crt_t **chain,
		     unsigned *count)
{
	gnutls_x509_crt_t *list = gnutls_calloc(1, sizeof(*list));
	int rc = list == NULL ? GNUTLS_E_MEMORY_ERROR
			      : gnutls_x509_crt_init(list);

	if (rc >= 0) {
		rc = gnutls_x509_crt_import_url(*list, url, 0);
		if (rc < 0) {
			gnutls_x509_crt_deinit(*list);
		}
	}
	if (rc < 0) {
		gnutls_free(list);
		return rc;
	}
	*chain = list;
	*count = 1;
	return 0;
}

int cert_token_key(const char *url, gnutls_privkey_t *out)
{
	int rc = gnutls_privkey_init(out);

	if (rc < 0) {
		*out = NULL;
		return rc;
	}
	rc = gnutls_privkey_import_url(*out, url, 0);
	if (rc < 0) {
		gnutls_privkey_deinit(*out);
		*out = NULL;
	}
	return rc;
}

bool cert_token_key_fits(gnutls_privkey_t key, gnutls_x509_crt_t crt)
{
	unsigned char ids[2][64];
	size_t len[2] = {sizeof(ids[0]), sizeof(ids[1])};
	gnutls_pubkey_t pubkey = NULL;
	bool fits = false;

	if (gnutls_pubkey_init(&pubkey) < 0) {
		return false;
	}
	fits = gnutls_pubkey_import_privkey(pubkey, key, 0, 0) == 0 &&
	       gnutls_pubkey_get_key_id(pubkey, 0, ids[0], &len[0]) == 0 &&
	       gnutls_x509_crt_get_key_id(crt, 0, ids[1], &len[1]) == 0 &&
	       len[0] == len[1] && memcmp(ids[0], ids[1], len[0]) == 0;
	gnutls_pubkey_deinit(pubkey);
	return fits;
}
