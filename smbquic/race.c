/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "smbquic/alarm.h"
#include "smbquic/blocked.h"
#include "smbquic/log.h"
#include "smbquic/race.h"
#include "smbquic/resolve.h"
#include "smbquic/winner.h"

/* --- the race ---------------------------------------------------------------
 */

/* One attempt: a lane to an address. */
struct runner {
	const struct race_lane *lane;
	struct sockaddr_storage addr;
	unsigned start_ms; /* after the start of the race */
	bool blocked;	   /* it did not get through a while ago */
	struct tevent_req *req;
	bool started;
};

struct race_state {
	struct tevent_context *ev;
	struct race_params params;
	struct transport_settings settings;
	uint64_t began; /* of alarm_clock() */
	char *ways;	/* one word that says what raced */
	struct runner *runners;
	unsigned count, next, running;
	struct alarm *timer;
	struct transport *winner;
	int err;
	char *why;
};

static void race_resolved(struct tevent_req *subreq);
static void race_start_due(struct tevent_req *req);
static void race_timer(void *private_data);
static void race_runner_done(struct tevent_req *subreq);

/* The lanes, and where they lead when not where the name points. */
static char *race_ways(TALLOC_CTX *mem_ctx, const struct race_params *params)
{
	const char *to = params->address != NULL ? params->address : "";
	char *word = talloc_strdup(mem_ctx, "");
	unsigned l = 0;

	for (l = 0; word != NULL && l < params->lanes; l++) {
		word = talloc_asprintf_append_buffer(word, "%s:%u,",
						     params->lane[l].via->name,
						     params->lane[l].port);
	}
	if (word != NULL && strpbrk(to, " \t\n") == NULL) {
		word = talloc_asprintf_append_buffer(word, "%s", to);
	}
	return word;
}

static bool race_copy_params(struct race_state *state,
			     const struct race_params *params)
{
	state->params = *params;
	if (params->settings != NULL) {
		state->settings = *params->settings;
	} else {
		transport_settings_default(&state->settings);
	}
	state->params.settings = &state->settings;
	state->params.server_name = talloc_strdup(state, params->server_name);
	if (state->params.head_start_ms == 0) {
		state->params.head_start_ms = RACE_HEAD_START_MS;
	}
	state->ways = race_ways(state, params);
	return state->params.server_name != NULL && state->ways != NULL;
}

struct tevent_req *race_connect_send(TALLOC_CTX *mem_ctx,
				     struct tevent_context *ev,
				     const struct race_params *params)
{
	struct race_state *state = NULL;
	struct tevent_req *subreq = NULL;
	struct tevent_req *req =
		tevent_req_create(mem_ctx, &state, struct race_state);

	if (req == NULL) {
		return NULL;
	}
	state->ev = ev;
	if (!race_copy_params(state, params)) {
		tevent_req_oom(req);
		return tevent_req_post(req, ev);
	}
	subreq = resolve_send(state, ev,
			      params->address != NULL ? params->address
						      : params->server_name);
	if (tevent_req_nomem(subreq, req)) {
		return tevent_req_post(req, ev);
	}
	tevent_req_set_callback(subreq, race_resolved, req);
	return req;
}

/* RFC 8305 section 4: addresses of the two families take turns. */
static void interleave(struct resolve_result *r)
{
	struct resolve_result out = {0};
	unsigned i = 0;
	unsigned first = 0;
	unsigned other = 0;
	int family = 0;

	if (r->count == 0) {
		return;
	}
	family = r->addr[0].ss_family;
	while (out.count < r->count) {
		unsigned *at = i++ % 2 == 0 ? &first : &other;
		bool want_first = at == &first;

		while (*at < r->count &&
		       (r->addr[*at].ss_family == family) != want_first) {
			(*at)++;
		}
		if (*at < r->count) {
			out.addr[out.count++] = r->addr[(*at)++];
		}
	}
	*r = out;
}

static int by_start(const void *a, const void *b)
{
	const struct runner *x = a;
	const struct runner *y = b;

	return (x->start_ms > y->start_ms) - (x->start_ms < y->start_ms);
}

