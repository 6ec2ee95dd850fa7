/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Kerberos from inside: the mechanism for auth.c, and what it has in common
 * with kerberos.c.
 */
#ifndef NEGOTIATE_KERBEROS_PRIVATE_H
#define NEGOTIATE_KERBEROS_PRIVATE_H

#include <gssapi/gssapi_ext.h>

#include "negotiate/auth_private.h"
#include "negotiate/kerberos.h"

/* Windows offers its own number, which came of an overflow, first. */
extern const struct auth_mech auth_mech_kerberos;
extern const struct auth_mech auth_mech_kerberos_windows;

/* What a client begins with. */
struct kerberos_ticket {
	gss_ctx_id_t context;
	gss_cred_id_t cred;
	gss_name_t target;
	gss_buffer_desc token;
	char *cache; /* one of our own, in memory; or NULL */
	char *user;
	char *realm;
};

/* The set with nothing but Kerberos 5. */
extern gss_OID_set_desc kerberos_only;

/* Bindings to bytes that the transport has in common with its peer. */
void kerberos_bindings(struct wire_slice binding,
		       struct gss_channel_bindings_struct *out);

/* kerberos_error.c: what a failure of GSSAPI means, as a sentence to be freed
 * (NULL: no memory), and as a status. */
char *kerberos_client_error(OM_uint32 major, OM_uint32 minor, NTSTATUS *status);
char *kerberos_server_error(OM_uint32 major, OM_uint32 minor);

#endif
