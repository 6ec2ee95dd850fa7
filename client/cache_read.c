/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Reading from a cache. Reads in order are recognized, and what will be read
 * next is asked for before: twice as far each time, up to a limit. */
#include <string.h>

#include "client/cache_private.h"
#include "client/client_private.h"

#define WINDOW_FIRST (128 * 1024)

struct cache_read_state {
	struct cache_wait wait;
	struct client_cache *cache;
	uint64_t offset;
	uint8_t *buf;
	size_t len;
	size_t done;
	NTSTATUS failed; /* of the extent that it waits for */
	bool waited;
};

static void read_go(struct tevent_req *req);
static void read_through(struct tevent_req *req);
static void read_came(struct tevent_req *subreq);
static void fetch_done(struct tevent_req *subreq);

/* ----------------------------------------------------------------- fetching */

/* Ask for what is not there, up to what is. False: out of memory. */
static bool fetch(struct client_cache *cache, uint64_t offset, size_t len)
{
	size_t most = client_max_read(client_file_tree(cache->file));
	uint64_t next = extent_next(cache, offset);
	struct cache_extent *extent = NULL;

	most = most < CACHE_PIECE ? most : CACHE_PIECE;
	len = len < most ? len : most;
	if (len > next - offset) {
		len = (size_t)(next - offset);
	}
	if (len > cache->there - offset) {
		len = (size_t)(cache->there - offset);
	}
	extent = extent_new(cache, offset, len, false);
	if (extent == NULL) {
		return false;
	}
	extent->busy = true;
	extent->req = client_read_send(extent, cache->file, offset, len);
	if (extent->req == NULL) {
		talloc_free(extent);
		return false;
	}
	tevent_req_set_callback(extent->req, fetch_done, extent);
	cache->figures.reads++;
	extent_evict(cache);
	return true;
}

/* Those who wait for an extent that cannot be had. */
static void fetch_failed(struct client_cache *cache, uint64_t offset,
			 size_t len, NTSTATUS status)
{
	struct cache_wait *wait = NULL;
	struct cache_read_state *state = NULL;

	TAILQ_FOREACH(wait, &cache->waits, entry)
	{
		if (wait->go != read_go) {
			continue;
		}
		state = tevent_req_data(wait->req, struct cache_read_state);
		if (state->offset + state->done >= offset &&
		    state->offset + state->done - offset < len) {
			state->failed = status;
		}
	}
}

static void fetch_done(struct tevent_req *subreq)
{
	struct cache_extent *extent =
		tevent_req_callback_data(subreq, struct cache_extent);
	struct client_cache *cache = extent->cache;
	struct wire_slice data = {0};
	TALLOC_CTX *owner = NULL;
	NTSTATUS status = client_read_recv(subreq, extent, &owner, &data);

	TALLOC_FREE(extent->req);
	if (!NT_STATUS_IS_ERR(status) && data.len > extent->len) {
		status = NT_STATUS_INVALID_NETWORK_RESPONSE;
	}
	if (extent->stale) {
		talloc_free(extent);
	} else if (NT_STATUS_IS_ERR(status)) {
		fetch_failed(cache, extent->offset, extent->len, status);
		talloc_free(extent);
	} else if (data.len == 0) {
		/* it is shorter than was said */
		cache_there(cache, extent->offset);
		talloc_free(extent);
	} else {
		extent_cut(extent, data.len);
		extent->bytes = data.data;
		extent->busy = false;
	}
	cache_wake(cache);
}

/* ------------------------------------------------------------- reading ahead
 */

static void read_ahead(struct client_cache *cache)
{
	uint64_t end = cache->next + cache->window;
	struct cache_extent *extent = NULL;

	if (cache_changes(cache, 0, UINT64_MAX)) {
		return;
	}
	if (end > cache->there) {
		end = cache->there;
	}
	if (cache->ahead < cache->next) {
		cache->ahead = cache->next;
	}
	while (cache->ahead < end) {
		extent = extent_find(cache, cache->ahead);
		if (extent != NULL) {
			cache->ahead = extent->offset + extent->len;
			continue;
		}
		/* small pieces would cost more than they are early */
		if (end - cache->ahead < cache->window / 2 &&
		    end != cache->there) {
			break;
		}
		if (!fetch(cache, cache->ahead, (size_t)(end - cache->ahead))) {
			break;
		}
	}
}

/* A read may be as long as the window, and then leaves nothing of it: what
 * counts is how far ahead it is after the read. */
static void note_order(struct client_cache *cache, uint64_t offset, size_t len)
{
	size_t most = cache->options.read_ahead;
	bool in_order = offset == cache->next;

	cache->next = offset + len;
	if (!in_order) {
		cache->window = 0;
		cache->ahead = 0;
	} else if (cache->window == 0) {
		cache->window = most < WINDOW_FIRST ? most : WINDOW_FIRST;
	} else if (cache->ahead < cache->next ||
		   cache->ahead - cache->next <= cache->window / 2) {
		cache->window =
			cache->window < most / 2 ? cache->window * 2 : most;
	}
}

/* ------------------------------------------------------------------ a read */

