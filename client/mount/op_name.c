/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Names: looking them up, making folders, and removing. */
#define LOG_MODULE "op"

#include <errno.h>
#include <string.h>

#include "client/mount/mount.h"
#include "smbquic/crypto.h"
#include "smbquic/log.h"

/* A name in the folder that is the op's node. */
struct named {
	const char *name;
	const char *smb; /* the same as node.h has it */
	const char *path;
	mode_t mode;
	bool directory;
	unsigned attempt;
};

static struct named *named_new(fuse_req_t req, fuse_ino_t parent,
			       const char *name, struct op **out)
{
	struct mount *mount = op_mount(req);
	struct op *op = op_new(mount, req, parent);
	struct named *named = NULL;

	if (op == NULL) {
		return NULL;
	}
	named = talloc_zero(op, struct named);
	if (named == NULL) {
		op_fail(op, ENOMEM);
		return NULL;
	}
	named->smb = file_name_to_smb(named, mount->options->map_names, name);
	if (named->smb == NULL) {
		op_fail(op, errno);
		return NULL;
	}
	named->name = talloc_strdup(named, name);
	op->data = named;
	*out = op;
	return named;
}

/* ------------------------------------------------------------------ lookup */

static void lookup_done(struct tevent_req *subreq);
static void named_reply(struct op *op, const struct client_stat *stat);

static void lookup_ask(struct op *op)
{
	struct named *named = op->data;
	struct client_open how = op_open(op->mount, FILE_READ_ATTRIBUTES);
	struct client_stat stat = {0};
	const char *path = NULL;

	op->mark = watch_begin(op->mount, op->user, op->node);
	switch (watch_name(op->node, op->mark, named->smb, &stat)) {
	case NAMES_IS: named_reply(op, &stat); return;
	case NAMES_IS_NOT:
		node_remove(op->node, named->smb);
		op_fail(op, ENOENT);
		return;
	case NAMES_UNKNOWN: break;
	}
	path = op_path(op, op->node, named->name);
	if (path != NULL) {
		op_wait(op, look_send(op, path, &how, NULL, 0), lookup_done);
	}
}

/* Of what waits to be written the server knows nothing yet. */
static void lookup_go(struct op *op)
{
	const struct named *named = op->data;

	op_settle(op, node_named(op->node, named->smb), lookup_ask);
}

void op_lookup(fuse_req_t req, fuse_ino_t parent, const char *name)
{
	struct op *op = NULL;

	if (named_new(req, parent, name, &op) != NULL) {
		op->repeats = true;
		op_start(op, lookup_go);
	}
}

/* Of what a name leads to: a new one, or one that is known. */
static void named_reply(struct op *op, const struct client_stat *stat)
{
	struct named *named = op->data;
	struct fuse_entry_param entry = {0};
	struct node *node = op_entry(op, op->node, named->name, stat, &entry);

	if (node == NULL) {
		return;
	}
	if (fuse_reply_entry(op->req, &entry) != 0) {
		node_forget(node, 1); /* who asked was interrupted */
	}
	op_end(op);
}

static bool is_absent(NTSTATUS status)
{
	return status == NT_STATUS_OBJECT_NAME_NOT_FOUND ||
	       status == NT_STATUS_OBJECT_PATH_NOT_FOUND ||
	       status == NT_STATUS_NO_SUCH_FILE ||
	       status == NT_STATUS_OBJECT_NAME_INVALID ||
	       status == NT_STATUS_DELETE_PENDING;
}

/* There is none: the kernel may be told to remember that. */
static void lookup_absent(struct op *op)
{
	const struct named *named = op->data;
	struct fuse_entry_param none = {0};

	node_remove(op->node, named->smb);
	watch_learn(op->node, op->mark, named->smb, NULL);
	none.entry_timeout = watch_absent_time(op->node, op->mark, named->name);
	if (none.entry_timeout == 0) {
		op_fail(op, ENOENT);
		return;
	}
	fuse_reply_entry(op->req, &none);
	op_end(op);
}

