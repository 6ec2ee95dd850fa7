/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * quic_visit.c - what a client remembers of a server from one connection to the
 * next: the TLS session and the address token.
 */
#define LOG_MODULE "quic"
#include <errno.h>
#include <netinet/in.h>
#include <string.h>
#include <time.h>
#include <gnutls/crypto.h>

#include "smbquic/log.h"
#include "smbquic/quic_conn_private.h"
#include "smbquic/quic_endpoint_private.h"
#include "smbquic/visit.h"
#include "smbquic/wire.h"

/* Seconds. The server decides; longer than this nobody keeps them. */
#define LIFETIME (24 * 3600)

unsigned quic_visit_port(const struct sockaddr *sa)
{
	/* at the same place in both families */
	return ntohs(((const struct sockaddr_in *)(const void *)sa)->sin_port);
}

void quic_visit_policy(const struct tls_client_policy *tls,
		       char out[QUIC_POLICY_SIZE])
{
	const char *const parts[] = {tls_trust_name(tls->trust), tls->ca_file,
				     tls->pin, tls->known_hosts,
				     tls->cert_file};
	char *all = talloc_strdup(NULL, "");
	uint8_t digest[32] = {0};
	size_t i = 0;

	for (i = 0; i < sizeof(parts) / sizeof(parts[0]); i++) {
		all = talloc_asprintf_append_buffer(
			all, "%s\n", parts[i] != NULL ? parts[i] : "");
	}
	if (all != NULL) {
		gnutls_hash_fast(GNUTLS_DIG_SHA256, all, strlen(all), digest);
	}
	for (i = 0; i < QUIC_POLICY_SIZE / 2; i++) {
		snprintf(out + 2 * i, 3, "%02x", digest[i]);
	}
	talloc_free(all);
}

void quic_visit_recall(TALLOC_CTX *mem_ctx, const struct transport_target *to,
		       struct quic_client_params *out)
{
	const char *file = to->settings->visits_file;
	char policy[QUIC_POLICY_SIZE];
	const struct visit_key key = {.kind = "session",
				      .host = to->server_name,
				      .port = quic_visit_port(to->addr),
				      .policy = policy};
	struct wire_reader r = {0};
	struct wire_slice token = {0};
	struct wire_slice session = {0};
	uint8_t *data = NULL;
	size_t token_len = 0;
	size_t len = 0;

	if (file == NULL) {
		return;
	}
	quic_visit_policy(to->tls, policy);
	out->resume.wanted = true;
	data = visit_take(mem_ctx, file, &key, time(NULL), &len);
	if (data == NULL) {
		return;
	}
	r = wire_reader(data, len);
	token_len = wire_get_be16(&r);
	token = wire_get(&r, token_len);
	session = wire_get_rest(&r);
	if (!wire_reader_ok(&r)) {
		return;
	}
	out->token = token.data;
	out->token_len = token.len;
	out->resume.data = session.len > 0 ? session.data : NULL;
	out->resume.len = session.len;
	log_debug("%s: %s, %s", to->server_name,
		  session.len > 0 ? "resuming a session"
				  : "no session to resume",
		  token.len > 0 ? "with an address token" : "no address token");
}

/* The token and the session as one memory, since they come together: writing
 * the file once is enough. */
void quic_visit_store(TALLOC_CTX *work, const struct quic_visit *v)
{
	const struct visit_key key = {.kind = "session",
				      .host = v->host,
				      .port = v->port,
				      .policy = v->policy};
	struct wire_writer w = wire_writer_talloc(work);
	struct wire_slice all = {0};
	time_t now = time(NULL);
	int err = 0;

	wire_put_be16(&w, (uint16_t)v->token.len);
	wire_put_slice(&w, v->token);
	wire_put_slice(&w, v->session);
	all = wire_writer_slice(&w);
	err = !wire_writer_ok(&w)
		      ? ENOMEM
		      : visit_put(v->file, &key, now, now + LIFETIME, all.data,
				  all.len);
	talloc_free((void *)(uintptr_t)all.data);
	if (err != 0) {
		log_info("%s: the next visit will be no quicker: %s", v->file,
			 strerror(err));
	}
}

/* A slice of what may not be there. */
static struct wire_slice some(const uint8_t *data, size_t len)
{
	static const uint8_t empty[1];

	return wire_slice(data != NULL ? data : empty, len);
}

void quic_visit_keep(struct quic_conn *c)
{
	struct quic_slot *s = c->where;
	size_t session_len = 0;
	size_t token_len = 0;
	const uint8_t *session = quic_conn_session(c, &session_len);
	const uint8_t *token = quic_conn_new_token(c, &token_len);
	const struct quic_visit v = {
		.file = c->visits,
		.host = c->peer.name,
		.port = quic_visit_port(&s->peer.sa),
		.policy = c->visits_policy,
		.token = some(token, token_len),
		.session = some(session, session_len),
	};

	if (c->visits == NULL || session_len + token_len == c->kept) {
		return;
	}
	quic_visit_store(c, &v);
	c->kept = session_len + token_len;
}
