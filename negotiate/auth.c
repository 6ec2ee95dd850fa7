/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "negotiate/auth.h"
#include "negotiate/auth_private.h"
#include "negotiate/kerberos_private.h"
#include "negotiate/ntlm_private.h"
#include "smbquic/secret.h"
#include "smbquic/crypto.h"
#include "smbquic/utf16.h"

const struct auth_mech *const auth_mechs[] = {
	&auth_mech_kerberos,
	&auth_mech_kerberos_windows,
	&auth_mech_ntlm,
	NULL,
};

/* -------------------------------------------------------------- construction
 */

static struct auth *auth_new(TALLOC_CTX *mem_ctx, uint64_t now)
{
	struct auth *auth = talloc_zero(mem_ctx, struct auth);

	if (auth == NULL) {
		return NULL;
	}
	auth->now = now;
	auth->user = "";
	auth->domain = "";
	auth->workstation = "";
	auth->claimed_user = "";
	return auth;
}

/* A copy of text that may be absent; *ok becomes false when memory is short or
 * the text is not valid UTF-8. */
static const char *copy_text(TALLOC_CTX *mem_ctx, const char *text, bool *ok)
{
	const char *copy = NULL;

	if (text == NULL) {
		return NULL;
	}
	if (!utf8_valid(text)) {
		*ok = false;
		return NULL;
	}
	copy = talloc_strdup(mem_ctx, text);
	*ok = *ok && copy != NULL;
	return copy;
}

static const char *const *copy_list(TALLOC_CTX *mem_ctx,
				    const char *const *list, bool *ok)
{
	const char **copy = NULL;
	size_t count = 0;
	size_t i = 0;

	if (list == NULL) {
		return NULL;
	}
	while (list[count] != NULL) {
		count++;
	}
	copy = talloc_zero_array(mem_ctx, const char *, count + 1);
	if (copy == NULL) {
		*ok = false;
		return NULL;
	}
	for (i = 0; i < count; i++) {
		copy[i] = copy_text(copy, list[i], ok);
	}
	return copy;
}

static struct wire_slice copy_slice(TALLOC_CTX *mem_ctx, struct wire_slice in,
				    bool *ok)
{
	uint8_t *copy = NULL;

	if (in.len == 0) {
		return wire_slice(NULL, 0);
	}
	copy = talloc_memdup(mem_ctx, in.data, in.len);
	*ok = *ok && copy != NULL;
	return wire_slice(copy, in.len);
}

NTSTATUS auth_server_new(TALLOC_CTX *mem_ctx,
			 const struct auth_server_config *config, uint64_t now,
			 struct auth **out)
{
	struct auth *auth = auth_new(mem_ctx, now);
	struct auth_server_config *c = NULL;
	bool ok = true;

	*out = NULL;
	if (auth == NULL) {
		return NT_STATUS_NO_MEMORY;
	}
	c = talloc_zero(auth, struct auth_server_config);
	if (c == NULL || config->netbios_name == NULL ||
	    config->lookup == NULL) {
		talloc_free(auth);
		return NT_STATUS_INVALID_PARAMETER;
	}
	c->netbios_name = copy_text(c, config->netbios_name, &ok);
	c->netbios_domain = copy_text(c, config->netbios_domain, &ok);
	c->dns_name = copy_text(c, config->dns_name, &ok);
	c->dns_domain = copy_text(c, config->dns_domain, &ok);
	c->lookup = config->lookup;
	c->private_data = config->private_data;
	c->guest = config->guest;
	c->anonymous = config->anonymous;
	c->mechs = config->mechs != 0 ? config->mechs : AUTH_MECH_NTLM;
	c->keytab = copy_text(c, config->keytab, &ok);
	c->principals = copy_list(c, config->principals, &ok);
	c->binding = copy_slice(c, config->binding, &ok);
	c->binding_required = config->binding_required;
	ok = ok && ((c->mechs & AUTH_MECH_KERBEROS) == 0 ||
		    (c->keytab != NULL && c->principals != NULL));
	if (!ok) {
		talloc_free(auth);
		return NT_STATUS_INVALID_PARAMETER;
	}
	auth->server = c;
	*out = auth;
	return NT_STATUS_OK;
}

