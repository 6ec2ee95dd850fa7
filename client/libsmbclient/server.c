/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Servers, as programs see them: a share of a server, used as one user. Which
 * there are the program may want to know (callbacks of the cache); who may
 * use them it is asked (callback of authentication).
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "client/libsmbclient/libsmb.h"
#include "smbquic/alarm.h"
#include "smbquic/secret.h"

#define ECHO_AFTER_MS 30000 /* then ask whether a server is still there */

/* --------------------------------------------------------------- passwords */

/* Who wants in; children of the call's address. */
struct who {
	const char *workgroup, *user, *password;
};

static void copy(char *to, const char *from)
{
	snprintf(to, LIBSMB_NAME_SIZE, "%s", from != NULL ? from : "");
}

/* Ask the program. @return false: out of memory. */
static bool ask(SMBCCTX *c, TALLOC_CTX *mem_ctx, const char *server,
		const char *share, struct who *who)
{
	char workgroup[LIBSMB_NAME_SIZE] = {0};
	char user[LIBSMB_NAME_SIZE] = {0};
	char password[LIBSMB_NAME_SIZE] = {0};

	copy(workgroup, who->workgroup);
	copy(user, who->user);
	copy(password, who->password);
	if (c->internal->auth_with_context != NULL) {
		c->internal->auth_with_context(
			c, server, share, workgroup, sizeof(workgroup), user,
			sizeof(user), password, sizeof(password));
	} else {
		c->callbacks.auth_fn(server, share, workgroup,
				     sizeof(workgroup), user, sizeof(user),
				     password, sizeof(password));
	}
	workgroup[LIBSMB_NAME_SIZE - 1] = '\0';
	user[LIBSMB_NAME_SIZE - 1] = '\0';
	password[LIBSMB_NAME_SIZE - 1] = '\0';
	who->workgroup = talloc_strdup(mem_ctx, workgroup);
	who->user = talloc_strdup(mem_ctx, user);
	who->password = secret_strdup(mem_ctx, password);
	explicit_bzero(password, sizeof(password));
	return who->workgroup != NULL && who->user != NULL &&
	       who->password != NULL;
}

/* What an address and the context say of it. */
static struct who first_guess(SMBCCTX *c, const struct libsmb_url *url)
{
	const struct SMBC_internal_data *i = c->internal;
	struct who who = {
		.workgroup = url->workgroup,
		.user = url->user,
		.password = url->password,
	};

	if (*who.user == '\0' && i->fallback_user != NULL) {
		who.user = i->fallback_user;
		who.password = i->fallback_password;
		who.workgroup = who.workgroup != NULL ? who.workgroup
						      : i->fallback_workgroup;
	}
	if (*who.user == '\0') {
		who.user = c->user;
	}
	if (who.workgroup == NULL) {
		who.workgroup = c->workgroup;
	}
	return who;
}

/* ------------------------------------------------------------------ objects */

static int server_destructor(SMBCSRV *srv)
{
	TAILQ_REMOVE(&srv->link->c->internal->servers, srv, entry);
	link_put(srv->link);
	return 0;
}

static bool has_no_tree(const char *share)
{
	return *share == '\0' || strcasecmp(share, "IPC$") == 0;
}

static SMBCSRV *server_new(SMBCCTX *c, struct link *link, const char *server,
			   const char *share)
{
	SMBCSRV *srv = talloc_zero(c->internal->net, SMBCSRV);

	if (srv == NULL) {
		link_put(link);
		return NULL;
	}
	srv->link = link;
	TAILQ_INSERT_TAIL(&c->internal->servers, srv, entry);
	talloc_set_destructor(srv, server_destructor);
	srv->server = talloc_strdup(srv, server);
	srv->share = talloc_strdup(srv, share);
	if (srv->server == NULL || srv->share == NULL) {
		talloc_free(srv);
		return NULL;
	}
	srv->dev = (dev_t)(name_number(server) ^ name_number(share));
	srv->used = alarm_clock();
	return srv;
}

void server_free(SMBCCTX *c, SMBCSRV *srv)
{
	SMBCFILE *file = NULL;

	TAILQ_FOREACH(file, &c->internal->files, entry)
	{
		if (file->srv == srv) {
			file_close(file);
			file->srv = NULL;
		}
	}
	talloc_free(srv);
}

void server_lost(SMBCCTX *c)
{
	struct SMBC_internal_data *i = c->internal;
	SMBCFILE *file = NULL;

	TAILQ_FOREACH(file, &i->files, entry)
	{
		file->file = NULL;
		file->cache = NULL;
		file->srv = NULL;
	}
	/* talloc_free() would say goodbye in the parent's name */
	while (!TAILQ_EMPTY(&i->servers)) {
		SMBCSRV *srv = TAILQ_FIRST(&i->servers);

		c->callbacks.remove_cached_srv_fn(c, srv);
		TAILQ_REMOVE(&i->servers, srv, entry);
	}
	TAILQ_INIT(&i->links);
	i->net = talloc_new(NULL);
}

