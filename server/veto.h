/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * veto.h - `veto files`: names that a share neither shows nor lets be made.
 */
#ifndef SERVER_VETO_H
#define SERVER_VETO_H

#include "server/server.h"

struct veto;

/** @return NULL: nothing is vetoed (or no memory for the patterns: *ok is
 *          false then). */
struct veto *veto_new(TALLOC_CTX *mem_ctx, const struct share *share, bool *ok);

/** Is this name, or one on the way to it, vetoed? veto may be NULL. */
bool veto_path(const struct veto *veto, const char *path);
bool veto_name(const struct veto *veto, const char *name);

#endif
