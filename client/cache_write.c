/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Writing to a cache: bytes wait in dirty extents, which grow as long as writes
 * follow each other, and go out when they are full, when there are many, when
 * a second is over, and when somebody asks for it. */
#define LOG_MODULE "client"

#include <string.h>

#include "client/cache_private.h"
#include "client/client_private.h"
#include "smbquic/alarm.h"
#include "smbquic/log.h"

#define LATER_SECONDS 1
#define ROOM_FIRST    (64 * 1024)

static void extent_write(struct cache_extent *extent);
static void extent_written(struct tevent_req *subreq);

/* ------------------------------------------------------------ dirty extents */

/* Bytes were lost: what became of them is for the next who asks. */
static void write_failed(struct cache_extent *extent, NTSTATUS status)
{
	struct client_cache *cache = extent->cache;

	log_warn("%zu bytes at %llu could not be written: %s", extent->len,
		 (unsigned long long)extent->offset, nt_errstr(status));
	if (NT_STATUS_IS_OK(cache->failed)) {
		cache->failed = status;
	}
	talloc_free(extent);
	cache_there(cache, cache->there);
}

static void extent_write(struct cache_extent *extent)
{
	struct client_cache *cache = extent->cache;
	const uint8_t *data = extent->data + extent->written;
	size_t len = extent->len - extent->written;
	/* the connection may need the bytes for longer than we do */
	TALLOC_CTX *owner = talloc_new(extent);

	extent->busy = true;
	if (extent->written == 0) {
		extent->forgets = cache->forgets;
	}
	if (owner == NULL || talloc_reference(owner, extent->data) == NULL) {
		write_failed(extent, NT_STATUS_NO_MEMORY);
		return;
	}
	extent->req = client_write_send(extent, cache->file,
					extent->offset + extent->written,
					wire_slice(data, len), owner);
	if (extent->req == NULL) {
		write_failed(extent, NT_STATUS_NO_MEMORY);
		return;
	}
	cache->figures.writes++;
	tevent_req_set_callback(extent->req, extent_written, extent);
}

static void extent_written(struct tevent_req *subreq)
{
	struct cache_extent *extent =
		tevent_req_callback_data(subreq, struct cache_extent);
	struct client_cache *cache = extent->cache;
	size_t left = extent->len - extent->written;
	size_t done = 0;
	NTSTATUS status = client_write_recv(subreq, &done);

	TALLOC_FREE(extent->req);
	if (NT_STATUS_IS_OK(status) && (done == 0 || done > left)) {
		status = NT_STATUS_INVALID_NETWORK_RESPONSE;
	}
	if (!NT_STATUS_IS_OK(status)) {
		write_failed(extent, status);
	} else if (done < left) {
		extent->written += done;
		extent_write(extent);
	} else {
		if (extent->offset + extent->len > cache->there) {
			cache->there = extent->offset + extent->len;
		}
		extent_clean(extent);
	}
	cache_wake(cache);
}

void cache_write_all(struct client_cache *cache)
{
	struct cache_extent *extent = NULL;
	struct cache_extent *before = NULL;

	TALLOC_FREE(cache->later);
	for (extent = TAILQ_LAST(&cache->extents, cache_extents);
	     extent != NULL; extent = before) {
		before = TAILQ_PREV(extent, cache_extents, entry);
		if (extent->dirty && !extent->busy) {
			extent_write(extent);
		}
	}
}

static void write_later(void *private_data)
{
	struct client_cache *cache =
		talloc_get_type_abort(private_data, struct client_cache);

	cache_write_all(cache);
	cache_wake(cache);
}

/* Room for len bytes of data. */
static bool extent_grow(struct cache_extent *extent, size_t len)
{
	size_t room = extent->room != 0 ? extent->room : ROOM_FIRST;

	while (room < len) {
		room *= 2;
	}
	if (room == extent->room) {
		return true;
	}
	extent->data = talloc_realloc(extent, extent->data, uint8_t, room);
	extent->bytes = extent->data;
	extent->room = extent->data != NULL ? room : 0;
	return extent->data != NULL;
}

/* ------------------------------------------------------------------ a write */

struct cache_write_state {
	struct cache_wait wait;
	struct client_cache *cache;
	uint64_t offset;
	const uint8_t *data; /* the caller's, until it has to wait */
	const uint8_t *copy; /* the same, a child */
	size_t len;
	size_t done;
};

