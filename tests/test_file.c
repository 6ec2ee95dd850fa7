/* SPDX-License-Identifier: GPL-3.0-or-later */
/* file.c, io.c, info.c, path.c, upload.c, copy_remote.c: what is done with
 * files. */
#include "tests/fixture_client.h"

#include "client/client_private.h"

#include "client/copy.h"
#include "smbquic/utf16.h"

/* ------------------------------------------------------------ open, close */

static void test_open(void **state)
{
	struct fixture *f = *state;
	struct client_file *file = NULL;
	struct client_stat stat = {0};
	struct client_open how = {0};

	fixture_up(f);
	client_open_default(&how);
	assert_int_equal(client_open(f, f->tree, "a\\b", &how, &file, &stat),
			 NT_STATUS_OK);
	assert_int_equal(stat.size, 100000);
	assert_ptr_equal(client_file_tree(file), f->tree);
	assert_int_equal(client_close(file), NT_STATUS_OK);
	talloc_free(file);
	fixture_settle(f);
	assert_int_equal(f->peer->closed, 1);
	assert_int_equal(client_open(f, f->tree, "\xc3", &how, &file, NULL),
			 NT_STATUS_OBJECT_NAME_INVALID);
}

static void test_free_closes(void **state)
{
	struct fixture *f = *state;
	struct client_file *file = NULL;

	fixture_up(f);
	file = fixture_open(f);
	talloc_free(file);
	fixture_settle(f);
	assert_int_equal(f->peer->closed, 1);
	/* A file may outlive its tree. */
	file = fixture_open(f);
	TALLOC_FREE(f->tree);
	assert_int_equal(client_close(file), NT_STATUS_CONNECTION_DISCONNECTED);
	talloc_free(file);
}

/* One command's reply cut short, whatever it was. */
static uint16_t cut_command;
static size_t cut_to;

static void cut(struct peer *peer, const struct message_pdu *pdu,
		struct peer_reply *reply)
{
	(void)peer;
	if (pdu->header.command == cut_command && reply->w.len > cut_to) {
		wire_rollback(&reply->w, cut_to);
	}
}

static void test_truncated_create(void **state)
{
	struct fixture *f = *state;
	struct client_file *file = NULL;
	struct client_open how = {0};

	fixture_up(f);
	client_open_default(&how);
	f->peer->hook = cut;
	cut_command = SMB2_CREATE;
	for (cut_to = 64; cut_to < 64 + 88; cut_to++) {
		assert_int_equal(
			client_open(f, f->tree, "x", &how, &file, NULL),
			NT_STATUS_INVALID_NETWORK_RESPONSE);
	}
}

/* --------------------------------------------------------------- reading */

static void test_read(void **state)
{
	struct fixture *f = *state;
	struct client_file *file = NULL;
	uint8_t buf[1000] = {0};
	size_t done = 0;
	size_t i = 0;

	fixture_up(f);
	file = fixture_open(f);
	assert_int_equal(client_read(file, 99500, buf, sizeof(buf), &done),
			 NT_STATUS_OK);
	assert_int_equal(done, 500);
	for (i = 0; i < done; i++) {
		assert_int_equal(buf[i], testlib_peer_byte(99500 + i));
	}
	assert_int_equal(client_read(file, 100000, buf, sizeof(buf), &done),
			 NT_STATUS_OK);
	assert_int_equal(done, 0);
	talloc_free(file);
}

static void too_much(struct peer *peer, const struct message_pdu *pdu,
		     struct peer_reply *reply)
{
	struct smb2_read_response out = {0};

	(void)peer;
	if (pdu->header.command == SMB2_READ) {
		out.data.len = 5000;
		smb2_read_response_encode(testlib_peer_body(reply), &out);
		wire_put_zeros(&reply->w, 5000);
	}
}

static void test_read_too_much(void **state)
{
	struct fixture *f = *state;
	struct client_file *file = NULL;
	uint8_t buf[1000] = {0};
	size_t done = 0;

	fixture_up(f);
	file = fixture_open(f);
	f->peer->hook = too_much;
	assert_int_equal(client_read(file, 0, buf, sizeof(buf), &done),
			 NT_STATUS_INVALID_NETWORK_RESPONSE);
	assert_int_equal(done, 0);
	talloc_free(file);
}

