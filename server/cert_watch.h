/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * cert_watch.h - sees that certificates are renewed when it happens (inotify),
 * so that the log, smbquic-status and warnings of expiry speak of those that
 * are there now, though nobody connects.
 *
 * It is a hint and no more: certmap_choose() looks for itself at each
 * handshake, at most once a second. What inotify does not see (network file
 * systems, a folder above that is replaced) is found then, or by the next
 * housekeeping.
 */
#ifndef SERVER_CERT_WATCH_H
#define SERVER_CERT_WATCH_H

#include <talloc.h>
#include <tevent.h>

struct cert_watch;
struct certmap; /* certs/certmap.h */

/**
 * Watch the folders of what a map is made from. A second after the first
 * change there certmap_check() is called: both halves of a pair are written by
 * then, and a busy folder costs one look a second.
 *
 * @param map  has to outlive it.
 * @return NULL: out of memory. Where the kernel gives no inotify it is logged,
 *  and nothing is watched.
 */
struct cert_watch *cert_watch_new(TALLOC_CTX *mem_ctx,
				  struct tevent_context *ev,
				  struct certmap *map);

/** certmap_check() now, and watch what the map is made from now. */
void cert_watch_look(struct cert_watch *watch);

#endif
