/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>
#include <cmocka.h>

#include "tests/testlib.h"
#include "server/users.h"
#include "smbquic/log.h"
#include "smbquic/savefile.h"

/* MD4 of "password" in UTF-16LE: MS-NLMP's and everybody's example. */
#define HASH_OF_PASSWORD "8846F7EAEE8FB117AD06BDD830B7586C"
#define NO_HASH		 "XXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXX"

static const char sample[] =
	"# users\n"
	"ann:1000:" NO_HASH ":" HASH_OF_PASSWORD
	":[U          ]:LCT-5F000000:\n"
	"Bob:1001:" NO_HASH ":8846f7eaee8fb117ad06bdd830b7586c:[DU         ]:"
	"LCT-00000000:more\n"
	"nopass:1002:NO PASSWORDXXXXXXXXXXXXXXXXXXXXX:"
	"NO PASSWORDXXXXXXXXXXXXXXXXXXXXX:[NU         ]:LCT-00000001:\n"
	"this is no user\n"
	"box$:1003:" NO_HASH ":" HASH_OF_PASSWORD ":[W          ]:LCT-1:\n"
	"cut:1004:" NO_HASH "\n"
	"bad:x:" NO_HASH ":" HASH_OF_PASSWORD ":[U]:LCT-1:\n"
	"open:1:" NO_HASH ":" HASH_OF_PASSWORD ":[U:LCT-1:\n";

static unsigned warnings;

static void count_warnings(void *private_data, enum log_level level,
			   const char *module, const char *text)
{
	(void)private_data;
	(void)module;
	(void)text;
	if (level == LOG_LEVEL_WARN) {
		warnings++;
	}
}

static int setup(void **state)
{
	*state = testlib_tmpdir(NULL);
	log_set_sink(count_warnings, NULL);
	return 0;
}

static int teardown(void **state)
{
	talloc_free(*state);
	return 0;
}

static char *put(void **state, const char *text)
{
	char *path = talloc_asprintf(*state, "%s/users", (char *)*state);

	assert_int_equal(savefile_write(path, 0600, true, text, strlen(text)),
			 0);
	return path;
}

static char *contents(void **state, const char *path)
{
	size_t len = 0;
	char *text = savefile_read(*state, path, 100000, &len, NULL);

	assert_non_null(text);
	return text;
}

static void test_hash(void **state)
{
	static const struct {
		const char *password;
		uint8_t hash[USERS_NT_HASH_SIZE];
	} rows[] = {
		/* RFC 1320 A.5: MD4 of nothing */
		{"",
		 {0x31, 0xd6, 0xcf, 0xe0, 0xd1, 0x6a, 0xe9, 0x31, 0xb7, 0x3c,
		  0x59, 0xd7, 0xe0, 0xc0, 0x89, 0xc0}},
		/* MS-NLMP 4.2.2.1.2: NTOWFv1() of "Password" */
		{"Password",
		 {0xa4, 0xf4, 0x9c, 0x40, 0x65, 0x10, 0xbd, 0xca, 0xb6, 0x82,
		  0x4e, 0xe7, 0xc3, 0x0f, 0xd8, 0x52}},
	};
	uint8_t hash[USERS_NT_HASH_SIZE] = {0};
	size_t i = 0;

	(void)state;
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		assert_true(users_nt_hash(rows[i].password, hash));
		assert_memory_equal(hash, rows[i].hash, sizeof(hash));
	}
	assert_false(users_nt_hash("\xff", hash));
}

static void test_load(void **state)
{
	const struct users_entry *entry = NULL;
	struct users *users = NULL;
	uint8_t hash[USERS_NT_HASH_SIZE] = {0};
	const char *why = NULL;
	char *error = NULL;

	warnings = 0;
	users = users_load(*state, put(state, sample), &error);
	assert_non_null(users);
	assert_int_equal(warnings, 4); /* the comment is none */
	assert_int_equal(users_count(users), 4);
	assert_string_equal(users_get(users, 1)->name, "Bob");
	assert_null(users_get(users, 4));
	assert_null(users_find(users, "nobody here"));

	entry = users_find(users, "ANN");
	assert_non_null(entry);
	assert_int_equal(entry->uid, 1000);
	assert_int_equal(entry->changed, 0x5F000000);
	assert_int_equal(entry->flags, USERS_FLAG_NORMAL);
	assert_true(users_nt_hash("password", hash));
	assert_true(entry->has_key);
	assert_memory_equal(entry->nt_hash, hash, sizeof(hash));
	assert_true(users_may_log_on(entry, &why));
	assert_null(why);

	entry = users_find(users, "bob");
	assert_memory_equal(entry->nt_hash, hash, sizeof(hash));
	assert_false(users_may_log_on(entry, &why));
	assert_string_equal(why, "the account is disabled");
	entry = users_find(users, "nopass");
	assert_false(entry->has_key);
	assert_false(users_may_log_on(entry, &why));
	assert_string_equal(why, "the account has no password");
	assert_false(users_may_log_on(users_find(users, "box$"), &why));
	talloc_free(users);
}

