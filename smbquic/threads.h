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

#include <stdbool.h>
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
 * So many seats, whose threads have yet to begin. ev outlives them, or is never
 * run again.
 *
 * @param count  1..THREADS_MAX.
 * @return NULL: errno is set.
 */
struct threads *threads_new(struct tevent_context *ev, unsigned count);
/** The thread of that seat begins, unless it has. Before that its seat has no
 *  loop and takes no letters. Only in the loop of seat 0.
 *  @return false: errno is set, and it may be tried again. */
bool threads_begin(struct threads *t, unsigned seat);
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
/**
 * Takes back what has been posted to seat 0 and is not delivered yet: whoever
 * those letters are for need not run the loop to get them. Only in the loop
 * of seat 0.
 *
 * @param wanted  looks at the letter alone; the others stay.
 * @return those, in their order, or NULL.
 */
struct letter *threads_take(struct threads *t,
			    bool (*wanted)(const struct letter *letter,
					   const void *arg),
			    const void *arg);

#endif
