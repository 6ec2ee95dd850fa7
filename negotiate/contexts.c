/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "negotiate/contexts_private.h"
#include "negotiate/ids_private.h"
#include "smbquic/smb2.h"
#include "smbquic/smb2_posix.h"
#include "smbquic/utf16.h"

/*
 * A function that is NULL: the client does not offer it, the server ignores
 * it, the server does not answer it, the client ignores the answer.
 */
struct context_row {
	uint16_t type;

	/* Client: whether to send it, and its data. */
	bool (*wanted)(const struct negotiate_policy *policy);
	bool (*offer)(const struct negotiate_policy *policy,
		      const uint8_t *salt, struct wire_writer *out);

	/* Server: judges the data (3.3.5.4). *answer: answer it. */
	NTSTATUS(*request)
	(const struct negotiate_policy *policy, struct wire_slice data,
	 struct negotiate_agreement *agreement, bool *answer);
	bool (*answer)(const struct negotiate_agreement *agreement,
		       const uint8_t *salt, struct wire_writer *out);

	/* Client: judges the data of the answer (3.2.5.2). */
	NTSTATUS(*response)
	(const struct negotiate_policy *policy, struct wire_slice data,
	 struct negotiate_agreement *agreement);
};

static NTSTATUS refuse(struct negotiate_agreement *agreement, NTSTATUS status,
		       const char *why)
{
	agreement->why = why;
	return status;
}

/* ------------------------------------------------------- what we may offer */

struct negotiate_ids contexts_ciphers(const struct negotiate_policy *policy)
{
	struct negotiate_ids one = {.count = 0};

	if (policy->first == NULL) {
		return policy->ciphers;
	}
	if (policy->first->cipher != 0) {
		one.id[0] = policy->first->cipher;
		one.count = 1;
	}
	return one;
}

struct negotiate_ids contexts_signing(const struct negotiate_policy *policy)
{
	struct negotiate_ids one = {.count = 0};

	if (policy->first == NULL || policy->signing.count == 0) {
		return policy->signing;
	}
	one.id[0] = policy->first->signing_algorithm;
	one.count = 1;
	return one;
}

/* ------------------------------------------- preauth integrity, 2.2.3.1.1 */

static bool always(const struct negotiate_policy *policy)
{
	(void)policy;
	return true;
}

static bool preauth_put(const uint8_t *salt, struct wire_writer *out)
{
	struct smb2_preauth_context c = {
		.count = 1,
		.algorithms = {SMB2_PREAUTH_SHA512},
		.salt = wire_slice(salt, NEGOTIATE_SALT_SIZE),
	};

	return smb2_preauth_context_encode(out, &c);
}

static bool preauth_offer(const struct negotiate_policy *policy,
			  const uint8_t *salt, struct wire_writer *out)
{
	(void)policy;
	return preauth_put(salt, out);
}

static NTSTATUS preauth_request(const struct negotiate_policy *policy,
				struct wire_slice data,
				struct negotiate_agreement *agreement,
				bool *answer)
{
	static const struct negotiate_ids ours = {
		.id = {SMB2_PREAUTH_SHA512},
		.count = 1,
	};
	struct smb2_preauth_context c = {0};
	uint16_t chosen = 0;

	(void)policy;
	if (!smb2_preauth_context_decode(data, &c)) {
		return refuse(agreement, NT_STATUS_INVALID_PARAMETER,
			      "malformed preauth integrity context");
	}
	if (!ids_choose(&ours, c.algorithms, c.count, &chosen)) {
		return refuse(agreement,
			      NT_STATUS_SMB_NO_PREAUTH_INTEGRITY_HASH_OVERLAP,
			      "no preauth hash in common");
	}
	*answer = true;
	return NT_STATUS_OK;
}

static bool preauth_answer(const struct negotiate_agreement *agreement,
			   const uint8_t *salt, struct wire_writer *out)
{
	(void)agreement;
	return preauth_put(salt, out);
}

static NTSTATUS preauth_response(const struct negotiate_policy *policy,
				 struct wire_slice data,
				 struct negotiate_agreement *agreement)
{
	struct smb2_preauth_context c = {0};