static void test_load_refuses(void **state)
{
	char *path = put(state, sample);
	char *error = NULL;

	/* what a server without a readable file has */
	assert_null(users_find(NULL, "ann"));

	assert_int_equal(chmod(path, 0644), 0);
	assert_null(users_load(*state, path, &error));
	assert_non_null(strstr(error, "open to others (mode 0644)"));
	/* the group may read what is root's */
	assert_int_equal(chmod(path, 0640), 0);
	assert_int_equal(users_load(*state, path, &error) != NULL,
			 geteuid() == 0);
	assert_int_equal(chmod(path, 0620), 0);
	assert_null(users_load(*state, path, &error));
	unlink(path);
	assert_null(users_load(*state, path, &error));
	assert_non_null(strstr(error, "cannot read"));
	assert_null(users_load(*state, *state, &error));
	assert_non_null(strstr(error, "not a file"));
	assert_int_equal(savefile_write(path, 0600, true, "a\0b", 3), 0);
	assert_null(users_load(*state, path, &error));
	assert_non_null(strstr(error, "is not a users file"));
}

/* Every truncation is read without harm, whatever it is taken for. */
static void test_truncations(void **state)
{
	char *error = NULL;
	size_t len = 0;

	for (len = 0; len < sizeof(sample); len++) {
		TALLOC_CTX *mem_ctx = talloc_new(*state);
		char *text = talloc_strndup(mem_ctx, sample, len);
		struct users *users =
			users_load(mem_ctx, put(state, text), &error);

		assert_non_null(users);
		assert_true(users_count(users) <= 4);
		talloc_free(mem_ctx);
	}
}

static void test_edit(void **state)
{
	char *path = put(state, sample);
	char *error = NULL;
	char *text = NULL;
	char *begin = NULL;
	struct users *users = users_edit(*state, path, &error);
	const int64_t now = time(NULL);

	assert_non_null(users);
	assert_true(users_set_password(users, "Carol", "pa\xc3\xa4ss", &error));
	assert_true(users_set_password(users, "BOB", "password", &error));
	assert_true(users_set_enabled(users, "bob", true, &error));
	assert_true(users_set_enabled(users, "ann", false, &error));
	assert_true(users_delete(users, "box$", &error));
	assert_false(users_delete(users, "box$", &error));
	assert_non_null(strstr(error, "there is no user box$"));
	assert_false(users_set_enabled(users, "none", true, &error));
	assert_string_equal(contents(state, path), sample);
	assert_false(users_changed(users));
	assert_true(users_save(users, &error));
	assert_true(users_changed(users));
	talloc_free(users);

	text = contents(state, path);
	assert_non_null(strstr(text, "# users\n"));
	assert_non_null(strstr(text, "\nthis is no user\n"));
	assert_non_null(strstr(text, HASH_OF_PASSWORD
			       ":[UD         ]:LCT-5F000000:\n"));
	begin = strstr(text, "\nBob:1001:");
	assert_non_null(begin);
	assert_non_null(strstr(begin, HASH_OF_PASSWORD ":[U          ]:LCT-"));

	users = users_load(*state, path, &error);
	assert_non_null(users);
	assert_int_equal(users_count(users), 4);
	assert_true(users_find(users, "carol")->has_key);
	assert_true(users_find(users, "carol")->changed >= now);
	talloc_free(users);
}

static void test_edit_begins_a_file(void **state)
{
	char *path = talloc_asprintf(*state, "%s/new/users", (char *)*state);
	char *error = NULL;
	struct stat st = {0};
	struct users *users = users_edit(*state, path, &error);

	assert_non_null(users);
	assert_int_equal(users_count(users), 0);
	assert_true(users_set_password(users, "ann", "x", &error));
	assert_true(users_save(users, &error));
	talloc_free(users);
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_mode & 07777, 0600);
}

