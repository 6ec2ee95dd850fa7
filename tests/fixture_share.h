/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * fixture_share.h - a client that has logged on and connected to a share:
 * requests are queued, sent as one message, answered one by one.
 * fixture_files.h has the requests.
 */
#ifndef SMBQUIC_FIXTURE_SHARE_H
#define SMBQUIC_FIXTURE_SHARE_H

#include "tests/fixture_server.h"
#include "tests/store_now.h"

#include "server/server.h"
#include "smbquic/utf16.h"

#define FILES_MAX_QUEUE 8
#define FILES_CREDITS	512
#define FILES_GLOBAL	"[global]\nserver smb transports = tcp:20900\n"

/* A response that nobody has asked for yet. */
struct received {
	struct received *next;
	struct message_pdu pdu;
};

struct files {
	struct fixture *f;
	struct session *session;
	struct tree *tree;
	uint32_t flags; /* of the requests to come, until they are sent */

	struct message_out queue[FILES_MAX_QUEUE];
	uint64_t ids[FILES_MAX_QUEUE]; /* MessageIds of the last message */
	unsigned queued;
	struct received *inbox;
	struct message_pdu reply; /* the last one looked at */
};

/* FileId of a request that inherits it. */
static const struct smb2_file_id files_inherited = {
	.persistent_id = SMB2_FILE_ID_ANY,
	.volatile_id = SMB2_FILE_ID_ANY,
};

/* --- the share ------------------------------------------------------------
 */

/* Another tree connect, as TREE_CONNECT makes it. */
static inline struct tree *files_tree(struct files *t, const char *name)
{
	const struct config_macros macros = {0};
	struct share *share = share_find(t->f->server, name);
	struct tree *tree = tree_new(t->session, share);
	char *why = NULL;

	assert_non_null(tree);
	tree->user = t->session->user;
	tree->store = share_store_now(share, tree, &macros, &why);
	if (tree->store == NULL) {
		fail_msg("%s", why);
	}
	tree->maximal_access = FILE_ALL_ACCESS;
	return tree;
}

/* @param text  the configuration; has a share [data], which is connected to. */
static inline struct files *files_new_config(const char *text)
{
	struct files *t = talloc_zero(NULL, struct files);

	t->f = fixture_new(text, NULL);
	talloc_steal(t, t->f);
	fixture_negotiated(t->f);
	t->session = fixture_logged_on(t->f);
	credits_take(t->f->conn->credits, 0, 1);
	credits_grant(t->f->conn->credits, FILES_CREDITS);
	t->f->next_id = 1;
	t->tree = files_tree(t, "data");
	return t;
}

/* A share in memory with these settings. */
static inline struct files *files_new(const char *settings)
{
	char *text = talloc_asprintf(
		NULL,
		FILES_GLOBAL "[data]\npath = /nowhere\nstore = memory\n%s",
		settings);
	struct files *t = files_new_config(text);

	talloc_free(text);
	return t;
}

/* A share on the disk, in a directory of its own, which *dir tells. */
static inline struct files *files_new_disk(char **dir)
{
	char *path = testlib_tmpdir(NULL);
	char *text =
		talloc_asprintf(path, FILES_GLOBAL "[data]\npath = %s\n", path);
	struct files *t = files_new_config(text);

	*dir = talloc_steal(t, path);
	return t;
}

/* --- requests -------------------------------------------------------------
 */

/* The header of a request.
 * @param length  bytes that go one way: for the credit charge. */
static inline struct wire_writer files_pdu_long(struct files *t,
						uint16_t command, size_t length)
{
	size_t charge = length == 0 ? 1 : 1 + (length - 1) / SMB2_CREDIT_UNIT;
	struct smb2_header header = {
		.command = command,
		.credit_charge = (uint16_t)charge,
		.credits = (uint16_t)charge,
		.flags = t->flags,
		.session_id = t->session->id,
		.tree_id = t->tree->id,
	};
	struct wire_writer w = fixture_pdu(t->f, &header);

	assert_true(t->queued < FILES_MAX_QUEUE);
	t->ids[t->queued] = header.message_id;
	return w;
}

static inline struct wire_writer files_pdu(struct files *t, uint16_t command)
{
	return files_pdu_long(t, command, 0);
}

/* The request that files_pdu() began last is complete: it waits for others. */
static inline void files_queue(struct files *t, struct wire_writer *w)
{
	t->queue[t->queued] = fixture_out(w);
	t->queued++;
}

/* Send what was queued as one message. @return the id of the last. */
static inline uint64_t files_post(struct files *t)
{
	unsigned count = t->queued;

	fixture_send(t->f, t->queue, count, NULL, 0);
	t->queued = 0;
	t->flags = 0;
	return t->ids[count - 1];
}

/* Queue what follows as related to what was queued. */
static inline void files_related(struct files *t)
{
	t->flags = SMB2_FLAGS_RELATED_OPERATIONS;
}

static inline uint64_t files_send(struct files *t, struct wire_writer *w)
{
	files_queue(t, w);
	return files_post(t);
}

/* --- responses ------------------------------------------------------------
 */

static inline void files_read_message(struct files *t)
{
	struct message *m = fixture_read(t->f);
	struct received **end = &t->inbox;

	assert_non_null(m);
	while (*end != NULL) {
		end = &(*end)->next;
	}
	for (unsigned i = 0; i < m->count; i++) {
		*end = talloc_zero(t, struct received);
		(*end)->pdu = m->pdu[i];
		end = &(*end)->next;
	}
}

static inline bool files_find(struct files *t, uint64_t id, bool interim)
{
	struct received **at = &t->inbox;

	while (*at != NULL) {
		struct received *found = *at;
		const struct smb2_header *h = &found->pdu.header;

		if (h->message_id == id &&
		    (h->status == NT_STATUS_PENDING) == interim) {
			t->reply = found->pdu;
			*at = found->next;
			talloc_free(found);
			return true;
		}
		at = &found->next;
	}
	return false;
}

/* Wait for the final response to a request. */
static inline NTSTATUS files_wait(struct files *t, uint64_t id)
{
	while (!files_find(t, id, false)) {
		files_read_message(t);
	}
	return t->reply.header.status;
}

/* Wait for its interim response. @return the AsyncId. */
static inline uint64_t files_pending(struct files *t, uint64_t id)
{
	while (!files_find(t, id, true)) {
		files_read_message(t);
	}
	assert_true(smb2_header_is_async(&t->reply.header));
	return t->reply.header.async_id;
}

/* The response to what was sent last. */
static inline NTSTATUS files_receive(struct files *t)
{
	return files_wait(t, t->ids[0]);
}

static inline NTSTATUS files_call(struct files *t, struct wire_writer *w)
{
	return files_wait(t, files_send(t, w));
}

static inline void files_cancel(struct files *t, uint64_t async_id)
{
	struct smb2_header header = {
		.command = SMB2_CANCEL,
		.flags = SMB2_FLAGS_ASYNC_COMMAND,
		.session_id = t->session->id,
		.async_id = async_id,
		.message_id = UINT64_MAX - 1, /* not looked at */
	};
	struct wire_writer w = fixture_pdu(t->f, &header);
	struct message_out out = {0};

	smb2_empty_encode(&w);
	out = fixture_out(&w);
	fixture_send(t->f, &out, 1, NULL, 0);
}

static inline struct wire_slice files_utf16(struct files *t, const char *text)
{
	struct wire_slice s = {0};

	assert_true(utf16_from_utf8(t, text, &s));
	return s;
}

#endif
