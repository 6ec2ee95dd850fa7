/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * quic_report.c - calling back: never from within ngtcp2, because whoever is
 * called may free the connection.
 */
#include <errno.h>

#include "smbquic/quic_conn_private.h"

void quic_conn_on_opened(struct quic_conn *c,
			 void (*opened)(void *private_data, struct quic_conn *c,
					int err),
			 void *private_data)
{
	c->opened = opened;
	c->opened_data = private_data;
}

void quic_conn_on_flushed(struct quic_conn *c,
			  void (*flushed)(void *private_data, int err),
			  void *private_data)
{
	c->flushed = flushed;
	c->flushed_data = private_data;
	c->ops->wake(c->where);
}

/* A server may still refuse the client's certificate when the handshake looks
 * complete to the client. */
static bool is_decided(const struct quic_conn *c)
{
	if (c->over || c->confirmed) {
		return true;
	}
	/* 0-RTT is worth its while only when it is answered at once. */
	if (c->server && quic_tls_early_answer(c->tls)) {
		return true;
	}
	return c->complete && !quic_tls_server_may_refuse(c->tls);
}

static void report_news(struct quic_conn *c)
{
	/* a ticket may well come just before the confirmation */
	if (!c->news || !c->confirmed) {
		return;
	}
	c->news = false;
	if (!c->over && !c->server && c->ops->news != NULL) {
		c->ops->news(c->where);
	}
}

static void report_opened(struct quic_conn *c)
{
	int err = 0;

	report_news(c);
	if (c->confirmed && !c->over) {
		quic_tls_finish(c->tls);
	}
	if (c->reported || !is_decided(c)) {
		return;
	}
	c->reported = true;
	if (c->over) {
		err = c->end.err != 0 ? c->end.err : ECONNRESET;
	}
	if (c->opened != NULL) {
		c->opened(c->opened_data, c, err);
	}
}

int quic_conn_write_error(const struct quic_conn *c)
{
	return c->end.err != 0 ? c->end.err : EPIPE;
}

static void report_writes(struct quic_conn *c, const bool *gone)
{
	struct quic_write *w = NULL;

	while (!*gone) {
		w = quic_stream_pop_acked(&c->stream);
		if (w == NULL) {
			break;
		}
		w->done(w, 0);
	}
	while (!*gone && c->over) {
		w = quic_stream_pop_unacked(&c->stream);
		if (w == NULL) {
			break;
		}
		w->done(w, quic_conn_write_error(c));
	}
}

static void report_read(struct quic_conn *c)
{
	struct quic_read *r = c->stream.read;
	int err = 0;

	if (quic_stream_read_ready(&c->stream, c->over, c->end.err, &err)) {
		c->stream.read = NULL;
		r->done(r, err);
	}
}

bool quic_conn_has_read(const struct quic_conn *c)
{
	int err = 0;

	return quic_stream_read_ready(&c->stream, c->over, c->end.err, &err);
}

static void report_flushed(struct quic_conn *c)
{
	void (*flushed)(void *private_data, int err) = c->flushed;

	if (flushed == NULL || !(c->over || quic_stream_idle(&c->stream))) {
		return;
	}
	c->flushed = NULL;
	flushed(c->flushed_data, c->over ? quic_conn_write_error(c) : 0);
}

/*
 * Not inlined: compilers that look through it complain of a local's address
 * left behind in c, and cannot know that c is gone whenever that is so.
 */
static __attribute__((noinline)) void watch(struct quic_conn *c, bool *gone)
{
	c->gone = gone;
}

bool quic_conn_dispatch(struct quic_conn *c)
{
	bool gone = false;

	watch(c, &gone);
	report_opened(c);
	if (!gone) {
		report_writes(c, &gone);
	}
	if (!gone) {
		report_read(c);
	}
	if (!gone) {
		report_flushed(c);
	}
	if (!gone) {
		c->gone = NULL;
	}
	return !gone;
}
