/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Named pipes as SMB2 shows them: CREATE, READ, WRITE, IOCTL and the rest.
 */
#include "certs/certmap.h"
#include "server/pipe.h"
#include "tests/fixture_commands.h"

#include "smbquic/fscc.h"

/* A bind of srvsvc, and its length in the packet. */
static const uint8_t bind_packet[] = {
	5,    0,    11,	  3,	0x10, 0,    0,	  0,	72,   0,    0,	  0,
	1,    0,    0,	  0,	0xb8, 0x10, 0xb8, 0x10, 0,    0,    0,	  0,
	1,    0,    0,	  0,	0,    0,    1,	  0,	0xc8, 0x4f, 0x32, 0x4b,
	0x70, 0x16, 0xd3, 0x01, 0x12, 0x78, 0x5a, 0x47, 0xbf, 0x6e, 0xe1, 0x88,
	3,    0,    0,	  0,	0x04, 0x5d, 0x88, 0x8a, 0xeb, 0x1c, 0xc9, 0x11,
	0x9f, 0xe8, 0x08, 0x00, 0x2b, 0x10, 0x48, 0x60, 2,    0,    0,	  0,
};
#define BIND_ACK 12

struct pipe_fixture {
	struct user_fixture u;
	struct smb2_file_id id;
};

static struct pipe_fixture pipe_fixture_new(void)
{
	struct pipe_fixture p = {.u = user_fixture_new()};

	p.u.tree_id = p.u.pipe->id;
	assert_int_equal(user_create(&p.u, "srvsvc", &p.id), NT_STATUS_OK);
	return p;
}

static struct wire_writer write_request(struct pipe_fixture *p,
					const void *data, size_t len)
{
	struct wire_writer w = user_begin(&p->u, SMB2_WRITE);
	const struct smb2_write_request in = {
		.file_id = p->id,
		.data = wire_slice(data, len),
	};

	smb2_write_request_encode(&w, &in);
	wire_put(&w, data, len);
	return w;
}

static NTSTATUS pipe_put(struct pipe_fixture *p, const void *data, size_t len)
{
	struct wire_writer w = write_request(p, data, len);

	return user_status(&p->u, &w);
}

static struct wire_writer read_request(struct pipe_fixture *p, uint32_t length)
{
	struct wire_writer w = user_begin(&p->u, SMB2_READ);
	const struct smb2_read_request in = {
		.file_id = p->id,
		.length = length,
	};

	smb2_read_request_encode(&w, &in);
	return w;
}

static NTSTATUS got(const struct message *m, struct wire_slice *data)
{
	struct smb2_read_response out = {0};

	*data = wire_slice(NULL, 0);
	if (!NT_STATUS_IS_ERR(m->pdu[0].header.status) &&
	    m->pdu[0].header.status != NT_STATUS_PENDING) {
		assert_true(smb2_read_response_decode(m->pdu[0].data,
						      m->pdu[0].len, &out));
		*data = out.data;
	}
	return m->pdu[0].header.status;
}

static struct message *ioctl(struct pipe_fixture *p, uint32_t code,
			     struct wire_slice input, uint32_t max_out)
{
	struct wire_writer w = user_begin(&p->u, SMB2_IOCTL);
	const struct smb2_ioctl_request in = {
		.ctl_code = code,
		.file_id = p->id,
		.max_output_response = max_out,
		.flags = SMB2_0_IOCTL_IS_FSCTL,
		.input = input,
	};

	smb2_ioctl_request_encode(&w, &in);
	return user_ask(&p->u, &w);
}

static struct wire_slice output_of(const struct message *m)
{
	struct smb2_ioctl_response out = {0};

	assert_true(smb2_ioctl_response_decode(m->pdu[0].data, m->pdu[0].len,
					       &out));
	return out.output;
}

/* --- CREATE, CLOSE ---------------------------------------------------------
 */

static void test_create(void **private_data)
{
	struct pipe_fixture p = pipe_fixture_new();
	struct smb2_file_id id = {0};

	(void)private_data;
	assert_int_equal(user_create(&p.u, "\\WKSSVC", &id), NT_STATUS_OK);
	assert_int_equal(user_create(&p.u, "samr", &id),
			 NT_STATUS_OBJECT_NAME_NOT_FOUND);
	assert_int_equal(user_create(&p.u, "", &id),
			 NT_STATUS_OBJECT_NAME_NOT_FOUND);
	assert_int_equal(user_close(&p.u, p.id), NT_STATUS_OK);
	assert_int_equal(user_close(&p.u, p.id), NT_STATUS_FILE_CLOSED);
	assert_int_equal(idtable_count(p.u.f->server->opens), 1);
	talloc_free(p.u.f);
}

