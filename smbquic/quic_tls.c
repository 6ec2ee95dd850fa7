/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * quic_tls.c - the TLS handshake of a QUIC connection (RFC 9001): TLS 1.3
 * and ALPN "smb" only, the identity by the name asked for, the verdict on the
 * peer's certificate while the handshake can still say so with an alert.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>
#include <gnutls/ocsp.h>
#include <gnutls/x509.h>
#include <ngtcp2/ngtcp2_crypto.h>
#include <ngtcp2/ngtcp2_crypto_gnutls.h>

#include "smbquic/private_file.h"
#include "smbquic/quic_private.h"
#include "smbquic/wire.h"

#define SECRET_MAX	 64
#define EARLY_PARAMS_MAX 256 /* of transport parameters for 0-RTT */

/* Seconds that a ticket is good for. GnuTLS makes new keys from ours whenever
 * three of these are over. */
#define TICKET_LIFETIME (24 * 3600)

/* The middlebox compatibility mode is forbidden, RFC 9001 8.4. */
static const char priority[] =
	"NORMAL:-VERS-ALL:+VERS-TLS1.3:-CIPHER-ALL:+AES-128-GCM:+AES-256-GCM:"
	"+CHACHA20-POLY1305:-GROUP-ALL:+GROUP-X25519:+GROUP-SECP256R1:"
	"+GROUP-SECP384R1:+GROUP-SECP521R1:%DISABLE_TLS13_COMPAT_MODE";

struct quic_tls {
	ngtcp2_crypto_conn_ref ref; /* what the session's pointer shows */
	ngtcp2_conn *ng;
	void *carrier;		  /* when it is not ngtcp2 */
	gnutls_session_t session; /* NULL once nothing is left to do */
	gnutls_certificate_credentials_t cred; /* client: ours to free */
	char *keylog_file;
	const char *cipher; /* that was agreed on */
	/* client */
	const struct tls_client_policy *client;
	const char *server_name; /* server: what the client asked for */
	unsigned port;
	struct tls_judgement judgement;
	uint8_t *old; /* that was resumed with, kept for its chain */
	struct quic_session session_of_before;
	uint8_t *fresh; /* to resume with, once there */
	size_t fresh_len;
	bool want_ticket;
	bool resumed;
	bool early_asked;     /* for 0-RTT */
	bool early_permitted; /* by the ticket that came last */
	/* server */
	const struct tls_server_policy *server;
	const uint8_t *ticket_secret; /* NULL: no tickets */
	bool tickets;		      /* they are in use */
	struct quic_replay *replay;   /* NULL: no 0-RTT */
	unsigned reads, writes;	      /* a bit for each level with keys */
	bool early_taken;	      /* there are keys for 0-RTT */
	bool can_answer;	      /* and for what we send */
	struct tls_identity *identity;
	void *guest;	  /* what is known of the client; ours until facts */
	const char *peer; /* kept by who called; may be NULL */
	/* why we said no */
	unsigned alert;
	int err;
	const char *why;
};

static ngtcp2_conn *get_conn(ngtcp2_crypto_conn_ref *ref)
{
	struct quic_tls *t = ref->user_data;

	return t->ng;
}

static struct quic_tls *tls_of(gnutls_session_t session)
{
	ngtcp2_crypto_conn_ref *ref = gnutls_session_get_ptr(session);

	return ref->user_data;
}

static int refuse(struct quic_tls *t, unsigned alert, int err, const char *why)
{
	t->alert = alert;
	t->err = err;
	t->why = why;
	return GNUTLS_E_CERTIFICATE_ERROR;
}

/* --- key log ------------------------------------------------------------- */

static void hex(char *out, const gnutls_datum_t *in, size_t max)
{
	static const char digits[] = "0123456789abcdef";
	size_t i = 0;

	for (i = 0; i < in->size && i < max; i++) {
		out[2 * i] = digits[in->data[i] >> 4];
		out[2 * i + 1] = digits[in->data[i] & 0xf];
	}
	out[2 * i] = '\0';
}

/* The format of SSLKEYLOGFILE, one write a line so that processes can share
 * the file. */
