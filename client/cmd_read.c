/* SPDX-License-Identifier: GPL-3.0-or-later */
/* cat, head, tail: files of the server on standard output. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "client/cmd_list.h"
#include "client/shell_transfer.h"
#include "smbquic/alarm.h"

#define BLOCK	  65536
#define LINES	  10
#define FOLLOW_MS 500
#define COUNT_MAX ((uint64_t)1 << 62)

void cmd_cat(struct shell *shell, int argc, char **argv)
{
	struct transfer t = shell_transfer_new(shell, NULL);
	int i = 0;

	fflush(shell->out);
	for (i = 1; i < argc && !shell->interrupted; i++) {
		char *remote = shell_path(shell, shell, argv[i]);
		struct transfer_result result =
			shell_transfer_wait(&t, false, remote, TRANSFER_STDIO);

		if (!NT_STATUS_IS_OK(result.status)) {
			shell_transfer_fail(shell, &result, remote,
					    "standard output");
		}
		talloc_free(remote);
	}
}

/* ------------------------------------------------------------ head and tail */

struct part {
	bool bytes; /* -c, else lines */
	bool follow;
	uint64_t count;
	const char *name;
};

/* "-n 5", "-n5", "-5", "-c 100", "-f". @return false: said what is wrong. */
static bool parse_part(struct shell *shell, int argc, char **argv,
		       struct part *out)
{
	int i = 0;

	*out = (struct part){.count = LINES};
	for (i = 1; i < argc; i++) {
		const char *arg = argv[i];
		char *end = NULL;

		if (*arg != '-' || arg[1] == '\0') {
			if (out->name != NULL) {
				shell_fail_text(shell, "%s: one file at a time",
						argv[0]);
				return false;
			}
			out->name = arg;
			continue;
		}
		if (strcmp(arg, "-f") == 0 && strcmp(argv[0], "tail") == 0) {
			out->follow = true;
			continue;
		}
		out->bytes = arg[1] == 'c';
		arg += arg[1] == 'c' || arg[1] == 'n' ? 2 : 1;
		if (*arg == '\0' && i + 1 < argc) {
			arg = argv[++i];
		}
		errno = 0;
		out->count = strtoull(arg, &end, 10);
		if (errno != 0 || *arg < '0' || *arg > '9' || *end != '\0' ||
		    out->count > COUNT_MAX) {
			shell_fail_text(shell, "%s: not a number: %s", argv[0],
					arg);
			return false;
		}
	}
	if (out->name == NULL) {
		shell_fail_text(shell, "%s: which file?", argv[0]);
	}
	return out->name != NULL;
}

struct reader {
	struct shell *shell;
	char *path;
	struct client_file *file;
	uint64_t size;
	uint8_t buf[BLOCK];
};

static struct reader *reader_open(struct shell *shell, const char *name)
{
	struct reader *r = shell_need(talloc_zero(shell, struct reader));
	struct client_open how = {0};
	struct client_stat stat = {0};
	NTSTATUS status = NT_STATUS_OK;

	r->shell = shell;
	r->path = shell_path(r, shell, name);
	client_open_default(&how);
	how.options = FILE_NON_DIRECTORY_FILE;
	status = client_open(r, shell->tree, r->path, &how, &r->file, &stat);
	if (!NT_STATUS_IS_OK(status)) {
		shell_fail(shell, status, "\\%s", r->path);
		talloc_free(r);
		return NULL;
	}
	r->size = stat.size;
	return r;
}

/* @return bytes read into r->buf; 0: the end, or it failed, which was said. */
static size_t reader_get(struct reader *r, uint64_t offset, size_t len)
{
	size_t done = 0;
	NTSTATUS status = NT_STATUS_OK;

	if (r->shell->interrupted) {
		return 0;
	}
	status = client_read(r->file, offset, r->buf, len < BLOCK ? len : BLOCK,
			     &done);
	if (!NT_STATUS_IS_OK(status) && status != NT_STATUS_END_OF_FILE) {
		shell_fail(r->shell, status, "\\%s", r->path);
		return 0;
	}
	return done;
}

