/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The life of a cache: opened, told that its lease is less than it was, closed;
 * and the requests that wait for something of it. */
#define LOG_MODULE "client"

#include "client/cache_private.h"
#include "client/client_private.h"
#include "smbquic/log.h"

#define DEFAULT_MEMORY	     (16 * 1024 * 1024)
#define DEFAULT_READ_AHEAD   (4 * 1024 * 1024)
#define DEFAULT_WRITE_BEHIND (8 * 1024 * 1024)

void client_cache_default(struct client_cache_options *out)
{
	*out = (struct client_cache_options){
		.memory = DEFAULT_MEMORY,
		.read_ahead = DEFAULT_READ_AHEAD,
		.write_behind = DEFAULT_WRITE_BEHIND,
	};
}

struct client_file *client_cache_file(const struct client_cache *cache)
{
	return cache->file;
}

void client_cache_figures(const struct client_cache *cache,
			  struct client_cache_figures *out)
{
	*out = cache->figures;
}

/* ------------------------------------------------------------------ leases */

bool cache_keeps(const struct client_cache *cache)
{
	return (client_file_lease(cache->file) & SMB2_LEASE_READ_CACHING) != 0;
}

bool cache_delays(const struct client_cache *cache)
{
	const uint32_t both =
		SMB2_LEASE_READ_CACHING | SMB2_LEASE_WRITE_CACHING;

	return cache->options.write_behind > 0 && !cache->breaking &&
	       !cache->closed &&
	       (client_file_lease(cache->file) & both) == both;
}

bool client_cache_size(const struct client_cache *cache, uint64_t *size)
{
	*size = cache->size;
	return cache_keeps(cache) && !cache_changes(cache, 0, UINT64_MAX);
}

void cache_there(struct client_cache *cache, uint64_t size)
{
	const struct cache_extent *extent = NULL;

	cache->there = size;
	cache->size = size;
	TAILQ_FOREACH(extent, &cache->extents, entry)
	{
		if (extent->dirty &&
		    extent->offset + extent->len > cache->size) {
			cache->size = extent->offset + extent->len;
		}
	}
}

static void lease_changed(struct client_file *file, uint32_t state, bool waits,
			  void *private_data)
{
	struct client_cache *cache =
		talloc_get_type_abort(private_data, struct client_cache);
	bool came_back = file->coming_back;

	cache->figures.breaks += came_back ? 0 : 1;
	if (came_back && file->origin != NULL) {
		cache_there(cache, file->origin->stat.size);
	}
	if (came_back || (state & SMB2_LEASE_READ_CACHING) == 0) {
		cache->forgets++;
		extent_forget(cache, 0, UINT64_MAX);
		cache->window = 0;
	}
	cache->breaking = cache->breaking || waits;
	if ((state & SMB2_LEASE_WRITE_CACHING) == 0) {
		cache_write_all(cache);
	}
	if (cache->on_lease != NULL) {
		cache->on_lease(cache, state, cache->lease_data);
	}
	cache_wake(cache);
}

void client_cache_on_lease(struct client_cache *cache, client_cache_lease_fn fn,
			   void *private_data)
{
	cache->on_lease = fn;
	cache->lease_data = private_data;
}

void client_cache_changed(struct client_cache *cache, uint64_t size)
{
	cache->forgets++;
	extent_forget(cache, 0, UINT64_MAX);
	cache_there(cache, size > cache->there ? size : cache->there);
}

/* ----------------------------------------------------------------- waiting */

static struct cache_waits *list_of(struct cache_wait *wait)
{
	return wait->waits ? &wait->cache->waits : &wait->cache->at_work;
}

static void wait_over(struct tevent_req *req, enum tevent_req_state reason)
{
	/* of any type, so by what tevent_req_data() is made of */
	struct cache_wait *wait = _tevent_req_data(req);

	(void)reason;
	if (wait->cache != NULL) {
		TAILQ_REMOVE(list_of(wait), wait, entry);
		wait->cache = NULL;
	}
}

struct tevent_req *cache_req(struct tevent_req *req, struct cache_wait *wait,
			     struct client_cache *cache,
			     void (*go)(struct tevent_req *req))
{
	wait->req = req;
	wait->go = go;
	wait->cache = cache;
	TAILQ_INSERT_TAIL(&cache->at_work, wait, entry);
	tevent_req_set_cleanup_fn(req, wait_over);
	/* whoever is called back may free the cache */
	tevent_req_defer_callback(req, cache->ev);
	return req;
}

static void wait_move(struct cache_wait *wait, bool waits)
{
	TAILQ_REMOVE(list_of(wait), wait, entry);
	wait->waits = waits;
	TAILQ_INSERT_TAIL(list_of(wait), wait, entry);
}

void cache_wait(struct cache_wait *wait)
{
	wait_move(wait, true);
}

bool cache_changes(const struct client_cache *cache, uint64_t offset,
		   uint64_t len)
{
	const struct cache_wait *other = NULL;

	TAILQ_FOREACH(other, &cache->at_work, entry)
	{
		if (other->len > 0 &&
		    (other->offset <= offset
			     ? offset - other->offset < other->len
			     : other->offset - offset < len)) {
			return true;
		}
	}
	return false;
}

