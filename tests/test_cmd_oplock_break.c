/* SPDX-License-Identifier: GPL-3.0-or-later */
/* OPLOCK_BREAK: acknowledgments that are right, and all that can be wrong with
 * them. */
#include "server/dispatch.h"
#include "tests/fixture_files.h"

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

static NTSTATUS acknowledge(struct files *t, struct smb2_file_id id,
			    uint8_t level)
{
	const struct smb2_oplock_break in = {.oplock_level = level,
					     .file_id = id};
	struct wire_writer w = files_pdu(t, SMB2_OPLOCK_BREAK);

	assert_true(smb2_oplock_break_encode(&w, &in));
	return files_call(t, &w);
}

static struct wire_writer create_pdu(struct files *t, uint8_t level,
				     struct wire_slice contexts)
{
	const struct smb2_create_request in = {
		.oplock_level = level,
		.impersonation_level = SMB2_IMPERSONATION_IMPERSONATION,
		.desired_access = FILE_ALL_ACCESS,
		.share_access = FILE_SHARE_ALL,
		.create_disposition = FILE_OPEN_IF,
		.name = files_utf16(t, "f"),
		.contexts = contexts,
	};
	struct wire_writer w = files_pdu(t, SMB2_CREATE);

	assert_true(smb2_create_request_encode(&w, &in));
	return w;
}

static struct smb2_create_response created(struct files *t)
{
	struct smb2_create_response out = {0};

	assert_true(
		smb2_create_response_decode(t->reply.data, t->reply.len, &out));
	return out;
}

/* The notification that came meanwhile. */
static void expect_break(struct files *t, void *body, size_t size)
{
	assert_int_equal(files_wait(t, SMB2_MESSAGE_ID_UNSOLICITED),
			 NT_STATUS_OK);
	assert_int_equal(smb2_structure_size(t->reply.data, t->reply.len),
			 size);
	if (size == SMB2_OPLOCK_BREAK_SIZE) {
		assert_true(smb2_oplock_break_decode(t->reply.data,
						     t->reply.len, body));
	} else {
		assert_true(smb2_lease_break_notification_decode(
			t->reply.data, t->reply.len, body));
	}
}

/* A second open waits until the first has given up its batch oplock. */
static void test_oplock(void **state)
{
	struct files *t = *state;
	struct wire_writer w =
		create_pdu(t, SMB2_OPLOCK_LEVEL_BATCH, wire_slice(NULL, 0));
	struct smb2_oplock_break in = {0};
	struct smb2_create_response out = {0};
	struct smb2_file_id id = {0};
	uint64_t waits = 0;

	assert_int_equal(files_call(t, &w), NT_STATUS_OK);
	id = created(t).file_id;
	assert_int_equal(created(t).oplock_level, SMB2_OPLOCK_LEVEL_BATCH);
	assert_int_equal(acknowledge(t, id, SMB2_OPLOCK_LEVEL_II),
			 NT_STATUS_INVALID_OPLOCK_PROTOCOL);

	w = create_pdu(t, SMB2_OPLOCK_LEVEL_BATCH, wire_slice(NULL, 0));
	waits = files_send(t, &w);
	expect_break(t, &in, SMB2_OPLOCK_BREAK_SIZE);
	assert_int_equal(in.oplock_level, SMB2_OPLOCK_LEVEL_II);
	assert_int_equal(in.file_id.volatile_id, id.volatile_id);
	assert_int_equal(acknowledge(t, id, SMB2_OPLOCK_LEVEL_LEASE),
			 NT_STATUS_INVALID_PARAMETER);
	assert_int_equal(acknowledge(t, id, SMB2_OPLOCK_LEVEL_II),
			 NT_STATUS_OK);
	assert_int_equal(files_wait(t, waits), NT_STATUS_OK);
	out = created(t);
	assert_int_equal(out.oplock_level, SMB2_OPLOCK_LEVEL_II);
	assert_int_equal(acknowledge(t, id, SMB2_OPLOCK_LEVEL_II),
			 NT_STATUS_INVALID_OPLOCK_PROTOCOL);
	id.persistent_id++;
	assert_int_equal(acknowledge(t, id, SMB2_OPLOCK_LEVEL_NONE),
			 NT_STATUS_FILE_CLOSED);

	/* a write through one ends both, without acknowledgments */
	assert_int_equal(files_write(t, out.file_id, "x", 0), NT_STATUS_OK);
	expect_break(t, &in, SMB2_OPLOCK_BREAK_SIZE);
	assert_int_equal(in.oplock_level, SMB2_OPLOCK_LEVEL_NONE);
	expect_break(t, &in, SMB2_OPLOCK_BREAK_SIZE);
	assert_int_equal(in.oplock_level, SMB2_OPLOCK_LEVEL_NONE);
}

