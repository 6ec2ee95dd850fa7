/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Connections over real sockets on loopback, through the transport row: all
 * of it once with both ends in the loop, once with the server in two threads,
 * and once with the client in a thread.
 */
#include "tests/fixture_quic_place.h"

#include <arpa/inet.h>
#include <errno.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>
#include <sys/wait.h>

#include "smbquic/log.h"

static void conversation(const char *bind_to, const char *host)
{
	struct place *p = new_server(bind_to);
	struct transport *t = do_connect(p, host);
	const struct transport_facts *f = transport_facts(t);

	assert_string_equal(f->backend, "quic-user");
	assert_string_equal(f->alpn, "smb");
	assert_string_equal(f->server_name, "localhost");
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

static void test_ipv4(void **state)
{
	(void)state;
	conversation("127.0.0.1", "127.0.0.1");
}

static void test_ipv6(void **state)
{
	(void)state;
	conversation("::1", "::1");
}

/* Bound to all addresses it answers from the one that was asked. */
static void test_wildcard(void **state)
{
	(void)state;
	conversation("0.0.0.0", "127.0.0.9");
	conversation("::", "::1");
}

static ssize_t read_one(struct place *p, struct transport *t, int *err)
{
	uint8_t byte = 0;
	struct tevent_req *req = transport_read_send(p, p->ev, t, &byte, 1, 1);
	ssize_t got = 0;

	testlib_wait(p->ev, req, 30);
	got = transport_read_recv(req, err);
	talloc_free(req);
	return got;
}

/* The end goes behind what is written, and the other direction goes on. */
static void half_close(struct place *p, struct transport *from,
		       struct transport *to)
{
	struct copy w, r;
	int err = 0;

	start_write(p, from, &w, 3 * MIB + 1);
	transport_finish(from);
	start_read(p, to, &r, 3 * MIB + 1);
	testlib_wait(p->ev, r.req, 30);
	testlib_wait(p->ev, w.req, 30);
	assert_int_equal(transport_read_recv(r.req, &err), 3 * MIB + 1);
	assert_int_equal(transport_write_recv(w.req), 0);
	assert_memory_equal(r.buf, w.buf, w.len);
	assert_int_equal(read_one(p, to, &err), 0);
	assert_int_equal(err, 0);
	carry(p, to, from, 100000);
	transport_finish(to); /* with nothing before it */
	assert_int_equal(read_one(p, from, &err), 0);
	assert_int_equal(err, 0);
}

static void test_half_close(void **state)
{
	struct place *p = new_server("127.0.0.1");
	struct transport *t = do_connect(p, "127.0.0.1");

	(void)state;
	carry(p, t, p->server, 10);
	half_close(p, t, p->server);
	t = do_connect(p, "127.0.0.1");
	carry(p, t, p->server, 10); /* the client opens the stream */
	half_close(p, p->server, t);
	talloc_free(p);
}

/* A socket that somebody else has bound. */
static void test_passed_socket(void **state)
{
	struct place *p = new_place();
	struct transport *t = NULL;
	union udp_address a;
	struct transport_listen how = {
		.addr = &a.sa,
		.tls = &p->server_policy,
		.settings = &p->settings,
		.accept = on_accept,
		.private_data = p,
		.fd = socket(AF_INET, SOCK_DGRAM, 0),
	};

	(void)state;
	set_address(&a, "127.0.0.1", 0);
	how.addr_len = udp_address_len(&a);
	assert_int_equal(bind(how.fd, &a.sa, how.addr_len), 0);
	assert_int_equal(
		transport_listen(p, p->ev, via, &how, &p->listener, &p->why),
		0);
	assert_int_not_equal(port_of(p), 0);
	t = do_connect(p, "127.0.0.1");
	carry(p, t, p->server, 100000);
	talloc_free(p);
}

/* Three moves to another port, in the middle of copies both ways. */
static void migrate(const char *bind_to, const char *host)
{
	struct place *p = new_server(bind_to);
	struct transport *t = do_connect(p, host);
	struct copy up[2], down[2];
	unsigned i = 0;
	int err = 0;

	carry(p, t, p->server, 1);
	carry(p, p->server, t, 1); /* the handshake is confirmed by now */
	start_write(p, t, &up[0], 8 * MIB);
	start_read(p, p->server, &up[1], 8 * MIB);
	start_write(p, p->server, &down[0], 8 * MIB);
	start_read(p, t, &down[1], 8 * MIB);
	for (i = 0; i < 3; i++) {
		loop_for(p, 5);
		assert_int_equal(transport_migrate(t), 0);
	}
	assert_int_equal(transport_migrate(p->server), ENOTSUP);
	testlib_wait(p->ev, up[1].req, 60);
	testlib_wait(p->ev, down[1].req, 60);
	assert_int_equal(transport_read_recv(up[1].req, &err), 8 * MIB);
	assert_int_equal(transport_read_recv(down[1].req, &err), 8 * MIB);
	assert_memory_equal(up[0].buf, up[1].buf, 8 * MIB);
	assert_memory_equal(down[0].buf, down[1].buf, 8 * MIB);
	assert_null(transport_error(t));
	talloc_free(p);
}

static void test_migrate(void **state)
{
	(void)state;
	migrate("127.0.0.1", "127.0.0.1");
	migrate("::", "::1");
}

/* What a client remembers: the second visit resumes, with the proof of address
 * that a server wants which always asks for one. */
static void test_visits(void **state)
{
	struct place *p = new_place();
	struct transport *t = NULL;
	unsigned i = 0;

	(void)state;
	p->settings.retry = TRANSPORT_RETRY_ALWAYS;
	p->settings.visits_file =
		talloc_asprintf(p, "%s/visits", testlib_tmpdir(p));
	start(p, "127.0.0.1", 0);
	for (i = 0; i < 3; i++) {
		t = do_connect(p, "127.0.0.1");
		assert_int_equal(transport_facts(t)->resumed, i > 0);
		assert_int_equal(transport_facts(t)->retried, i == 0);
		assert_int_equal(transport_facts(p->server)->resumed, i > 0);
		carry(p, t, p->server, 1000);
		carry(p, p->server, t, 1000);
		loop_for(p, 200);
		talloc_free(t);
		TALLOC_FREE(p->server);
	}
	p->client_policy.ca_file = "another policy";
	t = do_connect(p, "127.0.0.1");
	assert_false(transport_facts(t)->resumed);
	talloc_free(p);
}

/* --- limits -------------------------------------------------------------- */

static void test_retry(void **state)
{
	struct place *p = new_place();
	struct transport *t = NULL;

	(void)state;
	p->settings.retry = TRANSPORT_RETRY_ALWAYS;
	start(p, "127.0.0.1", 0);
	t = do_connect(p, "127.0.0.1");
	assert_true(transport_facts(t)->retried);
	carry(p, t, p->server, 100000);
	talloc_free(p);
	p = new_place();
	p->settings.retry = TRANSPORT_RETRY_ALWAYS;
	start(p, "::1", 0);
	t = do_connect(p, "::1");
	carry(p, t, p->server, 100000);
	talloc_free(p);
}

/* The first datagram of yet another client, from fd. */
static void knock(struct place *p, int fd)
{
	struct quic_world *w = quic_world_new_as(p, p->identity);
	uint8_t first[1500];
	union udp_address to;
	size_t len = 0;

	quic_world_connect(w);
	len = quic_world_first_datagram(w, first, sizeof(first));
	set_address(&to, "127.0.0.1", port_of(p));
	assert_int_equal(
		sendto(fd, first, len, 0, &to.sa, udp_address_len(&to)), len);
	loop_for(p, 100);
	talloc_free(w);
}

/* Type of the last packet that came: 0 Initial, 3 Retry (RFC 9000 17.2); so
 * short an Initial is a refusal. -1: none. */
static int last_answer(int fd, size_t *len)
{
	uint8_t packet[2048];
	int type = -1;
	ssize_t n = recv(fd, packet, sizeof(packet), MSG_DONTWAIT);

	for (; n > 0; n = recv(fd, packet, sizeof(packet), MSG_DONTWAIT)) {
		type = packet[0] >> 4 & 3;
		*len = (size_t)n;
	}
	return type;
}

/* How the third handshake is met when two may be in flight. */
static void third_handshake(enum transport_retry retry, int type)
{
	struct place *p = new_place();
	int fd = socket(AF_INET, SOCK_DGRAM, 0);
	unsigned connections = 0, handshakes = 0;
	size_t len = 0;
	unsigned i = 0;

	p->settings.max_handshakes = 2;
	p->settings.handshake_timeout_ms = 3000;
	p->settings.retry = retry;
	start(p, "127.0.0.1", 0);
	for (i = 0; i < 2; i++) {
		knock(p, fd);
		assert_int_equal(last_answer(fd, &len), 0);
		assert_in_range(len, 1200, 1500);
	}
	knock(p, fd);
	assert_int_equal(last_answer(fd, &len), type);
	assert_in_range(len, 20, 300);
	transport_listener_counts(p->listener, &connections, &handshakes);
	assert_int_equal(handshakes, 2);
	close(fd);
	/* the endpoint stays until they are over */
	TALLOC_FREE(p->listener);
	loop_for(p, 5000);
	talloc_free(p);
}

static void test_max_handshakes(void **state)
{
	(void)state;
	third_handshake(TRANSPORT_RETRY_AUTO, 3);
	third_handshake(TRANSPORT_RETRY_NEVER, 0);
}

/* The last line about somebody who was turned away. */
static char turned_away[200];

static void note_refusal(void *private_data, enum log_level level,
			 const char *module, const char *text)
{
	(void)private_data;
	(void)module;
	if (level <= LOG_LEVEL_NOTICE && strstr(text, "refused a QUIC")) {
		snprintf(turned_away, sizeof(turned_away), "%s", text);
	}
}

static void assert_turned_away(const char *why)
{
	log_set_sink(NULL, NULL);
	assert_non_null(strstr(turned_away, "connection from 127.0.0.1:"));
	assert_non_null(strstr(turned_away, why));
	turned_away[0] = '\0';
}

static void test_max_connections(void **state)
{
	struct place *p = new_place();
	struct transport *first = NULL, *second = NULL;
	unsigned connections = 0, handshakes = 0;

	(void)state;
	log_set_sink(note_refusal, NULL);
	p->settings.max_connections = 1;
	start(p, "127.0.0.1", 0);
	first = do_connect(p, "127.0.0.1");
	transport_listener_counts(p->listener, &connections, &handshakes);
	assert_int_equal(connections, 1);
	assert_int_equal(handshakes, 0);
	assert_int_equal(try_connect(p, "127.0.0.1", &second), ECONNREFUSED);
	assert_non_null(strstr(p->why, "refuses the connection"));
	assert_turned_away(": max connections reached");
	talloc_free(first);
	loop_for(p, 50);
	second = do_connect(p, "127.0.0.1");
	carry(p, second, p->server, 10);
	talloc_free(p);
}

static void test_max_per_source(void **state)
{
	struct place *p = new_place();
	struct transport *t = NULL;

	(void)state;
	log_set_sink(note_refusal, NULL);
	p->settings.max_connections_per_source = 2;
	start(p, "127.0.0.1", 0);
	do_connect(p, "127.0.0.1");
	do_connect(p, "127.0.0.1");
	assert_int_equal(try_connect(p, "127.0.0.1", &t), ECONNREFUSED);
	assert_turned_away(": max connections per source reached");
	talloc_free(p);
}

static void test_many(void **state)
{
	enum { COUNT = 40 };
	struct place *p = new_server("127.0.0.1");
	struct transport *client[COUNT], *server[COUNT];
	unsigned connections = 0, handshakes = 0;
	size_t i = 0;

	(void)state;
	for (i = 0; i < COUNT; i++) {
		client[i] = do_connect(p, "127.0.0.1");
		server[i] = p->server;
	}
	for (i = 0; i < COUNT; i++) {
		carry(p, client[i], server[i], 10000);
	}
	for (i = 0; i < COUNT; i += 2) {
		talloc_free(client[i]);
	}
	loop_for(p, 50);
	for (i = 1; i < COUNT; i += 2) {
		carry(p, server[i], client[i], 10000);
	}
	transport_listener_counts(p->listener, &connections, &handshakes);
	assert_int_equal(connections, COUNT / 2);
	talloc_free(p);
}

/* Without the kernel's help, so that datagrams come to any thread: they are
 * handed over. */
static void unsteer(struct place *p)
{
	int fd = 0;

	for (fd = 3; fd < 256; fd++) {
		union udp_address a = {0};
		socklen_t len = sizeof(a);
		int type = 0, none = 0;
		socklen_t type_len = sizeof(type);

		if (getsockopt(fd, SOL_SOCKET, SO_TYPE, &type, &type_len) ==
			    0 &&
		    type == SOCK_DGRAM && getsockname(fd, &a.sa, &len) == 0 &&
		    ntohs(a.in.sin_port) == port_of(p)) {
			setsockopt(fd, SOL_SOCKET, SO_DETACH_REUSEPORT_BPF,
				   &none, sizeof(none));
		}
	}
}

static void test_handed_over(void **state)
{
	enum { COUNT = 10 };
	struct place *p = new_server("127.0.0.1");
	struct transport *client[COUNT], *server[COUNT];
	size_t i = 0;

	(void)state;
	unsteer(p);
	for (i = 0; i < COUNT; i++) {
		client[i] = do_connect(p, "127.0.0.1");
		server[i] = p->server;
	}
	for (i = 0; i < COUNT; i++) {
		carry(p, client[i], server[i], MIB);
		carry(p, server[i], client[i], MIB);
	}
	talloc_free(p);
}

static void test_stats(void **state)
{
	struct place *p = new_server("127.0.0.1");
	struct transport *t = do_connect(p, "127.0.0.1");
	struct transport_stats st;

	(void)state;
	carry(p, t, p->server, MIB);
	transport_trust(p->server);
	transport_stats(p->server, &st);
	assert_int_equal(st.bytes_in, MIB);
	assert_true(st.packets_in > 0 && st.rtt_us > 0);
	transport_stats(t, &st);
	assert_int_equal(st.bytes_out, MIB);
	talloc_free(p);
}

/* What waits may be given up, on both ends. */
static void test_taken_back(void **state)
{
	struct place *p = new_server("127.0.0.1");
	struct transport *t = do_connect(p, "127.0.0.1");
	struct copy r, w;
	int err = 0;

	(void)state;
	start_read(p, p->server, &r, 100);
	loop_for(p, 20);
	talloc_free(r.req);
	carry(p, t, p->server, 100000);
	start_write(p, p->server, &w, 40 * MIB);
	loop_for(p, 20);
	talloc_free(w.req); /* it has begun: the connection ends */
	assert_int_equal(read_one(p, p->server, &err), -1);
	assert_int_equal(err, ECONNABORTED);
	talloc_free(p);
}

/* --- nobody there -------------------------------------------------------- */

static void test_port_closed(void **state)
{
	struct place *p = new_server("127.0.0.1");
	struct transport *t = NULL;
	uint16_t port = port_of(p);

	(void)state;
	TALLOC_FREE(p->listener);
	assert_int_equal(try_connect_to(p, "127.0.0.1", port, &t),
			 ECONNREFUSED);
	assert_non_null(strstr(p->why, "nothing listens on 127.0.0.1:"));
	talloc_free(p);
}

static void test_silence(void **state)
{
	struct place *p = new_place();
	struct udp_socket *deaf = NULL;
	struct transport *t = NULL;
	union udp_address a;

	(void)state;
	set_address(&a, "127.0.0.1", 0);
	assert_int_equal(
		udp_listen(p, &a.sa, udp_address_len(&a), &deaf, &p->why), 0);
	p->settings.connect_timeout_ms = 300;
	assert_int_equal(try_connect_to(p, "127.0.0.1",
					ntohs(udp_local(deaf)->in.sin_port),
					&t),
			 ETIMEDOUT);
	assert_non_null(strstr(p->why, "within 0.3 s (is UDP blocked?)"));
	talloc_free(p);
}

static void test_unreachable(void **state)
{
	struct place *p = new_place();
	struct transport *t = NULL;

	(void)state;
	assert_int_not_equal(try_connect_to(p, "240.0.0.1", 443, &t), 0);
	assert_non_null(strstr(p->why, "240.0.0.1:443"));
	talloc_free(p);
}

static void test_port_in_use(void **state)
{
	struct place *p = new_server("127.0.0.1");
	union udp_address a;
	struct transport_listener *l = NULL;
	struct transport_listen how = {
		.addr = &a.sa,
		.tls = &p->server_policy,
		.settings = &p->settings,
		.accept = on_accept,
		.private_data = p,
	};

	(void)state;
	set_address(&a, "127.0.0.1", port_of(p));
	how.addr_len = udp_address_len(&a);
	assert_int_equal(transport_listen(p, p->ev, via, &how, &l, &p->why),
			 EADDRINUSE);
	assert_non_null(strstr(p->why, "in use by another program"));
	talloc_free(p);
}

/* --- ends ---------------------------------------------------------------- */

static int read_error(struct copy *r, ssize_t *got)
{
	int err = 0;

	*got = transport_read_recv(r->req, &err);
	TALLOC_FREE(r->req);
	return err;
}

static void test_shutdown_delivers(void **state)
{
	struct place *p = new_server("127.0.0.1");
	struct transport *t = do_connect(p, "127.0.0.1");
	struct tevent_req *req = NULL;
	struct copy w, r, end;
	ssize_t got = 0;

	(void)state;
	start_write(p, t, &w, 6 * MIB);
	req = transport_shutdown_send(p, p->ev, t, TRANSPORT_CLOSE_DONE, NULL);
	start_read(p, p->server, &r, 6 * MIB);
	testlib_wait(p->ev, req, 10);
	assert_int_equal(transport_shutdown_recv(req), 0);
	assert_int_equal(transport_write_recv(w.req), 0);
	TALLOC_FREE(t);
	testlib_wait(p->ev, r.req, 10);
	assert_int_equal(read_error(&r, &got), 0);
	assert_int_equal(got, 6 * MIB);
	assert_memory_equal(r.buf, w.buf, 6 * MIB);
	start_read(p, p->server, &end, 1);
	testlib_wait(p->ev, end.req, 10);
	assert_int_equal(read_error(&end, &got), 0);
	assert_int_equal(got, 0);
	talloc_free(p);
}

static void test_shutdown_code(void **state)
{
	struct place *p = new_server("127.0.0.1");
	struct transport *t = do_connect(p, "127.0.0.1");
	struct tevent_req *req = NULL;
	struct copy r;
	ssize_t got = 0;

	(void)state;
	start_read(p, t, &r, 1);
	req = transport_shutdown_send(p, p->ev, p->server,
				      TRANSPORT_CLOSE_LIMIT, "too many files");
	testlib_wait(p->ev, req, 10);
	testlib_wait(p->ev, r.req, 10);
	assert_int_equal(read_error(&r, &got), ECONNRESET);
	assert_non_null(strstr(transport_error(t),
			       "code 2 (a limit was reached): too "
			       "many files"));
	talloc_free(p);
}

/* Freed: outstanding requests end, and the peer hears of it. */
static void test_freed(void **state)
{
	struct place *p = new_server("127.0.0.1");
	struct transport *t = do_connect(p, "127.0.0.1");
	struct copy w, r, peer;
	ssize_t got = 0;

	(void)state;
	start_read(p, t, &r, 1);
	start_write(p, t, &w, 20 * MIB);
	start_read(p, p->server, &peer, 30 * MIB);
	loop_for(p, 2);
	TALLOC_FREE(t);
	testlib_wait(p->ev, r.req, 1);
	testlib_wait(p->ev, w.req, 1);
	assert_int_equal(read_error(&r, &got), ECONNABORTED);
	assert_int_equal(transport_write_recv(w.req), ECONNABORTED);
	testlib_wait(p->ev, peer.req, 1);
	assert_int_equal(read_error(&peer, &got), EPIPE);
	talloc_free(p);
}

static void free_transport(struct tevent_req *req)
{
	struct transport **t =
		tevent_req_callback_data(req, struct transport *);

	TALLOC_FREE(*t);
}

static void test_free_in_callback(void **state)
{
	struct place *p = new_server("127.0.0.1");
	struct transport *t = do_connect(p, "127.0.0.1");
	struct transport **holder = talloc(p, struct transport *);
	struct copy r, peer;
	ssize_t got = 0;

	(void)state;
	carry(p, t, p->server, 1); /* the stream is the client's to open */
	*holder = t;
	start_read(p, t, &r, 1);
	tevent_req_set_callback(r.req, free_transport, holder);
	start_read(p, p->server, &peer, 1);
	testlib_write_copy(p->ev, p->server, "x", 1);
	testlib_wait(p->ev, peer.req, 5);
	assert_null(*holder);
	assert_int_equal(read_error(&peer, &got), 0);
	assert_int_equal(got, 0);
	talloc_free(p);
}

static void test_free_in_accept(void **state)
{
	struct place *p = new_server("127.0.0.1");
	struct transport *t = NULL;
	struct copy r;
	ssize_t got = 0;

	(void)state;
	p->free_at_once = true;
	t = do_connect(p, "127.0.0.1");
	start_read(p, t, &r, 1);
	testlib_wait(p->ev, r.req, 5);
	assert_int_equal(read_error(&r, &got), 0);
	assert_int_equal(got, 0);
	talloc_free(p);
}

/* Connections survive their listener; new ones are refused. */
static void test_listener_freed(void **state)
{
	struct place *p = new_server("127.0.0.1");
	struct transport *t = do_connect(p, "127.0.0.1");
	struct transport *late = NULL;
	uint16_t port = port_of(p);

	(void)state;
	TALLOC_FREE(p->listener);
	carry(p, t, p->server, 100000);
	assert_int_equal(try_connect_to(p, "127.0.0.1", port, &late),
			 ECONNREFUSED);
	carry(p, p->server, t, 100000);
	talloc_free(p);
}

static void test_freed_while_connecting(void **state)
{
	struct place *p = new_server("127.0.0.1");
	union udp_address a;
	struct transport_target to = {
		.addr = &a.sa,
		.server_name = "localhost",
		.tls = &p->client_policy,
		.settings = &p->settings,
	};
	struct tevent_req *req = NULL;
	unsigned i = 0;

	(void)state;
	set_address(&a, "127.0.0.1", port_of(p));
	to.addr_len = udp_address_len(&a);
	for (i = 0; i < 12; i++) {
		unsigned turns = i;

		req = transport_connect_send(p, p->ev, via, &to);
		while (turns-- > 0 && tevent_req_is_in_progress(req)) {
			tevent_loop_once(p->ev);
		}
		talloc_free(req);
	}
	loop_for(p, 50);
	talloc_free(p);
}

/* --- the other end dies -------------------------------------------------- */

/* A server in a process of its own. */
static pid_t fork_server(struct place *p, uint16_t *port)
{
	int fds[2];
	pid_t pid = 0;

	assert_int_equal(pipe(fds), 0);
	pid = fork();
	assert_int_not_equal(pid, -1);
	if (pid == 0) {
		alarm(60);
		tevent_re_initialise(p->ev);
		start(p, "127.0.0.1", *port);
		*port = port_of(p);
		if (write(fds[1], port, sizeof(*port)) != sizeof(*port)) {
			_exit(1);
		}
		tevent_loop_wait(p->ev);
		_exit(0);
	}
	assert_int_equal(read(fds[0], port, sizeof(*port)), sizeof(*port));
	close(fds[0]);
	close(fds[1]);
	return pid;
}

static void slay(pid_t pid)
{
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
}

static void test_server_killed(void **state)
{
	struct place *p = new_place();
	struct transport *t = NULL;
	struct copy w, r;
	ssize_t got = 0;
	uint16_t port = 0;
	pid_t pid = fork_server(p, &port);

	(void)state;
	assert_int_equal(try_connect_to(p, "127.0.0.1", port, &t), 0);
	loop_for(p, 20);
	slay(pid);
	start_read(p, t, &r, 1);
	start_write(p, t, &w, 100000);
	testlib_wait(p->ev, r.req, 10);
	assert_int_equal(read_error(&r, &got), ECONNRESET);
	assert_non_null(strstr(transport_error(t), "nothing listens on"));
	testlib_wait(p->ev, w.req, 1);
	assert_int_equal(transport_write_recv(w.req), ECONNRESET);
	talloc_free(p);
}

/* A new server on the same port tells old clients so. */
static void test_server_restarted(void **state)
{
	struct place *p = new_place();
	struct transport *t = NULL;
	struct copy w, r;
	ssize_t got = 0;
	uint16_t port = 0;
	pid_t pid = fork_server(p, &port);

	(void)state;
	assert_int_equal(try_connect_to(p, "127.0.0.1", port, &t), 0);
	loop_for(p, 20);
	slay(pid);
	pid = fork_server(p, &port);
	start_read(p, t, &r, 1);
	start_write(p, t, &w, 100000);
	testlib_wait(p->ev, r.req, 10);
	slay(pid);
	assert_int_equal(read_error(&r, &got), ECONNRESET);
	assert_non_null(strstr(transport_error(t), "does not know this "
						   "connection"));
	talloc_free(p);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_ipv4),
		cmocka_unit_test(test_ipv6),
		cmocka_unit_test(test_wildcard),
		cmocka_unit_test(test_half_close),
		cmocka_unit_test(test_passed_socket),
		cmocka_unit_test(test_migrate),
		cmocka_unit_test(test_visits),
		cmocka_unit_test(test_retry),
		cmocka_unit_test(test_max_handshakes),
		cmocka_unit_test(test_max_connections),
		cmocka_unit_test(test_max_per_source),
		cmocka_unit_test(test_many),
		cmocka_unit_test(test_handed_over),
		cmocka_unit_test(test_stats),
		cmocka_unit_test(test_taken_back),
		cmocka_unit_test(test_port_closed),
		cmocka_unit_test(test_silence),
		cmocka_unit_test(test_unreachable),
		cmocka_unit_test(test_port_in_use),
		cmocka_unit_test(test_shutdown_delivers),
		cmocka_unit_test(test_shutdown_code),
		cmocka_unit_test(test_freed),
		cmocka_unit_test(test_free_in_callback),
		cmocka_unit_test(test_free_in_accept),
		cmocka_unit_test(test_listener_freed),
		cmocka_unit_test(test_freed_while_connecting),
		cmocka_unit_test(test_server_killed),
		cmocka_unit_test(test_server_restarted),
	};

	int failed = 0;

	failed = cmocka_run_group_tests_name("in the loop", tests, NULL, NULL);
	threads_wanted = 2;
	failed += cmocka_run_group_tests_name("in threads", tests, NULL, NULL);
	threads_wanted = 0;
	client_in_thread = true;
	failed += cmocka_run_group_tests_name("a client in a thread", tests,
					      NULL, NULL);
	return failed;
}
