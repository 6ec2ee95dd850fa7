/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What entries of archives have beside their bytes. */
#include <string.h>

#include "client/shell_meta.h"

/* ------------------------------------------------------------ from archives */

static const struct tar_xattr *find(const struct tar_entry *entry,
				    const char *name)
{
	size_t i = 0;

	for (i = 0; i < entry->xattrs; i++) {
		if (strcmp(entry->xattr[i].name, name) == 0) {
			return &entry->xattr[i];
		}
	}
	return NULL;
}

/* @return false: out of memory. */
static bool take_stream(struct meta_local *m, const struct tar_xattr *x)
{
	char *name = meta_stream_name(m, x->name);
	size_t len = x->value.len > 0 ? x->value.len - 1 : 0;
	bool good = true;

	if (name != NULL) {
		good = meta_local_add(m, name, wire_slice(x->value.data, len));
	}
	talloc_free(name);
	return good;
}

struct meta_local *meta_from_archive(TALLOC_CTX *mem_ctx,
				     const struct transfer *t,
				     const struct tar_entry *entry)
{
	struct meta_local *m = talloc_zero(mem_ctx, struct meta_local);
	const struct tar_xattr *x = find(entry, META_DESCRIPTOR);
	size_t i = 0;

	if (m == NULL) {
		return NULL;
	}
	if (t->keep_acls && x != NULL && x->value.len > 0) {
		m->descriptor = wire_slice(
			talloc_memdup(m, x->value.data, x->value.len),
			x->value.len);
		if (m->descriptor.data == NULL) {
			TALLOC_FREE(m);
			return NULL;
		}
	}
	for (i = 0; t->keep_streams && i < entry->xattrs; i++) {
		if (!take_stream(m, &entry->xattr[i])) {
			TALLOC_FREE(m);
			return NULL;
		}
	}
	meta_local_sort(m);
	return m;
}

/* Ours is the more exact one. */
NTTIME meta_archive_created(const struct tar_entry *entry)
{
	const struct tar_xattr *x = find(entry, META_CREATED);
	char text[META_CREATED_SIZE] = "";
	NTTIME created = 0;

	if (x != NULL && x->value.len < sizeof(text)) {
		memcpy(text, x->value.data, x->value.len);
		created = meta_created_parse(text);
	}
	if (created == 0 && entry->created.tv_sec > 0) {
		created = nttime_from_timespec(entry->created);
	}
	return created;
}

/* -------------------------------------------------------------- to archives */

/* Its bytes, and the zero byte behind them. */
static bool put_stream(TALLOC_CTX *mem_ctx, const struct meta_stream *s,
		       struct tar_xattr *x)
{
	uint8_t *value = talloc_size(mem_ctx, s->data.len + 1);

	if (value == NULL) {
		return false;
	}
	if (s->data.len > 0) {
		memcpy(value, s->data.data, s->data.len);
	}
	value[s->data.len] = 0;
	x->value = wire_slice(value, s->data.len + 1);
	return true;
}

bool meta_to_archive(TALLOC_CTX *mem_ctx, const struct meta_local *m,
		     NTTIME created, struct tar_entry *entry)
{
	size_t streams = m != NULL ? m->count : 0;
	struct tar_xattr *all =
		talloc_zero_array(mem_ctx, struct tar_xattr, streams + 2);
	char text[META_CREATED_SIZE] = "";
	size_t n = 0;
	size_t i = 0;

	if (all == NULL) {
		return false;
	}
	if (m != NULL && m->descriptor.len > 0) {
		all[n++] = (struct tar_xattr){META_DESCRIPTOR, m->descriptor};
	}
	if (created != 0) {
		entry->created = nttime_to_timespec(created);
		meta_created_print(created, text);
		all[n].name = META_CREATED;
		all[n].value =
			wire_slice(talloc_strdup(all, text), strlen(text));
		if (all[n++].value.data == NULL) {
			return false;
		}
	}
	for (i = 0; i < streams; i++, n++) {
		struct tar_xattr x = {0};

		x.name = talloc_asprintf(all, "%s%s%s", META_STREAM,
					 m->stream[i].name, META_STREAM_END);
		if (x.name == NULL || !put_stream(all, &m->stream[i], &x)) {
			return false;
		}
		all[n] = x;
	}
	entry->xattr = all;
	entry->xattrs = n;
	return true;
}
