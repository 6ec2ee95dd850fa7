/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Contexts: a program's settings, and all that it has open. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "client/libsmbclient/libsmb.h"
#include "smbquic/log.h"

#define NETBIOS_NAME_SIZE 16

/* ------------------------------------------------------------------ making */

/* Unless the program has another: addresses and settings say it all. */
static void ask_nobody(const char *server, const char *share, char *workgroup,
		       int workgroup_size, char *user, int user_size,
		       char *password, int password_size)
{
	(void)server;
	(void)share;
	(void)workgroup;
	(void)workgroup_size;
	(void)user;
	(void)user_size;
	(void)password;
	(void)password_size;
}

/* The slots of the part that programs see. */
static void set_slots(SMBCCTX *c)
{
	c->open = libsmb_open;
	c->creat = libsmb_creat;
	c->read = libsmb_read;
	c->write = libsmb_write;
	c->unlink = libsmb_unlink;
	c->rename = libsmb_rename;
	c->lseek = libsmb_lseek;
	c->stat = libsmb_stat;
	c->fstat = libsmb_fstat;
	c->close_fn = libsmb_close;
	c->opendir = libsmb_opendir;
	c->closedir = libsmb_closedir;
	c->readdir = libsmb_readdir;
	c->readdirplus = libsmb_readdirplus;
	c->readdirplus2 = libsmb_readdirplus2;
	c->getdents = libsmb_getdents;
	c->mkdir = libsmb_mkdir;
	c->rmdir = libsmb_rmdir;
	c->telldir = libsmb_telldir;
	c->lseekdir = libsmb_lseekdir;
	c->fstatdir = libsmb_fstatdir;
	c->chmod = libsmb_chmod;
	c->utimes = libsmb_utimes;
	c->setxattr = libsmb_setxattr;
	c->getxattr = libsmb_getxattr;
	c->removexattr = libsmb_removexattr;
	c->listxattr = libsmb_listxattr;
	c->print_file = libsmb_print_file;
	c->open_print_job = libsmb_open_print_job;
	c->list_print_jobs = libsmb_list_print_jobs;
	c->unlink_print_job = libsmb_unlink_print_job;
	c->callbacks.auth_fn = ask_nobody;
	c->callbacks.check_server_fn = libsmb_check_server;
	c->callbacks.remove_unused_server_fn = libsmb_remove_unused_server;
	c->callbacks.add_cached_srv_fn = libsmb_add_cached_server;
	c->callbacks.get_cached_srv_fn = libsmb_get_cached_server;
	c->callbacks.remove_cached_srv_fn = libsmb_remove_cached_server;
	c->callbacks.purge_cached_fn = libsmb_purge_cached_servers;
}

static void set_hidden_slots(struct SMBC_internal_data *i)
{
	i->statvfs = libsmb_statvfs;
	i->fstatvfs = libsmb_fstatvfs;
	i->ftruncate = libsmb_ftruncate;
	i->splice = libsmb_splice;
	i->notify = libsmb_notify;
	i->fgetxattr = libsmb_fgetxattr;
	i->share_mode = SMBC_SHAREMODE_DENY_NONE;
	i->encryption = SMBC_ENCRYPTLEVEL_DEFAULT;
	TAILQ_INIT(&i->links);
	TAILQ_INIT(&i->servers);
	TAILQ_INIT(&i->files);
	TAILQ_INIT(&i->cache);
}

SMBCCTX *smbc_new_context(void)
{
	SMBCCTX *c = calloc(1, sizeof(*c));
	struct SMBC_internal_data *i =
		talloc_zero(NULL, struct SMBC_internal_data);

	if (c == NULL || i == NULL) {
		goto failed;
	}
	c->internal = i;
	set_slots(c);
	set_hidden_slots(i);
	c->timeout = LIBSMB_TIMEOUT_MS;
	c->options.browse_max_lmb_count = 3;
	i->net = talloc_new(NULL);
	i->keeper = keeper_new();
	if (i->net == NULL || i->keeper == NULL) {
		goto failed;
	}
	return c;
failed:
	if (i != NULL) {
		talloc_free(i->net);
		if (i->keeper != NULL) {
			keeper_free(i->keeper);
		}
	}
	talloc_free(i);
	free(c);
	errno = ENOMEM;
	return NULL;
}

/* ------------------------------------------------------------ initializing */

/* Samba's own file: names of this machine are the same for us. */
static void read_system(struct SMBC_internal_data *i)
{
	const char *path = getenv("SMB_CONF_PATH");
	const char *home = getenv("HOME");
	char *own = NULL;

	if (home != NULL) {
		own = talloc_asprintf(i, "%s/.smb/smb.conf", home);
	}
	if (own == NULL || client_conf_file_read(i, own, &i->system) != 0) {
		client_conf_file_read(
			i, path != NULL ? path : "/etc/samba/smb.conf",
			&i->system);
	}
	talloc_free(own);
}

static bool default_name(char **field, const char *name)
{
	if (*field == NULL) {
		*field = strdup(name);
	}
	return *field != NULL;
}

