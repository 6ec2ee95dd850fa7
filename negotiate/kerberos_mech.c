/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Kerberos as a mechanism (RFC 4121, MS-KILE). A server reads its keytab and
 * krb5's replay cache, files of this machine, and asks nobody. A client has
 * its ticket already: kerberos.h.
 */
#include <fnmatch.h>
#include <gssapi/gssapi_krb5.h>
#include <stdlib.h>
#include <time.h>

#include "negotiate/kerberos_private.h"
#include "smbquic/utf16.h"

/* Seconds from 1601 to 1970. */
#define NTTIME_EPOCH  11644473600u
#define NTTIME_SECOND 10000000u

struct kerberos {
	gss_ctx_id_t context;
	gss_cred_id_t cred; /* of a server */
	bool told;	    /* the client has heard of an error of its own */
};

static int kerberos_destructor(struct kerberos *k)
{
	OM_uint32 ignored = 0;

	gss_delete_sec_context(&ignored, &k->context, GSS_C_NO_BUFFER);
	gss_release_cred(&ignored, &k->cred);
	return 0;
}

static struct kerberos *kerberos_of(struct auth *auth)
{
	return talloc_get_type_abort(auth->mech_state, struct kerberos);
}

static NTSTATUS kerberos_new(struct auth *auth)
{
	struct kerberos *k = talloc_zero(auth, struct kerberos);

	if (k == NULL) {
		return NT_STATUS_NO_MEMORY;
	}
	talloc_set_destructor(k, kerberos_destructor);
	auth->mech_state = k;
	return NT_STATUS_OK;
}

/* ------------------------------------------------------------- both sides */

static struct gss_buffer_desc_struct buffer_of(struct wire_slice s)
{
	struct gss_buffer_desc_struct buffer = {
		.length = s.len,
		.value = (void *)(uintptr_t)s.data,
	};

	return buffer;
}

/* The library's bytes, as a talloc chunk; the buffer is released. */
static bool take_buffer(TALLOC_CTX *mem_ctx, gss_buffer_t buffer,
			struct wire_slice *out)
{
	OM_uint32 ignored = 0;
	uint8_t *copy = NULL;

	*out = wire_slice(NULL, 0);
	if (buffer->length == 0) {
		return true;
	}
	copy = talloc_memdup(mem_ctx, buffer->value, buffer->length);
	*out = wire_slice(copy, buffer->length);
	gss_release_buffer(&ignored, buffer);
	return copy != NULL;
}

/* The key that MS-SMB2 3.3.5.5.3 queries. */
static bool take_session_key(struct auth *auth, struct kerberos *k)
{
	static gss_OID_desc oid = {
		.length = 11,
		.elements = (void *)"\x2a\x86\x48\x86\xf7\x12\x01\x02\x02\x05"
				    "\x05",
	};
	gss_buffer_set_t set = GSS_C_NO_BUFFER_SET;
	OM_uint32 minor = 0;
	bool ok = false;

	if (gss_inquire_sec_context_by_oid(&minor, k->context, &oid, &set) ==
		    GSS_S_COMPLETE &&
	    set != GSS_C_NO_BUFFER_SET && set->count > 0) {
		ok = auth_set_session_key(auth, set->elements[0].value,
					  set->elements[0].length);
	}
	gss_release_buffer_set(&minor, &set);
	return ok;
}

static bool mic_make(struct auth *auth, TALLOC_CTX *mem_ctx,
		     struct wire_slice data, struct wire_slice *mic)
{
	struct gss_buffer_desc_struct message = buffer_of(data);
	struct gss_buffer_desc_struct token = GSS_C_EMPTY_BUFFER;
	OM_uint32 minor = 0;

	return gss_get_mic(&minor, kerberos_of(auth)->context,
			   GSS_C_QOP_DEFAULT, &message,
			   &token) == GSS_S_COMPLETE &&
	       take_buffer(mem_ctx, &token, mic);
}

