/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * dn.h - X.500 names as people and programs write them, and whether two of
 * them are the same (RFC 4514, RFC 5280 7.1).
 *
 * "CN=Root,O=Example" is what GnuTLS and Windows print, the most special part
 * first, with or without blanks; OpenSSL prints "O = Example, CN = Root". Both
 * orders are the same name here.
 */
#ifndef CERTS_DN_H
#define CERTS_DN_H

#include <stdbool.h>
#include <talloc.h>

/** Bytes of a name, and parts that it may have. */
#define DN_MAX	     4096
#define DN_MAX_PARTS 64

/** A name that was understood. A talloc object. */
struct dn;

/** @return NULL: no name, or out of memory; errno is EINVAL or ENOMEM. */
struct dn *dn_parse(TALLOC_CTX *mem_ctx, const char *text);

/** Types and values without regard to case; blanks count as one. */
bool dn_equal(const struct dn *a, const struct dn *b);

#endif
