/* SPDX-License-Identifier: GPL-3.0-or-later */
/* upload_small.c: a small file in one message, and what is left of it when a
 * part of that fails: nothing. */
#include "tests/fixture_client.h"

#include "client/client_private.h"

static struct {
	NTSTATUS write, rename, close;
	uint32_t count; /* that the server says it wrote; 0: all */
	char removed[64];
} plan;

static bool is_rename(const struct message_pdu *pdu)
{
	struct smb2_set_info_request in = {0};

	return pdu->header.command == SMB2_SET_INFO &&
	       smb2_set_info_request_decode(pdu->data, pdu->len, &in) &&
	       in.file_info_class == FileRenameInformation;
}

/* Who is opened alone, not for the upload, is to be removed. */
static void note_create(const struct message_pdu *pdu)
{
	struct smb2_create_request in = {0};
	size_t i = 0;

	assert_true(smb2_create_request_decode(pdu->data, pdu->len, &in));
	if (in.create_disposition == FILE_CREATE) {
		return;
	}
	for (i = 0; i < in.name.len / 2 && i + 1 < sizeof(plan.removed); i++) {
		plan.removed[i] = (char)in.name.data[2 * i];
	}
}

static void hook(struct peer *peer, const struct message_pdu *pdu,
		 struct peer_reply *reply)
{
	struct smb2_write_response out = {.count = plan.count};

	if (pdu->header.command == SMB2_CREATE) {
		note_create(pdu);
	} else if (pdu->header.command == SMB2_WRITE) {
		if (plan.write != NT_STATUS_OK) {
			testlib_peer_error(reply, plan.write);
		} else if (plan.count != 0) {
			smb2_write_response_encode(testlib_peer_body(reply),
						   &out);
		}
	} else if (is_rename(pdu) && plan.rename != NT_STATUS_OK) {
		testlib_peer_error(reply, plan.rename);
	} else if (pdu->header.command == SMB2_CLOSE &&
		   plan.close != NT_STATUS_OK && plan.removed[0] == '\0' &&
		   (pdu->header.flags & SMB2_FLAGS_RELATED_OPERATIONS) != 0) {
		testlib_peer_error(reply, plan.close);
		peer->closed--;
	}
}

static NTSTATUS put(struct fixture *f, size_t len)
{
	const struct fscc_basic basic = {.last_write_time = 1};
	uint8_t *data = talloc_zero_size(f, len + 1);
	struct tevent_req *req =
		client_upload_small_send(f, f->tree, "temp", "final",
					 wire_slice(data, len), data, &basic);
	NTSTATUS status = 0;

	memset(plan.removed, 0, sizeof(plan.removed));
	f->peer->hook = hook;
	testlib_wait(f->ev, req, 10);
	status = client_upload_small_recv(req);
	talloc_free(req);
	fixture_settle(f);
	/* whatever happened nothing is open any more */
	assert_int_equal(f->peer->opened, f->peer->closed);
	return status;
}

static void test_one_message(void **state)
{
	struct fixture *f = *state;
	unsigned messages = 0;

	memset(&plan, 0, sizeof(plan));
	fixture_up(f);
	messages = f->peer->messages;
	assert_int_equal(put(f, 3001), NT_STATUS_OK);
	assert_int_equal(put(f, 0), NT_STATUS_OK);
	assert_int_equal(f->peer->messages, messages + 2);
	assert_string_equal(plan.removed, "");
}

static void test_not_written(void **state)
{
	struct fixture *f = *state;

	memset(&plan, 0, sizeof(plan));
	fixture_up(f);
	plan.write = NT_STATUS_DISK_FULL;
	assert_int_equal(put(f, 3000), NT_STATUS_DISK_FULL);
	assert_string_equal(plan.removed, "final");
	/* all that follows refused with it, as some servers do */
	plan.rename = plan.close = NT_STATUS_DISK_FULL;
	assert_int_equal(put(f, 3000), NT_STATUS_DISK_FULL);
	assert_string_equal(plan.removed, "temp");
	memset(&plan, 0, sizeof(plan));
	plan.count = 10;
	assert_int_equal(put(f, 3000), NT_STATUS_DISK_FULL);
	assert_string_equal(plan.removed, "final");
}

static void test_not_named(void **state)
{
	struct fixture *f = *state;

	memset(&plan, 0, sizeof(plan));
	fixture_up(f);
	plan.rename = NT_STATUS_OBJECT_NAME_COLLISION;
	assert_int_equal(put(f, 3000), NT_STATUS_OBJECT_NAME_COLLISION);
	assert_string_equal(plan.removed, "temp");
	plan.rename = plan.close = NT_STATUS_ACCESS_DENIED;
	assert_int_equal(put(f, 0), NT_STATUS_ACCESS_DENIED);
	assert_string_equal(plan.removed, "temp");
}

int main(void)
{
#define T(name) \
	cmocka_unit_test_setup_teardown(name, fixture_setup, fixture_teardown)
	const struct CMUnitTest tests[] = {
		T(test_one_message),
		T(test_not_written),
		T(test_not_named),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
