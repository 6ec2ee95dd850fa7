/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * share.c - what is offered, by the configuration's sections and IPC$.
 */

#include <strings.h>
#include <sys/stat.h>

#include "server/hosts.h"
#include "server/list.h"
#include "server/server.h"

#define LOG_MODULE "share"
#include "smbquic/log.h"

/* A store that was opened for a share, by its path. Its parents are the trees
 * that use it. */
struct share_store {
	struct share_store *prev, *next;
	struct share *share;
	const char *path;
	struct store *store;
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

/* Takes the path. */
static struct share_store *share_store_new(TALLOC_CTX *owner,
					   struct share *share, char *path)
{
	struct share_store *entry = talloc_zero(owner, struct share_store);

	if (entry == NULL || path == NULL) {
		talloc_free(entry);
		talloc_free(path);
		return NULL;
	}
	entry->path = talloc_steal(entry, path);
	entry->share = talloc_reference(entry, share);
	if (entry->share == NULL) {
		talloc_free(entry);
		return NULL;
	}
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

static bool share_store_open(struct share_store *entry, char **reason)
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
		.max_size = (uint64_t)config_int(config, section,
						 CONFIG_MAX_FILE_SIZE),
		.sids = &share->server->sids,
	};

	return store_new(entry, share->server->ev, store_kind_of(share),
			 share->server->pool, &options, &entry->store,
			 reason) == 0;
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

struct store *share_store(struct share *share, TALLOC_CTX *owner,
			  const struct config_macros *macros, char **why)
{
	char *path = config_expand(
		owner,
		config_string(share->config, share->section, CONFIG_PATH),
		macros);
	struct share_store *entry = share_store_new(owner, share, path);
	struct share_store *known = NULL;
	char *reason = NULL;

	*why = NULL;
	if (entry == NULL) {
		return NULL;
	}
	for (known = share->stores; known != NULL; known = known->next) {
		if (strcmp(known->path, entry->path) == 0) {
			talloc_free(entry);
			if (talloc_reference(owner, known) == NULL) {
				return NULL;
			}
			return known->store;
		}
	}
	if (!share_store_open(entry, &reason)) {
		*why = talloc_asprintf(owner, "share %s: %s", share->name,
				       reason == NULL ? "out of memory"
						      : reason);
		talloc_free(entry);
		return NULL;
	}
	LIST_ADD(share->stores, entry);
	talloc_set_destructor(entry, share_store_destructor);
	return entry->store;
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
