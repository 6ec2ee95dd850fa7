/* SPDX-License-Identifier: GPL-3.0-or-later */

#include "server/ask.h"

#include <errno.h>
#include <poll.h>
#include <string.h>
#include <unistd.h>

#include "smbquic/alarm.h"
#include "smbquic/list.h"

#define LOG_MODULE "ask"
#include "smbquic/log.h"

/* What is read and thrown away behind the last request, so that the answer is
 * not lost by a reset. */
#define LEFTOVER ((size_t)1 << 20)

/* No descriptors: look again then. */
#define PAUSE_SECONDS 1

struct ask {
	struct tevent_context *ev;
	const struct ask_kind *kind;
	void *private_data;
	int fd;
	struct tevent_fd *fde;
	struct ask_client *clients;
	unsigned count;
};

/* Child of the service. */
struct ask_client {
	struct ask_client *prev, *next;
	struct ask *ask;
	int fd;
	struct tevent_fd *fde;
	struct alarm *timer;
	char *in; /* max_request bytes */
	size_t in_len;
	void *answer; /* while one is being given */
	bool more;    /* there are pages to come */
	struct wire_writer out;
	size_t sent;
	bool last;   /* the connection ends with this answer */
	bool silent; /* the client has said all it has to say */
	size_t leftover;
	bool over; /* the answer is out; waits for the client's end */
};

static int client_destructor(struct ask_client *c)
{
	LIST_REMOVE(c->ask->clients, c);
	c->ask->count--;
	return 0;
}

static void client_idle(void *private_data)
{
	struct ask_client *c =
		talloc_get_type_abort(private_data, struct ask_client);

	log_debug("%s: a client was idle for too long", c->ask->kind->name);
	talloc_free(c);
}

/* @return false: no memory. */
static bool client_alive(struct ask_client *c)
{
	TALLOC_FREE(c->timer);
	c->timer = alarm_add(c->ask->ev, c, c->ask->kind->idle_seconds * 1000,
			     client_idle, c);
	return c->timer != NULL;
}

/* --- the answer ------------------------------------------------------------
 */

static void next_page(struct ask_client *c)
{
	TALLOC_FREE(c->out.buf);
	c->out = wire_writer_talloc(c);
	c->sent = 0;
	c->more = c->ask->kind->page(c->answer, &c->out);
}

/* @return false: no memory. */
static bool begin(struct ask_client *c, const char *request, size_t len)
{
	const struct ask_kind *kind = c->ask->kind;

	c->answer = kind->begin(c, c->ask->private_data, request, len);
	if (c->answer == NULL) {
		return false;
	}
	c->last = kind->once || request == NULL;
	next_page(c);
	return wire_writer_ok(&c->out);
}

/* @return false: no memory. */
static bool look(struct ask_client *c)
{
	const struct ask_kind *kind = c->ask->kind;
	size_t whole = 0;

	if (c->answer != NULL || c->over) {
		return true;
	}
	whole = kind->whole(c->in, c->in_len);
	if (whole > 0) {
		if (!begin(c, c->in, whole)) {
			return false;
		}
		memmove(c->in, c->in + whole, c->in_len - whole);
		c->in_len -= whole;
	} else if (c->in_len == kind->max_request) {
		c->in_len = 0;
		return begin(c, NULL, 0);
	}
	return true;
}

/* The answer is out. @return false: the client is done with. */
static bool answered(struct ask_client *c)
{
	TALLOC_FREE(c->out.buf);
	TALLOC_FREE(c->answer);
	if (!c->last) {
		return look(c) && (c->answer != NULL || !c->silent);
	}
	shutdown(c->fd, SHUT_WR);
	c->over = true;
	return !c->silent;
}

/* @return false: the client is done with. */
static bool give(struct ask_client *c)
{
	while (c->answer != NULL) {
		ssize_t n = 0;

		if (!wire_writer_ok(&c->out)) {
			return false;
		}
		if (c->sent == c->out.len) {
			if (c->more) {
				next_page(c);
				return wire_writer_ok(&c->out);
			}
			return answered(c);
		}
		n = send(c->fd, c->out.buf + c->sent, c->out.len - c->sent,
			 MSG_NOSIGNAL | MSG_DONTWAIT);
		if (n < 0) {
			return errno == EAGAIN || errno == EINTR;
		}
		c->sent += (size_t)n;
		if (!client_alive(c)) {
			return false;
		}
	}
	return true;
}

/* --- the request -----------------------------------------------------------
 */

/* The client says no more. Where it has gone altogether nobody takes the
 * answer, and the loop would not tell: it is not asked to read any more. */
static bool fell_silent(struct ask_client *c)
{
	struct pollfd look = {.fd = c->fd, .events = POLLOUT};

	c->silent = true;
	return c->answer != NULL && poll(&look, 1, 0) >= 0 &&
	       (look.revents & (POLLHUP | POLLERR)) == 0;
}

