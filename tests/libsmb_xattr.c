/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * One extended attribute by libsmbclient. It knows Samba's header and nothing
 * of this tree.
 *
 *	libsmb_xattr ADDRESS USER PASSWORD get NAME
 *	libsmb_xattr ADDRESS USER PASSWORD set NAME VALUE
 *	libsmb_xattr ADDRESS USER PASSWORD remove NAME
 *
 * Prints the value, or "done", or the error.
 */
/* as programs do that were written before it said so */
#pragma GCC diagnostic ignored "-Wdeprecated-declarations"

#include <errno.h>
#include <libsmbclient.h>
#include <stdio.h>
#include <string.h>

static const char *user, *password;

static void ask(const char *server, const char *share, char *workgroup,
		int workgroup_size, char *name, int name_size, char *secret,
		int secret_size)
{
	(void)server;
	(void)share;
	(void)workgroup;
	(void)workgroup_size;
	snprintf(name, (size_t)name_size, "%s", user);
	snprintf(secret, (size_t)secret_size, "%s", password);
}

int main(int argc, char **argv)
{
	char value[8192] = {0};
	int result = -1;

	if (argc < 6 || (strcmp(argv[4], "set") == 0 && argc < 7)) {
		fprintf(stderr, "libsmb_xattr: see its source\n");
		return 2;
	}
	user = argv[2];
	password = argv[3];
	if (smbc_init(ask, 0) != 0) {
		perror("libsmb_xattr: smbc_init");
		return 1;
	}
	if (strcmp(argv[4], "set") == 0) {
		result = smbc_setxattr(argv[1], argv[5], argv[6],
				       strlen(argv[6]), 0);
	} else if (strcmp(argv[4], "remove") == 0) {
		result = smbc_removexattr(argv[1], argv[5]);
	} else {
		result = smbc_getxattr(argv[1], argv[5], value,
				       sizeof(value) - 1);
	}
	if (result < 0) {
		printf("%s: %s\n", argv[5], strerror(errno));
		return 1;
	}
	printf("%s: %s\n", argv[5], *value != '\0' ? value : "done");
	return 0;
}
