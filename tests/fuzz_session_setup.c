/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The tokens of SESSION_SETUP, to either side, and what they are made of. The
 * first byte chooses, two bytes are the first token's length, the rest is the
 * second. The server's challenge is always the same, so that the conversation
 * in the corpus is a successful one.
 */
#include <krb5.h>
#include <stdlib.h>

#include "negotiate/auth.h"
#include "negotiate/auth_private.h"
#include "negotiate/ntlm_private.h"
#include "negotiate/spnego_private.h"

#define KEYTAB "MEMORY:fuzz"

enum { SERVER, CLIENT, PARTS, KERBEROS, CHOICES };

static const uint8_t challenge[NTLM_CHALLENGE_SIZE] = {0x0D, 0x1D, 0x8B, 0xA3,
						       0x11, 0x79, 0xD0, 0x08};

static bool lookup(const char *user, const char *domain,
		   struct auth_account *account, void *private_data)
{
	(void)user;
	(void)domain;
	(void)private_data;
	return auth_nt_hash("Password01!", account->nt_hash);
}

static void plant_challenge(struct auth *auth)
{
	struct ntlm *ntlm = NULL;

	ntlm = talloc_get_type(auth->mech_state, struct ntlm);
	if (ntlm != NULL) {
		memcpy(ntlm->server_challenge, challenge, sizeof(challenge));
	}
}

static void to_server(TALLOC_CTX *tmp, struct wire_slice first,
		      struct wire_slice second)
{
	static const struct auth_server_config config = {
		.netbios_name = "FUZZ",
		.netbios_domain = "WORKGROUP",
		.lookup = lookup,
	};
	struct wire_slice out = {0};
	struct auth *auth = NULL;

	if (!NT_STATUS_IS_OK(auth_server_new(tmp, &config, 1, &auth))) {
		return;
	}
	(void)auth_step(auth, tmp, first, &out);
	plant_challenge(auth);
	if (NT_STATUS_IS_OK(auth_step(auth, tmp, second, &out)) &&
	    (auth_user(auth)[0] == '\0' || auth_session_key(auth).len == 0)) {
		abort();
	}
	/* a third, as after SPNEGO's choice of another mechanism */
	(void)auth_step(auth, tmp, second, &out);
}

static void to_client(TALLOC_CTX *tmp, struct wire_slice first,
		      struct wire_slice second)
{
	static const struct auth_client_config config = {
		.user = "administrator",
		.domain = "SUT311",
		.password = "Password01!",
		.target = "SUT311",
	};
	struct wire_slice none = {0};
	struct wire_slice out = {0};
	struct auth *auth = NULL;

	if (!NT_STATUS_IS_OK(auth_client_new(tmp, &config, none, 1, &auth))) {
		return;
	}
	(void)auth_step(auth, tmp, none, &out);
	(void)auth_step(auth, tmp, first, &out);
	(void)auth_step(auth, tmp, second, &out);
	(void)auth_client_new(tmp, &config, first, 1, &auth);
}

/* A keytab in memory, with a key for everybody who is asked for. */
static void make_keytab(void)
{
	static bool made;
	static krb5_context krb5;
	static krb5_keytab keytab;
	krb5_keytab_entry entry = {.vno = 1};

	if (made) {
		return;
	}
	made = true;
	setenv("KRB5RCACHENAME", "none:", 1);
	setenv("KRB5_CONFIG", "/dev/null", 1);
	if (krb5_init_context(&krb5) != 0 ||
	    krb5_kt_resolve(krb5, KEYTAB, &keytab) != 0 ||
	    krb5_parse_name(krb5, "cifs/fuzz@FUZZ.TEST", &entry.principal) !=
		    0 ||
	    krb5_c_make_random_key(krb5, ENCTYPE_AES256_CTS_HMAC_SHA1_96,
				   &entry.key) != 0 ||
	    krb5_kt_add_entry(krb5, keytab, &entry) != 0) {
		abort();
	}
	krb5_free_keyblock_contents(krb5, &entry.key);
	krb5_free_principal(krb5, entry.principal);
	/* The keytab stays, as do these: it is gone with its last user. */
}

/* Nobody can have a ticket: the keys were made a moment ago. */
static void to_kerberos(TALLOC_CTX *tmp, struct wire_slice first,
			struct wire_slice second)
{
	static const uint8_t binding[] = "tls-server-end-point:fuzz";
	static const char *const principals[] = {"cifs/*", NULL};
	const struct auth_server_config config = {
		.netbios_name = "FUZZ",
		.netbios_domain = "WORKGROUP",
		.lookup = lookup,
		.mechs = AUTH_MECH_KERBEROS,
		.keytab = KEYTAB,
		.principals = principals,
		.binding = wire_slice(binding, sizeof(binding)),
		.binding_required = true,
	};
	struct wire_slice out = {0};
	struct auth *auth = NULL;

	make_keytab();
	if (!NT_STATUS_IS_OK(auth_server_new(tmp, &config, 1, &auth))) {
		abort();
	}
	if (NT_STATUS_IS_OK(auth_step(auth, tmp, first, &out)) ||
	    NT_STATUS_IS_OK(auth_step(auth, tmp, second, &out))) {
		abort();
	}
}

/* What can be read can be written, and reads the same again. */
static void spnego_again(TALLOC_CTX *tmp, struct wire_slice in)
{
	struct spnego_resp a = {0};
	struct spnego_resp b = {0};
	struct wire_slice out = {0};

	if (!spnego_resp_decode(in, &a)) {
		return;
	}
	/* the writer has room for an OID of ours, not for any */
	a.mech = a.mech.len > 32 ? wire_slice(NULL, 0) : a.mech;
	if (!spnego_resp_encode(tmp, &a, &out) ||
	    !spnego_resp_decode(out, &b) || a.state != b.state ||
	    !wire_slice_equal(a.mech, b.mech) ||
	    !wire_slice_equal(a.token, b.token) ||
	    !wire_slice_equal(a.mic, b.mic)) {
		abort();
	}
}

static void parts(TALLOC_CTX *tmp, struct wire_slice in)
{
	struct ntlm_negotiate negotiate = {0};
	struct ntlm_challenge message = {0};
	struct ntlm_authenticate authenticate = {0};
	struct ntlm_temp temp = {0};
	struct spnego_init init = {0};

	(void)ntlm_negotiate_decode(in, &negotiate);
	if (ntlm_challenge_decode(in, &message)) {
		(void)ntlm_av_valid(message.target_info);
	}
	(void)ntlm_authenticate_decode(in, &authenticate);
	if (ntlm_temp_decode(in, &temp) && ntlm_av_valid(temp.target_info)) {
		(void)ntlm_av_find(temp.target_info, NTLM_AV_FLAGS);
	}
	(void)spnego_init_decode(in, &init);
	spnego_again(tmp, in);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	TALLOC_CTX *tmp = talloc_new(NULL);
	struct wire_reader r = wire_reader(data, size);
	uint8_t choice = wire_get_u8(&r);
	uint16_t len = wire_get_u16(&r);
	struct wire_slice first = wire_get(&r, len);
	struct wire_slice second = wire_get_rest(&r);

	if (wire_reader_ok(&r)) {
		switch (choice % CHOICES) {
		case SERVER: to_server(tmp, first, second); break;
		case CLIENT: to_client(tmp, first, second); break;
		case KERBEROS: to_kerberos(tmp, first, second); break;
		default: parts(tmp, first); break;
		}
	}
	talloc_free(tmp);
	return 0;
}
