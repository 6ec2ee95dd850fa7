/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Quotas of users: QUERY_INFO (MS-SMB2 3.3.5.20.4, MS-FSA 2.1.5.21) and
 * SET_INFO (3.3.5.21.4, MS-FSA 2.1.5.22). */

#include <errno.h>

#include "server/quota.h"
#include "server/query_info.h"
#include "server/request.h"
#include "server/set_info.h"
#include "server/store_quota.h"
#include "smbquic/fscc.h"

/* Users told of, or set, by one request. */
#define MAX_USERS 1024u

/* Nobody is asked for beyond the last one. */
#define LAST_USER (UINT32_MAX - 1)

/* FileQuotaInformation: no limit; QuotaLimit: the entry goes. */
#define QUOTA_UNLIMITED UINT64_MAX
#define QUOTA_NO_ENTRY	(UINT64_MAX - 1)

/* --- QUERY_INFO --------------------------------------------------------- */

/* Whom the client asked for by name. */
struct asked {
	struct sid sid;
	bool known; /* in `users`, in the same order */
};

struct query_quota_state {
	struct tevent_context *ev;
	struct file_open *fo;
	const struct sidmap *sids;
	struct smb2_query_quota_info in;
	size_t max; /* bytes */
	struct asked *asked;
	struct store_quota *users;
	size_t num_asked, num_users;
	bool scan; /* goes on where the last one ended */
	struct wire_writer w;
	struct wire_chain list;
	size_t told;
};

static void query_quota_done(struct tevent_req *subreq);

static NTSTATUS take_sid(struct query_quota_state *state, struct wire_slice sid)
{
	struct asked *asked = &state->asked[state->num_asked];
	struct store_quota *user = &state->users[state->num_users];

	if (!sid_decode(sid, &asked->sid)) {
		return NT_STATUS_INVALID_PARAMETER;
	}
	asked->known = sidmap_uid(state->sids, &asked->sid, &user->uid);
	state->num_users += asked->known;
	state->num_asked++;
	return NT_STATUS_OK;
}

static NTSTATUS take_sids(struct query_quota_state *state)
{
	struct wire_walker list = fscc_get_quotas(state->in.sid_list);
	struct wire_slice sid = {0};
	NTSTATUS status = NT_STATUS_OK;

	state->asked = talloc_zero_array(state, struct asked, MAX_USERS);
	state->users = talloc_zero_array(state, struct store_quota, MAX_USERS);
	if (state->asked == NULL || state->users == NULL) {
		return NT_STATUS_INSUFFICIENT_RESOURCES;
	}
	while (status == NT_STATUS_OK && state->num_asked < MAX_USERS &&
	       fscc_get_quota_next(&list, &sid)) {
		status = take_sid(state, sid);
	}
	return status == NT_STATUS_OK && !wire_walker_ok(&list)
		       ? NT_STATUS_INVALID_PARAMETER
		       : status;
}

/* The first user to tell of: after that SID, or as the last time. */
static NTSTATUS first_user(struct query_quota_state *state, uint64_t *first)
{
	struct sid sid = {0};
	uid_t uid = 0;

	if (state->in.start_sid.len > 0) {
		if (!sid_decode(state->in.start_sid, &sid)) {
			return NT_STATUS_INVALID_PARAMETER;
		}
		if (!sidmap_uid(state->sids, &sid, &uid)) {
			return NT_STATUS_NO_MORE_ENTRIES;
		}
		*first = (uint64_t)uid + 1;
	} else {
		state->scan = true;
		if (state->in.restart_scan) {
			state->fo->quota_next = 0;
		}
		*first = state->fo->quota_next;
	}
	return *first > LAST_USER ? NT_STATUS_NO_MORE_ENTRIES : NT_STATUS_OK;
}

static NTSTATUS begin(struct query_quota_state *state,
		      struct tevent_req **subreq)
{
	struct store_file *file = state->fo->handle;
	uint64_t first = 0;
	NTSTATUS status = NT_STATUS_OK;

