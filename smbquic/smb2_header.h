/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What surrounds the commands: headers, compound chains, errors, transforms.
 * The rules of all decode and encode functions are in smb2_pdu.h; numbers are
 * sections of MS-SMB2.
 */
#ifndef SMBQUIC_SMB2_HEADER_H
#define SMBQUIC_SMB2_HEADER_H

#include "smbquic/ntstatus.h"
#include "smbquic/smb2.h"
#include "smbquic/wire.h"

/* ----------------------------------------------------- packet header 2.2.1 */

/*
 * Both forms. tree_id is meaningful without SMB2_FLAGS_ASYNC_COMMAND, async_id
 * with it. status belongs to responses, channel_sequence to requests.
 */
struct smb2_header {
	uint16_t credit_charge;
	uint16_t channel_sequence;
	NTSTATUS status;
	uint16_t command;
	uint16_t credits; /* requested, or granted */
	uint32_t flags;
	uint32_t next_command;
	uint64_t message_id;
	uint32_t tree_id;
	uint64_t async_id;
	uint64_t session_id;
	uint8_t signature[16];
};

static inline bool smb2_header_is_response(const struct smb2_header *hdr)
{
	return (hdr->flags & SMB2_FLAGS_SERVER_TO_REDIR) != 0;
}

static inline bool smb2_header_is_async(const struct smb2_header *hdr)
{
	return (hdr->flags & SMB2_FLAGS_ASYNC_COMMAND) != 0;
}

bool smb2_header_decode(const uint8_t *msg, size_t len,
			struct smb2_header *out);

/* Also makes the header the base of the writer's offsets. */
bool smb2_header_encode(struct wire_writer *w, const struct smb2_header *in);

/*
 * Changes to a header that is encoded already; hdr has SMB2_HEADER_SIZE bytes.
 * Signing clears the signature, sets the flag, then stores the result.
 */
void smb2_header_set_signature(uint8_t *hdr, const uint8_t signature[16]);
void smb2_header_clear_signature(uint8_t *hdr);
void smb2_header_set_flags(uint8_t *hdr, uint32_t flags);
void smb2_header_set_next_command(uint8_t *hdr, uint32_t next_command);
void smb2_header_set_credits(uint8_t *hdr, uint16_t credits);
void smb2_header_set_credit_charge(uint8_t *hdr, uint16_t credit_charge);
void smb2_header_set_message_id(uint8_t *hdr, uint64_t message_id);
void smb2_header_set_session_id(uint8_t *hdr, uint64_t session_id);
void smb2_header_set_channel_sequence(uint8_t *hdr, uint16_t sequence);

/* "CREATE"; "command 0x1234" never: unknown ones are "UNKNOWN". */
const char *smb2_command_name(uint16_t command);

/* The first two bytes of the body, 0 when there is none. */
uint16_t smb2_structure_size(const uint8_t *msg, size_t len);

/* -------------------------------------------------- compound chain 3.2.4.1.4
 */

/*
 *	struct smb2_compound c = smb2_compound(msg, len);
 *
 *	while (smb2_compound_next(&c, &pdu, &hdr)) {
 *		smb2_X_request_decode(pdu.data, pdu.len, &x);
 *	}
 *	if (!smb2_compound_ok(&c)) {
 *		a header was wrong, or NextCommand not a multiple of 8, or led
 *		outside the message
 *	}
 *
 * Each pdu reaches to the next header, padding included, which is what a
 * signature covers. At most SMB2_MAX_COMPOUND.
 */
struct smb2_compound {
	struct wire_slice rest;
	unsigned int count;
	bool failed;
};

struct smb2_compound smb2_compound(const uint8_t *msg, size_t len);
bool smb2_compound_next(struct smb2_compound *c, struct wire_slice *pdu,
			struct smb2_header *hdr);
bool smb2_compound_ok(const struct smb2_compound *c);

/*
 * Ends the PDU begun by the last smb2_header_encode(): pads it to 8 bytes and
 * sets its NextCommand. The next call must be smb2_header_encode(). Not for a
 * PDU whose payload is a separate iovec.
 */
bool smb2_compound_continue(struct wire_writer *w);

/* ---------------------------------------------------- error response 2.2.2 */

struct smb2_error_response {
	uint8_t context_count; /* 3.1.1 only */
	struct wire_slice data;
};

bool smb2_error_response_decode(const uint8_t *msg, size_t len,
				struct smb2_error_response *out);
bool smb2_error_response_encode(struct wire_writer *w,
				const struct smb2_error_response *in);

/*
 * Whether a response of this command with this status carries its own body
 * (true) or an error response (false), 3.3.4.4. An IOCTL with
 * NT_STATUS_INVALID_PARAMETER may be either: ask smb2_structure_size().
 */
bool smb2_status_has_body(uint16_t command, NTSTATUS status);

/* 2.2.2.1. The first one whose ErrorId is id; false: none, or malformed. */
bool smb2_error_context_find(const struct smb2_error_response *rsp, uint32_t id,
			     struct wire_slice *data);

/* Appends one context to the data of a response being built. */
bool smb2_error_context_add(struct wire_writer *w, uint32_t id,
			    struct wire_slice data);

/* 2.2.2.2.1. The data of an error context, or of the response itself. */
struct smb2_symlink_error {
	uint16_t unparsed_path_length; /* bytes */
	uint32_t flags;
	struct wire_slice substitute_name;
	struct wire_slice print_name;
};

bool smb2_symlink_error_decode(struct wire_slice data,
			       struct smb2_symlink_error *out);
bool smb2_symlink_error_encode(struct wire_writer *w,
			       const struct smb2_symlink_error *in);

/* The symlink of a NT_STATUS_STOPPED_ON_SYMLINK response of any dialect. */
bool smb2_error_response_symlink(const struct smb2_error_response *rsp,
				 struct smb2_symlink_error *out);

/* 2.2.2.2.2 */
struct smb2_move_address {
	uint32_t type; /* MOVE_DST_IPADDR_V4: the first 4 bytes; _V6: all */
	uint8_t address[16];
};

struct smb2_share_redirect {
	uint32_t notification_type;
	uint16_t target_type;
	uint32_t address_count;
	struct wire_slice addresses; /* decoded by the function below */
	struct wire_slice resource_name;
};

bool smb2_share_redirect_decode(struct wire_slice data,
				struct smb2_share_redirect *out);
bool smb2_share_redirect_address(const struct smb2_share_redirect *in,
				 uint32_t index, struct smb2_move_address *out);
/* addresses has in->address_count elements; in->addresses is not used. */
bool smb2_share_redirect_encode(struct wire_writer *w,
				const struct smb2_share_redirect *in,
				const struct smb2_move_address *addresses);

/* 2.2.2.2: NT_STATUS_BUFFER_TOO_SMALL tells the length needed. */
bool smb2_error_response_length(const struct smb2_error_response *rsp,
				uint32_t *needed);

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

/* ------------------------------------- messages that say only "done" or "do"
 */

/*
 * LOGOFF request and response (2.2.7, 2.2.8), TREE_DISCONNECT request and
 * response (2.2.11, 2.2.12), FLUSH response (2.2.18), LOCK response (2.2.27),
 * ECHO request and response (2.2.28, 2.2.29), CANCEL request (2.2.30).
 */
bool smb2_empty_decode(const uint8_t *msg, size_t len);
bool smb2_empty_encode(struct wire_writer *w);

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
