/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * quic_perf.c - the raw speed of a transport: a source and a sink of bytes.
 *
 *	quic_perf -s [-b ADDRESS] -p PORT -c CERT.pem -k KEY.pem [-t tcp] [-T N]
 *		[-B]
 *	quic_perf [-b ADDRESS] -p PORT [-n MIB] [-m BYTES] [-u] [-t tcp]
 *
 * The client asks for -n MiB (or, with -u, sends them) in messages of -m
 * bytes, and prints MiB/s and the CPU seconds per GiB of its side. The server
 * serves until it is killed and prints its own figures after each connection;
 * with -T N network threads its CPU seconds are those of all of them; -B: what
 * it sends follows BBR.
 *
 * The first 16 bytes of the stream say what is wanted: 8 bytes of length, 4
 * of message size, 1 of direction, big-endian.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>
#include <sys/resource.h>

#include "smbquic/threads.h"
#include "smbquic/tls.h"
#include "smbquic/transport.h"

#define HEADER_LEN 16
#define READ_SIZE  (1 << 20)
#define IN_FLIGHT  (8 << 20) /* bytes given to the transport at once */

struct perf {
	struct tevent_context *ev;
	struct transport *transport;
	bool server, source;
	uint64_t total, moved, given, in_flight;
	uint32_t message;
	uint8_t header[HEADER_LEN];
	uint8_t *buf;
	double began, cpu_began;
	bool done;
	int status;
};

static double now(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (double)ts.tv_sec + (double)ts.tv_nsec / 1e9;
}

static double cpu(void)
{
	struct rusage u;

	getrusage(RUSAGE_SELF, &u);
	return (double)(u.ru_utime.tv_sec + u.ru_stime.tv_sec) +
	       (double)(u.ru_utime.tv_usec + u.ru_stime.tv_usec) / 1e6;
}

static void die(const char *what, const char *why)
{
	fprintf(stderr, "quic_perf: %s: %s\n", what, why);
	exit(1);
}

static void finish(struct perf *p, const char *problem)
{
	double took = now() - p->began;
	double mib = (double)p->moved / 1048576;
	struct transport_stats st;

	transport_stats(p->transport, &st);
	printf("%s %s: %.0f MiB in %.3f s, %.1f MiB/s, %.3f CPU-s/GiB, mtu "
	       "%llu, cwnd %llu, rtt %llu us, lost %llu, packets %llu in "
	       "%llu out%s%s\n",
	       p->server ? "server" : "client", p->source ? "sent" : "got", mib,
	       took, mib / took, (cpu() - p->cpu_began) / (mib / 1024),
	       (unsigned long long)st.path_mtu, (unsigned long long)st.cwnd,
	       (unsigned long long)st.rtt_us,
	       (unsigned long long)st.packets_lost,
	       (unsigned long long)st.packets_in,
	       (unsigned long long)st.packets_out, problem != NULL ? ", " : "",
	       problem != NULL ? problem : "");
	fflush(stdout);
	p->status = problem != NULL;
	p->done = true;
	if (p->server) {
		talloc_free(p);
	}
}

/* --- source -------------------------------------------------------------- */

static void give(struct perf *p);

static void given(struct tevent_req *req)
{
	struct perf *p = tevent_req_callback_data(req, struct perf);
	int err = transport_write_recv(req);

	talloc_free(req);
	if (err != 0) {
		return; /* the end shows in reading */
	}
	p->in_flight -= p->message;
	p->moved += p->message;
	give(p);
}

static void give(struct perf *p)
{
	while (p->given < p->total && p->in_flight + p->message <= IN_FLIGHT) {
		struct iovec iov = {.iov_base = p->buf, .iov_len = p->message};
		struct tevent_req *req =
			transport_write_send(p, p->ev, p->transport, &iov, 1);

		tevent_req_set_callback(req, given, p);
		p->given += p->message;
		p->in_flight += p->message;
	}
}

/* The other side closes when it has everything. */
static void ended(struct tevent_req *req)
{
	struct perf *p = tevent_req_callback_data(req, struct perf);
	int err = 0;
	ssize_t n = transport_read_recv(req, &err);

	talloc_free(req);
	p->moved = p->given; /* not all of it was acknowledged */
	finish(p, n != 0 ? transport_error(p->transport) : NULL);
}