struct wire_slice auth_server_hint(TALLOC_CTX *mem_ctx, unsigned mechs)
{
	struct wire_slice hint = {0};

	(void)spnego_hint(mem_ctx, mechs, &hint);
	return hint;
}

unsigned auth_hint_mechs(struct wire_slice hint)
{
	unsigned mechs = 0;
	size_t i = 0;

	for (i = 0; auth_mechs[i] != NULL; i++) {
		if (spnego_hint_choose(hint, auth_mechs[i]->bit) != NULL) {
			mechs |= auth_mechs[i]->bit;
		}
	}
	return mechs;
}

/* The password is not kept: its hash is all that NTLM wants. */
static bool copy_hash(struct auth_client_config *c,
		      const struct auth_client_config *config)
{
	uint8_t *hash = secret_new(c, AUTH_NT_HASH_SIZE);

	c->nt_hash = hash;
	if (hash == NULL) {
		return false;
	}
	if (config->nt_hash != NULL) {
		memcpy(hash, config->nt_hash, AUTH_NT_HASH_SIZE);
		return true;
	}
	return config->password != NULL && auth_nt_hash(config->password, hash);
}

/* The user that a ticket is of, or that a password proves. */
static bool take_identity(struct auth_client_config *c,
			  const struct auth_client_config *config)
{
	const struct kerberos_ticket *ticket = config->ticket;
	bool ok = true;

	c->user =
		copy_text(c, ticket != NULL ? ticket->user : config->user, &ok);
	c->domain = copy_text(
		c, ticket != NULL ? ticket->realm : config->domain, &ok);
	if (!ok || (ticket == NULL && c->user == NULL)) {
		return false;
	}
	if (ticket == NULL && c->user[0] == '\0') {
		return config->nt_hash == NULL &&
		       (config->password == NULL || *config->password == '\0');
	}
	return ticket != NULL || copy_hash(c, config);
}

static int client_destructor(struct auth_client_config *c)
{
	kerberos_ticket_free(c->ticket);
	return 0;
}

NTSTATUS auth_client_new(TALLOC_CTX *mem_ctx,
			 const struct auth_client_config *config,
			 struct wire_slice hint, uint64_t now,
			 struct auth **out)
{
	const struct auth_mech *mech = spnego_hint_choose(
		hint,
		config->ticket != NULL ? AUTH_MECH_KERBEROS : AUTH_MECH_NTLM);
	struct auth *auth = auth_new(mem_ctx, now);
	struct auth_client_config *c = NULL;
	bool ok = true;

	*out = NULL;
	if (auth == NULL) {
		return NT_STATUS_NO_MEMORY;
	}
	if (mech == NULL) {
		talloc_free(auth);
		return NT_STATUS_NOT_SUPPORTED;
	}
	c = talloc_zero(auth, struct auth_client_config);
	ok = c != NULL && take_identity(c, config);
	if (ok) {
		c->binding = copy_slice(c, config->binding, &ok);
		c->workstation = copy_text(c, config->workstation, &ok);
		c->target = copy_text(c, config->target, &ok);
	}
	if (!ok) {
		talloc_free(auth);
		return NT_STATUS_INVALID_PARAMETER;
	}
	c->ticket = config->ticket;
	talloc_set_destructor(c, client_destructor);
	auth->client = c;
	auth->mech = mech;
	auth->user = c->user;
	auth->claimed_user = c->user;
	auth->domain = c->domain != NULL ? c->domain : "";
	auth->workstation = c->workstation != NULL ? c->workstation : "";
	*out = auth;
	return NT_STATUS_OK;
}

/* --------------------------------------------------------------------- steps
 */

