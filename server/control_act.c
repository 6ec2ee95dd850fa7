/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * control_act.c - what can be done to a running server.
 */

#include <inttypes.h>
#include <strings.h>

#include "server/control.h"
#include "server/file.h"
#include "server/server.h"

#define LOG_MODULE "control"
#include "smbquic/log.h"

struct deed {
	TALLOC_CTX *mem_ctx;
	struct server *server;
	const struct control_hooks *hooks;
	const char *what;
	char *text;
};

static bool do_reload(struct deed *deed)
{
	if (!deed->hooks->reload(deed->hooks->private_data, deed->mem_ctx,
				 &deed->text)) {
		return false;
	}
	deed->text = talloc_strdup(deed->mem_ctx,
				   "configuration, users and certificates are "
				   "read again");
	return true;
}

/* 3.3.4.12: also what would outlive its connection. */
static void close_files(struct session *session)
{
	size_t cursor = 0;
	struct open *open = idtable_next(session->opens, &cursor);

	while (open != NULL) {
		open_end(open, NULL, NT_STATUS_USER_SESSION_DELETED);
		open = idtable_next(session->opens, &cursor);
	}
}

static bool do_close_session(struct deed *deed)
{
	struct session *session = NULL;
	uint64_t id = 0;

	if (control_number(deed->what, &id)) {
		session = idtable_find(deed->server->sessions, id);
	}
	if (session == NULL || session->state == SESSION_ENDED) {
		deed->text = talloc_asprintf(
			deed->mem_ctx, "there is no session %s", deed->what);
		return false;
	}
	deed->text = talloc_asprintf(
		deed->mem_ctx, "session 0x%" PRIx64 " of %s is closed", id,
		session->user == NULL ? "nobody yet" : session->user->name);
	close_files(session);
	session_end(session, NULL);
	return true;
}

/* One of the session's; NULL: none. */
static struct tree *tree_of(const struct session *session, const char *share)
{
	size_t cursor = 0;
	struct tree *tree = NULL;

	do {
		tree = idtable_next(session->trees, &cursor);
	} while (tree != NULL && strcasecmp(tree->share->name, share) != 0);
	return tree;
}

static unsigned close_trees(struct server *server, const char *share)
{
	size_t cursor = 0;
	unsigned count = 0;
	struct session *session = idtable_next(server->sessions, &cursor);

	while (session != NULL) {
		struct tree *tree = tree_of(session, share);

		while (tree != NULL) {
			tree_end(tree, NULL, NT_STATUS_NETWORK_NAME_DELETED);
			count++;
			tree = tree_of(session, share);
		}
		session = idtable_next(server->sessions, &cursor);
	}
	return count;
}

static bool do_close_share(struct deed *deed)
{
	unsigned count = close_trees(deed->server, deed->what);

	if (count == 0 && share_find(deed->server, deed->what) == NULL) {
		deed->text = talloc_asprintf(
			deed->mem_ctx, "there is no share %s", deed->what);
		return false;
	}
	deed->text =
		talloc_asprintf(deed->mem_ctx, "%u tree connect%s to %s closed",
				count, count == 1 ? "" : "s", deed->what);
	return true;
}

/* Also one that waits for its owner: it does not come back (3.3.4.17). */
static bool do_close_file(struct deed *deed)
{
	struct open *open = NULL;
	const char *name = NULL;
	uint64_t id = 0;

	if (control_number(deed->what, &id)) {
		open = idtable_find(deed->server->opens, id);
	}
	if (open == NULL || (open->file == NULL && open->pipe == NULL)) {
		deed->text = talloc_asprintf(
			deed->mem_ctx, "there is no open file %s", deed->what);
		return false;
	}
	if (open->file != NULL && open->file->name != NULL) {
		name = open->file->name->path;
	}
	deed->text = talloc_asprintf(
		deed->mem_ctx, "open file 0x%" PRIx64 " is closed: %s", id,
		open->pipe != NULL ? "a pipe"
		: name != NULL	   ? name
				   : "it has no name any more");
	open_end(open, NULL, NT_STATUS_FILE_CLOSED);
	return true;
}

static bool do_close_client(struct deed *deed)
{
	struct conn *conn = NULL;
	unsigned count = 0;

	for (conn = deed->server->conns; conn != NULL; conn = conn->next) {
		if (!conn->closing && strcmp(conn->address, deed->what) == 0) {
			conn_end(conn, TRANSPORT_CLOSE_SHUTDOWN,
				 "closed by the administrator");
			count++;
		}
	}
	deed->text =
		talloc_asprintf(deed->mem_ctx, "%s %u connection%s from %s",
				count == 0 ? "there are" : "closed", count,
				count == 1 ? "" : "s", deed->what);
	return count > 0;
}

static bool do_drain(struct deed *deed)
{
	bool on = deed->what == NULL || strcasecmp(deed->what, "on") == 0;

	if (!on && strcasecmp(deed->what, "off") != 0) {
		deed->text =
			talloc_strdup(deed->mem_ctx, "drain is on, or off");
		return false;
	}
	deed->server->draining = on;
	deed->text =
		talloc_asprintf(deed->mem_ctx, "%s; %u connection%s there",
				on ? "new connections are refused from now on"
				   : "new connections are taken again",
				deed->server->num_conns,
				deed->server->num_conns == 1 ? " is" : "s are");
	return true;
}

static bool do_loglevel(struct deed *deed)
{
	char levels[512] = "";

	if (deed->what != NULL && !log_set_levels(deed->what)) {
		deed->text = talloc_asprintf(
			deed->mem_ctx,
			"\"%s\" is not understood: LEVEL [MODULE:LEVEL ...], "
			"a level being 0 to 10, error, warn, notice, info or "
			"debug",
			deed->what);
		return false;
	}
	log_get_text(levels, sizeof(levels));
	deed->text = talloc_asprintf(deed->mem_ctx, "log level: %s", levels);
	return true;
}

static bool (*const deeds[])(struct deed *deed) = {
	[CONTROL_RELOAD] = do_reload,
	[CONTROL_CLOSE_SESSION] = do_close_session,
	[CONTROL_CLOSE_SHARE] = do_close_share,
	[CONTROL_CLOSE_FILE] = do_close_file,
	[CONTROL_CLOSE_CLIENT] = do_close_client,
	[CONTROL_DRAIN] = do_drain,
	[CONTROL_LOGLEVEL] = do_loglevel,
};

bool control_act(TALLOC_CTX *mem_ctx, struct server *server,
		 const struct control_hooks *hooks,
		 const struct control_request *request, char **text)
{
	struct deed deed = {
		.mem_ctx = mem_ctx,
		.server = server,
		.hooks = hooks,
		.what = request->what,
	};
	bool done = deeds[request->verb](&deed);

	log_notice("%s%s%s: %s", control_verbs[request->verb].name,
		   deed.what == NULL ? "" : " ",
		   deed.what == NULL ? "" : deed.what,
		   deed.text == NULL ? "out of memory" : deed.text);
	*text = deed.text;
	return done;
}
