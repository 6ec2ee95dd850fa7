/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A request of the kernel, until it is answered. */
#define LOG_MODULE "op"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "client/mount/mount.h"
#include "smbquic/log.h"

#define SIGKILL_BIT 0x100u

/* ------------------------------------------------------------------- nodes */

struct mount *op_mount(fuse_req_t req)
{
	return fuse_req_userdata(req);
}

struct node *op_node(struct mount *mount, fuse_ino_t ino)
{
	if (ino == FUSE_ROOT_ID) {
		return node_root(mount->nodes);
	}
	return (struct node *)(uintptr_t)ino;
}

fuse_ino_t op_ino(const struct node *node)
{
	return (fuse_ino_t)(uintptr_t)node;
}

/* -------------------------------------------------------------- interrupts */

/*
 * A signal came to who waits. Only one that ends him is a reason to give up
 * what programs do not expect to be interrupted.
 */
static bool is_dying(pid_t pid)
{
	unsigned long long pending = 0;
	unsigned long long bits = 0;
	char path[64] = "";
	char line[256] = "";
	FILE *f = NULL;

	snprintf(path, sizeof(path), "/proc/%d/status", (int)pid);
	f = fopen(path, "re");
	if (f == NULL) {
		return pid != 0; /* it is gone */
	}
	while (fgets(line, sizeof(line), f) != NULL) {
		if (sscanf(line, "SigPnd: %llx", &bits) == 1 ||
		    sscanf(line, "ShdPnd: %llx", &bits) == 1) {
			pending |= bits;
		}
	}
	fclose(f);
	return (pending & SIGKILL_BIT) != 0;
}

static void op_interrupt_late(struct tevent_context *ev,
			      struct tevent_immediate *im, void *private_data)
{
	struct op *op = talloc_get_type_abort(private_data, struct op);

	(void)ev;
	(void)im;
	if (!op->repeats) { /* the server may do it, or not, or later */
		watch_doubt_all(op->node);
		watch_doubt_all(op->other);
	}
	op_fail(op, EINTR);
}

/* Not to be answered here: libfuse still looks at the request. */
static void op_interrupt(fuse_req_t req, void *private_data)
{
	struct op *op = talloc_get_type_abort(private_data, struct op);

	if (op->late != NULL || op->busy ||
	    (!op->patient && !is_dying(fuse_req_ctx(req)->pid))) {
		return;
	}
	op->late = tevent_create_immediate(op);
	if (op->late != NULL) {
		tevent_schedule_immediate(op->late, op->mount->ev,
					  op_interrupt_late, op);
	}
}

/* --------------------------------------------------------------- life of it */

static int op_destructor(struct op *op)
{
	if (op->waits) {
		TAILQ_REMOVE(&op->mount->waiting, op, entry);
	}
	if (!op->patient) {
		op->mount->ops--;
	}
	return 0;
}

struct op *op_new(struct mount *mount, fuse_req_t req, fuse_ino_t ino)
{
	struct op *op = talloc_zero(mount, struct op);

	if (op == NULL) {
		fuse_reply_err(req, ENOMEM);
		return NULL;
	}
	op->mount = mount;
	op->req = req;
	if (!link_user_of(mount, fuse_req_ctx(req)->uid, &op->user)) {
		talloc_free(op);
		fuse_reply_err(req, EUSERS);
		return NULL;
	}
	if (ino != 0) {
		op->node = op_node(mount, ino);
		node_hold(op->node);
		op->changes = op->node->changes;
	}
	mount->ops++;
	talloc_set_destructor(op, op_destructor);
	fuse_req_interrupt_func(req, op_interrupt, op);
	return op;
}

void op_is_patient(struct op *op)
{
	if (!op->patient) {
		op->patient = true;
		op->mount->ops--;
	}
}

void op_end(struct op *op)
{
	struct mount *mount = op->mount;
	struct node *node = op->node;
	struct node *other = op->other;

	talloc_free(op);
	node_release(node);
	node_release(other);
	serve_more(mount);
}

void op_fail(struct op *op, int err)
{
	fuse_reply_err(op->req, err);
	op_end(op);
}

/* What a server says means something else in places to who speaks POSIX. */
static int op_errno(NTSTATUS status)
{
	switch (status) {
	case NT_STATUS_DELETE_PENDING: return ENOENT;
	case NT_STATUS_CANNOT_DELETE: return EACCES;
	case NT_STATUS_CONNECTION_DISCONNECTED: return EIO;
	case NT_STATUS_INVALID_NETWORK_RESPONSE: return EIO;
	case NT_STATUS_FILE_CLOSED: return EIO;
	case NT_STATUS_INVALID_HANDLE: return EIO;
	case NT_STATUS_HANDLE_NO_LONGER_VALID: return ESTALE;
	case NT_STATUS_CANCELLED: return EIO;
	default: break;
	}
	return ntstatus_to_errno(status) != 0 ? ntstatus_to_errno(status) : EIO;
}

