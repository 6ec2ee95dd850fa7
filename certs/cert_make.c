/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * cert_make.c - new keys and certificates: ECDSA P-256 with SHA-256, which
 * every peer of SMB over QUIC takes.
 */
#include <ctype.h>
#include <string.h>

#include <gnutls/crypto.h>

#include "certs/cert_private.h"

#define SERIAL_SIZE 16
/* Clocks differ: what was made just now is valid for a slow one too. */
#define BACKDATE 300
#define ONE_DAY	 86400
#define X509_V3	 3

/* --- names -------------------------------------------------------------- */

/* Letters, digits and hyphens between dots; "*." may come first. */
static bool good_dns_name(const char *name)
{
	size_t label = 0;

	if (strlen(name) > 253) {
		return false;
	}
	if (strncmp(name, "*.", 2) == 0) {
		name += 2;
	}
	for (; *name != '\0'; name++) {
		if (*name == '.') {
			if (label == 0 || name[-1] == '-') {
				return false;
			}
			label = 0;
			continue;
		}
		if (!isalnum((unsigned char)*name) && *name != '_' &&
		    (*name != '-' || label == 0)) {
			return false;
		}
		label++;
		if (label > 63) {
			return false;
		}
	}
	return label > 0 && name[-1] != '-';
}

static bool is_ascii(const char *text)
{
	while ((signed char)*text > 0) {
		text++;
	}
	return *text == '\0';
}

static int add_dns_name(gnutls_x509_crt_t crt, const char *name)
{
	gnutls_datum_t ace = {0};
	int rc = 0;

	if (good_dns_name(name)) {
		return gnutls_x509_crt_set_subject_alt_name(
			crt, GNUTLS_SAN_DNSNAME, name, strlen(name),
			GNUTLS_FSAN_APPEND);
	}
	if (is_ascii(name)) {
		return GNUTLS_E_INVALID_REQUEST;
	}
	rc = gnutls_idna_map(name, strlen(name), &ace, 0);
	if (rc < 0 || !good_dns_name((char *)ace.data)) {
		gnutls_free(ace.data);
		return GNUTLS_E_INVALID_REQUEST;
	}
	rc = gnutls_x509_crt_set_subject_alt_name(crt, GNUTLS_SAN_DNSNAME,
						  ace.data, ace.size,
						  GNUTLS_FSAN_APPEND);
	gnutls_free(ace.data);
	return rc;
}

static int add_name(gnutls_x509_crt_t crt, enum cert_purpose purpose,
		    const char *name)
{
	unsigned char address[16];
	size_t len = cert_address(name, address);

	if (purpose == CERT_CLIENT) {
		if (strchr(name, '@') == NULL) {
			return 0;
		}
		return gnutls_x509_crt_set_subject_alt_name(
			crt, GNUTLS_SAN_RFC822NAME, name, strlen(name),
			GNUTLS_FSAN_APPEND);
	}
	if (len > 0) {
		return gnutls_x509_crt_set_subject_alt_name(
			crt, GNUTLS_SAN_IPADDRESS, address, len,
			GNUTLS_FSAN_APPEND);
	}
	return add_dns_name(crt, name);
}

static int set_names(gnutls_x509_crt_t crt, const struct cert_request *request,
		     const char **bad)
{
	const char *const *name = request->names;
	int rc = gnutls_x509_crt_set_dn_by_oid(crt, GNUTLS_OID_X520_COMMON_NAME,
					       0, *name, strlen(*name));

	*bad = *name;
	for (; rc >= 0 && request->purpose != CERT_CA && *name != NULL;
	     name++) {
		rc = add_name(crt, request->purpose, *name);
		*bad = *name;
	}
	return rc;
}

/* --- the rest ----------------------------------------------------------- */

static int set_serial(gnutls_x509_crt_t crt)
{
	unsigned char serial[SERIAL_SIZE];
	int rc = gnutls_rnd(GNUTLS_RND_NONCE, serial, sizeof(serial));

	if (rc < 0) {
		return rc;
	}
	serial[0] = (serial[0] & 0x7f) | 0x40; /* positive, without zeros */
	return gnutls_x509_crt_set_serial(crt, serial, sizeof(serial));
}

