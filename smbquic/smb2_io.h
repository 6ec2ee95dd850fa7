/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * FLUSH, READ, WRITE, LOCK.
 * The rules of all decode and encode functions are in smb2_pdu.h; numbers are
 * sections of MS-SMB2.
 */
#ifndef SMBQUIC_SMB2_IO_H
#define SMBQUIC_SMB2_IO_H

#include "smbquic/ntstatus.h"
#include "smbquic/smb2.h"
#include "smbquic/wire.h"

/* ------------------------------------------------------------- flush 2.2.17 */

struct smb2_flush_request {
	struct smb2_file_id file_id;
};

bool smb2_flush_request_decode(const uint8_t *msg, size_t len,
			       struct smb2_flush_request *out);
bool smb2_flush_request_encode(struct wire_writer *w,
			       const struct smb2_flush_request *in);
/* The response is smb2_empty_decode(), smb2_empty_encode(). */

/* -------------------------------------------------------------- read 2.2.19 */

struct smb2_read_request {
	uint8_t padding; /* wanted DataOffset of the response, a wish */
	uint8_t flags;
	uint32_t length;
	uint64_t offset;
	struct smb2_file_id file_id;
	uint32_t minimum_count;
	uint32_t channel;
	uint32_t remaining_bytes;
	struct wire_slice channel_info;
};

bool smb2_read_request_decode(const uint8_t *msg, size_t len,
			      struct smb2_read_request *out);
bool smb2_read_request_encode(struct wire_writer *w,
			      const struct smb2_read_request *in);

/*
 * 2.2.20. Encoding writes SMB2_READ_RESPONSE_SIZE - 64 bytes of body and no
 * data: the payload goes right behind. With data.len 0 one zero byte is
 * written, the smallest Buffer.
 */
struct smb2_read_response {
	uint32_t data_remaining;
	uint32_t flags;
	struct wire_slice data;
};

bool smb2_read_response_decode(const uint8_t *msg, size_t len,
			       struct smb2_read_response *out);
bool smb2_read_response_encode(struct wire_writer *w,
			       const struct smb2_read_response *in);

/* ------------------------------------------------------------- write 2.2.21 */

/*
 * Encoding writes SMB2_WRITE_REQUEST_SIZE - 64 bytes of body and no data: the
 * payload goes right behind. channel_info is for RDMA alone and then replaces
 * the payload: with data.len 0 it is written here.
 */
struct smb2_write_request {
	uint64_t offset;
	struct smb2_file_id file_id;
	uint32_t channel;
	uint32_t remaining_bytes;
	uint32_t flags;
	struct wire_slice channel_info;
	struct wire_slice data;
};

bool smb2_write_request_decode(const uint8_t *msg, size_t len,
			       struct smb2_write_request *out);
bool smb2_write_request_encode(struct wire_writer *w,
			       const struct smb2_write_request *in);

/* 2.2.22 */
struct smb2_write_response {
	uint32_t count;
	uint32_t remaining;
};

bool smb2_write_response_decode(const uint8_t *msg, size_t len,
				struct smb2_write_response *out);
bool smb2_write_response_encode(struct wire_writer *w,
				const struct smb2_write_response *in);

/* -------------------------------------------------------------- lock 2.2.26 */

struct smb2_lock_element {
	uint64_t offset;
	uint64_t length;
	uint32_t flags;
};

struct smb2_lock_request {
	uint16_t lock_count;	      /* 1 .. SMB2_MAX_LOCKS */
	uint8_t lock_sequence_number; /* 4 bits */
	uint32_t lock_sequence_index; /* 28 bits */
	struct smb2_file_id file_id;
	struct wire_slice locks; /* decoded by the function below */
};

bool smb2_lock_request_decode(const uint8_t *msg, size_t len,
			      struct smb2_lock_request *out);
/* index < lock_count, else false. */
bool smb2_lock_request_element(const struct smb2_lock_request *in,
			       uint16_t index, struct smb2_lock_element *out);
/* elements has in->lock_count of them; in->locks is not used. */
bool smb2_lock_request_encode(struct wire_writer *w,
			      const struct smb2_lock_request *in,
			      const struct smb2_lock_element *elements);
/* The response is smb2_empty_decode(), smb2_empty_encode(). */

/* ECHO, CANCEL: smb2_empty_decode(), smb2_empty_encode(). */

#endif
