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

#include "smbquic/ntstatus.h"
#include "smbquic/smb2.h"
#include "smbquic/wire.h"

/* ============================================================ smb2_header.c */

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

/* =========================================================== smb2_session.c */

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

/* ------------------------------------------------------ session setup 2.2.5 */

struct smb2_session_setup_request {
	uint8_t flags;
	uint8_t security_mode;
	uint32_t capabilities;
	uint64_t previous_session_id;
	struct wire_slice security_buffer;
};

bool smb2_session_setup_request_decode(const uint8_t *msg, size_t len,
				       struct smb2_session_setup_request *out);
bool smb2_session_setup_request_encode(
	struct wire_writer *w, const struct smb2_session_setup_request *in);

/* 2.2.6 */
struct smb2_session_setup_response {
	uint16_t session_flags;
	struct wire_slice security_buffer;
};

bool smb2_session_setup_response_decode(
	const uint8_t *msg, size_t len,
	struct smb2_session_setup_response *out);
bool smb2_session_setup_response_encode(
	struct wire_writer *w, const struct smb2_session_setup_response *in);

/* LOGOFF: smb2_empty_decode(), smb2_empty_encode(). */

/* ------------------------------------------------------- tree connect 2.2.9 */

/*
 * With SMB2_TREE_CONNECT_FLAG_EXTENSION_PRESENT contexts is the raw list of
 * 2.2.9.2: the form of negotiate contexts, and walked as such.
 */
struct smb2_tree_connect_request {
	uint16_t flags;
	struct wire_slice path; /* \\server\share */
	uint16_t context_count;
	struct wire_slice contexts;
};

bool smb2_tree_connect_request_decode(const uint8_t *msg, size_t len,
				      struct smb2_tree_connect_request *out);
bool smb2_tree_connect_request_encode(
	struct wire_writer *w, const struct smb2_tree_connect_request *in);

/* 2.2.10 */
struct smb2_tree_connect_response {
	uint8_t share_type;
	uint32_t share_flags;
	uint32_t capabilities;
	uint32_t maximal_access;
};

bool smb2_tree_connect_response_decode(const uint8_t *msg, size_t len,
				       struct smb2_tree_connect_response *out);
bool smb2_tree_connect_response_encode(
	struct wire_writer *w, const struct smb2_tree_connect_response *in);

/* TREE_DISCONNECT: smb2_empty_decode(), smb2_empty_encode(). */

/* ============================================================== smb2_open.c */

/* ------------------------------------------------------------ create 2.2.13 */

struct smb2_create_request {
	uint8_t oplock_level;
	uint32_t impersonation_level;
	uint32_t desired_access;
	uint32_t file_attributes;
	uint32_t share_access;
	uint32_t create_disposition;
	uint32_t create_options;
	struct wire_slice name;
	struct wire_slice contexts; /* raw list, see below */
};

bool smb2_create_request_decode(const uint8_t *msg, size_t len,
				struct smb2_create_request *out);
bool smb2_create_request_encode(struct wire_writer *w,
				const struct smb2_create_request *in);

/* 2.2.14 */
struct smb2_create_response {
	uint8_t oplock_level;
	uint8_t flags;
	uint32_t create_action;
	NTTIME creation_time;
	NTTIME last_access_time;
	NTTIME last_write_time;
	NTTIME change_time;
	uint64_t allocation_size;
	uint64_t end_of_file;
	uint32_t file_attributes;
	struct smb2_file_id file_id;
	struct wire_slice contexts;
};

bool smb2_create_response_decode(const uint8_t *msg, size_t len,
				 struct smb2_create_response *out);
bool smb2_create_response_encode(struct wire_writer *w,
				 const struct smb2_create_response *in);

/* ------------------------------------------------------------- close 2.2.15 */

struct smb2_close_request {
	uint16_t flags;
	struct smb2_file_id file_id;
};

bool smb2_close_request_decode(const uint8_t *msg, size_t len,
			       struct smb2_close_request *out);
bool smb2_close_request_encode(struct wire_writer *w,
			       const struct smb2_close_request *in);

