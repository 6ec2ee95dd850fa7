/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * tls_staple.c - what the CA says of a certificate right now: revocation lists
 * from files, and the answer of its OCSP responder that a server brings along
 * (a staple: RFC 6066 8, RFC 6960), which a certificate may demand (RFC 7633).
 */
#include <string.h>
#include <time.h>
#include <gnutls/ocsp.h>
#include <gnutls/x509.h>

#include "smbquic/tls_private.h"

#define STATUS_REQUEST 5     /* the TLS extension that a staple comes in */
#define CLOCK_SKEW     300   /* seconds that the responder's may be ahead */
#define STALE_AFTER    86400 /* an answer that names no end */

/* --- the client's side --------------------------------------------------- */

bool tls_must_staple(gnutls_x509_crt_t crt)
{
	gnutls_x509_tlsfeatures_t features = NULL;
	unsigned feature = 0;
	unsigned critical = 0;
	bool must = false;
	unsigned i = 0;

	if (gnutls_x509_tlsfeatures_init(&features) != 0) {
		return true; /* better be strict */
	}
	if (gnutls_x509_crt_get_tlsfeatures(crt, features, 0, &critical) == 0) {
		while (!must && gnutls_x509_tlsfeatures_get(features, i,
							    &feature) == 0) {
			must = feature == STATUS_REQUEST;
			i++;
		}
	}
	gnutls_x509_tlsfeatures_deinit(features);
	return must;
}

/* Signed by who issued the certificate, or by whom that one put in charge. */
static bool is_signed(gnutls_ocsp_resp_t resp, gnutls_x509_trust_list_t trusted,
		      gnutls_x509_crt_t issuer)
{
	unsigned why = 0;

	if (gnutls_ocsp_resp_verify_direct(resp, issuer, &why, 0) == 0 &&
	    why == 0) {
		return true;
	}
	return gnutls_ocsp_resp_verify(resp, trusted, &why, 0) == 0 && why == 0;
}

static const char *judge_answer(gnutls_ocsp_resp_t resp, time_t now)
{
	unsigned status = GNUTLS_OCSP_CERT_UNKNOWN;
	time_t this_update = 0;
	time_t next_update = (time_t)-1;

	if (gnutls_ocsp_resp_get_single(resp, 0, NULL, NULL, NULL, NULL,
					&status, &this_update, &next_update,
					NULL, NULL) != 0) {
		return "the OCSP answer that came with it cannot be read";
	}
	if (status == GNUTLS_OCSP_CERT_REVOKED) {
		return TLS_STAPLE_REVOKED;
	}
	if (status != GNUTLS_OCSP_CERT_GOOD) {
		return "its CA does not know it (OCSP)";
	}
	if (this_update > now + CLOCK_SKEW) {
		return "the OCSP answer that came with it is of the future";
	}
	if (next_update == (time_t)-1) {
		next_update = this_update + STALE_AFTER;
	}
	if (next_update < now) {
		return "the OCSP answer that came with it is out of date";
	}
	return NULL;
}

static const char *judge_staple(gnutls_x509_trust_list_t trusted,
				gnutls_x509_crt_t leaf,
				gnutls_x509_crt_t issuer,
				const gnutls_datum_t *staple, time_t now)
{
	gnutls_ocsp_resp_t resp = NULL;
	const char *why = "the OCSP answer that came with it cannot be read";

	if (gnutls_ocsp_resp_init(&resp) != 0) {
		return why;
	}
	if (gnutls_ocsp_resp_import(resp, staple) == 0 &&
	    gnutls_ocsp_resp_get_status(resp) == GNUTLS_OCSP_RESP_SUCCESSFUL) {
		if (gnutls_ocsp_resp_check_crt(resp, 0, leaf) != 0) {
			why = "the OCSP answer that came with it is about "
			      "another certificate";
		} else if (!is_signed(resp, trusted, issuer)) {
			why = "the OCSP answer that came with it is not "
			      "signed by its CA";
		} else {
			why = judge_answer(resp, now);
		}
	}
	gnutls_ocsp_resp_deinit(resp);
	return why;
}

