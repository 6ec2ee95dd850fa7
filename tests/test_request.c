/* SPDX-License-Identifier: GPL-3.0-or-later */
/* request.c: requests one by one and in chains, those that wait, and what ends
 * them. */
#include "server/server.h"
#include "tests/fixture_fake.h"

static void test_echo(void **private_data)
{
	struct logon l = logon_new();
	struct message *m = NULL;
	const struct smb2_header *h = NULL;

	(void)private_data;
	send_one(&l, SMB2_ECHO, NULL, 0);
	m = fixture_read(l.f);
	h = &m->pdu[0].header;
	assert_int_equal(h->command, SMB2_ECHO);
	assert_int_equal(h->status, NT_STATUS_OK);
	assert_int_equal(h->message_id, 1);
	assert_int_equal(h->credits, 10);
	assert_int_equal(h->flags, SMB2_FLAGS_SERVER_TO_REDIR);
	assert_int_equal(h->session_id, l.session->id);
	assert_int_equal(h->tree_id, l.tree->id);
	assert_true(smb2_empty_decode(m->pdu[0].data, m->pdu[0].len));
	talloc_free(l.f);
}

static void test_bad_message_id(void **private_data)
{
	struct logon l = logon_new();

	(void)private_data;
	l.f->next_id = 4000;
	send_one(&l, SMB2_ECHO, NULL, 0);
	assert_null(fixture_read(l.f));
	fixture_idle(l.f, 10);
	assert_null(l.f->server->conns);
	assert_int_equal(idtable_count(l.f->server->sessions), 0);
	assert_int_equal(script.calls, 0);
	talloc_free(l.f);
}

static void test_unknown_command(void **private_data)
{
	struct logon l = logon_new();

	(void)private_data;
	send_one(&l, SMB2_SERVER_TO_CLIENT_NOTIFICATION, NULL, 0);
	assert_null(fixture_read(l.f));
	talloc_free(l.f);
}

/* What we signed is not good as a request. */
static void test_reflection(void **private_data)
{
	struct logon l = logon_new();

	(void)private_data;
	l.flags = SMB2_FLAGS_SERVER_TO_REDIR;
	l.sign = true;
	send_one(&l, SMB2_ECHO, NULL, 0);
	assert_null(fixture_read(l.f));
	assert_int_equal(script.calls, 0);
	talloc_free(l.f);
}

static void test_error_body(void **private_data)
{
	struct logon l = logon_new();
	struct smb2_error_response error = {0};
	struct message *m = NULL;

	(void)private_data;
	script.status = NT_STATUS_DISK_FULL;
	send_one(&l, SMB2_FLUSH, NULL, 0);
	m = fixture_read(l.f);
	assert_int_equal(m->pdu[0].header.status, NT_STATUS_DISK_FULL);
	assert_true(smb2_error_response_decode(m->pdu[0].data, m->pdu[0].len,
					       &error));
	assert_int_equal(error.data.len, 0);
	talloc_free(l.f);
}

/* CREATE, READ, READ with inherited ids, answered as one message. */
static void test_related(void **private_data)
{
	struct logon l = logon_new();
	struct message_out out[3] = {{.iov_count = 0}};
	struct message *m = NULL;

	(void)private_data;
	l.sign = true;
	out[0] = pdu(&l, SMB2_CREATE, NULL, 0);
	l.flags = SMB2_FLAGS_RELATED_OPERATIONS;
	out[1] = pdu(&l, SMB2_READ, NULL, 10);
	out[2] = pdu(&l, SMB2_READ, NULL, 10);
	fixture_send(l.f, out, 3, NULL, 0);
	m = fixture_read(l.f);
	assert_int_equal(m->count, 3);
	for (unsigned i = 0; i < 3; i++) {
		const struct smb2_header *h = &m->pdu[i].header;

		assert_int_equal(h->status, NT_STATUS_OK);
		assert_int_equal(h->message_id, 1 + i);
		assert_int_equal(
			(h->flags & SMB2_FLAGS_RELATED_OPERATIONS) != 0, i > 0);
		/* The last one brings the credits of all. */
		assert_int_equal(h->credits, i < 2 ? 0 : 30);
		assert_true((h->flags & SMB2_FLAGS_SIGNED) != 0);
		assert_true(
			message_verify(&m->pdu[i], l.f->client_keys->signing));
	}
	assert_int_equal(idtable_count(l.session->opens), 1);
	talloc_free(l.f);
}

