/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * quic_output.c - packets, row by row, into trains of one size.
 */
#include <errno.h>
#include <string.h>

#include "smbquic/prefetch.h"
#include "smbquic/quic_conn_private.h"

/* Pieces of stream data that one call of ngtcp2 gets to see. */
#define VEC_MAX 32

/* A train under construction. */
struct builder {
	struct udp_train train;
	uint8_t *next;	/* where the next packet goes */
	bool complete;	/* the last packet was a shorter one */
	bool blocked;	/* the way out is full */
	size_t written; /* bytes in all */
};

static void set_addresses(struct udp_train *t, const ngtcp2_path *path)
{
	udp_address_set(&t->local, path->local.addr, path->local.addrlen);
	udp_address_set(&t->peer, path->remote.addr, path->remote.addrlen);
}

bool quic_emit_packet(struct quic_conn *c, const ngtcp2_path *path, uint8_t ecn,
		      uint8_t *data, size_t len)
{
	struct udp_train t = {
		.data = data, .len = len, .segment = len, .ecn = ecn};

	set_addresses(&t, path);
	c->packets_out++;
	return c->ops->emit(c->where, &t);
}

static void flush(struct quic_conn *c, struct builder *b)
{
	if (b->train.len == 0) {
		return;
	}
	if (!c->ops->emit(c->where, &b->train)) {
		b->blocked = true;
	}
	b->train.data += b->train.len;
	b->train.len = 0;
	b->complete = false;
}

static bool same_address(const union udp_address *a, const ngtcp2_addr *b)
{
	return udp_address_len(a) == b->addrlen &&
	       memcmp(a, b->addr, b->addrlen) == 0;
}

/* Can a packet join the train? */
static bool fits(const struct builder *b, const ngtcp2_path *path, uint8_t ecn,
		 size_t len)
{
	return !b->complete && len <= b->train.segment && ecn == b->train.ecn &&
	       b->train.len + len <= UDP_TRAIN_SEND &&
	       same_address(&b->train.local, &path->local) &&
	       same_address(&b->train.peer, &path->remote);
}

static void add(struct quic_conn *c, struct builder *b, const ngtcp2_path *path,
		uint8_t ecn, size_t len)
{
	if (b->train.len > 0 && !fits(b, path, ecn, len)) {
		flush(c, b);
	}
	if (b->train.len == 0) {
		b->train.segment = len;
		b->train.ecn = ecn;
		set_addresses(&b->train, path);
	}
	b->train.len += len;
	b->next += len;
	b->written += len;
	b->complete = len < b->train.segment;
	c->packets_out++;
}

/* Is as much on its way as makes sense? */
static bool flight_is_full(struct quic_conn *c, quic_time now)
{
	ngtcp2_conn_info info;

	ngtcp2_conn_get_conn_info(c->ng, &info);
	return info.bytes_in_flight >= quic_flight_limit(&c->flight,
							 info.smoothed_rtt,
							 info.min_rtt, now);
}

static size_t min_size(size_t a, size_t b)
{
	return a < b ? a : b;
}

/* What the packet after this one copies is on its way into the caches while
 * this one is sealed: another thread has written it, on another core. */
static void fetch_ahead(const ngtcp2_vec *vec, size_t count, size_t room)
{
	size_t skip = room;
	size_t i = 0;

	for (i = 0; i < count && vec[i].len <= skip; i++) {
		skip -= vec[i].len;
	}
	if (i < count) {
		prefetch_to_read(vec[i].base + skip,
				 min_size(room, vec[i].len - skip));
	}
}

/* One packet: stream data as far as it fits, and whatever else ngtcp2 has.
 * @param blocked  no stream data.
 * @return its length, 0: nothing now, or an error of ngtcp2. */
