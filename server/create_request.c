/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Judging a CREATE request before anything is opened. */

#include <sys/stat.h>

#include "server/acl.h"
#include "server/create.h"
#include "server/durable.h"
#include "server/persistent.h"
#include "server/quota.h"
#include "server/snapshot.h"
#include "server/veto.h"
#include "smbquic/dfs.h"
#include "smbquic/utf16.h"

/* MS-FSA 2.1.5.1 phase 1: rights that do not exist. */
#define ACCESS_UNKNOWN 0x0CE0FE00u
/* MS-SMB2 2.2.13: FileAttributes that may be asked for, CreateOptions that
 * exist, and those that no server has. */
#define ATTRIBUTES_KNOWN 0x00007FB7u
#define OPTIONS_UNKNOWN	 0xFF000000u
#define OPTIONS_NOT_SUPPORTED                                 \
	(FILE_CREATE_TREE_CONNECTION | FILE_OPEN_BY_FILE_ID | \
	 FILE_RESERVE_OPFILTER)

#define ACCESS_WRITE (FILE_WRITE_DATA | FILE_APPEND_DATA)

/* --- fields ------------------------------------------------------------- */

static NTSTATUS check_options(const struct smb2_create_request *in)
{
	const uint32_t options = in->create_options;
	bool replaces = in->create_disposition != FILE_CREATE &&
			in->create_disposition != FILE_OPEN &&
			in->create_disposition != FILE_OPEN_IF;

	if ((options & OPTIONS_UNKNOWN) != 0) {
		return NT_STATUS_INVALID_PARAMETER;
	}
	if ((options & OPTIONS_NOT_SUPPORTED) != 0) {
		return NT_STATUS_NOT_SUPPORTED;
	}
	if ((options & FILE_DIRECTORY_FILE) != 0 &&
	    ((options & FILE_NON_DIRECTORY_FILE) != 0 || replaces)) {
		return NT_STATUS_INVALID_PARAMETER;
	}
	if ((options & FILE_DIRECTORY_FILE) != 0 &&
	    (in->file_attributes & FILE_ATTRIBUTE_TEMPORARY) != 0) {
		return NT_STATUS_INVALID_PARAMETER;
	}
	return NT_STATUS_OK;
}

static NTSTATUS check_fields(const struct smb2_create_request *in)
{
	if (in->impersonation_level > SMB2_IMPERSONATION_DELEGATE) {
		return NT_STATUS_BAD_IMPERSONATION_LEVEL;
	}
	/* Windows looks at the access first. */
	if (in->desired_access == 0 ||
	    (in->desired_access & ACCESS_UNKNOWN) != 0) {
		return NT_STATUS_ACCESS_DENIED;
	}
	if (in->create_disposition > FILE_OVERWRITE_IF ||
	    (in->share_access & ~FILE_SHARE_ALL) != 0 ||
	    (in->file_attributes & ~ATTRIBUTES_KNOWN) != 0) {
		return NT_STATUS_INVALID_PARAMETER;
	}
	return check_options(in);
}

/* --- the name ----------------------------------------------------------- */

static NTSTATUS status_of_name(enum name_result result)
{
	switch (result) {
	case NAME_OK: return NT_STATUS_OK;
	case NAME_INVALID: return NT_STATUS_OBJECT_NAME_INVALID;
	case NAME_SYNTAX: return NT_STATUS_OBJECT_PATH_SYNTAX_BAD;
	case NAME_LEADING: return NT_STATUS_INVALID_PARAMETER;
	case NAME_NO_MEMORY: break;
	}
	return NT_STATUS_INSUFFICIENT_RESOURCES;
}

static NTSTATUS check_veto(TALLOC_CTX *mem_ctx, const struct request *r,
			   const struct create *create)
{
	bool ok = true;
	struct veto *veto = veto_new(mem_ctx, r->tree->share, &ok);
	bool vetoed = veto_path(veto, create->name.path);

	talloc_free(veto);
	if (!ok) {
		return NT_STATUS_INSUFFICIENT_RESOURCES;
	}
	if (!vetoed) {
		return NT_STATUS_OK;
	}
	return create->in.create_disposition == FILE_OPEN ||
			       create->in.create_disposition == FILE_OVERWRITE
		       ? NT_STATUS_OBJECT_NAME_NOT_FOUND
		       : NT_STATUS_ACCESS_DENIED;
}

