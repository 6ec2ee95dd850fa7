/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * load_perf.c - many connections at work, and how long each operation takes.
 *
 *	load_perf SERVER ADDRESS TRANSPORT CA USER%PASSWORD SHARE
 *		  small|fill CONNECTIONS SECONDS PAUSE
 *
 * small: each opens a file of its own, reads 4 KiB of it, closes it, and waits
 * PAUSE milliseconds. fill: each writes through into a file of its own, 64 KiB
 * at a time, as many at once as the server's credits allow and at most DEEP,
 * from its beginning again after FILE_SIZE. It says "ready" when all are logged
 * on, and goes to work when it is told something, or its input ends; at the end
 * one line:
 *
 *	N operations, microseconds P50 P90 P99 P99.9 MOST; a connection A to B
 *
 * where A and B are the fewest and the most operations of one.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "client/client.h"

#define SMALL	    4096
#define PIECE	    65536
#define DEEP	    64
#define FILE_SIZE   (32u << 20)
#define MAX_SAMPLES (4u << 20)

struct load {
	struct tevent_context *ev;
	struct client_options options;
	struct client_credentials credentials;
	const char *share;
	bool fill;
	unsigned connections;
	unsigned seconds, pause_ms;
	double end;
	bool begun;
	struct one *ones;
	uint32_t *samples; /* microseconds */
	size_t count;
};

struct one {
	struct load *load;
	struct client_conn *conn;
	struct client_session *session;
	struct client_tree *tree;
	struct client_file *file;
	char name[32];
	double began;
	unsigned operations;
	uint64_t offset;
};

struct piece {
	struct one *one;
	double began;
};

static uint8_t zeros[PIECE];

static void die(const char *what, NTSTATUS status, const char *why)
{
	fprintf(stderr, "load_perf: %s: %s\n", what,
		why != NULL ? why : nt_errstr(status));
	exit(1);
}

static double now(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (double)ts.tv_sec + (double)ts.tv_nsec / 1e9;
}

static void took(struct one *one, const char *what, NTSTATUS status,
		 double began)
{
	struct load *load = one->load;

	if (status != NT_STATUS_OK) {
		die(what, status, client_why(one->conn));
	}
	one->operations++;
	if (load->count < MAX_SAMPLES) {
		load->samples[load->count++] =
			(uint32_t)((now() - began) * 1e6);
	}
}

/* --- small operations ------------------------------------------------------
 */

static void open_next(struct one *one);
static void opened(struct tevent_req *req);
static void was_read(struct tevent_req *req);
static void closed(struct tevent_req *req);

static void wait_for(struct one *one, struct tevent_req *req,
		     tevent_req_fn then)
{
	if (req == NULL) {
		die(one->name, NT_STATUS_NO_MEMORY, NULL);
	}
	one->began = now();
	tevent_req_set_callback(req, then, one);
}

static void open_next(struct one *one)
{
	struct client_open how = {0};

	client_open_default(&how);
	how.access = FILE_READ_DATA | FILE_WRITE_DATA;
	how.disposition = FILE_OPEN_IF;
	wait_for(one, client_open_send(one->conn, one->tree, one->name, &how),
		 opened);
}

static void opened(struct tevent_req *req)
{
	struct one *one = tevent_req_callback_data_void(req);
	NTSTATUS status = client_open_recv(req, one->conn, &one->file, NULL);

	talloc_free(req);
	took(one, "open", status, one->began);
	wait_for(one, client_read_send(one->conn, one->file, 0, SMALL),
		 was_read);
}

static void was_read(struct tevent_req *req)
{
	struct one *one = tevent_req_callback_data_void(req);
	TALLOC_CTX *owner = NULL;
	struct wire_slice data = {0};
	NTSTATUS status = client_read_recv(req, one->conn, &owner, &data);

	talloc_free(req);
	talloc_free(owner);
	took(one, "read", status, one->began);
	if (data.len != SMALL) {
		die("read", status, "less than was written");
	}
	wait_for(one, client_close_send(one->conn, one->file), closed);
}

