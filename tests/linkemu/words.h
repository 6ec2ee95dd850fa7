/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * words.h - what is said to the emulator, on its command line and later.
 */
#ifndef LINKEMU_WORDS_H
#define LINKEMU_WORDS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "tests/linkemu/link.h"

/**
 * One word KEY=VALUE of a link's shape: delay, jitter, gap (50ms, 1s, 20us),
 * rate (bits a second: 100M, 1G, 500k), queue, mtu (bytes; k, M), loss,
 * reorder, duplicate, corrupt (1%, 0.5%).
 *
 * @return NULL, or what is wrong: a constant.
 */
const char *words_shape(const char *word, struct link_shape *shape);

/** A time with its unit: ns, us, ms, s. */
bool words_time(const char *text, uint64_t *out);

/**
 * Cut a line at its blanks.
 *
 * @param line  changed; the words point into it.
 * @return how many, at most max.
 */
size_t words_split(char *line, char **words, size_t max);

#endif
