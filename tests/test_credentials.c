/* SPDX-License-Identifier: GPL-3.0-or-later */
/* credentials.c: what a session keeps of whom it logged on as. */
#include "tests/testlib.h"

#include <string.h>

#include "client/session_private.h"
#include "negotiate/auth.h"

static void test_parse(void **state)
{
	static const struct {
		const char *text;
		bool good;
		enum client_kerberos want;
	} rows[] = {
		{"off", true, CLIENT_KERBEROS_OFF},
		{"desired", true, CLIENT_KERBEROS_DESIRED},
		{"required", true, CLIENT_KERBEROS_REQUIRED},
		{"", false, 0},
		{"Off", false, 0},
		{"auto", false, 0},
		{"required ", false, 0},
	};
	enum client_kerberos how = CLIENT_KERBEROS_OFF;
	size_t i = 0;

	(void)state;
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		assert_int_equal(client_kerberos_parse(rows[i].text, &how),
				 rows[i].good);
		if (rows[i].good) {
			assert_int_equal(how, rows[i].want);
		}
	}
}

/* The caller's may be gone the next moment, also his password. */
static void test_copies(void **state)
{
	char user[] = "alice", domain[] = "DOMAIN", password[] = "secret";
	char workstation[] = "HERE", ccache[] = "FILE:/c", keytab[] = "/k";
	uint8_t hash[AUTH_NT_HASH_SIZE] = {1, 2, 3};
	const uint8_t same[AUTH_NT_HASH_SIZE] = {1, 2, 3};
	const struct client_credentials given = {
		.user = user,
		.domain = domain,
		.password = password,
		.nt_hash = hash,
		.workstation = workstation,
		.kerberos = CLIENT_KERBEROS_DESIRED,
		.ccache = ccache,
		.keytab = keytab,
		.no_ntlm = true,
		.tickets_of = 1001,
	};
	struct client_credentials *kept = credentials_keep(NULL, &given);

	(void)state;
	assert_non_null(kept);
	memset(user, 'x', strlen(user));
	memset(domain, 'x', strlen(domain));
	memset(password, 'x', strlen(password));
	memset(workstation, 'x', strlen(workstation));
	memset(ccache, 'x', strlen(ccache));
	memset(keytab, 'x', strlen(keytab));
	memset(hash, 0, sizeof(hash));
	assert_string_equal(kept->user, "alice");
	assert_string_equal(kept->domain, "DOMAIN");
	assert_string_equal(kept->password, "secret");
	assert_memory_equal(kept->nt_hash, same, sizeof(same));
	assert_string_equal(kept->workstation, "HERE");
	assert_int_equal(kept->kerberos, CLIENT_KERBEROS_DESIRED);
	assert_string_equal(kept->ccache, "FILE:/c");
	assert_string_equal(kept->keytab, "/k");
	assert_true(kept->no_ntlm);
	assert_int_equal(kept->tickets_of, 1001);
	talloc_free(kept);
}

/* What was not given stays so: NULL means something else than "". */
static void test_nothing(void **state)
{
	const struct client_credentials given = {.user = ""};
	struct client_credentials *kept = credentials_keep(NULL, &given);

	(void)state;
	assert_non_null(kept);
	assert_string_equal(kept->user, "");
	assert_null(kept->domain);
	assert_null(kept->password);
	assert_null(kept->nt_hash);
	assert_null(kept->workstation);
	assert_null(kept->ccache);
	assert_null(kept->keytab);
	talloc_free(kept);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_parse),
		cmocka_unit_test(test_copies),
		cmocka_unit_test(test_nothing),
	};

	return cmocka_run_group_tests_name("credentials", tests, NULL, NULL);
}
