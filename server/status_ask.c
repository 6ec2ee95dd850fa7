/* SPDX-License-Identifier: GPL-3.0-or-later */

#include "server/status_ask.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include "server/ask.h"

#define LINE_MAX_BYTES ((size_t)1 << 20)
#define PATIENCE       30 /* seconds without a byte */

struct talk {
	int fd;
	char *buf;
	size_t len; /* read, not looked at */
};

static int talk_destructor(struct talk *talk)
{
	if (talk->fd >= 0) {
		close(talk->fd);
	}
	return 0;
}

static int answer_destructor(struct status_answer *answer)
{
	json_decref(answer->sections);
	return 0;
}

static bool say(struct talk *talk, const char *text)
{
	size_t left = strlen(text);

	while (left > 0) {
		ssize_t n = send(talk->fd, text, left, MSG_NOSIGNAL);

		if (n < 0 && errno != EINTR) {
			return false;
		}
		if (n > 0) {
			text += n;
			left -= (size_t)n;
		}
	}
	return true;
}

/* One more line, parsed. NULL: errno, 0 where it is no such line. */
static json_t *hear(struct talk *talk)
{
	for (;;) {
		char *end = memchr(talk->buf, '\n', talk->len);
		ssize_t n = 0;

		errno = 0;
		if (end != NULL) {
			size_t line = (size_t)(end - talk->buf) + 1;
			json_t *json = json_loadb(talk->buf, line, 0, NULL);

			talk->len -= line;
			memmove(talk->buf, talk->buf + line, talk->len);
			return json;
		}
		if (talk->len == LINE_MAX_BYTES) {
			return NULL;
		}
		n = recv(talk->fd, talk->buf + talk->len,
			 LINE_MAX_BYTES - talk->len, 0);
		if (n == 0) {
			errno = ECONNRESET;
		}
		if (n <= 0 && errno != EINTR) {
			return NULL;
		}
		talk->len += n > 0 ? (size_t)n : 0;
	}
}

/* Put an item into its section. */
static bool keep(struct status_answer *answer, json_t *line)
{
	const char *name = json_string_value(json_object_get(line, "section"));
	json_t *item = json_object_get(line, "item");
	json_t *list =
		name == NULL ? NULL : json_object_get(answer->sections, name);

	if (name == NULL || item == NULL) {
		return false;
	}
	if (list == NULL) {
		list = json_array();
		json_object_set_new(answer->sections, name, list);
	}
	return json_array_append(list, item) == 0;
}

/* @return false: the answer goes on. */
static bool is_last(struct status_answer *answer, const json_t *line)
{
	const char *done = json_string_value(json_object_get(line, "done"));
	const char *error = json_string_value(json_object_get(line, "error"));

	if (done == NULL && error == NULL) {
		return false;
	}
	answer->refused = done == NULL;
	answer->text = talloc_strdup(answer, done == NULL ? error : done);
	return true;
}

static bool listen_to(struct talk *talk, struct status_answer *answer)
{
	bool over = false;

	while (!over) {
		json_t *line = hear(talk);
		bool good = line != NULL;

		over = is_last(answer, line);
		good = good && (over || keep(answer, line));
		json_decref(line);
		if (!good) {
			return false;
		}
	}
	return answer->text != NULL;
}

static struct talk *talk_begin(TALLOC_CTX *mem_ctx, const char *path,
			       char **why)
{
	struct talk *talk = talloc_zero(mem_ctx, struct talk);
	const struct timeval patience = {.tv_sec = PATIENCE};

	if (talk == NULL) {
		return NULL;
	}
	talk->buf = talloc_size(talk, LINE_MAX_BYTES);
	talk->fd = ask_connect_path(path);
	talloc_set_destructor(talk, talk_destructor);
	if (talk->fd < 0) {
		*why = talloc_asprintf(
			mem_ctx, "%s: %s", path,
			errno == ENOENT || errno == ECONNREFUSED
				? "no running smbquicd has this socket"
				: strerror(errno));
	}
	if (talk->fd < 0 || talk->buf == NULL) {
		talloc_free(talk);
		return NULL;
	}
	setsockopt(talk->fd, SOL_SOCKET, SO_RCVTIMEO, &patience,
		   sizeof(patience));
	return talk;
}

static const char *reason(int err)
{
	switch (err) {
	case 0: return "what answers there is no smbquicd";
	case EAGAIN: return "no answer";
	case EPIPE:
	case ECONNRESET:
		return "the server hung up; root may ask it, and the user who "
		       "started it";
	default: return strerror(err);
	}
}

struct status_answer *status_ask(TALLOC_CTX *mem_ctx, const char *path,
				 json_t *request, char **why)
{
	struct talk *talk = NULL;
	struct status_answer *answer =
		talloc_zero(mem_ctx, struct status_answer);
	char *text = json_dumps(request, JSON_COMPACT);

	*why = NULL;
	json_decref(request);
	if (answer != NULL && text != NULL) {
		answer->sections = json_object();
		talloc_set_destructor(answer, answer_destructor);
		talk = talk_begin(mem_ctx, path, why);
	}
	if (talk != NULL && say(talk, text) && say(talk, "\n") &&
	    listen_to(talk, answer)) {
		free(text);
		talloc_free(talk);
		return answer;
	}
	if (talk != NULL) {
		*why = talloc_asprintf(mem_ctx, "%s: %s", path, reason(errno));
	}
	free(text);
	talloc_free(talk);
	talloc_free(answer);
	return NULL;
}
