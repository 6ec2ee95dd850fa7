/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <cmocka.h>

#include <gnutls/pkcs12.h>
#include <gnutls/x509.h>

#include "certs/cert.h"
#include "smbquic/savefile.h"
#include "tests/testlib.h"

#define NOW 1800000000 /* 2027-01-15 */
#define DAY 86400

static int setup(void **state)
{
	*state = testlib_tmpdir(NULL);
	return 0;
}

static int teardown(void **state)
{
	talloc_free(*state);
	return 0;
}

static char *in_dir(void **state, const char *name)
{
	return talloc_asprintf(*state, "%s/%s", (char *)*state, name);
}

static struct cert *make(void **state, enum cert_purpose purpose,
			 const char *name, const struct cert *issuer)
{
	const char *const names[] = {name, NULL};
	const struct cert_request request = {
		.purpose = purpose,
		.names = names,
		.days = 30,
		.issuer = issuer,
	};
	char *why = NULL;
	struct cert *cert = cert_make(*state, &request, NOW, &why);

	if (cert == NULL) {
		fail_msg("%s", why);
	}
	return cert;
}

/* The only problem, or NULL when there is none; more than one fails. */
static const char *problem(void **state, const struct cert *cert,
			   const char *name, time_t now)
{
	char **list = cert_server_problems(*state, cert, name, now);

	assert_non_null(list);
	if (list[0] != NULL && list[1] != NULL) {
		fail_msg("also: %s", list[1]);
	}
	return list[0];
}

static void expect_problem(void **state, const struct cert *cert,
			   const char *name, time_t now, const char *text)
{
	const char *found = problem(state, cert, name, now);

	if (found == NULL || strstr(found, text) == NULL) {
		fail_msg("\"%s\" instead of \"%s\"", found, text);
	}
}

static void test_make_server(void **state)
{
	const char *const names[] = {"fs.example.com", "192.0.2.1",
				     "2001:db8::1", "m\xc3\xbcll.example",
				     NULL};
	const struct cert *ca = make(state, CERT_CA, "Test CA", NULL);
	const struct cert_request request = {
		.purpose = CERT_SERVER,
		.names = names,
		.days = 10,
		.issuer = ca,
	};
	char *why = NULL;
	struct cert *cert = cert_make(*state, &request, NOW, &why);
	const struct cert_info *info = NULL;

	assert_non_null(cert);
	info = cert_info(cert);
	assert_string_equal(info->subject, "CN=fs.example.com");
	assert_string_equal(info->common_name, "fs.example.com");
	assert_string_equal(info->issuer, "CN=Test CA");
	assert_string_equal(info->names[0], "DNS:fs.example.com");
	assert_string_equal(info->names[1], "IP:192.0.2.1");
	assert_string_equal(info->names[2], "IP:2001:db8::1");
	assert_string_equal(info->names[3], "DNS:xn--mll-hoa.example");
	assert_null(info->names[4]);
	assert_string_equal(info->purposes[0], "server authentication");
	assert_string_equal(info->key_usage, "digital signature");
	assert_string_equal(info->key, "ECDSA P-256");
	assert_string_equal(info->signature, "ECDSA-SHA256");
	assert_int_equal(info->not_after, NOW + 10 * DAY);
	assert_int_equal(info->not_before, cert_info(ca)->not_before);
	assert_int_equal(strlen(info->sha1), 40);
	assert_int_equal(strlen(info->sha256), 64);
	assert_false(info->self_signed);
	assert_false(info->ca);
	assert_true(info->has_key);
	assert_true(info->key_fits);
	assert_int_equal(info->chain_len, 1);
	assert_null(problem(state, cert, "FS.Example.COM", NOW));
	assert_null(problem(state, cert, "192.0.2.1", NOW));
	assert_null(problem(state, cert, "2001:db8:0::1", NOW));
	assert_null(problem(state, cert, NULL, NOW));
}

static void test_make_others(void **state)
{
	const struct cert *ca = make(state, CERT_CA, "Root", NULL);
	const struct cert *middle = make(state, CERT_CA, "Middle", ca);
	const struct cert *client =
		make(state, CERT_CLIENT, "ann@example.com", middle);
	const struct cert_info *info = cert_info(ca);
	struct cert_info *second = NULL;

	assert_true(info->ca);
	assert_true(info->self_signed);
	assert_string_equal(info->key_usage, "certificate signing, CRL "
					     "signing");
	assert_null(info->purposes[0]);
	info = cert_info(client);
	assert_int_equal(info->chain_len, 2); /* without the root */
	assert_string_equal(info->purposes[0], "client authentication");
	assert_string_equal(info->names[0], "email:ann@example.com");
	second = cert_chain_info(*state, client, 1);
	assert_string_equal(second->sha256, cert_info(middle)->sha256);
	assert_null(cert_chain_info(*state, client, 2));
	assert_null(cert_info(make(state, CERT_CLIENT, "bob", ca))->names[0]);
	/* no longer than the issuer */
	assert_int_equal(cert_info(middle)->not_after,
			 cert_info(ca)->not_after);
}

