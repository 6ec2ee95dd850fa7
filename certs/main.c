/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * smbquic-certmap: certificate mappings of the server, and certificates.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "certs/command.h"
#include "smbquic/log.h"
#include "smbquic/secret.h"

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
