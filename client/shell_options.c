/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The options: one table, which is the help as well. */
#include <stdlib.h>
#include <string.h>

#include <popt.h>

#include "client/shell.h"
#include "client/shell_options.h"
#include "config.h"
#include "smbquic/secret.h"
#include "smbquic/log.h"
#include "smbquic/option_text.h"
#include "smbquic/port.h"
#include "smbquic/race.h"
#include "smbquic/tls_options.h"

#define TIMEOUT_MAX	  86400
#define WARN_DAYS	  14
#define WARN_DAYS_MAX	  36500
#define RECONNECT_SECONDS 20

enum option {
	OPT_VERSION = 1,
	OPT_LIST,
	OPT_USER,
	OPT_DOMAIN,
	OPT_AUTH_FILE,
	OPT_TRUST,
	OPT_DIALECT,
	OPT_PROTECTION,
	OPT_PORT,
	OPT_TIMEOUT,
	OPT_DEBUG,
	OPT_QUIC_VERSION,
	OPT_EARLY_DATA,
	OPT_CONGESTION,
	OPT_WARN_DAYS,
	OPT_LIMIT_RATE,
	OPT_KERBEROS,
	OPT_KERBEROS_HOW,
	OPT_RECONNECT,
	OPT_MAX_CHANNELS,
	OPT_SETTING,
	OPT_COMPRESS,
	OPT_COMPRESSION,
	OPT_PASSWORD,
	OPT_REALM,
	OPT_WORKSTATION,
	OPT_SEND_BUFFER,
};

/* What popt stores by itself. */
static struct raw {
	char *ip_address;
	char *transport;
	char *remember;
	char *ca;
	char *pin;
	char *crl;
	char *client_cert;
	char *client_key;
	char *folder;
	char *script;
	char *tar;
	int no_password;
	int keyring;
	int to_stderr;
	int grepable;
	int quiet;
	int probe;
	int json;
	int block_ntlm;
	int nt_hash;
	char *ccache;
	char *keytab;
	char *hosts_file;
} raw;

#define STRING POPT_ARG_STRING
#define NONE   POPT_ARG_NONE