/* 2.2.16 */
struct smb2_close_response {
	uint16_t flags;
	NTTIME creation_time;
	NTTIME last_access_time;
	NTTIME last_write_time;
	NTTIME change_time;
	uint64_t allocation_size;
	uint64_t end_of_file;
	uint32_t file_attributes;
};

bool smb2_close_response_decode(const uint8_t *msg, size_t len,
				struct smb2_close_response *out);
bool smb2_close_response_encode(struct wire_writer *w,
				const struct smb2_close_response *in);

/* ----------------------------------------------------- oplock break 2.2.23.1
 */

/*
 * Notification, acknowledgment (2.2.24.1) and response (2.2.25.1) have one
 * form, and lease breaks share their command: smb2_structure_size() is
 * SMB2_OPLOCK_BREAK_SIZE, SMB2_LEASE_BREAK_NOTIFICATION_SIZE or
 * SMB2_LEASE_BREAK_ACK_SIZE.
 */
#define SMB2_OPLOCK_BREAK_SIZE		   24
#define SMB2_LEASE_BREAK_NOTIFICATION_SIZE 44
#define SMB2_LEASE_BREAK_ACK_SIZE	   36

struct smb2_oplock_break {
	uint8_t oplock_level;
	struct smb2_file_id file_id;
};

bool smb2_oplock_break_decode(const uint8_t *msg, size_t len,
			      struct smb2_oplock_break *out);
bool smb2_oplock_break_encode(struct wire_writer *w,
			      const struct smb2_oplock_break *in);

/* 2.2.23.2 */
struct smb2_lease_break_notification {
	uint16_t new_epoch;
	uint32_t flags;
	struct smb2_guid lease_key;
	uint32_t current_lease_state;
	uint32_t new_lease_state;
};

bool smb2_lease_break_notification_decode(
	const uint8_t *msg, size_t len,
	struct smb2_lease_break_notification *out);
bool smb2_lease_break_notification_encode(
	struct wire_writer *w, const struct smb2_lease_break_notification *in);

/* Acknowledgment (2.2.24.2) and response (2.2.25.2). */
struct smb2_lease_break {
	uint32_t flags;
	struct smb2_guid lease_key;
	uint32_t lease_state;
};

bool smb2_lease_break_decode(const uint8_t *msg, size_t len,
			     struct smb2_lease_break *out);
bool smb2_lease_break_encode(struct wire_writer *w,
			     const struct smb2_lease_break *in);

/* ============================================================ smb2_create.c */

/* --------------------------------------------------- create contexts 2.2.13.2
 */

struct smb2_create_context {
	struct wire_slice name; /* bytes, 4 or 16 */
	struct wire_slice data;
};

/*
 * Walks .contexts of a request or response:
 *
 *	struct wire_walker c = smb2_create_contexts(req.contexts);
 *
 *	while (smb2_create_contexts_next(&c, &context)) {
 *		if (smb2_create_context_is(&context, SMB2_CREATE_AAPL)) {
 *			...
 *		}
 *	}
 *	if (!wire_walker_ok(&c)) {
 *		malformed: NT_STATUS_INVALID_PARAMETER
 *	}
 */
struct wire_walker smb2_create_contexts(struct wire_slice list);
bool smb2_create_contexts_next(struct wire_walker *c,
			       struct smb2_create_context *out);

/* name is a literal of smb2.h, of 4 or 16 bytes. */
#define smb2_create_context_is(context, literal) \
	wire_slice_equal((context)->name,        \
			 wire_slice((literal), sizeof(literal) - 1))

/* The data of the first context of this name. False: none (or malformed). */
bool smb2_create_context_get(struct wire_slice list, struct wire_slice name,
			     struct wire_slice *data);
#define smb2_create_context_find(list, literal, data) \
	smb2_create_context_get(                      \
		(list), wire_slice((literal), sizeof(literal) - 1), (data))

