/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What libsmbclient keeps of passwords, and for how long: a program that wipes
 * its own. It knows Samba's header and nothing of this tree.
 *
 * usage: libsmb_secret HOST/SHARE/FOLDER USER [HOW...]
 *
 * The password is a line of standard input. For each HOW (callback, fallback,
 * address) a context of its own lists the folder. `at work` is printed when the
 * last still is connected, `over` when it is not; each time a line is waited
 * for.
 */
#include <libsmbclient.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static char password[128];
static const char *user;

static void ask(SMBCCTX *c, const char *server, const char *share,
		char *workgroup, int workgroup_size, char *name, int name_size,
		char *secret, int secret_size)
{
	(void)c;
	(void)server;
	(void)share;
	(void)workgroup;
	(void)workgroup_size;
	snprintf(name, (size_t)name_size, "%s", user);
	snprintf(secret, (size_t)secret_size, "%s", password);
}

/* No stdio: its buffer would keep what was read. */
static void line_of_input(char *line, size_t size)
{
	size_t len = 0;

	while (len + 1 < size && read(STDIN_FILENO, line + len, 1) == 1 &&
	       line[len] != '\n') {
		len++;
	}
	line[len] = '\0';
}

static int list(SMBCCTX *c, const char *url)
{
	SMBCFILE *dir = smbc_getFunctionOpendir(c)(c, url);
	int n = 0;

	if (dir == NULL) {
		return 0;
	}
	while (smbc_getFunctionReaddir(c)(c, dir) != NULL) {
		n++;
	}
	return smbc_getFunctionClosedir(c)(c, dir) == 0 && n > 0;
}

static SMBCCTX *come_in(const char *where, const char *how)
{
	char url[1024];
	SMBCCTX *c = smbc_new_context();
	int good = 0;

	snprintf(url, sizeof(url), "smb://%s", where);
	if (strcmp(how, "callback") == 0) {
		smbc_setFunctionAuthDataWithContext(c, ask);
	} else if (strcmp(how, "fallback") == 0) {
		smbc_set_credentials_with_fallback(c, NULL, user, password);
	} else {
		snprintf(url, sizeof(url), "smb://%s:%s@%s", user, password,
			 where);
	}
	good = smbc_init_context(c) == c && list(c, url);
	explicit_bzero(url, sizeof(url));
	if (!good) {
		perror(how);
	}
	return c;
}

int main(int argc, char **argv)
{
	char line[8];
	SMBCCTX *c = NULL;
	int i = 0;

	if (argc < 4) {
		return 2;
	}
	user = argv[2];
	line_of_input(password, sizeof(password));
	for (i = 3; i < argc; i++) {
		if (c != NULL) {
			smbc_free_context(c, 1);
		}
		c = come_in(argv[1], argv[i]);
	}
	explicit_bzero(password, sizeof(password));
	printf("at work\n");
	fflush(stdout);
	line_of_input(line, sizeof(line));
	smbc_free_context(c, 1);
	printf("over\n");
	fflush(stdout);
	line_of_input(line, sizeof(line));
	return 0;
}
