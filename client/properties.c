/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What a file has beside its bytes: queries by path, and what they bring. */
#include <string.h>

#include "client/client_private.h"
#include "client/properties.h"
#include "smbquic/utf16.h"

#define EA_NAME_MAX 255

/* One more element of a list; NULL: out of memory. A list grows by halves, so
 * that many elements are not copied for each. */
#define ROOM_FIRST 8

static bool list_room(TALLOC_CTX *list, void **elements, size_t size,
		      size_t count)
{
	size_t room = talloc_get_size(*elements) / size;

	if (count < room) {
		return true;
	}
	room = room + room / 2 + ROOM_FIRST;
	*elements = talloc_realloc_size(list, *elements, room * size);
	return *elements != NULL;
}

/* ------------------------------------------------------------------ set it */

/* Open a path, set one thing, close it. */
static struct tevent_req *set_send(TALLOC_CTX *mem_ctx,
				   struct client_tree *tree, const char *path,
				   uint32_t access,
				   const struct client_step *step)
{
	struct client_open how = {0};

	client_open_default(&how);
	how.access = access;
	return client_steps_send(mem_ctx, tree, path, &how, step, 1);
}

static NTSTATUS set_recv(struct tevent_req *req)
{
	struct client_steps_result *result = NULL;

	return client_steps_recv(req, req, &result);
}

/* ---------------------------------------------------- security descriptor */

/* The right that each part of a descriptor takes (MS-SMB2 3.3.5.20.3,
 * 3.3.5.21.3). */
static const struct {
	uint32_t what;
	uint32_t to_read;
	uint32_t to_set;
} rights[] = {
	{OWNER_SECURITY_INFORMATION, SEC_STD_READ_CONTROL, SEC_STD_WRITE_OWNER},
	{GROUP_SECURITY_INFORMATION, SEC_STD_READ_CONTROL, SEC_STD_WRITE_OWNER},
	{DACL_SECURITY_INFORMATION, SEC_STD_READ_CONTROL, SEC_STD_WRITE_DAC},
	{SACL_SECURITY_INFORMATION, SEC_ACCESS_SYSTEM_SECURITY,
	 SEC_ACCESS_SYSTEM_SECURITY},
	{LABEL_SECURITY_INFORMATION, SEC_STD_READ_CONTROL, SEC_STD_WRITE_OWNER},
	{ATTRIBUTE_SECURITY_INFORMATION, SEC_STD_READ_CONTROL,
	 SEC_STD_WRITE_DAC},
	{SCOPE_SECURITY_INFORMATION, SEC_STD_READ_CONTROL,
	 SEC_ACCESS_SYSTEM_SECURITY},
	{BACKUP_SECURITY_INFORMATION,
	 SEC_STD_READ_CONTROL | SEC_ACCESS_SYSTEM_SECURITY,
	 SEC_STD_WRITE_DAC | SEC_STD_WRITE_OWNER | SEC_ACCESS_SYSTEM_SECURITY},
};

static uint32_t rights_for(uint32_t what, bool set)
{
	uint32_t access = 0;
	size_t i = 0;

	for (i = 0; i < sizeof(rights) / sizeof(rights[0]); i++) {
		if ((what & rights[i].what) != 0) {
			access |= set ? rights[i].to_set : rights[i].to_read;
		}
	}
	return access != 0 ? access : SEC_STD_READ_CONTROL;
}

struct tevent_req *client_security_send(TALLOC_CTX *mem_ctx,
					struct client_tree *tree,
					const char *path, uint32_t what)
{
	const struct client_query query = {
		.type = SMB2_0_INFO_SECURITY,
		.extra = what,
	};

	return client_query_path_send(mem_ctx, tree, path,
				      rights_for(what, false), &query);
}

