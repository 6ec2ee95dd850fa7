/* SPDX-License-Identifier: GPL-3.0-or-later */
/* copy_private.h - what the files that implement ends share. */
#ifndef CLIENT_COPY_PRIVATE_H
#define CLIENT_COPY_PRIVATE_H

#include "client/client_req.h"
#include "client/copy.h"

/** An end of unknown size. @param name  copied. */
struct copy_end *copy_end_new(TALLOC_CTX *mem_ctx,
			      const struct copy_end_ops *ops, const char *name);

#endif