/* clang-format off */
static const struct poptOption table[] = {
	{"list", 'L', STRING, NULL, OPT_LIST,
	 "list the shares of a server", "SERVER"},
	{"probe", 0, NONE, &raw.probe, 0,
	 "see whether SMB over QUIC is at each HOST[:PORT] that follows, and "
	 "how; no account is needed", NULL},
	{"probe-file", 0, STRING, OPTION_TEXT(raw, hosts_file),
	 "the same for those in a file; - is standard input", "FILE"},
	{"warn-days", 0, STRING, NULL, OPT_WARN_DAYS,
	 "warn when a certificate ends within so many days (default 14)",
	 "DAYS"},
	{"json", 0, NONE, &raw.json, 0,
	 "print what --probe finds as JSON, an object and a line for each host",
	 NULL},
	{"command", 'c', STRING, OPTION_TEXT(raw, script),
	 "run commands, separated by semicolons, and end", "COMMANDS"},
	{"tar", 'T', STRING, OPTION_TEXT(raw, tar),
	 "make an archive of the share (c), or put one there (x), as the "
	 "command tar does; ARCHIVE and paths follow",
	 "c|x[IXFbgaNrnvq]"},
	{"directory", 'D', STRING, OPTION_TEXT(raw, folder),
	 "begin in this folder of the share", "FOLDER"},
	{"user", 'U', STRING, NULL, OPT_USER,
	 "who to log on as; without %PASSWORD it is asked for",
	 "[DOMAIN/]USER[%PASSWORD]"},
	{"password", 0, STRING, NULL, OPT_PASSWORD,
	 "the password; others see it in lists of processes for a moment",
	 "PASSWORD"},
	{"pw-nt-hash", 0, NONE, &raw.nt_hash, 0,
	 "what is given as password is its NT hash, 32 hexadecimal digits",
	 NULL},
	{"realm", 0, STRING, NULL, OPT_REALM,
	 "the Kerberos realm of the user", "REALM"},
	{"netbiosname", 'n', STRING, NULL, OPT_WORKSTATION,
	 "what we call this machine when we log on by NTLM", "NAME"},
	{"workgroup", 'W', STRING, NULL, OPT_DOMAIN,
	 "the domain of the user", "DOMAIN"},
	{"authentication-file", 'A', STRING, NULL, OPT_AUTH_FILE,
	 "read username, password and domain from a file", "FILE"},
	{"no-pass", 'N', NONE, &raw.no_password, 0,
	 "do not ask for a password", NULL},
	{"keyring", 0, NONE, &raw.keyring, 0,
	 "take the password from the kernel's keyring of this session, and "
	 "keep one there that was given or asked for",
	 NULL},
	{"kerberos", 'k', NONE, NULL, OPT_KERBEROS,
	 "log on by Kerberos, or not at all; the same as "
	 "--use-kerberos=required", NULL},
	{"use-kerberos", 0, STRING, NULL, OPT_KERBEROS_HOW,
	 "log on by Kerberos: off, desired (where there is a ticket and the "
	 "server offers it, the default) or required", "off|desired|required"},
	{"use-krb5-ccache", 0, STRING, OPTION_TEXT(raw, ccache),
	 "where the tickets are, as in KRB5CCNAME; implies -k", "CCACHE"},
	{"client-keytab", 0, STRING, OPTION_TEXT(raw, keytab),
	 "keys to get a ticket with, instead of a password; implies -k",
	 "FILE"},
	{"block-ntlm", 0, NONE, &raw.block_ntlm, 0,
	 "never log on by NTLM, whatever the server offers", NULL},
	{"transport", 0, STRING, OPTION_TEXT(raw, transport),
	 "auto (QUIC and TCP together, QUIC with a head start), quic, tcp, or "
	 "a list with ports: quic:4433,tcp:4450", "LIST"},
	{"port", 'p', STRING, NULL, OPT_PORT,
	 "port of the transports that --transport gives none", "PORT"},
	{"ip-address", 'I', STRING, OPTION_TEXT(raw, ip_address),
	 "connect to this address; the name is still what the certificate "
	 "must have", "ADDRESS"},
	{"quic-version", 0, STRING, NULL, OPT_QUIC_VERSION,
	 "the version of QUIC to begin with: v1 or v2; the server may know both "
	 "and prefer the other", "v1|v2"},
	{"early-data", 0, STRING, NULL, OPT_EARLY_DATA,
	 "say NEGOTIATE with the first packets to a server that was visited "
	 "before and permits it (0-RTT): yes (default) or no", "yes|no"},
	{"congestion-control", 0, STRING, NULL, OPT_CONGESTION,
	 "how QUIC finds out how fast it may send (default cubic)",
	 "cubic|bbr"},
	{"remember", 0, STRING, OPTION_TEXT(raw, remember),
	 "where to remember how servers were reached (TLS sessions, address "
	 "tokens, where UDP is blocked), or no: nowhere", "FILE|no"},
	{"trust", 0, STRING, NULL, OPT_TRUST,
	 "how to judge the server's certificate: system, ca, pin, tofu (what "
	 "was seen first) or none", "HOW"},
	{"ca", 0, STRING, OPTION_TEXT(raw, ca),
	 "certificates of the authorities to trust (PEM)", "FILE"},
	{"pin", 0, STRING, OPTION_TEXT(raw, pin),
	 "trust the certificate with this SHA-256 (or SHA-1) alone", "sha256:HEX"},
	{"crl", 0, STRING, OPTION_TEXT(raw, crl),
	 "revocation lists of these authorities (PEM)", "FILE"},
	{"client-cert", 0, STRING, OPTION_TEXT(raw, client_cert),
	 "our own certificate (PEM)", "FILE"},
	{"client-key", 0, STRING, OPTION_TEXT(raw, client_key),
	 "its key (PEM)", "FILE"},
	{"max-protocol", 'm', STRING, NULL, OPT_DIALECT,
	 "highest dialect over TCP: SMB3_11, SMB3_02, SMB3_00, SMB2_10, "
	 "SMB2_02; QUIC is always SMB3_11",
	 "DIALECT"},
	{"client-protection", 0, STRING, NULL, OPT_PROTECTION,
	 "sign, encrypt (by SMB, or a transport that both ends accept) or off",
	 "sign|encrypt|off"},
	{"option", 0, STRING, NULL, OPT_SETTING,
	 "a setting of smb.conf: client min protocol, client max protocol, "
	 "client signing, client smb encrypt, client smb encryption over quic, "
	 "client smb3 signing algorithms, client smb3 encryption algorithms",
	 "NAME=VALUE"},
	{"timeout", 't', STRING, NULL, OPT_TIMEOUT,
	 "give up when nothing moves for so long (default 20; 0: never)",
	 "SECONDS"},
	{"reconnect", 0, STRING, NULL, OPT_RECONNECT,
	 "wait so long for a connection that is lost to come back, and go on "
	 "(default 20, or what -t says if that is less; 0: end at once); when "
	 "it is given, for the first one, too",
	 "SECONDS"},
	{"max-channels", 0, STRING, NULL, OPT_MAX_CHANNELS,
	 "connections that a session which moves much may have, 1 to 8 "
	 "(default 1), where the server can", "NUMBER"},
	{"compress", 0, STRING, NULL, OPT_COMPRESS,
	 "compress what files hold on its way: yes, share (where the share "
	 "says so, the default) or no; what is encrypted then tells by its "
	 "length how well it compressed", "yes|share|no"},
	{"compression-algorithms", 0, STRING, NULL, OPT_COMPRESSION,
	 "with what, best first (default "
	 CLIENT_COMPRESSION_ALGORITHMS ")", "LIST"},
	{"send-buffer", 'b', STRING, NULL, OPT_SEND_BUFFER,
	 "bytes of one read or write (default 0: as large as useful)",
	 "BYTES"},
	{"limit-rate", 0, STRING, NULL, OPT_LIMIT_RATE,
	 "copy no faster than so many bytes a second; with K, M or G: 1024 of "
	 "them, and so on", "RATE"},
	{"stderr", 'E', NONE, &raw.to_stderr, 0,
	 "write what commands print to standard error", NULL},
	{"grepable", 'g', NONE, &raw.grepable, 0,
	 "list shares in lines for scripts: TYPE|NAME|COMMENT", NULL},
	{"quiet", 'q', NONE, &raw.quiet, 0,
	 "no bar and no line for each file", NULL},
	{"debuglevel", 'd', STRING, NULL, OPT_DEBUG,
	 "say more: 1 what was negotiated, 3 what happens, 10 everything; "
	 "[LEVEL][,MODULE:LEVEL...]", "LEVEL"},
	{"version", 'V', NONE, NULL, OPT_VERSION, "print the version", NULL},
	{NULL, 0, POPT_ARG_INCLUDE_TABLE,
	 (void *)(uintptr_t)shell_options_samba, 0,
	 "Options of smbclient that mean less here:", NULL},
	POPT_AUTOHELP
	POPT_TABLEEND
};
/* clang-format on */