/* A stream is no directory, "::$DATA" is none either. Without streams a ':' is
 * just a wrong character, as on FAT. */
static NTSTATUS check_stream(const struct request *r, struct create *out)
{
	if (out->name.stream == NULL && !out->name.data) {
		return NT_STATUS_OK;
	}
	if (!store_has_streams(r->tree->store)) {
		return NT_STATUS_OBJECT_NAME_INVALID;
	}
	if ((out->in.create_options & FILE_DIRECTORY_FILE) != 0) {
		return NT_STATUS_NOT_A_DIRECTORY;
	}
	out->in.create_options |= FILE_NON_DIRECTORY_FILE;
	return NT_STATUS_OK;
}

/* What follows looks at the file alone. */
static NTSTATUS join_stream(TALLOC_CTX *mem_ctx, struct create *out)
{
	if (out->name.stream == NULL) {
		return NT_STATUS_OK;
	}
	out->name.path =
		name_with_stream(mem_ctx, out->name.path, out->name.stream);
	return out->name.path != NULL ? NT_STATUS_OK
				      : NT_STATUS_INSUFFICIENT_RESOURCES;
}

/* 3.3.5.9: below a DFS root a client may say the whole path, with the server
 * and the share. */
static struct wire_slice name_of(TALLOC_CTX *mem_ctx, const struct request *r,
				 const struct create *create)
{
	struct wire_slice name = create->in.name;
	struct wire_slice share = {0};

	if ((r->header.flags & SMB2_FLAGS_DFS_OPERATIONS) != 0 &&
	    share_is_dfs(r->tree->share) &&
	    utf16_from_utf8(mem_ctx, r->tree->share->name, &share)) {
		(void)dfs_path_below(name, share, &name);
	}
	return name;
}

/* quota.h: the root, which is opened to be asked, whatever is wanted of it. */
static bool is_quota_file(TALLOC_CTX *mem_ctx, struct wire_slice name)
{
	char *text = utf16_to_utf8(mem_ctx, name);
	bool is = text != NULL && name_equal(text, QUOTA_FILE);

	talloc_free(text);
	return is;
}

static NTSTATUS take_quota_file(TALLOC_CTX *mem_ctx, struct create *out)
{
	if (out->in.create_disposition != FILE_OPEN &&
	    out->in.create_disposition != FILE_OPEN_IF) {
		return NT_STATUS_ACCESS_DENIED;
	}
	out->quota = true;
	out->name.directory = true;
	out->name.path = talloc_strdup(mem_ctx, "");
	out->in.desired_access = FILE_READ_ATTRIBUTES;
	out->in.share_access = FILE_SHARE_ALL;
	out->in.create_disposition = FILE_OPEN;
	out->in.create_options = FILE_DIRECTORY_FILE;
	out->in.oplock_level = SMB2_OPLOCK_LEVEL_NONE;
	out->has_lease = false;
	out->durable = (struct create_durable){.dhnq = false};
	return out->name.path != NULL ? NT_STATUS_OK
				      : NT_STATUS_INSUFFICIENT_RESOURCES;
}

static NTSTATUS check_name(TALLOC_CTX *mem_ctx, const struct request *r,
			   struct create *out)
{
	const struct wire_slice name = name_of(mem_ctx, r, out);
	NTSTATUS status = NT_STATUS_OK;

	if (!out->posix && is_quota_file(mem_ctx, name)) {
		return take_quota_file(mem_ctx, out);
	}
	status = status_of_name(
		out->posix ? name_posix_parse(mem_ctx, name.data, name.len,
					      &out->name)
			   : name_path_parse(mem_ctx, name.data, name.len,
					     &out->name));
	if (status != NT_STATUS_OK) {
		return status;
	}
	if (snapshot_named(r->tree->share, out->name.path) &&
	    snapshot_take(out->name.path, &out->snapshot_time)) {
		out->snapshot = true;
	}
	status = check_stream(r, out);
	if (status != NT_STATUS_OK) {
		return status;
	}
	if (out->name.directory &&
	    (out->in.create_options & FILE_NON_DIRECTORY_FILE) != 0) {
		return NT_STATUS_OBJECT_NAME_INVALID;
	}
	return check_veto(mem_ctx, r, out);
}

