/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "smbquic/smb2_transform.h"

/* ------------------------------------------------- transform header 2.2.41 */

bool smb2_transform_header_decode(const uint8_t *msg, size_t len,
				  struct smb2_transform_header *out)
{
	struct wire_reader r = wire_reader(msg, len);
	uint32_t magic = wire_get_u32(&r);

	*out = (struct smb2_transform_header){0};
	wire_get_bytes(&r, out->signature, sizeof(out->signature));
	wire_get_bytes(&r, out->nonce, sizeof(out->nonce));
	out->original_message_size = wire_get_u32(&r);
	wire_skip(&r, 2);
	out->flags = wire_get_u16(&r);
	out->session_id = wire_get_u64(&r);
	return wire_reader_ok(&r) && magic == SMB2_TRANSFORM_MAGIC;
}

bool smb2_transform_header_encode(struct wire_writer *w,
				  const struct smb2_transform_header *in)
{
	wire_put_u32(w, SMB2_TRANSFORM_MAGIC);
	wire_put(w, in->signature, sizeof(in->signature));
	wire_put(w, in->nonce, sizeof(in->nonce));
	wire_put_u32(w, in->original_message_size);
	wire_put_u16(w, 0);
	wire_put_u16(w, in->flags);
	wire_put_u64(w, in->session_id);
	return wire_writer_ok(w);
}

void smb2_transform_header_set_signature(uint8_t *hdr,
					 const uint8_t signature[16])
{
	memcpy(hdr + SMB2_TRANSFORM_SIGNATURE_OFFSET, signature, 16);
}

/* ----------------------------------------------- compression header 2.2.42 */

/*
 * The two forms differ from the ninth byte on: in the chained one the first
 * payload header stands there, which has its algorithm and the flag at the
 * same places.
 */
bool smb2_compression_header_decode(const uint8_t *msg, size_t len,
				    struct smb2_compression_header *out)
{
	struct wire_reader r = wire_reader(msg, len);
	struct wire_reader chained = {0};
	uint32_t magic = wire_get_u32(&r);
	uint32_t offset = 0;

	*out = (struct smb2_compression_header){0};
	out->original_size = wire_get_u32(&r);
	chained = r;
	out->algorithm = wire_get_u16(&r);
	out->flags = wire_get_u16(&r);
	if (!wire_reader_ok(&r) || magic != SMB2_COMPRESSION_MAGIC) {
		return false;
	}
	if (out->flags == SMB2_COMPRESSION_FLAG_CHAINED) {
		out->compressed = wire_get_rest(&chained);
		return wire_reader_ok(&chained);
	}
	offset = wire_get_u32(&r);
	out->uncompressed = wire_get(&r, offset);
	out->compressed = wire_get_rest(&r);
	return wire_reader_ok(&r) && out->flags == SMB2_COMPRESSION_FLAG_NONE;
}

bool smb2_compression_header_encode(struct wire_writer *w,
				    const struct smb2_compression_header *in)
{
	wire_put_u32(w, SMB2_COMPRESSION_MAGIC);
	wire_put_u32(w, in->original_size);
	if (in->flags == SMB2_COMPRESSION_FLAG_CHAINED) {
		return wire_writer_ok(w);
	}
	wire_put_u16(w, in->algorithm);
	wire_put_u16(w, in->flags);
	wire_put_size32(w, in->uncompressed.len);
	return wire_writer_ok(w);
}

/* 2.2.42.2.1: the size counts as part of the payload, where there is one. */
static bool has_original_size(uint16_t algorithm)
{
	return algorithm == SMB2_COMPRESSION_LZNT1 ||
	       algorithm == SMB2_COMPRESSION_LZ77 ||
	       algorithm == SMB2_COMPRESSION_LZ77_HUFFMAN ||
	       algorithm == SMB2_COMPRESSION_LZ4;
}

bool smb2_compression_payload_next(struct wire_slice *rest,
				   struct smb2_compression_payload *out)
{
	struct wire_reader r = wire_reader_of(*rest);
	uint32_t length = 0;

	*out = (struct smb2_compression_payload){0};
	out->algorithm = wire_get_u16(&r);
	out->flags = wire_get_u16(&r);
	length = wire_get_u32(&r);
	if (has_original_size(out->algorithm)) {
		out->original_size = wire_get_u32(&r);
		if (length < 4) {
			return false;
		}
		length -= 4;
	}
	out->data = wire_get(&r, length);
	if (!wire_reader_ok(&r)) {
		return false;
	}
	*rest = wire_get_rest(&r);
	return true;
}

bool smb2_compression_payload_encode(struct wire_writer *w,
				     const struct smb2_compression_payload *in)
{
	bool with_size = has_original_size(in->algorithm);

	wire_put_u16(w, in->algorithm);
	wire_put_u16(w, in->flags);
	wire_put_size32(w, in->data.len + (with_size ? 4 : 0));
	if (with_size) {
		wire_put_u32(w, in->original_size);
	}
	return wire_writer_ok(w);
}

bool smb2_compression_pattern_decode(struct wire_slice data,
				     struct smb2_compression_pattern *out)
{
	struct wire_reader r = wire_reader_of(data);

	*out = (struct smb2_compression_pattern){0};
	out->pattern = wire_get_u8(&r);
	wire_skip(&r, 3);
	out->repetitions = wire_get_u32(&r);
	return wire_reader_ok(&r);
}

bool smb2_compression_pattern_encode(struct wire_writer *w,
				     const struct smb2_compression_pattern *in)
{
	wire_put_u8(w, in->pattern);
	wire_put_zeros(w, 3);
	wire_put_u32(w, in->repetitions);
	return wire_writer_ok(w);
}
