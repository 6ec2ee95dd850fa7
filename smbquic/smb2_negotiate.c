/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "smbquic/smb2_negotiate.h"
#include "smbquic/smb2_body_private.h"

static bool has_dialect(const struct smb2_negotiate_request *req,
			uint16_t dialect)
{
	size_t i = 0;

	for (i = 0; i < req->dialect_count; i++) {
		if (req->dialects[i] == dialect) {
			return true;
		}
	}
	return false;
}

/* ---------------------------------------------------------- negotiate 2.2.3 */

bool smb2_negotiate_request_decode(const uint8_t *msg, size_t len,
				   struct smb2_negotiate_request *out)
{
	struct wire_reader r = smb2_body(msg, len, 36);
	uint32_t context_offset = 0;
	uint16_t context_count = 0;
	size_t i = 0;

	*out = (struct smb2_negotiate_request){0};
	out->dialect_count = wire_get_u16(&r);
	out->security_mode = wire_get_u16(&r);
	wire_skip(&r, 2);
	out->capabilities = wire_get_u32(&r);
	smb2_get_guid(&r, &out->client_guid);
	context_offset = wire_get_u32(&r);
	context_count = wire_get_u16(&r);
	wire_skip(&r, 2);
	if (out->dialect_count > SMB2_MAX_DIALECTS) {
		return false;
	}
	for (i = 0; i < out->dialect_count; i++) {
		out->dialects[i] = wire_get_u16(&r);
	}
	/* in older dialects these bytes are ClientStartTime */
	if (has_dialect(out, SMB2_DIALECT_311) && context_count > 0) {
		out->context_count = context_count;
		out->contexts = wire_get_from(&r, context_offset);
	}
	return wire_reader_ok(&r);
}

bool smb2_negotiate_request_encode(struct wire_writer *w,
				   const struct smb2_negotiate_request *in)
{
	size_t at_offset = 0;
	size_t i = 0;

	wire_put_u16(w, 36);
	wire_put_u16(w, in->dialect_count);
	wire_put_u16(w, in->security_mode);
	wire_put_u16(w, 0);
	wire_put_u32(w, in->capabilities);
	smb2_put_guid(w, &in->client_guid);
	at_offset = wire_tell(w);
	wire_put_u32(w, 0);
	wire_put_u16(w, in->context_count);
	wire_put_u16(w, 0);
	if (in->dialect_count > SMB2_MAX_DIALECTS) {
		wire_writer_fail(w);
		return false;
	}
	for (i = 0; i < in->dialect_count; i++) {
		wire_put_u16(w, in->dialects[i]);
	}
	if (in->context_count > 0) {
		wire_put_align(w, 8);
		wire_patch_u32(w, at_offset, wire_tell(w));
		wire_put_slice(w, in->contexts);
	}
	return wire_writer_ok(w);
}

/* 2.2.4 */
bool smb2_negotiate_response_decode(const uint8_t *msg, size_t len,
				    struct smb2_negotiate_response *out)
{
	struct wire_reader r = smb2_body(msg, len, 65);
	uint16_t context_count = 0;
	uint16_t buffer_offset = 0;
	uint16_t buffer_length = 0;
	uint32_t context_offset = 0;

	*out = (struct smb2_negotiate_response){0};
	out->security_mode = wire_get_u16(&r);
	out->dialect = wire_get_u16(&r);
	context_count = wire_get_u16(&r);
	smb2_get_guid(&r, &out->server_guid);
	out->capabilities = wire_get_u32(&r);
	out->max_transact_size = wire_get_u32(&r);
	out->max_read_size = wire_get_u32(&r);
	out->max_write_size = wire_get_u32(&r);
	out->system_time = wire_get_u64(&r);
	out->server_start_time = wire_get_u64(&r);
	buffer_offset = wire_get_u16(&r);
	buffer_length = wire_get_u16(&r);
	context_offset = wire_get_u32(&r);
	out->security_buffer = wire_get_at(&r, buffer_offset, buffer_length);
	if (out->dialect == SMB2_DIALECT_311 && context_count > 0) {
		out->context_count = context_count;
		out->contexts = wire_get_from(&r, context_offset);
	}
	return wire_reader_ok(&r);
}

bool smb2_negotiate_response_encode(struct wire_writer *w,
				    const struct smb2_negotiate_response *in)
{
	size_t at_context_offset = 0;
	size_t buffer = 0;

	wire_put_u16(w, 65);
	wire_put_u16(w, in->security_mode);
	wire_put_u16(w, in->dialect);
	wire_put_u16(w, in->context_count);
	smb2_put_guid(w, &in->server_guid);
	wire_put_u32(w, in->capabilities);
	wire_put_u32(w, in->max_transact_size);
	wire_put_u32(w, in->max_read_size);
	wire_put_u32(w, in->max_write_size);
	wire_put_u64(w, in->system_time);
	wire_put_u64(w, in->server_start_time);
	wire_put_size16(w, wire_tell(w) + 8);
	wire_put_size16(w, in->security_buffer.len);
	at_context_offset = wire_tell(w);
	wire_put_u32(w, 0);
	buffer = wire_tell(w);
	wire_put_slice(w, in->security_buffer);
	if (in->context_count > 0) {
		wire_put_align(w, 8);
		wire_patch_u32(w, at_context_offset, wire_tell(w));
		wire_put_slice(w, in->contexts);
	}
	smb2_put_least_buffer(w, buffer);
	return wire_writer_ok(w);
}

