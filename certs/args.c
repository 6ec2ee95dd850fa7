/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * args.c - the command line of smbquic-certmap. Parameters are spelled
 * --store-name=My or, as in PowerShell, -StoreName My, -StoreName:My: hyphens
 * and case do not count, and what is left of a name need only be unambiguous.
 */
#include <ctype.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "certs/command.h"
#include "smbquic/ini.h"

enum kind {
	KIND_SWITCH,
	KIND_TEXT,
	KIND_LIST,	/* may be given again */
	KIND_COMMA_LIST /* and splits at commas */
};

static const struct row {
	const char *name;
	char letter;
	enum kind kind;
	const char *value;
	const char *help;
} rows[] = {
	[PARAM_CONFIGFILE] = {"configfile", 's', KIND_TEXT, "FILE",
			      "smbquic.conf, whose \"certificate map file\" is "
			      "used"},
	[PARAM_MAP] = {"map", 0, KIND_TEXT, "FILE", "the mapping file itself"},
	[PARAM_JSON] = {"json", 0, KIND_SWITCH, NULL, "print JSON"},
	[PARAM_HELP] = {"help", '?', KIND_SWITCH, NULL, "print help"},
	[PARAM_VERSION] = {"version", 'V', KIND_SWITCH, NULL,
			   "print the version"},
	[PARAM_NAME] = {"name", 0, KIND_COMMA_LIST, "NAME",
			"server name: a DNS name, *.DOMAIN or an IP address"},
	[PARAM_NAMESPACE] = {"namespace", 0, KIND_COMMA_LIST, "NAME",
			     "name of the server that is visited, or *.DOMAIN"},
	[PARAM_THUMBPRINT] = {"thumbprint", 0, KIND_COMMA_LIST, "HEX",
			      "of the certificate, SHA-1 or SHA-256"},
	[PARAM_STORE_NAME] = {"store-name", 0, KIND_LIST, "STORE",
			      "directory of PEM files, or My: certs beside the "
			      "mapping file"},
	[PARAM_CERTIFICATE] = {"certificate", 0, KIND_TEXT, "FILE",
			       "PEM file, the certificate first; "
			       "credential:NAME or pkcs11:..."},
	[PARAM_KEY] = {"key", 0, KIND_TEXT, "FILE",
		       "PEM file with its key; credential:NAME or pkcs11:..."},
	[PARAM_SUBJECT] = {"subject", 0, KIND_LIST, "TEXT",
			   "subject, as it is to be shown"},
	[PARAM_ISSUER_NAME] = {"issuer-name", 0, KIND_LIST, "TEXT",
			       "issuer, as it is to be shown"},
	[PARAM_DISPLAY_NAME] = {"display-name", 0, KIND_LIST, "TEXT",
				"a name for people"},
	[PARAM_TYPE] = {"type", 0, KIND_COMMA_LIST, "TYPE", "QUIC"},
	[PARAM_FLAGS] = {"flags", 0, KIND_LIST, "FLAGS",
			 "None, AllowNamedPipe, DefaultCert"},
	[PARAM_REQUIRE_CLIENT_AUTHENTICATION] =
		{"require-client-authentication", 0, KIND_TEXT, "true|false",
		 "clients need a certificate"},
	[PARAM_SKIP_CLIENT_CERTIFICATE_ACCESS_CHECK] =
		{"skip-client-certificate-access-check", 0, KIND_TEXT,
		 "true|false", "any trusted client certificate will do"},
	[PARAM_CLIENT_CA] = {"client-ca", 0, KIND_TEXT, "FILE",
			     "PEM file: the CA of client certificates; or "
			     "\"system\""},
	[PARAM_CLIENT_CRL] = {"client-crl", 0, KIND_TEXT, "FILE",
			      "PEM file: client certificates that were "
			      "revoked"},
	[PARAM_OCSP_RESPONSE] = {"ocsp-response", 0, KIND_TEXT, "FILE",
				 "DER file: answer of the CA's OCSP responder "
				 "(CERTIFICATE.ocsp)"},
	[PARAM_DEFAULT_MAPPING] =
		{"default-mapping", 0, KIND_TEXT, "true|false",
		 "for clients that ask for a name without mapping, or none"},
	[PARAM_IDENTIFIER_TYPE] = {"identifier-type", 0, KIND_TEXT,
				   "SHA256|ISSUER", "what the identifier is"},
	[PARAM_IDENTIFIER] = {"identifier", 0, KIND_TEXT, "TEXT",
			      "hash of a certificate, or name of an issuer"},
	[PARAM_DESCRIPTION] = {"description", 0, KIND_TEXT, "TEXT",
			       "for the reader's sake"},
	[PARAM_FORCE] = {"force", 0, KIND_SWITCH, NULL,
			 "do not ask, do it in spite of warnings"},
	[PARAM_CONFIRM] = {"confirm", 0, KIND_SWITCH, NULL, "ask first"},
	[PARAM_WHAT_IF] = {"what-if", 0, KIND_SWITCH, NULL,
			   "only say what would be done"},
	[PARAM_PASS_THRU] = {"pass-thru", 0, KIND_SWITCH, NULL,
			     "print the mappings that were changed"},
	[PARAM_INCLUDE_HIDDEN] = {"include-hidden", 0, KIND_SWITCH, NULL,
				  "no mapping is hidden here: no effect"},
	[PARAM_PURPOSE] = {"purpose", 0, KIND_TEXT, "ca|server|client",
			   "what the certificate is for"},
	[PARAM_DAYS] = {"days", 0, KIND_TEXT, "N",
			"how long it is valid, or how soon it expires"},
	[PARAM_CA] = {"ca", 0, KIND_TEXT, "FILE",
		      "PEM file: certificate of the CA"},
	[PARAM_CA_KEY] = {"ca-key", 0, KIND_TEXT, "FILE",
			  "PEM file: key of the CA"},
	[PARAM_OUT] = {"out", 0, KIND_TEXT, "DIR",
		       "where to write NAME.pem and NAME.key"},
	[PARAM_FILE] = {"file", 0, KIND_TEXT, "FILE",
			"PEM or PKCS#12 (.p12, .pfx) file"},
	[PARAM_PASSWORD_FILE] = {"password-file", 0, KIND_TEXT, "FILE",
				 "its first line is the password"},
	[PARAM_HOST] = {"host", 0, KIND_TEXT, "HOST[:PORT]",
			"the server, as a client would name it"},
	[PARAM_ADDRESS] = {"ip-address", 'I', KIND_TEXT, "ADDRESS",
			   "connect there instead of where the name points"},
};

