/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Extended attributes over those of a store. Which of them have FILE_NEED_EA is
 * in one of the server's own (STORE_XATTR_NEED): their names, each with a zero
 * byte at its end.
 */

#include <errno.h>
#include <string.h>

#include "server/ea.h"
#include "server/name.h"
#include "server/request.h"
#include "smbquic/fscc.h"

/* --- names -------------------------------------------------------------- */

/* MS-FSCC 2.4.16: 8-bit characters, these not. */
static bool name_valid(struct wire_slice name)
{
	size_t i = 0;

	for (i = 0; i < name.len; i++) {
		if (name.data[i] < 0x20 ||
		    strchr("\"*+,/:;<=>?[\\]|", name.data[i]) != NULL) {
			return false;
		}
	}
	return name.len > 0 && name.len <= STORE_XATTR_NAME_MAX;
}

static NTSTATUS list_check(struct wire_slice list)
{
	struct wire_walker walker = fscc_eas(list);
	struct fscc_ea ea = {0};
	size_t size = 0;

	while (fscc_ea_next(&walker, &ea)) {
		if (!name_valid(ea.name) ||
		    (ea.flags & ~(unsigned)FILE_NEED_EA) != 0) {
			return NT_STATUS_INVALID_EA_NAME;
		}
		size += ea.value.len;
	}
	if (!wire_walker_ok(&walker)) {
		return NT_STATUS_EA_LIST_INCONSISTENT;
	}
	return size > EA_SIZE_MAX ? NT_STATUS_EA_TOO_LARGE : NT_STATUS_OK;
}

/* The needed names, in that form. */
struct need {
	char *names;
	size_t len;
};

static size_t need_find(const struct need *need, const char *name)
{
	size_t at = 0;

	while (at < need->len && !name_equal(need->names + at, name)) {
		at += strlen(need->names + at) + 1;
	}
	return at;
}

static bool need_has(const struct need *need, const char *name)
{
	return need_find(need, name) < need->len;
}

static void need_remove(struct need *need, const char *name)
{
	size_t at = need_find(need, name);
	size_t len = 0;

	if (at < need->len) {
		len = strlen(need->names + at) + 1;
		memmove(need->names + at, need->names + at + len,
			need->len - at - len);
		need->len -= len;
	}
}

static bool need_add(TALLOC_CTX *mem_ctx, struct need *need, const char *name)
{
	size_t len = strlen(name) + 1;
	char *names =
		talloc_realloc(mem_ctx, need->names, char, need->len + len);

	if (names == NULL) {
		return false;
	}
	memcpy(names + need->len, name, len);
	need->names = names;
	need->len += len;
	return true;
}

/* What a store has of it, which somebody may have written on the machine. */
static void need_take(TALLOC_CTX *mem_ctx, struct need *need, uint8_t *value,
		      size_t len)
{
	need->names = NULL;
	need->len = 0;
	if (len > 0 && value[len - 1] == '\0') {
		need->names = (char *)talloc_steal(mem_ctx, value);
		need->len = len;
	}
}

/* --- listing ------------------------------------------------------------ */

struct ea_list_state {
	struct tevent_context *ev;
	struct store_file *file;
	char **names;
	size_t next;
	struct ea *eas;
	size_t count;
	struct need need;
};

static void ea_list_named(struct tevent_req *subreq);
static void ea_list_next(struct tevent_req *req);
static void ea_list_got(struct tevent_req *subreq);
static void ea_list_needed(struct tevent_req *subreq);

struct tevent_req *ea_list_send(TALLOC_CTX *mem_ctx, struct tevent_context *ev,
				struct store_file *file)
{
	struct ea_list_state *state = NULL;
	struct tevent_req *subreq = NULL;
	struct tevent_req *req =
		tevent_req_create(mem_ctx, &state, struct ea_list_state);