static int set_dates(gnutls_x509_crt_t crt, const struct cert_request *request,
		     time_t now)
{
	time_t from = now - BACKDATE;
	time_t until = now + (time_t)request->days * ONE_DAY;
	int rc = 0;

	if (request->issuer != NULL) {
		const struct cert_info *ca = cert_info(request->issuer);

		from = from < ca->not_before ? ca->not_before : from;
		until = until > ca->not_after ? ca->not_after : until;
	}
	rc = gnutls_x509_crt_set_activation_time(crt, from);
	return rc < 0 ? rc : gnutls_x509_crt_set_expiration_time(crt, until);
}

static const struct {
	unsigned usage;
	const char *oid; /* NULL: no extended key usage */
} purposes[] = {
	[CERT_CA] = {GNUTLS_KEY_KEY_CERT_SIGN | GNUTLS_KEY_CRL_SIGN, NULL},
	[CERT_SERVER] = {GNUTLS_KEY_DIGITAL_SIGNATURE,
			 GNUTLS_KP_TLS_WWW_SERVER},
	[CERT_CLIENT] = {GNUTLS_KEY_DIGITAL_SIGNATURE,
			 GNUTLS_KP_TLS_WWW_CLIENT},
};

static int set_purpose(gnutls_x509_crt_t crt, enum cert_purpose purpose)
{
	int rc = gnutls_x509_crt_set_basic_constraints(crt, purpose == CERT_CA,
						       -1);

	if (rc >= 0) {
		rc = gnutls_x509_crt_set_key_usage(crt,
						   purposes[purpose].usage);
	}
	if (rc >= 0 && purposes[purpose].oid != NULL) {
		rc = gnutls_x509_crt_set_key_purpose_oid(
			crt, purposes[purpose].oid, 0);
	}
	return rc;
}

static int set_key_ids(gnutls_x509_crt_t crt, gnutls_x509_crt_t issuer)
{
	unsigned char id[64];
	size_t len = sizeof(id);
	int rc = gnutls_x509_crt_get_key_id(crt, 0, id, &len);

	if (rc >= 0) {
		rc = gnutls_x509_crt_set_subject_key_id(crt, id, len);
	}
	len = sizeof(id);
	if (rc >= 0 &&
	    gnutls_x509_crt_get_subject_key_id(issuer, id, &len, NULL) >= 0) {
		rc = gnutls_x509_crt_set_authority_key_id(crt, id, len);
	}
	return rc;
}

static int fill(struct cert *cert, const struct cert_request *request,
		time_t now, const char **bad)
{
	gnutls_x509_crt_t crt = cert->chain[0];
	const struct cert *ca =
		request->issuer == NULL ? cert : request->issuer;
	int rc = gnutls_x509_crt_set_version(crt, X509_V3);

	if (rc >= 0) {
		rc = set_names(crt, request, bad);
	}
	if (rc < 0) {
		return rc;
	}
	*bad = NULL;
	rc = gnutls_x509_crt_set_key(crt, cert->key);
	if (rc >= 0) {
		rc = set_serial(crt);
	}
	if (rc >= 0) {
		rc = set_dates(crt, request, now);
	}
	if (rc >= 0) {
		rc = set_purpose(crt, request->purpose);
	}
	if (rc >= 0) {
		rc = set_key_ids(crt, ca->chain[0]);
	}
	if (rc >= 0) {
		rc = gnutls_x509_crt_sign2(crt, ca->chain[0], ca->key,
					   GNUTLS_DIG_SHA256, 0);
	}
	return rc;
}

/* A copy made from the encoded certificate: one that was only put together
 * does not show its extensions. */
static int copy_crt(gnutls_x509_crt_t from, gnutls_x509_crt_t *to)
{
	gnutls_datum_t der = {0};
	int rc = gnutls_x509_crt_export2(from, GNUTLS_X509_FMT_DER, &der);

	if (rc >= 0) {
		rc = gnutls_x509_crt_init(to);
	}
	if (rc >= 0) {
		rc = gnutls_x509_crt_import(*to, &der, GNUTLS_X509_FMT_DER);
		if (rc < 0) {
			gnutls_x509_crt_deinit(*to);
		}
	}
	gnutls_free(der.data);
	return rc;
}

