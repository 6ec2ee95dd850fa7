/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Rows for smb2_negotiate.c, smb2_session.c, smb2_error.c, smb2_transform.c. */
#include "tests/testlib_pdu.h"

/* ------------------------------------------------------------------- errors */

PDU_MESSAGE(smb2_error_response)
PDU_BODY(smb2_symlink_error)

struct share_redirect {
	struct smb2_share_redirect fixed;
	struct smb2_move_address addresses[4];
};

static bool share_redirect_enc(struct wire_writer *w, const void *in)
{
	const struct share_redirect *s = in;

	return smb2_share_redirect_encode(w, &s->fixed, s->addresses);
}

static bool share_redirect_dec(struct wire_slice msg, void *out)
{
	struct share_redirect *s = out;
	uint32_t i = 0;

	if (!smb2_share_redirect_decode(msg, &s->fixed)) {
		return false;
	}
	for (i = 0; i < s->fixed.address_count && i < 4; i++) {
		smb2_share_redirect_address(&s->fixed, i, &s->addresses[i]);
	}
	return i == s->fixed.address_count;
}

static const struct smb2_error_response error_empty = {0};
static const struct smb2_error_response error_data = {
	.context_count = 1,
	.data = BYTES("\x04\0\0\0\0\0\0\0\x10\0\0\0"),
};
static const struct smb2_symlink_error symlink_error = {
	.unparsed_path_length = 6,
	.flags = SYMLINK_FLAG_RELATIVE,
	.substitute_name = BYTES(".\0.\0\\\0a\0"),
	.print_name = BYTES(".\0.\0\\\0a\0"),
};
static const struct share_redirect share_redirect = {
	.fixed = {.notification_type = SHARE_MOVE_NOTIFICATION,
		  .address_count = 2,
		  .resource_name = BYTES("d\0a\0t\0a\0")},
	.addresses = {{MOVE_DST_IPADDR_V4, {127, 0, 0, 1}},
		      {MOVE_DST_IPADDR_V6, {0xFE, 0x80, 1, 2, 3}}},
};

static const struct pdu_row error_rows[] = {
	{"error", PDU_RESPONSE, SMB2_CREATE, NT_STATUS_OBJECT_NAME_NOT_FOUND,
	 PDU_FUNCTIONS(smb2_error_response), PDU_SAMPLE(error_empty),
	 .slack = 1},
	{"error with context", PDU_RESPONSE, SMB2_QUERY_INFO,
	 NT_STATUS_BUFFER_TOO_SMALL, PDU_FUNCTIONS(smb2_error_response),
	 PDU_SAMPLE(error_data), .lengths = {68}},
	{"symlink error", PDU_RAW, PDU_FUNCTIONS(smb2_symlink_error),
	 PDU_SAMPLE(symlink_error), .lengths = {12, 22}},
	{"share redirect", PDU_RAW, PDU_FUNCTIONS(share_redirect),
	 PDU_SAMPLE(share_redirect), .lengths = {12, 20}},
};

PDU_TABLE(pdu_error_table, error_rows);

/* ---------------------------------------------------------------- negotiate */

/* Contexts at 8-byte boundaries: preauth, encryption, netname, transport. */
#define CONTEXTS                             \
	"\x01\0\x0a\0\0\0\0\0"               \
	"\x01\0\x04\0\x01\0salt\0\0\0\0\0\0" \
	"\x02\0\x06\0\0\0\0\0"               \
	"\x02\0\x02\0\x01\0\0\0"             \
	"\x05\0\x04\0\0\0\0\0"               \
	"s\0v\0\0\0\0\0"                     \
	"\x06\0\x04\0\0\0\0\0"               \
	"\x01\0\0\0"

PDU_MESSAGE(smb2_negotiate_request)
PDU_MESSAGE(smb2_negotiate_response)
PDU_BODY(smb2_preauth_context)
PDU_BODY(smb2_algorithms_context)
PDU_BODY(smb2_compression_context)
PDU_BODY(smb2_rdma_context)
PDU_MESSAGE(smb1_negotiate_request)

static bool walk_contexts(struct wire_slice list, uint16_t count)
{
	struct smb2_negotiate_contexts c = smb2_negotiate_contexts(list, count);
	struct smb2_negotiate_context context = {0};

	while (smb2_negotiate_contexts_next(&c, &context)) {
		;
	}
	return smb2_negotiate_contexts_ok(&c);
}

static bool negotiate_request_dec(struct wire_slice msg, void *out)
{
	struct smb2_negotiate_request *req = out;

	return smb2_negotiate_request_dec(msg, out) &&
	       walk_contexts(req->contexts, req->context_count);
}