static void lookup_done(struct tevent_req *subreq)
{
	struct op *op = op_of(subreq);
	struct client_stat stat = {0};
	NTSTATUS status = look_recv(subreq, &stat, NULL);

	talloc_free(subreq);
	if (is_absent(status)) {
		lookup_absent(op);
		return;
	}
	if (!op_failed(op, status)) {
		watch_learn(op->node, op->mark,
			    ((const struct named *)op->data)->smb, &stat);
		named_reply(op, &stat);
	}
}

void op_forget(fuse_req_t req, fuse_ino_t ino, uint64_t lookups)
{
	node_forget(op_node(op_mount(req), ino), lookups);
	fuse_reply_none(req);
}

void op_forget_multi(fuse_req_t req, size_t count,
		     struct fuse_forget_data *forgets)
{
	size_t i = 0;

	for (i = 0; i < count; i++) {
		node_forget(op_node(op_mount(req), forgets[i].ino),
			    forgets[i].nlookup);
	}
	fuse_reply_none(req);
}

/* ------------------------------------------------------- folders, and files */

static void made(struct tevent_req *subreq)
{
	struct op *op = op_of(subreq);
	struct client_stat stat = {0};
	struct client_stat also = {0};
	bool also_known = look_also(subreq, &also);
	NTSTATUS status = look_recv(subreq, &stat, NULL);

	talloc_free(subreq);
	if (!op_failed(op, status)) {
		folder_changed(op, op->node, also_known ? &also : NULL);
		op->makes = true;
		named_reply(op, &stat);
	}
}

static void make_go(struct op *op)
{
	struct named *named = op->data;
	struct client_open how = op_open(op->mount, FILE_READ_ATTRIBUTES);
	const char *path = op_path(op, op->node, named->name);

	if (path == NULL) {
		return;
	}
	watch_doubt(op->node, named->smb);
	how.also = folder_also(op);
	how.disposition = FILE_CREATE;
	how.mode = named->mode & 07777;
	how.options = FILE_NON_DIRECTORY_FILE;
	if (named->directory) {
		how.options = FILE_DIRECTORY_FILE;
		how.attributes = FILE_ATTRIBUTE_DIRECTORY;
	} else if (!op->mount->posix && (named->mode & 0222) == 0) {
		how.attributes = FILE_ATTRIBUTE_READONLY;
	}
	op_wait(op, look_send(op, path, &how, NULL, 0), made);
}

void op_mkdir(fuse_req_t req, fuse_ino_t parent, const char *name, mode_t mode)
{
	struct op *op = NULL;
	struct named *named = named_new(req, parent, name, &op);

	if (named != NULL) {
		named->mode = mode;
		named->directory = true;
		op_start(op, make_go);
	}
}

void op_mknod(fuse_req_t req, fuse_ino_t parent, const char *name, mode_t mode,
	      dev_t rdev)
{
	struct op *op = NULL;
	struct named *named = named_new(req, parent, name, &op);

	(void)rdev;
	if (named == NULL) {
		return;
	}
	if (!S_ISREG(mode)) {
		op_fail(op, EPERM);
		return;
	}
	named->mode = mode;
	op_start(op, make_go);
}

/* ---------------------------------------------------------------- removing */

static void remove_done(struct tevent_req *subreq);

static bool is_open_here(const struct op *op)
{
	const struct named *named = op->data;
	const struct node *node = node_named(op->node, named->smb);

	return node != NULL && node_is_open(node);
}

/*
 * Without the extensions the name of a file that is open stays until it is
 * closed. So that it can be used again, such a file gets another name first.
 */
static bool step_aside(struct op *op, struct client_step *step)
{
	struct wire_writer w = wire_writer_talloc(op);
	struct fscc_rename body = {0};
	uint64_t number = 0;
	char *name = NULL;

	crypto_random((uint8_t *)&number, sizeof(number));
	name = talloc_asprintf(op, ".smbquic-removed-%016llx",
			       (unsigned long long)number);
	name = name != NULL ? op_path(op, op->node, name) : NULL;
	if (name == NULL) {
		return false;
	}
	if (!op_wire_path(op, name, &body.name) ||
	    !fscc_rename_encode(&w, false, &body)) {
		op_fail(op, ENOMEM);
		return false;
	}
	*step = (struct client_step){
		.command = SMB2_SET_INFO,
		.type = SMB2_0_INFO_FILE,
		.info_class = FileRenameInformation,
		.data = wire_writer_slice(&w),
	};
	return true;
}