/* --- all of it ---------------------------------------------------------- */

/* The root of the share is there and stays (MS-FSA 2.1.5.1.2). */
static NTSTATUS check_root(const struct create *create)
{
	if (*create->name.path != '\0' || create->name.stream != NULL) {
		return NT_STATUS_OK;
	}
	if (create->overwrite) {
		return NT_STATUS_ACCESS_DENIED;
	}
	return (create->in.create_options & FILE_DELETE_ON_CLOSE) != 0
		       ? NT_STATUS_CANNOT_DELETE
		       : NT_STATUS_OK;
}

static NTSTATUS check_access(const struct request *r, struct create *out)
{
	uint32_t access = acl_map_generic(out->in.desired_access);
	uint32_t disposition = out->in.create_disposition;

	out->maximum = (access & SEC_MAXIMUM_ALLOWED) != 0;
	out->access = access & ~SEC_MAXIMUM_ALLOWED;
	out->overwrite = disposition == FILE_SUPERSEDE ||
			 disposition == FILE_OVERWRITE ||
			 disposition == FILE_OVERWRITE_IF;
	out->directory = (out->in.create_options & FILE_DIRECTORY_FILE) != 0 ||
			 out->name.directory;
	if ((out->in.create_options & FILE_NO_INTERMEDIATE_BUFFERING) != 0) {
		out->access &= ~FILE_APPEND_DATA;
	}
	if ((out->access & ~SEC_ACCESS_SYSTEM_SECURITY &
	     ~r->tree->maximal_access) != 0) {
		return NT_STATUS_ACCESS_DENIED;
	}
	if (r->tree->read_only &&
	    (disposition == FILE_CREATE || out->overwrite)) {
		return NT_STATUS_ACCESS_DENIED;
	}
	if ((out->in.create_options & FILE_DELETE_ON_CLOSE) != 0 &&
	    (out->access & SEC_STD_DELETE) == 0 && !out->maximum) {
		return NT_STATUS_INVALID_PARAMETER;
	}
	return check_root(out);
}

/* A previous version lies elsewhere, and on a volume that only is read. */
static NTSTATUS check_snapshot(TALLOC_CTX *mem_ctx, const struct request *r,
			       struct create *out)
{
	char *path = NULL;

	if (!out->snapshot) {
		return NT_STATUS_OK;
	}
	path = snapshot_path(mem_ctx, r->tree->share, out->snapshot_time,
			     out->name.path);
	if (path == NULL) {
		return NT_STATUS_OBJECT_NAME_NOT_FOUND;
	}
	out->name.path = path;
	if ((out->access & ~CREATE_SNAPSHOT_ACCESS) != 0 || out->overwrite ||
	    out->in.create_disposition == FILE_CREATE) {
		return NT_STATUS_MEDIA_WRITE_PROTECTED;
	}
	return NT_STATUS_OK;
}

/* What the name says if it was opened by the POSIX extensions: the request does
 * not say whether it was. */
static NTSTATUS take_posix_name(TALLOC_CTX *mem_ctx, const struct request *r,
				struct create *out)
{
	const struct wire_slice name = name_of(mem_ctx, r, out);
	struct name_path path = {0};
	enum name_result result = NAME_INVALID;

	if (request_posix(r)) {
		result = name_posix_parse(mem_ctx, name.data, name.len, &path);
	}
	out->posix_path = result == NAME_OK ? path.path : NULL;
	return result == NAME_NO_MEMORY ? NT_STATUS_INSUFFICIENT_RESOURCES
					: NT_STATUS_OK;
}

/* 3.3.5.9.7, 3.3.5.9.12: of the rest only a lease, with the name, is looked
 * at. */
