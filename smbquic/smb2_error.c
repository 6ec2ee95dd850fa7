/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "smbquic/smb2_error.h"
#include "smbquic/smb2_body_private.h"

/* ---------------------------------------------------- error response 2.2.2 */

enum {
	ERROR_RESPONSE_SIZE = 9,
};

bool smb2_error_response_decode(const uint8_t *msg, size_t len,
				struct smb2_error_response *out)
{
	struct wire_reader r = smb2_body(msg, len, ERROR_RESPONSE_SIZE);
	uint32_t byte_count = 0;

	*out = (struct smb2_error_response){0};
	out->context_count = wire_get_u8(&r);
	wire_skip(&r, 1);
	byte_count = wire_get_u32(&r);
	out->data = wire_get(&r, byte_count);
	return wire_reader_ok(&r);
}

bool smb2_error_response_encode(struct wire_writer *w,
				const struct smb2_error_response *in)
{
	size_t buffer = 0;

	wire_put_u16(w, ERROR_RESPONSE_SIZE);
	wire_put_u8(w, in->context_count);
	wire_put_u8(w, 0);
	wire_put_size32(w, in->data.len);
	buffer = wire_tell(w);
	wire_put_slice(w, in->data);
	smb2_put_least_buffer(w, buffer);
	return wire_writer_ok(w);
}

/*
 * Statuses that are no success and still come with the body of their command,
 * 3.3.4.4. Command SMB2_COMMAND_COUNT stands for every command.
 */
static const struct {
	uint16_t command;
	NTSTATUS status;
} with_body[] = {
	{SMB2_COMMAND_COUNT, NT_STATUS_OK},
	{SMB2_SESSION_SETUP, NT_STATUS_MORE_PROCESSING_REQUIRED},
	{SMB2_QUERY_INFO, NT_STATUS_BUFFER_OVERFLOW},
	{SMB2_READ, NT_STATUS_BUFFER_OVERFLOW},
	{SMB2_IOCTL, NT_STATUS_BUFFER_OVERFLOW},
	{SMB2_IOCTL, NT_STATUS_INVALID_PARAMETER},
	{SMB2_CHANGE_NOTIFY, NT_STATUS_NOTIFY_ENUM_DIR},
};

bool smb2_status_has_body(uint16_t command, NTSTATUS status)
{
	size_t i = 0;

	for (i = 0; i < sizeof(with_body) / sizeof(with_body[0]); i++) {
		bool applies = with_body[i].command == command ||
			       with_body[i].command == SMB2_COMMAND_COUNT;

		if (applies && with_body[i].status == status) {
			return true;
		}
	}
	return false;
}

bool smb2_is_error_response(const struct smb2_header *hdr, const uint8_t *msg,
			    size_t len)
{
	if (hdr->command == SMB2_IOCTL) {
		return smb2_structure_size(msg, len) == ERROR_RESPONSE_SIZE;
	}
	return !smb2_status_has_body(hdr->command, hdr->status);
}

/* 2.2.2.1. Contexts stand at multiples of 8 from the error response. */
bool smb2_error_context_find(const struct smb2_error_response *rsp, uint32_t id,
			     struct wire_slice *data)
{
	struct wire_reader r = wire_reader_of(rsp->data);
	unsigned int i = 0;

	*data = wire_slice(NULL, 0);
	for (i = 0; i < rsp->context_count; i++) {
		struct wire_slice found = {0};
		uint32_t found_id = 0;
		uint32_t length = 0;

		wire_get_align(&r, 8);
		length = wire_get_u32(&r);
		found_id = wire_get_u32(&r);
		found = wire_get(&r, length);
		if (!wire_reader_ok(&r)) {
			return false;
		}
		if (found_id == id) {
			*data = found;
			return true;
		}
	}
	return false;
}

bool smb2_error_context_add(struct wire_writer *w, uint32_t id,
			    struct wire_slice data)
{
	wire_put_align(w, 8);
	wire_put_size32(w, data.len);
	wire_put_u32(w, id);
	wire_put_slice(w, data);
	return wire_writer_ok(w);
}

/* ------------------------------------------------------- symlink 2.2.2.2.1 */

/* Names of a symlink, by offset from the PathBuffer that ends the data. */
static struct wire_slice get_path(struct wire_reader *r, struct wire_slice path,
				  uint16_t offset, uint16_t length)
{
	struct wire_reader p = wire_reader_of(path);
	struct wire_slice name = wire_get_at(&p, offset, length);

	if (!wire_reader_ok(&p)) {
		wire_reader_fail(r);
	}
	return name;
}

bool smb2_symlink_error_decode(struct wire_slice data,
			       struct smb2_symlink_error *out)
{
	struct wire_reader r = wire_reader_of(data);
	struct wire_slice path = {0};
	uint32_t length = wire_get_u32(&r);
	uint32_t tag = wire_get_u32(&r);
	uint32_t reparse_tag = wire_get_u32(&r);
	uint16_t reparse_length = wire_get_u16(&r);
	uint16_t offset[2] = {0};
	uint16_t size[2] = {0};

