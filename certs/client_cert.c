/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * client_cert.c - a client's certificate, and the user that it stands for.
 */
#include "certs/client_cert.h"

#include <errno.h>
#include <string.h>
#include <strings.h>

#include "certs/access.h"
#include "certs/cert.h"
#include "certs/dn.h"
#include "smbquic/savefile.h"

#define MAP_FILE_MAX (1024 * 1024)

/* --- the certificate ----------------------------------------------------- */

static bool take_names(struct client_cert *c, const struct cert_info *info)
{
	const char **names = NULL;
	size_t count = 0;
	size_t i = 0;

	while (info->names[count] != NULL) {
		count++;
	}
	names = talloc_zero_array(c, const char *, count + 1);
	count = 0;
	for (i = 0; names != NULL && info->names[i] != NULL; i++) {
		const char *name = info->names[i];

		if (strncmp(name, "email:", 6) == 0 ||
		    strncmp(name, "UPN:", 4) == 0) {
			names[count] = talloc_strdup(c, strchr(name, ':') + 1);
			count += names[count] != NULL ? 1 : 0;
		}
	}
	c->names = names;
	return names != NULL;
}

struct client_cert *client_cert_new(TALLOC_CTX *mem_ctx,
				    const gnutls_datum_t *der, char **why)
{
	struct client_cert *c = talloc_zero(mem_ctx, struct client_cert);
	const struct cert_info *info = NULL;
	struct cert *cert = NULL;

	*why = NULL;
	if (c == NULL) {
		return NULL;
	}
	cert = cert_from_der(c, der, 1, why);
	if (cert == NULL) {
		*why = talloc_steal(mem_ctx, *why);
		talloc_free(c);
		return NULL;
	}
	info = cert_info(cert);
	c->subject = talloc_strdup(c, info->subject);
	c->issuer = talloc_strdup(c, info->issuer);
	c->serial = talloc_strdup(c, info->serial);
	c->sha1 = talloc_strdup(c, info->sha1);
	c->sha256 = talloc_strdup(c, info->sha256);
	c->common_name = talloc_strdup(c, info->common_name);
	if (c->subject == NULL || c->issuer == NULL || c->serial == NULL ||
	    c->sha1 == NULL || c->sha256 == NULL || c->common_name == NULL ||
	    !take_names(c, info)) {
		talloc_free(c);
		return NULL;
	}
	talloc_free(cert);
	return c;
}

/* --- the rule ------------------------------------------------------------ */

/* @return what stands behind the word, or NULL: it is another. */
static const char *after_word(const char *text, const char *word)
{
	size_t len = strlen(word);

	return strncasecmp(text, word, len) == 0 ? text + len : NULL;
}

struct client_user_rule *client_user_parse(TALLOC_CTX *mem_ctx,
					   const char *text, char **why)
{
	struct client_user_rule *rule =
		talloc_zero(mem_ctx, struct client_user_rule);
	const char *rest = NULL;

	*why = NULL;
	if (rule == NULL) {
		return NULL;
	}
	if (*text == '\0' || strcasecmp(text, "no") == 0) {
		return rule;
	}
	if (strcasecmp(text, "cn") == 0) {
		rule->how = CLIENT_USER_CN;
		return rule;
	}
	rest = after_word(text, "san");
	if (rest != NULL &&
	    (*rest == '\0' || (*rest == ':' && rest[1] != '\0' &&
			       strpbrk(rest, "@ ") == NULL))) {
		rule->how = CLIENT_USER_SAN;
		rule->detail =
			*rest == '\0' ? NULL : talloc_strdup(rule, rest + 1);
		return rule;
	}
	rest = after_word(text, "map ");
	if (rest != NULL && rest[strspn(rest, " ")] == '/') {
		rule->how = CLIENT_USER_MAP;
		rule->detail = talloc_strdup(rule, rest + strspn(rest, " "));
		return rule;
	}
	*why = talloc_asprintf(mem_ctx,
			       "it is no, cn, san, san:DOMAIN or map FILE with "
			       "an absolute path, not \"%s\"",
			       text);
	talloc_free(rule);
	return NULL;
}

