/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <errno.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "tests/testlib.h"

/* --- the memory pair ---------------------------------------------------- */

struct memory_write {
	struct memory_write *next;
	struct memory_end *end;
	struct tevent_req *req;
	struct iovec *iov;
	int count;
};

struct memory_read {
	struct memory_end *end;
	struct tevent_req *req;
	uint8_t *buf;
	size_t min, max, got;
};

struct memory_end {
	struct memory_end *other; /* NULL once that is freed */
	struct tevent_context *ev;
	struct memory_read *read;
	struct memory_write *writes;
	bool shut; /* this side will write no more */
	int dead;
	struct transport_stats stats;
};

static const struct transport_backend memory_backend;

static void memory_pop(struct memory_end *e, int err)
{
	struct memory_write *w = e->writes;

	e->writes = w->next;
	w->end = NULL;
	tevent_req_defer_callback(w->req, e->ev);
	if (err != 0) {
		tevent_req_error(w->req, err);
	} else {
		tevent_req_done(w->req);
	}
}

static void memory_read_end(struct memory_end *e, int err)
{
	struct memory_read *r = e->read;

	e->read = NULL;
	r->end = NULL;
	tevent_req_defer_callback(r->req, e->ev);
	if (err != 0) {
		tevent_req_error(r->req, err);
	} else {
		tevent_req_done(r->req);
	}
}

/* Carry bytes from the writes of one end to the read of the other. */
static void memory_move(struct memory_end *from)
{
	struct memory_end *to = from->other;

	while (to != NULL && to->read != NULL && from->writes != NULL) {
		struct memory_read *r = to->read;
		struct memory_write *w = from->writes;
		size_t n = r->max - r->got;

		if (w->count > 0 && n > w->iov->iov_len) {
			n = w->iov->iov_len;
		}
		if (w->count > 0) {
			memcpy(r->buf + r->got, w->iov->iov_base, n);
			w->iov->iov_base = (uint8_t *)w->iov->iov_base + n;
			w->iov->iov_len -= n;
			r->got += n;
			to->stats.bytes_in += n;
			from->stats.bytes_acked += n;
			if (w->iov->iov_len == 0) {
				w->iov++;
				w->count--;
			}
		}
		if (w->count == 0) {
			memory_pop(from, 0);
		}
		if (r->got == r->max) {
			break;
		}
	}
	if (to == NULL || to->read == NULL) {
		return;
	}
	if (to->read->got >= to->read->min) {
		memory_read_end(to, 0);
	} else if (from->shut && from->writes == NULL) {
		memory_read_end(to, to->read->got == 0 ? 0 : EPIPE);
	}
}

static void memory_fail(struct memory_end *e, int err)
{
	e->dead = err;
	while (e->writes != NULL) {
		memory_pop(e, err);
	}
	if (e->read != NULL) {
		memory_read_end(e, err);
	}
}

static int memory_end_destructor(struct memory_end *e)
{
	memory_fail(e, ECONNABORTED);
	if (e->other != NULL) {
		e->other->other = NULL;
		if (!e->shut) {
			memory_fail(e->other, ECONNRESET);
		} else if (e->other->read != NULL) {
			memory_read_end(e->other, 0);
		}
	}
	return 0;
}

static int memory_read_destructor(struct memory_read *r)
{
	if (r->end != NULL) {
		r->end->read = NULL;
	}
	return 0;
}

static struct tevent_req *memory_read_send(TALLOC_CTX *mem_ctx,
					   struct tevent_context *ev,
					   void *state, uint8_t *buf,
					   size_t min, size_t max,
					   transport_measure_fn measure)
{
	struct memory_end *e = talloc_get_type_abort(state, struct memory_end);
	struct memory_read *r = NULL;
	struct tevent_req *req =
		tevent_req_create(mem_ctx, &r, struct memory_read);

	(void)measure;
	assert_non_null(req);
	*r = (struct memory_read){
		.req = req, .buf = buf, .min = min, .max = max};
	if (e->dead != 0) {
		tevent_req_error(req, e->dead);
		return tevent_req_post(req, ev);
	}
	if (e->other == NULL) {
		tevent_req_done(req);
		return tevent_req_post(req, ev);
	}
	r->end = e;
	e->read = r;
	talloc_set_destructor(r, memory_read_destructor);
	memory_move(e->other);
	return req;
}

