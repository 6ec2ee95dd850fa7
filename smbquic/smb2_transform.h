/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The headers around encrypted and compressed messages.
 * The rules of all decode and encode functions are in smb2_pdu.h; numbers are
 * sections of MS-SMB2.
 */
#ifndef SMBQUIC_SMB2_TRANSFORM_H
#define SMBQUIC_SMB2_TRANSFORM_H

#include "smbquic/ntstatus.h"
#include "smbquic/smb2.h"
#include "smbquic/wire.h"

/* ------------------------------------------------- transform header 2.2.41 */

struct smb2_transform_header {
	uint8_t signature[16];
	uint8_t nonce[16];
	uint32_t original_message_size;
	uint16_t flags;
	uint64_t session_id;
};

/* The bytes an AEAD authenticates: from here to the end of the header. */
#define SMB2_TRANSFORM_AAD_OFFSET	20
#define SMB2_TRANSFORM_SIGNATURE_OFFSET 4

bool smb2_transform_header_decode(const uint8_t *msg, size_t len,
				  struct smb2_transform_header *out);
bool smb2_transform_header_encode(struct wire_writer *w,
				  const struct smb2_transform_header *in);
void smb2_transform_header_set_signature(uint8_t *hdr,
					 const uint8_t signature[16]);

/* ----------------------------------------------- compression header 2.2.42 */

/*
 * Unchained: offset bytes follow as they are, then the compressed segment.
 * Chained: flags is SMB2_COMPRESSION_FLAG_CHAINED, and payloads follow, read
 * by the walker.
 */
struct smb2_compression_header {
	uint32_t original_size; /* of the compressed segment, or of all */
	uint16_t algorithm;
	uint16_t flags;
	struct wire_slice uncompressed; /* unchained only */
	struct wire_slice compressed;	/* chained: the payload headers too */
};

bool smb2_compression_header_decode(const uint8_t *msg, size_t len,
				    struct smb2_compression_header *out);

/*
 * The headers alone; data follows. For the chained form only the first eight
 * bytes are written, and smb2_compression_payload_encode() goes on.
 */
bool smb2_compression_header_encode(struct wire_writer *w,
				    const struct smb2_compression_header *in);

struct smb2_compression_payload {
	uint16_t algorithm;
	uint16_t flags;
	uint32_t original_size; /* LZNT1, LZ77, LZ77+Huffman, LZ4; else 0 */
	struct wire_slice data;
};

/* Takes one payload off the front of *rest; false at its end or if malformed,
 * which leaves *rest empty or not. */
bool smb2_compression_payload_next(struct wire_slice *rest,
				   struct smb2_compression_payload *out);

/* The payload's header; in->data.len is encoded, the data follows. */
bool smb2_compression_payload_encode(struct wire_writer *w,
				     const struct smb2_compression_payload *in);

struct smb2_compression_pattern {
	uint8_t pattern;
	uint32_t repetitions;
};

bool smb2_compression_pattern_decode(struct wire_slice data,
				     struct smb2_compression_pattern *out);
bool smb2_compression_pattern_encode(struct wire_writer *w,
				     const struct smb2_compression_pattern *in);

#endif
