/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * cert.c - loading certificates and keys, and saving them.
 */
#include "certs/cert.h"

#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include <gnutls/pkcs12.h>

#include "certs/cert_private.h"
#include "smbquic/savefile.h"

#define MAX_STORE_FILES 4096

/* --- the object --------------------------------------------------------- */

static int cert_destructor(struct cert *cert)
{
	unsigned i = 0;

	for (i = 0; i < cert->count; i++) {
		gnutls_x509_crt_deinit(cert->chain[i]);
	}
	gnutls_free(cert->chain);
	gnutls_x509_privkey_deinit(cert->key);
	gnutls_privkey_deinit(cert->token);
	return 0;
}

struct cert *cert_new(TALLOC_CTX *mem_ctx)
{
	struct cert *cert = talloc_zero(mem_ctx, struct cert);

	if (cert != NULL) {
		talloc_set_destructor(cert, cert_destructor);
	}
	return cert;
}

bool cert_key_fits(gnutls_x509_privkey_t key, gnutls_x509_crt_t crt)
{
	unsigned char ids[2][64];
	size_t len[2] = {sizeof(ids[0]), sizeof(ids[1])};

	return gnutls_x509_privkey_get_key_id(key, 0, ids[0], &len[0]) == 0 &&
	       gnutls_x509_crt_get_key_id(crt, 0, ids[1], &len[1]) == 0 &&
	       len[0] == len[1] && memcmp(ids[0], ids[1], len[0]) == 0;
}

bool cert_complete(struct cert *cert)
{
	struct cert_info *info = cert_describe(cert, cert->chain[0]);

	if (info == NULL) {
		return false;
	}
	info->chain_len = cert->count;
	info->has_key = cert->key != NULL || cert->token != NULL;
	if (cert->key != NULL) {
		info->key_fits = cert_key_fits(cert->key, cert->chain[0]);
	} else if (cert->token != NULL) {
		info->key_fits =
			cert_token_key_fits(cert->token, cert->chain[0]);
	}
	cert->info = info;
	return true;
}

const struct cert_info *cert_info(const struct cert *cert)
{
	return cert->info;
}

struct cert_info *cert_chain_info(TALLOC_CTX *mem_ctx, const struct cert *cert,
				  size_t n)
{
	return n < cert->count ? cert_describe(mem_ctx, cert->chain[n]) : NULL;
}

/* --- DER ---------------------------------------------------------------- */

struct cert *cert_from_der(TALLOC_CTX *mem_ctx, const gnutls_datum_t *chain,
			   unsigned count, char **why)
{
	struct cert *cert = cert_new(mem_ctx);
	unsigned most = count < CERT_MAX_CHAIN ? count : CERT_MAX_CHAIN;
	int rc = GNUTLS_E_NO_CERTIFICATE_FOUND;

	*why = NULL;
	if (cert == NULL) {
		return NULL;
	}
	cert->chain = gnutls_calloc(most + 1, sizeof(cert->chain[0]));
	while (cert->chain != NULL && cert->count < most) {
		gnutls_x509_crt_t *next = &cert->chain[cert->count];

		rc = gnutls_x509_crt_init(next);
		if (rc < 0) {
			break;
		}
		cert->count++;
		rc = gnutls_x509_crt_import(*next, &chain[cert->count - 1],
					    GNUTLS_X509_FMT_DER);
		if (rc < 0) {
			break;
		}
	}
	if (rc < 0) {
		*why = talloc_asprintf(mem_ctx,
				       "not a certificate that can be read: %s",
				       gnutls_strerror(rc));
	} else if (cert_complete(cert)) {
		return cert;
	}
	talloc_free(cert);
	return NULL;
}

/* --- PEM ---------------------------------------------------------------- */

/* talloc owns the bytes; keys among them are wiped with them. */
static int wipe(char *text)
{
	explicit_bzero(text, talloc_get_size(text));
	return 0;
}

