/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The client's end of a TLS handshake: its verdict on the server's certificate
 * while that can still be said with an alert, and sessions that are resumed.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <string.h>
#include <gnutls/ocsp.h>

#include "smbquic/private_file.h"
#include "smbquic/quic_tls_private.h"
#include "smbquic/tls_private.h"
#include "smbquic/wire.h"

/* The server's certificates: a session that is resumed shows none. */
static const gnutls_datum_t *chain_of(const struct quic_tls *t, unsigned *count)
{
	if (gnutls_session_is_resumed(t->session)) {
		*count = t->session_of_before.count;
		return t->session_of_before.chain;
	}
	return gnutls_certificate_get_peers(t->session, count);
}

/* What its CA says of the certificate, when the server brings it along. */
static const gnutls_datum_t *staple_of(const struct quic_tls *t,
				       gnutls_datum_t *out)
{
	if (gnutls_session_is_resumed(t->session)) {
		*out = (gnutls_datum_t){.size = 0};
		return out;
	}
	if (gnutls_ocsp_status_request_get2(t->session, 0, out) != 0 ||
	    out->size == 0) {
		return NULL;
	}
	return out;
}

/* Called when the server's certificate has come, or need not come. */
int quic_tls_judge_server(gnutls_session_t session)
{
	struct quic_tls *t = quic_tls_of(session);
	unsigned count = 0;
	const gnutls_datum_t *chain = chain_of(t, &count);
	gnutls_datum_t staple = {0};

	if (!quic_tls_agreed(session)) {
		return quic_tls_refuse(
			t, GNUTLS_A_NO_APPLICATION_PROTOCOL, EPROTO,
			"the server does not speak SMB over QUIC (it did "
			"not agree on ALPN \"smb\")");
	}
	if (t->client->look != NULL) {
		t->client->look(t->client->private_data, chain, count,
				gnutls_certificate_client_get_request_status(
					session) != 0);
	}
	if (!tls_judge(t, t->client, t->server_name, t->port, chain, count,
		       staple_of(t, &staple), &t->judgement)) {
		return quic_tls_refuse(t, GNUTLS_A_INTERNAL_ERROR, ENOMEM,
				       "out of memory");
	}
	if (!t->judgement.accepted) {
		return quic_tls_refuse(t, t->judgement.alert, EACCES,
				       t->judgement.why_not);
	}
	return 0;
}

bool quic_tls_judge_resumed(gnutls_session_t session,
			    gnutls_record_encryption_level_t level)
{
	const struct quic_tls *t = quic_tls_of(session);

	return t->client == NULL ||
	       level != GNUTLS_ENCRYPTION_LEVEL_APPLICATION ||
	       gnutls_session_is_resumed(session) == 0 ||
	       t->judgement.how != NULL || quic_tls_judge_server(session) == 0;
}

static bool is_ip_literal(const char *name)
{
	struct in6_addr a;

	return inet_pton(AF_INET, name, &a) == 1 ||
	       inet_pton(AF_INET6, name, &a) == 1;
}

static bool client_credentials(struct quic_tls *t, TALLOC_CTX *mem_ctx,
			       char **why)
{
	int rc = gnutls_certificate_allocate_credentials(&t->cred);

	if (rc == 0 && t->client->cert_file != NULL) {
		*why = private_file_check(mem_ctx, t->client->key_file,
					  "a private key");
		if (*why != NULL) {
			return false;
		}
		rc = gnutls_certificate_set_x509_key_file(
			t->cred, t->client->cert_file, t->client->key_file,
			GNUTLS_X509_FMT_PEM);
	}
	if (rc < 0 && t->client->cert_file != NULL) {
		*why = tls_pair_failed(mem_ctx, t->client->cert_file,
				       t->client->key_file, rc);
	}
	if (rc < 0) {
		return false;
	}
	return gnutls_credentials_set(t->session, GNUTLS_CRD_CERTIFICATE,
				      t->cred) == 0;
}

/* The ticket permits 0-RTT (RFC 9001 4.6.1), which rests on the server's
 * transport parameters of today. */
static struct wire_slice early_permit(const struct quic_tls *t, uint8_t *buf,
				      size_t size)
{
	ngtcp2_ssize n = 0;

	if (!t->early_permitted || t->ng == NULL) {
		return wire_slice(NULL, 0);
	}
	n = ngtcp2_conn_encode_0rtt_transport_params(t->ng, buf, size);
	return n > 0 ? wire_slice(buf, (size_t)n) : wire_slice(NULL, 0);
}

/* RFC 8446 4.6.1: with this, the next visit is quicker. */
static int on_ticket(gnutls_session_t session, unsigned type, unsigned when,
		     unsigned incoming, const gnutls_datum_t *msg)
{
	struct quic_tls *t = quic_tls_of(session);
	struct quic_session keep = {0};
	uint8_t params[QUIC_EARLY_PARAMS_MAX];
	gnutls_datum_t data = {0};
	const gnutls_datum_t *chain = chain_of(t, &keep.count);

	(void)type;
	(void)incoming;
	if (when == GNUTLS_HOOK_PRE) {
		t->early_permitted =
			quic_ticket_permits_early(msg->data, msg->size);
		return 0;
	}
	if (keep.count > QUIC_SESSION_CERTS ||
	    gnutls_session_get_data2(session, &data) != 0) {
		return 0;
	}
	if (keep.count > 0) {
		memcpy(keep.chain, chain, keep.count * sizeof(chain[0]));
	}
	keep.early = early_permit(t, params, sizeof(params));
	keep.tls = wire_slice(data.data, data.size);
	TALLOC_FREE(t->fresh);
	t->fresh = quic_session_pack(t, &keep, &t->fresh_len);
	t->want_ticket = false;
	gnutls_memset(data.data, 0, data.size);
	gnutls_free(data.data);
	return 0;
}

