/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A second opinion: all samples of the tables go into a capture, as if client
 * and server had sent them over TCP, and tshark must understand every one. The
 * fields that it prints are compared with the samples, so that two mistakes
 * that cancel out between encode and decode are seen.
 *
 * Information classes and bodies of IOCTLs travel in pairs of a request and a
 * response that are made up for them.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "smbquic/fscc.h"
#include "tests/testlib_pdu.h"

enum {
	MAX_FRAMES = 400,
	CLIENT_PORT = 50000,
	SERVER_PORT = 445,
	LINKTYPE_RAW = 101,
};

/* What tshark prints of each frame, in this order. */
static const char *const fields[] = {
	"smb2.cmd",
	"_ws.malformed",
	"_ws.expert.message",
	"smb2.msg_id",
	"smb2.sesid",
	"smb2.filename",
	"smb2.create.disposition",
	"smb2.eof",
	"smb2.allocation_size",
	"smb2.read_length",
	"smb2.file_offset",
	"smb2.write_length",
	"smb2.lock_count",
	"smb2.find.pattern",
	"smb2.max_trans_size",
	"smb2.max_read_size",
	"smb2.max_write_size",
	"smb2.negotiate_context.type",
	"smb2.share_type",
	"smb2.lease.lease_state",
	"smb2.ioctl.function",
	"smb2.create.chain_data",
	"smb2.nlinks",
	"smb2.tree",
	"smb2.read.blob",
	"smb.end_of_file",
	"smb.alloc_size64",
};

#define FIELDS (sizeof(fields) / sizeof(fields[0]))

static const struct {
	const char *frame;
	const char *field;
	const char *value;
} expected[] = {
	{"NEGOTIATE request", "smb2.negotiate_context.type",
	 "0x0001,0x0002,0x0005,0x0006"},
	{"NEGOTIATE response", "smb2.max_trans_size", "1048576"},
	{"NEGOTIATE response", "smb2.max_read_size", "2097152"},
	{"NEGOTIATE response", "smb2.max_write_size", "3145728"},
	{"NEGOTIATE response", "smb2.negotiate_context.type",
	 "0x0001,0x0002,0x0005,0x0006"},
	{"TREE_CONNECT request", "smb2.tree", "\\\\s\\data"},
	{"TREE_CONNECT response", "smb2.share_type", "0x01"},
	{"CREATE request", "smb2.filename", "dir\\f"},
	{"CREATE request", "smb2.create.disposition", "3"},
	{"CREATE response", "smb2.eof", "5000"},
	{"CREATE response", "smb2.allocation_size", "8192"},
	{"CLOSE response", "smb2.eof", "11"},
	{"READ request", "smb2.read_length", "65536"},
	{"READ request", "smb2.file_offset", "8589934592"},
	{"READ response", "smb2.read.blob", "68656c6c6f20776f726c64"},
	{"WRITE request", "smb2.write_length", "11"},
	{"WRITE request", "smb2.file_offset", "17179869184"},
	{"LOCK request", "smb2.lock_count", "2"},
	{"QUERY_DIRECTORY request", "smb2.find.pattern", "*"},
	{"FileStandard", "smb.end_of_file", "5000"},
	{"FileStandard", "smb.alloc_size64", "8192"},
	{"FileAll", "smb2.eof", "5000"},
	{"FileAll", "smb2.nlinks", "1"},
	{"lease break notification", "smb2.lease.lease_state",
	 "0x00000007,0x00000001"},
};

#define EXPECTED (sizeof(expected) / sizeof(expected[0]))

/* ------------------------------------------------------------- the capture */

struct capture {
	struct wire_writer w;
	uint64_t message_id;
	uint32_t next[2]; /* TCP sequence numbers: client, server */
	const char *names[MAX_FRAMES];
	size_t frames;
};

