/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What is known of the names in one folder: its listing, in one piece of
 * memory and sorted, and single names, of which the server was asked or which
 * are in doubt. Single ones are newer than the listing.
 *
 * Which names are the same a server knows best. Here only letters of ASCII have
 * two cases: a name is known when it is spelled as in the listing, and known
 * not to be there when it has no other letters and nothing in the listing
 * differs from it in case alone.
 */
#include <stdlib.h>
#include <string.h>

#include "client/dir_cache_private.h"

struct single {
	TAILQ_ENTRY(single) entry; /* what was learned last comes first */
	enum dir_known known;
	struct client_stat stat;
	char name[];
};

TAILQ_HEAD(singles, single);

struct listed {
	uint32_t name, short_name; /* where in text */
	uint64_t file_id;
	struct client_stat stat;
};

struct dir_names {
	bool whole; /* there is a listing */
	size_t count;
	struct listed *listed; /* as the server lists them */
	uint32_t *sorted;      /* by name */
	char *text;
	size_t memory; /* of all of that */
	struct singles singles;
	unsigned single_count;
	size_t single_memory;
	unsigned doubts; /* singles that are unknown */
};

/* ------------------------------------------------------------------- names */

static int lower(char c)
{
	return c >= 'A' && c <= 'Z' ? c - 'A' + 'a' : (unsigned char)c;
}

int dir_name_compare(const char *a, const char *b)
{
	while (*a != '\0' && lower(*a) == lower(*b)) {
		a++;
		b++;
	}
	return lower(*a) - lower(*b);
}

static bool is_ascii(const char *name)
{
	while (*name != '\0' && (unsigned char)*name < 0x80) {
		name++;
	}
	return *name == '\0';
}

bool dir_name_is_plain(const char *name, bool map_names)
{
	size_t len = strlen(name);

	return len > 0 && name[len - 1] != '.' && name[len - 1] != ' ' &&
	       strpbrk(name, map_names ? "~\\" : "~\\:*?\"<>|") == NULL &&
	       strncmp(name, "@GMT-", 5) != 0;
}

/* ----------------------------------------------------------------- singles */

struct dir_names *dir_names_new(TALLOC_CTX *mem_ctx)
{
	struct dir_names *names = talloc_zero(mem_ctx, struct dir_names);

	if (names != NULL) {
		TAILQ_INIT(&names->singles);
	}
	return names;
}

size_t dir_names_memory(const struct dir_names *names)
{
	return sizeof(*names) + names->memory + names->single_memory;
}

static size_t single_size(const char *name)
{
	return sizeof(struct single) + strlen(name) + 1;
}

static void single_remove(struct dir_names *names, struct single *single)
{
	TAILQ_REMOVE(&names->singles, single, entry);
	names->single_count--;
	names->single_memory -= single_size(single->name);
	names->doubts -= single->known == DIR_UNKNOWN;
	talloc_free(single);
}

static void single_add(struct dir_names *names, const char *name,
		       enum dir_known known, const struct client_stat *stat)
{
	struct single *single = talloc_zero_size(names, single_size(name));

	if (single == NULL) {
		dir_names_forget(names);
		return;
	}
	talloc_set_name_const(single, "struct single");
	memcpy(single->name, name, strlen(name) + 1);
	single->known = known;
	if (stat != NULL) {
		single->stat = *stat;
	}
	TAILQ_INSERT_HEAD(&names->singles, single, entry);
	names->single_count++;
	names->single_memory += single_size(name);
	names->doubts += known == DIR_UNKNOWN;
}

/* Of all that differ in case at most. */
static void singles_remove(struct dir_names *names, const char *name)
{
	struct single *single = TAILQ_FIRST(&names->singles);
	struct single *next = NULL;

	for (; single != NULL; single = next) {
		next = TAILQ_NEXT(single, entry);
		if (dir_name_compare(single->name, name) == 0) {
			single_remove(names, single);
		}
	}
}

static void list_drop(struct dir_names *names)
{
	names->whole = false;
	names->count = 0;
	names->memory = 0;
	TALLOC_FREE(names->listed);
	TALLOC_FREE(names->sorted);
	TALLOC_FREE(names->text);
}

void dir_names_forget(struct dir_names *names)
{
	list_drop(names);
	while (!TAILQ_EMPTY(&names->singles)) {
		single_remove(names, TAILQ_FIRST(&names->singles));
	}
}

static void singles_bound(struct dir_names *names)
{
	struct single *last = NULL;

	if (names->single_count < DIR_NAMES_SINGLE) {
		return;
	}
	last = TAILQ_LAST(&names->singles, singles);
	if (last->known ==
	    DIR_UNKNOWN) { /* which the listing cannot do without */
		dir_names_forget(names);
	} else {
		single_remove(names, last);
	}
}

/* Where in the listing a name begins, as it is spelled; or NULL. */
static struct listed *find_exact(const struct dir_names *names,
				 const char *name, bool *similar);

/* What is in doubt and was found to be there is in the listing again; else the
 * doubt stays, for those that differ from it in case. */
void dir_names_learn(struct dir_names *names, const char *name,
		     const struct client_stat *stat)
{
	bool similar = false;
	struct listed *listed = find_exact(names, name, &similar);
	struct single *single = NULL;

	if (listed != NULL && stat != NULL) {
		listed->stat = *stat;
		singles_remove(names, name);
		return;
	}
	TAILQ_FOREACH(single, &names->singles, entry)
	{
		if (single->known != DIR_UNKNOWN &&
		    strcmp(single->name, name) == 0) {
			single_remove(names, single);
			break;
		}
	}
	singles_bound(names);
	single_add(names, name, stat != NULL ? DIR_IS : DIR_IS_NOT, stat);
}

