/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Identities, and the judgement of certificates.
 */
#include "tests/testlib.h"

#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>
#include <gnutls/x509.h>

#include "certs/cert.h"
#include "smbquic/tls.h"

#define DAY 86400

/* A CA and a server certificate of it, as files and as DER. */
struct pki {
	struct cert *ca, *leaf;
	char *dir, *ca_file, *cert_file, *key_file;
	gnutls_datum_t der[2];
	unsigned count;
};

static void load_der(struct pki *p)
{
	gnutls_x509_crt_t *list = NULL;
	gnutls_datum_t pem = {0};
	unsigned count = 0;
	unsigned i = 0;

	assert_int_equal(gnutls_load_file(p->cert_file, &pem), 0);
	assert_int_equal(gnutls_x509_crt_list_import2(&list, &count, &pem,
						      GNUTLS_X509_FMT_PEM, 0),
			 0);
	gnutls_free(pem.data);
	assert_in_range(count, 1, 2);
	for (i = 0; i < count; i++) {
		gnutls_datum_t der = {0};

		assert_int_equal(gnutls_x509_crt_export2(
					 list[i], GNUTLS_X509_FMT_DER, &der),
				 0);
		p->der[i].data = talloc_memdup(p, der.data, der.size);
		p->der[i].size = der.size;
		gnutls_free(der.data);
		gnutls_x509_crt_deinit(list[i]);
	}
	gnutls_free(list);
	p->count = count;
}

static struct pki *new_pki(const char *const *names, enum cert_purpose purpose,
			   time_t now)
{
	static const char *const ca_names[] = {"Test CA", NULL};
	struct pki *p = talloc_zero(NULL, struct pki);
	struct cert_request request = {
		.purpose = CERT_CA, .names = ca_names, .days = 3650};
	char *why = NULL;

	p->dir = testlib_tmpdir(p);
	p->ca_file = talloc_asprintf(p, "%s/ca.pem", p->dir);
	p->cert_file = talloc_asprintf(p, "%s/cert.pem", p->dir);
	p->key_file = talloc_asprintf(p, "%s/key.pem", p->dir);
	p->ca = cert_make(p, &request, now, &why);
	assert_non_null(p->ca);
	request = (struct cert_request){.purpose = purpose,
					.names = names,
					.days = 30,
					.issuer = p->ca};
	p->leaf = cert_make(p, &request, now, &why);
	assert_non_null(p->leaf);
	assert_true(cert_save_pem(p, p->ca, p->ca_file, NULL, &why));
	assert_true(cert_save_pem(p, p->leaf, p->cert_file, p->key_file, &why));
	load_der(p);
	return p;
}

static const char *const usual_names[] = {"files.example", "*.lab.example",
					  "192.0.2.7", "2001:db8::7", NULL};

static struct pki *usual_pki(void)
{
	return new_pki(usual_names, CERT_SERVER, time(NULL));
}

static struct tls_judgement judge(struct pki *p,
				  const struct tls_client_policy *policy,
				  const char *name)
{
	struct tls_judgement j;

	assert_true(
		tls_judge(p, policy, name, 443, p->der, p->count, NULL, &j));
	assert_true(j.accepted || j.why_not != NULL);
	assert_true(j.accepted || j.alert != 0);
	assert_true(!j.verified || j.accepted);
	assert_true(!j.accepted || j.how != NULL);
	return j;
}

static struct tls_client_policy by_ca(struct pki *p)
{
	return (struct tls_client_policy){.trust = TLS_TRUST_CA,
					  .ca_file = p->ca_file};
}

/* --- names --------------------------------------------------------------- */

static void test_trust_names(void **state)
{
	static const char *const names[] = {"system", "ca", "pin", "tofu",
					    "none"};
	enum tls_trust trust = TLS_TRUST_NONE;
	size_t i = 0;

	(void)state;
	for (i = 0; i < 5; i++) {
		assert_true(tls_trust_parse(names[i], &trust));
		assert_int_equal(trust, i);
		assert_string_equal(tls_trust_name(trust), names[i]);
	}
	assert_false(tls_trust_parse("", &trust));
	assert_false(tls_trust_parse("CA", &trust));
	assert_false(tls_trust_parse("systems", &trust));
}

/* --- chain and name ------------------------------------------------------ */

