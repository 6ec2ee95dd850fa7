/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Accounts, and both ends of an exchange. */
#ifndef SMBQUIC_TESTLIB_AUTH_H
#define SMBQUIC_TESTLIB_AUTH_H

#include "negotiate/auth.h"

#define TESTLIB_NOW 0x01D0AECBADF5A1A1ull

/* alice and bob (disabled) with "secret"; Ünal; empty; administrator of the
 * published conversation. FILESRV in WORKGROUP. */
extern const struct auth_server_config testlib_server_config;
/* How often an account was asked for. */
extern unsigned testlib_lookups;

struct auth *testlib_server(TALLOC_CTX *mem_ctx);
struct auth *testlib_client(TALLOC_CTX *mem_ctx, const char *domain,
			    const char *user, const char *password);

/* The two tokens of alice, the first of which the server has had. */
struct testlib_tokens {
	struct wire_slice first;
	struct wire_slice second;
};

struct testlib_tokens testlib_tokens(TALLOC_CTX *mem_ctx, struct auth *server,
				     const char *password);

#endif
