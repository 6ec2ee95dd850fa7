/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * handle_peer.c - a client that asks for handles which outlive connections and
 * servers, and comes back for them.
 *
 *	handle_peer SERVER ADDRESS TRANSPORT CA USER%PASSWORD SHARE COMMAND...
 *
 * Commands are run one after the other, on the file opened last:
 *
 *	open:NAME:GUID:MS	open (or make) it, with a persistent handle that
 *				waits so long; GUID: up to 16 characters
 *	batch:NAME:GUID:MS	likewise, with a batch oplock
 *	lease:NAME:GUID:MS	likewise, with a lease of all, whose key is GUID
 *	delete:NAME:GUID:MS	likewise, to be deleted when it is closed
 *	posix:NAME:GUID:MS	likewise, by the POSIX extensions
 *	plain:NAME		open it, sharing everything
 *	app:NAME:ID:VERSION	open (or make) it, sharing nothing, for that
 *				instance of an application, of that version;
 *				0: of none. HANDLE_PEER in the environment says
 *				which client this is
 *	app-kept:NAME:ID:VERSION likewise, with a persistent handle
 *	reclaim:NAME:GUID:ID	come back for a persistent handle
 *	regain:NAME:GUID:ID	likewise, with its lease
 *	repossess:NAME:GUID:ID	likewise, by the POSIX extensions
 *	return:NAME:ID		come back for a resilient handle
 *	id			print its id, for reclaim and return
 *	lock:OFFSET:LENGTH	exclusively, at once
 *	unlock:OFFSET:LENGTH
 *	write:OFFSET:TEXT
 *	read:OFFSET:LENGTH	print it
 *	rename:NAME		unless there is something of that name
 *	resilient:MS		ask that the handle be resilient
 *	sequence:NUMBER		of the channel: of requests from now on
 *	folder:NAME		open a folder, to be listed
 *	notify			wait for a change in it, and print the first
 *	until:FILE		wait until there is that file here
 *	close
 *	remove:NAME		open it, to be deleted when closed, and close it
 *	hold			say "holding", and end when the server is gone
 *
 * Each prints its name and status. Ends with status 1 after the first request
 * that fails otherwise than by an answer of the server.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "client/client_private.h"
#include "tests/handle_peer.h"

#define MAX_WORDS 5

void peer_die(const char *what, NTSTATUS status, const char *why)
{
	fprintf(stderr, "handle_peer: %s: %s\n", what,
		why != NULL ? why : nt_errstr(status));
	exit(1);
}

struct smb2_guid peer_guid(const char *text)
{
	struct smb2_guid guid = {{0}};

	memcpy(guid.bytes, text, strnlen(text, sizeof(guid.bytes)));
	return guid;
}

uint64_t peer_number(const char *text)
{
	return strtoull(text, NULL, 0);
}

/* --- one request -----------------------------------------------------------
 */

struct call *peer_begin(struct peer *peer)
{
	return call_new(peer->conn, peer->conn, peer->tree->session,
			peer->tree);
}

NTSTATUS peer_finish(struct peer *peer, struct call *call, struct call **out)
{
	struct tevent_req *req = NULL;
	NTSTATUS status = NT_STATUS_OK;

	/* call_transmit() takes it from there */
	peer->tree->session->sequence = peer->sequence;
	req = call_send(peer->conn, peer->conn, call);
	if (req == NULL || !tevent_req_poll(req, peer->ev)) {
		peer_die("request", NT_STATUS_NO_MEMORY, NULL);
	}
	status = call_recv_one(req, peer->conn, out);
	talloc_free(req);
	if (*out == NULL) {
		peer_die("request", status, client_why(peer->conn));
	}
	return status;
}

/* --- all of them -----------------------------------------------------------
 */

