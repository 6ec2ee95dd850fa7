/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tests/testlib.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "client/conf.h"
#include "smbquic/ini.h"
#include "smbquic/log.h"

static const char text[] = "# for all\n"
			   "transport = tcp\n"
			   "[global]\n"
			   "\tWork Group = HOME\r\n"
			   "; and for one\n"
			   "[Files.example.org]\n"
			   "  transport=quic\n"
			   "  port = 4433\n"
			   "  ca = /etc/my ca.pem\n"
			   "  what is this = kept for others\n"
			   "[other]\n"
			   "  ca =\n"
			   "[global]\n"
			   "  ca = /etc/all.pem\n";

static struct client_conf_file *parse(const char *s)
{
	struct client_conf_file *file = NULL;

	assert_int_equal(client_conf_file_parse(NULL, "test", s, &file), 0);
	return file;
}

static void test_all(void **state)
{
	struct client_conf_file *file = parse(text);
	struct client_conf config = {0};

	(void)state;
	client_conf_file_apply(file, NULL, &config);
	assert_string_equal(config.transport, "tcp");
	assert_string_equal(config.workgroup, "HOME");
	assert_string_equal(config.ca, "/etc/all.pem");
	assert_int_equal(config.port, 0);
	talloc_free(file);
}

static void test_one_server(void **state)
{
	struct client_conf_file *file = parse(text);
	struct client_conf config = {0};

	(void)state;
	client_conf_file_apply(file, "files.example.org", &config);
	assert_string_equal(config.transport, "quic");
	assert_int_equal(config.port, 4433);
	assert_string_equal(config.ca, "/etc/my ca.pem");
	config = (struct client_conf){0};
	client_conf_file_apply(file, "other", &config);
	assert_string_equal(config.transport, "tcp");
	assert_null(config.ca); /* taken back */
	talloc_free(file);
}

static void test_servers(void **state)
{
	struct client_conf_file *file = parse(text);
	struct client_conf_servers servers = {0};

	(void)state;
	assert_true(client_conf_file_servers(file, file, &servers));
	assert_int_equal(servers.count, 2);
	assert_string_equal(servers.name[0], "Files.example.org");
	assert_string_equal(servers.name[1], "other");
	talloc_free(file);
}

/* Those of all servers, and a server's own; ini_split() makes names of them. */
static void test_shares(void **state)
{
	struct client_conf_file *file =
		parse("[global]\nshares = data\n"
		      "[one]\nshares = \"my files\", projects\n"
		      "[two]\nport = 1\n[none]\nshares =\n");
	struct client_conf config = {0};
	char **names = NULL;

	(void)state;
	client_conf_file_apply(file, NULL, &config);
	assert_string_equal(config.shares, "data");
	config = (struct client_conf){0};
	client_conf_file_apply(file, "one", &config);
	names = ini_split(file, config.shares);
	assert_string_equal(names[0], "my files");
	assert_string_equal(names[1], "projects");
	assert_null(names[2]);
	config = (struct client_conf){0};
	client_conf_file_apply(file, "two", &config);
	assert_string_equal(config.shares, "data");
	config = (struct client_conf){0};
	client_conf_file_apply(file, "none", &config);
	assert_null(config.shares);
	talloc_free(file);
}

static void test_bad_files(void **state)
{
	static const char *const bad[] = {"[global", "[global]\nnonsense\n"};
	struct client_conf_file *file = NULL;
	size_t i = 0;

	(void)state;
	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		assert_int_equal(
			client_conf_file_parse(NULL, "t", bad[i], &file),
			EINVAL);
		assert_null(file);
	}
	assert_int_equal(client_conf_file_read(NULL, "/no/such/file", &file),
			 ENOENT);
}

static void hear(void *private_data, enum log_level level, const char *module,
		 const char *said)
{
	char *heard = private_data;
	size_t len = strlen(heard);

	(void)level, (void)module;
	snprintf(heard + len, 512 - len, "%s\n", said);
}

/* What was mistyped is told, with its line. */
static void test_unknown_keys(void **state)
{
	TALLOC_CTX *frame = talloc_new(NULL);
	char *path =
		talloc_asprintf(frame, "%s/client.conf", testlib_tmpdir(frame));
	FILE *out = fopen(path, "w");
	struct client_conf_file *file = NULL;
	char heard[512] = "";

	(void)state;
	fputs("[global]\nTransport = quic\nmaxchannels = 2\nport = 1\n"
	      "trnasport = tcp\n",
	      out);
	fclose(out);
	setenv("SMBQUIC_CONFIG", path, 1);
	log_set_sink(hear, heard);
	assert_int_equal(client_conf_find(NULL, &file), 0);
	log_set_sink(NULL, NULL);
	unsetenv("SMBQUIC_CONFIG");
	assert_non_null(strstr(heard, "client.conf:5: there is no setting "
				      "\"trnasport\"\n"));
	assert_ptr_equal(strchr(heard, '\n') + 1, heard + strlen(heard));
	talloc_free(file);
	talloc_free(frame);
}

