/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * metrics_http.c - as much of HTTP (RFC 9112) as a scraper needs: one GET a
 * connection. Of a request its first line counts; everything else is read and
 * has no effect.
 */

#include <errno.h>
#include <netdb.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "server/ask.h"
#include "server/metrics.h"
#include "server/server.h"
#include "smbquic/wire.h"

#define LOG_MODULE "metrics"
#include "smbquic/log.h"

#define MAX_REQUEST  8192
#define MAX_CLIENTS  16
#define IDLE_SECONDS 10
#define MAX_TEXT     96

struct metrics_answer {
	const struct server *server;
	const char *status; /* "200 OK" */
	bool head;	    /* headers alone */
	bool begun;
	size_t family; /* the next one */
};

/* --- the request -----------------------------------------------------------
 */

/* A line's end is CRLF; LF alone is taken, too (RFC 9112 2.2). */
size_t metrics_request_whole(const char *data, size_t len)
{
	size_t i = 0;

	for (i = 1; i < len; i++) {
		if (data[i] == '\n' &&
		    (data[i - 1] == '\n' ||
		     (i > 1 && data[i - 1] == '\r' && data[i - 2] == '\n'))) {
			return i + 1;
		}
	}
	return 0;
}

static bool word_is(const char *word, size_t len, const char *text)
{
	return len == strlen(text) && memcmp(word, text, len) == 0;
}

/* Status and method of "GET /metrics HTTP/1.1". */
static const char *judge(const char *line, size_t len, bool *head)
{
	const char *first = memchr(line, ' ', len);
	const char *path = first == NULL ? NULL : first + 1;
	size_t left = path == NULL ? 0 : len - (size_t)(path - line);
	const char *second = path == NULL ? NULL : memchr(path, ' ', left);
	size_t path_len = second == NULL ? 0 : (size_t)(second - path);
	const char *query = NULL;

	if (second == NULL || left - path_len < 9 ||
	    memcmp(second + 1, "HTTP/1.", 7) != 0) {
		return "400 Bad Request";
	}
	*head = word_is(line, (size_t)(first - line), "HEAD");
	if (!*head && !word_is(line, (size_t)(first - line), "GET")) {
		return "405 Method Not Allowed";
	}
	query = memchr(path, '?', path_len);
	path_len = query == NULL ? path_len : (size_t)(query - path);
	return word_is(path, path_len, "/metrics") ? "200 OK" : "404 Not Found";
}

void *metrics_request_begin(TALLOC_CTX *mem_ctx, void *server,
			    const char *request, size_t len)
{
	struct metrics_answer *answer =
		talloc_zero(mem_ctx, struct metrics_answer);
	const char *end = request == NULL ? NULL : memchr(request, '\n', len);

	if (answer == NULL) {
		return NULL;
	}
	answer->server = server;
	answer->status = "431 Request Header Fields Too Large";
	if (end != NULL) {
		answer->status =
			judge(request, (size_t)(end - request), &answer->head);
	}
	return answer;
}

/* --- the answer ------------------------------------------------------------
 */

static void put_text(struct wire_writer *out, const char *text)
{
	wire_put(out, text, strlen(text));
}

static bool begin(struct metrics_answer *answer, struct wire_writer *out)
{
	bool good = strcmp(answer->status, "200 OK") == 0;

	answer->begun = true;
	put_text(out, "HTTP/1.1 ");
	put_text(out, answer->status);
	put_text(out, "\r\nConnection: close\r\nCache-Control: no-store\r\n"
		      "X-Content-Type-Options: nosniff\r\n");
	put_text(out, strstr(answer->status, "405") != NULL
			      ? "Allow: GET, HEAD\r\n"
			      : "");
	put_text(out, good ? "Content-Type: text/plain; version=0.0.4; "
			     "charset=utf-8\r\n\r\n"
			   : "Content-Type: text/plain; charset=utf-8\r\n\r\n");
	if (!good && !answer->head) {
		put_text(out, answer->status);
		put_text(out, "\nThe metrics are at /metrics.\n");
	}
	return good && !answer->head;
}

bool metrics_answer_page(void *private_data, struct wire_writer *out)
{
	struct metrics_answer *answer =
		talloc_get_type_abort(private_data, struct metrics_answer);

	if (!answer->begun && !begin(answer, out)) {
		return false;
	}
	while (out->len < ASK_PAGE) {
		if (!metrics_family(answer->server, answer->family, out)) {
			return false;
		}
		answer->family++;
	}
	return true;
}

/* --- where -----------------------------------------------------------------
 */

/* The resolver takes more than 65535, and means something else. */
static bool is_port(const char *text)
{
	size_t len = strlen(text);

	return len > 0 && len <= 5 && strspn(text, "0123456789") == len &&
	       strtoul(text, NULL, 10) <= UINT16_MAX;
}

socklen_t metrics_address(const char *text, struct sockaddr_storage *out)
{
	const struct addrinfo hints = {
		.ai_socktype = SOCK_STREAM,
		.ai_flags = AI_NUMERICHOST | AI_NUMERICSERV | AI_PASSIVE,
	};
	const char *colon = strrchr(text, ':');
	const char *begin = text;
	struct addrinfo *info = NULL;
	char host[MAX_TEXT] = "";
	socklen_t len = 0;
	size_t n = 0;

	if (colon == NULL || colon == text || !is_port(colon + 1)) {
		return 0;
	}
	n = (size_t)(colon - text);
	if (*text == '[' && colon[-1] == ']') {
		begin++;
		n -= 2;
	} else if (memchr(text, ':', n) != NULL) {
		return 0; /* IPv6 needs its brackets */
	}
	if (n >= sizeof(host)) {
		return 0;
	}
	memcpy(host, begin, n);
	if (getaddrinfo(host, colon + 1, &hints, &info) != 0) {
		return 0;
	}
	len = info->ai_addrlen;
	memcpy(out, info->ai_addr, len);
	freeaddrinfo(info);
	return len;
}

static const struct ask_kind kind = {
	.name = "metrics",
	.max_request = MAX_REQUEST,
	.max_clients = MAX_CLIENTS,
	.idle_seconds = IDLE_SECONDS,
	.once = true,
	.whole = metrics_request_whole,
	.begin = metrics_request_begin,
	.page = metrics_answer_page,
};

void metrics_listen(struct server *server)
{
	const char *text =
		config_string(server->config, NULL, CONFIG_METRICS_LISTEN);
	struct sockaddr_storage addr = {0};
	socklen_t len = 0;
	int fd = -1;

	if (server->metrics_at != NULL &&
	    strcmp(server->metrics_at, text) == 0) {
		return;
	}
	TALLOC_FREE(server->metrics_ask);
	TALLOC_FREE(server->metrics_at);
	server->metrics_at = talloc_strdup(server, text);
	if (text[0] == '\0') {
		return;
	}
	len = metrics_address(text, &addr);
	fd = ask_listen((const struct sockaddr *)&addr, len);
	if (fd >= 0) {
		server->metrics_ask =
			ask_new(server, server->ev, fd, &kind, server);
	}
	if (server->metrics_ask == NULL) {
		log_error("metrics listen = %s: %s; there are no metrics", text,
			  fd < 0 ? strerror(errno) : "out of memory");
		TALLOC_FREE(server->metrics_at);
		return;
	}
	log_info("metrics at http://%s/metrics", text);
}
