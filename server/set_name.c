/* SPDX-License-Identifier: GPL-3.0-or-later */
/* SET_INFO of names: rename, link, disposition (MS-FSA 2.1.5.15.12, .7, .3). */

#include <errno.h>
#include <string.h>
#include <sys/stat.h>

#include "server/name.h"
#include "server/oplock.h"
#include "server/set_info.h"
#include "server/veto.h"
#include "smbquic/fscc.h"

/* --- the new name ------------------------------------------------------- */

struct new_name {
	char *path;
	bool replace;
	bool link;	 /* another name, not instead of the old one */
	bool stream;	 /* of a stream of the same file */
	uint64_t serial; /* of the youngest open when it began */
};

static NTSTATUS check_veto(struct set_info *set, const char *path)
{
	bool ok = true;
	struct veto *veto = veto_new(set, set->r->tree->share, &ok);
	bool vetoed = veto_path(veto, path);

	talloc_free(veto);
	if (!ok) {
		return NT_STATUS_INSUFFICIENT_RESOURCES;
	}
	return vetoed ? NT_STATUS_ACCESS_DENIED : NT_STATUS_OK;
}

static NTSTATUS parse_name(struct set_info *set, struct wire_slice name,
			   struct new_name *out)
{
	struct name_path path = {0};

	switch (set->fo->posix
			? name_posix_parse(set, name.data, name.len, &path)
			: name_path_parse(set, name.data, name.len, &path)) {
	case NAME_OK: break;
	case NAME_SYNTAX: return NT_STATUS_OBJECT_PATH_SYNTAX_BAD;
	case NAME_LEADING: return NT_STATUS_INVALID_PARAMETER;
	case NAME_NO_MEMORY: return NT_STATUS_INSUFFICIENT_RESOURCES;
	case NAME_INVALID: return NT_STATUS_OBJECT_NAME_INVALID;
	}
	if (set->fo->file->stream != NULL) { /* as if the file were opened */
		return path.stream != NULL ? NT_STATUS_SHARING_VIOLATION
					   : NT_STATUS_INVALID_PARAMETER;
	}
	if (path.stream != NULL || path.directory) {
		return NT_STATUS_OBJECT_NAME_INVALID;
	}
	out->path = path.path;
	return check_veto(set, path.path);
}

/* ":stream" as the new name (MS-FSA 2.1.5.15.12.1). */
static bool names_stream(struct wire_slice name)
{
	return name.len >= 2 && name.data[0] == ':' && name.data[1] == 0;
}

static NTSTATUS parse_stream(struct set_info *set, struct wire_slice name,
			     struct new_name *out)
{
	const char *path = set->fo->name->path;
	char *file = talloc_strndup(set, path, strcspn(path, ":"));
	char *stream = NULL;

	if (file == NULL) {
		return NT_STATUS_INSUFFICIENT_RESOURCES;
	}
	switch (name_stream_parse(set, name.data, name.len, &stream)) {
	case NAME_OK: break;
	case NAME_NO_MEMORY: return NT_STATUS_INSUFFICIENT_RESOURCES;
	default: return NT_STATUS_INVALID_PARAMETER;
	}
	out->path = name_with_stream(set, file, stream);
	return out->path != NULL ? NT_STATUS_OK
				 : NT_STATUS_INSUFFICIENT_RESOURCES;
}

/* Samba's client names the new place of a link from the root: "\name". */
static struct wire_slice without_root(struct wire_slice name)
{
	if (name.len > 2 && name.data[0] == '\\' && name.data[1] == 0) {
		return wire_slice(name.data + 2, name.len - 2);
	}
	return name;
}

static NTSTATUS decode_name(struct set_info *set, bool link,
			    struct new_name *out)
{
	struct fscc_rename in = {0};