NTSTATUS client_security_recv(struct tevent_req *req, TALLOC_CTX *mem_ctx,
			      struct security_descriptor **out)
{
	struct security_descriptor *sd =
		talloc_zero(mem_ctx, struct security_descriptor);
	struct wire_slice data = {0};
	NTSTATUS status = NT_STATUS_NO_MEMORY;

	*out = NULL;
	if (sd != NULL) {
		status = client_query_path_recv(req, sd, &data);
	}
	/* part of a descriptor is none */
	if (status == NT_STATUS_OK && !security_descriptor_decode(data, sd)) {
		status = NT_STATUS_INVALID_NETWORK_RESPONSE;
	}
	if (!NT_STATUS_IS_OK(status)) {
		talloc_free(sd);
		return status;
	}
	*out = sd;
	return NT_STATUS_OK;
}

NTSTATUS client_security(TALLOC_CTX *mem_ctx, struct client_tree *tree,
			 const char *path, uint32_t what,
			 struct security_descriptor **out)
{
	struct tevent_req *req = client_security_send(tree, tree, path, what);
	NTSTATUS status = client_wait(client_tree_conn(tree), req);

	*out = NULL;
	if (NT_STATUS_IS_OK(status)) {
		status = client_security_recv(req, mem_ctx, out);
	}
	talloc_free(req);
	return status;
}

struct tevent_req *client_security_set_send(
	TALLOC_CTX *mem_ctx, struct client_tree *tree, const char *path,
	uint32_t what, const struct security_descriptor *sd)
{
	struct wire_writer w = wire_writer_talloc(mem_ctx);
	struct client_step step = {
		.command = SMB2_SET_INFO,
		.type = SMB2_0_INFO_SECURITY,
		.extra = what,
	};
	struct tevent_req *req = NULL;

	if (security_descriptor_encode(&w, sd)) {
		step.data = wire_writer_slice(&w);
		req = set_send(mem_ctx, tree, path, rights_for(what, true),
			       &step);
	}
	talloc_free(w.buf);
	return req;
}

NTSTATUS client_security_set_recv(struct tevent_req *req)
{
	return set_recv(req);
}

NTSTATUS client_security_set(struct client_tree *tree, const char *path,
			     uint32_t what,
			     const struct security_descriptor *sd)
{
	struct tevent_req *req =
		client_security_set_send(tree, tree, path, what, sd);
	NTSTATUS status = client_wait(client_tree_conn(tree), req);

	if (NT_STATUS_IS_OK(status)) {
		status = client_security_set_recv(req);
	}
	talloc_free(req);
	return status;
}

/* ---------------------------------------------------------------- streams */

/* "::$DATA" is "", ":name:$DATA" is "name". NULL: neither. */
static char *stream_name(TALLOC_CTX *mem_ctx, struct wire_slice utf16)
{
	char *text = utf16_to_utf8(mem_ctx, utf16);
	char *type = NULL;

	if (text == NULL || text[0] != ':') {
		return NULL;
	}
	type = strchr(text + 1, ':');
	if (type != NULL) {
		*type = '\0';
	}
	memmove(text, text + 1, strlen(text));
	return text;
}

static NTSTATUS take_streams(struct client_stream_list *list,
			     struct wire_slice data)
{
	struct wire_walker walker = fscc_streams(data);
	struct fscc_stream from = {0};
	struct client_stream *to = NULL;

	while (fscc_stream_next(&walker, &from)) {
		if (!list_room(list, (void **)&list->stream, sizeof(*to),
			       list->count)) {
			return NT_STATUS_NO_MEMORY;
		}
		to = &list->stream[list->count++];
		*to = (struct client_stream){
			.name = stream_name(list, from.name),
			.size = from.size,
			.allocation_size = from.allocation_size,
		};
		if (to->name == NULL) {
			return NT_STATUS_INVALID_NETWORK_RESPONSE;
		}
	}
	return wire_walker_ok(&walker) ? NT_STATUS_OK
				       : NT_STATUS_INVALID_NETWORK_RESPONSE;
}

