/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * lost_peer.c - a client whose connection is lost while it has everything that
 * can be lost: an open file, locks, a lease, a watch on a folder, and requests
 * on their way.
 *
 *	lost_peer SERVER ADDRESS TRANSPORT CA PROTECTION USER%PASSWORD SHARE
 *		FILE MS
 *
 * MS: client_options.reconnect_ms. FILE is opened, made if it is not there,
 * with all leases and shared with all; the share's root is watched. Then lines
 * of its standard input say what to do, and its event loop goes on meanwhile:
 *
 *	read OFFSET LENGTH	at most 100 bytes
 *	write OFFSET TEXT
 *	lock OFFSET LENGTH	exclusively, at once
 *	unlock OFFSET LENGTH
 *	lease			what is held of it
 *	quit
 *
 * What came of each is a line "= ...", when it comes; so are "= lost", "= back"
 * and "= given up", "= broken to ..." and "= saw NAME", or "= saw too much",
 * of the folder.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "client/client.h"
#include "client/properties.h"

#define TEXT_MAX 100

struct peer {
	struct tevent_context *ev;
	struct client_conn *conn;
	struct client_session *session;
	struct client_tree *tree;
	struct client_file *file, *folder;
	char input[4096];
	size_t len;
	bool ended;
};

static void die(const char *what, NTSTATUS status, const char *why)
{
	fprintf(stderr, "lost_peer: %s: %s\n", what,
		why != NULL ? why : nt_errstr(status));
	exit(1);
}

static const char *lease_text(uint32_t lease)
{
	static char text[4];

	text[0] = (lease & SMB2_LEASE_READ_CACHING) != 0 ? 'R' : '-';
	text[1] = (lease & SMB2_LEASE_WRITE_CACHING) != 0 ? 'W' : '-';
	text[2] = (lease & SMB2_LEASE_HANDLE_CACHING) != 0 ? 'H' : '-';
	return text;
}

/* --------------------------------------------------------------- requests */

static void has_read(struct tevent_req *req)
{
	struct wire_slice data = {0};
	TALLOC_CTX *owner = NULL;
	NTSTATUS status = client_read_recv(req, req, &owner, &data);

	if (NT_STATUS_IS_OK(status)) {
		printf("= read %.*s\n", (int)data.len, (const char *)data.data);
	} else {
		printf("= read %s\n", nt_errstr(status));
	}
	talloc_free(req);
}

static void has_written(struct tevent_req *req)
{
	size_t done = 0;
	NTSTATUS status = client_write_recv(req, &done);

	printf("= write %s, %zu\n", nt_errstr(status), done);
	talloc_free(req);
}

static void has_locked(struct tevent_req *req)
{
	NTSTATUS status = client_lock_recv(req);

	printf("= lock %s\n", nt_errstr(status));
	talloc_free(req);
}

static void begun(struct peer *peer, struct tevent_req *req, tevent_req_fn fn)
{
	if (req == NULL) {
		die("a request", NT_STATUS_NO_MEMORY, NULL);
	}
	tevent_req_set_callback(req, fn, peer);
}

static void write_text(struct peer *peer, uint64_t offset, const char *text)
{
	char *copy = talloc_strdup(peer->ev, text);

	begun(peer,
	      client_write_send(peer->ev, peer->file, offset,
				wire_slice(copy, strlen(copy)), copy),
	      has_written);
}

static void lock(struct peer *peer, uint64_t offset, uint64_t len,
		 uint32_t flags)
{
	const struct smb2_lock_element element = {
		.offset = offset,
		.length = len,
		.flags = flags,
	};

	begun(peer, client_lock_send(peer->ev, peer->file, &element, 1),
	      has_locked);
}

static void saw(struct tevent_req *req);

static void watch(struct peer *peer)
{
	begun(peer,
	      client_notify_send(peer->ev, peer->folder,
				 FILE_NOTIFY_CHANGE_FILE_NAME |
					 FILE_NOTIFY_CHANGE_DIR_NAME,
				 false),
	      saw);
}

static void saw(struct tevent_req *req)
{
	struct peer *peer = tevent_req_callback_data(req, struct peer);
	struct client_change_list *list = NULL;
	struct wire_slice data = {0};
	NTSTATUS status = client_notify_recv(req, req, &data);
	size_t i = 0;

	if (status == NT_STATUS_NOTIFY_ENUM_DIR) {
		printf("= saw too much\n");
	} else if (!NT_STATUS_IS_OK(status) ||
		   !NT_STATUS_IS_OK(client_changes(req, data, &list))) {
		printf("= watch ended: %s\n", nt_errstr(status));
		talloc_free(req);
		return;
	}
	for (i = 0; list != NULL && i < list->count; i++) {
		printf("= saw %s\n", list->change[i].name);
	}
	talloc_free(req);
	watch(peer);
}

/* ------------------------------------------------------------------ events */

static void lost(struct client_conn *conn, enum client_lost what,
		 const char *why, void *private_data)
{
	static const char *const words[] = {
		[CLIENT_LOST] = "lost",
		[CLIENT_BACK] = "back",
		[CLIENT_GIVEN_UP] = "given up",
	};

	(void)conn;
	(void)private_data;
	printf("= %s\n", words[what]);
	if (why != NULL) {
		printf("%s\n", why);
	}
}

static void lease_broken(struct client_file *file, uint32_t state, bool waits,
			 void *private_data)
{
	(void)private_data;
	if (waits) {
		printf("= broken to %s\n", lease_text(state));
		client_file_release(file);
	}
}

