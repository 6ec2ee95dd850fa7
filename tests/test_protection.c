/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Who has to encrypt, and what becomes of who cannot: every level with every
 * kind of client. */
#include "tests/fixture_logon.h"

#include "server/protection.h"

#define SHARES "[share]\nstore = memory\n%s"

/* A connection and its session, of whom only what is asked is filled in. */
struct place {
	TALLOC_CTX *mem_ctx;
	struct server server;
	struct transport_facts facts;
	struct conn conn;
	struct user user;
	struct session session;
	struct share share;
};

static struct place *place_new(const char *global, const char *of_share)
{
	TALLOC_CTX *mem_ctx = talloc_new(NULL);
	struct place *p = talloc_zero(mem_ctx, struct place);
	char *text = talloc_asprintf(mem_ctx, "[global]\n%s" SHARES, global,
				     of_share);

	p->mem_ctx = mem_ctx;
	p->server.config = fixture_config(mem_ctx, text, NULL);
	p->facts.backend = "tcp";
	p->conn.server = &p->server;
	p->conn.facts = &p->facts;
	p->conn.agreed.cipher = SMB2_CIPHER_AES256_GCM;
	p->session.kind = AUTH_USER;
	p->session.user = &p->user;
	p->session.signing_required = true;
	p->session.signing_algorithm = SMB2_SIGNING_AES_CMAC;
	p->session.cipher = p->conn.agreed.cipher;
	p->share.encrypt = (enum config_encrypt)config_int(
		p->server.config, config_share_find(p->server.config, "share"),
		CONFIG_SMB_ENCRYPT);
	return p;
}

static void cannot(struct place *p)
{
	p->conn.agreed.cipher = 0;
	p->session.cipher = 0;
}

static void over_quic(struct place *p)
{
	p->facts.secure = true;
	p->facts.backend = "quic-user";
	p->conn.agreed.accept_transport_security = true;
}

static void to_guest(struct place *p)
{
	p->session.kind = AUTH_GUEST;
}

static void to_anonymous(struct place *p)
{
	p->session.kind = AUTH_ANONYMOUS;
}

/* What is decided, as text: forbids-logon session forbids-share share. */
static void decided(const char *global, const char *of_share, bool listed,
		    void (*change)(struct place *p), const char *expected)
{
	struct place *p = place_new(global, of_share);
	const char *forbids = NULL;
	char *text = NULL;

	p->user.must_encrypt = listed;
	if (change != NULL) {
		change(p);
	}
	forbids = protection_forbids_logon(&p->conn, &p->user, p->session.kind);
	text = talloc_asprintf(
		p->mem_ctx, "%s,%d,%d,%d", forbids == NULL ? "-" : forbids,
		protection_of_session(&p->conn, &p->session),
		protection_forbids_share(&p->conn, &p->session, &p->share),
		protection_of_share(&p->conn, &p->session, &p->share));
	assert_string_equal(text, expected);
	talloc_free(p->mem_ctx);
}

#define REQUIRED "smb encrypt = required\n"
#define DESIRED	 "smb encrypt = desired\n"
#define LENIENT	 "reject unencrypted access = no\n"

static void test_nothing_required(void **state)
{
	(void)state;
	decided("", "", false, NULL, "-,0,0,0");
	decided("", "", false, cannot, "-,0,0,0");
	decided("smb encrypt = off\n", "", false, cannot, "-,0,0,0");
}

static void test_desired(void **state)
{
	(void)state;
	decided(DESIRED, "", false, NULL, "-,1,0,1");
	decided(DESIRED, "", false, cannot, "-,0,0,0");
	decided(DESIRED, "", false, to_guest, "-,0,0,0");
	decided(DESIRED, "", false, to_anonymous, "-,0,0,0");
	decided("", DESIRED, false, to_anonymous, "-,0,0,0");
	decided("", DESIRED, false, NULL, "-,0,0,1");
	decided("", DESIRED, false, cannot, "-,0,0,0");
}

