/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <errno.h>

#include "smbquic/utf16.h"

enum {
	CODE_POINT_MAX = 0x10FFFF,
	SURROGATE_FIRST = 0xD800,
	SURROGATE_LOW = 0xDC00,
	SURROGATE_LAST = 0xDFFF,
	SUPPLEMENT = 0x10000,
};

/* ------------------------------------------------------ one code point each */

/* Unicode 3.9, table 3-6: the length from the first byte, 0 if not valid. */
static size_t utf8_length(uint8_t first)
{
	if (first < 0x80) {
		return 1;
	}
	if (first >= 0xC2 && first <= 0xDF) {
		return 2;
	}
	if (first >= 0xE0 && first <= 0xEF) {
		return 3;
	}
	if (first >= 0xF0 && first <= 0xF4) {
		return 4;
	}
	return 0;
}

size_t utf8_get(const char *s, size_t n, uint32_t *cp)
{
	static const uint32_t least[] = {0, 0, 0x80, 0x800, SUPPLEMENT};
	const uint8_t *p = (const uint8_t *)s;
	size_t len = n > 0 ? utf8_length(p[0]) : 0;
	uint32_t v = 0;
	size_t i = 0;

	*cp = 0;
	if (len == 0 || len > n) {
		return 0;
	}
	v = len == 1 ? p[0] : p[0] & (0x7Fu >> len);
	for (i = 1; i < len; i++) {
		if ((p[i] & 0xC0) != 0x80) {
			return 0;
		}
		v = v << 6 | (p[i] & 0x3F);
	}
	if (v < least[len] || v > CODE_POINT_MAX ||
	    (v >= SURROGATE_FIRST && v <= SURROGATE_LAST)) {
		return 0;
	}
	*cp = v;
	return len;
}

size_t utf8_put(char *dst, uint32_t cp)
{
	if (cp < 0x80) {
		dst[0] = (char)cp;
		return 1;
	}
	if (cp < 0x800) {
		dst[0] = (char)(0xC0 | cp >> 6);
		dst[1] = (char)(0x80 | (cp & 0x3F));
		return 2;
	}
	if (cp < SUPPLEMENT) {
		dst[0] = (char)(0xE0 | cp >> 12);
		dst[1] = (char)(0x80 | (cp >> 6 & 0x3F));
		dst[2] = (char)(0x80 | (cp & 0x3F));
		return 3;
	}
	dst[0] = (char)(0xF0 | cp >> 18);
	dst[1] = (char)(0x80 | (cp >> 12 & 0x3F));
	dst[2] = (char)(0x80 | (cp >> 6 & 0x3F));
	dst[3] = (char)(0x80 | (cp & 0x3F));
	return 4;
}

/* The next code point; anything refused fails the reader. */
static uint32_t utf16_get(struct wire_reader *r)
{
	uint32_t high = wire_get_u16(r);
	uint32_t low = 0;

	if (high < SURROGATE_FIRST || high > SURROGATE_LAST) {
		return high;
	}
	low = wire_get_u16(r);
	if (high >= SURROGATE_LOW || low < SURROGATE_LOW ||
	    low > SURROGATE_LAST) {
		wire_reader_fail(r);
		return 0;
	}
	return SUPPLEMENT + ((high & 0x3FF) << 10 | (low & 0x3FF));
}

static void utf16_put_one(struct wire_writer *w, uint32_t cp)
{
	if (cp < SUPPLEMENT) {
		wire_put_u16(w, (uint16_t)cp);
		return;
	}
	cp -= SUPPLEMENT;
	wire_put_u16(w, (uint16_t)(SURROGATE_FIRST | cp >> 10));
	wire_put_u16(w, (uint16_t)(SURROGATE_LOW | (cp & 0x3FF)));
}

/* ------------------------------------------------------------ UTF-8 → UTF-16
 */