/* A carrier that did not get through a while ago starts behind all others. */
static void race_places(struct race_state *state, struct runner *row,
			unsigned address)
{
	const struct race_params *p = &state->params;
	unsigned place = address;
	unsigned l = 0;

	for (l = 0; l < p->lanes; l++) {
		row[l].blocked =
			row[l].lane->via->secure &&
			blocked_known(state->settings.visits_file,
				      p->server_name,
				      (const struct sockaddr *)&row[l].addr);
		if (!row[l].blocked) {
			row[l].start_ms = place++ * p->head_start_ms;
		}
	}
	for (l = 0; l < p->lanes; l++) {
		if (row[l].blocked) {
			row[l].start_ms = place++ * p->head_start_ms;
		}
	}
}

/*
 * Who won the last time starts first, the others as they would, behind it. One
 * in the clear passes no secure one that may get through.
 */
static void race_favour(struct race_state *state)
{
	struct winner last = {.carrier = ""};
	struct runner *favourite = NULL;
	bool secure = false;
	unsigned i = 0;

	if (!winner_known(state->settings.visits_file,
			  state->params.server_name, state->ways, &last)) {
		return;
	}
	for (i = 0; i < state->count; i++) {
		struct runner *r = &state->runners[i];

		secure = secure || (r->lane->via->secure && !r->blocked);
		if (winner_is(&last, r->lane->via->name,
			      (const struct sockaddr *)&r->addr)) {
			favourite = r;
		}
	}
	if (favourite == NULL || favourite->blocked ||
	    (secure && !favourite->lane->via->secure)) {
		return;
	}
	for (i = 0; i < state->count; i++) {
		state->runners[i].start_ms += state->params.head_start_ms;
	}
	favourite->start_ms = 0;
}

static bool race_line_up(struct race_state *state,
			 const struct resolve_result *r)
{
	const struct race_params *p = &state->params;
	unsigned a = 0;
	unsigned l = 0;

	state->runners =
		talloc_zero_array(state, struct runner, r->count * p->lanes);
	if (state->runners == NULL) {
		return false;
	}
	for (a = 0; a < r->count; a++) {
		struct runner *row = &state->runners[state->count];

		for (l = 0; l < p->lanes; l++) {
			struct runner *one = &state->runners[state->count++];
			uint16_t port = p->lane[l].port;

			one->lane = &p->lane[l];
			one->addr = r->addr[a];
			if (port == 0) {
				port = one->lane->via->default_port;
			}
			resolve_set_port(&one->addr, port);
		}
		race_places(state, row, a);
	}
	race_favour(state);
	qsort(state->runners, state->count, sizeof(state->runners[0]),
	      by_start);
	return true;
}

static void race_resolved(struct tevent_req *subreq)
{
	struct tevent_req *req =
		tevent_req_callback_data(subreq, struct tevent_req);
	struct race_state *state = tevent_req_data(req, struct race_state);
	struct resolve_result found = {0};
	int err = resolve_recv(subreq, state, &found, &state->why);

	TALLOC_FREE(subreq);
	if (tevent_req_error(req, err)) {
		return;
	}
	interleave(&found);
	if (!race_line_up(state, &found)) {
		tevent_req_oom(req);
		return;
	}
	state->began = alarm_clock();
	race_start_due(req);
}

static unsigned race_elapsed_ms(const struct race_state *state)
{
	return (unsigned)(alarm_clock() - state->began);
}

/* Does the failure b tell more than the failure a? */
static bool tells_more(int a, int b)
{
	static const int order[] = {EACCES, EPROTO, ETIMEDOUT, ECONNREFUSED,
				    EHOSTUNREACH};
	size_t i = 0;

	if (a == 0) {
		return true;
	}
	for (i = 0; i < sizeof(order) / sizeof(order[0]); i++) {
		if (a == order[i] || b == order[i]) {
			return a != order[i];
		}
	}
	return false;
}

static void race_note_failure(struct race_state *state, int err,
			      const char *why)
{
	char *all = NULL;

	if (tells_more(state->err, err)) {
		state->err = err;
	}
	all = state->why == NULL
		      ? talloc_strdup(state, why)
		      : talloc_asprintf(state, "%s; %s", state->why, why);
	TALLOC_FREE(state->why);
	state->why = all;
}

