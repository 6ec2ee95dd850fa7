/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "server/sequence.h"

/* Not further ahead than that is later (3.3.5.2.10). */
#define MAX_AHEAD 0x7FFF

void sequence_begin(struct sequence *sequence, uint16_t number)
{
	sequence->number = number;
	sequence->outstanding = 0;
	sequence->before = 0;
	sequence->era++;
	sequence->first_era = sequence->era;
}

static bool is_later(const struct sequence *sequence, uint16_t number)
{
	uint16_t ahead = (uint16_t)(number - sequence->number);

	return ahead != 0 && ahead <= MAX_AHEAD;
}

static void go_on(struct sequence *sequence, uint16_t number)
{
	sequence->before += sequence->outstanding;
	sequence->outstanding = 0;
	sequence->number = number;
	sequence->era++;
}

bool sequence_enter(struct sequence *sequence, uint16_t number, bool replay,
		    struct sequence_count *count)
{
	count->era = 0;
	if (is_later(sequence, number)) {
		go_on(sequence, number);
	} else if (number != sequence->number) {
		return false;
	}
	if (replay && sequence->before > 0) {
		return false;
	}
	sequence->outstanding++;
	count->era = sequence->era + 1;
	return true;
}

void sequence_leave(struct sequence *sequence, struct sequence_count *count)
{
	if (count->era == sequence->era + 1) {
		sequence->outstanding--;
	} else if (count->era > sequence->first_era) {
		sequence->before--;
	}
	count->era = 0;
}