static bool read_file(TALLOC_CTX *mem_ctx, const char *file,
		      gnutls_datum_t *out, char **why)
{
	size_t len = 0;
	char *text = savefile_read(mem_ctx, file, CERT_MAX_FILE, &len, NULL);

	if (text == NULL) {
		*why = talloc_asprintf(mem_ctx, "cannot read %s: %s", file,
				       errno == EINVAL ? "it is not a file"
						       : strerror(errno));
		return false;
	}
	talloc_set_destructor(text, wipe);
	out->data = (unsigned char *)text;
	out->size = len;
	return true;
}

static bool token_failed(TALLOC_CTX *mem_ctx, const char *url, int rc,
			 char **why)
{
	*why = talloc_asprintf(mem_ctx, "cannot use %s: %s", url,
			       gnutls_strerror(rc));
	return false;
}

static bool load_chain(struct cert *cert, const char *file, char **why)
{
	TALLOC_CTX *mem_ctx = talloc_parent(cert);
	gnutls_datum_t pem = {0};
	int rc = 0;

	if (cert_source_is_token(file)) {
		rc = cert_token_chain(file, &cert->chain, &cert->count);
		return rc >= 0 || token_failed(mem_ctx, file, rc, why);
	}
	if (!read_file(mem_ctx, file, &pem, why)) {
		return false;
	}
	rc = gnutls_x509_crt_list_import2(&cert->chain, &cert->count, &pem,
					  GNUTLS_X509_FMT_PEM,
					  GNUTLS_X509_CRT_LIST_SORT);
	talloc_free(pem.data);
	if (rc < 0) {
		cert->chain = NULL;
		cert->count = 0;
		*why = rc == GNUTLS_E_NO_CERTIFICATE_FOUND ||
				       rc == GNUTLS_E_BASE64_UNEXPECTED_HEADER_ERROR
			       ? talloc_asprintf(mem_ctx,
						 "there is no certificate in "
						 "%s",
						 file)
			       : talloc_asprintf(mem_ctx,
						 "cannot use %s as a "
						 "certificate: %s",
						 file, gnutls_strerror(rc));
		return false;
	}
	return true;
}

int cert_import_key(const gnutls_datum_t *pem, const char *password,
		    gnutls_x509_privkey_t *out)
{
	int rc = gnutls_x509_privkey_init(out);

	if (rc < 0) {
		return rc;
	}
	rc = gnutls_x509_privkey_import2(*out, pem, GNUTLS_X509_FMT_PEM,
					 password, 0);
	if (rc < 0) {
		gnutls_x509_privkey_deinit(*out);
		*out = NULL;
	}
	return rc;
}

static bool load_key(struct cert *cert, const char *file, const char *password,
		     char **why)
{
	TALLOC_CTX *mem_ctx = talloc_parent(cert);
	gnutls_datum_t pem = {0};
	int rc = 0;

	if (cert_source_is_token(file)) {
		rc = cert_token_key(file, &cert->token);
		return rc >= 0 || token_failed(mem_ctx, file, rc, why);
	}
	if (!read_file(mem_ctx, file, &pem, why)) {
		return false;
	}
	rc = cert_import_key(&pem, password, &cert->key);
	explicit_bzero(pem.data, pem.size);
	talloc_free(pem.data);
	if (rc == GNUTLS_E_DECRYPTION_FAILED) {
		*why = talloc_asprintf(mem_ctx,
				       "the private key in %s is protected by "
				       "%s password",
				       file,
				       password == NULL ? "a" : "another");
	} else if (rc < 0) {
		*why = talloc_asprintf(mem_ctx,
				       "there is no usable private key in "
				       "%s: %s",
				       file, gnutls_strerror(rc));
	}
	return rc >= 0;
}

struct cert *cert_load_pem(TALLOC_CTX *mem_ctx, const char *cert_file,
			   const char *key_file, const char *password,
			   char **why)
{
	struct cert *cert = cert_new(mem_ctx);

	*why = NULL;
	if (cert == NULL) {
		return NULL;
	}
	if (!load_chain(cert, cert_file, why) ||
	    (key_file != NULL && !load_key(cert, key_file, password, why)) ||
	    !cert_complete(cert)) {
		talloc_free(cert);
		return NULL;
	}
	return cert;
}

