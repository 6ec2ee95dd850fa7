/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * pipe_srvsvc.c - the server service (MS-SRVS 3.1.4): what shares there are and
 * what server this is.
 */

#include "server/pipe_ndr.h"
#include "server/pipe_rpc.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

/* MS-ERREF 2.2. */
#define WERR_INVALID_LEVEL 124
#define WERR_NO_SUCH_SHARE 2310

/* MS-SRVS 2.2.2.4, 2.2.2.6, 2.2.2.7. */
#define STYPE_DISKTREE	  0x00000000
#define STYPE_IPC	  0x00000003
#define STYPE_SPECIAL	  0x80000000
#define PLATFORM_ID_NT	  500
#define SV_TYPE		  0x00009003 /* NT server, server, workstation */
#define UNLIMITED	  0xFFFFFFFF
#define ANNOUNCE_INTERVAL 240

/* --- shares, by level ------------------------------------------------------
 */

static const char *share_name(const void *object)
{
	return ((const struct share *)object)->name;
}

static const char *share_remark(const void *object)
{
	return ((const struct share *)object)->comment;
}

static uint32_t share_type(const void *object)
{
	const struct share *share = object;

	return share->type == SHARE_PIPE ? STYPE_IPC | STYPE_SPECIAL
					 : STYPE_DISKTREE;
}

static uint32_t share_max_uses(const void *object)
{
	const struct share *share = object;
	int64_t max = 0;

	if (share->type == SHARE_DISK) {
		max = config_int(share->config, share->section,
				 CONFIG_SHARE_MAX_CONNECTIONS);
	}
	return max == 0 ? UNLIMITED : (uint32_t)max;
}

static uint32_t share_uses(const void *object)
{
	const struct share *share = object;

	return trees_count(share->server, share->name);
}

/* Where it is on our disk is nobody's business; Windows wants a drive. */
static const char *share_path(const void *object)
{
	(void)object;
	return "C:\\";
}

static const char *share_password(const void *object)
{
	(void)object;
	return NULL;
}

static uint32_t zero(const void *object)
{
	(void)object;
	return 0;
}

static const struct ndr_field share_0[] = {{.string = share_name}, {0}};

static const struct ndr_field share_1[] = {
	{.string = share_name},
	{.number = share_type},
	{.string = share_remark},
	{0},
};

static const struct ndr_field share_2[] = {
	{.string = share_name},
	{.number = share_type},
	{.string = share_remark},
	{.number = zero}, /* permissions: not used */
	{.number = share_max_uses},
	{.number = share_uses},
	{.string = share_path},
	{.string = share_password},
	{0},
};

static const struct ndr_field share_501[] = {
	{.string = share_name},
	{.number = share_type},
	{.string = share_remark},
	{.number = zero}, /* flags: files are cached by hand */
	{0},
};

static const struct ndr_field share_1005[] = {{.number = zero}, {0}};

static const struct ndr_level share_levels[] = {
	{0, share_0},	  {1, share_1},	      {2, share_2},
	{501, share_501}, {1005, share_1005},
};

/* --- NetrShareEnum ---------------------------------------------------------
 */

struct share_enum {
	uint32_t level;
	uint32_t resume;
	bool has_resume;
};

/* SHARE_ENUM_STRUCT comes in with an empty container. */
static bool get_share_enum(struct rpc_call *call, TALLOC_CTX *mem_ctx,
			   struct share_enum *out)
{
	struct wire_reader *r = &call->in;
	char *server_name = NULL;
	uint32_t tag = 0;

	if (!ndr_get_unique_string(r, mem_ctx, &server_name)) {
		return false;
	}
	out->level = ndr_get_u32(r);
	tag = ndr_get_u32(r);
	if (ndr_get_u32(r) != 0) {
		(void)ndr_get_u32(r); /* EntriesRead */
		if (ndr_get_u32(r) != 0) {
			return false;
		}
	}
	(void)ndr_get_u32(r); /* PreferedMaximumLength: we send all */
	out->has_resume = ndr_get_u32(r) != 0;
	if (out->has_resume) {
		out->resume = ndr_get_u32(r);
	}
	return wire_reader_ok(r) && tag == out->level;
}

