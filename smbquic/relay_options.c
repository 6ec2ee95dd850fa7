/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "smbquic/relay_options.h"

#include <config.h>
#include <popt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "smbquic/log.h"
#include "smbquic/option_text.h"
#include "smbquic/systemd.h"
#include "smbquic/tls_options.h"

/* A listener holds no more for one peer than this, however fast the path. */
#define RELAY_WINDOW (16u << 20)
/* An hour; more is a typing error. */
#define MS_MAX 3600000

enum { OPT_TRUST = 1, OPT_DEBUG, OPT_VERSION };

/* Words of an option, and what they mean. */
struct word {
	const char *name;
	int value;
};

/* What popt stores by itself. */
static struct raw {
	const char **listen; /* NULL-terminated */
	char *connect, *server_name, *address;
	char *certificate_map, *certificate, *key, *client_ca;
	char *ca, *pin, *crl, *known_hosts, *client_cert, *client_key;
	int max_connections, max_per_source, max_handshakes;
	int handshake_ms, connect_ms, idle_ms, quiet_ms, drain_ms;
	char *filter, *retry, *quic_version, *congestion, *remember;
} raw;

#define STRING POPT_ARG_STRING
#define NUMBER (POPT_ARG_INT | POPT_ARGFLAG_SHOW_DEFAULT)
#define MAP    SMBQUIC_SYSCONFDIR "/smbquic/certmap.conf"

/* clang-format off */
static struct poptOption table[] = {
	{"listen", 'l', POPT_ARG_ARGV, &raw.listen, 0,
	 "where connections come in; may be given often. Without HOST: every "
	 "address", "TRANSPORT:[HOST:]PORT"},
	{"connect", 'c', STRING, OPTION_TEXT(raw, connect),
	 "where they go on to; TRANSPORT is quic, tcp, quic-user or "
	 "quic-kernel", "TRANSPORT:HOST[:PORT]"},
	{"server-name", 0, STRING, OPTION_TEXT(raw, server_name),
	 "the name that the server's certificate must have, when it is not "
	 "HOST", "NAME"},
	{"ip-address", 'I', STRING, OPTION_TEXT(raw, address),
	 "connect to this address instead of where HOST points", "ADDRESS"},
	{"trust", 0, STRING, NULL, OPT_TRUST,
	 "how to judge the server's certificate: system, ca, pin, tofu (what "
	 "was seen first) or none", "HOW"},
	{"ca", 0, STRING, OPTION_TEXT(raw, ca),
	 "certificates of the authorities to trust (PEM)", "FILE"},
	{"pin", 0, STRING, OPTION_TEXT(raw, pin),
	 "trust the certificate with this SHA-256 (or SHA-1) alone", "sha256:HEX"},
	{"crl", 0, STRING, OPTION_TEXT(raw, crl),
	 "revocation lists of these authorities (PEM)", "FILE"},
	{"known-hosts", 0, STRING, OPTION_TEXT(raw, known_hosts),
	 "where --trust=tofu keeps what it has seen", "FILE"},
	{"remember", 0, STRING, OPTION_TEXT(raw, remember),
	 "where to remember the server (TLS sessions, address tokens), so that "
	 "the next connection to it begins quicker; no: nothing (no)",
	 "FILE|no"},
	{"client-cert", 0, STRING, OPTION_TEXT(raw, client_cert),
	 "our own certificate for the server (PEM)", "FILE"},
	{"client-key", 0, STRING, OPTION_TEXT(raw, client_key),
	 "its key (PEM)", "FILE"},
	{"certificate-map", 0, STRING, OPTION_TEXT(raw, certificate_map),
	 "what to present to QUIC clients, by the name they ask for; see "
	 "smbquic-certmap(1) (" MAP ")", "FILE"},
	{"certificate", 0, STRING, OPTION_TEXT(raw, certificate),
	 "present this certificate (PEM, chain behind it) whatever the name, "
	 "in place of a map", "FILE"},
	{"key", 0, STRING, OPTION_TEXT(raw, key),
	 "the key of --certificate (PEM)", "FILE"},
	{"client-ca", 0, STRING, OPTION_TEXT(raw, client_ca),
	 "with --certificate: let in only clients whose certificate chains "
	 "to these (PEM)", "FILE"},
	{"max-connections", 0, NUMBER, &raw.max_connections, 0,
	 "per listener; 0: any number", "N"},
	{"max-connections-per-source", 0, NUMBER, &raw.max_per_source, 0,
	 "per address that they come from; 0: any number", "N"},
	{"max-handshakes", 0, NUMBER, &raw.max_handshakes, 0,
	 "unfinished QUIC handshakes, beyond which clients must prove their "
	 "address", "N"},
	{"quic-retry", 0, STRING, OPTION_TEXT(raw, retry),
	 "when a QUIC client must prove its address first: while "
	 "--max-handshakes are unfinished (auto), always or never",
	 "auto|always|never"},
	{"quic-version", 0, STRING, OPTION_TEXT(raw, quic_version),
	 "the version of QUIC that is preferred, of both (v1)", "v1|v2"},
	{"congestion-control", 0, STRING, OPTION_TEXT(raw, congestion),
	 "how QUIC shares the network: cubic, as TCP does, or bbr, which "
	 "measures and does better where packets are lost (cubic)",
	 "cubic|bbr"},
	{"handshake-timeout", 0, NUMBER, &raw.handshake_ms, 0,
	 "how long a QUIC handshake may take", "MS"},
	{"connect-timeout", 0, NUMBER, &raw.connect_ms, 0,
	 "how long connecting to the server may take", "MS"},
	{"idle-timeout", 0, NUMBER, &raw.idle_ms, 0,
	 "when a peer that answers nothing is given up", "MS"},
	{"half-close-timeout", 0, NUMBER, &raw.quiet_ms, 0,
	 "how long one side may be silent after the other has ended", "MS"},
	{"drain-time", 0, NUMBER, &raw.drain_ms, 0,
	 "how long SIGTERM waits for connections in which bytes move", "MS"},
	{"system-call-filter", 0, STRING, OPTION_TEXT(raw, filter),
	 "system calls that relaying does not take fail (yes), end the relay "
	 "(kill), or are let through (no)", "yes|no|kill"},
	{"debuglevel", 'd', STRING, NULL, OPT_DEBUG,
	 "how much is logged: 0 to 10, or error, warn, notice, info, debug",
	 "LEVEL"},
	{"version", 'V', POPT_ARG_NONE, NULL, OPT_VERSION,
	 "print the version", NULL},
	POPT_AUTOHELP
	POPT_TABLEEND
};