static bool mic_check(struct auth *auth, struct wire_slice data,
		      struct wire_slice mic)
{
	struct gss_buffer_desc_struct message = buffer_of(data);
	struct gss_buffer_desc_struct token = buffer_of(mic);
	OM_uint32 minor = 0;

	return gss_verify_mic(&minor, kerberos_of(auth)->context, &message,
			      &token, NULL) == GSS_S_COMPLETE;
}

static void set_why(struct auth *auth, char *text)
{
	auth->why = talloc_strdup(auth, text != NULL ? text : "out of memory");
	free(text);
}

/* ------------------------------------------------------------------ client */

static NTSTATUS client_step(struct auth *auth, TALLOC_CTX *mem_ctx,
			    struct wire_slice in, struct wire_slice *out)
{
	struct kerberos_ticket *ticket = auth->client->ticket;
	struct gss_buffer_desc_struct token = buffer_of(in);
	struct gss_buffer_desc_struct answer = GSS_C_EMPTY_BUFFER;
	struct kerberos *k = kerberos_of(auth);
	NTSTATUS status = NT_STATUS_OK;
	OM_uint32 ignored = 0;
	OM_uint32 major = 0;
	OM_uint32 minor = 0;

	if (k->context == GSS_C_NO_CONTEXT) {
		k->context = ticket->context;
		ticket->context = GSS_C_NO_CONTEXT;
		return take_buffer(mem_ctx, &ticket->token, out)
			       ? NT_STATUS_MORE_PROCESSING_REQUIRED
			       : NT_STATUS_NO_MEMORY;
	}
	major = gss_init_sec_context(
		&minor, ticket->cred, &k->context, ticket->target,
		&kerberos_only.elements[0], GSS_C_MUTUAL_FLAG, GSS_C_INDEFINITE,
		GSS_C_NO_CHANNEL_BINDINGS, &token, NULL, &answer, NULL, NULL);
	if (major != GSS_S_COMPLETE) {
		gss_release_buffer(&ignored, &answer);
		set_why(auth, kerberos_client_error(major, minor, &status));
		return NT_STATUS_IS_OK(status) ? NT_STATUS_LOGON_FAILURE
					       : status;
	}
	if (!take_session_key(auth, k) || !take_buffer(mem_ctx, &answer, out)) {
		return NT_STATUS_NO_MEMORY;
	}
	return NT_STATUS_OK;
}

/* ------------------------------------------------------------------ server */

static OM_uint32 acquire(struct auth *auth, struct kerberos *k,
			 OM_uint32 *minor)
{
	gss_key_value_element_desc element = {
		.key = "keytab",
		.value = auth->server->keytab,
	};
	gss_key_value_set_desc store = {.count = 1, .elements = &element};
	bool own = auth->server->keytab[0] != '\0';

	*minor = 0;
	if (k->cred != GSS_C_NO_CREDENTIAL) {
		return GSS_S_COMPLETE;
	}
	return gss_acquire_cred_from(minor, GSS_C_NO_NAME, GSS_C_INDEFINITE,
				     &kerberos_only, GSS_C_ACCEPT,
				     own ? &store : GSS_C_NO_CRED_STORE,
				     &k->cred, NULL, NULL);
}

static char *display(TALLOC_CTX *mem_ctx, gss_name_t name)
{
	struct gss_buffer_desc_struct text = GSS_C_EMPTY_BUFFER;
	OM_uint32 minor = 0;
	char *copy = NULL;

	if (gss_display_name(&minor, name, &text, NULL) == GSS_S_COMPLETE) {
		copy = talloc_strndup(mem_ctx, text.value, text.length);
		gss_release_buffer(&minor, &text);
	}
	if (copy != NULL && !utf8_valid(copy)) {
		TALLOC_FREE(copy);
	}
	return copy;
}

/* Whether this principal of the keytab is meant for SMB. */
static bool principal_serves(const struct auth *auth, const char *principal)
{
	const char *const *pattern = auth->server->principals;
	size_t i = 0;

	for (i = 0; pattern[i] != NULL; i++) {
		if (fnmatch(pattern[i], principal, FNM_CASEFOLD) == 0) {
			return true;
		}
	}
	return false;
}

