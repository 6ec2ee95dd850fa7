/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * fixture_quic_kernel.h - a server and its clients over the kernel's QUIC
 * socket, or the userspace stack at one of the ends, and bytes between them.
 * Without such a kernel tests are skipped: scripts/vm-test runs them in a guest
 * that has one.
 */
#ifndef SMBQUIC_FIXTURE_QUIC_KERNEL_H
#define SMBQUIC_FIXTURE_QUIC_KERNEL_H

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

static inline int choose(void *private_data, const char *server_name,
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

static inline void on_accept(struct transport *t, void *private_data)
{
	struct place *p = private_data;

	p->accepted++;
	p->server = talloc_steal(p, t);
}

static inline struct place *new_place(const struct transport_backend *near,
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

static inline union udp_address loopback(int family)
{
	union udp_address a = {.sa.sa_family = (sa_family_t)family};

	if (family == AF_INET6) {
		a.in6.sin6_addr = in6addr_loopback;
	} else {
		a.in.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	}
	return a;
}

static inline int try_listen(struct place *p, union udp_address *a)
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

static inline void start(struct place *p, int family)
{
	union udp_address a = loopback(family);

	assert_int_equal(try_listen(p, &a), 0);
}

static inline struct tevent_req *start_connect(struct place *p,
					       const char *name)
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

static inline int try_connect(struct place *p, const char *name,
			      struct transport **out)
{
	struct tevent_req *req = start_connect(p, name);
	int err = 0;

	testlib_wait(p->ev, req, 2 * LONG);
	err = transport_connect_recv(req, p, out, &p->why);
	talloc_free(req);
	return err;
}

static inline struct transport *do_connect(struct place *p)
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

static inline unsigned loop_for(struct place *p, unsigned ms)
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

static inline void start_write(struct place *p, struct transport *t,
			       struct copy *c, size_t len)
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

static inline void do_read(struct place *p, struct transport *t,
			   const struct copy *w)
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

static inline void carry(struct place *p, struct transport *from,
			 struct transport *to, size_t len)
{
	struct copy w;

	start_write(p, from, &w, len);
	do_read(p, to, &w);
	testlib_wait(p->ev, w.req, LONG);
	assert_int_equal(transport_write_recv(w.req), 0);
	talloc_free(w.req);
	talloc_free(w.buf);
}

static inline ssize_t read_one(struct place *p, struct transport *t, int *err)
{
	uint8_t byte = 0;
	struct tevent_req *req = transport_read_send(p, p->ev, t, &byte, 1, 1);
	ssize_t got = 0;

	testlib_wait(p->ev, req, 2 * LONG);
	got = transport_read_recv(req, err);
	talloc_free(req);
	return got;
}

static inline void connect_and_carry(struct place *p)
{
	struct transport *t = do_connect(p);

	carry(p, t, p->server, 1);
}

static inline bool have_kernel(void)
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

static inline void each_pair(pair_fn fn)
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

#endif
