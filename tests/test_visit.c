/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tests/testlib.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "smbquic/savefile.h"
#include "smbquic/visit.h"

#define NOW ((time_t)1000000)

static const struct visit_key key = {
	.kind = "session", .host = "Files.Example", .port = 443, .policy = "p"};

static char *file(TALLOC_CTX *mem_ctx)
{
	return talloc_asprintf(mem_ctx, "%s/visits", testlib_tmpdir(mem_ctx));
}

static void put(const char *path, const struct visit_key *k, const char *what,
		unsigned seconds)
{
	assert_int_equal(visit_put(path, k, NOW, NOW + seconds,
				   (const uint8_t *)what, strlen(what)),
			 0);
}

static void assert_known(const char *path, const struct visit_key *k,
			 time_t now, const char *what)
{
	size_t len = 0;
	uint8_t *data = visit_get(NULL, path, k, now, &len);

	if (what == NULL) {
		assert_null(data);
		return;
	}
	assert_non_null(data);
	assert_int_equal(len, strlen(what));
	assert_memory_equal(data, what, len);
	talloc_free(data);
}

static void test_put_get_forget(void **state)
{
	TALLOC_CTX *ctx = talloc_new(NULL);
	char *path = file(ctx);
	struct visit_key other = key;
	struct stat st;

	(void)state;
	assert_known(path, &key, NOW, NULL);
	put(path, &key, "one", 100);
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_mode & 0777, 0600);
	assert_known(path, &key, NOW, "one");
	other.host = "fILES.eXAMPLE";
	assert_known(path, &other, NOW, "one");
	other.port = 4430;
	assert_known(path, &other, NOW, NULL);
	other = key;
	other.policy = "q";
	assert_known(path, &other, NOW, NULL);
	other = key;
	other.kind = "token";
	assert_known(path, &other, NOW, NULL);
	put(path, &other, "", 100);
	assert_known(path, &other, NOW, "");
	put(path, &key, "two", 100);
	assert_known(path, &key, NOW, "two");
	assert_int_equal(visit_forget(path, &key, NOW), 0);
	assert_known(path, &key, NOW, NULL);
	assert_known(path, &other, NOW, "");
	talloc_free(ctx);
}

static void test_take(void **state)
{
	TALLOC_CTX *ctx = talloc_new(NULL);
	char *path = file(ctx);
	size_t len = 0;

	(void)state;
	assert_null(visit_take(ctx, path, &key, NOW, &len));
	put(path, &key, "once", 100);
	assert_non_null(visit_take(ctx, path, &key, NOW, &len));
	assert_int_equal(len, 4);
	assert_null(visit_take(ctx, path, &key, NOW, &len));
	talloc_free(ctx);
}

static void test_expires(void **state)
{
	TALLOC_CTX *ctx = talloc_new(NULL);
	char *path = file(ctx);

	(void)state;
	put(path, &key, "short", 100);
	assert_known(path, &key, NOW + 99, "short");
	assert_known(path, &key, NOW + 100, NULL);
	talloc_free(ctx);
}

static void test_limits(void **state)
{
	TALLOC_CTX *ctx = talloc_new(NULL);
	char *path = file(ctx);
	uint8_t *much = talloc_zero_size(ctx, VISIT_DATA_MAX + 1);
	char name[32];
	struct visit_key k = key;
	unsigned i = 0;
	size_t len = 0;

	(void)state;
	assert_int_equal(
		visit_put(path, &key, NOW, NOW + 1, much, VISIT_DATA_MAX + 1),
		EMSGSIZE);
	assert_int_equal(
		visit_put(path, &key, NOW, NOW + 9, much, VISIT_DATA_MAX), 0);
	assert_non_null(visit_get(ctx, path, &key, NOW, &len));
	assert_int_equal(len, VISIT_DATA_MAX);
	k.host = "two words";
	assert_int_equal(visit_put(path, &k, NOW, NOW + 1, much, 1), EMSGSIZE);
	k.host = name;
	for (i = 0; i < VISIT_MEMORIES; i++) {
		snprintf(name, sizeof(name), "host%u", i);
		put(path, &k, "x", 100);
	}
	assert_known(path, &key, NOW, NULL); /* the oldest went */
	snprintf(name, sizeof(name), "host0");
	assert_known(path, &k, NOW, "x");
	talloc_free(ctx);
}

/* What others can read is no secret any more. */
static void test_open_to_others(void **state)
{
	TALLOC_CTX *ctx = talloc_new(NULL);
	char *path = file(ctx);
	struct stat st;

	(void)state;
	put(path, &key, "secret", 100);
	assert_int_equal(chmod(path, 0640), 0);
	assert_known(path, &key, NOW, NULL);
	put(path, &key, "again", 100);
	assert_known(path, &key, NOW, "again");
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_mode & 0777, 0600);
	talloc_free(ctx);
}

static void test_damaged(void **state)
{
	static const char *const texts[] = {
		"session",
		"session files.example:443 p ",
		"session files.example:443 p x AAAA\n",
		"session files.example:443 p 99999999999999999999999 AAAA\n",
		"session files.example:443 p 2000000\n",
		"session files.example:443 p 2000000 !!!\n",
		"\n\n   \n",
	};
	TALLOC_CTX *ctx = talloc_new(NULL);
	char *path = file(ctx);
	size_t i = 0;

	(void)state;
	for (i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		assert_int_equal(savefile_write(path, 0600, true, texts[i],
						strlen(texts[i])),
				 0);
		assert_known(path, &key, NOW, NULL);
		put(path, &key, "good", 100);
		assert_known(path, &key, NOW, "good");
	}
	talloc_free(ctx);
}

static void test_no_file(void **state)
{
	size_t len = 1;

	(void)state;
	assert_null(visit_get(NULL, NULL, &key, NOW, &len));
	assert_int_equal(len, 0);
	assert_int_equal(visit_put(NULL, &key, NOW, NOW + 1, NULL, 0), 0);
	assert_int_equal(visit_forget(NULL, &key, NOW), 0);
	assert_int_not_equal(
		visit_put("/proc/nowhere/visits", &key, NOW, NOW + 1, NULL, 0),
		0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_put_get_forget),
		cmocka_unit_test(test_take),
		cmocka_unit_test(test_expires),
		cmocka_unit_test(test_limits),
		cmocka_unit_test(test_open_to_others),
		cmocka_unit_test(test_damaged),
		cmocka_unit_test(test_no_file),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
