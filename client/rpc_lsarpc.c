/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Names of SIDs and SIDs of names: LsarOpenPolicy2, LsarLookupSids and
 * LsarLookupNames3 (MS-LSAT 3.1.4.1, 3.1.4.11, 3.1.4.6) on the pipe "lsarpc".
 */
#include <string.h>

#include "client/client_private.h"
#include "client/rpc_private.h"
#include "smbquic/utf16.h"

#define OPNUM_LOOKUP_SIDS   15
#define OPNUM_OPEN_POLICY   44
#define OPNUM_LOOKUP_NAMES3 68

#define HANDLE_SIZE	    20
#define POLICY_LOOKUP_NAMES 0x00000800u
#define LSAP_LOOKUP_WKSTA   1 /* wherever names come from */
#define CLIENT_REVISION	    2
#define REFERENT	    0x20000u /* of pointers; only NULL is another */

#define STATUS_SOME_NOT_MAPPED 0x00000107u

static const struct rpc_interface lsarpc = {
	.uuid = {0x78, 0x57, 0x34, 0x12, 0x34, 0x12, 0xcd, 0xab, 0xef, 0x00,
		 0x01, 0x23, 0x45, 0x67, 0x89, 0xab},
	.version = 0,
};

/* ------------------------------------------------------------------ handle */

void lsarpc_put_open(struct wire_writer *w, const char *server)
{
	rpc_put_request(w, OPNUM_OPEN_POLICY);
	wire_put_u32(w, REFERENT);
	ndr_put_string(w, server);
	wire_put_u32(w, 24);   /* ObjectAttributes: its length, */
	wire_put_zeros(w, 20); /* and nothing else that counts */
	wire_put_u32(w, POLICY_LOOKUP_NAMES);
}

bool lsarpc_get_open(struct wire_slice stub, uint8_t handle[HANDLE_SIZE])
{
	struct wire_reader r = wire_reader_of(stub);

	wire_get_bytes(&r, handle, HANDLE_SIZE);
	return wire_get_u32(&r) == NT_STATUS_OK && wire_reader_ok(&r);
}

NTSTATUS lsarpc_status(struct wire_slice stub)
{
	struct wire_reader r = {0};
	NTSTATUS status = NT_STATUS_OK;

	if (stub.len >= 4) {
		r = wire_reader(stub.data + stub.len - 4, 4);
		status = wire_get_u32(&r);
	}
	return NT_STATUS_IS_ERR(status) ? status
					: NT_STATUS_INVALID_NETWORK_RESPONSE;
}

/* ---------------------------------------------------------------- requests */

void lsarpc_put_sids(struct wire_writer *w, const uint8_t handle[HANDLE_SIZE],
		     const struct sid *sids, size_t count)
{
	size_t i = 0;

	rpc_put_request(w, OPNUM_LOOKUP_SIDS);
	wire_put(w, handle, HANDLE_SIZE);
	wire_put_size32(w, count);
	wire_put_u32(w, REFERENT);
	wire_put_size32(w, count);
	for (i = 0; i < count; i++) {
		wire_put_u32(w, REFERENT);
	}
	for (i = 0; i < count; i++) {
		wire_put_u32(w, sids[i].count);
		sid_encode(w, &sids[i]);
	}
	wire_put_zeros(w, 8); /* TranslatedNames: none yet */
	wire_put_u16(w, LSAP_LOOKUP_WKSTA);
	wire_put_align(w, 4);
	wire_put_u32(w, 0); /* MappedCount */
}

/* Without a terminator, unlike other strings: 2 bytes for each character. */
static void put_text(struct wire_writer *w, const char *text)
{
	size_t at = w->len;
	size_t chars = 0;

	wire_put_zeros(w, 12);
	utf16_put(w, text);
	if (wire_writer_ok(w)) {
		chars = (w->len - at - 12) / 2;
		wire_store_le(w->buf + at, chars, 4);
		wire_store_le(w->buf + at + 8, chars, 4);
	}
	wire_put_align(w, 4);
}

static void put_text_head(struct wire_writer *w, const char *text)
{
	size_t bytes = utf16_size(text);

	wire_put_size16(w, bytes);
	wire_put_size16(w, bytes);
	wire_put_u32(w, REFERENT);
}

void lsarpc_put_names(struct wire_writer *w, const uint8_t handle[HANDLE_SIZE],
		      const char *const *names, size_t count)
{
	size_t i = 0;

	rpc_put_request(w, OPNUM_LOOKUP_NAMES3);
	wire_put(w, handle, HANDLE_SIZE);
	wire_put_size32(w, count);
	wire_put_size32(w, count);
	for (i = 0; i < count; i++) {
		put_text_head(w, names[i]);
	}
	for (i = 0; i < count; i++) {
		put_text(w, names[i]);
	}
	wire_put_zeros(w, 8); /* TranslatedSids: none yet */
	wire_put_u16(w, LSAP_LOOKUP_WKSTA);
	wire_put_align(w, 4);
	wire_put_u32(w, 0); /* MappedCount */
	wire_put_u32(w, 0); /* LookupOptions */
	wire_put_u32(w, CLIENT_REVISION);
}

