/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * NTLMv2 (MS-NLMP): messages, calculations, and the mechanism for auth.c.
 * NTLMv1 and LM do not exist here.
 */
#ifndef NEGOTIATE_NTLM_PRIVATE_H
#define NEGOTIATE_NTLM_PRIVATE_H

#include "negotiate/auth.h"
#include "negotiate/auth_private.h"
#include "smbquic/wire.h"

/* ---------------------------------------------------------- ntlm_message.c */

/* NegotiateFlags, 2.2.2.5. */
#define NTLM_NEGOTIATE_UNICODE	   0x00000001u
#define NTLM_REQUEST_TARGET	   0x00000004u
#define NTLM_NEGOTIATE_SIGN	   0x00000010u
#define NTLM_NEGOTIATE_SEAL	   0x00000020u
#define NTLM_NEGOTIATE_NTLM	   0x00000200u
#define NTLM_NEGOTIATE_ANONYMOUS   0x00000800u
#define NTLM_NEGOTIATE_ALWAYS_SIGN 0x00008000u
#define NTLM_TARGET_TYPE_SERVER	   0x00020000u
#define NTLM_EXTENDED_SECURITY	   0x00080000u
#define NTLM_NEGOTIATE_TARGET_INFO 0x00800000u
#define NTLM_NEGOTIATE_VERSION	   0x02000000u
#define NTLM_NEGOTIATE_128	   0x20000000u
#define NTLM_NEGOTIATE_KEY_EXCH	   0x40000000u
#define NTLM_NEGOTIATE_56	   0x80000000u

/* AV_PAIR ids, 2.2.2.1. */
enum ntlm_av_id {
	NTLM_AV_EOL = 0,
	NTLM_AV_NB_COMPUTER_NAME = 1,
	NTLM_AV_NB_DOMAIN_NAME = 2,
	NTLM_AV_DNS_COMPUTER_NAME = 3,
	NTLM_AV_DNS_DOMAIN_NAME = 4,
	NTLM_AV_DNS_TREE_NAME = 5,
	NTLM_AV_FLAGS = 6,
	NTLM_AV_TIMESTAMP = 7,
	NTLM_AV_SINGLE_HOST = 8,
	NTLM_AV_TARGET_NAME = 9,
	NTLM_AV_CHANNEL_BINDINGS = 10,
	NTLM_AV_MALFORMED = 0xFFFF, /* not on the wire: see ntlm_av_next() */
};

#define NTLM_AV_FLAG_MIC 0x00000002u

#define NTLM_KEY_SIZE	    16
#define NTLM_CHALLENGE_SIZE 8
#define NTLM_MIC_SIZE	    16
#define NTLM_MIC_OFFSET	    72 /* in an AUTHENTICATE that has one */

struct ntlm_negotiate {
	uint32_t flags;
};

struct ntlm_challenge {
	struct wire_slice target_name;
	uint32_t flags;
	uint8_t challenge[NTLM_CHALLENGE_SIZE];
	struct wire_slice target_info; /* AV pairs */
};

/* Text is UTF-16LE. When encoded the MIC field is zero. */
struct ntlm_authenticate {
	struct wire_slice lm_response;
	struct wire_slice nt_response;
	struct wire_slice domain;
	struct wire_slice user;
	struct wire_slice workstation;
	struct wire_slice session_key;
	uint32_t flags;
};

bool ntlm_is_message(struct wire_slice token);
bool ntlm_negotiate_decode(struct wire_slice in, struct ntlm_negotiate *out);
bool ntlm_negotiate_encode(struct wire_writer *w,
			   const struct ntlm_negotiate *in);
bool ntlm_challenge_decode(struct wire_slice in, struct ntlm_challenge *out);
bool ntlm_challenge_encode(struct wire_writer *w,
			   const struct ntlm_challenge *in);
bool ntlm_authenticate_decode(struct wire_slice in,
			      struct ntlm_authenticate *out);
bool ntlm_authenticate_encode(struct wire_writer *w,
			      const struct ntlm_authenticate *in);

