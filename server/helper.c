/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <stdlib.h>

#include "server/helper.h"

struct help {
	struct worker_job head; /* first */
	void (*work)(void *job);
	void *job;
};

static void help_run(struct worker_job *head)
{
	const struct help *help = (struct help *)(void *)head;

	help->work(help->job);
}

static void help_release(struct worker_job *head)
{
	struct help *help = (struct help *)(void *)head;

	talloc_free(help->job);
	free(help);
}

static struct tevent_req *help_send(TALLOC_CTX *mem_ctx,
				    struct tevent_context *ev,
				    void (*work)(void *job), void *job,
				    void *private_data)
{
	const struct conn *conn = private_data;
	struct help *help = calloc(1, sizeof(*help));

	if (help == NULL) {
		talloc_free(job);
		return NULL;
	}
	help->head.run = help_run;
	help->head.release = help_release;
	help->head.party = conn;
	help->work = work;
	help->job = job;
	return worker_submit_send(mem_ctx, ev, conn->server->packing,
				  &help->head);
}

struct message_helper helper_of(struct conn *conn)
{
	return (struct message_helper){
		.send = help_send,
		.recv = worker_submit_recv,
		.private_data = conn,
	};
}