static bool usage(const char *what, const char *value)
{
	fprintf(stderr, SHELL_PROGRAM ": %s: %s\n", what, value);
	return false;
}

static bool parse_number(const char *text, unsigned long min, unsigned long max,
			 unsigned long *out)
{
	char *end = NULL;

	*out = strtoul(text, &end, 10);
	return *text >= '0' && *text <= '9' && *end == '\0' && *out >= min &&
	       *out <= max;
}

static bool take_compression(struct shell_options *o, const char *arg)
{
	o->client.compression_algorithms = talloc_strdup(o, arg);
	return client_compression_algorithms_valid(arg) ||
	       usage("--compression-algorithms is a list of pattern_v1, lz77, "
		     "lz77+huffman, lznt1 and lz4",
		     arg);
}

static bool take_dialect(struct shell_options *o, const char *arg)
{
	struct client_options *c = &o->client;

	if (!client_dialect_parse(arg, &c->max_dialect)) {
		return usage("no such dialect", arg);
	}
	if (c->max_dialect < c->min_dialect) {
		c->min_dialect = SMB2_DIALECT_202;
	}
	return true;
}

/* "3", "3,quic:5"; a number of 1 and more also prints what was negotiated. */
static bool take_debug(struct shell_options *o, const char *arg)
{
	if (!log_set_levels(arg)) {
		return usage("not a log level", arg);
	}
	o->print_facts = *arg >= '1' && *arg <= '9';
	return true;
}

