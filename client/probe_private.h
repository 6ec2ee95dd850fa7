/* SPDX-License-Identifier: GPL-3.0-or-later */
/* probe_private.h - the parts of a probe, and their messages for tests. */
#ifndef CLIENT_PROBE_PRIVATE_H
#define CLIENT_PROBE_PRIVATE_H

#include <sys/socket.h>

#include "client/probe.h"
#include "smbquic/race.h"
#include "smbquic/wire.h"

/* ------------------------------------------------------------ probe_udp.c */

/* RFC 9000 14.1: what is shorter need not be answered. */
#define PROBE_DATAGRAM 1200
#define PROBE_CID      8

struct probe_udp {
	uint8_t cid[2 * PROBE_CID]; /* the server's, then ours */
	uint8_t datagram[PROBE_DATAGRAM];
	uint32_t versions[CLIENT_PROBE_VERSIONS];
	unsigned count;
};

/* A datagram of a version that nobody has (RFC 9000 6.3). */
bool probe_udp_ask(struct probe_udp *ask);
/* @return whether that answers it; versions are set then, without those that
 * nobody has. */
bool probe_udp_answer(struct probe_udp *ask, struct wire_slice datagram);

/* Ask until it is answered, or the address says that nobody is there. Not
 * timed out. */
struct tevent_req *probe_udp_send(TALLOC_CTX *mem_ctx,
				  struct tevent_context *ev,
				  const struct sockaddr *addr, socklen_t len);
/* @return 0 or errno. *out and *us are set on success. */
int probe_udp_recv(struct tevent_req *req, struct probe_udp *out, uint64_t *us);

/* ------------------------------------------------------------ probe_smb.c */

/* What is offered: first all, then what was not chosen yet. */
struct probe_offer {
	const char *server;
	bool secure; /* the transport is */
	uint16_t dialects[5];
	uint16_t dialect_count;
	struct client_probe_ids signing, ciphers, compression;
};

struct probe_offer probe_offer_all(const char *server, bool secure);

/* A NEGOTIATE message, with the four bytes of length in front. */
bool probe_smb_ask(const struct probe_offer *offer, struct wire_writer *w);
/* The answer, without length, into what is known already.
 * *more: something new was chosen and something is left in the offer. */
bool probe_smb_answer(struct wire_slice message, struct probe_offer *offer,
		      struct client_probe_smb *out, bool *more);

/* Connect as race says, and negotiate until nothing is left. All is written to
 * *out as it comes, strings as children of owner. opened is called with the
 * first transport. */
struct tevent_req *probe_smb_send(
	TALLOC_CTX *mem_ctx, struct tevent_context *ev,
	const struct race_params *race, TALLOC_CTX *owner,
	struct client_probe_smb *out,
	void (*opened)(void *private_data, const struct transport *t),
	void *private_data);
bool probe_smb_recv(struct tevent_req *req);

/* Microseconds of a clock that only runs. */
uint64_t probe_now(void);

#endif
