/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Links that the server leaves to the client: where the next CREATE goes. */
#include "tests/fixture_client.h"

#include "client/client_private.h"
#include "smbquic/smb2_error.h"
#include "smbquic/utf16.h"

/* On the server: a link, and what it says. Names in UTF-8, as on the wire. */
static struct {
	const char *link, *target;
	bool relative;
	unsigned unparsed; /* what the server says was not looked at, if not
			      the truth */
} links[4];

static char opened[1024]; /* the paths that were asked for, each ended by '|' */
static unsigned creates;
static uint32_t options; /* of the last one */

static void stop(struct peer_reply *reply, unsigned which, size_t rest)
{
	TALLOC_CTX *frame = talloc_new(NULL);
	struct smb2_symlink_error error = {
		.flags = links[which].relative ? SYMLINK_FLAG_RELATIVE : 0,
		.unparsed_path_length =
			(uint16_t)(links[which].unparsed != 0
					   ? links[which].unparsed
					   : 2 * rest),
	};
	struct smb2_error_response rsp = {.context_count = 1};
	struct wire_writer data = wire_writer_talloc(frame);
	struct wire_writer context = wire_writer_talloc(frame);

	assert_true(utf16_from_utf8(frame, links[which].target,
				    &error.substitute_name));
	error.print_name = error.substitute_name;
	assert_true(smb2_symlink_error_encode(&data, &error));
	assert_true(smb2_error_context_add(&context, SMB2_ERROR_ID_DEFAULT,
					   wire_writer_slice(&data)));
	rsp.data = wire_writer_slice(&context);
	reply->header.status = NT_STATUS_STOPPED_ON_SYMLINK;
	assert_true(smb2_error_response_encode(testlib_peer_body(reply), &rsp));
	talloc_free(frame);
}

static void hook(struct peer *peer, const struct message_pdu *pdu,
		 struct peer_reply *reply)
{
	struct smb2_create_request in = {0};
	char *name = NULL;
	unsigned i = 0;

	if (pdu->header.command != SMB2_CREATE) {
		return;
	}
	assert_true(smb2_create_request_decode(pdu->data, pdu->len, &in));
	name = utf16_to_utf8(peer, in.name);
	creates++;
	options = in.create_options;
	snprintf(opened + strlen(opened), sizeof(opened) - strlen(opened),
		 "%s|", name);
	for (i = 0; i < 4 && links[i].link != NULL; i++) {
		size_t len = strlen(links[i].link);

		if (strncmp(name, links[i].link, len) == 0 &&
		    (name[len] == '\0' || name[len] == '\\')) {
			peer->opened--;
			stop(reply, i, strlen(name + len));
			break;
		}
	}
	talloc_free(name);
}

/* Opens a path. @return the status; opened has what was asked for. */
static NTSTATUS open_path(struct fixture *f, const char *path, uint32_t how)
{
	struct client_file *file = NULL;
	struct client_open open = {0};
	NTSTATUS status = NT_STATUS_OK;

	client_open_default(&open);
	open.options |= how;
	f->peer->hook = hook;
	opened[0] = '\0';
	creates = 0;
	status = client_open(f, f->tree, path, &open, &file, NULL);
	talloc_free(file);
	return status;
}

