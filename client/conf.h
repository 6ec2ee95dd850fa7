/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * conf.h - client.conf and the environment, for programs that nobody gives
 * options to: smbquic-client.conf(5). Part of libsmbclient and of the mount,
 * not of the client library.
 */
#ifndef CLIENT_CONF_H
#define CLIENT_CONF_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <talloc.h>

#include "client/client.h"

/** Settings that go to client_options_set() as they are. */
#define CLIENT_CONF_SETTINGS 9

/** What the user says, without the program's knowing. Strings are of the file
 *  or of the context that was given; NULL or 0: not said. */
struct client_conf {
	const char *transport; /**< see race_parse_lanes() */
	uint16_t port;
	const char *address; /**< connect there, whatever the name says */
	const char *ca, *pin, *trust, *protection;
	const char *read_ahead;	  /**< "yes" or "no" */
	const char *write_behind; /**< likewise */
	const char *remember;	  /**< likewise */
	const char *compress;	  /**< as client_compression_parse() */
	const char *reconnect;	  /**< seconds */
	const char *client_cert, *client_key;
	const char *shares; /**< those that it has, as ini_split() reads it */
	const char *min_dialect, *max_dialect;
	const char *
		setting[CLIENT_CONF_SETTINGS]; /**< client_conf_setting_key() */
	const char *workgroup, *netbios_name;
};

/** The names of servers that a file has sections of. */
struct client_conf_servers {
	size_t count;
	const char **name;
};

/** A file in the form of smb.conf, in memory. */
struct client_conf_file;

/** @return 0; ENOENT, EACCES ...: no such file; EINVAL: it makes no sense,
 *          which was logged with file and line. */
int client_conf_file_read(TALLOC_CTX *mem_ctx, const char *path,
			  struct client_conf_file **out);
/** As above, of its text. @param path  for the log. */
int client_conf_file_parse(TALLOC_CTX *mem_ctx, const char *path,
			   const char *text, struct client_conf_file **out);
/** Add what the file says of all servers and, last, of this one. */
void client_conf_file_apply(const struct client_conf_file *file,
			    const char *server, struct client_conf *config);
bool client_conf_file_servers(TALLOC_CTX *mem_ctx,
			      const struct client_conf_file *file,
			      struct client_conf_servers *out);
/** Add what the environment says (SMBQUIC_TRANSPORT and the like). */
void client_conf_environment(TALLOC_CTX *mem_ctx, struct client_conf *config);
/** The user's file: SMBQUIC_CONFIG, or where it is by default. @param out
 *  NULL: there is none. @return as client_conf_file_read(), but no default file
 *  is no error. */
int client_conf_find(TALLOC_CTX *mem_ctx, struct client_conf_file **out);
/** The key of a config's setting[i]. */
const char *client_conf_setting_key(size_t i);
/** @return false: something in it has no meaning, which was logged. */
bool client_conf_check(const struct client_conf *config);
/** Milliseconds that a lost connection is waited for. */
unsigned client_conf_reconnect(const struct client_conf *config);

/** What the file and the environment say of trust, in a policy. The strings
 *  stay the configuration's. */
void client_conf_trust(const struct client_conf *config,
		       struct tls_client_policy *tls);

/**
 * A file of the user's that is kept from one run to the next; folders above it
 * are made if they can be.
 *
 * @param variable    names the folder: "XDG_CONFIG_HOME",
 * @param below_home  else it is there: ".config".
 * @return child of mem_ctx; NULL: he has no home.
 */
char *client_conf_state_file(TALLOC_CTX *mem_ctx, const char *variable,
			     const char *below_home, const char *name);

#endif