static NTSTATUS pump(struct fixture *f, struct copy_end *from,
		     struct copy_end *to, uint64_t *copied)
{
	const struct copy_limits limits = {.io_size = 9000, .requests = 5};
	struct tevent_req *req =
		copy_send(f, f->ev, from, to, 0, &limits, NULL, NULL);
	NTSTATUS status = 0;

	testlib_wait(f->ev, req, 20);
	status = copy_recv(req, copied, NULL);
	talloc_free(req);
	return status;
}

static void test_pump_down(void **state)
{
	struct fixture *f = *state;
	struct client_file *file = NULL;
	uint8_t *to = talloc_size(f, 100000);
	uint64_t copied = 0;
	size_t i = 0;

	fixture_up(f);
	file = fixture_open(f);
	assert_int_equal(pump(f, copy_remote(f, file, "x", 100000),
			      copy_memory(f, to, 100000), &copied),
			 NT_STATUS_OK);
	assert_int_equal(copied, 100000);
	for (i = 0; i < 100000; i++) {
		assert_int_equal(to[i], testlib_peer_byte(i));
	}
	f->peer->hook = too_much;
	assert_int_equal(pump(f, copy_remote(f, file, "x", 1000),
			      copy_memory(f, to, 100000), &copied),
			 NT_STATUS_INVALID_NETWORK_RESPONSE);
	talloc_free(file);
}

/* --------------------------------------------------------------- writing */

static uint64_t written;

static void count_written(struct peer *peer, const struct message_pdu *pdu,
			  struct peer_reply *reply)
{
	struct smb2_write_request in = {0};
	size_t i = 0;

	(void)peer;
	(void)reply;
	if (pdu->header.command != SMB2_WRITE) {
		return;
	}
	assert_true(smb2_write_request_decode(pdu->data, pdu->len, &in));
	for (i = 0; i < in.data.len; i++) {
		assert_int_equal(in.data.data[i],
				 testlib_peer_byte(in.offset + i));
	}
	written += in.data.len;
}

static uint8_t *pattern(TALLOC_CTX *mem_ctx, size_t len)
{
	uint8_t *data = talloc_size(mem_ctx, len);
	size_t i = 0;

	for (i = 0; i < len; i++) {
		data[i] = testlib_peer_byte(i);
	}
	return data;
}

static void write_through(struct fixture *f)
{
	uint8_t *data = pattern(f, 300000);
	struct client_file *file = NULL;
	uint64_t copied = 0;

	fixture_up(f);
	file = fixture_open(f);
	f->peer->hook = count_written;
	written = 0;
	assert_int_equal(client_write(file, 0, data, 300000), NT_STATUS_OK);
	assert_int_equal(written, 300000);
	written = 0;
	assert_int_equal(pump(f, copy_memory(f, data, 300000),
			      copy_remote(f, file, "x", COPY_SIZE_UNKNOWN),
			      &copied),
			 NT_STATUS_OK);
	assert_int_equal(written, 300000);
	assert_int_equal(client_flush(file), NT_STATUS_OK);
	talloc_free(file);
}

static void test_write(void **state)
{
	write_through(*state);
}

static void test_write_sealed(void **state)
{
	struct fixture *f = *state;

	f->options.protection = CLIENT_PROTECTION_ENCRYPT;
	write_through(f);
}

static void write_less(struct peer *peer, const struct message_pdu *pdu,
		       struct peer_reply *reply)
{
	struct smb2_write_response out = {.count = 10};

	(void)peer;
	if (pdu->header.command == SMB2_WRITE) {
		smb2_write_response_encode(testlib_peer_body(reply), &out);
	}
}

static void write_more(struct peer *peer, const struct message_pdu *pdu,
		       struct peer_reply *reply)
{
	struct smb2_write_response out = {.count = 100000000};

