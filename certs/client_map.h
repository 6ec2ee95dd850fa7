/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * client_map.h - which certificate a client shows to which server
 * (MS-SMB2 3.2.1.11, ClientCertificateMappingEntry; 3.2.4.2.1): a file like the
 * server's (certs/certmap.h), its sections named after servers:
 *
 *     [files.example.org]
 *     	certificate = /home/alice/.config/smbquic/laptop.pem
 *     	key = /home/alice/.config/smbquic/laptop.key
 *
 *     [*.example.com]
 *     	store name = My
 *     	thumbprint = 5A0F...
 */
#ifndef CERTS_CLIENT_MAP_H
#define CERTS_CLIENT_MAP_H

#include <stdbool.h>
#include <talloc.h>

/** Names the file in the place of the usual ones; empty: there is none. */
#define CLIENT_MAP_ENV "SMBQUIC_CLIENT_MAP"

/**
 * Where a user's own mappings are (XDG_CONFIG_HOME), and the machine's.
 * NULL: no memory, or the user has no home.
 */
char *client_map_user_file(TALLOC_CTX *mem_ctx);
const char *client_map_system_file(void);

/** A mapping that was found. Strings are children of whose context it was. */
struct client_map_found {
	const char *file; /**< the mapping's */
	const char *name; /**< its namespace; NULL: there is no mapping */
	const char *certificate, *key; /**< PEM files */
};

/**
 * The mapping for a server: the one of its name, else *.DOMAIN, in the file
 * given, else in the user's file, else in the machine's.
 *
 * @param file    NULL: CLIENT_MAP_ENV, else the two usual files. Empty: none.
 * @param server  the name that was asked for, of a host or an address.
 * @return false: there is one that cannot be used, or a file that cannot be
 *         read; *why, child of mem_ctx, is a sentence (NULL: no memory).
 */
bool client_map_find(TALLOC_CTX *mem_ctx, const char *file, const char *server,
		     struct client_map_found *out, char **why);

#endif
