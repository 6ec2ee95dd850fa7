/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tests/fixture_share.h"

#include <arpa/inet.h>

#include "server/server.h"

static const char text[] = FILES_GLOBAL "[data]\npath = /nowhere\n"
					"store = memory\n"
					"comment = all of it\n"
					"[Other]\npath = /nowhere/%U\n"
					"store = memory\nbrowseable = no\n"
					"msdfs root = yes\n"
					"hosts allow = 192.0.2.0/24\n"
					"hosts deny = ALL\n"
					"continuously available = yes\n"
					"[gone]\npath = /nowhere\n"
					"available = no\n";

static int setup(void **state)
{
	*state = files_new_config(text);
	return 0;
}

static int teardown(void **state)
{
	talloc_free(*state);
	return 0;
}

static void test_find(void **state)
{
	struct files *t = *state;
	const struct server *server = t->f->server;
	const struct share *data = share_find(server, "DATA");
	const struct share *other = share_find(server, "other");
	const struct share *ipc = share_find(server, "ipc$");

	assert_string_equal(data->name, "data");
	assert_string_equal(data->comment, "all of it");
	assert_true(data->browseable);
	assert_false(other->browseable);
	assert_int_equal(other->type, SHARE_DISK);
	assert_false(share_is_dfs(data));
	assert_true(share_is_dfs(other));
	/* what is gone with the server cannot be had back after it */
	assert_false(other->continuous);
	/* no section makes it, and it comes last */
	assert_int_equal(ipc->type, SHARE_PIPE);
	assert_null(ipc->section);
	assert_null(ipc->next);
	assert_false(share_is_dfs(ipc));
	assert_null(share_find(server, "gone"));
	assert_null(share_find(server, ""));
}

static bool allows(const struct share *share, const char *address)
{
	struct sockaddr_in in = {.sin_family = AF_INET};

	assert_int_equal(inet_pton(AF_INET, address, &in.sin_addr), 1);
	return share_allows_address(share, (struct sockaddr *)&in);
}

static void test_addresses(void **state)
{
	struct files *t = *state;
	const struct share *data = share_find(t->f->server, "data");
	const struct share *other = share_find(t->f->server, "other");

	assert_true(allows(data, "198.51.100.1"));
	assert_true(allows(other, "192.0.2.1"));
	assert_false(allows(other, "198.51.100.1"));
}

/* One store for all whose path is the same, for as long as somebody has it. */
static void test_stores(void **state)
{
	struct files *t = *state;
	struct share *data = share_find(t->f->server, "data");
	struct share *other = share_find(t->f->server, "other");
	struct config_macros alice = {.user = "alice"};
	struct config_macros bob = {.user = "bob"};
	TALLOC_CTX *one = talloc_new(t);
	TALLOC_CTX *two = talloc_new(t);
	TALLOC_CTX *three = talloc_new(t);
	struct store *store = NULL;
	char *why = NULL;

	store = share_store_now(other, one, &alice, &why);
	assert_non_null(store);
	assert_ptr_equal(share_store_now(other, two, &alice, &why), store);
	assert_ptr_not_equal(share_store_now(other, three, &bob, &why), store);
	/* the files of [data] are there already, for whoever comes */
	assert_ptr_equal(share_store_now(data, three, &bob, &why),
			 t->tree->store);
	assert_true(share_keep_store(other, t, store));
	talloc_free(one);
	talloc_free(two);
	assert_ptr_equal(share_store_now(other, three, &alice, &why), store);
	assert_false(share_keep_store(data, t, store));
}

/* A reload takes a share out of use, and not away from who uses it. */
static void test_unload(void **state)
{
	struct files *t = *state;
	struct server *server = t->f->server;
	struct share *list = server->shares;
	struct share *used = t->tree->share;
	char *why = NULL;

	server->shares = shares_load(server, list->config, &why);
	assert_non_null(server->shares);
	shares_unload(server, list);
	assert_ptr_not_equal(share_find(server, "data"), used);
	assert_string_equal(used->name, "data"); /* the tree's */
	assert_null(used->next);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_find),
		TEST(test_addresses),
		TEST(test_stores),
		TEST(test_unload),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
