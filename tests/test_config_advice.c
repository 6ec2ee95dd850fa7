/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Which choices --check-config warns of: those alone.
 */
#include "server/config_private.h"
#include "tests/testlib.h"

#include <stdio.h>
#include <string.h>

static void report(void *private_data, enum config_severity severity,
		   const char *text)
{
	char **all = private_data;

	assert_int_equal(severity, CONFIG_WARNING);
	*all = talloc_asprintf_append(*all, "%.*s\n", (int)strcspn(text, ":"),
				      text);
}

static char *advice_on(TALLOC_CTX *mem_ctx, const char *text)
{
	char *path =
		talloc_asprintf(mem_ctx, "%s/conf", testlib_tmpdir(mem_ctx));
	FILE *file = fopen(path, "w");
	char *all = talloc_strdup(mem_ctx, "");
	struct config *config = NULL;

	assert_non_null(file);
	fputs(text, file);
	fclose(file);
	config = config_load(mem_ctx, path, NULL, report, &all);
	assert_non_null(config);
	config_advise(config, report, &all);
	return all;
}

static void test_defaults(void **state)
{
	TALLOC_CTX *mem_ctx = talloc_new(NULL);

	(void)state;
	assert_string_equal(
		advice_on(mem_ctx, "[global]\nmetrics listen = 127.0.0.1:9922\n"
				   "[a]\npath = /srv\nread only = no\n"),
		"");
	assert_string_equal(
		advice_on(mem_ctx, "[global]\nmetrics listen = [::1]:9922\n"),
		"");
	talloc_free(mem_ctx);
}

/* What looks like an address, or is a name, and so never matches. */
static void test_hosts(void **state)
{
	TALLOC_CTX *mem_ctx = talloc_new(NULL);

	(void)state;
	assert_string_equal(
		advice_on(mem_ctx,
			  "[global]\nhosts deny = 192.0.2.0/33 ALL\n"
			  "[a]\npath = /srv\nhosts allow = fs.example\n"
			  "[b]\npath = /srv\n"
			  "[c]\npath = /srv\n"
			  "hosts allow = 192.0.2. EXCEPT 192.0.2.1\n"),
		"[global] hosts deny = 192.0.2.0/33, ALL\n"
		"[a] hosts allow = fs.example\n");
	talloc_free(mem_ctx);
}

/* A share of a folder that is not there, or is a file; nobody knows it of one
 * that differs by user. */
static void test_folders(void **state)
{
	TALLOC_CTX *mem_ctx = talloc_new(NULL);

	(void)state;
	assert_string_equal(advice_on(mem_ctx, "[a]\npath = /no/where\n"
					       "[b]\npath = /etc/passwd\n"
					       "[c]\npath = /no/where/%U\n"
					       "[d]\nstore = memory\n"
					       "[e]\npath = /\n"),
			    "[a] path = /no/where\n"
			    "[b] path = /etc/passwd\n"
			    "[e] path = /\n");
	talloc_free(mem_ctx);
}

/* What Samba would put a value for stays as it is here. */
static void test_macros(void **state)
{
	TALLOC_CTX *mem_ctx = talloc_new(NULL);

	(void)state;
	assert_string_equal(advice_on(mem_ctx,
				      "[global]\nlog file = /var/log/%m.log\n"
				      "server string = 100% of %h\n"
				      "[a]\npath = /srv/%S\nvalid users = %S\n"
				      "snapshot format = old-%Y\n"
				      "comment = 5 % off\n"),
			    "[global] server string = 100% of %h\n"
			    "[global] log file = /var/log/%m.log\n"
			    "[a] valid users = %S\n");
	talloc_free(mem_ctx);
}

