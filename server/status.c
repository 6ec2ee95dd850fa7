/* SPDX-License-Identifier: GPL-3.0-or-later */

#include "server/status.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "certs/certmap.h"
#include "server/server.h"
#include "smbquic/log.h"

/* What is looked at in one turn, shown or not. */
#define TURN 2000

#define NT_UNIX_SECONDS 11644473600ULL
#define NT_SECOND	10000000ULL
#define DAY		86400

/* --- values ----------------------------------------------------------------
 */

json_t *status_id(uint64_t id)
{
	char text[24] = "";

	snprintf(text, sizeof(text), "0x%" PRIx64, id);
	return json_string(text);
}

json_t *status_time(uint64_t nt_time)
{
	time_t when = (time_t)(nt_time / NT_SECOND - NT_UNIX_SECONDS);
	char text[32] = "";
	struct tm tm = {0};

	if (nt_time == 0 || gmtime_r(&when, &tm) == NULL) {
		return json_null();
	}
	strftime(text, sizeof(text), "%Y-%m-%dT%H:%M:%SZ", &tm);
	return json_string(text);
}

json_t *status_string(const char *text)
{
	json_t *value = text == NULL ? NULL : json_string(text);

	if (value == NULL && text != NULL) {
		/* not UTF-8: it is named, if not well */
		value = json_string("?");
	}
	return value == NULL ? json_null() : value;
}

/* --- the server ------------------------------------------------------------
 */

static bool next_server(struct status_walk *walk, json_t **item)
{
	const struct server *server = walk->server;
	uint64_t now = server_now();
	char levels[512] = "";
	char *listening = NULL;

	if (walk->cursor++ > 0) {
		return false;
	}
	log_get_text(levels, sizeof(levels));
	listening = server_listening(NULL, server);
	*item = json_pack(
		"{s:s, s:i, s:o, s:I, s:o, s:s, s:s, s:b, s:b, s:i, s:I, s:I,"
		" s:I, s:I}",
		"version", SMBQUIC_VERSION, "pid", (int)getpid(), "started",
		status_time(server->start_time), "uptime_seconds",
		(json_int_t)((now - server->start_time) / NT_SECOND),
		"listening", status_string(listening), "config_file",
		config_file(server->config), "log_level", levels, "draining",
		server->draining, "stopping", server->stopping, "connections",
		(int)server->num_conns, "connections_so_far",
		(json_int_t)server->last_conn_id, "sessions",
		(json_int_t)idtable_count(server->sessions), "open_files",
		(json_int_t)idtable_count(server->opens), "waiting_handles",
		(json_int_t)server->num_durable);
	talloc_free(listening);
	return true;
}

/* --- shares ----------------------------------------------------------------
 */

static bool next_share(struct status_walk *walk, json_t **item)
{
	const struct share *share = walk->server->shares;
	size_t i = 0;

	for (i = 0; share != NULL && i < walk->cursor; i++) {
		share = share->next;
	}
	if (share == NULL) {
		return false;
	}
	walk->cursor++;
	*item = json_pack("{s:o, s:o, s:s, s:i}", "service",
			  status_string(share->name), "path",
			  share->section == NULL
				  ? json_null()
				  : status_string(config_string(share->config,
								share->section,
								CONFIG_PATH)),
			  "type", share->type == SHARE_PIPE ? "pipe" : "disk",
			  "tcons", (int)trees_count(walk->server, share->name));
	return true;
}

/* --- certificates ----------------------------------------------------------
 */

static bool next_certificate(struct status_walk *walk, json_t **item)
{
	const struct certmap *map = walk->server->certmap;
	struct certmap_state state = {0};
	char until[32] = "";
	struct tm tm = {0};

	if (map == NULL || walk->cursor >= certmap_count(map)) {
		return false;
	}
	state = certmap_state(map, walk->cursor++);
	if (state.subject != NULL && gmtime_r(&state.not_after, &tm) != NULL) {
		strftime(until, sizeof(until), "%Y-%m-%dT%H:%M:%SZ", &tm);
	}
	*item = json_pack(
		"{s:o, s:o, s:o, s:o, s:o, s:o, s:o}", "name",
		status_string(state.entry->name), "subject",
		status_string(state.subject), "sha1", status_string(state.sha1),
		"sha256", status_string(state.sha256), "not_after",
		status_string(until[0] == '\0' ? NULL : until), "days_left",
		state.subject == NULL
			? json_null()
			: json_integer(
				  (json_int_t)(state.not_after - time(NULL)) /
				  DAY),
		"problem", status_string(state.problem));
	return true;
}

/* --- the walk --------------------------------------------------------------
 */

const struct status_section status_sections[] = {
	{"server", next_server},
	{"sessions", status_next_session},
	{"connections", status_next_connection},
	{"tcons", status_next_tcon},
	{"open_files", status_next_open},
	{"byte_range_locks", status_next_lock},
	{"leases", status_next_lease},
	{"shares", next_share},
	{"certificates", next_certificate},
	{NULL, NULL},
};

int status_section_find(const char *name)
{
	int i = 0;

	for (i = 0; status_sections[i].name != NULL; i++) {
		if (strcmp(status_sections[i].name, name) == 0) {
			return i;
		}
	}
	return -1;
}

uint32_t status_all_sections(void)
{
	unsigned count =
		sizeof(status_sections) / sizeof(status_sections[0]) - 1;

	return ((uint32_t)1 << count) - 1;
}

struct status_walk *status_walk_new(TALLOC_CTX *mem_ctx,
				    const struct server *server,
				    uint32_t sections)
{
	struct status_walk *walk = talloc_zero(mem_ctx, struct status_walk);

	if (walk != NULL) {
		walk->server = server;
		walk->sections = sections;
		walk->budget = TURN;
	}
	return walk;
}

void status_walk_page(struct status_walk *walk)
{
	if (walk != NULL) {
		walk->conn = NULL;
		walk->budget = TURN;
	}
}

static void next_section(struct status_walk *walk)
{
	walk->section++;
	walk->cursor = 0;
	walk->inner = 0;
	walk->id = 0;
	walk->conn = NULL;
}

bool status_walk_next(struct status_walk *walk, const char **section,
		      json_t **item)
{
	const struct status_section *row = &status_sections[walk->section];

	*section = NULL;
	*item = NULL;
	while (row->name != NULL &&
	       (walk->sections & ((uint32_t)1 << walk->section)) == 0) {
		next_section(walk);
		row++;
	}
	if (row->name == NULL) {
		return false;
	}
	if (walk->budget == 0) {
		return true;
	}
	walk->budget--;
	*section = row->name;
	if (!row->next(walk, item)) {
		next_section(walk);
	}
	return true;
}
