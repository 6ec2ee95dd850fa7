/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * reply.c - responses: headers, error bodies, credits, compounds, and who signs
 * or seals (MS-SMB2 3.3.4.1 to 3.3.4.4).
 */
#include <errno.h>

#include "server/binding.h"
#include "server/chain.h"
#include "server/credits.h"
#include "server/notice.h"
#include "smbquic/alarm.h"

#define LOG_MODULE "request"
#include "smbquic/log.h"

/* Responses on their way out as one message. Child of the connection; owns
 * their bytes until they are written. */
struct outgoing {
	struct conn *conn;
	struct session_keys *seal; /* NULL: not sealed; referenced */
	uint64_t session_id;
	size_t size;
	unsigned credits; /* to be granted by the last one */
	unsigned count;
	struct message_out pdus[];
};

/* --- collecting ------------------------------------------------------------
 */

static int outgoing_destructor(struct outgoing *out)
{
	conn_release(out->conn, &out->conn->bytes_out, out->size);
	return 0;
}

static struct outgoing *outgoing_new(struct conn *conn, unsigned max)
{
	struct outgoing *out = NULL;

	out = talloc_zero_size(conn, sizeof(*out) + max * sizeof(out->pdus[0]));
	if (out == NULL) {
		return NULL;
	}
	talloc_set_name_const(out, "struct outgoing");
	out->conn = conn;
	out->size = REQUEST_OVERHEAD;
	conn_hold(conn, &conn->bytes_out, out->size);
	talloc_set_destructor(out, outgoing_destructor);
	return out;
}

/* The keys that must seal the response of this request; NULL: none. */
static struct session_keys *sealing_keys(const struct request *r)
{
	if (!r->seal_reply || r->channel == NULL) {
		return NULL;
	}
	return r->channel->session->keys;
}

/*
 * 3.3.4.1.1, and 3.3.5.5.3 for the last response of a logon. Windows and Samba
 * sign everything when signing is required, whatever the request was.
 */
static struct smb2_signing_key *signing_key(const struct request *r,
					    NTSTATUS status)
{
	const struct channel *channel = r->channel;
	bool logon = r->header.command == SMB2_SESSION_SETUP;
	bool proven = channel != NULL && channel->session->kind == AUTH_USER;

	if (channel == NULL) {
		/* May not join, and wants to read it from the session. */
		return r->signed_ok ? binding_session(r)->keys->signing : NULL;
	}
	if (r->signed_ok || channel->session->signing_required ||
	    (logon && proven && status == NT_STATUS_OK)) {
		return channel_signing_key(channel);
	}
	return NULL;
}

/* A place in the chain's outgoing message; NULL: the connection is ending. */
static struct message_out *reply_slot(struct request *r, size_t size,
				      struct outgoing **where)
{
	struct chain *chain = r->chain;
	struct session_keys *seal = sealing_keys(r);
	struct outgoing *out = chain->out;

	if (out != NULL &&
	    (out->seal != seal || out->size + size > CHAIN_MAX_REPLY)) {
		chain_flush(chain);
		out = NULL;
	}
	if (out == NULL) {
		out = outgoing_new(r->conn, chain->count - r->index);
		if (out == NULL) {
			conn_end(r->conn, TRANSPORT_CLOSE_INTERNAL,
				 "out of memory");
			return NULL;
		}
		chain->out = out;
		out->seal = seal;
		out->session_id = seal == NULL ? 0 : r->channel->session->id;
	}
	*where = out;
	out->size += size;
	conn_hold(r->conn, &r->conn->bytes_out, size);
	return &out->pdus[out->count++];
}

/*
 * A chain that goes on may outlive the session whose keys its responses need:
 * keep them until it is written.
 */
static void keep_keys(struct outgoing *out, struct message_out *pdu,
		      const struct chain *chain)
{
	if (chain->count == 1 && chain->batch == NULL) {
		return;
	}
	if (out->seal != NULL && out->count == 1) {
		out->seal = talloc_reference(out, out->seal);
	}
	if (pdu->sign != NULL) {
		pdu->sign = talloc_reference(out, pdu->sign);
	}
}

