/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * train.h - UDP packets of one flow that a device gives and takes in one piece,
 * as network cards do (segmentation and its reverse): with the head that
 * <linux/virtio_net.h> describes, in the order of bytes of this machine.
 *
 * The link knows single packets alone: a train is taken apart before it and
 * what leaves it at the same time is put together again.
 */
#ifndef LINKEMU_TRAIN_H
#define LINKEMU_TRAIN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifndef VIRTIO_NET_HDR_GSO_UDP_L4 /* Linux 6.2 */
#define VIRTIO_NET_HDR_GSO_UDP_L4 5
#endif

#define TRAIN_HEAD 10	 /**< bytes before the packet: struct virtio_net_hdr */
#define TRAIN_MAX  65535 /**< bytes of the packet itself */

/** A frame that is being taken apart. */
struct train_cut {
	uint8_t *packet;
	size_t len;
	size_t headers; /**< of each packet; 0: it is one packet */
	size_t segment; /**< of payload in each but the last */
	size_t at;	/**< what has been given */
	uint16_t number;
	uint8_t out[TRAIN_MAX];
};

/**
 * @param frame  head and packet, from the device; is used until the last
 *               packet was taken, and changed.
 * @return false: neither a packet nor a train of UDP: drop it.
 */
bool train_cut_begin(struct train_cut *c, uint8_t *frame, size_t len);

/** The next packet, complete with its checksums; valid until the next call.
 * @return NULL: there is none. */
uint8_t *train_cut_next(struct train_cut *c, size_t *len);

/** A frame that is being put together. */
struct train_join {
	uint8_t frame[TRAIN_HEAD + TRAIN_MAX];
	size_t len;	/**< of the packet; 0: there is none */
	size_t headers; /**< 0: nothing can follow */
	size_t segment; /**< bytes of payload in the first packet */
	unsigned count;
};

/** @return false: it does not continue what is there; that must go first. */
bool train_join_add(struct train_join *j, const uint8_t *packet, size_t len);

/** What was put together, head and all, and nothing is there any more.
 * @return its length, 0: nothing was there. */
size_t train_join_take(struct train_join *j, const uint8_t **frame);

#endif
