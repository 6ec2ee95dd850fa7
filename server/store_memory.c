/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A share in memory: for tests and fuzzers, and for a share that may vanish
 * with the server. Everybody may do everything. Nothing blocks, so every
 * operation ends before it returns.
 */

#include <errno.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

#include "server/store_memory.h"
#include "smbquic/smb2.h"

#define DEFAULT_CAPACITY ((uint64_t)256 << 20)

struct memory *memory_of(const struct store_file *file)
{
	return talloc_get_type_abort(file->store->data, struct memory);
}

uint64_t memory_now(void)
{
	struct timespec now = {0};

	clock_gettime(CLOCK_REALTIME, &now);
	return store_time(now.tv_sec, (uint32_t)now.tv_nsec);
}

void memory_getattr_node(const struct memory_node *node,
			 struct store_attr *attr)
{
	*attr = (struct store_attr){
		.file_id = node->id,
		.volume_id = 1,
		.size = node->size,
		.allocation = pages_allocated(node->pages),
		.create_time = node->create_time,
		.access_time = node->access_time,
		.write_time = node->write_time,
		.change_time = node->change_time,
		.attributes = node->attributes |
			      (node->directory ? FILE_ATTRIBUTE_DIRECTORY : 0),
		.links = node->parent != NULL || node == node->memory->root,
		.mode = node->mode | (node->directory ? S_IFDIR : S_IFREG),
		.uid = node->uid,
		.gid = node->gid,
	};
	if (node->memory->hide_dot_files && node->name[0] == '.') {
		attr->attributes |= FILE_ATTRIBUTE_HIDDEN;
	}
}

/* --- open --------------------------------------------------------------- */

static int memory_create(struct memory *memory, struct memory_node *parent,
			 const char *name, unsigned flags, uint32_t attributes,
			 struct memory_node **node)
{
	bool directory = (flags & STORE_OPEN_DIRECTORY) != 0;

	if (strlen(name) > STORE_NAME_MAX) {
		return ENAMETOOLONG;
	}
	*node = memory_node_new(memory, name, directory, attributes);
	if (*node == NULL) {
		return ENOSPC;
	}
	memory_link(parent, *node);
	memory_event(*node, STORE_EVENT_ADDED, 0);
	return 0;
}

static int memory_find_or_make(struct memory *memory, const char *path,
			       unsigned flags, uint32_t attributes,
			       struct memory_node **node, bool *created)
{
	struct memory_node *parent = NULL;
	const char *last = NULL;
	int err = memory_walk(memory, path, &parent, &last, node);

	*created = false;
	if (err == ENOENT && (flags & STORE_OPEN_CREATE) != 0) {
		*created = true;
		return memory_create(memory, parent, last, flags, attributes,
				     node);
	}
	if (err != 0) {
		return err;
	}
	if ((flags & STORE_OPEN_EXCLUSIVE) != 0) {
		return EEXIST;
	}
	if ((flags & STORE_OPEN_DIRECTORY) != 0 && !(*node)->directory) {
		return ENOTDIR;
	}
	if ((flags & STORE_OPEN_NOT_DIRECTORY) != 0 && (*node)->directory) {
		return EISDIR;
	}
	return 0;
}

/* The file, and what is opened of it: itself or a stream. */
static int find_both(struct store_call *call, struct memory *memory,
		     const char *path, unsigned flags, uint32_t attributes,
		     struct memory_node **base, struct memory_node **node)
{
	const char *colon = strchr(path, ':');
	char *file = NULL;
	bool made = false;
	int err = 0;

	if (colon == NULL) {
		return memory_find_or_make(memory, path, flags, attributes,
					   node, &call->opened.created);
	}
	file = talloc_strndup(call, path, (size_t)(colon - path));
	if (file == NULL) {
		return ENOMEM;
	}
	if (strlen(colon + 1) > STORE_NAME_MAX) {
		return ENAMETOOLONG;
	}
	err = memory_find_or_make(memory, file, flags & STORE_OPEN_CREATE,
				  attributes, base, &made);
	if (err == 0) {
		err = memory_stream_open(*base, colon + 1, flags, node,
					 &call->opened.created);
	}
	call->opened.added = call->opened.created && !made;
	return err;
}