static int memory_err(struct tevent_req *req)
{
	enum tevent_req_state how = TEVENT_REQ_INIT;
	uint64_t err = 0;

	if (!tevent_req_is_error(req, &how, &err)) {
		return 0;
	}
	return how == TEVENT_REQ_USER_ERROR ? (int)err : ENOMEM;
}

static ssize_t memory_read_recv(struct tevent_req *req, int *err)
{
	struct memory_read *r = tevent_req_data(req, struct memory_read);
	ssize_t got = (ssize_t)r->got;

	*err = memory_err(req);
	tevent_req_received(req);
	return *err != 0 ? -1 : got;
}

static int memory_write_destructor(struct memory_write *w)
{
	struct memory_write **p = NULL;

	if (w->end == NULL) {
		return 0;
	}
	for (p = &w->end->writes; *p != w; p = &(*p)->next) {
	}
	*p = w->next;
	return 0;
}

static struct tevent_req *memory_write_send(TALLOC_CTX *mem_ctx,
					    struct tevent_context *ev,
					    void *state,
					    const struct iovec *iov, int count)
{
	struct memory_end *e = talloc_get_type_abort(state, struct memory_end);
	struct memory_write *w = NULL;
	struct memory_write **p = NULL;
	struct tevent_req *req =
		tevent_req_create(mem_ctx, &w, struct memory_write);

	assert_non_null(req);
	w->req = req;
	w->iov = talloc_memdup(w, iov, sizeof(*iov) * (size_t)count);
	w->count = count;
	if (e->dead != 0 || e->shut || e->other == NULL) {
		tevent_req_error(req, e->dead != 0 ? e->dead : ECONNRESET);
		return tevent_req_post(req, ev);
	}
	w->end = e;
	for (p = &e->writes; *p != NULL; p = &(*p)->next) {
	}
	*p = w;
	for (int i = 0; i < count; i++) {
		e->stats.bytes_out += iov[i].iov_len;
	}
	talloc_set_destructor(w, memory_write_destructor);
	memory_move(e);
	return req;
}

static int memory_simple_recv(struct tevent_req *req)
{
	int err = memory_err(req);

	tevent_req_received(req);
	return err;
}

static void memory_finish(void *state)
{
	struct memory_end *e = talloc_get_type_abort(state, struct memory_end);

	e->shut = true;
	memory_move(e);
}

struct memory_shutdown_state {
	char unused;
};

static struct tevent_req *memory_shutdown_send(TALLOC_CTX *mem_ctx,
					       struct tevent_context *ev,
					       void *state,
					       enum transport_close code,
					       const char *reason)
{
	struct memory_end *e = talloc_get_type_abort(state, struct memory_end);
	struct memory_shutdown_state *s = NULL;
	struct tevent_req *req =
		tevent_req_create(mem_ctx, &s, struct memory_shutdown_state);

	(void)code;
	(void)reason;
	assert_non_null(req);
	e->shut = true;
	memory_move(e);
	tevent_req_done(req);
	return tevent_req_post(req, ev);
}

static void memory_stats(void *state, struct transport_stats *out)
{
	struct memory_end *e = talloc_get_type_abort(state, struct memory_end);

	*out = e->stats;
}

bool testlib_memory_early;

static bool memory_is_early(void *state)
{
	(void)state;
	return testlib_memory_early;
}

static const struct transport_backend memory_backend = {
	.is_early = memory_is_early,
	.name = "memory",
	.read_send = memory_read_send,
	.read_recv = memory_read_recv,
	.write_send = memory_write_send,
	.write_recv = memory_simple_recv,
	.shutdown_send = memory_shutdown_send,
	.shutdown_recv = memory_simple_recv,
	.finish = memory_finish,
	.stats = memory_stats,
};

