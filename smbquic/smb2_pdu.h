/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * SMB2 messages as plain structs; numbers are sections of MS-SMB2.
 *
 * Decoding. bool smb2_X_decode(msg, len, &out): msg is the whole PDU and begins
 * with its SMB2 header (which smb2_header_decode() reads), len its length: for
 * a compounded message the part smb2_compound_next() gave. False means that
 * the message is malformed: a wrong StructureSize, or data outside the PDU;
 * *out is then undefined. Every slice in *out borrows from msg. Nothing is
 * allocated, nothing but the form is judged: a value that is well-formed but
 * not permitted is the caller's to refuse. len < 64 is false, never a crash.
 *
 * Encoding. bool smb2_X_encode(&w, &in) appends the body. smb2_header_encode()
 * must have begun the PDU in the same writer, because offsets count from it.
 * The result is that of wire_writer_ok(), and sticks, so it may be looked at
 * once, after the last call. Reserved fields are written as zero.
 *
 *	struct wire_writer w = wire_writer_talloc(mem_ctx);
 *
 *	smb2_header_encode(&w, &hdr);
 *	if (!smb2_create_request_encode(&w, &create)) {
 *		no memory, or something longer than its length field can say
 *	}
 *	send wire_writer_slice(&w)
 *
 * Payloads of READ responses and WRITE requests are not copied: .data.len is
 * encoded, .data.data not looked at; the payload follows as its own iovec.
 *
 * Text is UTF-16LE without terminator, in slices; see utf16.h.
 */
#ifndef SMBQUIC_SMB2_PDU_H
#define SMBQUIC_SMB2_PDU_H

#include "smbquic/smb2_header.h"
#include "smbquic/smb2_error.h"
#include "smbquic/smb2_transform.h"
#include "smbquic/smb2_negotiate.h"
#include "smbquic/smb2_session.h"
#include "smbquic/smb2_open.h"
#include "smbquic/smb2_create.h"
#include "smbquic/smb2_io.h"
#include "smbquic/smb2_query.h"
#include "smbquic/smb2_ioctl.h"
#include "smbquic/smb2_fsctl.h"
#include "smbquic/smb2_fsctl_file.h"

#endif
