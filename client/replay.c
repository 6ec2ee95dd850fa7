/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Calls of a lost connection: they wait, are given the numbers that sessions,
 * trees and files have now, and go out again in the order in which they came.
 *
 * What is sent twice must not do harm when it was done once. Reads, queries,
 * and writes and settings of an open file come to the same. A CREATE says the
 * guid of the first one; what makes or removes by path looks at call->again.
 */
#define LOG_MODULE "client"

#include <string.h>

#include "client/client_private.h"
#include "client/multichannel_private.h"
#include "smbquic/alarm.h"
#include "smbquic/log.h"

#define NONE 0
/* A replay is tried again so often, so many milliseconds apart. */
#define REFUSALS   80
#define REFUSED_MS 250
/* Credits: what goes out at first on a connection that has come back. */
#define FIRST_WINDOW 8

/* Where a request has its file's id; NONE: it cannot be sent twice, or by the
 * id of no file. */
static const struct {
	bool again;
	unsigned file_id; /* behind the header */
} commands[SMB2_COMMAND_COUNT] = {
	[SMB2_TREE_CONNECT] = {true, NONE},
	[SMB2_CREATE] = {true, NONE},
	[SMB2_CLOSE] = {true, 8},
	[SMB2_FLUSH] = {true, 8},
	[SMB2_READ] = {true, 16},
	[SMB2_WRITE] = {true, 16},
	[SMB2_LOCK] = {true, 8},
	[SMB2_IOCTL] = {true, 8},
	[SMB2_ECHO] = {true, NONE},
	[SMB2_QUERY_DIRECTORY] = {true, 8},
	[SMB2_CHANGE_NOTIFY] = {true, 8},
	[SMB2_QUERY_INFO] = {true, 24},
	[SMB2_SET_INFO] = {true, 16},
};

const struct client_tree *tree_of_serial(const struct client_conn *conn,
					 uint64_t serial)
{
	const struct client_channel *channel = NULL;
	const struct client_tree *tree = NULL;

	TAILQ_FOREACH(channel, &conn->channels, conn_entry)
	{
		if (channel->session == NULL) {
			continue;
		}
		TAILQ_FOREACH(tree, &channel->session->trees, entry)
		{
			if (tree->serial == serial) {
				return tree;
			}
		}
	}
	return NULL;
}

/* Where a listing had come to on the server, nobody knows; nor what a pipe has
 * taken in. */
bool replay_may_repeat(const struct client_conn *conn, const struct call *call)
{
	const struct client_tree *tree = NULL;
	unsigned i = 0;

	if (call->urgent || call->req == NULL) {
		return false; /* cancelled: the server forgets it as well */
	}
	for (i = 0; i < call->parts; i++) {
		uint16_t command = call->part[i].command;

		if (!commands[command].again ||
		    (command == SMB2_QUERY_DIRECTORY && call->sent &&
		     call->file_serial != 0)) {
			return false;
		}
	}
	if (call->tree_serial == 0) {
		return true;
	}
	tree = tree_of_serial(conn, call->tree_serial);
	return tree != NULL && tree->type == SMB2_SHARE_TYPE_DISK;
}

/* As it was before it was sent, in no list; its channel still counts it. */
static void take_out(struct call *call)
{
	unsigned i = 0;

	if (call->channel != NULL) {
		call->channel->calls++; /* conn_forget() takes one */
	}
	conn_forget(call->conn, call);
	call->missing = 0;
	for (i = 0; i < call->parts; i++) {
		call->part[i].pending = false;
		call->part[i].is_signed = false;
	}
}

static void hold(struct client_conn *conn, struct call *call)
{
	call->again = call->again || call->sent;
	if (call->awaits == 0) {
		call->awaits = conn_clock();
	}
	take_out(call);
	call->held = true;
	TAILQ_INSERT_TAIL(&conn->held, call, entry);
}

static void hold_list(struct client_conn *conn, struct call_list *list,
		      NTSTATUS status)
{
	struct call *call = NULL;

	while (!TAILQ_EMPTY(list)) {
		call = TAILQ_FIRST(list);
		if (replay_may_repeat(conn, call)) {
			call->moved = false;
			hold(conn, call);
		} else {
			call->orphan = NULL;
			call_finish(call, status);
		}
	}
}

