/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The relay on loopback: TCP in, TCP out, where the far end is a listener of
 * the test's; and the words that name its places.
 */
#include <errno.h>
#include <netinet/in.h>
#include <string.h>
#include <unistd.h>

#include "smbquic/relay.h"
#include "tests/testlib.h"

struct world {
	struct tevent_context *ev;
	struct transport_settings settings;
	struct transport_listener *server;
	struct transport *far; /* accepted last */
	struct transport *near;
	struct relay *relay;
	uint16_t port; /* the relay's */
	bool stopped;
};

static void accept_far(struct transport *t, void *private_data)
{
	struct world *w = private_data;

	talloc_free(w->far);
	w->far = talloc_steal(w, t);
}

static struct sockaddr_in loopback(uint16_t port)
{
	return (struct sockaddr_in){.sin_family = AF_INET,
				    .sin_port = htons(port),
				    .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
}

static uint16_t port_of(const struct sockaddr *sa)
{
	return ntohs(((const struct sockaddr_in *)(const void *)sa)->sin_port);
}

static void start_server(struct world *w)
{
	struct sockaddr_in addr = loopback(0);
	const struct transport_listen how = {
		.addr = (struct sockaddr *)&addr,
		.addr_len = sizeof(addr),
		.settings = &w->settings,
		.accept = accept_far,
		.private_data = w,
	};
	char *why = NULL;

	assert_int_equal(transport_listen(w, w->ev, &transport_tcp, &how,
					  &w->server, &why),
			 0);
}

/* A listening socket as a service manager makes one. */
static int passed_socket(uint16_t *port)
{
	struct sockaddr_in addr = loopback(0);
	socklen_t len = sizeof(addr);
	int fd = socket(AF_INET, SOCK_STREAM, 0);

	assert_true(fd > 0);
	assert_int_equal(bind(fd, (struct sockaddr *)&addr, sizeof(addr)), 0);
	assert_int_equal(listen(fd, 5), 0);
	getsockname(fd, (struct sockaddr *)&addr, &len);
	*port = ntohs(addr.sin_port);
	return fd;
}

static struct world *world_new(void)
{
	struct world *w = talloc_zero(NULL, struct world);
	struct relay_params params = {.quiet_ms = 1000};
	char *why = NULL;

	w->ev = tevent_context_init(w);
	transport_settings_default(&w->settings);
	start_server(w);
	params.settings = w->settings;
	params.to = (struct relay_place){
		.transport = "tcp",
		.via = &transport_tcp,
		.host = "127.0.0.1",
		.port = port_of(transport_listener_address(w->server)),
	};
	w->relay = relay_new(w, w->ev, &params);
	assert_true(relay_listen_fd(w->relay, passed_socket(&w->port), &why));
	return w;
}

static struct transport *do_connect(struct world *w)
{
	struct sockaddr_in addr = loopback(w->port);
	const struct transport_target to = {
		.addr = (struct sockaddr *)&addr,
		.addr_len = sizeof(addr),
		.settings = &w->settings,
	};
	struct transport *t = NULL;
	struct tevent_req *req =
		transport_connect_send(w, w->ev, &transport_tcp, &to);

