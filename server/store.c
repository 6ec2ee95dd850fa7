/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The way to a store: one wrapper per operation, which asserts the contract of
 * store.h, makes the request and calls the row.
 */

#define LOG_MODULE "store"

#include <assert.h>
#include <errno.h>
#include <string.h>

#include "server/store_backend.h"
#include "smbquic/log.h"
#include "smbquic/smb2.h"

/* Seconds from 1601 to 1970. */
#define EPOCH_DIFFERENCE INT64_C(11644473600)
#define UNITS_PER_SECOND INT64_C(10000000)

static const struct store_ops *const rows[] = {&store_posix, &store_memory};

/* --- times -------------------------------------------------------------- */

uint64_t store_time(int64_t sec, uint32_t nsec)
{
	if (sec < -EPOCH_DIFFERENCE) {
		return 0;
	}
	if (sec > INT64_MAX / UNITS_PER_SECOND - EPOCH_DIFFERENCE - 1) {
		return INT64_MAX;
	}
	return (uint64_t)((sec + EPOCH_DIFFERENCE) * UNITS_PER_SECOND +
			  nsec / 100);
}

void store_time_split(uint64_t nt, int64_t *sec, uint32_t *nsec)
{
	*sec = (int64_t)(nt / (uint64_t)UNITS_PER_SECOND) - EPOCH_DIFFERENCE;
	*nsec = (uint32_t)(nt % (uint64_t)UNITS_PER_SECOND) * 100;
}

uint32_t store_what(unsigned set)
{
	static const struct {
		unsigned set;
		uint32_t what;
	} table[] = {
		{STORE_SET_ATTRIBUTES, FILE_NOTIFY_CHANGE_ATTRIBUTES},
		{STORE_SET_CREATE_TIME, FILE_NOTIFY_CHANGE_CREATION},
		{STORE_SET_ACCESS_TIME, FILE_NOTIFY_CHANGE_LAST_ACCESS},
		{STORE_SET_WRITE_TIME, FILE_NOTIFY_CHANGE_LAST_WRITE},
		{STORE_SET_SIZE,
		 FILE_NOTIFY_CHANGE_SIZE | FILE_NOTIFY_CHANGE_LAST_WRITE},
		{STORE_SET_CHANGE_TIME, FILE_NOTIFY_CHANGE_ATTRIBUTES},
		{STORE_SET_MODE, FILE_NOTIFY_CHANGE_SECURITY},
		{STORE_SET_OWNER, FILE_NOTIFY_CHANGE_SECURITY},
	};
	uint32_t what = 0;
	size_t i = 0;

	for (i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		what |= (set & table[i].set) != 0 ? table[i].what : 0;
	}
	return what;
}

/* --- users -------------------------------------------------------------- */

static int store_cred_destructor(struct store_cred *cred)
{
	if (cred->shared != NULL) {
		cred->drop(cred->shared);
	}
	return 0;
}

struct store_cred *store_cred_new(TALLOC_CTX *mem_ctx, uid_t uid, gid_t gid,
				  size_t num_groups, const gid_t *groups)
{
	struct store_cred *cred = talloc_zero(mem_ctx, struct store_cred);

	if (cred == NULL) {
		return NULL;
	}
	cred->uid = uid;
	cred->gid = gid;
	cred->num_groups = num_groups;
	cred->groups = talloc_zero_array(cred, gid_t, num_groups);
	if (cred->groups == NULL) {
		talloc_free(cred);
		return NULL;
	}
	if (num_groups > 0) {
		memcpy(cred->groups, groups, num_groups * sizeof(gid_t));
	}
	talloc_set_destructor(cred, store_cred_destructor);
	return cred;
}

/* --- the store ---------------------------------------------------------- */

static const struct store_ops *store_find(const char *kind)
{
	size_t i = 0;

	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		if (strcmp(rows[i]->name, kind) == 0) {
			return rows[i];
		}
	}
	return NULL;
}