ssize_t utf16_size(const char *utf8)
{
	size_t left = strlen(utf8);
	ssize_t size = 0;

	while (left > 0) {
		uint32_t cp = 0;
		size_t n = utf8_get(utf8, left, &cp);

		if (n == 0) {
			errno = EILSEQ;
			return -1;
		}
		size += cp < SUPPLEMENT ? 2 : 4;
		utf8 += n;
		left -= n;
	}
	return size;
}

bool utf16_put(struct wire_writer *w, const char *utf8)
{
	size_t left = strlen(utf8);

	while (left > 0) {
		uint32_t cp = 0;
		size_t n = utf8_get(utf8, left, &cp);

		if (n == 0) {
			wire_writer_fail(w);
			return false;
		}
		utf16_put_one(w, cp);
		utf8 += n;
		left -= n;
	}
	return wire_writer_ok(w);
}

bool utf16_put_z(struct wire_writer *w, const char *utf8)
{
	utf16_put(w, utf8);
	wire_put_u16(w, 0);
	return wire_writer_ok(w);
}

bool utf16_from_utf8(TALLOC_CTX *mem_ctx, const char *utf8,
		     struct wire_slice *out)
{
	ssize_t size = utf16_size(utf8);
	struct wire_writer w = {0};
	uint8_t *buf = NULL;

	*out = wire_slice(NULL, 0);
	if (size < 0) {
		return false;
	}
	/* one byte at least, so that the empty string can be freed, too */
	buf = talloc_zero_array(mem_ctx, uint8_t, size > 0 ? (size_t)size : 1);
	if (buf == NULL) {
		errno = ENOMEM;
		return false;
	}
	w = wire_writer_fixed(buf, (size_t)size);
	utf16_put(&w, utf8);
	*out = wire_slice(buf, (size_t)size);
	return true;
}

/* ------------------------------------------------------------ UTF-16 → UTF-8
 */

/* The length in UTF-8, or -1: refused. */
static ssize_t utf16_utf8_size(struct wire_slice utf16)
{
	struct wire_reader r = wire_reader_of(utf16);
	char scratch[4] = "";
	ssize_t size = 0;

	while (wire_left(&r) > 0) {
		uint32_t cp = utf16_get(&r);

		if (!wire_reader_ok(&r) || cp == 0) {
			errno = EILSEQ;
			return -1;
		}
		size += (ssize_t)utf8_put(scratch, cp);
	}
	return size;
}

/* dst has room for all of it and the terminator; utf16 was judged. */
static void utf16_convert(struct wire_slice utf16, char *dst)
{
	struct wire_reader r = wire_reader_of(utf16);

	while (wire_left(&r) > 0) {
		dst += utf8_put(dst, utf16_get(&r));
	}
	*dst = '\0';
}

char *utf16_to_utf8(TALLOC_CTX *mem_ctx, struct wire_slice utf16)
{
	ssize_t size = utf16_utf8_size(utf16);
	char *s = NULL;

	if (size < 0) {
		return NULL;
	}
	s = talloc_array(mem_ctx, char, (size_t)size + 1);
	if (s == NULL) {
		errno = ENOMEM;
		return NULL;
	}
	utf16_convert(utf16, s);
	return s;
}

ssize_t utf16_to_utf8_buf(struct wire_slice utf16, char *dst, size_t cap)
{
	ssize_t size = utf16_utf8_size(utf16);

	if (size < 0) {
		return -1;
	}
	if ((size_t)size >= cap) {
		errno = ENAMETOOLONG;
		return -1;
	}
	utf16_convert(utf16, dst);
	return size;
}

struct wire_slice utf16_trim(struct wire_slice utf16)
{
	struct wire_reader r = wire_reader_of(utf16);

	while (wire_left(&r) >= 2) {
		if (wire_get_u16(&r) == 0) {
			return wire_slice(utf16.data, r.pos - 2);
		}
	}
	return utf16;
}

bool utf16_valid(struct wire_slice utf16)
{
	return utf16_utf8_size(utf16) >= 0;
}

bool utf8_valid(const char *utf8)
{
	return utf16_size(utf8) >= 0;
}
