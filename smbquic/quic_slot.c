/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * quic_slot.c - the books of an endpoint.
 */
#include <string.h>

#include "smbquic/list.h"
#include "smbquic/quic_slot_private.h"
#include "smbquic/source.h"

struct slot_cid {
	struct slot_cid *next;
	ngtcp2_cid cid;
};

bool quic_slots_init(struct quic_slots *all, TALLOC_CTX *mem_ctx,
		     const uint8_t secret[16])
{
	*all = (struct quic_slots){0};
	all->cids = quic_route_new(mem_ctx, secret);
	all->sources = quic_route_new(mem_ctx, secret);
	all->timers = quic_timers_new(mem_ctx);
	return all->cids != NULL && all->sources != NULL && all->timers != NULL;
}

static void set_key(struct quic_key *key, const void *data, size_t len)
{
	*key = (struct quic_key){.len = (uint8_t)len};
	memcpy(key->data, data, len);
}

/* --- connection ids ------------------------------------------------------ */

bool quic_slot_add_cid(struct quic_slot *s, const ngtcp2_cid *cid)
{
	struct quic_key key;
	struct slot_cid *c = talloc_zero(s, struct slot_cid);

	if (c == NULL) {
		return false;
	}
	set_key(&key, cid->data, cid->datalen);
	if (!quic_route_add(s->slots->cids, &key, s)) {
		talloc_free(c);
		return false;
	}
	c->cid = *cid;
	c->next = s->cids;
	s->cids = c;
	return true;
}

static void drop_at(struct quic_slot *s, struct slot_cid **at)
{
	struct slot_cid *c = *at;
	struct quic_key key;

	s->slots->found = NULL;
	set_key(&key, c->cid.data, c->cid.datalen);
	quic_route_remove(s->slots->cids, &key);
	*at = c->next;
	talloc_free(c);
}

void quic_slot_drop_cid(struct quic_slot *s, const ngtcp2_cid *cid)
{
	struct slot_cid **at = &s->cids;

	while (*at != NULL && !ngtcp2_cid_eq(&(*at)->cid, cid)) {
		at = &(*at)->next;
	}
	if (*at != NULL) {
		drop_at(s, at);
	}
}

size_t quic_slot_cids(const struct quic_slot *s, ngtcp2_cid *out, size_t max)
{
	const struct slot_cid *c = NULL;
	size_t n = 0;

	for (c = s->cids; c != NULL && n < max; c = c->next) {
		out[n++] = c->cid;
	}
	return n;
}

struct quic_slot *quic_slots_find(struct quic_slots *all, const uint8_t *cid,
				  size_t len)
{
	if (len > QUIC_KEY_MAX) {
		return NULL;
	}
	if (all->found == NULL || all->found_key.len != len ||
	    memcmp(all->found_key.data, cid, len) != 0) {
		set_key(&all->found_key, cid, len);
		all->found = quic_route_find(all->cids, &all->found_key);
	}
	return all->found;
}

/* --- counts -------------------------------------------------------------- */

static void set_source_key(const union udp_address *a, struct quic_key *key)
{
	uint8_t data[SOURCE_KEY_MAX];

	set_key(key, data, source_key(&a->sa, data));
}

static struct slot_source *find_source(const struct quic_slots *all,
				       const union udp_address *peer)
{
	struct quic_key key;

	set_source_key(peer, &key);
	return quic_route_find(all->sources, &key);
}

unsigned quic_slots_of_source(const struct quic_slots *all,
			      const union udp_address *peer)
{
	const struct slot_source *source = find_source(all, peer);

	return source == NULL ? 0 : source->connections;
}

static struct slot_source *new_source(struct quic_slots *all,
				      const union udp_address *peer)
{
	struct slot_source *source =
		talloc_zero(all->sources, struct slot_source);

	if (source == NULL) {
		return NULL;
	}
	set_source_key(peer, &source->key);
	if (!quic_route_add(all->sources, &source->key, source)) {
		talloc_free(source);
		return NULL;
	}
	return source;
}

static struct slot_source *join_source(struct quic_slots *all,
				       const union udp_address *peer)
{
	struct slot_source *source = find_source(all, peer);

	if (source == NULL) {
		source = new_source(all, peer);
	}
	if (source != NULL) {
		source->connections++;
	}
	return source;
}

