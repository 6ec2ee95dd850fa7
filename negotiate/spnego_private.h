/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The tokens of SPNEGO (RFC 4178 4.2, MS-SPNG 2.2) as structures. Decoding
 * borrows; an OID is given as its content, without tag and length.
 */
#ifndef NEGOTIATE_SPNEGO_PRIVATE_H
#define NEGOTIATE_SPNEGO_PRIVATE_H

#include "smbquic/wire.h"

#define SPNEGO_MAX_MECHS 16

enum spnego_state {
	SPNEGO_ACCEPT_COMPLETED = 0,
	SPNEGO_ACCEPT_INCOMPLETE = 1,
	SPNEGO_REJECT = 2,
	SPNEGO_REQUEST_MIC = 3,
	SPNEGO_NO_STATE = 0xFF, /* the field is absent */
};

/* NegTokenInit and NegTokenInit2; absent fields are slices without data. */
struct spnego_init {
	struct wire_slice mech_list; /* encoded, as the MIC covers it */
	struct wire_slice mech[SPNEGO_MAX_MECHS];
	unsigned count;
	struct wire_slice token;
};

/* NegTokenResp */
struct spnego_resp {
	enum spnego_state state;
	struct wire_slice mech;
	struct wire_slice token;
	struct wire_slice mic;
};

bool spnego_init_decode(struct wire_slice in, struct spnego_init *init);
bool spnego_resp_decode(struct wire_slice in, struct spnego_resp *resp);

/* On mem_ctx. mech_list is not read but made from mech; false: no memory. */
bool spnego_init_encode(TALLOC_CTX *mem_ctx, const struct spnego_init *init,
			struct wire_slice *out);
bool spnego_resp_encode(TALLOC_CTX *mem_ctx, const struct spnego_resp *resp,
			struct wire_slice *out);

#endif
