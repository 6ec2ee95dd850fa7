/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tests/testlib.h"
#include "tests/testlib_peer.h"

#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "client/shell_transfer.h"
#include "tests/fixture_client.h"

/* As the peer's file has them. */
static void make(const char *path, size_t size)
{
	int fd = open(path, O_CREAT | O_TRUNC | O_WRONLY, 0600);
	uint8_t byte = 0;
	size_t i = 0;

	assert_true(fd >= 0);
	for (i = 0; i < size; i++) {
		byte = testlib_peer_byte(i);
		assert_int_equal(write(fd, &byte, 1), 1);
	}
	close(fd);
}

static void spoil(const char *path, off_t at)
{
	int fd = open(path, O_WRONLY);
	uint8_t byte = (uint8_t)(testlib_peer_byte((uint64_t)at) ^ 1);

	assert_int_equal(pwrite(fd, &byte, 1, at), 1);
	close(fd);
}

static bool same(struct fixture *f, const char *local)
{
	const struct transfer t = {.ev = f->ev, .tree = f->tree};
	struct tevent_req *req = shell_same_send(f, &t, "file", local);
	bool result = false;

	testlib_wait(f->ev, req, 10);
	result = shell_same_recv(req);
	talloc_free(req);
	return result;
}

static void test_same(void **state)
{
	struct fixture *f = *state;
	char path[] = "/tmp/test_shell_same.XXXXXX";

	close(mkstemp(path));
	fixture_up(f);
	f->peer->file_size = 70000;
	make(path, 70000);
	assert_true(same(f, path));
	spoil(path, 69999);
	assert_false(same(f, path));
	make(path, 70000);
	spoil(path, 0);
	assert_false(same(f, path));
	make(path, 69999);
	assert_false(same(f, path));
	f->peer->file_size = 0;
	make(path, 0);
	assert_true(same(f, path));
	unlink(path);
	assert_false(same(f, path));
	fixture_settle(f);
	assert_int_equal(f->peer->closed, f->peer->opened);
}

/* The server says another size than it sends. */
static void shorten(struct peer *peer, const struct message_pdu *request,
		    struct peer_reply *reply)
{
	(void)peer;
	if (request->header.command == SMB2_READ) {
		testlib_peer_error(reply, NT_STATUS_END_OF_FILE);
	}
}

static void refuse(struct peer *peer, const struct message_pdu *request,
		   struct peer_reply *reply)
{
	(void)peer;
	if (request->header.command == SMB2_CREATE) {
		testlib_peer_error(reply, NT_STATUS_ACCESS_DENIED);
	}
}

static void test_cannot_be_read(void **state)
{
	struct fixture *f = *state;
	char path[] = "/tmp/test_shell_same.XXXXXX";

	close(mkstemp(path));
	fixture_up(f);
	f->peer->file_size = 1000;
	make(path, 1000);
	f->peer->hook = shorten;
	assert_false(same(f, path));
	f->peer->hook = refuse;
	assert_false(same(f, path));
	f->peer->hook = NULL;
	assert_false(same(f, "/tmp")); /* no file */
	assert_true(same(f, path));
	unlink(path);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_same, fixture_setup,
						fixture_teardown),
		cmocka_unit_test_setup_teardown(
			test_cannot_be_read, fixture_setup, fixture_teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
