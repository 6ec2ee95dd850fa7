/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Links: connections with a logged-on user. Shares of one server that are used
 * as the same user have one between them.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "client/libsmbclient/libsmb.h"
#include "smbquic/log.h"
#include "smbquic/secret.h"
#include "smbquic/visit.h"

#define NETBIOS_PORT 139 /* what it asks for is not spoken any more */
#define DIRECT_PORT  445 /* Samba's library says so where nobody did */

/* ---------------------------------------------------------------- settings */

static void gather(SMBCCTX *c, TALLOC_CTX *mem_ctx, const char *server,
		   struct client_conf *out)
{
	struct SMBC_internal_data *i = c->internal;

	client_conf_file_apply(i->system, NULL, out);
	client_conf_file_apply(i->program, server, out);
	client_conf_file_apply(i->user, server, out);
	client_conf_environment(mem_ctx, out);
}

/*
 * Which way, and which port. A port in an address, or of the context, is one
 * of TCP, as it always was, unless the user wants QUIC and nothing else; and
 * 445 and 139, which programs add by themselves, are none of QUIC's.
 */
static void choose_transport(const struct client_conf *config,
			     const struct libsmb_url *url, uint16_t port,
			     struct client_options *out)
{
	const char *transports =
		url->transport != NULL ? url->transport : config->transport;
	bool quic = transports != NULL && strncmp(transports, "quic", 4) == 0 &&
		    strchr(transports, ',') == NULL;

	if (port == DIRECT_PORT || port == NETBIOS_PORT) {
		port = quic || port == NETBIOS_PORT ? 0 : port;
	}
	out->transports = transports != NULL ? transports
			  : port != 0	     ? "tcp"
					     : "auto";
	out->port = port != 0 ? port : config->port;
}

static void choose_protection(SMBCCTX *c, const struct client_conf *config,
			      struct client_options *out)
{
	char *why = NULL;
	size_t i = 0;

	if (config->protection != NULL) {
		client_protection_parse(config->protection, &out->protection);
	}
	for (i = 0; i < CLIENT_CONF_SETTINGS; i++) {
		if (config->setting[i] != NULL &&
		    !client_options_set(NULL, out, client_conf_setting_key(i),
					config->setting[i], &why)) {
			/* of Samba's file; ours was checked */
			log_warn("%s", why != NULL ? why : "out of memory");
			TALLOC_FREE(why);
		}
	}
	if (c->internal->encryption >= SMBC_ENCRYPTLEVEL_REQUEST) {
		out->protection = CLIENT_PROTECTION_ENCRYPT;
	}
}

/* Names of Samba's that are older than ours mean the oldest of ours. */
static void choose_dialects(SMBCCTX *c, const struct client_conf *config,
			    struct client_options *out)
{
	const char *min = c->internal->min_protocol != NULL
				  ? c->internal->min_protocol
				  : config->min_dialect;
	const char *max = c->internal->max_protocol != NULL
				  ? c->internal->max_protocol
				  : config->max_dialect;
	uint16_t dialect = 0;

	out->min_dialect = SMB2_DIALECT_202;
	if (min != NULL && client_dialect_parse(min, &dialect)) {
		out->min_dialect = dialect;
	}
	if (max != NULL && client_dialect_parse(max, &dialect)) {
		out->max_dialect = dialect;
	}
	if (out->max_dialect < out->min_dialect) {
		out->min_dialect = out->max_dialect;
	}
}

static void choose_files(TALLOC_CTX *mem_ctx, const struct client_conf *config,
			 struct client_options *out)
{
	if (config->remember == NULL || strcmp(config->remember, "no") != 0) {
		out->visits_file = client_conf_state_file(
			mem_ctx, "XDG_CACHE_HOME", ".cache", "visits");
	}
	if (out->tls.trust == TLS_TRUST_TOFU) {
		out->tls.known_hosts = client_conf_state_file(
			mem_ctx, "XDG_CONFIG_HOME", ".config", "known_hosts");
	}
}

/* What is kept of files and folders, and what is known of the server. */
struct keeping {
	bool ahead, behind;
	const char *shares;
};

/* As client.conf has them. */
static const struct tls_words words = {
	.ca = "ca = FILE",
	.pin = "pin = sha256:",
	.tofu = "trust = tofu",
};

static int make_options(SMBCCTX *c, TALLOC_CTX *mem_ctx,
			const struct libsmb_url *url,
			struct client_options *out, struct keeping *keeping)
{
	struct client_conf config = {0};
	uint16_t port = url->port != 0 ? url->port : c->internal->port;

