/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * server.c - the server as a whole: made, reloaded, kept, stopped.
 */

#include <ctype.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "certs/certmap.h"
#include "server/cert_watch.h"
#include "server/helper.h"
#include "server/logon.h"
#include "server/machine.h"
#include "server/strikes.h"
#include "server/persistent.h"
#include "server/server.h"
#include "server/state_dir.h"
#include "smbquic/alarm.h"
#include "smbquic/heap.h"

#define LOG_MODULE "server"
#include "smbquic/log.h"

#define NETBIOS_NAME_MAX 15
#define DRAIN_SECONDS	 5
#define SHUT_SECONDS	 4
#define HOUSEKEEPING	 60 /* seconds */

/* NT time counts 100 ns since 1601. */
#define NT_UNIX_SECONDS 11644473600LL
#define NT_SECOND	10000000ULL

uint64_t server_now(void)
{
	struct timespec now = {0};

	clock_gettime(CLOCK_REALTIME, &now);
	return (uint64_t)(now.tv_sec + NT_UNIX_SECONDS) * NT_SECOND +
	       (uint64_t)now.tv_nsec / 100;
}

/* --- names -----------------------------------------------------------------
 */

static bool set_names(struct server *server)
{
	const char *configured =
		config_string(server->config, NULL, CONFIG_NETBIOS_NAME);
	char host[256] = "";
	char *name = NULL;

	if (gethostname(host, sizeof(host) - 1) != 0 || host[0] == '\0') {
		memcpy(host, "smbquic", sizeof("smbquic"));
	}
	/* Also a name without a domain: some clients want one. */
	server->dns_name = talloc_strdup(server, host);
	name = talloc_strndup(server, configured[0] ? configured : host,
			      configured[0] ? NETBIOS_NAME_MAX
					    : strcspn(host, "."));
	if (name == NULL || server->dns_name == NULL) {
		return false;
	}
	if (strlen(name) > NETBIOS_NAME_MAX) {
		name[NETBIOS_NAME_MAX] = '\0';
	}
	for (char *p = name; *p != '\0'; p++) {
		*p = (char)toupper((unsigned char)*p);
	}
	server->netbios_name = name;
	return true;
}

/* --- users -----------------------------------------------------------------
 */

/* On failure the users there are stay; a file may yet be written. */
static void load_users(struct server *server)
{
	const char *path =
		config_string(server->config, NULL, CONFIG_SMB_PASSWD_FILE);
	char *why = NULL;
	struct users *users = users_load(server, path, &why);

	if (users == NULL) {
		log_warn("%s%s", why == NULL ? "out of memory" : why,
			 server->users != NULL
				 ? "; the users read before stay"
				 : "; nobody can log on (smbquic-passwd "
				   "makes the file)");
		talloc_free(why);
		return;
	}
	if (server->users != NULL) {
		talloc_unlink(server, server->users);
	}
	server->users = users;
}

void server_refresh_users(struct server *server)
{
	const char *path =
		config_string(server->config, NULL, CONFIG_SMB_PASSWD_FILE);
	struct stat st = {0};

	if (server->users != NULL ? users_changed(server->users)
				  : stat(path, &st) == 0) {
		load_users(server);
	}
}

/* --- certificates ----------------------------------------------------------
 */

bool config_wants_certificates(const struct config *config, bool *only)
{
	size_t count = 0;
	const struct config_transport *list = config_transports(config, &count);
	size_t secure = 0;

	for (size_t i = 0; i < count; i++) {
		const struct transport_backend *row =
			transport_backend_find(list[i].name, NULL);

		secure += row != NULL && row->secure ? 1 : 0;
	}
	*only = secure > 0 && secure == count;
	return secure > 0;
}

static bool load_certificates(struct server *server, char **why)
{
	const struct config *config = server->config;
	bool only = false;

	if (!config_wants_certificates(config, &only)) {
		return true;
	}
	machine_check(config);
	server->certmap = certmap_new(
		server,
		config_string(config, NULL, CONFIG_CERTIFICATE_MAP_FILE),
		(unsigned)config_int(config, NULL, CONFIG_CERTIFICATE_WARNING),
		why);
	if (server->certmap == NULL) {
		return false;
	}
	server->cert_watch =
		cert_watch_new(server, server->ev, server->certmap);
	if (server->cert_watch == NULL) {
		*why = talloc_strdup(server, "out of memory");
	}
	return server->cert_watch != NULL;
}

/* --- housekeeping ----------------------------------------------------------
 */

