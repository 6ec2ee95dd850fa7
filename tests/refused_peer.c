/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * refused_peer.c - a client that tries again and again to reach a server which
 * does not let it in, and counts what is left of that.
 *
 *	refused_peer SERVER ADDRESS TRANSPORTS CA USER%PASSWORD COUNT AT_ONCE MS
 *
 * COUNT times, AT_ONCE at a time, it connects and logs on; every fifth attempt
 * is freed after a moment, wherever it has come to. It prints how many ended
 * with which status (MS: after so long nobody is there), and how much memory of
 * the event loop and how many open files there are more than after the first
 * AT_ONCE of them.
 */
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "client/client.h"

#define KINDS 16
#define FIFTH 5

struct tries {
	struct tevent_context *ev;
	struct client_options options;
	struct client_credentials credentials;
	unsigned left, running, number;
	NTSTATUS status[KINDS];
	unsigned count[KINDS];
};

struct one {
	struct tries *all;
	struct client_conn *conn;
	struct client_session *session;
	struct tevent_req *req;
};

static void die(const char *what)
{
	fprintf(stderr, "refused_peer: %s\n", what);
	exit(1);
}

static void note(struct tries *t, NTSTATUS status)
{
	unsigned i = 0;

	while (i < KINDS && t->count[i] > 0 && t->status[i] != status) {
		i++;
	}
	if (i == KINDS) {
		die("there are too many ways to fail");
	}
	t->status[i] = status;
	t->count[i]++;
}

static void over(struct one *one, NTSTATUS status)
{
	struct tries *t = one->all;

	note(t, status);
	t->running--;
	talloc_free(one->session);
	talloc_free(one->conn);
	talloc_free(one);
}

static void logged_on(struct tevent_req *req)
{
	struct one *one = tevent_req_callback_data(req, struct one);
	NTSTATUS status = client_session_setup_recv(req, one, &one->session);

	over(one, status);
}

static void connected(struct tevent_req *req)
{
	struct one *one = tevent_req_callback_data(req, struct one);
	char *why = NULL;
	NTSTATUS status = client_connect_recv(req, one, &one->conn, &why);

	TALLOC_FREE(one->req);
	if (!NT_STATUS_IS_OK(status)) {
		over(one, status);
		return;
	}
	one->req = client_session_setup_send(one, one->conn,
					     &one->all->credentials);
	if (one->req == NULL) {
		die("out of memory");
	}
	tevent_req_set_callback(one->req, logged_on, one);
}

static void given_up(struct tevent_context *ev, struct tevent_timer *te,
		     struct timeval now, void *private_data)
{
	struct one *one = talloc_get_type_abort(private_data, struct one);

	(void)ev;
	(void)te;
	(void)now;
	TALLOC_FREE(one->req);
	over(one, NT_STATUS_CANCELLED);
}

static void begin(struct tries *t)
{
	struct one *one = talloc_zero(t->ev, struct one);

	one->all = t;
	one->req = client_connect_send(one, t->ev, &t->options);
	if (one->req == NULL) {
		die("out of memory");
	}
	tevent_req_set_callback(one->req, connected, one);
	t->running++;
	t->left--;
	t->number++;
	if (t->number % FIFTH == 0 &&
	    tevent_add_timer(
		    t->ev, one,
		    tevent_timeval_current_ofs(0, t->number * 7919 % 40000),
		    given_up, one) == NULL) {
		die("out of memory");
	}
}

static void go(struct tries *t, unsigned count, unsigned at_once)
{
	t->left = count;
	while (t->left > 0 || t->running > 0) {
		while (t->left > 0 && t->running < at_once) {
			begin(t);
		}
		if (tevent_loop_once(t->ev) != 0) {
			die("the event loop");
		}
	}
}

/* Everything that is told to close is closed. */
static void settle(struct tries *t)
{
	struct tevent_req *req = tevent_wakeup_send(
		t->ev, t->ev, tevent_timeval_current_ofs(1, 0));

	if (!tevent_req_poll(req, t->ev)) {
		die("the event loop");
	}
	talloc_free(req);
}

static size_t open_files(void)
{
	DIR *dir = opendir("/proc/self/fd");
	size_t count = 0;

	if (dir == NULL) {
		die("/proc/self/fd");
	}
	while (readdir(dir) != NULL) {
		count++;
	}
	closedir(dir);
	return count;
}

static void set_up(struct tries *t, char **argv)
{
	client_options_default(&t->options);
	t->options.server = argv[1];
	t->options.address = argv[2];
	t->options.transports = argv[3];
	t->options.tls.trust = TLS_TRUST_CA;
	t->options.tls.ca_file = argv[4];
	t->options.connect_timeout_ms = (unsigned)strtoul(argv[8], NULL, 10);
	/* a step of the log-on may take as long, too: under valgrind, eight at
	 * a time, on a machine that has other things to do */
	t->options.timeout_ms = t->options.connect_timeout_ms;
	t->options.reconnect_ms = 0;
	t->credentials.user = strtok_r(argv[5], "%", &argv[5]);
	t->credentials.password = argv[5];
}

int main(int argc, char **argv)
{
	struct tries *t = NULL;
	unsigned count = 0;
	unsigned at_once = 0;
	size_t bytes = 0;
	size_t files = 0;
	unsigned i = 0;

	if (argc != 9) {
		die("eight arguments are needed");
	}
	count = (unsigned)strtoul(argv[6], NULL, 10);
	at_once = (unsigned)strtoul(argv[7], NULL, 10);
	if (at_once == 0 || count <= at_once) {
		die("COUNT is to be more than AT_ONCE, and that than 0");
	}
	t = talloc_zero(NULL, struct tries);
	t->ev = tevent_context_init(t);
	set_up(t, argv);
	go(t, at_once, at_once);
	settle(t);
	bytes = talloc_total_size(t->ev);
	files = open_files();
	go(t, count - at_once, at_once);
	settle(t);
	for (i = 0; i < KINDS && t->count[i] > 0; i++) {
		printf("%u %s\n", t->count[i], nt_errstr(t->status[i]));
	}
	printf("left: %zd bytes, %zd files\n",
	       (ssize_t)(talloc_total_size(t->ev) - bytes),
	       (ssize_t)(open_files() - files));
	talloc_free(t);
	return 0;
}