static void source(struct perf *p)
{
	struct tevent_req *req = NULL;

	p->buf = talloc_zero_size(p, p->message);
	give(p);
	req = transport_read_send(p, p->ev, p->transport, p->header, 1, 1);
	tevent_req_set_callback(req, ended, p);
}

/* --- sink ---------------------------------------------------------------- */

static void took(struct tevent_req *req);

static void take(struct perf *p)
{
	struct tevent_req *req = transport_read_send(p, p->ev, p->transport,
						     p->buf, 1, READ_SIZE);

	tevent_req_set_callback(req, took, p);
}

static void took(struct tevent_req *req)
{
	struct perf *p = tevent_req_callback_data(req, struct perf);
	int err = 0;
	ssize_t n = transport_read_recv(req, &err);

	talloc_free(req);
	if (n <= 0) {
		finish(p, transport_error(p->transport));
		return;
	}
	p->moved += (uint64_t)n;
	if (p->moved < p->total) {
		take(p);
		return;
	}
	finish(p, NULL);
}

static void sink(struct perf *p)
{
	p->buf = talloc_size(p, READ_SIZE);
	take(p);
}

/* --- server -------------------------------------------------------------- */

static uint64_t get(const uint8_t *p, size_t n)
{
	uint64_t v = 0;

	while (n-- > 0) {
		v = v << 8 | *p++;
	}
	return v;
}

static void asked(struct tevent_req *req)
{
	struct perf *p = tevent_req_callback_data(req, struct perf);
	int err = 0;
	ssize_t n = transport_read_recv(req, &err);

	talloc_free(req);
	if (n != HEADER_LEN) {
		talloc_free(p);
		return;
	}
	p->total = get(p->header, 8);
	p->message = (uint32_t)get(p->header + 8, 4);
	p->source = p->header[12] == 0;
	p->began = now();
	p->cpu_began = cpu();
	if (p->source) {
		source(p);
	} else {
		sink(p);
	}
}

static void accepted(struct transport *t, void *private_data)
{
	struct tevent_context *ev = private_data;
	struct perf *p = talloc_zero(NULL, struct perf);
	struct tevent_req *req = NULL;

	p->ev = ev;
	p->server = true;
	p->transport = talloc_steal(p, t);
	req = transport_read_send(p, ev, t, p->header, HEADER_LEN, HEADER_LEN);
	tevent_req_set_callback(req, asked, p);
}

static int choose(void *private_data, const char *name,
		  struct tls_identity **out)
{
	(void)name;
	*out = private_data;
	return 0;
}

static void serve(struct tevent_context *ev,
		  const struct transport_backend *via, struct sockaddr_in *addr,
		  const char *cert, const char *key, unsigned threads, bool bbr)
{
	struct transport_settings settings = {0};
	char *why = NULL;
	struct tls_server_policy tls = {.choose = choose};
	struct transport_listener *l = NULL;
	struct transport_listen how = {
		.addr = (struct sockaddr *)addr,
		.addr_len = sizeof(*addr),
		.settings = &settings,
		.tls = &tls,
		.accept = accepted,
		.private_data = ev,
	};

	transport_settings_default(&settings);
	if (bbr) {
		settings.congestion = TRANSPORT_CONGESTION_BBR;
	}
	if (via->secure) {
		tls.private_data = tls_identity_load(ev, cert, key, NULL, &why);
		if (tls.private_data == NULL) {
			die("identity", why);
		}
	}
	if (threads > 0) {
		how.threads = threads_new(ev, threads);
		if (how.threads == NULL) {
			die("threads", strerror(errno));
		}
	}
	if (transport_listen(ev, ev, via, &how, &l, &why) != 0) {
		die("listen", why);
	}
	tevent_loop_wait(ev);
}

/* --- client -------------------------------------------------------------- */

static void put(uint8_t *p, size_t n, uint64_t v)
{
	while (n-- > 0) {
		p[n] = (uint8_t)v;
		v >>= 8;
	}
}

