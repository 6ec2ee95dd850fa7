/* SPDX-License-Identifier: GPL-3.0-or-later */
/* shell*.c without a server: words, commands, options, credentials, text. */
#include "tests/testlib.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "client/shell.h"
#include "client/shell_transfer.h"

/* ------------------------------------------------------------------ words */

static void split(const char *line, const char *want, const char *want_next)
{
	TALLOC_CTX *mem = talloc_new(NULL);
	struct shell_words words = {0};
	const char *next = NULL;
	const char *why = NULL;
	char *joined = talloc_strdup(mem, "");
	int i = 0;

	assert_true(shell_split(mem, line, &words, &next, &why));
	for (i = 0; i < words.argc; i++) {
		joined = talloc_asprintf_append(joined, "[%s]", words.argv[i]);
	}
	assert_string_equal(joined, want);
	assert_true(words.argc == 0 || words.argv[words.argc] == NULL);
	if (want_next == NULL) {
		assert_null(next);
	} else {
		assert_string_equal(next, want_next);
	}
	talloc_free(mem);
}

static void test_split(void **state)
{
	struct shell_words words = {0};
	const char *next = NULL;
	const char *why = NULL;
	TALLOC_CTX *mem = talloc_new(NULL);

	(void)state;
	split("", "", NULL);
	split("  \t ", "", NULL);
	split("ls", "[ls]", NULL);
	split("  get  a b ", "[get][a][b]", NULL);
	split("cd dir\\sub;ls", "[cd][dir\\sub]", "ls");
	split(";;", "", ";");
	split("put \"a b\" \"c;d\"", "[put][a b][c;d]", NULL);
	split("get \"\"", "[get][]", NULL);
	split("get x\"y z\"w", "[get][xy zw]", NULL);
	split("get don't", "[get][don't]", NULL);
	split("!ls -l /; pwd", "[!][ls][-l][/]", " pwd");
	split("! ls", "[!][ls]", NULL);
	split("!", "[!]", NULL);
	assert_false(shell_split(mem, "get \"a", &words, &next, &why));
	assert_true(shell_split(mem, "!echo \"a b\" c", &words, &next, &why));
	assert_string_equal(words.rest, "echo \"a b\" c");
	assert_string_equal(shell_quote(mem, "plain"), "plain");
	assert_string_equal(shell_quote(mem, "a b"), "\"a b\"");
	assert_string_equal(shell_quote(mem, ""), "\"\"");
	talloc_free(mem);
}

/* --------------------------------------------------------------- commands */

static void test_table(void **state)
{
	const struct shell_command *c = NULL;

	(void)state;
	for (c = shell_commands; c->name != NULL; c++) {
		assert_ptr_equal(shell_command_find(c->name), c);
		assert_non_null(c->run);
		assert_non_null(c->usage);
		assert_true(strlen(c->help) > 0);
		assert_true(c->max_words < 0 || c->min_words <= c->max_words);
	}
	assert_string_equal(shell_command_find("LS")->name, "ls");
	assert_string_equal(shell_command_find("recu")->name, "recurse");
	assert_null(shell_command_find("m"));
	assert_null(shell_command_find("frobnicate"));
	assert_null(shell_command_find(""));
}

struct fixture {
	struct shell_options *options;
	struct shell *shell;
	char *text;
	size_t size;
};

static int setup(void **state)
{
	struct fixture *f = talloc_zero(NULL, struct fixture);

	f->options = talloc_zero(f, struct shell_options);
	f->options->quiet = true;
	f->shell = talloc_zero(f, struct shell);
	f->shell->options = f->options;
	f->shell->ev = tevent_context_init(f->shell);
	f->shell->cwd = talloc_strdup(f->shell, "");
	f->shell->mask = talloc_strdup(f->shell, "*");
	f->shell->out = open_memstream(&f->text, &f->size);
	*state = f;
	return 0;
}

static int teardown(void **state)
{
	struct fixture *f = *state;

	fclose(f->shell->out);
	free(f->text);
	talloc_free(f);
	return 0;
}

