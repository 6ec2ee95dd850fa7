/* SPDX-License-Identifier: GPL-3.0-or-later */
/* upload.c: nothing with a temporary name stays, whenever the connection is
 * lost. */
#include "tests/fixture_client.h"

#include "client/client_private.h"

#define NOTHING UINT16_MAX

static struct {
	struct fixture *f;
	struct peer *peer; /**< of the connection that is now */
	uint16_t lose;	   /**< not answered: the connection is lost */
	bool taken;	   /**< the temporary name */
	bool unnamed;	   /**< no new name is given */
	bool readonly;	   /**< what has the temporary name is */
	bool marked;	   /**< to be deleted when it is closed */
	char removed[64];
} plan;

static void hook(struct peer *peer, const struct message_pdu *pdu,
		 struct peer_reply *reply);

static struct transport *dial(void *private_data)
{
	(void)private_data;
	plan.peer = testlib_peer(plan.f, plan.f->ev);
	plan.peer->hook = hook;
	return plan.peer->client_end;
}

static void hang_up(struct tevent_context *ev, struct tevent_immediate *im,
		    void *private_data)
{
	(void)ev;
	talloc_free(im);
	testlib_peer_hang_up(talloc_get_type_abort(private_data, struct peer));
}

static void note_removal(const struct smb2_create_request *in)
{
	size_t i = 0;

	for (i = 0; i < in->name.len / 2 && i + 1 < sizeof(plan.removed); i++) {
		plan.removed[i] = (char)in->name.data[2 * i];
	}
}

static void created(const struct message_pdu *pdu, struct peer_reply *reply)
{
	struct smb2_create_request in = {0};

	assert_true(smb2_create_request_decode(pdu->data, pdu->len, &in));
	if ((in.create_options & FILE_DELETE_ON_CLOSE) != 0 ||
	    (in.desired_access & SEC_STD_DELETE &&
	     in.create_disposition == FILE_OPEN)) {
		if (plan.readonly) {
			testlib_peer_error(reply, NT_STATUS_CANNOT_DELETE);
			return;
		}
		note_removal(&in);
	} else if (in.create_disposition == FILE_OPEN && plan.readonly) {
		return; /* its attributes are to change */
	} else if (in.create_disposition == FILE_CREATE && plan.taken) {
		testlib_peer_error(reply, NT_STATUS_OBJECT_NAME_COLLISION);
	} else if (in.create_disposition == FILE_OPEN) {
		testlib_peer_error(reply, NT_STATUS_OBJECT_NAME_NOT_FOUND);
	}
}

/* What is READONLY cannot be deleted (MS-FSA 2.1.5.15.3). */
static void changed(const struct message_pdu *pdu, struct peer_reply *reply)
{
	struct smb2_set_info_request in = {0};
	struct fscc_basic basic = {0};

	assert_true(smb2_set_info_request_decode(pdu->data, pdu->len, &in));
	switch (in.file_info_class) {
	case FileBasicInformation:
		assert_true(fscc_basic_decode(in.buffer, &basic));
		if (basic.file_attributes != 0) {
			plan.readonly = (basic.file_attributes &
					 FILE_ATTRIBUTE_READONLY) != 0;
		}
		return;
	case FileDispositionInformation:
		if (plan.readonly && in.buffer.data[0] != 0) {
			testlib_peer_error(reply, NT_STATUS_CANNOT_DELETE);
		} else {
			plan.marked = in.buffer.data[0] != 0;
		}
		return;
	case FileRenameInformation:
		if (plan.unnamed) {
			testlib_peer_error(reply, NT_STATUS_ACCESS_DENIED);
		}
		return;
	default: return;
	}
}

static void hook(struct peer *peer, const struct message_pdu *pdu,
		 struct peer_reply *reply)
{
	if (plan.lose == pdu->header.command) {
		plan.lose = NOTHING;
		reply->silent = true;
		peer->hook = NULL;
		tevent_schedule_immediate(tevent_create_immediate(peer),
					  peer->ev, hang_up, peer);
	} else if (pdu->header.command == SMB2_CREATE) {
		created(pdu, reply);
	} else if (pdu->header.command == SMB2_SET_INFO) {
		changed(pdu, reply);
	}
}

static void up(struct fixture *f)
{
	memset(&plan, 0, sizeof(plan));
	plan.lose = NOTHING;
	plan.f = f;
	plan.peer = f->peer;
	f->options.reconnect_ms = 20000;
	fixture_up(f);
	f->conn->dial = dial;
	f->peer->hook = hook;
}

static NTSTATUS begin(struct fixture *f, struct client_file **file)
{
	uint8_t *data = talloc_zero_size(f, 100);
	struct tevent_req *req = client_upload_send(
		f, f->tree, "temp", wire_slice(data, 100), data);
	NTSTATUS status = 0;

	testlib_wait(f->ev, req, 10);
	status = client_upload_recv(req, f, file);
	talloc_free(req);
	return status;
}

