/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Tickets without a KDC: what can be known of a cache, and how it fails. With a
 * KDC: tests/370 and the next. */
#include "tests/testlib.h"

#include <krb5.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "negotiate/kerberos_private.h"

struct place {
	char *dir;
	char *cache;
	krb5_context krb5;
};

/* A realm that nobody serves. */
static int setup(void **state)
{
	struct place *p = talloc_zero(NULL, struct place);
	FILE *file = NULL;
	char *path = NULL;

	p->dir = testlib_tmpdir(p);
	p->cache = talloc_asprintf(p, "FILE:%s/tickets", p->dir);
	path = talloc_asprintf(p, "%s/krb5.conf", p->dir);
	file = fopen(path, "w");
	assert_non_null(file);
	fputs("[libdefaults]\ndefault_realm = UNIT.TEST\n"
	      "dns_lookup_kdc = false\ndns_lookup_realm = false\n"
	      "[realms]\nUNIT.TEST = {\n\tkdc = 127.0.0.1:1\n}\n",
	      file);
	fclose(file);
	setenv("KRB5_CONFIG", path, 1);
	setenv("KRB5CCNAME", p->cache, 1);
	assert_int_equal(krb5_init_context(&p->krb5), 0);
	*state = p;
	return 0;
}

static int teardown(void **state)
{
	struct place *p = *state;

	krb5_free_context(p->krb5);
	talloc_free(p);
	return 0;
}

/* A cache of alice's with one ticket, which nobody could have given. */
static void make_cache(struct place *p, const char *server, int seconds)
{
	krb5_ccache cache = NULL;
	krb5_creds creds = {0};
	char byte = 0;

	assert_int_equal(krb5_cc_resolve(p->krb5, p->cache, &cache), 0);
	assert_int_equal(
		krb5_parse_name(p->krb5, "alice@UNIT.TEST", &creds.client), 0);
	assert_int_equal(krb5_parse_name(p->krb5, server, &creds.server), 0);
	creds.times.endtime = (krb5_timestamp)(time(NULL) + seconds);
	creds.ticket.data = &byte;
	creds.ticket.length = 1;
	assert_int_equal(krb5_cc_initialize(p->krb5, cache, creds.client), 0);
	assert_int_equal(krb5_cc_store_cred(p->krb5, cache, &creds), 0);
	krb5_free_principal(p->krb5, creds.client);
	krb5_free_principal(p->krb5, creds.server);
	krb5_cc_close(p->krb5, cache);
}

static void test_cache(void **state)
{
	struct place *p = *state;

	assert_false(kerberos_cache_usable(NULL, NULL));
	make_cache(p, "krbtgt/UNIT.TEST@UNIT.TEST", 3600);
	assert_true(kerberos_cache_usable(NULL, NULL));
	assert_true(kerberos_cache_usable(NULL, ""));
	assert_true(kerberos_cache_usable(p->cache, "alice"));
	assert_true(kerberos_cache_usable(p->cache, "alice@UNIT.TEST"));
	assert_false(kerberos_cache_usable(p->cache, "bob"));
	assert_false(kerberos_cache_usable(p->cache, "alice@ELSE.TEST"));
	assert_false(kerberos_cache_usable("FILE:/nonexistent", NULL));
	/* too short, or for nothing else */
	make_cache(p, "krbtgt/UNIT.TEST@UNIT.TEST", 30);
	assert_false(kerberos_cache_usable(NULL, NULL));
	make_cache(p, "cifs/server@UNIT.TEST", 3600);
	assert_false(kerberos_cache_usable(NULL, NULL));
}

static void fails(struct kerberos_request request, NTSTATUS status,
		  const char *words)
{
	struct kerberos_ticket *ticket = NULL;
	char *why = NULL;

	request.server = "server.unit.test";
	assert_int_equal(kerberos_ticket_get(&request, &ticket, &why), status);
	assert_null(ticket);
	assert_non_null(why);
	assert_non_null(strstr(why, "cifs/server.unit.test"));
	assert_non_null(strstr(why, words));
	free(why);
}

static void test_failures(void **state)
{
	struct place *p = *state;
	char *keytab = talloc_asprintf(p, "FILE:%s/keytab", p->dir);
	struct kerberos_request request = {.user = "alice"};

	fails(request, NT_STATUS_NO_SUCH_LOGON_SESSION, "kinit");
	request.password = "secret";
	fails(request, NT_STATUS_NO_LOGON_SERVERS, "no KDC");
	/* a domain with a dot is a realm, another is not */
	request.domain = "else.test";
	fails(request, NT_STATUS_NO_LOGON_SERVERS, "[realms]");
	request.domain = "WORKGROUP";
	fails(request, NT_STATUS_NO_LOGON_SERVERS, "no KDC");
	request.password = NULL;
	request.keytab = keytab;
	fails(request, NT_STATUS_NO_SUCH_LOGON_SESSION, "");
}

static void test_no_user(void **state)
{
	struct kerberos_request request = {.password = "x", .server = "s"};
	struct kerberos_ticket *ticket = NULL;
	char *why = NULL;

	(void)state;
	assert_int_equal(kerberos_ticket_get(&request, &ticket, &why),
			 NT_STATUS_INVALID_PARAMETER);
	assert_null(ticket);
	kerberos_ticket_free(NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_cache, setup, teardown),
		cmocka_unit_test_setup_teardown(test_failures, setup, teardown),
		cmocka_unit_test_setup_teardown(test_no_user, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
