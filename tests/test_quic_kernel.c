/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Connections by the kernel's QUIC socket, with itself and with the userspace
 * stack at the other end: what they carry, and how they end. Who may come is in
 * test_quic_kernel_listen.c.
 *
 * The traps of that socket, and what shows that we do not fall into them:
 *
 *   nothing is writable before the handshake         options, ipv4
 *   a fresh socket looks like one that is over        options
 *   small messages wait for acknowledgements          options
 *   path MTU discovery is off                         options
 *   zero in a parameter is "as it is"                 options, many
 *   accept fires on a stranger's first packet         listen: stranger
 *   the handshake has no deadline, and no bound       listen: stranger,
 *                                                      strangers, silence
 *   the name of the protocol belongs before listen    listen: port_in_use
 *   two listeners at one place                        listen: port_in_use
 *   a listener's limit and Retry are options          listen: limit, retry
 *   secrets establish before Finished has gone out    ipv4, ipv6: the server
 *                                                      would not open
 *   a client is done before it is judged              listen: certificate
 *   no alert can be sent: the reason is text          listen: refused
 *   levels have other numbers than GnuTLS's           ipv4, ipv6
 *   MSG_MORE on a stream is stuck for ever            ipv4: two pieces and
 *                                                      nothing after them
 *   any shutdown() is the end of the connection       half_close
 *   no bytes are the end of a stream, not of all      half_close
 *   close() cuts off what was not sent                shutdown_delivers
 *   a send to who has gone raises SIGPIPE             gone
 *   ENOSPC, EAGAIN, and a stream's limit that poll    blocked
 *    does not know: no spinning
 *   one queue for all: who does not read stops all    blocked
 *   the same keys for ever                            keys
 */
#include "smbquic/log.h"
#include "tests/fixture_quic_kernel.h"

/* --- what is there without a kernel ----------------------------------------
 */

static void test_row(void **state)
{
	const char *why = NULL;
	bool usable = transport_quic_kernel.usable(&why);
	const struct transport_backend *quic =
		transport_backend_find("quic", &why);

	(void)state;
	assert_ptr_equal(quic, usable ? &transport_quic_kernel
				      : &transport_quic_user);
	assert_non_null(why); /* for the log */
	assert_ptr_equal(transport_backend_find("quic-kernel", NULL),
			 &transport_quic_kernel);
	assert_ptr_equal(transport_backend_find("quic-user", NULL),
			 &transport_quic_user);
}

/* What is set before the handshake: small messages do not wait. */
static void test_options(void **state)
{
	const struct qk_config c = {.idle_timeout_ms = 30000,
				    .keepalive_ms = 10000,
				    .first_rtt_ms = 100,
				    .stream_window = 8 * MIB};
	uint8_t config[64] = {0};
	uint32_t probes = 0;
	socklen_t len = sizeof(config);
	union udp_address a = loopback(AF_INET);
	struct qk_close reason;
	int64_t id = -1;
	int fd = -1;
	int other = -1;

	(void)state;
	if (!have_kernel()) {
		skip();
	}
	fd = qk_socket(AF_INET);
	assert_int_equal(qk_configure(fd, &c), 0);
	assert_int_equal(getsockopt(fd, 288, 9, config, &len), 0);
	assert_int_equal(len, 28);
	memcpy(&probes, config + 4, sizeof(probes));
	assert_int_equal(probes, 5000000); /* us, the least it takes */
	assert_int_equal(config[16], 1);   /* CUBIC */
	assert_int_equal(config[18], 1);   /* no waiting for acknowledgements */
	/* whoever waits for this before the handshake waits for ever */
	other = qk_socket(AF_INET);
	a.in.sin_port = htons(9);
	assert_int_equal(connect(other, &a.sa, sizeof(a.in)), 0);
	assert_false(qk_poll(other, POLLOUT));
	assert_false(qk_is_over(other));
	close(other);
	/* a fresh socket counts as one that is over */
	assert_true(qk_is_over(fd));
	assert_int_not_equal(qk_open_stream(fd, &id), 0);
	qk_get_close(fd, &reason);
	assert_int_equal(reason.code, 0);
	close(fd);
}

/* --- carrying --------------------------------------------------------------
 */

