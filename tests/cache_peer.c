/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * cache_peer.c - a client that keeps what it reads and writes, told by its
 * standard input what to do, line by line, with its event loop running all the
 * while, so that it gives back what a server takes away.
 *
 *	cache_peer SERVER ADDRESS TRANSPORT CA USER%PASSWORD SHARE FILE
 *
 *	read OFFSET LENGTH	print the bytes
 *	sum OFFSET LENGTH	print a sum of them, read 5000 at a time
 *	write OFFSET TEXT
 *	fill OFFSET LENGTH	with what sum knows, 5000 at a time
 *	resize LENGTH
 *	lease			print what is held of it
 *	lock OFFSET LENGTH	exclusively, at once
 *	flush, close, quit
 *
 * and, with folders kept after the first of these,
 *
 *	folders yes|no		keep them, or no longer
 *	list FOLDER		how many names, and whether the server was asked
 *	stat PATH		its size, and likewise
 *	mkdir PATH, remove PATH, rename PATH>TO, put PATH
 *	folders_held		how many, and how many breaks there were
 *
 * "told FOLDER" is printed when something has changed in it. Each prints a line
 * that begins with "= ". The file is made if it is not there, and shared with
 * all.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "client/cache.h"
#include "client/dir_cache.h"

#define STEP 5000

struct peer {
	struct tevent_context *ev;
	struct client_conn *conn;
	struct client_session *session;
	struct client_tree *tree;
	struct client_cache *cache;
	char input[4096];
	size_t len;
	bool ended;
};

static void die(const char *what, NTSTATUS status, const char *why)
{
	fprintf(stderr, "cache_peer: %s: %s\n", what,
		why != NULL ? why : nt_errstr(status));
	exit(1);
}

static void log_on(struct peer *peer, char **argv)
{
	struct client_options options = {0};
	struct client_credentials credentials = {0};
	struct client_open how = {0};
	char *why = NULL;
	NTSTATUS status = NT_STATUS_OK;

	client_options_default(&options);
	options.server = argv[1];
	options.address = argv[2];
	options.transports = argv[3];
	options.tls.trust = TLS_TRUST_CA;
	options.tls.ca_file = argv[4];
	options.protection = CLIENT_PROTECTION_OFF;
	options.reconnect_ms = 60000;
	credentials.user = strtok_r(argv[5], "%", &argv[5]);
	credentials.password = argv[5];
	status =
		client_connect(peer->ev, peer->ev, &options, &peer->conn, &why);
	if (NT_STATUS_IS_OK(status)) {
		status = client_session_setup(peer->ev, peer->conn,
					      &credentials, &peer->session);
	}
	if (NT_STATUS_IS_OK(status)) {
		status = client_tree_connect(peer->ev, peer->session, argv[6],
					     &peer->tree);
	}
	client_open_default(&how);
	how.access = FILE_GENERIC_READ | FILE_GENERIC_WRITE;
	how.disposition = FILE_OPEN_IF;
	if (NT_STATUS_IS_OK(status)) {
		status = client_cache_open(peer->ev, peer->tree, argv[7], &how,
					   NULL, &peer->cache, NULL);
	}
	if (!NT_STATUS_IS_OK(status)) {
		die(argv[7], status, why);
	}
}

/* What fill writes at an offset. */
static uint8_t byte_at(uint64_t offset)
{
	return (uint8_t)(offset * 31 + offset / 1021);
}

static NTSTATUS fill(struct peer *peer, uint64_t offset, uint64_t len)
{
	static uint8_t buf[STEP];
	NTSTATUS status = NT_STATUS_OK;
	size_t n = 0;
	size_t i = 0;

	for (; NT_STATUS_IS_OK(status) && len > 0; offset += n, len -= n) {
		n = len < STEP ? (size_t)len : STEP;
		for (i = 0; i < n; i++) {
			buf[i] = byte_at(offset + i);
		}
		status = client_cache_write(peer->cache, offset, buf, n);
	}
	return status;
}

static NTSTATUS sum(struct peer *peer, uint64_t offset, uint64_t len)
{
	static uint8_t buf[STEP];
	uint64_t wrong = 0;
	NTSTATUS status = NT_STATUS_OK;
	uint64_t at = offset;
	size_t n = 1;
	size_t i = 0;

	while (NT_STATUS_IS_OK(status) && n > 0 && at < offset + len) {
		n = offset + len - at < STEP ? (size_t)(offset + len - at)
					     : STEP;
		status = client_cache_read(peer->cache, at, buf, n, &n);
		for (i = 0; i < n; i++) {
			wrong += buf[i] != byte_at(at + i);
		}
		at += n;
	}
	printf("= sum %" PRIu64 " bytes, %" PRIu64 " wrong\n", at - offset,
	       wrong);
	return status;
}

