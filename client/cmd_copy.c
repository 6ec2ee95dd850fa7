/* SPDX-License-Identifier: GPL-3.0-or-later */
/* scopy: a copy that the server makes, in a share or from one to another. */
#include <string.h>

#include "client/cmd_list.h"
#include "client/shell_transfer.h"

/* One of the two files of a copy. */
struct place {
	struct client_tree *tree; /* a child of the place if it is not the
				     shell's */
	char *path;
	const char *shown; /* for the user */
};

static bool is_unc(const char *typed)
{
	return strspn(typed, "/\\") >= 2;
}

/* Another share of the same server: connected to for this copy. */
static bool place_in_share(struct shell *shell, struct place *out,
			   const char *typed)
{
	struct client_target *target = NULL;
	const char *why = NULL;
	NTSTATUS status = NT_STATUS_OK;

	if (!client_target_parse(out, typed, &target, &why) ||
	    target->share == NULL) {
		shell_fail_text(shell, "%s: not //SERVER/SHARE/NAME", typed);
		return false;
	}
	if (strcasecmp(target->server, shell->target->server) != 0) {
		shell_fail_text(shell,
				"%s: another server: scopy copies on one, "
				"//%s",
				typed, shell->target->server);
		return false;
	}
	status = client_tree_connect(out, shell->session, target->share,
				     &out->tree);
	if (!NT_STATUS_IS_OK(status)) {
		shell_fail(shell, status, "//%s/%s", target->server,
			   target->share);
		return false;
	}
	shell_settings_of(shell, out->tree);
	out->path = shell_need(client_path_join(out, "", target->path));
	out->shown = shell_need(talloc_asprintf(out, "\\\\%s\\%s\\%s",
						target->server, target->share,
						out->path));
	return true;
}

static struct place *place_of(TALLOC_CTX *mem_ctx, struct shell *shell,
			      const char *typed)
{
	struct place *place = shell_need(talloc_zero(mem_ctx, struct place));

	if (is_unc(typed)) {
		return place_in_share(shell, place, typed) ? place : NULL;
	}
	place->tree = shell->tree;
	place->path = shell_path(place, shell, typed);
	place->shown = shell_need(talloc_asprintf(place, "\\%s", place->path));
	return place;
}

static void scopy_progress(uint64_t bytes, void *private_data)
{
	shell_progress_add(private_data, bytes, 0);
}

/* The copy is to have the times of what it is of. */
static NTSTATUS scopy_files(struct shell *shell, struct client_file *from,
			    struct client_file *to,
			    const struct client_stat *stat,
			    struct shell_progress *progress)
{
	struct tevent_req *req = client_server_copy_send(
		to, from, to, stat->size, scopy_progress, progress);
	NTSTATUS status = shell_wait(shell, req);
	struct fscc_basic basic = {.last_write_time = stat->write_time};
	struct wire_writer w = wire_writer_talloc(to);

	if (NT_STATUS_IS_OK(status)) {
		status = client_server_copy_recv(req);
	}
	talloc_free(req);
	if (NT_STATUS_IS_OK(status) && fscc_basic_encode(&w, &basic)) {
		status = client_set(to, SMB2_0_INFO_FILE, FileBasicInformation,
				    0, wire_writer_slice(&w));
	}
	return status;
}

static NTSTATUS scopy_open(struct place *from, struct place *to,
			   struct client_file **source,
			   struct client_file **target,
			   struct client_stat *stat)
{
	const struct client_open how_to = {
		.access = FILE_WRITE_DATA | FILE_WRITE_ATTRIBUTES |
			  SEC_STD_SYNCHRONIZE,
		.share = FILE_SHARE_READ,
		.disposition = FILE_OVERWRITE_IF,
		.options = FILE_NON_DIRECTORY_FILE,
		.attributes = FILE_ATTRIBUTE_NORMAL,
	};
	struct client_open how = {0};
	NTSTATUS status = NT_STATUS_OK;

	client_open_default(&how);
	how.options = FILE_NON_DIRECTORY_FILE;
	/* whoever writes it meanwhile would spoil the copy, also ourselves */
	how.share = FILE_SHARE_READ;
	status = client_open(from, from->tree, from->path, &how, source, stat);
	if (NT_STATUS_IS_OK(status)) {
		status = client_open(to, to->tree, to->path, &how_to, target,
				     NULL);
	}
	return status;
}

void cmd_scopy(struct shell *shell, int argc, char **argv)
{
	TALLOC_CTX *frame = shell_need(talloc_new(shell));
	struct place *from = place_of(frame, shell, argv[1]);
	struct place *to =
		from != NULL ? place_of(frame, shell, argv[2]) : NULL;
	struct shell_progress *progress = shell_progress_new(frame, shell);
	struct client_file *source = NULL;
	struct client_file *target = NULL;
	struct client_stat stat = {0};
	NTSTATUS status = NT_STATUS_OK;

	(void)argc;
	if (to == NULL) {
		talloc_free(frame);
		return;
	}
	status = scopy_open(from, to, &source, &target, &stat);
	if (NT_STATUS_IS_OK(status)) {
		shell_progress_expect(progress, stat.size, 1);
		shell_progress_name(progress, client_path_name(to->path));
		status = scopy_files(shell, source, target, &stat, progress);
	}
	shell_progress_clear(progress);
	if (NT_STATUS_IS_OK(status)) {
		shell_say(shell, "copied %s to %s on the server", from->shown,
			  to->shown);
	} else {
		shell_fail(shell, status, "scopy %s to %s", from->shown,
			   to->shown);
	}
	talloc_free(source); /* before their trees */
	talloc_free(target);
	talloc_free(frame);
}
