/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * config_check.c - `smbquicd --check-config`: what the files say, what is
 * unwise, and what a server that starts with it would complain of.
 */

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "certs/certmap.h"
#include "server/config_private.h"
#include "server/logon.h"
#include "server/machine.h"
#include "server/state_dir.h"
#include "server/users.h"
#include "smbquic/log.h"

static void say(void *private_data, enum config_severity severity,
		const char *text)
{
	unsigned *errors = private_data;

	if (severity == CONFIG_ERROR) {
		(*errors)++;
	}
	fprintf(stderr, "%s: %s\n",
		severity == CONFIG_ERROR ? "error" : "warning", text);
}

static void say_of(unsigned *errors, enum config_severity severity,
		   const char *what, const char *path, const char *why)
{
	char *text = talloc_asprintf(NULL, "%s %s: %s", what, path, why);

	say(errors, severity, text == NULL ? "out of memory" : text);
	talloc_free(text);
}

/* What the parts of the server log when they begin. */
static void heard(void *private_data, enum log_level level, const char *module,
		  const char *text)
{
	(void)module;
	if (level <= LOG_LEVEL_WARN) {
		say(private_data,
		    level == LOG_LEVEL_ERROR ? CONFIG_ERROR : CONFIG_WARNING,
		    text);
	}
}

/* A file that is still to be made is no fault of the configuration; one that
 * is there, and cannot be used, keeps everybody out. */
static void check_users(const struct config *cfg, unsigned *errors)
{
	const char *path = config_string(cfg, NULL, CONFIG_SMB_PASSWD_FILE);
	char *why = NULL;
	struct users *users = users_load(NULL, path, &why);
	bool there = access(path, F_OK) == 0;
	char *text = NULL;

	if (users == NULL) {
		text = talloc_asprintf(
			NULL, "%s; nobody can log on%s",
			why == NULL ? "out of memory" : why,
			there ? "" : " (smbquic-passwd makes the file)");
		say(errors, there ? CONFIG_ERROR : CONFIG_WARNING,
		    text == NULL ? "out of memory" : text);
	}
	talloc_free(text);
	talloc_free(why);
	talloc_free(users);
}

static void check_certificates(const struct config *cfg, unsigned *errors)
{
	bool only = false;
	char *why = NULL;
	struct certmap *map = NULL;

	if (!config_wants_certificates(cfg, &only)) {
		return;
	}
	machine_check(cfg);
	map = certmap_new(
		NULL, config_string(cfg, NULL, CONFIG_CERTIFICATE_MAP_FILE),
		(unsigned)config_int(cfg, NULL, CONFIG_CERTIFICATE_WARNING),
		&why);
	if (map == NULL) {
		say(errors, CONFIG_ERROR, why == NULL ? "out of memory" : why);
	} else if (certmap_count(map) == 0 && only) {
		say(errors, CONFIG_ERROR,
		    "nobody can connect: QUIC is the only transport, and "
		    "without a certificate there is none (smbquic-certmap new "
		    "maps one)");
	}
	talloc_free(why);
	talloc_free(map);
}

/* Nothing is made here that is not there yet. */
static bool can_write(const char *path)
{
	const char *slash = strrchr(path, '/');
	char *folder = NULL;
	bool good = false;

	if (access(path, F_OK) == 0 || slash == NULL) {
		return access(path, W_OK) == 0;
	}
	folder = talloc_strndup(NULL, path,
				slash == path ? 1 : (size_t)(slash - path));
	good = folder != NULL && access(folder, W_OK | X_OK) == 0;
	talloc_free(folder);
	return good;
}

static void check_files(const struct config *cfg, unsigned *errors)
{
	static const struct {
		enum config_key key;
		const char *what;
	} files[] = {
		{CONFIG_LOG_FILE, "log file"},
		{CONFIG_AUDIT_LOG, "audit log"},
		{CONFIG_PID_FILE, "pid file"},
	};
	const char *state = config_string(cfg, NULL, CONFIG_STATE_DIRECTORY);
	const char *fault = state_dir_fault(state);
	size_t i = 0;

	for (i = 0; i < sizeof(files) / sizeof(files[0]); i++) {
		const char *path = config_string(cfg, NULL, files[i].key);

		if (path[0] == '/' && !can_write(path)) {
			say_of(errors, CONFIG_ERROR, files[i].what, path,
			       strerror(errno));
		}
	}
	if (fault != NULL) {
		say_of(errors, CONFIG_WARNING, "state directory", state, fault);
	}
}

static void check_start(const struct config *cfg, unsigned *errors)
{
	log_set_sink(heard, errors);
	check_users(cfg, errors);
	logon_check(cfg);
	check_certificates(cfg, errors);
	check_files(cfg, errors);
	log_set_sink(NULL, NULL);
}

int config_check(const char *file, const char *const *overrides, bool all)
{
	unsigned errors = 0;
	bool good = false;
	struct config *cfg =
		config_look(NULL, file, overrides, say, &errors, &good);

	if (cfg != NULL && access(file, R_OK) == 0) {
		config_advise(cfg, say, &errors);
		check_start(cfg, &errors);
	}
	if (errors > 0 || cfg == NULL) {
		fprintf(stderr, "%s: %u error%s\n", file, errors,
			errors == 1 ? "" : "s");
	}
	if (good) {
		config_print(stdout, cfg, all);
	}
	talloc_free(cfg);
	return errors == 0 && good ? 0 : 1;
}