/*
 * Builds a list, in a writer of its own that then becomes .contexts:
 *
 *	struct wire_writer w = wire_writer_talloc(mem_ctx);
 *	struct wire_chain list = smb2_create_context_list(&w);
 *
 *	smb2_create_context_add(&list, SMB2_CREATE_QUERY_ON_DISK_ID, NULL, 0);
 *	smb2_mxac_request_add(&list, 0);
 *	req.contexts = wire_writer_slice(&w);	(after wire_writer_ok(&w))
 */
struct wire_chain smb2_create_context_list(struct wire_writer *w);
bool smb2_create_context_put(struct wire_chain *list, struct wire_slice name,
			     struct wire_slice data);
#define smb2_create_context_add(list, literal, data, len)                   \
	smb2_create_context_put((list),                                     \
				wire_slice((literal), sizeof(literal) - 1), \
				wire_slice((data), (len)))

/*
 * Bodies: a decode takes .data of a context, an add appends name and data.
 * ExtA holds FileFullEaInformation (fscc.h), SecD a security descriptor
 * (security_descriptor.h); AAPL and SMB2_CREATE_POSIX stay raw.
 */

/* 2.2.13.2.5. timestamp 0: none given, data is empty. */
bool smb2_mxac_request_decode(struct wire_slice data, NTTIME *timestamp);
bool smb2_mxac_request_add(struct wire_chain *list, NTTIME timestamp);

/* 2.2.14.2.5 */
struct smb2_mxac_response {
	NTSTATUS query_status;
	uint32_t maximal_access;
};

bool smb2_mxac_response_decode(struct wire_slice data,
			       struct smb2_mxac_response *out);
bool smb2_mxac_response_add(struct wire_chain *list,
			    const struct smb2_mxac_response *in);

/* 2.2.14.2.9; the request (2.2.13.2.9) has no data. */
struct smb2_qfid_response {
	uint64_t disk_file_id;
	uint64_t volume_id;
};

bool smb2_qfid_response_decode(struct wire_slice data,
			       struct smb2_qfid_response *out);
bool smb2_qfid_response_add(struct wire_chain *list,
			    const struct smb2_qfid_response *in);

/* 2.2.13.2.6 and 2.2.13.2.7 */
bool smb2_allocation_size_decode(struct wire_slice data, uint64_t *size);
bool smb2_allocation_size_add(struct wire_chain *list, uint64_t size);
bool smb2_timewarp_decode(struct wire_slice data, NTTIME *timestamp);
bool smb2_timewarp_add(struct wire_chain *list, NTTIME timestamp);

/* 2.2.13.2.8, 2.2.13.2.10, 2.2.14.2.10, 2.2.14.2.11; version by length. */
struct smb2_lease {
	uint8_t version; /* 1 or 2; what follows flags is of 2 only */
	struct smb2_guid lease_key;
	uint32_t lease_state;
	uint32_t flags;
	struct smb2_guid parent_lease_key;
	uint16_t epoch;
};

bool smb2_lease_decode(struct wire_slice data, struct smb2_lease *out);
bool smb2_lease_add(struct wire_chain *list, const struct smb2_lease *in);

/* 2.2.13.2.3 "DHnQ" and its response 2.2.14.2.3: reserved bytes only. */
bool smb2_durable_request_decode(struct wire_slice data);
bool smb2_durable_request_add(struct wire_chain *list);
bool smb2_durable_response_decode(struct wire_slice data);
bool smb2_durable_response_add(struct wire_chain *list);

/* 2.2.13.2.4 "DHnC" */
bool smb2_durable_reconnect_decode(struct wire_slice data,
				   struct smb2_file_id *out);
bool smb2_durable_reconnect_add(struct wire_chain *list,
				const struct smb2_file_id *in);

/* 2.2.13.2.11 "DH2Q" */
struct smb2_durable_v2_request {
	uint32_t timeout; /* ms, 0: the server's default */
	uint32_t flags;
	struct smb2_guid create_guid;
};

bool smb2_durable_v2_request_decode(struct wire_slice data,
				    struct smb2_durable_v2_request *out);
bool smb2_durable_v2_request_add(struct wire_chain *list,
				 const struct smb2_durable_v2_request *in);

