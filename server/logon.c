/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "server/logon.h"

#include "server/users.h"
#include "smbquic/private_file.h"

#define LOG_MODULE "server"
#include "smbquic/log.h"

unsigned logon_mechs(const struct config *config)
{
	unsigned mechs = 0;

	if (config_bool(config, NULL, CONFIG_SERVER_NTLM)) {
		mechs |= AUTH_MECH_NTLM;
	}
	if (config_int(config, NULL, CONFIG_KERBEROS_METHOD) !=
	    CONFIG_KERBEROS_OFF) {
		mechs |= AUTH_MECH_KERBEROS;
	}
	return mechs;
}

/* "": the one of krb5.conf. */
static const char *keytab(const struct config *config)
{
	return config_int(config, NULL, CONFIG_KERBEROS_METHOD) ==
			       CONFIG_KERBEROS_DEDICATED_KEYTAB
		       ? config_string(config, NULL, CONFIG_DEDICATED_KEYTAB)
		       : "";
}

void logon_check(const struct config *config)
{
	char *why = NULL;

	if (!(logon_mechs(config) & AUTH_MECH_KERBEROS)) {
		return;
	}
	if (config_int(config, NULL, CONFIG_KERBEROS_METHOD) ==
		    CONFIG_KERBEROS_DEDICATED_KEYTAB &&
	    *keytab(config) == '\0') {
		log_error("`kerberos method = dedicated keytab` wants a "
			  "`dedicated keytab file`, and there is none: that of "
			  "krb5.conf is used");
	}
	why = auth_keytab_problem(
		NULL, keytab(config),
		config_list(config, NULL, CONFIG_KERBEROS_PRINCIPALS));
	if (why != NULL) {
		log_error("%s; until then nobody is logged on by Kerberos",
			  why);
	}
	talloc_free(why);
	why = private_file_check(NULL, keytab(config),
				 "the server's Kerberos key");
	if (why != NULL) {
		log_warn("%s", why);
	}
	talloc_free(why);
}

static bool lookup_account(const char *user, const char *domain,
			   struct auth_account *account, void *private_data)
{
	struct server *server =
		talloc_get_type_abort(private_data, struct server);
	const struct users_entry *entry = users_find(server->users, user);
	const char *why = NULL;

	(void)domain;
	if (entry == NULL || !entry->has_key) {
		return false;
	}
	account->name = entry->name;
	account->disabled = !users_may_log_on(entry, &why);
	memcpy(account->nt_hash, entry->nt_hash, USERS_NT_HASH_SIZE);
	return true;
}

NTSTATUS logon_auth_new(struct channel *channel)
{
	struct server *server = channel->session->server;
	const struct config *config = server->config;
	int64_t binding = config_int(config, NULL, CONFIG_EXTENDED_PROTECTION);
	uint8_t bytes[TRANSPORT_BINDING_MAX] = {0};
	size_t len = binding == CONFIG_BINDING_OFF
			     ? 0
			     : transport_binding(channel->conn->facts, bytes);
	const struct auth_server_config auth = {
		.netbios_name = server->netbios_name,
		.netbios_domain = server->netbios_name,
		.dns_name = server->dns_name,
		.lookup = lookup_account,
		.private_data = server,
		.guest = (enum auth_guest)config_int(config, NULL,
						     CONFIG_MAP_TO_GUEST),
		.anonymous =
			config_int(config, NULL, CONFIG_RESTRICT_ANONYMOUS) < 2,
		.mechs = logon_mechs(config),
		.keytab = keytab(config),
		.principals =
			config_list(config, NULL, CONFIG_KERBEROS_PRINCIPALS),
		.binding = wire_slice(bytes, len),
		.binding_required = binding == CONFIG_BINDING_REQUIRED,
	};

	if (auth.mechs == 0) {
		return NT_STATUS_LOGON_FAILURE;
	}
	return auth_server_new(channel, &auth, server_now(), &channel->auth);
}
