/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * packet.c - headers of IP, UDP and TCP.
 */
#include <string.h>
#include <arpa/inet.h>
#include <netinet/in.h>

#include "tests/linkemu/packet.h"

#define IPV4_NUMBER   4
#define IPV4_CHECKSUM 10
#define UDP_HEADER    8
#define TCP_HEADER    20

static uint16_t get16(const uint8_t *p)
{
	return (uint16_t)(p[0] << 8 | p[1]);
}

static void put16(uint8_t *p, uint16_t v)
{
	p[0] = (uint8_t)(v >> 8);
	p[1] = (uint8_t)v;
}

static bool parse_ipv4(struct packet *p, size_t *inside)
{
	const uint8_t *d = p->data;
	size_t header = (size_t)(d[0] & 0xf) * 4;

	if (p->len < 20 || header < 20 || header > p->len) {
		return false;
	}
	if ((get16(d + 6) & 0x3fff) != 0) {
		return false; /* a fragment */
	}
	p->family = 4;
	p->protocol = d[9];
	p->source = 12;
	p->destination = 16;
	p->address_len = 4;
	*inside = header;
	return true;
}

static bool parse_ipv6(struct packet *p, size_t *inside)
{
	if (p->len < 40) {
		return false;
	}
	p->family = 6;
	p->protocol = p->data[6];
	p->source = 8;
	p->destination = 24;
	p->address_len = 16;
	*inside = 40;
	return true;
}

bool packet_parse(uint8_t *data, size_t len, struct packet *out)
{
	size_t inside = 0;
	bool ip = false;

	*out = (struct packet){.data = data, .len = len};
	if (len == 0) {
		return false;
	}
	switch (data[0] >> 4) {
	case 4: ip = parse_ipv4(out, &inside); break;
	case 6: ip = parse_ipv6(out, &inside); break;
	default: break;
	}
	if (!ip) {
		return false;
	}
	out->ports = inside;
	if (out->protocol == IPPROTO_UDP) {
		out->checksum = inside + 6;
		out->payload = inside + UDP_HEADER;
	} else if (out->protocol == IPPROTO_TCP) {
		out->checksum = inside + 16;
		out->payload = inside + TCP_HEADER;
	} else {
		return false;
	}
	return out->payload <= len;
}

/* RFC 1624: a checksum after one word of what it covers has changed. */
static void adjust(uint8_t *checksum, uint16_t before, uint16_t after)
{
	uint32_t sum = (uint16_t)~get16(checksum);

	sum += (uint16_t)~before;
	sum += after;
	sum = (sum & 0xffff) + (sum >> 16);
	sum = (sum & 0xffff) + (sum >> 16);
	put16(checksum, (uint16_t)~sum);
}

static void adjust_transport(struct packet *p, uint16_t before, uint16_t after)
{
	uint8_t *checksum = p->data + p->checksum;

	if (p->protocol == IPPROTO_UDP && get16(checksum) == 0) {
		return; /* there is none */
	}
	adjust(checksum, before, after);
	if (p->protocol == IPPROTO_UDP && get16(checksum) == 0) {
		put16(checksum, 0xffff);
	}
}

void packet_rewrite(struct packet *p, size_t at, const uint8_t *bytes,
		    size_t len)
{
	size_t i = 0;

	for (i = 0; i + 1 < len; i += 2) {
		uint16_t before = get16(p->data + at + i);
		uint16_t after = get16(bytes + i);

		put16(p->data + at + i, after);
		adjust_transport(p, before, after);
		if (p->family == 4 && at < p->ports) {
			adjust(p->data + IPV4_CHECKSUM, before, after);
		}
	}
}

/* --- afresh -------------------------------------------------------------- */

static uint64_t sum_words(uint64_t sum, const uint8_t *p, size_t len)
{
	size_t i = 0;

	for (; len - i >= 4; i += 4) {
		uint32_t four = 0;

		memcpy(&four, p + i, sizeof(four));
		sum += ntohl(four);
	}
	if (len - i >= 2) {
		sum += get16(p + i);
		i += 2;
	}
	return i < len ? sum + (uint64_t)(p[i] << 8) : sum;
}

/* To 16 bits: 2^16 counts as 1. */
static uint16_t folded(uint64_t sum)
{
	while (sum > 0xffff) {
		sum = (sum & 0xffff) + (sum >> 16);
	}
	return (uint16_t)sum;
}

void packet_resize(struct packet *p, uint16_t number)
{
	uint8_t *d = p->data;

	if (p->family == 4) {
		put16(d + 2, (uint16_t)p->len);
		put16(d + IPV4_NUMBER,
		      (uint16_t)(get16(d + IPV4_NUMBER) + number));
		put16(d + IPV4_CHECKSUM, 0);
		put16(d + IPV4_CHECKSUM,
		      (uint16_t)~folded(sum_words(0, d, p->ports)));
	} else {
		put16(d + 4, (uint16_t)(p->len - p->ports));
	}
	if (p->protocol == IPPROTO_UDP) {
		put16(d + p->ports + 4, (uint16_t)(p->len - p->ports));
	}
}

static uint64_t pseudo_header(const struct packet *p)
{
	return sum_words(p->protocol + (uint64_t)(p->len - p->ports),
			 p->data + p->source, 2 * p->address_len);
}

void packet_begin_checksum(struct packet *p)
{
	put16(p->data + p->checksum, folded(pseudo_header(p)));
}

void packet_finish(struct packet *p)
{
	uint16_t sum = 0;

	put16(p->data + p->checksum, 0);
	sum = (uint16_t)~folded(sum_words(pseudo_header(p), p->data + p->ports,
					  p->len - p->ports));
	put16(p->data + p->checksum,
	      p->protocol == IPPROTO_UDP && sum == 0 ? 0xffff : sum);
}

uint16_t packet_port(const struct packet *p, bool destination)
{
	return get16(p->data + p->ports + (destination ? 2 : 0));
}

bool packet_corrupt(uint8_t *data, size_t len, uint64_t where)
{
	struct packet p;
	size_t word = 0;
	size_t words = 0;
	uint16_t before = 0;
	uint16_t after = 0;

	if (!packet_parse(data, len, &p)) {
		return false;
	}
	words = (len - p.payload) / 2;
	if (words == 0) {
		return false;
	}
	word = p.payload + where / 16 % words * 2;
	before = get16(data + word);
	after = (uint16_t)(before ^ 1u << where % 16);
	put16(data + word, after);
	if (p.protocol == IPPROTO_UDP) {
		adjust_transport(&p, before, after);
	}
	return true;
}
