/* SPDX-License-Identifier: GPL-3.0-or-later */
/* tls_options.h - what the options --trust, --ca, --pin, --crl, --client-cert
 * and --client-key of a program say together. */
#ifndef SMBQUIC_TLS_OPTIONS_H
#define SMBQUIC_TLS_OPTIONS_H

#include "smbquic/tls.h"

/**
 * A file or a pin says how to trust, when nothing else does.
 *
 * @param given  --trust was: tls->trust is the user's.
 * @param value  out: what of the user's words is wrong, or what is missing.
 * @return NULL: they go together; otherwise a constant text, to be said in
 *         front of *value.
 */
const char *tls_options_complete(struct tls_client_policy *tls, bool given,
				 const char **value);

#endif