static void conversation(const struct transport_backend *near,
			 const struct transport_backend *far, int family)
{
	struct place *p = new_place(near, far);
	struct transport *t = NULL;
	const struct transport_facts *f = NULL;

	start(p, family);
	t = do_connect(p);
	f = transport_facts(t);
	assert_string_equal(f->backend, near->name);
	assert_string_equal(transport_facts(p->server)->backend, far->name);
	assert_string_equal(f->alpn, "smb");
	assert_string_equal(f->tls_version, "TLS1.3");
	assert_non_null(f->tls_cipher);
	assert_non_null(f->certificate_sha256);
	assert_string_equal(transport_facts(p->server)->server_name,
			    "localhost");
	assert_string_equal(
		transport_address_string((const struct sockaddr *)&f->local),
		transport_address_string(
			(const struct sockaddr *)&transport_facts(p->server)
				->peer));
	carry(p, t, p->server, 1);
	carry(p, p->server, t, 5 * MIB + 3);
	carry(p, t, p->server, 5 * MIB + 3);
	talloc_free(p);
}

/* What begins with v1 is led to the server's v2; a client of v2 is followed. */
static void versions_pair(const struct transport_backend *near,
			  const struct transport_backend *far)
{
	static const struct {
		unsigned near, far;
		const char *both;
	} rows[] = {{1, 1, "v1"}, {2, 1, NULL}, {1, 2, "v2"}, {2, 2, "v2"}};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct place *p = new_place(near, far);
		struct transport *t = NULL;

		p->settings.quic_version = rows[i].far;
		start(p, AF_INET);
		p->settings.quic_version = rows[i].near;
		t = do_connect(p);
		carry(p, t, p->server, 10000);
		printf("%u to %u: %s and %s\n", rows[i].near, rows[i].far,
		       transport_facts(t)->quic_version,
		       transport_facts(p->server)->quic_version);
		assert_string_equal(transport_facts(t)->quic_version,
				    transport_facts(p->server)->quic_version);
		if (rows[i].both != NULL) { /* else the server's choice */
			assert_string_equal(transport_facts(t)->quic_version,
					    rows[i].both);
		}
		talloc_free(p);
	}
}

static void test_versions(void **state)
{
	(void)state;
	each_pair(versions_pair);
}

static void ipv4_pair(const struct transport_backend *near,
		      const struct transport_backend *far)
{
	conversation(near, far, AF_INET);
}

static void ipv6_pair(const struct transport_backend *near,
		      const struct transport_backend *far)
{
	conversation(near, far, AF_INET6);
}

static void test_ipv4(void **state)
{
	(void)state;
	each_pair(ipv4_pair);
}

static void test_ipv6(void **state)
{
	(void)state;
	each_pair(ipv6_pair);
}

static void half_close(struct place *p, struct transport *from,
		       struct transport *to)
{
	struct copy w;
	int err = 0;

	start_write(p, from, &w, MIB + 1);
	transport_finish(from);
	do_read(p, to, &w);
	testlib_wait(p->ev, w.req, LONG);
	assert_int_equal(transport_write_recv(w.req), 0);
	assert_int_equal(read_one(p, to, &err), 0);
	assert_int_equal(err, 0);
	carry(p, to, from, 100000);
	transport_finish(to); /* with nothing before it */
	assert_int_equal(read_one(p, from, &err), 0);
	assert_int_equal(err, 0);
}

static void half_close_pair(const struct transport_backend *near,
			    const struct transport_backend *far)
{
	struct place *p = new_place(near, far);
	struct transport *t = NULL;

	start(p, AF_INET);
	t = do_connect(p);
	half_close(p, t, p->server);
	t = do_connect(p);
	carry(p, t, p->server, 10); /* the client opens the stream */
	half_close(p, p->server, t);
	talloc_free(p);
}

static void test_half_close(void **state)
{
	(void)state;
	each_pair(half_close_pair);
}

/* close() alone would cut off what is in the queue. */
static void shutdown_pair(const struct transport_backend *near,
			  const struct transport_backend *far)
{
	struct place *p = new_place(near, far);
	struct transport *t = NULL;
	struct tevent_req *end = NULL;
	struct copy w;
	int err = 0;

	start(p, AF_INET);
	t = do_connect(p);
	start_write(p, t, &w, MIB);
	end = transport_shutdown_send(p, p->ev, t, TRANSPORT_CLOSE_SHUTDOWN,
				      "enough");
	do_read(p, p->server, &w);
	testlib_wait(p->ev, end, LONG);
	assert_int_equal(transport_shutdown_recv(end), 0);
	assert_int_equal(transport_write_recv(w.req), 0);
	assert_int_equal(read_one(p, p->server, &err), -1);
	assert_int_equal(err, ECONNRESET);
	assert_non_null(strstr(transport_error(p->server), "code 3"));
	assert_non_null(strstr(transport_error(p->server), "enough"));
	talloc_free(p);
}

