/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <sys/stat.h>
#include <cmocka.h>

#include "tests/testlib.h"
#include "server/config.h"
#include "smbquic/savefile.h"

/* A directory for files, and what the loader reported, a line each. */
struct fixture {
	char *dir;
	char *findings;
	unsigned errors, warnings;
};

static int setup(void **state)
{
	struct fixture *f = talloc_zero(NULL, struct fixture);

	f->dir = testlib_tmpdir(f);
	*state = f;
	return 0;
}

static int teardown(void **state)
{
	talloc_free(*state);
	return 0;
}

static void report(void *private_data, enum config_severity severity,
		   const char *text)
{
	struct fixture *f = private_data;

	f->findings = talloc_asprintf_append(f->findings, "%s\n", text);
	if (severity == CONFIG_ERROR) {
		f->errors++;
	} else {
		f->warnings++;
	}
}

static const char *write_file(struct fixture *f, const char *name,
			      const char *text)
{
	char *path = talloc_asprintf(f, "%s/%s", f->dir, name);

	assert_int_equal(savefile_write(path, 0600, true, text, strlen(text)),
			 0);
	return path;
}

static struct config *load_with(struct fixture *f, const char *text,
				const char *const *overrides)
{
	const char *path = write_file(f, "smbquic.conf", text);

	f->findings = talloc_strdup(f, "");
	f->errors = 0;
	f->warnings = 0;
	return config_load(f, path, overrides, report, f);
}

static struct config *load(struct fixture *f, const char *text)
{
	return load_with(f, text, NULL);
}

static void expect_finding(struct fixture *f, const char *text)
{
	if (strstr(f->findings, text) == NULL) {
		fail_msg("no \"%s\" in:\n%s", text, f->findings);
	}
}

static void test_defaults(void **state)
{
	struct fixture *f = *state;
	struct config *cfg = load(f, "");
	const struct config_transport *transports = NULL;
	const uint16_t *numbers = NULL;
	size_t count = 0;

	assert_non_null(cfg);
	assert_string_equal(f->findings, "");
	assert_int_equal(config_share_count(cfg), 0);
	transports = config_transports(cfg, &count);
	assert_int_equal(count, 2);
	assert_string_equal(transports[0].name, "quic");
	assert_int_equal(transports[0].port, 443);
	assert_string_equal(transports[1].name, "tcp");
	assert_int_equal(transports[1].port, 445);
	assert_int_equal(config_int(cfg, NULL, CONFIG_MIN_PROTOCOL), 0x0300);
	assert_int_equal(config_int(cfg, NULL, CONFIG_MAX_PROTOCOL), 0x0311);
	assert_false(config_bool(cfg, NULL, CONFIG_ENCRYPTION_OVER_QUIC));
	assert_int_equal(config_int(cfg, NULL, CONFIG_SMB2_MAX_READ), 8 << 20);
	assert_int_equal(config_int(cfg, NULL, CONFIG_IDLE_TIMEOUT), 60000);
	assert_int_equal(config_int(cfg, NULL, CONFIG_DEADTIME), 604800000);
	numbers = config_numbers(cfg, CONFIG_ENCRYPTION_ALGORITHMS, &count);
	assert_int_equal(count, 4);
	assert_int_equal(numbers[0], 2);
	assert_int_equal(numbers[3], 3);
	assert_string_equal(config_string(cfg, NULL, CONFIG_PID_FILE), "");
	assert_true(config_string(cfg, NULL, CONFIG_NETBIOS_NAME)[0] != '\0');
	assert_null(config_list(cfg, NULL, CONFIG_INTERFACES)[0]);
}