static void test_edit_refuses(void **state)
{
	static const char *const names[] = {"",	      "a:b", "a/b",
					    "@staff", "#a",  "a\nb",
					    "a\x7f",  "+x",  "a\\b"};
	char *path = put(state, "");
	char *error = NULL;
	struct users *users = users_edit(*state, path, &error);
	size_t i = 0;

	for (i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		assert_false(users_set_password(users, names[i], "x", &error));
		assert_non_null(strstr(error, "cannot be a user's name"));
	}
	assert_false(users_set_password(users, "ann", "", &error));
	assert_int_equal(users_count(users), 0);
	talloc_free(users);
}

static void test_resolve(void **state)
{
	struct users_entry entry = {.name = "root", .uid = 12345};
	struct users_entry by_uid = {.name = "no such account", .uid = 1};
	struct users_entry none = {.name = "no such account"};
	char *error = NULL;
	struct user *user = users_resolve(*state, &entry, &error);

	assert_non_null(user);
	assert_string_equal(user->name, "root");
	assert_int_equal(user->uid, geteuid()); /* root, or who runs this */
	assert_true(user->num_groups >= 1);
	if (geteuid() != 0) {
		user = users_resolve(*state, &none, &error);
		assert_int_equal(user->uid, geteuid());
		assert_string_equal(user->name, "no such account");
		return;
	}
	user = users_resolve(*state, &by_uid, &error);
	assert_non_null(user);
	assert_int_equal(user->uid, 1);
	assert_string_equal(user->name, "no such account");
	assert_null(users_resolve(*state, &none, &error)); /* never root */
	assert_string_equal(error, "there is no Unix account no such account");
	none.uid = (uid_t)-1;
	assert_null(users_resolve(*state, &none, &error));
}

static bool has_group(const struct user *user, gid_t gid)
{
	size_t i = 0;

	for (i = 0; i < user->num_groups; i++) {
		if (user->groups[i] == gid) {
			return true;
		}
	}
	return false;
}

static void test_force(void **state)
{
	gid_t groups[] = {100};
	const struct user ann = {.name = "ann",
				 .uid = 1000,
				 .gid = 100,
				 .num_groups = 1,
				 .groups = groups};
	char *error = NULL;
	struct user *user = user_force(*state, &ann, NULL, NULL, &error);

	assert_non_null(user);
	assert_int_equal(user->uid, 1000);
	assert_true(has_group(user, 100));
	if (geteuid() != 0) {
		skip();
	}
	user = user_force(*state, &ann, "daemon", NULL, &error);
	assert_int_equal(user->uid, 1);
	assert_string_equal(user->name, "ann");
	user = user_force(*state, &ann, NULL, "daemon", &error);
	assert_int_equal(user->uid, 1000);
	assert_int_equal(user->gid, 1);
	assert_true(has_group(user, 1));
	assert_true(has_group(user, 100));
	user = user_force(*state, &ann, NULL, "+daemon", &error);
	assert_int_equal(user->gid, 100); /* not a member */
	assert_false(has_group(user, 1));
	assert_null(user_force(*state, &ann, "no such one", NULL, &error));
	assert_string_equal(error, "there is no Unix account no such one");
	assert_null(user_force(*state, &ann, NULL, "no such one", &error));
	assert_string_equal(error, "there is no Unix group no such one");
}

static void test_listed(void **state)
{
	const char *const names[] = {"Bob", "ANN", NULL};
	const char *const others[] = {"bob", "@no such group", NULL};
	const char *const group[] = {"@daemon", NULL};
	const char *const none[] = {NULL};
	gid_t groups[] = {100, 1}; /* 1 is daemon on Debian */
	const struct user ann = {.name = "ann",
				 .uid = 1000,
				 .gid = 100,
				 .num_groups = 2,
				 .groups = groups};

	(void)state;
	assert_true(user_listed(&ann, names));
	assert_false(user_listed(&ann, others));
	assert_true(user_listed(&ann, group));
	assert_false(user_listed(&ann, none));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_hash),
		cmocka_unit_test(test_load),
		cmocka_unit_test(test_load_refuses),
		cmocka_unit_test(test_truncations),
		cmocka_unit_test(test_edit),
		cmocka_unit_test(test_edit_begins_a_file),
		cmocka_unit_test(test_edit_refuses),
		cmocka_unit_test(test_resolve),
		cmocka_unit_test(test_force),
		cmocka_unit_test(test_listed),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
