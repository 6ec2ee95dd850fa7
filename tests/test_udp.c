/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Datagrams over loopback, with and without trains in one system call.
 */
#include "tests/testlib.h"

#include <arpa/inet.h>
#include <errno.h>
#include <poll.h>
#include <string.h>
#include <unistd.h>

#include "smbquic/udp.h"

/* Both ends of a conversation. */
struct pair {
	struct udp_socket *server, *client;
	union udp_address server_address;
	uint8_t in[UDP_TRAIN_MAX], out[UDP_TRAIN_MAX];
};

static void set_address(union udp_address *a, const char *host, uint16_t port)
{
	*a = (union udp_address){0};
	if (strchr(host, ':') != NULL) {
		a->in6.sin6_family = AF_INET6;
		a->in6.sin6_port = htons(port);
		assert_int_equal(inet_pton(AF_INET6, host, &a->in6.sin6_addr),
				 1);
		return;
	}
	a->in.sin_family = AF_INET;
	a->in.sin_port = htons(port);
	assert_int_equal(inet_pton(AF_INET, host, &a->in.sin_addr), 1);
}

static struct pair *new_pair(const char *bind_to, const char *host)
{
	struct pair *p = talloc_zero(NULL, struct pair);
	union udp_address a;
	char *why = NULL;
	size_t i = 0;

	set_address(&a, bind_to, 0);
	assert_int_equal(
		udp_listen(p, &a.sa, udp_address_len(&a), &p->server, &why), 0);
	set_address(&a, host, ntohs(udp_local(p->server)->in.sin_port));
	p->server_address = a;
	assert_int_equal(
		udp_connect(p, &a.sa, udp_address_len(&a), &p->client, &why),
		0);
	for (i = 0; i < sizeof(p->out); i++) {
		p->out[i] = (uint8_t)(i * 7 + i / 251);
	}
	return p;
}

static void receive(struct udp_socket *s, uint8_t *buf, struct udp_train *t)
{
	struct pollfd fd = {.fd = udp_fd(s), .events = POLLIN};

	assert_int_equal(poll(&fd, 1, 5000), 1);
	assert_int_equal(udp_recv(s, buf, t), 0);
}

/* Everything of a train arrives, in datagrams of its size. */
static void assert_train(struct udp_socket *from, struct udp_socket *to,
			 struct pair *p, const struct udp_train *t)
{
	struct udp_train got;
	size_t sent = 0;
	size_t at = 0;

	assert_int_equal(udp_send(from, t, &sent), 0);
	assert_int_equal(sent, t->len);
	while (at < t->len) {
		size_t rest = t->len - at;

		receive(to, p->in, &got);
		assert_in_range(got.len, 1, rest);
		assert_int_equal(got.ecn, t->ecn);
		assert_int_equal(got.segment,
				 rest < t->segment ? rest : t->segment);
		assert_memory_equal(got.data, t->data + at, got.len);
		at += got.len;
	}
}

static void conversation(const char *bind_to, const char *host, bool offload)
{
	static const struct {
		size_t segment, len;
	} rows[] = {{1, 1},	   {1200, 1200},  {1200, 12000},
		    {1200, 12001}, {1452, 65340}, {1000, 65507},
		    {100, 6500},   {100, 10000},  {20000, 60000}};
	struct pair *p = new_pair(bind_to, host);
	struct udp_train back;
	size_t i = 0;

	if (!offload) {
		udp_without_offload(p->server);
		udp_without_offload(p->client);
	}
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct udp_train t = {.data = p->out,
				      .len = rows[i].len,
				      .segment = rows[i].segment,
				      .ecn = (uint8_t)(i % 4)};
		uint8_t first[1];

		assert_train(p->client, p->server, p, &t);
		/* and back to whoever sent */
		assert_int_equal(send(udp_fd(p->client), "x", 1, 0), 1);
		receive(p->server, first, &back);
		t.local = back.local;
		t.peer = back.peer;
		assert_train(p->server, p->client, p, &t);
	}
	talloc_free(p);
}

static void test_ipv4(void **state)
{
	(void)state;
	conversation("127.0.0.1", "127.0.0.1", true);
}

static void test_ipv4_without_offload(void **state)
{
	(void)state;
	conversation("127.0.0.1", "127.0.0.1", false);
}

