/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Shared by negotiate.c and its two sides. */
#ifndef NEGOTIATE_NEGOTIATE_PRIVATE_H
#define NEGOTIATE_NEGOTIATE_PRIVATE_H

#include "negotiate/negotiate.h"
#include "smbquic/smb2_pdu.h"

_Static_assert(NEGOTIATE_MAX_DIALECTS == SMB2_MAX_DIALECTS,
	       "the codec and the agreement hold the same lists");

/* What a single credit pays for: the largest payload without LARGE_MTU. */
#define NEGOTIATE_SMALL_MTU 65536u

/* The dialects that the policy leaves, lowest first. */
unsigned negotiate_dialects(const struct negotiate_policy *policy,
			    uint16_t out[NEGOTIATE_MAX_DIALECTS]);

/* The greatest dialect of the policy that is in the list; 0: none. */
uint16_t negotiate_common_dialect(const struct negotiate_policy *policy,
				  const uint16_t *theirs, unsigned count);

/* SecurityMode of a request or response. */
uint16_t negotiate_security_mode(const struct negotiate_policy *policy);

/* A cipher is in use with 3.0 and 3.0.2 when both have the capability and
 * AES-128-CCM, the only one there. */
uint16_t negotiate_cipher_300(const struct negotiate_policy *policy,
			      uint32_t their_capabilities);

/* What a dialect signs with unless a context says otherwise. */
uint16_t negotiate_default_signing(uint16_t dialect);

NTSTATUS negotiate_refuse(struct negotiate_agreement *agreement,
			  NTSTATUS status, const char *why);

#endif
