/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Listing folders. The server gives them in parts, one after the other; the
 * kernel asks by offsets, which here are numbers of entries: 0 is ".", 1 is
 * "..", and the offset of an entry is that of the next one. What was read is
 * kept, or only the part that was read last, when there are many: what comes
 * before it is read from the beginning again.
 */
#include <errno.h>
#include <string.h>

#include "client/mount/mount.h"

#define DOTS 2
/* Entries of a folder that are kept while it is open, for who goes back. */
#define KEPT_MOST 8192
/* How often one is begun that is lost in the middle. */
#define TRIES 5

struct open_dir {
	struct node *node; /* held */
	struct client_file *file;
	struct client_dir_list *list; /* of the server, without the dots */
	uint64_t first;		      /* offset of its first entry */
	bool end;		      /* there is nothing behind it */
	bool busy;		      /* an op reads it */
	uint64_t mark;		      /* when it was begun */
};

struct reading {
	struct open_dir *dir;
	size_t size;
	uint64_t offset;
	bool plus;
	char *buf;
	size_t used;
	char *path;
	unsigned begun; /* how often */
};

static void reading_opened(struct tevent_req *subreq);
static void reading_listed(struct tevent_req *subreq);

/* ----------------------------------------------------------- open and close */

static void open_dir_free(struct open_dir *dir)
{
	struct node *node = dir->node;

	talloc_free(dir);
	node_release(node);
}

/* Nothing is asked of the server before something is read. */
void op_opendir(fuse_req_t req, fuse_ino_t ino, struct fuse_file_info *fi)
{
	struct mount *mount = op_mount(req);
	struct open_dir *dir = talloc_zero(mount, struct open_dir);
	struct link_user *user = NULL;

	if (dir == NULL) {
		fuse_reply_err(req, ENOMEM);
		return;
	}
	dir->node = op_node(mount, ino);
	node_hold(dir->node);
	fi->fh = (uint64_t)(uintptr_t)dir;
	fi->cache_readdir = mount->leases;
	fi->keep_cache = mount->leases &&
			 link_user_of(mount, fuse_req_ctx(req)->uid, &user) &&
			 watch_has_listing(mount, user, dir->node);
	if (fuse_reply_open(req, fi) != 0) {
		open_dir_free(dir);
	}
}

void op_releasedir(fuse_req_t req, fuse_ino_t ino, struct fuse_file_info *fi)
{
	(void)ino;
	open_dir_free((struct open_dir *)(uintptr_t)fi->fh);
	fuse_reply_err(req, 0);
}

/* ----------------------------------------------------------------- entries */

static bool is_dots(const char *name)
{
	return strcmp(name, ".") == 0 || strcmp(name, "..") == 0;
}

/* @return bytes that it takes, more than there are: it does not fit. */
static size_t put_plain(struct op *op, const char *name,
			const struct stat *attr, uint64_t next)
{
	struct reading *r = op->data;

	return fuse_add_direntry(op->req, r->buf + r->used, r->size - r->used,
				 name, attr, (off_t)next);
}

static size_t put_dot(struct op *op, uint64_t offset)
{
	struct reading *r = op->data;
	const char *name = offset == 0 ? "." : "..";
	struct fuse_entry_param entry = {.attr = {.st_mode = S_IFDIR}};

	entry.attr.st_ino =
		op->node->file_id != 0 ? op->node->file_id : op->node->serial;
	if (!r->plus) {
		return put_plain(op, name, &entry.attr, offset + 1);
	}
	return fuse_add_direntry_plus(op->req, r->buf + r->used,
				      r->size - r->used, name, &entry,
				      (off_t)offset + 1);
}

/* What a listing does not tell enough of: the kernel will look it up. */
static bool is_opaque(const struct client_stat *stat)
{
	return attr_is_opaque(stat) ||
	       (!stat->posix &&
		(stat->attributes & FILE_ATTRIBUTE_REPARSE_POINT) != 0);
}