static void put_ip_tcp(struct wire_writer *w, bool response, size_t len,
		       const uint32_t next[2])
{
	static const uint8_t address[2][4] = {{192, 0, 2, 1}, {192, 0, 2, 2}};

	wire_put_be16(w, 0x4500);
	wire_put_be16(w, (uint16_t)(40 + len));
	wire_put_be32(w, 0);
	wire_put_be16(w, 0x4006); /* TTL 64, TCP */
	wire_put_be16(w, 0);
	wire_put(w, address[response], 4);
	wire_put(w, address[!response], 4);
	wire_put_be16(w, response ? SERVER_PORT : CLIENT_PORT);
	wire_put_be16(w, response ? CLIENT_PORT : SERVER_PORT);
	wire_put_be32(w, next[response]);
	wire_put_be32(w, next[!response]);
	wire_put_be16(w, 0x5018); /* 20 bytes, PSH and ACK */
	wire_put_be16(w, 0xFFFF);
	wire_put_be32(w, 0);
}

static void put_frame(struct capture *c, const char *name, bool response,
		      struct wire_slice msg)
{
	size_t len = 4 + msg.len;

	assert_true(c->frames < MAX_FRAMES);
	c->names[c->frames++] = name;
	wire_put_u32(&c->w, (uint32_t)c->frames);
	wire_put_u32(&c->w, 0);
	wire_put_size32(&c->w, 40 + len);
	wire_put_size32(&c->w, 40 + len);
	put_ip_tcp(&c->w, response, len, c->next);
	wire_put_be32(&c->w, (uint32_t)msg.len);
	wire_put_slice(&c->w, msg);
	c->next[response] += (uint32_t)len;
}

/* A request has an id of its own, its response the same. */
static void put_row(struct capture *c, const char *name,
		    const struct pdu_row *row)
{
	bool response = row->kind == PDU_RESPONSE;
	TALLOC_CTX *mem_ctx = talloc_new(NULL);
	struct wire_writer w = wire_writer_talloc(mem_ctx);

	c->message_id += response ? 0 : 1;
	assert_true(pdu_encode_id(row, &w, row->sample, c->message_id));
	put_frame(c, name, response, wire_writer_slice(&w));
	talloc_free(mem_ctx);
}

static struct capture begin(TALLOC_CTX *mem_ctx)
{
	struct capture c = {.w = wire_writer_talloc(mem_ctx), .next = {1, 1}};

	wire_put_u32(&c.w, 0xA1B2C3D4);
	wire_put_u16(&c.w, 2);
	wire_put_u16(&c.w, 4);
	wire_put_u64(&c.w, 0);
	wire_put_u32(&c.w, 65535);
	wire_put_u32(&c.w, LINKTYPE_RAW);
	return c;
}

/* ------------------------------------------------ messages around a structure
 */

static const struct pdu_row *find_row(const char *name)
{
	const struct pdu_row *row = pdu_row(0);
	size_t i = 0;

	for (row = pdu_row(0); row != NULL; row = pdu_row(++i)) {
		if (strcmp(row->name, name) == 0) {
			return row;
		}
	}
	fail_msg("there is no row %s", name);
	return NULL;
}

/* The row's functions with another sample, request before response. */
static void put_pair(struct capture *c, const char *name, const char *request,
		     const void *request_sample, const char *response,
		     const void *response_sample)
{
	struct pdu_row row = *find_row(request);

	row.sample = request_sample;
	put_row(c, name, &row);
	row = *find_row(response);
	row.sample = response_sample;
	put_row(c, name, &row);
}

static struct wire_slice encoded(TALLOC_CTX *mem_ctx, const char *name)
{
	const struct pdu_row *row = find_row(name);
	struct wire_writer w = wire_writer_talloc(mem_ctx);

	assert_true(pdu_encode(row, &w, row->sample));
	return wire_writer_slice(&w);
}

