/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Extended attributes: user.NAME is the attribute NAME of the server's, and
 * system.cifs_acl and system.cifs_ntsd are the security descriptor, as cifs
 * has them for getcifsacl(1) and the like. SMB has no attributes without a
 * value: setting none removes one.
 */
#include <errno.h>
#include <string.h>
#include <strings.h>
#include <sys/xattr.h>

#include "client/mount/mount.h"
#include "smbquic/security_descriptor.h"

#define USER	   "user."
#define USER_LEN   (sizeof(USER) - 1)
#define VALUE_MOST 65536
#define NAME_MOST  254

struct attribute {
	const char *name; /* without "user."; NULL: a list, or a descriptor */
	uint32_t parts;	  /* of a security descriptor */
	uint8_t *value;
	size_t size; /* of value, or of what the caller has room for */
	int flags;
	bool removes;
};

static const struct {
	const char *name;
	uint32_t parts;
} descriptors[] = {
	{"system.cifs_acl", DACL_SECURITY_INFORMATION},
	{"system.cifs_ntsd", OWNER_SECURITY_INFORMATION |
				     GROUP_SECURITY_INFORMATION |
				     DACL_SECURITY_INFORMATION},
};

static void get_done(struct tevent_req *subreq);
static void list_done(struct tevent_req *subreq);
static void set_found(struct tevent_req *subreq);
static void set_done(struct tevent_req *subreq);

/* @return NULL: it was answered. Of other kinds there are none: that takes no
 *         round trip, for the kernel asks for some of them often. */
static struct attribute *attribute_new(fuse_req_t req, fuse_ino_t ino,
				       const char *name, struct op **out)
{
	struct mount *mount = op_mount(req);
	struct attribute a = {0};
	struct op *op = NULL;
	size_t i = 0;

	for (i = 0; name != NULL && i < 2; i++) {
		if (strcmp(name, descriptors[i].name) == 0) {
			a.parts = descriptors[i].parts;
		}
	}
	if (!mount->options->xattrs || (name != NULL && a.parts == 0 &&
					strncmp(name, USER, USER_LEN) != 0)) {
		fuse_reply_err(req, EOPNOTSUPP);
		return NULL;
	}
	op = op_new(mount, req, ino);
	if (op == NULL) {
		return NULL;
	}
	op->data = talloc_memdup(op, &a, sizeof(a));
	if (op->data == NULL) {
		op_fail(op, ENOMEM);
		return NULL;
	}
	if (name != NULL && a.parts == 0) {
		if (name[USER_LEN] == '\0' ||
		    strlen(name + USER_LEN) > NAME_MOST) {
			op_fail(op, ERANGE);
			return NULL;
		}
		((struct attribute *)op->data)->name =
			talloc_strdup(op, name + USER_LEN);
	}
	*out = op;
	return op->data;
}

static void attribute_steps(struct op *op, uint32_t access,
			    const struct client_step *step, tevent_req_fn then)
{
	struct client_open how = op_open(op->mount, access);
	const char *path = op_path(op, op->node, NULL);

	if (path != NULL) {
		op_wait(op,
			client_steps_send(op, op_tree(op), path, &how, step, 1),
			then);
	}
}

static bool no_attributes(NTSTATUS status)
{
	return status == NT_STATUS_NO_EAS_ON_FILE ||
	       status == NT_STATUS_NONEXISTENT_EA_ENTRY ||
	       status == NT_STATUS_NO_MORE_EAS;
}

/* ---------------------------------------------------------------- get, list */

static void ask_all(struct op *op, tevent_req_fn then)
{
	const struct client_step step = {
		.command = SMB2_QUERY_INFO,
		.type = SMB2_0_INFO_FILE,
		.info_class = FileFullEaInformation,
		.max = VALUE_MOST,
	};

	attribute_steps(op, FILE_READ_EA | FILE_READ_ATTRIBUTES, &step, then);
}

