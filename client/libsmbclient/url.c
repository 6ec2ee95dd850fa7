/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Addresses:
 *
 *	smb://[[workgroup;]user[:password]@]server[:port][/share[/path]][?options]
 *	smb+quic://...
 *
 * smb:// is the list of workgroups, smb:/// the workgroup of the context, as
 * in Samba. %XX is decoded, a % that is followed by anything else is one; the
 * last '?' begins the options, which are "transport=quic" and "transport=tcp":
 * Samba passes over what it does not know, but one that was mistyped would
 * have a program go on without what it asked for.
 */
#include <ctype.h>
#include <errno.h>
#include <string.h>

#include "client/libsmbclient/libsmb.h"
#include "client/target.h"
#include "smbquic/log.h"
#include "smbquic/port.h"
#include "smbquic/secret.h"

/* --------------------------------------------------------------- encoding */

static int hex_digit(char c)
{
	if (c >= '0' && c <= '9') {
		return c - '0';
	}
	c = (char)tolower((unsigned char)c);
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* The next character, decoded; moves on. -1: the end, or %00. */
static int next_decoded(const char **s, int *errors)
{
	const char *p = *s;
	int high = 0;
	int low = 0;

	if (*p == '\0') {
		return -1;
	}
	*s = p + 1;
	if (*p != '%') {
		return (unsigned char)*p;
	}
	high = hex_digit(p[1]);
	low = high < 0 ? -1 : hex_digit(p[2]);
	if (low < 0) {
		*errors += 1;
		return '%';
	}
	*s = p + 3;
	return high == 0 && low == 0 ? -1 : high * 16 + low;
}

int smbc_urldecode(char *dest, char *src, size_t max_dest_len)
{
	const char *s = src;
	size_t used = 0;
	int errors = 0;
	int c = 0;

	for (c = next_decoded(&s, &errors); c >= 0;
	     c = next_decoded(&s, &errors)) {
		if (used + 1 < max_dest_len) {
			dest[used++] = (char)c;
		}
	}
	if (max_dest_len > 0) {
		dest[used] = '\0';
	}
	return errors;
}

static bool stays(char c)
{
	return isalnum((unsigned char)c) || c == '-' || c == '.' || c == '_';
}

/* @return what is left of max_dest_len, or -1: it did not suffice. */
int smbc_urlencode(char *dest, char *src, int max_dest_len)
{
	static const char digits[] = "0123456789ABCDEF";
	int left = max_dest_len;

	for (; *src != '\0' && left >= 3; src++) {
		unsigned char c = (unsigned char)*src;

		if (stays(*src)) {
			*dest++ = *src;
			left--;
			continue;
		}
		*dest++ = '%';
		*dest++ = digits[c >> 4];
		*dest++ = digits[c & 15];
		left -= 3;
	}
	if (*src != '\0' || left <= 0) {
		return -1;
	}
	*dest = '\0';
	return left - 1;
}

static char *decoded(TALLOC_CTX *mem_ctx, const char *text)
{
	char *copy = secret_strdup(mem_ctx, text);

	if (copy != NULL) {
		smbc_urldecode(copy, copy, strlen(copy) + 1);
	}
	return copy;
}

/* ----------------------------------------------------------------- pieces */

/* "[workgroup;]user[:password]"; text is changed. */
static bool parse_user(struct libsmb_url *url, char *text)
{
	char *cut = strchr(text, ';');

	if (cut != NULL) {
		*cut = '\0';
		url->workgroup = decoded(url, text);
		if (url->workgroup == NULL) {
			return false;
		}
		text = cut + 1;
	}
	cut = strchr(text, ':');
	if (cut != NULL) {
		*cut = '\0';
		url->password = decoded(url, cut + 1);
	}
	url->user = decoded(url, text);
	return url->user != NULL && url->password != NULL;
}

/* A name of a server, an address, or an address in brackets. */
static bool name_is_good(const char *name)
{
	for (; *name != '\0'; name++) {
		unsigned char c = (unsigned char)*name;

		if (iscntrl(c) || isspace(c) || c == '\\' || c == '/') {
			return false;
		}
	}
	return true;
}

/* "server[:port]", "[v6][:port]"; text is changed. */
static bool parse_server(struct libsmb_url *url, char *text)
{
	char *colon = strchr(text, ':');

	if (*text == '[') {
		char *end = strchr(text, ']');

		if (end == NULL || (end[1] != '\0' && end[1] != ':')) {
			return false;
		}
		colon = end[1] == ':' ? end + 1 : NULL;
		*end = '\0';
		text++;
	}
	if (colon != NULL) {
		*colon = '\0';
		if (!port_parse(colon + 1, &url->port)) {
			return false;
		}
	}
	url->server = decoded(url, text);
	return url->server != NULL && *url->server != '\0' &&
	       name_is_good(url->server);
}

/* "share[/path]"; text is changed. */
static bool parse_share(struct libsmb_url *url, char *text)
{
	char *cut = NULL;
	char *path = NULL;
	size_t len = 0;

	text += strspn(text, "/");
	cut = text + strcspn(text, "/");
	if (*cut != '\0') {
		*cut++ = '\0';
	}
	url->share = decoded(url, text);
	path = decoded(url, cut);
	if (url->share == NULL || path == NULL) {
		return false;
	}
	len = strlen(path);
	url->folder = len > 0 && strchr("/\\", path[len - 1]) != NULL;
	url->path = client_path_join(url, "", path);
	return url->path != NULL && strpbrk(url->share, "/\\") == NULL;
}

/* A password with a '?' in it that is not encoded would be shown else. */
static void refuse_option(const char *word, bool shown)
{
	log_error("an address has the option %s%.*s%s; transport=quic and "
		  "transport=tcp, one of them, are all that there are, and a "
		  "'?' that begins no options is written %%3F",
		  shown ? "\"" : "(not shown)", shown ? (int)strlen(word) : 0,
		  word, shown ? "\"" : "");
}

/* "transport=quic&..." */
static bool parse_options(struct libsmb_url *url, char *text)
{
	bool shown = strpbrk(text, "@/\\") == NULL;
	char *save = NULL;
	char *word = strtok_r(text, "&;", &save);

	for (; word != NULL; word = strtok_r(NULL, "&;", &save)) {
		const char *value = word + strlen("transport=");

		if (strncmp(word, "transport=", strlen("transport=")) != 0 ||
		    (strcmp(value, "quic") != 0 && strcmp(value, "tcp") != 0) ||
		    (url->transport != NULL &&
		     strcmp(url->transport, value) != 0)) {
			refuse_option(word, shown);
			return false;
		}
		url->transport = value;
	}
	return true;
}

/* What follows the two slashes; text is changed and kept. */
static bool parse_rest(struct libsmb_url *url, char *text)
{
	char *options = strrchr(text, '?');
	char *slash = NULL;
	char *at = NULL;

	if (options != NULL) {
		*options = '\0';
		if (!parse_options(url, options + 1)) {
			return false;
		}
	}
	if (*text == '\0' || strspn(text, "/") == strlen(text)) {
		/* all workgroups, or this one: both are what we know */
		return true;
	}
	slash = strchr(text, '/');
	at = strchr(text, '@');
	if (at != NULL && (slash == NULL || at < slash)) {
		*at = '\0';
		if (!parse_user(url, text)) {
			return false;
		}
		text = at + 1;
	}
	if (slash != NULL) {
		*slash = '\0';
	}
	return parse_server(url, text) &&
	       (slash == NULL || parse_share(url, slash + 1));
}

static const char *after_scheme(const char *text, struct libsmb_url *url)
{
	if (strncasecmp(text, "smb+quic:", 9) == 0) {
		url->transport = "quic";
		text += 9;
	} else if (strncasecmp(text, "smb:", 4) == 0) {
		text += 4;
	} else {
		return NULL;
	}
	return strncmp(text, "//", 2) == 0 || strncmp(text, "\\\\", 2) == 0
		       ? text + 2
		       : NULL;
}

int libsmb_url_parse(TALLOC_CTX *mem_ctx, const char *text,
		     struct libsmb_url **out)
{
	struct libsmb_url *url = talloc_zero(mem_ctx, struct libsmb_url);
	const char *rest = NULL;
	char *copy = NULL;

	*out = NULL;
	if (url == NULL) {
		return ENOMEM;
	}
	url->server = url->share = url->path = url->user = url->password = "";
	rest = after_scheme(text, url);
	copy = rest != NULL ? secret_strdup(url, rest) : NULL;
	if (copy == NULL || !parse_rest(url, copy)) {
		talloc_free(url);
		return EINVAL;
	}
	*out = url;
	return 0;
}
