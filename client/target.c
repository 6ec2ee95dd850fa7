/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Where to: addresses as users type them, and paths inside a share. */
#include <ctype.h>
#include <string.h>

#include "client/target.h"
#include "smbquic/port.h"

#define NAME_LONGEST 255 /* bytes, on every file system of Linux */

static bool is_separator(char c)
{
	return c == '/' || c == '\\';
}

static size_t until_separator(const char *s)
{
	return strcspn(s, "/\\");
}

/* ------------------------------------------------------------------ paths */

static bool same(const char *name, size_t len, const char *word)
{
	return len == strlen(word) && memcmp(name, word, len) == 0;
}

/* Append one name, or take the last one away. */
static char *path_step(char *path, const char *name, size_t len)
{
	char *cut = NULL;

	if (len == 0 || same(name, len, ".")) {
		return path;
	}
	if (same(name, len, "..")) {
		cut = strrchr(path, '\\');
		*(cut != NULL ? cut : path) = '\0';
		return path;
	}
	return talloc_asprintf_append(path, "%s%.*s", *path != '\0' ? "\\" : "",
				      (int)len, name);
}

char *client_path_join(TALLOC_CTX *mem_ctx, const char *folder,
		       const char *typed)
{
	char *path = NULL;
	char *next = NULL;
	size_t len = 0;

	path = talloc_strdup(mem_ctx, is_separator(*typed) ? "" : folder);
	while (path != NULL && *typed != '\0') {
		len = until_separator(typed);
		next = path_step(path, typed, len);
		if (next == NULL) {
			talloc_free(path);
			return NULL;
		}
		path = next;
		typed += len;
		typed += is_separator(*typed) ? 1 : 0;
	}
	return path;
}

const char *client_path_name(const char *path)
{
	const char *cut = strrchr(path, '\\');

	return cut != NULL ? cut + 1 : path;
}

char *client_path_folder(TALLOC_CTX *mem_ctx, const char *path)
{
	const char *name = client_path_name(path);

	if (name == path) {
		return talloc_strdup(mem_ctx, "");
	}
	return talloc_strndup(mem_ctx, path, (size_t)(name - path) - 1);
}

bool client_name_is_safe(const char *name)
{
	size_t len = strlen(name);

	if (len == 0 || len > NAME_LONGEST || strpbrk(name, "/\\") != NULL) {
		return false;
	}
	return strcmp(name, ".") != 0 && strcmp(name, "..") != 0;
}

/* -------------------------------------------------------------- addresses */

static bool name_has_only_print(const char *s)
{
	for (; *s != '\0'; s++) {
		if (isspace((unsigned char)*s) || iscntrl((unsigned char)*s)) {
			return false;
		}
	}
	return true;
}

/* "name", "[v6]", and with a port when the form has one. host is changed. */
static bool parse_host(struct client_target *t, char *host, bool with_port,
		       const char **why)
{
	char *colon = NULL;
	char *end = NULL;

	if (*host == '[') {
		host++;
		end = strchr(host, ']');
		if (end == NULL || (end[1] != '\0' && end[1] != ':')) {
			*why = "the bracket of the address is not closed";
			return false;
		}
		colon = end[1] == ':' ? end + 1 : NULL;
		*end = '\0';
	} else if (with_port || strchr(host, ':') == strrchr(host, ':')) {
		colon = strrchr(host, ':');
	}
	if (colon != NULL) {
		*colon = '\0';
		if (!port_parse(colon + 1, &t->port)) {
			*why = PORT_WANTED;
			return false;
		}
	}
	if (*host == '\0') {
		*why = "the server's name is missing";
		return false;
	}
	if (!name_has_only_print(host)) {
		*why = "the server's name has blanks or control characters";
		return false;
	}
	t->server = talloc_strdup(t, host);
	return t->server != NULL;
}

/* What follows the server: "/share/folder/...". */
static bool parse_share(struct client_target *t, const char *s)
{
	size_t len = 0;

	while (is_separator(*s)) {
		s++;
	}
	len = until_separator(s);
	if (len > 0) {
		t->share = talloc_strndup(t, s, len);
		if (t->share == NULL) {
			return false;
		}
	}
	s += len;
	t->path = client_path_join(t, "", s);
	return t->path != NULL;
}

