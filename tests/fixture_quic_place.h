/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * fixture_quic_place.h - a server and its clients over real sockets on
 * loopback, through the transport row; and bytes that are carried between
 * them.
 */
#ifndef SMBQUIC_FIXTURE_QUIC_PLACE_H
#define SMBQUIC_FIXTURE_QUIC_PLACE_H

#include "tests/testlib.h"
#include "tests/testlib_quic.h"

#include <arpa/inet.h>
#include <errno.h>
#include <string.h>

#include "smbquic/threads.h"

#define MIB ((size_t)1 << 20)

static const uint8_t kept[TRANSPORT_SECRET_SIZE] =
	"a secret that outlives programs";
static const struct transport_backend *const via = &transport_quic_user;
static unsigned threads_wanted;
static bool client_in_thread;

struct place {
	struct tevent_context *ev;
	struct transport_settings settings;
	struct tls_identity *identity;
	struct tls_server_policy server_policy;
	struct tls_client_policy client_policy;
	struct transport_listener *listener;
	struct transport *server; /* accepted last */
	unsigned accepted;
	bool free_at_once;
	char *why;
};

static int choose(void *private_data, const char *server_name,
		  struct tls_identity **out)
{
	struct place *p = private_data;

	(void)server_name;
	*out = p->identity;
	return 0;
}

static void on_accept(struct transport *t, void *private_data)
{
	struct place *p = private_data;

	p->accepted++;
	if (p->free_at_once) {
		talloc_free(t);
		return;
	}
	p->server = talloc_steal(p, t);
}

static void set_address(union udp_address *a, const char *host, uint16_t port)
{
	*a = (union udp_address){0};
	if (inet_pton(AF_INET, host, &a->in.sin_addr) == 1) {
		a->in.sin_family = AF_INET;
		a->in.sin_port = htons(port);
		return;
	}
	assert_int_equal(inet_pton(AF_INET6, host, &a->in6.sin6_addr), 1);
	a->in6.sin6_family = AF_INET6;
	a->in6.sin6_port = htons(port);
}

static struct place *new_place(void)
{
	struct place *p = talloc_zero(NULL, struct place);

	p->ev = tevent_context_init(p);
	transport_settings_default(&p->settings);
	p->settings.connect_timeout_ms = 3000;
	p->settings.keylog_file = NULL;
	p->settings.qlog_dir = NULL;
	p->identity = quic_world_identity(p, "localhost", NULL);
	p->server_policy =
		(struct tls_server_policy){.choose = choose, .private_data = p};
	p->client_policy.trust = TLS_TRUST_NONE;
	return p;
}

static void start(struct place *p, const char *host, uint16_t port)
{
	union udp_address a;
	struct transport_listen how = {
		.addr = &a.sa,
		.tls = &p->server_policy,
		.settings = &p->settings,
		.secret = kept,
		.accept = on_accept,
		.private_data = p,
	};

	set_address(&a, host, port);
	how.addr_len = udp_address_len(&a);
	if (threads_wanted > 0) {
		how.threads = threads_new(p->ev, threads_wanted);
		assert_non_null(how.threads);
	}
	assert_int_equal(
		transport_listen(p, p->ev, via, &how, &p->listener, &p->why),
		0);
	if (how.threads != NULL) {
		threads_release(how.threads); /* the listener holds them */
	}
}

static struct place *new_server(const char *host)
{
	struct place *p = new_place();

	start(p, host, 0);
	return p;
}

static uint16_t port_of(struct place *p)
{
	const struct sockaddr *sa = transport_listener_address(p->listener);

	/* at the same place in both families */
	return ntohs(((const struct sockaddr_in *)(const void *)sa)->sin_port);
}

static int try_connect_to(struct place *p, const char *host, uint16_t port,
			  struct transport **out)
{
	union udp_address a;
	struct transport_target to = {
		.addr = &a.sa,
		.server_name = "localhost",
		.tls = &p->client_policy,
		.settings = &p->settings,
	};
	struct tevent_req *req = NULL;
	int err = 0;

	set_address(&a, host, port);
	to.addr_len = udp_address_len(&a);
	if (client_in_thread) {
		to.threads = threads_new(p->ev, 1);
		to.seat = 1;
		assert_non_null(to.threads);
	}
	req = transport_connect_send(p, p->ev, via, &to);
	testlib_wait(p->ev, req, 10);
	err = transport_connect_recv(req, p, out, &p->why);
	talloc_free(req);
	if (to.threads != NULL) {
		threads_release(to.threads); /* the transport holds them */
	}
	return err;
}

static int try_connect(struct place *p, const char *host,
		       struct transport **out)
{
	return try_connect_to(p, host, port_of(p), out);
}

/* A client, and the server's end of it in p->server. */
static struct transport *do_connect(struct place *p, const char *host)
{
	struct transport *t = NULL;
	unsigned before = p->accepted;

	assert_int_equal(try_connect(p, host, &t), 0);
	while (p->accepted == before) {
		tevent_loop_once(p->ev);
	}
	return t;
}

static void loop_for(struct place *p, unsigned ms)
{
	struct tevent_req *req = tevent_wakeup_send(
		p, p->ev,
		tevent_timeval_current_ofs(ms / 1000, ms % 1000 * 1000));

	testlib_wait(p->ev, req, 60);
	talloc_free(req);
}

/* --- carrying ------------------------------------------------------------ */

struct copy {
	struct tevent_req *req;
	uint8_t *buf;
	size_t len;
};

static void start_write(struct place *p, struct transport *t, struct copy *c,
			size_t len)
{
	struct iovec iov;
	size_t i = 0;

	c->len = len;
	c->buf = talloc_size(p, len);
	for (i = 0; i < len; i++) {
		c->buf[i] = (uint8_t)(i * 13 + i / 257);
	}
	iov = (struct iovec){.iov_base = c->buf, .iov_len = len};
	c->req = transport_write_send(p, p->ev, t, &iov, 1);
}

static void start_read(struct place *p, struct transport *t, struct copy *c,
		       size_t len)
{
	c->len = len;
	c->buf = talloc_zero_size(p, len);
	c->req = transport_read_send(p, p->ev, t, c->buf, len, len);
}

static void carry(struct place *p, struct transport *from, struct transport *to,
		  size_t len)
{
	struct copy w, r;
	int err = 0;

	start_write(p, from, &w, len);
	start_read(p, to, &r, len);
	testlib_wait(p->ev, r.req, 30);
	testlib_wait(p->ev, w.req, 30);
	assert_int_equal(transport_read_recv(r.req, &err), len);
	assert_int_equal(transport_write_recv(w.req), 0);
	assert_memory_equal(r.buf, w.buf, len);
	talloc_free(r.req);
	talloc_free(w.req);
	talloc_free(r.buf);
	talloc_free(w.buf);
}

#endif
