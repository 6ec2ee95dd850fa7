/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * quic_stream.c - the bytes of the one stream: those that came and wait for a
 * reader, those that go and wait for their acknowledgement.
 */
#include <errno.h>
#include <string.h>

#include "smbquic/prefetch.h"
#include "smbquic/quic_private.h"

#define CHUNK_SIZE 65536u

/* Bytes that came before their reader. */
struct quic_chunk {
	struct quic_chunk *next;
	size_t start, end;
	uint8_t data[CHUNK_SIZE];
};

static size_t min_size(size_t a, size_t b)
{
	return a < b ? a : b;
}

/* --- in ------------------------------------------------------------------ */

static size_t give(struct quic_read *r, const uint8_t *data, size_t len)
{
	size_t n = min_size(len, r->max - r->got);

	memcpy(r->buf + r->got, data, n);
	r->got += n;
	if (r->measure != NULL && r->got >= r->min) {
		size_t whole = r->measure(r->buf, r->got);

		r->measure = NULL;
		r->whole = whole <= r->max ? whole : 0;
	}
	/* where the next packet's go, while that one is opened */
	prefetch_to_write(r->buf + r->got, min_size(n, r->max - r->got));
	return n;
}

static bool add_chunk(struct quic_stream *s, TALLOC_CTX *mem_ctx)
{
	struct quic_chunk *c = talloc_size(mem_ctx, sizeof(*c));

	if (c == NULL) {
		return false;
	}
	talloc_set_name_const(c, "struct quic_chunk");
	c->next = NULL;
	c->start = 0;
	c->end = 0;
	if (s->chunks_last != NULL) {
		s->chunks_last->next = c;
	} else {
		s->chunks = c;
	}
	s->chunks_last = c;
	return true;
}

static bool keep(struct quic_stream *s, TALLOC_CTX *mem_ctx,
		 const uint8_t *data, size_t len)
{
	while (len > 0) {
		struct quic_chunk *c = s->chunks_last;
		size_t n = 0;

		if (c == NULL || c->end == CHUNK_SIZE) {
			if (!add_chunk(s, mem_ctx)) {
				return false;
			}
			continue;
		}
		n = min_size(len, CHUNK_SIZE - c->end);
		memcpy(c->data + c->end, data, n);
		c->end += n;
		s->buffered += n;
		data += n;
		len -= n;
	}
	return true;
}

static void drop_first_chunk(struct quic_stream *s)
{
	struct quic_chunk *c = s->chunks;

	s->chunks = c->next;
	if (s->chunks == NULL) {
		s->chunks_last = NULL;
	}
	talloc_free(c);
}

size_t quic_stream_fill(struct quic_stream *s)
{
	size_t moved = 0;

	while (s->read != NULL && s->read->got < s->read->max &&
	       s->chunks != NULL) {
		struct quic_chunk *c = s->chunks;
		size_t n = give(s->read, c->data + c->start, c->end - c->start);

		c->start += n;
		s->buffered -= n;
		moved += n;
		if (c->start == c->end) {
			drop_first_chunk(s);
		}
	}
	return moved;
}

bool quic_stream_arrived(struct quic_stream *s, TALLOC_CTX *mem_ctx,
			 const uint8_t *data, size_t len, size_t *consumed)
{
	*consumed = 0;
	if (len == 0) {
		return true; /* data may be NULL then */
	}
	s->bytes_in += len;
	if (s->read != NULL && s->chunks == NULL) {
		*consumed = give(s->read, data, len);
	}
	return keep(s, mem_ctx, data + *consumed, len - *consumed);
}

/* @param end  why the connection ended, 0: in an orderly way. */
bool quic_stream_read_ready(const struct quic_stream *s, bool ended, int end,
			    int *err)
{
	const struct quic_read *r = s->read;

	*err = 0;
	if (r == NULL) {
		return false;
	}
	if (r->got >= r->min && (r->got >= r->whole || s->fin || ended)) {
		return true;
	}
	if (s->fin) {
		*err = r->got == 0 ? 0 : EPIPE;
		return true;
	}
	if (!ended) {
		return false;
	}
	*err = (end == 0 && r->got > 0) ? EPIPE : end;
	return true;
}

/* --- out ----------------------------------------------------------------- */

static void list_add(struct quic_write_list *l, struct quic_write *w)
{
	w->next = NULL;
	w->prev = l->last;
	if (l->last != NULL) {
		l->last->next = w;
	} else {
		l->first = w;
	}
	l->last = w;
}