static bool parse_unc(struct client_target *t, const char *text,
		      const char **why)
{
	size_t len = until_separator(text);
	char *host = talloc_strndup(t, text, len);

	return host != NULL && parse_host(t, host, false, why) &&
	       parse_share(t, text + len);
}

static int hex_digit(char c)
{
	if (c >= '0' && c <= '9') {
		return c - '0';
	}
	c = (char)tolower((unsigned char)c);
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* %XX in place. */
static bool percent_decode(char *s)
{
	char *to = s;

	for (; *s != '\0'; s++) {
		if (*s != '%') {
			*to++ = *s;
			continue;
		}
		if (hex_digit(s[1]) < 0 || hex_digit(s[2]) < 0 ||
		    (s[1] == '0' && s[2] == '0')) {
			return false;
		}
		*to++ = (char)(hex_digit(s[1]) * 16 + hex_digit(s[2]));
		s += 2;
	}
	*to = '\0';
	return true;
}

/* "[domain;]user[:password]"; s is changed and borrowed. */
static bool parse_user(struct client_target *t, char *s)
{
	char *domain = NULL;
	char *password = NULL;
	char *cut = strchr(s, ';');

	if (cut != NULL) {
		*cut = '\0';
		domain = s;
		s = cut + 1;
	}
	cut = strchr(s, ':');
	if (cut != NULL) {
		*cut = '\0';
		password = cut + 1;
	}
	t->domain = domain;
	t->user = *s != '\0' ? s : NULL;
	t->password = password;
	return percent_decode(s) &&
	       (domain == NULL || percent_decode(domain)) &&
	       (password == NULL || percent_decode(password));
}

/* "?transport=quic&..."; what is not known may have been meant to protect. */
static bool parse_query(struct client_target *t, char *s, const char **why)
{
	char *save = NULL;
	char *word = NULL;

	for (word = strtok_r(s, "&", &save); word != NULL;
	     word = strtok_r(NULL, "&", &save)) {
		if (strncmp(word, "transport=", 10) != 0) {
			*why = "what follows the ? of the address has a word "
			       "that is not known here (a ? in a name is "
			       "%3F)";
			return false;
		}
		word += 10;
		if (strcmp(word, "quic") != 0 && strcmp(word, "tcp") != 0) {
			*why = "transport= is quic or tcp";
			return false;
		}
		if (t->transport != NULL && strcmp(t->transport, word) != 0) {
			*why = "smb+quic:// and transport=tcp contradict";
			return false;
		}
		t->transport = word;
	}
	return true;
}

static bool parse_url(struct client_target *t, const char *text,
		      const char **why)
{
	char *host = talloc_strdup(t, text);
	char *query = NULL;
	char *rest = NULL;
	char *at = NULL;

	if (host == NULL) {
		return false;
	}
	query = strchr(host, '?');
	if (query != NULL) {
		*query = '\0';
		if (!parse_query(t, query + 1, why)) {
			return false;
		}
	}
	rest = talloc_strdup(t, host + until_separator(host));
	host[until_separator(host)] = '\0';
	at = strrchr(host, '@');
	if (at != NULL) {
		*at = '\0';
	}
	if (rest == NULL || !percent_decode(rest) ||
	    (at != NULL && !parse_user(t, host))) {
		*why = "a % in an address is followed by two hex digits";
		return false;
	}
	return parse_host(t, at != NULL ? at + 1 : host, true, why) &&
	       parse_share(t, rest);
}

static bool parse_any(struct client_target *t, const char *text,
		      const char **why)
{
	if (strncasecmp(text, "smb://", 6) == 0) {
		return parse_url(t, text + 6, why);
	}
	if (strncasecmp(text, "smb+quic://", 11) == 0) {
		t->transport = "quic";
		return parse_url(t, text + 11, why);
	}
	if (is_separator(text[0]) && is_separator(text[1])) {
		return parse_unc(t, text + 2, why);
	}
	*why = "it must look like //server/share or smb://server/share";
	return false;
}

bool client_target_parse(TALLOC_CTX *mem_ctx, const char *text,
			 struct client_target **out, const char **why)
{
	struct client_target *t = talloc_zero(mem_ctx, struct client_target);

	*out = NULL;
	*why = "out of memory";
	if (t == NULL || !parse_any(t, text, why)) {
		talloc_free(t);
		return false;
	}
	*out = t;
	return true;
}
