/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Several connections of one session, and who may not join one. */
#include "server/binding.h"
#include "tests/fixture_logon.h"

#define USERS                                           \
	"alice:65534:XXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXX:" \
	"%s:[U          ]:LCT-00000001:\n"              \
	"bob:65534:XXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXX:"   \
	"%s:[U          ]:LCT-00000001:\n"

#define CONFIG                                          \
	"[global]\nserver smb transports = tcp:20602\n" \
	"invalid authentication delay = 0\nserver min protocol = SMB2_02\n"

static struct fixture *server_with(const char *more)
{
	TALLOC_CTX *mem_ctx = talloc_new(NULL);
	uint8_t hash[USERS_NT_HASH_SIZE] = {0};
	char *hex = talloc_strdup(mem_ctx, "");
	struct fixture *f = NULL;

	assert_true(users_nt_hash("wonderland", hash));
	for (size_t i = 0; i < sizeof(hash); i++) {
		hex = talloc_asprintf_append(hex, "%02X", hash[i]);
	}
	f = fixture_new(talloc_asprintf(mem_ctx, CONFIG "%s", more),
			talloc_asprintf(mem_ctx, USERS, hex, hex));
	f->server->root = false;
	talloc_free(mem_ctx);
	return f;
}

/* What a client keeps for each of its connections. The fixture looks after
 * one; the others wait here. */
struct link {
	struct conn *conn;
	struct message_conn *client;
	uint64_t next_id;
	struct session_keys *keys;
};

static struct link put_aside(const struct fixture *f)
{
	return (struct link){f->conn, f->client, f->next_id, f->client_keys};
}

static void take_up(struct fixture *f, struct link l)
{
	f->conn = l.conn;
	f->client = l.client;
	f->next_id = l.next_id;
	f->client_keys = l.keys;
}

struct offer {
	uint16_t dialect, signing, cipher; /* 0: as usual */
};

static struct logon negotiated(struct fixture *f, const struct offer *offer)
{
	struct logon l = logon_new(f);

	l.policy.capabilities |= SMB2_GLOBAL_CAP_MULTI_CHANNEL;
	if (offer->dialect != 0) {
		l.policy.min_dialect = l.policy.max_dialect = offer->dialect;
	}
	if (offer->signing != 0) {
		l.policy.signing.id[0] = (uint16_t)(offer->signing - 1);
		l.policy.signing.count = 1;
	}
	if (offer->cipher != 0) {
		l.policy.ciphers.id[0] = offer->cipher;
		l.policy.ciphers.count = 1;
	}
	assert_int_equal(logon_negotiate(&l), NT_STATUS_OK);
	return l;
}

/* A second connection, where `first` wants to go on. */
static struct logon second(struct fixture *f, const struct logon *first,
			   const struct offer *offer)
{
	struct session_keys *keys = f->client_keys;
	struct logon l = {0};

	fixture_connect(f);
	f->client_keys = NULL;
	l = negotiated(f, offer);
	l.session_id = first->session_id;
	l.flags = SMB2_SESSION_FLAG_BINDING;
	f->client_keys = keys; /* the session's sign */
	return l;
}

static NTSTATUS bind_as(struct logon *l, const char *user, const char *password)
{
	NTSTATUS status = logon_run(l, user, password);

	if (status == NT_STATUS_OK) {
		l->f->client_keys = NULL;
		logon_keys(l);
	}
	return status;
}

static NTSTATUS echo_signed(struct fixture *f, uint64_t session_id)
{
	struct smb2_header header = {
		.command = SMB2_ECHO,
		.credits = 1,
		.session_id = session_id,
	};
	struct wire_writer w = fixture_pdu(f, &header);
	struct message_out out = {0};
	struct message *m = NULL;

	smb2_empty_encode(&w);
	out = fixture_out(&w);
	out.sign = f->client_keys->signing;
	fixture_send(f, &out, 1, NULL, 0);
	m = fixture_read(f);
	if (m == NULL) {
		return NT_STATUS_CONNECTION_DISCONNECTED;
	}
	if (m->pdu[0].header.status == NT_STATUS_OK) {
		assert_true(message_verify(&m->pdu[0], out.sign));
	}
	return m->pdu[0].header.status;
}

