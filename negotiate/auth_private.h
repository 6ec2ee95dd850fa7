/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * An exchange from inside, and what a mechanism has to offer to it.
 */
#ifndef NEGOTIATE_AUTH_PRIVATE_H
#define NEGOTIATE_AUTH_PRIVATE_H

#include "negotiate/auth.h"

/*
 * A mechanism: a const row of functions, called by auth.c and auth_spnego.c
 * alone. Its state is auth->mech_state, a child of auth.
 */
struct auth_mech {
	const char *name;
	unsigned bit;	       /* AUTH_MECH_* */
	struct wire_slice oid; /* content, without tag and length */

	/* Whether this token is one of the mechanism's own, without SPNEGO
	 * around it; NULL: it does not come so. */
	bool (*is_raw)(struct wire_slice token);

	/* Begin. auth->server or auth->client is set. */
	NTSTATUS (*server_new)(struct auth *auth);
	NTSTATUS (*client_new)(struct auth *auth);

	/*
	 * As auth_step(). When it returns NT_STATUS_OK it has set
	 * auth->session_key and, on the server, auth->user, auth->domain and
	 * auth->workstation. A server sets auth->claimed_user before it
	 * judges.
	 */
	NTSTATUS(*step)
	(struct auth *auth, TALLOC_CTX *mem_ctx, struct wire_slice in,
	 struct wire_slice *out);

	/* GSS_GetMIC, GSS_VerifyMIC over SPNEGO's list of mechanisms, after
	 * step() returned NT_STATUS_OK. */
	bool (*mic_make)(struct auth *auth, TALLOC_CTX *mem_ctx,
			 struct wire_slice data, struct wire_slice *mic);
	bool (*mic_check)(struct auth *auth, struct wire_slice data,
			  struct wire_slice mic);
};

/* All there are, best first; ends with NULL. */
extern const struct auth_mech *const auth_mechs[];

enum auth_phase {
	AUTH_BEGIN,    /* nothing has been said */
	AUTH_RAW,      /* the mechanism's tokens as they are */
	AUTH_SPNEGO,   /* in the middle */
	AUTH_FINISHED, /* succeeded or failed: no further step */
};

struct auth {
	const struct auth_server_config *server; /* one of the two is set */
	const struct auth_client_config *client;
	uint64_t now;
	enum auth_phase phase;
	bool succeeded;
	unsigned steps;

	const struct auth_mech *mech;
	void *mech_state;
	bool mech_done;

	/* SPNEGO */
	struct wire_slice mech_list; /* what the MIC covers */
	bool mech_named;	     /* the server has named its choice */
	bool mic_required;	     /* not the client's first mechanism */

	/* Results; text is UTF-8, never NULL. */
	enum auth_kind kind;
	const char *user;
	const char *domain;
	const char *workstation;
	const char *claimed_user;
	const char *why; /* may be NULL */
	uint64_t expires;
	struct wire_slice session_key;
};

/* Secrets that are wiped when they are freed. */
struct auth_session_key_holder {
	uint8_t key[64];
};

/* A step with SPNEGO around the mechanism: auth_spnego.c. */
NTSTATUS spnego_accept(struct auth *auth, TALLOC_CTX *mem_ctx,
		       struct wire_slice in, struct wire_slice *out);
NTSTATUS spnego_initiate(struct auth *auth, TALLOC_CTX *mem_ctx,
			 struct wire_slice in, struct wire_slice *out);
bool spnego_hint(TALLOC_CTX *mem_ctx, unsigned mechs, struct wire_slice *out);
/* The first of our mechanisms, of those in mechs, that the hint names; NULL:
 * none. */
const struct auth_mech *spnego_hint_choose(struct wire_slice hint,
					   unsigned mechs);

/* A copy below auth; false: no memory, or more than 64 bytes. */
bool auth_set_session_key(struct auth *auth, const uint8_t *key, size_t len);

#endif
