/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * ioctl.h - the control codes of IOCTL (MS-SMB2 3.3.5.15), a row each.
 * cmd_ioctl.c has the table and the checks that all share; ioctl_*.c do them.
 */
#ifndef SERVER_IOCTL_H
#define SERVER_IOCTL_H

#include "server/file.h"
#include "server/request.h"

/** One IOCTL request at work; lives as long as its request. */
struct ioctl {
	struct request *r;
	struct file_open *open; /**< NULL where the row needs none */
	struct smb2_ioctl_request in;
};

/** What the row's code needs before it is done. */
enum {
	IOCTL_FILE = 0x01,  /**< an open file: else FILE_CLOSED */
	IOCTL_DATA = 0x02,  /**< and no directory: else INVALID_PARAMETER */
	IOCTL_READ = 0x04,  /**< opened for reading data: else ACCESS_DENIED */
	IOCTL_WRITE = 0x08, /**< opened for writing or appending: likewise */
	IOCTL_REPLACE = 0x10, /**< opened for writing data: likewise */
};

/** Either now, or a send/recv pair. What is put into out is the output; it is
 *  sent whatever a success status says, and with INVALID_PARAMETER too. */
struct ioctl_row {
	uint32_t code;
	const char *name;
	unsigned needs;
	uint32_t min_output; /**< MaxOutputResponse below: INVALID_PARAMETER */
	NTSTATUS (*now)(struct ioctl *io, struct wire_writer *out);
	struct tevent_req *(*send)(TALLOC_CTX *mem_ctx,
				   struct tevent_context *ev, struct ioctl *io);
	NTSTATUS (*recv)(struct tevent_req *req, struct wire_writer *out);
	const char *section;
};

/** For the recv of pairs that have no output. */
NTSTATUS ioctl_simple_recv(struct tevent_req *req, struct wire_writer *out);

/* ioctl_dfs.c */
NTSTATUS ioctl_dfs_referrals(struct ioctl *io, struct wire_writer *out);
NTSTATUS ioctl_dfs_referrals_ex(struct ioctl *io, struct wire_writer *out);

/* ioctl_copy.c */
NTSTATUS ioctl_resume_key(struct ioctl *io, struct wire_writer *out);
struct tevent_req *ioctl_copychunk_send(TALLOC_CTX *mem_ctx,
					struct tevent_context *ev,
					struct ioctl *io);
NTSTATUS ioctl_copychunk_recv(struct tevent_req *req, struct wire_writer *out);

/* ioctl_range.c */
struct tevent_req *ioctl_set_sparse_send(TALLOC_CTX *mem_ctx,
					 struct tevent_context *ev,
					 struct ioctl *io);
struct tevent_req *ioctl_zero_data_send(TALLOC_CTX *mem_ctx,
					struct tevent_context *ev,
					struct ioctl *io);
struct tevent_req *ioctl_ranges_send(TALLOC_CTX *mem_ctx,
				     struct tevent_context *ev,
				     struct ioctl *io);
NTSTATUS ioctl_ranges_recv(struct tevent_req *req, struct wire_writer *out);

/* ioctl_extents.c */
struct tevent_req *ioctl_trim_send(TALLOC_CTX *mem_ctx,
				   struct tevent_context *ev, struct ioctl *io);
NTSTATUS ioctl_trim_recv(struct tevent_req *req, struct wire_writer *out);
struct tevent_req *ioctl_clone_send(TALLOC_CTX *mem_ctx,
				    struct tevent_context *ev,
				    struct ioctl *io);
NTSTATUS ioctl_get_integrity(struct ioctl *io, struct wire_writer *out);
NTSTATUS ioctl_set_integrity(struct ioctl *io, struct wire_writer *out);

/* ioctl_reparse.c */
struct tevent_req *ioctl_get_reparse_send(TALLOC_CTX *mem_ctx,
					  struct tevent_context *ev,
					  struct ioctl *io);
NTSTATUS ioctl_get_reparse_recv(struct tevent_req *req,
				struct wire_writer *out);
struct tevent_req *ioctl_set_reparse_send(TALLOC_CTX *mem_ctx,
					  struct tevent_context *ev,
					  struct ioctl *io);
struct tevent_req *ioctl_delete_reparse_send(TALLOC_CTX *mem_ctx,
					     struct tevent_context *ev,
					     struct ioctl *io);

/* ioctl_snapshots.c */
struct tevent_req *ioctl_snapshots_send(TALLOC_CTX *mem_ctx,
					struct tevent_context *ev,
					struct ioctl *io);
NTSTATUS ioctl_snapshots_recv(struct tevent_req *req, struct wire_writer *out);

/* ioctl_network.c */
NTSTATUS ioctl_network_interfaces(struct ioctl *io, struct wire_writer *out);

#endif