/* 2.2.14.2.12 */
struct smb2_durable_v2_response {
	uint32_t timeout;
	uint32_t flags;
};

bool smb2_durable_v2_response_decode(struct wire_slice data,
				     struct smb2_durable_v2_response *out);
bool smb2_durable_v2_response_add(struct wire_chain *list,
				  const struct smb2_durable_v2_response *in);

/* 2.2.13.2.12 "DH2C" */
struct smb2_durable_v2_reconnect {
	struct smb2_file_id file_id;
	struct smb2_guid create_guid;
	uint32_t flags;
};

bool smb2_durable_v2_reconnect_decode(struct wire_slice data,
				      struct smb2_durable_v2_reconnect *out);
bool smb2_durable_v2_reconnect_add(struct wire_chain *list,
				   const struct smb2_durable_v2_reconnect *in);

/* 2.2.13.2.13 */
bool smb2_app_instance_id_decode(struct wire_slice data, struct smb2_guid *id);
bool smb2_app_instance_id_add(struct wire_chain *list,
			      const struct smb2_guid *id);

/* 2.2.13.2.15 */
struct smb2_app_instance_version {
	uint64_t high;
	uint64_t low;
};

bool smb2_app_instance_version_decode(struct wire_slice data,
				      struct smb2_app_instance_version *out);
bool smb2_app_instance_version_add(struct wire_chain *list,
				   const struct smb2_app_instance_version *in);

/* ================================================================ smb2_io.c */

/* ------------------------------------------------------------- flush 2.2.17 */

struct smb2_flush_request {
	struct smb2_file_id file_id;
};

bool smb2_flush_request_decode(const uint8_t *msg, size_t len,
			       struct smb2_flush_request *out);
bool smb2_flush_request_encode(struct wire_writer *w,
			       const struct smb2_flush_request *in);
/* The response is smb2_empty_decode(), smb2_empty_encode(). */

/* -------------------------------------------------------------- read 2.2.19 */

struct smb2_read_request {
	uint8_t padding; /* wanted DataOffset of the response, a wish */
	uint8_t flags;
	uint32_t length;
	uint64_t offset;
	struct smb2_file_id file_id;
	uint32_t minimum_count;
	uint32_t channel;
	uint32_t remaining_bytes;
	struct wire_slice channel_info;
};

bool smb2_read_request_decode(const uint8_t *msg, size_t len,
			      struct smb2_read_request *out);
bool smb2_read_request_encode(struct wire_writer *w,
			      const struct smb2_read_request *in);

/*
 * 2.2.20. Encoding writes SMB2_READ_RESPONSE_SIZE - 64 bytes of body and no
 * data: the payload goes right behind. With data.len 0 one zero byte is
 * written, the smallest Buffer.
 */
struct smb2_read_response {
	uint32_t data_remaining;
	uint32_t flags;
	struct wire_slice data;
};

bool smb2_read_response_decode(const uint8_t *msg, size_t len,
			       struct smb2_read_response *out);
bool smb2_read_response_encode(struct wire_writer *w,
			       const struct smb2_read_response *in);

/* ------------------------------------------------------------- write 2.2.21 */

/*
 * Encoding writes SMB2_WRITE_REQUEST_SIZE - 64 bytes of body and no data: the
 * payload goes right behind. channel_info is for RDMA alone and then replaces
 * the payload: with data.len 0 it is written here.
 */
struct smb2_write_request {
	uint64_t offset;
	struct smb2_file_id file_id;
	uint32_t channel;
	uint32_t remaining_bytes;
	uint32_t flags;
	struct wire_slice channel_info;
	struct wire_slice data;
};

bool smb2_write_request_decode(const uint8_t *msg, size_t len,
			       struct smb2_write_request *out);
bool smb2_write_request_encode(struct wire_writer *w,
			       const struct smb2_write_request *in);

/* 2.2.22 */
struct smb2_write_response {
	uint32_t count;
	uint32_t remaining;
};

bool smb2_write_response_decode(const uint8_t *msg, size_t len,
				struct smb2_write_response *out);
