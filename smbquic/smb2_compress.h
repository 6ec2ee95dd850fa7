/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * smb2_compress.h - whole messages into and out of the compression transform
 * (MS-SMB2 2.2.42, 3.1.4.4, 3.1.5.3). Nothing is allocated here: the caller
 * asks how long it becomes and gives the place.
 */
#ifndef SMBQUIC_SMB2_COMPRESS_H
#define SMBQUIC_SMB2_COMPRESS_H

#include "smbquic/smb2.h"
#include "smbquic/wire.h"

/** Payloads of a chain that we read; three or four is what is sent. */
#define SMB2_COMPRESS_MAX_PAYLOADS 64

/** Less than this is not worth a try: it fills no packet. */
#define SMB2_COMPRESS_MIN 1024

/** There are five. */
#define SMB2_COMPRESS_MAX_ALGORITHMS 8

/** What may be used on a connection: Connection.CompressionIds and
    SupportsChainedCompression. With no algorithms nothing is compressed, and
    nothing compressed is read. */
struct smb2_compress_terms {
	uint16_t algorithms[SMB2_COMPRESS_MAX_ALGORITHMS]; /**< the first that
						     has bytes is what we use */
	uint16_t count;
	bool chained;
};

/** Is that algorithm among them? */
bool smb2_compress_has(const struct smb2_compress_terms *terms,
		       uint16_t algorithm);

/**
 * @param lead  what goes uncompressed: header and body; not empty.
 * @param tail  what is compressed, if that saves a sixteenth of it.
 * @param rest  what follows, uncompressed again; that needs chains.
 * @param out   as long as all three, at least.
 * @return the length of the transformed message; 0: send it as it is.
 */
size_t smb2_compress(const struct smb2_compress_terms *terms,
		     struct wire_slice lead, struct wire_slice tail,
		     struct wire_slice rest, uint8_t *out);

/* The same in two steps, as the first one takes long and needs to know nothing
 * of the message: it may be done elsewhere, and earlier. */

/** What goes before and behind a packed tail, beside lead and rest. */
#define SMB2_PACKED_HEAD 16
#define SMB2_PACKED_REST 8

/**
 * @param out  as long as tail.
 * @return what the tail becomes in a message; 0: send it as it is.
 */
size_t smb2_pack(const struct smb2_compress_terms *terms,
		 struct wire_slice tail, uint8_t *out);

/**
 * What goes before the packed tail.
 * @param tail  its length before it was packed.
 * @param out   as long as lead, and SMB2_PACKED_HEAD.
 * @return its length; 0: a rest cannot follow without chains.
 */
size_t smb2_packed_head(const struct smb2_compress_terms *terms,
			struct wire_slice lead, size_t tail, size_t rest,
			uint8_t *out);

/** What goes behind it.
 * @param out  as long as rest, and SMB2_PACKED_REST.
 * @return its length; 0: nothing. */
size_t smb2_packed_rest(struct wire_slice rest, uint8_t *out);

/**
 * Looks at the headers alone, before anything is allocated.
 * @param max   the longest message that may come of it.
 * @param size  the length of the message, at most max.
 * @return 0; EBADMSG malformed or an algorithm that was not agreed upon;
 *         EMSGSIZE longer than max; ENOTSUP nothing was agreed upon.
 */
int smb2_decompress_size(const struct smb2_compress_terms *terms,
			 const uint8_t *msg, size_t len, size_t max,
			 size_t *size);

/** Decompresses what smb2_decompress_size() allowed into size bytes.
 * @return 0 or EBADMSG. */
int smb2_decompress(const struct smb2_compress_terms *terms, const uint8_t *msg,
		    size_t len, uint8_t *out, size_t size);

#endif
