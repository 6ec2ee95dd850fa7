/* SPDX-License-Identifier: GPL-3.0-or-later */
/* IOCTL: what all control codes share, and the small ones. */
#include "server/dispatch.h"
#include "server/durable.h"
#include "tests/fixture_ioctl.h"

static int setup(void **state)
{
	*state = files_new("");
	return 0;
}

static int teardown(void **state)
{
	talloc_free(*state);
	return 0;
}

static void test_refused(void **state)
{
	struct files *t = *state;
	struct smb2_file_id id = files_make(t, "f");
	struct smb2_ioctl_request in = {
		.ctl_code = FSCTL_GET_COMPRESSION,
		.file_id = id,
		.max_output_response = 2,
		.flags = SMB2_0_IOCTL_IS_FSCTL,
	};
	struct smb2_ioctl_response out = {0};

	assert_int_equal(files_ioctl(t, in, &out), NT_STATUS_OK);
	in.flags = 0;
	assert_int_equal(files_ioctl(t, in, &out), NT_STATUS_NOT_SUPPORTED);
	in.flags = SMB2_0_IOCTL_IS_FSCTL;
	in.max_output_response = 1;
	assert_int_equal(files_ioctl(t, in, &out), NT_STATUS_INVALID_PARAMETER);
	in.max_output_response = SMB2_LARGE_MTU + 1;
	assert_int_equal(files_ioctl(t, in, &out), NT_STATUS_INVALID_PARAMETER);
	in.max_output_response = 100;
	in.ctl_code = FSCTL_SET_ENCRYPTION;
	assert_int_equal(files_ioctl(t, in, &out),
			 NT_STATUS_INVALID_DEVICE_REQUEST);
	in.ctl_code = FSCTL_PIPE_TRANSCEIVE;
	assert_int_equal(files_ioctl(t, in, &out),
			 NT_STATUS_INVALID_DEVICE_REQUEST);
	in.ctl_code = FSCTL_GET_COMPRESSION;
	in.file_id = files_inherited;
	assert_int_equal(files_ioctl(t, in, &out), NT_STATUS_FILE_CLOSED);
	in.file_id = id;
	in.file_id.volatile_id++;
	assert_int_equal(files_ioctl(t, in, &out), NT_STATUS_FILE_CLOSED);
	/* who is no file's takes no FileId, of an open or of none (3.3.5.15) */
	in.ctl_code = FSCTL_QUERY_NETWORK_INTERFACE_INFO;
	assert_int_equal(files_ioctl(t, in, &out), NT_STATUS_INVALID_PARAMETER);
	in.file_id = id;
	assert_int_equal(files_ioctl(t, in, &out), NT_STATUS_INVALID_PARAMETER);
}

/* How long a handle may be kept is bounded, and must be said (3.3.5.15.9). */
static void test_resiliency(void **state)
{
	static const struct {
		uint32_t timeout, want;
	} rows[] = {
		{DURABLE_RESILIENT_MAX + 1000, 0},
		{UINT32_MAX, 0},
		{0, DURABLE_RESILIENT_DEFAULT},
		{5000, 5000},
		{DURABLE_RESILIENT_MAX, DURABLE_RESILIENT_MAX},
	};
	struct files *t = *state;
	struct smb2_file_id id = files_make(t, "f");
	struct smb2_ioctl_request in = {
		.ctl_code = FSCTL_LMR_REQUEST_RESILIENCY,
		.flags = SMB2_0_IOCTL_IS_FSCTL,
		.file_id = id,
	};
	struct smb2_ioctl_response out = {0};

	assert_int_equal(files_ioctl(t, in, &out), NT_STATUS_INVALID_PARAMETER);
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct wire_writer w = wire_writer_talloc(t);
		const struct open *open =
			open_find(t->session, id.persistent_id, id.volatile_id);

		(void)smb2_resiliency_request_encode(&w, rows[i].timeout);
		in.input = wire_writer_slice(&w);
		assert_int_equal(files_ioctl(t, in, &out),
				 rows[i].want != 0
					 ? NT_STATUS_OK
					 : NT_STATUS_INVALID_PARAMETER);
		assert_non_null(open);
		if (rows[i].want == 0) {
			assert_null(open->durable);
		} else {
			assert_true(durable_survives(open));
			assert_int_equal(open->durable->timeout, rows[i].want);
		}
	}
}

