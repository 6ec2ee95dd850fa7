/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * quic_replay.c - which first flights with 0-RTT were there before (RFC 8446
 * 8.2). GnuTLS asks with the binder of a ClientHello, which nobody can make
 * without the ticket's secret; what is kept of it is a digest under a key of
 * our own, so that nobody can choose where it goes.
 *
 * A ring in the order of arrival, so that the oldest is the first to be
 * forgotten, and chains through it by digest. It grows with what comes, up to
 * QUIC_REPLAY_MAX.
 */
#include <string.h>
#include <gnutls/crypto.h>

#include "smbquic/quic_private.h"

#define KEY_LEN	    16u
#define FIRST_COUNT 64u
#define NONE	    UINT32_MAX

struct seen {
	uint8_t key[KEY_LEN];
	time_t until;
	uint32_t next; /* in its chain */
};

struct quic_replay {
	gnutls_anti_replay_t tls;
	uint8_t secret[32];
	size_t size; /* of both, a power of two */
	size_t first, count;
	struct seen *seen;
	uint32_t *chain;
};

static int note_binder(void *ptr, time_t until, const gnutls_datum_t *key,
		       const gnutls_datum_t *data)
{
	(void)until; /* QUIC_REPLAY_SECONDS from now, as we told GnuTLS */
	(void)data;
	return quic_replay_note(ptr, key->data, key->size, time(NULL))
		       ? 0
		       : GNUTLS_E_DB_ENTRY_EXISTS;
}

static int quic_replay_destructor(struct quic_replay *r)
{
	gnutls_anti_replay_deinit(r->tls);
	return 0;
}

struct quic_replay *quic_replay_new(TALLOC_CTX *mem_ctx)
{
	struct quic_replay *r = talloc_zero(mem_ctx, struct quic_replay);

	if (r == NULL ||
	    gnutls_rnd(GNUTLS_RND_RANDOM, r->secret, sizeof(r->secret)) != 0 ||
	    gnutls_anti_replay_init(&r->tls) != 0) {
		talloc_free(r);
		return NULL;
	}
	/*
	 * GnuTLS begins anew whenever a window is over, and then takes no 0-RTT
	 * under older tickets: so a window lasts as long as a ticket.
	 */
	gnutls_anti_replay_set_window(r->tls, QUIC_REPLAY_SECONDS * 1000);
	gnutls_anti_replay_set_add_function(r->tls, note_binder);
	gnutls_anti_replay_set_ptr(r->tls, r);
	talloc_set_destructor(r, quic_replay_destructor);
	return r;
}

gnutls_anti_replay_t quic_replay_tls(struct quic_replay *r)
{
	return r->tls;
}

size_t quic_replay_count(const struct quic_replay *r)
{
	return r->count;
}

/* --- the ring ------------------------------------------------------------ */

static uint32_t *chain_of(struct quic_replay *r, const uint8_t key[KEY_LEN])
{
	uint32_t n = 0;

	memcpy(&n, key, sizeof(n));
	return &r->chain[n & (r->size - 1)];
}

static void link_in(struct quic_replay *r, size_t at)
{
	uint32_t *chain = chain_of(r, r->seen[at].key);

	r->seen[at].next = *chain;
	*chain = (uint32_t)at;
}

static void forget_first(struct quic_replay *r)
{
	uint32_t *at = chain_of(r, r->seen[r->first].key);

	while (*at != (uint32_t)r->first) {
		at = &r->seen[*at].next;
	}
	*at = r->seen[r->first].next;
	r->first = (r->first + 1) & (r->size - 1);
	r->count--;
}

/* Twice as large, the oldest first. */
static bool grow(struct quic_replay *r)
{
	size_t size = r->size == 0 ? FIRST_COUNT : 2 * r->size;
	struct seen *seen = NULL;
	uint32_t *chain = NULL;
	size_t i = 0;

	if (size > QUIC_REPLAY_MAX) {
		return false;
	}
	seen = talloc_array(r, struct seen, size);
	chain = talloc_array(r, uint32_t, size);
	if (seen == NULL || chain == NULL) {
		talloc_free(seen);
		talloc_free(chain);
		return false;
	}
	for (i = 0; i < r->count; i++) {
		seen[i] = r->seen[(r->first + i) & (r->size - 1)];
	}
	talloc_free(r->seen);
	talloc_free(r->chain);
	r->seen = seen;
	r->chain = chain;
	r->size = size;
	r->first = 0;
	for (i = 0; i < size; i++) {
		chain[i] = NONE;
	}
	for (i = 0; i < r->count; i++) {
		link_in(r, i);
	}
	return true;
}

static bool is_known(struct quic_replay *r, const uint8_t key[KEY_LEN])
{
	uint32_t at = NONE;

	if (r->size == 0) {
		return false;
	}
	for (at = *chain_of(r, key); at != NONE; at = r->seen[at].next) {
		if (memcmp(r->seen[at].key, key, KEY_LEN) == 0) {
			return true;
		}
	}
	return false;
}

bool quic_replay_note(struct quic_replay *r, const void *id, size_t len,
		      time_t now)
{
	uint8_t digest[32];
	struct seen *s = NULL;
	size_t at = 0;

	while (r->count > 0 && r->seen[r->first].until <= now) {
		forget_first(r);
	}
	if (gnutls_hmac_fast(GNUTLS_MAC_SHA256, r->secret, sizeof(r->secret),
			     id, len, digest) != 0 ||
	    is_known(r, digest) || (r->count == r->size && !grow(r))) {
		return false;
	}
	at = (r->first + r->count) & (r->size - 1);
	s = &r->seen[at];
	memcpy(s->key, digest, KEY_LEN);
	s->until = now + (time_t)QUIC_REPLAY_SECONDS;
	link_in(r, at);
	r->count++;
	return true;
}
