/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * smbquic-certmap: certificate mappings of the server, and certificates.
 */
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "certs/client_map.h"
#include "certs/command.h"
#include "smbquic/ini.h"
#include "smbquic/log.h"
#include "smbquic/prompt.h"
#include "smbquic/secret.h"

#define DEFAULT_CONFIG SMBQUIC_SYSCONFDIR "/smbquic/smbquic.conf"

/* --- commands ----------------------------------------------------------- */

#define MEMBERS                                                         \
	(BIT(PARAM_THUMBPRINT) | BIT(PARAM_STORE_NAME) |                \
	 BIT(PARAM_CERTIFICATE) | BIT(PARAM_KEY) | BIT(PARAM_SUBJECT) | \
	 BIT(PARAM_DISPLAY_NAME) | BIT(PARAM_TYPE) | BIT(PARAM_FLAGS) | \
	 BIT(PARAM_REQUIRE_CLIENT_AUTHENTICATION) |                     \
	 BIT(PARAM_SKIP_CLIENT_CERTIFICATE_ACCESS_CHECK) |              \
	 BIT(PARAM_CLIENT_CA) | BIT(PARAM_CLIENT_CRL) |                 \
	 BIT(PARAM_OCSP_RESPONSE) | BIT(PARAM_DEFAULT_MAPPING))
#define FILTERS                                                               \
	(BIT(PARAM_THUMBPRINT) | BIT(PARAM_STORE_NAME) | BIT(PARAM_SUBJECT) | \
	 BIT(PARAM_DISPLAY_NAME) | BIT(PARAM_TYPE) | BIT(PARAM_FLAGS) |       \
	 BIT(PARAM_REQUIRE_CLIENT_AUTHENTICATION) |                           \
	 BIT(PARAM_SKIP_CLIENT_CERTIFICATE_ACCESS_CHECK) |                    \
	 BIT(PARAM_INCLUDE_HIDDEN))
#define CLIENT_MEMBERS                                                        \
	(BIT(PARAM_THUMBPRINT) | BIT(PARAM_STORE_NAME) |                      \
	 BIT(PARAM_CERTIFICATE) | BIT(PARAM_KEY) | BIT(PARAM_SUBJECT) |       \
	 BIT(PARAM_ISSUER_NAME) | BIT(PARAM_DISPLAY_NAME) | BIT(PARAM_TYPE) | \
	 BIT(PARAM_FLAGS))
#define CLIENT_FILTERS                                                        \
	(BIT(PARAM_THUMBPRINT) | BIT(PARAM_STORE_NAME) | BIT(PARAM_SUBJECT) | \
	 BIT(PARAM_ISSUER_NAME) | BIT(PARAM_DISPLAY_NAME) | BIT(PARAM_TYPE) | \
	 BIT(PARAM_FLAGS) | BIT(PARAM_INCLUDE_HIDDEN))
#define WHO                                                   \
	(BIT(PARAM_IDENTIFIER_TYPE) | BIT(PARAM_IDENTIFIER) | \
	 BIT(PARAM_CERTIFICATE))
#define CHANGING (BIT(PARAM_FORCE) | BIT(PARAM_CONFIRM) | BIT(PARAM_WHAT_IF))