static void test_ipv6(void **state)
{
	(void)state;
	conversation("::1", "::1", true);
}

static void test_ipv6_without_offload(void **state)
{
	(void)state;
	conversation("::1", "::1", false);
}

/* Bound to all addresses, it answers from the one that was asked: the client
 * is connected, and would not hear another. */
static void test_source_address(void **state)
{
	(void)state;
	conversation("0.0.0.0", "127.0.0.7", true);
	conversation("0.0.0.0", "127.0.0.8", false);
	conversation("::", "::1", true);
}

static void test_nothing_there(void **state)
{
	struct pair *p = new_pair("127.0.0.1", "127.0.0.1");
	struct udp_train t;

	(void)state;
	assert_int_equal(udp_recv(p->server, p->in, &t), EAGAIN);
	talloc_free(p);
}

static void test_refused(void **state)
{
	struct pair *p = new_pair("127.0.0.1", "127.0.0.1");
	struct udp_train t = {.data = p->out, .len = 10, .segment = 10};
	size_t sent = 0;

	(void)state;
	TALLOC_FREE(p->server);
	assert_int_equal(udp_send(p->client, &t, &sent), 0);
	usleep(10000);
	assert_int_equal(udp_recv(p->client, p->in, &t), ECONNREFUSED);
	talloc_free(p);
}

static void test_in_use(void **state)
{
	struct pair *p = new_pair("127.0.0.1", "127.0.0.1");
	struct udp_socket *other = NULL;
	char *why = NULL;

	(void)state;
	assert_int_equal(udp_listen(p, &p->server_address.sa,
				    udp_address_len(&p->server_address), &other,
				    &why),
			 EADDRINUSE);
	assert_null(other);
	assert_non_null(strstr(why, "UDP 127.0.0.1:"));
	talloc_free(p);
}

/* Larger than the link: lost, and nothing else suffers. */
static void test_too_large(void **state)
{
	struct pair *p = new_pair("127.0.0.1", "127.0.0.1");
	struct udp_train t = {.data = p->out, .len = 65530, .segment = 65530};
	size_t sent = 0;

	(void)state;
	assert_int_equal(udp_send(p->client, &t, &sent), 0);
	assert_int_equal(sent, 65530);
	t.len = 6000;
	t.segment = 1200;
	assert_train(p->client, p->server, p, &t);
	talloc_free(p);
}

/* A full buffer: what is left waits, nothing is lost in between. */
static void test_full(void **state)
{
	struct pair *p = new_pair("127.0.0.1", "127.0.0.1");
	struct udp_train t = {
		.data = p->out, .len = 60000, .segment = 1000, .ecn = 2};
	int small = 4096;
	size_t sent = 0;
	int err = 0;
	unsigned i = 0;

	(void)state;
	setsockopt(udp_fd(p->client), SOL_SOCKET, SO_SNDBUF, &small,
		   sizeof(small));
	for (i = 0; i < 1000 && err == 0; i++) {
		err = udp_send(p->client, &t, &sent);
	}
	/* Loopback delivers at once, so that the buffer may never fill. */
	assert_true(err == 0 || err == EAGAIN);
	assert_true(err == 0 ? sent == t.len : sent % 1000 == 0);
	talloc_free(p);
}

static void test_max_payload(void **state)
{
	union udp_address a;

	(void)state;
	set_address(&a, "127.0.0.1", 443);
	assert_int_equal(udp_max_payload(&a.sa), 65507);
	set_address(&a, "::1", 443);
	assert_int_equal(udp_max_payload(&a.sa), 65487);
}

static void test_address(void **state)
{
	union udp_address a, b;

	(void)state;
	set_address(&a, "192.0.2.1", 443);
	assert_true(udp_address_set(&b, &a.sa, sizeof(a.in)));
	assert_memory_equal(&a.in, &b.in, sizeof(a.in));
	assert_false(udp_address_set(&b, &a.sa, sizeof(a.in) - 1));
	a.sa.sa_family = AF_UNIX;
	assert_false(udp_address_set(&b, &a.sa, sizeof(a.in)));
	assert_int_equal(udp_address_len(&a), 0);
}

/* --- several sockets with one address ------------------------------------ */