	(void)peer;
	if (pdu->header.command == SMB2_WRITE) {
		smb2_write_response_encode(testlib_peer_body(reply), &out);
	}
}

static void test_write_counts(void **state)
{
	struct fixture *f = *state;
	struct client_file *file = NULL;
	uint8_t data[25] = {0};
	uint64_t copied = 0;

	fixture_up(f);
	file = fixture_open(f);
	f->peer->hook = write_less;
	assert_int_equal(client_write(file, 0, data, 20), NT_STATUS_OK);
	assert_int_equal(f->peer->seen[SMB2_WRITE], 2);
	assert_int_equal(pump(f, copy_memory(f, data, 25),
			      copy_remote(f, file, "x", COPY_SIZE_UNKNOWN),
			      &copied),
			 NT_STATUS_DISK_FULL);
	f->peer->hook = write_more;
	assert_int_equal(client_write(file, 0, data, 20),
			 NT_STATUS_INVALID_NETWORK_RESPONSE);
	talloc_free(file);
}

static void test_lock(void **state)
{
	const struct smb2_lock_element lock = {
		.offset = 1, .length = 2, .flags = SMB2_LOCKFLAG_SHARED_LOCK};
	struct fixture *f = *state;
	struct client_file *file = NULL;

	fixture_up(f);
	file = fixture_open(f);
	assert_int_equal(client_lock(file, &lock, 1), NT_STATUS_OK);
	talloc_free(file);
}

/* ------------------------------------------------------------ information */

static void answer_query(struct peer *peer, const struct message_pdu *pdu,
			 struct peer_reply *reply)
{
	(void)peer;
	if (pdu->header.command == SMB2_QUERY_INFO) {
		reply->header.status = NT_STATUS_OK;
		smb2_buffer_response_encode(testlib_peer_body(reply),
					    wire_slice("12345678", 8));
	}
}

static void test_query(void **state)
{
	const struct client_query query = {
		.type = SMB2_0_INFO_FILE,
		.info_class = FileInternalInformation,
	};
	struct fixture *f = *state;
	struct client_file *file = NULL;
	struct wire_slice data = {0};

	fixture_up(f);
	file = fixture_open(f);
	assert_int_equal(client_query(f, file, &query, &data),
			 NT_STATUS_NOT_SUPPORTED);
	f->peer->hook = answer_query;
	assert_int_equal(client_query(f, file, &query, &data), NT_STATUS_OK);
	assert_int_equal(data.len, 8);
	assert_memory_equal(data.data, "12345678", 8);
	assert_int_equal(client_query_path(f, f->tree, "x",
					   FILE_READ_ATTRIBUTES, &query, &data),
			 NT_STATUS_OK);
	assert_int_equal(data.len, 8);
	f->peer->hook = cut;
	cut_command = SMB2_QUERY_INFO;
	cut_to = 66;
	assert_int_not_equal(client_query(f, file, &query, &data),
			     NT_STATUS_OK);
	assert_int_equal(client_set(file, SMB2_0_INFO_FILE,
				    FileEndOfFileInformation, 0,
				    wire_slice("\0\0\0\0\0\0\0\0", 8)),
			 NT_STATUS_OK);
	talloc_free(file);
}

static void test_ioctl(void **state)
{
	struct fixture *f = *state;
	struct wire_slice out = {0};

	fixture_up(f);
	assert_int_equal(client_ioctl(f, f->tree, NULL,
				      FSCTL_QUERY_NETWORK_INTERFACE_INFO,
				      wire_slice(NULL, 0), 65536, &out),
			 NT_STATUS_INVALID_DEVICE_REQUEST);
}

/* ------------------------------------------------------------------ paths */

static uint16_t failing;
static NTSTATUS failing_status;
static bool failing_close;

static void fail_one(struct peer *peer, const struct message_pdu *pdu,
		     struct peer_reply *reply)
{
	bool close = pdu->header.command == SMB2_CLOSE && failing_close &&
		     (pdu->header.flags & SMB2_FLAGS_RELATED_OPERATIONS) != 0;

