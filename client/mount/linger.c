/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Open files that nobody uses stay open for a while. Those whose time is over
 * are closed by dozens: what a program opened one after another goes out in one
 * message train and wakes both ends once, not each for itself beside what the
 * program does next. When there are too many, the oldest go.
 */
#include "client/mount/mount.h"
#include "smbquic/alarm.h"

/* Files that nobody uses and are open all the same, at most; and so many of
 * them are closed together to make room. */
#define LINGER_MOST 512
#define LINGER_ROOM 64
/* A file lingers for this part of its time longer, at most, so that it goes
 * with others. */
#define LINGER_PART 0.25

static void linger_tick(void *private_data);

static bool linger_arm(struct mount *mount, double until)
{
	double seconds =
		until + mount->options->close_time * LINGER_PART - attr_now();

	mount->linger_timer = alarm_add(
		mount->ev, mount, seconds > 0 ? (uint64_t)(seconds * 1e3) : 0,
		linger_tick, mount);
	return mount->linger_timer != NULL;
}

static void linger_tick(void *private_data)
{
	struct mount *mount = private_data;
	struct open_file *open = NULL;
	double now = attr_now();

	mount->linger_timer = NULL;
	open = TAILQ_FIRST(&mount->lingering_files);
	while (open != NULL && open->lingers_until <= now) {
		open_file_end(open);
		open = TAILQ_FIRST(&mount->lingering_files);
	}
	if (open != NULL && !linger_arm(mount, open->lingers_until)) {
		/* without memory for a timer none stays */
		while (!TAILQ_EMPTY(&mount->lingering_files)) {
			open_file_end(TAILQ_FIRST(&mount->lingering_files));
		}
	}
}

static void linger_make_room(struct mount *mount)
{
	unsigned i = 0;

	for (i = 0; i < LINGER_ROOM; i++) {
		open_file_end(TAILQ_FIRST(&mount->lingering_files));
	}
}

bool linger_begin(struct open_file *open)
{
	struct mount *mount = open->mount;

	if (mount->lingering >= LINGER_MOST) {
		linger_make_room(mount);
	}
	open->lingers_until = attr_now() + mount->options->close_time;
	if (mount->linger_timer == NULL &&
	    !linger_arm(mount, open->lingers_until)) {
		return false;
	}
	open->lingers = true;
	mount->lingering++;
	TAILQ_INSERT_TAIL(&mount->lingering_files, open, linger);
	return true;
}

void linger_end(struct open_file *open)
{
	if (open->lingers) {
		open->lingers = false;
		open->mount->lingering--;
		TAILQ_REMOVE(&open->mount->lingering_files, open, linger);
	}
}
