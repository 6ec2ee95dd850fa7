/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "smbquic/smb2_header.h"
#include "smbquic/smb2_body_private.h"

/* Where the fields of the header are, for the patches, 2.2.1. */
enum {
	AT_CREDIT_CHARGE = 6,
	AT_CHANNEL_SEQUENCE = 8,
	AT_CREDITS = 14,
	AT_FLAGS = 16,
	AT_NEXT_COMMAND = 20,
	AT_MESSAGE_ID = 24,
	AT_SESSION_ID = 40,
	AT_SIGNATURE = 48,
};

static const char *const command_names[SMB2_COMMAND_COUNT] = {
	[SMB2_NEGOTIATE] = "NEGOTIATE",
	[SMB2_SESSION_SETUP] = "SESSION_SETUP",
	[SMB2_LOGOFF] = "LOGOFF",
	[SMB2_TREE_CONNECT] = "TREE_CONNECT",
	[SMB2_TREE_DISCONNECT] = "TREE_DISCONNECT",
	[SMB2_CREATE] = "CREATE",
	[SMB2_CLOSE] = "CLOSE",
	[SMB2_FLUSH] = "FLUSH",
	[SMB2_READ] = "READ",
	[SMB2_WRITE] = "WRITE",
	[SMB2_LOCK] = "LOCK",
	[SMB2_IOCTL] = "IOCTL",
	[SMB2_CANCEL] = "CANCEL",
	[SMB2_ECHO] = "ECHO",
	[SMB2_QUERY_DIRECTORY] = "QUERY_DIRECTORY",
	[SMB2_CHANGE_NOTIFY] = "CHANGE_NOTIFY",
	[SMB2_QUERY_INFO] = "QUERY_INFO",
	[SMB2_SET_INFO] = "SET_INFO",
	[SMB2_OPLOCK_BREAK] = "OPLOCK_BREAK",
	[SMB2_SERVER_TO_CLIENT_NOTIFICATION] = "SERVER_TO_CLIENT_NOTIFICATION",
};

const char *smb2_command_name(uint16_t command)
{
	return command < SMB2_COMMAND_COUNT ? command_names[command]
					    : "UNKNOWN";
}

/* ----------------------------------------------------- packet header 2.2.1 */

bool smb2_header_decode(const uint8_t *msg, size_t len, struct smb2_header *out)
{
	struct wire_reader r = wire_reader(msg, len);
	uint32_t magic = wire_get_u32(&r);
	uint16_t structure_size = wire_get_u16(&r);
	uint32_t status = 0;

	*out = (struct smb2_header){0};
	out->credit_charge = wire_get_u16(&r);
	status = wire_get_u32(&r);
	out->command = wire_get_u16(&r);
	out->credits = wire_get_u16(&r);
	out->flags = wire_get_u32(&r);
	out->next_command = wire_get_u32(&r);
	out->message_id = wire_get_u64(&r);
	if (smb2_header_is_async(out)) {
		out->async_id = wire_get_u64(&r);
	} else {
		wire_skip(&r, 4);
		out->tree_id = wire_get_u32(&r);
	}
	out->session_id = wire_get_u64(&r);
	wire_get_bytes(&r, out->signature, sizeof(out->signature));
	if (smb2_header_is_response(out)) {
		out->status = status;
	} else {
		out->channel_sequence = (uint16_t)status;
	}
	return wire_reader_ok(&r) && magic == SMB2_MAGIC &&
	       structure_size == SMB2_HEADER_SIZE;
}

bool smb2_header_encode(struct wire_writer *w, const struct smb2_header *in)
{
	wire_rebase(w);
	wire_put_u32(w, SMB2_MAGIC);
	wire_put_u16(w, SMB2_HEADER_SIZE);
	wire_put_u16(w, in->credit_charge);
	if (smb2_header_is_response(in)) {
		wire_put_u32(w, in->status);
	} else {
		wire_put_u32(w, in->channel_sequence);
	}
	wire_put_u16(w, in->command);
	wire_put_u16(w, in->credits);
	wire_put_u32(w, in->flags);
	wire_put_u32(w, in->next_command);
	wire_put_u64(w, in->message_id);
	if (smb2_header_is_async(in)) {
		wire_put_u64(w, in->async_id);
	} else {
		wire_put_u32(w, 0);
		wire_put_u32(w, in->tree_id);
	}
	wire_put_u64(w, in->session_id);
	wire_put(w, in->signature, sizeof(in->signature));
	return wire_writer_ok(w);
}