	(void)policy;
	if (!smb2_preauth_context_decode(data, &c) || c.count != 1 ||
	    c.algorithms[0] != SMB2_PREAUTH_SHA512) {
		return refuse(agreement, NT_STATUS_INVALID_NETWORK_RESPONSE,
			      "the server chose no preauth hash of ours");
	}
	return NT_STATUS_OK;
}

/* -------------------------------------------------- encryption, 2.2.3.1.2 */

static bool encryption_wanted(const struct negotiate_policy *policy)
{
	return contexts_ciphers(policy).count > 0;
}

static bool encryption_offer(const struct negotiate_policy *policy,
			     const uint8_t *salt, struct wire_writer *out)
{
	struct negotiate_ids ids = contexts_ciphers(policy);

	(void)salt;
	return ids_put(out, &ids);
}

static NTSTATUS encryption_request(const struct negotiate_policy *policy,
				   struct wire_slice data,
				   struct negotiate_agreement *agreement,
				   bool *answer)
{
	struct smb2_algorithms_context c = {0};

	if (policy->ciphers.count == 0) {
		return NT_STATUS_OK;
	}
	if (!smb2_algorithms_context_decode(data, &c)) {
		return refuse(agreement, NT_STATUS_INVALID_PARAMETER,
			      "malformed encryption context");
	}
	/* None in common is answered too, with cipher 0. */
	(void)ids_choose(&policy->ciphers, c.algorithms, c.count,
			 &agreement->cipher);
	*answer = true;
	return NT_STATUS_OK;
}

static bool encryption_answer(const struct negotiate_agreement *agreement,
			      const uint8_t *salt, struct wire_writer *out)
{
	(void)salt;
	return ids_put_one(out, agreement->cipher);
}

static NTSTATUS encryption_response(const struct negotiate_policy *policy,
				    struct wire_slice data,
				    struct negotiate_agreement *agreement)
{
	struct negotiate_ids offered = contexts_ciphers(policy);
	struct smb2_algorithms_context c = {0};

	if (!smb2_algorithms_context_decode(data, &c) || c.count != 1) {
		return refuse(agreement, NT_STATUS_INVALID_NETWORK_RESPONSE,
			      "malformed encryption context");
	}
	if (c.algorithms[0] != 0 && !ids_has(&offered, c.algorithms[0])) {
		return refuse(agreement, NT_STATUS_INVALID_NETWORK_RESPONSE,
			      "the server chose a cipher that was not offered");
	}
	agreement->cipher = c.algorithms[0];
	return NT_STATUS_OK;
}

/* ------------------------------------------------- compression, 2.2.3.1.3 */

static bool compression_wanted(const struct negotiate_policy *policy)
{
	return policy->compression.count > 0;
}

static bool compression_offer(const struct negotiate_policy *policy,
			      const uint8_t *salt, struct wire_writer *out)
{
	const struct negotiate_ids *ids = &policy->compression;
	struct smb2_compression_context c = {
		.flags = SMB2_COMPRESSION_CAPABILITIES_FLAG_CHAINED,
		.count = (uint16_t)ids->count,
	};

	(void)salt;
	memcpy(c.algorithms, ids->id, ids->count * sizeof(ids->id[0]));
	return smb2_compression_context_encode(out, &c);
}

/* Those of theirs that are ours too, each once, in their order. */
static void compression_common(const struct negotiate_ids *ours,
			       const struct smb2_compression_context *theirs,
			       struct smb2_compress_terms *terms)
{
	unsigned i = 0;

	for (i = 0; i < theirs->count; i++) {
		uint16_t id = theirs->algorithms[i];

		if (ids_has(ours, id) && !smb2_compress_has(terms, id) &&
		    terms->count < SMB2_COMPRESS_MAX_ALGORITHMS) {
			terms->algorithms[terms->count++] = id;
		}
	}
	terms->chained = terms->count > 0 &&
			 (theirs->flags &
			  SMB2_COMPRESSION_CAPABILITIES_FLAG_CHAINED) != 0;
}

