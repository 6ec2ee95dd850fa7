/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * cmd_tree_connect.c - TREE_CONNECT and TREE_DISCONNECT (MS-SMB2 3.3.5.7,
 * 3.3.5.8).
 */

#include <strings.h>

#include "server/account.h"
#include "server/cmd_empty.h"
#include "server/dispatch.h"
#include "server/machine.h"
#include "server/persistent.h"
#include "server/protection.h"
#include "smbquic/utf16.h"

#define LOG_MODULE "share"
#include "smbquic/log.h"

/* MS-SMB2 2.2.13.1.1: everything, and what reads and executes. */
#define ACCESS_ALL  0x001F01FF
#define ACCESS_READ 0x001200A9

struct cmd_tree_connect_state {
	struct request *r;
	struct share *share; /* referenced */
	struct account_admission admission;
	struct tevent_req *waits_for;
	struct tree *tree;
};

static void cmd_tree_connect_admitted(struct tevent_req *subreq);
static void cmd_tree_connect_opened(struct tevent_req *subreq);

/* --- the path --------------------------------------------------------------
 */

/* \\server\share: the name of the share; NULL: not of that form. */
static const char *share_name(TALLOC_CTX *mem_ctx, struct wire_slice path)
{
	char *text = utf16_to_utf8(mem_ctx, path);
	char *name = NULL;

	if (text == NULL || strncmp(text, "\\\\", 2) != 0) {
		return NULL;
	}
	name = strchr(text + 2, '\\');
	if (name == NULL || name[1] == '\0' || strchr(name + 1, '\\') != NULL) {
		return NULL;
	}
	return name + 1;
}

/*
 * With EXTENSION_PRESENT the path lies behind the contexts (2.2.9.1); these
 * say nothing that we support, so they are well-formed or not, and that is all.
 */
static NTSTATUS find_share(struct cmd_tree_connect_state *state)
{
	struct request *r = state->r;
	struct smb2_tree_connect_request in = {0};
	struct share *share = NULL;
	const char *name = NULL;

	if (!smb2_tree_connect_request_decode(r->pdu.data, r->pdu.len, &in)) {
		return NT_STATUS_INVALID_PARAMETER;
	}
	name = share_name(state, in.path);
	if (name == NULL) {
		return NT_STATUS_INVALID_PARAMETER;
	}
	share = share_find(r->conn->server, name);
	if (share == NULL) {
		log_info("%s: %s asked for share %s, which is not here",
			 r->conn->peer, r->session->user->name, name);
		return NT_STATUS_BAD_NETWORK_NAME;
	}
	state->share = talloc_reference(state, share);
	return state->share == NULL ? NT_STATUS_INSUFFICIENT_RESOURCES
				    : NT_STATUS_OK;
}

/* --- who may ---------------------------------------------------------------
 */

static NTSTATUS deny(const struct request *r, const struct share *share,
		     NTSTATUS status, const char *why)
{
	machine_record_share(r->conn, false, r->session, share->name, why);
	log_notice("%s: %s may not use share %s: %s", r->conn->peer,
		   r->session->user->name, share->name, why);
	return status;
}

static NTSTATUS admit_number(const struct request *r, const struct share *share)
{
	int64_t max = config_int(share->config, share->section,
				 CONFIG_SHARE_MAX_CONNECTIONS);

	if (max > 0 && trees_count(r->conn->server, share->name) >= max) {
		return deny(r, share, NT_STATUS_REQUEST_NOT_ACCEPTED,
			    "it has `max connections`");
	}
	return NT_STATUS_OK;
}

/* What needs no asking of NSS. */
static NTSTATUS admit_connection(const struct request *r,
				 const struct share *share)
{
	const struct sockaddr *peer =
		(const struct sockaddr *)&r->conn->facts->peer;

	if (protection_forbids_share(r->conn, r->session, share)) {
		return deny(r, share, NT_STATUS_ACCESS_DENIED,
			    "the client cannot encrypt, which `smb encrypt` "
			    "requires");
	}
	if (share->type == SHARE_PIPE) {
		return NT_STATUS_OK;
	}
	if (!machine_allows_share(r->channel, share)) {
		return deny(r, share, NT_STATUS_ACCESS_DENIED,
			    "the connection has shown no certificate for it "
			    "(`client certificate required`)");
	}
	if (r->session->kind != AUTH_USER &&
	    !config_bool(share->config, share->section, CONFIG_GUEST_OK)) {
		return deny(r, share, NT_STATUS_ACCESS_DENIED,
			    "it is not for guests (`guest ok`)");
	}
	if (!share_allows_address(share, peer)) {
		return deny(r, share, NT_STATUS_ACCESS_DENIED,
			    "`hosts allow` or `hosts deny` forbid it");
	}
	return admit_number(r, share);
}

