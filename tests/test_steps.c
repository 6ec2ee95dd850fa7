/* SPDX-License-Identifier: GPL-3.0-or-later */
/* steps.c and open_contexts.c: what is done between opening and closing, and
 * what is told of a file that Windows does not know. */
#include "tests/fixture_client.h"

#include <sys/stat.h>

#include "client/client_private.h"
#include "smbquic/utf16.h"

#define QUERY                                                         \
	{                                                             \
		.command = SMB2_QUERY_INFO, .type = SMB2_0_INFO_FILE, \
		.info_class = FileInternalInformation,                \
	}

/* How the peer answers. */
static struct {
	NTSTATUS create, set, query, close, also;
	bool also_related;
	bool short_query, bad_ioctl;
	bool asked_id, asked_posix;
	uint32_t mode;
} says;

static void answer_create(struct peer *peer, const struct message_pdu *pdu,
			  struct peer_reply *reply)
{
	const struct smb2_qfid_response id = {.disk_file_id = 4711};
	const struct smb2_posix posix = {
		.links = 2,
		.mode = smb2_posix_mode(S_IFDIR | 0750),
		.owner = sid_from_uid(7),
		.group = sid_from_gid(8),
	};
	struct wire_writer w = wire_writer_talloc(peer);
	struct wire_writer body = wire_writer_talloc(peer);
	struct wire_chain list = smb2_create_context_list(&w);
	struct smb2_create_response out = {.end_of_file = 12};
	struct smb2_create_request in = {0};
	struct wire_slice data = {0};

	assert_true(smb2_create_request_decode(pdu->data, pdu->len, &in));
	if (strcmp(utf16_to_utf8(peer, in.name), "folder") == 0) {
		assert_int_equal(in.desired_access, FILE_READ_ATTRIBUTES);
		out.end_of_file = 34;
		says.also_related = (pdu->header.flags &
				     SMB2_FLAGS_RELATED_OPERATIONS) != 0;
		if (!NT_STATUS_IS_OK(says.also)) {
			testlib_peer_error(reply, says.also);
			return;
		}
	} else if (!NT_STATUS_IS_OK(says.create)) {
		testlib_peer_error(reply, says.create);
		return;
	}
	says.asked_id = smb2_create_context_find(
		in.contexts, SMB2_CREATE_QUERY_ON_DISK_ID, &data);
	says.asked_posix =
		smb2_create_context_find(in.contexts, SMB2_CREATE_POSIX, &data);
	if (says.asked_posix) {
		assert_true(smb2_posix_create_decode(data, &says.mode));
	}
	smb2_qfid_response_add(&list, &id);
	smb2_posix_encode(&body, &posix);
	smb2_create_context_put(
		&list, wire_slice(SMB2_CREATE_POSIX, SMB2_POSIX_GUID_SIZE),
		wire_writer_slice(&body));
	out.contexts = wire_writer_slice(&w);
	out.file_id.volatile_id = ++peer->opened;
	smb2_create_response_encode(testlib_peer_body(reply), &out);
}

static void answer_query(struct peer *peer, struct peer_reply *reply)
{
	static const uint8_t eight[8] = {42};

	(void)peer;
	if (NT_STATUS_IS_ERR(says.query)) {
		testlib_peer_error(reply, says.query);
		return;
	}
	reply->header.status = says.query;
	smb2_buffer_response_encode(testlib_peer_body(reply),
				    wire_slice(eight, sizeof(eight)));
	if (says.short_query) {
		(void)testlib_peer_body(reply);
	}
}

static void answer(struct peer *peer, const struct message_pdu *pdu,
		   struct peer_reply *reply)
{
	const struct smb2_ioctl_response ioctl = {
		.output = wire_slice("out", 3),
	};

	switch (pdu->header.command) {
	case SMB2_CREATE: answer_create(peer, pdu, reply); break;
	case SMB2_QUERY_INFO: answer_query(peer, reply); break;
	case SMB2_SET_INFO:
		if (!NT_STATUS_IS_OK(says.set)) {
			testlib_peer_error(reply, says.set);
		}
		break;
	case SMB2_IOCTL:
		reply->header.status = NT_STATUS_OK;
		smb2_ioctl_response_encode(testlib_peer_body(reply), &ioctl);
		if (says.bad_ioctl) {
			(void)testlib_peer_body(reply);
		}
		break;
	case SMB2_CLOSE:
		if (!NT_STATUS_IS_OK(says.close)) {
			testlib_peer_error(reply, says.close);
		}
		break;
	default: break;
	}
}

