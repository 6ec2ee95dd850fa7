/* SPDX-License-Identifier: GPL-3.0-or-later */
/* smbquic-client --probe: which servers, and all of them at a time. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "client/shell_probe.h"
#include "smbquic/port.h"
#include "smbquic/race.h"

#define HOSTS_IN_FLIGHT 32
#define HOSTS_MAX	100000
#define TIMEOUT_SECONDS 10

struct probes {
	struct tevent_context *ev;
	const struct shell_options *options;
	struct client_probe_options common;
	struct probe_run **run;
	size_t count, next, shown;
	unsigned in_flight;
	enum probe_verdict worst;
	bool failed; /* something that was asked for could not be done */
};

/* A server's way through it all. */
struct probe_run {
	struct probes *all;
	struct probe_host host;
	bool done;
	struct client_conn *conn;
	struct client_session *session;
};

static void run_probed(struct tevent_req *subreq);
static void run_connected(struct tevent_req *subreq);
static void run_logged_on(struct tevent_req *subreq);
static void run_listed(struct tevent_req *subreq);

/* -------------------------------------------------------------- who to ask */

bool probe_host_parse(TALLOC_CTX *mem_ctx, const char *text, char **server,
		      uint16_t *port)
{
	text += strncmp(text, "//", 2) == 0 ? 2 : 0;
	*server = port_split(mem_ctx, text, port);
	return *server != NULL && strpbrk(*server, "/\\ %?") == NULL;
}

static bool add_host(struct probes *p, const char *text)
{
	struct probe_run *run = NULL;
	char *server = NULL;
	uint16_t port = 0;

	if (!probe_host_parse(p, text, &server, &port)) {
		fprintf(stderr,
			SHELL_PROGRAM ": --probe: not HOST or "
				      "HOST:PORT: %s\n",
			text);
		return false;
	}
	if (p->count >= HOSTS_MAX) {
		fprintf(stderr, SHELL_PROGRAM ": --probe: more than %d hosts\n",
			HOSTS_MAX);
		return false;
	}
	run = shell_need(talloc_zero(p, struct probe_run));
	run->all = p;
	run->host.typed = shell_need(talloc_strdup(run, text));
	run->host.options = p->common;
	run->host.options.server = server;
	run->host.warn_days = p->options->warn_days;
	if (port != 0) {
		run->host.options.quic_port = port;
	}
	p->run = shell_need(
		talloc_realloc(p, p->run, struct probe_run *, p->count + 1));
	p->run[p->count++] = run;
	return true;
}

/* A host a line; what follows a # is for people. */
static bool add_line(struct probes *p, char *line)
{
	static const char blanks[] = " \t\r\n";
	char *state = NULL;
	char *word = NULL;
	bool good = true;

	line[strcspn(line, "#")] = '\0';
	word = strtok_r(line, blanks, &state);
	while (word != NULL && good) {
		good = add_host(p, word);
		word = strtok_r(NULL, blanks, &state);
	}
	return good;
}

static bool add_file(struct probes *p, const char *file)
{
	FILE *f = strcmp(file, "-") == 0 ? stdin : fopen(file, "re");
	char *line = NULL;
	size_t size = 0;
	bool good = f != NULL;

	if (f == NULL) {
		fprintf(stderr, SHELL_PROGRAM ": %s: %s\n", file,
			strerror(errno));
		return false;
	}
	while (good && getline(&line, &size, f) != -1) {
		good = add_line(p, line);
	}
	if (good && ferror(f)) {
		fprintf(stderr, SHELL_PROGRAM ": %s: %s\n", file,
			strerror(errno));
		good = false;
	}
	free(line);
	if (f != stdin) {
		fclose(f);
	}
	return good;
}

/* Ports, and whether TCP is looked at, as --transport and -p say. */
static void take_ports(struct probes *p)
{
	const char *list = p->options->transports;
	struct race_params lanes = {0};
	char *why = NULL;
	unsigned i = 0;

	if (!race_parse_lanes(p, list != NULL ? list : "auto", 0, &lanes,
			      &why)) {
		return; /* the options were looked at already */
	}
	p->common.skip_tcp = true;
	for (i = 0; i < lanes.lanes; i++) {
		if (lanes.lane[i].via->secure) {
			p->common.quic_port = lanes.lane[i].port;
		} else {
			p->common.tcp_port = lanes.lane[i].port;
			p->common.skip_tcp = false;
		}
	}
	if (p->common.quic_port == 0) {
		p->common.quic_port = p->options->client.port;
	}
}

static bool take_hosts(struct probes *p)
{
	const struct shell_options *o = p->options;
	size_t i = 0;

	for (i = 0; o->hosts != NULL && o->hosts[i] != NULL; i++) {
		if (!add_host(p, o->hosts[i])) {
			return false;
		}
	}
	if (o->hosts_file != NULL && !add_file(p, o->hosts_file)) {
		return false;
	}
	if (p->count == 0) {
		fprintf(stderr,
			SHELL_PROGRAM ": --probe: which server? Name one, or a "
				      "file of them with --probe-file\n");
	}
	return p->count > 0;
}

/* ------------------------------------------------------------------- asking */

static void show(const struct probes *p, const struct probe_run *run)
{
	time_t now = time(NULL);
	json_t *json = NULL;

	if (!p->options->json) {
		probe_print(stdout, &run->host, p->options->quiet, now);
	} else {
		json = shell_need(probe_json(&run->host, now));
		json_dumpf(json, stdout,
			   JSON_PRESERVE_ORDER | JSON_REAL_PRECISION(8));
		fputc('\n', stdout);
		json_decref(json);
	}
	fflush(stdout);
}

