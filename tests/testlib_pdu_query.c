/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Rows for smb2_query.c, smb2_ioctl.c, smb2_fsctl.c, smb2_fsctl_file.c. */
#include "tests/testlib_pdu.h"

/* ---------------------------------------------------------- query and set */

PDU_MESSAGE(smb2_query_directory_request)
PDU_MESSAGE(smb2_change_notify_request)
PDU_MESSAGE(smb2_query_info_request)
PDU_BODY(smb2_query_quota_info)
PDU_MESSAGE(smb2_set_info_request)
PDU_MESSAGE(smb2_server_notification)

static bool buffer_enc(struct wire_writer *w, const void *in)
{
	return smb2_buffer_response_encode(w, *(const struct wire_slice *)in);
}

static bool buffer_dec(struct wire_slice msg, void *out)
{
	return smb2_buffer_response_decode(msg.data, msg.len, out);
}

static bool set_info_response_enc(struct wire_writer *w, const void *in)
{
	(void)in;
	return smb2_set_info_response_encode(w);
}

static bool set_info_response_dec(struct wire_slice msg, void *out)
{
	(void)out;
	return smb2_set_info_response_decode(msg.data, msg.len);
}

static const uint8_t nothing = 0;
static const struct smb2_query_directory_request directory_request = {
	.information_class = FileNamesInformation,
	.flags = SMB2_RESTART_SCANS,
	.file_id = {1, 2},
	.pattern = BYTES("*\0"),
	.output_buffer_length = 65536,
};
static const struct wire_slice directory_buffer =
	BYTES("\0\0\0\0\0\0\0\0\x02\0\0\0a\0");
static const struct wire_slice notify_buffer =
	BYTES("\0\0\0\0\x01\0\0\0\x02\0\0\0a\0");
static const struct wire_slice empty_buffer = {0};
static const struct wire_slice eof_buffer = BYTES("\x88\x13\0\0\0\0\0\0");
static const struct smb2_change_notify_request notify_request = {
	.flags = SMB2_WATCH_TREE,
	.output_buffer_length = 1024,
	.file_id = {1, 2},
	.completion_filter = FILE_NOTIFY_CHANGE_FILE_NAME,
};
static const struct smb2_query_info_request info_request = {
	.info_type = SMB2_0_INFO_FILE,
	.file_info_class = FileInternalInformation,
	.output_buffer_length = 8,
	.file_id = {1, 2},
};
static const struct smb2_query_info_request info_request_ea = {
	.info_type = SMB2_0_INFO_FILE,
	.file_info_class = FileFullEaInformation,
	.output_buffer_length = 4096,
	.flags = SL_RESTART_SCAN,
	.file_id = {1, 2},
	.input = BYTES("\0\0\0\0\x04user\0"),
};
static const struct smb2_query_quota_info quota_list = {
	.return_single = true, .sid_list = BYTES("a list of identifiers")};
static const struct smb2_query_quota_info quota_start = {
	.restart_scan = true, .start_sid = BYTES("an identifier")};
static const struct smb2_set_info_request set_request = {
	.info_type = SMB2_0_INFO_FILE,
	.file_info_class = FileEndOfFileInformation,
	.file_id = {1, 2},
	.buffer = BYTES("\x88\x13\0\0\0\0\0\0"),
};
static const struct smb2_server_notification server_notification = {
	.type = SMB2_NOTIFY_SESSION_CLOSED, .notification = BYTES("\0\0\0\0")};

