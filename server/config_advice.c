/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * config_advice.c - settings that are allowed, and lower what protects a
 * server, or lead nowhere: a row each, for `smbquicd --check-config`.
 */

#include <arpa/inet.h>
#include <ctype.h>
#include <errno.h>
#include <netinet/in.h>
#include <pwd.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "negotiate/auth.h"
#include "server/config_private.h"
#include "server/hosts.h"
#include "server/metrics.h"
#include "smbquic/sandbox.h"
#include "smbquic/smb2.h"
#include "smbquic/transport.h"

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

static bool is_off(const struct config *cfg, const struct config_share *share,
		   enum config_key key)
{
	return !config_bool(cfg, share, key);
}

static bool keeps_capabilities(const struct config *cfg,
			       const struct config_share *share)
{
	return is_off(cfg, share, CONFIG_BOUNDED_CAPABILITIES);
}

static bool no_filter(const struct config *cfg,
		      const struct config_share *share)
{
	return config_int(cfg, share, CONFIG_SYSTEM_CALL_FILTER) == SANDBOX_OFF;
}

static bool unbound(const struct config *cfg, const struct config_share *share)
{
	return config_int(cfg, share, CONFIG_EXTENDED_PROTECTION) ==
	       CONFIG_BINDING_OFF;
}

static bool any_source(const struct config *cfg,
		       const struct config_share *share)
{
	return config_int(cfg, share, CONFIG_MAX_CONNECTIONS_PER_SOURCE) == 0;
}

static bool endless_guesses(const struct config *cfg,
			    const struct config_share *share)
{
	return config_int(cfg, share, CONFIG_MAX_FAILED_LOGONS) == 0;
}

static bool never_retries(const struct config *cfg,
			  const struct config_share *share)
{
	return config_int(cfg, share, CONFIG_QUIC_RETRY) ==
	       TRANSPORT_RETRY_NEVER;
}

static bool lets_nobody_in(const struct config *cfg,
			   const struct config_share *share)
{
	return config_int(cfg, share, CONFIG_RESTRICT_ANONYMOUS) < 2;
}

static bool acts_as_root(const struct config *cfg,
			 const struct config_share *share)
{
	const char *user = config_string(cfg, share, CONFIG_FORCE_USER);
	const struct passwd *pw = *user == '\0' ? NULL : getpwnam(user);

	return pw != NULL && pw->pw_uid == 0;
}

static bool gives_set_id(const struct config *cfg,
			 const struct config_share *share)
{
	return config_bool(cfg, share, CONFIG_SET_ID_BITS);
}

/* Of a folder that is there: the part of the path that is. */
static bool lies_in(TALLOC_CTX *mem_ctx, const char *file, const char *folder)
{
	char *copy = talloc_strdup(mem_ctx, file);
	char *real = NULL;
	char *slash = NULL;
	size_t len = strlen(folder);
	bool in = false;

	while (copy != NULL && real == NULL) {
		real = realpath(*copy == '\0' ? "/" : copy, NULL);
		slash = strrchr(copy, '/');
		if (real == NULL && slash == NULL) {
			break;
		}
		if (real == NULL) {
			*slash = '\0';
		}
	}
	if (real != NULL) {
		in = strcmp(folder, "/") == 0 ||
		     (strncmp(real, folder, len) == 0 &&
		      (real[len] == '/' || real[len] == '\0'));
	}
	free(real);
	talloc_free(copy);
	return in;
}

/* What the server itself goes by lies in what it serves. */
static bool holds_secrets(const struct config *cfg,
			  const struct config_share *share)
{
	static const enum config_key files[] = {
		CONFIG_SMB_PASSWD_FILE,
		CONFIG_CERTIFICATE_MAP_FILE,
		CONFIG_STATE_DIRECTORY,
		CONFIG_DEDICATED_KEYTAB,
	};
	const char *path = config_string(cfg, share, CONFIG_PATH);
	char *folder = NULL;
	bool any = false;
	size_t i = 0;

	if (config_int(cfg, share, CONFIG_STORE) == CONFIG_STORE_MEMORY ||
	    path == NULL || *path != '/') {
		return false;
	}
	folder = realpath(path, NULL);
	for (i = 0; folder != NULL && i < sizeof(files) / sizeof(files[0]);
	     i++) {
		const char *file = config_string(cfg, NULL, files[i]);

		any = any || (*file == '/' && lies_in(NULL, file, folder));
	}
	any = any ||
	      (folder != NULL && lies_in(NULL, config_file(cfg), folder));
	free(folder);
	return any;
}

