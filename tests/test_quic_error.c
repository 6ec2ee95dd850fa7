/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The ends of connections in words.
 */
#include "tests/testlib.h"

#include <errno.h>
#include <limits.h>
#include <string.h>

#include "smbquic/quic_private.h"

static const struct quic_peer server = {.server = true,
					.name = "files.example",
					.address = "192.0.2.1:443",
					.endpoint = "192.0.2.1:443/udp",
					.timeout_ms = 5000};
static const struct quic_peer client = {.address = "192.0.2.9:50000",
					.endpoint = "192.0.2.9:50000/udp",
					.opened = true,
					.heard = true,
					.timeout_ms = 30000};

static void assert_end(const struct quic_end *end, int err, const char *why)
{
	assert_int_equal(end->err, err);
	assert_string_equal(end->why, why);
	talloc_free(end->why);
}

static void closed(const struct quic_peer *peer, ngtcp2_ccerr_type type,
		   uint64_t code, const char *reason, int err, const char *why)
{
	ngtcp2_ccerr e = {.type = type,
			  .error_code = code,
			  .reason = (const uint8_t *)reason,
			  .reasonlen = strlen(reason)};
	struct quic_end end = {0};

	quic_error_closed(NULL, peer, &e, &end);
	assert_end(&end, err, why);
}

static void test_closed(void **state)
{
	const ngtcp2_ccerr_type transport = NGTCP2_CCERR_TYPE_TRANSPORT;
	const ngtcp2_ccerr_type application = NGTCP2_CCERR_TYPE_APPLICATION;

	(void)state;
	closed(&server, transport, 0x100 + 120, "", EPROTO,
	       "the server 192.0.2.1:443 does not speak SMB over QUIC (it "
	       "refused ALPN \"smb\" with TLS alert 120)");
	closed(&server, transport, 0x100 + 112, "", EPROTO,
	       "the server 192.0.2.1:443 has no certificate mapping for "
	       "files.example");
	closed(&server, transport, 0x100 + 116, "", EACCES,
	       "the server 192.0.2.1:443 wants a client certificate, and none "
	       "was given");
	closed(&client, transport, 0x100 + 112, "", EPROTO,
	       "the client ended the TLS handshake with alert 112 (The "
	       "server name sent was not recognized)");
	closed(&server, transport, 0x100 + 255, "", EPROTO,
	       "192.0.2.1:443 ended the TLS handshake with alert 255 (unknown "
	       "alert)");
	closed(&server, transport, 0x100 + 40, "No common\nALPN", EPROTO,
	       "192.0.2.1:443 ended the TLS handshake with alert 40 (Handshake "
	       "failed): No common?ALPN");
	closed(&server, transport, 2, "busy", ECONNREFUSED,
	       "192.0.2.1:443 refuses the connection: busy");
	closed(&server, transport, 2, "", ECONNREFUSED,
	       "192.0.2.1:443 refuses the connection (it has too many, or it "
	       "stops)");
	closed(&client, transport, 0, "", 0,
	       "the client closed the connection");
	closed(&client, transport, 10, "", ECONNRESET,
	       "the client closed the connection: QUIC error 0xa "
	       "(protocol violation)");
	closed(&client, transport, 0xffffffff, "a\x1b[2Jb", ECONNRESET,
	       "the client closed the connection: QUIC error 0xffffffff "
	       "(unknown): a?[2Jb");
	closed(&client, application, 0, "", 0,
	       "the client closed the connection: code 0 (done)");
	closed(&client, application, 77, "", ECONNRESET,
	       "the client closed the connection: code 77 (unknown)");
}

/* No more of a reason than fits on a line or two. */
static void test_long_reason(void **state)
{
	ngtcp2_ccerr e = {.type = NGTCP2_CCERR_TYPE_APPLICATION,
			  .error_code = 1,
			  .reasonlen = 1000};
	struct quic_end end = {0};
	uint8_t reason[1000];

	(void)state;
	memset(reason, 'x', sizeof(reason));
	e.reason = reason;
	quic_error_closed(NULL, &client, &e, &end);
	assert_in_range(strlen(end.why), 200, 300);
	talloc_free(end.why);
}

static void library(const struct quic_peer *peer, int liberr, int err,
		    const char *why)
{
	struct quic_end end = {0};

	quic_error_library(NULL, peer, liberr, &end);
	assert_end(&end, err, why);
}

static void test_library(void **state)
{
	struct quic_peer heard = server;

	(void)state;
	heard.heard = true;
	library(&server, NGTCP2_ERR_HANDSHAKE_TIMEOUT, ETIMEDOUT,
		"no answer from 192.0.2.1:443/udp within 5 s (is UDP "
		"blocked?)");
	library(&heard, NGTCP2_ERR_HANDSHAKE_TIMEOUT, ETIMEDOUT,
		"the handshake with 192.0.2.1:443/udp was not complete within "
		"5 s");
	library(&client, NGTCP2_ERR_IDLE_CLOSE, ETIMEDOUT,
		"the client has not answered for 30 s");
	library(&server, NGTCP2_ERR_RECV_VERSION_NEGOTIATION, EPROTO,
		"192.0.2.1:443/udp speaks no version of QUIC that we do");
	library(&server, NGTCP2_ERR_NOMEM, ENOMEM, "out of memory");
	library(&server, NGTCP2_ERR_PROTO, EPROTO,
		"192.0.2.1:443 broke the QUIC protocol (ERR_PROTO)");
	library(&server, NGTCP2_ERR_NO_VIABLE_PATH, ETIMEDOUT,
		"there is no working path to 192.0.2.1:443/udp any more");
}

static void test_socket(void **state)
{
	struct quic_peer opened = server;
	struct quic_end end = {0};

	(void)state;
	quic_error_socket(NULL, &server, ECONNREFUSED, &end);
	assert_end(&end, ECONNREFUSED, "nothing listens on 192.0.2.1:443/udp");
	opened.opened = true;
	quic_error_socket(NULL, &opened, ECONNREFUSED, &end);
	assert_end(&end, ECONNRESET,
		   "nothing listens on 192.0.2.1:443/udp any more (did the "
		   "server stop?)");
	quic_error_socket(NULL, &server, EHOSTUNREACH, &end);
	assert_end(&end, EHOSTUNREACH,
		   "cannot reach 192.0.2.1:443/udp: No route to host");
}

static void test_own(void **state)
{
	struct quic_end end = {0};

	(void)state;
	quic_error_alert(NULL, &client, 50, &end);
	assert_end(&end, EPROTO,
		   "the TLS handshake with the client failed: alert 50 "
		   "(Decode error)");
	quic_error_reset(NULL, &server, &end);
	assert_end(&end, ECONNRESET,
		   "192.0.2.1:443 does not know this connection any more (was "
		   "it restarted, or did it give up waiting for us?)");
}

static void test_silence(void **state)
{
	(void)state;
	assert_int_equal(quic_silence_ms(30000, 0), 30000);
	assert_int_equal(quic_silence_ms(30000, 10000), 10000);
	assert_int_equal(quic_silence_ms(30000, UINT64_MAX), 30000);
	assert_int_equal(quic_silence_ms(0, 10000), 10000);
	assert_int_equal(quic_silence_ms(0, UINT64_MAX), UINT_MAX);
	assert_int_equal(quic_silence_ms(0, 0), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_closed),
		cmocka_unit_test(test_long_reason),
		cmocka_unit_test(test_library),
		cmocka_unit_test(test_socket),
		cmocka_unit_test(test_own),
		cmocka_unit_test(test_silence),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