	if (!fscc_rename_decode(set->in.buffer, false, &in)) {
		return NT_STATUS_INFO_LENGTH_MISMATCH;
	}
	if (in.root_directory != 0 || in.name.len == 0) {
		return NT_STATUS_INVALID_PARAMETER;
	}
	if (link) {
		in.name = without_root(in.name);
	}
	out->replace = (in.flags & FILE_RENAME_REPLACE_IF_EXISTS) != 0;
	out->stream = !set->fo->posix && names_stream(in.name);
	return out->stream ? parse_stream(set, in.name, out)
			   : parse_name(set, in.name, out);
}

static void parent_looked_up(struct tevent_req *subreq);
static void name_looked_up(struct tevent_req *subreq);
static void name_start(struct set_info *set);
static void renamed(struct tevent_req *subreq);
static void linked(struct tevent_req *subreq);

static NTSTATUS name_lookup(struct set_info *set, const char *path,
			    void (*done)(struct tevent_req *subreq))
{
	struct tevent_req *subreq = store_lookup_as_send(
		set, set->ev, set->r->tree->store, set->r->tree->cred, path,
		set->fo->posix ? STORE_OPEN_POSIX | STORE_OPEN_REPARSE : 0);

	if (subreq == NULL) {
		return NT_STATUS_INSUFFICIENT_RESOURCES;
	}
	tevent_req_set_callback(subreq, done, set);
	return NT_STATUS_OK;
}

/* First the directory that takes up the name, then whom it replaces. */
static NTSTATUS name_begin(struct set_info *set)
{
	const struct new_name *name = set->more;
	char *parent = name_parent(set, name->path);

	if (parent == NULL) {
		return NT_STATUS_INSUFFICIENT_RESOURCES;
	}
	return name_lookup(set, parent, parent_looked_up);
}

static bool same_file(const struct file_open *fo, const struct store_attr *attr)
{
	return attr->file_id == fo->handle->file_id &&
	       attr->volume_id == fo->handle->volume_id;
}

static NTSTATUS after_parent(struct set_info *set, int err,
			     const struct store_attr *attr)
{
	const struct new_name *name = set->more;
	struct file_table *files = set->r->conn->server->files;
	struct file *file = NULL;

	if (err != 0) {
		return err == ENOENT || err == ENOTDIR
			       ? NT_STATUS_OBJECT_PATH_NOT_FOUND
			       : ntstatus_from_errno(err);
	}
	if (!S_ISDIR(attr->mode)) {
		return NT_STATUS_OBJECT_PATH_NOT_FOUND;
	}
	if (same_file(set->fo, attr)) { /* into itself */
		return NT_STATUS_INVALID_PARAMETER;
	}
	if (file_directory_taken(files, set->r->tree->store, attr)) {
		file = file_by_attr(files, set->r->tree->store, attr);
		return oplock_handles_wait(file, NULL)
			       ? set_wait(set, file, name_begin)
			       : NT_STATUS_SHARING_VIOLATION;
	}
	if (name->replace) {
		return name_lookup(set, name->path, name_looked_up);
	}
	name_start(set);
	return NT_STATUS_OK;
}

static void parent_looked_up(struct tevent_req *subreq)
{
	struct set_info *set =
		tevent_req_callback_data(subreq, struct set_info);
	struct tevent_req *req = set->req;
	struct store_attr attr = {0};
	int err = store_lookup_recv(subreq, set, &attr, NULL);

	talloc_free(subreq);
	set_judged(req, after_parent(set, err, &attr));
}

static NTSTATUS target_again(struct set_info *set)
{
	const struct new_name *name = set->more;

	return name_lookup(set, name->path, name_looked_up);
}

/* Who is open cannot be replaced; but maybe only a client's cache has it. */
static NTSTATUS replace_target(struct set_info *set,
			       const struct store_attr *attr)
{
	struct file *file = NULL;

	if (!set->fo->posix &&
	    (S_ISDIR(attr->mode) ||
	     (attr->attributes & FILE_ATTRIBUTE_READONLY) != 0)) {
		return NT_STATUS_ACCESS_DENIED;
	}
	file = file_by_attr(set->r->conn->server->files, set->r->tree->store,
			    attr);
	if (file != NULL && !(set->fo->posix && file_all_posix(file))) {
		return oplock_handles_wait(file, NULL)
			       ? set_wait(set, file, target_again)
			       : NT_STATUS_ACCESS_DENIED;
	}
	name_start(set);
	return NT_STATUS_OK;
}

