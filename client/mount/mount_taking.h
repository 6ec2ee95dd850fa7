/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * mount_taking.h - one option of a mount while it is taken: what several files
 * of mount_options.h share. All but taking_refuse() return false when they have
 * said why not.
 */
#ifndef CLIENT_MOUNT_MOUNT_TAKING_H
#define CLIENT_MOUNT_MOUNT_TAKING_H

#include "client/mount/mount_options.h"

/** Of one request, and what holds where nothing is said. */
#define TAKING_SIZE_MOST ((size_t)1024 * 1024)

struct taking {
	struct mount_options *options;
	const char *name;
	const char *value; /* NULL: none */
	char **why;
};

/* ---------------------------------------------------------- mount_taking.c */

/** Says what is wrong with it. @return false */
bool taking_refuse(struct taking *t, const char *what);
/** A copy, in the place of what was there. */
bool taking_text(struct taking *t, char **where);
/** A copy, for who owns none. */
bool taking_const(struct taking *t, const char **where);
/** @param base  8: a mode. */
bool taking_number(struct taking *t, int base, unsigned long long most,
		   unsigned long long *out);
/** With a fraction; at most a day. */
bool taking_seconds(struct taking *t, double *out);
bool taking_mode(struct taking *t, mode_t *out);
/** Bytes of one request: at least 4096, no more than can be had. */
bool taking_size(struct taking *t, size_t *out);

/* ---------------------------------------------------------- mount_server.c */

bool server_set_port(struct taking *t);
bool server_set_max_channels(struct taking *t);
bool server_set_quic_version(struct taking *t);
bool server_set_congestion_control(struct taking *t);
bool server_set_ip(struct taking *t);
bool server_set_transport(struct taking *t);
bool server_set_ca(struct taking *t);
bool server_set_pin(struct taking *t);
bool server_set_trust(struct taking *t);
bool server_set_cert(struct taking *t);
bool server_set_key(struct taking *t);
bool server_set_vers(struct taking *t);
bool server_set_sec(struct taking *t);
bool server_set_seal(struct taking *t);
bool server_set_sign(struct taking *t);
bool server_set_option(struct taking *t);
bool server_set_timeout(struct taking *t);
bool server_set_echo_interval(struct taking *t);

#endif
