/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * SMB2 NEGOTIATE: a policy in, an agreement out. Pure functions: no I/O, no
 * clock, no randomness, nothing allocated; so every downgrade attack is a test
 * of ten lines. MS-SMB2 3.2.4.2.2, 3.2.5.2, 3.3.5.3, 3.3.5.4.
 *
 * A transport is never looked at: what matters of it comes as two booleans in
 * the policy.
 *
 * The messages given here are whole: from the SMB2 header to the last byte on
 * the wire. A function that judges returns NT_STATUS_OK and fills the
 * agreement, or refuses and sets agreement->why to a few words for a log or a
 * user.
 */
#ifndef NEGOTIATE_NEGOTIATE_H
#define NEGOTIATE_NEGOTIATE_H

#include "smbquic/crypto.h"
#include "smbquic/ntstatus.h"
#include "smbquic/smb2_compress.h"
#include "smbquic/wire.h"

#define NEGOTIATE_SALT_SIZE    32
#define NEGOTIATE_GUID_SIZE    16
#define NEGOTIATE_MAX_IDS      8  /* algorithms that we may offer of a kind */
#define NEGOTIATE_MAX_DIALECTS 64 /* that a client may list */

/* An ordered list of algorithm numbers, best first. */
struct negotiate_ids {
	uint16_t id[NEGOTIATE_MAX_IDS];
	unsigned count;
};

struct negotiate_agreement;

struct negotiate_policy {
	uint16_t min_dialect; /* SMB2_DIALECT_202 ... */
	uint16_t max_dialect;

	/* The connection runs over QUIC: 3.1.1 is the only dialect, whatever
	 * min_dialect and max_dialect say (MS-SMB2 2.1), and SMB1's NEGOTIATE
	 * is refused. */
	bool quic;
	/* "This transport is already secure": QUIC, and on the client with a
	 * server certificate that was verified. */
	bool secure_transport;
	/* We would leave encryption to such a transport
	 * (SMB2_TRANSPORT_CAPABILITIES). Has no effect without
	 * secure_transport. */
	bool accept_transport_security;

	bool posix; /* the POSIX extensions: offered, or accepted */

	bool signing_required;
	/* Client: refuse a server without a cipher in common, unless the
	 * transport's security was accepted by both. The server decides at
	 * SESSION_SETUP and TREE_CONNECT. */
	bool encryption_required;

	struct negotiate_ids signing; /* empty: no signing context is sent, and
					 3.1.1 signs with AES-CMAC */
	struct negotiate_ids ciphers; /* empty: no encryption */
	/* Empty: no compression context is sent or answered. The order is the
	 * client's; chains are offered and accepted. */
	struct negotiate_ids compression;

	/* SMB2_GLOBAL_CAP_* that we implement. ENCRYPTION is added or removed
	 * by the rules; LARGE_MTU goes with 2.1 and above. */
	uint32_t capabilities;
	uint32_t max_transact; /* server: what we announce */
	uint32_t max_read;
	uint32_t max_write;
	uint8_t guid[NEGOTIATE_GUID_SIZE]; /* our own */
	const char *server_name; /* client: UTF-8, for the netname context, or
				    NULL */

	/* Client, for a further channel of a session: the agreement of its
	 * first connection. Only that dialect, cipher and signing algorithm
	 * are offered, and a server that answers with another GUID, security
	 * mode or capabilities is refused. NULL: a first connection. */
	const struct negotiate_agreement *first;
};

/* Everything that was agreed; plain data, may be copied. */
struct negotiate_agreement {
	const char *why; /* after a refusal: constant text, else NULL */

	/* What holds on this connection. */
	uint16_t
		dialect; /* SMB2_DIALECT_*; SMB2_DIALECT_WILDCARD: only the
			    multi-protocol answer, a second NEGOTIATE follows */
	uint16_t signing_algorithm;
	bool signing_required; /* by either end */
	uint16_t cipher;       /* 0: SMB encryption cannot be used */
	/* SMB encryption is left to the transport on this connection: a
	 * requirement to encrypt is met, messages still may come sealed.
	 * Signing is not affected. */
	bool accept_transport_security;
	/* None: messages are never compressed. */
	struct smb2_compress_terms compression;
	bool posix;	       /* both ends know the POSIX extensions */
	bool multi_credit;     /* LARGE_MTU */
	uint32_t capabilities; /* of the server's answer; 3.1.1 with a cipher
				  counts as ENCRYPTION here */
	uint32_t max_transact;
	uint32_t max_read;
	uint32_t max_write;
	uint8_t preauth[CRYPTO_PREAUTH_SIZE]; /* 3.1.1: Connection.
						 PreauthIntegrityHashValue */