/* Requests go on in their order; those that wait again do so behind the mark.
 */
void cache_wake(struct client_cache *cache)
{
	struct cache_wait mark = {0};
	struct cache_wait *wait = NULL;

	if (cache->breaking && cache->figures.dirty == 0) {
		cache->breaking = false;
		client_file_release(cache->file);
	}
	TAILQ_INSERT_TAIL(&cache->waits, &mark, entry);
	for (wait = TAILQ_FIRST(&cache->waits); wait != &mark;
	     wait = TAILQ_FIRST(&cache->waits)) {
		wait_move(wait, false);
		wait->go(wait->req);
	}
	TAILQ_REMOVE(&cache->waits, &mark, entry);
}

struct tevent_req *cache_begun(struct client_cache *cache,
			       struct tevent_req *req)
{
	if (!tevent_req_is_in_progress(req)) {
		return tevent_req_post(req, cache->ev);
	}
	return req;
}

/* -------------------------------------------------------------------- open */

struct cache_open_state {
	struct tevent_context *ev;
	struct client_cache *cache;
	struct client_stat stat;
	bool also_known;
	struct client_stat also;
};

static void cache_opened(struct tevent_req *subreq);

/* They are over, but the program may keep them for a while. */
static void cancel_all(struct client_cache *cache)
{
	struct cache_wait *wait = NULL;

	while (!TAILQ_EMPTY(&cache->at_work)) {
		wait = TAILQ_FIRST(&cache->at_work);
		wait->waits = false;
		req_failed(wait->req, NT_STATUS_CANCELLED);
	}
}

static int cache_destructor(struct client_cache *cache)
{
	TAILQ_CONCAT(&cache->at_work, &cache->waits, entry);
	cancel_all(cache);
	if (cache->file != NULL) {
		client_file_on_lease(cache->file, NULL, NULL);
		if (cache->breaking) {
			client_file_release(cache->file);
		}
	}
	while (!TAILQ_EMPTY(&cache->extents)) {
		talloc_free(TAILQ_FIRST(&cache->extents));
	}
	return 0;
}

static struct client_cache *cache_new(
	TALLOC_CTX *mem_ctx, struct tevent_context *ev,
	const struct client_cache_options *options)
{
	struct client_cache *cache = talloc_zero(mem_ctx, struct client_cache);

	if (cache == NULL) {
		return NULL;
	}
	cache->ev = ev;
	client_cache_default(&cache->options);
	if (options != NULL) {
		cache->options = *options;
	}
	/* what is ahead must not drive out what comes before it */
	if (cache->options.read_ahead > cache->options.memory / 2) {
		cache->options.read_ahead = cache->options.memory / 2;
	}
	TAILQ_INIT(&cache->extents);
	TAILQ_INIT(&cache->waits);
	TAILQ_INIT(&cache->at_work);
	talloc_set_destructor(cache, cache_destructor);
	return cache;
}

static uint32_t lease_wanted(const struct client_open *how,
			     const struct client_cache_options *options)
{
	const uint32_t writes = FILE_WRITE_DATA | FILE_APPEND_DATA |
				SEC_GENERIC_WRITE | SEC_GENERIC_ALL |
				SEC_MAXIMUM_ALLOWED;
	uint32_t lease = SMB2_LEASE_READ_CACHING;

	if (options->memory == 0 && options->write_behind == 0) {
		return 0;
	}
	if (options->write_behind > 0 && (how->access & writes) != 0) {
		lease |= SMB2_LEASE_WRITE_CACHING;
	}
	return lease | SMB2_LEASE_HANDLE_CACHING;
}

struct tevent_req *client_cache_open_send(
	TALLOC_CTX *mem_ctx, struct client_tree *tree, const char *path,
	const struct client_open *how,
	const struct client_cache_options *options)
{
	struct client_conn *conn = client_tree_conn(tree);
	struct cache_open_state *state = NULL;
	struct client_open leased = *how;
	struct tevent_req *subreq = NULL;
	struct tevent_req *req = NULL;

	if (conn != NULL) {
		req = tevent_req_create(mem_ctx, &state,
					struct cache_open_state);
	}
	if (req == NULL) {
		return NULL;
	}
	state->cache = cache_new(state, conn->ev, options);
	if (tevent_req_nomem(state->cache, req)) {
		return tevent_req_post(req, conn->ev);
	}
	if (state->cache->options.memory < leased.first) {
		leased.first = 0;
	}
	leased.lease = lease_wanted(how, &state->cache->options);
	subreq = client_open_send(state, tree, path, &leased);
	if (tevent_req_nomem(subreq, req)) {
		return tevent_req_post(req, conn->ev);
	}
	tevent_req_set_callback(subreq, cache_opened, req);
	return req;
}

/* What came along with the open, as long as nobody else may change it. */
static void take_first(struct client_cache *cache, TALLOC_CTX *owner,
		       struct wire_slice first)
{
	struct cache_extent *extent = NULL;