/* A malformed one is refused even where compression is not wanted. */
static NTSTATUS compression_request(const struct negotiate_policy *policy,
				    struct wire_slice data,
				    struct negotiate_agreement *agreement,
				    bool *answer)
{
	struct smb2_compression_context c = {0};

	if (!smb2_compression_context_decode(data, &c) || c.count == 0) {
		return refuse(agreement, NT_STATUS_INVALID_PARAMETER,
			      "malformed compression context");
	}
	if (policy->compression.count > 0) {
		compression_common(&policy->compression, &c,
				   &agreement->compression);
		*answer = true;
	}
	return NT_STATUS_OK;
}

/* None in common is answered by NONE (3.3.5.4). */
static bool compression_answer(const struct negotiate_agreement *agreement,
			       const uint8_t *salt, struct wire_writer *out)
{
	const struct smb2_compress_terms *terms = &agreement->compression;
	struct smb2_compression_context c = {
		.flags = terms->chained
				 ? SMB2_COMPRESSION_CAPABILITIES_FLAG_CHAINED
				 : 0,
		.count = terms->count,
	};

	(void)salt;
	memcpy(c.algorithms, terms->algorithms,
	       terms->count * sizeof(c.algorithms[0]));
	if (c.count == 0) {
		c.algorithms[0] = SMB2_COMPRESSION_NONE;
		c.count = 1;
	}
	return smb2_compression_context_encode(out, &c);
}

/* 3.2.5.2: only what was offered, each once; or NONE alone. */
static NTSTATUS compression_response(const struct negotiate_policy *policy,
				     struct wire_slice data,
				     struct negotiate_agreement *agreement)
{
	struct smb2_compress_terms *terms = &agreement->compression;
	struct smb2_compression_context c = {0};

	if (!smb2_compression_context_decode(data, &c) || c.count == 0) {
		return refuse(agreement, NT_STATUS_INVALID_NETWORK_RESPONSE,
			      "malformed compression context");
	}
	if (c.count == 1 && c.algorithms[0] == SMB2_COMPRESSION_NONE) {
		return NT_STATUS_OK;
	}
	compression_common(&policy->compression, &c, terms);
	if (terms->count != c.count) {
		*terms = (struct smb2_compress_terms){.count = 0};
		return refuse(agreement, NT_STATUS_INVALID_NETWORK_RESPONSE,
			      "the server chose a compression algorithm that "
			      "was not offered, or one twice");
	}
	return NT_STATUS_OK;
}

/* ----------------------------------------------------- signing, 2.2.3.1.7 */

static bool signing_wanted(const struct negotiate_policy *policy)
{
	return policy->signing.count > 0;
}

static bool signing_offer(const struct negotiate_policy *policy,
			  const uint8_t *salt, struct wire_writer *out)
{
	struct negotiate_ids ids = contexts_signing(policy);

	(void)salt;
	return ids_put(out, &ids);
}

static NTSTATUS signing_request(const struct negotiate_policy *policy,
				struct wire_slice data,
				struct negotiate_agreement *agreement,
				bool *answer)
{
	struct smb2_algorithms_context c = {0};

	if (policy->signing.count == 0) {
		return NT_STATUS_OK;
	}
	if (!smb2_algorithms_context_decode(data, &c) || c.count == 0) {
		return refuse(agreement, NT_STATUS_INVALID_PARAMETER,
			      "malformed signing context");
	}
	/* None in common: it stays AES-CMAC, and that is the answer. */
	(void)ids_choose(&policy->signing, c.algorithms, c.count,
			 &agreement->signing_algorithm);
	*answer = true;
	return NT_STATUS_OK;
}

static bool signing_answer(const struct negotiate_agreement *agreement,
			   const uint8_t *salt, struct wire_writer *out)
{
	(void)salt;
	return ids_put_one(out, agreement->signing_algorithm);
}

