/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * quic_kernel_keys.c - new keys in time, RFC 9001 6: the kernel never changes
 * them by itself, and does not say how many packets it has sealed. Each side
 * asks for itself, and an answer of either brings new ones to both.
 */
#define LOG_MODULE "quic"
#include <errno.h>

#include "smbquic/log.h"
#include "smbquic/quic_kernel_private.h"

/*
 * RFC 9001 6.6: 2^23 packets by AES-GCM, 2^21.5 by AES-CCM. We count by
 * size, as if there were the smallest packets; a third of CCM's is early
 * enough for those that are lost and sent again, and what is twice that is the
 * end.
 */
#define FIRST		 ((uint64_t)1 << 20)
#define LAST		 (2 * FIRST)
#define CLOSE_AEAD_LIMIT 0x0f /* RFC 9000 20.1: AEAD_LIMIT_REACHED */
/* What a packet carries of a stream, on a path that takes no more than QUIC
 * needs. */
#define CARRIED 1100
/* Another attempt is made that many times until it is too late. */
#define ATTEMPTS 16

uint64_t qk_key_packets = FIRST;

int qk_update_keys(void *state)
{
	struct quic_kernel *k =
		talloc_get_type_abort(state, struct quic_kernel);
	int err = k->over ? EPIPE : qk_new_keys(k->fd);

	if (err == ENOPROTOOPT) {
		return ENOTSUP;
	}
	if (err != 0) {
		return EAGAIN; /* not before the peer has used the last ones */
	}
	k->keys = (struct qk_keys){0};
	log_debug("%s: the keys are new", k->peer.address);
	return 0;
}

void qk_keys_used(struct quic_kernel *k, size_t sent, size_t received)
{
	struct qk_keys *keys = &k->keys;

	/* every other packet is acknowledged */
	keys->packets += sent / CARRIED + received / (2 * CARRIED) + 1;
	if (keys->packets < qk_key_packets || keys->packets < keys->next) {
		return;
	}
	keys->next = keys->packets + qk_key_packets / ATTEMPTS;
	if (qk_update_keys(k) != 0 && keys->packets >= LAST) {
		qk_conn_give_up(k, ECONNABORTED, CLOSE_AEAD_LIMIT,
				"the keys of the connection are used up, and "
				"the kernel makes no new ones");
	}
}
