/* SPDX-License-Identifier: GPL-3.0-or-later */
/* mount_who.c - who logs on, as a text or as a file says. */
#include "client/mount/mount_options.h"

#include <string.h>

#include "smbquic/credentials_file.h"

void mount_options_user(struct mount_options *o, const char *text)
{
	char *user = talloc_strdup(o, text);
	char *cut = user != NULL ? strchr(user, '%') : NULL;

	if (cut != NULL) {
		*cut = '\0';
		o->password = cut + 1;
	}
	cut = user != NULL ? strpbrk(user, "/\\") : NULL;
	if (cut != NULL) {
		*cut = '\0';
		o->domain = user;
		user = cut + 1;
	}
	o->user = user;
}

bool mount_options_credentials(struct mount_options *o, const char *file,
			       char **why)
{
	struct credentials_file *who = NULL;

	if (!credentials_file_read(o, file, true, &who, why)) {
		return false;
	}
	o->user = o->user != NULL ? o->user : who->user;
	o->password = o->password != NULL ? o->password : who->password;
	o->domain = o->domain != NULL ? o->domain : who->domain;
	return true;
}
