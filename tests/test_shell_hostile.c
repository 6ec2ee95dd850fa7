/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Trees of a server that is up to no good, into an archive: names that lead
 * elsewhere, and folders without an end. */
#include "tests/testlib.h"

#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "client/shell.h"
#include "smbquic/utf16.h"
#include "tests/fixture_client.h"

static const char *hostile_name;
static bool hostile_folder;
static unsigned listings;
static bool given;

/* Each folder has one entry, and no folder is like another. */
static void give_entry(struct peer *peer, const struct message_pdu *pdu,
		       struct peer_reply *reply)
{
	struct wire_writer data = wire_writer_talloc(peer);
	struct fscc_dir_list list =
		fscc_dir_list(&data, FileIdBothDirectoryInformation, 60000);
	struct fscc_dir_entry e = {
		.file_attributes = hostile_folder ? FILE_ATTRIBUTE_DIRECTORY
						  : FILE_ATTRIBUTE_ARCHIVE,
		.file_id = listings + 7,
	};

	if (pdu->header.command != SMB2_QUERY_DIRECTORY) {
		return;
	}
	given = !given;
	if (!given) {
		testlib_peer_error(reply, NT_STATUS_NO_MORE_FILES);
		return;
	}
	listings++;
	assert_true(utf16_from_utf8(peer, hostile_name, &e.name));
	assert_true(fscc_dir_add(&list, &e));
	reply->header.status = NT_STATUS_OK;
	smb2_buffer_response_encode(testlib_peer_body(reply),
				    wire_writer_slice(&data));
}

/* @return the commands that failed. */
static unsigned run(struct fixture *f, const char *name, bool folder,
		    const char *line)
{
	struct shell_options *options = talloc_zero(f, struct shell_options);
	struct shell *shell = talloc_zero(options, struct shell);
	unsigned failures = 0;

	hostile_name = name;
	hostile_folder = folder;
	listings = 0;
	given = false;
	f->peer->hook = give_entry;
	options->quiet = true;
	shell->options = options;
	shell->ev = f->ev;
	shell->conn = f->conn;
	shell->session = f->session;
	shell->tree = f->tree;
	shell->cwd = talloc_strdup(shell, "");
	shell->mask = talloc_strdup(shell, "*");
	shell->recurse = true;
	shell->out = fopen("/dev/null", "we");
	assert_non_null(shell->out);
	shell_run_line(shell, line);
	failures = shell->failures;
	fclose(shell->out);
	talloc_free(options);
	return failures;
}

static void in_a_folder(char place[64])
{
	snprintf(place, 64, "/tmp/smbquic-hostile-XXXXXX");
	assert_non_null(mkdtemp(place));
	assert_int_equal(chdir(place), 0);
}

static void test_names(void **state)
{
	static const char *const bad[] = {"../../x", "a/b", "a\\b",
					  "..\\x",   "/",   "\\"};
	struct fixture *f = *state;
	char place[64] = "";
	size_t i = 0;

	fixture_up(f);
	in_a_folder(place);
	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		assert_int_equal(
			run(f, bad[i], i % 2 == 0, "tar c all.tar; mget *"), 2);
		assert_int_equal(access("all.tar", F_OK), -1);
	}
	/* nothing has come here, and nothing beside it */
	assert_int_equal(chdir("/"), 0);
	assert_int_equal(rmdir(place), 0);
}

static void test_endless(void **state)
{
	struct fixture *f = *state;
	char place[64] = "";

	fixture_up(f);
	in_a_folder(place);
	assert_int_equal(run(f, "d", true, "tar cn -"), 1);
	assert_in_range(listings, 100, 600);
	assert_int_equal(run(f, "d", true, "ls"), 1);
	assert_in_range(listings, 100, 600);
	assert_int_equal(run(f, "d", true, "du d"), 1);
	assert_in_range(listings, 100, 600);
	assert_int_equal(chdir("/"), 0);
	assert_int_equal(rmdir(place), 0);
}

#define T(name) \
	cmocka_unit_test_setup_teardown(name, fixture_setup, fixture_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {T(test_names), T(test_endless)};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