static void test_environment(void **state)
{
	struct client_conf config = {.transport = "tcp", .port = 1};
	TALLOC_CTX *frame = talloc_new(NULL);

	(void)state;
	setenv("SMBQUIC_TRANSPORT", "quic", 1);
	setenv("SMBQUIC_PORT", "4433", 1);
	setenv("SMBQUIC_CA", "", 1);
	client_conf_environment(frame, &config);
	assert_string_equal(config.transport, "quic");
	assert_int_equal(config.port, 4433);
	assert_null(config.ca);
	setenv("SMBQUIC_PORT", "70000", 1);
	config.port = 7;
	client_conf_environment(frame, &config);
	assert_int_equal(config.port, 7);
	unsetenv("SMBQUIC_TRANSPORT");
	unsetenv("SMBQUIC_PORT");
	talloc_free(frame);
}

static void test_check(void **state)
{
	static const struct client_conf good[] = {
		{0},
		{.transport = "auto"},
		{.transport = "quic:4433, tcp:4450", .trust = "tofu"},
		{.protection = "encrypt"},
		{.setting = {"required", "desired", "yes", "AES-128-CMAC",
			     "-AES-128-GCM"}},
	};
	static const struct client_conf bad[] = {
		{.transport = "pigeon"},	{.trust = "everybody"},
		{.pin = "sha256:12"},		{.protection = "none at all"},
		{.setting = {[1] = "perhaps"}}, {.setting = {[4] = "ROT13"}},
	};
	size_t i = 0;

	(void)state;
	for (i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
		assert_true(client_conf_check(&good[i]));
	}
	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		assert_false(client_conf_check(&bad[i]));
	}
}

/* What is kept here, and what is compressed, can be switched. */
static void test_switches(void **state)
{
	static const char *const good[] = {
		"read ahead = no", "remember = no",    "remember = yes",
		"compress = no",   "compress = share", "compress = yes",
		"reconnect = 0",   "reconnect = 3600", "write behind = yes",
	};
	static const char *const bad[] = {
		"read ahead = maybe", "remember = off",	 "remember = ~/visits",
		"compress = lz4",     "reconnect = yes", "reconnect = -1",
		"reconnect = 3601",   "reconnect = 20s", "write behind = 1",
	};
	TALLOC_CTX *tmp = talloc_new(NULL);
	struct client_conf config = {0};
	struct client_conf_file *file = NULL;
	size_t i = 0;

	(void)state;
	for (i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
		file = parse(good[i]);
		config = (struct client_conf){0};
		client_conf_file_apply(file, NULL, &config);
		assert_true(client_conf_check(&config));
		talloc_free(file);
	}
	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		file = parse(bad[i]);
		config = (struct client_conf){0};
		client_conf_file_apply(file, NULL, &config);
		assert_false(client_conf_check(&config));
		talloc_free(file);
	}
	config = (struct client_conf){0};
	assert_int_equal(client_conf_reconnect(&config), 20000);
	file = parse("remember = yes\ncompress = yes\nreconnect = 5\n");
	config = (struct client_conf){0};
	client_conf_file_apply(file, NULL, &config);
	setenv("SMBQUIC_REMEMBER", "no", 1);
	setenv("SMBQUIC_COMPRESS", "share", 1);
	client_conf_environment(tmp, &config);
	unsetenv("SMBQUIC_REMEMBER");
	unsetenv("SMBQUIC_COMPRESS");
	assert_string_equal(config.remember, "no");
	assert_string_equal(config.compress, "share");
	assert_int_equal(client_conf_reconnect(&config), 5000);
	talloc_free(file);
	talloc_free(tmp);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_switches),
		cmocka_unit_test(test_all),
		cmocka_unit_test(test_one_server),
		cmocka_unit_test(test_servers),
		cmocka_unit_test(test_shares),
		cmocka_unit_test(test_bad_files),
		cmocka_unit_test(test_unknown_keys),
		cmocka_unit_test(test_environment),
		cmocka_unit_test(test_check),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
