/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Rows for smb2_open.c, smb2_create.c, smb2_io.c. */
#include "tests/testlib_pdu.h"

/* ------------------------------------------------- create, close and breaks */

/* MxAc without data, then QFid, then AlSi. */
#define CONTEXTS                                               \
	"\x18\0\0\0\x10\0\x04\0\0\0\0\0\0\0\0\0MxAc\0\0\0\0"   \
	"\x18\0\0\0\x10\0\x04\0\0\0\0\0\0\0\0\0QFid\0\0\0\0"   \
	"\0\0\0\0\x10\0\x04\0\0\0\x18\0\x08\0\0\0AlSi\0\0\0\0" \
	"\0\0\x10\0\0\0\0\0"

PDU_MESSAGE(smb2_create_request)
PDU_MESSAGE(smb2_create_response)
PDU_MESSAGE(smb2_close_request)
PDU_MESSAGE(smb2_close_response)
PDU_MESSAGE(smb2_oplock_break)
PDU_MESSAGE(smb2_lease_break_notification)
PDU_MESSAGE(smb2_lease_break)

static const struct smb2_create_request create_request = {
	.oplock_level = SMB2_OPLOCK_LEVEL_BATCH,
	.impersonation_level = SMB2_IMPERSONATION_IMPERSONATION,
	.desired_access = FILE_GENERIC_READ,
	.file_attributes = FILE_ATTRIBUTE_NORMAL,
	.share_access = FILE_SHARE_READ | FILE_SHARE_DELETE,
	.create_disposition = FILE_OPEN_IF,
	.create_options = FILE_NON_DIRECTORY_FILE,
	.name = BYTES("d\0i\0r\0\\\0f\0"),
	.contexts = BYTES(CONTEXTS),
};
static const struct smb2_create_request create_request_root = {
	.impersonation_level = SMB2_IMPERSONATION_IMPERSONATION,
	.desired_access = SEC_MAXIMUM_ALLOWED,
	.share_access = FILE_SHARE_ALL,
	.create_disposition = FILE_OPEN,
	.create_options = FILE_DIRECTORY_FILE,
};
static const struct smb2_create_request create_request_name = {
	.impersonation_level = SMB2_IMPERSONATION_IMPERSONATION,
	.desired_access = SEC_STD_DELETE,
	.create_disposition = FILE_OPEN,
	.create_options = FILE_DELETE_ON_CLOSE,
	.name = BYTES("x\0"),
};
static const struct smb2_create_response create_response = {
	.oplock_level = SMB2_OPLOCK_LEVEL_II,
	.flags = 0,
	.create_action = FILE_OPENED,
	.creation_time = 0x01DB000000000001,
	.last_access_time = 0x01DB000000000002,
	.last_write_time = 0x01DB000000000003,
	.change_time = 0x01DB000000000004,
	.allocation_size = 8192,
	.end_of_file = 5000,
	.file_attributes = FILE_ATTRIBUTE_ARCHIVE,
	.file_id = {0x0102030405060708, 0x1112131415161718},
	.contexts = BYTES("\0\0\0\0\x10\0\x04\0\0\0\x18\0\x08\0\0\0MxAc\0\0\0\0"
			  "\0\0\0\0\xff\x01\x1f\0"),
};
static const struct smb2_create_response create_response_bare = {
	.create_action = FILE_CREATED,
	.file_attributes = FILE_ATTRIBUTE_DIRECTORY,
	.file_id = {1, 2},
};
static const struct smb2_close_request close_request = {
	.flags = SMB2_CLOSE_FLAG_POSTQUERY_ATTRIB, .file_id = {1, 2}};
static const struct smb2_close_response close_response = {
	.flags = SMB2_CLOSE_FLAG_POSTQUERY_ATTRIB,
	.creation_time = 0x01DB000000000001,
	.last_access_time = 0x01DB000000000002,
	.last_write_time = 0x01DB000000000003,
	.change_time = 0x01DB000000000004,
	.allocation_size = 4096,
	.end_of_file = 11,
	.file_attributes = FILE_ATTRIBUTE_ARCHIVE,
};
static const struct smb2_oplock_break oplock_break = {
	.oplock_level = SMB2_OPLOCK_LEVEL_II, .file_id = {3, 4}};
static const struct smb2_lease_break_notification lease_notification = {
	.new_epoch = 2,
	.flags = SMB2_NOTIFY_BREAK_LEASE_FLAG_ACK_REQUIRED,
	.lease_key = {{1, 2, 3}},
	.current_lease_state = SMB2_LEASE_ALL,
	.new_lease_state = SMB2_LEASE_READ_CACHING,
};
static const struct smb2_lease_break lease_break = {
	.lease_key = {{1, 2, 3}}, .lease_state = SMB2_LEASE_READ_CACHING};

