/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * compress.h - the algorithms of SMB compression (MS-SMB2 2.2.3.1.3): LZNT1,
 * LZ77 and LZ77+Huffman of MS-XCA, and LZ4 blocks. Bytes in, bytes out; the
 * headers around them are smb2_compress.h's. PATTERN_V1 has a name and a scan
 * here, but no bytes of its own.
 *
 * What is decompressed comes from a peer: no function here reads outside its
 * input or writes outside its output, whatever the bytes are, and the work is
 * bounded by the two lengths.
 */
#ifndef SMBQUIC_COMPRESS_H
#define SMBQUIC_COMPRESS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/** compress_bytes() gives up this many bytes before its output is full. */
#define COMPRESS_SLACK 16

/** "lz77+huffman" and so on; NULL: no algorithm that we know. */
const char *compress_name(uint16_t algorithm);

/** @return SMB2_COMPRESSION_*, or SMB2_COMPRESSION_NONE: no such name. */
uint16_t compress_by_name(const char *name);

/** Is it one that compress_bytes() knows: all but NONE and PATTERN_V1? */
bool compress_has_bytes(uint16_t algorithm);

/**
 * @param len  below 4 GiB.
 * @return the bytes written; 0: they would not fit into cap less
 *         COMPRESS_SLACK, or there is no memory for the tables, or the
 *         algorithm is none of ours.
 */
size_t compress_bytes(uint16_t algorithm, const uint8_t *in, size_t len,
		      uint8_t *out, size_t cap);

/**
 * @param size  what it must decompress to, exactly.
 * @return false: malformed, another size, or an algorithm that we do not know.
 */
bool decompress_bytes(uint16_t algorithm, const uint8_t *in, size_t len,
		      uint8_t *out, size_t size);

/**
 * Does a sample look as if trying were worth it? What was compressed or
 * encrypted before has all bytes equally often, and is told by that at the
 * cost of looking at 4 KiB.
 */
bool compress_promising(const uint8_t *in, size_t len);

/** How many bytes at the front, or at the end, equal the first or last. */
size_t compress_run_forward(const uint8_t *in, size_t len);
size_t compress_run_backward(const uint8_t *in, size_t len);

#endif