/* @return false: there is no such word. */
static bool run(struct peer *peer, const char *word, uint64_t offset,
		const char *rest)
{
	const uint32_t exclusive =
		SMB2_LOCKFLAG_EXCLUSIVE_LOCK | SMB2_LOCKFLAG_FAIL_IMMEDIATELY;
	uint64_t len = strtoull(rest, NULL, 10);

	if (strcmp(word, "read") == 0) {
		begun(peer,
		      client_read_send(peer->ev, peer->file, offset,
				       len < TEXT_MAX ? len : TEXT_MAX),
		      has_read);
	} else if (strcmp(word, "write") == 0) {
		write_text(peer, offset, rest);
	} else if (strcmp(word, "lock") == 0) {
		lock(peer, offset, len, exclusive);
	} else if (strcmp(word, "unlock") == 0) {
		lock(peer, offset, len, SMB2_LOCKFLAG_UNLOCK);
	} else if (strcmp(word, "lease") == 0) {
		printf("= lease %s\n",
		       lease_text(client_file_lease(peer->file)));
	} else {
		peer->ended = strcmp(word, "quit") == 0;
		return peer->ended;
	}
	return true;
}

static void run_line(struct peer *peer, char *line)
{
	char *save = NULL;
	const char *word = strtok_r(line, " ", &save);
	const char *offset = strtok_r(NULL, " ", &save);

	if (word == NULL ||
	    !run(peer, word, offset != NULL ? strtoull(offset, NULL, 10) : 0,
		 save)) {
		printf("= there is no \"%s\"\n", word != NULL ? word : "");
	}
}

static void readable(struct tevent_context *ev, struct tevent_fd *fde,
		     uint16_t flags, void *private_data)
{
	struct peer *peer = private_data;
	size_t room = sizeof(peer->input) - peer->len - 1;
	ssize_t n = read(0, peer->input + peer->len, room);
	char *end = NULL;

	(void)ev;
	(void)fde;
	(void)flags;
	if (n <= 0) {
		peer->ended = true;
		return;
	}
	peer->len += (size_t)n;
	peer->input[peer->len] = '\0';
	end = strchr(peer->input, '\n');
	while (end != NULL && !peer->ended) {
		*end++ = '\0';
		run_line(peer, peer->input);
		peer->len -= (size_t)(end - peer->input);
		memmove(peer->input, end, peer->len + 1);
		end = strchr(peer->input, '\n');
	}
}

/* ---------------------------------------------------------------- the begin */

static void open_all(struct peer *peer, const char *name)
{
	struct client_open how = {0};
	NTSTATUS status = NT_STATUS_OK;

	client_open_default(&how);
	how.access = FILE_GENERIC_READ | FILE_GENERIC_WRITE;
	how.share = FILE_SHARE_ALL;
	how.disposition = FILE_OPEN_IF;
	how.lease = SMB2_LEASE_ALL;
	status = client_open(peer->ev, peer->tree, name, &how, &peer->file,
			     NULL);
	if (!NT_STATUS_IS_OK(status)) {
		die(name, status, NULL);
	}
	client_file_on_lease(peer->file, lease_broken, peer);
	client_open_default(&how);
	how.access = FILE_LIST_DIRECTORY;
	how.share = FILE_SHARE_ALL;
	how.options = FILE_DIRECTORY_FILE;
	status = client_open(peer->ev, peer->tree, "", &how, &peer->folder,
			     NULL);
	if (!NT_STATUS_IS_OK(status)) {
		die("the folder", status, NULL);
	}
	watch(peer);
}

static void log_on(struct peer *peer, char **argv)
{
	struct client_options options = {0};
	struct client_credentials credentials = {0};
	char *why = NULL;
	NTSTATUS status = NT_STATUS_OK;

	client_options_default(&options);
	options.server = argv[1];
	options.address = argv[2];
	options.transports = argv[3];
	options.tls.trust = TLS_TRUST_CA;
	options.tls.ca_file = argv[4];
	options.timeout_ms = 3000;
	options.connect_timeout_ms = 2000;
	options.reconnect_ms = (unsigned)strtoul(argv[9], NULL, 10);
	if (!client_protection_parse(argv[5], &options.protection)) {
		die(argv[5], NT_STATUS_INVALID_PARAMETER, NULL);
	}
	credentials.user = strtok_r(argv[6], "%", &argv[6]);
	credentials.password = argv[6];
	status =
		client_connect(peer->ev, peer->ev, &options, &peer->conn, &why);
	if (NT_STATUS_IS_OK(status)) {
		client_on_lost(peer->conn, lost, peer);
		status = client_session_setup(peer->ev, peer->conn,
					      &credentials, &peer->session);
	}
	if (NT_STATUS_IS_OK(status)) {
		status = client_tree_connect(peer->ev, peer->session, argv[7],
					     &peer->tree);
	}
	if (!NT_STATUS_IS_OK(status)) {
		die(argv[2], status, why);
	}
}

int main(int argc, char **argv)
{
	struct peer *peer = NULL;

	if (argc != 10) {
		die("usage", NT_STATUS_INVALID_PARAMETER,
		    "nine arguments are needed");
	}
	setvbuf(stdout, NULL, _IOLBF, 0);
	peer = talloc_zero(NULL, struct peer);
	peer->ev = tevent_context_init(peer);
	log_on(peer, argv);
	open_all(peer, argv[8]);
	if (tevent_add_fd(peer->ev, peer->ev, 0, TEVENT_FD_READ, readable,
			  peer) == NULL) {
		die("standard input", NT_STATUS_NO_MEMORY, NULL);
	}
	printf("= ready\n");
	while (!peer->ended) {
		if (tevent_loop_once(peer->ev) != 0) {
			die("the event loop", NT_STATUS_INTERNAL_ERROR, NULL);
		}
	}
	talloc_free(peer->conn);
	talloc_free(peer);
	return 0;
}
