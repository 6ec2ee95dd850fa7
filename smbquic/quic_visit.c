/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * quic_visit.c - what a client's endpoint remembers of a server from one
 * connection to the next: the TLS session and the address token.
 */
#define LOG_MODULE "quic"
#include <netinet/in.h>
#include <string.h>
#include <time.h>
#include <gnutls/crypto.h>

#include "smbquic/log.h"
#include "smbquic/quic_conn_private.h"
#include "smbquic/quic_endpoint_private.h"
#include "smbquic/visit.h"

/* Seconds. The server decides; longer than this nobody keeps them. */
#define SESSION_LIFETIME (24 * 3600)
#define TOKEN_LIFETIME	 (24 * 3600)

#define POLICY_LEN 16u

static unsigned port_of(const struct sockaddr *sa)
{
	/* at the same place in both families */
	return ntohs(((const struct sockaddr_in *)(const void *)sa)->sin_port);
}

/*
 * A session was begun under a policy: who judged differently, or shows another
 * certificate, begins anew.
 */
static void policy_word(const struct tls_client_policy *tls,
			char out[2 * POLICY_LEN + 1])
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
	for (i = 0; i < POLICY_LEN; i++) {
		snprintf(out + 2 * i, 3, "%02x", digest[i]);
	}
	talloc_free(all);
}

void quic_visit_recall(TALLOC_CTX *mem_ctx, const struct transport_target *to,
		       struct quic_client_params *out)
{
	const char *file = to->settings->visits_file;
	char policy[2 * POLICY_LEN + 1];
	struct visit_key key = {.kind = "session",
				.host = to->server_name,
				.port = port_of(to->addr),
				.policy = policy};

	if (file == NULL) {
		return;
	}
	policy_word(to->tls, policy);
	out->resume.wanted = true;
	out->resume.data =
		visit_take(mem_ctx, file, &key, time(NULL), &out->resume.len);
	key.kind = "token";
	out->token =
		visit_take(mem_ctx, file, &key, time(NULL), &out->token_len);
	log_debug("%s: %s, %s", to->server_name,
		  out->resume.data != NULL ? "resuming a session"
					   : "no session to resume",
		  out->token != NULL ? "with an address token"
				     : "no address token");
}

static void keep(struct quic_conn *c, const char *kind, const char *policy,
		 int lifetime, const uint8_t *data, size_t len)
{
	struct quic_slot *s = c->where;
	const struct visit_key key = {.kind = kind,
				      .host = c->peer.name,
				      .port = port_of(&s->peer.sa),
				      .policy = policy};
	time_t now = time(NULL);
	int err = 0;

	if (data == NULL || len == 0) {
		return;
	}
	err = visit_put(c->visits, &key, now, now + lifetime, data, len);
	if (err != 0) {
		log_info("%s: the next visit will be no quicker: %s", c->visits,
			 strerror(err));
	}
}

void quic_visit_keep(struct quic_conn *c)
{
	char policy[2 * POLICY_LEN + 1];
	const uint8_t *data = NULL;
	size_t len = 0;

	if (c->visits == NULL) {
		return;
	}
	policy_word(quic_tls_policy(c->tls), policy);
	data = quic_conn_session(c, &len);
	keep(c, "session", policy, SESSION_LIFETIME, data, len);
	data = quic_conn_new_token(c, &len);
	keep(c, "token", policy, TOKEN_LIFETIME, data, len);
}
