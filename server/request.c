/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * request.c - from the message that came in to the handler and back
 * (MS-SMB2 3.3.5.2).
 */

#include <inttypes.h>

#include "server/chain.h"
#include "server/credits.h"
#include "server/dispatch.h"
#include "server/notice.h"
#include "smbquic/alarm.h"
#include "smbquic/list.h"

#define LOG_MODULE "request"
#include "smbquic/log.h"

/* What is still running at the second sweep gets an interim response. */
#define SWEEP_MS     250
#define SWEEPS_TO_GO 2

static void chain_run(struct chain *chain);
static void plan_sweep(struct conn *conn);

/* --- one request -----------------------------------------------------------
 */

static struct request *current(const struct chain *chain)
{
	return chain->requests[chain->index];
}

static int request_destructor(struct request *r)
{
	struct conn *conn = r->conn;

	request_forget_open(r);
	LIST_REMOVE(conn->requests, r);
	conn_release(conn, &conn->bytes_out, r->reply_size);
	if (r->async_id != 0) {
		conn->num_async--;
	}
	return 0;
}

static struct request *request_new(struct chain *chain, unsigned index)
{
	struct request *r = talloc_zero(chain, struct request);

	if (r == NULL) {
		return NULL;
	}
	r->conn = chain->conn;
	r->chain = chain;
	r->index = index;
	r->begun = metrics_now();
	LIST_ADD(r->conn->requests, r);
	talloc_set_destructor(r, request_destructor);
	return r;
}

bool request_failed(struct tevent_req *req, NTSTATUS *status)
{
	enum tevent_req_state state = TEVENT_REQ_INIT;
	uint64_t err = 0;

	if (!tevent_req_is_error(req, &state, &err)) {
		return false;
	}
	switch (state) {
	case TEVENT_REQ_USER_ERROR: *status = (NTSTATUS)err; break;
	case TEVENT_REQ_TIMED_OUT: *status = NT_STATUS_IO_TIMEOUT; break;
	case TEVENT_REQ_NO_MEMORY:
		*status = NT_STATUS_INSUFFICIENT_RESOURCES;
		break;
	default: *status = NT_STATUS_INTERNAL_ERROR; break;
	}
	return true;
}

TALLOC_CTX *request_keep(struct request *r)
{
	return r->chain->message;
}

static bool needs(const struct request *r, unsigned what)
{
	return r->command != NULL && (r->command->needs & what) != 0;
}

/* What the next request of the chain inherits (3.3.5.2.7.2); an id that was
 * none is not passed on. */
static void bequeath(const struct request *r, NTSTATUS status)
{
	struct chain *chain = r->chain;
	bool no_session = r->channel == NULL && needs(r, NEEDS_SESSION);
	bool no_tree = r->tree == NULL && needs(r, NEEDS_TREE);

	chain->session_id = no_session ? 0 : r->session_id;
	chain->tree_id = no_tree ? 0 : r->tree_id;
	if (r->header.command == SMB2_CREATE) {
		chain->create_status =
			NT_STATUS_IS_ERR(status) ? status : NT_STATUS_OK;
	}
	if (r->file_id.persistent_id != 0 || r->file_id.volatile_id != 0) {
		chain->has_file = true;
		chain->file_id = r->file_id;
	}
}

static void inherit(struct request *r)
{
	const struct chain *chain = r->chain;

	if (r->index == 0) {
		return;
	}
	r->session_id = chain->session_id;
	r->tree_id = chain->tree_id;
	r->file_id = chain->file_id;
}

static void request_finish(struct request *r, NTSTATUS status)
{
	struct conn *conn = r->conn;

	r->handler = NULL;
	r->quiet = false;
	conn_release(conn, &conn->bytes_out, r->reply_size);
	r->reply_size = 0;
	log_debug("%s: %s %" PRIu64 ": %s", conn->peer,
		  smb2_command_name(r->header.command), r->header.message_id,
		  nt_errstr(status));
	metrics_answered(&conn->server->metrics, r->header.command,
			 NT_STATUS_IS_ERR(status), metrics_now() - r->begun);
	bequeath(r, status);
	if (!conn->closing) {
		chain_reply(r, status);
	}
	request_forget_open(r);
}

static void request_handled(struct tevent_req *subreq)
{
	struct request *r = tevent_req_callback_data(subreq, struct request);
	struct chain *chain = r->chain;
	NTSTATUS status = r->via->recv(subreq, &r->reply);

	talloc_free(subreq);
	request_finish(r, status);
	chain->index++;
	chain_run(chain);
}

