/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * upload.h - files that come into being as a whole: a part of client.h, which
 * includes it.
 */
#ifndef CLIENT_UPLOAD_H
#define CLIENT_UPLOAD_H

#include "client/client.h"

/**
 * Begin a file that nobody sees under its name before it is complete: create
 * it under the temporary path, marked to be deleted when it is closed. Freeing
 * the file, or losing the connection for good, removes it.
 *
 * @param path   temporary, and one that nobody else can have, by a random
 *               number, say: when a connection is lost, what is found there on
 *               the next one is taken for what was left of this, and removed.
 * @param data   its first bytes, at most client_max_write(); may be empty.
 *               With them it is taken for small: its handle does not survive
 *               a connection that is lost, as others do.
 * @param owner  see client_write_send(). */
struct tevent_req *client_upload_send(TALLOC_CTX *mem_ctx,
				      struct client_tree *tree,
				      const char *path, struct wire_slice data,
				      TALLOC_CTX *owner);
NTSTATUS client_upload_recv(struct tevent_req *req, TALLOC_CTX *mem_ctx,
			    struct client_file **out);
/** data is copied. */
NTSTATUS client_upload(TALLOC_CTX *mem_ctx, struct client_tree *tree,
		       const char *path, struct wire_slice data,
		       struct client_file **out);

/**
 * Give it its name, in the place of any file of that name, and close it. When
 * that fails it is removed. Either way the object can only be freed
 * afterwards.
 *
 * @param basic  times and attributes, or NULL. That the server does not let
 *               us set them is no failure.
 */
struct tevent_req *client_upload_commit_send(TALLOC_CTX *mem_ctx,
					     struct client_file *file,
					     const char *path,
					     const struct fscc_basic *basic);
NTSTATUS client_upload_commit_recv(struct tevent_req *req);
NTSTATUS client_upload_commit(struct client_file *file, const char *path,
			      const struct fscc_basic *basic);

/**
 * All of that in one round trip, for a file that fits in one request and
 * replaces none: NT_STATUS_OBJECT_NAME_COLLISION when there is one of that
 * name. When writing fails what has come into being is removed afterwards, so
 * that a file cut short may be seen for a round trip.
 *
 * @param temporary  as the path of client_upload_send()
 * @param data   at most client_max_write(); may be empty.
 * @param owner  see client_write_send().
 * @param basic  times and attributes; that the server does not let us set
 *               them is no failure.
 */
struct tevent_req *client_upload_small_send(
	TALLOC_CTX *mem_ctx, struct client_tree *tree, const char *temporary,
	const char *path, struct wire_slice data, TALLOC_CTX *owner,
	const struct fscc_basic *basic);
NTSTATUS client_upload_small_recv(struct tevent_req *req);
/** data is copied. */
NTSTATUS client_upload_small(struct client_tree *tree, const char *temporary,
			     const char *path, struct wire_slice data,
			     const struct fscc_basic *basic);

#endif
