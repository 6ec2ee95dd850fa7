/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * pipe_lsarpc.c - the local security authority (MS-LSAD, MS-LSAT): as much as
 * shows and finds names behind SIDs, for Explorer's security page and the
 * like. Names are asked of the system in a thread.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "server/pipe_ndr.h"
#include "server/pipe_rpc.h"
#include "server/sid_names.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))
#define MAX_NAMES    1000 /* of one call */
#define HANDLE_SIZE  20

#define STATUS_SOME_NOT_MAPPED 0x00000107u

struct lsa_question {
	struct rpc_question base;
	struct sid_machine machine;
	bool by_name;
	uint32_t count;
	struct lsa_item {
		struct sid sid; /* asked for */
		char *name;	/* likewise */
		bool found;
		struct sid_name answer;
		uint32_t domain; /* index in the list of domains */
	} items[];
};

/* --- in a thread
 * -------------------------------------------------------------- */

static void question_run(struct worker_job *job)
{
	struct lsa_question *q = (struct lsa_question *)job;
	uint32_t i = 0;

	for (i = 0; i < q->count; i++) {
		struct lsa_item *item = &q->items[i];

		item->found = q->by_name
				      ? sid_name_find(&q->machine, item->name,
						      &item->answer)
				      : sid_name_of(&q->machine, &item->sid,
						    &item->answer);
	}
}

static void question_release(struct worker_job *job)
{
	struct lsa_question *q = (struct lsa_question *)job;
	uint32_t i = 0;

	for (i = 0; i < q->count; i++) {
		free(q->items[i].name);
	}
	free(q);
}

static struct lsa_question *question_new(const struct server *server,
					 uint32_t count, bool by_name)
{
	struct lsa_question *q =
		calloc(1, sizeof(*q) + count * sizeof(q->items[0]));

	if (q == NULL) {
		return NULL;
	}
	q->base.job.run = question_run;
	q->base.job.release = question_release;
	q->machine.map = server->sids;
	snprintf(q->machine.name, sizeof(q->machine.name), "%s",
		 server->netbios_name);
	q->by_name = by_name;
	q->count = count;
	return q;
}

/* --- NDR
 * ------------------------------------------------------------------------ */

static void put_status(struct wire_writer *w, uint32_t status)
{
	ndr_put_u32(w, status);
}

/* RPC_UNICODE_STRING, its place: the text follows, if there is any. */
static void put_string_head(struct wire_writer *w, const char *text)
{
	uint8_t buf[2 * sizeof(((struct sid_name *)NULL)->name)];
	struct wire_writer probe = wire_writer_fixed(buf, sizeof(buf));
	size_t units = 0;

	utf16_put(&probe, text);
	units = wire_writer_ok(&probe) ? probe.len / 2 : 0;
	wire_put_align(w, 4);
	wire_put_size16(w, units * 2);
	wire_put_size16(w, units * 2);
	ndr_put_pointer(w, units > 0);
}

static void put_string_body(struct wire_writer *w, const char *text)
{
	size_t start = 0;
	uint32_t units = 0;

	if (*text == '\0') {
		return;
	}
	wire_put_align(w, 4);
	start = w->len;
	wire_put_zeros(w, 12);
	utf16_put(w, text);
	if (!wire_writer_ok(w)) {
		return;
	}
	units = (uint32_t)(w->len - start - 12) / 2;
	wire_patch_u32(w, start, units);
	wire_patch_u32(w, start + 8, units);
}

static void put_sid(struct wire_writer *w, const struct sid *sid)
{
	ndr_put_u32(w, sid->count);
	sid_encode(w, sid);
}

static bool get_sid(struct wire_reader *r, struct sid *sid)
{
	uint32_t count = ndr_get_u32(r);

	return sid_get(r, sid) && sid->count == count;
}

/* --- policies ----------------------------------------------------------------
 */

/* There is one, and everybody who logged on may look up names. */
static uint32_t lsa_open_policy(struct rpc_call *call)
{
	static const uint8_t handle[HANDLE_SIZE] = {0,	 0,   0,   0,	'p',
						    'o', 'l', 'i', 'c', 'y'};

	wire_put(&call->out, handle, sizeof(handle));
	put_status(&call->out, 0);
	return 0;
}

static uint32_t lsa_close(struct rpc_call *call)
{
	wire_put_zeros(&call->out, HANDLE_SIZE);
	put_status(&call->out, 0);
	return 0;
}