static NTSTATUS signing_response(const struct negotiate_policy *policy,
				 struct wire_slice data,
				 struct negotiate_agreement *agreement)
{
	struct negotiate_ids offered = contexts_signing(policy);
	struct smb2_algorithms_context c = {0};

	if (!smb2_algorithms_context_decode(data, &c) || c.count != 1) {
		return refuse(agreement, NT_STATUS_INVALID_NETWORK_RESPONSE,
			      "malformed signing context");
	}
	if (!ids_has(&offered, c.algorithms[0])) {
		return refuse(agreement, NT_STATUS_INVALID_NETWORK_RESPONSE,
			      "the server chose a signing algorithm that was "
			      "not offered");
	}
	agreement->signing_algorithm = c.algorithms[0];
	return NT_STATUS_OK;
}

/* ----------------------------------------------------- netname, 2.2.3.1.4 */

static bool netname_wanted(const struct negotiate_policy *policy)
{
	ssize_t size = -1;

	if (policy->server_name == NULL || policy->server_name[0] == '\0') {
		return false;
	}
	size = utf16_size(policy->server_name);
	return size > 0 && size <= SMB2_MAX_SERVER_NAME * 2;
}

static bool netname_offer(const struct negotiate_policy *policy,
			  const uint8_t *salt, struct wire_writer *out)
{
	(void)salt;
	return utf16_put(out, policy->server_name);
}

/* ---------------------------------------------- transport security, 2.2.3.1.5
 *
 * Only over a secure transport and only if both ends say so; the result holds
 * for this connection alone (3.2.4.2.2.2, 3.3.5.4, 3.2.5.2).
 */

static bool transport_wanted(const struct negotiate_policy *policy)
{
	return policy->secure_transport && policy->accept_transport_security;
}

static bool transport_offer(const struct negotiate_policy *policy,
			    const uint8_t *salt, struct wire_writer *out)
{
	(void)policy;
	(void)salt;
	return smb2_transport_context_encode(
		out, SMB2_ACCEPT_TRANSPORT_LEVEL_SECURITY);
}

static NTSTATUS transport_request(const struct negotiate_policy *policy,
				  struct wire_slice data,
				  struct negotiate_agreement *agreement,
				  bool *answer)
{
	uint32_t flags = 0;

	if (!smb2_transport_context_decode(data, &flags)) {
		return refuse(agreement, NT_STATUS_INVALID_PARAMETER,
			      "malformed transport capabilities context");
	}
	agreement->accept_transport_security =
		transport_wanted(policy) &&
		(flags & SMB2_ACCEPT_TRANSPORT_LEVEL_SECURITY) != 0;
	*answer = true;
	return NT_STATUS_OK;
}

static bool transport_answer(const struct negotiate_agreement *agreement,
			     const uint8_t *salt, struct wire_writer *out)
{
	(void)salt;
	return smb2_transport_context_encode(
		out, agreement->accept_transport_security
			     ? SMB2_ACCEPT_TRANSPORT_LEVEL_SECURITY
			     : 0);
}

static NTSTATUS transport_response(const struct negotiate_policy *policy,
				   struct wire_slice data,
				   struct negotiate_agreement *agreement)
{
	uint32_t flags = 0;

	if (!smb2_transport_context_decode(data, &flags)) {
		return refuse(agreement, NT_STATUS_INVALID_NETWORK_RESPONSE,
			      "malformed transport capabilities context");
	}
	/* A server may say yes unasked; that changes nothing. */
	agreement->accept_transport_security =
		transport_wanted(policy) &&
		(flags & SMB2_ACCEPT_TRANSPORT_LEVEL_SECURITY) != 0;
	return NT_STATUS_OK;
}

/* --------------------------------------------------------- POSIX extensions
 *
 * The data names the version that is spoken; another one is not answered.
 */

static bool posix_wanted(const struct negotiate_policy *policy)
{
	return policy->posix;
}

static bool posix_put(struct wire_writer *out)
{
	wire_put(out, SMB2_CREATE_POSIX, SMB2_POSIX_GUID_SIZE);
	return wire_writer_ok(out);
}

