/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * pages.h - the bytes of a file in memory, with holes. What was never written
 * takes no memory and reads as zeros.
 */
#ifndef SERVER_PAGES_H
#define SERVER_PAGES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <talloc.h>

#define PAGES_SIZE 16384u

struct pages;

/**
 * @param used   bytes of all files that share this counter; kept up to date.
 * @param limit  never more than that many.
 */
struct pages *pages_new(TALLOC_CTX *mem_ctx, uint64_t *used, uint64_t limit);

void pages_read(const struct pages *pages, void *buf, size_t len,
		uint64_t offset);
/** 0, ENOSPC, ENOMEM; on failure a beginning may have been written. */
int pages_write(struct pages *pages, const void *buf, size_t len,
		uint64_t offset);
/** Zeros; whole pages are given back. */
void pages_zero(struct pages *pages, uint64_t offset, uint64_t len);
/** Memory for the range. */
int pages_reserve(struct pages *pages, uint64_t offset, uint64_t len);
/** The first range at or after offset with memory behind it, in whole pages;
 *  false: none. */
bool pages_next(const struct pages *pages, uint64_t offset, uint64_t *start,
		uint64_t *end);
/** Bytes of memory. */
uint64_t pages_allocated(const struct pages *pages);

#endif
