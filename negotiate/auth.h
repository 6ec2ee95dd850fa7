/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Authentication: the tokens in SESSION_SETUP (and the hint in the NEGOTIATE
 * response), both roles. SPNEGO (RFC 4178, MS-SPNG) around one mechanism; a
 * mechanism is a row in a table (auth_private.h): NTLMv2, and Kerberos by MIT
 * krb5. Nothing here waits for a network: accounts, time and a client's ticket
 * (kerberos.h) are passed in. A server with a keytab reads that, and writes
 * krb5's replay cache, which are local files.
 *
 * An exchange is a talloc object and a loop:
 *
 *	status = auth_step(auth, mem_ctx, token_from_peer, &token_for_peer);
 *
 *   NT_STATUS_MORE_PROCESSING_REQUIRED  send the token, wait for the answer
 *   NT_STATUS_OK                        done; a token that is not empty still
 *                                       goes to the peer
 *   anything else                       failed; the exchange is dead. A server
 *                                       sends the status, and never a reason
 *
 * Tokens are bounded (AUTH_TOKEN_MAX) and an exchange takes at most
 * AUTH_STEPS_MAX steps, so a stranger holds little memory and no time.
 */
#ifndef NEGOTIATE_AUTH_H
#define NEGOTIATE_AUTH_H

#include "smbquic/ntstatus.h"
#include "smbquic/wire.h"

#define AUTH_TOKEN_MAX	  65535
#define AUTH_STEPS_MAX	  8
#define AUTH_NT_HASH_SIZE 16

struct auth;
struct kerberos_ticket;

/* The mechanisms, to be or'ed. */
#define AUTH_MECH_NTLM	   0x01u
#define AUTH_MECH_KERBEROS 0x02u

/*
 * "This logon belongs to this connection": what a connection has to itself, as
 * bytes that both ends know (for TLS "tls-server-end-point:" and a hash of the
 * server's certificate, RFC 5929). A client puts them into its proof (NTLM's
 * MsvAvChannelBindings, Kerberos' channel bindings), so that the proof is worth
 * nothing on a connection to somebody else.
 */

/* ----------------------------------------------------------------- server */

/* An account, as the lookup fills it in. */
struct auth_account {
	const char *name; /* as the server wants to call it; NULL: as the
			     client wrote it. Must live until auth_step()
			     returns. */
	uint8_t nt_hash[AUTH_NT_HASH_SIZE];
	bool disabled; /* told to the client only if the password is right */
};

/*
 * Finds the account for a name as the client wrote it (valid UTF-8, not
 * empty, no '@' or '\' splitting done). Whatever domain the client thinks it
 * is in is given for the log's sake and should not matter. false: there is
 * none; the client cannot tell that from a wrong password.
 */
typedef bool (*auth_lookup_fn)(const char *user, const char *domain,
			       struct auth_account *account,
			       void *private_data);

/* What becomes of a client whose logon fails. */
enum auth_guest {
	AUTH_GUEST_NEVER,
	AUTH_GUEST_BAD_USER,	 /* a guest, if the lookup does not find it */
	AUTH_GUEST_BAD_PASSWORD, /* a guest */
};

struct auth_server_config {
	const char *netbios_name;   /* "FILESRV" (upper case, <= 15) */
	const char *netbios_domain; /* workgroup, or the name again */
	const char *dns_name;	    /* "filesrv.example.org" or NULL */
	const char *dns_domain;	    /* "example.org" or NULL */
	auth_lookup_fn lookup;
	void *private_data;
	enum auth_guest guest;
	bool anonymous; /* one who gives no name gets in, too */
	unsigned mechs; /* AUTH_MECH_*; 0: NTLM alone */

	/* Kerberos: the file ("FILE:/path") with the server's keys, "": the
	 * default of krb5.conf; and which of its principals serve, as
	 * wildcard patterns, NULL at the end. */
	const char *keytab;
	const char *const *principals;

	/* Empty: there is nothing to bind to, and what clients say of it is
	 * not looked at. Who binds NTLM to something else is refused; with
	 * binding_required also who does not bind at all, and likewise by
	 * Kerberos. */
	struct wire_slice binding;
	bool binding_required;
};

/* Everything in config is copied. now: FILETIME (100 ns since 1601). */
NTSTATUS auth_server_new(TALLOC_CTX *mem_ctx,
			 const struct auth_server_config *config, uint64_t now,
			 struct auth **out);

