/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The tree of names in memory. */

#include <errno.h>
#include <string.h>

#include "server/short_name.h"
#include "server/store_memory.h"
#include "smbquic/smb2.h"
#include "smbquic/utf16.h"

#define MAX_NODES 1000000u

/* --- the tree ----------------------------------------------------------- */

static int memory_node_destructor(struct memory_node *node)
{
	node->memory->num_nodes--;
	return 0;
}

struct memory_node *memory_node_new(struct memory *memory, const char *name,
				    bool directory, uint32_t attributes)
{
	struct memory_node *node = NULL;
	uint64_t now = memory_now();

	if (memory->num_nodes >= MAX_NODES) {
		return NULL;
	}
	node = talloc_zero(memory, struct memory_node);
	if (node == NULL) {
		return NULL;
	}
	memory->num_nodes++;
	talloc_set_destructor(node, memory_node_destructor);
	node->memory = memory;
	node->id = ++memory->last_id;
	node->directory = directory;
	node->name = talloc_strdup(node, name);
	node->pages = pages_new(node, &memory->used, memory->capacity);
	if (node->name == NULL || node->pages == NULL) {
		talloc_free(node);
		return NULL;
	}
	node->attributes = attributes & STORE_KEPT_ATTRIBUTES;
	if (!directory) {
		node->attributes |= FILE_ATTRIBUTE_ARCHIVE;
	}
	node->mode = directory ? memory->directory_mask : memory->create_mask;
	node->create_time = now;
	node->access_time = now;
	node->write_time = now;
	node->change_time = now;
	return node;
}

/* At the end: readdir goes by `place`. */
void memory_link(struct memory_node *dir, struct memory_node *node)
{
	struct memory_node **end = &dir->children;

	while (*end != NULL) {
		end = &(*end)->next;
	}
	*end = node;
	node->next = NULL;
	node->parent = dir;
	node->place = ++dir->last_place;
	dir->write_time = memory_now();
	dir->change_time = dir->write_time;
}

static void memory_detach(struct memory_node *node)
{
	struct memory_node **p = &node->parent->children;

	while (*p != node) {
		p = &(*p)->next;
	}
	*p = node->next;
	node->parent->write_time = memory_now();
	node->parent->change_time = node->parent->write_time;
	node->next = NULL;
	node->parent = NULL;
}

void memory_free_unused(struct memory_node *node)
{
	if (node->opens == 0 && node->parent == NULL && node->base == NULL &&
	    node != node->memory->root) {
		talloc_free(node);
	}
}

static struct memory_node *memory_child(const struct memory_node *dir,
					const char *name)
{
	struct memory_node *node = NULL;
	struct memory_node *other = NULL;

	for (node = dir->children; node != NULL; node = node->next) {
		if (strcmp(node->name, name) == 0) {
			return node;
		}
		if (other == NULL && !dir->memory->case_sensitive &&
		    utf8_case_equal(node->name, name)) {
			other = node;
		}
	}
	if (other == NULL && dir->memory->short_names &&
	    short_name_made(name)) {
		other = dir->children;
		while (other != NULL &&
		       !short_name_matches(other->name, name)) {
			other = other->next;
		}
	}
	return other;
}

/*
 * The node of a path; when only the last component is missing ENOENT with
 * *parent set and *last pointing into path. *parent is NULL for the root.
 */
int memory_walk(struct memory *memory, const char *path,
		struct memory_node **parent, const char **last,
		struct memory_node **node)
{
	char name[STORE_NAME_MAX + 1];

	*parent = NULL;
	*last = path;
	*node = memory->root;
	while (*path != '\0') {
		size_t len = strcspn(path, "/");

		if (*node == NULL || !(*node)->directory) {
			return STORE_ENOPATH;
		}
		if (len > STORE_NAME_MAX) {
			return ENAMETOOLONG;
		}
		memcpy(name, path, len);
		name[len] = '\0';
		*parent = *node;
		*last = path;
		*node = memory_child(*parent, name);
		path += len;
		path += *path == '/' ? 1 : 0;
	}
	return *node == NULL ? ENOENT : 0;
}

char *memory_path(TALLOC_CTX *mem_ctx, const struct memory_node *node,
		  const struct memory_node *below)
{
	char *path = talloc_strdup(mem_ctx, "");

	while (node != below && node->parent != NULL && path != NULL) {
		char *longer = talloc_asprintf(mem_ctx, "%s%s%s", node->name,
					       *path == '\0' ? "" : "/", path);

		talloc_free(path);
		path = longer;
		node = node->parent;
	}
	return path;
}

/* --- directories -------------------------------------------------------- */

