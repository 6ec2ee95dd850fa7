/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * config_advice.c - settings that are allowed, and lower what protects a
 * server, or lead nowhere: a row each, for `smbquicd --check-config`.
 */

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/stat.h>

#include "negotiate/auth.h"
#include "server/config_private.h"
#include "server/hosts.h"
#include "server/metrics.h"
#include "smbquic/smb2.h"

struct advice {
	enum config_key key;
	bool (*unwise)(const struct config *cfg,
		       const struct config_share *share);
	const char *text;
};

static bool no_signing(const struct config *cfg,
		       const struct config_share *share)
{
	return config_int(cfg, share, CONFIG_SERVER_SIGNING) ==
	       CONFIG_SIGNING_DISABLED;
}

static bool old_dialect(const struct config *cfg,
			const struct config_share *share)
{
	return config_int(cfg, share, CONFIG_MIN_PROTOCOL) < SMB2_DIALECT_300;
}

static bool maps_guests(const struct config *cfg,
			const struct config_share *share)
{
	return config_int(cfg, share, CONFIG_MAP_TO_GUEST) != AUTH_GUEST_NEVER;
}

static bool unbounded(const struct config *cfg,
		      const struct config_share *share)
{
	return config_int(cfg, share, CONFIG_MAX_CONNECTIONS) == 0;
}

static bool takes_early_data(const struct config *cfg,
			     const struct config_share *share)
{
	return config_bool(cfg, share, CONFIG_EARLY_DATA);
}

static bool never_seals(const struct config *cfg,
			const struct config_share *share)
{
	return config_int(cfg, share, CONFIG_SMB_ENCRYPT) == CONFIG_ENCRYPT_OFF;
}

/* Does it matter? */
static bool lets_plain_in(const struct config *cfg,
			  const struct config_share *share)
{
	size_t i = 0;
	bool any = config_int(cfg, NULL, CONFIG_SMB_ENCRYPT) ==
			   CONFIG_ENCRYPT_REQUIRED ||
		   config_list(cfg, NULL, CONFIG_ENCRYPT_USERS)[0] != NULL;

	for (i = 0; i < config_share_count(cfg); i++) {
		any = any ||
		      config_int(cfg, config_share(cfg, i),
				 CONFIG_SMB_ENCRYPT) == CONFIG_ENCRYPT_REQUIRED;
	}
	return any && !config_bool(cfg, share, CONFIG_REJECT_UNENCRYPTED);
}

static bool no_delay(const struct config *cfg, const struct config_share *share)
{
	return config_int(cfg, share, CONFIG_INVALID_AUTHENTICATION_DELAY) == 0;
}

static bool metrics_for_all(const struct config *cfg,
			    const struct config_share *share)
{
	struct sockaddr_storage address = {0};
	const struct sockaddr_in *in = (const struct sockaddr_in *)&address;
	const struct sockaddr_in6 *in6 = (const struct sockaddr_in6 *)&address;

	if (metrics_address(config_string(cfg, share, CONFIG_METRICS_LISTEN),
			    &address) == 0) {
		return false;
	}
	return address.ss_family == AF_INET
		       ? ntohl(in->sin_addr.s_addr) >> 24 != IN_LOOPBACKNET
		       : !IN6_IS_ADDR_LOOPBACK(&in6->sin6_addr);
}

/* Of its own: what is inherited is said of [global]. */
static bool hosts_without_address(const struct config *cfg,
				  const struct config_share *share,
				  enum config_key key)
{
	const char *const *list = config_list(cfg, share, key);

	return (share == NULL || list != config_list(cfg, NULL, key)) &&
	       hosts_bad_entry(list) != NULL;
}

static bool allows_no_address(const struct config *cfg,
			      const struct config_share *share)
{
	return hosts_without_address(cfg, share, CONFIG_HOSTS_ALLOW);
}

static bool denies_no_address(const struct config *cfg,
			      const struct config_share *share)
{
	return hosts_without_address(cfg, share, CONFIG_HOSTS_DENY);
}

static bool guests_write(const struct config *cfg,
			 const struct config_share *share)
{
	return config_bool(cfg, share, CONFIG_GUEST_OK) &&
	       !config_bool(cfg, share, CONFIG_READ_ONLY);
}

static bool guests_read(const struct config *cfg,
			const struct config_share *share)
{
	return config_bool(cfg, share, CONFIG_GUEST_OK) &&
	       config_bool(cfg, share, CONFIG_READ_ONLY);
}

