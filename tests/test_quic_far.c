/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * quic_far.c, quic_line.c, quic_near.c: transports in threads come and go, in
 * every order with their threads, their requests and their loop. Both ends
 * have a loop of their own, so that one may stand still. What is freed too
 * late, or never, is for the sanitizers and valgrind to say; that threads end,
 * this says itself.
 */
#include "tests/fixture_quic_place.h"

#include <dirent.h>
#include <time.h>

#define MUCH (64 * MIB) /* more than fits into windows and buffers */

static unsigned tasks(void)
{
	DIR *dir = opendir("/proc/self/task");
	unsigned count = 0;

	assert_non_null(dir);
	while (readdir(dir) != NULL) {
		count++;
	}
	closedir(dir);
	return count;
}

/* The kernel lists a thread a moment longer than it can be joined. */
static void wait_for_tasks(unsigned wanted)
{
	const struct timespec moment = {.tv_nsec = 1000000};
	unsigned i = 0;

	for (i = 0; i < 20000 && tasks() != wanted; i++) {
		nanosleep(&moment, NULL);
	}
	assert_int_equal(tasks(), wanted);
}

static void rang(struct tevent_context *ev, struct tevent_timer *te,
		 struct timeval now, void *private_data)
{
	struct tevent_timer **alarm = private_data;

	(void)ev;
	(void)te;
	(void)now;
	*alarm = NULL;
}

/* A turn of that loop, which is not long. None of its alarms is left behind:
 * those that are due come before everything else. */
static void turn(struct tevent_context *ev)
{
	struct tevent_timer *alarm = tevent_add_timer(
		ev, ev, tevent_timeval_current_ofs(0, 2000), rang, &alarm);

	assert_non_null(alarm);
	assert_int_equal(tevent_loop_once(ev), 0);
	TALLOC_FREE(alarm);
}

/* --- a client in a thread ------------------------------------------------- */

struct pair {
	struct place *server, *client;
	struct threads *threads; /* held, as a session does */
	struct transport *transport;
	struct tevent_req *req; /* the client's, of which nothing is heard */
	unsigned tasks;		/* before */
	uint8_t *buf;
};

static void connected(struct tevent_req *req)
{
	bool *done = tevent_req_callback_data_void(req);

	*done = true;
}

/* The client's first byte opens it, before that a server cannot write. */
static void open_stream(struct pair *pair)
{
	uint8_t there = 7, here = 0;
	int err = 0;
	struct iovec iov = {.iov_base = &there, .iov_len = 1};
	struct tevent_req *r = transport_read_send(
		pair, pair->server->ev, pair->server->server, &here, 1, 1);
	struct tevent_req *w = transport_write_send(pair, pair->client->ev,
						    pair->transport, &iov, 1);

	while (tevent_req_is_in_progress(r) || tevent_req_is_in_progress(w)) {
		turn(pair->client->ev);
		turn(pair->server->ev);
	}
	(void)transport_read_recv(r, &err);
	assert_int_equal(err, 0);
	assert_int_equal(here, there);
	talloc_free(r);
	talloc_free(w);
}

static struct pair *new_pair(void)
{
	struct pair *pair = talloc_zero(NULL, struct pair);
	struct transport_target to = {.server_name = "localhost", .seat = 2};
	union udp_address a;
	struct tevent_req *req = NULL;
	bool done = false;

	pair->tasks = tasks();
	pair->server = new_server("127.0.0.1");
	pair->client = new_place();
	pair->threads = threads_new(pair->client->ev, 2);
	assert_non_null(pair->threads);
	assert_int_equal(tasks(), pair->tasks); /* of use to nobody yet */
	set_address(&a, "127.0.0.1", port_of(pair->server));
	to.addr = &a.sa;
	to.addr_len = udp_address_len(&a);
	to.tls = &pair->client->client_policy;
	to.settings = &pair->client->settings;
	to.threads = pair->threads;
	req = transport_connect_send(pair, pair->client->ev, via, &to);
	tevent_req_set_callback(req, connected, &done);
	while (!done || pair->server->accepted == 0) {
		turn(pair->client->ev);
		turn(pair->server->ev);
	}
	assert_int_equal(transport_connect_recv(req, pair, &pair->transport,
						&pair->client->why),
			 0);
	talloc_free(req);
	/* one moves in, and a thread begins for it alone */
	while (tasks() != pair->tasks + 1) {
		turn(pair->client->ev);
		turn(pair->server->ev);
	}
	open_stream(pair);
	return pair;
}

/* The client's loop stands still: what is for it lies in its box. */
static void server_turns(struct pair *pair, unsigned count)
{
	while (count > 0) {
		turn(pair->server->ev);
		count--;
	}
}

static void state_idle(struct pair *pair)
{
	(void)pair;
}

