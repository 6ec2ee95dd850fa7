/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The header, compound chains, and messages without a content.
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

/* ------------------------------------- messages that say only "done" or "do"
 */

/*
 * LOGOFF request and response (2.2.7, 2.2.8), TREE_DISCONNECT request and
 * response (2.2.11, 2.2.12), FLUSH response (2.2.18), LOCK response (2.2.27),
 * ECHO request and response (2.2.28, 2.2.29), CANCEL request (2.2.30).
 */
bool smb2_empty_decode(const uint8_t *msg, size_t len);
bool smb2_empty_encode(struct wire_writer *w);

#endif