static struct session *session_of(const struct logon *l)
{
	return idtable_find(l->f->server->sessions, l->session_id);
}

static void test_bind(void **private_data)
{
	static const uint16_t dialects[] = {
		SMB2_DIALECT_300,
		SMB2_DIALECT_302,
		SMB2_DIALECT_311,
	};

	(void)private_data;
	for (size_t i = 0; i < sizeof(dialects) / sizeof(dialects[0]); i++) {
		struct offer offer = {.dialect = dialects[i]};
		struct fixture *f = server_with("");
		struct logon l1 = negotiated(f, &offer);
		struct logon l2 = {0};
		struct link one = {0};

		assert_true((l1.agreed.server_capabilities &
			     SMB2_GLOBAL_CAP_MULTI_CHANNEL) != 0);
		assert_int_equal(logon_run(&l1, "alice", "wonderland"),
				 NT_STATUS_OK);
		one = put_aside(f);
		l2 = second(f, &l1, &offer);
		assert_int_equal(bind_as(&l2, "alice", "wonderland"),
				 NT_STATUS_OK);
		assert_true(l2.last_signed);
		assert_int_equal(session_of(&l1)->num_channels, 2);
		assert_int_equal(f->conn->num_pending, 0);
		assert_int_equal(echo_signed(f, l1.session_id), NT_STATUS_OK);
		/* Once more: it is here already. */
		assert_int_equal(logon_run(&l2, "alice", "wonderland"),
				 NT_STATUS_REQUEST_NOT_ACCEPTED);
		/* The first one goes; the session stays. */
		talloc_free(one.conn);
		assert_int_equal(session_of(&l1)->num_channels, 1);
		assert_int_equal(echo_signed(f, l1.session_id), NT_STATUS_OK);
		talloc_free(f->conn);
		assert_int_equal(idtable_count(f->server->sessions), 0);
		talloc_free(f);
	}
}

/* Who cannot prove to be the session's user does not harm it. */
static void test_wrong_user(void **private_data)
{
	static const struct {
		const char *user, *password;
		NTSTATUS status;
	} rows[] = {
		{"alice", "Wonderland", NT_STATUS_LOGON_FAILURE},
		{"eve", "wonderland", NT_STATUS_LOGON_FAILURE},
		{"bob", "wonderland", NT_STATUS_ACCESS_DENIED},
		{"alice", "wonderland", NT_STATUS_OK},
	};
	const struct offer offer = {0};
	struct fixture *f = server_with("");
	struct logon l1 = negotiated(f, &offer);
	struct logon l2 = {0};

	(void)private_data;
	assert_int_equal(logon_run(&l1, "alice", "wonderland"), NT_STATUS_OK);
	l2 = second(f, &l1, &offer);
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		memcpy(l2.preauth, l2.agreed.preauth, sizeof(l2.preauth));
		assert_int_equal(bind_as(&l2, rows[i].user, rows[i].password),
				 rows[i].status);
		assert_true(l2.last_signed);
		assert_int_equal(session_of(&l1)->num_channels,
				 rows[i].status == NT_STATUS_OK ? 2 : 1);
	}
	/* But a valid channel whose user fails ends the session for all. */
	l2.flags = 0;
	assert_int_equal(logon_run(&l2, "alice", "wrong"),
			 NT_STATUS_LOGON_FAILURE);
	fixture_idle(f, 5);
	assert_int_equal(idtable_count(f->server->sessions), 0);
	talloc_free(f);
}

