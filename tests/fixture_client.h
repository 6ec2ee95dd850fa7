/* SPDX-License-Identifier: GPL-3.0-or-later */
/* fixture_client.h - a client and the peer of testlib_peer.h, for each test
 * anew. */
#ifndef SMBQUIC_FIXTURE_CLIENT_H
#define SMBQUIC_FIXTURE_CLIENT_H

#include "tests/testlib.h"
#include "tests/testlib_peer.h"

#include <stdio.h>
#include <string.h>

#include "client/client_private.h"
#include "smbquic/log.h"

struct fixture {
	struct tevent_context *ev;
	struct peer *peer;
	struct client_options options;
	struct client_conn *conn;
	struct client_session *session;
	struct client_tree *tree;
	char *why;
	char last_log[256];
};

static inline void fixture_log(void *private_data, enum log_level level,
			       const char *module, const char *text)
{
	struct fixture *f = private_data;

	(void)level;
	(void)module;
	snprintf(f->last_log, sizeof(f->last_log), "%s", text);
}

static inline int fixture_setup(void **state)
{
	struct fixture *f = talloc_zero(NULL, struct fixture);

	f->ev = tevent_context_init(f);
	f->peer = testlib_peer(f, f->ev);
	client_options_default(&f->options);
	f->options.server = "peer.example";
	f->options.min_dialect = SMB2_DIALECT_202;
	f->options.timeout_ms = 5000;
	log_set_sink(fixture_log, f);
	*state = f;
	return 0;
}

static inline int fixture_teardown(void **state)
{
	struct fixture *f = *state;

	/* Whatever a test left undone must come to its end by itself. */
	talloc_free(f->tree);
	talloc_free(f->session);
	talloc_free(f->conn);
	log_set_sink(NULL, NULL);
	talloc_free(f);
	return 0;
}

static inline NTSTATUS fixture_connect(struct fixture *f)
{
	struct tevent_req *req =
		connect_over_send(f, f->ev, f->peer->client_end, &f->options);
	NTSTATUS status = 0;

	testlib_wait(f->ev, req, 10);
	status = client_connect_recv(req, f, &f->conn, &f->why);
	talloc_free(req);
	return status;
}

static inline NTSTATUS fixture_log_on(struct fixture *f)
{
	const struct client_credentials credentials = {
		.user = PEER_USER,
		.password = PEER_PASSWORD,
	};

	return client_session_setup(f, f->conn, &credentials, &f->session);
}

/* Connected, logged on, with a share. */
static inline void fixture_up(struct fixture *f)
{
	assert_int_equal(fixture_connect(f), NT_STATUS_OK);
	assert_int_equal(fixture_log_on(f), NT_STATUS_OK);
	assert_int_equal(client_tree_connect(f, f->session, "share", &f->tree),
			 NT_STATUS_OK);
}

static inline struct client_file *fixture_open(struct fixture *f)
{
	struct client_file *file = NULL;
	struct client_open how = {0};

	client_open_default(&how);
	assert_int_equal(client_open(f, f->tree, "file", &how, &file, NULL),
			 NT_STATUS_OK);
	return file;
}

/* Let everything happen that can. */
static inline void fixture_settle(struct fixture *f)
{
	struct tevent_req *req = tevent_wakeup_send(
		f, f->ev, tevent_timeval_current_ofs(0, 30000));

	testlib_wait(f->ev, req, 10);
	talloc_free(req);
}

#endif
