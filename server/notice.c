/* SPDX-License-Identifier: GPL-3.0-or-later */

#include "server/notice.h"

#include <string.h>

#include "server/request.h"
#include "smbquic/alarm.h"
#include "smbquic/list.h"

/* What came in may have been sent so much earlier. */
#define ON_ITS_WAY_MS 1000

/* Longer than any network takes to say that bytes have come, in microseconds
 * and round trips: a delayed acknowledgment, and one that is lost. */
#define PATIENCE       1500000
#define PATIENCE_TRIPS 4

/* Child of its session, in the list of its channel. */
struct notice {
	struct channel *channel;
	struct notice *prev, *next; /* younger, older */
	uint64_t sent;		    /* of alarm_clock() */
	uint16_t command;
	struct wire_slice body; /* a child */
};

static int notice_destructor(struct notice *notice)
{
	struct notices *of = &notice->channel->notices;

	if (of->oldest == notice) {
		of->oldest = notice->prev;
	}
	LIST_REMOVE(of->newest, notice);
	return 0;
}

/* --- where else ------------------------------------------------------------
 */

static bool is_lease(const struct notice *notice)
{
	return notice->command == SMB2_OPLOCK_BREAK &&
	       notice->body.len == SMB2_LEASE_BREAK_NOTIFICATION_SIZE;
}

static bool is_usable(const struct channel *channel)
{
	return channel->valid && !channel->conn->closing &&
	       channel->session->state != SESSION_ENDED;
}

/* The older of two, of which the first may be missing, that is younger than
 * the connection `after`. */
static struct channel *older(struct channel *best, struct channel *channel,
			     uint64_t after)
{
	if (!is_usable(channel) || channel->conn->id <= after ||
	    (best != NULL && best->conn->id <= channel->conn->id)) {
		return best;
	}
	return channel;
}

/* The next of the session's connections: for an oplock (3.3.4.6). */
static struct channel *next_of_session(const struct session *session,
				       uint64_t after)
{
	struct channel *channel = NULL;
	struct channel *best = NULL;

	for (channel = session->channels; channel != NULL;
	     channel = channel->session_next) {
		best = older(best, channel, after);
	}
	return best;
}

/* The next of the client's: for a lease (3.3.4.7). */
static struct channel *next_of_client(const struct session *session,
				      uint64_t after)
{
	const struct conn *conn = session->server->conns;
	struct channel *best = NULL;

	for (; conn != NULL; conn = conn->next) {
		struct channel *channel = conn->channels;

		for (; channel != NULL; channel = channel->conn_next) {
			if (memcmp(channel->session->client_guid,
				   session->client_guid,
				   sizeof(session->client_guid)) == 0) {
				best = older(best, channel, after);
			}
		}
	}
	return best;
}

static struct channel *next_channel(const struct notice *notice,
				    const struct session *session,
				    uint64_t after)
{
	return is_lease(notice) ? next_of_client(session, after)
				: next_of_session(session, after);
}

/* --- sent, and perhaps not arrived -----------------------------------------
 */

static void send_on(struct notice *notice, struct channel *other)
{
	if (other != NULL) {
		(void)request_notify_on(other, notice->command, notice->body);
	}
	talloc_free(notice);
}

/* The oldest first. What has no other way now may have one later: a connection
 * that joins its session. */
static void try_others(struct channel *channel)
{
	struct notice *notice = channel->notices.oldest;

	while (notice != NULL) {
		struct notice *younger = notice->prev;
		struct channel *other = next_channel(notice, channel->session,
						     channel->conn->id);

		if (other != NULL) {
			send_on(notice, other);
		}
		notice = younger;
	}
}

static void look_later(struct channel *channel,
		       const struct transport_stats *stats);

/* Nothing that the connection carries comes to the client: another one will,
 * maybe. */
