/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * One decompressor: two bytes say how long the output is to be, the rest is
 * what a peer sent. What it opens to is compressed and opened again.
 */
#ifndef TESTS_FUZZ_DECOMPRESS_H
#define TESTS_FUZZ_DECOMPRESS_H

#include <stdlib.h>
#include <string.h>

#include "smbquic/compress.h"
#include "smbquic/smb2.h"
#include "smbquic/wire.h"

static inline void fuzz_again(uint16_t algorithm, const uint8_t *plain,
			      size_t size)
{
	size_t cap = size + size / 8 + 1024;
	uint8_t *packed = malloc(cap);
	uint8_t *back = malloc(size + 1);
	size_t n = 0;

	if (packed == NULL || back == NULL) {
		abort();
	}
	n = compress_bytes(algorithm, plain, size, packed, cap);
	if (n == 0 || !decompress_bytes(algorithm, packed, n, back, size) ||
	    memcmp(plain, back, size) != 0) {
		abort();
	}
	free(packed);
	free(back);
}

static inline void fuzz_decompress(uint16_t algorithm, const uint8_t *data,
				   size_t len)
{
	struct wire_reader r = wire_reader(data, len);
	size_t size = wire_get_u16(&r) * 3u;
	struct wire_slice in = wire_get_rest(&r);
	uint8_t *out = NULL;

	if (!wire_reader_ok(&r)) {
		return;
	}
	out = malloc(size + (size == 0));
	if (out == NULL) {
		abort();
	}
	if (decompress_bytes(algorithm, in.data, in.len, out, size) &&
	    size > 0) {
		fuzz_again(algorithm, out, size);
	}
	free(out);
}

#endif