static void test_related_create_failed(void **private_data)
{
	struct logon l = logon_new();
	struct message_out out[2] = {{.iov_count = 0}};
	struct message *m = NULL;

	(void)private_data;
	script.status = NT_STATUS_OBJECT_NAME_NOT_FOUND;
	out[0] = pdu(&l, SMB2_CREATE, NULL, 0);
	l.flags = SMB2_FLAGS_RELATED_OPERATIONS;
	out[1] = pdu(&l, SMB2_READ, NULL, 10);
	fixture_send(l.f, out, 2, NULL, 0);
	m = fixture_read(l.f);
	assert_int_equal(m->count, 2);
	assert_int_equal(m->pdu[1].header.status,
			 NT_STATUS_OBJECT_NAME_NOT_FOUND);
	assert_int_equal(script.calls, 1);
	talloc_free(l.f);
}

static void test_related_without_file(void **private_data)
{
	struct logon l = logon_new();
	struct message_out out[2] = {{.iov_count = 0}};
	struct message *m = NULL;

	(void)private_data;
	out[0] = pdu(&l, SMB2_FLUSH, NULL, 0);
	l.flags = SMB2_FLAGS_RELATED_OPERATIONS;
	out[1] = pdu(&l, SMB2_READ, NULL, 10);
	fixture_send(l.f, out, 2, NULL, 0);
	m = fixture_read(l.f);
	assert_int_equal(m->pdu[0].header.status, NT_STATUS_OK);
	assert_int_equal(m->pdu[1].header.status, NT_STATUS_INVALID_HANDLE);
	talloc_free(l.f);
}

static void test_headless(void **private_data)
{
	struct logon l = logon_new();
	struct message_out out[2] = {{.iov_count = 0}};
	struct message *m = NULL;

	(void)private_data;
	l.flags = SMB2_FLAGS_RELATED_OPERATIONS;
	out[0] = pdu(&l, SMB2_FLUSH, NULL, 0);
	out[1] = pdu(&l, SMB2_FLUSH, NULL, 0);
	fixture_send(l.f, out, 2, NULL, 0);
	m = fixture_read(l.f);
	assert_int_equal(m->count, 2);
	assert_int_equal(m->pdu[0].header.status, NT_STATUS_INVALID_PARAMETER);
	assert_int_equal(m->pdu[1].header.status, NT_STATUS_INVALID_PARAMETER);
	assert_int_equal(script.calls, 0);
	talloc_free(l.f);
}

/* Unrelated ones do not wait for each other. */
static void test_unrelated(void **private_data)
{
	struct logon l = logon_new();
	struct message_out out[2] = {{.iov_count = 0}};
	struct message *m = NULL;

	(void)private_data;
	out[0] = pdu(&l, SMB2_FLUSH, NULL, 0);
	out[1] = pdu(&l, SMB2_ECHO, NULL, 0);
	fixture_send(l.f, out, 2, NULL, 0);
	m = fixture_read(l.f);
	assert_int_equal(m->count, 2);
	assert_int_equal(m->pdu[0].header.command, SMB2_FLUSH);
	assert_int_equal(m->pdu[1].header.command, SMB2_ECHO);
	assert_int_equal(m->pdu[1].header.flags, SMB2_FLAGS_SERVER_TO_REDIR);
	assert_int_equal(m->pdu[1].len % 8, 0);
	talloc_free(l.f);
}

/* Whose companion waits is not kept waiting. */
static void test_unrelated_waits(void **private_data)
{
	struct logon l = logon_new();
	struct message_out out[2] = {{.iov_count = 0}};
	struct message *m = NULL;

	(void)private_data;
	script.wait = true;
	out[0] = pdu(&l, SMB2_ECHO, NULL, 0);
	out[1] = pdu(&l, SMB2_FLUSH, NULL, 0);
	fixture_send(l.f, out, 2, NULL, 0);
	m = fixture_read(l.f);
	assert_int_equal(m->count, 1);
	assert_int_equal(m->pdu[0].header.command, SMB2_ECHO);
	m = fixture_read(l.f);
	assert_int_equal(m->pdu[0].header.status, NT_STATUS_PENDING);
	finish_hung();
	m = fixture_read(l.f);
	assert_int_equal(m->pdu[0].header.command, SMB2_FLUSH);
	assert_int_equal(m->pdu[0].header.status, NT_STATUS_OK);
	talloc_free(l.f);
}

