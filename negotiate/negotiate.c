/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What both sides need; negotiate_client.c and negotiate_server.c are they. */
#include "negotiate/contexts_private.h"
#include "negotiate/ids_private.h"
#include "negotiate/negotiate_private.h"

void negotiate_policy_defaults(struct negotiate_policy *policy)
{
	*policy = (struct negotiate_policy){
		.min_dialect = SMB2_DIALECT_300,
		.max_dialect = SMB2_DIALECT_311,
		.signing_required = true,
		.signing = {.id = {SMB2_SIGNING_AES_GMAC, SMB2_SIGNING_AES_CMAC,
				   SMB2_SIGNING_HMAC_SHA256},
			    .count = 3},
		.ciphers = {.id = {SMB2_CIPHER_AES128_GCM,
				   SMB2_CIPHER_AES128_CCM,
				   SMB2_CIPHER_AES256_GCM,
				   SMB2_CIPHER_AES256_CCM},
			    .count = 4},
		.capabilities = SMB2_GLOBAL_CAP_LARGE_MTU,
		.max_transact = SMB2_LARGE_MTU,
		.max_read = SMB2_LARGE_MTU,
		.max_write = SMB2_LARGE_MTU,
	};
}

NTSTATUS negotiate_refuse(struct negotiate_agreement *agreement,
			  NTSTATUS status, const char *why)
{
	agreement->why = why;
	return status;
}

/* ----------------------------------------------------------------- dialects */

unsigned negotiate_dialects(const struct negotiate_policy *policy,
			    uint16_t out[NEGOTIATE_MAX_DIALECTS])
{
	static const uint16_t known[] = {SMB2_DIALECT_202, SMB2_DIALECT_210,
					 SMB2_DIALECT_300, SMB2_DIALECT_302,
					 SMB2_DIALECT_311};
	unsigned count = 0;
	size_t i = 0;

	for (i = 0; i < sizeof(known) / sizeof(known[0]); i++) {
		uint16_t d = known[i];

		if (policy->quic && d != SMB2_DIALECT_311) {
			continue;
		}
		if (!policy->quic &&
		    (d < policy->min_dialect || d > policy->max_dialect)) {
			continue;
		}
		if (policy->first != NULL && d != policy->first->dialect) {
			continue;
		}
		out[count] = d;
		count++;
	}
	return count;
}

uint16_t negotiate_common_dialect(const struct negotiate_policy *policy,
				  const uint16_t *theirs, unsigned count)
{
	uint16_t ours[NEGOTIATE_MAX_DIALECTS] = {0};
	unsigned i = negotiate_dialects(policy, ours);
	unsigned j = 0;

	for (; i > 0; i--) {
		for (j = 0; j < count; j++) {
			if (ours[i - 1] == theirs[j]) {
				return ours[i - 1];
			}
		}
	}
	return 0;
}

/* ------------------------------------------------------- signing and sealing
 */

uint16_t negotiate_security_mode(const struct negotiate_policy *policy)
{
	uint16_t mode = SMB2_NEGOTIATE_SIGNING_ENABLED;

	if (policy->signing_required) {
		mode |= SMB2_NEGOTIATE_SIGNING_REQUIRED;
	}
	return mode;
}

uint16_t negotiate_default_signing(uint16_t dialect)
{
	return dialect >= SMB2_DIALECT_300 && dialect <= SMB2_DIALECT_311
		       ? SMB2_SIGNING_AES_CMAC
		       : SMB2_SIGNING_HMAC_SHA256;
}

uint16_t negotiate_cipher_300(const struct negotiate_policy *policy,
			      uint32_t their_capabilities)
{
	if ((their_capabilities & SMB2_GLOBAL_CAP_ENCRYPTION) == 0 ||
	    !ids_has(&policy->ciphers, SMB2_CIPHER_AES128_CCM)) {
		return 0;
	}
	return SMB2_CIPHER_AES128_CCM;
}

/* ------------------------------------------------------------- preauth hash */

bool negotiate_hash(struct negotiate_agreement *agreement,
		    const struct iovec *message, int count)
{
	if (agreement->dialect != SMB2_DIALECT_311) {
		return true;
	}
	return crypto_preauth_update(agreement->preauth, message, count) == 0;
}
