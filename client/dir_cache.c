/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The directory cache of a tree: folders that are open under leases, and what
 * is known of the names in them. Each answer of the server is kept only when
 * nothing has changed in its folder between the request and the answer: the
 * folder has a number, which is another after each change.
 */
#include <string.h>

#include "client/dir_cache_private.h"

#define DEFAULT_MEMORY	((size_t)16 * 1024 * 1024)
#define DEFAULT_FOLDERS 64
/* Blocking calls are answered from here so long after the server has answered
 * one of them. */
#define BLOCKING_US 1000000
/* So many names of a folder are asked for before it is opened for them. */
#define WORTH_OPENING 2

void client_dir_cache_default(struct client_dir_cache_options *out)
{
	*out = (struct client_dir_cache_options){
		.memory = DEFAULT_MEMORY,
		.folders = DEFAULT_FOLDERS,
	};
}

struct dir_anchor *dir_cache_anchor(struct client_dir_cache *cache)
{
	return cache->anchor;
}

struct client_tree *dir_cache_tree(struct client_dir_cache *cache)
{
	return cache->tree;
}

/* Between blocking calls nobody reads what the server says. */
void dir_cache_blocking(struct client_tree *tree, bool yes)
{
	struct client_dir_cache *cache = tree->dir_cache;

	if (cache != NULL) {
		cache->ask =
			yes && cache->answered + BLOCKING_US < conn_clock();
	}
}

void dir_cache_answered(struct client_dir_cache *cache)
{
	cache->answered = conn_clock();
}

/* -------------------------------------------------------------------- paths */

/* The folder that a path is in, and its name there: *parent is a child of
 * mem_ctx. @return NULL: it is the root, or out of memory. */
static const char *path_split(TALLOC_CTX *mem_ctx, const char *path,
			      char **parent)
{
	const char *name = strrchr(path, '\\');

	*parent = NULL;
	if (*path == '\0') {
		return NULL;
	}
	if (name == NULL) {
		*parent = talloc_strdup(mem_ctx, "");
		return *parent != NULL ? path : NULL;
	}
	*parent = talloc_strndup(mem_ctx, path, (size_t)(name - path));
	return *parent != NULL ? name + 1 : NULL;
}

static bool is_version(const char *path)
{
	return strstr(path, "@GMT-") != NULL;
}

/* --------------------------------------------------------------------- stat */

/* Times of a folder change with what is in it, of which only its own lease
 * tells; where a reparse point leads to another listing may. */
static enum dir_known believe(const struct dir_folder *folder, const char *path,
			      struct client_stat *stat)
{
	const struct dir_folder *below = NULL;

	if ((stat->attributes & FILE_ATTRIBUTE_REPARSE_POINT) != 0) {
		return DIR_UNKNOWN;
	}
	if ((stat->attributes & FILE_ATTRIBUTE_DIRECTORY) == 0 ||
	    folder->file == NULL) {
		return DIR_IS;
	}
	below = dir_folder_find(folder->cache, path);
	if (below == NULL || !dir_folder_leased(below) || !below->own_known) {
		return DIR_UNKNOWN;
	}
	*stat = below->own;
	return DIR_IS;
}

static bool stat_of(struct dir_folder *folder, const char *path,
		    const char *name, NTSTATUS *status,
		    struct client_stat *stat)
{
	enum dir_known known = dir_names_find(folder->names, name, stat);

	if (known == DIR_IS) {
		known = believe(folder, path, stat);
	} else if (client_tree_hides(folder->cache->tree)) {
		known = DIR_UNKNOWN;
	}
	*status = known == DIR_IS ? NT_STATUS_OK
				  : NT_STATUS_OBJECT_NAME_NOT_FOUND;
	return known != DIR_UNKNOWN;
}

/* A folder that is held open under its lease has no other name. */
static bool own_stat(struct client_dir_cache *cache, const char *path,
		     NTSTATUS *status, struct client_stat *stat)
{
	const struct dir_folder *folder = dir_folder_find(cache, path);

	if (cache->ask || folder == NULL || !dir_folder_leased(folder) ||
	    !folder->own_known || !dir_folder_tells(folder)) {
		return false;
	}
	*status = NT_STATUS_OK;
	*stat = folder->own;
	cache->figures.hits++;
	return true;
}

