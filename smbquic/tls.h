/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * tls.h - who is at the other end: TLS identities and how a certificate is
 * judged. Used by the QUIC backends and by the certificate tools; knows
 * neither SMB2 nor sockets.
 *
 * TLS 1.3 only, ALPN "smb" only (MS-SMB2 2.1, RFC 9001 8.1).
 */
#ifndef SMBQUIC_TLS_H
#define SMBQUIC_TLS_H

#include <stdbool.h>
#include <stddef.h>
#include <gnutls/gnutls.h>
#include <time.h>
#include <talloc.h>

#define TLS_ALPN_SMB "smb"

/** How a client judges the server's certificate. */
enum tls_trust {
	TLS_TRUST_SYSTEM, /**< chain to the system's store, and name */
	TLS_TRUST_CA,	  /**< chain to ca_file, and name */
	TLS_TRUST_PIN,	  /**< SHA-256 of the certificate, nothing else */
	TLS_TRUST_TOFU,	  /**< the certificate seen first; known_hosts file */
	TLS_TRUST_NONE,	  /**< anything; the transport is then not verified */
};

/** "system", "ca", "pin", "tofu", "none". @return false: no such name. */
bool tls_trust_parse(const char *name, enum tls_trust *out);
const char *tls_trust_name(enum tls_trust trust);

/** @return whether tls_client_policy.pin may be that text. */
bool tls_pin_valid(const char *pin);

/** Strings are borrowed; the caller keeps them as long as the policy. */
struct tls_client_policy {
	enum tls_trust trust;
	const char *ca_file;	 /**< PEM, for TLS_TRUST_CA */
	const char *crl_file;	 /**< PEM, revocation lists for trust by chain;
				    NULL: none */
	const char *pin;	 /**< "sha256:HEX", "sha1:HEX", or HEX alone;
				    may have colons */
	const char *known_hosts; /**< for TLS_TRUST_TOFU; created 0600 */
	const char *cert_file;	 /**< client certificate, may be NULL */
	const char *key_file;
	/**
	 * For who only wants to look: called in the middle of a handshake with
	 * what the server shows of itself, before that is judged. May be NULL.
	 *
	 * @param chain  DER, leaf first, until the call returns; count may be
	 *               0.
	 * @param asks   the server asked for a client certificate.
	 */
	void (*look)(void *private_data, const gnutls_datum_t *chain,
		     unsigned count, bool asks);
	void *private_data; /**< of look */
};

/** How advice names what a user can set: as options of a command line, unless
 *  something else was said. */
struct tls_words {
	const char *ca;	  /**< "--ca=FILE" */
	const char *pin;  /**< "--pin=sha256:", the digest follows */
	const char *tofu; /**< "--trust=tofu" */
	/** What to do when the certificate is for another name; NULL: to ask
	    for one that it is for. */
	const char *other_name;
};

/** For all of the process; before its first connection. Borrowed. */
void tls_set_words(const struct tls_words *words);

/** A certificate with its key, ready to be presented. A talloc object that
 *  connections hold references to (talloc_reference), so that a reload frees
 *  nothing in use. */
struct tls_identity {
	gnutls_certificate_credentials_t cred;
	bool require_client_certificate;
	const char *subject;   /**< for logs */
	const char *sha1;      /**< 40 lower case hex digits */
	const char *sha256;    /**< 64 */
	const char *end_point; /**< tls_end_point_hex() */
	time_t lists_until;    /**< when revocation lists are out of date; 0:
				  there are none */
	void *mapping;	       /**< the owner's; reaches transport_facts */
};

/** In the place of a file: the CAs that this system trusts. */
#define TLS_CA_SYSTEM "system"

/**
 * Load a PEM certificate chain and its key, or what the URIs of a PKCS#11 token
 * (pkcs11:..., RFC 7512) name.
 *
 * @param client_ca  PEM file that client certificates must chain to,
 *                   TLS_CA_SYSTEM, or NULL.
 * @param why        out: on failure a sentence, child of mem_ctx.
 * @return NULL on failure.
 */
struct tls_identity *tls_identity_load(TALLOC_CTX *mem_ctx,
				       const char *cert_file,
				       const char *key_file,
				       const char *client_ca, char **why);

/** Refuse clients whose certificate is on a list (PEM), and set lists_until,
 *  which tls_admit_fn looks at. @return false: *why, child of mem_ctx. */