static int reread(struct cert *cert)
{
	gnutls_x509_crt_t copy = NULL;
	int rc = copy_crt(cert->chain[0], &copy);

	if (rc >= 0) {
		gnutls_x509_crt_deinit(cert->chain[0]);
		cert->chain[0] = copy;
	}
	return rc;
}

/* The issuers up to, but without, the root: peers have that or do not. */
static int append_issuers(struct cert *cert, const struct cert *issuer)
{
	unsigned i = 0;

	for (i = 0; i < issuer->count && cert->count < CERT_MAX_CHAIN; i++) {
		gnutls_x509_crt_t from = issuer->chain[i];
		int rc = 0;

		if (gnutls_x509_crt_check_issuer(from, from) != 0) {
			break;
		}
		rc = copy_crt(from, &cert->chain[cert->count]);
		if (rc < 0) {
			return rc;
		}
		cert->count++;
	}
	return 0;
}

static int generate(struct cert *cert)
{
	int rc = gnutls_x509_privkey_init(&cert->key);

	if (rc >= 0) {
		rc = gnutls_x509_privkey_generate(
			cert->key, GNUTLS_PK_ECDSA,
			GNUTLS_CURVE_TO_BITS(GNUTLS_ECC_CURVE_SECP256R1), 0);
	}
	cert->chain = gnutls_calloc(CERT_MAX_CHAIN, sizeof(cert->chain[0]));
	if (cert->chain == NULL) {
		return GNUTLS_E_MEMORY_ERROR;
	}
	if (rc >= 0) {
		rc = gnutls_x509_crt_init(&cert->chain[0]);
	}
	if (rc >= 0) {
		cert->count = 1;
	}
	return rc;
}

static bool good_issuer(TALLOC_CTX *mem_ctx, const struct cert *issuer,
			time_t now, char **why)
{
	const struct cert_info *info = cert_info(issuer);

	if (!info->ca) {
		*why = talloc_asprintf(mem_ctx,
				       "%s is not a CA: it may not sign "
				       "certificates",
				       info->subject);
	} else if (!info->key_fits) {
		*why = talloc_asprintf(mem_ctx,
				       "the private key does not belong to "
				       "the CA %s",
				       info->subject);
	} else if (now > info->not_after) {
		*why = talloc_asprintf(
			mem_ctx, "the CA %s expired on %s", info->subject,
			cert_time_string(mem_ctx, info->not_after));
	} else if (now < info->not_before) {
		*why = talloc_asprintf(
			mem_ctx, "the CA %s is not valid before %s",
			info->subject,
			cert_time_string(mem_ctx, info->not_before));
	} else {
		return true;
	}
	return false;
}

struct cert *cert_make(TALLOC_CTX *mem_ctx, const struct cert_request *request,
		       time_t now, char **why)
{
	struct cert *cert = NULL;
	const char *bad = NULL;
	int rc = 0;

	*why = NULL;
	if (request->issuer != NULL &&
	    !good_issuer(mem_ctx, request->issuer, now, why)) {
		return NULL;
	}
	cert = cert_new(mem_ctx);
	if (cert == NULL) {
		return NULL;
	}
	rc = generate(cert);
	if (rc >= 0) {
		rc = fill(cert, request, now, &bad);
	}
	if (rc >= 0) {
		rc = reread(cert);
	}
	if (rc >= 0 && request->issuer != NULL) {
		rc = append_issuers(cert, request->issuer);
	}
	if (rc >= 0 && cert_complete(cert)) {
		return cert;
	}
	talloc_free(cert);
	*why = bad != NULL ? talloc_asprintf(mem_ctx,
					     "\"%s\" cannot stand in a "
					     "certificate",
					     bad)
			   : talloc_asprintf(mem_ctx,
					     "cannot make a certificate: %s",
					     gnutls_strerror(rc));
	return NULL;
}