bool smb2_write_response_encode(struct wire_writer *w,
				const struct smb2_write_response *in);

/* -------------------------------------------------------------- lock 2.2.26 */

struct smb2_lock_element {
	uint64_t offset;
	uint64_t length;
	uint32_t flags;
};

struct smb2_lock_request {
	uint16_t lock_count;	      /* 1 .. SMB2_MAX_LOCKS */
	uint8_t lock_sequence_number; /* 4 bits */
	uint32_t lock_sequence_index; /* 28 bits */
	struct smb2_file_id file_id;
	struct wire_slice locks; /* decoded by the function below */
};

bool smb2_lock_request_decode(const uint8_t *msg, size_t len,
			      struct smb2_lock_request *out);
/* index < lock_count, else false. */
bool smb2_lock_request_element(const struct smb2_lock_request *in,
			       uint16_t index, struct smb2_lock_element *out);
/* elements has in->lock_count of them; in->locks is not used. */
bool smb2_lock_request_encode(struct wire_writer *w,
			      const struct smb2_lock_request *in,
			      const struct smb2_lock_element *elements);
/* The response is smb2_empty_decode(), smb2_empty_encode(). */

/* ECHO, CANCEL: smb2_empty_decode(), smb2_empty_encode(). */

/* ============================================================= smb2_query.c */

/* --------------------------------------------------- query directory 2.2.33 */

struct smb2_query_directory_request {
	uint8_t information_class;
	uint8_t flags;
	uint32_t file_index;
	struct smb2_file_id file_id;
	struct wire_slice pattern;
	uint32_t output_buffer_length;
};

bool smb2_query_directory_request_decode(
	const uint8_t *msg, size_t len,
	struct smb2_query_directory_request *out);
bool smb2_query_directory_request_encode(
	struct wire_writer *w, const struct smb2_query_directory_request *in);

/*
 * QUERY_DIRECTORY (2.2.34), CHANGE_NOTIFY (2.2.36) and QUERY_INFO (2.2.38)
 * responses have one form: a buffer. It is copied into the writer.
 */
bool smb2_buffer_response_decode(const uint8_t *msg, size_t len,
				 struct wire_slice *buffer);
bool smb2_buffer_response_encode(struct wire_writer *w,
				 struct wire_slice buffer);

/* ----------------------------------------------------- change notify 2.2.35 */

struct smb2_change_notify_request {
	uint16_t flags;
	uint32_t output_buffer_length;
	struct smb2_file_id file_id;
	uint32_t completion_filter;
};

bool smb2_change_notify_request_decode(const uint8_t *msg, size_t len,
				       struct smb2_change_notify_request *out);
bool smb2_change_notify_request_encode(
	struct wire_writer *w, const struct smb2_change_notify_request *in);

/* -------------------------------------------------------- query info 2.2.37 */

struct smb2_query_info_request {
	uint8_t info_type;
	uint8_t file_info_class;
	uint32_t output_buffer_length;
	uint32_t additional_information;
	uint32_t flags;
	struct smb2_file_id file_id;
	struct wire_slice input;
};

bool smb2_query_info_request_decode(const uint8_t *msg, size_t len,
				    struct smb2_query_info_request *out);
bool smb2_query_info_request_encode(struct wire_writer *w,
				    const struct smb2_query_info_request *in);

/* 2.2.37.1; sid_list holds FILE_GET_QUOTA_INFORMATION, start_sid a SID. */
struct smb2_query_quota_info {
	bool return_single;
	bool restart_scan;
	struct wire_slice sid_list;
	struct wire_slice start_sid;
};

bool smb2_query_quota_info_decode(struct wire_slice data,
				  struct smb2_query_quota_info *out);
bool smb2_query_quota_info_encode(struct wire_writer *w,
				  const struct smb2_query_quota_info *in);

/* ---------------------------------------------------------- set info 2.2.39 */

struct smb2_set_info_request {
	uint8_t info_type;
	uint8_t file_info_class;
	uint32_t additional_information;
	struct smb2_file_id file_id;
	struct wire_slice buffer;
};

