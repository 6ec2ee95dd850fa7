/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Memory that is needed soon, asked for now: it comes into the caches while
 * the processor has something else to do. No more than a packet of a usual
 * link is worth it; what follows the processor foresees by itself.
 */
#ifndef SMBQUIC_PREFETCH_H
#define SMBQUIC_PREFETCH_H

#include <stddef.h>
#include <stdint.h>

#define PREFETCH_LINE 64u
#define PREFETCH_MOST 2048u

/* It is read once: what the caches hold already is worth more afterwards. */
static inline void prefetch_to_read(const uint8_t *data, size_t len)
{
	size_t at = 0;

	for (at = 0; at < len && at < PREFETCH_MOST; at += PREFETCH_LINE) {
		__builtin_prefetch(data + at, 0, 0);
	}
}

static inline void prefetch_to_write(const uint8_t *data, size_t len)
{
	size_t at = 0;

	for (at = 0; at < len && at < PREFETCH_MOST; at += PREFETCH_LINE) {
		__builtin_prefetch(data + at, 1);
	}
}

#endif
