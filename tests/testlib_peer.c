/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <string.h>

#include "tests/testlib.h"
#include "tests/testlib_peer.h"

#define PEER_NOW	 0x01D0AECBADF5A1A1ull
#define PEER_MAX_REPLIES 16

static void peer_read(struct peer *peer);

static bool peer_lookup(const char *user, const char *domain,
			struct auth_account *account, void *private_data)
{
	(void)domain;
	(void)private_data;
	return strcmp(user, PEER_USER) == 0 &&
	       auth_nt_hash(PEER_PASSWORD, account->nt_hash);
}

static struct smb2_sealing_key *peer_keyring(uint64_t session_id,
					     void *private_data)
{
	struct peer *peer = private_data;

	return session_id == peer->session && peer->keys != NULL
		       ? peer->keys->unseal
		       : NULL;
}

struct peer *testlib_peer(TALLOC_CTX *mem_ctx, struct tevent_context *ev)
{
	return testlib_peer_over(mem_ctx, ev, NULL);
}

static void peer_expect_logon(struct peer *peer)
{
	const struct auth_server_config config = {
		.netbios_name = "PEER",
		.netbios_domain = "PEER",
		.lookup = peer_lookup,
	};

	assert_int_equal(auth_server_new(peer, &config, PEER_NOW, &peer->auth),
			 NT_STATUS_OK);
}

struct peer *testlib_peer_over(TALLOC_CTX *mem_ctx, struct tevent_context *ev,
			       const struct transport_facts *facts)
{
	static const uint8_t zeros[CRYPTO_SIGNING_KEY_SIZE] = {0};
	const struct message_limits limits = {.max_message = 9 << 20};
	struct peer *peer = talloc_zero(mem_ctx, struct peer);
	struct transport *ends[2] = {NULL, NULL};

	peer->ev = ev;
	peer->credits = 64;
	peer->next_session = PEER_SESSION;
	peer->file_size = 100000;
	testlib_memory_pair(peer, ev, facts, ends);
	peer->client_end = ends[0];
	peer->conn = message_conn_new(peer, ev, ends[1], &limits, peer_keyring,
				      peer);
	negotiate_policy_defaults(&peer->policy);
	peer->policy.min_dialect = SMB2_DIALECT_202;
	memset(peer->policy.guid, 'P', NEGOTIATE_GUID_SIZE);
	peer_expect_logon(peer);
	assert_int_equal(crypto_signing_key_new(peer, SMB2_SIGNING_AES_CMAC,
						zeros, &peer->wrong_key),
			 0);
	peer_read(peer);
	return peer;
}

uint8_t testlib_peer_byte(uint64_t offset)
{
	return (uint8_t)(offset * 7 + offset / 251);
}

/* ---------------------------------------------------------------- replies */

struct wire_writer *testlib_peer_body(struct peer_reply *reply)
{
	wire_rollback(&reply->w, SMB2_HEADER_SIZE);
	return &reply->w;
}

void testlib_peer_error(struct peer_reply *reply, NTSTATUS status)
{
	struct smb2_error_response error = {0};

	reply->header.status = status;
	smb2_error_response_encode(testlib_peer_body(reply), &error);
}

static void peer_hash(struct peer *peer, const uint8_t *data, size_t len)
{
	struct iovec iov = {.iov_base = (void *)(uintptr_t)data,
			    .iov_len = len};

	assert_int_equal(crypto_preauth_update(peer->preauth, &iov, 1), 0);
}

static void peer_negotiate(struct peer *peer, const struct message_pdu *pdu,
			   struct peer_reply *reply)
{
	static const uint8_t salt[NEGOTIATE_SALT_SIZE] = {3};
	struct iovec iov = {0};
	struct wire_writer header = {0};

	reply->header.status = negotiate_judge_request(
		&peer->policy, wire_slice(pdu->data, pdu->len),
		&peer->agreement);
	if (!NT_STATUS_IS_OK(reply->header.status)) {
		testlib_peer_error(reply, reply->header.status);
		return;
	}
	reply->header.credits = 1;
	negotiate_build_response(&peer->policy, &peer->agreement, PEER_NOW,
				 salt, auth_server_hint(peer, AUTH_MECH_NTLM),
				 &reply->w);
	/* The header as it will be, for the hash. */
	header = wire_writer_fixed(reply->w.buf, SMB2_HEADER_SIZE);
	smb2_header_encode(&header, &reply->header);
	iov.iov_base = reply->w.buf;
	iov.iov_len = reply->w.len;
	assert_true(negotiate_hash(&peer->agreement, &iov, 1));
	memcpy(peer->preauth, peer->agreement.preauth, sizeof(peer->preauth));
}