static void race_cancel_all(struct race_state *state)
{
	unsigned i = 0;

	TALLOC_FREE(state->timer);
	for (i = 0; i < state->count; i++) {
		TALLOC_FREE(state->runners[i].req);
	}
	state->running = 0;
}

static struct tevent_req *race_connect_one(struct race_state *state,
					   const struct runner *one)
{
	const struct transport_target to = {
		.addr = (const struct sockaddr *)&one->addr,
		.addr_len = resolve_sockaddr_size(&one->addr),
		.server_name = state->params.server_name,
		.tls = state->params.tls,
		.settings = &state->settings,
		.early = state->params.early,
		.early_len = state->params.early_len,
		.threads = state->params.threads,
		.seat = state->params.seat,
	};

	return transport_connect_send(state, state->ev, one->lane->via, &to);
}

static bool race_start_one(struct tevent_req *req, struct runner *one)
{
	struct race_state *state = tevent_req_data(req, struct race_state);

	one->started = true;
	one->req = race_connect_one(state, one);
	if (tevent_req_nomem(one->req, req)) {
		return false;
	}
	state->running++;
	tevent_req_set_callback(one->req, race_runner_done, req);
	return true;
}

/* Start what is due by the clock, and one at least while none is running. */
static void race_start_due(struct tevent_req *req)
{
	struct race_state *state = tevent_req_data(req, struct race_state);
	unsigned now = race_elapsed_ms(state);
	unsigned wait = 0;

	while (state->next < state->count &&
	       (state->running == 0 ||
		state->runners[state->next].start_ms <= now)) {
		if (!race_start_one(req, &state->runners[state->next++])) {
			return;
		}
	}
	if (state->running == 0) {
		race_cancel_all(state);
		tevent_req_error(req, state->err != 0 ? state->err : EIO);
		return;
	}
	TALLOC_FREE(state->timer);
	if (state->next == state->count) {
		return;
	}
	wait = state->runners[state->next].start_ms - now;
	state->timer = alarm_add(state->ev, state, wait, race_timer, req);
	tevent_req_nomem(state->timer, req);
}

static void race_timer(void *private_data)
{
	struct tevent_req *req =
		talloc_get_type_abort(private_data, struct tevent_req);
	struct race_state *state = tevent_req_data(req, struct race_state);

	state->timer = NULL;
	race_start_due(req);
}

static struct runner *race_runner_of(struct race_state *state,
				     const struct tevent_req *subreq)
{
	unsigned i = 0;

	while (state->runners[i].req != subreq) {
		i++;
	}
	return &state->runners[i];
}

/* Nobody said no, and the preferred way has not answered. */
static const char *race_silence(const struct race_state *state)
{
	const struct transport_backend *first = state->params.lane[0].via;

	return talloc_asprintf(state->winner,
			       "first to answer; no answer over %s within "
			       "%u ms%s",
			       first->name, race_elapsed_ms(state),
			       first->secure ? " (is UDP blocked?)" : "");
}

/* How the winner was chosen, for people. */
static const char *race_why(const struct race_state *state,
			    const struct runner *one)
{
	if (state->params.lanes == 1) {
		return "the only transport asked for";
	}
	if (one->lane == &state->params.lane[0]) {
		return "preferred, and it answered first";
	}
	if (state->why == NULL) {
		return race_silence(state);
	}
	return talloc_asprintf(state->winner, "first to answer; %s",
			       state->why);
}

/*
 * The winner answered where a secure carrier, tried before it, has not said a
 * word: UDP does not get through, or nobody is there. Only one that was given
 * the time to answer counts.
 */
static bool was_silent(const struct race_state *state, const struct runner *r)
{
	return r->lane->via->secure && r->started && r->req != NULL &&
	       race_elapsed_ms(state) >=
		       r->start_ms + state->params.head_start_ms;
}

static const char *race_no_answer(struct race_state *state,
				  const struct runner *r, const char *when)
{
	return talloc_asprintf(
		state, "no answer over %s from %s/udp %s (is UDP blocked?)",
		r->lane->via->name,
		transport_address_string((const struct sockaddr *)&r->addr),
		when);
}

/* The race is over, not the question whether UDP gets through: one that was
 * silent, or was not tried because it had been, may answer yet. */
