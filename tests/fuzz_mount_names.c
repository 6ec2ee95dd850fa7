/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What a server says of files, told to the kernel by a mount: names, and which
 * file a name leads to, however little sense that makes: folders in themselves,
 * a file that is a folder elsewhere, ids that are used again. Whatever comes,
 * every node has a path that ends, or none.
 *
 * The input is read in turns: a byte that says what happens, then what that
 * needs.
 */
#include "tests/testlib.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "client/mount/mount.h"

#define NODES 64

struct play {
	struct wire_reader r;
	struct node_table *table;
	struct node *nodes[NODES]; /* looked up once each; or NULL */
};

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct node *pick(struct play *p)
{
	struct node *node = p->nodes[wire_get_u8(&p->r) % NODES];

	return node != NULL ? node : node_root(p->table);
}

/* As it would come from the server, and as the kernel would be told. */
static const char *name_of(struct play *p, char *out)
{
	char name[64] = "";
	size_t len = wire_get_u8(&p->r) % sizeof(name);
	size_t i = 0;

	for (i = 0; i < len; i++) {
		char c = (char)wire_get_u8(&p->r);

		/* the client library refuses these, and what is no text */
		name[i] = (char)(c == '/' || c == '\\' || c == '\0' ? 'x' : c);
	}
	if (!file_name_from_smb(name, (len & 1) != 0, out)) {
		abort();
	}
	if (strchr(out, '/') != NULL) {
		abort();
	}
	return out;
}

static void check_path(const struct play *p, const struct node *node)
{
	char *path = node_path(p->table, node, NULL);

	if (path == NULL && errno != ESTALE && errno != ENAMETOOLONG) {
		abort();
	}
	talloc_free(path);
}

static void find(struct play *p)
{
	unsigned place = wire_get_u8(&p->r) % NODES;
	struct node *parent = pick(p);
	uint8_t id = wire_get_u8(&p->r);
	const struct node_facts facts = {
		.file_id = id >> 4,
		.creation_time = id >> 3 & 1,
		.directory = (id & 4) != 0,
	};
	char name[FILE_NAME_SIZE] = "";
	struct node *node = NULL;
	char *smb = file_name_to_smb(p->table, true, name_of(p, name));

	node = node_find(parent, smb, &facts);
	if (node == NULL || node_named(parent, smb) != node) {
		abort();
	}
	node_look_up(node);
	if (p->nodes[place] != NULL) {
		node_forget(p->nodes[place], 1);
	}
	p->nodes[place] = node;
	check_path(p, node);
	talloc_free(smb);
}

static void rename_one(struct play *p)
{
	char name[FILE_NAME_SIZE] = "";
	char other[FILE_NAME_SIZE] = "";
	struct node *from = pick(p);
	struct node *to = pick(p);

	if (!node_rename(from, name_of(p, name), to, name_of(p, other))) {
		abort();
	}
	check_path(p, from);
	check_path(p, to);
}

static void forget(struct play *p)
{
	unsigned place = wire_get_u8(&p->r) % NODES;

	if (p->nodes[place] != NULL) {
		node_forget(p->nodes[place], 1);
		p->nodes[place] = NULL;
	}
}

/* Sizes, times and kinds of any value. */
static void fill(struct play *p)
{
	struct mount_options options = {.file_ids = true};
	struct mount mount = {.options = &options, .write_size = 65536};
	struct client_stat stat = {
		.size = wire_get_u64(&p->r),
		.allocation_size = wire_get_u64(&p->r),
		.write_time = wire_get_u64(&p->r),
		.attributes = wire_get_u32(&p->r),
		.reparse_tag = wire_get_u32(&p->r),
		.mode = wire_get_u32(&p->r),
	};
	struct stat out = {0};

	stat.posix = (stat.mode & 1) != 0;
	attr_fill(&mount, pick(p), &stat, &out);
	if (out.st_size < 0 || out.st_mtim.tv_nsec < 0 ||
	    out.st_mtim.tv_nsec > 999999999) {
		abort();
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct play p = {.r = wire_reader(data, size)};
	unsigned i = 0;

	p.table = node_table_new(NULL);
	while (p.table != NULL && wire_reader_ok(&p.r) && wire_left(&p.r) > 0) {
		switch (wire_get_u8(&p.r) % 5) {
		case 0:
		case 1: find(&p); break;
		case 2: rename_one(&p); break;
		case 3: forget(&p); break;
		default: fill(&p); break;
		}
	}
	for (i = 0; p.table != NULL && i < NODES; i++) {
		if (p.nodes[i] != NULL) {
			check_path(&p, p.nodes[i]);
			node_forget(p.nodes[i], 1);
		}
	}
	if (p.table != NULL && node_count(p.table) != 1) {
		abort(); /* only the root is left */
	}
	talloc_free(p.table);
	return 0;
}