static void test_make_refuses(void **state)
{
	static const char *const bad[] = {"a b", "-a",	 "a..b", "a-.b",
					  ".a",	 "a.",	 "*",	 "a.*.b",
					  "a/b", "a\nb", ""};
	const struct cert *server = make(state, CERT_SERVER, "s", NULL);
	const char *names[] = {"good.example", NULL, NULL};
	struct cert_request request = {
		.purpose = CERT_SERVER,
		.names = names,
		.days = 1,
	};
	char *why = NULL;
	size_t i = 0;

	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		names[1] = bad[i];
		if (cert_make(*state, &request, NOW, &why) != NULL) {
			fail_msg("made a certificate for \"%s\"", bad[i]);
		}
		assert_non_null(strstr(why, "cannot stand in a certificate"));
	}
	names[1] = "*.good.example";
	assert_non_null(cert_make(*state, &request, NOW, &why));
	request.issuer = server;
	assert_null(cert_make(*state, &request, NOW, &why));
	assert_string_equal(why, "CN=s is not a CA: it may not sign "
				 "certificates");
	request.issuer = make(state, CERT_CA, "old", NULL);
	assert_null(cert_make(*state, &request, NOW + 31 * DAY, &why));
	assert_non_null(strstr(why, "the CA CN=old expired on 2027-02-14"));
	assert_null(cert_make(*state, &request, NOW - DAY, &why));
	assert_non_null(strstr(why, "the CA CN=old is not valid before 2027-"));
}

static void test_save_and_load(void **state)
{
	const struct cert *ca = make(state, CERT_CA, "CA", NULL);
	const struct cert *middle = make(state, CERT_CA, "M", ca);
	const struct cert *cert = make(state, CERT_SERVER, "x.example", middle);
	char *file = in_dir(state, "cert.pem");
	char *key = in_dir(state, "cert.key");
	char *why = NULL;
	struct stat st = {0};
	struct cert *again = NULL;

	assert_true(cert_save_pem(*state, cert, file, key, &why));
	assert_int_equal(stat(key, &st), 0);
	assert_int_equal(st.st_mode & 07777, 0600);
	assert_int_equal(stat(file, &st), 0);
	assert_int_equal(st.st_mode & 07777, 0644);
	assert_true(cert_file_is_pem(file));
	again = cert_load_pem(*state, file, key, NULL, &why);
	assert_non_null(again);
	assert_string_equal(cert_info(again)->sha256, cert_info(cert)->sha256);
	assert_int_equal(cert_info(again)->chain_len, 2);
	assert_true(cert_info(again)->key_fits);
	again = cert_load_pem(*state, file, NULL, NULL, &why);
	expect_problem(state, again, "x.example", NOW, "has no private key");

	assert_null(cert_load_pem(*state, key, NULL, NULL, &why));
	assert_non_null(strstr(why, "there is no certificate in "));
	assert_null(cert_load_pem(*state, file, file, NULL, &why));
	assert_non_null(strstr(why, "no usable private key in "));
	assert_null(
		cert_load_pem(*state, in_dir(state, "no"), NULL, NULL, &why));
	assert_non_null(strstr(why, "No such file"));
	assert_null(cert_load_pem(*state, *state, NULL, NULL, &why));
	assert_non_null(strstr(why, "it is not a file"));
	assert_false(
		cert_save_pem(*state, cert, in_dir(state, "no/x"), NULL, &why));
	assert_non_null(strstr(why, "cannot write"));
}