const char *tls_staple_judge(gnutls_x509_trust_list_t trusted,
			     const gnutls_x509_crt_t *chain, unsigned count,
			     const gnutls_datum_t *staple, time_t now)
{
	gnutls_x509_crt_t issuer = NULL;
	const char *why = NULL;

	if (staple != NULL && staple->size == 0) {
		return NULL;
	}
	if (staple == NULL) {
		return tls_must_staple(chain[0])
			       ? "it demands an OCSP answer of its CA, and the "
				 "server brings none"
			       : NULL;
	}
	if (count > 1) {
		return judge_staple(trusted, chain[0], chain[1], staple, now);
	}
	if (gnutls_x509_trust_list_get_issuer(trusted, chain[0], &issuer,
					      GNUTLS_TL_GET_COPY) != 0) {
		return "its issuer is not known here";
	}
	why = judge_staple(trusted, chain[0], issuer, staple, now);
	gnutls_x509_crt_deinit(issuer);
	return why;
}

/* --- lists --------------------------------------------------------------- */

int tls_lists_until(const char *crl_file, time_t *until)
{
	gnutls_x509_crl_t *list = NULL;
	gnutls_datum_t pem = {0};
	unsigned count = 0;
	unsigned i = 0;
	int rc = gnutls_load_file(crl_file, &pem);

	*until = 0;
	if (rc < 0) {
		return rc;
	}
	rc = gnutls_x509_crl_list_import2(&list, &count, &pem,
					  GNUTLS_X509_FMT_PEM, 0);
	gnutls_free(pem.data);
	if (rc < 0) {
		return rc;
	}
	for (i = 0; i < count; i++) {
		time_t next = gnutls_x509_crl_get_next_update(list[i]);

		if (next != (time_t)-1 && (*until == 0 || next < *until)) {
			*until = next;
		}
		gnutls_x509_crl_deinit(list[i]);
	}
	gnutls_free(list);
	return count > 0 ? 0 : GNUTLS_E_NO_CERTIFICATE_FOUND;
}

/* --- the server's side --------------------------------------------------- */

bool tls_identity_revoked(struct tls_identity *id, const char *crl_file,
			  TALLOC_CTX *mem_ctx, char **why)
{
	int rc = tls_lists_until(crl_file, &id->lists_until);

	if (rc >= 0) {
		rc = gnutls_certificate_set_x509_crl_file(id->cred, crl_file,
							  GNUTLS_X509_FMT_PEM);
	}
	if (rc < 0) {
		*why = talloc_asprintf(mem_ctx,
				       "cannot use the revocation list %s: %s",
				       crl_file, gnutls_strerror(rc));
	}
	return rc >= 0;
}

bool tls_identity_staple(struct tls_identity *id, const char *ocsp_file,
			 TALLOC_CTX *mem_ctx, char **why)
{
	int rc = gnutls_certificate_set_ocsp_status_request_file2(
		id->cred, ocsp_file, 0, GNUTLS_X509_FMT_DER);
	time_t end = 0;

	if (rc < 0) {
		*why = talloc_asprintf(
			mem_ctx, "cannot use the OCSP answer %s: %s", ocsp_file,
			rc == GNUTLS_E_OCSP_MISMATCH_WITH_CERTS
				? "it is about another certificate"
			: rc == GNUTLS_E_EXPIRED
				? "it is out of date, or says that the "
				  "certificate was revoked"
				: gnutls_strerror(rc));
		return false;
	}
	end = gnutls_certificate_get_ocsp_expiration(id->cred, 0, 0, 0);
	if (end != (time_t)-1 && end != (time_t)-2 && end < time(NULL)) {
		*why = talloc_asprintf(mem_ctx,
				       "the OCSP answer %s is out of date",
				       ocsp_file);
		return false;
	}
	return true;
}