static const struct pdu_row query_rows[] = {
	{"QUERY_DIRECTORY request", PDU_REQUEST, SMB2_QUERY_DIRECTORY, 0,
	 PDU_FUNCTIONS(smb2_query_directory_request),
	 PDU_SAMPLE(directory_request), .lengths = {90}},
	{"QUERY_DIRECTORY response", PDU_RESPONSE, SMB2_QUERY_DIRECTORY, 0,
	 PDU_FUNCTIONS(buffer), PDU_SAMPLE(directory_buffer), .lengths = {68}},
	{"CHANGE_NOTIFY request", PDU_REQUEST, SMB2_CHANGE_NOTIFY, 0,
	 PDU_FUNCTIONS(smb2_change_notify_request), PDU_SAMPLE(notify_request)},
	{"CHANGE_NOTIFY response", PDU_RESPONSE, SMB2_CHANGE_NOTIFY, 0,
	 PDU_FUNCTIONS(buffer), PDU_SAMPLE(notify_buffer), .lengths = {68}},
	{"CHANGE_NOTIFY response, empty", PDU_RESPONSE, SMB2_CHANGE_NOTIFY,
	 NT_STATUS_NOTIFY_ENUM_DIR, PDU_FUNCTIONS(buffer),
	 PDU_SAMPLE(empty_buffer), .slack = 1},
	{"QUERY_INFO request", PDU_REQUEST, SMB2_QUERY_INFO, 0,
	 PDU_FUNCTIONS(smb2_query_info_request), PDU_SAMPLE(info_request),
	 .slack = 1},
	{"QUERY_INFO response", PDU_RESPONSE, SMB2_QUERY_INFO, 0,
	 PDU_FUNCTIONS(buffer), PDU_SAMPLE(eof_buffer), .lengths = {68}},
	{"QUERY_INFO request, EA", PDU_REQUEST, SMB2_QUERY_INFO, 0,
	 PDU_FUNCTIONS(smb2_query_info_request), PDU_SAMPLE(info_request_ea),
	 .lengths = {76}},
	{"quota info, list", PDU_RAW, PDU_FUNCTIONS(smb2_query_quota_info),
	 PDU_SAMPLE(quota_list), .lengths = {4}},
	{"quota info, start", PDU_RAW, PDU_FUNCTIONS(smb2_query_quota_info),
	 PDU_SAMPLE(quota_start), .lengths = {8, 12}},
	{"SET_INFO request", PDU_REQUEST, SMB2_SET_INFO, 0,
	 PDU_FUNCTIONS(smb2_set_info_request), PDU_SAMPLE(set_request),
	 .lengths = {68}},
	{"SET_INFO response", PDU_RESPONSE, SMB2_SET_INFO, 0,
	 PDU_FUNCTIONS(set_info_response), PDU_SAMPLE(nothing)},
	{"session closed notification", PDU_RESPONSE,
	 SMB2_SERVER_TO_CLIENT_NOTIFICATION, 0,
	 PDU_FUNCTIONS(smb2_server_notification),
	 PDU_SAMPLE(server_notification)},
};

PDU_TABLE(pdu_query_table, query_rows);

/* -------------------------------------------------------------------- ioctl */

PDU_MESSAGE(smb2_ioctl_request)
PDU_MESSAGE(smb2_ioctl_response)

static const struct smb2_ioctl_request ioctl_request = {
	.ctl_code = FSCTL_SET_SPARSE,
	.file_id = {1, 2},
	.max_output_response = 0,
	.flags = SMB2_0_IOCTL_IS_FSCTL,
	.input = BYTES("\x01"),
};
static const struct smb2_ioctl_request ioctl_request_bare = {
	.ctl_code = FSCTL_QUERY_NETWORK_INTERFACE_INFO,
	.file_id = {UINT64_MAX, UINT64_MAX},
	.max_output_response = 65536,
	.flags = SMB2_0_IOCTL_IS_FSCTL,
};
static const struct smb2_ioctl_request ioctl_request_both = {
	.ctl_code = FSCTL_PIPE_TRANSCEIVE,
	.file_id = {1, 2},
	.max_input_response = 1,
	.max_output_response = 1024,
	.flags = SMB2_0_IOCTL_IS_FSCTL,
	.input = BYTES("abc"),
	.output = BYTES("defgh"),
};
static const struct smb2_ioctl_response ioctl_response = {
	.ctl_code = FSCTL_GET_COMPRESSION,
	.file_id = {1, 2},
	.output = BYTES("\0\0"),
};
static const struct smb2_ioctl_response ioctl_response_both = {
	.ctl_code = FSCTL_PIPE_TRANSCEIVE,
	.file_id = {1, 2},
	.input = BYTES("abc"),
	.output = BYTES("defgh"),
};
static const struct smb2_ioctl_response ioctl_response_bare = {
	.ctl_code = FSCTL_SET_SPARSE, .file_id = {1, 2}};