static void test_two_round_trips(void **state)
{
	struct fixture *f = *state;
	struct client_file *file = NULL;
	unsigned messages = 0;

	up(f);
	messages = f->peer->messages;
	assert_int_equal(begin(f, &file), NT_STATUS_OK);
	assert_int_equal(client_upload_commit(file, "final", NULL),
			 NT_STATUS_OK);
	talloc_free(file);
	fixture_settle(f);
	assert_int_equal(f->peer->messages, messages + 2);
	assert_int_equal(f->peer->opened, f->peer->closed);
	assert_string_equal(plan.removed, "");
}

/* Its answer was lost: it is made once more. */
static void test_asked_again(void **state)
{
	struct fixture *f = *state;
	struct client_file *file = NULL;

	up(f);
	plan.lose = SMB2_CREATE;
	assert_int_equal(begin(f, &file), NT_STATUS_OK);
	assert_ptr_not_equal(plan.peer, f->peer);
	assert_string_equal(plan.removed, "");
	talloc_free(file);
}

/* The connection was lost when it was there, but not yet marked. */
static void test_made_and_lost(void **state)
{
	struct fixture *f = *state;
	struct client_file *file = NULL;

	up(f);
	plan.lose = SMB2_CREATE;
	plan.taken = true;
	assert_int_equal(begin(f, &file), NT_STATUS_OBJECT_NAME_COLLISION);
	assert_ptr_not_equal(plan.peer, f->peer);
	assert_string_equal(plan.removed, "temp");
}

/* Somebody else's is not touched. */
static void test_taken(void **state)
{
	struct fixture *f = *state;
	struct client_file *file = NULL;

	up(f);
	plan.taken = true;
	assert_int_equal(begin(f, &file), NT_STATUS_OBJECT_NAME_COLLISION);
	assert_string_equal(plan.removed, "");
}

/* The mark was taken off, perhaps, and the name not given. */
static void test_lost_with_commit(void **state)
{
	struct fixture *f = *state;
	struct client_file *file = NULL;

	up(f);
	assert_int_equal(begin(f, &file), NT_STATUS_OK);
	plan.lose = SMB2_SET_INFO;
	assert_int_equal(client_upload_commit(file, "final", NULL),
			 NT_STATUS_HANDLE_NO_LONGER_VALID);
	assert_string_equal(plan.removed, "temp");
	talloc_free(file);
}

static const struct fscc_basic readonly = {
	.file_attributes = FILE_ATTRIBUTE_READONLY,
};

/* It has become READONLY and not got its name: so that it can be taken away,
 * it is what it was before. All is one message and the file closed... */
static void test_readonly_small(void **state)
{
	struct fixture *f = *state;
	struct client_file *file = NULL;

	up(f);
	assert_int_equal(begin(f, &file), NT_STATUS_OK);
	plan.unnamed = true;
	assert_int_equal(client_upload_commit(file, "final", &readonly),
			 NT_STATUS_ACCESS_DENIED);
	assert_false(plan.readonly);
	assert_string_equal(plan.removed, "temp");
	talloc_free(file);
}

/* ... or it is open still, and marked again. */
static void test_readonly_large(void **state)
{
	struct fixture *f = *state;
	struct client_file *file = NULL;

	up(f);
	assert_int_equal(
		client_upload(f, f->tree, "temp", wire_slice(NULL, 0), &file),
		NT_STATUS_OK);
	assert_true(plan.marked);
	plan.unnamed = true;
	assert_int_equal(client_upload_commit(file, "final", &readonly),
			 NT_STATUS_ACCESS_DENIED);
	assert_false(plan.readonly);
	assert_true(plan.marked);
	assert_string_equal(plan.removed, "");
	assert_int_equal(f->peer->opened, f->peer->closed);
	talloc_free(file);
}

/* With its name it stays what it was made. */
static void test_readonly_named(void **state)
{
	struct fixture *f = *state;
	struct client_file *file = NULL;

	up(f);
	assert_int_equal(begin(f, &file), NT_STATUS_OK);
	assert_int_equal(client_upload_commit(file, "final", &readonly),
			 NT_STATUS_OK);
	assert_true(plan.readonly);
	assert_false(plan.marked);
	assert_string_equal(plan.removed, "");
	talloc_free(file);
}

int main(void)
{
#define T(name) \
	cmocka_unit_test_setup_teardown(name, fixture_setup, fixture_teardown)
	const struct CMUnitTest tests[] = {
		T(test_two_round_trips),  T(test_asked_again),
		T(test_made_and_lost),	  T(test_taken),
		T(test_lost_with_commit), T(test_readonly_small),
		T(test_readonly_large),	  T(test_readonly_named),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
