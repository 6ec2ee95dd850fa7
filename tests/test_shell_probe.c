/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Hosts of --probe, its verdict, text and JSON. */
#include "tests/testlib.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "client/shell_probe.h"

#define DAY 86400

static void host(const char *text, const char *want, unsigned want_port)
{
	TALLOC_CTX *tmp = talloc_new(NULL);
	char *server = NULL;
	uint16_t port = 0;

	if (want == NULL) {
		assert_false(probe_host_parse(tmp, text, &server, &port));
	} else {
		assert_true(probe_host_parse(tmp, text, &server, &port));
		assert_string_equal(server, want);
		assert_int_equal(port, want_port);
	}
	talloc_free(tmp);
}

static void test_hosts(void **state)
{
	(void)state;
	host("files.example", "files.example", 0);
	host("//files.example", "files.example", 0);
	host("files.example:4433", "files.example", 4433);
	host("192.0.2.1:1", "192.0.2.1", 1);
	host("2001:db8::1", "2001:db8::1", 0);
	host("[2001:db8::1]", "2001:db8::1", 0);
	host("[2001:db8::1]:443", "2001:db8::1", 443);
	host("", NULL, 0);
	host("//", NULL, 0);
	host(":443", NULL, 0);
	host("a:", NULL, 0);
	host("a:0", NULL, 0);
	host("a:65536", NULL, 0);
	host("a:4x", NULL, 0);
	host("[a", NULL, 0);
	host("[a]b", NULL, 0);
	host("//a/share", NULL, 0);
}

static struct cert *server_cert(TALLOC_CTX *mem_ctx, time_t now)
{
	static const char *const names[] = {"h.test", "192.0.2.1", NULL};
	const struct cert_request request = {
		.purpose = CERT_SERVER,
		.names = names,
		.days = 30,
	};
	char *why = NULL;
	struct cert *cert = cert_make(mem_ctx, &request, now, &why);

	assert_non_null(cert);
	return cert;
}

/* A server that is well. */
static struct probe_host *well(TALLOC_CTX *mem_ctx, time_t now)
{
	struct probe_host *h = talloc_zero(mem_ctx, struct probe_host);
	struct client_probe_result *r =
		talloc_zero(h, struct client_probe_result);

	h->typed = "h.test";
	h->options.server = "h.test";
	h->warn_days = 14;
	h->result = r;
	h->pipes_why = "nobody asked";
	r->udp_answers = true;
	r->udp_us = 1500;
	r->versions[0] = 1;
	r->versions[1] = 0x6b3343cf;
	r->versions[2] = 0xff00001d;
	r->version_count = 3;
	r->quic_version = "v1";
	r->alpn = "smb";
	r->tls_version = "TLS1.3";
	r->tls_cipher = "AES-128-GCM";
	r->cert = server_cert(r, now);
	r->trusted = true;
	r->trust = "chain and name verified";
	r->quic = (struct client_probe_smb){
		.connected = true,
		.negotiated = true,
		.complete = true,
		.address = "192.0.2.1:443",
		.dialect = SMB2_DIALECT_311,
		.ciphers = {.id = {SMB2_CIPHER_AES256_GCM}, .count = 1},
	};
	r->tcp.why = "nothing listens there";
	return h;
}

static void expect(const struct probe_host *h, time_t now,
		   enum probe_verdict verdict, const char *text)
{
	TALLOC_CTX *tmp = talloc_new(NULL);
	char *why = NULL;

	assert_int_equal(probe_judge(tmp, h, now, &why), verdict);
	if (strstr(why, text) == NULL) {
		fail_msg("\"%s\" is not in \"%s\"", text, why);
	}
	talloc_free(tmp);
}