static char *found_path(TALLOC_CTX *mem_ctx, const struct memory_node *base,
			const struct memory_node *node)
{
	char *path = memory_path(mem_ctx, base != NULL ? base : node, NULL);

	return base != NULL && path != NULL
		       ? talloc_asprintf(mem_ctx, "%s:%s", path, node->name)
		       : path;
}

static void getattr(const struct memory_node *base,
		    const struct memory_node *node, struct store_attr *attr)
{
	memory_getattr_node(base != NULL ? base : node, attr);
	if (base != NULL) {
		attr->size = node->size;
		attr->allocation = pages_allocated(node->pages);
		attr->attributes &= ~(uint32_t)FILE_ATTRIBUTE_DIRECTORY;
		attr->mode = (attr->mode & ~(uint32_t)S_IFMT) | S_IFREG;
	}
}

static void memory_open(struct store_call *call, struct store *store,
			const struct store_cred *cred, const char *path,
			unsigned flags, uint32_t attributes)
{
	struct memory *memory =
		talloc_get_type_abort(store->data, struct memory);
	struct memory_node *base = NULL;
	struct memory_node *node = NULL;
	struct store_file *file = NULL;
	char *found = NULL;
	int err =
		find_both(call, memory, path, flags, attributes, &base, &node);

	(void)cred;
	if (err != 0) {
		store_call_done(call, err);
		return;
	}
	found = found_path(call, base, node);
	file = found != NULL ? store_file_new(call, store, found) : NULL;
	if (file == NULL) {
		store_call_done(call, ENOMEM);
		return;
	}
	file->data = talloc_zero(file, struct store_file_data);
	if (file->data == NULL) {
		store_call_done(call, ENOMEM);
		return;
	}
	node->opens++;
	if (base != NULL) {
		base->opens++;
	}
	file->data->node = node;
	file->data->base = base;
	file->file_id = base != NULL ? base->id : node->id;
	file->volume_id = 1;
	file->directory = node->directory;
	file->access = flags & (STORE_OPEN_READ | STORE_OPEN_WRITE);
	if ((flags & STORE_OPEN_MAXIMUM) != 0) {
		file->access = STORE_OPEN_READ | STORE_OPEN_WRITE;
	}
	if (node->directory) {
		file->access &= ~(unsigned)STORE_OPEN_WRITE;
	}
	call->file = file;
	call->opened.may = STORE_MAY_READ | STORE_MAY_WRITE |
			   STORE_MAY_EXECUTE | STORE_MAY_DELETE | STORE_MAY_OWN;
	getattr(base, node, &call->opened.attr);
	store_call_done(call, 0);
}

static void memory_drop(struct store_file *file)
{
	struct memory_node *node = file->data->node;
	struct memory_node *base = file->data->base;

	node->opens--;
	memory_free_unused(node);
	if (base != NULL) {
		base->opens--;
		memory_free_unused(base);
	}
}

static void memory_close(struct store_call *call, struct store_file *file)
{
	memory_drop(file);
	store_call_done(call, 0);
}

static void memory_lookup(struct store_call *call, struct store *store,
			  const struct store_cred *cred, const char *path)
{
	struct memory *memory =
		talloc_get_type_abort(store->data, struct memory);
	struct memory_node *parent = NULL;
	struct memory_node *node = NULL;
	const char *last = NULL;
	int err = memory_walk(memory, path, &parent, &last, &node);

	(void)cred;
	if (err == 0) {
		memory_getattr_node(node, &call->attr);
		call->attr.ea_size = memory_ea_size(node);
		call->path = memory_path(call, node, NULL);
		err = call->path == NULL ? ENOMEM : 0;
	}
	store_call_done(call, err);
}

/* --- attributes ----------------------------------------------------------- */

static void memory_getattr(struct store_call *call, struct store_file *file)
{
	getattr(file->data->base, file->data->node, &call->attr);
	call->attr.ea_size = memory_ea_size(memory_file_node(file));
	store_call_done(call, 0);
}

static void memory_flush(struct store_call *call, struct store_file *file)
{
	(void)file;
	store_call_done(call, 0);
}