static const struct command commands[] = {
	{"new",
	 "New-SmbServerCertificateMapping",
	 cmd_new,
	 {PARAM_NAME, PARAM_THUMBPRINT, PARAM_STORE_NAME, PARAM_NONE},
	 BIT(PARAM_NAME),
	 MEMBERS | CHANGING,
	 "give a server name a certificate",
	 CERTMAP_SERVER},
	{"get",
	 "Get-SmbServerCertificateMapping",
	 cmd_get,
	 {PARAM_NAME, PARAM_NONE},
	 0,
	 BIT(PARAM_NAME) | FILTERS,
	 "show mappings; NAME may have * and ?",
	 CERTMAP_SERVER},
	{"set",
	 "Set-SmbServerCertificateMapping",
	 cmd_set,
	 {PARAM_NAME, PARAM_NONE},
	 BIT(PARAM_NAME),
	 MEMBERS | CHANGING | BIT(PARAM_PASS_THRU),
	 "change mappings",
	 CERTMAP_SERVER},
	{"remove",
	 "Remove-SmbServerCertificateMapping",
	 cmd_remove,
	 {PARAM_NAME, PARAM_NONE},
	 BIT(PARAM_NAME),
	 FILTERS | CHANGING | BIT(PARAM_PASS_THRU),
	 "remove mappings",
	 CERTMAP_SERVER},
	{"props",
	 "Get-SmbServerCertProps",
	 cmd_props,
	 {PARAM_NAME, PARAM_NONE},
	 BIT(PARAM_NAME),
	 BIT(PARAM_CA) | BIT(PARAM_FORCE),
	 "show the certificate of a mapping",
	 CERTMAP_SERVER},
	{"check",
	 NULL,
	 cmd_check,
	 {PARAM_NAME, PARAM_NONE},
	 0,
	 BIT(PARAM_NAME) | BIT(PARAM_DAYS),
	 "tell which certificates are unfit or expire soon",
	 CERTMAP_SERVER},
	{"deploy",
	 NULL,
	 cmd_deploy,
	 {PARAM_NONE},
	 BIT(PARAM_CERTIFICATE) | BIT(PARAM_KEY),
	 BIT(PARAM_NAME),
	 "map every name of a certificate that has come or was renewed",
	 CERTMAP_SERVER},
	{"diagnose",
	 NULL,
	 cmd_diagnose,
	 {PARAM_HOST, PARAM_NONE},
	 BIT(PARAM_HOST),
	 BIT(PARAM_CA) | BIT(PARAM_ADDRESS),
	 "tell why a name can, or cannot, be reached over QUIC",
	 CERTMAP_SERVER},
	{"grant",
	 "Grant-SmbClientAccessToServer",
	 cmd_grant,
	 {PARAM_NAME, PARAM_IDENTIFIER_TYPE, PARAM_IDENTIFIER, PARAM_NONE},
	 BIT(PARAM_NAME),
	 WHO | BIT(PARAM_DESCRIPTION) | CHANGING,
	 "let clients in by their certificate or its issuer",
	 CERTMAP_SERVER},
	{"block",
	 "Block-SmbClientAccessToServer",
	 cmd_block,
	 {PARAM_NAME, PARAM_IDENTIFIER_TYPE, PARAM_IDENTIFIER, PARAM_NONE},
	 BIT(PARAM_NAME),
	 WHO | BIT(PARAM_DESCRIPTION) | CHANGING,
	 "keep clients out, whatever else lets them in",
	 CERTMAP_SERVER},
	{"revoke",
	 "Revoke-SmbClientAccessToServer",
	 cmd_revoke,
	 {PARAM_NAME, PARAM_IDENTIFIER_TYPE, PARAM_IDENTIFIER, PARAM_NONE},
	 BIT(PARAM_NAME),
	 WHO | CHANGING,
	 "undo a grant",
	 CERTMAP_SERVER},
	{"unblock",
	 "Unblock-SmbClientAccessToServer",
	 cmd_unblock,
	 {PARAM_NAME, PARAM_IDENTIFIER_TYPE, PARAM_IDENTIFIER, PARAM_NONE},
	 BIT(PARAM_NAME),
	 WHO | CHANGING,
	 "undo a block",
	 CERTMAP_SERVER},
	{"access",
	 "Get-SmbClientAccessToServer",
	 cmd_access,
	 {PARAM_NAME, PARAM_NONE},
	 0,
	 BIT(PARAM_NAME),
	 "show whom mappings let in and keep out",
	 CERTMAP_SERVER},
	{"client-new",
	 "New-SmbClientCertificateMapping",
	 cmd_new,
	 {PARAM_NAMESPACE, PARAM_THUMBPRINT, PARAM_STORE_NAME, PARAM_NONE},
	 BIT(PARAM_NAMESPACE),
	 CLIENT_MEMBERS | CHANGING,
	 "show a server a certificate when it is visited",
	 CERTMAP_CLIENT},
	{"client-get",
	 "Get-SmbClientCertificateMapping",
	 cmd_get,
	 {PARAM_NAMESPACE, PARAM_NONE},
	 0,
	 BIT(PARAM_NAMESPACE) | CLIENT_FILTERS,
	 "show the mappings of clients",
	 CERTMAP_CLIENT},
	{"client-set",
	 "Set-SmbClientCertificateMapping",
	 cmd_set,
	 {PARAM_NAMESPACE, PARAM_NONE},
	 BIT(PARAM_NAMESPACE),
	 CLIENT_MEMBERS | CHANGING | BIT(PARAM_PASS_THRU),
	 "change them",
	 CERTMAP_CLIENT},
	{"client-remove",
	 "Remove-SmbClientCertificateMapping",
	 cmd_remove,
	 {PARAM_NAMESPACE, PARAM_NONE},
	 BIT(PARAM_NAMESPACE),
	 CLIENT_FILTERS | CHANGING | BIT(PARAM_PASS_THRU),
	 "remove them",
	 CERTMAP_CLIENT},
	{"make",
	 NULL,
	 cmd_make,
	 {PARAM_PURPOSE, PARAM_NONE},
	 BIT(PARAM_PURPOSE) | BIT(PARAM_NAME),
	 BIT(PARAM_DAYS) | BIT(PARAM_CA) | BIT(PARAM_CA_KEY) | BIT(PARAM_OUT) |
		 BIT(PARAM_CERTIFICATE) | BIT(PARAM_KEY) | BIT(PARAM_FORCE),
	 "make a CA, or a certificate of a server or a client",
	 CERTMAP_SERVER},
	{"import",
	 NULL,
	 cmd_import,
	 {PARAM_FILE, PARAM_NONE},
	 BIT(PARAM_FILE),
	 BIT(PARAM_KEY) | BIT(PARAM_PASSWORD_FILE) | BIT(PARAM_OUT) |
		 BIT(PARAM_FORCE),
	 "put a certificate with its key into a store",
	 CERTMAP_SERVER},
	{NULL, NULL, NULL, {PARAM_NONE}, 0, 0, NULL, CERTMAP_SERVER},
};

