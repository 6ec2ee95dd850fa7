/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * cert_info.c - what a certificate shows, as text.
 */
#include <arpa/inet.h>
#include <ctype.h>
#include <string.h>
#include <strings.h>

#include <gnutls/x509-ext.h>

#include "certs/cert_private.h"

#define MAX_NAMES  256
#define SHA1_HEX   40
#define SHA256_HEX 64

/* --- bytes -------------------------------------------------------------- */

static char *hex(TALLOC_CTX *mem_ctx, const unsigned char *data, size_t len,
		 bool upper)
{
	const char *digits = upper ? "0123456789ABCDEF" : "0123456789abcdef";
	char *text = talloc_array(mem_ctx, char, 2 * len + 1);
	size_t i = 0;

	if (text == NULL) {
		return NULL;
	}
	for (i = 0; i < len; i++) {
		text[2 * i] = digits[data[i] >> 4];
		text[2 * i + 1] = digits[data[i] & 15];
	}
	text[2 * len] = '\0';
	return text;
}

static char *fingerprint(TALLOC_CTX *mem_ctx, gnutls_x509_crt_t crt,
			 gnutls_digest_algorithm_t algorithm, bool upper)
{
	unsigned char buf[64];
	size_t len = sizeof(buf);

	if (gnutls_x509_crt_get_fingerprint(crt, algorithm, buf, &len) < 0) {
		return NULL;
	}
	return hex(mem_ctx, buf, len, upper);
}

/* A copy that no stranger's certificate can put control characters into. */
static char *printable(TALLOC_CTX *mem_ctx, const void *data, size_t len)
{
	const char *text = data;
	char *copy = talloc_zero_size(mem_ctx, len + 1);
	size_t i = 0;

	/* A NUL in the middle must not make another name of it. */
	for (i = 0; copy != NULL && i < len; i++) {
		copy[i] = iscntrl((unsigned char)text[i]) ? '?' : text[i];
	}
	return copy;
}

/* Takes the datum over. */
static char *take(TALLOC_CTX *mem_ctx, int rc, gnutls_datum_t *datum)
{
	char *text = NULL;

	if (rc < 0) {
		return talloc_strdup(mem_ctx, "");
	}
	text = printable(mem_ctx, datum->data, datum->size);
	gnutls_free(datum->data);
	return text;
}

/* --- names -------------------------------------------------------------- */

static char *address_text(TALLOC_CTX *mem_ctx, const void *data, size_t len)
{
	char text[INET6_ADDRSTRLEN] = "";
	int family = len == 4 ? AF_INET : AF_INET6;

	if ((len != 4 && len != 16) ||
	    inet_ntop(family, data, text, sizeof(text)) == NULL) {
		return talloc_strdup(mem_ctx, "IP:?");
	}
	return talloc_asprintf(mem_ctx, "IP:%s", text);
}

static char *name_text(TALLOC_CTX *mem_ctx, unsigned type,
		       const gnutls_datum_t *san)
{
	const char *prefix = NULL;
	char *text = NULL;
	char *value = NULL;

	switch (type) {
	case GNUTLS_SAN_DNSNAME: prefix = "DNS:"; break;
	case GNUTLS_SAN_RFC822NAME: prefix = "email:"; break;
	case GNUTLS_SAN_URI: prefix = "URI:"; break;
	case GNUTLS_SAN_IPADDRESS:
		return address_text(mem_ctx, san->data, san->size);
	default: return NULL;
	}
	value = printable(mem_ctx, san->data, san->size);
	text = talloc_asprintf(mem_ctx, "%s%s", prefix, value);
	talloc_free(value);
	return text;
}

/* The name of a user, as Windows has it; NULL: another name. */
static char *principal_text(TALLOC_CTX *mem_ctx, gnutls_x509_crt_t crt,
			    unsigned seq, const gnutls_datum_t *san)
{
	char oid[64];
	size_t len = sizeof(oid);
	gnutls_datum_t name = {0};
	unsigned type = 0;
	char *value = NULL;
	char *text = NULL;

	if (gnutls_x509_crt_get_subject_alt_othername_oid(crt, seq, oid, &len) <
		    0 ||
	    gnutls_x509_othername_to_virtual(oid, san, &type, &name) < 0) {
		return NULL;
	}
	if (type == GNUTLS_SAN_OTHERNAME_MSUSERPRINCIPAL) {
		value = printable(mem_ctx, name.data, name.size);
		text = talloc_asprintf(mem_ctx, "UPN:%s", value);
	}
	gnutls_free(name.data);
	talloc_free(value);
	return text;
}

