/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * logon.h - by what users may prove who they are, as the settings say.
 */
#ifndef SERVER_LOGON_H
#define SERVER_LOGON_H

#include "server/server.h"

/** AUTH_MECH_*; 0: nobody can log on. */
unsigned logon_mechs(const struct config *config);

/** Says in the log what is wrong with the settings of Kerberos and its keytab,
 *  which is read for that. */
void logon_check(const struct config *config);

/** Makes channel->auth. */
NTSTATUS logon_auth_new(struct channel *channel);

#endif
