/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The client's side: MS-SMB2 3.2.4.2.2.2, 3.2.5.2, 3.2.5.5, 3.2.5.14.12. */
#include "negotiate/contexts_private.h"
#include "negotiate/ids_private.h"
#include "negotiate/negotiate_private.h"

/* ------------------------------------------------------------------ request */

static uint32_t client_capabilities(const struct negotiate_policy *policy,
				    uint16_t max_dialect)
{
	uint32_t capabilities = policy->capabilities;

	capabilities &= ~SMB2_GLOBAL_CAP_ENCRYPTION;
	if (max_dialect < SMB2_DIALECT_300) {
		return 0;
	}
	if (max_dialect < SMB2_DIALECT_311) {
		/* Only for what these dialects can use. */
		return capabilities |
		       (ids_has(&policy->ciphers, SMB2_CIPHER_AES128_CCM)
				? SMB2_GLOBAL_CAP_ENCRYPTION
				: 0);
	}
	return capabilities |
	       (policy->ciphers.count > 0 ? SMB2_GLOBAL_CAP_ENCRYPTION : 0);
}

/* The request that this policy makes, without its contexts. */
static bool make_request(const struct negotiate_policy *policy,
			 struct smb2_negotiate_request *req)
{
	uint16_t max_dialect = 0;

	*req = (struct smb2_negotiate_request){0};
	req->dialect_count =
		(uint16_t)negotiate_dialects(policy, req->dialects);
	if (req->dialect_count == 0) {
		return false;
	}
	max_dialect = req->dialects[req->dialect_count - 1];
	/* REQUIRED or ENABLED, not both: 3.2.4.2.2.2. */
	req->security_mode = policy->signing_required
				     ? SMB2_NEGOTIATE_SIGNING_REQUIRED
				     : SMB2_NEGOTIATE_SIGNING_ENABLED;
	req->capabilities = client_capabilities(policy, max_dialect);
	if (max_dialect > SMB2_DIALECT_202) {
		memcpy(req->client_guid.bytes, policy->guid,
		       NEGOTIATE_GUID_SIZE);
	}
	return true;
}

bool negotiate_build_request(const struct negotiate_policy *policy,
			     const uint8_t salt[NEGOTIATE_SALT_SIZE],
			     struct wire_writer *out)
{
	uint8_t buf[2 * CONTEXTS_MAX_SIZE] = {0};
	struct wire_writer list = wire_writer_fixed(buf, sizeof(buf));
	struct smb2_negotiate_request req = {0};

	if (!make_request(policy, &req)) {
		return false;
	}
	if (req.dialects[req.dialect_count - 1] == SMB2_DIALECT_311) {
		if (!contexts_offer(policy, salt, &list, &req.context_count)) {
			return false;
		}
		req.contexts = wire_writer_slice(&list);
	}
	return smb2_negotiate_request_encode(out, &req);
}

/* ----------------------------------------------------------------- response */

static NTSTATUS judge_header(struct wire_slice response,
			     struct negotiate_agreement *agreement)
{
	struct smb2_header hdr = {0};

	if (!smb2_header_decode(response.data, response.len, &hdr) ||
	    hdr.command != SMB2_NEGOTIATE || !smb2_header_is_response(&hdr)) {
		return negotiate_refuse(agreement,
					NT_STATUS_INVALID_NETWORK_RESPONSE,
					"the answer is not to a negotiation");
	}
	if (!NT_STATUS_IS_OK(hdr.status)) {
		return negotiate_refuse(agreement, hdr.status,
					"the server refused to negotiate");
	}
	return NT_STATUS_OK;
}

static bool has_dialect(const struct negotiate_agreement *agreement,
			uint16_t dialect)
{
	unsigned i = 0;

	for (i = 0; i < agreement->dialect_count; i++) {
		if (agreement->dialects[i] == dialect) {
			return true;
		}
	}
	return false;
}

static void fill_from_request(struct negotiate_agreement *a,
			      const struct smb2_negotiate_request *req)
{
	memcpy(a->client_guid, req->client_guid.bytes, NEGOTIATE_GUID_SIZE);
	a->client_security_mode = req->security_mode;
	a->client_capabilities = req->capabilities;
	memcpy(a->dialects, req->dialects, sizeof(a->dialects));
	a->dialect_count = req->dialect_count;
}