void memory_readdir(struct store_call *call, struct store_file *dir,
		    bool restart, size_t max)
{
	struct store_file_data *data = dir->data;
	const struct memory_node *node = NULL;

	call->entries = talloc_array(call, struct store_entry, max);
	if (call->entries == NULL) {
		store_call_done(call, ENOMEM);
		return;
	}
	data->told = restart ? 0 : data->told;
	for (node = data->node->children; node != NULL; node = node->next) {
		struct store_entry *entry = &call->entries[call->count];

		if (node->place <= data->told) {
			continue;
		}
		if (call->count == max) {
			break;
		}
		entry->name = talloc_strdup(call->entries, node->name);
		if (entry->name == NULL) {
			store_call_done(call, ENOMEM);
			return;
		}
		memory_getattr_node(node, &entry->attr);
		entry->attr.ea_size = memory_ea_size(node);
		data->told = node->place;
		call->count++;
	}
	store_call_done(call, 0);
}

bool memory_inside(const struct memory_node *node,
		   const struct memory_node *dir)
{
	while (node != NULL && node != dir) {
		node = node->parent;
	}
	return node != NULL;
}

/* May this take the place of that? */
static int memory_replaceable(const struct memory_node *node,
			      const struct memory_node *target, bool replace)
{
	if (!replace) {
		return EEXIST;
	}
	if (target->directory) {
		if (!node->directory) {
			return EISDIR;
		}
		return target->children != NULL ? ENOTEMPTY : 0;
	}
	return node->directory ? ENOTDIR : 0;
}

static int memory_check_from(struct store_file *file, const char *path)
{
	struct memory_node *parent = NULL;
	struct memory_node *node = NULL;
	const char *last = NULL;
	int err = memory_walk(memory_of(file), path, &parent, &last, &node);

	if (err == 0 && node != memory_file_node(file)) {
		return ENOENT;
	}
	return err;
}

static int memory_move(struct memory_node *node, struct memory_node *parent,
		       const char *name)
{
	char *copy = NULL;
	uint64_t place = node->place;
	bool stays = node->parent == parent;

	if (strlen(name) > STORE_NAME_MAX) {
		return ENAMETOOLONG;
	}
	copy = talloc_strdup(node, name);
	if (copy == NULL) {
		return ENOMEM;
	}
	memory_event(node, STORE_EVENT_RENAMED_FROM, 0);
	if (!stays) {
		memory_detach(node);
		memory_link(parent, node);
		place = node->place;
	}
	node->place = place;
	talloc_free(node->name);
	node->name = copy;
	node->change_time = memory_now();
	memory_event(node, STORE_EVENT_RENAMED_TO, 0);
	return 0;
}

void memory_rename(struct store_call *call, struct store_file *file,
		   const char *from, const char *to, bool replace)
{
	struct memory_node *node = file->data->node;
	struct memory_node *parent = NULL;
	struct memory_node *target = NULL;
	const char *last = NULL;
	int err = 0;

	if (strchr(from, ':') != NULL || strchr(to, ':') != NULL) {
		err = memory_stream_rename(file, to, replace);
		call->path = talloc_strdup(call, to);
		store_call_done(call, call->path == NULL ? ENOMEM : err);
		return;
	}
	err = memory_check_from(file, from);
	if (err == 0) {
		err = memory_walk(memory_of(file), to, &parent, &last, &target);
		err = err == ENOENT ? 0 : err;
	}
	if (err == 0 && memory_inside(parent, node)) {
		err = EINVAL;
	}
	if (err == 0 && target != NULL && target != node) {
		err = memory_replaceable(node, target, replace);
		if (err == 0) {
			memory_detach(target);
			memory_free_unused(target);
		}
	}
	if (err == 0) {
		err = memory_move(node, parent, last);
	}
	if (err == 0) {
		call->path = memory_path(call, node, NULL);
		err = call->path == NULL ? ENOMEM : 0;
	}
	store_call_done(call, err);
}

void memory_unlink(struct store_call *call, struct store_file *file,
		   const char *path)
{
	struct memory_node *node = memory_file_node(file);
	const char *colon = strchr(path, ':');
	int err = 0;

	if (colon != NULL) {
		store_call_done(call, memory_stream_unlink(file, colon + 1));
		return;
	}
	err = memory_check_from(file, path);
	if (err == 0 && node->children != NULL) {
		err = ENOTEMPTY;
	}
	if (err == 0) {
		memory_event(node, STORE_EVENT_REMOVED, 0);
		memory_detach(node);
		memory_event_gone(node);
	}
	store_call_done(call, err);
}