static void test_global(void **state)
{
	struct fixture *f = *state;
	struct config *cfg = load(f, "[Global]\n"
				     "ServerString = Files of %m\n"
				     "SERVER MIN PROTOCOL = smb2_10\n"
				     "server signing = required\n"
				     "handshake timeout = 500ms\n"
				     "keep alive = 0\n"
				     "smb2 max write = 1 M\n"
				     "deadtime = 2\n"
				     "interfaces = lo, 10.0.0.0/8\n"
				     "netbios name = box\n"
				     "log level = 1 quic:debug, auth:10\n"
				     "workgroup=\n");
	const char *const *list = NULL;

	assert_non_null(cfg);
	assert_string_equal(f->findings, "");
	assert_string_equal(config_string(cfg, NULL, CONFIG_SERVER_STRING),
			    "Files of %m");
	assert_int_equal(config_int(cfg, NULL, CONFIG_MIN_PROTOCOL), 0x0210);
	assert_int_equal(config_int(cfg, NULL, CONFIG_SERVER_SIGNING),
			 CONFIG_SIGNING_MANDATORY);
	assert_int_equal(config_int(cfg, NULL, CONFIG_HANDSHAKE_TIMEOUT), 500);
	assert_int_equal(config_int(cfg, NULL, CONFIG_KEEPALIVE), 0);
	assert_int_equal(config_int(cfg, NULL, CONFIG_SMB2_MAX_WRITE), 1 << 20);
	assert_int_equal(config_int(cfg, NULL, CONFIG_DEADTIME), 120000);
	list = config_list(cfg, NULL, CONFIG_INTERFACES);
	assert_string_equal(list[1], "10.0.0.0/8");
	assert_null(list[2]);
	assert_string_equal(config_string(cfg, NULL, CONFIG_NETBIOS_NAME),
			    "box");
	assert_string_equal(config_string(cfg, NULL, CONFIG_WORKGROUP), "");
}

static void test_shares(void **state)
{
	struct fixture *f = *state;
	struct config *cfg = load(f, "[global]\n"
				     "writable = yes\n"
				     "max connections = 7\n"
				     "server smb encrypt = desired\n"
				     "[Data]\n"
				     "path = /srv/%U\n"
				     "valid users = ann, @\"my staff\"\n"
				     "veto files = /*.tmp/lost found/\n"
				     "create mask = 640\n"
				     "case sensitive = auto\n"
				     "[scratch]\n"
				     "store = memory\n"
				     "read only = yes\n"
				     "max connections = 2\n"
				     "smb encrypt = required\n"
				     "[data]\n"
				     "comment = said later\n");
	const struct config_share *data = NULL;
	const struct config_share *scratch = NULL;
	const char *const *list = NULL;

	assert_non_null(cfg);
	assert_string_equal(f->findings, "");
	assert_int_equal(config_share_count(cfg), 2);
	data = config_share(cfg, 0);
	scratch = config_share_find(cfg, "SCRATCH");
	assert_ptr_equal(scratch, config_share(cfg, 1));
	assert_null(config_share(cfg, 2));
	assert_null(config_share_find(cfg, "global"));
	assert_string_equal(config_share_name(data), "Data");
	assert_string_equal(config_string(cfg, data, CONFIG_COMMENT),
			    "said later");
	list = config_list(cfg, data, CONFIG_VALID_USERS);
	assert_string_equal(list[0], "ann");
	assert_string_equal(list[1], "@my staff");
	assert_null(list[2]);
	list = config_list(cfg, data, CONFIG_VETO_FILES);
	assert_string_equal(list[0], "*.tmp");
	assert_string_equal(list[1], "lost found");
	assert_null(list[2]);
	assert_int_equal(config_int(cfg, data, CONFIG_CREATE_MASK), 0640);
	assert_false(config_bool(cfg, data, CONFIG_READ_ONLY));
	assert_true(config_bool(cfg, scratch, CONFIG_READ_ONLY));
	assert_false(config_bool(cfg, data, CONFIG_CASE_SENSITIVE));
	assert_int_equal(config_int(cfg, NULL, CONFIG_MAX_CONNECTIONS), 7);
	assert_int_equal(config_int(cfg, data, CONFIG_SHARE_MAX_CONNECTIONS),
			 0);
	assert_int_equal(config_int(cfg, scratch, CONFIG_SHARE_MAX_CONNECTIONS),
			 2);
	assert_int_equal(config_int(cfg, data, CONFIG_SMB_ENCRYPT),
			 CONFIG_ENCRYPT_DESIRED);
	assert_int_equal(config_int(cfg, scratch, CONFIG_SMB_ENCRYPT),
			 CONFIG_ENCRYPT_REQUIRED);
}