/* The shares that are shown, from `skip` on; *total: with those skipped. */
static const void **visible_shares(TALLOC_CTX *mem_ctx,
				   const struct server *server, uint32_t skip,
				   size_t *count, uint32_t *total)
{
	const struct share *share = NULL;
	const void **list = NULL;
	size_t max = 0;

	*count = 0;
	*total = 0;
	for (share = server->shares; share != NULL; share = share->next) {
		max++;
	}
	list = talloc_array(mem_ctx, const void *, max);
	for (share = server->shares; share != NULL && list != NULL;
	     share = share->next) {
		if (!share->browseable) {
			continue;
		}
		if (*total >= skip) {
			list[*count] = share;
			(*count)++;
		}
		(*total)++;
	}
	return list;
}

static void put_share_enum(struct rpc_call *call, const struct share_enum *in,
			   const struct ndr_level *row,
			   const void *const *shares, size_t count,
			   uint32_t total)
{
	struct wire_writer *w = &call->out;

	ndr_put_u32(w, in->level);
	ndr_put_u32(w, in->level);
	ndr_put_pointer(w, row != NULL);
	if (row != NULL) {
		ndr_put_u32(w, (uint32_t)count);
		ndr_put_pointer(w, count > 0);
		if (count > 0) {
			ndr_put_u32(w, (uint32_t)count);
			ndr_put_objects(w, row->fields, shares, count);
		}
	}
	ndr_put_u32(w, total);
	ndr_put_pointer(w, in->has_resume);
	if (in->has_resume) {
		ndr_put_u32(w, 0);
	}
	ndr_put_u32(w, row == NULL ? WERR_INVALID_LEVEL : 0);
}

static uint32_t share_enum_in(struct rpc_call *call, TALLOC_CTX *mem_ctx)
{
	struct share_enum in = {0};
	const struct ndr_level *row = NULL;
	const void **shares = NULL;
	size_t count = 0;
	uint32_t total = 0;

	if (!get_share_enum(call, mem_ctx, &in)) {
		return RPC_FAULT_BAD_STUB;
	}
	if (in.level != 1005) {
		row = ndr_level_find(share_levels, COUNT(share_levels),
				     in.level);
	}
	if (row != NULL) {
		shares = visible_shares(mem_ctx, call->server, in.resume,
					&count, &total);
		if (shares == NULL) {
			return RPC_FAULT_NO_MEMORY;
		}
	}
	put_share_enum(call, &in, row, shares, count, total);
	return 0;
}

static uint32_t netr_share_enum(struct rpc_call *call)
{
	TALLOC_CTX *mem_ctx = talloc_new(NULL);
	uint32_t fault = share_enum_in(call, mem_ctx);

	talloc_free(mem_ctx);
	return fault;
}

/* --- results of one structure ----------------------------------------------
 */

/* A union with a pointer to the structure, and the outcome. */
static void put_info(struct wire_writer *w, uint32_t level,
		     const struct ndr_level *row, const void *object,
		     uint32_t error)
{
	bool present = error == 0 && row != NULL && object != NULL;

	ndr_put_u32(w, level);
	ndr_put_pointer(w, present);
	if (present) {
		ndr_put_objects(w, row->fields, &object, 1);
	}
	ndr_put_u32(w, error);
}

/* --- NetrShareGetInfo ------------------------------------------------------
 */

static uint32_t share_get_info_in(struct rpc_call *call, TALLOC_CTX *mem_ctx)
{
	struct wire_reader *r = &call->in;
	const struct ndr_level *row = NULL;
	const struct share *share = NULL;
	char *server_name = NULL;
	char *name = NULL;
	uint32_t level = 0;
	uint32_t error = 0;

	if (!ndr_get_unique_string(r, mem_ctx, &server_name) ||
	    !ndr_get_string(r, mem_ctx, &name)) {
		return RPC_FAULT_BAD_STUB;
	}
	level = ndr_get_u32(r);
	if (!wire_reader_ok(r)) {
		return RPC_FAULT_BAD_STUB;
	}
	row = ndr_level_find(share_levels, COUNT(share_levels), level);
	share = share_find(call->server, name);
	if (share == NULL) {
		error = WERR_NO_SUCH_SHARE;
	} else if (row == NULL) {
		error = WERR_INVALID_LEVEL;
	}
	put_info(&call->out, level, row, share, error);
	return 0;
}