static NTSTATUS refuse(struct auth *auth, const char *format, const char *name)
{
	auth->why = talloc_asprintf(auth, format, name);
	return NT_STATUS_LOGON_FAILURE;
}

static NTSTATUS check_target(struct auth *auth, struct kerberos *k)
{
	gss_name_t target = GSS_C_NO_NAME;
	OM_uint32 minor = 0;
	char *name = NULL;

	if (gss_inquire_context(&minor, k->context, NULL, &target, NULL, NULL,
				NULL, NULL, NULL) == GSS_S_COMPLETE) {
		name = display(auth, target);
		gss_release_name(&minor, &target);
	}
	if (name == NULL) {
		return NT_STATUS_NO_MEMORY;
	}
	if (!principal_serves(auth, name)) {
		return refuse(auth,
			      "the ticket is for %s, which `kerberos "
			      "principals` does not name",
			      name);
	}
	return NT_STATUS_OK;
}

/* auth_to_local: who that is on this machine. */
static NTSTATUS take_user(struct auth *auth, gss_name_t client)
{
	struct gss_buffer_desc_struct local = GSS_C_EMPTY_BUFFER;
	const char *realm = strrchr(auth->claimed_user, '@');
	OM_uint32 minor = 0;

	if (gss_localname(&minor, client, &kerberos_only.elements[0], &local) !=
	    GSS_S_COMPLETE) {
		return refuse(auth,
			      "auth_to_local of krb5.conf has no name for %s",
			      auth->claimed_user);
	}
	auth->user = talloc_strndup(auth, local.value, local.length);
	auth->domain = talloc_strdup(auth, realm != NULL ? realm + 1 : "");
	gss_release_buffer(&minor, &local);
	if (auth->user == NULL || auth->domain == NULL) {
		return NT_STATUS_NO_MEMORY;
	}
	return utf8_valid(auth->user)
		       ? NT_STATUS_OK
		       : refuse(auth, "the local name of %s is not UTF-8",
				auth->claimed_user);
}

static void take_lifetime(struct auth *auth, OM_uint32 seconds)
{
	if (seconds != GSS_C_INDEFINITE) {
		auth->expires =
			((uint64_t)time(NULL) + NTTIME_EPOCH + seconds) *
			NTTIME_SECOND;
	}
}

/*
 * Samba's client says that it knows of bindings and has none, which krb5 takes
 * for a relayed logon: unless it is required nobody looks. A ticket names the
 * server that it is for, anyway.
 */
static bool must_bind(const struct auth *auth)
{
	return auth->server->binding_required && auth->server->binding.len > 0;
}

static NTSTATUS established(struct auth *auth, struct kerberos *k,
			    gss_name_t client, OM_uint32 flags,
			    OM_uint32 lifetime)
{
	NTSTATUS status = NT_STATUS_OK;
	const char *name = display(auth, client);

	if (name == NULL) {
		return NT_STATUS_LOGON_FAILURE;
	}
	auth->claimed_user = name;
	auth->expires = 0;
	if ((flags & GSS_C_ANON_FLAG) != 0) {
		return refuse(auth, "%s has no name", name);
	}
	if (must_bind(auth) && (flags & GSS_C_CHANNEL_BOUND_FLAG) == 0) {
		return refuse(auth,
			      "`extended protection` requires that the logon "
			      "of %s is bound to this connection",
			      name);
	}
	take_lifetime(auth, lifetime);
	status = check_target(auth, k);
	if (NT_STATUS_IS_OK(status)) {
		status = take_user(auth, client);
	}
	if (NT_STATUS_IS_OK(status) && !take_session_key(auth, k)) {
		status = NT_STATUS_INTERNAL_ERROR;
	}
	return status;
}

/*
 * A client whose clock is wrong is told so, once, and may try again (MS-KILE
 * 3.4.5.1): the library has made a token that says it.
 */
