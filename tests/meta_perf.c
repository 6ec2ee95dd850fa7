/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * meta_perf.c - how many small operations a server does in a second.
 *
 *	meta_perf -p PORT -U USER -P PASSWORD [-h HOST] [-s SECONDS] SHARE
 *	          WHAT...
 *
 * WHAT is
 *	prepare   what the others need: perf/files of the share, perf/data
 *	opens     open and close one of 1000 files, 16 at a time
 *	stats     open, query and close in one message, 16 at a time
 *	entries   list a folder of 5000 files
 *	reads     4 KiB somewhere in a file of 64 MiB, 32 at a time
 *	creates   make a new file of 100 bytes, 8 at a time
 * and each prints its name and a number per second.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "client/client.h"
#include "smbquic/smb2.h"

#define NUM_FILES   1000
#define NUM_ENTRIES 5000
#define DATA_SIZE   (64 << 20)
#define READ_SIZE   4096
#define SMALL	    100
#define OPTIONS	    "h:p:U:P:s:"

struct perf {
	struct tevent_context *ev;
	struct client_conn *conn;
	struct client_tree *tree;
	struct client_file *data;
	unsigned seconds, in_flight;
	uint64_t began, done; /* operations */
	double until;
	uint32_t random;
	const struct work *work;
};

/* One operation, over and over. */
struct slot {
	struct perf *perf;
	struct client_file *file;
	char path[64];
};

struct work {
	const char *name;
	unsigned in_flight;
	void (*begin)(struct slot *slot);
};

static void slot_next(struct slot *slot);

static double now(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (double)ts.tv_sec + (double)ts.tv_nsec / 1e9;
}

static void check(const char *what, NTSTATUS status)
{
	if (!NT_STATUS_IS_OK(status)) {
		fprintf(stderr, "meta_perf: %s: %s\n", what, nt_errstr(status));
		exit(1);
	}
}

static struct tevent_req *begun(struct tevent_req *req)
{
	if (req == NULL) {
		fprintf(stderr, "meta_perf: out of memory\n");
		exit(1);
	}
	return req;
}

/* xorshift: the same places for everybody */
static uint32_t next_random(struct perf *perf)
{
	perf->random ^= perf->random << 13;
	perf->random ^= perf->random >> 17;
	perf->random ^= perf->random << 5;
	return perf->random;
}

static void some_file(struct slot *slot)
{
	snprintf(slot->path, sizeof(slot->path), "perf\\files\\file%u",
		 (unsigned)(next_random(slot->perf) % NUM_FILES));
}

/* --- the operations ------------------------------------------------------ */

static void closed(struct tevent_req *subreq)
{
	struct slot *slot = tevent_req_callback_data(subreq, struct slot);

	check("close", client_close_recv(subreq));
	talloc_free(subreq);
	TALLOC_FREE(slot->file);
	slot_next(slot);
}

static void close_file(struct slot *slot)
{
	tevent_req_set_callback(begun(client_close_send(slot, slot->file)),
				closed, slot);
}

static void opened(struct tevent_req *subreq)
{
	struct slot *slot = tevent_req_callback_data(subreq, struct slot);

	check("open", client_open_recv(subreq, slot, &slot->file, NULL));
	talloc_free(subreq);
	close_file(slot);
}

static void begin_open(struct slot *slot)
{
	struct client_open how;

	some_file(slot);
	client_open_default(&how);
	tevent_req_set_callback(begun(client_open_send(slot, slot->perf->tree,
						       slot->path, &how)),
				opened, slot);
}

static void stat_done(struct tevent_req *subreq)
{
	struct slot *slot = tevent_req_callback_data(subreq, struct slot);
	struct client_stat st;

	check("stat", client_stat_recv(subreq, &st));
	talloc_free(subreq);
	slot_next(slot);
}

static void begin_stat(struct slot *slot)
{
	some_file(slot);
	tevent_req_set_callback(
		begun(client_stat_send(slot, slot->perf->tree, slot->path)),
		stat_done, slot);
}