static struct store *store_make(TALLOC_CTX *mem_ctx, struct tevent_context *ev,
				const struct store_ops *ops,
				const struct store_options *options)
{
	struct store *store = talloc_zero(mem_ctx, struct store);
	const char *root = options->root != NULL ? options->root : "";

	if (store == NULL) {
		return NULL;
	}
	store->ops = ops;
	store->ev = ev;
	store->options = *options;
	store->sids =
		options->sids != NULL ? *options->sids : (struct sidmap){{0}};
	store->options.sids = &store->sids;
	store->options.share = talloc_strdup(store, options->share);
	store->options.root = talloc_strdup(store, root);
	if (store->options.create_mask == 0) {
		store->options.create_mask = 0644;
	}
	if (store->options.directory_mask == 0) {
		store->options.directory_mask = 0755;
	}
	if (store->options.share == NULL || store->options.root == NULL) {
		talloc_free(store);
		return NULL;
	}
	return store;
}

const char *store_root(const struct store *store)
{
	return store->options.root != NULL ? store->options.root : "";
}

const char *store_kind(const struct store *store)
{
	return store->ops->name;
}

bool store_has_streams(const struct store *store)
{
	return store->ops->streams != NULL && !store->options.no_streams;
}

bool store_short_names(const struct store *store)
{
	return store->options.short_names && !store->options.case_sensitive;
}

/* --- calls -------------------------------------------------------------- */

/* A ':' is in the last component only, once, and between names; the root's is
 * "". */
static bool stream_proper(const char *path)
{
	const char *colon = strchr(path, ':');

	return colon == NULL ||
	       ((colon == path || colon[-1] != '/') && colon[1] != '\0' &&
		strpbrk(colon + 1, ":/") == NULL);
}

/* Is this a path as store.h says? */
bool store_path_proper(const char *path)
{
	const char *p = path;
	size_t len = 0;

	if (!stream_proper(path)) {
		return false;
	}
	while (*p != '\0') {
		len = strcspn(p, "/");
		if (len == 0 || (len == 1 && p[0] == '.') ||
		    (len == 2 && p[0] == '.' && p[1] == '.')) {
			return false;
		}
		p += len;
		if (p[0] == '/') {
			p++;
			if (*p == '\0') {
				return false;
			}
		}
	}
	return true;
}

struct store_call *store_call_new(TALLOC_CTX *mem_ctx,
				  struct tevent_context *ev, const char *name)
{
	struct store_call *call = NULL;
	struct tevent_req *req =
		tevent_req_create(mem_ctx, &call, struct store_call);

	if (req == NULL) {
		return NULL;
	}
	call->req = req;
	call->ev = ev;
	call->name = name;
	return call;
}

/* The row has been called; may it have ended already. */
struct tevent_req *store_call_begun(struct tevent_req *req,
				    struct tevent_context *ev)
{
	if (!tevent_req_is_in_progress(req)) {
		return tevent_req_post(req, ev);
	}
	return req;
}

struct tevent_req *store_call_failed(struct store_call *call, int err)
{
	struct tevent_req *req = call->req;
	struct tevent_context *ev = call->ev;

	store_call_done(call, err);
	return tevent_req_post(req, ev);
}

void store_call_done(struct store_call *call, int err)
{
	if (err != 0) {
		log_debug("%s: %s", call->name, strerror(err));
		tevent_req_error(call->req, (uint64_t)err);
		return;
	}
	tevent_req_done(call->req);
}

/* 0 or the errno of a request that has ended. */
int store_call_error(struct tevent_req *req)
{
	enum tevent_req_state state = TEVENT_REQ_IN_PROGRESS;
	uint64_t err = 0;

	if (!tevent_req_is_error(req, &state, &err)) {
		return 0;
	}
	return state == TEVENT_REQ_USER_ERROR ? (int)err : ENOMEM;
}

