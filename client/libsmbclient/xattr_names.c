/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Names of accounts in extended attributes: the server is asked who they are.
 * One that does not permit named pipes leaves SIDs where names were wanted. */
#include <string.h>

#include "client/libsmbclient/xattr_text.h"
#include "client/properties.h"
#include "smbquic/log.h"

static void add(struct sid *sids, size_t *count, const struct sid *sid)
{
	size_t i = 0;

	while (i < *count && !sid_equal(&sids[i], sid)) {
		i++;
	}
	if (i == *count && i < CLIENT_ACCOUNTS_MAX) {
		sids[(*count)++] = *sid;
	}
}

static size_t collect(const struct security_descriptor *sd, struct sid *sids)
{
	struct security_acl_walk walk = security_acl(sd->dacl);
	struct security_ace ace = {0};
	size_t count = 0;

	if (sd->has_owner) {
		add(sids, &count, &sd->owner);
	}
	if (sd->has_group) {
		add(sids, &count, &sd->group);
	}
	while (security_acl_next(&walk, &ace)) {
		add(sids, &count, &ace.sid);
	}
	return count;
}

struct client_account_list *xattr_accounts(struct place *at,
					   const struct security_descriptor *sd)
{
	struct sid *sids =
		talloc_array(at->url, struct sid, CLIENT_ACCOUNTS_MAX);
	struct client_account_list *list = NULL;
	NTSTATUS status = NT_STATUS_OK;
	size_t count = 0;

	if (sids == NULL) {
		return NULL;
	}
	count = collect(sd, sids);
	if (count > 0) {
		status = client_sid_names(at->url, at->srv->link->session, sids,
					  count, &list);
	}
	if (!NT_STATUS_IS_OK(status)) {
		log_info("//%s: no names for SIDs: %s", at->srv->server,
			 nt_errtext(status));
	}
	talloc_free(sids);
	return list;
}

const char *xattr_account(void *private_data, const struct sid *sid)
{
	const struct client_account_list *list = private_data;
	size_t i = 0;

	for (i = 0; list != NULL && i < list->count; i++) {
		if (list->account[i].known &&
		    sid_equal(&list->account[i].sid, sid)) {
			return list->account[i].name;
		}
	}
	return NULL;
}

bool xattr_account_sid(void *private_data, const char *account, struct sid *out)
{
	struct place *at = private_data;
	struct client_account_list *list = NULL;
	NTSTATUS status = client_name_sids(at->url, at->srv->link->session,
					   &account, 1, &list);
	bool known = NT_STATUS_IS_OK(status) && list->account[0].known;

	if (known) {
		*out = list->account[0].sid;
	}
	talloc_free(list);
	return known;
}