/* One datagram of a first byte and a number. @return the socket it came to. */
static size_t came_to(struct udp_socket **sockets, size_t count,
		      struct udp_socket *client, uint8_t first, uint16_t number)
{
	uint8_t data[12] = {first, (uint8_t)(number >> 8), (uint8_t)number};
	struct udp_train t = {
		.data = data, .len = sizeof(data), .segment = sizeof(data)};
	uint8_t in[UDP_TRAIN_MAX];
	struct udp_train got;
	size_t sent = 0;
	size_t i = 0;

	assert_int_equal(udp_send(client, &t, &sent), 0);
	for (i = 0;; i = (i + 1) % count) {
		if (udp_recv(sockets[i], in, &got) == 0) {
			assert_int_equal(got.len, sizeof(data));
			return i;
		}
	}
}

static void test_steer(void **state)
{
	enum { COUNT = 4, MASK = 0x5aa5 };
	TALLOC_CTX *tmp = talloc_new(NULL);
	struct udp_socket *sockets[COUNT], *other = NULL, *client = NULL;
	union udp_address a;
	char *why = NULL;
	uint16_t n = 0;
	size_t i = 0;

	(void)state;
	set_address(&a, "127.0.0.1", 0);
	assert_int_equal(udp_listen_first(tmp, &a.sa, udp_address_len(&a),
					  &sockets[0], &why),
			 0);
	a = *udp_local(sockets[0]);
	for (i = 1; i < COUNT; i++) {
		assert_int_equal(udp_listen_beside(tmp, &a.sa,
						   udp_address_len(&a),
						   &sockets[i], &why),
				 0);
	}
	assert_int_equal(
		udp_listen_first(tmp, &a.sa, udp_address_len(&a), &other, &why),
		EADDRINUSE);
	assert_true(udp_steer(sockets[0], MASK, COUNT - 1));
	assert_int_equal(
		udp_connect(tmp, &a.sa, udp_address_len(&a), &client, &why), 0);
	for (n = 65500; n != 20; n++) {
		assert_int_equal(came_to(sockets, COUNT, client, 0xc0, n), 0);
		assert_int_equal(came_to(sockets, COUNT, client, 0x40, n),
				 1 + (n ^ MASK) % (COUNT - 1));
	}
	talloc_free(tmp);
}

/* What was passed by somebody else: do sockets of ours stand beside it well? */
static bool passed_is_like_ours(int family, int only, const char *device)
{
	union udp_address at = {0};
	struct udp_socket *s = NULL;
	char *why = NULL;
	int fd = socket(family, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	bool like = false;

	assert_int_not_equal(fd, -1);
	at.sa.sa_family = (sa_family_t)family;
	if (family == AF_INET6) {
		assert_int_equal(setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY,
					    &only, sizeof(only)),
				 0);
	}
	if (device != NULL) {
		assert_int_equal(setsockopt(fd, SOL_SOCKET, SO_BINDTODEVICE,
					    device,
					    (socklen_t)strlen(device) + 1),
				 0);
	}
	assert_int_equal(bind(fd, &at.sa, udp_address_len(&at)), 0);
	assert_int_equal(udp_adopt(NULL, fd, &s, &why), 0);
	like = udp_is_like_ours(s);
	talloc_free(s);
	return like;
}

static void test_passed(void **state)
{
	(void)state;
	assert_true(passed_is_like_ours(AF_INET, 0, NULL));
	assert_true(passed_is_like_ours(AF_INET6, 1, NULL));
	assert_false(passed_is_like_ours(AF_INET6, 0, NULL)); /* IPv4, too */
	if (geteuid() == 0) {
		assert_false(passed_is_like_ours(AF_INET, 0, "lo"));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_ipv4),
		cmocka_unit_test(test_ipv4_without_offload),
		cmocka_unit_test(test_ipv6),
		cmocka_unit_test(test_ipv6_without_offload),
		cmocka_unit_test(test_source_address),
		cmocka_unit_test(test_nothing_there),
		cmocka_unit_test(test_refused),
		cmocka_unit_test(test_in_use),
		cmocka_unit_test(test_too_large),
		cmocka_unit_test(test_full),
		cmocka_unit_test(test_max_payload),
		cmocka_unit_test(test_address),
		cmocka_unit_test(test_steer),
		cmocka_unit_test(test_passed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