/* Upper case, up to the first dot, at most 15 characters. */
static void machine_name(char *name)
{
	char host[256] = {0};
	size_t n = 0;

	if (gethostname(host, sizeof(host) - 1) != 0 || *host == '\0') {
		snprintf(host, sizeof(host), "unknown");
	}
	for (n = 0; n + 1 < NETBIOS_NAME_SIZE; n++) {
		char c = host[n];

		if (c == '\0' || c == '.') {
			break;
		}
		name[n] = c >= 'a' && c <= 'z' ? (char)(c - 'a' + 'A') : c;
	}
	name[n] = '\0';
}

static bool set_names(SMBCCTX *c)
{
	struct SMBC_internal_data *i = c->internal;
	struct client_conf config = {0};
	const char *user = getenv("USER");
	char name[NETBIOS_NAME_SIZE] = {0};

	client_conf_file_apply(i->system, NULL, &config);
	client_conf_file_apply(i->user, NULL, &config);
	machine_name(name);
	return default_name(&c->user,
			    user != NULL && *user != '\0' ? user : "guest") &&
	       default_name(&c->netbios_name, config.netbios_name != NULL
						      ? config.netbios_name
						      : name) &&
	       default_name(&c->workgroup, config.workgroup != NULL
						   ? config.workgroup
						   : "WORKGROUP");
}

/* Does the user's file, for all servers, and the environment make sense? */
static bool settings_are_good(struct SMBC_internal_data *i)
{
	struct client_conf config = {0};
	TALLOC_CTX *frame = talloc_new(NULL);
	bool good = false;

	client_conf_file_apply(i->user, NULL, &config);
	client_conf_environment(frame, &config);
	good = client_conf_check(&config);
	talloc_free(frame);
	return good;
}

SMBCCTX *smbc_init_context(SMBCCTX *c)
{
	struct SMBC_internal_data *i = NULL;
	int err = 0;

	if (c == NULL || c->internal == NULL) {
		errno = EBADF;
		return NULL;
	}
	i = c->internal;
	if (i->initialized ||
	    (c->callbacks.auth_fn == NULL && i->auth_with_context == NULL)) {
		errno = EINVAL; /* once, and with somebody to ask */
		return NULL;
	}
	log_set_program("libsmbclient");
	smbc_setDebug(c, c->debug);
	read_system(i);
	err = client_conf_find(i, &i->user);
	if (err != 0 || !settings_are_good(i)) {
		errno = err == ENOMEM ? ENOMEM : ENOENT;
		return NULL;
	}
	if (!set_names(c)) {
		errno = ENOMEM;
		return NULL;
	}
	i->initialized = true;
	return c;
}

/* ------------------------------------------------------------------ freeing */

static void close_all(SMBCCTX *c)
{
	struct SMBC_internal_data *i = c->internal;

	while (!TAILQ_EMPTY(&i->files)) {
		file_free(TAILQ_FIRST(&i->files));
	}
	c->callbacks.purge_cached_fn(c);
	while (!TAILQ_EMPTY(&i->servers)) {
		SMBCSRV *srv = TAILQ_FIRST(&i->servers);

		c->callbacks.remove_cached_srv_fn(c, srv);
		server_free(c, srv);
	}
}

static bool is_busy(SMBCCTX *c)
{
	struct SMBC_internal_data *i = c->internal;

	return c->callbacks.purge_cached_fn(c) != 0 ||
	       !TAILQ_EMPTY(&i->servers) || !TAILQ_EMPTY(&i->files);
}

int smbc_free_context(SMBCCTX *c, int shutdown_ctx)
{
	struct SMBC_internal_data *i = NULL;
	bool busy = false;

	if (c == NULL || c->internal == NULL) {
		errno = EBADF;
		return 1;
	}
	i = c->internal;
	if (!keeper_enter(i->keeper)) {
		server_lost(c);
	}
	if (shutdown_ctx != 0) {
		close_all(c);
	} else {
		busy = i->initialized && is_busy(c);
	}
	if (!busy) {
		TALLOC_FREE(i->net); /* while the loop is ours */
	}
	keeper_leave(i->keeper);
	if (busy) {
		errno = EBUSY;
		return 1;
	}
	keeper_free(i->keeper);
	talloc_free(i);
	free(c->workgroup);
	free(c->netbios_name);
	free(c->user);
	free(c);
	return 0;
}

/* ----------------------------------------------------------------- entering */

bool libsmb_enter(SMBCCTX *c)
{
	if (c == NULL || c->internal == NULL || !c->internal->initialized) {
		errno = EINVAL;
		return false;
	}
	if (!keeper_enter(c->internal->keeper)) {
		server_lost(c);
	}
	return true;
}

void libsmb_leave(SMBCCTX *c)
{
	keeper_leave(c->internal->keeper);
}

int libsmb_return(SMBCCTX *c, int err)
{
	libsmb_leave(c);
	if (err != 0) {
		errno = err;
		return -1;
	}
	return 0;
}

bool libsmb_has_file(SMBCCTX *c, const SMBCFILE *file)
{
	const SMBCFILE *known = NULL;

	TAILQ_FOREACH(known, &c->internal->files, entry)
	{
		if (known == file) {
			return true;
		}
	}
	return false;
}