/* --------------------------------------------------------------- callbacks */

int libsmb_check_server(SMBCCTX *c, SMBCSRV *srv)
{
	uint64_t now = alarm_clock();
	bool bad = false;

	if (!libsmb_enter(c)) {
		return 1;
	}
	bad = link_is_dead(srv->link);
	if (!bad && now - srv->used >= ECHO_AFTER_MS) {
		bad = !NT_STATUS_IS_OK(client_echo(srv->link->conn));
	}
	srv->used = now;
	libsmb_leave(c);
	return bad ? 1 : 0;
}

int libsmb_remove_unused_server(SMBCCTX *c, SMBCSRV *srv)
{
	SMBCFILE *file = NULL;
	bool used = false;

	if (srv == NULL || !libsmb_enter(c)) {
		return 1;
	}
	TAILQ_FOREACH(file, &c->internal->files, entry)
	{
		used = used || file->srv == srv;
	}
	if (!used) {
		c->callbacks.remove_cached_srv_fn(c, srv);
		server_free(c, srv);
	}
	libsmb_leave(c);
	return used ? 1 : 0;
}

int smbc_remove_unused_server(SMBCCTX *c, SMBCSRV *srv)
{
	return libsmb_remove_unused_server(c, srv);
}

/* ------------------------------------------------------------------ finding */

/* One that is well; those that are not go. */
static SMBCSRV *cached(SMBCCTX *c, const char *server, const char *share,
		       const struct who *who)
{
	SMBCSRV *srv = NULL;

	for (;;) {
		srv = c->callbacks.get_cached_srv_fn(c, server, share,
						     who->workgroup, who->user);
		if (srv == NULL || c->callbacks.check_server_fn(c, srv) == 0) {
			return srv;
		}
		if (c->callbacks.remove_unused_server_fn(c, srv) != 0) {
			/* in use: it goes with its last file */
			c->callbacks.remove_cached_srv_fn(c, srv);
		}
	}
}

SMBCSRV *server_cached(SMBCCTX *c, const struct libsmb_url *url,
		       const char *share)
{
	const struct who who = first_guess(c, url);

	return cached(c, url->server, share, &who);
}

/* What is in folders that are read, as long as the server promises to say when
 * that changes. That there is no memory for it is no failure. */
static void keep_folders(SMBCSRV *srv)
{
	struct client_dir_cache_options options = {0};

	client_dir_cache_default(&options);
	if (srv->link->read_ahead && srv->tree != NULL) {
		client_tree_cache(srv->tree, &options);
	}
}

static int connect_share(SMBCCTX *c, const struct libsmb_url *url,
			 const char *share, const struct who *who,
			 SMBCSRV **out)
{
	struct link *link = NULL;
	NTSTATUS status = 0;
	int err = link_get(c, url, who->workgroup, who->user, who->password,
			   &link);

	if (err != 0) {
		return err;
	}
	*out = server_new(c, link, url->server, share);
	if (*out == NULL) {
		return ENOMEM;
	}
	if (!has_no_tree(share)) {
		status = client_tree_connect(*out, link->session, share,
					     &(*out)->tree);
	}
	if (!NT_STATUS_IS_OK(status)) {
		TALLOC_FREE(*out);
		return libsmb_errno(status);
	}
	keep_folders(*out);
	return 0;
}

int server_find(SMBCCTX *c, const struct libsmb_url *url, const char *share,
		SMBCSRV **out)
{
	TALLOC_CTX *frame = talloc_new(NULL);
	struct who who = first_guess(c, url);
	bool fresh = false;
	int err = 0;

	share = share != NULL ? share : url->share;
	*out = cached(c, url->server, share, &who);
	if (*out == NULL && (*who.user == '\0' || *who.password == '\0')) {
		if (ask(c, frame, url->server, share, &who)) {
			*out = cached(c, url->server, share, &who);
		} else {
			err = ENOMEM;
		}
	}
	if (*out == NULL && err == 0) {
		err = connect_share(c, url, share, &who, out);
		fresh = err == 0;
	}
	if (fresh &&
	    c->callbacks.add_cached_srv_fn(c, *out, url->server, share,
					   who.workgroup, who.user) != 0) {
		err = errno != 0 ? errno : ENOMEM;
		TALLOC_FREE(*out);
	}
	talloc_free(frame);
	return err;
}