/* 3.3.5.9: over QUIC where the mapping says so. */
static void test_quic(void **private_data)
{
	struct certmap_entry allowed = {.flags = CERTMAP_ALLOW_NAMED_PIPE};
	struct certmap_entry refused = {.name = "here"};
	struct user_fixture u = user_fixture_new();
	struct transport_facts *facts = NULL;
	struct smb2_file_id id = {0};

	(void)private_data;
	facts = talloc_memdup(u.f, u.f->conn->facts, sizeof(*facts));
	facts->secure = true;
	u.f->conn->facts = facts;
	u.tree_id = u.pipe->id;
	assert_int_equal(user_create(&u, "srvsvc", &id),
			 NT_STATUS_ACCESS_DENIED);
	facts->mapping = &refused;
	assert_int_equal(user_create(&u, "srvsvc", &id),
			 NT_STATUS_ACCESS_DENIED);
	facts->mapping = &allowed;
	assert_int_equal(user_create(&u, "srvsvc", &id), NT_STATUS_OK);
	talloc_free(u.f);
}

/* --- READ, WRITE -----------------------------------------------------------
 */

static void test_write_then_read(void **private_data)
{
	struct pipe_fixture p = pipe_fixture_new();
	struct wire_writer w = {0};
	struct wire_slice data = {0};
	size_t total = 0;

	(void)private_data;
	assert_int_equal(pipe_put(&p, bind_packet, sizeof(bind_packet)),
			 NT_STATUS_OK);
	/* A message in two pieces: more follows, then the rest. */
	w = read_request(&p, 20);
	assert_int_equal(got(user_ask(&p.u, &w), &data),
			 NT_STATUS_BUFFER_OVERFLOW);
	assert_int_equal(data.len, 20);
	assert_int_equal(data.data[2], BIND_ACK);
	total = data.data[8];
	w = read_request(&p, 1000);
	assert_int_equal(got(user_ask(&p.u, &w), &data), NT_STATUS_OK);
	assert_int_equal(data.len, total - 20);
	talloc_free(p.u.f);
}

/* Who reads before there is anything waits, in turn. */
static void test_read_waits(void **private_data)
{
	struct pipe_fixture p = pipe_fixture_new();
	struct wire_writer w = {0};
	struct wire_slice data = {0};
	const struct message *m = NULL;

	(void)private_data;
	for (int i = 0; i < 2; i++) {
		w = read_request(&p, 1000);
		assert_int_equal(got(user_ask(&p.u, &w), &data),
				 NT_STATUS_PENDING);
	}
	/* Answers to the first READ and to the WRITE, in whatever order. */
	w = write_request(&p, bind_packet, sizeof(bind_packet));
	user_send(&p.u, &w);
	for (int i = 0; i < 2; i++) {
		m = fixture_read(p.u.f);
		assert_int_equal(m->pdu[0].header.status, NT_STATUS_OK);
		if (m->pdu[0].header.command == SMB2_READ) {
			assert_int_equal(m->pdu[0].header.message_id, 1);
			assert_int_equal(got(m, &data), NT_STATUS_OK);
			assert_int_equal(data.data[2], BIND_ACK);
		}
	}
	/* The other one ends with the pipe. */
	w = user_begin(&p.u, SMB2_CLOSE);
	smb2_close_request_encode(
		&w, &(struct smb2_close_request){.file_id = p.id});
	m = user_ask(&p.u, &w);
	assert_int_equal(m->pdu[0].header.message_id, 2);
	assert_int_equal(m->pdu[0].header.status, NT_STATUS_PIPE_BROKEN);
	m = fixture_read(p.u.f);
	assert_int_equal(m->pdu[0].header.command, SMB2_CLOSE);
	assert_int_equal(m->pdu[0].header.status, NT_STATUS_OK);
	talloc_free(p.u.f);
}

