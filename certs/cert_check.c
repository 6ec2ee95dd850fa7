/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * cert_check.c - is this certificate fit for a server, and who trusts it?
 */
#include <stdarg.h>
#include <string.h>

#include "certs/cert_private.h"

#define MAX_PROBLEMS 16
#define MIN_RSA_BITS 2048

/* --- a list of sentences ------------------------------------------------ */

struct problems {
	char **list;
	size_t count;
};

static void add(struct problems *p, const char *format, ...)
	PRINTF_ATTRIBUTE(2, 3);

static void add(struct problems *p, const char *format, ...)
{
	va_list args;

	if (p->count == MAX_PROBLEMS) {
		return;
	}
	va_start(args, format);
	p->list[p->count] = talloc_vasprintf(p->list, format, args);
	va_end(args);
	if (p->list[p->count] != NULL) {
		p->count++;
	}
}

/* --- one rule each ------------------------------------------------------ */

static void check_key(struct problems *p, const struct cert *cert)
{
	if (!cert->info->has_key) {
		add(p, "the certificate has no private key");
	} else if (!cert->info->key_fits) {
		add(p, "the private key does not belong to the certificate");
	}
}

/* The server names in it. Without any SAN the common name counts. */
static char *names_text(TALLOC_CTX *mem_ctx, const struct cert_info *info)
{
	char *text = talloc_strdup(mem_ctx, "");
	const char *const *name = NULL;

	for (name = info->names; *name != NULL; name++) {
		if (strncmp(*name, "DNS:", 4) == 0 ||
		    strncmp(*name, "IP:", 3) == 0) {
			text = talloc_asprintf_append_buffer(
				text, "%s%s", *text == '\0' ? "" : ", ",
				strchr(*name, ':') + 1);
		}
	}
	if (text != NULL && *text == '\0') {
		text = talloc_asprintf_append_buffer(
			text, "no name that a server can have (subject %s)",
			info->subject);
	}
	return text;
}

static void check_name(struct problems *p, const struct cert *cert,
		       const char *name)
{
	char *any = NULL;
	bool fits = false;

	if (name == NULL) {
		return;
	}
	/* What is to be good for all of a domain is good for any of it. */
	any = strncmp(name, "*.", 2) == 0
		      ? talloc_asprintf(p->list, "any.%s", name + 2)
		      : NULL;
	fits = gnutls_x509_crt_check_hostname(cert->chain[0],
					      any == NULL ? name : any) != 0;
	talloc_free(any);
	if (fits) {
		return;
	}
	add(p, "the certificate is not for %s but for %s", name,
	    names_text(p->list, cert->info));
}

static void check_dates(struct problems *p, const struct cert *cert, time_t now)
{
	const struct cert_info *info = cert->info;

	if (now > info->not_after) {
		add(p, "the certificate expired on %s",
		    cert_time_string(p->list, info->not_after));
	} else if (now < info->not_before) {
		add(p,
		    "the certificate is not valid before %s, and by the clock "
		    "here it is %s",
		    cert_time_string(p->list, info->not_before),
		    cert_time_string(p->list, now));
	}
}

static bool has_purpose(gnutls_x509_crt_t crt, const char *wanted)
{
	char oid[128] = "";
	size_t len = sizeof(oid);
	unsigned seq = 0;

	while (gnutls_x509_crt_get_key_purpose_oid(crt, seq, oid, &len, NULL) >=
	       0) {
		if (strcmp(oid, wanted) == 0 ||
		    strcmp(oid, GNUTLS_KP_ANY) == 0) {
			return true;
		}
		len = sizeof(oid);
		seq++;
	}
	return seq == 0; /* no such extension: any purpose */
}

static void check_purpose(struct problems *p, const struct cert *cert,
			  bool server)
{
	unsigned usage = 0;

	if (!has_purpose(cert->chain[0], server ? GNUTLS_KP_TLS_WWW_SERVER
						: GNUTLS_KP_TLS_WWW_CLIENT)) {
		add(p,
		    "the certificate is not for %s authentication (extended "
		    "key usage %s) but for %s",
		    server ? "server" : "client",
		    server ? GNUTLS_KP_TLS_WWW_SERVER
			   : GNUTLS_KP_TLS_WWW_CLIENT,
		    cert->info->purposes[0]);
	}
	if (gnutls_x509_crt_get_key_usage(cert->chain[0], &usage, NULL) >= 0 &&
	    (usage & GNUTLS_KEY_DIGITAL_SIGNATURE) == 0) {
		add(p,
		    "the certificate's key is not for digital signatures "
		    "(key usage: %s)",
		    cert->info->key_usage);
	}
}