static void test_transports(void **state)
{
	static const struct {
		const char *text;
		const char *result; /* NULL: an error */
		unsigned warnings;
	} rows[] = {
		{"quic", "quic:443", 0},
		{"tcp:4450 quic:4430", "tcp:4450, quic:4430", 0},
		{"445 139", "tcp:445", 1},
		{"+tcp:4450", "quic:443, tcp:445, tcp:4450", 0},
		{"+quic", "quic:443, tcp:445", 0},
		{"nbt, tcp", "tcp:445", 1},
		{"nbt", NULL, 0},
		{"", NULL, 0},
		{"udp", NULL, 0},
		{"quic:", NULL, 0},
		{"quic:0", NULL, 0},
		{"quic:65536", NULL, 0},
		{"quic:4x", NULL, 0},
		{":443", NULL, 0},
		{"+", NULL, 0},
		{"1 2 3 4 5 6 7 8 9 10 11", NULL, 0},
	};
	struct fixture *f = *state;
	size_t i = 0;

	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		char *text = talloc_asprintf(f, "server smb transports = %s\n",
					     rows[i].text);
		struct config *cfg = load(f, text);
		const struct config_transport *list = NULL;
		char *result = talloc_strdup(f, "");
		size_t count = 0;
		size_t n = 0;

		if (rows[i].result == NULL) {
			assert_null(cfg);
			expect_finding(f, "smbquic.conf:1: ");
			continue;
		}
		assert_non_null(cfg);
		assert_int_equal(f->warnings, rows[i].warnings);
		list = config_transports(cfg, &count);
		for (n = 0; n < count; n++) {
			result = talloc_asprintf_append(
				result, "%s%s:%u", n == 0 ? "" : ", ",
				list[n].name, list[n].port);
		}
		assert_string_equal(result, rows[i].result);
	}
}

static void test_numbers(void **state)
{
	struct fixture *f = *state;
	struct config *cfg = load(f, "server smb3 signing algorithms = "
				     "hmac-sha256 AES-128-CMAC hmac-sha256\n"
				     "server smb3 encryption algorithms = "
				     "-AES-128-CCM, -AES-256-CCM\n");
	const uint16_t *numbers = NULL;
	size_t count = 0;

	assert_non_null(cfg);
	numbers = config_numbers(cfg, CONFIG_SIGNING_ALGORITHMS, &count);
	assert_int_equal(count, 2);
	assert_int_equal(numbers[0], 1);
	assert_int_equal(numbers[1], 0);
	numbers = config_numbers(cfg, CONFIG_ENCRYPTION_ALGORITHMS, &count);
	assert_int_equal(count, 2);
	assert_int_equal(numbers[0], 2);
	assert_int_equal(numbers[1], 4);
	assert_null(load(f, "server smb3 signing algorithms =\n"));
	assert_null(load(f, "server smb3 signing algorithms = -AES-128-GMAC "
			    "-AES-128-CMAC -HMAC-SHA256\n"));
}

static void test_errors_name_the_place(void **state)
{
	static const struct {
		const char *line;
		const char *finding;
	} rows[] = {
		{"read only = maybe", "read only = maybe: allowed is yes or "
				      "no"},
		{"create mask = 888", "allowed is octal"},
		{"store = tape", "allowed is posix or memory"},
		{"server smb encrypt = x", "if_required, desired, required or "
					   "off"},
		{"path = relative", "an absolute path"},
		{"path = /home/%H", "no macros but"},
		{"path = /x%", "no macros but"},
		{"max connections = -1", "0 to 1000000"},
		{"max connections = 99999999999999999999", "0 to 1000000"},
		{"no equals sign", "neither a [section]"},
	};
	struct fixture *f = *state;
	size_t i = 0;

	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		char *text =
			talloc_asprintf(f, "[s]\npath = /\n%s\n", rows[i].line);

		assert_null(load(f, text));
		assert_int_equal(f->errors, 1);
		expect_finding(f, "smbquic.conf:3: ");
		expect_finding(f, rows[i].finding);
	}
	assert_null(load(f, "keepalive = 1w\nlog level = 1 2\n"
			    "smb2 max read = 9M\n[a:b]\n[s\n"));
	assert_int_equal(f->errors, 5);
	expect_finding(f, ":1: keepalive = 1w: allowed is 0 to 1h");
	expect_finding(f, ":2: log level = 1 2: allowed is 0 to 10");
	expect_finding(f, ":3: smb2 max read = 9M: allowed is 64K to 8M");
	expect_finding(f, ":4: \"a:b\" cannot be the name of a share");
	expect_finding(f, ":5: a section's name must end with ]");
}