static void state_reading(struct pair *pair)
{
	pair->buf = talloc_zero_size(pair, 100);
	pair->req = transport_read_send(pair, pair->client->ev, pair->transport,
					pair->buf, 100, 100);
	server_turns(pair, 2);
}

static void say(struct pair *pair, struct transport *from, size_t len)
{
	struct iovec iov = {.iov_base = talloc_zero_size(pair, len),
			    .iov_len = len};

	assert_non_null(
		transport_write_send(pair, pair->server->ev, from, &iov, 1));
}

static void state_has_read(struct pair *pair)
{
	size_t i = 0;

	say(pair, pair->server->server, 200);
	state_reading(pair);
	for (i = 0; i < 30; i++) {
		turn(pair->server->ev); /* its thread has read, meanwhile */
	}
}

static void state_writing(struct pair *pair)
{
	struct iovec iov = {.iov_len = MUCH};

	pair->buf = talloc_zero_size(pair, MUCH);
	iov.iov_base = pair->buf;
	pair->req = transport_write_send(pair, pair->client->ev,
					 pair->transport, &iov, 1);
	server_turns(pair, 20);
}

/* Nobody reads what is to be delivered before it. */
static void state_closing(struct pair *pair)
{
	state_writing(pair);
	TALLOC_FREE(pair->req);
	pair->req =
		transport_shutdown_send(pair, pair->client->ev, pair->transport,
					TRANSPORT_CLOSE_DONE, "enough");
	server_turns(pair, 2);
}

static void state_has_closed(struct pair *pair)
{
	pair->req =
		transport_shutdown_send(pair, pair->client->ev, pair->transport,
					TRANSPORT_CLOSE_DONE, "enough");
	server_turns(pair, 50);
}

/* The server goes first: the connection ends, and the read with it. */
static void state_lost(struct pair *pair)
{
	state_reading(pair);
	TALLOC_FREE(pair->server->server);
	server_turns(pair, 50);
}

static void free_one(struct pair *pair, char what)
{
	switch (what) {
	case 'T': TALLOC_FREE(pair->transport); break;
	case 'H': threads_release(pair->threads); break;
	case 'R': TALLOC_FREE(pair->req); break;
	case 'L': TALLOC_FREE(pair->client->ev); break;
	default: fail_msg("%c?", what);
	}
}

static void try_order(void (*make)(struct pair *pair), const char *order)
{
	struct pair *pair = new_pair();

	make(pair);
	for (; *order != '\0'; order++) {
		free_one(pair, *order);
	}
	wait_for_tasks(pair->tasks);
	talloc_free(pair->client);
	talloc_free(pair->server);
	talloc_free(pair);
}

/* T the transport, H the session's hold on the threads, R the request, L the
 * loop, which outlives what has been asked for in it. */
static void in_every_order(void (*make)(struct pair *pair))
{
	static const char *const orders[] = {
		"TRHL", "THRL", "RTHL", "RHTL", "HTRL", "HRTL", "THLR", "HTLR",
	};
	size_t i = 0;

	for (i = 0; i < sizeof(orders) / sizeof(orders[0]); i++) {
		try_order(make, orders[i]);
	}
}

static void test_idle(void **state)
{
	static const char *const orders[] = {"THL", "HTL", "TLH",
					     "HLT", "LTH", "LHT"};
	size_t i = 0;

	(void)state;
	for (i = 0; i < sizeof(orders) / sizeof(orders[0]); i++) {
		try_order(state_idle, orders[i]);
	}
}

static void test_reading(void **state)
{
	(void)state;
	in_every_order(state_reading);
}

static void test_has_read(void **state)
{
	(void)state;
	in_every_order(state_has_read);
}

static void test_writing(void **state)
{
	(void)state;
	in_every_order(state_writing);
}

static void test_closing(void **state)
{
	(void)state;
	in_every_order(state_closing);
}

static void test_has_closed(void **state)
{
	(void)state;
	in_every_order(state_has_closed);
}

static void test_lost(void **state)
{
	(void)state;
	in_every_order(state_lost);
}

/* --- from within ---------------------------------------------------------- */

struct within {
	struct pair *pair;
	bool called;
};

/* Another letter of the same connection may be behind the one that is being
 * delivered. */
static void free_all_of_it(struct tevent_req *req)
{
	struct within *w = tevent_req_callback_data_void(req);

	w->called = true;
	free_one(w->pair, 'T');
	free_one(w->pair, 'H');
}

