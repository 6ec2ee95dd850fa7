/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "client/mount/node.h"

#include <errno.h>
#include <string.h>

#define BUCKETS_FIRST 256
/* Bytes of a path that are worth a request. */
#define PATH_MOST 65535

TAILQ_HEAD(name_list, node_name);
TAILQ_HEAD(node_list, node);

struct node_table {
	struct node *root;
	size_t count; /* nodes */
	size_t names;
	size_t buckets; /* a power of two, of both */
	struct name_list *by_name;
	struct node_list *by_id;
	uint64_t serials;
};

/* ------------------------------------------------------------------- hashes */

static uint32_t hash_name(const struct node *parent, const char *name)
{
	uint32_t hash = 2166136261u ^ (uint32_t)(parent->serial * 2654435761u);

	for (; *name != '\0'; name++) {
		hash = (hash ^ (uint8_t)*name) * 16777619u;
	}
	return hash ^ hash >> 15;
}

static size_t hash_id(const struct node_table *table, uint64_t id)
{
	id *= 0x9E3779B97F4A7C15u;
	return (size_t)(id >> 32) & (table->buckets - 1);
}

static bool table_make(struct node_table *table, size_t buckets)
{
	struct name_list *by_name =
		talloc_array(table, struct name_list, buckets);
	struct node_list *by_id =
		talloc_array(table, struct node_list, buckets);
	size_t i = 0;

	if (by_name == NULL || by_id == NULL) {
		talloc_free(by_name);
		talloc_free(by_id);
		return false;
	}
	for (i = 0; i < buckets; i++) {
		TAILQ_INIT(&by_name[i]);
		TAILQ_INIT(&by_id[i]);
	}
	table->by_name = by_name;
	table->by_id = by_id;
	table->buckets = buckets;
	return true;
}

static void list_name(struct node_table *table, struct node_name *name)
{
	TAILQ_INSERT_HEAD(&table->by_name[name->hash & (table->buckets - 1)],
			  name, bucket);
}

static void list_node(struct node_table *table, struct node *node)
{
	if (node->file_id != 0) {
		TAILQ_INSERT_HEAD(&table->by_id[hash_id(table, node->file_id)],
				  node, bucket);
	}
}

/* Out of memory it stays as it is, and is slower. */
static void table_grow(struct node_table *table)
{
	struct name_list *by_name = table->by_name;
	struct node_list *by_id = table->by_id;
	struct node_name *name = NULL;
	size_t buckets = table->buckets;
	struct node *node = NULL;
	size_t i = 0;

	if (table->names < 2 * buckets || !table_make(table, 4 * buckets)) {
		return;
	}
	for (i = 0; i < buckets; i++) {
		while (!TAILQ_EMPTY(&by_name[i])) {
			name = TAILQ_FIRST(&by_name[i]);
			TAILQ_REMOVE(&by_name[i], name, bucket);
			list_name(table, name);
		}
		while (!TAILQ_EMPTY(&by_id[i])) {
			node = TAILQ_FIRST(&by_id[i]);
			TAILQ_REMOVE(&by_id[i], node, bucket);
			list_node(table, node);
		}
	}
	talloc_free(by_name);
	talloc_free(by_id);
}

/* -------------------------------------------------------------------- nodes */

static struct node *node_new(struct node_table *table)
{
	struct node *node = talloc_zero(table, struct node);

	if (node != NULL) {
		node->table = table;
		node->serial = ++table->serials;
		TAILQ_INIT(&node->names);
		TAILQ_INIT(&node->children);
		TAILQ_INIT(&node->opens);
		table->count++;
	}
	return node;
}

static void name_free(struct node_name *name);

static void node_try_free(struct node *node)
{
	struct node_table *table = node->table;

	if (node->lookups > 0 || node->holds > 0 || node == table->root) {
		return;
	}
	node->holds++; /* its names hold nobody but its parents */
	while (!TAILQ_EMPTY(&node->names)) {
		name_free(TAILQ_FIRST(&node->names));
	}
	if (node->file_id != 0) {
		TAILQ_REMOVE(&table->by_id[hash_id(table, node->file_id)], node,
			     bucket);
	}
	table->count--;
	talloc_free(node);
}