/* Those that speak of no file want none (MS-SMB2 3.3.5.15). */
static void test_without_file(void **state)
{
	static const uint32_t codes[] = {FSCTL_DFS_GET_REFERRALS,
					 FSCTL_DFS_GET_REFERRALS_EX,
					 FSCTL_QUERY_NETWORK_INTERFACE_INFO,
					 FSCTL_VALIDATE_NEGOTIATE_INFO};
	struct files *t = *state;
	struct smb2_file_id id = files_make(t, "f");
	size_t i = 0;

	for (i = 0; i < sizeof(codes) / sizeof(codes[0]); i++) {
		assert_int_equal(
			files_fsctl_status(t, id, codes[i], nothing, 4096),
			NT_STATUS_INVALID_PARAMETER);
	}
	assert_int_equal(files_fsctl_status(t, files_inherited,
					    FSCTL_DFS_GET_REFERRALS, nothing,
					    4096),
			 NT_STATUS_FS_DRIVER_REQUIRED);
}

static void test_small(void **state)
{
	struct files *t = *state;
	struct smb2_file_id id = files_make(t, "f");
	struct wire_slice out = {0};
	uint16_t format = 9;

	assert_int_equal(
		files_fsctl(t, id, FSCTL_GET_COMPRESSION, nothing, 2, &out),
		NT_STATUS_OK);
	assert_true(smb2_compression_state_decode(out, &format));
	assert_int_equal(format, 0);
	assert_int_equal(files_fsctl_status(t, id, FSCTL_SET_COMPRESSION,
					    wire_slice("\0\0", 2), 0),
			 NT_STATUS_OK);
	assert_int_equal(files_fsctl_status(t, id, FSCTL_SET_COMPRESSION,
					    wire_slice("\1\0", 2), 0),
			 NT_STATUS_NOT_SUPPORTED);
	assert_int_equal(files_fsctl_status(t, id, FSCTL_SET_COMPRESSION,
					    wire_slice("\0", 1), 0),
			 NT_STATUS_INVALID_PARAMETER);
}

static struct smb2_object_id object_id(struct files *t, const char *name,
				       uint32_t code)
{
	struct smb2_object_id object = {0};
	struct wire_slice out = {0};
	struct smb2_file_id id = files_make(t, name);

	assert_int_equal(files_fsctl(t, id, code, nothing, 64, &out),
			 NT_STATUS_OK);
	assert_true(smb2_object_id_decode(out, &object));
	assert_int_equal(files_close(t, id), NT_STATUS_OK);
	return object;
}

/* Of each file one, which stays, whichever request tells it and whatever stream
 * is open, and is no other's. */
static void test_object_ids(void **state)
{
	struct files *t = *state;
	struct smb2_object_id first =
		object_id(t, "f", FSCTL_CREATE_OR_GET_OBJECT_ID);
	struct smb2_object_id again = object_id(t, "f", FSCTL_GET_OBJECT_ID);
	struct smb2_object_id stream = object_id(t, "f:s", FSCTL_GET_OBJECT_ID);
	struct smb2_object_id other = object_id(t, "g", FSCTL_GET_OBJECT_ID);

	assert_memory_equal(&first, &again, sizeof(first));
	assert_memory_equal(&first, &stream, sizeof(first));
	assert_memory_not_equal(&first.object_id, &other.object_id, 16);
	assert_memory_equal(&first.object_id, &first.birth_object_id, 16);
	assert_int_equal(files_fsctl_status(t, files_make(t, "f"),
					    FSCTL_GET_OBJECT_ID, nothing, 63),
			 NT_STATUS_INVALID_PARAMETER);
}

/* In a compound the response names the open that was inherited. */
static void test_inherited(void **state)
{
	struct files *t = *state;
	struct smb2_ioctl_request in = {
		.ctl_code = FSCTL_GET_COMPRESSION,
		.file_id = files_inherited,
		.max_output_response = 2,
		.flags = SMB2_0_IOCTL_IS_FSCTL,
	};
	struct smb2_ioctl_response out = {0};
	struct smb2_create_response created = {0};
	struct wire_writer w = files_create_pdu(
		t,
		(struct create_args){.name = "f", .disposition = FILE_OPEN_IF});

	files_queue(t, &w);
	files_related(t);
	w = files_pdu(t, SMB2_IOCTL);
	smb2_ioctl_request_encode(&w, &in);
	files_queue(t, &w);
	files_post(t);
	assert_int_equal(files_wait(t, t->ids[0]), NT_STATUS_OK);
	assert_true(smb2_create_response_decode(t->reply.data, t->reply.len,
						&created));
	assert_int_equal(files_wait(t, t->ids[1]), NT_STATUS_OK);
	assert_true(
		smb2_ioctl_response_decode(t->reply.data, t->reply.len, &out));
	assert_memory_equal(&out.file_id, &created.file_id,
			    sizeof(out.file_id));
}

