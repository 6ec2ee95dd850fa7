/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What a client makes of an OCSP answer; openssl plays the responder.
 */
#include "tests/testlib.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <gnutls/x509-ext.h>
#include <gnutls/x509.h>

#include "certs/cert.h"
#include "certs/cert_private.h"
#include "smbquic/savefile.h"
#include "smbquic/tls_private.h"
#include "tests/fixture_pki.h"

struct fixture {
	char *dir;
	struct cert *ca, *leaf, *other;
	gnutls_x509_trust_list_t trusted;
};

static void save(struct fixture *f, const struct cert *cert, const char *name)
{
	char *why = NULL;

	assert_true(cert_save_pem(
		f, cert, talloc_asprintf(f, "%s/%s.pem", f->dir, name),
		talloc_asprintf(f, "%s/%s.key", f->dir, name), &why));
}

static int setup(void **state)
{
	struct fixture *f = talloc_zero(NULL, struct fixture);

	f->dir = testlib_tmpdir(f);
	f->ca = pki_make(f, CERT_CA, "CA", NULL);
	f->leaf = pki_make(f, CERT_SERVER, "a.example", f->ca);
	f->other = pki_make(f, CERT_CA, "Other CA", NULL);
	save(f, f->ca, "ca");
	save(f, f->leaf, "leaf");
	save(f, f->other, "other");
	assert_int_equal(gnutls_x509_trust_list_init(&f->trusted, 0), 0);
	assert_int_equal(gnutls_x509_trust_list_add_cas(f->trusted,
							&f->ca->chain[0], 1, 0),
			 1);
	*state = f;
	return 0;
}

static int teardown(void **state)
{
	struct fixture *f = *state;

	gnutls_x509_trust_list_deinit(f->trusted, 0);
	talloc_free(f);
	return 0;
}

/* An answer about `about` by `signer`. @param line  of openssl's index, where
 * %s is the serial number. */
static gnutls_datum_t answer(struct fixture *f, const struct cert *about,
			     const char *name, const char *signer,
			     const char *line, const char *more)
{
	char *index = talloc_asprintf(f, "%s/index", f->dir);
	char *serial = talloc_strdup(f, cert_info(about)->serial);
	char *text = NULL;
	char *command = NULL;
	gnutls_datum_t der = {0};
	size_t len = 0;
	char *c = NULL;

	for (c = serial; *c != '\0'; c++) {
		*c = *c >= 'a' ? (char)(*c - 'a' + 'A') : *c;
	}
	text = talloc_asprintf(f, "%s\t%s\tunknown\t/CN=x\n", line, serial);
	assert_int_equal(savefile_write(index, 0600, true, text, strlen(text)),
			 0);
	command = talloc_asprintf(
		f,
		"cd %s && openssl ocsp -index index -CA %s.pem -rsigner "
		"%s.pem -rkey %s.key -issuer ca.pem -cert %s.pem -no_nonce "
		"%s -respout answer >log 2>&1",
		f->dir, signer, signer, signer, name, more);
	assert_int_equal(system(command), 0);
	der.data = (unsigned char *)savefile_read(
		f, talloc_asprintf(f, "%s/answer", f->dir), 1 << 16, &len,
		NULL);
	assert_non_null(der.data);
	der.size = (unsigned)len;
	return der;
}

#define VALID	"V\t491231235959Z\t"
#define REVOKED "R\t491231235959Z\t200101000000Z"

static const char *judge(struct fixture *f, const gnutls_datum_t *staple,
			 time_t now)
{
	return tls_staple_judge(f->trusted, f->leaf->chain, 1, staple, now);
}

static void expect(const char *why, const char *words)
{
	assert_non_null(why);
	if (strstr(why, words) == NULL) {
		fail_msg("no \"%s\" in: %s", words, why);
	}
}