static bool posix_offer(const struct negotiate_policy *policy,
			const uint8_t *salt, struct wire_writer *out)
{
	(void)policy;
	(void)salt;
	return posix_put(out);
}

/* Of several versions, one after the other, any may be ours. */
static bool posix_named(struct wire_slice data)
{
	size_t at = 0;

	for (at = 0; at < data.len; at += SMB2_POSIX_GUID_SIZE) {
		if (memcmp(data.data + at, SMB2_CREATE_POSIX,
			   SMB2_POSIX_GUID_SIZE) == 0) {
			return true;
		}
	}
	return false;
}

static NTSTATUS posix_request(const struct negotiate_policy *policy,
			      struct wire_slice data,
			      struct negotiate_agreement *agreement,
			      bool *answer)
{
	if (data.len == 0 || data.len % SMB2_POSIX_GUID_SIZE != 0) {
		return refuse(agreement, NT_STATUS_INVALID_PARAMETER,
			      "malformed POSIX extensions context");
	}
	agreement->posix = policy->posix && posix_named(data);
	*answer = agreement->posix;
	return NT_STATUS_OK;
}

static bool posix_answer(const struct negotiate_agreement *agreement,
			 const uint8_t *salt, struct wire_writer *out)
{
	(void)agreement;
	(void)salt;
	return posix_put(out);
}

static NTSTATUS posix_response(const struct negotiate_policy *policy,
			       struct wire_slice data,
			       struct negotiate_agreement *agreement)
{
	agreement->posix = policy->posix && data.len == SMB2_POSIX_GUID_SIZE &&
			   posix_named(data);
	return NT_STATUS_OK;
}

/* ---------------------------------------------------------------- the table */

static const struct context_row rows[] = {
	{
		.type = SMB2_PREAUTH_INTEGRITY_CAPABILITIES,
		.wanted = always,
		.offer = preauth_offer,
		.request = preauth_request,
		.answer = preauth_answer,
		.response = preauth_response,
	},
	{
		.type = SMB2_ENCRYPTION_CAPABILITIES,
		.wanted = encryption_wanted,
		.offer = encryption_offer,
		.request = encryption_request,
		.answer = encryption_answer,
		.response = encryption_response,
	},
	{
		.type = SMB2_COMPRESSION_CAPABILITIES,
		.wanted = compression_wanted,
		.offer = compression_offer,
		.request = compression_request,
		.answer = compression_answer,
		.response = compression_response,
	},
	{
		.type = SMB2_SIGNING_CAPABILITIES,
		.wanted = signing_wanted,
		.offer = signing_offer,
		.request = signing_request,
		.answer = signing_answer,
		.response = signing_response,
	},
	{
		.type = SMB2_NETNAME_NEGOTIATE_CONTEXT_ID,
		.wanted = netname_wanted,
		.offer = netname_offer,
	},
	{
		.type = SMB2_TRANSPORT_CAPABILITIES,
		.wanted = transport_wanted,
		.offer = transport_offer,
		.request = transport_request,
		.answer = transport_answer,
		.response = transport_response,
	},
	{
		.type = SMB2_POSIX_EXTENSIONS_AVAILABLE,
		.wanted = posix_wanted,
		.offer = posix_offer,
		.request = posix_request,
		.answer = posix_answer,
		.response = posix_response,
	},
	{
		/* There is no RDMA here; two of them are an error still. */
		.type = SMB2_RDMA_TRANSFORM_CAPABILITIES,
	},
};

#define ROWS (sizeof(rows) / sizeof(rows[0]))

/* ---------------------------------------------------------------- the walks */

/* The data of each row's context, and which of them are there. */
struct context_slots {
	struct wire_slice data[ROWS];
	bool present[ROWS];
};

static size_t row_find(uint16_t type)
{
	size_t i = 0;

	for (i = 0; i < ROWS && rows[i].type != type; i++) {
	}
	return i;
}

/* NULL, or what is wrong with the list as a whole. */
static const char *sort_contexts(struct wire_slice list, uint16_t count,
				 struct context_slots *slots)
{
	struct smb2_negotiate_contexts walk =
		smb2_negotiate_contexts(list, count);
	struct smb2_negotiate_context c = {0};

