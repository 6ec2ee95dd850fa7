/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "certs/access.h"
#include "certs/dn.h"
#include "tests/fixture_pki.h"

/* The figure of MS-SMB2 3.3.1.18. */
struct pki {
	struct cert *root, *inter[3], *client[4];
	gnutls_x509_trust_list_t trusted;
	struct access_list *list;
};

static int pki_destructor(struct pki *p)
{
	gnutls_x509_trust_list_deinit(p->trusted, 0);
	return 0;
}

static int setup(void **state)
{
	struct pki *p = talloc_zero(NULL, struct pki);

	p->root = pki_make(p, CERT_CA, "root_cert", NULL);
	p->inter[1] = pki_make(p, CERT_CA, "inter_cert_1", p->root);
	p->inter[2] = pki_make(p, CERT_CA, "inter_cert_2", p->root);
	p->client[1] = pki_make(p, CERT_CLIENT, "client_1", p->inter[1]);
	p->client[2] = pki_make(p, CERT_CLIENT, "client_2", p->inter[1]);
	p->client[3] = pki_make(p, CERT_CLIENT, "client_3", p->inter[2]);
	assert_int_equal(gnutls_x509_trust_list_init(&p->trusted, 0), 0);
	assert_int_equal(gnutls_x509_trust_list_add_cas(p->trusted,
							p->root->chain, 1, 0),
			 1);
	p->list = talloc_zero(p, struct access_list);
	talloc_set_destructor(p, pki_destructor);
	*state = p;
	return 0;
}

static int teardown(void **state)
{
	talloc_free(*state);
	return 0;
}

static void add(struct pki *p, const char *text)
{
	char *why = NULL;
	struct access_entry *entry = access_entry_parse(p, text, &why);

	if (entry == NULL) {
		fail_msg("%s", why);
	}
	assert_true(access_list_add(p->list, entry));
}

static void add_hash(struct pki *p, const char *verb, const struct cert *cert)
{
	add(p,
	    talloc_asprintf(p, "%s sha256 %s", verb, cert_info(cert)->sha256));
}

/* The path of what was sent; NULL at the end of the certificates. */
static struct access_path *path_of(struct pki *p, ...)
{
	gnutls_datum_t chain[CERT_MAX_CHAIN + 2];
	struct access_path *path = NULL;
	unsigned count = 0;
	char *why = NULL;
	va_list args;

	va_start(args, p);
	for (;;) {
		const struct cert *cert = va_arg(args, const struct cert *);

		if (cert == NULL) {
			break;
		}
		chain[count++] = pki_der(p, cert);
	}
	va_end(args);
	path = access_path(p, p->trusted, chain, count, &why);
	if (path == NULL) {
		fail_msg("%s", why == NULL ? "?" : why);
	}
	return path;
}

static void expect(struct pki *p, const struct access_path *path, bool allowed,
		   const char *words)
{
	char *why = NULL;

	if (access_decide(p, p->list, path, &why) != allowed ||
	    strstr(why, words) == NULL) {
		fail_msg("wanted %d, \"%s\", got \"%s\"", allowed, words, why);
	}
}

/* 3.3.1.18: one comes in, two stay out. */
static void test_specification(void **state)
{
	struct pki *p = *state;
	struct access_path *one = path_of(p, p->client[1], p->inter[1], NULL);
	struct access_path *two = path_of(p, p->client[2], p->inter[1], NULL);
	struct access_path *three = path_of(p, p->client[3], p->inter[2], NULL);

	assert_int_equal(one->count, 2);
	add_hash(p, "deny", p->client[2]);
	add_hash(p, "deny", p->root);
	add(p, "allow issuer \"CN=root_cert\"");
	add(p, "deny issuer \"CN=inter_cert_2\"");
	expect(p, one, true, "allow issuer \"CN=root_cert\"");
	expect(p, two, false, cert_info(p->client[2])->sha256);
	expect(p, three, false, "deny issuer \"CN=inter_cert_2\"");
	/* The same when the root is sent along. */
	one = path_of(p, p->client[1], p->inter[1], p->root, NULL);
	assert_int_equal(one->count, 2);
	expect(p, one, true, "allow issuer");
}

static void test_each_kind(void **state)
{
	struct pki *p = *state;
	struct access_path *one = path_of(p, p->client[1], p->inter[1], NULL);
	struct access_path *two = path_of(p, p->client[2], p->inter[1], NULL);

	expect(p, one, false, "no access entry allows it");
	add_hash(p, "allow", p->client[1]);
	expect(p, one, true, "allow sha256");
	expect(p, two, false, "no access entry allows it");
	add_hash(p, "allow", p->inter[1]);
	expect(p, two, true, "allow sha256");
	add(p, talloc_asprintf(p, "deny sha1 %s lost",
			       cert_info(p->client[2])->sha1));
	expect(p, two, false, "lost");
	expect(p, one, true, "; allow sha256"); /* both are named */
}

/* What others send along with their certificate is not theirs. */
static void test_borrowed(void **state)
{
	struct pki *p = *state;

	add_hash(p, "allow", p->client[1]);
	add_hash(p, "allow", p->inter[1]);
	expect(p, path_of(p, p->client[3], p->inter[2], p->client[1], NULL),
	       false, "no access entry allows it");
	expect(p,
	       path_of(p, p->client[3], p->client[1], p->inter[1], p->inter[2],
		       NULL),
	       false, "no access entry allows it");
}

/* Anybody can make a certificate with the name and the key of an issuer, by an
 * issuer whose name is on the list. */