/* --- messages ----------------------------------------------------------- */

static void say(const char *before, const char *format, va_list args,
		const char *after)
{
	fprintf(stderr, "%s: %s", PROGRAM, before);
	vfprintf(stderr, format, args);
	fprintf(stderr, "%s\n", after);
}

int command_failed(const char *format, ...)
{
	va_list args;

	va_start(args, format);
	say("", format, args, "");
	va_end(args);
	return STATUS_FAILED;
}

void command_warn(const char *format, ...)
{
	va_list args;

	va_start(args, format);
	say("warning: ", format, args, "");
	va_end(args);
}

int command_misused(const struct args *args, const char *format, ...)
{
	char after[80] = "";
	va_list list;

	snprintf(after, sizeof(after), " (try %s%s%s --help)", PROGRAM,
		 args->command == NULL ? "" : " ",
		 args->command == NULL ? "" : args->command->name);
	va_start(list, format);
	say("", format, list, after);
	va_end(list);
	return STATUS_USAGE;
}

/* --- files -------------------------------------------------------------- */

char *command_absolute(TALLOC_CTX *mem_ctx, const char *path)
{
	char *here = NULL;
	char *whole = NULL;

	if (path[0] == '/') {
		return talloc_strdup(mem_ctx, path);
	}
	here = getcwd(NULL, 0);
	whole = talloc_asprintf(mem_ctx, "%s/%s", here == NULL ? "" : here,
				path);
	free(here);
	return whole;
}