static void write_go(struct tevent_req *req);
static void write_through(struct tevent_req *req);
static void write_went(struct tevent_req *subreq);

struct tevent_req *client_cache_write_send(TALLOC_CTX *mem_ctx,
					   struct client_cache *cache,
					   uint64_t offset, const void *buf,
					   size_t len)
{
	struct cache_write_state *state = NULL;
	struct tevent_req *req =
		tevent_req_create(mem_ctx, &state, struct cache_write_state);

	if (req == NULL) {
		return NULL;
	}
	state->cache = cache;
	state->offset = offset;
	state->len = len;
	cache_req(req, &state->wait, cache, write_go);
	if (len > INT64_MAX - offset || offset > INT64_MAX) {
		req_failed(req, NT_STATUS_INVALID_PARAMETER);
		return tevent_req_post(req, cache->ev);
	}
	state->data = buf;
	write_go(req);
	return cache_begun(cache, req);
}

/* One extent's worth; 0: something has to be written first, or there is no
 * memory, which that may cure. */
static size_t write_here(struct client_cache *cache, uint64_t offset,
			 const uint8_t *data, size_t len)
{
	struct cache_extent *extent = NULL;
	size_t at = 0;
	size_t end = 0;

	len = len < CACHE_PIECE ? len : CACHE_PIECE;
	extent = extent_dirty(cache, offset, len);
	if (extent == NULL && offset > 0) {
		extent = extent_dirty(cache, offset - 1, 1);
		if (extent != NULL &&
		    (extent->busy || extent->len + len > CACHE_PIECE)) {
			extent = NULL;
		}
	}
	if (extent == NULL) {
		extent = extent_new(cache, offset, 0, true);
	}
	if (extent == NULL || extent->busy || offset < extent->offset) {
		return 0;
	}
	at = (size_t)(offset - extent->offset);
	if (len > CACHE_PIECE - at) {
		len = CACHE_PIECE - at;
	}
	end = at + len;
	/* what follows may be dirty, too */
	if (end > extent->len &&
	    extent_dirty(cache, extent->offset + extent->len,
			 end - extent->len) != NULL) {
		return 0;
	}
	if (!extent_grow(extent, end)) {
		talloc_free(extent);
		return 0;
	}
	memcpy(extent->data + at, data, len);
	if (end > extent->len) {
		cache->figures.dirty += end - extent->len;
		extent->len = end;
	}
	extent_touch(extent);
	if (extent->len == CACHE_PIECE) {
		extent_write(extent);
	}
	return len;
}

/* Is there room for what is to be written? If not, there soon will be. */
static bool has_room(struct client_cache *cache)
{
	if (cache->figures.dirty >= cache->options.write_behind / 2) {
		cache_write_all(cache);
	}
	return cache->figures.dirty < cache->options.write_behind;
}

static void write_go(struct tevent_req *req)
{
	struct cache_write_state *state =
		tevent_req_data(req, struct cache_write_state);
	struct client_cache *cache = state->cache;
	uint64_t at = 0;
	size_t n = 0;

	if (req_failed(req, cache->failed)) {
		return;
	}
	while (cache_delays(cache) && state->done < state->len &&
	       !cache_changes(cache, state->offset, state->len)) {
		at = state->offset + state->done;
		n = 0;
		if (has_room(cache)) {
			n = write_here(cache, at, state->data + state->done,
				       state->len - state->done);
		}
		if (n == 0) {
			cache_write_all(cache);
			break;
		}
		extent_forget(cache, at, n);
		state->done += n;
		if (at + n > cache->size) {
			cache->size = at + n;
		}
	}
	if (state->done < state->len) {
		write_through(req);
		return;
	}
	if (cache->later == NULL && cache->figures.dirty > 0) {
		cache->later = alarm_add(cache->ev, cache, LATER_SECONDS * 1000,
					 write_later, cache);
	}
	tevent_req_done(req);
}

