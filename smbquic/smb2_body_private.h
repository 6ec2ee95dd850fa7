/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What the bodies of all commands begin with; shared by smb2_*.c alone.
 */
#ifndef SMBQUIC_SMB2_BODY_PRIVATE_H
#define SMBQUIC_SMB2_BODY_PRIVATE_H

#include "smbquic/smb2.h"
#include "smbquic/wire.h"

/*
 * A reader over the whole PDU that stands behind StructureSize, which must be
 * the one given.
 */
static inline struct wire_reader smb2_body(const uint8_t *msg, size_t len,
					   uint16_t structure_size)
{
	struct wire_reader r = wire_reader(msg, len);
	uint16_t found = 0;

	wire_skip(&r, SMB2_HEADER_SIZE);
	found = wire_get_u16(&r);
	if (found != structure_size) {
		wire_reader_fail(&r);
	}
	return r;
}

static inline void smb2_get_file_id(struct wire_reader *r,
				    struct smb2_file_id *out)
{
	out->persistent_id = wire_get_u64(r);
	out->volatile_id = wire_get_u64(r);
}

static inline void smb2_put_file_id(struct wire_writer *w,
				    const struct smb2_file_id *in)
{
	wire_put_u64(w, in->persistent_id);
	wire_put_u64(w, in->volatile_id);
}

static inline void smb2_get_guid(struct wire_reader *r, struct smb2_guid *out)
{
	wire_get_bytes(r, out->bytes, sizeof(out->bytes));
}

static inline void smb2_put_guid(struct wire_writer *w,
				 const struct smb2_guid *in)
{
	wire_put(w, in->bytes, sizeof(in->bytes));
}

/*
 * An odd StructureSize counts one byte of Buffer: one zero is written when
 * nothing else is there. from is wire_tell() at the Buffer's beginning.
 */
static inline void smb2_put_least_buffer(struct wire_writer *w, size_t from)
{
	if (wire_tell(w) == from) {
		wire_put_u8(w, 0);
	}
}

#endif
