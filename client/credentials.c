/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What somebody proves with who he is. */
#include <string.h>

#include "client/session_private.h"
#include "negotiate/auth.h"
#include "smbquic/secret.h"

static const char *const kerberos_names[] = {
	[CLIENT_KERBEROS_OFF] = "off",
	[CLIENT_KERBEROS_DESIRED] = "desired",
	[CLIENT_KERBEROS_REQUIRED] = "required",
};

bool client_kerberos_parse(const char *name, enum client_kerberos *out)
{
	size_t i = 0;

	for (i = 0; i < sizeof(kerberos_names) / sizeof(kerberos_names[0]);
	     i++) {
		if (strcmp(name, kerberos_names[i]) == 0) {
			*out = (enum client_kerberos)i;
			return true;
		}
	}
	return false;
}

static const char *copy(TALLOC_CTX *mem_ctx, const char *text, bool *ok)
{
	const char *out = text != NULL ? talloc_strdup(mem_ctx, text) : NULL;

	*ok = *ok && (out != NULL) == (text != NULL);
	return out;
}

struct client_credentials *credentials_keep(
	TALLOC_CTX *mem_ctx, const struct client_credentials *given)
{
	struct client_credentials *kept =
		talloc_zero(mem_ctx, struct client_credentials);
	uint8_t *hash = NULL;
	bool ok = kept != NULL;

	if (kept == NULL) {
		return NULL;
	}
	*kept = *given;
	kept->user = copy(kept, given->user, &ok);
	kept->domain = copy(kept, given->domain, &ok);
	if (given->password != NULL) {
		kept->password = secret_text(kept, given->password);
		ok = ok && kept->password != NULL;
	}
	kept->workstation = copy(kept, given->workstation, &ok);
	if (given->nt_hash != NULL) {
		hash = secret_new(kept, AUTH_NT_HASH_SIZE);
		ok = ok && hash != NULL;
		if (hash != NULL) {
			memcpy(hash, given->nt_hash, AUTH_NT_HASH_SIZE);
		}
		kept->nt_hash = hash;
	}
	kept->ccache = copy(kept, given->ccache, &ok);
	kept->keytab = copy(kept, given->keytab, &ok);
	if (!ok) {
		TALLOC_FREE(kept);
	}
	return kept;
}
