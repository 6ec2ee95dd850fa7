/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A client's ticket: all that may take a talk with a KDC. */
#include <ctype.h>
#include <gssapi/gssapi_krb5.h>
#include <krb5.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "negotiate/kerberos_private.h"

/* 1.2.840.113554.1.2.2 */
static gss_OID_desc kerberos_oid = {
	.length = 9,
	.elements = (void *)"\x2a\x86\x48\x86\xf7\x12\x01\x02\x02",
};

gss_OID_set_desc kerberos_only = {.count = 1, .elements = &kerberos_oid};

/* Shorter than that is not worth a logon. */
#define USABLE_SECONDS 60

#define WANTED                                                    \
	(GSS_C_MUTUAL_FLAG | GSS_C_INTEG_FLAG | GSS_C_CONF_FLAG | \
	 GSS_C_REPLAY_FLAG | GSS_C_SEQUENCE_FLAG)

void kerberos_bindings(struct wire_slice binding,
		       struct gss_channel_bindings_struct *out)
{
	*out = (struct gss_channel_bindings_struct){
		.initiator_addrtype = GSS_C_AF_UNSPEC,
		.acceptor_addrtype = GSS_C_AF_UNSPEC,
		.application_data =
			{
				.length = binding.len,
				.value = (void *)(uintptr_t)binding.data,
			},
	};
}

/* What is on the way; gone when it ends. */
struct talk {
	const struct kerberos_request *request;
	struct kerberos_ticket *ticket;
	OM_uint32 major;
	OM_uint32 minor;
	NTSTATUS status;
	char *why; /* instead of what major and minor mean */
};

static bool failed(struct talk *talk)
{
	return GSS_ERROR(talk->major) != 0 || !NT_STATUS_IS_OK(talk->status);
}

/* ------------------------------------------------------------------- names */

/*
 * The server's principal, of the name as it was typed: what DNS says of it
 * proves nothing, so it is not asked (KRB5_NT_UNKNOWN).
 */
static void name_server(struct talk *talk)
{
	krb5_context krb5 = NULL;
	krb5_principal principal = NULL;
	char *text = NULL;
	gss_buffer_desc buffer = {0};
	krb5_error_code err = krb5_init_context(&krb5);

	if (err == 0) {
		err = krb5_sname_to_principal(krb5, talk->request->server,
					      "cifs", KRB5_NT_UNKNOWN,
					      &principal);
	}
	if (err == 0) {
		err = krb5_unparse_name(krb5, principal, &text);
	}
	if (err == 0) {
		buffer.value = text;
		buffer.length = strlen(text);
		talk->major = gss_import_name(&talk->minor, &buffer,
					      GSS_KRB5_NT_PRINCIPAL_NAME,
					      &talk->ticket->target);
	} else {
		talk->major = GSS_S_FAILURE;
		talk->minor = (OM_uint32)err;
	}
	if (krb5 != NULL) {
		krb5_free_unparsed_name(krb5, text);
		krb5_free_principal(krb5, principal);
		krb5_free_context(krb5);
	}
}

/* "alice@REALM", "alice" of a domain that is a realm, or "alice". */
static char *principal_text(const struct kerberos_request *request)
{
	const char *domain = request->domain;
	char *text = NULL;
	char *c = NULL;

	if (strchr(request->user, '@') != NULL || domain == NULL ||
	    strchr(domain, '.') == NULL) {
		return strdup(request->user);
	}
	if (asprintf(&text, "%s@%s", request->user, domain) == -1) {
		return NULL;
	}
	for (c = strrchr(text, '@'); *c != '\0'; c++) {
		*c = (char)toupper((unsigned char)*c);
	}
	return text;
}

static gss_name_t name_user(struct talk *talk)
{
	char *text = principal_text(talk->request);
	gss_buffer_desc buffer = {0};
	gss_name_t name = GSS_C_NO_NAME;

	if (text == NULL) {
		talk->status = NT_STATUS_NO_MEMORY;
		return name;
	}
	buffer.value = text;
	buffer.length = strlen(text);
	talk->major = gss_import_name(&talk->minor, &buffer,
				      GSS_KRB5_NT_PRINCIPAL_NAME, &name);
	free(text);
	return name;
}