void dir_names_doubt(struct dir_names *names, const char *name)
{
	/* what else is meant by it is not known here */
	if (!is_ascii(name) || !dir_name_is_plain(name, true)) {
		dir_names_forget(names);
		return;
	}
	singles_remove(names, name);
	if (names->whole) {
		singles_bound(names);
	}
	if (names->whole) {
		single_add(names, name, DIR_UNKNOWN, NULL);
	}
}

/* ----------------------------------------------------------------- listing */

static int by_name(const void *a, const void *b, void *private_data)
{
	const struct dir_names *names = private_data;
	const uint32_t *x = a;
	const uint32_t *y = b;

	return dir_name_compare(names->text + names->listed[*x].name,
				names->text + names->listed[*y].name);
}

static size_t text_size(const struct client_dir_list *list)
{
	size_t size = 1;
	size_t i = 0;

	for (i = 0; i < list->count; i++) {
		size += strlen(list->entry[i].name) + 1;
		size += strlen(list->entry[i].short_name) + 1;
	}
	return size;
}

static uint32_t text_put(char *text, size_t *used, const char *name)
{
	size_t at = *used;
	size_t size = strlen(name) + 1;

	memcpy(text + at, name, size);
	*used += size;
	return (uint32_t)at;
}

static void fill(struct dir_names *names, const struct client_dir_list *list)
{
	size_t used = 0;
	size_t i = 0;

	for (i = 0; i < list->count; i++) {
		const struct client_dir_entry *in = &list->entry[i];

		names->listed[i] = (struct listed){
			.name = text_put(names->text, &used, in->name),
			.short_name =
				text_put(names->text, &used, in->short_name),
			.file_id = in->file_id,
			.stat = in->stat,
		};
		names->sorted[i] = (uint32_t)i;
	}
	qsort_r(names->sorted, list->count, sizeof(*names->sorted), by_name,
		names);
}

bool dir_names_take(struct dir_names *names, const struct client_dir_list *list)
{
	size_t size = text_size(list);
	size_t count = list->count;

	dir_names_forget(names);
	if (size > UINT32_MAX || count > UINT32_MAX) {
		return false;
	}
	names->listed = talloc_array(names, struct listed, count + 1);
	names->sorted = talloc_array(names, uint32_t, count + 1);
	names->text = talloc_size(names, size);
	if (names->listed == NULL || names->sorted == NULL ||
	    names->text == NULL) {
		list_drop(names);
		return false;
	}
	fill(names, list);
	names->whole = true;
	names->count = count;
	names->memory =
		size + (count + 1) * (sizeof(struct listed) + sizeof(uint32_t));
	return true;
}

bool dir_names_list(const struct dir_names *names, TALLOC_CTX *mem_ctx,
		    struct client_dir_list **out)
{
	struct client_dir_list *list = NULL;
	char *text = NULL;
	size_t i = 0;

	if (!names->whole || names->doubts > 0) {
		return false;
	}
	list = talloc_zero(mem_ctx, struct client_dir_list);
	*out = list;
	if (list == NULL) {
		return true;
	}
	list->entry =
		talloc_array(list, struct client_dir_entry, names->count + 1);
	text = talloc_memdup(list, names->text, talloc_get_size(names->text));
	if (list->entry == NULL || text == NULL) {
		TALLOC_FREE(*out);
		return true;
	}
	for (i = 0; i < names->count; i++) {
		const struct listed *in = &names->listed[i];

		list->entry[i] = (struct client_dir_entry){
			.name = text + in->name,
			.short_name = text + in->short_name,
			.file_id = in->file_id,
			.stat = in->stat,
		};
	}
	list->count = names->count;
	return true;
}

/* -------------------------------------------------------------------- find */

/* The first in the sorted order that is not before name. */
static size_t lower_bound(const struct dir_names *names, const char *name)
{
	size_t low = 0;
	size_t high = names->count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;
		const struct listed *listed =
			&names->listed[names->sorted[middle]];

		if (dir_name_compare(names->text + listed->name, name) < 0) {
			low = middle + 1;
		} else {
			high = middle;
		}
	}
	return low;
}

static struct listed *find_exact(const struct dir_names *names,
				 const char *name, bool *similar)
{
	size_t at = lower_bound(names, name);

	for (; at < names->count; at++) {
		struct listed *listed = &names->listed[names->sorted[at]];
		const char *found = names->text + listed->name;

		if (dir_name_compare(found, name) != 0) {
			break;
		}
		*similar = true;
		if (strcmp(found, name) == 0) {
			return listed;
		}
	}
	return NULL;
}

static enum dir_known find_listed(const struct dir_names *names,
				  const char *name, struct client_stat *out)
{
	bool similar = false;
	const struct listed *listed = find_exact(names, name, &similar);

	if (listed != NULL) {
		*out = listed->stat;
		return DIR_IS;
	}
	return similar || !is_ascii(name) ? DIR_UNKNOWN : DIR_IS_NOT;
}

enum dir_known dir_names_find(const struct dir_names *names, const char *name,
			      struct client_stat *out)
{
	const struct single *single = NULL;

	TAILQ_FOREACH(single, &names->singles, entry)
	{
		if (strcmp(single->name, name) == 0) {
			*out = single->stat;
			return single->known;
		}
		if (single->known == DIR_UNKNOWN &&
		    dir_name_compare(single->name, name) == 0) {
			return DIR_UNKNOWN;
		}
	}
	return names->whole ? find_listed(names, name, out) : DIR_UNKNOWN;
}
