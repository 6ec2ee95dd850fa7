/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * sync_perf.c - writes that must be on disk, and how fast they are.
 *
 *	sync_perf SERVER ADDRESS TRANSPORT CA USER%PASSWORD SHARE FILE
 *		  flush|through|none RECORDS
 *
 * Writes records of 4 KiB, each full of its number, one behind the other: with
 * a FLUSH behind each, through (FILE_WRITE_THROUGH), or neither. Each one's
 * number is printed when the server has said that it is done. The first that
 * fails ends it, with a line on stderr and status 0, as when the server is
 * gone.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "client/client.h"

#define RECORD 4096

static void die(const char *what, NTSTATUS status, const char *why)
{
	fprintf(stderr, "sync_perf: %s: %s\n", what,
		why != NULL ? why : nt_errstr(status));
	exit(1);
}

static void fill(char *record, unsigned number)
{
	for (unsigned i = 0; i < RECORD / 8; i++) {
		char text[9] = "";

		snprintf(text, sizeof(text), "%07u\n", number % 10000000);
		memcpy(record + (size_t)i * 8, text, 8);
	}
}

static void write_all(struct client_file *file, bool flush, unsigned records)
{
	char record[RECORD];
	NTSTATUS status = NT_STATUS_OK;

	for (unsigned i = 0; i < records && status == NT_STATUS_OK; i++) {
		fill(record, i);
		status = client_write(file, (uint64_t)i * RECORD, record,
				      RECORD);
		if (status == NT_STATUS_OK && flush) {
			status = client_flush(file);
		}
		if (status == NT_STATUS_OK) {
			printf("%u\n", i);
			fflush(stdout);
		}
	}
	if (status != NT_STATUS_OK) {
		fprintf(stderr, "sync_perf: %s\n", nt_errstr(status));
	}
}

int main(int argc, char **argv)
{
	struct tevent_context *ev = tevent_context_init(NULL);
	struct client_options options = {0};
	struct client_credentials credentials = {0};
	struct client_open how = {0};
	struct client_conn *conn = NULL;
	struct client_session *session = NULL;
	struct client_tree *tree = NULL;
	struct client_file *file = NULL;
	char *why = NULL;
	NTSTATUS status = NT_STATUS_OK;

	if (argc != 10 || strchr(argv[5], '%') == NULL) {
		fprintf(stderr, "usage: sync_perf SERVER ADDRESS TRANSPORT CA "
				"USER%%PASSWORD SHARE FILE flush|through|none "
				"RECORDS\n");
		return 2;
	}
	client_options_default(&options);
	options.server = argv[1];
	options.address = argv[2];
	options.transports = argv[3];
	options.tls.trust = TLS_TRUST_CA;
	options.tls.ca_file = argv[4];
	credentials.password = strchr(argv[5], '%') + 1;
	*strchr(argv[5], '%') = '\0';
	credentials.user = argv[5];
	client_open_default(&how);
	how.access = FILE_READ_DATA | FILE_WRITE_DATA;
	how.disposition = FILE_OPEN_IF;
	how.options = strcmp(argv[8], "through") == 0 ? FILE_WRITE_THROUGH : 0;
	status = client_connect(ev, ev, &options, &conn, &why);
	if (status != NT_STATUS_OK) {
		die("connect", status, why);
	}
	status = client_session_setup(conn, conn, &credentials, &session);
	if (status == NT_STATUS_OK) {
		status = client_tree_connect(conn, session, argv[6], &tree);
	}
	if (status == NT_STATUS_OK) {
		status = client_open(conn, tree, argv[7], &how, &file, NULL);
	}
	if (status != NT_STATUS_OK) {
		die("open", status, client_why(conn));
	}
	write_all(file, strcmp(argv[8], "flush") == 0,
		  (unsigned)strtoul(argv[9], NULL, 10));
	talloc_free(ev);
	return 0;
}