static int keylog(gnutls_session_t session, const char *label,
		  const gnutls_datum_t *secret)
{
	struct quic_tls *t = tls_of(session);
	char client_hex[2 * SECRET_MAX + 1];
	char secret_hex[2 * SECRET_MAX + 1];
	gnutls_datum_t client_random, server_random;
	int fd = open(t->keylog_file, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC,
		      0600);

	if (fd == -1) {
		return 0;
	}
	gnutls_session_get_random(session, &client_random, &server_random);
	hex(client_hex, &client_random, SECRET_MAX);
	hex(secret_hex, secret, SECRET_MAX);
	dprintf(fd, "%s %s %s\n", label, client_hex, secret_hex);
	close(fd);
	return 0;
}

/* GnuTLS's own reading of SSLKEYLOGFILE ends here: the settings decide. */
static int no_keylog(gnutls_session_t session, const char *label,
		     const gnutls_datum_t *secret)
{
	(void)session;
	(void)label;
	(void)secret;
	return 0;
}

/* --- secrets ------------------------------------------------------------- */

/* GnuTLS does not miss an extension that the peer left out, and ngtcp2 relies
 * on the transport parameters being there when it has the keys. A server has
 * them with the ClientHello, a client with the EncryptedExtensions. */
static bool parameters_missing(const struct quic_tls *t,
			       gnutls_record_encryption_level_t level)
{
	return (t->server != NULL ||
		level == GNUTLS_ENCRYPTION_LEVEL_APPLICATION) &&
	       ngtcp2_conn_get_remote_transport_params(t->ng) == NULL;
}

static int judge_server(gnutls_session_t session);

/* RFC 9001 4.6: a server that takes 0-RTT can answer before the handshake is
 * complete. */
static void note_early(struct quic_tls *t,
		       gnutls_record_encryption_level_t level, const void *rx,
		       const void *tx)
{
	if (t->server == NULL) {
		return;
	}
	if (level == GNUTLS_ENCRYPTION_LEVEL_EARLY && rx != NULL) {
		t->early_taken = true;
	}
	if (level == GNUTLS_ENCRYPTION_LEVEL_APPLICATION && tx != NULL) {
		t->can_answer = true;
	}
}

/* The keys of a level come once: GnuTLS makes others after a KeyUpdate, which
 * QUIC forbids, and for which ngtcp2 ends the program. */
static bool keys_again(struct quic_tls *t,
		       gnutls_record_encryption_level_t level, const void *rx,
		       const void *tx)
{
	unsigned bit = 1u << level;
	bool again = (rx != NULL && (t->reads & bit) != 0) ||
		     (tx != NULL && (t->writes & bit) != 0);

	t->reads |= rx != NULL ? bit : 0;
	t->writes |= tx != NULL ? bit : 0;
	return again;
}

/* New keys, for reading, writing or both. */
static int new_secrets(gnutls_session_t session,
		       gnutls_record_encryption_level_t level, const void *rx,
		       const void *tx, size_t len)
{
	struct quic_tls *t = tls_of(session);
	ngtcp2_encryption_level to =
		ngtcp2_crypto_gnutls_from_gnutls_record_encryption_level(level);

	/* No certificate comes, so nobody has judged it. */
	if (t->client != NULL && level == GNUTLS_ENCRYPTION_LEVEL_APPLICATION &&
	    gnutls_session_is_resumed(session) && t->judgement.how == NULL &&
	    judge_server(session) != 0) {
		return GNUTLS_E_CERTIFICATE_ERROR;
	}
	if (parameters_missing(t, level)) {
		/* RFC 9001 8.2 */
		return refuse(t, GNUTLS_A_MISSING_EXTENSION, EPROTO,
			      "the peer sent no QUIC transport parameters");
	}
	if (keys_again(t, level, rx, tx)) {
		/* RFC 9001 6 */
		return refuse(t, GNUTLS_A_UNEXPECTED_MESSAGE, EPROTO,
			      "the peer wants new keys of TLS");
	}
	note_early(t, level, rx, tx);
	if (!quic_keys_install(t->ng, to, rx, tx, len)) {
		return GNUTLS_E_INTERNAL_ERROR;
	}
	return 0;
}

/* --- both ends ----------------------------------------------------------- */

