/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * pipe_wkssvc.c - the workstation service (MS-WKST 3.2.4): as much as Windows
 * asks for before it shows a server.
 */

#include "server/pipe_ndr.h"
#include "server/pipe_rpc.h"

#define COUNT(array)	   (sizeof(array) / sizeof((array)[0]))
#define WERR_INVALID_LEVEL 124
#define PLATFORM_ID_NT	   500

static uint32_t platform(const void *object)
{
	(void)object;
	return PLATFORM_ID_NT;
}

static const char *computer_name(const void *object)
{
	return ((const struct server *)object)->netbios_name;
}

static const char *workgroup(const void *object)
{
	const struct server *server = object;

	return config_string(server->config, NULL, CONFIG_WORKGROUP);
}

static const char *lan_root(const void *object)
{
	(void)object;
	return "";
}

static uint32_t version_major(const void *object)
{
	(void)object;
	return 10;
}

static uint32_t version_minor(const void *object)
{
	(void)object;
	return 0;
}

static uint32_t logged_on_users(const void *object)
{
	const struct server *server = object;

	return (uint32_t)idtable_count(server->sessions);
}

/* MS-WKST 2.2.5.1 to 2.2.5.3. */
static const struct ndr_field wksta_100[] = {
	{.number = platform},	   {.string = computer_name},
	{.string = workgroup},	   {.number = version_major},
	{.number = version_minor}, {0},
};

static const struct ndr_field wksta_101[] = {
	{.number = platform},
	{.string = computer_name},
	{.string = workgroup},
	{.number = version_major},
	{.number = version_minor},
	{.string = lan_root},
	{0},
};

static const struct ndr_field wksta_102[] = {
	{.number = platform},	     {.string = computer_name},
	{.string = workgroup},	     {.number = version_major},
	{.number = version_minor},   {.string = lan_root},
	{.number = logged_on_users}, {0},
};

static const struct ndr_level levels[] = {
	{100, wksta_100},
	{101, wksta_101},
	{102, wksta_102},
};

static uint32_t netr_wksta_get_info(struct rpc_call *call)
{
	struct wire_reader *r = &call->in;
	struct wire_writer *w = &call->out;
	const struct ndr_level *row = NULL;
	const void *object = call->server;
	char *server_name = NULL;
	uint32_t level = 0;
	bool ok = ndr_get_unique_string(r, NULL, &server_name);

	talloc_free(server_name);
	level = ndr_get_u32(r);
	if (!ok || !wire_reader_ok(r)) {
		return RPC_FAULT_BAD_STUB;
	}
	row = ndr_level_find(levels, COUNT(levels), level);
	ndr_put_u32(w, level);
	ndr_put_pointer(w, row != NULL);
	if (row != NULL) {
		ndr_put_objects(w, row->fields, &object, 1);
	}
	ndr_put_u32(w, row == NULL ? WERR_INVALID_LEVEL : 0);
	return 0;
}

static const struct rpc_op ops[] = {
	{0, "NetrWkstaGetInfo", NULL, netr_wksta_get_info},
};

/* 6bffd098-a112-3610-9833-46c3f87e345a, version 1.0 */
const struct rpc_interface pipe_wkssvc = {
	.pipe = "wkssvc",
	.uuid = {0x98, 0xd0, 0xff, 0x6b, 0x12, 0xa1, 0x10, 0x36, 0x98, 0x33,
		 0x46, 0xc3, 0xf8, 0x7e, 0x34, 0x5a},
	.version = 1,
	.ops = ops,
	.num_ops = COUNT(ops),
};
