/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A thread for what would hold up the loop: the compression of a connection's
 * large messages, the reading and writing of a large local file. It is made for
 * the first of them, and ends with the connection, or with the file.
 */
#include <errno.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <unistd.h>

#include "client/client_private.h"
#include "client/help_thread_private.h"
#include "smbquic/threads.h"

/* The only seat beside the loop's. */
#define THREAD 1

struct help;

/* Child of the connection, or of the file. */
struct help_thread {
	struct tevent_context *ev;
	struct threads *threads; /* NULL: none yet */
	pid_t pid;		 /* whose thread it is */
	TAILQ_HEAD(, help) helps;
};

/* Plain memory: the thread's, then the request's. */
struct help {
	struct letter letter; /* first */
	TAILQ_ENTRY(help) entry;
	struct threads *threads;
	void (*work)(void *job);
	void *job;
	atomic_bool off; /* nobody waits: it need not begin */

	/* the loop's alone */
	struct help_thread *helper; /* NULL: it is gone */
	struct tevent_req *req;	    /* NULL: nobody waits */
	bool back;
};

struct help_state {
	struct help *help; /* NULL: nothing was begun */
};

static void help_free(struct help *help)
{
	if (help->helper != NULL) {
		TAILQ_REMOVE(&help->helper->helps, help, entry);
	}
	talloc_free(help->job);
	free(help);
}

/* In the loop: it was done. */
static void help_back(struct letter *letter)
{
	struct help *help = (struct help *)(void *)letter;

	help->back = true;
	if (help->req == NULL) {
		help_free(help);
		return;
	}
	tevent_req_done(help->req);
}

/* In the thread. */
static void help_work(struct letter *letter)
{
	struct help *help = (struct help *)(void *)letter;

	if (!atomic_load(&help->off)) {
		help->work(help->job);
	}
	help->letter.deliver = help_back;
	threads_post(help->threads, 0, &help->letter);
}

static int help_state_destructor(struct help_state *state)
{
	struct help *help = state->help;

	if (help == NULL) {
		return 0;
	}
	help->req = NULL;
	atomic_store(&help->off, true);
	if (help->back) {
		help_free(help);
	}
	return 0;
}

/* Is there a thread? One of before a fork() is not. */
static bool help_thread_ready(struct help_thread *helper)
{
	if (helper->threads == NULL) {
		helper->threads = threads_new(helper->ev, 1);
		helper->pid = getpid();
	}
	return helper->threads != NULL && helper->pid == getpid() &&
	       threads_begin(helper->threads, 1);
}

struct tevent_req *help_thread_send(TALLOC_CTX *mem_ctx,
				    struct tevent_context *ev,
				    void (*work)(void *job), void *job,
				    void *thread)
{
	struct help_thread *helper =
		talloc_get_type_abort(thread, struct help_thread);
	struct help *help = calloc(1, sizeof(*help));
	struct help_state *state = NULL;
	struct tevent_req *req =
		tevent_req_create(mem_ctx, &state, struct help_state);

	if (req == NULL || help == NULL) {
		talloc_free(req);
		talloc_free(job);
		free(help);
		return NULL;
	}
	*help = (struct help){
		.letter.deliver = help_work,
		.threads = NULL,
		.work = work,
		.job = job,
		.helper = helper,
		.req = req,
	};
	TAILQ_INSERT_TAIL(&helper->helps, help, entry);
	state->help = help;
	talloc_set_destructor(state, help_state_destructor);
	if (!help_thread_ready(helper)) {
		help->back = true;
		tevent_req_error(req, EAGAIN);
		return tevent_req_post(req, ev);
	}
	help->threads = helper->threads;
	threads_post(help->threads, THREAD, &help->letter);
	return req;
}

int help_thread_recv(struct tevent_req *req)
{
	enum tevent_req_state how = TEVENT_REQ_INIT;
	uint64_t err = 0;

	if (!tevent_req_is_error(req, &how, &err)) {
		return 0;
	}
	return how == TEVENT_REQ_USER_ERROR ? (int)err : ENOMEM;
}

/* What the thread has is waited for; who waits for that hears of it later. */
static int help_thread_destructor(struct help_thread *helper)
{
	struct help *help = NULL;

	TAILQ_FOREACH(help, &helper->helps, entry)
	{
		help->helper = NULL;
		if (help->req != NULL && !help->back) {
			tevent_req_defer_callback(help->req, helper->ev);
		}
	}
	if (helper->threads != NULL && helper->pid == getpid()) {
		threads_release(helper->threads);
	}
	return 0;
}

struct help_thread *help_thread_new(TALLOC_CTX *mem_ctx,
				    struct tevent_context *ev)
{
	struct help_thread *helper = talloc_zero(mem_ctx, struct help_thread);

	if (helper != NULL) {
		helper->ev = ev;
		TAILQ_INIT(&helper->helps);
		talloc_set_destructor(helper, help_thread_destructor);
	}
	return helper;
}

bool help_thread_start(struct client_conn *conn)
{
	struct help_thread *helper = help_thread_new(conn->message, conn->ev);
	struct message_helper how = {
		.send = help_thread_send,
		.recv = help_thread_recv,
		.private_data = helper,
	};

	if (helper == NULL) {
		return false;
	}
	message_conn_set_helper(conn->message, &how);
	return true;
}
