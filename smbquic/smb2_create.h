/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Create contexts.
 * The rules of all decode and encode functions are in smb2_pdu.h; numbers are
 * sections of MS-SMB2.
 */
#ifndef SMBQUIC_SMB2_CREATE_H
#define SMBQUIC_SMB2_CREATE_H

#include "smbquic/ntstatus.h"
#include "smbquic/smb2.h"
#include "smbquic/wire.h"

/* --------------------------------------------------- create contexts 2.2.13.2
 */

struct smb2_create_context {
	struct wire_slice name; /* bytes, 4 or 16 */
	struct wire_slice data;
};

/*
 * Walks .contexts of a request or response:
 *
 *	struct wire_walker c = smb2_create_contexts(req.contexts);
 *
 *	while (smb2_create_contexts_next(&c, &context)) {
 *		if (smb2_create_context_is(&context, SMB2_CREATE_AAPL)) {
 *			...
 *		}
 *	}
 *	if (!wire_walker_ok(&c)) {
 *		malformed: NT_STATUS_INVALID_PARAMETER
 *	}
 */
struct wire_walker smb2_create_contexts(struct wire_slice list);
bool smb2_create_contexts_next(struct wire_walker *c,
			       struct smb2_create_context *out);

/* name is a literal of smb2.h, of 4 or 16 bytes. */
#define smb2_create_context_is(context, literal) \
	wire_slice_equal((context)->name,        \
			 wire_slice((literal), sizeof(literal) - 1))

/* The data of the first context of this name. False: none (or malformed). */
bool smb2_create_context_get(struct wire_slice list, struct wire_slice name,
			     struct wire_slice *data);
#define smb2_create_context_find(list, literal, data) \
	smb2_create_context_get(                      \
		(list), wire_slice((literal), sizeof(literal) - 1), (data))

/*
 * Builds a list, in a writer of its own that then becomes .contexts:
 *
 *	struct wire_writer w = wire_writer_talloc(mem_ctx);
 *	struct wire_chain list = smb2_create_context_list(&w);
 *
 *	smb2_create_context_add(&list, SMB2_CREATE_QUERY_ON_DISK_ID, NULL, 0);
 *	smb2_mxac_request_add(&list, 0);
 *	req.contexts = wire_writer_slice(&w);	(after wire_writer_ok(&w))
 */
struct wire_chain smb2_create_context_list(struct wire_writer *w);
bool smb2_create_context_put(struct wire_chain *list, struct wire_slice name,
			     struct wire_slice data);
#define smb2_create_context_add(list, literal, data, len)                   \
	smb2_create_context_put((list),                                     \
				wire_slice((literal), sizeof(literal) - 1), \
				wire_slice((data), (len)))

/*
 * Bodies: a decode takes .data of a context, an add appends name and data.
 * ExtA holds FileFullEaInformation (fscc.h), SecD a security descriptor
 * (security_descriptor.h); AAPL and SMB2_CREATE_POSIX stay raw.
 */

/* 2.2.13.2.5. timestamp 0: none given, data is empty. */
bool smb2_mxac_request_decode(struct wire_slice data, NTTIME *timestamp);
bool smb2_mxac_request_add(struct wire_chain *list, NTTIME timestamp);

/* 2.2.14.2.5 */
struct smb2_mxac_response {
	NTSTATUS query_status;
	uint32_t maximal_access;
};

bool smb2_mxac_response_decode(struct wire_slice data,
			       struct smb2_mxac_response *out);
bool smb2_mxac_response_add(struct wire_chain *list,
			    const struct smb2_mxac_response *in);

/* 2.2.14.2.9; the request (2.2.13.2.9) has no data. */
struct smb2_qfid_response {
	uint64_t disk_file_id;
	uint64_t volume_id;
};

bool smb2_qfid_response_decode(struct wire_slice data,
			       struct smb2_qfid_response *out);
bool smb2_qfid_response_add(struct wire_chain *list,
			    const struct smb2_qfid_response *in);

/* 2.2.13.2.6 and 2.2.13.2.7 */
bool smb2_allocation_size_decode(struct wire_slice data, uint64_t *size);
bool smb2_allocation_size_add(struct wire_chain *list, uint64_t size);
bool smb2_timewarp_decode(struct wire_slice data, NTTIME *timestamp);
bool smb2_timewarp_add(struct wire_chain *list, NTTIME timestamp);

/* 2.2.13.2.8, 2.2.13.2.10, 2.2.14.2.10, 2.2.14.2.11; version by length. */
struct smb2_lease {
	uint8_t version; /* 1 or 2; what follows flags is of 2 only */
	struct smb2_guid lease_key;
	uint32_t lease_state;
	uint32_t flags;
	struct smb2_guid parent_lease_key;
	uint16_t epoch;
};

bool smb2_lease_decode(struct wire_slice data, struct smb2_lease *out);
bool smb2_lease_add(struct wire_chain *list, const struct smb2_lease *in);

/* 2.2.13.2.3 "DHnQ" and its response 2.2.14.2.3: reserved bytes only. */
bool smb2_durable_request_decode(struct wire_slice data);
bool smb2_durable_request_add(struct wire_chain *list);
bool smb2_durable_response_decode(struct wire_slice data);
bool smb2_durable_response_add(struct wire_chain *list);

/* 2.2.13.2.4 "DHnC" */
bool smb2_durable_reconnect_decode(struct wire_slice data,
				   struct smb2_file_id *out);
bool smb2_durable_reconnect_add(struct wire_chain *list,
				const struct smb2_file_id *in);

/* 2.2.13.2.11 "DH2Q" */
struct smb2_durable_v2_request {
	uint32_t timeout; /* ms, 0: the server's default */
	uint32_t flags;
	struct smb2_guid create_guid;
};

bool smb2_durable_v2_request_decode(struct wire_slice data,
				    struct smb2_durable_v2_request *out);
bool smb2_durable_v2_request_add(struct wire_chain *list,
				 const struct smb2_durable_v2_request *in);

/* 2.2.14.2.12 */
struct smb2_durable_v2_response {
	uint32_t timeout;
	uint32_t flags;
};

bool smb2_durable_v2_response_decode(struct wire_slice data,
				     struct smb2_durable_v2_response *out);
bool smb2_durable_v2_response_add(struct wire_chain *list,
				  const struct smb2_durable_v2_response *in);

/* 2.2.13.2.12 "DH2C" */
struct smb2_durable_v2_reconnect {
	struct smb2_file_id file_id;
	struct smb2_guid create_guid;
	uint32_t flags;
};

bool smb2_durable_v2_reconnect_decode(struct wire_slice data,
				      struct smb2_durable_v2_reconnect *out);
bool smb2_durable_v2_reconnect_add(struct wire_chain *list,
				   const struct smb2_durable_v2_reconnect *in);

/* 2.2.13.2.13 */
bool smb2_app_instance_id_decode(struct wire_slice data, struct smb2_guid *id);
bool smb2_app_instance_id_add(struct wire_chain *list,
			      const struct smb2_guid *id);

/* 2.2.13.2.15 */
struct smb2_app_instance_version {
	uint64_t high;
	uint64_t low;
};

bool smb2_app_instance_version_decode(struct wire_slice data,
				      struct smb2_app_instance_version *out);
bool smb2_app_instance_version_add(struct wire_chain *list,
				   const struct smb2_app_instance_version *in);

#endif