static const struct pdu_row open_rows[] = {
	{"CREATE request", PDU_REQUEST, SMB2_CREATE, 0,
	 PDU_FUNCTIONS(smb2_create_request), PDU_SAMPLE(create_request),
	 .lengths = {116}},
	{"CREATE request, root", PDU_REQUEST, SMB2_CREATE, 0,
	 PDU_FUNCTIONS(smb2_create_request), PDU_SAMPLE(create_request_root),
	 .slack = 1},
	{"CREATE request, name only", PDU_REQUEST, SMB2_CREATE, 0,
	 PDU_FUNCTIONS(smb2_create_request), PDU_SAMPLE(create_request_name),
	 .lengths = {110}},
	{"CREATE response", PDU_RESPONSE, SMB2_CREATE, 0,
	 PDU_FUNCTIONS(smb2_create_response), PDU_SAMPLE(create_response),
	 .lengths = {148}},
	{"CREATE response, bare", PDU_RESPONSE, SMB2_CREATE, 0,
	 PDU_FUNCTIONS(smb2_create_response), PDU_SAMPLE(create_response_bare),
	 .slack = 1},
	{"CLOSE request", PDU_REQUEST, SMB2_CLOSE, 0,
	 PDU_FUNCTIONS(smb2_close_request), PDU_SAMPLE(close_request)},
	{"CLOSE response", PDU_RESPONSE, SMB2_CLOSE, 0,
	 PDU_FUNCTIONS(smb2_close_response), PDU_SAMPLE(close_response)},
	{"OPLOCK_BREAK notification", PDU_RESPONSE, SMB2_OPLOCK_BREAK, 0,
	 PDU_FUNCTIONS(smb2_oplock_break), PDU_SAMPLE(oplock_break)},
	{"OPLOCK_BREAK acknowledgment", PDU_REQUEST, SMB2_OPLOCK_BREAK, 0,
	 PDU_FUNCTIONS(smb2_oplock_break), PDU_SAMPLE(oplock_break)},
	{"lease break notification", PDU_RESPONSE, SMB2_OPLOCK_BREAK, 0,
	 PDU_FUNCTIONS(smb2_lease_break_notification),
	 PDU_SAMPLE(lease_notification)},
	{"lease break acknowledgment", PDU_REQUEST, SMB2_OPLOCK_BREAK, 0,
	 PDU_FUNCTIONS(smb2_lease_break), PDU_SAMPLE(lease_break)},
	{"lease break response", PDU_RESPONSE, SMB2_OPLOCK_BREAK, 0,
	 PDU_FUNCTIONS(smb2_lease_break), PDU_SAMPLE(lease_break)},
};

PDU_TABLE(pdu_open_table, open_rows);

/* --------------------------------------------------------- create contexts */

/* The data of the one context of this name; the list must be well-formed. */
static bool only_context(struct wire_slice msg, struct wire_slice name,
			 struct wire_slice *data)
{
	struct wire_walker c = smb2_create_contexts(msg);
	struct smb2_create_context context = {0};
	bool found = false;

	while (smb2_create_contexts_next(&c, &context)) {
		found = wire_slice_equal(context.name, name);
		*data = context.data;
	}
	return wire_walker_ok(&c) && found;
}

/* A list of one context: type of the struct, functions, name. */
#define CONTEXT(function, type, literal)                                  \
	static bool function##_enc(struct wire_writer *w, const void *in) \
	{                                                                 \
		struct wire_chain list = smb2_create_context_list(w);     \
                                                                          \
		return function##_add(&list, (const type *)in);           \
	}                                                                 \
                                                                          \
	static bool function##_dec(struct wire_slice msg, void *out)      \
	{                                                                 \
		struct wire_slice name =                                  \
			wire_slice(literal, sizeof(literal) - 1);         \
		struct wire_slice data = {0};                             \
                                                                          \
		return only_context(msg, name, &data) &&                  \
		       function##_decode(data, (type *)out);              \
	}

