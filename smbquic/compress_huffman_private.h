/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The form of LZ77+Huffman (MS-XCA 2.1, 2.2), for both directions. */
#ifndef SMBQUIC_COMPRESS_HUFFMAN_PRIVATE_H
#define SMBQUIC_COMPRESS_HUFFMAN_PRIVATE_H

#define HUFFMAN_BLOCK	 65536u
#define HUFFMAN_SYMBOLS	 512u
#define HUFFMAN_END	 256u /* of the data; else a match of 3 */
#define HUFFMAN_TABLE	 256u /* bytes: two lengths each */
#define HUFFMAN_MAX_BITS 15u
#define HUFFMAN_LENGTH	 15u /* a match symbol's: more comes as bytes */

#endif
