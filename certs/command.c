/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the commands of smbquic-certmap share. */
#include "certs/command.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "certs/client_map.h"
#include "smbquic/ini.h"
#include "smbquic/prompt.h"

#define DEFAULT_CONFIG SMBQUIC_SYSCONFDIR "/smbquic/smbquic.conf"

/* --- messages ----------------------------------------------------------- */

static void say(const char *before, const char *format, va_list args,
		const char *after)
{
	fprintf(stderr, "%s: %s", PROGRAM, before);
	vfprintf(stderr, format, args);
	fprintf(stderr, "%s\n", after);
}

int command_failed(const char *format, ...)
{
	va_list args;

	va_start(args, format);
	say("", format, args, "");
	va_end(args);
	return STATUS_FAILED;
}

void command_warn(const char *format, ...)
{
	va_list args;

	va_start(args, format);
	say("warning: ", format, args, "");
	va_end(args);
}

int command_misused(const struct args *args, const char *format, ...)
{
	char after[80] = "";
	va_list list;

	snprintf(after, sizeof(after), " (try %s%s%s --help)", PROGRAM,
		 args->command == NULL ? "" : " ",
		 args->command == NULL ? "" : args->command->name);
	va_start(list, format);
	say("", format, list, after);
	va_end(list);
	return STATUS_USAGE;
}

/* --- files -------------------------------------------------------------- */

char *command_absolute(TALLOC_CTX *mem_ctx, const char *path)
{
	char *here = NULL;
	char *whole = NULL;

	if (path[0] == '/') {
		return talloc_strdup(mem_ctx, path);
	}
	here = getcwd(NULL, 0);
	whole = talloc_asprintf(mem_ctx, "%s/%s", here == NULL ? "" : here,
				path);
	free(here);
	return whole;
}

/* The setting's last value in [global], following `include`. */
static bool find_setting(struct args *args, const char *file, int depth,
			 const char **value)
{
	struct ini *ini = ini_load(args, file, NULL);
	bool ok = true;
	size_t i = 0;

	if (ini == NULL || depth == INI_MAX_DEPTH) {
		command_failed("cannot read %s: %s", file,
			       ini == NULL ? strerror(errno)
					   : "it includes itself");
		return false;
	}
	for (i = 0; ok && i < ini_count(ini); i++) {
		const struct ini_line *line = ini_line(ini, i);

		if (line->kind != INI_KEY ||
		    (line->section != NULL &&
		     !ini_key_equal(line->section, "global"))) {
			continue;
		}
		if (ini_key_equal(line->key, "certificate map file")) {
			*value = line->value;
		}
		if (ini_key_equal(line->key, "include") &&
		    strchr(line->value, '%') == NULL) {
			char *path = ini_include_path(args, file, line->value);

			ok = find_setting(args, path, depth + 1, value);
		}
	}
	return ok;
}

bool command_is_client(const struct args *args)
{
	return args->command->side == CERTMAP_CLIENT;
}

enum param command_name(const struct args *args)
{
	return command_is_client(args) ? PARAM_NAMESPACE : PARAM_NAME;
}

/* Root's mappings are the machine's. */
static const char *client_map_file(struct args *args)
{
	const char *file = getenv(CLIENT_MAP_ENV);

	if (args_given(args, PARAM_CONFIGFILE)) {
		command_failed("client mappings are in no configuration of a "
			       "server: --map names their file");
		return NULL;
	}
	if (file != NULL && *file != '\0') {
		return command_absolute(args, file);
	}
	if (geteuid() == 0) {
		return client_map_system_file();
	}
	file = client_map_user_file(args);
	if (file == NULL) {
		command_failed("which file? You have no home directory (--map "
			       "names one)");
	}
	return file;
}

const char *command_map_file(struct args *args)
{
	const char *config = args_text(args, PARAM_CONFIGFILE);
	const char *file = args_text(args, PARAM_MAP);

	if (file != NULL) {
		return command_absolute(args, file);
	}
	if (command_is_client(args)) {
		return client_map_file(args);
	}
	if (config == NULL && access(DEFAULT_CONFIG, F_OK) == 0) {
		config = DEFAULT_CONFIG;
	}
	if (config == NULL) {
		return CERTMAP_DEFAULT_FILE;
	}
	if (!find_setting(args, config, 0, &file)) {
		return NULL;
	}
	return file == NULL ? CERTMAP_DEFAULT_FILE : file;
}

int command_confirm(const struct args *args, bool ask, const char *question)
{
	if (args_given(args, PARAM_CONFIRM)) {
		ask = args_switch(args, PARAM_CONFIRM);
	} else if (args_switch(args, PARAM_FORCE)) {
		ask = false;
	}
	if (!ask) {
		return STATUS_DONE;
	}
	if (!isatty(STDIN_FILENO)) {
		return command_failed("nobody can be asked, as standard input "
				      "is no terminal: say --force to do it "
				      "all the same");
	}
	if (prompt_confirm(question)) {
		return STATUS_DONE;
	}
	return errno == 0 ? command_failed("nothing was changed")
			  : command_failed("there is no terminal to ask on");
}