static bool put(struct shell *shell, const uint8_t *data, size_t len)
{
	if (fwrite(data, 1, len, stdout) != len || fflush(stdout) != 0) {
		shell_fail_errno(shell, errno, "standard output");
		return false;
	}
	return true;
}

void cmd_head(struct shell *shell, int argc, char **argv)
{
	struct part part = {0};
	struct reader *r = NULL;
	uint64_t offset = 0;
	size_t len = 0;
	size_t i = 0;

	if (!parse_part(shell, argc, argv, &part)) {
		return;
	}
	r = reader_open(shell, part.name);
	while (r != NULL && part.count > 0) {
		len = reader_get(r, offset, BLOCK);
		for (i = 0; i < len && part.count > 0; i++) {
			part.count -= part.bytes || r->buf[i] == '\n' ? 1 : 0;
		}
		offset += i;
		if (len == 0 || !put(shell, r->buf, i)) {
			break;
		}
	}
	talloc_free(r);
}

/* Where the last count lines begin: the file is looked at from its end. */
static uint64_t find_lines(struct reader *r, uint64_t count)
{
	uint64_t end = r->size;
	uint64_t begin = 0;
	size_t len = 0;

	if (count == 0) {
		return r->size;
	}
	while (end > 0) {
		begin = end > BLOCK ? end - BLOCK : 0;
		len = reader_get(r, begin, (size_t)(end - begin));
		if (len != end - begin) {
			return r->size; /* said so, or it has shrunk */
		}
		while (len > 0) {
			len--;
			/* the last line's own end does not count */
			if (r->buf[len] == '\n' && begin + len + 1 < r->size &&
			    --count == 0) {
				return begin + len + 1;
			}
		}
		end = begin;
	}
	return 0;
}

/* All from offset to the end. @return where that is; UINT64_MAX: it failed. */
static uint64_t put_rest(struct reader *r, uint64_t offset)
{
	size_t len = 0;

	for (;;) {
		len = reader_get(r, offset, BLOCK);
		if (len == 0) {
			return r->shell->failed ? UINT64_MAX : offset;
		}
		if (!put(r->shell, r->buf, len)) {
			return UINT64_MAX;
		}
		offset += len;
	}
}

/* What is added, until ^C. */
static void follow(struct reader *r, uint64_t offset)
{
	struct shell *shell = r->shell;
	struct tevent_req *req = NULL;
	struct client_stat stat = {0};
	NTSTATUS status = NT_STATUS_OK;

	while (offset != UINT64_MAX && !shell->interrupted) {
		req = shell_need(alarm_wait_send(r, shell->ev, FOLLOW_MS));
		status = shell_wait(shell, req);
		talloc_free(req);
		if (NT_STATUS_IS_OK(status)) {
			status = client_stat(shell->tree, r->path, &stat);
		}
		if (!NT_STATUS_IS_OK(status)) {
			if (status != NT_STATUS_CANCELLED) {
				shell_fail(shell, status, "\\%s", r->path);
			}
			return;
		}
		if (stat.size < offset) {
			shell_say(shell, "\\%s: it has been cut", r->path);
			offset = 0;
		}
		if (stat.size > offset) {
			offset = put_rest(r, offset);
		}
	}
}

void cmd_tail(struct shell *shell, int argc, char **argv)
{
	struct part part = {0};
	struct reader *r = NULL;
	uint64_t offset = 0;

	if (!parse_part(shell, argc, argv, &part)) {
		return;
	}
	r = reader_open(shell, part.name);
	if (r == NULL) {
		return;
	}
	if (!part.bytes) {
		offset = find_lines(r, part.count);
	} else if (part.count < r->size) {
		offset = r->size - part.count;
	}
	offset = shell->failed ? UINT64_MAX : put_rest(r, offset);
	if (part.follow) {
		follow(r, offset);
	}
	talloc_free(r);
}