static void test_read_is_cancelled(void **private_data)
{
	struct pipe_fixture p = pipe_fixture_new();
	struct wire_writer w = read_request(&p, 1000);
	struct wire_slice data = {0};
	const struct message *m = user_ask(&p.u, &w);
	struct smb2_header header = {
		.command = SMB2_CANCEL,
		.flags = SMB2_FLAGS_ASYNC_COMMAND,
		.message_id = m->pdu[0].header.message_id,
		.async_id = m->pdu[0].header.async_id,
		.session_id = p.u.session->id,
	};

	(void)private_data;
	assert_int_equal(got(m, &data), NT_STATUS_PENDING);
	w = fixture_pdu(p.u.f, &header);
	smb2_empty_encode(&w);
	assert_int_equal(got(user_ask(&p.u, &w), &data), NT_STATUS_CANCELLED);
	/* What comes now is for the next one. */
	assert_int_equal(pipe_put(&p, bind_packet, sizeof(bind_packet)),
			 NT_STATUS_OK);
	w = read_request(&p, 1000);
	assert_int_equal(got(user_ask(&p.u, &w), &data), NT_STATUS_OK);
	talloc_free(p.u.f);
}

static void test_no_rpc(void **private_data)
{
	struct pipe_fixture p = pipe_fixture_new();
	static const uint8_t garbage[64] = {1, 2, 3};

	(void)private_data;
	assert_int_equal(pipe_put(&p, garbage, sizeof(garbage)),
			 NT_STATUS_PIPE_DISCONNECTED);
	assert_int_equal(pipe_put(&p, bind_packet, sizeof(bind_packet)),
			 NT_STATUS_PIPE_DISCONNECTED);
	talloc_free(p.u.f);
}

/* --- IOCTL -----------------------------------------------------------------
 */

static void test_transceive(void **private_data)
{
	struct pipe_fixture p = pipe_fixture_new();
	struct wire_slice bytes = wire_slice(bind_packet, sizeof(bind_packet));
	struct message *m = ioctl(&p, FSCTL_PIPE_TRANSCEIVE, bytes, 1000);
	struct wire_slice all = {0};
	struct wire_slice data = {0};
	struct wire_writer w = {0};

	(void)private_data;
	assert_int_equal(m->pdu[0].header.status, NT_STATUS_OK);
	all = output_of(m);
	assert_int_equal(all.data[2], BIND_ACK);
	/* With little room: the rest comes by READ. */
	m = ioctl(&p, FSCTL_PIPE_TRANSCEIVE, bytes, 16);
	assert_int_equal(m->pdu[0].header.status, NT_STATUS_BUFFER_OVERFLOW);
	assert_int_equal(output_of(m).len, 16);
	w = read_request(&p, 1000);
	assert_int_equal(got(user_ask(&p.u, &w), &data), NT_STATUS_OK);
	assert_int_equal(data.len, all.len - 16);
	talloc_free(p.u.f);
}

static void test_peek(void **private_data)
{
	struct pipe_fixture p = pipe_fixture_new();
	struct wire_slice none = {0};
	struct smb2_pipe_peek out = {0};
	struct message *m = ioctl(&p, FSCTL_PIPE_PEEK, none, 1000);

	(void)private_data;
	assert_int_equal(m->pdu[0].header.status, NT_STATUS_OK);
	assert_true(smb2_pipe_peek_decode(output_of(m), &out));
	assert_int_equal(out.read_data_available, 0);
	pipe_put(&p, bind_packet, sizeof(bind_packet));
	for (int i = 0; i < 2; i++) {
		m = ioctl(&p, FSCTL_PIPE_PEEK, none, 20);
		assert_int_equal(m->pdu[0].header.status,
				 NT_STATUS_BUFFER_OVERFLOW);
		assert_true(smb2_pipe_peek_decode(output_of(m), &out));
		assert_int_equal(out.number_of_messages, 1);
		assert_int_equal(out.data.len, 4);
		assert_int_equal(out.data.data[2], BIND_ACK);
	}
	m = ioctl(&p, FSCTL_PIPE_PEEK, none, 15);
	assert_int_equal(m->pdu[0].header.status,
			 NT_STATUS_INFO_LENGTH_MISMATCH);
	talloc_free(p.u.f);
}

