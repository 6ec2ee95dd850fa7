/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * fixture_server.h - a server and a client of it, joined in memory. For tests
 * that include something of server/.
 */
#ifndef SMBQUIC_FIXTURE_SERVER_H
#define SMBQUIC_FIXTURE_SERVER_H

#include "tests/testlib.h"

#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "server/credits.h"
#include "server/dispatch.h"
#include "smbquic/smb2_pdu.h"

#define FIXTURE_SECONDS 10

struct fixture {
	struct tevent_context *ev;
	struct server *server;
	struct conn *conn; /* good until it ends */
	struct message_conn *client;
	struct transport_facts facts;
	uint64_t next_id;
	struct session_keys *client_keys; /* to unseal with, or NULL */
	/* Parent of what is read. tevent_req_create() looks for the parent of
	 * its mem_ctx along all younger siblings: that takes one with few. */
	TALLOC_CTX *heard;
};

static inline void fixture_report(void *private_data,
				  enum config_severity severity,
				  const char *text)
{
	(void)private_data;
	if (severity == CONFIG_ERROR) {
		fail_msg("%s", text);
	}
}

/* A configuration from text, and a users file. */
static inline struct config *fixture_config(TALLOC_CTX *mem_ctx,
					    const char *text, const char *users)
{
	char *dir = testlib_tmpdir(mem_ctx);
	char *path = talloc_asprintf(mem_ctx, "%s/smbquic.conf", dir);
	FILE *file = fopen(path, "w");
	const char *overrides[] = {NULL, NULL};
	struct config *config = NULL;

	assert_non_null(file);
	fputs(text, file);
	fclose(file);
	path = talloc_asprintf(mem_ctx, "%s/smbpasswd", dir);
	file = fopen(path, "w");
	assert_non_null(file);
	fputs(users == NULL ? "" : users, file);
	fclose(file);
	chmod(path, 0600);
	overrides[0] = talloc_asprintf(mem_ctx, "smb passwd file=%s", path);
	path = talloc_asprintf(mem_ctx, "%s/smbquic.conf", dir);
	config = config_load(mem_ctx, path, overrides, fixture_report, NULL);
	assert_non_null(config);
	return config;
}

static inline struct smb2_sealing_key *fixture_unseal(uint64_t session_id,
						      void *private_data)
{
	struct fixture *f = private_data;

	(void)session_id;
	return f->client_keys == NULL ? NULL : f->client_keys->unseal;
}

/* Join a client to the server. */
static inline void fixture_connect(struct fixture *f)
{
	const struct message_limits limits = {.max_message = WIRE_LIMIT};
	struct transport *pair[2] = {NULL, NULL};

	testlib_memory_pair(f, f->ev, &f->facts, pair);
	f->conn = conn_new(f->server, pair[0]);
	assert_non_null(f->conn);
	f->client =
		message_conn_new(f, f->ev, pair[1], &limits, fixture_unseal, f);
	assert_non_null(f->client);
	f->next_id = 0;
}

/* A server with its tables, its workers and the shares of the text. */
static inline struct fixture *fixture_new(const char *config_text,
					  const char *users)
{
	struct fixture *f = talloc_zero(NULL, struct fixture);
	struct server *server = NULL;
	char *why = NULL;

	f->facts.backend = "memory";
	f->heard = talloc_new(f);
	f->ev = tevent_context_init(f);
	server = server_new(f, f->ev, fixture_config(f, config_text, users),
			    &why);
	if (server == NULL) {
		fail_msg("%s", why);
	}
	f->server = server;
	fixture_connect(f);
	return f;
}

/* As if NEGOTIATE had been done. */
static inline void fixture_negotiated(struct fixture *f)
{
	struct negotiate_agreement *agreed = &f->conn->agreed;

	f->conn->negotiated = true;
	agreed->dialect = SMB2_DIALECT_311;
	agreed->multi_credit = true;
	agreed->max_transact = agreed->max_read = agreed->max_write =
		SMB2_LARGE_MTU;
	agreed->signing_algorithm = SMB2_SIGNING_AES_CMAC;
	agreed->cipher = SMB2_CIPHER_AES128_GCM;
}

/* As if somebody had logged on. */
static inline struct session *fixture_logged_on(struct fixture *f)
{
	static const uint8_t key[16] = "0123456789abcde";
	static const uint8_t preauth[CRYPTO_PREAUTH_SIZE];
	struct keys_input input = {
		.role = KEYS_SERVER,
		.dialect = f->conn->agreed.dialect,
		.signing_algorithm = f->conn->agreed.signing_algorithm,
		.cipher = f->conn->agreed.cipher,
		.session_key = wire_slice(key, sizeof(key)),
		.preauth = preauth,
	};
	struct session *session = session_new(f->server);
	struct channel *channel = channel_new(f->conn, session);

	assert_int_equal(session_keys_new(session, &input, &session->keys),
			 NT_STATUS_OK);
	input.role = KEYS_CLIENT;
	assert_int_equal(session_keys_new(f, &input, &f->client_keys),
			 NT_STATUS_OK);
	channel->signing = session->keys->signing;
	session->user = talloc_zero(session, struct user);
	session->user->name = "alice";
	session->workstation = talloc_strdup(session, "");
	session->state = SESSION_VALID;
	channel_set_valid(channel);
	return session;
}

/* One PDU to be sent: body behind the header, header with the next id. */
static inline struct wire_writer fixture_pdu(struct fixture *f,
					     struct smb2_header *header)
{
	struct wire_writer w = wire_writer_talloc(f->client);

	if (header->message_id == 0) {
		header->message_id = f->next_id;
		f->next_id +=
			header->credit_charge > 1 ? header->credit_charge : 1;
	}
	smb2_header_encode(&w, header);
	return w;
}

static inline struct message_out fixture_out(struct wire_writer *w)
{
	struct message_out out = {.iov_count = 1};

	assert_true(wire_writer_ok(w));
	out.iov[0].iov_base = w->buf;
	out.iov[0].iov_len = w->len;
	return out;
}

/* Send PDUs as one message, do not wait. */
static inline void fixture_send(struct fixture *f, struct message_out *pdus,
				unsigned count, struct smb2_sealing_key *seal,
				uint64_t session_id)
{
	struct tevent_req *req = message_write_send(
		f->client, f->ev, f->client, pdus, count, seal, session_id);

	assert_non_null(req);
}

/* The next message; NULL: the server ended the connection. */
static inline struct message *fixture_read(struct fixture *f)
{
	struct tevent_req *req = message_read_send(f->heard, f->ev, f->client);
	struct message *message = NULL;

	assert_non_null(req);
	testlib_wait(f->ev, req, FIXTURE_SECONDS);
	if (message_read_recv(req, f->heard, &message) != 0) {
		message = NULL;
	}
	talloc_free(req);
	return message;
}

/* Let the loop run for some time. */
static inline void fixture_idle(struct fixture *f, unsigned ms)
{
	struct tevent_req *req = tevent_wakeup_send(
		f, f->ev,
		tevent_timeval_current_ofs(ms / 1000, ms % 1000 * 1000));

	testlib_wait(f->ev, req, FIXTURE_SECONDS);
	talloc_free(req);
}

#endif
