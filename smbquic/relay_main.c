/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * smbquic-relay: certificates, signals, and the life of the process.
 */
#include <errno.h>
#include <linux/capability.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>

#include "certs/certmap.h"
#include "certs/client_map.h"
#include "smbquic/alarm.h"
#include "smbquic/relay_options.h"
#include "smbquic/sandbox.h"
#include "smbquic/secret.h"
#include "smbquic/systemd.h"

#define LOG_MODULE "relay"
#include "smbquic/log.h"

/* How long before a certificate's end the log begins to warn. */
#define WARN_DAYS     14
#define CHECK_SECONDS 3600

enum { EXIT_DONE = 0, EXIT_FAILED = 1 };

struct life {
	struct tevent_context *ev;
	const struct relay_options *options;
	struct relay *relay;
	struct certmap *map;	       /* one of the two, */
	struct tls_identity *identity; /* or none */
	struct tls_server_policy server;
	struct tls_client_policy client;
	bool stopping, over;
};

/* --- certificates ----------------------------------------------------------
 */

/* A tls_choose_fn for one pair of files: whatever the name. */
static int choose_the_one(void *private_data, const char *server_name,
			  struct tls_identity **out)
{
	struct life *life = private_data;

	(void)server_name;
	*out = life->identity;
	return 0;
}

static bool load_pair(struct life *life, char **why)
{
	const struct relay_options *o = life->options;
	struct tls_identity *identity = tls_identity_load(
		life->ev, o->certificate, o->key, o->client_ca, why);

	if (identity == NULL) {
		return false;
	}
	identity->require_client_certificate = o->client_ca != NULL;
	if (life->identity != NULL) {
		talloc_unlink(life->ev, life->identity);
	}
	life->identity = identity;
	return true;
}

static bool same(const char *a, const char *b)
{
	return a == NULL || b == NULL ? a == b : strcmp(a, b) == 0;
}

/* What to show to the server, when nobody said: its mapping. What was found
 * before may be in use by a handshake, so it stays. */
static bool map_client(struct life *life, char **why)
{
	const struct relay_options *o = life->options;
	const char *server =
		o->server_name != NULL ? o->server_name : o->connect.host;
	struct client_map_found found = {.name = NULL};

	if (!o->connect.via->secure || o->client.cert_file != NULL) {
		return true;
	}
	if (!client_map_find(life->ev, NULL, server, &found, why)) {
		return false;
	}
	if (same(found.certificate, life->client.cert_file) &&
	    same(found.key, life->client.key_file)) {
		return true;
	}
	life->client.cert_file = found.certificate;
	life->client.key_file = found.key;
	log_notice("%s: showing %s, mapped to %s in %s", server,
		   found.name == NULL ? "no certificate" : found.certificate,
		   found.name == NULL ? "nothing" : found.name,
		   found.name == NULL ? "any file" : found.file);
	return true;
}

static bool load_certificates(struct life *life)
{
	static const struct tls_words words = {
		.ca = "--ca=FILE",
		.pin = "--pin=sha256:",
		.tofu = "--trust=tofu",
		.other_name =
			"Give the name that it is for with --server-name=NAME",
	};
	const struct relay_options *o = life->options;
	char *why = NULL;
	bool ok = true;

	life->client = o->client;
	tls_set_words(&words);
	if (o->connect.via->secure) {
		why = tls_client_files_wrong(life->ev, &life->client);
	}
	if (why != NULL || !map_client(life, &why)) {
		log_error("%s", why != NULL ? why : "out of memory");
		return false;
	}
	if (!o->needs_certificate) {
		return true;
	}
	if (o->certificate != NULL) {
		ok = load_pair(life, &why);
		life->server = (struct tls_server_policy){
			.choose = choose_the_one, .private_data = life};
	} else {
		life->map = certmap_new(life->ev, o->certificate_map, WARN_DAYS,
					&why);
		ok = life->map != NULL;
		life->server =
			(struct tls_server_policy){.choose = certmap_choose,
						   .admit = certmap_admit,
						   .private_data = life->map};
	}
	if (!ok) {
		log_error("%s", why != NULL ? why : "out of memory");
	}
	return ok;
}

static void reload_certificates(struct life *life)
{
	char *why = NULL;

	if (life->map != NULL) {
		certmap_reload(life->map);
	} else if (life->identity != NULL && !load_pair(life, &why)) {
		log_error("%s; what was loaded before stays in use",
			  why != NULL ? why : "out of memory");
		TALLOC_FREE(why);
	}
	if (!map_client(life, &why)) {
		log_error("%s; what was shown before stays in use",
			  why != NULL ? why : "out of memory");
		talloc_free(why);
	}
}

static bool check_later(struct life *life);

static void check_now(void *private_data)
{
	struct life *life = private_data;

	certmap_check(life->map, time(NULL));
	check_later(life);
}