static void name_looked_up(struct tevent_req *subreq)
{
	struct set_info *set =
		tevent_req_callback_data(subreq, struct set_info);
	struct tevent_req *req = set->req;
	struct store_attr attr = {0};
	int err = store_lookup_recv(subreq, set, &attr, NULL);

	talloc_free(subreq);
	if (err != 0 && err != ENOENT) {
		set_info_done(set, err);
		return;
	}
	if (err == 0 && !same_file(set->fo, &attr)) {
		set_judged(req, replace_target(set, &attr));
		return;
	}
	name_start(set);
}

static void name_start(struct set_info *set)
{
	const struct new_name *name = set->more;
	struct file_open *fo = set->fo;
	struct tevent_req *subreq = NULL;

	if (name->link) {
		subreq = store_link_send(set, set->ev, fo->handle,
					 fo->name->path, name->path,
					 name->replace);
	} else {
		subreq = store_rename_send(set, set->ev, fo->handle,
					   fo->name->path, name->path,
					   name->replace);
	}
	if (tevent_req_nomem(subreq, set->req)) {
		return;
	}
	tevent_req_set_callback(subreq, name->link ? linked : renamed, set);
}

/* What a rename(2) says in words of its own. */
static NTSTATUS status_of_rename(int err)
{
	switch (err) {
	case EISDIR:
	case ENOTDIR:
	case ENOTEMPTY:
	case EBUSY: return NT_STATUS_ACCESS_DENIED;
	default: return ntstatus_from_errno(err);
	}
}

static void path_changed(const struct set_info *set, const char *path)
{
	struct oplock_parent by = oplock_parent_of(set->fo);

	oplock_path_changed(set->fo->file->table, set->fo->name->store, path,
			    &by);
}

/* Other opens may have had the new name, or be below the old one. */
static bool renamed_posix(struct file_open *fo, const char *before)
{
	file_replaced(fo);
	return !fo->handle->directory || file_below_renamed(fo, before);
}

/* What is being opened by that name has to be looked at again. */
static void name_changed(const struct set_info *set, const char *path)
{
	file_name_touch(set->fo->file->table, set->fo->name->store, path);
}

static void renamed(struct tevent_req *subreq)
{
	struct set_info *set =
		tevent_req_callback_data(subreq, struct set_info);
	const struct new_name *name = set->more;
	char *before = NULL;
	char *now = NULL;
	int err = store_rename_recv(subreq, set, &now);

	talloc_free(subreq);
	if (err != 0) {
		tevent_req_error(set->req, status_of_rename(err));
		return;
	}
	oplock_parent_changed(set->fo);
	path_changed(set, now);
	name_changed(set, set->fo->name->path);
	name_changed(set, now);
	before = talloc_strdup(set, set->fo->name->path);
	if (before == NULL || !(name->stream ? file_stream_renamed(set->fo, now)
					     : file_renamed(set->fo, now))) {
		tevent_req_oom(set->req);
		return;
	}
	if (set->fo->posix && !renamed_posix(set->fo, before)) {
		tevent_req_oom(set->req);
		return;
	}
	set_info_done(set, 0);
}

static void linked(struct tevent_req *subreq)
{
	struct set_info *set =
		tevent_req_callback_data(subreq, struct set_info);
	const struct new_name *name = set->more;
	int err = store_link_recv(subreq);

	talloc_free(subreq);
	if (err != 0) {
		tevent_req_error(set->req, status_of_rename(err));
		return;
	}
	path_changed(set, name->path);
	set_info_done(set, 0);
}

