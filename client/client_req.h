/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * client_req.h - NTSTATUS in a tevent_req, for those who write requests on top
 * of the library's.
 *
 *	if (req_failed(req, status)) {
 *		return;
 *	}
 *
 * ends the request with the status when that is not success; req_status()
 * tells in the recv function how a request ended.
 */
#ifndef CLIENT_CLIENT_REQ_H
#define CLIENT_CLIENT_REQ_H

#include <tevent.h>

#include "smbquic/ntstatus.h"

static inline bool req_failed(struct tevent_req *req, NTSTATUS status)
{
	return tevent_req_error(req, status);
}

static inline NTSTATUS req_status(struct tevent_req *req)
{
	enum tevent_req_state state = TEVENT_REQ_INIT;
	uint64_t error = 0;

	if (!tevent_req_is_error(req, &state, &error)) {
		return NT_STATUS_OK;
	}
	switch (state) {
	case TEVENT_REQ_USER_ERROR: return (NTSTATUS)error;
	case TEVENT_REQ_TIMED_OUT: return NT_STATUS_IO_TIMEOUT;
	case TEVENT_REQ_NO_MEMORY: return NT_STATUS_NO_MEMORY;
	default: return NT_STATUS_INTERNAL_ERROR;
	}
}

/** The recv function of a request that brings nothing but a status. */
static inline NTSTATUS req_simple_recv(struct tevent_req *req)
{
	NTSTATUS status = req_status(req);

	tevent_req_received(req);
	return status;
}

#endif