/* --------------------------------------------- negotiate contexts 2.2.3.1 */

struct smb2_negotiate_contexts smb2_negotiate_contexts(struct wire_slice list,
						       uint16_t count)
{
	struct smb2_negotiate_contexts c = {.r = wire_reader_of(list),
					    .left = count};

	if (count > SMB2_MAX_NEGOTIATE_CONTEXTS) {
		wire_reader_fail(&c.r);
	}
	return c;
}

bool smb2_negotiate_contexts_next(struct smb2_negotiate_contexts *c,
				  struct smb2_negotiate_context *out)
{
	uint16_t length = 0;

	*out = (struct smb2_negotiate_context){0};
	if (c->left == 0 || !wire_reader_ok(&c->r)) {
		return false;
	}
	wire_get_align(&c->r, 8);
	out->type = wire_get_u16(&c->r);
	length = wire_get_u16(&c->r);
	wire_skip(&c->r, 4);
	out->data = wire_get(&c->r, length);
	c->left--;
	return wire_reader_ok(&c->r);
}

bool smb2_negotiate_contexts_ok(const struct smb2_negotiate_contexts *c)
{
	return wire_reader_ok(&c->r);
}

bool smb2_negotiate_context_add(struct wire_writer *w,
				const struct smb2_negotiate_context *in)
{
	wire_put_align(w, 8);
	wire_put_u16(w, in->type);
	wire_put_size16(w, in->data.len);
	wire_put_u32(w, 0);
	wire_put_slice(w, in->data);
	return wire_writer_ok(w);
}

/* Lists of 16-bit algorithm identifiers, the core of most contexts. */
static void get_algorithms(struct wire_reader *r, uint16_t count,
			   uint16_t algorithms[SMB2_MAX_ALGORITHMS])
{
	size_t i = 0;

	if (count > SMB2_MAX_ALGORITHMS) {
		wire_reader_fail(r);
		return;
	}
	for (i = 0; i < count; i++) {
		algorithms[i] = wire_get_u16(r);
	}
}

static void put_algorithms(struct wire_writer *w, uint16_t count,
			   const uint16_t algorithms[SMB2_MAX_ALGORITHMS])
{
	size_t i = 0;

	if (count > SMB2_MAX_ALGORITHMS) {
		wire_writer_fail(w);
		return;
	}
	for (i = 0; i < count; i++) {
		wire_put_u16(w, algorithms[i]);
	}
}

/* 2.2.3.1.1 */
bool smb2_preauth_context_decode(struct wire_slice data,
				 struct smb2_preauth_context *out)
{
	struct wire_reader r = wire_reader_of(data);
	uint16_t salt_length = 0;

	*out = (struct smb2_preauth_context){0};
	out->count = wire_get_u16(&r);
	salt_length = wire_get_u16(&r);
	get_algorithms(&r, out->count, out->algorithms);
	out->salt = wire_get(&r, salt_length);
	return wire_reader_ok(&r);
}

bool smb2_preauth_context_encode(struct wire_writer *w,
				 const struct smb2_preauth_context *in)
{
	wire_put_u16(w, in->count);
	wire_put_size16(w, in->salt.len);
	put_algorithms(w, in->count, in->algorithms);
	wire_put_slice(w, in->salt);
	return wire_writer_ok(w);
}

/* 2.2.3.1.2, 2.2.3.1.7 */
bool smb2_algorithms_context_decode(struct wire_slice data,
				    struct smb2_algorithms_context *out)
{
	struct wire_reader r = wire_reader_of(data);

	*out = (struct smb2_algorithms_context){0};
	out->count = wire_get_u16(&r);
	get_algorithms(&r, out->count, out->algorithms);
	return wire_reader_ok(&r);
}

bool smb2_algorithms_context_encode(struct wire_writer *w,
				    const struct smb2_algorithms_context *in)
{
	wire_put_u16(w, in->count);
	put_algorithms(w, in->count, in->algorithms);
	return wire_writer_ok(w);
}

/* 2.2.3.1.3 */
bool smb2_compression_context_decode(struct wire_slice data,
				     struct smb2_compression_context *out)
{
	struct wire_reader r = wire_reader_of(data);

	*out = (struct smb2_compression_context){0};
	out->count = wire_get_u16(&r);
	wire_skip(&r, 2);
	out->flags = wire_get_u32(&r);
	get_algorithms(&r, out->count, out->algorithms);
	return wire_reader_ok(&r);
}

bool smb2_compression_context_encode(struct wire_writer *w,
				     const struct smb2_compression_context *in)
{
	wire_put_u16(w, in->count);
	wire_put_u16(w, 0);
	wire_put_u32(w, in->flags);
	put_algorithms(w, in->count, in->algorithms);
	return wire_writer_ok(w);
}