static const struct pdu_row ioctl_rows[] = {
	{"IOCTL request", PDU_REQUEST, SMB2_IOCTL, 0,
	 PDU_FUNCTIONS(smb2_ioctl_request), PDU_SAMPLE(ioctl_request),
	 .lengths = {92}},
	{"IOCTL request, bare", PDU_REQUEST, SMB2_IOCTL, 0,
	 PDU_FUNCTIONS(smb2_ioctl_request), PDU_SAMPLE(ioctl_request_bare),
	 .slack = 1},
	{"IOCTL request, both", PDU_REQUEST, SMB2_IOCTL, 0,
	 PDU_FUNCTIONS(smb2_ioctl_request), PDU_SAMPLE(ioctl_request_both),
	 .lengths = {104}},
	{"IOCTL response", PDU_RESPONSE, SMB2_IOCTL, 0,
	 PDU_FUNCTIONS(smb2_ioctl_response), PDU_SAMPLE(ioctl_response),
	 .lengths = {100}},
	{"IOCTL response, both", PDU_RESPONSE, SMB2_IOCTL, 0,
	 PDU_FUNCTIONS(smb2_ioctl_response), PDU_SAMPLE(ioctl_response_both),
	 .lengths = {100}},
	{"IOCTL response, bare", PDU_RESPONSE, SMB2_IOCTL, 0,
	 PDU_FUNCTIONS(smb2_ioctl_response), PDU_SAMPLE(ioctl_response_bare),
	 .slack = 1},
};

PDU_TABLE(pdu_ioctl_table, ioctl_rows);

/* ----------------------------------------------- bodies that MS-SMB2 defines
 */

PDU_BODY(smb2_validate_negotiate_request)
PDU_BODY(smb2_validate_negotiate_response)
PDU_BODY(smb2_copychunk_response)
PDU_BODY(smb2_resume_key)
PDU_BODY(smb2_read_hash_request)
PDU_BODY(smb2_snapshot_array)

struct copychunk_request {
	struct smb2_copychunk_request fixed;
	struct smb2_copychunk chunks[4];
};

static bool copychunk_enc(struct wire_writer *w, const void *in)
{
	const struct copychunk_request *req = in;

	return smb2_copychunk_request_encode(w, &req->fixed, req->chunks);
}

static bool copychunk_dec(struct wire_slice msg, void *out)
{
	struct copychunk_request *req = out;
	uint32_t i = 0;

	if (!smb2_copychunk_request_decode(msg, &req->fixed)) {
		return false;
	}
	for (i = 0; i < req->fixed.chunk_count && i < 4; i++) {
		smb2_copychunk_request_chunk(&req->fixed, i, &req->chunks[i]);
	}
	return i == req->fixed.chunk_count;
}

struct interface_list {
	size_t count;
	struct smb2_network_interface interfaces[4];
};

static bool interfaces_enc(struct wire_writer *w, const void *in)
{
	const struct interface_list *l = in;
	struct wire_chain list = smb2_network_interface_list(w);
	size_t i = 0;

	for (i = 0; i < l->count; i++) {
		smb2_network_interface_add(&list, &l->interfaces[i]);
	}
	return wire_writer_ok(w);
}

static bool interfaces_dec(struct wire_slice msg, void *out)
{
	struct interface_list *l = out;
	struct wire_walker c = smb2_network_interfaces(msg);
	struct smb2_network_interface i = {0};

	l->count = 0;
	while (smb2_network_interfaces_next(&c, &i)) {
		if (l->count < 4) {
			l->interfaces[l->count++] = i;
		}
	}
	return wire_walker_ok(&c) && l->count > 0;
}

static bool resiliency_enc(struct wire_writer *w, const void *in)
{
	return smb2_resiliency_request_encode(w, *(const uint32_t *)in);
}

static bool resiliency_dec(struct wire_slice msg, void *out)
{
	return smb2_resiliency_request_decode(msg, out);
}