static NTSTATUS show(struct peer *peer, uint64_t offset, size_t len)
{
	static char buf[STEP];
	size_t done = 0;
	NTSTATUS status = client_cache_read(peer->cache, offset, buf,
					    len < STEP ? len : STEP, &done);

	printf("= read %.*s\n", (int)done, buf);
	return status;
}

static NTSTATUS lock(struct peer *peer, uint64_t offset, uint64_t len)
{
	const struct smb2_lock_element element = {
		.offset = offset,
		.length = len,
		.flags = SMB2_LOCKFLAG_EXCLUSIVE_LOCK |
			 SMB2_LOCKFLAG_FAIL_IMMEDIATELY,
	};

	return client_lock(client_cache_file(peer->cache), &element, 1);
}

static void show_lease(struct peer *peer)
{
	uint32_t lease = client_file_lease(client_cache_file(peer->cache));

	printf("= lease %s%s%s\n",
	       (lease & SMB2_LEASE_READ_CACHING) != 0 ? "R" : "-",
	       (lease & SMB2_LEASE_WRITE_CACHING) != 0 ? "W" : "-",
	       (lease & SMB2_LEASE_HANDLE_CACHING) != 0 ? "H" : "-");
}

/* ----------------------------------------------------------------- folders */

static void told(struct client_tree *tree, const char *folder,
		 void *private_data)
{
	(void)tree;
	(void)private_data;
	printf("told %s\n", folder);
	fflush(stdout);
}

static NTSTATUS folders(struct peer *peer, const char *word)
{
	struct client_dir_cache_options options = {0};
	NTSTATUS status = NT_STATUS_OK;

	client_dir_cache_default(&options);
	status = client_tree_cache(peer->tree,
				   strcmp(word, "yes") == 0 ? &options : NULL);
	client_dir_on_change(peer->tree, told, peer);
	return status;
}

static struct client_dir_figures folder_figures(const struct peer *peer)
{
	struct client_dir_figures figures = {0};

	client_dir_figures(peer->tree, &figures);
	return figures;
}

static const char *from_here(const struct peer *peer, uint64_t hits_before)
{
	return folder_figures(peer).hits > hits_before ? "from here" : "asked";
}

static size_t names_in(const struct client_dir_list *list)
{
	size_t count = 0;
	size_t i = 0;

	for (i = 0; i < list->count; i++) {
		count += strcmp(list->entry[i].name, ".") != 0 &&
			 strcmp(list->entry[i].name, "..") != 0;
	}
	return count;
}

static void list_folder(struct peer *peer, const char *path)
{
	uint64_t hits = folder_figures(peer).hits;
	struct client_dir_list *list = NULL;
	struct tevent_req *req =
		client_list_send(peer->ev, peer->tree, path, "*");
	NTSTATUS status = client_wait(peer->conn, req);

	if (NT_STATUS_IS_OK(status)) {
		status = client_list_recv(req, peer->ev, &list);
	}
	talloc_free(req);
	if (NT_STATUS_IS_OK(status)) {
		printf("= %zu names, %s\n", names_in(list),
		       from_here(peer, hits));
	} else {
		printf("= %s\n", nt_errstr(status));
	}
	talloc_free(list);
}

static void show_stat(struct peer *peer, const char *path)
{
	uint64_t hits = folder_figures(peer).hits;
	struct client_stat stat = {0};
	struct tevent_req *req = client_stat_send(peer->ev, peer->tree, path);
	NTSTATUS status = client_wait(peer->conn, req);

	if (NT_STATUS_IS_OK(status)) {
		status = client_stat_recv(req, &stat);
	}
	talloc_free(req);
	if (NT_STATUS_IS_OK(status)) {
		printf("= %" PRIu64 " bytes, %s\n", stat.size,
		       from_here(peer, hits));
	} else {
		printf("= %s, %s\n", nt_errstr(status), from_here(peer, hits));
	}
}

/* Five bytes more, at the beginning. */
static NTSTATUS put(struct peer *peer, const char *path)
{
	struct client_file *file = NULL;
	struct client_open how = {0};
	NTSTATUS status = NT_STATUS_OK;

	client_open_default(&how);
	how.access = FILE_GENERIC_WRITE;
	how.disposition = FILE_OPEN_IF;
	status = client_open(peer->ev, peer->tree, path, &how, &file, NULL);
	if (NT_STATUS_IS_OK(status)) {
		status = client_write(file, 0, "hello", 5);
	}
	if (NT_STATUS_IS_OK(status)) {
		status = client_close(file);
	}
	talloc_free(file);
	return status;
}