/* The user's principal in two halves, as the ticket says. */
static void take_names(struct talk *talk)
{
	struct kerberos_ticket *ticket = talk->ticket;
	gss_name_t name = GSS_C_NO_NAME;
	gss_buffer_desc text = GSS_C_EMPTY_BUFFER;
	OM_uint32 ignored = 0;
	char *at = NULL;

	talk->major = gss_inquire_cred(&talk->minor, ticket->cred, &name, NULL,
				       NULL, NULL);
	if (!failed(talk)) {
		talk->major = gss_display_name(&talk->minor, name, &text, NULL);
	}
	if (!failed(talk)) {
		ticket->user = strndup(text.value, text.length);
		at = ticket->user != NULL ? strrchr(ticket->user, '@') : NULL;
		ticket->realm = strdup(at != NULL ? at + 1 : "");
		if (at != NULL) {
			*at = '\0';
		}
		if (ticket->user == NULL || ticket->realm == NULL) {
			talk->status = NT_STATUS_NO_MEMORY;
		}
	}
	gss_release_buffer(&ignored, &text);
	gss_release_name(&ignored, &name);
}

/* ------------------------------------------------------------- credentials */

static void from_password(struct talk *talk, gss_name_t user)
{
	const char *password = talk->request->password;
	gss_buffer_desc secret = {
		.length = strlen(password),
		.value = (void *)(uintptr_t)password,
	};

	if (user == GSS_C_NO_NAME) {
		talk->status = NT_STATUS_INVALID_PARAMETER;
		return;
	}
	talk->major = gss_acquire_cred_with_password(
		&talk->minor, user, &secret, GSS_C_INDEFINITE, &kerberos_only,
		GSS_C_INITIATE, &talk->ticket->cred, NULL, NULL);
}

/* Tickets that a keytab gives are kept for this one logon. */
static void from_store(struct talk *talk, gss_name_t user)
{
	const struct kerberos_request *request = talk->request;
	struct kerberos_ticket *ticket = talk->ticket;
	gss_key_value_element_desc elements[2];
	gss_key_value_set_desc store = {.elements = elements};
	const char *cache = request->ccache;

	if (request->keytab != NULL) {
		if (asprintf(&ticket->cache, "MEMORY:smbquic-%p",
			     (void *)ticket) == -1) {
			ticket->cache = NULL;
			talk->status = NT_STATUS_NO_MEMORY;
			return;
		}
		cache = ticket->cache;
		elements[store.count].key = "client_keytab";
		elements[store.count].value = request->keytab;
		store.count++;
	}
	if (cache != NULL) {
		elements[store.count].key = "ccache";
		elements[store.count].value = cache;
		store.count++;
	}
	talk->major = gss_acquire_cred_from(
		&talk->minor, user, GSS_C_INDEFINITE, &kerberos_only,
		GSS_C_INITIATE, store.count > 0 ? &store : GSS_C_NO_CRED_STORE,
		&talk->ticket->cred, NULL, NULL);
}

static void get_credentials(struct talk *talk)
{
	const struct kerberos_request *request = talk->request;
	gss_name_t user = GSS_C_NO_NAME;
	OM_uint32 ignored = 0;

	if (request->user != NULL && request->user[0] != '\0') {
		user = name_user(talk);
	}
	if (!failed(talk) && request->password != NULL) {
		from_password(talk, user);
	} else if (!failed(talk)) {
		from_store(talk, user);
	}
	gss_release_name(&ignored, &user);
}

/* ------------------------------------------------------------- the context */

/* The first token: here the KDC is asked for a ticket for the server. */
static void begin_context(struct talk *talk)
{
	struct kerberos_ticket *ticket = talk->ticket;
	struct gss_channel_bindings_struct bindings = {0};
	bool bound = talk->request->binding.len > 0;

	kerberos_bindings(talk->request->binding, &bindings);
	talk->major = gss_init_sec_context(
		&talk->minor, ticket->cred, &ticket->context, ticket->target,
		&kerberos_oid, WANTED, GSS_C_INDEFINITE,
		bound ? &bindings : GSS_C_NO_CHANNEL_BINDINGS, GSS_C_NO_BUFFER,
		NULL, &ticket->token, NULL, NULL);
}