static bool file_has(const char *file, const char *text)
{
	char *why = NULL;
	gnutls_datum_t all = {0};
	TALLOC_CTX *mem_ctx = talloc_new(NULL);
	bool found = read_file(mem_ctx, file, &all, &why) &&
		     memmem(all.data, all.size, text, strlen(text)) != NULL;

	talloc_free(mem_ctx);
	return found;
}

bool cert_file_is_pem(const char *file)
{
	return file_has(file, "-----BEGIN ");
}

bool cert_file_is_encrypted(const char *file)
{
	return file_has(file, "-----BEGIN ENCRYPTED PRIVATE KEY-----") ||
	       file_has(file, "Proc-Type: 4,ENCRYPTED");
}

/* --- PKCS#12 ------------------------------------------------------------ */

static int parse_pkcs12(struct cert *cert, const gnutls_datum_t *der,
			const char *password)
{
	gnutls_pkcs12_t p12 = NULL;
	int rc = gnutls_pkcs12_init(&p12);

	if (rc < 0) {
		return rc;
	}
	rc = gnutls_pkcs12_import(p12, der, GNUTLS_X509_FMT_DER, 0);
	if (rc >= 0) {
		rc = gnutls_pkcs12_verify_mac(p12, password);
	}
	if (rc >= 0) {
		rc = gnutls_pkcs12_simple_parse(p12, password, &cert->key,
						&cert->chain, &cert->count,
						NULL, NULL, NULL, 0);
	}
	gnutls_pkcs12_deinit(p12);
	return rc;
}

struct cert *cert_load_pkcs12(TALLOC_CTX *mem_ctx, const char *file,
			      const char *password, char **why)
{
	struct cert *cert = cert_new(mem_ctx);
	gnutls_datum_t der = {0};
	int rc = 0;

	*why = NULL;
	if (cert == NULL || !read_file(mem_ctx, file, &der, why)) {
		talloc_free(cert);
		return NULL;
	}
	rc = parse_pkcs12(cert, &der, password);
	talloc_free(der.data);
	if (rc >= 0 && cert->count > 0 && cert_complete(cert)) {
		return cert;
	}
	talloc_free(cert);
	if (rc == GNUTLS_E_MAC_VERIFY_FAILED ||
	    rc == GNUTLS_E_DECRYPTION_FAILED) {
		*why = talloc_asprintf(mem_ctx, "%s has another password",
				       file);
	} else if (rc < 0) {
		*why = talloc_asprintf(mem_ctx,
				       "%s is neither PEM nor a PKCS#12 file "
				       "that can be read: %s",
				       file, gnutls_strerror(rc));
	} else {
		*why = talloc_asprintf(mem_ctx, "there is no certificate in %s",
				       file);
	}
	return NULL;
}

/* --- a directory of them ------------------------------------------------ */

/* Every file of the directory that may be PEM, sorted by name. */
static char **list_files(TALLOC_CTX *mem_ctx, const char *dir, char **why)
{
	struct dirent **found = NULL;
	int count = scandir(dir, &found, NULL, alphasort);
	char **files = NULL;
	int n = 0;
	int i = 0;

	if (count == -1) {
		*why = talloc_asprintf(mem_ctx, "cannot read the store %s: %s",
				       dir, strerror(errno));
		return NULL;
	}
	files = talloc_zero_array(mem_ctx, char *, MAX_STORE_FILES + 1);
	for (i = 0; i < count; i++) {
		if (files != NULL && n < MAX_STORE_FILES &&
		    found[i]->d_name[0] != '.') {
			files[n++] = talloc_asprintf(files, "%s/%s", dir,
						     found[i]->d_name);
		}
		free(found[i]);
	}
	free(found);
	return files;
}

static struct cert *best_match(TALLOC_CTX *mem_ctx, char **files,
			       const char *thumbprint, char **file)
{
	struct cert *best = NULL;
	char *why = NULL;

	for (; *files != NULL; files++) {
		struct cert *cert =
			cert_load_pem(mem_ctx, *files, NULL, NULL, &why);

		if (cert == NULL || !cert_has_thumbprint(cert, thumbprint) ||
		    (best != NULL && best->count >= cert->count)) {
			talloc_free(cert);
			continue;
		}
		talloc_free(best);
		best = cert;
		*file = *files;
	}
	return best;
}

