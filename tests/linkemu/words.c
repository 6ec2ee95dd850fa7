/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * words.c - numbers with units.
 */
#include <math.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "tests/linkemu/words.h"

struct unit {
	const char *name;
	double factor;
};

static const struct unit times[] = {
	{"ns", 1}, {"us", 1e3}, {"ms", 1e6}, {"s", 1e9}, {NULL, 0}};
static const struct unit sizes[] = {{"", 1},	{"k", 1e3}, {"K", 1e3},
				    {"M", 1e6}, {"G", 1e9}, {NULL, 0}};
static const struct unit chances[] = {{"%", 0.01}, {NULL, 0}};

static const struct key {
	const char *name;
	const struct unit *units;
	size_t offset;
} keys[] = {
	{"delay", times, offsetof(struct link_shape, delay)},
	{"jitter", times, offsetof(struct link_shape, jitter)},
	{"gap", times, offsetof(struct link_shape, gap)},
	{"rate", sizes, offsetof(struct link_shape, rate)},
	{"queue", sizes, offsetof(struct link_shape, queue)},
	{"mtu", sizes, offsetof(struct link_shape, mtu)},
	{"loss", chances, offsetof(struct link_shape, loss)},
	{"reorder", chances, offsetof(struct link_shape, reorder)},
	{"duplicate", chances, offsetof(struct link_shape, duplicate)},
	{"corrupt", chances, offsetof(struct link_shape, corrupt)},
};

static bool number(const char *text, const struct unit *units, double *out)
{
	char *end = NULL;
	double v = strtod(text, &end);
	const struct unit *u = NULL;

	if (end == text || !isfinite(v) || v < 0) {
		return false;
	}
	for (u = units; u->name != NULL; u++) {
		if (strcmp(end, u->name) == 0) {
			*out = v * u->factor;
			return *out <= 1e18;
		}
	}
	return false;
}

bool words_time(const char *text, uint64_t *out)
{
	double v = 0;

	if (!number(text, times, &v)) {
		return false;
	}
	*out = (uint64_t)v;
	return true;
}

const char *words_shape(const char *word, struct link_shape *shape)
{
	const char *equals = strchr(word, '=');
	size_t len = equals != NULL ? (size_t)(equals - word) : 0;
	size_t i = 0;
	double v = 0;

	for (i = 0; i < sizeof(keys) / sizeof(keys[0]); i++) {
		char *field = (char *)shape + keys[i].offset;

		if (strlen(keys[i].name) != len ||
		    memcmp(keys[i].name, word, len) != 0) {
			continue;
		}
		if (!number(equals + 1, keys[i].units, &v)) {
			return "no number with a unit that fits";
		}
		if (keys[i].units != chances) {
			*(uint64_t *)(void *)field = (uint64_t)v;
		} else if (v <= 1) {
			*(double *)(void *)field = v;
		} else {
			return "more than 100%";
		}
		return NULL;
	}
	return "no such key";
}

size_t words_split(char *line, char **words, size_t max)
{
	char *save = NULL;
	char *word = strtok_r(line, " \t\r\n", &save);
	size_t n = 0;

	while (word != NULL && n < max) {
		words[n++] = word;
		word = strtok_r(NULL, " \t\r\n", &save);
	}
	return n;
}