static NTSTATUS check_reconnect(TALLOC_CTX *mem_ctx, const struct request *r,
				struct create *out)
{
	NTSTATUS status = durable_check(out);

	if (status != NT_STATUS_OK || !out->has_lease) {
		return status;
	}
	status = take_posix_name(mem_ctx, r, out);
	if (status == NT_STATUS_OK) {
		status = check_name(mem_ctx, r, out);
	}
	if (out->posix_path != NULL && status != NT_STATUS_OK) {
		out->name.path = NULL; /* it has but the other meaning */
		return NT_STATUS_OK;
	}
	return status == NT_STATUS_OK ? join_stream(mem_ctx, out) : status;
}

NTSTATUS create_request(TALLOC_CTX *mem_ctx, struct request *r,
			struct create *out)
{
	NTSTATUS contexts_status = NT_STATUS_OK;
	NTSTATUS status = NT_STATUS_OK;

	*out = (struct create){.directory = false};
	if (!smb2_create_request_decode(r->pdu.data, r->pdu.len, &out->in)) {
		return NT_STATUS_INVALID_PARAMETER;
	}
	contexts_status = create_contexts(r, out);
	if (out->durable.dhnc || out->durable.dh2c) {
		return contexts_status == NT_STATUS_OK
			       ? check_reconnect(mem_ctx, r, out)
			       : contexts_status;
	}
	if (persistent_offered(r->conn, r->tree->share)) {
		out->in.create_options |= FILE_WRITE_THROUGH; /* 3.3.5.9 */
	}
	status = check_fields(&out->in);
	if (status == NT_STATUS_OK) {
		status = check_name(mem_ctx, r, out);
	}
	if (status == NT_STATUS_OK) {
		status = check_access(r, out);
	}
	if (status == NT_STATUS_OK) {
		status = contexts_status;
	}
	if (status == NT_STATUS_OK) {
		status = check_snapshot(mem_ctx, r, out);
	}
	if (status == NT_STATUS_OK) {
		status = join_stream(mem_ctx, out);
	}
	return status == NT_STATUS_OK ? durable_check(out) : status;
}

/* MS-FSCC 2.6: SPARSE_FILE is made by FSCTL_SET_SPARSE only. */
uint32_t create_attributes(const struct create *create)
{
	return create->in.file_attributes &
	       (FILE_ATTRIBUTE_READONLY | FILE_ATTRIBUTE_HIDDEN |
		FILE_ATTRIBUTE_SYSTEM | FILE_ATTRIBUTE_ARCHIVE |
		FILE_ATTRIBUTE_TEMPORARY | FILE_ATTRIBUTE_OFFLINE |
		FILE_ATTRIBUTE_NOT_CONTENT_INDEXED);
}

uint32_t create_replacing_access(const struct create *create)
{
	if (!create->overwrite) {
		return 0;
	}
	return (create->name.stream == NULL
			? FILE_WRITE_EA | FILE_WRITE_ATTRIBUTES
			: 0) |
	       (create->in.create_disposition == FILE_SUPERSEDE
			? SEC_STD_DELETE
			: FILE_WRITE_DATA);
}

/* Is the right to delete it of no interest? */
static bool keeps(const struct create *create)
{
	return !create->maximum && !create->want_mxac &&
	       ((create->access | create_replacing_access(create)) &
		SEC_STD_DELETE) == 0;
}

/* The Linux client says 0xFFFF when it makes nothing. */
static unsigned posix_mode_flags(const struct create *create)
{
	return create->posix_mode != 0xFFFF
		       ? STORE_OPEN_MODE_OF(create->posix_mode)
		       : 0;
}

