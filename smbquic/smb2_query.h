/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * QUERY_DIRECTORY, CHANGE_NOTIFY, QUERY_INFO, SET_INFO, notifications.
 * The rules of all decode and encode functions are in smb2_pdu.h; numbers are
 * sections of MS-SMB2.
 */
#ifndef SMBQUIC_SMB2_QUERY_H
#define SMBQUIC_SMB2_QUERY_H

#include "smbquic/ntstatus.h"
#include "smbquic/smb2.h"
#include "smbquic/wire.h"

/* --------------------------------------------------- query directory 2.2.33 */

struct smb2_query_directory_request {
	uint8_t information_class;
	uint8_t flags;
	uint32_t file_index;
	struct smb2_file_id file_id;
	struct wire_slice pattern;
	uint32_t output_buffer_length;
};

bool smb2_query_directory_request_decode(
	const uint8_t *msg, size_t len,
	struct smb2_query_directory_request *out);
bool smb2_query_directory_request_encode(
	struct wire_writer *w, const struct smb2_query_directory_request *in);

/*
 * QUERY_DIRECTORY (2.2.34), CHANGE_NOTIFY (2.2.36) and QUERY_INFO (2.2.38)
 * responses have one form: a buffer. It is copied into the writer.
 */
bool smb2_buffer_response_decode(const uint8_t *msg, size_t len,
				 struct wire_slice *buffer);
bool smb2_buffer_response_encode(struct wire_writer *w,
				 struct wire_slice buffer);

/* ----------------------------------------------------- change notify 2.2.35 */

struct smb2_change_notify_request {
	uint16_t flags;
	uint32_t output_buffer_length;
	struct smb2_file_id file_id;
	uint32_t completion_filter;
};

bool smb2_change_notify_request_decode(const uint8_t *msg, size_t len,
				       struct smb2_change_notify_request *out);
bool smb2_change_notify_request_encode(
	struct wire_writer *w, const struct smb2_change_notify_request *in);

/* -------------------------------------------------------- query info 2.2.37 */

struct smb2_query_info_request {
	uint8_t info_type;
	uint8_t file_info_class;
	uint32_t output_buffer_length;
	uint32_t additional_information;
	uint32_t flags;
	struct smb2_file_id file_id;
	struct wire_slice input;
};

bool smb2_query_info_request_decode(const uint8_t *msg, size_t len,
				    struct smb2_query_info_request *out);
bool smb2_query_info_request_encode(struct wire_writer *w,
				    const struct smb2_query_info_request *in);

/* 2.2.37.1; sid_list holds FILE_GET_QUOTA_INFORMATION, start_sid a SID. */
struct smb2_query_quota_info {
	bool return_single;
	bool restart_scan;
	struct wire_slice sid_list;
	struct wire_slice start_sid;
};

bool smb2_query_quota_info_decode(struct wire_slice data,
				  struct smb2_query_quota_info *out);
bool smb2_query_quota_info_encode(struct wire_writer *w,
				  const struct smb2_query_quota_info *in);

/* ---------------------------------------------------------- set info 2.2.39 */

struct smb2_set_info_request {
	uint8_t info_type;
	uint8_t file_info_class;
	uint32_t additional_information;
	struct smb2_file_id file_id;
	struct wire_slice buffer;
};

bool smb2_set_info_request_decode(const uint8_t *msg, size_t len,
				  struct smb2_set_info_request *out);
bool smb2_set_info_request_encode(struct wire_writer *w,
				  const struct smb2_set_info_request *in);

/* 2.2.40 */
bool smb2_set_info_response_decode(const uint8_t *msg, size_t len);
bool smb2_set_info_response_encode(struct wire_writer *w);

/* ------------------------------------ server to client notification 2.2.44 */

#define SMB2_NOTIFY_SESSION_CLOSED 0

struct smb2_server_notification {
	uint32_t type;
	struct wire_slice notification;
};

bool smb2_server_notification_decode(const uint8_t *msg, size_t len,
				     struct smb2_server_notification *out);
bool smb2_server_notification_encode(struct wire_writer *w,
				     const struct smb2_server_notification *in);

#endif
