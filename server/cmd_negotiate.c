/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * cmd_negotiate.c - NEGOTIATE, SMB2's and what SMB1 clients begin with
 * (MS-SMB2 3.3.5.3, 3.3.5.4). What is agreed upon is negotiate.h's business.
 */

#include "server/dispatch.h"
#include "server/logon.h"
#include "server/persistent.h"

#define LOG_MODULE "negotiate"
#include "smbquic/log.h"

struct cmd_negotiate_state {
	struct conn *conn;
	uint8_t salt[NEGOTIATE_SALT_SIZE];
	struct wire_slice hint;
};

static void take_ids(struct negotiate_ids *ids, const struct config *config,
		     enum config_key key)
{
	size_t count = 0;
	const uint16_t *numbers = config_numbers(config, key, &count);

	ids->count = 0;
	for (size_t i = 0; i < count && i < NEGOTIATE_MAX_IDS; i++) {
		ids->id[ids->count] = numbers[i];
		ids->count++;
	}
}

static uint32_t size_of(const struct config *config, enum config_key key)
{
	return (uint32_t)config_int(config, NULL, key);
}

/* Is it so for any share? */
static bool any_share(const struct server *server, enum config_key key)
{
	const struct share *share = server->shares;

	while (share != NULL &&
	       (share->type != SHARE_DISK ||
		!config_bool(share->config, share->section, key))) {
		share = share->next;
	}
	return share != NULL;
}

/* May what a share holds be compressed? */
static bool may_compress(const struct server *server)
{
	const struct share *share = server->shares;

	while (share != NULL && share->compress == CONFIG_COMPRESS_NO) {
		share = share->next;
	}
	return share != NULL;
}

static void set_policy(struct conn *conn)
{
	const struct config *config = conn->server->config;
	struct negotiate_policy *policy = &conn->policy;

	negotiate_policy_defaults(policy);
	policy->min_dialect =
		(uint16_t)config_int(config, NULL, CONFIG_MIN_PROTOCOL);
	policy->max_dialect =
		(uint16_t)config_int(config, NULL, CONFIG_MAX_PROTOCOL);
	policy->quic = conn->facts->secure;
	policy->secure_transport = conn->facts->secure;
	policy->accept_transport_security =
		!config_bool(config, NULL, CONFIG_ENCRYPTION_OVER_QUIC);
	policy->signing_required =
		config_int(config, NULL, CONFIG_SERVER_SIGNING) ==
		CONFIG_SIGNING_MANDATORY;
	policy->posix = any_share(conn->server, CONFIG_UNIX_EXTENSIONS);
	take_ids(&policy->signing, config, CONFIG_SIGNING_ALGORITHMS);
	take_ids(&policy->ciphers, config, CONFIG_ENCRYPTION_ALGORITHMS);
	if (config_int(config, NULL, CONFIG_SMB_ENCRYPT) ==
	    CONFIG_ENCRYPT_OFF) {
		policy->ciphers.count = 0;
	}
	if (may_compress(conn->server)) {
		take_ids(&policy->compression, config,
			 CONFIG_COMPRESSION_ALGORITHMS);
	}
	if (config_bool(config, NULL, CONFIG_MULTI_CHANNEL)) {
		policy->capabilities |= SMB2_GLOBAL_CAP_MULTI_CHANNEL;
	}
	policy->capabilities |=
		SMB2_GLOBAL_CAP_LEASING | SMB2_GLOBAL_CAP_DIRECTORY_LEASING;
	if (any_share(conn->server, CONFIG_MSDFS_ROOT)) {
		policy->capabilities |= SMB2_GLOBAL_CAP_DFS;
	}
	if (persistent_wanted(conn->server)) {
		policy->capabilities |= SMB2_GLOBAL_CAP_PERSISTENT_HANDLES;
	}
	policy->max_transact = size_of(config, CONFIG_SMB2_MAX_TRANS);
	policy->max_read = size_of(config, CONFIG_SMB2_MAX_READ);
	policy->max_write = size_of(config, CONFIG_SMB2_MAX_WRITE);
	memcpy(policy->guid, conn->server->guid, sizeof(policy->guid));
}

static NTSTATUS judge(struct request *r)
{
	struct conn *conn = r->conn;
	struct negotiate_agreement agreed = {0};
	NTSTATUS status = NT_STATUS_OK;

	if (!r->smb1) {
		status =
			negotiate_judge_request(&conn->policy, r->pdu, &agreed);
	} else if (conn->agreed.dialect == 0) {
		status = negotiate_judge_smb1(&conn->policy, r->pdu, &agreed);
	} else {
		status = NT_STATUS_INVALID_PARAMETER;
		agreed.why = "a second SMB1 NEGOTIATE";
	}
	if (status == NT_STATUS_OK) {
		conn->agreed = agreed;
		conn->negotiated = agreed.dialect != SMB2_DIALECT_WILDCARD;
		return status;
	}
	if (r->smb1) {
		conn_end(conn, TRANSPORT_CLOSE_PROTOCOL, "%s",
			 agreed.why == NULL ? nt_errtext(status) : agreed.why);
	} else {
		log_notice("%s: NEGOTIATE refused: %s", conn->peer,
			   agreed.why == NULL ? nt_errtext(status)
					      : agreed.why);
	}
	return status;
}

struct tevent_req *cmd_negotiate_send(TALLOC_CTX *mem_ctx,
				      struct tevent_context *ev,
				      struct request *r)
{
	struct tevent_req *req = NULL;
	struct cmd_negotiate_state *state = NULL;
	NTSTATUS status = NT_STATUS_OK;

	req = tevent_req_create(mem_ctx, &state, struct cmd_negotiate_state);
	if (req == NULL) {
		return NULL;
	}
	state->conn = r->conn;
	set_policy(r->conn);
	status = judge(r);
	if (status != NT_STATUS_OK) {
		tevent_req_error(req, status);
		return tevent_req_post(req, ev);
	}
	state->hint =
		auth_server_hint(state, logon_mechs(r->conn->server->config));
	if (crypto_random(state->salt, sizeof(state->salt)) != 0) {
		tevent_req_error(req, NT_STATUS_INSUFFICIENT_RESOURCES);
		return tevent_req_post(req, ev);
	}
	tevent_req_done(req);
	return tevent_req_post(req, ev);
}

static void negotiate_on_wire(struct request *r, const struct iovec *message,
			      int count)
{
	if (!negotiate_hash(&r->conn->agreed, message, count)) {
		conn_end(r->conn, TRANSPORT_CLOSE_INTERNAL,
			 "the preauthentication hash failed");
	}
}

NTSTATUS cmd_negotiate_recv(struct tevent_req *req, struct reply *reply)
{
	struct cmd_negotiate_state *state =
		tevent_req_data(req, struct cmd_negotiate_state);
	struct conn *conn = state->conn;
	NTSTATUS status = NT_STATUS_OK;

	if (request_failed(req, &status)) {
		return status;
	}
	log_debug("%s: dialect 0x%04x, signing %u, cipher %u, %u ways to "
		  "compress",
		  conn->peer, conn->agreed.dialect,
		  conn->agreed.signing_algorithm, conn->agreed.cipher,
		  conn->agreed.compression.count);
	negotiate_build_response(&conn->policy, &conn->agreed, server_now(),
				 state->salt, state->hint, &reply->body);
	reply->on_wire = negotiate_on_wire;
	return NT_STATUS_OK;
}
