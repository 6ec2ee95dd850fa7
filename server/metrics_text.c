/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * metrics_text.c - counters as Prometheus reads them, a row for each family.
 */

#include <dirent.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

#include "certs/certmap.h"
#include "server/metrics.h"
#include "server/server.h"
#include "smbquic/smb2_header.h"
#include "smbquic/wire.h"

#define NT_UNIX_SECONDS 11644473600ULL
#define NT_SECOND	10000000ULL

struct family {
	const char *name, *type, *help;
	void (*samples)(struct wire_writer *out, const char *name,
			const struct server *server);
};

/* --- a sample --------------------------------------------------------------
 */

__attribute__((format(printf, 2, 3))) static void put(struct wire_writer *out,
						      const char *fmt, ...)
{
	char *text = NULL;
	va_list ap;

	va_start(ap, fmt);
	text = talloc_vasprintf(NULL, fmt, ap);
	va_end(ap);
	if (text == NULL) {
		wire_writer_fail(out);
		return;
	}
	wire_put(out, text, strlen(text));
	talloc_free(text);
}

static void put_plain(struct wire_writer *out, const char *name, double value)
{
	put(out, "%s %.17g\n", name, value);
}

static void put_labelled(struct wire_writer *out, const char *name,
			 const char *label, const char *text, uint64_t value)
{
	put(out, "%s{%s=\"%s\"} %" PRIu64 "\n", name, label, text, value);
}

/* A label's value that others chose: quoted, and without what is no text. */
static char *quoted(TALLOC_CTX *mem_ctx, const char *text)
{
	char *out = talloc_strdup(mem_ctx, "");

	for (; *text != '\0' && out != NULL; text++) {
		unsigned char c = (unsigned char)*text;

		if (c == '\\' || c == '"') {
			out = talloc_asprintf_append(out, "\\%c", c);
		} else {
			out = talloc_asprintf_append(
				out, "%c", c < 0x20 || c > 0x7E ? '?' : c);
		}
	}
	return out;
}

/* --- requests --------------------------------------------------------------
 */

static void put_requests(struct wire_writer *out, const char *name,
			 const struct server *server)
{
	uint16_t i = 0;

	for (i = 0; i < METRICS_COMMANDS; i++) {
		const struct metrics_command *c = &server->metrics.commands[i];
		const char *command = smb2_command_name(i);

		put(out, "%s{command=\"%s\",result=\"ok\"} %" PRIu64 "\n", name,
		    command, c->answered - c->failed);
		put(out, "%s{command=\"%s\",result=\"error\"} %" PRIu64 "\n",
		    name, command, c->failed);
	}
}

static void put_durations(struct wire_writer *out, const char *name,
			  const struct server *server)
{
	uint16_t i = 0;

	for (i = 0; i < METRICS_COMMANDS; i++) {
		const struct metrics_command *c = &server->metrics.commands[i];
		const char *command = smb2_command_name(i);
		uint64_t sum = 0;
		unsigned j = 0;

		for (j = 0; j < METRICS_BUCKETS; j++) {
			sum += c->buckets[j];
			put(out,
			    "%s_bucket{command=\"%s\",le=\"%g\"} %" PRIu64 "\n",
			    name, command, metrics_bounds[j], sum);
		}
		sum += c->buckets[METRICS_BUCKETS];
		put(out, "%s_bucket{command=\"%s\",le=\"+Inf\"} %" PRIu64 "\n",
		    name, command, sum);
		put(out, "%s_sum{command=\"%s\"} %.9f\n", name, command,
		    (double)c->nanoseconds / 1e9);
		put(out, "%s_count{command=\"%s\"} %" PRIu64 "\n", name,
		    command, sum);
	}
}

/* --- connections -----------------------------------------------------------
 */

static void put_connections(struct wire_writer *out, const char *name,
			    const struct server *server)
{
	const struct transport_backend *const *row = transport_backends();
	const struct conn *conn = NULL;

	for (; *row != NULL; row++) {
		uint64_t count = 0;

		for (conn = server->conns; conn != NULL; conn = conn->next) {
			count +=
				strcmp(conn->facts->backend, (*row)->name) == 0;
		}
		put_labelled(out, name, "transport", (*row)->name, count);
	}
}