struct tevent_req *client_cache_read_send(TALLOC_CTX *mem_ctx,
					  struct client_cache *cache,
					  uint64_t offset, void *buf,
					  size_t len)
{
	struct cache_read_state *state = NULL;
	struct tevent_req *req =
		tevent_req_create(mem_ctx, &state, struct cache_read_state);

	if (req == NULL) {
		return NULL;
	}
	state->cache = cache;
	state->offset = offset;
	state->buf = buf;
	state->len = len;
	cache_req(req, &state->wait, cache, read_go);
	if (len > UINT64_MAX - offset) {
		req_failed(req, NT_STATUS_INVALID_PARAMETER);
		return tevent_req_post(req, cache->ev);
	}
	note_order(cache, offset, len);
	read_go(req);
	return cache_begun(cache, req);
}

/* Bytes that are here, up to the first that are not. */
static struct cache_extent *read_here(struct cache_read_state *state)
{
	struct client_cache *cache = state->cache;
	struct cache_extent *extent = NULL;
	uint64_t at = 0;
	size_t n = 0;

	while (state->done < state->len) {
		at = state->offset + state->done;
		extent = extent_find(cache, at);
		if (extent == NULL || extent->bytes == NULL) {
			return extent;
		}
		n = extent->len - (size_t)(at - extent->offset);
		if (n > state->len - state->done) {
			n = state->len - state->done;
		}
		memcpy(state->buf + state->done,
		       extent->bytes + (at - extent->offset), n);
		extent_touch(extent);
		state->done += n;
		if (state->waited) {
			cache->figures.misses += n;
		} else {
			cache->figures.hits += n;
		}
	}
	return NULL;
}

static void read_go(struct tevent_req *req)
{
	struct cache_read_state *state =
		tevent_req_data(req, struct cache_read_state);
	struct client_cache *cache = state->cache;
	struct cache_extent *extent = NULL;
	size_t left = 0;
	size_t ask = 0;

	if (req_failed(req, state->failed)) {
		return;
	}
	if (cache_changes(cache, state->offset, state->len)) {
		cache_wait(&state->wait);
		return;
	}
	if (!cache_keeps(cache) || cache->options.memory == 0) {
		read_through(req);
		return;
	}
	if (state->offset < cache->size) {
		left = cache->size - state->offset < state->len
			       ? (size_t)(cache->size - state->offset)
			       : state->len;
	}
	state->len = left > state->done ? left : state->done;
	extent = read_here(state);
	if (state->done == state->len) {
		read_ahead(cache);
		tevent_req_done(req);
		return;
	}
	state->waited = true;
	cache_wait(&state->wait);
	if (extent == NULL && state->offset + state->done >= cache->there) {
		/* a hole before what waits: the server has to know of that */
		cache_write_all(cache);
	} else if (extent == NULL) {
		ask = state->len - state->done;
		ask = ask < CACHE_LEAST ? CACHE_LEAST : ask;
		if (!fetch(cache, state->offset + state->done, ask)) {
			tevent_req_oom(req);
			return;
		}
	}
	read_ahead(cache);
}

/* ------------------------------------------------- without a lease, or cache
 */

/* What waits to be written goes first. */
static void read_through(struct tevent_req *req)
{
	struct cache_read_state *state =
		tevent_req_data(req, struct cache_read_state);
	struct client_cache *cache = state->cache;
	struct tevent_req *subreq = NULL;

	state->waited = true;
	cache_write_all(cache);
	if (cache->figures.dirty > 0) {
		cache_wait(&state->wait);
		return;
	}
	if (state->done == state->len) {
		tevent_req_done(req);
		return;
	}
	subreq = client_read_send(state, cache->file,
				  state->offset + state->done,
				  state->len - state->done);
	if (tevent_req_nomem(subreq, req)) {
		return;
	}
	cache->figures.reads++;
	tevent_req_set_callback(subreq, read_came, req);
}

static void read_came(struct tevent_req *subreq)
{
	struct tevent_req *req =
		tevent_req_callback_data(subreq, struct tevent_req);
	struct cache_read_state *state =
		tevent_req_data(req, struct cache_read_state);
	struct wire_slice data = {0};
	TALLOC_CTX *owner = NULL;
	NTSTATUS status = client_read_recv(subreq, state, &owner, &data);

	talloc_free(subreq);
	if (!tevent_req_is_in_progress(req)) { /* the cache is gone */
		return;
	}
	if (NT_STATUS_IS_ERR(status) || data.len > state->len - state->done) {
		talloc_free(owner);
		req_failed(req, NT_STATUS_IS_ERR(status)
					? status
					: NT_STATUS_INVALID_NETWORK_RESPONSE);
		return;
	}
	if (data.len > 0) {
		memcpy(state->buf + state->done, data.data, data.len);
	}
	state->done += data.len;
	state->cache->figures.misses += data.len;
	talloc_free(owner);
	if (data.len == 0 || state->done == state->len) {
		tevent_req_done(req);
		return;
	}
	read_go(req);
}

NTSTATUS client_cache_read_recv(struct tevent_req *req, size_t *done)
{
	struct cache_read_state *state =
		tevent_req_data(req, struct cache_read_state);
	NTSTATUS status = req_status(req);

	*done = NT_STATUS_IS_OK(status) ? state->done : 0;
	tevent_req_received(req);
	return status;
}

NTSTATUS client_cache_read(struct client_cache *cache, uint64_t offset,
			   void *buf, size_t len, size_t *done)
{
	struct tevent_req *req =
		client_cache_read_send(cache, cache, offset, buf, len);
	NTSTATUS status = client_wait(file_conn(cache->file), req);

	*done = 0;
	if (NT_STATUS_IS_OK(status)) {
		status = client_cache_read_recv(req, done);
	}
	talloc_free(req);
	return status;
}
