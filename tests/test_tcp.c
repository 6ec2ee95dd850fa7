/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The direct TCP carrier.
 */
#include <errno.h>
#include <netinet/in.h>
#include <string.h>
#include <unistd.h>

#include "tests/testlib.h"

struct world {
	struct tevent_context *ev;
	struct transport_settings settings;
	struct transport_listener *listener;
	struct transport *client, *server;
	unsigned accepted;
};

static void accept_one(struct transport *t, void *private_data)
{
	struct world *w = private_data;

	w->accepted++;
	talloc_free(w->server);
	w->server = t;
}

static struct sockaddr_storage loopback(int family)
{
	struct sockaddr_storage out = {.ss_family = (sa_family_t)family};

	if (family == AF_INET6) {
		((struct sockaddr_in6 *)&out)->sin6_addr = in6addr_loopback;
	} else {
		((struct sockaddr_in *)&out)->sin_addr.s_addr =
			htonl(INADDR_LOOPBACK);
	}
	return out;
}

static void listen_on(struct world *w, int family)
{
	struct sockaddr_storage addr = loopback(family);
	const struct transport_listen params = {
		.addr = (struct sockaddr *)&addr,
		.addr_len = sizeof(struct sockaddr_in6),
		.settings = &w->settings,
		.accept = accept_one,
		.private_data = w,
	};
	char *why = NULL;

	assert_int_equal(transport_listen(w->ev, w->ev, &transport_tcp, &params,
					  &w->listener, &why),
			 0);
	assert_null(why);
}

static struct tevent_req *start_connect(struct world *w)
{
	const struct transport_target to = {
		.addr = transport_listener_address(w->listener),
		.addr_len = sizeof(struct sockaddr_in6),
		.server_name = "localhost",
		.settings = &w->settings,
	};

	return transport_connect_send(w->ev, w->ev, &transport_tcp, &to);
}

static void connect_pair(struct world *w, int family)
{
	struct tevent_req *req = NULL;
	char *why = NULL;

	listen_on(w, family);
	req = start_connect(w);
	testlib_wait(w->ev, req, 5);
	assert_int_equal(transport_connect_recv(req, w->ev, &w->client, &why),
			 0);
	talloc_free(req);
	while (w->server == NULL) {
		tevent_loop_once(w->ev);
	}
}

static int setup(void **state)
{
	struct world *w = talloc_zero(NULL, struct world);

	w->ev = tevent_context_init(w);
	transport_settings_default(&w->settings);
	*state = w;
	return 0;
}

static int teardown(void **state)
{
	talloc_free(*state);
	return 0;
}

static void test_facts(void **state)
{
	struct world *w = *state;
	const struct transport_facts *f = NULL;

	connect_pair(w, AF_INET);
	f = transport_facts(w->client);
	assert_string_equal(f->backend, "tcp");
	assert_false(f->secure);
	assert_null(f->alpn);
	assert_int_equal(f->peer.ss_family, AF_INET);
	assert_memory_equal(&f->peer, &transport_facts(w->server)->local,
			    sizeof(struct sockaddr_in));
}

static void check_echo(struct world *w)
{
	char text[8] = "";

	testlib_write(w->ev, w->client, "smbquic", 8);
	testlib_read(w->ev, w->server, text, 8);
	assert_string_equal(text, "smbquic");
	testlib_write(w->ev, w->server, "answers", 8);
	testlib_read(w->ev, w->client, text, 8);
	assert_string_equal(text, "answers");
}

static void test_both_directions_ipv4(void **state)
{
	connect_pair(*state, AF_INET);
	check_echo(*state);
}

static void test_both_directions_ipv6(void **state)
{
	connect_pair(*state, AF_INET6);
	check_echo(*state);
}

/* More than any socket buffer, in several vectors, arrives in order. */
static void test_big_vector(void **state)
{
	struct world *w = *state;
	const size_t size = 16 << 20;
	uint8_t *out = talloc_array(w, uint8_t, size);
	uint8_t *in = talloc_zero_array(w, uint8_t, size);
	struct iovec iov[3] = {0};
	struct tevent_req *req = NULL;
	size_t i = 0;

	connect_pair(w, AF_INET);
	for (i = 0; i < size; i++) {
		out[i] = (uint8_t)(i * 7 + i / 4096);
	}
	iov[0] = (struct iovec){out, 4};
	iov[1] = (struct iovec){out + 4, 0};
	iov[2] = (struct iovec){out + 4, size - 4};
	req = transport_write_send(w, w->ev, w->client, iov, 3);
	testlib_read(w->ev, w->server, in, size);
	testlib_wait(w->ev, req, 5);
	assert_int_equal(transport_write_recv(req), 0);
	assert_memory_equal(in, out, size);
}