/* Bytes cut off anywhere: refused or read, never a crash. */
static void test_truncated_files(void **state)
{
	const struct cert *cert = make(state, CERT_SERVER, "t.example", NULL);
	char *file = in_dir(state, "whole.pem");
	char *key = in_dir(state, "whole.key");
	char *part = in_dir(state, "part");
	char *why = NULL;
	char *text = NULL;
	size_t len = 0;
	size_t n = 0;

	assert_true(cert_save_pem(*state, cert, file, key, &why));
	text = savefile_read(*state, file, 10000, &len, NULL);
	for (n = 0; n < len - 20; n += 7) {
		savefile_write(part, 0600, true, text, n);
		assert_null(cert_load_pem(*state, part, key, NULL, &why));
		assert_non_null(why);
	}
	text = savefile_read(*state, key, 10000, &len, NULL);
	for (n = 0; n < len - 20; n += 7) {
		savefile_write(part, 0600, true, text, n);
		assert_null(cert_load_pem(*state, file, part, NULL, &why));
		assert_non_null(why);
	}
}

static void test_encrypted_key(void **state)
{
	const struct cert *cert = make(state, CERT_SERVER, "e.example", NULL);
	char *file = in_dir(state, "e.pem");
	char *key = in_dir(state, "e.key");
	char *why = NULL;
	gnutls_x509_privkey_t k = NULL;
	gnutls_datum_t pem = {0};
	size_t len = 0;

	assert_true(cert_save_pem(*state, cert, file, key, &why));
	pem.data = (void *)savefile_read(*state, key, 10000, &len, NULL);
	pem.size = len;
	gnutls_x509_privkey_init(&k);
	assert_int_equal(
		gnutls_x509_privkey_import(k, &pem, GNUTLS_X509_FMT_PEM), 0);
	assert_int_equal(gnutls_x509_privkey_export2_pkcs8(
				 k, GNUTLS_X509_FMT_PEM, "secret",
				 GNUTLS_PKCS_PBES2_AES_256, &pem),
			 0);
	savefile_write(key, 0600, true, pem.data, pem.size);
	gnutls_free(pem.data);
	gnutls_x509_privkey_deinit(k);

	assert_true(cert_file_is_encrypted(key));
	assert_false(cert_file_is_encrypted(file));
	assert_null(cert_load_pem(*state, file, key, NULL, &why));
	assert_non_null(strstr(why, "is protected by a password"));
	assert_null(cert_load_pem(*state, file, key, "wrong", &why));
	assert_non_null(strstr(why, "is protected by another password"));
	assert_non_null(cert_load_pem(*state, file, key, "secret", &why));
}

/* --- PKCS#12 ------------------------------------------------------------ */

static void add_bag(gnutls_pkcs12_t p12, gnutls_pkcs12_bag_t bag)
{
	assert_true(gnutls_pkcs12_bag_encrypt(bag, "secret",
					      GNUTLS_PKCS_PBES2_AES_256) >= 0);
	assert_true(gnutls_pkcs12_set_bag(p12, bag) >= 0);
	gnutls_pkcs12_bag_deinit(bag);
}

/* What Windows exports: key and certificates in bags of one file. */
static void write_pkcs12(void **state, const char *cert_file,
			 const char *key_file, const char *to)
{
	gnutls_datum_t data = {0};
	gnutls_datum_t id = {.data = (void *)"1", .size = 1};
	gnutls_pkcs12_t p12 = NULL;
	gnutls_pkcs12_bag_t bag = NULL;
	gnutls_x509_crt_t *list = NULL;
	gnutls_x509_privkey_t key = NULL;
	unsigned count = 0;
	unsigned i = 0;
	size_t len = 0;

	gnutls_pkcs12_init(&p12);
	data.data = (void *)savefile_read(*state, cert_file, 10000, &len, NULL);
	data.size = len;
	gnutls_x509_crt_list_import2(&list, &count, &data, GNUTLS_X509_FMT_PEM,
				     0);
	gnutls_pkcs12_bag_init(&bag);
	for (i = 0; i < count; i++) {
		int at = gnutls_pkcs12_bag_set_crt(bag, list[i]);

		if (i == 0) {
			gnutls_pkcs12_bag_set_key_id(bag, at, &id);
		}
		gnutls_x509_crt_deinit(list[i]);
	}
	gnutls_free(list);
	add_bag(p12, bag);

	data.data = (void *)savefile_read(*state, key_file, 10000, &len, NULL);
	data.size = len;
	gnutls_x509_privkey_init(&key);
	gnutls_x509_privkey_import(key, &data, GNUTLS_X509_FMT_PEM);
	gnutls_x509_privkey_export2_pkcs8(key, GNUTLS_X509_FMT_DER, "secret",
					  GNUTLS_PKCS_PBES2_AES_256, &data);
	gnutls_pkcs12_bag_init(&bag);
	gnutls_pkcs12_bag_set_data(bag, GNUTLS_BAG_PKCS8_ENCRYPTED_KEY, &data);
	gnutls_pkcs12_bag_set_key_id(bag, 0, &id);
	gnutls_pkcs12_set_bag(p12, bag);
	gnutls_pkcs12_bag_deinit(bag);
	gnutls_free(data.data);
	gnutls_x509_privkey_deinit(key);

	assert_true(gnutls_pkcs12_generate_mac(p12, "secret") >= 0);
	assert_true(gnutls_pkcs12_export2(p12, GNUTLS_X509_FMT_DER, &data) >=
		    0);
	savefile_write(to, 0600, true, data.data, data.size);
	gnutls_free(data.data);
	gnutls_pkcs12_deinit(p12);
}