/* Nothing may be open below a directory that gets another name (MS-FSA
 * 2.1.5.15.12); what only caches hold open may be closed. */
static NTSTATUS below_begin(struct set_info *set)
{
	const struct new_name *name = set->more;
	struct file *file = NULL;
	NTSTATUS status = NT_STATUS_OK;

	if (!set->fo->posix || !file_below_posix(set->fo)) {
		status = oplock_below_wait(set->fo, name->serial, &file);
	}
	switch (status) {
	case NT_STATUS_OK: return set_without_handles(set, name_begin);
	case NT_STATUS_PENDING: return set_wait(set, file, below_begin);
	default: return status;
	}
}

/* Nothing to do; but others hear of it as of any other rename. */
static NTSTATUS same_name(struct set_info *set)
{
	set_info_done(set, 0);
	return NT_STATUS_OK;
}

/* Nor may a stream of a file be open. */
static NTSTATUS streams_begin(struct set_info *set)
{
	struct file *stream = file_open_stream(set->fo);

	if (stream != NULL) {
		return oplock_handles_wait(stream, NULL)
			       ? set_wait(set, stream, streams_begin)
			       : NT_STATUS_ACCESS_DENIED;
	}
	return set->fo->handle->directory
		       ? below_begin(set)
		       : set_without_handles(set, name_begin);
}

/* MS-FSA 2.1.5.15.12.1. Who else has it open would not know where it went. */
static NTSTATUS stream_begin(struct set_info *set)
{
	const struct new_name *name = set->more;
	const char *colon = strchr(name->path, ':');
	struct file_open *fo = set->fo;

	if (fo->handle->directory) {
		return NT_STATUS_INVALID_PARAMETER;
	}
	if (oplock_handles_wait(fo->file, fo)) {
		return set_wait(set, fo->file, stream_begin);
	}
	if (fo->file->opens != fo || fo->next != NULL) {
		return NT_STATUS_SHARING_VIOLATION;
	}
	if (file_stream(fo, colon != NULL ? colon + 1 : NULL) != NULL) {
		return NT_STATUS_INVALID_PARAMETER;
	}
	name_start(set);
	return NT_STATUS_OK;
}

NTSTATUS set_rename(struct set_info *set)
{
	struct new_name *name = talloc_zero(set, struct new_name);
	NTSTATUS status = NT_STATUS_INSUFFICIENT_RESOURCES;

	if (name == NULL) {
		return status;
	}
	status = decode_name(set, false, name);
	if (status != NT_STATUS_OK) {
		return status;
	}
	if (set->fo->name->delete_pending || *set->fo->name->path == '\0') {
		return NT_STATUS_ACCESS_DENIED;
	}
	if (strcmp(name->path, set->fo->name->path) == 0 ||
	    (name->stream && name_equal(name->path, set->fo->name->path))) {
		return set_without_handles(set, same_name);
	}
	set->more = name;
	name->serial = file_last_serial(set->fo->file->table);
	return name->stream ? stream_begin(set) : streams_begin(set);
}

NTSTATUS set_link(struct set_info *set)
{
	struct new_name *name = talloc_zero(set, struct new_name);
	NTSTATUS status = NT_STATUS_INSUFFICIENT_RESOURCES;

	if (name == NULL) {
		return status;
	}
	status = decode_name(set, true, name);
	if (status != NT_STATUS_OK) {
		return status;
	}
	if (set->fo->handle->directory) {
		return NT_STATUS_FILE_IS_A_DIRECTORY;
	}
	if (set->r->tree->read_only || set->fo->name->delete_pending) {
		return NT_STATUS_ACCESS_DENIED;
	}
	if (set->fo->file->stream != NULL || name->stream) {
		return NT_STATUS_INVALID_PARAMETER;
	}
	name->link = true;
	set->more = name;
	return set_without_handles(set, name_begin);
}

/* --- disposition -------------------------------------------------------- */