static void peer_keys(struct peer *peer)
{
	struct keys_input input = {
		.role = KEYS_SERVER,
		.dialect = peer->agreement.dialect,
		.signing_algorithm = peer->agreement.signing_algorithm,
		.cipher = peer->agreement.cipher,
		.session_key = auth_session_key(peer->auth),
		.preauth = peer->preauth,
	};

	assert_int_equal(session_keys_new(peer, &input, &peer->keys),
			 NT_STATUS_OK);
}

void testlib_peer_end_session(struct peer *peer)
{
	peer->session = 0;
	TALLOC_FREE(peer->keys);
}

static void peer_session_setup(struct peer *peer, const struct message_pdu *pdu,
			       struct peer_reply *reply)
{
	struct smb2_session_setup_request in = {0};
	struct smb2_session_setup_response out = {0};
	struct wire_writer header = {0};
	NTSTATUS status = 0;

	if (pdu->header.session_id == 0) {
		memcpy(peer->preauth, peer->agreement.preauth,
		       sizeof(peer->preauth));
		testlib_peer_end_session(peer);
		TALLOC_FREE(peer->auth);
		peer_expect_logon(peer);
		peer->session = peer->next_session++;
	} else if (peer->session == 0) {
		peer->session = pdu->header.session_id; /* a channel of it */
	}
	peer_hash(peer, pdu->data, pdu->len);
	assert_true(
		smb2_session_setup_request_decode(pdu->data, pdu->len, &in));
	status = auth_step(peer->auth, peer, in.security_buffer,
			   &out.security_buffer);
	reply->header.status = status;
	reply->header.session_id = peer->session;
	if (!NT_STATUS_IS_OK(status) &&
	    status != NT_STATUS_MORE_PROCESSING_REQUIRED) {
		testlib_peer_error(reply, status);
		return;
	}
	if (NT_STATUS_IS_OK(status)) {
		out.session_flags = peer->session_flags;
		if (peer->keys == NULL) { /* those of a session stay */
			peer_keys(peer);
		}
		peer_expect_logon(peer);
	}
	smb2_session_setup_response_encode(&reply->w, &out);
	header = wire_writer_fixed(reply->w.buf, SMB2_HEADER_SIZE);
	smb2_header_encode(&header, &reply->header);
	peer_hash(peer, reply->w.buf, reply->w.len);
}

static void peer_tree_connect(struct peer *peer, struct peer_reply *reply)
{
	const struct smb2_tree_connect_response out = {
		.share_type = SMB2_SHARE_TYPE_DISK,
		.share_flags = peer->share_flags,
		.maximal_access = FILE_ALL_ACCESS,
	};

	reply->header.tree_id = PEER_TREE;
	smb2_tree_connect_response_encode(&reply->w, &out);
}

static void peer_create(struct peer *peer, struct peer_reply *reply)
{
	struct smb2_create_response out = {
		.create_action = FILE_OPENED,
		.last_write_time = PEER_NOW,
		.end_of_file = peer->file_size,
		.file_attributes = FILE_ATTRIBUTE_NORMAL,
	};

	peer->opened++;
	out.file_id.persistent_id = 1;
	out.file_id.volatile_id = peer->opened;
	smb2_create_response_encode(&reply->w, &out);
}

static void peer_read_file(struct peer *peer, const struct message_pdu *pdu,
			   struct peer_reply *reply)
{
	struct smb2_read_request in = {0};
	struct smb2_read_response out = {0};
	uint8_t *p = NULL;
	size_t i = 0;

	assert_true(smb2_read_request_decode(pdu->data, pdu->len, &in));
	if (in.offset >= peer->file_size) {
		testlib_peer_error(reply, NT_STATUS_END_OF_FILE);
		return;
	}
	out.data.len = in.length;
	if (out.data.len > peer->file_size - in.offset) {
		out.data.len = peer->file_size - in.offset;
	}
	smb2_read_response_encode(&reply->w, &out);
	p = wire_put_space(&reply->w, out.data.len);
	for (i = 0; p != NULL && i < out.data.len; i++) {
		p[i] = testlib_peer_byte(in.offset + i);
	}
}