struct store_call *store_call_of(struct tevent_req *req)
{
	return tevent_req_data(req, struct store_call);
}

/* --- a new one -----------------------------------------------------------
 */

/* 0, or the errno of what went wrong before a row could begin. */
static int store_init(struct store_call *call, const char *kind,
		      struct worker_pool *pool,
		      const struct store_options *options)
{
	const struct store_ops *ops = store_find(kind);
	char *why = NULL;
	int err = 0;

	if (ops == NULL) {
		call->why =
			talloc_asprintf(call, "there is no store \"%s\"", kind);
		return EINVAL;
	}
	call->store = store_make(call, call->ev, ops, options);
	if (call->store == NULL) {
		return ENOMEM;
	}
	err = ops->init(call->store, pool, &why);
	call->why = talloc_steal(call, why);
	return err;
}

struct tevent_req *store_new_send(TALLOC_CTX *mem_ctx,
				  struct tevent_context *ev, const char *kind,
				  struct worker_pool *pool,
				  const struct store_options *options)
{
	struct store_call *call = store_call_new(mem_ctx, ev, "new");
	struct tevent_req *req = NULL;
	int err = 0;

	if (call == NULL) {
		return NULL;
	}
	req = call->req;
	err = store_init(call, kind, pool, options);
	if (err != 0) {
		return store_call_failed(call, err);
	}
	if (call->store->ops->begin == NULL) {
		store_call_done(call, 0);
	} else {
		call->store->ops->begin(call, call->store);
	}
	return store_call_begun(req, ev);
}

int store_new_recv(struct tevent_req *req, TALLOC_CTX *mem_ctx,
		   struct store **out, char **why)
{
	struct store_call *call = store_call_of(req);
	int err = store_call_error(req);

	*why = NULL;
	if (err == 0) {
		*out = talloc_move(mem_ctx, &call->store);
		return 0;
	}
	*why = talloc_move(mem_ctx, &call->why);
	if (*why == NULL) {
		*why = talloc_asprintf(mem_ctx, "cannot open %s: %s",
				       call->store == NULL
					       ? "the store"
					       : store_root(call->store),
				       strerror(err));
	}
	return err;
}

/* --- open files --------------------------------------------------------- */

static int store_file_destructor(struct store_file *file)
{
	if (file->data != NULL) {
		file->store->ops->drop(file);
	}
	return 0;
}

struct store_file *store_file_new(struct store_call *call, struct store *store,
				  const char *path)
{
	struct store_file *file = talloc_zero(call, struct store_file);

	if (file == NULL) {
		return NULL;
	}
	file->store = store;
	file->path = talloc_strdup(file, path);
	if (file->path == NULL) {
		talloc_free(file);
		return NULL;
	}
	file->stream = strchr(file->path, ':');
	if (file->stream != NULL) {
		file->stream++;
	}
	talloc_set_destructor(file, store_file_destructor);
	return file;
}

/* 0, or why that cannot be opened. */
static int open_wrong(const struct store *store, const char *path,
		      unsigned flags)
{
	bool stream = strchr(path, ':') != NULL;

	if (!store_path_proper(path)) {
		return EINVAL;
	}
	if (strlen(path) > STORE_PATH_MAX) {
		return ENAMETOOLONG;
	}
	if (stream && !store_has_streams(store)) {
		return EOPNOTSUPP;
	}
	return stream && (flags & STORE_OPEN_DIRECTORY) != 0 ? ENOTDIR : 0;
}