static void test_where(void **state)
{
	static const struct {
		const char *link, *target;
		bool relative;
		const char *path;
		const char
			*asked; /* in vain where only the path stands there */
	} rows[] = {
		/* beside it, below it, above it */
		{"a\\l", "f", true, "a\\l", "a\\l|a\\f|"},
		{"l", "f", true, "l", "l|f|"},
		{"a\\l", "d", true, "a\\l\\x\\y", "a\\l\\x\\y|a\\d\\x\\y|"},
		{"a\\b\\l", "..\\f", true, "a\\b\\l", "a\\b\\l|a\\f|"},
		{"a\\b\\l", "../f", true, "a\\b\\l", "a\\b\\l|a\\f|"},
		{"a\\l", "..", true, "a\\l\\x", "a\\l\\x|x|"},
		{"a\\l", "\\d\\f", true, "a\\l", "a\\l|d\\f|"},
		/* a stream of it */
		{"l", "f", true, "l\\x", "l\\x|f\\x|"},
		/* out of the share */
		{"l", "..\\f", true, "l", "l|"},
		{"a\\l", "..\\..\\f", true, "a\\l", "a\\l|"},
		{"a\\l", "x\\..\\..\\..\\f", true, "a\\l", "a\\l|"},
		{"a\\l", "\\..\\f", true, "a\\l", "a\\l|"},
		/* of the share itself, and of others */
		{"a\\l", "\\??\\UNC\\PEER.example\\Share\\d\\f", false, "a\\l",
		 "a\\l|d\\f|"},
		{"a\\l", "\\??\\UNC\\peer.example\\share", false, "a\\l\\x",
		 "a\\l\\x|x|"},
		{"a\\l", "\\??\\UNC\\peer.example\\other\\f", false, "a\\l",
		 "a\\l|"},
		{"a\\l", "\\??\\UNC\\else.example\\share\\f", false, "a\\l",
		 "a\\l|"},
		{"a\\l", "\\??\\UNC\\peer.example\\share\\..\\f", false, "a\\l",
		 "a\\l|"},
		{"a\\l", "\\??\\C:\\f", false, "a\\l", "a\\l|"},
	};
	struct fixture *f = *state;
	size_t i = 0;

	fixture_up(f);
	memset(links, 0, sizeof(links));
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		bool led = strchr(rows[i].asked, '|')[1] != '\0';
		NTSTATUS status = NT_STATUS_OK;

		links[0].link = rows[i].link;
		links[0].target = rows[i].target;
		links[0].relative = rows[i].relative;
		status = open_path(f, rows[i].path, 0);
		if (strcmp(opened, rows[i].asked) != 0) {
			fail_msg("%s -> %s: %s", rows[i].link, rows[i].target,
				 opened);
		}
		assert_int_equal(status, led ? NT_STATUS_OK
					     : NT_STATUS_STOPPED_ON_SYMLINK);
	}
}

/* One link leads to the next; a circle has an end. */
static void test_chains(void **state)
{
	struct fixture *f = *state;

	fixture_up(f);
	memset(links, 0, sizeof(links));
	links[0].link = "one";
	links[0].target = "two";
	links[1].link = "two";
	links[1].target = "d\\three";
	links[2].link = "d\\three";
	links[2].target = "f";
	links[0].relative = links[1].relative = links[2].relative = true;
	assert_int_equal(open_path(f, "one", 0), NT_STATUS_OK);
	assert_string_equal(opened, "one|two|d\\three|d\\f|");
	links[1].target = "one";
	assert_int_equal(open_path(f, "one", 0), NT_STATUS_STOPPED_ON_SYMLINK);
	assert_int_equal(creates, 41); /* as many as Linux follows, and it */
}

/* Who means the link gets it, but not by way of another one. */
static void test_the_link_itself(void **state)
{
	struct fixture *f = *state;

	fixture_up(f);
	memset(links, 0, sizeof(links));
	links[0].link = "l";
	links[0].target = "f";
	links[0].relative = true;
	assert_int_equal(open_path(f, "l", FILE_OPEN_REPARSE_POINT),
			 NT_STATUS_STOPPED_ON_SYMLINK);
	assert_string_equal(opened, "l|");
	assert_int_equal(open_path(f, "l\\x", FILE_OPEN_REPARSE_POINT),
			 NT_STATUS_OK);
	assert_string_equal(opened, "l\\x|f\\x|");
	assert_int_equal(options & FILE_OPEN_REPARSE_POINT,
			 FILE_OPEN_REPARSE_POINT);
}

/* A server that says it stopped where no path is. */
static void test_lies(void **state)
{
	static const unsigned lengths[] = {1, 3, 5, 100, 0xFFFF, 4};
	struct fixture *f = *state;
	size_t i = 0;

	fixture_up(f);
	memset(links, 0, sizeof(links));
	links[0].link = "l";
	links[0].target = "f";
	links[0].relative = true;
	for (i = 0; i < sizeof(lengths) / sizeof(lengths[0]); i++) {
		links[0].unparsed = lengths[i];
		assert_int_equal(open_path(f, "l", 0),
				 NT_STATUS_STOPPED_ON_SYMLINK);
		assert_int_equal(creates, 1);
	}
}

#define T(f) cmocka_unit_test_setup_teardown(f, fixture_setup, fixture_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		T(test_where),
		T(test_chains),
		T(test_the_link_itself),
		T(test_lies),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