static void again(struct tevent_req *req)
{
	struct one *one = tevent_req_callback_data_void(req);

	(void)tevent_wakeup_recv(req);
	talloc_free(req);
	open_next(one);
}

static void closed(struct tevent_req *req)
{
	struct one *one = tevent_req_callback_data_void(req);
	NTSTATUS status = client_close_recv(req);
	unsigned ms = one->load->pause_ms;

	talloc_free(req);
	TALLOC_FREE(one->file);
	took(one, "close", status, one->began);
	wait_for(one,
		 tevent_wakeup_send(one->conn, one->load->ev,
				    tevent_timeval_current_ofs(
					    ms / 1000, ms % 1000 * 1000)),
		 again);
}

/* --- filling the disk ------------------------------------------------------
 */

static void write_next(struct one *one);

static void written(struct tevent_req *req)
{
	struct piece *piece = tevent_req_callback_data_void(req);
	struct one *one = piece->one;
	size_t done = 0;
	NTSTATUS status = client_write_recv(req, &done);

	talloc_free(req);
	took(one, "write", status, piece->began);
	free(piece);
	write_next(one);
}

static void write_next(struct one *one)
{
	struct piece *piece = calloc(1, sizeof(*piece));
	struct tevent_req *req =
		client_write_send(one->conn, one->file, one->offset,
				  wire_slice(zeros, PIECE), NULL);

	if (piece == NULL || req == NULL) {
		die("write", NT_STATUS_NO_MEMORY, NULL);
	}
	one->offset = (one->offset + PIECE) % FILE_SIZE;
	piece->one = one;
	piece->began = now();
	tevent_req_set_callback(req, written, piece);
}

static void fill(struct one *one)
{
	struct client_open how = {0};
	NTSTATUS status = NT_STATUS_OK;

	client_open_default(&how);
	how.access = FILE_READ_DATA | FILE_WRITE_DATA;
	how.disposition = FILE_OPEN_IF;
	how.options = FILE_WRITE_THROUGH;
	status = client_open(one->conn, one->tree, one->name, &how, &one->file,
			     NULL);
	if (status != NT_STATUS_OK) {
		die("open", status, client_why(one->conn));
	}
	for (unsigned i = 0; i < DEEP; i++) {
		write_next(one);
	}
}

/* ---------------------------------------------------------------------------
 */

/* What small operations read. */
static void make_small(struct one *one)
{
	struct client_open how = {0};
	NTSTATUS status = NT_STATUS_OK;

	client_open_default(&how);
	how.access = FILE_WRITE_DATA;
	how.disposition = FILE_OVERWRITE_IF;
	status = client_open(one->conn, one->tree, one->name, &how, &one->file,
			     NULL);
	if (status == NT_STATUS_OK) {
		status = client_write(one->file, 0, zeros, SMALL);
	}
	if (status == NT_STATUS_OK) {
		status = client_close(one->file);
	}
	if (status != NT_STATUS_OK) {
		die(one->name, status, client_why(one->conn));
	}
	TALLOC_FREE(one->file);
}

static void come(struct one *one)
{
	struct load *load = one->load;
	char *why = NULL;
	NTSTATUS status = client_connect(load->ones, load->ev, &load->options,
					 &one->conn, &why);

	if (status != NT_STATUS_OK) {
		die("connect", status, why);
	}
	status = client_session_setup(one->conn, one->conn, &load->credentials,
				      &one->session);
	if (status == NT_STATUS_OK) {
		status = client_tree_connect(one->conn, one->session,
					     load->share, &one->tree);
	}
	if (status != NT_STATUS_OK) {
		die("log on", status, client_why(one->conn));
	}
}

static int by_size(const void *a, const void *b)
{
	uint32_t x = *(const uint32_t *)a;
	uint32_t y = *(const uint32_t *)b;

	return x < y ? -1 : x > y;
}