static bool negotiate_response_dec(struct wire_slice msg, void *out)
{
	struct smb2_negotiate_response *rsp = out;

	return smb2_negotiate_response_dec(msg, out) &&
	       walk_contexts(rsp->contexts, rsp->context_count);
}

static bool transport_enc(struct wire_writer *w, const void *in)
{
	return smb2_transport_context_encode(w, *(const uint32_t *)in);
}

static bool transport_dec(struct wire_slice msg, void *out)
{
	return smb2_transport_context_decode(msg, out);
}

static const struct smb2_negotiate_request negotiate_request = {
	.dialect_count = 5,
	.security_mode = SMB2_NEGOTIATE_SIGNING_ENABLED,
	.capabilities = 0x7F,
	.client_guid = {{1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15}},
	.dialects = {SMB2_DIALECT_202, SMB2_DIALECT_210, SMB2_DIALECT_300,
		     SMB2_DIALECT_302, SMB2_DIALECT_311},
	.context_count = 4,
	.contexts = BYTES(CONTEXTS),
};
static const struct smb2_negotiate_request negotiate_request_old = {
	.dialect_count = 2,
	.security_mode = SMB2_NEGOTIATE_SIGNING_REQUIRED,
	.dialects = {SMB2_DIALECT_202, SMB2_DIALECT_210},
};
static const struct smb2_negotiate_response negotiate_response = {
	.security_mode = 3,
	.dialect = SMB2_DIALECT_311,
	.server_guid = {{16, 15, 14, 13, 12, 11, 10, 9, 8, 7, 6, 5, 4}},
	.capabilities = 0x2F,
	.max_transact_size = 1u << 20,
	.max_read_size = 2u << 20,
	.max_write_size = 3u << 20,
	.system_time = 0x01DB000000000001,
	.server_start_time = 0x01DA000000000002,
	.security_buffer = BYTES("\x60\x1c\x06\x06\x2b\x06\x01\x05\x05\x02"
				 "\xa0\x12\x30\x10\xa0\x0e\x30\x0c\x06\x0a"
				 "\x2b\x06\x01\x04\x01\x82\x37\x02\x02\x0a"),
	.context_count = 4,
	.contexts = BYTES(CONTEXTS),
};
static const struct smb2_negotiate_response negotiate_response_old = {
	.security_mode = 1,
	.dialect = SMB2_DIALECT_210,
	.max_transact_size = 65536,
	.max_read_size = 65536,
	.max_write_size = 65536,
	.system_time = 0x01DB000000000001,
};
static const struct smb2_preauth_context preauth = {
	.count = 1, .algorithms = {SMB2_PREAUTH_SHA512}, .salt = BYTES("salt")};
static const struct smb2_algorithms_context algorithms = {
	.count = 3,
	.algorithms = {SMB2_SIGNING_AES_GMAC, SMB2_SIGNING_AES_CMAC, 0}};
static const struct smb2_compression_context compression = {
	.flags = 1,
	.count = 2,
	.algorithms = {SMB2_COMPRESSION_PATTERN_V1, SMB2_COMPRESSION_LZ77}};
static const uint32_t transport_flags = SMB2_ACCEPT_TRANSPORT_LEVEL_SECURITY;
static const struct smb1_negotiate_request smb1_request = {true, true};

static const struct pdu_row negotiate_rows[] = {
	{"NEGOTIATE request", PDU_REQUEST, SMB2_NEGOTIATE, 0,
	 smb2_negotiate_request_enc, negotiate_request_dec,
	 PDU_SAMPLE(negotiate_request), .lengths = {96}},
	{"NEGOTIATE request 2.1", PDU_REQUEST, SMB2_NEGOTIATE, 0,
	 PDU_FUNCTIONS(smb2_negotiate_request),
	 PDU_SAMPLE(negotiate_request_old), .lengths = {66}},
	{"NEGOTIATE response", PDU_RESPONSE, SMB2_NEGOTIATE, 0,
	 smb2_negotiate_response_enc, negotiate_response_dec,
	 PDU_SAMPLE(negotiate_response), .lengths = {70}},
	{"NEGOTIATE response 2.1", PDU_RESPONSE, SMB2_NEGOTIATE, 0,
	 PDU_FUNCTIONS(smb2_negotiate_response),
	 PDU_SAMPLE(negotiate_response_old), .slack = 1},
	{"preauth context", PDU_RAW, PDU_FUNCTIONS(smb2_preauth_context),
	 PDU_SAMPLE(preauth), .lengths = {2}},
	{"algorithms context", PDU_RAW, PDU_FUNCTIONS(smb2_algorithms_context),
	 PDU_SAMPLE(algorithms)},
	{"compression context", PDU_RAW,
	 PDU_FUNCTIONS(smb2_compression_context), PDU_SAMPLE(compression)},
	{"transport context", PDU_RAW, PDU_FUNCTIONS(transport),
	 PDU_SAMPLE(transport_flags)},
	{"rdma context", PDU_RAW, PDU_FUNCTIONS(smb2_rdma_context),
	 PDU_SAMPLE(algorithms)},
	{"SMB1 NEGOTIATE request", PDU_RAW,
	 PDU_FUNCTIONS(smb1_negotiate_request), PDU_SAMPLE(smb1_request),
	 .lengths = {32, 33}},
};

