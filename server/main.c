/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * smbquicd: options, signals, and the life of the process.
 */

#include <errno.h>
#include <popt.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "server/control.h"
#include "server/import_samba.h"
#include "server/server.h"
#include "server/service.h"
#include "smbquic/alarm.h"
#include "smbquic/audit.h"
#include "smbquic/heap.h"
#include "smbquic/option_text.h"
#include "smbquic/secret.h"
#include "smbquic/systemd.h"

#define LOG_MODULE "server"
#include "smbquic/log.h"

#define PROGRAM "smbquicd"

/* 78 is EX_CONFIG of sysexits.h: trying again is of no use. */
enum { EXIT_DONE = 0, EXIT_FAILED = 1, EXIT_USAGE = 2, EXIT_CONFIG = 78 };

static struct options {
	char *config_file;
	char *debug_level;
	char *samba_file;
	const char **overrides; /* NULL-terminated */
	int foreground, daemon, check, version;
} options;

static struct poptOption option_table[] = {
	{"configfile", 's', POPT_ARG_STRING, OPTION_TEXT(options, config_file),
	 "The configuration file (" CONFIG_DEFAULT_FILE ")", "FILE"},
	{"foreground", 'F', POPT_ARG_NONE, &options.foreground, 0,
	 "Stay in the foreground and log to standard error (the default)",
	 NULL},
	{"daemon", 'D', POPT_ARG_NONE, &options.daemon, 0,
	 "Go to the background once the server is ready", NULL},
	{"debuglevel", 'd', POPT_ARG_STRING, OPTION_TEXT(options, debug_level),
	 "How much is logged: 0 to 10, or error, warn, notice, info, debug; "
	 "wins over `log level`",
	 "LEVEL"},
	{"option", '\0', POPT_ARG_ARGV, &options.overrides, 0,
	 "A setting of [global]; wins over the file", "'KEY=VALUE'"},
	{"check-config", '\0', POPT_ARG_NONE, &options.check, 0,
	 "Check the configuration, print what is in force, and end", NULL},
	{"import-samba", '\0', POPT_ARG_STRING,
	 OPTION_TEXT(options, samba_file),
	 "Print a configuration made from Samba's smb.conf, say what does not "
	 "carry over, and end",
	 "SMB.CONF"},
	{"version", 'V', POPT_ARG_NONE, &options.version, 0,
	 "Print the version", NULL},
	POPT_AUTOHELP POPT_TABLEEND,
};

/* The running process. */
struct life {
	struct tevent_context *ev;
	struct server *server;
	bool stopping, over;
	unsigned passed; /* sockets */
};

static int failed(const char *what)
{
	fprintf(stderr, "%s: %s\n", PROGRAM, what);
	return EXIT_FAILED;
}

/* --- configuration ---------------------------------------------------------
 */

static void report(void *private_data, enum config_severity severity,
		   const char *text)
{
	(void)private_data;
	if (severity == CONFIG_ERROR) {
		log_error("%s", text);
	} else {
		log_warn("%s", text);
	}
}

static const char *config_path(void)
{
	return options.config_file != NULL ? options.config_file
					   : CONFIG_DEFAULT_FILE;
}

static struct config *load_config(TALLOC_CTX *mem_ctx)
{
	struct config *config = config_load(mem_ctx, config_path(),
					    options.overrides, report, NULL);

	if (config == NULL) {
		log_error("%s: not usable, see above", config_path());
	}
	if (config == NULL && access(config_path(), F_OK) != 0 &&
	    errno == ENOENT) {
		log_error("to begin with: copy " SMBQUIC_DATADIR
			  "/smbquic/smbquic.conf.example there, add users "
			  "(smbquic-passwd add) and a certificate "
			  "(smbquic-certmap new), and see smbquicd(8)");
	}
	return config;
}

static bool set_audit(const struct config *config)
{
	const char *file = config_string(config, NULL, CONFIG_AUDIT_LOG);
	int err =
		audit_start(file, (enum audit_journal)config_int(
					  config, NULL, CONFIG_AUDIT_JOURNAL));

	if (err != 0) {
		log_error("audit log %s: %s", file, strerror(err));
	}
	return err == 0;
}

