/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * machine.h - machine credentials beside user credentials: for whom and what a
 * connection must have shown a client certificate, and whose; and the records
 * of who was let in (smbquic/audit.h).
 */
#ifndef SERVER_MACHINE_H
#define SERVER_MACHINE_H

#include "server/server.h"

/** A number for the connection: that of its certificate's record, or a new
 *  one. */
uint64_t machine_connection(const struct transport_facts *facts);

/**
 * `require client certificate user`: whether the user may log on over this
 * connection.
 *
 * @param why  out: when not, a sentence, child of mem_ctx; NULL: no memory.
 */
bool machine_allows_user(TALLOC_CTX *mem_ctx, const struct conn *conn,
			 const char *user, char **why);

/** Whether the connection has shown a certificate, one that stands for the user
 *  where `client certificate user` says which do. */
bool machine_stands_for(const struct conn *conn, const char *user);

/** `client certificate required` of a share. */
bool machine_allows_share(const struct channel *channel,
			  const struct share *share);

/** Says at start and reload what is wrong with `client certificate user`. */
void machine_check(const struct config *config);

/** Too many logons from there have failed. */
bool machine_is_barred(const struct conn *conn);
void machine_strike(const struct conn *conn);

/** Records. allowed false: denied; why: may be NULL. */
void machine_record_logon(const struct conn *conn, bool allowed,
			  const char *user, const struct session *session,
			  const char *why);
void machine_record_share(const struct conn *conn, bool allowed,
			  const struct session *session, const char *share,
			  const char *why);

#endif