static struct fixture *up(void **state)
{
	struct fixture *f = *state;

	memset(&says, 0, sizeof(says));
	fixture_up(f);
	f->peer->hook = answer;
	return f;
}

static const struct client_step three[] = {
	{
		.command = SMB2_SET_INFO,
		.type = SMB2_0_INFO_FILE,
		.info_class = FileEndOfFileInformation,
		.data = {(const uint8_t *)"12345678", 8},
	},
	QUERY,
	{.command = SMB2_IOCTL, .extra = FSCTL_GET_REPARSE_POINT, .max = 100},
};

static NTSTATUS run(struct fixture *f, struct client_steps_result **out)
{
	struct client_open how = {0};

	client_open_default(&how);
	how.file_id = true;
	return client_steps(f, f->tree, "file", &how, three, 3, out);
}

static void test_all(void **state)
{
	struct fixture *f = up(state);
	struct client_steps_result *out = NULL;
	uint64_t number = 0;

	assert_int_equal(run(f, &out), NT_STATUS_OK);
	assert_int_equal(out->stat.size, 12);
	assert_int_equal(out->stat.file_id, 4711);
	assert_true(fscc_u64_decode(out->data[1], &number));
	assert_int_equal(number, 42);
	assert_true(wire_slice_equal(out->data[2], wire_slice("out", 3)));
	assert_true(says.asked_id);
	assert_false(says.asked_posix);
	assert_int_equal(f->peer->closed, 1);
	talloc_free(out);
}

static void test_errors(void **state)
{
	struct fixture *f = up(state);
	struct client_steps_result *out = NULL;

	says.create = NT_STATUS_OBJECT_NAME_NOT_FOUND;
	assert_int_equal(run(f, &out), NT_STATUS_OBJECT_NAME_NOT_FOUND);
	assert_null(out);
	says.create = NT_STATUS_OK;
	says.set = NT_STATUS_DISK_FULL;
	assert_int_equal(run(f, &out), NT_STATUS_DISK_FULL);
	assert_non_null(out);
	assert_int_equal(out->status[0], NT_STATUS_DISK_FULL);
	assert_int_equal(out->status[1], NT_STATUS_OK);
	TALLOC_FREE(out);
	says.set = NT_STATUS_OK;
	/* a warning brings its data */
	says.query = NT_STATUS_BUFFER_OVERFLOW;
	assert_int_equal(run(f, &out), NT_STATUS_OK);
	assert_int_equal(out->status[1], NT_STATUS_BUFFER_OVERFLOW);
	assert_int_equal(out->data[1].len, 8);
	TALLOC_FREE(out);
}

static void test_malformed(void **state)
{
	struct fixture *f = up(state);
	struct client_steps_result *out = NULL;

	says.short_query = true;
	assert_int_equal(run(f, &out), NT_STATUS_INVALID_NETWORK_RESPONSE);
	assert_null(out);
	says.short_query = false;
	says.bad_ioctl = true;
	assert_int_equal(run(f, &out), NT_STATUS_INVALID_NETWORK_RESPONSE);
	assert_null(out);
}

static void test_posix(void **state)
{
	struct fixture *f = up(state);
	struct client_steps_result *out = NULL;
	struct client_open how = {0};

	client_open_default(&how);
	how.posix = true;
	how.mode = 0640;
	assert_int_equal(client_steps(f, f->tree, "file", &how, NULL, 0, &out),
			 NT_STATUS_OK);
	assert_false(says.asked_id);
	assert_true(says.asked_posix);
	assert_int_equal(says.mode, 0640);
	assert_true(out->stat.posix);
	assert_int_equal(out->stat.mode, S_IFDIR | 0750);
	assert_int_equal(out->stat.links, 2);
	assert_int_equal(out->stat.owner.sub_authorities[1], 7);
	talloc_free(out);
}

/* Steps, and then a look at another path. */
static NTSTATUS run_also(struct fixture *f, bool *known,
			 struct client_stat *also)
{
	struct client_steps_result *out = NULL;
	struct tevent_req *req = NULL;
	struct client_open how = {0};
	NTSTATUS status = NT_STATUS_OK;