	/* What each end said. */
	uint8_t client_guid[NEGOTIATE_GUID_SIZE];
	uint8_t server_guid[NEGOTIATE_GUID_SIZE];
	uint16_t client_security_mode;
	uint16_t server_security_mode;
	uint32_t client_capabilities;		   /* as on the wire */
	uint32_t server_capabilities;		   /* as on the wire */
	uint16_t dialects[NEGOTIATE_MAX_DIALECTS]; /* the client's list */
	unsigned dialect_count;
	uint32_t contexts;    /* server: the client's contexts that we answer */
	uint64_t server_time; /* client: the server's FILETIME */

	/* Client: the server's GSS token, inside the response given to
	 * negotiate_judge_response(); lives as long as that. */
	struct wire_slice security;
};

/* Defaults: 3.0 to 3.1.1, Windows 11's orders of algorithms, 8 MiB, no GUID,
 * signing required, no compression, capabilities LARGE_MTU. */
void negotiate_policy_defaults(struct negotiate_policy *policy);

/* ----------------------------------------------------------------- client */

/*
 * Appends the body of a NEGOTIATE request, contexts included. The writer's
 * base is the SMB2 header, which lies directly before. false: the writer is
 * full, or the policy leaves no dialect.
 */
bool negotiate_build_request(const struct negotiate_policy *policy,
			     const uint8_t salt[NEGOTIATE_SALT_SIZE],
			     struct wire_writer *out);

/*
 * Judges the response; request and response are the whole messages, policy the
 * one that the request was built with. All checks of 3.2.5.2; the header's
 * status is looked at too and returned when it is a failure. On success the
 * preauth hash covers both messages.
 *   NT_STATUS_INVALID_NETWORK_RESPONSE  malformed or against the rules
 *   NT_STATUS_NOT_SUPPORTED             honest, but below our policy
 */
NTSTATUS negotiate_judge_response(const struct negotiate_policy *policy,
				  struct wire_slice request,
				  struct wire_slice response,
				  struct negotiate_agreement *agreement);

/* ----------------------------------------------------------------- server */

/*
 * Judges a request; on success the preauth hash covers it.
 *   NT_STATUS_NOT_SUPPORTED      no dialect in common: answer with it
 *   NT_STATUS_INVALID_PARAMETER  answer with it
 *   NT_STATUS_SMB_NO_PREAUTH_INTEGRITY_HASH_OVERLAP
 * A second NEGOTIATE on a connection that has a real dialect must not come
 * here: disconnect (3.3.5.4).
 */
NTSTATUS negotiate_judge_request(const struct negotiate_policy *policy,
				 struct wire_slice request,
				 struct negotiate_agreement *agreement);

/*
 * The first message may be SMB1's NEGOTIATE (3.3.5.3), given from its FF 'SMB'
 * on. NT_STATUS_OK: answer with negotiate_build_response() under an SMB2
 * header with message id 0; agreement->dialect is SMB2_DIALECT_WILDCARD (the
 * client negotiates again, message id 1) or SMB2_DIALECT_202 (done).
 * Otherwise disconnect without an answer.
 */
NTSTATUS negotiate_judge_smb1(const struct negotiate_policy *policy,
			      struct wire_slice request,
			      struct negotiate_agreement *agreement);

/*
 * Appends the body of the NEGOTIATE response. The writer's base is the SMB2
 * header, directly before. now: FILETIME; security: auth_server_hint() or
 * empty. When the header is final, hash the whole message with
 * negotiate_hash().
 */
bool negotiate_build_response(const struct negotiate_policy *policy,
			      const struct negotiate_agreement *agreement,
			      uint64_t now,
			      const uint8_t salt[NEGOTIATE_SALT_SIZE],
			      struct wire_slice security,
			      struct wire_writer *out);

/* Server: the response, as it goes to the wire, into the preauth hash. Does
 * nothing unless the dialect is 3.1.1. */
bool negotiate_hash(struct negotiate_agreement *agreement,
		    const struct iovec *message, int count);

/* ------------------------------- FSCTL_VALIDATE_NEGOTIATE_INFO (3.x < 3.1.1)
 */

#define NEGOTIATE_VALIDATE_RESPONSE_SIZE 24

/* Does this connection need it? (Client; 2.0.2 to 3.0.2 when we also speak
 * 3.x: 3.2.5.5.) */
bool negotiate_validate_needed(const struct negotiate_policy *policy,
			       const struct negotiate_agreement *agreement);

/* The client's input buffer, and the check of the server's output buffer; a
 * failure means: end the connection. */
bool negotiate_validate_build(const struct negotiate_agreement *agreement,
			      struct wire_writer *out);
NTSTATUS negotiate_validate_check(const struct negotiate_agreement *agreement,
				  struct wire_slice output);

/*
 * The server's answer. max_output: MaxOutputResponse of the IOCTL. A failure
 * means: end the connection, do not answer (3.3.5.15.12).
 */
NTSTATUS negotiate_validate_answer(const struct negotiate_policy *policy,
				   const struct negotiate_agreement *agreement,
				   struct wire_slice input, size_t max_output,
				   struct wire_writer *out);

#endif
