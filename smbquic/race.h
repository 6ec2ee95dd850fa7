/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * race.h - connect to a name by the first way that works.
 *
 * MS-SMB2 3.2.4.2.1 leaves order and parallelism of transports and addresses
 * to the client. Ours, after RFC 8305: lanes (a transport and its port) are
 * in order of preference; the first lane starts at once, each further one
 * after the head start, each further address of a name after the attempt
 * delay; a failure starts the next at once; the first that completes wins
 * and the others are cancelled.
 *
 * A secure carrier that has not answered when one in the clear wins may be
 * blocked: that is said, and listened for on while the winner lives; when it
 * holds, it is remembered for a while (blocked.h), so that the next race begins
 * with the others.
 *
 * Who won is remembered (winner.h), carrier and address, and starts first the
 * next time; when it fails then the others start at once, as with any failure.
 *
 * One failure ends the race: a secure transport that reached the server but
 * did not accept its certificate (EACCES). Going on in the clear would be the
 * downgrade that a certificate is there to prevent.
 */
#ifndef SMBQUIC_RACE_H
#define SMBQUIC_RACE_H

#include "smbquic/transport.h"

#define RACE_MAX_LANES	   4
#define RACE_HEAD_START_MS 250 /* RFC 8305 section 5 */

struct race_lane {
	const struct transport_backend *via;
	uint16_t port;	     /**< 0: the transport's default */
	const char *because; /**< why this row, where "quic" left the choice;
				a constant, or NULL */
};

struct race_params {
	/** Name for SNI, certificate check and, without address, the DNS. */
	const char *server_name;
	/** Connect there instead of where the name points; NULL: resolve. */
	const char *address;
	struct race_lane lane[RACE_MAX_LANES];
	unsigned lanes;
	unsigned head_start_ms;			   /**< 0: RACE_HEAD_START_MS */
	const struct tls_client_policy *tls;	   /**< kept by the caller */
	const struct transport_settings *settings; /**< NULL: defaults */
	bool rehearsal; /**< the winner will not be used: no warnings */
	/** As transport_target.early; kept by the caller. */
	const uint8_t *early;
	size_t early_len;
	/** As in transport_target. */
	struct threads *threads;
	unsigned seat;
};

/**
 * Lanes of a list like "auto", "quic", "tcp", "quic:4433, tcp:4450". "auto"
 * is "quic, tcp". port 0 in a lane means the default; fixed_port, when not
 * 0, is put into every lane that names none.
 *
 * @param why  out: on failure a sentence, child of mem_ctx.
 * @return false: an unknown transport, a bad port, too many.
 */
bool race_parse_lanes(TALLOC_CTX *mem_ctx, const char *list,
		      uint16_t fixed_port, struct race_params *out, char **why);

struct tevent_req *race_connect_send(TALLOC_CTX *mem_ctx,
				     struct tevent_context *ev,
				     const struct race_params *params);
/**
 * @param why  out: on failure sentences, one per way that was tried.
 * @return 0, or an errno value of transport_connect_recv; ENOENT: the name is
 *         unknown. Of several failures the one that tells most.
 */
int race_connect_recv(struct tevent_req *req, TALLOC_CTX *mem_ctx,
		      struct transport **out, char **why);

#endif
