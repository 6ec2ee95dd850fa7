/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Names are few, and each is there as long as it has something. */

#include "server/tally.h"

#include <string.h>

#include "smbquic/list.h"

struct tally_name {
	struct tally_name *prev, *next;
	struct tally *tally;
	char *name;
	struct tally_mark *marks;
	unsigned count;
};

struct tally_mark {
	struct tally_mark *prev, *next;
	struct tally_name *of; /* NULL: the tally is gone */
};

struct tally {
	struct tally_name *names;
	unsigned max;
};

static int tally_destructor(struct tally *tally)
{
	struct tally_name *name = NULL;
	struct tally_mark *mark = NULL;

	for (name = tally->names; name != NULL; name = name->next) {
		for (mark = name->marks; mark != NULL; mark = mark->next) {
			mark->of = NULL;
		}
	}
	return 0;
}

struct tally *tally_new(TALLOC_CTX *mem_ctx, unsigned max)
{
	struct tally *tally = talloc_zero(mem_ctx, struct tally);

	if (tally != NULL) {
		tally->max = max;
		talloc_set_destructor(tally, tally_destructor);
	}
	return tally;
}

static struct tally_name *find(const struct tally *tally, const char *name)
{
	struct tally_name *at = tally->names;

	while (at != NULL && strcmp(at->name, name) != 0) {
		at = at->next;
	}
	return at;
}

static void forget(struct tally_name *name)
{
	LIST_REMOVE(name->tally->names, name);
	talloc_free(name);
}

static struct tally_name *name_new(struct tally *tally, const char *text)
{
	struct tally_name *name = talloc_zero(tally, struct tally_name);

	if (name == NULL) {
		return NULL;
	}
	name->name = talloc_strdup(name, text);
	if (name->name == NULL) {
		talloc_free(name);
		return NULL;
	}
	name->tally = tally;
	LIST_ADD(tally->names, name);
	return name;
}

static int mark_destructor(struct tally_mark *mark)
{
	struct tally_name *name = mark->of;

	if (name == NULL) {
		return 0;
	}
	LIST_REMOVE(name->marks, mark);
	name->count--;
	if (name->count == 0) {
		forget(name);
	}
	return 0;
}

struct tally_mark *tally_take(struct tally *tally, TALLOC_CTX *mem_ctx,
			      const char *name)
{
	struct tally_name *of = find(tally, name);
	struct tally_mark *mark = NULL;

	if (of != NULL && of->count >= tally->max) {
		return NULL;
	}
	of = of != NULL ? of : name_new(tally, name);
	if (of == NULL) {
		return NULL;
	}
	mark = talloc_zero(mem_ctx, struct tally_mark);
	if (mark == NULL) {
		if (of->count == 0) {
			forget(of);
		}
		return NULL;
	}
	mark->of = of;
	LIST_ADD(of->marks, mark);
	of->count++;
	talloc_set_destructor(mark, mark_destructor);
	return mark;
}

unsigned tally_count(const struct tally *tally, const char *name)
{
	const struct tally_name *of = find(tally, name);

	return of != NULL ? of->count : 0;
}