static void test_pkcs12(void **state)
{
	const struct cert *ca = make(state, CERT_CA, "CA", NULL);
	const struct cert *middle = make(state, CERT_CA, "M", ca);
	const struct cert *cert = make(state, CERT_SERVER, "p.example", middle);
	char *file = in_dir(state, "p.pem");
	char *key = in_dir(state, "p.key");
	char *p12 = in_dir(state, "p.p12");
	char *why = NULL;
	struct cert *again = NULL;

	assert_true(cert_save_pem(*state, cert, file, key, &why));
	write_pkcs12(state, file, key, p12);
	assert_false(cert_file_is_pem(p12));
	again = cert_load_pkcs12(*state, p12, "secret", &why);
	if (again == NULL) {
		fail_msg("%s", why);
	}
	assert_string_equal(cert_info(again)->sha1, cert_info(cert)->sha1);
	assert_int_equal(cert_info(again)->chain_len, 2);
	assert_true(cert_info(again)->key_fits);
	assert_null(cert_load_pkcs12(*state, p12, "wrong", &why));
	assert_non_null(strstr(why, "has another password"));
	assert_null(cert_load_pkcs12(*state, file, "secret", &why));
	assert_non_null(strstr(why, "neither PEM nor a PKCS#12 file"));
}

/* --- judging ------------------------------------------------------------ */

/* An RSA certificate with the rules of somebody careless. */
static struct cert *make_weak(void **state, unsigned bits, int hash)
{
	char *file = in_dir(state, "weak.pem");
	char *why = NULL;
	gnutls_x509_crt_t crt = NULL;
	gnutls_x509_privkey_t key = NULL;
	gnutls_datum_t pem = {0};
	char *text = NULL;

	gnutls_x509_privkey_init(&key);
	assert_int_equal(
		gnutls_x509_privkey_generate(key, GNUTLS_PK_RSA, bits, 0), 0);
	gnutls_x509_crt_init(&crt);
	gnutls_x509_crt_set_version(crt, 3);
	gnutls_x509_crt_set_dn_by_oid(crt, GNUTLS_OID_X520_COMMON_NAME, 0, "w",
				      1);
	gnutls_x509_crt_set_subject_alt_name(crt, GNUTLS_SAN_DNSNAME, "w", 1,
					     0);
	gnutls_x509_crt_set_serial(crt, "\1", 1);
	gnutls_x509_crt_set_activation_time(crt, NOW - 1);
	gnutls_x509_crt_set_expiration_time(crt, NOW + 1);
	gnutls_x509_crt_set_key(crt, key);
	assert_int_equal(gnutls_x509_crt_sign2(crt, crt, key, hash, 0), 0);
	gnutls_x509_crt_export2(crt, GNUTLS_X509_FMT_PEM, &pem);
	text = talloc_strndup(*state, (char *)pem.data, pem.size);
	gnutls_free(pem.data);
	gnutls_x509_privkey_export2(key, GNUTLS_X509_FMT_PEM, &pem);
	text = talloc_asprintf_append(text, "%.*s", (int)pem.size, pem.data);
	gnutls_free(pem.data);
	gnutls_x509_crt_deinit(crt);
	gnutls_x509_privkey_deinit(key);
	savefile_write(file, 0600, true, text, strlen(text));
	return cert_load_pem(*state, file, file, NULL, &why);
}

