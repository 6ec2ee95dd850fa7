/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * quic_tls.c - the TLS handshake of a QUIC connection (RFC 9001): TLS 1.3
 * and ALPN "smb" only. What either end has of its own is in quic_tls_client.c
 * and quic_tls_server.c.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>
#include <ngtcp2/ngtcp2_crypto_gnutls.h>

#include "smbquic/quic_tls_private.h"

#define SECRET_MAX 64

/* The middlebox compatibility mode is forbidden, RFC 9001 8.4. */
static const char priority[] =
	"NORMAL:-VERS-ALL:+VERS-TLS1.3:-CIPHER-ALL:+AES-128-GCM:+AES-256-GCM:"
	"+CHACHA20-POLY1305:-GROUP-ALL:+GROUP-X25519:+GROUP-SECP256R1:"
	"+GROUP-SECP384R1:+GROUP-SECP521R1:%DISABLE_TLS13_COMPAT_MODE";

static ngtcp2_conn *get_conn(ngtcp2_crypto_conn_ref *ref)
{
	struct quic_tls *t = ref->user_data;

	return t->ng;
}

struct quic_tls *quic_tls_of(gnutls_session_t session)
{
	ngtcp2_crypto_conn_ref *ref = gnutls_session_get_ptr(session);

	return ref->user_data;
}

int quic_tls_refuse(struct quic_tls *t, unsigned alert, int err,
		    const char *why)
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
	struct quic_tls *t = quic_tls_of(session);
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
	struct quic_tls *t = quic_tls_of(session);
	ngtcp2_encryption_level to =
		ngtcp2_crypto_gnutls_from_gnutls_record_encryption_level(level);

	if (!quic_tls_judge_resumed(session, level)) {
		return GNUTLS_E_CERTIFICATE_ERROR;
	}
	if (parameters_missing(t, level)) {
		/* RFC 9001 8.2 */
		return quic_tls_refuse(
			t, GNUTLS_A_MISSING_EXTENSION, EPROTO,
			"the peer sent no QUIC transport parameters");
	}
	if (keys_again(t, level, rx, tx)) {
		/* RFC 9001 6 */
		return quic_tls_refuse(t, GNUTLS_A_UNEXPECTED_MESSAGE, EPROTO,
				       "the peer wants new keys of TLS");
	}
	note_early(t, level, rx, tx);
	if (!quic_keys_install(t->ng, to, rx, tx, len)) {
		return GNUTLS_E_INTERNAL_ERROR;
	}
	return 0;
}

/* --- both ends ----------------------------------------------------------- */

bool quic_tls_agreed(gnutls_session_t session)
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

struct quic_tls *quic_tls_new(TALLOC_CTX *mem_ctx, unsigned flags,
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
	return quic_tls_of(session)->carrier;
}

unsigned quic_tls_refusal(const struct quic_tls *t, int *err, const char **why)
{
	*err = t->err;
	*why = t->why;
	return t->alert;
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
	out->certificate_sha1 =
		copy(mem_ctx, id != NULL ? id->sha1 : t->judgement.sha1);
	out->certificate_sha256 =
		copy(mem_ctx, id != NULL ? id->sha256 : t->judgement.sha256);
	out->certificate_end_point = copy(
		mem_ctx, id != NULL ? id->end_point : t->judgement.end_point);
	out->mapping = id != NULL ? id->mapping : NULL;
	out->guest = t->guest == NULL ? NULL : talloc_steal(mem_ctx, t->guest);
	return t->server_name == NULL || out->server_name != NULL;
}