/* Behind what waits, and before what comes. */
static void write_through(struct tevent_req *req)
{
	struct cache_write_state *state =
		tevent_req_data(req, struct cache_write_state);
	struct client_cache *cache = state->cache;
	uint64_t at = state->offset + state->done;
	size_t left = state->len - state->done;
	struct tevent_req *subreq = NULL;
	TALLOC_CTX *owner = NULL;

	state->wait.len = 0;
	if (state->copy == NULL) {
		state->copy = talloc_memdup(state, state->data, state->len);
		state->data = state->copy;
		if (tevent_req_nomem(state->copy, req)) {
			return;
		}
	}
	cache_write_all(cache);
	if (cache->figures.dirty > 0 || cache_changes(cache, at, left)) {
		cache_wait(&state->wait);
		return;
	}
	owner = talloc_new(state);
	if (tevent_req_nomem(owner, req) ||
	    tevent_req_nomem(talloc_reference(owner, state->data), req)) {
		return;
	}
	state->wait.offset = at;
	state->wait.len = left;
	extent_forget(cache, at, left);
	subreq = client_write_send(state, cache->file, at,
				   wire_slice(state->data + state->done, left),
				   owner);
	if (tevent_req_nomem(subreq, req)) {
		return;
	}
	cache->figures.writes++;
	tevent_req_set_callback(subreq, write_went, req);
}

static void write_went(struct tevent_req *subreq)
{
	struct tevent_req *req =
		tevent_req_callback_data(subreq, struct tevent_req);
	struct cache_write_state *state =
		tevent_req_data(req, struct cache_write_state);
	struct client_cache *cache = state->cache;
	size_t left = state->len - state->done;
	size_t done = 0;
	NTSTATUS status = client_write_recv(subreq, &done);

	talloc_free(subreq);
	if (!tevent_req_is_in_progress(req)) { /* the cache is gone */
		return;
	}
	/* what was read meanwhile may be from before */
	extent_forget(cache, state->wait.offset, state->wait.len);
	state->wait.len = 0;
	if (NT_STATUS_IS_OK(status) && (done == 0 || done > left)) {
		status = NT_STATUS_INVALID_NETWORK_RESPONSE;
	}
	if (!req_failed(req, status)) {
		state->done += done;
		if (state->offset + state->done > cache->there) {
			cache_there(cache, state->offset + state->done);
		}
		write_go(req);
	}
	cache_wake(cache);
}

NTSTATUS client_cache_write_recv(struct tevent_req *req)
{
	return req_simple_recv(req);
}

NTSTATUS client_cache_write(struct client_cache *cache, uint64_t offset,
			    const void *buf, size_t len)
{
	struct tevent_req *req =
		client_cache_write_send(cache, cache, offset, buf, len);
	NTSTATUS status = client_wait(file_conn(cache->file), req);

	if (NT_STATUS_IS_OK(status)) {
		status = client_cache_write_recv(req);
	}
	talloc_free(req);
	return status;
}

/* ------------------------------------------------------------------- flush */

struct cache_flush_state {
	struct cache_wait wait;
	struct client_cache *cache;
	bool to_disk;
};

static void flush_go(struct tevent_req *req);
static void flush_done(struct tevent_req *subreq);

static struct tevent_req *flush_send(TALLOC_CTX *mem_ctx,
				     struct client_cache *cache, bool to_disk)
{
	struct cache_flush_state *state = NULL;
	struct tevent_req *req =
		tevent_req_create(mem_ctx, &state, struct cache_flush_state);

	if (req == NULL) {
		return NULL;
	}
	state->cache = cache;
	state->to_disk = to_disk;
	cache_req(req, &state->wait, cache, flush_go);
	flush_go(req);
	return cache_begun(cache, req);
}

struct tevent_req *client_cache_flush_send(TALLOC_CTX *mem_ctx,
					   struct client_cache *cache)
{
	return flush_send(mem_ctx, cache, true);
}

struct tevent_req *client_cache_settle_send(TALLOC_CTX *mem_ctx,
					    struct client_cache *cache)
{
	return flush_send(mem_ctx, cache, false);
}

static void flush_go(struct tevent_req *req)
{
	struct cache_flush_state *state =
		tevent_req_data(req, struct cache_flush_state);
	struct client_cache *cache = state->cache;
	struct tevent_req *subreq = NULL;

	cache_write_all(cache);
	if (cache->figures.dirty > 0) {
		cache_wait(&state->wait);
		return;
	}
	if (req_failed(req, cache->failed)) {
		return;
	}
	if (!state->to_disk) {
		tevent_req_done(req);
		return;
	}
	subreq = client_flush_send(state, cache->file);
	if (tevent_req_nomem(subreq, req)) {
		return;
	}
	tevent_req_set_callback(subreq, flush_done, req);
}

