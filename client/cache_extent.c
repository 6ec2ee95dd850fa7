/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The bytes that a cache has: extents, which do not overlap, in a list that is
 * short enough to be searched (a memory's worth of CACHE_LEAST bytes each). */
#include <string.h>

#include "client/cache_private.h"

static size_t *counter(struct cache_extent *extent)
{
	struct client_cache_figures *figures = &extent->cache->figures;

	return extent->dirty ? &figures->dirty : &figures->clean;
}

static int extent_destructor(struct cache_extent *extent)
{
	*counter(extent) -= extent->len;
	TAILQ_REMOVE(&extent->cache->extents, extent, entry);
	extent->cache->num_extents--;
	return 0;
}

struct cache_extent *extent_new(struct client_cache *cache, uint64_t offset,
				size_t len, bool dirty)
{
	struct cache_extent *extent = talloc_zero(cache, struct cache_extent);

	if (extent == NULL) {
		return NULL;
	}
	extent->cache = cache;
	extent->offset = offset;
	extent->len = len;
	extent->dirty = dirty;
	TAILQ_INSERT_HEAD(&cache->extents, extent, entry);
	cache->num_extents++;
	*counter(extent) += len;
	talloc_set_destructor(extent, extent_destructor);
	return extent;
}

static bool has_some(const struct cache_extent *extent, uint64_t offset,
		     uint64_t len)
{
	return extent->offset <= offset ? offset - extent->offset < extent->len
					: extent->offset - offset < len;
}

struct cache_extent *extent_find(const struct client_cache *cache,
				 uint64_t offset)
{
	struct cache_extent *extent = NULL;

	TAILQ_FOREACH(extent, &cache->extents, entry)
	{
		if (!extent->stale && offset >= extent->offset &&
		    offset - extent->offset < extent->len) {
			return extent;
		}
	}
	return NULL;
}

uint64_t extent_next(const struct client_cache *cache, uint64_t offset)
{
	struct cache_extent *extent = NULL;
	uint64_t next = UINT64_MAX;

	TAILQ_FOREACH(extent, &cache->extents, entry)
	{
		if (!extent->stale && extent->offset >= offset &&
		    extent->offset < next) {
			next = extent->offset;
		}
	}
	return next;
}

void extent_forget(struct client_cache *cache, uint64_t offset, uint64_t len)
{
	struct cache_extent *extent = NULL;
	struct cache_extent *next = NULL;

	for (extent = TAILQ_FIRST(&cache->extents); extent != NULL;
	     extent = next) {
		next = TAILQ_NEXT(extent, entry);
		if (extent->dirty || !has_some(extent, offset, len)) {
			continue;
		}
		if (extent->busy) {
			extent->stale = true;
		} else {
			talloc_free(extent);
		}
	}
}

struct cache_extent *extent_dirty(const struct client_cache *cache,
				  uint64_t offset, size_t len)
{
	struct cache_extent *extent = NULL;

	TAILQ_FOREACH(extent, &cache->extents, entry)
	{
		if (extent->dirty && has_some(extent, offset, len)) {
			return extent;
		}
	}
	return NULL;
}

/* What was written before it, and is kept: a child of that. */
static struct cache_extent *written_before(const struct cache_extent *extent)
{
	struct cache_extent *before = NULL;

	if (extent->offset > 0) {
		before = extent_find(extent->cache, extent->offset - 1);
	}
	return before != NULL && !before->dirty && before->data != NULL &&
			       before->len + extent->len <= CACHE_PIECE
		       ? before
		       : NULL;
}

/* Pieces that follow each other are one. False: they are not, for lack of
 * memory, or because the connection still needs the bytes where they are. */
static bool join(struct cache_extent *before, struct cache_extent *extent)
{
	size_t len = before->len + extent->len;
	size_t room = before->room;
	uint8_t *data = NULL;

	while (room < len) {
		room *= 2;
	}
	if (room != before->room) {
		data = talloc_realloc(before, before->data, uint8_t, room);
		if (data == NULL) {
			return false;
		}
		before->data = data;
		before->bytes = data;
		before->room = room;
	}
	memcpy(before->data + before->len, extent->data, extent->len);
	*counter(before) += extent->len;
	before->len = len;
	talloc_free(extent);
	return true;
}

/* Without the room that was there for more. */
static void shrink(struct cache_extent *extent)
{
	uint8_t *data =
		talloc_realloc(extent, extent->data, uint8_t, extent->len);

	if (data != NULL) {
		extent->data = data;
		extent->bytes = data;
		extent->room = extent->len;
	}
}

void extent_clean(struct cache_extent *extent)
{
	struct client_cache *cache = extent->cache;
	struct cache_extent *before = written_before(extent);

	if (extent->forgets != cache->forgets || !cache_keeps(cache) ||
	    cache->options.memory == 0) {
		talloc_free(extent);
		return;
	}
	if (before != NULL && join(before, extent)) {
		extent_evict(cache);
		return;
	}
	if (extent->len < CACHE_LEAST &&
	    cache->num_extents > CACHE_SHORT_MOST) {
		talloc_free(extent);
		return;
	}
	*counter(extent) -= extent->len;
	extent->dirty = false;
	extent->busy = false;
	extent->written = 0;
	*counter(extent) += extent->len;
	shrink(extent);
	extent_evict(cache);
}

void extent_touch(struct cache_extent *extent)
{
	struct cache_extents *list = &extent->cache->extents;

	TAILQ_REMOVE(list, extent, entry);
	TAILQ_INSERT_HEAD(list, extent, entry);
}

void extent_evict(struct client_cache *cache)
{
	struct cache_extent *extent = NULL;
	struct cache_extent *before = NULL;

	for (extent = TAILQ_LAST(&cache->extents, cache_extents);
	     extent != NULL && cache->figures.clean > cache->options.memory;
	     extent = before) {
		before = TAILQ_PREV(extent, cache_extents, entry);
		/* the one in use stays, however large */
		if (!extent->dirty && !extent->busy && before != NULL) {
			talloc_free(extent);
		}
	}
}

void extent_cut(struct cache_extent *extent, size_t len)
{
	*counter(extent) -= extent->len - len;
	extent->len = len;
}