static void test_run_lines(void **state)
{
	struct fixture *f = *state;
	struct shell *shell = f->shell;

	assert_true(shell_run_line(shell, "recurse; lowercase on;mask *.c"));
	assert_true(shell->recurse);
	assert_true(shell->lowercase);
	assert_string_equal(shell->mask, "*.c");
	assert_true(shell_run_line(shell, "iosize 0x1000; iosize"));
	assert_int_equal(shell->io_size, 4096);
	assert_int_equal(shell->failures, 0);
	assert_true(shell_run_line(shell, "help mget; mask; timeout"));
	fflush(shell->out);
	assert_non_null(strstr(f->text, "MASK..."));
	assert_non_null(strstr(f->text, "mask is *.c"));
	assert_true(shell_run_line(shell, "!true"));
	assert_true(shell_run_line(shell, "quit; recurse off"));
	assert_true(shell->quit);
	assert_true(shell->recurse);
}

/* Wrong ones are counted, the others run all the same. */
static void test_run_wrong_lines(void **state)
{
	struct fixture *f = *state;
	struct shell *shell = f->shell;

	assert_false(shell_run_line(shell, "frobnicate; recurse on"));
	assert_true(shell->recurse);
	assert_int_equal(shell->failures, 1);
	assert_false(shell_run_line(shell, "get; rename a; recurse perhaps"));
	assert_int_equal(shell->failures, 4);
	assert_false(shell_run_line(shell, "iosize -1; iosize 99999999999"));
	assert_false(shell_run_line(shell, "timeout x"));
	assert_false(shell_run_line(shell, "lcd /no/such/folder"));
	assert_false(shell_run_line(shell, "! exit 3"));
	assert_int_equal(shell->failures, 9);
}

/* ---------------------------------------------------------------- options */

static int parse(struct shell_options **out, const char *a, const char *b,
		 const char *c, const char *d)
{
	char *words[] = {
		strdup(SHELL_PROGRAM),	      a != NULL ? strdup(a) : NULL,
		b != NULL ? strdup(b) : NULL, c != NULL ? strdup(c) : NULL,
		d != NULL ? strdup(d) : NULL, NULL};
	int argc = 1 + (a != NULL) + (b != NULL) + (c != NULL) + (d != NULL);
	int status = 0;
	int i = 0;

	*out = talloc_zero(NULL, struct shell_options);
	status = shell_options_parse(argc, (const char **)words, *out);
	for (i = 1; i < argc; i++) {
		/* What others see in the list of processes. */
		assert_null(strstr(words[i], "geheim"));
	}
	for (i = 0; i < argc; i++) {
		free(words[i]);
	}
	return status;
}

static void test_options(void **state)
{
	struct shell_options *o = NULL;

	(void)state;
	assert_int_equal(parse(&o, "//s/x", "-UD/u%geheim", "-p", "4450"), -1);
	assert_string_equal(o->target, "//s/x");
	assert_string_equal(o->user, "u");
	assert_string_equal(o->domain, "D");
	assert_string_equal(o->password, "geheim");
	assert_int_equal(o->client.port, 4450);
	assert_int_equal(o->client.tls.trust, TLS_TRUST_SYSTEM);
	assert_int_equal(o->timeout, 20);
	talloc_free(o);
	assert_int_equal(parse(&o, "-L", "srv", "--user=u%geheim", "-gN"), -1);
	assert_true(o->list && o->grepable && o->no_password);
	assert_string_equal(o->target, "srv");
	talloc_free(o);
	assert_int_equal(parse(&o, "//s/x", "--ca=f", "-t", "0"), -1);
	assert_int_equal(o->client.tls.trust, TLS_TRUST_CA);
	assert_int_equal(o->client.timeout_ms, 0);
	talloc_free(o);
	assert_int_equal(parse(&o, "//s/x",
			       "--pin=sha256:0011223344556677:8899aabbccddeeff"
			       ":0011223344556677:8899AABBCCDDEEFF",
			       NULL, NULL),
			 -1);
	assert_int_equal(o->client.tls.trust, TLS_TRUST_PIN);
	talloc_free(o);
	assert_int_equal(
		parse(&o, "//s/x", "--ca=f", "--trust=none", "-mSMB2_10"), -1);
	assert_int_equal(o->client.tls.trust, TLS_TRUST_NONE);
	assert_int_equal(o->client.max_dialect, SMB2_DIALECT_210);
	assert_int_equal(o->client.min_dialect, SMB2_DIALECT_202);
	talloc_free(o);
	assert_int_equal(
		parse(&o, "//s/x", "pw", "--client-protection", "encrypt"), -1);
	assert_string_equal(o->password, "pw");
	assert_int_equal(o->client.protection, CLIENT_PROTECTION_ENCRYPT);
	talloc_free(o);
	assert_int_equal(parse(&o, "//s/x",
			       "--option=client smb encrypt = desired",
			       "--option=clientmaxprotocol=SMB3_02", NULL),
			 -1);
	assert_int_equal(o->client.sealing, CLIENT_SEALING_DESIRED);
	assert_int_equal(o->client.max_dialect, SMB2_DIALECT_302);
	talloc_free(o);
}

