/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The server's side: MS-SMB2 3.3.5.3, 3.3.5.4, 3.3.5.15.12. */
#include "negotiate/contexts_private.h"
#include "negotiate/negotiate_private.h"

/* ------------------------------------------------------------- capabilities */

/* Which capabilities a dialect may have, and which of them only if the client
 * has them too (3.3.5.4). */
static uint32_t server_capabilities(const struct negotiate_policy *policy,
				    const struct negotiate_agreement *a)
{
	uint32_t allowed = SMB2_GLOBAL_CAP_DFS;
	uint32_t asked = SMB2_GLOBAL_CAP_MULTI_CHANNEL |
			 SMB2_GLOBAL_CAP_DIRECTORY_LEASING |
			 SMB2_GLOBAL_CAP_PERSISTENT_HANDLES;

	if (a->dialect >= SMB2_DIALECT_210) { /* the wildcard included */
		allowed |= SMB2_GLOBAL_CAP_LEASING | SMB2_GLOBAL_CAP_LARGE_MTU;
	}
	if (a->dialect >= SMB2_DIALECT_300) {
		allowed |= asked & a->client_capabilities;
	}
	if (a->dialect == SMB2_DIALECT_311) {
		allowed |=
			SMB2_GLOBAL_CAP_NOTIFICATIONS & a->client_capabilities;
	}
	return policy->capabilities & allowed;
}

static uint32_t limit_size(const struct negotiate_agreement *a, uint32_t size)
{
	return a->multi_credit || size < NEGOTIATE_SMALL_MTU
		       ? size
		       : NEGOTIATE_SMALL_MTU;
}

/* Everything but cipher and contexts, once the dialect is known. */
static void agree(const struct negotiate_policy *policy,
		  struct negotiate_agreement *a)
{
	a->signing_algorithm = negotiate_default_signing(a->dialect);
	a->signing_required = policy->signing_required ||
			      (a->client_security_mode &
			       SMB2_NEGOTIATE_SIGNING_REQUIRED) != 0;
	a->server_security_mode = negotiate_security_mode(policy);
	memcpy(a->server_guid, policy->guid, NEGOTIATE_GUID_SIZE);
	a->server_capabilities = server_capabilities(policy, a);
	a->multi_credit =
		(a->server_capabilities & SMB2_GLOBAL_CAP_LARGE_MTU) != 0;
	a->max_transact = limit_size(a, policy->max_transact);
	a->max_read = limit_size(a, policy->max_read);
	a->max_write = limit_size(a, policy->max_write);
	a->capabilities = a->server_capabilities;
}

/* ------------------------------------------------------------------ request */

static NTSTATUS agree_protection(const struct negotiate_policy *policy,
				 const struct smb2_negotiate_request *req,
				 struct negotiate_agreement *a)
{
	NTSTATUS status = NT_STATUS_OK;

	if (a->dialect == SMB2_DIALECT_300 || a->dialect == SMB2_DIALECT_302) {
		a->cipher = negotiate_cipher_300(policy, req->capabilities);
		if (a->cipher != 0) {
			a->server_capabilities |= SMB2_GLOBAL_CAP_ENCRYPTION;
		}
	}
	if (a->dialect == SMB2_DIALECT_311) {
		status = contexts_judge_request(policy, req->contexts,
						req->context_count, a);
	}
	if (a->cipher != 0) {
		/* With 3.1.1 it is not on the wire, but it holds. */
		a->capabilities |= SMB2_GLOBAL_CAP_ENCRYPTION;
	}
	return status;
}

NTSTATUS negotiate_judge_request(const struct negotiate_policy *policy,
				 struct wire_slice request,
				 struct negotiate_agreement *agreement)
{
	struct iovec iov = {.iov_base = (void *)(uintptr_t)request.data,
			    .iov_len = request.len};
	struct negotiate_agreement *a = agreement;
	struct smb2_negotiate_request req = {0};
	NTSTATUS status = NT_STATUS_OK;

	*a = (struct negotiate_agreement){0};
	if (!smb2_negotiate_request_decode(request.data, request.len, &req)) {
		return negotiate_refuse(a, NT_STATUS_INVALID_PARAMETER,
					"malformed request");
	}
	if (req.dialect_count == 0) {
		return negotiate_refuse(a, NT_STATUS_INVALID_PARAMETER,
					"no dialect is offered");
	}
	a->client_capabilities = req.capabilities;
	a->client_security_mode = req.security_mode;
	memcpy(a->client_guid, req.client_guid.bytes, NEGOTIATE_GUID_SIZE);
	memcpy(a->dialects, req.dialects, sizeof(a->dialects));
	a->dialect_count = req.dialect_count;
	a->dialect = negotiate_common_dialect(policy, req.dialects,
					      req.dialect_count);
	if (a->dialect == 0) {
		return negotiate_refuse(a, NT_STATUS_NOT_SUPPORTED,
					"no dialect in common");
	}
	agree(policy, a);
	status = agree_protection(policy, &req, a);
	if (!NT_STATUS_IS_OK(status)) {
		return status;
	}
	if (!negotiate_hash(a, &iov, 1)) {
		return negotiate_refuse(a, NT_STATUS_NO_MEMORY, "no memory");
	}
	return NT_STATUS_OK;
}