static void memory_setattr(struct store_call *call, struct store_file *file,
			   const struct store_change *change)
{
	struct memory_node *node = memory_file_node(file);
	uint64_t now = memory_now();

	if ((change->what & STORE_SET_SIZE) != 0) {
		memory_set_size(file->data->node, change->size);
		node->write_time = now;
	}
	if ((change->what & STORE_SET_SIZE) != 0 && file->data->base != NULL) {
		memory_event_stream(file->data->node,
				    STORE_EVENT_STREAM_MODIFIED);
	}
	if ((change->what & STORE_DROP_STREAMS) != 0) {
		memory_streams_drop(node);
	}
	if ((change->what & STORE_SET_ATTRIBUTES) != 0) {
		node->attributes = change->attributes & STORE_KEPT_ATTRIBUTES;
	}
	if ((change->what & STORE_SET_CREATE_TIME) != 0) {
		node->create_time = change->create_time;
	}
	if ((change->what & STORE_SET_ACCESS_TIME) != 0) {
		node->access_time = change->access_time;
	}
	if ((change->what & STORE_SET_WRITE_TIME) != 0) {
		node->write_time = change->write_time;
	}
	if ((change->what & STORE_SET_MODE) != 0) {
		node->mode = change->mode & 07777;
	}
	if ((change->what & STORE_SET_OWNER) != 0) {
		node->uid = change->uid != (uid_t)-1 ? change->uid : node->uid;
		node->gid = change->gid != (gid_t)-1 ? change->gid : node->gid;
	}
	node->change_time = (change->what & STORE_SET_CHANGE_TIME) != 0
				    ? change->change_time
				    : now;
	memory_event(node, STORE_EVENT_MODIFIED, store_what(change->what));
	store_call_done(call, 0);
}

static void memory_statfs(struct store_call *call, struct store_file *file)
{
	const struct memory *memory = memory_of(file);

	call->space = (struct store_space){
		.total = memory->capacity,
		.free = memory->capacity - memory->used,
		.available = memory->capacity - memory->used,
		.block_size = PAGES_SIZE,
		.name_max = 255,
		.volume_id = 1,
		.sparse = true,
		.xattrs = true,
		.streams = !file->store->options.no_streams,
		.quota_tracked = true,
	};
	store_call_done(call, 0);
}

/* --- the row ------------------------------------------------------------ */

static int memory_init(struct store *store, struct worker_pool *pool,
		       char **why)
{
	struct memory *memory = talloc_zero(store, struct memory);

	(void)pool;
	(void)why;
	if (memory == NULL) {
		return ENOMEM;
	}
	store->data = memory;
	memory->capacity = store->options.capacity != 0
				   ? store->options.capacity
				   : DEFAULT_CAPACITY;
	memory->case_sensitive = store->options.case_sensitive;
	memory->short_names = store->options.short_names;
	memory->hide_dot_files = store->options.hide_dot_files;
	memory->create_mask = store->options.create_mask & 0666;
	memory->directory_mask = store->options.directory_mask & 0777;
	memory->root = memory_node_new(memory, "", true, 0);
	return memory->root == NULL ? ENOMEM : 0;
}

const struct store_ops store_memory = {
	.name = "memory",
	.help = "files in memory, gone when the server ends",
	.init = memory_init,
	.open = memory_open,
	.close = memory_close,
	.drop = memory_drop,
	.lookup = memory_lookup,
	.pread = memory_pread,
	.pwrite = memory_pwrite,
	.flush = memory_flush,
	.allocate = memory_allocate,
	.ranges = memory_ranges,
	.copy_range = memory_copy_range,
	.getattr = memory_getattr,
	.setattr = memory_setattr,
	.statfs = memory_statfs,
	.quotas = memory_quotas,
	.readdir = memory_readdir,
	.rename = memory_rename,
	.unlink = memory_unlink,
	.streams = memory_streams,
	.getxattr = memory_getxattr,
	.setxattr = memory_setxattr,
	.removexattr = memory_removexattr,
	.listxattr = memory_listxattr,
	.watch = memory_watch,
};
