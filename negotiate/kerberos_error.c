/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What Kerberos' errors mean to people. */
#include <errno.h>
#include <krb5.h>
#include <stdlib.h>

#include "negotiate/kerberos_private.h"

struct meaning {
	int32_t code;
	NTSTATUS status; /* of a client's logon */
	const char *text;
};

#define NO_TICKET NT_STATUS_NO_SUCH_LOGON_SESSION

/* A client talks to a KDC, and hears of the server what that cannot accept. */
static const struct meaning client_meanings[] = {
	{KRB5KRB_AP_ERR_SKEW, NT_STATUS_TIME_DIFFERENCE_AT_DC,
	 "the clock of this machine and the other's differ by more than is "
	 "allowed (five minutes as a rule)"},
	{KRB5_KDCREP_SKEW, NT_STATUS_TIME_DIFFERENCE_AT_DC,
	 "the clock of this machine and the KDC's differ by more than is "
	 "allowed (five minutes as a rule)"},
	{KRB5KRB_AP_ERR_TKT_NYV, NT_STATUS_TIME_DIFFERENCE_AT_DC,
	 "the ticket is not valid yet: one of the clocks is wrong"},
	{KRB5KRB_AP_ERR_TKT_EXPIRED, NO_TICKET,
	 "the ticket has expired: get a new one with kinit"},
	{KRB5_FCC_NOFILE, NO_TICKET, "there is no ticket: get one with kinit"},
	{KRB5_CC_NOTFOUND, NO_TICKET, "there is no ticket: get one with kinit"},
	{KRB5KDC_ERR_S_PRINCIPAL_UNKNOWN, NT_STATUS_INVALID_ACCOUNT_NAME,
	 "the KDC knows no server of that name: it must be typed as it is in "
	 "the server's principal"},
	{KRB5KDC_ERR_C_PRINCIPAL_UNKNOWN, NT_STATUS_LOGON_FAILURE,
	 "the KDC does not know the user"},
	{KRB5KDC_ERR_PREAUTH_FAILED, NT_STATUS_LOGON_FAILURE,
	 "the password is wrong"},
	{KRB5KRB_AP_ERR_BAD_INTEGRITY, NT_STATUS_LOGON_FAILURE,
	 "the password is wrong, or the server has another key than the KDC "
	 "thinks"},
	{KRB5KDC_ERR_KEY_EXP, NT_STATUS_PASSWORD_EXPIRED,
	 "the password has expired"},
	{KRB5KDC_ERR_CLIENT_REVOKED, NT_STATUS_ACCOUNT_DISABLED,
	 "the KDC has locked the user's account"},
	{KRB5KDC_ERR_NAME_EXP, NT_STATUS_ACCOUNT_EXPIRED,
	 "the user's account at the KDC has expired"},
	{KRB5KDC_ERR_ETYPE_NOSUPP, NT_STATUS_LOGON_FAILURE,
	 "the KDC and this machine have no encryption type in common"},
	{KRB5KDC_ERR_WRONG_REALM, NT_STATUS_LOGON_FAILURE,
	 "the KDC says that the realm is another one"},
	{KRB5_KDC_UNREACH, NT_STATUS_NO_LOGON_SERVERS,
	 "no KDC of the realm answers"},
	{KRB5_REALM_UNKNOWN, NT_STATUS_NO_LOGON_SERVERS,
	 "it is not known where a KDC of the realm is: see [realms] in "
	 "krb5.conf"},
	{KRB5_REALM_CANT_RESOLVE, NT_STATUS_NO_LOGON_SERVERS,
	 "the address of a KDC of the realm cannot be found"},
	{KRB5_CONFIG_NODEFREALM, NT_STATUS_NO_LOGON_SERVERS,
	 "krb5.conf names no default_realm, and the user's realm was not "
	 "given"},
	{KRB5_KT_NOTFOUND, NO_TICKET, "the keytab has no key of the user"},
	{KRB5KRB_AP_ERR_BADKEYVER, NT_STATUS_LOGON_FAILURE,
	 "the server has no key of the version that the ticket was made with: "
	 "its keytab is old, or the ticket is"},
	{KRB5KRB_AP_ERR_NOKEY, NT_STATUS_LOGON_FAILURE,
	 "the server has no key for the ticket: its keytab is old, or names "
	 "it otherwise"},
	{KRB5KRB_AP_WRONG_PRINC, NT_STATUS_LOGON_FAILURE,
	 "the server has no key for that name"},
	{0, 0, NULL},
};