static void race_listen_on(struct race_state *state, struct runner *r)
{
	if (r->lane->via->secure && r->blocked && !r->started) {
		r->started = true;
		r->req = race_connect_one(state, r);
		state->running += r->req != NULL;
	}
	if (!r->lane->via->secure || r->req == NULL ||
	    !tevent_req_is_in_progress(r->req)) {
		return;
	}
	blocked_watch(state->winner, state->ev, state->settings.visits_file,
		      state->params.server_name,
		      (const struct sockaddr *)&r->addr, r->req);
	r->req = NULL;
	state->running--;
}

static void race_note_blocked(struct race_state *state,
			      const struct runner *winner)
{
	const struct race_params *p = &state->params;
	const char *file = state->settings.visits_file;
	unsigned i = 0;

	if (winner->lane->via->secure) {
		blocked_forget(file, p->server_name,
			       (const struct sockaddr *)&winner->addr);
		return;
	}
	for (i = 0; i < state->count; i++) {
		const struct runner *r = &state->runners[i];
		const struct sockaddr *to = (const struct sockaddr *)&r->addr;

		if (r->blocked) {
			race_note_failure(
				state, 0,
				race_no_answer(state, r, "a while ago"));
		} else if (was_silent(state, r)) {
			race_note_failure(
				state, 0,
				race_no_answer(
					state, r,
					talloc_asprintf(state, "within %u ms",
							race_elapsed_ms(state) -
								r->start_ms)));
			blocked_note(file, p->server_name, to, false);
		}
		race_listen_on(state, &state->runners[i]);
	}
}

static void race_won(struct race_state *state, const struct runner *one)
{
	const char *why = NULL;

	winner_note(state->settings.visits_file, state->params.server_name,
		    state->ways, one->lane->via->name,
		    (const struct sockaddr *)&one->addr);
	race_note_blocked(state, one);
	why = race_why(state, one);

	if (one->lane->because != NULL) {
		why = talloc_asprintf(state->winner, "%s; %s", why,
				      one->lane->because);
	}
	transport_set_choice(state->winner, why);
	if (state->params.rehearsal) {
		return;
	}
	if (state->params.lane[0].via->secure && !one->lane->via->secure) {
		log_warn("%s is reached without QUIC, by %s: its certificate "
			 "was not checked, and only SMB's own signing or "
			 "encryption protects the connection",
			 state->params.server_name, one->lane->via->name);
	}
	log_info("connected to %s (%s) by %s: %s", state->params.server_name,
		 transport_address_string((const struct sockaddr *)&one->addr),
		 transport_facts(state->winner)->backend, why);
}

static void race_runner_done(struct tevent_req *subreq)
{
	struct tevent_req *req =
		tevent_req_callback_data(subreq, struct tevent_req);
	struct race_state *state = tevent_req_data(req, struct race_state);
	struct runner *one = race_runner_of(state, subreq);
	char *why = NULL;
	int err = transport_connect_recv(subreq, state, &state->winner, &why);

	one->req = NULL;
	state->running--;
	TALLOC_FREE(subreq);
	if (err == 0) {
		race_won(state, one);
		race_cancel_all(state);
		tevent_req_done(req);
		return;
	}
	log_debug("%s", why);
	race_note_failure(state, err, why);
	talloc_free(why);
	if (err == EACCES && one->lane->via->secure) {
		race_cancel_all(state);
		tevent_req_error(req, err);
		return;
	}
	race_start_due(req);
}

int race_connect_recv(struct tevent_req *req, TALLOC_CTX *mem_ctx,
		      struct transport **out, char **why)
{
	struct race_state *state = tevent_req_data(req, struct race_state);
	enum tevent_req_state how = TEVENT_REQ_INIT;
	uint64_t code = 0;
	int err = 0;

	*out = NULL;
	*why = NULL;
	if (tevent_req_is_error(req, &how, &code)) {
		err = how == TEVENT_REQ_USER_ERROR ? (int)code : ENOMEM;
		*why = state->why != NULL
			       ? talloc_move(mem_ctx, &state->why)
			       : talloc_strdup(mem_ctx, strerror(err));
	} else {
		*out = talloc_move(mem_ctx, &state->winner);
	}
	tevent_req_received(req);
	return err;
}
