/* SPDX-License-Identifier: GPL-3.0-or-later */
/* NEGOTIATE, and what comes before it. */
#include "server/server.h"
#include "tests/fixture_tree.h"

static void test_negotiate(void **private_data)
{
	struct fixture *f = server_with("");
	struct logon l = logon_new(f);

	(void)private_data;
	assert_int_equal(logon_negotiate(&l), NT_STATUS_OK);
	assert_int_equal(l.agreed.dialect, SMB2_DIALECT_311);
	assert_int_equal(l.agreed.signing_algorithm, SMB2_SIGNING_AES_GMAC);
	assert_int_equal(l.agreed.cipher, SMB2_CIPHER_AES128_GCM);
	assert_int_equal(l.agreed.max_read, SMB2_LARGE_MTU);
	assert_true(l.agreed.multi_credit);
	assert_int_equal(l.last.credits, 100);
	assert_memory_equal(f->conn->agreed.preauth, l.agreed.preauth,
			    CRYPTO_PREAUTH_SIZE);
	/* Only once. */
	assert_int_equal(logon_negotiate(&l),
			 NT_STATUS_CONNECTION_DISCONNECTED);
	talloc_free(f);
}

static void test_every_dialect(void **private_data)
{
	static const uint16_t dialects[] = {
		SMB2_DIALECT_202, SMB2_DIALECT_210, SMB2_DIALECT_300,
		SMB2_DIALECT_302, SMB2_DIALECT_311,
	};

	(void)private_data;
	for (size_t i = 0; i < sizeof(dialects) / sizeof(dialects[0]); i++) {
		struct fixture *f = server_with("");
		struct logon l = logon_new(f);

		l.policy.min_dialect = l.policy.max_dialect = dialects[i];
		assert_int_equal(logon_negotiate(&l), NT_STATUS_OK);
		assert_int_equal(l.agreed.dialect, dialects[i]);
		assert_int_equal(logon_run(&l, "alice", "wonderland"),
				 NT_STATUS_OK);
		assert_true(l.last_signed);
		talloc_free(f);
	}
}

static struct message *smb1_negotiate(struct fixture *f)
{
	const struct smb1_negotiate_request old = {.smb_2_xxx = true};
	struct wire_writer w = wire_writer_talloc(f);
	uint8_t frame[4] = {0};

	smb1_negotiate_request_encode(&w, &old);
	frame[3] = (uint8_t)w.len;
	testlib_write_copy(f->ev, message_conn_transport(f->client), frame, 4);
	testlib_write_copy(f->ev, message_conn_transport(f->client), w.buf,
			   w.len);
	return fixture_read(f);
}

/* It is how a client begins, and nothing else. */
static void test_smb1_again(void **private_data)
{
	struct fixture *f = server_with("");
	struct message *m = smb1_negotiate(f);

	(void)private_data;
	assert_non_null(m);
	assert_int_equal(m->pdu[0].header.status, NT_STATUS_OK);
	assert_null(smb1_negotiate(f));
	talloc_free(f);
}

static void test_smb1(void **private_data)
{
	struct fixture *f = server_with("");
	struct logon l = logon_new(f);
	struct message *m = NULL;

	(void)private_data;
	m = smb1_negotiate(f);
	assert_non_null(m);
	assert_int_equal(m->pdu[0].header.status, NT_STATUS_OK);
	assert_int_equal(m->pdu[0].header.message_id, 0);
	assert_int_equal(f->conn->agreed.dialect, SMB2_DIALECT_WILDCARD);
	f->next_id = 1;
	assert_int_equal(logon_negotiate(&l), NT_STATUS_OK);
	assert_int_equal(logon_run(&l, "alice", "wonderland"), NT_STATUS_OK);
	talloc_free(f);
}

static void test_nothing_before_negotiate(void **private_data)
{
	struct fixture *f = server_with("");
	struct logon l = logon_new(f);
	struct wire_slice answer = {0};

	(void)private_data;
	assert_int_equal(logon_leg(&l, wire_slice(NULL, 0), &answer),
			 NT_STATUS_CONNECTION_DISCONNECTED);
	talloc_free(f);
}

static void test_quic_speaks_311_only(void **private_data)
{
	struct fixture *f = server_with("");
	struct logon l = {0};

	(void)private_data;
	f->facts.secure = true;
	fixture_connect(f);
	l = logon_new(f);
	l.policy.quic = false;
	l.policy.min_dialect = l.policy.max_dialect = SMB2_DIALECT_302;
	assert_int_equal(logon_negotiate(&l), NT_STATUS_NOT_SUPPORTED);
	l.policy.quic = true;
	assert_int_equal(logon_negotiate(&l), NT_STATUS_OK);
	assert_int_equal(l.agreed.dialect, SMB2_DIALECT_311);
	talloc_free(f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_negotiate),
		cmocka_unit_test(test_every_dialect),
		cmocka_unit_test(test_smb1),
		cmocka_unit_test(test_smb1_again),
		cmocka_unit_test(test_nothing_before_negotiate),
		cmocka_unit_test(test_quic_speaks_311_only),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