static void end_dead(struct server *server)
{
	uint64_t dead =
		(uint64_t)config_int(server->config, NULL, CONFIG_DEADTIME);
	uint64_t now = alarm_clock();
	struct conn *conn = NULL;

	if (dead == 0 || dead > now) {
		return;
	}
	for (conn = server->conns; conn != NULL; conn = conn->next) {
		if (conn_is_dead(conn, now - dead)) {
			conn_end(conn, TRANSPORT_CLOSE_DONE,
				 "unused for the `deadtime`");
		}
	}
}

/* What those who left had in memory goes back to the system; by itself malloc
 * keeps most of it. */
static void give_memory_back(struct server *server)
{
	uint64_t left = server->last_conn_id - server->num_conns;

	if (left != server->left_before) {
		heap_give_back();
	}
	server->left_before = left;
}

static void plan_housekeeping(struct server *server);

static void keep_house(void *private_data)
{
	struct server *server =
		talloc_get_type_abort(private_data, struct server);

	end_dead(server);
	give_memory_back(server);
	if (server->cert_watch != NULL) {
		cert_watch_look(server->cert_watch);
	}
	plan_housekeeping(server);
}

static void plan_housekeeping(struct server *server)
{
	server->housekeeper = alarm_add(server->ev, server, HOUSEKEEPING * 1000,
					keep_house, server);
}

/* --- begin -----------------------------------------------------------------
 */

/* What names what goes last. */
static int server_destructor(struct server *server)
{
	size_t cursor = 0;
	struct session *session = NULL;

	if (server->persistent != NULL) {
		persistent_keep(server->persistent);
	}
	server->stopping = false;
	while (server->conns != NULL) {
		talloc_free(server->conns);
	}
	do {
		session = idtable_next(server->sessions, &cursor);
		talloc_free(session);
	} while (session != NULL);
	shares_unload(server, server->shares);
	return 0;
}

static bool make_tables(struct server *server)
{
	/* Some clients keep a session's id in 32 bits. */
	server->sessions = idtable_new(server, 32, SERVER_MAX_SESSIONS);
	server->opens = idtable_new(server, 64, SERVER_MAX_OPENS);
	server->strikes = strikes_new(server);
	server->files = file_table_new(server);
	return server->sessions != NULL && server->opens != NULL &&
	       server->strikes != NULL && server->files != NULL &&
	       set_names(server) &&
	       crypto_random(server->guid, sizeof(server->guid)) == 0 &&
	       crypto_random(server->secret, sizeof(server->secret)) == 0;
}

static bool make_workers(struct server *server)
{
	unsigned threads = (unsigned)config_int(server->config, NULL,
						CONFIG_WORKER_THREADS);

	server->pool = worker_pool_new(server, server->ev, threads);
	if (server->pool == NULL) {
		return false;
	}
	server->lane = worker_lane_new(server, server->pool, 0, 4096);
	server->packing =
		worker_lane_new(server, server->pool, 0, HELPER_MAX_QUEUED);
	return server->lane != NULL && server->packing != NULL;
}

static void say_who(const struct server *server)
{
	if (!server->root) {
		log_notice("not running as root: every user acts as uid %u on "
			   "the file system",
			   (unsigned)geteuid());
	}
}

struct server *server_new(TALLOC_CTX *mem_ctx, struct tevent_context *ev,
			  struct config *config, char **why)
{
	struct server *server = talloc_zero(mem_ctx, struct server);
	char *reason = NULL;

	*why = NULL;
	if (server == NULL) {
		return NULL;
	}
	server->ev = ev;
	server->config = talloc_steal(server, config);
	server->root = geteuid() == 0;
	server->start_time = server_now();
	if (!make_tables(server) || !make_workers(server)) {
		*why = talloc_strdup(mem_ctx, "out of memory or threads");
		talloc_free(server);
		return NULL;
	}
	talloc_set_destructor(server, server_destructor);
	load_users(server);
	logon_check(config);
	server->shares = shares_load(server, config, &reason);
	if (server->shares == NULL || !load_certificates(server, &reason)) {
		*why = talloc_strdup(mem_ctx,
				     reason == NULL ? "out of memory" : reason);
		talloc_free(server);
		return NULL;
	}
	say_who(server);
	plan_housekeeping(server);
	return server;
}

/* --- what outlives a server ------------------------------------------------
 */

static const char *state_path(const struct config *config)
{
	return config_string(config, NULL, CONFIG_STATE_DIRECTORY);
}

static void keep_secret(struct server *server, const char *name, uint8_t *out,
			size_t size)
{
	int err = state_dir_secret(server->state, name, out, size);

	if (err != 0) {
		log_warn("state directory %s: %s cannot be kept: %s; after a "
			 "restart it is another one",
			 state_path(server->config), name, strerror(err));
	}
}