/* --------------------------------------------------------------- responses */

/* LSAPR_REFERENCED_DOMAIN_LIST, MS-LSAT 2.2.12: their names, in order. */
struct domains {
	size_t count;
	const char **name;
};

/* A conformant array of so many, behind its pointer. */
static bool array_fits(struct wire_reader *r, uint32_t count, uint32_t pointer)
{
	if (count > CLIENT_ACCOUNTS_MAX) {
		return false;
	}
	return pointer != 0 ? wire_get_u32(r) >= count && wire_reader_ok(r)
			    : count == 0;
}

static bool get_sid(struct wire_reader *r, struct sid *out)
{
	wire_get_align(r, 4);
	wire_skip(r, 4); /* how many sub-authorities follow; so does the SID */
	return sid_get(r, out);
}

static bool get_domains(TALLOC_CTX *mem_ctx, struct wire_reader *r,
			struct domains *out)
{
	uint32_t names[CLIENT_ACCOUNTS_MAX];
	uint32_t sids[CLIENT_ACCOUNTS_MAX];
	struct sid ignored = {0};
	uint32_t pointer = 0;
	size_t i = 0;

	*out = (struct domains){0};
	if (wire_get_u32(r) == 0) {
		return wire_reader_ok(r);
	}
	out->count = wire_get_u32(r);
	pointer = wire_get_u32(r);
	wire_skip(r, 4); /* MaxEntries */
	if (!array_fits(r, (uint32_t)out->count, pointer)) {
		return false;
	}
	out->name = talloc_zero_array(mem_ctx, const char *, out->count + 1);
	for (i = 0; i < out->count; i++) {
		wire_skip(r, 4);
		names[i] = wire_get_u32(r);
		sids[i] = wire_get_u32(r);
	}
	for (i = 0; out->name != NULL && i < out->count; i++) {
		if (names[i] != 0) {
			out->name[i] = ndr_get_string(mem_ctx, r);
		}
		if ((names[i] != 0 && out->name[i] == NULL) ||
		    (sids[i] != 0 && !get_sid(r, &ignored))) {
			return false;
		}
		wire_get_align(r, 4);
	}
	return out->name != NULL && wire_reader_ok(r);
}

/* MS-LSAT 2.2.13: deleted, invalid and unknown are not. */
static bool is_known(uint16_t use)
{
	return use >= 1 && use <= 10 && (use < 6 || use > 8);
}

static const char *full_name(TALLOC_CTX *mem_ctx, const struct domains *domains,
			     uint32_t domain, const char *name)
{
	const char *before =
		domain < domains->count ? domains->name[domain] : NULL;

	if (before == NULL || *before == '\0' || *name == '\0') {
		return *name == '\0' && before != NULL ? before : name;
	}
	return talloc_asprintf(mem_ctx, "%s\\%s", before, name);
}

/* MappedCount and the status: that not all are known is none. */
static bool get_end(struct wire_reader *r)
{
	uint32_t status = 0;

	wire_get_align(r, 4);
	wire_skip(r, 4);
	status = wire_get_u32(r);
	return wire_reader_ok(r) &&
	       (status == NT_STATUS_OK || status == STATUS_SOME_NOT_MAPPED ||
		status == NT_STATUS_NONE_MAPPED);
}

/* The entries that follow: there are as many as were asked for. */
static bool begin_entries(struct wire_reader *r,
			  const struct client_account_list *list)
{
	uint32_t count = wire_get_u32(r);
	uint32_t pointer = wire_get_u32(r);

	return count == list->count && array_fits(r, count, pointer);
}

bool lsarpc_get_names(struct wire_slice stub, struct client_account_list *out)
{
	struct wire_reader r = wire_reader_of(stub);
	uint32_t domain[CLIENT_ACCOUNTS_MAX];
	bool there[CLIENT_ACCOUNTS_MAX];
	struct domains domains = {0};
	const char *name = NULL;
	size_t i = 0;

	if (!get_domains(out, &r, &domains) || !begin_entries(&r, out)) {
		return false;
	}
	for (i = 0; i < out->count; i++) {
		out->account[i].type = wire_get_u16(&r);
		wire_skip(&r, 6);
		there[i] = wire_get_u32(&r) != 0;
		domain[i] = wire_get_u32(&r);
	}
	for (i = 0; i < out->count; i++) {
		struct client_account *account = &out->account[i];

		name = there[i] ? ndr_get_string(out, &r) : "";
		account->known =
			name != NULL && is_known((uint16_t)account->type);
		if (account->known) {
			account->name =
				full_name(out, &domains, domain[i], name);
		}
		if (name == NULL || (account->known && account->name == NULL)) {
			return false;
		}
	}
	return get_end(&r);
}