bool smb2_set_info_request_decode(const uint8_t *msg, size_t len,
				  struct smb2_set_info_request *out);
bool smb2_set_info_request_encode(struct wire_writer *w,
				  const struct smb2_set_info_request *in);

/* 2.2.40 */
bool smb2_set_info_response_decode(const uint8_t *msg, size_t len);
bool smb2_set_info_response_encode(struct wire_writer *w);

/* ------------------------------------ server to client notification 2.2.44 */

#define SMB2_NOTIFY_SESSION_CLOSED 0

struct smb2_server_notification {
	uint32_t type;
	struct wire_slice notification;
};

bool smb2_server_notification_decode(const uint8_t *msg, size_t len,
				     struct smb2_server_notification *out);
bool smb2_server_notification_encode(struct wire_writer *w,
				     const struct smb2_server_notification *in);

/* ============================================================= smb2_ioctl.c */

/* ------------------------------------------------------------- ioctl 2.2.31 */

struct smb2_ioctl_request {
	uint32_t ctl_code;
	struct smb2_file_id file_id;
	uint32_t max_input_response;
	uint32_t max_output_response;
	uint32_t flags;
	struct wire_slice input;
	struct wire_slice output; /* empty from any well-behaved client */
};

bool smb2_ioctl_request_decode(const uint8_t *msg, size_t len,
			       struct smb2_ioctl_request *out);
bool smb2_ioctl_request_encode(struct wire_writer *w,
			       const struct smb2_ioctl_request *in);

/* 2.2.32 */
struct smb2_ioctl_response {
	uint32_t ctl_code;
	struct smb2_file_id file_id;
	uint32_t flags;
	struct wire_slice input;
	struct wire_slice output;
};

bool smb2_ioctl_response_decode(const uint8_t *msg, size_t len,
				struct smb2_ioctl_response *out);
bool smb2_ioctl_response_encode(struct wire_writer *w,
				const struct smb2_ioctl_response *in);

/* ============================================================= smb2_fsctl.c */

/*
 * Bodies of IOCTLs: a decode takes .input of a request or .output of a
 * response, an encode writes a body alone. FSCTL_PIPE_TRANSCEIVE and
 * FSCTL_DFS_GET_REFERRALS stay raw.
 */

/* 2.2.31.4 */
struct smb2_validate_negotiate_request {
	uint32_t capabilities;
	struct smb2_guid guid;
	uint16_t security_mode;
	uint16_t dialect_count;
	uint16_t dialects[SMB2_MAX_DIALECTS];
};

bool smb2_validate_negotiate_request_decode(
	struct wire_slice data, struct smb2_validate_negotiate_request *out);
bool smb2_validate_negotiate_request_encode(
	struct wire_writer *w,
	const struct smb2_validate_negotiate_request *in);

/* 2.2.32.6 */
struct smb2_validate_negotiate_response {
	uint32_t capabilities;
	struct smb2_guid guid;
	uint16_t security_mode;
	uint16_t dialect;
};

bool smb2_validate_negotiate_response_decode(
	struct wire_slice data, struct smb2_validate_negotiate_response *out);
bool smb2_validate_negotiate_response_encode(
	struct wire_writer *w,
	const struct smb2_validate_negotiate_response *in);

/* 2.2.31.1.1 */
struct smb2_copychunk {
	uint64_t source_offset;
	uint64_t target_offset;
	uint32_t length;
};

/* 2.2.31.1. A count that the data does not hold is malformed. */
struct smb2_copychunk_request {
	uint8_t source_key[SMB2_RESUME_KEY_SIZE];
	uint32_t chunk_count;
	struct wire_slice chunks; /* decoded by the function below */
};

bool smb2_copychunk_request_decode(struct wire_slice data,
				   struct smb2_copychunk_request *out);
bool smb2_copychunk_request_chunk(const struct smb2_copychunk_request *in,
				  uint32_t index, struct smb2_copychunk *out);
