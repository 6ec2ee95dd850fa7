/* SPDX-License-Identifier: GPL-3.0-or-later */
/* dir_cache.c, dir_folder.c, dir_change.c: what is kept of folders, and that it
 * is never other than what the server has. */
#include "tests/fixture_client.h"

#include <unistd.h>

#include "client/dir_cache_private.h"
#include "smbquic/utf16.h"

#define RH   (SMB2_LEASE_READ_CACHING | SMB2_LEASE_HANDLE_CACHING)
#define MOST 8

/* A server with folders, and in each the same names. */
static struct {
	const char *name[MOST]; /* NULL: no more */
	uint64_t size[MOST];
	uint32_t grants;
	unsigned asked;		 /* leases on folders */
	struct smb2_guid key;	 /* of the last one */
	struct smb2_guid parent; /* that the last request for a file named */
	bool has_parent;
	unsigned made;		/* opens of paths in a folder */
	unsigned listed;	/* of the names, so far */
	unsigned at_a_time;	/* in one answer */
	struct fixture *breaks; /* before the next answer of a listing */
	bool tells;		/* of changes; what it answers then: */
	struct peer_reply notify;
} server;

static struct {
	unsigned count;
	char folder[64];
} told;

static void take_down(struct fixture *f)
{
	static const uint8_t zeros[SMB2_HEADER_SIZE] = {0};
	struct smb2_lease_break_notification out = {
		.flags = SMB2_NOTIFY_BREAK_LEASE_FLAG_ACK_REQUIRED,
		.lease_key = server.key,
		.current_lease_state = RH,
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

	wire_put(&reply.w, zeros, sizeof(zeros));
	assert_true(smb2_lease_break_notification_encode(&reply.w, &out));
	testlib_peer_send(f->peer, &reply);
}

static int find(const char *path)
{
	const char *name = strrchr(path, '\\');
	unsigned i = 0;

	name = name != NULL ? name + 1 : path;
	for (i = 0; i < MOST && server.name[i] != NULL; i++) {
		if (strcmp(server.name[i], name) == 0) {
			return (int)i;
		}
	}
	return -1;
}

static void add(const char *name, uint64_t size)
{
	static char names[64][16]; /* more than a test makes */
	static unsigned next;
	unsigned i = 0;

	while (server.name[i] != NULL) {
		i++;
	}
	assert_true(i + 1 < MOST);
	next = (next + 1) % 64;
	snprintf(names[next], sizeof(names[next]), "%s", name);
	server.name[i] = names[next];
	server.size[i] = size;
}

static void take_lease(const struct smb2_create_request *in, bool folder,
		       struct wire_chain *list,
		       struct smb2_create_response *out)
{
	struct smb2_lease lease = {0};
	struct wire_slice data = {0};

	if (!smb2_create_context_find(in->contexts, SMB2_CREATE_REQUEST_LEASE,
				      &data)) {
		return;
	}
	assert_true(smb2_lease_decode(data, &lease));
	assert_int_equal(in->oplock_level, SMB2_OPLOCK_LEVEL_LEASE);
	if (folder) {
		assert_int_equal(lease.lease_state, RH);
		server.asked++;
		server.key = lease.lease_key;
		lease.lease_state &= server.grants;
	} else {
		server.has_parent = (lease.flags &
				     SMB2_LEASE_FLAG_PARENT_LEASE_KEY_SET) != 0;
		server.parent = lease.parent_lease_key;
	}
	if (!folder || server.grants != 0) {
		assert_true(smb2_lease_add(list, &lease));
		out->oplock_level = SMB2_OPLOCK_LEVEL_LEASE;
	}
}

static void serve_create(struct peer *peer, const struct message_pdu *pdu,
			 struct peer_reply *reply)
{
	struct wire_writer w = wire_writer_talloc(peer);
	struct wire_chain list = smb2_create_context_list(&w);
	struct smb2_create_response out = {.file_attributes =
						   FILE_ATTRIBUTE_ARCHIVE};
	struct smb2_create_request in = {0};
	bool folder = false;
	char *path = NULL;
	int at = 0;

	assert_true(smb2_create_request_decode(pdu->data, pdu->len, &in));
	path = utf16_to_utf8(peer, in.name);
	folder = *path == 'd' && strchr(path, '\\') == NULL;
	at = find(path);
	server.made += !folder;
	server.has_parent = false;
	if (!folder && at < 0 && in.create_disposition == FILE_OPEN) {
		testlib_peer_error(reply, NT_STATUS_OBJECT_NAME_NOT_FOUND);
		return;
	}
	if (!folder && at < 0) {
		add(strrchr(path, '\\') + 1, 0);
		at = find(path);
	}
	if (folder) {
		server.listed = 0;
		out.file_attributes = FILE_ATTRIBUTE_DIRECTORY;
	} else {
		out.end_of_file = server.size[at];
	}
	take_lease(&in, folder, &list, &out);
	out.contexts = wire_writer_slice(&w);
	out.file_id.volatile_id = ++peer->opened;
	reply->header.status = NT_STATUS_OK;
	smb2_create_response_encode(testlib_peer_body(reply), &out);
}

static void serve_list(struct peer *peer, struct peer_reply *reply)
{
	struct wire_writer data = wire_writer_talloc(peer);
	struct fscc_dir_list list =
		fscc_dir_list(&data, FileIdBothDirectoryInformation, 60000);
	unsigned count = 0;

	if (server.breaks != NULL) {
		take_down(server.breaks);
		server.breaks = NULL;
	}
	while (count < server.at_a_time && server.name[server.listed] != NULL) {
		struct fscc_dir_entry e = {
			.end_of_file = server.size[server.listed],
			.file_attributes = FILE_ATTRIBUTE_ARCHIVE,
		};

		assert_true(utf16_from_utf8(peer, server.name[server.listed],
					    &e.name));
		assert_true(fscc_dir_add(&list, &e));
		server.listed++;
		count++;
	}
	if (count == 0) {
		testlib_peer_error(reply, NT_STATUS_NO_MORE_FILES);
		return;
	}
	reply->header.status = NT_STATUS_OK;
	smb2_buffer_response_encode(testlib_peer_body(reply),
				    wire_writer_slice(&data));
}

/* The only one who gives names or takes them is the first of the list. */
static void serve_set(const struct message_pdu *pdu)
{
	struct smb2_set_info_request in = {0};

	assert_true(smb2_set_info_request_decode(pdu->data, pdu->len, &in));
	if (in.file_info_class == FileDispositionInformation) {
		memmove(server.name, server.name + 1,
			(MOST - 1) * sizeof(server.name[0]));
		memmove(server.size, server.size + 1,
			(MOST - 1) * sizeof(server.size[0]));
	} else if (in.file_info_class == FileRenameInformation) {
		server.name[0] = "renamed";
	}
}

/* Pending, until tell_changed(). */
static void serve_notify(struct peer *peer, struct peer_reply *reply)
{
	if (!server.tells) {
		testlib_peer_error(reply, NT_STATUS_NOT_SUPPORTED);
		return;
	}
	server.notify = *reply;
	server.notify.w = wire_writer_talloc(peer);
	wire_put(&server.notify.w, reply->w.buf, SMB2_HEADER_SIZE);
	server.notify.header.flags |= SMB2_FLAGS_ASYNC_COMMAND;
	server.notify.header.async_id = 99;
	server.notify.header.credits = 0;
	reply->silent = true;
	testlib_peer_pending(peer, reply, 99);
}

static void tell_changed(struct fixture *f)
{
	server.notify.header.status = NT_STATUS_NOTIFY_ENUM_DIR;
	smb2_buffer_response_encode(testlib_peer_body(&server.notify),
				    wire_slice(NULL, 0));
	testlib_peer_send(f->peer, &server.notify);
	fixture_settle(f);
}

static void serve(struct peer *peer, const struct message_pdu *pdu,
		  struct peer_reply *reply)
{
	switch (pdu->header.command) {
	case SMB2_CREATE: serve_create(peer, pdu, reply); break;
	case SMB2_QUERY_DIRECTORY: serve_list(peer, reply); break;
	case SMB2_SET_INFO: serve_set(pdu); break;
	case SMB2_WRITE: server.size[0] += 3; break;
	case SMB2_CHANGE_NOTIFY: serve_notify(peer, reply); break;
	default: break;
	}
}

static void tell(struct client_tree *tree, const char *folder,
		 void *private_data)
{
	(void)private_data;
	told.count++;
	snprintf(told.folder, sizeof(told.folder), "%s", folder);
	/* it may not be watched from here, and that does no harm */
	assert_int_equal(client_dir_watch(tree, "other"), 0);
}

static void up(struct fixture *f, uint32_t grants,
	       const struct client_dir_cache_options *options)
{
	struct client_dir_cache_options usual = {0};

	memset(&server, 0, sizeof(server));
	memset(&told, 0, sizeof(told));
	server.name[0] = "one";
	server.name[1] = "two";
	server.size[0] = 1;
	server.size[1] = 2;
	server.grants = grants;
	server.at_a_time = MOST;
	f->peer->policy.capabilities |=
		SMB2_GLOBAL_CAP_LEASING | SMB2_GLOBAL_CAP_DIRECTORY_LEASING;
	f->options.capabilities |=
		SMB2_GLOBAL_CAP_LEASING | SMB2_GLOBAL_CAP_DIRECTORY_LEASING;
	fixture_up(f);
	f->peer->hook = serve;
	client_dir_cache_default(&usual);
	assert_int_equal(
		client_tree_cache(f->tree, options != NULL ? options : &usual),
		NT_STATUS_OK);
	client_dir_on_change(f->tree, tell, NULL);
}

static size_t list(struct fixture *f, const char *folder)
{
	struct client_dir_list *out = NULL;
	size_t count = 0;

	assert_int_equal(client_list(f, f->tree, folder, "*", &out),
			 NT_STATUS_OK);
	count = out->count;
	talloc_free(out);
	return count;
}

/* @return the size, or -1: it is not there. */
static int64_t size_of(struct fixture *f, const char *path)
{
	struct client_stat stat = {0};
	NTSTATUS status = client_stat(f->tree, path, &stat);

	if (status == NT_STATUS_OBJECT_NAME_NOT_FOUND) {
		return -1;
	}
	assert_int_equal(status, NT_STATUS_OK);
	return (int64_t)stat.size;
}

static unsigned requests(const struct fixture *f)
{
	return f->peer->seen[SMB2_CREATE] + f->peer->seen[SMB2_QUERY_DIRECTORY];
}

static bool names_the_lease(void)
{
	return server.has_parent &&
	       memcmp(server.parent.bytes, server.key.bytes,
		      sizeof(server.key.bytes)) == 0;
}

/* ------------------------------------------------------------ what is kept */

static void test_listing(void **state)
{
	struct fixture *f = *state;
	struct client_dir_figures figures = {0};
	unsigned before = 0;

	up(f, RH, NULL);
	assert_int_equal(list(f, "d"), 2);
	before = requests(f);
	assert_int_equal(list(f, "d"), 2);
	assert_int_equal(size_of(f, "d\\two"), 2);
	assert_int_equal(size_of(f, "d\\none"), -1);
	assert_int_equal(requests(f), before);
	client_dir_figures(f->tree, &figures);
	assert_int_equal(figures.hits, 3);
	assert_int_equal(figures.misses, 1);
	assert_int_equal(figures.folders, 1);
	assert_true(figures.memory > 0);
	/* a pattern is the server's to understand, and another case */
	assert_int_equal(size_of(f, "d\\TWO"), -1);
	assert_int_equal(requests(f), before + 1);
	/* and switched off */
	assert_int_equal(client_tree_cache(f->tree, NULL), NT_STATUS_OK);
	fixture_settle(f);
	assert_int_equal(f->peer->closed, 2);
	before = requests(f);
	assert_int_equal(size_of(f, "d\\two"), 2);
	assert_int_equal(list(f, "d"), 2);
	assert_true(requests(f) > before + 1);
	assert_int_equal(server.asked, 1);
}

/* What a listing lacks may be there, and hidden from who listed. */
static void test_hidden(void **state)
{
	struct fixture *f = *state;
	unsigned before = 0;

	f->peer->share_flags = SMB2_SHAREFLAG_ACCESS_BASED_DIRECTORY_ENUM;
	up(f, RH, NULL);
	assert_true(client_tree_hides(f->tree));
	assert_int_equal(list(f, "d"), 2);
	before = requests(f);
	assert_int_equal(size_of(f, "d\\two"), 2);
	assert_int_equal(requests(f), before);
	assert_int_equal(size_of(f, "d\\none"), -1);
	assert_int_equal(size_of(f, "d\\none"), -1);
	assert_int_equal(requests(f), before + 2);
}

/* Nobody has read for a while what the server says. */
static void test_blocking(void **state)
{
	struct fixture *f = *state;
	unsigned before = 0;

	up(f, RH, NULL);
	assert_int_equal(list(f, "d"), 2);
	before = requests(f);
	assert_int_equal(size_of(f, "d\\one"), 1);
	assert_int_equal(requests(f), before);
	add("three", 3);
	take_down(f);
	usleep(1100000);
	assert_int_equal(list(f, "d"), 3);
	assert_int_equal(told.count, 1);
}

/* The second name of a folder is worth a lease. */
static void test_single_names(void **state)
{
	struct fixture *f = *state;
	unsigned before = 0;

	up(f, RH, NULL);
	assert_int_equal(size_of(f, "d\\one"), 1);
	assert_int_equal(server.asked, 0);
	assert_int_equal(size_of(f, "d\\two"), 2);
	fixture_settle(f);
	assert_int_equal(server.asked, 1);
	assert_int_equal(size_of(f, "d\\one"), 1);
	assert_int_equal(size_of(f, "d\\none"), -1);
	before = requests(f);
	assert_int_equal(size_of(f, "d\\one"), 1);
	assert_int_equal(size_of(f, "d\\none"), -1);
	assert_int_equal(requests(f), before);
}

static void test_no_lease(void **state)
{
	struct fixture *f = *state;
	struct client_dir_figures figures = {0};
	unsigned before = 0;

	up(f, 0, NULL);
	assert_int_equal(list(f, "d"), 2);
	assert_int_equal(list(f, "d"), 2);
	assert_int_equal(server.asked, 1); /* that is the answer for a while */
	before = requests(f);
	assert_int_equal(size_of(f, "d\\one"), 1);
	assert_int_equal(size_of(f, "d\\one"), 1);
	assert_int_equal(requests(f), before + 2);
	client_dir_figures(f->tree, &figures);
	assert_int_equal(figures.hits, 0);
	assert_int_equal(figures.folders, 0);
}

static void test_believed_for_a_time(void **state)
{
	struct fixture *f = *state;
	const struct client_dir_cache_options options = {
		.memory = 100000, .folders = 10, .unleased_ms = 300};
	unsigned before = 0;

	up(f, 0, &options);
	assert_int_equal(list(f, "d"), 2);
	assert_int_equal(list(f, "d"), 2);
	before = requests(f);
	assert_int_equal(list(f, "d"), 2);
	assert_int_equal(size_of(f, "d\\one"), 1);
	assert_int_equal(requests(f), before);
	server.size[0] = 9;
	usleep(350000);
	assert_int_equal(size_of(f, "d\\one"), 9);
	assert_int_equal(list(f, "d"), 2);
}

/* ------------------------------------------------------------ what is broken
 */

static void test_break(void **state)
{
	struct fixture *f = *state;
	struct client_dir_figures figures = {0};
	uint64_t mark = 0;

	up(f, RH, NULL);
	assert_int_equal(list(f, "d"), 2);
	mark = client_dir_watch(f->tree, "d");
	assert_int_not_equal(mark, 0);
	assert_int_equal(client_dir_watch(f->tree, "d"), mark);
	add("three", 3);
	take_down(f);
	fixture_settle(f);
	assert_int_equal(told.count, 1);
	assert_string_equal(told.folder, "d");
	assert_int_equal(f->peer->closed, 1); /* which answers the break */
	assert_int_equal(f->peer->seen[SMB2_OPLOCK_BREAK], 0);
	client_dir_figures(f->tree, &figures);
	assert_int_equal(figures.breaks, 1);
	assert_int_equal(figures.folders, 0);
	assert_int_equal(list(f, "d"), 3);
	assert_int_not_equal(client_dir_watch(f->tree, "d"), mark);
	assert_int_equal(size_of(f, "d\\three"), 3);
}

/* A folder was read, and the server asked to tell what changes in it. */
static void up_to_be_told(struct fixture *f, bool tells)
{
	struct client_dir_cache_options options = {0};

	client_dir_cache_default(&options);
	options.notify = 1;
	up(f, RH, &options);
	server.tells = tells;
	assert_int_equal(list(f, "d"), 2);
	fixture_settle(f);
	assert_int_equal(f->peer->seen[SMB2_CHANGE_NOTIFY], 1);
}

/* A listing is kept that was read when the server was telling already; and
 * until it tells. */
static void test_notify(void **state)
{
	struct fixture *f = *state;
	unsigned before = 0;

	up_to_be_told(f, true);
	before = requests(f);
	assert_int_equal(list(f, "d"), 2);
	assert_true(requests(f) > before);
	before = requests(f);
	assert_int_equal(list(f, "d"), 2);
	assert_int_equal(size_of(f, "d\\two"), 2);
	/* that it is held open under its lease is all that need be known */
	assert_int_equal(size_of(f, "d"), 0);
	assert_int_equal(requests(f), before);
	add("three", 3);
	tell_changed(f);
	assert_int_equal(told.count, 1);
	assert_string_equal(told.folder, "d");
	assert_int_equal(list(f, "d"), 3);
	fixture_settle(f);
	assert_int_equal(f->peer->seen[SMB2_CHANGE_NOTIFY], 2);
	/* it ends in the middle of that */
	assert_int_equal(client_tree_cache(f->tree, NULL), NT_STATUS_OK);
	fixture_settle(f);
}

/* One that does not tell is believed for its lease. */
static void test_no_notify(void **state)
{
	struct fixture *f = *state;
	unsigned before = 0;

	up_to_be_told(f, false);
	assert_int_equal(list(f, "d"), 2);
	before = requests(f);
	assert_int_equal(list(f, "d"), 2);
	assert_int_equal(requests(f), before);
	assert_int_equal(f->peer->seen[SMB2_CHANGE_NOTIFY], 1);
}

/* What was opened before there was a lease, or under an earlier one, does not
 * break the one that there is when it is closed. */
static void test_key(void **state)
{
	const struct client_open how = {
		.access = FILE_GENERIC_WRITE,
		.share = FILE_SHARE_ALL,
		.disposition = FILE_OPEN,
		.lease = RH,
	};
	struct fixture *f = *state;
	struct client_file *file = NULL;
	struct smb2_guid key = {{0}};
	struct smb2_guid parent = {{0}};

	up(f, RH, NULL);
	assert_int_equal(client_open(f, f->tree, "d\\one", &how, &file, NULL),
			 NT_STATUS_OK);
	assert_true(server.has_parent);
	parent = server.parent;
	assert_int_equal(list(f, "d"), 2);
	key = server.key;
	assert_memory_equal(&key, &parent, sizeof(key));
	take_down(f);
	fixture_settle(f);
	assert_int_equal(list(f, "d"), 2);
	assert_int_equal(server.asked, 2);
	assert_memory_equal(&key, &server.key, sizeof(key));
	/* and every folder has its own */
	assert_int_equal(list(f, "d2"), 2);
	assert_memory_not_equal(&key, &server.key, sizeof(key));
	talloc_free(file);
}

static void test_break_in_the_middle(void **state)
{
	struct fixture *f = *state;
	unsigned before = 0;

	up(f, RH, NULL);
	server.at_a_time = 1;
	server.breaks = f;
	assert_int_equal(list(f, "d"), 2);
	assert_int_equal(server.asked, 1);
	assert_int_equal(f->peer->seen[SMB2_OPLOCK_BREAK], 1);
	before = requests(f);
	assert_int_equal(size_of(f, "d\\one"), 1);
	assert_int_equal(requests(f), before + 1);
	assert_int_equal(list(f, "d"), 2); /* and this one is kept */
	before = requests(f);
	assert_int_equal(list(f, "d"), 2);
	assert_int_equal(requests(f), before);
}

/* ---------------------------------------------------------- our own changes */

static void test_own_changes(void **state)
{
	static const uint8_t bytes[] = {1, 2, 3};
	const struct client_open how = {
		.access = FILE_GENERIC_WRITE,
		.share = FILE_SHARE_ALL,
		.disposition = FILE_OPEN,
	};
	struct fixture *f = *state;
	struct client_file *file = NULL;
	unsigned before = 0;

	up(f, RH, NULL);
	assert_int_equal(list(f, "d"), 2);
	assert_int_equal(size_of(f, "d\\new"), -1);
	assert_int_equal(client_mkdir(f->tree, "d\\new"), NT_STATUS_OK);
	assert_true(names_the_lease());
	before = requests(f);
	assert_int_equal(size_of(f, "d\\new"), 0); /* not as before */
	assert_int_equal(requests(f), before + 1);
	assert_int_equal(size_of(f, "d\\two"), 2); /* others are as they were */
	assert_int_equal(requests(f), before + 1);
	assert_int_equal(list(f, "d"), 3);

	assert_int_equal(client_rename(f->tree, "d\\one", "d\\renamed", false),
			 NT_STATUS_OK);
	assert_true(names_the_lease());
	assert_int_equal(size_of(f, "d\\one"), -1);
	assert_int_equal(size_of(f, "d\\renamed"), 1);

	assert_int_equal(list(f, "d"), 3);
	assert_int_equal(
		client_open(f, f->tree, "d\\renamed", &how, &file, NULL),
		NT_STATUS_OK);
	assert_true(names_the_lease());
	assert_int_equal(size_of(f, "d\\renamed"), 1);
	assert_int_equal(client_write(file, 0, bytes, sizeof(bytes)),
			 NT_STATUS_OK);
	assert_int_equal(size_of(f, "d\\renamed"), 4);
	talloc_free(file);

	assert_int_equal(client_remove(f->tree, "d\\renamed", 0), NT_STATUS_OK);
	assert_true(names_the_lease());
	assert_int_equal(size_of(f, "d\\renamed"), -1);
	assert_int_equal(list(f, "d"), 2);
	assert_int_equal(told.count, 0);
}

/* What is open goes by its new name. */
static void test_open_and_renamed(void **state)
{
	static const uint8_t byte[] = {1};
	const struct client_open how = {
		.access = FILE_GENERIC_WRITE,
		.share = FILE_SHARE_ALL,
		.disposition = FILE_OPEN,
	};
	struct fixture *f = *state;
	struct client_file *file = NULL;

	up(f, RH, NULL);
	assert_int_equal(list(f, "d"), 2);
	assert_int_equal(client_open(f, f->tree, "d\\one", &how, &file, NULL),
			 NT_STATUS_OK);
	assert_int_equal(client_rename(f->tree, "d\\one", "d\\renamed", false),
			 NT_STATUS_OK);
	assert_int_equal(list(f, "d"), 2);
	assert_int_equal(size_of(f, "d\\renamed"), 1);
	assert_int_equal(client_write(file, 0, byte, 1), NT_STATUS_OK);
	assert_int_equal(size_of(f, "d\\renamed"), 4);
	talloc_free(file);
}

/* Asked for before the change, answered after it. */
static void test_change_meanwhile(void **state)
{
	struct fixture *f = *state;
	struct client_stat stat = {0};
	struct tevent_req *asked = NULL;
	struct tevent_req *change = NULL;
	unsigned before = 0;

	up(f, RH, NULL);
	assert_int_equal(list(f, "d"), 2);
	assert_int_equal(client_mkdir(f->tree, "d\\x"), NT_STATUS_OK);
	asked = client_stat_send(f, f->tree, "d\\x");
	change = client_remove_send(f, f->tree, "d\\one", 0);
	testlib_wait(f->ev, asked, 5);
	testlib_wait(f->ev, change, 5);
	assert_int_equal(client_stat_recv(asked, &stat), NT_STATUS_OK);
	assert_int_equal(client_remove_recv(change), NT_STATUS_OK);
	before = requests(f);
	assert_int_equal(size_of(f, "d\\x"), 0);
	assert_int_equal(requests(f), before + 1); /* it was not kept */
	talloc_free(asked);
	talloc_free(change);
}

/* A folder that is to go is not held open by us. */
static void test_folder_goes(void **state)
{
	struct fixture *f = *state;

	up(f, RH, NULL);
	assert_int_equal(list(f, "d"), 2);
	assert_int_equal(list(f, "dd"), 2);
	assert_int_equal(f->peer->closed, 0);
	assert_int_equal(client_rename(f->tree, "d", "e", false), NT_STATUS_OK);
	assert_int_equal(told.count, 1);
	assert_string_equal(told.folder, "d");
	assert_int_equal(f->peer->closed, 2); /* the folder, and the rename's */
	client_dir_forget(f->tree, "dd");
	assert_int_equal(told.count, 2);
	fixture_settle(f);
	assert_int_equal(f->peer->closed, 3);
}

/* ------------------------------------------------------------------- limits */

static void test_limits(void **state)
{
	struct fixture *f = *state;
	const struct client_dir_cache_options options = {.memory = 4000,
							 .folders = 2};
	struct client_dir_figures figures = {0};
	unsigned before = 0;
	unsigned i = 0;
	char name[40] = "";

	up(f, RH, &options);
	assert_int_equal(list(f, "d1"), 2);
	assert_int_equal(list(f, "d2"), 2);
	assert_int_equal(list(f, "d3"), 2);
	assert_int_equal(told.count, 1);
	assert_string_equal(told.folder, "d1");
	before = requests(f);
	assert_int_equal(list(f, "d3"), 2);
	assert_int_equal(list(f, "d2"), 2);
	assert_int_equal(requests(f), before);
	for (i = 0; i < 100; i++) {
		snprintf(name, sizeof(name), "d2\\a-name-that-is-long-%u", i);
		assert_int_equal(size_of(f, name), -1);
		assert_int_equal(client_mkdir(f->tree, "d3\\one"),
				 NT_STATUS_OK);
		assert_int_equal(size_of(f, "d3\\one"), 1);
		client_dir_figures(f->tree, &figures);
		assert_true(figures.memory <= 4000);
		assert_true(figures.folders <= 2);
	}
}

/* ------------------------------------------------------------ lost and back */

static struct transport *dial(void *private_data)
{
	struct fixture *f = private_data;

	f->peer = testlib_peer(f, f->ev);
	f->peer->policy.capabilities |=
		SMB2_GLOBAL_CAP_LEASING | SMB2_GLOBAL_CAP_DIRECTORY_LEASING;
	f->peer->hook = serve;
	return f->peer->client_end;
}

static void test_lost(void **state)
{
	struct fixture *f = *state;

	f->options.reconnect_ms = 10000;
	up(f, RH, NULL);
	f->conn->dial = dial;
	f->conn->dial_data = f;
	assert_int_equal(list(f, "d"), 2);
	add("three", 3);
	testlib_peer_hang_up(f->peer);
	fixture_settle(f);
	assert_int_equal(told.count, 1);
	assert_int_equal(list(f, "d"), 3);
	assert_int_equal(server.asked, 2);
	assert_int_equal(size_of(f, "d\\three"), 3);
	assert_int_equal(f->peer->closed, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
#define TEST(name) \
	cmocka_unit_test_setup_teardown(name, fixture_setup, fixture_teardown)
		TEST(test_listing),
		TEST(test_hidden),
		TEST(test_blocking),
		TEST(test_single_names),
		TEST(test_no_lease),
		TEST(test_believed_for_a_time),
		TEST(test_break),
		TEST(test_notify),
		TEST(test_no_notify),
		TEST(test_key),
		TEST(test_break_in_the_middle),
		TEST(test_own_changes),
		TEST(test_open_and_renamed),
		TEST(test_change_meanwhile),
		TEST(test_folder_goes),
		TEST(test_limits),
		TEST(test_lost),
#undef TEST
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