static void fill_from_response(struct negotiate_agreement *a,
			       const struct negotiate_policy *policy,
			       const struct smb2_negotiate_response *rsp)
{
	a->dialect = rsp->dialect;
	a->signing_algorithm = negotiate_default_signing(rsp->dialect);
	a->signing_required =
		policy->signing_required ||
		(rsp->security_mode & SMB2_NEGOTIATE_SIGNING_REQUIRED) != 0;
	a->multi_credit = rsp->dialect > SMB2_DIALECT_202 &&
			  (rsp->capabilities & SMB2_GLOBAL_CAP_LARGE_MTU) != 0;
	a->capabilities = rsp->capabilities;
	a->max_transact = rsp->max_transact_size;
	a->max_read = rsp->max_read_size;
	a->max_write = rsp->max_write_size;
	memcpy(a->server_guid, rsp->server_guid.bytes, NEGOTIATE_GUID_SIZE);
	a->server_security_mode = rsp->security_mode;
	a->server_capabilities = rsp->capabilities;
	a->server_time = rsp->system_time;
	a->security = rsp->security_buffer;
}

/* What the response says outside its contexts. */
static NTSTATUS judge_body(const struct negotiate_agreement *a,
			   const char **why)
{
	*why = NULL;
	if (a->dialect == SMB2_DIALECT_WILDCARD ||
	    !has_dialect(a, a->dialect)) {
		*why = "the server chose a dialect that was not offered";
		return NT_STATUS_INVALID_NETWORK_RESPONSE;
	}
	if (a->max_transact < NEGOTIATE_SMALL_MTU ||
	    a->max_read < NEGOTIATE_SMALL_MTU ||
	    a->max_write < NEGOTIATE_SMALL_MTU) {
		*why = "the server takes less than 64 KiB at a time";
		return NT_STATUS_INVALID_NETWORK_RESPONSE;
	}
	return NT_STATUS_OK;
}

/* Cipher and signing algorithm, by dialect. */
static NTSTATUS judge_protection(const struct negotiate_policy *policy,
				 const struct smb2_negotiate_response *rsp,
				 struct negotiate_agreement *a)
{
	NTSTATUS status = NT_STATUS_OK;

	a->capabilities &= ~SMB2_GLOBAL_CAP_ENCRYPTION;
	if (a->dialect == SMB2_DIALECT_300 || a->dialect == SMB2_DIALECT_302) {
		a->cipher = negotiate_cipher_300(policy, rsp->capabilities);
	}
	if (a->dialect == SMB2_DIALECT_311) {
		status = contexts_judge_response(policy, rsp->contexts,
						 rsp->context_count, a);
	}
	if (a->cipher != 0) {
		a->capabilities |= SMB2_GLOBAL_CAP_ENCRYPTION;
	}
	return status;
}

/* Honest answers that are below what the policy wants. */
static const char *below_policy(const struct negotiate_policy *policy,
				const struct negotiate_agreement *a)
{
	if (policy->encryption_required && a->cipher == 0 &&
	    !a->accept_transport_security) {
		return "encryption is required and the server has no cipher "
		       "in common";
	}
	if (a->dialect == SMB2_DIALECT_311 && policy->signing.count > 0 &&
	    !ids_has(&policy->signing, a->signing_algorithm)) {
		return "the server signs with no algorithm that is permitted";
	}
	return NULL;
}

/* A further channel must be to the same server, 3.2.5.2. */
static const char *differs_from_first(const struct negotiate_agreement *first,
				      const struct negotiate_agreement *a)
{
	if (first == NULL) {
		return NULL;
	}
	if (memcmp(first->server_guid, a->server_guid, NEGOTIATE_GUID_SIZE) !=
	    0) {
		return "a further channel leads to another server";
	}
	if (first->dialect != a->dialect ||
	    first->server_security_mode != a->server_security_mode ||
	    first->server_capabilities != a->server_capabilities) {
		return "the server answers differently on a further channel";
	}
	if (first->cipher != a->cipher ||
	    first->signing_algorithm != a->signing_algorithm) {
		return "a further channel would be protected differently";
	}
	return NULL;
}

