/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * command.h - smbquic-certmap from inside: parameters, commands, output.
 *
 * A parameter is a row in args.c, a command a row in main.c. Help, checks and
 * the two ways to spell things, ours and PowerShell's, come from the rows.
 */
#ifndef CERTS_COMMAND_H
#define CERTS_COMMAND_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <jansson.h>
#include <talloc.h>

#include "certs/cert.h"
#include "certs/certmap.h"

#define PROGRAM "smbquic-certmap"

enum { STATUS_DONE = 0, STATUS_FAILED = 1, STATUS_USAGE = 2 };

enum param {
	/* for every command */
	PARAM_CONFIGFILE,
	PARAM_MAP,
	PARAM_JSON,
	PARAM_HELP,
	PARAM_VERSION,
	/* members of a mapping; certmap_fields has most of them */
	PARAM_NAME,
	PARAM_NAMESPACE,
	PARAM_THUMBPRINT,
	PARAM_STORE_NAME,
	PARAM_CERTIFICATE,
	PARAM_KEY,
	PARAM_SUBJECT,
	PARAM_ISSUER_NAME,
	PARAM_DISPLAY_NAME,
	PARAM_TYPE,
	PARAM_FLAGS,
	PARAM_REQUIRE_CLIENT_AUTHENTICATION,
	PARAM_SKIP_CLIENT_CERTIFICATE_ACCESS_CHECK,
	PARAM_CLIENT_CA,
	PARAM_CLIENT_CRL,
	PARAM_OCSP_RESPONSE,
	PARAM_DEFAULT_MAPPING,
	/* entries of an access list */
	PARAM_IDENTIFIER_TYPE,
	PARAM_IDENTIFIER,
	PARAM_DESCRIPTION,
	/* how a command goes about it */
	PARAM_FORCE,
	PARAM_CONFIRM,
	PARAM_WHAT_IF,
	PARAM_PASS_THRU,
	PARAM_INCLUDE_HIDDEN,
	/* making and importing certificates */
	PARAM_PURPOSE,
	PARAM_DAYS,
	PARAM_CA,
	PARAM_CA_KEY,
	PARAM_OUT,
	PARAM_FILE,
	PARAM_PASSWORD_FILE,
	/* looking at a server */
	PARAM_HOST,
	PARAM_ADDRESS,

	PARAM_COUNT,
	PARAM_NONE = PARAM_COUNT,
};

#define BIT(param) (UINT64_C(1) << (param))
#define PARAM_COMMON                                                \
	(BIT(PARAM_CONFIGFILE) | BIT(PARAM_MAP) | BIT(PARAM_JSON) | \
	 BIT(PARAM_HELP) | BIT(PARAM_VERSION))

#define MAX_POSITIONAL 3

struct args;

struct command {
	const char *name;
	const char *cmdlet; /* alias; NULL: none */
	int (*run)(struct args *args);
	/* What words without a hyphen mean, in order; PARAM_NONE ends. The
	 * last takes all that are left when it is a list. */
	enum param positional[MAX_POSITIONAL + 1];
	uint64_t required, allowed; /* without PARAM_COMMON */
	const char *help;
	enum certmap_side side; /* whose mappings it is about; 0: server's */
};

/* --- args.c ------------------------------------------------------------- */

/** A command line. Its own context for what lives as long as the command. */
struct args {
	const struct command *command;
	char **values[PARAM_COUNT]; /* NULL: not given; NULL at the end */
};

/**
 * Understand a command line.
 * @param commands  ends with a NULL name.
 * @return STATUS_DONE, or STATUS_USAGE when that was said on stderr. The
 *         command stays NULL when there was none.
 */
int args_parse(struct args *args, const struct command *commands, int argc,
	       char **argv);

bool args_given(const struct args *args, enum param param);
/** The value of one that is given at most once; NULL: not given. */
const char *args_text(const struct args *args, enum param param);
/** The values; an empty list when there are none. */
char *const *args_list(const struct args *args, enum param param);
/** A switch that is given, and not as -Switch:$false. */
bool args_switch(const struct args *args, enum param param);
/** The parameter for a member of a mapping. */
enum param args_of_field(const struct certmap_field *field);

void args_print_help(const struct command *commands);
void args_print_command_help(const struct command *command);

/* --- command.c: what commands share ------------------------------------- */

/** Says it on stderr. @return STATUS_FAILED */
int command_failed(const char *format, ...)
	__attribute__((format(printf, 1, 2)));
/** The same for a wrong call. @return STATUS_USAGE */
int command_misused(const struct args *args, const char *format, ...)
	__attribute__((format(printf, 2, 3)));
void command_warn(const char *format, ...)
	__attribute__((format(printf, 1, 2)));

/** Whether the command is about a client's mappings, and the parameter that
 *  names them. */
bool command_is_client(const struct args *args);
enum param command_name(const struct args *args);

/** The mapping file that is meant; NULL: said why not. */
const char *command_map_file(struct args *args);

/** With what the current directory adds. */
char *command_absolute(TALLOC_CTX *mem_ctx, const char *path);

/**
 * May it be done? Asks when --confirm was given, or `ask` and not --force.
 * @return STATUS_DONE, or STATUS_FAILED: no, or nobody there to be asked.
 */
int command_confirm(const struct args *args, bool ask, const char *question);

/* --- show.c ------------------------------------------------------------- */

/** A mapping with its certificate as the files hold it now. */
struct view {
	const struct certmap_entry *entry;
	const struct cert_info *info; /* NULL: cannot be read */
	const struct cert *cert;      /* likewise */
	char **problems; /* why a server would refuse it; empty: it would not */
};

/** Of a mapping; the server's when it does not say. */
enum certmap_side view_side(const struct certmap_entry *entry);
/** Load what a mapping names. Never fails: see problems. */
struct view *view_load(TALLOC_CTX *mem_ctx, const char *map_file,
		       const struct certmap_entry *entry);
/** Several as a table, or as a JSON array. */
void view_print_table(struct view *const *views, size_t count);
json_t *view_json(const struct view *view);

/** All about a certificate as lines, or the same for JSON. `trust` NULL: not
 *  asked. */
void show_cert(const struct cert *cert, const char *trust);
json_t *show_cert_json(const struct cert *cert);
/** Prints and frees. */
void show_json(json_t *json);

/* --- cmd_*.c ------------------------------------------------------------ */

int cmd_new(struct args *args);
int cmd_get(struct args *args);
int cmd_set(struct args *args);
int cmd_remove(struct args *args);
int cmd_props(struct args *args);
int cmd_check(struct args *args);
int cmd_deploy(struct args *args);
int cmd_diagnose(struct args *args);
int cmd_grant(struct args *args);
int cmd_block(struct args *args);
int cmd_revoke(struct args *args);
int cmd_unblock(struct args *args);
int cmd_access(struct args *args);
int cmd_make(struct args *args);
int cmd_import(struct args *args);

#endif
