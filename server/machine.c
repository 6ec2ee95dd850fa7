/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "server/machine.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <time.h>

#include "certs/client_cert.h"
#include "server/strikes.h"
#include "smbquic/audit.h"

#define LOG_MODULE "session"
#include "smbquic/log.h"

static const struct client_cert *cert_of(const struct conn *conn)
{
	return conn->facts->guest == NULL
		       ? NULL
		       : talloc_get_type_abort(conn->facts->guest,
					       struct client_cert);
}

uint64_t machine_connection(const struct transport_facts *facts)
{
	const struct client_cert *cert = NULL;

	if (facts->guest == NULL) {
		return audit_connection();
	}
	cert = talloc_get_type_abort(facts->guest, struct client_cert);
	return cert->connection;
}

/* --- conditions ---------------------------------------------------------- */

static struct client_user_rule *rule_of(TALLOC_CTX *mem_ctx,
					const struct config *config, char **why)
{
	return client_user_parse(
		mem_ctx,
		config_string(config, NULL, CONFIG_CLIENT_CERTIFICATE_USER),
		why);
}

void machine_check(const struct config *config)
{
	char *why = NULL;
	struct client_user_rule *rule = rule_of(NULL, config, &why);

	if (rule == NULL) {
		log_error("`client certificate user`: %s; until then no "
			  "certificate stands for a user",
			  why == NULL ? "out of memory" : why);
	} else if (rule->how == CLIENT_USER_NONE &&
		   config_list(config, NULL,
			       CONFIG_REQUIRE_CLIENT_CERTIFICATE)[0] != NULL) {
		log_error("`require client certificate user` names users, and "
			  "no certificate stands for any (`client certificate "
			  "user`): they cannot log on");
	}
	talloc_free(why);
	talloc_free(rule);
}

/* Whether what the connection has shown stands for the user. */
static bool stands_for(TALLOC_CTX *mem_ctx, const struct conn *conn,
		       const char *user, char **why)
{
	const struct client_cert *cert = cert_of(conn);
	struct client_user_rule *rule = NULL;
	bool yes = false;

	if (cert == NULL) {
		*why = talloc_strdup(mem_ctx,
				     "the connection has shown no client "
				     "certificate");
		return false;
	}
	rule = rule_of(mem_ctx, conn->server->config, why);
	if (rule != NULL) {
		yes = client_user_is(mem_ctx, rule, cert, user, why);
	}
	talloc_free(rule);
	return yes;
}

bool machine_allows_user(TALLOC_CTX *mem_ctx, const struct conn *conn,
			 const char *user, char **why)
{
	const char *const *name = config_list(
		conn->server->config, NULL, CONFIG_REQUIRE_CLIENT_CERTIFICATE);

	*why = NULL;
	for (; *name != NULL; name++) {
		if (strcmp(*name, "*") == 0 || strcasecmp(*name, user) == 0) {
			return stands_for(mem_ctx, conn, user, why);
		}
	}
	return true;
}

bool machine_stands_for(const struct conn *conn, const char *user)
{
	const char *rule = config_string(conn->server->config, NULL,
					 CONFIG_CLIENT_CERTIFICATE_USER);
	char *why = NULL;
	bool yes = false;

	if (cert_of(conn) == NULL) {
		return false;
	}
	if (*rule == '\0' || strcasecmp(rule, "no") == 0) {
		return true;
	}
	yes = stands_for(NULL, conn, user, &why);
	talloc_free(why);
	return yes;
}

bool machine_allows_share(const struct channel *channel,
			  const struct share *share)
{
	return channel->machine || share->section == NULL ||
	       !config_bool(share->config, share->section,
			    CONFIG_CLIENT_CERTIFICATE_REQUIRED);
}

/* --- guessing ------------------------------------------------------------ */

static uint64_t clock_ms(void)
{
	struct timespec now = {0};

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
}

static unsigned limit_of(const struct config *config, uint64_t *window)
{
	*window = (uint64_t)config_int(config, NULL,
				       CONFIG_FAILED_LOGON_INTERVAL);
	return (unsigned)config_int(config, NULL, CONFIG_MAX_FAILED_LOGONS);
}

bool machine_is_barred(const struct conn *conn)
{
	uint64_t window = 0;
	unsigned limit = limit_of(conn->server->config, &window);

	return strikes_out(conn->server->strikes,
			   (const struct sockaddr *)&conn->facts->peer, limit,
			   window, clock_ms());
}

void machine_strike(const struct conn *conn)
{
	uint64_t window = 0;
	unsigned limit = limit_of(conn->server->config, &window);

	strikes_add(conn->server->strikes,
		    (const struct sockaddr *)&conn->facts->peer, limit, window,
		    clock_ms());
}

/* --- records ------------------------------------------------------------- */

static void record(const struct conn *conn, const char *event, bool allowed,
		   const char *user, const struct session *session,
		   const char *share, const char *why)
{
	const struct client_cert *cert = cert_of(conn);
	char connection[24];
	char id[24];
	char message[256];
	const struct audit_field fields[] = {
		{"connection", connection},
		{"session", session == NULL ? NULL : id},
		{"transport", conn->facts->backend},
		{"user", user},
		{"domain", session == NULL ? NULL : session->domain},
		{"workstation", session == NULL ? NULL : session->workstation},
		{"mechanism", session == NULL ? NULL : session->mechanism},
		{"share", share},
		{"why", why},
		{"server_name", conn->facts->server_name},
		{"subject", cert == NULL ? NULL : cert->subject},
		{"issuer", cert == NULL ? NULL : cert->issuer},
		{"serial", cert == NULL ? NULL : cert->serial},
		{"sha1", cert == NULL ? NULL : cert->sha1},
		{"sha256", cert == NULL ? NULL : cert->sha256},
		{NULL, NULL},
	};

	snprintf(connection, sizeof(connection), "%" PRIu64, conn->id);
	snprintf(id, sizeof(id), "0x%" PRIx64,
		 session == NULL ? 0 : session->id);
	snprintf(message, sizeof(message), "%s of %s%s%s %s", event, user,
		 share == NULL ? "" : " at ", share == NULL ? "" : share,
		 allowed ? "allowed" : "denied");
	audit_write(event, allowed ? AUDIT_ALLOWED : AUDIT_DENIED, conn->peer,
		    message, fields);
}

void machine_record_logon(const struct conn *conn, bool allowed,
			  const char *user, const struct session *session,
			  const char *why)
{
	record(conn, "logon", allowed, user, session, NULL, why);
}

void machine_record_share(const struct conn *conn, bool allowed,
			  const struct session *session, const char *share,
			  const char *why)
{
	record(conn, "share", allowed, session->user->name, session, share,
	       why);
}