_Static_assert(sizeof(rows) / sizeof(rows[0]) == PARAM_COUNT,
	       "a row for each parameter");

#define HELP_COLUMN 28

/* --- names -------------------------------------------------------------- */

static bool skipped(char c)
{
	return c == '-' || c == ' ' || c == '_';
}

/* How many characters of b are equal to all of a; -1: they differ. */
static int matched(const char *a, size_t len, const char *b)
{
	const char *end = a + len;
	int left = 0;

	while (a < end) {
		if (skipped(*a)) {
			a++;
		} else if (skipped(*b)) {
			b++;
		} else if (tolower((unsigned char)*a) !=
			   tolower((unsigned char)*b)) {
			return -1;
		} else {
			a++;
			b++;
		}
	}
	while (*b != '\0') {
		left += skipped(*b++) ? 0 : 1;
	}
	return left;
}

/* The row of that name, else the only one that begins so. PARAM_COUNT: none,
 * -1: several. */
static int find_param(const char *name, size_t len)
{
	int found = PARAM_COUNT;
	int i = 0;

	for (i = 0; i < PARAM_COUNT; i++) {
		int left = matched(name, len, rows[i].name);

		if (left == 0 || (len == 1 && rows[i].letter == name[0])) {
			return i;
		}
		if (left > 0) {
			found = found == PARAM_COUNT ? i : -1;
		}
	}
	return found;
}

