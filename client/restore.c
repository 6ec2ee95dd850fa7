/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What is stale is restored: a session by a new logon, then its trees, then
 * their files, and the calls that wait are given the numbers that these have
 * now. Why it is stale, and what becomes of an attempt that fails, is for
 * others to know: reconnect.c when the connection was lost, revive.c when the
 * server ended a session or a tree and nothing else.
 */
#define LOG_MODULE "client"

#include "client/client_private.h"
#include "client/dir_cache_private.h"

/* Opens asked for at a time. */
#define AT_ONCE 64

static void session_restored(struct tevent_req *subreq);
static void tree_restored(struct tevent_req *subreq);
static void file_restored(struct tevent_req *subreq);

/* ------------------------------------------------------------ what is lost */

bool restore_mark_file(struct client_file *file)
{
	TALLOC_FREE(file->again);
	file->stale = file->valid && NT_STATUS_IS_OK(file->gone);
	if (file->stale && file->tree->type != SMB2_SHARE_TYPE_DISK) {
		file->gone = NT_STATUS_HANDLE_NO_LONGER_VALID;
		file->stale = false;
	}
	return file->stale;
}

bool restore_mark_tree(struct client_tree *tree)
{
	struct client_file *file = NULL;
	bool open = false;

	TALLOC_FREE(tree->again);
	tree->stale = tree->valid;
	tree->refusal = (struct refusal){.status = NT_STATUS_OK};
	dir_cache_lost(tree);
	TAILQ_FOREACH(file, &tree->files, entry)
	{
		open = restore_mark_file(file) || open;
	}
	return open;
}

bool restore_mark_session(struct client_session *session)
{
	struct client_tree *tree = NULL;
	bool open = false;

	TALLOC_FREE(session->again);
	session->stale = session->valid;
	session->refusal = (struct refusal){.status = NT_STATUS_OK};
	TAILQ_FOREACH(tree, &session->trees, entry)
	{
		open = restore_mark_tree(tree) || open;
	}
	return open;
}

void restore_look(struct client_session *session)
{
	if (session != NULL) {
		reconnect_look(session_conn(session));
		revive_look(session);
	}
}

/* ----------------------------------------------------------------- restored */

static void tell(struct client_session *session, struct client_tree *tree,
		 NTSTATUS status)
{
	struct client_conn *conn =
		session != NULL ? session_conn(session) : NULL;

	if (conn == NULL) {
		return; /* it has ended meanwhile */
	}
	if (conn->lost) {
		reconnect_restored(conn, status);
	} else {
		revive_restored(session, tree, status);
	}
}

/* Requests are children of what they restore, and go with it. */
static bool restored(NTSTATUS status, struct tevent_req **again, bool *stale)
{
	TALLOC_FREE(*again);
	if (NT_STATUS_IS_OK(status)) {
		*stale = false;
		return true;
	}
	return false;
}

static void session_restored(struct tevent_req *subreq)
{
	struct client_session *session =
		tevent_req_callback_data(subreq, struct client_session);
	NTSTATUS status = session_again_recv(subreq);

	restored(status, &session->again, &session->stale);
	tell(session, NULL, status);
}

static void tree_restored(struct tevent_req *subreq)
{
	struct client_tree *tree =
		tevent_req_callback_data(subreq, struct client_tree);
	NTSTATUS status = tree_again_recv(subreq);

	if (restored(status, &tree->again, &tree->stale)) {
		replay_tree(client_tree_conn(tree), tree);
	}
	tell(tree->session, tree, status);
}

static void file_restored(struct tevent_req *subreq)
{
	struct client_file *file =
		tevent_req_callback_data(subreq, struct client_file);
	struct client_tree *tree = file->tree;
	NTSTATUS status = file_again_recv(subreq);
	bool is_back = restored(status, &file->again, &file->stale);

	if (tree == NULL) {
		return;
	}
	tell(tree->session, tree, status);
	if (!is_back) {
		return;
	}
	file->missed = file->watched;
	replay_file(client_tree_conn(tree), file);
	if (file->on_lease != NULL && NT_STATUS_IS_OK(file->gone) &&
	    file->closing == NULL) {
		file->coming_back = true;
		file->on_lease(file, file->origin->lease_state, false,
			       file->lease_data);
	}
}

/* ------------------------------------------------------------------- steps */

static bool begun(struct tevent_req *again, tevent_req_fn done, void *what)
{
	if (again == NULL) {
		return false;
	}
	tevent_req_set_callback(again, done, what);
	return true;
}

/* These return how many requests are on their way, busy included. Out of
 * memory is told at once. */

static unsigned restore_files(struct client_tree *tree, unsigned busy)
{
	struct client_file *file = NULL;

	TAILQ_FOREACH(file, &tree->files, entry)
	{
		if (!file->stale || busy >= AT_ONCE) {
			continue;
		}
		busy++;
		if (file->again == NULL) {
			file->again = file_again_send(file, file);
			if (!begun(file->again, file_restored, file)) {
				tell(tree->session, tree, NT_STATUS_NO_MEMORY);
				return busy;
			}
		}
	}
	return busy;
}

static unsigned restore_tree(struct client_tree *tree, unsigned busy)
{
	if (!NT_STATUS_IS_OK(tree->refusal.status)) {
		return busy;
	}
	if (!tree->stale) {
		return restore_files(tree, busy);
	}
	if (tree->again == NULL) {
		tree->again = tree_again_send(tree, tree);
		if (!begun(tree->again, tree_restored, tree)) {
			tell(tree->session, tree, NT_STATUS_NO_MEMORY);
		}
	}
	return busy + 1;
}

unsigned restore_session(struct client_session *session, unsigned busy)
{
	struct client_tree *tree = NULL;

	if (session->stale) {
		if (session->again == NULL) {
			session->again = session_again_send(session, session);
			if (!begun(session->again, session_restored, session)) {
				tell(session, NULL, NT_STATUS_NO_MEMORY);
			}
		}
		return busy + 1;
	}
	TAILQ_FOREACH(tree, &session->trees, entry)
	{
		if (session->stale) {
			break; /* there was no memory, and all begins anew */
		}
		busy = restore_tree(tree, busy);
	}
	return busy;
}
