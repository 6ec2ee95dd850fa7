/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Other names for what is there: rename and hard links. */
#include <errno.h>
#include <string.h>

#include "client/mount/mount.h"

#ifndef RENAME_NOREPLACE
#define RENAME_NOREPLACE 1
#endif

/* From a name in the op's node (or the node itself) to one in its other. */
struct renaming {
	const char *name; /* as the kernel has them */
	const char *new_name;
	const char *smb; /* as node.h has them */
	const char *new_smb;
	bool replace;
	bool cleared; /* what was in the way was removed */
};

static struct renaming *renaming_new(fuse_req_t req, fuse_ino_t ino,
				     const char *name, fuse_ino_t new_parent,
				     const char *new_name, struct op **out)
{
	struct mount *mount = op_mount(req);
	bool map = mount->options->map_names;
	struct op *op = op_new(mount, req, ino);
	struct renaming *r = NULL;

	if (op == NULL) {
		return NULL;
	}
	op->other = op_node(mount, new_parent);
	node_hold(op->other);
	r = talloc_zero(op, struct renaming);
	if (r == NULL) {
		op_fail(op, ENOMEM);
		return NULL;
	}
	if (name != NULL) {
		r->name = talloc_strdup(r, name);
		r->smb = file_name_to_smb(r, map, name);
	}
	r->new_name = talloc_strdup(r, new_name);
	r->new_smb = file_name_to_smb(r, map, new_name);
	if ((name != NULL && r->smb == NULL) || r->new_smb == NULL) {
		op_fail(op, errno);
		return NULL;
	}
	op->data = r;
	*out = op;
	return r;
}

/* One SET_INFO of the classes that have a new name in them. */
static bool name_step(struct op *op, const char *path, uint8_t info_class,
		      uint32_t flags, struct client_step *step)
{
	struct wire_writer w = wire_writer_talloc(op);
	struct fscc_rename body = {.flags = flags};

	if (!op_wire_path(op, path, &body.name)) {
		op_fail(op, EINVAL);
		return false;
	}
	if (!fscc_rename_encode(&w, false, &body)) {
		op_fail(op, ENOMEM);
		return false;
	}
	*step = (struct client_step){
		.command = SMB2_SET_INFO,
		.type = SMB2_0_INFO_FILE,
		.info_class = info_class,
		.data = wire_writer_slice(&w),
	};
	return true;
}

/* ------------------------------------------------------------------ rename */

static void rename_done(struct tevent_req *subreq);
static void rename_clear(struct op *op);
static void rename_cleared(struct tevent_req *subreq);

static void rename_now(struct op *op)
{
	struct renaming *r = op->data;
	struct client_open how =
		op_open(op->mount, SEC_STD_DELETE | FILE_READ_ATTRIBUTES);
	struct client_step step = {0};
	const char *from = op_path(op, op->node, r->name);
	const char *to =
		from != NULL ? op_path(op, op->other, r->new_name) : NULL;

	watch_doubt(op->node, r->smb);
	watch_doubt(op->other, r->new_smb);
	if (op->other == op->node) {
		how.also = folder_also(op);
	}
	if (to == NULL ||
	    !name_step(op, to, FileRenameInformation,
		       r->replace ? FILE_RENAME_REPLACE_IF_EXISTS : 0, &step)) {
		return;
	}
	op_wait(op, client_steps_send(op, op_tree(op), from, &how, &step, 1),
		rename_done);
}

static void rename_go(struct op *op)
{
	const struct renaming *r = op->data;

	open_file_let_go(node_named(op->node, r->smb));
	open_file_let_go(node_named(op->other, r->new_smb));
	watch_let_go(op->mount, node_named(op->node, r->smb));
	watch_let_go(op->mount, node_named(op->other, r->new_smb));
	op_settle(op, node_named(op->node, r->smb), rename_now);
}

void op_rename(fuse_req_t req, fuse_ino_t parent, const char *name,
	       fuse_ino_t new_parent, const char *new_name, unsigned int flags)
{
	struct op *op = NULL;
	struct renaming *r = NULL;

	/* Two names cannot be exchanged by any request of SMB. */
	if ((flags & ~(unsigned)RENAME_NOREPLACE) != 0) {
		fuse_reply_err(req, EINVAL);
		return;
	}
	r = renaming_new(req, parent, name, new_parent, new_name, &op);
	if (r != NULL) {
		r->replace = (flags & RENAME_NOREPLACE) == 0;
		op_start(op, rename_go);
	}
}

/* Windows does not replace folders, nor files that are open: those that POSIX
 * would replace have to go first. */
static bool is_in_the_way(const struct op *op, NTSTATUS status)
{
	const struct renaming *r = op->data;

	return r->replace && !r->cleared &&
	       node_named(op->other, r->new_smb) != NULL &&
	       (status == NT_STATUS_ACCESS_DENIED ||
		status == NT_STATUS_OBJECT_NAME_COLLISION ||
		status == NT_STATUS_SHARING_VIOLATION);
}