static void test_ca_and_name(void **state)
{
	static const struct {
		const char *name;
		bool good;
	} rows[] = {
		{"files.example", true},      {"FILES.Example", true},
		{"192.0.2.7", true},	      {"2001:db8::7", true},
		{"2001:db8:0:0::7", true},    {"a.lab.example", true},
		{"other.example", false},     {"192.0.2.8", false},
		{"2001:db8::8", false},	      {"a.b.lab.example", false},
		{"files.example.org", false}, {"example", false},
	};
	struct pki *p = usual_pki();
	struct tls_client_policy policy = by_ca(p);
	size_t i = 0;

	(void)state;
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct tls_judgement j = judge(p, &policy, rows[i].name);

		assert_int_equal(j.accepted, rows[i].good);
		assert_int_equal(j.verified, rows[i].good);
		if (!rows[i].good) {
			assert_int_equal(j.alert, GNUTLS_A_BAD_CERTIFICATE);
			assert_non_null(strstr(j.why_not, "for another name"));
			assert_non_null(strstr(j.why_not, rows[i].name));
			assert_non_null(strstr(j.why_not,
					       "files.example, *.lab.example, "
					       "IP 192.0.2.7, IP 2001:db8::7"));
			assert_non_null(strstr(j.why_not, "--pin=sha256:"));
			assert_non_null(strstr(j.why_not, j.sha256));
		}
	}
	talloc_free(p);
}

static void test_unknown_issuer(void **state)
{
	struct pki *p = usual_pki();
	struct pki *other = usual_pki();
	struct tls_client_policy policy = by_ca(other);
	struct tls_judgement j = judge(p, &policy, "files.example");

	(void)state;
	assert_false(j.accepted);
	assert_int_equal(j.alert, GNUTLS_A_UNKNOWN_CA);
	assert_non_null(strstr(j.why_not, "its issuer is not known here"));
	policy.trust = TLS_TRUST_SYSTEM;
	j = judge(p, &policy, "files.example");
	assert_false(j.accepted);
	assert_int_equal(j.alert, GNUTLS_A_UNKNOWN_CA);
	talloc_free(p);
	talloc_free(other);
}

static void test_ca_file(void **state)
{
	struct pki *p = usual_pki();
	struct tls_client_policy policy = {.trust = TLS_TRUST_CA,
					   .ca_file = "/nonexistent/ca.pem"};
	struct tls_judgement j = judge(p, &policy, "files.example");

	(void)state;
	assert_false(j.accepted);
	assert_non_null(strstr(j.why_not, "/nonexistent/ca.pem"));
	policy.ca_file = p->key_file;
	assert_false(judge(p, &policy, "files.example").accepted);
	policy.ca_file = NULL;
	assert_false(judge(p, &policy, "files.example").accepted);
	talloc_free(p);
}

static void test_dates(void **state)
{
	struct pki *p =
		new_pki(usual_names, CERT_SERVER, time(NULL) - 60 * DAY);
	struct tls_client_policy policy = by_ca(p);
	struct tls_judgement j = judge(p, &policy, "files.example");

	(void)state;
	assert_false(j.accepted);
	assert_int_equal(j.alert, GNUTLS_A_CERTIFICATE_EXPIRED);
	assert_non_null(strstr(j.why_not, "it has expired"));
	talloc_free(p);
	p = new_pki(usual_names, CERT_SERVER, time(NULL) + 60 * DAY);
	policy = by_ca(p);
	j = judge(p, &policy, "files.example");
	assert_false(j.accepted);
	assert_non_null(strstr(j.why_not, "not valid yet"));
	assert_non_null(strstr(j.why_not, ", and by the clock here it is "));
	talloc_free(p);
}

static void test_purpose(void **state)
{
	static const char *const names[] = {"alice@files.example", NULL};
	struct pki *p = new_pki(names, CERT_CLIENT, time(NULL));
	struct tls_client_policy policy = by_ca(p);
	struct tls_judgement j = judge(p, &policy, "files.example");

	(void)state;
	assert_false(j.accepted);
	assert_non_null(strstr(j.why_not, "it is not for servers"));
	talloc_free(p);
}

static void test_no_certificate(void **state)
{
	struct pki *p = usual_pki();
	struct tls_client_policy policy = {.trust = TLS_TRUST_NONE};
	struct tls_judgement j;
	gnutls_datum_t junk = {.data = (unsigned char *)p->dir, .size = 5};

	(void)state;
	assert_true(tls_judge(p, &policy, "x", 443, NULL, 0, NULL, &j));
	assert_false(j.accepted);
	assert_non_null(j.why_not);
	assert_true(tls_judge(p, &policy, "x", 443, &junk, 1, NULL, &j));
	assert_false(j.accepted);
	talloc_free(p);
}

/* --- pins ---------------------------------------------------------------- */

