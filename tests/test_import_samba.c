/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Samba's settings: which values lose nothing here, and a configuration that
 * is not open to more people than it was.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "server/import_samba.h"
#include "server/settings.h"
#include "tests/testlib.h"

static void test_rules(void **state)
{
	static const struct {
		const char *name, *value;
		bool fine;
	} rows[] = {
		{"wide links", "no", true},
		{"Wide  Links", "0", true},
		{"wide links", "yes", false},
		{"security", "USER", true},
		{"security", "ads", false},
		{"socket options", "IPTOS_LOWDELAY", true},
		{"passdb backend", "tdbsam:/var/lib/x", true},
		{"passdb backend", "ldapsam", false},
		{"force create mode", "0000", true},
		{"force create mode", "0660", false},
		{"idmap config * : backend", "tdb", true},
		{"fruit:metadata", "stream", true},
		{"admin users", "", true},
		{"admin users", "bob", false},
	};
	size_t i = 0;

	(void)state;
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		const struct import_rule *rule = import_rule_find(rows[i].name);

		assert_non_null(rule);
		if (import_rule_fine(rule, rows[i].value) != rows[i].fine) {
			fail_msg("%s = %s", rows[i].name, rows[i].value);
		}
	}
	assert_null(import_rule_find("frobnicate"));
	assert_null(import_rule_find(""));
}

static void test_modules(void **state)
{
	(void)state;
	assert_true(
		import_rule_fine(import_module_find("acl_xattr"), "acl_xattr"));
	assert_false(
		import_rule_fine(import_module_find("recycle"), "recycle"));
	assert_false(import_rule_fine(import_module_find("own"), "own"));
}

/* What is printed for `text`; *said, when asked for, what is told. */
static char *import(TALLOC_CTX *mem_ctx, const char *text, char **said)
{
	char *path = talloc_asprintf(mem_ctx, "%s/smb.conf",
				     testlib_tmpdir(mem_ctx));
	FILE *file = fopen(path, "w");
	char *printed[2] = {NULL, NULL};
	char *copy = NULL;
	size_t size[2];
	FILE *out = open_memstream(&printed[0], &size[0]);
	FILE *err = open_memstream(&printed[1], &size[1]);

	assert_non_null(file);
	fputs(text, file);
	fclose(file);
	assert_int_equal(import_samba(path, out, err), 0);
	fclose(out);
	fclose(err);
	copy = talloc_strdup(mem_ctx, printed[0]);
	if (said != NULL) {
		*said = talloc_strdup(mem_ctx, printed[1]);
	}
	free(printed[0]);
	free(printed[1]);
	return copy;
}

static bool holds(const char *text, const char *part)
{
	return strstr(text, part) != NULL;
}

static void test_carried(void **state)
{
	TALLOC_CTX *mem_ctx = talloc_new(NULL);
	char *text = import(mem_ctx,
			    "[one]\npath = /a\nwriteable = yes\n"
			    "shadow: snapdir = .snap\n"
			    "[global]\nntlm auth = disabled\nkeepalive = 300\n",
			    NULL);

	(void)state;
	assert_true(holds(text, "\tread only = no\n"));
	assert_true(holds(text, "\tsnapshot directory = .snap\n"));
	assert_true(holds(text, "\tserver ntlm = no\n"));
	assert_true(holds(text, "# not needed: keepalive = 300"));
	/* the general before the particular, as its defaults are the others' */
	assert_true(strstr(text, "[global]") < strstr(text, "[one]"));
	assert_false(holds(text, "available"));
	talloc_free(mem_ctx);
}

/* A guard that is lost shuts what it guarded. */
static void test_shut(void **state)
{
	static const char *const lost[] = {
		"valid users = OFFICE\\bob", "invalid users = %m",
		"hosts allow = %m",	     "read only = sometimes",
		"smb encrypt = maybe",
	};
	TALLOC_CTX *mem_ctx = talloc_new(NULL);
	size_t i = 0;

	(void)state;
	for (i = 0; i < sizeof(lost) / sizeof(lost[0]); i++) {
		char *share = talloc_asprintf(mem_ctx, "[a]\npath = /a\n%s\n",
					      lost[i]);
		char *all = talloc_asprintf(mem_ctx,
					    "[a]\npath = /a\navailable = yes\n"
					    "[global]\n%s\n",
					    lost[i]);

		assert_true(holds(import(mem_ctx, share, NULL),
				  "available = no\n"));
		assert_true(holds(import(mem_ctx, all, NULL),
				  "\tavailable = no\n"));
		assert_false(holds(import(mem_ctx, all, NULL),
				   "\tavailable = yes\n"));
	}
	talloc_free(mem_ctx);
}

static void test_hostile(void **state)
{
	TALLOC_CTX *mem_ctx = talloc_new(NULL);
	char *said = NULL;

	(void)state;
	/* a file that includes itself ends */
	(void)import(mem_ctx, "include = smb.conf\n[a]\npath = /a\n", &said);
	assert_true(holds(said, "files include each other"));
	(void)import(mem_ctx, "[a\n=\nb\n[]\n", &said);
	assert_true(holds(said, "4 not carried over"));
	assert_int_equal(import_samba("/nonexistent/smb.conf", stdout, stderr),
			 1);
	talloc_free(mem_ctx);
}

/* Whatever is carried over, the checker takes. */
static void report(void *private_data, enum config_severity severity,
		   const char *text)
{
	(void)private_data;
	if (severity == CONFIG_ERROR) {
		fail_msg("%s", text);
	}
}

static void test_result(void **state)
{
	TALLOC_CTX *mem_ctx = talloc_new(NULL);
	char *path =
		talloc_asprintf(mem_ctx, "%s/ours", testlib_tmpdir(mem_ctx));
	char *text = import(mem_ctx,
			    "[global]\nsmb ports = 445 139\n"
			    "server min protocol = NT1\nlog level = 3 auth:5\n"
			    "[a]\npath = /srv/%U\n[b]\npath = /srv/%u\n"
			    "[c]\n[homes]\n[a]\ncomment = again\n",
			    NULL);
	FILE *file = fopen(path, "w");
	struct config *config = NULL;

	(void)state;
	assert_non_null(file);
	fputs(text, file);
	fclose(file);
	config = config_load(mem_ctx, path, NULL, report, NULL);
	assert_non_null(config);
	assert_int_equal(config_share_count(config), 3);
	assert_string_equal(
		config_string(config, config_share(config, 0), CONFIG_COMMENT),
		"again");
	talloc_free(mem_ctx);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_rules),	cmocka_unit_test(test_modules),
		cmocka_unit_test(test_carried), cmocka_unit_test(test_shut),
		cmocka_unit_test(test_hostile), cmocka_unit_test(test_result),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