static char *find_key(TALLOC_CTX *mem_ctx, char **files,
		      const struct cert *cert)
{
	char *why = NULL;

	for (; *files != NULL; files++) {
		gnutls_x509_privkey_t key = NULL;
		gnutls_datum_t pem = {0};
		bool fits = false;

		if (!read_file(mem_ctx, *files, &pem, &why)) {
			continue;
		}
		if (cert_import_key(&pem, NULL, &key) >= 0) {
			fits = cert_key_fits(key, cert->chain[0]);
			gnutls_x509_privkey_deinit(key);
		}
		talloc_free(pem.data);
		if (fits) {
			return *files;
		}
	}
	return NULL;
}

bool cert_find(TALLOC_CTX *mem_ctx, const char *dir, const char *thumbprint,
	       char **cert_file, char **key_file, char **why)
{
	TALLOC_CTX *work = talloc_new(mem_ctx);
	char **files = NULL;
	struct cert *cert = NULL;

	*cert_file = NULL;
	*key_file = NULL;
	*why = NULL;
	files = list_files(mem_ctx, dir, why);
	if (files == NULL) {
		talloc_free(work);
		return false;
	}
	talloc_steal(work, files);
	cert = best_match(work, files, thumbprint, cert_file);
	if (cert == NULL) {
		*why = talloc_asprintf(mem_ctx,
				       "the store %s has no certificate with "
				       "the thumbprint %s",
				       dir, thumbprint);
	} else {
		*key_file = find_key(work, files, cert);
		*cert_file = talloc_steal(mem_ctx, *cert_file);
		if (*key_file != NULL) {
			*key_file = talloc_strdup(mem_ctx, *key_file);
		}
	}
	talloc_free(work);
	return cert != NULL;
}

/* --- saving ------------------------------------------------------------- */

static int append_pem(gnutls_x509_crt_t crt, char **text)
{
	gnutls_datum_t pem = {0};
	int rc = gnutls_x509_crt_export2(crt, GNUTLS_X509_FMT_PEM, &pem);

	if (rc < 0) {
		return rc;
	}
	*text = talloc_asprintf_append_buffer(*text, "%.*s", (int)pem.size,
					      pem.data);
	gnutls_free(pem.data);
	return *text == NULL ? GNUTLS_E_MEMORY_ERROR : 0;
}

static bool write_pem(TALLOC_CTX *mem_ctx, const char *file, mode_t mode,
		      const void *data, size_t len, char **why)
{
	int err = savefile_write(file, mode, true, data, len);

	if (err != 0) {
		*why = talloc_asprintf(mem_ctx, "cannot write %s: %s", file,
				       strerror(err));
	}
	return err == 0;
}

static bool save_key(TALLOC_CTX *mem_ctx, const struct cert *cert,
		     const char *file, char **why)
{
	gnutls_datum_t pem = {0};
	bool ok = false;
	int rc = 0;

	if (cert->key == NULL) {
		*why = talloc_strdup(mem_ctx, "the key stays in its token");
		return false;
	}
	rc = cert_key_pem(cert->key, &pem);
	if (rc < 0) {
		*why = talloc_strdup(mem_ctx, gnutls_strerror(rc));
		return false;
	}
	ok = write_pem(mem_ctx, file, 0600, pem.data, pem.size, why);
	explicit_bzero(pem.data, pem.size);
	gnutls_free(pem.data);
	return ok;
}

bool cert_save_pem(TALLOC_CTX *mem_ctx, const struct cert *cert,
		   const char *cert_file, const char *key_file, char **why)
{
	char *text = talloc_strdup(mem_ctx, "");
	unsigned i = 0;
	bool ok = true;

	*why = NULL;
	for (i = 0; i < cert->count; i++) {
		int rc = append_pem(cert->chain[i], &text);

		if (rc < 0) {
			*why = talloc_strdup(mem_ctx, gnutls_strerror(rc));
			talloc_free(text);
			return false;
		}
	}
	if (key_file != NULL) {
		ok = save_key(mem_ctx, cert, key_file, why);
	}
	ok = ok && write_pem(mem_ctx, cert_file, 0644, text, strlen(text), why);
	talloc_free(text);
	return ok;
}