void smb2_header_set_signature(uint8_t *hdr, const uint8_t signature[16])
{
	memcpy(hdr + AT_SIGNATURE, signature, 16);
}

void smb2_header_clear_signature(uint8_t *hdr)
{
	memset(hdr + AT_SIGNATURE, 0, 16);
}

void smb2_header_set_flags(uint8_t *hdr, uint32_t flags)
{
	wire_store_le(hdr + AT_FLAGS, flags, 4);
}

void smb2_header_set_next_command(uint8_t *hdr, uint32_t next_command)
{
	wire_store_le(hdr + AT_NEXT_COMMAND, next_command, 4);
}

void smb2_header_set_credits(uint8_t *hdr, uint16_t credits)
{
	wire_store_le(hdr + AT_CREDITS, credits, 2);
}

void smb2_header_set_credit_charge(uint8_t *hdr, uint16_t credit_charge)
{
	wire_store_le(hdr + AT_CREDIT_CHARGE, credit_charge, 2);
}

void smb2_header_set_message_id(uint8_t *hdr, uint64_t message_id)
{
	wire_store_le(hdr + AT_MESSAGE_ID, message_id, 8);
}

void smb2_header_set_session_id(uint8_t *hdr, uint64_t session_id)
{
	wire_store_le(hdr + AT_SESSION_ID, session_id, 8);
}

void smb2_header_set_channel_sequence(uint8_t *hdr, uint16_t sequence)
{
	wire_store_le(hdr + AT_CHANNEL_SEQUENCE, sequence, 2);
}

uint16_t smb2_structure_size(const uint8_t *msg, size_t len)
{
	struct wire_reader r = wire_reader(msg, len);

	wire_skip(&r, SMB2_HEADER_SIZE);
	return wire_get_u16(&r);
}

/* ------------------------------------------------ compound chain 3.2.4.1.4 */

struct smb2_compound smb2_compound(const uint8_t *msg, size_t len)
{
	struct smb2_compound c = {.rest = wire_slice(msg, len)};

	c.failed = len == 0;
	return c;
}

bool smb2_compound_next(struct smb2_compound *c, struct wire_slice *pdu,
			struct smb2_header *hdr)
{
	size_t len = 0;

	*pdu = wire_slice(NULL, 0);
	if (c->failed || c->rest.len == 0) {
		return false;
	}
	if (c->count == SMB2_MAX_COMPOUND ||
	    !smb2_header_decode(c->rest.data, c->rest.len, hdr)) {
		c->failed = true;
		return false;
	}
	len = hdr->next_command != 0 ? hdr->next_command : c->rest.len;
	if (hdr->next_command != 0 &&
	    (len < SMB2_HEADER_SIZE || len % 8 != 0 || len >= c->rest.len)) {
		c->failed = true;
		return false;
	}
	*pdu = wire_slice(c->rest.data, len);
	c->rest = wire_slice(c->rest.data + len, c->rest.len - len);
	c->count++;
	return true;
}

bool smb2_compound_ok(const struct smb2_compound *c)
{
	return !c->failed;
}

bool smb2_compound_continue(struct wire_writer *w)
{
	wire_put_align(w, 8);
	wire_patch_u32(w, AT_NEXT_COMMAND, wire_tell(w));
	return wire_writer_ok(w);
}

/* --------------------------------------------- messages without a content */

bool smb2_empty_decode(const uint8_t *msg, size_t len)
{
	struct wire_reader r = smb2_body(msg, len, 4);

	wire_skip(&r, 2);
	return wire_reader_ok(&r);
}

bool smb2_empty_encode(struct wire_writer *w)
{
	wire_put_u16(w, 4);
	wire_put_u16(w, 0);
	return wire_writer_ok(w);
}
