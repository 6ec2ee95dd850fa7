/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A watched directory that is removed by others than clients. Its handle keeps
 * it, so that the kernel does not say so; it says that something was removed
 * where the directory lies, and then a thread looks whether that was it. It may
 * also have been moved: then it lies elsewhere, and if that is not in the share
 * it is as gone as if it had been removed.
 *
 * Where a directory's path is too long for the kernel to tell it, a thread
 * looks at each event: what happened outside the share is nobody's business.
 *
 * One thread looks at a time for a watch; what is told meanwhile makes it look
 * once more.
 */

#include "server/store_posix_watch.h"

/* Child of the watch. */
struct posix_watch_look {
	struct store_watch *watch;
	struct posix_job *job;
	bool again;
	bool unsure; /* of what the watch was when it began */
};

static void look_done(struct tevent_req *subreq);

bool posix_watch_gone(struct store_watch *watch)
{
	if (watch->gone) {
		return true;
	}
	watch->gone = true;
	posix_spots_drop(watch, "");
	return posix_watch_tell(watch, STORE_EVENT_GONE, 0, "", "");
}

/* false: no memory or no descriptor. */
static bool look_start(struct posix_watch_look *look)
{
	struct store_watch *watch = look->watch;
	struct tevent_req *subreq = NULL;

	look->unsure = watch->unsure;
	look->job = posix_watch_job(watch, posix_do_parent, "");
	if (look->job == NULL) {
		return false;
	}
	subreq = worker_submit_send(look, watch->ev,
				    posix_store_of(watch->store)->lane,
				    &look->job->job);
	if (subreq == NULL) {
		return false;
	}
	watch->unsure = false;
	tevent_req_set_callback(subreq, look_done, look);
	return true;
}

void posix_watch_look(struct store_watch *watch)
{
	if (watch->gone) {
		return;
	}
	if (watch->look != NULL) {
		watch->look->again = true;
		return;
	}
	watch->look = talloc_zero(watch, struct posix_watch_look);
	if (watch->look == NULL) {
		return;
	}
	watch->look->watch = watch;
	if (!look_start(watch->look)) {
		TALLOC_FREE(watch->look);
	}
}

/* Where it lies now. */
static void move_spot(struct store_watch *watch,
		      const struct posix_walked *walked)
{
	if (walked != NULL &&
	    posix_spot_add(watch, walked->wd, true, "") == 0) {
		posix_spots_leave(watch, walked->wd);
	}
}

static void look_done(struct tevent_req *subreq)
{
	struct posix_watch_look *look =
		tevent_req_callback_data(subreq, struct posix_watch_look);
	struct store_watch *watch = look->watch;
	int err = worker_submit_recv(subreq);
	bool again = look->again;
	bool unsure = look->unsure;
	bool gone = false;

	if (err == 0) {
		err = look->job->err;
	}
	if (err == 0) {
		gone = look->job->gone;
		if (posix_watch_void(look->job)) {
			again = true;
		} else {
			move_spot(watch, look->job->out);
		}
	}
	TALLOC_FREE(watch->look);
	if (gone) {
		(void)posix_watch_gone(watch);
	} else if ((err == 0 && !unsure) ||
		   posix_watch_tell(watch, STORE_EVENT_OVERFLOW, 0, "", "")) {
		if (again) {
			posix_watch_look(watch);
		}
	}
}