static void list_remove(struct quic_write_list *l, struct quic_write *w)
{
	if (w->prev != NULL) {
		w->prev->next = w->next;
	} else {
		l->first = w->next;
	}
	if (w->next != NULL) {
		w->next->prev = w->prev;
	} else {
		l->last = w->prev;
	}
	w->prev = NULL;
	w->next = NULL;
}

bool quic_stream_queue(struct quic_stream *s, struct quic_write *w)
{
	size_t i = 0;

	w->len = 0;
	w->sent = 0;
	w->vec_index = 0;
	w->vec_offset = 0;
	for (i = 0; i < w->count; i++) {
		w->len += w->vec[i].len;
	}
	if (w->len == 0) {
		return false;
	}
	w->queued = true;
	list_add(&s->unacked, w);
	if (s->sending == NULL) {
		s->sending = w;
	}
	return true;
}

size_t quic_stream_peek(const struct quic_stream *s, ngtcp2_vec *vec,
			size_t max, size_t room, bool *more)
{
	const struct quic_write *w = s->sending;
	size_t n = 0;
	size_t len = 0;

	*more = false;
	for (; w != NULL && len < room; w = w->next) {
		size_t i = w->vec_index;
		size_t offset = w->vec_offset;

		for (; i < w->count && len < room; i++, offset = 0) {
			if (w->vec[i].len == offset) {
				continue;
			}
			if (n == max) {
				*more = true;
				return n;
			}
			vec[n].base = w->vec[i].base + offset;
			vec[n].len = w->vec[i].len - offset;
			len += vec[n].len;
			n++;
		}
	}
	*more = len >= room;
	return n;
}

/* Move the place where sent ends forward, at most to the end of w. */
static size_t advance(struct quic_write *w, size_t len)
{
	size_t n = min_size(len, w->len - w->sent);
	size_t left = n;

	w->sent += n;
	while (left > 0) {
		size_t here = w->vec[w->vec_index].len - w->vec_offset;

		if (left < here) {
			w->vec_offset += left;
			break;
		}
		left -= here;
		w->vec_index++;
		w->vec_offset = 0;
	}
	return n;
}

void quic_stream_sent(struct quic_stream *s, size_t len)
{
	s->bytes_out += len;
	while (len > 0 && s->sending != NULL) {
		len -= advance(s->sending, len);
		if (s->sending->sent == s->sending->len) {
			s->sending = s->sending->next;
		}
	}
}

void quic_stream_acked(struct quic_stream *s, uint64_t len)
{
	s->bytes_acked += len;
	while (s->unacked.first != NULL) {
		struct quic_write *w = s->unacked.first;
		size_t rest = w->len - s->first_acked;

		if (len < rest) {
			s->first_acked += (size_t)len;
			return;
		}
		len -= rest;
		s->first_acked = 0;
		list_remove(&s->unacked, w);
		list_add(&s->acked, w);
		w->done_waiting = true;
	}
}

void quic_stream_rewind(struct quic_stream *s)
{
	struct quic_write *w = NULL;

	for (w = s->unacked.first; w != NULL; w = w->next) {
		w->sent = 0;
		w->vec_index = 0;
		w->vec_offset = 0;
	}
	s->sending = s->unacked.first;
	s->first_acked = 0;
	s->bytes_out = 0;
	s->bytes_acked = 0;
	s->finished = false;
}

bool quic_stream_end_due(const struct quic_stream *s)
{
	return s->finishing && !s->finished;
}

bool quic_stream_waits(const struct quic_stream *s)
{
	const struct quic_write *w = s->unacked.first;

	return w != NULL && w->sent > s->first_acked;
}

bool quic_stream_idle(const struct quic_stream *s)
{
	return s->unacked.first == NULL;
}

bool quic_stream_cancel(struct quic_stream *s, struct quic_write *w)
{
	if (!w->queued) {
		return false;
	}
	w->queued = false;
	if (w->done_waiting) {
		list_remove(&s->acked, w);
		return false;
	}
	if (s->sending == w) {
		s->sending = w->next;
	}
	if (s->unacked.first == w) {
		s->first_acked = 0;
	}
	list_remove(&s->unacked, w);
	return w->sent > 0;
}

static struct quic_write *list_pop(struct quic_write_list *l)
{
	struct quic_write *w = l->first;

	if (w != NULL) {
		list_remove(l, w);
		w->queued = false;
	}
	return w;
}

struct quic_write *quic_stream_pop_acked(struct quic_stream *s)
{
	return list_pop(&s->acked);
}

struct quic_write *quic_stream_pop_unacked(struct quic_stream *s)
{
	s->sending = NULL;
	s->first_acked = 0;
	return list_pop(&s->unacked);
}