/* What the server itself goes by, and the whole machine. */
static void test_secrets(void **state)
{
	TALLOC_CTX *mem_ctx = talloc_new(NULL);
	const char *dir = testlib_tmpdir(mem_ctx);
	char *text = talloc_asprintf(
		mem_ctx,
		"[global]\nsmb passwd file = %s/none/passwd\n"
		"[a]\npath = /srv\nforce user = root\nread only = no\n"
		"[b]\npath = %s\n[c]\npath = //\nread only = no\n"
		"[d]\npath = /usr\nset id bits = yes\n",
		dir, dir);
	char *wanted = talloc_asprintf(mem_ctx,
				       "[a] force user = root\n"
				       "[b] path = %s\n"
				       "[c] path = //\n[c] path = //\n"
				       "[d] set id bits = yes\n",
				       dir);

	(void)state;
	assert_string_equal(advice_on(mem_ctx, text), wanted);
	talloc_free(mem_ctx);
}

static void test_unwise(void **state)
{
	TALLOC_CTX *mem_ctx = talloc_new(NULL);

	(void)state;
	assert_string_equal(
		advice_on(mem_ctx,
			  "[global]\nserver signing = disabled\n"
			  "server min protocol = SMB2_02\n"
			  "map to guest = bad user\nsmb encrypt = off\n"
			  "max connections = 0\nearly data = yes\n"
			  "invalid authentication delay = 0\n"
			  "metrics listen = 0.0.0.0:9922\n"
			  "reject unencrypted access = no\n"
			  "bounded capabilities = no\n"
			  "system call filter = no\n"
			  "extended protection = off\n"
			  "max connections per source = 0\n"
			  "max failed logons per source = 0\n"
			  "quic retry = never\nrestrict anonymous = 0\n"
			  "[a]\npath = /srv\nread only = no\nguest ok = yes\n"
			  "create mask = 0666\n"
			  "[b]\npath = /srv\nguest ok = yes\n"
			  "[c]\npath = /srv\nsmb encrypt = required\n"),
		"[global] server signing = disabled\n"
		"[global] server min protocol = SMB2_02\n"
		"[global] map to guest = bad user\n"
		"[global] server smb encrypt = off\n"
		"[global] reject unencrypted access = no\n"
		"[global] max connections = 0\n"
		"[global] invalid authentication delay = 0\n"
		"[global] early data = yes\n"
		"[global] bounded capabilities = no\n"
		"[global] system call filter = no\n"
		"[global] extended protection = off\n"
		"[global] max connections per source = 0\n"
		"[global] max failed logons per source = 0\n"
		"[global] quic retry = never\n"
		"[global] restrict anonymous = 0\n"
		"[global] metrics listen = 0.0.0.0\n"
		"[a] guest ok = yes\n"
		"[a] create mask = 0666\n"
		"[b] guest ok = yes\n");
	talloc_free(mem_ctx);
}

/* Of what quic-kernel has not, when it is one of the transports; whether this
 * machine has it does not matter. */
static void test_lacking(void **state)
{
	static const char asking[] = "[global]\ncongestion control = bbr\n"
				     "early data = yes\n"
				     "network threads = 3\n";
	TALLOC_CTX *mem_ctx = talloc_new(NULL);
	char *kernel = talloc_asprintf(
		mem_ctx, "%sserver smb transports = tcp, quic-kernel\n",
		asking);
	char *user = talloc_asprintf(
		mem_ctx, "%sserver smb transports = tcp, quic-user\n", asking);

	(void)state;
	assert_string_equal(advice_on(mem_ctx, kernel),
			    "[global] early data = yes\n"
			    "[global] early data = yes\n"
			    "[global] congestion control = bbr\n"
			    "[global] network threads = 3\n");
	assert_string_equal(advice_on(mem_ctx, user),
			    "[global] early data = yes\n");
	assert_string_equal(advice_on(mem_ctx,
				      "[global]\nnetwork threads = 0\n"
				      "server smb transports = quic-kernel\n"),
			    "");
	assert_string_equal(advice_on(mem_ctx,
				      "[global]\n"
				      "server smb transports = quic-kernel\n"),
			    "");
	talloc_free(mem_ctx);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_defaults), cmocka_unit_test(test_hosts),
		cmocka_unit_test(test_folders),	 cmocka_unit_test(test_macros),
		cmocka_unit_test(test_secrets),	 cmocka_unit_test(test_unwise),
		cmocka_unit_test(test_lacking),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