static void show_folders(struct peer *peer)
{
	struct client_dir_figures figures = folder_figures(peer);

	printf("= %u folders, %" PRIu64 " breaks\n", figures.folders,
	       figures.breaks);
}

/* @return false: it is no word about folders. */
static bool run_folder(struct peer *peer, const char *word, char *path)
{
	NTSTATUS status = NT_STATUS_OK;
	char *to = strchr(path, '>');

	if (to != NULL) {
		*to++ = '\0';
	}
	if (strcmp(word, "list") == 0) {
		list_folder(peer, path);
		return true;
	}
	if (strcmp(word, "stat") == 0) {
		show_stat(peer, path);
		return true;
	}
	if (strcmp(word, "folders_held") == 0) {
		show_folders(peer);
		return true;
	}
	if (strcmp(word, "folders") == 0) {
		status = folders(peer, path);
	} else if (strcmp(word, "mkdir") == 0) {
		status = client_mkdir(peer->tree, path);
	} else if (strcmp(word, "remove") == 0) {
		status = client_remove(peer->tree, path, 0);
	} else if (strcmp(word, "rename") == 0 && to != NULL) {
		status = client_rename(peer->tree, path, to, false);
	} else if (strcmp(word, "put") == 0) {
		status = put(peer, path);
	} else {
		return false;
	}
	printf("= %s %s\n", word, nt_errstr(status));
	return true;
}

static void run(struct peer *peer, char *line)
{
	char *space = strchr(line, ' ');
	char word[16] = "";
	char text[256] = "";
	uint64_t offset = 0;
	uint64_t len = 0;
	NTSTATUS status = NT_STATUS_OK;

	sscanf(line, "%15s %" SCNu64 " %255s", word, &offset, text);
	len = strtoull(text, NULL, 10);
	if (run_folder(peer, word, space != NULL ? space + 1 : line)) {
		fflush(stdout);
		return;
	}
	if (strcmp(word, "read") == 0) {
		status = show(peer, offset, (size_t)len);
	} else if (strcmp(word, "sum") == 0) {
		status = sum(peer, offset, len);
	} else if (strcmp(word, "lease") == 0) {
		show_lease(peer);
	} else if (strcmp(word, "quit") == 0) {
		peer->ended = true;
	} else {
		if (strcmp(word, "write") == 0) {
			status = client_cache_write(peer->cache, offset, text,
						    strlen(text));
		} else if (strcmp(word, "fill") == 0) {
			status = fill(peer, offset, len);
		} else if (strcmp(word, "resize") == 0) {
			status = client_cache_resize(peer->cache, offset);
		} else if (strcmp(word, "lock") == 0) {
			status = lock(peer, offset, len);
		} else if (strcmp(word, "flush") == 0) {
			status = client_cache_flush(peer->cache);
		} else if (strcmp(word, "close") == 0) {
			status = client_cache_close(peer->cache);
		} else {
			status = NT_STATUS_INVALID_PARAMETER;
		}
		printf("= %s %s\n", word, nt_errstr(status));
		fflush(stdout);
		return;
	}
	if (!NT_STATUS_IS_OK(status)) {
		printf("%s: %s\n", word, nt_errstr(status));
	}
	fflush(stdout);
}

static void input(struct tevent_context *ev, struct tevent_fd *fde,
		  uint16_t flags, void *private_data)
{
	struct peer *peer = private_data;
	ssize_t n = read(STDIN_FILENO, peer->input + peer->len,
			 sizeof(peer->input) - peer->len);

	(void)ev;
	(void)flags;
	if (n <= 0) {
		peer->ended = true;
		tevent_fd_set_flags(fde, 0);
		return;
	}
	peer->len += (size_t)n;
}

int main(int argc, char **argv)
{
	struct peer peer = {.ev = tevent_context_init(NULL)};
	char *end = NULL;

	if (argc != 8) {
		fprintf(stderr, "usage: cache_peer SERVER ADDRESS TRANSPORT CA "
				"USER%%PASSWORD SHARE FILE\n");
		return 2;
	}
	log_on(&peer, argv);
	show_lease(&peer);
	fflush(stdout);
	tevent_add_fd(peer.ev, peer.ev, STDIN_FILENO, TEVENT_FD_READ, input,
		      &peer);
	while (!peer.ended) {
		tevent_loop_once(peer.ev);
		end = memchr(peer.input, '\n', peer.len);
		while (end != NULL) {
			*end++ = '\0';
			run(&peer, peer.input);
			peer.len -= (size_t)(end - peer.input);
			memmove(peer.input, end, peer.len);
			end = memchr(peer.input, '\n', peer.len);
		}
	}
	talloc_free(peer.cache);
	talloc_free(peer.tree);
	talloc_free(peer.session);
	talloc_free(peer.conn);
	talloc_free(peer.ev);
	return 0;
}
