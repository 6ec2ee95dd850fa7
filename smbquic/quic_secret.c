/* SPDX-License-Identifier: GPL-3.0-or-later */

#include <gnutls/crypto.h>
#include <stdio.h>
#include <string.h>

#include "smbquic/quic_private.h"

/* One key for each purpose. */
static bool expand(uint8_t out[QUIC_SECRET_LEN], const uint8_t *prk,
		   const char *purpose)
{
	const gnutls_datum_t key = {.data = (unsigned char *)prk,
				    .size = QUIC_SECRET_LEN};
	const gnutls_datum_t info = {.data = (unsigned char *)purpose,
				     .size = (unsigned)strlen(purpose)};

	return gnutls_hkdf_expand(GNUTLS_MAC_SHA256, &key, &info, out,
				  QUIC_SECRET_LEN) == 0;
}

bool quic_secrets_derive(struct quic_secrets *out, const uint8_t *secret,
			 const union udp_address *local)
{
	uint8_t fresh[TRANSPORT_SECRET_SIZE] = {0};
	uint8_t prk[QUIC_SECRET_LEN] = {0};
	const gnutls_datum_t salt = {0};
	gnutls_datum_t key = {.data = fresh, .size = sizeof(fresh)};
	char reset[128] = "";
	bool ok = false;

	if (secret != NULL) {
		memcpy(fresh, secret, sizeof(fresh));
	} else if (gnutls_rnd(GNUTLS_RND_KEY, fresh, sizeof(fresh)) != 0) {
		return false;
	}
	snprintf(reset, sizeof(reset), "smbquic stateless reset %s",
		 transport_address_string(&local->sa));
	ok = gnutls_hkdf_extract(GNUTLS_MAC_SHA256, &key, &salt, prk) == 0 &&
	     expand(out->address, prk, "smbquic address token") &&
	     expand(out->ticket, prk, "smbquic session ticket") &&
	     expand(out->reset, prk, reset);
	gnutls_memset(fresh, 0, sizeof(fresh));
	gnutls_memset(prk, 0, sizeof(prk));
	return ok;
}