/* The same where the value itself is passed. */
#define VALUE_CONTEXT(function, type, literal)                            \
	static bool function##_enc(struct wire_writer *w, const void *in) \
	{                                                                 \
		struct wire_chain list = smb2_create_context_list(w);     \
                                                                          \
		return function##_add(&list, *(const type *)in);          \
	}                                                                 \
                                                                          \
	static bool function##_dec(struct wire_slice msg, void *out)      \
	{                                                                 \
		struct wire_slice name =                                  \
			wire_slice(literal, sizeof(literal) - 1);         \
		struct wire_slice data = {0};                             \
                                                                          \
		return only_context(msg, name, &data) &&                  \
		       function##_decode(data, (type *)out);              \
	}

CONTEXT(smb2_mxac_response, struct smb2_mxac_response,
	SMB2_CREATE_QUERY_MAXIMAL_ACCESS)
CONTEXT(smb2_qfid_response, struct smb2_qfid_response,
	SMB2_CREATE_QUERY_ON_DISK_ID)
CONTEXT(smb2_lease, struct smb2_lease, SMB2_CREATE_REQUEST_LEASE)
CONTEXT(smb2_durable_reconnect, struct smb2_file_id,
	SMB2_CREATE_DURABLE_HANDLE_RECONNECT)
CONTEXT(smb2_durable_v2_request, struct smb2_durable_v2_request,
	SMB2_CREATE_DURABLE_HANDLE_REQUEST_V2)
CONTEXT(smb2_durable_v2_response, struct smb2_durable_v2_response,
	SMB2_CREATE_DURABLE_HANDLE_REQUEST_V2)
CONTEXT(smb2_durable_v2_reconnect, struct smb2_durable_v2_reconnect,
	SMB2_CREATE_DURABLE_HANDLE_RECONNECT_V2)
CONTEXT(smb2_app_instance_id, struct smb2_guid, SMB2_CREATE_APP_INSTANCE_ID)
CONTEXT(smb2_app_instance_version, struct smb2_app_instance_version,
	SMB2_CREATE_APP_INSTANCE_VERSION)
VALUE_CONTEXT(smb2_mxac_request, uint64_t, SMB2_CREATE_QUERY_MAXIMAL_ACCESS)
VALUE_CONTEXT(smb2_allocation_size, uint64_t, SMB2_CREATE_ALLOCATION_SIZE)
VALUE_CONTEXT(smb2_timewarp, uint64_t, SMB2_CREATE_TIMEWARP_TOKEN)

/* Three contexts as they come; names and data are kept. */
struct context_list {
	size_t count;
	struct smb2_create_context contexts[4];
};

static bool context_list_enc(struct wire_writer *w, const void *in)
{
	const struct context_list *l = in;
	struct wire_chain list = smb2_create_context_list(w);
	size_t i = 0;

	for (i = 0; i < l->count; i++) {
		smb2_create_context_put(&list, l->contexts[i].name,
					l->contexts[i].data);
	}
	return wire_writer_ok(w);
}

static bool context_list_dec(struct wire_slice msg, void *out)
{
	struct context_list *l = out;
	struct wire_walker c = smb2_create_contexts(msg);
	struct smb2_create_context context = {0};

	l->count = 0;
	while (smb2_create_contexts_next(&c, &context)) {
		if (l->count < 4) {
			l->contexts[l->count++] = context;
		}
	}
	return wire_walker_ok(&c) && l->count > 0;
}

static const struct context_list context_list = {
	.count = 3,
	.contexts = {{BYTES(SMB2_CREATE_QUERY_ON_DISK_ID), {NULL, 0}},
		     {BYTES(SMB2_CREATE_AAPL), BYTES("odd length!")},
		     {BYTES(SMB2_CREATE_POSIX), BYTES("\xb6\x01\0\0")}},
};
static const struct smb2_mxac_response mxac_response = {0, FILE_ALL_ACCESS};
static const struct smb2_qfid_response qfid_response = {77, 88};
static const struct smb2_lease lease_v1 = {
	.version = 1, .lease_key = {{9, 8}}, .lease_state = 3, .flags = 2};
static const struct smb2_lease lease_v2 = {
	.version = 2,
	.lease_key = {{9, 8}},
	.lease_state = SMB2_LEASE_ALL,
	.flags = SMB2_LEASE_FLAG_PARENT_LEASE_KEY_SET,
	.parent_lease_key = {{7, 6}},
	.epoch = 5};
static const struct smb2_file_id durable_reconnect = {5, 6};
static const struct smb2_durable_v2_request durable_v2_request = {
	60000, SMB2_DHANDLE_FLAG_PERSISTENT, {{1, 1, 2, 3, 5, 8}}};
static const struct smb2_durable_v2_response durable_v2_response = {
	60000, SMB2_DHANDLE_FLAG_PERSISTENT};