static bool check_later(struct life *life)
{
	return life->map == NULL ||
	       alarm_add(life->ev, life->ev, CHECK_SECONDS * 1000, check_now,
			 life) != NULL;
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
	log_notice("%s: %u connections to finish",
		   signum == SIGINT ? "interrupted" : "asked to stop",
		   relay_connections(life->relay));
	systemd_notify("STOPPING=1\nSTATUS=stopping");
	relay_stop(life->relay, life->options->drain_ms, on_stopped, life);
}

static void on_hangup(struct tevent_context *ev, struct tevent_signal *se,
		      int signum, int count, void *siginfo, void *private_data)
{
	struct life *life = private_data;

	(void)ev;
	(void)se;
	(void)signum;
	(void)count;
	(void)siginfo;
	systemd_notify_reloading();
	reload_certificates(life);
	log_notice("reloaded the certificates");
	systemd_notify("READY=1");
}

static bool set_signals(struct life *life)
{
	struct tevent_context *ev = life->ev;

	signal(SIGPIPE, SIG_IGN);
	return tevent_add_signal(ev, ev, SIGTERM, 0, on_terminate, life) &&
	       tevent_add_signal(ev, ev, SIGINT, 0, on_terminate, life) &&
	       tevent_add_signal(ev, ev, SIGHUP, 0, on_hangup, life);
}

/* --- life ------------------------------------------------------------------
 */

static bool listen_everywhere(struct life *life)
{
	const struct relay_options *o = life->options;
	char *why = NULL;
	bool ok = true;

	for (unsigned i = 0; i < o->count && ok; i++) {
		ok = relay_listen(life->relay, &o->listen[i], &why);
	}
	for (unsigned i = 0; i < o->fds && ok; i++) {
		ok = relay_listen_fd(life->relay, SYSTEMD_FIRST_FD + (int)i,
				     &why);
	}
	if (!ok) {
		log_error("%s", why != NULL ? why : "out of memory");
	}
	return ok;
}

static bool start(struct life *life)
{
	const struct relay_options *o = life->options;
	const struct relay_params params = {
		.to = o->connect,
		.server_name = o->server_name,
		.address = o->address,
		.client = &life->client,
		.server = &life->server,
		.settings = o->settings,
		.quiet_ms = o->quiet_ms,
	};

	if (!load_certificates(life)) {
		return false;
	}
	life->relay = relay_new(life->ev, life->ev, &params);
	if (life->relay == NULL || !check_later(life) || !set_signals(life)) {
		log_error("out of memory");
		return false;
	}
	return listen_everywhere(life);
}

/* One line, whatever the log level: scripts wait for it. */
static void announce(const struct life *life)
{
	char *where = relay_listening(life->ev, life->relay);

	fprintf(stderr, RELAY_PROGRAM ": ready: %s\n",
		where != NULL ? where : "");
	talloc_free(where);
	systemd_notify("READY=1\nSTATUS=relaying");
}

static int live(struct life *life)
{
	if (!start(life)) {
		return EXIT_FAILED;
	}
	announce(life);
	while (!life->over) {
		if (tevent_loop_once(life->ev) != 0) {
			log_error("the event loop failed: %s", strerror(errno));
			return EXIT_FAILED;
		}
	}
	TALLOC_FREE(life->relay);
	log_notice("stopped");
	return EXIT_DONE;
}

/* A connection costs two. */
static void raise_descriptors(void)
{
	struct rlimit limit = {0};

	if (getrlimit(RLIMIT_NOFILE, &limit) == 0) {
		limit.rlim_cur = limit.rlim_max;
		setrlimit(RLIMIT_NOFILE, &limit);
	}
}

/* Keys may be somebody else's files. */
static bool confine(const struct relay_options *o)
{
	int err = sandbox_capabilities(1u << CAP_NET_BIND_SERVICE |
				       1u << CAP_DAC_READ_SEARCH);

	if (err != 0) {
		log_error("capabilities cannot be given up: %s", strerror(err));
		return false;
	}
	err = sandbox_filter(o->filter, 0, RELAY_PROGRAM);
	if (err == ENOSYS) {
		log_warn("no system call filter: this kernel, or this build, "
			 "has none");
		err = 0;
	}
	if (err != 0) {
		log_error("system call filter: %s", strerror(err));
	}
	return err == 0;
}

int main(int argc, const char **argv)
{
	struct life life = {0};
	struct relay_options *options = talloc_zero(NULL, struct relay_options);
	int status = EXIT_FAILED;

	log_set_program(RELAY_PROGRAM);
	secret_guard_process(secret_dumps_wanted());
	if (options == NULL) {
		return EXIT_FAILED;
	}
	status = relay_options_parse(argc, argv, systemd_listen_fds(), options);
	if (status >= 0) {
		talloc_free(options);
		return status;
	}
	raise_descriptors();
	life.options = options;
	if (!confine(options)) {
		talloc_free(options);
		return EXIT_FAILED;
	}
	life.ev = tevent_context_init(options);
	status = life.ev != NULL ? live(&life) : EXIT_FAILED;
	talloc_free(options);
	return status;
}
