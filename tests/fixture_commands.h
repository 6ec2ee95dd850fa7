/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * fixture_commands.h - a client that has logged on and has two trees: a share
 * in memory and IPC$. Requests of the server's own table.
 */
#ifndef SMBQUIC_FIXTURE_COMMANDS_H
#define SMBQUIC_FIXTURE_COMMANDS_H

#include "tests/fixture_server.h"
#include "tests/store_now.h"

#include "smbquic/utf16.h"

#define FIXTURE_CONFIG                                  \
	"[global]\nserver smb transports = tcp:20608\n" \
	"[one]\nstore = memory\nread only = no\n"

struct user_fixture {
	struct fixture *f;
	struct session *session;
	struct tree *disk, *pipe;
	uint32_t tree_id; /* of the next request */
	uint32_t flags;
	uint16_t channel_sequence;
	uint16_t charge;
};

static inline struct tree *fixture_tree(struct session *session,
					const char *name)
{
	const struct config_macros macros = {.user = "alice"};
	struct share *share = share_find(session->server, name);
	struct tree *tree = tree_new(session, share);
	char *why = NULL;

	assert_non_null(tree);
	tree->user = session->user;
	tree->maximal_access = 0x001F01FF;
	if (share->type == SHARE_DISK) {
		tree->store = share_store_now(share, tree, &macros, &why);
		assert_non_null(tree->store);
	}
	return tree;
}

static inline struct user_fixture user_fixture_new(void)
{
	struct user_fixture u = {.f = fixture_new(FIXTURE_CONFIG, NULL)};

	fixture_negotiated(u.f);
	u.session = fixture_logged_on(u.f);
	credits_grant(u.f->conn->credits, 2000);
	u.disk = fixture_tree(u.session, "one");
	u.pipe = fixture_tree(u.session, "IPC$");
	u.tree_id = u.disk->id;
	u.charge = 1;
	return u;
}

/* The header of a request; its body is then written behind. */
static inline struct wire_writer user_begin(struct user_fixture *u,
					    uint16_t command)
{
	struct smb2_header header = {
		.command = command,
		.credits = 1,
		.credit_charge = u->charge,
		.flags = u->flags,
		.channel_sequence = u->channel_sequence,
		.session_id = u->session->id,
		.tree_id = u->tree_id,
	};

	return fixture_pdu(u->f, &header);
}

/* Send it; do not wait. */
static inline void user_send(struct user_fixture *u, struct wire_writer *w)
{
	struct message_out out = fixture_out(w);

	fixture_send(u->f, &out, 1, NULL, 0);
}

/* Send it; its response, or NULL when the server hung up. */
static inline struct message *user_ask(struct user_fixture *u,
				       struct wire_writer *w)
{
	user_send(u, w);
	return fixture_read(u->f);
}

static inline NTSTATUS user_status(struct user_fixture *u,
				   struct wire_writer *w)
{
	const struct message *m = user_ask(u, w);

	return m == NULL ? NT_STATUS_CONNECTION_DISCONNECTED
			 : m->pdu[0].header.status;
}

/* CREATE (open or make) on the current tree. */
static inline NTSTATUS user_create(struct user_fixture *u, const char *name,
				   struct smb2_file_id *id)
{
	struct wire_writer w = user_begin(u, SMB2_CREATE);
	struct smb2_create_request in = {
		.impersonation_level = 2,
		.desired_access = 0x0012019F,
		.share_access = 7,
		.create_disposition = FILE_OPEN_IF,
	};
	struct smb2_create_response out = {0};
	const struct message *m = NULL;

	assert_true(utf16_from_utf8(u->f, name, &in.name));
	smb2_create_request_encode(&w, &in);
	m = user_ask(u, &w);
	if (m->pdu[0].header.status == NT_STATUS_OK) {
		assert_true(smb2_create_response_decode(m->pdu[0].data,
							m->pdu[0].len, &out));
		*id = out.file_id;
	}
	return m->pdu[0].header.status;
}

static inline NTSTATUS user_close(struct user_fixture *u,
				  struct smb2_file_id id)
{
	struct wire_writer w = user_begin(u, SMB2_CLOSE);
	const struct smb2_close_request in = {.file_id = id};

	smb2_close_request_encode(&w, &in);
	return user_status(u, &w);
}

#endif