static void test_warnings_go_on(void **state)
{
	struct fixture *f = *state;
	struct config *cfg = load(f, "[global]\n"
				     "security = user\n"
				     "path = /srv\n"
				     "[homes]\n"
				     "browseable = no\n"
				     "[s]\n"
				     "log level = 2\n");

	assert_non_null(cfg);
	assert_int_equal(f->errors, 0);
	assert_int_equal(f->warnings, 3);
	assert_int_equal(config_share_count(cfg), 1);
	assert_string_equal(
		config_string(cfg, config_share(cfg, 0), CONFIG_PATH), "/srv");
	expect_finding(f, ":2: there is no setting \"security\"");
	expect_finding(f, ":4: [homes] is left out");
	expect_finding(f, ":7: \"log level\" belongs into [global]");

	assert_non_null(load(f, "guest ok = no\nmap to guest = never\n"));
	assert_int_equal(f->warnings, 0);
}

static void test_whole_checks(void **state)
{
	struct fixture *f = *state;

	assert_null(load(f, "min protocol = SMB3\nprotocol = SMB2\n"));
	expect_finding(f, "newer than");
	assert_null(load(f, "[s]\ncomment = no path\n"));
	expect_finding(f, "[s] has no path");
	assert_non_null(load(f, "[s]\navailable = no\n"));
	assert_non_null(load(f, "idle timeout = 10s\n"));
	expect_finding(f, "keepalive is not shorter");
}

static void test_include(void **state)
{
	struct fixture *f = *state;
	struct config *cfg = NULL;

	write_file(f, "more",
		   "comment = included\n[other]\npath = /o\n"
		   "include = third\nread only = what\n");
	write_file(f, "third", "comment = deep\n");
	assert_null(load(f, "[s]\npath = /s\ninclude = more\n"));
	expect_finding(f, "/more:5: read only");
	write_file(f, "more",
		   "comment = included\n[other]\npath = /o\n"
		   "include = third\n");
	cfg = load(f, "[s]\npath = /s\ninclude = more\nread only = no\n");
	assert_non_null(cfg);
	assert_string_equal(
		config_string(cfg, config_share(cfg, 0), CONFIG_COMMENT),
		"included");
	assert_false(config_bool(cfg, config_share(cfg, 0), CONFIG_READ_ONLY));
	assert_string_equal(
		config_string(cfg, config_share(cfg, 1), CONFIG_COMMENT),
		"deep");
	assert_null(load(f, "include = nowhere\n"));
	expect_finding(f, ":1: cannot read ");
	assert_null(load(f, "include = smbquic.conf\n"));
	expect_finding(f, "nested more than");
	assert_non_null(load(f, "include = /etc/%m.conf\n"));
	assert_int_equal(f->warnings, 1);
	assert_null(config_load(f, f->dir, NULL, report, f));
	expect_finding(f, "it is not a file");
}

/* Who can change it has all that it serves: of an included one likewise. */
static void test_anybodys(void **state)
{
	struct fixture *f = *state;
	const char *more = write_file(f, "more", "comment = included\n");
	const char *text = "[s]\npath = /s\ninclude = more\n";
	const char *path = write_file(f, "smbquic.conf", text);

	assert_int_equal(chmod(path, 0664), 0);
	f->findings = talloc_strdup(f, "");
	f->warnings = 0;
	f->errors = 0;
	assert_non_null(config_load(f, path, NULL, report, f));
	assert_string_equal(f->findings, "");
	assert_int_equal(chmod(path, 0646), 0);
	assert_non_null(config_load(f, path, NULL, report, f));
	assert_int_equal(f->warnings, 1);
	expect_finding(f, "/smbquic.conf can be changed by anybody (mode 0646)"
			  ", and it says what is served, and to whom");
	assert_int_equal(chmod(path, 0600), 0);
	assert_int_equal(chmod(more, 0666), 0);
	f->warnings = 0;
	assert_non_null(config_load(f, path, NULL, report, f));
	assert_int_equal(f->warnings, 1);
	assert_int_equal(f->errors, 0);
	expect_finding(f, "/more can be changed by anybody (mode 0666)");
}