static void put_accepted(struct wire_writer *out, const char *name,
			 const struct server *server)
{
	put_plain(out, name, (double)server->last_conn_id);
}

static void put_refused(struct wire_writer *out, const char *name,
			const struct server *server)
{
	static const char *const reasons[METRICS_REFUSALS] = {
		[METRICS_REFUSED_STOPPING] = "stopping",
		[METRICS_REFUSED_DRAINING] = "draining",
		[METRICS_REFUSED_MANY] = "too_many",
		[METRICS_REFUSED_MANY_FROM_THERE] = "too_many_from_source",
		[METRICS_REFUSED_HOSTS] = "hosts",
		[METRICS_REFUSED_MEMORY] = "memory",
	};
	const struct metrics *m = &server->metrics;
	uint64_t counts[METRICS_REFUSALS];
	unsigned i = 0;

	memcpy(counts, m->refused, sizeof(counts));
	/* most are turned away by the carrier already */
	counts[METRICS_REFUSED_MANY] +=
		m->strangers.refused[TRANSPORT_REFUSED_MANY];
	counts[METRICS_REFUSED_MANY_FROM_THERE] +=
		m->strangers.refused[TRANSPORT_REFUSED_MANY_FROM_THERE];
	for (i = 0; i < METRICS_REFUSALS; i++) {
		put_labelled(out, name, "reason", reasons[i], counts[i]);
	}
	put_labelled(out, name, "reason", "too_many_handshakes",
		     m->strangers.refused[TRANSPORT_REFUSED_HANDSHAKES]);
}

static void put_failed(struct wire_writer *out, const char *name,
		       const struct server *server)
{
	static const char *const reasons[TRANSPORT_FAILURES] = {
		[TRANSPORT_FAILED_TIMEOUT] = "timeout",
		[TRANSPORT_FAILED_NAME] = "unknown_name",
		[TRANSPORT_FAILED_CERTIFICATE] = "certificate",
		[TRANSPORT_FAILED_TLS] = "tls",
		[TRANSPORT_FAILED_BY_PEER] = "client",
		[TRANSPORT_FAILED_OTHERWISE] = "other",
	};
	unsigned i = 0;

	for (i = 0; i < TRANSPORT_FAILURES; i++) {
		put_labelled(out, name, "reason", reasons[i],
			     server->metrics.strangers.failed[i]);
	}
}

static void put_retries(struct wire_writer *out, const char *name,
			const struct server *server)
{
	put_plain(out, name, (double)server->metrics.strangers.retries);
}

static void put_resets(struct wire_writer *out, const char *name,
		       const struct server *server)
{
	put_plain(out, name, (double)server->metrics.strangers.resets);
}

static void put_ended(struct wire_writer *out, const char *name,
		      const struct server *server)
{
	static const char *const reasons[METRICS_ENDS] = {
		[TRANSPORT_CLOSE_DONE] = "done",
		[TRANSPORT_CLOSE_PROTOCOL] = "protocol",
		[TRANSPORT_CLOSE_LIMIT] = "limit",
		[TRANSPORT_CLOSE_SHUTDOWN] = "shutdown",
		[TRANSPORT_CLOSE_INTERNAL] = "internal",
		[METRICS_ENDED_LOST] = "lost",
	};
	unsigned i = 0;

	for (i = 0; i < METRICS_ENDS; i++) {
		put_labelled(out, name, "reason", reasons[i],
			     server->metrics.ended[i]);
	}
}

/* With what those carried that are over. */
static struct metrics carried(const struct server *server)
{
	struct metrics sum = {
		.bytes_in = server->metrics.bytes_in,
		.bytes_out = server->metrics.bytes_out,
		.packets_lost = server->metrics.packets_lost,
	};
	const struct conn *conn = NULL;

	for (conn = server->conns; conn != NULL; conn = conn->next) {
		metrics_conn_over(&sum, conn);
	}
	return sum;
}

