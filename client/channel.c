/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Channels: a session on a connection (MS-SMB2 3.2.1.8). */
#include <string.h>

#include "client/client_private.h"

static int channel_destructor(struct client_channel *channel)
{
	if (channel->conn != NULL) {
		TAILQ_REMOVE(&channel->conn->channels, channel, conn_entry);
	}
	if (channel->session != NULL) {
		TAILQ_REMOVE(&channel->session->channels, channel,
			     session_entry);
	}
	return 0;
}

struct client_channel *channel_new(struct client_session *session,
				   struct client_conn *conn)
{
	struct client_channel *channel =
		talloc_zero(session, struct client_channel);

	if (channel == NULL) {
		return NULL;
	}
	channel->conn = conn;
	channel->session = session;
	memcpy(channel->preauth, conn->agreement.preauth,
	       sizeof(channel->preauth));
	TAILQ_INSERT_TAIL(&conn->channels, channel, conn_entry);
	TAILQ_INSERT_TAIL(&session->channels, channel, session_entry);
	talloc_set_destructor(channel, channel_destructor);
	return channel;
}

bool channel_hash(struct client_channel *channel, struct wire_slice message)
{
	struct iovec iov = {.iov_len = message.len};

	iov.iov_base = (void *)(uintptr_t)message.data;
	return message.len > 0 &&
	       crypto_preauth_update(channel->preauth, &iov, 1) == 0;
}

static bool channel_works(const struct client_channel *channel)
{
	return channel->conn != NULL && channel->conn->dead == NT_STATUS_OK &&
	       !channel->conn->down && !channel->binding;
}

struct client_channel *channel_choose(struct client_session *session)
{
	struct client_channel *channel = NULL;

	TAILQ_FOREACH(channel, &session->channels, session_entry)
	{
		if (channel_works(channel)) {
			return channel;
		}
	}
	return NULL;
}

struct client_channel *channel_first(const struct client_session *session)
{
	return TAILQ_FIRST(&session->channels);
}

struct client_channel *channel_on(const struct client_session *session,
				  const struct client_conn *conn)
{
	struct client_channel *channel = NULL;

	TAILQ_FOREACH(channel, &session->channels, session_entry)
	{
		if (channel->conn == conn && !channel->binding) {
			return channel;
		}
	}
	return NULL;
}

NTSTATUS channel_take_key(struct client_channel *channel,
			  const struct keys_input *input)
{
	const struct client_channel *first = channel_first(channel->session);
	struct smb2_signing_key *key = NULL;
	NTSTATUS status = channel_signing_key_new(channel, input, &key);

	if (NT_STATUS_IS_OK(status)) {
		talloc_free(channel->own);
		channel->own = key;
		channel->signing = key;
		channel->keys = first->keys;
	}
	return status;
}

void channel_release_all(struct client_session *session)
{
	struct client_channel *channel = NULL;

	while (!TAILQ_EMPTY(&session->channels)) {
		channel = TAILQ_FIRST(&session->channels);
		TAILQ_REMOVE(&session->channels, channel, session_entry);
		channel->session = NULL;
		if (channel->conn != NULL && channel->calls > 0) {
			talloc_steal(channel->conn, channel);
		}
	}
}

void channel_call_ended(struct client_channel *channel)
{
	channel->calls--;
	if (channel->calls == 0 && channel->session == NULL &&
	    channel->conn != NULL) {
		talloc_steal(channel->conn->trash, channel);
	}
}
