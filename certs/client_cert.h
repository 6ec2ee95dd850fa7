/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * client_cert.h - what a server knows of a client by its certificate, once it
 * was let in; transport_facts.guest of a listener with certmap_admit().
 */
#ifndef CERTS_CLIENT_CERT_H
#define CERTS_CLIENT_CERT_H

#include <stdbool.h>
#include <stdint.h>
#include <gnutls/gnutls.h>
#include <talloc.h>

/** A talloc object; strings are its children and never NULL. */
struct client_cert {
	uint64_t connection; /**< audit_connection() */
	const char *subject, *issuer, *serial, *sha1, *sha256;
	const char *common_name;  /**< may be "" */
	const char *const *names; /**< SANs for users, without their kind:
				     mail addresses and principal names;
				     NULL at the end */
};

/** From DER. NULL: *why, child of mem_ctx; NULL there: no memory. */
struct client_cert *client_cert_new(TALLOC_CTX *mem_ctx,
				    const gnutls_datum_t *der, char **why);

/**
 * Which user a certificate stands for (`client certificate user`):
 *
 *	cn		the common name
 *	san		the part before the @ of a mail address or principal
 *			name in it, with san:DOMAIN of that domain alone
 *	map FILE	a line of a file: USER sha256|sha1|subject|issuer TEXT
 */
enum client_user_how {
	CLIENT_USER_NONE,
	CLIENT_USER_CN,
	CLIENT_USER_SAN,
	CLIENT_USER_MAP,
};

/** A talloc object. */
struct client_user_rule {
	enum client_user_how how;
	const char *detail; /**< the domain or the file; NULL: none */
};

/** @return NULL: *why says what is allowed. */
struct client_user_rule *client_user_parse(TALLOC_CTX *mem_ctx,
					   const char *text, char **why);

/**
 * Whether the certificate stands for that user. Names of users are compared
 * without regard to case.
 *
 * @param why  out: when not, a sentence, child of mem_ctx; NULL: no memory.
 */
bool client_user_is(TALLOC_CTX *mem_ctx, const struct client_user_rule *rule,
		    const struct client_cert *cert, const char *user,
		    char **why);

#endif
