/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Who may come to a listener on the kernel's QUIC socket, and what strangers
 * can do to it.
 */
#include "tests/fixture_quic_kernel.h"

/* --- who may come ----------------------------------------------------------
 */

/* The socket says in an Initial packet that it gives up, whatever it has come
 * to: a server that is past those waits until its handshake times out. */
static void wait_for_handshakes(struct place *p)
{
	unsigned connections = 0, handshakes = 1;

	for (unsigned i = 0; i < 2 * LONG && handshakes > 0; i++) {
		loop_for(p, 500);
		transport_listener_counts(p->listener, &connections,
					  &handshakes);
	}
	assert_int_equal(handshakes, 0);
}

static void refused_pair(const struct transport_backend *near,
			 const struct transport_backend *far)
{
	struct place *p = new_place(near, far);
	struct transport *t = NULL;

	p->settings.handshake_timeout_ms = 10000;
	start(p, AF_INET);
	/* the server has no such name */
	assert_int_equal(try_connect(p, "unknown.example", &t), EPROTO);
	if (far == &transport_quic_user || near == &transport_quic_kernel) {
		assert_non_null(strstr(p->why, "no certificate mapping"));
	}
	/* we do not know the authority */
	p->client_policy.trust = TLS_TRUST_SYSTEM;
	assert_int_equal(try_connect(p, "localhost", &t), EACCES);
	assert_non_null(strstr(p->why, "--ca=FILE"));
	p->client_policy.trust = TLS_TRUST_PIN;
	p->client_policy.pin = p->identity->sha256;
	connect_and_carry(p);
	wait_for_handshakes(p);
	talloc_free(p);
}

static void test_refused(void **state)
{
	(void)state;
	if (!have_kernel()) {
		skip();
	}
	refused_pair(&transport_quic_kernel, &transport_quic_kernel);
	refused_pair(&transport_quic_kernel, &transport_quic_user);
	refused_pair(&transport_quic_user, &transport_quic_kernel);
}

/* The client is done before it is judged: it has to wait for the verdict. */
static void certificate_pair(const struct transport_backend *near,
			     const struct transport_backend *far)
{
	struct place *p = new_place(near, far);
	struct transport *t = NULL;
	int err = 0;

	p->identity->require_client_certificate = true;
	start(p, AF_INET);
	err = try_connect(p, "localhost", &t);
	assert_int_not_equal(err, 0);
	if (near == &transport_quic_kernel) {
		assert_int_equal(err, EACCES);
		assert_non_null(strstr(p->why, "client certificate"));
	}
	assert_int_equal(p->accepted, 0);
	talloc_free(p);
}

static void test_certificate(void **state)
{
	(void)state;
	each_pair(certificate_pair);
}

static void limit_pair(const struct transport_backend *near,
		       const struct transport_backend *far)
{
	struct place *p = new_place(near, far);
	struct transport *first = NULL, *second = NULL;

	p->settings.max_connections = 1;
	start(p, AF_INET);
	first = do_connect(p);
	assert_int_not_equal(try_connect(p, "localhost", &second), 0);
	carry(p, first, p->server, 10);
	talloc_free(p->server);
	TALLOC_FREE(first);
	loop_for(p, 300);
	second = do_connect(p);
	carry(p, second, p->server, 10);
	talloc_free(p);
}

static void test_limit(void **state)
{
	(void)state;
	each_pair(limit_pair);
}

static void retry_pair(const struct transport_backend *near,
		       const struct transport_backend *far)
{
	struct place *p = new_place(near, far);

	struct transport *t = NULL;

	p->settings.retry = TRANSPORT_RETRY_ALWAYS;
	start(p, AF_INET);
	t = do_connect(p);
	carry(p, t, p->server, 1);
	if (near == &transport_quic_user) { /* the other does not know */
		assert_true(transport_facts(t)->retried);
	}
	TALLOC_FREE(p->listener);
	p->settings.retry = TRANSPORT_RETRY_NEVER;
	start(p, AF_INET);
	t = do_connect(p);
	carry(p, t, p->server, 1);
	assert_false(transport_facts(t)->retried);
	talloc_free(p);
}

static void test_retry(void **state)
{
	(void)state;
	each_pair(retry_pair);
}

/* A stranger's first packet makes a socket, and no connection: it has a
 * deadline, and there is a bound. */
static void test_stranger(void **state)
{
	struct place *p = NULL;
	struct quic_world *w = NULL;
	const struct sockaddr *sa = NULL;
	uint8_t first[2000];
	size_t len = 0;
	unsigned connections = 0, handshakes = 0;
	int fd = -1;

	(void)state;
	if (!have_kernel()) {
		skip();
	}
	p = new_place(&transport_quic_kernel, &transport_quic_kernel);
	w = quic_world_new(p);
	quic_world_connect(w);
	len = quic_world_first_datagram(w, first, sizeof(first));
	p->settings.handshake_timeout_ms = 1500;
	start(p, AF_INET);
	sa = transport_listener_address(p->listener);
	fd = socket(AF_INET, SOCK_DGRAM, 0);
	assert_int_equal(
		sendto(fd, first, len, 0, sa, sizeof(struct sockaddr_in)), len);
	loop_for(p, 600);
	transport_listener_counts(p->listener, &connections, &handshakes);
	assert_int_equal(handshakes, 1);
	assert_int_equal(connections, 1);
	loop_for(p, 2500);
	transport_listener_counts(p->listener, &connections, &handshakes);
	assert_int_equal(handshakes, 0);
	assert_int_equal(connections, 0);
	assert_int_equal(p->accepted, 0);
	/* others were not disturbed */
	p->settings.handshake_timeout_ms = LONG * 1000;
	TALLOC_FREE(p->listener);
	start(p, AF_INET);
	connect_and_carry(p);
	close(fd);
	talloc_free(p);
}

