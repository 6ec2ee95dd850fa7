/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <strings.h>

#include "smbquic/compress_private.h"
#include "smbquic/smb2.h"

struct compress_row {
	uint16_t algorithm;
	const char *name;
	size_t (*compress)(const uint8_t *in, size_t len, uint8_t *out,
			   size_t cap);
	bool (*decompress)(const uint8_t *in, size_t len, uint8_t *out,
			   size_t size);
};

static const struct compress_row rows[] = {
	{SMB2_COMPRESSION_PATTERN_V1, "pattern_v1", NULL, NULL},
	{SMB2_COMPRESSION_LZNT1, "lznt1", lznt1_compress, lznt1_decompress},
	{SMB2_COMPRESSION_LZ77, "lz77", lz77_compress, lz77_decompress},
	{SMB2_COMPRESSION_LZ77_HUFFMAN, "lz77+huffman", lz77_huffman_compress,
	 lz77_huffman_decompress},
	{SMB2_COMPRESSION_LZ4, "lz4", lz4_compress, lz4_decompress},
};

#define ROWS (sizeof(rows) / sizeof(rows[0]))

static const struct compress_row *row_of(uint16_t algorithm)
{
	size_t i = 0;

	for (i = 0; i < ROWS; i++) {
		if (rows[i].algorithm == algorithm) {
			return &rows[i];
		}
	}
	return NULL;
}

const char *compress_name(uint16_t algorithm)
{
	const struct compress_row *row = row_of(algorithm);

	return row == NULL ? NULL : row->name;
}

uint16_t compress_by_name(const char *name)
{
	size_t i = 0;

	for (i = 0; i < ROWS; i++) {
		if (strcasecmp(rows[i].name, name) == 0) {
			return rows[i].algorithm;
		}
	}
	return SMB2_COMPRESSION_NONE;
}

bool compress_has_bytes(uint16_t algorithm)
{
	const struct compress_row *row = row_of(algorithm);

	return row != NULL && row->compress != NULL;
}

size_t compress_bytes(uint16_t algorithm, const uint8_t *in, size_t len,
		      uint8_t *out, size_t cap)
{
	const struct compress_row *row = row_of(algorithm);

	if (row == NULL || row->compress == NULL || cap <= COMPRESS_SLACK) {
		return 0;
	}
	return row->compress(in, len, out, cap);
}

bool decompress_bytes(uint16_t algorithm, const uint8_t *in, size_t len,
		      uint8_t *out, size_t size)
{
	const struct compress_row *row = row_of(algorithm);

	return row != NULL && row->decompress != NULL &&
	       row->decompress(in, len, out, size);
}

/* ------------------------------------------------------------------ sampling
 */

#define SAMPLE_PIECES 8u
#define SAMPLE_PIECE  512u
#define SAMPLE_SIZE   (SAMPLE_PIECES * SAMPLE_PIECE)

/*
 * Of n random bytes the counts' squares sum up to n + n(n-1)/256, give or take
 * 16 sqrt(2*255); six of those above is a chance in a billion.
 */
#define SAMPLE_EXPECTED (SAMPLE_SIZE + SAMPLE_SIZE * (SAMPLE_SIZE - 1u) / 256u)
#define SAMPLE_RANDOM	(SAMPLE_EXPECTED + 6u * 362u)

bool compress_promising(const uint8_t *in, size_t len)
{
	uint16_t count[256] = {0};
	uint32_t squares = 0;
	size_t stride = 0;
	unsigned i = 0;
	unsigned k = 0;

	if (len < 2u * SAMPLE_SIZE) {
		return true;
	}
	stride = (len - SAMPLE_PIECE) / (SAMPLE_PIECES - 1);
	for (i = 0; i < SAMPLE_PIECES; i++) {
		for (k = 0; k < SAMPLE_PIECE; k++) {
			count[in[i * stride + k]]++;
		}
	}
	for (i = 0; i < 256; i++) {
		squares += (uint32_t)count[i] * count[i];
	}
	return squares > SAMPLE_RANDOM;
}

/* -------------------------------------------------- runs, MS-SMB2 3.1.4.4.1
 */

size_t compress_run_forward(const uint8_t *in, size_t len)
{
	return len == 0 ? 0 : 1 + match_length(in, in + 1, len - 1);
}

size_t compress_run_backward(const uint8_t *in, size_t len)
{
	size_t n = 0;

	while (n < len && in[len - 1 - n] == in[len - 1]) {
		n++;
	}
	return n;
}
