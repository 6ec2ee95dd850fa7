/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <errno.h>

#include "smbquic/compress.h"
#include "smbquic/smb2_compress.h"
#include "smbquic/smb2_transform.h"

/* Headers of a chain: the message's, and those of its payloads. */
#define CHAIN_HEADER   8u
#define PAYLOAD_HEADER 8u
#define SIZE_FIELD     4u
#define PATTERN_SIZE   8u

/* 3.1.4.4: runs shorter than this stay what they are, and what is not longer
 * than that is not compressed. */
#define RUN_MIN	   64u
#define MIDDLE_MIN 1024u

bool smb2_compress_has(const struct smb2_compress_terms *terms,
		       uint16_t algorithm)
{
	unsigned i = 0;

	for (i = 0; i < terms->count; i++) {
		if (terms->algorithms[i] == algorithm) {
			return true;
		}
	}
	return false;
}

static uint16_t preferred(const struct smb2_compress_terms *terms)
{
	unsigned i = 0;

	for (i = 0; i < terms->count; i++) {
		if (compress_has_bytes(terms->algorithms[i])) {
			return terms->algorithms[i];
		}
	}
	return SMB2_COMPRESSION_NONE;
}

/* --------------------------------------------------------------- compressing
 */

/* What a message may have at most to be worth it. */
static size_t budget(struct wire_slice lead, struct wire_slice tail)
{
	return lead.len + tail.len - tail.len / 16;
}

/* The bytes of s by that algorithm, into the writer; false: do not fit. */
static bool put_compressed(struct wire_writer *w, uint16_t algorithm,
			   struct wire_slice s)
{
	size_t n = compress_bytes(algorithm, s.data, s.len, w->buf + w->len,
				  w->cap - w->len);

	wire_put_space(w, n);
	return n > 0;
}

static size_t compress_unchained(uint16_t algorithm, struct wire_slice lead,
				 struct wire_slice tail, uint8_t *out)
{
	struct wire_writer w = wire_writer_fixed(out, budget(lead, tail));
	const struct smb2_compression_header header = {
		.original_size = (uint32_t)tail.len,
		.algorithm = algorithm,
		.uncompressed = lead,
	};

	if (algorithm == SMB2_COMPRESSION_NONE) {
		return 0;
	}
	smb2_compression_header_encode(&w, &header);
	wire_put_slice(&w, lead);
	if (!wire_writer_ok(&w) || !put_compressed(&w, algorithm, tail)) {
		return 0;
	}
	return wire_writer_ok(&w) ? w.len : 0;
}

static void put_payload_header(struct wire_writer *w, uint16_t algorithm,
			       bool first, size_t len, size_t original)
{
	const struct smb2_compression_payload payload = {
		.algorithm = algorithm,
		.flags = first ? SMB2_COMPRESSION_FLAG_CHAINED
			       : SMB2_COMPRESSION_FLAG_NONE,
		.original_size = (uint32_t)original,
		.data.len = len,
	};

	smb2_compression_payload_encode(w, &payload);
}

static void put_run(struct wire_writer *w, uint8_t byte, size_t n)
{
	const struct smb2_compression_pattern pattern = {
		.pattern = byte,
		.repetitions = (uint32_t)n,
	};

	if (n > 0) {
		put_payload_header(w, SMB2_COMPRESSION_PATTERN_V1, false,
				   PATTERN_SIZE, 0);
		smb2_compression_pattern_encode(w, &pattern);
	}
}

/* What is between the runs: compressed, or as it is where that is shorter. */
static void put_middle(struct wire_writer *w, uint16_t algorithm,
		       struct wire_slice s)
{
	struct wire_writer before = *w;

	if (s.len == 0) {
		return;
	}
	if (s.len > MIDDLE_MIN && algorithm != SMB2_COMPRESSION_NONE &&
	    compress_promising(s.data, s.len)) {
		size_t header = w->len;

		put_payload_header(w, algorithm, false, 0, s.len);
		if (wire_writer_ok(w) && put_compressed(w, algorithm, s)) {
			wire_patch_u32(w, header + 4,
				       w->len - header - PAYLOAD_HEADER);
			return;
		}
		*w = before;
	}
	put_payload_header(w, SMB2_COMPRESSION_NONE, false, s.len, 0);
	wire_put_slice(w, s);
}

