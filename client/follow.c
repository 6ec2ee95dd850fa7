/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Symbolic links that the server leaves to us (MS-SMB2 3.2.5.1, 2.2.2.2.1): an
 * open that stopped at one goes out again with the path it leads to, as
 * Windows' client does it, and nobody above sees more of that than a round
 * trip. Nothing leads out of the share, and no chain goes on for ever; then
 * the open fails with NT_STATUS_STOPPED_ON_SYMLINK.
 *
 * Who means the link itself says FILE_OPEN_REPARSE_POINT; trees that say so
 * for all opens have somebody else to follow links, and so has who opens by the
 * POSIX extensions.
 */
#define LOG_MODULE "client"

#include <string.h>
#include <strings.h>

#include "client/client_private.h"
#include "client/target.h"
#include "smbquic/log.h"
#include "smbquic/smb2_error.h"
#include "smbquic/utf16.h"

#define HOPS_MAX 40 /* as in Linux */

/* Where Windows' object manager finds shares. */
#define UNC "\\??\\UNC\\"

/* The reply's part of it; false: it says nothing that can be used. */
static bool take_error(const struct call_part *part,
		       struct smb2_symlink_error *out)
{
	struct smb2_error_response rsp = {0};

	return smb2_error_response_decode(part->reply.data, part->reply.len,
					  &rsp) &&
	       smb2_error_response_symlink(&rsp, out);
}

/* What a target "server\share\path" of this very share says of its path. */
static const char *path_of_share(const struct call *call, const char *target)
{
	const struct client_tree *tree =
		tree_of_serial(call->conn, call->tree_serial);
	const char *server = call->conn->options.server;
	size_t len = strcspn(target, "\\");

	if (tree == NULL || server == NULL || len != strlen(server) ||
	    strncasecmp(target, server, len) != 0 || target[len] == '\0') {
		return NULL;
	}
	target += len + 1;
	len = strcspn(target, "\\");
	if (len != strlen(tree->share) ||
	    strncasecmp(target, tree->share, len) != 0) {
		return NULL;
	}
	return target + len;
}

/* Does the way from a folder ever leave the share? */
static bool stays_inside(const char *folder, const char *way)
{
	size_t depth = *folder != '\0' ? 1 : 0;
	size_t len = 0;

	for (; *folder != '\0'; folder++) {
		depth += *folder == '\\' ? 1 : 0;
	}
	depth = *way == '/' || *way == '\\' ? 0 : depth;
	for (; *way != '\0'; way += len + (way[len] != '\0' ? 1 : 0)) {
		len = strcspn(way, "/\\");
		if (len == 2 && strncmp(way, "..", 2) == 0) {
			if (depth == 0) {
				return false;
			}
			depth--;
		} else if (len > 0 && !(len == 1 && *way == '.')) {
			depth++;
		}
	}
	return true;
}

/*
 * The path of a link's target.
 *
 * @param link  path of the link.
 * @return NULL: it is not in the share.
 */
static char *target_path(const struct call *call, const char *link,
			 const char *target, bool relative)
{
	char *folder = client_path_folder(call->out, link);

	if (!relative && strncasecmp(target, UNC, strlen(UNC)) == 0) {
		target = path_of_share(call, target + strlen(UNC));
	} else if (!relative) {
		return NULL;
	}
	if (folder == NULL || target == NULL || !stays_inside(folder, target)) {
		return NULL;
	}
	return client_path_join(call->out, *target == '\0' ? "" : folder,
				target);
}

/* The path to be opened instead; NULL: there is none. What is left begins with
 * the separator, or with that of a stream. */
static char *next_path(const struct call *call, struct wire_slice name,
		       const struct smb2_symlink_error *error)
{
	struct wire_slice way = {name.data,
				 name.len - error->unparsed_path_length};
	struct wire_slice rest = {name.data + way.len,
				  error->unparsed_path_length};
	char *link = utf16_to_utf8(call->out, way);
	char *below = utf16_to_utf8(call->out, rest);
	char *target = utf16_to_utf8(call->out, error->substitute_name);
	size_t len = link != NULL ? strlen(link) : 0;
	char *path = NULL;

	if (len == 0 || below == NULL || target == NULL) {
		return NULL;
	}
	if (link[len - 1] == '\\') { /* some count it to the way */
		link[len - 1] = '\0';
		below = talloc_asprintf(call->out, "\\%s", below);
	}
	path = target_path(call, link, target,
			   (error->flags & SYMLINK_FLAG_RELATIVE) != 0);
	if (path == NULL || below == NULL) {
		return NULL;
	}
	below += *path == '\0' && *below == '\\' ? 1 : 0;
	return talloc_asprintf_append(path, "%s", below);
}

/* The same CREATE of another path. */
static bool encode_again(struct call_part *part,
			 const struct smb2_create_request *asked,
			 const char *path)
{
	struct smb2_header header = {.command = SMB2_CREATE};
	struct smb2_create_request body = *asked;
	struct wire_writer w = wire_writer_talloc(part->call->out);

	smb2_header_encode(&w, &header);
	if (!utf16_from_utf8(part->call->out, path, &body.name) ||
	    !smb2_create_request_encode(&w, &body)) {
		return false;
	}
	part->w = w;
	return true;
}

/* Bytes of a path before the last separator. */
static size_t folder_len(const char *path)
{
	const char *cut = strrchr(path, '\\');

	return cut != NULL ? (size_t)(cut - path) : 0;
}