static void flush(struct chain *chain, struct request *hashed);

/* --- encoding --------------------------------------------------------------
 */

void reply_init(struct request *r)
{
	const struct smb2_header blank = {.command = r->header.command};

	r->reply = (struct reply){.request = r};
	r->reply.body = wire_writer_talloc(r);
	smb2_header_encode(&r->reply.body, &blank);
}

/* The header over the place that reply_init() left for it. */
static void put_header(struct request *r, uint8_t *place, NTSTATUS status,
		       uint64_t async_id)
{
	/* A wrong signature, or one of a session that is not here, is not
	 * answered by one; as with Windows the flag stays, over zeros. */
	const uint32_t kept =
		SMB2_FLAGS_RELATED_OPERATIONS | SMB2_FLAGS_PRIORITY_MASK |
		(async_id == 0 && !r->seal_reply ? SMB2_FLAGS_SIGNED : 0);
	struct smb2_header header = {
		.credit_charge = r->header.credit_charge,
		.status = status,
		.command = r->header.command,
		.flags = (r->header.flags & kept) | SMB2_FLAGS_SERVER_TO_REDIR,
		.message_id = r->header.message_id,
		.tree_id = r->tree_id,
		.session_id = r->session_id,
	};
	struct wire_writer w = wire_writer_fixed(place, SMB2_HEADER_SIZE);

	if (async_id != 0) {
		header.flags |= SMB2_FLAGS_ASYNC_COMMAND;
		header.async_id = async_id;
	}
	smb2_header_encode(&w, &header);
}

static void put_error(struct reply *reply)
{
	const struct smb2_error_response error = {
		.context_count = reply->error_contexts,
		.data = reply->error_data,
	};

	smb2_error_response_encode(&reply->body, &error);
}

bool reply_payload(struct reply *reply, const void *data, size_t len,
		   TALLOC_CTX *owner)
{
	struct iovec *iov = &reply->payload[reply->payload_count];

	if (reply->payload_count == MESSAGE_MAX_IOV - 1) {
		return false;
	}
	memcpy(&iov->iov_base, &data, sizeof(data));
	iov->iov_len = len;
	reply->owners[reply->payload_count] =
		talloc_steal(reply->request, owner);
	reply->payload_count++;
	return true;
}

static size_t reply_size(const struct reply *reply)
{
	size_t size = reply->body.len + reply->packed.len;

	for (int i = 0; i < reply->payload_count; i++) {
		size += reply->payload[i].iov_len;
	}
	return size;
}

/* Header, body and payload into the next place of the outgoing message, which
 * takes the bytes over. */
static void collect(struct request *r, struct reply *reply, NTSTATUS status,
		    bool interim)
{
	struct outgoing *out = NULL;
	struct message_out *pdu = reply_slot(r, reply_size(reply), &out);

	if (pdu == NULL) {
		return;
	}
	pdu->iov[0].iov_base = talloc_steal(out, reply->body.buf);
	pdu->iov[0].iov_len = reply->body.len;
	pdu->iov_count = 1 + reply->payload_count;
	pdu->compress = reply->compress;
	pdu->packed = reply->packed;
	for (int i = 0; i < reply->payload_count; i++) {
		pdu->iov[1 + i] = reply->payload[i];
		talloc_steal(out, reply->owners[i]);
	}
	if (out->seal == NULL && !interim) {
		pdu->sign = signing_key(r, status);
	}
	keep_keys(out, pdu, r->chain);
	if (interim || r->async_id == 0) {
		unsigned wanted = r->header.credits;

		out->credits += r->charge + (wanted == 0 ? 0 : wanted - 1);
	}
}

void chain_reply(struct request *r, NTSTATUS status)
{
	struct reply *reply = &r->reply;

	if (reply->body.len == SMB2_HEADER_SIZE) {
		put_error(reply);
	}
	if (!wire_writer_ok(&reply->body)) {
		log_warn("%s: %s: the response could not be written",
			 r->conn->peer, smb2_command_name(r->header.command));
		status = NT_STATUS_INSUFFICIENT_RESOURCES;
		reply_init(r);
		put_error(reply);
	}
	if (!wire_writer_ok(&reply->body)) {
		conn_end(r->conn, TRANSPORT_CLOSE_INTERNAL, "out of memory");
		return;
	}
	put_header(r, reply->body.buf, status, r->async_id);
	collect(r, reply, status, false);
	if (reply->on_wire != NULL) {
		flush(r->chain, r);
	}
}