static void check_strength(struct problems *p, const struct cert *cert)
{
	unsigned bits = 0;
	int key = gnutls_x509_crt_get_pk_algorithm(cert->chain[0], &bits);
	int sign = gnutls_x509_crt_get_signature_algorithm(cert->chain[0]);
	int hash = gnutls_sign_get_hash_algorithm(sign);

	if ((key == GNUTLS_PK_RSA || key == GNUTLS_PK_RSA_PSS) &&
	    bits < MIN_RSA_BITS) {
		add(p,
		    "the certificate's key is too short: RSA %u, and %u is "
		    "the least",
		    bits, MIN_RSA_BITS);
	} else if (key == GNUTLS_PK_ECDSA && bits < 256) {
		add(p,
		    "the certificate's key is too short: %s, and P-256 is "
		    "the least",
		    cert->info->key);
	} else if (key == GNUTLS_PK_DSA) {
		add(p, "the certificate has a DSA key, which TLS 1.3 does not "
		       "know");
	}
	if (hash == GNUTLS_DIG_MD5 || hash == GNUTLS_DIG_SHA1 ||
	    hash == GNUTLS_DIG_MD2) {
		add(p, "the certificate is signed with %s, which is broken",
		    cert->info->signature);
	}
}

static char **find_problems(TALLOC_CTX *mem_ctx, const struct cert *cert,
			    bool server, const char *name, time_t now)
{
	struct problems p = {
		.list = talloc_zero_array(mem_ctx, char *, MAX_PROBLEMS + 1),
	};

	if (p.list == NULL) {
		return NULL;
	}
	check_key(&p, cert);
	check_purpose(&p, cert, server);
	check_name(&p, cert, name);
	check_dates(&p, cert, now);
	check_strength(&p, cert);
	return p.list;
}

char **cert_server_problems(TALLOC_CTX *mem_ctx, const struct cert *cert,
			    const char *name, time_t now)
{
	return find_problems(mem_ctx, cert, true, name, now);
}

char **cert_peer_problems(TALLOC_CTX *mem_ctx, const struct cert *cert,
			  const char *name, time_t now)
{
	struct problems p = {
		.list = talloc_zero_array(mem_ctx, char *, MAX_PROBLEMS + 1),
	};

	if (p.list != NULL) {
		check_purpose(&p, cert, true);
		check_name(&p, cert, name);
		check_dates(&p, cert, now);
		check_strength(&p, cert);
	}
	return p.list;
}

char **cert_client_problems(TALLOC_CTX *mem_ctx, const struct cert *cert,
			    time_t now)
{
	return find_problems(mem_ctx, cert, false, NULL, now);
}

/* --- trust -------------------------------------------------------------- */

static int add_trust(gnutls_x509_trust_list_t list, const char *ca_file)
{
	if (ca_file == NULL) {
		return gnutls_x509_trust_list_add_system_trust(list, 0, 0);
	}
	return gnutls_x509_trust_list_add_trust_file(list, ca_file, NULL,
						     GNUTLS_X509_FMT_PEM, 0, 0);
}

static char *status_text(TALLOC_CTX *mem_ctx, unsigned status)
{
	gnutls_datum_t text = {0};
	char *copy = NULL;
	size_t len = 0;

	if (gnutls_certificate_verification_status_print(
		    status, GNUTLS_CRT_X509, &text, 0) < 0) {
		return talloc_strdup(mem_ctx, "not trusted");
	}
	len = strlen((char *)text.data);
	while (len > 0 && text.data[len - 1] == ' ') {
		len--;
	}
	copy = talloc_strndup(mem_ctx, (char *)text.data, len);
	gnutls_free(text.data);
	return copy;
}

bool cert_trusted(TALLOC_CTX *mem_ctx, const struct cert *cert,
		  const char *ca_file, char **why)
{
	const char *who = ca_file == NULL ? "the system" : ca_file;
	gnutls_x509_trust_list_t list = NULL;
	gnutls_typed_vdata_st purpose = {
		.type = GNUTLS_DT_KEY_PURPOSE_OID,
		.data = (unsigned char *)GNUTLS_KP_TLS_WWW_SERVER,
	};
	unsigned status = 0;
	int rc = gnutls_x509_trust_list_init(&list, 0);

	*why = NULL;
	if (rc >= 0) {
		rc = add_trust(list, ca_file);
	}
	if (rc >= 0) {
		rc = gnutls_x509_trust_list_verify_crt2(list, cert->chain,
							cert->count, &purpose,
							1, 0, &status, NULL);
	}
	gnutls_x509_trust_list_deinit(list, 1);
	if (rc < 0) {
		*why = talloc_asprintf(mem_ctx, "cannot check against %s: %s",
				       who, gnutls_strerror(rc));
		return false;
	}
	*why = status == 0 ? talloc_asprintf(mem_ctx, "trusted by %s", who)
			   : status_text(mem_ctx, status);
	return status == 0;
}