bool dir_cache_stat(struct client_tree *tree, const char *path,
		    NTSTATUS *status, struct client_stat *stat,
		    struct dir_ticket *ticket)
{
	struct client_dir_cache *cache = tree->dir_cache;
	struct dir_folder *folder = NULL;
	const char *name = NULL;
	char *parent = NULL;
	bool here = false;

	*ticket = (struct dir_ticket){.number = 0};
	if (cache == NULL) {
		return false;
	}
	if (own_stat(cache, path, status, stat)) {
		return true;
	}
	name = path_split(cache, path, &parent);
	if (name != NULL && dir_name_is_plain(name, tree->map_names) &&
	    !is_version(path)) {
		folder = dir_folder_get(cache, parent);
	}
	talloc_free(parent);
	if (folder != NULL && dir_folder_keeps(folder)) {
		here = !cache->ask && stat_of(folder, path, name, status, stat);
		ticket->number = dir_folder_tells(folder) ? folder->number : 0;
	} else if (folder != NULL && ++folder->asked >= WORTH_OPENING) {
		dir_folder_open(folder);
	}
	cache->figures.hits += here;
	cache->figures.misses += !here;
	return here;
}

/* The folder, if nothing has changed in it since. */
static struct dir_folder *ticket_folder(const struct client_dir_cache *cache,
					const char *path,
					const struct dir_ticket *ticket)
{
	struct dir_folder *folder = NULL;

	if (cache == NULL || ticket->number == 0) {
		return NULL;
	}
	folder = dir_folder_find(cache, path);
	return folder != NULL && folder->number == ticket->number ? folder
								  : NULL;
}

void dir_cache_stat_told(struct client_tree *tree, const char *path,
			 const struct dir_ticket *ticket, NTSTATUS status,
			 const struct client_stat *stat)
{
	struct client_dir_cache *cache = tree->dir_cache;
	struct dir_folder *folder = NULL;
	const char *name = NULL;
	char *parent = NULL;

	if (cache == NULL || ticket->number == 0) {
		return;
	}
	name = path_split(cache, path, &parent);
	if (name != NULL) {
		folder = ticket_folder(cache, parent, ticket);
	}
	talloc_free(parent);
	if (folder == NULL || !dir_folder_keeps(folder) ||
	    folder->number != ticket->number) {
		return;
	}
	if (NT_STATUS_IS_OK(status)) {
		dir_names_learn(folder->names, name, stat);
	} else if (status == NT_STATUS_OBJECT_NAME_NOT_FOUND) {
		dir_names_learn(folder->names, name, NULL);
	}
	dir_cache_bound(cache);
}

/* --------------------------------------------------------------------- list */

bool dir_cache_list(struct client_tree *tree, const char *path,
		    TALLOC_CTX *mem_ctx, struct client_dir_list **out,
		    struct client_open *how, struct dir_ticket *ticket)
{
	struct client_dir_cache *cache = tree->dir_cache;
	struct dir_folder *folder = NULL;

	*ticket = (struct dir_ticket){.number = 0};
	if (cache == NULL || is_version(path)) {
		return false;
	}
	folder = dir_folder_get(cache, path);
	if (folder != NULL && dir_folder_keeps(folder) && !cache->ask &&
	    dir_names_list(folder->names, mem_ctx, out)) {
		cache->figures.hits++;
		return true;
	}
	cache->figures.misses++;
	if (folder != NULL) {
		ticket->number = folder->number;
		if (folder->file != NULL && !dir_folder_tells(folder)) {
			ticket->number = 0;
		} else if (dir_folder_may_ask(folder)) {
			how->lease = SMB2_LEASE_READ_CACHING |
				     SMB2_LEASE_HANDLE_CACHING;
		}
	}
	return false;
}

void dir_cache_list_told(struct client_tree *tree, const char *path,
			 const struct dir_ticket *ticket,
			 const struct client_dir_list *list,
			 const struct client_stat *stat,
			 struct client_file **file)
{
	struct client_dir_cache *cache = tree->dir_cache;
	struct dir_folder *folder = ticket_folder(cache, path, ticket);

	if (folder == NULL) {
		return;
	}
	if (folder->file == NULL && dir_file_leased(*file)) {
		TALLOC_FREE(folder->opening);
		dir_folder_take_file(folder, file, stat);
		if (cache->options.notify != 0) {
			return; /* it was read before the server tells */
		}
	} else if (dir_folder_may_ask(folder) &&
		   ((*file)->origin == NULL || !(*file)->origin->leased)) {
		dir_folder_refused(folder);
	}
	if (dir_folder_keeps(folder)) {
		dir_names_take(folder->names, list);
		dir_cache_bound(cache);
	}
}