void chain_interim(struct request *r)
{
	struct reply interim = {.body = wire_writer_talloc(r)};
	const struct smb2_header blank = {.command = r->header.command};

	smb2_header_encode(&interim.body, &blank);
	put_error(&interim);
	if (!wire_writer_ok(&interim.body)) {
		conn_end(r->conn, TRANSPORT_CLOSE_INTERNAL, "out of memory");
		return;
	}
	put_header(r, interim.body.buf, NT_STATUS_PENDING, r->async_id);
	collect(r, &interim, NT_STATUS_PENDING, true);
	chain_flush(r->chain);
}

/* --- writing ---------------------------------------------------------------
 */

static void outgoing_done(struct tevent_req *subreq);

static struct message_out *last_pdu(struct outgoing *out)
{
	return &out->pdus[out->count - 1];
}

static void outgoing_write(struct conn *conn, struct outgoing *out,
			   struct request *hashed)
{
	struct tevent_req *subreq = NULL;
	uint16_t granted = 0;

	if (out == NULL || conn->closing) {
		talloc_free(out);
		return;
	}
	if (out->credits > 0) {
		granted = credits_grant(conn->credits, out->credits);
	}
	smb2_header_set_credits(last_pdu(out)->iov[0].iov_base, granted);
	subreq = message_write_send(
		out, conn->server->ev, conn->messages, out->pdus, out->count,
		out->seal == NULL ? NULL : out->seal->seal, out->session_id);
	if (subreq == NULL) {
		conn_end(conn, TRANSPORT_CLOSE_INTERNAL, "out of memory");
		return;
	}
	if (hashed != NULL) {
		hashed->reply.on_wire(hashed, last_pdu(out)->iov,
				      last_pdu(out)->iov_count);
	}
	tevent_req_set_callback(subreq, outgoing_done, out);
}

static bool batch_take(struct batch *batch, struct outgoing *out);
static void batch_end(struct batch *batch);

static void flush(struct chain *chain, struct request *hashed)
{
	struct outgoing *out = chain->out;

	chain->out = NULL;
	if (chain->batch != NULL) {
		bool whole = hashed == NULL && chain->index == chain->count;

		if (whole && batch_take(chain->batch, out)) {
			return;
		}
		batch_end(chain->batch);
	}
	outgoing_write(chain->conn, out, hashed);
}

void chain_flush(struct chain *chain)
{
	flush(chain, NULL);
}

static void outgoing_done(struct tevent_req *subreq)
{
	struct outgoing *out =
		tevent_req_callback_data(subreq, struct outgoing);
	struct conn *conn = out->conn;
	int err = message_write_recv(subreq);

	talloc_free(out);
	if (err == EPIPE) {
		/* it went, and did not wait to hear that it is logged off */
		conn_end(conn, TRANSPORT_CLOSE_DONE, "the client is done");
		return;
	}
	if (err != 0) {
		conn_lost(conn, err);
		return;
	}
	conn_resume(conn);
}

/* --- answers to what came unrelated in one message -------------------------
 */

/* That long at most an answer waits for the others. */
#define BATCH_MS 20

/* Child of the connection. */
struct batch {
	struct conn *conn;
	struct outgoing *out; /* what there is; or NULL */
	size_t size;	      /* of it */
	unsigned requests;    /* the most there can be */
	unsigned chains;      /* that have not left */
	bool open;	      /* more may join */
	bool over;	      /* nobody does any more */
};

static int batch_destructor(struct batch *batch)
{
	struct chain *chain = NULL;

	for (chain = batch->conn->chains; chain != NULL; chain = chain->next) {
		if (chain->batch == batch) {
			chain->batch = NULL;
		}
	}
	return 0;
}