struct node_table *node_table_new(TALLOC_CTX *mem_ctx)
{
	struct node_table *table = talloc_zero(mem_ctx, struct node_table);

	if (table == NULL || !table_make(table, BUCKETS_FIRST)) {
		talloc_free(table);
		return NULL;
	}
	table->root = node_new(table);
	if (table->root == NULL) {
		talloc_free(table);
		return NULL;
	}
	table->root->directory = true;
	return table;
}

struct node *node_root(struct node_table *table)
{
	return table->root;
}

size_t node_count(const struct node_table *table)
{
	return table->count;
}

void node_look_up(struct node *node)
{
	node->lookups++;
}

void node_forget(struct node *node, uint64_t lookups)
{
	node->lookups -= lookups < node->lookups ? lookups : node->lookups;
	node_try_free(node);
}

void node_hold(struct node *node)
{
	node->holds++;
}

void node_release(struct node *node)
{
	if (node != NULL) {
		node->holds--;
		node_try_free(node);
	}
}

/* -------------------------------------------------------------------- names */

static struct node_name *find_name(const struct node *parent, const char *text)
{
	const struct node_table *table = parent->table;
	uint32_t hash = hash_name(parent, text);
	struct node_name *name = NULL;

	TAILQ_FOREACH(name, &table->by_name[hash & (table->buckets - 1)],
		      bucket)
	{
		if (name->hash == hash && name->parent == parent &&
		    strcmp(name->text, text) == 0) {
			return name;
		}
	}
	return NULL;
}

/* The node stays, even when nobody wants it. */
static void name_unlink(struct node_name *name)
{
	struct node_table *table = name->node->table;
	struct node *parent = name->parent;

	TAILQ_REMOVE(&table->by_name[name->hash & (table->buckets - 1)], name,
		     bucket);
	TAILQ_REMOVE(&name->node->names, name, of_node);
	TAILQ_REMOVE(&parent->children, name, of_parent);
	table->names--;
	talloc_free(name);
	node_release(parent);
}

static void name_free(struct node_name *name)
{
	name_unlink(name);
}

static bool name_add(struct node *parent, const char *text, struct node *node)
{
	struct node_table *table = parent->table;
	struct node_name *name = talloc_zero(table, struct node_name);

	if (name == NULL) {
		return false;
	}
	name->text = talloc_strdup(name, text);
	if (name->text == NULL) {
		talloc_free(name);
		return false;
	}
	name->parent = parent;
	name->node = node;
	name->hash = hash_name(parent, text);
	node_hold(parent);
	list_name(table, name);
	TAILQ_INSERT_HEAD(&node->names, name, of_node);
	TAILQ_INSERT_HEAD(&parent->children, name, of_parent);
	table->names++;
	table_grow(table);
	return true;
}

struct node *node_named(struct node *parent, const char *name)
{
	struct node_name *found = find_name(parent, name);

	return found != NULL ? found->node : NULL;
}

void node_remove(struct node *parent, const char *name)
{
	struct node_name *found = find_name(parent, name);
	struct node *node = NULL;

	if (found != NULL) {
		node = found->node;
		name_unlink(found);
		node_try_free(node);
	}
}

/* Is it the folder, or above it? */
static bool is_above(const struct node *node, const struct node *folder)
{
	unsigned depth = 0;

	while (folder != NULL && depth < NODE_DEPTH_MAX) {
		const struct node_name *name = TAILQ_FIRST(&folder->names);

		if (folder == node) {
			return true;
		}
		folder = name != NULL ? name->parent : NULL;
		depth++;
	}
	return depth == NODE_DEPTH_MAX;
}

