/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * CREATE, CLOSE, and breaks of oplocks and leases.
 * The rules of all decode and encode functions are in smb2_pdu.h; numbers are
 * sections of MS-SMB2.
 */
#ifndef SMBQUIC_SMB2_OPEN_H
#define SMBQUIC_SMB2_OPEN_H

#include "smbquic/ntstatus.h"
#include "smbquic/smb2.h"
#include "smbquic/wire.h"

/* ------------------------------------------------------------ create 2.2.13 */

struct smb2_create_request {
	uint8_t oplock_level;
	uint32_t impersonation_level;
	uint32_t desired_access;
	uint32_t file_attributes;
	uint32_t share_access;
	uint32_t create_disposition;
	uint32_t create_options;
	struct wire_slice name;
	struct wire_slice contexts; /* raw list, see below */
};

bool smb2_create_request_decode(const uint8_t *msg, size_t len,
				struct smb2_create_request *out);
bool smb2_create_request_encode(struct wire_writer *w,
				const struct smb2_create_request *in);

/* 2.2.14 */
struct smb2_create_response {
	uint8_t oplock_level;
	uint8_t flags;
	uint32_t create_action;
	NTTIME creation_time;
	NTTIME last_access_time;
	NTTIME last_write_time;
	NTTIME change_time;
	uint64_t allocation_size;
	uint64_t end_of_file;
	uint32_t file_attributes;
	struct smb2_file_id file_id;
	struct wire_slice contexts;
};

bool smb2_create_response_decode(const uint8_t *msg, size_t len,
				 struct smb2_create_response *out);
bool smb2_create_response_encode(struct wire_writer *w,
				 const struct smb2_create_response *in);

/* ------------------------------------------------------------- close 2.2.15 */

struct smb2_close_request {
	uint16_t flags;
	struct smb2_file_id file_id;
};

bool smb2_close_request_decode(const uint8_t *msg, size_t len,
			       struct smb2_close_request *out);
bool smb2_close_request_encode(struct wire_writer *w,
			       const struct smb2_close_request *in);

/* 2.2.16 */
struct smb2_close_response {
	uint16_t flags;
	NTTIME creation_time;
	NTTIME last_access_time;
	NTTIME last_write_time;
	NTTIME change_time;
	uint64_t allocation_size;
	uint64_t end_of_file;
	uint32_t file_attributes;
};

bool smb2_close_response_decode(const uint8_t *msg, size_t len,
				struct smb2_close_response *out);
bool smb2_close_response_encode(struct wire_writer *w,
				const struct smb2_close_response *in);

/* ----------------------------------------------------- oplock break 2.2.23.1
 */

/*
 * Notification, acknowledgment (2.2.24.1) and response (2.2.25.1) have one
 * form, and lease breaks share their command: smb2_structure_size() is
 * SMB2_OPLOCK_BREAK_SIZE, SMB2_LEASE_BREAK_NOTIFICATION_SIZE or
 * SMB2_LEASE_BREAK_ACK_SIZE.
 */
#define SMB2_OPLOCK_BREAK_SIZE		   24
#define SMB2_LEASE_BREAK_NOTIFICATION_SIZE 44
#define SMB2_LEASE_BREAK_ACK_SIZE	   36

struct smb2_oplock_break {
	uint8_t oplock_level;
	struct smb2_file_id file_id;
};

bool smb2_oplock_break_decode(const uint8_t *msg, size_t len,
			      struct smb2_oplock_break *out);
bool smb2_oplock_break_encode(struct wire_writer *w,
			      const struct smb2_oplock_break *in);

/* 2.2.23.2 */
struct smb2_lease_break_notification {
	uint16_t new_epoch;
	uint32_t flags;
	struct smb2_guid lease_key;
	uint32_t current_lease_state;
	uint32_t new_lease_state;
};

bool smb2_lease_break_notification_decode(
	const uint8_t *msg, size_t len,
	struct smb2_lease_break_notification *out);
bool smb2_lease_break_notification_encode(
	struct wire_writer *w, const struct smb2_lease_break_notification *in);

/* Acknowledgment (2.2.24.2) and response (2.2.25.2). */
struct smb2_lease_break {
	uint32_t flags;
	struct smb2_guid lease_key;
	uint32_t lease_state;
};

bool smb2_lease_break_decode(const uint8_t *msg, size_t len,
			     struct smb2_lease_break *out);
bool smb2_lease_break_encode(struct wire_writer *w,
			     const struct smb2_lease_break *in);

#endif