bool lsarpc_get_sids(struct wire_slice stub, struct client_account_list *out)
{
	struct wire_reader r = wire_reader_of(stub);
	bool there[CLIENT_ACCOUNTS_MAX];
	struct domains domains = {0};
	size_t i = 0;

	if (!get_domains(out, &r, &domains) || !begin_entries(&r, out)) {
		return false;
	}
	for (i = 0; i < out->count; i++) {
		out->account[i].type = wire_get_u16(&r);
		wire_skip(&r, 2);
		there[i] = wire_get_u32(&r) != 0;
		wire_skip(&r, 8); /* DomainIndex, Flags */
	}
	for (i = 0; i < out->count; i++) {
		struct client_account *account = &out->account[i];

		if (there[i] && !get_sid(&r, &account->sid)) {
			return false;
		}
		account->known = there[i] && is_known((uint16_t)account->type);
	}
	return get_end(&r);
}

/* ---------------------------------------------------------------- exchange */

struct lookup_state {
	struct client_conn *conn;
	struct rpc_pipe *pipe;
	struct client_account_list *list;
	bool by_name;
	uint8_t handle[HANDLE_SIZE];
};

static void lookup_opened(struct tevent_req *subreq);
static void lookup_has_handle(struct tevent_req *subreq);
static void lookup_answered(struct tevent_req *subreq);

/* @param sids  or names, the other is NULL. */
static struct tevent_req *lookup_send(TALLOC_CTX *mem_ctx,
				      struct client_session *session,
				      const struct sid *sids,
				      const char *const *names, size_t count)
{
	struct lookup_state *state = NULL;
	struct tevent_req *subreq = NULL;
	struct tevent_req *req =
		tevent_req_create(mem_ctx, &state, struct lookup_state);
	struct client_conn *conn = session_conn(session);
	size_t i = 0;

	if (req == NULL || conn == NULL) {
		talloc_free(req);
		return NULL;
	}
	state->conn = conn;
	state->by_name = names != NULL;
	if (count == 0 || count > CLIENT_ACCOUNTS_MAX) {
		req_failed(req, NT_STATUS_INVALID_PARAMETER);
		return tevent_req_post(req, conn->ev);
	}
	state->list = talloc_zero(state, struct client_account_list);
	if (tevent_req_nomem(state->list, req)) {
		return tevent_req_post(req, conn->ev);
	}
	state->list->account =
		talloc_zero_array(state->list, struct client_account, count);
	state->list->count = count;
	if (tevent_req_nomem(state->list->account, req)) {
		return tevent_req_post(req, conn->ev);
	}
	for (i = 0; i < count; i++) {
		struct client_account *account = &state->list->account[i];

		if (sids != NULL) {
			account->sid = sids[i];
			continue;
		}
		account->name = talloc_strdup(state->list, names[i]);
		if (tevent_req_nomem(account->name, req)) {
			return tevent_req_post(req, conn->ev);
		}
	}
	subreq = rpc_pipe_open_send(state, session, "lsarpc", &lsarpc);
	if (tevent_req_nomem(subreq, req)) {
		return tevent_req_post(req, conn->ev);
	}
	tevent_req_set_callback(subreq, lookup_opened, req);
	return req;
}

static void lookup_opened(struct tevent_req *subreq)
{
	struct tevent_req *req =
		tevent_req_callback_data(subreq, struct tevent_req);
	struct lookup_state *state = tevent_req_data(req, struct lookup_state);
	struct wire_writer w = wire_writer_talloc(state);
	NTSTATUS status = rpc_pipe_open_recv(subreq, state, &state->pipe);

	talloc_free(subreq);
	if (req_failed(req, status)) {
		return;
	}
	lsarpc_put_open(&w, state->conn->options.server);
	subreq = rpc_pipe_ask_send(state, state->pipe, &w);
	if (!tevent_req_nomem(subreq, req)) {
		tevent_req_set_callback(subreq, lookup_has_handle, req);
	}
}

static void put_question(struct wire_writer *w,
			 const struct lookup_state *state)
{
	const struct client_account_list *list = state->list;
	const char *names[CLIENT_ACCOUNTS_MAX];
	struct sid *sids = NULL;
	size_t i = 0;

	if (state->by_name) {
		for (i = 0; i < list->count; i++) {
			names[i] = list->account[i].name;
		}
		lsarpc_put_names(w, state->handle, names, list->count);
		return;
	}
	sids = talloc_array(list, struct sid, list->count);
	for (i = 0; sids != NULL && i < list->count; i++) {
		sids[i] = list->account[i].sid;
	}
	if (sids != NULL) {
		lsarpc_put_sids(w, state->handle, sids, list->count);
	}
	talloc_free(sids);
}

