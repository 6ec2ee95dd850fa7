/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Reading, writing and copying of open files. What is more than one request
 * carries goes out in several at once, so that a large read or write costs
 * bandwidth and not round trips.
 */
#include <errno.h>
#include <string.h>

#include "client/libsmbclient/libsmb.h"

#define WINDOW 16
/* Reads that are not longer go through what is kept of a file; of others the
 * program itself asks for enough at once. */
#define SMALL	   (256 * 1024)
#define COPY_BYTES (4 * 1024 * 1024)

/* One of the requests of a transfer. */
struct piece {
	struct tevent_req *req;
	size_t at, len; /* in the program's buffer */
};

/* A transfer; pieces in a ring, in their order. */
struct pump {
	SMBCFILE *file;
	struct client_conn *conn;
	TALLOC_CTX *frame; /* freeing it cancels what is on its way */
	uint8_t *buf;
	size_t len, begun, done;
	off_t offset;
	struct piece piece[WINDOW];
	unsigned first, count;
};

static struct piece *oldest(struct pump *p)
{
	return &p->piece[p->first];
}

static bool begin_piece(struct pump *p, bool writing)
{
	struct client_tree *tree = p->file->srv->tree;
	size_t most = writing ? client_max_write(tree) : client_max_read(tree);
	struct piece *piece = &p->piece[(p->first + p->count) % WINDOW];
	uint64_t offset = (uint64_t)p->offset + p->begun;

	piece->at = p->begun;
	piece->len = p->len - p->begun < most ? p->len - p->begun : most;
	piece->req =
		writing ? client_write_send(
				  p->frame, p->file->file, offset,
				  wire_slice(p->buf + piece->at, piece->len),
				  NULL)
			: client_read_send(p->frame, p->file->file, offset,
					   piece->len);
	if (piece->req == NULL) {
		return false;
	}
	p->begun += piece->len;
	p->count++;
	return true;
}

/* What is behind a short piece would be at the wrong place: begin again. What
 * is being written is the program's and must have gone out first. */
static void begin_again(struct pump *p, bool writing)
{
	while (p->count > 0) {
		if (writing) {
			client_wait(p->conn, oldest(p)->req);
		}
		TALLOC_FREE(oldest(p)->req);
		p->first = (p->first + 1) % WINDOW;
		p->count--;
	}
	p->begun = p->done;
}

static NTSTATUS end_read(struct pump *p, struct piece *piece, size_t *got)
{
	struct wire_slice data = {0};
	TALLOC_CTX *owner = NULL;
	NTSTATUS status = client_read_recv(piece->req, p->frame, &owner, &data);

	*got = 0;
	if (data.len > piece->len) {
		status = NT_STATUS_INVALID_NETWORK_RESPONSE;
	} else if (!NT_STATUS_IS_ERR(status) && data.len > 0) {
		memcpy(p->buf + piece->at, data.data, data.len);
		*got = data.len;
	}
	talloc_free(owner);
	return NT_STATUS_IS_ERR(status) ? status : NT_STATUS_OK;
}

static NTSTATUS end_piece(struct pump *p, bool writing, bool *stop)
{
	struct piece *piece = oldest(p);
	NTSTATUS status = client_wait(p->conn, piece->req);
	bool is_short = false;
	size_t got = 0;

	if (NT_STATUS_IS_OK(status)) {
		status = writing ? client_write_recv(piece->req, &got)
				 : end_read(p, piece, &got);
	}
	if (!NT_STATUS_IS_OK(status)) {
		return status;
	}
	if (writing && got == 0) {
		return NT_STATUS_INVALID_NETWORK_RESPONSE;
	}
	p->done += got;
	is_short = got < piece->len;
	TALLOC_FREE(piece->req);
	p->first = (p->first + 1) % WINDOW;
	p->count--;
	if (is_short) {
		begin_again(p, writing);
		*stop = got == 0;
	}
	return NT_STATUS_OK;
}

/* @return what went wrong, although p->done bytes may be there. */
static NTSTATUS pump_run(struct pump *p, bool writing)
{
	NTSTATUS status = NT_STATUS_OK;
	bool stop = false;

	p->conn = p->file->srv->link->conn;
	p->frame = talloc_new(p->file);
	if (p->frame == NULL) {
		return NT_STATUS_NO_MEMORY;
	}
	while (NT_STATUS_IS_OK(status) && !stop && p->done < p->len) {
		while (p->begun < p->len && p->count < WINDOW &&
		       begin_piece(p, writing)) {
			continue;
		}
		status = p->count > 0 ? end_piece(p, writing, &stop)
				      : NT_STATUS_NO_MEMORY;
	}
	begin_again(p, writing);
	talloc_free(p->frame);
	return status;
}

/* A file of the context that is open for that; 0 or an errno value. */
static int check_file(SMBCCTX *c, SMBCFILE *file, const void *buf, int not_for)
{
	if (!libsmb_has_file(c, file)) {
		return EBADF;
	}
	if (file->folder) {
		return EISDIR;
	}
	if (file->file == NULL || (file->flags & O_ACCMODE) == not_for) {
		return EBADF;
	}
	return buf == NULL ? EINVAL : 0;
}

ssize_t libsmb_read(SMBCCTX *c, SMBCFILE *file, void *buf, size_t count)
{
	struct pump p = {.file = file, .buf = buf, .len = count};
	NTSTATUS status = 0;
	int err = 0;

	if (!libsmb_enter(c)) {
		return -1;
	}
	err = check_file(c, file, buf, O_WRONLY);
	if (err == 0 && count > 0) {
		p.offset = file->offset;
		status = file->cache != NULL && (count <= SMALL || file->behind)
				 ? client_cache_read(file->cache,
						     (uint64_t)file->offset,
						     buf, count, &p.done)
				 : pump_run(&p, false);
		file->offset += (off_t)p.done;
		err = p.done > 0 ? 0 : libsmb_errno(status);
	}
	libsmb_return(c, err);
	return err != 0 ? -1 : (ssize_t)p.done;
}