/* Neither by who is slow without telling so. */
static void test_unrelated_slow(void **private_data)
{
	struct logon l = logon_new();
	struct message_out out[2] = {{.iov_count = 0}};
	struct message *m = NULL;

	(void)private_data;
	script.hang = true;
	out[0] = pdu(&l, SMB2_FLUSH, NULL, 0);
	out[1] = pdu(&l, SMB2_ECHO, NULL, 0);
	fixture_send(l.f, out, 2, NULL, 0);
	m = fixture_read(l.f);
	assert_int_equal(m->count, 1);
	assert_int_equal(m->pdu[0].header.command, SMB2_ECHO);
	talloc_free(l.f);
}

static void test_interim(void **private_data)
{
	struct logon l = logon_new();
	struct message *m = NULL;
	uint64_t async_id = 0;

	(void)private_data;
	l.sign = true;
	script.wait = true;
	send_one(&l, SMB2_FLUSH, NULL, 0);
	m = fixture_read(l.f);
	assert_int_equal(m->pdu[0].header.status, NT_STATUS_PENDING);
	assert_true(smb2_header_is_async(&m->pdu[0].header));
	assert_int_equal(m->pdu[0].header.credits, 10);
	assert_int_equal(m->pdu[0].header.flags & SMB2_FLAGS_SIGNED, 0);
	async_id = m->pdu[0].header.async_id;
	assert_int_not_equal(async_id, 0);
	assert_int_equal(l.f->conn->num_async, 1);
	finish_hung();
	m = fixture_read(l.f);
	assert_int_equal(m->pdu[0].header.status, NT_STATUS_OK);
	assert_int_equal(m->pdu[0].header.async_id, async_id);
	assert_int_equal(m->pdu[0].header.credits, 0);
	assert_true(message_verify(&m->pdu[0], l.f->client_keys->signing));
	assert_int_equal(l.f->conn->num_async, 0);
	talloc_free(l.f);
}

/* What merely takes long gets one by itself. */
static void test_slow(void **private_data)
{
	struct logon l = logon_new();
	struct message *m = NULL;

	(void)private_data;
	script.hang = true;
	send_one(&l, SMB2_FLUSH, NULL, 0);
	m = fixture_read(l.f);
	assert_int_equal(m->pdu[0].header.status, NT_STATUS_PENDING);
	finish_hung();
	m = fixture_read(l.f);
	assert_int_equal(m->pdu[0].header.status, NT_STATUS_OK);
	talloc_free(l.f);
}

static void cancel(struct logon *l, const struct smb2_header *target)
{
	struct smb2_header header = {
		.command = SMB2_CANCEL,
		.flags = target->flags & SMB2_FLAGS_ASYNC_COMMAND,
		.message_id = target->message_id,
		.async_id = target->async_id,
		.session_id = l->session->id,
	};
	struct wire_writer w = fixture_pdu(l->f, &header);
	struct message_out out = {0};

	smb2_empty_encode(&w);
	out = fixture_out(&w);
	fixture_send(l->f, &out, 1, NULL, 0);
}

static void test_cancel_async(void **private_data)
{
	struct logon l = logon_new();
	struct message *m = NULL;

	(void)private_data;
	script.wait = true;
	send_one(&l, SMB2_FLUSH, NULL, 0);
	m = fixture_read(l.f);
	cancel(&l, &m->pdu[0].header);
	m = fixture_read(l.f);
	assert_int_equal(m->pdu[0].header.status, NT_STATUS_CANCELLED);
	talloc_free(l.f);
}

static void test_cancel_by_message_id(void **private_data)
{
	struct logon l = logon_new();
	const struct smb2_header target = {.message_id = 1};
	struct message *m = NULL;

	(void)private_data;
	script.hang = true;
	send_one(&l, SMB2_FLUSH, NULL, 0);
	cancel(&l, &target);
	m = fixture_read(l.f);
	assert_int_equal(m->pdu[0].header.status, NT_STATUS_CANCELLED);
	assert_int_equal(m->pdu[0].header.message_id, 1);
	talloc_free(l.f);
}

