/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * cmd_deploy.c - a certificate has come or was renewed: map every name in it
 * to that pair of files. What programs that renew certificates call.
 */
#include <stdio.h>
#include <string.h>

#include "certs/command.h"

/* The server names in a certificate that are asked for: all unless some are
 * given. NULL at the end. */
static const char **names_of(struct args *args, const struct cert_info *info)
{
	char *const *wanted = args_list(args, PARAM_NAME);
	const char **names = NULL;
	size_t count = 0;
	size_t i = 0;

	while (info->names[count] != NULL) {
		count++;
	}
	for (i = 0; wanted[i] != NULL; i++) {
		count++;
	}
	names = talloc_zero_array(args, const char *, count + 1);
	count = 0;
	for (i = 0; names != NULL && wanted[i] != NULL; i++) {
		names[count++] = wanted[i];
	}
	for (i = 0;
	     names != NULL && wanted[0] == NULL && info->names[i] != NULL;
	     i++) {
		const char *name = info->names[i];

		if (strncmp(name, "DNS:", 4) == 0 ||
		    strncmp(name, "IP:", 3) == 0) {
			names[count++] = strchr(name, ':') + 1;
		}
	}
	return names;
}

/* @return whether there was something to change. */
static bool map_one(struct args *args, struct certmap_file *file,
		    const char *name, const char *certificate, const char *key,
		    int *rc)
{
	const struct certmap_entry *old = certmap_file_find(file, name);
	struct certmap_entry *entry =
		old == NULL ? talloc_zero(args, struct certmap_entry)
			    : certmap_entry_copy(args, old);
	struct view *view = NULL;
	char *why = NULL;

	if (entry == NULL) {
		*rc = command_failed("out of memory");
		return false;
	}
	entry->side = CERTMAP_SERVER;
	entry->name = name;
	entry->certificate = certificate;
	entry->key = key;
	entry->store_name = NULL;
	entry->thumbprint = NULL;
	view = view_load(args, certmap_file_path(file), entry);
	if (view == NULL || view->problems == NULL ||
	    view->problems[0] != NULL) {
		*rc = command_failed("%s: %s; its mapping stays as it is", name,
				     view == NULL || view->problems == NULL
					     ? "out of memory"
					     : view->problems[0]);
		return false;
	}
	if (old != NULL && old->certificate != NULL &&
	    strcmp(old->certificate, certificate) == 0 &&
	    strcmp(old->key, key) == 0) {
		return false; /* the server follows the files by itself */
	}
	if (!certmap_file_put(file, entry, &why)) {
		*rc = command_failed("%s: %s", name,
				     why == NULL ? "out of memory" : why);
		return false;
	}
	return true;
}

static int map_all(struct args *args, struct certmap_file *file,
		   const struct cert_info *info, const char *certificate,
		   const char *key)
{
	const char **name = names_of(args, info);
	bool changed = false;
	char *why = NULL;
	int rc = STATUS_DONE;

	if (name == NULL || *name == NULL) {
		return command_failed("%s: there is no server's name in the "
				      "certificate",
				      certificate);
	}
	for (; *name != NULL; name++) {
		if (map_one(args, file, *name, certificate, key, &rc)) {
			changed = true;
			printf("%s: mapped to %s\n", *name, certificate);
		}
	}
	if (changed && !certmap_file_save(file, &why)) {
		return command_failed("%s", why);
	}
	return rc;
}

int cmd_deploy(struct args *args)
{
	const char *certificate =
		command_absolute(args, args_text(args, PARAM_CERTIFICATE));
	const char *key = command_absolute(args, args_text(args, PARAM_KEY));
	const char *path = command_map_file(args);
	struct certmap_file *file = NULL;
	struct cert *cert = NULL;
	char *why = NULL;

	if (path == NULL) {
		return STATUS_FAILED;
	}
	cert = cert_load_pem(args, certificate, key, NULL, &why);
	if (cert == NULL) {
		return command_failed("%s",
				      why == NULL ? "out of memory" : why);
	}
	file = certmap_file_edit(args, path, CERTMAP_SERVER, &why);
	if (file == NULL) {
		return command_failed("%s",
				      why == NULL ? "out of memory" : why);
	}
	return map_all(args, file, cert_info(cert), certificate, key);
}
