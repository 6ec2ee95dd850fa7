/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What comes in: each reply finds the request it belongs to, is checked
 * (MS-SMB2 3.2.5.1) and handed to its call. A reply that belongs to nothing,
 * or whose protection is not what the request had, ends the connection.
 */
#define LOG_MODULE "client"

#include "client/client_private.h"
#include "smbquic/log.h"

/* ------------------------------------------------------------- protection */

struct smb2_sealing_key *conn_keyring(uint64_t session_id, void *private_data)
{
	struct client_conn *conn =
		talloc_get_type_abort(private_data, struct client_conn);
	struct client_channel *channel = NULL;

	TAILQ_FOREACH(channel, &conn->channels, conn_entry)
	{
		if (channel->session_id == session_id &&
		    channel->keys != NULL) {
			return channel->keys->unseal;
		}
	}
	return NULL;
}

/* A server that has lost the session cannot sign what it says about it; the
 * flag it may still copy from the request. */
static bool may_be_unsigned(NTSTATUS status)
{
	return status == NT_STATUS_USER_SESSION_DELETED ||
	       status == NT_STATUS_NETWORK_SESSION_EXPIRED;
}

/*
 * Is the reply protected as it has to be (3.2.5.1.1.1, 3.2.5.1.3)? The replies
 * of a session setup are judged by session.c, which makes the keys.
 */
static bool reply_is_protected(struct call_part *part, const struct message *m,
			       const struct message_pdu *pdu)
{
	const struct call *call = part->call;
	const struct client_channel *channel = call->channel;
	NTSTATUS status = pdu->header.status;
	bool has_flag = (pdu->header.flags & SMB2_FLAGS_SIGNED) != 0;

	if (part->command == SMB2_NEGOTIATE ||
	    part->command == SMB2_SESSION_SETUP) {
		return true;
	}
	if (m->sealed) {
		part->is_signed = true;
		return m->session_id == call->session_id;
	}
	if (call->encrypt) {
		return may_be_unsigned(status);
	}
	if (channel == NULL || channel->signing == NULL) {
		return true;
	}
	if (has_flag && status != NT_STATUS_PENDING) {
		part->is_signed = message_verify(pdu, channel->signing);
		return part->is_signed || may_be_unsigned(status);
	}
	return !(channel->sign || call->must_sign) ||
	       status == NT_STATUS_PENDING || may_be_unsigned(status);
}

/* ------------------------------------------------------------------ a PDU */

static struct call_part *find_part(struct client_conn *conn, uint64_t id)
{
	struct call_part *part = NULL;

	TAILQ_FOREACH(part, &conn->table[id % CONN_BUCKETS], entry)
	{
		if (part->message_id == id) {
			return part;
		}
	}
	return NULL;
}

static void conn_grant(struct client_conn *conn, struct call_part *part,
		       const struct smb2_header *header)
{
	uint32_t total = 0;

	if (!part->pending) {
		conn->credits_out -= part->charge;
		conn_open_window(conn, part->charge);
	}
	conn->credits += header->credits;
	if (conn->credits > CONN_CREDITS_MAX) {
		conn->credits = CONN_CREDITS_MAX;
	}
	total = conn->credits + conn->credits_out;
	if (total > conn->credits_most) {
		conn->credits_most = total;
	}
}

/* The bytes of a reply, which the call will own. A message with replies of one
 * call alone moves to it, else each reply is copied. */
static bool keep_reply(struct call_part *part, const struct message_pdu *pdu,
		       bool moved)
{
	uint8_t *data = pdu->data;

	if (!moved) {
		data = talloc_memdup(part->call, pdu->data, pdu->len);
	}
	part->reply = wire_slice(data, data != NULL ? pdu->len : 0);
	return data != NULL;
}

static bool is_interim(const struct smb2_header *header)
{
	return header->status == NT_STATUS_PENDING &&
	       smb2_header_is_async(header);
}

/* Whose final reply may be days away, with nothing amiss. */
static bool waits_for_others(uint16_t command)
{
	return command == SMB2_LOCK || command == SMB2_CHANGE_NOTIFY;
}

