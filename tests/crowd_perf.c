/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * crowd_perf.c - many clients at once, and how fast their locks are.
 *
 *	crowd_perf SERVER ADDRESS TRANSPORT CA USER%PASSWORD SHARE
 *		   CONNECTIONS OPENS LOCKS
 *
 * Each connection logs on and opens files; all together they lock and unlock
 * LOCKS times. Then every other one closes and logs off, the rest is just
 * gone. Prints what took how long.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "client/client.h"

struct one {
	struct crowd *crowd;
	struct client_conn *conn;
	struct client_session *session;
	struct client_tree *tree;
	struct client_file **files;
	unsigned next;
	struct smb2_lock_element lock;
};

struct crowd {
	struct tevent_context *ev;
	struct client_options options;
	struct client_credentials credentials;
	const char *share;
	unsigned connections, opens, locks;
	unsigned asked, answered;
	struct one *ones;
};

static void die(const char *what, NTSTATUS status, const char *why)
{
	fprintf(stderr, "crowd_perf: %s: %s\n", what,
		why != NULL ? why : nt_errstr(status));
	exit(1);
}

static double now(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (double)ts.tv_sec + (double)ts.tv_nsec / 1e9;
}

static void report(const char *what, unsigned count, double began)
{
	double took = now() - began;

	printf("%s: %u in %.2f s, %.0f/s\n", what, count, took, count / took);
	fflush(stdout);
}

/* --- coming ----------------------------------------------------------------
 */

static void come(struct crowd *crowd, unsigned number)
{
	struct one *one = &crowd->ones[number];
	char *why = NULL;
	NTSTATUS status = client_connect(crowd->ones, crowd->ev,
					 &crowd->options, &one->conn, &why);

	one->crowd = crowd;
	if (status != NT_STATUS_OK) {
		die("connect", status, why);
	}
	status = client_session_setup(one->conn, one->conn, &crowd->credentials,
				      &one->session);
	if (status == NT_STATUS_OK) {
		status = client_tree_connect(one->conn, one->session,
					     crowd->share, &one->tree);
	}
	if (status != NT_STATUS_OK) {
		die("log on", status, NULL);
	}
}

static void open_files(struct crowd *crowd, unsigned number)
{
	struct one *one = &crowd->ones[number];
	struct client_open how = {0};

	client_open_default(&how);
	how.access = FILE_READ_DATA | FILE_WRITE_DATA;
	how.disposition = FILE_OPEN_IF;
	one->files = talloc_zero_array(one->conn, struct client_file *,
				       crowd->opens);
	for (unsigned i = 0; i < crowd->opens; i++) {
		char *name = talloc_asprintf(one->files, "crowd%u", i);
		NTSTATUS status = client_open(one->conn, one->tree, name, &how,
					      &one->files[i], NULL);

		if (status != NT_STATUS_OK) {
			die(name, status, NULL);
		}
		talloc_free(name);
	}
}

/* --- locking ---------------------------------------------------------------
 */

static void locked(struct tevent_req *req);

/* Each has a place of its own in every file: nobody waits. */
static void lock_next(struct one *one)
{
	struct crowd *crowd = one->crowd;
	struct tevent_req *req = NULL;
	bool unlock = one->lock.flags == SMB2_LOCKFLAG_EXCLUSIVE_LOCK;

	if (crowd->asked == crowd->locks && !unlock) {
		return;
	}
	crowd->asked += unlock ? 0 : 1;
	if (!unlock) {
		one->next = (one->next + 1) % crowd->opens;
	}
	one->lock.offset = (uint64_t)(one - crowd->ones) * 16;
	one->lock.length = 16;
	one->lock.flags =
		unlock ? SMB2_LOCKFLAG_UNLOCK : SMB2_LOCKFLAG_EXCLUSIVE_LOCK;
	req = client_lock_send(one->conn, one->files[one->next], &one->lock, 1);
	if (req == NULL) {
		die("lock", NT_STATUS_NO_MEMORY, NULL);
	}
	tevent_req_set_callback(req, locked, one);
}

static void locked(struct tevent_req *req)
{
	struct one *one = tevent_req_callback_data_void(req);
	NTSTATUS status = client_lock_recv(req);

	talloc_free(req);
	if (status != NT_STATUS_OK) {
		die("lock", status, client_why(one->conn));
	}
	if (one->lock.flags == SMB2_LOCKFLAG_UNLOCK) {
		one->crowd->answered++;
	}
	lock_next(one);
}

static void lock_all(struct crowd *crowd)
{
	for (unsigned i = 0; i < crowd->connections; i++) {
		lock_next(&crowd->ones[i]);
	}
	while (crowd->answered < crowd->locks) {
		tevent_loop_once(crowd->ev);
	}
}

/* --- going -----------------------------------------------------------------
 */

static void go(struct crowd *crowd, unsigned number)
{
	struct one *one = &crowd->ones[number];
	NTSTATUS status = NT_STATUS_OK;

	if (number % 2 == 0) {
		for (unsigned i = 0; i < crowd->opens; i++) {
			status = client_close(one->files[i]);
			if (status != NT_STATUS_OK) {
				die("close", status, client_why(one->conn));
			}
		}
		status = client_logoff(one->session);
		if (status != NT_STATUS_OK) {
			die("log off", status, client_why(one->conn));
		}
	}
	talloc_free(one->conn);
}

static unsigned number_of(const char *text)
{
	return (unsigned)strtoul(text, NULL, 10);
}

static void take_arguments(struct crowd *crowd, char **argv)
{
	char *percent = strchr(argv[5], '%');

	client_options_default(&crowd->options);
	crowd->options.server = argv[1];
	crowd->options.address = argv[2];
	crowd->options.transports = argv[3];
	crowd->options.tls.trust = TLS_TRUST_CA;
	crowd->options.tls.ca_file = argv[4];
	crowd->options.timeout_ms = 120000;
	if (percent != NULL) {
		*percent = '\0';
		crowd->credentials.password = percent + 1;
	}
	crowd->credentials.user = argv[5];
	crowd->share = argv[6];
	crowd->connections = number_of(argv[7]);
	crowd->opens = number_of(argv[8]);
	crowd->locks = number_of(argv[9]);
}

int main(int argc, char **argv)
{
	struct crowd crowd = {0};
	double began = now();

	if (argc != 10) {
		fprintf(stderr, "usage: crowd_perf SERVER ADDRESS TRANSPORT CA "
				"USER%%PASSWORD SHARE CONNECTIONS OPENS "
				"LOCKS\n");
		return 2;
	}
	take_arguments(&crowd, argv);
	crowd.ev = tevent_context_init(NULL);
	crowd.ones = talloc_zero_array(crowd.ev, struct one, crowd.connections);
	for (unsigned i = 0; i < crowd.connections; i++) {
		come(&crowd, i);
	}
	report("logons", crowd.connections, began);
	began = now();
	for (unsigned i = 0; i < crowd.connections; i++) {
		open_files(&crowd, i);
	}
	report("opens", crowd.connections * crowd.opens, began);
	began = now();
	lock_all(&crowd);
	report("locks", crowd.locks, began);
	for (unsigned i = 0; i < crowd.connections; i++) {
		go(&crowd, i);
	}
	talloc_free(crowd.ev);
	return 0;
}