	if (first.len > 0 && cache_keeps(cache) && first.len <= cache->there) {
		extent = extent_new(cache, 0, first.len, false);
	}
	if (extent == NULL) {
		talloc_free(owner);
		return;
	}
	extent->bytes = first.data;
	talloc_steal(extent, owner);
}

static void cache_opened(struct tevent_req *subreq)
{
	struct tevent_req *req =
		tevent_req_callback_data(subreq, struct tevent_req);
	struct cache_open_state *state =
		tevent_req_data(req, struct cache_open_state);
	struct client_cache *cache = state->cache;
	TALLOC_CTX *owner = NULL;
	struct wire_slice first = client_open_first(subreq, cache, &owner);
	NTSTATUS status = NT_STATUS_OK;

	state->also_known = client_open_also(subreq, &state->also);
	status = client_open_recv(subreq, cache, &cache->file, &state->stat);
	talloc_free(subreq);
	if (req_failed(req, status)) {
		return;
	}
	cache_there(cache, state->stat.size);
	take_first(cache, owner, first);
	client_file_on_lease(cache->file, lease_changed, cache);
	tevent_req_done(req);
}

bool client_cache_open_also(struct tevent_req *req, struct client_stat *out)
{
	const struct cache_open_state *state =
		tevent_req_data(req, struct cache_open_state);

	*out = state->also;
	return state->also_known;
}

NTSTATUS client_cache_open_recv(struct tevent_req *req, TALLOC_CTX *mem_ctx,
				struct client_cache **out,
				struct client_stat *stat)
{
	struct cache_open_state *state =
		tevent_req_data(req, struct cache_open_state);
	NTSTATUS status = req_status(req);

	*out = NULL;
	if (NT_STATUS_IS_OK(status)) {
		*out = talloc_move(mem_ctx, &state->cache);
	}
	if (stat != NULL) {
		*stat = state->stat;
	}
	tevent_req_received(req);
	return status;
}

NTSTATUS client_cache_open(TALLOC_CTX *mem_ctx, struct client_tree *tree,
			   const char *path, const struct client_open *how,
			   const struct client_cache_options *options,
			   struct client_cache **out, struct client_stat *stat)
{
	struct tevent_req *req =
		client_cache_open_send(tree, tree, path, how, options);
	NTSTATUS status = client_wait(client_tree_conn(tree), req);

	*out = NULL;
	if (NT_STATUS_IS_OK(status)) {
		status = client_cache_open_recv(req, mem_ctx, out, stat);
	}
	talloc_free(req);
	return status;
}

/* ------------------------------------------------------------------- close */

struct cache_close_state {
	struct cache_wait wait;
	struct client_cache *cache;
};

static void close_go(struct tevent_req *req);
static void close_done(struct tevent_req *subreq);

struct tevent_req *client_cache_close_send(TALLOC_CTX *mem_ctx,
					   struct client_cache *cache)
{
	struct cache_close_state *state = NULL;
	struct tevent_req *req =
		tevent_req_create(mem_ctx, &state, struct cache_close_state);

	if (req == NULL) {
		return NULL;
	}
	state->cache = cache;
	cache->closed = true;
	cache_req(req, &state->wait, cache, close_go);
	close_go(req);
	return cache_begun(cache, req);
}

static void close_go(struct tevent_req *req)
{
	struct cache_close_state *state =
		tevent_req_data(req, struct cache_close_state);
	struct client_cache *cache = state->cache;
	struct tevent_req *subreq = NULL;

	cache_write_all(cache);
	if (cache->figures.dirty > 0 || cache_changes(cache, 0, UINT64_MAX)) {
		cache_wait(&state->wait);
		return;
	}
	subreq = client_close_send(state, cache->file);
	if (tevent_req_nomem(subreq, req)) {
		return;
	}
	tevent_req_set_callback(subreq, close_done, req);
}

static void close_done(struct tevent_req *subreq)
{
	struct tevent_req *req =
		tevent_req_callback_data(subreq, struct tevent_req);
	struct cache_close_state *state =
		tevent_req_data(req, struct cache_close_state);
	NTSTATUS status = client_close_recv(subreq);

	talloc_free(subreq);
	if (!tevent_req_is_in_progress(req)) { /* the cache is gone */
		return;
	}
	if (!NT_STATUS_IS_OK(state->cache->failed)) {
		status = state->cache->failed;
	}
	if (!req_failed(req, status)) {
		tevent_req_done(req);
	}
}

NTSTATUS client_cache_close_recv(struct tevent_req *req)
{
	return req_simple_recv(req);
}

NTSTATUS client_cache_close(struct client_cache *cache)
{
	struct client_conn *conn = file_conn(cache->file);
	struct tevent_req *req = client_cache_close_send(cache, cache);
	NTSTATUS status = client_wait(conn, req);

	if (NT_STATUS_IS_OK(status)) {
		status = client_cache_close_recv(req);
	}
	talloc_free(req);
	return status;
}
