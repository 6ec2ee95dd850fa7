/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * app_instance.h - applications that move from one client to another, as
 * clustered ones do: where they begin again, what they had open before is
 * closed, and does not wait for a client that is gone (MS-SMB2 2.2.13.2.13,
 * 2.2.13.2.15, 3.3.5.9.13).
 */
#ifndef SERVER_APP_INSTANCE_H
#define SERVER_APP_INSTANCE_H

#include "server/create.h"

/** The instance of an application that an open is for. Child of the open. */
struct open_app {
	struct smb2_guid id, client;
	bool has_version;
	struct smb2_app_instance_version version;
};

/** The open is for the instance that the request names, if any.
 *  @return false: no memory. */
bool app_instance_remember(struct open *open, const struct create *create,
			   const struct request *r);

/**
 * The file was opened for the instance that the request names, if any: what
 * other clients have open for it, by the same name and share, is closed.
 *
 * @param handle  not registered yet (file.h).
 * @param rights  all that the user has on the file. Who may not read it closes
 *                nothing.
 * @return NT_STATUS_FILE_FORCED_CLOSED: it has begun anew elsewhere meanwhile,
 *         as its version says; nothing was closed.
 */
NTSTATUS app_instance_take_over(const struct request *r,
				const struct create *create,
				const struct store_file *handle,
				uint32_t rights);

#endif