static void test_forged_issuer(void **state)
{
	struct pki *p = *state;
	struct cert *other = pki_make(p, CERT_CA, "favourites", NULL);
	struct cert *forged = pki_make(p, CERT_CA, "inter_cert_2", other);
	struct access_path *path = NULL;

	assert_int_equal(
		gnutls_x509_crt_set_key(forged->chain[0], p->inter[2]->key), 0);
	assert_int_equal(gnutls_x509_crt_sign2(forged->chain[0],
					       other->chain[0], other->key,
					       GNUTLS_DIG_SHA256, 0),
			 0);
	add(p, "allow issuer \"CN=favourites\"");
	path = path_of(p, p->client[3], forged, p->inter[2], other, NULL);
	expect(p, path, false, "no access entry allows it");
	path = path_of(p, p->client[3], p->inter[2], forged, NULL);
	assert_int_equal(path->count, 2);
	expect(p, path, false, "no access entry allows it");
}

/* An intermediate that the server has need not be sent, and counts. */
static void test_not_sent(void **state)
{
	struct pki *p = *state;
	struct access_path *path = NULL;

	assert_int_equal(gnutls_x509_trust_list_add_cas(
				 p->trusted, p->inter[2]->chain, 1, 0),
			 1);
	path = path_of(p, p->client[3], NULL);
	assert_int_equal(path->count, 2);
	add(p, "allow issuer CN=inter_cert_2");
	expect(p, path, true, "inter_cert_2");
	add_hash(p, "deny", p->inter[2]);
	expect(p, path, false, "deny sha256");
}

static void test_bounds(void **state)
{
	struct pki *p = *state;
	gnutls_datum_t chain[CERT_MAX_CHAIN + 1];
	gnutls_datum_t junk = {.data = (unsigned char *)"junk", .size = 4};
	char *why = NULL;
	unsigned i = 0;

	for (i = 0; i <= CERT_MAX_CHAIN; i++) {
		chain[i] = pki_der(p, i == 0 ? p->client[1] : p->inter[1]);
	}
	assert_non_null(
		access_path(p, p->trusted, chain, CERT_MAX_CHAIN, &why));
	assert_null(
		access_path(p, p->trusted, chain, CERT_MAX_CHAIN + 1, &why));
	assert_non_null(strstr(why, "17 certificates"));
	assert_null(access_path(p, p->trusted, chain, 0, &why));
	chain[1] = junk;
	assert_null(access_path(p, p->trusted, chain, 2, &why));
	assert_non_null(strstr(why, "cannot be read"));
}

/* What denies by an issuer's name would not be found. */
static void test_odd_issuer(void **state)
{
	struct pki *p = *state;
	gnutls_x509_crt_t leaf = p->client[1]->chain[0];
	gnutls_datum_t der = {0};
	char *why = NULL;

	for (unsigned i = 0; i < DN_MAX_PARTS; i++) {
		assert_int_equal(
			gnutls_x509_crt_set_issuer_dn_by_oid(
				leaf, GNUTLS_OID_X520_ORGANIZATIONAL_UNIT_NAME,
				0, "unit", 4),
			0);
	}
	der = pki_der(p, p->client[1]);
	assert_null(access_path(p, p->trusted, &der, 1, &why));
	assert_non_null(strstr(why, "cannot be compared"));
}

static void test_text(void **state)
{
	struct pki *p = *state;
	static const char *const good[] = {
		"allow issuer \"CN=a,O=Acme\\\\, Inc.\" our own",
		"deny issuer \"CN=x\\\\\\\"y\"",
		"deny sha1 0123456789ABCDEF0123456789ABCDEF01234567",
	};
	static const char *const bad[] = {
		"",
		"allow",
		"allow sha256",
		"allow sha256 12",
		"maybe issuer CN=a",
		"allow name CN=a",
		"allow issuer \"CN=a",
		"allow issuer root",
		"allow sha256 0123456789ABCDEF0123456789ABCDEF01234567",
		"allow issuer CN=a ends in\\",
	};
	char *why = NULL;
	size_t i = 0;

	for (i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
		struct access_entry *e = access_entry_parse(p, good[i], &why);

		if (e == NULL) {
			fail_msg("%s: %s", good[i], why);
		}
		assert_string_equal(access_entry_text(p, e), good[i]);
	}
	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		why = NULL;
		if (access_entry_parse(p, bad[i], &why) != NULL) {
			fail_msg("\"%s\" was taken", bad[i]);
		}
		assert_non_null(why);
	}
}

static void test_lists(void **state)
{
	struct pki *p = *state;
	struct access_list *copy = NULL;
	char *why = NULL;
	struct access_entry *e =
		access_entry_parse(p, "allow issuer \"O=x,CN=A\"", &why);

	assert_false(access_list_allows_any(NULL));
	add(p, "deny issuer CN=a,O=x");
	assert_false(access_list_allows_any(p->list));
	add(p, "allow issuer CN=a,O=x first");
	assert_true(access_list_allows_any(p->list));
	copy = access_list_copy(p, p->list);
	assert_true(access_list_equal(copy, p->list));
	add(p, "allow issuer CN=a,O=x second");
	assert_int_equal(p->list->count, 2);
	assert_false(access_list_equal(copy, p->list));
	assert_string_equal(p->list->entries[1]->description, "second");
	assert_true(access_list_remove(p->list, e)); /* any order of names */
	assert_false(access_list_remove(p->list, e));
	assert_int_equal(p->list->count, 1);
	assert_true(
		access_list_equal(NULL, talloc_zero(p, struct access_list)));
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
	const struct CMUnitTest tests[] = {
		TEST(test_specification), TEST(test_each_kind),
		TEST(test_borrowed),	  TEST(test_forged_issuer),
		TEST(test_not_sent),	  TEST(test_bounds),
		TEST(test_odd_issuer),	  TEST(test_text),
		TEST(test_lists),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
