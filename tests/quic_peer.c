/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * quic_peer.c - our QUIC for peers of other makes: an echo and who calls into
 * it.
 *
 *	quic_peer -s -b ADDRESS -p PORT -c CERT.pem -k KEY.pem [-R] [-E]
 *	quic_peer -b ADDRESS -p PORT [-n KIB] [-V 1|2] [-T FILE] [-M] [-E] [-K]
 *		[-a CA.pem] [-h NAME]
 *	quic_peer ... -C COUNT
 *
 * The server gives every byte back and closes in order when the client has
 * ended its direction; -R: only after a Retry. A stream that begins with "!"
 * and a digit asks to be closed with that application code. The client sends
 * -n KiB, wants them back as they were, and closes; -V: begin with this
 * version; -T: resume what the file remembers; -E: the first KiB goes in 0-RTT
 * (the server takes it); -M: move to another port in the middle; -K: new keys
 * in the middle; -C: one connection after the other, in one process, and only
 * how much memory it has after a tenth of them and at the end (KiB). -v says
 * what happens. Otherwise both print a line for each connection:
 *
 *	peer: bytes=N version=v1 cipher=AES-128-GCM alpn=smb resumed=0 end=...
 *
 * with resumed=0-RTT where the first KiB went so.
 */
#include <errno.h>
#include <netdb.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <netinet/in.h>

#include "smbquic/log.h"
#include "smbquic/tls.h"
#include "smbquic/transport.h"

#define CHUNK	     65536u
#define EARLY	     1024u
#define IN_FLIGHT    (4u << 20)
#define MOVING_CHUNK 4096u

struct options {
	const char *address, *port, *cert, *key, *ca, *name;
	struct transport_settings settings;
	size_t total, count;
	bool server, migrate, early, update;
};

static void die(const char *what, const char *why)
{
	fprintf(stderr, "quic_peer: %s: %s\n", what, why);
	exit(1);
}

/* --- one connection ------------------------------------------------------ */

struct peer {
	struct tevent_context *ev;
	struct transport *transport;
	const struct options *options;
	bool server, ending, done;
	size_t sent, got, in_flight;
	uint8_t buf[CHUNK];
	bool reading;
	int status;
};

/* Byte number i of what the client sends. */
static uint8_t pattern(size_t i)
{
	uint64_t z = (uint64_t)i / 8 + 0x9e3779b97f4a7c15ull;

	z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ull;
	z = (z ^ (z >> 27)) * 0x94d049bb133111ebull;
	return (uint8_t)(z >> (i % 8 * 8));
}

static void report(struct peer *p, const char *end)
{
	const struct transport_facts *f = transport_facts(p->transport);

	p->done = true;
	if (p->options->count > 1 && end == NULL) {
		return;
	}
	printf("peer: bytes=%zu version=%s cipher=%s alpn=%s resumed=%s "
	       "end=%s\n",
	       p->got, f->quic_version, f->tls_cipher, f->alpn,
	       f->early_taken ? "0-RTT"
	       : f->resumed   ? "1"
			      : "0",
	       end != NULL ? end : "in order");
	fflush(stdout);
}

static void closed(struct tevent_req *req)
{
	struct peer *p = tevent_req_callback_data(req, struct peer);
	int err = transport_shutdown_recv(req);

	talloc_free(req);
	/* broken pipe: the client closed the connection and not just its
	 * direction, which is an orderly end as well */
	report(p, err != 0 && err != EPIPE ? strerror(err) : NULL);
	if (p->server) {
		talloc_free(p);
	}
}

static void close_with(struct peer *p, enum transport_close code)
{
	struct tevent_req *req = NULL;

	p->ending = true;
	req = transport_shutdown_send(p, p->ev, p->transport, code,
				      "the echo is over");
	tevent_req_set_callback(req, closed, p);
}

static void failed(struct peer *p)
{
	p->ending = true;
	p->status = 1;
	report(p, transport_error(p->transport));
	if (p->server) {
		talloc_free(p);
	}
}

/* A write of its own copy. */
struct piece {
	struct peer *peer;
	size_t len;
	uint8_t data[CHUNK];
};

static void more(struct peer *p);

static void written(struct tevent_req *req)
{
	struct piece *piece = tevent_req_callback_data(req, struct piece);
	struct peer *p = piece->peer;
	int err = transport_write_recv(req);

	p->in_flight -= piece->len;
	talloc_free(req);
	talloc_free(piece);
	if (err == 0) {
		more(p); /* a failure shows in reading */
	}
}

static struct piece *piece_new(struct peer *p, size_t len)
{
	struct piece *piece = talloc_zero(p, struct piece);

	if (piece == NULL) {
		die("memory", strerror(ENOMEM));
	}
	piece->peer = p;
	piece->len = len;
	return piece;
}