static void look(void *private_data)
{
	struct channel *channel =
		talloc_get_type_abort(private_data, struct channel);
	struct transport_stats stats = {0};

	channel->notices.look = NULL;
	transport_stats(message_conn_transport(channel->conn->messages),
			&stats);
	if (stats.bytes_acked == stats.bytes_out) {
		return; /* it is there, read or not */
	}
	if (stats.bytes_acked == channel->notices.acked) {
		try_others(channel);
	}
	if (channel->notices.oldest != NULL) {
		look_later(channel, &stats);
	}
}

static void look_later(struct channel *channel,
		       const struct transport_stats *stats)
{
	uint64_t us = PATIENCE + PATIENCE_TRIPS * stats->rtt_us;

	channel->notices.acked = stats->bytes_acked;
	channel->notices.look = alarm_add(channel->conn->server->ev, channel,
					  us / 1000 + 1, look, channel);
}

static struct notice *notice_new(struct channel *channel, uint16_t command,
				 struct wire_slice body)
{
	struct notice *notice = talloc_zero(channel->session, struct notice);
	uint8_t *copy = NULL;

	if (notice == NULL) {
		return NULL;
	}
	copy = talloc_memdup(notice, body.data, body.len);
	if (copy == NULL) {
		talloc_free(notice);
		return NULL;
	}
	notice->channel = channel;
	notice->sent = alarm_clock();
	notice->command = command;
	notice->body = wire_slice(copy, body.len);
	return notice;
}

void notice_sent(struct channel *channel, uint16_t command,
		 struct wire_slice body)
{
	struct notice *notice = notice_new(channel, command, body);
	struct transport_stats stats = {0};

	if (notice == NULL) {
		return;
	}
	LIST_ADD(channel->notices.newest, notice);
	if (channel->notices.oldest == NULL) {
		channel->notices.oldest = notice;
	}
	talloc_set_destructor(notice, notice_destructor);
	if (channel->notices.look == NULL) {
		transport_stats(message_conn_transport(channel->conn->messages),
				&stats);
		look_later(channel, &stats);
	}
}

/* --- arrived ---------------------------------------------------------------
 */

static bool is_about(const struct notice *notice, const uint8_t *about)
{
	return notice->command == SMB2_OPLOCK_BREAK &&
	       notice->body.len >= NOTICE_ABOUT_OFFSET + NOTICE_ABOUT_SIZE &&
	       memcmp(about, notice->body.data + NOTICE_ABOUT_OFFSET,
		      NOTICE_ABOUT_SIZE) == 0;
}

static void over(struct channel *channel, const uint8_t *about)
{
	struct notice *notice = channel->notices.newest;

	while (notice != NULL) {
		struct notice *next = notice->next;

		if (is_about(notice, about)) {
			talloc_free(notice);
		}
		notice = next;
	}
}

void notices_over(const struct session *session,
		  const uint8_t about[NOTICE_ABOUT_SIZE])
{
	struct channel *channel = NULL;

	for (channel = session->channels; channel != NULL;
	     channel = channel->session_next) {
		over(channel, about);
	}
}

void notices_heard(struct conn *conn)
{
	struct channel *channel = NULL;
	uint64_t now = 0;

	for (channel = conn->channels; channel != NULL;
	     channel = channel->conn_next) {
		struct notice *oldest = channel->notices.oldest;

		if (oldest != NULL && now == 0) {
			now = alarm_clock();
		}
		while (oldest != NULL && oldest->sent + ON_ITS_WAY_MS < now) {
			talloc_free(oldest);
			oldest = channel->notices.oldest;
		}
	}
}

/* --- the end of a connection -----------------------------------------------
 */

void notices_move(struct channel *channel)
{
	const struct session *session = channel->session;

	while (channel->notices.oldest != NULL) {
		struct notice *notice = channel->notices.oldest;
		struct channel *other =
			next_channel(notice, session, channel->conn->id);

		if (other == NULL) {
			other = next_channel(notice, session, 0);
		}
		send_on(notice, other);
	}
}
