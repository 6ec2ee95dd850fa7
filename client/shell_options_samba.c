/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Options of smbclient without a meaning over SMB 2 and 3, or here. What only
 * tunes is taken, so that scripts run, and a sentence tells that it does
 * nothing; what would have another effect than asked for is refused.
 */
#include <string.h>

#include "client/shell_options.h"
#include "smbquic/ini.h"

/* Beyond those of shell_options.c. */
#define FIRST 1000

enum option {
	OPT_MESSAGE = FIRST,
	OPT_BROWSE,
	OPT_MACHINE,
	OPT_BIND_DN,
	OPT_WINBIND,
	OPT_SOCKET,
	OPT_RESOLVE,
	OPT_SCOPE,
	OPT_CONFIG,
	OPT_LOG,
	OPT_LEAKS,
	OPT_LEAKS_FULL,
	OPT_DEBUG_STDOUT,
};

static const struct {
	int option;
	bool refused;
	const char *sentence;
} sentences[] = {
	{OPT_MESSAGE, true,
	 "-M: pop-up messages are SMB1's, and nothing that speaks SMB 2 or 3 "
	 "takes any"},
	{OPT_BROWSE, true,
	 "-B: SMB over QUIC is not announced in the local network; for servers "
	 "over TCP ask avahi-browse(1) for _smb._tcp, and --probe tells of one "
	 "server"},
	{OPT_MACHINE, true,
	 "-P: the machine's password is in files of Samba's own; its keys in a "
	 "keytab serve: -U 'NAME$' --client-keytab=/etc/krb5.keytab"},
	{OPT_BIND_DN, true, "--simple-bind-dn: that is a logon of LDAP's"},
	{OPT_WINBIND, true,
	 "--use-winbind-ccache: winbind's passwords are not asked for; its "
	 "tickets are used with -k"},
	{OPT_SOCKET, false,
	 "-O: does nothing here: the transports set up their sockets "
	 "themselves"},
	{OPT_RESOLVE, false,
	 "-R: does nothing here: names are found as by all programs of this "
	 "machine, see nsswitch.conf(5); -I names an address"},
	{OPT_SCOPE, false,
	 "--netbios-scope: does nothing here: there is no NetBIOS"},
	{OPT_CONFIG, false,
	 "-s: does nothing here: settings of Samba's are given by --option"},
	{OPT_LOG, false,
	 "-l: does nothing here: messages go to standard error"},
	{OPT_LEAKS, false, "--leak-report: does nothing here"},
	{OPT_LEAKS_FULL, false, "--leak-report-full: does nothing here"},
	{OPT_DEBUG_STDOUT, false,
	 "--debug-stdout: does nothing here: messages go to standard error, "
	 "and what commands print does with -E"},
};

#define COUNT (sizeof(sentences) / sizeof(sentences[0]))

#define STRING POPT_ARG_STRING
#define NONE   POPT_ARG_NONE

/* clang-format off */
const struct poptOption shell_options_samba[] = {
	{"message", 'M', STRING, NULL, OPT_MESSAGE,
	 "refused: pop-up messages went with SMB1", "HOST"},
	{"browse", 'B', NONE, NULL, OPT_BROWSE,
	 "refused: nothing announces SMB over QUIC", NULL},
	{"machine-pass", 'P', NONE, NULL, OPT_MACHINE,
	 "refused: use the machine's keytab with --client-keytab", NULL},
	{"simple-bind-dn", 0, STRING, NULL, OPT_BIND_DN,
	 "refused: it is for LDAP", "DN"},
	{"use-winbind-ccache", 0, NONE, NULL, OPT_WINBIND,
	 "refused: use -k", NULL},
	{"socket-options", 'O', STRING, NULL, OPT_SOCKET,
	 "taken, and does nothing", "OPTIONS"},
	{"name-resolve", 'R', STRING, NULL, OPT_RESOLVE,
	 "taken, and does nothing", "ORDER"},
	{"netbios-scope", 0, STRING, NULL, OPT_SCOPE,
	 "taken, and does nothing", "SCOPE"},
	{"configfile", 's', STRING, NULL, OPT_CONFIG,
	 "taken, and does nothing", "FILE"},
	{"log-basename", 'l', STRING, NULL, OPT_LOG,
	 "taken, and does nothing", "NAME"},
	{"leak-report", 0, NONE, NULL, OPT_LEAKS,
	 "taken, and does nothing", NULL},
	{"leak-report-full", 0, NONE, NULL, OPT_LEAKS_FULL,
	 "taken, and does nothing", NULL},
	{"debug-stdout", 0, NONE, NULL, OPT_DEBUG_STDOUT,
	 "taken, and does nothing", NULL},
	POPT_TABLEEND
};
/* clang-format on */

bool shell_options_samba_knows(int option)
{
	return option >= FIRST;
}