/* NTLMv2_CLIENT_CHALLENGE, 2.2.2.7, the "temp" of 3.3.2. */
struct ntlm_temp {
	uint64_t time;
	uint8_t challenge[NTLM_CHALLENGE_SIZE];
	struct wire_slice target_info;
};

bool ntlm_temp_decode(struct wire_slice in, struct ntlm_temp *out);
bool ntlm_temp_encode(struct wire_writer *w, const struct ntlm_temp *in);

/*
 * Takes one AV pair off the front of the list. false at its end, with *id
 * NTLM_AV_EOL, or when it is cut short, with *id NTLM_AV_MALFORMED.
 */
bool ntlm_av_next(struct wire_slice *list, uint16_t *id,
		  struct wire_slice *value);
/* A well-formed list; the value of the first pair with that id, or empty. */
bool ntlm_av_valid(struct wire_slice list);
struct wire_slice ntlm_av_find(struct wire_slice list, uint16_t id);
void ntlm_av_put(struct wire_writer *w, uint16_t id, struct wire_slice value);

/* ------------------------------------------------------------ ntlm_crypt.c */

/* NTOWFv2, 3.3.2: of the name (made upper case here) and the domain as they
 * are in the AUTHENTICATE message. false: not valid UTF-16, or no memory. */
bool ntlm_owf_v2(const uint8_t nt_hash[NTLM_KEY_SIZE], struct wire_slice user,
		 struct wire_slice domain, uint8_t out[NTLM_KEY_SIZE]);

/* HMAC-MD5 over parts one after another: NTProofStr is that of server challenge
 * and temp, the session base key that of NTProofStr. */
void ntlm_hmac_md5(const uint8_t key[NTLM_KEY_SIZE],
		   const struct wire_slice *parts, size_t count,
		   uint8_t out[NTLM_KEY_SIZE]);

/* The MIC of an AUTHENTICATE, 3.1.5.1.2: over all three messages, its own
 * field counting as zero. The message has such a field. */
void ntlm_mic(const uint8_t session_key[NTLM_KEY_SIZE],
	      struct wire_slice negotiate, struct wire_slice challenge,
	      struct wire_slice authenticate, uint8_t out[NTLM_MIC_SIZE]);

/* The value of MsvAvChannelBindings (2.2.2.1): MD5 of a structure of GSSAPI
 * (RFC 2744 3.11) around the bytes. */
void ntlm_binding_hash(struct wire_slice binding, uint8_t out[NTLM_KEY_SIZE]);

/* RC4 with a fresh key, over the 16 bytes of a session key. */
void ntlm_rc4_key(const uint8_t key[NTLM_KEY_SIZE],
		  const uint8_t in[NTLM_KEY_SIZE], uint8_t out[NTLM_KEY_SIZE]);

/*
 * The signature over the first message of a direction (sequence number 0),
 * 3.4.4.2: all that SMB needs, for SPNEGO's mechListMIC. flags: as negotiated.
 */
void ntlm_signature(const uint8_t session_key[NTLM_KEY_SIZE], uint32_t flags,
		    bool from_client, struct wire_slice message,
		    uint8_t out[16]);

/* ------------------------------------ ntlm.c, ntlm_server.c, ntlm_client.c */

extern const struct auth_mech auth_mech_ntlm;

/* The state of either side. */
struct ntlm {
	struct wire_slice negotiate; /* the messages, for the MIC */
	struct wire_slice challenge;
	uint8_t server_challenge[NTLM_CHALLENGE_SIZE];
	uint32_t flags;			    /* as offered, then as agreed */
	uint8_t session_key[NTLM_KEY_SIZE]; /* ExportedSessionKey */
};

NTSTATUS ntlm_server_step(struct auth *auth, TALLOC_CTX *mem_ctx,
			  struct wire_slice in, struct wire_slice *out);
NTSTATUS ntlm_client_step(struct auth *auth, TALLOC_CTX *mem_ctx,
			  struct wire_slice in, struct wire_slice *out);

/* A copy on mem_ctx; false: no memory. */
bool ntlm_copy(TALLOC_CTX *mem_ctx, struct wire_slice in,
	       struct wire_slice *out);

/* Sets auth->session_key too. */
NTSTATUS ntlm_finish(struct auth *auth, struct ntlm *ntlm);

#endif
