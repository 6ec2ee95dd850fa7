/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * ea.h - extended attributes as clients see them (MS-FSCC 2.4.16, MS-FSA
 * 2.1.5.12.12, 2.1.5.15.6): lists of names, flags and values over those of a
 * store. Names differ in more than case.
 */
#ifndef SERVER_EA_H
#define SERVER_EA_H

#include <talloc.h>
#include <tevent.h>

#include "server/store.h"
#include "smbquic/ntstatus.h"
#include "smbquic/wire.h"

/** Bytes of FILE_FULL_EA_INFORMATION of a file at most. */
#define EA_SIZE_MAX (65536 - 5)

struct ea {
	const char *name;
	uint8_t flags; /**< FILE_NEED_EA */
	struct wire_slice value;
};

/** All that a file has, in the order of their names. */
struct tevent_req *ea_list_send(TALLOC_CTX *mem_ctx, struct tevent_context *ev,
				struct store_file *file);
/** @param eas  out: one chunk below mem_ctx. @return 0; EOPNOTSUPP; ... */
int ea_list_recv(struct tevent_req *req, TALLOC_CTX *mem_ctx, struct ea **eas,
		 size_t *count);

/**
 * Set those of a list of FILE_FULL_EA_INFORMATION, or remove those without a
 * value.
 * @param list  must live until the end.
 */
struct tevent_req *ea_set_send(TALLOC_CTX *mem_ctx, struct tevent_context *ev,
			       struct store_file *file, struct wire_slice list);
/** @return NT_STATUS_INVALID_EA_NAME; NT_STATUS_EA_LIST_INCONSISTENT;
 *  NT_STATUS_EA_TOO_LARGE; NT_STATUS_EAS_NOT_SUPPORTED; ... */
NTSTATUS ea_set_recv(struct tevent_req *req);

/** Does the file have one that whoever opens it must know of? */
struct tevent_req *ea_needed_send(TALLOC_CTX *mem_ctx,
				  struct tevent_context *ev,
				  struct store_file *file);
bool ea_needed_recv(struct tevent_req *req);

#endif
