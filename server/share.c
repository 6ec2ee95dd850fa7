/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * share.c - what is offered, by the configuration's sections and IPC$.
 */

#include <strings.h>
#include <sys/stat.h>

#include "server/hosts.h"
#include "server/server.h"
#include "smbquic/list.h"

#define LOG_MODULE "share"
#include "smbquic/log.h"

/* A store of a share, by its path. While it is being opened it is the server's
 * child: if all who asked for it go, it is opened all the same, so that a disk
 * that hangs has one thread, however often it is asked for. Then its parents
 * are the trees that use it. */
struct share_store {
	struct share_store *prev, *next;
	struct share *share;
	const char *path;
	struct store *store; /* NULL: not open yet, or it failed */
	char *why;
	struct share_store_state *waiting;
};

/* Somebody who asked for one. */
struct share_store_state {
	struct tevent_req *req;
	struct share_store_state *prev, *next; /* entry->waiting */
	bool waits;
	struct share_store *entry; /* referenced */
};

static struct share *share_new(struct server *server, struct config *config,
			       const struct config_share *section,
			       const char *name)
{
	struct share *share = talloc_zero(server, struct share);

	if (share == NULL) {
		return NULL;
	}
	share->server = server;
	share->config = talloc_reference(share, config);
	share->section = section;
	share->name = talloc_strdup(share, name);
	share->encrypt = (enum config_encrypt)config_int(config, section,
							 CONFIG_SMB_ENCRYPT);
	share->compress = CONFIG_COMPRESS_NO;
	if (section != NULL) {
		share->compress = (enum config_compress)config_int(
			config, section, CONFIG_COMPRESS_DATA);
	}
	if (share->config == NULL || share->name == NULL) {
		talloc_free(share);
		return NULL;
	}
	return share;
}

static void warn_hosts(const struct share *share, enum config_key key,
		       const char *name)
{
	const char *bad = hosts_bad_entry(
		config_list(share->config, share->section, key));

	if (bad != NULL) {
		log_warn("share %s: `%s` has \"%s\", which is no address: it "
			 "never matches (names are not looked up)",
			 share->name, name, bad);
	}
}

static const char *store_kind_of(const struct share *share);

/* What is gone with the server cannot be had back after it. */
static bool is_continuous(const struct share *share)
{
	if (!config_bool(share->config, share->section, CONFIG_CONTINUOUS)) {
		return false;
	}
	if (strcmp(store_kind_of(share), "posix") != 0) {
		log_warn("share %s: `continuously available` means nothing "
			 "where `store` is not posix",
			 share->name);
		return false;
	}
	return true;
}

static struct share *disk_share(struct server *server, struct config *config,
				const struct config_share *section)
{
	struct share *share =
		share_new(server, config, section, config_share_name(section));

	if (share == NULL) {
		return NULL;
	}
	share->type = SHARE_DISK;
	share->comment = config_string(config, section, CONFIG_COMMENT);
	share->browseable = config_bool(config, section, CONFIG_BROWSEABLE);
	share->continuous = is_continuous(share);
	warn_hosts(share, CONFIG_HOSTS_ALLOW, "hosts allow");
	warn_hosts(share, CONFIG_HOSTS_DENY, "hosts deny");
	return share;
}

static struct share *pipe_share(struct server *server, struct config *config)
{
	struct share *share = share_new(server, config, NULL, "IPC$");

	if (share == NULL) {
		return NULL;
	}
	share->type = SHARE_PIPE;
	share->comment = "IPC Service";
	share->browseable = true;
	return share;
}

struct share *shares_load(struct server *server, struct config *config,
			  char **why)
{
	struct share *list = NULL;
	struct share **end = &list;

	for (size_t i = 0; i < config_share_count(config); i++) {
		const struct config_share *section = config_share(config, i);

		if (!config_bool(config, section, CONFIG_AVAILABLE) ||
		    strcasecmp(config_share_name(section), "IPC$") == 0) {
			continue;
		}
		*end = disk_share(server, config, section);
		if (*end == NULL) {
			goto no_memory;
		}
		end = &(*end)->next;
	}
	*end = pipe_share(server, config);
	if (*end == NULL) {
		goto no_memory;
	}
	return list;

no_memory:
	shares_unload(server, list);
	*why = talloc_strdup(server, "out of memory");
	return NULL;
}