static void piece_write(struct piece *piece)
{
	struct peer *p = piece->peer;
	struct iovec iov = {.iov_base = piece->data, .iov_len = piece->len};
	struct tevent_req *req =
		transport_write_send(piece, p->ev, p->transport, &iov, 1);

	p->in_flight += piece->len;
	p->sent += piece->len;
	tevent_req_set_callback(req, written, piece);
}

/* --- reading ------------------------------------------------------------- */

static void arrived(struct tevent_req *req);

static void read_on(struct peer *p)
{
	struct tevent_req *req = NULL;

	if (p->reading || p->ending || p->in_flight >= IN_FLIGHT) {
		return;
	}
	p->reading = true;
	req = transport_read_send(p, p->ev, p->transport, p->buf, 1, CHUNK);
	tevent_req_set_callback(req, arrived, p);
}

static void echo(struct peer *p, size_t n)
{
	struct piece *piece = NULL;

	if (p->got == n && n >= 2 && p->buf[0] == '!') {
		close_with(p, (enum transport_close)(p->buf[1] - '0'));
		return;
	}
	piece = piece_new(p, n);
	memcpy(piece->data, p->buf, n);
	piece_write(piece);
}

/* Do these n bytes pass the half of all? */
static bool passes_half(const struct peer *p, size_t n)
{
	return p->got >= p->options->total / 2 &&
	       p->got - n < p->options->total / 2;
}

static void check(struct peer *p, size_t n)
{
	size_t i = 0;

	for (i = 0; i < n; i++) {
		if (p->buf[i] != pattern(p->got - n + i)) {
			die("echo", "another byte came back");
		}
	}
	if (p->options->migrate && passes_half(p, n)) {
		int err = transport_migrate(p->transport);

		if (err != 0) {
			die("migrate", strerror(err));
		}
	}
	if (p->options->update && passes_half(p, n)) {
		int err = transport_update_keys(p->transport);

		if (err != 0) {
			die("new keys", strerror(err));
		}
	}
	if (p->got == p->options->total) {
		close_with(p, TRANSPORT_CLOSE_DONE);
	}
}

static void arrived(struct tevent_req *req)
{
	struct peer *p = tevent_req_callback_data(req, struct peer);
	int err = 0;
	ssize_t n = transport_read_recv(req, &err);

	talloc_free(req);
	p->reading = false;
	if (p->ending) {
		return;
	}
	if (n < 0 || (n == 0 && !p->server)) {
		failed(p);
		return;
	}
	if (n == 0) {
		close_with(p, TRANSPORT_CLOSE_DONE);
		return;
	}
	p->got += (size_t)n;
	if (p->server) {
		echo(p, (size_t)n);
	} else {
		check(p, (size_t)n);
	}
	read_on(p);
}

/* There is room for more. Who moves sends little at once: there must be a rest
 * when the new way has been proven. */
static void more(struct peer *p)
{
	size_t most = p->options->migrate ? MOVING_CHUNK : CHUNK;
	size_t limit = p->options->migrate ? MOVING_CHUNK : IN_FLIGHT;

	while (!p->server && !p->ending && p->sent < p->options->total &&
	       p->in_flight < limit) {
		size_t rest = p->options->total - p->sent;
		struct piece *piece = piece_new(p, rest < most ? rest : most);
		size_t i = 0;

		for (i = 0; i < piece->len; i++) {
			piece->data[i] = pattern(p->sent + i);
		}
		piece_write(piece);
	}
	read_on(p);
}

/* --- server -------------------------------------------------------------- */

static struct tevent_context *events;

static void accepted(struct transport *t, void *private_data)
{
	struct peer *p = talloc_zero(NULL, struct peer);

	p->ev = events;
	p->server = true;
	p->options = private_data;
	p->transport = talloc_steal(p, t);
	read_on(p);
}

static int choose(void *private_data, const char *name,
		  struct tls_identity **out)
{
	(void)name;
	*out = private_data;
	return 0;
}

static void serve(struct options *o, const struct addrinfo *at)
{
	char *why = NULL;
	struct tls_server_policy tls = {.choose = choose};
	struct transport_listener *l = NULL;
	struct transport_listen how = {
		.addr = at->ai_addr,
		.addr_len = at->ai_addrlen,
		.tls = &tls,
		.settings = &o->settings,
		.accept = accepted,
		.private_data = o,
	};

	tls.private_data =
		tls_identity_load(events, o->cert, o->key, NULL, &why);
	if (tls.private_data == NULL) {
		die("identity", why);
	}
	if (transport_listen(events, events, &transport_quic_user, &how, &l,
			     &why) != 0) {
		die("listen", why);
	}
	puts("ready");
	fflush(stdout);
	tevent_loop_wait(events);
}

/* --- client -------------------------------------------------------------- */