static bool may_go_pending(const struct request *r)
{
	return r->handler != NULL && r->async_id == 0 && !r->quiet &&
	       r->index + 1 == r->chain->count && !needs(r, NEVER_PENDING);
}

static void sweep(void *private_data)
{
	struct conn *conn = talloc_get_type_abort(private_data, struct conn);
	struct request *r = NULL;

	conn->sweeper = NULL;
	for (r = conn->requests; r != NULL && !conn->closing; r = r->next) {
		if (!may_go_pending(r)) {
			continue;
		}
		r->sweeps++;
		if (r->sweeps >= SWEEPS_TO_GO) {
			request_wait(r); /* else it has to do without */
		}
		plan_sweep(conn);
	}
}

static void plan_sweep(struct conn *conn)
{
	if (conn->sweeper == NULL) {
		conn->sweeper = alarm_add(conn->server->ev, conn, SWEEP_MS,
					  sweep, conn);
	}
}

/* @return false: it is answered already. */
static bool request_start(struct request *r)
{
	struct tevent_req *subreq = NULL;
	NTSTATUS status = NT_STATUS_OK;

	reply_init(r);
	inherit(r);
	status = dispatch_gates(r);
	if (status != NT_STATUS_OK || r->conn->closing) {
		request_finish(r, status);
		return false;
	}
	r->via = dispatch_handler(r);
	subreq = r->via->send(r, r->conn->server->ev, r);
	if (subreq == NULL) {
		request_finish(r, NT_STATUS_INSUFFICIENT_RESOURCES);
		return false;
	}
	r->handler = subreq;
	tevent_req_set_callback(subreq, request_handled, r);
	if (may_go_pending(r)) {
		plan_sweep(r->conn);
	}
	return true;
}

static unsigned max_async(const struct conn *conn)
{
	return (unsigned)config_int(conn->server->config, NULL,
				    CONFIG_SMB2_MAX_ASYNC);
}

NTSTATUS request_wait(struct request *r)
{
	struct conn *conn = r->conn;
	bool last = r->index + 1 == r->chain->count;

	if (r->async_id != 0) {
		return NT_STATUS_OK;
	}
	if (!last && !needs(r, MAY_WAIT_IN_CHAIN)) {
		return NT_STATUS_INTERNAL_ERROR;
	}
	if (conn->num_async + 1 >= max_async(conn)) {
		return NT_STATUS_INSUFFICIENT_RESOURCES;
	}
	conn->num_async++;
	conn->last_async_id++;
	r->async_id = conn->last_async_id;
	/* What waits for the client must not keep the client from being
	 * heard; their number is bounded instead. */
	conn_release(conn, &conn->bytes_out, r->reply_size);
	r->reply_size = 0;
	conn_release(conn, &conn->bytes_in, r->chain->bytes_in);
	r->chain->bytes_in = 0;
	chain_interim(r);
	conn_resume(conn);
	return NT_STATUS_OK;
}

void request_wait_quietly(struct request *r)
{
	r->quiet = true;
}

/* --- objects that go, and come ---------------------------------------------
 */

static void chain_again(struct tevent_context *ev, struct tevent_immediate *im,
			void *private_data)
{
	struct chain *chain = talloc_get_type_abort(private_data, struct chain);

	(void)ev;
	talloc_free(im);
	chain->again = NULL;
	chain_run(chain);
}

void request_abort(struct request *r, NTSTATUS status)
{
	struct chain *chain = r->chain;

	if (r->handler == NULL || r->conn->closing) {
		return;
	}
	if (!tevent_req_is_in_progress(r->handler)) {
		/* It is done, its answer has only not been fetched yet. */
		status = r->via->recv(r->handler, &r->reply);
	}
	TALLOC_FREE(r->handler);
	request_finish(r, status);
	/* The keys may be gone soon. */
	chain_flush(chain);
	r->channel = NULL;
	r->session = NULL;
	r->tree = NULL;
	chain->index++;
	chain->again = tevent_create_immediate(chain);
	if (chain->again == NULL) {
		conn_end(r->conn, TRANSPORT_CLOSE_INTERNAL, "out of memory");
		return;
	}
	tevent_schedule_immediate(chain->again, r->conn->server->ev,
				  chain_again, chain);
}

