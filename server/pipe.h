/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * pipe.h - named pipes of IPC$: a message pipe with an RPC server at its other
 * end (MS-RPCE over MS-SMB2 3.3.5.15.3). The commands CREATE, CLOSE, READ,
 * WRITE, FLUSH, QUERY_INFO and SET_INFO have handlers of their own here
 * (dispatch.h); IOCTL calls the functions below.
 */
#ifndef SERVER_PIPE_H
#define SERVER_PIPE_H

#include "server/request.h"

/**
 * FSCTL_PIPE_TRANSCEIVE, FSCTL_PIPE_PEEK, FSCTL_PIPE_WAIT on IPC$, whose
 * output goes into the IOCTL response. Any other control code ends with
 * NT_STATUS_INVALID_DEVICE_REQUEST; a code that needs a pipe and has none (the
 * FileId is all ones) with NT_STATUS_FILE_CLOSED.
 *
 * @param input   of the IOCTL request; borrowed from r->pdu.
 * @param max_out MaxOutputResponse.
 */
struct tevent_req *pipe_ioctl_send(TALLOC_CTX *mem_ctx,
				   struct tevent_context *ev, struct request *r,
				   uint32_t ctl_code, struct wire_slice input,
				   uint32_t max_out);
/**
 * @param output  out: child of mem_ctx, at most max_out bytes.
 * @return NT_STATUS_OK, NT_STATUS_BUFFER_OVERFLOW (output is good and more
 *         follows by READ), or an error.
 */
NTSTATUS pipe_ioctl_recv(struct tevent_req *req, TALLOC_CTX *mem_ctx,
			 struct wire_slice *output);

#endif