static void test_within(void **state)
{
	struct pair *pair = new_pair();
	struct within w = {.pair = pair};
	const uint8_t bytes[10] = {0};
	struct iovec iov = {.iov_base = (void *)bytes, .iov_len = 10};
	struct tevent_req *write = NULL;

	(void)state;
	state_has_read(pair);
	tevent_req_set_callback(pair->req, free_all_of_it, &w);
	write = transport_write_send(pair, pair->client->ev, pair->transport,
				     &iov, 1);
	server_turns(pair, 50); /* now both are in the box */
	while (!w.called) {
		turn(pair->client->ev);
	}
	free_one(pair, 'L');
	wait_for_tasks(pair->tasks);
	talloc_free(write);
	talloc_free(pair->client);
	talloc_free(pair->server);
	talloc_free(pair);
}

/* --- a server's ----------------------------------------------------------- */

/* A listener L and what it accepted, T, go before the server's loop. */
static void try_server(const char *order)
{
	unsigned before = tasks();
	struct place *server = NULL, *client = new_place();
	struct transport_target to = {.server_name = "localhost"};
	struct transport *t = NULL;
	struct tevent_req *req = NULL;
	union udp_address a;
	uint8_t byte = 0;
	bool done = false;
	unsigned i = 0;

	threads_wanted = 2;
	server = new_server("127.0.0.1");
	threads_wanted = 0;
	assert_int_equal(tasks(), before + 2);
	set_address(&a, "127.0.0.1", port_of(server));
	to.addr = &a.sa;
	to.addr_len = udp_address_len(&a);
	to.tls = &client->client_policy;
	to.settings = &client->settings;
	req = transport_connect_send(client, client->ev, via, &to);
	tevent_req_set_callback(req, connected, &done);
	while (!done || server->accepted == 0) {
		turn(client->ev);
		turn(server->ev);
	}
	assert_int_equal(transport_connect_recv(req, client, &t, &client->why),
			 0);
	/* it waits when its connection ends */
	(void)transport_read_send(server, server->ev, server->server, &byte, 1,
				  1);
	for (i = 0; i < 20; i++) {
		turn(server->ev);
		turn(client->ev);
	}
	for (; *order != '\0'; order++) {
		switch (*order) {
		case 'T': TALLOC_FREE(server->server); break;
		case 'L': TALLOC_FREE(server->listener); break;
		case 'C': /* the client goes, and the server is not told */
			TALLOC_FREE(t);
			for (i = 0; i < 20; i++) {
				turn(client->ev);
			}
			break;
		default: fail_msg("%c?", *order);
		}
	}
	wait_for_tasks(before);
	talloc_free(server);
	talloc_free(client);
}

static void test_server(void **state)
{
	static const char *const orders[] = {"TLC", "LTC", "TCL",
					     "CTL", "LCT", "CLT"};
	size_t i = 0;

	(void)state;
	for (i = 0; i < sizeof(orders) / sizeof(orders[0]); i++) {
		try_server(orders[i]);
	}
}

/* --- and it works --------------------------------------------------------- */

/* Both ends in threads, and a second connection after the first one's end. */
static void test_carries(void **state)
{
	struct place *p = NULL;
	struct transport *t = NULL;

	(void)state;
	threads_wanted = 2;
	client_in_thread = true;
	p = new_server("127.0.0.1");
	t = do_connect(p, "127.0.0.1");
	carry(p, t, p->server, 3 * MIB);
	carry(p, p->server, t, 3 * MIB);
	talloc_free(t);
	loop_for(p, 50);
	t = do_connect(p, "127.0.0.1");
	carry(p, t, p->server, 1000);
	talloc_free(p);
	client_in_thread = false;
	threads_wanted = 0;
}

/* RFC 9001 6.6, where threads seal what others have written. */
static void test_key_limit(void **state)
{
	struct place *p = NULL;
	struct transport *t = NULL;
	unsigned before = 0;
	unsigned i = 0;

	(void)state;
	threads_wanted = 2;
	client_in_thread = true;
	quic_keys_hook.most_packets = 60;
	p = new_server("127.0.0.1");
	t = do_connect(p, "127.0.0.1");
	before = quic_keys_hook.updates;
	/* between two updates there are some round trips, RFC 9001 6.5 */
	for (i = 0; i < 150; i++) {
		carry(p, t, p->server, MIB / 40);
		carry(p, p->server, t, MIB / 40);
		loop_for(p, 20);
	}
	assert_true(quic_keys_hook.updates >= before + 2);
	quic_keys_hook.most_packets = 0;
	talloc_free(t);
	talloc_free(p);
	client_in_thread = false;
	threads_wanted = 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_key_limit),
		cmocka_unit_test(test_carries),
		cmocka_unit_test(test_idle),
		cmocka_unit_test(test_reading),
		cmocka_unit_test(test_has_read),
		cmocka_unit_test(test_writing),
		cmocka_unit_test(test_closing),
		cmocka_unit_test(test_has_closed),
		cmocka_unit_test(test_lost),
		cmocka_unit_test(test_within),
		cmocka_unit_test(test_server),
	};

	return cmocka_run_group_tests_name("quic_far", tests, NULL, NULL);
}
