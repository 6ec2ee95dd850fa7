/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * ask.h - small services for programs of this machine: a request of bounded
 * size comes in over a stream socket, an answer of any length goes out, page by
 * page. A page is made when the one before it has been taken, so nobody who
 * reads slowly makes the server hold more than one, and others have their turn
 * between two pages.
 *
 * What is asked and answered is the kind's matter: control.h and
 * metrics_http.c.
 */
#ifndef SERVER_ASK_H
#define SERVER_ASK_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/socket.h>
#include <talloc.h>
#include <tevent.h>

#include "smbquic/wire.h"

/** A page ends soon after so many bytes. */
#define ASK_PAGE 32768

struct ask;

struct ask_kind {
	const char *name;      /**< for the log */
	size_t max_request;    /**< bytes */
	unsigned max_clients;  /**< more are turned away */
	unsigned idle_seconds; /**< for a request, and for taking a page */
	bool once;	       /**< the connection ends with its first answer */
	/** Who may ask, by the socket; NULL: anybody. */
	bool (*admit)(void *private_data, int fd);
	/** How many bytes of these make a whole request; 0: not yet. */
	size_t (*whole)(const char *data, size_t len);
	/**
	 * Begin an answer.
	 * @param request  not terminated; NULL: it was longer than max_request,
	 *                 and the connection ends with the answer.
	 * @return child of mem_ctx; NULL: no memory.
	 */
	void *(*begin)(TALLOC_CTX *mem_ctx, void *private_data,
		       const char *request, size_t len);
	/** Append to the answer: about ASK_PAGE bytes. @return false: that
	 *  was all. */
	bool (*page)(void *answer, struct wire_writer *out);
};

/**
 * @param fd    listens, does not block; the service's from here on.
 * @param kind  kept by the caller.
 * @return NULL: no memory; the socket is closed.
 */
struct ask *ask_new(TALLOC_CTX *mem_ctx, struct tevent_context *ev, int fd,
		    const struct ask_kind *kind, void *private_data);

/** How many clients there are. */
unsigned ask_clients(const struct ask *ask);

/** Listen there, without blocking. @return a descriptor, or -1: errno. */
int ask_listen(const struct sockaddr *addr, socklen_t len);

/**
 * Listen on, or connect to, a socket in the file system, however long its path
 * is. One that was left behind is replaced; the new one has mode 0600.
 * @return a descriptor, or -1: errno.
 */
int ask_listen_path(const char *path);
int ask_connect_path(const char *path);

#endif