static bool others_may_write(const struct config *cfg,
			     const struct config_share *share)
{
	return (config_int(cfg, share, CONFIG_CREATE_MASK) & 002) != 0;
}

/* What a macro will be is known when somebody comes. */
static bool leads_nowhere(const struct config *cfg,
			  const struct config_share *share)
{
	const char *path = config_string(cfg, share, CONFIG_PATH);
	struct stat st = {0};

	if (path == NULL || *path == '\0' || strchr(path, '%') != NULL ||
	    config_int(cfg, share, CONFIG_STORE) == CONFIG_STORE_MEMORY) {
		return false;
	}
	if (stat(path, &st) == 0) {
		return !S_ISDIR(st.st_mode);
	}
	return errno == ENOENT || errno == ENOTDIR;
}

#define NO_ADDRESS                                                     \
	"a word of it is neither an address nor a network, and never " \
	"matches: names are not looked up"

static const struct advice of_server[] = {
	{CONFIG_HOSTS_ALLOW, allows_no_address, NO_ADDRESS},
	{CONFIG_HOSTS_DENY, denies_no_address, NO_ADDRESS},
	{CONFIG_SERVER_SIGNING, no_signing,
	 "over TCP messages can be changed on their way"},
	{CONFIG_MIN_PROTOCOL, old_dialect,
	 "before SMB 3 there is no encryption, and an attacker on the way can "
	 "choose what is spoken"},
	{CONFIG_MAP_TO_GUEST, maps_guests,
	 "who has no account, or mistypes, is a guest, without signing or "
	 "encryption"},
	{CONFIG_SMB_ENCRYPT, never_seals,
	 "over TCP nobody can encrypt, though he wants to"},
	{CONFIG_REJECT_UNENCRYPTED, lets_plain_in,
	 "who cannot encrypt is let in without, though encryption is required"},
	{CONFIG_MAX_CONNECTIONS, unbounded,
	 "strangers can take all memory and descriptors"},
	{CONFIG_INVALID_AUTHENTICATION_DELAY, no_delay,
	 "passwords can be guessed as fast as the network is"},
	{CONFIG_EARLY_DATA, takes_early_data,
	 "the first message of a connection can be sent again by others; it is "
	 "only NEGOTIATE, which changes nothing"},
	{CONFIG_METRICS_LISTEN, metrics_for_all,
	 "other machines can read the figures, and names of shares and servers "
	 "among them"},
};

static const struct advice of_share[] = {
	{CONFIG_PATH, leads_nowhere,
	 "there is no such folder; nobody can use the share"},
	{CONFIG_HOSTS_ALLOW, allows_no_address, NO_ADDRESS},
	{CONFIG_HOSTS_DENY, denies_no_address, NO_ADDRESS},
	{CONFIG_GUEST_OK, guests_write,
	 "everybody who reaches the server can change and delete files"},
	{CONFIG_GUEST_OK, guests_read,
	 "everybody who reaches the server can read it"},
	{CONFIG_CREATE_MASK, others_may_write,
	 "new files may be written by every account of this machine"},
};

static void advise(const struct config *cfg, const struct config_share *share,
		   const struct advice *row, config_report_fn report,
		   void *private_data)
{
	const char *section =
		share == NULL ? "global" : config_share_name(share);
	const char *value = config_value(cfg, share, row->key)->text;
	char *text = NULL;

	if (!row->unwise(cfg, share)) {
		return;
	}
	text = talloc_asprintf(NULL, "[%s] %s = %s: %s", section,
			       setting_row(row->key)->name,
			       value == NULL ? "" : value, row->text);
	report(private_data, CONFIG_WARNING,
	       text == NULL ? "out of memory" : text);
	talloc_free(text);
}

void config_advise(const struct config *cfg, config_report_fn report,
		   void *private_data)
{
	size_t i = 0;
	size_t j = 0;

	for (i = 0; i < sizeof(of_server) / sizeof(of_server[0]); i++) {
		advise(cfg, NULL, &of_server[i], report, private_data);
	}
	for (j = 0; j < config_share_count(cfg); j++) {
		for (i = 0; i < sizeof(of_share) / sizeof(of_share[0]); i++) {
			advise(cfg, config_share(cfg, j), &of_share[i], report,
			       private_data);
		}
	}
}