bool quic_tls_take_ticket(struct quic_tls *t, const uint8_t *message,
			  size_t len)
{
	if (t->session == NULL || !t->want_ticket || len == 0 ||
	    message[0] != GNUTLS_HANDSHAKE_NEW_SESSION_TICKET) {
		return false;
	}
	return gnutls_handshake_write(t->session,
				      GNUTLS_ENCRYPTION_LEVEL_APPLICATION,
				      message, len) >= 0 &&
	       t->fresh != NULL;
}

/* What cannot be resumed is begun anew. */
static void resume_session(struct quic_tls *t, const struct quic_resume *resume)
{
	const struct quic_session *before = &t->session_of_before;

	if (!resume->wanted) {
		return;
	}
	t->want_ticket = true;
	gnutls_handshake_set_hook_function(t->session,
					   GNUTLS_HANDSHAKE_NEW_SESSION_TICKET,
					   GNUTLS_HOOK_BOTH, on_ticket);
	if (before->tls.len > 0 &&
	    gnutls_session_set_data(t->session, before->tls.data,
				    before->tls.len) != 0) {
		t->early_asked = false;
	}
}

/* How TLS is to begin. */
static unsigned client_flags(const struct quic_resume *resume,
			     const struct quic_session *before, bool *early)
{
	*early = resume->wanted && resume->early && before->early.len > 0;
	/* A certificate is shown even when its issuer is none that the server
	 * names: it then says that it is the issuer that it does not like. */
	return GNUTLS_CLIENT | GNUTLS_FORCE_CLIENT_CERT |
	       (resume->wanted ? 0 : GNUTLS_NO_TICKETS) |
	       (*early ? QUIC_EARLY_FLAGS : 0);
}

/* A copy of what was kept. @return NULL: there is nothing to resume. */
static uint8_t *session_before(TALLOC_CTX *mem_ctx,
			       const struct quic_resume *resume,
			       struct quic_session *out)
{
	uint8_t *copy = NULL;

	*out = (struct quic_session){0};
	if (!resume->wanted || resume->data == NULL) {
		return NULL;
	}
	copy = talloc_memdup(mem_ctx, resume->data, resume->len);
	if (copy != NULL && !quic_session_unpack(copy, resume->len, out)) {
		*out = (struct quic_session){0};
		TALLOC_FREE(copy);
	}
	return copy;
}

struct wire_slice quic_tls_early_params(const struct quic_tls *t)
{
	return t->early_asked ? t->session_of_before.early
			      : wire_slice(NULL, 0);
}

bool quic_tls_early_taken(const struct quic_tls *t)
{
	return t->early_asked && t->session != NULL &&
	       gnutls_session_is_resumed(t->session) != 0 &&
	       (gnutls_session_get_flags(t->session) &
		GNUTLS_SFLAGS_EARLY_DATA) != 0;
}

const uint8_t *quic_tls_session(const struct quic_tls *t, size_t *len)
{
	*len = t->fresh != NULL ? t->fresh_len : 0;
	return t->fresh;
}

const struct tls_client_policy *quic_tls_policy(const struct quic_tls *t)
{
	return t->client;
}

bool quic_tls_resumed(const struct quic_tls *t)
{
	return t->session != NULL ? gnutls_session_is_resumed(t->session) != 0
				  : t->resumed;
}

struct quic_tls *quic_tls_client(TALLOC_CTX *mem_ctx,
				 const struct tls_client_policy *policy,
				 const char *server_name, unsigned port,
				 const char *keylog_file,
				 const struct quic_resume *resume, char **why)
{
	struct quic_session before;
	uint8_t *old = session_before(mem_ctx, resume, &before);
	bool early = false;
	unsigned flags = client_flags(resume, &before, &early);
	struct quic_tls *t = quic_tls_new(mem_ctx, flags, keylog_file);

	if (t == NULL) {
		talloc_free(old);
		return NULL;
	}
	t->old = talloc_steal(t, old);
	t->session_of_before = before;
	t->early_asked = early;
	t->client = policy;
	t->server_name = talloc_strdup(t, server_name);
	t->port = port;
	if (t->server_name == NULL || !client_credentials(t, mem_ctx, why)) {
		talloc_free(t);
		return NULL;
	}
	gnutls_session_set_verify_function(t->session, quic_tls_judge_server);
	resume_session(t, resume);
	/* RFC 6066 3: no literal addresses in the SNI. */
	if (!is_ip_literal(server_name)) {
		gnutls_server_name_set(t->session, GNUTLS_NAME_DNS, server_name,
				       strlen(server_name));
	}
	return t;
}

bool quic_tls_server_may_refuse(const struct quic_tls *t)
{
	return t->client != NULL &&
	       gnutls_certificate_client_get_request_status(t->session) != 0;
}
