/* SPDX-License-Identifier: GPL-3.0-or-later */
/* dir.c: listings, honest and other, and change notification. */
#include "tests/fixture_client.h"

#include "client/client_private.h"
#include "smbquic/utf16.h"

/* What the peer lists: names in UTF-8, given out some at a time. */
static const char *const *names;
static size_t name_count;
static size_t name_next;
static size_t per_answer;

static void answer_dir(struct peer *peer, struct peer_reply *reply)
{
	struct wire_writer data = wire_writer_talloc(peer);
	struct fscc_dir_list list =
		fscc_dir_list(&data, FileIdBothDirectoryInformation, 60000);
	size_t i = 0;

	for (i = 0; i < per_answer && name_next < name_count; i++) {
		struct fscc_dir_entry e = {
			.end_of_file = name_next,
			.file_attributes = FILE_ATTRIBUTE_ARCHIVE,
		};

		assert_true(utf16_from_utf8(peer, names[name_next], &e.name));
		assert_true(fscc_dir_add(&list, &e));
		name_next++;
	}
	if (i == 0) {
		testlib_peer_error(reply, name_count == 0
						  ? NT_STATUS_NO_SUCH_FILE
						  : NT_STATUS_NO_MORE_FILES);
		return;
	}
	reply->header.status = NT_STATUS_OK;
	smb2_buffer_response_encode(testlib_peer_body(reply),
				    wire_writer_slice(&data));
}

static void give_names(struct peer *peer, const struct message_pdu *pdu,
		       struct peer_reply *reply)
{
	if (pdu->header.command == SMB2_QUERY_DIRECTORY) {
		answer_dir(peer, reply);
	}
}

static void offer(struct fixture *f, const char *const *list, size_t count,
		  size_t at_a_time)
{
	names = list;
	name_count = count;
	name_next = 0;
	per_answer = at_a_time;
	f->peer->hook = give_names;
}

static void list_all(struct fixture *f, size_t at_a_time)
{
	static const char *const some[] = {".",	       "..", "a",   "b c",
					   "\xc3\xa9", "f",  "g.h", "i"};
	struct client_dir_list *list = NULL;
	size_t i = 0;

	offer(f, some, 8, at_a_time);
	assert_int_equal(client_list(f, f->tree, "d", "*", &list),
			 NT_STATUS_OK);
	assert_int_equal(list->count, 8);
	for (i = 0; i < 8; i++) {
		assert_string_equal(list->entry[i].name, some[i]);
		assert_int_equal(list->entry[i].stat.size, i);
	}
	talloc_free(list);
}

static void test_list(void **state)
{
	struct fixture *f = *state;
	unsigned messages = 0;

	fixture_up(f);
	messages = f->peer->messages;
	list_all(f, 100);
	fixture_settle(f);
	/* One round trip, and CLOSE behind it. */
	assert_int_equal(f->peer->messages, messages + 2);
	assert_int_equal(f->peer->closed, 1);
	list_all(f, 4);
	list_all(f, 3);
	list_all(f, 1);
	fixture_settle(f);
	assert_int_equal(f->peer->opened, f->peer->closed);
}

static void test_empty(void **state)
{
	struct fixture *f = *state;
	struct client_dir_list *list = NULL;

	fixture_up(f);
	offer(f, NULL, 0, 10);
	assert_int_equal(client_list(f, f->tree, "d", "*.x", &list),
			 NT_STATUS_OK);
	assert_int_equal(list->count, 0);
	talloc_free(list);
	assert_int_equal(client_list(f, f->tree, "d", "\xff", &list),
			 NT_STATUS_OBJECT_NAME_INVALID);
}

/* Names that would leave the folder they are fetched into. */
static void test_hostile_names(void **state)
{
	static const char *const bad[] = {
		"../../etc/passwd", "a/b", "a\\b", "..\\x", "/", "\\"};
	struct fixture *f = *state;
	struct client_dir_list *list = NULL;
	size_t i = 0;

	fixture_up(f);
	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		offer(f, &bad[i], 1, 1);
		assert_int_equal(client_list(f, f->tree, "d", "*", &list),
				 NT_STATUS_INVALID_NETWORK_RESPONSE);
		assert_null(list);
	}
}

/* The bytes of an answer, whatever they are. */
static struct wire_slice raw;

static void give_raw(struct peer *peer, const struct message_pdu *pdu,
		     struct peer_reply *reply)
{
	(void)peer;
	if (pdu->header.command == SMB2_QUERY_DIRECTORY ||
	    pdu->header.command == SMB2_CHANGE_NOTIFY) {
		reply->header.status = NT_STATUS_OK;
		smb2_buffer_response_encode(testlib_peer_body(reply), raw);
	}
}

