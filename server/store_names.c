/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The way to a store: directories, names, streams, extended attributes,
 * watching. */

#define LOG_MODULE "store"

#include <assert.h>
#include <errno.h>
#include <string.h>

#include "server/store_backend.h"
#include "smbquic/log.h"

/* --- directories -------------------------------------------------------- */

struct tevent_req *store_readdir_send(TALLOC_CTX *mem_ctx,
				      struct tevent_context *ev,
				      struct store_file *dir, bool restart,
				      size_t max)
{
	struct store_call *call = store_call_new(mem_ctx, ev, "readdir");
	struct tevent_req *req = NULL;

	assert((dir->access & STORE_OPEN_READ) != 0 && max > 0);
	if (call == NULL) {
		return NULL;
	}
	if (!dir->directory) {
		return store_call_failed(call, ENOTDIR);
	}
	req = call->req;
	dir->store->ops->readdir(call, dir, restart, max);
	return store_call_begun(req, ev);
}

int store_readdir_recv(struct tevent_req *req, TALLOC_CTX *mem_ctx,
		       struct store_entry **entries, size_t *count)
{
	struct store_call *call = store_call_of(req);
	int err = store_call_error(req);

	*entries = NULL;
	*count = 0;
	if (err == 0) {
		*entries = talloc_move(mem_ctx, &call->entries);
		*count = (size_t)call->count;
	}
	tevent_req_received(req);
	return err;
}

/* 0, or what is wrong with these names. */
static int names_wrong(const char *from, const char *to)
{
	size_t len = strlen(from);

	if (!store_path_proper(from) || !store_path_proper(to)) {
		return EINVAL;
	}
	if (len > STORE_PATH_MAX || strlen(to) > STORE_PATH_MAX) {
		return ENAMETOOLONG;
	}
	if (len == 0) {
		return EBUSY; /* the root itself */
	}
	if (*to == '\0') {
		return EEXIST;
	}
	return 0;
}

/* Of a rename: a stream stays with its file. The way to a file is not compared:
 * whether that is `from`'s is for the row to see. */
static int rename_wrong(const char *from, const char *to)
{
	size_t len = strcspn(from, ":");
	bool stream = from[len] == ':' || strchr(to, ':') != NULL;
	int err = names_wrong(from, to);

	if (err == 0 && stream &&
	    (strcspn(to, ":") != len || strncmp(from, to, len) != 0)) {
		return EXDEV;
	}
	return err;
}

struct tevent_req *store_rename_send(TALLOC_CTX *mem_ctx,
				     struct tevent_context *ev,
				     struct store_file *file, const char *from,
				     const char *to, bool replace)
{
	struct store_call *call = store_call_new(mem_ctx, ev, "rename");
	struct tevent_req *req = NULL;
	int err = rename_wrong(from, to);

	if (call == NULL) {
		return NULL;
	}
	log_debug("%s: rename \"%s\" to \"%s\"", file->store->options.share,
		  from, to);
	if (err != 0) {
		return store_call_failed(call, err);
	}
	req = call->req;
	file->store->ops->rename(call, file, from, to, replace);
	return store_call_begun(req, ev);
}

int store_rename_recv(struct tevent_req *req, TALLOC_CTX *mem_ctx, char **now)
{
	struct store_call *call = store_call_of(req);
	int err = store_call_error(req);

	if (err == 0 && now != NULL) {
		*now = talloc_move(mem_ctx, &call->path);
	}
	tevent_req_received(req);
	return err;
}

struct tevent_req *store_link_send(TALLOC_CTX *mem_ctx,
				   struct tevent_context *ev,
				   struct store_file *file, const char *from,
				   const char *to, bool replace)
{
	struct store_call *call = store_call_new(mem_ctx, ev, "link");
	struct tevent_req *req = NULL;
	int err = names_wrong(from, to);

	if (call == NULL) {
		return NULL;
	}
	if (err == 0 &&
	    (strchr(from, ':') != NULL || strchr(to, ':') != NULL)) {
		err = EINVAL;
	}
	if (err == 0 && file->store->ops->link == NULL) {
		err = EOPNOTSUPP;
	}
	if (err != 0) {
		return store_call_failed(call, err);
	}
	req = call->req;
	file->store->ops->link(call, file, from, to, replace);
	return store_call_begun(req, ev);
}

int store_link_recv(struct tevent_req *req)
{
	return store_close_recv(req);
}

struct tevent_req *store_unlink_send(TALLOC_CTX *mem_ctx,
				     struct tevent_context *ev,
				     struct store_file *file, const char *path)
{
	struct store_call *call = store_call_new(mem_ctx, ev, "unlink");
	struct tevent_req *req = NULL;
	int err = names_wrong(path, path);

	if (call == NULL) {
		return NULL;
	}
	log_debug("%s: unlink \"%s\"", file->store->options.share, path);
	if (err != 0) {
		return store_call_failed(call, err);
	}
	req = call->req;
	file->store->ops->unlink(call, file, path);
	return store_call_begun(req, ev);
}

int store_unlink_recv(struct tevent_req *req)
{
	return store_close_recv(req);
}

/* --- streams ------------------------------------------------------------ */

struct tevent_req *store_streams_send(TALLOC_CTX *mem_ctx,
				      struct tevent_context *ev,
				      struct store_file *file)
{
	struct store_call *call = store_call_new(mem_ctx, ev, "streams");
	struct tevent_req *req = NULL;

	if (call == NULL) {
		return NULL;
	}
	if (!store_has_streams(file->store)) {
		return store_call_failed(call, EOPNOTSUPP);
	}
	req = call->req;
	file->store->ops->streams(call, file);
	return store_call_begun(req, ev);
}