static void test_pin(void **state)
{
	struct pki *p = usual_pki();
	struct tls_client_policy policy = {.trust = TLS_TRUST_PIN};
	char *hex = tls_sha256_hex(p, &p->der[0]);
	char *pin = talloc_asprintf(p, "sha256:%s", hex);
	char *colons = talloc_strdup(p, "SHA256:");
	char *sha1 = NULL;
	size_t i = 0;

	(void)state;
	assert_int_equal(strlen(hex), 64);
	policy.pin = hex;
	assert_true(judge(p, &policy, "any.name").verified);
	policy.pin = pin;
	assert_true(judge(p, &policy, "any.name").verified);
	for (i = 0; i < 64; i += 2) {
		colons = talloc_asprintf_append(
			colons, "%s%c%c", i == 0 ? "" : ":",
			hex[i] >= 'a' ? hex[i] - 32 : hex[i],
			hex[i + 1] >= 'a' ? hex[i + 1] - 32 : hex[i + 1]);
	}
	policy.pin = colons;
	assert_true(judge(p, &policy, "any.name").verified);
	/* SHA-1 is taken as well, with a word of warning. */
	sha1 = tls_sha1_hex(p, &p->der[0]);
	assert_int_equal(strlen(sha1), 40);
	policy.pin = sha1;
	assert_true(judge(p, &policy, "any.name").verified);
	policy.pin = talloc_asprintf(p, "sha1:%s", sha1);
	assert_true(judge(p, &policy, "any.name").verified);
	policy.pin = talloc_asprintf(p, "sha256:%s", sha1);
	assert_false(judge(p, &policy, "any.name").accepted);
	sha1[39] = sha1[39] == '0' ? '1' : '0';
	policy.pin = sha1;
	assert_false(judge(p, &policy, "any.name").accepted);
	/* One digit off, in every place. */
	policy.pin = hex;
	for (i = 0; i < 64; i++) {
		char was = hex[i];
		struct tls_judgement j;

		hex[i] = was == '0' ? '1' : '0';
		j = judge(p, &policy, "any.name");
		assert_false(j.accepted);
		assert_non_null(strstr(j.why_not, "not the one that was "
						  "pinned"));
		hex[i] = was;
	}
	talloc_free(p);
}

static void test_malformed_pin(void **state)
{
	static const char *const pins[] = {NULL, "", "sha256:", "abcd",
					   "sha256:xyz"};
	struct pki *p = usual_pki();
	char *hex = tls_sha256_hex(p, &p->der[0]);
	struct tls_client_policy policy = {.trust = TLS_TRUST_PIN};
	size_t i = 0;

	(void)state;
	for (i = 0; i < sizeof(pins) / sizeof(pins[0]); i++) {
		struct tls_judgement j;

		policy.pin = pins[i];
		j = judge(p, &policy, "any.name");
		assert_false(j.accepted);
		assert_non_null(strstr(j.why_not, "64 hexadecimal digits"));
	}
	policy.pin = talloc_asprintf(p, "%s0", hex);
	assert_false(judge(p, &policy, "any.name").accepted);
	hex[63] = '\0';
	policy.pin = hex;
	assert_false(judge(p, &policy, "any.name").accepted);
	talloc_free(p);
}

/* --- trust on first use -------------------------------------------------- */

static void assert_file(const char *path, const char *want)
{
	gnutls_datum_t text = {0};

	assert_int_equal(gnutls_load_file(path, &text), 0);
	assert_string_equal((char *)text.data, want);
	gnutls_free(text.data);
}

static void test_tofu(void **state)
{
	struct pki *p = usual_pki();
	struct pki *other = usual_pki();
	char *file = talloc_asprintf(p, "%s/new/config/known_hosts", p->dir);
	struct tls_client_policy policy = {.trust = TLS_TRUST_TOFU,
					   .known_hosts = file};
	struct tls_judgement j = judge(p, &policy, "Files.example");
	struct stat st;
	char *want = NULL;

	(void)state;
	assert_true(j.verified);
	assert_non_null(strstr(j.how, "first time"));
	want = talloc_asprintf(p, "files.example:443 sha256:%s\n", j.sha256);
	assert_file(file, want);
	assert_int_equal(stat(file, &st), 0);
	assert_int_equal(st.st_mode & 0777, 0600);

	j = judge(p, &policy, "files.example");
	assert_true(j.verified);
	assert_non_null(strstr(j.how, "seen before"));
	assert_file(file, want);

	j = judge(other, &policy, "files.example");
	assert_false(j.accepted);
	assert_int_equal(j.alert, GNUTLS_A_BAD_CERTIFICATE);
	assert_non_null(strstr(j.why_not, "IT HAS CHANGED"));
	assert_non_null(strstr(j.why_not, file));
	assert_file(file, want);

	/* An address is another entry. */
	j = judge(other, &policy, "2001:db8::7");
	assert_true(j.verified);
	want = talloc_asprintf(p, "%s[2001:db8::7]:443 sha256:%s\n", want,
			       j.sha256);
	assert_file(file, want);
	talloc_free(p);
	talloc_free(other);
}

