/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * access_path.c - which of the certificates that a client sent say who it is.
 *
 * Anybody can send along certificates of others, and make one with the name
 * and the key of an issuer and an issuer of its own choice. So a certificate
 * counts only when it issued one that counts, and is itself trusted.
 */
#include <string.h>

#include "certs/access.h"
#include "certs/cert_private.h"
#include "certs/dn.h"

/* Leaf first. Those that are ours to free are from `borrowed` on. */
struct walk {
	gnutls_x509_trust_list_t trusted;
	gnutls_x509_crt_t sent[CERT_MAX_CHAIN];
	unsigned num_sent;
	gnutls_x509_crt_t above[CERT_MAX_CHAIN]; /* trusted here, not sent */
	unsigned num_above;
	gnutls_x509_crt_t path[2 * CERT_MAX_CHAIN];
	unsigned count;
};

static bool import(struct walk *w, const gnutls_datum_t *chain, unsigned count)
{
	for (; w->num_sent < count; w->num_sent++) {
		gnutls_x509_crt_t *crt = &w->sent[w->num_sent];

		if (gnutls_x509_crt_init(crt) < 0) {
			return false;
		}
		if (gnutls_x509_crt_import(*crt, &chain[w->num_sent],
					   GNUTLS_X509_FMT_DER) < 0) {
			gnutls_x509_crt_deinit(*crt);
			return false;
		}
	}
	return true;
}

static void finish(struct walk *w)
{
	while (w->num_sent > 0) {
		gnutls_x509_crt_deinit(w->sent[--w->num_sent]);
	}
	while (w->num_above > 0) {
		gnutls_x509_crt_deinit(w->above[--w->num_above]);
	}
}

static bool is_in(const struct walk *w, gnutls_x509_crt_t crt)
{
	unsigned i = 0;

	while (i < w->count && gnutls_x509_crt_equals(w->path[i], crt) == 0) {
		i++;
	}
	return i < w->count;
}

static bool is_root(gnutls_x509_crt_t crt)
{
	return gnutls_x509_crt_check_issuer(crt, crt) != 0;
}

static bool issued(gnutls_x509_crt_t issuer, gnutls_x509_crt_t crt)
{
	unsigned status = GNUTLS_CERT_INVALID;

	return gnutls_x509_crt_check_issuer(crt, issuer) != 0 &&
	       gnutls_x509_crt_verify(crt, &issuer, 1,
				      GNUTLS_VERIFY_DISABLE_TIME_CHECKS,
				      &status) == 0 &&
	       status == 0;
}

/* By way of the others that were sent. */
static bool is_trusted(const struct walk *w, gnutls_x509_crt_t crt)
{
	gnutls_x509_crt_t chain[CERT_MAX_CHAIN + 1] = {crt};
	unsigned status = GNUTLS_CERT_INVALID;
	unsigned count = 1;
	unsigned i = 0;

	for (i = 1; i < w->num_sent; i++) {
		if (w->sent[i] != crt) {
			chain[count++] = w->sent[i];
		}
	}
	return gnutls_x509_trust_list_verify_crt2(w->trusted, chain, count,
						  NULL, 0, 0, &status,
						  NULL) == 0 &&
	       status == 0;
}

/* Those that were sent and issued path[n]. */
static void add_sent(struct walk *w, unsigned n)
{
	unsigned i = 0;

	for (i = 1; i < w->num_sent; i++) {
		gnutls_x509_crt_t crt = w->sent[i];

		if (!is_in(w, crt) && !is_root(crt) &&
		    issued(crt, w->path[n]) && is_trusted(w, crt)) {
			w->path[w->count++] = crt;
		}
	}
}

/* The one that is trusted here and issued path[n]. */
static void add_above(struct walk *w, unsigned n)
{
	gnutls_x509_crt_t crt = NULL;

	if (w->num_above == CERT_MAX_CHAIN ||
	    gnutls_x509_trust_list_get_issuer(w->trusted, w->path[n], &crt,
					      GNUTLS_TL_GET_COPY) < 0) {
		return;
	}
	w->above[w->num_above++] = crt;
	if (!is_in(w, crt) && !is_root(crt) && issued(crt, w->path[n])) {
		w->path[w->count++] = crt;
	}
}

/* --- what there is to compare -------------------------------------------- */

static const struct dn *issuer_of(TALLOC_CTX *mem_ctx, gnutls_x509_crt_t crt)
{
	gnutls_datum_t text = {0};
	const struct dn *dn = NULL;
	char *copy = NULL;

	if (gnutls_x509_crt_get_issuer_dn3(crt, &text, 0) < 0) {
		return NULL;
	}
	copy = talloc_strndup(mem_ctx, (char *)text.data, text.size);
	if (copy != NULL && strlen(copy) == text.size) {
		dn = dn_parse(mem_ctx, copy);
	}
	talloc_free(copy);
	gnutls_free(text.data);
	return dn;
}

static struct access_path *describe(TALLOC_CTX *mem_ctx, const struct walk *w)
{
	struct access_path *path = talloc_zero(mem_ctx, struct access_path);

	if (path == NULL) {
		return NULL;
	}
	path->certs = talloc_zero_array(path, struct access_cert, w->count);
	for (; path->certs != NULL && path->count < w->count; path->count++) {
		struct access_cert *out = &path->certs[path->count];
		gnutls_x509_crt_t crt = w->path[path->count];
		const struct cert_info *info = cert_describe(path, crt);

		if (info == NULL) {
			break;
		}
		*out = (struct access_cert){
			.sha1 = info->sha1,
			.sha256 = info->sha256,
			.subject = info->subject,
			.issuer = info->issuer,
			.serial = info->serial,
			.issuer_dn = issuer_of(path, crt),
		};
	}
	if (path->count < w->count) {
		talloc_free(path);
		return NULL;
	}
	return path;
}

/* Without all of them an entry that denies one could not be found. */
static bool has_issuers(const struct access_path *path)
{
	size_t i = 0;

	while (i < path->count && path->certs[i].issuer_dn != NULL) {
		i++;
	}
	return i == path->count;
}

struct access_path *access_path(TALLOC_CTX *mem_ctx,
				gnutls_x509_trust_list_t trusted,
				const gnutls_datum_t *chain, unsigned count,
				char **why)
{
	struct walk w = {.trusted = trusted};
	struct access_path *path = NULL;
	unsigned n = 0;

	*why = NULL;
	if (count == 0 || count > CERT_MAX_CHAIN) {
		*why = talloc_asprintf(mem_ctx,
				       "the client sent %u certificates, and "
				       "at most %d are looked at",
				       count, CERT_MAX_CHAIN);
		return NULL;
	}
	if (!import(&w, chain, count)) {
		*why = talloc_strdup(mem_ctx, "the client sent a certificate "
					      "that cannot be read");
		finish(&w);
		return NULL;
	}
	w.path[w.count++] = w.sent[0];
	for (n = 0; n < w.count; n++) {
		add_sent(&w, n);
		add_above(&w, n);
	}
	path = describe(mem_ctx, &w);
	finish(&w);
	if (path != NULL && !has_issuers(path)) {
		*why = talloc_strdup(mem_ctx,
				     "a certificate's issuer has a name that "
				     "cannot be compared");
		TALLOC_FREE(path);
	}
	return path;
}