/* @return false: the client is done with. */
static bool throw_away(struct ask_client *c)
{
	char buf[4096] = "";
	ssize_t n = recv(c->fd, buf, sizeof(buf), MSG_DONTWAIT);

	if (n < 0) {
		return errno == EAGAIN || errno == EINTR;
	}
	if (n == 0) {
		return fell_silent(c);
	}
	c->leftover += (size_t)n;
	return c->leftover < LEFTOVER;
}

/* @return false: the client is done with. */
static bool take(struct ask_client *c)
{
	size_t room = c->ask->kind->max_request - c->in_len;
	ssize_t n = 0;

	if (c->over || (c->answer != NULL && c->last)) {
		return throw_away(c);
	}
	if (room == 0) {
		log_notice("%s: a client asks more than it waits for",
			   c->ask->kind->name);
		return false;
	}
	n = recv(c->fd, c->in + c->in_len, room, MSG_DONTWAIT);
	if (n < 0) {
		return errno == EAGAIN || errno == EINTR;
	}
	if (n == 0) {
		return fell_silent(c);
	}
	c->in_len += (size_t)n;
	return look(c);
}

static void on_client(struct tevent_context *ev, struct tevent_fd *fde,
		      uint16_t flags, void *private_data)
{
	struct ask_client *c =
		talloc_get_type_abort(private_data, struct ask_client);
	bool stays = true;

	(void)ev;
	(void)fde;
	if ((flags & TEVENT_FD_READ) != 0) {
		stays = take(c);
	}
	if (stays && (flags & TEVENT_FD_WRITE) != 0) {
		stays = give(c);
	}
	if (!stays) {
		talloc_free(c);
		return;
	}
	/* To read, always: without it the loop does not tell of an end. */
	tevent_fd_set_flags(c->fde,
			    (c->silent ? 0 : TEVENT_FD_READ) |
				    (c->answer != NULL ? TEVENT_FD_WRITE : 0));
}

/* --- who comes -------------------------------------------------------------
 */

static bool client_new(struct ask *ask, int fd)
{
	struct ask_client *c = talloc_zero(ask, struct ask_client);

	if (c == NULL) {
		close(fd);
		return false;
	}
	c->ask = ask;
	c->fd = fd;
	c->in = talloc_size(c, ask->kind->max_request);
	c->fde = tevent_add_fd(ask->ev, c, fd, TEVENT_FD_READ, on_client, c);
	LIST_ADD(ask->clients, c);
	ask->count++;
	talloc_set_destructor(c, client_destructor);
	if (c->fde == NULL) {
		close(fd);
		talloc_free(c);
		return false;
	}
	tevent_fd_set_auto_close(c->fde);
	if (c->in == NULL || !client_alive(c)) {
		talloc_free(c);
		return false;
	}
	return true;
}

static void go_on(void *private_data)
{
	struct ask *ask = talloc_get_type_abort(private_data, struct ask);

	tevent_fd_set_flags(ask->fde, TEVENT_FD_READ);
}

/* Without descriptors the socket would be ready again at once, for ever. */
static void pause_for(struct ask *ask, int err)
{
	if (err != EMFILE && err != ENFILE && err != ENOMEM && err != ENOBUFS) {
		return;
	}
	tevent_fd_set_flags(ask->fde, 0);
	if (alarm_add(ask->ev, ask, PAUSE_SECONDS * 1000, go_on, ask) == NULL) {
		tevent_fd_set_flags(ask->fde, TEVENT_FD_READ);
	}
}

static void on_accept(struct tevent_context *ev, struct tevent_fd *fde,
		      uint16_t flags, void *private_data)
{
	struct ask *ask = talloc_get_type_abort(private_data, struct ask);
	const struct ask_kind *kind = ask->kind;
	int fd = accept4(ask->fd, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);

	(void)ev;
	(void)fde;
	(void)flags;
	if (fd < 0) {
		pause_for(ask, errno);
		return;
	}
	if (ask->count >= kind->max_clients) {
		log_notice("%s: refused: %u clients already", kind->name,
			   ask->count);
		close(fd);
		return;
	}
	if (kind->admit != NULL && !kind->admit(ask->private_data, fd)) {
		close(fd);
		return;
	}
	if (!client_new(ask, fd)) {
		log_warn("%s: out of memory", kind->name);
	}
}

struct ask *ask_new(TALLOC_CTX *mem_ctx, struct tevent_context *ev, int fd,
		    const struct ask_kind *kind, void *private_data)
{
	struct ask *ask = talloc_zero(mem_ctx, struct ask);

	if (ask != NULL) {
		ask->ev = ev;
		ask->kind = kind;
		ask->private_data = private_data;
		ask->fd = fd;
		ask->fde = tevent_add_fd(ev, ask, fd, TEVENT_FD_READ, on_accept,
					 ask);
	}
	if (ask == NULL || ask->fde == NULL) {
		close(fd);
		talloc_free(ask);
		return NULL;
	}
	tevent_fd_set_auto_close(ask->fde);
	return ask;
}

unsigned ask_clients(const struct ask *ask)
{
	return ask->count;
}
