/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Folders, as they are read. Entries come from the server as the program asks
 * for them and are kept until it closes the folder, since it may go back.
 * Positions (smbc_telldir()) are numbers of entries, counted from 1: 0 is the
 * beginning and -1 the end.
 */
#include <errno.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "client/libsmbclient/libsmb.h"

/* ----------------------------------------------------------------- fetching */

static unsigned type_of(uint32_t attributes)
{
	return (attributes & FILE_ATTRIBUTE_DIRECTORY) != 0 ? SMBC_DIR
							    : SMBC_FILE;
}

static int take_list(struct dir_entries *e, const struct client_dir_list *list)
{
	size_t i = 0;

	for (i = 0; i < list->count; i++) {
		const struct client_dir_entry *from = &list->entry[i];
		const struct dir_item item = {
			.type = type_of(from->stat.attributes),
			.name = from->name,
			.has_info = true,
			.stat = from->stat,
			.short_name = from->short_name,
			.file_id = from->file_id,
		};

		if (!entries_add(e, &item)) {
			return ENOMEM;
		}
	}
	return 0;
}

/* The next answer of the server. The folder is closed behind the last one, so
 * that it does not stand in the way of who wants to remove it. */
static int fetch(SMBCFILE *dir)
{
	struct dir_entries *e = dir->entries;
	struct client_dir_list *list = NULL;
	NTSTATUS status = 0;
	int err = 0;

	if (dir->file == NULL) {
		return EBADF;
	}
	status = client_dir_read(dir, dir->file, "*", &list);
	if (status == NT_STATUS_NO_MORE_FILES ||
	    status == NT_STATUS_NO_SUCH_FILE) {
		e->complete = true;
		TALLOC_FREE(dir->file);
		return 0;
	}
	if (!NT_STATUS_IS_OK(status)) {
		return libsmb_errno(status);
	}
	err = take_list(e, list);
	talloc_free(list);
	return err;
}

/* The entry at the position; *out is NULL at the end. */
static int peek(SMBCFILE *dir, const struct dir_item **out)
{
	struct dir_entries *e = dir->entries;
	int err = 0;

	*out = NULL;
	while (err == 0 && e->next >= e->count && !e->complete) {
		err = fetch(dir);
	}
	if (err == 0 && e->next < e->count) {
		*out = &e->item[e->next];
	}
	return err;
}

/* ------------------------------------------------------------ open and close
 */

/* All of it at once, and what is asked of its names next is known. What
 * programs of the server's machine have changed since it was read last no lease
 * tells, so it is read anew. */
static NTSTATUS list_folder(struct place *at, struct client_dir_list **out)
{
	client_dir_forget(at->tree, at->url->path);
	return client_list(at->url, at->tree, at->url->path, "*", out);
}

static NTSTATUS begin_folder(struct place *at, struct client_file **out)
{
	struct client_open how = {0};

	client_open_default(&how);
	how.access = FILE_LIST_DIRECTORY | FILE_READ_ATTRIBUTES;
	how.options = FILE_DIRECTORY_FILE;
	return client_open(at->srv, at->tree, at->url->path, &how, out, NULL);
}

static int open_folder(struct place *at, const char *url, SMBCFILE **out)
{
	struct client_dir_list *list = NULL;
	struct client_file *opened = NULL;
	NTSTATUS status = at->srv->link->read_ahead ? list_folder(at, &list)
						    : begin_folder(at, &opened);
	int err = 0;

	if (!NT_STATUS_IS_OK(status)) {
		return libsmb_errno(status);
	}
	*out = file_add(at->c, at->srv, url, at->url->path, opened, NULL);
	if (*out == NULL) {
		return ENOMEM;
	}
	(*out)->folder = true;
	(*out)->entries = entries_new(*out);
	err = (*out)->entries == NULL ? ENOMEM : 0;
	if (err == 0 && list != NULL) {
		err = take_list((*out)->entries, list);
		(*out)->entries->complete = true;
	}
	if (err != 0) {
		file_free(*out);
		*out = NULL;
	}
	return err;
}

