/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * access.h - which clients a mapping lets in by their certificates
 * (MS-SMB2 3.3.1.17, AccessControlList) and the algorithm that decides
 * (3.3.1.18): at least one entry must allow, and none may deny, a certificate
 * of the client's chain.
 *
 * In the mapping file an entry is a line "access N = ...":
 *
 *     access 1 = allow issuer "CN=Our CA,O=Example" everybody of ours
 *     access 2 = deny sha256 0f3c...9a the lost laptop
 */
#ifndef CERTS_ACCESS_H
#define CERTS_ACCESS_H

#include <stdbool.h>
#include <stddef.h>
#include <gnutls/gnutls.h>
#include <gnutls/x509.h>
#include <talloc.h>

/** Entries of a mapping, and bytes of a description. */
#define ACCESS_MAX	   4096
#define ACCESS_MAX_COMMENT 512

enum access_kind {
	ACCESS_SHA256, /**< of a certificate, as cert_thumbprint_parse() */
	ACCESS_SHA1,   /**< likewise */
	ACCESS_ISSUER, /**< the X.500 name of who issued it */
};

/** "SHA256", "SHA1", "ISSUER": Windows' names, and ours. */
const char *access_kind_name(enum access_kind kind);
bool access_kind_parse(const char *text, enum access_kind *out);

struct dn;

struct access_entry {
	bool deny;
	enum access_kind kind;
	const char *identifier;
	const char *description; /**< NULL: none */
	const struct dn *issuer; /**< of ACCESS_ISSUER */
};

/** A talloc object; entries are children. */
struct access_list {
	struct access_entry **entries;
	size_t count;
};

/* --- entries ------------------------------------------------------------- */

/**
 * @param description  NULL or "": none.
 * @return NULL: *why, child of mem_ctx, says what is wrong; NULL there: no
 *         memory.
 */
struct access_entry *access_entry_new(TALLOC_CTX *mem_ctx, bool deny,
				      enum access_kind kind,
				      const char *identifier,
				      const char *description, char **why);
/** As it stands in the file, and back. */
char *access_entry_text(TALLOC_CTX *mem_ctx, const struct access_entry *entry);
struct access_entry *access_entry_parse(TALLOC_CTX *mem_ctx, const char *text,
					char **why);
/** Whether they are about the same certificates; deny or allow. */
bool access_entry_same(const struct access_entry *a,
		       const struct access_entry *b);

/** Takes the entry over. One that says the same is replaced.
 *  @return false: no memory, or there are ACCESS_MAX already. */
bool access_list_add(struct access_list *list, struct access_entry *entry);
/** @return false: there is none that says the same. */
bool access_list_remove(struct access_list *list,
			const struct access_entry *entry);
/** NULL stands for an empty list everywhere. */
struct access_list *access_list_copy(TALLOC_CTX *mem_ctx,
				     const struct access_list *list);
bool access_list_equal(const struct access_list *a,
		       const struct access_list *b);
bool access_list_allows_any(const struct access_list *list);

/* --- the decision -------------------------------------------------------- */

/** A certificate of a client's chain. Strings can be printed. */
struct access_cert {
	const char *sha1, *sha256; /**< as of struct cert_info */
	const char *subject, *issuer, *serial;
	const struct dn *issuer_dn; /**< NULL: a name that nothing equals */
};

struct access_path {
	struct access_cert *certs; /**< the client's own first */
	size_t count;
};

/**
 * From what a client sent to the certificates that count: its own, and every
 * one above it that the trusted ones vouch for, whether it was sent or is
 * trusted here. What was sent along and has nothing to do with it does not
 * count; nor does a root, as it need not be sent (3.3.1.18).
 *
 * @param trusted  that the chain was verified with before.
 * @param chain    DER, the client's own first.
 * @return NULL: *why, child of mem_ctx; NULL there: no memory. So it is, too,
 *         where an issuer's name cannot be compared with those of a list: what
 *         denies must not be missed.
 */
struct access_path *access_path(TALLOC_CTX *mem_ctx,
				gnutls_x509_trust_list_t trusted,
				const gnutls_datum_t *chain, unsigned count,
				char **why);

/**
 * 3.3.1.18.
 *
 * @param why  out, child of mem_ctx, NULL when out of memory: the entries that
 *             decided, or that there are none.
 * @return whether the client may come in.
 */
bool access_decide(TALLOC_CTX *mem_ctx, const struct access_list *list,
		   const struct access_path *path, char **why);

#endif