static bool set_log(const struct config *config)
{
	const char *file = config_string(config, NULL, CONFIG_LOG_FILE);
	const char *levels = config_string(config, NULL, CONFIG_LOG_LEVEL);

	if (options.debug_level != NULL) {
		levels = options.debug_level;
	}
	if (!log_set_levels(levels)) {
		log_error("log level \"%s\" is not understood", levels);
		return false;
	}
	if (!set_audit(config)) {
		return false;
	}
	if (options.foreground == 0 && !service_log_to(file)) {
		log_error("log file %s: %s", file, strerror(errno));
		return false;
	}
	return true;
}

/* --- signals ---------------------------------------------------------------
 */

static void on_stopped(void *private_data)
{
	struct life *life = private_data;

	life->over = true;
}

static void on_terminate(struct tevent_context *ev, struct tevent_signal *se,
			 int signum, int count, void *siginfo,
			 void *private_data)
{
	struct life *life = private_data;

	(void)ev;
	(void)se;
	(void)count;
	(void)siginfo;
	if (life->stopping) {
		life->over = true; /* he means it */
		return;
	}
	life->stopping = true;
	log_notice("%s: answering what is at work, then stopping",
		   signum == SIGINT ? "interrupted" : "asked to stop");
	systemd_notify("STOPPING=1\nSTATUS=stopping");
	server_stop(life->server, on_stopped, life);
}

/* @return false: *why, child of mem_ctx, NULL: no memory. */
static bool reload(struct life *life, TALLOC_CTX *mem_ctx, char **why)
{
	struct config *config = load_config(life->server);
	char *reason = NULL;

	*why = NULL;
	if (config == NULL || !set_log(config)) {
		*why = talloc_asprintf(mem_ctx,
				       "%s is not usable (the log says why); "
				       "the old configuration stays in force",
				       config_path());
		return false;
	}
	if (!server_reload(life->server, config, &reason)) {
		*why = talloc_asprintf(
			mem_ctx, "%s; the old configuration stays in force",
			reason == NULL ? "out of memory" : reason);
		talloc_free(reason);
		return false;
	}
	log_notice("reloaded %s", config_path());
	return true;
}

static bool reload_told(struct life *life, TALLOC_CTX *mem_ctx, char **why)
{
	bool done = false;

	systemd_notify_reloading();
	done = reload(life, mem_ctx, why);
	if (!done) {
		log_error("reload: %s", *why == NULL ? "out of memory" : *why);
	}
	systemd_notify("READY=1");
	return done;
}

static bool reload_asked(void *private_data, TALLOC_CTX *mem_ctx, char **why)
{
	return reload_told(private_data, mem_ctx, why);
}

static void on_hangup(struct tevent_context *ev, struct tevent_signal *se,
		      int signum, int count, void *siginfo, void *private_data)
{
	struct life *life = private_data;
	TALLOC_CTX *mem_ctx = talloc_new(NULL);
	char *why = NULL;

	(void)ev;
	(void)se;
	(void)signum;
	(void)count;
	(void)siginfo;
	reload_told(life, mem_ctx, &why);
	talloc_free(mem_ctx);
}

static bool set_signals(struct life *life)
{
	struct tevent_context *ev = life->ev;

	signal(SIGPIPE, SIG_IGN);
	return tevent_add_signal(ev, ev, SIGTERM, 0, on_terminate, life) &&
	       tevent_add_signal(ev, ev, SIGINT, 0, on_terminate, life) &&
	       tevent_add_signal(ev, ev, SIGHUP, 0, on_hangup, life);
}

static void watch_begin(struct life *life);

/* --- life ------------------------------------------------------------------
 */

static bool start(struct life *life, struct config *config)
{
	const char *pid_file = config_string(config, NULL, CONFIG_PID_FILE);
	const struct control_hooks hooks = {reload_asked, life};
	char *why = NULL;

	life->server = server_new(life->ev, life->ev, config, &why);
	if (life->server == NULL) {
		log_error("%s", why == NULL ? "out of memory" : why);
		return false;
	}
	server_remember(life->server);
	if (!server_listen_passed(life->server, life->passed, &why)) {
		log_error("%s", why == NULL ? "out of memory" : why);
		return false;
	}
	if (!set_signals(life)) {
		log_error("signals cannot be handled");
		return false;
	}
	if (!service_pid_file(pid_file)) {
		log_error("pid file %s: %s", pid_file,
			  errno == EWOULDBLOCK ? "a running smbquicd holds it"
					       : strerror(errno));
		return false;
	}
	control_start(life->server, &hooks);
	metrics_listen(life->server);
	return true;
}

