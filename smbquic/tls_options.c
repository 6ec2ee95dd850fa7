/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "smbquic/tls_options.h"

static void choose(struct tls_client_policy *tls)
{
	if (tls->pin != NULL) {
		tls->trust = TLS_TRUST_PIN;
	} else if (tls->ca_file != NULL) {
		tls->trust = TLS_TRUST_CA;
	}
}

const char *tls_options_complete(struct tls_client_policy *tls, bool given,
				 const char **value)
{
	if (!given) {
		choose(tls);
	}
	*value = "--ca=FILE";
	if (tls->trust == TLS_TRUST_CA && tls->ca_file == NULL) {
		return "--trust=ca needs";
	}
	*value = "--pin=sha256:HEX";
	if (tls->trust == TLS_TRUST_PIN && tls->pin == NULL) {
		return "--trust=pin needs";
	}
	*value = tls->pin;
	if (tls->pin != NULL && !tls_pin_valid(tls->pin)) {
		return "--pin is a SHA-256 of 64 hexadecimal digits, or a "
		       "SHA-1 of 40";
	}
	*value = "goes with --trust=ca or system";
	if (tls->crl_file != NULL && tls->trust != TLS_TRUST_CA &&
	    tls->trust != TLS_TRUST_SYSTEM) {
		return "--crl";
	}
	*value = "one does not work without the other";
	if ((tls->cert_file == NULL) != (tls->key_file == NULL)) {
		return "--client-cert and --client-key";
	}
	return NULL;
}