static void test_overrides(void **state)
{
	const char *const good[] = {"log level=5", "server string = a=b", NULL};
	const char *const bad[] = {"log levle=5", NULL};
	const char *const worse[] = {"log level", "a=b\nc=d", "log level=x",
				     NULL};
	struct fixture *f = *state;
	struct config *cfg = load_with(f, "log level = 2\n", good);

	assert_non_null(cfg);
	assert_string_equal(config_string(cfg, NULL, CONFIG_LOG_LEVEL), "5");
	assert_string_equal(config_string(cfg, NULL, CONFIG_SERVER_STRING),
			    "a=b");
	assert_null(load_with(f, "", bad));
	expect_finding(f, "no setting \"log levle\"\n");
	assert_null(load_with(f, "", worse));
	assert_int_equal(f->errors, 3);
}

static char *print(struct fixture *f, struct config *cfg, bool all)
{
	char *buf = NULL;
	size_t len = 0;
	FILE *out = open_memstream(&buf, &len);
	char *copy = NULL;

	config_print(out, cfg, all);
	fclose(out);
	copy = talloc_strdup(f, buf);
	free(buf);
	return copy;
}

static void test_print(void **state)
{
	static const char text[] = "[global]\n"
				   "\tserver smb transports = quic:4430\n"
				   "\tlogon timeout = 90s\n"
				   "\tread only = no\n"
				   "\n"
				   "[s]\n"
				   "\tpath = /s\n"
				   "\tread only = yes\n"
				   "\tvalid users = a, \"@b c\"\n"
				   "\tcreate mask = 0600\n"
				   "\tveto files = /a/b c/\n"
				   "\n"
				   "[t]\n"
				   "\tpath = /t\n";
	struct fixture *f = *state;
	struct config *cfg = load(f, text);
	char *all = NULL;
	struct config *again = NULL;

	assert_non_null(cfg);
	assert_string_equal(print(f, cfg, false), text);
	all = print(f, cfg, true);
	assert_non_null(strstr(all, "\tserver signing = auto\n"));
	assert_non_null(strstr(all, "\tdeadtime = 7d\n"));
	again = load(f, all);
	assert_string_equal(f->findings, "");
	assert_string_equal(print(f, again, true), all);
	assert_string_equal(print(f, load(f, "read only=yes\n"), false),
			    "[global]\n");
}

static void test_expand(void **state)
{
	const struct config_macros macros = {
		.user = "../ann",
		.share = "..",
		.address = "2001:db8::1",
	};
	struct fixture *f = *state;

	assert_string_equal(config_expand(f, "/%U/%S/%I/%m/%%U%", &macros),
			    "/.._ann/_./2001:db8::1/%m/%U%");
	assert_string_equal(config_expand(f, "", &macros), "");
	assert_string_equal(config_expand(f, "%x%U", &macros), "%x.._ann");
}

/* With --manual: what scripts/gen-conf-manual puts into smbquic.conf(5). */
int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_defaults),
		cmocka_unit_test(test_global),
		cmocka_unit_test(test_shares),
		cmocka_unit_test(test_transports),
		cmocka_unit_test(test_numbers),
		cmocka_unit_test(test_errors_name_the_place),
		cmocka_unit_test(test_warnings_go_on),
		cmocka_unit_test(test_whole_checks),
		cmocka_unit_test(test_include),
		cmocka_unit_test(test_anybodys),
		cmocka_unit_test(test_overrides),
		cmocka_unit_test(test_print),
		cmocka_unit_test(test_expand),
	};

	if (argc == 2 && strcmp(argv[1], "--manual") == 0) {
		config_print_manual(stdout);
		return 0;
	}
	return cmocka_run_group_tests(tests, setup, teardown);
}