	if (state->in.sid_list.len > 0) {
		status = take_sids(state);
		if (status == NT_STATUS_OK) {
			*subreq = store_quota_get_send(state, state->ev, file,
						       state->users,
						       state->num_users);
		}
		return status;
	}
	status = first_user(state, &first);
	if (status == NT_STATUS_OK) {
		*subreq = store_quota_list_send(
			state, state->ev, file, (uid_t)first,
			state->in.return_single ? 1 : MAX_USERS);
	}
	return status;
}

struct tevent_req *query_quota_send(TALLOC_CTX *mem_ctx,
				    struct tevent_context *ev,
				    struct file_open *fo,
				    const struct sidmap *sids,
				    struct wire_slice input, size_t max)
{
	struct query_quota_state *state = NULL;
	struct tevent_req *subreq = NULL;
	struct tevent_req *req =
		tevent_req_create(mem_ctx, &state, struct query_quota_state);
	NTSTATUS status = NT_STATUS_INVALID_PARAMETER;

	if (req == NULL) {
		return NULL;
	}
	state->ev = ev;
	state->fo = fo;
	state->sids = sids;
	state->max = max;
	if (smb2_query_quota_info_decode(input, &state->in)) {
		status = begin(state, &subreq);
	}
	if (tevent_req_error(req, status) || tevent_req_nomem(subreq, req)) {
		return tevent_req_post(req, ev);
	}
	tevent_req_set_callback(subreq, query_quota_done, req);
	return req;
}

/* false: it does not fit, or no more is wanted. */
static bool tell(struct query_quota_state *state, const struct sid *sid,
		 const struct store_quota *quota)
{
	uint8_t buf[SID_MAX_SIZE];
	struct wire_writer bytes = wire_writer_fixed(buf, sizeof(buf));
	struct wire_chain before = state->list;
	size_t len = state->w.len;
	struct fscc_quota out = {0};

	if (state->told > 0 && state->in.return_single) {
		return false;
	}
	if (quota != NULL) {
		out.quota_used = quota->used;
		out.quota_threshold = quota->soft;
		out.quota_limit = quota->hard;
	}
	(void)sid_encode(&bytes, sid);
	out.sid = wire_writer_slice(&bytes);
	if (!fscc_quota_add(&state->list, &out) || state->w.len > state->max) {
		wire_chain_rollback(&state->list, &before, len);
		return false;
	}
	state->told++;
	return true;
}

static void tell_asked(struct query_quota_state *state,
		       const struct store_quota *quotas, size_t count)
{
	size_t user = 0;
	size_t i = 0;

	for (i = 0; i < state->num_asked; i++) {
		const struct asked *asked = &state->asked[i];
		bool known = asked->known && user < count;

		if (!tell(state, &asked->sid, known ? &quotas[user] : NULL)) {
			return;
		}
		user += asked->known;
	}
}

static void tell_all(struct query_quota_state *state,
		     const struct store_quota *quotas, size_t count)
{
	size_t i = 0;

	for (i = 0; i < count; i++) {
		const struct sid sid = sidmap_user(state->sids, quotas[i].uid);

		if (!tell(state, &sid, &quotas[i])) {
			return;
		}
		if (state->scan) {
			state->fo->quota_next = (uint64_t)quotas[i].uid + 1;
		}
	}
}

static NTSTATUS status_of_store(int err)
{
	switch (err) {
	case 0: return NT_STATUS_OK;
	case EOPNOTSUPP: return NT_STATUS_NOT_SUPPORTED;
	case EPERM: return NT_STATUS_ACCESS_DENIED;
	default: return ntstatus_from_errno(err);
	}
}

