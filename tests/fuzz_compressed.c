/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Whole compressed messages of a peer, behind their FC 'SMB': the first byte
 * is whether chains were agreed upon. Behind 'P' the rest is a payload, which
 * must come back from the transform as it was.
 */
#include <stdlib.h>
#include <string.h>

#include "smbquic/smb2_compress.h"

#define MAX  200000u
#define LEAD 80u

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const struct smb2_compress_terms terms[2] = {
	{
		.algorithms = {SMB2_COMPRESSION_LZNT1, SMB2_COMPRESSION_LZ77,
			       SMB2_COMPRESSION_LZ77_HUFFMAN,
			       SMB2_COMPRESSION_LZ4,
			       SMB2_COMPRESSION_PATTERN_V1},
		.count = 5,
	},
	{
		.algorithms = {SMB2_COMPRESSION_PATTERN_V1,
			       SMB2_COMPRESSION_LZ77_HUFFMAN,
			       SMB2_COMPRESSION_LZ77, SMB2_COMPRESSION_LZNT1,
			       SMB2_COMPRESSION_LZ4},
		.count = 5,
		.chained = true,
	},
};

/* What comes of it, or NULL. */
static uint8_t *opened(const struct smb2_compress_terms *t,
		       struct wire_slice in, size_t *size)
{
	uint8_t *out = NULL;

	if (smb2_decompress_size(t, in.data, in.len, MAX, size) != 0) {
		return NULL;
	}
	if (*size > MAX) {
		abort();
	}
	out = malloc(*size + (*size == 0));
	if (out == NULL) {
		abort();
	}
	if (smb2_decompress(t, in.data, in.len, out, *size) != 0) {
		free(out);
		return NULL;
	}
	return out;
}

static void there_and_back(const struct smb2_compress_terms *t,
			   struct wire_slice plain)
{
	uint8_t *packed = malloc(plain.len);
	uint8_t *back = NULL;
	size_t size = 0;
	size_t rest = (plain.len - LEAD) / 3 * (plain.data[0] & 1);
	size_t n = 0;

	if (packed == NULL) {
		abort();
	}
	n = smb2_compress(
		t, wire_slice(plain.data, LEAD),
		wire_slice(plain.data + LEAD, plain.len - LEAD - rest),
		wire_slice(plain.data + plain.len - rest, rest), packed);
	if (n > 0) {
		back = opened(t, wire_slice(packed, n), &size);
		if (back == NULL || size != plain.len ||
		    memcmp(back, plain.data, size) != 0) {
			abort();
		}
	}
	free(back);
	free(packed);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct wire_reader r = wire_reader(data, size);
	uint8_t first = wire_get_u8(&r);
	struct wire_slice rest = wire_get_rest(&r);
	size_t len = 0;

	if (first == 'P' && rest.len > LEAD) {
		there_and_back(&terms[0], rest);
		there_and_back(&terms[1], rest);
		return 0;
	}
	free(opened(&terms[first & 1], rest, &len));
	return 0;
}