static ngtcp2_ssize write_packet(struct quic_conn *c, ngtcp2_path *path,
				 ngtcp2_pkt_info *pi, uint8_t *dest,
				 size_t room, bool blocked, quic_time now)
{
	size_t most = ngtcp2_conn_get_path_max_tx_udp_payload_size(c->ng);

	for (;;) {
		ngtcp2_vec vec[VEC_MAX];
		ngtcp2_ssize taken = -1;
		ngtcp2_ssize n = 0;
		bool more = false;
		bool last = false;
		size_t count = 0;

		if (!blocked) {
			count = quic_stream_peek(&c->stream, vec, VEC_MAX, most,
						 &more);
			last = !more && quic_stream_end_due(&c->stream);
			fetch_ahead(vec, count, most);
		}
		n = ngtcp2_conn_writev_stream(
			c->ng, path, pi, dest, room, &taken,
			more   ? NGTCP2_WRITE_STREAM_FLAG_MORE
			: last ? NGTCP2_WRITE_STREAM_FLAG_FIN
			       : NGTCP2_WRITE_STREAM_FLAG_NONE,
			count > 0 || last ? c->stream_id : -1, vec, count, now);
		if (taken > 0) {
			quic_stream_sent(&c->stream, (size_t)taken);
			quic_mtu_sent(&c->mtu, now);
		}
		/* the end goes with the last byte, not before it */
		if (last && taken >= 0 && c->stream.sending == NULL) {
			c->stream.finished = true;
		}
		if (n == NGTCP2_ERR_WRITE_MORE) {
			continue;
		}
		if (n == NGTCP2_ERR_STREAM_SHUT_WR) {
			quic_conn_doom(c, ECONNRESET, TRANSPORT_CLOSE_DONE,
				       "the peer does not want to read the "
				       "stream any more");
		}
		if (n == NGTCP2_ERR_STREAM_DATA_BLOCKED ||
		    n == NGTCP2_ERR_STREAM_SHUT_WR ||
		    n == NGTCP2_ERR_STREAM_NOT_FOUND) {
			/* The packet still wants to be finished. */
			blocked = true;
			continue;
		}
		return n;
	}
}

/* Are acknowledgements all there is to say, and is it too early for them? */
static bool gathers(struct quic_conn *c, quic_time now)
{
	return c->confirmed && c->stream.sending == NULL &&
	       !quic_stream_end_due(&c->stream) && c->credit < c->window / 4 &&
	       quic_gather_waits(&c->gather, c->stream.bytes_in, now);
}

/* A quantum is one full train: 64 KiB, what RFC 9002 7.7 lets go at once on
 * a path that is fast enough for it to matter. */
bool quic_conn_output(struct quic_conn *c, uint8_t *scratch, quic_time now)
{
	struct builder b = {.next = scratch, .train = {.data = scratch}};
	bool more = false;
	bool full = false;
	size_t room = 0;

	if (c->ng == NULL) {
		return false;
	}
	if (gathers(c, now)) {
		return false;
	}
	now = quic_hold(c, now);
	quic_pace_catch_up(c, now);
	if (c->ng == NULL) {
		return false;
	}
	quic_conn_give_credit(c);
	room = quic_mtu_room(&c->mtu, now);
	full = flight_is_full(c, now);
	while (!b.blocked) {
		ngtcp2_path_storage ps;
		ngtcp2_pkt_info pi = {0};
		ngtcp2_ssize n = 0;

		if (b.written + b.train.segment > UDP_TRAIN_SEND) {
			more = true;
			break;
		}
		ngtcp2_path_storage_zero(&ps);
		n = write_packet(c, &ps.path, &pi, b.next, room,
				 full || c->stream_id == -1, now);
		if (n < 0) {
			flush(c, &b);
			quic_conn_fail(c, (int)n, now);
			return false;
		}
		if (n == 0) {
			break;
		}
		add(c, &b, &ps.path, pi.ecn, (size_t)n);
	}
	flush(c, &b);
	quic_hold_sent(c, b.written > 0);
	quic_gather_sent(&c->gather, c->stream.bytes_in);
	quic_pace(c, more || b.blocked, now);
	if (c->doomed) {
		quic_conn_fail(c, 0, now);
		return false;
	}
	return more;
}
