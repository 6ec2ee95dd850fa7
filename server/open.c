/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * open.c - what FileIds stand for: identity, tables and ownership. What is
 * behind an open is the business of file.c and pipe.c.
 */

#include "server/dispatch.h"
#include "server/file.h"
#include "smbquic/list.h"

static void join_tree(struct open *open, struct tree *tree)
{
	open->tree = tree;
	open->prev = tree->last_open;
	if (tree->last_open != NULL) {
		tree->last_open->next = open;
	} else {
		tree->opens = open;
	}
	tree->last_open = open;
}

static void leave_tree(struct open *open)
{
	struct tree *tree = open->tree;

	if (tree->last_open == open) {
		tree->last_open = open->prev;
	}
	LIST_REMOVE(tree->opens, open);
	open->tree = NULL;
}

static int open_destructor(struct open *open)
{
	while (open->requests != NULL) {
		request_forget_open(open->requests);
	}
	if (open->session == NULL && open->file != NULL &&
	    open->file->file != NULL) {
		open->file->file->absent--;
	}
	TALLOC_FREE(open->file); /* before what its store stands on */
	if (open->tree != NULL) {
		leave_tree(open);
	}
	if (open->session != NULL) {
		idtable_remove(open->session->opens, open->volatile_id);
	} else {
		open->server->num_durable--;
	}
	idtable_remove(open->server->opens, open->persistent_id);
	return 0;
}

struct open *open_new(struct tree *tree)
{
	struct session *session = tree->session;
	struct server *server = session->server;
	struct open *open = talloc_zero(session, struct open);

	if (open == NULL) {
		return NULL;
	}
	open->server = server;
	open->persistent_id = idtable_add(server->opens, open);
	open->volatile_id = idtable_add(session->opens, open);
	if (open->persistent_id == 0 || open->volatile_id == 0) {
		idtable_remove(server->opens, open->persistent_id);
		idtable_remove(session->opens, open->volatile_id);
		talloc_free(open);
		return NULL;
	}
	open->session = session;
	join_tree(open, tree);
	talloc_set_destructor(open, open_destructor);
	return open;
}

struct open *open_restore(struct server *server, uint64_t persistent_id)
{
	struct open *open = talloc_zero(server, struct open);

	if (open == NULL ||
	    !idtable_claim(server->opens, persistent_id, open)) {
		talloc_free(open);
		return NULL;
	}
	open->server = server;
	open->persistent_id = persistent_id;
	server->num_durable++;
	talloc_set_destructor(open, open_destructor);
	return open;
}

void open_detach(struct open *open)
{
	idtable_remove(open->session->opens, open->volatile_id);
	leave_tree(open);
	open->session = NULL;
	open->server->num_durable++;
	open->file->file->absent++;
	(void)talloc_steal(open->server, open);
}

bool open_attach(struct open *open, struct tree *tree)
{
	uint64_t id = idtable_add(tree->session->opens, open);

	if (id == 0) {
		return false;
	}
	open->volatile_id = id;
	open->session = tree->session;
	open->server->num_durable--;
	open->file->file->absent--;
	(void)talloc_steal(tree->session, open);
	join_tree(open, tree);
	return true;
}

struct open *open_find(const struct session *session, uint64_t persistent_id,
		       uint64_t volatile_id)
{
	struct open *open = idtable_find(session->opens, volatile_id);

	if (open == NULL || open->persistent_id != persistent_id) {
		return NULL;
	}
	return open;
}

void open_abort_requests(struct open *open, struct request *except,
			 NTSTATUS status)
{
	struct request *r = open->requests;

	while (r != NULL) {
		struct request *next = r->open_next;

		if (r != except) {
			request_abort(r, status);
		}
		r = next;
	}
}

void open_end(struct open *open, struct request *except, NTSTATUS status)
{
	struct request *r = open->requests;

	while (r != NULL) {
		struct request *next = r->open_next;
		NTSTATUS closed = r->command->closed;

		if (r != except) {
			request_abort(r,
				      closed == NT_STATUS_OK ? status : closed);
		}
		r = next;
	}
	talloc_free(open);
}