struct tevent_req *store_open_secured_send(
	TALLOC_CTX *mem_ctx, struct tevent_context *ev, struct store *store,
	const struct store_cred *cred, const char *path, unsigned flags,
	uint32_t attributes, struct wire_slice sd)
{
	struct store_call *call = store_call_new(mem_ctx, ev, "open");
	struct tevent_req *req = NULL;
	int err = 0;

	assert((flags & STORE_OPEN_EXCLUSIVE) == 0 ||
	       (flags & STORE_OPEN_CREATE) != 0);
	if (call == NULL) {
		return NULL;
	}
	log_debug("%s: open \"%s\", 0x%x", store->options.share, path, flags);
	err = open_wrong(store, path, flags);
	if (err != 0) {
		return store_call_failed(call, err);
	}
	req = call->req;
	call->security = sd;
	call->opened.granted = FILE_ALL_ACCESS;
	store->ops->open(call, store, cred, path, flags, attributes);
	return store_call_begun(req, ev);
}

struct tevent_req *store_open_send(TALLOC_CTX *mem_ctx,
				   struct tevent_context *ev,
				   struct store *store,
				   const struct store_cred *cred,
				   const char *path, unsigned flags,
				   uint32_t attributes)
{
	return store_open_secured_send(mem_ctx, ev, store, cred, path, flags,
				       attributes, wire_slice(NULL, 0));
}

int store_open_recv(struct tevent_req *req, TALLOC_CTX *mem_ctx,
		    struct store_file **file, struct store_opened *info)
{
	struct store_call *call = store_call_of(req);
	int err = store_call_error(req);

	*file = NULL;
	if (err == 0) {
		*file = talloc_move(mem_ctx, &call->file);
		if (info != NULL) {
			*info = call->opened;
		}
	}
	if (err == STORE_ESTOPPED && info != NULL) {
		*info = (struct store_opened){.created = false};
		info->stop.target = talloc_move(mem_ctx, &call->stop.target);
		info->stop.rest = talloc_move(mem_ctx, &call->stop.rest);
		info->stop.relative = call->stop.relative;
	}
	tevent_req_received(req);
	return err;
}

struct tevent_req *store_close_send(TALLOC_CTX *mem_ctx,
				    struct tevent_context *ev,
				    struct store_file *file)
{
	struct store_call *call = store_call_new(mem_ctx, ev, "close");
	struct tevent_req *req = NULL;

	if (call == NULL) {
		talloc_free(file);
		return NULL;
	}
	req = call->req;
	file->store->ops->close(call, file);
	file->data = NULL;
	talloc_free(file);
	return store_call_begun(req, ev);
}

int store_close_recv(struct tevent_req *req)
{
	int err = store_call_error(req);

	tevent_req_received(req);
	return err;
}

struct tevent_req *store_lookup_send(TALLOC_CTX *mem_ctx,
				     struct tevent_context *ev,
				     struct store *store,
				     const struct store_cred *cred,
				     const char *path)
{
	return store_lookup_as_send(mem_ctx, ev, store, cred, path, 0);
}

struct tevent_req *store_lookup_as_send(TALLOC_CTX *mem_ctx,
					struct tevent_context *ev,
					struct store *store,
					const struct store_cred *cred,
					const char *path, unsigned flags)
{
	struct store_call *call = store_call_new(mem_ctx, ev, "lookup");
	struct tevent_req *req = NULL;

	if (call == NULL) {
		return NULL;
	}
	if (!store_path_proper(path) || strchr(path, ':') != NULL) {
		return store_call_failed(call, EINVAL);
	}
	if (strlen(path) > STORE_PATH_MAX) {
		return store_call_failed(call, ENAMETOOLONG);
	}
	req = call->req;
	call->flags = flags;
	store->ops->lookup(call, store, cred, path);
	return store_call_begun(req, ev);
}

int store_lookup_recv(struct tevent_req *req, TALLOC_CTX *mem_ctx,
		      struct store_attr *attr, char **found)
{
	struct store_call *call = store_call_of(req);
	int err = store_call_error(req);

	if (err == 0) {
		*attr = call->attr;
	}
	if (err == 0 && found != NULL) {
		*found = talloc_move(mem_ctx, &call->path);
	}
	tevent_req_received(req);
	return err;
}