/* Said once, however often it is asked for. */
static void note(struct shell_options *o, const char *sentence)
{
	unsigned i = 0;

	for (i = 0; i < o->note_count; i++) {
		if (strcmp(o->notes[i], sentence) == 0) {
			return;
		}
	}
	o->notes = shell_need(
		talloc_realloc(o, o->notes, const char *, o->note_count + 1));
	o->notes[o->note_count++] = sentence;
}

bool shell_options_samba_take(struct shell_options *o, int option)
{
	size_t i = 0;

	while (i < COUNT && sentences[i].option != option) {
		i++;
	}
	if (i == COUNT) {
		return false;
	}
	if (sentences[i].refused) {
		fprintf(stderr, SHELL_PROGRAM ": %s\n", sentences[i].sentence);
		return false;
	}
	note(o, sentences[i].sentence);
	return true;
}

/* ------------------------------------------------------- settings of Samba's
 */

/* "tcp, nbt, quic:4433": there is no NetBIOS, the rest means the same. */
static bool set_transports(struct shell_options *o, const char *value)
{
	char *copy = shell_need(talloc_strdup(o, value));
	char *all = NULL;
	char *save = NULL;
	char *word = strtok_r(copy, ", \t", &save);

	for (; word != NULL; word = strtok_r(NULL, ", \t", &save)) {
		if (strncmp(word, "nbt", 3) != 0) {
			all = shell_need(talloc_asprintf(
				o, "%s%s%s", all != NULL ? all : "",
				all != NULL ? "," : "", word));
		}
	}
	o->transports = all; /* --transport looks at it, and may say more */
	return all != NULL;
}

static bool set_workgroup(struct shell_options *o, const char *value)
{
	o->domain = talloc_strdup(o, value);
	return true;
}

static bool set_name(struct shell_options *o, const char *value)
{
	o->workstation = talloc_strdup(o, value);
	return true;
}

/* What protects is none of these: a setting that is not known is refused. */
static const struct {
	const char *key;
	bool (*set)(struct shell_options *o, const char *value);
	const char *instead; /* what says it here, or NULL */
} settings[] = {
	{"client smb transports", set_transports, NULL},
	{"workgroup", set_workgroup, NULL},
	{"netbios name", set_name, NULL},
	{"tls verify peer", NULL, "--trust says whom to trust"},
	{"tls cafile", NULL, "--ca names the file"},
	{"tls crlfile", NULL, "--crl names the file"},
	{"tls trust system cas", NULL, "--trust says whom to trust"},
	{"tls certfile", NULL, "--client-cert names the file"},
	{"tls keyfile", NULL, "--client-key names the file"},
	{"tls priority", NULL, "it is TLS 1.3 always"},
	{"client ipc max protocol", NULL, "-m is for all that is asked"},
	{"client ipc min protocol", NULL, "-m is for all that is asked"},
	{"client ntlmv2 auth", NULL, "it is NTLMv2 always"},
	{"client lanman auth", NULL, "it is NTLMv2 always"},
	{"client plaintext auth", NULL, "it is NTLMv2 always"},
	{"client use spnego", NULL, "it is used always"},
	{"realm", NULL, "--realm names it"},
	{"log level", NULL, "-d says how much"},
	{"log file", NULL, "messages go to standard error"},
	{"name resolve order", NULL, "nsswitch.conf(5) says it"},
	{"socket options", NULL, NULL},
	{"smb ports", NULL, "--transport names ports"},
	{"disable netbios", NULL, "there is none"},
	{"unix charset", NULL, "it is UTF-8"},
	{"dos charset", NULL, "it is UTF-8"},
	{"interfaces", NULL, NULL},
	{"lock directory", NULL, NULL},
	{"state directory", NULL, NULL},
	{"cache directory", NULL, NULL},
	{"private dir", NULL, NULL},
	{"gencache:stabilize_count", NULL, NULL},
};

bool shell_options_samba_setting(struct shell_options *o, const char *key,
				 const char *value, bool *known)
{
	size_t i = 0;

	*known = false;
	while (i < sizeof(settings) / sizeof(settings[0]) &&
	       !ini_key_equal(settings[i].key, key)) {
		i++;
	}
	if (i == sizeof(settings) / sizeof(settings[0])) {
		return true;
	}
	*known = true;
	if (settings[i].set != NULL && !settings[i].set(o, value)) {
		fprintf(stderr,
			SHELL_PROGRAM ": --option: %s = %s: nothing is left "
				      "that there is here\n",
			settings[i].key, value);
		return false;
	}
	if (settings[i].set == NULL) {
		note(o,
		     shell_need(talloc_asprintf(
			     o, "--option: \"%s\" does nothing here%s%s",
			     settings[i].key,
			     settings[i].instead != NULL ? ": " : "",
			     settings[i].instead != NULL ? settings[i].instead
							 : "")));
	}
	return true;
}