/* What comes later goes for itself. */
static void batch_end(struct batch *batch)
{
	struct outgoing *out = batch->out;

	batch->out = NULL;
	batch_destructor(batch);
	batch->over = true;
	outgoing_write(batch->conn, out, NULL);
	if (!batch->open) {
		talloc_free(batch);
	}
}

static void batch_late(void *private_data)
{
	batch_end(talloc_get_type_abort(private_data, struct batch));
}

struct batch *batch_new(struct conn *conn, unsigned requests)
{
	struct batch *batch = talloc_zero(conn, struct batch);

	if (batch == NULL) {
		return NULL;
	}
	*batch = (struct batch){
		.conn = conn,
		.requests = requests,
		.open = true,
	};
	talloc_set_destructor(batch, batch_destructor);
	if (alarm_add(conn->server->ev, batch, BATCH_MS, batch_late, batch) ==
	    NULL) {
		TALLOC_FREE(batch);
	}
	return batch;
}

void batch_join(struct batch *batch, struct chain *chain)
{
	if (batch != NULL && !batch->over) {
		chain->batch = batch;
		batch->chains++;
	}
}

void batch_leave(struct batch *batch)
{
	batch->chains--;
	if (batch->chains == 0 && !batch->open) {
		batch_end(batch);
	}
}

void batch_ready(struct batch *batch)
{
	if (batch == NULL) {
		return;
	}
	batch->open = false;
	if (batch->chains == 0 || batch->over) {
		batch_end(batch);
	}
}

/* The bytes stay with the chain's own message, which becomes a part of ours.
 * false: they cannot go in one. */
static bool batch_take(struct batch *batch, struct outgoing *out)
{
	if (out == NULL) {
		return true;
	}
	if (batch->out == NULL) {
		batch->out = outgoing_new(batch->conn, batch->requests);
		if (batch->out == NULL) {
			return false;
		}
		batch->out->seal = out->seal;
		batch->out->session_id = out->session_id;
	}
	if (batch->out->seal != out->seal ||
	    batch->size + out->size > CHAIN_MAX_REPLY) {
		return false;
	}
	memcpy(&batch->out->pdus[batch->out->count], out->pdus,
	       out->count * sizeof(out->pdus[0]));
	batch->out->count += out->count;
	batch->out->credits += out->credits;
	batch->size += out->size;
	talloc_steal(batch->out, out);
	return true;
}

/* --- what nobody asked for -------------------------------------------------
 */

bool request_notify(struct session *session, uint16_t command,
		    struct wire_slice body)
{
	struct channel *channel = session_channel(session);

	return channel != NULL && request_notify_on(channel, command, body);
}

bool request_notify_on(struct channel *channel, uint16_t command,
		       struct wire_slice body)
{
	struct session *session = channel->session;
	const struct smb2_header header = {
		.command = command,
		.flags = SMB2_FLAGS_SERVER_TO_REDIR,
		.message_id = SMB2_MESSAGE_ID_UNSOLICITED,
	};
	struct tevent_req *subreq = NULL;
	struct outgoing *out = NULL;
	struct conn *conn = channel->conn;
	struct wire_writer w = {0};

	out = outgoing_new(conn, 1);
	if (out == NULL) {
		return false;
	}
	w = wire_writer_talloc(out);
	smb2_header_encode(&w, &header);
	wire_put_slice(&w, body);
	if (!wire_writer_ok(&w)) {
		talloc_free(out);
		return false;
	}
	out->pdus[0].iov[0].iov_base = w.buf;
	out->pdus[0].iov[0].iov_len = w.len;
	out->pdus[0].iov_count = 1;
	out->size += w.len;
	conn_hold(conn, &conn->bytes_out, w.len);
	subreq = message_write_send(
		out, conn->server->ev, conn->messages, out->pdus, 1,
		conn_must_seal(conn, session) ? session->keys->seal : NULL,
		session->id);
	if (subreq == NULL) {
		talloc_free(out);
		return false;
	}
	tevent_req_set_callback(subreq, outgoing_done, out);
	notice_sent(channel, command, body);
	return true;
}
