/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * set_info.h - SET_INFO (MS-SMB2 3.3.5.21): cmd_set_info.c has the table, the
 * classes are in set_attr.c (attributes, sizes), set_name.c (rename, link,
 * disposition) and set_ea.c.
 */
#ifndef SERVER_SET_INFO_H
#define SERVER_SET_INFO_H

#include "server/file.h"
#include "server/request.h"

/** A request at work: the state of its tevent_req. */
struct set_info {
	struct tevent_context *ev;
	struct tevent_req *req;
	struct request *r;
	struct file_open *fo;
	struct smb2_set_info_request in; /**< in.buffer is the class's data */
	void *more;			 /**< the class's own, a child */
	NTSTATUS (*next)(struct set_info *set);	 /**< set_without_handles() */
	NTSTATUS (*after)(struct set_info *set); /**< set_wait() */
};

/**
 * Others' handles of the file are no longer cached before it gets another name
 * or goes: next() then, maybe at once.
 */
NTSTATUS set_without_handles(struct set_info *set,
			     NTSTATUS (*next)(struct set_info *set));

/** Wait for oplocks of that file, then go on with next(). */
NTSTATUS set_wait(struct set_info *set, struct file *file,
		  NTSTATUS (*next)(struct set_info *set));

/** What a step said that was taken outside of cmd_set_info_send(). OK: it goes
 *  on, or is over; then the request may be gone, and what belonged to it. */
void set_judged(struct tevent_req *req, NTSTATUS status);

/** Report the end: 0 or what a store said. */
void set_info_done(struct set_info *set, int err);

/*
 * A class begins with its data, and ends by set_info_done() or by an error of
 * set->req. What it returns other than NT_STATUS_OK ends it at once.
 */
NTSTATUS set_basic(struct set_info *set);
NTSTATUS set_allocation(struct set_info *set);
NTSTATUS set_end_of_file(struct set_info *set);
NTSTATUS set_rename(struct set_info *set);
NTSTATUS set_link(struct set_info *set);
NTSTATUS set_disposition(struct set_info *set);
NTSTATUS set_full_ea(struct set_info *set);
NTSTATUS set_security(struct set_info *set); /**< set_security.c */
NTSTATUS set_quota(struct set_info *set);    /**< quota.c */

#endif