void testlib_memory_pair(TALLOC_CTX *mem_ctx, struct tevent_context *ev,
			 const struct transport_facts *facts,
			 struct transport *out[2])
{
	const struct transport_facts plain = {
		.backend = "memory",
		.local.ss_family = AF_UNIX,
		.peer.ss_family = AF_UNIX,
	};
	struct memory_end *a = talloc_zero(mem_ctx, struct memory_end);
	struct memory_end *b = talloc_zero(mem_ctx, struct memory_end);

	assert_non_null(a);
	assert_non_null(b);
	a->ev = b->ev = ev;
	a->other = b;
	b->other = a;
	talloc_set_destructor(a, memory_end_destructor);
	talloc_set_destructor(b, memory_end_destructor);
	facts = facts != NULL ? facts : &plain;
	out[0] = transport_new(mem_ctx, &memory_backend, a, facts);
	out[1] = transport_new(mem_ctx, &memory_backend, b, facts);
	assert_non_null(out[0]);
	assert_non_null(out[1]);
}

/* --- waiting -------------------------------------------------------------- */

static void testlib_late(struct tevent_context *ev, struct tevent_timer *te,
			 struct timeval now, void *private_data)
{
	(void)ev;
	(void)te;
	(void)now;
	*(bool *)private_data = true;
}

void testlib_wait(struct tevent_context *ev, struct tevent_req *req,
		  unsigned seconds)
{
	bool late = false;
	struct tevent_timer *te = NULL;

	assert_non_null(req);
	te = tevent_add_timer(ev, ev, tevent_timeval_current_ofs(seconds, 0),
			      testlib_late, &late);
	assert_non_null(te);
	while (tevent_req_is_in_progress(req)) {
		if (late) {
			fail_msg("a request did not end within %u s", seconds);
		}
		assert_int_equal(tevent_loop_once(ev), 0);
	}
	talloc_free(late ? NULL : te);
}

void testlib_write(struct tevent_context *ev, struct transport *t,
		   const void *data, size_t len)
{
	struct iovec iov = {.iov_len = len};
	struct tevent_req *req = NULL;

	memcpy(&iov.iov_base, &data, sizeof(data));
	req = transport_write_send(ev, ev, t, &iov, 1);
	testlib_wait(ev, req, 20);
	assert_int_equal(transport_write_recv(req), 0);
	talloc_free(req);
}

void testlib_write_copy(struct tevent_context *ev, struct transport *t,
			const void *data, size_t len)
{
	struct iovec iov = {.iov_len = len};

	iov.iov_base = talloc_memdup(t, data, len);
	assert_non_null(iov.iov_base);
	assert_non_null(transport_write_send(t, ev, t, &iov, 1));
}

void testlib_read(struct tevent_context *ev, struct transport *t, void *data,
		  size_t len)
{
	int err = 0;
	struct tevent_req *req = transport_read_send(ev, ev, t, data, len, len);

	testlib_wait(ev, req, 20);
	assert_int_equal(transport_read_recv(req, &err), len);
	assert_int_equal(err, 0);
	talloc_free(req);
}

/* --- a directory ------------------------------------------------------------
 */

static int tmpdir_remove_one(const char *path, const struct stat *st, int type,
			     struct FTW *ftw)
{
	(void)st;
	(void)type;
	(void)ftw;
	return remove(path);
}

void testlib_remove(const char *path)
{
	nftw(path, tmpdir_remove_one, 16, FTW_DEPTH | FTW_PHYS);
}

static int tmpdir_destructor(char *path)
{
	testlib_remove(path);
	return 0;
}

char *testlib_tmpdir(TALLOC_CTX *mem_ctx)
{
	const char *base = getenv("TMPDIR");
	char *path = talloc_asprintf(mem_ctx, "%s/smbquic-test-XXXXXX",
				     base != NULL ? base : "/tmp");

	assert_non_null(path);
	assert_non_null(mkdtemp(path));
	talloc_set_destructor(path, tmpdir_destructor);
	return path;
}