/* 2.2.3.1.5 */
bool smb2_transport_context_decode(struct wire_slice data, uint32_t *flags)
{
	struct wire_reader r = wire_reader_of(data);

	*flags = wire_get_u32(&r);
	return wire_reader_ok(&r);
}

bool smb2_transport_context_encode(struct wire_writer *w, uint32_t flags)
{
	wire_put_u32(w, flags);
	return wire_writer_ok(w);
}

/* 2.2.3.1.6 */
bool smb2_rdma_context_decode(struct wire_slice data,
			      struct smb2_algorithms_context *out)
{
	struct wire_reader r = wire_reader_of(data);

	*out = (struct smb2_algorithms_context){0};
	out->count = wire_get_u16(&r);
	wire_skip(&r, 6);
	get_algorithms(&r, out->count, out->algorithms);
	return wire_reader_ok(&r);
}

bool smb2_rdma_context_encode(struct wire_writer *w,
			      const struct smb2_algorithms_context *in)
{
	wire_put_u16(w, in->count);
	wire_put_zeros(w, 6);
	put_algorithms(w, in->count, in->algorithms);
	return wire_writer_ok(w);
}

/* ----------------------------------------------------- SMB1 multi-protocol */

/* MS-CIFS 2.2.3.1 (the header) and 2.2.4.52.1 (the request). */
enum {
	SMB1_COM_NEGOTIATE = 0x72,
	SMB1_DIALECT_FORMAT = 0x02,
	SMB1_FLAGS = 0x18,    /* canonical paths, names without case */
	SMB1_FLAGS2 = 0xC853, /* Unicode, NT statuses, long names ... */
};

/* One 0x02, text, 0x00; the text without its terminator. */
static struct wire_slice smb1_get_dialect(struct wire_reader *r)
{
	uint8_t format = wire_get_u8(r);
	struct wire_slice rest = wire_slice(r->data + r->pos, wire_left(r));
	const uint8_t *end = NULL;

	if (rest.len > 0) {
		end = memchr(rest.data, '\0', rest.len);
	}
	if (format != SMB1_DIALECT_FORMAT || end == NULL) {
		wire_reader_fail(r);
		return wire_slice(NULL, 0);
	}
	rest.len = (size_t)(end - rest.data);
	wire_skip(r, rest.len + 1);
	return rest;
}

bool smb1_negotiate_request_decode(const uint8_t *msg, size_t len,
				   struct smb1_negotiate_request *out)
{
	struct wire_reader r = wire_reader(msg, len);
	uint32_t magic = wire_get_u32(&r);
	uint8_t command = wire_get_u8(&r);
	uint8_t word_count = 0;
	uint16_t byte_count = 0;
	struct wire_slice bytes = {0};

	*out = (struct smb1_negotiate_request){0};
	wire_skip(&r, 27);
	word_count = wire_get_u8(&r);
	byte_count = wire_get_u16(&r);
	bytes = wire_get(&r, byte_count);
	if (!wire_reader_ok(&r) || magic != SMB1_MAGIC ||
	    command != SMB1_COM_NEGOTIATE || word_count != 0) {
		return false;
	}
	r = wire_reader_of(bytes);
	while (wire_left(&r) > 0) {
		struct wire_slice name = smb1_get_dialect(&r);

		out->smb_2_002 =
			out->smb_2_002 ||
			wire_slice_equal(name, wire_slice("SMB 2.002", 9));
		out->smb_2_xxx =
			out->smb_2_xxx ||
			wire_slice_equal(name, wire_slice("SMB 2.???", 9));
	}
	return wire_reader_ok(&r);
}

static void smb1_put_dialect(struct wire_writer *w, const char *name)
{
	wire_put_u8(w, SMB1_DIALECT_FORMAT);
	wire_put(w, name, strlen(name) + 1);
}

bool smb1_negotiate_request_encode(struct wire_writer *w,
				   const struct smb1_negotiate_request *in)
{
	size_t at_count = 0;

	wire_rebase(w);
	wire_put_u32(w, SMB1_MAGIC);
	wire_put_u8(w, SMB1_COM_NEGOTIATE);
	wire_put_u32(w, 0);
	wire_put_u8(w, SMB1_FLAGS);
	wire_put_u16(w, SMB1_FLAGS2);
	wire_put_zeros(w, 12);
	wire_put_u16(w, 0xFFFF);
	wire_put_zeros(w, 6);
	wire_put_u8(w, 0);
	at_count = wire_tell(w);
	wire_put_u16(w, 0);
	smb1_put_dialect(w, "NT LM 0.12");
	if (in->smb_2_002) {
		smb1_put_dialect(w, "SMB 2.002");
	}
	if (in->smb_2_xxx) {
		smb1_put_dialect(w, "SMB 2.???");
	}
	wire_patch_u16(w, at_count, wire_tell(w) - at_count - 2);
	return wire_writer_ok(w);
}
