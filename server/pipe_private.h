/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * pipe_private.h - an open pipe. Private to pipe.c and pipe_info.c.
 */
#ifndef SERVER_PIPE_PRIVATE_H
#define SERVER_PIPE_PRIVATE_H

#include "server/pipe_rpc.h"

#define PIPE_QUOTA 4096 /**< what Windows says of these pipes */

/** Child of its open. */
struct pipe {
	struct rpc *rpc;
	struct pipe_reader *readers, **end; /**< first come, first served */
};

#endif