static void test_problems(void **state)
{
	const struct cert *cert =
		make(state, CERT_SERVER, "fs.example.com", NULL);
	const struct cert *other = make(state, CERT_SERVER, "other", NULL);
	const struct cert *client = make(state, CERT_CLIENT, "c", NULL);
	char *file = in_dir(state, "a.pem");
	char *key = in_dir(state, "b.key");
	char *why = NULL;

	assert_null(problem(state, cert, "fs.example.com", NOW));
	expect_problem(state, cert, "www.example.com", NOW,
		       "the certificate is not for www.example.com but for "
		       "fs.example.com");
	expect_problem(state, cert, "192.0.2.9", NOW, "not for 192.0.2.9");
	expect_problem(state, cert, NULL, NOW + 31 * DAY,
		       "the certificate expired on 2027-02-14 08:00:00 UTC");
	expect_problem(state, cert, NULL, NOW - DAY, "is not valid before");
	assert_null(problem(state, cert, NULL, NOW + 30 * DAY));
	expect_problem(state, client, NULL, NOW,
		       "is not for server authentication");

	assert_true(cert_save_pem(*state, cert, file, NULL, &why));
	assert_true(cert_save_pem(*state, other, in_dir(state, "o.pem"), key,
				  &why));
	expect_problem(state, cert_load_pem(*state, file, key, NULL, &why),
		       NULL, NOW, "the private key does not belong");
	expect_problem(state, make_weak(state, 1024, GNUTLS_DIG_SHA256), "w",
		       NOW, "too short: RSA 1024");
	expect_problem(state, make_weak(state, 2048, GNUTLS_DIG_SHA1), "w", NOW,
		       "RSA-SHA1, which is broken");
	assert_null(problem(state, make_weak(state, 2048, GNUTLS_DIG_SHA256),
			    "w", NOW));
	assert_non_null(strstr(
		cert_server_problems(*state, client, "x", NOW + 31 * DAY)[1],
		"but for no name that a server can have (subject CN=c)"));
}

static void test_trusted(void **state)
{
	const char *const names[] = {"t.example", NULL};
	struct cert_request request = {
		.purpose = CERT_CA,
		.names = names,
		.days = 1,
	};
	char *ca_file = in_dir(state, "ca.pem");
	char *why = NULL;
	struct cert *ca = cert_make(*state, &request, time(NULL), &why);
	struct cert *cert = NULL;

	request.issuer = ca;
	request.purpose = CERT_SERVER;
	cert = cert_make(*state, &request, time(NULL), &why);
	assert_true(cert_save_pem(*state, ca, ca_file, NULL, &why));
	assert_true(cert_trusted(*state, cert, ca_file, &why));
	assert_non_null(strstr(why, "trusted by "));
	assert_false(cert_trusted(*state, cert, NULL, &why));
	assert_non_null(strstr(why, "issuer"));
	assert_false(cert_trusted(*state, cert, in_dir(state, "none"), &why));
	assert_non_null(strstr(why, "cannot check"));
}

/* As a TLS peer sends them. */
static void test_from_der(void **state)
{
	struct cert *ca = make(state, CERT_CA, "Root", NULL);
	struct cert *leaf = make(state, CERT_SERVER, "fs.example.com", ca);
	const char *file = in_dir(state, "der.pem");
	gnutls_x509_crt_t *crt = NULL;
	gnutls_datum_t pem = {0};
	gnutls_datum_t der[2] = {{0}};
	struct cert *cert = NULL;
	unsigned count = 0;
	char *why = NULL;

	assert_true(cert_save_pem(*state, leaf, file, NULL, &why));
	assert_int_equal(gnutls_load_file(file, &pem), 0);
	assert_int_equal(gnutls_x509_crt_list_import2(&crt, &count, &pem,
						      GNUTLS_X509_FMT_PEM, 0),
			 count);
	assert_int_equal(
		gnutls_x509_crt_export2(crt[0], GNUTLS_X509_FMT_DER, &der[0]),
		0);
	cert = cert_from_der(*state, der, 1, &why);
	assert_non_null(cert);
	assert_string_equal(cert_info(cert)->sha256, cert_info(leaf)->sha256);
	assert_string_equal(cert_info(cert)->names[0], "DNS:fs.example.com");
	assert_int_equal(cert_info(cert)->chain_len, 1);
	/* one that is cut, one that is no certificate, and none */
	der[1] = (gnutls_datum_t){.data = der[0].data, .size = der[0].size - 1};
	assert_null(cert_from_der(*state, der, 2, &why));
	assert_non_null(strstr(why, "not a certificate that can be read"));
	assert_null(cert_from_der(*state, &pem, 1, &why));
	assert_null(cert_from_der(*state, der, 0, &why));
	assert_non_null(why);
	while (count > 0) {
		gnutls_x509_crt_deinit(crt[--count]);
	}
	gnutls_free(crt);
	gnutls_free(der[0].data);
	gnutls_free(pem.data);
}

