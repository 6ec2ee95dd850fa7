/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A sorted array of pages; found by bisection. */

#include <errno.h>
#include <string.h>

#include "server/pages.h"

struct page {
	uint64_t index; /* offset / PAGES_SIZE */
	uint8_t *data;
};

struct pages {
	struct page *page;
	size_t count;
	uint64_t *used;
	uint64_t limit;
};

static int pages_destructor(struct pages *pages)
{
	*pages->used -= (uint64_t)pages->count * PAGES_SIZE;
	return 0;
}

struct pages *pages_new(TALLOC_CTX *mem_ctx, uint64_t *used, uint64_t limit)
{
	struct pages *pages = talloc_zero(mem_ctx, struct pages);

	if (pages == NULL) {
		return NULL;
	}
	pages->used = used;
	pages->limit = limit;
	talloc_set_destructor(pages, pages_destructor);
	return pages;
}

/* The place of the first page at or after index. */
static size_t pages_place(const struct pages *pages, uint64_t index)
{
	size_t low = 0;
	size_t high = pages->count;

	while (low < high) {
		size_t mid = low + (high - low) / 2;

		if (pages->page[mid].index < index) {
			low = mid + 1;
		} else {
			high = mid;
		}
	}
	return low;
}

static uint8_t *pages_find(const struct pages *pages, uint64_t index)
{
	size_t i = pages_place(pages, index);

	if (i < pages->count && pages->page[i].index == index) {
		return pages->page[i].data;
	}
	return NULL;
}

static int pages_make(struct pages *pages, uint64_t index, uint8_t **data)
{
	size_t i = pages_place(pages, index);
	size_t room = talloc_array_length(pages->page);

	if (i < pages->count && pages->page[i].index == index) {
		*data = pages->page[i].data;
		return 0;
	}
	if (*pages->used + PAGES_SIZE > pages->limit) {
		return ENOSPC;
	}
	if (pages->count == room) {
		struct page *more = talloc_realloc(pages, pages->page,
						   struct page, room * 2 + 4);

		if (more == NULL) {
			return ENOMEM;
		}
		pages->page = more;
	}
	*data = talloc_zero_array(pages, uint8_t, PAGES_SIZE);
	if (*data == NULL) {
		return ENOMEM;
	}
	memmove(&pages->page[i + 1], &pages->page[i],
		(pages->count - i) * sizeof(pages->page[0]));
	pages->page[i].index = index;
	pages->page[i].data = *data;
	pages->count++;
	*pages->used += PAGES_SIZE;
	return 0;
}

/* How much of [offset, offset + len) lies in the page of offset. */
static size_t pages_part(uint64_t offset, uint64_t len, size_t *at)
{
	*at = (size_t)(offset % PAGES_SIZE);
	return len < PAGES_SIZE - *at ? (size_t)len : PAGES_SIZE - *at;
}

void pages_read(const struct pages *pages, void *buf, size_t len,
		uint64_t offset)
{
	uint8_t *p = buf;

	while (len > 0) {
		const uint8_t *data = pages_find(pages, offset / PAGES_SIZE);
		size_t at = 0;
		size_t n = pages_part(offset, len, &at);

		if (data != NULL) {
			memcpy(p, data + at, n);
		} else {
			memset(p, 0, n);
		}
		p += n;
		offset += n;
		len -= n;
	}
}

int pages_write(struct pages *pages, const void *buf, size_t len,
		uint64_t offset)
{
	const uint8_t *p = buf;

	while (len > 0) {
		uint8_t *data = NULL;
		size_t at = 0;
		size_t n = pages_part(offset, len, &at);
		int err = pages_make(pages, offset / PAGES_SIZE, &data);

		if (err != 0) {
			return err;
		}
		memcpy(data + at, p, n);
		p += n;
		offset += n;
		len -= n;
	}
	return 0;
}

int pages_reserve(struct pages *pages, uint64_t offset, uint64_t len)
{
	uint64_t end = offset + len;

	if (len > pages->limit) {
		return ENOSPC;
	}
	for (offset -= offset % PAGES_SIZE; offset < end;
	     offset += PAGES_SIZE) {
		uint8_t *data = NULL;
		int err = pages_make(pages, offset / PAGES_SIZE, &data);

		if (err != 0) {
			return err;
		}
	}
	return 0;
}

static void pages_drop(struct pages *pages, size_t i, size_t n)
{
	size_t k = 0;

	for (k = i; k < i + n; k++) {
		talloc_free(pages->page[k].data);
	}
	memmove(&pages->page[i], &pages->page[i + n],
		(pages->count - i - n) * sizeof(pages->page[0]));
	pages->count -= n;
	*pages->used -= (uint64_t)n * PAGES_SIZE;
}

static void pages_wipe(struct pages *pages, uint64_t offset, uint64_t len)
{
	uint8_t *data = pages_find(pages, offset / PAGES_SIZE);

	if (data != NULL) {
		memset(data + offset % PAGES_SIZE, 0, (size_t)len);
	}
}

void pages_zero(struct pages *pages, uint64_t offset, uint64_t len)
{
	uint64_t end = offset + len;
	uint64_t first = offset / PAGES_SIZE + (offset % PAGES_SIZE != 0);
	uint64_t last = end / PAGES_SIZE; /* [first, last) go as a whole */
	size_t i = 0;
	size_t k = 0;

	if (first > last) { /* within one page */
		pages_wipe(pages, offset, len);
		return;
	}
	if (offset % PAGES_SIZE != 0) {
		pages_wipe(pages, offset, first * PAGES_SIZE - offset);
	}
	if (end % PAGES_SIZE != 0) {
		pages_wipe(pages, last * PAGES_SIZE, end % PAGES_SIZE);
	}
	i = pages_place(pages, first);
	k = pages_place(pages, last);
	if (k > i) {
		pages_drop(pages, i, k - i);
	}
}

bool pages_next(const struct pages *pages, uint64_t offset, uint64_t *start,
		uint64_t *end)
{
	size_t i = pages_place(pages, offset / PAGES_SIZE);
	uint64_t index = 0;

	if (i >= pages->count) {
		return false;
	}
	index = pages->page[i].index;
	*start = index * PAGES_SIZE;
	while (i < pages->count && pages->page[i].index == index) {
		index++;
		i++;
	}
	*end = index * PAGES_SIZE;
	return true;
}

uint64_t pages_allocated(const struct pages *pages)
{
	return (uint64_t)pages->count * PAGES_SIZE;
}