static void test_shutdown_delivers(void **state)
{
	(void)state;
	each_pair(shutdown_pair);
}

/* Nobody reads: the write waits and the loop sleeps, whichever limit it is. */
static void blocked_pair(const struct transport_backend *near,
			 const struct transport_backend *far)
{
	struct place *p = new_place(near, far);
	struct transport *t = NULL;
	struct copy w;

	start(p, AF_INET);
	t = do_connect(p);
	carry(p, t, p->server, 10);
	start_write(p, t, &w, 24 * MIB);
	loop_for(p, 1000);
	assert_true(tevent_req_is_in_progress(w.req));
	assert_true(loop_for(p, 500) < 1000);
	do_read(p, p->server, &w);
	testlib_wait(p->ev, w.req, LONG);
	assert_int_equal(transport_write_recv(w.req), 0);
	talloc_free(p);
}

static void test_blocked(void **state)
{
	(void)state;
	each_pair(blocked_pair);
}

static void many_pair(const struct transport_backend *near,
		      const struct transport_backend *far)
{
	enum { COUNT = 10 };
	struct place *p = new_place(near, far);
	struct transport *client[COUNT], *server[COUNT];
	unsigned connections = 0, handshakes = 0;

	start(p, AF_INET);
	for (unsigned i = 0; i < COUNT; i++) {
		client[i] = do_connect(p);
		server[i] = p->server;
	}
	for (unsigned i = 0; i < COUNT; i++) {
		carry(p, client[i], server[i], 10000);
		carry(p, server[i], client[i], 10000);
	}
	transport_listener_counts(p->listener, &connections, &handshakes);
	assert_int_equal(connections, COUNT);
	assert_int_equal(handshakes, 0);
	/* freed in any order, while others go on */
	talloc_free(client[3]);
	TALLOC_FREE(p->listener);
	carry(p, client[4], server[4], 10000);
	talloc_free(p);
}

static void test_many(void **state)
{
	(void)state;
	each_pair(many_pair);
}

/* A write that is given up half-way, a read that is freed, and a connection
 * that goes away under both. */
static void freed_pair(const struct transport_backend *near,
		       const struct transport_backend *far)
{
	struct place *p = new_place(near, far);
	struct transport *t = NULL;
	struct tevent_req *req = NULL;
	struct copy w;
	uint8_t byte = 0;
	int err = 0;

	start(p, AF_INET);
	t = do_connect(p);
	req = transport_read_send(p, p->ev, t, &byte, 1, 1);
	TALLOC_FREE(req);
	start_write(p, t, &w, 24 * MIB);
	loop_for(p, 300);
	TALLOC_FREE(w.req);
	assert_int_equal(read_one(p, t, &err), -1);
	assert_int_equal(err, ECONNABORTED);
	t = do_connect(p);
	req = transport_read_send(p, p->ev, t, &byte, 1, 1);
	TALLOC_FREE(t);
	testlib_wait(p->ev, req, LONG);
	assert_int_equal(transport_read_recv(req, &err), -1);
	assert_int_equal(err, ECONNABORTED);
	/* while it is being made */
	talloc_free(start_connect(p, "localhost"));
	req = start_connect(p, "localhost");
	loop_for(p, 2);
	talloc_free(req);
	loop_for(p, 100);
	talloc_free(p);
}

static void test_freed(void **state)
{
	(void)state;
	each_pair(freed_pair);
}

/* Who writes to a peer that has gone gets an error, and no signal. */
static void gone_pair(const struct transport_backend *near,
		      const struct transport_backend *far)
{
	struct place *p = new_place(near, far);
	struct transport *t = NULL;
	struct copy w;

	start(p, AF_INET);
	t = do_connect(p);
	carry(p, t, p->server, 10);
	/* and at once, before the loop can notice */
	TALLOC_FREE(p->server);
	start_write(p, t, &w, 100);
	loop_for(p, 300);
	talloc_free(w.req);
	start_write(p, t, &w, 100);
	testlib_wait(p->ev, w.req, LONG);
	assert_int_not_equal(transport_write_recv(w.req), 0);
	talloc_free(p);
}