/* A client that acknowledges more than it was left with loses all. */
static void test_oplock_too_much(void **state)
{
	struct files *t = *state;
	struct wire_writer w =
		create_pdu(t, SMB2_OPLOCK_LEVEL_EXCLUSIVE, wire_slice(NULL, 0));
	struct smb2_file_id id = {0};
	uint64_t waits = 0;

	assert_int_equal(files_call(t, &w), NT_STATUS_OK);
	id = created(t).file_id;
	w = create_pdu(t, SMB2_OPLOCK_LEVEL_II, wire_slice(NULL, 0));
	waits = files_send(t, &w);
	(void)files_pending(t, waits);
	assert_int_equal(acknowledge(t, id, SMB2_OPLOCK_LEVEL_BATCH),
			 NT_STATUS_INVALID_OPLOCK_PROTOCOL);
	assert_int_equal(files_wait(t, waits), NT_STATUS_OK);
	assert_int_equal(created(t).oplock_level, SMB2_OPLOCK_LEVEL_II);
}

static struct wire_slice lease_context(struct files *t, const char *key,
				       uint32_t leased)
{
	struct smb2_lease lease = {
		.version = 2, .lease_state = leased, .epoch = 7};
	struct wire_writer list = wire_writer_talloc(t);
	struct wire_chain contexts = smb2_create_context_list(&list);

	memcpy(lease.lease_key.bytes, key, strlen(key));
	smb2_lease_add(&contexts, &lease);
	return wire_writer_slice(&list);
}

static struct smb2_lease granted(struct files *t)
{
	struct smb2_create_response out = created(t);
	struct smb2_lease lease = {0};
	struct wire_slice data = {0};

	assert_int_equal(out.oplock_level, SMB2_OPLOCK_LEVEL_LEASE);
	assert_true(smb2_create_context_find(out.contexts,
					     SMB2_CREATE_REQUEST_LEASE, &data));
	assert_true(smb2_lease_decode(data, &lease));
	return lease;
}

static NTSTATUS acknowledge_lease(struct files *t, const char *key,
				  uint32_t leased)
{
	struct smb2_lease_break in = {.lease_state = leased};
	struct wire_writer w = files_pdu(t, SMB2_OPLOCK_BREAK);

	memcpy(in.lease_key.bytes, key, strlen(key));
	assert_true(smb2_lease_break_encode(&w, &in));
	return files_call(t, &w);
}

#define RH (SMB2_LEASE_READ_CACHING | SMB2_LEASE_HANDLE_CACHING)