/* A file that may not be written cannot be removed from Windows' disks. */
static bool make_writable(struct op *op, struct client_step *step)
{
	const struct fscc_basic basic = {
		.file_attributes = FILE_ATTRIBUTE_NORMAL,
	};
	struct wire_writer w = wire_writer_talloc(op);

	if (!fscc_basic_encode(&w, &basic)) {
		op_fail(op, ENOMEM);
		return false;
	}
	*step = (struct client_step){
		.command = SMB2_SET_INFO,
		.type = SMB2_0_INFO_FILE,
		.info_class = FileBasicInformation,
		.data = wire_writer_slice(&w),
	};
	return true;
}

static void remove_go(struct op *op)
{
	static const uint8_t yes[] = {1};
	struct named *named = op->data;
	struct client_open how =
		op_open(op->mount, SEC_STD_DELETE | FILE_READ_ATTRIBUTES);
	struct client_step steps[CLIENT_STEPS_MAX] = {{0}};
	const char *path = op_path(op, op->node, named->name);
	unsigned count = 0;

	if (path == NULL) {
		return;
	}
	open_file_let_go(node_named(op->node, named->smb));
	watch_let_go(op->mount, node_named(op->node, named->smb));
	attr_changed(node_named(op->node, named->smb));
	watch_doubt(op->node, named->smb);
	how.also = folder_also(op);
	how.options |= named->directory ? FILE_DIRECTORY_FILE : 0;
	if (named->attempt > 0) {
		how.access |= FILE_WRITE_ATTRIBUTES;
		if (!make_writable(op, &steps[count++])) {
			return;
		}
	}
	if (!op->mount->posix && !named->directory && is_open_here(op) &&
	    !step_aside(op, &steps[count++])) {
		return;
	}
	steps[count++] = (struct client_step){
		.command = SMB2_SET_INFO,
		.type = SMB2_0_INFO_FILE,
		.info_class = FileDispositionInformation,
		.data = wire_slice(yes, sizeof(yes)),
	};
	op_wait(op,
		client_steps_send(op, op_tree(op), path, &how, steps, count),
		remove_done);
}

static void remove_done(struct tevent_req *subreq)
{
	struct op *op = op_of(subreq);
	struct named *named = op->data;
	struct client_steps_result *result = NULL;
	struct client_stat also = {0};
	bool also_known = client_steps_also(subreq, &also);
	NTSTATUS status = client_steps_recv(subreq, op, &result);

	talloc_free(subreq);
	if (status == NT_STATUS_CANNOT_DELETE && named->attempt == 0) {
		named->attempt++;
		op_start(op, remove_go);
		return;
	}
	if (is_absent(status)) {
		status = NT_STATUS_OBJECT_NAME_NOT_FOUND;
	}
	if (NT_STATUS_IS_OK(status) ||
	    status == NT_STATUS_OBJECT_NAME_NOT_FOUND) {
		attr_changed(node_named(op->node, named->smb));
		watch_doubt(op->node, named->smb);
		node_remove(op->node, named->smb);
		folder_changed(op, op->node, also_known ? &also : NULL);
	}
	op_done(op, status);
}

void op_unlink(fuse_req_t req, fuse_ino_t parent, const char *name)
{
	struct op *op = NULL;

	if (named_new(req, parent, name, &op) != NULL) {
		op_start(op, remove_go);
	}
}

void op_rmdir(fuse_req_t req, fuse_ino_t parent, const char *name)
{
	struct op *op = NULL;
	struct named *named = named_new(req, parent, name, &op);

	if (named != NULL) {
		named->directory = true;
		op_start(op, remove_go);
	}
}