/* @param is_one  out, may be NULL: it is the first of the two. */
static bool take_either(const char *arg, const char *one, const char *other,
			bool *is_one)
{
	bool first = strcmp(arg, one) == 0;

	if (is_one != NULL) {
		*is_one = first;
	}
	return first || strcmp(arg, other) == 0;
}

/* "client signing=required", as smbclient's. */
static bool take_setting(struct shell_options *o, const char *arg)
{
	const char *cut = strchr(arg, '=');
	bool known = false;
	char *key = NULL;
	char *why = NULL;

	if (cut == NULL) {
		return usage("--option is NAME=VALUE", arg);
	}
	key = shell_need(talloc_strndup(o, arg, (size_t)(cut - arg)));
	cut += 1 + strspn(cut + 1, " ");
	if (!shell_options_samba_setting(o, key, cut, &known)) {
		return false;
	}
	return known || client_options_set(o, &o->client, key, cut, &why) ||
	       usage("--option", why == NULL ? "out of memory" : why);
}

/* Those whose value is a number. */
static bool take_number(struct shell_options *o, int option, const char *arg)
{
	static const struct {
		int option;
		unsigned long min, max;
		const char *wanted;
	} rows[] = {
		{OPT_PORT, 1, UINT16_MAX, PORT_WANTED},
		{OPT_TIMEOUT, 0, TIMEOUT_MAX,
		 "a timeout is a number of seconds"},
		{OPT_RECONNECT, 0, TIMEOUT_MAX / 24,
		 "--reconnect is a number of seconds, at most an hour"},
		{OPT_MAX_CHANNELS, 1, CLIENT_MAX_CHANNELS,
		 "--max-channels is a number from 1 to 8"},
		{OPT_SEND_BUFFER, 0, SMB2_LARGE_MTU,
		 "--send-buffer is a number of bytes, at most 8 MiB"},
		{OPT_WARN_DAYS, 0, WARN_DAYS_MAX,
		 "--warn-days is a number of days"},
	};
	struct client_options *c = &o->client;
	unsigned long n = 0;
	size_t i = 0;

	while (rows[i].option != option) {
		i++;
	}
	if (!parse_number(arg, rows[i].min, rows[i].max, &n)) {
		return usage(rows[i].wanted, arg);
	}
	switch (option) {
	case OPT_PORT: c->port = (uint16_t)n; break;
	case OPT_TIMEOUT:
		o->timeout = (unsigned)n;
		o->timeout_given = true;
		if (n > 0) {
			c->connect_timeout_ms = (unsigned)n * 1000;
		}
		break;
	case OPT_RECONNECT:
		c->reconnect_ms = (unsigned)n * 1000;
		o->reconnect_given = true;
		break;
	case OPT_MAX_CHANNELS: c->max_channels = (unsigned)n; break;
	case OPT_SEND_BUFFER: o->io_size = n; break;
	default: o->warn_days = (unsigned)n; break;
	}
	return true;
}