static void test_by_server(void **state)
{
	(void)state;
	decided(REQUIRED, "", false, NULL, "-,1,0,1");
	decided(REQUIRED, "", false, over_quic, "-,1,0,1");
	decided(REQUIRED, "", false, cannot, "server smb encrypt,1,1,1");
	decided(REQUIRED, "", false, to_guest, "server smb encrypt,1,1,1");
	decided(REQUIRED, "", false, to_anonymous, "-,1,1,1");
	decided(REQUIRED LENIENT, "", false, NULL, "-,1,0,1");
	decided(REQUIRED LENIENT, "", false, cannot, "-,0,0,0");
	decided(REQUIRED LENIENT, "", false, to_guest, "-,0,0,0");
	decided(REQUIRED LENIENT, "", false, to_anonymous, "-,0,0,0");
}

static void test_by_user(void **state)
{
	(void)state;
	decided("", "", true, NULL, "-,1,0,0");
	decided("", "", true, over_quic, "-,1,0,0");
	decided("", "", true, cannot, "server smb encrypt users,1,0,0");
	decided(LENIENT, "", true, NULL, "-,1,0,0");
	decided(LENIENT, "", true, cannot, "-,0,0,0");
}

static void test_by_share(void **state)
{
	(void)state;
	decided("", REQUIRED, false, NULL, "-,0,0,1");
	decided("", REQUIRED, false, over_quic, "-,0,0,1");
	decided("", REQUIRED, false, cannot, "-,0,1,1");
	decided("", REQUIRED, false, to_guest, "-,0,1,1");
	decided(LENIENT, REQUIRED, false, cannot, "-,0,0,0");
	decided(LENIENT, REQUIRED, false, NULL, "-,0,0,1");
}

/* Before anybody has a name only what holds for all can be asked. */
static void test_nobody_yet(void **state)
{
	struct place *p = place_new("smb encrypt users = x\n", "");

	(void)state;
	cannot(p);
	assert_null(protection_forbids_logon(&p->conn, NULL, AUTH_USER));
	talloc_free(p->mem_ctx);
}

static void says(void (*change)(struct place *p), bool sealed, bool sealed_tree,
		 const char *expected)
{
	struct place *p = place_new("", "");
	struct session_keys keys = {.seal = NULL};
	struct tree tree = {.encrypt_data = sealed_tree};

	p->session.keys = &keys;
	p->session.encrypt_data = sealed;
	if (change != NULL) {
		change(p);
	}
	assert_string_equal(protection_text(p->mem_ctx, &p->conn, &p->session,
					    &tree, false),
			    expected);
	talloc_free(p->mem_ctx);
}

static void unsigned_one(struct place *p)
{
	p->session.signing_required = false;
}

static void refused_by_server(struct place *p)
{
	over_quic(p);
	p->conn.agreed.accept_transport_security = false;
}

static void test_text(void **state)
{
	struct place *p = NULL;

	(void)state;
	says(NULL, false, false, "signed with AES-128-CMAC");
	says(NULL, true, false, "sealed with AES-256-GCM");
	says(NULL, false, true, "sealed with AES-256-GCM");
	says(unsigned_one, false, false, "not protected");
	says(over_quic, true, true,
	     "encrypted by quic-user, signed with AES-128-CMAC");
	says(refused_by_server, true, false, "sealed with AES-256-GCM");
	p = place_new("", "");
	unsigned_one(p);
	assert_string_equal(
		protection_text(p, &p->conn, &p->session, NULL, false),
		"protected as the client likes");
	assert_string_equal(
		protection_text(p, &p->conn, &p->session, NULL, true),
		"sealed with AES-256-GCM");
	talloc_free(p->mem_ctx);
}

static void test_names(void **state)
{
	(void)state;
	assert_string_equal(protection_dialect(SMB2_DIALECT_302), "SMB3_02");
	assert_string_equal(protection_dialect(1), "-");
	assert_string_equal(protection_cipher(0), "-");
	assert_string_equal(protection_cipher(SMB2_CIPHER_AES128_CCM),
			    "AES-128-CCM");
	assert_string_equal(protection_signing(SMB2_SIGNING_HMAC_SHA256),
			    "HMAC-SHA256");
	assert_string_equal(protection_signing(77), "-");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_nothing_required),
		cmocka_unit_test(test_desired),
		cmocka_unit_test(test_by_server),
		cmocka_unit_test(test_by_user),
		cmocka_unit_test(test_by_share),
		cmocka_unit_test(test_nobody_yet),
		cmocka_unit_test(test_text),
		cmocka_unit_test(test_names),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