static void test_answers(void **state)
{
	struct fixture *f = *state;
	time_t now = time(NULL);
	gnutls_datum_t a = {0};

	a = answer(f, f->leaf, "leaf", "ca", VALID, "-ndays 1");
	assert_null(judge(f, &a, now));
	/* with its issuer sent along */
	assert_null(tls_staple_judge(f->trusted, f->leaf->chain, f->leaf->count,
				     &a, now));
	expect(judge(f, &a, now + 3 * 86400), "out of date");
	expect(judge(f, &a, now - 3 * 86400), "of the future");
	a = answer(f, f->leaf, "leaf", "ca", VALID, "");
	assert_null(judge(f, &a, now + 3600));
	expect(judge(f, &a, now + 3 * 86400), "out of date");
	a = answer(f, f->leaf, "leaf", "ca", REVOKED, "-ndays 1");
	assert_string_equal(judge(f, &a, now), TLS_STAPLE_REVOKED);
	a = answer(f, f->other, "leaf", "ca", VALID, "-ndays 1");
	expect(judge(f, &a, now), "does not know it");
	a = answer(f, f->ca, "ca", "ca", VALID, "-ndays 1");
	expect(judge(f, &a, now), "another certificate");
	a = answer(f, f->leaf, "leaf", "other", VALID, "-ndays 1");
	expect(judge(f, &a, now), "signed by its CA");
}

/* Every answer that was cut off or changed is none. */
static void test_broken(void **state)
{
	struct fixture *f = *state;
	time_t now = time(NULL);
	gnutls_datum_t a = answer(f, f->leaf, "leaf", "ca", VALID, "-ndays 1");
	gnutls_datum_t part = a;
	unsigned i = 0;

	for (part.size = 1; part.size < a.size; part.size++) {
		assert_non_null(judge(f, &part, now));
	}
	for (i = 0; i < a.size; i += 7) {
		a.data[i] ^= 0x01;
		(void)judge(f, &a, now);
		a.data[i] ^= 0x01;
	}
	/* the last byte is of a certificate or the signature */
	assert_null(judge(f, &a, now));
}

static void test_none(void **state)
{
	struct fixture *f = *state;
	const gnutls_datum_t resumed = {0};
	gnutls_x509_tlsfeatures_t features;
	gnutls_x509_crt_t crt;

	assert_null(judge(f, NULL, time(NULL)));
	assert_null(judge(f, &resumed, time(NULL)));
	assert_false(tls_must_staple(f->leaf->chain[0]));
	assert_int_equal(gnutls_x509_crt_init(&crt), 0);
	assert_int_equal(gnutls_x509_tlsfeatures_init(&features), 0);
	assert_int_equal(gnutls_x509_tlsfeatures_add(features, 5), 0);
	assert_int_equal(gnutls_x509_crt_set_tlsfeatures(crt, features), 0);
	assert_true(tls_must_staple(crt));
	expect(tls_staple_judge(f->trusted, &crt, 1, NULL, time(NULL)),
	       "demands");
	assert_null(
		tls_staple_judge(f->trusted, &crt, 1, &resumed, time(NULL)));
	gnutls_x509_tlsfeatures_deinit(features);
	gnutls_x509_crt_deinit(crt);
}

static void test_lists(void **state)
{
	struct fixture *f = *state;
	char *file = talloc_asprintf(f, "%s/crl.pem", f->dir);
	gnutls_x509_crl_t crl;
	gnutls_datum_t pem = {0};
	time_t next = time(NULL) + 86400;
	time_t until = 1;

	assert_true(tls_lists_until(file, &until) < 0);
	assert_int_equal(until, 0);
	assert_int_equal(savefile_write(file, 0600, true, "junk", 4), 0);
	assert_true(tls_lists_until(file, &until) < 0);
	assert_int_equal(gnutls_x509_crl_init(&crl), 0);
	gnutls_x509_crl_set_version(crl, 2);
	gnutls_x509_crl_set_this_update(crl, time(NULL));
	gnutls_x509_crl_set_next_update(crl, next);
	assert_int_equal(gnutls_x509_crl_sign2(crl, f->ca->chain[0], f->ca->key,
					       GNUTLS_DIG_SHA256, 0),
			 0);
	assert_int_equal(
		gnutls_x509_crl_export2(crl, GNUTLS_X509_FMT_PEM, &pem), 0);
	assert_int_equal(savefile_write(file, 0600, true, pem.data, pem.size),
			 0);
	assert_int_equal(tls_lists_until(file, &until), 0);
	assert_int_equal(until, next);
	gnutls_free(pem.data);
	gnutls_x509_crl_deinit(crl);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_answers, setup, teardown),
		cmocka_unit_test_setup_teardown(test_broken, setup, teardown),
		cmocka_unit_test_setup_teardown(test_none, setup, teardown),
		cmocka_unit_test_setup_teardown(test_lists, setup, teardown),
	};

	if (system("openssl version >/dev/null 2>&1") != 0) {
		print_message("skipped: openssl is not here\n");
		return 77;
	}
	return cmocka_run_group_tests(tests, NULL, NULL);
}