/* A connection has to fit to the session's first one. */
static void test_misfits(void **private_data)
{
	enum {
		HMAC = 1 + SMB2_SIGNING_HMAC_SHA256,
		CMAC = 1 + SMB2_SIGNING_AES_CMAC,
		GMAC = 1 + SMB2_SIGNING_AES_GMAC
	};
	static const struct {
		struct offer first, second;
		NTSTATUS status;
	} rows[] = {
		{{SMB2_DIALECT_202, 0, 0},
		 {SMB2_DIALECT_202, 0, 0},
		 NT_STATUS_REQUEST_NOT_ACCEPTED},
		{{SMB2_DIALECT_210, 0, 0},
		 {SMB2_DIALECT_302, 0, 0},
		 NT_STATUS_INVALID_PARAMETER},
		{{SMB2_DIALECT_302, 0, 0},
		 {SMB2_DIALECT_210, 0, 0},
		 NT_STATUS_REQUEST_NOT_ACCEPTED},
		{{SMB2_DIALECT_302, 0, 0},
		 {SMB2_DIALECT_311, CMAC, 0},
		 NT_STATUS_INVALID_PARAMETER},
		{{0, 0, SMB2_CIPHER_AES128_GCM},
		 {0, 0, SMB2_CIPHER_AES128_CCM},
		 NT_STATUS_INVALID_PARAMETER},
		{{0, CMAC, 0}, {0, HMAC, 0}, NT_STATUS_OK},
		{{0, HMAC, 0}, {0, CMAC, 0}, NT_STATUS_OK},
		{{0, CMAC, 0}, {0, GMAC, 0}, NT_STATUS_NOT_SUPPORTED},
		{{0, HMAC, 0}, {0, GMAC, 0}, NT_STATUS_NOT_SUPPORTED},
		{{0, GMAC, 0}, {0, CMAC, 0}, NT_STATUS_REQUEST_OUT_OF_SEQUENCE},
		{{0, GMAC, 0}, {0, HMAC, 0}, NT_STATUS_REQUEST_OUT_OF_SEQUENCE},
		{{SMB2_DIALECT_302, 0, 0},
		 {0, GMAC, 0},
		 NT_STATUS_NOT_SUPPORTED},
		{{0, GMAC, 0},
		 {SMB2_DIALECT_302, 0, 0},
		 NT_STATUS_REQUEST_OUT_OF_SEQUENCE},
	};

	(void)private_data;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct fixture *f = server_with("");
		struct logon l1 = negotiated(f, &rows[i].first);
		struct logon l2 = {0};
		NTSTATUS status = NT_STATUS_OK;

		assert_int_equal(logon_run(&l1, "alice", "wonderland"),
				 NT_STATUS_OK);
		l2 = second(f, &l1, &rows[i].second);
		status = bind_as(&l2, "alice", "wonderland");
		if (status != rows[i].status) {
			fail_msg("row %zu: %s", i, nt_errstr(status));
		}
		assert_int_equal(session_of(&l1)->num_channels,
				 status == NT_STATUS_OK ? 2 : 1);
		talloc_free(f);
	}
}

static void test_refused(void **private_data)
{
	const struct offer offer = {0};
	struct fixture *f = server_with("");
	struct logon l1 = negotiated(f, &offer);
	struct logon l2 = {0};
	struct session_keys *keys = NULL;

	(void)private_data;
	assert_int_equal(logon_run(&l1, "alice", "wonderland"), NT_STATUS_OK);
	keys = f->client_keys;
	/* Not signed. */
	l2 = second(f, &l1, &offer);
	f->client_keys = NULL;
	assert_int_equal(logon_run(&l2, "alice", "wonderland"),
			 NT_STATUS_INVALID_PARAMETER);
	/* Signed with a wrong key. */
	f->client_keys = keys;
	session_of(&l1)->keys->signing = NULL;
	assert_int_equal(crypto_signing_key_new(
				 session_of(&l1)->keys, SMB2_SIGNING_AES_GMAC,
				 (const uint8_t *)"0123456789abcdef",
				 &session_of(&l1)->keys->signing),
			 0);
	assert_int_equal(logon_run(&l2, "alice", "wonderland"),
			 NT_STATUS_ACCESS_DENIED);
	/* Not that session. */
	l2.session_id++;
	assert_int_equal(logon_run(&l2, "alice", "wonderland"),
			 NT_STATUS_USER_SESSION_DELETED);
	/* Not as if it were known here. */
	l2.session_id = l1.session_id;
	l2.flags = 0;
	assert_int_equal(logon_run(&l2, "alice", "wonderland"),
			 NT_STATUS_USER_SESSION_DELETED);
	talloc_free(f);
}

static void test_switched_off(void **private_data)
{
	const struct offer offer = {0};
	struct fixture *f = server_with("server multi channel support = no\n");
	struct logon l1 = negotiated(f, &offer);
	struct logon l2 = {0};

	(void)private_data;
	assert_int_equal(logon_run(&l1, "alice", "wonderland"), NT_STATUS_OK);
	l2 = second(f, &l1, &offer);
	assert_int_equal(logon_run(&l2, "alice", "wonderland"),
			 NT_STATUS_REQUEST_NOT_ACCEPTED);
	talloc_free(f);
}