/* @return false: the connection ended. */
static bool conn_reply(struct client_conn *conn, struct message *m,
		       const struct message_pdu *pdu)
{
	struct call_part *part = find_part(conn, pdu->header.message_id);
	struct client_session *session = NULL;
	struct call *call = NULL;

	if (part == NULL || part->command != pdu->header.command) {
		conn_die(conn, NT_STATUS_INVALID_NETWORK_RESPONSE,
			 "the server answered what was not asked");
		return false;
	}
	call = part->call;
	session = call->channel != NULL ? call->channel->session : NULL;
	if (!reply_is_protected(part, m, pdu)) {
		log_warn("reply to %s: signature or encryption is wrong",
			 smb2_command_name(part->command));
		conn_die(conn, NT_STATUS_INVALID_SIGNATURE,
			 "a reply was not protected as it must be: somebody "
			 "may have changed it on its way");
		return false;
	}
	conn_grant(conn, part, &pdu->header);
	if (is_interim(&pdu->header)) {
		if (waits_for_others(part->command)) {
			call->awaits = 0;
		}
		part->pending = true;
		part->async_id = pdu->header.async_id;
		call->started = conn_clock();
		return true;
	}
	part->status = pdu->header.status;
	TAILQ_REMOVE(&conn->table[part->message_id % CONN_BUCKETS], part,
		     entry);
	part->listed = false;
	call->missing--;
	if (!keep_reply(part, pdu, talloc_parent(m) == call)) {
		conn_die(conn, NT_STATUS_NO_MEMORY, "out of memory");
		return false;
	}
	if (call->missing == 0 && !renew_take(call) && !revive_take(call) &&
	    !replay_take_refused(call) && !follow_take(call)) {
		call_finish(call, NT_STATUS_OK);
	}
	if (session != NULL) {
		revive_look(session);
	}
	return true;
}

/* --------------------------------------------------------------- a message */

/* The one call that all replies of a message belong to, or NULL. */
static struct call *only_call(struct client_conn *conn, const struct message *m)
{
	struct call_part *part = NULL;
	struct call *call = NULL;
	unsigned i = 0;

	for (i = 0; i < m->count; i++) {
		part = find_part(conn, m->pdu[i].header.message_id);
		if (part == NULL || (call != NULL && part->call != call) ||
		    is_interim(&m->pdu[i].header)) {
			return NULL;
		}
		call = part->call;
	}
	return call;
}

/* Oplock and lease breaks (3.2.5.19) and notifications (3.2.5.20). */
static bool conn_unsolicited(struct client_conn *conn, struct message *m,
			     const struct message_pdu *pdu)
{
	struct client_channel *channel = NULL;

	if (pdu->header.command != SMB2_OPLOCK_BREAK) {
		return pdu->header.command ==
		       SMB2_SERVER_TO_CLIENT_NOTIFICATION;
	}
	TAILQ_FOREACH(channel, &conn->channels, conn_entry)
	{
		struct client_session *session = channel->session;

		if (session != NULL &&
		    (!m->sealed || m->session_id == session->id)) {
			file_break(session, pdu->data, pdu->len);
			file_lease_break(session, pdu->data, pdu->len);
		}
	}
	return true;
}

static void conn_message(struct client_conn *conn, struct message *m)
{
	struct call *call = only_call(conn, m);
	bool ok = !m->smb1;
	unsigned i = 0;

	talloc_steal(call != NULL ? (void *)call : conn->trash, m);
	for (i = 0; ok && i < m->count; i++) {
		const struct message_pdu *pdu = &m->pdu[i];

		if (!smb2_header_is_response(&pdu->header)) {
			ok = false;
		} else if (pdu->header.message_id ==
			   SMB2_MESSAGE_ID_UNSOLICITED) {
			ok = conn_unsolicited(conn, m, pdu);
		} else if (!conn_reply(conn, m, pdu)) {
			break;
		}
	}
	if (!ok) {
		conn_die(conn, NT_STATUS_INVALID_NETWORK_RESPONSE,
			 "the server sent what is not a reply");
	}
	talloc_free_children(conn->trash);
	conn_go(conn);
}

static void conn_read_done(struct tevent_req *subreq)
{
	struct client_conn *conn =
		tevent_req_callback_data(subreq, struct client_conn);
	struct message *m = NULL;
	int err = message_read_recv(subreq, conn, &m);

	TALLOC_FREE(conn->reading);
	if (err != 0 || m == NULL) {
		conn_lost(conn, err);
		return;
	}
	conn_start_reading(conn);
	conn_message(conn, m);
}

void conn_start_reading(struct client_conn *conn)
{
	conn->reading = message_read_send(conn, conn->ev, conn->message);
	if (conn->reading == NULL) {
		conn_die(conn, NT_STATUS_NO_MEMORY, "out of memory");
		return;
	}
	tevent_req_set_callback(conn->reading, conn_read_done, conn);
}