static bool agreed_on_smb(gnutls_session_t session)
{
	gnutls_datum_t alpn = {0};

	return gnutls_alpn_get_selected_protocol(session, &alpn) == 0 &&
	       alpn.size == strlen(TLS_ALPN_SMB) &&
	       memcmp(alpn.data, TLS_ALPN_SMB, alpn.size) == 0;
}

static const char *cipher_name(gnutls_session_t session)
{
	return gnutls_cipher_get_name(gnutls_cipher_get(session));
}

static void drop_session(struct quic_tls *t)
{
	if (t->session != NULL) {
		gnutls_deinit(t->session);
		t->session = NULL;
	}
	if (t->cred != NULL) {
		gnutls_certificate_free_credentials(t->cred);
		t->cred = NULL;
	}
}

static int quic_tls_destructor(struct quic_tls *t)
{
	drop_session(t);
	return 0;
}

/* The keys are ngtcp2's by now, and tickets are sent or not wanted: what is
 * left of the session is half of an idle connection's memory. */
void quic_tls_finish(struct quic_tls *t)
{
	if (t->session == NULL || t->want_ticket) {
		return;
	}
	t->resumed = gnutls_session_is_resumed(t->session) != 0;
	t->cipher = cipher_name(t->session);
	if (t->ng != NULL) {
		ngtcp2_conn_set_tls_native_handle(t->ng, NULL);
	}
	drop_session(t);
}

/* QUIC has no message for the end of 0-RTT (RFC 9001 8.3). */
#define EARLY_FLAGS (GNUTLS_ENABLE_EARLY_DATA | GNUTLS_NO_END_OF_EARLY_DATA)

static struct quic_tls *quic_tls_new(TALLOC_CTX *mem_ctx, unsigned flags,
				     const char *keylog_file)
{
	struct quic_tls *t = talloc_zero(mem_ctx, struct quic_tls);
	const gnutls_datum_t alpn = {
		.data = (unsigned char *)(uintptr_t)TLS_ALPN_SMB,
		.size = strlen(TLS_ALPN_SMB),
	};

	if (t == NULL) {
		return NULL;
	}
	talloc_set_destructor(t, quic_tls_destructor);
	t->ref = (ngtcp2_crypto_conn_ref){.get_conn = get_conn, .user_data = t};
	if (keylog_file != NULL) {
		t->keylog_file = talloc_strdup(t, keylog_file);
	}
	if (gnutls_init(&t->session, flags) != 0) {
		t->session = NULL;
		talloc_free(t);
		return NULL;
	}
	gnutls_session_set_ptr(t->session, &t->ref);
	gnutls_session_set_keylog_function(
		t->session, t->keylog_file != NULL ? keylog : no_keylog);
	if (gnutls_priority_set_direct(t->session, priority, NULL) != 0 ||
	    gnutls_alpn_set_protocols(t->session, &alpn, 1,
				      GNUTLS_ALPN_MANDATORY) != 0) {
		talloc_free(t);
		return NULL;
	}
	return t;
}

bool quic_tls_bind(struct quic_tls *t, ngtcp2_conn *ng)
{
	int rc = t->server != NULL
			 ? ngtcp2_crypto_gnutls_configure_server_session(
				   t->session)
			 : ngtcp2_crypto_gnutls_configure_client_session(
				   t->session);

	if (rc != 0) {
		return false;
	}
	gnutls_handshake_set_secret_function(t->session, new_secrets);
	t->ng = ng;
	ngtcp2_conn_set_tls_native_handle(ng, t->session);
	return true;
}

gnutls_session_t quic_tls_carry(struct quic_tls *t, void *carrier)
{
	t->carrier = carrier;
	return t->session;
}

void *quic_tls_carrier(gnutls_session_t session)
{
	return tls_of(session)->carrier;
}

unsigned quic_tls_refusal(const struct quic_tls *t, int *err, const char **why)
{
	*err = t->err;
	*why = t->why;
	return t->alert;
}