static NTSTATUS wait_for(struct pipe_fixture *p, const char *name)
{
	struct wire_writer w = wire_writer_talloc(p->u.f);
	struct smb2_pipe_wait in = {0};

	assert_true(utf16_from_utf8(p->u.f, name, &in.name));
	assert_true(smb2_pipe_wait_encode(&w, &in));
	return ioctl(p, FSCTL_PIPE_WAIT, wire_writer_slice(&w), 0)
		->pdu[0]
		.header.status;
}

static void test_wait(void **private_data)
{
	struct pipe_fixture p = pipe_fixture_new();

	(void)private_data;
	p.id.persistent_id = p.id.volatile_id = UINT64_MAX;
	assert_int_equal(wait_for(&p, "srvsvc"), NT_STATUS_OK);
	assert_int_equal(wait_for(&p, "nothere"),
			 NT_STATUS_OBJECT_NAME_NOT_FOUND);
	talloc_free(p.u.f);
}

/* --- QUERY_INFO, SET_INFO --------------------------------------------------
 */

static NTSTATUS query(struct pipe_fixture *p, uint8_t info_class,
		      uint32_t length, struct wire_slice *data)
{
	struct wire_writer w = user_begin(&p->u, SMB2_QUERY_INFO);
	const struct smb2_query_info_request in = {
		.info_type = SMB2_0_INFO_FILE,
		.file_info_class = info_class,
		.output_buffer_length = length,
		.file_id = p->id,
	};
	const struct message *m = NULL;

	smb2_query_info_request_encode(&w, &in);
	m = user_ask(&p->u, &w);
	if (m->pdu[0].header.status == NT_STATUS_OK) {
		assert_true(smb2_buffer_response_decode(m->pdu[0].data,
							m->pdu[0].len, data));
	}
	return m->pdu[0].header.status;
}

static void test_query_info(void **private_data)
{
	struct pipe_fixture p = pipe_fixture_new();
	struct fscc_standard standard = {0};
	struct fscc_pipe_local local = {0};
	struct wire_slice data = {0};

	(void)private_data;
	assert_int_equal(query(&p, FileStandardInformation, 100, &data),
			 NT_STATUS_OK);
	assert_true(fscc_standard_decode(data, &standard));
	assert_int_equal(standard.number_of_links, 1);
	pipe_put(&p, bind_packet, sizeof(bind_packet));
	assert_int_equal(query(&p, FilePipeLocalInformation, 100, &data),
			 NT_STATUS_OK);
	assert_true(fscc_pipe_local_decode(data, &local));
	assert_true(local.read_data_available > 0);
	assert_int_equal(query(&p, FilePipeInformation, 100, &data),
			 NT_STATUS_OK);
	assert_int_equal(query(&p, FilePipeInformation, 4, &data),
			 NT_STATUS_INFO_LENGTH_MISMATCH);
	assert_int_equal(query(&p, FileBasicInformation, 100, &data),
			 NT_STATUS_INVALID_INFO_CLASS);
	talloc_free(p.u.f);
}

static NTSTATUS set(struct pipe_fixture *p, uint8_t info_class, size_t len)
{
	static const uint8_t mode[8] = {FILE_PIPE_MESSAGE_MODE};
	struct wire_writer w = user_begin(&p->u, SMB2_SET_INFO);
	const struct smb2_set_info_request in = {
		.info_type = SMB2_0_INFO_FILE,
		.file_info_class = info_class,
		.file_id = p->id,
		.buffer = wire_slice(mode, len),
	};

	smb2_set_info_request_encode(&w, &in);
	return user_status(&p->u, &w);
}

static void test_set_info(void **private_data)
{
	struct pipe_fixture p = pipe_fixture_new();

	(void)private_data;
	assert_int_equal(set(&p, FilePipeInformation, 8), NT_STATUS_OK);
	assert_int_equal(set(&p, FilePipeInformation, 7),
			 NT_STATUS_INVALID_PARAMETER);
	assert_int_equal(set(&p, FileBasicInformation, 8),
			 NT_STATUS_NOT_SUPPORTED);
	talloc_free(p.u.f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_create),
		cmocka_unit_test(test_quic),
		cmocka_unit_test(test_write_then_read),
		cmocka_unit_test(test_read_waits),
		cmocka_unit_test(test_read_is_cancelled),
		cmocka_unit_test(test_no_rpc),
		cmocka_unit_test(test_transceive),
		cmocka_unit_test(test_peek),
		cmocka_unit_test(test_wait),
		cmocka_unit_test(test_query_info),
		cmocka_unit_test(test_set_info),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