/*
 * A path in the folder of one, in that of the other; or NULL: it is not in the
 * first one.
 */
static char *moved(TALLOC_CTX *mem_ctx, const char *path, const char *one,
		   const char *other)
{
	size_t from = folder_len(one);
	size_t to = folder_len(other);

	if (from == 0 || strncmp(path, one, from + 1) != 0) {
		return NULL;
	}
	path += from + (to == 0 ? 1 : 0);
	return talloc_asprintf(mem_ctx, "%.*s%s", (int)to, other, path);
}

/* What is renamed within the folder, as an upload in its end, stays in it: no
 * server follows links in a new name. */
static bool rename_again(struct call_part *part, const char *asked,
			 const char *path)
{
	TALLOC_CTX *out = part->call->out;
	struct smb2_header header = {.command = SMB2_SET_INFO};
	struct smb2_set_info_request body = {0};
	struct fscc_rename to = {0};
	struct wire_writer data = wire_writer_talloc(out);
	struct wire_writer w = wire_writer_talloc(out);
	char *name = NULL;

	if (!smb2_set_info_request_decode(part->w.buf, part->w.len, &body) ||
	    body.info_type != SMB2_0_INFO_FILE ||
	    body.file_info_class != FileRenameInformation ||
	    !fscc_rename_decode(body.buffer, false, &to)) {
		return true;
	}
	name = utf16_to_utf8(out, to.name);
	name = name != NULL ? moved(out, name, asked, path) : NULL;
	if (name == NULL) {
		return true;
	}
	smb2_header_encode(&w, &header);
	if (!utf16_from_utf8(out, name, &to.name) ||
	    !fscc_rename_encode(&data, false, &to)) {
		return false;
	}
	body.buffer = wire_writer_slice(&data);
	if (!smb2_set_info_request_encode(&w, &body)) {
		return false;
	}
	part->w = w;
	return true;
}

static bool encode_all_again(struct call *call,
			     const struct smb2_create_request *body,
			     const char *path)
{
	char *asked = utf16_to_utf8(call->out, body->name);
	bool good = asked != NULL;
	unsigned i = 0;

	for (i = 1; good && i < also_own_parts(call); i++) {
		if (call->part[i].command == SMB2_SET_INFO) {
			good = rename_again(&call->part[i], asked, path);
		}
	}
	return good && encode_again(&call->part[0], body, path);
}

/* Is it about a link that the caller did not mean? */
static bool stopped(const struct call *call)
{
	const struct call_part *part = &call->part[0];

	return part->command == SMB2_CREATE &&
	       part->status == NT_STATUS_STOPPED_ON_SYMLINK &&
	       call->req != NULL && call->out != NULL &&
	       call->conn->dead == NT_STATUS_OK &&
	       (call->options & FILE_OPEN_REPARSE_POINT) == 0;
}

bool follow_take(struct call *call)
{
	struct call_part *part = &call->part[0];
	struct smb2_create_request body = {0};
	struct smb2_symlink_error error = {0};
	struct wire_slice data = {0};
	char *path = NULL;

	if (!stopped(call) || !take_error(part, &error) ||
	    !smb2_create_request_decode(part->w.buf, part->w.len, &body) ||
	    smb2_create_context_find(body.contexts, SMB2_CREATE_POSIX, &data) ||
	    error.unparsed_path_length > body.name.len ||
	    error.unparsed_path_length % 2 != 0 ||
	    (error.unparsed_path_length == 0 &&
	     (body.create_options & FILE_OPEN_REPARSE_POINT) != 0)) {
		return false;
	}
	if (call->hops >= HOPS_MAX) {
		log_info("a chain of links that has no end is not followed");
		return false;
	}
	path = next_path(call, body.name, &error);
	if (path == NULL || !encode_all_again(call, &body, path)) {
		log_info("a link that leads out of the share is not followed");
		return false;
	}
	call->hops++;
	call->followed = path;
	replay_put_aside(call);
	replay_resume(call->conn, call);
	return true;
}

/* Where the links of a call led to, as callers write paths; NULL: there were
 * none, or it cannot be written so. */
static char *plain_path(TALLOC_CTX *mem_ctx, const struct call *call,
			const char *asked)
{
	char *path = NULL;

	if (call->followed == NULL || strstr(asked, "@GMT-") != NULL) {
		return NULL;
	}
	path = talloc_strdup(mem_ctx, call->followed);
	return path != NULL
		       ? path_map_from_server(mem_ctx, call->map_names, path)
		       : NULL;
}

void follow_origin(const struct call *call, struct file_origin *origin)
{
	char *path = NULL;

	if (origin == NULL) {
		return;
	}
	path = plain_path(origin, call, origin->path);
	if (path != NULL) {
		origin->path = path;
	}
}

void follow_file(const struct call *call, struct client_file *file,
		 const char *asked)
{
	char *path = plain_path(file, call, asked);

	file->asked = path != NULL ? talloc_strdup(file, asked) : NULL;
	file->followed = file->asked != NULL ? path : NULL;
}

const char *follow_along(TALLOC_CTX *mem_ctx, const struct client_file *file,
			 const char *path)
{
	const char *to =
		file->followed != NULL
			? moved(mem_ctx, path, file->asked, file->followed)
			: NULL;

	return to != NULL ? to : path;
}
