/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Requests of somebody who has logged on, against a share in memory. The input
 * is a row of records: command, how, length (two bytes), and the body.
 */
#include <stdlib.h>

#include "server/server.h"
#include "smbquic/log.h"
#include "tests/fixture_server.h"
#include "tests/store_now.h"

#define MAX_RECORDS 24
#define MAX_BODY    2048

/* How a record is sent. */
enum {
	HOW_RELATED = 0x01, /* in a chain with the one before */
	HOW_FILE = 0x02,    /* its FileId is that of an open */
	HOW_WHICH = 0x0C,   /* which one */
	HOW_PIPE = 0x10,    /* on IPC$ */
	HOW_LARGE = 0x20,   /* with credits for 8 MiB */
};

struct play {
	struct fixture *f;
	uint64_t session_id; /* ids: what they name may be gone */
	uint32_t disk_id, pipe_id;
	struct message_out out[MAX_RECORDS];
	unsigned count;
};

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static uint32_t tree_of(struct session *session, const char *name)
{
	struct share *share = share_find(session->server, name);
	struct tree *tree = tree_new(session, share);
	const struct config_macros macros = {.user = "alice"};
	char *why = NULL;

	if (tree == NULL) {
		abort();
	}
	tree->user = session->user;
	tree->maximal_access = 0x001F01FF;
	if (share->type == SHARE_DISK) {
		tree->store = share_store_now(share, tree, &macros, &why);
		if (tree->store == NULL) {
			abort();
		}
	}
	return tree->id;
}

static struct play begin(void)
{
	static struct fixture *f;
	struct play p = {.f = f};
	struct session *session = NULL;

	if (f == NULL) {
		log_set_level(LOG_LEVEL_ERROR);
		f = fixture_new("[global]\nserver smb transports = tcp:20607\n"
				"[one]\nstore = memory\nread only = no\n"
				"msdfs root = yes\n"
				"mangled names = yes\n",
				NULL);
		talloc_free(f->conn);
		p.f = f;
	}
	fixture_connect(f);
	fixture_negotiated(f);
	session = fixture_logged_on(f);
	p.session_id = session->id;
	credits_grant(f->conn->credits, 8000);
	p.disk_id = tree_of(session, "one");
	p.pipe_id = tree_of(session, "IPC$");
	return p;
}

static void put_file_id(const struct play *p, uint8_t *body, size_t len,
			const struct command *command, unsigned which)
{
	const struct open *open = NULL;
	size_t cursor = 0;

	if (command == NULL || command->file_id == 0 ||
	    command->file_id + 16u > len) {
		return;
	}
	for (unsigned i = 0; i <= which; i++) {
		const struct open *next =
			idtable_next(p->f->server->opens, &cursor);

		open = next == NULL ? open : next;
	}
	if (open != NULL) {
		wire_store_le(body + command->file_id, open->persistent_id, 8);
		wire_store_le(body + command->file_id + 8, open->volatile_id,
			      8);
	}
}

static void turned(struct tevent_context *ev, struct tevent_immediate *im,
		   void *private_data)
{
	(void)ev;
	talloc_free(im);
	*(bool *)private_data = true;
}

/* Whatever is ready to go on goes on, so many times. */
static void turn(struct fixture *f, unsigned times)
{
	for (unsigned i = 0; i < times; i++) {
		struct tevent_immediate *im = tevent_create_immediate(f->ev);
		bool done = false;

		tevent_schedule_immediate(im, f->ev, turned, &done);
		while (!done) {
			tevent_loop_once(f->ev);
		}
	}
}

static void flush(struct play *p)
{
	if (p->count > 0 && p->f->server->conns != NULL) {
		fixture_send(p->f, p->out, p->count, NULL, 0);
		turn(p->f, 20);
	}
	p->count = 0;
}

static void add(struct play *p, uint8_t code, uint8_t how, const uint8_t *body,
		size_t len)
{
	struct smb2_header header = {
		.command = code,
		.credits = 64,
		.credit_charge = (how & HOW_LARGE) != 0 ? 128 : 1,
		.session_id = p->session_id,
		.tree_id = (how & HOW_PIPE) != 0 ? p->pipe_id : p->disk_id,
	};
	struct wire_writer w = {0};

	if ((how & HOW_RELATED) != 0 && p->count > 0) {
		header.flags = SMB2_FLAGS_RELATED_OPERATIONS;
	} else {
		flush(p);
	}
	w = fixture_pdu(p->f, &header);
	wire_put(&w, body, len);
	if ((how & HOW_FILE) != 0) {
		put_file_id(p, w.buf + SMB2_HEADER_SIZE, len,
			    command_find(code), (how & HOW_WHICH) >> 2);
	}
	p->out[p->count] = fixture_out(&w);
	p->count++;
}

static void end(struct play *p)
{
	struct fixture *f = p->f;

	flush(p);
	TALLOC_FREE(f->client);
	while (f->server->conns != NULL) {
		tevent_loop_once(f->ev);
	}
	if (idtable_count(f->server->sessions) != 0 ||
	    idtable_count(f->server->opens) != 0) {
		abort();
	}
	TALLOC_FREE(f->client_keys);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct wire_reader r = wire_reader(data, size);
	struct play p = begin();

	for (int i = 0; i < MAX_RECORDS && wire_left(&r) >= 4; i++) {
		uint8_t code = wire_get_u8(&r);
		uint8_t how = wire_get_u8(&r);
		size_t len = wire_get_u16(&r) % MAX_BODY;
		struct wire_slice body = {0};

		if (len > wire_left(&r)) {
			len = wire_left(&r);
		}
		body = wire_get(&r, len);
		if (p.f->server->conns == NULL) {
			break;
		}
		add(&p, code, how, body.data, body.len);
	}
	end(&p);
	return 0;
}