SMBCFILE *libsmb_opendir(SMBCCTX *c, const char *url)
{
	struct place at = {0};
	SMBCFILE *dir = NULL;
	int err = place_enter_url(c, url, &at);

	if (err == 0 && *at.url->share == '\0') {
		err = browse(&at, url, &dir);
		if (err == 0) {
			dir->entries->complete = true;
		}
		place_leave(&at, err);
		return dir;
	}
	if (err == 0) {
		err = server_find(c, at.url, NULL, &at.srv);
	}
	if (err == 0) {
		at.tree = at.srv->tree;
		err = at.tree != NULL ? open_folder(&at, url, &dir) : ENOTDIR;
	}
	place_leave(&at, err);
	return dir;
}

/* An open folder of the context; 0 or an errno value. */
static int check_folder(SMBCCTX *c, SMBCFILE *dir)
{
	if (!libsmb_has_file(c, dir)) {
		return EBADF;
	}
	return dir->folder ? 0 : ENOTDIR;
}

int libsmb_closedir(SMBCCTX *c, SMBCFILE *dir)
{
	int err = 0;

	if (!libsmb_enter(c)) {
		return -1;
	}
	err = check_folder(c, dir);
	if (err == 0) {
		if (dir->file != NULL) {
			client_close(dir->file);
		}
		file_free(dir);
	}
	return libsmb_return(c, err);
}

/* ------------------------------------------------------------------- dirents
 */

/* Of a whole entry, on its boundary in a buffer of several. */
static size_t dirent_size(const char *name, const char *comment)
{
	const size_t unit = _Alignof(struct smbc_dirent);
	size_t n = offsetof(struct smbc_dirent, name) + strlen(name) + 1 +
		   strlen(comment) + 1;

	return (n + unit - 1) / unit * unit;
}

static void put_dirent(struct smbc_dirent *to, const struct dir_item *item,
		       const char *name)
{
	size_t room = dirent_size(name, item->comment);

	memset(to, 0, room);
	to->smbc_type = item->type;
	to->dirlen = (unsigned)room;
	to->namelen = (unsigned)strlen(name);
	to->commentlen = (unsigned)strlen(item->comment);
	memcpy((char *)to + offsetof(struct smbc_dirent, name), name,
	       to->namelen + 1);
	to->comment = (char *)to + offsetof(struct smbc_dirent, name) +
		      to->namelen + 1;
	memcpy(to->comment, item->comment, to->commentlen + 1);
}

/* The name as the program wants it: perhaps encoded. */
static char *shown_name(SMBCCTX *c, TALLOC_CTX *mem_ctx, const char *name)
{
	char *copy = talloc_strdup(mem_ctx, name);
	char *encoded = NULL;
	int room = (int)strlen(name) * 3 + 4;

	if (copy == NULL || !smbc_getOptionUrlEncodeReaddirEntries(c)) {
		return copy;
	}
	encoded = talloc_array(mem_ctx, char, (unsigned)room);
	if (encoded != NULL && smbc_urlencode(encoded, copy, room) < 0) {
		TALLOC_FREE(encoded);
	}
	talloc_free(copy);
	return encoded;
}

static int next_dirent(SMBCCTX *c, SMBCFILE *dir, struct smbc_dirent **out)
{
	struct dir_entries *e = dir->entries;
	const struct dir_item *item = NULL;
	char *name = NULL;
	int err = peek(dir, &item);

	if (err != 0 || item == NULL) {
		return err;
	}
	TALLOC_FREE(e->dirent);
	name = shown_name(c, e, item->name);
	if (name != NULL) {
		e->dirent = talloc_size(e, dirent_size(name, item->comment));
	}
	if (e->dirent == NULL) {
		talloc_free(name);
		return ENOMEM;
	}
	put_dirent(e->dirent, item, name);
	talloc_free(name);
	e->next++;
	*out = e->dirent;
	return 0;
}

struct smbc_dirent *libsmb_readdir(SMBCCTX *c, SMBCFILE *dir)
{
	struct smbc_dirent *entry = NULL;
	int err = 0;

	if (!libsmb_enter(c)) {
		return NULL;
	}
	err = check_folder(c, dir);
	if (err == 0) {
		err = next_dirent(c, dir, &entry);
	}
	libsmb_return(c, err);
	return entry;
}

