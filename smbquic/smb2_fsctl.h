/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Bodies of the IOCTLs that MS-SMB2 itself defines.
 * The rules of all decode and encode functions are in smb2_pdu.h; numbers are
 * sections of MS-SMB2.
 */
#ifndef SMBQUIC_SMB2_FSCTL_H
#define SMBQUIC_SMB2_FSCTL_H

#include "smbquic/ntstatus.h"
#include "smbquic/smb2.h"
#include "smbquic/wire.h"

/*
 * Bodies of IOCTLs: a decode takes .input of a request or .output of a
 * response, an encode writes a body alone. FSCTL_PIPE_TRANSCEIVE and
 * FSCTL_DFS_GET_REFERRALS stay raw.
 */

/* 2.2.31.4 */
struct smb2_validate_negotiate_request {
	uint32_t capabilities;
	struct smb2_guid guid;
	uint16_t security_mode;
	uint16_t dialect_count;
	uint16_t dialects[SMB2_MAX_DIALECTS];
};

bool smb2_validate_negotiate_request_decode(
	struct wire_slice data, struct smb2_validate_negotiate_request *out);
bool smb2_validate_negotiate_request_encode(
	struct wire_writer *w,
	const struct smb2_validate_negotiate_request *in);

/* 2.2.32.6 */
struct smb2_validate_negotiate_response {
	uint32_t capabilities;
	struct smb2_guid guid;
	uint16_t security_mode;
	uint16_t dialect;
};

bool smb2_validate_negotiate_response_decode(
	struct wire_slice data, struct smb2_validate_negotiate_response *out);
bool smb2_validate_negotiate_response_encode(
	struct wire_writer *w,
	const struct smb2_validate_negotiate_response *in);

/* 2.2.31.1.1 */
struct smb2_copychunk {
	uint64_t source_offset;
	uint64_t target_offset;
	uint32_t length;
};

/* 2.2.31.1. A count that the data does not hold is malformed. */
struct smb2_copychunk_request {
	uint8_t source_key[SMB2_RESUME_KEY_SIZE];
	uint32_t chunk_count;
	struct wire_slice chunks; /* decoded by the function below */
};

bool smb2_copychunk_request_decode(struct wire_slice data,
				   struct smb2_copychunk_request *out);
bool smb2_copychunk_request_chunk(const struct smb2_copychunk_request *in,
				  uint32_t index, struct smb2_copychunk *out);
/* chunks has in->chunk_count elements; in->chunks is not used. */
bool smb2_copychunk_request_encode(struct wire_writer *w,
				   const struct smb2_copychunk_request *in,
				   const struct smb2_copychunk *chunks);

/* 2.2.32.1. With NT_STATUS_INVALID_PARAMETER these are the server's limits. */
struct smb2_copychunk_response {
	uint32_t chunks_written;
	uint32_t chunk_bytes_written;
	uint32_t total_bytes_written;
};

bool smb2_copychunk_response_decode(struct wire_slice data,
				    struct smb2_copychunk_response *out);
bool smb2_copychunk_response_encode(struct wire_writer *w,
				    const struct smb2_copychunk_response *in);

/* 2.2.32.3 */
bool smb2_resume_key_decode(struct wire_slice data,
			    uint8_t key[SMB2_RESUME_KEY_SIZE]);
bool smb2_resume_key_encode(struct wire_writer *w,
			    const uint8_t key[SMB2_RESUME_KEY_SIZE]);

/* 2.2.31.3 FSCTL_LMR_REQUEST_RESILIENCY */
bool smb2_resiliency_request_decode(struct wire_slice data, uint32_t *timeout);
bool smb2_resiliency_request_encode(struct wire_writer *w, uint32_t timeout);

/* 2.2.31.2 */
struct smb2_read_hash_request {
	uint32_t hash_type;
	uint32_t hash_version;
	uint32_t retrieval_type;
	uint32_t length;
	uint64_t offset;
};

bool smb2_read_hash_request_decode(struct wire_slice data,
				   struct smb2_read_hash_request *out);
bool smb2_read_hash_request_encode(struct wire_writer *w,
				   const struct smb2_read_hash_request *in);

/* 2.2.32.5. family is SMB2_SOCKADDR_INET (4 bytes of address) or _INET6. */
struct smb2_network_interface {
	uint32_t if_index;
	uint32_t capability;
	uint64_t link_speed; /* bits per second */
	uint16_t family;
	uint16_t port;
	uint8_t address[16]; /* network byte order */
	uint32_t flow_info;
	uint32_t scope_id;
};

/* An interface of another family is skipped by the walk. */
struct wire_walker smb2_network_interfaces(struct wire_slice data);
bool smb2_network_interfaces_next(struct wire_walker *c,
				  struct smb2_network_interface *out);
struct wire_chain smb2_network_interface_list(struct wire_writer *w);
bool smb2_network_interface_add(struct wire_chain *list,
				const struct smb2_network_interface *in);

/* 2.2.32.2. names: "@GMT-..." UTF-16, each terminated. */
struct smb2_snapshot_array {
	uint32_t number_of_snapshots;
	uint32_t number_returned;
	uint32_t array_size;
	struct wire_slice names;
};

bool smb2_snapshot_array_decode(struct wire_slice data,
				struct smb2_snapshot_array *out);
/* Takes one name off the front of *names; false at the end. */
bool smb2_snapshot_next(struct wire_slice *names, struct wire_slice *name);
bool smb2_snapshot_array_encode(struct wire_writer *w,
				const struct smb2_snapshot_array *in);

#endif