/* The setting's last value in [global], following `include`. */
static bool find_setting(struct args *args, const char *file, int depth,
			 const char **value)
{
	struct ini *ini = ini_load(args, file, NULL);
	bool ok = true;
	size_t i = 0;

	if (ini == NULL || depth == INI_MAX_DEPTH) {
		command_failed("cannot read %s: %s", file,
			       ini == NULL ? strerror(errno)
					   : "it includes itself");
		return false;
	}
	for (i = 0; ok && i < ini_count(ini); i++) {
		const struct ini_line *line = ini_line(ini, i);

		if (line->kind != INI_KEY ||
		    (line->section != NULL &&
		     !ini_key_equal(line->section, "global"))) {
			continue;
		}
		if (ini_key_equal(line->key, "certificate map file")) {
			*value = line->value;
		}
		if (ini_key_equal(line->key, "include") &&
		    strchr(line->value, '%') == NULL) {
			char *path = ini_include_path(args, file, line->value);

			ok = find_setting(args, path, depth + 1, value);
		}
	}
	return ok;
}

bool command_is_client(const struct args *args)
{
	return args->command->side == CERTMAP_CLIENT;
}

enum param command_name(const struct args *args)
{
	return command_is_client(args) ? PARAM_NAMESPACE : PARAM_NAME;
}

/* Root's mappings are the machine's. */
static const char *client_map_file(struct args *args)
{
	const char *file = getenv(CLIENT_MAP_ENV);

	if (args_given(args, PARAM_CONFIGFILE)) {
		command_failed("client mappings are in no configuration of a "
			       "server: --map names their file");
		return NULL;
	}
	if (file != NULL && *file != '\0') {
		return command_absolute(args, file);
	}
	if (geteuid() == 0) {
		return client_map_system_file();
	}
	file = client_map_user_file(args);
	if (file == NULL) {
		command_failed("which file? You have no home directory (--map "
			       "names one)");
	}
	return file;
}

const char *command_map_file(struct args *args)
{
	const char *config = args_text(args, PARAM_CONFIGFILE);
	const char *file = args_text(args, PARAM_MAP);

	if (file != NULL) {
		return command_absolute(args, file);
	}
	if (command_is_client(args)) {
		return client_map_file(args);
	}
	if (config == NULL && access(DEFAULT_CONFIG, F_OK) == 0) {
		config = DEFAULT_CONFIG;
	}
	if (config == NULL) {
		return CERTMAP_DEFAULT_FILE;
	}
	if (!find_setting(args, config, 0, &file)) {
		return NULL;
	}
	return file == NULL ? CERTMAP_DEFAULT_FILE : file;
}

int command_confirm(const struct args *args, bool ask, const char *question)
{
	if (args_given(args, PARAM_CONFIRM)) {
		ask = args_switch(args, PARAM_CONFIRM);
	} else if (args_switch(args, PARAM_FORCE)) {
		ask = false;
	}
	if (!ask) {
		return STATUS_DONE;
	}
	if (!isatty(STDIN_FILENO)) {
		return command_failed("nobody can be asked, as standard input "
				      "is no terminal: say --force to do it "
				      "all the same");
	}
	if (prompt_confirm(question)) {
		return STATUS_DONE;
	}
	return errno == 0 ? command_failed("nothing was changed")
			  : command_failed("there is no terminal to ask on");
}

/* --- main --------------------------------------------------------------- */

static int run(struct args *args, int argc, char **argv)
{
	int rc = args_parse(args, commands, argc, argv);

	if (rc != STATUS_DONE) {
		return rc;
	}
	if (args_switch(args, PARAM_HELP)) {
		if (args->command == NULL) {
			args_print_help(commands);
		} else {
			args_print_command_help(args->command);
		}
		return STATUS_DONE;
	}
	if (args_switch(args, PARAM_VERSION)) {
		printf("%s %s\n", PROGRAM, SMBQUIC_VERSION);
		return STATUS_DONE;
	}
	if (args->command == NULL) {
		return command_misused(args, "a command is missing");
	}
	return args->command->run(args);
}

int main(int argc, char **argv)
{
	struct args *args = talloc_zero(NULL, struct args);
	int rc = STATUS_FAILED;

	log_set_program(PROGRAM);
	secret_guard_process(secret_dumps_wanted());
	if (args != NULL) {
		rc = run(args, argc, argv);
	}
	talloc_free(args);
	if (fflush(stdout) == EOF) {
		rc = command_failed("cannot write: %s", strerror(errno));
	}
	return rc;
}