static const char *const *list_names(TALLOC_CTX *mem_ctx, gnutls_x509_crt_t crt)
{
	const char **names = talloc_zero_array(mem_ctx, const char *, 1);
	unsigned seq = 0;
	unsigned count = 0;

	for (seq = 0; names != NULL && seq < MAX_NAMES; seq++) {
		unsigned char buf[1024];
		size_t len = sizeof(buf);
		unsigned type = 0;
		gnutls_datum_t san = {.data = buf};
		char *text = NULL;
		int rc = gnutls_x509_crt_get_subject_alt_name2(
			crt, seq, buf, &len, &type, NULL);

		if (rc == GNUTLS_E_REQUESTED_DATA_NOT_AVAILABLE) {
			break;
		}
		if (rc < 0) {
			continue;
		}
		san.size = len;
		text = type == GNUTLS_SAN_OTHERNAME
			       ? principal_text(names, crt, seq, &san)
			       : name_text(names, type, &san);
		if (text == NULL) {
			continue;
		}
		names = talloc_realloc(mem_ctx, names, const char *, count + 2);
		if (names != NULL) {
			names[count++] = text;
			names[count] = NULL;
		}
	}
	return names;
}

/* --- purposes and usages ------------------------------------------------ */

static const struct {
	const char *oid;
	const char *text;
} purposes[] = {
	{GNUTLS_KP_TLS_WWW_SERVER, "server authentication"},
	{GNUTLS_KP_TLS_WWW_CLIENT, "client authentication"},
	{GNUTLS_KP_ANY, "any purpose"},
	{GNUTLS_KP_CODE_SIGNING, "code signing"},
	{GNUTLS_KP_EMAIL_PROTECTION, "email protection"},
	{GNUTLS_KP_OCSP_SIGNING, "OCSP signing"},
};

static const char *purpose_text(TALLOC_CTX *mem_ctx, const char *oid)
{
	size_t i = 0;

	for (i = 0; i < sizeof(purposes) / sizeof(purposes[0]); i++) {
		if (strcmp(purposes[i].oid, oid) == 0) {
			return purposes[i].text;
		}
	}
	return talloc_strdup(mem_ctx, oid);
}

static const char *const *list_purposes(TALLOC_CTX *mem_ctx,
					gnutls_x509_crt_t crt)
{
	const char **list =
		talloc_zero_array(mem_ctx, const char *, MAX_NAMES + 1);
	unsigned seq = 0;

	for (seq = 0; list != NULL && seq < MAX_NAMES; seq++) {
		char oid[128] = "";
		size_t len = sizeof(oid);

		if (gnutls_x509_crt_get_key_purpose_oid(crt, seq, oid, &len,
							NULL) < 0) {
			break;
		}
		list[seq] = purpose_text(list, oid);
	}
	return list;
}

static const struct {
	unsigned bit;
	const char *text;
} usages[] = {
	{GNUTLS_KEY_DIGITAL_SIGNATURE, "digital signature"},
	{GNUTLS_KEY_NON_REPUDIATION, "non repudiation"},
	{GNUTLS_KEY_KEY_ENCIPHERMENT, "key encipherment"},
	{GNUTLS_KEY_DATA_ENCIPHERMENT, "data encipherment"},
	{GNUTLS_KEY_KEY_AGREEMENT, "key agreement"},
	{GNUTLS_KEY_KEY_CERT_SIGN, "certificate signing"},
	{GNUTLS_KEY_CRL_SIGN, "CRL signing"},
};

static char *usage_text(TALLOC_CTX *mem_ctx, gnutls_x509_crt_t crt)
{
	char *text = talloc_strdup(mem_ctx, "");
	unsigned usage = 0;
	size_t i = 0;

	if (gnutls_x509_crt_get_key_usage(crt, &usage, NULL) < 0) {
		return text;
	}
	for (i = 0; i < sizeof(usages) / sizeof(usages[0]); i++) {
		if ((usage & usages[i].bit) != 0) {
			text = talloc_asprintf_append_buffer(
				text, "%s%s", *text == '\0' ? "" : ", ",
				usages[i].text);
		}
	}
	return text;
}

static char *key_text(TALLOC_CTX *mem_ctx, gnutls_x509_crt_t crt)
{
	gnutls_ecc_curve_t curve = GNUTLS_ECC_CURVE_INVALID;
	unsigned bits = 0;
	int algorithm = gnutls_x509_crt_get_pk_algorithm(crt, &bits);

	if (algorithm == GNUTLS_PK_ECDSA &&
	    gnutls_x509_crt_get_pk_ecc_raw(crt, &curve, NULL, NULL) == 0) {
		switch (curve) {
		case GNUTLS_ECC_CURVE_SECP256R1:
			return talloc_strdup(mem_ctx, "ECDSA P-256");
		case GNUTLS_ECC_CURVE_SECP384R1:
			return talloc_strdup(mem_ctx, "ECDSA P-384");
		case GNUTLS_ECC_CURVE_SECP521R1:
			return talloc_strdup(mem_ctx, "ECDSA P-521");
		default:
			return talloc_asprintf(
				mem_ctx, "ECDSA %s",
				gnutls_ecc_curve_get_name(curve));
		}
	}
	if (algorithm < 0) {
		return talloc_strdup(mem_ctx, "unknown");
	}
	return talloc_asprintf(mem_ctx, "%s %u", gnutls_pk_get_name(algorithm),
			       bits);
}

/* --- all together ------------------------------------------------------- */

