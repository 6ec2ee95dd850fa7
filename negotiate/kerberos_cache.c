/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Where the tickets of a user of this machine are: krb5.conf's
 * default_ccache_name as it would be for him (krb5.conf(5), "parameter
 * expansion"). The library expands it by the real uid, which is not changed:
 * see smbquic/thread_user.h.
 */
#include <krb5.h>
#include <profile.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "negotiate/kerberos.h"

/* Where krb5.conf says nothing. */
#define DEFAULT_NAME "FILE:/tmp/krb5cc_%{uid}"
#define PASSWD_SIZE  16384

/* @return NULL: the library's own setting cannot be had. */
static char *pattern_of(void)
{
	krb5_context krb5 = NULL;
	profile_t profile = NULL;
	char *found = NULL;
	char *copy = NULL;

	if (krb5_init_context(&krb5) != 0) {
		return NULL;
	}
	if (krb5_get_profile(krb5, &profile) == 0) {
		if (profile_get_string(profile, "libdefaults",
				       "default_ccache_name", NULL,
				       DEFAULT_NAME, &found) == 0) {
			copy = strdup(found);
			profile_release_string(found);
		}
		profile_release(profile);
	}
	krb5_free_context(krb5);
	return copy;
}

static bool put_user_name(FILE *out, uid_t uid)
{
	char *buffer = malloc(PASSWD_SIZE);
	struct passwd *found = NULL;
	struct passwd entry = {0};

	if (buffer != NULL) {
		(void)getpwuid_r(uid, &entry, buffer, PASSWD_SIZE, &found);
	}
	if (found != NULL) {
		fputs(found->pw_name, out);
	}
	free(buffer);
	return found != NULL;
}

/* What stands between "%{" and "}". @return false: not that one. */
static bool put_parameter(FILE *out, const char *name, size_t len, uid_t uid)
{
	static const char *const numbers[] = {"uid", "euid", "USERID"};
	size_t i = 0;

	for (i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++) {
		if (len == strlen(numbers[i]) &&
		    memcmp(name, numbers[i], len) == 0) {
			fprintf(out, "%lu", (unsigned long)uid);
			return true;
		}
	}
	if (len == strlen("username") && memcmp(name, "username", len) == 0) {
		return put_user_name(out, uid);
	}
	if (len == strlen("TEMP") && memcmp(name, "TEMP", len) == 0) {
		fputs("/tmp", out);
		return true;
	}
	return len == strlen("null") && memcmp(name, "null", len) == 0;
}

static bool expand(FILE *out, const char *at, uid_t uid)
{
	const char *end = NULL;

	while (*at != '\0') {
		if (at[0] != '%' || at[1] != '{') {
			fputc(*at++, out);
			continue;
		}
		at += 2;
		end = strchr(at, '}');
		if (end == NULL ||
		    !put_parameter(out, at, (size_t)(end - at), uid)) {
			return false;
		}
		at = end + 1;
	}
	return true;
}

char *kerberos_cache_of(uid_t uid)
{
	char *pattern = pattern_of();
	char *name = NULL;
	size_t size = 0;
	FILE *out = NULL;
	bool ok = false;

	if (pattern == NULL) {
		return NULL;
	}
	out = open_memstream(&name, &size);
	if (out != NULL) {
		ok = expand(out, pattern, uid);
		ok = fclose(out) == 0 && ok;
	}
	free(pattern);
	if (!ok) {
		free(name);
		return NULL;
	}
	return name;
}