void replay_put_aside(struct call *call)
{
	struct client_channel *channel = call->channel;

	take_out(call);
	spread_home(call);
	if (call->channel != channel) {
		call->channel->calls++;
		channel_call_ended(channel);
	}
	talloc_steal(call->conn, call);
	call->held = true;
	TAILQ_INSERT_TAIL(&call->conn->held, call, entry);
}

/* ---------------------------------------------------------- other channels */

bool replay_move(struct call *call, struct client_conn *to)
{
	struct client_conn *home = to->home != NULL ? to->home : to;
	bool sent = call->sent;

	if (!call->posted && !replay_may_repeat(home, call)) {
		return false;
	}
	take_out(call);
	call->again = call->again || sent;
	call->moved = call->moved || sent;
	spread_put(call, to);
	return true;
}

static void refused_over(void *private_data)
{
	struct call *call = talloc_get_type_abort(private_data, struct call);
	const struct client_session *session = NULL;
	struct client_conn *conn = call->conn;

	if (!call->held || conn->lost) {
		return;
	}
	session = call->channel->session;
	if (session == NULL || !(session->stale || revive_is_busy(session))) {
		replay_resume(conn, call);
	} /* else it goes with the others, when that is well */
}

bool replay_take_refused(struct call *call)
{
	const struct client_session *session =
		call->channel != NULL ? call->channel->session : NULL;

	if (session == NULL || call->conn->dead != NT_STATUS_OK ||
	    call->req == NULL || call->out == NULL || call->urgent ||
	    call->part[0].status != NT_STATUS_FILE_NOT_AVAILABLE ||
	    (!call->moved && call->channel_sequence == session->sequence) ||
	    call->refusals >= REFUSALS) {
		return false;
	}
	call->refusals++;
	replay_put_aside(call);
	if (alarm_add(call->conn->ev, call, REFUSED_MS, refused_over, call) ==
	    NULL) {
		replay_resume(call->conn, call);
	}
	return true;
}

void replay_hold(struct client_conn *conn, NTSTATUS status)
{
	struct call_list later = TAILQ_HEAD_INITIALIZER(later);

	/* what is held already came after these */
	TAILQ_CONCAT(&later, &conn->held, entry);
	hold_list(conn, &conn->sent, status);
	hold_list(conn, &conn->waiting, status);
	TAILQ_CONCAT(&conn->held, &later, entry);
	conn->credits_out = 0;
}

static struct client_file *find_file(const struct client_tree *tree,
				     uint64_t serial)
{
	struct client_file *file = NULL;

	TAILQ_FOREACH(file, &tree->files, entry)
	{
		if (file->serial == serial) {
			return file;
		}
	}
	return NULL;
}

static void mark_freed(struct call_list *list, uint64_t serial)
{
	struct call *call = NULL;

	TAILQ_FOREACH(call, list, entry)
	{
		call->file_lost =
			call->file_lost || call->file_serial == serial;
	}
}

void replay_file_freed(struct client_conn *conn, const struct client_file *file)
{
	struct client_conn *home = conn->home != NULL ? conn->home : conn;

	mark_freed(&home->held, file->serial);
	mark_freed(&home->sent, file->serial);
	mark_freed(&home->waiting, file->serial);
}

void replay_tree(struct client_conn *conn, const struct client_tree *tree)
{
	struct call *call = NULL;

	TAILQ_FOREACH(call, &conn->held, entry)
	{
		if (call->tree_serial == tree->serial) {
			call->file_lost =
				call->file_lost ||
				(call->tree_id != tree->id &&
				 call->file_serial != 0 &&
				 find_file(tree, call->file_serial) == NULL);
			call->tree_id = tree->id;
			call->encrypt = tree->encrypt || tree->session->encrypt;
		}
	}
}

static void put_file_id(struct call_part *part, const struct smb2_file_id *id)
{
	unsigned at = SMB2_HEADER_SIZE + commands[part->command].file_id;
	struct wire_writer w = {0};
	uint8_t any[16];

	memset(any, 0xFF, sizeof(any));
	if (commands[part->command].file_id == NONE ||
	    part->w.len < at + sizeof(any) ||
	    memcmp(part->w.buf + at, any, sizeof(any)) == 0) {
		return; /* that of the compound */
	}
	w = wire_writer_fixed(part->w.buf + at, sizeof(any));
	wire_put_u64(&w, id->persistent_id);
	wire_put_u64(&w, id->volatile_id);
}