static void describe_names(struct cert_info *info, gnutls_x509_crt_t crt)
{
	gnutls_datum_t datum = {0};
	char buf[512] = "";
	size_t len = sizeof(buf);
	int rc = gnutls_x509_crt_get_dn3(crt, &datum, 0);

	info->subject = take(info, rc, &datum);
	rc = gnutls_x509_crt_get_issuer_dn3(crt, &datum, 0);
	info->issuer = take(info, rc, &datum);
	rc = gnutls_x509_crt_get_dn_by_oid(crt, GNUTLS_OID_X520_COMMON_NAME, 0,
					   0, buf, &len);
	info->common_name = printable(info, buf, rc < 0 ? 0 : len);
	len = sizeof(buf);
	rc = gnutls_x509_crt_get_serial(crt, buf, &len);
	info->serial = hex(info, (unsigned char *)buf, rc < 0 ? 0 : len, false);
	info->names = list_names(info, crt);
	info->self_signed = gnutls_x509_crt_check_issuer(crt, crt) != 0;
}

struct cert_info *cert_describe(TALLOC_CTX *mem_ctx, gnutls_x509_crt_t crt)
{
	struct cert_info *info = talloc_zero(mem_ctx, struct cert_info);
	unsigned critical = 0;
	unsigned ca = 0;
	const char *signature = NULL;

	if (info == NULL) {
		return NULL;
	}
	describe_names(info, crt);
	info->purposes = list_purposes(info, crt);
	info->key_usage = usage_text(info, crt);
	info->not_before = gnutls_x509_crt_get_activation_time(crt);
	info->not_after = gnutls_x509_crt_get_expiration_time(crt);
	info->key = key_text(info, crt);
	signature = gnutls_sign_get_name(
		gnutls_x509_crt_get_signature_algorithm(crt));
	info->signature = signature == NULL ? "unknown" : signature;
	info->sha1 = fingerprint(info, crt, GNUTLS_DIG_SHA1, true);
	info->sha256 = fingerprint(info, crt, GNUTLS_DIG_SHA256, false);
	info->ca = gnutls_x509_crt_get_basic_constraints(crt, &critical, &ca,
							 NULL) >= 0 &&
		   ca != 0;
	info->chain_len = 1;
	if (info->subject == NULL || info->issuer == NULL ||
	    info->common_name == NULL || info->serial == NULL ||
	    info->names == NULL || info->purposes == NULL ||
	    info->key_usage == NULL || info->key == NULL ||
	    info->sha1 == NULL || info->sha256 == NULL) {
		talloc_free(info);
		return NULL;
	}
	return info;
}

/* --- addresses, thumbprints, times
 * ---------------------------------------------- */

size_t cert_address(const char *text, unsigned char out[16])
{
	if (inet_pton(AF_INET, text, out) == 1) {
		return 4;
	}
	return inet_pton(AF_INET6, text, out) == 1 ? 16 : 0;
}

static const char *skip_prefix(const char *text, size_t *want)
{
	static const struct {
		const char *prefix;
		size_t digits;
	} rows[] = {
		{"sha256:", SHA256_HEX},
		{"sha-256:", SHA256_HEX},
		{"sha1:", SHA1_HEX},
		{"sha-1:", SHA1_HEX},
	};
	size_t i = 0;

	*want = 0;
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		size_t len = strlen(rows[i].prefix);

		if (strncasecmp(text, rows[i].prefix, len) == 0) {
			*want = rows[i].digits;
			return text + len;
		}
	}
	return text;
}

char *cert_thumbprint_parse(TALLOC_CTX *mem_ctx, const char *text)
{
	size_t want = 0;
	size_t n = 0;
	size_t i = 0;
	char digits[SHA256_HEX + 1] = "";

	for (text = skip_prefix(text, &want); *text != '\0'; text++) {
		if (*text == ':' || *text == ' ') {
			continue;
		}
		if (!isxdigit((unsigned char)*text) || n == SHA256_HEX) {
			return NULL;
		}
		digits[n++] = *text;
	}
	if ((n != SHA1_HEX && n != SHA256_HEX) || (want != 0 && n != want)) {
		return NULL;
	}
	for (i = 0; i < n; i++) {
		digits[i] = n == SHA1_HEX ? toupper((unsigned char)digits[i])
					  : tolower((unsigned char)digits[i]);
	}
	return talloc_strdup(mem_ctx, digits);
}

bool cert_has_thumbprint(const struct cert *cert, const char *thumbprint)
{
	return strcasecmp(thumbprint, cert->info->sha1) == 0 ||
	       strcasecmp(thumbprint, cert->info->sha256) == 0;
}

char *cert_time_string(TALLOC_CTX *mem_ctx, time_t when)
{
	char text[64] = "";
	struct tm tm = {0};

	if (gmtime_r(&when, &tm) == NULL) {
		return talloc_strdup(mem_ctx, "?");
	}
	strftime(text, sizeof(text), "%Y-%m-%d %H:%M:%S UTC", &tm);
	return talloc_strdup(mem_ctx, text);
}
