/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <errno.h>
#include <string.h>

#include "server/listing.h"
#include "server/short_name.h"

/* Entries that are read from the store at a time. */
#define LISTING_BATCH 256

struct listing {
	struct file_open *open;
	struct tevent_queue *turns;
	struct name_pattern *pattern;
	bool restart; /* the store's reading begins anew */
	bool ended;
	bool told;
	/* "." and "..", or the one entry of a pattern without wildcards */
	struct store_entry front[2];
	unsigned front_next, front_count;
	bool front_made;
	struct store_entry *batch;
	size_t batch_next, batch_count;
};

struct listing *listing_of(struct file_open *open)
{
	struct listing *listing = open->listing;

	if (listing != NULL) {
		return listing;
	}
	listing = talloc_zero(open, struct listing);
	if (listing == NULL) {
		return NULL;
	}
	listing->open = open;
	listing->turns = tevent_queue_create(listing, "listing");
	if (listing->turns == NULL) {
		talloc_free(listing);
		return NULL;
	}
	open->listing = listing;
	return listing;
}

bool listing_begun(const struct listing *listing)
{
	return listing->pattern != NULL;
}

bool listing_told(const struct listing *listing)
{
	return listing->told;
}

void listing_restart(struct listing *listing, struct name_pattern *pattern)
{
	if (pattern != NULL) {
		talloc_free(listing->pattern);
		listing->pattern = talloc_steal(listing, pattern);
	}
	TALLOC_FREE(listing->batch);
	listing->batch_next = listing->batch_count = 0;
	listing->front_next = listing->front_count = 0;
	listing->front_made = false;
	listing->restart = true;
	listing->ended = false;
	listing->told = false;
}

struct tevent_req *listing_turn_send(TALLOC_CTX *mem_ctx,
				     struct tevent_context *ev,
				     struct listing *listing)
{
	return tevent_queue_wait_send(mem_ctx, ev, listing->turns);
}

static bool matches(const struct listing *l, const char *name)
{
	char made[SHORT_NAME_MAX + 1];

	if (name_pattern_match(l->pattern, name)) {
		return true;
	}
	if (!store_short_names(l->open->handle->store)) {
		return false;
	}
	short_name_of(name, made);
	return name_pattern_match(l->pattern, made);
}

/* Skips what the pattern does not match. */
const struct store_entry *listing_peek(struct listing *l)
{
	if (l->front_next < l->front_count) {
		return &l->front[l->front_next];
	}
	while (l->batch_next < l->batch_count) {
		const struct store_entry *e = &l->batch[l->batch_next];

		if (matches(l, e->name)) {
			return e;
		}
		l->batch_next++;
	}
	return NULL;
}

void listing_none(struct listing *l)
{
	l->told = true;
}

void listing_next(struct listing *l)
{
	l->told = true;
	if (l->front_next < l->front_count) {
		l->front_next++;
		return;
	}
	l->batch_next++;
}

/* --- reading
 * ------------------------------------------------------------------ */

struct listing_peek_state {
	struct tevent_context *ev;
	struct listing *listing;
	const struct store_cred *cred;
};

static void listing_fill(struct tevent_req *req);
static void listing_got_self(struct tevent_req *subreq);
static void listing_got_literal(struct tevent_req *subreq);
static void listing_got_batch(struct tevent_req *subreq);

struct tevent_req *listing_peek_send(TALLOC_CTX *mem_ctx,
				     struct tevent_context *ev,
				     struct listing *listing,
				     const struct store_cred *cred)
{
	struct listing_peek_state *state = NULL;
	struct tevent_req *req =
		tevent_req_create(mem_ctx, &state, struct listing_peek_state);

	if (req == NULL) {
		return NULL;
	}
	state->ev = ev;
	state->listing = listing;
	state->cred = cred;
	listing_fill(req);
	if (!tevent_req_is_in_progress(req)) {
		return tevent_req_post(req, ev);
	}
	return req;
}

/* A pattern without wildcards is looked up, not searched for: its name, or
 * NULL. "." and ".." are no names of a store. */
static const char *literal_of(const struct listing *l)
{
	const char *literal = name_pattern_literal(l->pattern);

	if (literal == NULL || strcmp(literal, ".") == 0 ||
	    strcmp(literal, "..") == 0) {
		return NULL;
	}
	return literal;
}

