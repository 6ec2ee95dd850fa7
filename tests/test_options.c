/* SPDX-License-Identifier: GPL-3.0-or-later */
/* options.c: settings by name, and what they make of a connection. */
#include "tests/fixture_client.h"

#include "client/client_private.h"

static void test_names(void **state)
{
	enum client_protection p = CLIENT_PROTECTION_OFF;
	uint16_t dialect = 0;

	(void)state;
	assert_true(client_protection_parse("Encrypt", &p));
	assert_int_equal(p, CLIENT_PROTECTION_ENCRYPT);
	assert_false(client_protection_parse("maybe", &p));
	assert_true(client_dialect_parse("SMB3_11", &dialect));
	assert_int_equal(dialect, SMB2_DIALECT_311);
	assert_true(client_dialect_parse("2.0.2", &dialect));
	assert_int_equal(dialect, SMB2_DIALECT_202);
	assert_false(client_dialect_parse("NT1", &dialect));
	assert_string_equal(client_dialect_name(SMB2_DIALECT_302), "3.0.2");
	assert_string_equal(client_dialect_name(0x1234), "unknown");
}

static void set(struct client_options *o, const char *key, const char *value)
{
	char *why = NULL;

	assert_true(client_options_set(NULL, o, key, value, &why));
	assert_null(why);
}

static void wrong(const char *key, const char *value, const char *says)
{
	struct client_options o = {.server = NULL};
	struct client_options before = {.server = NULL};
	char *why = NULL;

	client_options_default(&o);
	client_options_default(&before);
	assert_false(client_options_set(NULL, &o, key, value, &why));
	assert_non_null(why);
	assert_non_null(strstr(why, says));
	assert_memory_equal(&o, &before, sizeof(o));
	talloc_free(why);
}

static void test_levels(void **state)
{
	struct client_options o = {.server = NULL};

	(void)state;
	client_options_default(&o);
	set(&o, "client signing", "desired");
	assert_int_equal(o.protection, CLIENT_PROTECTION_OFF);
	set(&o, "Client Signing", "mandatory");
	assert_int_equal(o.protection, CLIENT_PROTECTION_SIGN);
	set(&o, "client smb encrypt", "required");
	assert_int_equal(o.protection, CLIENT_PROTECTION_ENCRYPT);
	set(&o, "client signing", "desired"); /* encryption stands above it */
	assert_int_equal(o.protection, CLIENT_PROTECTION_ENCRYPT);
	set(&o, "client smb encrypt", "desired");
	assert_int_equal(o.protection, CLIENT_PROTECTION_SIGN);
	assert_int_equal(o.sealing, CLIENT_SEALING_DESIRED);
	set(&o, "client smb encrypt", "off");
	assert_int_equal(o.sealing, CLIENT_SEALING_NEVER);
	set(&o, "client smb encryption over quic", "yes");
	assert_false(o.accept_transport_security);
	set(&o, "client smb encryption over quic", "no");
	assert_true(o.accept_transport_security);
}

static void test_dialect_range(void **state)
{
	struct client_options o = {.server = NULL};

	(void)state;
	client_options_default(&o);
	set(&o, "client max protocol", "SMB2_10");
	assert_int_equal(o.max_dialect, SMB2_DIALECT_210);
	assert_int_equal(o.min_dialect, SMB2_DIALECT_202);
	set(&o, "client min protocol", "SMB3_02");
	assert_int_equal(o.min_dialect, SMB2_DIALECT_302);
	assert_int_equal(o.max_dialect, SMB2_DIALECT_311);
}

static void test_lists(void **state)
{
	struct client_options o = {.server = NULL};

	(void)state;
	client_options_default(&o);
	set(&o, "client smb3 encryption algorithms", "aes-256-ccm AES-128-GCM");
	assert_int_equal(o.ciphers.count, 2);
	assert_int_equal(o.ciphers.id[0], SMB2_CIPHER_AES256_CCM);
	assert_int_equal(o.ciphers.id[1], SMB2_CIPHER_AES128_GCM);
	/* said twice: where it was said last */
	set(&o, "client smb3 encryption algorithms",
	    "AES-128-GCM, AES-128-CCM, AES-128-GCM");
	assert_int_equal(o.ciphers.count, 2);
	assert_int_equal(o.ciphers.id[0], SMB2_CIPHER_AES128_CCM);
	set(&o, "client smb3 signing algorithms", "-AES-128-GMAC");
	assert_int_equal(o.signing.count, 2);
	assert_int_equal(o.signing.id[0], SMB2_SIGNING_AES_CMAC);
	assert_int_equal(o.signing.id[1], SMB2_SIGNING_HMAC_SHA256);
}