/* chunks has in->chunk_count elements; in->chunks is not used. */
bool smb2_copychunk_request_encode(struct wire_writer *w,
				   const struct smb2_copychunk_request *in,
				   const struct smb2_copychunk *chunks);

/* 2.2.32.1. With NT_STATUS_INVALID_PARAMETER these are the server's limits. */
struct smb2_copychunk_response {
	uint32_t chunks_written;
	uint32_t chunk_bytes_written;
	uint32_t total_bytes_written;
};

bool smb2_copychunk_response_decode(struct wire_slice data,
				    struct smb2_copychunk_response *out);
bool smb2_copychunk_response_encode(struct wire_writer *w,
				    const struct smb2_copychunk_response *in);

/* 2.2.32.3 */
bool smb2_resume_key_decode(struct wire_slice data,
			    uint8_t key[SMB2_RESUME_KEY_SIZE]);
bool smb2_resume_key_encode(struct wire_writer *w,
			    const uint8_t key[SMB2_RESUME_KEY_SIZE]);

/* 2.2.31.3 FSCTL_LMR_REQUEST_RESILIENCY */
bool smb2_resiliency_request_decode(struct wire_slice data, uint32_t *timeout);
bool smb2_resiliency_request_encode(struct wire_writer *w, uint32_t timeout);

/* 2.2.31.2 */
struct smb2_read_hash_request {
	uint32_t hash_type;
	uint32_t hash_version;
	uint32_t retrieval_type;
	uint32_t length;
	uint64_t offset;
};

bool smb2_read_hash_request_decode(struct wire_slice data,
				   struct smb2_read_hash_request *out);
bool smb2_read_hash_request_encode(struct wire_writer *w,
				   const struct smb2_read_hash_request *in);

/* 2.2.32.5. family is SMB2_SOCKADDR_INET (4 bytes of address) or _INET6. */
struct smb2_network_interface {
	uint32_t if_index;
	uint32_t capability;
	uint64_t link_speed; /* bits per second */
	uint16_t family;
	uint16_t port;
	uint8_t address[16]; /* network byte order */
	uint32_t flow_info;
	uint32_t scope_id;
};

/* An interface of another family is skipped by the walk. */
struct wire_walker smb2_network_interfaces(struct wire_slice data);
bool smb2_network_interfaces_next(struct wire_walker *c,
				  struct smb2_network_interface *out);
struct wire_chain smb2_network_interface_list(struct wire_writer *w);
bool smb2_network_interface_add(struct wire_chain *list,
				const struct smb2_network_interface *in);

/* 2.2.32.2. names: "@GMT-..." UTF-16, each terminated. */
struct smb2_snapshot_array {
	uint32_t number_of_snapshots;
	uint32_t number_returned;
	uint32_t array_size;
	struct wire_slice names;
};

bool smb2_snapshot_array_decode(struct wire_slice data,
				struct smb2_snapshot_array *out);
/* Takes one name off the front of *names; false at the end. */
bool smb2_snapshot_next(struct wire_slice *names, struct wire_slice *name);
bool smb2_snapshot_array_encode(struct wire_writer *w,
				const struct smb2_snapshot_array *in);

/* A range of a file: MS-FSCC 2.3.51 (request), 2.3.52 (array), 2.3.85. */
struct smb2_file_range {
	uint64_t offset; /* FSCTL_SET_ZERO_DATA: FileOffset */
	uint64_t length; /* FSCTL_SET_ZERO_DATA: BeyondFinalZero, an offset */
};

/* FSCTL_SET_ZERO_DATA, and FSCTL_QUERY_ALLOCATED_RANGES requests. */
bool smb2_file_range_decode(struct wire_slice data,
			    struct smb2_file_range *out);
bool smb2_file_range_encode(struct wire_writer *w,
			    const struct smb2_file_range *in);
/* FSCTL_QUERY_ALLOCATED_RANGES responses: an array of them; encode appends. */
bool smb2_file_range_next(struct wire_slice *rest, struct smb2_file_range *out);

/* FSCTL_SET_SPARSE, MS-FSCC 2.3.83: no data means true. */
bool smb2_set_sparse_decode(struct wire_slice data, bool *set_sparse);
bool smb2_set_sparse_encode(struct wire_writer *w, bool set_sparse);

