/* SPDX-License-Identifier: GPL-3.0-or-later */
/* properties.c, and the blocking twins that it needs: what a file has beside
 * its bytes, and what hostile servers make of it. */
#include "tests/fixture_client.h"

#include "client/client_private.h"
#include "client/properties.h"
#include "smbquic/utf16.h"

/* What the peer answers, and what it was told. */
static struct {
	struct wire_slice query;
	NTSTATUS status;
	struct smb2_set_info_request set;
	uint8_t bytes[512];
	uint32_t access;
	uint8_t info_class;
} says;

static void answer(struct peer *peer, const struct message_pdu *pdu,
		   struct peer_reply *reply)
{
	struct smb2_create_request create = {0};
	struct smb2_query_info_request query = {0};

	(void)peer;
	switch (pdu->header.command) {
	case SMB2_CREATE:
		assert_true(smb2_create_request_decode(pdu->data, pdu->len,
						       &create));
		says.access = create.desired_access;
		break;
	case SMB2_QUERY_INFO:
		assert_true(smb2_query_info_request_decode(pdu->data, pdu->len,
							   &query));
		says.info_class = query.file_info_class;
		if (NT_STATUS_IS_ERR(says.status)) {
			testlib_peer_error(reply, says.status);
			break;
		}
		reply->header.status = says.status;
		smb2_buffer_response_encode(testlib_peer_body(reply),
					    says.query);
		break;
	case SMB2_SET_INFO:
		assert_true(smb2_set_info_request_decode(pdu->data, pdu->len,
							 &says.set));
		assert_true(says.set.buffer.len <= sizeof(says.bytes));
		memcpy(says.bytes, says.set.buffer.data, says.set.buffer.len);
		says.set.buffer.data = says.bytes;
		break;
	case SMB2_CHANGE_NOTIFY:
		reply->header.status = says.status;
		smb2_buffer_response_encode(testlib_peer_body(reply),
					    says.query);
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

/* ---------------------------------------------------- security descriptor */

static void test_security(void **state)
{
	const uint32_t what =
		OWNER_SECURITY_INFORMATION | SACL_SECURITY_INFORMATION;
	struct fixture *f = up(state);
	struct security_descriptor in = {.has_owner = true};
	struct security_descriptor *out = NULL;
	struct wire_writer w = wire_writer_talloc(f);

	in.owner = sid_everyone;
	assert_true(security_descriptor_encode(&w, &in));
	says.query = wire_writer_slice(&w);
	assert_int_equal(client_security(f, f->tree, "x", what, &out),
			 NT_STATUS_OK);
	assert_true(sid_equal(&out->owner, &sid_everyone));
	assert_int_equal(says.access,
			 SEC_STD_READ_CONTROL | SEC_ACCESS_SYSTEM_SECURITY);
	TALLOC_FREE(out);
	assert_int_equal(f->peer->closed, 1);

	says.query.len--;
	assert_int_equal(client_security(f, f->tree, "x", what, &out),
			 NT_STATUS_INVALID_NETWORK_RESPONSE);
	assert_null(out);
	says.status = NT_STATUS_ACCESS_DENIED;
	assert_int_equal(client_security(f, f->tree, "x", what, &out),
			 NT_STATUS_ACCESS_DENIED);
	assert_null(out);

	assert_int_equal(client_security_set(f->tree, "x",
					     DACL_SECURITY_INFORMATION, &in),
			 NT_STATUS_OK);
	assert_int_equal(says.access, SEC_STD_WRITE_DAC);
	assert_int_equal(says.set.additional_information,
			 DACL_SECURITY_INFORMATION);
	assert_int_equal(says.set.buffer.len, security_descriptor_size(&in));
}

/* ---------------------------------------------------------------- streams */

static void add_stream(struct fixture *f, struct wire_chain *list,
		       const char *name, uint64_t size)
{
	struct fscc_stream stream = {.size = size};

	assert_true(utf16_from_utf8(f, name, &stream.name));
	assert_true(fscc_stream_add(list, &stream));
}

static void test_streams(void **state)
{
	struct fixture *f = up(state);
	struct wire_writer w = wire_writer_talloc(f);
	struct wire_chain chain = fscc_stream_list(&w);
	struct client_stream_list *list = NULL;
	char name[32] = "";
	unsigned i = 0;

	/* a folder has none */
	assert_int_equal(client_streams(f, f->tree, "x", &list), NT_STATUS_OK);
	assert_int_equal(list->count, 0);
	TALLOC_FREE(list);

	add_stream(f, &chain, "::$DATA", 7);
	for (i = 0; i < 100; i++) {
		snprintf(name, sizeof(name), ":s%u:$DATA", i);
		add_stream(f, &chain, name, i);
	}
	says.query = wire_writer_slice(&w);
	assert_int_equal(client_streams(f, f->tree, "x", &list), NT_STATUS_OK);
	assert_int_equal(says.info_class, FileStreamInformation);
	assert_int_equal(list->count, 101);
	assert_string_equal(list->stream[0].name, "");
	assert_int_equal(list->stream[0].size, 7);
	assert_string_equal(list->stream[100].name, "s99");
	TALLOC_FREE(list);
	says.status = NT_STATUS_BUFFER_OVERFLOW;
	assert_int_equal(client_streams(f, f->tree, "x", &list),
			 NT_STATUS_BUFFER_OVERFLOW);
	assert_int_equal(list->count, 101);
	TALLOC_FREE(list);

	says.status = NT_STATUS_OK;
	w = wire_writer_talloc(f);
	chain = fscc_stream_list(&w);
	add_stream(f, &chain, "no colon", 7);
	says.query = wire_writer_slice(&w);
	assert_int_equal(client_streams(f, f->tree, "x", &list),
			 NT_STATUS_INVALID_NETWORK_RESPONSE);
	assert_null(list);
}

/* ---------------------------------------------------- extended attributes */

static void test_eas(void **state)
{
	struct fixture *f = up(state);
	struct wire_writer w = wire_writer_talloc(f);
	struct wire_chain chain = fscc_ea_list(&w);
	struct fscc_ea ea = {
		.name = wire_slice("user.colour", 11),
		.value = wire_slice("blue", 4),
	};
	struct client_ea_list *list = NULL;
	struct wire_walker walker = {0};

	says.status = NT_STATUS_NO_EAS_ON_FILE;
	assert_int_equal(client_eas(f, f->tree, "x", &list), NT_STATUS_OK);
	assert_int_equal(list->count, 0);
	TALLOC_FREE(list);

	says.status = NT_STATUS_OK;
	assert_true(fscc_ea_add(&chain, &ea));
	says.query = wire_writer_slice(&w);
	assert_int_equal(client_eas(f, f->tree, "x", &list), NT_STATUS_OK);
	assert_int_equal(list->count, 1);
	assert_string_equal(list->ea[0].name, "user.colour");
	assert_true(wire_slice_equal(list->ea[0].value, ea.value));
	TALLOC_FREE(list);
	says.query.len--;
	assert_int_equal(client_eas(f, f->tree, "x", &list),
			 NT_STATUS_INVALID_NETWORK_RESPONSE);

	assert_int_equal(
		client_ea_set(f->tree, "x", "NAME", wire_slice("value", 5)),
		NT_STATUS_OK);
	assert_int_equal(says.access, FILE_WRITE_EA);
	walker = fscc_eas(says.set.buffer);
	assert_true(fscc_ea_next(&walker, &ea));
	assert_true(wire_slice_equal(ea.name, wire_slice("NAME", 4)));
	assert_true(wire_slice_equal(ea.value, wire_slice("value", 5)));
	assert_int_equal(client_ea_set(f->tree, "x", "", wire_slice("v", 1)),
			 NT_STATUS_INVALID_PARAMETER);
}

/* ---------------------------------------------------------------- changes */

static void test_changes(void **state)
{
	struct fixture *f = up(state);
	struct wire_writer w = wire_writer_talloc(f);
	struct wire_chain chain = fscc_notify_list(&w);
	struct fscc_notify notify = {.action = FILE_ACTION_ADDED};
	struct client_change_list *list = NULL;
	struct client_file *dir = fixture_open(f);
	struct wire_slice data = {0};

	assert_true(utf16_from_utf8(f, "a\\b", &notify.name));
	assert_true(fscc_notify_add(&chain, &notify));
	says.query = wire_writer_slice(&w);
	assert_int_equal(client_notify(f, dir, FILE_NOTIFY_CHANGE_FILE_NAME,
				       true, &data),
			 NT_STATUS_OK);
	assert_int_equal(client_changes(f, data, &list), NT_STATUS_OK);
	assert_int_equal(list->count, 1);
	assert_int_equal(list->change[0].action, FILE_ACTION_ADDED);
	assert_string_equal(list->change[0].name, "a\\b");
	TALLOC_FREE(list);
	assert_int_equal(client_changes(f, wire_slice(NULL, 0), &list),
			 NT_STATUS_OK);
	assert_int_equal(list->count, 0);
	TALLOC_FREE(list);
	for (data = says.query; data.len > 1;) {
		data.len--;
		assert_int_equal(client_changes(f, data, &list),
				 NT_STATUS_INVALID_NETWORK_RESPONSE);
		assert_null(list);
	}
	talloc_free(dir);
}

/* ---------------------------------------------------------- blocking twins */

static void test_twins(void **state)
{
	struct fixture *f = up(state);
	struct client_file *file = NULL;
	struct client_file *other = fixture_open(f);
	const struct fscc_basic basic = {0};
	struct client_stat stat = {0};
	struct wire_slice data = {0};
	TALLOC_CTX *owner = NULL;

	assert_int_equal(
		client_get_small(f, f->tree, "x", 100, &owner, &data, &stat),
		NT_STATUS_OK);
	assert_int_equal(data.len, 100);
	assert_int_equal(data.data[99], testlib_peer_byte(99));
	talloc_free(owner);
	assert_int_equal(
		client_upload(f, f->tree, "t", wire_slice("abc", 3), &file),
		NT_STATUS_OK);
	assert_int_equal(client_upload_commit(file, "x", NULL), NT_STATUS_OK);
	talloc_free(file);
	assert_int_equal(client_upload_small(f->tree, "t", "x",
					     wire_slice("abc", 3), &basic),
			 NT_STATUS_OK);
	assert_int_equal(client_upload_small(f->tree, "t", "x",
					     wire_slice(NULL, 0), &basic),
			 NT_STATUS_OK);
	/* the peer copies nothing */
	assert_true(NT_STATUS_IS_ERR(
		client_server_copy_range(other, 0, other, 100, 10)));
	talloc_free(other);
}

static void test_lost(void **state)
{
	struct fixture *f = up(state);
	struct security_descriptor *sd = NULL;
	struct client_stream_list *streams = NULL;
	struct client_ea_list *eas = NULL;

	testlib_peer_hang_up(f->peer);
	fixture_settle(f);
	assert_true(NT_STATUS_IS_ERR(client_security(f, f->tree, "x", 1, &sd)));
	assert_true(
		NT_STATUS_IS_ERR(client_streams(f, f->tree, "x", &streams)));
	assert_true(NT_STATUS_IS_ERR(client_eas(f, f->tree, "x", &eas)));
	assert_true(NT_STATUS_IS_ERR(
		client_ea_set(f->tree, "x", "n", wire_slice("v", 1))));
	assert_null(sd);
	assert_null(streams);
	assert_null(eas);
}

int main(void)
{
#define T(name) \
	cmocka_unit_test_setup_teardown(name, fixture_setup, fixture_teardown)
	const struct CMUnitTest tests[] = {
		T(test_security), T(test_streams), T(test_eas),
		T(test_changes),  T(test_twins),   T(test_lost),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