static void peer_write(const struct message_pdu *pdu, struct peer_reply *reply)
{
	struct smb2_write_request in = {0};
	struct smb2_write_response out = {0};

	assert_true(smb2_write_request_decode(pdu->data, pdu->len, &in));
	out.count = (uint32_t)in.data.len;
	smb2_write_response_encode(&reply->w, &out);
}

static void peer_ioctl(struct peer *peer, const struct message_pdu *pdu,
		       struct peer_reply *reply)
{
	struct wire_writer w = wire_writer_talloc(peer);
	struct smb2_ioctl_request in = {0};
	struct smb2_ioctl_response out = {0};
	NTSTATUS status = NT_STATUS_INVALID_DEVICE_REQUEST;

	assert_true(smb2_ioctl_request_decode(pdu->data, pdu->len, &in));
	if (in.ctl_code == FSCTL_VALIDATE_NEGOTIATE_INFO) {
		status = negotiate_validate_answer(&peer->policy,
						   &peer->agreement, in.input,
						   in.max_output_response, &w);
	}
	if (!NT_STATUS_IS_OK(status)) {
		testlib_peer_error(reply, status);
		return;
	}
	out.ctl_code = in.ctl_code;
	out.file_id = in.file_id;
	out.output = wire_writer_slice(&w);
	smb2_ioctl_response_encode(&reply->w, &out);
}

/* The right answer to everything. */
static void peer_answer(struct peer *peer, const struct message_pdu *pdu,
			struct peer_reply *reply)
{
	const struct smb2_close_response closed = {0};
	const struct smb2_oplock_break broken = {0};

	switch (pdu->header.command) {
	case SMB2_NEGOTIATE: peer_negotiate(peer, pdu, reply); break;
	case SMB2_SESSION_SETUP: peer_session_setup(peer, pdu, reply); break;
	case SMB2_TREE_CONNECT: peer_tree_connect(peer, reply); break;
	case SMB2_CREATE: peer_create(peer, reply); break;
	case SMB2_CLOSE:
		peer->closed++;
		smb2_close_response_encode(&reply->w, &closed);
		break;
	case SMB2_READ: peer_read_file(peer, pdu, reply); break;
	case SMB2_WRITE: peer_write(pdu, reply); break;
	case SMB2_SET_INFO: smb2_set_info_response_encode(&reply->w); break;
	case SMB2_IOCTL: peer_ioctl(peer, pdu, reply); break;
	case SMB2_CANCEL: reply->silent = true; break;
	case SMB2_OPLOCK_BREAK:
		smb2_oplock_break_encode(&reply->w, &broken);
		break;
	case SMB2_LOGOFF:
	case SMB2_TREE_DISCONNECT:
	case SMB2_FLUSH:
	case SMB2_LOCK:
	case SMB2_ECHO: smb2_empty_encode(&reply->w); break;
	default: testlib_peer_error(reply, NT_STATUS_NOT_SUPPORTED);
	}
}

/* ---------------------------------------------------------------- sending */

static struct smb2_signing_key *peer_signing_key(const struct peer *peer,
						 const struct smb2_header *hdr)
{
	bool setup = hdr->command == SMB2_SESSION_SETUP;

	if (peer->keys == NULL || hdr->command == SMB2_NEGOTIATE ||
	    (setup && hdr->status != NT_STATUS_OK) ||
	    (peer->unsigned_reply && !setup) ||
	    hdr->message_id == SMB2_MESSAGE_ID_UNSOLICITED ||
	    hdr->status == NT_STATUS_PENDING) {
		return NULL;
	}
	return peer->wrong_signature ? peer->wrong_key : peer->keys->signing;
}

static void peer_written(struct tevent_req *subreq)
{
	(void)message_write_recv(subreq);
	talloc_free(subreq);
}