/* MS-LSAD 2.2.4.1: the domain of the machine's accounts, and what it belongs
 * to, which is a workgroup. */
enum { POLICY_PRIMARY_DOMAIN = 3, POLICY_ACCOUNT_DOMAIN = 5 };

static uint32_t lsa_query_policy(struct rpc_call *call)
{
	struct wire_reader *r = &call->in;
	struct wire_writer *w = &call->out;
	const struct server *server = call->server;
	const struct sid *sid = &server->sids.machine;
	const char *name = server->netbios_name;
	bool has_sid = sid->count > 0;
	uint16_t level = 0;

	wire_skip(r, HANDLE_SIZE);
	level = wire_get_u16(r);
	if (!wire_reader_ok(r)) {
		return RPC_FAULT_BAD_STUB;
	}
	if (level != POLICY_PRIMARY_DOMAIN && level != POLICY_ACCOUNT_DOMAIN) {
		ndr_put_pointer(w, false);
		put_status(w, NT_STATUS_INVALID_PARAMETER);
		return 0;
	}
	if (level == POLICY_PRIMARY_DOMAIN) {
		name = config_string(server->config, NULL, CONFIG_WORKGROUP);
		has_sid = false;
	}
	ndr_put_pointer(w, true);
	wire_put_u16(w, level);
	put_string_head(w, name);
	ndr_put_pointer(w, has_sid);
	put_string_body(w, name);
	if (has_sid) {
		put_sid(w, sid);
	}
	put_status(w, 0);
	return 0;
}

/* --- what both directions answer
 * ------------------------------------------------ */

static bool same_domain(const struct lsa_item *a, const struct lsa_item *b)
{
	return sid_equal(&a->answer.domain_sid, &b->answer.domain_sid) &&
	       strcmp(a->answer.domain, b->answer.domain) == 0;
}

/* Numbers the domains; fills in the first item of each. */
static uint32_t number_domains(struct lsa_question *q,
			       const struct lsa_item **firsts)
{
	uint32_t count = 0;
	uint32_t i = 0;
	uint32_t d = 0;

	for (i = 0; i < q->count; i++) {
		struct lsa_item *item = &q->items[i];

		item->domain = UINT32_MAX;
		for (d = 0; item->found && d < count; d++) {
			if (same_domain(firsts[d], item)) {
				break;
			}
		}
		if (item->found) {
			item->domain = d;
			firsts[d] = item;
			count = d == count ? count + 1 : count;
		}
	}
	return count;
}

/* LSAPR_REFERENCED_DOMAIN_LIST, MS-LSAT 2.2.12. */
static bool put_domains(struct wire_writer *w, struct lsa_question *q)
{
	const struct lsa_item **firsts =
		calloc(q->count > 0 ? q->count : 1, sizeof(*firsts));
	uint32_t count = 0;
	uint32_t i = 0;

	if (firsts == NULL) {
		return false;
	}
	count = number_domains(q, firsts);
	ndr_put_pointer(w, true);
	ndr_put_u32(w, count);
	ndr_put_pointer(w, count > 0);
	ndr_put_u32(w, count);
	if (count > 0) {
		ndr_put_u32(w, count);
	}
	for (i = 0; i < count; i++) {
		put_string_head(w, firsts[i]->answer.domain);
		ndr_put_pointer(w, true);
	}
	for (i = 0; i < count; i++) {
		put_string_body(w, firsts[i]->answer.domain);
		put_sid(w, &firsts[i]->answer.domain_sid);
	}
	free(firsts);
	return true;
}

static void put_mapped(struct wire_writer *w, const struct lsa_question *q)
{
	uint32_t mapped = 0;
	uint32_t i = 0;

	for (i = 0; i < q->count; i++) {
		mapped += q->items[i].found;
	}
	ndr_put_u32(w, mapped);
	put_status(w, mapped == q->count ? 0
		      : mapped > 0	 ? STATUS_SOME_NOT_MAPPED
					 : NT_STATUS_NONE_MAPPED);
}

/* --- names of SIDs (MS-LSAT 3.1.4.9, 3.1.4.10, 3.1.4.11)
 * ------------------------ */

