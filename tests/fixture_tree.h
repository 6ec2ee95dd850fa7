/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * fixture_tree.h - a client that does what clients do: it logs on, and connects
 * to shares of a server with the server's own table of commands.
 */
#ifndef SMBQUIC_FIXTURE_TREE_H
#define SMBQUIC_FIXTURE_TREE_H

#include "server/server.h"
#include "tests/fixture_logon.h"

#include "smbquic/utf16.h"

/* alice has the password "wonderland", bob's account is disabled. Both act as
 * "nobody" when the test is run by root. */
#define USERS                                           \
	"alice:65534:XXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXX:" \
	"%s:[U          ]:LCT-00000001:\n"              \
	"bob:65534:XXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXX:"   \
	"%s:[DU         ]:LCT-00000001:\n"

#define GLOBAL                                          \
	"[global]\nserver smb transports = tcp:20602\n" \
	"invalid authentication delay = 0\nserver min protocol = SMB2_02\n"

#define SHARES                                               \
	"[open]\nstore = memory\nread only = no\n"           \
	"[ro]\nstore = memory\n"                             \
	"[nobody]\nstore = memory\nvalid users = carol\n"    \
	"[bob]\nstore = memory\ninvalid users = alice\n"     \
	"[list]\nstore = memory\nwrite list = alice\n"       \
	"[one]\nstore = memory\nmax connections = 1\n"       \
	"[far]\nstore = memory\nhosts deny = ALL\n"          \
	"[secret]\nstore = memory\nsmb encrypt = required\n" \
	"[off]\nstore = memory\navailable = no\n"            \
	"[guests]\nstore = memory\nguest ok = yes\n"

static inline char *users_text(TALLOC_CTX *mem_ctx)
{
	uint8_t hash[USERS_NT_HASH_SIZE] = {0};
	char *hex = talloc_strdup(mem_ctx, "");

	assert_true(users_nt_hash("wonderland", hash));
	for (size_t i = 0; i < sizeof(hash); i++) {
		hex = talloc_asprintf_append(hex, "%02X", hash[i]);
	}
	return talloc_asprintf(mem_ctx, USERS, hex, hex);
}

static inline struct fixture *server_with(const char *more)
{
	TALLOC_CTX *mem_ctx = talloc_new(NULL);
	char *text = talloc_asprintf(mem_ctx, GLOBAL "%s" SHARES, more);
	struct fixture *f = fixture_new(text, users_text(mem_ctx));

	/* As an ordinary user, wherever the test runs. */
	f->server->root = false;
	talloc_free(mem_ctx);
	return f;
}

struct answer {
	NTSTATUS status;
	uint32_t tree_id;
	struct smb2_tree_connect_response tree;
};

static inline struct logon logged_on(struct fixture *f)
{
	struct logon l = logon_new(f);

	assert_int_equal(logon_negotiate(&l), NT_STATUS_OK);
	assert_int_equal(logon_run(&l, "alice", "wonderland"), NT_STATUS_OK);
	return l;
}

static inline struct answer exchange(struct logon *l, struct wire_writer *w,
				     bool sign, bool seal)
{
	struct message_out out = fixture_out(w);
	struct answer answer = {0};
	struct message *m = NULL;

	out.sign = sign ? l->f->client_keys->signing : NULL;
	fixture_send(l->f, &out, 1, seal ? l->f->client_keys->seal : NULL,
		     l->session_id);
	m = fixture_read(l->f);
	if (m == NULL) {
		answer.status = NT_STATUS_CONNECTION_DISCONNECTED;
		return answer;
	}
	assert_int_equal(m->sealed, seal);
	answer.status = m->pdu[0].header.status;
	answer.tree_id = m->pdu[0].header.tree_id;
	if (m->pdu[0].header.command == SMB2_TREE_CONNECT &&
	    answer.status == NT_STATUS_OK) {
		assert_true(smb2_tree_connect_response_decode(
			m->pdu[0].data, m->pdu[0].len, &answer.tree));
	}
	return answer;
}

static inline struct answer tree_connect_path(struct logon *l, const char *path,
					      bool sign)
{
	struct smb2_header header = {
		.command = SMB2_TREE_CONNECT,
		.credits = 1,
		.session_id = l->session_id,
	};
	struct smb2_tree_connect_request in = {0};
	struct wire_writer w = fixture_pdu(l->f, &header);

	assert_true(utf16_from_utf8(l->f, path, &in.path));
	smb2_tree_connect_request_encode(&w, &in);
	return exchange(l, &w, sign, false);
}

static inline struct answer tree_connect(struct logon *l, const char *share)
{
	char *path = talloc_asprintf(l->f, "\\\\127.0.0.1\\%s", share);

	return tree_connect_path(l, path, true);
}

static inline NTSTATUS simple(struct logon *l, uint16_t command,
			      uint32_t tree_id, bool seal)
{
	struct smb2_header header = {
		.command = command,
		.credits = 1,
		.session_id = l->session_id,
		.tree_id = tree_id,
	};
	struct wire_writer w = fixture_pdu(l->f, &header);

	smb2_empty_encode(&w);
	return exchange(l, &w, !seal, seal).status;
}

#endif
