/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The server's end of a TLS handshake: the identity by the name that the client
 * asks for, the verdict on the client's certificate, tickets.
 */
#include <errno.h>
#include <string.h>
#include <gnutls/x509.h>

#include "smbquic/quic_tls_private.h"
#include "smbquic/wire.h"

/* Seconds that a ticket is good for. GnuTLS makes new keys from ours whenever
 * three of these are over. */
#define TICKET_LIFETIME (24 * 3600)

static const char *name_asked_for(struct quic_tls *t)
{
	char name[QUIC_NAME_MAX + 1];
	size_t len = sizeof(name);
	unsigned type = 0;

	if (gnutls_server_name_get(t->session, name, &len, &type, 0) != 0 ||
	    type != GNUTLS_NAME_DNS) {
		return NULL;
	}
	return talloc_strndup(t, name, len);
}

static const char *no_mapping(struct quic_tls *t)
{
	if (t->server_name == NULL) {
		return "the client asked for no name, and there is no "
		       "certificate mapping for that";
	}
	return talloc_asprintf(t,
			       "there is no certificate mapping for the "
			       "name \"%s\" that the client asked for",
			       t->server_name);
}

static const char *unusable_mapping(struct quic_tls *t)
{
	const char *name = t->server_name == NULL ? "no name" : t->server_name;
	const char *why = talloc_asprintf(
		t,
		"the certificate mapping for \"%s\" cannot be used; why, was "
		"said when it was read (smbquic-certmap check says it, too)",
		name);

	return why == NULL ? "out of memory" : why;
}

/* Called when the ClientHello has been read (MS-SMB2 3.3.5.1). */
static int choose_identity(gnutls_session_t session)
{
	struct quic_tls *t = quic_tls_of(session);
	struct tls_identity *id = NULL;
	int err = 0;

	if (!quic_tls_agreed(session)) {
		return quic_tls_refuse(
			t, GNUTLS_A_NO_APPLICATION_PROTOCOL, EPROTO,
			"the client does not offer ALPN \"smb\"");
	}
	t->server_name = name_asked_for(t);
	err = t->server->choose(t->server->private_data, t->server_name, &id);
	if (err == ENOENT) {
		return quic_tls_refuse(t, GNUTLS_A_UNRECOGNIZED_NAME, EPROTO,
				       no_mapping(t));
	}
	t->identity = err == 0 ? talloc_reference(t, id) : NULL;
	if (t->identity == NULL ||
	    gnutls_credentials_set(session, GNUTLS_CRD_CERTIFICATE, id->cred) !=
		    0) {
		return quic_tls_refuse(t, GNUTLS_A_INTERNAL_ERROR, EIO,
				       unusable_mapping(t));
	}
	gnutls_certificate_server_set_request(
		session, id->require_client_certificate ? GNUTLS_CERT_REQUIRE
							: GNUTLS_CERT_IGNORE);
	/* strangers need not know whom we trust */
	gnutls_certificate_send_x509_rdn_sequence(session, 1);
	return 0;
}

static unsigned status_alert(unsigned status)
{
	if (status & GNUTLS_CERT_REVOKED) {
		return GNUTLS_A_CERTIFICATE_REVOKED;
	}
	if (status & GNUTLS_CERT_EXPIRED) {
		return GNUTLS_A_CERTIFICATE_EXPIRED;
	}
	if (status & GNUTLS_CERT_SIGNER_NOT_FOUND) {
		return GNUTLS_A_UNKNOWN_CA;
	}
	return GNUTLS_A_BAD_CERTIFICATE;
}

/* MS-SMB2 3.3.5.1: by the access list of the mapping. A client that is
 * distrusted is only shown. */
static int admit_client(struct quic_tls *t, const char *distrust)
{
	struct tls_guest guest = {
		.peer = t->peer,
		.server_name = t->server_name,
		.distrust = distrust,
	};
	char *why = NULL;
	int err = 0;

	if (t->server->admit == NULL) {
		return 0;
	}
	guest.chain = gnutls_certificate_get_peers(t->session, &guest.count);
	err = t->server->admit(t->server->private_data, t, t->identity, &guest,
			       &t->guest, &why);
	if (err == 0 || distrust != NULL) {
		return 0;
	}
	return quic_tls_refuse(t,
			       err == EACCES ? GNUTLS_A_ACCESS_DENIED
					     : GNUTLS_A_INTERNAL_ERROR,
			       err, why == NULL ? "out of memory" : why);
}

/* Called when the client's certificate has come. */
static int judge_client(gnutls_session_t session)
{
	struct quic_tls *t = quic_tls_of(session);
	gnutls_typed_vdata_st purpose = {
		.type = GNUTLS_DT_KEY_PURPOSE_OID,
		.data = (unsigned char *)(uintptr_t)GNUTLS_KP_TLS_WWW_CLIENT,
	};
	gnutls_datum_t text = {0};
	unsigned status = 0;
	char *why = NULL;
	int rc = gnutls_certificate_verify_peers(session, &purpose, 1, &status);

	if (rc == 0 && status == 0) {
		return admit_client(t, NULL);
	}
	if (rc == 0) {
		gnutls_certificate_verification_status_print(
			status, GNUTLS_CRT_X509, &text, 0);
	}
	why = talloc_asprintf(t, "the client's certificate is not accepted: %s",
			      text.data != NULL ? (char *)text.data
						: gnutls_strerror(rc));
	(void)admit_client(t, why == NULL ? "out of memory" : why);
	quic_tls_refuse(t, status_alert(status), EACCES, why);
	gnutls_free(text.data);
	return GNUTLS_E_CERTIFICATE_ERROR;
}