/* What the tail becomes in a chain: runs, and what is between them. */
static void put_tail(struct wire_writer *w,
		     const struct smb2_compress_terms *terms,
		     uint16_t algorithm, struct wire_slice tail)
{
	size_t forward = 0;
	size_t backward = 0;

	if (smb2_compress_has(terms, SMB2_COMPRESSION_PATTERN_V1)) {
		forward = compress_run_forward(tail.data, tail.len);
		forward = forward < RUN_MIN ? 0 : forward;
		backward = compress_run_backward(tail.data + forward,
						 tail.len - forward);
		backward = backward < RUN_MIN ? 0 : backward;
	}
	put_run(w, tail.data[0], forward);
	put_middle(
		w, algorithm,
		wire_slice(tail.data + forward, tail.len - forward - backward));
	put_run(w, tail.data[tail.len - 1], backward);
}

static void put_chain_head(struct wire_writer *w, struct wire_slice lead,
			   size_t all)
{
	const struct smb2_compression_header header = {
		.original_size = (uint32_t)all,
		.flags = SMB2_COMPRESSION_FLAG_CHAINED,
	};

	smb2_compression_header_encode(w, &header);
	put_payload_header(w, SMB2_COMPRESSION_NONE, true, lead.len, 0);
	wire_put_slice(w, lead);
}

static void put_rest(struct wire_writer *w, struct wire_slice rest)
{
	if (rest.len > 0) {
		put_payload_header(w, SMB2_COMPRESSION_NONE, false, rest.len,
				   0);
		wire_put_slice(w, rest);
	}
}

static size_t compress_chained(const struct smb2_compress_terms *terms,
			       uint16_t algorithm, struct wire_slice lead,
			       struct wire_slice tail, struct wire_slice rest,
			       uint8_t *out)
{
	struct wire_writer w =
		wire_writer_fixed(out, budget(lead, tail) + rest.len);

	put_chain_head(&w, lead, lead.len + tail.len + rest.len);
	put_tail(&w, terms, algorithm, tail);
	put_rest(&w, rest);
	return wire_writer_ok(&w) ? w.len : 0;
}

/* Is there something to be done with it, and can lengths be told? */
static bool may_compress(const struct smb2_compress_terms *terms,
			 struct wire_slice lead, struct wire_slice tail,
			 struct wire_slice rest)
{
	return terms->count > 0 && tail.len >= SMB2_COMPRESS_MIN &&
	       lead.len <= UINT32_MAX / 4 && tail.len <= UINT32_MAX / 4 &&
	       rest.len <= UINT32_MAX / 4;
}

size_t smb2_compress(const struct smb2_compress_terms *terms,
		     struct wire_slice lead, struct wire_slice tail,
		     struct wire_slice rest, uint8_t *out)
{
	uint16_t algorithm = preferred(terms);

	if (!may_compress(terms, lead, tail, rest)) {
		return 0;
	}
	if (terms->chained) {
		return compress_chained(terms, algorithm, lead, tail, rest,
					out);
	}
	return rest.len == 0 && compress_promising(tail.data, tail.len)
		       ? compress_unchained(algorithm, lead, tail, out)
		       : 0;
}

/* ------------------------------------------------ the tail before the message
 */

size_t smb2_pack(const struct smb2_compress_terms *terms,
		 struct wire_slice tail, uint8_t *out)
{
	const struct wire_slice none = {0};
	uint16_t algorithm = preferred(terms);
	struct wire_writer w = {0};

	if (!may_compress(terms, none, tail, none)) {
		return 0;
	}
	w = wire_writer_fixed(out, budget(none, tail) - SMB2_PACKED_HEAD);
	if (terms->chained) {
		put_tail(&w, terms, algorithm, tail);
	} else if (algorithm == SMB2_COMPRESSION_NONE ||
		   !compress_promising(tail.data, tail.len) ||
		   !put_compressed(&w, algorithm, tail)) {
		return 0;
	}
	return wire_writer_ok(&w) ? w.len : 0;
}

size_t smb2_packed_head(const struct smb2_compress_terms *terms,
			struct wire_slice lead, size_t tail, size_t rest,
			uint8_t *out)
{
	struct wire_writer w =
		wire_writer_fixed(out, lead.len + SMB2_PACKED_HEAD);
	const struct smb2_compression_header header = {
		.original_size = (uint32_t)tail,
		.algorithm = preferred(terms),
		.uncompressed = lead,
	};

	if (terms->chained) {
		put_chain_head(&w, lead, lead.len + tail + rest);
	} else if (rest > 0) {
		return 0;
	} else {
		smb2_compression_header_encode(&w, &header);
		wire_put_slice(&w, lead);
	}
	return wire_writer_ok(&w) ? w.len : 0;
}

size_t smb2_packed_rest(struct wire_slice rest, uint8_t *out)
{
	struct wire_writer w =
		wire_writer_fixed(out, rest.len + SMB2_PACKED_REST);

	put_rest(&w, rest);
	return wire_writer_ok(&w) ? w.len : 0;
}