/* FSCTL_PIPE_WAIT, MS-FSCC 2.3.49. */
struct smb2_pipe_wait {
	uint64_t timeout; /* 100 ns */
	bool timeout_specified;
	struct wire_slice name;
};

bool smb2_pipe_wait_decode(struct wire_slice data, struct smb2_pipe_wait *out);
bool smb2_pipe_wait_encode(struct wire_writer *w,
			   const struct smb2_pipe_wait *in);

/* FSCTL_PIPE_PEEK, MS-FSCC 2.3.46. */
struct smb2_pipe_peek {
	uint32_t named_pipe_state;
	uint32_t read_data_available;
	uint32_t number_of_messages;
	uint32_t message_length;
	struct wire_slice data;
};

bool smb2_pipe_peek_decode(struct wire_slice data, struct smb2_pipe_peek *out);
bool smb2_pipe_peek_encode(struct wire_writer *w,
			   const struct smb2_pipe_peek *in);

/* FSCTL_DUPLICATE_EXTENTS_TO_FILE, MS-FSCC 2.3.7.2. */
struct smb2_duplicate_extents {
	struct smb2_file_id source;
	uint64_t source_offset;
	uint64_t target_offset;
	uint64_t byte_count;
};

bool smb2_duplicate_extents_decode(struct wire_slice data,
				   struct smb2_duplicate_extents *out);
bool smb2_duplicate_extents_encode(struct wire_writer *w,
				   const struct smb2_duplicate_extents *in);

/* FSCTL_FILE_LEVEL_TRIM, MS-FSCC 2.3.13. */
struct smb2_file_level_trim {
	uint32_t key;
	uint32_t range_count;
	struct wire_slice ranges; /* smb2_file_range_next() */
};

bool smb2_file_level_trim_decode(struct wire_slice data,
				 struct smb2_file_level_trim *out);
/* ranges has in->range_count elements; in->ranges is not used. */
bool smb2_file_level_trim_encode(struct wire_writer *w,
				 const struct smb2_file_level_trim *in,
				 const struct smb2_file_range *ranges);

/*
 * FSCTL_GET_COMPRESSION response and FSCTL_SET_COMPRESSION request, MS-FSCC
 * 2.3.18, 2.3.67: COMPRESSION_FORMAT_...
 */
bool smb2_compression_state_decode(struct wire_slice data, uint16_t *format);
bool smb2_compression_state_encode(struct wire_writer *w, uint16_t format);

/* FSCTL_CREATE_OR_GET_OBJECT_ID, FSCTL_GET_OBJECT_ID, MS-FSCC 2.1.3.1. */
struct smb2_object_id {
	struct smb2_guid object_id;
	struct smb2_guid birth_volume_id;
	struct smb2_guid birth_object_id;
	struct smb2_guid domain_id;
};

bool smb2_object_id_decode(struct wire_slice data, struct smb2_object_id *out);
bool smb2_object_id_encode(struct wire_writer *w,
			   const struct smb2_object_id *in);

/*
 * Reparse points, MS-FSCC 2.1.2.2: FSCTL_GET_REPARSE_POINT responses and
 * FSCTL_SET_REPARSE_POINT requests.
 */
struct smb2_reparse {
	uint32_t tag;
	struct wire_slice data;
};

bool smb2_reparse_decode(struct wire_slice data, struct smb2_reparse *out);
bool smb2_reparse_encode(struct wire_writer *w, const struct smb2_reparse *in);

/* MS-FSCC 2.1.2.4, the data of IO_REPARSE_TAG_SYMLINK. */
struct smb2_reparse_symlink {
	uint32_t flags;
	struct wire_slice substitute_name;
	struct wire_slice print_name;
};

bool smb2_reparse_symlink_decode(struct wire_slice data,
				 struct smb2_reparse_symlink *out);
bool smb2_reparse_symlink_encode(struct wire_writer *w,
				 const struct smb2_reparse_symlink *in);

#endif
