/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What is above shares: smb://server/ lists them, by srvsvc; smb:// lists the
 * workgroup of the context, and smb://workgroup/ the servers that we know of:
 * those we are connected to, and those that the user's file has a section
 * for. There is no asking the network: the browser protocols ended with SMB1.
 */
#include <errno.h>
#include <string.h>

#include "client/libsmbclient/libsmb.h"
#include "smbquic/ini.h"
#include "smbquic/log.h"

static SMBCFILE *new_list(struct place *place, const char *url)
{
	SMBCFILE *list = file_add(place->c, place->srv, url, "", NULL, NULL);

	if (list != NULL) {
		list->folder = true;
		list->entries = entries_new(list);
		if (list->entries == NULL) {
			file_free(list);
			return NULL;
		}
	}
	return list;
}

/* -------------------------------------------------------------------- shares
 */

static unsigned share_type(uint32_t type)
{
	switch (type & CLIENT_STYPE_MASK) {
	case CLIENT_STYPE_PRINT: return SMBC_PRINTER_SHARE;
	case CLIENT_STYPE_DEVICE: return SMBC_COMMS_SHARE;
	case CLIENT_STYPE_IPC: return SMBC_IPC_SHARE;
	default: return SMBC_FILE_SHARE;
	}
}

static int add_shares(struct dir_entries *to,
		      const struct client_share_list *shares)
{
	size_t i = 0;

	for (i = 0; i < shares->count; i++) {
		const struct dir_item item = {
			.type = share_type(shares->share[i].type),
			.name = shares->share[i].name,
			.comment = shares->share[i].comment,
		};

		if (!entries_add(to, &item)) {
			return ENOMEM;
		}
	}
	return 0;
}

/* A server that serves files over QUIC need not let pipes through. */
static bool refuses_pipes(const struct link *link, NTSTATUS status,
			  bool *nobody)
{
	struct client_facts facts = {0};

	client_facts(link->conn, link->session, NULL, &facts);
	*nobody = facts.user == NULL || *facts.user == '\0';
	return status == NT_STATUS_ACCESS_DENIED && facts.secure;
}

static int add_named_shares(struct dir_entries *to, const char *names)
{
	char **name = ini_split(to, names);
	size_t i = 0;

	for (i = 0; name != NULL && name[i] != NULL; i++) {
		const struct dir_item item = {
			.type = SMBC_FILE_SHARE,
			.name = name[i],
			.comment = "in the configuration",
		};

		if (!entries_add(to, &item)) {
			return ENOMEM;
		}
	}
	return name != NULL ? 0 : ENOMEM;
}

/* How TCP is among the transports that the user lets us take; NULL: not. */
static const char *tcp_among(TALLOC_CTX *mem_ctx, const char *transports)
{
	char **lane = ini_split(mem_ctx, transports);
	size_t i = 0;

	for (i = 0; lane != NULL && lane[i] != NULL; i++) {
		if (strcmp(lane[i], "auto") == 0) {
			return "tcp";
		}
		if (strncmp(lane[i], "tcp", 3) == 0) {
			return lane[i];
		}
	}
	return NULL;
}

/* As the same user, over TCP. Where that is blocked it takes as long as a
 * connection may, so it is not tried again. */
static NTSTATUS shares_by_tcp(struct place *place, TALLOC_CTX *mem_ctx,
			      struct client_share_list **out)
{
	struct link *link = place->srv->link;
	struct link *tcp = NULL;
	struct libsmb_url url = *place->url;
	NTSTATUS status = NT_STATUS_NOT_SUPPORTED;

	url.transport = tcp_among(place->url, link->transports);
	if (url.transport == NULL || link->no_tcp) {
		return status;
	}
	if (link_get(place->c, &url, link->workgroup, link->user,
		     link->password, &tcp) == 0) {
		status = client_shares(mem_ctx, tcp->session, out);
		link_put(tcp);
	}
	link->no_tcp = !NT_STATUS_IS_OK(status);
	return status;
}

/* Programs ask for another password at EACCES, and again without end where it
 * is none that is missing. */
static int list_shares(struct place *place, SMBCFILE *list)
{
	struct link *link = place->srv->link;
	struct client_share_list *shares = NULL;
	NTSTATUS status = client_shares(list, link->session, &shares);
	bool nobody = false;
	int err = 0;

	if (refuses_pipes(link, status, &nobody)) {
		if (link->shares != NULL) {
			return add_named_shares(list->entries, link->shares);
		}
		if (!NT_STATUS_IS_OK(shares_by_tcp(place, list, &shares))) {
			log_error("//%s: the server does not permit named "
				  "pipes over QUIC, and the list of shares "
				  "comes through one: name them, with "
				  "shares = ... in client.conf",
				  place->srv->server);
			return nobody ? EACCES : EOPNOTSUPP;
		}
		status = NT_STATUS_OK;
	}
	err = libsmb_errno(status);
	if (err == 0) {
		err = add_shares(list->entries, shares);
		talloc_free(shares);
	}
	return err;
}

/* -------------------------------------------------------- workgroups, servers
 */

static int add_name(SMBCFILE *list, unsigned type, const char *name,
		    const char *comment)
{
	const struct dir_item item = {
		.type = type,
		.name = name,
		.comment = comment,
	};

	return entries_add(list->entries, &item) ? 0 : ENOMEM;
}

static bool is_configured(const struct client_conf_servers *servers,
			  const char *name)
{
	size_t i = 0;

	for (i = 0; i < servers->count; i++) {
		if (strcasecmp(servers->name[i], name) == 0) {
			return true;
		}
	}
	return false;
}

static int list_servers(struct place *place, SMBCFILE *list)
{
	struct SMBC_internal_data *internal = place->c->internal;
	struct client_conf_servers servers = {0};
	struct link *link = NULL;
	size_t i = 0;
	int err = 0;

	if (!client_conf_file_servers(list, internal->user, &servers)) {
		return ENOMEM;
	}
	for (i = 0; i < servers.count && err == 0; i++) {
		err = add_name(list, SMBC_SERVER, servers.name[i],
			       "in the configuration");
	}
	TAILQ_FOREACH(link, &internal->links, entry)
	{
		if (err == 0 && !is_configured(&servers, link->server)) {
			err = add_name(list, SMBC_SERVER, link->server,
				       "connected");
		}
	}
	return err;
}

int browse(struct place *place, const char *url, SMBCFILE **out)
{
	const char *server = place->url->server;
	const char *workgroup = place->c->workgroup;
	bool is_group = strcasecmp(server, workgroup) == 0 &&
			server_cached(place->c, place->url, "IPC$") == NULL;
	int err = 0;

	*out = NULL;
	if (*server != '\0' && !is_group) {
		err = server_find(place->c, place->url, "IPC$", &place->srv);
		if (err != 0) {
			return err;
		}
	}
	*out = new_list(place, url);
	if (*out == NULL) {
		return ENOMEM;
	}
	if (*server == '\0') {
		err = add_name(*out, SMBC_WORKGROUP, workgroup, "");
	} else if (is_group) {
		err = list_servers(place, *out);
	} else {
		err = list_shares(place, *out);
	}
	if (err != 0) {
		file_free(*out);
		*out = NULL;
	}
	return err;
}
