/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Folders that something was changed in here: their times are others then,
 * which only the server knows. The kernel asks for them before the next name
 * in the folder is looked at, as it wants to see the mode as well. Where it has
 * asked so, they are asked for as soon as something was changed, beside what
 * the program does next.
 */
#include "client/mount/mount.h"

struct folder_asking {
	struct mount *mount;
	struct node *node; /* held */
	unsigned changes;  /* of the node, when it was sent */
	TAILQ_HEAD(, folder_wait_state) waits;
};

/* Who wants the answer, too. */
struct folder_wait_state {
	TAILQ_ENTRY(folder_wait_state) entry;
	struct folder_asking *asking; /* NULL: it is there */
	struct tevent_req *req;
	struct client_stat stat;
};

static void folder_told(struct tevent_req *subreq);

/* ------------------------------------------------------------------- asking */

/* When that is not possible the kernel's question is soon enough. */
static void folder_ask(struct op *op, struct node *node)
{
	struct mount *mount = op->mount;
	struct client_open how = op_open(mount, FILE_READ_ATTRIBUTES);
	struct folder_asking *a = talloc_zero(mount, struct folder_asking);
	struct tevent_req *subreq = NULL;
	char *path = a != NULL ? mount_path(a, mount, node, NULL) : NULL;

	if (path != NULL) {
		subreq = look_at_send(a, mount, op_tree(op), path, &how, NULL,
				      0);
	}
	if (subreq == NULL) {
		talloc_free(a);
		return;
	}
	a->mount = mount;
	a->node = node;
	a->changes = node->changes;
	TAILQ_INIT(&a->waits);
	node->asking = a;
	node_hold(node);
	tevent_req_set_callback(subreq, folder_told, a);
}

static void folder_told(struct tevent_req *subreq)
{
	struct folder_asking *a =
		tevent_req_callback_data(subreq, struct folder_asking);
	struct folder_wait_state *wait = NULL;
	struct client_stat stat = {0};
	struct stat attr = {0};
	struct node *node = a->node;
	NTSTATUS status = look_recv(subreq, &stat, NULL);

	talloc_free(subreq);
	node->asking = NULL;
	if (NT_STATUS_IS_OK(status) && a->changes == node->changes) {
		attr_fill(a->mount, node, &stat, &attr);
		attr_keep_folder(node, &attr);
	}
	while (!TAILQ_EMPTY(&a->waits)) {
		wait = TAILQ_FIRST(&a->waits);
		TAILQ_REMOVE(&a->waits, wait, entry);
		wait->asking = NULL;
		wait->stat = stat;
		if (!tevent_req_error(wait->req, status)) {
			tevent_req_done(wait->req);
		}
	}
	talloc_free(a);
	node_release(node);
}

/* Of use last time, or not there to be of use. */
static bool is_wanted(const struct op *op, const struct node *node)
{
	return node->wanted && node->attr == NULL &&
	       op->mount->options->cache != MOUNT_CACHE_NONE;
}

const char *folder_also(struct op *op)
{
	op->also_changes = op->node->changes;
	return op->mount->compounds && is_wanted(op, op->node)
		       ? mount_path(op, op->mount, op->node, NULL)
		       : NULL;
}

static void keep_also(const struct op *op, struct node *node,
		      const struct client_stat *also)
{
	struct stat attr = {0};

	attr_fill(op->mount, node, also, &attr);
	attr_keep_folder(node, &attr);
}

void folder_changed(struct op *op, struct node *node,
		    const struct client_stat *also)
{
	bool last = false;

	if (node == NULL) {
		return;
	}
	last = also != NULL && node == op->node &&
	       node->changes == op->also_changes;
	/* what was asked for last time was of no use */
	node->wanted = node->wanted && node->attr == NULL;
	attr_changed(node);
	if (last) {
		keep_also(op, node, also);
		return;
	}
	if (node->wanted && node->asking == NULL && op_tree(op) != NULL &&
	    op->mount->options->cache != MOUNT_CACHE_NONE) {
		folder_ask(op, node);
	}
}

/* ------------------------------------------------------------------ waiting */

static int folder_wait_destructor(struct folder_wait_state *state)
{
	if (state->asking != NULL) {
		TAILQ_REMOVE(&state->asking->waits, state, entry);
	}
	return 0;
}

bool folder_is_asked(const struct node *node)
{
	return node->asking != NULL && node->asking->changes == node->changes;
}

struct tevent_req *folder_wait_send(TALLOC_CTX *mem_ctx,
				    const struct node *node)
{
	struct folder_wait_state *state = NULL;
	struct tevent_req *req =
		tevent_req_create(mem_ctx, &state, struct folder_wait_state);

	if (req == NULL) {
		return NULL;
	}
	state->req = req;
	state->asking = node->asking;
	TAILQ_INSERT_TAIL(&state->asking->waits, state, entry);
	talloc_set_destructor(state, folder_wait_destructor);
	return req;
}

NTSTATUS folder_wait_recv(struct tevent_req *req, struct client_stat *out)
{
	struct folder_wait_state *state =
		tevent_req_data(req, struct folder_wait_state);
	NTSTATUS status = req_status(req);

	*out = state->stat;
	tevent_req_received(req);
	return status;
}