static void rename_done(struct tevent_req *subreq)
{
	struct op *op = op_of(subreq);
	struct renaming *r = op->data;
	struct client_steps_result *result = NULL;
	struct client_stat also = {0};
	bool also_known = client_steps_also(subreq, &also);
	NTSTATUS status = client_steps_recv(subreq, op, &result);

	talloc_free(subreq);
	if (is_in_the_way(op, status)) {
		r->cleared = true;
		op_start(op, rename_clear);
		return;
	}
	if (op_failed(op, status)) {
		return;
	}
	attr_changed(node_named(op->node, r->smb));
	attr_changed(node_named(op->other, r->new_smb));
	watch_doubt(op->node, r->smb);
	watch_doubt(op->other, r->new_smb);
	folder_changed(op, op->node, also_known ? &also : NULL);
	folder_changed(op, op->other == op->node ? NULL : op->other, NULL);
	if (!node_rename(op->node, r->smb, op->other, r->new_smb)) {
		op_fail(op, ENOMEM); /* a look at either name mends it */
		return;
	}
	op_fail(op, 0);
}

static void rename_clear(struct op *op)
{
	static const uint8_t yes[] = {1};
	struct renaming *r = op->data;
	const struct node *node = node_named(op->other, r->new_smb);
	struct client_open how =
		op_open(op->mount, SEC_STD_DELETE | FILE_READ_ATTRIBUTES);
	struct client_step steps[2] = {{0}};
	const char *path = op_path(op, op->other, r->new_name);
	const char *aside = NULL;
	unsigned count = 0;

	if (path == NULL) {
		return;
	}
	if (node != NULL && node_is_open(node) && !op->mount->posix) {
		aside = talloc_asprintf(op, "%s.smbquic-%llx", path,
					(unsigned long long)node->serial);
		if (aside == NULL ||
		    !name_step(op, aside, FileRenameInformation, 0,
			       &steps[count++])) {
			return;
		}
	}
	how.options |=
		node != NULL && node->directory ? FILE_DIRECTORY_FILE : 0;
	steps[count++] = (struct client_step){
		.command = SMB2_SET_INFO,
		.type = SMB2_0_INFO_FILE,
		.info_class = FileDispositionInformation,
		.data = wire_slice(yes, sizeof(yes)),
	};
	op_wait(op,
		client_steps_send(op, op_tree(op), path, &how, steps, count),
		rename_cleared);
}

static void rename_cleared(struct tevent_req *subreq)
{
	struct op *op = op_of(subreq);
	struct client_steps_result *result = NULL;
	NTSTATUS status = client_steps_recv(subreq, op, &result);

	talloc_free(subreq);
	if (!op_failed(op, status)) {
		op_start(op, rename_go);
	}
}

/* -------------------------------------------------------------------- link */

static void link_done(struct tevent_req *subreq);
static void link_looked(struct tevent_req *subreq);

static void link_go(struct op *op)
{
	struct renaming *r = op->data;
	struct client_open how = op_open(
		op->mount, FILE_READ_ATTRIBUTES | FILE_WRITE_ATTRIBUTES);
	struct client_step step = {0};
	const char *from = op_path(op, op->node, NULL);
	const char *to =
		from != NULL ? op_path(op, op->other, r->new_name) : NULL;

	watch_doubt(op->other, r->new_smb);
	if (to == NULL || !name_step(op, to, FileLinkInformation, 0, &step)) {
		return;
	}
	op_wait(op, client_steps_send(op, op_tree(op), from, &how, &step, 1),
		link_done);
}

void op_link(fuse_req_t req, fuse_ino_t ino, fuse_ino_t new_parent,
	     const char *new_name)
{
	struct op *op = NULL;

	if (renaming_new(req, ino, NULL, new_parent, new_name, &op) != NULL) {
		op_start(op, link_go);
	}
}

static void link_look(struct op *op)
{
	const struct renaming *r = op->data;
	struct client_open how = op_open(op->mount, FILE_READ_ATTRIBUTES);
	const char *path = NULL;

	attr_changed(op->node);
	path = op_path(op, op->other, r->new_name);
	if (path != NULL) {
		op_wait(op, look_send(op, path, &how, NULL, 0), link_looked);
	}
}

static void link_done(struct tevent_req *subreq)
{
	struct op *op = op_of(subreq);
	struct client_steps_result *result = NULL;
	NTSTATUS status = client_steps_recv(subreq, op, &result);

	talloc_free(subreq);
	if (!op_failed(op, status)) {
		op_start(op, link_look);
	}
}

static void link_looked(struct tevent_req *subreq)
{
	struct op *op = op_of(subreq);
	struct renaming *r = op->data;
	struct fuse_entry_param entry = {0};
	struct client_stat stat = {0};
	NTSTATUS status = look_recv(subreq, &stat, NULL);
	struct node *node = NULL;

	talloc_free(subreq);
	if (op_failed(op, status)) {
		return;
	}
	folder_changed(op, op->other, NULL);
	op->makes = true;
	node = op_entry(op, op->other, r->new_name, &stat, &entry);
	if (node == NULL) {
		return;
	}
	if (fuse_reply_entry(op->req, &entry) != 0) {
		node_forget(node, 1);
	}
	op_end(op);
}
