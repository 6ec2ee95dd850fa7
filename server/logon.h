/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * logon.h - by what users may prove who they are, as the settings say.
 */
#ifndef SERVER_LOGON_H
#define SERVER_LOGON_H

#include "server/server.h"

/** AUTH_MECH_*; 0: nobody can log on. */
unsigned logon_mechs(const struct config *config);

/** Makes channel->auth. */
NTSTATUS logon_auth_new(struct channel *channel);

#endif
