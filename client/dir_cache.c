/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The directory cache of a tree: folders that are open under leases, and what
 * is known of the names in them. Each answer of the server is kept only when
 * nothing has changed in its folder between the request and the answer: the
 * folder has a number, which is another after each change.
 */
#define LOG_MODULE "client"

#include <string.h>

#include "client/dir_cache_private.h"
#include "smbquic/log.h"

#define DEFAULT_MEMORY	((size_t)16 * 1024 * 1024)
#define DEFAULT_FOLDERS 64
/* A folder of which no lease is had is not asked for again for so long. */
#define REFUSED_US 5000000
/* Blocking calls are answered from here so long after the server has answered
 * one of them. */
#define BLOCKING_US 1000000
/* What the server tells of a folder, if it is asked to. */
#define NOTIFY_FILTER                                                 \
	(FILE_NOTIFY_CHANGE_FILE_NAME | FILE_NOTIFY_CHANGE_DIR_NAME | \
	 FILE_NOTIFY_CHANGE_ATTRIBUTES | FILE_NOTIFY_CHANGE_SIZE |    \
	 FILE_NOTIFY_CHANGE_LAST_WRITE | FILE_NOTIFY_CHANGE_CREATION)
/* So many names of a folder are asked for before it is opened for them. */
#define WORTH_OPENING 2

struct dir_folder {
	TAILQ_ENTRY(dir_folder) entry; /* what was used last comes first */
	struct client_dir_cache *cache;
	const char *path;
	uint64_t number;	  /* another one after each change in it */
	struct client_file *file; /* under a lease; NULL: none is held */
	struct tevent_req *opening;
	struct tevent_req *notify; /* the server tells of changes; NULL: it
				      does not */
	struct dir_names *names;
	struct client_stat own; /* as of its opening, */
	bool own_known;		/* if it is still so */
	bool lost;		/* with its connection: has to be told */
	unsigned asked;		/* names of it */
	int64_t refused;	/* until then; 0: it was not */
	int64_t until;		/* is believed, without a lease */
};

TAILQ_HEAD(dir_folder_list, dir_folder);

struct client_dir_cache {
	struct client_tree *tree;
	struct client_dir_cache_options options;
	struct client_dir_figures figures;
	struct dir_anchor *anchor;
	struct dir_folder_list folders;
	unsigned count;
	uint64_t numbers;
	struct tevent_immediate *im; /* what was lost is told */
	unsigned telling;	     /* no new folders meanwhile */
	int64_t answered;	     /* the server, last */
	bool ask;		     /* whatever is known */
	uint8_t secret[16];	     /* that the keys of leases are made of */
	client_dir_change_fn fn;
	void *private_data;
};

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

/* ------------------------------------------------------------------ folders */

static bool file_leased(const struct client_file *file)
{
	return file != NULL &&
	       (client_file_lease(file) & SMB2_LEASE_READ_CACHING) != 0;
}

static bool folder_leased(const struct dir_folder *folder)
{
	return file_leased(folder->file);
}

static void folder_changed(struct dir_folder *folder)
{
	folder->number = ++folder->cache->numbers;
	folder->own_known = false;
}

static struct dir_folder *folder_find(const struct client_dir_cache *cache,
				      const char *path)
{
	struct dir_folder *folder = NULL;

	TAILQ_FOREACH(folder, &cache->folders, entry)
	{
		if (strcmp(folder->path, path) == 0) {
			return folder;
		}
	}
	return NULL;
}

/* Its file is closed by being freed. */
static void folder_drop(struct dir_folder *folder)
{
	struct client_dir_cache *cache = folder->cache;
	bool tell = folder->file != NULL || folder->lost;

	TAILQ_REMOVE(&cache->folders, folder, entry);
	cache->count--;
	TALLOC_FREE(folder->notify);
	if (folder->file != NULL) {
		client_file_on_lease(folder->file, NULL, NULL);
		TALLOC_FREE(folder->file);
	}
	TALLOC_FREE(folder->opening);
	if (tell && cache->fn != NULL) {
		cache->telling++;
		cache->fn(cache->tree, folder->path, cache->private_data);
		cache->telling--;
	}
	talloc_free(folder);
}

static struct dir_folder *folder_new(struct client_dir_cache *cache,
				     const char *path)
{
	struct dir_folder *folder = talloc_zero(cache, struct dir_folder);

	if (folder == NULL) {
		return NULL;
	}
	folder->cache = cache;
	folder->path = talloc_strdup(folder, path);
	folder->names = dir_names_new(folder);
	if (folder->path == NULL || folder->names == NULL) {
		talloc_free(folder);
		return NULL;
	}
	folder_changed(folder);
	TAILQ_INSERT_HEAD(&cache->folders, folder, entry);
	cache->count++;
	return folder;
}

