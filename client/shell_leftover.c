/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What uploads leave behind when their server dies: files with a temporary
 * name, which nobody deletes any more.
 *
 * While an upload lives it has its file open, and the file is marked to be
 * deleted. So a leftover is removed by opening it for us alone: that fails for
 * every file that somebody still writes, whoever that is. An upload that just
 * gets its name is not to be met either: ours go when nothing was written for
 * ten minutes, those of others when they are a day old.
 */
#include <inttypes.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "client/client_req.h"
#include "client/shell_transfer.h"
#include "smbquic/crypto.h"

#define PREFIX	    ".smbquic-"
#define PREFIX_LEN  (sizeof(PREFIX) - 1)
#define OWNER_LEN   8  /* hexadecimal digits: this user on this machine */
#define NUMBER_LEN  16 /* likewise: this upload */
#define ONE_DAY	    (24 * 3600)
#define TEN_MINUTES (10 * 60)
/* In one go; the next one takes what is left. */
#define MOST 64

/* FNV-1a; nothing depends on its being hard to guess. */
static uint32_t hash(uint32_t h, const void *data, size_t len)
{
	const uint8_t *p = data;

	for (size_t i = 0; i < len; i++) {
		h = (h ^ p[i]) * 16777619u;
	}
	return h;
}

static uint32_t owner(void)
{
	char host[256] = "";
	uid_t uid = geteuid();
	uint32_t h = 2166136261u;

	if (gethostname(host, sizeof(host) - 1) != 0) {
		host[0] = '\0';
	}
	return hash(hash(h, host, strlen(host)), &uid, sizeof(uid));
}

char *shell_leftover_name(TALLOC_CTX *mem_ctx, const char *remote)
{
	char *folder = client_path_folder(mem_ctx, remote);
	uint64_t number = 0;

	if (folder == NULL || crypto_random(&number, sizeof(number)) != 0) {
		return NULL;
	}
	return talloc_asprintf(mem_ctx,
			       "%s%s" PREFIX "%08" PRIx32 "%016" PRIx64, folder,
			       *folder != '\0' ? "\\" : "", owner(), number);
}

bool shell_leftover_is_stale(const char *name, NTTIME written, NTTIME now)
{
	const char *digits = name + PREFIX_LEN;
	char mine[OWNER_LEN + 1] = "";
	NTTIME age = ONE_DAY;

	if (strncmp(name, PREFIX, PREFIX_LEN) != 0 ||
	    strspn(digits, "0123456789abcdef") != OWNER_LEN + NUMBER_LEN ||
	    digits[OWNER_LEN + NUMBER_LEN] != '\0') {
		return false;
	}
	snprintf(mine, sizeof(mine), "%08" PRIx32, owner());
	if (strncmp(digits, mine, OWNER_LEN) == 0) {
		age = TEN_MINUTES;
	}
	return written != 0 && written < now && now - written > age * 10000000;
}

/* ------------------------------------------------------------------ sweep */

struct sweep_state {
	struct client_tree *tree;
	char *folder;
	struct client_dir_list *list;
	size_t next;
	unsigned tried;
	const struct transfer *t;
};

static void sweep_listed(struct tevent_req *subreq);
static void sweep_next(struct tevent_req *req);
static void sweep_opened(struct tevent_req *subreq);

struct tevent_req *shell_leftover_sweep_send(TALLOC_CTX *mem_ctx,
					     const struct transfer *t,
					     const char *folder)
{
	struct sweep_state *state = NULL;
	struct tevent_req *subreq = NULL;
	struct tevent_req *req =
		tevent_req_create(mem_ctx, &state, struct sweep_state);

	if (req == NULL) {
		return NULL;
	}
	state->t = t;
	state->tree = t->tree;
	state->folder = talloc_strdup(state, folder);
	subreq = state->folder == NULL
			 ? NULL
			 : client_list_send(state, t->tree, folder, PREFIX "*");
	if (tevent_req_nomem(subreq, req)) {
		return tevent_req_post(req, t->ev);
	}
	tevent_req_set_callback(subreq, sweep_listed, req);
	return req;
}

static void sweep_listed(struct tevent_req *subreq)
{
	struct tevent_req *req =
		tevent_req_callback_data(subreq, struct tevent_req);
	struct sweep_state *state = tevent_req_data(req, struct sweep_state);
	NTSTATUS status = client_list_recv(subreq, state, &state->list);

	talloc_free(subreq);
	if (!NT_STATUS_IS_OK(status)) {
		tevent_req_done(req);
		return;
	}
	sweep_next(req);
}

/* Deleted when it is closed; and nobody else may have it open. */
static struct tevent_req *sweep_open(struct sweep_state *state,
				     const char *name)
{
	const struct client_open how = {
		.access = SEC_STD_DELETE | FILE_READ_ATTRIBUTES,
		.disposition = FILE_OPEN,
		.options = FILE_NON_DIRECTORY_FILE | FILE_OPEN_REPARSE_POINT |
			   FILE_DELETE_ON_CLOSE,
	};
	char *path = talloc_asprintf(state, "%s%s%s", state->folder,
				     *state->folder != '\0' ? "\\" : "", name);

	return path == NULL ? NULL
			    : client_open_send(state, state->tree, path, &how);
}

static void sweep_next(struct tevent_req *req)
{
	struct sweep_state *state = tevent_req_data(req, struct sweep_state);
	struct timespec now = {0};
	struct tevent_req *subreq = NULL;

	clock_gettime(CLOCK_REALTIME, &now);
	while (state->next < state->list->count && state->tried < MOST) {
		const struct client_dir_entry *e =
			&state->list->entry[state->next++];

		if (!shell_leftover_is_stale(e->name, e->stat.write_time,
					     nttime_from_timespec(now))) {
			continue;
		}
		state->tried++;
		subreq = sweep_open(state, e->name);
		if (tevent_req_nomem(subreq, req)) {
			return;
		}
		tevent_req_set_callback(subreq, sweep_opened, req);
		return;
	}
	tevent_req_done(req);
}

/* It was the last one that was tried. */
static void sweep_say(const struct sweep_state *state)
{
	const char *name = state->list->entry[state->next - 1].name;

	shell_transfer_clear(state->t);
	shell_say(state->t->shell,
		  "removed \\%s%s%s, which a put that broke off had left",
		  state->folder, *state->folder != '\0' ? "\\" : "", name);
}

static void sweep_opened(struct tevent_req *subreq)
{
	struct tevent_req *req =
		tevent_req_callback_data(subreq, struct tevent_req);
	struct sweep_state *state = tevent_req_data(req, struct sweep_state);
	struct client_file *file = NULL;
	NTSTATUS status = client_open_recv(subreq, state, &file, NULL);

	talloc_free(subreq);
	if (NT_STATUS_IS_OK(status)) {
		talloc_free(file); /* closes it */
		sweep_say(state);
	}
	sweep_next(req);
}

void shell_leftover_sweep_recv(struct tevent_req *req)
{
	tevent_req_received(req);
}