static bool take(struct shell_options *o, int option, const char *arg)
{
	struct client_options *c = &o->client;

	switch (option) {
	case OPT_LIST:
		o->list = true;
		o->target = talloc_strdup(o, arg);
		return true;
	case OPT_USER: return shell_credentials_user(o, arg);
	case OPT_DOMAIN: o->domain = talloc_strdup(o, arg); return true;
	case OPT_PASSWORD: o->password = talloc_strdup(o, arg); return true;
	case OPT_REALM: o->realm = talloc_strdup(o, arg); return true;
	case OPT_WORKSTATION:
		o->workstation = talloc_strdup(o, arg);
		return true;
	case OPT_AUTH_FILE: return shell_credentials_file(o, arg);
	case OPT_KERBEROS:
		o->kerberos_given = true;
		o->kerberos = CLIENT_KERBEROS_REQUIRED;
		return true;
	case OPT_KERBEROS_HOW:
		o->kerberos_given = true;
		return client_kerberos_parse(arg, &o->kerberos) ||
		       usage("--use-kerberos is off, desired or required", arg);
	case OPT_TRUST:
		o->trust_given = true;
		return tls_trust_parse(arg, &c->tls.trust) ||
		       usage("--trust is system, ca, pin, tofu or none", arg);
	case OPT_DIALECT: return take_dialect(o, arg);
	case OPT_PROTECTION:
		return client_protection_parse(arg, &c->protection) ||
		       usage("--client-protection is sign, encrypt or off",
			     arg);
	case OPT_SETTING: return take_setting(o, arg);
	case OPT_PORT:
	case OPT_TIMEOUT:
	case OPT_RECONNECT:
	case OPT_MAX_CHANNELS:
	case OPT_SEND_BUFFER:
	case OPT_WARN_DAYS: return take_number(o, option, arg);
	case OPT_COMPRESS:
		return client_compression_parse(arg, &c->compression) ||
		       usage("--compress is yes, share or no", arg);
	case OPT_COMPRESSION: return take_compression(o, arg);
	case OPT_LIMIT_RATE:
		return copy_rate_parse(arg, &o->rate) ||
		       usage("--limit-rate is bytes a second, such as 500K or "
			     "2M",
			     arg);
	case OPT_DEBUG: return take_debug(o, arg);
	case OPT_QUIC_VERSION:
		c->quic_version = strcmp(arg, "v2") == 0 ? 2 : 1;
		return take_either(arg, "v2", "v1", NULL) ||
		       usage("--quic-version is v1 or v2", arg);
	case OPT_EARLY_DATA:
		return take_either(arg, "yes", "no", &c->early_data) ||
		       usage("--early-data is yes or no", arg);
	case OPT_CONGESTION:
		return take_either(arg, "bbr", "cubic", &c->bbr) ||
		       usage("--congestion-control is cubic or bbr", arg);
	default: return false;
	}
}

/* What popt allocated, as children of ours. */
static const char *adopt(struct shell_options *o, char **from)
{
	char *copy = *from != NULL ? talloc_strdup(o, *from) : NULL;

	free(*from);
	*from = NULL;
	return copy;
}

/* A file or a pin says how to trust, when nothing else does. */
static bool take_trust(struct shell_options *o)
{
	struct tls_client_policy *tls = &o->client.tls;
	const char *value = NULL;
	const char *wrong = NULL;

	tls->ca_file = adopt(o, &raw.ca);
	tls->pin = adopt(o, &raw.pin);
	tls->crl_file = adopt(o, &raw.crl);
	tls->cert_file = adopt(o, &raw.client_cert);
	tls->key_file = adopt(o, &raw.client_key);
	wrong = tls_options_complete(tls, o->trust_given, &value);
	return wrong == NULL || usage(wrong, value);
}