static void connected(struct tevent_req *req)
{
	struct peer *p = tevent_req_callback_data(req, struct peer);
	char *why = NULL;

	if (transport_connect_recv(req, p, &p->transport, &why) != 0) {
		printf("peer: %s\n", why);
		exit(1);
	}
	talloc_free(req);
	if (transport_facts(p->transport)->early_sent) {
		p->sent = EARLY;
	}
	more(p);
}

/* KiB that this process has in memory. */
static size_t memory(void)
{
	FILE *f = fopen("/proc/self/statm", "re");
	unsigned long pages = 0;

	if (f == NULL || fscanf(f, "%*u %lu", &pages) != 1) {
		die("/proc/self/statm", "cannot be read");
	}
	fclose(f);
	return pages * (size_t)sysconf(_SC_PAGESIZE) / 1024;
}

static int call(struct options *o, const struct addrinfo *at)
{
	struct peer *p = talloc_zero(events, struct peer);
	struct tls_client_policy tls = {.trust = o->ca != NULL ? TLS_TRUST_CA
							       : TLS_TRUST_NONE,
					.ca_file = o->ca};
	struct transport_target to = {
		.addr = at->ai_addr,
		.addr_len = at->ai_addrlen,
		.server_name = o->name,
		.tls = &tls,
		.settings = &o->settings,
	};
	struct tevent_req *req = NULL;
	uint8_t first[EARLY];
	size_t i = 0;
	int status = 0;

	for (i = 0; i < EARLY; i++) {
		first[i] = pattern(i);
	}
	if (o->early && o->total >= EARLY) {
		to.early = first;
		to.early_len = EARLY;
	}
	p->ev = events;
	p->options = o;
	req = transport_connect_send(p, events, &transport_quic_user, &to);
	tevent_req_set_callback(req, connected, p);
	while (!p->done) {
		tevent_loop_once(events);
	}
	status = p->status;
	talloc_free(p);
	return status;
}

static int call_all(struct options *o, const struct addrinfo *at)
{
	size_t early = 0;
	size_t i = 0;
	int err = 0;

	for (i = 0; i < o->count && err == 0; i++) {
		if (i == o->count / 10) {
			early = memory();
		}
		err = call(o, at);
	}
	if (o->count > 1) {
		printf("memory: %zu KiB, %zu KiB\n", early, memory());
	}
	return err;
}

/* --- options ------------------------------------------------------------- */

static size_t number(const char *text, size_t max)
{
	char *end = NULL;
	unsigned long v = strtoul(text, &end, 10);

	if (end == text || *end != '\0' || v > max) {
		die(text, "no such number");
	}
	return v;
}

static void option(struct options *o, int c)
{
	switch (c) {
	case 's': o->server = true; break;
	case 'b': o->address = optarg; break;
	case 'p': o->port = optarg; break;
	case 'c': o->cert = optarg; break;
	case 'k': o->key = optarg; break;
	case 'a': o->ca = optarg; break;
	case 'h': o->name = optarg; break;
	case 'n': o->total = number(optarg, 1 << 20) << 10; break;
	case 'C': o->count = number(optarg, 1000000); break;
	case 'R': o->settings.retry = TRANSPORT_RETRY_ALWAYS; break;
	case 'V': o->settings.quic_version = (unsigned)number(optarg, 2); break;
	case 'T': o->settings.visits_file = optarg; break;
	case 'v': log_set_level(LOG_LEVEL_INFO); break;
	case 'M': o->migrate = true; break;
	case 'K': o->update = true; break;
	case 'E': o->early = o->settings.early_data = true; break;
	default: die("usage", "see the top of quic_peer.c");
	}
}

int main(int argc, char **argv)
{
	struct options o = {.address = "127.0.0.1",
			    .port = "4433",
			    .name = "files.smbquic.test",
			    .total = 1 << 20,
			    .count = 1};
	struct addrinfo hints = {.ai_flags = AI_NUMERICHOST | AI_NUMERICSERV,
				 .ai_socktype = SOCK_DGRAM};
	struct addrinfo *at = NULL;
	int c = 0;
	int err = 0;

	transport_settings_default(&o.settings);
	for (c = getopt(argc, argv, "sb:p:c:k:a:h:n:RV:T:MEKvC:"); c != -1;
	     c = getopt(argc, argv, "sb:p:c:k:a:h:n:RV:T:MEKvC:")) {
		option(&o, c);
	}
	err = getaddrinfo(o.address, o.port, &hints, &at);
	if (err != 0) {
		die(o.address, gai_strerror(err));
	}
	events = tevent_context_init(NULL);
	if (o.server) {
		serve(&o, at);
	} else {
		err = call_all(&o, at);
	}
	freeaddrinfo(at);
	talloc_free(events);
	return err;
}