/* Numbers with their bounds, and where they go. */
static const struct {
	const char *name;
	const int *value;
	int min, max;
	size_t offset; /* in struct relay_options */
} numbers[] = {
#define SETTING(name, member, min, max, field) \
	{name, &raw.member, min, max, offsetof(struct relay_options, field)}
	SETTING("max-connections", max_connections, 0, 1000000,
		settings.max_connections),
	SETTING("max-connections-per-source", max_per_source, 0, 1000000,
		settings.max_connections_per_source),
	SETTING("max-handshakes", max_handshakes, 1, 1000000,
		settings.max_handshakes),
	SETTING("handshake-timeout", handshake_ms, 100, MS_MAX,
		settings.handshake_timeout_ms),
	SETTING("connect-timeout", connect_ms, 100, MS_MAX,
		settings.connect_timeout_ms),
	SETTING("idle-timeout", idle_ms, 1000, MS_MAX,
		settings.idle_timeout_ms),
	SETTING("half-close-timeout", quiet_ms, 100, MS_MAX, quiet_ms),
	SETTING("drain-time", drain_ms, 0, MS_MAX, drain_ms),
#undef SETTING
};
/* clang-format on */

static bool usage(const char *what, const char *value)
{
	fprintf(stderr, RELAY_PROGRAM ": %s: %s\n", what, value);
	return false;
}

static unsigned *number_at(struct relay_options *o, size_t i)
{
	return (unsigned *)(void *)((char *)o + numbers[i].offset);
}

static void defaults(struct relay_options *o)
{
	transport_settings_default(&o->settings);
	o->settings.max_window = RELAY_WINDOW;
	o->quiet_ms = 60000;
	o->drain_ms = 10000;
	for (size_t i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++) {
		*(int *)(uintptr_t)numbers[i].value = (int)*number_at(o, i);
	}
}