static bool serves_all(const struct config *cfg,
		       const struct config_share *share)
{
	const char *path = config_string(cfg, share, CONFIG_PATH);

	return path != NULL && *path == '/' &&
	       path[strspn(path, "/")] == '\0' &&
	       !config_bool(cfg, share, CONFIG_READ_ONLY);
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

/* Is a transport one that has not what a setting asks for? */
static bool some_lack(const struct config *cfg, enum transport_lack lack)
{
	size_t count = 0;
	const struct config_transport *list = config_transports(cfg, &count);
	const struct transport_backend *via = NULL;
	size_t i = 0;

	for (i = 0; i < count; i++) {
		via = transport_backend_find(list[i].name, NULL);
		if (via != NULL && (via->lacks & lack) != 0) {
			return true;
		}
	}
	return false;
}

static bool lacks_bbr(const struct config *cfg,
		      const struct config_share *share)
{
	return config_int(cfg, share, CONFIG_CONGESTION_CONTROL) ==
		       TRANSPORT_CONGESTION_BBR &&
	       some_lack(cfg, TRANSPORT_LACKS_BBR);
}

static bool lacks_early_data(const struct config *cfg,
			     const struct config_share *share)
{
	return config_bool(cfg, share, CONFIG_EARLY_DATA) &&
	       some_lack(cfg, TRANSPORT_LACKS_EARLY_DATA);
}

static bool lacks_threads(const struct config *cfg,
			  const struct config_share *share)
{
	int64_t threads = config_int(cfg, share, CONFIG_NETWORK_THREADS);

	return threads != CONFIG_THREADS_AUTO && threads > 0 &&
	       some_lack(cfg, TRANSPORT_LACKS_THREADS);
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
	{CONFIG_EARLY_DATA, lacks_early_data,
	 "no effect over quic-kernel, which has no 0-RTT"},
	{CONFIG_CONGESTION_CONTROL, lacks_bbr,
	 "no effect over quic-kernel, which sends by CUBIC"},
	{CONFIG_NETWORK_THREADS, lacks_threads,
	 "no effect over quic-kernel, whose connections are the main thread's"},
	{CONFIG_BOUNDED_CAPABILITIES, keeps_capabilities,
	 "who takes the server over has all that root may do"},
	{CONFIG_SYSTEM_CALL_FILTER, no_filter,
	 "who takes the server over may make every system call"},
	{CONFIG_EXTENDED_PROTECTION, unbound,
	 "somebody between client and server can pass a logon on as his own"},
	{CONFIG_MAX_CONNECTIONS_PER_SOURCE, any_source,
	 "one address can take all connections"},
	{CONFIG_MAX_FAILED_LOGONS, endless_guesses,
	 "one address can guess passwords for ever"},
	{CONFIG_QUIC_RETRY, never_retries,
	 "strangers under false addresses keep the server busy with "
	 "handshakes, and have it send to others"},
	{CONFIG_RESTRICT_ANONYMOUS, lets_nobody_in,
	 "who gives no name may list the shares, and use those with guest ok"},
	{CONFIG_METRICS_LISTEN, metrics_for_all,
	 "other machines can read the figures, and names of shares and servers "
	 "among them"},
};

static const struct advice of_share[] = {
	{CONFIG_PATH, leads_nowhere,
	 "there is no such folder; nobody can use the share"},
	{CONFIG_PATH, serves_all,
	 "who logs on can change what this machine runs on, as far as his "
	 "account may"},
	{CONFIG_PATH, holds_secrets,
	 "the server's own users, certificates or state lie in there"},
	{CONFIG_FORCE_USER, acts_as_root,
	 "everybody who may use the share acts as root in it"},
	{CONFIG_SET_ID_BITS, gives_set_id,
	 "who runs a file from there acts as the one who wrote it"},
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

/* Samba's macros have a value in path alone. Where a value of ours is made of
 * such letters, the default is, too. */
static bool has_macro(const struct setting *row, const char *text)
{
	const char *percent = text == NULL || strchr(row->initial, '%') != NULL
				      ? NULL
				      : strchr(text, '%');

	while (percent != NULL && !isalpha((unsigned char)percent[1])) {
		percent = strchr(percent + 1, '%');
	}
	return percent != NULL;
}

/* What a section itself says: what it inherits is said of [global]. */
static void advise_macros(const struct config_share *section,
			  config_report_fn report, void *private_data)
{
	int key = 0;

	for (key = 0; key < CONFIG_KEY_COUNT; key++) {
		const struct setting *row = setting_row(key);
		const char *value = section->values[key].text;
		char *text = NULL;

		if (key == CONFIG_PATH || !has_macro(row, value)) {
			continue;
		}
		text = talloc_asprintf(NULL,
				       "[%s] %s = %s: macros have a value in "
				       "path alone; the percent sign stays "
				       "what it is",
				       section->name, row->name, value);
		report(private_data, CONFIG_WARNING,
		       text == NULL ? "out of memory" : text);
		talloc_free(text);
	}
}

void config_advise(const struct config *cfg, config_report_fn report,
		   void *private_data)
{
	size_t i = 0;
	size_t j = 0;

	for (i = 0; i < sizeof(of_server) / sizeof(of_server[0]); i++) {
		advise(cfg, NULL, &of_server[i], report, private_data);
	}
	advise_macros(cfg->global, report, private_data);
	for (j = 0; j < config_share_count(cfg); j++) {
		advise_macros(config_share(cfg, j), report, private_data);
		for (i = 0; i < sizeof(of_share) / sizeof(of_share[0]); i++) {
			advise(cfg, config_share(cfg, j), &of_share[i], report,
			       private_data);
		}
	}
}