static void listed(struct tevent_req *subreq)
{
	struct slot *slot = tevent_req_callback_data(subreq, struct slot);
	struct client_dir_list *list = NULL;

	check("list", client_list_recv(subreq, slot, &list));
	talloc_free(subreq);
	slot->perf->done += list->count - 1;
	talloc_free(list);
	slot_next(slot);
}

static void begin_list(struct slot *slot)
{
	tevent_req_set_callback(begun(client_list_send(slot, slot->perf->tree,
						       "perf\\entries", "*")),
				listed, slot);
}

static void was_read(struct tevent_req *subreq)
{
	struct slot *slot = tevent_req_callback_data(subreq, struct slot);
	TALLOC_CTX *owner = NULL;
	struct wire_slice data = {0};

	check("read", client_read_recv(subreq, slot, &owner, &data));
	if (data.len != READ_SIZE) {
		fprintf(stderr, "meta_perf: a short read\n");
		exit(1);
	}
	talloc_free(subreq);
	talloc_free(owner);
	slot_next(slot);
}

static void begin_read(struct slot *slot)
{
	uint64_t block = next_random(slot->perf) % (DATA_SIZE / READ_SIZE);

	tevent_req_set_callback(
		begun(client_read_send(slot, slot->perf->data,
				       block * READ_SIZE, READ_SIZE)),
		was_read, slot);
}

static void written(struct tevent_req *subreq)
{
	struct slot *slot = tevent_req_callback_data(subreq, struct slot);
	size_t done = 0;

	check("write", client_write_recv(subreq, &done));
	talloc_free(subreq);
	close_file(slot);
}

static void created(struct tevent_req *subreq)
{
	static const uint8_t text[SMALL];
	struct slot *slot = tevent_req_callback_data(subreq, struct slot);

	check("create", client_open_recv(subreq, slot, &slot->file, NULL));
	talloc_free(subreq);
	tevent_req_set_callback(
		begun(client_write_send(slot, slot->file, 0,
					wire_slice(text, sizeof(text)), NULL)),
		written, slot);
}

static void begin_create(struct slot *slot)
{
	struct client_open how;

	client_open_default(&how);
	how.access = FILE_GENERIC_READ | FILE_GENERIC_WRITE;
	how.disposition = FILE_CREATE;
	snprintf(slot->path, sizeof(slot->path), "perf\\new\\%ld-%llu",
		 (long)getpid(), (unsigned long long)slot->perf->began);
	tevent_req_set_callback(begun(client_open_send(slot, slot->perf->tree,
						       slot->path, &how)),
				created, slot);
}

static const struct work works[] = {
	{"opens", 16, begin_open},    {"stats", 16, begin_stat},
	{"entries", 1, begin_list},   {"reads", 32, begin_read},
	{"creates", 8, begin_create},
};

/* --- running ------------------------------------------------------------- */

static void slot_begin(struct slot *slot)
{
	slot->perf->began++;
	slot->perf->in_flight++;
	slot->perf->work->begin(slot);
}

static void slot_next(struct slot *slot)
{
	struct perf *perf = slot->perf;

	perf->done++;
	perf->in_flight--;
	if (now() < perf->until) {
		slot_begin(slot);
	}
}

static void run(struct perf *perf, const struct work *work)
{
	TALLOC_CTX *slots = talloc_new(perf);
	double start = now();
	unsigned i = 0;

	perf->work = work;
	perf->done = 0;
	perf->until = start + perf->seconds;
	for (i = 0; i < work->in_flight; i++) {
		struct slot *slot = talloc_zero(slots, struct slot);

		slot->perf = perf;
		slot_begin(slot);
	}
	while (perf->in_flight > 0) {
		tevent_loop_once(perf->ev);
	}
	printf("%s %.0f\n", work->name, (double)perf->done / (now() - start));
	fflush(stdout);
	talloc_free(slots);
}

/* --- what is there ------------------------------------------------------- */