void shares_unload(struct server *server, struct share *list)
{
	while (list != NULL) {
		struct share *share = list;

		list = share->next;
		share->next = NULL;
		talloc_unlink(server, share);
	}
}

struct share *share_find(const struct server *server, const char *name)
{
	struct share *share = NULL;

	for (share = server->shares; share != NULL; share = share->next) {
		if (strcasecmp(share->name, name) == 0) {
			return share;
		}
	}
	return NULL;
}

bool share_is_dfs(const struct share *share)
{
	return share->type == SHARE_DISK &&
	       config_bool(share->config, share->section, CONFIG_MSDFS_ROOT);
}

bool share_allows_address(const struct share *share,
			  const struct sockaddr *addr)
{
	return hosts_allowed(
		config_list(share->config, share->section, CONFIG_HOSTS_ALLOW),
		config_list(share->config, share->section, CONFIG_HOSTS_DENY),
		addr);
}

static const char *store_kind_of(const struct share *share)
{
	switch ((enum config_store)config_int(share->config, share->section,
					      CONFIG_STORE)) {
	case CONFIG_STORE_MEMORY: return "memory";
	case CONFIG_STORE_POSIX: break;
	}
	return "posix";
}

static int share_store_destructor(struct share_store *entry)
{
	LIST_REMOVE(entry->share->stores, entry);
	return 0;
}

static struct share_store *share_store_new(struct share *share,
					   const char *path)
{
	struct share_store *entry =
		talloc_zero(share->server, struct share_store);

	if (entry == NULL) {
		return NULL;
	}
	entry->path = talloc_strdup(entry, path);
	entry->share = talloc_reference(entry, share);
	if (entry->path == NULL || entry->share == NULL) {
		talloc_free(entry);
		return NULL;
	}
	LIST_ADD(share->stores, entry);
	talloc_set_destructor(entry, share_store_destructor);
	return entry;
}

static unsigned acls_of(const struct share *share)
{
	struct config *config = share->config;
	const struct config_share *section = share->section;
	unsigned acls = STORE_ACLS_SET;

	if (!config_bool(config, section, CONFIG_NT_ACL_SUPPORT)) {
		return 0;
	}
	if (!config_bool(config, section, CONFIG_STORE_NT_ACLS)) {
		return acls | STORE_ACLS_MAP;
	}
	if (!config_bool(config, section, CONFIG_IGNORE_SYSTEM_ACLS)) {
		acls |= STORE_ACLS_MAP;
	}
	if (!config_bool(config, section, CONFIG_ACL_CANONICAL_FLAG)) {
		acls |= STORE_ACLS_VERBATIM;
	}
	return acls | STORE_ACLS_KEEP;
}

/* Who is forced to be another would give away that one's rights. */
static bool may_set_id(struct config *config,
		       const struct config_share *section)
{
	return config_bool(config, section, CONFIG_SET_ID_BITS) &&
	       *config_string(config, section, CONFIG_FORCE_USER) == '\0' &&
	       *config_string(config, section, CONFIG_FORCE_GROUP) == '\0';
}

static void share_store_opened(struct tevent_req *subreq);

static bool share_store_open(struct share_store *entry)
{
	const struct share *share = entry->share;
	struct config *config = share->config;
	const struct config_share *section = share->section;
	const struct store_options options = {
		.share = share->name,
		.root = entry->path,
		.case_sensitive =
			config_bool(config, section, CONFIG_CASE_SENSITIVE),
		.hide_dot_files =
			config_bool(config, section, CONFIG_HIDE_DOT_FILES),
		.create_mask =
			(mode_t)config_int(config, section, CONFIG_CREATE_MASK),
		.directory_mask = (mode_t)config_int(config, section,
						     CONFIG_DIRECTORY_MASK),
		.no_links =
			!config_bool(config, section, CONFIG_FOLLOW_SYMLINKS),
		.hide_unreadable =
			config_bool(config, section, CONFIG_HIDE_UNREADABLE),
		.acls = acls_of(share),
		.no_streams =
			!config_bool(config, section, CONFIG_NAMED_STREAMS),
		.short_names =
			config_int(config, section, CONFIG_MANGLED_NAMES) != 0,
		.strict_allocate =
			config_bool(config, section, CONFIG_STRICT_ALLOCATE),
		.set_id = may_set_id(config, section),
		.max_size = (uint64_t)config_int(config, section,
						 CONFIG_MAX_FILE_SIZE),
		.sids = &share->server->sids,
	};

	struct tevent_req *subreq =
		store_new_send(entry, share->server->ev, store_kind_of(share),
			       share->server->pool, &options);

	if (subreq == NULL) {
		return false;
	}
	tevent_req_set_callback(subreq, share_store_opened, entry);
	return true;
}

