/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Connections by the kernel's QUIC socket, with itself and with the userspace
 * stack at the other end. Without such a kernel everything is skipped:
 * scripts/vm-test runs it in a guest that has one.
 */
#include "tests/testlib.h"
#include "tests/testlib_quic.h"

#include <errno.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "smbquic/quic_kernel_private.h"

#define MIB  ((size_t)1 << 20)
#define LONG 60 /* seconds: an emulated guest is slow */

struct place {
	struct tevent_context *ev;
	struct transport_settings settings;
	struct tls_identity *identity;
	struct tls_server_policy server_policy;
	struct tls_client_policy client_policy;
	const struct transport_backend *near, *far; /* client's, server's */
	struct transport_listener *listener;
	struct transport *server; /* accepted last */
	unsigned accepted;
	char *why;
};

static int choose(void *private_data, const char *server_name,
		  struct tls_identity **out)
{
	struct place *p = private_data;

	if (server_name != NULL &&
	    strcmp(server_name, "unknown.example") == 0) {
		return ENOENT;
	}
	*out = p->identity;
	return 0;
}

static void on_accept(struct transport *t, void *private_data)
{
	struct place *p = private_data;

	p->accepted++;
	p->server = talloc_steal(p, t);
}

static struct place *new_place(const struct transport_backend *near,
			       const struct transport_backend *far)
{
	struct place *p = talloc_zero(NULL, struct place);

	p->ev = tevent_context_init(p);
	transport_settings_default(&p->settings);
	p->settings.connect_timeout_ms = LONG * 1000;
	p->settings.handshake_timeout_ms = LONG * 1000;
	p->settings.keylog_file = NULL;
	p->settings.qlog_dir = NULL;
	p->identity = quic_world_identity(p, "localhost", NULL);
	p->server_policy =
		(struct tls_server_policy){.choose = choose, .private_data = p};
	p->client_policy.trust = TLS_TRUST_NONE;
	p->near = near;
	p->far = far;
	return p;
}

static union udp_address loopback(int family)
{
	union udp_address a = {.sa.sa_family = (sa_family_t)family};

	if (family == AF_INET6) {
		a.in6.sin6_addr = in6addr_loopback;
	} else {
		a.in.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	}
	return a;
}

static int try_listen(struct place *p, union udp_address *a)
{
	const struct transport_listen how = {
		.addr = &a->sa,
		.addr_len = udp_address_len(a),
		.tls = &p->server_policy,
		.settings = &p->settings,
		.accept = on_accept,
		.private_data = p,
	};

	return transport_listen(p, p->ev, p->far, &how, &p->listener, &p->why);
}

static void start(struct place *p, int family)
{
	union udp_address a = loopback(family);

	assert_int_equal(try_listen(p, &a), 0);
}

static struct tevent_req *start_connect(struct place *p, const char *name)
{
	const struct sockaddr *sa = transport_listener_address(p->listener);
	union udp_address a;
	struct transport_target to = {
		.addr = &a.sa,
		.server_name = name,
		.tls = &p->client_policy,
		.settings = &p->settings,
	};

	memcpy(&a, sa,
	       sa->sa_family == AF_INET6 ? sizeof(a.in6) : sizeof(a.in));
	to.addr_len = udp_address_len(&a);
	return transport_connect_send(p, p->ev, p->near, &to);
}

static int try_connect(struct place *p, const char *name,
		       struct transport **out)
{
	struct tevent_req *req = start_connect(p, name);
	int err = 0;

	testlib_wait(p->ev, req, 2 * LONG);
	err = transport_connect_recv(req, p, out, &p->why);
	talloc_free(req);
	return err;
}

static struct transport *do_connect(struct place *p)
{
	struct transport *t = NULL;
	unsigned before = p->accepted;
	int err = try_connect(p, "localhost", &t);

	if (err != 0) {
		fail_msg("%s", p->why);
	}
	while (p->accepted == before) {
		tevent_loop_once(p->ev);
	}
	return t;
}

