/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * status_conn.c - who is there: connections, sessions and their channels, tree
 * connects.
 */

#include <inttypes.h>
#include <string.h>

#include "server/protection.h"
#include "server/request.h"
#include "server/status.h"
#include "smbquic/compress.h"

/* --- protection ------------------------------------------------------------
 */

/* Of SMB's own encryption: required, or chosen by the client for all or for
 * some of what it asked. */
static const char *degree(bool must, const struct protection_seen *seen)
{
	if (must || (seen->sealed && !seen->is_signed && !seen->plain)) {
		return "full";
	}
	return seen->sealed ? "partial" : "none";
}

static json_t *by_smb(const struct session *session, const char *how_much)
{
	return json_pack("{s:s, s:s, s:s}", "by", "smb", "cipher",
			 protection_cipher(session->cipher), "degree",
			 how_much);
}

/* What protects the session's requests on that connection. */
static json_t *encryption(const struct conn *conn,
			  const struct session *session)
{
	static const struct protection_seen nothing;
	const struct channel *channel = conn_channel(conn, session->id);
	const char *sealed =
		degree(conn_must_seal(conn, session),
		       channel == NULL ? &nothing : &channel->seen);

	if (strcmp(sealed, "full") != 0 && conn->facts->secure) {
		return json_pack("{s:s, s:s, s:s}", "by", "transport", "cipher",
				 conn->facts->tls_cipher == NULL
					 ? "-"
					 : conn->facts->tls_cipher,
				 "degree", "full");
	}
	if (strcmp(sealed, "none") != 0) {
		return by_smb(session, sealed);
	}
	return json_pack("{s:s, s:s, s:s}", "by", "none", "cipher", "-",
			 "degree", "none");
}

static json_t *signing(const struct session *session)
{
	bool none = session->keys == NULL || session->kind != AUTH_USER;
	const char *degree = session->signing_required ? "full" : "partial";

	return json_pack("{s:s, s:s}", "cipher",
			 none ? "-"
			      : protection_signing(session->signing_algorithm),
			 "degree", none ? "none" : degree);
}

/* --- connections -----------------------------------------------------------
 */

static json_t *transport_of(const struct conn *conn)
{
	const struct transport_facts *facts = conn->facts;

	return json_pack("{s:s, s:b, s:o, s:o, s:o, s:o, s:b, s:b, s:b}",
			 "name", facts->backend, "secure", facts->secure,
			 "quic_version", status_string(facts->quic_version),
			 "tls_version", status_string(facts->tls_version),
			 "tls_cipher", status_string(facts->tls_cipher),
			 "server_name", status_string(facts->server_name),
			 "resumed", facts->resumed, "early_data",
			 facts->early_taken, "retried", facts->retried);
}

static json_t *figures_of(const struct conn *conn)
{
	struct transport_stats stats = {0};

	transport_stats(message_conn_transport(conn->messages), &stats);
	return json_pack("{s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I}",
			 "bytes_in", (json_int_t)stats.bytes_in, "bytes_out",
			 (json_int_t)stats.bytes_out, "bytes_acked",
			 (json_int_t)stats.bytes_acked, "packets_in",
			 (json_int_t)stats.packets_in, "packets_out",
			 (json_int_t)stats.packets_out, "packets_lost",
			 (json_int_t)stats.packets_lost, "rtt_us",
			 (json_int_t)stats.rtt_us, "cwnd",
			 (json_int_t)stats.cwnd, "path_mtu",
			 (json_int_t)stats.path_mtu);
}

/* Null where nothing may be compressed. */
static json_t *compression_of(const struct conn *conn)
{
	const struct smb2_compress_terms *terms = &conn->agreed.compression;
	const struct message_savings *s = message_conn_savings(conn->messages);
	json_t *names = NULL;
	unsigned i = 0;

	if (terms->count == 0) {
		return json_null();
	}
	names = json_array();
	for (i = 0; i < terms->count; i++) {
		json_array_append_new(names, status_string(compress_name(
						     terms->algorithms[i])));
	}
	return json_pack("{s:o, s:b, s:I, s:I, s:I, s:I, s:I, s:I}",
			 "algorithms", names, "chained", terms->chained,
			 "messages_in", (json_int_t)s->messages_in,
			 "messages_out", (json_int_t)s->messages_out,
			 "plain_bytes_in", (json_int_t)s->plain_in,
			 "plain_bytes_out", (json_int_t)s->plain_out,
			 "packed_bytes_in", (json_int_t)s->packed_in,
			 "packed_bytes_out", (json_int_t)s->packed_out);
}

static unsigned count_requests(const struct conn *conn)
{
	const struct request *r = NULL;
	unsigned count = 0;

	for (r = conn->requests; r != NULL; r = r->next) {
		count++;
	}
	return count;
}

static json_t *sessions_of(const struct conn *conn)
{
	json_t *list = json_array();
	const struct channel *channel = NULL;

	for (channel = conn->channels; channel != NULL;
	     channel = channel->conn_next) {
		json_array_append_new(list, status_id(channel->session->id));
	}
	return list;
}

