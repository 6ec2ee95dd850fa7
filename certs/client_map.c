/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * client_map.c - the certificate that goes with a server, looked up each time:
 * what is renewed or mapped otherwise is used from the next connection on.
 */
#include "certs/client_map.h"

#include <stdlib.h>
#include <time.h>

#include "certs/cert.h"
#include "certs/certmap.h"

#define FILE_NAME "client-certmap.conf"

const char *client_map_system_file(void)
{
	return SMBQUIC_SYSCONFDIR "/smbquic/" FILE_NAME;
}

char *client_map_user_file(TALLOC_CTX *mem_ctx)
{
	const char *config = getenv("XDG_CONFIG_HOME");
	const char *home = getenv("HOME");

	if (config != NULL && *config == '/') {
		return talloc_asprintf(mem_ctx, "%s/smbquic/" FILE_NAME,
				       config);
	}
	return home == NULL || *home != '/'
		       ? NULL
		       : talloc_asprintf(mem_ctx,
					 "%s/.config/smbquic/" FILE_NAME, home);
}

/* What a server would refuse is said here, where the file's name is known. */
static bool check_pair(TALLOC_CTX *work, const struct client_map_found *found,
		       char **why)
{
	struct cert *cert =
		cert_load_pem(work, found->certificate, found->key, NULL, why);
	char **problems = NULL;

	if (cert == NULL) {
		return false;
	}
	problems = cert_client_problems(work, cert, time(NULL));
	if (problems == NULL || problems[0] != NULL) {
		*why = problems == NULL ? NULL
					: talloc_asprintf(work, "%s: %s",
							  found->certificate,
							  problems[0]);
		return false;
	}
	return true;
}

static bool use_entry(TALLOC_CTX *mem_ctx, TALLOC_CTX *work, const char *file,
		      const struct certmap_entry *entry,
		      struct client_map_found *out, char **why)
{
	char *certificate = NULL;
	char *key = NULL;

	if (!certmap_entry_files(work, file, entry, &certificate, &key, why)) {
		return false;
	}
	out->file = talloc_strdup(mem_ctx, file);
	out->certificate = talloc_strdup(mem_ctx, certificate);
	out->key = talloc_strdup(mem_ctx, key);
	out->name = talloc_strdup(mem_ctx, entry->name);
	return out->file != NULL && out->certificate != NULL &&
	       out->key != NULL && out->name != NULL &&
	       check_pair(work, out, why);
}

/* @return false: *why. */
static bool find_in(TALLOC_CTX *mem_ctx, const char *path, const char *server,
		    struct client_map_found *out, char **why)
{
	TALLOC_CTX *work = talloc_new(mem_ctx);
	const struct certmap_entry *entry = NULL;
	struct certmap_file *file =
		certmap_file_load(work, path, CERTMAP_CLIENT, why);
	bool ok = file != NULL;

	if (ok) {
		entry = certmap_file_match(file, server);
	}
	if (entry != NULL && !use_entry(mem_ctx, work, path, entry, out, why)) {
		*out = (struct client_map_found){.name = NULL};
		*why = talloc_asprintf(
			work,
			"the client certificate that %s has for %s cannot be "
			"used: %s",
			path, entry->name,
			*why == NULL ? "out of memory" : *why);
		ok = false;
	}
	*why = ok || *why == NULL ? NULL : talloc_steal(mem_ctx, *why);
	talloc_free(work);
	return ok;
}

bool client_map_find(TALLOC_CTX *mem_ctx, const char *file, const char *server,
		     struct client_map_found *out, char **why)
{
	char *own = NULL;
	bool ok = true;

	*out = (struct client_map_found){.name = NULL};
	*why = NULL;
	if (file == NULL) {
		file = getenv(CLIENT_MAP_ENV);
	}
	if (file != NULL) {
		return *file == '\0' ||
		       find_in(mem_ctx, file, server, out, why);
	}
	own = client_map_user_file(mem_ctx);
	if (own != NULL) {
		ok = find_in(mem_ctx, own, server, out, why);
	}
	if (ok && out->name == NULL) {
		ok = find_in(mem_ctx, client_map_system_file(), server, out,
			     why);
	}
	talloc_free(own);
	return ok;
}
