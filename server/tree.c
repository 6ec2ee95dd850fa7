/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * tree.c - a session's use of a share (MS-SMB2 3.3.1.9).
 */

#include <strings.h>

#include "server/request.h"
#include "smbquic/list.h"

static unsigned count_of(const struct session *session, const char *share)
{
	unsigned count = 0;
	size_t cursor = 0;

	for (;;) {
		const struct tree *tree = idtable_next(session->trees, &cursor);

		if (tree == NULL) {
			return count;
		}
		if (strcasecmp(tree->share->name, share) == 0) {
			count++;
		}
	}
}

unsigned trees_count(const struct server *server, const char *share)
{
	unsigned count = 0;
	size_t cursor = 0;

	for (;;) {
		const struct session *session =
			idtable_next(server->sessions, &cursor);

		if (session == NULL) {
			return count;
		}
		count += count_of(session, share);
	}
}

static int tree_destructor(struct tree *tree)
{
	while (tree->opens != NULL) {
		talloc_free(tree->opens);
	}
	idtable_remove(tree->session->trees, tree->id);
	return 0;
}

struct tree *tree_new(struct session *session, struct share *share)
{
	struct tree *tree = talloc_zero(session, struct tree);

	if (tree == NULL) {
		return NULL;
	}
	tree->session = session;
	tree->share = talloc_reference(tree, share);
	if (tree->share == NULL) {
		talloc_free(tree);
		return NULL;
	}
	tree->created = server_now();
	tree->id = (uint32_t)idtable_add(session->trees, tree);
	if (tree->id == 0) {
		talloc_free(tree);
		return NULL;
	}
	talloc_set_destructor(tree, tree_destructor);
	return tree;
}

void tree_end(struct tree *tree, struct request *except, NTSTATUS status)
{
	struct channel *channel = NULL;

	/* In their order: a lock that one gives up another may still get. */
	while (tree->opens != NULL) {
		open_end(tree->opens, except, status);
	}
	for (channel = tree->session->channels; channel != NULL;
	     channel = channel->session_next) {
		request_abort_all(channel->conn, tree->session, tree, except,
				  status);
	}
	if (except != NULL && except->tree == tree) {
		except->tree = NULL;
	}
	talloc_free(tree);
}