static void get_go(struct op *op)
{
	struct attribute *a = op->data;
	const struct client_step step = {
		.command = SMB2_QUERY_INFO,
		.type = SMB2_0_INFO_SECURITY,
		.extra = a->parts,
		.max = VALUE_MOST,
	};

	if (a->name != NULL) {
		ask_all(op, get_done);
		return;
	}
	attribute_steps(op, SEC_STD_READ_CONTROL | FILE_READ_ATTRIBUTES, &step,
			get_done);
}

void op_getxattr(fuse_req_t req, fuse_ino_t ino, const char *name, size_t size)
{
	struct op *op = NULL;
	struct attribute *a = attribute_new(req, ino, name, &op);

	if (a != NULL) {
		a->size = size;
		op_start(op, get_go);
	}
}

/* Names are one whatever their case, and some servers have large ones only. */
static bool find_attribute(struct wire_slice list, const char *name,
			   struct wire_slice *value)
{
	struct wire_walker walker = fscc_eas(list);
	struct fscc_ea ea = {0};

	while (fscc_ea_next(&walker, &ea)) {
		if (ea.name.len == strlen(name) &&
		    strncasecmp((const char *)ea.name.data, name,
				ea.name.len) == 0) {
			*value = ea.value;
			return ea.value.len > 0;
		}
	}
	return false;
}

static void reply_bytes(struct op *op, const void *data, size_t len)
{
	const struct attribute *a = op->data;

	if (a->size == 0) {
		fuse_reply_xattr(op->req, len);
	} else if (len > a->size) {
		fuse_reply_err(op->req, ERANGE);
	} else {
		fuse_reply_buf(op->req, data, len);
	}
	op_end(op);
}

static void get_done(struct tevent_req *subreq)
{
	struct op *op = op_of(subreq);
	struct attribute *a = op->data;
	struct client_steps_result *result = NULL;
	struct wire_slice value = {0};
	NTSTATUS status = client_steps_recv(subreq, op, &result);

	talloc_free(subreq);
	if (a->name != NULL && result != NULL &&
	    (no_attributes(result->status[0]) || no_attributes(status))) {
		op_fail(op, ENODATA);
		return;
	}
	if (op_failed(op, status)) {
		return;
	}
	value = result->data[0];
	if (a->name != NULL && !find_attribute(value, a->name, &value)) {
		op_fail(op, ENODATA);
		return;
	}
	reply_bytes(op, value.data, value.len);
}

static void list_go(struct op *op)
{
	ask_all(op, list_done);
}

void op_listxattr(fuse_req_t req, fuse_ino_t ino, size_t size)
{
	struct op *op = NULL;
	struct attribute *a = attribute_new(req, ino, NULL, &op);

	if (a != NULL) {
		a->size = size;
		op_start(op, list_go);
	}
}

static void list_done(struct tevent_req *subreq)
{
	struct op *op = op_of(subreq);
	struct client_steps_result *result = NULL;
	struct wire_writer w = wire_writer_talloc(op);
	struct fscc_ea ea = {0};
	struct wire_walker walker = {0};
	NTSTATUS status = client_steps_recv(subreq, op, &result);

	talloc_free(subreq);
	if (result != NULL &&
	    (no_attributes(status) || status == NT_STATUS_EAS_NOT_SUPPORTED)) {
		reply_bytes(op, "", 0);
		return;
	}
	if (op_failed(op, status)) {
		return;
	}
	walker = fscc_eas(result->data[0]);
	while (fscc_ea_next(&walker, &ea)) {
		if (memchr(ea.name.data, 0, ea.name.len) == NULL) {
			wire_put(&w, USER, USER_LEN);
			wire_put_slice(&w, ea.name);
			wire_put_u8(&w, 0);
		}
	}
	if (!wire_walker_ok(&walker) || !wire_writer_ok(&w)) {
		op_fail(op, EIO);
		return;
	}
	reply_bytes(op, w.buf, w.len);
}