/* S-1-5-21- and three numbers: whose users they are (MS-DTYP 2.4.2.4). */
static void remember_sid(struct server *server)
{
	struct sid *machine = &server->sids.machine;
	uint8_t random[12] = {0};
	struct wire_reader r = wire_reader(random, sizeof(random));
	size_t i = 0;

	keep_secret(server, "machine-sid", random, sizeof(random));
	*machine = (struct sid){
		.authority = 5, .count = 4, .sub_authorities = {21}};
	for (i = 1; i < machine->count; i++) {
		machine->sub_authorities[i] = wire_get_u32(&r);
	}
}

void server_remember(struct server *server)
{
	char *why = NULL;

	server->state =
		state_dir_open(server, state_path(server->config), &why);
	if (server->state == NULL) {
		log_warn("%s; the server goes on, but after a restart its "
			 "clients will take it for another one",
			 why == NULL ? "out of memory" : why);
		talloc_free(why);
		return;
	}
	keep_secret(server, "guid", server->guid, sizeof(server->guid));
	keep_secret(server, "quic-secret", server->secret,
		    sizeof(server->secret));
	remember_sid(server);
	server->persistent = persistent_new(server);
	if (server->persistent != NULL) {
		persistent_restore(server->persistent);
	}
}

/* --- reload ----------------------------------------------------------------
 */

static bool same_listeners(const struct config *a, const struct config *b)
{
	size_t count_a = 0;
	size_t count_b = 0;
	const struct config_transport *list_a = config_transports(a, &count_a);
	const struct config_transport *list_b = config_transports(b, &count_b);

	if (count_a != count_b) {
		return false;
	}
	for (size_t i = 0; i < count_a; i++) {
		if (strcmp(list_a[i].name, list_b[i].name) != 0 ||
		    list_a[i].port != list_b[i].port) {
			return false;
		}
	}
	return true;
}

bool server_reload(struct server *server, struct config *config, char **why)
{
	struct share *shares = shares_load(server, config, why);

	if (shares == NULL) {
		talloc_free(config);
		return false;
	}
	if (!same_listeners(server->config, config)) {
		log_warn("`server smb transports` has changed: that needs a "
			 "restart");
	}
	if (strcmp(state_path(server->config), state_path(config)) != 0) {
		log_warn("`state directory` has changed: that needs a restart");
	}
	shares_unload(server, server->shares);
	server->shares = shares;
	talloc_unlink(server, server->config);
	server->config = talloc_steal(server, config);
	metrics_listen(server);
	load_users(server);
	logon_check(config);
	if (server->certmap != NULL) {
		machine_check(config);
		certmap_reload(server->certmap);
		cert_watch_look(server->cert_watch);
	}
	return true;
}

/* --- stop ------------------------------------------------------------------
 */

static void server_over(struct server *server)
{
	void (*stopped)(void *private_data) = server->stopped;

	server->stopped = NULL;
	if (stopped != NULL) {
		stopped(server->stopped_data);
	}
}

static void server_deleted(void *private_data)
{
	struct server *server =
		talloc_get_type_abort(private_data, struct server);

	if (server->conns == NULL) {
		server_over(server);
	}
}

/* What was to be deleted with the last open is, before the server goes. */
void server_drained(struct server *server)
{
	if (server->files != NULL && file_deletions(server->files) > 0) {
		file_on_deleted(server->files, server_deleted, server);
		return;
	}
	server_over(server);
}

static void shut_too_long(void *private_data)
{
	struct server *server =
		talloc_get_type_abort(private_data, struct server);

	server_over(server);
}

static void drain_too_long(void *private_data)
{
	struct server *server =
		talloc_get_type_abort(private_data, struct server);
	struct conn *conn = NULL;

	for (conn = server->conns; conn != NULL; conn = conn->next) {
		conn_end(conn, TRANSPORT_CLOSE_SHUTDOWN, "the server stops");
	}
	alarm_add(server->ev, server, SHUT_SECONDS * 1000, shut_too_long,
		  server);
}

void server_stop(struct server *server, void (*done)(void *private_data),
		 void *private_data)
{
	struct conn *conn = NULL;

	server->stopping = true;
	server->stopped = done;
	server->stopped_data = private_data;
	if (server->conns == NULL) {
		server_drained(server);
		return;
	}
	for (conn = server->conns; conn != NULL; conn = conn->next) {
		conn_drain(conn);
	}
	alarm_add(server->ev, server, DRAIN_SECONDS * 1000, drain_too_long,
		  server);
}