static struct tevent_req *look_up(struct listing_peek_state *state,
				  const char *literal)
{
	struct listing *l = state->listing;
	const char *dir = l->open->name->path;
	char *path = dir[0] == '\0'
			     ? talloc_strdup(state, literal)
			     : talloc_asprintf(state, "%s/%s", dir, literal);

	if (path == NULL) {
		return NULL;
	}
	return store_lookup_as_send(
		state, state->ev, l->open->handle->store, state->cred, path,
		l->open->posix ? STORE_OPEN_POSIX | STORE_OPEN_REPARSE : 0);
}

static void listing_fill(struct tevent_req *req)
{
	struct listing_peek_state *state =
		tevent_req_data(req, struct listing_peek_state);
	struct listing *l = state->listing;
	const char *literal = literal_of(l);
	tevent_req_fn done = NULL;
	struct tevent_req *subreq = NULL;

	if (listing_peek(l) != NULL || l->ended) {
		tevent_req_done(req);
		return;
	}
	if (literal != NULL) {
		subreq = look_up(state, literal);
		done = listing_got_literal;
	} else if (!l->front_made) {
		subreq = store_getattr_send(state, state->ev, l->open->handle);
		done = listing_got_self;
	} else {
		subreq = store_readdir_send(state, state->ev, l->open->handle,
					    l->restart, LISTING_BATCH);
		l->restart = false;
		done = listing_got_batch;
	}
	if (tevent_req_nomem(subreq, req)) {
		return;
	}
	tevent_req_set_callback(subreq, done, req);
}

/* "." and ".." have the attributes of the directory itself: what is above is
 * not everybody's business. */
static void listing_got_self(struct tevent_req *subreq)
{
	static const char *const dots[] = {".", ".."};
	struct tevent_req *req =
		tevent_req_callback_data(subreq, struct tevent_req);
	struct listing_peek_state *state =
		tevent_req_data(req, struct listing_peek_state);
	struct listing *l = state->listing;
	struct store_attr attr = {0};
	int err = store_getattr_recv(subreq, &attr);
	unsigned i = 0;

	TALLOC_FREE(subreq);
	if (tevent_req_error(req, (uint64_t)err)) {
		return;
	}
	l->front_made = true;
	for (i = 0; i < 2; i++) {
		if (name_pattern_match(l->pattern, dots[i])) {
			l->front[l->front_count].name = dots[i];
			l->front[l->front_count].attr = attr;
			l->front_count++;
		}
	}
	listing_fill(req);
}

static void listing_got_literal(struct tevent_req *subreq)
{
	struct tevent_req *req =
		tevent_req_callback_data(subreq, struct tevent_req);
	struct listing_peek_state *state =
		tevent_req_data(req, struct listing_peek_state);
	struct listing *l = state->listing;
	struct store_attr attr = {0};
	char *found = NULL;
	int err = store_lookup_recv(subreq, l, &attr, &found);

	TALLOC_FREE(subreq);
	l->ended = true;
	if (err == 0) {
		l->front[0].name = name_last(found);
		l->front[0].attr = attr;
		l->front_count = 1;
	}
	if (err != 0 && err != ENOENT && err != EACCES && err != ELOOP) {
		tevent_req_error(req, (uint64_t)err);
		return;
	}
	tevent_req_done(req);
}

static void listing_got_batch(struct tevent_req *subreq)
{
	struct tevent_req *req =
		tevent_req_callback_data(subreq, struct tevent_req);
	struct listing_peek_state *state =
		tevent_req_data(req, struct listing_peek_state);
	struct listing *l = state->listing;
	int err = 0;

	TALLOC_FREE(l->batch);
	l->batch_next = l->batch_count = 0;
	err = store_readdir_recv(subreq, l, &l->batch, &l->batch_count);
	TALLOC_FREE(subreq);
	if (tevent_req_error(req, (uint64_t)err)) {
		return;
	}
	l->ended = l->batch_count == 0;
	listing_fill(req);
}

int listing_peek_recv(struct tevent_req *req, const struct store_entry **entry)
{
	struct listing_peek_state *state =
		tevent_req_data(req, struct listing_peek_state);
	enum tevent_req_state how = TEVENT_REQ_INIT;
	uint64_t code = 0;
	int err = 0;

	*entry = NULL;
	if (tevent_req_is_error(req, &how, &code)) {
		err = how == TEVENT_REQ_USER_ERROR ? (int)code : ENOMEM;
	} else {
		*entry = listing_peek(state->listing);
	}
	tevent_req_received(req);
	return err;
}
