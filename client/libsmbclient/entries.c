/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What was read of a folder, whatever it lists. */
#include "client/libsmbclient/libsmb.h"

struct dir_entries *entries_new(TALLOC_CTX *mem_ctx)
{
	struct dir_entries *e = talloc_zero(mem_ctx, struct dir_entries);

	if (e != NULL) {
		e->texts = talloc_pool(e, 4096);
	}
	return e;
}

bool entries_add(struct dir_entries *e, const struct dir_item *item)
{
	struct dir_item *to = NULL;

	if (e->count == e->room) {
		size_t room = e->room == 0 ? 64 : e->room * 2;

		to = talloc_realloc(e, e->item, struct dir_item,
				    (unsigned)room);
		if (to == NULL) {
			return false;
		}
		e->item = to;
		e->room = room;
	}
	to = &e->item[e->count];
	*to = *item;
	to->name = talloc_strdup(e->texts, item->name);
	to->comment = talloc_strdup(e->texts,
				    item->comment != NULL ? item->comment : "");
	to->short_name = talloc_strdup(
		e->texts, item->short_name != NULL ? item->short_name : "");
	if (to->name == NULL || to->comment == NULL || to->short_name == NULL) {
		return false;
	}
	e->count++;
	return true;
}
