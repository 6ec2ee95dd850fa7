/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Limits of copies: every byte takes its time, and what was not used of it is
 * not saved up, but for a moment. */
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "client/copy_rate.h"

#define SECOND	    1000000u
#define SAVED_US    100000u /* timers come late */
#define SIZE_LEAST  4096u
#define IN_A_SECOND 4 /* requests of one size */

bool copy_rate_parse(const char *text, uint64_t *per_second)
{
	static const char units[] = "KMG";
	char *end = NULL;
	double value = strtod(text, &end);
	const char *unit = NULL;

	*per_second = 0;
	/* strtod() takes signs, blanks, hexadecimals and names as well */
	if (strspn(text, "0123456789.") != (size_t)(end - text) ||
	    end == text) {
		return false;
	}
	if (*end != '\0') {
		unit = strchr(units, *end & ~0x20);
		if (unit == NULL || end[1] != '\0') {
			return false;
		}
		value *= (double)((uint64_t)1024 << (10 * (unit - units)));
	}
	if (value > (double)COPY_RATE_MAX) {
		return false;
	}
	/* Less than a byte a second is meant to be little, and not all. */
	*per_second = value > 0 && value < 1 ? 1 : (uint64_t)value;
	return true;
}

uint64_t copy_rate_take(struct copy_rate *rate, uint64_t now_us, uint64_t bytes)
{
	uint64_t wait = 0;

	if (rate->per_second == 0) {
		return 0;
	}
	if (rate->free_us > now_us) {
		wait = rate->free_us - now_us;
		return wait < SECOND ? wait : SECOND;
	}
	if (now_us - rate->free_us > SAVED_US) {
		rate->free_us = now_us;
	}
	rate->free_us += bytes / rate->per_second * SECOND +
			 bytes % rate->per_second * SECOND / rate->per_second;
	return 0;
}

size_t copy_rate_size(const struct copy_rate *rate, size_t size)
{
	uint64_t part = rate->per_second / IN_A_SECOND;

	if (rate->per_second == 0 || part >= size) {
		return size;
	}
	part = part > SIZE_LEAST ? part : SIZE_LEAST;
	return part < size ? (size_t)part : size;
}

uint64_t copy_rate_now(void)
{
	struct timespec now = {0};

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * SECOND + (uint64_t)now.tv_nsec / 1000;
}