	*out = (struct smb2_symlink_error){0};
	out->unparsed_path_length = wire_get_u16(&r);
	offset[0] = wire_get_u16(&r);
	size[0] = wire_get_u16(&r);
	offset[1] = wire_get_u16(&r);
	size[1] = wire_get_u16(&r);
	out->flags = wire_get_u32(&r);
	if (!wire_reader_ok(&r) || tag != SMB2_SYMLINK_ERROR_TAG ||
	    reparse_tag != IO_REPARSE_TAG_SYMLINK || length > data.len - 4 ||
	    reparse_length < 12) {
		return false;
	}
	path = wire_get(&r, reparse_length - 12u);
	out->substitute_name = get_path(&r, path, offset[0], size[0]);
	out->print_name = get_path(&r, path, offset[1], size[1]);
	return wire_reader_ok(&r);
}

bool smb2_symlink_error_encode(struct wire_writer *w,
			       const struct smb2_symlink_error *in)
{
	size_t path = in->substitute_name.len + in->print_name.len;

	wire_put_size32(w, 24 + path);
	wire_put_u32(w, SMB2_SYMLINK_ERROR_TAG);
	wire_put_u32(w, IO_REPARSE_TAG_SYMLINK);
	wire_put_size16(w, 12 + path);
	wire_put_u16(w, in->unparsed_path_length);
	wire_put_u16(w, 0);
	wire_put_size16(w, in->substitute_name.len);
	wire_put_size16(w, in->substitute_name.len);
	wire_put_size16(w, in->print_name.len);
	wire_put_u32(w, in->flags);
	wire_put_slice(w, in->substitute_name);
	wire_put_slice(w, in->print_name);
	return wire_writer_ok(w);
}

bool smb2_error_response_symlink(const struct smb2_error_response *rsp,
				 struct smb2_symlink_error *out)
{
	struct wire_slice data = rsp->data;

	if (rsp->context_count > 0 &&
	    !smb2_error_context_find(rsp, SMB2_ERROR_ID_DEFAULT, &data)) {
		return false;
	}
	return smb2_symlink_error_decode(data, out);
}

/* -------------------------------------------------- redirection 2.2.2.2.2 */

enum {
	SHARE_REDIRECT_SIZE = 48, /* with one address, whatever follows */
	MOVE_ADDRESS_SIZE = 24,
};

bool smb2_share_redirect_decode(struct wire_slice data,
				struct smb2_share_redirect *out)
{
	struct wire_reader r = wire_reader_of(data);
	uint32_t structure_size = wire_get_u32(&r);
	uint32_t offset = 0;
	uint32_t length = 0;

	*out = (struct smb2_share_redirect){0};
	out->notification_type = wire_get_u32(&r);
	offset = wire_get_u32(&r);
	length = wire_get_u32(&r);
	wire_skip(&r, 2);
	out->target_type = wire_get_u16(&r);
	out->address_count = wire_get_u32(&r);
	if (structure_size != SHARE_REDIRECT_SIZE ||
	    out->address_count > data.len / MOVE_ADDRESS_SIZE) {
		return false;
	}
	out->addresses =
		wire_get(&r, (size_t)out->address_count * MOVE_ADDRESS_SIZE);
	out->resource_name = wire_get_at(&r, offset, length);
	return wire_reader_ok(&r);
}

bool smb2_share_redirect_address(const struct smb2_share_redirect *in,
				 uint32_t index, struct smb2_move_address *out)
{
	struct wire_reader r = wire_reader_of(in->addresses);

	*out = (struct smb2_move_address){0};
	if (index >= in->address_count) {
		return false;
	}
	wire_skip(&r, (size_t)index * MOVE_ADDRESS_SIZE);
	out->type = wire_get_u32(&r);
	wire_skip(&r, 4);
	wire_get_bytes(&r, out->address, sizeof(out->address));
	return wire_reader_ok(&r);
}

bool smb2_share_redirect_encode(struct wire_writer *w,
				const struct smb2_share_redirect *in,
				const struct smb2_move_address *addresses)
{
	size_t addresses_size = (size_t)in->address_count * MOVE_ADDRESS_SIZE;
	size_t i = 0;

	wire_put_u32(w, SHARE_REDIRECT_SIZE);
	wire_put_u32(w, in->notification_type);
	wire_put_size32(w, 24 + addresses_size);
	wire_put_size32(w, in->resource_name.len);
	wire_put_u16(w, 0);
	wire_put_u16(w, in->target_type);
	wire_put_u32(w, in->address_count);
	for (i = 0; i < in->address_count; i++) {
		wire_put_u32(w, addresses[i].type);
		wire_put_u32(w, 0);
		wire_put(w, addresses[i].address, sizeof(addresses[i].address));
	}
	wire_put_slice(w, in->resource_name);
	return wire_writer_ok(w);
}

/* 2.2.2.2 */
bool smb2_error_response_length(const struct smb2_error_response *rsp,
				uint32_t *needed)
{
	struct wire_slice data = rsp->data;
	struct wire_reader r = {0};

	*needed = 0;
	if (rsp->context_count > 0 &&
	    !smb2_error_context_find(rsp, SMB2_ERROR_ID_DEFAULT, &data)) {
		return false;
	}
	r = wire_reader_of(data);
	*needed = wire_get_u32(&r);
	return wire_reader_ok(&r);
}