static void test_thumbprints(void **state)
{
	static const char sha1[] = "AABBCCDDEEFF00112233445566778899AABBCCDD";
	static const char sha256[] = "aabbccddeeff00112233445566778899"
				     "aabbccddeeff00112233445566778899";
	static const char *const bad[] = {
		"",
		"abc",
		"sha256:AABBCCDDEEFF00112233445566778899AABBCCDD",
		"AABBCCDDEEFF00112233445566778899AABBCCDG",
		"AABBCCDDEEFF00112233445566778899AABBCCDD00",
		"sha1:aabbccddeeff00112233445566778899"
		"aabbccddeeff00112233445566778899",
		"aabbccddeeff00112233445566778899"
		"aabbccddeeff0011223344556677889900"};
	const struct cert *cert = make(state, CERT_SERVER, "x", NULL);
	size_t i = 0;

	assert_string_equal(cert_thumbprint_parse(*state, sha1), sha1);
	assert_string_equal(cert_thumbprint_parse(*state, sha256), sha256);
	assert_string_equal(
		cert_thumbprint_parse(*state, "sha1: aa:bb:cc:dd:ee:ff 00 11 22"
					      "33445566778899aabbccdd"),
		sha1);
	assert_string_equal(
		cert_thumbprint_parse(*state,
				      "SHA256:AABBCCDDEEFF00112233445566778899"
				      "AABBCCDDEEFF00112233445566778899"),
		sha256);
	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		assert_null(cert_thumbprint_parse(*state, bad[i]));
	}
	assert_true(cert_has_thumbprint(cert, cert_info(cert)->sha1));
	assert_true(cert_has_thumbprint(cert, cert_info(cert)->sha256));
	assert_false(cert_has_thumbprint(cert, sha1));
}

static void test_find(void **state)
{
	char *dir = in_dir(state, "store");
	const struct cert *ca = make(state, CERT_CA, "CA", NULL);
	const struct cert *middle = make(state, CERT_CA, "M", ca);
	const struct cert *one = make(state, CERT_SERVER, "one", middle);
	const struct cert *two = make(state, CERT_SERVER, "two", NULL);
	static const char end[] = "-----END CERTIFICATE-----\n";
	char *text = NULL;
	size_t len = 0;
	char *cert_file = NULL;
	char *key_file = NULL;
	char *why = NULL;

	assert_int_equal(mkdir(dir, 0700), 0);
	assert_int_equal(mkdir(in_dir(state, "store/dir"), 0700), 0);
	savefile_write(in_dir(state, "store/junk"), 0600, true, "junk", 4);
	assert_true(cert_save_pem(*state, one, in_dir(state, "store/b.pem"),
				  in_dir(state, "store/z.key"), &why));
	assert_true(cert_save_pem(*state, two, in_dir(state, "store/c.pem"),
				  NULL, &why));
	/* the same certificate without its chain, first by name */
	text = savefile_read(*state, in_dir(state, "store/b.pem"), 10000, &len,
			     NULL);
	strstr(text, end)[strlen(end)] = '\0';
	savefile_write(in_dir(state, "store/a.pem"), 0600, true, text,
		       strlen(text));

	assert_true(cert_find(*state, dir, cert_info(one)->sha256, &cert_file,
			      &key_file, &why));
	assert_string_equal(cert_file, in_dir(state, "store/b.pem"));
	assert_string_equal(key_file, in_dir(state, "store/z.key"));
	assert_true(cert_find(*state, dir, cert_info(two)->sha1, &cert_file,
			      &key_file, &why));
	assert_string_equal(cert_file, in_dir(state, "store/c.pem"));
	assert_null(key_file);
	assert_false(cert_find(*state, dir, cert_info(ca)->sha1, &cert_file,
			       &key_file, &why));
	assert_non_null(strstr(why, "has no certificate with the thumbprint"));
	assert_false(cert_find(*state, in_dir(state, "none"), "AA", &cert_file,
			       &key_file, &why));
	assert_non_null(strstr(why, "cannot read the store"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_make_server),
		cmocka_unit_test(test_make_others),
		cmocka_unit_test(test_make_refuses),
		cmocka_unit_test(test_save_and_load),
		cmocka_unit_test(test_truncated_files),
		cmocka_unit_test(test_encrypted_key),
		cmocka_unit_test(test_pkcs12),
		cmocka_unit_test(test_problems),
		cmocka_unit_test(test_trusted),
		cmocka_unit_test(test_from_der),
		cmocka_unit_test(test_thumbprints),
		cmocka_unit_test(test_find),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