static bool take_numbers(struct relay_options *o)
{
	for (size_t i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++) {
		int value = *numbers[i].value;

		if (value < numbers[i].min || value > numbers[i].max) {
			fprintf(stderr,
				RELAY_PROGRAM ": --%s is from %d to %d: %d\n",
				numbers[i].name, numbers[i].min, numbers[i].max,
				value);
			return false;
		}
		*number_at(o, i) = (unsigned)value;
	}
	if (o->settings.keepalive_ms > o->settings.idle_timeout_ms / 3) {
		o->settings.keepalive_ms = o->settings.idle_timeout_ms / 3;
	}
	return true;
}

/* The string becomes a child of o. */
static const char *adopt(struct relay_options *o, char **text)
{
	char *out = NULL;

	if (*text != NULL) {
		out = talloc_strdup(o, *text);
		free(*text);
		*text = NULL;
	}
	return out;
}

static const char *known_hosts(struct relay_options *o)
{
	const char *given = adopt(o, &raw.known_hosts);
	const char *home = getenv("HOME");

	if (given != NULL) {
		return given;
	}
	return talloc_asprintf(o, "%s/.config/smbquic/known_hosts",
			       home != NULL ? home : "");
}

/* A file or a pin says how to trust, when nothing else does. */
static bool take_trust(struct relay_options *o, bool given)
{
	struct tls_client_policy *tls = &o->client;
	const char *value = NULL;
	const char *wrong = NULL;

	tls->ca_file = adopt(o, &raw.ca);
	tls->pin = adopt(o, &raw.pin);
	tls->crl_file = adopt(o, &raw.crl);
	tls->cert_file = adopt(o, &raw.client_cert);
	tls->key_file = adopt(o, &raw.client_key);
	tls->known_hosts = known_hosts(o);
	wrong = tls_options_complete(tls, given, &value);
	return wrong == NULL || usage(wrong, value);
}

static bool take_certificates(struct relay_options *o)
{
	o->certificate_map = adopt(o, &raw.certificate_map);
	o->certificate = adopt(o, &raw.certificate);
	o->key = adopt(o, &raw.key);
	o->client_ca = adopt(o, &raw.client_ca);
	if ((o->certificate == NULL) != (o->key == NULL)) {
		return usage("--certificate and --key", "one needs the other");
	}
	if (o->certificate != NULL && o->certificate_map != NULL) {
		return usage("--certificate and --certificate-map",
			     "one excludes the other");
	}
	if (o->client_ca != NULL && o->certificate == NULL) {
		return usage("--client-ca needs", "--certificate=FILE");
	}
	if (o->certificate_map == NULL) {
		o->certificate_map = MAP;
	}
	return true;
}

static bool take_places(struct relay_options *o)
{
	unsigned count = 0;
	char *why = NULL;

	while (raw.listen != NULL && raw.listen[count] != NULL) {
		count++;
	}
	if (count == 0 && o->fds == 0) {
		return usage("where to listen?", "--listen=TRANSPORT:PORT");
	}
	if (raw.connect == NULL) {
		return usage("where to connect to?",
			     "--connect=TRANSPORT:HOST");
	}
	o->listen = talloc_zero_array(o, struct relay_place, count);
	o->count = count;
	for (unsigned i = 0; i < count; i++) {
		if (!relay_place_parse(o, raw.listen[i], false, &o->listen[i],
				       &why)) {
			return usage("--listen", why != NULL ? why : "?");
		}
		o->needs_certificate |= o->listen[i].via->secure;
	}
	for (unsigned i = 0; i < o->fds; i++) {
		o->needs_certificate |=
			relay_fd_is_quic(SYSTEMD_FIRST_FD + (int)i);
	}
	if (!relay_place_parse(o, raw.connect, true, &o->connect, &why)) {
		return usage("--connect", why != NULL ? why : "?");
	}
	o->server_name = adopt(o, &raw.server_name);
	o->address = adopt(o, &raw.address);
	return true;
}