static const struct smb2_durable_v2_reconnect durable_v2_reconnect = {
	{5, 6}, {{1, 1, 2, 3}}, SMB2_DHANDLE_FLAG_PERSISTENT};
static const struct smb2_guid app_instance_id = {{4, 4, 4}};
static const struct smb2_app_instance_version app_instance_version = {1, 2};
static const uint64_t no_timestamp = 0;
static const uint64_t timestamp = 0x01DB000000000001;

/* DataLength stands at 12 of a context. */
static const struct pdu_row create_rows[] = {
	{"create contexts", PDU_RAW, PDU_FUNCTIONS(context_list),
	 PDU_SAMPLE(context_list), .lengths = {76}},
	{"MxAc request, empty", PDU_RAW, PDU_FUNCTIONS(smb2_mxac_request),
	 PDU_SAMPLE(no_timestamp), .slack = 4},
	{"MxAc request", PDU_RAW, PDU_FUNCTIONS(smb2_mxac_request),
	 PDU_SAMPLE(timestamp), .lengths = {12}},
	{"MxAc response", PDU_RAW, PDU_FUNCTIONS(smb2_mxac_response),
	 PDU_SAMPLE(mxac_response), .lengths = {12}},
	{"QFid response", PDU_RAW, PDU_FUNCTIONS(smb2_qfid_response),
	 PDU_SAMPLE(qfid_response), .lengths = {12}},
	{"AlSi", PDU_RAW, PDU_FUNCTIONS(smb2_allocation_size),
	 PDU_SAMPLE(timestamp), .lengths = {12}},
	{"TWrp", PDU_RAW, PDU_FUNCTIONS(smb2_timewarp), PDU_SAMPLE(timestamp),
	 .lengths = {12}},
	{"RqLs v1", PDU_RAW, PDU_FUNCTIONS(smb2_lease), PDU_SAMPLE(lease_v1),
	 .lengths = {12}},
	{"RqLs v2", PDU_RAW, PDU_FUNCTIONS(smb2_lease), PDU_SAMPLE(lease_v2),
	 .lengths = {12}},
	{"DHnC", PDU_RAW, PDU_FUNCTIONS(smb2_durable_reconnect),
	 PDU_SAMPLE(durable_reconnect), .lengths = {12}},
	{"DH2Q request", PDU_RAW, PDU_FUNCTIONS(smb2_durable_v2_request),
	 PDU_SAMPLE(durable_v2_request), .lengths = {12}},
	{"DH2Q response", PDU_RAW, PDU_FUNCTIONS(smb2_durable_v2_response),
	 PDU_SAMPLE(durable_v2_response), .lengths = {12}},
	{"DH2C", PDU_RAW, PDU_FUNCTIONS(smb2_durable_v2_reconnect),
	 PDU_SAMPLE(durable_v2_reconnect), .lengths = {12}},
	{"AppInstanceId", PDU_RAW, PDU_FUNCTIONS(smb2_app_instance_id),
	 PDU_SAMPLE(app_instance_id), .lengths = {12, 32}},
	{"AppInstanceVersion", PDU_RAW,
	 PDU_FUNCTIONS(smb2_app_instance_version),
	 PDU_SAMPLE(app_instance_version), .lengths = {12, 32}},
};

PDU_TABLE(pdu_create_table, create_rows);

/* ------------------------------------------------- read, write, flush, lock */

PDU_MESSAGE(smb2_flush_request)
PDU_MESSAGE(smb2_read_request)
PDU_MESSAGE(smb2_write_response)

/* The payload is sent behind what the codec writes. */
static bool read_response_enc(struct wire_writer *w, const void *in)
{
	const struct smb2_read_response *rsp = in;

	smb2_read_response_encode(w, rsp);
	wire_put_slice(w, rsp->data);
	return wire_writer_ok(w);
}

static bool read_response_dec(struct wire_slice msg, void *out)
{
	return smb2_read_response_decode(msg.data, msg.len, out);
}

static bool write_request_enc(struct wire_writer *w, const void *in)
{
	const struct smb2_write_request *req = in;

	smb2_write_request_encode(w, req);
	wire_put_slice(w, req->data);
	return wire_writer_ok(w);
}

static bool write_request_dec(struct wire_slice msg, void *out)
{
	return smb2_write_request_decode(msg.data, msg.len, out);
}

struct lock_request {
	struct smb2_lock_request fixed;
	struct smb2_lock_element elements[4];
};

static bool lock_request_enc(struct wire_writer *w, const void *in)
{
	const struct lock_request *req = in;

	return smb2_lock_request_encode(w, &req->fixed, req->elements);
}

