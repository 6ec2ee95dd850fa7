/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What a stranger answers to a probe. The first byte chooses: UDP ('U'), whose
 * connection ids are all 'i', or SMB, where rounds of two bytes of length and
 * an answer follow each other.
 */
#include <stdlib.h>
#include <string.h>

#include "client/probe_private.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void udp(struct wire_slice datagram)
{
	struct probe_udp ask = {0};

	memset(ask.cid, 'i', sizeof(ask.cid));
	if (probe_udp_answer(&ask, datagram) &&
	    ask.count > CLIENT_PROBE_VERSIONS) {
		abort();
	}
}

static void smb(struct wire_reader *r)
{
	struct probe_offer offer = probe_offer_all("fuzz", true);
	struct client_probe_smb found = {0};
	unsigned rounds = 0;
	bool more = true;

	while (more && wire_left(r) > 2) {
		size_t len = wire_get_u16(r);

		if (len > wire_left(r)) {
			len = wire_left(r);
		}
		if (!probe_smb_answer(wire_get(r, len), &offer, &found,
				      &more)) {
			return;
		}
		rounds++;
	}
	/* each round takes something from the offer */
	if (rounds > 2 * CLIENT_PROBE_ALGORITHMS ||
	    found.ciphers.count > CLIENT_PROBE_ALGORITHMS) {
		abort();
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct wire_reader r = wire_reader(data, size);

	if (wire_get_u8(&r) == 'U') {
		udp(wire_get_rest(&r));
	} else {
		smb(&r);
	}
	return 0;
}