	if (pdu->header.command == failing || close) {
		testlib_peer_error(reply, failing_status);
		peer->closed -= close ? 1 : 0;
	}
}

static void test_paths(void **state)
{
	const struct fscc_basic basic = {.last_write_time = 1};
	struct fixture *f = *state;
	struct client_stat stat = {0};

	fixture_up(f);
	assert_int_equal(client_mkdir(f->tree, "d"), NT_STATUS_OK);
	assert_int_equal(client_remove(f->tree, "d", FILE_DIRECTORY_FILE),
			 NT_STATUS_OK);
	assert_int_equal(client_rename(f->tree, "a", "b", true), NT_STATUS_OK);
	assert_int_equal(client_set_basic(f->tree, "a", &basic), NT_STATUS_OK);
	assert_int_equal(client_stat(f->tree, "a", &stat), NT_STATUS_OK);
	assert_int_equal(f->peer->opened, 5);
	assert_int_equal(f->peer->closed, 5);
	assert_int_equal(client_rename(f->tree, "a", "\xff", true),
			 NT_STATUS_OBJECT_NAME_INVALID);
	f->peer->hook = fail_one;
	failing = SMB2_CREATE;
	failing_status = NT_STATUS_OBJECT_NAME_NOT_FOUND;
	failing_close = true;
	assert_int_equal(client_stat(f->tree, "a", &stat),
			 NT_STATUS_OBJECT_NAME_NOT_FOUND);
}

/* A server may refuse to close what it would not change: see 3.3.5.2.7.2. */
static void test_path_is_closed(void **state)
{
	struct fixture *f = *state;

	fixture_up(f);
	f->peer->hook = fail_one;
	failing = SMB2_SET_INFO;
	failing_status = NT_STATUS_DIRECTORY_NOT_EMPTY;
	failing_close = true;
	assert_int_equal(client_remove(f->tree, "d", FILE_DIRECTORY_FILE),
			 NT_STATUS_DIRECTORY_NOT_EMPTY);
	fixture_settle(f);
	assert_int_equal(f->peer->opened, 1);
	assert_int_equal(f->peer->closed, 1);
}

static void get_small(struct fixture *f, uint64_t size, uint32_t max,
		      size_t want)
{
	struct tevent_req *req = NULL;
	struct wire_slice data = {0};
	struct client_stat stat = {0};
	TALLOC_CTX *owner = NULL;
	size_t i = 0;

	f->peer->file_size = size;
	req = client_get_small_send(f, f->tree, "x", max);
	testlib_wait(f->ev, req, 10);
	assert_int_equal(client_get_small_recv(req, f, &owner, &data, &stat),
			 NT_STATUS_OK);
	assert_int_equal(stat.size, size);
	assert_int_equal(data.len, want);
	for (i = 0; i < want; i++) {
		assert_int_equal(data.data[i], testlib_peer_byte(i));
	}
	talloc_free(owner);
	talloc_free(req);
}

static void test_get_small(void **state)
{
	struct fixture *f = *state;

	fixture_up(f);
	get_small(f, 5000, 65536, 5000);
	get_small(f, 0, 65536, 0);
	get_small(f, 5000, 1000, 1000);
	assert_int_equal(f->peer->closed, 3);
}

/* ---------------------------------------------------------------- uploads */

static NTSTATUS upload(struct fixture *f, size_t len, struct client_file **file)
{
	uint8_t *data = pattern(f, len + 1);
	struct tevent_req *req = client_upload_send(
		f, f->tree, "temp", wire_slice(data, len), data);
	NTSTATUS status = 0;

	testlib_wait(f->ev, req, 10);
	status = client_upload_recv(req, f, file);
	talloc_free(req);
	return status;
}

static NTSTATUS commit(struct fixture *f, struct client_file *file)
{
	const struct fscc_basic basic = {.last_write_time = 1};
	struct tevent_req *req =
		client_upload_commit_send(f, file, "final", &basic);
	NTSTATUS status = 0;

	testlib_wait(f->ev, req, 10);
	status = client_upload_commit_recv(req);
	talloc_free(req);
	talloc_free(file);
	fixture_settle(f);
	return status;
}

