/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include "smbquic/utf16.h"
#include "tests/testlib_auth.h"
#include "tests/vectors_windows.h"

struct person {
	const char *name;
	const char *password;
	bool disabled;
};

static const struct person people[] = {
	{"alice", "secret", false},
	{"bob", "secret", true},
	{"Ünal", "Gänsefüßchen", false},
	{"empty", "", false},
	{"administrator", WIN_PASSWORD, false},
};

static bool lookup(const char *user, const char *domain,
		   struct auth_account *account, void *private_data)
{
	unsigned *calls = private_data;
	size_t i = 0;

	assert_non_null(user);
	assert_non_null(domain);
	(*calls)++;
	for (i = 0; i < sizeof(people) / sizeof(people[0]); i++) {
		if (utf8_case_equal(user, people[i].name)) {
			account->name = people[i].name;
			account->disabled = people[i].disabled;
			return auth_nt_hash(people[i].password,
					    account->nt_hash);
		}
	}
	return false;
}

unsigned testlib_lookups;

const struct auth_server_config testlib_server_config = {
	.netbios_name = "FILESRV",
	.netbios_domain = "WORKGROUP",
	.dns_name = "filesrv.example.org",
	.dns_domain = "example.org",
	.lookup = lookup,
	.private_data = &testlib_lookups,
};

struct auth *testlib_server(TALLOC_CTX *mem_ctx)
{
	struct auth *auth = NULL;

	assert_int_equal(auth_server_new(mem_ctx, &testlib_server_config,
					 TESTLIB_NOW, &auth),
			 NT_STATUS_OK);
	return auth;
}

struct auth *testlib_client(TALLOC_CTX *mem_ctx, const char *domain,
			    const char *user, const char *password)
{
	struct auth_client_config config = {
		.user = user,
		.domain = domain,
		.password = password,
		.workstation = "DESK",
		.target = "filesrv.example.org",
	};
	struct auth *auth = NULL;

	assert_int_equal(
		auth_client_new(mem_ctx, &config,
				auth_server_hint(mem_ctx, AUTH_MECH_NTLM),
				TESTLIB_NOW, &auth),
		NT_STATUS_OK);
	return auth;
}

struct testlib_tokens testlib_tokens(TALLOC_CTX *mem_ctx, struct auth *server,
				     const char *password)
{
	struct auth *client = testlib_client(mem_ctx, "DOM", "alice", password);
	struct wire_slice empty = {0};
	struct wire_slice answer = {0};
	struct testlib_tokens t = {0};

	assert_int_equal(auth_step(client, mem_ctx, empty, &t.first),
			 NT_STATUS_MORE_PROCESSING_REQUIRED);
	assert_int_equal(auth_step(server, mem_ctx, t.first, &answer),
			 NT_STATUS_MORE_PROCESSING_REQUIRED);
	assert_int_equal(auth_step(client, mem_ctx, answer, &t.second),
			 NT_STATUS_MORE_PROCESSING_REQUIRED);
	return t;
}