struct tevent_req *client_streams_send(TALLOC_CTX *mem_ctx,
				       struct client_tree *tree,
				       const char *path)
{
	const struct client_query query = {
		.type = SMB2_0_INFO_FILE,
		.info_class = FileStreamInformation,
	};

	return client_query_path_send(mem_ctx, tree, path, FILE_READ_ATTRIBUTES,
				      &query);
}

NTSTATUS client_streams_recv(struct tevent_req *req, TALLOC_CTX *mem_ctx,
			     struct client_stream_list **out)
{
	struct client_stream_list *list =
		talloc_zero(mem_ctx, struct client_stream_list);
	struct wire_slice data = {0};
	NTSTATUS status = NT_STATUS_NO_MEMORY;
	NTSTATUS taken = NT_STATUS_OK;

	*out = NULL;
	if (list != NULL) {
		status = client_query_path_recv(req, list, &data);
	}
	if (!NT_STATUS_IS_ERR(status) && data.len > 0) {
		taken = take_streams(list, data);
	}
	if (NT_STATUS_IS_ERR(status) || !NT_STATUS_IS_OK(taken)) {
		talloc_free(list);
		return NT_STATUS_IS_ERR(status) ? status : taken;
	}
	*out = list;
	return status;
}

NTSTATUS client_streams(TALLOC_CTX *mem_ctx, struct client_tree *tree,
			const char *path, struct client_stream_list **out)
{
	struct tevent_req *req = client_streams_send(tree, tree, path);
	NTSTATUS status = client_wait(client_tree_conn(tree), req);

	*out = NULL;
	if (NT_STATUS_IS_OK(status)) {
		status = client_streams_recv(req, mem_ctx, out);
	}
	talloc_free(req);
	return status;
}

/* ---------------------------------------------------- extended attributes */

static NTSTATUS take_eas(struct client_ea_list *list, struct wire_slice data)
{
	struct wire_walker walker = fscc_eas(data);
	struct fscc_ea from = {0};
	struct client_ea *to = NULL;

	while (fscc_ea_next(&walker, &from)) {
		if (!list_room(list, (void **)&list->ea, sizeof(*to),
			       list->count)) {
			return NT_STATUS_NO_MEMORY;
		}
		to = &list->ea[list->count++];
		/* the value lies in the reply, which the list owns */
		*to = (struct client_ea){
			.name = talloc_strndup(list,
					       (const char *)from.name.data,
					       from.name.len),
			.value = from.value,
			.flags = from.flags,
		};
		if (to->name == NULL) {
			return NT_STATUS_NO_MEMORY;
		}
	}
	return wire_walker_ok(&walker) ? NT_STATUS_OK
				       : NT_STATUS_INVALID_NETWORK_RESPONSE;
}

static bool ea_name_is_good(const char *name)
{
	size_t len = strlen(name);

	return len > 0 && len <= EA_NAME_MAX;
}

bool ea_add(struct wire_chain *list, const struct client_ea *ea)
{
	const struct fscc_ea wire = {
		.flags = ea->flags,
		.name = wire_slice(ea->name, strlen(ea->name)),
		.value = ea->value,
	};

	return ea_name_is_good(ea->name) && fscc_ea_add(list, &wire);
}

struct tevent_req *client_eas_send(TALLOC_CTX *mem_ctx,
				   struct client_tree *tree, const char *path)
{
	const struct client_query query = {
		.type = SMB2_0_INFO_FILE,
		.info_class = FileFullEaInformation,
	};

	return client_query_path_send(mem_ctx, tree, path, FILE_READ_EA,
				      &query);
}

NTSTATUS client_eas_recv(struct tevent_req *req, TALLOC_CTX *mem_ctx,
			 struct client_ea_list **out)
{
	struct client_ea_list *list =
		talloc_zero(mem_ctx, struct client_ea_list);
	struct wire_slice data = {0};
	NTSTATUS status = NT_STATUS_NO_MEMORY;
	NTSTATUS taken = NT_STATUS_OK;

