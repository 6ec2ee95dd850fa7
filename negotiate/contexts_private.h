/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The negotiate contexts of 3.1.1 (MS-SMB2 2.2.3.1): one row each in
 * contexts.c, and the walks over the rows that negotiate.c needs.
 *
 * A new context is a row with up to four functions. A type without a row is
 * ignored; a type with one may appear once.
 */
#ifndef NEGOTIATE_CONTEXTS_PRIVATE_H
#define NEGOTIATE_CONTEXTS_PRIVATE_H

#include "negotiate/negotiate.h"
#include "smbquic/smb2_pdu.h"

/* Longest list that we send: the salt and a netname of 255 characters are its
 * large parts. */
#define CONTEXTS_MAX_SIZE 1024

/* Client: appends the list of a request, counting into *count. */
bool contexts_offer(const struct negotiate_policy *policy,
		    const uint8_t salt[NEGOTIATE_SALT_SIZE],
		    struct wire_writer *out, uint16_t *count);

/* Server: judges the list of a request. Fills what it says into the agreement
 * and which contexts are to be answered into agreement->contexts. */
NTSTATUS contexts_judge_request(const struct negotiate_policy *policy,
				struct wire_slice list, uint16_t count,
				struct negotiate_agreement *agreement);

/* Server: appends the list of the response. */
bool contexts_answer(const struct negotiate_agreement *agreement,
		     const uint8_t salt[NEGOTIATE_SALT_SIZE],
		     struct wire_writer *out, uint16_t *count);

/* Client: judges the list of the response to what contexts_offer() made. */
NTSTATUS contexts_judge_response(const struct negotiate_policy *policy,
				 struct wire_slice list, uint16_t count,
				 struct negotiate_agreement *agreement);

/* What a client with this policy offers: its lists, or on a further channel
 * the one algorithm of the first. */
struct negotiate_ids contexts_ciphers(const struct negotiate_policy *policy);
struct negotiate_ids contexts_signing(const struct negotiate_policy *policy);

#endif
