/* SPDX-License-Identifier: GPL-3.0-or-later */

#include "server/notice.h"

#include "server/list.h"
#include "server/request.h"

/* NT time within which what came in may have been sent before. */
#define ON_ITS_WAY UINT64_C(10000000)

/* Child of its session, in the list of its channel. */
struct notice {
	struct channel *channel;
	struct notice *prev, *next;
	uint64_t sent; /* NT time */
	uint16_t command;
	struct wire_slice body; /* a child */
};

static int notice_destructor(struct notice *notice)
{
	if (notice->channel != NULL) {
		LIST_REMOVE(notice->channel->notices, notice);
	}
	return 0;
}

void notice_sent(struct channel *channel, uint16_t command,
		 struct wire_slice body)
{
	struct notice *notice = NULL;
	uint8_t *copy = NULL;

	if (channel->session->num_channels < 2) {
		return;
	}
	notice = talloc_zero(channel->session, struct notice);
	if (notice == NULL) {
		return;
	}
	copy = talloc_memdup(notice, body.data, body.len);
	if (copy == NULL) {
		talloc_free(notice);
		return;
	}
	notice->channel = channel;
	notice->sent = server_now();
	notice->command = command;
	notice->body = wire_slice(copy, body.len);
	LIST_ADD(channel->notices, notice);
	talloc_set_destructor(notice, notice_destructor);
}

void notices_heard(struct conn *conn, bool acknowledges)
{
	struct channel *channel = NULL;
	uint64_t now = 0;

	for (channel = conn->channels; channel != NULL;
	     channel = channel->conn_next) {
		struct notice *notice = channel->notices;

		while (notice != NULL) {
			struct notice *next = notice->next;

			now = now == 0 ? server_now() : now;
			if (acknowledges || notice->sent + ON_ITS_WAY < now) {
				talloc_free(notice);
			}
			notice = next;
		}
	}
}

void notices_move(struct channel *channel)
{
	struct session *session = channel->session;
	struct channel *other = session_channel(session);

	while (channel->notices != NULL) {
		struct notice *notice = channel->notices;

		if (other != NULL && session->state != SESSION_ENDED) {
			(void)request_notify_on(other, notice->command,
						notice->body);
		}
		talloc_free(notice);
	}
}