/* 3.3.5.2.7: only the last of a chain may wait; CREATE anywhere. */
static void test_wait_in_chain(void **private_data)
{
	struct logon l = logon_new();
	struct message_out out[2] = {{.iov_count = 0}};
	struct message *m = NULL;

	(void)private_data;
	script.wait = true;
	out[0] = pdu(&l, SMB2_FLUSH, NULL, 0);
	l.flags = SMB2_FLAGS_RELATED_OPERATIONS;
	out[1] = pdu(&l, SMB2_FLUSH, NULL, 0);
	fixture_send(l.f, out, 2, NULL, 0);
	m = fixture_read(l.f);
	assert_int_equal(m->count, 2);
	assert_int_equal(m->pdu[0].header.status, NT_STATUS_INTERNAL_ERROR);
	assert_int_equal(m->pdu[1].header.status, NT_STATUS_PENDING);
	finish_hung();
	m = fixture_read(l.f);
	assert_int_equal(m->count, 1);
	assert_int_equal(m->pdu[0].header.status, NT_STATUS_OK);
	talloc_free(l.f);
}

static void test_create_waits_in_chain(void **private_data)
{
	struct logon l = logon_new();
	struct message_out out[2] = {{.iov_count = 0}};
	struct message *m = NULL;

	(void)private_data;
	script.wait = true;
	out[0] = pdu(&l, SMB2_CREATE, NULL, 0);
	l.flags = SMB2_FLAGS_RELATED_OPERATIONS;
	out[1] = pdu(&l, SMB2_FLUSH, NULL, 0);
	fixture_send(l.f, out, 2, NULL, 0);
	m = fixture_read(l.f);
	assert_int_equal(m->count, 1);
	assert_int_equal(m->pdu[0].header.status, NT_STATUS_PENDING);
	script.wait = false;
	finish_hung();
	m = fixture_read(l.f);
	assert_int_equal(m->count, 2);
	assert_true(smb2_header_is_async(&m->pdu[0].header));
	assert_false(smb2_header_is_async(&m->pdu[1].header));
	talloc_free(l.f);
}

static void test_too_many_wait(void **private_data)
{
	struct logon l = logon_new();
	struct message *m = NULL;

	(void)private_data;
	script.wait = true;
	l.f->conn->num_async = 511;
	send_one(&l, SMB2_FLUSH, NULL, 0);
	m = fixture_read(l.f);
	assert_int_equal(m->pdu[0].header.status,
			 NT_STATUS_INSUFFICIENT_RESOURCES);
	talloc_free(l.f);
}

/* What stands on a tree or a session ends with it, answered. */
static void test_tree_ends(void **private_data)
{
	struct logon l = logon_new();
	struct message *m = NULL;

	(void)private_data;
	script.wait = true;
	send_one(&l, SMB2_FLUSH, NULL, 0);
	m = fixture_read(l.f);
	tree_end(l.tree, NULL, NT_STATUS_NETWORK_NAME_DELETED);
	m = fixture_read(l.f);
	assert_int_equal(m->pdu[0].header.status,
			 NT_STATUS_NETWORK_NAME_DELETED);
	assert_int_equal(l.f->conn->num_async, 0);
	talloc_free(l.f);
}

/* What was done already is answered as such. */
static void test_done_before_the_end(void **private_data)
{
	struct logon l = logon_new();
	struct open *open = open_new(l.tree);
	struct message *m = NULL;

	(void)private_data;
	script.wait = true;
	send_one(&l, SMB2_READ, open, 10);
	m = fixture_read(l.f);
	assert_int_equal(m->pdu[0].header.status, NT_STATUS_PENDING);
	finish_hung();
	tree_end(l.tree, NULL, NT_STATUS_NETWORK_NAME_DELETED);
	m = fixture_read(l.f);
	assert_int_equal(m->pdu[0].header.status, NT_STATUS_OK);
	talloc_free(l.f);
}

