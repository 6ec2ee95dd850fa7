/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * tls.c - identities: a certificate chain with its key; and names of things.
 */
#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <gnutls/crypto.h>
#include <gnutls/x509.h>

#include "smbquic/private_file.h"
#include "smbquic/tls_private.h"

#define DIGEST_MAX 64

static const char *const trust_names[] = {
	[TLS_TRUST_SYSTEM] = "system", [TLS_TRUST_CA] = "ca",
	[TLS_TRUST_PIN] = "pin",       [TLS_TRUST_TOFU] = "tofu",
	[TLS_TRUST_NONE] = "none",
};

#define TRUST_COUNT (sizeof(trust_names) / sizeof(trust_names[0]))

bool tls_trust_parse(const char *name, enum tls_trust *out)
{
	size_t i = 0;

	for (i = 0; i < TRUST_COUNT; i++) {
		if (strcmp(name, trust_names[i]) == 0) {
			*out = (enum tls_trust)i;
			return true;
		}
	}
	return false;
}

const char *tls_trust_name(enum tls_trust trust)
{
	return (size_t)trust < TRUST_COUNT ? trust_names[trust] : "unknown";
}

static char *digest_hex(TALLOC_CTX *mem_ctx, gnutls_digest_algorithm_t hash,
			const gnutls_datum_t *der)
{
	uint8_t digest[DIGEST_MAX] = {0};
	size_t len = gnutls_hash_get_len(hash);
	char *out = NULL;
	size_t i = 0;

	if (len == 0 || len > sizeof(digest) ||
	    gnutls_hash_fast(hash, der->data, der->size, digest) != 0) {
		return NULL;
	}
	out = talloc_zero_size(mem_ctx, 2 * len + 1);
	if (out == NULL) {
		return NULL;
	}
	for (i = 0; i < len; i++) {
		snprintf(out + 2 * i, 3, "%02x", digest[i]);
	}
	talloc_set_name_const(out, "digest");
	return out;
}

char *tls_sha256_hex(TALLOC_CTX *mem_ctx, const gnutls_datum_t *der)
{
	return digest_hex(mem_ctx, GNUTLS_DIG_SHA256, der);
}

char *tls_sha1_hex(TALLOC_CTX *mem_ctx, const gnutls_datum_t *der)
{
	return digest_hex(mem_ctx, GNUTLS_DIG_SHA1, der);
}

char *tls_end_point_hex(TALLOC_CTX *mem_ctx, gnutls_x509_crt_t cert)
{
	int algorithm = gnutls_x509_crt_get_signature_algorithm(cert);
	gnutls_digest_algorithm_t hash = GNUTLS_DIG_UNKNOWN;
	gnutls_datum_t der = {0};
	char *out = NULL;

	if (algorithm >= 0) {
		hash = gnutls_sign_get_hash_algorithm(
			(gnutls_sign_algorithm_t)algorithm);
	}
	if (hash != GNUTLS_DIG_SHA384 && hash != GNUTLS_DIG_SHA512) {
		hash = GNUTLS_DIG_SHA256;
	}
	if (gnutls_x509_crt_export2(cert, GNUTLS_X509_FMT_DER, &der) == 0) {
		out = digest_hex(mem_ctx, hash, &der);
		gnutls_free(der.data);
	}
	return out;
}

/* --- identities ---------------------------------------------------------- */

static int tls_identity_destructor(struct tls_identity *id)
{
	if (id->cred != NULL) {
		gnutls_certificate_free_credentials(id->cred);
	}
	return 0;
}

/* Subject and digest of the certificate that will be presented. */
static bool describe(struct tls_identity *id)
{
	gnutls_x509_crt_t *list = NULL;
	gnutls_datum_t subject = {0};
	gnutls_datum_t der = {0};
	unsigned count = 0;
	unsigned i = 0;

	if (gnutls_certificate_get_x509_crt(id->cred, 0, &list, &count) != 0) {
		return false;
	}
	if (count > 0 && gnutls_x509_crt_get_dn3(list[0], &subject, 0) == 0) {
		id->subject = talloc_strndup(id, (const char *)subject.data,
					     subject.size);
		gnutls_free(subject.data);
	}
	if (count > 0 &&
	    gnutls_x509_crt_export2(list[0], GNUTLS_X509_FMT_DER, &der) == 0) {
		id->sha1 = tls_sha1_hex(id, &der);
		id->sha256 = tls_sha256_hex(id, &der);
		gnutls_free(der.data);
		id->end_point = tls_end_point_hex(id, list[0]);
	}
	for (i = 0; i < count; i++) {
		gnutls_x509_crt_deinit(list[i]);
	}
	gnutls_free(list);
	return id->subject != NULL && id->sha1 != NULL && id->sha256 != NULL &&
	       id->end_point != NULL;
}