/* In the order in which they were named. */
static void show_all(struct probes *p)
{
	struct probe_run *run = NULL;
	char *why = NULL;

	while (p->shown < p->next && p->run[p->shown]->done) {
		run = p->run[p->shown];
		p->worst = probe_worse(p->worst, probe_judge(run, &run->host,
							     time(NULL), &why));
		show(p, run);
		TALLOC_FREE(p->run[p->shown]);
		p->shown++;
	}
}

static void run_over(struct probe_run *run)
{
	TALLOC_FREE(run->session);
	TALLOC_FREE(run->conn);
	run->done = true;
	run->all->in_flight--;
}

static void run_start(struct probe_run *run)
{
	struct tevent_req *subreq = shell_need(
		client_probe_send(run, run->all->ev, &run->host.options));

	tevent_req_set_callback(subreq, run_probed, run);
}

static void pipes_unknown(struct probe_run *run, const char *what,
			  NTSTATUS status)
{
	run->host.pipes_why = shell_need(
		talloc_asprintf(run, "%s: %s", what, nt_errstr(status)));
	run_over(run);
}

static void run_probed(struct tevent_req *subreq)
{
	struct probe_run *run =
		tevent_req_callback_data(subreq, struct probe_run);
	const struct shell_options *o = run->all->options;
	struct client_options c = o->client;
	char *why = NULL;
	enum probe_verdict verdict = PROBE_UNKNOWN;

	(void)client_probe_recv(subreq, run, &run->host.result);
	talloc_free(subreq);
	verdict = probe_judge(run, &run->host, time(NULL), &why);
	if (o->user == NULL || run->host.result == NULL ||
	    verdict > PROBE_WARNING || !run->host.result->quic.negotiated) {
		run->host.pipes_why =
			o->user == NULL
				? "it shows after a log-on only: give -U"
				: "nobody logged on to such a server";
		run_over(run);
		return;
	}
	c.server = run->host.options.server;
	c.address = run->host.options.address;
	c.tls = run->host.options.tls;
	c.port = run->host.options.quic_port;
	c.transports = "quic";
	c.timeout_ms = run->host.options.timeout_ms;
	c.connect_timeout_ms = run->host.options.timeout_ms;
	subreq = shell_need(client_connect_send(run, run->all->ev, &c));
	tevent_req_set_callback(subreq, run_connected, run);
}

static void run_connected(struct tevent_req *subreq)
{
	struct probe_run *run =
		tevent_req_callback_data(subreq, struct probe_run);
	const struct shell_options *o = run->all->options;
	const struct client_credentials credentials = shell_credentials(o);
	NTSTATUS status = client_connect_recv(subreq, run, &run->conn, NULL);

	talloc_free(subreq);
	if (!NT_STATUS_IS_OK(status)) {
		pipes_unknown(run, "connecting", status);
		return;
	}
	subreq = shell_need(
		client_session_setup_send(run, run->conn, &credentials));
	tevent_req_set_callback(subreq, run_logged_on, run);
}

static void run_logged_on(struct tevent_req *subreq)
{
	struct probe_run *run =
		tevent_req_callback_data(subreq, struct probe_run);
	NTSTATUS status = client_session_setup_recv(subreq, run, &run->session);

	talloc_free(subreq);
	if (!NT_STATUS_IS_OK(status)) {
		pipes_unknown(run, "logging on", status);
		return;
	}
	subreq = shell_need(client_shares_send(run, run->session));
	tevent_req_set_callback(subreq, run_listed, run);
}

static void run_listed(struct tevent_req *subreq)
{
	struct probe_run *run =
		tevent_req_callback_data(subreq, struct probe_run);
	struct client_share_list *list = NULL;
	NTSTATUS status = client_shares_recv(subreq, run, &list);

	talloc_free(subreq);
	if (!NT_STATUS_IS_OK(status) && status != NT_STATUS_ACCESS_DENIED) {
		pipes_unknown(run, "listing shares", status);
		return;
	}
	run->host.pipes = NT_STATUS_IS_OK(status) ? PROBE_PIPES_ALLOWED
						  : PROBE_PIPES_REFUSED;
	run_over(run);
}

static bool run_all(struct probes *p)
{
	while (p->shown < p->count) {
		while (p->next < p->count && p->in_flight < HOSTS_IN_FLIGHT) {
			p->in_flight++;
			run_start(p->run[p->next++]);
		}
		if (tevent_loop_once(p->ev) != 0) {
			return false;
		}
		show_all(p);
	}
	return true;
}

int shell_probe(struct shell_options *options)
{
	struct probes *p = shell_need(talloc_zero(options, struct probes));
	const struct client_target nobody = {0};
	unsigned seconds =
		options->timeout_given ? options->timeout : TIMEOUT_SECONDS;
	int status = PROBE_UNKNOWN;

	p->ev = shell_need(tevent_context_init(p));
	p->options = options;
	p->common = (struct client_probe_options){
		.address = options->client.address,
		.tls = options->client.tls,
		.timeout_ms = (seconds > 0 ? seconds : TIMEOUT_SECONDS) * 1000,
	};
	p->common.tls.known_hosts = shell_need(shell_known_hosts(p));
	take_ports(p);
	if (!take_hosts(p) ||
	    ((options->user != NULL || options->no_password) &&
	     !shell_credentials_complete(options, &nobody))) {
		status = PROBE_UNKNOWN;
	} else if (run_all(p)) {
		status = (int)p->worst;
	}
	talloc_free(p);
	return status;
}
