/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "server/veto.h"

#include <string.h>

#include "tests/fixture_share.h"

static struct veto *veto_of(struct files *t)
{
	bool ok = false;
	struct veto *veto = veto_new(t, t->tree->share, &ok);

	assert_true(ok);
	return veto;
}

static void test_none(void **state)
{
	struct files *t = files_new("");

	(void)state;
	assert_null(veto_of(t));
	assert_false(veto_name(NULL, "anything"));
	assert_false(veto_path(NULL, "any/thing"));
	talloc_free(t);
}

static void test_names(void **state)
{
	struct files *t = files_new("veto files = /*.secret/thumbs.db/a?c/\n");
	struct veto *veto = veto_of(t);

	(void)state;
	assert_non_null(veto);
	assert_true(veto_name(veto, "x.secret"));
	assert_true(veto_name(veto, ".secret"));
	assert_true(veto_name(veto, "X.SECRET")); /* case does not count */
	assert_true(veto_name(veto, "Thumbs.db"));
	assert_true(veto_name(veto, "abc"));
	assert_false(veto_name(veto, "ac"));
	assert_false(veto_name(veto, "secret"));
	assert_false(veto_name(veto, "x.secrets"));
	assert_false(veto_name(veto, "thumbs.db2"));
	talloc_free(t);
}

/* What lies below a name that is vetoed is not reached by it either. */
static void test_paths(void **state)
{
	struct files *t = files_new("veto files = /*.secret/\n");
	struct veto *veto = veto_of(t);
	char longest[STORE_NAME_MAX + 32] = "";

	(void)state;
	assert_true(veto_path(veto, "x.secret"));
	assert_true(veto_path(veto, "a/x.secret"));
	assert_true(veto_path(veto, "x.secret/b"));
	assert_true(veto_path(veto, "a/x.secret/b/c"));
	assert_false(veto_path(veto, "a/secret/b"));
	assert_false(veto_path(veto, ""));
	/* a name that is too long for one is none, and the next one counts */
	memset(longest, 'n', STORE_NAME_MAX + 1);
	assert_false(veto_path(veto, longest));
	strncat(longest, "/x.secret", sizeof(longest) - strlen(longest) - 1);
	assert_true(veto_path(veto, longest));
	talloc_free(t);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_none),
		cmocka_unit_test(test_names),
		cmocka_unit_test(test_paths),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