bool node_rename(struct node *from, const char *name, struct node *to,
		 const char *new_name)
{
	struct node_name *found = find_name(from, name);
	struct node *node = NULL;
	bool ok = true;

	if (from == to && strcmp(name, new_name) == 0) {
		return true;
	}
	if (found == NULL) {
		node_remove(to, new_name);
		return true;
	}
	node = found->node;
	if (node->directory && is_above(node, to)) {
		/* only a server that has told nonsense before comes to that */
		node_remove(from, name);
		return true;
	}
	if (node_named(to, new_name) != node) { /* else: two links of one */
		node_hold(node);
		node_hold(to);
		node_remove(to, new_name);
		name_unlink(find_name(from, name));
		ok = name_add(to, new_name, node);
		node_release(to);
		node_release(node);
	}
	return ok;
}

/* ------------------------------------------------------------- who it is */

static bool is_same(const struct node *node, const struct node_name *there,
		    const struct node_facts *facts)
{
	return node->directory == facts->directory &&
	       node->file_id == facts->file_id &&
	       (node->creation_time == facts->creation_time ||
		(there != NULL && there->node == node) ||
		!TAILQ_EMPTY(&node->opens));
}

static struct node *find_known(struct node *parent,
			       const struct node_name *there,
			       const struct node_facts *facts)
{
	struct node_table *table = parent->table;
	struct node *node = NULL;

	if (facts->file_id == 0) {
		return there != NULL && is_same(there->node, there, facts)
			       ? there->node
			       : NULL;
	}
	TAILQ_FOREACH(node, &table->by_id[hash_id(table, facts->file_id)],
		      bucket)
	{
		if (is_same(node, there, facts) && node != table->root &&
		    !(facts->directory && is_above(node, parent))) {
			return node;
		}
	}
	return NULL;
}

struct node *node_find(struct node *parent, const char *name,
		       const struct node_facts *facts)
{
	struct node_name *there = find_name(parent, name);
	struct node *node = find_known(parent, there, facts);

	if (node == NULL) {
		node = node_new(parent->table);
		if (node == NULL) {
			return NULL;
		}
		node->file_id = facts->file_id;
		node->directory = facts->directory;
		list_node(parent->table, node);
	}
	node->creation_time = facts->creation_time;
	if (there != NULL && there->node == node) {
		return node;
	}
	node_hold(node);
	node_hold(parent);
	node_remove(parent, name);
	while (node->directory && !TAILQ_EMPTY(&node->names)) {
		name_unlink(TAILQ_FIRST(&node->names));
	}
	if (!name_add(parent, name, node)) {
		node_release(parent);
		node_release(node);
		return NULL;
	}
	node_release(parent);
	node->holds--; /* it is not to be freed yet */
	return node;
}

/* --------------------------------------------------------------------- path */

/* Names from the last to the first. @return how many, -1: it has no path. */
static int path_names(const struct node *node, const char **names, size_t *len)
{
	int count = 0;

	while (node != node->table->root) {
		const struct node_name *name = TAILQ_FIRST(&node->names);

		if (name == NULL) {
			errno = ESTALE;
			return -1;
		}
		if (count == NODE_DEPTH_MAX || *len > PATH_MOST) {
			errno = ENAMETOOLONG;
			return -1;
		}
		names[count++] = name->text;
		*len += strlen(name->text) + 1;
		node = name->parent;
	}
	return count;
}

static char *put_name(char *at, const char *name)
{
	size_t len = strlen(name);

	memcpy(at, name, len);
	return at + len;
}

char *node_path(TALLOC_CTX *mem_ctx, const struct node *node, const char *name)
{
	const char *names[NODE_DEPTH_MAX];
	size_t len = name != NULL ? strlen(name) + 1 : 0;
	int count = path_names(node, names, &len);
	char *path = NULL;
	char *at = NULL;

	if (count < 0) {
		return NULL;
	}
	path = talloc_array(mem_ctx, char, len + 1);
	if (path == NULL) {
		errno = ENOMEM;
		return NULL;
	}
	at = path;
	while (count > 0) {
		at = put_name(at, names[--count]);
		*at++ = '\\';
	}
	if (name != NULL) {
		at = put_name(at, name);
	} else if (at != path) {
		at--;
	}
	*at = '\0';
	return path;
}
