/* SPDX-License-Identifier: GPL-3.0-or-later */
/* How much room there is, and for how many files. */
#include <errno.h>
#include <sys/statvfs.h>

#include "client/mount/mount.h"
#include "smbquic/smb2_posix.h"

#define NAME_UNITS 255

static void statfs_done(struct tevent_req *subreq);

static void statfs_go(struct op *op)
{
	const struct client_step steps[] = {
		{
			.command = SMB2_QUERY_INFO,
			.type = SMB2_0_INFO_FILESYSTEM,
			.info_class = FileFsFullSizeInformation,
			.max = 64,
		},
		{
			.command = SMB2_QUERY_INFO,
			.type = SMB2_0_INFO_FILESYSTEM,
			.info_class = FilePosixInformation,
			.max = 64,
		},
	};
	struct client_open how = op_open(op->mount, FILE_READ_ATTRIBUTES);
	const char *path = op_path(op, node_root(op->mount->nodes), NULL);

	if (path != NULL) {
		op_wait(op,
			client_steps_send(op, op_tree(op), path, &how, steps,
					  op->mount->posix ? 2 : 1),
			statfs_done);
	}
}

void op_statfs(fuse_req_t req, fuse_ino_t ino)
{
	struct op *op = op_new(op_mount(req), req, ino);

	if (op != NULL) {
		op->repeats = true;
		op_start(op, statfs_go);
	}
}

static void statfs_done(struct tevent_req *subreq)
{
	struct op *op = op_of(subreq);
	struct client_steps_result *result = NULL;
	struct fscc_fs_full_size size = {0};
	struct smb2_posix_fs posix = {0};
	struct statvfs out = {.f_namemax = NAME_UNITS};
	NTSTATUS status = client_steps_recv(subreq, op, &result);

	talloc_free(subreq);
	if (op_failed(op, status)) {
		return;
	}
	if (!fscc_fs_full_size_decode(result->data[0], &size)) {
		op_fail(op, EIO);
		return;
	}
	out.f_bsize = (unsigned long)size.bytes_per_sector *
		      size.sectors_per_allocation_unit;
	out.f_frsize = out.f_bsize;
	out.f_blocks = size.total_allocation_units;
	out.f_bfree = size.actual_available_allocation_units;
	out.f_bavail = size.caller_available_allocation_units;
	/* without the extensions nobody tells how many files there may be */
	if (op->mount->posix && NT_STATUS_IS_OK(result->status[1]) &&
	    smb2_posix_fs_decode(result->data[1], &posix)) {
		out.f_files = posix.total_file_nodes;
		out.f_ffree = posix.free_file_nodes;
		out.f_favail = posix.free_file_nodes;
	}
	fuse_reply_statfs(op->req, &out);
	op_end(op);
}