static size_t put_plus(struct op *op, const char *name,
		       const struct client_dir_entry *in,
		       const struct client_stat *stat, uint64_t next)
{
	struct reading *r = op->data;
	struct mount *mount = op->mount;
	struct node_facts facts = attr_facts(mount, stat);
	struct fuse_entry_param entry = {0};
	struct node *node = NULL;
	const char *smb = NULL;
	size_t room = r->size - r->used;
	size_t need = fuse_add_direntry_plus(op->req, NULL, 0, name, &entry,
					     (off_t)next);

	if (need > room) {
		return need;
	}
	if (is_opaque(stat)) {
		entry.attr.st_ino = in->file_id;
		return fuse_add_direntry_plus(op->req, r->buf + r->used, room,
					      name, &entry, (off_t)next);
	}
	smb = file_name_to_smb(r, mount->options->map_names, name);
	node = smb != NULL ? node_find(r->dir->node, smb, &facts) : NULL;
	if (node != NULL) {
		entry = (struct fuse_entry_param){
			.ino = op_ino(node),
			.generation = node->serial,
			.entry_timeout = watch_name_time(mount, r->dir->node,
							 r->dir->mark, node),
		};
		attr_fill(mount, node, stat, &entry.attr);
		entry.attr_timeout = watch_attr_time(
			mount, r->dir->node, r->dir->mark, node, &entry.attr);
		attr_told(node, &entry.attr);
		node_look_up(node);
	}
	return fuse_add_direntry_plus(op->req, r->buf + r->used, room, name,
				      &entry, (off_t)next);
}

static size_t put_entry(struct op *op, const struct client_dir_entry *in,
			uint64_t next)
{
	struct reading *r = op->data;
	struct client_stat stat = in->stat;
	char name[FILE_NAME_SIZE] = "";
	struct stat attr = {0};

	if (!file_name_from_smb(in->name, op->mount->options->map_names,
				name)) {
		return 0; /* longer than a name can be */
	}
	stat.file_id = in->file_id;
	if (r->plus) {
		return put_plus(op, name, in, &stat, next);
	}
	attr_fill(op->mount, r->dir->node, &stat, &attr);
	attr.st_ino = in->file_id;
	if (is_opaque(&stat)) {
		attr.st_mode = 0;
	}
	return put_plain(op, name, &attr, next);
}

/* As many as there are, and fit. @return false: the next part is needed. */
static bool reading_fill(struct op *op)
{
	struct reading *r = op->data;
	struct open_dir *dir = r->dir;
	size_t need = 0;

	while (r->offset < DOTS) {
		need = put_dot(op, r->offset);
		if (need > r->size - r->used) {
			return true;
		}
		r->used += need;
		r->offset++;
	}
	while (dir->list != NULL && r->offset >= dir->first &&
	       r->offset - dir->first < dir->list->count) {
		need = put_entry(op, &dir->list->entry[r->offset - dir->first],
				 r->offset + 1);
		if (need > r->size - r->used) {
			return true;
		}
		r->used += need;
		r->offset++;
	}
	return r->used > 0 || dir->end;
}

/* ----------------------------------------------------------------- reading */

static void reading_reply(struct op *op)
{
	struct reading *r = op->data;

	r->dir->busy = false;
	fuse_reply_buf(op->req, r->buf, r->used);
	op_end(op);
}

static int reading_destructor(struct reading *r)
{
	r->dir->busy = false;
	return 0;
}

static void reading_open(struct op *op)
{
	struct reading *r = op->data;
	struct client_open how =
		op_open(op->mount, FILE_LIST_DIRECTORY | FILE_READ_ATTRIBUTES |
					   SEC_STD_SYNCHRONIZE);

	how.options = FILE_DIRECTORY_FILE;
	r->begun++;
	r->dir->mark = watch_begin(op->mount, op->user, op->node);
	r->path = op_path(op, op->node, NULL);
	if (r->path != NULL) {
		op_wait(op,
			client_dir_open_send(op, op_tree(op), r->path, &how,
					     "*"),
			reading_opened);
	}
}

static void reading_next(struct op *op)
{
	struct reading *r = op->data;

	op_wait(op, client_dir_read_send(op, r->dir->file, "*"),
		reading_listed);
}

static void reading_forget(struct open_dir *dir)
{
	TALLOC_FREE(dir->file);
	TALLOC_FREE(dir->list);
	dir->first = DOTS;
	dir->end = false;
}

static void reading_again(struct op *op)
{
	struct reading *r = op->data;

	reading_forget(r->dir);
	op_start(op, reading_open);
}

static void reading_go(struct op *op)
{
	struct reading *r = op->data;
	struct open_dir *dir = r->dir;
	bool from_start = dir->list != NULL && r->offset >= DOTS &&
			  r->offset < dir->first;

	if (r->offset == 0 || from_start) { /* rewinddir() reads anew */
		reading_forget(dir);
	}
	if (dir->list != NULL || dir->end) {
		if (reading_fill(op)) {
			reading_reply(op);
			return;
		}
	}
	if (dir->file == NULL) {
		op_start(op, reading_open);
		return;
	}
	reading_next(op);
}