bool tls_identity_revoked(struct tls_identity *id, const char *crl_file,
			  TALLOC_CTX *mem_ctx, char **why);
/** Bring an answer of the CA's OCSP responder along (DER).
 *  @return false: *why, child of mem_ctx; none is brought. */
bool tls_identity_staple(struct tls_identity *id, const char *ocsp_file,
			 TALLOC_CTX *mem_ctx, char **why);

/**
 * Choose the identity for the name a client asked for (SNI).
 *
 * @param server_name  NULL when the client sent none.
 * @param out          borrowed until the call returns; the caller of this
 *                     function takes its own talloc_reference.
 * @return 0; ENOENT no mapping of that name: the connection is refused with
 *         the TLS alert unrecognized_name (MS-SMB2 3.3.5.1); other errno:
 *         internal_error.
 */
typedef int (*tls_choose_fn)(void *private_data, const char *server_name,
			     struct tls_identity **out);

/** A client that has shown its certificate. Good until the call returns. */
struct tls_guest {
	const char *peer;	     /**< its address, for logs */
	const char *distrust;	     /**< NULL: its chain was verified; else why
					it is refused anyway */
	const char *server_name;     /**< that it asked for; may be NULL */
	const gnutls_datum_t *chain; /**< DER as it was sent, leaf first */
	unsigned count;		     /**< 0: it showed none (distrust) */
};

/**
 * May it come in? Called when its chain has been verified, so that the
 * identity required a certificate (MS-SMB2 3.3.5.1), and its key proven; and
 * when any of that failed, so that it can be recorded.
 *
 * @param known  out: what is to be known of it later, child of mem_ctx; reaches
 *               transport_facts.guest. NULL: nothing.
 * @param why    out: when not, a sentence, child of mem_ctx; NULL: no memory.
 * @return 0: yes; EACCES: no, with the TLS alert access_denied; other errno: it
 *         could not be found out, internal_error.
 */
typedef int (*tls_admit_fn)(void *private_data, TALLOC_CTX *mem_ctx,
			    struct tls_identity *identity,
			    const struct tls_guest *guest, void **known,
			    char **why);

struct tls_server_policy {
	tls_choose_fn choose;
	tls_admit_fn admit; /**< NULL: whoever is trusted */
	void *private_data;
};

/** What tls_judge found out about the peer; strings are children of the
 *  context given. */
struct tls_judgement {
	bool accepted;
	bool verified;	     /**< accepted, and by more than "anything" */
	const char *how;     /**< a few words: "chain and name verified" */
	const char *why_not; /**< sentences: the name asked for, the names in
				the certificate, and how to go on */
	unsigned alert;	     /**< not accepted: the TLS alert that says so */
	const char *subject;
	const char *sha1, *sha256;
	const char *end_point; /**< tls_end_point_hex() */
};

/** What is wrong with the files of authorities and revocation lists that a
 *  policy names: for programs that are to say so when they begin. @return NULL:
 *  nothing; else a sentence, child of mem_ctx. */
char *tls_client_files_wrong(TALLOC_CTX *mem_ctx,
			     const struct tls_client_policy *policy);

/**
 * Judge the certificate chain that the server presented.
 *
 * @param chain        DER, leaf first; count may be 0.
 * @param staple       DER, the OCSP answer that came with it; NULL: none;
 *                     empty: it was judged with one before (a session resumed).
 * @param server_name  the name that was typed; a DNS name or an IP literal.
 * @param port         for the known_hosts key.
 * @return true: judged (see out->accepted); false: out of memory.
 */
bool tls_judge(TALLOC_CTX *mem_ctx, const struct tls_client_policy *policy,
	       const char *server_name, unsigned port,
	       const gnutls_datum_t *chain, unsigned count,
	       const gnutls_datum_t *staple, struct tls_judgement *out);

/** 64 hex digits of the SHA-256 of a DER certificate. */
char *tls_sha256_hex(TALLOC_CTX *mem_ctx, const gnutls_datum_t *der);

/** 40 hex digits of its SHA-1, which is broken: to find it by, as on Windows.
 */
char *tls_sha1_hex(TALLOC_CTX *mem_ctx, const gnutls_datum_t *der);

/** The hash of a server's certificate to which a logon is bound
 *  ("tls-server-end-point", RFC 5929 4.1), in hex: that of its signature, and
 *  SHA-256 for weaker ones and where there is none. */
char *tls_end_point_hex(TALLOC_CTX *mem_ctx, gnutls_x509_crt_t cert);

#endif