static uint32_t ask_sids(struct rpc_call *call, struct rpc_question **out)
{
	struct wire_reader *r = &call->in;
	struct lsa_question *q = NULL;
	uint32_t count = 0;
	uint32_t i = 0;
	bool ok = true;

	wire_skip(r, HANDLE_SIZE);
	count = ndr_get_u32(r);
	if (ndr_get_u32(r) != 0 && ndr_get_u32(r) != count) {
		return RPC_FAULT_BAD_STUB;
	}
	if (!wire_reader_ok(r) || count > MAX_NAMES ||
	    (uint64_t)count * 4 > wire_left(r)) {
		return RPC_FAULT_BAD_STUB;
	}
	wire_skip(r, (size_t)count * 4); /* pointers */
	q = question_new(call->server, count, false);
	if (q == NULL) {
		return RPC_FAULT_NO_MEMORY;
	}
	for (i = 0; ok && i < count; i++) {
		ok = get_sid(r, &q->items[i].sid);
	}
	if (!ok) {
		question_release(&q->base.job);
		return RPC_FAULT_BAD_STUB;
	}
	*out = &q->base;
	return 0;
}

/* What both answers begin with: the domains, and how many items follow.
 * @return false: out of memory. */
static bool put_answer(struct wire_writer *w, struct lsa_question *q)
{
	if (!put_domains(w, q)) {
		return false;
	}
	ndr_put_u32(w, q->count);
	ndr_put_pointer(w, q->count > 0);
	if (q->count > 0) {
		ndr_put_u32(w, q->count);
	}
	return true;
}

/* LSAPR_TRANSLATED_NAMES(_EX), 2.2.19, 2.2.21 */
static uint32_t answer_names(struct rpc_call *call, bool with_flags)
{
	struct wire_writer *w = &call->out;
	struct lsa_question *q = (struct lsa_question *)call->question;
	uint32_t i = 0;

	if (!put_answer(w, q)) {
		return RPC_FAULT_NO_MEMORY;
	}
	for (i = 0; i < q->count; i++) {
		wire_put_align(w, 4);
		wire_put_u16(w, (uint16_t)q->items[i].answer.kind);
		put_string_head(w, q->items[i].answer.name);
		ndr_put_u32(w, q->items[i].domain);
		if (with_flags) {
			ndr_put_u32(w, 0);
		}
	}
	for (i = 0; i < q->count; i++) {
		put_string_body(w, q->items[i].answer.name);
	}
	put_mapped(w, q);
	return 0;
}

static uint32_t lsa_lookup_sids(struct rpc_call *call)
{
	return answer_names(call, false);
}

static uint32_t lsa_lookup_sids2(struct rpc_call *call)
{
	return answer_names(call, true);
}

/* --- SIDs of names (MS-LSAT 3.1.4.5 to 3.1.4.8)
 * ---------------------------------- */

static bool get_name(struct wire_reader *r, char **out)
{
	char *text = NULL;

	if (!ndr_get_string(r, NULL, &text)) {
		return false;
	}
	*out = strdup(text);
	talloc_free(text);
	return *out != NULL;
}

static bool get_names(struct wire_reader *r, struct lsa_question *q)
{
	uint64_t present[MAX_NAMES / 64 + 1] = {0};
	uint32_t i = 0;

	for (i = 0; i < q->count; i++) {
		(void)ndr_get_u32(r); /* both lengths */
		present[i / 64] |= (uint64_t)(ndr_get_u32(r) != 0) << i % 64;
	}
	for (i = 0; i < q->count; i++) {
		if ((present[i / 64] >> i % 64 & 1) == 0) {
			q->items[i].name = strdup("");
		} else if (!get_name(r, &q->items[i].name)) {
			return false;
		}
	}
	return wire_reader_ok(r);
}

static uint32_t ask_names(struct rpc_call *call, struct rpc_question **out)
{
	struct wire_reader *r = &call->in;
	struct lsa_question *q = NULL;
	uint32_t count = 0;

	wire_skip(r, HANDLE_SIZE);
	count = ndr_get_u32(r);
	if (ndr_get_u32(r) != count || !wire_reader_ok(r) ||
	    count > MAX_NAMES || (uint64_t)count * 8 > wire_left(r)) {
		return RPC_FAULT_BAD_STUB;
	}
	q = question_new(call->server, count, true);
	if (q == NULL) {
		return RPC_FAULT_NO_MEMORY;
	}
	if (!get_names(r, q)) {
		question_release(&q->base.job);
		return RPC_FAULT_BAD_STUB;
	}
	*out = &q->base;
	return 0;
}