/* "At least min": a read ends with what is there. */
static void test_read_some(void **state)
{
	struct world *w = *state;
	uint8_t buf[100] = {0};
	int err = 0;
	struct tevent_req *req = NULL;

	connect_pair(w, AF_INET);
	testlib_write(w->ev, w->client, "0123456789", 10);
	req = transport_read_send(w, w->ev, w->server, buf, 1, sizeof(buf));
	testlib_wait(w->ev, req, 5);
	assert_int_equal(transport_read_recv(req, &err), 10);
	talloc_free(req);
	/* the read-ahead serves the next ones */
	testlib_write(w->ev, w->client, "abcdef", 6);
	testlib_read(w->ev, w->server, buf, 2);
	testlib_read(w->ev, w->server, buf, 4);
	assert_memory_equal(buf, "cdef", 4);
}

static void test_orderly_end(void **state)
{
	struct world *w = *state;
	uint8_t buf[4] = {0};
	int err = 0;
	struct tevent_req *req = NULL;

	connect_pair(w, AF_INET);
	req = transport_shutdown_send(w, w->ev, w->client, TRANSPORT_CLOSE_DONE,
				      "bye");
	testlib_wait(w->ev, req, 5);
	assert_int_equal(transport_shutdown_recv(req), 0);
	req = transport_read_send(w, w->ev, w->server, buf, 4, 4);
	testlib_wait(w->ev, req, 5);
	assert_int_equal(transport_read_recv(req, &err), 0);
	assert_int_equal(err, 0);
}

/* The end goes behind what is written, and the other direction goes on. */
static void test_half_close(void **state)
{
	struct world *w = *state;
	enum { SIZE = 8 << 20 };
	uint8_t *out = talloc_zero_size(w, SIZE);
	uint8_t *in = talloc_size(w, SIZE);
	const struct iovec iov = {.iov_base = out, .iov_len = SIZE};
	struct tevent_req *write = NULL;
	struct tevent_req *req = NULL;
	int err = 0;

	connect_pair(w, AF_INET);
	write = transport_write_send(w, w->ev, w->client, &iov, 1);
	transport_finish(w->client);
	transport_finish(w->client);
	testlib_read(w->ev, w->server, in, SIZE);
	assert_int_equal(transport_write_recv(write), 0);
	req = transport_read_send(w, w->ev, w->server, in, 1, 1);
	testlib_wait(w->ev, req, 5);
	assert_int_equal(transport_read_recv(req, &err), 0);
	assert_int_equal(err, 0);
	testlib_write(w->ev, w->server, "back", 4);
	testlib_read(w->ev, w->client, in, 4);
	assert_memory_equal(in, "back", 4);
}

static void test_end_in_the_middle(void **state)
{
	struct world *w = *state;
	uint8_t buf[4] = {0};
	int err = 0;
	struct tevent_req *req = NULL;

	connect_pair(w, AF_INET);
	testlib_write(w->ev, w->client, "ab", 2);
	TALLOC_FREE(w->client);
	req = transport_read_send(w, w->ev, w->server, buf, 4, 4);
	testlib_wait(w->ev, req, 5);
	assert_int_equal(transport_read_recv(req, &err), -1);
	assert_int_equal(err, EPIPE);
}

/* Freeing a transport ends what is outstanding on it. */
static void test_freed_under_a_read(void **state)
{
	struct world *w = *state;
	uint8_t buf[4] = {0};
	int err = 0;
	struct tevent_req *req = NULL;

	connect_pair(w, AF_INET);
	req = transport_read_send(w, w->ev, w->server, buf, 4, 4);
	TALLOC_FREE(w->server);
	testlib_wait(w->ev, req, 5);
	assert_int_equal(transport_read_recv(req, &err), -1);
	assert_int_equal(err, ECONNABORTED);
}

