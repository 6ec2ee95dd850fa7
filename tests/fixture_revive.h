/* SPDX-License-Identifier: GPL-3.0-or-later */
/* fixture_revive.h - a client, and a server that ends its sessions and trees
 * while the connection lives. */
#ifndef SMBQUIC_FIXTURE_REVIVE_H
#define SMBQUIC_FIXTURE_REVIVE_H

#include "tests/fixture_client.h"

#include "client/client_private.h"

#define HOST_WRITES 40

/* What the server has, and how it takes what asks for more. */
struct host {
	struct fixture *f;
	uint32_t tree;	      /* its number now; 0: none */
	unsigned end_session; /* on the n-th READ or WRITE; 0: not */
	unsigned end_tree;    /* likewise */
	unsigned end_again;   /* and once more, on the n-th after that */
	unsigned drain;	      /* errors that grant no credits */
	bool same_tree;	      /* each has the number of the one before */
	unsigned creates;     /* stumble() */
	unsigned strays;      /* READs of no session */
	NTSTATUS logon;	      /* answered to SESSION_SETUP */
	NTSTATUS connect;     /* and to TREE_CONNECT */
	NTSTATUS create;      /* and to CREATE */
	unsigned times;	      /* so often, those three */
	bool always;	      /* it ends the session whenever a READ comes */
	bool holds;	      /* does not answer a READ */
	struct peer_reply held;
	uint64_t offset[HOST_WRITES]; /* of WRITEs that were done */
	unsigned writes;
	unsigned dialled;
	unsigned told;
};

static inline void end_session(struct host *h)
{
	testlib_peer_end_session(h->f->peer);
	h->tree = 0;
}

static inline bool is_refused(struct host *h, uint16_t command,
			      struct peer_reply *reply)
{
	NTSTATUS status = command == SMB2_SESSION_SETUP	 ? h->logon
			  : command == SMB2_TREE_CONNECT ? h->connect
			  : command == SMB2_CREATE	 ? h->create
							 : NT_STATUS_OK;

	if (NT_STATUS_IS_OK(status) || h->times == 0) {
		return false;
	}
	h->times--;
	if (command == SMB2_SESSION_SETUP) {
		end_session(h);
	}
	testlib_peer_error(reply, status);
	return true;
}

static inline void note_write(struct host *h, const struct message_pdu *pdu)
{
	struct smb2_write_request in = {0};

	assert_true(smb2_write_request_decode(pdu->data, pdu->len, &in));
	assert_true(h->writes < HOST_WRITES);
	assert_int_equal(in.file_id.volatile_id, h->f->peer->opened);
	h->offset[h->writes++] = in.offset;
}

/* 3.3.5.2.9, 3.3.5.2.11 */
static inline void serve(struct peer *peer, const struct message_pdu *pdu,
			 struct peer_reply *reply)
{
	struct host *h = peer->private_data;
	uint16_t command = pdu->header.command;
	bool io = (command == SMB2_READ || command == SMB2_WRITE) &&
		  pdu->header.session_id == peer->session;

	if (command == SMB2_READ && pdu->header.session_id == 0) {
		h->strays++;
	}

	if (command == SMB2_NEGOTIATE || command == SMB2_CANCEL ||
	    command == SMB2_ECHO || is_refused(h, command, reply) ||
	    command == SMB2_SESSION_SETUP) {
		return;
	}
	if (io && h->end_session > 0 && --h->end_session == 0) {
		end_session(h);
		h->end_session = h->end_again;
		h->end_again = 0;
	}
	if (io && h->end_tree > 0 && --h->end_tree == 0) {
		h->tree = 0;
	}
	if (h->always && command == SMB2_READ) {
		end_session(h);
	}
	if (pdu->header.session_id != peer->session) {
		testlib_peer_error(reply, NT_STATUS_USER_SESSION_DELETED);
		if (h->drain > 0) {
			h->drain--;
			peer->credits = 1;
			reply->header.credits = 0;
		}
	} else if (command == SMB2_TREE_CONNECT) {
		h->tree = h->same_tree ? 101
				       : 100 + peer->seen[SMB2_TREE_CONNECT];
		reply->header.tree_id = h->tree;
	} else if (pdu->header.tree_id != h->tree) {
		testlib_peer_error(reply, NT_STATUS_NETWORK_NAME_DELETED);
	} else if (h->holds && command == SMB2_READ) {
		h->holds = false;
		h->held = *reply;
		reply->silent = true;
	} else if (command == SMB2_WRITE) {
		note_write(h, pdu);
	}
}

static inline struct transport *dial(void *private_data)
{
	struct host *h = private_data;
	struct peer *peer = testlib_peer(h->f, h->f->ev);

	h->dialled++;
	peer->next_session = PEER_SESSION + 1000 * (uint64_t)h->dialled;
	peer->private_data = h;
	peer->hook = serve;
	h->f->peer = peer;
	return peer->client_end;
}

static inline void told(struct client_conn *conn, enum client_lost what,
			const char *why, void *private_data)
{
	struct host *h = private_data;

	(void)conn;
	(void)what;
	(void)why;
	h->told++;
}

static inline struct host *up(struct fixture *f, unsigned ms)
{
	struct host *h = talloc_zero(f, struct host);

	h->f = f;
	f->peer->private_data = h;
	f->peer->hook = serve;
	f->options.reconnect_ms = ms;
	fixture_up(f);
	f->conn->dial = dial;
	f->conn->dial_data = h;
	client_on_lost(f->conn, told, h);
	return h;
}

static inline NTSTATUS read_at(struct client_file *file, uint64_t offset)
{
	uint8_t buf[100];
	size_t done = 0;
	NTSTATUS status = client_read(file, offset, buf, sizeof(buf), &done);

	if (NT_STATUS_IS_OK(status)) {
		assert_int_equal(done, sizeof(buf));
		assert_int_equal(buf[7], testlib_peer_byte(offset + 7));
	}
	return status;
}

static inline struct tevent_req *hold_read(struct host *h,
					   struct client_file *file)
{
	struct tevent_req *req = NULL;

	h->holds = true;
	req = client_read_send(h->f, file, 0, 100);
	while (h->holds) {
		assert_int_equal(tevent_loop_once(h->f->ev), 0);
	}
	return req;
}

static inline void assert_was_read(struct tevent_req *req)
{
	struct wire_slice data = {0};
	TALLOC_CTX *owner = NULL;

	assert_int_equal(client_read_recv(req, req, &owner, &data),
			 NT_STATUS_OK);
	assert_int_equal(data.len, 100);
	talloc_free(req);
}

static inline void wait_ms(struct fixture *f, unsigned ms)
{
	struct tevent_req *req = tevent_wakeup_send(
		f, f->ev, tevent_timeval_current_ofs(0, ms * 1000));

	testlib_wait(f->ev, req, 10);
	talloc_free(req);
}

#endif
