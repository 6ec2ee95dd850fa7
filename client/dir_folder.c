/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The folders of a directory cache: open under leases, at most so many of them,
 * told of by the server, and dropped when what is known of them is no longer
 * so.
 */
#include <string.h>

#include "client/dir_cache_private.h"

/* A folder of which no lease is had is not asked for again for so long. */
#define REFUSED_US 5000000
/* What the server tells of a folder, if it is asked to. */
#define NOTIFY_FILTER                                                 \
	(FILE_NOTIFY_CHANGE_FILE_NAME | FILE_NOTIFY_CHANGE_DIR_NAME | \
	 FILE_NOTIFY_CHANGE_ATTRIBUTES | FILE_NOTIFY_CHANGE_SIZE |    \
	 FILE_NOTIFY_CHANGE_LAST_WRITE | FILE_NOTIFY_CHANGE_CREATION)

/* ------------------------------------------------------------------ folders */

bool dir_file_leased(const struct client_file *file)
{
	return file != NULL &&
	       (client_file_lease(file) & SMB2_LEASE_READ_CACHING) != 0;
}

bool dir_folder_leased(const struct dir_folder *folder)
{
	return dir_file_leased(folder->file);
}

void dir_folder_changed(struct dir_folder *folder)
{
	folder->number = ++folder->cache->numbers;
	folder->own_known = false;
}

struct dir_folder *dir_folder_find(const struct client_dir_cache *cache,
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
void dir_folder_drop(struct dir_folder *folder)
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
	dir_folder_changed(folder);
	TAILQ_INSERT_HEAD(&cache->folders, folder, entry);
	cache->count++;
	return folder;
}

/* The folder of that path, which is used now. NULL: there is no room. */
struct dir_folder *dir_folder_get(struct client_dir_cache *cache,
				  const char *path)
{
	struct dir_folder *folder = dir_folder_find(cache, path);

	if (folder != NULL) {
		TAILQ_REMOVE(&cache->folders, folder, entry);
		TAILQ_INSERT_HEAD(&cache->folders, folder, entry);
		return folder;
	}
	if (cache->telling > 0) {
		return NULL;
	}
	while (cache->count > 0 && cache->count >= cache->options.folders) {
		dir_folder_drop(TAILQ_LAST(&cache->folders, dir_folder_list));
	}
	return folder_new(cache, path);
}

size_t dir_cache_memory(const struct client_dir_cache *cache)
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
void dir_cache_bound(struct client_dir_cache *cache)
{
	struct dir_folder *first = NULL;

	while (cache->count > 1 &&
	       dir_cache_memory(cache) > cache->options.memory) {
		dir_folder_drop(TAILQ_LAST(&cache->folders, dir_folder_list));
	}
	first = TAILQ_FIRST(&cache->folders);
	if (first != NULL && dir_cache_memory(cache) > cache->options.memory) {
		dir_names_forget(first->names);
	}
}

/* ------------------------------------------------------------------- leases */

bool dir_cache_has_leases(const struct client_dir_cache *cache)
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
	dir_folder_drop(folder);
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
		dir_folder_drop(folder);
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
bool dir_folder_tells(const struct dir_folder *folder)
{
	return folder->cache->options.notify == 0 ||
	       (folder->file != NULL && (folder->notify == NULL ||
					 client_notify_waits(folder->notify)));
}

void dir_folder_take_file(struct dir_folder *folder, struct client_file **file,
			  const struct client_stat *stat)
{
	folder->file = talloc_move(folder, file);
	folder->own = *stat;
	folder->own_known = true;
	folder->refused = 0;
	client_file_on_lease(folder->file, folder_broken, folder);
	folder_notify(folder);
}

void dir_folder_refused(struct dir_folder *folder)
{
	folder->refused = conn_clock() + REFUSED_US;
}

bool dir_folder_may_ask(struct dir_folder *folder)
{
	return folder->file == NULL && folder->opening == NULL &&
	       folder->refused <= conn_clock() &&
	       dir_cache_has_leases(folder->cache);
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

void dir_folder_open(struct dir_folder *folder)
{
	struct client_open how = {0};

	if (!dir_folder_may_ask(folder)) {
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
	if (!NT_STATUS_IS_OK(status) || !dir_file_leased(file)) {
		dir_folder_refused(folder);
		talloc_free(file);
		return;
	}
	dir_folder_changed(folder);
	dir_folder_take_file(folder, &file, &stat);
}

/* Is what the server says of it now kept, and believed? */
bool dir_folder_keeps(struct dir_folder *folder)
{
	unsigned ms = folder->cache->options.unleased_ms;
	int64_t now = 0;

	if (folder->file != NULL) {
		return dir_folder_leased(folder);
	}
	now = conn_clock();
	if (ms == 0 ||
	    (dir_cache_has_leases(folder->cache) && folder->refused <= now)) {
		return false;
	}
	if (folder->until <= now) {
		dir_names_forget(folder->names);
		dir_folder_changed(folder);
		folder->until = now + (int64_t)ms * 1000;
	}
	return true;
}