/* The folder of that path, which is used now. NULL: there is no room. */
static struct dir_folder *folder_get(struct client_dir_cache *cache,
				     const char *path)
{
	struct dir_folder *folder = folder_find(cache, path);

	if (folder != NULL) {
		TAILQ_REMOVE(&cache->folders, folder, entry);
		TAILQ_INSERT_HEAD(&cache->folders, folder, entry);
		return folder;
	}
	if (cache->telling > 0) {
		return NULL;
	}
	while (cache->count > 0 && cache->count >= cache->options.folders) {
		folder_drop(TAILQ_LAST(&cache->folders, dir_folder_list));
	}
	return folder_new(cache, path);
}

static size_t cache_memory(const struct client_dir_cache *cache)
{
	const struct dir_folder *folder = NULL;
	size_t sum = 0;

	TAILQ_FOREACH(folder, &cache->folders, entry)
	{
		sum += sizeof(*folder) + strlen(folder->path) + 1 +
		       dir_names_memory(folder->names);
	}
	return sum;
}

/* What is too much goes, and of what was used last the names. */
static void cache_bound(struct client_dir_cache *cache)
{
	struct dir_folder *first = NULL;

	while (cache->count > 1 &&
	       cache_memory(cache) > cache->options.memory) {
		folder_drop(TAILQ_LAST(&cache->folders, dir_folder_list));
	}
	first = TAILQ_FIRST(&cache->folders);
	if (first != NULL && cache_memory(cache) > cache->options.memory) {
		dir_names_forget(first->names);
	}
}

/* ------------------------------------------------------------------- leases */

static bool has_leases(const struct client_dir_cache *cache)
{
	const struct client_conn *conn = client_tree_conn(cache->tree);

	return conn != NULL && conn->agreement.dialect >= SMB2_DIALECT_300 &&
	       (conn->agreement.server_capabilities &
		SMB2_GLOBAL_CAP_DIRECTORY_LEASING) != 0;
}

/* Whatever is left of it: what is in the folder is not what it was. Closing it
 * answers the server. */
static void folder_broken(struct client_file *file, uint32_t state, bool waits,
			  void *private_data)
{
	struct dir_folder *folder =
		talloc_get_type_abort(private_data, struct dir_folder);

	(void)file;
	(void)state;
	(void)waits;
	folder->cache->figures.breaks++;
	folder_drop(folder);
}

/* Something has changed, or the server does not tell. */
static void folder_told(struct tevent_req *subreq)
{
	struct dir_folder *folder =
		tevent_req_callback_data(subreq, struct dir_folder);
	struct wire_slice changes = {0};
	NTSTATUS status = client_notify_recv(subreq, subreq, &changes);

	TALLOC_FREE(folder->notify);
	if (NT_STATUS_IS_OK(status) || status == NT_STATUS_NOTIFY_ENUM_DIR ||
	    status == NT_STATUS_NOTIFY_CLEANUP) {
		folder->cache->figures.breaks++;
		folder_drop(folder);
	}
}

static void folder_notify(struct dir_folder *folder)
{
	if (folder->cache->options.notify == 0) {
		return;
	}
	folder->notify =
		client_notify_send(folder, folder->file, NOTIFY_FILTER, false);
	if (folder->notify != NULL) {
		tevent_req_set_callback(folder->notify, folder_told, folder);
	}
}

/* What is read from now on, will the server tell when it is no longer so? */
static bool folder_tells(const struct dir_folder *folder)
{
	return folder->cache->options.notify == 0 ||
	       (folder->file != NULL && (folder->notify == NULL ||
					 client_notify_waits(folder->notify)));
}

static void folder_take_file(struct dir_folder *folder,
			     struct client_file **file,
			     const struct client_stat *stat)
{
	folder->file = talloc_move(folder, file);
	folder->own = *stat;
	folder->own_known = true;
	folder->refused = 0;
	client_file_on_lease(folder->file, folder_broken, folder);
	folder_notify(folder);
}

static bool folder_may_ask(struct dir_folder *folder)
{
	return folder->file == NULL && folder->opening == NULL &&
	       folder->refused <= conn_clock() && has_leases(folder->cache);
}

static void lease_how(struct client_open *how)
{
	*how = (struct client_open){
		.access = FILE_LIST_DIRECTORY | FILE_READ_ATTRIBUTES |
			  SEC_STD_SYNCHRONIZE,
		.share = FILE_SHARE_ALL,
		.disposition = FILE_OPEN,
		.options = FILE_DIRECTORY_FILE,
		.file_id = true,
		.lease = SMB2_LEASE_READ_CACHING | SMB2_LEASE_HANDLE_CACHING,
	};
}

static void folder_opened(struct tevent_req *subreq);