static const struct {
	const char *row;
	uint8_t type;
	uint8_t information_class;
} infos[] = {
	{"FileBasic", SMB2_0_INFO_FILE, FileBasicInformation},
	{"FileStandard", SMB2_0_INFO_FILE, FileStandardInformation},
	{"FileAll", SMB2_0_INFO_FILE, FileAllInformation},
	{"FileNetworkOpen", SMB2_0_INFO_FILE, FileNetworkOpenInformation},
	{"FileAttributeTag", SMB2_0_INFO_FILE, FileAttributeTagInformation},
	{"FileCompression", SMB2_0_INFO_FILE, FileCompressionInformation},
	{"FilePipeLocal", SMB2_0_INFO_FILE, FilePipeLocalInformation},
	{"64-bit value", SMB2_0_INFO_FILE, FileInternalInformation},
	{"64-bit value", SMB2_0_INFO_FILE, FilePositionInformation},
	{"32-bit value", SMB2_0_INFO_FILE, FileEaInformation},
	{"32-bit value", SMB2_0_INFO_FILE, FileAccessInformation},
	{"32-bit value", SMB2_0_INFO_FILE, FileModeInformation},
	{"32-bit value", SMB2_0_INFO_FILE, FileAlignmentInformation},
	{"FileName", SMB2_0_INFO_FILE, FileNormalizedNameInformation},
	{"FileName", SMB2_0_INFO_FILE, FileAlternateNameInformation},
	{"FileStream", SMB2_0_INFO_FILE, FileStreamInformation},
	{"FileFullEa", SMB2_0_INFO_FILE, FileFullEaInformation},
	{"FileFsVolume", SMB2_0_INFO_FILESYSTEM, FileFsVolumeInformation},
	{"FileFsSize", SMB2_0_INFO_FILESYSTEM, FileFsSizeInformation},
	{"FileFsFullSize", SMB2_0_INFO_FILESYSTEM, FileFsFullSizeInformation},
	{"FileFsDevice", SMB2_0_INFO_FILESYSTEM, FileFsDeviceInformation},
	{"FileFsAttribute", SMB2_0_INFO_FILESYSTEM, FileFsAttributeInformation},
	{"FileFsControl", SMB2_0_INFO_FILESYSTEM, FileFsControlInformation},
	{"FileFsObjectId", SMB2_0_INFO_FILESYSTEM, FileFsObjectIdInformation},
	{"FileFsSectorSize", SMB2_0_INFO_FILESYSTEM,
	 FileFsSectorSizeInformation},
	{"security descriptor", SMB2_0_INFO_SECURITY, 0},
	{"FileQuota", SMB2_0_INFO_QUOTA, 0},
};

static void put_infos(struct capture *c, TALLOC_CTX *mem_ctx)
{
	size_t i = 0;

	for (i = 0; i < sizeof(infos) / sizeof(infos[0]); i++) {
		const struct smb2_query_info_request req = {
			.info_type = infos[i].type,
			.file_info_class = infos[i].information_class,
			.output_buffer_length = 65536,
			.additional_information =
				infos[i].type == SMB2_0_INFO_SECURITY ? 0xF : 0,
			.file_id = {1, 2},
		};
		struct wire_slice buffer = encoded(mem_ctx, infos[i].row);

		put_pair(c, infos[i].row, "QUERY_INFO request", &req,
			 "QUERY_INFO response", &buffer);
	}
}

static const struct {
	const char *row;
	uint8_t information_class;
} dirs[] = {
	{"FileDirectory", FileDirectoryInformation},
	{"FileFullDirectory", FileFullDirectoryInformation},
	{"FileBothDirectory", FileBothDirectoryInformation},
	{"FileNames", FileNamesInformation},
	{"FileIdFullDirectory", FileIdFullDirectoryInformation},
	{"FileIdBothDirectory", FileIdBothDirectoryInformation},
};

static void put_dirs(struct capture *c, TALLOC_CTX *mem_ctx)
{
	size_t i = 0;

	for (i = 0; i < sizeof(dirs) / sizeof(dirs[0]); i++) {
		const struct smb2_query_directory_request req = {
			.information_class = dirs[i].information_class,
			.file_id = {1, 2},
			.pattern = BYTES("*\0"),
			.output_buffer_length = 65536,
		};
		struct wire_slice buffer = encoded(mem_ctx, dirs[i].row);

		put_pair(c, dirs[i].row, "QUERY_DIRECTORY request", &req,
			 "QUERY_DIRECTORY response", &buffer);
	}
}

