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

static inline const uint8_t *prefetch_end(const uint8_t *data, size_t len)
{
	return data + (len < PREFETCH_MOST ? len : PREFETCH_MOST);
}

/* It is read once: what the caches hold already is worth more afterwards. */
static inline void prefetch_to_read(const uint8_t *data, size_t len)
{
	const uint8_t *end = prefetch_end(data, len);

	for (; data < end; data += PREFETCH_LINE) {
		__builtin_prefetch(data, 0, 0);
	}
}

static inline void prefetch_to_write(const uint8_t *data, size_t len)
{
	const uint8_t *end = prefetch_end(data, len);

	for (; data < end; data += PREFETCH_LINE) {
		__builtin_prefetch(data, 1);
	}
}

#endif
