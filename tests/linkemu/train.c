/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * train.c - many UDP packets in one frame, and one by one.
 */
#include <string.h>
#include <linux/virtio_net.h>
#include <netinet/in.h>

#include "tests/linkemu/packet.h"
#include "tests/linkemu/train.h"

#define UDP_HEADER    8
#define MAX_SEGMENTS  64 /* the kernel takes 128, the older ones 64 */
#define GSO_KIND(hdr) ((hdr)->gso_type & ~VIRTIO_NET_HDR_GSO_ECN)

_Static_assert(sizeof(struct virtio_net_hdr) == TRAIN_HEAD, "head of a frame");

/* --- apart --------------------------------------------------------------- */

static bool cut_train(struct train_cut *c, const struct virtio_net_hdr *head)
{
	struct packet p;

	if (GSO_KIND(head) != VIRTIO_NET_HDR_GSO_UDP_L4 ||
	    !packet_parse(c->packet, c->len, &p) || p.protocol != IPPROTO_UDP ||
	    head->gso_size == 0) {
		return false;
	}
	c->headers = p.payload;
	c->segment = head->gso_size;
	c->at = c->headers;
	return true;
}

bool train_cut_begin(struct train_cut *c, uint8_t *frame, size_t len)
{
	struct virtio_net_hdr head;
	struct packet p;

	c->headers = 0;
	c->at = 0;
	c->number = 0;
	if (len <= TRAIN_HEAD || len > TRAIN_HEAD + TRAIN_MAX) {
		return false;
	}
	memcpy(&head, frame, sizeof(head));
	c->packet = frame + TRAIN_HEAD;
	c->len = len - TRAIN_HEAD;
	if (GSO_KIND(&head) != VIRTIO_NET_HDR_GSO_NONE) {
		return cut_train(c, &head);
	}
	if ((head.flags & VIRTIO_NET_HDR_F_NEEDS_CSUM) != 0) {
		if (!packet_parse(c->packet, c->len, &p)) {
			return false;
		}
		packet_finish(&p);
	}
	return true;
}

uint8_t *train_cut_next(struct train_cut *c, size_t *len)
{
	size_t left = c->len - c->at;
	size_t n = left < c->segment ? left : c->segment;
	struct packet p;

	if (left == 0) {
		return NULL;
	}
	if (c->headers == 0) {
		c->at = c->len;
		*len = c->len;
		return c->packet;
	}
	memcpy(c->out, c->packet, c->headers);
	memcpy(c->out + c->headers, c->packet + c->at, n);
	c->at += n;
	*len = c->headers + n;
	if (!packet_parse(c->out, *len, &p)) {
		return NULL;
	}
	packet_resize(&p, c->number++);
	packet_finish(&p);
	return c->out;
}

/* --- together ------------------------------------------------------------ */

/* Where they may differ: lengths, IPv4's number and checksums. */
static bool same_flow(const struct packet *a, const struct packet *b)
{
	bool v4 = a->family == 4;

	return a->family == b->family &&
	       memcmp(a->data, b->data, v4 ? 2 : 4) == 0 &&
	       memcmp(a->data + 6, b->data + 6, v4 ? 4 : 2) == 0 &&
	       memcmp(a->data + a->source, b->data + b->source,
		      2 * a->address_len) == 0 &&
	       memcmp(a->data + a->ports, b->data + b->ports, 4) == 0;
}

static bool plain_udp(uint8_t *packet, size_t len, struct packet *p)
{
	return packet_parse(packet, len, p) && p->protocol == IPPROTO_UDP &&
	       p->ports == (p->family == 4 ? 20 : 40) && len > p->payload;
}

static void join_first(struct train_join *j, const uint8_t *packet, size_t len)
{
	struct packet p;

	memcpy(j->frame + TRAIN_HEAD, packet, len);
	j->len = len;
	j->count = 1;
	j->headers = 0;
	if (plain_udp(j->frame + TRAIN_HEAD, len, &p)) {
		j->headers = p.payload;
		j->segment = len - p.payload;
	}
}

bool train_join_add(struct train_join *j, const uint8_t *packet, size_t len)
{
	struct packet first, p;
	size_t n = 0;

	if (j->len == 0) {
		join_first(j, packet, len);
		return true;
	}
	if (j->headers == 0 || j->count == MAX_SEGMENTS ||
	    !plain_udp((uint8_t *)(uintptr_t)packet, len, &p)) {
		return false;
	}
	n = len - p.payload;
	(void)packet_parse(j->frame + TRAIN_HEAD, j->len, &first);
	if (n > j->segment || j->len + n > TRAIN_MAX ||
	    !same_flow(&first, &p)) {
		return false;
	}
	memcpy(j->frame + TRAIN_HEAD + j->len, packet + p.payload, n);
	j->len += n;
	j->count++;
	if (n < j->segment) {
		j->headers = 0; /* the last one alone may be shorter */
	}
	return true;
}

static void finish_train(struct train_join *j, struct virtio_net_hdr *head)
{
	struct packet p;

	(void)packet_parse(j->frame + TRAIN_HEAD, j->len, &p);
	packet_resize(&p, 0);
	packet_begin_checksum(&p);
	head->flags = VIRTIO_NET_HDR_F_NEEDS_CSUM;
	head->gso_type = VIRTIO_NET_HDR_GSO_UDP_L4;
	head->hdr_len = (uint16_t)p.payload;
	head->gso_size = (uint16_t)j->segment;
	head->csum_start = (uint16_t)p.ports;
	head->csum_offset = UDP_HEADER - 2;
}

size_t train_join_take(struct train_join *j, const uint8_t **frame)
{
	struct virtio_net_hdr head = {0};
	size_t len = j->len;

	if (len == 0) {
		return 0;
	}
	if (j->count > 1) {
		finish_train(j, &head);
	}
	memcpy(j->frame, &head, sizeof(head));
	*frame = j->frame;
	j->len = 0;
	return TRAIN_HEAD + len;
}