static void share_store_opened(struct tevent_req *subreq)
{
	struct share_store *entry =
		tevent_req_callback_data(subreq, struct share_store);
	struct server *server = entry->share->server;
	int err = store_new_recv(subreq, entry, &entry->store, &entry->why);

	TALLOC_FREE(subreq);
	if (err != 0) { /* whoever comes next tries again */
		talloc_set_destructor(entry, NULL);
		LIST_REMOVE(entry->share->stores, entry);
	}
	while (entry->waiting != NULL) {
		struct share_store_state *state = entry->waiting;

		LIST_REMOVE(entry->waiting, state);
		state->waits = false;
		tevent_req_defer_callback(state->req, server->ev);
		if (err != 0) {
			tevent_req_error(state->req, (uint64_t)err);
		} else {
			tevent_req_done(state->req);
		}
	}
	talloc_unlink(server, entry);
}

struct config_macros share_macros(const struct share *share,
				  const struct session *session,
				  const struct conn *conn)
{
	return (struct config_macros){
		.user = session->user->name,
		.share = share->name,
		.address = conn->address,
		.machine = session->workstation,
	};
}

static struct share_store *share_store_find(const struct share *share,
					    const char *path)
{
	struct share_store *entry = share->stores;

	while (entry != NULL && strcmp(entry->path, path) != 0) {
		entry = entry->next;
	}
	return entry;
}

static struct share_store *share_store_get(struct share *share,
					   const char *path)
{
	struct share_store *entry = share_store_find(share, path);

	if (entry != NULL) {
		return entry;
	}
	entry = share_store_new(share, path);
	if (entry != NULL && !share_store_open(entry)) {
		TALLOC_FREE(entry);
	}
	return entry;
}

static int share_store_state_destructor(struct share_store_state *state)
{
	if (state->waits) {
		LIST_REMOVE(state->entry->waiting, state);
	}
	return 0;
}

struct tevent_req *share_store_send(TALLOC_CTX *mem_ctx,
				    struct tevent_context *ev,
				    struct share *share,
				    const struct config_macros *macros)
{
	struct tevent_req *req = NULL;
	struct share_store_state *state = NULL;
	struct share_store *entry = NULL;
	char *path = NULL;

	req = tevent_req_create(mem_ctx, &state, struct share_store_state);
	if (req == NULL) {
		return NULL;
	}
	state->req = req;
	path = config_expand(
		state,
		config_string(share->config, share->section, CONFIG_PATH),
		macros);
	if (tevent_req_nomem(path, req)) {
		return tevent_req_post(req, ev);
	}
	entry = share_store_get(share, path);
	if (tevent_req_nomem(entry, req)) {
		return tevent_req_post(req, ev);
	}
	state->entry = talloc_reference(state, entry);
	if (tevent_req_nomem(state->entry, req)) {
		return tevent_req_post(req, ev);
	}
	if (entry->store != NULL) {
		tevent_req_done(req);
		return tevent_req_post(req, ev);
	}
	LIST_ADD(entry->waiting, state);
	state->waits = true;
	talloc_set_destructor(state, share_store_state_destructor);
	return req;
}

struct store *share_store_recv(struct tevent_req *req, TALLOC_CTX *owner,
			       char **why)
{
	const struct share_store_state *state =
		tevent_req_data(req, struct share_store_state);
	struct share_store *entry = state->entry;

	*why = NULL;
	if (entry == NULL || tevent_req_is_in_progress(req)) {
		return NULL;
	}
	if (entry->store == NULL) {
		*why = talloc_asprintf(
			owner, "share %s: %s", entry->share->name,
			entry->why == NULL ? "out of memory" : entry->why);
		return NULL;
	}
	return talloc_reference(owner, entry) == NULL ? NULL : entry->store;
}

bool share_keep_store(struct share *share, TALLOC_CTX *owner,
		      const struct store *store)
{
	struct share_store *entry = share->stores;

	while (entry != NULL && entry->store != store) {
		entry = entry->next;
	}
	return entry != NULL && talloc_reference(owner, entry) != NULL;
}
