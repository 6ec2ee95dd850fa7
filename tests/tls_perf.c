/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * tls_perf.c - what a TLS 1.3 stream over TCP does, by the same GnuTLS: the
 * measure for quic_perf beside it. Blocking, one connection at a time.
 *
 *	tls_perf -s [-b ADDRESS] -p PORT -c CERT.pem -k KEY.pem
 *	tls_perf [-b ADDRESS] -p PORT [-n MIB] [-m BYTES]
 *
 * The server sends -n MiB in writes of -m bytes: the client tells it both in
 * its first 12 bytes, big-endian. Each prints what quic_perf prints.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>
#include <netinet/tcp.h>
#include <sys/resource.h>
#include <gnutls/gnutls.h>

#define HEADER_LEN  12
#define READ_SIZE   (1 << 20)
#define MAX_MESSAGE (8 << 20)
#define PRIORITY    "NORMAL:-VERS-ALL:+VERS-TLS1.3:-CIPHER-ALL:+AES-128-GCM"

struct options {
	struct sockaddr_in addr;
	const char *cert, *key;
	uint64_t mib;
	uint32_t message;
	bool server;
};

static void die(const char *what, const char *why)
{
	fprintf(stderr, "tls_perf: %s: %s\n", what, why);
	exit(1);
}

static void check(int rc, const char *what)
{
	if (rc < 0) {
		die(what, gnutls_strerror(rc));
	}
}

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

static gnutls_session_t session_new(int fd, unsigned flags,
				    gnutls_certificate_credentials_t cred)
{
	gnutls_session_t s = NULL;
	int one = 1;

	setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
	check(gnutls_init(&s, flags), "session");
	check(gnutls_priority_set_direct(s, PRIORITY, NULL), "priority");
	check(gnutls_credentials_set(s, GNUTLS_CRD_CERTIFICATE, cred),
	      "credentials");
	gnutls_transport_set_int(s, fd);
	check(gnutls_handshake(s), "handshake");
	return s;
}

static void send_all(gnutls_session_t s, const uint8_t *data, size_t len)
{
	while (len > 0) {
		ssize_t n = gnutls_record_send(s, data, len);

		check((int)n, "send");
		data += n;
		len -= (size_t)n;
	}
}

static size_t receive(gnutls_session_t s, uint8_t *data, size_t len)
{
	ssize_t n = gnutls_record_recv(s, data, len);

	check((int)n, "receive");
	return (size_t)n;
}

static void report(const char *what, uint64_t moved, double began, double used)
{
	double took = now() - began;
	double mib = (double)moved / 1048576;

	printf("%s: %.0f MiB in %.3f s, %.1f MiB/s, %.3f CPU-s/GiB\n", what,
	       mib, took, mib / took, (cpu() - used) / (mib / 1024));
	fflush(stdout);
}

static uint64_t get(const uint8_t *p, size_t n)
{
	uint64_t v = 0;

	while (n-- > 0) {
		v = v << 8 | *p++;
	}
	return v;
}

static void put(uint8_t *p, size_t n, uint64_t v)
{
	while (n-- > 0) {
		p[n] = (uint8_t)v;
		v >>= 8;
	}
}

static void serve_one(int fd, gnutls_certificate_credentials_t cred,
		      uint8_t *buf)
{
	gnutls_session_t s = session_new(fd, GNUTLS_SERVER, cred);
	uint8_t header[HEADER_LEN];
	size_t got = 0, message = 0;
	uint64_t total = 0, sent = 0;
	double began = 0, used = 0;

	while (got < HEADER_LEN) {
		size_t n = receive(s, header + got, HEADER_LEN - got);

		if (n == 0) {
			die("header", "the client has gone");
		}
		got += n;
	}
	total = get(header, 8);
	message = (size_t)get(header + 8, 4);
	if (message == 0 || message > MAX_MESSAGE) {
		die("header", "no such message size");
	}
	began = now();
	used = cpu();
	for (sent = 0; sent < total; sent += message) {
		send_all(s, buf, message);
	}
	receive(s, header, 1); /* its good-bye: everything has arrived */
	report("server sent", sent, began, used);
	gnutls_deinit(s);
}

static void serve(const struct options *o)
{
	gnutls_certificate_credentials_t cred = NULL;
	uint8_t *buf = calloc(1, MAX_MESSAGE);
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	int one = 1;

	check(gnutls_certificate_allocate_credentials(&cred), "credentials");
	check(gnutls_certificate_set_x509_key_file(cred, o->cert, o->key,
						   GNUTLS_X509_FMT_PEM),
	      o->cert);
	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one));
	if (buf == NULL ||
	    bind(fd, (const struct sockaddr *)&o->addr, sizeof(o->addr)) != 0 ||
	    listen(fd, 5) != 0) {
		die("listen", strerror(errno));
	}
	for (;;) {
		int one_fd = accept(fd, NULL, NULL);

		if (one_fd == -1) {
			die("accept", strerror(errno));
		}
		serve_one(one_fd, cred, buf);
		close(one_fd);
	}
}

static void fetch(const struct options *o)
{
	gnutls_certificate_credentials_t cred = NULL;
	gnutls_session_t s = NULL;
	uint8_t header[HEADER_LEN];
	uint8_t *buf = malloc(READ_SIZE);
	uint64_t total = (o->mib << 20) / o->message * o->message;
	uint64_t got = 0;
	double began = 0, used = 0;
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	check(gnutls_certificate_allocate_credentials(&cred), "credentials");
	if (buf == NULL || connect(fd, (const struct sockaddr *)&o->addr,
				   sizeof(o->addr)) != 0) {
		die("connect", strerror(errno));
	}
	s = session_new(fd, GNUTLS_CLIENT, cred);
	put(header, 8, total);
	put(header + 8, 4, o->message);
	began = now();
	used = cpu();
	send_all(s, header, HEADER_LEN);
	while (got < total) {
		size_t n = receive(s, buf, READ_SIZE);

		if (n == 0) {
			die("receive", "the server has gone");
		}
		got += n;
	}
	report("client got", got, began, used);
	check(gnutls_bye(s, GNUTLS_SHUT_WR), "bye");
}

static uint64_t number(const char *text, uint64_t min, uint64_t max)
{
	char *end = NULL;
	uint64_t v = strtoull(text, &end, 10);

	if (end == text || *end != '\0' || v < min || v > max) {
		die(text, "no such number");
	}
	return v;
}

static void option(struct options *o, int c)
{
	switch (c) {
	case 's': o->server = true; break;
	case 'b': inet_pton(AF_INET, optarg, &o->addr.sin_addr); break;
	case 'p':
		o->addr.sin_port =
			htons((uint16_t)number(optarg, 1, UINT16_MAX));
		break;
	case 'c': o->cert = optarg; break;
	case 'k': o->key = optarg; break;
	case 'n': o->mib = number(optarg, 1, UINT32_MAX); break;
	case 'm': o->message = (uint32_t)number(optarg, 1, MAX_MESSAGE); break;
	default: die("usage", "see the top of tls_perf.c");
	}
}

int main(int argc, char **argv)
{
	struct options o = {
		.addr = {.sin_family = AF_INET}, .mib = 1024, .message = 65536};
	const char *letters = "sb:p:c:k:n:m:";

	signal(SIGPIPE, SIG_IGN);
	inet_pton(AF_INET, "127.0.0.1", &o.addr.sin_addr);
	for (int c = getopt(argc, argv, letters); c != -1;
	     c = getopt(argc, argv, letters)) {
		option(&o, c);
	}
	if (o.server) {
		serve(&o);
	} else {
		fetch(&o);
	}
	return 0;
}