static unsigned at(const struct load *load, double part)
{
	size_t i = (size_t)((double)load->count * part);

	return load->count == 0
		       ? 0
		       : load->samples[i < load->count ? i : load->count - 1];
}

static void report(struct load *load)
{
	unsigned least = load->ones[0].operations;
	unsigned most = least;

	for (unsigned i = 0; i < load->connections; i++) {
		unsigned n = load->ones[i].operations;

		least = n < least ? n : least;
		most = n > most ? n : most;
	}
	qsort(load->samples, load->count, sizeof(*load->samples), by_size);
	printf("%zu operations, microseconds %u %u %u %u %u; "
	       "a connection %u to %u\n",
	       load->count, at(load, 0.5), at(load, 0.9), at(load, 0.99),
	       at(load, 0.999), at(load, 1), least, most);
	fflush(stdout);
}

static void told(struct tevent_context *ev, struct tevent_fd *fde,
		 uint16_t flags, void *private_data)
{
	struct load *load = private_data;

	(void)ev;
	(void)flags;
	load->begun = true;
	talloc_free(fde);
}

/* Those who are logged on stay so. */
static void wait_for_others(struct load *load)
{
	printf("ready\n");
	fflush(stdout);
	if (tevent_add_fd(load->ev, load->ev, STDIN_FILENO, TEVENT_FD_READ,
			  told, load) == NULL) {
		die("standard input", NT_STATUS_NO_MEMORY, NULL);
	}
	while (!load->begun) {
		tevent_loop_once(load->ev);
	}
}

static void work(struct load *load)
{
	for (unsigned i = 0; i < load->connections; i++) {
		load->ones[i].load = load;
		snprintf(load->ones[i].name, sizeof(load->ones[i].name),
			 "%s%d-%u", load->fill ? "fill" : "small",
			 (int)getpid(), i);
		come(&load->ones[i]);
		if (!load->fill) {
			make_small(&load->ones[i]);
		}
	}
	wait_for_others(load);
	load->end = now() + load->seconds;
	for (unsigned i = 0; i < load->connections; i++) {
		if (load->fill) {
			fill(&load->ones[i]);
		} else {
			open_next(&load->ones[i]);
		}
	}
	while (now() < load->end) {
		tevent_loop_once(load->ev);
	}
	report(load);
}

static unsigned number_of(const char *text)
{
	return (unsigned)strtoul(text, NULL, 10);
}

static void take_arguments(struct load *load, char **argv)
{
	char *percent = strchr(argv[5], '%');

	client_options_default(&load->options);
	load->options.server = argv[1];
	load->options.address = argv[2];
	load->options.transports = argv[3];
	load->options.tls.trust = TLS_TRUST_CA;
	load->options.tls.ca_file = argv[4];
	load->options.timeout_ms = 120000;
	if (percent != NULL) {
		*percent = '\0';
		load->credentials.password = percent + 1;
	}
	load->credentials.user = argv[5];
	load->share = argv[6];
	load->fill = strcmp(argv[7], "fill") == 0;
	load->connections = number_of(argv[8]);
	load->seconds = number_of(argv[9]);
	load->pause_ms = number_of(argv[10]);
}

int main(int argc, char **argv)
{
	struct load load = {0};

	if (argc != 11 || number_of(argv[8]) == 0) {
		fprintf(stderr, "usage: load_perf SERVER ADDRESS TRANSPORT CA "
				"USER%%PASSWORD SHARE small|fill CONNECTIONS "
				"SECONDS PAUSE\n");
		return 2;
	}
	take_arguments(&load, argv);
	load.ev = tevent_context_init(NULL);
	load.ones = talloc_zero_array(load.ev, struct one, load.connections);
	load.samples = talloc_array(load.ev, uint32_t, MAX_SAMPLES);
	work(&load);
	/* who is at work is let go without a word */
	exit(0);
}
