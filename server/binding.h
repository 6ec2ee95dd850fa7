/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * binding.h - may a connection join a session that was made on another one
 * (SMB2_SESSION_FLAG_BINDING, MS-SMB2 3.3.5.5)?
 */
#ifndef SERVER_BINDING_H
#define SERVER_BINDING_H

#include "server/request.h"

/** The session that a SESSION_SETUP with that flag names; NULL: it has not the
 *  flag, or there is no such session. */
struct session *binding_session(const struct request *r);

/**
 * All that is asked before the client's token is looked at.
 * @param session  binding_session(r)
 * @return NT_STATUS_OK, or what to answer.
 */
NTSTATUS binding_check(const struct request *r, const struct session *session);

#endif