static void test_verdicts(void **state)
{
	TALLOC_CTX *tmp = talloc_new(NULL);
	time_t now = time(NULL);
	struct probe_host *h = well(tmp, now);

	(void)state;
	expect(h, now, PROBE_OK, "SMB 3.1.1 over QUIC v1");
	expect(h, now + 20 * DAY, PROBE_WARNING, "the certificate ends in ");
	h->result->trusted = false;
	h->result->trust = "its issuer is not known here";
	expect(h, now, PROBE_CRITICAL, "issuer is not known");
	h->options.tls.trust = TLS_TRUST_NONE;
	expect(h, now, PROBE_OK, "not judged");
	h->result->quic.negotiated = false;
	h->result->quic.why = "it is silent";
	expect(h, now, PROBE_CRITICAL, "no SMB over QUIC: it is silent");
	h->result->tcp.negotiated = true;
	expect(h, now, PROBE_CRITICAL, "direct TCP answers");
	h->result->client_certificate = true;
	expect(h, now, PROBE_WARNING, "wants a client certificate");
	h->options.tls.cert_file = "mine.pem";
	expect(h, now, PROBE_CRITICAL, "it is silent");
	h->result->name_why = "unknown name";
	expect(h, now, PROBE_UNKNOWN, "unknown name");
	assert_int_equal(probe_worse(PROBE_OK, PROBE_WARNING), PROBE_WARNING);
	assert_int_equal(probe_worse(PROBE_UNKNOWN, PROBE_WARNING),
			 PROBE_UNKNOWN);
	assert_int_equal(probe_worse(PROBE_CRITICAL, PROBE_UNKNOWN),
			 PROBE_CRITICAL);
	talloc_free(tmp);
}

static char *printed(TALLOC_CTX *mem_ctx, const struct probe_host *h,
		     bool brief, time_t now)
{
	char *buf = NULL;
	size_t len = 0;
	FILE *f = open_memstream(&buf, &len);
	char *copy = NULL;

	assert_non_null(f);
	probe_print(f, h, brief, now);
	fclose(f);
	copy = talloc_strdup(mem_ctx, buf);
	free(buf);
	return copy;
}

static void test_text(void **state)
{
	TALLOC_CTX *tmp = talloc_new(NULL);
	time_t now = time(NULL);
	struct probe_host *h = well(tmp, now);
	char *text = printed(tmp, h, false, now);

	(void)state;
	assert_non_null(strstr(text, "h.test: OK: "));
	assert_non_null(strstr(text, "answers after 1.50 ms\n"));
	assert_non_null(strstr(text, "v1, v2, 0xff00001d\n"));
	assert_non_null(strstr(text, "DNS:h.test, IP:192.0.2.1\n"));
	assert_non_null(strstr(text, "no: nothing listens there\n"));
	assert_non_null(strstr(text, cert_info(h->result->cert)->sha1));
	assert_non_null(strstr(text, cert_info(h->result->cert)->sha256));
	/* nobody steers the terminal */
	h->result->quic.negotiated = false;
	h->result->quic.why = "x\033[2Jy";
	text = printed(tmp, h, true, now);
	assert_string_equal(text,
			    "h.test: CRITICAL: no SMB over QUIC: x?[2Jy\n");
	talloc_free(tmp);
}

static void test_json(void **state)
{
	TALLOC_CTX *tmp = talloc_new(NULL);
	time_t now = time(NULL);
	struct probe_host *h = well(tmp, now);
	json_t *json = probe_json(h, now);
	json_t *quic = json_object_get(json, "quic");
	char *text = NULL;

	(void)state;
	assert_string_equal(json_string_value(json_object_get(json, "status")),
			    "OK");
	assert_string_equal(json_string_value(json_object_get(quic, "dialect")),
			    "3.1.1");
	assert_string_equal(json_string_value(json_array_get(
				    json_object_get(quic, "ciphers"), 0)),
			    "AES-256-GCM");
	assert_true(json_is_true(json_object_get(
		json_object_get(quic, "certificate"), "trusted")));
	json_decref(json);
	/* an error of the server's that is no UTF-8 */
	h->result->quic.why = "\xff\xfe";
	json = probe_json(h, now);
	text = json_dumps(json, 0);
	assert_non_null(text);
	free(text);
	json_decref(json);
	talloc_free(tmp);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_hosts),
		cmocka_unit_test(test_verdicts),
		cmocka_unit_test(test_text),
		cmocka_unit_test(test_json),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