static void test_gone(void **state)
{
	(void)state;
	each_pair(gone_pair);
}

/* --- new keys in time ------------------------------------------------------
 */

static void count_keys(void *private_data, enum log_level level,
		       const char *module, const char *text)
{
	unsigned *changes = private_data;

	(void)level;
	(void)module;
	*changes += strstr(text, "the keys are new") != NULL;
}

/* Changed by size in both directions, and by request; what is carried
 * meanwhile is whole. */
static void keys_pair(const struct transport_backend *near,
		      const struct transport_backend *far)
{
	struct place *p = new_place(near, far);
	unsigned changes = 0;
	struct transport *t = NULL;
	int err = EAGAIN;

	start(p, AF_INET);
	t = do_connect(p);
	carry(p, t, p->server, 10000);
	log_set_sink(count_keys, &changes);
	for (unsigned i = 0; i < 3; i++) {
		carry(p, t, p->server, 2 * MIB);
		carry(p, p->server, t, 2 * MIB);
		loop_for(p, 200); /* until the old ones are forgotten */
	}
	/* not before something has come that was sealed with the last ones */
	for (unsigned i = 0; i < 50 && err == EAGAIN; i++) {
		loop_for(p, 20);
		carry(p, t, p->server, 100);
		carry(p, p->server, t, 100);
		err = transport_update_keys(t);
	}
	assert_int_equal(err, 0);
	carry(p, t, p->server, MIB);
	carry(p, p->server, t, MIB);
	log_set_sink(NULL, NULL);
	printf("%u changes of keys\n", changes);
	assert_true(changes >= 3); /* by size, and some by request */
	talloc_free(p);
}

static uint64_t key_packets_before;

static int few_packets(void **state)
{
	(void)state;
	key_packets_before = qk_key_packets;
	qk_key_packets = 500;
	log_set_levels("0 quic:10");
	return 0;
}

/* Also after a test that was skipped, or failed. */
static int usual_packets(void **state)
{
	(void)state;
	log_set_sink(NULL, NULL);
	log_set_levels("1");
	qk_key_packets = key_packets_before;
	return 0;
}

static void test_keys(void **state)
{
	(void)state;
	each_pair(keys_pair);
}

/* Asked for again and again, and then given up. */
static void test_keys_denied(void **state)
{
	enum { WRITE = 11000 }; /* bytes: ten packets, and one */
	struct transport_settings settings;
	const struct sockaddr_in peer = {.sin_family = AF_INET};
	struct tevent_context *ev = tevent_context_init(NULL);
	struct quic_kernel *k = NULL;
	unsigned writes = 0;

	(void)state;
	transport_settings_default(&settings);
	/* what is no such socket has no such option */
	k = qk_conn_new(ev, ev, socket(AF_INET, SOCK_DGRAM, 0), &settings,
			false, (const struct sockaddr *)&peer);
	assert_non_null(k);
	while (!k->over) {
		qk_keys_used(k, WRITE, 0);
		writes++;
	}
	assert_in_range(writes * 11, 2 * qk_key_packets,
			2 * qk_key_packets + qk_key_packets / 8);
	assert_int_equal(k->end.err, ECONNABORTED);
	assert_non_null(strstr(k->end.why, "keys"));
	talloc_free(ev);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_row),
		cmocka_unit_test(test_options),
		cmocka_unit_test(test_ipv4),
		cmocka_unit_test(test_ipv6),
		cmocka_unit_test(test_versions),
		cmocka_unit_test(test_half_close),
		cmocka_unit_test(test_shutdown_delivers),
		cmocka_unit_test(test_blocked),
		cmocka_unit_test(test_many),
		cmocka_unit_test(test_freed),
		cmocka_unit_test(test_gone),
		cmocka_unit_test_setup_teardown(test_keys, few_packets,
						usual_packets),
		cmocka_unit_test(test_keys_denied),
	};

	cmocka_set_test_filter(getenv("SMBQUIC_TEST"));
	setvbuf(stdout, NULL, _IOLBF, 0);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