static void make_files(struct perf *perf, const char *dir, unsigned count)
{
	struct client_open how;
	unsigned i = 0;

	check("mkdir", client_mkdir(perf->tree, dir));
	client_open_default(&how);
	how.access = FILE_GENERIC_WRITE;
	how.disposition = FILE_OPEN_IF;
	for (i = 0; i < count; i++) {
		struct client_file *file = NULL;
		char path[64];

		snprintf(path, sizeof(path), "%s\\file%u", dir, i);
		check(path,
		      client_open(perf, perf->tree, path, &how, &file, NULL));
		check(path, client_close(file));
		talloc_free(file);
	}
}

static void prepare(struct perf *perf)
{
	static uint8_t block[1 << 20];
	struct client_file *file = NULL;
	struct client_open how;
	uint64_t at = 0;

	check("mkdir", client_mkdir(perf->tree, "perf"));
	check("mkdir", client_mkdir(perf->tree, "perf\\new"));
	make_files(perf, "perf\\files", NUM_FILES);
	make_files(perf, "perf\\entries", NUM_ENTRIES);
	client_open_default(&how);
	how.access = FILE_GENERIC_WRITE;
	how.disposition = FILE_OPEN_IF;
	check("data",
	      client_open(perf, perf->tree, "perf\\data", &how, &file, NULL));
	for (at = 0; at < DATA_SIZE; at += sizeof(block)) {
		check("data", client_write(file, at, block, sizeof(block)));
	}
	check("data", client_close(file));
	talloc_free(file);
}

static void do_one(struct perf *perf, const char *what)
{
	struct client_open how;
	size_t i = 0;

	if (strcmp(what, "prepare") == 0) {
		prepare(perf);
		return;
	}
	if (perf->data == NULL) {
		client_open_default(&how);
		check("data", client_open(perf, perf->tree, "perf\\data", &how,
					  &perf->data, NULL));
	}
	for (i = 0; i < sizeof(works) / sizeof(works[0]); i++) {
		if (strcmp(works[i].name, what) == 0) {
			run(perf, &works[i]);
			return;
		}
	}
	fprintf(stderr, "meta_perf: what is %s?\n", what);
	exit(2);
}

static void log_on(struct perf *perf, const struct client_options *options,
		   const struct client_credentials *who, const char *share)
{
	struct client_session *session = NULL;
	char *why = NULL;
	NTSTATUS status =
		client_connect(perf, perf->ev, options, &perf->conn, &why);

	if (!NT_STATUS_IS_OK(status)) {
		fprintf(stderr, "meta_perf: %s\n",
			why != NULL ? why : nt_errstr(status));
		exit(1);
	}
	check("logon", client_session_setup(perf, perf->conn, who, &session));
	check(share, client_tree_connect(perf, session, share, &perf->tree));
}

static unsigned number(const char *text)
{
	char *end = NULL;
	unsigned long value = strtoul(text, &end, 10);

	if (*end != '\0' || value == 0 || value > UINT16_MAX) {
		fprintf(stderr, "meta_perf: what number is %s?\n", text);
		exit(2);
	}
	return (unsigned)value;
}

int main(int argc, char **argv)
{
	struct perf *perf = talloc_zero(NULL, struct perf);
	struct client_credentials who = {0};
	struct client_options options;
	int opt = 0;

	client_options_default(&options);
	options.server = "127.0.0.1";
	options.transports = "tcp";
	perf->seconds = 3;
	perf->random = 0x12345;
	for (opt = getopt(argc, argv, OPTIONS); opt != -1;
	     opt = getopt(argc, argv, OPTIONS)) {
		switch (opt) {
		case 'h': options.server = optarg; break;
		case 'p': options.port = (uint16_t)number(optarg); break;
		case 'U': who.user = optarg; break;
		case 'P': who.password = optarg; break;
		case 's': perf->seconds = number(optarg); break;
		default: return 2;
		}
	}
	if (optind + 2 > argc || who.user == NULL || who.password == NULL) {
		fprintf(stderr, "usage: meta_perf -p PORT -U USER -P PASSWORD "
				"[-h HOST] [-s SECONDS] SHARE WHAT...\n");
		return 2;
	}
	perf->ev = tevent_context_init(perf);
	log_on(perf, &options, &who, argv[optind]);
	for (optind++; optind < argc; optind++) {
		do_one(perf, argv[optind]);
	}
	return 0;
}