PDU_TABLE(pdu_negotiate_table, negotiate_rows);

/* --------------------------------------------------------- session and tree */

PDU_MESSAGE(smb2_session_setup_request)
PDU_MESSAGE(smb2_session_setup_response)
PDU_MESSAGE(smb2_tree_connect_request)
PDU_MESSAGE(smb2_tree_connect_response)

static bool empty_enc(struct wire_writer *w, const void *in)
{
	(void)in;
	return smb2_empty_encode(w);
}

static bool empty_dec(struct wire_slice msg, void *out)
{
	(void)out;
	return smb2_empty_decode(msg.data, msg.len);
}

static bool tree_extension_dec(struct wire_slice msg, void *out)
{
	struct smb2_tree_connect_request *req = out;

	return smb2_tree_connect_request_dec(msg, out) &&
	       walk_contexts(req->contexts, req->context_count);
}

static const uint8_t nothing = 0;
static const struct smb2_session_setup_request session_request = {
	.flags = SMB2_SESSION_FLAG_BINDING,
	.security_mode = 1,
	.capabilities = SMB2_GLOBAL_CAP_DFS,
	.previous_session_id = 0x1234,
	.security_buffer = BYTES("NTLMSSP\0\1\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0"
				 "\0\0\0\0\0\0\0\0"),
};
static const struct smb2_session_setup_response session_response = {
	.session_flags = SMB2_SESSION_FLAG_ENCRYPT_DATA,
	.security_buffer = BYTES("\xa1\x07\x30\x05\xa0\x03\x0a\x01\0"),
};
static const struct smb2_session_setup_response session_response_empty = {0};
static const struct smb2_tree_connect_request tree_request = {
	.path = BYTES("\\\0\\\0s\0\\\0d\0a\0t\0a\0"),
};
static const struct smb2_tree_connect_request tree_request_extended = {
	.flags = SMB2_TREE_CONNECT_FLAG_EXTENSION_PRESENT,
	.path = BYTES("\\\0\\\0s\0\\\0d\0"),
	.context_count = 1,
	.contexts = BYTES("\x01\0\x04\0\0\0\0\0abcd"),
};
static const struct smb2_tree_connect_response tree_response = {
	.share_type = SMB2_SHARE_TYPE_DISK,
	.share_flags = SMB2_SHAREFLAG_NO_CACHING | SMB2_SHAREFLAG_ENCRYPT_DATA,
	.capabilities = SMB2_SHARE_CAP_DFS,
	.maximal_access = FILE_ALL_ACCESS,
};

#define EMPTY_ROW(name, kind, command)                              \
	{                                                           \
		(name), (kind), (command), 0, PDU_FUNCTIONS(empty), \
			PDU_SAMPLE(nothing)                         \
	}

static const struct pdu_row session_rows[] = {
	{"SESSION_SETUP request", PDU_REQUEST, SMB2_SESSION_SETUP, 0,
	 PDU_FUNCTIONS(smb2_session_setup_request), PDU_SAMPLE(session_request),
	 .lengths = {78}},
	{"SESSION_SETUP response", PDU_RESPONSE, SMB2_SESSION_SETUP,
	 NT_STATUS_MORE_PROCESSING_REQUIRED,
	 PDU_FUNCTIONS(smb2_session_setup_response),
	 PDU_SAMPLE(session_response), .lengths = {70}},
	{"SESSION_SETUP response, empty", PDU_RESPONSE, SMB2_SESSION_SETUP, 0,
	 PDU_FUNCTIONS(smb2_session_setup_response),
	 PDU_SAMPLE(session_response_empty), .slack = 1},
	{"TREE_CONNECT request", PDU_REQUEST, SMB2_TREE_CONNECT, 0,
	 PDU_FUNCTIONS(smb2_tree_connect_request), PDU_SAMPLE(tree_request),
	 .lengths = {70}},
	{"TREE_CONNECT request, extended", PDU_REQUEST, SMB2_TREE_CONNECT, 0,
	 smb2_tree_connect_request_enc, tree_extension_dec,
	 PDU_SAMPLE(tree_request_extended), .lengths = {76}},
	{"TREE_CONNECT response", PDU_RESPONSE, SMB2_TREE_CONNECT, 0,
	 PDU_FUNCTIONS(smb2_tree_connect_response), PDU_SAMPLE(tree_response)},
	EMPTY_ROW("LOGOFF request", PDU_REQUEST, SMB2_LOGOFF),
	EMPTY_ROW("LOGOFF response", PDU_RESPONSE, SMB2_LOGOFF),
	EMPTY_ROW("TREE_DISCONNECT request", PDU_REQUEST, SMB2_TREE_DISCONNECT),
	EMPTY_ROW("TREE_DISCONNECT response", PDU_RESPONSE,
		  SMB2_TREE_DISCONNECT),
	EMPTY_ROW("FLUSH response", PDU_RESPONSE, SMB2_FLUSH),
	EMPTY_ROW("LOCK response", PDU_RESPONSE, SMB2_LOCK),
	EMPTY_ROW("ECHO request", PDU_REQUEST, SMB2_ECHO),
	EMPTY_ROW("ECHO response", PDU_RESPONSE, SMB2_ECHO),
	EMPTY_ROW("CANCEL request", PDU_REQUEST, SMB2_CANCEL),
};