/* The manager hears as long as the loop turns; it ends a server that hangs. */
static void watch_tell(void *private_data)
{
	struct life *life = private_data;

	systemd_notify("WATCHDOG=1");
	watch_begin(life);
}

static void watch_begin(struct life *life)
{
	uint64_t us = systemd_watchdog() / 2; /* told twice as often */

	if (us > 0) {
		alarm_add(life->ev, life->ev, us / 1000, watch_tell, life);
	}
}

/* One line, whatever the log level: scripts wait for it. */
static void announce(struct life *life)
{
	char *where = server_listening(life->server, life->server);

	fprintf(stderr, "%s: ready: %s\n", PROGRAM, where == NULL ? "" : where);
	talloc_free(where);
	systemd_notify("READY=1\nSTATUS=serving");
	service_ready();
	watch_begin(life);
}

static int live(struct life *life, struct config *config)
{
	bool started = start(life, config);

	if (started) {
		announce(life);
	}
	while (started && !life->over) {
		if (tevent_loop_once(life->ev) != 0) {
			log_error("the event loop failed: %s", strerror(errno));
			break;
		}
	}
	service_pid_file_remove();
	TALLOC_FREE(life->server);
	if (started) {
		log_notice("stopped");
	}
	return started && life->over ? EXIT_DONE : EXIT_FAILED;
}

static int serve(void)
{
	TALLOC_CTX *top = talloc_new(NULL);
	struct config *config = load_config(top);
	struct life life = {0};
	int status = EXIT_FAILED;

	if (config == NULL) {
		status = EXIT_CONFIG;
	}
	if (config == NULL || !set_log(config)) {
		talloc_free(top);
		return status;
	}
	life.passed = systemd_listen_fds();
	service_raise_descriptors();
	if (options.daemon != 0 && !service_background()) {
		talloc_free(top);
		return failed(strerror(errno));
	}
	if (!service_confine(config)) {
		talloc_free(top);
		return EXIT_FAILED;
	}
	life.ev = tevent_context_init(top);
	if (life.ev != NULL) {
		status = live(&life, config);
	}
	talloc_free(top);
	return status;
}

/* --- options ---------------------------------------------------------------
 */

static int run(poptContext context)
{
	int rc = option_text_next(context, &options);

	if (rc < -1) {
		fprintf(stderr, "%s: %s: %s\n", PROGRAM,
			poptBadOption(context, 0), poptStrerror(rc));
		return EXIT_USAGE;
	}
	if (poptPeekArg(context) != NULL) {
		fprintf(stderr, "%s: %s: unexpected argument\n", PROGRAM,
			poptPeekArg(context));
		return EXIT_USAGE;
	}
	if (options.foreground != 0 && options.daemon != 0) {
		fprintf(stderr,
			"%s: --foreground and --daemon exclude each "
			"other\n",
			PROGRAM);
		return EXIT_USAGE;
	}
	if (options.version != 0) {
		printf("%s %s\n", PROGRAM, SMBQUIC_VERSION);
		return EXIT_DONE;
	}
	if (options.samba_file != NULL) {
		return import_samba(options.samba_file, stdout, stderr);
	}
	if (options.check != 0) {
		return config_check(config_path(), options.overrides, false);
	}
	return serve();
}

int main(int argc, const char **argv)
{
	poptContext context = NULL;
	int status = EXIT_USAGE;

	log_set_program(PROGRAM);
	(void)heap_keep();
	secret_guard_process(secret_dumps_wanted());
	context = poptGetContext(PROGRAM, argc, argv, option_table, 0);
	if (context != NULL) {
		status = run(context);
	}
	poptFreeContext(context);
	free(options.config_file);
	free(options.debug_level);
	free(options.samba_file);
	return status;
}