/* The rest of a listing: a folder that was opened again begins anew. */
static bool continues(const struct call *call)
{
	return call->part[0].command == SMB2_QUERY_DIRECTORY;
}

/* Nobody remembers what happened in a folder that was opened again, so whoever
 * watches it is told to read it. */
static bool missed_something(const struct call *call,
			     const struct client_file *file)
{
	return file->missed && call->part[0].command == SMB2_CHANGE_NOTIFY;
}

void replay_file(struct client_conn *conn, struct client_file *file)
{
	bool told = false;
	struct call *call = NULL;
	struct call *next = NULL;
	unsigned i = 0;

	for (call = TAILQ_FIRST(&conn->held); call != NULL; call = next) {
		next = TAILQ_NEXT(call, entry);
		if (call->file_serial != file->serial) {
			continue;
		}
		if (!NT_STATUS_IS_OK(file->gone)) {
			call_finish(call, file->gone);
			continue;
		}
		if (continues(call)) {
			call_finish(call, NT_STATUS_HANDLE_NO_LONGER_VALID);
			continue;
		}
		if (missed_something(call, file)) {
			told = true;
			call_finish(call, NT_STATUS_NOTIFY_ENUM_DIR);
			continue;
		}
		for (i = 0; i < call->parts; i++) {
			put_file_id(&call->part[i], &file->id);
		}
	}
	file->missed = file->missed && !told;
}

/* Of a tree that was freed: its number may be that of another one by now. */
static bool lost_its_tree(const struct client_conn *conn,
			  const struct call *call)
{
	return call->tree_serial != 0 &&
	       tree_of_serial(conn, call->tree_serial) == NULL;
}

/* Likewise of a file. */
static bool lost_its_file(const struct client_conn *conn,
			  const struct call *call)
{
	const struct client_tree *tree =
		tree_of_serial(conn, call->tree_serial);

	return call->file_lost ||
	       (call->file_serial != 0 && call->channel != NULL &&
		call->session_id != call->channel->session_id &&
		(tree == NULL || find_file(tree, call->file_serial) == NULL));
}

bool replay_number(struct client_conn *conn, struct call *call)
{
	const struct client_tree *tree =
		tree_of_serial(conn, call->tree_serial);
	const struct client_file *file =
		tree != NULL ? find_file(tree, call->file_serial) : NULL;
	unsigned i = 0;

	if (lost_its_tree(conn, call) && call->channel != NULL &&
	    call->session_id != call->channel->session_id) {
		call_finish(call, NT_STATUS_NETWORK_NAME_DELETED);
		return false;
	}
	if (lost_its_file(conn, call)) {
		call_finish(call, NT_STATUS_FILE_CLOSED);
		return false;
	}
	if (tree != NULL) {
		call->tree_id = tree->id;
		call->encrypt = tree->encrypt || tree->session->encrypt;
	}
	if (file != NULL && !NT_STATUS_IS_OK(file->gone)) {
		call_finish(call, file->gone);
		return false;
	}
	for (i = 0; file != NULL && i < call->parts; i++) {
		put_file_id(&call->part[i], &file->id);
	}
	return true;
}

/* What belongs to the session now. */
static void take_numbers(struct call *call)
{
	const struct client_channel *channel = call->channel;

	if (channel == NULL) {
		return;
	}
	call->session_id = channel->session_id;
	if (call->tree_serial == 0 && channel->session != NULL) {
		call->encrypt = channel->session->encrypt;
	}
}

void replay_resume(struct client_conn *conn, struct call *call)
{
	take_out(call);
	call->started = conn_clock();
	take_numbers(call);
	spread_put(call, spread_choose(conn, call));
}

/*
 * What waited goes out little by little, as much again with each answer: on a
 * way that is cut after some bytes, all of it at once would be lost each time
 * before any of it was answered.
 */
void replay_go(struct client_conn *conn)
{
	struct call *call = NULL;

	conn->window = FIRST_WINDOW;
	while (!TAILQ_EMPTY(&conn->held)) {
		call = TAILQ_FIRST(&conn->held);
		if (lost_its_tree(conn, call)) {
			call_finish(call, NT_STATUS_NETWORK_NAME_DELETED);
		} else if (lost_its_file(conn, call)) {
			call_finish(call, NT_STATUS_FILE_CLOSED);
		} else {
			replay_resume(conn, call);
		}
	}
	conn_start_watch(conn);
	conn_go(conn);
}