static json_t *connection(const struct conn *conn)
{
	const struct sockaddr *local =
		(const struct sockaddr *)&conn->facts->local;

	return json_pack(
		"{s:I, s:o, s:o, s:s, s:o, s:o, s:o, s:o, s:i, s:I, s:I, s:b}",
		"connection_id", (json_int_t)conn->id, "remote_address",
		status_string(conn->peer), "local_address",
		status_string(transport_address_string(local)), "dialect",
		protection_dialect(conn->agreed.dialect), "transport",
		transport_of(conn), "figures", figures_of(conn), "compression",
		compression_of(conn), "sessions", sessions_of(conn), "requests",
		(int)count_requests(conn), "bytes_queued_in",
		(json_int_t)conn->bytes_in, "bytes_queued_out",
		(json_int_t)conn->bytes_out, "closing", conn->closing);
}

/* New ones come in front of the list: the ids fall along it. */
bool status_next_connection(struct status_walk *walk, json_t **item)
{
	const struct conn *conn = walk->conn;

	if (conn == NULL) {
		conn = walk->server->conns;
		while (conn != NULL && walk->id != 0 && conn->id >= walk->id) {
			conn = conn->next;
		}
	} else {
		conn = conn->next;
	}
	if (conn == NULL) {
		return false;
	}
	walk->conn = conn;
	walk->id = conn->id;
	*item = connection(conn);
	return true;
}

/* --- sessions --------------------------------------------------------------
 */

static json_t *channel_item(const struct channel *channel)
{
	const struct conn *conn = channel->conn;
	struct transport_stats stats = {0};

	transport_stats(message_conn_transport(conn->messages), &stats);
	return json_pack("{s:I, s:o, s:s, s:b, s:o, s:I}", "connection_id",
			 (json_int_t)conn->id, "remote_address",
			 status_string(conn->peer), "transport",
			 conn->facts->backend, "valid", channel->valid,
			 "encryption", encryption(conn, channel->session),
			 "rtt_us", (json_int_t)stats.rtt_us);
}

static json_t *channels_of(const struct session *session)
{
	json_t *list = json_array();
	const struct channel *channel = NULL;

	for (channel = session->channels; channel != NULL;
	     channel = channel->session_next) {
		json_array_append_new(list, channel_item(channel));
	}
	return list;
}

static const char *state_name(enum session_state state)
{
	static const char *const names[] = {
		[SESSION_IN_PROGRESS] = "logging on",
		[SESSION_VALID] = "valid",
		[SESSION_EXPIRED] = "expired",
		[SESSION_ENDED] = "ended",
	};

	return names[state];
}

static json_t *session_item(const struct session *session)
{
	const struct user *user = session->user;
	const struct channel *first = session->channels;

	return json_pack(
		"{s:o, s:s, s:o, s:o, s:o, s:b, s:o, s:o, s:o, s:s, s:o, s:o,"
		" s:o, s:o, s:I, s:I, s:o}",
		"session_id", status_id(session->id), "state",
		state_name(session->state), "username",
		status_string(user == NULL ? NULL : user->name), "uid",
		user == NULL ? json_null() : json_integer(user->uid), "gid",
		user == NULL ? json_null() : json_integer(user->gid), "guest",
		session->kind != AUTH_USER && user != NULL, "domain",
		status_string(session->domain), "remote_machine",
		status_string(session->workstation), "hostname",
		status_string(first == NULL ? NULL : first->conn->peer),
		"session_dialect", protection_dialect(session->dialect),
		"authentication", status_string(session->mechanism),
		"encryption",
		first == NULL ? json_null() : encryption(first->conn, session),
		"signing", signing(session), "creation_time",
		status_time(session->created), "tcons",
		(json_int_t)idtable_count(session->trees), "open_files",
		(json_int_t)idtable_count(session->opens), "channels",
		channels_of(session));
}

bool status_next_session(struct status_walk *walk, json_t **item)
{
	const struct session *session =
		idtable_next(walk->server->sessions, &walk->cursor);

	if (session == NULL) {
		return false;
	}
	*item = session_item(session);
	return true;
}

/* --- tree connects ---------------------------------------------------------
 */

static unsigned count_opens(const struct tree *tree)
{
	const struct open *open = NULL;
	unsigned count = 0;

	for (open = tree->opens; open != NULL; open = open->next) {
		count++;
	}
	return count;
}

static json_t *tcon(const struct tree *tree)
{
	const struct session *session = tree->session;
	const struct channel *first = session->channels;
	const char *sealed =
		degree(tree->encrypt_data &&
			       (first == NULL ||
				!first->conn->agreed.accept_transport_security),
		       &tree->seen);
	json_t *protection = NULL;

	if (strcmp(sealed, "full") == 0) {
		protection = by_smb(session, sealed);
	} else {
		protection = first == NULL ? json_null()
					   : encryption(first->conn, session);
	}
	return json_pack(
		"{s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:b, s:i}", "tcon_id",
		status_id(tree->id), "session_id", status_id(session->id),
		"service", status_string(tree->share->name), "username",
		status_string(tree->user == NULL ? NULL : tree->user->name),
		"machine",
		status_string(first == NULL ? NULL : first->conn->address),
		"connected_at", status_time(tree->created), "encryption",
		protection, "read_only", tree->read_only, "open_files",
		(int)count_opens(tree));
}

bool status_next_tcon(struct status_walk *walk, json_t **item)
{
	const struct session *session =
		walk->id == 0 ? NULL
			      : idtable_find(walk->server->sessions, walk->id);
	const struct tree *tree =
		session == NULL ? NULL
				: idtable_next(session->trees, &walk->inner);

	if (tree != NULL) {
		*item = tcon(tree);
		return true;
	}
	session = idtable_next(walk->server->sessions, &walk->cursor);
	walk->inner = 0;
	walk->id = session == NULL ? 0 : session->id;
	return session != NULL;
}