/* --- client -------------------------------------------------------------- */

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
static int judge_server(gnutls_session_t session)
{
	struct quic_tls *t = tls_of(session);
	unsigned count = 0;
	const gnutls_datum_t *chain = chain_of(t, &count);
	gnutls_datum_t staple = {0};

	if (!agreed_on_smb(session)) {
		return refuse(t, GNUTLS_A_NO_APPLICATION_PROTOCOL, EPROTO,
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
		return refuse(t, GNUTLS_A_INTERNAL_ERROR, ENOMEM,
			      "out of memory");
	}
	if (!t->judgement.accepted) {
		return refuse(t, t->judgement.alert, EACCES,
			      t->judgement.why_not);
	}
	return 0;
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
	if (rc < 0) {
		*why = talloc_asprintf(
			mem_ctx, "cannot use the client certificate %s: %s",
			t->client->cert_file, gnutls_strerror(rc));
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
	struct quic_tls *t = tls_of(session);
	struct quic_session keep = {0};
	uint8_t params[EARLY_PARAMS_MAX];
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
	       (*early ? EARLY_FLAGS : 0);
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
	gnutls_session_set_verify_function(t->session, judge_server);
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

/* --- server -------------------------------------------------------------- */

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
	struct quic_tls *t = tls_of(session);
	struct tls_identity *id = NULL;
	int err = 0;

	if (!agreed_on_smb(session)) {
		return refuse(t, GNUTLS_A_NO_APPLICATION_PROTOCOL, EPROTO,
			      "the client does not offer ALPN \"smb\"");
	}
	t->server_name = name_asked_for(t);
	err = t->server->choose(t->server->private_data, t->server_name, &id);
	if (err == ENOENT) {
		return refuse(t, GNUTLS_A_UNRECOGNIZED_NAME, EPROTO,
			      no_mapping(t));
	}
	t->identity = err == 0 ? talloc_reference(t, id) : NULL;
	if (t->identity == NULL ||
	    gnutls_credentials_set(session, GNUTLS_CRD_CERTIFICATE, id->cred) !=
		    0) {
		return refuse(t, GNUTLS_A_INTERNAL_ERROR, EIO,
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
	return refuse(t,
		      err == EACCES ? GNUTLS_A_ACCESS_DENIED
				    : GNUTLS_A_INTERNAL_ERROR,
		      err, why == NULL ? "out of memory" : why);
}

/* Called when the client's certificate has come. */
static int judge_client(gnutls_session_t session)
{
	struct quic_tls *t = tls_of(session);
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
	refuse(t, status_alert(status), EACCES, why);
	gnutls_free(text.data);
	return GNUTLS_E_CERTIFICATE_ERROR;
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
	struct quic_tls *t = tls_of(session);
	char name[QUIC_NAME_MAX + 1];
	struct tls_identity *id = NULL;
	uint8_t key[QUIC_TICKET_KEY_LEN];
	gnutls_datum_t datum = {.data = key, .size = sizeof(key)};
	uint8_t params[EARLY_PARAMS_MAX];
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
			(replay != NULL ? EARLY_FLAGS : 0),
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

/* --- facts --------------------------------------------------------------- */

static const char *copy(TALLOC_CTX *mem_ctx, const char *s)
{
	return s == NULL ? NULL : talloc_strdup(mem_ctx, s);
}

bool quic_tls_facts(const struct quic_tls *t, TALLOC_CTX *mem_ctx,
		    struct transport_facts *out)
{
	const struct tls_identity *id = t->identity;

	out->alpn = TLS_ALPN_SMB;
	out->tls_version = quic_tls_resumed(t) ? "TLS1.3, resumed" : "TLS1.3";
	out->resumed = quic_tls_resumed(t);
	out->tls_cipher =
		t->session == NULL ? t->cipher : cipher_name(t->session);
	out->server_name = copy(mem_ctx, t->server_name);
	out->peer_verified = t->judgement.verified;
	out->client_certificate_wanted =
		t->session != NULL && quic_tls_server_may_refuse(t);
	out->trust = copy(mem_ctx, t->judgement.how);
	out->certificate =
		copy(mem_ctx, id != NULL ? id->subject : t->judgement.subject);
	out->certificate_sha256 =
		copy(mem_ctx, id != NULL ? id->sha256 : t->judgement.sha256);
	out->certificate_end_point = copy(
		mem_ctx, id != NULL ? id->end_point : t->judgement.end_point);
	out->mapping = id != NULL ? id->mapping : NULL;
	out->guest = t->guest == NULL ? NULL : talloc_steal(mem_ctx, t->guest);
	return t->server_name == NULL || out->server_name != NULL;
}
