/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * relay_options.h - the command line of smbquic-relay.
 */
#ifndef SMBQUIC_RELAY_OPTIONS_H
#define SMBQUIC_RELAY_OPTIONS_H

#include "smbquic/relay.h"
#include "smbquic/sandbox.h"

#define RELAY_PROGRAM "smbquic-relay"

/** A talloc object; all strings are its children. */
struct relay_options {
	struct relay_place *listen; /**< count of them */
	unsigned count;
	unsigned fds; /**< passed by a service manager */
	struct relay_place connect;
	const char *server_name, *address; /**< NULL: the host of connect */
	struct tls_client_policy client;
	struct transport_settings settings;
	unsigned quiet_ms, drain_ms;
	/* of listeners that are QUIC */
	bool needs_certificate;
	const char *certificate_map;
	const char *certificate, *key, *client_ca;
	enum sandbox_filter filter;
};

/**
 * @return -1: go on; else the exit status (help was printed, or what is wrong
 *         with the command line).
 */
int relay_options_parse(int argc, const char **argv, unsigned fds,
			struct relay_options *out);

#endif
