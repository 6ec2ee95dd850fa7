/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * SESSION_SETUP and TREE_CONNECT.
 * The rules of all decode and encode functions are in smb2_pdu.h; numbers are
 * sections of MS-SMB2.
 */
#ifndef SMBQUIC_SMB2_SESSION_H
#define SMBQUIC_SMB2_SESSION_H

#include "smbquic/ntstatus.h"
#include "smbquic/smb2.h"
#include "smbquic/wire.h"

/* ------------------------------------------------------ session setup 2.2.5 */

struct smb2_session_setup_request {
	uint8_t flags;
	uint8_t security_mode;
	uint32_t capabilities;
	uint64_t previous_session_id;
	struct wire_slice security_buffer;
};

bool smb2_session_setup_request_decode(const uint8_t *msg, size_t len,
				       struct smb2_session_setup_request *out);
bool smb2_session_setup_request_encode(
	struct wire_writer *w, const struct smb2_session_setup_request *in);

/* 2.2.6 */
struct smb2_session_setup_response {
	uint16_t session_flags;
	struct wire_slice security_buffer;
};

bool smb2_session_setup_response_decode(
	const uint8_t *msg, size_t len,
	struct smb2_session_setup_response *out);
bool smb2_session_setup_response_encode(
	struct wire_writer *w, const struct smb2_session_setup_response *in);

/* LOGOFF: smb2_empty_decode(), smb2_empty_encode(). */

/* ------------------------------------------------------- tree connect 2.2.9 */

/*
 * With SMB2_TREE_CONNECT_FLAG_EXTENSION_PRESENT contexts is the raw list of
 * 2.2.9.2: the form of negotiate contexts, and walked as such.
 */
struct smb2_tree_connect_request {
	uint16_t flags;
	struct wire_slice path; /* \\server\share */
	uint16_t context_count;
	struct wire_slice contexts;
};

bool smb2_tree_connect_request_decode(const uint8_t *msg, size_t len,
				      struct smb2_tree_connect_request *out);
bool smb2_tree_connect_request_encode(
	struct wire_writer *w, const struct smb2_tree_connect_request *in);

/* 2.2.10 */
struct smb2_tree_connect_response {
	uint8_t share_type;
	uint32_t share_flags;
	uint32_t capabilities;
	uint32_t maximal_access;
};

bool smb2_tree_connect_response_decode(const uint8_t *msg, size_t len,
				       struct smb2_tree_connect_response *out);
bool smb2_tree_connect_response_encode(
	struct wire_writer *w, const struct smb2_tree_connect_response *in);

/* TREE_DISCONNECT: smb2_empty_decode(), smb2_empty_encode(). */

#endif
