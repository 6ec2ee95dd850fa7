/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What the examples have in common: from "smb://user@server/share/path" to a
 * share that is open. The password is in the environment (PASSWD), and so is
 * what is not as usual: SMBQUIC_TRANSPORT ("quic:8443", "tcp"),
 * SMBQUIC_ADDRESS and SMBQUIC_CA, a file of certificates to trust.
 */
#ifndef PLACE_H
#define PLACE_H

#include <stdio.h>
#include <stdlib.h>

#include "client/client.h"
#include "client/target.h"

struct place {
	struct tevent_context *ev;
	struct client_target *target;
	struct client_conn *conn;
	struct client_session *session;
	struct client_tree *tree;
};

static inline NTSTATUS place_connect(struct place *place, char **why)
{
	struct client_options options = {0};

	client_options_default(&options);
	options.server = place->target->server;
	options.port = place->target->port;
	options.transports = getenv("SMBQUIC_TRANSPORT");
	options.address = getenv("SMBQUIC_ADDRESS");
	options.reconnect_ms = 20000;
	if (getenv("SMBQUIC_CA") != NULL) {
		options.tls.trust = TLS_TRUST_CA;
		options.tls.ca_file = getenv("SMBQUIC_CA");
	}
	return client_connect(place, place->ev, &options, &place->conn, why);
}

/* Everything is a child of the place: talloc_free() closes it all. */
static inline struct place *place_open(const char *address)
{
	struct place *place = talloc_zero(NULL, struct place);
	struct client_credentials credentials = {
		.password = getenv("PASSWD"),
	};
	const char *reason = "";
	char *why = NULL;
	NTSTATUS status = NT_STATUS_OK;

	if (place == NULL) {
		return NULL;
	}
	place->ev = tevent_context_init(place);
	if (!client_target_parse(place, address, &place->target, &reason) ||
	    place->target->share == NULL) {
		fprintf(stderr, "%s: %s\n", address, reason);
		talloc_free(place);
		return NULL;
	}
	credentials.user = place->target->user;
	credentials.domain = place->target->domain;
	status = place_connect(place, &why);
	if (NT_STATUS_IS_OK(status)) {
		status = client_session_setup(place, place->conn, &credentials,
					      &place->session);
	}
	if (NT_STATUS_IS_OK(status)) {
		status =
			client_tree_connect(place, place->session,
					    place->target->share, &place->tree);
	}
	if (!NT_STATUS_IS_OK(status)) {
		fprintf(stderr, "%s: %s\n", address,
			why != NULL ? why : nt_errtext(status));
		talloc_free(place);
		return NULL;
	}
	return place;
}

static inline void place_close(struct place *place)
{
	client_disconnect(place->conn);
	/* trees and sessions go before their connection */
	talloc_free(place->tree);
	talloc_free(place->session);
	talloc_free(place);
}

#endif
