/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * copy_rate.h - so many bytes a second and no more, for all copies together
 * that share it.
 */
#ifndef CLIENT_COPY_RATE_H
#define CLIENT_COPY_RATE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/** The most that may be asked for; more would be no limit. */
#define COPY_RATE_MAX ((uint64_t)1 << 40)

/** All zero but for the first: nothing has gone yet. */
struct copy_rate {
	uint64_t per_second; /**< bytes; 0: as many as can */
	uint64_t free_us;    /**< when the next ones may go */
};

/** "500000", "500K", "1.5M", "2G": bytes, K being 1024; "0": no limit.
 *  @return false: not of that form, or too much. */
bool copy_rate_parse(const char *text, uint64_t *per_second);

/**
 * May so many bytes go now? If so they are counted.
 *
 * @param now_us  of a clock that never goes back, microseconds.
 * @return 0; or how long to wait before asking again, microseconds, at most a
 *         second.
 */
uint64_t copy_rate_take(struct copy_rate *rate, uint64_t now_us,
			uint64_t bytes);

/** How large one request should be for the rate to be even.
 *  @param size  as it would be without a limit. */
size_t copy_rate_size(const struct copy_rate *rate, size_t size);

/** The clock for copy_rate_take(). */
uint64_t copy_rate_now(void);

#endif
