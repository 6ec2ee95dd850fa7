/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "server/short_name.h"

#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#define BASE_MAX      8
#define EXTENSION_MAX 3

/* Of the hash: in front of the '~', and behind. */
#define HASH_FRONT 5
#define TILDE_AT   (1 + HASH_FRONT)

static const char digits[] = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ";

/* What a short name may have in it, case aside. */
static bool short_char(char c)
{
	return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') ||
	       (c >= 'a' && c <= 'z') ||
	       (c != '\0' && strchr("!#$%&'()-@^_`{}~", c) != NULL);
}

static char upper(char c)
{
	return (char)(c >= 'a' && c <= 'z' ? c - 'a' + 'A' : c);
}

static size_t short_span(const char *name)
{
	size_t len = 0;

	while (short_char(name[len])) {
		len++;
	}
	return len;
}

bool short_name_is(const char *name)
{
	size_t base = short_span(name);
	size_t extension = 0;

	if (base == 0 || base > BASE_MAX) {
		return false;
	}
	if (name[base] == '\0') {
		return true;
	}
	if (name[base] != '.') {
		return false;
	}
	extension = short_span(name + base + 1);
	return extension > 0 && extension <= EXTENSION_MAX &&
	       name[base + 1 + extension] == '\0';
}

bool short_name_made(const char *name)
{
	return short_name_is(name) && short_span(name) == BASE_MAX &&
	       name[TILDE_AT] == '~';
}

/* FNV-1a */
static uint64_t hash_of(const char *name)
{
	uint64_t hash = UINT64_C(0xCBF29CE484222325);

	while (*name != '\0') {
		hash = (hash ^ (uint8_t)*name) * UINT64_C(0x100000001B3);
		name++;
	}
	return hash ^ hash >> 32;
}

/* The last part behind a '.', as far as it can be had. */
static size_t put_extension(const char *name, char *out)
{
	const char *dot = strrchr(name, '.');
	size_t n = 0;

	if (dot == NULL || dot == name) {
		return 0;
	}
	for (dot++; *dot != '\0' && n < EXTENSION_MAX; dot++) {
		if (short_char(*dot)) {
			n++;
			out[n] = upper(*dot);
		}
	}
	if (n > 0) {
		out[0] = '.';
		n++;
	}
	return n;
}

void short_name_of(const char *name, char out[SHORT_NAME_MAX + 1])
{
	uint64_t hash = hash_of(name);
	size_t n = 0;
	size_t i = 0;

	if (short_name_is(name)) {
		for (n = 0; name[n] != '\0'; n++) {
			out[n] = upper(name[n]);
		}
		out[n] = '\0';
		return;
	}
	out[0] = short_char(name[0]) && name[0] != '~' ? upper(name[0]) : '_';
	for (i = 1; i < BASE_MAX; i++) {
		if (i == TILDE_AT) {
			out[i] = '~';
			continue;
		}
		out[i] = digits[hash % 36];
		hash /= 36;
	}
	n = BASE_MAX + put_extension(name, out + BASE_MAX);
	out[n] = '\0';
}

bool short_name_matches(const char *name, const char *wanted)
{
	char made[SHORT_NAME_MAX + 1];

	short_name_of(name, made);
	return strcasecmp(made, wanted) == 0;
}
