/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * quic_route.c - a table from keys (connection ids, source addresses) to
 * whom they belong. Strangers choose some of the keys, so that the hash is
 * SipHash with a secret: nobody can make all keys fall into one bucket.
 */
#include <string.h>

#include "smbquic/quic_private.h"

#define FIRST_BUCKETS 64u

struct entry {
	struct entry *next;
	uint64_t hash;
	struct quic_key key;
	void *value;
};

struct quic_route {
	uint64_t secret[2];
	struct entry **buckets;
	size_t bucket_count; /* a power of two */
	size_t count;
};

/* --- SipHash-2-4 --------------------------------------------------------- */

static uint64_t rotate(uint64_t x, unsigned n)
{
	return (x << n) | (x >> (64 - n));
}

static void sip_round(uint64_t v[4])
{
	v[0] += v[1];
	v[1] = rotate(v[1], 13) ^ v[0];
	v[0] = rotate(v[0], 32);
	v[2] += v[3];
	v[3] = rotate(v[3], 16) ^ v[2];
	v[0] += v[3];
	v[3] = rotate(v[3], 21) ^ v[0];
	v[2] += v[1];
	v[1] = rotate(v[1], 17) ^ v[2];
	v[2] = rotate(v[2], 32);
}

static void sip_word(uint64_t v[4], uint64_t word)
{
	v[3] ^= word;
	sip_round(v);
	sip_round(v);
	v[0] ^= word;
}

static uint64_t little_endian(const uint8_t *p, size_t n)
{
	uint64_t word = 0;
	size_t i = 0;

	for (i = 0; i < n; i++) {
		word |= (uint64_t)p[i] << (8 * i);
	}
	return word;
}

static uint64_t hash_of(const struct quic_route *t, const struct quic_key *key)
{
	uint64_t v[4] = {t->secret[0] ^ 0x736f6d6570736575u,
			 t->secret[1] ^ 0x646f72616e646f6du,
			 t->secret[0] ^ 0x6c7967656e657261u,
			 t->secret[1] ^ 0x7465646279746573u};
	size_t whole = key->len & ~(size_t)7;
	size_t i = 0;

	for (i = 0; i < whole; i += 8) {
		sip_word(v, little_endian(key->data + i, 8));
	}
	sip_word(v, little_endian(key->data + whole, key->len - whole) |
			    (uint64_t)key->len << 56);
	v[2] ^= 0xff;
	for (i = 0; i < 4; i++) {
		sip_round(v);
	}
	return v[0] ^ v[1] ^ v[2] ^ v[3];
}

/* --- the table ----------------------------------------------------------- */

struct quic_route *quic_route_new(TALLOC_CTX *mem_ctx, const uint8_t secret[16])
{
	struct quic_route *t = talloc_zero(mem_ctx, struct quic_route);

	if (t == NULL) {
		return NULL;
	}
	t->secret[0] = little_endian(secret, 8);
	t->secret[1] = little_endian(secret + 8, 8);
	t->bucket_count = FIRST_BUCKETS;
	t->buckets = talloc_zero_array(t, struct entry *, FIRST_BUCKETS);
	if (t->buckets == NULL) {
		talloc_free(t);
		return NULL;
	}
	return t;
}

static struct entry **bucket_of(const struct quic_route *t, uint64_t hash)
{
	return &t->buckets[hash & (t->bucket_count - 1)];
}

/* The place that points to the entry of this key, or the end of its chain. */
static struct entry **find(const struct quic_route *t,
			   const struct quic_key *key, uint64_t hash)
{
	struct entry **at = bucket_of(t, hash);

	while (*at != NULL &&
	       ((*at)->hash != hash || (*at)->key.len != key->len ||
		memcmp((*at)->key.data, key->data, key->len) != 0)) {
		at = &(*at)->next;
	}
	return at;
}

/* A table that cannot grow works on, more slowly. */
static void grow(struct quic_route *t)
{
	struct entry **old = t->buckets;
	size_t old_count = t->bucket_count;
	size_t i = 0;

	t->buckets = talloc_zero_array(t, struct entry *, 2 * old_count);
	if (t->buckets == NULL) {
		t->buckets = old;
		return;
	}
	t->bucket_count = 2 * old_count;
	for (i = 0; i < old_count; i++) {
		while (old[i] != NULL) {
			struct entry *e = old[i];
			struct entry **at = bucket_of(t, e->hash);

			old[i] = e->next;
			e->next = *at;
			*at = e;
		}
	}
	talloc_free(old);
}

bool quic_route_add(struct quic_route *t, const struct quic_key *key,
		    void *value)
{
	uint64_t hash = hash_of(t, key);
	struct entry *e = NULL;

	if (*find(t, key, hash) != NULL) {
		return false;
	}
	e = talloc(t, struct entry);
	if (e == NULL) {
		return false;
	}
	*e = (struct entry){.hash = hash, .key = *key, .value = value};
	e->next = *bucket_of(t, hash);
	*bucket_of(t, hash) = e;
	t->count++;
	if (t->count > t->bucket_count) {
		grow(t);
	}
	return true;
}

void *quic_route_find(const struct quic_route *t, const struct quic_key *key)
{
	struct entry *e = *find(t, key, hash_of(t, key));

	return e != NULL ? e->value : NULL;
}

void quic_route_remove(struct quic_route *t, const struct quic_key *key)
{
	struct entry **at = find(t, key, hash_of(t, key));
	struct entry *e = *at;

	if (e != NULL) {
		*at = e->next;
		t->count--;
		talloc_free(e);
	}
}

size_t quic_route_count(const struct quic_route *t)
{
	return t->count;
}