/* A file edited by hand: comments, blanks, no line end, other keys. */
static void test_tofu_edited(void **state)
{
	struct pki *p = usual_pki();
	char *file = talloc_asprintf(p, "%s/known", p->dir);
	struct tls_client_policy policy = {.trust = TLS_TRUST_TOFU,
					   .known_hosts = file};
	FILE *f = fopen(file, "w");
	char *hex = tls_sha256_hex(p, &p->der[0]);

	(void)state;
	fprintf(f, "# mine\n\n  files.example:443 \t sha256:%s  \r\nx y", hex);
	fclose(f);
	assert_non_null(
		strstr(judge(p, &policy, "files.example").how, "seen before"));
	assert_non_null(
		strstr(judge(p, &policy, "new.example").how, "first time"));
	assert_non_null(
		strstr(judge(p, &policy, "new.example").how, "seen before"));
	talloc_free(p);
}

static void test_tofu_unusable(void **state)
{
	struct pki *p = usual_pki();
	struct tls_client_policy policy = {.trust = TLS_TRUST_TOFU,
					   .known_hosts = p->dir};
	struct tls_judgement j = judge(p, &policy, "files.example");

	(void)state;
	assert_false(j.accepted);
	assert_non_null(strstr(j.why_not, p->dir));
	policy.known_hosts = NULL;
	assert_false(judge(p, &policy, "files.example").accepted);
	talloc_free(p);
}

static void test_none(void **state)
{
	struct pki *p = usual_pki();
	struct tls_client_policy policy = {.trust = TLS_TRUST_NONE};
	struct tls_judgement j = judge(p, &policy, "any.name");

	(void)state;
	assert_true(j.accepted);
	assert_false(j.verified);
	assert_non_null(strstr(j.subject, "files.example"));
	talloc_free(p);
}

/* --- identities ---------------------------------------------------------- */

static void test_identity(void **state)
{
	struct pki *p = usual_pki();
	char *why = NULL;
	struct tls_identity *id =
		tls_identity_load(p, p->cert_file, p->key_file, NULL, &why);

	(void)state;
	assert_non_null(id);
	assert_null(why);
	assert_string_equal(id->sha256, tls_sha256_hex(p, &p->der[0]));
	assert_non_null(strstr(id->subject, "files.example"));
	assert_false(id->require_client_certificate);
	assert_non_null(tls_identity_load(p, p->cert_file, p->key_file,
					  p->ca_file, &why));
	talloc_free(p);
}

static void assert_not_loaded(struct pki *p, const char *cert, const char *key,
			      const char *ca, const char *sentence)
{
	char *why = NULL;

	assert_null(tls_identity_load(p, cert, key, ca, &why));
	assert_non_null(why);
	assert_non_null(strstr(why, sentence));
}

static void test_identity_not_loaded(void **state)
{
	struct pki *p = usual_pki();
	struct pki *other = usual_pki();

	(void)state;
	assert_not_loaded(p, "/nonexistent", p->key_file, NULL,
			  "cannot read /nonexistent: No such file");
	assert_not_loaded(p, p->cert_file, "/nonexistent", NULL,
			  "cannot read /nonexistent: No such file");
	assert_not_loaded(p, p->cert_file, other->key_file, NULL,
			  "does not belong to the certificate");
	assert_not_loaded(p, p->key_file, p->key_file, NULL,
			  "there is no certificate in ");
	assert_not_loaded(p, p->cert_file, p->key_file, p->key_file,
			  "the client CA");
	assert_not_loaded(p, p->cert_file, p->key_file, "/nonexistent",
			  "the client CA /nonexistent");
	talloc_free(p);
	talloc_free(other);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_trust_names),
		cmocka_unit_test(test_ca_and_name),
		cmocka_unit_test(test_unknown_issuer),
		cmocka_unit_test(test_ca_file),
		cmocka_unit_test(test_dates),
		cmocka_unit_test(test_purpose),
		cmocka_unit_test(test_no_certificate),
		cmocka_unit_test(test_pin),
		cmocka_unit_test(test_malformed_pin),
		cmocka_unit_test(test_tofu),
		cmocka_unit_test(test_tofu_edited),
		cmocka_unit_test(test_tofu_unusable),
		cmocka_unit_test(test_none),
		cmocka_unit_test(test_identity),
		cmocka_unit_test(test_identity_not_loaded),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