static void leave_source(struct quic_slots *all, struct slot_source *source)
{
	source->connections--;
	if (source->connections == 0) {
		quic_route_remove(all->sources, &source->key);
		talloc_free(source);
	}
}

/* Where there is no memory for the new source it counts for the old one. */
void quic_slot_moved(struct quic_slot *s, const union udp_address *peer)
{
	struct slot_source *source = NULL;

	s->peer = *peer;
	if (!s->counted) {
		return;
	}
	source = join_source(s->slots, peer);
	if (source != NULL) {
		leave_source(s->slots, s->source);
		s->source = source;
	}
}

bool quic_slot_count(struct quic_slot *s)
{
	struct quic_slots *all = s->slots;

	s->source = join_source(all, &s->peer);
	if (s->source == NULL) {
		return false;
	}
	s->counted = true;
	s->handshaking = true;
	all->connections++;
	all->handshakes++;
	return true;
}

void quic_slot_handshake_over(struct quic_slot *s)
{
	if (s->handshaking) {
		s->handshaking = false;
		s->slots->handshakes--;
	}
}

void quic_slot_uncount(struct quic_slot *s)
{
	struct quic_slots *all = s->slots;

	quic_slot_handshake_over(s);
	if (!s->counted) {
		return;
	}
	s->counted = false;
	all->connections--;
	leave_source(all, s->source);
	s->source = NULL;
}

/* --- turns --------------------------------------------------------------- */

void quic_slot_mark(struct quic_slot *s)
{
	struct quic_slots *all = s->slots;

	if (s->marked) {
		return;
	}
	s->marked = true;
	s->marked_round = all->round;
	s->next_marked = NULL;
	if (all->marked_last != NULL) {
		all->marked_last->next_marked = s;
	} else {
		all->marked = s;
	}
	all->marked_last = s;
}

static void unmark(struct quic_slot *s)
{
	struct quic_slots *all = s->slots;
	struct quic_slot **at = &all->marked;
	struct quic_slot *before = NULL;

	if (!s->marked) {
		return;
	}
	while (*at != s) {
		before = *at;
		at = &(*at)->next_marked;
	}
	*at = s->next_marked;
	if (all->marked_last == s) {
		all->marked_last = before;
	}
	s->marked = false;
}

void quic_slots_round(struct quic_slots *all)
{
	all->round++;
}

struct quic_slot *quic_slots_next(struct quic_slots *all)
{
	struct quic_slot *s = all->marked;

	if (s == NULL || s->marked_round == all->round) {
		return NULL;
	}
	unmark(s);
	return s;
}

/* --- life ---------------------------------------------------------------- */

static int slot_destructor(struct quic_slot *s)
{
	quic_slot_uncount(s);
	unmark(s);
	quic_timers_set(s->slots->timers, &s->timer, QUIC_NEVER);
	while (s->cids != NULL) {
		drop_at(s, &s->cids);
	}
	LIST_REMOVE(s->slots->first, s);
	return 0;
}

struct quic_slot *quic_slot_new(struct quic_slots *all, TALLOC_CTX *mem_ctx)
{
	struct quic_slot *s = talloc_zero(NULL, struct quic_slot);

	if (s != NULL) {
		quic_slot_join(s, all, mem_ctx);
	}
	return s;
}

void quic_slot_join(struct quic_slot *s, struct quic_slots *all,
		    TALLOC_CTX *mem_ctx)
{
	talloc_steal(mem_ctx, s);
	s->slots = all;
	LIST_ADD(all->first, s);
	talloc_set_destructor(s, slot_destructor);
}

void quic_slot_farewell(struct quic_slot *s, const struct quic_farewell *f,
			quic_time now)
{
	quic_slot_uncount(s);
	s->over = true;
	if (f->packet != NULL) {
		s->packet = talloc_memdup(s, f->packet, f->len);
		s->packet_len = s->packet != NULL ? f->len : 0;
	}
	quic_timers_set(s->slots->timers, &s->timer,
			f->linger == 0 ? QUIC_NEVER : now + f->linger);
}

/* The close is repeated to the 1st, 2nd, 4th, 8th... packet that follows. */
const uint8_t *quic_slot_latecomer(struct quic_slot *s, size_t *len)
{
	s->latecomers++;
	*len = s->packet_len;
	return (s->latecomers & (s->latecomers - 1)) == 0 ? s->packet : NULL;
}