static bool hash_both(struct negotiate_agreement *a, struct wire_slice request,
		      struct wire_slice response)
{
	struct iovec iov[] = {
		{(void *)(uintptr_t)request.data, request.len},
		{(void *)(uintptr_t)response.data, response.len},
	};

	return negotiate_hash(a, &iov[0], 1) && negotiate_hash(a, &iov[1], 1);
}

NTSTATUS negotiate_judge_response(const struct negotiate_policy *policy,
				  struct wire_slice request,
				  struct wire_slice response,
				  struct negotiate_agreement *agreement)
{
	struct smb2_negotiate_request req = {0};
	struct smb2_negotiate_response rsp = {0};
	NTSTATUS status = NT_STATUS_OK;
	const char *why = NULL;

	*agreement = (struct negotiate_agreement){0};
	if (!make_request(policy, &req)) {
		return negotiate_refuse(agreement, NT_STATUS_INVALID_PARAMETER,
					"no dialect is permitted");
	}
	status = judge_header(response, agreement);
	if (!NT_STATUS_IS_OK(status)) {
		return status;
	}
	if (!smb2_negotiate_response_decode(response.data, response.len,
					    &rsp)) {
		return negotiate_refuse(agreement,
					NT_STATUS_INVALID_NETWORK_RESPONSE,
					"malformed answer");
	}
	fill_from_request(agreement, &req);
	fill_from_response(agreement, policy, &rsp);
	status = judge_body(agreement, &why);
	if (!NT_STATUS_IS_OK(status)) {
		return negotiate_refuse(agreement, status, why);
	}
	status = judge_protection(policy, &rsp, agreement);
	if (!NT_STATUS_IS_OK(status)) {
		return status;
	}
	why = differs_from_first(policy->first, agreement);
	if (why != NULL) {
		return negotiate_refuse(
			agreement, NT_STATUS_INVALID_NETWORK_RESPONSE, why);
	}
	why = below_policy(policy, agreement);
	if (why != NULL) {
		return negotiate_refuse(agreement, NT_STATUS_NOT_SUPPORTED,
					why);
	}
	if (!hash_both(agreement, request, response)) {
		return negotiate_refuse(agreement, NT_STATUS_NO_MEMORY,
					"no memory");
	}
	return NT_STATUS_OK;
}

/* ------------------------------------------------ validate negotiate, client
 */

bool negotiate_validate_needed(const struct negotiate_policy *policy,
			       const struct negotiate_agreement *agreement)
{
	uint16_t ours[NEGOTIATE_MAX_DIALECTS] = {0};
	unsigned count = negotiate_dialects(policy, ours);

	return agreement->dialect != SMB2_DIALECT_311 && count > 0 &&
	       ours[count - 1] >= SMB2_DIALECT_300;
}

bool negotiate_validate_build(const struct negotiate_agreement *agreement,
			      struct wire_writer *out)
{
	struct smb2_validate_negotiate_request req = {
		.capabilities = agreement->client_capabilities,
		.security_mode = agreement->client_security_mode,
		.dialect_count = (uint16_t)agreement->dialect_count,
	};

	memcpy(req.guid.bytes, agreement->client_guid, NEGOTIATE_GUID_SIZE);
	memcpy(req.dialects, agreement->dialects, sizeof(req.dialects));
	return smb2_validate_negotiate_request_encode(out, &req);
}

NTSTATUS negotiate_validate_check(const struct negotiate_agreement *agreement,
				  struct wire_slice output)
{
	struct smb2_validate_negotiate_response rsp = {0};

	if (!smb2_validate_negotiate_response_decode(output, &rsp)) {
		return NT_STATUS_INVALID_NETWORK_RESPONSE;
	}
	if (rsp.capabilities != agreement->server_capabilities ||
	    memcmp(rsp.guid.bytes, agreement->server_guid,
		   NEGOTIATE_GUID_SIZE) != 0 ||
	    rsp.security_mode != agreement->server_security_mode ||
	    rsp.dialect != agreement->dialect) {
		return NT_STATUS_ACCESS_DENIED;
	}
	return NT_STATUS_OK;
}