static void wrong(const char *a, const char *b)
{
	struct shell_options *o = NULL;

	assert_int_equal(parse(&o, "//s/x", a, b, NULL), 2);
	talloc_free(o);
}

static void test_wrong_options(void **state)
{
	struct shell_options *o = NULL;

	(void)state;
	assert_int_equal(parse(&o, NULL, NULL, NULL, NULL), 2);
	talloc_free(o);
	assert_int_equal(parse(&o, "--version", NULL, NULL, NULL), 0);
	talloc_free(o);
	wrong("--pin=sha256:00", NULL);
	wrong("--transport=quick", NULL);
	wrong("-p", "0");
	wrong("-p", "65536");
	wrong("-p", "4x");
	wrong("-t", "-1");
	wrong("-m", "NT1");
	wrong("--trust=blindly", NULL);
	wrong("--trust=ca", NULL);
	wrong("--trust=pin", NULL);
	wrong("--client-cert=f", NULL);
	wrong("--client-protection=some", NULL);
	wrong("--no-such-option", NULL);
	wrong("-A", "/no/such/file");
	wrong("-d", "loud");
	wrong("-L", "other");
	wrong("--option=client signing", NULL);
	wrong("--option=client signing=some", NULL);
	wrong("--option=server signing=required", NULL);
}

/* ------------------------------------------------------------ credentials */

static char *write_file(TALLOC_CTX *mem, const char *text)
{
	char *name = talloc_asprintf(mem, "%s/auth", testlib_tmpdir(mem));
	FILE *f = fopen(name, "w");

	fputs(text, f);
	fchmod(fileno(f), 0600);
	fclose(f);
	return name;
}

static void test_auth_file(void **state)
{
	struct fixture *f = *state;
	struct shell_options *o = f->options;
	char *name = NULL;

	assert_true(shell_credentials_file(
		o, write_file(f, "# who\nUsername =  me \npassword = a = b\n"
				 "\ndomain=D\nother=x\n")));
	assert_string_equal(o->user, "me");
	assert_string_equal(o->password, "a = b");
	assert_string_equal(o->domain, "D");
	/* What was said before stays. */
	assert_true(shell_credentials_file(o, write_file(f, "username=you")));
	assert_string_equal(o->user, "me");
	assert_false(shell_credentials_file(o, write_file(f, "nonsense")));
	/* What others can read is no secret. */
	name = write_file(f, "username=you");
	assert_int_equal(chmod(name, 0644), 0);
	assert_false(shell_credentials_file(o, name));
}

static void forget_environment(void)
{
	unsetenv("USER");
	unsetenv("LOGNAME");
	unsetenv("PASSWD");
	unsetenv("PASSWD_FD");
	unsetenv("PASSWD_FILE");
}