static void test_lease_breaks(void **state)
{
	struct files *t = *state;
	struct wire_writer w =
		create_pdu(t, SMB2_OPLOCK_LEVEL_LEASE,
			   lease_context(t, "one", SMB2_LEASE_ALL));
	struct smb2_lease_break_notification in = {0};
	uint64_t waits = 0;

	assert_int_equal(files_call(t, &w), NT_STATUS_OK);
	assert_int_equal(granted(t).lease_state, SMB2_LEASE_ALL);
	assert_int_equal(granted(t).epoch, 8);
	assert_int_equal(acknowledge_lease(t, "one", RH),
			 NT_STATUS_UNSUCCESSFUL);

	/* its own key is no reason for a break */
	w = create_pdu(t, SMB2_OPLOCK_LEVEL_LEASE, lease_context(t, "one", RH));
	assert_int_equal(files_call(t, &w), NT_STATUS_OK);
	assert_int_equal(granted(t).lease_state, SMB2_LEASE_ALL);

	w = create_pdu(t, SMB2_OPLOCK_LEVEL_LEASE,
		       lease_context(t, "two", SMB2_LEASE_ALL));
	waits = files_send(t, &w);
	expect_break(t, &in, SMB2_LEASE_BREAK_NOTIFICATION_SIZE);
	assert_int_equal(in.current_lease_state, SMB2_LEASE_ALL);
	assert_int_equal(in.new_lease_state, RH);
	assert_int_equal(in.new_epoch, 9);
	assert_int_equal(in.flags, SMB2_NOTIFY_BREAK_LEASE_FLAG_ACK_REQUIRED);
	assert_int_equal(acknowledge_lease(t, "one", SMB2_LEASE_ALL),
			 NT_STATUS_REQUEST_NOT_ACCEPTED);
	assert_int_equal(acknowledge_lease(t, "one", RH), NT_STATUS_OK);
	assert_int_equal(files_wait(t, waits), NT_STATUS_OK);
	assert_int_equal(granted(t).lease_state, RH);
}

/* --- several connections ---------------------------------------------------
 */

#define CHANNELS 3

/* One session with several connections, of which the first is the oldest. */
struct channels {
	struct conn *conn[CHANNELS];
	struct message_conn *client[CHANNELS];
	uint64_t next_id[CHANNELS];
	unsigned used;
};

/* What is sent and read from now on goes by that one. */
static void use(struct files *t, struct channels *c, unsigned i)
{
	c->next_id[c->used] = t->f->next_id;
	c->used = i;
	t->f->conn = c->conn[i];
	t->f->client = c->client[i];
	t->f->next_id = c->next_id[i];
}

static struct channels bind_channels(struct files *t)
{
	struct channels c = {
		.conn = {t->f->conn},
		.client = {t->f->client},
	};
	struct channel *channel = NULL;

	for (unsigned i = 1; i < CHANNELS; i++) {
		c.next_id[c.used] = t->f->next_id;
		fixture_connect(t->f);
		fixture_negotiated(t->f);
		credits_take(t->f->conn->credits, 0, 1);
		credits_grant(t->f->conn->credits, FILES_CREDITS);
		t->f->next_id = 1;
		channel = channel_new(t->f->conn, t->session);
		assert_non_null(channel);
		channel->binding = true;
		channel->signing = t->session->keys->signing;
		channel_set_valid(channel);
		c.used = i;
		c.conn[i] = t->f->conn;
		c.client[i] = t->f->client;
	}
	return c;
}

/* 3.3.4.6: a break goes by the oldest connection; when that one ends before
 * anything was heard, by another; and the answer comes by that, too. */
static void test_oplock_moves(void **state)
{
	struct files *t = *state;
	struct channels c = bind_channels(t);
	struct wire_writer w = {0};
	struct smb2_oplock_break in = {0};
	struct smb2_file_id id = {0};
	uint64_t waits = 0;

	use(t, &c, 0);
	w = create_pdu(t, SMB2_OPLOCK_LEVEL_BATCH, wire_slice(NULL, 0));
	assert_int_equal(files_call(t, &w), NT_STATUS_OK);
	id = created(t).file_id;
	use(t, &c, 2);
	w = create_pdu(t, SMB2_OPLOCK_LEVEL_NONE, wire_slice(NULL, 0));
	waits = files_send(t, &w);
	(void)files_pending(t, waits);
	assert_non_null(c.conn[0]->channels->notices.oldest);
	talloc_free(c.conn[0]);
	use(t, &c, 1);
	expect_break(t, &in, SMB2_OPLOCK_BREAK_SIZE);
	assert_int_equal(in.file_id.volatile_id, id.volatile_id);
	assert_int_equal(acknowledge(t, id, SMB2_OPLOCK_LEVEL_II),
			 NT_STATUS_OK);
	use(t, &c, 2);
	assert_int_equal(files_wait(t, waits), NT_STATUS_OK);
}