	while (smb2_negotiate_contexts_next(&walk, &c)) {
		size_t i = row_find(c.type);

		if (i == ROWS) {
			continue;
		}
		if (slots->present[i]) {
			return "a negotiate context appears twice";
		}
		slots->present[i] = true;
		slots->data[i] = c.data;
	}
	if (!smb2_negotiate_contexts_ok(&walk)) {
		return "malformed list of negotiate contexts";
	}
	if (!slots->present[row_find(SMB2_PREAUTH_INTEGRITY_CAPABILITIES)]) {
		return "no preauth integrity context";
	}
	return NULL;
}

static bool add_context(struct wire_writer *out, uint16_t type,
			const struct wire_writer *data, uint16_t *count)
{
	struct smb2_negotiate_context c = {
		.type = type,
		.data = wire_writer_slice(data),
	};

	(*count)++;
	return wire_writer_ok(data) && smb2_negotiate_context_add(out, &c);
}

bool contexts_offer(const struct negotiate_policy *policy,
		    const uint8_t salt[NEGOTIATE_SALT_SIZE],
		    struct wire_writer *out, uint16_t *count)
{
	uint8_t buf[CONTEXTS_MAX_SIZE] = {0};
	bool ok = true;
	size_t i = 0;

	*count = 0;
	for (i = 0; i < ROWS && ok; i++) {
		struct wire_writer data = wire_writer_fixed(buf, sizeof(buf));

		if (rows[i].wanted != NULL && rows[i].wanted(policy)) {
			ok = rows[i].offer(policy, salt, &data) &&
			     add_context(out, rows[i].type, &data, count);
		}
	}
	return ok;
}

bool contexts_answer(const struct negotiate_agreement *agreement,
		     const uint8_t salt[NEGOTIATE_SALT_SIZE],
		     struct wire_writer *out, uint16_t *count)
{
	uint8_t buf[CONTEXTS_MAX_SIZE] = {0};
	bool ok = true;
	size_t i = 0;

	*count = 0;
	for (i = 0; i < ROWS && ok; i++) {
		struct wire_writer data = wire_writer_fixed(buf, sizeof(buf));

		if ((agreement->contexts & 1u << i) != 0) {
			ok = rows[i].answer(agreement, salt, &data) &&
			     add_context(out, rows[i].type, &data, count);
		}
	}
	return ok;
}

NTSTATUS contexts_judge_request(const struct negotiate_policy *policy,
				struct wire_slice list, uint16_t count,
				struct negotiate_agreement *agreement)
{
	struct context_slots slots = {.present = {false}};
	const char *why = sort_contexts(list, count, &slots);
	NTSTATUS status = NT_STATUS_OK;
	size_t i = 0;

	if (why != NULL) {
		return refuse(agreement, NT_STATUS_INVALID_PARAMETER, why);
	}
	for (i = 0; i < ROWS && NT_STATUS_IS_OK(status); i++) {
		bool answer = false;

		if (!slots.present[i] || rows[i].request == NULL) {
			continue;
		}
		status = rows[i].request(policy, slots.data[i], agreement,
					 &answer);
		agreement->contexts |= answer ? 1u << i : 0;
	}
	return status;
}

NTSTATUS contexts_judge_response(const struct negotiate_policy *policy,
				 struct wire_slice list, uint16_t count,
				 struct negotiate_agreement *agreement)
{
	struct context_slots slots = {.present = {false}};
	const char *why = sort_contexts(list, count, &slots);
	NTSTATUS status = NT_STATUS_OK;
	size_t i = 0;

	if (why != NULL) {
		return refuse(agreement, NT_STATUS_INVALID_NETWORK_RESPONSE,
			      why);
	}
	for (i = 0; i < ROWS && NT_STATUS_IS_OK(status); i++) {
		if (slots.present[i] && rows[i].response != NULL) {
			status = rows[i].response(policy, slots.data[i],
						  agreement);
		}
	}
	return status;
}