	gather(c, mem_ctx, url->server, &config);
	if (!client_conf_check(&config)) {
		return EINVAL;
	}
	tls_set_words(&words);
	client_options_default(out);
	out->server = url->server;
	out->address = config.address;
	choose_transport(&config, url, port, out);
	choose_protection(c, &config, out);
	client_conf_trust(&config, &out->tls);
	choose_dialects(c, &config, out);
	choose_files(mem_ctx, &config, out);
	if (config.compress != NULL) {
		client_compression_parse(config.compress, &out->compression);
	}
	out->reconnect_ms = client_conf_reconnect(&config);
	out->capabilities = SMB2_GLOBAL_CAP_DIRECTORY_LEASING;
	*keeping = (struct keeping){
		.ahead = config.read_ahead == NULL ||
			 strcmp(config.read_ahead, "no") != 0,
		.behind = config.write_behind != NULL &&
			  strcmp(config.write_behind, "yes") == 0,
		.shares = config.shares,
	};
	if (c->timeout > 0) {
		out->timeout_ms = (unsigned)c->timeout;
		out->connect_timeout_ms = (unsigned)c->timeout;
	}
	return 0;
}

/* ----------------------------------------------------------------- logging on
 */

static int hex_hash(const char *text, uint8_t hash[16])
{
	size_t i = 0;

	for (i = 0; i < 16; i++) {
		unsigned byte = 0;

		if (sscanf(text + 2 * i, "%2x", &byte) != 1) {
			return EINVAL;
		}
		hash[i] = (uint8_t)byte;
	}
	return text[32] == '\0' ? 0 : EINVAL;
}

static bool insists_on_kerberos(SMBCCTX *c)
{
	return smbc_getOptionUseKerberos(c) &&
	       !smbc_getOptionFallbackAfterKerberos(c);
}

/* Without a password Kerberos means the tickets that there are, whoever's they
 * are: the user's name is often the program's guess. */
static bool means_tickets(const struct link *link)
{
	return smbc_getOptionUseKerberos(link->c) && *link->password == '\0';
}

static NTSTATUS log_on_by_tickets(struct link *link)
{
	const struct client_credentials who = {
		.domain = link->workgroup,
		.workstation = link->c->netbios_name,
		.kerberos = CLIENT_KERBEROS_REQUIRED,
	};

	return client_session_setup(link, link->conn, &who, &link->session);
}

static enum client_kerberos choose_kerberos(const struct link *link)
{
	if (!smbc_getOptionUseKerberos(link->c) || means_tickets(link)) {
		return CLIENT_KERBEROS_OFF;
	}
	return insists_on_kerberos(link->c) ? CLIENT_KERBEROS_REQUIRED
					    : CLIENT_KERBEROS_DESIRED;
}

static NTSTATUS log_on_by_name(struct link *link)
{
	struct client_credentials who = {
		.user = link->user,
		.domain = link->workgroup,
		.password = link->password,
		.workstation = link->c->netbios_name,
		.kerberos = choose_kerberos(link),
	};
	uint8_t hash[16];
	NTSTATUS status = NT_STATUS_OK;

	if (link->c->internal->use_nt_hash && *link->password != '\0') {
		if (strlen(link->password) != 32 ||
		    hex_hash(link->password, hash) != 0) {
			return NT_STATUS_WRONG_PASSWORD;
		}
		who.password = NULL;
		who.nt_hash = hash;
	}
	status = client_session_setup(link, link->conn, &who, &link->session);
	explicit_bzero(hash, sizeof(hash));
	return status;
}

static NTSTATUS log_on(struct link *link)
{
	NTSTATUS status = NT_STATUS_OK;

	if (means_tickets(link)) {
		status = log_on_by_tickets(link);
		if (NT_STATUS_IS_OK(status) || insists_on_kerberos(link->c) ||
		    link_is_dead(link)) {
			return status;
		}
		log_info("//%s: not by tickets: %s", link->server,
			 nt_errstr(status));
	}
	return log_on_by_name(link);
}

static NTSTATUS log_on_as_nobody(struct link *link)
{
	const struct client_credentials nobody = {
		.user = "",
		.domain = "",
		.password = "",
		.workstation = link->c->netbios_name,
	};

	return client_session_setup(link, link->conn, &nobody, &link->session);
}

/* Without a ticket the answer is that of a server that does not know the user,
 * whereupon programs ask for a password. */
static int log_on_somehow(struct link *link)
{
	bool insists = insists_on_kerberos(link->c);
	NTSTATUS status = log_on(link);

	if (NT_STATUS_IS_OK(status)) {
		return 0;
	}
	log_info("//%s: logging on as %s: %s", link->server, link->user,
		 nt_errstr(status));
	if (insists && !link_is_dead(link)) {
		return EACCES;
	}
	if (*link->user != '\0' && !insists &&
	    !smbc_getOptionNoAutoAnonymousLogin(link->c) &&
	    !link_is_dead(link) && NT_STATUS_IS_OK(log_on_as_nobody(link))) {
		return 0;
	}
	return libsmb_errno(status);
}

/* -------------------------------------------------------------- connecting */

static int link_destructor(struct link *link)
{
	TAILQ_REMOVE(&link->c->internal->links, link, entry);
	return 0;
}