unsigned create_store_flags(const struct create *create, bool read_only)
{
	static const unsigned dispositions[] = {
		[FILE_SUPERSEDE] = STORE_OPEN_CREATE,
		[FILE_OPEN] = 0,
		[FILE_CREATE] = STORE_OPEN_CREATE | STORE_OPEN_EXCLUSIVE,
		[FILE_OPEN_IF] = STORE_OPEN_CREATE,
		[FILE_OVERWRITE] = 0,
		[FILE_OVERWRITE_IF] = STORE_OPEN_CREATE,
	};
	unsigned flags = dispositions[create->in.create_disposition];

	if (read_only) {
		flags &= ~(unsigned)STORE_OPEN_CREATE;
	}
	if (create->directory) {
		flags |= STORE_OPEN_DIRECTORY;
	}
	if ((create->in.create_options & FILE_NON_DIRECTORY_FILE) != 0) {
		flags |= STORE_OPEN_NOT_DIRECTORY;
	}
	if ((create->in.create_options & FILE_OPEN_REPARSE_POINT) != 0) {
		flags |= STORE_OPEN_REPARSE;
	}
	if (create->posix) {
		flags |= STORE_OPEN_POSIX | posix_mode_flags(create);
	}
	if (create->maximum) {
		return flags | STORE_OPEN_MAXIMUM;
	}
	if (keeps(create)) {
		flags |= STORE_OPEN_KEEPS;
	}
	if ((create->access & (FILE_READ_DATA | FILE_EXECUTE)) != 0) {
		flags |= STORE_OPEN_READ;
	}
	if ((create->access & ACCESS_WRITE) != 0 || create->overwrite) {
		flags |= STORE_OPEN_WRITE;
	}
	return flags;
}

/* Overwriting would take these from a file (MS-FSA 2.1.5.1.2). */
static bool attributes_lost(const struct create *create, uint32_t attributes)
{
	return (attributes & ~create->in.file_attributes &
		(FILE_ATTRIBUTE_HIDDEN | FILE_ATTRIBUTE_SYSTEM)) != 0;
}

static NTSTATUS check_replacing(const struct create *create,
				const struct store_opened *info)
{
	uint32_t attributes = info->attr.attributes;

	if (!create->overwrite) {
		return NT_STATUS_OK;
	}
	if (S_ISDIR(info->attr.mode)) {
		return NT_STATUS_OBJECT_NAME_COLLISION;
	}
	if ((attributes & FILE_ATTRIBUTE_READONLY) != 0 ||
	    (info->may & STORE_MAY_WRITE) == 0 ||
	    (create->name.stream == NULL &&
	     attributes_lost(create, attributes))) {
		return NT_STATUS_ACCESS_DENIED;
	}
	return NT_STATUS_OK;
}

/* By the file's descriptor, and by the store as well. With backup intent a
 * privilege stands in for the descriptor (MS-FSA 2.1.5.1.2.1). */
uint32_t create_rights(const struct create *create, const struct tree *tree,
		       const struct store_opened *info)
{
	uint32_t rights = acl_rights(info->may, S_ISDIR(info->attr.mode));
	bool backup =
		(create->in.create_options & FILE_OPEN_FOR_BACKUP_INTENT) != 0;

	if (!backup || info->privileged == 0) {
		rights &= info->granted;
	}
	if (create->snapshot) {
		rights &= CREATE_SNAPSHOT_ACCESS;
	}
	return rights & tree->maximal_access;
}

NTSTATUS create_check_access(const struct create *create,
			     const struct tree *tree,
			     const struct store_opened *info, uint32_t *granted)
{
	bool directory = S_ISDIR(info->attr.mode);
	bool readonly = !directory && !create->posix &&
			(info->attr.attributes & FILE_ATTRIBUTE_READONLY) != 0;
	uint32_t rights = create_rights(create, tree, info);
	NTSTATUS status = check_replacing(create, info);

	if (status != NT_STATUS_OK) {
		return status;
	}
	if (readonly) {
		rights &= ~ACCESS_WRITE;
	}
	rights |= create->access & info->privileged;
	if (((create->access | create_replacing_access(create)) & ~rights) !=
	    0) {
		return NT_STATUS_ACCESS_DENIED;
	}
	if (readonly &&
	    (create->in.create_options & FILE_DELETE_ON_CLOSE) != 0) {
		return NT_STATUS_CANNOT_DELETE;
	}
	if (create->maximum && readonly) {
		rights &= ~FILE_DELETE_CHILD;
	}
	*granted = create->maximum ? rights : create->access;
	return NT_STATUS_OK;
}