static void put_received(struct wire_writer *out, const char *name,
			 const struct server *server)
{
	put_plain(out, name, (double)carried(server).bytes_in);
}

static void put_sent(struct wire_writer *out, const char *name,
		     const struct server *server)
{
	put_plain(out, name, (double)carried(server).bytes_out);
}

static void put_lost(struct wire_writer *out, const char *name,
		     const struct server *server)
{
	put_plain(out, name, (double)carried(server).packets_lost);
}

/* --- who and what is there -------------------------------------------------
 */

static void put_sessions(struct wire_writer *out, const char *name,
			 const struct server *server)
{
	put_plain(out, name, (double)idtable_count(server->sessions));
}

static void put_opens(struct wire_writer *out, const char *name,
		      const struct server *server)
{
	put_plain(out, name, (double)idtable_count(server->opens));
}

static void put_waiting(struct wire_writer *out, const char *name,
			const struct server *server)
{
	put_plain(out, name, (double)server->num_durable);
}

static void put_logons(struct wire_writer *out, const char *name,
		       const struct server *server)
{
	put_labelled(out, name, "result", "ok", server->metrics.logons);
	put_labelled(out, name, "result", "failed",
		     server->metrics.failed_logons);
}

static void put_tcons(struct wire_writer *out, const char *name,
		      const struct server *server)
{
	const struct share *share = NULL;

	for (share = server->shares; share != NULL; share = share->next) {
		char *text = quoted(NULL, share->name);

		put_labelled(out, name, "share", text == NULL ? "?" : text,
			     trees_count(server, share->name));
		talloc_free(text);
	}
}

/* --- certificates ----------------------------------------------------------
 */

static void put_expiry(struct wire_writer *out, const char *name,
		       const struct server *server)
{
	size_t count =
		server->certmap == NULL ? 0 : certmap_count(server->certmap);
	size_t i = 0;

	for (i = 0; i < count; i++) {
		struct certmap_state state = certmap_state(server->certmap, i);
		char *text = quoted(NULL, state.entry->name);

		if (state.subject != NULL && text != NULL) {
			put_labelled(out, name, "name", text,
				     state.not_after > 0
					     ? (uint64_t)state.not_after
					     : 0);
		}
		talloc_free(text);
	}
}

static void put_usable(struct wire_writer *out, const char *name,
		       const struct server *server)
{
	size_t count =
		server->certmap == NULL ? 0 : certmap_count(server->certmap);
	size_t i = 0;

	for (i = 0; i < count; i++) {
		struct certmap_state state = certmap_state(server->certmap, i);
		char *text = quoted(NULL, state.entry->name);

		put_labelled(out, name, "name", text == NULL ? "?" : text,
			     state.problem == NULL);
		talloc_free(text);
	}
}

/* --- the process -----------------------------------------------------------
 */

static void put_build(struct wire_writer *out, const char *name,
		      const struct server *server)
{
	(void)server;
	put_labelled(out, name, "version", SMBQUIC_VERSION, 1);
}

static void put_draining(struct wire_writer *out, const char *name,
			 const struct server *server)
{
	put_plain(out, name, server->draining || server->stopping);
}

static void put_start(struct wire_writer *out, const char *name,
		      const struct server *server)
{
	put_plain(out, name,
		  (double)(server->start_time / NT_SECOND - NT_UNIX_SECONDS));
}

static void put_cpu(struct wire_writer *out, const char *name,
		    const struct server *server)
{
	struct rusage usage = {0};

	(void)server;
	getrusage(RUSAGE_SELF, &usage);
	put(out, "%s %.6f\n", name,
	    (double)(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) +
		    (double)(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) /
			    1e6);
}

static void put_memory(struct wire_writer *out, const char *name,
		       const struct server *server)
{
	FILE *file = fopen("/proc/self/statm", "re");
	unsigned long pages = 0;

	(void)server;
	if (file == NULL) {
		return;
	}
	if (fscanf(file, "%*u %lu", &pages) == 1) {
		put_plain(out, name,
			  (double)pages * (double)sysconf(_SC_PAGESIZE));
	}
	fclose(file);
}