static bool take_kerberos(struct shell_options *o)
{
	o->ccache = adopt(o, &raw.ccache);
	o->keytab = adopt(o, &raw.keytab);
	o->no_ntlm = raw.block_ntlm != 0;
	if (o->kerberos_given && o->kerberos == CLIENT_KERBEROS_OFF &&
	    (o->ccache != NULL || o->keytab != NULL || o->no_ntlm)) {
		return usage("--use-kerberos=off",
			     "leaves no way to log on with the other options");
	}
	if (!o->kerberos_given && (o->ccache != NULL || o->keytab != NULL)) {
		o->kerberos_given = true;
		o->kerberos = CLIENT_KERBEROS_REQUIRED;
	}
	return true;
}

/* All that is left of the command line, NULL at the end. */
static const char **take_all(struct shell_options *o, poptContext context)
{
	const char *word = poptGetArg(context);
	const char **all = shell_need(talloc_array(o, const char *, 1));
	unsigned count = 0;

	for (; word != NULL; word = poptGetArg(context)) {
		all = shell_need(
			talloc_realloc(o, all, const char *, count + 2));
		all[count++] = shell_need(talloc_strdup(o, word));
	}
	all[count] = NULL;
	return all;
}

static bool take_hosts(struct shell_options *o, poptContext context)
{
	if (o->list || raw.script != NULL || raw.folder != NULL) {
		return usage("--probe", "does not go with -L, -c or -D");
	}
	if (raw.keyring != 0) {
		return usage("--probe", "does not go with --keyring");
	}
	if (poptPeekArg(context) != NULL) {
		o->hosts = take_all(o, context);
	}
	return true;
}

static bool take_words(struct shell_options *o, poptContext context)
{
	if (o->list || raw.script != NULL) {
		return usage("-T", "does not go with -L or -c");
	}
	if (o->target == NULL) {
		return usage("-T", "the share comes first: //SERVER/SHARE");
	}
	o->words = take_all(o, context);
	return o->words[0] != NULL || usage("-T", "which archive?");
}

static bool take_rest(struct shell_options *o, poptContext context)
{
	const char *target = NULL;
	const char *password = NULL;

	if (raw.probe != 0 || raw.hosts_file != NULL) {
		o->probe = true;
		return take_hosts(o, context);
	}
	if (raw.json != 0) {
		return usage("--json", "goes with --probe only");
	}
	if (raw.keyring != 0 && raw.nt_hash != 0) {
		return usage("--keyring",
			     "is of passwords, not of what --pw-nt-hash takes");
	}
	target = poptGetArg(context);
	if (target != NULL && o->list) {
		return usage("too much on the command line", target);
	}
	if (target != NULL) {
		o->target = talloc_strdup(o, target);
	}
	if (raw.tar != NULL) {
		return take_words(o, context);
	}
	password = target != NULL ? poptGetArg(context) : NULL;
	if (password != NULL) {
		o->password = talloc_strdup(o, password);
	}
	if (poptPeekArg(context) != NULL) {
		return usage("too much on the command line",
			     poptPeekArg(context));
	}
	if (o->target == NULL) {
		return usage("which server? Try", SHELL_PROGRAM
			     " --help, or " SHELL_PROGRAM " //server/share");
	}
	return true;
}

static bool take_transports(struct shell_options *o)
{
	struct race_params lanes = {0};
	char *why = NULL;

	if (raw.transport != NULL) {
		o->transports = adopt(o, &raw.transport);
	}
	return o->transports == NULL ||
	       race_parse_lanes(o, o->transports, 0, &lanes, &why) ||
	       usage("--transport", why == NULL ? "out of memory" : why);
}

