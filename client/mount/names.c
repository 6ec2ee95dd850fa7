/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What is in a folder. Hashed without regard to the case of ASCII's letters, so
 * that names which a server may take for the same are in one bucket.
 */
#include <string.h>
#include <sys/queue.h>

#include "client/mount/names.h"

#define BUCKETS 256

struct known {
	TAILQ_ENTRY(known) entry;
	bool sure;     /* it is there, and this is what it is: */
	double at;     /* it was in doubt last; 0: never */
	double own_at; /* and by ourselves */
	uint32_t hash;
	struct client_stat stat;
	char name[];
};

TAILQ_HEAD(bucket, known);

struct names {
	bool exact, begun, whole;
	unsigned count;
	struct bucket bucket[BUCKETS];
};

/* ------------------------------------------------------------------ texts */

static char lower(char c)
{
	return c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
}

/* FNV-1a. */
static uint32_t hash_of(const char *name)
{
	uint32_t hash = 2166136261u;

	for (; *name != '\0'; name++) {
		hash = (hash ^ (uint8_t)lower(*name)) * 16777619u;
	}
	return hash;
}

static bool is_similar(const char *a, const char *b)
{
	while (*a != '\0' && lower(*a) == lower(*b)) {
		a++;
		b++;
	}
	return lower(*a) == lower(*b);
}

/*
 * Could a name that no listing has be there all the same? Servers hide the
 * folder of their snapshots; which letters beyond ASCII are the same they know
 * best; and without the extensions there are short names, and ends of names
 * that do not count.
 */
static bool may_hide(const struct names *names, const char *name)
{
	size_t len = strlen(name);
	size_t i = 0;

	if (len == 0 || name[0] == '.' || name[0] == '~') {
		return true;
	}
	for (i = 0; i < len; i++) {
		if ((uint8_t)name[i] >= 0x80) {
			return true;
		}
	}
	return !names->exact && (strchr(name, '~') != NULL ||
				 name[len - 1] == '.' || name[len - 1] == ' ');
}

/* ------------------------------------------------------------------ table */

struct names *names_new(TALLOC_CTX *mem_ctx, bool exact)
{
	struct names *names = talloc_zero(mem_ctx, struct names);
	unsigned i = 0;

	if (names == NULL) {
		return NULL;
	}
	names->exact = exact;
	for (i = 0; i < BUCKETS; i++) {
		TAILQ_INIT(&names->bucket[i]);
	}
	return names;
}

static struct known *known_find(const struct names *names, const char *name)
{
	const uint32_t hash = hash_of(name);
	struct known *known = NULL;

	TAILQ_FOREACH(known, &names->bucket[hash % BUCKETS], entry)
	{
		if (known->hash == hash && strcmp(known->name, name) == 0) {
			return known;
		}
	}
	return NULL;
}

static void known_remove(struct names *names, struct known *known)
{
	TAILQ_REMOVE(&names->bucket[known->hash % BUCKETS], known, entry);
	names->count--;
	talloc_free(known);
}

/* NULL: too many, or no memory; all is forgotten. */
static struct known *known_get(struct names *names, const char *name)
{
	struct known *known = known_find(names, name);
	size_t len = strlen(name);

	if (known != NULL) {
		return known;
	}
	if (names->count < NAMES_MOST) {
		known = talloc_zero_size(names, sizeof(*known) + len + 1);
	}
	if (known == NULL) {
		names_forget(names);
		return NULL;
	}
	talloc_set_name_const(known, "struct known");
	memcpy(known->name, name, len + 1);
	known->hash = hash_of(name);
	TAILQ_INSERT_HEAD(&names->bucket[known->hash % BUCKETS], known, entry);
	names->count++;
	return known;
}

void names_forget(struct names *names)
{
	unsigned i = 0;

	for (i = 0; i < BUCKETS; i++) {
		while (!TAILQ_EMPTY(&names->bucket[i])) {
			known_remove(names, TAILQ_FIRST(&names->bucket[i]));
		}
	}
	names->begun = false;
	names->whole = false;
}

/* ---------------------------------------------------------------- listing */

void names_begin(struct names *names)
{
	names_forget(names);
	names->begun = true;
}

bool names_is_begun(const struct names *names)
{
	return names->begun;
}

bool names_list(struct names *names, const char *name,
		const struct client_stat *stat)
{
	struct known *known = NULL;

	if (!names->begun) {
		return false;
	}
	known = known_get(names, name);
	if (known != NULL && known->at == 0) {
		known->sure = true;
		known->stat = *stat;
	}
	return known != NULL;
}

void names_end(struct names *names)
{
	names->whole = names->begun;
	names->begun = false;
}

bool names_is_whole(const struct names *names)
{
	return names->whole;
}

/* ------------------------------------------------------------------ names */

/* One that differs in case alone, or is itself in doubt. */
static bool has_similar(const struct names *names, const char *name)
{
	const uint32_t hash = hash_of(name);
	const struct known *known = NULL;

	TAILQ_FOREACH(known, &names->bucket[hash % BUCKETS], entry)
	{
		if (known->hash == hash && is_similar(known->name, name)) {
			return true;
		}
	}
	return false;
}

enum names_known names_find(const struct names *names, const char *name,
			    struct client_stat *stat)
{
	const struct known *known = NULL;

	if (!names->whole) {
		return NAMES_UNKNOWN;
	}
	known = known_find(names, name);
	if (known != NULL && known->sure) {
		*stat = known->stat;
		return NAMES_IS;
	}
	if (known != NULL || may_hide(names, name) ||
	    (!names->exact && has_similar(names, name))) {
		return NAMES_UNKNOWN;
	}
	return NAMES_IS_NOT;
}

static void doubt_similar(struct names *names, const char *name, double now)
{
	const uint32_t hash = hash_of(name);
	struct known *known = NULL;

	TAILQ_FOREACH(known, &names->bucket[hash % BUCKETS], entry)
	{
		if (known->hash == hash && is_similar(known->name, name)) {
			known->sure = false;
			known->at = now;
		}
	}
}

void names_doubt(struct names *names, const char *name, double now)
{
	struct known *known = NULL;

	if (!names->whole && !names->begun) {
		return;
	}
	if (!names->exact) {
		doubt_similar(names, name, now);
	}
	known = known_get(names, name);
	if (known != NULL) {
		known->sure = false;
		known->at = now;
	}
}

void names_doubt_own(struct names *names, const char *name, double now)
{
	struct known *known = NULL;

	names_doubt(names, name, now);
	known = known_find(names, name);
	if (known != NULL) {
		known->own_at = now;
	}
}

static bool is_recent(double at, double now)
{
	return at != 0 && now < at + NAMES_SECONDS;
}

bool names_is_own(const struct names *names, const char *name, double now)
{
	const struct known *known = known_find(names, name);

	return known != NULL && is_recent(known->own_at, now);
}

void names_learn(struct names *names, const char *name,
		 const struct client_stat *stat, double now)
{
	struct known *known = NULL;

	known = known_find(names, name);
	if (!names->whole || (known != NULL && is_recent(known->at, now))) {
		return;
	}
	if (stat == NULL) {
		if (known != NULL) {
			known_remove(names, known);
		}
		return;
	}
	known = known_get(names, name);
	if (known != NULL) {
		known->sure = true;
		known->at = 0;
		known->stat = *stat;
	}
}