static void query_quota_done(struct tevent_req *subreq)
{
	struct tevent_req *req =
		tevent_req_callback_data(subreq, struct tevent_req);
	struct query_quota_state *state =
		tevent_req_data(req, struct query_quota_state);
	struct store_quota *quotas = NULL;
	size_t count = 0;
	bool some = false;
	int err = store_quota_recv(subreq, state, &quotas, &count);

	TALLOC_FREE(subreq);
	if (tevent_req_error(req, status_of_store(err))) {
		return;
	}
	state->w = wire_writer_talloc(state);
	state->list = fscc_quota_list(&state->w);
	some = state->num_asked > 0 || count > 0;
	if (state->asked != NULL) {
		tell_asked(state, quotas, count);
	} else {
		tell_all(state, quotas, count);
	}
	if (state->told == 0) {
		tevent_req_error(req, some ? NT_STATUS_BUFFER_TOO_SMALL
					   : NT_STATUS_NO_MORE_ENTRIES);
		return;
	}
	tevent_req_done(req);
}

NTSTATUS query_quota_recv(struct tevent_req *req, TALLOC_CTX *mem_ctx,
			  struct wire_slice *out)
{
	struct query_quota_state *state =
		tevent_req_data(req, struct query_quota_state);
	NTSTATUS status = NT_STATUS_OK;

	*out = (struct wire_slice){0};
	if (!request_failed(req, &status)) {
		*out = wire_writer_slice(&state->w);
		(void)talloc_steal(mem_ctx, out->data);
	}
	tevent_req_received(req);
	return status;
}

/* --- SET_INFO ----------------------------------------------------------- */

static void quota_set(struct tevent_req *subreq);

/* The numbers are signed. */
static bool limits_proper(const struct fscc_quota *in)
{
	return (in->quota_threshold <= INT64_MAX ||
		in->quota_threshold == QUOTA_UNLIMITED ||
		in->quota_threshold == QUOTA_NO_ENTRY) &&
	       (in->quota_limit <= INT64_MAX ||
		in->quota_limit == QUOTA_UNLIMITED ||
		in->quota_limit == QUOTA_NO_ENTRY);
}

static bool take_quota(const struct sidmap *sids, const struct fscc_quota *in,
		       struct store_quota *out)
{
	struct sid sid = {0};

	if (!sid_decode(in->sid, &sid) || !sidmap_uid(sids, &sid, &out->uid) ||
	    !limits_proper(in)) {
		return false;
	}
	out->soft = in->quota_threshold;
	out->hard = in->quota_limit;
	if (out->hard == QUOTA_NO_ENTRY || out->soft == QUOTA_NO_ENTRY) {
		out->soft = STORE_UNLIMITED;
		out->hard = STORE_UNLIMITED;
	}
	return true;
}

NTSTATUS set_quota(struct set_info *set)
{
	const struct sidmap *sids = &set->r->conn->server->sids;
	struct wire_walker list = fscc_quotas(set->in.buffer);
	struct store_quota *quotas =
		talloc_zero_array(set, struct store_quota, MAX_USERS);
	struct fscc_quota in = {0};
	struct tevent_req *subreq = NULL;
	size_t count = 0;

	if (quotas == NULL) {
		return NT_STATUS_INSUFFICIENT_RESOURCES;
	}
	if (set->r->tree->read_only) {
		return NT_STATUS_ACCESS_DENIED;
	}
	while (fscc_quota_next(&list, &in)) {
		if (count == MAX_USERS ||
		    !take_quota(sids, &in, &quotas[count])) {
			return NT_STATUS_INVALID_PARAMETER;
		}
		count++;
	}
	if (!wire_walker_ok(&list) || count == 0) {
		return NT_STATUS_INVALID_PARAMETER;
	}
	subreq = store_quota_set_send(set, set->ev, set->fo->handle, quotas,
				      count);
	talloc_free(quotas);
	if (subreq == NULL) {
		return NT_STATUS_INSUFFICIENT_RESOURCES;
	}
	tevent_req_set_callback(subreq, quota_set, set);
	return NT_STATUS_OK;
}

static void quota_set(struct tevent_req *subreq)
{
	struct set_info *set =
		tevent_req_callback_data(subreq, struct set_info);
	int err = store_quota_set_recv(subreq);

	talloc_free(subreq);
	if (!tevent_req_error(set->req, status_of_store(err))) {
		set_info_done(set, 0);
	}
}
