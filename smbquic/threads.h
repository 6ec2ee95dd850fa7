/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * threads.h - event loops in threads of their own, and letters between them.
 *
 * Every thread has its tevent context and touches nothing of another's: not
 * its talloc trees, not its file descriptors. What one wants of another it
 * writes into a letter. Letters from one thread to another arrive in the
 * order in which they were posted. Seat 0 is the loop of the one who made the
 * threads, 1..count are the threads.
 */
#ifndef SMBQUIC_THREADS_H
#define SMBQUIC_THREADS_H

#include <talloc.h>
#include <tevent.h>

struct threads;

/** The head of a letter: plain memory, whose owner is whoever has it. */
struct letter {
	struct letter *next;
	/** Called in the loop of the addressee, once; the letter is his. */
	void (*deliver)(struct letter *letter);
};

#define THREADS_MAX	64u
#define THREADS_LATE_MS 10

/**
 * @param count  1..THREADS_MAX.
 * @return NULL: errno is set.
 */
struct threads *threads_new(struct tevent_context *ev, unsigned count);
/** One more who needs them; the one who made them is the first. */
void threads_hold(struct threads *t);
/** When nobody needs them they end; letters on their way are delivered. Only
 *  in the loop of seat 0. */
void threads_release(struct threads *t);

unsigned threads_count(const struct threads *t);
struct tevent_context *threads_loop(const struct threads *t, unsigned seat);

void threads_post(struct threads *t, unsigned seat, struct letter *letter);
/** Post to seat 0, from the thread of `from`, what need not be known at once:
 *  it is delivered with the next letter that is posted otherwise, or
 *  THREADS_LATE_MS later. */
void threads_post_late(struct threads *t, unsigned from, struct letter *letter);
/** Post, and wait until it was delivered. From seat 0 to a thread only: a
 *  thread never waits for another. */
void threads_call(struct threads *t, unsigned seat, struct letter *letter);

#endif
