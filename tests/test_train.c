/* SPDX-License-Identifier: GPL-3.0-or-later */
/* linkemu/train.c: many UDP packets in one frame, and one by one. */
#include <string.h>
#include <linux/virtio_net.h>

#include "tests/testlib.h"
#include "tests/linkemu/packet.h"
#include "tests/linkemu/train.h"

#define V4	28u
#define V6	48u
#define SEGMENT 1000u

static const uint8_t head4[V4] = {
	0x45, 2, 0,  0,	 0x12, 0x34, 0x40, 0,	 64, 17,   0, 0, 10, 77,
	1,    2, 10, 77, 0,    1,    0xc3, 0x50, 1,  0xbb, 0, 0, 0,  0};
static const uint8_t head6[V6] = {
	0x60, 0x20, 0, 0, 0, 0, 17, 64, 0xfd, 0,    0, 0,    0, 0, 0, 0,
	0,    0,    0, 0, 0, 0, 0,  2,	0xfd, 0,    0, 0,    0, 0, 0, 0,
	0,    0,    0, 0, 0, 0, 0,  1,	0xc3, 0x50, 1, 0xbb, 0, 0, 0, 0};

/* One packet with its lengths and checksums. @return its length. */
static size_t make(uint8_t *out, bool v6, size_t payload, uint8_t fill,
		   uint16_t number)
{
	size_t headers = v6 ? V6 : V4;
	struct packet p;

	memcpy(out, v6 ? head6 : head4, headers);
	memset(out + headers, fill, payload);
	assert_true(packet_parse(out, headers + payload, &p));
	packet_resize(&p, number);
	packet_finish(&p);
	return headers + payload;
}

/* RFC 768, RFC 791: what a receiver looks at, word by word. */
static uint16_t sum(uint32_t s, const uint8_t *p, size_t len)
{
	size_t i = 0;

	for (i = 0; i < len; i++) {
		s += i % 2 == 0 ? (uint32_t)p[i] << 8 : p[i];
		s = (s & 0xffff) + (s >> 16);
	}
	return (uint16_t)s;
}

static void assert_sound(uint8_t *data, size_t len)
{
	struct packet p;

	assert_true(packet_parse(data, len, &p));
	assert_int_equal(sum(sum((uint32_t)(17 + len - p.ports),
				 data + p.source, 2 * p.address_len),
			     data + p.ports, len - p.ports),
			 0xffff);
	if (p.family == 4) {
		assert_int_equal(sum(0, data, p.ports), 0xffff);
		assert_int_equal(data[2] << 8 | data[3], len);
	} else {
		assert_int_equal(data[4] << 8 | data[5], len - 40);
	}
	assert_int_equal(data[p.ports + 4] << 8 | data[p.ports + 5],
			 len - p.ports);
}

/* What goes in comes out, byte for byte, whichever way it travels. */
static void together_and_apart(bool v6, const size_t *payloads, size_t count)
{
	static struct train_join join;
	static struct train_cut cut;
	static uint8_t frame[TRAIN_HEAD + TRAIN_MAX];
	uint8_t want[TRAIN_MAX];
	struct virtio_net_hdr head;
	const uint8_t *joined = NULL;
	uint8_t *got = NULL;
	size_t len = 0, n = 0, i = 0;

	for (i = 0; i < count; i++) {
		len = make(want, v6, payloads[i], (uint8_t)(i + 1),
			   (uint16_t)i);
		assert_true(train_join_add(&join, want, len));
	}
	len = train_join_take(&join, &joined);
	memcpy(&head, joined, sizeof(head));
	assert_int_equal(head.gso_type, count > 1 ? VIRTIO_NET_HDR_GSO_UDP_L4
						  : VIRTIO_NET_HDR_GSO_NONE);
	assert_int_equal(train_join_take(&join, &joined), 0);
	memcpy(frame, joined, len);
	assert_true(train_cut_begin(&cut, frame, len));
	for (i = 0; i < count; i++) {
		got = train_cut_next(&cut, &n);
		assert_non_null(got);
		assert_sound(got, n);
		assert_int_equal(n, make(want, v6, payloads[i],
					 (uint8_t)(i + 1), (uint16_t)i));
		assert_memory_equal(got, want, n);
	}
	assert_null(train_cut_next(&cut, &n));
}

static void test_round_trip(void **state)
{
	static const size_t equal[] = {SEGMENT, SEGMENT, SEGMENT};
	static const size_t shorter[] = {SEGMENT, SEGMENT, 1};
	static const size_t odd[] = {333, 333, 332};

	(void)state;
	together_and_apart(false, equal, 3);
	together_and_apart(false, shorter, 3);
	together_and_apart(false, odd, 3);
	together_and_apart(false, equal, 1);
	together_and_apart(true, equal, 3);
	together_and_apart(true, shorter, 3);
	together_and_apart(true, shorter + 2, 1);
}

/* The kernel finishes the sum of what it gets in one piece: what is there is
 * that of the addresses, the protocol and the length. */
static void test_begun_checksum(void **state)
{
	static struct train_join join;
	uint8_t packet[V4 + SEGMENT];
	const uint8_t *frame = NULL;
	struct virtio_net_hdr head;
	size_t len = 0, i = 0;
	uint16_t begun = 0;

	(void)state;
	for (i = 0; i < 2; i++) {
		len = make(packet, false, SEGMENT, 7, (uint16_t)i);
		assert_true(train_join_add(&join, packet, len));
	}
	len = train_join_take(&join, &frame);
	assert_int_equal(len, TRAIN_HEAD + V4 + 2 * SEGMENT);
	memcpy(&head, frame, sizeof(head));
	assert_int_equal(head.flags, VIRTIO_NET_HDR_F_NEEDS_CSUM);
	assert_int_equal(head.csum_start, 20);
	assert_int_equal(head.csum_offset, 6);
	assert_int_equal(head.gso_size, SEGMENT);
	frame += TRAIN_HEAD;
	begun = sum(17 + 8 + 2 * SEGMENT, frame + 12, 8);
	assert_int_equal(frame[26] << 8 | frame[27], begun);
}