/* A server looks into a ticket and into its keytab. */
static const struct meaning server_meanings[] = {
	{KRB5KRB_AP_ERR_SKEW, 0,
	 "the client's clock and ours differ by more than is allowed (five "
	 "minutes as a rule)"},
	{KRB5KRB_AP_ERR_TKT_NYV, 0, "the client's ticket is not valid yet"},
	{KRB5KRB_AP_ERR_TKT_EXPIRED, 0, "the client's ticket has expired"},
	{KRB5KRB_AP_ERR_REPEAT, 0,
	 "the client's first message was heard before: somebody replays it"},
	{KRB5KRB_AP_ERR_BADKEYVER, 0,
	 "the keytab has no key of the version that the ticket was made with: "
	 "renew the keytab, or the client's tickets are old"},
	{KRB5_KT_KVNONOTFOUND, 0,
	 "the keytab has no key of the version that the ticket was made with: "
	 "renew the keytab, or the client's tickets are old"},
	{KRB5KRB_AP_ERR_BAD_INTEGRITY, 0,
	 "the key in the keytab is not the one that the KDC has"},
	{KRB5KRB_AP_ERR_NOKEY, 0,
	 "the keytab has no key for the name in the client's ticket"},
	{KRB5_KT_NOTFOUND, 0,
	 "the keytab has no key for the name in the client's ticket"},
	{KRB5KRB_AP_WRONG_PRINC, 0,
	 "the keytab has no key for the name in the client's ticket"},
	{ENOENT, 0, "the keytab does not exist"},
	{EACCES, 0, "the keytab cannot be read"},
	{0, 0, NULL},
};

static const struct meaning *find(const struct meaning *table, OM_uint32 minor)
{
	while (table->text != NULL && table->code != (int32_t)minor) {
		table++;
	}
	return table->text != NULL ? table : NULL;
}

/* In the library's own words. */
static char *words(OM_uint32 code, int type)
{
	gss_buffer_desc text = GSS_C_EMPTY_BUFFER;
	OM_uint32 ignored = 0;
	OM_uint32 context = 0;
	char *copy = NULL;

	if (gss_display_status(&ignored, code, type, &kerberos_only.elements[0],
			       &context, &text) != GSS_S_COMPLETE) {
		return NULL;
	}
	copy = strndup(text.value, text.length);
	gss_release_buffer(&ignored, &text);
	return copy;
}

static char *explain(const struct meaning *meaning, OM_uint32 major,
		     OM_uint32 minor)
{
	char *text = NULL;

	if (meaning != NULL) {
		return strdup(meaning->text);
	}
	if (GSS_ERROR(major) == GSS_S_BAD_BINDINGS) {
		return strdup("it was made for another connection: somebody "
			      "relays it");
	}
	text = minor != 0 ? words(minor, GSS_C_MECH_CODE) : NULL;
	return text != NULL ? text : words(major, GSS_C_GSS_CODE);
}

char *kerberos_client_error(OM_uint32 major, OM_uint32 minor, NTSTATUS *status)
{
	const struct meaning *meaning = find(client_meanings, minor);

	if (meaning != NULL) {
		*status = meaning->status;
	} else if (GSS_ERROR(major) == GSS_S_NO_CRED ||
		   GSS_ERROR(major) == GSS_S_CREDENTIALS_EXPIRED) {
		*status = NO_TICKET;
	} else {
		*status = NT_STATUS_LOGON_FAILURE;
	}
	return explain(meaning, major, minor);
}

char *kerberos_server_error(OM_uint32 major, OM_uint32 minor)
{
	return explain(find(server_meanings, minor), major, minor);
}