static void reading_start(fuse_req_t req, fuse_ino_t ino, size_t size,
			  off_t offset, struct fuse_file_info *fi, bool plus)
{
	struct open_dir *dir = (struct open_dir *)(uintptr_t)fi->fh;
	struct op *op = op_new(op_mount(req), req, ino);
	struct reading *r = NULL;

	if (op == NULL) {
		return;
	}
	if (dir->busy) { /* two threads with one descriptor */
		op_fail(op, EBUSY);
		return;
	}
	r = talloc_zero(op, struct reading);
	if (r != NULL) {
		r->buf = talloc_size(r, size);
	}
	if (r == NULL || r->buf == NULL) {
		op_fail(op, ENOMEM);
		return;
	}
	r->dir = dir;
	r->size = size;
	r->offset = (uint64_t)offset;
	r->plus = plus;
	dir->busy = true;
	talloc_set_destructor(r, reading_destructor);
	op->data = r;
	reading_go(op);
}

void op_readdir(fuse_req_t req, fuse_ino_t ino, size_t size, off_t offset,
		struct fuse_file_info *fi)
{
	reading_start(req, ino, size, offset, fi, false);
}

void op_readdirplus(fuse_req_t req, fuse_ino_t ino, size_t size, off_t offset,
		    struct fuse_file_info *fi)
{
	reading_start(req, ino, size, offset, fi, true);
}

/* The server's own dots are not counted. */
static void drop_dots(struct client_dir_list *list)
{
	size_t kept = 0;
	size_t i = 0;

	for (i = 0; i < list->count; i++) {
		if (!is_dots(list->entry[i].name)) {
			list->entry[kept++] = list->entry[i];
		}
	}
	list->count = kept;
}

/* Behind what was read before. @return false: there is too much of that. */
static bool append_part(struct client_dir_list *all,
			struct client_dir_list *list)
{
	size_t count = all->count + list->count;
	struct client_dir_entry *entry = NULL;

	if (count <= KEPT_MOST) {
		entry = talloc_realloc(all, all->entry, struct client_dir_entry,
				       count);
	}
	if (entry == NULL) {
		return false;
	}
	memcpy(entry + all->count, list->entry,
	       list->count * sizeof(*list->entry));
	all->entry = entry;
	all->count = count;
	TALLOC_FREE(list->entry);
	talloc_steal(all, list); /* the names are its */
	return true;
}

static void take_part(struct open_dir *dir, struct client_dir_list *list)
{
	if (dir->list == NULL) {
		dir->list = list;
	} else if (list->count > 0 && !append_part(dir->list, list)) {
		dir->first += dir->list->count;
		talloc_free(dir->list);
		dir->list = list;
	}
}

static void take_end(struct open_dir *dir)
{
	dir->end = true;
	watch_listed(dir->node, dir->mark);
}

static void reading_on(struct op *op)
{
	if (reading_fill(op)) {
		reading_reply(op);
	} else {
		reading_next(op);
	}
}

static void reading_opened(struct tevent_req *subreq)
{
	struct op *op = op_of(subreq);
	struct reading *r = op->data;
	struct open_dir *dir = r->dir;
	struct client_dir_list *list = NULL;
	bool end = false;
	NTSTATUS status = client_dir_open_recv(subreq, dir, &dir->file, &list,
					       &end, NULL);

	talloc_free(subreq);
	if (op_failed(op, status)) {
		return;
	}
	drop_dots(list);
	take_part(dir, list);
	if (end) {
		take_end(dir);
	}
	reading_on(op);
}

/* The folder went with its connection, session or tree: it is read anew, up to
 * there. */
static bool is_lost(const struct op *op, NTSTATUS status)
{
	const struct reading *r = op->data;

	return (status == NT_STATUS_CONNECTION_DISCONNECTED ||
		status == NT_STATUS_IO_TIMEOUT ||
		status == NT_STATUS_HANDLE_NO_LONGER_VALID ||
		status == NT_STATUS_USER_SESSION_DELETED ||
		status == NT_STATUS_NETWORK_NAME_DELETED) &&
	       r->begun < TRIES;
}

static void reading_listed(struct tevent_req *subreq)
{
	struct op *op = op_of(subreq);
	struct reading *r = op->data;
	struct open_dir *dir = r->dir;
	struct client_dir_list *list = NULL;
	NTSTATUS status = client_dir_read_recv(subreq, dir, &list);

	talloc_free(subreq);
	if (status == NT_STATUS_NO_MORE_FILES ||
	    status == NT_STATUS_NO_SUCH_FILE) {
		take_end(dir);
	} else if (is_lost(op, status)) {
		reading_again(op);
		return;
	} else if (op_failed(op, status)) {
		return;
	} else {
		drop_dots(list);
		if (list->count == 0 && dir->list != NULL) {
			op_fail(op, EIO); /* it would go on for ever */
			return;
		}
		take_part(dir, list);
	}
	reading_on(op);
}