/* A command that waits on an open may have an end of its own. */
static void test_open_ends(void **private_data)
{
	struct logon l = logon_new();
	struct open *open = open_new(l.tree);
	struct message *m = NULL;

	(void)private_data;
	script.wait = true;
	send_one(&l, SMB2_READ, open, 10);
	m = fixture_read(l.f);
	tree_end(l.tree, NULL, NT_STATUS_NETWORK_NAME_DELETED);
	m = fixture_read(l.f);
	assert_int_equal(m->pdu[0].header.status, NT_STATUS_RANGE_NOT_LOCKED);
	assert_int_equal(idtable_count(l.f->server->opens), 0);
	talloc_free(l.f);
}

static void test_session_ends(void **private_data)
{
	struct logon l = logon_new();
	struct message *m = NULL;

	(void)private_data;
	l.sign = true;
	script.wait = true;
	send_one(&l, SMB2_FLUSH, NULL, 0);
	m = fixture_read(l.f);
	session_end(l.session, NULL);
	assert_int_equal(idtable_count(l.f->server->sessions), 0);
	m = fixture_read(l.f);
	assert_int_equal(m->pdu[0].header.status,
			 NT_STATUS_USER_SESSION_DELETED);
	assert_true(message_verify(&m->pdu[0], l.f->client_keys->signing));
	talloc_free(l.f);
}

/* The rest of a chain whose tree is gone fails, in order: the first to look for
 * it does not find it, the next has none to inherit (3.3.5.2.7.2). */
static void test_tree_ends_in_chain(void **private_data)
{
	struct logon l = logon_new();
	struct message_out out[3] = {{.iov_count = 0}};
	struct message *m = NULL;
	unsigned answers = 0;

	(void)private_data;
	l.sign = true;
	out[0] = pdu(&l, SMB2_FLUSH, NULL, 0);
	l.flags = SMB2_FLAGS_RELATED_OPERATIONS;
	out[1] = pdu(&l, SMB2_FLUSH, NULL, 0);
	out[2] = pdu(&l, SMB2_FLUSH, NULL, 0);
	script.hang = true;
	fixture_send(l.f, out, 3, NULL, 0);
	while (script.hung == NULL) {
		tevent_loop_once(l.f->ev);
	}
	tree_end(l.tree, NULL, NT_STATUS_NETWORK_NAME_DELETED);
	while (answers < 3) {
		m = fixture_read(l.f);
		for (unsigned i = 0; i < m->count; i++) {
			assert_int_equal(
				m->pdu[i].header.status,
				answers < 2 ? NT_STATUS_NETWORK_NAME_DELETED
					    : NT_STATUS_INVALID_PARAMETER);
			answers++;
		}
	}
	talloc_free(l.f);
}

static void test_connection_ends(void **private_data)
{
	struct logon l = logon_new();
	struct open *open = open_new(l.tree);

	(void)private_data;
	script.hang = true;
	send_one(&l, SMB2_READ, open, 100);
	while (script.hung == NULL) {
		tevent_loop_once(l.f->ev);
	}
	TALLOC_FREE(l.f->client);
	fixture_idle(l.f, 50);
	assert_null(l.f->server->conns);
	assert_int_equal(idtable_count(l.f->server->sessions), 0);
	assert_int_equal(idtable_count(l.f->server->opens), 0);
	talloc_free(l.f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_echo),
		cmocka_unit_test(test_bad_message_id),
		cmocka_unit_test(test_unknown_command),
		cmocka_unit_test(test_reflection),
		cmocka_unit_test(test_error_body),
		cmocka_unit_test(test_related),
		cmocka_unit_test(test_related_create_failed),
		cmocka_unit_test(test_related_without_file),
		cmocka_unit_test(test_headless),
		cmocka_unit_test(test_unrelated),
		cmocka_unit_test(test_unrelated_waits),
		cmocka_unit_test(test_unrelated_slow),
		cmocka_unit_test(test_interim),
		cmocka_unit_test(test_slow),
		cmocka_unit_test(test_cancel_async),
		cmocka_unit_test(test_cancel_by_message_id),
		cmocka_unit_test(test_wait_in_chain),
		cmocka_unit_test(test_create_waits_in_chain),
		cmocka_unit_test(test_too_many_wait),
		cmocka_unit_test(test_tree_ends),
		cmocka_unit_test(test_done_before_the_end),
		cmocka_unit_test(test_open_ends),
		cmocka_unit_test(test_session_ends),
		cmocka_unit_test(test_tree_ends_in_chain),
		cmocka_unit_test(test_connection_ends),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
