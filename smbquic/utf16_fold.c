/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <errno.h>

#include "smbquic/utf16.h"

struct fold_range {
	uint32_t first;
	uint32_t last;
	uint32_t step;
	int32_t distance;
};

#include "smbquic/utf16_fold_private.h"

uint32_t unicode_upper(uint32_t cp)
{
	size_t low = 0;
	size_t high = sizeof(fold_ranges) / sizeof(fold_ranges[0]);

	if (cp < 0x80) {
		return cp >= 'a' && cp <= 'z' ? cp - ('a' - 'A') : cp;
	}
	while (low < high) {
		size_t mid = low + (high - low) / 2;
		const struct fold_range *f = &fold_ranges[mid];

		if (cp > f->last) {
			low = mid + 1;
		} else if (cp < f->first) {
			high = mid;
		} else if ((cp - f->first) % f->step != 0) {
			return cp;
		} else {
			return (uint32_t)((int32_t)cp + f->distance);
		}
	}
	return cp;
}

/*
 * The next letter of *s in upper case, 0 at the end. A byte that is not UTF-8
 * counts above every code point, as itself.
 */
static uint32_t next_upper(const char **s, size_t *left)
{
	uint32_t cp = 0;
	size_t n = 0;

	if (*left == 0) {
		return 0;
	}
	n = utf8_get(*s, *left, &cp);
	if (n == 0) {
		cp = 0x110000 + (uint8_t) * *s;
		n = 1;
	}
	*s += n;
	*left -= n;
	return unicode_upper(cp);
}

int utf8_casecmp(const char *a, const char *b)
{
	size_t a_left = strlen(a);
	size_t b_left = strlen(b);
	uint32_t x = 0;
	uint32_t y = 0;

	do {
		x = next_upper(&a, &a_left);
		y = next_upper(&b, &b_left);
	} while (x == y && x != 0);
	return x < y ? -1 : x > y;
}

bool utf8_case_equal(const char *a, const char *b)
{
	return utf8_casecmp(a, b) == 0;
}

/* FNV-1a over the code points. */
uint32_t utf8_case_hash(const char *s)
{
	size_t left = strlen(s);
	uint32_t hash = 2166136261u;
	uint32_t cp = next_upper(&s, &left);

	while (cp != 0) {
		hash = (hash ^ cp) * 16777619u;
		cp = next_upper(&s, &left);
	}
	return hash;
}

char *utf8_upper(TALLOC_CTX *mem_ctx, const char *s)
{
	size_t left = strlen(s);
	size_t n = 0;
	uint32_t cp = 0;
	char *upper = NULL;

	if (!utf8_valid(s)) {
		return NULL;
	}
	/* ASCII stays ASCII, and no letter takes more than four bytes */
	upper = talloc_array(mem_ctx, char, 2 * left + 1);
	if (upper == NULL) {
		errno = ENOMEM;
		return NULL;
	}
	for (cp = next_upper(&s, &left); cp != 0; cp = next_upper(&s, &left)) {
		n += utf8_put(upper + n, cp);
	}
	upper[n] = '\0';
	return upper;
}
