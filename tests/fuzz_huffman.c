/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What a peer sends as LZ77+Huffman: see fuzz_decompress.h. */
#include "tests/fuzz_decompress.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	fuzz_decompress(SMB2_COMPRESSION_LZ77_HUFFMAN, data, size);
	return 0;
}