static const struct {
	const char *name;
	int words;
	NTSTATUS (*run)(struct peer *peer, char **words, const char **note);
} commands[] = {
	{"open", 4, run_open},
	{"batch", 4, run_batch},
	{"lease", 4, run_lease},
	{"delete", 4, run_delete},
	{"posix", 4, run_posix},
	{"plain", 2, run_plain},
	{"app", 4, run_app},
	{"app-kept", 4, run_app_kept},
	{"reclaim", 4, run_reclaim},
	{"regain", 4, run_regain},
	{"repossess", 4, run_repossess},
	{"return", 3, run_return},
	{"id", 1, run_id},
	{"lock", 3, run_lock},
	{"unlock", 3, run_unlock},
	{"write", 3, run_write},
	{"read", 3, run_read},
	{"rename", 2, run_rename},
	{"resilient", 2, run_resilient},
	{"sequence", 2, run_sequence},
	{"remove", 2, run_remove},
	{"folder", 2, run_folder},
	{"notify", 1, run_notify},
	{"until", 2, run_until},
	{"close", 1, run_close},
	{"hold", 1, run_hold},
};

static void run(struct peer *peer, char *command)
{
	char *words[MAX_WORDS] = {NULL};
	const char *note = "";
	NTSTATUS status = NT_STATUS_OK;
	int count = 0;
	char *rest = NULL;

	for (char *word = strtok_r(command, ":", &rest);
	     word != NULL && count < MAX_WORDS;
	     word = strtok_r(NULL, ":", &rest)) {
		words[count++] = word;
	}
	for (size_t i = 0; i < sizeof(commands) / sizeof(commands[0]); i++) {
		if (count == commands[i].words &&
		    strcmp(words[0], commands[i].name) == 0) {
			status = commands[i].run(peer, words, &note);
			printf("%s: %s%s\n", words[0], nt_errstr(status), note);
			fflush(stdout);
			return;
		}
	}
	peer_die(command, NT_STATUS_INVALID_PARAMETER, "no such command");
}

static void log_on(struct peer *peer, char **argv)
{
	struct client_options options = {0};
	struct client_credentials credentials = {0};
	struct client_session *session = NULL;
	const char *which = getenv("HANDLE_PEER");
	struct smb2_guid guid =
		peer_guid(which != NULL ? which : "handle_peer.c 01");
	char *percent = strchr(argv[5], '%');
	char *why = NULL;
	NTSTATUS status = NT_STATUS_OK;

	if (percent == NULL) {
		peer_die(argv[5], NT_STATUS_INVALID_PARAMETER, "no password");
	}
	*percent = '\0';
	client_options_default(&options);
	options.server = argv[1];
	options.address = argv[2];
	options.transports = argv[3];
	options.tls.trust = TLS_TRUST_CA;
	options.tls.ca_file = argv[4];
	options.guid = guid.bytes;
	options.posix = true;
	options.capabilities = SMB2_GLOBAL_CAP_PERSISTENT_HANDLES;
	credentials.user = argv[5];
	credentials.password = percent + 1;
	status =
		client_connect(peer->ev, peer->ev, &options, &peer->conn, &why);
	if (status != NT_STATUS_OK) {
		peer_die("connect", status, why);
	}
	status = client_session_setup(peer->conn, peer->conn, &credentials,
				      &session);
	if (status == NT_STATUS_OK) {
		status = client_tree_connect(peer->conn, session, argv[6],
					     &peer->tree);
	}
	if (status != NT_STATUS_OK) {
		peer_die("log on", status, client_why(peer->conn));
	}
}

int main(int argc, char **argv)
{
	struct peer peer = {.ev = tevent_context_init(NULL)};

	if (argc < 8) {
		fprintf(stderr,
			"usage: handle_peer SERVER ADDRESS TRANSPORT CA "
			"USER%%PASSWORD SHARE COMMAND...\n");
		return 2;
	}
	log_on(&peer, argv);
	for (int i = 7; i < argc; i++) {
		run(&peer, argv[i]);
	}
	/* the connection ends; nothing is closed and nobody logs off */
	talloc_free(peer.ev);
	return 0;
}