static bool parse(struct shell_options *o, poptContext context, int *status)
{
	int option = option_text_next(context, &raw);

	for (; option > 0; option = option_text_next(context, &raw)) {
		char *arg = poptGetOptArg(context);
		bool good = true;

		if (option == OPT_VERSION) {
			printf("Version %s\n", SMBQUIC_VERSION);
			*status = 0;
			return false;
		}
		good = shell_options_samba_knows(option)
			       ? shell_options_samba_take(o, option)
			       : take(o, option, arg);
		secret_wipe_text(arg);
		free(arg);
		if (!good) {
			return false;
		}
	}
	if (option < -1) {
		return usage(poptBadOption(context, 0), poptStrerror(option));
	}
	return take_rest(o, context) && take_trust(o) && take_kerberos(o) &&
	       take_transports(o);
}

void shell_hide_password(char *text)
{
	char *host = strstr(text, "://");
	char *at = NULL;

	if (host == NULL) {
		return;
	}
	host += 3;
	at = memrchr(host, '@', strcspn(host, "/\\"));
	host = memchr(host, ':', at == NULL ? 0 : (size_t)(at - host));
	if (host != NULL) {
		memset(host + 1, 'X', (size_t)(at - host - 1));
	}
}

/* Passwords need not be seen by everyone who lists processes. */
static void hide_passwords(int argc, const char **argv, const char *password)
{
	int i = 0;

	for (i = 1; i < argc; i++) {
		const char *arg = argv[i];
		bool user = strncmp(arg, "-U", 2) == 0 ||
			    strncmp(arg, "--user", 6) == 0 ||
			    (i > 1 && (strcmp(argv[i - 1], "-U") == 0 ||
				       strcmp(argv[i - 1], "--user") == 0));
		char *cut = strchr((char *)(uintptr_t)arg, '%');

		if (user && cut != NULL) {
			memset(cut + 1, 'X', strlen(cut + 1));
		}
		shell_hide_password((char *)(uintptr_t)arg);
		cut = strchr((char *)(uintptr_t)arg, '=');
		if (strncmp(arg, "--password=", 11) == 0) {
			memset(cut + 1, 'X', strlen(cut + 1));
		}
		if (password != NULL && strcmp(arg, password) == 0) {
			memset((char *)(uintptr_t)arg, 'X', strlen(arg));
		}
	}
}

int shell_options_parse(int argc, const char **argv, struct shell_options *out)
{
	poptContext context =
		poptGetContext(SHELL_PROGRAM, argc, argv, table, 0);
	struct client_options *c = &out->client;
	int status = 2;
	bool good = false;

	client_options_default(c);
	c->posix = true; /* for who says "posix" */
	c->reconnect_ms = RECONNECT_SECONDS * 1000;
	out->timeout = c->timeout_ms / 1000;
	out->warn_days = WARN_DAYS;
	out->kerberos = CLIENT_KERBEROS_DESIRED;
	poptSetOtherOptionHelp(context, "[OPTION...] //SERVER/SHARE");
	good = parse(out, context, &status);
	if (good) {
		out->script = adopt(out, &raw.script);
		out->tar = adopt(out, &raw.tar);
		out->remember = adopt(out, &raw.remember);
		out->folder = adopt(out, &raw.folder);
		out->no_password = raw.no_password != 0;
		out->nt_hash = raw.nt_hash != 0;
		out->keyring = raw.keyring != 0;
		out->to_stderr = raw.to_stderr != 0;
		out->grepable = raw.grepable != 0;
		out->quiet = raw.quiet != 0;
		out->json = raw.json != 0;
		out->hosts_file = adopt(out, &raw.hosts_file);
		c->address = adopt(out, &raw.ip_address);
		c->timeout_ms = out->timeout * 1000;
		if (out->timeout_given && !out->reconnect_given &&
		    out->timeout > 0 && c->timeout_ms < c->reconnect_ms) {
			c->reconnect_ms = c->timeout_ms; /* no patience */
		}
		status = -1;
	}
	poptFreeContext(context);
	hide_passwords(argc, argv, out->password);
	return status;
}