static void test_upload(void **state)
{
	struct fixture *f = *state;
	struct client_file *file = NULL;
	unsigned messages = 0;

	fixture_up(f);
	f->peer->hook = count_written;
	messages = f->peer->messages;
	written = 0;
	assert_int_equal(upload(f, 3000, &file), NT_STATUS_OK);
	assert_int_equal(commit(f, file), NT_STATUS_OK);
	assert_int_equal(f->peer->messages, messages + 2);
	assert_int_equal(written, 3000);
	assert_int_equal(f->peer->closed, 1);
	assert_int_equal(upload(f, 0, &file), NT_STATUS_OK);
	talloc_free(file);
	fixture_settle(f);
	assert_int_equal(f->peer->closed, 2);
}

/* So many SET_INFOs fail. */
static unsigned refused;

static void refuse(struct peer *peer, const struct message_pdu *pdu,
		   struct peer_reply *reply)
{
	(void)peer;
	if (pdu->header.command == SMB2_SET_INFO && refused > 0) {
		testlib_peer_error(reply, NT_STATUS_TOO_MANY_OPENED_FILES);
		refused--;
	}
}

/* A large file is closed when it has its name; else it is marked by its handle:
 * nothing is opened for that. */
static void test_commit_large(void **state)
{
	struct fixture *f = *state;
	struct client_file *file = NULL;
	unsigned opened = 0;

	fixture_up(f);
	assert_int_equal(upload(f, 0, &file), NT_STATUS_OK);
	assert_int_equal(commit(f, file), NT_STATUS_OK);
	assert_int_equal(f->peer->closed, 1);
	assert_int_equal(upload(f, 0, &file), NT_STATUS_OK);
	opened = f->peer->opened;
	f->peer->hook = refuse;
	refused = 3;
	assert_int_equal(commit(f, file), NT_STATUS_TOO_MANY_OPENED_FILES);
	assert_int_equal(f->peer->opened, opened);
	assert_int_equal(f->peer->closed, 2);
}

static void test_upload_fails(void **state)
{
	struct fixture *f = *state;
	struct client_file *file = NULL;

	fixture_up(f);
	f->peer->hook = fail_one;
	failing = SMB2_WRITE;
	failing_status = NT_STATUS_DISK_FULL;
	failing_close = false;
	assert_int_equal(upload(f, 3000, &file), NT_STATUS_DISK_FULL);
	assert_null(file);
	fixture_settle(f);
	assert_int_equal(f->peer->closed, 1);
	f->peer->hook = write_less;
	assert_int_equal(upload(f, 3000, &file), NT_STATUS_DISK_FULL);
	fixture_settle(f);
	assert_int_equal(f->peer->closed, 2);
}

/* The new name is refused: what was uploaded goes, by its handle or, closed
 * as it is by then, by its temporary name. */
static void commit_fails(struct fixture *f, bool close_too)
{
	struct client_file *file = NULL;
	unsigned opened = 0;

	fixture_up(f);
	assert_int_equal(upload(f, 3000, &file), NT_STATUS_OK);
	opened = f->peer->opened;
	f->peer->hook = fail_one;
	failing = SMB2_SET_INFO;
	failing_status = NT_STATUS_ACCESS_DENIED;
	failing_close = close_too;
	assert_int_equal(commit(f, file), NT_STATUS_ACCESS_DENIED);
	assert_int_equal(f->peer->opened, opened + (close_too ? 0 : 1));
}

static void test_commit_fails(void **state)
{
	commit_fails(*state, false);
}

/* The server has no means to take it away, three times. */
static unsigned lacks;

static void lack(struct peer *peer, const struct message_pdu *pdu,
		 struct peer_reply *reply)
{
	(void)peer;
	if (pdu->header.command == SMB2_SET_INFO) {
		testlib_peer_error(reply, NT_STATUS_TOO_MANY_OPENED_FILES);
	}
	if (pdu->header.command == SMB2_CREATE && lacks > 0) {
		testlib_peer_error(reply, NT_STATUS_TOO_MANY_OPENED_FILES);
		lacks--;
	}
}