static char *sentence(struct talk *talk)
{
	char *cause = NULL;
	char *text = NULL;

	if (!NT_STATUS_IS_OK(talk->status)) {
		return NULL;
	}
	cause = kerberos_client_error(talk->major, talk->minor, &talk->status);
	if (asprintf(&text, "Kerberos, for cifs/%s: %s", talk->request->server,
		     cause != NULL ? cause : "out of memory") == -1) {
		text = NULL;
	}
	free(cause);
	return text;
}

NTSTATUS kerberos_ticket_get(const struct kerberos_request *request,
			     struct kerberos_ticket **out, char **why)
{
	static void (*const stages[])(struct talk * talk) = {
		name_server,
		get_credentials,
		begin_context,
		take_names,
	};
	struct talk talk = {.request = request};
	size_t i = 0;

	*out = NULL;
	*why = NULL;
	talk.ticket = calloc(1, sizeof(*talk.ticket));
	if (talk.ticket == NULL) {
		return NT_STATUS_NO_MEMORY;
	}
	for (i = 0; i < sizeof(stages) / sizeof(stages[0]); i++) {
		stages[i](&talk);
		if (failed(&talk)) {
			*why = sentence(&talk);
			kerberos_ticket_free(talk.ticket);
			return talk.status;
		}
	}
	*out = talk.ticket;
	return NT_STATUS_OK;
}

static void forget_cache(char *name)
{
	krb5_context krb5 = NULL;
	krb5_ccache cache = NULL;

	if (name != NULL && krb5_init_context(&krb5) == 0) {
		if (krb5_cc_resolve(krb5, name, &cache) == 0) {
			krb5_cc_destroy(krb5, cache);
		}
		krb5_free_context(krb5);
	}
	free(name);
}

void kerberos_ticket_free(struct kerberos_ticket *ticket)
{
	OM_uint32 ignored = 0;

	if (ticket == NULL) {
		return;
	}
	gss_delete_sec_context(&ignored, &ticket->context, GSS_C_NO_BUFFER);
	gss_release_cred(&ignored, &ticket->cred);
	gss_release_name(&ignored, &ticket->target);
	gss_release_buffer(&ignored, &ticket->token);
	forget_cache(ticket->cache);
	free(ticket->user);
	free(ticket->realm);
	free(ticket);
}

/* -------------------------------------------------------------- the cache */

/* Whether a ticket for getting tickets is among them. */
static bool has_tgt(krb5_context krb5, krb5_ccache cache)
{
	krb5_timestamp enough = (krb5_timestamp)time(NULL) + USABLE_SECONDS;
	krb5_cc_cursor cursor = NULL;
	krb5_creds creds = {0};
	bool found = false;

	if (krb5_cc_start_seq_get(krb5, cache, &cursor) != 0) {
		return false;
	}
	while (!found && krb5_cc_next_cred(krb5, cache, &cursor, &creds) == 0) {
		const krb5_data *first = creds.server->length > 0
						 ? &creds.server->data[0]
						 : NULL;

		found = first != NULL && first->length == 6 &&
			memcmp(first->data, "krbtgt", 6) == 0 &&
			(uint32_t)creds.times.endtime > (uint32_t)enough;
		krb5_free_cred_contents(krb5, &creds);
	}
	krb5_cc_end_seq_get(krb5, cache, &cursor);
	return found;
}

static bool is_of(krb5_context krb5, krb5_ccache cache, const char *user)
{
	krb5_principal owner = NULL;
	krb5_principal wanted = NULL;
	bool same = false;

	if (krb5_cc_get_principal(krb5, cache, &owner) == 0 &&
	    krb5_parse_name(krb5, user, &wanted) == 0) {
		same = krb5_principal_compare(krb5, owner, wanted);
	}
	krb5_free_principal(krb5, owner);
	krb5_free_principal(krb5, wanted);
	return same;
}

bool kerberos_cache_usable(const char *ccache, const char *user)
{
	krb5_context krb5 = NULL;
	krb5_ccache cache = NULL;
	bool usable = false;

	if (krb5_init_context(&krb5) != 0) {
		return false;
	}
	if ((ccache != NULL ? krb5_cc_resolve(krb5, ccache, &cache)
			    : krb5_cc_default(krb5, &cache)) == 0) {
		usable = has_tgt(krb5, cache) &&
			 (user == NULL || *user == '\0' ||
			  is_of(krb5, cache, user));
		krb5_cc_close(krb5, cache);
	}
	krb5_free_context(krb5);
	return usable;
}
