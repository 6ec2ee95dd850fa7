/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * handle_peer.h - the commands of handle_peer, shared by
 *
 *	handle_peer.c       who logs on, one request, the table of commands
 *	handle_peer_open.c  those that open something or come back for it
 *	handle_peer_use.c   those that use what was opened last
 */
#ifndef SMBQUIC_HANDLE_PEER_H
#define SMBQUIC_HANDLE_PEER_H

#include "client/client_private.h"

struct peer {
	struct tevent_context *ev;
	struct client_conn *conn;
	struct client_tree *tree;
	struct smb2_file_id id; /* of what was opened last */
	uint16_t sequence;	/* of the channel */
};

/* --- handle_peer.c */
/** Ends the program with status 1. @param why  NULL: the status says it. */
void peer_die(const char *what, NTSTATUS status, const char *why);
/** The first 16 bytes of the text, filled with zeros. */
struct smb2_guid peer_guid(const char *text);
uint64_t peer_number(const char *text);
/** A request of the tree, and its end waited for. @param out  the response,
 *  which is there also where it is an error. */
struct call *peer_begin(struct peer *peer);
NTSTATUS peer_finish(struct peer *peer, struct call *call, struct call **out);

/* --- handle_peer_open.c */
/** Opens it, and makes it what others use. @param note  out: what it got beyond
 *  what everybody gets, to be printed; a child of the connection. */
NTSTATUS peer_create(struct peer *peer, struct smb2_create_request *in,
		     const char *name, const char **note);

/* Commands: the words of one, itself first; note as above. */
NTSTATUS run_open(struct peer *peer, char **words, const char **note);
NTSTATUS run_batch(struct peer *peer, char **words, const char **note);
NTSTATUS run_lease(struct peer *peer, char **words, const char **note);
NTSTATUS run_delete(struct peer *peer, char **words, const char **note);
NTSTATUS run_posix(struct peer *peer, char **words, const char **note);
NTSTATUS run_plain(struct peer *peer, char **words, const char **note);
NTSTATUS run_app(struct peer *peer, char **words, const char **note);
NTSTATUS run_app_kept(struct peer *peer, char **words, const char **note);
NTSTATUS run_reclaim(struct peer *peer, char **words, const char **note);
NTSTATUS run_regain(struct peer *peer, char **words, const char **note);
NTSTATUS run_repossess(struct peer *peer, char **words, const char **note);
NTSTATUS run_return(struct peer *peer, char **words, const char **note);
NTSTATUS run_id(struct peer *peer, char **words, const char **note);
NTSTATUS run_folder(struct peer *peer, char **words, const char **note);

/* --- handle_peer_use.c */
NTSTATUS run_lock(struct peer *peer, char **words, const char **note);
NTSTATUS run_unlock(struct peer *peer, char **words, const char **note);
NTSTATUS run_write(struct peer *peer, char **words, const char **note);
NTSTATUS run_read(struct peer *peer, char **words, const char **note);
NTSTATUS run_rename(struct peer *peer, char **words, const char **note);
NTSTATUS run_resilient(struct peer *peer, char **words, const char **note);
NTSTATUS run_sequence(struct peer *peer, char **words, const char **note);
NTSTATUS run_notify(struct peer *peer, char **words, const char **note);
NTSTATUS run_until(struct peer *peer, char **words, const char **note);
NTSTATUS run_close(struct peer *peer, char **words, const char **note);
NTSTATUS run_remove(struct peer *peer, char **words, const char **note);
NTSTATUS run_hold(struct peer *peer, char **words, const char **note);

#endif
