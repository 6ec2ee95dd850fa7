/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Are a local file and one of the server byte by byte the same? */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "client/client_req.h"
#include "client/shell_transfer.h"

struct same_state {
	const struct transfer *t;
	const char *remote;
	int fd;
	uint64_t size;
	struct client_file *file;
	struct copy_end here; /* compares what is written to it */
	bool same;
};

static void same_opened(struct tevent_req *subreq);
static void same_compared(struct tevent_req *subreq);

static int same_destructor(struct same_state *state)
{
	if (state->fd >= 0) {
		close(state->fd);
	}
	return 0;
}

/* ----------------------------------------------------------- the pump's end */

struct compare_state {
	uint8_t unused;
};

static bool block_is_here(int fd, const struct copy_block *block)
{
	uint8_t buf[16384];
	size_t done = 0;
	size_t part = 0;

	while (done < block->len) {
		part = block->len - done;
		part = part < sizeof(buf) ? part : sizeof(buf);
		if (pread(fd, buf, part, (off_t)(block->offset + done)) !=
			    (ssize_t)part ||
		    memcmp(buf, block->data + done, part) != 0) {
			return false;
		}
		done += part;
	}
	return true;
}

static struct tevent_req *compare_send(TALLOC_CTX *mem_ctx,
				       struct tevent_context *ev,
				       struct copy_end *end,
				       struct copy_block *block)
{
	const struct same_state *same = end->private_data;
	struct compare_state *state = NULL;
	struct tevent_req *req =
		tevent_req_create(mem_ctx, &state, struct compare_state);
	bool good = block_is_here(same->fd, block);

	talloc_free(block);
	if (req == NULL) {
		return NULL;
	}
	if (good) {
		tevent_req_done(req);
	} else {
		/* the rest need not be fetched */
		req_failed(req, NT_STATUS_UNSUCCESSFUL);
	}
	return tevent_req_post(req, ev);
}

static const struct copy_end_ops compare_ops = {
	.kind = "comparison",
	.write_send = compare_send,
	.write_recv = req_simple_recv,
};

/* ------------------------------------------------------------------ request */

struct tevent_req *shell_same_send(TALLOC_CTX *mem_ctx,
				   const struct transfer *t, const char *remote,
				   const char *local)
{
	struct same_state *state = NULL;
	struct tevent_req *subreq = NULL;
	struct client_open how = {0};
	struct stat st = {0};
	struct tevent_req *req =
		tevent_req_create(mem_ctx, &state, struct same_state);

	if (req == NULL) {
		return NULL;
	}
	state->t = t;
	state->fd = local_open(local, O_RDONLY);
	talloc_set_destructor(state, same_destructor);
	state->remote = talloc_strdup(state, remote);
	if (tevent_req_nomem(state->remote, req)) {
		return tevent_req_post(req, t->ev);
	}
	if (state->fd < 0 || fstat(state->fd, &st) != 0 ||
	    !S_ISREG(st.st_mode)) {
		tevent_req_done(req); /* it is not */
		return tevent_req_post(req, t->ev);
	}
	state->size = (uint64_t)st.st_size;
	state->here.ops = &compare_ops;
	state->here.name = local;
	state->here.private_data = state;
	client_open_default(&how);
	how.options = FILE_NON_DIRECTORY_FILE | FILE_SEQUENTIAL_ONLY;
	subreq = client_open_send(state, t->tree, remote, &how);
	if (tevent_req_nomem(subreq, req)) {
		return tevent_req_post(req, t->ev);
	}
	tevent_req_set_callback(subreq, same_opened, req);
	return req;
}

static void same_opened(struct tevent_req *subreq)
{
	struct tevent_req *req =
		tevent_req_callback_data(subreq, struct tevent_req);
	struct same_state *state = tevent_req_data(req, struct same_state);
	struct copy_limits limits = state->t->limits;
	struct client_stat stat = {0};
	NTSTATUS status = client_open_recv(subreq, state, &state->file, &stat);

	talloc_free(subreq);
	if (!NT_STATUS_IS_OK(status) || stat.size != state->size) {
		tevent_req_done(req);
		return;
	}
	if (stat.size <= TRANSFER_SMALL) {
		limits.rate = NULL; /* it was asked before we began */
	}
	subreq = copy_send(
		state, state->t->ev,
		copy_remote(state, state->file, state->remote, stat.size),
		&state->here, 0, &limits, NULL, NULL);
	if (tevent_req_nomem(subreq, req)) {
		return;
	}
	tevent_req_set_callback(subreq, same_compared, req);
}

static void same_compared(struct tevent_req *subreq)
{
	struct tevent_req *req =
		tevent_req_callback_data(subreq, struct tevent_req);
	struct same_state *state = tevent_req_data(req, struct same_state);
	uint64_t compared = 0;
	NTSTATUS status = copy_recv(subreq, &compared, NULL);

	talloc_free(subreq);
	state->same = NT_STATUS_IS_OK(status) && compared == state->size;
	tevent_req_done(req);
}

bool shell_same_recv(struct tevent_req *req)
{
	struct same_state *state = tevent_req_data(req, struct same_state);
	bool same = NT_STATUS_IS_OK(req_status(req)) && state->same;

	tevent_req_received(req);
	return same;
}