PDU_TABLE(pdu_session_table, session_rows);

/* --------------------------------------------------------------- transforms */

PDU_MESSAGE(smb2_transform_header)
PDU_BODY(smb2_compression_pattern)

/* The headers alone are encoded; a sender adds the data. */
static bool compression_enc(struct wire_writer *w, const void *in)
{
	const struct smb2_compression_header *hdr = in;

	smb2_compression_header_encode(w, hdr);
	wire_put_slice(w, hdr->uncompressed);
	wire_put_slice(w, hdr->compressed);
	return wire_writer_ok(w);
}

static bool compression_dec(struct wire_slice msg, void *out)
{
	return smb2_compression_header_decode(msg.data, msg.len, out);
}

static bool payload_enc(struct wire_writer *w, const void *in)
{
	const struct smb2_compression_payload *payload = in;

	smb2_compression_payload_encode(w, payload);
	wire_put_slice(w, payload->data);
	return wire_writer_ok(w);
}

static bool payload_dec(struct wire_slice msg, void *out)
{
	return smb2_compression_payload_next(&msg, out) && msg.len == 0;
}

static const struct smb2_transform_header transform = {
	.signature = {1, 2, 3},
	.nonce = {4, 5, 6},
	.original_message_size = 70,
	.flags = SMB2_TRANSFORM_FLAG_ENCRYPTED,
	.session_id = 0x99,
};
static const struct smb2_compression_header unchained = {
	.original_size = 4096,
	.algorithm = SMB2_COMPRESSION_LZ77,
	.uncompressed = BYTES("header"),
	.compressed = BYTES("data"),
};
static const struct smb2_compression_header chained = {
	.original_size = 4096,
	.algorithm = SMB2_COMPRESSION_PATTERN_V1,
	.flags = SMB2_COMPRESSION_FLAG_CHAINED,
	.compressed = BYTES("\x04\0\x01\0\x08\0\0\0\0\0\0\0\x10\0\0\0"),
};
static const struct smb2_compression_payload payload = {
	.algorithm = SMB2_COMPRESSION_LZ4,
	.flags = SMB2_COMPRESSION_FLAG_CHAINED,
	.original_size = 100,
	.data = BYTES("lz4"),
};
static const struct smb2_compression_payload payload_none = {
	.algorithm = SMB2_COMPRESSION_NONE,
	.data = BYTES("as it is"),
};
static const struct smb2_compression_pattern pattern = {'x', 1000};

static const struct pdu_row transform_rows[] = {
	{"transform header", PDU_RAW, PDU_FUNCTIONS(smb2_transform_header),
	 PDU_SAMPLE(transform)},
	{"compression header", PDU_RAW, PDU_FUNCTIONS(compression),
	 PDU_SAMPLE(unchained), .slack = 4},
	{"compression header, chained", PDU_RAW, PDU_FUNCTIONS(compression),
	 PDU_SAMPLE(chained), .slack = 12},
	{"compression payload", PDU_RAW, PDU_FUNCTIONS(payload),
	 PDU_SAMPLE(payload), .lengths = {4}},
	{"compression payload, none", PDU_RAW, PDU_FUNCTIONS(payload),
	 PDU_SAMPLE(payload_none), .lengths = {4}},
	{"compression pattern", PDU_RAW,
	 PDU_FUNCTIONS(smb2_compression_pattern), PDU_SAMPLE(pattern)},
};

PDU_TABLE(pdu_transform_table, transform_rows);