/* A single packet whose sum the kernel has left to the card. */
static void test_unfinished(void **state)
{
	static struct train_cut cut;
	struct virtio_net_hdr head = {.flags = VIRTIO_NET_HDR_F_NEEDS_CSUM,
				      .csum_start = 20,
				      .csum_offset = 6};
	uint8_t frame[TRAIN_HEAD + V4 + SEGMENT];
	uint8_t *got = NULL;
	size_t n = 0;

	(void)state;
	(void)make(frame + TRAIN_HEAD, false, SEGMENT, 9, 0);
	frame[TRAIN_HEAD + 26] ^= 0x55;
	memcpy(frame, &head, sizeof(head));
	assert_true(train_cut_begin(&cut, frame, sizeof(frame)));
	got = train_cut_next(&cut, &n);
	assert_int_equal(n, V4 + SEGMENT);
	assert_sound(got, n);
	assert_null(train_cut_next(&cut, &n));
}

/* What does not belong together stays apart. */
static void test_apart(void **state)
{
	static struct train_join join;
	static const size_t differs[] = {1 /* TOS */, 8 /* TTL */, 15,
					 19,	      21,	   23};
	const uint8_t *frame = NULL;
	uint8_t packet[V4 + SEGMENT + 1];
	size_t len = make(packet, false, SEGMENT, 1, 0);
	size_t i = 0;

	(void)state;
	for (i = 0; i < sizeof(differs) / sizeof(differs[0]); i++) {
		assert_true(train_join_add(&join, packet, len));
		packet[differs[i]] ^= 1;
		assert_false(train_join_add(&join, packet, len));
		packet[differs[i]] ^= 1;
		(void)train_join_take(&join, &frame);
	}
	/* longer than the first, after a shorter one, TCP */
	assert_true(train_join_add(&join, packet, len));
	len = make(packet, false, SEGMENT + 1, 1, 1);
	assert_false(train_join_add(&join, packet, len));
	len = make(packet, false, 10, 1, 1);
	assert_true(train_join_add(&join, packet, len));
	assert_false(train_join_add(&join, packet, len));
	(void)train_join_take(&join, &frame);
	packet[9] = 6;
	len = V4 + SEGMENT;
	assert_true(train_join_add(&join, packet, len));
	assert_false(train_join_add(&join, packet, len));
	(void)train_join_take(&join, &frame);
	/* other families, and what is no packet */
	len = make(packet, false, SEGMENT, 1, 0);
	assert_true(train_join_add(&join, packet, len));
	len = make(packet, true, 100, 1, 0);
	assert_false(train_join_add(&join, packet, len));
	assert_false(train_join_add(&join, packet, 3));
	(void)train_join_take(&join, &frame);
}

/* No frame is longer than a packet may be. */
static void test_full(void **state)
{
	static struct train_join join;
	static struct train_cut cut;
	const uint8_t *frame = NULL;
	uint8_t packet[V4 + SEGMENT];
	size_t len = make(packet, false, SEGMENT, 1, 0);
	size_t n = 0;

	(void)state;
	while (train_join_add(&join, packet, len)) {
		n++;
	}
	assert_in_range(n, 60, TRAIN_MAX / SEGMENT);
	len = train_join_take(&join, &frame);
	assert_int_equal(len, TRAIN_HEAD + V4 + n * SEGMENT);
	assert_true(train_cut_begin(&cut, (uint8_t *)(uintptr_t)frame, len));
	while (train_cut_next(&cut, &len) != NULL) {
		n--;
	}
	assert_int_equal(n, 0);
}

static void test_no_frame(void **state)
{
	static struct train_cut cut;
	struct virtio_net_hdr head = {.gso_type = VIRTIO_NET_HDR_GSO_TCPV4,
				      .gso_size = 100};
	uint8_t frame[TRAIN_HEAD + V4 + SEGMENT];

	(void)state;
	(void)make(frame + TRAIN_HEAD, false, SEGMENT, 1, 0);
	memset(frame, 0, TRAIN_HEAD);
	assert_false(train_cut_begin(&cut, frame, 0));
	assert_false(train_cut_begin(&cut, frame, TRAIN_HEAD));
	memcpy(frame, &head, sizeof(head));
	assert_false(train_cut_begin(&cut, frame, sizeof(frame)));
	head.gso_type = VIRTIO_NET_HDR_GSO_UDP_L4;
	head.gso_size = 0;
	memcpy(frame, &head, sizeof(head));
	assert_false(train_cut_begin(&cut, frame, sizeof(frame)));
	head.gso_size = 100;
	memcpy(frame, &head, sizeof(head));
	assert_false(train_cut_begin(&cut, frame, TRAIN_HEAD + 27));
	assert_true(train_cut_begin(&cut, frame, sizeof(frame)));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_round_trip),
		cmocka_unit_test(test_begun_checksum),
		cmocka_unit_test(test_unfinished),
		cmocka_unit_test(test_apart),
		cmocka_unit_test(test_full),
		cmocka_unit_test(test_no_frame),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