/* @return false: it is none of the words, which end with a NULL. */
static bool take_word(struct relay_options *o, char **from,
		      const struct word *words, const char *what, int *out)
{
	const char *word = adopt(o, from);

	if (word == NULL) {
		return true;
	}
	for (; words->name != NULL; words++) {
		if (strcmp(word, words->name) == 0) {
			*out = words->value;
			return true;
		}
	}
	return usage(what, word);
}

static bool take_words(struct relay_options *o)
{
	static const struct word filters[] = {{"yes", SANDBOX_REFUSE},
					      {"kill", SANDBOX_KILL},
					      {"no", SANDBOX_OFF},
					      {NULL, 0}};
	static const struct word retries[] = {
		{"auto", TRANSPORT_RETRY_AUTO},
		{"always", TRANSPORT_RETRY_ALWAYS},
		{"never", TRANSPORT_RETRY_NEVER},
		{NULL, 0}};
	static const struct word versions[] = {{"v1", 1}, {"v2", 2}, {NULL, 0}};
	static const struct word controls[] = {
		{"cubic", TRANSPORT_CONGESTION_CUBIC},
		{"bbr", TRANSPORT_CONGESTION_BBR},
		{NULL, 0}};
	int filter = SANDBOX_REFUSE;
	int retry = TRANSPORT_RETRY_AUTO;
	int version = 1;
	int control = TRANSPORT_CONGESTION_CUBIC;

	if (!take_word(o, &raw.filter, filters,
		       "--system-call-filter is yes, no or kill", &filter) ||
	    !take_word(o, &raw.retry, retries,
		       "--quic-retry is auto, always or never", &retry) ||
	    !take_word(o, &raw.quic_version, versions,
		       "--quic-version is v1 or v2", &version) ||
	    !take_word(o, &raw.congestion, controls,
		       "--congestion-control is cubic or bbr", &control)) {
		return false;
	}
	o->filter = (enum sandbox_filter)filter;
	o->settings.retry = (enum transport_retry)retry;
	o->settings.quic_version = (unsigned)version;
	o->settings.congestion = (enum transport_congestion)control;
	o->settings.visits_file = adopt(o, &raw.remember);
	if (o->settings.visits_file != NULL &&
	    strcmp(o->settings.visits_file, "no") == 0) {
		o->settings.visits_file = NULL;
	}
	return true;
}

/* @return -1: go on; else the exit status. */
static int take_options(poptContext context, struct relay_options *o,
			bool *trust_given)
{
	int rc = option_text_next(context, &raw);

	for (; rc > 0; rc = option_text_next(context, &raw)) {
		char *arg = poptGetOptArg(context);
		bool ok = true;

		if (rc == OPT_TRUST) {
			*trust_given = true;
			ok = tls_trust_parse(arg, &o->client.trust) ||
			     usage("--trust is system, ca, pin, tofu or none",
				   arg);
		} else if (rc == OPT_DEBUG) {
			ok = log_set_levels(arg) ||
			     usage("--debuglevel is not understood", arg);
		} else {
			printf(RELAY_PROGRAM " %s\n", SMBQUIC_VERSION);
		}
		free(arg);
		if (!ok || rc == OPT_VERSION) {
			return ok ? 0 : 2;
		}
	}
	if (rc < -1) {
		usage(poptBadOption(context, 0), poptStrerror(rc));
		return 2;
	}
	if (poptPeekArg(context) != NULL) {
		usage("unexpected argument", poptPeekArg(context));
		return 2;
	}
	return -1;
}

int relay_options_parse(int argc, const char **argv, unsigned fds,
			struct relay_options *o)
{
	poptContext context = NULL;
	bool trust_given = false;
	int status = 2;

	o->fds = fds;
	defaults(o);
	context = poptGetContext(RELAY_PROGRAM, argc, argv, table, 0);
	if (context == NULL) {
		return 1;
	}
	status = take_options(context, o, &trust_given);
	if (status < 0 &&
	    !(take_numbers(o) && take_places(o) && take_certificates(o) &&
	      take_trust(o, trust_given) && take_words(o))) {
		status = 2;
	}
	poptFreeContext(context);
	free(raw.connect);
	return status;
}
