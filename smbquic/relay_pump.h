/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * relay_pump.h - two transports joined: what one brings the other carries on.
 *
 * Each direction is on its own. It reads no faster than the other side takes
 * (RELAY_IN_FLIGHT bytes are on their way at most), and its end is carried on
 * as an end of the stream (transport_finish) while the other direction goes
 * on. After the first end the other may last as long as bytes move.
 */
#ifndef SMBQUIC_RELAY_PUMP_H
#define SMBQUIC_RELAY_PUMP_H

#include "smbquic/transport.h"

/** Bytes of one direction that were read and not yet taken by the other
 *  side: a hundred milliseconds at half a gigabit a second. */
#define RELAY_IN_FLIGHT (8u << 20)

/** What has passed, and how it ended. */
struct relay_tally {
	uint64_t forth, back; /**< bytes from a to b, and from b to a */
	const char *why;      /**< a sentence, child of the request; NULL: both
				 sides had said all they had */
};

/**
 * Join them until both directions have ended, one side broke, or
 * relay_pump_end() is called; the transports are shut down then, and still
 * the caller's to free.
 *
 * @param quiet_ms  how long the second direction may be silent when the first
 *                  has ended.
 */
struct tevent_req *relay_pump_send(TALLOC_CTX *mem_ctx,
				   struct tevent_context *ev,
				   struct transport *a, struct transport *b,
				   unsigned quiet_ms);
/** @return 0, or the errno value of the side that broke, or what
 *          relay_pump_end was told. @param out  may be NULL; its sentence is
 *          good as long as the request. */
int relay_pump_recv(struct tevent_req *req, struct relay_tally *out);

/** Is nothing on its way, and has nothing moved for so long? */
bool relay_pump_is_quiet(struct tevent_req *req, unsigned ms);

/** End it: what was read is delivered (bounded by a few seconds), and both
 *  sides are told the code. @param err  what relay_pump_recv returns. */
void relay_pump_end(struct tevent_req *req, int err, enum transport_close code,
		    const char *why);

#endif