/* --- the tree --------------------------------------------------------------
 */

static bool set_user(struct tree *tree, struct user *forced)
{
	struct session *session = tree->session;

	if (forced == NULL) {
		tree->user = session->user;
		tree->cred = session->cred;
		return true;
	}
	tree->user = talloc_steal(tree, forced);
	if (!session->server->root) {
		return true;
	}
	tree->cred = store_cred_new(tree, forced->uid, forced->gid,
				    forced->num_groups, forced->groups);
	return tree->cred != NULL;
}

static NTSTATUS set_store(struct tree *tree, struct tevent_req *opened)
{
	char *why = NULL;

	tree->store = share_store_recv(opened, tree, &why);
	if (tree->store != NULL) {
		return NT_STATUS_OK;
	}
	if (why == NULL) {
		return NT_STATUS_INSUFFICIENT_RESOURCES;
	}
	log_error("%s", why);
	return NT_STATUS_BAD_NETWORK_NAME;
}

/* @param opened  of share_store_send(); NULL: there is none. */
static NTSTATUS make_tree(struct cmd_tree_connect_state *state,
			  struct tevent_req *opened)
{
	struct request *r = state->r;
	struct tree *tree = tree_new(r->session, state->share);
	NTSTATUS status = NT_STATUS_OK;

	if (tree == NULL) {
		return NT_STATUS_INSUFFICIENT_RESOURCES;
	}
	tree->read_only = state->admission.read_only;
	tree->maximal_access = tree->read_only ? ACCESS_READ : ACCESS_ALL;
	tree->encrypt_data =
		protection_of_share(r->conn, r->session, tree->share);
	if (!set_user(tree, state->admission.forced)) {
		status = NT_STATUS_INSUFFICIENT_RESOURCES;
	} else if (opened != NULL) {
		status = set_store(tree, opened);
	}
	if (status != NT_STATUS_OK) {
		talloc_free(tree);
		return status;
	}
	state->tree = tree;
	request_set_tree(r, tree);
	return NT_STATUS_OK;
}

/* --- TREE_CONNECT ----------------------------------------------------------
 */

/* 3.3.5.7: with 3.1.1 nobody between may have chosen the share. */
static bool is_protected(const struct request *r)
{
	return r->conn->agreed.dialect < SMB2_DIALECT_311 || r->sealed ||
	       r->signed_ok || r->session->kind != AUTH_USER;
}

static NTSTATUS tree_connect_begin(struct cmd_tree_connect_state *state)
{
	struct request *r = state->r;
	NTSTATUS status = NT_STATUS_OK;

	if (!is_protected(r)) {
		conn_end(r->conn, TRANSPORT_CLOSE_PROTOCOL,
			 "TREE_CONNECT was neither signed nor sealed");
		return NT_STATUS_ACCESS_DENIED;
	}
	status = find_share(state);
	if (status != NT_STATUS_OK) {
		return status;
	}
	return admit_connection(r, state->share);
}

/* What its threads are at goes on without it. */
static bool cmd_tree_connect_cancel(struct tevent_req *req)
{
	struct cmd_tree_connect_state *state =
		tevent_req_data(req, struct cmd_tree_connect_state);

	TALLOC_FREE(state->waits_for);
	tevent_req_error(req, NT_STATUS_CANCELLED);
	return true;
}

struct tevent_req *cmd_tree_connect_send(TALLOC_CTX *mem_ctx,
					 struct tevent_context *ev,
					 struct request *r)
{
	struct tevent_req *req = NULL;
	struct tevent_req *subreq = NULL;
	struct cmd_tree_connect_state *state = NULL;
	NTSTATUS status = NT_STATUS_OK;

	req = tevent_req_create(mem_ctx, &state, struct cmd_tree_connect_state);
	if (req == NULL) {
		return NULL;
	}
	state->r = r;
	status = tree_connect_begin(state);
	if (status == NT_STATUS_OK && state->share->type == SHARE_PIPE) {
		status = make_tree(state, NULL);
		if (status == NT_STATUS_OK) {
			machine_record_share(r->conn, true, r->session,
					     state->share->name, NULL);
			tevent_req_done(req);
			return tevent_req_post(req, ev);
		}
	}
	if (status != NT_STATUS_OK) {
		tevent_req_error(req, status);
		return tevent_req_post(req, ev);
	}
	subreq = account_admit_send(state, ev, state->share, r->session->user);
	if (tevent_req_nomem(subreq, req)) {
		return tevent_req_post(req, ev);
	}
	state->waits_for = subreq;
	tevent_req_set_callback(subreq, cmd_tree_connect_admitted, req);
	tevent_req_set_cancel_fn(req, cmd_tree_connect_cancel);
	return req;
}