static const struct {
	const char *request; /* NULL: no input, or no output */
	const char *response;
	uint32_t code;
} ioctls[] = {
	{"VALIDATE_NEGOTIATE_INFO request", "VALIDATE_NEGOTIATE_INFO response",
	 FSCTL_VALIDATE_NEGOTIATE_INFO},
	{"SRV_COPYCHUNK_COPY", "SRV_COPYCHUNK_RESPONSE", FSCTL_SRV_COPYCHUNK},
	{NULL, "SRV_REQUEST_RESUME_KEY", FSCTL_SRV_REQUEST_RESUME_KEY},
	{"NETWORK_RESILIENCY_REQUEST", NULL, FSCTL_LMR_REQUEST_RESILIENCY},
	{NULL, "NETWORK_INTERFACE_INFO", FSCTL_QUERY_NETWORK_INTERFACE_INFO},
	{NULL, "SRV_SNAPSHOT_ARRAY", FSCTL_SRV_ENUMERATE_SNAPSHOTS},
	{"file range", NULL, FSCTL_SET_ZERO_DATA},
	{"file range", "file range", FSCTL_QUERY_ALLOCATED_RANGES},
	{"SET_SPARSE", NULL, FSCTL_SET_SPARSE},
	{NULL, "compression state", FSCTL_GET_COMPRESSION},
	{"PIPE_WAIT", NULL, FSCTL_PIPE_WAIT},
	{NULL, "object id", FSCTL_CREATE_OR_GET_OBJECT_ID},
	{"reparse data", NULL, FSCTL_SET_REPARSE_POINT},
	{NULL, "reparse data", FSCTL_GET_REPARSE_POINT},
};

static void put_ioctls(struct capture *c, TALLOC_CTX *mem_ctx)
{
	size_t i = 0;

	for (i = 0; i < sizeof(ioctls) / sizeof(ioctls[0]); i++) {
		struct smb2_ioctl_request req = {
			.ctl_code = ioctls[i].code,
			.file_id = {1, 2},
			.max_output_response = 65536,
			.flags = SMB2_0_IOCTL_IS_FSCTL,
		};
		struct smb2_ioctl_response rsp = {.ctl_code = ioctls[i].code,
						  .file_id = {1, 2}};
		const char *name = ioctls[i].response;

		if (ioctls[i].request != NULL) {
			req.input = encoded(mem_ctx, ioctls[i].request);
			name = ioctls[i].request;
		}
		if (ioctls[i].response != NULL) {
			rsp.output = encoded(mem_ctx, ioctls[i].response);
		}
		put_pair(c, name, "IOCTL request", &req, "IOCTL response",
			 &rsp);
	}
}

/* Lists of one create context, in requests, or in responses. */
static void put_contexts(struct capture *c, TALLOC_CTX *mem_ctx)
{
	size_t i = 0;

	for (i = 0; i < pdu_create_table.count; i++) {
		const char *name = pdu_create_table.rows[i].name;
		struct smb2_create_request req = {
			.impersonation_level = 2,
			.desired_access = FILE_GENERIC_READ,
			.create_disposition = FILE_OPEN,
			.name = BYTES("f\0"),
		};
		struct smb2_create_response rsp = {.file_id = {1, 2}};

		if (strstr(name, "response") != NULL) {
			rsp.contexts = encoded(mem_ctx, name);
		} else {
			req.contexts = encoded(mem_ctx, name);
		}
		put_pair(c, name, "CREATE request", &req, "CREATE response",
			 &rsp);
	}
}

