/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * quic_outbox.c - trains on their way out. What the socket does not take now
 * is kept, and nobody produces more until it is gone.
 */
#include <errno.h>
#include <string.h>

#include "smbquic/quic_endpoint_private.h"

/* A train that the socket did not take yet. */
struct kept {
	struct kept *next;
	struct udp_train train;
	uint8_t data[];
};

static void unstall(struct quic_endpoint *e);

static void keep(struct quic_endpoint *e, const struct udp_train *t,
		 size_t sent)
{
	struct kept *k = talloc_size(e, sizeof(*k) + t->len - sent);

	if (k == NULL) {
		return; /* lost, as any datagram may be */
	}
	k->next = NULL;
	k->train = *t;
	k->train.len = t->len - sent;
	k->train.data = k->data;
	memcpy(k->data, t->data + sent, k->train.len);
	if (e->kept_last != NULL) {
		e->kept_last->next = k;
	} else {
		e->kept = k;
	}
	e->kept_last = k;
	TEVENT_FD_WRITEABLE(e->fde);
}

/* A connected socket reports here what ICMP said of an earlier datagram, and
 * sends nothing: so once more. */
static int try_send(struct quic_endpoint *e, const struct udp_train *t,
		    size_t *sent)
{
	int err = udp_send(e->socket, t, sent);

	if (err != 0 && err != EAGAIN) {
		e->send_error = err;
		err = udp_send(e->socket, t, sent);
	}
	return err;
}

bool quic_outbox_send(struct quic_endpoint *e, const struct udp_train *t)
{
	size_t sent = 0;

	if (e->kept != NULL) {
		keep(e, t, 0);
		return false;
	}
	if (try_send(e, t, &sent) == EAGAIN) {
		keep(e, t, sent);
		return false;
	}
	return true;
}

void quic_outbox_clear(struct quic_endpoint *e)
{
	while (e->kept != NULL) {
		struct kept *k = e->kept;

		e->kept = k->next;
		talloc_free(k);
	}
	e->kept_last = NULL;
	unstall(e);
}

static void unstall(struct quic_endpoint *e)
{
	struct quic_slot *s = NULL;

	for (s = e->slots.first; s != NULL; s = s->next) {
		if (s->stalled) {
			s->stalled = false;
			quic_slot_mark(s);
		}
	}
}

void quic_outbox_writable(struct quic_endpoint *e)
{
	while (e->kept != NULL) {
		struct kept *k = e->kept;
		size_t sent = 0;

		if (try_send(e, &k->train, &sent) == EAGAIN) {
			k->train.data += sent;
			k->train.len -= sent;
			return;
		}
		e->kept = k->next;
		if (e->kept == NULL) {
			e->kept_last = NULL;
		}
		talloc_free(k);
	}
	TEVENT_FD_NOT_WRITEABLE(e->fde);
	unstall(e);
}