/*
 * The security buffer of a NEGOTIATE response: NegTokenInit2 (MS-SPNG
 * 3.2.5.2) with our mechanisms. Its negHints are left out: they are optional,
 * "not_defined_in_RFC4178@please_ignore" in practice, and dissectors that
 * know them do so on privileged TCP ports alone and call them malformed
 * elsewhere. The same bytes for everyone. Empty when memory is short, which
 * is a legal answer too.
 */
struct wire_slice auth_server_hint(TALLOC_CTX *mem_ctx, unsigned mechs);

/* Why nobody can be logged on with that keytab and those principals, of the
 * configuration above: a sentence, child of mem_ctx. NULL: he can. Reads the
 * file. */
char *auth_keytab_problem(TALLOC_CTX *mem_ctx, const char *keytab,
			  const char *const *principals);

/* ----------------------------------------------------------------- client */

struct auth_client_config {
	const char *user;	 /* UTF-8; "": nobody, by NTLM alone, who has no
				    password either and is let in as
				    anonymous, or not at all */
	const char *domain;	 /* NULL or "": the server's own accounts */
	const char *password;	 /* UTF-8; or NULL with nt_hash */
	const uint8_t *nt_hash;	 /* AUTH_NT_HASH_SIZE bytes, or NULL */
	const char *workstation; /* our name, or NULL */
	const char *target;	 /* the server's name as the user gave it,
				    for "cifs/target" */
	struct wire_slice binding; /* empty: nothing to bind to */

	/* Kerberos instead of NTLM: belongs to the exchange once
	 * auth_client_new() succeeded. user and password are not used then. */
	struct kerberos_ticket *ticket;
};

/* Which AUTH_MECH_* the server's hint (may be empty) permits. */
unsigned auth_hint_mechs(struct wire_slice hint);

/* hint: the server's NegTokenInit2 from the NEGOTIATE response, may be empty.
 * A hint without a mechanism of ours is NT_STATUS_NOT_SUPPORTED. The first
 * auth_step() takes an empty token. now: FILETIME, used when the server does
 * not tell its own time. */
NTSTATUS auth_client_new(TALLOC_CTX *mem_ctx,
			 const struct auth_client_config *config,
			 struct wire_slice hint, uint64_t now,
			 struct auth **out);

/* ------------------------------------------------------------------- both */

/*
 * One step. *out is empty or allocated on mem_ctx. Failures:
 *   NT_STATUS_LOGON_FAILURE      server: wrong password, unknown user, NTLMv1,
 *                                anonymous if not allowed. client: the server's
 * proof of the password (its MIC) is wrong NT_STATUS_ACCOUNT_DISABLED   server:
 * right password of a disabled account NT_STATUS_INVALID_PARAMETER  malformed
 * token, or one too many NT_STATUS_NOT_SUPPORTED      no mechanism in common
 *   NT_STATUS_NO_MEMORY, NT_STATUS_INTERNAL_ERROR
 */
NTSTATUS auth_step(struct auth *auth, TALLOC_CTX *mem_ctx, struct wire_slice in,
		   struct wire_slice *out);

/* After NT_STATUS_OK. The strings and bytes belong to auth. Server: the user
 * that was proven (the account's name) and the client's domain and
 * workstation, "" when not told. Client: what was given. */
const char *auth_user(const struct auth *auth);
const char *auth_domain(const struct auth *auth);
const char *auth_workstation(const struct auth *auth);
const char *auth_mechanism(const struct auth *auth); /* "NTLMv2", "Kerberos" */
unsigned auth_mech(const struct auth *auth); /* AUTH_MECH_*; 0: none yet */
/* FILETIME: what was proven holds until then; 0: for ever. */
uint64_t auth_expires(const struct auth *auth);
struct wire_slice auth_session_key(const struct auth *auth);

/*
 * Server: who that is. Of a guest nothing is proven, and it has no session key
 * (empty) and no name (""); an anonymous client has no name, and a session key
 * that anybody can compute (MS-NLMP 3.2.5.1.2).
 */
enum auth_kind {
	AUTH_USER,
	AUTH_GUEST,
	AUTH_ANONYMOUS,
};
enum auth_kind auth_kind(const struct auth *auth);

/* Also after a failed step, for the log: the name the client claimed, or "". */
const char *auth_claimed_user(const struct auth *auth);
/* And why the last step was not what it should be: a few words, or NULL. Also
 * with NT_STATUS_MORE_PROCESSING_REQUIRED, when the client may try again. */
const char *auth_why(const struct auth *auth);

/* The NT hash (MD4 of UTF-16LE) of a password; false: not valid UTF-8. */
bool auth_nt_hash(const char *password, uint8_t hash[AUTH_NT_HASH_SIZE]);

#endif
