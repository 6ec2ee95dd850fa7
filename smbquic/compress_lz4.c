/* SPDX-License-Identifier: GPL-3.0-or-later */
/* LZ4 blocks, by the library of that name. */
#include <limits.h>
#include <lz4.h>

#include "smbquic/compress_private.h"

size_t lz4_compress(const uint8_t *in, size_t len, uint8_t *out, size_t cap)
{
	int n = 0;

	if (len > LZ4_MAX_INPUT_SIZE || cap > INT_MAX) {
		return 0;
	}
	n = LZ4_compress_default((const char *)in, (char *)out, (int)len,
				 (int)(cap - COMPRESS_SLACK));
	return n > 0 ? (size_t)n : 0;
}

bool lz4_decompress(const uint8_t *in, size_t len, uint8_t *out, size_t size)
{
	int n = 0;

	if (len > INT_MAX || size > INT_MAX) {
		return false;
	}
	n = LZ4_decompress_safe((const char *)in, (char *)out, (int)len,
				(int)size);
	return n >= 0 && (size_t)n == size;
}