static void cmd_tree_connect_admitted(struct tevent_req *subreq)
{
	struct tevent_req *req =
		tevent_req_callback_data(subreq, struct tevent_req);
	struct cmd_tree_connect_state *state =
		tevent_req_data(req, struct cmd_tree_connect_state);
	struct request *r = state->r;
	struct config_macros macros = {0};
	char *why = NULL;
	NTSTATUS status =
		account_admit_recv(subreq, state, &state->admission, &why);

	TALLOC_FREE(subreq);
	if (status == NT_STATUS_ACCESS_DENIED) {
		deny(r, state->share, status, why == NULL ? "" : why);
	}
	if (status != NT_STATUS_OK) {
		tevent_req_error(req, status);
		return;
	}
	macros = share_macros(state->share, r->session, r->conn);
	subreq = share_store_send(state, r->conn->server->ev, state->share,
				  &macros);
	if (tevent_req_nomem(subreq, req)) {
		return;
	}
	state->waits_for = subreq;
	tevent_req_set_callback(subreq, cmd_tree_connect_opened, req);
}

static void tell_use(struct cmd_tree_connect_state *state)
{
	const struct request *r = state->r;
	char *text = protection_text(state, r->conn, r->session, state->tree,
				     r->sealed);

	machine_record_share(r->conn, true, r->session, state->share->name,
			     NULL);
	log_info("%s: %s uses share %s%s: %s", r->conn->peer,
		 state->tree->user->name, state->share->name,
		 state->tree->read_only ? " (read only)" : "",
		 text == NULL ? "" : text);
}

static void cmd_tree_connect_opened(struct tevent_req *subreq)
{
	struct tevent_req *req =
		tevent_req_callback_data(subreq, struct tevent_req);
	struct cmd_tree_connect_state *state =
		tevent_req_data(req, struct cmd_tree_connect_state);
	/* Others may have come while it was waited for. */
	NTSTATUS status = admit_number(state->r, state->share);

	if (status == NT_STATUS_OK) {
		status = make_tree(state, subreq);
	}
	TALLOC_FREE(subreq);
	if (status != NT_STATUS_OK) {
		tevent_req_error(req, status);
		return;
	}
	tell_use(state);
	tevent_req_done(req);
}

NTSTATUS cmd_tree_connect_recv(struct tevent_req *req, struct reply *reply)
{
	struct cmd_tree_connect_state *state =
		tevent_req_data(req, struct cmd_tree_connect_state);
	const struct tree *tree = state->tree;
	struct smb2_tree_connect_response out = {0};
	NTSTATUS status = NT_STATUS_OK;

	if (request_failed(req, &status)) {
		return status;
	}
	out.share_type = tree->share->type == SHARE_PIPE ? SMB2_SHARE_TYPE_PIPE
							 : SMB2_SHARE_TYPE_DISK;
	out.maximal_access = tree->maximal_access;
	if (tree->encrypt_data &&
	    !state->r->conn->agreed.accept_transport_security) {
		out.share_flags |= SMB2_SHAREFLAG_ENCRYPT_DATA;
	}
	if (tree->share->type == SHARE_DISK &&
	    config_bool(tree->share->config, tree->share->section,
			CONFIG_HIDE_UNREADABLE)) {
		out.share_flags |= SMB2_SHAREFLAG_ACCESS_BASED_DIRECTORY_ENUM;
	}
	if (tree->share->compress == CONFIG_COMPRESS_YES &&
	    state->r->conn->agreed.compression.count > 0) {
		out.share_flags |= SMB2_SHAREFLAG_COMPRESS_DATA;
	}
	if (persistent_offered(state->r->conn, tree->share)) {
		out.capabilities |= SMB2_SHARE_CAP_CONTINUOUS_AVAILABILITY;
	}
	if (share_is_dfs(tree->share)) {
		out.share_flags |= SMB2_SHAREFLAG_DFS | SMB2_SHAREFLAG_DFS_ROOT;
		out.capabilities |= SMB2_SHARE_CAP_DFS;
	}
	smb2_tree_connect_response_encode(&reply->body, &out);
	return NT_STATUS_OK;
}

/* --- TREE_DISCONNECT -------------------------------------------------------
 */

struct tevent_req *cmd_tree_disconnect_send(TALLOC_CTX *mem_ctx,
					    struct tevent_context *ev,
					    struct request *r)
{
	struct tevent_req *req = NULL;
	struct cmd_empty_state *state = NULL;

	req = tevent_req_create(mem_ctx, &state, struct cmd_empty_state);
	if (req == NULL) {
		return NULL;
	}
	tree_end(r->tree, r, NT_STATUS_NETWORK_NAME_DELETED);
	tevent_req_done(req);
	return tevent_req_post(req, ev);
}

NTSTATUS cmd_tree_disconnect_recv(struct tevent_req *req, struct reply *reply)
{
	return cmd_empty_recv(req, reply);
}