ssize_t libsmb_write(SMBCCTX *c, SMBCFILE *file, const void *buf, size_t count)
{
	/* not written to: a slice of it is what client_write_send() gets */
	struct pump p = {
		.file = file,
		.buf = (uint8_t *)(uintptr_t)buf,
		.len = count,
	};
	int err = 0;

	if (!libsmb_enter(c)) {
		return -1;
	}
	err = check_file(c, file, buf, O_RDONLY);
	if (err == 0 && count > 0 && file->behind) {
		err = libsmb_errno(behind_write(file, buf, count));
		p.done = err == 0 ? count : 0;
		file->offset += (off_t)p.done;
	} else if (err == 0 && count > 0) {
		p.offset = file->offset;
		err = libsmb_errno(pump_run(&p, true));
		file->offset += (off_t)p.done;
		if (p.done > 0) {
			err = 0;
		}
	}
	libsmb_return(c, err);
	return err != 0 ? -1 : (ssize_t)p.done;
}

/* ------------------------------------------------------------------- splice */

struct splice {
	SMBCCTX *c;
	SMBCFILE *from, *to;
	off_t count, done;
	int (*progress)(off_t n, void *priv);
	void *priv;
	bool stopped;
};

static void copied(uint64_t bytes, void *private_data)
{
	struct splice *s = private_data;

	s->done += (off_t)bytes;
}

static void tell(struct splice *s)
{
	if (s->progress != NULL && s->progress(s->done, s->priv) == 0) {
		s->stopped = true;
	}
}

/* The server copies; only from the beginning, and within a session. */
static NTSTATUS splice_there(struct splice *s)
{
	struct tevent_context *ev = keeper_loop(s->c->internal->keeper);
	struct tevent_req *req = NULL;
	off_t told = 0;
	NTSTATUS status = 0;

	if (s->from->srv->link != s->to->srv->link || s->from->offset != 0 ||
	    s->to->offset != 0) {
		return NT_STATUS_NOT_SUPPORTED;
	}
	req = client_server_copy_send(s->from, s->from->file, s->to->file,
				      (uint64_t)s->count, copied, s);
	while (req != NULL && tevent_req_is_in_progress(req) && !s->stopped) {
		if (tevent_loop_once(ev) != 0) {
			break;
		}
		if (s->done != told) {
			told = s->done;
			tell(s);
		}
	}
	if (req != NULL && !s->stopped) {
		status = client_server_copy_recv(req);
	}
	talloc_free(req);
	if (s->to->behind && s->done > 0) {
		client_cache_changed(s->to->cache, (uint64_t)s->done);
	}
	return req == NULL ? NT_STATUS_NO_MEMORY : status;
}

/* The bytes come here and go back. */
static int splice_here(struct splice *s)
{
	uint8_t *buf = talloc_array(s->from, uint8_t, COPY_BYTES);
	ssize_t n = 0;
	int err = buf == NULL ? ENOMEM : 0;

	while (err == 0 && !s->stopped && s->done < s->count) {
		size_t want = s->count - s->done < COPY_BYTES
				      ? (size_t)(s->count - s->done)
				      : COPY_BYTES;

		n = libsmb_read(s->c, s->from, buf, want);
		if (n <= 0) {
			err = n < 0 ? errno : 0;
			break;
		}
		want = (size_t)n;
		n = libsmb_write(s->c, s->to, buf, want);
		if (n != (ssize_t)want) {
			err = n < 0 ? errno : EIO;
			break;
		}
		s->done += n;
		tell(s);
	}
	talloc_free(buf);
	return err;
}

static int splice_somehow(struct splice *s)
{
	struct libsmb_facts facts = {0};
	NTSTATUS status = behind_settle(s->from);
	int err = 0;

	if (NT_STATUS_IS_OK(status)) {
		status = behind_settle(s->to);
	}
	err = libsmb_errno(status);

	if (err == 0) {
		err = facts_get(s->from->srv->tree, s->from->path,
				s->from->file, &facts);
	}
	if (err != 0) {
		return err;
	}
	if (s->count > (off_t)facts.stat.size - s->from->offset) {
		s->count = (off_t)facts.stat.size - s->from->offset;
	}
	if (s->count <= 0) {
		return 0;
	}
	status = splice_there(s);
	if (NT_STATUS_IS_OK(status)) {
		s->from->offset += s->done;
		s->to->offset += s->done;
		return 0;
	}
	if (s->done > 0) {
		return libsmb_errno(status);
	}
	return splice_here(s);
}

off_t libsmb_splice(SMBCCTX *c, SMBCFILE *from, SMBCFILE *to, off_t count,
		    int (*progress)(off_t n, void *priv), void *priv)
{
	struct splice s = {
		.c = c,
		.from = from,
		.to = to,
		.count = count,
		.progress = progress,
		.priv = priv,
	};
	int err = 0;

	if (!libsmb_enter(c)) {
		return -1;
	}
	err = check_file(c, from, from, O_WRONLY);
	if (err == 0) {
		err = check_file(c, to, to, O_RDONLY);
	}
	if (err == 0) {
		err = count < 0 ? EINVAL : splice_somehow(&s);
	}
	libsmb_return(c, err);
	return err != 0 ? -1 : s.done;
}