static uint32_t netr_share_get_info(struct rpc_call *call)
{
	TALLOC_CTX *mem_ctx = talloc_new(NULL);
	uint32_t fault = share_get_info_in(call, mem_ctx);

	talloc_free(mem_ctx);
	return fault;
}

/* --- NetrServerGetInfo -----------------------------------------------------
 */

static uint32_t platform(const void *object)
{
	(void)object;
	return PLATFORM_ID_NT;
}

static const char *server_name_of(const void *object)
{
	return ((const struct server *)object)->netbios_name;
}

static uint32_t version_major(const void *object)
{
	(void)object;
	return 10;
}

static uint32_t server_type(const void *object)
{
	(void)object;
	return SV_TYPE;
}

static const char *server_comment(const void *object)
{
	const struct server *server = object;

	return config_string(server->config, NULL, CONFIG_SERVER_STRING);
}

static uint32_t unlimited(const void *object)
{
	(void)object;
	return UNLIMITED;
}

static uint32_t announce(const void *object)
{
	(void)object;
	return ANNOUNCE_INTERVAL;
}

static const struct ndr_field server_100[] = {
	{.number = platform},
	{.string = server_name_of},
	{0},
};

static const struct ndr_field server_101[] = {
	{.number = platform},
	{.string = server_name_of},
	{.number = version_major},
	{.number = zero},
	{.number = server_type},
	{.string = server_comment},
	{0},
};

static const struct ndr_field server_102[] = {
	{.number = platform},
	{.string = server_name_of},
	{.number = version_major},
	{.number = zero},
	{.number = server_type},
	{.string = server_comment},
	{.number = unlimited}, /* users */
	{.number = unlimited}, /* idle ones are not disconnected */
	{.number = zero},      /* hidden */
	{.number = announce},
	{.number = zero}, /* announcements do not vary */
	{.number = zero}, /* licences */
	{.string = share_path},
	{0},
};

static const struct ndr_level server_levels[] = {
	{100, server_100},
	{101, server_101},
	{102, server_102},
};

static uint32_t netr_server_get_info(struct rpc_call *call)
{
	struct wire_reader *r = &call->in;
	const struct ndr_level *row = NULL;
	char *server_name = NULL;
	uint32_t level = 0;
	bool ok = ndr_get_unique_string(r, NULL, &server_name);

	talloc_free(server_name);
	level = ndr_get_u32(r);
	if (!ok || !wire_reader_ok(r)) {
		return RPC_FAULT_BAD_STUB;
	}
	row = ndr_level_find(server_levels, COUNT(server_levels), level);
	put_info(&call->out, level, row, call->server,
		 row == NULL ? WERR_INVALID_LEVEL : 0);
	return 0;
}

static const struct rpc_op ops[] = {
	{15, "NetrShareEnum", NULL, netr_share_enum},
	{16, "NetrShareGetInfo", NULL, netr_share_get_info},
	{21, "NetrServerGetInfo", NULL, netr_server_get_info},
	/* NetrShareEnumSticky: all shares here come back after a restart. */
	{36, "NetrShareEnumSticky", NULL, netr_share_enum},
};

/* 4b324fc8-1670-01d3-1278-5a47bf6ee188, version 3.0 */
const struct rpc_interface pipe_srvsvc = {
	.pipe = "srvsvc",
	.uuid = {0xc8, 0x4f, 0x32, 0x4b, 0x70, 0x16, 0xd3, 0x01, 0x12, 0x78,
		 0x5a, 0x47, 0xbf, 0x6e, 0xe1, 0x88},
	.version = 3,
	.ops = ops,
	.num_ops = COUNT(ops),
};