void op_fail_status(struct op *op, NTSTATUS status)
{
	op_fail(op, op_errno(status));
}

void op_done(struct op *op, NTSTATUS status)
{
	op_fail(op, NT_STATUS_IS_OK(status) ? 0 : op_errno(status));
}

/* The way was lost with it, and who asked is to wait for another. */
static bool op_goes_on(const struct op *op, NTSTATUS status)
{
	return op->repeats && !op->mount->options->soft &&
	       op_tree(op) == NULL &&
	       (status == NT_STATUS_CONNECTION_DISCONNECTED ||
		status == NT_STATUS_IO_TIMEOUT);
}

struct client_tree *op_tree(const struct op *op)
{
	return link_user_tree(op->mount, op->user);
}

bool op_failed(struct op *op, NTSTATUS status)
{
	if (!NT_STATUS_IS_ERR(status)) {
		return false;
	}
	if (op_goes_on(op, status)) {
		op_start(op, op->go);
		return true;
	}
	op_fail_status(op, status);
	return true;
}

void op_start(struct op *op, op_fn go)
{
	op->go = go;
	if (op_tree(op) != NULL) {
		go(op);
		return;
	}
	if (link_tree(op->mount) != NULL && !link_user_start(op->user)) {
		op_fail(op, EACCES);
		return;
	}
	op->waits = true;
	TAILQ_INSERT_TAIL(&op->mount->waiting, op, entry);
	if (link_tree(op->mount) == NULL) {
		link_again(op->mount);
	}
}

bool op_wait(struct op *op, struct tevent_req *subreq, tevent_req_fn callback)
{
	if (subreq == NULL) {
		op_fail(op, op_tree(op) == NULL ? EIO : ENOMEM);
		return false;
	}
	tevent_req_set_callback(subreq, callback, op);
	return true;
}

struct op *op_of(struct tevent_req *subreq)
{
	return tevent_req_callback_data(subreq, struct op);
}

/* -------------------------------------------------------------------- paths */

char *mount_path(TALLOC_CTX *mem_ctx, const struct mount *mount,
		 const struct node *node, const char *smb)
{
	const char *folder = mount->folder;
	char *path = node_path(mem_ctx, node, smb);

	if (path != NULL && *folder != '\0') {
		path = talloc_asprintf(mem_ctx, "%s%s%s", folder,
				       *path != '\0' ? "\\" : "", path);
		errno = ENOMEM;
	}
	return path;
}

char *op_path(struct op *op, const struct node *node, const char *name)
{
	bool map = op->mount->options->map_names;
	char *smb = NULL;
	char *path = NULL;

	if (name != NULL) {
		smb = file_name_to_smb(op, map, name);
		if (smb == NULL) {
			op_fail(op, errno);
			return NULL;
		}
	}
	path = mount_path(op, op->mount, node, smb);
	if (path == NULL) {
		op_fail(op, errno);
	}
	return path;
}

bool op_wire_path(struct op *op, const char *path, struct wire_slice *out)
{
	const struct client_tree *tree = op_tree(op);

	return op->mount->posix ? client_path_posix(op, tree, path, out)
				: client_path_utf16(op, tree, path, out);
}

struct client_open op_open(const struct mount *mount, uint32_t access)
{
	return (struct client_open){
		.access = access,
		.share = FILE_SHARE_ALL,
		.disposition = FILE_OPEN,
		.options = FILE_OPEN_REPARSE_POINT,
		.file_id = true,
		.posix = mount->posix,
		.mode = CLIENT_MODE_NONE,
	};
}

struct node *op_entry(struct op *op, struct node *parent, const char *name,
		      const struct client_stat *stat,
		      struct fuse_entry_param *out)
{
	struct mount *mount = op->mount;
	struct node_facts facts = attr_facts(mount, stat);
	char *smb = file_name_to_smb(op, mount->options->map_names, name);
	struct node *node = smb != NULL ? node_find(parent, smb, &facts) : NULL;

	if (node == NULL) {
		op_fail(op, ENOMEM);
		return NULL;
	}
	*out = (struct fuse_entry_param){
		.ino = op_ino(node),
		.generation = node->serial,
		.attr_timeout = attr_time(mount, node),
		.entry_timeout = mount->options->dir_time,
	};
	attr_fill(mount, node, stat, &out->attr);
	if (op->makes) {
		node->changed_at = attr_now();
		watch_doubt(parent, smb);
	}
	if (parent == op->node && op->mark != 0) {
		out->entry_timeout =
			watch_name_time(mount, parent, op->mark, node);
		out->attr_timeout = watch_attr_time(mount, parent, op->mark,
						    node, &out->attr);
	}
	attr_told(node, &out->attr);
	node_look_up(node);
	return node;
}
