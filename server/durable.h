/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * durable.h - opens that outlive their connection (MS-SMB2 3.3.5.9.6, .7, .10,
 * .12, .13; 3.3.5.15.9; 3.3.7.1).
 *
 * A durable open is kept when its session ends while its client may cache the
 * handle (batch oplock, lease with H). It belongs to the server then, until
 * its owner claims it by another CREATE, its time is over, or somebody wants
 * what its oplock stood for: it cannot be asked, so it is closed.
 *
 * A resilient open (asked for by an IOCTL) is kept whatever it may cache, and
 * only its time ends it. So is a persistent one, which others may not even
 * open beside it unless it caches the handle; persistent.h writes it down, so
 * that it outlives the server as well. The others outlive a server that is
 * stopped in peace, for one that begins after it: an upgrade.
 */
#ifndef SERVER_DURABLE_H
#define SERVER_DURABLE_H

#include "server/create.h"

#define DURABLE_V1_SECONDS	  (16 * 60) /* as Windows; the client cannot ask */
#define DURABLE_V2_DEFAULT	  60000u    /* ms, when it does not ask */
#define DURABLE_V2_MAX		  300000u /* ms */
#define DURABLE_RESILIENT_DEFAULT 120000u /* ms, when 0 is asked for */
#define DURABLE_RESILIENT_MAX	  300000u /* ms; more is refused */
#define DURABLE_MAX_WAITING	  65536 /* that wait for their owners, in all */

/** What makes an open durable. Child of the open. */
struct durable {
	struct open *open;
	uint8_t version; /**< 1 or 2; 0: resilient alone */
	bool resilient, persistent;
	struct persistent_handle *record; /**< persistent.h; NULL: none */
	uint32_t timeout;		  /**< ms */
	struct smb2_guid create_guid;	  /**< version 2 */
	struct smb2_guid client;
	const char *user, *share;
	/** With them what macros of the share's path stand for. */
	const char *address, *machine;
	struct alarm *scavenger;
	struct tevent_immediate *lost;
};

/** Are these contexts possible together, and well-formed?
 *  NT_STATUS_INVALID_PARAMETER, NT_STATUS_OBJECT_NAME_NOT_FOUND. */
NTSTATUS durable_check(const struct create *create);

/** The registered open, with its oplock, becomes durable if it was asked for
 *  and may be. @return false: no memory. */
bool durable_grant(struct file_open *fo, const struct create *create,
		   const struct request *r);

/** Is it written down? */
bool durable_is_persistent(const struct open *open);

/** It could not be written down: it is persistent no longer, and durable only
 *  if it may be without that. */
void durable_not_persistent(struct open *open);

/** Does its time alone end it, when its owner is gone? */
bool durable_survives(const struct open *open);

/** 3.3.5.15.9. @param timeout  ms. @return NT_STATUS_INVALID_PARAMETER: that
 *  is too long; NT_STATUS_INSUFFICIENT_RESOURCES. */
NTSTATUS durable_make_resilient(const struct request *r, uint32_t timeout);

/** 3.3.5.9: a persistent handle of the file waits for its owner, and nobody
 *  may be asked to give anything up for others: NT_STATUS_FILE_NOT_AVAILABLE.
 */
NTSTATUS durable_check_others(const struct file *file);

/** Is it kept when its session ends, or the server? */
bool durable_may_be_kept(const struct open *open);

/** One that was written down: open->durable, of a persistent handle until said
 *  otherwise. @return NULL: no memory. */
struct durable *durable_restore(struct open *open,
				const struct config_macros *whose);

/** It waits for its owner from now on, so many milliseconds. @return false: no
 *  memory. */
bool durable_wait(struct durable *durable, uint32_t ms);

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

#endif