static NTSTATUS rejected(struct kerberos *k, bool has_token)
{
	OM_uint32 ignored = 0;

	gss_delete_sec_context(&ignored, &k->context, GSS_C_NO_BUFFER);
	if (!has_token || k->told) {
		return NT_STATUS_LOGON_FAILURE;
	}
	k->told = true;
	return NT_STATUS_MORE_PROCESSING_REQUIRED;
}

static NTSTATUS server_step(struct auth *auth, TALLOC_CTX *mem_ctx,
			    struct wire_slice in, struct wire_slice *out)
{
	struct gss_channel_bindings_struct bindings = {0};
	struct gss_buffer_desc_struct token = buffer_of(in);
	struct gss_buffer_desc_struct answer = GSS_C_EMPTY_BUFFER;
	struct kerberos *k = kerberos_of(auth);
	gss_name_t client = GSS_C_NO_NAME;
	NTSTATUS status = NT_STATUS_OK;
	OM_uint32 minor = 0;
	OM_uint32 ignored = 0;
	OM_uint32 flags = 0;
	OM_uint32 lifetime = 0;
	OM_uint32 major = acquire(auth, k, &minor);

	kerberos_bindings(auth->server->binding, &bindings);
	if (major == GSS_S_COMPLETE) {
		major = gss_accept_sec_context(
			&minor, &k->context, k->cred, &token,
			must_bind(auth) ? &bindings : GSS_C_NO_CHANNEL_BINDINGS,
			&client, NULL, &answer, &flags, &lifetime, NULL);
	}
	if (GSS_ERROR(major)) {
		set_why(auth, kerberos_server_error(major, minor));
		status = rejected(k, answer.length > 0);
	} else if (major == GSS_S_COMPLETE) {
		status = established(auth, k, client, flags, lifetime);
	} else {
		status = NT_STATUS_MORE_PROCESSING_REQUIRED;
	}
	gss_release_name(&ignored, &client);
	if (!take_buffer(mem_ctx, &answer, out)) {
		status = NT_STATUS_NO_MEMORY;
	}
	return status;
}

static NTSTATUS step(struct auth *auth, TALLOC_CTX *mem_ctx,
		     struct wire_slice in, struct wire_slice *out)
{
	return auth->server != NULL ? server_step(auth, mem_ctx, in, out)
				    : client_step(auth, mem_ctx, in, out);
}

/* [APPLICATION 0] and the OID: RFC 4121 4.1, without SPNEGO around it. */
static bool is_raw(struct wire_slice token)
{
	static const uint8_t oid[] = {0x06, 0x09, 0x2a, 0x86, 0x48, 0x86,
				      0xf7, 0x12, 0x01, 0x02, 0x02};
	size_t at = 2;

	if (token.len < 2 || token.data[0] != 0x60) {
		return false;
	}
	if (token.data[1] >= 0x80) {
		at += token.data[1] & 0x7F;
	}
	return token.len >= at + sizeof(oid) &&
	       memcmp(token.data + at, oid, sizeof(oid)) == 0;
}

static const uint8_t oid_windows[] = {0x2a, 0x86, 0x48, 0x82, 0xf7,
				      0x12, 0x01, 0x02, 0x02};
static const uint8_t oid_krb5[] = {0x2a, 0x86, 0x48, 0x86, 0xf7,
				   0x12, 0x01, 0x02, 0x02};

const struct auth_mech auth_mech_kerberos_windows = {
	.name = "Kerberos",
	.bit = AUTH_MECH_KERBEROS,
	.oid = {.data = oid_windows, .len = sizeof(oid_windows)},
	.server_new = kerberos_new,
	.client_new = kerberos_new,
	.step = step,
	.mic_make = mic_make,
	.mic_check = mic_check,
};

const struct auth_mech auth_mech_kerberos = {
	.name = "Kerberos",
	.bit = AUTH_MECH_KERBEROS,
	.oid = {.data = oid_krb5, .len = sizeof(oid_krb5)},
	.is_raw = is_raw,
	.server_new = kerberos_new,
	.client_new = kerberos_new,
	.step = step,
	.mic_make = mic_make,
	.mic_check = mic_check,
};