	testlib_wait(w->ev, req, 10);
	assert_int_equal(transport_connect_recv(req, w, &t, NULL), 0);
	talloc_free(req);
	return t;
}

static ssize_t read_one(struct world *w, struct transport *t, int *err)
{
	uint8_t byte = 0;
	struct tevent_req *req = transport_read_send(w, w->ev, t, &byte, 1, 1);
	ssize_t got = 0;

	testlib_wait(w->ev, req, 10);
	got = transport_read_recv(req, err);
	talloc_free(req);
	return got;
}

static void run_until(struct world *w, bool (*condition)(struct world *w))
{
	for (unsigned i = 0; i < 100000 && !condition(w); i++) {
		tevent_loop_once(w->ev);
	}
	assert_true(condition(w));
}

static bool nobody_left(struct world *w)
{
	return relay_connections(w->relay) == 0;
}

static bool has_stopped(struct world *w)
{
	return w->stopped;
}

static void on_stopped(void *private_data)
{
	((struct world *)private_data)->stopped = true;
}

static void test_there_and_back(void **state)
{
	struct world *w = world_new();
	char text[8] = "";
	char *where = relay_listening(w, w->relay);
	int err = 0;

	(void)state;
	assert_memory_equal(where, "tcp 127.0.0.1:", 14);
	w->near = do_connect(w);
	testlib_write_copy(w->ev, w->near, "there", 6);
	while (w->far == NULL) {
		tevent_loop_once(w->ev);
	}
	testlib_read(w->ev, w->far, text, 6);
	assert_string_equal(text, "there");
	assert_int_equal(relay_connections(w->relay), 1);
	/* each half has an end of its own */
	transport_finish(w->near);
	assert_int_equal(read_one(w, w->far, &err), 0);
	testlib_write_copy(w->ev, w->far, "back", 5);
	transport_finish(w->far);
	testlib_read(w->ev, w->near, text, 5);
	assert_string_equal(text, "back");
	assert_int_equal(read_one(w, w->near, &err), 0);
	run_until(w, nobody_left);
	talloc_free(w);
}

static void test_no_server(void **state)
{
	struct world *w = world_new();
	int err = 0;

	(void)state;
	TALLOC_FREE(w->server);
	w->near = do_connect(w);
	assert_int_equal(read_one(w, w->near, &err), 0);
	run_until(w, nobody_left);
	talloc_free(w);
}

/* A quiet connection ends soon, without the whole of the drain time. */
static void test_stop(void **state)
{
	struct world *w = world_new();
	char text[2] = "";
	int err = 0;

	(void)state;
	w->near = do_connect(w);
	testlib_write_copy(w->ev, w->near, "x", 2);
	while (w->far == NULL) {
		tevent_loop_once(w->ev);
	}
	testlib_read(w->ev, w->far, text, 2);
	relay_stop(w->relay, 600000, on_stopped, w);
	assert_string_equal(relay_listening(w, w->relay), "");
	run_until(w, has_stopped);
	assert_int_equal(read_one(w, w->near, &err), 0);
	assert_int_equal(read_one(w, w->far, &err), 0);
	talloc_free(w);
}

static void test_stop_without_connections(void **state)
{
	struct world *w = world_new();

	(void)state;
	relay_stop(w->relay, 600000, on_stopped, w);
	run_until(w, has_stopped);
	talloc_free(w);
}

/* What is passed and is no socket of ours. */
static void test_bad_descriptor(void **state)
{
	struct world *w = world_new();
	struct sockaddr_in addr = loopback(0);
	int pipes[2] = {-1, -1};
	int fd = socket(AF_INET, SOCK_STREAM, 0);
	char *why = NULL;

	(void)state;
	assert_int_equal(pipe(pipes), 0);
	assert_false(relay_fd_is_quic(pipes[0]));
	assert_false(relay_listen_fd(w->relay, pipes[0], &why));
	assert_non_null(strstr(why, "no socket"));
	close(pipes[1]);
	/* bound, but it does not listen */
	assert_int_equal(bind(fd, (struct sockaddr *)&addr, sizeof(addr)), 0);
	assert_false(relay_listen_fd(w->relay, fd, &why));
	assert_non_null(why);
	talloc_free(w);
}

static void test_places(void **state)
{
	static const struct {
		const char *text;
		const char *transport, *host; /* transport NULL: refused */
		uint16_t port;
		bool host_needed;
	} rows[] = {
		{"tcp:127.0.0.1:4450", "tcp", "127.0.0.1", 4450, false},
		{"tcp", "tcp", NULL, 445, false},
		{"tcp:", "tcp", NULL, 445, false},
		{"tcp:4450", "tcp", NULL, 4450, false},
		{"tcp::4450", "tcp", NULL, 4450, false},
		{"quic-user:files.example", "quic-user", "files.example", 443,
		 true},
		{"quic-user:files.example:4433", "quic-user", "files.example",
		 4433, true},
		{"tcp:[2001:db8::1]:445", "tcp", "2001:db8::1", 445, true},
		{"tcp:[::1]", "tcp", "::1", 445, true},
		{"tcp:192.0.2.1", "tcp", "192.0.2.1", 445, true},
		{"tcp:7up.example", "tcp", "7up.example", 445, true},
		{"tcp:4450", NULL, NULL, 0, true},
		{"tcp:[]:445", NULL, NULL, 0, true},
		{"tcp:::1:445", NULL, NULL, 0, false},
		{"tcp:a:0", NULL, NULL, 0, false},
		{"tcp:a:65536", NULL, NULL, 0, false},
		{"tcp:a:12x", NULL, NULL, 0, false},
		{"tcp:[::1", NULL, NULL, 0, false},
		{"tcp:[::1]x", NULL, NULL, 0, false},
		{"udp:a", NULL, NULL, 0, false},
		{"", NULL, NULL, 0, false},
	};
	TALLOC_CTX *mem_ctx = talloc_new(NULL);

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct relay_place p;
		char *why = NULL;
		bool ok = relay_place_parse(mem_ctx, rows[i].text,
					    rows[i].host_needed, &p, &why);

		if (ok != (rows[i].transport != NULL)) {
			fail_msg("%s: %s", rows[i].text, why);
		}
		if (!ok) {
			assert_non_null(why);
			continue;
		}
		assert_string_equal(p.via->name, rows[i].transport);
		assert_int_equal(p.port, rows[i].port);
		if (rows[i].host == NULL) {
			assert_null(p.host);
		} else {
			assert_string_equal(p.host, rows[i].host);
		}
	}
	talloc_free(mem_ctx);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_there_and_back),
		cmocka_unit_test(test_no_server),
		cmocka_unit_test(test_stop),
		cmocka_unit_test(test_stop_without_connections),
		cmocka_unit_test(test_bad_descriptor),
		cmocka_unit_test(test_places),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