static void complete(struct fixture *f, const struct client_target *target)
{
	talloc_free(f->options);
	f->options = talloc_zero(f, struct shell_options);
	assert_true(shell_credentials_complete(f->options, target));
}

static void test_environment(void **state)
{
	const struct client_target none = {0};
	const struct client_target url = {.user = "url", .password = "p"};
	struct fixture *f = *state;
	char *fd = NULL;
	int pipes[2] = {-1, -1};

	forget_environment();
	complete(f, &url);
	assert_string_equal(f->options->user, "url");
	assert_string_equal(f->options->password, "p");
	setenv("USER", "D\\env%secret", 1);
	complete(f, &none);
	assert_string_equal(f->options->user, "env");
	assert_string_equal(f->options->domain, "D");
	assert_string_equal(f->options->password, "secret");
	setenv("USER", "env", 1);
	setenv("PASSWD", "by env", 1);
	complete(f, &none);
	assert_string_equal(f->options->password, "by env");
	forget_environment();
	setenv("USER", "env", 1);
	setenv("PASSWD_FILE", write_file(f, "by file\nnot this\n"), 1);
	complete(f, &none);
	assert_string_equal(f->options->password, "by file");
	forget_environment();
	setenv("LOGNAME", "log", 1);
	assert_int_equal(pipe(pipes), 0);
	assert_int_equal(write(pipes[1], "by pipe\n", 8), 8);
	fd = talloc_asprintf(f, "%d", pipes[0]);
	setenv("PASSWD_FD", fd, 1);
	complete(f, &none);
	assert_string_equal(f->options->user, "log");
	assert_string_equal(f->options->password, "by pipe");
	close(pipes[0]);
	close(pipes[1]);
	setenv("PASSWD_FD", "x", 1);
	talloc_free(f->options);
	f->options = talloc_zero(f, struct shell_options);
	assert_false(shell_credentials_complete(f->options, &none));
	forget_environment();
}

/* ------------------------------------------------------------------- text */

static void test_text(void **state)
{
	struct fixture *f = *state;
	struct client_dir_entry e = {
		.name = "evil\033[2J\nname",
		.stat = {.size = 5,
			 .attributes = FILE_ATTRIBUTE_DIRECTORY |
				       FILE_ATTRIBUTE_HIDDEN},
	};
	char size[16] = "";
	char when[32] = "";

	setenv("TZ", "UTC", 1);
	assert_string_equal(shell_printable(f, "\xc3\xa9\xc2\x9b\xff\t\x7fz"),
			    "\xc3\xa9????z");
	assert_string_equal(shell_attributes(0), "");
	assert_string_equal(shell_attributes(FILE_ATTRIBUTE_READONLY |
					     FILE_ATTRIBUTE_ARCHIVE),
			    "AR");
	shell_size(0, size);
	assert_string_equal(size, "0 B");
	shell_size(999, size);
	assert_string_equal(size, "999 B");
	shell_size(1536, size);
	assert_string_equal(size, "1.5 KiB");
	shell_size(UINT64_MAX, size);
	assert_string_equal(size, "16.0 EiB");
	shell_time(nttime_from_unix(0), when);
	assert_string_equal(when, "Thu Jan  1 00:00:00 1970");
	e.stat.write_time = nttime_from_unix(0);
	shell_print_entry(f->shell, &e);
	fflush(f->shell->out);
	assert_string_equal(f->text, "  evil?[2J?name                      "
				     "DH        5  Thu Jan  1 00:00:00 1970\n");
}

static void test_bar(void **state)
{
	char bar[200] = "";

	(void)state;
	shell_progress_render(bar, sizeof(bar), 79, "a name", 50 << 20,
			      100 << 20, 1.0);
	assert_int_equal(strlen(bar), 79);
	assert_non_null(strstr(bar, " 50% "));
	assert_non_null(strstr(bar, "50.0 MiB/s"));
	assert_non_null(strstr(bar, "0:01"));
	shell_progress_render(bar, sizeof(bar), 79, "a name", 0, 0, 0);
	assert_non_null(strstr(bar, "--:--"));
	shell_progress_render(bar, sizeof(bar), 10, "n", 5, 1, 7.0);
	assert_non_null(strstr(bar, "100%"));
}