static void lookup_has_handle(struct tevent_req *subreq)
{
	struct tevent_req *req =
		tevent_req_callback_data(subreq, struct tevent_req);
	struct lookup_state *state = tevent_req_data(req, struct lookup_state);
	struct wire_writer w = wire_writer_talloc(state);
	struct wire_slice stub = {0};
	NTSTATUS status = rpc_pipe_ask_recv(subreq, state, &stub);

	talloc_free(subreq);
	if (req_failed(req, status)) {
		return;
	}
	if (!lsarpc_get_open(stub, state->handle)) {
		req_failed(req, lsarpc_status(stub));
		return;
	}
	put_question(&w, state);
	if (!wire_writer_ok(&w) || w.len == 0) {
		req_failed(req, NT_STATUS_INVALID_PARAMETER);
		return;
	}
	subreq = rpc_pipe_ask_send(state, state->pipe, &w);
	if (!tevent_req_nomem(subreq, req)) {
		tevent_req_set_callback(subreq, lookup_answered, req);
	}
}

static void accounts_forget(struct client_account_list *list)
{
	size_t i = 0;

	for (i = 0; i < list->count; i++) {
		list->account[i].known = false;
	}
}

static void lookup_answered(struct tevent_req *subreq)
{
	struct tevent_req *req =
		tevent_req_callback_data(subreq, struct tevent_req);
	struct lookup_state *state = tevent_req_data(req, struct lookup_state);
	struct wire_slice stub = {0};
	NTSTATUS status = rpc_pipe_ask_recv(subreq, state, &stub);
	bool good = false;

	talloc_free(subreq);
	if (req_failed(req, status)) {
		return;
	}
	good = state->by_name ? lsarpc_get_sids(stub, state->list)
			      : lsarpc_get_names(stub, state->list);
	if (!good) {
		status = lsarpc_status(stub);
		/* some tell of nobody as they tell of a failure */
		good = status == NT_STATUS_NONE_MAPPED;
		accounts_forget(state->list);
	}
	if (good || !req_failed(req, status)) {
		tevent_req_done(req);
	}
}

static NTSTATUS lookup_recv(struct tevent_req *req, TALLOC_CTX *mem_ctx,
			    struct client_account_list **out)
{
	struct lookup_state *state = tevent_req_data(req, struct lookup_state);
	NTSTATUS status = req_status(req);

	*out = NULL;
	if (NT_STATUS_IS_OK(status)) {
		*out = talloc_move(mem_ctx, &state->list);
	}
	tevent_req_received(req);
	return status;
}

static NTSTATUS lookup(TALLOC_CTX *mem_ctx, struct client_session *session,
		       struct tevent_req *req, struct client_account_list **out)
{
	NTSTATUS status = client_wait(session_conn(session), req);

	*out = NULL;
	if (NT_STATUS_IS_OK(status)) {
		status = lookup_recv(req, mem_ctx, out);
	}
	talloc_free(req);
	return status;
}

struct tevent_req *client_sid_names_send(TALLOC_CTX *mem_ctx,
					 struct client_session *session,
					 const struct sid *sids, size_t count)
{
	return lookup_send(mem_ctx, session, sids, NULL, count);
}

NTSTATUS client_sid_names_recv(struct tevent_req *req, TALLOC_CTX *mem_ctx,
			       struct client_account_list **out)
{
	return lookup_recv(req, mem_ctx, out);
}

NTSTATUS client_sid_names(TALLOC_CTX *mem_ctx, struct client_session *session,
			  const struct sid *sids, size_t count,
			  struct client_account_list **out)
{
	return lookup(mem_ctx, session,
		      client_sid_names_send(session, session, sids, count),
		      out);
}

struct tevent_req *client_name_sids_send(TALLOC_CTX *mem_ctx,
					 struct client_session *session,
					 const char *const *names, size_t count)
{
	return lookup_send(mem_ctx, session, NULL, names, count);
}

NTSTATUS client_name_sids_recv(struct tevent_req *req, TALLOC_CTX *mem_ctx,
			       struct client_account_list **out)
{
	return lookup_recv(req, mem_ctx, out);
}

NTSTATUS client_name_sids(TALLOC_CTX *mem_ctx, struct client_session *session,
			  const char *const *names, size_t count,
			  struct client_account_list **out)
{
	return lookup(mem_ctx, session,
		      client_name_sids_send(session, session, names, count),
		      out);
}