enum param args_of_field(const struct certmap_field *field)
{
	return find_param(field->key, strlen(field->key));
}

static const struct command *find_command(const struct command *commands,
					  const char *name)
{
	for (; commands->name != NULL; commands++) {
		if (strcmp(commands->name, name) == 0 ||
		    (commands->cmdlet != NULL &&
		     strcasecmp(commands->cmdlet, name) == 0)) {
			return commands;
		}
	}
	return NULL;
}

/* --- values ------------------------------------------------------------- */

static size_t count(char **values)
{
	size_t n = 0;

	while (values != NULL && values[n] != NULL) {
		n++;
	}
	return n;
}

static void add_value(struct args *args, enum param param, const char *text)
{
	char **values = args->values[param];
	size_t n = count(values);

	values = talloc_realloc(args, values, char *, n + 2);
	if (values == NULL) {
		return;
	}
	values[n] = talloc_strdup(values, text);
	values[n + 1] = NULL;
	args->values[param] = values;
}

static int take_value(struct args *args, enum param param, const char *text)
{
	char *copy = NULL;
	char *rest = NULL;
	char *item = NULL;

	if (rows[param].kind != KIND_COMMA_LIST) {
		if (rows[param].kind == KIND_TEXT &&
		    args->values[param] != NULL) {
			return command_misused(args, "--%s is given twice",
					       rows[param].name);
		}
		add_value(args, param, text);
		return STATUS_DONE;
	}
	copy = talloc_strdup(args, text);
	rest = copy;
	for (item = strsep(&rest, ","); item != NULL;
	     item = strsep(&rest, ",")) {
		item += strspn(item, " ");
		if (*item != '\0') {
			add_value(args, param, item);
		}
	}
	talloc_free(copy);
	return STATUS_DONE;
}

/* --name=value, -Name value, -Name:value; *i moves to what was used. */
static int take_param(struct args *args, int argc, char **argv, int *i)
{
	const char *word = argv[*i];
	const char *name = word + strspn(word, "-");
	size_t len = strcspn(name, word[1] == '-' ? "=" : ":=");
	const char *value = name[len] == '\0' ? NULL : name + len + 1;
	int param = find_param(name, len);

	if (param == PARAM_COUNT) {
		return command_misused(args, "there is no parameter %s", word);
	}
	if (param == -1) {
		return command_misused(args, "%s may mean several parameters",
				       word);
	}
	if (rows[param].kind == KIND_SWITCH) {
		value = value == NULL ? "true" : value;
	} else if (value == NULL) {
		if (*i + 1 >= argc) {
			return command_misused(args, "%s needs a value: %s",
					       word, rows[param].value);
		}
		value = argv[++*i];
	}
	return take_value(args, param, value);
}

/* --- the whole ---------------------------------------------------------- */

static int take_word(struct args *args, const struct command *commands,
		     const char *word, size_t *position)
{
	const enum param *positional = NULL;
	enum param param = PARAM_NONE;

	if (args->command == NULL) {
		args->command = find_command(commands, word);
		return args->command != NULL
			       ? STATUS_DONE
			       : command_misused(args, "there is no command %s",
						 word);
	}
	positional = args->command->positional;
	param = positional[*position];
	if (param == PARAM_NONE && *position > 0 &&
	    rows[positional[*position - 1]].kind == KIND_COMMA_LIST) {
		param = positional[*position - 1];
	} else if (param == PARAM_NONE) {
		return command_misused(args, "what is \"%s\"?", word);
	} else {
		(*position)++;
	}
	return take_value(args, param, word);
}

static int check_params(const struct args *args)
{
	const struct command *command = args->command;
	int i = 0;

	if (command == NULL || args_switch(args, PARAM_HELP)) {
		return STATUS_DONE;
	}
	for (i = 0; i < PARAM_COUNT; i++) {
		bool given = args->values[i] != NULL;

		if (given &&
		    ((command->allowed | command->required | PARAM_COMMON) &
		     BIT(i)) == 0) {
			return command_misused(args, "%s has no --%s",
					       command->name, rows[i].name);
		}
		if (!given && (command->required & BIT(i)) != 0) {
			return command_misused(args, "--%s is missing",
					       rows[i].name);
		}
	}
	return STATUS_DONE;
}

