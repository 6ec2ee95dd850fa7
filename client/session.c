/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Sessions: users who are logged on, and how that ends. */
#include "client/client_private.h"
#include "client/multichannel_private.h"

static int session_destructor(struct client_session *session)
{
	struct client_conn *conn = session_conn(session);
	struct client_tree *tree = NULL;
	struct client_file *file = NULL;
	struct call *call = NULL;

	reconnect_look(conn);
	if (session->valid && conn != NULL && !session->stale) {
		call = call_new(conn, conn, session, NULL);
		if (call != NULL) {
			smb2_empty_encode(call_add(call, SMB2_LOGOFF, 0));
		}
		call_post(conn, call);
	}
	revive_session_ends(session);
	multichannel_session_ends(conn, session);
	while (!TAILQ_EMPTY(&session->trees)) {
		tree = TAILQ_FIRST(&session->trees);
		TAILQ_REMOVE(&session->trees, tree, entry);
		TALLOC_FREE(tree->again);
		TAILQ_FOREACH(file, &tree->files, entry)
		{
			TALLOC_FREE(file->again);
		}
		tree->session = NULL;
	}
	channel_release_all(session);
	return 0;
}

struct client_session *session_new(TALLOC_CTX *mem_ctx)
{
	struct client_session *session =
		talloc_zero(mem_ctx, struct client_session);

	if (session != NULL) {
		TAILQ_INIT(&session->channels);
		TAILQ_INIT(&session->trees);
		talloc_set_destructor(session, session_destructor);
	}
	return session;
}

struct client_conn *session_conn(const struct client_session *session)
{
	const struct client_channel *channel = TAILQ_FIRST(&session->channels);

	return channel != NULL ? channel->conn : NULL;
}

/* ----------------------------------------------------------------- logoff */

uint64_t client_session_id(const struct client_session *session)
{
	return session->id;
}

struct tevent_req *client_logoff_send(TALLOC_CTX *mem_ctx,
				      struct client_session *session)
{
	struct client_conn *conn = session_conn(session);
	struct call *call = call_new(mem_ctx, conn, session, NULL);

	if (call != NULL) {
		smb2_empty_encode(call_add(call, SMB2_LOGOFF, 0));
		if (session->stale && !conn->lost) {
			/* the server ended it, and none is made to end it */
			call->refused = NT_STATUS_USER_SESSION_DELETED;
		}
	}
	session->valid = false;
	return call_send(mem_ctx, conn, call);
}

NTSTATUS client_logoff_recv(struct tevent_req *req)
{
	return call_recv_status(req);
}

NTSTATUS client_logoff(struct client_session *session)
{
	struct client_conn *conn = session_conn(session);
	struct tevent_req *req = client_logoff_send(session, session);
	NTSTATUS status = client_wait(conn, req);

	if (NT_STATUS_IS_OK(status)) {
		status = client_logoff_recv(req);
	}
	talloc_free(req);
	return status;
}