static void header_sent(struct tevent_req *req)
{
	struct perf *p = tevent_req_callback_data(req, struct perf);

	if (transport_write_recv(req) != 0) {
		finish(p, transport_error(p->transport));
	}
	talloc_free(req);
}

static void connected(struct tevent_req *req)
{
	struct perf *p = tevent_req_callback_data(req, struct perf);
	static uint8_t header[HEADER_LEN];
	struct iovec iov = {.iov_base = header, .iov_len = HEADER_LEN};
	char *why = NULL;

	if (transport_connect_recv(req, p, &p->transport, &why) != 0) {
		die("connect", why);
	}
	talloc_free(req);
	put(header, 8, p->total);
	put(header + 8, 4, p->message);
	header[12] = p->source;
	p->began = now();
	p->cpu_began = cpu();
	req = transport_write_send(p, p->ev, p->transport, &iov, 1);
	tevent_req_set_callback(req, header_sent, p);
	if (p->source) {
		source(p);
	} else {
		sink(p);
	}
}

static int fetch(struct tevent_context *ev, const struct transport_backend *via,
		 struct sockaddr_in *addr, uint64_t mib, uint32_t message,
		 bool upload)
{
	struct perf *p = talloc_zero(ev, struct perf);
	struct tls_client_policy tls = {.trust = TLS_TRUST_NONE};
	struct transport_target to = {
		.addr = (struct sockaddr *)addr,
		.addr_len = sizeof(*addr),
		.server_name = "perf.test",
		.tls = &tls,
	};
	struct tevent_req *req = NULL;
	int status = 0;

	p->ev = ev;
	p->message = message;
	p->total = mib << 20;
	p->source = upload;
	req = transport_connect_send(p, ev, via, &to);
	tevent_req_set_callback(req, connected, p);
	while (!p->done) {
		tevent_loop_once(ev);
	}
	status = p->status;
	talloc_free(p);
	return status;
}

struct options {
	struct sockaddr_in addr;
	const char *transport, *cert, *key;
	uint64_t mib;
	uint32_t message;
	unsigned threads;
	bool server, upload, bbr;
};

static uint64_t number(const char *text, uint64_t max)
{
	char *end = NULL;
	uint64_t v = strtoull(text, &end, 10);

	if (end == text || *end != '\0' || v > max) {
		die(text, "no such number");
	}
	return v;
}

static void option(struct options *o, int c)
{
	switch (c) {
	case 's': o->server = true; break;
	case 'u': o->upload = true; break;
	case 'B': o->bbr = true; break;
	case 'b': inet_pton(AF_INET, optarg, &o->addr.sin_addr); break;
	case 'p':
		o->addr.sin_port = htons((uint16_t)number(optarg, UINT16_MAX));
		break;
	case 'c': o->cert = optarg; break;
	case 'k': o->key = optarg; break;
	case 'n': o->mib = number(optarg, UINT32_MAX); break;
	case 'm': o->message = (uint32_t)number(optarg, IN_FLIGHT); break;
	case 't': o->transport = optarg; break;
	case 'T': o->threads = (unsigned)number(optarg, THREADS_MAX); break;
	default: die("usage", "see the top of quic_perf.c");
	}
}

static void options(struct options *o, int argc, char **argv)
{
	int c = 0;

	inet_pton(AF_INET, "127.0.0.1", &o->addr.sin_addr);
	while (c != -1) {
		c = getopt(argc, argv, "suBb:p:c:k:n:m:t:T:");
		if (c != -1) {
			option(o, c);
		}
	}
}

int main(int argc, char **argv)
{
	struct tevent_context *ev = tevent_context_init(NULL);
	struct options o = {.addr = {.sin_family = AF_INET},
			    .transport = "quic",
			    .mib = 1024,
			    .message = 65536};
	const struct transport_backend *via = NULL;
	int status = 0;

	options(&o, argc, argv);
	via = transport_backend_find(o.transport, NULL);
	if (via == NULL) {
		die(o.transport, "no such transport");
	}
	if (o.server) {
		serve(ev, via, &o.addr, o.cert, o.key, o.threads, o.bbr);
	} else {
		status = fetch(ev, via, &o.addr, o.mib, o.message, o.upload);
	}
	talloc_free(ev);
	return status;
}