int args_parse(struct args *args, const struct command *commands, int argc,
	       char **argv)
{
	bool only_words = false;
	size_t position = 0;
	int rc = STATUS_DONE;
	int i = 0;

	for (i = 1; i < argc && rc == STATUS_DONE; i++) {
		if (!only_words && strcmp(argv[i], "--") == 0) {
			only_words = true;
		} else if (!only_words && argv[i][0] == '-' &&
			   argv[i][1] != '\0') {
			rc = take_param(args, argc, argv, &i);
		} else {
			rc = take_word(args, commands, argv[i], &position);
		}
	}
	return rc == STATUS_DONE ? check_params(args) : rc;
}

bool args_given(const struct args *args, enum param param)
{
	return args->values[param] != NULL;
}

const char *args_text(const struct args *args, enum param param)
{
	return args->values[param] == NULL ? NULL : args->values[param][0];
}

char *const *args_list(const struct args *args, enum param param)
{
	static char *const none[] = {NULL};

	return args->values[param] == NULL ? none : args->values[param];
}

bool args_switch(const struct args *args, enum param param)
{
	const char *text = args_text(args, param);
	bool on = true;

	if (text != NULL) {
		(void)ini_bool(text[0] == '$' ? text + 1 : text, &on);
	}
	return text != NULL && on;
}

/* --- help --------------------------------------------------------------- */

void args_print_help(const struct command *commands)
{
	const struct command *row = NULL;

	printf("Usage: %s [-s FILE] COMMAND [PARAMETER...]\n\n"
	       "Certificates of smbquicd and of its clients: which one goes "
	       "with which server\nname.\n\nCommands:\n",
	       PROGRAM);
	for (row = commands; row->name != NULL; row++) {
		printf("  %-13s %s\n", row->name, row->help);
		if (row->cmdlet != NULL) {
			printf("  %-13s (%s)\n", "", row->cmdlet);
		}
	}
	printf("\n%s COMMAND --help tells its parameters.\n", PROGRAM);
}

/* require-client-... is RequireClient... in PowerShell. */
static void print_windows_name(const char *name)
{
	bool first = true;

	putchar('-');
	for (; *name != '\0'; name++) {
		if (*name == '-') {
			first = true;
			continue;
		}
		putchar(first ? toupper((unsigned char)*name) : *name);
		first = false;
	}
}

static void print_param(int param)
{
	const struct row *row = &rows[param];
	int width =
		printf("  --%s%s%s", row->name, row->value == NULL ? "" : " ",
		       row->value == NULL ? "" : row->value);

	if (width > HELP_COLUMN - 2) {
		printf("\n");
		width = 0;
	}
	printf("%*s%s (", HELP_COLUMN - width, "", row->help);
	if (row->letter != 0) {
		printf("-%c, ", row->letter);
	}
	print_windows_name(row->name);
	printf(")\n");
}

static void print_group(const char *title, uint64_t params)
{
	int i = 0;

	if (params == 0) {
		return;
	}
	printf("\n%s\n", title);
	for (i = 0; i < PARAM_COUNT; i++) {
		if ((params & BIT(i)) != 0) {
			print_param(i);
		}
	}
}

void args_print_command_help(const struct command *command)
{
	const enum param *word = command->positional;

	printf("Usage: %s %s", PROGRAM, command->name);
	for (; *word != PARAM_NONE; word++) {
		bool must = (command->required & BIT(*word)) != 0;

		printf(must ? " %s" : " [%s]", rows[*word].value);
	}
	printf(" [PARAMETER...]\n%s\n", command->help);
	print_group("Needed:", command->required);
	print_group("Also:", command->allowed & ~command->required);
	print_group("With every command:", PARAM_COMMON);
}