static void folder_open(struct dir_folder *folder)
{
	struct client_open how = {0};

	if (!folder_may_ask(folder)) {
		return;
	}
	lease_how(&how);
	folder->opening = client_open_send(folder, folder->cache->tree,
					   folder->path, &how);
	if (folder->opening != NULL) {
		tevent_req_set_callback(folder->opening, folder_opened, folder);
	}
}

static void folder_opened(struct tevent_req *subreq)
{
	struct dir_folder *folder =
		tevent_req_callback_data(subreq, struct dir_folder);
	struct client_file *file = NULL;
	struct client_stat stat = {0};
	NTSTATUS status = client_open_recv(subreq, folder, &file, &stat);

	TALLOC_FREE(folder->opening);
	if (!NT_STATUS_IS_OK(status) || !file_leased(file)) {
		folder->refused = conn_clock() + REFUSED_US;
		talloc_free(file);
		return;
	}
	folder_changed(folder);
	folder_take_file(folder, &file, &stat);
}

/* Is what the server says of it now kept, and believed? */
static bool folder_keeps(struct dir_folder *folder)
{
	unsigned ms = folder->cache->options.unleased_ms;
	int64_t now = 0;

	if (folder->file != NULL) {
		return folder_leased(folder);
	}
	now = conn_clock();
	if (ms == 0 || (has_leases(folder->cache) && folder->refused <= now)) {
		return false;
	}
	if (folder->until <= now) {
		dir_names_forget(folder->names);
		folder_changed(folder);
		folder->until = now + (int64_t)ms * 1000;
	}
	return true;
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
	below = folder_find(folder->cache, path);
	if (below == NULL || !folder_leased(below) || !below->own_known) {
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
	const struct dir_folder *folder = folder_find(cache, path);

	if (cache->ask || folder == NULL || !folder_leased(folder) ||
	    !folder->own_known || !folder_tells(folder)) {
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
		folder = folder_get(cache, parent);
	}
	talloc_free(parent);
	if (folder != NULL && folder_keeps(folder)) {
		here = !cache->ask && stat_of(folder, path, name, status, stat);
		ticket->number = folder_tells(folder) ? folder->number : 0;
	} else if (folder != NULL && ++folder->asked >= WORTH_OPENING) {
		folder_open(folder);
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
	folder = folder_find(cache, path);
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
	if (folder == NULL || !folder_keeps(folder) ||
	    folder->number != ticket->number) {
		return;
	}
	if (NT_STATUS_IS_OK(status)) {
		dir_names_learn(folder->names, name, stat);
	} else if (status == NT_STATUS_OBJECT_NAME_NOT_FOUND) {
		dir_names_learn(folder->names, name, NULL);
	}
	cache_bound(cache);
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
	folder = folder_get(cache, path);
	if (folder != NULL && folder_keeps(folder) && !cache->ask &&
	    dir_names_list(folder->names, mem_ctx, out)) {
		cache->figures.hits++;
		return true;
	}
	cache->figures.misses++;
	if (folder != NULL) {
		ticket->number = folder->number;
		if (folder->file != NULL && !folder_tells(folder)) {
			ticket->number = 0;
		} else if (folder_may_ask(folder)) {
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
	if (folder->file == NULL && file_leased(*file)) {
		TALLOC_FREE(folder->opening);
		folder_take_file(folder, file, stat);
		if (cache->options.notify != 0) {
			return; /* it was read before the server tells */
		}
	} else if (folder_may_ask(folder) &&
		   ((*file)->origin == NULL || !(*file)->origin->leased)) {
		folder->refused = conn_clock() + REFUSED_US;
	}
	if (folder_keeps(folder)) {
		dir_names_take(folder->names, list);
		cache_bound(cache);
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
	if (has_leases(cache) && path_split(cache, path, &parent) != NULL) {
		known = dir_cache_key(cache, parent, out);
		folder = folder_find(cache, parent);
		*held = known && folder != NULL && folder_leased(folder);
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
			folder_changed(folder);
			dir_names_doubt(folder->names, name);
		}
	}
}

static void drop_within(struct client_dir_cache *cache, const char *path)
{
	struct dir_folder *folder = TAILQ_FIRST(&cache->folders);

	while (folder != NULL) {
		if (is_within(folder->path, path)) {
			folder_drop(folder); /* others may have gone, too */
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
	folder = folder_find(cache, plain);
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
			folder_drop(folder);
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
		folder_changed(folder);
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
		folder_drop(TAILQ_FIRST(&cache->folders));
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
		found = folder_get(tree->dir_cache, folder);
	}
	if (found == NULL) {
		return 0;
	}
	if (folder_leased(found)) {
		return found->number;
	}
	folder_open(found);
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
	out->memory = cache_memory(cache);
	TAILQ_FOREACH(folder, &cache->folders, entry)
	{
		out->folders += folder_leased(folder);
	}
}
