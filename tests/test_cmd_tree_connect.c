/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * TREE_CONNECT to a share on a disk that does not answer yet: what others do
 * meanwhile, and what becomes of those who do not wait for the end.
 */
#include <pthread.h>
#include <stdatomic.h>
#include <sys/syscall.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "server/server.h"
#include "smbquic/utf16.h"
#include "tests/fixture_server.h"

#define CONFIG                                                        \
	"[global]\nserver smb transports = tcp:20609\n"               \
	"[fast]\nstore = memory\n[slow]\npath = %s\nread only = no\n" \
	"max connections = %d\n"

/* --- the disk -------------------------------------------------------------
 */

static atomic_bool held;
static atomic_int asked;

/* Instead of the C library's. */
int fstatfs(int fd, struct statfs *buf)
{
	atomic_fetch_add(&asked, 1);
	while (atomic_load(&held)) {
		usleep(1000);
	}
	return (int)syscall(SYS_fstatfs, fd, buf);
}

/* --- a client -------------------------------------------------------------
 */

struct rig {
	struct fixture *f;
	struct session *session;
	struct share *slow;
};

static void log_on(struct rig *rig)
{
	fixture_negotiated(rig->f);
	rig->session = fixture_logged_on(rig->f);
	credits_grant(rig->f->conn->credits, 100);
}

static struct rig rig_new(int max)
{
	TALLOC_CTX *mem_ctx = talloc_new(NULL);
	struct rig rig = {0};
	char *dir = testlib_tmpdir(mem_ctx);

	rig.f = fixture_new(talloc_asprintf(mem_ctx, CONFIG, dir, max), NULL);
	talloc_steal(rig.f, mem_ctx);
	rig.slow = share_find(rig.f->server, "slow");
	log_on(&rig);
	atomic_store(&asked, 0);
	atomic_store(&held, true);
	return rig;
}

static void rig_free(struct rig *rig)
{
	atomic_store(&held, false);
	talloc_free(rig->f);
}

/* @return its MessageId */
static uint64_t ask(struct rig *rig, uint16_t command, const char *path)
{
	struct smb2_header header = {
		.command = command,
		.credits = 1,
		.session_id = rig->session->id,
	};
	struct wire_writer w = fixture_pdu(rig->f, &header);
	struct smb2_tree_connect_request in = {0};
	struct message_out out = {0};

	if (path != NULL) {
		assert_true(utf16_from_utf8(rig->f, path, &in.path));
		smb2_tree_connect_request_encode(&w, &in);
	} else {
		smb2_empty_encode(&w);
	}
	out = fixture_out(&w);
	out.sign = rig->f->client_keys->signing;
	fixture_send(rig->f, &out, 1, NULL, 0);
	return header.message_id;
}

static uint64_t ask_slow(struct rig *rig)
{
	return ask(rig, SMB2_TREE_CONNECT, "\\\\x\\slow");
}

/* The next response. */
static NTSTATUS hear(struct rig *rig, uint64_t id)
{
	const struct message *m = fixture_read(rig->f);

	assert_non_null(m);
	assert_int_equal(m->pdu[0].header.message_id, id);
	return m->pdu[0].header.status;
}

static void until_asked(struct rig *rig)
{
	while (atomic_load(&asked) == 0) {
		fixture_idle(rig->f, 2);
	}
}

/* --- the tests ------------------------------------------------------------
 */

static void test_others_go_on(void **private_data)
{
	struct rig rig = rig_new(0);
	uint64_t slow = ask_slow(&rig);
	uint64_t id = 0;

	(void)private_data;
	until_asked(&rig);
	id = ask(&rig, SMB2_ECHO, NULL);
	assert_int_equal(hear(&rig, id), NT_STATUS_OK);
	id = ask(&rig, SMB2_TREE_CONNECT, "\\\\x\\fast");
	assert_int_equal(hear(&rig, id), NT_STATUS_OK);
	assert_int_equal(trees_count(rig.f->server, "slow"), 0);
	atomic_store(&held, false);
	assert_int_equal(hear(&rig, slow), NT_STATUS_OK);
	assert_int_equal(trees_count(rig.f->server, "slow"), 1);
	/* And now it is known. */
	id = ask_slow(&rig);
	assert_int_equal(hear(&rig, id), NT_STATUS_OK);
	assert_int_equal(atomic_load(&asked), 1);
	rig_free(&rig);
}