static void put_messages(struct capture *c)
{
	const struct pdu_row *row = pdu_row(0);
	size_t i = 0;

	for (row = pdu_row(0); row != NULL; row = pdu_row(++i)) {
		/* this one is younger than the tshark of many systems */
		if (row->kind != PDU_RAW &&
		    row->command != SMB2_SERVER_TO_CLIENT_NOTIFICATION) {
			put_row(c, row->name, row);
		}
	}
}

/* -------------------------------------------------------------- the opinion */

static const char *value_of(char *const values[FIELDS], const char *field)
{
	size_t i = 0;

	for (i = 0; i < FIELDS; i++) {
		if (strcmp(fields[i], field) == 0) {
			return values[i];
		}
	}
	fail_msg("%s is not asked for", field);
	return NULL;
}

static void check_frame(const char *name, char *const values[FIELDS],
			bool found[EXPECTED])
{
	size_t i = 0;

	if (values[0][0] == '\0') {
		fail_msg("%s: not taken for SMB2", name);
	}
	if (values[1][0] != '\0' || strstr(values[2], "alformed") != NULL) {
		fail_msg("%s: malformed: %s %s", name, values[1], values[2]);
	}
	for (i = 0; i < EXPECTED; i++) {
		const char *value = NULL;

		if (strcmp(expected[i].frame, name) != 0) {
			continue;
		}
		value = value_of(values, expected[i].field);
		/* of a pair of one name the response has it */
		if (value[0] == '\0') {
			continue;
		}
		if (strcmp(value, expected[i].value) != 0) {
			fail_msg("%s: %s is %s, not %s", name,
				 expected[i].field, value, expected[i].value);
		}
		found[i] = true;
	}
}

/* Runs tshark and looks at its lines. */
static void judge(const struct capture *c, const char *path)
{
	char command[4096] = "";
	char line[65536] = "";
	size_t n = (size_t)snprintf(command, sizeof(command),
				    "tshark -n -r '%s' -T fields -E "
				    "separator=/t -E occurrence=a",
				    path);
	bool found[EXPECTED] = {false};
	size_t frame = 0;
	size_t i = 0;
	FILE *out = NULL;

	for (i = 0; i < FIELDS; i++) {
		n += (size_t)snprintf(command + n, sizeof(command) - n,
				      " -e %s", fields[i]);
	}
	snprintf(command + n, sizeof(command) - n, " 2>/dev/null");
	out = popen(command, "r");
	assert_non_null(out);
	while (fgets(line, sizeof(line), out) != NULL) {
		char *values[FIELDS] = {NULL};
		char *rest = line;

		line[strcspn(line, "\n")] = '\0';
		for (i = 0; i < FIELDS; i++) {
			values[i] = rest != NULL ? strsep(&rest, "\t") : line;
		}
		assert_true(frame < c->frames);
		check_frame(c->names[frame], values, found);
		frame++;
	}
	assert_int_equal(pclose(out), 0);
	assert_int_equal(frame, c->frames);
	for (i = 0; i < EXPECTED; i++) {
		if (!found[i]) {
			fail_msg("%s: no %s", expected[i].frame,
				 expected[i].field);
		}
	}
}

static void test_tshark(void **state)
{
	TALLOC_CTX *mem_ctx = talloc_new(NULL);
	struct capture c = begin(mem_ctx);
	char path[] = "/tmp/test_pdu_tshark.XXXXXX";
	int fd = -1;

	(void)state;
	if (system("tshark -v >/dev/null 2>&1") != 0) {
		print_message("tshark is not installed\n");
		talloc_free(mem_ctx);
		skip();
	}
	put_messages(&c);
	put_infos(&c, mem_ctx);
	put_dirs(&c, mem_ctx);
	put_ioctls(&c, mem_ctx);
	put_contexts(&c, mem_ctx);
	assert_true(wire_writer_ok(&c.w));
	fd = mkstemp(path);
	assert_true(fd >= 0);
	assert_int_equal(write(fd, c.w.buf, c.w.len), (ssize_t)c.w.len);
	close(fd);
	judge(&c, path);
	unlink(path);
	talloc_free(mem_ctx);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_tshark),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