void request_abort_all(struct conn *conn, const struct session *session,
		       const struct tree *tree, const struct request *except,
		       NTSTATUS status)
{
	struct request *r = NULL;

	for (r = conn->requests; r != NULL; r = r->next) {
		if (r != except && r->session == session &&
		    (tree == NULL || r->tree == tree)) {
			request_abort(r, status);
		}
	}
}

void request_end_session(struct request *r)
{
	talloc_steal(r->chain, r->session);
}

void request_end_channel(struct request *r)
{
	talloc_steal(r->chain, r->channel);
}

void request_forget_open(struct request *r)
{
	if (r->open == NULL) {
		return;
	}
	sequence_leave(&r->open->sequence, &r->counted);
	LIST_REMOVE_AS(r->open->requests, r, open_prev, open_next);
	r->open = NULL;
}

void request_set_open(struct request *r, struct open *open)
{
	request_forget_open(r);
	r->open = open;
	LIST_ADD_AS(open->requests, r, open_prev, open_next);
	r->file_id.persistent_id = open->persistent_id;
	r->file_id.volatile_id = open->volatile_id;
}

void request_set_session(struct request *r, struct channel *channel)
{
	r->channel = channel;
	r->session = channel->session;
	r->session_id = channel->session->id;
}

void request_set_tree(struct request *r, struct tree *tree)
{
	r->tree = tree;
	r->tree_id = tree->id;
}

/* --- a chain of requests ---------------------------------------------------
 */

/* Does memory allow to run it now? Something always may. */
static bool affordable(struct request *r)
{
	struct conn *conn = r->conn;
	uint64_t size = dispatch_response_size(r);

	if (size > WIRE_LIMIT) {
		size = WIRE_LIMIT;
	}
	if (conn->bytes_out > 0 &&
	    conn->bytes_out + size > conn_most_bytes(conn)) {
		return false;
	}
	r->reply_size = (size_t)size;
	conn_hold(conn, &conn->bytes_out, r->reply_size);
	return true;
}

static void chain_run(struct chain *chain)
{
	struct conn *conn = chain->conn;

	while (!conn->closing && chain->index < chain->count) {
		chain->stalled = !affordable(current(chain));
		if (chain->stalled || request_start(current(chain))) {
			return;
		}
		chain->index++;
	}
	if (conn->closing) {
		return;
	}
	chain_flush(chain);
	talloc_free(chain);
	conn_resume(conn);
}

void request_resume(struct conn *conn)
{
	struct chain *chain = conn->chains;

	while (chain != NULL && !conn->closing) {
		struct chain *next = chain->next;

		if (chain->stalled) {
			chain_run(chain);
		}
		chain = next;
	}
}

void request_drop_all(struct conn *conn)
{
	while (conn->chains != NULL) {
		talloc_free(conn->chains);
	}
}

static int chain_destructor(struct chain *chain)
{
	conn_release(chain->conn, &chain->conn->bytes_in, chain->bytes_in);
	LIST_REMOVE(chain->conn->chains, chain);
	if (chain->batch != NULL) {
		batch_leave(chain->batch);
	}
	return 0;
}

static struct chain *chain_new(struct conn *conn, struct message *message,
			       unsigned count)
{
	struct chain *chain = talloc_zero_size(
		conn, sizeof(*chain) + count * sizeof(struct request *));

	if (chain == NULL) {
		return NULL;
	}
	talloc_set_name_const(chain, "struct chain");
	chain->conn = conn;
	chain->message = talloc_reference(chain, message);
	if (chain->message == NULL) {
		talloc_free(chain);
		return NULL;
	}
	LIST_ADD(conn->chains, chain);
	talloc_set_destructor(chain, chain_destructor);
	return chain;
}

/* --- a message -------------------------------------------------------------
 */

static bool is_related(const struct message_pdu *pdu)
{
	return (pdu->header.flags & SMB2_FLAGS_RELATED_OPERATIONS) != 0;
}

/* 3.3.5.2.3. */
static bool take_credits(struct request *r)
{
	struct conn *conn = r->conn;

	r->charge = 1;
	if (conn->agreed.multi_credit && r->header.credit_charge > 1) {
		r->charge = r->header.credit_charge;
	}
	if (credits_take(conn->credits, r->header.message_id, r->charge)) {
		return true;
	}
	conn_end(conn, TRANSPORT_CLOSE_PROTOCOL,
		 "message id %" PRIu64 " (%u credits) was not granted",
		 r->header.message_id, r->charge);
	return false;
}