/* A client that begins with a mechanism's own token instead of SPNEGO's. */
static const struct auth_mech *raw_mech(const struct auth *auth,
					struct wire_slice in)
{
	size_t i = 0;

	if (auth->server == NULL || auth->phase != AUTH_BEGIN) {
		return NULL;
	}
	for (i = 0; auth_mechs[i] != NULL; i++) {
		if ((auth_mechs[i]->bit & auth->server->mechs) != 0 &&
		    auth_mechs[i]->is_raw != NULL &&
		    auth_mechs[i]->is_raw(in)) {
			return auth_mechs[i];
		}
	}
	return NULL;
}

static NTSTATUS step(struct auth *auth, TALLOC_CTX *mem_ctx,
		     struct wire_slice in, struct wire_slice *out)
{
	const struct auth_mech *raw = raw_mech(auth, in);
	NTSTATUS status = NT_STATUS_OK;

	if (raw != NULL) {
		auth->mech = raw;
		auth->phase = AUTH_RAW;
		status = raw->server_new(auth);
	}
	if (!NT_STATUS_IS_OK(status)) {
		return status;
	}
	if (auth->phase == AUTH_RAW) {
		return auth->mech->step(auth, mem_ctx, in, out);
	}
	if (auth->server != NULL) {
		return spnego_accept(auth, mem_ctx, in, out);
	}
	return spnego_initiate(auth, mem_ctx, in, out);
}

NTSTATUS auth_step(struct auth *auth, TALLOC_CTX *mem_ctx, struct wire_slice in,
		   struct wire_slice *out)
{
	NTSTATUS status = NT_STATUS_INVALID_PARAMETER;

	*out = wire_slice(NULL, 0);
	auth->why = NULL;
	if (auth->phase != AUTH_FINISHED && auth->steps < AUTH_STEPS_MAX &&
	    in.len <= AUTH_TOKEN_MAX) {
		auth->steps++;
		status = step(auth, mem_ctx, in, out);
	}
	if (status == NT_STATUS_MORE_PROCESSING_REQUIRED) {
		return status;
	}
	auth->phase = AUTH_FINISHED;
	auth->succeeded = NT_STATUS_IS_OK(status);
	if (!auth->succeeded) {
		*out = wire_slice(NULL, 0);
	}
	return status;
}

/* ------------------------------------------------------------------- results
 */

const char *auth_user(const struct auth *auth)
{
	return auth->succeeded ? auth->user : "";
}

const char *auth_domain(const struct auth *auth)
{
	return auth->domain;
}

const char *auth_workstation(const struct auth *auth)
{
	return auth->workstation;
}

const char *auth_mechanism(const struct auth *auth)
{
	return auth->mech != NULL ? auth->mech->name : "";
}

struct wire_slice auth_session_key(const struct auth *auth)
{
	return auth->succeeded ? auth->session_key : wire_slice(NULL, 0);
}

unsigned auth_mech(const struct auth *auth)
{
	return auth->mech != NULL ? auth->mech->bit : 0;
}

uint64_t auth_expires(const struct auth *auth)
{
	return auth->expires;
}

const char *auth_why(const struct auth *auth)
{
	return auth->why;
}

enum auth_kind auth_kind(const struct auth *auth)
{
	return auth->kind;
}

const char *auth_claimed_user(const struct auth *auth)
{
	return auth->claimed_user;
}

static int session_key_destructor(struct auth_session_key_holder *holder)
{
	crypto_wipe(holder->key, sizeof(holder->key));
	return 0;
}

bool auth_set_session_key(struct auth *auth, const uint8_t *key, size_t len)
{
	struct auth_session_key_holder *holder = NULL;

	if (len > sizeof(holder->key)) {
		return false;
	}
	holder = talloc_zero(auth, struct auth_session_key_holder);
	if (holder == NULL) {
		return false;
	}
	talloc_set_destructor(holder, session_key_destructor);
	memcpy(holder->key, key, len);
	auth->session_key = wire_slice(holder->key, len);
	return true;
}