/* ------------------------------------------------------------------ changes */

bool dir_cache_key(const struct client_dir_cache *cache, const char *path,
		   struct smb2_guid *out)
{
	static const char label[] = "lease of a folder";

	return crypto_kdf(cache->secret, sizeof(cache->secret), label,
			  sizeof(label), path, strlen(path) + 1, out->bytes,
			  sizeof(out->bytes)) == 0;
}

bool dir_cache_parent_key(struct client_dir_cache *cache, const char *path,
			  struct smb2_guid *out, bool *held)
{
	const struct dir_folder *folder = NULL;
	char *parent = NULL;
	bool known = false;

	*held = false;
	if (dir_cache_has_leases(cache) &&
	    path_split(cache, path, &parent) != NULL) {
		known = dir_cache_key(cache, parent, out);
		folder = dir_folder_find(cache, parent);
		*held = known && folder != NULL && dir_folder_leased(folder);
	}
	talloc_free(parent);
	return known;
}

/* Is path the folder's, or below it? */
static bool is_within(const char *path, const char *folder)
{
	size_t len = strlen(folder);
	char *head = NULL;
	bool within = false;

	if (strlen(path) < len || (path[len] != '\0' && path[len] != '\\')) {
		return false;
	}
	head = talloc_strndup(NULL, path, len);
	within = head == NULL || dir_name_compare(head, folder) == 0;
	talloc_free(head);
	return within;
}

/* Names in a folder, by the path of one of them. */
static void doubt(struct client_dir_cache *cache, const char *parent,
		  const char *name)
{
	struct dir_folder *folder = NULL;

	TAILQ_FOREACH(folder, &cache->folders, entry)
	{
		if (dir_name_compare(folder->path, parent) == 0) {
			dir_folder_changed(folder);
			dir_names_doubt(folder->names, name);
		}
	}
}

static void drop_within(struct client_dir_cache *cache, const char *path)
{
	struct dir_folder *folder = TAILQ_FIRST(&cache->folders);

	while (folder != NULL) {
		if (is_within(folder->path, path)) {
			dir_folder_drop(folder); /* others may have gone, too */
			folder = TAILQ_FIRST(&cache->folders);
		} else {
			folder = TAILQ_NEXT(folder, entry);
		}
	}
}

/* A stream is its file's. */
static char *path_plain(const struct client_dir_cache *cache, const char *path)
{
	char *copy = talloc_strdup(cache, path);
	char *name = NULL;
	size_t len = 0;

	if (copy == NULL) {
		return NULL;
	}
	len = strlen(copy);
	while (len > 0 && copy[len - 1] == '\\') {
		copy[--len] = '\0';
	}
	name = strrchr(copy, '\\');
	name = strchr(name != NULL ? name : copy, ':');
	if (name != NULL && !cache->tree->map_names) {
		*name = '\0';
	}
	return copy;
}

void dir_cache_changed(struct client_dir_cache *cache, const char *path,
		       bool below)
{
	char *plain = path_plain(cache, path);
	struct dir_folder *folder = NULL;
	const char *name = NULL;
	char *parent = NULL;
	char *above = NULL;

	if (plain == NULL || *plain == '\0') {
		talloc_free(plain);
		return;
	}
	if (below) {
		drop_within(cache, plain);
	}
	folder = dir_folder_find(cache, plain);
	if (folder != NULL) {
		folder->own_known = false;
		folder->refused = 0;
	}
	name = path_split(plain, plain, &parent);
	if (name != NULL) {
		doubt(cache, parent, name);
		/* and the times of that folder */
		name = path_split(plain, parent, &above);
	}
	if (name != NULL) {
		doubt(cache, above, name);
	}
	talloc_free(plain);
}

void client_dir_forget(struct client_tree *tree, const char *path)
{
	if (tree->dir_cache != NULL) {
		drop_within(tree->dir_cache, path);
		dir_cache_changed(tree->dir_cache, path, false);
	}
}

/* --------------------------------------------------------------- its end */