/* 3.3.4.7: likewise. The one after the lost one ends as well. */
static void test_lease_moves(void **state)
{
	struct files *t = *state;
	struct channels c = bind_channels(t);
	struct wire_writer w = {0};
	struct smb2_lease_break_notification in = {0};
	uint64_t waits = 0;

	use(t, &c, 0);
	w = create_pdu(t, SMB2_OPLOCK_LEVEL_LEASE,
		       lease_context(t, "one", SMB2_LEASE_ALL));
	assert_int_equal(files_call(t, &w), NT_STATUS_OK);
	use(t, &c, 2);
	w = create_pdu(t, SMB2_OPLOCK_LEVEL_LEASE,
		       lease_context(t, "two", SMB2_LEASE_ALL));
	waits = files_send(t, &w);
	(void)files_pending(t, waits);
	assert_non_null(c.conn[0]->channels->notices.oldest);
	talloc_free(c.conn[0]);
	assert_non_null(c.conn[1]->channels->notices.oldest);
	talloc_free(c.conn[1]);
	expect_break(t, &in, SMB2_LEASE_BREAK_NOTIFICATION_SIZE);
	assert_memory_equal(in.lease_key.bytes, "one", 4);
	assert_int_equal(in.new_lease_state, RH);
	assert_int_equal(acknowledge_lease(t, "one", RH), NT_STATUS_OK);
	assert_int_equal(files_wait(t, waits), NT_STATUS_OK);
}

/* What was opened by a connection that has gone before: by one that is there.
 */
static void test_opener_gone(void **state)
{
	struct files *t = *state;
	struct channels c = bind_channels(t);
	struct wire_writer w = {0};
	struct smb2_oplock_break in = {0};
	uint64_t waits = 0;

	use(t, &c, 0);
	w = create_pdu(t, SMB2_OPLOCK_LEVEL_BATCH, wire_slice(NULL, 0));
	assert_int_equal(files_call(t, &w), NT_STATUS_OK);
	talloc_free(c.conn[0]);
	use(t, &c, 2);
	w = create_pdu(t, SMB2_OPLOCK_LEVEL_NONE, wire_slice(NULL, 0));
	waits = files_send(t, &w);
	(void)files_pending(t, waits);
	use(t, &c, 1);
	expect_break(t, &in, SMB2_OPLOCK_BREAK_SIZE);
	assert_int_equal(acknowledge(t, in.file_id, SMB2_OPLOCK_LEVEL_NONE),
			 NT_STATUS_OK);
	use(t, &c, 2);
	assert_int_equal(files_wait(t, waits), NT_STATUS_OK);
}

/* A waiting CREATE can be cancelled. */
static void test_cancel(void **state)
{
	struct files *t = *state;
	struct wire_writer w =
		create_pdu(t, SMB2_OPLOCK_LEVEL_BATCH, wire_slice(NULL, 0));
	uint64_t waits = 0;

	assert_int_equal(files_call(t, &w), NT_STATUS_OK);
	w = create_pdu(t, SMB2_OPLOCK_LEVEL_NONE, wire_slice(NULL, 0));
	waits = files_send(t, &w);
	files_cancel(t, files_pending(t, waits));
	assert_int_equal(files_wait(t, waits), NT_STATUS_CANCELLED);
}

static void test_lease(void **state)
{
	struct files *t = *state;
	const struct smb2_lease_break in = {.lease_key = {"key"}};
	struct wire_writer w = files_pdu(t, SMB2_OPLOCK_BREAK);

	assert_true(smb2_lease_break_encode(&w, &in));
	assert_int_equal(files_call(t, &w), NT_STATUS_OBJECT_NAME_NOT_FOUND);
}

static void test_neither(void **state)
{
	struct files *t = *state;
	struct wire_writer w = files_pdu(t, SMB2_OPLOCK_BREAK);

	wire_put_u16(&w, 30);
	wire_put_zeros(&w, 28);
	assert_int_equal(files_call(t, &w), NT_STATUS_INVALID_PARAMETER);
}

#define TEST(fn) cmocka_unit_test_setup_teardown(fn, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_oplock),	 TEST(test_oplock_too_much),
		TEST(test_lease_breaks), TEST(test_cancel),
		TEST(test_lease),	 TEST(test_neither),
		TEST(test_oplock_moves), TEST(test_lease_moves),
		TEST(test_opener_gone),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