/* --- by the names in it -------------------------------------------------- */

static bool is_san(const struct client_user_rule *rule,
		   const struct client_cert *cert, const char *user)
{
	const char *const *name = cert->names;

	for (; *name != NULL; name++) {
		const char *at = strrchr(*name, '@');
		size_t len = at == NULL ? 0 : (size_t)(at - *name);

		if (at != NULL && strlen(user) == len &&
		    strncasecmp(user, *name, len) == 0 &&
		    (rule->detail == NULL ||
		     strcasecmp(at + 1, rule->detail) == 0)) {
			return true;
		}
	}
	return false;
}

/* --- by a file ----------------------------------------------------------- */

static bool is_name(TALLOC_CTX *mem_ctx, const char *name, const char *wanted)
{
	struct dn *a = dn_parse(mem_ctx, name);
	struct dn *b = dn_parse(mem_ctx, wanted);

	return a != NULL && b != NULL && dn_equal(a, b);
}

static bool is_hash(TALLOC_CTX *mem_ctx, const struct client_cert *cert,
		    const char *text)
{
	char *hash = cert_thumbprint_parse(mem_ctx, text);

	return hash != NULL && (strcmp(hash, cert->sha256) == 0 ||
				strcmp(hash, cert->sha1) == 0);
}

/* "USER KIND TEXT"; what is not understood matches nothing. */
static bool line_matches(TALLOC_CTX *mem_ctx, char *line,
			 const struct client_cert *cert, const char *user)
{
	char *save = NULL;
	char *who = strtok_r(line, " \t", &save);
	char *kind = strtok_r(NULL, " \t", &save);
	char *text = strtok_r(NULL, "", &save);

	if (who == NULL || who[0] == '#' || who[0] == ';' || kind == NULL ||
	    text == NULL || strcasecmp(who, user) != 0) {
		return false;
	}
	text += strspn(text, " \t");
	if (strcasecmp(kind, "sha256") == 0 || strcasecmp(kind, "sha1") == 0) {
		return is_hash(mem_ctx, cert, text);
	}
	if (strcasecmp(kind, "subject") == 0) {
		return is_name(mem_ctx, cert->subject, text);
	}
	return strcasecmp(kind, "issuer") == 0 &&
	       is_name(mem_ctx, cert->issuer, text);
}

static bool is_mapped(TALLOC_CTX *work, const char *file,
		      const struct client_cert *cert, const char *user,
		      char **why)
{
	size_t len = 0;
	char *text = savefile_read(work, file, MAP_FILE_MAX, &len, NULL);
	char *save = NULL;
	char *line = NULL;

	if (text == NULL) {
		*why = talloc_asprintf(work, "cannot read %s: %s", file,
				       strerror(errno));
		return false;
	}
	for (line = strtok_r(text, "\r\n", &save); line != NULL;
	     line = strtok_r(NULL, "\r\n", &save)) {
		if (line_matches(work, line, cert, user)) {
			return true;
		}
	}
	return false;
}

bool client_user_is(TALLOC_CTX *mem_ctx, const struct client_user_rule *rule,
		    const struct client_cert *cert, const char *user,
		    char **why)
{
	TALLOC_CTX *work = talloc_new(mem_ctx);
	bool is = false;

	*why = NULL;
	switch (rule->how) {
	case CLIENT_USER_NONE: break;
	case CLIENT_USER_CN:
		is = cert->common_name[0] != '\0' &&
		     strcasecmp(cert->common_name, user) == 0;
		break;
	case CLIENT_USER_SAN: is = is_san(rule, cert, user); break;
	case CLIENT_USER_MAP:
		is = is_mapped(work, rule->detail, cert, user, why);
		break;
	}
	if (!is) {
		*why = *why != NULL ? talloc_steal(mem_ctx, *why)
				    : talloc_asprintf(
					      mem_ctx,
					      "the client certificate %s does "
					      "not stand for %s",
					      cert->subject, user);
	}
	talloc_free(work);
	return is;
}
