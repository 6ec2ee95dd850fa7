/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * sequence.h - the channel sequence of an open (MS-SMB2 3.3.5.2.10): a client
 * whose channel failed counts on, so that what it had sent by that channel,
 * and may arrive late, changes nothing any more; and what it sends again waits
 * until all from before is answered.
 */
#ifndef SERVER_SEQUENCE_H
#define SERVER_SEQUENCE_H

#include <stdbool.h>
#include <stdint.h>

struct sequence {
	uint16_t number;      /**< Open.ChannelSequence */
	uint32_t outstanding; /**< Open.OutstandingRequestCount */
	uint32_t before;      /**< Open.OutstandingPreRequestCount */
	uint64_t era;	      /**< how often the number changed, which comes
				   round */
	uint64_t first_era;   /**< since sequence_begin() */
};

/** Where a request was counted; zero: nowhere. */
struct sequence_count {
	uint64_t era; /**< and 1 */
};

/** The open is made, or its owner is back, by a request with that number. */
void sequence_begin(struct sequence *sequence, uint16_t number);

/**
 * A request that names the open.
 * @param replay  it says that it was sent before.
 * @param count   out: for sequence_leave().
 * @return false: it is too late, or too early: if it would change something it
 *         is refused with STATUS_FILE_NOT_AVAILABLE.
 */
bool sequence_enter(struct sequence *sequence, uint16_t number, bool replay,
		    struct sequence_count *count);

/** It is answered, or will never be (3.3.4.1). */
void sequence_leave(struct sequence *sequence, struct sequence_count *count);

#endif
