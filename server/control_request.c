/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * control_request.c - a line from the control socket, understood.
 */

#include <errno.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "server/control.h"
#include "server/status.h"

#define MAX_WHAT 1024

const struct control_verb_row control_verbs[] = {
	[CONTROL_STATUS] = {"status", NULL, false, "what the server does"},
	[CONTROL_RELOAD] = {"reload", NULL, false,
			    "read configuration, users and certificates again"},
	[CONTROL_CLOSE_SESSION] = {"close-session", "ID", false,
				   "end a session, and what it has open"},
	[CONTROL_CLOSE_SHARE] = {"close-share", "NAME", false,
				 "end all use of a share"},
	[CONTROL_CLOSE_FILE] = {"close-file", "ID", false,
				"close an open file"},
	[CONTROL_CLOSE_CLIENT] = {"close-client", "ADDRESS", false,
				  "end all connections from an address"},
	[CONTROL_DRAIN] = {"drain", "on|off", true,
			   "take no new connections; those there are stay"},
	[CONTROL_LOGLEVEL] = {"loglevel", "LEVELS", true,
			      "log so much from now on; or say how much is "
			      "logged"},
};

static struct control_request *refuse(struct control_request *request,
				      TALLOC_CTX *mem_ctx, char **why,
				      const char *text)
{
	*why = talloc_strdup(mem_ctx, text);
	talloc_free(request);
	return NULL;
}

static bool find_verb(const char *name, enum control_verb *out)
{
	unsigned i = 0;

	for (i = 0; name != NULL && i < CONTROL_VERB_COUNT; i++) {
		if (strcmp(control_verbs[i].name, name) == 0) {
			*out = (enum control_verb)i;
			return true;
		}
	}
	return false;
}

/* No list, or an empty one: all. */
static bool read_sections(const json_t *list, uint32_t *out)
{
	size_t i = 0;

	*out = 0;
	if (list != NULL && !json_is_array(list)) {
		return false;
	}
	for (i = 0; i < json_array_size(list); i++) {
		const char *name = json_string_value(json_array_get(list, i));
		int at = name == NULL ? -1 : status_section_find(name);

		if (at < 0) {
			return false;
		}
		*out |= (uint32_t)1 << at;
	}
	if (*out == 0) {
		*out = status_all_sections();
	}
	return true;
}

static bool read_what(struct control_request *request, const json_t *what)
{
	const struct control_verb_row *row = &control_verbs[request->verb];
	const char *text = json_string_value(what);

	if (what == NULL) {
		return row->what == NULL || row->may_lack;
	}
	if (row->what == NULL || text == NULL || text[0] == '\0' ||
	    strlen(text) > MAX_WHAT) {
		return false;
	}
	request->what = talloc_strdup(request, text);
	return request->what != NULL;
}

struct control_request *control_request_parse(TALLOC_CTX *mem_ctx,
					      const char *line, size_t len,
					      char **why)
{
	struct control_request *request =
		talloc_zero(mem_ctx, struct control_request);
	json_t *json = json_loadb(line, len, JSON_REJECT_DUPLICATES, NULL);
	const char *wrong = NULL;

	*why = NULL;
	if (request == NULL) {
		wrong = "out of memory";
	} else if (!json_is_object(json)) {
		wrong = "that is not a JSON object";
	} else if (!find_verb(json_string_value(json_object_get(json, "do")),
			      &request->verb)) {
		wrong = "nobody knows how to do that";
	} else if (!read_sections(json_object_get(json, "sections"),
				  &request->sections)) {
		wrong = "there is no such section";
	} else if (!read_what(request, json_object_get(json, "what"))) {
		wrong = control_verbs[request->verb].what == NULL
				? "that takes no argument"
				: "that needs one argument";
	}
	json_decref(json);
	return wrong == NULL ? request : refuse(request, mem_ctx, why, wrong);
}

bool control_number(const char *text, uint64_t *out)
{
	bool hex = strncmp(text, "0x", 2) == 0 || strncmp(text, "0X", 2) == 0;
	const char *digits = hex ? text + 2 : text;
	char *end = NULL;

	if (*digits == '\0' ||
	    strspn(digits, hex ? "0123456789abcdefABCDEF" : "0123456789") !=
		    strlen(digits)) {
		return false;
	}
	errno = 0;
	*out = strtoull(digits, &end, hex ? 16 : 10);
	return errno == 0 && *end == '\0';
}
