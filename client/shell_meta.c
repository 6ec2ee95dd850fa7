/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What both directions of what a file has beside its bytes need. */
#include <errno.h>
#include <inttypes.h>
#include <string.h>

#include "client/client_req.h"
#include "client/shell_meta.h"
#include "smbquic/utf16.h"

void meta_recv(struct tevent_req *req)
{
	tevent_req_received(req);
}

/* ---------------------------------------------------------------- options */

bool shell_keep_option(struct shell *shell, const char *word)
{
	if (strcmp(word, "--acls") == 0) {
		shell->keep_acls = true;
	} else if (strcmp(word, "--streams") == 0) {
		shell->keep_streams = true;
	} else if (strcmp(word, "--times") == 0) {
		shell->keep_times = true;
	} else {
		return false;
	}
	return true;
}

void shell_keep_nothing(struct shell *shell)
{
	shell->keep_acls = false;
	shell->keep_streams = false;
	shell->keep_times = false;
}

/* With the POSIX extensions a ':' is a letter like others. */
bool shell_keep_possible(struct shell *shell, const char *command)
{
	if (shell->keep_streams && shell->posix) {
		shell_fail_text(shell,
				"%s: streams cannot be named with the POSIX "
				"extensions; \"posix off\" first",
				command);
		return false;
	}
	return true;
}

/* ------------------------------------------------------------------ paths */

/* As requests have it: the names of the path mapped, but not the ':'. */
char *meta_stream_path(TALLOC_CTX *mem_ctx, const struct transfer *t,
		       const char *remote, const char *stream)
{
	struct wire_slice mapped = {0};
	char *path = NULL;
	char *all = NULL;

	if (!client_path_utf16(mem_ctx, t->tree, remote, &mapped)) {
		return NULL;
	}
	path = utf16_to_utf8(mem_ctx, mapped);
	talloc_free((void *)(uintptr_t)mapped.data);
	if (path != NULL) {
		all = talloc_asprintf(mem_ctx, "%s:%s", path, stream);
	}
	talloc_free(path);
	return all;
}

void meta_stream_begin(const struct transfer *t)
{
	client_tree_map_names(t->tree, false);
}

void meta_stream_end(const struct transfer *t)
{
	client_tree_map_names(t->tree, t->map_names);
}

/* --------------------------------------------------------------- messages */

static char *what_of(const char *name, const char *stream)
{
	char *text =
		stream != NULL
			? talloc_asprintf(NULL, "%s: the stream %s", name,
					  stream)
			: talloc_asprintf(NULL, "%s: the access list", name);

	return shell_need(text);
}

void meta_lost(const struct transfer *t, const char *name, const char *stream,
	       NTSTATUS status)
{
	char *what = what_of(name, stream);

	shell_transfer_clear(t);
	shell_fail(t->shell, status, "%s is not kept", what);
	talloc_free(what);
}

void meta_lost_here(const struct transfer *t, const char *name,
		    const char *stream, int err, uint64_t size)
{
	char *what = what_of(name, stream);

	shell_transfer_clear(t);
	if (err == E2BIG || err == ENOSPC || err == ERANGE) {
		shell_fail_text(t->shell,
				"%s is not kept: its %" PRIu64
				" bytes do not fit into an extended attribute "
				"of the local file",
				what, size);
	} else if (err == EFBIG) {
		shell_fail_text(t->shell,
				"%s is not kept: its %" PRIu64
				" bytes do not fit into a header of the "
				"archive",
				what, size);
	} else {
		shell_fail_errno(t->shell, err, "%s is not kept", what);
	}
	talloc_free(what);
}

void meta_keep_created(const struct transfer *t, const char *local,
		       const char *name, NTTIME created)
{
	int err = 0;

	if (!t->keep_times || local == NULL || created == 0) {
		return;
	}
	err = meta_set_created(local, created);
	if (err != 0) {
		shell_transfer_clear(t);
		shell_fail_errno(t->shell, err,
				 "%s: the time of creation is not kept", name);
	}
}
