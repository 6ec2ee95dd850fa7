/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Symbolic links: reparse points, which servers with the POSIX extensions make
 * links of their disk of. */
#include <errno.h>
#include <limits.h>
#include <string.h>

#include "client/mount/mount.h"
#include "smbquic/reparse.h"

/* A disk that has no room for a longer target keeps it in an attribute, and is
 * not full. */
#define LONG_LINK 1000

struct linking {
	const char *name;
	const char *smb; /* the same as node.h has it */
	const char *path;
	struct wire_slice reparse;
	size_t length; /* of the target */
	NTSTATUS status;
};

static void symlink_made(struct tevent_req *subreq);
static void symlink_removed(struct tevent_req *subreq);
static void readlink_done(struct tevent_req *subreq);

/* ----------------------------------------------------------------- symlink */

static void symlink_go(struct op *op)
{
	struct linking *l = op->data;
	const struct client_step step = {
		.command = SMB2_IOCTL,
		.extra = FSCTL_SET_REPARSE_POINT,
		.data = l->reparse,
		.max = 1,
	};
	struct client_open how = op_open(
		op->mount, FILE_WRITE_DATA | FILE_WRITE_ATTRIBUTES |
				   FILE_READ_ATTRIBUTES | SEC_STD_SYNCHRONIZE);

	how.disposition = FILE_CREATE;
	how.options |= FILE_NON_DIRECTORY_FILE;
	l->path = op_path(op, op->node, l->name);
	if (l->path != NULL) {
		watch_doubt(op->node, l->smb);
		how.also = folder_also(op);
		op_wait(op, look_send(op, l->path, &how, &step, 1),
			symlink_made);
	}
}

void op_symlink(fuse_req_t req, const char *target, fuse_ino_t parent,
		const char *name)
{
	struct op *op = op_new(op_mount(req), req, parent);
	struct wire_writer w = {0};
	struct linking *l = NULL;

	if (op == NULL) {
		return;
	}
	l = talloc_zero(op, struct linking);
	if (l == NULL) {
		op_fail(op, ENOMEM);
		return;
	}
	w = wire_writer_talloc(l);
	if (!reparse_put_symlink(&w, target) || w.len > REPARSE_SIZE_MAX) {
		op_fail(op, ENAMETOOLONG);
		return;
	}
	l->reparse = wire_writer_slice(&w);
	l->length = strlen(target);
	l->name = talloc_strdup(l, name);
	l->smb = file_name_to_smb(l, op->mount->options->map_names, name);
	if (l->name == NULL || l->smb == NULL) {
		op_fail(op, l->name != NULL ? errno : ENOMEM);
		return;
	}
	op->data = l;
	op_start(op, symlink_go);
}

static void symlink_made(struct tevent_req *subreq)
{
	struct op *op = op_of(subreq);
	struct linking *l = op->data;
	struct fuse_entry_param entry = {0};
	struct client_stat stat = {0};
	struct client_stat also = {0};
	struct node *node = NULL;
	bool also_known = look_also(subreq, &also);
	bool made = false;

	l->status = look_recv(subreq, &stat, &made);
	talloc_free(subreq);
	if (NT_STATUS_IS_OK(l->status)) {
		/* that is what was made, even if the answer came before it */
		stat.reparse_tag = IO_REPARSE_TAG_SYMLINK;
		stat.size = l->length;
		folder_changed(op, op->node, also_known ? &also : NULL);
		op->makes = true;
		node = op_entry(op, op->node, l->name, &stat, &entry);
		if (node == NULL) {
			return;
		}
		if (fuse_reply_entry(op->req, &entry) != 0) {
			node_forget(node, 1);
		}
		op_end(op);
		return;
	}
	if (!made || op_tree(op) == NULL) {
		op_fail_status(op, l->status);
		return;
	}
	/* An empty file is not what was wanted. */
	op_wait(op, client_remove_send(op, op_tree(op), l->path, 0),
		symlink_removed);
}

static void symlink_removed(struct tevent_req *subreq)
{
	struct op *op = op_of(subreq);
	struct linking *l = op->data;

	(void)client_remove_recv(subreq);
	talloc_free(subreq);
	if (l->status == NT_STATUS_NOT_SUPPORTED ||
	    l->status == NT_STATUS_INVALID_DEVICE_REQUEST) {
		op_fail(op, EPERM);
	} else if (l->status == NT_STATUS_DISK_FULL && l->length > LONG_LINK) {
		op_fail(op, ENAMETOOLONG);
	} else {
		op_fail(op, ntstatus_to_errno(l->status));
	}
}

/* ---------------------------------------------------------------- readlink */

static void readlink_go(struct op *op)
{
	const struct client_step step = {
		.command = SMB2_IOCTL,
		.extra = FSCTL_GET_REPARSE_POINT,
		.max = REPARSE_SIZE_MAX,
	};
	struct client_open how = op_open(op->mount, FILE_READ_ATTRIBUTES);
	const char *path = op_path(op, op->node, NULL);

	if (path != NULL) {
		op_wait(op,
			client_steps_send(op, op_tree(op), path, &how, &step,
					  1),
			readlink_done);
	}
}

void op_readlink(fuse_req_t req, fuse_ino_t ino)
{
	struct op *op = op_new(op_mount(req), req, ino);

	if (op != NULL) {
		op->repeats = true;
		op_start(op, readlink_go);
	}
}

static void readlink_done(struct tevent_req *subreq)
{
	struct op *op = op_of(subreq);
	struct client_steps_result *result = NULL;
	struct reparse reparse = {0};
	char target[PATH_MAX + 1] = "";
	bool relative = false;
	NTSTATUS status = client_steps_recv(subreq, op, &result);

	talloc_free(subreq);
	if (status == NT_STATUS_NOT_A_REPARSE_POINT) {
		op_fail(op, EINVAL);
		return;
	}
	if (op_failed(op, status)) {
		return;
	}
	if (!NT_STATUS_IS_OK(reparse_decode(result->data[0], &reparse)) ||
	    reparse_target(&reparse, target, sizeof(target), &relative) <= 0) {
		op_fail(op, EIO);
		return;
	}
	fuse_reply_readlink(op->req, target);
	op_end(op);
}
