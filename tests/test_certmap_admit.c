/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tests/fixture_certmap.h"

#include <ctype.h>
#include <jansson.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>

#include "certs/access.h"
#include "smbquic/audit.h"
#include "smbquic/tls.h"
#include "tests/fixture_pki.h"

static void test_client_authentication(void **state)
{
	struct fixture *f = *state;
	struct tls_identity *id = NULL;
	struct certmap *map = NULL;
	char *ca = NULL;

	make_server(f, "c.example");
	make_pair(f, "CA", "ca", CERT_CA, f->now, 90);
	ca = talloc_asprintf(f,
			     "\trequire client authentication = yes\n"
			     "\tclient ca = %s\n",
			     path(f, "ca.pem"));
	map = load(f, section(f, "c.example", "c.example", ca));
	assert_int_equal(certmap_choose(map, "c.example", &id), 0);
	assert_true(id->require_client_certificate);
	talloc_free(map);
	map = load(f, section(f, "c.example", "c.example",
			      talloc_asprintf(f,
					      "%s\tskip client certificate "
					      "access check = yes\n",
					      ca)));
	assert_int_equal(certmap_choose(map, "c.example", &id), 0);
	assert_true(id->require_client_certificate);
	talloc_free(map);
}

/* As QUIC asks when the chain has been verified. Of which there are `times`. */
static int admit_many(struct fixture *f, struct certmap *map,
		      const struct cert *who, unsigned times, char **why)
{
	gnutls_datum_t *chain = talloc_array(f, gnutls_datum_t, times);
	struct tls_guest guest = {
		.peer = "192.0.2.1:5000",
		.server_name = "c.example",
		.chain = chain,
		.count = times,
	};
	struct tls_identity *id = NULL;
	void *known = NULL;

	while (times > 0) {
		chain[--times] = pki_der(f, who);
	}
	assert_int_equal(certmap_choose(map, "c.example", &id), 0);
	return certmap_admit(map, f, id, &guest, &known, why);
}

static int admit(struct fixture *f, struct certmap *map, const struct cert *who,
		 char **why)
{
	return admit_many(f, map, who, 1, why);
}

static void test_access(void **state)
{
	struct fixture *f = *state;
	struct cert *ca = pki_make(f, CERT_CA, "CA", NULL);
	struct cert *alice = pki_make(f, CERT_CLIENT, "alice", ca);
	struct certmap *map = NULL;
	char *text = NULL;
	char *why = NULL;

	make_server(f, "c.example");
	assert_true(cert_save_pem(f, ca, path(f, "ca.pem"), NULL, &why));
	text = section(f, "c.example", "c.example",
		       talloc_asprintf(f,
				       "\trequire client authentication = yes\n"
				       "\tclient ca = %s\n",
				       path(f, "ca.pem")));
	map = load(f, text);
	assert_int_equal(admit(f, map, alice, &why), EACCES);
	assert_non_null(strstr(why, "no access entry allows it"));
	expect_log(f, "client certificate of 192.0.2.1:5000 denied: no access "
		      "entry allows it; subject CN=alice, issuer CN=CA");
	expect_log(f, cert_info(alice)->sha1);
	expect_log(f, cert_info(alice)->sha256);
	text = talloc_asprintf_append(
		text, "\taccess 7 = allow issuer \"CN=CA\" ours\n");
	write_text(f->map_file, text);
	assert_true(certmap_reload(map));
	assert_int_equal(admit(f, map, alice, &why), 0);
	expect_log(f, "192.0.2.1:5000 allowed: allow issuer \"CN=CA\" ours;");
	/* Taken away while the server's certificate is bad: at once. */
	write_text(path(f, "c.example.pem"), "no certificate");
	write_text(f->map_file,
		   talloc_asprintf(f, "%s\taccess 9 = deny sha256 %s\n", text,
				   cert_info(alice)->sha256));
	assert_true(certmap_reload(map));
	assert_int_equal(admit(f, map, alice, &why), EACCES);
	assert_non_null(strstr(why, "deny sha256"));
	talloc_free(map);
}

/* A journal of ours. */
static int listen_as_journal(struct fixture *f)
{
	struct sockaddr_un at = {.sun_family = AF_UNIX};
	int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK, 0);

	snprintf(at.sun_path, sizeof(at.sun_path), "%s/journal", f->dir);
	assert_int_equal(bind(fd, (struct sockaddr *)&at, sizeof(at)), 0);
	setenv("SMBQUIC_JOURNAL_SOCKET", at.sun_path, 1);
	return fd;
}

