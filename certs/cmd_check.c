/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * cmd_check.c - which mappings need somebody's care: silent when none does, so
 * that cron writes only then.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "certs/certmap.h"
#include "certs/command.h"
#include "smbquic/private_file.h"

#define ONE_DAY	     86400
#define DEFAULT_DAYS 14
#define MAX_DAYS     36500

static bool take_days(struct args *args, time_t *out)
{
	const char *text = args_text(args, PARAM_DAYS);
	char *end = NULL;
	long days = DEFAULT_DAYS;

	if (text != NULL) {
		errno = 0;
		days = strtol(text, &end, 10);
		if (*text == '\0' || *end != '\0' || errno != 0 || days < 0 ||
		    days > MAX_DAYS) {
			return false;
		}
	}
	*out = days * ONE_DAY;
	return true;
}

/* The first in the chain that ends so soon; NULL: none does. */
static char *ends_soon(struct args *args, const struct view *view, time_t limit)
{
	size_t n = 0;

	for (n = 0; view->cert != NULL && n < view->info->chain_len; n++) {
		const struct cert_info *info =
			cert_chain_info(args, view->cert, n);

		if (info != NULL && info->not_after < limit) {
			return talloc_asprintf(
				args, "%s%s expires on %s",
				n == 0 ? "the certificate"
				       : "the issuer's certificate ",
				n == 0 ? "" : info->subject,
				cert_time_string(args, info->not_after));
		}
	}
	return NULL;
}

/* @return whether it is in order. */
static bool check_one(struct args *args, const struct certmap_file *file,
		      const struct certmap_entry *entry, time_t limit,
		      json_t *array)
{
	const struct view *view =
		view_load(args, certmap_file_path(file), entry);
	const char *problem = "out of memory";
	json_t *json = NULL;

	if (view != NULL && view->problems != NULL) {
		problem = view->problems[0];
		if (problem == NULL) {
			problem = ends_soon(args, view, limit);
		}
		json = view_json(view);
		json_object_set_new(json, "Problem",
				    problem == NULL ? json_null()
						    : json_string(problem));
		json_array_append_new(array, json);
	}
	if (problem != NULL) {
		command_failed("%s: %s", entry->name, problem);
	}
	return problem == NULL;
}

int cmd_check(struct args *args)
{
	char *const *name = args_list(args, PARAM_NAME);
	const char *path = command_map_file(args);
	struct certmap_file *file = NULL;
	json_t *array = NULL;
	char *why = NULL;
	time_t limit = 0;
	bool good = true;
	size_t i = 0;

	if (!take_days(args, &limit)) {
		return command_misused(args, "--days is a number from 0 to %d",
				       MAX_DAYS);
	}
	limit += time(NULL);
	file = path == NULL
		       ? NULL
		       : certmap_file_load(args, path, CERTMAP_SERVER, &why);
	if (file == NULL) {
		return path == NULL
			       ? STATUS_FAILED
			       : command_failed("%s", why == NULL ? "out of "
								    "memory"
								  : why);
	}
	why = private_file_writable(args, path, CERTMAP_SAYS);
	if (why != NULL) {
		good = command_failed("%s", why) == STATUS_DONE;
	}
	if (certmap_file_count(file) == 0) {
		return command_failed("there are no mappings in %s", path);
	}
	for (; *name != NULL; name++) {
		if (certmap_file_find(file, *name) == NULL) {
			return command_failed("there is no mapping of %s in %s",
					      *name, path);
		}
	}
	array = json_array();
	name = args_list(args, PARAM_NAME);
	for (i = 0; *name == NULL && i < certmap_file_count(file); i++) {
		good = check_one(args, file, certmap_file_get(file, i), limit,
				 array) &&
		       good;
	}
	for (; *name != NULL; name++) {
		good = check_one(args, file, certmap_file_find(file, *name),
				 limit, array) &&
		       good;
	}
	if (args_switch(args, PARAM_JSON)) {
		show_json(array);
	} else {
		json_decref(array);
	}
	return good ? STATUS_DONE : STATUS_FAILED;
}
