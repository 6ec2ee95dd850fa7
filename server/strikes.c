/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "server/strikes.h"

#include <netinet/in.h>
#include <string.h>

#define KEY_SIZE 8    /* IPv4: the address; IPv6: its first half */
#define ONE	 1000 /* a failure, in thousandths, so that little leaks too */

struct bucket {
	uint8_t key[KEY_SIZE];
	bool v6;
	uint64_t level;	 /* ONE is a failure */
	uint64_t leaked; /* until when, ms */
	uint64_t seen;	 /* last, ms */
};

struct strikes {
	struct bucket table[STRIKES_MAX];
	size_t count;
};

struct strikes *strikes_new(TALLOC_CTX *mem_ctx)
{
	return talloc_zero(mem_ctx, struct strikes);
}

/* An IPv4 address that came through an IPv6 socket counts as IPv4. */
static bool make_key(const struct sockaddr *from, struct bucket *out)
{
	struct sockaddr_in in;
	struct sockaddr_in6 in6;

	memset(out, 0, sizeof(*out));
	if (from->sa_family == AF_INET) {
		memcpy(&in, from, sizeof(in));
		memcpy(out->key, &in.sin_addr, sizeof(in.sin_addr));
		return true;
	}
	if (from->sa_family != AF_INET6) {
		return false;
	}
	memcpy(&in6, from, sizeof(in6));
	if (IN6_IS_ADDR_V4MAPPED(&in6.sin6_addr)) {
		memcpy(out->key, &in6.sin6_addr.s6_addr[12], 4);
		return true;
	}
	out->v6 = true;
	memcpy(out->key, &in6.sin6_addr, KEY_SIZE);
	return true;
}

static struct bucket *find(struct strikes *s, const struct bucket *wanted)
{
	size_t i = 0;

	for (i = 0; i < s->count; i++) {
		if (s->table[i].v6 == wanted->v6 &&
		    memcmp(s->table[i].key, wanted->key, KEY_SIZE) == 0) {
			return &s->table[i];
		}
	}
	return NULL;
}

static struct bucket *place(struct strikes *s, const struct bucket *wanted)
{
	struct bucket *bucket = find(s, wanted);
	size_t i = 0;

	if (bucket != NULL) {
		return bucket;
	}
	if (s->count < STRIKES_MAX) {
		bucket = &s->table[s->count++];
	} else {
		bucket = &s->table[0];
		for (i = 1; i < s->count; i++) {
			if (s->table[i].seen < bucket->seen) {
				bucket = &s->table[i];
			}
		}
	}
	*bucket = *wanted;
	return bucket;
}

/* What is too little to leak yet is not lost, however often is asked. */
static void leak(struct bucket *bucket, unsigned limit, uint64_t window_ms,
		 uint64_t now_ms)
{
	uint64_t rate = (uint64_t)limit * ONE; /* in a window */
	uint64_t passed = now_ms > bucket->leaked ? now_ms - bucket->leaked : 0;
	uint64_t gone = 0;

	bucket->seen = now_ms;
	if (passed >= window_ms) {
		bucket->level = 0;
		bucket->leaked = now_ms;
		return;
	}
	gone = passed * rate / window_ms;
	bucket->level -= gone < bucket->level ? gone : bucket->level;
	bucket->leaked += gone * window_ms / rate;
}

void strikes_add(struct strikes *s, const struct sockaddr *from, unsigned limit,
		 uint64_t window_ms, uint64_t now_ms)
{
	struct bucket wanted;
	struct bucket *bucket = NULL;
	uint64_t most = (uint64_t)limit * ONE;

	if (limit == 0 || window_ms == 0 || !make_key(from, &wanted)) {
		return;
	}
	bucket = place(s, &wanted);
	leak(bucket, limit, window_ms, now_ms);
	if (bucket->level == 0) {
		bucket->leaked = now_ms;
	}
	bucket->level += ONE;
	bucket->level = bucket->level > most ? most : bucket->level;
}

bool strikes_out(struct strikes *s, const struct sockaddr *from, unsigned limit,
		 uint64_t window_ms, uint64_t now_ms)
{
	struct bucket wanted;
	struct bucket *bucket = NULL;

	if (limit == 0 || window_ms == 0 || !make_key(from, &wanted)) {
		return false;
	}
	bucket = find(s, &wanted);
	if (bucket == NULL) {
		return false;
	}
	leak(bucket, limit, window_ms, now_ms);
	/* Full until there is room for a whole one. */
	return bucket->level + ONE > (uint64_t)limit * ONE;
}
