/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What a call is about to change in the folders of its tree. It is in doubt
 * from when the call is sent, and again when it was answered, so that what was
 * asked for in between is not kept either.
 */
#include <string.h>

#include "client/dir_cache_private.h"
#include "smbquic/utf16.h"

#define CHANGES                                                        \
	(FILE_WRITE_DATA | FILE_APPEND_DATA | FILE_WRITE_EA |          \
	 FILE_DELETE_CHILD | FILE_WRITE_ATTRIBUTES | SEC_STD_DELETE |  \
	 SEC_STD_WRITE_DAC | SEC_STD_WRITE_OWNER | SEC_GENERIC_WRITE | \
	 SEC_GENERIC_ALL | SEC_MAXIMUM_ALLOWED)

struct dir_change {
	struct dir_anchor *anchor;
	const char *path; /* NULL: it is not known */
	const char *to;	  /* what it will be, or a further name; NULL: none */
	bool may;	  /* the open gives rights to change something */
	bool does;	  /* and the call does */
	bool below;	  /* the path may become another's, or nobody's */
	bool moves;	  /* to that name */
	bool posix;	  /* names are those of the POSIX extensions */
	bool keyed;	  /* key is that of the parent's leases, */
	bool held;	  /* of which there is one now */
	struct smb2_guid key;
};

static int change_destructor(struct dir_change *change)
{
	struct dir_anchor *anchor = change->anchor;

	anchor->users--;
	if (anchor->users == 0 && anchor->cache == NULL) {
		talloc_free(anchor);
	}
	return 0;
}

/* Out of memory it is not known what the call changes: then nothing is kept any
 * longer. */
void dir_change_begin(struct call *call, struct client_tree *tree)
{
	struct dir_change *change = NULL;

	if (tree->dir_cache == NULL) {
		return;
	}
	change = talloc_zero(call, struct dir_change);
	if (change == NULL) {
		dir_cache_end(tree);
		return;
	}
	change->anchor = dir_cache_anchor(tree->dir_cache);
	change->anchor->users++;
	talloc_set_destructor(change, change_destructor);
	call->change = change;
}

static void set_path(struct dir_change *change, const char *path)
{
	change->path = talloc_strdup(change, path);
	if (change->path == NULL && change->anchor->cache != NULL) {
		dir_cache_end(dir_cache_tree(change->anchor->cache));
	}
}

void dir_change_beside(struct call *call, const struct call *other)
{
	const struct dir_change *from = other->change;

	if (from == NULL || from->anchor->cache == NULL) {
		return;
	}
	dir_change_begin(call, dir_cache_tree(from->anchor->cache));
	if (call->change != NULL && from->path != NULL) {
		set_path(call->change, from->path);
		call->change->may = from->may;
		call->change->below = from->below;
	}
}

void dir_change_path(struct call *call, const char *path,
		     const struct client_open *how)
{
	struct dir_change *change = call->change;

	if (change == NULL || change->anchor->cache == NULL ||
	    open_contexts_snapshot(how) != 0) {
		return;
	}
	set_path(change, path);
	change->posix = how->posix;
	change->may =
		(how->access & CHANGES) != 0 || how->disposition != FILE_OPEN;
	change->below = (how->options & FILE_DELETE_ON_CLOSE) != 0;
	change->keyed = change->anchor->cache != NULL &&
			dir_cache_parent_key(change->anchor->cache, path,
					     &change->key, &change->held);
}

void dir_change_file(struct call *call, const struct client_file *file)
{
	struct dir_change *change = call->change;

	if (change != NULL && change->anchor->cache != NULL &&
	    change->path == NULL && file->path != NULL) {
		set_path(change, file->path);
		change->posix = file->posix;
		change->may = true;
		change->below = file->deletes;
	}
}

void dir_change_command(struct call *call, uint16_t command)
{
	struct dir_change *change = call->change;

	if (change == NULL) {
		return;
	}
	switch (command) {
	case SMB2_CREATE:
	case SMB2_CLOSE:
	case SMB2_WRITE:
	case SMB2_SET_INFO:
	case SMB2_IOCTL: change->does = change->does || change->may; break;
	default: break;
	}
}

static void take_target(struct call *call, bool ex, struct wire_slice data)
{
	struct dir_change *change = call->change;
	struct fscc_rename body = {0};
	char *name = NULL;

	if (!fscc_rename_decode(data, ex, &body)) {
		return;
	}
	name = utf16_to_utf8(change, body.name);
	name = change->posix
		       ? path_map_from_posix(change, call->map_names, name)
		       : path_map_from_server(change, call->map_names, name);
	if (name != NULL && *name == '\\') {
		name++;
	}
	change->to = name;
	change->below = true;
}

void dir_change_set(struct call *call, uint8_t info_class,
		    struct wire_slice data)
{
	struct dir_change *change = call->change;

	if (change == NULL) {
		return;
	}
	switch (info_class) {
	case FileRenameInformation:
	case FileRenameInformationEx:
		change->moves = true;
		take_target(call, info_class == FileRenameInformationEx, data);
		break;
	case FileLinkInformation: take_target(call, false, data); break;
	case FileDispositionInformation:
	case FileDispositionInformationEx: change->below = true; break;
	default: break;
	}
}

const struct smb2_guid *dir_change_parent(const struct call *call)
{
	const struct dir_change *change = call->change;

	return change != NULL && change->may && change->keyed ? &change->key
							      : NULL;
}

bool dir_change_parent_held(const struct call *call)
{
	return call->change != NULL && call->change->held;
}

static void change_tell(const struct dir_change *change)
{
	if (change->anchor->cache != NULL && change->path != NULL) {
		dir_cache_changed(change->anchor->cache, change->path,
				  change->below);
	}
	if (change->anchor->cache != NULL && change->to != NULL) {
		dir_cache_changed(change->anchor->cache, change->to,
				  change->below);
	}
}

void dir_change_sent(struct call *call)
{
	if (call->change != NULL && call->change->does) {
		change_tell(call->change);
	}
}

/* What is open keeps its name up to date. */
static void rename_open(const struct dir_change *change)
{
	struct client_tree *tree = dir_cache_tree(change->anchor->cache);
	size_t len = strlen(change->path);
	struct client_file *file = NULL;

	TAILQ_FOREACH(file, &tree->files, entry)
	{
		if (file->path != NULL &&
		    dir_name_compare(file->path, change->path) == 0) {
			file->path = talloc_strdup(file, change->to);
		} else if (file->path != NULL &&
			   strncmp(file->path, change->path, len) == 0 &&
			   file->path[len] == '\\') {
			file->path = talloc_asprintf(file, "%s%s", change->to,
						     file->path + len);
		}
	}
}

void dir_change_done(struct call *call)
{
	struct dir_change *change = call->change;

	if (change != NULL && change->anchor->cache != NULL) {
		dir_cache_answered(change->anchor->cache);
	}
	if (change == NULL || !change->does) {
		return;
	}
	change_tell(change);
	if (change->anchor->cache != NULL && change->path != NULL &&
	    change->to != NULL && change->moves &&
	    NT_STATUS_IS_OK(call_status(call))) {
		rename_open(change);
	}
}

void dir_change_opened(const struct call *call, struct client_file *file)
{
	const struct dir_change *change = call->change;

	if (file != NULL && change != NULL && change->path != NULL &&
	    change->may) {
		file->path = talloc_strdup(file, change->path);
		file->deletes = change->below;
	}
}