static void expect_record(FILE *log, int journal, const char *result,
			  const char *entries, const struct cert_info *who)
{
	const char *const fields[][2] = {
		{"event", "certificate"},     {"result", result},
		{"address", "192.0.2.1"},     {"port", "5000"},
		{"server_name", "c.example"}, {"mapping", "c.example"},
		{"entries", entries},	      {"subject", "CN=alice"},
		{"issuer", "CN=CA"},	      {"serial", who->serial},
		{"sha1", who->sha1},	      {"sha256", who->sha256},
		{"connection", NULL},	      {"timestamp", NULL},
	};
	char line[4096] = "";
	char datagram[4096] = "";
	json_t *json = NULL;
	size_t i = 0;

	assert_non_null(fgets(line, sizeof(line), log));
	json = json_loads(line, 0, NULL);
	assert_non_null(json);
	assert_true(recv(journal, datagram, sizeof(datagram) - 1, 0) > 0);
	for (i = 0; i < sizeof(fields) / sizeof(fields[0]); i++) {
		const char *have =
			json_string_value(json_object_get(json, fields[i][0]));
		char field[1100] = "\nSMBQUIC_";
		size_t at = strlen(field);
		const char *c = NULL;

		assert_non_null(have);
		if (fields[i][1] != NULL) {
			assert_string_equal(have, fields[i][1]);
		}
		for (c = fields[i][0]; *c != '\0'; c++) {
			field[at++] = (char)toupper((unsigned char)*c);
		}
		snprintf(field + at, sizeof(field) - at, "=%s\n", have);
		if (strcmp(fields[i][0], "timestamp") != 0) {
			assert_non_null(strstr(datagram, field));
		}
	}
	json_decref(json);
}

/* What Windows' events 3007 to 3009 have, in the file and in the journal. */
static void test_records(void **state)
{
	struct fixture *f = *state;
	struct cert *ca = pki_make(f, CERT_CA, "CA", NULL);
	struct cert *alice = pki_make(f, CERT_CLIENT, "alice", ca);
	const struct cert_info *who = cert_info(alice);
	char *deny = talloc_asprintf(f, "deny sha256 %s", who->sha256);
	const char *log = path(f, "audit.json");
	int journal = listen_as_journal(f);
	struct certmap *map = NULL;
	char *text = NULL;
	char *why = NULL;
	FILE *file = NULL;

	make_server(f, "c.example");
	assert_true(cert_save_pem(f, ca, path(f, "ca.pem"), NULL, &why));
	text = section(f, "c.example", "c.example",
		       talloc_asprintf(f,
				       "\trequire client authentication = yes\n"
				       "\tclient ca = %s\n"
				       "\taccess 1 = allow issuer CN=CA\n",
				       path(f, "ca.pem")));
	map = load(f, text);
	assert_int_equal(audit_start(log, AUDIT_JOURNAL_YES), 0);
	file = fopen(log, "r");
	assert_non_null(file);
	assert_int_equal(admit(f, map, alice, &why), 0);
	expect_record(file, journal, "allowed", "allow issuer \"CN=CA\"", who);
	assert_int_equal(admit_many(f, map, alice, CERT_MAX_CHAIN + 1, &why),
			 EPROTO);
	expect_record(file, journal, "error", why, who);
	write_text(f->map_file,
		   talloc_asprintf(f, "%s\taccess 2 = %s\n", text, deny));
	assert_true(certmap_reload(map));
	assert_int_equal(admit(f, map, alice, &why), EACCES);
	expect_record(file, journal, "denied", deny, who);
	assert_int_equal(audit_start(NULL, AUDIT_JOURNAL_NO), 0);
	unsetenv("SMBQUIC_JOURNAL_SOCKET");
	fclose(file);
	close(journal);
	talloc_free(map);
}

/* One from before that asks for less is not used when its successor is bad. */
static void test_stricter(void **state)
{
	struct fixture *f = *state;
	struct tls_identity *id = NULL;
	struct certmap *map = NULL;

	make_server(f, "c.example");
	map = load(f, section(f, "c.example", "c.example", ""));
	assert_int_equal(certmap_choose(map, "c.example", &id), 0);
	write_text(f->map_file,
		   section(f, "c.example", "c.example",
			   "\trequire client authentication = yes\n"
			   "\tclient ca = /nowhere/ca.pem\n"));
	assert_true(certmap_reload(map));
	assert_int_equal(certmap_choose(map, "c.example", &id), EKEYREJECTED);
	talloc_free(map);
}

static void test_access_in_file(void **state)
{
	struct fixture *f = *state;
	struct certmap_file *file = NULL;
	struct certmap_entry *entry = NULL;
	char *why = NULL;

	write_text(f->map_file,
		   "[a]\n\tcertificate = /c\n\tkey = /k\n"
		   "\t# of old\n"
		   "\tAccess3 = deny issuer \"CN=b,O=c\" not they\n"
		   "\taccess 10 = allow issuer CN=a\n"
		   "\taccess = something else\n");
	file = certmap_file_load(f, f->map_file, CERTMAP_SERVER, &why);
	assert_non_null(file);
	entry = certmap_entry_copy(f, certmap_file_get(file, 0));
	assert_int_equal(entry->access->count, 2);
	assert_true(entry->access->entries[0]->deny);
	assert_true(certmap_file_put(file, entry, &why));
	assert_true(certmap_file_save(file, &why));
	file = certmap_file_load(f, f->map_file, CERTMAP_SERVER, &why);
	assert_non_null(file);
	assert_true(access_list_equal(certmap_file_get(file, 0)->access,
				      entry->access));
	write_text(f->map_file, "[a]\n\tcertificate = /c\n\tkey = /k\n"
				"\taccess 1 = allow\n");
	assert_null(certmap_file_load(f, f->map_file, CERTMAP_SERVER, &why));
	assert_non_null(strstr(why, "certmap.conf:4: \"allow\" is no access "
				    "entry"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_client_authentication),
		cmocka_unit_test(test_access),
		cmocka_unit_test(test_records),
		cmocka_unit_test(test_stricter),
		cmocka_unit_test(test_access_in_file),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
