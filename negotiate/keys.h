/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Keys of a session and of its channels, from what authentication and
 * negotiation left behind (MS-SMB2 3.1.4.2, 3.2.5.3, 3.3.5.5).
 */
#ifndef NEGOTIATE_KEYS_H
#define NEGOTIATE_KEYS_H

#include "smbquic/crypto.h"
#include "smbquic/ntstatus.h"
#include "smbquic/wire.h"

enum keys_role {
	KEYS_CLIENT,
	KEYS_SERVER,
};

struct keys_input {
	enum keys_role role;
	uint16_t dialect;
	uint16_t signing_algorithm; /* as agreed on *this* connection */
	uint16_t cipher;	    /* as agreed; 0: none */
	/* From auth_session_key(): any length above 0; the first 16 bytes
	 * (padded with zeros) count, all of it for the AES-256 ciphers. */
	struct wire_slice session_key;
	/* 3.1.1: hash of this session setup, up to and including the last
	 * request (not the final response). Ignored below 3.1.1. */
	const uint8_t *preauth;
};

/* A talloc object; freeing it wipes it. */
struct session_keys {
	/* The key of the first channel; signs the final SESSION_SETUP response.
	 * Below 3.0: the session key itself. */
	struct smb2_signing_key *signing;
	struct smb2_sealing_key *seal;	 /* what we send; NULL: no cipher */
	struct smb2_sealing_key *unseal; /* what we receive; NULL likewise */
	uint8_t application_key[16];
};

/*
 * All keys of a new session. Not to be called again at reauthentication: a
 * session keeps its keys.
 * NT_STATUS_INVALID_PARAMETER: unknown dialect, algorithm or cipher, or no
 * session key; NT_STATUS_NO_MEMORY.
 */
NTSTATUS session_keys_new(TALLOC_CTX *mem_ctx, const struct keys_input *input,
			  struct session_keys **out);

/*
 * The signing key of a further channel (SMB2_SESSION_FLAG_BINDING): from the
 * session key of the *binding's own* authentication and that exchange's hash.
 * Seal and unseal keys stay the session's. Below 3.0: INVALID_PARAMETER.
 */
NTSTATUS channel_signing_key_new(TALLOC_CTX *mem_ctx,
				 const struct keys_input *input,
				 struct smb2_signing_key **out);

#endif
