/* SPDX-License-Identifier: GPL-3.0-or-later */
/* facts.c: what is said of a connection, and why it is sealed or not. */
#include "tests/testlib.h"

#include <string.h>

#include "client/client_private.h"

static struct client_conn *lost_conn(void)
{
	struct client_conn *conn = talloc_zero(NULL, struct client_conn);

	conn->options.server = "files";
	conn->agreement.dialect = SMB2_DIALECT_311;
	conn->agreement.max_read = 8;
	conn->agreement.max_write = 9;
	conn->agreement.max_transact = 10;
	conn->credits = 11;
	memset(conn->agreement.server_guid, 0x5a,
	       sizeof(conn->agreement.server_guid));
	return conn;
}

/* A connection that is lost, and not back yet. */
static void test_lost(void **state)
{
	struct client_conn *conn = lost_conn();
	struct client_facts f = {0};

	(void)state;
	client_facts(conn, NULL, NULL, &f);
	assert_string_equal(f.server, "files");
	assert_string_equal(f.transport, "none");
	assert_string_equal(f.address, "");
	assert_false(f.secure);
	assert_int_equal(f.dialect, SMB2_DIALECT_311);
	assert_int_equal(f.max_read, 8);
	assert_int_equal(f.max_write, 9);
	assert_int_equal(f.max_transact, 10);
	assert_int_equal(f.credits, 11);
	assert_int_equal(f.channels, 0);
	assert_int_equal(f.server_guid[0], 0x5a);
	assert_null(f.user);
	talloc_free(conn);
}

static void test_algorithms(void **state)
{
	static const struct {
		uint16_t signing, cipher;
		const char *want_signing, *want_cipher;
	} rows[] = {
		{SMB2_SIGNING_HMAC_SHA256, 0, "HMAC-SHA256", NULL},
		{SMB2_SIGNING_AES_CMAC, SMB2_CIPHER_AES128_CCM, "AES-128-CMAC",
		 "AES-128-CCM"},
		{SMB2_SIGNING_AES_GMAC, SMB2_CIPHER_AES128_GCM, "AES-128-GMAC",
		 "AES-128-GCM"},
		{SMB2_SIGNING_AES_GMAC, SMB2_CIPHER_AES256_CCM, "AES-128-GMAC",
		 "AES-256-CCM"},
		{SMB2_SIGNING_AES_GMAC, SMB2_CIPHER_AES256_GCM, "AES-128-GMAC",
		 "AES-256-GCM"},
		{99, 99, "unknown", "unknown"},
	};
	struct client_conn *conn = lost_conn();
	struct client_facts f = {0};
	size_t i = 0;

	(void)state;
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		conn->agreement.signing_algorithm = rows[i].signing;
		conn->agreement.cipher = rows[i].cipher;
		client_facts(conn, NULL, NULL, &f);
		assert_string_equal(f.signing, rows[i].want_signing);
		if (rows[i].want_cipher == NULL) {
			assert_null(f.cipher);
		} else {
			assert_string_equal(f.cipher, rows[i].want_cipher);
		}
	}
	talloc_free(conn);
}

/* What counts comes first: a share that seals, then who left it to whom. */
static void test_why(void **state)
{
	struct client_conn *conn = lost_conn();
	struct client_tree *tree = talloc_zero(conn, struct client_tree);
	struct client_facts f = {0};

	(void)state;
	client_facts(conn, NULL, NULL, &f);
	assert_string_equal(f.encryption_why, "no cipher was agreed on");
	conn->agreement.cipher = SMB2_CIPHER_AES128_GCM;
	client_facts(conn, NULL, NULL, &f);
	assert_string_equal(f.encryption_why, "neither end requires it");
	conn->agreement.accept_transport_security = true;
	client_facts(conn, NULL, tree, &f);
	assert_non_null(strstr(f.encryption_why, "left to the transport"));
	tree->encrypt = true;
	client_facts(conn, NULL, tree, &f);
	assert_string_equal(f.encryption_why, "the share requires it");
	talloc_free(conn);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_lost),
		cmocka_unit_test(test_algorithms),
		cmocka_unit_test(test_why),
	};

	return cmocka_run_group_tests_name("facts", tests, NULL, NULL);
}