static void put_descriptors(struct wire_writer *out, const char *name,
			    const struct server *server)
{
	DIR *dir = opendir("/proc/self/fd");
	double count = -3; /* ".", "..", and this one */

	(void)server;
	if (dir == NULL) {
		return;
	}
	while (readdir(dir) != NULL) {
		count++;
	}
	closedir(dir);
	put_plain(out, name, count);
}

static void put_most_descriptors(struct wire_writer *out, const char *name,
				 const struct server *server)
{
	struct rlimit limit = {0};

	(void)server;
	if (getrlimit(RLIMIT_NOFILE, &limit) == 0) {
		put_plain(out, name, (double)limit.rlim_cur);
	}
}

/* --- the table -------------------------------------------------------------
 */

/* clang-format off */
static const struct family families[] = {
	{"smbquic_build_info", "gauge", "The version, as a label.", put_build},
	{"smbquic_draining", "gauge",
	 "1 while no new connections are taken.", put_draining},
	{"smbquic_connections", "gauge", "Connections now.", put_connections},
	{"smbquic_connections_accepted_total", "counter",
	 "Connections that were taken.", put_accepted},
	{"smbquic_connections_refused_total", "counter",
	 "Connections that were refused, by reason.", put_refused},
	{"smbquic_handshakes_failed_total", "counter",
	 "QUIC handshakes that came to nothing, by reason.", put_failed},
	{"smbquic_retries_total", "counter",
	 "QUIC clients that were made to prove their address (Retry).",
	 put_retries},
	{"smbquic_resets_total", "counter",
	 "QUIC packets of unknown connections that were answered (stateless "
	 "reset).",
	 put_resets},
	{"smbquic_connections_ended_total", "counter",
	 "Connections that ended, by reason.", put_ended},
	{"smbquic_received_bytes_total", "counter",
	 "Bytes of SMB messages that came in.", put_received},
	{"smbquic_sent_bytes_total", "counter",
	 "Bytes of SMB messages that went out.", put_sent},
	{"smbquic_lost_packets_total", "counter",
	 "Packets that were sent again: QUIC's, and TCP's segments.",
	 put_lost},
	{"smbquic_sessions", "gauge", "Sessions now.", put_sessions},
	{"smbquic_logons_total", "counter", "Logons, by result.", put_logons},
	{"smbquic_tree_connects", "gauge", "Uses of shares now.", put_tcons},
	{"smbquic_open_files", "gauge", "Files and pipes open now.",
	 put_opens},
	{"smbquic_waiting_handles", "gauge",
	 "Durable handles that wait for their owners.", put_waiting},
	{"smbquic_requests_total", "counter",
	 "Requests that were answered, by command and result.", put_requests},
	{"smbquic_request_duration_seconds", "histogram",
	 "From a request's arrival to its answer; without CHANGE_NOTIFY.",
	 put_durations},
	{"smbquic_certificate_expiry_timestamp_seconds", "gauge",
	 "When the certificate of a name expires.", put_expiry},
	{"smbquic_certificate_usable", "gauge",
	 "1 when the certificate of a name is in use, 0 when it is refused.",
	 put_usable},
	{"process_start_time_seconds", "gauge",
	 "When the server began, in seconds since 1970.", put_start},
	{"process_cpu_seconds_total", "counter", "CPU time used.", put_cpu},
	{"process_resident_memory_bytes", "gauge", "Memory in use.",
	 put_memory},
	{"process_open_fds", "gauge", "Descriptors in use.", put_descriptors},
	{"process_max_fds", "gauge", "Descriptors that are permitted.",
	 put_most_descriptors},
};
/* clang-format on */

bool metrics_family(const struct server *server, size_t at,
		    struct wire_writer *out)
{
	const struct family *family = &families[at];

	if (at >= sizeof(families) / sizeof(families[0])) {
		return false;
	}
	put(out, "# HELP %s %s\n# TYPE %s %s\n", family->name, family->help,
	    family->name, family->type);
	family->samples(out, family->name, server);
	return true;
}