static bool chain_add(struct chain *chain, const struct message_pdu *pdu)
{
	struct request *r = request_new(chain, chain->count);

	if (r == NULL) {
		conn_end(chain->conn, TRANSPORT_CLOSE_INTERNAL,
			 "out of memory");
		return false;
	}
	r->received = pdu;
	r->header = pdu->header;
	r->pdu = wire_slice(pdu->data, pdu->len);
	r->sealed = chain->message->sealed;
	r->command = command_find(pdu->header.command);
	r->session_id = pdu->header.session_id;
	r->tree_id = pdu->header.tree_id;
	chain->bytes_in += pdu->len + REQUEST_OVERHEAD;
	conn_hold(chain->conn, &chain->conn->bytes_in,
		  pdu->len + REQUEST_OVERHEAD);
	chain->requests[chain->count++] = r;
	return take_credits(r);
}

/* One chain of what begins at pdu; *used: how many it took. */
static struct chain *chain_of(struct conn *conn, struct message *message,
			      unsigned first, unsigned *used)
{
	struct chain *chain = NULL;
	unsigned end = first + 1;

	while (end < message->count && is_related(&message->pdu[end])) {
		end++;
	}
	*used = end - first;
	chain = chain_new(conn, message, *used);
	if (chain == NULL) {
		conn_end(conn, TRANSPORT_CLOSE_INTERNAL, "out of memory");
		return NULL;
	}
	chain->headless = is_related(&message->pdu[first]);
	for (unsigned i = first; i < end; i++) {
		if (!chain_add(chain, &message->pdu[i])) {
			return NULL;
		}
	}
	return chain;
}

/* SMB1's NEGOTIATE has message id 0 (3.3.5.2.3). */
static void receive_smb1(struct conn *conn, struct message *message)
{
	struct chain *chain = chain_new(conn, message, 1);
	struct request *r = NULL;

	if (chain != NULL) {
		r = request_new(chain, 0);
	}
	if (r == NULL) {
		conn_end(conn, TRANSPORT_CLOSE_INTERNAL, "out of memory");
		return;
	}
	r->smb1 = true;
	r->pdu = wire_slice(message->data, message->len);
	r->header.command = SMB2_NEGOTIATE;
	r->command = command_find(SMB2_NEGOTIATE);
	chain->requests[chain->count++] = r;
	if (take_credits(r)) {
		chain_run(chain);
	}
}

/* 3.3.5.2.1.1: what came sealed speaks for the session of the seal only. */
static bool sealed_right(struct conn *conn, const struct message *message)
{
	const struct smb2_header *header = NULL;

	for (unsigned i = 0; message->sealed && i < message->count; i++) {
		header = &message->pdu[i].header;
		if (i > 0 && is_related(&message->pdu[i])) {
			continue;
		}
		if (is_related(&message->pdu[i]) ||
		    header->session_id != message->session_id) {
			conn_end(conn, TRANSPORT_CLOSE_PROTOCOL,
				 "a request was sealed for another session");
			return false;
		}
	}
	return true;
}

/* Are there requests that can be answered in one message, though unrelated? */
static bool is_batch(const struct message *message)
{
	unsigned chains = 0;

	for (unsigned i = 0; i < message->count; i++) {
		chains += !is_related(&message->pdu[i]) &&
			  message->pdu[i].header.command != SMB2_CANCEL;
	}
	return chains > 1;
}

static void receive_smb2(struct conn *conn, struct message *message)
{
	struct batch *batch = NULL;
	unsigned used = 0;

	if (!sealed_right(conn, message)) {
		return;
	}
	if (is_batch(message)) {
		batch = batch_new(conn, message->count);
	}
	for (unsigned i = 0; i < message->count; i += used) {
		struct chain *chain = NULL;

		if (message->pdu[i].header.command == SMB2_CANCEL) {
			cmd_cancel(conn, message, &message->pdu[i]);
			used = 1;
			continue;
		}
		chain = chain_of(conn, message, i, &used);
		if (chain == NULL) {
			return;
		}
		batch_join(batch, chain);
		chain_run(chain);
		if (conn->closing) {
			return;
		}
	}
	batch_ready(batch);
}

void request_receive(struct conn *conn, struct message *message)
{
	TALLOC_CTX *parent = talloc_parent(message);

	notices_heard(conn);
	if (message->smb1) {
		receive_smb1(conn, message);
	} else {
		receive_smb2(conn, message);
	}
	talloc_unlink(parent, message);
}