static struct link *link_new(SMBCCTX *c, const struct client_options *o,
			     const char *workgroup, const char *user,
			     const char *password)
{
	struct link *link = talloc_zero(c->internal->net, struct link);

	if (link == NULL) {
		return NULL;
	}
	link->c = c;
	link->port = o->port;
	link->encryption = c->internal->encryption;
	link->server = talloc_strdup(link, o->server);
	link->transports = talloc_strdup(link, o->transports);
	link->workgroup = talloc_strdup(link, workgroup);
	link->user = talloc_strdup(link, user);
	link->password = secret_strdup(link, password);
	TAILQ_INSERT_TAIL(&c->internal->links, link, entry);
	talloc_set_destructor(link, link_destructor);
	if (link->server == NULL || link->transports == NULL ||
	    link->workgroup == NULL || link->user == NULL ||
	    link->password == NULL) {
		talloc_free(link);
		return NULL;
	}
	return link;
}

/* Encryption was requested, and it need not be. */
static bool may_retry(const struct link *link, const struct client_options *o)
{
	return link->encryption == SMBC_ENCRYPTLEVEL_REQUEST &&
	       o->protection == CLIENT_PROTECTION_ENCRYPT;
}

static int link_connect(struct link *link, const struct client_options *o)
{
	struct keeper *keeper = link->c->internal->keeper;
	char *why = NULL;
	NTSTATUS status =
		client_connect(link, keeper_loop(keeper), o, &link->conn, &why);

	if (status == NT_STATUS_NOT_SUPPORTED && may_retry(link, o)) {
		return ENOSYS; /* not the last word */
	}
	if (!NT_STATUS_IS_OK(status)) {
		log_error("//%s: %s (%s)", link->server,
			  why != NULL ? why : nt_errtext(status),
			  nt_errstr(status));
		return libsmb_errno(status);
	}
	return log_on_somehow(link);
}

/* A server that cannot encrypt says so, or there is no cipher. */
static bool cannot_encrypt(const struct link *link, int err)
{
	struct client_facts facts = {0};

	if (link->conn == NULL) {
		return err == ENOSYS;
	}
	client_facts(link->conn, NULL, NULL, &facts);
	return err == EACCES && facts.cipher == NULL;
}

/* Encryption that is only requested is done without where a server
 * cannot. */
static int link_connect_somehow(struct link *link, struct client_options *o)
{
	int err = link_connect(link, o);

	if (may_retry(link, o) && cannot_encrypt(link, err)) {
		TALLOC_FREE(link->conn);
		o->protection = CLIENT_PROTECTION_SIGN;
		err = link_connect(link, o);
	}
	return err;
}

static bool fits(const struct link *link, const struct client_options *o,
		 const char *workgroup, const char *user, const char *password)
{
	return strcasecmp(link->server, o->server) == 0 &&
	       strcmp(link->transports, o->transports) == 0 &&
	       link->port == o->port &&
	       link->encryption == link->c->internal->encryption &&
	       strcmp(link->workgroup, workgroup) == 0 &&
	       strcmp(link->user, user) == 0 &&
	       strcmp(link->password, password) == 0 && !link_is_dead(link);
}

static struct link *link_find(SMBCCTX *c, const struct client_options *o,
			      const char *workgroup, const char *user,
			      const char *password)
{
	struct link *link = NULL;

	TAILQ_FOREACH(link, &c->internal->links, entry)
	{
		if (fits(link, o, workgroup, user, password)) {
			return link;
		}
	}
	return NULL;
}

static int link_know(struct link *link, const struct keeping *keeping)
{
	link->read_ahead = keeping->ahead;
	link->write_behind = keeping->behind;
	TALLOC_FREE(link->shares);
	if (keeping->shares != NULL) {
		link->shares = talloc_strdup(link, keeping->shares);
		return link->shares != NULL ? 0 : ENOMEM;
	}
	return 0;
}

int link_get(SMBCCTX *c, const struct libsmb_url *url, const char *workgroup,
	     const char *user, const char *password, struct link **out)
{
	TALLOC_CTX *frame = talloc_new(c->internal);
	struct client_options o = {0};
	struct link *link = NULL;
	struct keeping keeping = {0};
	int err = frame != NULL ? make_options(c, frame, url, &o, &keeping)
				: ENOMEM;

	*out = NULL;
	if (err == 0) {
		link = link_find(c, &o, workgroup, user, password);
	}
	if (err == 0 && link == NULL) {
		link = link_new(c, &o, workgroup, user, password);
		err = link != NULL ? link_connect_somehow(link, &o) : ENOMEM;
	}
	if (err == 0) {
		err = keeper_start(c->internal->keeper);
	}
	if (err == 0) {
		err = link_know(link, &keeping);
	}
	talloc_free(frame);
	if (err != 0) {
		if (link != NULL && link->uses == 0) {
			talloc_free(link);
		}
		return err;
	}
	link->uses++;
	*out = link;
	return 0;
}

void link_put(struct link *link)
{
	if (link == NULL || --link->uses > 0) {
		return;
	}
	if (link->conn != NULL && !link_is_dead(link)) {
		client_disconnect(link->conn);
	}
	talloc_free(link);
}

bool link_is_dead(const struct link *link)
{
	return link->conn == NULL || client_why(link->conn) != NULL;
}