/* ------------------------------------------------------------- decompressing
 */

/* All payload headers: known, agreed upon, and together what was declared. */
static bool chain_fits(const struct smb2_compress_terms *terms,
		       struct wire_slice rest, uint64_t declared)
{
	struct smb2_compression_payload p = {0};
	struct smb2_compression_pattern run = {0};
	uint64_t total = 0;
	unsigned count = 0;

	while (rest.len > 0) {
		if (count++ == SMB2_COMPRESS_MAX_PAYLOADS ||
		    !smb2_compression_payload_next(&rest, &p)) {
			return false;
		}
		if (p.algorithm == SMB2_COMPRESSION_NONE) {
			total += p.data.len;
		} else if (!smb2_compress_has(terms, p.algorithm)) {
			return false;
		} else if (p.algorithm != SMB2_COMPRESSION_PATTERN_V1) {
			total += p.original_size;
		} else if (smb2_compression_pattern_decode(p.data, &run)) {
			total += run.repetitions;
		} else {
			return false;
		}
		if (total > declared) {
			return false;
		}
	}
	return total == declared;
}

int smb2_decompress_size(const struct smb2_compress_terms *terms,
			 const uint8_t *msg, size_t len, size_t max,
			 size_t *size)
{
	struct smb2_compression_header header = {0};
	uint64_t total = 0;

	if (terms->count == 0) {
		return ENOTSUP;
	}
	if (!smb2_compression_header_decode(msg, len, &header)) {
		return EBADMSG;
	}
	total = (uint64_t)header.original_size + header.uncompressed.len;
	if (total > max) {
		return EMSGSIZE;
	}
	*size = (size_t)total;
	if (header.flags == SMB2_COMPRESSION_FLAG_CHAINED) {
		return terms->chained && chain_fits(terms, header.compressed,
						    header.original_size)
			       ? 0
			       : EBADMSG;
	}
	return compress_has_bytes(header.algorithm) &&
			       smb2_compress_has(terms, header.algorithm)
		       ? 0
		       : EBADMSG;
}

/* One payload to out; its size, or SIZE_MAX. */
static size_t take_payload(const struct smb2_compression_payload *p,
			   uint8_t *out, size_t room)
{
	struct smb2_compression_pattern run = {0};
	size_t n = p->original_size;

	if (p->algorithm == SMB2_COMPRESSION_NONE) {
		n = p->data.len;
	}
	if (p->algorithm == SMB2_COMPRESSION_PATTERN_V1) {
		if (!smb2_compression_pattern_decode(p->data, &run)) {
			return SIZE_MAX;
		}
		n = run.repetitions;
	}
	if (n > room) {
		return SIZE_MAX;
	}
	if (p->algorithm == SMB2_COMPRESSION_NONE && n > 0) {
		memcpy(out, p->data.data, n);
	} else if (p->algorithm == SMB2_COMPRESSION_NONE) {
		return 0;
	} else if (p->algorithm == SMB2_COMPRESSION_PATTERN_V1) {
		memset(out, run.pattern, n);
	} else if (!decompress_bytes(p->algorithm, p->data.data, p->data.len,
				     out, n)) {
		return SIZE_MAX;
	}
	return n;
}

static int take_chain(struct wire_slice rest, uint8_t *out, size_t size)
{
	struct smb2_compression_payload p = {0};
	size_t at = 0;

	while (rest.len > 0) {
		size_t n = 0;

		if (!smb2_compression_payload_next(&rest, &p)) {
			return EBADMSG;
		}
		n = take_payload(&p, out + at, size - at);
		if (n == SIZE_MAX) {
			return EBADMSG;
		}
		at += n;
	}
	return at == size ? 0 : EBADMSG;
}

int smb2_decompress(const struct smb2_compress_terms *terms, const uint8_t *msg,
		    size_t len, uint8_t *out, size_t size)
{
	struct smb2_compression_header header = {0};
	size_t again = 0;
	size_t lead = 0;

	if (smb2_decompress_size(terms, msg, len, size, &again) != 0 ||
	    again != size ||
	    !smb2_compression_header_decode(msg, len, &header)) {
		return EBADMSG;
	}
	if (header.flags == SMB2_COMPRESSION_FLAG_CHAINED) {
		return take_chain(header.compressed, out, size);
	}
	lead = header.uncompressed.len;
	if (lead > 0) {
		memcpy(out, header.uncompressed.data, lead);
	}
	return decompress_bytes(header.algorithm, header.compressed.data,
				header.compressed.len, out + lead, size - lead)
		       ? 0
		       : EBADMSG;
}
