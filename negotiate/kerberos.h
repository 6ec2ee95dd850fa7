/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Kerberos tickets for a client (RFC 4120, by the GSSAPI of MIT krb5). To get
 * one may take a talk with a KDC, which takes its time: so it is done before
 * the exchange of auth.h begins, in a thread, and what comes of it goes into
 * auth_client_config.ticket. From there on nothing blocks.
 *
 * Nothing here is a talloc object, and every function may be called from any
 * thread. Where KDCs are, and how they are reached (over UDP, TCP, or as
 * kdc = https://... through a proxy, MS-KKDCP), is for krb5.conf to say.
 */
#ifndef NEGOTIATE_KERBEROS_H
#define NEGOTIATE_KERBEROS_H

#include <stdbool.h>
#include <sys/types.h>

#include "smbquic/ntstatus.h"
#include "smbquic/wire.h"

/* Everything is UTF-8 and belongs to the caller. */
struct kerberos_request {
	const char *user;     /* "alice" or "alice@REALM"; NULL: whose tickets
				 are in the cache */
	const char *domain;   /* the realm, if it has a dot and user has none;
				 else the default realm. May be NULL */
	const char *password; /* NULL: from the cache or the keytab */
	const char *ccache;   /* as KRB5CCNAME; NULL: the default */
	const char *keytab;   /* user's keys; NULL: none */
	const char *server;   /* the name as typed: of "cifs/server" */
	struct wire_slice binding; /* see auth_client_config */
};

struct kerberos_ticket;

/*
 * May block for as long as krb5.conf lets it.
 *
 * @param out  for kerberos_ticket_free(), or an auth_client_config.
 * @param why  out: on failure a sentence for the user, to be freed; may stay
 *             NULL.
 * @return NT_STATUS_OK;
 *   NT_STATUS_LOGON_FAILURE            wrong password, unknown user
 *   NT_STATUS_NO_SUCH_LOGON_SESSION    there is no ticket, or it has expired
 *   NT_STATUS_NO_LOGON_SERVERS         no KDC answers
 *   NT_STATUS_TIME_DIFFERENCE_AT_DC    clocks differ
 *   NT_STATUS_INVALID_ACCOUNT_NAME     the KDC does not know the server
 *   NT_STATUS_PASSWORD_EXPIRED, NT_STATUS_ACCOUNT_DISABLED, ...
 */
NTSTATUS kerberos_ticket_get(const struct kerberos_request *request,
			     struct kerberos_ticket **out, char **why);
void kerberos_ticket_free(struct kerberos_ticket *ticket);

/* Is there a ticket for getting tickets in this cache (NULL: the default), of
 * that user if one is given, which holds for some time yet? Asks nobody over
 * the network. */
bool kerberos_cache_usable(const char *ccache, const char *user);

/* The name of the default cache of a user of this machine, as krb5.conf has it,
 * to be freed; KRB5CCNAME, which is the caller's, is not looked at. NULL:
 * krb5.conf makes it of something that is not known here, or no memory. */
char *kerberos_cache_of(uid_t uid);

#endif
