/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * NEGOTIATE and its contexts.
 * The rules of all decode and encode functions are in smb2_pdu.h; numbers are
 * sections of MS-SMB2.
 */
#ifndef SMBQUIC_SMB2_NEGOTIATE_H
#define SMBQUIC_SMB2_NEGOTIATE_H

#include "smbquic/ntstatus.h"
#include "smbquic/smb2.h"
#include "smbquic/wire.h"

/* ---------------------------------------------------------- negotiate 2.2.3 */

/*
 * contexts is the raw list, walked and built with the functions below; it is
 * empty unless dialects holds 3.1.1.
 */
struct smb2_negotiate_request {
	uint16_t dialect_count;
	uint16_t security_mode;
	uint32_t capabilities;
	struct smb2_guid client_guid;
	uint16_t dialects[SMB2_MAX_DIALECTS];
	uint16_t context_count;
	struct wire_slice contexts;
};

bool smb2_negotiate_request_decode(const uint8_t *msg, size_t len,
				   struct smb2_negotiate_request *out);
bool smb2_negotiate_request_encode(struct wire_writer *w,
				   const struct smb2_negotiate_request *in);

/* 2.2.4. contexts as above: only with dialect 3.1.1. */
struct smb2_negotiate_response {
	uint16_t security_mode;
	uint16_t dialect;
	struct smb2_guid server_guid;
	uint32_t capabilities;
	uint32_t max_transact_size;
	uint32_t max_read_size;
	uint32_t max_write_size;
	NTTIME system_time;
	NTTIME server_start_time;
	struct wire_slice security_buffer;
	uint16_t context_count;
	struct wire_slice contexts;
};

bool smb2_negotiate_response_decode(const uint8_t *msg, size_t len,
				    struct smb2_negotiate_response *out);
bool smb2_negotiate_response_encode(struct wire_writer *w,
				    const struct smb2_negotiate_response *in);

/* ------------------------------------------------- negotiate contexts 2.2.3.1
 */

struct smb2_negotiate_context {
	uint16_t type;
	struct wire_slice data;
};

/*
 *	struct smb2_negotiate_contexts c =
 *		smb2_negotiate_contexts(req.contexts, req.context_count);
 *
 *	while (smb2_negotiate_contexts_next(&c, &context)) {
 *		...
 *	}
 *	if (!smb2_negotiate_contexts_ok(&c)) {
 *		fewer than promised, or data outside the message
 *	}
 */
struct smb2_negotiate_contexts {
	struct wire_reader r;
	uint16_t left;
};

struct smb2_negotiate_contexts smb2_negotiate_contexts(struct wire_slice list,
						       uint16_t count);
bool smb2_negotiate_contexts_next(struct smb2_negotiate_contexts *c,
				  struct smb2_negotiate_context *out);
bool smb2_negotiate_contexts_ok(const struct smb2_negotiate_contexts *c);

/* Appends to a list that begins at w's base; the caller counts. */
bool smb2_negotiate_context_add(struct wire_writer *w,
				const struct smb2_negotiate_context *in);

/*
 * Bodies. A decode takes .data of a context; an encode writes a body alone,
 * for .data. A count above the array's size is malformed, a count of zero is
 * not: 3.3.5.4 says where it is refused.
 */

/* 2.2.3.1.1 */
struct smb2_preauth_context {
	uint16_t count;
	uint16_t algorithms[SMB2_MAX_ALGORITHMS];
	struct wire_slice salt;
};

bool smb2_preauth_context_decode(struct wire_slice data,
				 struct smb2_preauth_context *out);
bool smb2_preauth_context_encode(struct wire_writer *w,
				 const struct smb2_preauth_context *in);

/* 2.2.3.1.2 encryption, and 2.2.3.1.7 signing: they have one form. */
struct smb2_algorithms_context {
	uint16_t count;
	uint16_t algorithms[SMB2_MAX_ALGORITHMS];
};

bool smb2_algorithms_context_decode(struct wire_slice data,
				    struct smb2_algorithms_context *out);
bool smb2_algorithms_context_encode(struct wire_writer *w,
				    const struct smb2_algorithms_context *in);

/* 2.2.3.1.3 compression */
struct smb2_compression_context {
	uint32_t flags;
	uint16_t count;
	uint16_t algorithms[SMB2_MAX_ALGORITHMS];
};

bool smb2_compression_context_decode(struct wire_slice data,
				     struct smb2_compression_context *out);
bool smb2_compression_context_encode(struct wire_writer *w,
				     const struct smb2_compression_context *in);

/* 2.2.3.1.4 netname: .data is UTF-16, nothing to decode. */

/* 2.2.3.1.5 */
bool smb2_transport_context_decode(struct wire_slice data, uint32_t *flags);
bool smb2_transport_context_encode(struct wire_writer *w, uint32_t flags);

/* 2.2.3.1.6 */
bool smb2_rdma_context_decode(struct wire_slice data,
			      struct smb2_algorithms_context *out);
bool smb2_rdma_context_encode(struct wire_writer *w,
			      const struct smb2_algorithms_context *in);

/* --------------------------------------------------- SMB1 multi-protocol */

/*
 * An SMB1 NEGOTIATE that offers SMB2 (3.3.5.3): which of the two dialect
 * strings it holds. False when msg is not a well-formed SMB1 NEGOTIATE.
 */
struct smb1_negotiate_request {
	bool smb_2_002; /* "SMB 2.002" */
	bool smb_2_xxx; /* "SMB 2.???" */
};

bool smb1_negotiate_request_decode(const uint8_t *msg, size_t len,
				   struct smb1_negotiate_request *out);
/* The whole message, with SMB1 header; "NT LM 0.12" goes first. */
bool smb1_negotiate_request_encode(struct wire_writer *w,
				   const struct smb1_negotiate_request *in);

#endif