NTSTATUS negotiate_judge_smb1(const struct negotiate_policy *policy,
			      struct wire_slice request,
			      struct negotiate_agreement *agreement)
{
	struct negotiate_agreement *a = agreement;
	struct smb1_negotiate_request req = {0};
	uint16_t ours[NEGOTIATE_MAX_DIALECTS] = {0};
	unsigned count = negotiate_dialects(policy, ours);

	*a = (struct negotiate_agreement){0};
	if (policy->quic) {
		return negotiate_refuse(a, NT_STATUS_NOT_SUPPORTED,
					"SMB1 over QUIC");
	}
	if (!smb1_negotiate_request_decode(request.data, request.len, &req)) {
		return negotiate_refuse(a, NT_STATUS_INVALID_PARAMETER,
					"malformed SMB1 request");
	}
	if (req.smb_2_xxx && count > 0 && ours[count - 1] > SMB2_DIALECT_202) {
		a->dialect = SMB2_DIALECT_WILDCARD;
	} else if (req.smb_2_002 && count > 0 && ours[0] == SMB2_DIALECT_202) {
		a->dialect = SMB2_DIALECT_202;
	} else {
		return negotiate_refuse(a, NT_STATUS_NOT_SUPPORTED,
					"no dialect in common");
	}
	agree(policy, a);
	return NT_STATUS_OK;
}

/* ----------------------------------------------------------------- response */

bool negotiate_build_response(const struct negotiate_policy *policy,
			      const struct negotiate_agreement *agreement,
			      uint64_t now,
			      const uint8_t salt[NEGOTIATE_SALT_SIZE],
			      struct wire_slice security,
			      struct wire_writer *out)
{
	const struct negotiate_agreement *a = agreement;
	uint8_t buf[CONTEXTS_MAX_SIZE] = {0};
	struct wire_writer list = wire_writer_fixed(buf, sizeof(buf));
	struct smb2_negotiate_response rsp = {
		.security_mode = a->server_security_mode,
		.dialect = a->dialect,
		.capabilities = a->server_capabilities,
		.max_transact_size = a->max_transact,
		.max_read_size = a->max_read,
		.max_write_size = a->max_write,
		.system_time = now,
		.security_buffer = security,
	};

	(void)policy;
	memcpy(rsp.server_guid.bytes, a->server_guid, NEGOTIATE_GUID_SIZE);
	if (a->dialect == SMB2_DIALECT_311) {
		if (!contexts_answer(a, salt, &list, &rsp.context_count)) {
			return false;
		}
		rsp.contexts = wire_writer_slice(&list);
	}
	return smb2_negotiate_response_encode(out, &rsp);
}

/* ------------------------------------------------ validate negotiate, server
 */

static bool same_dialects(const struct negotiate_agreement *a,
			  const struct smb2_validate_negotiate_request *req)
{
	return req->dialect_count == a->dialect_count &&
	       memcmp(req->dialects, a->dialects,
		      a->dialect_count * sizeof(a->dialects[0])) == 0;
}

NTSTATUS negotiate_validate_answer(const struct negotiate_policy *policy,
				   const struct negotiate_agreement *agreement,
				   struct wire_slice input, size_t max_output,
				   struct wire_writer *out)
{
	const struct negotiate_agreement *a = agreement;
	struct smb2_validate_negotiate_request req = {0};
	struct smb2_validate_negotiate_response rsp = {
		.capabilities = a->server_capabilities,
		.security_mode = a->server_security_mode,
		.dialect = a->dialect,
	};

	if (a->dialect == SMB2_DIALECT_311 ||
	    max_output < NEGOTIATE_VALIDATE_RESPONSE_SIZE ||
	    !smb2_validate_negotiate_request_decode(input, &req)) {
		return NT_STATUS_INVALID_PARAMETER;
	}
	if (!same_dialects(a, &req) ||
	    negotiate_common_dialect(policy, req.dialects, req.dialect_count) !=
		    a->dialect ||
	    memcmp(req.guid.bytes, a->client_guid, NEGOTIATE_GUID_SIZE) != 0 ||
	    req.security_mode != a->client_security_mode ||
	    req.capabilities != a->client_capabilities) {
		return NT_STATUS_ACCESS_DENIED;
	}
	memcpy(rsp.guid.bytes, a->server_guid, NEGOTIATE_GUID_SIZE);
	return smb2_validate_negotiate_response_encode(out, &rsp)
		       ? NT_STATUS_OK
		       : NT_STATUS_NO_MEMORY;
}
