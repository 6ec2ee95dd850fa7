/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Is there a keytab, and a key of ours in it? */
#include <fnmatch.h>
#include <krb5.h>

#include "negotiate/auth.h"

static bool serves(krb5_context krb5, krb5_principal principal,
		   const char *const *patterns)
{
	char *name = NULL;
	bool found = false;

	if (krb5_unparse_name(krb5, principal, &name) != 0) {
		return false;
	}
	for (; *patterns != NULL && !found; patterns++) {
		found = fnmatch(*patterns, name, FNM_CASEFOLD) == 0;
	}
	krb5_free_unparsed_name(krb5, name);
	return found;
}

/* @return the library's code; KRB5_KT_NOTFOUND: no key of such a name. */
static krb5_error_code look(krb5_context krb5, krb5_keytab keytab,
			    const char *const *patterns)
{
	krb5_keytab_entry entry = {0};
	krb5_kt_cursor cursor = NULL;
	krb5_error_code err = krb5_kt_start_seq_get(krb5, keytab, &cursor);
	bool found = false;

	if (err != 0) {
		return err;
	}
	while (!found &&
	       krb5_kt_next_entry(krb5, keytab, &entry, &cursor) == 0) {
		found = serves(krb5, entry.principal, patterns);
		krb5_free_keytab_entry_contents(krb5, &entry);
	}
	krb5_kt_end_seq_get(krb5, keytab, &cursor);
	return found ? 0 : KRB5_KT_NOTFOUND;
}

static char *say(TALLOC_CTX *mem_ctx, krb5_context krb5, const char *name,
		 krb5_error_code err)
{
	const char *why = NULL;
	char *text = NULL;

	if (err == KRB5_KT_NOTFOUND) {
		return talloc_asprintf(mem_ctx,
				       "the keytab %s has no key of a name in "
				       "`kerberos principals`",
				       name);
	}
	why = krb5_get_error_message(krb5, err);
	text = talloc_asprintf(mem_ctx, "the keytab %s cannot be used: %s",
			       name, why);
	krb5_free_error_message(krb5, why);
	return text;
}

char *auth_keytab_problem(TALLOC_CTX *mem_ctx, const char *keytab,
			  const char *const *principals)
{
	char name[1024] = "of krb5.conf";
	krb5_context krb5 = NULL;
	krb5_keytab found = NULL;
	krb5_error_code err = krb5_init_context(&krb5);
	char *why = NULL;

	if (err != 0) {
		return talloc_strdup(mem_ctx, "krb5.conf cannot be read");
	}
	err = *keytab == '\0' ? krb5_kt_default(krb5, &found)
			      : krb5_kt_resolve(krb5, keytab, &found);
	if (err == 0) {
		(void)krb5_kt_get_name(krb5, found, name, sizeof(name));
		err = look(krb5, found, principals);
	}
	if (err != 0) {
		why = say(mem_ctx, krb5, name, err);
	}
	if (found != NULL) {
		krb5_kt_close(krb5, found);
	}
	krb5_free_context(krb5);
	return why;
}
