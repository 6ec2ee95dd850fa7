/* SPDX-License-Identifier: GPL-3.0-or-later */
/* reply.c: what protects a response, what it carries, and how many of them a
 * connection may have on their way. */
#include "server/server.h"
#include "tests/fixture_fake.h"

static void test_signing(void **private_data)
{
	struct logon l = logon_new();
	struct message_out out = {0};
	struct message *m = NULL;

	(void)private_data;
	l.session->signing_required = true;
	assert_int_equal(status_of(&l, SMB2_FLUSH), NT_STATUS_ACCESS_DENIED);
	l.sign = true;
	assert_int_equal(status_of(&l, SMB2_FLUSH), NT_STATUS_OK);
	/* With a wrong signature. */
	out = pdu(&l, SMB2_FLUSH, NULL, 0);
	out.sign = NULL;
	smb2_header_set_flags(out.iov[0].iov_base, SMB2_FLAGS_SIGNED);
	fixture_send(l.f, &out, 1, NULL, 0);
	m = fixture_read(l.f);
	assert_int_equal(m->pdu[0].header.status, NT_STATUS_ACCESS_DENIED);
	assert_int_equal(script.calls, 1);
	talloc_free(l.f);
}

static void test_sealing(void **private_data)
{
	struct logon l = logon_new();
	struct message_out out = {0};
	struct message *m = NULL;

	(void)private_data;
	l.session->encrypt_data = true;
	send_one(&l, SMB2_FLUSH, NULL, 0);
	m = fixture_read(l.f);
	assert_true(m->sealed);
	assert_int_equal(m->pdu[0].header.status, NT_STATUS_ACCESS_DENIED);
	out = pdu(&l, SMB2_FLUSH, NULL, 0);
	fixture_send(l.f, &out, 1, l.f->client_keys->seal, l.session->id);
	m = fixture_read(l.f);
	assert_true(m->sealed);
	assert_int_equal(m->pdu[0].header.status, NT_STATUS_OK);
	/* A transport that both ends trust is as good. */
	l.f->conn->agreed.accept_transport_security = true;
	assert_int_equal(status_of(&l, SMB2_FLUSH), NT_STATUS_OK);
	talloc_free(l.f);
}

static void test_sealed_for_another(void **private_data)
{
	struct logon l = logon_new();
	struct message_out out = pdu(&l, SMB2_FLUSH, NULL, 0);

	(void)private_data;
	smb2_header_set_session_id(out.iov[0].iov_base, l.session->id + 1);
	fixture_send(l.f, &out, 1, l.f->client_keys->seal, l.session->id);
	assert_null(fixture_read(l.f));
	talloc_free(l.f);
}

static void test_share_wants_sealing(void **private_data)
{
	struct logon l = logon_new();
	struct message *m = NULL;

	(void)private_data;
	l.tree->encrypt_data = true;
	send_one(&l, SMB2_FLUSH, NULL, 0);
	m = fixture_read(l.f);
	assert_true(m->sealed);
	assert_int_equal(m->pdu[0].header.status, NT_STATUS_ACCESS_DENIED);
	assert_int_equal(status_of(&l, SMB2_ECHO), NT_STATUS_OK);
	talloc_free(l.f);
}

static void test_payload(void **private_data)
{
	struct logon l = logon_new();
	struct open *open = open_new(l.tree);
	struct message *m = NULL;

	(void)private_data;
	script.payload = 300000;
	send_one(&l, SMB2_READ, open, 300000);
	m = fixture_read(l.f);
	assert_int_equal(m->pdu[0].len, SMB2_HEADER_SIZE + 4 + 300000);
	fixture_idle(l.f, 10);
	assert_int_equal(l.f->conn->bytes_out, 0);
	assert_int_equal(l.f->conn->bytes_in, 0);
	talloc_free(l.f);
}

/* A client that asks for more than we want to hold waits.
 * @param most  what it may have, and at least one answer. */
static void expect_bounded(struct logon *l, size_t most)
{
	struct open *open = open_new(l->tree);
	const unsigned count = 20;
	unsigned answers = 0;

	credits_grant(l->f->conn->credits, 8000);
	l->credits = 1;
	script.payload = SMB2_LARGE_MTU - 1;
	for (unsigned i = 0; i < count; i++) {
		send_one(l, SMB2_READ, open, SMB2_LARGE_MTU - 1);
	}
	fixture_idle(l->f, 20);
	assert_true(l->f->conn->bytes_out <= most);
	assert_true(script.calls <= most / SMB2_LARGE_MTU);
	while (answers < count) {
		struct message *m = fixture_read(l->f);

		assert_int_equal(m->pdu[0].header.status, NT_STATUS_OK);
		assert_true(l->f->conn->bytes_out <= most);
		talloc_free(m);
		answers++;
	}
	fixture_idle(l->f, 10);
	assert_int_equal(l->f->conn->bytes_out, 0);
	assert_int_equal(l->f->conn->bytes_in, 0);
}

static void test_bounded(void **private_data)
{
	struct logon l = logon_new();

	(void)private_data;
	expect_bounded(&l, CONN_MAX_BYTES);
	assert_int_equal(l.f->server->bytes_held, 0);
	talloc_free(l.f);
}

/* When others hold much one answer at a time is made for each. */
static void test_bounded_together(void **private_data)
{
	struct logon l = logon_new();

	(void)private_data;
	l.f->server->bytes_held = SERVER_MAX_BYTES + 1;
	expect_bounded(&l, 2 * SMB2_LARGE_MTU - 1);
	assert_int_equal(l.f->server->bytes_held, SERVER_MAX_BYTES + 1);
	talloc_free(l.f);
}

static void test_credit_charge(void **private_data)
{
	struct logon l = logon_new();
	struct open *open = open_new(l.tree);
	struct message_out out = pdu(&l, SMB2_READ, open, 100000);
	struct message *m = NULL;

	(void)private_data;
	smb2_header_set_credit_charge(out.iov[0].iov_base, 1);
	fixture_send(l.f, &out, 1, NULL, 0);
	m = fixture_read(l.f);
	assert_int_equal(m->pdu[0].header.status, NT_STATUS_INVALID_PARAMETER);
	talloc_free(l.f);
}

static void test_notify(void **private_data)
{
	struct logon l = logon_new();
	static const uint8_t body[24] = {24};
	struct message *m = NULL;

	(void)private_data;
	assert_true(request_notify(l.session, SMB2_OPLOCK_BREAK,
				   wire_slice(body, sizeof(body))));
	m = fixture_read(l.f);
	assert_int_equal(m->pdu[0].header.command, SMB2_OPLOCK_BREAK);
	assert_true(m->pdu[0].header.message_id == UINT64_MAX);
	assert_int_equal(m->pdu[0].header.session_id, 0);
	talloc_free(l.f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_signing),
		cmocka_unit_test(test_sealing),
		cmocka_unit_test(test_sealed_for_another),
		cmocka_unit_test(test_share_wants_sealing),
		cmocka_unit_test(test_payload),
		cmocka_unit_test(test_bounded),
		cmocka_unit_test(test_bounded_together),
		cmocka_unit_test(test_credit_charge),
		cmocka_unit_test(test_notify),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
