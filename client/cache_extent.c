/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The bytes that a cache has: extents, which do not overlap, in a list that is
 * short enough to be searched (a memory's worth of CACHE_LEAST bytes each). */
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