	if (req == NULL) {
		return NULL;
	}
	state->ev = ev;
	state->file = file;
	subreq = store_listxattr_send(state, ev, file);
	if (tevent_req_nomem(subreq, req)) {
		return tevent_req_post(req, ev);
	}
	tevent_req_set_callback(subreq, ea_list_named, req);
	return req;
}

static int compare_names(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

static void ea_list_named(struct tevent_req *subreq)
{
	struct tevent_req *req =
		tevent_req_callback_data(subreq, struct tevent_req);
	struct ea_list_state *state =
		tevent_req_data(req, struct ea_list_state);
	int err = store_listxattr_recv(subreq, state, &state->names);
	size_t n = 0;

	TALLOC_FREE(subreq);
	if (tevent_req_error(req, (uint64_t)err)) {
		return;
	}
	while (state->names[n] != NULL) {
		n++;
	}
	qsort(state->names, n, sizeof(state->names[0]), compare_names);
	state->eas = talloc_zero_array(state, struct ea, n + 1);
	if (!tevent_req_nomem(state->eas, req)) {
		ea_list_next(req);
	}
}

static void ea_list_next(struct tevent_req *req)
{
	struct ea_list_state *state =
		tevent_req_data(req, struct ea_list_state);
	const char *name = state->names[state->next];
	struct tevent_req *subreq = NULL;
	tevent_req_fn done = ea_list_got;

	if (name == NULL && state->count == 0) {
		tevent_req_done(req);
		return;
	}
	if (name == NULL) {
		name = STORE_XATTR_NEED;
		done = ea_list_needed;
	}
	subreq = store_getxattr_send(state, state->ev, state->file, name);
	if (!tevent_req_nomem(subreq, req)) {
		tevent_req_set_callback(subreq, done, req);
	}
}

/* Those that no client could have made, or that are gone, are left out. */
static void ea_list_got(struct tevent_req *subreq)
{
	struct tevent_req *req =
		tevent_req_callback_data(subreq, struct tevent_req);
	struct ea_list_state *state =
		tevent_req_data(req, struct ea_list_state);
	struct ea *ea = &state->eas[state->count];
	const char *name = state->names[state->next];
	struct wire_slice bytes =
		wire_slice((const uint8_t *)name, strlen(name));
	uint8_t *value = NULL;
	size_t len = 0;
	int err = store_getxattr_recv(subreq, state->eas, &value, &len);

	TALLOC_FREE(subreq);
	state->next++;
	if (err == 0 && name_valid(bytes) && len <= UINT16_MAX) {
		ea->name = name;
		ea->value = wire_slice(value, len);
		state->count++;
	}
	ea_list_next(req);
}

static void ea_list_needed(struct tevent_req *subreq)
{
	struct tevent_req *req =
		tevent_req_callback_data(subreq, struct tevent_req);
	struct ea_list_state *state =
		tevent_req_data(req, struct ea_list_state);
	uint8_t *value = NULL;
	size_t len = 0;
	size_t i = 0;

	if (store_getxattr_recv(subreq, state, &value, &len) == 0) {
		need_take(state, &state->need, value, len);
	}
	TALLOC_FREE(subreq);
	for (i = 0; i < state->count; i++) {
		if (need_has(&state->need, state->eas[i].name)) {
			state->eas[i].flags = FILE_NEED_EA;
		}
	}
	tevent_req_done(req);
}

/* 0, or the errno of a request that has ended. */
static int errno_of(struct tevent_req *req)
{
	enum tevent_req_state how = TEVENT_REQ_INIT;
	uint64_t err = 0;

	if (!tevent_req_is_error(req, &how, &err)) {
		return 0;
	}
	return how == TEVENT_REQ_USER_ERROR ? (int)err : ENOMEM;
}

int ea_list_recv(struct tevent_req *req, TALLOC_CTX *mem_ctx, struct ea **eas,
		 size_t *count)
{
	struct ea_list_state *state =
		tevent_req_data(req, struct ea_list_state);
	int err = errno_of(req);

	*eas = NULL;
	*count = 0;
	if (err == 0) {
		(void)talloc_steal(state->eas, state->names);
		*eas = talloc_move(mem_ctx, &state->eas);
		*count = state->count;
	}
	tevent_req_received(req);
	return err;
}

/* --- setting ------------------------------------------------------------ */

struct ea_set_state {
	struct tevent_context *ev;
	struct store_file *file;
	struct wire_slice list;
	struct wire_walker walker;
	struct ea *have;
	size_t num_have;
	struct need need;
	bool need_changed;
	bool removes;
};

static void ea_set_listed(struct tevent_req *subreq);
static void ea_set_next(struct tevent_req *req);
static void ea_set_done(struct tevent_req *subreq);
static void ea_set_need(struct tevent_req *req);
static void ea_set_all_done(struct tevent_req *subreq);

struct tevent_req *ea_set_send(TALLOC_CTX *mem_ctx, struct tevent_context *ev,
			       struct store_file *file, struct wire_slice list)
{
	struct ea_set_state *state = NULL;
	struct tevent_req *subreq = NULL;
	struct tevent_req *req =
		tevent_req_create(mem_ctx, &state, struct ea_set_state);

	if (req == NULL) {
		return NULL;
	}
	state->ev = ev;
	state->file = file;
	state->list = list;
	state->walker = fscc_eas(list);
	if (tevent_req_error(req, list_check(list))) {
		return tevent_req_post(req, ev);
	}
	subreq = ea_list_send(state, ev, file);
	if (tevent_req_nomem(subreq, req)) {
		return tevent_req_post(req, ev);
	}
	tevent_req_set_callback(subreq, ea_set_listed, req);
	return req;
}

static NTSTATUS status_of(int err)
{
	switch (err) {
	case 0: return NT_STATUS_OK;
	case EOPNOTSUPP: return NT_STATUS_EAS_NOT_SUPPORTED;
	case E2BIG:
	case ERANGE: return NT_STATUS_EA_TOO_LARGE;
	default: return ntstatus_from_errno(err);
	}
}

static bool listed(const struct ea_set_state *state, const char *name)
{
	struct wire_walker walker = fscc_eas(state->list);
	struct fscc_ea ea = {0};
	size_t len = strlen(name);

	while (fscc_ea_next(&walker, &ea)) {
		if (ea.name.len == len &&
		    memcmp(ea.name.data, name, len) == 0) {
			return true;
		}
	}
	return false;
}

/* With what stays, is it more than a file may have? */
static bool too_large(const struct ea_set_state *state)
{
	size_t size = state->list.len;
	size_t i = 0;

	for (i = 0; i < state->num_have; i++) {
		if (!listed(state, state->have[i].name)) {
			size += 9 + strlen(state->have[i].name) +
				state->have[i].value.len;
		}
	}
	return size > EA_SIZE_MAX;
}

static void ea_set_listed(struct tevent_req *subreq)
{
	struct tevent_req *req =
		tevent_req_callback_data(subreq, struct tevent_req);
	struct ea_set_state *state = tevent_req_data(req, struct ea_set_state);
	int err = ea_list_recv(subreq, state, &state->have, &state->num_have);
	bool ok = true;
	size_t i = 0;

	TALLOC_FREE(subreq);
	if (tevent_req_error(req, status_of(err))) {
		return;
	}
	if (too_large(state)) {
		tevent_req_error(req, NT_STATUS_EA_TOO_LARGE);
		return;
	}
	for (i = 0; i < state->num_have && ok; i++) {
		ok = (state->have[i].flags & FILE_NEED_EA) == 0 ||
		     need_add(state, &state->need, state->have[i].name);
	}
	if (!ok) {
		tevent_req_oom(req);
		return;
	}
	ea_set_next(req);
}

/* As it is written there, if it is there. */
static const char *known_name(const struct ea_set_state *state,
			      const char *name)
{
	size_t i = 0;

	for (i = 0; i < state->num_have; i++) {
		if (name_equal(state->have[i].name, name)) {
			return state->have[i].name;
		}
	}
	return name;
}

static bool note_need(struct ea_set_state *state, const char *name,
		      const struct fscc_ea *ea)
{
	bool before = need_has(&state->need, name);
	bool after = (ea->flags & FILE_NEED_EA) != 0 && ea->value.len > 0;

	state->need_changed |= before != after;
	if (before && !after) {
		need_remove(&state->need, name);
	}
	return before || !after || need_add(state, &state->need, name);
}

static void ea_set_next(struct tevent_req *req)
{
	struct ea_set_state *state = tevent_req_data(req, struct ea_set_state);
	struct tevent_req *subreq = NULL;
	struct fscc_ea ea = {0};
	const char *name = NULL;
	char *text = NULL;

	if (!fscc_ea_next(&state->walker, &ea)) {
		ea_set_need(req);
		return;
	}
	text = talloc_strndup(state, (const char *)ea.name.data, ea.name.len);
	if (tevent_req_nomem(text, req)) {
		return;
	}
	name = known_name(state, text);
	state->removes = ea.value.len == 0;
	if (!note_need(state, name, &ea)) {
		tevent_req_oom(req);
		return;
	}
	subreq = state->removes
			 ? store_removexattr_send(state, state->ev, state->file,
						  name)
			 : store_setxattr_send(state, state->ev, state->file,
					       name, ea.value.data,
					       ea.value.len);
	if (!tevent_req_nomem(subreq, req)) {
		tevent_req_set_callback(subreq, ea_set_done, req);
	}
}

static void ea_set_done(struct tevent_req *subreq)
{
	struct tevent_req *req =
		tevent_req_callback_data(subreq, struct tevent_req);
	struct ea_set_state *state = tevent_req_data(req, struct ea_set_state);
	int err = state->removes ? store_removexattr_recv(subreq)
				 : store_setxattr_recv(subreq);

	TALLOC_FREE(subreq);
	if (state->removes && err == ENODATA) {
		err = 0;
	}
	if (!tevent_req_error(req, status_of(err))) {
		ea_set_next(req);
	}
}

static void ea_set_need(struct tevent_req *req)
{
	struct ea_set_state *state = tevent_req_data(req, struct ea_set_state);
	struct tevent_req *subreq = NULL;

	if (!state->need_changed) {
		tevent_req_done(req);
		return;
	}
	state->removes = state->need.len == 0;
	subreq = state->removes
			 ? store_removexattr_send(state, state->ev, state->file,
						  STORE_XATTR_NEED)
			 : store_setxattr_send(state, state->ev, state->file,
					       STORE_XATTR_NEED,
					       state->need.names,
					       state->need.len);
	if (!tevent_req_nomem(subreq, req)) {
		tevent_req_set_callback(subreq, ea_set_all_done, req);
	}
}

static void ea_set_all_done(struct tevent_req *subreq)
{
	struct tevent_req *req =
		tevent_req_callback_data(subreq, struct tevent_req);
	struct ea_set_state *state = tevent_req_data(req, struct ea_set_state);
	int err = state->removes ? store_removexattr_recv(subreq)
				 : store_setxattr_recv(subreq);

	TALLOC_FREE(subreq);
	if (!tevent_req_error(req, status_of(err == ENODATA ? 0 : err))) {
		tevent_req_done(req);
	}
}

NTSTATUS ea_set_recv(struct tevent_req *req)
{
	NTSTATUS status = NT_STATUS_OK;

	(void)request_failed(req, &status);
	tevent_req_received(req);
	return status;
}

/* --- needed ------------------------------------------------------------- */

struct tevent_req *ea_needed_send(TALLOC_CTX *mem_ctx,
				  struct tevent_context *ev,
				  struct store_file *file)
{
	return store_getxattr_send(mem_ctx, ev, file, STORE_XATTR_NEED);
}

bool ea_needed_recv(struct tevent_req *req)
{
	uint8_t *value = NULL;
	size_t len = 0;

	return store_getxattr_recv(req, req, &value, &len) == 0 && len > 0;
}