	client_open_default(&how);
	how.also = "folder";
	req = client_steps_send(f, f->tree, "file", &how, three, 3);
	status = client_wait(client_tree_conn(f->tree), req);
	assert_int_equal(status, NT_STATUS_OK);
	*known = client_steps_also(req, also);
	status = client_steps_recv(req, f, &out);
	if (out != NULL) {
		assert_int_equal(out->stat.size, 12);
		assert_true(
			wire_slice_equal(out->data[2], wire_slice("out", 3)));
	}
	talloc_free(out);
	talloc_free(req);
	return status;
}

static void test_also(void **state)
{
	struct fixture *f = up(state);
	struct client_stat also = {0};
	bool known = false;

	assert_int_equal(run_also(f, &known, &also), NT_STATUS_OK);
	assert_true(known);
	assert_int_equal(also.size, 34);
	assert_true(says.also_related);
	assert_int_equal(f->peer->closed, 2);
	/* whether that can be seen says nothing of the rest */
	says.also = NT_STATUS_ACCESS_DENIED;
	assert_int_equal(run_also(f, &known, &also), NT_STATUS_OK);
	assert_false(known);
	says.also = NT_STATUS_OK;
	says.set = NT_STATUS_DISK_FULL;
	assert_int_equal(run_also(f, &known, &also), NT_STATUS_DISK_FULL);
	assert_true(known);
}

static void test_also_open(void **state)
{
	struct fixture *f = up(state);
	struct client_file *file = NULL;
	struct client_stat also = {0};
	struct client_open how = {0};
	struct tevent_req *req = NULL;

	client_open_default(&how);
	how.also = "folder";
	req = client_open_send(f, f->tree, "file", &how);
	assert_int_equal(client_wait(client_tree_conn(f->tree), req),
			 NT_STATUS_OK);
	assert_true(client_open_also(req, &also));
	assert_int_equal(also.size, 34);
	assert_int_equal(client_open_recv(req, f, &file, NULL), NT_STATUS_OK);
	talloc_free(req);
	assert_int_equal(f->peer->closed, 1); /* the folder */
	talloc_free(file);
	fixture_settle(f);
	assert_int_equal(f->peer->closed, 2);
	how.also = "@GMT-2024.01.02-03.04.05\\folder"; /* does not change */
	req = client_open_send(f, f->tree, "file", &how);
	assert_int_equal(client_wait(client_tree_conn(f->tree), req),
			 NT_STATUS_OK);
	assert_false(client_open_also(req, &also));
	assert_int_equal(client_open_recv(req, f, &file, NULL), NT_STATUS_OK);
	talloc_free(req);
}

static void test_lost(void **state)
{
	struct fixture *f = up(state);
	struct client_steps_result *out = NULL;

	testlib_peer_hang_up(f->peer);
	fixture_settle(f);
	assert_true(NT_STATUS_IS_ERR(run(f, &out)));
	assert_null(out);
}

static void test_names(void **state)
{
	struct fixture *f = up(state);
	struct wire_slice utf16 = {0};

	client_tree_map_names(f->tree, true);
	assert_true(client_path_utf16(f, f->tree, "a\\b:c", &utf16));
	assert_string_equal(utf16_to_utf8(f, utf16), "a\\b\xEF\x80\xA2"
						     "c");
	client_tree_map_names(f->tree, false);
	assert_false(client_path_utf16(f, f->tree, "\xFF", &utf16));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_all, fixture_setup,
						fixture_teardown),
		cmocka_unit_test_setup_teardown(test_errors, fixture_setup,
						fixture_teardown),
		cmocka_unit_test_setup_teardown(test_malformed, fixture_setup,
						fixture_teardown),
		cmocka_unit_test_setup_teardown(test_posix, fixture_setup,
						fixture_teardown),
		cmocka_unit_test_setup_teardown(test_also, fixture_setup,
						fixture_teardown),
		cmocka_unit_test_setup_teardown(test_also_open, fixture_setup,
						fixture_teardown),
		cmocka_unit_test_setup_teardown(test_lost, fixture_setup,
						fixture_teardown),
		cmocka_unit_test_setup_teardown(test_names, fixture_setup,
						fixture_teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
