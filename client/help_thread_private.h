/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * help_thread_private.h - a thread that does, one after the other, what would
 * hold up the loop. It begins with the first job.
 */
#ifndef CLIENT_HELP_THREAD_PRIVATE_H
#define CLIENT_HELP_THREAD_PRIVATE_H

#include <talloc.h>
#include <tevent.h>

struct help_thread;

/** Freeing it waits for what the thread has; who waits for that hears of it
 *  later. In a callback of one of its requests it does not wait: the thread
 * ends soon afterwards. @return NULL: no memory. */
struct help_thread *help_thread_new(TALLOC_CTX *mem_ctx,
				    struct tevent_context *ev);

/**
 * Has work(job) done: struct message_helper says the rest. A job whose request
 * is freed before it began is not begun.
 *
 * @param thread  a struct help_thread.
 */
struct tevent_req *help_thread_send(TALLOC_CTX *mem_ctx,
				    struct tevent_context *ev,
				    void (*work)(void *job), void *job,
				    void *thread);
/** @return 0; EAGAIN, ENOMEM: there is no thread, and nothing was done. */
int help_thread_recv(struct tevent_req *req);

#endif
