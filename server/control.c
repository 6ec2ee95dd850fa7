/* SPDX-License-Identifier: GPL-3.0-or-later */

#include "server/control.h"

#include <errno.h>
#include <jansson.h>
#include <string.h>
#include <unistd.h>

#include "server/ask.h"
#include "server/server.h"
#include "server/state_dir.h"
#include "server/status.h"

#define LOG_MODULE "control"
#include "smbquic/log.h"

#define MAX_CLIENTS  16
#define IDLE_SECONDS 30

/* Child of the server. */
struct control {
	struct server *server;
	struct control_hooks hooks;
	char *path;
};

/* The state of an answer. */
struct answer {
	struct status_walk *walk; /* NULL: the last line alone */
	const char *last_key;	  /* "done", "error" */
	char *last;
};

static int control_destructor(struct control *control)
{
	unlink(control->path);
	return 0;
}

/* --- who -------------------------------------------------------------------
 */

static bool admit(void *private_data, int fd)
{
	struct ucred who = {.uid = (uid_t)-1};
	socklen_t len = sizeof(who);

	(void)private_data;
	if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &who, &len) != 0) {
		log_warn("refused: who asks is not known: %s", strerror(errno));
		return false;
	}
	if (who.uid == 0 || who.uid == getuid()) {
		return true;
	}
	log_notice("refused: process %d is user %u's, who may not ask",
		   (int)who.pid, (unsigned)who.uid);
	return false;
}

/* --- lines -----------------------------------------------------------------
 */

static size_t whole(const char *data, size_t len)
{
	const char *end = memchr(data, '\n', len);

	return end == NULL ? 0 : (size_t)(end - data) + 1;
}

static void put_line(struct wire_writer *out, json_t *json)
{
	char *text = json == NULL ? NULL : json_dumps(json, JSON_COMPACT);

	if (text == NULL) {
		wire_writer_fail(out);
	} else {
		wire_put(out, text, strlen(text));
		wire_put(out, "\n", 1);
	}
	free(text);
	json_decref(json);
}

/* --- answers ---------------------------------------------------------------
 */

static void begin_what(struct control *control, struct answer *answer,
		       const char *line, size_t len)
{
	struct control_request *request =
		control_request_parse(answer, line, len, &answer->last);

	if (request == NULL) {
		answer->last_key = "error";
		return;
	}
	if (request->verb == CONTROL_STATUS) {
		answer->walk = status_walk_new(answer, control->server,
					       request->sections);
		answer->last_key = answer->walk == NULL ? "error" : "done";
	} else {
		answer->last_key =
			control_act(answer, control->server, &control->hooks,
				    request, &answer->last)
				? "done"
				: "error";
	}
	talloc_free(request);
}

static void *begin(TALLOC_CTX *mem_ctx, void *private_data, const char *request,
		   size_t len)
{
	struct control *control =
		talloc_get_type_abort(private_data, struct control);
	struct answer *answer = talloc_zero(mem_ctx, struct answer);

	if (answer == NULL) {
		return NULL;
	}
	if (request == NULL) {
		answer->last_key = "error";
		answer->last = talloc_strdup(answer, "the request is too long");
	} else {
		begin_what(control, answer, request, len);
	}
	return answer;
}

static bool page(void *private_data, struct wire_writer *out)
{
	struct answer *answer =
		talloc_get_type_abort(private_data, struct answer);
	const char *section = NULL;
	json_t *item = NULL;

	status_walk_page(answer->walk);
	while (answer->walk != NULL && out->len < ASK_PAGE) {
		if (!status_walk_next(answer->walk, &section, &item)) {
			TALLOC_FREE(answer->walk);
		} else if (item != NULL) {
			put_line(out, json_pack("{s:s, s:o}", "section",
						section, "item", item));
		} else if (section == NULL) {
			return true; /* enough was looked at for one turn */
		}
	}
	if (answer->walk != NULL) {
		return true;
	}
	put_line(out, json_pack("{s:s}", answer->last_key,
				answer->last == NULL ? "" : answer->last));
	return false;
}

static const struct ask_kind kind = {
	.name = "control",
	.max_request = CONTROL_MAX_REQUEST,
	.max_clients = MAX_CLIENTS,
	.idle_seconds = IDLE_SECONDS,
	.admit = admit,
	.whole = whole,
	.begin = begin,
	.page = page,
};

/* --- the socket ------------------------------------------------------------
 */

char *control_path(TALLOC_CTX *mem_ctx, const struct config *config)
{
	return talloc_asprintf(
		mem_ctx, "%s/" CONTROL_NAME,
		config_string(config, NULL, CONFIG_STATE_DIRECTORY));
}

void control_start(struct server *server, const struct control_hooks *hooks)
{
	struct control *control = NULL;
	int fd = -1;

	if (server->state == NULL) {
		return; /* said already; there may be another server's */
	}
	control = talloc_zero(server, struct control);
	if (control != NULL) {
		control->server = server;
		control->hooks = *hooks;
		control->path =
			state_dir_path(control, server->state, CONTROL_NAME);
	}
	if (control == NULL || control->path == NULL) {
		log_warn("no control socket: out of memory");
		talloc_free(control);
		return;
	}
	fd = ask_listen_path(control->path);
	if (fd < 0 ||
	    ask_new(control, server->ev, fd, &kind, control) == NULL) {
		log_warn("no control socket %s: %s; smbquic-status cannot be "
			 "answered",
			 control->path, fd < 0 ? strerror(errno) : "no memory");
		talloc_free(control);
		return;
	}
	talloc_set_destructor(control, control_destructor);
}