static void flush_done(struct tevent_req *subreq)
{
	struct tevent_req *req =
		tevent_req_callback_data(subreq, struct tevent_req);
	NTSTATUS status = client_flush_recv(subreq);

	talloc_free(subreq);
	if (tevent_req_is_in_progress(req) && !req_failed(req, status)) {
		tevent_req_done(req);
	}
}

NTSTATUS client_cache_flush_recv(struct tevent_req *req)
{
	return req_simple_recv(req);
}

NTSTATUS client_cache_settle_recv(struct tevent_req *req)
{
	return req_simple_recv(req);
}

static NTSTATUS flush(struct client_cache *cache, bool to_disk)
{
	struct tevent_req *req = flush_send(cache, cache, to_disk);
	NTSTATUS status = client_wait(file_conn(cache->file), req);

	if (NT_STATUS_IS_OK(status)) {
		status = client_cache_flush_recv(req);
	}
	talloc_free(req);
	return status;
}

NTSTATUS client_cache_flush(struct client_cache *cache)
{
	return flush(cache, true);
}

NTSTATUS client_cache_settle(struct client_cache *cache)
{
	return flush(cache, false);
}

/* ------------------------------------------------------------------ resize */

struct cache_resize_state {
	struct cache_wait wait;
	struct client_cache *cache;
	uint64_t size;
};

static void resize_go(struct tevent_req *req);
static void resize_done(struct tevent_req *subreq);

struct tevent_req *client_cache_resize_send(TALLOC_CTX *mem_ctx,
					    struct client_cache *cache,
					    uint64_t size)
{
	struct cache_resize_state *state = NULL;
	struct tevent_req *req =
		tevent_req_create(mem_ctx, &state, struct cache_resize_state);

	if (req == NULL) {
		return NULL;
	}
	state->cache = cache;
	state->size = size;
	cache_req(req, &state->wait, cache, resize_go);
	resize_go(req);
	return cache_begun(cache, req);
}

static void resize_go(struct tevent_req *req)
{
	struct cache_resize_state *state =
		tevent_req_data(req, struct cache_resize_state);
	struct client_cache *cache = state->cache;
	struct tevent_req *subreq = NULL;
	uint8_t buf[8];
	struct wire_writer w = wire_writer_fixed(buf, sizeof(buf));

	cache_write_all(cache);
	if (cache->figures.dirty > 0 || cache_changes(cache, 0, UINT64_MAX)) {
		cache_wait(&state->wait);
		return;
	}
	if (req_failed(req, cache->failed)) {
		return;
	}
	state->wait.offset = 0;
	state->wait.len = UINT64_MAX;
	fscc_u64_encode(&w, state->size);
	subreq = client_set_send(state, cache->file, SMB2_0_INFO_FILE,
				 FileEndOfFileInformation, 0,
				 wire_writer_slice(&w));
	if (tevent_req_nomem(subreq, req)) {
		return;
	}
	tevent_req_set_callback(subreq, resize_done, req);
}

static void resize_done(struct tevent_req *subreq)
{
	struct tevent_req *req =
		tevent_req_callback_data(subreq, struct tevent_req);
	struct cache_resize_state *state =
		tevent_req_data(req, struct cache_resize_state);
	struct client_cache *cache = state->cache;
	NTSTATUS status = client_set_recv(subreq);

	talloc_free(subreq);
	if (!tevent_req_is_in_progress(req)) { /* the cache is gone */
		return;
	}
	/* the last piece was cut, or has zeros behind it now */
	extent_forget(cache, 0, UINT64_MAX);
	state->wait.len = 0;
	if (!req_failed(req, status)) {
		cache_there(cache, state->size);
		tevent_req_done(req);
	}
	cache_wake(cache);
}

NTSTATUS client_cache_resize_recv(struct tevent_req *req)
{
	return req_simple_recv(req);
}

NTSTATUS client_cache_resize(struct client_cache *cache, uint64_t size)
{
	struct tevent_req *req = client_cache_resize_send(cache, cache, size);
	NTSTATUS status = client_wait(file_conn(cache->file), req);

	if (NT_STATUS_IS_OK(status)) {
		status = client_cache_resize_recv(req);
	}
	talloc_free(req);
	return status;
}
