/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Shows a file by libsmbclient, as cat would. It knows Samba's header and
 * nothing of this tree.
 *
 * usage: libsmb_show ADDRESS USER PASSWORD [kerberos | fallback]
 *
 * kerberos  by Kerberos and not without
 * fallback  by Kerberos, else otherwise
 */
/* as programs do that were written before it said so */
#pragma GCC diagnostic ignored "-Wdeprecated-declarations"

#include <errno.h>
#include <libsmbclient.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SLOW_MS 600000 /* under valgrind */

static char **arguments;

static void ask(const char *server, const char *share, char *workgroup,
		int workgroup_size, char *name, int name_size, char *secret,
		int secret_size)
{
	(void)server;
	(void)share;
	(void)workgroup;
	(void)workgroup_size;
	snprintf(name, (size_t)name_size, "%s", arguments[2]);
	snprintf(secret, (size_t)secret_size, "%s", arguments[3]);
}

static int failed(const char *what)
{
	SMBCCTX *context = smbc_set_context(NULL);

	printf("%s: %s\n", what, strerror(errno));
	if (context != NULL) {
		smbc_free_context(context, 1);
	}
	return 1;
}

int main(int argc, char **argv)
{
	char buf[65536];
	ssize_t n = 0;
	int fd = 0;

	if (argc != 4 && argc != 5) {
		fprintf(stderr, "usage: libsmb_show ADDRESS USER PASSWORD "
				"[kerberos | fallback]\n");
		return 2;
	}
	arguments = argv;
	if (smbc_init(ask, 0) != 0) {
		return failed("smbc_init");
	}
	if (getenv("SLOW") != NULL) {
		smbc_setTimeout(smbc_set_context(NULL), SLOW_MS);
	}
	if (argc == 5) {
		SMBCCTX *context = smbc_set_context(NULL);

		smbc_setOptionUseKerberos(context, 1);
		smbc_setOptionFallbackAfterKerberos(
			context, strcmp(argv[4], "fallback") == 0);
	}
	fd = smbc_open(argv[1], O_RDONLY, 0);
	if (fd < 0) {
		return failed("smbc_open");
	}
	for (n = smbc_read(fd, buf, sizeof(buf)); n > 0;
	     n = smbc_read(fd, buf, sizeof(buf))) {
		fwrite(buf, 1, (size_t)n, stdout);
	}
	if (n < 0) {
		return failed("smbc_read");
	}
	smbc_close(fd);
	return smbc_free_context(smbc_set_context(NULL), 1);
}