static char *load_failed(TALLOC_CTX *mem_ctx, const char *what,
			 const char *file, int rc)
{
	return talloc_asprintf(mem_ctx, "cannot use %s %s: %s", what, file,
			       gnutls_strerror(rc));
}

/* What is in a token (RFC 7512) is no file. */
char *tls_pair_failed(TALLOC_CTX *mem_ctx, const char *cert_file,
		      const char *key_file, int rc)
{
	const char *const files[] = {cert_file, key_file};
	size_t i = 0;

	for (i = 0; i < 2; i++) {
		FILE *f = NULL;

		if (strncmp(files[i], "pkcs11:", 7) == 0) {
			continue;
		}
		f = fopen(files[i], "re");
		if (f == NULL) {
			return talloc_asprintf(mem_ctx, "cannot read %s: %s",
					       files[i], strerror(errno));
		}
		fclose(f);
	}
	if (rc == GNUTLS_E_CERTIFICATE_KEY_MISMATCH) {
		return talloc_asprintf(mem_ctx,
				       "the key %s does not belong to the "
				       "certificate %s",
				       key_file, cert_file);
	}
	if (rc == GNUTLS_E_BASE64_DECODING_ERROR) {
		return talloc_asprintf(mem_ctx,
				       "there is no certificate in %s, or no "
				       "key in %s",
				       cert_file, key_file);
	}
	return talloc_asprintf(mem_ctx,
			       "cannot use the certificate %s with the key %s: "
			       "%s",
			       cert_file, key_file, gnutls_strerror(rc));
}

static bool load(struct tls_identity *id, TALLOC_CTX *mem_ctx,
		 const char *cert_file, const char *key_file,
		 const char *client_ca, char **why)
{
	int rc = gnutls_certificate_allocate_credentials(&id->cred);

	if (rc != 0) {
		return false;
	}
	*why = private_file_check(mem_ctx, key_file, "a private key");
	if (*why != NULL) {
		return false;
	}
	rc = gnutls_certificate_set_x509_key_file(id->cred, cert_file, key_file,
						  GNUTLS_X509_FMT_PEM);
	if (rc < 0) {
		*why = tls_pair_failed(mem_ctx, cert_file, key_file, rc);
		return false;
	}
	if (client_ca != NULL) {
		rc = strcmp(client_ca, TLS_CA_SYSTEM) == 0
			     ? gnutls_certificate_set_x509_system_trust(
				       id->cred)
			     : gnutls_certificate_set_x509_trust_file(
				       id->cred, client_ca,
				       GNUTLS_X509_FMT_PEM);
		if (rc <= 0) {
			*why = load_failed(
				mem_ctx, "the client CA", client_ca,
				rc < 0 ? rc : GNUTLS_E_NO_CERTIFICATE_FOUND);
			return false;
		}
	}
	if (!describe(id)) {
		*why = load_failed(mem_ctx, "the certificate", cert_file,
				   GNUTLS_E_CERTIFICATE_ERROR);
		return false;
	}
	return true;
}

struct tls_identity *tls_identity_load(TALLOC_CTX *mem_ctx,
				       const char *cert_file,
				       const char *key_file,
				       const char *client_ca, char **why)
{
	struct tls_identity *id = talloc_zero(mem_ctx, struct tls_identity);

	*why = NULL;
	if (id == NULL) {
		return NULL;
	}
	talloc_set_destructor(id, tls_identity_destructor);
	if (!load(id, mem_ctx, cert_file, key_file, client_ca, why)) {
		if (*why == NULL) {
			*why = talloc_strdup(mem_ctx, "out of memory");
		}
		talloc_free(id);
		return NULL;
	}
	return id;
}