/* ------------------------------------------------------------ local files */

static char *slurp(TALLOC_CTX *mem, const char *name)
{
	char *text = talloc_zero_size(mem, 100);
	int fd = open(name, O_RDONLY);

	if (fd < 0) {
		return NULL;
	}
	assert_true(read(fd, text, 99) >= 0);
	close(fd);
	return text;
}

static void fill(struct fixture *f, struct local_file *file, const char *text)
{
	struct copy_end *from =
		copy_memory(f, (uint8_t *)(uintptr_t)text, strlen(text));
	struct tevent_req *req =
		copy_send(f, f->shell->ev, from, local_file_end(file), 0, NULL,
			  NULL, NULL);

	testlib_wait(f->shell->ev, req, 5);
	assert_int_equal(copy_recv(req, NULL, NULL), NT_STATUS_OK);
	talloc_free(req);
}

static unsigned count_files(const char *dir)
{
	char *command = talloc_asprintf(NULL, "ls -A '%s' | wc -l", dir);
	FILE *p = popen(command, "r");
	unsigned n = 0;

	assert_int_equal(fscanf(p, "%u", &n), 1);
	pclose(p);
	talloc_free(command);
	return n;
}

static void test_local_file(void **state)
{
	struct fixture *f = *state;
	const char *dir = testlib_tmpdir(f);
	char *name = talloc_asprintf(f, "%s/file", dir);
	char *link = talloc_asprintf(f, "%s/link", dir);
	struct client_stat stat = {.write_time = nttime_from_unix(1000000000)};
	struct local_file *file = NULL;
	struct stat st = {0};

	umask(022);
	assert_int_equal(local_file_create(f, name, &file), 0);
	fill(f, file, "first");
	assert_null(slurp(f, name));
	assert_int_equal(local_file_commit(file, &stat), 0);
	talloc_free(file);
	assert_string_equal(slurp(f, name), "first");
	assert_int_equal(lstat(name, &st), 0);
	assert_int_equal(st.st_mtime, 1000000000);
	assert_int_equal(st.st_mode & 0777, 0644);
	/* Given up: the old one stays, and nothing else. */
	assert_int_equal(local_file_create(f, name, &file), 0);
	fill(f, file, "second");
	talloc_free(file);
	assert_string_equal(slurp(f, name), "first");
	assert_int_equal(count_files(dir), 1);
	/* Through a link to the file, which keeps its mode. */
	assert_int_equal(symlink("file", link), 0);
	assert_int_equal(chmod(name, 0600), 0);
	assert_int_equal(local_file_create(f, link, &file), 0);
	fill(f, file, "third");
	assert_int_equal(local_file_commit(file, &stat), 0);
	talloc_free(file);
	assert_int_equal(lstat(link, &st), 0);
	assert_true(S_ISLNK(st.st_mode));
	assert_string_equal(slurp(f, name), "third");
	assert_int_equal(lstat(name, &st), 0);
	assert_int_equal(st.st_mode & 0777, 0600);
	/* What is no regular file is written in place. */
	assert_int_equal(local_file_create(f, "/dev/null", &file), 0);
	fill(f, file, "nothing");
	assert_int_equal(local_file_commit(file, &stat), 0);
	talloc_free(file);
	assert_int_equal(local_file_create(f, dir, &file), EISDIR);
	assert_int_equal(local_file_create(f, "/no/such/dir/f", &file), ENOENT);
}

int main(void)
{
#define T(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_split),
		cmocka_unit_test(test_table),
		T(test_run_lines),
		T(test_run_wrong_lines),
		cmocka_unit_test(test_options),
		cmocka_unit_test(test_wrong_options),
		T(test_auth_file),
		T(test_environment),
		T(test_text),
		cmocka_unit_test(test_bar),
		T(test_local_file),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