/* Many of them turn Retry on, and then there is a bound. */
static void test_strangers(void **state)
{
	enum { MANY = 6 };
	struct place *p = NULL;
	unsigned connections = 0, handshakes = 0;
	int fd[MANY];

	(void)state;
	if (!have_kernel()) {
		skip();
	}
	p = new_place(&transport_quic_kernel, &transport_quic_kernel);
	p->settings.max_handshakes = 1;
	start(p, AF_INET);
	for (unsigned i = 0; i < MANY; i++) {
		struct quic_world *w = quic_world_new_as(p, p->identity);
		uint8_t first[2000];
		size_t len = 0;

		quic_world_connect(w);
		len = quic_world_first_datagram(w, first, sizeof(first));
		fd[i] = socket(AF_INET, SOCK_DGRAM, 0);
		assert_int_equal(sendto(fd[i], first, len, 0,
					transport_listener_address(p->listener),
					sizeof(struct sockaddr_in)),
				 len);
		loop_for(p, 200);
	}
	transport_listener_counts(p->listener, &connections, &handshakes);
	assert_in_range(handshakes, 1, 2);
	/* who proves the address comes in */
	for (unsigned i = 0; i < MANY; i++) {
		close(fd[i]);
	}
	p->settings.max_handshakes = 128;
	connect_and_carry(p);
	talloc_free(p);
}

/* Nobody answers: the deadline is ours. */
static void test_silence(void **state)
{
	struct place *p = NULL;
	struct transport *t = NULL;
	union udp_address a = loopback(AF_INET);
	struct udp_socket *deaf = NULL;
	struct transport_target to = {.server_name = "localhost"};
	struct tevent_req *req = NULL;

	(void)state;
	if (!have_kernel()) {
		skip();
	}
	p = new_place(&transport_quic_kernel, &transport_quic_user);
	p->settings.connect_timeout_ms = 1500;
	assert_int_equal(
		udp_listen(p, &a.sa, udp_address_len(&a), &deaf, &p->why), 0);
	to.addr = &udp_local(deaf)->sa;
	to.addr_len = udp_address_len(udp_local(deaf));
	to.tls = &p->client_policy;
	to.settings = &p->settings;
	req = transport_connect_send(p, p->ev, p->near, &to);
	testlib_wait(p->ev, req, LONG);
	assert_int_equal(transport_connect_recv(req, p, &t, &p->why),
			 ETIMEDOUT);
	assert_non_null(strstr(p->why, "no answer"));
	talloc_free(p);
}

/* Two listeners with ALPN "smb" at one place: the second one is told. */
static void test_port_in_use(void **state)
{
	struct place *p = NULL;
	union udp_address a;
	int fd = -1;

	(void)state;
	if (!have_kernel()) {
		skip();
	}
	p = new_place(&transport_quic_kernel, &transport_quic_kernel);
	start(p, AF_INET);
	memcpy(&a, transport_listener_address(p->listener), sizeof(a.in));
	assert_int_equal(try_listen(p, &a), EADDRINUSE);
	assert_non_null(strstr(p->why, "in use"));
	/* the name belongs before listen() */
	fd = qk_socket(AF_INET);
	a.in.sin_port = 0;
	assert_int_equal(bind(fd, &a.sa, sizeof(a.in)), 0);
	assert_int_equal(qk_set_alpn(fd, "smb"), 0);
	assert_int_equal(listen(fd, 1), 0);
	assert_int_not_equal(qk_set_alpn(fd, "other"), 0);
	close(fd);
	/* a passed descriptor is not for us, and says so */
	{
		const struct transport_listen how = {
			.addr = &a.sa,
			.addr_len = sizeof(a.in),
			.fd = socket(AF_INET, SOCK_DGRAM, 0),
			.tls = &p->server_policy,
			.settings = &p->settings,
			.accept = on_accept,
			.private_data = p,
		};
		struct transport_listener *l = NULL;

		assert_int_equal(
			transport_listen(p, p->ev, p->far, &how, &l, &p->why),
			ENOTSUP);
	}
	talloc_free(p);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_refused),
		cmocka_unit_test(test_certificate),
		cmocka_unit_test(test_limit),
		cmocka_unit_test(test_retry),
		cmocka_unit_test(test_stranger),
		cmocka_unit_test(test_strangers),
		cmocka_unit_test(test_silence),
		cmocka_unit_test(test_port_in_use),
	};

	cmocka_set_test_filter(getenv("SMBQUIC_TEST"));
	setvbuf(stdout, NULL, _IOLBF, 0);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