static const struct smb2_validate_negotiate_request validate_request = {
	.capabilities = 0x7F,
	.guid = {{1, 2}},
	.security_mode = 1,
	.dialect_count = 3,
	.dialects = {0x0202, 0x0210, 0x0300},
};
static const struct smb2_validate_negotiate_response validate_response = {
	.capabilities = 0x7F,
	.guid = {{3, 4}},
	.security_mode = 1,
	.dialect = 0x0300,
};
static const struct copychunk_request copychunk_request = {
	.fixed = {.source_key = {1, 2, 3}, .chunk_count = 2},
	.chunks = {{0, 1, 2}, {1ull << 40, 1ull << 41, 1048576}},
};
static const struct smb2_copychunk_response copychunk_response = {2, 0, 99};
static const uint8_t resume_key[SMB2_RESUME_KEY_SIZE] = {9, 8, 7};
static const uint32_t resiliency = 30000;
static const struct smb2_read_hash_request read_hash = {
	SRV_HASH_TYPE_PEER_DIST, SRV_HASH_VER_2, SRV_HASH_RETRIEVE_FILE_BASED,
	4096, 1ull << 35};
static const struct interface_list interfaces = {
	.count = 2,
	.interfaces = {{.if_index = 2,
			.capability = SMB2_NETWORK_INTERFACE_RSS_CAPABLE,
			.link_speed = 1000000000,
			.family = SMB2_SOCKADDR_INET,
			.address = {192, 0, 2, 1}},
		       {.if_index = 3,
			.link_speed = 10000000000,
			.family = SMB2_SOCKADDR_INET6,
			.address = {0xFE, 0x80, [15] = 1},
			.scope_id = 3}},
};
static const struct smb2_snapshot_array snapshots = {
	.number_of_snapshots = 1,
	.number_returned = 1,
	.array_size = 12,
	.names = BYTES("@\0G\0M\0T\0\0\0\0\0"),
};

static const struct pdu_row fsctl_rows[] = {
	{"VALIDATE_NEGOTIATE_INFO request", PDU_RAW,
	 PDU_FUNCTIONS(smb2_validate_negotiate_request),
	 PDU_SAMPLE(validate_request), .lengths = {22}},
	{"VALIDATE_NEGOTIATE_INFO response", PDU_RAW,
	 PDU_FUNCTIONS(smb2_validate_negotiate_response),
	 PDU_SAMPLE(validate_response)},
	{"SRV_COPYCHUNK_COPY", PDU_RAW, PDU_FUNCTIONS(copychunk),
	 PDU_SAMPLE(copychunk_request), .lengths = {24}},
	{"SRV_COPYCHUNK_RESPONSE", PDU_RAW,
	 PDU_FUNCTIONS(smb2_copychunk_response),
	 PDU_SAMPLE(copychunk_response)},
	{"SRV_REQUEST_RESUME_KEY", PDU_RAW, PDU_FUNCTIONS(smb2_resume_key),
	 PDU_SAMPLE(resume_key), .slack = 4},
	{"NETWORK_RESILIENCY_REQUEST", PDU_RAW, PDU_FUNCTIONS(resiliency),
	 PDU_SAMPLE(resiliency)},
	{"SRV_READ_HASH", PDU_RAW, PDU_FUNCTIONS(smb2_read_hash_request),
	 PDU_SAMPLE(read_hash)},
	{"NETWORK_INTERFACE_INFO", PDU_RAW, PDU_FUNCTIONS(interfaces),
	 PDU_SAMPLE(interfaces), .lengths = {0}},
	{"SRV_SNAPSHOT_ARRAY", PDU_RAW, PDU_FUNCTIONS(smb2_snapshot_array),
	 PDU_SAMPLE(snapshots), .lengths = {8}},
};

PDU_TABLE(pdu_fsctl_table, fsctl_rows);

/* ----------------------------------------------- bodies that MS-FSCC defines
 */

PDU_BODY(smb2_file_range)
PDU_BODY(smb2_duplicate_extents)
PDU_BODY(smb2_pipe_wait)
PDU_BODY(smb2_pipe_peek)
PDU_BODY(smb2_object_id)
PDU_BODY(smb2_reparse)
PDU_BODY(smb2_reparse_symlink)

struct file_level_trim {
	struct smb2_file_level_trim fixed;
	struct smb2_file_range ranges[4];
};