static void test_commit_undone_later(void **state)
{
	struct fixture *f = *state;
	struct client_file *file = NULL;
	unsigned opened = 0;

	fixture_up(f);
	assert_int_equal(upload(f, 3000, &file), NT_STATUS_OK);
	opened = f->peer->opened;
	f->peer->hook = lack;
	lacks = 3;
	assert_int_equal(commit(f, file), NT_STATUS_TOO_MANY_OPENED_FILES);
	assert_int_equal(lacks, 0);
	assert_true(f->peer->opened > opened);
}

static void test_commit_fails_open(void **state)
{
	commit_fails(*state, true);
}

/* ---------------------------------------------------------------- oplocks */

static void grant_batch(struct peer *peer, const struct message_pdu *pdu,
			struct peer_reply *reply)
{
	struct smb2_create_response out = {
		.oplock_level = SMB2_OPLOCK_LEVEL_BATCH,
		.file_id = {1, 1},
	};

	(void)peer;
	if (pdu->header.command == SMB2_CREATE) {
		smb2_create_response_encode(testlib_peer_body(reply), &out);
	}
}

static void send_break(struct fixture *f, uint8_t level)
{
	struct smb2_oplock_break body = {
		.oplock_level = level,
		.file_id = {1, 1},
	};
	struct peer_reply reply = {
		.header =
			{
				.command = SMB2_OPLOCK_BREAK,
				.flags = SMB2_FLAGS_SERVER_TO_REDIR,
				.message_id = SMB2_MESSAGE_ID_UNSOLICITED,
			},
		.w = wire_writer_talloc(f),
	};

	wire_put_zeros(&reply.w, SMB2_HEADER_SIZE);
	smb2_oplock_break_encode(&reply.w, &body);
	testlib_peer_send(f->peer, &reply);
	fixture_settle(f);
}

static void on_break(struct client_file *file, uint8_t level,
		     void *private_data)
{
	(void)file;
	*(uint8_t *)private_data = level;
}

static void test_oplock_break(void **state)
{
	struct fixture *f = *state;
	struct client_file *file = NULL;
	uint8_t level = 0xff;

	fixture_up(f);
	f->peer->hook = grant_batch;
	file = fixture_open(f);
	assert_int_equal(client_file_oplock(file), SMB2_OPLOCK_LEVEL_BATCH);
	client_file_on_break(file, on_break, &level);
	send_break(f, SMB2_OPLOCK_LEVEL_II);
	assert_int_equal(level, SMB2_OPLOCK_LEVEL_II);
	assert_int_equal(f->peer->seen[SMB2_OPLOCK_BREAK], 1);
	/* From level II down there is nothing to acknowledge. */
	send_break(f, SMB2_OPLOCK_LEVEL_NONE);
	assert_int_equal(level, SMB2_OPLOCK_LEVEL_NONE);
	assert_int_equal(f->peer->seen[SMB2_OPLOCK_BREAK], 1);
	assert_null(client_why(f->conn));
	talloc_free(file);
	/* Of a file that is closed by now. */
	send_break(f, SMB2_OPLOCK_LEVEL_NONE);
	assert_null(client_why(f->conn));
}

int main(void)
{
#define T(name) \
	cmocka_unit_test_setup_teardown(name, fixture_setup, fixture_teardown)
	const struct CMUnitTest tests[] = {
		T(test_open),
		T(test_free_closes),
		T(test_truncated_create),
		T(test_read),
		T(test_read_too_much),
		T(test_pump_down),
		T(test_write),
		T(test_write_sealed),
		T(test_write_counts),
		T(test_lock),
		T(test_query),
		T(test_ioctl),
		T(test_paths),
		T(test_path_is_closed),
		T(test_get_small),
		T(test_upload),
		T(test_upload_fails),
		T(test_commit_large),
		T(test_commit_fails),
		T(test_commit_fails_open),
		T(test_commit_undone_later),
		T(test_oplock_break),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
