/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Shared by crypto.c and crypto_seal.c. */
#ifndef SMBQUIC_CRYPTO_PRIVATE_H
#define SMBQUIC_CRYPTO_PRIVATE_H

#include <gnutls/crypto.h>

#include "smbquic/crypto.h"

/* GnuTLS wants pointers to non-const even where it only reads. */
#define discard_const(ptr) ((void *)(uintptr_t)(ptr))

/* A message's pieces in GnuTLS' type, without empty ones. */
struct crypto_pieces {
	giovec_t iov[CRYPTO_IOV_MAX];
	int count;
};

/* false: more than CRYPTO_IOV_MAX. */
bool crypto_pieces_add(struct crypto_pieces *pieces, const void *data,
		       size_t len);
bool crypto_pieces_append(struct crypto_pieces *pieces,
			  const struct iovec *message, int count);

/* A GnuTLS result as a positive errno value. */
int crypto_errno(int gnutls_error);

#endif