static bool lock_request_dec(struct wire_slice msg, void *out)
{
	struct lock_request *req = out;
	uint16_t i = 0;

	if (!smb2_lock_request_decode(msg.data, msg.len, &req->fixed)) {
		return false;
	}
	for (i = 0; i < req->fixed.lock_count && i < 4; i++) {
		if (!smb2_lock_request_element(&req->fixed, i,
					       &req->elements[i])) {
			return false;
		}
	}
	return i == req->fixed.lock_count;
}

static const struct smb2_flush_request flush_request = {{1, 2}};
static const struct smb2_read_request read_request = {
	.padding = 0x50,
	.flags = SMB2_READFLAG_READ_UNBUFFERED,
	.length = 65536,
	.offset = 1ull << 33,
	.file_id = {1, 2},
	.minimum_count = 1,
};
static const struct smb2_read_request read_request_rdma = {
	.length = 65536,
	.file_id = {1, 2},
	.channel = SMB2_CHANNEL_RDMA_V1,
	.remaining_bytes = 9,
	.channel_info = BYTES("descriptor......"),
};
static const struct smb2_read_response read_response = {
	.data = BYTES("hello world")};
static const struct smb2_read_response read_response_empty = {0};
static const struct smb2_write_request write_request = {
	.offset = 1ull << 34,
	.file_id = {1, 2},
	.flags = SMB2_WRITEFLAG_WRITE_THROUGH,
	.data = BYTES("hello world"),
};
static const struct smb2_write_request write_request_empty = {
	.file_id = {1, 2}};
static const struct smb2_write_request write_request_rdma = {
	.file_id = {1, 2},
	.channel = SMB2_CHANNEL_RDMA_V1_INVALIDATE,
	.remaining_bytes = 100,
	.channel_info = BYTES("descriptor......"),
};
static const struct smb2_write_response write_response = {.count = 11};
static const struct lock_request lock_request = {
	.fixed = {.lock_count = 2,
		  .lock_sequence_number = 3,
		  .lock_sequence_index = 64,
		  .file_id = {1, 2}},
	.elements = {{0, 10,
		      SMB2_LOCKFLAG_EXCLUSIVE_LOCK |
			      SMB2_LOCKFLAG_FAIL_IMMEDIATELY},
		     {1ull << 40, 1, SMB2_LOCKFLAG_UNLOCK}},
};

static const struct pdu_row io_rows[] = {
	{"FLUSH request", PDU_REQUEST, SMB2_FLUSH, 0,
	 PDU_FUNCTIONS(smb2_flush_request), PDU_SAMPLE(flush_request)},
	{"READ request", PDU_REQUEST, SMB2_READ, 0,
	 PDU_FUNCTIONS(smb2_read_request), PDU_SAMPLE(read_request),
	 .slack = 1},
	{"READ request, RDMA", PDU_REQUEST, SMB2_READ, 0,
	 PDU_FUNCTIONS(smb2_read_request), PDU_SAMPLE(read_request_rdma),
	 .lengths = {110}},
	{"READ response", PDU_RESPONSE, SMB2_READ, 0,
	 PDU_FUNCTIONS(read_response), PDU_SAMPLE(read_response),
	 .lengths = {68}},
	{"READ response, empty", PDU_RESPONSE, SMB2_READ, 0,
	 PDU_FUNCTIONS(read_response), PDU_SAMPLE(read_response_empty),
	 .slack = 1},
	{"WRITE request", PDU_REQUEST, SMB2_WRITE, 0,
	 PDU_FUNCTIONS(write_request), PDU_SAMPLE(write_request),
	 .lengths = {68}},
	{"WRITE request, empty", PDU_REQUEST, SMB2_WRITE, 0,
	 PDU_FUNCTIONS(write_request), PDU_SAMPLE(write_request_empty),
	 .slack = 1},
	{"WRITE request, RDMA", PDU_REQUEST, SMB2_WRITE, 0,
	 PDU_FUNCTIONS(write_request), PDU_SAMPLE(write_request_rdma),
	 .lengths = {106}},
	{"WRITE response", PDU_RESPONSE, SMB2_WRITE, 0,
	 PDU_FUNCTIONS(smb2_write_response), PDU_SAMPLE(write_response)},
	{"LOCK request", PDU_REQUEST, SMB2_LOCK, 0, PDU_FUNCTIONS(lock_request),
	 PDU_SAMPLE(lock_request), .lengths = {66}},
};

PDU_TABLE(pdu_io_table, io_rows);