static int fill_dents(SMBCCTX *c, SMBCFILE *dir, char *to, size_t room,
		      size_t *used)
{
	const struct dir_item *item = NULL;
	int err = peek(dir, &item);

	while (err == 0 && item != NULL) {
		char *name = shown_name(c, dir->entries, item->name);
		size_t need = 0;

		if (name == NULL) {
			return ENOMEM;
		}
		need = dirent_size(name, item->comment);
		if (need > room - *used) {
			talloc_free(name);
			return *used == 0 ? EINVAL : 0;
		}
		put_dirent((struct smbc_dirent *)(void *)(to + *used), item,
			   name);
		talloc_free(name);
		*used += need;
		dir->entries->next++;
		err = peek(dir, &item);
	}
	return *used > 0 ? 0 : err;
}

int libsmb_getdents(SMBCCTX *c, SMBCFILE *dir, struct smbc_dirent *dirp,
		    int count)
{
	size_t used = 0;
	int err = 0;

	if (!libsmb_enter(c)) {
		return -1;
	}
	err = check_folder(c, dir);
	if (err == 0) {
		err = dirp == NULL || count < 0
			      ? EINVAL
			      : fill_dents(c, dir, (char *)dirp, (size_t)count,
					   &used);
	}
	libsmb_return(c, err);
	return err != 0 ? -1 : (int)used;
}

/* ---------------------------------------------------------------- readdirplus
 */

static const struct libsmb_file_info *fill_info(SMBCFILE *dir,
						const struct dir_item *item)
{
	struct libsmb_file_info *info = &dir->entries->info;

	*info = (struct libsmb_file_info){
		.size = item->stat.size,
		.attrs = (uint16_t)item->stat.attributes,
		.uid = getuid(),
		.gid = getgid(),
		.btime_ts = nttime_to_timespec(item->stat.creation_time),
		.mtime_ts = nttime_to_timespec(item->stat.write_time),
		.atime_ts = nttime_to_timespec(item->stat.access_time),
		.ctime_ts = nttime_to_timespec(item->stat.change_time),
		/* not const in the header */
		.name = (char *)(uintptr_t)item->name,
		.short_name = (char *)(uintptr_t)item->short_name,
	};
	return info;
}

const struct libsmb_file_info *libsmb_readdirplus2(SMBCCTX *c, SMBCFILE *dir,
						   struct stat *st)
{
	const struct libsmb_file_info *info = NULL;
	const struct dir_item *item = NULL;
	int err = 0;

	if (!libsmb_enter(c)) {
		return NULL;
	}
	err = check_folder(c, dir);
	if (err == 0) {
		err = peek(dir, &item);
	}
	/* lists of shares have dirents only */
	if (err == 0 && item != NULL && item->has_info) {
		info = fill_info(dir, item);
		dir->entries->next++;
		if (st != NULL) {
			stat_fill(st, &item->stat,
				  item->file_id != 0 ? item->file_id
						     : name_number(item->name),
				  dir->srv->dev);
		}
	}
	libsmb_return(c, err);
	return info;
}

const struct libsmb_file_info *libsmb_readdirplus(SMBCCTX *c, SMBCFILE *dir)
{
	return libsmb_readdirplus2(c, dir, NULL);
}

/* ------------------------------------------------------------------ position
 */

off_t libsmb_telldir(SMBCCTX *c, SMBCFILE *dir)
{
	const struct dir_item *item = NULL;
	off_t at = -1;
	int err = 0;

	if (!libsmb_enter(c)) {
		return -1;
	}
	err = check_folder(c, dir);
	if (err == 0) {
		err = peek(dir, &item);
	}
	if (err == 0 && item != NULL) {
		at = (off_t)dir->entries->next + 1;
	}
	libsmb_return(c, err);
	return at;
}

int libsmb_lseekdir(SMBCCTX *c, SMBCFILE *dir, off_t offset)
{
	const struct dir_item *item = NULL;
	int err = 0;

	if (!libsmb_enter(c)) {
		return -1;
	}
	err = check_folder(c, dir);
	if (err != 0) {
		return libsmb_return(c, err);
	}
	if (offset == 0) {
		dir->entries->next = 0;
	} else if (offset == -1) {
		do {
			dir->entries->next = dir->entries->count;
			err = peek(dir, &item);
		} while (err == 0 && item != NULL);
	} else if (offset > 0 && (uintmax_t)offset <= dir->entries->count) {
		dir->entries->next = (size_t)offset - 1;
	} else {
		err = EINVAL;
	}
	return libsmb_return(c, err);
}
