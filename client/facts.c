/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What was negotiated, for people to read. */
#include <string.h>

#include "client/client_private.h"
#include "client/multichannel_private.h"

static const char *signing_name(const struct negotiate_agreement *a)
{
	switch (a->signing_algorithm) {
	case SMB2_SIGNING_HMAC_SHA256: return "HMAC-SHA256";
	case SMB2_SIGNING_AES_CMAC: return "AES-128-CMAC";
	case SMB2_SIGNING_AES_GMAC: return "AES-128-GMAC";
	default: return "unknown";
	}
}

static const char *cipher_name(uint16_t cipher)
{
	switch (cipher) {
	case 0: return NULL;
	case SMB2_CIPHER_AES128_CCM: return "AES-128-CCM";
	case SMB2_CIPHER_AES128_GCM: return "AES-128-GCM";
	case SMB2_CIPHER_AES256_CCM: return "AES-256-CCM";
	case SMB2_CIPHER_AES256_GCM: return "AES-256-GCM";
	default: return "unknown";
	}
}

/* Why messages are sealed, or why they are not. */
static const char *encryption_why(const struct client_conn *conn,
				  const struct client_session *session,
				  const struct client_tree *tree)
{
	if (session != NULL && session->encrypt) {
		if (conn->policy.encryption_required) {
			return "we require it";
		}
		return (session->flags & SMB2_SESSION_FLAG_ENCRYPT_DATA) != 0
			       ? "the server requires it"
			       : "we want it, and the server can";
	}
	if (tree != NULL && tree->encrypt) {
		return "the share requires it";
	}
	if (conn->agreement.accept_transport_security) {
		return "left to the transport, which both ends accepted as "
		       "secure";
	}
	if (conn->agreement.cipher == 0) {
		return "no cipher was agreed on";
	}
	return "neither end requires it";
}

static void facts_of_transport(const struct client_conn *conn,
			       struct client_facts *out)
{
	struct transport *t = NULL;
	const struct transport_facts *facts = NULL;
	struct transport_stats stats = {0};

	if (conn->message == NULL || conn->dead != NT_STATUS_OK) {
		out->transport = "none";
		out->transport_why = conn->why != NULL
					     ? conn->why
					     : "it is lost, and not back yet";
		out->address = "";
		return;
	}
	t = message_conn_transport(conn->message);
	facts = transport_facts(t);

	transport_stats(t, &stats);
	out->transport = facts->backend;
	out->transport_why = facts->chosen_because;
	out->address =
		transport_address_string((const struct sockaddr *)&facts->peer);
	out->secure = facts->secure;
	out->verified = facts->peer_verified;
	out->quic_version = facts->quic_version;
	out->tls_version = facts->tls_version;
	out->tls_cipher = facts->tls_cipher;
	out->alpn = facts->alpn;
	out->certificate = facts->certificate;
	out->certificate_sha1 = facts->certificate_sha1;
	out->certificate_sha256 = facts->certificate_sha256;
	out->trust = facts->trust;
	out->client_certificate_wanted = facts->client_certificate_wanted;
	if (facts->secure) {
		out->client_certificate = conn->options.tls.cert_file;
		out->client_mapping = conn->client_mapping;
	}
	out->bytes_in = stats.bytes_in;
	out->bytes_out = stats.bytes_out;
	out->rtt_us = stats.rtt_us;
	out->packets_lost = stats.packets_lost;
}

static void facts_of_session(struct client_session *session,
			     const struct client_tree *tree,
			     struct client_facts *out)
{
	const struct client_channel *channel = channel_choose(session);

	out->encrypting = session->encrypt || (tree != NULL && tree->encrypt);
	out->signing_used =
		channel != NULL && channel->sign && !out->encrypting;
	out->user = auth_user(session->auth);
	out->domain = auth_domain(session->auth);
	out->mechanism = auth_mechanism(session->auth);
}

void client_facts(struct client_conn *conn, struct client_session *session,
		  struct client_tree *tree, struct client_facts *out)
{
	const struct negotiate_agreement *a = &conn->agreement;

	*out = (struct client_facts){
		.server = conn->options.server,
		.dialect = a->dialect,
		.capabilities = a->capabilities,
		.max_read = a->max_read,
		.max_write = a->max_write,
		.max_transact = a->max_transact,
		.signing = signing_name(a),
		.signing_required = a->signing_required,
		.cipher = cipher_name(a->cipher),
		.encryption_why = encryption_why(conn, session, tree),
		.credits = conn->credits,
		.channels = multichannel_count(conn),
	};
	memcpy(out->server_guid, a->server_guid, sizeof(out->server_guid));
	facts_of_transport(multichannel_speaker(conn), out);
	compression_facts(conn, tree, out);
	if (session != NULL) {
		facts_of_session(session, tree, out);
	}
}