/* -------------------------------------------------------------- set, remove */

static void set_go(struct op *op)
{
	struct attribute *a = op->data;
	struct wire_writer w = wire_writer_talloc(op);
	struct wire_chain list = fscc_ea_list(&w);
	const struct fscc_ea ea = {
		.name = wire_slice(a->name, strlen(a->name)),
		.value = wire_slice(a->value, a->size),
	};
	struct client_step step = {
		.command = SMB2_SET_INFO,
		.type = SMB2_0_INFO_FILE,
		.info_class = FileFullEaInformation,
	};

	if (!fscc_ea_add(&list, &ea)) {
		op_fail(op, E2BIG);
		return;
	}
	step.data = wire_writer_slice(&w);
	attribute_steps(op, FILE_WRITE_EA | FILE_READ_ATTRIBUTES, &step,
			set_done);
}

static void set_descriptor_go(struct op *op)
{
	struct attribute *a = op->data;
	const struct client_step step = {
		.command = SMB2_SET_INFO,
		.type = SMB2_0_INFO_SECURITY,
		.extra = a->parts,
		.data = wire_slice(a->value, a->size),
	};
	uint32_t access = SEC_STD_WRITE_DAC | FILE_READ_ATTRIBUTES;

	if ((a->parts & OWNER_SECURITY_INFORMATION) != 0) {
		access |= SEC_STD_WRITE_OWNER;
	}
	attribute_steps(op, access, &step, set_done);
}

/* Is there one already? */
static void set_look(struct op *op)
{
	ask_all(op, set_found);
}

static void set_found(struct tevent_req *subreq)
{
	struct op *op = op_of(subreq);
	struct attribute *a = op->data;
	struct client_steps_result *result = NULL;
	struct wire_slice value = {0};
	NTSTATUS status = client_steps_recv(subreq, op, &result);
	bool found = false;

	talloc_free(subreq);
	if (!no_attributes(status)) {
		if (op_failed(op, status)) {
			return;
		}
		found = find_attribute(result->data[0], a->name, &value);
	}
	if (found && a->flags == XATTR_CREATE) {
		op_fail(op, EEXIST);
		return;
	}
	if (!found && (a->flags == XATTR_REPLACE || a->removes)) {
		op_fail(op, ENODATA);
		return;
	}
	op_start(op, set_go);
}

void op_setxattr(fuse_req_t req, fuse_ino_t ino, const char *name,
		 const char *value, size_t size, int flags)
{
	struct op *op = NULL;
	struct attribute *a = attribute_new(req, ino, name, &op);
	struct security_descriptor sd = {0};

	if (a == NULL) {
		return;
	}
	if (size == 0 || size >= VALUE_MOST) {
		op_fail(op, size == 0 ? EOPNOTSUPP : E2BIG);
		return;
	}
	a->value = talloc_memdup(a, value, size);
	a->size = size;
	a->flags = flags;
	if (a->value == NULL) {
		op_fail(op, ENOMEM);
	} else if (a->name != NULL) {
		op_start(op, flags != 0 ? set_look : set_go);
	} else if (!security_descriptor_decode(wire_slice(value, size), &sd)) {
		op_fail(op, EINVAL);
	} else {
		op_start(op, set_descriptor_go);
	}
}

void op_removexattr(fuse_req_t req, fuse_ino_t ino, const char *name)
{
	struct op *op = NULL;
	struct attribute *a = attribute_new(req, ino, name, &op);

	if (a == NULL) {
		return;
	}
	if (a->name == NULL) {
		op_fail(op, EPERM); /* every file has a descriptor */
		return;
	}
	a->removes = true;
	op_start(op, set_look);
}

static void set_done(struct tevent_req *subreq)
{
	struct op *op = op_of(subreq);
	struct client_steps_result *result = NULL;
	NTSTATUS status = client_steps_recv(subreq, op, &result);

	talloc_free(subreq);
	op_done(op, status);
}
