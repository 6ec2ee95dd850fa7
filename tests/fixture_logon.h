/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * fixture_logon.h - what a real client does first: NEGOTIATE and
 * SESSION_SETUP, over the fixture's connection in memory.
 */
#ifndef SMBQUIC_FIXTURE_LOGON_H
#define SMBQUIC_FIXTURE_LOGON_H

#include "tests/fixture_server.h"

struct logon {
	struct fixture *f;
	struct negotiate_policy policy;
	struct negotiate_agreement agreed;
	struct auth *auth;
	uint64_t session_id, previous_session_id;
	uint8_t preauth[CRYPTO_PREAUTH_SIZE];
	uint8_t flags, security_mode;
	uint16_t session_flags; /* of the last response */
	bool last_signed;	/* the last response was, rightly */
	struct smb2_header last;
};

static inline struct logon logon_new(struct fixture *f)
{
	struct logon l = {.f = f};

	negotiate_policy_defaults(&l.policy);
	l.policy.quic = f->facts.secure;
	l.policy.secure_transport = f->facts.secure;
	memset(l.policy.guid, 7, sizeof(l.policy.guid));
	return l;
}

static inline struct iovec logon_iov(struct wire_slice s)
{
	struct iovec iov = {.iov_len = s.len};

	memcpy(&iov.iov_base, &s.data, sizeof(iov.iov_base));
	return iov;
}

/* NEGOTIATE; NT_STATUS_CONNECTION_DISCONNECTED: the server hung up. */
static inline NTSTATUS logon_negotiate(struct logon *l)
{
	static const uint8_t salt[NEGOTIATE_SALT_SIZE] = {1};
	struct smb2_header header = {.command = SMB2_NEGOTIATE, .credits = 100};
	struct wire_writer w = fixture_pdu(l->f, &header);
	struct message_out out = {0};
	struct message *m = NULL;
	NTSTATUS status = NT_STATUS_OK;

	assert_true(negotiate_build_request(&l->policy, salt, &w));
	out = fixture_out(&w);
	fixture_send(l->f, &out, 1, NULL, 0);
	m = fixture_read(l->f);
	if (m == NULL) {
		return NT_STATUS_CONNECTION_DISCONNECTED;
	}
	l->last = m->pdu[0].header;
	status = negotiate_judge_response(&l->policy, wire_writer_slice(&w),
					  wire_slice(m->data, m->len),
					  &l->agreed);
	memcpy(l->preauth, l->agreed.preauth, sizeof(l->preauth));
	return status;
}

static inline void logon_begin(struct logon *l, const char *user,
			       const char *password)
{
	const struct auth_client_config config = {
		.user = user,
		.domain = "",
		.password = password,
		.workstation = "TESTCLIENT",
		.target = "server.example",
	};

	assert_int_equal(auth_client_new(l->f, &config, wire_slice(NULL, 0),
					 server_now(), &l->auth),
			 NT_STATUS_OK);
}

/* One SESSION_SETUP with that token; the server's token comes back. */
static inline NTSTATUS logon_leg(struct logon *l, struct wire_slice token,
				 struct wire_slice *answer)
{
	struct smb2_header header = {
		.command = SMB2_SESSION_SETUP,
		.credits = 100,
		.session_id = l->session_id,
	};
	const struct smb2_session_setup_request in = {
		.flags = l->flags,
		.security_mode = l->security_mode,
		.previous_session_id = l->previous_session_id,
		.security_buffer = token,
	};
	struct smb2_session_setup_response response = {0};
	struct wire_writer w = fixture_pdu(l->f, &header);
	struct message_out out = {0};
	struct message *m = NULL;
	struct iovec iov = {0};

	smb2_session_setup_request_encode(&w, &in);
	out = fixture_out(&w);
	if (l->f->client_keys != NULL) {
		out.sign = l->f->client_keys->signing;
	}
	fixture_send(l->f, &out, 1, NULL, 0);
	iov = logon_iov(wire_writer_slice(&w));
	crypto_preauth_update(l->preauth, &iov, 1);
	m = fixture_read(l->f);
	if (m == NULL) {
		return NT_STATUS_CONNECTION_DISCONNECTED;
	}
	l->last = m->pdu[0].header;
	l->last_signed = (l->last.flags & SMB2_FLAGS_SIGNED) != 0;
	*answer = wire_slice(NULL, 0);
	if (smb2_status_has_body(SMB2_SESSION_SETUP, l->last.status)) {
		assert_true(smb2_session_setup_response_decode(
			m->pdu[0].data, m->pdu[0].len, &response));
		*answer = response.security_buffer;
		l->session_flags = response.session_flags;
	}
	if (l->last.status == NT_STATUS_MORE_PROCESSING_REQUIRED) {
		iov = logon_iov(wire_slice(m->data, m->len));
		crypto_preauth_update(l->preauth, &iov, 1);
	}
	l->session_id = l->last.session_id;
	return l->last.status;
}

static inline void logon_keys(struct logon *l)
{
	const struct keys_input input = {
		.role = KEYS_CLIENT,
		.dialect = l->agreed.dialect,
		.signing_algorithm = l->agreed.signing_algorithm,
		.cipher = l->agreed.cipher,
		.session_key = auth_session_key(l->auth),
		.preauth = l->preauth,
	};

	assert_int_equal(session_keys_new(l->f, &input, &l->f->client_keys),
			 NT_STATUS_OK);
}

/* The whole exchange. */
static inline NTSTATUS logon_run(struct logon *l, const char *user,
				 const char *password)
{
	struct wire_slice token = {0};
	struct wire_slice answer = {0};
	NTSTATUS status = NT_STATUS_MORE_PROCESSING_REQUIRED;

	logon_begin(l, user, password);
	while (status == NT_STATUS_MORE_PROCESSING_REQUIRED) {
		NTSTATUS step = auth_step(l->auth, l->f, answer, &token);

		assert_false(step != NT_STATUS_OK &&
			     step != NT_STATUS_MORE_PROCESSING_REQUIRED);
		status = logon_leg(l, token, &answer);
	}
	if (status == NT_STATUS_OK && answer.len > 0) {
		assert_int_equal(auth_step(l->auth, l->f, answer, &token),
				 NT_STATUS_OK);
	}
	if (status == NT_STATUS_OK && l->f->client_keys == NULL) {
		logon_keys(l);
	}
	return status;
}

#endif
