/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * durable.h - opens that outlive their connection (MS-SMB2 3.3.5.9.6, .7, .10,
 * .12, .13; 3.3.7.1).
 *
 * A durable open is kept when its session ends while its client may cache the
 * handle (batch oplock, lease with H). It belongs to the server then, until
 * its owner claims it by another CREATE, its time is over, or somebody wants
 * what its oplock stood for: it cannot be asked, so it is closed.
 */
#ifndef SERVER_DURABLE_H
#define SERVER_DURABLE_H

#include "server/create.h"

#define DURABLE_V1_SECONDS  (16 * 60) /* as Windows; the client cannot ask */
#define DURABLE_V2_DEFAULT  60000u    /* ms, when it does not ask */
#define DURABLE_V2_MAX	    300000u   /* ms */
#define DURABLE_MAX_WAITING 65536     /* that wait for their owners, in all */

/** What makes an open durable. Child of the open. */
struct durable {
	struct open *open;
	uint8_t version;	      /**< 1 or 2 */
	uint32_t timeout;	      /**< ms */
	struct smb2_guid create_guid; /**< version 2 */
	struct smb2_guid client;
	const char *user, *share;
	struct tevent_timer *scavenger;
	struct tevent_immediate *lost;
};

/** The instance of an application that an open is for. Child of the open. */
struct open_app {
	struct smb2_guid id, client;
	bool has_version;
	struct smb2_app_instance_version version;
};

/** Are these contexts possible together, and well-formed?
 *  NT_STATUS_INVALID_PARAMETER, NT_STATUS_OBJECT_NAME_NOT_FOUND. */
NTSTATUS durable_check(const struct create *create);

/** The registered open, with its oplock, becomes durable if it was asked for
 *  and may be. @return false: no memory. */
bool durable_grant(struct file_open *fo, const struct create *create,
		   const struct request *r);

/** The contexts of the response. */
void durable_reply(struct wire_chain *list, const struct create *create,
		   const struct open *open);

/** The session ends: what may be kept is no longer its own. */
void durable_keep(struct session *session, struct request *except);

/** The oplock of a kept open was broken: it is closed soon. */
void durable_lost(struct open *open);

/**
 * The open that a client comes back for; it is the session's again.
 * @return NT_STATUS_OBJECT_NAME_NOT_FOUND; NT_STATUS_ACCESS_DENIED another
 *         user's; NT_STATUS_INVALID_PARAMETER another file's name;
 *         NT_STATUS_INSUFFICIENT_RESOURCES.
 */
NTSTATUS durable_reclaim(struct request *r, const struct create *create,
			 struct open **out);
/** Likewise one that was found otherwise. */
NTSTATUS durable_take(struct request *r, const struct create *create,
		      struct open *open);

/** 3.3.5.9.13: opens of another client for the same instance of an application
 *  are closed. @return NT_STATUS_FILE_FORCED_CLOSED: that one is newer. */
NTSTATUS durable_check_instance(const struct request *r,
				const struct create *create);

#endif