void quic_tls_record_failure(struct quic_tls *t, unsigned alert)
{
	if (t->identity == NULL || !t->identity->require_client_certificate ||
	    t->guest != NULL) {
		return;
	}
	if (alert == GNUTLS_A_CERTIFICATE_REQUIRED) {
		(void)admit_client(t, "the client showed none");
	} else if (alert == GNUTLS_A_DECRYPT_ERROR) {
		(void)admit_client(t, "the client does not have its key");
	}
}

/* What a client may rely on in 0-RTT under a ticket of ours; empty when there
 * is none. */
static bool own_early_params(const struct quic_tls *t, uint8_t *buf,
			     size_t size, struct wire_slice *out)
{
	ngtcp2_ssize n = 0;

	*out = wire_slice(NULL, 0);
	if (t->replay == NULL || t->ng == NULL) {
		return true;
	}
	n = ngtcp2_conn_encode_0rtt_transport_params(t->ng, buf, size);
	*out = wire_slice(buf, n > 0 ? (size_t)n : 0);
	return n > 0;
}

/*
 * Before GnuTLS looks at the ClientHello and a ticket in it. Where client
 * certificates are asked for there are no tickets: whose access was taken away
 * since must not come back with one.
 */
static int before_hello(gnutls_session_t session, unsigned type, unsigned when,
			unsigned incoming, const gnutls_datum_t *msg)
{
	struct quic_tls *t = quic_tls_of(session);
	char name[QUIC_NAME_MAX + 1];
	struct tls_identity *id = NULL;
	uint8_t key[QUIC_TICKET_KEY_LEN];
	gnutls_datum_t datum = {.data = key, .size = sizeof(key)};
	uint8_t params[QUIC_EARLY_PARAMS_MAX];
	struct wire_slice early = {0};

	(void)type;
	(void)when;
	(void)incoming;
	if (t->tickets || !quic_ticket_name(msg->data, msg->size, name) ||
	    t->server->choose(t->server->private_data,
			      name[0] != '\0' ? name : NULL, &id) != 0 ||
	    id->require_client_certificate ||
	    !own_early_params(t, params, sizeof(params), &early) ||
	    !quic_ticket_key(t->ticket_secret, id, early, key)) {
		return 0;
	}
	gnutls_db_set_cache_expiration(session, TICKET_LIFETIME);
	t->tickets = gnutls_session_ticket_enable_server(session, &datum) == 0;
	gnutls_memset(key, 0, sizeof(key));
	return 0;
}

bool quic_tls_early_answer(const struct quic_tls *t)
{
	return t->early_taken && t->can_answer;
}

void quic_tls_send_ticket(struct quic_tls *t)
{
	if (t->tickets && t->session != NULL) {
		gnutls_session_ticket_send(t->session, 1, 0);
	}
}

struct quic_tls *quic_tls_server(TALLOC_CTX *mem_ctx,
				 const struct tls_server_policy *policy,
				 const char *peer, const char *keylog_file,
				 const uint8_t *ticket_secret,
				 struct quic_replay *replay)
{
	struct quic_tls *t = quic_tls_new(
		mem_ctx,
		GNUTLS_SERVER | GNUTLS_NO_TICKETS | GNUTLS_NO_AUTO_SEND_TICKET |
			(replay != NULL ? QUIC_EARLY_FLAGS : 0),
		keylog_file);

	if (t == NULL) {
		return NULL;
	}
	t->replay = replay;
	if (replay != NULL) {
		gnutls_anti_replay_enable(t->session, quic_replay_tls(replay));
		/* the only value that QUIC has, RFC 9001 4.6.1 */
		gnutls_record_set_max_early_data_size(t->session, UINT32_MAX);
	}
	t->server = policy;
	t->peer = peer;
	t->ticket_secret = ticket_secret;
	gnutls_session_set_verify_function(t->session, judge_client);
	gnutls_handshake_set_post_client_hello_function(t->session,
							choose_identity);
	if (ticket_secret != NULL) {
		gnutls_handshake_set_hook_function(
			t->session, GNUTLS_HANDSHAKE_CLIENT_HELLO,
			GNUTLS_HOOK_PRE, before_hello);
	}
	return t;
}

bool quic_tls_give_identity(struct quic_tls *t, TALLOC_CTX *mem_ctx)
{
	if (t->identity == NULL) {
		return true;
	}
	if (talloc_reference(mem_ctx, t->identity) == NULL) {
		return false;
	}
	talloc_unlink(t, t->identity);
	t->identity = NULL;
	return true;
}