static void test_malformed(void **state)
{
	struct fixture *f = *state;
	struct wire_writer data = wire_writer_talloc(f);
	struct fscc_dir_list entries =
		fscc_dir_list(&data, FileIdBothDirectoryInformation, 60000);
	struct fscc_dir_entry e = {0};
	struct client_dir_list *list = NULL;
	size_t len = 0;

	fixture_up(f);
	assert_true(utf16_from_utf8(f, "name", &e.name));
	assert_true(fscc_dir_add(&entries, &e));
	assert_true(fscc_dir_add(&entries, &e));
	f->peer->hook = give_raw;
	for (len = 0; len < data.len; len++) {
		raw = wire_slice(data.buf, len);
		assert_int_not_equal(client_list(f, f->tree, "d", "*", &list),
				     NT_STATUS_OK);
	}
	/* Half a surrogate is no name. */
	wire_store_le(data.buf + data.len - 2, 0xd800, 2);
	raw = wire_slice(data.buf, data.len);
	assert_int_equal(client_list(f, f->tree, "d", "*", &list),
			 NT_STATUS_INVALID_NETWORK_RESPONSE);
	fixture_settle(f);
	assert_int_equal(f->peer->opened, f->peer->closed);
}

static void test_dir_read(void **state)
{
	static const char *const some[] = {"a", "b"};
	struct fixture *f = *state;
	struct client_dir_list *list = NULL;
	struct client_file *dir = NULL;

	fixture_up(f);
	dir = fixture_open(f);
	offer(f, some, 2, 1);
	assert_int_equal(client_dir_read(f, dir, "*", &list), NT_STATUS_OK);
	assert_int_equal(list->count, 1);
	assert_int_equal(client_dir_read(f, dir, "*", &list), NT_STATUS_OK);
	assert_string_equal(list->entry[0].name, "b");
	assert_int_equal(client_dir_read(f, dir, "*", &list),
			 NT_STATUS_NO_MORE_FILES);
	assert_null(list);
	talloc_free(dir);
}

/* What does not come with the opening comes later. */
static void test_dir_open(void **state)
{
	static const char *const some[] = {"a", "b", "c"};
	const struct client_open how = {
		.access = FILE_LIST_DIRECTORY,
		.share = FILE_SHARE_ALL,
		.disposition = FILE_OPEN,
		.options = FILE_DIRECTORY_FILE,
	};
	struct fixture *f = *state;
	struct client_dir_list *list = NULL;
	struct client_file *dir = NULL;
	struct client_stat stat = {0};
	unsigned messages = 0;
	bool end = true;

	fixture_up(f);
	messages = f->peer->messages;
	offer(f, some, 3, 1);
	assert_int_equal(client_dir_open(f, f->tree, "d", &how, "*", &dir,
					 &list, &end, &stat),
			 NT_STATUS_OK);
	assert_int_equal(f->peer->messages, messages + 1);
	assert_false(end);
	assert_int_equal(list->count, 2);
	assert_string_equal(list->entry[1].name, "b");
	talloc_free(list);
	assert_int_equal(client_dir_read(f, dir, "*", &list), NT_STATUS_OK);
	assert_string_equal(list->entry[0].name, "c");
	TALLOC_FREE(list);
	TALLOC_FREE(dir);
	offer(f, some, 3, 5);
	assert_int_equal(client_dir_open(f, f->tree, "d", &how, "*", &dir,
					 &list, &end, NULL),
			 NT_STATUS_OK);
	assert_true(end);
	assert_int_equal(list->count, 3);
	TALLOC_FREE(list);
	TALLOC_FREE(dir);
	offer(f, NULL, 0, 5);
	assert_int_equal(client_dir_open(f, f->tree, "d", &how, "*.x", &dir,
					 &list, &end, NULL),
			 NT_STATUS_OK);
	assert_true(end);
	assert_int_equal(list->count, 0);
	talloc_free(list);
	talloc_free(dir);
	assert_int_equal(client_dir_open(f, f->tree, "d", &how, "\xff", &dir,
					 &list, &end, NULL),
			 NT_STATUS_OBJECT_NAME_INVALID);
	assert_null(dir);
	assert_null(list);
	fixture_settle(f);
	assert_int_equal(f->peer->opened, f->peer->closed);
}

static void test_notify(void **state)
{
	struct fixture *f = *state;
	struct client_file *dir = NULL;
	struct tevent_req *req = NULL;
	struct wire_slice changes = {0};

	fixture_up(f);
	dir = fixture_open(f);
	f->peer->hook = give_raw;
	raw = wire_slice("changes", 7);
	req = client_notify_send(f, dir, FILE_NOTIFY_CHANGE_FILE_NAME, true);
	testlib_wait(f->ev, req, 10);
	assert_int_equal(client_notify_recv(req, f, &changes), NT_STATUS_OK);
	assert_true(wire_slice_equal(changes, raw));
	talloc_free(req);
	talloc_free(dir);
}

int main(void)
{
#define T(name) \
	cmocka_unit_test_setup_teardown(name, fixture_setup, fixture_teardown)
	const struct CMUnitTest tests[] = {
		T(test_list),	   T(test_empty),    T(test_hostile_names),
		T(test_malformed), T(test_dir_read), T(test_dir_open),
		T(test_notify),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