static struct smb2_validate_negotiate_request remembered(struct files *t)
{
	struct negotiate_agreement *agreed = &t->f->conn->agreed;
	struct smb2_validate_negotiate_request in = {
		.capabilities = SMB2_GLOBAL_CAP_LARGE_MTU,
		.security_mode = SMB2_NEGOTIATE_SIGNING_ENABLED,
		.dialect_count = 2,
		.dialects = {SMB2_DIALECT_300, SMB2_DIALECT_302},
	};

	memset(in.guid.bytes, 'g', sizeof(in.guid.bytes));
	memcpy(agreed->client_guid, in.guid.bytes, sizeof(in.guid.bytes));
	memset(agreed->server_guid, 's', sizeof(agreed->server_guid));
	negotiate_policy_defaults(&t->f->conn->policy);
	agreed->dialect = SMB2_DIALECT_302;
	agreed->client_capabilities = in.capabilities;
	agreed->client_security_mode = in.security_mode;
	agreed->dialect_count = 2;
	agreed->dialects[0] = SMB2_DIALECT_300;
	agreed->dialects[1] = SMB2_DIALECT_302;
	agreed->server_capabilities = SMB2_GLOBAL_CAP_LARGE_MTU;
	return in;
}

static void test_validate_negotiate(void **state)
{
	struct files *t = *state;
	const struct smb2_validate_negotiate_request in = remembered(t);
	struct smb2_validate_negotiate_response response = {0};
	struct wire_writer w = wire_writer_talloc(t);
	struct wire_slice out = {0};

	smb2_validate_negotiate_request_encode(&w, &in);
	assert_int_equal(files_fsctl(t, files_inherited,
				     FSCTL_VALIDATE_NEGOTIATE_INFO,
				     wire_writer_slice(&w), 24, &out),
			 NT_STATUS_OK);
	assert_true(smb2_validate_negotiate_response_decode(out, &response));
	assert_int_equal(response.dialect, SMB2_DIALECT_302);
	assert_int_equal(response.capabilities, SMB2_GLOBAL_CAP_LARGE_MTU);
	assert_int_equal(response.guid.bytes[0], 's');
}

/* Somebody in the middle has changed something: the end. */
static void test_validate_differs(void **state)
{
	struct files *t = *state;
	struct smb2_validate_negotiate_request in = remembered(t);
	struct smb2_ioctl_request request = {
		.ctl_code = FSCTL_VALIDATE_NEGOTIATE_INFO,
		.file_id = files_inherited,
		.max_output_response = 24,
		.flags = SMB2_0_IOCTL_IS_FSCTL,
	};
	struct wire_writer input = wire_writer_talloc(t);
	struct wire_writer w = {0};

	in.capabilities |= SMB2_GLOBAL_CAP_ENCRYPTION;
	smb2_validate_negotiate_request_encode(&input, &in);
	request.input = wire_writer_slice(&input);
	w = files_pdu(t, SMB2_IOCTL);
	smb2_ioctl_request_encode(&w, &request);
	files_send(t, &w);
	assert_null(fixture_read(t->f));
}

/* 3.1.1 has something better: who asks anyway is no honest client. */
static void test_validate_311(void **state)
{
	struct files *t = *state;
	struct smb2_ioctl_request request = {
		.ctl_code = FSCTL_VALIDATE_NEGOTIATE_INFO,
		.file_id = files_inherited,
		.max_output_response = 24,
		.flags = SMB2_0_IOCTL_IS_FSCTL,
		.input = wire_slice("whatever", 8),
	};
	struct wire_writer w = files_pdu(t, SMB2_IOCTL);

	smb2_ioctl_request_encode(&w, &request);
	files_send(t, &w);
	assert_null(fixture_read(t->f));
}

#define TEST(fn) cmocka_unit_test_setup_teardown(fn, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_refused),
		TEST(test_resiliency),
		TEST(test_without_file),
		TEST(test_small),
		TEST(test_object_ids),
		TEST(test_inherited),
		TEST(test_validate_negotiate),
		TEST(test_validate_differs),
		TEST(test_validate_311),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