static unsigned loop_for(struct place *p, unsigned ms)
{
	bool over = false;
	unsigned rounds = 0;
	struct tevent_req *req = tevent_wakeup_send(
		p, p->ev,
		tevent_timeval_current_ofs(ms / 1000, ms % 1000 * 1000));

	while (!over) {
		tevent_loop_once(p->ev);
		rounds++;
		over = !tevent_req_is_in_progress(req);
	}
	talloc_free(req);
	return rounds;
}

struct copy {
	struct tevent_req *req;
	uint8_t *buf;
	size_t len;
};

static void start_write(struct place *p, struct transport *t, struct copy *c,
			size_t len)
{
	struct iovec iov[2];

	c->len = len;
	c->buf = talloc_size(p, len);
	for (size_t i = 0; i < len; i++) {
		c->buf[i] = (uint8_t)(i * 13 + i / 257);
	}
	iov[0] = (struct iovec){.iov_base = c->buf, .iov_len = len / 3};
	iov[1] = (struct iovec){.iov_base = c->buf + len / 3,
				.iov_len = len - len / 3};
	c->req = transport_write_send(p, p->ev, t, iov, 2);
}

static void do_read(struct place *p, struct transport *t, const struct copy *w)
{
	uint8_t *buf = talloc_zero_size(p, w->len);
	struct tevent_req *req =
		transport_read_send(p, p->ev, t, buf, w->len, w->len);
	int err = 0;

	testlib_wait(p->ev, req, 4 * LONG);
	assert_int_equal(transport_read_recv(req, &err), w->len);
	assert_memory_equal(buf, w->buf, w->len);
	talloc_free(req);
	talloc_free(buf);
}

static void carry(struct place *p, struct transport *from, struct transport *to,
		  size_t len)
{
	struct copy w;

	start_write(p, from, &w, len);
	do_read(p, to, &w);
	testlib_wait(p->ev, w.req, LONG);
	assert_int_equal(transport_write_recv(w.req), 0);
	talloc_free(w.req);
	talloc_free(w.buf);
}

static ssize_t read_one(struct place *p, struct transport *t, int *err)
{
	uint8_t byte = 0;
	struct tevent_req *req = transport_read_send(p, p->ev, t, &byte, 1, 1);
	ssize_t got = 0;

	testlib_wait(p->ev, req, 2 * LONG);
	got = transport_read_recv(req, err);
	talloc_free(req);
	return got;
}

static void connect_and_carry(struct place *p)
{
	struct transport *t = do_connect(p);

	carry(p, t, p->server, 1);
}

static bool have_kernel(void)
{
	const char *why = NULL;

	if (transport_quic_kernel.usable(&why)) {
		return true;
	}
	printf("skipped: %s\n", why);
	return false;
}

/* Each test that way: kernel to kernel, to the userspace stack, and back. */
typedef void (*pair_fn)(const struct transport_backend *near,
			const struct transport_backend *far);

static void each_pair(pair_fn fn)
{
	if (!have_kernel()) {
		skip();
	}
	printf("kernel to kernel\n");
	fn(&transport_quic_kernel, &transport_quic_kernel);
	printf("kernel to user\n");
	fn(&transport_quic_kernel, &transport_quic_user);
	printf("user to kernel\n");
	fn(&transport_quic_user, &transport_quic_kernel);
}

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

	p->settings.max_handshakes = 0; /* every address proves itself */
	start(p, AF_INET);
	connect_and_carry(p);
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

/* What is set before the handshake: small messages do not wait. */
static void test_options(void **state)
{
	const struct qk_config c = {.idle_timeout_ms = 30000,
				    .keepalive_ms = 10000,
				    .first_rtt_ms = 100,
				    .stream_window = 8 * MIB};
	uint8_t config[64] = {0};
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
	assert_int_equal(config[16], 1); /* CUBIC */
	assert_int_equal(config[18], 1); /* no waiting for acknowledgements */
	assert_string_equal(qk_version(fd), "v1");
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

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_row),
		cmocka_unit_test(test_options),
		cmocka_unit_test(test_ipv4),
		cmocka_unit_test(test_ipv6),
		cmocka_unit_test(test_half_close),
		cmocka_unit_test(test_shutdown_delivers),
		cmocka_unit_test(test_blocked),
		cmocka_unit_test(test_many),
		cmocka_unit_test(test_freed),
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