static void peer_send_all(struct peer *peer, struct peer_reply *replies,
			  unsigned count, bool sealed)
{
	struct message_out out[PEER_MAX_REPLIES];
	struct smb2_sealing_key *seal = NULL;
	struct tevent_req *subreq = NULL;
	unsigned i = 0;

	for (i = 0; i < count; i++) {
		struct peer_reply *reply = &replies[i];
		struct wire_writer header =
			wire_writer_fixed(reply->w.buf, SMB2_HEADER_SIZE);

		smb2_header_encode(&header, &reply->header);
		assert_true(wire_writer_ok(&reply->w));
		out[i] = (struct message_out){
			.sign = peer_signing_key(peer, &reply->header),
			.iov_count = 1,
		};
		out[i].iov[0].iov_base = reply->w.buf;
		out[i].iov[0].iov_len = reply->w.len;
	}
	if (sealed && !peer->unsealed && peer->keys != NULL) {
		seal = peer->keys->seal;
	}
	subreq = message_write_send(peer, peer->ev, peer->conn, out, count,
				    seal, peer->session);
	assert_non_null(subreq);
	tevent_req_set_callback(subreq, peer_written, NULL);
}

void testlib_peer_send(struct peer *peer, struct peer_reply *reply)
{
	peer_send_all(peer, reply, 1, false);
}

void testlib_peer_raw(struct peer *peer, const void *data, size_t len)
{
	struct transport *t = message_conn_transport(peer->conn);
	uint8_t *framed = talloc_size(peer, len + 4);

	wire_store_be(framed, len, 4);
	if (len > 0) {
		memcpy(framed + 4, data, len);
	}
	testlib_write_copy(peer->ev, t, framed, len + 4);
	talloc_free(framed);
}

/* ---------------------------------------------------------------- reading */

static void peer_request(struct peer *peer, const struct message_pdu *pdu,
			 struct peer_reply *reply)
{
	static const uint8_t zeros[SMB2_HEADER_SIZE] = {0};

	*reply = (struct peer_reply){
		.header =
			{
				.command = pdu->header.command,
				.flags = SMB2_FLAGS_SERVER_TO_REDIR,
				.credit_charge = pdu->header.credit_charge,
				.credits = peer->credits,
				.message_id = pdu->header.message_id,
				.session_id = pdu->header.session_id,
				.tree_id = pdu->header.tree_id,
			},
		.w = wire_writer_talloc(peer),
	};
	wire_put(&reply->w, zeros, sizeof(zeros));
	peer->last = pdu->header;
	peer->seen[pdu->header.command]++;
	peer_answer(peer, pdu, reply);
	if (peer->hook != NULL) {
		peer->hook(peer, pdu, reply);
	}
}

static void peer_message(struct peer *peer, const struct message *m)
{
	struct peer_reply replies[PEER_MAX_REPLIES];
	unsigned count = 0;
	unsigned i = 0;

	peer->messages++;
	assert_true(m->count <= PEER_MAX_REPLIES);
	for (i = 0; i < m->count; i++) {
		peer_request(peer, &m->pdu[i], &replies[count]);
		if (replies[count].silent) {
			continue;
		}
		if (peer->separate) {
			peer_send_all(peer, &replies[count], 1, m->sealed);
		} else {
			count++;
		}
	}
	if (count > 0) {
		peer_send_all(peer, replies, count, m->sealed);
	}
}

static void peer_read_done(struct tevent_req *subreq)
{
	struct peer *peer = tevent_req_callback_data(subreq, struct peer);
	struct message *m = NULL;
	int err = message_read_recv(subreq, peer, &m);

	TALLOC_FREE(peer->reading);
	if (err != 0 || m == NULL) {
		peer->broken = true;
		return;
	}
	peer_message(peer, m);
	talloc_free(m);
	peer_read(peer);
}

static void peer_read(struct peer *peer)
{
	peer->reading = message_read_send(peer, peer->ev, peer->conn);
	assert_non_null(peer->reading);
	tevent_req_set_callback(peer->reading, peer_read_done, peer);
}

void testlib_peer_pending(struct peer *peer, const struct peer_reply *reply,
			  uint64_t async_id)
{
	struct peer_reply pending = *reply;

	pending.silent = false;
	pending.w = wire_writer_talloc(peer);
	wire_put(&pending.w, reply->w.buf, SMB2_HEADER_SIZE);
	testlib_peer_error(&pending, NT_STATUS_PENDING);
	pending.header.flags |= SMB2_FLAGS_ASYNC_COMMAND;
	pending.header.async_id = async_id;
	testlib_peer_send(peer, &pending);
}

void testlib_peer_hang_up(struct peer *peer)
{
	TALLOC_FREE(peer->reading);
	TALLOC_FREE(peer->conn);
}
