/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * protection.h - who has to encrypt, by server, user and share, and what
 * becomes of clients that cannot (MS-SMB2 3.3.5.5.3, 3.3.5.7: EncryptData and
 * RejectUnencryptedAccess); and in words what protects.
 */
#ifndef SERVER_PROTECTION_H
#define SERVER_PROTECTION_H

#include "server/server.h"

/**
 * Whether a logon on this connection has to be refused because what it would
 * bring must be encrypted and cannot be.
 *
 * @param user  NULL: not known yet; then of everybody alone.
 * @param kind  of the user.
 * @return the name of the setting that forbids it; NULL: none does.
 */
const char *protection_forbids_logon(const struct conn *conn,
				     const struct user *user,
				     enum auth_kind kind);
/** Whether all of a session has to be encrypted, by SMB or a transport that
 *  both ends accepted. Its kind and its user are known. */
bool protection_of_session(const struct conn *conn,
			   const struct session *session);

/** Likewise, a session's use of a share. */
bool protection_forbids_share(const struct conn *conn,
			      const struct session *session,
			      const struct share *share);
bool protection_of_share(const struct conn *conn, const struct session *session,
			 const struct share *share);

/** Names of algorithms and dialects by their numbers; "-": none, unknown. */
const char *protection_cipher(uint16_t cipher);
const char *protection_signing(uint16_t algorithm);
const char *protection_dialect(uint16_t dialect);

/**
 * "sealed with AES-128-GCM", "encrypted by quic-user, signed with
 * AES-128-GMAC", "not protected".
 *
 * @param tree    NULL: of the session; what is left to the client is said to
 *                be.
 * @param sealed  the request that made it came sealed: then the rest will.
 * @return child of mem_ctx; NULL: no memory.
 */
char *protection_text(TALLOC_CTX *mem_ctx, const struct conn *conn,
		      const struct session *session, const struct tree *tree,
		      bool sealed);

#endif