/* Two at a time ask once; and are counted. */
static void test_two(void **private_data)
{
	for (int max = 0; max < 2; max++) {
		struct rig rig = rig_new(max);
		uint64_t first = ask_slow(&rig);
		uint64_t second = 0;
		const struct message *m = NULL;
		unsigned good = 0;

		until_asked(&rig);
		second = ask_slow(&rig);
		fixture_idle(rig.f, 20);
		atomic_store(&held, false);
		for (int i = 0; i < 2; i++) {
			m = fixture_read(rig.f);
			assert_non_null(m);
			assert_in_range(m->pdu[0].header.message_id, first,
					second);
			good += m->pdu[0].header.status == NT_STATUS_OK;
		}
		assert_int_equal(good, max == 0 ? 2 : 1);
		assert_int_equal(trees_count(rig.f->server, "slow"), good);
		rig_free(&rig);
	}
	(void)private_data;
}

static void test_cancel(void **private_data)
{
	struct rig rig = rig_new(0);
	struct smb2_header header = {.command = SMB2_CANCEL,
				     .session_id = rig.session->id};
	struct wire_writer w = {0};
	struct message_out out = {0};
	uint64_t slow = ask(&rig, SMB2_ECHO, NULL);

	(void)private_data;
	assert_int_equal(hear(&rig, slow), NT_STATUS_OK);
	slow = ask_slow(&rig);
	header.message_id = slow; /* not 0, which fixture_pdu() replaces */
	until_asked(&rig);
	w = fixture_pdu(rig.f, &header);
	smb2_empty_encode(&w);
	out = fixture_out(&w);
	out.sign = rig.f->client_keys->signing;
	fixture_send(rig.f, &out, 1, NULL, 0);
	assert_int_equal(hear(&rig, slow), NT_STATUS_CANCELLED);
	assert_int_equal(trees_count(rig.f->server, "slow"), 0);
	rig_free(&rig);
}

static void test_logoff(void **private_data)
{
	struct rig rig = rig_new(0);
	uint64_t slow = ask_slow(&rig);
	uint64_t logoff = 0;

	(void)private_data;
	until_asked(&rig);
	logoff = ask(&rig, SMB2_LOGOFF, NULL);
	assert_int_equal(hear(&rig, slow), NT_STATUS_USER_SESSION_DELETED);
	assert_int_equal(hear(&rig, logoff), NT_STATUS_OK);
	rig_free(&rig);
}

/* One hangs up, and what he asked for goes on; another takes it over, or
 * nobody does. */
static void test_disconnect(void **private_data)
{
	for (int again = 0; again < 2; again++) {
		struct rig rig = rig_new(0);
		uint64_t slow = 0;

		(void)ask_slow(&rig);
		until_asked(&rig);
		TALLOC_FREE(rig.f->client);
		while (rig.f->server->conns != NULL) {
			fixture_idle(rig.f, 2);
		}
		assert_non_null(rig.slow->stores);
		if (again) {
			fixture_connect(rig.f);
			log_on(&rig);
			slow = ask_slow(&rig);
			fixture_idle(rig.f, 20);
			atomic_store(&held, false);
			assert_int_equal(hear(&rig, slow), NT_STATUS_OK);
			talloc_free(rig.f->conn);
		}
		atomic_store(&held, false);
		while (rig.slow->stores != NULL) {
			fixture_idle(rig.f, 2);
		}
		assert_int_equal(atomic_load(&asked), 1);
		rig_free(&rig);
	}
	(void)private_data;
}

static void *let_go(void *arg)
{
	(void)arg;
	usleep(50000);
	atomic_store(&held, false);
	return NULL;
}

/* The server's end waits for its threads. */
static void test_server_ends(void **private_data)
{
	struct rig rig = rig_new(0);
	pthread_t thread;

	(void)private_data;
	(void)ask_slow(&rig);
	until_asked(&rig);
	assert_int_equal(pthread_create(&thread, NULL, let_go, NULL), 0);
	talloc_free(rig.f);
	pthread_join(thread, NULL);
}

/* What failed is tried again. */
static void test_no_folder(void **private_data)
{
	struct rig rig = rig_new(0);
	const char *path =
		config_string(rig.slow->config, rig.slow->section, CONFIG_PATH);
	uint64_t id = 0;

	(void)private_data;
	atomic_store(&held, false);
	assert_int_equal(rmdir(path), 0);
	id = ask_slow(&rig);
	assert_int_equal(hear(&rig, id), NT_STATUS_BAD_NETWORK_NAME);
	assert_null(rig.slow->stores);
	assert_int_equal(mkdir(path, 0755), 0);
	id = ask_slow(&rig);
	assert_int_equal(hear(&rig, id), NT_STATUS_OK);
	rig_free(&rig);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_others_go_on),
		cmocka_unit_test(test_two),
		cmocka_unit_test(test_cancel),
		cmocka_unit_test(test_logoff),
		cmocka_unit_test(test_disconnect),
		cmocka_unit_test(test_server_ends),
		cmocka_unit_test(test_no_folder),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