/* Forms of an answer: 1 and 2 have a number within the domain, 3 the SID. */
static uint32_t answer_sids(struct rpc_call *call, unsigned form)
{
	struct wire_writer *w = &call->out;
	struct lsa_question *q = (struct lsa_question *)call->question;
	uint32_t i = 0;

	if (!put_answer(w, q)) {
		return RPC_FAULT_NO_MEMORY;
	}
	for (i = 0; i < q->count; i++) {
		const struct lsa_item *item = &q->items[i];
		const struct sid *sid = &item->answer.sid;

		wire_put_align(w, 4);
		wire_put_u16(w, (uint16_t)item->answer.kind);
		if (form == 3) {
			ndr_put_pointer(w, item->found);
		} else {
			ndr_put_u32(
				w,
				item->found && sid->count > 0
					? sid->sub_authorities[sid->count - 1]
					: 0);
		}
		ndr_put_u32(w, item->domain);
		if (form > 1) {
			ndr_put_u32(w, 0);
		}
	}
	for (i = 0; form == 3 && i < q->count; i++) {
		if (q->items[i].found) {
			put_sid(w, &q->items[i].answer.sid);
		}
	}
	put_mapped(w, q);
	return 0;
}

static uint32_t lsa_lookup_names(struct rpc_call *call)
{
	return answer_sids(call, 1);
}

static uint32_t lsa_lookup_names2(struct rpc_call *call)
{
	return answer_sids(call, 2);
}

static uint32_t lsa_lookup_names3(struct rpc_call *call)
{
	return answer_sids(call, 3);
}

/* --- privileges (MS-LSAD 3.1.4.5.12)
 * ----------------------------------------------- */

/* Those of administrators, which CREATE goes by (acl_privileged()). */
static const char *const privileges[] = {
	"SeSecurityPrivilege",
	"SeBackupPrivilege",
	"SeRestorePrivilege",
	"SeTakeOwnershipPrivilege",
};

static bool is_administrator(const struct server *server, const struct sid *sid)
{
	uid_t uid = 0;

	return sid_equal(sid, &sid_administrators) ||
	       (sidmap_uid(&server->sids, sid, &uid) && uid == 0);
}

static uint32_t lsa_account_rights(struct rpc_call *call)
{
	struct wire_reader *r = &call->in;
	struct wire_writer *w = &call->out;
	struct sid sid = {0};
	uint32_t count = 0;
	uint32_t i = 0;

	wire_skip(r, HANDLE_SIZE);
	if (!get_sid(r, &sid)) {
		return RPC_FAULT_BAD_STUB;
	}
	if (is_administrator(call->server, &sid)) {
		count = COUNT(privileges);
	}
	ndr_put_u32(w, count);
	ndr_put_pointer(w, count > 0);
	if (count > 0) {
		ndr_put_u32(w, count);
	}
	for (i = 0; i < count; i++) {
		put_string_head(w, privileges[i]);
	}
	for (i = 0; i < count; i++) {
		put_string_body(w, privileges[i]);
	}
	put_status(w, count > 0 ? 0 : NT_STATUS_OBJECT_NAME_NOT_FOUND);
	return 0;
}

/* --- the table
 * ------------------------------------------------------------------- */

static const struct rpc_op ops[] = {
	{0, "LsarClose", NULL, lsa_close},
	{6, "LsarOpenPolicy", NULL, lsa_open_policy},
	{7, "LsarQueryInformationPolicy", NULL, lsa_query_policy},
	{14, "LsarLookupNames", ask_names, lsa_lookup_names},
	{15, "LsarLookupSids", ask_sids, lsa_lookup_sids},
	{36, "LsarEnumerateAccountRights", NULL, lsa_account_rights},
	{44, "LsarOpenPolicy2", NULL, lsa_open_policy},
	{46, "LsarQueryInformationPolicy2", NULL, lsa_query_policy},
	{57, "LsarLookupSids2", ask_sids, lsa_lookup_sids2},
	{58, "LsarLookupNames2", ask_names, lsa_lookup_names2},
	{68, "LsarLookupNames3", ask_names, lsa_lookup_names3},
};

/* 12345778-1234-abcd-ef00-0123456789ab, version 0.0 */
const struct rpc_interface pipe_lsarpc = {
	.pipe = "lsarpc",
	.uuid = {0x78, 0x57, 0x34, 0x12, 0x34, 0x12, 0xcd, 0xab, 0xef, 0x00,
		 0x01, 0x23, 0x45, 0x67, 0x89, 0xab},
	.version = 0,
	.ops = ops,
	.num_ops = COUNT(ops),
};
