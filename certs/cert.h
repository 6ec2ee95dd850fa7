/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * cert.h - certificates: load, look into, judge as a server's, make, save.
 * GnuTLS only; knows no mapping and no SMB.
 *
 * Functions that can fail give a sentence in *why, a child of mem_ctx; NULL
 * there means no memory.
 */
#ifndef CERTS_CERT_H
#define CERTS_CERT_H

#include <stdbool.h>
#include <stddef.h>
#include <talloc.h>
#include <time.h>

#include <gnutls/gnutls.h>

/** A certificate, those of its issuers that came with it, and perhaps its
 *  private key. A talloc object. */
struct cert;

/** What there is to see. Strings belong to the cert and are never NULL. */
struct cert_info {
	const char *subject; /**< "CN=fs.example.com,O=..." RFC 4514 */
	const char *issuer;
	const char *common_name;     /**< of the subject; may be "" */
	const char *serial;	     /**< hex */
	const char *const *names;    /**< SANs: "DNS:x", "IP:y",
					   "UPN:z"; NULL at the end */
	const char *const *purposes; /**< EKU: "server authentication", or an
					OID; empty: any */
	const char *key_usage;	     /**< "digital signature, ..."; "": any */
	time_t not_before, not_after;
	const char *key;       /**< "ECDSA P-256", "RSA 2048" */
	const char *signature; /**< "ECDSA-SHA256" */
	const char *sha1;      /**< 40 upper case digits, as Windows shows it */
	const char *sha256;    /**< 64 lower case digits */
	bool self_signed;
	bool ca;
	bool has_key;	  /**< a private key was loaded */
	bool key_fits;	  /**< and belongs to the certificate */
	size_t chain_len; /**< this certificate included */
};

/* --- where ------------------------------------------------------------- */

/**
 * A mapping names certificate and key by the path of a file, as credential:NAME
 * (a file that systemd gives to the service, in $CREDENTIALS_DIRECTORY) or by
 * the URI of an object in a PKCS#11 token (RFC 7512), without its PIN.
 */
bool cert_source_valid(TALLOC_CTX *mem_ctx, const char *text, char **why);
bool cert_source_is_file(const char *text);
bool cert_source_is_token(const char *text);
/** The path of a file, or the URI. NULL: *why. */
char *cert_source(TALLOC_CTX *mem_ctx, const char *text, char **why);

/* --- load --------------------------------------------------------------- */

/**
 * A PEM file with the certificate first and its issuers behind it; or, of
 * either, the URI of an object in a token.
 *
 * @param key_file  PEM; NULL: without a key. May be the same file.
 * @param password  of the key; NULL: it has none.
 */
struct cert *cert_load_pem(TALLOC_CTX *mem_ctx, const char *cert_file,
			   const char *key_file, const char *password,
			   char **why);

/** A PKCS#12 file (.p12, .pfx): key, certificate and chain. */
struct cert *cert_load_pkcs12(TALLOC_CTX *mem_ctx, const char *file,
			      const char *password, char **why);

/** Certificates as a TLS peer sent them: DER, the leaf first. */
struct cert *cert_from_der(TALLOC_CTX *mem_ctx, const gnutls_datum_t *chain,
			   unsigned count, char **why);

/** Whether a file looks like PEM, so that the other kind is PKCS#12. */
bool cert_file_is_pem(const char *file);
/** Whether a PEM file has a private key in it that needs a password. */
bool cert_file_is_encrypted(const char *file);

/**
 * The pair with that thumbprint in a directory of PEM files: the file with the
 * longest chain, and whichever file holds its key.
 *
 * @param thumbprint  as cert_thumbprint_parse() gives it.
 * @param key_file    out: NULL when no file has the key.
 */
bool cert_find(TALLOC_CTX *mem_ctx, const char *dir, const char *thumbprint,
	       char **cert_file, char **key_file, char **why);

/* --- look --------------------------------------------------------------- */

const struct cert_info *cert_info(const struct cert *cert);

/** The same for the n-th certificate of the chain, 0 being the cert itself;
 *  without key. Belongs to mem_ctx. */
struct cert_info *cert_chain_info(TALLOC_CTX *mem_ctx, const struct cert *cert,
				  size_t n);

/**
 * 40 or 64 hex digits, with or without colons, blanks and "sha1:"/"sha256:".
 *
 * @return upper case for SHA-1, lower case for SHA-256; NULL: neither.
 */
char *cert_thumbprint_parse(TALLOC_CTX *mem_ctx, const char *text);
/** Whether the cert has that thumbprint (as parsed), of either kind. */
bool cert_has_thumbprint(const struct cert *cert, const char *thumbprint);

/** The bytes of an IP address as a certificate has them: 4 or 16, or 0 when the
 *  text is none. */
size_t cert_address(const char *text, unsigned char out[16]);

/** "2026-11-21 01:40:00 UTC" */
char *cert_time_string(TALLOC_CTX *mem_ctx, time_t when);

/* --- judge -------------------------------------------------------------- */

/**
 * What keeps it from being the server certificate of that name, a sentence
 * each, worst first; an empty list when it is fit. What Windows refuses: a
 * name that is not in it, no private key or another's, a purpose that is not
 * server authentication, dates, weak keys and signatures.
 *
 * @param name  DNS name or IP address; NULL: any.
 */
char **cert_server_problems(TALLOC_CTX *mem_ctx, const struct cert *cert,
			    const char *name, time_t now);

/** The same for one that a server presents, whose key is not here. */
char **cert_peer_problems(TALLOC_CTX *mem_ctx, const struct cert *cert,
			  const char *name, time_t now);
/** The same for the certificate of a client. */
char **cert_client_problems(TALLOC_CTX *mem_ctx, const struct cert *cert,
			    time_t now);

/**
 * Whether this machine (or a CA file) trusts the chain for a server.
 *
 * @param ca_file  NULL: the system's store.
 * @param why      out: "trusted by the system", or why not.
 */
bool cert_trusted(TALLOC_CTX *mem_ctx, const struct cert *cert,
		  const char *ca_file, char **why);

/* --- make --------------------------------------------------------------- */

enum cert_purpose { CERT_CA, CERT_SERVER, CERT_CLIENT };

struct cert_request {
	enum cert_purpose purpose;
	/** The first is the common name. For a server all are SANs, DNS names
	    or IP addresses; for a client those with an '@' are. */
	const char *const *names; /**< NULL at the end */
	unsigned days;
	const struct cert *issuer; /**< a CA with its key; NULL: self-signed */
};

/** A new ECDSA P-256 key and its certificate, valid from now on, and no longer
 *  than its issuer. */
struct cert *cert_make(TALLOC_CTX *mem_ctx, const struct cert_request *request,
		       time_t now, char **why);

/** Writes PEM files atomically: certificate and chain with mode 0644, the key
 *  with 0600. key_file NULL: the certificate alone. */
bool cert_save_pem(TALLOC_CTX *mem_ctx, const struct cert *cert,
		   const char *cert_file, const char *key_file, char **why);

#endif