static void tell_lost(struct tevent_context *ev, struct tevent_immediate *im,
		      void *private_data)
{
	struct client_dir_cache *cache =
		talloc_get_type_abort(private_data, struct client_dir_cache);
	struct dir_folder *folder = TAILQ_FIRST(&cache->folders);

	(void)ev;
	(void)im;
	while (folder != NULL) {
		if (folder->lost) {
			dir_folder_drop(folder);
			folder = TAILQ_FIRST(&cache->folders);
		} else {
			folder = TAILQ_NEXT(folder, entry);
		}
	}
}

/* Their files are gone with the connection: nothing is to be opened again, nor
 * closed. */
void dir_cache_lost(struct client_tree *tree)
{
	struct client_dir_cache *cache = tree->dir_cache;
	struct client_conn *conn = client_tree_conn(tree);
	struct dir_folder *folder = NULL;

	if (cache == NULL) {
		return;
	}
	TAILQ_FOREACH(folder, &cache->folders, entry)
	{
		dir_folder_changed(folder);
		dir_names_forget(folder->names);
		TALLOC_FREE(folder->notify);
		if (folder->file != NULL) {
			folder->lost = true;
			folder->file->valid = false;
			client_file_on_lease(folder->file, NULL, NULL);
			TALLOC_FREE(folder->file);
		}
	}
	if (conn != NULL) {
		tevent_schedule_immediate(cache->im, conn->ev, tell_lost,
					  cache);
	}
}

static int cache_destructor(struct client_dir_cache *cache)
{
	cache->tree->dir_cache = NULL;
	cache->fn = NULL;
	while (!TAILQ_EMPTY(&cache->folders)) {
		dir_folder_drop(TAILQ_FIRST(&cache->folders));
	}
	cache->anchor->cache = NULL;
	if (cache->anchor->users == 0) {
		talloc_free(cache->anchor);
	}
	return 0;
}

void dir_cache_end(struct client_tree *tree)
{
	TALLOC_FREE(tree->dir_cache);
}

NTSTATUS client_tree_cache(struct client_tree *tree,
			   const struct client_dir_cache_options *options)
{
	struct client_dir_cache *cache = NULL;

	dir_cache_end(tree);
	if (options == NULL || options->memory == 0) {
		return NT_STATUS_OK;
	}
	if (client_tree_conn(tree) == NULL) {
		return NT_STATUS_CONNECTION_DISCONNECTED;
	}
	cache = talloc_zero(tree, struct client_dir_cache);
	if (cache == NULL) {
		return NT_STATUS_NO_MEMORY;
	}
	cache->tree = tree;
	cache->options = *options;
	cache->im = tevent_create_immediate(cache);
	cache->anchor = talloc_zero(NULL, struct dir_anchor);
	if (cache->im == NULL || cache->anchor == NULL ||
	    crypto_random(cache->secret, sizeof(cache->secret)) != 0) {
		talloc_free(cache->anchor);
		talloc_free(cache);
		return NT_STATUS_NO_MEMORY;
	}
	TAILQ_INIT(&cache->folders);
	cache->anchor->cache = cache;
	tree->dir_cache = cache;
	talloc_set_destructor(cache, cache_destructor);
	return NT_STATUS_OK;
}

/* -------------------------------------------------------------- for callers */

void client_dir_on_change(struct client_tree *tree, client_dir_change_fn fn,
			  void *private_data)
{
	if (tree->dir_cache != NULL) {
		tree->dir_cache->fn = fn;
		tree->dir_cache->private_data = private_data;
	}
}

uint64_t client_dir_watch(struct client_tree *tree, const char *folder)
{
	struct dir_folder *found = NULL;

	if (tree->dir_cache != NULL) {
		found = dir_folder_get(tree->dir_cache, folder);
	}
	if (found == NULL) {
		return 0;
	}
	if (dir_folder_leased(found)) {
		return found->number;
	}
	dir_folder_open(found);
	return 0;
}

void client_dir_figures(const struct client_tree *tree,
			struct client_dir_figures *out)
{
	const struct client_dir_cache *cache = tree->dir_cache;
	const struct dir_folder *folder = NULL;

	*out = (struct client_dir_figures){0};
	if (cache == NULL) {
		return;
	}
	*out = cache->figures;
	out->memory = dir_cache_memory(cache);
	TAILQ_FOREACH(folder, &cache->folders, entry)
	{
		out->folders += dir_folder_leased(folder);
	}
}