static void disposition_queried(struct tevent_req *subreq);
static void disposition_listed(struct tevent_req *subreq);
static void emptiness_opened(struct tevent_req *subreq);

static NTSTATUS disposition_begin(struct set_info *set);

NTSTATUS set_disposition(struct set_info *set)
{
	bool pending = false;

	if (!fscc_bool_decode(set->in.buffer, &pending)) {
		return NT_STATUS_INFO_LENGTH_MISMATCH;
	}
	if (!pending) {
		file_delete_pending(set->fo, false);
		set_info_done(set, 0);
		return NT_STATUS_OK;
	}
	if (*set->fo->name->path == '\0') {
		return NT_STATUS_CANNOT_DELETE;
	}
	return set_without_handles(set, disposition_begin);
}

static NTSTATUS disposition_begin(struct set_info *set)
{
	struct tevent_req *subreq = NULL;

	/* nothing that a file is keeps its name from who has the extensions */
	if (set->fo->posix && !set->fo->handle->directory) {
		file_delete_pending(set->fo, true);
		set_info_done(set, 0);
		return NT_STATUS_OK;
	}
	subreq = store_getattr_send(set, set->ev, set->fo->handle);
	if (subreq == NULL) {
		return NT_STATUS_INSUFFICIENT_RESOURCES;
	}
	tevent_req_set_callback(subreq, disposition_queried, set);
	return NT_STATUS_OK;
}

/* A directory must be empty: looked at through an open of its own, since the
 * client's may be in the middle of a listing, or no open for listing. */
static void disposition_queried(struct tevent_req *subreq)
{
	struct set_info *set =
		tevent_req_callback_data(subreq, struct set_info);
	struct store_attr attr = {0};
	int err = store_getattr_recv(subreq, &attr);

	talloc_free(subreq);
	if (err != 0) {
		set_info_done(set, err);
		return;
	}
	if ((attr.attributes & FILE_ATTRIBUTE_READONLY) != 0 &&
	    !set->fo->posix) {
		tevent_req_error(set->req, NT_STATUS_CANNOT_DELETE);
		return;
	}
	if (!set->fo->handle->directory) {
		file_delete_pending(set->fo, true);
		set_info_done(set, 0);
		return;
	}
	subreq = store_open_send(
		set, set->ev, set->r->tree->store, set->r->tree->cred,
		set->fo->name->path,
		STORE_OPEN_READ | STORE_OPEN_DIRECTORY | STORE_OPEN_REPARSE, 0);
	if (tevent_req_nomem(subreq, set->req)) {
		return;
	}
	tevent_req_set_callback(subreq, emptiness_opened, set);
}

/* One that may not be listed is left to the deletion itself. */
static void emptiness_opened(struct tevent_req *subreq)
{
	struct set_info *set =
		tevent_req_callback_data(subreq, struct set_info);
	struct store_file *dir = NULL;
	int err = store_open_recv(subreq, set, &dir, NULL);

	talloc_free(subreq);
	if (err == EACCES) {
		file_delete_pending(set->fo, true);
		set_info_done(set, 0);
		return;
	}
	if (err != 0) {
		set_info_done(set, err);
		return;
	}
	subreq = store_readdir_send(set, set->ev, dir, true, 1);
	if (tevent_req_nomem(subreq, set->req)) {
		return;
	}
	tevent_req_set_callback(subreq, disposition_listed, set);
}

static void disposition_listed(struct tevent_req *subreq)
{
	struct set_info *set =
		tevent_req_callback_data(subreq, struct set_info);
	struct store_entry *entries = NULL;
	size_t count = 0;
	int err = store_readdir_recv(subreq, set, &entries, &count);

	talloc_free(subreq);
	if (err != 0) {
		set_info_done(set, err);
		return;
	}
	if (count > 0) {
		tevent_req_error(set->req, NT_STATUS_DIRECTORY_NOT_EMPTY);
		return;
	}
	file_delete_pending(set->fo, true);
	set_info_done(set, 0);
}