/* What has begun to join has no rights yet, and must go on as it began. */
static void test_half_way(void **private_data)
{
	const struct offer offer = {0};
	struct fixture *f = server_with("");
	struct logon l1 = negotiated(f, &offer);
	struct link one = {0};
	struct logon l2 = {0};
	struct wire_slice token = {0};
	struct wire_slice answer = {0};

	(void)private_data;
	assert_int_equal(logon_run(&l1, "alice", "wonderland"), NT_STATUS_OK);
	one = put_aside(f);
	l2 = second(f, &l1, &offer);
	logon_begin(&l2, "alice", "wonderland");
	assert_int_equal(auth_step(l2.auth, f, answer, &token),
			 NT_STATUS_MORE_PROCESSING_REQUIRED);
	assert_int_equal(logon_leg(&l2, token, &answer),
			 NT_STATUS_MORE_PROCESSING_REQUIRED);
	assert_true(l2.last_signed);
	assert_false(f->conn->trusted);
	l2.flags = 0;
	assert_int_equal(logon_leg(&l2, token, &answer),
			 NT_STATUS_INVALID_PARAMETER);
	/* The only valid connection goes: so does the session. */
	talloc_free(one.conn);
	assert_int_equal(idtable_count(f->server->sessions), 0);
	assert_int_equal(f->conn->num_channels, 0);
	take_up(f, put_aside(f));
	talloc_free(f);
}

static void test_number(void **private_data)
{
	const struct offer offer = {0};
	struct fixture *f = server_with("");
	struct logon l1 = negotiated(f, &offer);
	struct session_keys *keys = NULL;
	NTSTATUS status = NT_STATUS_OK;

	(void)private_data;
	assert_int_equal(logon_run(&l1, "alice", "wonderland"), NT_STATUS_OK);
	keys = f->client_keys;
	for (unsigned i = 1; i <= SESSION_MAX_CHANNELS; i++) {
		struct logon l2 = {0};

		f->client_keys = keys;
		l2 = second(f, &l1, &offer);
		status = bind_as(&l2, "alice", "wonderland");
		assert_int_equal(status,
				 i < SESSION_MAX_CHANNELS
					 ? NT_STATUS_OK
					 : NT_STATUS_INSUFFICIENT_RESOURCES);
	}
	assert_int_equal(session_of(&l1)->num_channels, SESSION_MAX_CHANNELS);
	talloc_free(f);
}

/* `session lifetime`: it is over, and the user proves himself again. */
static void test_expiry(void **private_data)
{
	const struct offer offer = {0};
	struct fixture *f = server_with("session lifetime = 1h\n");
	struct logon l1 = negotiated(f, &offer);
	struct logon l2 = {0};
	struct link one = {0};
	struct session *session = NULL;

	(void)private_data;
	assert_int_equal(logon_run(&l1, "alice", "wonderland"), NT_STATUS_OK);
	session = session_of(&l1);
	assert_true(session->expires > server_now());
	assert_int_equal(session_state(session, server_now()), SESSION_VALID);
	session->expires = server_now() - 1;
	assert_int_equal(session_state(session, server_now()), SESSION_EXPIRED);
	one = put_aside(f);
	l2 = second(f, &l1, &offer);
	assert_int_equal(logon_run(&l2, "alice", "wonderland"),
			 NT_STATUS_NETWORK_SESSION_EXPIRED);
	take_up(f, one);
	assert_int_equal(logon_run(&l1, "alice", "wonderland"), NT_STATUS_OK);
	assert_int_equal(session_state(session, server_now()), SESSION_VALID);
	assert_int_equal(echo_signed(f, l1.session_id), NT_STATUS_OK);
	talloc_free(f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_bind),
		cmocka_unit_test(test_wrong_user),
		cmocka_unit_test(test_misfits),
		cmocka_unit_test(test_refused),
		cmocka_unit_test(test_switched_off),
		cmocka_unit_test(test_half_way),
		cmocka_unit_test(test_number),
		cmocka_unit_test(test_expiry),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