static void test_quic(void **state)
{
	struct client_options o = {.server = NULL};

	(void)state;
	client_options_default(&o);
	set(&o, "quic version", "v2");
	assert_int_equal(o.quic_version, 2);
	set(&o, "quic version", "v1");
	assert_int_equal(o.quic_version, 1);
	set(&o, "Congestion Control", "BBR");
	assert_true(o.bbr);
	set(&o, "congestion control", "cubic");
	assert_false(o.bbr);
	set(&o, "early data", "no");
	assert_false(o.early_data);
	set(&o, "early data", "yes");
	assert_true(o.early_data);
}

static void test_wrong(void **state)
{
	(void)state;
	wrong("quic version", "v3", "v1 or v2");
	wrong("congestion control", "reno", "cubic or bbr");
	wrong("early data", "perhaps", "yes or no");
	wrong("client signing", "perhaps", "required or desired");
	wrong("client smb encrypt", "", "off, if_required");
	wrong("client min protocol", "NT1", "SMB2_02");
	wrong("client max protocol", "4", "SMB2_02");
	wrong("client smb encryption over quic", "maybe", "yes or no");
	wrong("client smb3 encryption algorithms", "ROT13", "AES-128-GCM");
	wrong("client smb3 encryption algorithms", "", "AES-128-GCM");
	wrong("client smb3 signing algorithms",
	      "-AES-128-GMAC -AES-128-CMAC -HMAC-SHA256", "HMAC-SHA256");
	wrong("server signing", "required", "no such setting");
}

/* ---------------------------------------------------------- what they make */

static void test_order(void **state)
{
	struct fixture *f = *state;
	struct client_facts facts = {0};

	set(&f->options, "client smb3 encryption algorithms", "AES-256-CCM");
	set(&f->options, "client smb3 signing algorithms", "HMAC-SHA256");
	set(&f->options, "client smb encrypt", "desired");
	fixture_up(f);
	client_facts(f->conn, f->session, f->tree, &facts);
	assert_string_equal(facts.cipher, "AES-256-CCM");
	assert_string_equal(facts.signing, "HMAC-SHA256");
	assert_true(facts.encrypting);
	assert_string_equal(facts.encryption_why,
			    "we want it, and the server can");
}

static void test_desired_of_who_cannot(void **state)
{
	struct fixture *f = *state;
	struct client_facts facts = {0};

	f->peer->policy.ciphers.count = 0;
	set(&f->options, "client smb encrypt", "desired");
	fixture_up(f);
	client_facts(f->conn, f->session, f->tree, &facts);
	assert_false(facts.encrypting);
	assert_true(facts.signing_used);
}

static void test_never(void **state)
{
	struct fixture *f = *state;
	struct client_facts facts = {0};

	set(&f->options, "client smb encrypt", "off");
	f->peer->session_flags = SMB2_SESSION_FLAG_ENCRYPT_DATA;
	assert_int_equal(fixture_connect(f), NT_STATUS_OK);
	client_facts(f->conn, NULL, NULL, &facts);
	assert_null(facts.cipher);
	assert_int_equal(fixture_log_on(f), NT_STATUS_ACCESS_DENIED);
}

/* The server signs with something else, which 3.1.1 falls back to. */
static void test_no_signing_in_common(void **state)
{
	struct fixture *f = *state;

	f->peer->policy.signing.count = 1;
	f->peer->policy.signing.id[0] = SMB2_SIGNING_AES_GMAC;
	set(&f->options, "client smb3 signing algorithms", "HMAC-SHA256");
	assert_int_not_equal(fixture_connect(f), NT_STATUS_OK);
	assert_non_null(strstr(f->why, "signing algorithm"));
}

int main(void)
{
#define T(name) \
	cmocka_unit_test_setup_teardown(name, fixture_setup, fixture_teardown)
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_names),
		cmocka_unit_test(test_levels),
		cmocka_unit_test(test_dialect_range),
		cmocka_unit_test(test_lists),
		cmocka_unit_test(test_quic),
		cmocka_unit_test(test_wrong),
		T(test_order),
		T(test_desired_of_who_cannot),
		T(test_never),
		T(test_no_signing_in_common),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
