/* SPDX-License-Identifier: GPL-3.0-or-later */
/* For whom and what a connection must have shown a certificate, and whose; and
 * that guessing ends. */
#include "tests/fixture_logon.h"

#include <arpa/inet.h>
#include <netinet/in.h>

#include "certs/client_cert.h"
#include "server/machine.h"
#include "server/strikes.h"

struct place {
	TALLOC_CTX *mem_ctx;
	struct server server;
	struct transport_facts facts;
	struct conn conn;
	struct client_cert *cert;
};

/* Over a connection that has shown a certificate for alice. */
static struct place *place_new(const char *global)
{
	static const char *const no_names[] = {NULL};
	TALLOC_CTX *mem_ctx = talloc_new(NULL);
	struct place *p = talloc_zero(mem_ctx, struct place);
	char *text = talloc_asprintf(
		mem_ctx,
		"[global]\n%s"
		"[open]\nstore = memory\n"
		"[shut]\nstore = memory\nclient certificate required = yes\n",
		global);

	p->mem_ctx = mem_ctx;
	p->server.config = fixture_config(mem_ctx, text, NULL);
	p->cert = talloc_zero(mem_ctx, struct client_cert);
	p->cert->connection = 77;
	p->cert->subject = "CN=alice";
	p->cert->issuer = "CN=CA";
	p->cert->serial = "01";
	p->cert->sha1 = p->cert->sha256 = "00";
	p->cert->common_name = "alice";
	p->cert->names = no_names;
	p->facts.guest = p->cert;
	p->conn.server = &p->server;
	p->conn.facts = &p->facts;
	return p;
}

static void user(struct place *p, const char *name, const char *why)
{
	char *said = NULL;
	bool allowed = machine_allows_user(p->mem_ctx, &p->conn, name, &said);

	assert_int_equal(allowed, why == NULL);
	if (why != NULL) {
		assert_non_null(said);
		assert_non_null(strstr(said, why));
	}
}

static void test_users(void **state)
{
	struct place *p =
		place_new("client certificate user = cn\n"
			  "require client certificate user = alice, bob\n");

	(void)state;
	user(p, "alice", NULL);
	user(p, "ALICE", NULL);
	user(p, "bob", "bob");
	user(p, "carol", NULL); /* of her it is not required */
	p->facts.guest = NULL;
	user(p, "alice", "no client certificate");
	user(p, "carol", NULL);
	talloc_free(p->mem_ctx);

	p = place_new("client certificate user = cn\n"
		      "require client certificate user = *\n");
	user(p, "alice", NULL);
	user(p, "carol", "carol");
	talloc_free(p->mem_ctx);
}

static void test_stands_for(void **state)
{
	struct place *p = place_new("");

	(void)state;
	/* Without a rule any certificate that was let in will do. */
	assert_true(machine_stands_for(&p->conn, "bob"));
	p->facts.guest = NULL;
	assert_false(machine_stands_for(&p->conn, "bob"));
	talloc_free(p->mem_ctx);

	p = place_new("client certificate user = cn\n");
	assert_true(machine_stands_for(&p->conn, "alice"));
	assert_false(machine_stands_for(&p->conn, "bob"));
	talloc_free(p->mem_ctx);

	/* What cannot be understood lets nobody in. */
	p = place_new("client certificate user = nonsense\n");
	assert_false(machine_stands_for(&p->conn, "alice"));
	talloc_free(p->mem_ctx);
}

static void test_shares(void **state)
{
	struct place *p = place_new("");
	struct channel channel = {.conn = &p->conn};
	struct share share = {.config = p->server.config};

	(void)state;
	assert_true(machine_allows_share(&channel, &share)); /* IPC$ */
	share.section = config_share_find(p->server.config, "open");
	assert_true(machine_allows_share(&channel, &share));
	share.section = config_share_find(p->server.config, "shut");
	assert_false(machine_allows_share(&channel, &share));
	channel.machine = true;
	assert_true(machine_allows_share(&channel, &share));
	talloc_free(p->mem_ctx);
}

static void test_connection(void **state)
{
	struct place *p = place_new("");
	uint64_t first = 0;

	(void)state;
	assert_int_equal(machine_connection(&p->facts), 77);
	p->facts.guest = NULL;
	first = machine_connection(&p->facts);
	assert_int_not_equal(machine_connection(&p->facts), first);
	talloc_free(p->mem_ctx);
}

static void test_guessing(void **state)
{
	struct place *p = place_new("max failed logons per source = 2\n"
				    "failed logon interval = 1h\n");
	struct sockaddr_in *peer = (struct sockaddr_in *)&p->facts.peer;

	(void)state;
	p->server.strikes = strikes_new(p->mem_ctx);
	assert_non_null(p->server.strikes);
	peer->sin_family = AF_INET;
	peer->sin_addr.s_addr = htonl(0xC0000201);
	assert_false(machine_is_barred(&p->conn));
	machine_strike(&p->conn);
	assert_false(machine_is_barred(&p->conn));
	machine_strike(&p->conn);
	assert_true(machine_is_barred(&p->conn));
	peer->sin_addr.s_addr = htonl(0xC0000202);
	assert_false(machine_is_barred(&p->conn));
	talloc_free(p->mem_ctx);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_users),
		cmocka_unit_test(test_stands_for),
		cmocka_unit_test(test_shares),
		cmocka_unit_test(test_connection),
		cmocka_unit_test(test_guessing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