	*out = NULL;
	if (list != NULL) {
		status = client_query_path_recv(req, list, &data);
	}
	if (status == NT_STATUS_NO_EAS_ON_FILE ||
	    status == NT_STATUS_NO_MORE_EAS) {
		status = NT_STATUS_OK;
	}
	if (!NT_STATUS_IS_ERR(status) && data.len > 0) {
		taken = take_eas(list, data);
	}
	if (NT_STATUS_IS_ERR(status) || !NT_STATUS_IS_OK(taken)) {
		talloc_free(list);
		return NT_STATUS_IS_ERR(status) ? status : taken;
	}
	*out = list;
	return status;
}

NTSTATUS client_eas(TALLOC_CTX *mem_ctx, struct client_tree *tree,
		    const char *path, struct client_ea_list **out)
{
	struct tevent_req *req = client_eas_send(tree, tree, path);
	NTSTATUS status = client_wait(client_tree_conn(tree), req);

	*out = NULL;
	if (NT_STATUS_IS_OK(status)) {
		status = client_eas_recv(req, mem_ctx, out);
	}
	talloc_free(req);
	return status;
}

struct tevent_req *client_ea_set_send(TALLOC_CTX *mem_ctx,
				      struct client_tree *tree,
				      const char *path, const char *name,
				      struct wire_slice value)
{
	struct wire_writer w = wire_writer_talloc(mem_ctx);
	struct wire_chain list = fscc_ea_list(&w);
	const struct client_ea ea = {.name = name, .value = value};
	struct client_step step = {
		.command = SMB2_SET_INFO,
		.type = SMB2_0_INFO_FILE,
		.info_class = FileFullEaInformation,
	};
	struct tevent_req *req = NULL;

	if (ea_add(&list, &ea)) {
		step.data = wire_writer_slice(&w);
		req = set_send(mem_ctx, tree, path, FILE_WRITE_EA, &step);
	}
	talloc_free(w.buf);
	return req;
}

NTSTATUS client_ea_set_recv(struct tevent_req *req)
{
	return set_recv(req);
}

NTSTATUS client_ea_set(struct client_tree *tree, const char *path,
		       const char *name, struct wire_slice value)
{
	struct tevent_req *req = NULL;
	NTSTATUS status = NT_STATUS_INVALID_PARAMETER;

	if (ea_name_is_good(name)) {
		req = client_ea_set_send(tree, tree, path, name, value);
		status = client_wait(client_tree_conn(tree), req);
	}
	if (NT_STATUS_IS_OK(status)) {
		status = client_ea_set_recv(req);
	}
	talloc_free(req);
	return status;
}

/* ---------------------------------------------------------------- changes */

NTSTATUS client_changes(TALLOC_CTX *mem_ctx, struct wire_slice data,
			struct client_change_list **out)
{
	struct client_change_list *list =
		talloc_zero(mem_ctx, struct client_change_list);
	struct wire_walker walker = fscc_notifies(data);
	struct fscc_notify from = {0};
	struct client_change *to = NULL;

	*out = NULL;
	if (list == NULL) {
		return NT_STATUS_NO_MEMORY;
	}
	while (data.len > 0 && fscc_notify_next(&walker, &from)) {
		if (!list_room(list, (void **)&list->change, sizeof(*to),
			       list->count)) {
			talloc_free(list);
			return NT_STATUS_NO_MEMORY;
		}
		to = &list->change[list->count++];
		to->action = from.action;
		to->name = utf16_to_utf8(list, from.name);
		if (to->name == NULL) {
			break;
		}
	}
	if (data.len > 0 && (!wire_walker_ok(&walker) ||
			     list->change[list->count - 1].name == NULL)) {
		talloc_free(list);
		return NT_STATUS_INVALID_NETWORK_RESPONSE;
	}
	*out = list;
	return NT_STATUS_OK;
}
