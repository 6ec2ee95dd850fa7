/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The server as a whole: its names, its users, its shares, and what a reload
 * changes and what it keeps.
 */
#include "server/server.h"
#include "tests/fixture_server.h"
#include "tests/store_now.h"

#include <unistd.h>

#define GLOBAL "[global]\nserver smb transports = tcp:20604\n"
#define ALICE                                           \
	"alice:65534:XXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXX:" \
	"00112233445566778899AABBCCDDEEFF:[U          ]:LCT-00000001:\n"

static void test_names(void **private_data)
{
	struct fixture *f = fixture_new(
		GLOBAL "netbios name = a-rather-long-name-indeed\n", NULL);

	(void)private_data;
	assert_string_equal(f->server->netbios_name, "A-RATHER-LONG-N");
	talloc_free(f);
}

static void test_shares(void **private_data)
{
	struct fixture *f = fixture_new(GLOBAL "[One]\nstore = memory\n"
					       "comment = first\n"
					       "[two]\nstore = memory\n"
					       "available = no\n",
					NULL);
	const struct share *share = share_find(f->server, "oNE");

	(void)private_data;
	assert_non_null(share);
	assert_string_equal(share->name, "One");
	assert_string_equal(share->comment, "first");
	assert_int_equal(share->type, SHARE_DISK);
	assert_null(share_find(f->server, "two"));
	assert_int_equal(share_find(f->server, "ipc$")->type, SHARE_PIPE);
	talloc_free(f);
}

/* The same path is one store, and the store goes with its last tree. */
static void test_stores(void **private_data)
{
	struct fixture *f =
		fixture_new(GLOBAL "[one]\nstore = memory\npath = /%U\n", NULL);
	struct share *share = share_find(f->server, "one");
	const struct config_macros alice = {.user = "alice"};
	const struct config_macros bob = {.user = "bob"};
	TALLOC_CTX *first = talloc_new(f);
	TALLOC_CTX *second = talloc_new(f);
	TALLOC_CTX *third = talloc_new(f);
	char *why = NULL;
	struct store *store = share_store_now(share, first, &alice, &why);

	(void)private_data;
	assert_non_null(store);
	assert_ptr_equal(share_store_now(share, second, &alice, &why), store);
	assert_ptr_not_equal(share_store_now(share, third, &bob, &why), store);
	talloc_free(first);
	assert_ptr_equal(share_store_now(share, third, &alice, &why), store);
	talloc_free(third);
	talloc_free(second);
	assert_null(share->stores);
	talloc_free(f);
}

static void test_reload(void **private_data)
{
	struct fixture *f = fixture_new(GLOBAL "[one]\nstore = memory\n"
					       "[two]\nstore = memory\n",
					NULL);
	struct config *config = NULL;
	struct session *session = NULL;
	struct tree *tree = NULL;
	char *why = NULL;

	(void)private_data;
	fixture_negotiated(f);
	session = fixture_logged_on(f);
	tree = tree_new(session, share_find(f->server, "two"));
	config = fixture_config(f,
				GLOBAL "[one]\nstore = memory\n"
				       "comment = new\n"
				       "[three]\nstore = memory\n",
				ALICE);
	assert_true(server_reload(f->server, config, &why));
	assert_string_equal(share_find(f->server, "one")->comment, "new");
	assert_null(share_find(f->server, "two"));
	assert_non_null(share_find(f->server, "three"));
	assert_non_null(users_find(f->server->users, "alice"));
	/* Who uses a share goes on with it. */
	assert_ptr_equal(idtable_find(f->server->sessions, session->id),
			 session);
	assert_string_equal(tree->share->name, "two");
	assert_ptr_not_equal(tree->share->config, f->server->config);
	assert_int_equal(trees_count(f->server, "two"), 1);
	talloc_free(f);
}

/* A users file that changes is noticed; one that is gone changes nothing. */
static void test_users(void **private_data)
{
	struct fixture *f = fixture_new(GLOBAL, NULL);
	const char *path =
		config_string(f->server->config, NULL, CONFIG_SMB_PASSWD_FILE);
	FILE *file = NULL;

	(void)private_data;
	assert_null(users_find(f->server->users, "alice"));
	file = fopen(path, "w");
	fputs(ALICE, file);
	fclose(file);
	server_refresh_users(f->server);
	assert_non_null(users_find(f->server->users, "alice"));
	unlink(path);
	server_refresh_users(f->server);
	assert_non_null(users_find(f->server->users, "alice"));
	talloc_free(f);
}

static void test_listen(void **private_data)
{
	struct fixture *f = fixture_new(
		"[global]\nserver smb transports = tcp:20604\n"
		"interfaces = 127.0.0.1\nbind interfaces only = yes\n",
		NULL);
	struct fixture *g = NULL;
	char *why = NULL;

	(void)private_data;
	assert_true(server_listen(f->server, &why));
	assert_string_equal(server_listening(f, f->server),
			    "tcp 127.0.0.1:20604");
	/* The port is in use: the sentence names it. */
	g = fixture_new("[global]\nserver smb transports = tcp:20604\n"
			"interfaces = 127.0.0.1\nbind interfaces only = yes\n",
			NULL);
	assert_false(server_listen(g->server, &why));
	assert_non_null(strstr(why, "127.0.0.1:20604"));
	talloc_free(g);
	talloc_free(f);

	f = fixture_new("[global]\nserver smb transports = tcp:20604\n"
			"interfaces = 192.0.2.1\nbind interfaces only = yes\n",
			NULL);
	assert_false(server_listen(f->server, &why));
	assert_non_null(strstr(why, "interfaces"));
	talloc_free(f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_names),  cmocka_unit_test(test_shares),
		cmocka_unit_test(test_stores), cmocka_unit_test(test_reload),
		cmocka_unit_test(test_users),  cmocka_unit_test(test_listen),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