/* A write that has begun cannot be taken back: the connection ends. */
static void test_abandoned_write(void **state)
{
	struct world *w = *state;
	const size_t size = 32 << 20;
	struct iovec iov = {0};
	uint8_t byte = 0;
	int err = 0;
	struct tevent_req *req = NULL;
	struct tevent_req *read = NULL;

	connect_pair(w, AF_INET);
	iov.iov_base = talloc_zero_size(w, size);
	iov.iov_len = size;
	req = transport_write_send(w, w->ev, w->client, &iov, 1);
	assert_true(tevent_req_is_in_progress(req));
	talloc_free(req);
	assert_non_null(transport_error(w->client));
	read = transport_read_send(w, w->ev, w->client, &byte, 1, 1);
	testlib_wait(w->ev, read, 5);
	assert_int_equal(transport_read_recv(read, &err), -1);
	assert_int_equal(err, ECONNABORTED);
}

/* The peer dies while a write is blocked and nobody reads, with data of the
 * peer unread: the write must still end. */
static void test_reset_under_a_blocked_write(void **state)
{
	struct world *w = *state;
	const size_t size = 32 << 20;
	struct iovec iov = {0};
	struct tevent_req *req = NULL;

	connect_pair(w, AF_INET);
	testlib_write(w->ev, w->client, "unread", 6);
	iov.iov_base = talloc_zero_size(w, size);
	iov.iov_len = size;
	req = transport_write_send(w, w->ev, w->server, &iov, 1);
	while (tevent_loop_once(w->ev) == 0 && tevent_req_is_in_progress(req) &&
	       w->client != NULL) {
		TALLOC_FREE(w->client);
	}
	testlib_wait(w->ev, req, 5);
	assert_int_equal(transport_write_recv(req), ECONNRESET);
}

static void test_refused(void **state)
{
	struct world *w = *state;
	struct tevent_req *req = NULL;
	struct sockaddr_storage addr = {0};
	struct transport_target to = {
		.addr = (struct sockaddr *)&addr,
		.addr_len = sizeof(struct sockaddr_in),
		.server_name = "localhost",
	};
	char *why = NULL;

	listen_on(w, AF_INET);
	memcpy(&addr, transport_listener_address(w->listener),
	       sizeof(struct sockaddr_in));
	TALLOC_FREE(w->listener);
	req = transport_connect_send(w, w->ev, &transport_tcp, &to);
	testlib_wait(w->ev, req, 5);
	assert_int_equal(transport_connect_recv(req, w, &w->client, &why),
			 ECONNREFUSED);
	assert_non_null(strstr(why, "refused"));
	assert_null(w->client);
}

static void test_port_in_use(void **state)
{
	struct world *w = *state;
	struct transport_listener *second = NULL;
	char *why = NULL;
	struct transport_listen params = {
		.addr_len = sizeof(struct sockaddr_in),
		.accept = accept_one,
		.private_data = w,
	};

	listen_on(w, AF_INET);
	params.addr = transport_listener_address(w->listener);
	assert_int_equal(transport_listen(w, w->ev, &transport_tcp, &params,
					  &second, &why),
			 EADDRINUSE);
	assert_non_null(strstr(why, "in use"));
}

/* The one connection above the limit is closed, and its place is free again
 * when another ends. */
static void test_limit(void **state)
{
	struct world *w = *state;
	struct transport *second = NULL;
	struct tevent_req *req = NULL;
	char *why = NULL;
	uint8_t byte = 0;
	int err = 0;
	unsigned n = 0;
	unsigned handshakes = 0;

	w->settings.max_connections_per_source = 1;
	connect_pair(w, AF_INET);
	req = start_connect(w);
	testlib_wait(w->ev, req, 5);
	assert_int_equal(transport_connect_recv(req, w, &second, &why), 0);
	req = transport_read_send(w, w->ev, second, &byte, 1, 1);
	testlib_wait(w->ev, req, 5);
	assert_true(transport_read_recv(req, &err) <= 0);
	assert_int_equal(w->accepted, 1);

	TALLOC_FREE(w->server);
	transport_listener_counts(w->listener, &n, &handshakes);
	assert_int_equal(n, 0);
	req = start_connect(w);
	testlib_wait(w->ev, req, 5);
	while (w->accepted < 2) {
		assert_int_equal(tevent_loop_once(w->ev), 0);
	}
}

#define world_test(fn) cmocka_unit_test_setup_teardown(fn, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		world_test(test_facts),
		world_test(test_both_directions_ipv4),
		world_test(test_both_directions_ipv6),
		world_test(test_big_vector),
		world_test(test_read_some),
		world_test(test_orderly_end),
		world_test(test_half_close),
		world_test(test_end_in_the_middle),
		world_test(test_freed_under_a_read),
		world_test(test_abandoned_write),
		world_test(test_reset_under_a_blocked_write),
		world_test(test_refused),
		world_test(test_port_in_use),
		world_test(test_limit),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