static bool trim_enc(struct wire_writer *w, const void *in)
{
	const struct file_level_trim *t = in;

	return smb2_file_level_trim_encode(w, &t->fixed, t->ranges);
}

static bool trim_dec(struct wire_slice msg, void *out)
{
	struct file_level_trim *t = out;
	struct wire_slice rest = {0};
	uint32_t i = 0;

	if (!smb2_file_level_trim_decode(msg, &t->fixed)) {
		return false;
	}
	rest = t->fixed.ranges;
	while (i < 4 && smb2_file_range_next(&rest, &t->ranges[i])) {
		i++;
	}
	return i == t->fixed.range_count;
}

static bool sparse_enc(struct wire_writer *w, const void *in)
{
	return smb2_set_sparse_encode(w, *(const bool *)in);
}

static bool sparse_dec(struct wire_slice msg, void *out)
{
	return smb2_set_sparse_decode(msg, out);
}

static bool compression_enc(struct wire_writer *w, const void *in)
{
	return smb2_compression_state_encode(w, *(const uint16_t *)in);
}

static bool compression_dec(struct wire_slice msg, void *out)
{
	return smb2_compression_state_decode(msg, out);
}

static const struct smb2_file_range range = {4096, 1ull << 40};
static const struct smb2_duplicate_extents duplicate = {
	{1, 2}, 4096, 8192, 65536};
static const struct file_level_trim trim = {
	.fixed = {.key = 0, .range_count = 2},
	.ranges = {{0, 4096}, {1ull << 40, 1}},
};
static const bool sparse = true;
static const uint16_t compression_format = COMPRESSION_FORMAT_LZNT1;
static const struct smb2_pipe_wait pipe_wait = {10000000, true,
						BYTES("s\0r\0v\0s\0v\0c\0")};
static const struct smb2_pipe_peek pipe_peek = {FILE_PIPE_CONNECTED_STATE, 5, 1,
						5, BYTES("hello")};
static const struct smb2_object_id object_id = {{{1}}, {{2}}, {{3}}, {{4}}};
static const struct smb2_reparse reparse = {IO_REPARSE_TAG_LX_SYMLINK,
					    BYTES("\x02\0\0\0target")};
static const struct smb2_reparse_symlink reparse_symlink = {
	SYMLINK_FLAG_RELATIVE, BYTES("a\0b\0"), BYTES("a\0")};

static const struct pdu_row fsctl_file_rows[] = {
	{"file range", PDU_RAW, PDU_FUNCTIONS(smb2_file_range),
	 PDU_SAMPLE(range)},
	{"DUPLICATE_EXTENTS", PDU_RAW, PDU_FUNCTIONS(smb2_duplicate_extents),
	 PDU_SAMPLE(duplicate)},
	{"FILE_LEVEL_TRIM", PDU_RAW, PDU_FUNCTIONS(trim), PDU_SAMPLE(trim),
	 .lengths = {4}},
	{"SET_SPARSE", PDU_RAW, PDU_FUNCTIONS(sparse), PDU_SAMPLE(sparse),
	 .slack = 1},
	{"compression state", PDU_RAW, PDU_FUNCTIONS(compression),
	 PDU_SAMPLE(compression_format)},
	{"PIPE_WAIT", PDU_RAW, PDU_FUNCTIONS(smb2_pipe_wait),
	 PDU_SAMPLE(pipe_wait), .lengths = {8}},
	{"PIPE_PEEK", PDU_RAW, PDU_FUNCTIONS(smb2_pipe_peek),
	 PDU_SAMPLE(pipe_peek), .slack = 5},
	{"object id", PDU_RAW, PDU_FUNCTIONS(smb2_object_id),
	 PDU_SAMPLE(object_id)},
	{"reparse data", PDU_RAW, PDU_FUNCTIONS(smb2_reparse),
	 PDU_SAMPLE(reparse), .lengths = {4}},
	{"reparse symlink", PDU_RAW, PDU_FUNCTIONS(smb2_reparse_symlink),
	 PDU_SAMPLE(reparse_symlink), .lengths = {6}},
};

PDU_TABLE(pdu_fsctl_file_table, fsctl_file_rows);