int store_streams_recv(struct tevent_req *req, TALLOC_CTX *mem_ctx,
		       struct store_stream **streams, size_t *count)
{
	struct store_call *call = store_call_of(req);
	int err = store_call_error(req);

	*streams = NULL;
	*count = 0;
	if (err == 0) {
		*streams = talloc_move(mem_ctx, &call->streams);
		*count = (size_t)call->count;
	}
	tevent_req_received(req);
	return err;
}

/* --- extended attributes ------------------------------------------------ */

/* ENOENT is for files; names are checked by those who know the client's rules,
 * here only for what would leave the name space. */
static int xattr_wrong(const struct store_file *file, const char *name)
{
	if (file->store->ops->getxattr == NULL) {
		return EOPNOTSUPP;
	}
	if (*name == '\0' || strlen(name) > STORE_XATTR_NAME_MAX) {
		return EINVAL;
	}
	return 0;
}

struct tevent_req *store_getxattr_send(TALLOC_CTX *mem_ctx,
				       struct tevent_context *ev,
				       struct store_file *file,
				       const char *name)
{
	struct store_call *call = store_call_new(mem_ctx, ev, "getxattr");
	struct tevent_req *req = NULL;
	int err = xattr_wrong(file, name);

	if (call == NULL) {
		return NULL;
	}
	if (err != 0) {
		return store_call_failed(call, err);
	}
	req = call->req;
	file->store->ops->getxattr(call, file, name);
	return store_call_begun(req, ev);
}

int store_getxattr_recv(struct tevent_req *req, TALLOC_CTX *mem_ctx,
			uint8_t **value, size_t *len)
{
	struct store_call *call = store_call_of(req);
	int err = store_call_error(req);

	if (err == 0) {
		*value = talloc_move(mem_ctx, &call->value);
		*len = (size_t)call->count;
	}
	tevent_req_received(req);
	return err;
}

struct tevent_req *store_setxattr_send(TALLOC_CTX *mem_ctx,
				       struct tevent_context *ev,
				       struct store_file *file,
				       const char *name, const void *value,
				       size_t len)
{
	struct store_call *call = store_call_new(mem_ctx, ev, "setxattr");
	struct tevent_req *req = NULL;
	int err = xattr_wrong(file, name);

	if (call == NULL) {
		return NULL;
	}
	if (err == 0 && len > STORE_XATTR_SIZE_MAX) {
		err = E2BIG;
	}
	if (err != 0) {
		return store_call_failed(call, err);
	}
	req = call->req;
	file->store->ops->setxattr(call, file, name, value, len);
	return store_call_begun(req, ev);
}

int store_setxattr_recv(struct tevent_req *req)
{
	return store_close_recv(req);
}

struct tevent_req *store_removexattr_send(TALLOC_CTX *mem_ctx,
					  struct tevent_context *ev,
					  struct store_file *file,
					  const char *name)
{
	struct store_call *call = store_call_new(mem_ctx, ev, "removexattr");
	struct tevent_req *req = NULL;
	int err = xattr_wrong(file, name);

	if (call == NULL) {
		return NULL;
	}
	if (err != 0) {
		return store_call_failed(call, err);
	}
	req = call->req;
	file->store->ops->removexattr(call, file, name);
	return store_call_begun(req, ev);
}

int store_removexattr_recv(struct tevent_req *req)
{
	return store_close_recv(req);
}

struct tevent_req *store_listxattr_send(TALLOC_CTX *mem_ctx,
					struct tevent_context *ev,
					struct store_file *file)
{
	struct store_call *call = store_call_new(mem_ctx, ev, "listxattr");
	struct tevent_req *req = NULL;
	int err = xattr_wrong(file, "x");

	if (call == NULL) {
		return NULL;
	}
	if (err != 0) {
		return store_call_failed(call, err);
	}
	req = call->req;
	file->store->ops->listxattr(call, file);
	return store_call_begun(req, ev);
}

int store_listxattr_recv(struct tevent_req *req, TALLOC_CTX *mem_ctx,
			 char ***names)
{
	struct store_call *call = store_call_of(req);
	int err = store_call_error(req);

	if (err == 0) {
		*names = talloc_move(mem_ctx, &call->names);
	}
	tevent_req_received(req);
	return err;
}

/* --- watching ----------------------------------------------------------- */

struct tevent_req *store_watch_send(TALLOC_CTX *mem_ctx,
				    struct tevent_context *ev,
				    struct store_file *dir, bool tree,
				    store_watch_fn fn, void *private_data)
{
	struct store_call *call = store_call_new(mem_ctx, ev, "watch");
	struct tevent_req *req = NULL;

	if (call == NULL) {
		return NULL;
	}
	if (dir->store->ops->watch == NULL) {
		return store_call_failed(call, EOPNOTSUPP);
	}
	if (!dir->directory) {
		return store_call_failed(call, ENOTDIR);
	}
	req = call->req;
	dir->store->ops->watch(call, dir, tree, fn, private_data);
	return store_call_begun(req, ev);
}

int store_watch_recv(struct tevent_req *req, TALLOC_CTX *mem_ctx,
		     struct store_watch **watch, bool *missed)
{
	struct store_call *call = store_call_of(req);
	int err = store_call_error(req);

	*watch = NULL;
	*missed = false;
	if (err == 0) {
		*watch = talloc_move(mem_ctx, &call->watch);
		*missed = call->more;
	}
	tevent_req_received(req);
	return err;
}
